//! What can go wrong in scoring, and what a caller is told.

use std::time::Duration;

use xiuhua_indicators::catalog::CatalogFaults;
use xiuhua_indicators::table::ShapeError;
use xiuhua_indicators::uncertainty::proof::UncertaintyError;
use xiuhua_service_kit::request_id::KeyReused;
use xiuhua_service_kit::status::{Bilingual, Failure, InvalidRequest, Kind, UpstreamError, Violation};

use crate::domain::id::{AssessmentId, PlaceId};
use crate::store::StoreError;

/// When a caller may come again to a database that is away or full.
const STORE_RETRY_AFTER: Duration = Duration::from_secs(1);
/// When a caller may come again for a seat that is taken: about as long as verifying an assessment takes.
const SEAT_RETRY_AFTER: Duration = Duration::from_secs(2);

/// Every way in which a call or a run ends without its result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The request has faults.
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
    /// The request id was used before for another body.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// There is no such assessment.
    #[error("no assessment {0}")]
    NoAssessment(AssessmentId),
    /// The assessment has no such place.
    #[error("assessment {assessment} has no place {place}")]
    NoPlace {
        /// The assessment.
        assessment: AssessmentId,
        /// The place.
        place: PlaceId,
    },
    /// The catalog has no such node.
    #[error("catalog {catalog} has no node {node}")]
    NoNode {
        /// The catalog.
        catalog: String,
        /// The node.
        node: String,
    },
    /// The assessment has no such type.
    #[error("assessment {assessment} has no type {name}")]
    NoType {
        /// The assessment.
        assessment: AssessmentId,
        /// The type.
        name: String,
    },
    /// The assessment has no results to read (yet).
    #[error("assessment {0} has not succeeded")]
    NotReady(AssessmentId),
    /// No assessment of the catalog and period is in force.
    #[error("no assessment of catalog {catalog} and period {period} is published")]
    NonePublished {
        /// The catalog.
        catalog: String,
        /// The period.
        period: String,
    },
    /// A run that is over cannot be cancelled.
    #[error("assessment {0} is over and cannot be cancelled")]
    Over(AssessmentId),
    /// Only a run that has succeeded can be published, and only once.
    #[error("assessment {0} is not SUCCEEDED and cannot be published")]
    NotPublishable(AssessmentId),
    /// Only what is published can be withdrawn.
    #[error("assessment {0} is not PUBLISHED and cannot be withdrawn")]
    NotPublished(AssessmentId),
    /// One assessment is verified at a time.
    #[error("another assessment is being verified, try again later")]
    Verifying,
    /// One assessment is analysed at a time.
    #[error("the uncertainty of another assessment is being analysed, try again later")]
    Analysing,
    /// One scan for warnings is made at a time.
    #[error("another scan for warnings is running, try again later")]
    Scanning,
    /// Schemes are made and compared one at a time.
    #[error("other weights are being made or compared, try again later")]
    Weighing,
    /// There is no such analysis.
    #[error("no uncertainty analysis {0}")]
    NoAnalysis(String),
    /// The inputs read again do not give the ranks on record.
    #[error(
        "what is read again does not give the ranks on record of assessment {0}, so it cannot be analysed"
    )]
    NotReproduced(AssessmentId),
    /// The analysis was refused.
    #[error(transparent)]
    Uncertainty(UncertaintyError),
    /// There is no such warning.
    #[error("no warning {0}")]
    NoWarning(String),
    /// No decision leads from the warning's state to the one asked for.
    #[error("warning {id} is {state} and cannot become {next}")]
    WarningState {
        /// The warning.
        id: String,
        /// The state it is in.
        state: &'static str,
        /// The state asked for.
        next: &'static str,
    },
    /// No measure of the catalog comes by the month or the day.
    #[error("no measure of catalog {0} rolls (key `roll`), so there are no months to look at")]
    NothingRolls(String),
    /// Two assessments measured with different thresholds.
    #[error("the assessments use the threshold sets {set} and {previous_set}")]
    ThresholdSetsDiffer {
        /// Of the later assessment.
        set: String,
        /// Of the earlier one.
        previous_set: String,
    },
    /// Two assessments weighed with different weights.
    #[error("the assessments use the weights {scheme} and {previous_scheme}")]
    WeightSchemesDiffer {
        /// Of the later assessment.
        scheme: String,
        /// Of the earlier one.
        previous_scheme: String,
    },
    /// There is no such weight scheme.
    #[error("no weight scheme {0}")]
    NoWeightScheme(String),
    /// The weight scheme has no weights for such a type.
    #[error("weight scheme {scheme} has no type {name}")]
    NoSchemeType {
        /// The scheme.
        scheme: String,
        /// The type.
        name: String,
    },
    /// The weight scheme weighs another catalog, or other types.
    #[error("weight scheme {scheme} was made for another catalog or other types than those of {catalog}")]
    WeightSchemeDiffers {
        /// The scheme.
        scheme: String,
        /// The catalog of the assessment.
        catalog: String,
    },
    /// A weight scheme cannot be made.
    #[error("the weight scheme cannot be made")]
    WeightSchemeRefused(Vec<Violation>),
    /// A weight scheme that is in force need not be adopted.
    #[error("weight scheme {0} is in force already")]
    WeightSchemeInForce(String),
    /// Only what is adopted can be withdrawn.
    #[error("weight scheme {0} is not adopted")]
    WeightSchemeNotAdopted(String),
    /// Two assessments whose catalogs have not one tree.
    #[error("the assessments {assessment} and {previous} are by catalogs whose trees or rules differ")]
    CatalogsDiffer {
        /// The later one.
        assessment: AssessmentId,
        /// The earlier one.
        previous: AssessmentId,
    },
    /// The types of the classification are not those the thresholds were fixed for.
    #[error("the types of classification {classification} are not those of threshold set {set}")]
    TypesDiffer {
        /// The classification asked for.
        classification: String,
        /// The threshold set.
        set: String,
    },
    /// There is no such threshold set.
    #[error("no threshold set {0}")]
    NoThresholdSet(String),
    /// There is no such classification.
    #[error("no classification {0}")]
    NoClassification(String),
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
    #[error("the catalog cannot be read")]
    Catalog(#[source] CatalogFaults),
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
            Self::NoAssessment(_)
            | Self::NoPlace { .. }
            | Self::NoNode { .. }
            | Self::NoType { .. }
            | Self::NonePublished { .. }
            | Self::NoThresholdSet(_)
            | Self::NoWeightScheme(_)
            | Self::NoSchemeType { .. }
            | Self::NoAnalysis(_)
            | Self::NoWarning(_)
            | Self::NoClassification(_) => Kind::NotFound,
            Self::WeightSchemeRefused(_) => Kind::InvalidArgument,
            Self::NotReady(_)
            | Self::Over(_)
            | Self::NotPublishable(_)
            | Self::NotPublished(_)
            | Self::ThresholdSetsDiffer { .. }
            | Self::WeightSchemesDiffer { .. }
            | Self::WeightSchemeDiffers { .. }
            | Self::WeightSchemeInForce(_)
            | Self::WeightSchemeNotAdopted(_)
            | Self::CatalogsDiffer { .. }
            | Self::TypesDiffer { .. }
            | Self::NotReproduced(_)
            | Self::WarningState { .. }
            | Self::NothingRolls(_)
            | Self::Uncertainty(UncertaintyError::NotApplicable(_) | UncertaintyError::NoFactor) => {
                Kind::FailedPrecondition
            }
            Self::PositionNotReached { .. } => Kind::OutOfRange,
            Self::Verifying | Self::Analysing | Self::Scanning | Self::Weighing => Kind::ResourceExhausted,
            Self::Upstream(error) => error.kind(),
            Self::Store(StoreError::Corrupt(_)) => Kind::DataLoss,
            Self::Store(error) if error.holds_nul() => Kind::InvalidArgument,
            Self::Store(error) => error.passing().unwrap_or(Kind::Internal),
            Self::Uncertainty(_)
            | Self::Catalog(_)
            | Self::Shape(_)
            | Self::Remembered(_)
            | Self::Lost(_) => Kind::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(invalid) => invalid.reason(),
            Self::KeyReused(reused) => reused.reason(),
            Self::NoAssessment(_) | Self::NonePublished { .. } => "ASSESSMENT_NOT_FOUND",
            Self::NoPlace { .. } => "PLACE_NOT_FOUND",
            Self::NoNode { .. } => "NODE_NOT_FOUND",
            Self::NoType { .. } | Self::NoSchemeType { .. } => "TYPE_NOT_FOUND",
            Self::NoWeightScheme(_) => "WEIGHT_SCHEME_NOT_FOUND",
            Self::WeightSchemesDiffer { .. } => "WEIGHT_SCHEMES_DIFFER",
            Self::WeightSchemeDiffers { .. } => "WEIGHT_SCHEME_DIFFERS",
            Self::WeightSchemeRefused(_) => "WEIGHT_SCHEME_REFUSED",
            Self::WeightSchemeInForce(_) => "WEIGHT_SCHEME_IN_FORCE",
            Self::WeightSchemeNotAdopted(_) => "WEIGHT_SCHEME_NOT_ADOPTED",
            Self::NotReady(_) | Self::NotPublishable(_) => "ASSESSMENT_NOT_READY",
            Self::Over(_) => "ASSESSMENT_OVER",
            Self::NotPublished(_) => "ASSESSMENT_NOT_PUBLISHED",
            Self::ThresholdSetsDiffer { .. } => "THRESHOLD_SETS_DIFFER",
            Self::CatalogsDiffer { .. } => "CATALOGS_DIFFER",
            Self::TypesDiffer { .. } => "TYPES_DIFFER",
            Self::NoWarning(_) => "WARNING_NOT_FOUND",
            Self::WarningState { .. } => "WARNING_STATE",
            Self::NothingRolls(_) => "NOTHING_ROLLS",
            Self::NoThresholdSet(_) => "THRESHOLD_SET_NOT_FOUND",
            Self::NoClassification(_) => "CLASSIFICATION_NOT_FOUND",
            Self::PositionNotReached { .. } => "POSITION_NOT_REACHED",
            Self::Verifying => "VERIFYING_ANOTHER",
            Self::Analysing => "ANALYSING_ANOTHER",
            Self::Scanning => "SCANNING_ANOTHER",
            Self::Weighing => "WEIGHING_ANOTHER",
            Self::NoAnalysis(_) => "ANALYSIS_NOT_FOUND",
            Self::NotReproduced(_) => "ASSESSMENT_NOT_REPRODUCED",
            Self::Uncertainty(UncertaintyError::NotApplicable(_)) => "FACTOR_NOT_APPLICABLE",
            Self::Uncertainty(UncertaintyError::NoFactor) => "NO_FACTOR",
            Self::Uncertainty(UncertaintyError::NotApplied { .. }) => "FACTOR_NOT_APPLIED",
            Self::Upstream(error) => error.reason(),
            Self::Store(StoreError::Corrupt(_)) => "ROW_CORRUPT",
            Self::Store(error) if error.holds_nul() => "TEXT_WITH_NUL",
            Self::Store(error) => match error.passing() {
                Some(Kind::ResourceExhausted) => "STORE_FULL",
                Some(_) => "STORE_BUSY",
                None => "INTERNAL",
            },
            Self::Uncertainty(UncertaintyError::Shape(_))
            | Self::Catalog(_)
            | Self::Shape(_)
            | Self::Remembered(_)
            | Self::Lost(_) => "INTERNAL",
        }
    }

    fn message(&self) -> Bilingual {
        let zh = match self {
            Self::Invalid(invalid) => return invalid.message(),
            Self::KeyReused(reused) => return reused.message(),
            Self::Upstream(error) => return error.message(),
            Self::NoAssessment(id) => format!("没有测评 {id}"),
            Self::NoPlace { assessment, place } => format!("测评 {assessment} 中没有地点 {place}"),
            Self::NoNode { catalog, node } => format!("指标目录 {catalog} 中没有节点 {node}"),
            Self::NoType { assessment, name } => format!("测评 {assessment} 中没有类型 {name}"),
            Self::NotReady(id) => format!("测评 {id} 尚未成功完成，没有可读的结果"),
            Self::NonePublished { catalog, period } => {
                format!("指标目录 {catalog} 在 {period} 期没有已发布的测评")
            }
            Self::Over(id) => format!("测评 {id} 已经结束，不能取消"),
            Self::NotPublishable(id) => format!("测评 {id} 不是“成功”状态，不能发布"),
            Self::NotPublished(id) => format!("测评 {id} 不是“已发布”状态，不能撤回"),
            Self::ThresholdSetsDiffer { set, previous_set } => {
                format!("两次测评使用的阈值集不同（{set}、{previous_set}），不能比较增长")
            }
            Self::WeightSchemesDiffer { scheme, previous_scheme } => {
                format!("两次测评使用的权重不同（{scheme}、{previous_scheme}），不能比较增长")
            }
            Self::NoWeightScheme(id) => format!("没有权重方案 {id}"),
            Self::NoSchemeType { scheme, name } => format!("权重方案 {scheme} 中没有类型 {name}"),
            Self::WeightSchemeDiffers { scheme, catalog } => {
                format!("权重方案 {scheme} 的指标目录或类型与 {catalog} 的不一致")
            }
            Self::WeightSchemeRefused(faults) => {
                let (zh, en): (Vec<&str>, Vec<&str>) =
                    faults.iter().map(|fault| (fault.text.zh.as_str(), fault.text.en.as_str())).unzip();
                return Bilingual::new(
                    format!("无法生成权重方案：{}", zh.join("；")),
                    format!("the weight scheme cannot be made: {}", en.join("; ")),
                );
            }
            Self::WeightSchemeInForce(id) => format!("权重方案 {id} 已在使用"),
            Self::WeightSchemeNotAdopted(id) => format!("权重方案 {id} 未被采用"),
            Self::CatalogsDiffer { assessment, previous } => {
                format!("测评 {assessment} 与 {previous} 的指标目录结构或规则不同，不能分解变化")
            }
            Self::TypesDiffer { classification, set } => {
                format!("分类 {classification} 的类型与阈值集 {set} 的类型不一致")
            }
            Self::NoWarning(id) => format!("没有预警 {id}"),
            Self::WarningState { id, state, next } => {
                format!("预警 {id} 的状态为 {state}，不能改为 {next}")
            }
            Self::NothingRolls(catalog) => {
                format!("指标目录 {catalog} 没有按月或按日滚动的计量（键 roll），无月度数据可看")
            }
            Self::NoThresholdSet(id) => format!("没有阈值集 {id}"),
            Self::NoClassification(id) => format!("没有分类 {id}"),
            Self::PositionNotReached { asked, newest } => {
                format!("位置 {asked} 尚未到达，最新位置为 {newest}")
            }
            Self::Verifying => "正在核验另一次测评，请稍后重试".to_owned(),
            Self::Analysing => "正在分析另一次测评的不确定性，请稍后重试".to_owned(),
            Self::Scanning => "正在进行另一次预警扫描，请稍后重试".to_owned(),
            Self::Weighing => "正在计算或比较其他权重方案，请稍后重试".to_owned(),
            Self::NoAnalysis(id) => format!("没有不确定性分析 {id}"),
            Self::NotReproduced(id) => {
                format!("重新读取的数据得不出测评 {id} 已记录的排名，不能分析其不确定性")
            }
            Self::Uncertainty(UncertaintyError::NotApplicable(kind)) => {
                format!("因素 {} 对此测评不起作用：改变它，计算所用的数据都不变", kind.as_str())
            }
            Self::Uncertainty(UncertaintyError::NotApplied { kind, settings }) => {
                format!("因素 {} 在一次计算（{settings}）中没有起作用", kind.as_str())
            }
            Self::Uncertainty(UncertaintyError::NoFactor) => "没有可以变动的因素".to_owned(),
            Self::Store(error) => return store_message(error),
            Self::Uncertainty(UncertaintyError::Shape(_))
            | Self::Catalog(_)
            | Self::Shape(_)
            | Self::Remembered(_)
            | Self::Lost(_) => {
                return Bilingual::new("内部错误", "internal error");
            }
        };
        Bilingual::new(zh, self.to_string())
    }

    fn violations(&self) -> Vec<Violation> {
        match self {
            Self::Invalid(invalid) => invalid.violations(),
            Self::WeightSchemeRefused(faults) => faults.clone(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Upstream(error) => error.retry_after(),
            Self::Verifying | Self::Analysing | Self::Scanning | Self::Weighing => Some(SEAT_RETRY_AFTER),
            Self::Store(error) => error.passing().map(|_| STORE_RETRY_AFTER),
            _ => None,
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::KeyReused(reused) => reused.metadata(),
            Self::NoAssessment(id)
            | Self::NotReady(id)
            | Self::Over(id)
            | Self::NotPublishable(id)
            | Self::NotPublished(id)
            | Self::NotReproduced(id) => vec![("assessment_id", id.to_string())],
            Self::NoAnalysis(id) => vec![("analysis_id", id.clone())],
            Self::Uncertainty(UncertaintyError::NotApplicable(kind)) => {
                vec![("factor", kind.as_str().to_owned())]
            }
            Self::NonePublished { catalog, period } => {
                vec![("catalog_id", catalog.clone()), ("period", period.clone())]
            }
            Self::NoPlace { place, .. } => vec![("place_id", place.to_string())],
            Self::NoNode { node, .. } => vec![("node", node.clone())],
            Self::NoType { name, .. } | Self::NoSchemeType { name, .. } => vec![("type", name.clone())],
            Self::NoWeightScheme(id)
            | Self::WeightSchemeInForce(id)
            | Self::WeightSchemeNotAdopted(id)
            | Self::WeightSchemeDiffers { scheme: id, .. } => vec![("weight_scheme_id", id.clone())],
            Self::NoWarning(id) | Self::WarningState { id, .. } => vec![("warning_id", id.clone())],
            Self::NoThresholdSet(id) => vec![("threshold_set_id", id.clone())],
            Self::NoClassification(id) => vec![("classification_id", id.clone())],
            Self::PositionNotReached { newest, .. } => vec![("newest", newest.to_string())],
            Self::Upstream(error) => error.metadata(),
            _ => Vec::new(),
        }
    }
}

fn store_message(error: &StoreError) -> Bilingual {
    match error.passing() {
        Some(Kind::ResourceExhausted) => Bilingual::new(
            "数据库的连接或空间已用尽，请稍后重试",
            "the database has no connection or no room left, try again later",
        ),
        Some(_) => {
            Bilingual::new("数据库暂时没有应答，请稍后重试", "the database is busy or away, try again later")
        }
        None if error.holds_nul() => {
            Bilingual::new("文本含有 U+0000，无法保存", "a text holds U+0000, which cannot be kept")
        }
        None if matches!(error, StoreError::Corrupt(_)) => {
            Bilingual::new("存储的记录已损坏，无法读取", error.to_string())
        }
        None => Bilingual::new("内部错误", "internal error"),
    }
}

#[cfg(test)]
mod tests {
    use xiuhua_service_kit::status::{Language, explain, to_status};

    use super::*;

    #[test]
    fn a_database_that_is_away_or_full_makes_the_caller_come_again() {
        let cases = [
            (sqlx::Error::PoolTimedOut, tonic::Code::ResourceExhausted, "STORE_FULL"),
            (sqlx::Error::WorkerCrashed, tonic::Code::Unavailable, "STORE_BUSY"),
        ];
        for (error, code, reason) in cases {
            let error = Error::from(StoreError::from(error));
            let told = explain(&to_status(&error, Language::En));
            assert_eq!((told.code, told.reason.as_str()), (code, reason));
            assert_eq!(told.retry_after, Some(STORE_RETRY_AFTER));
            assert!(told.message.ends_with("try again later"), "{}", told.message);
        }
        let mistake = Error::from(StoreError::from(sqlx::Error::RowNotFound));
        let told = explain(&to_status(&mistake, Language::En));
        assert_eq!((told.reason.as_str(), told.retry_after), ("INTERNAL", None));
    }
}
