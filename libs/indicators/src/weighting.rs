//! Weighting (赋权): weights from judgements of experts and from the values themselves, and what is made of both.
//!
//! | room | what it does |
//! |---|---|
//! | [`matrix`] | pairwise comparisons, checked, and many experts' made one |
//! | [`judgements`] | what experts say of pairs, made into matrices |
//! | [`ahp`] | weights and consistency of a matrix (层次分析法) |
//! | [`entropy`], [`critic`], [`variation`], [`pca`] | weights from dimensionless values (客观赋权), a method a file |
//! | [`combine`] | two sets of weights made one (组合赋权) |
//! | [`limits`] | caps and shrinkage against extreme weights |
//! | [`effect`] | what other weights do to a ranking |
//! | [`scheme`] | all of it down the tree of a catalog, a type at a time |
//!
//! Every set of weights here is local: it belongs to siblings, is never negative and sums to 1. Objective methods read
//! columns of dimensionless values, one a sibling and a cell a place, inverse indicators already turned; a missing cell
//! is `None` and is passed over, never filled.
//!
//! Source: specification page 1, sections 1.6 and 1.9; each method names its own.

pub mod ahp;
pub mod combine;
pub mod critic;
pub mod effect;
pub mod entropy;
pub mod judgements;
pub mod limits;
pub mod matrix;
pub mod pca;
pub mod scheme;
mod spread;
pub mod variation;

/// Weights that a method found in values.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// One weight a column, never negative, in sum 1; empty without a column.
    pub weights: Vec<f64>,
    /// The columns that got 0 because they say nothing, with why, by column.
    pub left_out: Vec<(usize, LeftOut)>,
    /// The method tells no column from another: all that say something have the same weight, or all there are.
    pub equal_by_default: bool,
}

/// Why a column says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// Fewer than two values.
    TooFew,
    /// Every value is the same, and not 0.
    Constant,
    /// Every value is 0.
    AllZero,
}

/// A value that no method may read.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ValueFault {
    /// NaN or infinite.
    #[error("column {column}, row {row}: {value} is not a finite number")]
    NotFinite {
        /// Position of the column.
        column: usize,
        /// Position of the cell.
        row: usize,
        /// The value.
        value: f64,
    },
    /// Below 0, where a share of a sum is taken.
    #[error("column {column}, row {row}: {value} is negative")]
    Negative {
        /// Position of the column.
        column: usize,
        /// Position of the cell.
        row: usize,
        /// The value.
        value: f64,
    },
}

/// Refuses what is no finite number, and what is negative where `positive` is asked for.
fn check_values(columns: &[Vec<Option<f64>>], positive: bool) -> Result<(), ValueFault> {
    for (column, cells) in columns.iter().enumerate() {
        for (row, value) in cells.iter().enumerate().filter_map(|(row, cell)| cell.map(|value| (row, value)))
        {
            if !value.is_finite() {
                return Err(ValueFault::NotFinite { column, row, value });
            }
            if positive && value < 0.0 {
                return Err(ValueFault::Negative { column, row, value });
            }
        }
    }
    Ok(())
}

/// Why a column says nothing; `None` where its values differ.
fn silence(cells: &[Option<f64>]) -> Option<LeftOut> {
    let mut values = cells.iter().copied().flatten();
    let first = values.next();
    let (mut count, mut lowest, mut highest) = (1_usize, first?, first?);
    for value in values {
        count += 1;
        lowest = lowest.min(value);
        highest = highest.max(value);
    }
    if count < 2 {
        return Some(LeftOut::TooFew);
    }
    // As for thresholds (section 1.4 point 5): what differs by round-off alone does not differ.
    if highest - lowest > 1e-12 * highest.abs().max(lowest.abs()) {
        return None;
    }
    Some(if highest.abs() > 0.0 { LeftOut::Constant } else { LeftOut::AllZero })
}

/// Which columns say nothing, with why, by column.
fn silent_columns(columns: &[Vec<Option<f64>>]) -> Vec<Option<LeftOut>> {
    let of_column = |cells: &Vec<Option<f64>>| {
        if cells.iter().any(Option::is_some) { silence(cells) } else { Some(LeftOut::TooFew) }
    };
    columns.iter().map(of_column).collect()
}

/// Weights in proportion to scores that are 0 for the silent columns; equal ones where every score is 0.
fn in_proportion(scores: &[f64], silent: &[Option<LeftOut>]) -> Objective {
    let total: f64 = scores.iter().sum();
    let equal_by_default = total <= 0.0;
    let weights = if equal_by_default {
        // Equal among those that say something, if any does.
        let speaking = silent.iter().filter(|silent| silent.is_none()).count();
        let equal = |silent: &Option<LeftOut>| match (silent, speaking) {
            (_, 0) => 1.0 / scores.len() as f64,
            (None, speaking) => 1.0 / speaking as f64,
            (Some(_), _) => 0.0,
        };
        silent.iter().map(equal).collect()
    } else {
        scores.iter().map(|score| score / total).collect()
    };
    let left_out = silent.iter().enumerate().filter_map(|(column, why)| Some((column, (*why)?))).collect();
    Objective { weights, left_out, equal_by_default }
}
