//! Weights: fixed, equal inside a weight group (权重组), or equal among children.
//!
//! Source: specification page 1, section 1.6, and page 5, section 5.1 (weight policies).

use xiuhua_checked_toml::Given;

use super::super::Over;
use super::super::fault::{FaultList, Reason};
use super::super::reading::{Entry, EntryKind};
use super::tree::Tree;

/// Sums of stated weights may miss the points by this share, for decimals that are not binary fractions.
const SUM_TOLERANCE: f64 = 1e-9;

/// Weight of every row in points, in the order of the text; 0 where a fault left none.
pub(super) fn weigh(
    entries: &[Entry<'_>],
    tree: &Tree<'_>,
    total: Given<f64>,
    faults: &mut FaultList<'_>,
) -> Vec<f64> {
    let mut scale = Weighing {
        entries,
        tree,
        group: vec![None; entries.len()],
        below_flat: vec![false; entries.len()],
        sums: vec![None; entries.len()],
    };
    scale.inherit(faults);
    scale.share_group_points(faults);
    scale.weigh_ungrouped(faults);
    scale.add_up();
    let weights = scale.own_weights();
    scale.check_children(&weights, faults);
    scale.check_total(total, faults);
    weights.into_iter().map(|weight| weight.unwrap_or(0.0)).collect()
}

struct Weighing<'a, 't> {
    entries: &'a [Entry<'t>],
    tree: &'a Tree<'t>,
    /// The weight group each row lies in (a group lies in itself).
    group: Vec<Option<usize>>,
    /// Whether a node above takes its mean over the leaves, this one among them.
    below_flat: Vec<bool>,
    /// Weight of a leaf; of a node, the sum over its leaves. `None` where a fault hides it.
    sums: Vec<Option<f64>>,
}

impl Weighing<'_, '_> {
    fn points(&self, row: usize) -> Given<f64> {
        match &self.entries[row].kind {
            EntryKind::Node(node) => node.points,
            EntryKind::Leaf(_) => Given::Absent,
        }
    }

    fn over(&self, row: usize) -> Option<Over> {
        match &self.entries[row].kind {
            EntryKind::Node(node) => Some(node.over),
            EntryKind::Leaf(_) => None,
        }
    }

    fn is_leaf(&self, row: usize) -> bool {
        self.over(row).is_none()
    }

    /// Carries the group and the flatness down the tree; finds nested groups and weights nobody reads.
    fn inherit(&mut self, faults: &mut FaultList<'_>) {
        for &row in &self.tree.order {
            let above = self.tree.parent[row];
            let outer = above.and_then(|above| self.group[above]);
            let parent_over = above.and_then(|above| self.over(above));
            self.below_flat[row] =
                parent_over == Some(Over::Leaves) || above.is_some_and(|above| self.below_flat[above]);
            let entry = &self.entries[row];
            self.group[row] = outer;
            if !self.points(row).is_absent() && outer.is_none() {
                self.group[row] = Some(row);
            }
            if let (Given::Is(points), Some(outer)) = (self.points(row), outer) {
                let outer = &self.entries[outer].path;
                faults.add(
                    points.at,
                    Reason::NestedGroup,
                    format!("{}.points", entry.path),
                    format!("权重组不能嵌套：已在 `{outer}` 的组内"),
                    format!("weight groups do not nest: this is inside that of `{outer}`"),
                );
            }
            if let Given::Is(weight) = entry.weight
                && !self.is_leaf(row)
                && parent_over != Some(Over::Children)
            {
                faults.add(
                    weight.at,
                    Reason::UnusedWeight,
                    format!("{}.weight", entry.path),
                    "节点的权重只在上级按下级合成（over = \"children\"）时有用",
                    "a node's weight counts only where its parent has over = \"children\"",
                );
            }
        }
    }

    /// Gives each leaf of a group its share, or checks the fixed weights against the group's points.
    fn share_group_points(&mut self, faults: &mut FaultList<'_>) {
        let mut members = vec![Vec::new(); self.entries.len()];
        for &row in &self.tree.order {
            if let (true, Some(group)) = (self.is_leaf(row), self.group[row]) {
                members[group].push(row);
            }
        }
        for (group, leaves) in members.iter().enumerate().filter(|(_, leaves)| !leaves.is_empty()) {
            let unstated: Vec<usize> =
                leaves.iter().copied().filter(|&row| self.entries[row].weight.is_absent()).collect();
            let points = self.points(group).readable();
            if unstated.len() == leaves.len() {
                for row in unstated {
                    self.sums[row] = points.map(|points| points.value / count(leaves.len()));
                }
                continue;
            }
            let path = &self.entries[group].path;
            if let Some(&first) = unstated.first() {
                let leaf = &self.entries[first].path;
                faults.add(
                    points.map_or(self.entries[group].at, |points| points.at),
                    Reason::MixedWeights,
                    format!("{path}.points"),
                    format!("组内有的指标固定权重，有的没有（如 `{leaf}`）"),
                    format!("some leaves of the group have a fixed weight and some do not (`{leaf}`)"),
                );
                continue;
            }
            for &row in leaves {
                self.sums[row] = self.entries[row].weight.readable().map(|weight| weight.value);
            }
            let sum = leaves.iter().map(|&row| self.sums[row]).sum::<Option<f64>>();
            if let (Some(points), Some(sum)) = (points, sum) {
                check_sum(points.at, &format!("{path}.points"), points.value, sum, faults);
            }
        }
    }

    /// Leaves outside every group: their own weight, or 1 where only means over children lie above.
    fn weigh_ungrouped(&mut self, faults: &mut FaultList<'_>) {
        for &row in &self.tree.order {
            if !self.is_leaf(row) || self.group[row].is_some() {
                continue;
            }
            let entry = &self.entries[row];
            match entry.weight {
                Given::Is(weight) => self.sums[row] = Some(weight.value),
                Given::Faulty => {}
                Given::Absent if self.below_flat[row] => faults.add(
                    entry.at,
                    Reason::LeafWithoutWeight,
                    format!("{}.weight", entry.path),
                    "指标既不在权重组内，也没有固定权重",
                    "the leaf has no fixed weight and lies in no weight group",
                ),
                Given::Absent => self.sums[row] = Some(1.0),
            }
        }
    }

    /// Sums from below, children in catalog order; a group holds its points exactly.
    fn add_up(&mut self) {
        for &row in self.tree.order.iter().rev() {
            if self.is_leaf(row) {
                continue;
            }
            let children = &self.tree.children[row];
            // A childless node is a fault of its own: no sum above it is known.
            let sum = children
                .iter()
                .map(|&child| self.sums[child])
                .sum::<Option<f64>>()
                .filter(|_| !children.is_empty());
            let holds_points = self.group[row] == Some(row);
            self.sums[row] =
                if holds_points { self.points(row).readable().map(|points| points.value) } else { sum };
        }
    }

    /// Among the children of a mean over children, a weight is stated, or held in points, or 1.
    fn own_weights(&self) -> Vec<Option<f64>> {
        let own = |row: usize| {
            let above = self.tree.parent[row].and_then(|above| self.over(above));
            if self.is_leaf(row) || above != Some(Over::Children) {
                return self.sums[row];
            }
            match self.entries[row].weight {
                Given::Is(weight) => Some(weight.value),
                Given::Faulty => None,
                // Inside a group, or holding one, the node weighs what its leaves' shares add up to.
                Given::Absent if self.group[row].is_some() => self.sums[row],
                Given::Absent => Some(1.0),
            }
        };
        (0..self.entries.len()).map(own).collect()
    }

    /// Means over children need weights of one kind, and no mean lives on zeros alone.
    fn check_children(&self, weights: &[Option<f64>], faults: &mut FaultList<'_>) {
        for &row in &self.tree.order {
            let Some(over) = self.over(row) else { continue };
            let children = &self.tree.children[row];
            let entry = &self.entries[row];
            let is_unstated =
                |child: usize| self.entries[child].weight.is_absent() && self.points(child).is_absent();
            let unstated = children.iter().find(|&&child| is_unstated(child));
            let stated = children.iter().any(|&child| !is_unstated(child));
            if let (Over::Children, None, Some(&first), true) = (over, self.group[row], unstated, stated) {
                let child = &self.entries[first].path;
                faults.add(
                    entry.at,
                    Reason::MixedWeights,
                    &entry.path,
                    format!("下级有的给出权重，有的没有（如 `{child}`）"),
                    format!("some children have a weight and some do not (`{child}`)"),
                );
            }
            let sum = match over {
                Over::Leaves => self.sums[row],
                Over::Children => children.iter().map(|&child| weights[child]).sum(),
            };
            let Some(sum) = sum.filter(|_| !children.is_empty()) else { continue };
            if sum <= 0.0 {
                faults.add(
                    entry.at,
                    Reason::ZeroWeights,
                    &entry.path,
                    "其下权重全为 0",
                    "all weights below it are 0",
                );
            } else if !sum.is_finite() {
                // Each weight is finite; only the sum is too large to divide by.
                faults.add(
                    entry.at,
                    Reason::NotFinite,
                    &entry.path,
                    "其下权重之和超出可表示的范围",
                    "the weights below it sum to more than a number can say",
                );
            }
        }
    }

    fn check_total(&self, total: Given<f64>, faults: &mut FaultList<'_>) {
        let root = self.tree.order.first();
        if let (Given::Is(total), Some(sum)) = (total, root.and_then(|&root| self.sums[root])) {
            check_sum(total.at, "total_points", total.value, sum, faults);
        }
    }
}

fn check_sum(at: usize, path: &str, points: f64, sum: f64, faults: &mut FaultList<'_>) {
    // Written so that a sum that overflowed fails as well.
    if (sum - points).abs() <= SUM_TOLERANCE * points {
        return;
    }
    faults.add(
        at,
        Reason::WeightsDoNotSum,
        path,
        format!("权重之和为 {sum}，应为 {points}"),
        format!("the weights sum to {sum}, not {points}"),
    );
}

/// A count as a number; rows are far fewer than 2^32.
fn count(rows: usize) -> f64 {
    u32::try_from(rows).map_or(f64::INFINITY, f64::from)
}
