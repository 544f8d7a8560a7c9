//! The report of a scheme: everything on the way from methods to weights.

use super::{Choices, Method, Subjective};
use crate::catalog::ItemIndex;
use crate::weighting::LeftOut;
use crate::weighting::ahp::Ahp;
use crate::weighting::combine::Game;
use crate::weighting::limits::Capped;

/// How the weights of one type came about.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeReport {
    /// Sets of siblings: per weight group one a node, in catalog order; over all leaves a single one.
    pub siblings: Vec<SiblingReport>,
}

/// How the weights of siblings came about. Every list is by sibling and sums to 1; positions are those of `items`.
#[derive(Clone, Debug, PartialEq)]
pub struct SiblingReport {
    /// The item they stand under; over all leaves the root.
    pub parent: ItemIndex,
    /// The siblings, in catalog order.
    pub items: Vec<ItemIndex>,
    /// Whether they were weighed at all.
    pub judged: Judged,
    /// The catalog's shares.
    pub catalog_shares: Vec<f64>,
    /// Subjective weights; `None` without.
    pub subjective: Option<Vec<f64>>,
    /// What each objective method said.
    pub methods: Vec<MethodReport>,
    /// The mean of the methods; `None` without one.
    pub objective: Option<Vec<f64>>,
    /// Both combined, before limits; `None` where nothing was weighed.
    pub combined: Option<Vec<f64>>,
    /// Of game theory, what was solved.
    pub game: Option<Game>,
    /// Siblings with fewer than two values: they keep their catalog share.
    pub without_data: Vec<usize>,
    /// Siblings that a cap holds.
    pub capped: Vec<(usize, Capped)>,
    /// The weights at the end.
    pub weights: Vec<f64>,
}

/// Whether siblings were weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// They were.
    Weighed,
    /// There is one, or none: it has the whole weight.
    OnlyChild,
    /// They are weight groups or hold some, whose points are the catalog's to give.
    KeepsPoints,
}

/// What one objective method said.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodReport {
    /// The method.
    pub method: Method,
    /// Its weights, in sum 1; siblings without data keep their catalog share in them.
    pub weights: Vec<f64>,
    /// Siblings that got 0, with why.
    pub left_out: Vec<(usize, LeftOut)>,
    /// Nothing differed, so all that have data weigh the same.
    pub equal_by_default: bool,
}

/// The judgements of one parent's children.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedParent {
    /// The parent.
    pub parent: ItemIndex,
    /// The joint matrix of all experts.
    pub group: Ahp,
    /// Each expert's own, as they were given.
    pub experts: Vec<ExpertReport>,
}

/// One expert's judgements of one parent's children.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpertReport {
    /// Who.
    pub name: String,
    /// How much the expert counts among the others.
    pub weight: f64,
    /// What the matrix says, consistent or not.
    pub found: Ahp,
}

/// Why judgements were not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unused {
    /// The subjective weights come from elsewhere.
    NotAsked,
    /// A parent with one child has nothing to judge.
    OnlyChild,
    /// Weight groups keep their points.
    KeepsPoints,
}

/// A column of weights: one step of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The catalog's own.
    Catalog,
    /// The subjective ones.
    Subjective,
    /// Those of one objective method.
    Of(Method),
    /// The mean of the methods.
    Objective,
    /// Both combined, before limits.
    Combined,
    /// The weights at the end.
    Final,
}

/// Points by item under one column.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightColumn {
    /// The column.
    pub column: Column,
    /// Points by item (place in [`Catalog::items`](crate::catalog::Catalog::items)).
    pub points: Vec<f64>,
}

impl Column {
    /// The columns after the catalog's that these choices fill, in the order of the way.
    #[must_use]
    pub fn all(choices: &Choices) -> Vec<Self> {
        let mut columns = Vec::new();
        if choices.subjective != Subjective::None {
            columns.push(Self::Subjective);
        }
        columns.extend(choices.objective.iter().copied().map(Self::Of));
        if choices.objective.len() > 1 {
            columns.push(Self::Objective);
        }
        columns.extend([Self::Combined, Self::Final]);
        columns
    }
}

impl SiblingReport {
    /// Siblings that keep the catalog's shares.
    pub(super) fn of_catalog(
        parent: ItemIndex,
        items: Vec<ItemIndex>,
        catalog_shares: Vec<f64>,
        judged: Judged,
    ) -> Self {
        Self {
            parent,
            items,
            judged,
            weights: catalog_shares.clone(),
            catalog_shares,
            subjective: None,
            methods: Vec::new(),
            objective: None,
            combined: None,
            game: None,
            without_data: Vec::new(),
            capped: Vec::new(),
        }
    }

    /// The siblings' weights under one column; `None` where it was not filled, and the catalog's shares stand.
    #[must_use]
    pub fn column(&self, column: &Column) -> Option<&Vec<f64>> {
        match column {
            Column::Catalog => Some(&self.catalog_shares),
            Column::Subjective => self.subjective.as_ref(),
            Column::Of(method) => {
                self.methods.iter().find(|found| found.method == *method).map(|found| &found.weights)
            }
            Column::Objective => self.objective.as_ref(),
            Column::Combined => self.combined.as_ref(),
            Column::Final => Some(&self.weights),
        }
    }
}
