//! Quick wins that come true, peers to learn from, changes taken apart.

use xiuhua_contracts::scoring::v1 as wire;

use crate::district::little_district;
use crate::house::{Backend, House, Refusal, asking, assert_close, on_both};

async fn quick_wins(house: &House, assessment: &str, place: &str, node: &str) -> wire::GetQuickWinsResponse {
    let request = wire::GetQuickWinsRequest {
        assessment_id: assessment.to_owned(),
        place_id: place.to_owned(),
        node: node.to_owned(),
    };
    house.learning().get_quick_wins(request).await.unwrap().into_inner()
}

async fn explain_change(
    house: &House,
    ids: [&str; 2],
    place: &str,
    node: &str,
) -> wire::ExplainChangeResponse {
    let request = wire::ExplainChangeRequest {
        assessment_id: ids[1].to_owned(),
        previous_assessment_id: ids[0].to_owned(),
        place_id: place.to_owned(),
        node: node.to_owned(),
    };
    house.learning().explain_change(request).await.unwrap().into_inner()
}

/// Each step is taken for true: the value is corrected and the district assessed again under the same thresholds. G2
/// follows P, so that a step below P moves the total in two ways.
async fn a_step_brings_what_was_foretold_once_it_is_taken_and_assessed_again(on: Backend) {
    let world = little_district();
    let mut house = House::on(on, world.clone()).await;
    let id = house.assess_default().await.id;
    let mut position = 1;
    let mut taken = 0;
    for place in ["b", "c", "d"] {
        for node in ["INDEX", "P"] {
            for win in quick_wins(&house, &id, place, node).await.wins {
                for step in win.steps {
                    let present = win.value.unwrap();
                    assert_close(present + step.change, step.target);
                    world.correction(position + 1, place, &win.leaf, "2021", step.target);
                    let again = house.assess(asking(&format!("after-{taken}"))).await;
                    let score = house.score(&again.id, place, node).await;
                    assert_close(score.score, step.score);
                    assert_eq!(score.rank, Some(step.rank), "{place} {node} {}", win.leaf);
                    assert!(step.gain_points > 0.0);
                    world.correction(position + 2, place, &win.leaf, "2021", present);
                    position += 2;
                    taken += 1;
                }
            }
        }
    }
    assert!(taken >= 12, "{taken} steps");
}

async fn quick_wins_come_greatest_first_and_what_offers_none_says_why(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let found = quick_wins(&house, &id, "c", "").await;
    assert_eq!((found.r#type.as_str(), found.rank), ("X", Some(3)));
    let gain = |win: &wire::QuickWin| win.steps.last().map_or(0.0, |step| step.gain_points);
    let told: Vec<(&str, &str)> =
        found.wins.iter().map(|win| (win.leaf.as_str(), win.no_step.as_str())).collect();
    assert_eq!(told, [("P1", ""), ("P2", ""), ("G1", "MISSING"), ("G2", "DERIVED")]);
    assert!(found.wins.windows(2).all(|two| gain(&two[0]) >= gain(&two[1])));
    let goals: Vec<(&str, f64)> =
        found.wins[0].steps.iter().map(|step| (step.goal.as_str(), step.target)).collect();
    assert_eq!(goals, [("MEDIAN", 6.0), ("BEST_QUARTER", 6.5)]);
    assert!(found.wins[1].inverse && found.wins[1].steps[0].change < 0.0);

    // P2 is left out for Y; an unclassified place is measured by nothing.
    let of_y = quick_wins(&house, &id, "e", "P").await;
    assert_eq!((of_y.wins[1].leaf.as_str(), of_y.wins[1].no_step.as_str()), ("P2", "LEFT_OUT"));
    let nothing = quick_wins(&house, &id, "u", "").await;
    assert_eq!((nothing.absence_reason.as_str(), nothing.wins.len()), ("UNCLASSIFIED", 0));
}

fn peers_of(assessment: &str, place: &str) -> wire::FindPeersRequest {
    wire::FindPeersRequest {
        assessment_id: assessment.to_owned(),
        place_id: place.to_owned(),
        ..Default::default()
    }
}

/// Households 100, 300, 200 and areas 1000, 5000, 1100: quartiles 150..250 and 1050..3050.
async fn a_weak_place_finds_a_near_one_that_does_well(on: Backend) {
    let world = little_district();
    let area = |area| [("floor_area_m2", area), ("location", "suburb"), ("postal_code", "200120")];
    world.describe("a", &area("1000"), &[("far_suburb", 0.5)]);
    world.describe("b", &area("5000"), &[]);
    world.describe("c", &area("1100"), &[("far_suburb", 1.0)]);
    let mut house = House::on(on, world).await;
    let id = house.assess_default().await.id;
    let found = house.learning().find_peers(peers_of(&id, "c")).await.unwrap().into_inner();
    let features: Vec<(&str, Option<f64>, Option<f64>)> =
        found.features.iter().map(|it| (it.feature.as_str(), it.value, it.scale)).collect();
    assert_eq!(
        features,
        [("floor_area_m2", Some(1100.0), Some(2000.0)), ("households", Some(200.0), Some(100.0)),]
    );
    assert_eq!((found.others, found.comparable, found.labels.len()), (2, 2, 1));
    let peers: Vec<&str> = found.peers.iter().map(|peer| peer.place_id.as_str()).collect();
    assert_eq!(peers, ["a", "b"]);
    assert_close(found.peers[0].distance, f64::midpoint(1.05 / 2.0, 0.5));
    assert_close(found.peers[1].distance, 1.0);
    assert_eq!((found.peers[0].place_name.as_str(), found.peers[0].features_compared), ("小区 a", 2));

    let lessons: Vec<&str> = found.lessons.iter().map(|lesson| lesson.code.as_str()).collect();
    assert_eq!(lessons, ["G2", "P1", "P2"]);
    let visits = &found.lessons[1];
    assert_eq!((visits.value, visits.median, visits.peers_known), (Some(2.0), Some(6.0), 2));
    let teachers: Vec<(&str, f64)> =
        visits.teachers.iter().map(|it| (it.place_id.as_str(), it.value)).collect();
    assert_eq!(teachers, [("a", 7.0), ("b", 6.0)]);
    assert_close(visits.teachers[0].advantage, 0.5);

    // Nearer, and about a node.
    let near = wire::FindPeersRequest { within: Some(0.6), code: "P".to_owned(), ..peers_of(&id, "c") };
    let near = house.learning().find_peers(near).await.unwrap().into_inner();
    assert_eq!((near.peers.len(), near.lessons.len(), near.lessons[0].teachers.len()), (1, 1, 1));
    assert_close(near.lessons[0].teachers[0].advantage, 50.0);
    // By one column alone, the missing one of nobody.
    let by_area = wire::FindPeersRequest { features: vec!["floor_area_m2".to_owned()], ..peers_of(&id, "c") };
    let by_area = house.learning().find_peers(by_area).await.unwrap().into_inner();
    assert_close(by_area.peers[0].distance, f64::midpoint(0.05, 0.5));
}

async fn that_no_near_place_does_better_is_an_answer_too(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let best = wire::FindPeersRequest { code: "P".to_owned(), ..peers_of(&id, "a") };
    let best = house.learning().find_peers(best).await.unwrap().into_inner();
    assert_eq!((best.lessons[0].peers_known, best.lessons[0].teachers.len()), (2, 0));
    let unclassified = house.learning().find_peers(peers_of(&id, "u")).await.unwrap().into_inner();
    assert_eq!((unclassified.r#type.as_str(), unclassified.peers.len()), ("UNCLASSIFIED", 0));
}

/// Values, thresholds and coverage move at once; what they did adds up, leaf by leaf, to what the runs say.
async fn a_change_between_two_runs_sums_exactly(on: Backend) {
    let world = little_district();
    let mut house = House::on(on, world.clone()).await;
    let first = house.assess_default().await.id;
    world.correction(2, "b", "P1", "2021", 9.0);
    world.correction(3, "c", "G1", "2021", 4.0);
    let second = house.assess(asking("values-moved")).await.id;
    world.threshold("X", "P1", crate::fakes::Fixed::Between(0.0, 20.0));
    let third = house.assess(asking("thresholds-moved-too")).await.id;
    for ids in [[&first, &second], [&second, &third], [&first, &third], [&third, &first]] {
        let ids = ids.map(String::as_str);
        for place in ["a", "b", "c"] {
            for node in ["", "P"] {
                let found = explain_change(&house, ids, place, node).await;
                let change = found.score.unwrap() - found.previous_score.unwrap();
                assert_close(found.change_points, change);
                let total = found.total.unwrap();
                assert_close(total.values_points + total.thresholds_points + total.weights_points, change);
                let leaves: f64 = found.leaves.iter().map(|leaf| leaf.change_points).sum();
                assert_close(leaves, change);
                assert_close(total.weights_points, 0.0);
                for leaf in &found.leaves {
                    let effects = leaf.effects.unwrap();
                    let sum = effects.values_points + effects.thresholds_points + effects.weights_points;
                    assert_close(leaf.change_points, sum);
                }
            }
        }
    }
    let values_alone = explain_change(&house, [&first, &second], "b", "P").await;
    assert_close(values_alone.total.unwrap().values_points, 15.0);
    assert_close(values_alone.total.unwrap().thresholds_points, 0.0);
    let names: Vec<&str> = values_alone.leaves.iter().map(|leaf| leaf.leaf.as_str()).collect();
    assert_eq!(names, ["P1"]);
    let appeared = explain_change(&house, [&first, &second], "c", "").await;
    let drills = appeared.leaves.iter().find(|leaf| leaf.leaf == "G1").unwrap();
    assert!(drills.coverage_changed && drills.previous_value.is_none());
    assert!(appeared.coverage_ratio > appeared.previous_coverage_ratio);
    let same = explain_change(&house, [&first, &first], "b", "").await;
    assert_eq!((same.change_points, same.leaves.len()), (Some(0.0), 0));
}

async fn another_type_and_a_score_that_is_missing_are_told(on: Backend) {
    let world = little_district();
    let mut house = House::on(on, world.clone()).await;
    let first = house.assess_default().await.id;
    world.retype("a", "Y");
    world.retype("b", "UNCLASSIFIED");
    let second = house.assess(asking("retyped")).await.id;
    let moved = explain_change(&house, [&first, &second], "a", "P").await;
    assert!(moved.type_changed);
    assert_eq!((moved.previous_type.as_str(), moved.r#type.as_str()), ("X", "Y"));
    // 70 as X; as Y P1 alone counts, 7 of 20.
    assert_close(moved.change_points, 35.0 - 70.0);
    let total = moved.total.unwrap();
    assert_close(total.thresholds_points, -35.0);
    let gone = explain_change(&house, [&first, &second], "b", "").await;
    assert_eq!((gone.change_points, gone.total, gone.leaves.len()), (None, None, 0));
    assert_eq!(gone.absence_reason, "UNCLASSIFIED");
}

async fn what_cannot_be_answered_is_refused_with_its_reason(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let mut learning = house.learning();
    let refusal = Refusal::from(
        learning
            .find_peers(wire::FindPeersRequest { count: 101, within: Some(1.5), ..peers_of(&id, "c") })
            .await
            .unwrap_err(),
    );
    assert_eq!(refusal.fields, ["count", "within"]);
    let nobody = Refusal::from(learning.find_peers(peers_of(&id, "nobody")).await.unwrap_err());
    assert_eq!(nobody.reason, "PLACE_NOT_FOUND");
    let code = wire::FindPeersRequest { code: "Z9".to_owned(), ..peers_of(&id, "c") };
    assert_eq!(Refusal::from(learning.find_peers(code).await.unwrap_err()).reason, "NODE_NOT_FOUND");
    let blank =
        Refusal::from(learning.explain_change(wire::ExplainChangeRequest::default()).await.unwrap_err());
    assert_eq!(blank.fields, ["assessment_id", "previous_assessment_id", "place_id"]);
    let unknown = wire::GetQuickWinsRequest {
        assessment_id: "none".to_owned(),
        place_id: "a".to_owned(),
        node: String::new(),
    };
    assert_eq!(
        Refusal::from(learning.get_quick_wins(unknown).await.unwrap_err()).reason,
        "ASSESSMENT_NOT_FOUND"
    );
}

on_both!(
    a_step_brings_what_was_foretold_once_it_is_taken_and_assessed_again,
    quick_wins_come_greatest_first_and_what_offers_none_says_why,
    a_weak_place_finds_a_near_one_that_does_well,
    that_no_near_place_does_better_is_an_answer_too,
    a_change_between_two_runs_sums_exactly,
    another_type_and_a_score_that_is_missing_are_told,
    what_cannot_be_answered_is_refused_with_its_reason
);
