//! Messages of the contract to the nouns of the service and back.

use jiff::Timestamp;
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::measure::v1::{Bounds, Text as TextMessage};
use xiuhua_ingestion::domain::batch::{Batch, BatchKind, Position, RowCounts, Seal, Withdrawal};
use xiuhua_ingestion::domain::ids::{BatchId, PlaceId, SourceId};
use xiuhua_ingestion::domain::measure::Measure;
use xiuhua_ingestion::domain::observation::ObservationRevision;
use xiuhua_ingestion::domain::place::{Description, Place, PlaceRevision};
use xiuhua_ingestion::domain::rejection::{Reason, RejectedRow};
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

pub(super) fn batch_of(batch: pb::Batch) -> Batch {
    let kind = match batch.kind() {
        pb::BatchKind::Places => BatchKind::Places,
        _ => BatchKind::Observations,
    };
    let counts = batch.counts.unwrap();
    let seal = batch.position.map(|position| Seal {
        position: Position(position),
        sealed_at: instant(batch.sealed_time.unwrap()),
        counts: RowCounts {
            read: counts.read,
            accepted: counts.accepted,
            corrected: counts.corrected,
            duplicate: counts.duplicate,
            rejected: counts.rejected,
        },
    });
    let withdrawal = batch.withdrawal.map(|withdrawal| Withdrawal {
        position: Position(withdrawal.position),
        author: withdrawal.author,
        reason: withdrawal.reason,
        withdrawn_at: instant(withdrawal.time.unwrap()),
    });
    Batch {
        id: BatchId::new(batch.id).unwrap(),
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
