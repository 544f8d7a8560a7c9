//! F05: the connection to the database breaks between COMMIT and its answer. Nobody knows then whether the write took
//! place; the caller is told to repeat, and the repeat settles it: one effect, and the answer of the first.

use tokio_stream::StreamExt;
use tonic::Code;
use xiuhua_contracts::ingestion::v1::import_observations_request::Part;
use xiuhua_contracts::ingestion::v1::{
    BatchState, CommitBatchRequest, ImportEnd, ImportHeader, ImportObservationsRequest, ListBatchesRequest,
    import_observations_response,
};
use xiuhua_tests::deliveries::{Delivery, Row, attempt, deliver};
use xiuhua_tests::district::{deliver_places, place_id};
use xiuhua_tests::journal::Journal;
use xiuhua_tests::patience::asking;
use xiuhua_tests::proxy::Cut;

use super::{Ingestion, assert_passes, measures, measures_on_record, source, sources_on_record};

const CUTS: [Cut; 2] = [Cut::BeforeItArrives, Cut::BeforeTheAnswer];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_commit_is_unknown_is_repeated_to_one_effect_and_the_first_answer() {
    let ingestion = Ingestion::start(5).await;
    let mut client = ingestion.client();
    for (nth, cut) in CUTS.into_iter().enumerate() {
        let sprung = ingestion.proxy.cut_next(b"COMMIT", cut);
        let request = source(&format!("source-{nth}"), &format!("office-{nth}"), 7);
        let told = client.put_source(asking(request.clone())).await.unwrap_err();
        sprung.await.unwrap();
        assert_passes(&told, Code::Unavailable);

        client.put_source(asking(request)).await.unwrap();
        assert_eq!(sources_on_record(&mut client).await.len(), nth + 1, "{cut:?}");
    }
    let sprung = ingestion.proxy.cut_next(b"COMMIT", Cut::BeforeTheAnswer);
    let told = client.register_measures(asking(measures("measures"))).await.unwrap_err();
    sprung.await.unwrap();
    assert_passes(&told, Code::Unavailable);
    let repeated = client.register_measures(asking(measures("measures"))).await.unwrap().into_inner();
    // They are on record since the first attempt, and the repeat gives its answer.
    assert_eq!((repeated.created, repeated.updated), (3, 0));
    assert_eq!(measures_on_record(&mut client).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_whose_commits_are_unknown_is_resumed_to_one_batch() {
    let ingestion = Ingestion::start(6).await;
    let mut client = ingestion.client();
    client.register_measures(asking(measures("measures"))).await.unwrap();
    deliver_places(&ingestion.process.channel()).await.unwrap();
    let row = |number| Row {
        place_id: place_id(number),
        measure_id: "visits".into(),
        period: "2021".into(),
        value: number as f64,
    };
    let rows: Vec<_> = (0..60).map(row).collect();
    // A delivery commits at its opening, after each chunk and at its seal: each of them is cut once, in both ways.
    for cut in CUTS {
        for commit in 0..4 {
            let delivery = Delivery::of(&format!("{cut:?}-{commit}"), "visits.csv", "", &rows, 30);
            let journal = Journal::default();
            let mut broken = 0;
            for earlier in 0..=commit {
                let sprung = ingestion.proxy.cut_next(b"COMMIT", cut);
                match attempt(client.clone(), &delivery, &journal).await {
                    Ok(_) => break,
                    Err(told) => assert_passes(&told, Code::Unavailable),
                }
                sprung.await.unwrap_or_else(|_| panic!("commit {earlier} was not seen"));
                broken += 1;
            }
            assert!(broken > 0);
            let batch = deliver(&ingestion.process.channel(), &delivery, &journal).await.unwrap();
            assert_eq!(batch.counts.unwrap().read, 60);
            let findings = journal.findings();
            assert!(findings.is_clean(), "{findings}");
        }
    }
    let request = ListBatchesRequest { page_size: 1000, ..Default::default() };
    let mut batches = client.list_batches(asking(request)).await.unwrap().into_inner().batches;
    batches.retain(|batch| batch.request_id != "little-places");
    assert_eq!(batches.len(), 8);
    assert!(batches.iter().all(|batch| batch.state() == BatchState::Sealed), "{batches:?}");
    let accepted = batches.iter().map(|batch| batch.counts.unwrap().accepted).sum::<u64>();
    let duplicate = batches.iter().map(|batch| batch.counts.unwrap().duplicate).sum::<u64>();
    assert_eq!((accepted, duplicate), (60, 7 * 60));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_of_a_staged_batch_that_is_unknown_is_repeated_to_one_seal() {
    let ingestion = Ingestion::start(7).await;
    let mut client = ingestion.client();
    client.register_measures(asking(measures("measures"))).await.unwrap();
    deliver_places(&ingestion.process.channel()).await.unwrap();
    for (nth, cut) in CUTS.into_iter().enumerate() {
        let row = Row {
            place_id: place_id(0),
            measure_id: "visits".into(),
            period: format!("{}", 2021 + nth),
            value: 1.0,
        };
        let chunk = Delivery::of("", "", "", &[row], 1).chunks.remove(0);
        let header = ImportHeader {
            request_id: format!("staged-{nth}"),
            content_sha256: vec![7; 32],
            stage: true,
            ..ImportHeader::default()
        };
        let parts = [Part::Header(header), Part::Chunk(chunk), Part::End(ImportEnd { chunks: 1 })];
        let requests = parts.map(|part| ImportObservationsRequest { part: Some(part) });
        let answers = client.import_observations(tokio_stream::iter(requests)).await.unwrap();
        let answers: Vec<_> = answers.into_inner().map(Result::unwrap).collect().await;
        let Some(import_observations_response::Part::Batch(staged)) = answers[2].part.clone() else {
            panic!("{answers:?}")
        };
        assert_eq!(staged.state(), BatchState::Staged);

        let request = CommitBatchRequest {
            request_id: format!("commit-{nth}"),
            batch_id: staged.id,
            content_sha256: vec![7; 32],
            author: "王芳".into(),
            expected_counts: None,
            preview_position: None,
        };
        let sprung = ingestion.proxy.cut_next(b"COMMIT", cut);
        let told = client.commit_batch(asking(request.clone())).await.unwrap_err();
        sprung.await.unwrap();
        assert_passes(&told, Code::Unavailable);
        let sealed = client.commit_batch(asking(request)).await.unwrap().into_inner().batch.unwrap();
        // The places were the first position; each commit took one more.
        assert_eq!((sealed.state(), sealed.position), (BatchState::Sealed, Some(nth as u64 + 2)), "{cut:?}");
        assert_eq!(sealed.counts.unwrap().accepted, 1, "{cut:?}");
    }
}
