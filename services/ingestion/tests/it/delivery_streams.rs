//! How the stream of a delivery may go, through the gRPC door.

use tonic::Code;
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::ingestion::v1::BatchState::{Open, Sealed};
use xiuhua_contracts::ingestion::v1::import_places_request::Part;

use crate::door::*;

#[tokio::test]
async fn a_stream_that_breaks_off_leaves_an_open_batch_and_the_next_starts_anew() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    // Held open until its chunk is acknowledged, then dropped without an end.
    let (send, receive) = tokio::sync::mpsc::channel(2);
    send.send(observations_header("first")).await.unwrap();
    send.send(observations_chunk(values(1, &[("A", 1.0)]))).await.unwrap();
    let stream = tokio_stream::wrappers::ReceiverStream::new(receive);
    let mut answers = client.import_observations(stream).await.unwrap().into_inner();
    assert!(answers.message().await.unwrap().is_some());
    let open = client.list_batches(pb::ListBatchesRequest::default()).await.unwrap().into_inner().batches;
    assert_eq!((open[0].state(), open[0].position), (Open, None));
    assert_eq!(open[0].counts.unwrap(), counts(0, 0, 0, 0, 0));
    assert_eq!(read_column(&mut client, None).await, []);
    drop(answers);
    let (_, batch) = deliver(&mut client, "first", vec![values(1, &[("B", 2.0)])]).await.unwrap();
    assert_eq!((batch.id, batch.counts.unwrap()), (open[0].id.clone(), counts(1, 1, 0, 0, 0)));
    assert_eq!(found(&read_column(&mut client, None).await), [("B", 2.0)]);
    drop(send);
}

#[tokio::test]
async fn a_stream_that_stops_without_an_end_seals_nothing_and_the_same_header_with_an_end_does() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let expected = (Code::InvalidArgument, "END_EXPECTED".to_owned(), Vec::new());
    let observations = vec![observations_header("first"), observations_chunk(values(1, &[("A", 1.0)]))];
    for stopped in [observations[..1].to_vec(), observations] {
        let stopped = import_observations(&mut client, tokio_stream::iter(stopped)).await.unwrap_err();
        assert_eq!(refusal(&stopped), expected);
    }
    let places = vec![
        Part::Header(header("second", "places.csv")),
        Part::Chunk(place_chunk(1, vec![place_row(2, "D")])),
    ];
    assert_eq!(refusal(&import_place_parts(&mut client, places).await.unwrap_err()), expected);
    let open = client.list_batches(pb::ListBatchesRequest::default()).await.unwrap().into_inner().batches;
    let states: Vec<_> = open.iter().map(|batch| (batch.request_id.as_str(), batch.state())).collect();
    assert_eq!(states, [("second", Open), ("first", Open), ("places", Sealed)]);
    assert_eq!(
        client.get_position(pb::GetPositionRequest::default()).await.unwrap().into_inner().position,
        1
    );
    assert_eq!(read_column(&mut client, None).await, []);

    let (_, batch) = deliver(&mut client, "first", vec![values(1, &[("A", 1.0)])]).await.unwrap();
    assert_eq!((&batch.id, batch.counts.unwrap()), (&open[1].id, counts(1, 1, 0, 0, 0)));
    let rows = vec![place_row(2, "D")];
    let (_, batch) = import_places(&mut client, "second", vec![place_chunk(1, rows)]).await.unwrap();
    assert_eq!((&batch.id, batch.counts.unwrap()), (&open[0].id, counts(1, 1, 0, 0, 0)));
}

#[tokio::test]
async fn an_end_that_counts_wrongly_or_is_not_the_last_message_is_refused_and_seals_nothing() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let invalid = |reason: &str| (Code::InvalidArgument, reason.to_owned(), Vec::new());
    let (first, chunk) =
        (observations_header("first"), |sequence| observations_chunk(values(sequence, &[("A", 1.0)])));
    for (after_header, reason) in [
        (vec![chunk(1), observations_end(0)], "CHUNK_COUNT_DIFFERS"),
        (vec![chunk(1), observations_end(2)], "CHUNK_COUNT_DIFFERS"),
        (vec![observations_end(1)], "CHUNK_COUNT_DIFFERS"),
        (vec![chunk(1), observations_end(1), chunk(2)], "MESSAGE_AFTER_END"),
        (vec![chunk(1), observations_end(1), observations_end(1)], "MESSAGE_AFTER_END"),
        (vec![observations_end(0), first.clone()], "MESSAGE_AFTER_END"),
    ] {
        let requests = std::iter::once(first.clone()).chain(after_header);
        let requests: Vec<_> = requests.collect();
        let refused = import_observations(&mut client, tokio_stream::iter(requests)).await.unwrap_err();
        assert_eq!(refusal(&refused), invalid(reason));
    }
    let wrong = vec![
        Part::Header(header("second", "places.csv")),
        Part::Chunk(place_chunk(1, vec![place_row(2, "D")])),
        Part::End(pb::ImportEnd { chunks: 2 }),
    ];
    let refused = import_place_parts(&mut client, wrong).await.unwrap_err();
    assert_eq!(refusal(&refused), invalid("CHUNK_COUNT_DIFFERS"));
    assert_eq!(
        client.get_position(pb::GetPositionRequest::default()).await.unwrap().into_inner().position,
        1
    );
}

#[tokio::test]
async fn a_stream_that_breaks_the_rules_is_refused_with_a_stable_reason() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let refused = async |client: &mut Client, requests: Vec<pb::ImportObservationsRequest>| {
        refusal(&import_observations(client, tokio_stream::iter(requests)).await.unwrap_err())
    };
    let invalid = |reason: &str| (Code::InvalidArgument, reason.to_owned(), Vec::new());
    let (first, chunk) =
        (observations_header("first"), |sequence| observations_chunk(values(sequence, &[("A", 1.0)])));
    assert_eq!(refused(&mut client, vec![chunk(1)]).await, invalid("HEADER_EXPECTED"));
    assert_eq!(refused(&mut client, Vec::new()).await, invalid("HEADER_EXPECTED"));
    assert_eq!(refused(&mut client, vec![observations_end(0)]).await, invalid("HEADER_EXPECTED"));
    assert_eq!(refused(&mut client, vec![first.clone(), first.clone()]).await, invalid("SECOND_HEADER"));
    let empty = pb::ImportObservationsRequest { part: None };
    assert_eq!(refused(&mut client, vec![first.clone(), empty]).await, invalid("EMPTY_MESSAGE"));
    assert_eq!(refused(&mut client, vec![first.clone(), chunk(2)]).await, invalid("SEQUENCE_GAP"));
    assert_eq!(refused(&mut client, vec![first, chunk(1), chunk(1)]).await, invalid("SEQUENCE_GAP"));
    let no_name = observations_header("a b");
    let expected = (Code::InvalidArgument, "INVALID_REQUEST".to_owned(), vec!["request_id".to_owned()]);
    assert_eq!(refused(&mut client, vec![no_name]).await, expected);
}
