//! What every back end of the store must do, seen through the door.

use xiuhua_contracts::scoring::v1 as wire;

use crate::district::little_district;
use crate::house::{Backend, House, asking, on_both};

async fn the_same_request_again_gets_the_first_answer_and_starts_nothing(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let first = house.create(asking("r1")).await.unwrap();
    house.until_over(&first.id).await;
    house.clock_forward();
    assert_eq!(house.create(asking("r1")).await.unwrap(), first);
    // Even where upstream has forgotten the threshold set's catalog by now.
    house.world.facts().toml = "nothing".to_owned();
    assert_eq!(house.create(asking("r1")).await.unwrap(), first);
    let listed = house.client.list_assessments(wire::ListAssessmentsRequest::default()).await.unwrap();
    assert_eq!(listed.into_inner().assessments.len(), 1);
}

async fn a_request_id_stands_for_one_body(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    house.create(asking("r1")).await.unwrap();
    let other = wire::CreateAssessmentRequest { period: "2020".to_owned(), ..asking("r1") };
    assert_eq!(house.create(other).await.unwrap_err().reason, "KEY_REUSED_WITH_DIFFERENT_BODY");
}

async fn one_request_sent_many_times_at_once_starts_one_assessment(on: Backend) {
    let house = House::on(on, little_district()).await;
    let calls = (0..8).map(|_| {
        let mut client = house.client.clone();
        tokio::spawn(async move { client.create_assessment(asking("r1")).await })
    });
    let mut ids = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        ids.push(call.await.unwrap().unwrap().into_inner().assessment.unwrap().id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

async fn all_faults_of_a_request_are_named_at_once(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let request = wire::CreateAssessmentRequest { period: "2021-13".to_owned(), ..Default::default() };
    let refusal = house.create(request).await.unwrap_err();
    assert_eq!(refusal.reason, "INVALID_REQUEST");
    assert_eq!(refusal.fields, ["request_id", "threshold_set_id", "period"]);
}

async fn assessments_are_listed_newest_first_in_pages_and_by_filter(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let mut made = Vec::new();
    for (request_id, period) in [("r1", "2021"), ("r2", "2020"), ("r3", "2021")] {
        let request = wire::CreateAssessmentRequest { period: period.to_owned(), ..asking(request_id) };
        made.insert(0, house.assess(request).await);
    }
    for page_size in [1, 2, 100] {
        let mut request = wire::ListAssessmentsRequest { page_size, ..Default::default() };
        let mut listed = Vec::new();
        loop {
            let page = house.client.list_assessments(request.clone()).await.unwrap().into_inner();
            listed.extend(page.assessments);
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(listed, made, "page size {page_size}");
    }
    let of = |period: &str, catalog: &str| wire::ListAssessmentsRequest {
        period: period.to_owned(),
        catalog_id: catalog.to_owned(),
        ..Default::default()
    };
    let found = house.client.list_assessments(of("2021", "little")).await.unwrap().into_inner().assessments;
    assert_eq!(found, [made[0].clone(), made[2].clone()]);
    let found = house.client.list_assessments(of("", "other")).await.unwrap().into_inner().assessments;
    assert!(found.is_empty());
}

async fn results_outlive_the_process_to_the_bit(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let made = house.assess_default().await;
    let before = house.explain(&made.id, "a", "").await;
    let groups = house.groups(&made.id, "", "").await;
    let mut house = house.restarted().await;
    assert_eq!(house.get(&made.id).await, made);
    assert_eq!(house.explain(&made.id, "a", "").await, before);
    assert_eq!(house.groups(&made.id, "", "").await, groups);
}

async fn nothing_of_a_run_that_is_not_complete_can_be_read(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    house.world.facts().hangs = true;
    let id = house.create(asking("r1")).await.unwrap().id;
    let mut reasons = Vec::new();
    let ranking =
        wire::ListRankingRequest { assessment_id: id.clone(), r#type: "X".to_owned(), ..Default::default() };
    reasons.push(house.client.list_ranking(ranking).await.map(drop).unwrap_err());
    let place = wire::GetPlaceScoresRequest { assessment_id: id.clone(), place_id: "a".to_owned() };
    reasons.push(house.client.get_place_scores(place).await.map(drop).unwrap_err());
    let groups = wire::ListGroupScoresRequest { assessment_id: id.clone(), ..Default::default() };
    reasons.push(house.client.list_group_scores(groups).await.map(drop).unwrap_err());
    let explain = wire::ExplainScoreRequest {
        assessment_id: id.clone(),
        place_id: "a".to_owned(),
        node: String::new(),
    };
    reasons.push(house.client.explain_score(explain).await.map(drop).unwrap_err());
    let thresholds = wire::ListThresholdsUsedRequest { assessment_id: id.clone(), ..Default::default() };
    reasons.push(house.client.list_thresholds_used(thresholds).await.map(drop).unwrap_err());
    let weights = wire::ListWeightsRequest { assessment_id: id.clone(), ..Default::default() };
    reasons.push(house.client.list_weights(weights).await.map(drop).unwrap_err());
    let scores = wire::ReadScoresRequest { assessment_id: id.clone() };
    reasons.push(house.client.read_scores(scores).await.map(drop).unwrap_err());
    let values = wire::ReadLeafValuesRequest { assessment_id: id };
    reasons.push(house.client.read_leaf_values(values).await.map(drop).unwrap_err());
    for status in reasons {
        assert_eq!(crate::house::Refusal::from(status).reason, "ASSESSMENT_NOT_READY");
    }
}

on_both!(
    the_same_request_again_gets_the_first_answer_and_starts_nothing,
    a_request_id_stands_for_one_body,
    one_request_sent_many_times_at_once_starts_one_assessment,
    all_faults_of_a_request_are_named_at_once,
    assessments_are_listed_newest_first_in_pages_and_by_filter,
    results_outlive_the_process_to_the_bit,
    nothing_of_a_run_that_is_not_complete_can_be_read
);
