//! What is kept at hand for readers, pages of rankings and the results computed last: the same as on record, and never
//! stale.

use tonic::Code;
use xiuhua_contracts::scoring::v1 as wire;

use crate::district::little_district;
use crate::house::{Backend, Build, House, Refusal, asking, on_both, publishing, withdrawing};
use crate::uncertainty::{analyse, analysing, sampled_district};

fn asked(id: &str) -> Vec<wire::ListRankingRequest> {
    let base = wire::ListRankingRequest {
        assessment_id: id.to_owned(),
        r#type: "X".to_owned(),
        ..Default::default()
    };
    vec![
        base.clone(),
        wire::ListRankingRequest { page_size: 2, ..base.clone() },
        wire::ListRankingRequest { reverse: true, ..base.clone() },
        wire::ListRankingRequest { node: "G".to_owned(), ..base.clone() },
        wire::ListRankingRequest { town_code: "T1".to_owned(), ..base.clone() },
        wire::ListRankingRequest { r#type: "UNCLASSIFIED".to_owned(), ..base },
    ]
}

/// Every page of every request, following the tokens.
async fn pages(house: &mut House, id: &str) -> Vec<wire::ListRankingResponse> {
    let mut pages = Vec::new();
    for mut request in asked(id) {
        loop {
            let page = house.client.list_ranking(request.clone()).await.unwrap().into_inner();
            request.page_token.clone_from(&page.next_page_token);
            pages.push(page);
            if request.page_token.is_empty() {
                break;
            }
        }
    }
    pages
}

async fn a_page_that_is_at_hand_is_the_page_on_record(on: Backend) {
    let mut keeping = House::on(on, little_district()).await;
    let id = keeping.assess_default().await.id;
    let first = pages(&mut keeping, &id).await;
    assert_eq!(pages(&mut keeping, &id).await, first);
    let mut reading = keeping.restarted_with(0).await;
    assert_eq!(pages(&mut reading, &id).await, first);
    assert_eq!(pages(&mut reading, &id).await, first);
}

async fn a_refusal_is_not_kept_and_a_run_can_be_read_as_soon_as_it_is_complete(on: Backend) {
    let build = Build::on(on, little_district()).await;
    let mut idle = build.without_worker().open().await;
    let id = idle.create(asking("r1")).await.unwrap().id;
    for _ in 0..2 {
        let refusal = Refusal::from(idle.client.list_ranking(asked(&id).remove(0)).await.unwrap_err());
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::FailedPrecondition, "ASSESSMENT_NOT_READY")
        );
    }
    if idle.is_on(Backend::Postgres) {
        // Another process computes it; nobody tells this one.
        let mut other = idle.neighbour().open().await;
        other.until_over(&id).await;
        assert_eq!(pages(&mut idle, &id).await, pages(&mut other, &id).await);
    } else {
        let mut working = idle.restarted().await;
        working.until_over(&id).await;
        assert_eq!(pages(&mut working, &id).await.len(), 7);
    }
}

#[tokio::test]
async fn what_another_process_decides_shows_at_once_and_changes_no_page() {
    let mut one = House::on(Backend::Postgres, little_district()).await;
    let id = one.assess_default().await.id;
    let mut other = one.neighbour().without_worker().open().await;
    let read = pages(&mut one, &id).await;
    assert_eq!(pages(&mut other, &id).await, read);

    other.client.publish_assessment(publishing("p1", &id)).await.unwrap();
    assert_eq!(one.get(&id).await.state(), wire::AssessmentState::Published);
    assert_eq!(pages(&mut one, &id).await, read);
    one.client.withdraw_assessment(withdrawing("w1", &id)).await.unwrap();
    assert_eq!(other.get(&id).await.state(), wire::AssessmentState::Withdrawn);
    // Withdrawn results stay readable by their id, whoever reads them.
    assert_eq!(pages(&mut other, &id).await, read);
    assert_eq!(pages(&mut one, &id).await, read);

    // A second run under the same plan is another one: nothing of the first is shown for it.
    let second = other.create(asking("r2")).await.unwrap().id;
    one.until_over(&second).await;
    let of_second = pages(&mut other, &second).await;
    assert_eq!(of_second, pages(&mut one, &second).await);
    assert_eq!(of_second[0].places, read[0].places);
}

/// The analysis beside each rank of every page.
fn beside(pages: &[wire::ListRankingResponse]) -> Vec<Option<String>> {
    let places = pages.iter().flat_map(|page| &page.places);
    let ranked = places.filter(|place| place.score.as_ref().unwrap().rank.is_some());
    ranked.map(|place| place.interval.as_ref().map(|interval| interval.analysis_id.clone())).collect()
}

async fn a_page_that_was_read_before_an_analysis_shows_its_intervals_after_it(on: Backend) {
    let mut house = House::on(on, sampled_district()).await;
    let id = house.assess_default().await.id;
    for _ in 0..2 {
        assert!(beside(&pages(&mut house, &id).await).iter().all(Option::is_none));
    }
    let mut shown = Vec::new();
    for request_id in ["u1", "u2"] {
        let made = analyse(&house, analysing(request_id, &id)).await.unwrap();
        let first = pages(&mut house, &id).await;
        assert!(beside(&first).len() > 36 && beside(&first).iter().all(|of| of.as_ref() == Some(&made.id)));
        assert_eq!(pages(&mut house, &id).await, first);
        shown = first;
    }
    // Another run's analysis is nothing to the pages of this one.
    let second = house.assess(asking("r2")).await.id;
    analyse(&house, analysing("u3", &second)).await.unwrap();
    assert_eq!(pages(&mut house, &id).await, shown);
    let mut reading = house.restarted_with(0).await;
    assert_eq!(pages(&mut reading, &id).await, shown);
}

#[tokio::test]
async fn what_another_process_analyses_shows_at_once() {
    let mut one = House::on(Backend::Postgres, sampled_district()).await;
    let id = one.assess_default().await.id;
    let mut other = one.neighbour().without_worker().open().await;
    let read = pages(&mut one, &id).await;
    assert_eq!(pages(&mut other, &id).await, read);
    for (request_id, by_other) in [("u1", true), ("u2", false), ("u3", true)] {
        let made = analyse(if by_other { &other } else { &one }, analysing(request_id, &id)).await.unwrap();
        let of_one = pages(&mut one, &id).await;
        let shown = beside(&of_one);
        assert!(shown.len() > 36 && shown.iter().all(|of| of.as_ref() == Some(&made.id)), "{}", shown.len());
        assert_eq!(pages(&mut other, &id).await, of_one);
    }
}

/// Every place of both streams.
async fn streams(house: &mut House, id: &str) -> (Vec<wire::PlaceScores>, Vec<wire::PlaceLeafValues>) {
    let (mut scores, mut values) = (Vec::new(), Vec::new());
    let request = wire::ReadScoresRequest { assessment_id: id.to_owned() };
    let mut stream = house.client.read_scores(request).await.unwrap().into_inner();
    while let Some(batch) = stream.message().await.unwrap() {
        scores.extend(batch.places);
    }
    let request = wire::ReadLeafValuesRequest { assessment_id: id.to_owned() };
    let mut stream = house.client.read_leaf_values(request).await.unwrap().into_inner();
    while let Some(batch) = stream.message().await.unwrap() {
        values.extend(batch.places);
    }
    (scores, values)
}

async fn what_was_just_computed_is_streamed_as_the_record_has_it(on: Backend) {
    let mut computing = House::on(on, little_district()).await;
    let id = computing.assess_default().await.id;
    let at_hand = streams(&mut computing, &id).await;
    assert_eq!(at_hand.0.len(), 6);
    // Another run takes its place at hand; the first is then read from the record.
    let second = computing.assess(asking("r2")).await.id;
    assert_eq!(streams(&mut computing, &id).await, at_hand);
    assert_eq!(streams(&mut computing, &second).await, at_hand);
    let mut reading = computing.restarted().await;
    assert_eq!(streams(&mut reading, &id).await, at_hand);
    assert_eq!(streams(&mut reading, &second).await, at_hand);
}

on_both!(
    what_was_just_computed_is_streamed_as_the_record_has_it,
    a_page_that_is_at_hand_is_the_page_on_record,
    a_page_that_was_read_before_an_analysis_shows_its_intervals_after_it,
    a_refusal_is_not_kept_and_a_run_can_be_read_as_soon_as_it_is_complete,
);
