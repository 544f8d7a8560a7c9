//! Runs: what is computed, what it depends on, how it ends.

use tonic::{Code, Status};
use xiuhua_contracts::scoring::v1 as wire;

use crate::district::{Z_OF_TEN, little_district};
use crate::fakes::{FOREIGN, NOW, World};
use crate::house::{Backend, Build, House, asking, assert_close, on_both};

async fn scores_come_out_as_worked_out_by_hand(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    // a: P (0.7 + 0.7)/2; G (0.8 + 10/22)/2; INDEX over all four leaves.
    assert_close(house.score(&id, "a", "P").await.score, 70.0);
    assert_close(house.score(&id, "a", "G").await.score, 100.0 * (0.8 + Z_OF_TEN) / 2.0);
    assert_close(house.score(&id, "a", "INDEX").await.score, 100.0 * (1.4 + 0.8 + Z_OF_TEN) / 4.0);
    assert_close(house.score(&id, "b", "INDEX").await.score, 100.0 * (1.2 + 0.6 + Z_OF_TEN) / 4.0);
    // c: no drills; the change of -10 lies below the lower threshold 0 and is floored.
    let c = house.score(&id, "c", "INDEX").await;
    assert_close(c.score, 100.0 * (0.2 + 0.2) / 3.0);
    assert_close(c.coverage_ratio, 0.75);
    // Exactly half of G is observed, which passes.
    let growth = house.score(&id, "c", "G").await;
    assert_eq!((growth.score, growth.coverage_ratio), (Some(0.0), 0.5));
    // Y: P2 and G2 are left out, P1 and G1 carry 50 points each.
    assert_close(house.score(&id, "d", "INDEX").await.score, 60.0);
    assert_close(house.score(&id, "e", "INDEX").await.score, 50.0);
}

async fn ranks_and_percentiles_stand_within_the_type(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    for (place, rank, percentile) in
        [("a", 1, 100.0), ("b", 2, 50.0), ("c", 3, 0.0), ("d", 1, 100.0), ("e", 2, 0.0)]
    {
        let score = house.score(&id, place, "INDEX").await;
        assert_eq!((score.rank, score.percentile), (Some(rank), Some(percentile)), "{place}");
    }
    let unclassified = house.score(&id, "u", "INDEX").await;
    assert_eq!((unclassified.score, unclassified.rank), (None, None));
    assert_eq!(unclassified.absence_reason, "UNCLASSIFIED");
}

async fn an_assessment_says_what_it_is_made_of(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let assessment = house.assess_default().await;
    assert_eq!((assessment.period.as_str(), assessment.as_of_position), ("2021", 1));
    assert_eq!(assessment.base_periods, ["2019", "2020"]);
    assert_eq!((assessment.catalog_id.as_str(), assessment.scale), ("little", 100.0));
    assert_eq!(assessment.rule_set_id, "little-housing");
    assert_eq!(assessment.digest.len(), 64);
    assert!(assessment.code_version.starts_with(env!("CARGO_PKG_VERSION")));
    assert_eq!(assessment.progress_ratio, 1.0);
    assert!(assessment.finished_time.is_some() && assessment.failure.is_none());
    // e has scores and no households.
    assert_eq!(assessment.places_without_households, 1);
    let types: Vec<(&str, u64, u64)> =
        assessment.types.iter().map(|row| (row.r#type.as_str(), row.places, row.scored)).collect();
    assert_eq!(types, [("X", 3, 3), ("Y", 2, 2), ("UNCLASSIFIED", 1, 0)]);
}

async fn thresholds_of_a_change_belong_to_the_set_whatever_is_assessed_and_known_later(on: Backend) {
    let world = little_district();
    let mut house = House::on(on, world.clone()).await;
    let first = house.assess_default().await.id;
    assert_eq!(derived_threshold(&mut house, &first).await, (Some(0.0), Some(22.0)));
    // A later delivery corrects 2020: the score before changes, the thresholds of the set do not.
    world.correction(2, "a", "P1", "2020", 10.0);
    let corrected = house.assess(asking("corrected")).await.id;
    assert_eq!(derived_threshold(&mut house, &corrected).await, (Some(0.0), Some(22.0)));
    // a in 2020 is now (1.0 + 0.6)/2 = 80, so its change is 70 - 80.
    let explained = house.explain(&corrected, "a", "G").await;
    assert_close(explained.leaves[1].value, -10.0);
    // Another period under the same set.
    let earlier =
        house.assess(wire::CreateAssessmentRequest { period: "2020".to_owned(), ..asking("2020") }).await.id;
    assert_eq!(derived_threshold(&mut house, &earlier).await, (Some(0.0), Some(22.0)));
    // Another classification: b and c have moved to Y since, their changes still set the thresholds of X.
    for place in [1, 2] {
        let mut facts = world.facts();
        facts.places[place].kind = "Y".to_owned();
        let id = facts.places[place].id.clone();
        facts.types_then.insert(id, "X".to_owned());
    }
    let request = wire::CreateAssessmentRequest { classification_id: NOW.to_owned(), ..asking("moved") };
    let moved = house.assess(request).await;
    assert_eq!(moved.types[0].places, 1);
    assert_eq!(derived_threshold(&mut house, &moved.id).await, (Some(0.0), Some(22.0)));
}

async fn derived_threshold(house: &mut House, id: &str) -> (Option<f64>, Option<f64>) {
    let request = wire::ListThresholdsUsedRequest { assessment_id: id.to_owned(), ..Default::default() };
    let rows = house.client.list_thresholds_used(request).await.unwrap().into_inner().thresholds;
    let row = rows.iter().find(|row| row.r#type == "X" && row.leaf == "G2").unwrap();
    (row.lower, row.upper)
}

async fn an_earlier_assessment_can_be_recomputed_to_the_same_digest(on: Backend) {
    let world = little_district();
    let mut house = House::on(on, world.clone()).await;
    let first = house.assess_default().await;
    world.correction(2, "a", "P1", "2021", 9.0);
    let now = house.assess(asking("now")).await;
    assert_ne!(now.digest, first.digest);
    let request = wire::CreateAssessmentRequest { as_of_position: Some(1), ..asking("again") };
    let again = house.assess(request).await;
    assert_eq!((again.digest.as_str(), again.as_of_position), (first.digest.as_str(), 1));
    assert_ne!(again.id, first.id);
}

#[test]
fn a_hundred_runs_in_any_order_of_places_and_on_any_number_of_threads_have_one_digest() {
    let digest = |turn: usize| {
        let threads = [1, 2, 16][turn % 3];
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
        runtime.unwrap().block_on(async {
            let world = little_district();
            {
                let mut facts = world.facts();
                facts.shuffled = turn % 2 == 1;
                let statements = facts.statements.len();
                facts.statements.rotate_left(turn * 7 % statements);
                if turn % 5 == 1 {
                    facts.statements.reverse();
                }
                facts.samples.values_mut().for_each(|members| {
                    let count = members.len();
                    members.rotate_left(turn % count);
                });
            }
            House::on(Backend::Sqlite, world).await.assess_default().await.digest
        })
    };
    let first = digest(0);
    assert!((1..100).all(|turn| digest(turn) == first));
}

#[tokio::test]
async fn both_databases_give_one_digest() {
    let on_sqlite = House::on(Backend::Sqlite, little_district()).await.assess_default().await;
    let on_postgres = House::on(Backend::Postgres, little_district()).await.assess_default().await;
    assert_eq!(on_sqlite.digest, on_postgres.digest);
}

async fn the_digest_tells_one_changed_value_sample_member_or_attribute_of_a_group_apart(on: Backend) {
    let digest = async |change: fn(&World)| {
        let world = little_district();
        change(&world);
        House::on(on, world).await.assess_default().await.digest
    };
    let mut digests = vec![
        digest(|_| ()).await,
        // The unclassified place has no score, but its value was read.
        digest(|world| world.correction(1, "u", "P2", "2021", 1.0)).await,
        digest(|world| world.correction(1, "e", "P1", "2019", 6.0)).await,
        digest(|world| world.sample("Y", &["e"])).await,
        digest(|world| world.threshold("X", "G1", crate::fakes::Fixed::Between(0.0, 10.000_000_001))).await,
        // What groups are made of: households, also of a place that weighs nothing, and the groups' codes.
        digest(|world| world.facts().places[0].households = Some(101)).await,
        digest(|world| world.facts().places[5].households = Some(51)).await,
        digest(|world| world.facts().places[4].households = None).await,
        digest(|world| world.facts().places[1].committee = "C9".to_owned()).await,
        digest(|world| world.facts().places[1].town = "T9".to_owned()).await,
        digest(|world| world.facts().places[1].district = "310104".to_owned()).await,
    ];
    let count = digests.len();
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), count);
}

async fn a_run_without_its_upstream_fails_with_the_reason_in_both_languages(on: Backend) {
    let world = little_district();
    world.facts().failure = Some(Status::unavailable("the line is cut"));
    let mut house = Build::on(on, world.clone()).await.with_attempts(2).open().await;
    let waiting = house.create(asking("r1")).await.unwrap();
    let failed = house.until_over_in_time(&waiting.id).await;
    assert_eq!((failed.state(), failed.attempts), (wire::AssessmentState::Failed, 2));
    let failure = failed.failure.unwrap();
    assert_eq!(failure.zh, "第 2 次尝试后放弃：上游服务 normalization 没有应答，请稍后重试：the line is cut");
    assert_eq!(
        failure.en,
        "given up after attempt 2: normalization did not answer, try again later: the line is cut"
    );
    assert!(failed.finished_time.is_some() && failed.digest.is_empty());
    // Its results cannot be read, and the next run is not harmed.
    let request = wire::GetPlaceScoresRequest { assessment_id: failed.id, place_id: "a".to_owned() };
    let refusal = crate::house::Refusal::from(house.client.get_place_scores(request).await.unwrap_err());
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::FailedPrecondition, "ASSESSMENT_NOT_READY"));
    world.facts().failure = None;
    assert_eq!(house.assess(asking("r2")).await.state(), wire::AssessmentState::Succeeded);
}

async fn a_run_that_upstream_refuses_fails_with_what_it_said(on: Backend) {
    let world = little_district();
    world.facts().failure = Some(Status::failed_precondition("the set is not for this"));
    let mut house = House::on(on, world).await;
    let failure = house.assess(asking("r1")).await.failure.unwrap();
    assert_eq!(failure.zh, "上游服务 normalization 拒绝了请求：the set is not for this");
    assert_eq!(failure.en, "normalization refused the question: the set is not for this");
}

async fn a_run_whose_upstream_stops_in_the_middle_of_a_stream_fails_with_the_reason(on: Backend) {
    let world = little_district();
    world.facts().hangs = true;
    let mut house = Build::on(on, world).await.without_worker().open().await;
    let created = house.create(asking("r1")).await.unwrap();
    let mut house = house.neighbour().with_silence(200).with_attempts(1).open().await;
    let failed = house.until_over(&created.id).await;
    assert_eq!(failed.state(), wire::AssessmentState::Failed);
    let failure = failed.failure.unwrap();
    assert_eq!(failure.zh, "第 1 次尝试后放弃：上游服务 normalization 超过 200ms 没有应答，请稍后重试");
    assert_eq!(failure.en, "given up after attempt 1: normalization was silent for 200ms, try again later");
}

async fn without_its_upstream_nothing_is_begun_and_the_caller_may_come_again(on: Backend) {
    let world = little_district();
    world.facts().away = true;
    let mut house = House::on(on, world.clone()).await;
    let refusal = house.create(asking("r1")).await.unwrap_err();
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unavailable, "UPSTREAM_UNAVAILABLE"));
    world.facts().away = false;
    assert_eq!(house.assess(asking("r1")).await.state(), wire::AssessmentState::Succeeded);
}

async fn a_run_of_a_dead_process_is_taken_up_by_the_next(on: Backend) {
    let world = little_district();
    world.facts().hangs = true;
    let mut house = Build::on(on, world.clone()).await.without_worker().open().await;
    let created = house.create(asking("r1")).await.unwrap();
    assert_eq!(created.state(), wire::AssessmentState::Pending);
    let mut house = house.restarted().await;
    while house.get(&created.id).await.state() != wire::AssessmentState::Running {
        tokio::task::yield_now().await;
    }
    world.facts().hangs = false;
    let mut house = house.restarted().await;
    assert_eq!(house.until_over(&created.id).await.state(), wire::AssessmentState::Succeeded);
}

async fn a_watcher_is_told_every_state_once_and_then_let_go(on: Backend) {
    let mut house = Build::on(on, little_district()).await.without_worker().open().await;
    let created = house.create(asking("r1")).await.unwrap();
    let mut house = house.restarted().await;
    let told = house.watch(&created.id).await;
    assert_eq!(told.last().unwrap().state(), wire::AssessmentState::Succeeded);
    let ratios: Vec<f64> = told.iter().map(|news| news.progress_ratio).collect();
    assert!(ratios.is_sorted(), "{ratios:?}");
    assert!(told.windows(2).all(|pair| pair[0] != pair[1]));
    // One who comes late hears the end alone.
    assert_eq!(house.watch(&created.id).await.len(), 1);
}

async fn what_upstream_does_not_have_is_refused_before_anything_is_kept(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let with = |change: fn(&mut wire::CreateAssessmentRequest)| {
        let mut request = asking("r1");
        change(&mut request);
        request
    };
    let cases = [
        (
            with(|request| request.threshold_set_id = "nowhere".to_owned()),
            Code::NotFound,
            "THRESHOLD_SET_NOT_FOUND",
        ),
        (
            with(|request| request.classification_id = "nowhere".to_owned()),
            Code::NotFound,
            "CLASSIFICATION_NOT_FOUND",
        ),
        (
            with(|request| request.classification_id = FOREIGN.to_owned()),
            Code::FailedPrecondition,
            "TYPES_DIFFER",
        ),
        (with(|request| request.as_of_position = Some(2)), Code::OutOfRange, "POSITION_NOT_REACHED"),
    ];
    for (request, code, reason) in cases {
        let refusal = house.create(request).await.unwrap_err();
        assert_eq!((refusal.code, refusal.reason.as_str()), (code, reason));
    }
    // The request id of a refused request is still free.
    assert_eq!(house.assess(asking("r1")).await.state(), wire::AssessmentState::Succeeded);
}

on_both!(
    scores_come_out_as_worked_out_by_hand,
    ranks_and_percentiles_stand_within_the_type,
    an_assessment_says_what_it_is_made_of,
    thresholds_of_a_change_belong_to_the_set_whatever_is_assessed_and_known_later,
    an_earlier_assessment_can_be_recomputed_to_the_same_digest,
    the_digest_tells_one_changed_value_sample_member_or_attribute_of_a_group_apart,
    a_run_without_its_upstream_fails_with_the_reason_in_both_languages,
    a_run_that_upstream_refuses_fails_with_what_it_said,
    a_run_whose_upstream_stops_in_the_middle_of_a_stream_fails_with_the_reason,
    without_its_upstream_nothing_is_begun_and_the_caller_may_come_again,
    a_run_of_a_dead_process_is_taken_up_by_the_next,
    a_watcher_is_told_every_state_once_and_then_let_go,
    what_upstream_does_not_have_is_refused_before_anything_is_kept
);
