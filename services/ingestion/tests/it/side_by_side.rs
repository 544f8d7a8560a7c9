//! Callers at once: deliveries are staged beside each other, and everything that takes a position follows one another.

use std::sync::Arc;

use tokio::task::JoinSet;
use xiuhua_ingestion::Error;
use xiuhua_ingestion::domain::batch::{BatchKind, Position};
use xiuhua_ingestion::store::{Opened, Store};

use crate::delivering::*;

/// Runs work eight times at once on a store and gives what came of it, in any order.
async fn eight_times<T: Send + 'static, W>(
    store: &Arc<dyn Store>,
    work: impl Fn(Arc<dyn Store>, u64) -> W,
) -> Vec<T>
where
    W: Future<Output = T> + Send + 'static,
{
    let mut all = JoinSet::new();
    for nth in 1..=8 {
        all.spawn(work(Arc::clone(store), nth));
    }
    all.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deliveries_at_once_take_one_position_each_and_one_of_them_is_first() {
    for backend in databases().await {
        furnish(&*backend.store).await;
        let batches = eight_times(&backend.store, |store, nth| async move {
            deliver(&*store, 1_000, vec![say(nth + 1, "A", 1.0), say(99, "B", 2.0).of("x")]).await
        })
        .await;
        let mut seals: Vec<_> = batches.iter().map(|batch| batch.seal.unwrap()).collect();
        seals.sort_by_key(|seal| seal.position);
        let positions: Vec<_> = seals.iter().map(|seal| seal.position.0).collect();
        assert_eq!(positions, [2, 3, 4, 5, 6, 7, 8, 9], "{}", backend.name);
        assert!(seals.is_sorted_by(|before, after| before.sealed_at < after.sealed_at), "{}", backend.name);
        assert_eq!(seals[0].counts, counts(2, 2, 0, 0, 0), "{}", backend.name);
        assert!(seals[1..].iter().all(|seal| seal.counts == counts(2, 0, 0, 2, 0)), "{}", backend.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_header_that_comes_at_once_opens_one_batch_and_one_of_its_streams_seals_it() {
    for backend in databases().await {
        let store = &backend.store;
        furnish(&**store).await;
        let name = mutation("ImportObservations", 1);
        let sealed = eight_times(store, |store, _| {
            let name = name.clone();
            async move {
                let opened = store.open_delivery(new_delivery(BatchKind::Observations, name, 10)).await?;
                let Opened::Open { delivery, .. } = opened else { return Err(Error::DeliveryTakenOver) };
                store.stage_observations(delivery, chunk(1, 1), pack([say(2, "A", 1.0)])).await?;
                store.seal(delivery, 1, stopped(20)).await
            }
        })
        .await;
        assert!(
            sealed.iter().all(|sealed| matches!(sealed, Ok(_) | Err(Error::DeliveryTakenOver))),
            "{}: {sealed:?}",
            backend.name
        );
        assert_eq!(sealed.iter().filter(|sealed| sealed.is_ok()).count(), 1, "{}", backend.name);
        assert_eq!(store.batches(None, 10).await.unwrap().len(), 2, "{}", backend.name);
        assert_eq!(store.position().await.unwrap(), Position(2), "{}", backend.name);
        assert_eq!(value(&**store, "A", now(&**store).await).await, Some(1.0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_mutation_that_comes_at_once_is_done_once_and_answered_alike() {
    for backend in databases().await {
        let store = &backend.store;
        furnish(&**store).await;
        let batch = deliver(&**store, 10, vec![say(2, "A", 1.0)]).await;
        let asked = withdrawal(20, &batch.id);
        let answers = eight_times(store, |store, _| {
            let asked = asked.clone();
            async move { store.withdraw(asked).await.unwrap() }
        })
        .await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{}: {answers:?}", backend.name);
        assert_eq!(store.position().await.unwrap(), Position(3), "{}", backend.name);
        let put = mutation("PutSource", 1);
        let sources = eight_times(store, |store, nth| {
            let put = put.clone();
            async move {
                let strength = u32::try_from(nth).unwrap();
                store.put_source(mutation("PutSource", 2), source("x", Some(strength))).await.unwrap();
                store.put_source(put, source("y", Some(7))).await.unwrap()
            }
        })
        .await;
        assert!(sources.iter().all(|source| *source == sources[0]), "{}: {sources:?}", backend.name);
        assert_eq!(store.sources(None, 10).await.unwrap().len(), 3, "{}", backend.name);
    }
}
