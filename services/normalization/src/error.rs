//! What can go wrong in normalization, and what a caller is told: one enum, its codes chosen here and nowhere else.

use std::time::Duration;

use xiuhua_indicators::catalog::CatalogFaults;
use xiuhua_indicators::table::ShapeError;
use xiuhua_service_kit::request_id::KeyReused;
use xiuhua_service_kit::status::{
    Bilingual, Failure, InvalidRequest, Kind, UpstreamError, Violation, explain,
};

use crate::domain::catalog::CatalogKey;
use crate::domain::id::{ClassificationId, ThresholdSetId};
use crate::domain::sample::MemberFault;
use crate::store::StoreError;

/// How soon a call that the database could not serve for now may come again.
const STORE_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Every way in which a call ends without its result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The request has faults.
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
    /// The request id was used before for another body.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// A catalog to be registered has faults.
    #[error("the catalog has faults")]
    CatalogInvalid(#[source] CatalogFaults),
    /// Another text is registered under the catalog's id and version.
    #[error("catalog {} version {} is registered with another text; a change needs a new version", .0.id, .0.version)]
    CatalogDiffers(CatalogKey),
    /// Ingestion knows a measure of the catalog with another unit or other bounds.
    #[error("ingestion knows a measure of the catalog with another unit or other bounds")]
    MeasureDiffers(#[source] Box<tonic::Status>),
    /// There is no such catalog.
    #[error("no catalog {id}{}", .version.as_ref().map(|version| format!(" version {version}")).unwrap_or_default())]
    NoCatalog {
        /// The id asked for.
        id: String,
        /// The version asked for; `None` for the newest.
        version: Option<String>,
    },
    /// There is no such threshold set.
    #[error("no threshold set {0}")]
    NoThresholdSet(ThresholdSetId),
    /// There is no such classification.
    #[error("no classification {0}")]
    NoClassification(ClassificationId),
    /// Named sample members that have no type.
    #[error("{} named sample members are unknown or UNCLASSIFIED", .0.len())]
    BadMembers(Vec<MemberFault>),
    /// A position that no batch has reached: what it shows could still change.
    #[error("position {asked} is not reached yet; the newest is {newest}")]
    PositionNotReached {
        /// The position asked for.
        asked: u64,
        /// The newest.
        newest: u64,
    },
    /// A service upstream did not give what it was asked for.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// A catalog that was sound when it was registered is not.
    #[error("a registered catalog cannot be read")]
    CatalogUnreadable(#[source] CatalogFaults),
    /// Inputs that do not fit the catalog.
    #[error("the inputs do not fit the catalog")]
    Shape(#[from] ShapeError),
    /// The record failed.
    #[error("the record failed")]
    Store(#[from] StoreError),
    /// A remembered answer cannot be decoded.
    #[error("a remembered answer cannot be decoded")]
    Remembered(#[from] prost::DecodeError),
    /// A task of the computation ended without an answer.
    #[error("the computation ended without an answer")]
    Lost(#[from] tokio::task::JoinError),
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        Self::Invalid(violation.into())
    }
}

impl Failure for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Invalid(invalid) => invalid.kind(),
            Self::KeyReused(reused) => reused.kind(),
            Self::CatalogInvalid(_) | Self::BadMembers(_) => Kind::InvalidArgument,
            Self::CatalogDiffers(_) | Self::MeasureDiffers(_) => Kind::AlreadyExists,
            Self::NoCatalog { .. } | Self::NoThresholdSet(_) | Self::NoClassification(_) => Kind::NotFound,
            Self::PositionNotReached { .. } => Kind::OutOfRange,
            Self::Upstream(error) => error.kind(),
            Self::Store(error) if error.holds_nul() => Kind::InvalidArgument,
            Self::Store(error) => error.passing().unwrap_or(Kind::Internal),
            Self::CatalogUnreadable(_) | Self::Shape(_) | Self::Remembered(_) | Self::Lost(_) => {
                Kind::Internal
            }
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(invalid) => invalid.reason(),
            Self::KeyReused(reused) => reused.reason(),
            Self::CatalogInvalid(_) => "CATALOG_INVALID",
            Self::CatalogDiffers(_) => "CATALOG_DIFFERS",
            Self::MeasureDiffers(_) => "MEASURE_DIFFERS",
            Self::NoCatalog { .. } => "CATALOG_NOT_FOUND",
            Self::NoThresholdSet(_) => "THRESHOLD_SET_NOT_FOUND",
            Self::NoClassification(_) => "CLASSIFICATION_NOT_FOUND",
            Self::BadMembers(_) => "SAMPLE_MEMBER_WITHOUT_TYPE",
            Self::PositionNotReached { .. } => "POSITION_NOT_REACHED",
            Self::Upstream(error) => error.reason(),
            Self::Store(error) if error.holds_nul() => "TEXT_WITH_NUL",
            Self::Store(error) => match error.passing() {
                Some(Kind::ResourceExhausted) => "STORE_FULL",
                Some(_) => "STORE_BUSY",
                None => "INTERNAL",
            },
            Self::CatalogUnreadable(_) | Self::Shape(_) | Self::Remembered(_) | Self::Lost(_) => "INTERNAL",
        }
    }

    fn message(&self) -> Bilingual {
        let zh = match self {
            Self::Invalid(invalid) => return invalid.message(),
            Self::KeyReused(reused) => return reused.message(),
            Self::CatalogInvalid(faults) => return count_faults(faults),
            Self::Upstream(error) => return error.message(),
            Self::CatalogDiffers(CatalogKey { id, version }) => {
                format!("指标目录 {id} 的版本 {version} 已登记，内容不同；修改须用新的版本号")
            }
            Self::MeasureDiffers(status) => {
                let said = explain(status).message;
                return Bilingual::new(
                    format!("目录中有计量已用其他单位或界限登记：{said}"),
                    format!("{self}: {}", status.message()),
                );
            }
            Self::NoCatalog { id, version: Some(version) } => {
                format!("没有登记指标目录 {id} 的版本 {version}")
            }
            Self::NoCatalog { id, version: None } => format!("没有登记指标目录 {id}"),
            Self::NoThresholdSet(id) => format!("没有阈值集 {id}"),
            Self::NoClassification(id) => format!("没有分类结果 {id}"),
            Self::BadMembers(faults) => format!("指定的样本中有 {} 个地点未知或未分类", faults.len()),
            Self::PositionNotReached { asked, newest } => {
                format!("位置 {asked} 尚未到达，最新位置为 {newest}")
            }
            Self::Store(error) if error.holds_nul() => {
                return Bilingual::new(
                    "文本含有 U+0000，无法保存",
                    "a text holds U+0000, which cannot be kept",
                );
            }
            Self::Store(error) if error.passing().is_some() => {
                return Bilingual::new(
                    "数据库暂时无法使用，请稍后重试",
                    "the database is busy or away; try again later",
                );
            }
            Self::CatalogUnreadable(_)
            | Self::Shape(_)
            | Self::Store(_)
            | Self::Remembered(_)
            | Self::Lost(_) => "内部错误".to_owned(),
        };
        Bilingual::new(zh, self.to_string())
    }

    fn violations(&self) -> Vec<Violation> {
        match self {
            Self::Invalid(invalid) => invalid.violations(),
            Self::CatalogInvalid(faults) => faults
                .into_iter()
                .map(|fault| {
                    let field = format!("line {}, column {}", fault.line, fault.column);
                    let (reason, path) = (fault.reason, &fault.path);
                    Violation::new(
                        field,
                        format!("{reason} {path}：{}", fault.zh),
                        format!("{reason} {path}: {}", fault.en),
                    )
                })
                .collect(),
            Self::BadMembers(faults) => faults.iter().map(member_violation).collect(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Upstream(error) => error.retry_after(),
            Self::Store(error) => error.passing().map(|_| STORE_RETRY_AFTER),
            _ => None,
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::KeyReused(reused) => reused.metadata(),
            Self::CatalogInvalid(faults) => {
                vec![("faults", (faults.faults().len() + faults.omitted()).to_string())]
            }
            Self::CatalogDiffers(key) => {
                vec![("catalog_id", key.id.clone()), ("catalog_version", key.version.clone())]
            }
            Self::NoCatalog { id, .. } => vec![("catalog_id", id.clone())],
            Self::NoThresholdSet(id) => vec![("threshold_set_id", id.to_string())],
            Self::NoClassification(id) => vec![("classification_id", id.to_string())],
            Self::BadMembers(faults) => vec![("places", faults.len().to_string())],
            Self::PositionNotReached { newest, .. } => vec![("newest", newest.to_string())],
            Self::Upstream(error) => error.metadata(),
            _ => Vec::new(),
        }
    }
}

fn count_faults(faults: &CatalogFaults) -> Bilingual {
    let count = faults.faults().len() + faults.omitted();
    let (zh, en) = faults.faults().first().map_or_else(Default::default, |fault| {
        (
            format!("，首处在第 {} 行第 {} 列：{}", fault.line, fault.column, fault.zh),
            format!(", the first at line {}, column {}: {}", fault.line, fault.column, fault.en),
        )
    });
    Bilingual::new(format!("指标目录有 {count} 处错误{zh}"), format!("the catalog has {count} faults{en}"))
}

fn member_violation(fault: &MemberFault) -> Violation {
    let MemberFault { index, place, known } = fault;
    let field = format!("sample.members.place_ids[{index}]");
    if *known {
        return Violation::new(
            field,
            format!("地点 {place} 未分类"),
            format!("place {place} is UNCLASSIFIED"),
        );
    }
    Violation::new(
        field,
        format!("分类结果中没有地点 {place}"),
        format!("the classification has no place {place}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_busy_or_away_says_when_to_come_again_and_a_mistake_does_not() {
        let failed = |error: sqlx::Error| Error::from(StoreError::from(error));
        let full = failed(sqlx::Error::PoolTimedOut);
        assert_eq!((full.kind(), full.reason()), (Kind::ResourceExhausted, "STORE_FULL"));
        let away = failed(sqlx::Error::PoolClosed);
        assert_eq!((away.kind(), away.reason()), (Kind::Unavailable, "STORE_BUSY"));
        assert_eq!([full.retry_after(), away.retry_after()], [Some(STORE_RETRY_AFTER); 2]);
        let mistake = failed(sqlx::Error::RowNotFound);
        assert_eq!((mistake.kind(), mistake.reason()), (Kind::Internal, "INTERNAL"));
        assert_eq!(mistake.retry_after(), None);
    }
}
