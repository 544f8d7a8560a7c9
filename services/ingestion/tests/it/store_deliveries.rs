//! Deliveries from their header to their seal, on every backend.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use xiuhua_ingestion::Error;
use xiuhua_ingestion::domain::batch::{BatchKind, Position};
use xiuhua_ingestion::domain::observation::DeliveredObservation;
use xiuhua_ingestion::domain::place::DeliveredPlace;
use xiuhua_ingestion::store::{NewDelivery, Opened};
use xiuhua_service_kit::clock::Clock;

use crate::delivering::*;

#[tokio::test]
async fn nothing_of_an_open_batch_is_readable() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        let delivery = open(store, BatchKind::Observations, mutation("ImportObservations", 1), 10).await;
        store.stage_observations(delivery, chunk(1, 0), pack([say(2, "A", 1.0)])).await.unwrap();
        assert_eq!(store.position().await.unwrap(), Position(1), "{}", backend.name);
        assert_eq!(value(store, "A", now(store).await).await, None);
        assert!(store.batches(None, 10).await.unwrap()[0].1.seal.is_none());
        let sealed = store.seal(delivery, 1, stopped(20)).await.unwrap();
        assert_eq!(sealed.seal.unwrap().position, Position(2));
        assert_eq!(value(store, "A", now(store).await).await, Some(1.0));
    }
}

#[tokio::test]
async fn an_open_delivery_that_is_opened_again_goes_on_and_shuts_the_old_stream_out() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        let mutation = mutation("ImportObservations", 1);
        let kind = BatchKind::Observations;
        let (broken, none) = resume(store, kind, mutation.clone(), 10).await;
        assert_eq!(none, 0, "{}", backend.name);
        store.stage_observations(broken, chunk(1, 1), pack([say(2, "A", 1.0)])).await.unwrap();
        let (next, acknowledged) = resume(store, kind, mutation.clone(), 20).await;
        assert_eq!(acknowledged, 1, "{}", backend.name);
        let shut_out = store.stage_observations(broken, chunk(2, 2), pack([say(3, "B", 1.0)])).await;
        assert!(matches!(shut_out, Err(Error::DeliveryTakenOver)), "{}: {shut_out:?}", backend.name);
        assert!(matches!(store.seal(broken, 1, stopped(30)).await, Err(Error::DeliveryTakenOver)));
        store.stage_observations(next, chunk(2, 2), pack([say(2, "C", 3.0)])).await.unwrap();
        let sealed = store.seal(next, 2, stopped(40)).await.unwrap();
        assert_eq!(sealed.seal.unwrap().counts, counts(2, 2, 0, 0, 0));
        let delivery = new_delivery(kind, mutation, 50);
        let found = store.open_delivery(delivery.clone()).await.unwrap();
        assert!(matches!(&found, Opened::Complete(batch) if **batch == sealed), "{found:?}");
        let mut other_body = delivery;
        other_body.mutation.fingerprint = [9; 32];
        assert!(matches!(store.open_delivery(other_body).await, Err(Error::KeyReused(_))));
    }
}

#[tokio::test]
async fn a_chunk_that_comes_again_is_taken_once_and_another_under_its_number_is_refused() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        let delivery = open(store, BatchKind::Observations, mutation("ImportObservations", 1), 10).await;
        let rows = || pack([say(2, "A", 1.0), say(3, "B", 1.0)]);
        for sequence in [1, 1, 2, 1, 2, 2] {
            let named = chunk(sequence, u8::try_from(sequence).unwrap());
            store.stage_observations(delivery, named, rows()).await.unwrap();
        }
        for wrong in [chunk(1, 2), chunk(2, 1)] {
            let refused = store.stage_observations(delivery, wrong, rows()).await;
            assert!(matches!(refused, Err(Error::KeyReused(_))), "{}: {refused:?}", backend.name);
        }
        let gap = store.stage_observations(delivery, chunk(0, 0), rows()).await;
        assert!(matches!(gap, Err(Error::SequenceGap { expected: 3, found: 0 })), "{gap:?}");
        let sealed = store.seal(delivery, 2, stopped(20)).await.unwrap();
        assert_eq!(sealed.seal.unwrap().counts, counts(4, 2, 0, 2, 0), "{}", backend.name);
    }
}

#[tokio::test]
async fn an_abandoned_delivery_stays_listed_and_begins_anew() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        let kinds = [BatchKind::Observations, BatchKind::Places];
        let names = [mutation("ImportObservations", 1), mutation("ImportPlaces", 1)];
        let observations = open(store, kinds[0], names[0].clone(), 10).await;
        store.stage_observations(observations, chunk(1, 1), pack([say(2, "A", 1.0)])).await.unwrap();
        let places = open(store, kinds[1], names[1].clone(), 20).await;
        store.stage_places(places, chunk(1, 1), vec![describe(2, "D", "D").checked()]).await.unwrap();
        // Another begins and finds the first abandoned, the second not yet.
        let other = mutation("ImportObservations", 2);
        let other = NewDelivery { given_up_before: at(15), ..new_delivery(kinds[0], other, 30) };
        store.open_delivery(other).await.unwrap();
        let shut_out = store.stage_observations(observations, chunk(2, 2), pack([])).await;
        assert!(matches!(shut_out, Err(Error::DeliveryTakenOver)), "{}: {shut_out:?}", backend.name);
        assert_eq!(store.batches(None, 10).await.unwrap().len(), 4);
        let (observations, acknowledged) = resume(store, kinds[0], names[0].clone(), 40).await;
        assert_eq!(acknowledged, 0, "{}", backend.name);
        store.stage_observations(observations, chunk(1, 9), pack([say(2, "B", 1.0)])).await.unwrap();
        let sealed = store.seal(observations, 1, stopped(50)).await.unwrap();
        assert_eq!(sealed.seal.unwrap().counts, counts(1, 1, 0, 0, 0), "{}", backend.name);
        let (_, acknowledged) = resume(store, kinds[1], names[1].clone(), 60).await;
        assert_eq!(acknowledged, 1, "{}", backend.name);
    }
}

#[tokio::test]
async fn a_gap_in_the_sequence_is_refused_and_leaves_the_delivery_as_it_was() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        let delivery = open(store, BatchKind::Observations, mutation("ImportObservations", 1), 10).await;
        for wrong in [0, 2] {
            let refused = store.stage_observations(delivery, chunk(wrong, 0), pack([say(2, "A", 1.0)])).await;
            assert!(matches!(refused, Err(Error::SequenceGap { expected: 1, .. })), "{}", backend.name);
        }
        store.stage_observations(delivery, chunk(1, 0), pack([say(2, "A", 1.0)])).await.unwrap();
        assert_eq!(
            store.seal(delivery, 1, stopped(20)).await.unwrap().seal.unwrap().counts,
            counts(1, 1, 0, 0, 0)
        );
    }
}

/// A clock that is ten microseconds later whenever it is looked at.
#[derive(Debug)]
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        at(self.0.fetch_add(10, Ordering::Relaxed))
    }
}

#[tokio::test]
async fn a_delivery_is_in_force_from_the_end_of_its_seal_and_its_rows_arrive_at_the_beginning() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        let delivery = open(store, BatchKind::Observations, mutation("ImportObservations", 1), 10).await;
        store.stage_observations(delivery, chunk(1, 0), pack([say(2, "A", 1.0)])).await.unwrap();
        let sealed = store.seal(delivery, 1, Arc::new(Ticking(20.into()))).await.unwrap();
        assert_eq!(sealed.seal.unwrap().sealed_at, at(30), "{}", backend.name);
        // Whoever asked at 29, during the seal, was told of the position before it.
        assert_eq!(store.position_at(at(29)).await.unwrap(), Position(1), "{}", backend.name);
        assert_eq!(store.position_at(at(30)).await.unwrap(), Position(2), "{}", backend.name);
        // A row that its source dates after the beginning is newer.
        deliver(store, 40, vec![say(2, "A", 2.0).revised(25)]).await;
        assert_eq!(value(store, "A", now(store).await).await, Some(2.0), "{}", backend.name);
        // A clock set back makes nothing older: neither the next seal, nor the rows that arrive with it.
        let next = deliver(store, 5, vec![say(2, "A", 3.0)]).await;
        assert_eq!(next.seal.unwrap().sealed_at, at(41), "{}", backend.name);
        assert_eq!(value(store, "A", now(store).await).await, Some(3.0), "{}", backend.name);
    }
}

#[tokio::test]
async fn an_end_that_counts_other_chunks_than_came_seals_nothing() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        let delivery = open(store, BatchKind::Observations, mutation("ImportObservations", 1), 10).await;
        for (sequence, place) in [(1, "A"), (2, "B")] {
            store.stage_observations(delivery, chunk(sequence, 0), pack([say(2, place, 1.0)])).await.unwrap();
        }
        for wrong in [0, 1, 3, u64::MAX] {
            let refused = store.seal(delivery, wrong, stopped(20)).await.unwrap_err();
            assert!(
                matches!(refused, Error::ChunkCountDiffers { acknowledged: 2, told } if told == wrong),
                "{}: {refused:?}",
                backend.name
            );
        }
        assert!(store.batches(None, 10).await.unwrap()[0].1.seal.is_none());
        assert_eq!(value(store, "A", now(store).await).await, None);
        assert_eq!(
            store.seal(delivery, 2, stopped(20)).await.unwrap().seal.unwrap().counts,
            counts(2, 2, 0, 0, 0)
        );
    }
}

#[tokio::test]
async fn conflicts_of_many_pages_are_all_rejected_with_their_original_texts() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        // 1,001 periods told of twice, the second time 1,001 rows later; then as many places.
        let period = |nth: u64| format!("{}", 1_000 + nth % 1_001);
        let rows = (0..2_002).map(|nth| DeliveredObservation {
            period: period(nth).into(),
            ..say(nth + 2, "A", if nth < 1_001 { 1.0 } else { 2.0 })
        });
        let delivery = open(store, BatchKind::Observations, mutation("ImportObservations", 1), 10).await;
        store.stage_observations(delivery, chunk(1, 0), rows.collect()).await.unwrap();
        let observations = store.seal(delivery, 1, stopped(20)).await.unwrap();
        let rows = (0..2_002).map(|nth| describe(nth + 2, &format!("P{}", nth % 1_001), &nth.to_string()));
        let delivery = open(store, BatchKind::Places, mutation("ImportPlaces", 1), 30).await;
        let rows = rows.map(DeliveredPlace::checked).collect();
        store.stage_places(delivery, chunk(1, 0), rows).await.unwrap();
        let places = store.seal(delivery, 1, stopped(40)).await.unwrap();
        for batch in [observations, places] {
            assert_eq!(batch.seal.unwrap().counts, counts(2_002, 0, 0, 0, 2_002), "{}", backend.name);
            let rejected = store.rejected_rows(&batch.id, None, 3_000).await.unwrap();
            assert_eq!(rejected.len(), 2_002);
            let last = rejected.last().unwrap();
            assert_eq!((last.row, last.original.as_str()), (2_003, "original of row 2003"));
            assert!(last.reasons[0].message.en.contains("1002"), "{:?}", last.reasons);
        }
    }
}
