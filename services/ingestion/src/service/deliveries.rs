//! Deliveries: the two import streams, which differ in their rows alone, and what became of them.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use tonic::{Status, Streaming};
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_service_kit::status::{InvalidRequest, Violation, refuse};

use super::{Door, Stream, paging};
use crate::convert;
use crate::domain::batch::{Batch, BatchKind};
use crate::domain::ids::BatchId;
use crate::domain::rejection::RejectedRow;
use crate::error::{Error, Noun, StreamFault};
use crate::store::{NewDelivery, OpenDelivery, Opened, Store};

/// Rejected rows read at once: the original text of each may be 1 MiB long.
pub(super) const REJECTED_ROWS_AT_ONCE: usize = 8;
/// Batches read at once: with the layout of its file one may be 1 MiB long.
const BATCHES_AT_ONCE: usize = 50;

/// What one message of a stream holds.
pub(super) enum Part<C> {
    Header(Box<pb::ImportHeader>),
    Chunk(C),
    End(pb::ImportEnd),
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
    fn complete(batch: pb::Batch) -> Self::Response;
    /// Makes a chunk durable, if it is not, and gives its sequence.
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
            pb::import_places_request::Part::Header(header) => Part::Header(Box::new(header)),
            pb::import_places_request::Part::Chunk(chunk) => Part::Chunk(chunk),
            pb::import_places_request::Part::End(end) => Part::End(end),
        })
    }

    fn acknowledgement(sequence: u64) -> Self::Response {
        let part = pb::import_places_response::Part::AcknowledgedSequence(sequence);
        pb::ImportPlacesResponse { part: Some(part) }
    }

    fn complete(batch: pb::Batch) -> Self::Response {
        pb::ImportPlacesResponse { part: Some(pb::import_places_response::Part::Batch(batch)) }
    }

    async fn stage(store: &dyn Store, to: OpenDelivery, chunk: Self::Chunk) -> Result<u64, Error> {
        let (chunk, rows) = off_the_async_threads(move || convert::place_chunk(chunk)).await??;
        store.stage_places(to, chunk, rows).await?;
        Ok(chunk.sequence)
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
            pb::import_observations_request::Part::Header(header) => Part::Header(Box::new(header)),
            pb::import_observations_request::Part::Chunk(chunk) => Part::Chunk(chunk),
            pb::import_observations_request::Part::End(end) => Part::End(end),
        })
    }

    fn acknowledgement(sequence: u64) -> Self::Response {
        let part = pb::import_observations_response::Part::AcknowledgedSequence(sequence);
        pb::ImportObservationsResponse { part: Some(part) }
    }

    fn complete(batch: pb::Batch) -> Self::Response {
        pb::ImportObservationsResponse { part: Some(pb::import_observations_response::Part::Batch(batch)) }
    }

    async fn stage(store: &dyn Store, to: OpenDelivery, chunk: Self::Chunk) -> Result<u64, Error> {
        let (chunk, pack) = off_the_async_threads(move || convert::observation_chunk(chunk)).await??;
        store.stage_observations(to, chunk, pack).await?;
        Ok(chunk.sequence)
    }
}

/// A chunk is tens of thousands of cells to check.
async fn off_the_async_threads<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Store(Box::new(error)))
}

/// A stream of one delivery, from the header to its batch. It answers as it is read: one message in, made durable, one
/// acknowledgement out; nothing is queued.
struct Receiving<D: Delivery> {
    inbound: Streaming<D::Request>,
    door: Door,
    stage: Stage,
}

enum Stage {
    HeaderExpected,
    Open(OpenDelivery),
    Done,
}

/// Receives one delivery.
pub(super) fn receive<D: Delivery>(door: &Door, inbound: Streaming<D::Request>) -> Stream<D::Response> {
    let receiving = Receiving::<D> { inbound, door: door.clone(), stage: Stage::HeaderExpected };
    stream::try_unfold(receiving, |mut receiving| async move {
        let answer = receiving.next_answer().await?;
        Ok(answer.map(|answer| (answer, receiving)))
    })
    .boxed()
}

impl<D: Delivery> Receiving<D> {
    /// The next message to send; `None` after the batch.
    async fn next_answer(&mut self) -> Result<Option<D::Response>, Status> {
        if let Stage::HeaderExpected = self.stage {
            return self.header().await.map(Some);
        }
        let Stage::Open(delivery) = self.stage else { return Ok(None) };
        // A call that its caller cancels can end here as one that is complete does, so the mere end of the stream never
        // seals.
        let Some(request) = self.inbound.message().await? else {
            return Err(refuse(Error::Stream(StreamFault::EndExpected)));
        };
        let staged = match D::part(request) {
            Some(Part::Chunk(chunk)) => D::stage(&*self.door.store, delivery, chunk).await,
            Some(Part::End(end)) => return self.seal(delivery, end).await.map(Some),
            Some(Part::Header(_)) => Err(Error::Stream(StreamFault::SecondHeader)),
            None => Err(Error::Stream(StreamFault::EmptyMessage)),
        };
        staged.map(|sequence| Some(D::acknowledgement(sequence))).map_err(refuse)
    }

    /// Seals once the caller's half has ended: a delivery that goes on after its end is refused, not half taken.
    async fn seal(&mut self, delivery: OpenDelivery, end: pb::ImportEnd) -> Result<D::Response, Status> {
        if self.inbound.message().await?.is_some() {
            return Err(refuse(Error::Stream(StreamFault::MessageAfterEnd)));
        }
        let sealed = self.door.store.seal(delivery, end.chunks, Arc::clone(&self.door.clock)).await;
        sealed.map(|batch| self.finish(batch)).map_err(refuse)
    }

    /// Reads the header; answers with what is durable, before any chunk is read, or with the batch if it was sealed.
    async fn header(&mut self) -> Result<D::Response, Status> {
        let first = self.inbound.message().await?;
        let Some(Part::Header(header)) = first.and_then(D::part) else {
            return Err(refuse(Error::Stream(StreamFault::HeaderExpected)));
        };
        match self.open(&header).await.map_err(refuse)? {
            Opened::Open { delivery, acknowledged } => {
                self.stage = Stage::Open(delivery);
                Ok(D::acknowledgement(acknowledged))
            }
            Opened::Complete(batch) => Ok(self.finish(*batch)),
        }
    }

    async fn open(&self, header: &pb::ImportHeader) -> Result<Opened, Error> {
        let mutation =
            convert::mutation(D::METHOD, &header.request_id, header).map_err(InvalidRequest::from)?;
        let said = convert::header(header)?;
        if let Some(corrects) = &said.corrects {
            self.door.check_corrects(corrects, D::KIND).await?;
        }
        let received_at = self.door.clock.now();
        let delivery = NewDelivery {
            mutation,
            kind: D::KIND,
            file_name: said.file_name,
            content_sha256: said.content_sha256,
            stage: header.stage,
            layout: said.layout,
            corrects: said.corrects,
            received_at,
            given_up_before: self.door.given_up_before(received_at),
        };
        self.door.store.open_delivery(delivery).await
    }

    fn finish(&mut self, batch: Batch) -> D::Response {
        self.stage = Stage::Done;
        D::complete(convert::batch_message(batch))
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

    /// What is corrected has to be sealed, which it then stays, and of the same kind: only then are its rows known.
    async fn check_corrects(&self, corrects: &BatchId, kind: BatchKind) -> Result<(), Error> {
        let batch = self.store.batch(corrects).await?;
        let batch = batch.ok_or_else(|| Error::NotFound(Noun::Batch, corrects.to_string()))?;
        if batch.seal.is_some() && batch.kind == kind {
            return Ok(());
        }
        let (zh, en) = ("须为同类且已封存的批次", "names no sealed batch of the same kind");
        Err(InvalidRequest::from(Violation::new("corrects_batch_id", zh, en)).into())
    }

    pub(super) async fn batch(&self, field: &str, id: &str) -> Result<Batch, Error> {
        let id = convert::id(field, id, BatchId::new).map_err(InvalidRequest::from)?;
        self.store.batch(&id).await?.ok_or_else(|| Error::NotFound(Noun::Batch, id.to_string()))
    }

    pub(super) async fn withdraw_batch(
        &self,
        request: pb::WithdrawBatchRequest,
    ) -> Result<pb::WithdrawBatchResponse, Error> {
        let batch = self.store.withdraw(convert::withdrawal(request, Arc::clone(&self.clock))?).await?;
        Ok(pb::WithdrawBatchResponse { batch: Some(convert::batch_message(batch)) })
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
        let mut filling = paging::Filling::new(page.limit_and_one(), BATCHES_AT_ONCE);
        while let Some(step) = filling.next_step() {
            let before = filling.last().copied().or(before);
            let batches = self.store.batches(before, step).await?;
            filling.take(batches.into_iter().map(|(number, batch)| (number, convert::batch_message(batch))));
        }
        let (batches, next_page_token) = paging::cut(
            filling.rows,
            &page,
            BINDING,
            |(number, _)| number.to_string(),
            |(_, message)| message,
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
        let mut filling = paging::Filling::new(page.limit_and_one(), REJECTED_ROWS_AT_ONCE);
        while let Some(step) = filling.next_step() {
            let after = filling.last().copied().or(after);
            let rows = self.store.rejected_rows(&batch.id, after, step).await?;
            let keyed = |row: RejectedRow| ((row.row, row.ordinal), convert::rejected_row_message(row));
            filling.take(rows.into_iter().map(keyed));
        }
        let (rows, next_page_token) = paging::cut(
            filling.rows,
            &page,
            &binding,
            |((row, ordinal), _)| format!("{row}:{ordinal}"),
            |(_, message)| message,
        );
        Ok(pb::ListRejectedRowsResponse { rows, next_page_token })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::time::Duration;

    use prost::Message;
    use tonic::codegen::{Body as _, Bytes, Context, Pin, Poll, Service, http};
    use xiuhua_contracts::ingestion::v1::ingestion_service_server::IngestionServiceServer;
    use xiuhua_service_kit::clock::SystemClock;

    use super::*;
    use crate::store;

    /// A request body that its caller resets once its messages are sent, as a client does that gives a call up.
    struct Reset {
        messages: VecDeque<Bytes>,
    }

    impl tonic::codegen::Body for Reset {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Status>>> {
            let next = self.messages.pop_front().map(http_body::Frame::data);
            // What the transport makes of RST_STREAM(CANCEL).
            Poll::Ready(Some(next.ok_or_else(|| Status::cancelled("reset"))))
        }
    }

    /// A message as gRPC frames it: not compressed, its length, its bytes.
    fn framed(part: pb::import_places_request::Part) -> Bytes {
        let message = pb::ImportPlacesRequest { part: Some(part) }.encode_to_vec();
        let length = u32::try_from(message.len()).unwrap();
        [&[0][..], &length.to_be_bytes(), &message].concat().into()
    }

    #[tokio::test]
    async fn a_delivery_whose_caller_cancels_it_is_never_sealed() {
        use pb::import_places_request::Part::{Chunk, Header};
        let store = store::open("sqlite::memory:").await.unwrap();
        let door = Door::new(Arc::clone(&store), SystemClock::shared(), Duration::MAX, None);
        let header = pb::ImportHeader {
            request_id: "first".into(),
            file_name: "places.csv".into(),
            ..Default::default()
        };
        let place = pb::Place { id: "A".into(), ..pb::Place::default() };
        let row = pb::PlaceRow { row: 2, place: Some(place), ..pb::PlaceRow::default() };
        let chunk = pb::PlaceChunk { sequence: 1, rows: vec![row], ..pb::PlaceChunk::default() };
        let body = Reset { messages: [Header(header), Chunk(chunk)].map(framed).into() };
        let request =
            http::Request::post("/xiuhua.ingestion.v1.IngestionService/ImportPlaces").body(body).unwrap();
        let mut answers = IngestionServiceServer::new(door).call(request).await.unwrap().into_body();
        let (mut messages, mut trailers) = (0, None);
        while let Some(frame) =
            std::future::poll_fn(|context| Pin::new(&mut answers).poll_frame(context)).await
        {
            match frame.unwrap().into_trailers() {
                Ok(found) => trailers = Some(found),
                Err(_) => messages += 1,
            }
        }
        let told = Status::from_header_map(&trailers.unwrap()).unwrap();
        // The header and the chunk are acknowledged.
        assert_eq!((messages, told.code()), (2, tonic::Code::InvalidArgument), "{told:?}");
        let (_, batch) = store.batches(None, 1).await.unwrap().remove(0);
        assert_eq!((batch.request_id.as_str(), batch.seal), ("first", None));
    }
}
