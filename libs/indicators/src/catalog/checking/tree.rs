//! The tree: codes, parents, one root, no cycle, not too deep.

use std::collections::HashMap;

use xiuhua_checked_toml::Given;

use super::super::fault::{FaultList, Reason};
use super::super::reading::{Entry, EntryKind};

/// Most levels, the root being the first.
const MAX_DEPTH: usize = 16;

/// How the rows hang together; positions are those of the rows in the text.
pub(super) struct Tree<'t> {
    /// First row with each code.
    pub(super) by_code: HashMap<&'t str, usize>,
    pub(super) parent: Vec<Option<usize>>,
    /// Children of each row, in the order of the text.
    pub(super) children: Vec<Vec<usize>>,
    /// Rows that hang on a root, depth first.
    pub(super) order: Vec<usize>,
}

impl Tree<'_> {
    /// The row and everything above it, from below; ends at a root or where a cycle would begin again.
    pub(super) fn ancestry(&self, row: usize) -> impl Iterator<Item = usize> + '_ {
        let steps = self.parent.len();
        std::iter::successors(Some(row), |&at| self.parent[at]).take(steps)
    }
}

/// Builds the tree of what can be connected and reports the rest.
pub(super) fn grow<'t>(entries: &[Entry<'t>], faults: &mut FaultList<'_>) -> Tree<'t> {
    let by_code = codes(entries, faults);
    let parent = parents(entries, &by_code, faults);
    let mut children = vec![Vec::new(); entries.len()];
    for (row, above) in parent.iter().enumerate() {
        if let Some(above) = above {
            children[*above].push(row);
        }
    }
    childless(entries, &by_code, &children, faults);
    let order = depth_first(&roots(entries, faults), entries, &children, faults);
    cycles(entries, &parent, faults);
    Tree { by_code, parent, children, order }
}

fn codes<'t>(entries: &[Entry<'t>], faults: &mut FaultList<'_>) -> HashMap<&'t str, usize> {
    let mut by_code = HashMap::with_capacity(entries.len());
    for (row, entry) in entries.iter().enumerate() {
        let Given::Is(code) = entry.code else { continue };
        if let Some(&first) = by_code.get(code.value) {
            let first: &Entry<'_> = &entries[first];
            faults.add(
                code.at,
                Reason::DuplicateCode,
                &entry.path,
                format!("代码 `{}` 已用于 `{}`", code.value, first.path),
                format!("code `{}` is already that of `{}`", code.value, first.path),
            );
        } else {
            by_code.insert(code.value, row);
        }
    }
    by_code
}

fn parents(
    entries: &[Entry<'_>],
    by_code: &HashMap<&str, usize>,
    faults: &mut FaultList<'_>,
) -> Vec<Option<usize>> {
    let mut parents = vec![None; entries.len()];
    for (row, entry) in entries.iter().enumerate() {
        let path = || format!("{}.parent", entry.path);
        let parent = match entry.parent {
            Given::Is(parent) => parent,
            Given::Faulty => continue,
            Given::Absent => {
                if matches!(entry.kind, EntryKind::Leaf(_)) {
                    faults.add(
                        entry.at,
                        Reason::LeafWithoutParent,
                        path(),
                        "指标没有上级（`parent`）",
                        "the leaf names no parent",
                    );
                }
                continue;
            }
        };
        match by_code.get(parent.value) {
            None => {
                let (hint_zh, hint_en) = faults.hint(parent.value, by_code.keys().copied());
                faults.add(
                    parent.at,
                    Reason::UnknownParent,
                    path(),
                    format!("上级 `{}` 不存在{hint_zh}", parent.value),
                    format!("parent `{}` is not in the catalog{hint_en}", parent.value),
                );
            }
            Some(&above) if matches!(entries[above].kind, EntryKind::Leaf(_)) => faults.add(
                parent.at,
                Reason::ParentIsLeaf,
                path(),
                format!("上级 `{}` 是末级指标", parent.value),
                format!("parent `{}` is a leaf", parent.value),
            ),
            Some(&above) => parents[row] = Some(above),
        }
    }
    parents
}

fn childless(
    entries: &[Entry<'_>],
    by_code: &HashMap<&str, usize>,
    children: &[Vec<usize>],
    faults: &mut FaultList<'_>,
) {
    for (row, entry) in entries.iter().enumerate() {
        // The second row of a duplicate code could not be named by any child.
        let named = entry.code.readable().is_some_and(|code| by_code.get(code.value) == Some(&row));
        if named && matches!(entry.kind, EntryKind::Node(_)) && children[row].is_empty() {
            faults.add(
                entry.at,
                Reason::NodeWithoutChildren,
                &entry.path,
                "节点没有下级",
                "the node has no children",
            );
        }
    }
}

fn roots(entries: &[Entry<'_>], faults: &mut FaultList<'_>) -> Vec<usize> {
    let is_root = |entry: &Entry<'_>| matches!(entry.kind, EntryKind::Node(_)) && entry.parent.is_absent();
    let roots: Vec<usize> = (0..entries.len()).filter(|&row| is_root(&entries[row])).collect();
    if roots.is_empty() {
        faults.add(0, Reason::NoRoot, "", "没有根节点（没有上级的节点）", "no root: a node without a parent");
    }
    for &row in roots.iter().skip(1) {
        let first = &entries[roots[0]].path;
        faults.add(
            entries[row].at,
            Reason::SeveralRoots,
            &entries[row].path,
            format!("已有根节点 `{first}`，本节点也没有上级"),
            format!("a second root: `{first}` has no parent either"),
        );
    }
    roots
}

/// Rows below the roots, depth first, without recursion: a hostile file may be one long chain.
fn depth_first(
    roots: &[usize],
    entries: &[Entry<'_>],
    children: &[Vec<usize>],
    faults: &mut FaultList<'_>,
) -> Vec<usize> {
    let mut order = Vec::with_capacity(entries.len());
    let mut waiting: Vec<(usize, usize)> = roots.iter().rev().map(|&row| (row, 1)).collect();
    while let Some((row, depth)) = waiting.pop() {
        order.push(row);
        // Only the first level too many: its own children would say the same again.
        if depth == MAX_DEPTH + 1 {
            faults.add(
                entries[row].at,
                Reason::TooDeep,
                &entries[row].path,
                format!("层级超过 {MAX_DEPTH} 层"),
                format!("more than {MAX_DEPTH} levels"),
            );
        }
        waiting.extend(children[row].iter().rev().map(|&child| (child, depth + 1)));
    }
    order
}

/// Reports each cycle once, at the `parent` key of its first row.
fn cycles(entries: &[Entry<'_>], parent: &[Option<usize>], faults: &mut FaultList<'_>) {
    // The walk that first met a row: meeting one's own trail again is a cycle.
    let mut met_by = vec![None; entries.len()];
    for start in 0..entries.len() {
        let mut at = start;
        while met_by[at].is_none() {
            met_by[at] = Some(start);
            let Some(above) = parent[at] else { break };
            at = above;
            if met_by[at] == Some(start) {
                report_cycle(entries, parent, at, faults);
            }
        }
    }
}

fn report_cycle(entries: &[Entry<'_>], parent: &[Option<usize>], on: usize, faults: &mut FaultList<'_>) {
    let mut members = vec![on];
    let mut at = parent[on];
    while let Some(row) = at.filter(|&row| row != on) {
        members.push(row);
        at = parent[row];
    }
    // Start with the earliest row, so that the message does not depend on where the walk began.
    let first = members.iter().enumerate().min_by_key(|(_, row)| **row).map_or(0, |(position, _)| position);
    members.rotate_left(first);
    let shown = members.iter().take(8).map(|&row| entries[row].path.as_str());
    let chain = shown.collect::<Vec<_>>().join(" → ");
    let entry = &entries[members[0]];
    faults.add(
        entry.parent.readable().map_or(entry.at, |placed| placed.at),
        Reason::Cycle,
        format!("{}.parent", entry.path),
        format!("上级关系成环：{chain} → …"),
        format!("parents form a cycle: {chain} → …"),
    );
}
