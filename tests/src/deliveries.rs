//! Deliveries of observations, and the client that carries one through: it begins again after every break, from where
//! the service says the record ends, until the batch is sealed.

use anyhow::Result;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Status, Streaming};
use xiuhua_contracts::ingestion::v1::import_observations_request::Part;
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::ingestion::v1::{
    Batch, ImportEnd, ImportHeader, ImportObservationsRequest, ImportObservationsResponse, ObservationChunk,
    import_observations_response,
};
use xiuhua_contracts::measure::v1::TextColumn;

use crate::journal::Journal;
use crate::patience::{asking, until_answered};

/// Chunks sent ahead of their acknowledgements.
const CHUNKS_AHEAD: usize = 3;

/// One row of a delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The place, on the register or not.
    pub place_id: String,
    /// The measure.
    pub measure_id: String,
    /// A year, month or day.
    pub period: String,
    /// In the measure's unit.
    pub value: f64,
}

/// A file that a client delivers.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The same for every attempt.
    pub request_id: String,
    /// As the header says it.
    pub file_name: String,
    /// In order, from sequence 1.
    pub chunks: Vec<ObservationChunk>,
}

impl Delivery {
    /// A file of `rows`, from one source, in chunks of `chunk_rows`.
    #[must_use]
    pub fn of(request_id: &str, file_name: &str, source_id: &str, rows: &[Row], chunk_rows: usize) -> Self {
        let chunks = (0_u64..).zip(rows.chunks(chunk_rows)).map(|(nth, rows_of_chunk)| {
            let first = nth * chunk_rows as u64 + 2;
            ObservationChunk {
                sequence: nth + 1,
                row: (first..).take(rows_of_chunk.len()).collect(),
                place_id: column(rows_of_chunk.iter().map(|row| row.place_id.as_str())),
                measure_id: column(rows_of_chunk.iter().map(|row| row.measure_id.as_str())),
                period: column(rows_of_chunk.iter().map(|row| row.period.as_str())),
                source_id: column(rows_of_chunk.iter().map(|_| source_id)),
                value: rows_of_chunk.iter().map(|row| row.value).collect(),
                ..Default::default()
            }
        });
        Self { request_id: request_id.to_owned(), file_name: file_name.to_owned(), chunks: chunks.collect() }
    }
}

/// Carries a delivery through to its sealed batch, and writes down what was acknowledged. A channel connects again after
/// a break.
///
/// # Errors
/// The delivery is refused, or not taken however often it is repeated.
pub async fn deliver(ingestion: &Channel, delivery: &Delivery, journal: &Journal) -> Result<Batch> {
    let client = IngestionServiceClient::new(ingestion.clone());
    until_answered(&delivery.request_id, || attempt(client.clone(), delivery, journal)).await
}

/// One stream, from the header to the batch or the break.
///
/// # Errors
/// What ended the stream.
pub async fn attempt(
    mut client: IngestionServiceClient<Channel>,
    delivery: &Delivery,
    journal: &Journal,
) -> Result<Batch, Status> {
    let (outgoing, received) = mpsc::channel(CHUNKS_AHEAD);
    let header = ImportHeader {
        request_id: delivery.request_id.clone(),
        file_name: delivery.file_name.clone(),
        content_sha256: Vec::new(),
        ..ImportHeader::default()
    };
    send(&outgoing, Part::Header(header)).await;
    let mut answers = client.import_observations(asking(ReceiverStream::new(received))).await?.into_inner();
    let on_record = match next(&mut answers).await? {
        Answer::Sealed(batch) => {
            journal.sealed(&delivery.request_id, &batch);
            return Ok(*batch);
        }
        Answer::Durable(sequence) => sequence,
    };
    journal.resumed(&delivery.request_id, on_record);
    let sending = async move {
        for chunk in delivery.chunks.iter().filter(|chunk| chunk.sequence > on_record) {
            send(&outgoing, Part::Chunk(chunk.clone())).await;
        }
        send(&outgoing, Part::End(ImportEnd { chunks: delivery.chunks.len() as u64 })).await;
        // The caller's half ends here; the answers go on.
        drop(outgoing);
        std::future::pending().await
    };
    let reading = async {
        loop {
            match next(&mut answers).await? {
                Answer::Durable(sequence) => journal.acknowledged(&delivery.request_id, sequence),
                Answer::Sealed(batch) => return Ok::<_, Status>(batch),
            }
        }
    };
    let batch = tokio::select! {
        sealed = reading => sealed?,
        never = sending => never,
    };
    journal.sealed(&delivery.request_id, &batch);
    Ok(*batch)
}

async fn send(outgoing: &mpsc::Sender<ImportObservationsRequest>, part: Part) {
    // Fails when the call is over; its answers say why.
    let _ = outgoing.send(ImportObservationsRequest { part: Some(part) }).await;
}

enum Answer {
    Durable(u64),
    Sealed(Box<Batch>),
}

async fn next(answers: &mut Streaming<ImportObservationsResponse>) -> Result<Answer, Status> {
    use import_observations_response::Part as Reply;
    match answers.message().await?.and_then(|answer| answer.part) {
        Some(Reply::AcknowledgedSequence(sequence)) => Ok(Answer::Durable(sequence)),
        Some(Reply::Batch(batch)) => Ok(Answer::Sealed(Box::new(batch))),
        None => Err(Status::data_loss("the stream ended without a batch")),
    }
}

/// A column of texts with a dictionary.
fn column<'a>(texts: impl Iterator<Item = &'a str>) -> Option<TextColumn> {
    let mut column = TextColumn::default();
    for text in texts {
        let known = column.dictionary.iter().position(|it| it == text);
        let index = known.unwrap_or_else(|| {
            column.dictionary.push(text.to_owned());
            column.dictionary.len() - 1
        });
        column.index.push(u32::try_from(index).expect("a chunk has at most 50,000 rows"));
    }
    Some(column)
}
