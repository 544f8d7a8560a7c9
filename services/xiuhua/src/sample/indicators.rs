//! The 32 observed indicators: their shape, level, spread and source, as one table.
//!
//! Level and spread are invented to be believable; codes, directions and natural bounds are those
//! of specification page 1, section 1.3. The derived indicators D2.1-D2.3 are made of scores and
//! are never observed.

/// A level-2 index, whose quality drives the indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    /// 管理精细.
    Management,
    /// 社群活力.
    Vitality,
    /// 居民满意.
    Satisfaction,
    /// 能力进步.
    Growth,
}

/// The system an observation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Committee,
    Operations,
    Police,
    Party,
    Property,
    Hotline,
    Honours,
    Survey,
}

impl Source {
    pub(super) const COUNT: usize = 8;

    /// The value of the column `source`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Committee => "committee-register",
            Self::Operations => "city-operations",
            Self::Police => "police",
            Self::Party => "party-register",
            Self::Property => "property-register",
            Self::Hotline => "hotline-12345",
            Self::Honours => "honours-register",
            Self::Survey => "resident-survey",
        }
    }
}

/// How quality becomes a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// The number of cuts that the drive exceeds: 0/1 for one cut. Persistent over the years.
    Steps(&'static [f64]),
    /// 0 to 100, linear in the log-odds.
    Share,
    /// Positive and real, linear in the logarithm.
    Amount,
    /// A whole number a year, more varied than Poisson.
    Count,
    /// Cases for each 100 households, from an overdispersed count; better quality means fewer.
    Cases,
    /// Difference between this year's and last year's survey, percentage points.
    SurveyChange,
}

/// What must be there before the state can be anything but 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    Nothing,
    /// Owners, that is an estate not wholly let by a public landlord.
    Owners,
    /// An owners' committee (B2.1) in the same year.
    OwnersCommittee,
}

/// One observed indicator.
#[derive(Debug)]
pub(super) struct Leaf {
    /// Its code in the catalog `pudong-2021`.
    pub(super) code: &'static str,
    pub(super) dimension: Dimension,
    pub(super) source: Source,
    pub(super) shape: Shape,
    /// Decimals of its values in the file.
    pub(super) decimals: u8,
    /// The level of an average estate in 2018, by type in the order of `Housing::ALL`: in the
    /// indicator's own unit, for [`Shape::Steps`] on the scale of its cuts.
    pub(super) level: [f64; 4],
    /// The effect of one unit of quality: on the log-odds, the logarithm or the scale of the cuts.
    pub(super) load: f64,
    /// The spread among estates that quality does not explain and that stays over the years.
    pub(super) lasting: f64,
    /// The spread from year to year.
    pub(super) passing: f64,
    /// What a year did to all estates, on the same scale (2019: sorting of waste; 2020: the epidemic).
    pub(super) years: [f64; 4],
    pub(super) condition: Condition,
}

const QUIET: [f64; 4] = [0.0; 4];

type Spread = (f64, f64, f64);

/// A leaf; `spread` is (load, lasting, passing).
const fn leaf(
    code: &'static str,
    source: Source,
    shape: Shape,
    decimals: u8,
    level: [f64; 4],
    spread: Spread,
) -> Leaf {
    let dimension = match code.as_bytes()[0] {
        b'A' => Dimension::Management,
        b'B' => Dimension::Vitality,
        b'C' => Dimension::Satisfaction,
        _ => Dimension::Growth,
    };
    let (load, lasting, passing) = spread;
    let condition = Condition::Nothing;
    Leaf { code, dimension, source, shape, decimals, level, load, lasting, passing, years: QUIET, condition }
}

impl Leaf {
    const fn in_years(mut self, years: [f64; 4]) -> Self {
        self.years = years;
        self
    }

    const fn given(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }
}

const YES: Shape = Shape::Steps(&[0.0]);

/// All 32, in catalog order.
pub(super) static LEAVES: [Leaf; 32] = {
    use Condition::{Owners, OwnersCommittee};
    use Shape::{Amount, Cases, Count, Share, Steps, SurveyChange};
    use Source::{Committee, Honours, Hotline, Operations, Party, Police, Property, Survey};
    const STATE: Spread = (0.8, 0.7, 0.12);
    const CASES: Spread = (0.32, 0.35, 0.0);
    [
        leaf("A1.1", Committee, Steps(&[-2.0, -0.9, 0.3]), 0, [0.4, 0.0, 0.1, -0.1], STATE),
        leaf("A1.2", Committee, Amount, 2, [2.6, 1.5, 2.2, 1.8], (0.35, 0.25, 0.12))
            .in_years([0.0, 0.1, -0.35, -0.05]),
        leaf("A1.3", Committee, Amount, 2, [2.2, 1.2, 1.8, 1.6], (0.35, 0.25, 0.12))
            .in_years([0.0, 0.05, 0.25, 0.1]),
        leaf("A2.1", Police, Share, 2, [95.5, 93.0, 92.0, 91.0], (0.5, 0.3, 0.12)),
        leaf("A2.2", Operations, Share, 1, [82.0, 86.0, 80.0, 81.0], (0.45, 0.25, 0.15))
            .in_years([-0.6, 0.2, 0.35, 0.45]),
        leaf("A2.3", Police, YES, 0, [0.6, 0.9, 0.3, 0.4], STATE),
        leaf("A2.4", Operations, Cases, 2, [1.6, 0.6, 0.8, 0.7], CASES),
        leaf("A2.5", Operations, Cases, 2, [0.5, 0.7, 1.1, 0.8], CASES),
        leaf("A2.6", Operations, Cases, 2, [1.2, 0.6, 1.0, 0.4], CASES),
        leaf("A2.7", Operations, Cases, 2, [2.2, 1.4, 2.6, 2.0], CASES).in_years([-0.6, 0.5, 0.2, 0.0]),
        leaf("A2.8", Honours, Steps(&[0.4, 1.9]), 0, [0.1, 0.4, -0.1, -0.1], STATE),
        leaf("B1.1", Party, YES, 0, [-0.2, 0.1, -0.4, -0.8], STATE).given(OwnersCommittee),
        leaf("B1.2", Party, Count, 0, [26.0, 20.0, 22.0, 20.0], (0.2, 0.15, 0.0)),
        leaf("B1.3", Party, Share, 1, [62.0, 48.0, 52.0, 45.0], (0.5, 0.3, 0.15)),
        leaf("B1.4", Party, Amount, 1, [46.0, 32.0, 36.0, 30.0], (0.35, 0.3, 0.15)),
        leaf("B2.1", Property, YES, 0, [1.2, 1.4, 0.6, 0.2], STATE).given(Owners),
        leaf("B2.2", Property, YES, 0, [0.2, 0.5, -0.1, -0.3], STATE).given(OwnersCommittee),
        leaf("B2.3", Committee, Amount, 2, [38.0, 22.0, 26.0, 24.0], (0.3, 0.45, 0.25)),
        leaf("B2.4", Committee, YES, 0, [0.9, 1.3, 0.5, 0.3], STATE).given(Owners),
        leaf("B2.5", Committee, Share, 1, [72.0, 52.0, 60.0, 55.0], (0.45, 0.3, 0.1)),
        leaf("B2.6", Committee, Amount, 1, [38.0, 22.0, 26.0, 20.0], (0.35, 0.3, 0.15))
            .in_years([0.0, 0.05, 0.3, 0.15]),
        leaf("C1.1", Survey, Share, 1, [88.0, 84.0, 83.0, 82.0], (0.5, 0.25, 0.15)),
        leaf("C1.2", Property, Share, 1, [78.0, 86.0, 70.0, 72.0], (0.5, 0.4, 0.12)),
        leaf("C1.3", Survey, Share, 1, [74.0, 80.0, 70.0, 71.0], (0.5, 0.3, 0.15)),
        leaf("C2.1", Property, Cases, 2, [0.5, 0.7, 0.9, 0.5], CASES),
        leaf("C2.2", Police, Cases, 2, [2.4, 1.6, 2.8, 2.2], CASES),
        leaf("C2.3", Hotline, Cases, 2, [3.2, 3.6, 3.8, 3.0], CASES).in_years([0.0, 0.1, 0.2, 0.15]),
        leaf("C2.4", Operations, Cases, 2, [0.35, 0.25, 0.4, 0.25], CASES),
        leaf("D1.1", Committee, Count, 0, [2.2, 2.6, 2.1, 2.0], (0.35, 0.2, 0.0))
            .in_years([0.0, 0.1, -0.3, 0.1]),
        leaf("D1.2", Committee, Count, 0, [11.0, 9.0, 10.0, 9.0], (0.3, 0.2, 0.0))
            .in_years([0.0, 0.1, -0.25, 0.1]),
        leaf("D2.4", Survey, SurveyChange, 1, QUIET, (0.0, 0.0, 0.0)),
        leaf("D2.5", Honours, Count, 0, [0.10, 0.12, 0.07, 0.06], (0.8, 0.3, 0.0)),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_the_32_observed_leaves_in_order_and_none_of_the_derived() {
        let codes: Vec<&str> = LEAVES.iter().map(|leaf| leaf.code).collect();
        assert!(codes.is_sorted_by(|one, other| one < other));
        let of_index = |letter: char| codes.iter().filter(|code| code.starts_with(letter)).count();
        assert_eq!(['A', 'B', 'C', 'D'].map(of_index), [11, 10, 7, 4]);
        assert!(["D2.1", "D2.2", "D2.3"].iter().all(|derived| !codes.contains(derived)));
    }
}
