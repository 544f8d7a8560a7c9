//! The score of a node (节点得分), or why there is none; columns of them.

use crate::column::present;

/// What a node came to for one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodeScore {
    /// Score on the catalog's scale, unrounded, or why there is none.
    pub score: Result<f64, Absence>,
    /// Share of the effective weight that is observed, in 0..=1; 0 where nothing is in use.
    pub coverage: f64,
}

/// Why a place has no score at a node. The order of the variants is the order in which they are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Absence {
    /// The place is in no type, so nothing is measured.
    #[error("the place is not classified")]
    Unclassified,
    /// Every leaf below is left out for the type.
    #[error("no indicator below is in use for the type")]
    NothingInUse,
    /// Too little of the weight is observed.
    #[error("the coverage is below the minimum")]
    LowCoverage,
    /// A geometric, harmonic or negative power mean met a zero and has no floor.
    #[error("the mean refuses a value of zero")]
    ZeroRefused,
}

/// Scores of one node: a cell a place, in sixteen bytes.
///
/// Where a place has no score, its cell keeps the reason as a NaN of its own, which nobody sees: numbers and reasons are
/// filled and read in one column.
#[derive(Clone, Debug)]
pub struct NodeColumn {
    scores: Vec<f64>,
    coverage: Vec<f64>,
}

impl NodeScore {
    /// The score, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        self.score.ok()
    }

    /// What a place in no type gets everywhere.
    #[must_use]
    pub fn unclassified() -> Self {
        Self { score: Err(Absence::Unclassified), coverage: 0.0 }
    }
}

/// The first of the quiet NaNs that stand for a reason; it carries none itself, the next ones those of [`REASONS`].
const NO_SCORE: u64 = 0x7ff8_0000_0000_0000;
const REASONS: [Absence; 4] =
    [Absence::Unclassified, Absence::NothingInUse, Absence::LowCoverage, Absence::ZeroRefused];

impl Absence {
    /// The cell of a place that has no score for this reason.
    pub(crate) const fn cell(self) -> f64 {
        let number = match self {
            Self::Unclassified => 1,
            Self::NothingInUse => 2,
            Self::LowCoverage => 3,
            Self::ZeroRefused => 4,
        };
        f64::from_bits(NO_SCORE + number)
    }

    fn of_cell(cell: f64) -> Self {
        let mut reasons = REASONS.into_iter();
        // Cells are filled from these four alone.
        reasons.find(|reason| reason.cell().to_bits() == cell.to_bits()).unwrap_or(Self::Unclassified)
    }
}

impl NodeColumn {
    /// What `len` places in no type get.
    #[must_use]
    pub fn unclassified(len: usize) -> Self {
        Self { scores: vec![Absence::Unclassified.cell(); len], coverage: vec![0.0; len] }
    }

    /// Zeros, which come untouched from the system, for every place to be filled.
    pub(crate) fn to_be_filled(len: usize) -> Self {
        Self { scores: vec![0.0; len], coverage: vec![0.0; len] }
    }

    /// How many places it has, those without a score included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Whether it has no places.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// The score and coverage of a place.
    ///
    /// # Panics
    /// If the place is not in `0..len`.
    #[inline]
    #[must_use]
    pub fn get(&self, place: usize) -> NodeScore {
        read(self.scores[place], self.coverage[place])
    }

    /// The score of a place, if it has one.
    ///
    /// # Panics
    /// If the place is not in `0..len`.
    #[inline]
    #[must_use]
    pub fn value(&self, place: usize) -> Option<f64> {
        present(self.scores[place])
    }

    /// The cells of some places: scores (a NaN is a reason) and coverages.
    pub(crate) fn stretch(&self, first: usize, len: usize) -> (&[f64], &[f64]) {
        (&self.scores[first..first + len], &self.coverage[first..first + len])
    }

    /// Gives the places of a stretch what places in no type get.
    pub(crate) fn declassify(&mut self, first: usize, len: usize) {
        let (scores, coverage) = self.stretch_mut(first, len);
        scores.fill(Absence::Unclassified.cell());
        coverage.fill(0.0);
    }

    /// The scores of all places; a NaN is a reason for none.
    pub(crate) fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// The same, to be filled.
    pub(crate) fn stretch_mut(&mut self, first: usize, len: usize) -> (&mut [f64], &mut [f64]) {
        (&mut self.scores[first..first + len], &mut self.coverage[first..first + len])
    }

    /// Takes over what was found for a stretch of `len` places from `first` on.
    pub(crate) fn keep(&mut self, first: usize, found: &Self, len: usize) {
        self.scores.resize(len, 0.0);
        self.coverage.resize(len, 0.0);
        let count = found.len().min(len - first);
        self.scores[first..first + count].copy_from_slice(&found.scores[..count]);
        self.coverage[first..first + count].copy_from_slice(&found.coverage[..count]);
    }

    /// Takes over what was found, each the result of the place that stands beside it in `places`.
    pub(crate) fn scatter(&mut self, found: &Self, places: &[usize]) {
        for ((&place, &score), &coverage) in places.iter().zip(&found.scores).zip(&found.coverage) {
            self.scores[place] = score;
            self.coverage[place] = coverage;
        }
    }

    /// Scores and coverages in the order of their places.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = NodeScore> + Clone + '_ {
        self.scores.iter().zip(&self.coverage).map(|(&score, &coverage)| read(score, coverage))
    }
}

impl PartialEq for NodeColumn {
    /// The same scores for the same places, reasons included.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

#[inline]
fn read(score: f64, coverage: f64) -> NodeScore {
    NodeScore { score: present(score).ok_or_else(|| Absence::of_cell(score)), coverage }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_and_reasons_come_out_as_they_went_in() {
        let mut column = NodeColumn::unclassified(6);
        assert_eq!(column.get(5), NodeScore::unclassified());
        for (place, reason) in REASONS.into_iter().enumerate() {
            column.stretch_mut(place, 1).0[0] = reason.cell();
            column.stretch_mut(place, 1).1[0] = 0.5;
        }
        let (scores, coverage) = column.stretch_mut(4, 1);
        (scores[0], coverage[0]) = (62.5, 1.0);
        for (place, reason) in REASONS.into_iter().enumerate() {
            assert_eq!(column.get(place), NodeScore { score: Err(reason), coverage: 0.5 });
        }
        assert_eq!((column.get(4).score, column.value(4), column.value(0)), (Ok(62.5), Some(62.5), None));
        assert_eq!(column.iter().count(), 6);
    }
}
