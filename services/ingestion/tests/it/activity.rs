//! What is heard of sources, on every backend.

use xiuhua_ingestion::domain::observation::DeliveredObservation;
use xiuhua_ingestion::store::Store;

use crate::delivering::*;

const SECOND: i64 = 1_000_000;

/// Source, deliveries, last seconds and rows, what is usual of rows and seconds, newest period.
type Told = (String, u64, Option<i64>, u64, Option<f64>, Option<f64>, String);

async fn told(store: &dyn Store) -> Vec<Told> {
    let found = store.source_activity(None, 100).await.unwrap().into_iter();
    let told = found.map(|activity| {
        let last = activity.last_received_at.map(|at| at.as_second());
        let (rows, interval) = (activity.usual_rows, activity.usual_interval_s);
        let id = activity.source.id.to_string();
        (id, activity.deliveries, last, activity.last_rows, rows, interval, activity.newest_period)
    });
    told.collect()
}

#[tokio::test]
async fn a_source_is_known_by_what_it_sent_last_and_what_it_usually_sends() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        put_precedence(store, "silent", 5).await;
        let in_2022 = DeliveredObservation { period: "2022".into(), ..say(3, "A", 2.0) };
        let both =
            vec![say(2, "A", 1.0), in_2022, say(4, "B", 1.0).of("cloud"), say(5, "Z", 1.0).of("cloud")];
        deliver(store, 100 * SECOND, both).await;
        deliver(store, 160 * SECOND, vec![say(2, "B", 1.0)]).await;
        let wrong = deliver(store, 170 * SECOND, vec![say(2, "C", 1.0), say(3, "A", 7.0)]).await;
        deliver(store, 200 * SECOND, vec![say(2, "A", 1.0), say(3, "B", 1.0), say(4, "C", 1.0)]).await;
        withdraw(store, 300 * SECOND, &wrong).await;
        let expected: Vec<Told> = vec![
            ("cloud".into(), 1, Some(100), 1, None, None, "2021".into()),
            ("file".into(), 3, Some(200), 3, Some(1.5), Some(50.0), "2022".into()),
            ("silent".into(), 0, None, 0, None, None, String::new()),
        ];
        assert_eq!(told(store).await, expected, "{}", backend.name);
    }
}

#[tokio::test]
async fn rows_that_are_brought_again_are_no_delivery_of_their_source() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        let mut first = None;
        for nth in 1..=3 {
            let rows = vec![say(2, "A", 1.0), say(3, "B", 1.0), say(4, "Z", 1.0)];
            first = Some(deliver(store, nth * 100 * SECOND, rows).await);
        }
        let mended = DeliveredObservation { closes_row: Some(4), ..say(2, "C", 1.0) };
        deliver_as(store, correcting(&first.unwrap(), 310 * SECOND), vec![mended]).await;
        let expected: Vec<Told> =
            vec![("file".into(), 3, Some(300), 2, Some(2.0), Some(100.0), "2021".into())];
        assert_eq!(told(store).await, expected, "{}", backend.name);
    }
}

#[tokio::test]
async fn what_is_staged_is_not_heard_yet_and_a_long_past_is_not_counted_as_usual() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        for nth in 1..=20 {
            // The first seven brought more than all that came later.
            let places = if nth <= 7 { &["A", "B", "C"][..] } else { &["A"][..] };
            let value = f64::from(i32::try_from(nth).unwrap());
            let rows = places.iter().zip(2..).map(|(place, row)| say(row, place, value)).collect();
            deliver(store, nth * 10 * SECOND, rows).await;
        }
        let batch = deliver_as(
            store,
            staged(xiuhua_ingestion::domain::batch::BatchKind::Observations, 900 * SECOND),
            vec![say(2, "B", 1.0), say(3, "C", 1.0)],
        )
        .await;
        preview(store, 950 * SECOND, &batch).await;
        let expected: Vec<Told> =
            vec![("file".into(), 20, Some(200), 1, Some(1.0), Some(10.0), "2021".into())];
        assert_eq!(told(store).await, expected, "{}", backend.name);
    }
}
