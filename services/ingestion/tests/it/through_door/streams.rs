//! Deliveries as a client streams them.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::measure::v1::TextColumn;
use xiuhua_ingestion::Error;
use xiuhua_ingestion::domain::batch::BatchKind;
use xiuhua_ingestion::domain::observation::DeliveredObservation;
use xiuhua_ingestion::domain::place::PlaceRow;

use super::failed;
use super::messages::{place_message, row_fault};
use crate::door::Client;

pub(super) enum Stream {
    Places(mpsc::Sender<pb::ImportPlacesRequest>, Streaming<pb::ImportPlacesResponse>),
    Observations(mpsc::Sender<pb::ImportObservationsRequest>, Streaming<pb::ImportObservationsResponse>),
}

pub(super) enum Answer {
    Durable(u64),
    Sealed(Box<pb::Batch>),
}

impl Stream {
    /// Sends a header.
    pub(super) async fn open(
        mut client: Client,
        kind: BatchKind,
        header: pb::ImportHeader,
    ) -> Result<Self, Error> {
        Ok(match kind {
            BatchKind::Places => {
                let (send, receive) = mpsc::channel(4);
                let part = Some(pb::import_places_request::Part::Header(header));
                send.send(pb::ImportPlacesRequest { part }).await.unwrap();
                let answers = client.import_places(ReceiverStream::new(receive)).await;
                Self::Places(send, answers.map_err(failed)?.into_inner())
            }
            BatchKind::Observations => {
                let (send, receive) = mpsc::channel(4);
                let part = Some(pb::import_observations_request::Part::Header(header));
                send.send(pb::ImportObservationsRequest { part }).await.unwrap();
                let answers = client.import_observations(ReceiverStream::new(receive)).await;
                Self::Observations(send, answers.map_err(failed)?.into_inner())
            }
        })
    }

    /// Sends an end, and closes the caller's half.
    pub(super) async fn end(&mut self, end: pb::ImportEnd) {
        match self {
            Self::Places(send, _) => {
                let part = Some(pb::import_places_request::Part::End(end));
                send.send(pb::ImportPlacesRequest { part }).await.unwrap();
                *send = mpsc::channel(1).0;
            }
            Self::Observations(send, _) => {
                let part = Some(pb::import_observations_request::Part::End(end));
                send.send(pb::ImportObservationsRequest { part }).await.unwrap();
                *send = mpsc::channel(1).0;
            }
        }
    }

    pub(super) async fn answer(&mut self) -> Result<Answer, Error> {
        use pb::import_observations_response::Part as Observed;
        use pb::import_places_response::Part as Placed;
        Ok(match self {
            Self::Places(_, answers) => match answers.message().await.map_err(failed)?.unwrap().part.unwrap()
            {
                Placed::AcknowledgedSequence(sequence) => Answer::Durable(sequence),
                Placed::Batch(batch) => Answer::Sealed(Box::new(batch)),
            },
            Self::Observations(_, answers) => {
                match answers.message().await.map_err(failed)?.unwrap().part.unwrap() {
                    Observed::AcknowledgedSequence(sequence) => Answer::Durable(sequence),
                    Observed::Batch(batch) => Answer::Sealed(Box::new(batch)),
                }
            }
        })
    }
}

pub(super) fn place_chunk(sequence: u64, rows: Vec<PlaceRow>) -> pb::PlaceChunk {
    let mut faults = Vec::new();
    let rows = rows.into_iter().zip(0..).map(|(row, index)| {
        let place = match row.place {
            Ok(place) => place_message(place),
            Err(found) => {
                faults.extend(found.into_iter().map(|fault| row_fault(index, fault)));
                pb::Place::default()
            }
        };
        let closes_row = row.closes_row.unwrap_or_default();
        pb::PlaceRow { row: row.row, place: Some(place), original: row.original, closes_row }
    });
    let rows = rows.collect();
    pb::PlaceChunk { sequence, rows, faults }
}

pub(super) fn observation_chunk(sequence: u64, rows: Vec<DeliveredObservation>) -> pb::ObservationChunk {
    let texts = |text: fn(&DeliveredObservation) -> &str| {
        let dictionary = rows.iter().map(|row| text(row).to_owned()).collect();
        Some(TextColumn { dictionary, index: (0..u32::try_from(rows.len()).unwrap()).collect() })
    };
    let closes_row = rows.iter().map(|row| row.closes_row.unwrap_or_default()).collect();
    pb::ObservationChunk {
        sequence,
        row: rows.iter().map(|row| row.row).collect(),
        place_id: texts(|row| &row.place_id),
        measure_id: texts(|row| &row.measure_id),
        period: texts(|row| &row.period),
        source_id: texts(|row| &row.source_id),
        value: rows.iter().map(|row| row.value).collect(),
        revised_at_us: rows.iter().map(|row| row.revised_at_us.unwrap_or_default()).collect(),
        original: rows.iter().map(|row| row.original.clone().unwrap_or_default()).collect(),
        faults: rows
            .into_iter()
            .zip(0..)
            .flat_map(|(row, index)| row.faults.into_iter().map(move |fault| row_fault(index, fault)))
            .collect(),
        closes_row,
    }
}
