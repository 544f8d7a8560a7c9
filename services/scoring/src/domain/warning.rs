//! A warning (预警): what it says, its states, and how it turned out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xiuhua_indicators::detection::{Detector, Level};

use super::assessment::Version;
use super::decision::Decision;
use super::id::{AssessmentId, PlaceId};
use super::period::Period;

/// Months after a warning that it is judged by.
pub(crate) const JUDGED_MONTHS: u32 = 3;
/// Of these on record, at least.
const LEAST_JUDGED: usize = 2;

/// What was found about one place, leaf and month.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// The place.
    pub(crate) place: PlaceId,
    /// Code of the leaf.
    pub(crate) leaf: String,
    /// The month that raised it.
    pub(crate) month: Period,
    /// What raised it.
    pub(crate) detector: Detector,
    /// How rare it would be by chance.
    pub(crate) level: Level,
    /// Share of months without a change in which the detector says so: as it is stated.
    pub(crate) false_alarm_ratio: f64,
    /// A month at or beyond it is worse than expected.
    pub(crate) limit: f64,
    /// More is worse.
    pub(crate) upward: bool,
    /// Everything that is only shown.
    pub(crate) shown: Shown,
}

/// What is shown of a warning and never asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shown {
    /// Name of the place.
    pub(crate) place_name: String,
    /// Sub-district or town.
    pub(crate) town_code: String,
    /// Its name.
    pub(crate) town_name: String,
    /// Type of the place.
    pub(crate) type_name: String,
    /// Name of the leaf, Chinese and English.
    pub(crate) leaf_name: (String, String),
    /// The measure behind it.
    pub(crate) measure_id: String,
    /// Unit of the measure.
    pub(crate) unit: String,
    /// The sentence, Chinese and English.
    pub(crate) reason: (String, String),
    /// The month's value.
    pub(crate) observed: f64,
    /// Mean of the months that set what is expected.
    pub(crate) expected: f64,
    /// How many they are.
    pub(crate) expected_months: u32,
    /// Months that contributed most, the greatest first.
    pub(crate) months: Vec<String>,
    /// What a trend lets expect.
    pub(crate) forecast: Option<Forecast>,
    /// Statements of sources behind it.
    pub(crate) statements: Vec<Statement>,
}

/// What a trend lets expect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Forecast {
    /// Months to come: month, mean, low and high.
    pub(crate) months: Vec<(String, f64, f64, f64)>,
    /// The year's value at its end: mean, low and high; `None` where months of the year are missing.
    pub(crate) year_end: Option<(f64, f64, f64)>,
    /// Whether that ends badly.
    pub(crate) crossing: Option<Crossing>,
    /// A season was taken off.
    pub(crate) seasonal: bool,
}

/// How badly a year is expected to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Crossing {
    /// No worse than the type's median.
    None,
    /// Worse than the type's median.
    Median,
    /// At or beyond the threshold that scores 0.
    WorstThreshold,
}

/// A statement of a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Statement {
    /// The month or day.
    pub(crate) period: String,
    /// The value.
    pub(crate) value: f64,
    /// Who said it.
    pub(crate) source_id: String,
    /// The delivery.
    pub(crate) batch_id: String,
    /// Its file.
    pub(crate) file_name: String,
    /// Its row.
    pub(crate) row: u64,
}

/// A warning on record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Warning {
    /// Its id.
    pub(crate) id: String,
    /// Its number inside the store: rises with every new one.
    pub(crate) number: i64,
    /// What was found.
    pub(crate) found: Found,
    /// The catalog.
    pub(crate) catalog: Version,
    /// Whose types and thresholds it was seen with.
    pub(crate) assessment: AssessmentId,
    /// The position it was seen at.
    pub(crate) as_of_position: u64,
    /// When it was seen.
    pub(crate) created: Timestamp,
    /// Its state.
    pub(crate) state: State,
    /// What was decided, oldest first.
    pub(crate) decisions: Vec<(State, Decision)>,
    /// How it turned out; `None` while not judged.
    pub(crate) outcome: Option<Outcome>,
}

/// The states of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// Nobody has looked.
    New,
    /// Someone looks into it.
    Acknowledged,
    /// There was something, and something was done.
    Handled,
    /// There was nothing.
    FalseAlarm,
}

/// How a warning turned out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// The months after were at or beyond the limit of a mean of so many months.
    pub(crate) hit: bool,
    /// Their mean.
    pub(crate) value: f64,
}

/// What became of the warnings of one detector about one leaf.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// All of them.
    pub(crate) warnings: u64,
    /// There was something.
    pub(crate) hits: u64,
    /// There was nothing.
    pub(crate) misses: u64,
    /// Nobody knows yet.
    pub(crate) open: u64,
    /// Of the misses, by a person's word.
    pub(crate) decided_false_alarms: u64,
}

impl State {
    /// Every state.
    pub(crate) const ALL: [Self; 4] = [Self::New, Self::Acknowledged, Self::Handled, Self::FalseAlarm];

    /// Whether a decision leads from here to `next`.
    pub(crate) fn may_become(self, next: Self) -> bool {
        match self {
            Self::New => next != Self::New,
            Self::Acknowledged => matches!(next, Self::Handled | Self::FalseAlarm),
            Self::Handled | Self::FalseAlarm => false,
        }
    }

    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Acknowledged => "ACKNOWLEDGED",
            Self::Handled => "HANDLED",
            Self::FalseAlarm => "FALSE_ALARM",
        }
    }

    /// The state that a word stands for.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// The word for a detector.
pub(crate) fn detector_word(detector: Detector) -> &'static str {
    match detector {
        Detector::Poisson => "POISSON",
        Detector::Cusum => "CUSUM",
        Detector::Ewma => "EWMA",
    }
}

/// The detector that a word stands for.
pub(crate) fn detector_of_word(word: &str) -> Option<Detector> {
    [Detector::Poisson, Detector::Cusum, Detector::Ewma].into_iter().find(|it| detector_word(*it) == word)
}

/// Judges a warning by the months after it, oldest first; `None` while fewer than two of the three are on record.
///
/// It is a hit if their mean is at or beyond the limit of such a mean. A Poisson limit is one of a single month, far out; a
/// mean of `n` months scatters by the root of `n` less, so its limit lies nearer to what was expected by as much. That of a
/// chart is one standard deviation of a month, which is far enough for a mean.
pub(crate) fn judge(
    detector: Detector,
    (expected, limit): (f64, f64),
    upward: bool,
    after: &[Option<f64>],
) -> Option<Outcome> {
    let present: Vec<f64> = after.iter().take(3).filter_map(|value| *value).collect();
    if after.len() < 3 || present.len() < LEAST_JUDGED {
        return None;
    }
    let months = present.len() as f64;
    let value = present.iter().sum::<f64>() / months;
    let limit = match detector {
        Detector::Poisson => expected + (limit - expected) / months.sqrt(),
        Detector::Cusum | Detector::Ewma => limit,
    };
    Some(Outcome { hit: if upward { value >= limit } else { value <= limit }, value })
}

impl Tally {
    /// Counts warnings of one state and outcome. A person's word goes before the figures: what was done may be why they
    /// fell.
    pub(crate) fn add(&mut self, state: State, hit: Option<bool>, warnings: u64) {
        self.warnings += warnings;
        match (state, hit) {
            (State::FalseAlarm, _) => {
                self.misses += warnings;
                self.decided_false_alarms += warnings;
            }
            (State::Handled, _) | (_, Some(true)) => self.hits += warnings,
            (_, Some(false)) => self.misses += warnings,
            (_, None) => self.open += warnings,
        }
    }

    /// Share of those decided in which there was something.
    pub(crate) fn precision(&self) -> Option<f64> {
        let decided = self.hits + self.misses;
        (decided > 0).then(|| self.hits as f64 / decided as f64)
    }
}

/// Tallies by detector and leaf.
pub(crate) type Tallies = BTreeMap<(Detector, String), Tally>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_leads_forward_and_never_back() {
        let ways: Vec<(State, State)> = State::ALL
            .into_iter()
            .flat_map(|from| State::ALL.into_iter().map(move |to| (from, to)))
            .filter(|(from, to)| from.may_become(*to))
            .collect();
        use State::{Acknowledged, FalseAlarm, Handled, New};
        let legal = [
            (New, Acknowledged),
            (New, Handled),
            (New, FalseAlarm),
            (Acknowledged, Handled),
            (Acknowledged, FalseAlarm),
        ];
        assert_eq!(ways, legal);
        assert!(State::ALL.iter().all(|state| State::of_word(state.word()) == Some(*state)));
    }

    #[test]
    fn the_three_months_after_judge_a_warning_once_two_are_there() {
        let judged = |after: &[Option<f64>]| judge(Detector::Poisson, (1.0, 2.0), true, after);
        assert_eq!(judged(&[Some(3.0), None, Some(1.5)]), Some(Outcome { hit: true, value: 2.25 }));
        assert_eq!(judged(&[Some(1.0), Some(1.0), Some(1.0)]).map(|it| it.hit), Some(false));
        assert_eq!(judged(&[Some(3.0), None, None]), None);
        assert_eq!(judged(&[Some(3.0), Some(3.0)]), None);
        // Of three months 1 + 1/√3 is the limit, of two 1 + 1/√2.
        assert_eq!(judged(&[Some(1.58); 3]).map(|it| it.hit), Some(true));
        assert_eq!(judged(&[Some(1.57); 3]).map(|it| it.hit), Some(false));
        assert_eq!(judged(&[Some(1.7), None, Some(1.7)]).map(|it| it.hit), Some(false));
        // Of a chart the limit itself.
        let charted = |mean: f64| judge(Detector::Ewma, (2.0, 1.0), false, &[Some(mean); 3]).map(|it| it.hit);
        assert_eq!((charted(1.0), charted(1.01)), (Some(true), Some(false)));
    }

    #[test]
    fn a_persons_word_goes_before_the_figures() {
        let mut tally = Tally::default();
        assert_eq!(tally.precision(), None);
        tally.add(State::Handled, Some(false), 2);
        tally.add(State::FalseAlarm, Some(true), 1);
        tally.add(State::New, Some(true), 3);
        tally.add(State::Acknowledged, Some(false), 4);
        tally.add(State::New, None, 5);
        assert_eq!((tally.warnings, tally.hits, tally.misses, tally.open), (15, 5, 5, 5));
        assert_eq!((tally.decided_false_alarms, tally.precision()), (1, Some(0.5)));
    }
}
