//! F09: writers that meet on the same rows in opposite order. Where the database ends one of them for a deadlock, its
//! caller is told to repeat; in the end the record is one that some order of the deliveries would have made.

use anyhow::Result;
use xiuhua_contracts::ingestion::v1::{Batch, ListObservationRevisionsRequest, ObservationRevision};
use xiuhua_tests::deliveries::{Delivery, Row, deliver};
use xiuhua_tests::district::{deliver_places, place_id};
use xiuhua_tests::journal::Journal;
use xiuhua_tests::patience::{asking, until_answered};

use super::{Client, Ingestion, measures, source, sources_on_record};

/// Pairs of deliveries that cross.
const PAIRS: u32 = 15;
/// Places that both deliver.
const PLACES: usize = 200;
/// Sources that writers set against each other.
const SOURCES: u32 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_that_cross_end_as_if_one_had_come_after_the_other() {
    let ingestion = Ingestion::start(9).await;
    let mut client = ingestion.client();
    client.register_measures(asking(measures("measures"))).await.unwrap();
    deliver_places(&ingestion.process.channel()).await.unwrap();
    let channel = ingestion.process.channel();
    for pair in 0..PAIRS {
        let period = format!("{:04}", 2000 + pair);
        let [up, down] = crossing(&period);
        let journal = Journal::default();
        let (up, down) = tokio::join!(deliver(&channel, &up, &journal), deliver(&channel, &down, &journal));
        let (up, down) = (up.unwrap(), down.unwrap());
        let (first, second) = if up.position < down.position { (up, down) } else { (down, up) };
        let counts = |batch: &Batch| batch.counts.map(|it| (it.accepted, it.corrected, it.rejected));
        let all = PLACES as u64;
        assert_eq!((counts(&first), counts(&second)), (Some((all, 0, 0)), Some((0, all, 0))), "{period}");
        for number in [0, PLACES / 2, PLACES - 1] {
            let revisions = revisions(&mut client, number, &period).await.unwrap();
            let order: Vec<_> = revisions.iter().map(|it| (it.batch_id.as_str(), it.effective)).collect();
            assert_eq!(order, [(second.id.as_str(), true), (first.id.as_str(), false)], "{period} {number}");
        }
    }
}

/// The same places with other values, in the order of the register and against it.
fn crossing(period: &str) -> [Delivery; 2] {
    let row = |number: usize, value: usize| Row {
        place_id: place_id(number),
        measure_id: "visits".into(),
        period: period.to_owned(),
        value: value as f64,
    };
    let up: Vec<_> = (0..PLACES).map(|number| row(number, number)).collect();
    let down: Vec<_> = (0..PLACES).rev().map(|number| row(number, number + 1)).collect();
    let delivery = |name: &str, rows| Delivery::of(&format!("{name}-{period}"), name, "", rows, 50);
    [delivery("up", &up), delivery("down", &down)]
}

async fn revisions(client: &mut Client, number: usize, period: &str) -> Result<Vec<ObservationRevision>> {
    let request = ListObservationRevisionsRequest {
        place_id: place_id(number),
        measure_id: "visits".into(),
        period: period.to_owned(),
        ..Default::default()
    };
    Ok(client.list_observation_revisions(asking(request)).await?.into_inner().revisions)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_the_same_sources_all_succeed_and_the_record_holds_one_of_their_words() {
    let ingestion = Ingestion::start(10).await;
    let client = ingestion.client();
    let writer = |name: u32, reverse: bool| {
        let client = client.clone();
        async move {
            for round in 0..20 {
                for nth in 0..SOURCES {
                    let nth = if reverse { SOURCES - 1 - nth } else { nth };
                    let request = source(&format!("{name}-{round}-{nth}"), &format!("s{nth}"), name);
                    until_answered("PutSource", async || {
                        client.clone().put_source(asking(request.clone())).await
                    })
                    .await?;
                }
            }
            anyhow::Ok(())
        }
    };
    tokio::try_join!(writer(1, false), writer(2, true), writer(3, false), writer(4, true)).unwrap();
    let sources = sources_on_record(&mut ingestion.client()).await;
    assert_eq!(sources.len(), SOURCES as usize);
    assert!(sources.iter().all(|source| (1..=4).contains(&source.precedence())), "{sources:?}");
}
