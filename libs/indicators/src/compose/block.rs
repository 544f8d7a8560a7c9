//! A block of places: gathered, composed side by side, a lane a place.
//!
//! Each place is a sum of its own, in catalog order; side by side means that vectors run across places, never along
//! leaves. A missing value adds nothing to either sum of its mean, which is what leaving it out comes to, to the bit.

use crate::catalog::Mean;
use crate::compose::score::Absence;
use crate::compose::{Part, Recipe};
use crate::lanes::{Simd, VectorWork, Work, wide};
use crate::outline::Position;

use super::panel::{LANES, Lanes, Panel, Stretch};

/// Places of a block: what is read of them stays in the nearest caches.
pub(crate) const BLOCK: usize = 256;

/// Vectors whose sums stay in registers.
const GROUP: usize = 4;

/// Round-off that a coverage may fall short of its minimum by, so that exactly 2/3 passes.
const COVERAGE_TOLERANCE: f64 = 1e-9;

/// Room to compose the nodes of some places, one after another.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    places: usize,
    sums: Sums,
    scores: [f64; BLOCK],
    coverage: [f64; BLOCK],
    /// Logarithms of the values, which several nodes take the mean of.
    logarithms: Panel,
    /// The floor that they were taken with; none yet for these places.
    floor: Option<f64>,
}

/// The running sums of one node.
#[derive(Clone, Debug)]
struct Sums {
    /// Σ w·f(z) over the parts that have a value.
    terms: [f64; BLOCK],
    /// Σ w over the same parts.
    weight: [f64; BLOCK],
    /// Σ w·(share observed) over all parts.
    covered: [f64; BLOCK],
    /// A part was refused by this mean or by its own.
    refused: [bool; BLOCK],
}

impl Block {
    /// Room for the values of so many leaves.
    pub(crate) fn new(leaves: usize) -> Self {
        let none = [0.0; BLOCK];
        let sums = Sums { terms: none, weight: none, covered: none, refused: [false; BLOCK] };
        Self { places: 0, sums, scores: none, coverage: none, logarithms: Panel::new(leaves), floor: None }
    }

    /// Turns to other places, of which there are at most [`BLOCK`].
    pub(crate) fn begin(&mut self, places: usize) {
        (self.places, self.floor) = (places, None);
    }

    /// The scores of the node composed last; a NaN is a reason for none.
    pub(crate) fn scores(&self) -> &[f64] {
        &self.scores[..self.places]
    }

    /// Takes the logarithms of these places' values, unless that has been done.
    fn take_logarithms(&mut self, z: Stretch<'_>, floor: f64) {
        if self.floor.is_none_or(|known| known.to_bits() != floor.to_bits()) {
            self.logarithms.resize(z.places());
            wide(TakeLogarithms { z, floor, found: &mut self.logarithms });
            self.floor = Some(floor);
        }
    }

    /// The coverages of the node composed last.
    pub(crate) fn coverage(&self) -> &[f64] {
        &self.coverage[..self.places]
    }
}

impl Recipe {
    /// Composes the node for the places that a block turned to, from their dimensionless values; `child` gives the scores
    /// and coverages of a child for the same places.
    pub(crate) fn compose<'a>(
        &self,
        block: &mut Block,
        z: Stretch<'_>,
        scale: f64,
        child: impl Fn(usize) -> (&'a [f64], &'a [f64]),
    ) {
        if self.parts.is_empty() {
            block.scores.fill(Absence::NothingInUse.cell());
            block.coverage.fill(0.0);
        } else if self.is_plain() {
            let Block { scores, coverage, .. } = block;
            wide(LeafMean::<false> { recipe: self, scale, z, scores, coverage });
        } else if let Some(floor) = self.logarithmic_floor() {
            block.take_logarithms(z, floor);
            let Block { scores, coverage, logarithms, .. } = block;
            wide(LeafMean::<true> { recipe: self, scale, z: logarithms.all(), scores, coverage });
        } else {
            self.compose_general(block, z, scale, child);
        }
    }

    /// An arithmetic mean over leaves, which refuses nothing and of which coverage is the sum of its weights.
    fn is_plain(&self) -> bool {
        self.averaging.mean() == Mean::Arithmetic && self.is_over_leaves()
    }

    /// The floor of a geometric mean over leaves, where it keeps the mean from refusing anything.
    fn logarithmic_floor(&self) -> Option<f64> {
        let floor = self.averaging.floor().filter(|floor| floor.is_normal() && *floor > 0.0)?;
        (self.averaging.mean() == Mean::Geometric && self.is_over_leaves()).then_some(floor)
    }

    fn is_over_leaves(&self) -> bool {
        self.parts.iter().all(|part: &Part| matches!(part.source, Position::Leaf(_)))
    }

    /// Any mean over anything.
    fn compose_general<'a>(
        &self,
        block: &mut Block,
        z: Stretch<'_>,
        scale: f64,
        child: impl Fn(usize) -> (&'a [f64], &'a [f64]),
    ) {
        let Block { sums, scores, coverage, .. } = block;
        sums.clear();
        for part in &self.parts {
            match part.source {
                Position::Leaf(leaf) => {
                    for (at, value) in z.leaf(leaf).enumerate().filter(|(_, value)| !value.is_nan()) {
                        sums.covered[at] += part.weight;
                        sums.add(at, part.weight, self.averaging.term(value));
                    }
                }
                Position::Node(node) => {
                    let (scores, coverage) = child(node);
                    for (at, (&score, &coverage)) in scores.iter().zip(coverage).enumerate() {
                        sums.covered[at] += part.weight * coverage;
                        if !score.is_nan() {
                            sums.add(at, part.weight, self.averaging.term(score / scale));
                        } else if score.to_bits() == Absence::ZeroRefused.cell().to_bits() {
                            sums.refused[at] = true;
                        }
                    }
                }
            }
        }
        for at in 0..z.places() {
            coverage[at] = sums.covered[at] / self.total_weight;
            scores[at] = if self.is_low(coverage[at]) {
                Absence::LowCoverage.cell()
            } else if sums.refused[at] {
                Absence::ZeroRefused.cell()
            } else if sums.weight[at] <= 0.0 {
                Absence::LowCoverage.cell()
            } else {
                scale * self.averaging.value_of(sums.terms[at] / sums.weight[at])
            };
        }
    }

    fn is_low(&self, coverage: f64) -> bool {
        coverage < self.minimum_coverage - COVERAGE_TOLERANCE
    }

    /// The least weight that covers the node enough: it and no less passes [`Self::is_low`]. Quotients never fall as
    /// their numerators grow, so one comparison says the same as a division and a comparison.
    pub(super) fn find_least_weight(&self) -> f64 {
        let mut weight = ((self.minimum_coverage - COVERAGE_TOLERANCE) * self.total_weight).max(0.0);
        while weight > 0.0 && !self.is_low(weight / self.total_weight) {
            weight = weight.next_down();
        }
        while self.is_low(weight / self.total_weight) {
            weight = weight.next_up();
        }
        weight
    }

    /// The two sums of a plain mean: Σ w·z and Σ w over the leaves observed.
    #[inline(always)]
    fn plain_sums<S: Simd>(&self, simd: S, strip: &[Lanes]) -> (Lanes, Lanes) {
        let (mut terms, mut weights) = ([0.0; LANES], [0.0; LANES]);
        let none = simd.splat_f64s(0.0);
        let (term_groups, _) = S::as_mut_simd_f64s(&mut terms).0.as_chunks_mut::<GROUP>();
        let (weight_groups, _) = S::as_mut_simd_f64s(&mut weights).0.as_chunks_mut::<GROUP>();
        for (group, (terms, weights)) in term_groups.iter_mut().zip(weight_groups).enumerate() {
            // Arrays of this few vectors stay in registers, which is all the difference.
            let (mut term_sums, mut weight_sums) = ([none; GROUP], [none; GROUP]);
            for part in &self.parts {
                let Position::Leaf(leaf) = part.source else { continue };
                let (values, _) = S::as_simd_f64s(&strip[leaf]).0.as_chunks::<GROUP>();
                let weight = simd.splat_f64s(part.weight);
                for (at, &value) in values[group].iter().enumerate() {
                    let there = simd.equal_f64s(value, value);
                    let term = simd.select_f64s(there, simd.mul_f64s(weight, value), none);
                    term_sums[at] = simd.add_f64s(term_sums[at], term);
                    weight_sums[at] = simd.add_f64s(weight_sums[at], simd.select_f64s(there, weight, none));
                }
            }
            (*terms, *weights) = (term_sums, weight_sums);
        }
        (terms, weights)
    }

    /// The score of a plain mean from its two sums.
    #[inline(always)]
    fn plain_score(&self, terms: f64, weight: f64, scale: f64) -> f64 {
        let has_none = (weight < self.least_weight) | (weight <= 0.0);
        let score = scale * (terms / weight);
        if has_none { Absence::LowCoverage.cell() } else { score }
    }
}

impl Sums {
    fn clear(&mut self) {
        self.terms.fill(0.0);
        self.weight.fill(0.0);
        self.covered.fill(0.0);
        self.refused.fill(false);
    }

    #[inline]
    fn add(&mut self, at: usize, weight: f64, term: Option<f64>) {
        match term {
            Some(term) => {
                self.terms[at] += weight * term;
                self.weight[at] += weight;
            }
            None => self.refused[at] = true,
        }
    }
}

/// Takes the logarithms of all values, those below the floor raised to it. `libm` computes one after the other, but in wide
/// code twice as fast as out of it.
struct TakeLogarithms<'a> {
    z: Stretch<'a>,
    floor: f64,
    found: &'a mut Panel,
}

impl Work for TakeLogarithms<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (values, found) in self.z.strips().flatten().zip(self.found.strips_mut().flatten()) {
            for lane in 0..LANES {
                let value = values[lane];
                // A missing value stays missing: `max` would give the floor.
                found[lane] = if value.is_nan() { value } else { libm::log(value.max(self.floor)) };
            }
        }
    }
}

/// Composes a mean over leaves that refuses nothing.
struct LeafMean<'a, const LOGARITHM: bool> {
    recipe: &'a Recipe,
    scale: f64,
    /// Values, or their logarithms.
    z: Stretch<'a>,
    scores: &'a mut [f64; BLOCK],
    coverage: &'a mut [f64; BLOCK],
}

impl<const LOGARITHM: bool> VectorWork for LeafMean<'_, LOGARITHM> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { recipe, scale, z, scores, coverage } = self;
        let (scores, _) = scores.as_chunks_mut::<LANES>();
        let (coverage, _) = coverage.as_chunks_mut::<LANES>();
        for ((strip, scores), coverage) in z.strips().zip(scores).zip(coverage) {
            let (terms, weights) = recipe.plain_sums(simd, strip);
            for at in 0..LANES {
                // A mean of logarithms is finished below, as a score on a scale of one.
                let scale = if LOGARITHM { 1.0 } else { scale };
                scores[at] = recipe.plain_score(terms[at], weights[at], scale);
                coverage[at] = weights[at] / recipe.total_weight;
            }
            if LOGARITHM {
                // A NaN stays the reason that it is.
                for score in scores.iter_mut().filter(|score| !score.is_nan()) {
                    *score = scale * libm::exp(*score);
                }
            }
        }
    }
}
