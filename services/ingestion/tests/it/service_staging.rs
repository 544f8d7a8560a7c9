//! Staged deliveries and the quarantine through the gRPC door: what only the contract says.

use prost::Message;
use tonic::Code;
use xiuhua_contracts::ingestion::v1 as pb;

use crate::door::*;

fn header_of(request_id: &str) -> pb::ImportHeader {
    let layout = pb::SheetLayout {
        columns: vec!["小区编号".into(), "数值".into()],
        format: "xlsx".into(),
        delimiter: ",".into(),
        sheet: "走访".into(),
        header_row: 3,
        mapping: "[columns]\n".into(),
        catalog_id: "pudong-2021".into(),
        catalog_version: "1".into(),
        ..pb::SheetLayout::default()
    };
    pb::ImportHeader {
        stage: true,
        content_sha256: vec![7; 32],
        layout: Some(layout),
        ..header(request_id, "走访.xlsx")
    }
}

async fn stage(client: &mut Client, request_id: &str, said: &[(&str, f64)]) -> pb::Batch {
    let header = pb::import_observations_request::Part::Header(header_of(request_id));
    let requests = vec![
        pb::ImportObservationsRequest { part: Some(header) },
        observations_chunk(values(1, said)),
        observations_end(1),
    ];
    import_observations(client, tokio_stream::iter(requests)).await.unwrap().1
}

fn commit_of(request_id: &str, batch: &pb::Batch) -> pb::CommitBatchRequest {
    pb::CommitBatchRequest {
        request_id: request_id.into(),
        batch_id: batch.id.clone(),
        content_sha256: vec![7; 32],
        author: "王芳".into(),
        expected_counts: None,
        preview_position: None,
    }
}

#[tokio::test]
async fn a_batch_shows_how_its_file_was_laid_out_and_what_was_decided_about_it() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let batch = stage(&mut client, "staged", &[("A", 1.0)]).await;
    assert_eq!((batch.state(), &batch.layout), (pb::BatchState::Staged, &header_of("").layout));
    assert_eq!((batch.content_sha256.len(), batch.quarantine), (32, None));
    let sealed = client.commit_batch(commit_of("commit", &batch)).await.unwrap().into_inner().batch.unwrap();
    assert_eq!(
        (sealed.state(), sealed.quarantine),
        (pb::BatchState::Sealed, Some(pb::QuarantineCounts::default()))
    );
    assert_eq!(sealed.committed.as_ref().unwrap().author, "王芳");
    let listed = client.list_batches(pb::ListBatchesRequest::default()).await.unwrap().into_inner().batches;
    assert_eq!(listed[0], sealed);
}

#[tokio::test]
async fn a_preview_says_whether_a_second_person_is_needed() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    deliver(&mut client, "first", vec![values(1, &[("A", 10.0), ("B", 90.0)])]).await.unwrap();
    for (name, value, needed) in [("little", 14.9, false), ("much", 15.1, true)] {
        let batch = stage(&mut client, name, &[("A", value)]).await;
        let request = pb::PreviewBatchRequest { batch_id: batch.id.clone(), samples: 5, rejected_rows: 5 };
        let told = client.preview_batch(request).await.unwrap().into_inner();
        assert_eq!((told.needs_approval, told.approval_above_ratio), (needed, Some(0.05)), "{name}");
        assert_eq!(told.movements.len(), 1, "what moves is told, however little");
        let request = pb::DiscardBatchRequest {
            request_id: format!("discard {name}").replace(' ', "-"),
            batch_id: batch.id,
            author: "王芳".into(),
            reason: "试".into(),
        };
        client.discard_batch(request).await.unwrap();
    }
}

#[tokio::test]
async fn each_refusal_has_its_reason() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    deliver(&mut client, "first", vec![values(1, &[("A", 10.0)])]).await.unwrap();
    let batch = stage(&mut client, "staged", &[("A", 20.0)]).await;
    let commit = async |request: pb::CommitBatchRequest| {
        refusal(&client.clone().commit_batch(request).await.unwrap_err())
    };
    let precondition = |reason: &str| (Code::FailedPrecondition, reason.to_owned(), Vec::<String>::new());
    let other_file = pb::CommitBatchRequest { content_sha256: vec![8; 32], ..commit_of("c1", &batch) };
    assert_eq!(commit(other_file).await, precondition("CONTENT_DIFFERS"));
    let expected_counts = Some(counts(1, 1, 0, 0, 0));
    let stale = pb::CommitBatchRequest { expected_counts, ..commit_of("c2", &batch) };
    assert_eq!(commit(stale).await, precondition("OUTCOME_CHANGED"));
    let approval = |request_id: &str, author: &str| pb::ApproveBatchRequest {
        request_id: request_id.into(),
        batch_id: batch.id.clone(),
        author: author.into(),
        reason: "核对过".into(),
        ..pb::ApproveBatchRequest::default()
    };
    let early = client.approve_batch(approval("a1", "李强")).await.unwrap_err();
    assert_eq!(refusal(&early), precondition("BATCH_NOT_AWAITING_APPROVAL"));
    let waiting = client.commit_batch(commit_of("c3", &batch)).await.unwrap().into_inner().batch.unwrap();
    assert_eq!(waiting.state(), pb::BatchState::AwaitingApproval);
    let twice = client.commit_batch(commit_of("c4", &batch)).await.unwrap_err();
    assert_eq!(refusal(&twice), precondition("BATCH_NOT_STAGED"));
    let same = client.approve_batch(approval("a2", "王芳 ")).await.unwrap_err();
    assert_eq!(refusal(&same), precondition("SAME_PERSON"));
    client.approve_batch(approval("a3", "李强")).await.unwrap();
    let request = pb::PreviewBatchRequest { batch_id: batch.id.clone(), ..Default::default() };
    let late = client.preview_batch(request).await.unwrap_err();
    assert_eq!(refusal(&late), precondition("BATCH_NOT_STAGED"));
    let request = pb::PreviewBatchRequest { batch_id: "nothing".into(), ..Default::default() };
    let nothing = client.preview_batch(request).await.unwrap_err();
    assert_eq!(refusal(&nothing), (Code::NotFound, "BATCH_NOT_FOUND".into(), vec![]));
    let request = pb::PreviewBatchRequest { batch_id: batch.id.clone(), samples: 101, rejected_rows: 1_001 };
    let greedy = client.preview_batch(request).await.unwrap_err();
    assert_eq!(refusal(&greedy).2, ["samples", "rejected_rows"]);
}

#[tokio::test]
async fn only_a_sealed_batch_of_the_same_kind_can_be_corrected() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let batch = stage(&mut client, "staged", &[("A", 20.0)]).await;
    let (_, sealed) = import_places(&mut client, "more", Vec::new()).await.unwrap();
    for (nth, (corrects, code)) in [
        (batch.id, Code::InvalidArgument),
        (sealed.id, Code::InvalidArgument),
        ("none".into(), Code::NotFound),
    ]
    .into_iter()
    .enumerate()
    {
        let header = pb::ImportHeader { corrects_batch_id: corrects, ..header(&format!("c{nth}"), "") };
        let part = Some(pb::import_observations_request::Part::Header(header));
        let requests = vec![pb::ImportObservationsRequest { part }, observations_end(0)];
        let refused = import_observations(&mut client, tokio_stream::iter(requests)).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused:?}");
    }
}

#[tokio::test]
async fn a_preview_of_the_longest_rows_fits_in_a_message() {
    let door = open_furnished_door().await;
    let mut client = door.client.clone();
    let long = |row: u64| {
        let attributes = (0..64).map(|nth| (format!("{}{nth}", "列".repeat(100)), "长".repeat(1_000)));
        let place =
            pb::Place { id: format!("P{row}"), attributes: attributes.collect(), ..pb::Place::default() };
        pb::PlaceRow { row, place: Some(place), original: "行".repeat(100_000), ..Default::default() }
    };
    // Every second one is rejected.
    let chunks = (1..=40).map(|nth| {
        let (good, mut bad) = (long(nth * 2), long(nth * 2 + 1));
        bad.place.as_mut().unwrap().id.clear();
        place_chunk(nth, vec![good, bad])
    });
    use pb::import_places_request::Part;
    let mut parts = vec![Part::Header(header_of("long"))];
    parts.extend(chunks.map(Part::Chunk));
    parts.push(Part::End(pb::ImportEnd { chunks: 40 }));
    let (_, batch) = import_place_parts(&mut client, parts).await.unwrap();
    let request = pb::PreviewBatchRequest { batch_id: batch.id, samples: 100, rejected_rows: 1_000 };
    let told = client.preview_batch(request).await.unwrap().into_inner();
    assert_eq!(told.counts, Some(counts(80, 40, 0, 0, 40)));
    assert!(told.encoded_len() < 2 * 1024 * 1024, "{} bytes", told.encoded_len());
    assert!(!told.samples.is_empty() && !told.rejected_rows.is_empty());
}
