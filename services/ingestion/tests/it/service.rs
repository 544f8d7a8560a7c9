//! The service through its gRPC door.

use std::time::Duration;

use tonic::Code;
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::measure::v1::{Text, TextColumn};
use xiuhua_service_kit::status::explain;

use crate::door::*;

#[tokio::test]
async fn two_files_come_in_and_values_and_their_history_come_out() {
    let door = open_furnished_door().await;
    let (mut client, clock) = (door.client.clone(), &door.clock);
    let chunks = vec![values(1, &[("A", 1.5), ("B", 2.0)]), values(2, &[("C", 120.0), ("A", 1.5)])];
    let (acknowledged, batch) = deliver(&mut client, "first", chunks).await.unwrap();
    assert_eq!(acknowledged, [0, 1, 2]);
    assert_eq!(
        (batch.state(), batch.position, batch.kind()),
        (pb::BatchState::Sealed, Some(2), pb::BatchKind::Observations)
    );
    assert_eq!((batch.counts.unwrap(), batch.file_name.as_str()), (counts(4, 2, 0, 1, 1), "obs.csv"));
    clock.advance(Duration::from_secs(60));
    let (_, second) = deliver(&mut client, "second", vec![values(1, &[("A", 3.0)])]).await.unwrap();
    assert_eq!(found(&read_column(&mut client, None).await), [("A", 3.0), ("B", 2.0)]);
    assert_eq!(found(&read_column(&mut client, Some(2)).await), [("A", 1.5), ("B", 2.0)]);
    assert_eq!(
        client.get_position(pb::GetPositionRequest::default()).await.unwrap().into_inner().position,
        3
    );

    let request = pb::ListObservationRevisionsRequest {
        place_id: "A".into(),
        measure_id: "visits".into(),
        period: "2021".into(),
        page_size: 1,
        ..pb::ListObservationRevisionsRequest::default()
    };
    let first_page = client.list_observation_revisions(request.clone()).await.unwrap().into_inner();
    let newest = &first_page.revisions[0];
    assert_eq!((newest.value, newest.effective, &newest.batch_id), (3.0, true, &second.id));
    let request = pb::ListObservationRevisionsRequest { page_token: first_page.next_page_token, ..request };
    let second_page = client.list_observation_revisions(request).await.unwrap().into_inner();
    let oldest = &second_page.revisions[0];
    assert_eq!(
        (oldest.value, oldest.effective, oldest.row, oldest.source_id.as_str()),
        (1.5, false, 2, "file")
    );
    assert_eq!(
        oldest.received_time.as_ref().unwrap().seconds + 60,
        newest.received_time.as_ref().unwrap().seconds
    );
    assert_eq!(second_page.next_page_token, "");
}

#[tokio::test]
async fn a_rejected_row_comes_back_with_its_columns_reasons_and_original_text() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let mut chunk = values(1, &[("Z", 120.0), ("A", f64::NAN), ("A", 1.0)]);
    chunk.original = ["Z,visits,2021,120", "A,visits,2021,好", "A,visits,2021,1"].map(str::to_owned).to_vec();
    let message = Some(Text { zh: "不是数".into(), en: "not a number".into() });
    chunk.faults =
        vec![pb::RowFault { index: 1, column: "value".into(), reason: "NOT_A_NUMBER".into(), message }];
    let (_, batch) = deliver(&mut client, "first", vec![chunk]).await.unwrap();
    assert_eq!(batch.counts.unwrap(), counts(3, 1, 0, 0, 2));
    let request =
        pb::ListRejectedRowsRequest { batch_id: batch.id, ..pb::ListRejectedRowsRequest::default() };
    let rows = client.list_rejected_rows(request).await.unwrap().into_inner().rows;
    assert_eq!((rows[0].row, rows[0].original.as_str()), (2, "Z,visits,2021,120"));
    assert_eq!(rows[0].columns, ["place_id", "value"]);
    let reasons: Vec<_> = rows[0].reasons.iter().map(|reason| reason.reason.as_str()).collect();
    assert_eq!(reasons, ["UNKNOWN_PLACE", "OUT_OF_BOUNDS"]);
    assert_eq!((rows[1].original.as_str(), rows[1].reasons.len()), ("A,visits,2021,好", 1));
    assert_eq!(rows[1].reasons[0].message.as_ref().unwrap().zh, "不是数");
}

#[tokio::test]
async fn a_sealed_delivery_that_comes_again_is_answered_with_its_batch_and_not_read() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let (_, batch) = deliver(&mut client, "first", vec![values(1, &[("A", 1.0)])]).await.unwrap();
    // These rows would be refused if they were read.
    let again = deliver(&mut client, "first", vec![values(7, &[("A", 2.0)])]).await.unwrap();
    assert_eq!(again, (Vec::new(), batch));
    let other_name = pb::ImportObservationsRequest {
        part: Some(pb::import_observations_request::Part::Header(header("first", "other.csv"))),
    };
    let reused = import_observations(&mut client, tokio_stream::iter([other_name])).await.unwrap_err();
    let expected = (Code::AlreadyExists, "KEY_REUSED_WITH_DIFFERENT_BODY".to_owned(), Vec::new());
    assert_eq!(refusal(&reused), expected);
    let other_kind = import_places(&mut client, "first", Vec::new()).await.unwrap_err();
    assert_eq!(refusal(&other_kind), expected);
    let put = pb::PutSourceRequest {
        request_id: "first".into(),
        source: Some(pb::Source { id: "cloud".into(), ..pb::Source::default() }),
    };
    assert_eq!(refusal(&client.put_source(put).await.unwrap_err()), expected);
}

#[tokio::test]
async fn a_hostile_chunk_is_refused_whole_and_names_its_fields() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let two = || values(1, &[("A", 1.0), ("B", 2.0)]);
    let mut ragged = two();
    ragged.value.pop();
    ragged.original = vec![String::new()];
    ragged.revised_at_us = vec![1, 2, 3];
    ragged.period = None;
    let outside = Some(TextColumn { dictionary: vec!["visits".into()], index: vec![0, 1] });
    let beyond = pb::RowFault { index: 2, ..pb::RowFault::default() };
    let crowd = vec![("A", 1.0); 50_001];
    for (chunk, fields) in [
        (ragged, vec!["chunk.value", "chunk.revised_at_us", "chunk.original", "chunk.period"]),
        (pb::ObservationChunk { measure_id: outside, ..two() }, vec!["chunk.measure_id.index[1]"]),
        (pb::ObservationChunk { faults: vec![beyond], ..two() }, vec!["chunk.faults[0].index"]),
        (pb::ObservationChunk { row: vec![2, u64::MAX], ..two() }, vec!["chunk.row[1]"]),
        (
            pb::ObservationChunk { original: vec!["x".repeat(1_048_577), String::new()], ..two() },
            vec!["chunk.original[0]"],
        ),
        (values(1, &crowd), vec!["chunk.row"]),
    ] {
        let refused = deliver(&mut client, "hostile", vec![chunk]).await.unwrap_err();
        let fields = fields.into_iter().map(str::to_owned).collect();
        assert_eq!(refusal(&refused), (Code::InvalidArgument, "INVALID_REQUEST".to_owned(), fields));
    }
    let rows = vec![place_row(2, "A"); 5_001];
    let refused = import_places(&mut client, "hostile-places", vec![place_chunk(1, rows)]).await.unwrap_err();
    let expected = (Code::InvalidArgument, "INVALID_REQUEST".to_owned(), vec!["chunk.rows".to_owned()]);
    assert_eq!(refusal(&refused), expected);
    assert_eq!(
        client.get_position(pb::GetPositionRequest::default()).await.unwrap().into_inner().position,
        1
    );
}

#[tokio::test]
async fn a_chunk_of_exactly_50_000_rows_and_one_of_none_are_taken() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let chunks = vec![values(1, &vec![("A", 1.0); 50_000]), values(2, &[])];
    let (acknowledged, batch) = deliver(&mut client, "crowd", chunks).await.unwrap();
    assert_eq!((acknowledged, batch.counts.unwrap()), (vec![0, 1, 2], counts(50_000, 1, 0, 49_999, 0)));
}

#[tokio::test]
async fn places_are_read_whole_and_in_pages_with_their_district() {
    let door = open_door().await;
    let mut client = door.client.clone();
    let town = |row, id: &str| {
        let mut row = place_row(row, id);
        let place = row.place.as_mut().unwrap();
        place.town_code = "310115005000".into();
        place.attributes.insert("lng".into(), "121.5".into());
        // Said by the caller, set by the service.
        place.district_code = "999999".into();
        row
    };
    let ids: Vec<String> = (0..1_203).map(|nth| format!("P{nth:04}")).collect();
    let rows: Vec<_> = ids.iter().zip(2..).map(|(id, row)| town(row, id)).collect();
    let chunks =
        rows.chunks(500).zip(1..).map(|(rows, sequence)| place_chunk(sequence, rows.to_vec())).collect();
    let (acknowledged, batch) = import_places(&mut client, "places", chunks).await.unwrap();
    assert_eq!((acknowledged, batch.counts.unwrap()), (vec![0, 1, 2, 3], counts(1_203, 1_203, 0, 0, 0)));

    let mut stream = client.read_places(pb::ReadPlacesRequest::default()).await.unwrap().into_inner();
    let (mut read, mut largest) = (Vec::new(), 0);
    while let Some(message) = stream.message().await.unwrap() {
        largest = largest.max(message.places.len());
        read.extend(message.places.into_iter().map(|place| (place.id, place.district_code)));
    }
    assert_eq!(largest, 1_000);
    assert_eq!(read, ids.iter().map(|id| (id.clone(), "310115".to_owned())).collect::<Vec<_>>());

    let mut request = pb::ListPlacesRequest { page_size: 500, ..pb::ListPlacesRequest::default() };
    let mut listed = Vec::new();
    loop {
        let page = client.list_places(request.clone()).await.unwrap().into_inner();
        listed.extend(page.places.into_iter().map(|place| place.id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(listed, ids);
    request.town_code = "310115005000".into();
    let other_query = client.list_places(request).await.unwrap_err();
    assert_eq!(refusal(&other_query).2, ["page_token"]);
}

#[tokio::test]
async fn later_pages_stay_at_the_position_of_the_first() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let request = pb::ListPlacesRequest { page_size: 2, ..pb::ListPlacesRequest::default() };
    let first = client.list_places(request.clone()).await.unwrap().into_inner();
    import_places(&mut client, "more", vec![place_chunk(1, vec![place_row(2, "D")])]).await.unwrap();
    let request = pb::ListPlacesRequest { page_token: first.next_page_token, ..request };
    let second = client.list_places(request).await.unwrap().into_inner();
    assert_eq!(second.places.iter().map(|place| place.id.as_str()).collect::<Vec<_>>(), ["C"]);
}

#[tokio::test]
async fn columns_come_in_the_order_asked_after_the_places() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let more = pb::RegisterMeasuresRequest {
        request_id: "more".into(),
        measures: vec![pb::Measure { id: "drills".into(), ..visits() }],
    };
    client.register_measures(more).await.unwrap();
    deliver(&mut client, "first", vec![values(1, &[("B", 2.0), ("C", 3.0)])]).await.unwrap();
    let request = pb::ReadObservationsRequest {
        measure_ids: vec!["visits".into(), "drills".into()],
        periods: vec!["2021".into(), "2020".into()],
        as_of_position: None,
    };
    let mut stream = client.read_observations(request).await.unwrap().into_inner();
    let mut told = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        told.push(match message.part.unwrap() {
            pb::read_observations_response::Part::Places(places) => {
                format!("{} {:?}", places.places_total, places.ids)
            }
            pb::read_observations_response::Part::Column(column) => {
                format!("{} {} {:?} {:?}", column.measure_id, column.period, column.place, column.value)
            }
        });
    }
    let expected = [
        "3 [\"A\", \"B\", \"C\"]",
        "visits 2021 [1, 2] [2.0, 3.0]",
        "visits 2020 [] []",
        "drills 2021 [] []",
        "drills 2020 [] []",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_read_without_any_place_says_so() {
    let door = open_door().await;
    let mut client = door.client.clone();
    let mut stream =
        client.read_observations(pb::ReadObservationsRequest::default()).await.unwrap().into_inner();
    let only = stream.message().await.unwrap().unwrap();
    assert_eq!(only.part, Some(pb::read_observations_response::Part::Places(pb::PlaceIds::default())));
    assert!(stream.message().await.unwrap().is_none());
    let mut places = client.read_places(pb::ReadPlacesRequest::default()).await.unwrap().into_inner();
    assert!(places.message().await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_what_is_wrong_is_refused() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let gone = |reason: &str| (Code::NotFound, reason.to_owned(), Vec::new());
    let place =
        client.get_place(pb::GetPlaceRequest { id: "Z".into(), as_of_position: None }).await.unwrap_err();
    assert_eq!(refusal(&place), gone("PLACE_NOT_FOUND"));
    let before =
        client.get_place(pb::GetPlaceRequest { id: "A".into(), as_of_position: Some(0) }).await.unwrap_err();
    assert_eq!(refusal(&before), gone("PLACE_NOT_FOUND"));
    let revisions =
        pb::ListPlaceRevisionsRequest { id: "Z".into(), ..pb::ListPlaceRevisionsRequest::default() };
    assert_eq!(refusal(&client.list_place_revisions(revisions).await.unwrap_err()), gone("PLACE_NOT_FOUND"));
    let measure = client.get_measure(pb::GetMeasureRequest { id: "steps".into() }).await.unwrap_err();
    assert_eq!(refusal(&measure), gone("MEASURE_NOT_FOUND"));
    let batch = client.get_batch(pb::GetBatchRequest { id: "nothing".into() }).await.unwrap_err();
    assert_eq!(refusal(&batch), gone("BATCH_NOT_FOUND"));
    let unknown = pb::ReadObservationsRequest {
        measure_ids: vec!["steps".into()],
        ..pb::ReadObservationsRequest::default()
    };
    assert_eq!(refusal(&client.read_observations(unknown).await.unwrap_err()), gone("MEASURE_NOT_FOUND"));
    let future = client.read_places(pb::ReadPlacesRequest { as_of_position: Some(2) }).await.unwrap_err();
    assert_eq!(refusal(&future), (Code::OutOfRange, "POSITION_NOT_REACHED".to_owned(), Vec::new()));
    let wrong = pb::ReadObservationsRequest {
        measure_ids: vec![" visits".into()],
        periods: vec!["2021".into(), "2021-13".into()],
        as_of_position: None,
    };
    let fields = refusal(&client.read_observations(wrong).await.unwrap_err()).2;
    assert_eq!(fields, ["measure_ids[0]", "periods[1]"]);
    let committee = pb::ListPlacesRequest { committee: "一居".into(), ..pb::ListPlacesRequest::default() };
    assert_eq!(refusal(&client.list_places(committee).await.unwrap_err()).2, ["committee"]);
}

#[tokio::test]
async fn a_refusal_speaks_the_language_of_its_caller_in_a_stream_too() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let mut request =
        tonic::Request::new(tokio_stream::iter([observations_header("a"), observations_header("a")]));
    request.metadata_mut().insert("accept-language", "en".parse().unwrap());
    let mut answers = client.import_observations(request).await.unwrap().into_inner();
    assert!(answers.message().await.unwrap().is_some(), "the first header is acknowledged");
    let english = answers.message().await.unwrap_err();
    assert_eq!(explain(&english).message, "a delivery has one header");
    let chinese = client.get_measure(pb::GetMeasureRequest { id: "steps".into() }).await.unwrap_err();
    assert_eq!(explain(&chinese).message, "没有计量 steps");
}

#[tokio::test]
async fn a_measure_with_other_bounds_is_refused_and_says_how_it_differs() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let other = pb::Measure { bounds: None, ..visits() };
    let request = pb::RegisterMeasuresRequest { request_id: "other".into(), measures: vec![other] };
    let refused = client.register_measures(request).await.unwrap_err();
    let expected = (Code::AlreadyExists, "MEASURE_DIFFERS".to_owned(), vec!["measures[0]".to_owned()]);
    assert_eq!(refusal(&refused), expected);
    let same = pb::RegisterMeasuresRequest { request_id: "same".into(), measures: vec![visits()] };
    let answer = client.register_measures(same).await.unwrap().into_inner();
    assert_eq!(answer, pb::RegisterMeasuresResponse { created: 0, updated: 0 });
    let listed = client.list_measures(pb::ListMeasuresRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.measures, [visits()]);
}

#[tokio::test]
async fn a_source_without_a_precedence_or_a_name_gets_the_defaults_and_keeps_the_precedence_on_record() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let put = |request_id: &str, precedence| pb::PutSourceRequest {
        request_id: request_id.into(),
        source: Some(pb::Source { id: "cloud".into(), name: None, precedence }),
    };
    let first = client.put_source(put("one", None)).await.unwrap().into_inner().source.unwrap();
    assert_eq!((first.precedence, first.name.as_ref().unwrap().zh.as_str()), (Some(100), "cloud"));
    client.put_source(put("two", Some(0))).await.unwrap();
    let kept = client.put_source(put("three", None)).await.unwrap().into_inner().source.unwrap();
    assert_eq!(kept.precedence, Some(0));
    // The first request again gives the first answer and does not undo the second.
    let again = client.put_source(put("one", None)).await.unwrap().into_inner().source.unwrap();
    assert_eq!(again, first);
    let listed = client.list_sources(pb::ListSourcesRequest::default()).await.unwrap().into_inner().sources;
    assert_eq!(listed.iter().map(|source| source.precedence).collect::<Vec<_>>(), [Some(0)]);
}

#[tokio::test]
async fn batches_are_listed_newest_first() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    deliver(&mut client, "one", vec![values(1, &[("A", 1.0)])]).await.unwrap();
    deliver(&mut client, "two", vec![values(1, &[("A", 2.0)])]).await.unwrap();
    let first = pb::ListBatchesRequest { page_size: 2, page_token: String::new() };
    let first = client.list_batches(first).await.unwrap().into_inner();
    let second = pb::ListBatchesRequest { page_size: 2, page_token: first.next_page_token };
    let second = client.list_batches(second).await.unwrap().into_inner();
    let ids: Vec<_> =
        first.batches.iter().chain(&second.batches).map(|batch| batch.request_id.as_str()).collect();
    assert_eq!((ids, second.next_page_token.as_str()), (vec!["two", "one", "places"], ""));
}

#[tokio::test]
async fn a_withdrawn_batch_says_who_withdrew_it_when_and_why_and_its_values_are_gone() {
    let door = open_furnished_door().await;
    let (mut client, clock) = (door.client.clone(), &door.clock);
    let (_, batch) = deliver(&mut client, "first", vec![values(1, &[("A", 1.0)])]).await.unwrap();
    clock.advance(Duration::from_secs(60));
    let request = pb::WithdrawBatchRequest {
        request_id: "withdraw".into(),
        batch_id: batch.id.clone(),
        author: "王芳".into(),
        reason: "误传了上一年的文件".into(),
    };
    let withdrawn = client.withdraw_batch(request.clone()).await.unwrap().into_inner().batch.unwrap();
    assert_eq!((withdrawn.state(), withdrawn.position), (pb::BatchState::Withdrawn, Some(2)));
    let said = withdrawn.withdrawal.clone().unwrap();
    assert_eq!(
        (said.author.as_str(), said.reason.as_str(), said.position),
        ("王芳", "误传了上一年的文件", 3)
    );
    let sealed_time = batch.sealed_time.unwrap();
    assert_eq!(said.time.unwrap().seconds, sealed_time.seconds + 60);
    assert_eq!(read_column(&mut client, None).await, []);
    assert_eq!(found(&read_column(&mut client, Some(2)).await), [("A", 1.0)]);
    // The header of a withdrawn batch is answered with it; its rows come back under another name only.
    let again = deliver(&mut client, "first", vec![values(1, &[("A", 1.0)])]).await.unwrap();
    assert_eq!(again, (Vec::new(), withdrawn.clone()));
    assert_eq!(client.withdraw_batch(request.clone()).await.unwrap().into_inner().batch.unwrap(), withdrawn);
    let other_body = pb::WithdrawBatchRequest { reason: "x".into(), ..request.clone() };
    let other_body = refusal(&client.withdraw_batch(other_body).await.unwrap_err());
    assert_eq!(other_body, (Code::AlreadyExists, "KEY_REUSED_WITH_DIFFERENT_BODY".to_owned(), Vec::new()));
    let twice = pb::WithdrawBatchRequest { request_id: "twice".into(), ..request.clone() };
    let twice = refusal(&client.withdraw_batch(twice).await.unwrap_err());
    assert_eq!(twice, (Code::FailedPrecondition, "BATCH_WITHDRAWN".to_owned(), Vec::new()));
    let wrong = pb::WithdrawBatchRequest {
        request_id: " ".into(),
        batch_id: String::new(),
        author: "王".repeat(101),
        reason: "\0".into(),
    };
    let wrong = refusal(&client.withdraw_batch(wrong).await.unwrap_err()).2;
    assert_eq!(wrong, ["request_id", "batch_id", "author", "reason"]);
    let silent = pb::WithdrawBatchRequest { author: " ".into(), reason: String::new(), ..request };
    assert_eq!(refusal(&client.withdraw_batch(silent).await.unwrap_err()).2, ["author", "reason"]);
}

#[tokio::test]
async fn a_page_of_revisions_does_not_outlive_the_precedences_that_put_it_in_order() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    for (name, value) in [("first", 1.0), ("second", 2.0), ("third", 3.0)] {
        deliver(&mut client, name, vec![values(1, &[("A", value)])]).await.unwrap();
    }
    let mut request = pb::ListObservationRevisionsRequest {
        place_id: "A".into(),
        measure_id: "visits".into(),
        period: "2021".into(),
        page_size: 1,
        ..pb::ListObservationRevisionsRequest::default()
    };
    for expected in [3.0, 2.0] {
        let page = client.list_observation_revisions(request.clone()).await.unwrap().into_inner();
        let said: Vec<f64> = page.revisions.iter().map(|said| said.value).collect();
        assert_eq!(said, [expected]);
        request.page_token = page.next_page_token;
    }
    let put = pb::PutSourceRequest {
        request_id: "cloud".into(),
        source: Some(pb::Source { id: "cloud".into(), name: None, precedence: Some(1) }),
    };
    client.put_source(put).await.unwrap();
    let stale = client.list_observation_revisions(request).await.unwrap_err();
    assert_eq!(refusal(&stale).2, ["page_token"]);
}

#[tokio::test]
async fn the_position_of_an_instant_is_the_newest_of_then() {
    let door = open_furnished_door().await;
    let (mut client, clock) = (door.client.clone(), &door.clock);
    clock.advance(Duration::from_secs(60));
    let (_, batch) = deliver(&mut client, "first", vec![values(1, &[("A", 1.0)])]).await.unwrap();
    let sealed = batch.sealed_time.unwrap();
    let mut position = async |seconds: i64, nanos| {
        let as_of_time = Some(prost_types::Timestamp { seconds: sealed.seconds + seconds, nanos });
        client
            .get_position(pb::GetPositionRequest { as_of_time })
            .await
            .map(|answer| answer.into_inner().position)
    };
    assert_eq!(position(0, sealed.nanos).await.unwrap(), 2);
    assert_eq!(position(-1, 999_999_999).await.unwrap(), 1);
    assert_eq!(position(-61, 0).await.unwrap(), 0);
    let early = refusal(&position(1_000, 0).await.unwrap_err());
    assert_eq!((early.0, early.1.as_str()), (Code::OutOfRange, "TIME_NOT_REACHED"));
    clock.advance(Duration::from_secs(1_000));
    assert_eq!(position(1_000, 0).await.unwrap(), 2);
    assert_eq!(refusal(&position(0, -1).await.unwrap_err()).2, ["as_of_time"]);
}
