//! Deliveries: the two import streams, which differ in their rows alone, and what became of them.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use tonic::{Status, Streaming};
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::status::{InvalidRequest, refuse};

use super::{Door, Stream, paging};
use crate::convert;
use crate::domain::batch::{Batch, BatchKind};
use crate::domain::ids::BatchId;
use crate::domain::rejection::RejectedRow;
use crate::error::{Error, Noun, StreamFault};
use crate::store::{NewDelivery, OpenDelivery, Opened, Store};

/// What one message of a stream holds.
pub(super) enum Part<C> {
    Header(pb::ImportHeader),
    Chunk(C),
}

/// A kind of delivery: its messages and its rows.
#[tonic::async_trait]
pub(super) trait Delivery: Send + 'static {
    const KIND: BatchKind;
    const METHOD: &'static str;
    type Request: Send;
    type Response: Send;
    type Chunk: Send + 'static;

    fn part(request: Self::Request) -> Option<Part<Self::Chunk>>;
    fn acknowledgement(sequence: u64) -> Self::Response;
    fn sealed(batch: pb::Batch) -> Self::Response;
    /// Makes a chunk durable and gives its sequence.
    async fn stage(store: &dyn Store, to: OpenDelivery, chunk: Self::Chunk) -> Result<u64, Error>;
}

pub(super) struct Places;

#[tonic::async_trait]
impl Delivery for Places {
    const KIND: BatchKind = BatchKind::Places;
    const METHOD: &'static str = "ImportPlaces";
    type Request = pb::ImportPlacesRequest;
    type Response = pb::ImportPlacesResponse;
    type Chunk = pb::PlaceChunk;

    fn part(request: Self::Request) -> Option<Part<Self::Chunk>> {
        request.part.map(|part| match part {
            pb::import_places_request::Part::Header(header) => Part::Header(header),
            pb::import_places_request::Part::Chunk(chunk) => Part::Chunk(chunk),
        })
    }

    fn acknowledgement(sequence: u64) -> Self::Response {
        let part = pb::import_places_response::Part::AcknowledgedSequence(sequence);
        pb::ImportPlacesResponse { part: Some(part) }
    }

    fn sealed(batch: pb::Batch) -> Self::Response {
        pb::ImportPlacesResponse { part: Some(pb::import_places_response::Part::Batch(batch)) }
    }

    async fn stage(store: &dyn Store, to: OpenDelivery, chunk: Self::Chunk) -> Result<u64, Error> {
        let sequence = chunk.sequence;
        let rows = off_the_async_threads(move || convert::place_rows(chunk)).await??;
        store.stage_places(to, sequence, rows).await?;
        Ok(sequence)
    }
}

pub(super) struct Observations;

#[tonic::async_trait]
impl Delivery for Observations {
    const KIND: BatchKind = BatchKind::Observations;
    const METHOD: &'static str = "ImportObservations";
    type Request = pb::ImportObservationsRequest;
    type Response = pb::ImportObservationsResponse;
    type Chunk = pb::ObservationChunk;

    fn part(request: Self::Request) -> Option<Part<Self::Chunk>> {
        request.part.map(|part| match part {
            pb::import_observations_request::Part::Header(header) => Part::Header(header),
            pb::import_observations_request::Part::Chunk(chunk) => Part::Chunk(chunk),
        })
    }

    fn acknowledgement(sequence: u64) -> Self::Response {
        let part = pb::import_observations_response::Part::AcknowledgedSequence(sequence);
        pb::ImportObservationsResponse { part: Some(part) }
    }

    fn sealed(batch: pb::Batch) -> Self::Response {
        pb::ImportObservationsResponse { part: Some(pb::import_observations_response::Part::Batch(batch)) }
    }

    async fn stage(store: &dyn Store, to: OpenDelivery, chunk: Self::Chunk) -> Result<u64, Error> {
        let sequence = chunk.sequence;
        let rows = off_the_async_threads(move || convert::observation_rows(chunk)).await??;
        store.stage_observations(to, sequence, rows).await?;
        Ok(sequence)
    }
}

/// A chunk is tens of thousands of cells to check.
async fn off_the_async_threads<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Store(Box::new(error)))
}

/// A stream of one delivery, from the header to the seal. It answers as it is read: one message in, made durable, one
/// acknowledgement out; nothing is queued.
struct Receiving<D: Delivery> {
    inbound: Streaming<D::Request>,
    store: Arc<dyn Store>,
    clock: SharedClock,
    stage: Stage,
}

enum Stage {
    HeaderExpected,
    Open(OpenDelivery),
    Done,
}

/// Receives one delivery.
pub(super) fn receive<D: Delivery>(door: &Door, inbound: Streaming<D::Request>) -> Stream<D::Response> {
    let receiving = Receiving::<D> {
        inbound,
        store: Arc::clone(&door.store),
        clock: Arc::clone(&door.clock),
        stage: Stage::HeaderExpected,
    };
    stream::try_unfold(receiving, |mut receiving| async move {
        let answer = receiving.next_answer().await?;
        Ok(answer.map(|answer| (answer, receiving)))
    })
    .boxed()
}

impl<D: Delivery> Receiving<D> {
    /// The next message to send; `None` after the batch.
    async fn next_answer(&mut self) -> Result<Option<D::Response>, Status> {
        if let Stage::HeaderExpected = self.stage
            && let Some(sealed_before) = self.header().await?
        {
            return Ok(Some(self.finish(sealed_before)));
        }
        let Stage::Open(delivery) = self.stage else { return Ok(None) };
        let Some(request) = self.inbound.message().await? else {
            let sealed = self.store.seal(delivery, self.clock.now()).await;
            return sealed.map(|batch| Some(self.finish(batch))).map_err(refuse);
        };
        let staged = match D::part(request) {
            Some(Part::Chunk(chunk)) => D::stage(&*self.store, delivery, chunk).await,
            Some(Part::Header(_)) => Err(Error::Stream(StreamFault::SecondHeader)),
            None => Err(Error::Stream(StreamFault::EmptyMessage)),
        };
        staged.map(|sequence| Some(D::acknowledgement(sequence))).map_err(refuse)
    }

    /// Reads the header; gives the batch if it was sealed before.
    async fn header(&mut self) -> Result<Option<Batch>, Status> {
        let first = self.inbound.message().await?;
        let Some(Part::Header(header)) = first.and_then(D::part) else {
            return Err(refuse(Error::Stream(StreamFault::HeaderExpected)));
        };
        match self.open(&header).await.map_err(refuse)? {
            Opened::Open(delivery) => {
                self.stage = Stage::Open(delivery);
                Ok(None)
            }
            Opened::Sealed(batch) => Ok(Some(batch)),
        }
    }

    async fn open(&self, header: &pb::ImportHeader) -> Result<Opened, Error> {
        let mutation =
            convert::mutation(D::METHOD, &header.request_id, header).map_err(InvalidRequest::from)?;
        let file_name = convert::file_name(header).map_err(InvalidRequest::from)?;
        let delivery = NewDelivery { mutation, kind: D::KIND, file_name, received_at: self.clock.now() };
        self.store.open_delivery(delivery).await
    }

    fn finish(&mut self, batch: Batch) -> D::Response {
        self.stage = Stage::Done;
        D::sealed(convert::batch_message(batch))
    }
}

impl Door {
    pub(super) async fn get_batch(
        &self,
        request: &pb::GetBatchRequest,
    ) -> Result<pb::GetBatchResponse, Error> {
        let batch = self.batch("id", &request.id).await?;
        Ok(pb::GetBatchResponse { batch: Some(convert::batch_message(batch)) })
    }

    async fn batch(&self, field: &str, id: &str) -> Result<Batch, Error> {
        let id = convert::id(field, id, BatchId::new).map_err(InvalidRequest::from)?;
        self.store.batch(&id).await?.ok_or_else(|| Error::NotFound(Noun::Batch, id.to_string()))
    }

    pub(super) async fn list_batches(
        &self,
        request: &pb::ListBatchesRequest,
    ) -> Result<pb::ListBatchesResponse, Error> {
        const BINDING: &str = "batches";
        let page = paging::page(request.page_size, &request.page_token, BINDING)?;
        let before = match paging::numbers(&page)? {
            None => None,
            Some([number]) => Some(i64::try_from(number).map_err(|_| paging::not_ours())?),
        };
        let found = self.store.batches(before, page.limit_and_one()).await?;
        let (batches, next_page_token) = paging::cut(
            found,
            &page,
            BINDING,
            |(number, _)| number.to_string(),
            |(_, batch)| convert::batch_message(batch),
        );
        Ok(pb::ListBatchesResponse { batches, next_page_token })
    }

    pub(super) async fn list_rejected_rows(
        &self,
        request: &pb::ListRejectedRowsRequest,
    ) -> Result<pb::ListRejectedRowsResponse, Error> {
        let batch = self.batch("batch_id", &request.batch_id).await?;
        let binding = format!("rejected rows {}", batch.id);
        let page = paging::page(request.page_size, &request.page_token, &binding)?;
        let after = paging::numbers(&page)?.map(|[row, ordinal]| (row, ordinal));
        let found = self.store.rejected_rows(&batch.id, after, page.limit_and_one()).await?;
        let key = |row: &RejectedRow| format!("{}:{}", row.row, row.ordinal);
        let (rows, next_page_token) = paging::cut(found, &page, &binding, key, convert::rejected_row_message);
        Ok(pb::ListRejectedRowsResponse { rows, next_page_token })
    }
}
