//! Judgements (专家判断) as experts give them, one pair at a time, made into matrices; every fault at once.

use std::collections::BTreeMap;

use super::matrix::{MAX_ITEMS, PairwiseMatrix, RECIPROCITY_TOLERANCE, STRONGEST, is_on_scale};
use crate::catalog::{Catalog, ItemIndex};

/// One judgement: how many times `item` matters as much as `other`, both children of `parent`; all by their codes.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The parent.
    pub parent: String,
    /// The item.
    pub item: String,
    /// What it is compared with.
    pub other: String,
    /// On Saaty's scale, in 1/9..=9.
    pub ratio: f64,
}

/// Something wrong with judgements. `at` is a position in the list given, from 0.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum JudgementFault {
    /// The catalog has no such parent.
    #[error("the catalog has no parent {code}")]
    UnknownParent {
        /// The judgement.
        at: usize,
        /// The code.
        code: String,
    },
    /// The parent has no such child.
    #[error("{parent} has no child {code}")]
    UnknownItem {
        /// The judgement.
        at: usize,
        /// It is `other` rather than `item`.
        is_other: bool,
        /// The parent.
        parent: String,
        /// The code.
        code: String,
    },
    /// An item is compared with itself.
    #[error("{item} is compared with itself")]
    Itself {
        /// The judgement.
        at: usize,
        /// The item.
        item: String,
    },
    /// The ratio lies outside 1/9..=9, or is no number.
    #[error("{ratio} lies outside 1/9..9")]
    OffScale {
        /// The judgement.
        at: usize,
        /// The ratio.
        ratio: f64,
    },
    /// The same pair was judged before, in the same direction.
    #[error("{item} against {other} is judged twice")]
    Twice {
        /// The judgement.
        at: usize,
        /// The one before.
        first: usize,
        /// The item.
        item: String,
        /// What it is compared with.
        other: String,
    },
    /// The same pair was judged before the other way round, and the two are no reciprocals.
    #[error("{item} against {other} is {ratio}, the other way round it is {mirror}")]
    Contradicts {
        /// The judgement.
        at: usize,
        /// The one before.
        first: usize,
        /// The item.
        item: String,
        /// What it is compared with.
        other: String,
        /// The ratio.
        ratio: f64,
        /// The ratio before.
        mirror: f64,
    },
    /// A pair of a parent that was begun is not judged.
    #[error("{parent}: {item} against {other} is not judged")]
    Missing {
        /// The parent.
        parent: String,
        /// The item.
        item: String,
        /// What it should be compared with.
        other: String,
    },
    /// The parent has more children than anybody compares at once.
    #[error("{parent} has {children} children, more than {MAX_ITEMS}")]
    TooMany {
        /// The judgement.
        at: usize,
        /// The parent.
        parent: String,
        /// Its children.
        children: usize,
    },
}

/// What was said of one pair: position of the judgement, row, column, ratio.
type Said = (usize, usize, usize, f64);

/// Makes one matrix for each parent that was judged, in catalog order. Every pair of its children must be judged once; the
/// same pair the other way round may be given beside it, if the two are reciprocals.
///
/// # Errors
/// Every [`JudgementFault`], those of judgements in their order first, then what is missing.
pub fn matrices(
    catalog: &Catalog,
    judgements: &[Judgement],
) -> Result<Vec<(ItemIndex, PairwiseMatrix)>, Vec<JudgementFault>> {
    let mut faults = Vec::new();
    let mut by_parent: BTreeMap<ItemIndex, Vec<Said>> = BTreeMap::new();
    for (at, judgement) in judgements.iter().enumerate() {
        match place(catalog, at, judgement) {
            Ok((parent, said)) => {
                let before = by_parent.entry(parent).or_default();
                match before.iter().find(|known| meets(known, &said)) {
                    Some(known) => faults.extend(clash(judgement, known, &said)),
                    None => before.push(said),
                }
            }
            Err(found) => faults.extend(found),
        }
    }
    let broken: Vec<&str> =
        faults.iter().filter_map(JudgementFault::at).map(|at| judgements[at].parent.as_str()).collect();
    let mut missing = Vec::new();
    for (parent, said) in &by_parent {
        let item = catalog.item(*parent);
        // What a faulty judgement of this parent was meant for cannot be told: it would show as missing too.
        let is_meant = |row: usize, column: usize| {
            let (row, column) =
                (&catalog.item(item.children[row]).code, &catalog.item(item.children[column]).code);
            broken.contains(&item.code.as_str())
                && judgements.iter().any(|it| {
                    it.parent == item.code
                        && ((it.item == *row && it.other == *column)
                            || (it.item == *column && it.other == *row))
                })
        };
        for row in 0..item.children.len() {
            for column in row + 1..item.children.len() {
                if !said.iter().any(|known| meets(known, &(0, row, column, 1.0))) && !is_meant(row, column) {
                    missing.push(JudgementFault::Missing {
                        parent: item.code.clone(),
                        item: catalog.item(item.children[row]).code.clone(),
                        other: catalog.item(item.children[column]).code.clone(),
                    });
                }
            }
        }
    }
    faults.append(&mut missing);
    if !faults.is_empty() {
        return Err(faults);
    }
    let matrix = |(parent, said): (ItemIndex, Vec<Said>)| {
        let ratio = |row: usize, column: usize| {
            let known = said.iter().find(|known| meets(known, &(0, row, column, 1.0)));
            known.map_or(f64::NAN, |known| {
                // 1/9 may be written 0.11, a little beyond the scale: in either direction it is 1/9.
                let ratio = known.3.clamp(1.0 / STRONGEST, STRONGEST);
                if known.1 == row { ratio } else { 1.0 / ratio }
            })
        };
        let made = PairwiseMatrix::from_pairs(catalog.item(parent).children.len(), ratio);
        (parent, made.expect("every pair is there and on the scale, as was checked above"))
    };
    Ok(by_parent.into_iter().map(matrix).collect())
}

impl JudgementFault {
    /// The judgement at fault; `None` where one is missing.
    #[must_use]
    pub fn at(&self) -> Option<usize> {
        match self {
            Self::UnknownParent { at, .. }
            | Self::UnknownItem { at, .. }
            | Self::Itself { at, .. }
            | Self::OffScale { at, .. }
            | Self::Twice { at, .. }
            | Self::Contradicts { at, .. }
            | Self::TooMany { at, .. } => Some(*at),
            Self::Missing { .. } => None,
        }
    }
}

/// Where one judgement belongs, or everything that is wrong with it.
fn place(
    catalog: &Catalog,
    at: usize,
    judgement: &Judgement,
) -> Result<(ItemIndex, Said), Vec<JudgementFault>> {
    let Judgement { parent, item, other, ratio } = judgement;
    let mut faults = Vec::new();
    if !is_on_scale(*ratio) {
        faults.push(JudgementFault::OffScale { at, ratio: *ratio });
    }
    let found = catalog.find(parent).filter(|index| catalog.node(*index).is_some());
    let Some(index) = found else {
        faults.push(JudgementFault::UnknownParent { at, code: parent.clone() });
        return Err(faults);
    };
    let children = &catalog.item(index).children;
    if children.len() > MAX_ITEMS {
        faults.push(JudgementFault::TooMany { at, parent: parent.clone(), children: children.len() });
    }
    let position = |code: &str| children.iter().position(|child| catalog.item(*child).code == code);
    let (row, column) = (position(item), position(other));
    for (is_other, code, found) in [(false, item, row), (true, other, column)] {
        if found.is_none() {
            let (parent, code) = (parent.clone(), code.clone());
            faults.push(JudgementFault::UnknownItem { at, is_other, parent, code });
        }
    }
    match (row, column) {
        (Some(row), Some(column)) if row == column => {
            faults.push(JudgementFault::Itself { at, item: item.clone() });
            Err(faults)
        }
        (Some(row), Some(column)) if faults.is_empty() => Ok((index, (at, row, column, *ratio))),
        _ => Err(faults),
    }
}

/// Whether two judgements are of one pair, in either direction.
fn meets(known: &Said, other: &Said) -> bool {
    (known.1, known.2) == (other.1, other.2) || (known.1, known.2) == (other.2, other.1)
}

fn clash(judgement: &Judgement, known: &Said, said: &Said) -> Option<JudgementFault> {
    let (at, first) = (said.0, known.0);
    let (item, other) = (judgement.item.clone(), judgement.other.clone());
    if known.1 == said.1 {
        return Some(JudgementFault::Twice { at, first, item, other });
    }
    let agrees = (known.3 * said.3 - 1.0).abs() <= RECIPROCITY_TOLERANCE;
    let (ratio, mirror) = (said.3, known.3);
    (!agrees).then_some(JudgementFault::Contradicts { at, first, item, other, ratio, mirror })
}
