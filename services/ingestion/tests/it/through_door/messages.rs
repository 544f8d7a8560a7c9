//! Messages of the contract to the nouns of the service and back.

use jiff::Timestamp;
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::measure::v1::{Bounds, RowCounts as RowCountsMessage, Text as TextMessage};
use xiuhua_ingestion::domain::activity::SourceActivity;
use xiuhua_ingestion::domain::batch::{Batch, BatchKind, Position, RowCounts, Seal, Withdrawal};
use xiuhua_ingestion::domain::ids::{BatchId, MeasureId, PlaceId, SourceId};
use xiuhua_ingestion::domain::layout::SheetLayout;
use xiuhua_ingestion::domain::measure::Measure;
use xiuhua_ingestion::domain::observation::ObservationRevision;
use xiuhua_ingestion::domain::period::Period;
use xiuhua_ingestion::domain::place::{Description, Place, PlaceRevision};
use xiuhua_ingestion::domain::quarantine::{Outcome, QuarantineCounts, QuarantinedRow};
use xiuhua_ingestion::domain::rejection::{Reason, RejectedRow};
use xiuhua_ingestion::domain::review::{
    Decision, FieldChange, Held, Movement, Preview, RowSample, RowVerdict,
};
use xiuhua_ingestion::domain::source::Source;
use xiuhua_ingestion::domain::text::Text;

use crate::delivering::at;

pub(super) fn instant(time: prost_types::Timestamp) -> Timestamp {
    at(time.seconds * 1_000_000 + i64::from(time.nanos / 1_000))
}

pub(super) fn row_fault(index: u32, fault: Reason) -> pb::RowFault {
    let message = Some(TextMessage { zh: fault.message.zh, en: fault.message.en });
    pb::RowFault { index, column: fault.column, reason: fault.code, message }
}

pub(super) fn source_of(source: pb::Source) -> Source {
    let name = source.name.unwrap();
    Source {
        id: SourceId::new(source.id).unwrap(),
        name: Text::new(name.zh, name.en),
        precedence: source.precedence.unwrap(),
    }
}

fn kind_of(kind: pb::BatchKind) -> BatchKind {
    if kind == pb::BatchKind::Places { BatchKind::Places } else { BatchKind::Observations }
}

fn counts_of(counts: RowCountsMessage) -> RowCounts {
    let RowCountsMessage { read, accepted, corrected, duplicate, rejected } = counts;
    RowCounts { read, accepted, corrected, duplicate, rejected }
}

pub(super) fn counts_message(counts: RowCounts) -> RowCountsMessage {
    let RowCounts { read, accepted, corrected, duplicate, rejected } = counts;
    RowCountsMessage { read, accepted, corrected, duplicate, rejected }
}

pub(super) fn layout_message(layout: SheetLayout) -> pb::SheetLayout {
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

fn layout_of(layout: pb::SheetLayout) -> SheetLayout {
    SheetLayout {
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

fn decision_of(decision: pb::BatchDecision) -> Decision {
    Decision { author: decision.author, reason: decision.reason, time: instant(decision.time.unwrap()) }
}

fn movement_of(movement: pb::Movement) -> Movement {
    Movement {
        measure_id: MeasureId::new(movement.measure_id).unwrap(),
        period: Period::parse(&movement.period).unwrap(),
        moved_ratio: movement.moved_ratio,
        places_moved: movement.places_moved,
        places_before: movement.places_before,
    }
}

pub(super) fn preview_of(preview: pb::PreviewBatchResponse) -> Preview {
    let rejected = preview.rejected_rows.into_iter().zip(0..).map(|(row, nth)| rejected_of(row, nth));
    Preview {
        batch: batch_of(preview.batch.unwrap()),
        position: Position(preview.position),
        counts: counts_of(preview.counts.unwrap()),
        samples: preview.samples.into_iter().map(sample_of).collect(),
        rejected: rejected.collect(),
        movements: preview.movements.into_iter().map(movement_of).collect(),
    }
}

fn sample_of(sample: pb::RowSample) -> RowSample {
    let verdict = match sample.verdict() {
        pb::RowVerdict::Accepted => RowVerdict::Accepted,
        pb::RowVerdict::Corrected => RowVerdict::Corrected,
        _ => RowVerdict::Duplicate,
    };
    let change = |pb::FieldChange { column, before, after }| FieldChange { column, before, after };
    RowSample {
        verdict,
        row: sample.row,
        place_id: sample.place_id,
        measure_id: sample.measure_id,
        period: sample.period,
        source_id: sample.source_id,
        changes: sample.changes.into_iter().map(change).collect(),
        outweighed: sample.outweighed,
    }
}

pub(super) fn quarantined_of(row: pb::QuarantinedRow, nth: u64) -> QuarantinedRow {
    let outcome = match row.state() {
        pb::QuarantineState::Closed => Outcome::Closed {
            batch_id: BatchId::new(row.closed_by_batch_id.clone()).unwrap(),
            row: row.closed_by_row,
        },
        pb::QuarantineState::GivenUp => Outcome::GivenUp(decision_of(row.given_up.clone().unwrap())),
        _ => Outcome::Open,
    };
    QuarantinedRow {
        kind: kind_of(row.kind()),
        batch_id: BatchId::new(row.batch_id).unwrap(),
        file_name: row.file_name,
        row: rejected_of(row.row.unwrap(), nth),
        outcome,
    }
}

pub(super) fn activity_of(activity: pb::SourceActivity) -> SourceActivity {
    SourceActivity {
        source: source_of(activity.source.unwrap()),
        deliveries: activity.deliveries,
        last_received_at: activity.last_received_time.map(instant),
        last_rows: activity.last_rows,
        usual_rows: activity.usual_rows,
        usual_interval_s: activity.usual_interval_s,
        newest_period: activity.newest_period,
    }
}

pub(super) fn batch_of(batch: pb::Batch) -> Batch {
    let kind = kind_of(batch.kind());
    let counts = counts_of(batch.counts.unwrap());
    let seal = batch.position.map(|position| Seal {
        position: Position(position),
        sealed_at: instant(batch.sealed_time.unwrap()),
        counts,
    });
    let withdrawal = batch.withdrawal.map(|withdrawal| Withdrawal {
        position: Position(withdrawal.position),
        author: withdrawal.author,
        reason: withdrawal.reason,
        withdrawn_at: instant(withdrawal.time.unwrap()),
    });
    let held = match pb::BatchState::try_from(batch.state).unwrap() {
        pb::BatchState::Staged => Some(Held::Staged),
        pb::BatchState::AwaitingApproval => Some(Held::AwaitingApproval),
        pb::BatchState::Discarded => Some(Held::Discarded),
        _ => None,
    };
    let settled = batch.quarantine.unwrap_or_default();
    Batch {
        id: BatchId::new(batch.id).unwrap(),
        content_sha256: batch.content_sha256.try_into().ok(),
        layout: batch.layout.map(layout_of),
        corrects: BatchId::new(batch.corrects_batch_id).ok(),
        held,
        committed: batch.committed.map(decision_of),
        approved: batch.approved.map(decision_of),
        discarded: batch.discarded.map(decision_of),
        movements: batch.movements.into_iter().map(movement_of).collect(),
        quarantine: QuarantineCounts {
            open: settled.open,
            closed: settled.closed,
            given_up: settled.given_up,
        },
        kind,
        file_name: batch.file_name,
        request_id: batch.request_id,
        received_at: instant(batch.received_time.unwrap()),
        seal,
        withdrawal,
    }
}

pub(super) fn place_message(place: Place) -> pb::Place {
    let said = place.description;
    pb::Place {
        id: place.id.to_string(),
        name: said.name,
        town_code: said.town_code,
        town_name: said.town_name,
        committee: said.committee,
        housing_nature: said.housing_nature,
        households: said.households,
        population: said.population,
        attributes: said.attributes.into_iter().collect(),
        ..pb::Place::default()
    }
}

pub(super) fn place_of(place: pb::Place) -> Place {
    let description = Description {
        name: place.name,
        town_code: place.town_code,
        town_name: place.town_name,
        committee: place.committee,
        housing_nature: place.housing_nature,
        households: place.households,
        population: place.population,
        attributes: place.attributes.into_iter().collect(),
    };
    Place { id: PlaceId::new(place.id).unwrap(), description }
}

pub(super) fn measure_message(measure: Measure) -> pb::Measure {
    pb::Measure {
        id: measure.id.to_string(),
        name: Some(TextMessage { zh: measure.name.zh, en: measure.name.en }),
        unit: measure.unit,
        bounds: Some(Bounds {
            lower: measure.bounds.lower(),
            upper: measure.bounds.upper(),
            lower_open: measure.bounds.lower_open(),
            upper_open: measure.bounds.upper_open(),
        }),
        source_system: measure.source_system,
        derivation: measure.derivation,
    }
}

pub(super) fn rejected_of(row: pb::RejectedRow, ordinal: u64) -> RejectedRow {
    let reason = |reason: pb::RejectionReason| {
        let TextMessage { zh, en } = reason.message.unwrap();
        Reason::new(&reason.column, &reason.reason, Text::new(zh, en))
    };
    let reasons = row.reasons.into_iter().map(reason).collect();
    RejectedRow { row: row.row, ordinal, reasons, original: row.original }
}

pub(super) fn place_revision_of(told: pb::PlaceRevision) -> PlaceRevision {
    PlaceRevision {
        place: place_of(told.place.unwrap()),
        batch_id: BatchId::new(told.batch_id).unwrap(),
        position: Position(told.position),
        row: told.row,
    }
}

pub(super) fn revision_of(said: pb::ObservationRevision) -> ObservationRevision {
    ObservationRevision {
        source_id: SourceId::new(said.source_id).unwrap(),
        value: said.value,
        revised_at: said.revised_time.map(instant),
        received_at: instant(said.received_time.unwrap()),
        batch_id: BatchId::new(said.batch_id).unwrap(),
        position: Position(said.position),
        row: said.row,
        file_name: said.file_name,
        effective: said.effective,
    }
}
