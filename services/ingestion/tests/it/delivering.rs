//! What the tests of the record share: backends, and deliveries in few words.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use xiuhua_ingestion::domain::batch::{AsOf, Batch, BatchKind, Position, RowCounts};
use xiuhua_ingestion::domain::ids::{BatchId, MeasureId, PlaceId, SourceId};
use xiuhua_ingestion::domain::measure::{Bounds, Measure};
use xiuhua_ingestion::domain::observation::{Cell, DeliveredObservation, ObservationRevision};
use xiuhua_ingestion::domain::pack::ObservationPack;
use xiuhua_ingestion::domain::period::Period;
use xiuhua_ingestion::domain::place::{DeliveredPlace, Description};
use xiuhua_ingestion::domain::rejection::RejectedRow;
use xiuhua_ingestion::domain::review::Preview;
use xiuhua_ingestion::domain::source::SourceEntry;
use xiuhua_ingestion::domain::text::Text;
use xiuhua_ingestion::store::{
    self, Chunk, ColumnQuery, Mutation, NewCommit, NewDecision, NewDelivery, OpenDelivery, Opened,
    PreviewQuery, Store,
};
use xiuhua_service_kit::clock::{ManualClock, SharedClock};
use xiuhua_service_kit::request_id::RequestId;
use xiuhua_service_kit::testing::{TemporaryDatabase, temporary_postgres};

use crate::through_door::{SHARE, ThroughDoor};

/// One backend of the suite.
pub(crate) struct Backend {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<dyn Store>,
    /// Keeps the file of the store; `None` for one in memory.
    _file: Option<TemporaryDatabase>,
}

/// Every database there is, and the service in front of one, as its callers see it: the door knows no database.
pub(crate) async fn backends() -> Vec<Backend> {
    let door = Arc::new(ThroughDoor::new("sqlite::memory:").await);
    let mut backends = databases().await;
    backends.push(Backend { name: "through the door", store: door, _file: None });
    backends
}

/// Every database there is, each empty. A further one is one line here.
pub(crate) async fn databases() -> Vec<Backend> {
    let file = TemporaryDatabase::new();
    vec![
        Backend { name: "SQLite file", store: store::open(&file.url()).await.unwrap(), _file: Some(file) },
        Backend { name: "SQLite in memory", store: in_memory().await, _file: None },
        Backend { name: "PostgreSQL", store: on_postgres().await, _file: None },
    ]
}

pub(crate) async fn in_memory() -> Arc<dyn Store> {
    store::open("sqlite::memory:").await.unwrap()
}

pub(crate) async fn on_postgres() -> Arc<dyn Store> {
    store::open(&temporary_postgres().await).await.unwrap()
}

/// A mutation that no other test has named.
pub(crate) fn mutation(method: &'static str, fingerprint: u8) -> Mutation {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let id = format!("request-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    Mutation { request_id: RequestId::parse(&id).unwrap(), method, fingerprint: [fingerprint; 32] }
}

pub(crate) fn at(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap()
}

/// A clock that stands still at `microseconds`.
pub(crate) fn stopped(microseconds: i64) -> SharedClock {
    ManualClock::starting_at(at(microseconds)).shared()
}

pub(crate) fn counts(read: u64, accepted: u64, corrected: u64, duplicate: u64, rejected: u64) -> RowCounts {
    RowCounts { read, accepted, corrected, duplicate, rejected }
}

pub(crate) fn measure(id: &str, unit: &str, bounds: Bounds) -> Measure {
    Measure {
        id: MeasureId::new(id).unwrap(),
        name: Text::new("计量", "Measure"),
        unit: unit.to_owned(),
        bounds,
        source_system: String::new(),
        derivation: String::new(),
    }
}

/// A row of observations of the measure `visits` in 2021.
pub(crate) fn say(row: u64, place: &str, value: f64) -> DeliveredObservation {
    DeliveredObservation {
        row,
        place_id: place.into(),
        measure_id: "visits".into(),
        period: "2021".into(),
        source_id: "".into(),
        value,
        revised_at_us: None,
        closes_row: None,
        original: Some(format!("original of row {row}")),
        faults: Vec::new(),
    }
}

pub(crate) trait Saying {
    fn of(self, source: &str) -> Self;
    fn revised(self, microseconds: i64) -> Self;
}

impl Saying for DeliveredObservation {
    fn of(self, source: &str) -> Self {
        Self { source_id: source.into(), ..self }
    }

    fn revised(self, microseconds: i64) -> Self {
        Self { revised_at_us: Some(microseconds), ..self }
    }
}

pub(crate) fn describe(row: u64, id: &str, name: &str) -> DeliveredPlace {
    let description = Description { name: name.to_owned(), ..Description::default() };
    DeliveredPlace {
        row,
        id: id.to_owned(),
        description,
        closes_row: None,
        original: format!("original of row {row}"),
        faults: Vec::new(),
    }
}

pub(crate) async fn open(store: &dyn Store, kind: BatchKind, mutation: Mutation, now: i64) -> OpenDelivery {
    resume(store, kind, mutation, now).await.0
}

/// A delivery and the chunk that is acknowledged of it.
pub(crate) async fn resume(
    store: &dyn Store,
    kind: BatchKind,
    mutation: Mutation,
    now: i64,
) -> (OpenDelivery, u64) {
    match store.open_delivery(new_delivery(kind, mutation, now)).await.unwrap() {
        Opened::Open { delivery, acknowledged } => (delivery, acknowledged),
        Opened::Complete(batch) => panic!("{} was sealed before", batch.id),
    }
}

pub(crate) fn new_delivery(kind: BatchKind, mutation: Mutation, now: i64) -> NewDelivery {
    NewDelivery {
        mutation,
        kind,
        file_name: "test.csv".to_owned(),
        content_sha256: None,
        stage: false,
        layout: None,
        corrects: None,
        received_at: at(now),
        given_up_before: Timestamp::MIN,
    }
}

/// Rows as a chunk brings them.
pub(crate) fn pack(rows: impl IntoIterator<Item = DeliveredObservation>) -> ObservationPack {
    rows.into_iter().collect()
}

/// A chunk whose content is told by one byte.
pub(crate) fn chunk(sequence: u64, content: u8) -> Chunk {
    Chunk { sequence, fingerprint: [content; 32] }
}

/// Withdraws a batch at `now` microseconds.
pub(crate) async fn withdraw(store: &dyn Store, now: i64, batch: &Batch) -> Batch {
    store.withdraw(withdrawal(now, &batch.id)).await.unwrap()
}

pub(crate) fn withdrawal(now: i64, batch_id: &BatchId) -> NewDecision {
    decision("WithdrawBatch", now, batch_id, "王芳")
}

pub(crate) fn decision(method: &'static str, now: i64, batch_id: &BatchId, author: &str) -> NewDecision {
    NewDecision {
        mutation: mutation(method, 0),
        batch_id: batch_id.clone(),
        author: author.to_owned(),
        reason: "the wrong file".to_owned(),
        clock: stopped(now),
    }
}

/// Delivers observations in chunks of three rows, sealed at `now` microseconds.
pub(crate) async fn deliver(store: &dyn Store, now: i64, rows: Vec<DeliveredObservation>) -> Batch {
    let delivery = new_delivery(BatchKind::Observations, mutation("ImportObservations", 0), now);
    deliver_as(store, delivery, rows).await
}

/// The same, as the header tells.
pub(crate) async fn deliver_as(
    store: &dyn Store,
    header: NewDelivery,
    rows: Vec<DeliveredObservation>,
) -> Batch {
    let now = header.received_at.as_microsecond();
    let Opened::Open { delivery, .. } = store.open_delivery(header).await.unwrap() else {
        panic!("it was complete before")
    };
    let chunks = u64::try_from(rows.chunks(3).len()).unwrap();
    for (sequence, rows) in (1..=chunks).zip(rows.chunks(3)) {
        let rows = pack(rows.iter().cloned());
        store.stage_observations(delivery, chunk(sequence, 0), rows).await.unwrap();
    }
    store.seal(delivery, chunks, stopped(now)).await.unwrap()
}

/// Delivers places in chunks of three rows, sealed at `now` microseconds.
pub(crate) async fn deliver_places(store: &dyn Store, now: i64, rows: Vec<DeliveredPlace>) -> Batch {
    let delivery = new_delivery(BatchKind::Places, mutation("ImportPlaces", 0), now);
    deliver_places_as(store, delivery, rows).await
}

/// The same, as the header tells.
pub(crate) async fn deliver_places_as(
    store: &dyn Store,
    header: NewDelivery,
    rows: Vec<DeliveredPlace>,
) -> Batch {
    let now = header.received_at.as_microsecond();
    let Opened::Open { delivery, .. } = store.open_delivery(header).await.unwrap() else {
        panic!("it was complete before")
    };
    let chunks = u64::try_from(rows.chunks(3).len()).unwrap();
    for (sequence, rows) in (1..=chunks).zip(rows.chunks(3)) {
        let rows = rows.iter().cloned().map(DeliveredPlace::checked).collect();
        store.stage_places(delivery, chunk(sequence, 0), rows).await.unwrap();
    }
    store.seal(delivery, chunks, stopped(now)).await.unwrap()
}

/// The file that a staged delivery of the tests holds.
pub(crate) const FILE: [u8; 32] = [7; 32];

/// The header of a delivery that is to be staged.
pub(crate) fn staged(kind: BatchKind, now: i64) -> NewDelivery {
    let method = if kind == BatchKind::Places { "ImportPlaces" } else { "ImportObservations" };
    NewDelivery { stage: true, content_sha256: Some(FILE), ..new_delivery(kind, mutation(method, 0), now) }
}

/// The header of a delivery that brings rejected rows of `corrected` again.
pub(crate) fn correcting(corrected: &Batch, now: i64) -> NewDelivery {
    let method = if corrected.kind == BatchKind::Places { "ImportPlaces" } else { "ImportObservations" };
    let header = new_delivery(corrected.kind, mutation(method, 0), now);
    NewDelivery { corrects: Some(corrected.id.clone()), ..header }
}

/// The commit of a batch by 王芳, who may do it alone if it moves nothing by more than 5 %.
pub(crate) fn commit(now: i64, batch: &Batch) -> NewCommit {
    NewCommit {
        mutation: mutation("CommitBatch", 0),
        batch_id: batch.id.clone(),
        content_sha256: FILE,
        author: "王芳".to_owned(),
        expected: None,
        preview_position: None,
        second_person_above: Some(SHARE),
        clock: stopped(now),
    }
}

/// What a batch would do at `now` microseconds, with every sample and rejected row there is.
pub(crate) async fn preview(store: &dyn Store, now: i64, batch: &Batch) -> Preview {
    let batch_id = batch.id.clone();
    let query = PreviewQuery { batch_id, samples: 100, rejected_rows: 1_000, clock: stopped(now) };
    store.preview(query).await.unwrap()
}

/// A store that knows the places `A`, `B`, `C` (position 1) and the measure `visits`, from 0 to 100.
pub(crate) async fn furnish(store: &dyn Store) {
    let bounds = Bounds::new(Some(0.0), Some(100.0), false, false).unwrap();
    let measures = vec![measure("visits", "visits/household/year", bounds)];
    store.register_measures(mutation("RegisterMeasures", 0), measures).await.unwrap();
    let places = ["A", "B", "C"].into_iter().zip(2..).map(|(id, row)| describe(row, id, id)).collect();
    deliver_places(store, 1, places).await;
}

pub(crate) fn source(id: &str, precedence: Option<u32>) -> SourceEntry {
    SourceEntry { id: SourceId::new(id).unwrap(), name: Text::new(id, id), precedence }
}

pub(crate) async fn put_precedence(store: &dyn Store, id: &str, precedence: u32) {
    store.put_source(mutation("PutSource", 0), source(id, Some(precedence))).await.unwrap();
}

/// Effective values of one measure and period, by place.
pub(crate) async fn column(
    store: &dyn Store,
    measure: &str,
    period: &str,
    as_of: AsOf,
) -> Vec<(String, f64)> {
    let axis = Arc::new(store.place_axis(as_of.position).await.unwrap());
    let precedences = Arc::new(store.precedences(as_of).await.unwrap());
    let query = ColumnQuery { position: as_of.position, axis: Arc::clone(&axis), precedences };
    let (measure, period) = (MeasureId::new(measure).unwrap(), Period::parse(period).unwrap());
    let (mut values, mut start) = (Vec::new(), Some(0));
    while let Some(from) = start {
        // Two at a time, so that every test also tests where a stretch ends.
        let stretch = store.column(&measure, &period, &query, from, 2).await.unwrap();
        let places = stretch.place.iter().map(|place| axis.ids()[*place as usize].to_string());
        values.extend(places.zip(stretch.value));
        start = stretch.next;
    }
    values
}

pub(crate) async fn now(store: &dyn Store) -> AsOf {
    AsOf::now(store.position().await.unwrap())
}

pub(crate) fn past(position: u64) -> AsOf {
    AsOf::at(Position(position))
}

/// The effective value of `visits` in 2021.
pub(crate) async fn value(store: &dyn Store, place: &str, as_of: AsOf) -> Option<f64> {
    let column = column(store, "visits", "2021", as_of).await;
    column.into_iter().find(|(id, _)| id == place).map(|(_, value)| value)
}

pub(crate) async fn rejected(store: &dyn Store, batch: &BatchId) -> Vec<RejectedRow> {
    store.rejected_rows(batch, None, 1_000).await.unwrap()
}

pub(crate) fn codes(row: &RejectedRow) -> Vec<&str> {
    row.reasons.iter().map(|reason| reason.code.as_str()).collect()
}

pub(crate) fn place_id(id: &str) -> PlaceId {
    PlaceId::new(id).unwrap()
}

/// Revisions of `visits` in 2021 as of now.
pub(crate) async fn revisions(store: &dyn Store, place: &str) -> Vec<ObservationRevision> {
    revisions_as_of(store, place, now(store).await).await
}

pub(crate) async fn revisions_as_of(store: &dyn Store, place: &str, as_of: AsOf) -> Vec<ObservationRevision> {
    let cell = Cell {
        place_id: place_id(place),
        measure_id: MeasureId::new("visits").unwrap(),
        period: Period::parse("2021").unwrap(),
    };
    store.observation_revisions(&cell, as_of, 0, 100).await.unwrap()
}

pub(crate) fn values(revisions: &[ObservationRevision]) -> Vec<f64> {
    revisions.iter().map(|revision| revision.value).collect()
}
