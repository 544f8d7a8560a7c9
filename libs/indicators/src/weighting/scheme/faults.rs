//! What keeps a scheme from being made.

use std::fmt;

use crate::catalog::{Catalog, ItemIndex};
use crate::table::ShapeError;
use crate::weighting::ValueFault;
use crate::weighting::ahp::{GREATEST_RATIO, Inconsistent};
use crate::weighting::combine::CombineError;
use crate::weighting::limits::LimitFault;
use crate::weighting::matrix::MatrixFault;

/// Every fault of a scheme at once.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemeFaults(pub Vec<SchemeFault>);

/// One thing that keeps a scheme from being made. Items are named by their codes.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemeFault {
    /// Inputs that do not fit each other.
    #[error(transparent)]
    Shape(ShapeError),
    /// A place names a type beyond the list.
    #[error("a place has a type that is not in the list of types")]
    Type,
    /// Neither subjective weights nor an objective method.
    #[error("neither subjective weights nor an objective method is chosen")]
    NothingChosen,
    /// The share of the mean lies outside 0..=1.
    #[error("the share {share} of the subjective weights lies outside 0..1")]
    Share {
        /// The share.
        share: f64,
    },
    /// Limits out of range.
    #[error(transparent)]
    Limit(LimitFault),
    /// All leaves cannot be weighed together under means over children.
    #[error("the catalog takes means over children, so its leaves have no common weights")]
    OverChildren,
    /// The children of a parent were not judged: by anybody where no expert is named, else by these.
    #[error("{parent}: its children are not judged{}", by(experts))]
    NotJudged {
        /// The parent.
        parent: String,
        /// The experts who left it out; empty if there is no expert at all.
        experts: Vec<String>,
    },
    /// A matrix does not compare the children of its parent.
    #[error("{parent}: the matrix of {expert} compares {items} items, the catalog has {children}")]
    MatrixSize {
        /// The parent.
        parent: String,
        /// The expert.
        expert: String,
        /// Items of the matrix.
        items: usize,
        /// Children of the parent.
        children: usize,
    },
    /// Matrices that cannot be joined.
    #[error("{parent}: {fault}")]
    Matrix {
        /// The parent.
        parent: String,
        /// What is wrong.
        fault: MatrixFault,
    },
    /// Judgements that contradict one another.
    #[error(
        "{parent}: the consistency ratio is {ratio:.4} ({random_index}), above {GREATEST_RATIO}; mend {row} against {column} first: judged {judged:.4}, {fitting:.4} would fit"
    )]
    Inconsistent {
        /// The parent.
        parent: String,
        /// The consistency ratio.
        ratio: f64,
        /// Name of the table of random indices.
        random_index: &'static str,
        /// The item of the worst judgement.
        row: String,
        /// The item it is judged against.
        column: String,
        /// The judgement.
        judged: f64,
        /// What would fit.
        fitting: f64,
    },
    /// A value that no method may read.
    #[error("{item}, place {place}: {value} is {}", if *negative { "negative" } else { "not a finite number" })]
    Value {
        /// The item whose value it is.
        item: String,
        /// Position among the places of the type.
        place: usize,
        /// The value.
        value: f64,
        /// It is negative rather than not finite.
        negative: bool,
    },
    /// Weights that cannot be combined.
    #[error("{parent}: {fault}")]
    Combine {
        /// The parent.
        parent: String,
        /// Why.
        fault: CombineError,
    },
    /// A fault of one type.
    #[error("type {kind}: {fault}")]
    OfType {
        /// Position of the type.
        kind: usize,
        /// What is wrong.
        fault: Box<SchemeFault>,
    },
}

/// A fault of siblings whose parent has no name yet.
pub(super) struct LocalFault {
    pub(super) parent: ItemIndex,
    pub(super) items: Vec<ItemIndex>,
    pub(super) fault: Box<SchemeFault>,
}

impl LocalFault {
    /// With codes for positions.
    pub(super) fn named(self, catalog: &Catalog) -> SchemeFault {
        let code = |index: ItemIndex| catalog.item(index).code.clone();
        match *self.fault {
            SchemeFault::Combine { fault, .. } => SchemeFault::Combine { parent: code(self.parent), fault },
            SchemeFault::Value { item, place, value, negative } => {
                let child = item.parse().ok().and_then(|at: usize| self.items.get(at));
                let item = child.map_or(item, |child| code(*child));
                SchemeFault::Value { item, place, value, negative }
            }
            other => other,
        }
    }
}

impl SchemeFault {
    pub(super) fn in_type(self, kind: usize) -> Self {
        Self::OfType { kind, fault: Box::new(self) }
    }

    pub(super) fn inconsistent(catalog: &Catalog, parent: ItemIndex, found: &Inconsistent) -> Self {
        let children = &catalog.item(parent).children;
        let code = |index: ItemIndex| catalog.item(index).code.clone();
        Self::Inconsistent {
            parent: code(parent),
            ratio: found.ratio,
            random_index: found.random_index.name(),
            row: code(children[found.worst.row]),
            column: code(children[found.worst.column]),
            judged: found.worst.judged,
            fitting: found.worst.fitting,
        }
    }

    /// `siblings` are the positions of the columns that a method read.
    pub(super) fn value(fault: ValueFault, siblings: &[usize]) -> Self {
        let (column, place, value, negative) = match fault {
            ValueFault::NotFinite { column, row, value } => (column, row, value, false),
            ValueFault::Negative { column, row, value } => (column, row, value, true),
        };
        Self::Value { item: siblings[column].to_string(), place, value, negative }
    }
}

impl fmt::Display for SchemeFaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            if at > 0 {
                formatter.write_str("; ")?;
            }
            fault.fmt(formatter)?;
        }
        Ok(())
    }
}

impl std::error::Error for SchemeFaults {}

fn by(experts: &[String]) -> String {
    if experts.is_empty() { String::new() } else { format!(" by {}", experts.join(", ")) }
}
