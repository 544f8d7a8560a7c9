//! The record as a client sees it: every promise of [`Store`] that the contract makes too, kept by calls.

mod messages;
mod streams;

use std::collections::HashMap;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tonic::{Code, Status};
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::measure::v1::Text as TextMessage;
use xiuhua_ingestion::Error;
use xiuhua_ingestion::domain::activity::SourceActivity;
use xiuhua_ingestion::domain::batch::{AsOf, Batch, Position};
use xiuhua_ingestion::domain::effective::{ColumnStretch, PlaceAxis, Precedences};
use xiuhua_ingestion::domain::ids::{BatchId, MeasureId, PlaceId};
use xiuhua_ingestion::domain::measure::Measure;
use xiuhua_ingestion::domain::observation::{Cell, ObservationRevision};
use xiuhua_ingestion::domain::pack::ObservationPack;
use xiuhua_ingestion::domain::period::Period;
use xiuhua_ingestion::domain::place::{Place, PlaceRevision, PlaceRow};
use xiuhua_ingestion::domain::quarantine::{QuarantineState, QuarantinedRow};
use xiuhua_ingestion::domain::rejection::RejectedRow;
use xiuhua_ingestion::domain::review::Preview;
use xiuhua_ingestion::domain::source::{Source, SourceEntry};
use xiuhua_ingestion::store::{
    Chunk, ColumnQuery, Mutation, NewApproval, NewCommit, NewDecision, NewDelivery, NewGiveUp, OpenDelivery,
    Opened, PlaceFilter, PreviewQuery, QuarantineFilter, QuarantineKey, Registration, RejectedKey, Store,
};
use xiuhua_service_kit::clock::SharedClock;

use self::messages::{
    activity_of, batch_of, counts_message, layout_message, measure_message, place_of, place_revision_of,
    preview_of, quarantined_of, rejected_of, revision_of, source_of,
};
use self::streams::{Answer, Stream, observation_chunk, place_chunk};
use crate::door::{Client, Door, open_door_on};

/// The share of the default configuration, above which a second person has to agree.
pub(crate) const SHARE: f64 = 0.05;

/// A store behind a running service.
pub(crate) struct ThroughDoor {
    door: Door,
    streams: Mutex<HashMap<i64, Stream>>,
    /// What the last precedences were read as of: a column comes with those of its own reading.
    as_of: Mutex<Option<AsOf>>,
}

fn failed(status: Status) -> Error {
    Error::Store(Box::new(status))
}

impl ThroughDoor {
    pub(crate) async fn new(database_url: &str) -> Self {
        let door = open_door_on(database_url).await;
        Self { door, streams: Mutex::default(), as_of: Mutex::default() }
    }

    fn client(&self) -> Client {
        self.door.client.clone()
    }

    async fn staged(&self, to: OpenDelivery, chunk: u64) -> Result<(), Error> {
        let mut streams = self.streams.lock().await;
        match streams.get_mut(&to.batch_no).unwrap().answer().await? {
            Answer::Durable(sequence) => assert_eq!(sequence, chunk),
            Answer::Sealed(batch) => panic!("{} is sealed", batch.id),
        }
        Ok(())
    }
}

#[async_trait]
impl Store for ThroughDoor {
    async fn position(&self) -> Result<Position, Error> {
        let answer = self.client().get_position(pb::GetPositionRequest::default()).await.map_err(failed)?;
        Ok(Position(answer.into_inner().position))
    }

    async fn position_at(&self, instant: Timestamp) -> Result<Position, Error> {
        // The contract tells of what is past.
        self.door.clock.set(instant);
        let as_of_time =
            Some(prost_types::Timestamp { seconds: instant.as_second(), nanos: instant.subsec_nanosecond() });
        let answer =
            self.client().get_position(pb::GetPositionRequest { as_of_time }).await.map_err(failed)?;
        Ok(Position(answer.into_inner().position))
    }

    async fn register_measures(
        &self,
        mutation: Mutation,
        measures: Vec<Measure>,
    ) -> Result<Registration, Error> {
        let request = pb::RegisterMeasuresRequest {
            request_id: mutation.request_id.to_string(),
            measures: measures.into_iter().map(measure_message).collect(),
        };
        let answer = self.client().register_measures(request).await.map_err(failed)?.into_inner();
        Ok(Registration { created: answer.created, updated: answer.updated })
    }

    async fn measure(&self, _: &MeasureId) -> Result<Option<Measure>, Error> {
        unreachable!("service.rs tests it")
    }

    async fn measures(&self, _: Option<&str>, _: i64) -> Result<Vec<Measure>, Error> {
        unreachable!("service.rs tests it")
    }

    async fn unknown_measures(&self, _: &[MeasureId]) -> Result<Vec<MeasureId>, Error> {
        unreachable!("service.rs tests it")
    }

    async fn put_source(&self, mutation: Mutation, entry: SourceEntry) -> Result<Source, Error> {
        let source = pb::Source {
            id: entry.id.to_string(),
            name: Some(TextMessage { zh: entry.name.zh, en: entry.name.en }),
            precedence: entry.precedence,
        };
        let request =
            pb::PutSourceRequest { request_id: mutation.request_id.to_string(), source: Some(source) };
        let answer = self.client().put_source(request).await.map_err(failed)?.into_inner();
        Ok(source_of(answer.source.unwrap()))
    }

    async fn sources(&self, after: Option<(u32, String)>, limit: i64) -> Result<Vec<Source>, Error> {
        let request = pb::ListSourcesRequest::default();
        let answer = self.client().list_sources(request).await.map_err(failed)?.into_inner();
        let key = |source: &Source| (source.precedence, source.id.to_string());
        let sources = answer.sources.into_iter().map(source_of);
        let sources = sources.filter(|source| after.as_ref().is_none_or(|after| key(source) > *after));
        Ok(sources.take(usize::try_from(limit).unwrap()).collect())
    }

    async fn precedences(&self, as_of: AsOf) -> Result<Precedences, Error> {
        *self.as_of.lock().await = Some(as_of);
        Ok(Precedences::default())
    }

    async fn open_delivery(&self, delivery: NewDelivery) -> Result<Opened, Error> {
        self.door.clock.set(delivery.received_at);
        let header = pb::ImportHeader {
            request_id: delivery.mutation.request_id.to_string(),
            file_name: delivery.file_name,
            content_sha256: delivery.content_sha256.map(Vec::from).unwrap_or_default(),
            stage: delivery.stage,
            layout: delivery.layout.map(layout_message),
            corrects_batch_id: delivery.corrects.map(|id| id.to_string()).unwrap_or_default(),
        };
        let mut stream = Stream::open(self.client(), delivery.kind, header).await?;
        let acknowledged = match stream.answer().await? {
            Answer::Durable(sequence) => sequence,
            Answer::Sealed(batch) => return Ok(Opened::Complete(Box::new(batch_of(*batch)))),
        };
        let mut streams = self.streams.lock().await;
        let batch_no = i64::try_from(streams.len()).unwrap();
        streams.insert(batch_no, stream);
        let (kind, stage) = (delivery.kind, delivery.stage);
        let delivery = OpenDelivery { kind, batch_no, attempt: 1, stage, corrects: None };
        Ok(Opened::Open { delivery, acknowledged })
    }

    async fn stage_places(&self, to: OpenDelivery, chunk: Chunk, rows: Vec<PlaceRow>) -> Result<(), Error> {
        let message = place_chunk(chunk.sequence, rows);
        let part = Some(pb::import_places_request::Part::Chunk(message));
        if let Some(Stream::Places(send, _)) = self.streams.lock().await.get(&to.batch_no) {
            send.send(pb::ImportPlacesRequest { part }).await.unwrap();
        }
        self.staged(to, chunk.sequence).await
    }

    async fn stage_observations(
        &self,
        to: OpenDelivery,
        chunk: Chunk,
        pack: ObservationPack,
    ) -> Result<(), Error> {
        let message = observation_chunk(chunk.sequence, pack.rows().collect());
        let part = Some(pb::import_observations_request::Part::Chunk(message));
        if let Some(Stream::Observations(send, _)) = self.streams.lock().await.get(&to.batch_no) {
            send.send(pb::ImportObservationsRequest { part }).await.unwrap();
        }
        self.staged(to, chunk.sequence).await
    }

    async fn seal(&self, delivery: OpenDelivery, chunks: u64, clock: SharedClock) -> Result<Batch, Error> {
        self.door.clock.set(clock.now());
        let end = pb::ImportEnd { chunks };
        // What is left of the stream closes the caller's half when it is dropped.
        let mut stream = self.streams.lock().await.remove(&delivery.batch_no).unwrap();
        stream.end(end).await;
        match stream.answer().await? {
            Answer::Sealed(batch) => Ok(batch_of(*batch)),
            Answer::Durable(sequence) => panic!("chunk {sequence} is acknowledged after the end"),
        }
    }

    async fn preview(&self, query: PreviewQuery) -> Result<Preview, Error> {
        self.door.clock.set(query.clock.now());
        let request = pb::PreviewBatchRequest {
            batch_id: query.batch_id.to_string(),
            samples: query.samples,
            rejected_rows: query.rejected_rows,
        };
        let answer = self.client().preview_batch(request).await.map_err(failed)?;
        Ok(preview_of(answer.into_inner()))
    }

    async fn commit(&self, commit: NewCommit) -> Result<Batch, Error> {
        assert_eq!(commit.second_person_above, Some(SHARE), "the service knows one share");
        self.door.clock.set(commit.clock.now());
        let request = pb::CommitBatchRequest {
            request_id: commit.mutation.request_id.to_string(),
            batch_id: commit.batch_id.to_string(),
            content_sha256: commit.content_sha256.into(),
            author: commit.author,
            expected_counts: commit.expected.map(counts_message),
            preview_position: commit.preview_position.map(|position| position.0),
        };
        let answer = self.client().commit_batch(request).await.map_err(failed)?;
        Ok(batch_of(answer.into_inner().batch.unwrap()))
    }

    async fn approve(&self, approval: NewApproval) -> Result<Batch, Error> {
        let NewApproval { decision: approval, content_sha256, expected, preview_position } = approval;
        self.door.clock.set(approval.clock.now());
        let request = pb::ApproveBatchRequest {
            request_id: approval.mutation.request_id.to_string(),
            batch_id: approval.batch_id.to_string(),
            author: approval.author,
            reason: approval.reason,
            content_sha256: content_sha256.map(Vec::from).unwrap_or_default(),
            expected_counts: expected.map(counts_message),
            preview_position: preview_position.map(|position| position.0),
        };
        let answer = self.client().approve_batch(request).await.map_err(failed)?;
        Ok(batch_of(answer.into_inner().batch.unwrap()))
    }

    async fn discard(&self, discarding: NewDecision) -> Result<Batch, Error> {
        self.door.clock.set(discarding.clock.now());
        let request = pb::DiscardBatchRequest {
            request_id: discarding.mutation.request_id.to_string(),
            batch_id: discarding.batch_id.to_string(),
            author: discarding.author,
            reason: discarding.reason,
        };
        let answer = self.client().discard_batch(request).await.map_err(failed)?;
        Ok(batch_of(answer.into_inner().batch.unwrap()))
    }

    async fn withdraw(&self, withdrawal: NewDecision) -> Result<Batch, Error> {
        self.door.clock.set(withdrawal.clock.now());
        let request = pb::WithdrawBatchRequest {
            request_id: withdrawal.mutation.request_id.to_string(),
            batch_id: withdrawal.batch_id.to_string(),
            author: withdrawal.author,
            reason: withdrawal.reason,
        };
        let answer = self.client().withdraw_batch(request).await.map_err(failed)?;
        Ok(batch_of(answer.into_inner().batch.unwrap()))
    }

    async fn batch(&self, id: &BatchId) -> Result<Option<Batch>, Error> {
        let answer = self.client().get_batch(pb::GetBatchRequest { id: id.to_string() }).await;
        Ok(there(answer)?.map(|answer| batch_of(answer.batch.unwrap())))
    }

    async fn batches(&self, _: Option<i64>, _: i64) -> Result<Vec<(i64, Batch)>, Error> {
        unreachable!("service.rs tests it")
    }

    async fn rejected_rows(
        &self,
        batch: &BatchId,
        after: Option<RejectedKey>,
        limit: i64,
    ) -> Result<Vec<RejectedRow>, Error> {
        assert_eq!(after, None, "the contract has pages of its own");
        let request = pb::ListRejectedRowsRequest {
            batch_id: batch.to_string(),
            page_size: u32::try_from(limit).unwrap(),
            ..pb::ListRejectedRowsRequest::default()
        };
        let answer = self.client().list_rejected_rows(request).await.map_err(failed)?.into_inner();
        let rows = answer.rows.into_iter().zip(0..).map(|(row, ordinal)| rejected_of(row, ordinal));
        Ok(rows.collect())
    }

    async fn quarantined_rows(
        &self,
        filter: &QuarantineFilter,
        after: Option<QuarantineKey>,
        limit: i64,
    ) -> Result<Vec<(QuarantineKey, QuarantinedRow)>, Error> {
        assert_eq!(after, None, "the contract has pages of its own");
        let state = match filter.state {
            None => pb::QuarantineState::Unspecified,
            Some(QuarantineState::Open) => pb::QuarantineState::Open,
            Some(QuarantineState::Closed) => pb::QuarantineState::Closed,
            Some(QuarantineState::GivenUp) => pb::QuarantineState::GivenUp,
        };
        let mut request = pb::ListQuarantinedRowsRequest {
            batch_id: filter.batch_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            state: state.into(),
            page_size: 2,
            page_token: String::new(),
        };
        let mut rows = Vec::new();
        loop {
            let page =
                self.client().list_quarantined_rows(request.clone()).await.map_err(failed)?.into_inner();
            rows.extend(page.rows);
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        rows.truncate(usize::try_from(limit).unwrap());
        Ok(rows.into_iter().zip(0..).map(|(row, nth)| ((0, 0, nth), quarantined_of(row, nth))).collect())
    }

    async fn give_up_rows(&self, giving_up: NewGiveUp) -> Result<u64, Error> {
        self.door.clock.set(giving_up.given_up_at);
        let request = pb::GiveUpRowsRequest {
            request_id: giving_up.mutation.request_id.to_string(),
            batch_id: giving_up.batch_id.to_string(),
            rows: giving_up.rows,
            author: giving_up.author,
            reason: giving_up.reason,
        };
        Ok(self.client().give_up_rows(request).await.map_err(failed)?.into_inner().given_up)
    }

    async fn source_activity(&self, after: Option<&str>, limit: i64) -> Result<Vec<SourceActivity>, Error> {
        assert_eq!(after, None, "the contract has pages of its own");
        let mut request = pb::ListSourceActivityRequest { page_size: 1, ..Default::default() };
        let mut sources = Vec::new();
        loop {
            let page =
                self.client().list_source_activity(request.clone()).await.map_err(failed)?.into_inner();
            sources.extend(page.sources.into_iter().map(activity_of));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        sources.truncate(usize::try_from(limit).unwrap());
        Ok(sources)
    }

    async fn place(&self, id: &PlaceId, position: Position) -> Result<Option<Place>, Error> {
        let request = pb::GetPlaceRequest { id: id.to_string(), as_of_position: Some(position.0) };
        Ok(there(self.client().get_place(request).await)?.map(|answer| place_of(answer.place.unwrap())))
    }

    async fn places(
        &self,
        filter: &PlaceFilter,
        position: Position,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Place>, Error> {
        let mut request = pb::ListPlacesRequest {
            town_code: filter.town_code.clone().unwrap_or_default(),
            committee: filter.committee.clone().unwrap_or_default(),
            as_of_position: Some(position.0),
            page_size: 2,
            page_token: String::new(),
        };
        let mut places = Vec::new();
        loop {
            let page = self.client().list_places(request.clone()).await.map_err(failed)?.into_inner();
            places.extend(page.places.into_iter().map(place_of));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        places.retain(|place| after.is_none_or(|after| place.id.as_str() > after));
        places.truncate(usize::try_from(limit).unwrap());
        Ok(places)
    }

    async fn place_revisions(
        &self,
        id: &PlaceId,
        position: Position,
        before: Option<Position>,
        limit: i64,
    ) -> Result<Vec<PlaceRevision>, Error> {
        assert_eq!(position, self.position().await?, "the contract lists revisions as of now");
        let mut request = pb::ListPlaceRevisionsRequest {
            id: id.to_string(),
            page_size: 1,
            ..pb::ListPlaceRevisionsRequest::default()
        };
        let mut revisions = Vec::new();
        loop {
            let page = self.client().list_place_revisions(request.clone()).await.map_err(failed)?;
            let page = page.into_inner();
            revisions.extend(page.revisions.into_iter().map(place_revision_of));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        revisions.retain(|told| before.is_none_or(|before| told.position < before));
        revisions.truncate(usize::try_from(limit).unwrap());
        Ok(revisions)
    }

    async fn place_axis(&self, position: Position) -> Result<PlaceAxis, Error> {
        let request = pb::ReadPlacesRequest { as_of_position: Some(position.0) };
        let mut answers = self.client().read_places(request).await.map_err(failed)?.into_inner();
        let mut ids = Vec::new();
        while let Some(answer) = answers.message().await.map_err(failed)? {
            ids.extend(answer.places.into_iter().map(|place| place.id.into_boxed_str()));
        }
        Ok(PlaceAxis::new(ids).unwrap())
    }

    async fn column(
        &self,
        measure: &MeasureId,
        period: &Period,
        query: &ColumnQuery,
        start: usize,
        limit: usize,
    ) -> Result<ColumnStretch, Error> {
        use pb::read_observations_response::Part;
        let request = pb::ReadObservationsRequest {
            measure_ids: vec![measure.to_string()],
            periods: vec![period.to_string()],
            as_of_position: as_of_position((*self.as_of.lock().await).unwrap()),
        };
        let mut answers = self.client().read_observations(request).await.map_err(failed)?.into_inner();
        let (mut ids, mut values) = (Vec::new(), Vec::new());
        while let Some(answer) = answers.message().await.map_err(failed)? {
            match answer.part.unwrap() {
                Part::Places(places) => ids.extend(places.ids),
                Part::Column(column) => values.extend(column.place.into_iter().zip(column.value)),
            }
        }
        assert!(query.axis.ids().iter().map(|id| &**id).eq(ids.iter().map(String::as_str)));
        let rest: Vec<(u32, f64)> =
            values.into_iter().filter(|(place, _)| *place as usize >= start).collect();
        let next = rest.get(limit).map(|(place, _)| *place as usize);
        let (place, value) = rest.into_iter().take(limit).unzip();
        Ok(ColumnStretch { place, value, next })
    }

    async fn observation_revisions(
        &self,
        cell: &Cell,
        as_of: AsOf,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<ObservationRevision>, Error> {
        assert_eq!(offset, 0, "the contract has pages of its own");
        let mut request = pb::ListObservationRevisionsRequest {
            place_id: cell.place_id.to_string(),
            measure_id: cell.measure_id.to_string(),
            period: cell.period.to_string(),
            as_of_position: as_of_position(as_of),
            page_size: 2,
            page_token: String::new(),
        };
        let mut revisions = Vec::new();
        loop {
            let page = self.client().list_observation_revisions(request.clone()).await.map_err(failed)?;
            let page = page.into_inner();
            revisions.extend(page.revisions.into_iter().map(revision_of));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        revisions.truncate(usize::try_from(limit).unwrap());
        Ok(revisions)
    }
}

/// What is not found is not there.
fn there<T>(answer: Result<tonic::Response<T>, Status>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer.into_inner())),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(failed(status)),
    }
}

/// Now is said by saying nothing.
fn as_of_position(as_of: AsOf) -> Option<u64> {
    (as_of == AsOf::at(as_of.position)).then_some(as_of.position.0)
}
