//! A weight scheme (权重方案): weights for every item of a catalog, a type at a time, from judgements, values and choices.
//!
//! Weights are found among siblings. Per weight group (the default) the siblings are the children of one node, from the
//! leaves up: a node's values are the weighted means of its children's, under the weights just found, over those there
//! are. What stands above the weight groups keeps the catalog's points, so 25 stay 25. Over all leaves there is one set
//! of siblings and no group keeps its points.
//!
//! What has fewer than two values in a type (a derived leaf in a first period, a leaf left out for the type) tells an
//! objective method nothing: it keeps the catalog's share of its siblings' weight, and the rest is weighed without it.
//!
//! The result is a report of the whole way, with the weights at its end: what each method said before anything was
//! combined, what was left out, what was capped, how consistent the judgements are.
//!
//! Source: specification page 1, sections 1.6 and 1.9.

mod faults;
mod judging;
mod report;
mod siblings;

use crate::catalog::{Catalog, ItemIndex, Over};
use crate::outline::{Outline, Position};
use crate::table::{Table, check_length};

pub use self::faults::{SchemeFault, SchemeFaults};
use self::judging::judge;
pub use self::report::{
    Column, ExpertReport, Judged, JudgedParent, SiblingReport, TypeReport, Unused, WeightColumn,
};
use self::siblings::{Local, weigh};
use super::ahp::RandomIndex;
use super::combine::Combination;
use super::critic::Correlation;
use super::limits::{Caps, LimitFault};
use super::matrix::PairwiseMatrix;
use super::pca::Components;

/// Where the subjective weights come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subjective {
    /// Nowhere: the objective weights stand alone.
    None,
    /// The catalog's own shares.
    Catalog,
    /// Equal ones among siblings.
    Equal,
    /// Judgements of experts.
    Ahp,
}

/// A method that finds weights in values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Entropy.
    Entropy,
    /// CRITIC under a correlation.
    Critic(Correlation),
    /// Coefficient of variation.
    Variation,
    /// Squared loadings of principal components.
    Pca(Components),
}

/// Among which siblings weights are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The children of each node; the points of the weight groups stay.
    PerGroup,
    /// All leaves together; the weight groups lose their points to what the leaves say.
    AllLeaves,
}

/// Whose values an objective method reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Those of each type for itself.
    PerType,
    /// Those of all places that have a type, for one set of weights.
    Pooled,
}

/// Everything that is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    /// Subjective weights.
    pub subjective: Subjective,
    /// Objective methods; several count as their plain mean.
    pub objective: Vec<Method>,
    /// How the two become one; not read where one of them is missing.
    pub combination: Combination,
    /// Siblings.
    pub scope: Scope,
    /// Places.
    pub pooling: Pooling,
    /// Caps among siblings.
    pub caps: Option<Caps>,
    /// Share drawn towards equal weights among siblings, after the caps; in 0..=1.
    pub shrinkage: f64,
    /// Table behind the consistency ratios.
    pub random_index: RandomIndex,
}

impl Default for Choices {
    /// Experts and CRITIC at half each, per weight group and type, without limits.
    fn default() -> Self {
        Self {
            subjective: Subjective::Ahp,
            objective: vec![Method::Critic(Correlation::Pearson)],
            combination: Combination::Mean(0.5),
            scope: Scope::PerGroup,
            pooling: Pooling::PerType,
            caps: None,
            shrinkage: 0.0,
            random_index: RandomIndex::default(),
        }
    }
}

/// The judgements of one expert.
#[derive(Clone, Debug, PartialEq)]
pub struct Expert {
    /// Who.
    pub name: String,
    /// How much the expert counts among the others, above 0.
    pub weight: f64,
    /// A matrix for each parent that was judged, over its children in catalog order.
    pub judged: Vec<(ItemIndex, PairwiseMatrix)>,
}

/// What a scheme is made of.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    /// Positions of the catalog.
    pub outline: &'a Outline<'a>,
    /// Capped dimensionless values by leaf position, derived ones included.
    pub z: &'a Table,
    /// Type of each place, as a position in the list of types; `None` is `UNCLASSIFIED`.
    pub types: &'a [Option<usize>],
    /// How many types there are.
    pub type_count: usize,
    /// Judgements; read only under [`Subjective::Ahp`].
    pub experts: &'a [Expert],
    /// What is chosen.
    pub choices: &'a Choices,
}

/// A scheme: weights and how they came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheme {
    /// Weights in points by type, then by item (place in [`Catalog::items`]): what
    /// [`effective_weights`](crate::weight::effective_weights) takes as declared.
    pub weights: Vec<Vec<f64>>,
    /// How they came about, by type.
    pub types: Vec<TypeReport>,
    /// The judgements behind the subjective weights, by parent in catalog order; empty without.
    pub judged: Vec<JudgedParent>,
    /// Parents that were judged though the choices do not ask for it, with why.
    pub unused: Vec<(ItemIndex, Unused)>,
}

/// Makes a scheme.
///
/// # Errors
/// Every [`SchemeFault`] at once: choices out of range, parents without judgements, judgements that contradict one
/// another (with the one to mend first), values that no method may read, shapes that do not fit.
pub fn make(material: &Material<'_>) -> Result<Scheme, SchemeFaults> {
    let outline = material.outline;
    let catalog = outline.catalog();
    check(material)?;
    let judgements = judge(material)?;
    let local_subjective = |parent: ItemIndex| -> Option<Vec<f64>> {
        let found = judgements.judged.iter().find(|judged| judged.parent == parent)?;
        Some(found.group.weights.clone())
    };
    let everybody = || (0..material.types.len()).filter(|&place| material.types[place].is_some()).collect();
    let of_type = |kind: usize| -> Vec<usize> {
        (0..material.types.len()).filter(|&place| material.types[place] == Some(kind)).collect()
    };
    let mut types: Vec<TypeReport> = Vec::with_capacity(material.type_count);
    let mut faults = Vec::new();
    for kind in 0..material.type_count {
        if material.choices.pooling == Pooling::Pooled && kind > 0 {
            types.extend(types.first().cloned());
            continue;
        }
        let places: Vec<usize> =
            if material.choices.pooling == Pooling::Pooled { everybody() } else { of_type(kind) };
        let columns: Vec<Vec<Option<f64>>> = (0..outline.leaf_count())
            .map(|leaf| places.iter().map(|&place| material.z.column(leaf).get(place)).collect())
            .collect();
        match of_columns(outline, columns, material.choices, &local_subjective) {
            Ok(report) => types.push(report),
            Err(found) => faults.extend(found.into_iter().map(|fault| fault.in_type(kind))),
        }
    }
    if !faults.is_empty() {
        return Err(SchemeFaults(faults));
    }
    let weights =
        types.iter().map(|report| spread(catalog, outline, material.choices.scope, report, &Column::Final));
    Ok(Scheme { weights: weights.collect(), types, judged: judgements.judged, unused: judgements.unused })
}

impl Scheme {
    /// What each column says on its own, in points by item: the catalog's shares, each method before anything was
    /// combined, and the weights at the end, in the order of the way. By type.
    #[must_use]
    pub fn columns(&self, outline: &Outline<'_>, choices: &Choices, kind: usize) -> Vec<WeightColumn> {
        let catalog = outline.catalog();
        let report = &self.types[kind];
        let of_column = |column: &Column| WeightColumn {
            column: *column,
            points: spread(catalog, outline, choices.scope, report, column),
        };
        let columns = Column::all(choices);
        let mut found = vec![WeightColumn {
            column: Column::Catalog,
            points: catalog.items.iter().map(|item| item.weight).collect(),
        }];
        found.extend(columns.iter().map(of_column));
        found
    }
}

/// Everything that can be told before a value is read.
fn check(material: &Material<'_>) -> Result<(), SchemeFaults> {
    let (outline, choices) = (material.outline, material.choices);
    let mut faults = Vec::new();
    let shape = [
        material.z.check(outline.leaf_count(), material.types.len()),
        check_length("types of places", material.z.places(), material.types.len()),
    ];
    faults.extend(shape.into_iter().filter_map(Result::err).map(SchemeFault::Shape));
    if material.types.iter().flatten().any(|kind| *kind >= material.type_count) {
        faults.push(SchemeFault::Type);
    }
    if choices.subjective == Subjective::None && choices.objective.is_empty() {
        faults.push(SchemeFault::NothingChosen);
    }
    if let Combination::Mean(share) = choices.combination
        && !(0.0..=1.0).contains(&share)
    {
        faults.push(SchemeFault::Share { share });
    }
    if !(0.0..=1.0).contains(&choices.shrinkage) {
        faults.push(SchemeFault::Limit(LimitFault::Shrinkage { shrinkage: choices.shrinkage }));
    }
    let by_children = |node: &crate::catalog::Node| node.over == Over::Children;
    if choices.scope == Scope::AllLeaves && outline.nodes().any(by_children) {
        faults.push(SchemeFault::OverChildren);
    }
    if faults.is_empty() { Ok(()) } else { Err(SchemeFaults(faults)) }
}

/// Whether the children of a node are weight groups or hold some: their points are the catalog's to give.
#[must_use]
pub fn keeps_points(catalog: &Catalog, parent: ItemIndex) -> bool {
    let is_group = |index: ItemIndex| catalog.node(index).is_some_and(|node| node.group_points.is_some());
    let mut waiting = catalog.item(parent).children.clone();
    while let Some(next) = waiting.pop() {
        if is_group(next) {
            return true;
        }
        waiting.extend(&catalog.item(next).children);
    }
    false
}

/// The weights of one type from its columns.
fn of_columns(
    outline: &Outline<'_>,
    columns: Vec<Vec<Option<f64>>>,
    choices: &Choices,
    judged: &dyn Fn(ItemIndex) -> Option<Vec<f64>>,
) -> Result<TypeReport, Vec<SchemeFault>> {
    let catalog = outline.catalog();
    if choices.scope == Scope::AllLeaves {
        let items: Vec<ItemIndex> = (0..outline.leaf_count()).map(|leaf| outline.leaf_index(leaf)).collect();
        let asked = Local {
            parent: catalog.root(),
            catalog_shares: shares(items.iter().map(|item| catalog.item(*item).weight)),
            judged: (choices.subjective == Subjective::Ahp).then(|| judged_leaves(catalog, outline, judged)),
            fixed: false,
            items,
        };
        let report = weigh(asked, &columns, choices).map_err(|fault| vec![fault.named(catalog)])?;
        return Ok(TypeReport { siblings: vec![report] });
    }
    let mut of_item: Vec<Option<Vec<Option<f64>>>> = vec![None; catalog.items.len()];
    for (leaf, column) in columns.into_iter().enumerate() {
        of_item[outline.leaf_index(leaf).0] = Some(column);
    }
    let (mut siblings, mut faults) = (Vec::new(), Vec::new());
    // Children come after their parents, so going backwards every child is complete when its parent asks.
    for parent in catalog.nodes().collect::<Vec<_>>().into_iter().rev() {
        let items = catalog.item(parent).children.clone();
        let own: Vec<Vec<Option<f64>>> =
            items.iter().map(|item| of_item[item.0].take().unwrap_or_default()).collect();
        let asked = Local {
            parent,
            catalog_shares: shares(items.iter().map(|item| catalog.item(*item).weight)),
            judged: judged(parent),
            fixed: keeps_points(catalog, parent),
            items,
        };
        match weigh(asked, &own, choices) {
            Ok(report) => {
                of_item[parent.0] = Some(mean_column(&own, &report.weights));
                siblings.push(report);
            }
            Err(fault) => faults.push(fault.named(catalog)),
        }
    }
    siblings.reverse();
    if faults.is_empty() { Ok(TypeReport { siblings }) } else { Err(faults) }
}

/// Products of the judged weights down the tree, by leaf position; a parent nobody judged gives its catalog shares.
fn judged_leaves(
    catalog: &Catalog,
    outline: &Outline<'_>,
    judged: &dyn Fn(ItemIndex) -> Option<Vec<f64>>,
) -> Vec<f64> {
    let mut of_item = vec![1.0; catalog.items.len()];
    for parent in catalog.nodes() {
        let children = &catalog.item(parent).children;
        let locals = judged(parent)
            .unwrap_or_else(|| shares(children.iter().map(|child| catalog.item(*child).weight)));
        for (child, local) in children.iter().zip(locals) {
            of_item[child.0] = of_item[parent.0] * local;
        }
    }
    (0..outline.leaf_count()).map(|leaf| of_item[outline.leaf_index(leaf).0]).collect()
}

/// Weighted means of columns over the cells there are.
fn mean_column(columns: &[Vec<Option<f64>>], weights: &[f64]) -> Vec<Option<f64>> {
    let places = columns.iter().map(Vec::len).max().unwrap_or(0);
    let mean = |place: usize| {
        let (mut sum, mut weighed) = (0.0, 0.0);
        for (column, weight) in columns.iter().zip(weights) {
            if let Some(value) = column.get(place).copied().flatten() {
                sum += weight * value;
                weighed += weight;
            }
        }
        (weighed > 0.0).then(|| sum / weighed)
    };
    (0..places).map(mean).collect()
}

/// Shares of weights in their sum; equal ones where there is nothing to share.
fn shares(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let weights: Vec<f64> = weights.collect();
    let total: f64 = weights.iter().sum();
    if total > 0.0 {
        return weights.iter().map(|weight| weight / total).collect();
    }
    vec![1.0 / weights.len() as f64; weights.len()]
}

/// Points by item: local weights of one column multiplied down the tree.
fn spread(
    catalog: &Catalog,
    outline: &Outline<'_>,
    scope: Scope,
    report: &TypeReport,
    column: &Column,
) -> Vec<f64> {
    let mut points: Vec<f64> = catalog.items.iter().map(|item| item.weight).collect();
    for siblings in &report.siblings {
        let declared: f64 = siblings.items.iter().map(|item| catalog.item(*item).weight).sum();
        let parent = catalog.item(siblings.parent);
        // Of a mean over children with weights of their own, these need not be the parent's: then they keep their sum.
        let follows = (declared - parent.weight).abs() <= 1e-9 * parent.weight.abs();
        let total = if follows { points[siblings.parent.0] } else { declared };
        let locals = siblings.column(column).unwrap_or(&siblings.catalog_shares);
        for (item, local) in siblings.items.iter().zip(locals) {
            points[item.0] = total * local;
        }
    }
    if scope == Scope::AllLeaves {
        for node in 0..outline.node_count() {
            let leaves = outline.leaves_below(node);
            points[outline.node_index(node).0] = leaves.map(|leaf| points[outline.leaf_index(leaf).0]).sum();
        }
    }
    debug_assert!(matches!(outline.position(catalog.root()), Position::Node(_)));
    points
}
