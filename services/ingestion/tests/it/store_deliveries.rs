//! Deliveries from their header to their seal, on every backend.

use jiff::Timestamp;
use xiuhua_ingestion::Error;
use xiuhua_ingestion::domain::batch::{BatchKind, Position};
use xiuhua_ingestion::store::{NewDelivery, Opened};

use crate::delivering::*;

#[tokio::test]
async fn nothing_of_an_open_batch_is_readable() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let delivery = open(store, BatchKind::Observations, mutation("ImportObservations", 1), 10).await;
        store.stage_observations(delivery, 1, vec![say(2, "A", 1.0).checked()]).await.unwrap();
        assert_eq!(store.position().await.unwrap(), Position(1), "{}", backend.name);
        assert_eq!(value(store, "A", now(store).await).await, None);
        assert!(store.batches(None, 10).await.unwrap()[0].1.seal.is_none());
        let sealed = store.seal(delivery, 1, at(20)).await.unwrap();
        assert_eq!(sealed.seal.unwrap().position, Position(2));
        assert_eq!(value(store, "A", now(store).await).await, Some(1.0));
    }
}

#[tokio::test]
async fn an_open_delivery_that_is_opened_again_starts_anew_and_shuts_the_old_stream_out() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let mutation = mutation("ImportObservations", 1);
        let broken = open(store, BatchKind::Observations, mutation.clone(), 10).await;
        store.stage_observations(broken, 1, vec![say(2, "A", 1.0).checked()]).await.unwrap();
        let anew = open(store, BatchKind::Observations, mutation.clone(), 20).await;
        let shut_out = store.stage_observations(broken, 2, vec![say(3, "B", 1.0).checked()]).await;
        assert!(matches!(shut_out, Err(Error::DeliveryTakenOver)), "{}: {shut_out:?}", backend.name);
        assert!(matches!(store.seal(broken, 1, at(30)).await, Err(Error::DeliveryTakenOver)));
        store.stage_observations(anew, 1, vec![say(2, "C", 3.0).checked()]).await.unwrap();
        let sealed = store.seal(anew, 1, at(40)).await.unwrap();
        assert_eq!(sealed.seal.unwrap().counts, counts(1, 1, 0, 0, 0));
        let delivery = NewDelivery {
            mutation,
            kind: BatchKind::Observations,
            file_name: "test.csv".to_owned(),
            received_at: Timestamp::UNIX_EPOCH,
        };
        let found = store.open_delivery(delivery.clone()).await.unwrap();
        assert!(matches!(&found, Opened::Sealed(batch) if *batch == sealed), "{found:?}");
        let mut other_body = delivery;
        other_body.mutation.fingerprint = [9; 32];
        assert!(matches!(store.open_delivery(other_body).await, Err(Error::KeyReused(_))));
    }
}

#[tokio::test]
async fn a_gap_in_the_sequence_is_refused_and_leaves_the_delivery_as_it_was() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let delivery = open(store, BatchKind::Observations, mutation("ImportObservations", 1), 10).await;
        for wrong in [0, 2] {
            let refused = store.stage_observations(delivery, wrong, vec![say(2, "A", 1.0).checked()]).await;
            assert!(matches!(refused, Err(Error::SequenceGap { expected: 1, .. })), "{}", backend.name);
        }
        store.stage_observations(delivery, 1, vec![say(2, "A", 1.0).checked()]).await.unwrap();
        assert_eq!(
            store.seal(delivery, 1, at(20)).await.unwrap().seal.unwrap().counts,
            counts(1, 1, 0, 0, 0)
        );
    }
}

#[tokio::test]
async fn an_end_that_counts_other_chunks_than_came_seals_nothing() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let delivery = open(store, BatchKind::Observations, mutation("ImportObservations", 1), 10).await;
        for (sequence, place) in [(1, "A"), (2, "B")] {
            store.stage_observations(delivery, sequence, vec![say(2, place, 1.0).checked()]).await.unwrap();
        }
        for wrong in [0, 1, 3, u64::MAX] {
            let refused = store.seal(delivery, wrong, at(20)).await.unwrap_err();
            assert!(
                matches!(refused, Error::ChunkCountDiffers { acknowledged: 2, told } if told == wrong),
                "{}: {refused:?}",
                backend.name
            );
        }
        assert!(store.batches(None, 10).await.unwrap()[0].1.seal.is_none());
        assert_eq!(value(store, "A", now(store).await).await, None);
        assert_eq!(
            store.seal(delivery, 2, at(20)).await.unwrap().seal.unwrap().counts,
            counts(2, 2, 0, 0, 0)
        );
    }
}
