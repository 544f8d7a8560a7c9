//! What stored columns mean: the same on every back end.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Row};
use xiuhua_indicators::compose::NodeScore;
use xiuhua_indicators::rank::Standing;
use xiuhua_indicators::threshold::{Goalposts, Threshold};
use xiuhua_service_kit::status::chain;

use super::tables::{GroupRow, LeafRow, PlaceRow, ThresholdRow, WeightRow};
use super::{Listed, PlaceRows, Run, StoreError, Stored, ThresholdUsed, Unreadable, WeightUsed};
use crate::domain::assessment::{
    Assessment, Failure, Place, Plan, State, Success, ThresholdSetUse, TypeSummary, Version,
};
use crate::domain::decision::Decision;
use crate::domain::id::{AssessmentId, PlaceId};
use crate::domain::period::Period;
use crate::domain::results::{
    ChangeOfScores, Dimensionless, GroupScore, ItemWeight, LeafValue, Level, RolledFrom, Score,
    absence_from_word,
};

/// A row of `assessments`.
#[derive(sqlx::FromRow)]
pub(super) struct AssessmentRow {
    run: i64,
    id: String,
    state: String,
    progress_ratio: f64,
    created_us: i64,
    finished_us: Option<i64>,
    attempts: i64,
    period: String,
    as_of_position: i64,
    classification_id: String,
    rule_set_id: String,
    rule_set_version: String,
    rule_set_hash: String,
    types: String,
    threshold_set_id: String,
    threshold_set_classification_id: String,
    base_periods: String,
    threshold_set_position: i64,
    catalog_id: String,
    catalog_version: String,
    catalog_hash: String,
    scale: f64,
    weight_scheme_id: Option<String>,
    weight_scheme_version: Option<String>,
    weight_scheme_hash: Option<String>,
    digest: Option<String>,
    code_version: Option<String>,
    type_summaries: Option<String>,
    places_without_households: Option<i64>,
    failure_zh: Option<String>,
    failure_en: Option<String>,
    cancelled_author: Option<String>,
    cancelled_reason: Option<String>,
    cancelled_us: Option<i64>,
    published_author: Option<String>,
    published_reason: Option<String>,
    published_us: Option<i64>,
    withdrawn_author: Option<String>,
    withdrawn_reason: Option<String>,
    withdrawn_us: Option<i64>,
}

/// What every row of `assessments` has, whatever became of the rest.
#[derive(sqlx::FromRow)]
pub(super) struct RemainsRow {
    run: i64,
    id: String,
    state: String,
    digest: Option<String>,
}

/// A place and its score at one node, in one row.
#[derive(sqlx::FromRow)]
pub(super) struct RankedRow {
    #[sqlx(flatten)]
    pub(super) place: PlaceRow,
    #[sqlx(flatten)]
    pub(super) score: ScoreRow,
}

/// What of a row of `places` stands beside rows of other tables.
#[derive(sqlx::FromRow)]
pub(super) struct PlaceHeadRow {
    pub(super) place_id: String,
    type_at: Option<i64>,
    households: Option<i64>,
}

/// What is read of a row of `node_scores`: its place in the table's key says the rest.
#[derive(sqlx::FromRow)]
pub(super) struct ScoreRow {
    pub(super) place_id: String,
    pub(super) node_at: i64,
    rank: i64,
    score: Option<f64>,
    coverage_ratio: f64,
    percentile: Option<f64>,
    absence: Option<String>,
}

/// A type summary as it stands in `type_summaries`.
#[derive(Serialize, Deserialize)]
struct SummaryJson {
    #[serde(rename = "type")]
    name: String,
    places: u64,
    scored: u64,
}

/// Reads a row of `assessments`, or what can be read of it.
///
/// # Errors
/// [`StoreError`] if not even that can be read.
pub(super) fn listed<'r, R>(row: &'r R) -> Result<Listed, StoreError>
where
    R: Row,
    AssessmentRow: FromRow<'r, R>,
    RemainsRow: FromRow<'r, R>,
{
    // SQLite keeps a text in a column of numbers: that too is a row that does not mean what it should.
    let read = AssessmentRow::from_row(row).map_err(StoreError::from).and_then(AssessmentRow::read);
    Ok(match read {
        Ok(stored) => Listed::Whole(Box::new(stored)),
        Err(error) => {
            let RemainsRow { run, id, state, digest } = RemainsRow::from_row(row)?;
            tracing::error!(assessment = %id, error = %chain(&error), "an assessment's row cannot be read");
            Listed::Unreadable(Unreadable { run: Run(run), id: AssessmentId::new(id), state, digest })
        }
    })
}

impl AssessmentRow {
    pub(super) fn read(self) -> Result<Stored, StoreError> {
        let state = self.state()?;
        let attempts =
            u32::try_from(self.attempts).map_err(|_| StoreError::Corrupt("assessments.attempts"))?;
        let weight_scheme = match (self.weight_scheme_id, self.weight_scheme_version, self.weight_scheme_hash)
        {
            (Some(id), Some(version), Some(hash)) => Some(Version { id, version, hash }),
            (None, None, None) => None,
            _ => return Err(StoreError::Corrupt("assessments.weight_scheme_id")),
        };
        let plan = Plan {
            period: period(&self.period)?,
            as_of_position: count(self.as_of_position)?,
            classification_id: self.classification_id,
            rule_set: Version {
                id: self.rule_set_id,
                version: self.rule_set_version,
                hash: self.rule_set_hash,
            },
            types: list(&self.types)?,
            threshold_set: ThresholdSetUse {
                id: self.threshold_set_id,
                classification_id: self.threshold_set_classification_id,
                base_periods: list(&self.base_periods)?
                    .iter()
                    .map(|text| period(text))
                    .collect::<Result<_, _>>()?,
                as_of_position: count(self.threshold_set_position)?,
            },
            catalog: Version { id: self.catalog_id, version: self.catalog_version, hash: self.catalog_hash },
            scale: self.scale,
            weight_scheme,
        };
        let assessment = Assessment {
            id: AssessmentId::new(self.id),
            plan,
            created: instant(self.created_us)?,
            attempts,
            state,
        };
        Ok(Stored { run: Run(self.run), assessment })
    }

    fn state(&self) -> Result<State, StoreError> {
        match self.state.as_str() {
            "PENDING" => Ok(State::Pending),
            "RUNNING" => Ok(State::Running(self.progress_ratio)),
            "SUCCEEDED" => Ok(State::Succeeded(Box::new(self.success()?))),
            "FAILED" => Ok(State::Failed(Failure {
                zh: self.failure_zh.clone().ok_or(StoreError::Corrupt("failure_zh"))?,
                en: self.failure_en.clone().ok_or(StoreError::Corrupt("failure_en"))?,
                finished: self.finished()?,
            })),
            "CANCELLED" => Ok(State::Cancelled(self.cancelled()?)),
            "PUBLISHED" => {
                Ok(State::Published { success: Box::new(self.success()?), published: self.published()? })
            }
            "WITHDRAWN" => Ok(State::Withdrawn {
                success: Box::new(self.success()?),
                published: self.published()?,
                withdrawn: self.withdrawn()?,
            }),
            _ => Err(StoreError::Corrupt("assessments.state")),
        }
    }

    fn cancelled(&self) -> Result<Decision, StoreError> {
        let texts = self.cancelled_author.as_ref().zip(self.cancelled_reason.as_ref());
        decision(texts, self.cancelled_us).ok_or(StoreError::Corrupt("assessments.cancelled_us"))
    }

    fn published(&self) -> Result<Decision, StoreError> {
        let texts = self.published_author.as_ref().zip(self.published_reason.as_ref());
        decision(texts, self.published_us).ok_or(StoreError::Corrupt("assessments.published_us"))
    }

    fn withdrawn(&self) -> Result<Decision, StoreError> {
        let texts = self.withdrawn_author.as_ref().zip(self.withdrawn_reason.as_ref());
        decision(texts, self.withdrawn_us).ok_or(StoreError::Corrupt("assessments.withdrawn_us"))
    }

    fn success(&self) -> Result<Success, StoreError> {
        let summaries = self.type_summaries.as_deref().ok_or(StoreError::Corrupt("type_summaries"))?;
        let summaries: Vec<SummaryJson> =
            serde_json::from_str(summaries).map_err(|_| StoreError::Corrupt("type_summaries"))?;
        Ok(Success {
            digest: self.digest.clone().ok_or(StoreError::Corrupt("digest"))?,
            code_version: self.code_version.clone().ok_or(StoreError::Corrupt("code_version"))?,
            finished: self.finished()?,
            types: summaries
                .into_iter()
                .map(|summary| TypeSummary {
                    name: summary.name,
                    places: summary.places,
                    scored: summary.scored,
                })
                .collect(),
            places_without_households: count(
                self.places_without_households.ok_or(StoreError::Corrupt("places_without_households"))?,
            )?,
        })
    }

    fn finished(&self) -> Result<Timestamp, StoreError> {
        instant(self.finished_us.ok_or(StoreError::Corrupt("finished_us"))?)
    }
}

impl PlaceRow {
    pub(super) fn read(self) -> Result<Place, StoreError> {
        Ok(Place {
            id: PlaceId::new(self.place_id),
            name: self.name,
            town_code: self.town_code,
            town_name: self.town_name,
            committee: self.committee,
            district_code: self.district_code,
            district_name: self.district_name,
            households: self.households.map(count).transpose()?,
            type_at: self.type_at.map(position).transpose()?,
            sampled: self.sampled,
        })
    }
}

impl ScoreRow {
    pub(super) fn read(self) -> Result<Score, StoreError> {
        let score = match (self.score, self.absence.as_deref()) {
            (Some(score), None) => Ok(score),
            (None, Some(word)) => {
                Err(absence_from_word(word).ok_or(StoreError::Corrupt("node_scores.absence"))?)
            }
            _ => return Err(StoreError::Corrupt("node_scores.score")),
        };
        let standing = match score {
            Ok(_) => Some(Standing { rank: position(self.rank)?, percentile: self.percentile }),
            Err(_) => None,
        };
        Ok(Score { composed: NodeScore { score, coverage: self.coverage_ratio }, standing })
    }
}

impl LeafRow {
    pub(super) fn read(self) -> Result<(usize, LeafValue), StoreError> {
        let z = self.z_uncapped.zip(self.z).map(|(raw, capped)| Dimensionless { raw, capped });
        let change = self
            .derived
            .then_some(ChangeOfScores { previous: self.previous_score, current: self.current_score });
        let rolled = match self.rolled_on_record.zip(self.rolled_window) {
            Some((on_record, window)) => {
                Some(RolledFrom { on_record: small(on_record)?, window: small(window)? })
            }
            None => None,
        };
        Ok((position(self.leaf_at)?, LeafValue { value: self.value, z, change, rolled }))
    }
}

impl ThresholdRow {
    pub(super) fn read(self) -> Result<ThresholdUsed, StoreError> {
        let treatment = self.treatment()?;
        let threshold = match (self.status.as_str(), self.lower.zip(self.upper)) {
            ("OK", Some((lower, upper))) => Goalposts::new(lower, upper)
                .map_err(|_| StoreError::Corrupt("thresholds.lower"))
                .map(|goalposts| Threshold::Ok(goalposts.with_treatment(treatment)))?,
            ("DEGENERATE", _) => Threshold::Degenerate,
            ("NO_DATA", _) => Threshold::NoData,
            _ => return Err(StoreError::Corrupt("thresholds.status")),
        };
        Ok(ThresholdUsed {
            type_at: position(self.type_at)?,
            leaf_at: position(self.leaf_at)?,
            threshold,
            sample_size: count(self.sample_size)?,
            median_z: self.median_z,
        })
    }
}

impl WeightRow {
    pub(super) fn read(self) -> Result<WeightUsed, StoreError> {
        Ok(WeightUsed {
            type_at: position(self.type_at)?,
            item_at: position(self.item_at)?,
            weight: ItemWeight { catalog: self.catalog_weight, in_force: self.weight },
        })
    }
}

impl GroupRow {
    pub(super) fn read(self) -> Result<GroupScore, StoreError> {
        Ok(GroupScore {
            level: level_of(self.level).ok_or(StoreError::Corrupt("group_scores.level"))?,
            code: self.code,
            name: self.name,
            type_at: position(self.type_at)?,
            node_at: position(self.node_at)?,
            score: self.score,
            places: count(self.places)?,
            household_share: self.household_share_ratio,
            rank: self.rank.map(count).transpose()?,
        })
    }
}

/// The number that stands for a level.
pub(super) fn level_number(level: Level) -> i64 {
    match level {
        Level::Committee => 1,
        Level::Town => 2,
        Level::District => 3,
    }
}

/// The level that a number stands for.
pub(crate) fn level_of(number: i64) -> Option<Level> {
    [Level::Committee, Level::Town, Level::District].into_iter().find(|level| level_number(*level) == number)
}

/// Type summaries as they are stored.
pub(super) fn summaries_json(summaries: &[TypeSummary]) -> Result<String, StoreError> {
    let rows: Vec<SummaryJson> = summaries
        .iter()
        .map(|summary| SummaryJson {
            name: summary.name.clone(),
            places: summary.places,
            scored: summary.scored,
        })
        .collect();
    serde_json::to_string(&rows).map_err(|_| StoreError::Corrupt("type_summaries"))
}

/// A list of texts as it is stored.
pub(super) fn list_json<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<String, StoreError> {
    serde_json::to_string(&texts.into_iter().collect::<Vec<_>>()).map_err(|_| StoreError::Corrupt("a list"))
}

/// Collects rows of many places, which come place by place, by place.
pub(super) fn by_place<T>(
    places: Vec<PlaceHeadRow>,
    rows: Vec<(String, usize, T)>,
) -> Result<Vec<PlaceRows<T>>, StoreError> {
    let mut rows = rows.into_iter().peekable();
    let mut found = Vec::with_capacity(places.len());
    for PlaceHeadRow { place_id, type_at, households } in places {
        let mut own = Vec::new();
        while let Some((_, at, row)) = rows.next_if(|(place, _, _)| *place == place_id) {
            own.push((at, row));
        }
        found.push(PlaceRows {
            id: PlaceId::new(place_id),
            type_at: type_at.map(position).transpose()?,
            households: households.map(count).transpose()?,
            rows: own,
        });
    }
    if rows.peek().is_some() {
        return Err(StoreError::Corrupt("rows of a place that the run does not have"));
    }
    Ok(found)
}

/// The first and the last of places that come by id.
pub(super) fn ends(places: &[PlaceHeadRow]) -> Option<(String, String)> {
    Some((places.first()?.place_id.clone(), places.last()?.place_id.clone()))
}

/// A count or position as a stored integer. Nothing here counts beyond 2^63.
pub(super) fn integer(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// A stored integer as a count.
pub(super) fn count(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Corrupt("a negative count"))
}

/// A stored integer as a small count.
fn small(value: i64) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| StoreError::Corrupt("a count out of range"))
}

/// A stored integer as a position.
pub(super) fn position(value: i64) -> Result<usize, StoreError> {
    usize::try_from(value).map_err(|_| StoreError::Corrupt("a negative position"))
}

/// A stored instant.
pub(super) fn instant(microseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(microseconds).map_err(|_| StoreError::Corrupt("an instant"))
}

pub(super) fn decision(texts: Option<(&String, &String)>, at: Option<i64>) -> Option<Decision> {
    let (author, reason) = texts?;
    let time = Timestamp::from_microsecond(at?).ok()?;
    Some(Decision { author: author.clone(), reason: reason.clone(), time })
}

fn period(text: &str) -> Result<Period, StoreError> {
    Period::parse(text).map_err(|_| StoreError::Corrupt("a period"))
}

/// A stored list of texts.
pub(super) fn list(json: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(json).map_err(|_| StoreError::Corrupt("a list"))
}
