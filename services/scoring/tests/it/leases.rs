//! Runs that outlive their worker: killed, drained, cancelled, run side by side.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tonic::Status;
use xiuhua_contracts::scoring::v1 as wire;

use crate::district::little_district;
use crate::house::{Backend, Build, House, asking, cancelling, on_both};

/// What runs undisturbed give.
async fn undisturbed() -> String {
    House::on(Backend::Sqlite, little_district()).await.assess_default().await.digest
}

async fn a_run_whose_process_is_killed_is_begun_again_to_the_same_digest(on: Backend) {
    let world = little_district();
    world.facts().hangs = true;
    let mut house = Build::on(on, world.clone()).await.mortal().open().await;
    let id = house.create(asking("r1")).await.unwrap().id;
    house.until_hanging(&id, 1).await;
    let next = house.killed();
    world.facts().hangs = false;
    let mut house = next.open().await;
    // One process works on SQLite, and takes up at once what was left; on PostgreSQL the lease has to expire.
    if on == Backend::Postgres {
        assert_eq!(house.get(&id).await.state(), wire::AssessmentState::Running);
        house.clock_forward();
    }
    let ended = house.until_over(&id).await;
    assert_eq!((ended.state(), ended.attempts), (wire::AssessmentState::Succeeded, 2));
    assert_eq!(ended.digest, undisturbed().await);
}

async fn a_run_that_takes_every_process_down_ends_and_the_others_go_on(on: Backend) {
    let world = little_district();
    world.facts().hangs = true;
    let mut build = Build::on(on, world.clone()).await;
    let mut deadly = None;
    for attempt in 1..=2 {
        let mut house = build.with_attempts(2).mortal().open().await;
        if deadly.is_none() {
            deadly = Some(house.create(asking("deadly")).await.unwrap().id);
        }
        let id = deadly.clone().unwrap();
        house.until_hanging(&id, attempt).await;
        house.clock_forward();
        build = house.killed();
    }
    world.facts().hangs = false;
    let mut house = build.with_attempts(2).open().await;
    let harmless = house.assess(asking("harmless")).await;
    assert_eq!(harmless.state(), wire::AssessmentState::Succeeded);
    let ended = house.until_over(&deadly.unwrap()).await;
    assert_eq!((ended.state(), ended.attempts), (wire::AssessmentState::Failed, 2));
    let failure = ended.failure.unwrap();
    assert!(failure.zh.contains("2 次中断") && failure.en.contains("2 times"), "{failure:?}");
}

async fn a_process_that_stops_in_order_gives_its_run_back_as_if_it_had_not_begun(on: Backend) {
    let world = little_district();
    world.facts().hangs = true;
    let mut house = House::on(on, world.clone()).await;
    let id = house.create(asking("r1")).await.unwrap().id;
    house.until_hanging(&id, 1).await;
    world.facts().hangs = false;
    // No lease has to expire: the time of day stands still.
    let mut house = house.restarted().await;
    let ended = house.until_over(&id).await;
    assert_eq!((ended.state(), ended.attempts), (wire::AssessmentState::Succeeded, 1));
}

async fn a_run_waits_for_an_upstream_that_is_away_and_others_pass_it(on: Backend) {
    let world = little_district();
    world.facts().failure = Some(Status::resource_exhausted("full"));
    let mut house = House::on(on, world.clone()).await;
    let first = house.create(asking("first")).await.unwrap().id;
    // Begun once, put back, and not due before the time of day moves on.
    let mut found = house.get(&first).await;
    while (found.state(), found.attempts) != (wire::AssessmentState::Pending, 1) {
        tokio::time::sleep(Duration::from_millis(5)).await;
        found = house.get(&first).await;
    }
    world.facts().failure = None;
    let second = house.assess(asking("second")).await;
    assert_eq!((second.state(), second.attempts), (wire::AssessmentState::Succeeded, 1));
    assert_eq!(house.get(&first).await.state(), wire::AssessmentState::Pending);
    house.clock_forward();
    let first = house.until_over(&first).await;
    assert_eq!((first.state(), first.attempts), (wire::AssessmentState::Succeeded, 2));
    assert_eq!(first.digest, second.digest);
}

async fn a_running_assessment_is_cancelled_at_once_and_its_worker_moves_on(on: Backend) {
    let world = little_district();
    world.facts().hangs = true;
    let mut house = House::on(on, world.clone()).await;
    let id = house.create(asking("r1")).await.unwrap().id;
    house.until_hanging(&id, 1).await;
    let cancelled = house.client.cancel_assessment(cancelling("c1", &id)).await.unwrap().into_inner();
    let cancelled = cancelled.assessment.unwrap();
    assert_eq!(cancelled.state(), wire::AssessmentState::Cancelled);
    let decision = cancelled.cancelled.clone().unwrap();
    assert_eq!((decision.author.as_str(), decision.reason.as_str()), ("王芳", "选错了期间"));
    assert_eq!((decision.time, cancelled.digest.as_str()), (cancelled.finished_time, ""));
    // The watcher is let go, and the worker, which would hang for ever, is free.
    assert_eq!(house.watch(&id).await, std::slice::from_ref(&cancelled));
    world.facts().hangs = false;
    assert_eq!(house.assess(asking("r2")).await.state(), wire::AssessmentState::Succeeded);
    assert_eq!(house.get(&id).await, cancelled);
}

on_both!(
    a_run_whose_process_is_killed_is_begun_again_to_the_same_digest,
    a_run_that_takes_every_process_down_ends_and_the_others_go_on,
    a_process_that_stops_in_order_gives_its_run_back_as_if_it_had_not_begun,
    a_run_waits_for_an_upstream_that_is_away_and_others_pass_it,
    a_running_assessment_is_cancelled_at_once_and_its_worker_moves_on,
);

#[tokio::test]
async fn workers_side_by_side_run_every_assessment_once() {
    let mut house = House::on(Backend::Postgres, little_district()).await;
    let _second = house.neighbour().open().await;
    let _third = house.neighbour().open().await;
    let mut ids = Vec::new();
    for number in 0..12 {
        ids.push(house.create(asking(&format!("r{number}"))).await.unwrap().id);
    }
    let mut digests = BTreeSet::new();
    for id in ids {
        let ended = house.until_over(&id).await;
        assert_eq!((ended.state(), ended.attempts), (wire::AssessmentState::Succeeded, 1));
        digests.insert(ended.digest);
    }
    assert_eq!(digests.len(), 1);
}

#[tokio::test]
async fn a_worker_that_slept_through_its_lease_changes_nothing_any_more() {
    let world = little_district();
    world.facts().hangs = true;
    // The sleeper notices after 300 ms that upstream is silent, and would then put the run back.
    let mut sleeper = Build::on(Backend::Postgres, world.clone()).await.with_silence(300).open().await;
    let id = sleeper.create(asking("r1")).await.unwrap().id;
    sleeper.until_hanging(&id, 1).await;
    world.facts().hangs = false;
    sleeper.clock_forward();
    let mut waking = sleeper.neighbour().open().await;
    let ended = waking.until_over(&id).await;
    assert_eq!((ended.state(), ended.attempts), (wire::AssessmentState::Succeeded, 2));
    // The sleeper is still there, works on, and what is over stays as it is.
    let other = sleeper.assess(asking("r2")).await;
    assert_eq!(other.state(), wire::AssessmentState::Succeeded);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(waking.get(&id).await, ended);
}

#[tokio::test]
async fn a_worker_that_lives_keeps_its_run_however_long_it_takes() {
    let world = little_district();
    world.facts().hangs = true;
    let build = Build::on(Backend::Postgres, world).await.with_lease(900);
    let mut house = build.open().await;
    let id = house.create(asking("r1")).await.unwrap().id;
    house.until_hanging(&id, 1).await;
    let _greedy = house.neighbour().open().await;
    let mut record = PgConnection::connect(&house.url).await.unwrap();
    let mut due: i64 =
        sqlx::query_scalar("SELECT due_us FROM assessments").fetch_one(&mut record).await.unwrap();
    for _ in 0..4 {
        // More than half of the lease: without a renewal the next step would lose it.
        house.clock_forward_by(Duration::from_millis(600));
        let mut renewed = due;
        while renewed == due {
            tokio::time::sleep(Duration::from_millis(10)).await;
            renewed =
                sqlx::query_scalar("SELECT due_us FROM assessments").fetch_one(&mut record).await.unwrap();
        }
        assert_eq!(renewed - due, 600_000);
        due = renewed;
    }
    let found = house.get(&id).await;
    assert_eq!((found.state(), found.attempts), (wire::AssessmentState::Running, 1));
}

#[tokio::test]
async fn a_worker_hears_of_a_cancellation_in_another_process() {
    let world = little_district();
    world.facts().hangs = true;
    let build = Build::on(Backend::Postgres, world.clone()).await.with_lease(300);
    let mut working = build.open().await;
    let mut other = working.neighbour().without_worker().open().await;
    let id = other.create(asking("r1")).await.unwrap().id;
    working.until_hanging(&id, 1).await;
    other.client.cancel_assessment(cancelling("c1", &id)).await.unwrap();
    world.facts().hangs = false;
    // The only worker there is would hang for ever.
    assert_eq!(other.assess(asking("r2")).await.state(), wire::AssessmentState::Succeeded);
    assert_eq!(working.get(&id).await.state(), wire::AssessmentState::Cancelled);
}
