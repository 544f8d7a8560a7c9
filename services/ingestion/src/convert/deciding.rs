//! Messages about batches that wait, decisions, and the quarantine; and how the file of a delivery was laid out.

use jiff::Timestamp;
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::measure::v1 as values;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::status::{InvalidRequest, Violation, Violations};

use super::{id, mutation, rejected_row_message, source_message, text_of, time_message};
use crate::domain::activity::SourceActivity;
use crate::domain::batch::{
    Batch, BatchKind, MAX_AUTHOR_CHARS, MAX_FILE_NAME_CHARS, MAX_REASON_CHARS, Position, RowCounts,
};
use crate::domain::ids::BatchId;
use crate::domain::layout::{MAX_COLUMN_CHARS, MAX_COLUMNS, MAX_MAPPING_BYTES, SheetLayout};
use crate::domain::quarantine::{MAX_ROWS_GIVEN_UP, Outcome, QuarantineState, QuarantinedRow};
use crate::domain::review::{
    Decision, FieldChange, Held, MAX_REJECTED_ROWS, MAX_SAMPLES, Movement, Preview, RowSample, RowVerdict,
    shown,
};
use crate::store::{
    Mutation, NewApproval, NewCommit, NewDecision, NewGiveUp, PreviewQuery, QuarantineFilter,
};

/// What a part that passed every check is.
const SOUND: &str = "a part that is none is a fault, and there is none";

/// What a header says of its file.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) file_name: String,
    pub(crate) content_sha256: Option<[u8; 32]>,
    pub(crate) layout: Option<SheetLayout>,
    pub(crate) corrects: Option<BatchId>,
}

pub(crate) fn header(header: &pb::ImportHeader) -> Result<Header, InvalidRequest> {
    let mut faults = Violations::new();
    faults.keep(text_of("file_name", &header.file_name, MAX_FILE_NAME_CHARS));
    let content_sha256 = sha256(&mut faults, &header.content_sha256);
    faults.check(
        !header.stage || !header.content_sha256.is_empty(),
        "content_sha256",
        "暂存的批次必须给出文件的 SHA-256",
        "must be given for a delivery that is staged: a commit names it",
    );
    let layout = header.layout.as_ref().map(|layout| self::layout(&mut faults, layout));
    let corrects = &header.corrects_batch_id;
    let corrects =
        (!corrects.is_empty()).then(|| faults.keep(id("corrects_batch_id", corrects, BatchId::new)));
    faults.into_result()?;
    Ok(Header { file_name: header.file_name.clone(), content_sha256, layout, corrects: corrects.flatten() })
}

/// A hash where given.
fn sha256(faults: &mut Violations, hash: &[u8]) -> Option<[u8; 32]> {
    let whole = <[u8; 32]>::try_from(hash).ok();
    faults.check(
        hash.is_empty() || whole.is_some(),
        "content_sha256",
        format!("须为 32 字节或为空，收到 {} 字节", hash.len()),
        format!("has 32 bytes or none, not {}", hash.len()),
    );
    whole
}

fn layout(faults: &mut Violations, layout: &pb::SheetLayout) -> SheetLayout {
    let count = layout.columns.len();
    faults.check(
        count <= MAX_COLUMNS,
        "layout.columns",
        format!("有 {count} 列，最多 {MAX_COLUMNS} 列"),
        format!("has {count} columns, at most {MAX_COLUMNS}"),
    );
    for (index, column) in layout.columns.iter().take(MAX_COLUMNS).enumerate() {
        faults.keep(text_of(format!("layout.columns[{index}]"), column, MAX_COLUMN_CHARS));
    }
    let texts = [
        ("layout.format", &layout.format),
        ("layout.delimiter", &layout.delimiter),
        ("layout.sheet", &layout.sheet),
        ("layout.encoding", &layout.encoding),
        ("layout.catalog_id", &layout.catalog_id),
        ("layout.catalog_version", &layout.catalog_version),
    ];
    for (field, text) in texts {
        faults.keep(text_of(field, text, MAX_COLUMN_CHARS));
    }
    faults.check(
        layout.mapping.len() <= MAX_MAPPING_BYTES && !layout.mapping.contains('\0'),
        "layout.mapping",
        format!("超过 {MAX_MAPPING_BYTES} 字节，或含有空字符"),
        format!("is longer than {MAX_MAPPING_BYTES} bytes, or holds a NUL character"),
    );
    SheetLayout {
        columns: layout.columns.clone(),
        format: layout.format.clone(),
        delimiter: layout.delimiter.clone(),
        sheet: layout.sheet.clone(),
        encoding: layout.encoding.clone(),
        header_row: layout.header_row,
        mapping: layout.mapping.clone(),
        catalog_id: layout.catalog_id.clone(),
        catalog_version: layout.catalog_version.clone(),
    }
}

/// What every decision about a batch says.
struct Said<const TEXTS: usize> {
    mutation: Option<Mutation>,
    batch_id: Option<BatchId>,
    /// Without the blanks around them.
    texts: [String; TEXTS],
}

/// Checks the parts that decisions share; `texts` are those that must be given, with the most characters of each.
fn said<const TEXTS: usize>(
    faults: &mut Violations,
    mutation: Result<Mutation, Violation>,
    batch_id: &str,
    texts: [(&str, String, usize); TEXTS],
) -> Said<TEXTS> {
    let mutation = faults.keep(mutation);
    let batch_id = faults.keep(id("batch_id", batch_id, BatchId::new));
    let texts = texts.map(|(field, text, most)| {
        if faults.keep(text_of(field, text.trim(), most)).is_some() {
            faults.check(!shown(&text).is_empty(), field, "必须填写", "must be given");
        }
        text.trim().to_owned()
    });
    Said { mutation, batch_id, texts }
}

/// A decision with its reason, from a request of any kind that has one.
macro_rules! decision {
    ($name:ident, $method:literal, $request:ty) => {
        #[doc = concat!("The decision of ", $method, ".")]
        pub(crate) fn $name(request: $request, clock: SharedClock) -> Result<NewDecision, InvalidRequest> {
            let mut faults = Violations::new();
            let mutation = mutation($method, &request.request_id, &request);
            let texts =
                [("author", request.author, MAX_AUTHOR_CHARS), ("reason", request.reason, MAX_REASON_CHARS)];
            let Said { mutation, batch_id, texts: [author, reason] } =
                said(&mut faults, mutation, &request.batch_id, texts);
            faults.into_result()?;
            let (mutation, batch_id) = (mutation.expect(SOUND), batch_id.expect(SOUND));
            Ok(NewDecision { mutation, batch_id, author, reason, clock })
        }
    };
}

decision!(withdrawal, "WithdrawBatch", pb::WithdrawBatchRequest);
decision!(discarding, "DiscardBatch", pb::DiscardBatchRequest);

/// The approval of a batch.
pub(crate) fn approval(
    request: pb::ApproveBatchRequest,
    clock: SharedClock,
) -> Result<NewApproval, InvalidRequest> {
    let mut faults = Violations::new();
    let mutation = mutation("ApproveBatch", &request.request_id, &request);
    let texts = [("author", request.author, MAX_AUTHOR_CHARS), ("reason", request.reason, MAX_REASON_CHARS)];
    let Said { mutation, batch_id, texts: [author, reason] } =
        said(&mut faults, mutation, &request.batch_id, texts);
    let content_sha256 = sha256(&mut faults, &request.content_sha256);
    faults.into_result()?;
    let (mutation, batch_id) = (mutation.expect(SOUND), batch_id.expect(SOUND));
    Ok(NewApproval {
        decision: NewDecision { mutation, batch_id, author, reason, clock },
        content_sha256,
        expected: request.expected_counts.map(counts),
        preview_position: request.preview_position.map(Position),
    })
}

fn counts(message: values::RowCounts) -> RowCounts {
    let values::RowCounts { read, accepted, corrected, duplicate, rejected } = message;
    RowCounts { read, accepted, corrected, duplicate, rejected }
}

/// The commit of a batch.
pub(crate) fn commit(
    request: pb::CommitBatchRequest,
    second_person_above: Option<f64>,
    clock: SharedClock,
) -> Result<NewCommit, InvalidRequest> {
    let mut faults = Violations::new();
    let mutation = mutation("CommitBatch", &request.request_id, &request);
    let texts = [("author", request.author, MAX_AUTHOR_CHARS)];
    let Said { mutation, batch_id, texts: [author] } = said(&mut faults, mutation, &request.batch_id, texts);
    let content_sha256 = sha256(&mut faults, &request.content_sha256);
    faults.check(!request.content_sha256.is_empty(), "content_sha256", "必须填写", "must be given");
    faults.into_result()?;
    Ok(NewCommit {
        mutation: mutation.expect(SOUND),
        batch_id: batch_id.expect(SOUND),
        content_sha256: content_sha256.expect(SOUND),
        author,
        expected: request.expected_counts.map(counts),
        preview_position: request.preview_position.map(Position),
        second_person_above,
        clock,
    })
}

/// What a preview is to show.
pub(crate) fn preview_query(
    request: &pb::PreviewBatchRequest,
    clock: SharedClock,
) -> Result<PreviewQuery, InvalidRequest> {
    let mut faults = Violations::new();
    let batch_id = faults.keep(id("batch_id", &request.batch_id, BatchId::new));
    let counts = [
        ("samples", request.samples, MAX_SAMPLES),
        ("rejected_rows", request.rejected_rows, MAX_REJECTED_ROWS),
    ];
    for (field, count, most) in counts {
        faults.check(count <= most, field, format!("最多 {most}"), format!("is at most {most}"));
    }
    faults.into_result()?;
    let pb::PreviewBatchRequest { samples, rejected_rows, .. } = *request;
    Ok(PreviewQuery { batch_id: batch_id.expect(SOUND), samples, rejected_rows, clock })
}

/// The giving up of rejected rows.
pub(crate) fn giving_up(
    request: pb::GiveUpRowsRequest,
    given_up_at: Timestamp,
) -> Result<NewGiveUp, InvalidRequest> {
    let mut faults = Violations::new();
    let mutation = mutation("GiveUpRows", &request.request_id, &request);
    let texts = [("author", request.author, MAX_AUTHOR_CHARS), ("reason", request.reason, MAX_REASON_CHARS)];
    let Said { mutation, batch_id, texts: [author, reason] } =
        said(&mut faults, mutation, &request.batch_id, texts);
    faults.check(
        request.rows.len() <= MAX_ROWS_GIVEN_UP,
        "rows",
        format!("一次最多 {MAX_ROWS_GIVEN_UP} 行"),
        format!("names at most {MAX_ROWS_GIVEN_UP} rows"),
    );
    faults.into_result()?;
    Ok(NewGiveUp {
        mutation: mutation.expect(SOUND),
        batch_id: batch_id.expect(SOUND),
        rows: request.rows,
        author,
        reason,
        given_up_at,
    })
}

/// Which rows of the quarantine are asked for.
pub(crate) fn quarantine_filter(
    request: &pb::ListQuarantinedRowsRequest,
) -> Result<QuarantineFilter, InvalidRequest> {
    let mut faults = Violations::new();
    let batch_id = &request.batch_id;
    let batch_id = (!batch_id.is_empty()).then(|| faults.keep(id("batch_id", batch_id, BatchId::new)));
    let state = match pb::QuarantineState::try_from(request.state) {
        Ok(pb::QuarantineState::Unspecified) => None,
        Ok(pb::QuarantineState::Open) => Some(QuarantineState::Open),
        Ok(pb::QuarantineState::Closed) => Some(QuarantineState::Closed),
        Ok(pb::QuarantineState::GivenUp) => Some(QuarantineState::GivenUp),
        Err(_) => {
            faults.check(false, "state", "未知的状态", "is no state");
            None
        }
    };
    faults.into_result()?;
    Ok(QuarantineFilter { batch_id: batch_id.flatten(), state })
}

fn kind_message(kind: BatchKind) -> pb::BatchKind {
    match kind {
        BatchKind::Places => pb::BatchKind::Places,
        BatchKind::Observations => pb::BatchKind::Observations,
    }
}

fn state_message(batch: &Batch) -> pb::BatchState {
    match (&batch.seal, &batch.withdrawal, batch.held) {
        (Some(_), None, _) => pb::BatchState::Sealed,
        (Some(_), Some(_), _) => pb::BatchState::Withdrawn,
        (None, _, None) => pb::BatchState::Open,
        (None, _, Some(Held::Staged)) => pb::BatchState::Staged,
        (None, _, Some(Held::AwaitingApproval)) => pb::BatchState::AwaitingApproval,
        (None, _, Some(Held::Discarded)) => pb::BatchState::Discarded,
    }
}

fn counts_message(counts: RowCounts) -> values::RowCounts {
    let RowCounts { read, accepted, corrected, duplicate, rejected } = counts;
    values::RowCounts { read, accepted, corrected, duplicate, rejected }
}

pub(crate) fn batch_message(batch: Batch) -> pb::Batch {
    let state = state_message(&batch);
    let quarantine = batch.quarantine;
    pb::Batch {
        id: batch.id.to_string(),
        kind: kind_message(batch.kind).into(),
        state: state.into(),
        file_name: batch.file_name,
        counts: Some(counts_message(batch.seal.map(|seal| seal.counts).unwrap_or_default())),
        position: batch.seal.map(|seal| seal.position.0),
        received_time: Some(time_message(batch.received_at)),
        sealed_time: batch.seal.map(|seal| time_message(seal.sealed_at)),
        request_id: batch.request_id,
        withdrawal: batch.withdrawal.map(|withdrawal| pb::BatchWithdrawal {
            author: withdrawal.author,
            reason: withdrawal.reason,
            position: withdrawal.position.0,
            time: Some(time_message(withdrawal.withdrawn_at)),
        }),
        content_sha256: batch.content_sha256.map(Vec::from).unwrap_or_default(),
        layout: batch.layout.map(layout_message),
        corrects_batch_id: batch.corrects.map(|id| id.to_string()).unwrap_or_default(),
        committed: batch.committed.map(decision_message),
        approved: batch.approved.map(decision_message),
        discarded: batch.discarded.map(decision_message),
        movements: batch.movements.iter().map(movement_message).collect(),
        quarantine: batch.seal.map(|_| pb::QuarantineCounts {
            open: quarantine.open,
            closed: quarantine.closed,
            given_up: quarantine.given_up,
        }),
    }
}

fn layout_message(layout: SheetLayout) -> pb::SheetLayout {
    pb::SheetLayout {
        columns: layout.columns,
        format: layout.format,
        delimiter: layout.delimiter,
        sheet: layout.sheet,
        encoding: layout.encoding,
        header_row: layout.header_row,
        mapping: layout.mapping,
        catalog_id: layout.catalog_id,
        catalog_version: layout.catalog_version,
    }
}

fn decision_message(decision: Decision) -> pb::BatchDecision {
    let Decision { author, reason, time } = decision;
    pb::BatchDecision { author, reason, time: Some(time_message(time)) }
}

fn movement_message(movement: &Movement) -> pb::Movement {
    pb::Movement {
        measure_id: movement.measure_id.to_string(),
        period: movement.period.to_string(),
        moved_ratio: movement.moved_ratio,
        places_moved: movement.places_moved,
        places_before: movement.places_before,
    }
}

/// A preview, and whether a commit would wait where more than a share needs a second person.
pub(crate) fn preview_message(
    preview: Preview,
    second_person_above: Option<f64>,
) -> pb::PreviewBatchResponse {
    let exceeds = |share| preview.movements.iter().any(|movement| movement.exceeds(share));
    pb::PreviewBatchResponse {
        needs_approval: second_person_above.is_some_and(exceeds),
        approval_above_ratio: second_person_above,
        batch: Some(batch_message(preview.batch)),
        position: preview.position.0,
        counts: Some(counts_message(preview.counts)),
        samples: preview.samples.into_iter().map(sample_message).collect(),
        rejected_rows: preview.rejected.into_iter().map(rejected_row_message).collect(),
        movements: preview.movements.iter().map(movement_message).collect(),
    }
}

fn sample_message(sample: RowSample) -> pb::RowSample {
    let verdict = match sample.verdict {
        RowVerdict::Accepted => pb::RowVerdict::Accepted,
        RowVerdict::Corrected => pb::RowVerdict::Corrected,
        RowVerdict::Duplicate => pb::RowVerdict::Duplicate,
    };
    let change = |FieldChange { column, before, after }| pb::FieldChange { column, before, after };
    pb::RowSample {
        verdict: verdict.into(),
        row: sample.row,
        place_id: sample.place_id,
        measure_id: sample.measure_id,
        period: sample.period,
        source_id: sample.source_id,
        changes: sample.changes.into_iter().map(change).collect(),
        outweighed: sample.outweighed,
    }
}

pub(crate) fn quarantined_row_message(row: QuarantinedRow) -> pb::QuarantinedRow {
    let mut message = pb::QuarantinedRow {
        batch_id: row.batch_id.to_string(),
        file_name: row.file_name,
        kind: kind_message(row.kind).into(),
        row: Some(rejected_row_message(row.row)),
        ..pb::QuarantinedRow::default()
    };
    let state = match row.outcome {
        Outcome::Open => pb::QuarantineState::Open,
        Outcome::Closed { batch_id, row } => {
            (message.closed_by_batch_id, message.closed_by_row) = (batch_id.to_string(), row);
            pb::QuarantineState::Closed
        }
        Outcome::GivenUp(decision) => {
            message.given_up = Some(decision_message(decision));
            pb::QuarantineState::GivenUp
        }
    };
    message.state = state.into();
    message
}

pub(crate) fn source_activity_message(activity: SourceActivity) -> pb::SourceActivity {
    pb::SourceActivity {
        source: Some(source_message(activity.source)),
        deliveries: activity.deliveries,
        last_received_time: activity.last_received_at.map(time_message),
        last_rows: activity.last_rows,
        usual_rows: activity.usual_rows,
        usual_interval_s: activity.usual_interval_s,
        newest_period: activity.newest_period,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use xiuhua_service_kit::status::Failure;

    use super::*;

    fn fields(refused: &InvalidRequest) -> Vec<String> {
        refused.violations().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn all_faults_of_a_header_are_found_at_once() {
        let layout = pb::SheetLayout {
            columns: vec!["a".repeat(MAX_COLUMN_CHARS + 1), "\0".into()],
            mapping: "m".repeat(MAX_MAPPING_BYTES + 1),
            ..pb::SheetLayout::default()
        };
        let bad = pb::ImportHeader {
            stage: true,
            layout: Some(layout),
            corrects_batch_id: " ".into(),
            ..pb::ImportHeader::default()
        };
        let expected = [
            "content_sha256",
            "layout.columns[0]",
            "layout.columns[1]",
            "layout.mapping",
            "corrects_batch_id",
        ];
        assert_eq!(fields(&header(&bad).unwrap_err()), expected);
    }

    #[test]
    fn all_faults_of_a_commit_are_found_at_once() {
        let clock = xiuhua_service_kit::clock::SystemClock::shared();
        let bad = pb::CommitBatchRequest { content_sha256: vec![1], ..pb::CommitBatchRequest::default() };
        let refused = commit(bad, None, clock).unwrap_err();
        assert_eq!(fields(&refused), ["request_id", "batch_id", "author", "content_sha256"]);
    }

    #[test]
    fn who_decides_is_kept_without_the_blanks_around_and_somebody_that_can_be_seen() {
        let clock = xiuhua_service_kit::clock::SystemClock::shared();
        let asked = |author: &str| pb::DiscardBatchRequest {
            request_id: "r".into(),
            batch_id: "b".into(),
            author: author.into(),
            reason: " 文件有误\n".into(),
        };
        let kept = discarding(asked("　王芳 "), Arc::clone(&clock)).unwrap();
        assert_eq!((kept.author.as_str(), kept.reason.as_str()), ("王芳", "文件有误"));
        for unseen in ["\u{200b}\u{feff}", " \u{3164}", "\u{7}"] {
            assert_eq!(fields(&discarding(asked(unseen), Arc::clone(&clock)).unwrap_err()), ["author"]);
        }
    }
}
