//! What can go wrong, and what a caller is told: one enum, its codes chosen here and nowhere else.

use std::time::Duration;

use jiff::Timestamp;
use xiuhua_service_kit::database::{holds_nul, passing};
use xiuhua_service_kit::request_id::KeyReused;
use xiuhua_service_kit::status::{Bilingual, Failure, InvalidRequest, Kind, Violation};

use crate::domain::batch::{Position, RowCounts};
use crate::domain::ids::BatchId;

/// A failure of ingestion.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A request that is wrong in itself.
    #[error("invalid request")]
    Invalid(#[source] InvalidRequest),
    /// A stream that does not follow its protocol.
    #[error("the stream breaks the rules of a delivery: {0}")]
    Stream(StreamFault),
    /// A chunk does not follow the one before it.
    #[error("chunk {found} where {expected} was expected")]
    SequenceGap {
        /// The sequence due.
        expected: u64,
        /// The sequence that came.
        found: u64,
    },
    /// The end of a delivery counts other chunks than came.
    #[error("the end counts {told} chunks where {acknowledged} came")]
    ChunkCountDiffers {
        /// Chunks that came and are durable.
        acknowledged: u64,
        /// Chunks that the end counts.
        told: u64,
    },
    /// The request id stands for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// Another stream has opened the delivery since, or sealed it.
    #[error("another stream has taken the delivery over")]
    DeliveryTakenOver,
    /// Known measures were registered with another unit or other bounds.
    #[error("measures are registered with another unit or other bounds: {0:?}")]
    MeasureDiffers(Vec<MeasureDifference>),
    /// No such thing.
    #[error("{0:?} {1} is not on record")]
    NotFound(Noun, String),
    /// A position that no batch has reached.
    #[error("position {asked:?} is beyond the newest, {newest:?}")]
    PositionNotReached {
        /// The position asked for.
        asked: Position,
        /// The newest.
        newest: Position,
    },
    /// An instant that is still to come.
    #[error("{asked} is later than now, {now}")]
    TimeNotReached {
        /// The instant asked for.
        asked: Timestamp,
        /// Now.
        now: Timestamp,
    },
    /// A batch that rows still arrive for cannot be withdrawn.
    #[error("batch {0} is not sealed")]
    BatchNotSealed(BatchId),
    /// A withdrawal is final.
    #[error("batch {0} is withdrawn")]
    BatchWithdrawn(BatchId),
    /// A batch that is neither STAGED nor, where that will do, AWAITING_APPROVAL.
    #[error("batch {0} is not staged")]
    BatchNotStaged(BatchId),
    /// A batch that waits for nobody.
    #[error("batch {0} does not wait for a second person")]
    BatchNotAwaitingApproval(BatchId),
    /// The file that is meant is another than the one that was delivered.
    #[error("batch {0} holds another file")]
    ContentDiffers(BatchId),
    /// The rows of a batch would not be counted as the caller expects.
    #[error("the rows would be counted as {found:?}, not {expected:?}")]
    OutcomeChanged {
        /// What the caller expects.
        expected: RowCounts,
        /// What they are.
        found: RowCounts,
    },
    /// The record has moved since the preview that the caller has seen.
    #[error("the record is at {newest:?}, not at {seen:?}")]
    RecordMoved {
        /// The newest position then.
        seen: Position,
        /// The newest position now.
        newest: Position,
    },
    /// There is one preview at a time.
    #[error("another preview is under way")]
    PreviewUnderWay,
    /// A batch that one person alone would put in force.
    #[error("batch {0} was committed by the same person")]
    SamePerson(BatchId),
    /// The store is away, busy or full for now.
    #[error("the store is away, busy or full")]
    StoreAway {
        /// Which of them.
        kind: Kind,
        /// What it said.
        source: sqlx::Error,
    },
    /// A text with U+0000, which PostgreSQL cannot keep.
    #[error("a text holds U+0000")]
    TextWithNul(#[source] sqlx::Error),
    /// Keys of the configuration that cannot stand together.
    #[error("the configuration contradicts itself: {0}")]
    Config(&'static str),
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store holds something that it can not hold.
    #[error("the record is inconsistent: {0}")]
    Inconsistent(&'static str),
}

/// What a delivery's stream did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamFault {
    /// Something else came before the header, or nothing at all.
    #[error("the first message is not the header")]
    HeaderExpected,
    /// A header after the first.
    #[error("a second header")]
    SecondHeader,
    /// A message with nothing in it.
    #[error("an empty message")]
    EmptyMessage,
    /// The stream ended without an end: its caller was cancelled, or forgot it.
    #[error("the stream ended without an end")]
    EndExpected,
    /// Something came after the end.
    #[error("a message after the end")]
    MessageAfterEnd,
}

/// A kind of thing that can be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    /// A measure.
    Measure,
    /// A place.
    Place,
    /// A batch.
    Batch,
}

/// How a registered measure and a new definition of it differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureDifference {
    /// Place in the request.
    pub index: usize,
    /// Its id.
    pub id: String,
    /// Unit and bounds on record.
    pub on_record: String,
    /// Unit and bounds of the request.
    pub asked: String,
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        match passing(&source) {
            Some(kind) => Self::StoreAway { kind, source },
            None if holds_nul(&source) => Self::TextWithNul(source),
            None => Self::Store(Box::new(source)),
        }
    }
}

impl From<InvalidRequest> for Error {
    fn from(invalid: InvalidRequest) -> Self {
        Self::Invalid(invalid)
    }
}

impl Failure for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Invalid(_)
            | Self::Stream(_)
            | Self::SequenceGap { .. }
            | Self::TextWithNul(_)
            | Self::ChunkCountDiffers { .. } => Kind::InvalidArgument,
            Self::DeliveryTakenOver => Kind::Aborted,
            Self::KeyReused(reused) => reused.kind(),
            Self::MeasureDiffers(_) => Kind::AlreadyExists,
            Self::NotFound(..) => Kind::NotFound,
            Self::PositionNotReached { .. } | Self::TimeNotReached { .. } => Kind::OutOfRange,
            Self::BatchNotSealed(_)
            | Self::BatchWithdrawn(_)
            | Self::BatchNotStaged(_)
            | Self::BatchNotAwaitingApproval(_)
            | Self::ContentDiffers(_)
            | Self::OutcomeChanged { .. }
            | Self::RecordMoved { .. }
            | Self::SamePerson(_) => Kind::FailedPrecondition,
            Self::StoreAway { kind, .. } => *kind,
            Self::PreviewUnderWay => Kind::Unavailable,
            Self::Config(_) | Self::Store(_) | Self::Inconsistent(_) => Kind::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(invalid) => invalid.reason(),
            Self::Stream(StreamFault::HeaderExpected) => "HEADER_EXPECTED",
            Self::Stream(StreamFault::SecondHeader) => "SECOND_HEADER",
            Self::Stream(StreamFault::EmptyMessage) => "EMPTY_MESSAGE",
            Self::Stream(StreamFault::EndExpected) => "END_EXPECTED",
            Self::Stream(StreamFault::MessageAfterEnd) => "MESSAGE_AFTER_END",
            Self::SequenceGap { .. } => "SEQUENCE_GAP",
            Self::ChunkCountDiffers { .. } => "CHUNK_COUNT_DIFFERS",
            Self::KeyReused(reused) => reused.reason(),
            Self::DeliveryTakenOver => "DELIVERY_TAKEN_OVER",
            Self::MeasureDiffers(_) => "MEASURE_DIFFERS",
            Self::NotFound(Noun::Measure, _) => "MEASURE_NOT_FOUND",
            Self::NotFound(Noun::Place, _) => "PLACE_NOT_FOUND",
            Self::NotFound(Noun::Batch, _) => "BATCH_NOT_FOUND",
            Self::PositionNotReached { .. } => "POSITION_NOT_REACHED",
            Self::TimeNotReached { .. } => "TIME_NOT_REACHED",
            Self::BatchNotSealed(_) => "BATCH_NOT_SEALED",
            Self::BatchWithdrawn(_) => "BATCH_WITHDRAWN",
            Self::BatchNotStaged(_) => "BATCH_NOT_STAGED",
            Self::BatchNotAwaitingApproval(_) => "BATCH_NOT_AWAITING_APPROVAL",
            Self::ContentDiffers(_) => "CONTENT_DIFFERS",
            Self::OutcomeChanged { .. } | Self::RecordMoved { .. } => "OUTCOME_CHANGED",
            Self::SamePerson(_) => "SAME_PERSON",
            Self::StoreAway { kind: Kind::ResourceExhausted, .. } => "STORE_FULL",
            Self::StoreAway { .. } | Self::PreviewUnderWay => "STORE_BUSY",
            Self::TextWithNul(_) => "TEXT_WITH_NUL",
            Self::Config(_) | Self::Store(_) | Self::Inconsistent(_) => "INTERNAL",
        }
    }

    fn message(&self) -> Bilingual {
        match self {
            Self::Invalid(invalid) => invalid.message(),
            Self::Stream(fault) => fault.text(),
            Self::SequenceGap { expected, found } => Bilingual::new(
                format!("数据块序号应为 {expected}，收到 {found}"),
                format!("chunk {expected} was due and {found} came"),
            ),
            Self::ChunkCountDiffers { acknowledged, told } => Bilingual::new(
                format!("结束消息称有 {told} 个数据块，实际收到 {acknowledged} 个"),
                format!("the end counts {told} chunks and {acknowledged} came"),
            ),
            Self::KeyReused(reused) => reused.message(),
            Self::DeliveryTakenOver => Bilingual::new(
                "此批次已由另一个数据流接续或封存",
                "another stream with the same request id has taken this delivery over",
            ),
            Self::MeasureDiffers(differences) => {
                let ids: Vec<&str> = differences.iter().take(5).map(|difference| &*difference.id).collect();
                let (ids, count) = (ids.join(", "), differences.len());
                Bilingual::new(
                    format!("{count} 个计量已用其他单位或界限登记：{ids}"),
                    format!("{count} measures are registered with another unit or other bounds: {ids}"),
                )
            }
            Self::NotFound(noun, id) => noun.absence(id),
            Self::PositionNotReached { asked, newest } => Bilingual::new(
                format!("位置 {} 尚未到达，最新位置为 {}", asked.0, newest.0),
                format!("position {} is not reached yet; the newest is {}", asked.0, newest.0),
            ),
            Self::TimeNotReached { asked, now } => Bilingual::new(
                format!("时刻 {asked} 尚未到来，现在是 {now}"),
                format!("{asked} is still to come; it is {now}"),
            ),
            Self::BatchNotSealed(id) => Bilingual::new(
                format!("批次 {id} 尚未封存，不能撤回"),
                format!("batch {id} is not sealed and cannot be withdrawn"),
            ),
            Self::BatchWithdrawn(id) => {
                Bilingual::new(format!("批次 {id} 已撤回"), format!("batch {id} is withdrawn already"))
            }
            Self::BatchNotStaged(id) => Bilingual::new(
                format!("批次 {id} 不在待提交状态"),
                format!("batch {id} does not wait to be committed"),
            ),
            Self::BatchNotAwaitingApproval(id) => Bilingual::new(
                format!("批次 {id} 不在待复核状态"),
                format!("batch {id} does not wait for a second person"),
            ),
            Self::ContentDiffers(id) => Bilingual::new(
                format!("文件与批次 {id} 预览时的文件不同，请重新导入"),
                format!("the file is not the one that batch {id} holds; import it anew"),
            ),
            Self::OutcomeChanged { expected, found } => Bilingual::new(
                format!(
                    "预览之后数据已变：预览时为 {}，现在为 {}，请重新预览（xiuhua preview）",
                    told_zh(expected),
                    told_zh(found)
                ),
                format!(
                    "the record has changed since the preview: {} then, {} now; preview again (xiuhua preview)",
                    told_en(expected),
                    told_en(found)
                ),
            ),
            Self::RecordMoved { seen, newest } => Bilingual::new(
                format!(
                    "预览之后数据已变：预览时位置为 {}，现在为 {}，请重新预览（xiuhua preview）",
                    seen.0, newest.0
                ),
                format!(
                    "the record has changed since the preview: position {} then, {} now; preview again (xiuhua preview)",
                    seen.0, newest.0
                ),
            ),
            Self::PreviewUnderWay => Bilingual::new(
                "另一个预览正在进行，请稍后重试",
                "another preview is under way; try again later",
            ),
            Self::SamePerson(id) => Bilingual::new(
                format!("批次 {id} 的复核人不能是提交人本人"),
                format!("batch {id} needs the word of a person other than the one who committed it"),
            ),
            Self::StoreAway { kind: Kind::ResourceExhausted, .. } => Bilingual::new(
                "数据库连接或空间已满，请稍后重试",
                "the database has no connection or space left for now; try again later",
            ),
            Self::StoreAway { .. } => Bilingual::new(
                "数据库暂时不可用，请稍后重试",
                "the database is away or busy for now; try again later",
            ),
            Self::TextWithNul(_) => {
                Bilingual::new("文本含有 U+0000，无法保存", "a text holds U+0000, which cannot be kept")
            }
            Self::Config(_) | Self::Store(_) | Self::Inconsistent(_) => {
                Bilingual::new("内部错误", "internal error")
            }
        }
    }

    fn violations(&self) -> Vec<Violation> {
        match self {
            Self::Invalid(invalid) => invalid.violations(),
            Self::MeasureDiffers(differences) => differences
                .iter()
                .map(|difference| {
                    let MeasureDifference { index, id, on_record, asked } = difference;
                    Violation::new(
                        format!("measures[{index}]"),
                        format!("计量 {id} 登记为 {on_record}，请求为 {asked}"),
                        format!("{id} is registered as {on_record}, the request says {asked}"),
                    )
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        matches!(self, Self::StoreAway { .. } | Self::PreviewUnderWay).then_some(Duration::from_secs(1))
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::KeyReused(reused) => reused.metadata(),
            Self::PositionNotReached { newest, .. } => vec![("newest", newest.0.to_string())],
            _ => Vec::new(),
        }
    }
}

fn told_zh(counts: &RowCounts) -> String {
    let RowCounts { read, accepted, corrected, duplicate, rejected } = counts;
    format!("共 {read} 行（新增 {accepted}、更正 {corrected}、重复 {duplicate}、拒绝 {rejected}）")
}

fn told_en(counts: &RowCounts) -> String {
    let RowCounts { read, accepted, corrected, duplicate, rejected } = counts;
    format!("{read} rows ({accepted} new, {corrected} corrected, {duplicate} duplicate, {rejected} rejected)")
}

impl StreamFault {
    fn text(self) -> Bilingual {
        match self {
            Self::HeaderExpected => Bilingual::new(
                "批次的第一条消息必须是批次头",
                "the first message of a delivery must be its header",
            ),
            Self::SecondHeader => Bilingual::new("批次头只能有一个", "a delivery has one header"),
            Self::EmptyMessage => Bilingual::new("消息为空", "the message is empty"),
            Self::EndExpected => Bilingual::new(
                "数据流没有结束消息就终止，批次未封存",
                "the stream stopped without an end message; the delivery is not sealed",
            ),
            Self::MessageAfterEnd => Bilingual::new(
                "结束消息之后还有消息，批次未封存",
                "a message came after the end; the delivery is not sealed",
            ),
        }
    }
}

impl Noun {
    fn absence(self, id: &str) -> Bilingual {
        let (zh, en) = match self {
            Self::Measure => ("计量", "measure"),
            Self::Place => ("地点", "place"),
            Self::Batch => ("批次", "batch"),
        };
        Bilingual::new(format!("没有{zh} {id}"), format!("there is no {en} {id}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_away_or_full_for_now_says_when_to_come_again_and_a_mistake_does_not() {
        let said = |error: sqlx::Error| {
            let error = Error::from(error);
            (error.kind(), error.reason(), error.retry_after())
        };
        let soon = Some(Duration::from_secs(1));
        assert_eq!(said(sqlx::Error::PoolTimedOut), (Kind::ResourceExhausted, "STORE_FULL", soon));
        assert_eq!(said(sqlx::Error::WorkerCrashed), (Kind::Unavailable, "STORE_BUSY", soon));
        assert_eq!(said(sqlx::Error::RowNotFound), (Kind::Internal, "INTERNAL", None));
    }
}
