//! Batches out of force, on every backend.

use xiuhua_ingestion::Error;
use xiuhua_ingestion::domain::batch::{Batch, BatchKind, Position, Withdrawal};
use xiuhua_ingestion::domain::ids::BatchId;
use xiuhua_ingestion::store::{PlaceFilter, Store};

use crate::delivering::*;

async fn value_now(store: &dyn Store) -> Option<f64> {
    value(store, "A", now(store).await).await
}

/// One statement about place A, sealed at `now`.
async fn tell(store: &dyn Store, now: i64, value: f64) -> Batch {
    deliver(store, now, vec![say(2, "A", value)]).await
}

#[tokio::test]
async fn a_withdrawn_batch_is_gone_from_now_on_and_stays_as_of_before() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let batch = deliver(store, 10, vec![say(2, "A", 1.0), say(3, "B", 2.0), say(4, "Z", 3.0)]).await;
        let withdrawn = withdraw(store, 20, &batch).await;
        let expected = Withdrawal {
            position: Position(3),
            author: "王芳".to_owned(),
            reason: "the wrong file".to_owned(),
            withdrawn_at: at(20),
        };
        assert_eq!(withdrawn, Batch { withdrawal: Some(expected), ..batch.clone() }, "{}", backend.name);
        assert_eq!(store.batch(&batch.id).await.unwrap().unwrap(), withdrawn);
        assert_eq!(store.position().await.unwrap(), Position(3));
        assert_eq!(column(store, "visits", "2021", now(store).await).await, []);
        assert_eq!(revisions(store, "A").await, []);
        // As of before: its values, its revisions; and what was rejected of it is still listed.
        assert_eq!(column(store, "visits", "2021", past(2)).await.len(), 2, "{}", backend.name);
        assert_eq!(revisions_as_of(store, "A", past(2)).await.len(), 1);
        assert_eq!(rejected(store, &batch.id).await.len(), 1);
        // What comes later neither brings it back nor changes the past.
        tell(store, 30, 7.0).await;
        assert_eq!(column(store, "visits", "2021", past(3)).await, []);
        assert_eq!(column(store, "visits", "2021", past(2)).await.len(), 2);
        assert_eq!(value_now(store).await, Some(7.0));
    }
}

/// Goes on by ten microseconds whenever it is asked.
#[derive(Debug)]
struct Ticking(std::sync::atomic::AtomicI64);

impl xiuhua_service_kit::clock::Clock for Ticking {
    fn now(&self) -> jiff::Timestamp {
        at(self.0.fetch_add(10, std::sync::atomic::Ordering::Relaxed))
    }
}

#[tokio::test]
async fn a_withdrawal_is_of_the_time_when_it_is_done_and_not_when_it_begins() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        let batch = tell(store, 10, 1.0).await;
        let clock = std::sync::Arc::new(Ticking(20.into()));
        let withdrawal = xiuhua_ingestion::store::NewDecision { clock, ..withdrawal(20, &batch.id) };
        let withdrawn = store.withdraw(withdrawal).await.unwrap();
        assert_eq!(withdrawn.withdrawal.unwrap().withdrawn_at, at(30), "{}", backend.name);
        // While it was under way, the batch was read as in force.
        assert_eq!(store.position_at(at(29)).await.unwrap(), Position(2), "{}", backend.name);
        assert_eq!(store.position_at(at(30)).await.unwrap(), Position(3), "{}", backend.name);
    }
}

#[tokio::test]
async fn withdrawing_a_correction_gives_the_value_before_it_back() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        tell(store, 10, 1.0).await;
        let correction = tell(store, 20, 2.0).await;
        withdraw(store, 30, &correction).await;
        assert_eq!(value_now(store).await, Some(1.0), "{}", backend.name);
        assert_eq!(value(store, "A", past(3)).await, Some(2.0));
        // Later deliveries are held against what is seen: this repeats, and that corrects.
        assert_eq!(
            tell(store, 40, 1.0).await.seal.unwrap().counts,
            counts(1, 0, 0, 1, 0),
            "{}",
            backend.name
        );
        assert_eq!(tell(store, 50, 2.0).await.seal.unwrap().counts, counts(1, 0, 1, 0, 0));
        assert_eq!(values(&revisions(store, "A").await), [2.0, 1.0]);
    }
}

#[tokio::test]
async fn what_only_a_withdrawn_batch_said_is_no_old_news() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        deliver(store, 10, vec![say(2, "A", 1.0).revised(8)]).await;
        let gone = deliver(store, 20, vec![say(2, "A", 2.0).revised(9)]).await;
        withdraw(store, 30, &gone).await;
        let late = deliver(store, 40, vec![say(2, "A", 2.0).revised(5)]).await;
        assert_eq!(late.seal.unwrap().counts, counts(1, 0, 1, 0, 0), "{}", backend.name);
        assert_eq!(values(&revisions(store, "A").await), [1.0, 2.0], "{}", backend.name);
    }
}

#[tokio::test]
async fn after_the_only_batch_of_a_key_is_withdrawn_the_key_is_new_again() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        // Dated into the future: once it is gone, what has no time of its own stands at its arrival again.
        let only = deliver(store, 10, vec![say(2, "A", 1.0).revised(9_000)]).await;
        withdraw(store, 20, &only).await;
        assert_eq!(
            tell(store, 30, 1.0).await.seal.unwrap().counts,
            counts(1, 1, 0, 0, 0),
            "{}",
            backend.name
        );
        deliver(store, 40, vec![say(2, "A", 2.0).revised(5_000)]).await;
        assert_eq!(value_now(store).await, Some(2.0), "{}", backend.name);
    }
}

#[tokio::test]
async fn a_value_that_another_batch_said_too_stays_and_that_batch_is_shown_for_it() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let first = tell(store, 10, 1.0).await;
        let second = deliver(store, 20, vec![say(7, "A", 1.0)]).await;
        assert_eq!(second.seal.unwrap().counts, counts(1, 0, 0, 1, 0));
        let third = deliver(store, 30, vec![say(9, "A", 1.0)]).await;
        // One revision, shown with who said it first.
        let said = revisions(store, "A").await;
        assert_eq!((said.len(), &said[0].batch_id, said[0].row), (1, &first.id, 2), "{}", backend.name);
        withdraw(store, 40, &first).await;
        let said = revisions(store, "A").await;
        assert_eq!((said.len(), &said[0].batch_id, said[0].row), (1, &second.id, 7), "{}", backend.name);
        assert_eq!((said[0].effective, value_now(store).await), (true, Some(1.0)));
        withdraw(store, 50, &third).await;
        assert_eq!(value_now(store).await, Some(1.0));
        withdraw(store, 60, &second).await;
        assert_eq!(value_now(store).await, None, "{}", backend.name);
    }
}

#[tokio::test]
async fn a_repeat_never_outruns_what_came_between() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        deliver(store, 10, vec![say(2, "A", 1.0).of("x")]).await;
        deliver(store, 20, vec![say(2, "A", 2.0).of("y")]).await;
        // x says again what it said before y spoke: no news, so y stays in force.
        deliver(store, 30, vec![say(2, "A", 1.0).of("x")]).await;
        assert_eq!(value_now(store).await, Some(2.0), "{}", backend.name);
        // A revision dated between the statement and its repeat is newer than both.
        deliver(store, 40, vec![say(2, "B", 1.0)]).await;
        deliver(store, 50, vec![say(2, "B", 1.0)]).await;
        let between = deliver(store, 60, vec![say(2, "B", 5.0).revised(45)]).await;
        assert_eq!(between.seal.unwrap().counts, counts(1, 0, 1, 0, 0), "{}", backend.name);
        assert_eq!(value(store, "B", now(store).await).await, Some(5.0), "{}", backend.name);
    }
}

#[tokio::test]
async fn a_repeat_that_names_its_time_supports_it_for_itself() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let first = deliver(store, 10, vec![say(2, "A", 1.0).revised(5)]).await;
        let again = deliver(store, 20, vec![say(3, "A", 1.0).revised(5), say(4, "A", 1.0)]).await;
        assert_eq!(again.seal.unwrap().counts, counts(2, 0, 0, 2, 0), "{}", backend.name);
        withdraw(store, 30, &first).await;
        let said = revisions(store, "A").await;
        assert_eq!((said.len(), said[0].row, said[0].revised_at), (1, 3, Some(at(5))), "{}", backend.name);
    }
}

#[tokio::test]
async fn one_value_back_and_forth_is_three_revisions_however_often_each_is_repeated() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        for (now, value) in (1..).zip([1.0, 1.0, 2.0, 2.0, 2.0, 1.0, 1.0]) {
            tell(store, now * 10, value).await;
        }
        assert_eq!(values(&revisions(store, "A").await), [1.0, 2.0, 1.0], "{}", backend.name);
        // The same under one date: the position decides, and no run is taken for another.
        for (now, value) in (8..).zip([1.0, 1.0, 2.0, 1.0]) {
            deliver(store, now * 10, vec![say(2, "B", value).revised(5)]).await;
        }
        assert_eq!(values(&revisions(store, "B").await), [1.0, 2.0, 1.0], "{}", backend.name);
        assert_eq!(value(store, "B", now(store).await).await, Some(1.0));
    }
}

#[tokio::test]
async fn precedence_decides_among_the_sources_that_are_left() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        put_precedence(store, "x", 1).await;
        let strong = deliver(store, 10, vec![say(2, "A", 1.0).of("x")]).await;
        deliver(store, 20, vec![say(2, "A", 2.0).of("y")]).await;
        let newest = deliver(store, 30, vec![say(2, "A", 3.0).of("z")]).await;
        assert_eq!(value_now(store).await, Some(1.0), "{}", backend.name);
        withdraw(store, 40, &strong).await;
        assert_eq!(value_now(store).await, Some(3.0), "{}", backend.name);
        withdraw(store, 50, &newest).await;
        assert_eq!(value_now(store).await, Some(2.0), "{}", backend.name);
        let read: Vec<_> = [past(4), past(5), past(6)].into_iter().collect();
        for (as_of, expected) in read.into_iter().zip([1.0, 3.0, 2.0]) {
            assert_eq!(value(store, "A", as_of).await, Some(expected), "{}", backend.name);
        }
    }
}

#[tokio::test]
async fn a_withdrawn_description_of_a_place_gives_the_one_before_it_back() {
    for backend in backends().await {
        let store = &*backend.store;
        let first = deliver_places(store, 10, vec![describe(2, "A", "甲"), describe(3, "B", "乙")]).await;
        let second = deliver_places(store, 20, vec![describe(2, "A", "甲二"), describe(5, "B", "乙")]).await;
        let third = deliver_places(store, 30, vec![describe(2, "A", "甲二")]).await;
        assert_eq!(third.seal.unwrap().counts, counts(1, 0, 0, 1, 0), "{}", backend.name);
        let shown = async |id: &str, position| {
            let told = store.place_revisions(&place_id(id), Position(position), None, 9).await.unwrap();
            told.into_iter().map(|told| (told.place.description.name, told.batch_id)).collect::<Vec<_>>()
        };
        let said = |name: &str, batch: &Batch| (name.to_owned(), batch.id.clone());
        assert_eq!(shown("A", 3).await, [said("甲二", &second), said("甲", &first)], "{}", backend.name);
        withdraw(store, 40, &second).await;
        assert_eq!(shown("A", 4).await, [said("甲二", &third), said("甲", &first)], "{}", backend.name);
        withdraw(store, 50, &third).await;
        let place = store.place(&place_id("A"), Position(5)).await.unwrap().unwrap();
        assert_eq!(place.description.name, "甲", "{}", backend.name);
        let listed = async |position| {
            let places = store.places(&PlaceFilter::default(), Position(position), None, 9).await.unwrap();
            places.into_iter().map(|place| place.description.name).collect::<Vec<_>>()
        };
        assert_eq!(listed(4).await, ["甲二", "乙"], "{}", backend.name);
        assert_eq!(listed(5).await, ["甲", "乙"]);
        withdraw(store, 60, &first).await;
        assert_eq!(listed(6).await, Vec::<String>::new(), "{}", backend.name);
        assert_eq!(store.place(&place_id("B"), Position(6)).await.unwrap(), None);
        let again = deliver_places(store, 70, vec![describe(2, "A", "甲二")]).await;
        assert_eq!(again.seal.unwrap().counts, counts(1, 1, 0, 0, 0), "{}", backend.name);
    }
}

#[tokio::test]
async fn what_is_said_of_a_withdrawn_place_does_not_appear_until_the_place_is_back() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let places = deliver_places(store, 10, vec![describe(2, "AB", "AB"), describe(3, "Z", "Z")]).await;
        let rows = ["A", "AB", "B", "Z"].into_iter().zip(2..).map(|(id, row)| say(row, id, 1.0)).collect();
        deliver(store, 20, rows).await;
        withdraw(store, 30, &places).await;
        let shown = async || {
            let column = column(store, "visits", "2021", now(store).await).await;
            column.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_eq!(shown().await, ["A", "B"], "{}", backend.name);
        let refused = deliver(store, 40, vec![say(2, "Z", 2.0)]).await;
        assert_eq!(codes(&rejected(store, &refused.id).await[0]), ["UNKNOWN_PLACE"], "{}", backend.name);
        deliver_places(store, 50, vec![describe(2, "AB", "AB")]).await;
        assert_eq!(shown().await, ["A", "AB", "B"], "{}", backend.name);
    }
}

#[tokio::test]
async fn a_withdrawal_is_final_repeatable_by_name_and_only_of_a_sealed_batch() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        let batch = tell(store, 10, 1.0).await;
        let asked = withdrawal(20, &batch.id);
        let withdrawn = store.withdraw(asked.clone()).await.unwrap();
        tell(store, 30, 2.0).await;
        assert_eq!(store.withdraw(asked.clone()).await.unwrap(), withdrawn, "{}", backend.name);
        assert_eq!(store.position().await.unwrap(), Position(4));
        let mut other_body = asked.clone();
        other_body.mutation.fingerprint = [9; 32];
        assert!(matches!(store.withdraw(other_body).await, Err(Error::KeyReused(_))), "{}", backend.name);
        let twice = store.withdraw(withdrawal(40, &batch.id)).await;
        assert!(matches!(&twice, Err(Error::BatchWithdrawn(id)) if *id == batch.id), "{twice:?}");
        open(store, BatchKind::Observations, mutation("ImportObservations", 1), 50).await;
        let unsealed = store.batches(None, 1).await.unwrap().remove(0).1;
        let early = store.withdraw(withdrawal(60, &unsealed.id)).await;
        assert!(matches!(&early, Err(Error::BatchNotSealed(id)) if *id == unsealed.id), "{early:?}");
        let nothing = store.withdraw(withdrawal(70, &BatchId::new("nothing").unwrap())).await;
        assert!(matches!(nothing, Err(Error::NotFound(..))), "{nothing:?}");
        // What was refused was not remembered either: nothing but the first took a position.
        assert_eq!(store.position().await.unwrap(), Position(4), "{}", backend.name);
    }
}

#[tokio::test]
async fn seals_and_withdrawals_are_counted_together_and_their_times_rise_whatever_the_clock_does() {
    for backend in backends().await {
        let store = &*backend.store;
        assert_eq!(store.position_at(at(99)).await.unwrap(), Position(0), "{}", backend.name);
        furnish(store).await;
        let batch = tell(store, 1_000, 1.0).await;
        let withdrawn = withdraw(store, 500, &batch).await.withdrawal.unwrap();
        assert_eq!(
            (withdrawn.position, withdrawn.withdrawn_at),
            (Position(3), at(1_001)),
            "{}",
            backend.name
        );
        let seal = tell(store, 400, 1.0).await.seal.unwrap();
        assert_eq!((seal.position, seal.sealed_at), (Position(4), at(1_002)), "{}", backend.name);
        let found = [(0, 0), (1, 1), (999, 1), (1_000, 2), (1_001, 3), (1_002, 4), (5_000, 4)];
        for (instant, position) in found {
            let newest = store.position_at(at(instant)).await.unwrap();
            assert_eq!(newest, Position(position), "{} at {instant}", backend.name);
        }
    }
}
