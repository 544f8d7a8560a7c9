//! Everything that can go wrong here, and what a caller is told about it.

use std::time::Duration;

use jiff::Timestamp;
use xiuhua_service_kit::database::{OpenError, holds_nul, passing};
use xiuhua_service_kit::request_id::KeyReused;
use xiuhua_service_kit::status::{Bilingual, Failure, InvalidRequest, Kind, UpstreamError, Violation};

use crate::domain::{ClassificationId, RuleFaults};

/// How soon a call that the database could not serve for now may come again.
const STORE_RETRY_AFTER: Duration = Duration::from_secs(1);

/// A failure of the classification service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields of the request are at fault.
    #[error("the request is invalid")]
    Invalid(#[source] InvalidRequest),
    /// The request id was used before for another request.
    #[error("the request id is taken")]
    KeyReused(#[source] KeyReused),
    /// The text of a rule set is at fault.
    #[error("the rule set is at fault")]
    RuleSetFaulty(#[source] RuleFaults),
    /// Another text is registered under this id and version.
    #[error("rule set {id} {version} is registered with another text")]
    RuleSetDiffers {
        /// Id of the rule set.
        id: String,
        /// Its version.
        version: String,
    },
    /// No such rule set is registered.
    #[error("no rule set {id} {version:?}")]
    RuleSetNotFound {
        /// Id of the rule set.
        id: String,
        /// The version asked for; `None` for the newest.
        version: Option<String>,
    },
    /// No such classification.
    #[error("no classification {id}")]
    ClassificationNotFound {
        /// Id of the classification.
        id: String,
    },
    /// The classification holds no such place.
    #[error("no place {place_id} in classification {classification_id}")]
    PlaceNotFound {
        /// Id of the classification.
        classification_id: String,
        /// Id of the place.
        place_id: String,
    },
    /// The position asked for is not reached yet, so what it shows could still change.
    #[error("position {asked} is not reached yet; the newest is {newest}")]
    PositionNotReached {
        /// The position asked for.
        asked: u64,
        /// The newest position of ingestion.
        newest: u64,
    },
    /// The decision asked for is not taken yet, so what heeds it could still change.
    #[error("decision {asked} is not taken yet; the newest is {newest}")]
    DecisionNotReached {
        /// The number asked for.
        asked: u64,
        /// The number of the newest decision.
        newest: u64,
    },
    /// The instant asked for lies ahead, so what it shows could still change.
    #[error("{asked} is not reached yet; it is {now}")]
    TimeNotReached {
        /// The instant asked for.
        asked: Timestamp,
        /// The present one.
        now: Timestamp,
    },
    /// No decision about the place is in force that could be revoked.
    #[error("no decision about {place_id} is in force")]
    NothingToRevoke {
        /// Id of the place.
        place_id: String,
    },
    /// Ingestion did not give what it was asked for.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The text of a registered rule set can no longer be read.
    #[error("the registered rule set {id} {version} cannot be read")]
    RuleSetUnreadable {
        /// Id of the rule set.
        id: String,
        /// Its version.
        version: String,
        /// What this version of the code finds at fault.
        #[source]
        faults: RuleFaults,
    },
    /// The database could not be opened.
    #[error("the record could not be opened")]
    Open(#[from] OpenError),
    /// The database failed, or is away or full for now.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A stored row does not mean what it should.
    #[error("the column {column} of a stored row cannot be read")]
    Corrupt {
        /// Name of the column.
        column: &'static str,
        /// Why, where another library says so.
        #[source]
        cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Work off the async threads broke down.
    #[error("classifying broke down")]
    Work(#[from] tokio::task::JoinError),
}

impl Error {
    /// No classification with this id.
    pub(crate) fn no_classification(id: &ClassificationId) -> Self {
        Self::ClassificationNotFound { id: id.0.clone() }
    }

    /// A stored value outside its range.
    pub(crate) fn corrupt(column: &'static str) -> Self {
        Self::Corrupt { column, cause: None }
    }
}

impl From<InvalidRequest> for Error {
    fn from(invalid: InvalidRequest) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        Self::Invalid(violation.into())
    }
}

impl From<KeyReused> for Error {
    fn from(reused: KeyReused) -> Self {
        Self::KeyReused(reused)
    }
}

impl Failure for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Invalid(invalid) => invalid.kind(),
            Self::KeyReused(reused) => reused.kind(),
            Self::RuleSetFaulty(_) => Kind::InvalidArgument,
            Self::RuleSetDiffers { .. } => Kind::AlreadyExists,
            Self::RuleSetNotFound { .. }
            | Self::ClassificationNotFound { .. }
            | Self::PlaceNotFound { .. } => Kind::NotFound,
            Self::PositionNotReached { .. }
            | Self::DecisionNotReached { .. }
            | Self::TimeNotReached { .. } => Kind::OutOfRange,
            Self::NothingToRevoke { .. } => Kind::FailedPrecondition,
            Self::Upstream(error) => error.kind(),
            Self::Corrupt { .. } => Kind::DataLoss,
            Self::Database(error) if holds_nul(error) => Kind::InvalidArgument,
            Self::Database(error) => passing(error).unwrap_or(Kind::Internal),
            Self::RuleSetUnreadable { .. } | Self::Open(_) | Self::Work(_) => Kind::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(invalid) => invalid.reason(),
            Self::KeyReused(reused) => reused.reason(),
            Self::RuleSetFaulty(_) => "RULE_SET_FAULTY",
            Self::RuleSetDiffers { .. } => "RULE_SET_DIFFERS",
            Self::RuleSetNotFound { .. } => "RULE_SET_NOT_FOUND",
            Self::ClassificationNotFound { .. } => "CLASSIFICATION_NOT_FOUND",
            Self::PlaceNotFound { .. } => "PLACE_NOT_FOUND",
            Self::PositionNotReached { .. } => "POSITION_NOT_REACHED",
            Self::DecisionNotReached { .. } => "DECISION_NOT_REACHED",
            Self::TimeNotReached { .. } => "TIME_NOT_REACHED",
            Self::NothingToRevoke { .. } => "NOTHING_TO_REVOKE",
            Self::Upstream(error) => error.reason(),
            Self::Corrupt { .. } => "ROW_CORRUPT",
            Self::RuleSetUnreadable { .. } => "RULE_SET_UNREADABLE",
            Self::Database(error) if holds_nul(error) => "TEXT_WITH_NUL",
            Self::Database(error) => match passing(error) {
                Some(Kind::ResourceExhausted) => "STORE_FULL",
                Some(_) => "STORE_BUSY",
                None => "DATABASE_FAILED",
            },
            Self::Open(_) => "DATABASE_FAILED",
            Self::Work(_) => "WORK_FAILED",
        }
    }

    fn message(&self) -> Bilingual {
        match self {
            Self::Invalid(invalid) => invalid.message(),
            Self::KeyReused(reused) => reused.message(),
            Self::RuleSetFaulty(faults) => {
                let count = faults.faults().len() + faults.omitted();
                let first = faults.faults().first();
                let (zh, en) = first.map_or_else(Default::default, |fault| {
                    (
                        format!("，首处在第 {} 行第 {} 列：{}", fault.line, fault.column, fault.zh),
                        format!(", the first at line {}, column {}: {}", fault.line, fault.column, fault.en),
                    )
                });
                Bilingual::new(
                    format!("规则集有 {count} 处错误{zh}"),
                    format!("the rule set has {count} faults{en}"),
                )
            }
            Self::RuleSetDiffers { id, version } => Bilingual::new(
                format!("规则集 {id} 的版本 {version} 已登记，内容不同；修改须用新的版本号"),
                format!(
                    "rule set {id} {version} is registered with another text; a change needs a new version"
                ),
            ),
            Self::RuleSetNotFound { id, version: Some(version) } => Bilingual::new(
                format!("没有登记规则集 {id} 的版本 {version}"),
                format!("no rule set {id} {version} is registered"),
            ),
            Self::RuleSetNotFound { id, version: None } => {
                Bilingual::new(format!("没有登记规则集 {id}"), format!("no rule set {id} is registered"))
            }
            Self::ClassificationNotFound { id } => {
                Bilingual::new(format!("没有分类结果 {id}"), format!("there is no classification {id}"))
            }
            Self::PlaceNotFound { classification_id, place_id } => Bilingual::new(
                format!("分类结果 {classification_id} 中没有地点 {place_id}"),
                format!("there is no place {place_id} in classification {classification_id}"),
            ),
            Self::PositionNotReached { asked, newest } => Bilingual::new(
                format!("位置 {asked} 尚未到达，最新位置为 {newest}"),
                format!("position {asked} is not reached yet; the newest is {newest}"),
            ),
            Self::DecisionNotReached { asked, newest } => Bilingual::new(
                format!("人工认定 {asked} 尚未作出，最新为 {newest}"),
                format!("decision {asked} is not taken yet; the newest is {newest}"),
            ),
            Self::TimeNotReached { asked, now } => Bilingual::new(
                format!("时刻 {asked} 尚未到达，现在是 {now}"),
                format!("{asked} is not reached yet; it is {now}"),
            ),
            Self::NothingToRevoke { place_id } => Bilingual::new(
                format!("地点 {place_id} 没有可撤销的人工认定"),
                format!("no decision about {place_id} is in force that could be revoked"),
            ),
            Self::Upstream(error) => error.message(),
            Self::Corrupt { column, .. } => Bilingual::new(
                format!("库中有一行的 {column} 列无法读取"),
                format!("the column {column} of a stored row cannot be read"),
            ),
            Self::Database(error) if passing(error).is_some() => Bilingual::new(
                "数据库暂时无法使用，请稍后重试",
                "the database is busy or away; try again later",
            ),
            // Internal answers are opaque: the caller sees an id instead of this.
            Self::RuleSetUnreadable { .. } | Self::Open(_) | Self::Database(_) | Self::Work(_) => {
                Bilingual::new("内部错误", self.to_string())
            }
        }
    }

    fn violations(&self) -> Vec<Violation> {
        match self {
            Self::Invalid(invalid) => invalid.violations(),
            Self::RuleSetFaulty(faults) => {
                let faults = faults.faults().iter();
                faults
                    .map(|fault| {
                        let field = format!("toml:{}:{} {}", fault.line, fault.column, fault.path);
                        Violation::new(field.trim_end(), fault.zh.as_str(), fault.en.as_str())
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Upstream(error) => error.retry_after(),
            Self::Database(error) => passing(error).map(|_| STORE_RETRY_AFTER),
            _ => None,
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::KeyReused(reused) => reused.metadata(),
            Self::RuleSetFaulty(faults) => {
                vec![("faults", (faults.faults().len() + faults.omitted()).to_string())]
            }
            Self::RuleSetDiffers { id, version } => vec![("id", id.clone()), ("version", version.clone())],
            Self::RuleSetNotFound { id, .. } | Self::ClassificationNotFound { id } => {
                vec![("id", id.clone())]
            }
            Self::PlaceNotFound { place_id, .. } | Self::NothingToRevoke { place_id } => {
                vec![("id", place_id.clone())]
            }
            Self::Upstream(error) => error.metadata(),
            Self::PositionNotReached { newest, .. } | Self::DecisionNotReached { newest, .. } => {
                vec![("newest", newest.to_string())]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_busy_or_away_says_when_to_come_again_and_a_mistake_does_not() {
        let full = Error::from(sqlx::Error::PoolTimedOut);
        assert_eq!((full.kind(), full.reason()), (Kind::ResourceExhausted, "STORE_FULL"));
        let away = Error::from(sqlx::Error::PoolClosed);
        assert_eq!((away.kind(), away.reason()), (Kind::Unavailable, "STORE_BUSY"));
        assert_eq!([full.retry_after(), away.retry_after()], [Some(STORE_RETRY_AFTER); 2]);
        let mistake = Error::from(sqlx::Error::RowNotFound);
        assert_eq!((mistake.kind(), mistake.reason()), (Kind::Internal, "DATABASE_FAILED"));
        assert_eq!(mistake.retry_after(), None);
    }
}
