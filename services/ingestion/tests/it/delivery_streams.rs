//! How the stream of a delivery may go, through the gRPC door.

use std::time::Duration;

use tonic::Code;
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::ingestion::v1::BatchState::{Open, Sealed};
use xiuhua_contracts::ingestion::v1::import_places_request::Part;

use crate::door::*;

/// A stream that is held open after its messages, and what it was answered so far.
async fn broken_off(client: &mut Client, messages: Vec<pb::ImportObservationsRequest>) -> Vec<u64> {
    let (send, receive) = tokio::sync::mpsc::channel(messages.len());
    let count = messages.len();
    for message in messages {
        send.send(message).await.unwrap();
    }
    let stream = tokio_stream::wrappers::ReceiverStream::new(receive);
    let mut answers = client.import_observations(stream).await.unwrap().into_inner();
    let mut acknowledged = Vec::new();
    for _ in 0..count {
        match answers.message().await.unwrap().unwrap().part.unwrap() {
            pb::import_observations_response::Part::AcknowledgedSequence(sequence) => {
                acknowledged.push(sequence)
            }
            pb::import_observations_response::Part::Batch(batch) => panic!("{} is sealed", batch.id),
        }
    }
    acknowledged
}

#[tokio::test]
async fn a_stream_that_breaks_off_leaves_an_open_batch_and_the_next_goes_on_behind_it() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let (first, second) = (values(1, &[("A", 1.0)]), values(2, &[("B", 2.0)]));
    let sent = vec![observations_header("first"), observations_chunk(first.clone())];
    assert_eq!(broken_off(&mut client, sent).await, [0, 1]);
    let open = client.list_batches(pb::ListBatchesRequest::default()).await.unwrap().into_inner().batches;
    assert_eq!((open[0].state(), open[0].position), (Open, None));
    assert_eq!(open[0].counts.unwrap(), counts(0, 0, 0, 0, 0));
    assert_eq!(read_column(&mut client, None).await, []);
    // The header alone tells where to go on; nothing need have been sent to hear it.
    assert_eq!(broken_off(&mut client, vec![observations_header("first")]).await, [1]);
    let rest = vec![observations_header("first"), observations_chunk(second), observations_end(2)];
    let (acknowledged, batch) = import_observations(&mut client, tokio_stream::iter(rest)).await.unwrap();
    assert_eq!(acknowledged, [1, 2]);
    assert_eq!((batch.id, batch.counts.unwrap()), (open[0].id.clone(), counts(2, 2, 0, 0, 0)));
    assert_eq!(found(&read_column(&mut client, None).await), [("A", 1.0), ("B", 2.0)]);
}

#[tokio::test]
async fn a_caller_that_begins_at_the_first_chunk_again_is_acknowledged_and_another_file_is_refused() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let (first, second) = (values(1, &[("A", 1.0)]), values(2, &[("B", 2.0)]));
    let sent = vec![observations_header("first"), observations_chunk(first.clone())];
    assert_eq!(broken_off(&mut client, sent).await, [0, 1]);
    let reused = (Code::AlreadyExists, "KEY_REUSED_WITH_DIFFERENT_BODY".to_owned(), Vec::new());
    let other = deliver(&mut client, "first", vec![values(1, &[("A", 9.0)])]).await.unwrap_err();
    assert_eq!(refusal(&other), reused);
    let mut other_file = header("first", "obs.csv");
    other_file.content_sha256 = vec![7; 32];
    let part = pb::import_observations_request::Part::Header(other_file);
    let other_file = vec![pb::ImportObservationsRequest { part: Some(part) }];
    let other_file = import_observations(&mut client, tokio_stream::iter(other_file)).await.unwrap_err();
    assert_eq!(refusal(&other_file), reused);
    let (acknowledged, batch) = deliver(&mut client, "first", vec![first, second]).await.unwrap();
    assert_eq!((acknowledged, batch.counts.unwrap()), (vec![1, 1, 2], counts(2, 2, 0, 0, 0)));
}

#[tokio::test]
async fn a_delivery_that_nobody_resumes_for_a_week_begins_anew() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let sent =
        |request_id| vec![observations_header(request_id), observations_chunk(values(1, &[("A", 1.0)]))];
    assert_eq!(broken_off(&mut client, sent("first")).await, [0, 1]);
    door.clock.advance(Duration::from_secs(6 * 86_400));
    assert_eq!(broken_off(&mut client, sent("second")).await, [0, 1]);
    door.clock.advance(Duration::from_secs(2 * 86_400));
    deliver(&mut client, "third", Vec::new()).await.unwrap();
    assert_eq!(broken_off(&mut client, vec![observations_header("first")]).await, [0]);
    assert_eq!(broken_off(&mut client, vec![observations_header("second")]).await, [1]);
}

#[tokio::test]
async fn a_delivery_whose_chunks_come_one_to_five_times_is_as_one_delivered_once() {
    let mut told = Vec::new();
    for times in 1..=5 {
        let door = open_furnished_door().await;
        let mut client = door.client.clone();
        let chunks = [values(1, &[("A", 1.0), ("B", 2.0)]), values(2, &[("C", 120.0), ("A", 1.0)])];
        let mut requests = vec![observations_header("first")];
        for chunk in chunks {
            requests.extend(vec![observations_chunk(chunk); times]);
        }
        requests.push(observations_end(2));
        // The delivery as a whole comes as often.
        let mut batches = Vec::new();
        for _ in 0..times {
            let again = tokio_stream::iter(requests.clone());
            batches.push(import_observations(&mut client, again).await.unwrap().1);
        }
        batches.dedup();
        assert_eq!(batches.len(), 1);
        let position =
            client.get_position(pb::GetPositionRequest::default()).await.unwrap().into_inner().position;
        told.push((batches[0].counts.unwrap(), read_column(&mut client, None).await, position));
    }
    assert_eq!(told[0].0, counts(4, 2, 0, 1, 1));
    assert!(told.iter().all(|other| *other == told[0]), "{told:?}");
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
    let chunk = |sequence| observations_chunk(values(sequence, &[("A", 1.0)]));
    let cases = [
        (vec![chunk(1), observations_end(0)], "CHUNK_COUNT_DIFFERS"),
        (vec![chunk(1), observations_end(2)], "CHUNK_COUNT_DIFFERS"),
        (vec![observations_end(1)], "CHUNK_COUNT_DIFFERS"),
        (vec![chunk(1), observations_end(1), chunk(2)], "MESSAGE_AFTER_END"),
        (vec![chunk(1), observations_end(1), observations_end(1)], "MESSAGE_AFTER_END"),
        (vec![observations_end(0), observations_header("first")], "MESSAGE_AFTER_END"),
    ];
    for (nth, (after_header, reason)) in cases.into_iter().enumerate() {
        let requests = std::iter::once(observations_header(&format!("nth-{nth}"))).chain(after_header);
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
    assert_eq!(refused(&mut client, vec![first.clone(), chunk(0)]).await, invalid("SEQUENCE_GAP"));
    assert_eq!(refused(&mut client, vec![first, chunk(1), chunk(3)]).await, invalid("SEQUENCE_GAP"));
    let mut short = header("hash", "obs.csv");
    short.content_sha256 = vec![7; 31];
    let part = pb::import_observations_request::Part::Header(short);
    let short = vec![pb::ImportObservationsRequest { part: Some(part) }];
    let expected = (Code::InvalidArgument, "INVALID_REQUEST".to_owned(), vec!["content_sha256".to_owned()]);
    assert_eq!(refused(&mut client, short).await, expected);
    let no_name = observations_header("a b");
    let expected = (Code::InvalidArgument, "INVALID_REQUEST".to_owned(), vec!["request_id".to_owned()]);
    assert_eq!(refused(&mut client, vec![no_name]).await, expected);
}
