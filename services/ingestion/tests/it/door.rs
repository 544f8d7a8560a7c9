//! The service behind its gRPC door, over an in-memory pipe, and messages in few words.

use tokio_stream::{Stream, StreamExt};
use tonic::Status;
use tonic::transport::Channel;
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::measure::v1::{Bounds, RowCounts, Text, TextColumn};
use xiuhua_ingestion::{Config, assemble};
use xiuhua_service_kit::clock::ManualClock;
use xiuhua_service_kit::status::explain;
use xiuhua_service_kit::testing::{Served, serve};

use crate::delivering::at;

pub(crate) type Client = IngestionServiceClient<Channel>;

/// A running service on an empty store; drained when dropped.
pub(crate) struct Door {
    pub(crate) client: Client,
    pub(crate) clock: ManualClock,
    _served: Served,
}

pub(crate) async fn open_door() -> Door {
    open_door_on("sqlite::memory:").await
}

pub(crate) async fn open_door_on(database_url: &str) -> Door {
    let config = Config::embedded(database_url).unwrap();
    let clock = ManualClock::starting_at(at(1_640_995_200_000_000));
    let served = serve(vec![assemble(&config, clock.shared()).await.unwrap()]);
    Door { client: Client::new(served.channel.clone()), clock, _served: served }
}

/// A door behind which the places `A`, `B`, `C` and the measure `visits` (0 to 100) are known.
pub(crate) async fn open_furnished_door() -> Door {
    furnish_door(open_door().await).await
}

pub(crate) async fn furnish_door(mut door: Door) -> Door {
    let request = pb::RegisterMeasuresRequest { request_id: "measures".into(), measures: vec![visits()] };
    door.client.register_measures(request).await.unwrap();
    let rows = ["A", "B", "C"].into_iter().zip(2..).map(|(id, row)| place_row(row, id)).collect();
    import_places(&mut door.client, "places", vec![place_chunk(1, rows)]).await.unwrap();
    door
}

pub(crate) fn visits() -> pb::Measure {
    pb::Measure {
        id: "visits".into(),
        name: Some(Text { zh: "走访".into(), en: "Visits".into() }),
        unit: "visits/household/year".into(),
        bounds: Some(Bounds { lower: Some(0.0), upper: Some(100.0), ..Bounds::default() }),
        ..pb::Measure::default()
    }
}

pub(crate) fn place_row(row: u64, id: &str) -> pb::PlaceRow {
    let place = pb::Place { id: id.into(), name: format!("小区{id}"), ..pb::Place::default() };
    pb::PlaceRow { row, place: Some(place), original: format!("{id},小区{id}"), ..Default::default() }
}

pub(crate) fn place_chunk(sequence: u64, rows: Vec<pb::PlaceRow>) -> pb::PlaceChunk {
    pb::PlaceChunk { sequence, rows, faults: Vec::new() }
}

/// Values of `visits` in 2021, from row 2 on.
pub(crate) fn values(sequence: u64, said: &[(&str, f64)]) -> pb::ObservationChunk {
    let count = u32::try_from(said.len()).unwrap();
    let same =
        |text: &str| Some(TextColumn { dictionary: vec![text.to_owned()], index: vec![0; said.len()] });
    pb::ObservationChunk {
        sequence,
        row: (2..u64::from(count) + 2).collect(),
        place_id: Some(TextColumn {
            dictionary: said.iter().map(|(id, _)| (*id).to_owned()).collect(),
            index: (0..count).collect(),
        }),
        measure_id: same("visits"),
        period: same("2021"),
        source_id: same(""),
        value: said.iter().map(|(_, value)| *value).collect(),
        ..pb::ObservationChunk::default()
    }
}

pub(crate) fn header(request_id: &str, file_name: &str) -> pb::ImportHeader {
    pb::ImportHeader { request_id: request_id.into(), file_name: file_name.into(), ..Default::default() }
}

pub(crate) fn observations_header(request_id: &str) -> pb::ImportObservationsRequest {
    let part = pb::import_observations_request::Part::Header(header(request_id, "obs.csv"));
    pb::ImportObservationsRequest { part: Some(part) }
}

pub(crate) fn observations_chunk(chunk: pb::ObservationChunk) -> pb::ImportObservationsRequest {
    pb::ImportObservationsRequest { part: Some(pb::import_observations_request::Part::Chunk(chunk)) }
}

pub(crate) fn observations_end(chunks: u64) -> pb::ImportObservationsRequest {
    let part = pb::import_observations_request::Part::End(pb::ImportEnd { chunks });
    pb::ImportObservationsRequest { part: Some(part) }
}

/// What a delivery was answered: the sequences acknowledged, and the batch.
pub(crate) type Answered = Result<(Vec<u64>, pb::Batch), Status>;

pub(crate) async fn import_places(
    client: &mut Client,
    request_id: &str,
    chunks: Vec<pb::PlaceChunk>,
) -> Answered {
    use pb::import_places_request::Part;
    let end = Part::End(pb::ImportEnd { chunks: chunks.len() as u64 });
    let mut parts = vec![Part::Header(header(request_id, "places.csv"))];
    parts.extend(chunks.into_iter().map(Part::Chunk));
    parts.push(end);
    import_place_parts(client, parts).await
}

pub(crate) async fn import_place_parts(
    client: &mut Client,
    parts: Vec<pb::import_places_request::Part>,
) -> Answered {
    let requests = parts.into_iter().map(|part| pb::ImportPlacesRequest { part: Some(part) });
    let requests: Vec<_> = requests.collect();
    let mut answers = client.import_places(tokio_stream::iter(requests)).await?.into_inner();
    let mut acknowledged = Vec::new();
    while let Some(answer) = answers.message().await? {
        match answer.part.unwrap() {
            pb::import_places_response::Part::AcknowledgedSequence(sequence) => acknowledged.push(sequence),
            pb::import_places_response::Part::Batch(batch) => return Ok((acknowledged, batch)),
        }
    }
    panic!("the stream ended without a batch")
}

pub(crate) async fn import_observations(
    client: &mut Client,
    requests: impl Stream<Item = pb::ImportObservationsRequest> + Send + 'static,
) -> Answered {
    let mut answers = client.import_observations(requests).await?.into_inner();
    let mut acknowledged = Vec::new();
    while let Some(answer) = answers.message().await? {
        match answer.part.unwrap() {
            pb::import_observations_response::Part::AcknowledgedSequence(sequence) => {
                acknowledged.push(sequence)
            }
            pb::import_observations_response::Part::Batch(batch) => {
                assert!(answers.message().await?.is_none(), "the batch is the last message");
                return Ok((acknowledged, batch));
            }
        }
    }
    panic!("the stream ended without a batch")
}

pub(crate) async fn deliver(
    client: &mut Client,
    request_id: &str,
    chunks: Vec<pb::ObservationChunk>,
) -> Answered {
    let end = observations_end(chunks.len() as u64);
    let mut requests = vec![observations_header(request_id)];
    requests.extend(chunks.into_iter().map(observations_chunk));
    requests.push(end);
    import_observations(client, tokio_stream::iter(requests)).await
}

/// Effective values of one column by place id.
pub(crate) async fn read_column(client: &mut Client, as_of_position: Option<u64>) -> Vec<(String, f64)> {
    let (measure_ids, periods) = (vec!["visits".to_owned()], vec!["2021".to_owned()]);
    let request = pb::ReadObservationsRequest { measure_ids, periods, as_of_position };
    let mut answers = client.read_observations(request).await.unwrap().into_inner();
    let (mut axis, mut values) = (Vec::new(), Vec::new());
    while let Some(answer) = answers.next().await {
        match answer.unwrap().part.unwrap() {
            pb::read_observations_response::Part::Places(places) => axis.extend(places.ids),
            pb::read_observations_response::Part::Column(column) => {
                let places = column.place.iter().map(|place| axis[*place as usize].clone());
                values.extend(places.zip(column.value));
            }
        }
    }
    values
}

/// Code, stable reason and the fields at fault of a refusal.
pub(crate) fn refusal(status: &Status) -> (tonic::Code, String, Vec<String>) {
    let told = explain(status);
    let fields = told.violations.into_iter().map(|violation| violation.field).collect();
    (status.code(), told.reason, fields)
}

pub(crate) fn counts(read: u64, accepted: u64, corrected: u64, duplicate: u64, rejected: u64) -> RowCounts {
    RowCounts { read, accepted, corrected, duplicate, rejected }
}

pub(crate) fn found(values: &[(String, f64)]) -> Vec<(&str, f64)> {
    values.iter().map(|(id, value)| (id.as_str(), *value)).collect()
}
