//! Writes that meet: the same request, or the same thing, at once; and writes whose caller or server is gone.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use xiuhua_service_kit::status::{Failure, Kind};
use xiuhua_service_kit::testing::{execute, until_idle, until_waiting};

use super::super::{ClassStream, Mutation, NewClassification, SharedStore};
use super::{Batch, Place, at_once, classes, halves, mutation, new, rule_set, untouched};
use crate::domain::{Classification, ClassificationId};
use crate::error::Error;

/// A classification that is being made beside what the test does.
type Making = JoinHandle<Result<Classification, Error>>;

fn create(store: &SharedStore, mutation: Mutation, new: NewClassification, classes: ClassStream) -> Making {
    let store = store.clone();
    tokio::spawn(async move { store.create_classification(mutation, new, classes).await })
}

/// The classification "first" as of 7, in the middle of being made: it waits for its second half.
async fn half_made(store: &SharedStore, request_id: &str) -> (Making, oneshot::Sender<Batch>) {
    let (half, was_asked, give) = halves();
    let making = create(store, mutation(request_id, 1), new("first", 7), half);
    was_asked.await.unwrap();
    (making, give)
}

/// The same, by a caller who is gone in the middle: its future is dropped.
async fn half_made_and_left(store: &SharedStore, request_id: &str) -> oneshot::Sender<Batch> {
    let (half, was_asked, give) = halves();
    let create = store.create_classification(mutation(request_id, 1), new("first", 7), half);
    tokio::select! {
        biased;
        _ = create => unreachable!("the second half is not given"),
        asked = was_asked => asked.unwrap(),
    }
    give
}

#[tokio::test]
async fn one_request_sent_twice_at_once_has_one_effect_and_one_answer() {
    for place in Place::of_each_kind().await {
        let store = place.store().await;
        let (first, give) = half_made(&store, "c").await;
        // "Now" may have moved on between the two: the other inputs must not make another classification.
        let second = create(&store, mutation("c", 1), new("second", 8), untouched());
        until_waiting(&place.url, 1).await;
        give.send(Ok(classes(&["C"]))).unwrap();
        let first = first.await.unwrap().unwrap();
        assert_eq!(second.await.unwrap().unwrap(), first);
        assert_eq!(first.counts[0].places, 3);
        assert_eq!(store.classifications(None, 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn one_request_id_for_two_bodies_at_once_is_refused_to_the_later() {
    for place in Place::of_each_kind().await {
        let store = place.store().await;
        let (first, give) = half_made(&store, "c").await;
        let second = create(&store, mutation("c", 2), new("second", 8), untouched());
        until_waiting(&place.url, 1).await;
        give.send(Ok(Vec::new())).unwrap();
        first.await.unwrap().unwrap();
        let refused = second.await.unwrap().unwrap_err();
        assert_eq!(refused.reason(), "KEY_REUSED_WITH_DIFFERENT_BODY");
        assert_eq!(store.classifications(None, 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn two_requests_for_the_same_classification_at_once_make_it_once() {
    for place in Place::of_each_kind().await {
        let store = place.store().await;
        let (first, give) = half_made(&store, "c1").await;
        let second = create(&store, mutation("c2", 2), new("second", 7), untouched());
        until_waiting(&place.url, 1).await;
        give.send(Ok(classes(&["C"]))).unwrap();
        let first = first.await.unwrap().unwrap();
        assert_eq!(second.await.unwrap().unwrap(), first);
        // Both are answers already given from now on.
        for (request_id, body) in [("c1", 1), ("c2", 2)] {
            let answered = store.answered_classification(&mutation(request_id, body)).await.unwrap();
            assert_eq!(answered.as_ref(), Some(&first));
        }
    }
}

#[tokio::test]
async fn where_the_first_of_two_fails_the_second_makes_it() {
    for place in Place::of_each_kind().await {
        let store = place.store().await;
        let (first, give) = half_made(&store, "c").await;
        let second = create(&store, mutation("c", 1), new("second", 7), at_once(&["A"]));
        until_waiting(&place.url, 1).await;
        give.send(Err(Error::corrupt("as if upstream had failed"))).unwrap();
        first.await.unwrap().unwrap_err();
        assert_eq!(second.await.unwrap().unwrap().id, ClassificationId("second".to_owned()));
    }
}

#[tokio::test]
async fn a_rule_set_registered_many_times_at_once_is_registered_once() {
    for place in Place::of_each_kind().await {
        let store = place.store().await;
        let register = |request_id: &str, version: &'static str, text: &'static str| {
            let (store, mutation) = (store.clone(), mutation(request_id, 3));
            tokio::spawn(async move { store.register_rule_set(mutation, rule_set(version, text)).await })
        };
        let same: Vec<_> =
            ["r1", "r1", "r2", "r3", "r3"].map(|request_id| register(request_id, "2", "text")).into();
        let mut numbers = Vec::new();
        for registered in same {
            numbers.push(registered.await.unwrap().unwrap().registration);
        }
        assert_eq!(numbers, [numbers[0]; 5]);

        let other = [register("r4", "3", "one text"), register("r5", "3", "another text")];
        let [one, another] = other.map(|registered| async { registered.await.unwrap() });
        let refused = match (one.await, another.await) {
            (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
            both => panic!("one of two texts is registered: {both:?}"),
        };
        assert_eq!(refused.reason(), "RULE_SET_DIFFERS");
    }
}

#[tokio::test]
async fn a_classification_whose_caller_is_gone_is_made_as_a_whole() {
    for place in Place::of_each_kind().await {
        let store = place.store().await;
        let give = half_made_and_left(&store, "c").await;
        assert_eq!(store.classifications(None, 10).await.unwrap(), [], "nothing of it can be read");
        give.send(Ok(classes(&["C"]))).unwrap();
        // The repeat waits for it, or finds it done.
        let repeated = store.create_classification(mutation("c", 1), new("second", 8), untouched()).await;
        let repeated = repeated.unwrap();
        assert_eq!((repeated.id.0.as_str(), repeated.counts[0].places), ("first", 3));
        until_idle(&place.url).await;
    }
}

#[tokio::test]
async fn a_classification_that_fails_after_its_caller_is_gone_leaves_nothing() {
    for place in Place::of_each_kind().await {
        let store = place.store().await;
        let give = half_made_and_left(&store, "c").await;
        give.send(Err(Error::corrupt("as if upstream had failed"))).unwrap();
        let other = store.create_classification(mutation("c", 2), new("second", 8), at_once(&["A"])).await;
        assert_eq!(other.unwrap().counts[0].places, 1, "the request id is free again");
        let listed = store.classifications(None, 10).await.unwrap();
        assert_eq!(listed.iter().map(|(_, made)| made.id.0.as_str()).collect::<Vec<_>>(), ["second"]);
        until_idle(&place.url).await;
    }
}

#[tokio::test]
async fn a_server_that_ends_the_connection_leaves_nothing_and_the_same_request_may_come_again() {
    let [_, place] = Place::of_each_kind().await;
    let store = place.store().await;
    let (first, give) = half_made(&store, "c").await;
    execute(
        &place.url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL \
         AND backend_type = 'client backend'",
    )
    .await;
    give.send(Ok(classes(&["C"]))).unwrap();
    let refused = first.await.unwrap().unwrap_err();
    assert_eq!(refused.kind(), Kind::Unavailable, "{refused:?}");
    assert_eq!(store.classifications(None, 10).await.unwrap(), []);
    let again = store.create_classification(mutation("c", 1), new("again", 8), at_once(&["A"])).await;
    assert_eq!(again.unwrap().id, ClassificationId("again".to_owned()));
}
