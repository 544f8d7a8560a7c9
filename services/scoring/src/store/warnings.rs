//! Warnings on record: what the store promises of them, its statements and its rows.

use std::collections::HashSet;
use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use xiuhua_indicators::detection::{Detector, Level};
use xiuhua_service_kit::request_id::{RequestId, Verdict};

use super::StoreError;
use super::rows::count;
use crate::domain::assessment::Version;
use crate::domain::decision::Decision;
use crate::domain::id::{AssessmentId, PlaceId};
use crate::domain::period::Period;
use crate::domain::warning::{Found, Outcome, Shown, State, Tallies, Warning, detector_of_word};

/// Warnings and what is decided about them.
#[async_trait]
pub(crate) trait WarningStore: Send + Sync + fmt::Debug {
    /// Places and leaves of a catalog with a warning in one of the months from `first` to `last`.
    async fn warned(
        &self,
        catalog_id: &str,
        first: &Period,
        last: &Period,
    ) -> Result<HashSet<(PlaceId, String)>, StoreError>;

    /// Warnings of a catalog in the months from `first` to `last` that have not been judged.
    async fn unjudged(
        &self,
        catalog_id: &str,
        first: &Period,
        last: &Period,
    ) -> Result<Vec<Unjudged>, StoreError>;

    /// Keeps what a scan found, the outcomes of older warnings, and the answer, in one transaction. What is found within
    /// [`NewWarnings::near`] of a warning of the same place and leaf on record is not kept again.
    async fn keep_warnings(&self, new: NewWarnings) -> Result<Kept, StoreError>;

    /// Warnings, the last recorded first.
    async fn warnings(&self, filter: &WarningFilter) -> Result<Vec<Warning>, StoreError>;

    /// A warning by id.
    async fn warning(&self, id: &str) -> Result<Option<Warning>, StoreError>;

    /// Keeps a decision and the answer given, in one transaction. With a request id already used nothing is kept.
    async fn decide_warning(&self, ruling: WarningRuling) -> Result<Decided, StoreError>;

    /// What became of the warnings of a catalog.
    async fn tallies(&self, catalog_id: &str) -> Result<Tallies, StoreError>;
}

/// A warning that waits for what comes after it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unjudged {
    /// Its number.
    pub(crate) number: i64,
    /// The place.
    pub(crate) place: PlaceId,
    /// The leaf.
    pub(crate) leaf: String,
    /// Its month.
    pub(crate) month: Period,
    /// What raised it.
    pub(crate) detector: Detector,
    /// What was expected of a month.
    pub(crate) expected: f64,
    /// The limit of a month.
    pub(crate) limit: f64,
    /// More is worse.
    pub(crate) upward: bool,
}

/// Encodes the answer to a scan from the warnings that are new and how many older ones were judged.
pub(crate) type ScanAnswer = Box<dyn FnOnce(&[Warning], u64) -> Vec<u8> + Send + Sync>;

/// What a scan leaves.
pub(crate) struct NewWarnings {
    /// The catalog.
    pub(crate) catalog: Version,
    /// Whose types and thresholds were used.
    pub(crate) assessment: AssessmentId,
    /// The position that was read at.
    pub(crate) as_of_position: u64,
    /// The present.
    pub(crate) now: Timestamp,
    /// What was found with an id for each, the rarest by chance first.
    pub(crate) found: Vec<(String, Found)>,
    /// First and last month in which another warning is the same.
    pub(crate) near: (Period, Period),
    /// Outcomes of older ones, by number.
    pub(crate) outcomes: Vec<(i64, Outcome)>,
    /// The request.
    pub(crate) request_id: RequestId,
    /// [`fingerprint`](xiuhua_service_kit::request_id::fingerprint) of the request.
    pub(crate) fingerprint: [u8; 32],
    /// Encodes the answer to it.
    pub(crate) answer: ScanAnswer,
}

impl fmt::Debug for NewWarnings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NewWarnings").field("found", &self.found.len()).finish_non_exhaustive()
    }
}

/// What became of a scan.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kept {
    /// Kept; the encoded answer.
    Now(Vec<u8>),
    /// The request id was used before.
    Before(Verdict),
}

/// A decision to be kept.
#[derive(Clone, Debug)]
pub(crate) struct WarningRuling {
    /// The warning.
    pub(crate) id: String,
    /// What it becomes.
    pub(crate) state: State,
    /// By whom, why and when.
    pub(crate) decision: Decision,
    /// The request.
    pub(crate) request_id: RequestId,
    /// [`fingerprint`](xiuhua_service_kit::request_id::fingerprint) of the request.
    pub(crate) fingerprint: [u8; 32],
    /// Encodes the answer to it.
    pub(crate) answer: fn(&Warning) -> Vec<u8>,
}

/// What became of a decision.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Decided {
    /// Kept; the encoded answer.
    Kept(Vec<u8>),
    /// The request id was used before.
    Before(Verdict),
    /// There is no such warning.
    NoWarning,
    /// There is no way from the state it is in.
    Unfit(State),
}

/// Which warnings to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct WarningFilter {
    /// Only of this catalog.
    pub(crate) catalog_id: Option<String>,
    /// Only of this month.
    pub(crate) month: Option<String>,
    /// Only of this place.
    pub(crate) place: Option<String>,
    /// Only of this town.
    pub(crate) town_code: Option<String>,
    /// Only of this leaf.
    pub(crate) leaf: Option<String>,
    /// Only in this state.
    pub(crate) state: Option<State>,
    /// Only of this level.
    pub(crate) level: Option<Level>,
    /// Only with a number below this one.
    pub(crate) before: Option<i64>,
    /// At most this many.
    pub(crate) limit: i64,
}

/// A warning by id.
pub(super) const WARNING: &str = "SELECT * FROM warnings WHERE id = $1";

/// A page of warnings.
pub(super) const WARNINGS: &str = "SELECT * FROM warnings WHERE warning < $1 \
     AND (CAST($2 AS TEXT) IS NULL OR catalog_id = $2) AND (CAST($3 AS TEXT) IS NULL OR month = $3) \
     AND (CAST($4 AS TEXT) IS NULL OR place_id = $4) AND (CAST($5 AS TEXT) IS NULL OR town_code = $5) \
     AND (CAST($6 AS TEXT) IS NULL OR leaf = $6) AND (CAST($7 AS TEXT) IS NULL OR state = $7) \
     AND (CAST($8 AS BIGINT) IS NULL OR level = $8) ORDER BY warning DESC LIMIT $9";

/// The decisions about so many warnings.
pub(super) fn decisions(warnings: usize) -> String {
    let named: Vec<String> = (1..=warnings).map(|at| format!("${at}")).collect();
    format!(
        "SELECT warning, state, author, reason, decided_us FROM warning_decisions WHERE warning IN ({}) \
         ORDER BY warning, number",
        named.join(", ")
    )
}

/// Places and leaves with a warning in some months.
pub(super) const WARNED: &str =
    "SELECT place_id, leaf FROM warnings WHERE catalog_id = $1 AND month BETWEEN $2 AND $3";

/// Warnings that wait to be judged.
pub(super) const UNJUDGED: &str = "SELECT warning, place_id, leaf, month, detector, limit_value, upward, shown FROM warnings \
     WHERE catalog_id = $1 AND month BETWEEN $2 AND $3 AND outcome IS NULL";

/// What became of warnings, counted.
pub(super) const TALLIES: &str = "SELECT detector, leaf, state, outcome, COUNT(*) FROM warnings \
     WHERE catalog_id = $1 GROUP BY detector, leaf, state, outcome";

/// A row of `warnings`.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct WarningRow {
    pub(super) warning: i64,
    id: String,
    catalog_id: String,
    catalog_version: String,
    catalog_hash: String,
    assessment_id: String,
    as_of_position: i64,
    created_us: i64,
    place_id: String,
    leaf: String,
    detector: String,
    month: String,
    level: i64,
    false_alarm_ratio: f64,
    limit_value: f64,
    upward: bool,
    shown: String,
    state: String,
    outcome: Option<String>,
    outcome_value: Option<f64>,
}

/// A row of `warning_decisions`, without its warning.
pub(super) type DecisionRow = (String, String, String, i64);

impl WarningRow {
    pub(super) fn read(self, decisions: Vec<DecisionRow>) -> Result<Warning, StoreError> {
        let shown = serde_json::from_str(&self.shown).map_err(|_| StoreError::Corrupt("warnings.shown"))?;
        let outcome = match (self.outcome.as_deref(), self.outcome_value) {
            (None, None) => None,
            (Some(word @ ("HIT" | "MISS")), Some(value)) => Some(Outcome { hit: word == "HIT", value }),
            _ => return Err(StoreError::Corrupt("warnings.outcome")),
        };
        Ok(Warning {
            number: self.warning,
            id: self.id,
            found: Found {
                place: PlaceId::new(self.place_id),
                leaf: self.leaf,
                month: month(&self.month)?,
                detector: detector(&self.detector)?,
                level: level_of_number(self.level)?,
                false_alarm_ratio: self.false_alarm_ratio,
                limit: self.limit_value,
                upward: self.upward,
                shown,
            },
            catalog: Version { id: self.catalog_id, version: self.catalog_version, hash: self.catalog_hash },
            assessment: AssessmentId::new(self.assessment_id),
            as_of_position: count(self.as_of_position)?,
            created: instant(self.created_us)?,
            state: state(&self.state)?,
            decisions: decisions.into_iter().map(decision).collect::<Result<_, _>>()?,
            outcome,
        })
    }
}

/// Reads one row of [`UNJUDGED`].
pub(super) fn unjudged(
    (number, place, leaf, of, by, limit, upward, shown): (
        i64,
        String,
        String,
        String,
        String,
        f64,
        bool,
        String,
    ),
) -> Result<Unjudged, StoreError> {
    let shown: Shown = serde_json::from_str(&shown).map_err(|_| StoreError::Corrupt("warnings.shown"))?;
    let (place, month, detector) = (PlaceId::new(place), month(&of)?, detector(&by)?);
    Ok(Unjudged { number, place, leaf, month, detector, expected: shown.expected, limit, upward })
}

/// Reads the rows of [`TALLIES`].
pub(super) fn tallies(
    rows: Vec<(String, String, String, Option<String>, i64)>,
) -> Result<Tallies, StoreError> {
    let mut tallies = Tallies::new();
    for (by, leaf, in_state, outcome, warnings) in rows {
        let tally = tallies.entry((detector(&by)?, leaf)).or_default();
        tally.add(state(&in_state)?, outcome.map(|word| word == "HIT"), count(warnings)?);
    }
    Ok(tallies)
}

/// The number that stands for a level.
pub(super) fn level_number(level: Level) -> i64 {
    match level {
        Level::Watch => 1,
        Level::Warn => 2,
    }
}

fn level_of_number(number: i64) -> Result<Level, StoreError> {
    let level = [Level::Watch, Level::Warn].into_iter().find(|level| level_number(*level) == number);
    level.ok_or(StoreError::Corrupt("warnings.level"))
}

fn decision((word, author, reason, at): DecisionRow) -> Result<(State, Decision), StoreError> {
    Ok((state(&word)?, Decision { author, reason, time: instant(at)? }))
}

fn state(word: &str) -> Result<State, StoreError> {
    State::of_word(word).ok_or(StoreError::Corrupt("warnings.state"))
}

fn detector(word: &str) -> Result<Detector, StoreError> {
    detector_of_word(word).ok_or(StoreError::Corrupt("warnings.detector"))
}

fn month(text: &str) -> Result<Period, StoreError> {
    Period::parse(text).map_err(|_| StoreError::Corrupt("warnings.month"))
}

fn instant(microseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(microseconds).map_err(|_| StoreError::Corrupt("warnings.created_us"))
}
