//! Leases: who may take a run, and what one who lost it can still write, which is nothing.

use std::sync::Arc;

use jiff::Timestamp;
use xiuhua_service_kit::request_id::RequestId;
use xiuhua_service_kit::testing::execute;

use super::super::{
    AssessmentFilter, Claim, Claimed, Lease, Listed, Ruled, Ruling, SharedStore, StoreError, open,
};
use super::{Home, add, add_at, finished, instant};
use crate::domain::assessment::{Failure, State};
use crate::domain::decision::{Decision, Verdict};
use crate::domain::id::{AssessmentId, PlaceId};
use crate::domain::results::{GroupScore, Level};

/// Length of a lease in these tests, in seconds.
const LEASE: i64 = 30;

async fn claim(store: &SharedStore, worker: &str, now: i64) -> Option<Claimed> {
    let claim =
        Claim { worker: worker.to_owned(), now: instant(now), until: instant(now + LEASE), max_attempts: 3 };
    store.claim(&claim).await.unwrap()
}

async fn state(store: &SharedStore, id: &str) -> State {
    store.assessment(&AssessmentId::new(id)).await.unwrap().unwrap().assessment.state
}

fn failure(finished: Timestamp) -> Failure {
    Failure { zh: "失败".to_owned(), en: "failed".to_owned(), finished }
}

/// Every write of a worker, each refused.
async fn assert_lost(store: &SharedStore, lease: &Lease) {
    let writes = [
        store.renew(lease, instant(9_999)).await,
        store.report_progress(lease, 0.9).await,
        store.save_results(lease, finished(1.0)).await,
        store.save_failure(lease, failure(instant(9))).await,
        store.postpone(lease, instant(9_999)).await,
        store.give_back(lease).await,
    ];
    for write in writes {
        assert!(matches!(write, Err(StoreError::LeaseLost(_))), "{write:?}");
    }
}

#[tokio::test]
async fn the_oldest_that_is_due_is_taken_first_and_nobody_takes_what_is_held() {
    for home in Home::of_each_kind().await {
        let store = open(&home.url).await.unwrap();
        for id in ["first", "second"] {
            add(&store, id).await;
        }
        let first = claim(&store, "a", 100).await.unwrap();
        let second = claim(&store, "b", 100).await.unwrap();
        assert_eq!((first.assessment.id.as_str(), second.assessment.id.as_str()), ("first", "second"));
        assert!(claim(&store, "c", 100).await.is_none());
        // Held as long as it is renewed, and until then to the microsecond.
        store.renew(&first.lease, instant(140)).await.unwrap();
        let taken = claim(&store, "c", 130).await.unwrap();
        assert_eq!((taken.assessment.id.as_str(), taken.assessment.attempts), ("second", 2));
        assert!(claim(&store, "c", 139).await.is_none());
        assert_eq!(claim(&store, "c", 140).await.unwrap().assessment.id.as_str(), "first");
    }
}

/// F17: the time of day is set back by an hour.
#[tokio::test]
async fn a_clock_set_back_delays_nothing_that_waits_for_no_time() {
    for home in Home::of_each_kind().await {
        let store = open(&home.url).await.unwrap();
        add_at(&store, "new", instant(3_700)).await;
        let claimed = claim(&store, "a", 100).await.unwrap();
        store.give_back(&claimed.lease).await.unwrap();
        assert_eq!(claim(&store, "a", 50).await.unwrap().assessment.id.as_str(), "new");
    }
}

#[tokio::test]
async fn whoever_lost_a_lease_writes_nothing() {
    for home in Home::of_each_kind().await {
        let store = open(&home.url).await.unwrap();
        add(&store, "run").await;
        let sleeper = claim(&store, "sleeper", 100).await.unwrap().lease;
        let waking = claim(&store, "waking", 200).await.unwrap().lease;
        assert_lost(&store, &sleeper).await;
        // Not even the same worker under its earlier attempt.
        let again = claim(&store, "sleeper", 300).await.unwrap().lease;
        assert_lost(&store, &sleeper).await;
        assert_lost(&store, &waking).await;

        store.report_progress(&again, 0.5).await.unwrap();
        assert_eq!(state(&store, "run").await, State::Running(0.5));
        store.save_results(&again, finished(2.0)).await.unwrap();
        for lease in [&sleeper, &waking, &again] {
            assert_lost(&store, lease).await;
        }
        let stored = store.assessment(&AssessmentId::new("run")).await.unwrap().unwrap();
        assert_eq!((stored.assessment.attempts, stored.assessment.is_over()), (3, true));
        let scores = store.place_scores(stored.readable().unwrap(), &PlaceId::new("p")).await.unwrap();
        assert_eq!(scores[0].composed.score, Ok(2.0));
    }
}

#[tokio::test]
async fn two_that_save_at_once_never_both_save() {
    for home in Home::of_each_kind().await {
        let store = open(&home.url).await.unwrap();
        for turn in 0..20 {
            let id = format!("run-{turn}");
            add(&store, &id).await;
            let sleeper = claim(&store, "sleeper", 100).await.unwrap().lease;
            let waking = claim(&store, "waking", 200).await.unwrap().lease;
            let (late, saved) = tokio::join!(
                store.save_results(&sleeper, finished(1.0)),
                store.save_results(&waking, finished(2.0)),
            );
            assert!(matches!(late, Err(StoreError::LeaseLost(_))), "{late:?}");
            saved.unwrap();
            let State::Succeeded(success) = state(&store, &id).await else { panic!("it has results") };
            assert_eq!(success.digest, "digest of 2");
        }
    }
}

#[tokio::test]
async fn a_saving_that_fails_halfway_leaves_nothing() {
    for home in Home::of_each_kind().await {
        let store = open(&home.url).await.unwrap();
        add(&store, "run").await;
        let lease = claim(&store, "a", 100).await.unwrap().lease;
        // Two rows of one key: the second table fails after the first was written.
        let mut broken = finished(1.0);
        let results = Arc::make_mut(&mut broken.results);
        results.groups = vec![
            GroupScore {
                level: Level::Town,
                code: "T1".to_owned(),
                name: "街道".to_owned(),
                type_at: 0,
                node_at: 0,
                score: None,
                places: 0,
                household_share: 0.0,
                rank: None,
            };
            2
        ];
        let failed = store.save_results(&lease, broken).await;
        assert!(matches!(failed, Err(StoreError::Database(_))), "{failed:?}");
        assert_eq!(state(&store, "run").await, State::Running(0.0));
        // Nothing is in the way of those that are right.
        store.save_results(&lease, finished(2.0)).await.unwrap();
    }
}

#[tokio::test]
async fn a_run_that_waits_is_passed_and_one_begun_too_often_fails() {
    for home in Home::of_each_kind().await {
        let store = open(&home.url).await.unwrap();
        add(&store, "deadly").await;
        add(&store, "other").await;
        let first = claim(&store, "a", 100).await.unwrap().lease;
        store.postpone(&first, instant(110)).await.unwrap();
        let other = claim(&store, "a", 109).await.unwrap();
        assert_eq!(other.assessment.id.as_str(), "other");
        store.give_back(&other.lease).await.unwrap();
        // Two more begins whose worker dies, and the run is not begun again; the other is.
        for now in [200, 300] {
            assert_eq!(claim(&store, "a", now).await.unwrap().assessment.id.as_str(), "deadly");
        }
        let next = claim(&store, "a", 400).await.unwrap();
        assert_eq!((next.assessment.id.as_str(), next.assessment.attempts), ("other", 1));
        let State::Failed(failure) = state(&store, "deadly").await else { panic!("it failed") };
        assert_eq!(failure.finished, instant(400));
    }
}

#[tokio::test]
async fn a_run_that_cannot_be_read_fails_and_holds_nobody_up() {
    for home in Home::of_each_kind().await {
        let store = open(&home.url).await.unwrap();
        for id in ["listless", "timeless", "next"] {
            add(&store, id).await;
        }
        let damage = "UPDATE assessments SET types = 'x' WHERE id = 'listless'; \
                      UPDATE assessments SET period = 'x' WHERE id = 'timeless'";
        execute(&home.url, damage).await;
        let claimed = claim(&store, "a", 100).await.unwrap();
        assert_eq!(claimed.assessment.id.as_str(), "next");
        assert!(claim(&store, "a", 100).await.is_none());
        let filter = AssessmentFilter { period: None, catalog_id: None, before: None, limit: 9 };
        let listed = store.assessments(&filter).await.unwrap();
        let told: Vec<(&str, &str)> = listed
            .iter()
            .map(|listed| match listed {
                Listed::Whole(stored) => (stored.assessment.id.as_str(), "whole"),
                Listed::Unreadable(left) => (left.id.as_str(), left.state.as_str()),
            })
            .collect();
        assert_eq!(told, [("next", "whole"), ("timeless", "FAILED"), ("listless", "FAILED")]);
        // Mended, it says what became of it.
        execute(&home.url, "UPDATE assessments SET types = '[]' WHERE id = 'listless'").await;
        assert_eq!(state(&store, "listless").await, State::Failed(Failure::of_unreadable(instant(100))));
    }
}

#[tokio::test]
async fn what_a_dead_process_left_is_given_back_at_once_where_nobody_else_can_have_it() {
    for home in Home::of_each_kind().await {
        let store = open(&home.url).await.unwrap();
        add(&store, "run").await;
        claim(&store, "dead", 100).await.unwrap();
        let requeued = store.requeue_running().await.unwrap();
        assert_eq!(requeued, u64::from(!home.on_postgres()));
        let taken = claim(&store, "next", 101).await;
        assert_eq!(taken.map(|claimed| claimed.assessment.attempts), (!home.on_postgres()).then_some(2));
    }
}

#[tokio::test]
async fn a_cancelled_run_is_no_longer_its_workers() {
    for home in Home::of_each_kind().await {
        let store = open(&home.url).await.unwrap();
        add(&store, "run").await;
        let lease = claim(&store, "a", 100).await.unwrap().lease;
        let ruling = Ruling {
            id: AssessmentId::new("run"),
            verdict: Verdict::Cancel,
            decision: Decision { author: "王芳".to_owned(), reason: "误".to_owned(), time: instant(101) },
            request_id: RequestId::parse("c").unwrap(),
            fingerprint: [1; 32],
            answer: |assessment| assessment.id.as_str().as_bytes().to_vec(),
        };
        assert_eq!(store.decide(ruling).await.unwrap(), Ruled::Kept(b"run".to_vec()));
        assert_lost(&store, &lease).await;
        assert!(claim(&store, "b", 9_999).await.is_none());
    }
}
