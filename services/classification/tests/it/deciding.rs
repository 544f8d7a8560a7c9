//! A person's decision about the type of a place: what it does, for how long, and what it leaves alone.

use tonic::Code;
use xiuhua_classification::shipped;
use xiuhua_contracts::classification::v1 as wire;
use xiuhua_contracts::classification::v1::DecisionState;

use crate::house::{House, estate, every_backend};

/// Speaks for two types, so that the rules give none.
const MIXED: &str = "商品房住宅动迁配套房";

/// A house with the shipped rules, a mixed estate M and a plain one P, classified.
async fn with_mixed_estate(mut house: House) -> (House, wire::Classification) {
    house.register("rules", shipped("pudong-housing").unwrap().toml).await.unwrap();
    house.ingestion.seal(vec![estate("M", MIXED), estate("P", "商品房")]);
    let made = house.create("c0", "pudong-housing", 2021).await.unwrap();
    (house, made)
}

fn about_m(request_id: &str, looked_at: &wire::Classification, type_id: &str) -> wire::DecideTypeRequest {
    wire::DecideTypeRequest {
        request_id: request_id.to_owned(),
        classification_id: looked_at.id.clone(),
        place_id: "M".to_owned(),
        r#type: type_id.to_owned(),
        author: "王芳".to_owned(),
        reason: "现场核实".to_owned(),
    }
}

fn codes(class: &wire::PlaceClass) -> Vec<&str> {
    class.reasons.iter().map(|reason| reason.reason.as_str()).collect()
}

fn ids(classes: &[wire::PlaceClass]) -> Vec<&str> {
    classes.iter().map(|class| class.place_id.as_str()).collect()
}

#[tokio::test]
async fn a_decided_place_has_its_type_from_the_next_classification_on_and_never_before() {
    for house in every_backend().await {
        let (mut house, before) = with_mixed_estate(house).await;
        let seen = house.place_class(&before.id, "M").await.unwrap();
        assert_eq!(
            (seen.r#type.as_str(), seen.decision_state()),
            ("UNCLASSIFIED", DecisionState::Unspecified)
        );
        assert_eq!(ids(&house.review(&before.id, 1).await), ["M"]);

        let decided = house.decide(about_m("d1", &before, "RELOCATION")).await.unwrap();
        let decision = decided.decision.clone().unwrap();
        assert_eq!((decision.number, decision.position), (1, 1));
        assert_eq!(decision.evidence, seen.evidence, "it rests on what was seen");
        assert_eq!(
            (decided.type_before.as_str(), decided.type_after.as_str()),
            ("UNCLASSIFIED", "RELOCATION")
        );

        let after = house.create("c1", "pudong-housing", 2021).await.unwrap();
        assert_ne!(after.id, before.id);
        assert_eq!((before.decision_number, after.decision_number), (0, 1));
        let class = house.place_class(&after.id, "M").await.unwrap();
        assert_eq!((class.r#type.as_str(), class.decision_state()), ("RELOCATION", DecisionState::Applied));
        assert!(class.reasons.is_empty());
        assert_eq!((&class.evidence, &class.type_degrees), (&seen.evidence, &seen.type_degrees));
        assert_eq!(class.labels, seen.labels);
        assert_eq!(class.decision, Some(decision));
        let relocated = after.counts.iter().find(|count| count.r#type == "RELOCATION").unwrap();
        assert_eq!(relocated.places, 1);
        assert_eq!(ids(&house.review(&after.id, 1).await), ["M"], "a decided place stays in sight");

        // What was there is what it was, and can be had again by its number.
        assert_eq!(house.place_class(&before.id, "M").await.unwrap(), seen);
        assert_eq!(house.create_heeding("c2", 1, 0).await.unwrap(), before);
        assert_eq!(house.create_heeding("c3", 1, 1).await.unwrap(), after);
    }
}

#[tokio::test]
async fn other_evidence_outdates_a_decision_and_lists_the_place_again() {
    for house in every_backend().await {
        let (mut house, before) = with_mixed_estate(house).await;
        house.decide(about_m("d1", &before, "RELOCATION")).await.unwrap();
        house.ingestion.seal(vec![estate("M", "售后公房"), estate("P", "商品房")]);
        let made = house.create("c1", "pudong-housing", 2021).await.unwrap();
        let review = house.review(&made.id, 100).await;
        assert_eq!(ids(&review), ["M"]);
        assert_eq!((review[0].r#type.as_str(), codes(&review[0])), ("OLD_PUBLIC", vec!["DECISION_OUTDATED"]));
        assert_eq!(review[0].decision_state(), DecisionState::Outdated);
        assert_eq!(review[0].decision.as_ref().unwrap().r#type, "RELOCATION");

        // It shows the old evidence again: the decision holds again.
        house.ingestion.seal(vec![estate("M", MIXED), estate("P", "商品房")]);
        let made = house.create("c2", "pudong-housing", 2021).await.unwrap();
        assert_eq!(house.place_class(&made.id, "M").await.unwrap().r#type, "RELOCATION");
    }
}

#[tokio::test]
async fn a_later_decision_replaces_an_earlier_one_and_a_revocation_gives_back_to_the_rules() {
    for house in every_backend().await {
        let (mut house, first) = with_mixed_estate(house).await;
        let refused = house.decide(about_m("d0", &first, "")).await.unwrap_err();
        assert_eq!((refused.code, refused.reason.as_str()), (Code::FailedPrecondition, "NOTHING_TO_REVOKE"));

        house.decide(about_m("d1", &first, "RELOCATION")).await.unwrap();
        let second = house.create("c1", "pudong-housing", 2021).await.unwrap();
        let replaced = house.decide(about_m("d2", &second, "COMMODITY")).await.unwrap();
        assert_eq!(
            (replaced.type_before.as_str(), replaced.type_after.as_str()),
            ("RELOCATION", "COMMODITY")
        );
        let third = house.create("c2", "pudong-housing", 2021).await.unwrap();
        assert_eq!(house.place_class(&third.id, "M").await.unwrap().r#type, "COMMODITY");

        let revoked = house.decide(about_m("d3", &third, "")).await.unwrap();
        assert_eq!(
            (revoked.type_before.as_str(), revoked.type_after.as_str()),
            ("COMMODITY", "UNCLASSIFIED")
        );
        let fourth = house.create("c3", "pudong-housing", 2021).await.unwrap();
        let class = house.place_class(&fourth.id, "M").await.unwrap();
        assert_eq!((class.r#type.as_str(), class.decision_state()), ("UNCLASSIFIED", DecisionState::Revoked));
        assert_eq!(codes(&class), ["EVIDENCE_CONTRADICTORY"]);
        let again = house.decide(about_m("d4", &fourth, "")).await.unwrap_err();
        assert_eq!(again.reason, "NOTHING_TO_REVOKE");

        let mut about_p = about_m("d5", &fourth, "AFFORDABLE");
        about_p.place_id = "P".to_owned();
        house.decide(about_p).await.unwrap();
        for page_size in [1, 3, 100] {
            assert_eq!(house.decisions("", page_size).await, [4, 3, 2, 1], "{page_size} a page");
            assert_eq!(house.decisions("M", page_size).await, [3, 2, 1], "{page_size} a page");
        }
        assert!(house.decisions("nowhere", 100).await.is_empty());
    }
}

#[tokio::test]
async fn decisions_of_a_past_position_are_those_taken_while_it_was_the_newest() {
    for house in every_backend().await {
        let (mut house, at_one) = with_mixed_estate(house).await;
        house.decide(about_m("d1", &at_one, "RELOCATION")).await.unwrap();
        house.ingestion.seal(vec![estate("M", MIXED), estate("N", "")]);
        house.decide(about_m("d2", &at_one, "COMMODITY")).await.unwrap();
        let now = house.create("c1", "pudong-housing", 2021).await.unwrap();
        let then = house.create_as_of("c2", "pudong-housing", 1).await.unwrap();
        assert_eq!((now.decision_number, then.decision_number), (2, 1));
        assert_eq!(house.place_class(&then.id, "M").await.unwrap().r#type, "RELOCATION");
        let ahead = house.create_heeding("c3", 2, 3).await.unwrap_err();
        assert_eq!((ahead.code, ahead.reason.as_str()), (Code::OutOfRange, "DECISION_NOT_REACHED"));
        assert_eq!(ahead.message, "人工认定 3 尚未作出，最新为 2");
    }
}

#[tokio::test]
async fn the_number_at_an_instant_never_changes_and_the_future_has_none() {
    for house in every_backend().await {
        let (mut house, made) = with_mixed_estate(house).await;
        let at = |seconds: i64| Some(prost_types::Timestamp { seconds: 1_640_995_200 + seconds, nanos: 0 });
        assert_eq!(house.decision_number(None).await.unwrap(), 0);
        house.decide(about_m("d1", &made, "RELOCATION")).await.unwrap();
        house.clock_forward();
        house.decide(about_m("d2", &made, "COMMODITY")).await.unwrap();
        assert_eq!(house.decision_number(None).await.unwrap(), 2);
        let numbers = [at(-1), at(0), at(3_599), at(3_600)];
        for (instant, expected) in numbers.into_iter().zip([0, 1, 1, 2]) {
            assert_eq!(house.decision_number(instant).await.unwrap(), expected);
        }
        let ahead = house.decision_number(at(3_601)).await.unwrap_err();
        assert_eq!((ahead.code, ahead.reason.as_str()), (Code::OutOfRange, "TIME_NOT_REACHED"));
        let wrong = Some(prost_types::Timestamp { seconds: 0, nanos: -1 });
        assert_eq!(house.decision_number(wrong).await.unwrap_err().violations[0].field, "as_of_time");
    }
}

#[tokio::test]
async fn a_decision_sent_again_is_taken_once() {
    for house in every_backend().await {
        let (mut house, made) = with_mixed_estate(house).await;
        let asked = about_m("d1", &made, "RELOCATION");
        let (mut one, mut other) = (house.client.clone(), house.client.clone());
        let (one, other) = tokio::join!(one.decide_type(asked.clone()), other.decide_type(asked.clone()));
        let decided = one.unwrap().into_inner();
        assert_eq!(other.unwrap().into_inner(), decided);
        house.clock_forward();
        assert_eq!(house.decide(asked).await.unwrap(), decided);
        assert_eq!(house.decisions("", 100).await, [1]);
        let reused = house.decide(about_m("d1", &made, "COMMODITY")).await.unwrap_err();
        assert_eq!(reused.reason, "KEY_REUSED_WITH_DIFFERENT_BODY");
    }
}

#[tokio::test]
async fn decisions_at_once_have_numbers_without_a_gap() {
    for house in every_backend().await {
        let (mut house, made) = with_mixed_estate(house).await;
        let deciding = (0..16).map(|index| {
            let mut client = house.client.clone();
            let request = about_m(&format!("d{index}"), &made, "RELOCATION");
            async move { client.decide_type(request).await.unwrap().into_inner().decision.unwrap().number }
        });
        let mut numbers = futures_util::future::join_all(deciding).await;
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=16).collect::<Vec<_>>());
        assert_eq!(house.decisions("M", 100).await.len(), 16);
    }
}

#[tokio::test]
async fn a_decision_under_another_rule_set_is_not_heeded() {
    for house in every_backend().await {
        let (mut house, made) = with_mixed_estate(house).await;
        house.register("all", shipped("all-places").unwrap().toml).await.unwrap();
        house.decide(about_m("d1", &made, "RELOCATION")).await.unwrap();
        let all = house.create("c1", "all-places", 2021).await.unwrap();
        let class = house.place_class(&all.id, "M").await.unwrap();
        assert_eq!((class.r#type.as_str(), class.decision), ("ALL", None));
        assert!(house.review(&all.id, 100).await.is_empty());
    }
}

#[tokio::test]
async fn all_faults_of_a_decision_are_told_at_once_and_it_is_about_something_there_is() {
    let (mut house, made) = with_mixed_estate(House::in_memory().await).await;
    let faulty = wire::DecideTypeRequest {
        classification_id: made.id.clone(),
        r#type: "UNCLASSIFIED".to_owned(),
        reason: "长".repeat(1_001),
        ..wire::DecideTypeRequest::default()
    };
    let refused = house.decide(faulty).await.unwrap_err();
    let fields: Vec<&str> = refused.violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["request_id", "place_id", "type", "author", "reason"]);
    assert_eq!(refused.violations[2].text, "该规则集只有：OLD_PUBLIC, COMMODITY, RELOCATION, AFFORDABLE");

    let mut nowhere = about_m("d1", &made, "RELOCATION");
    nowhere.place_id = "nowhere".to_owned();
    let refused = house.decide(nowhere).await.unwrap_err();
    assert_eq!((refused.code, refused.reason.as_str()), (Code::NotFound, "PLACE_NOT_FOUND"));
    let mut unseen = about_m("d1", &made, "RELOCATION");
    unseen.classification_id = "unseen".to_owned();
    let refused = house.decide(unseen).await.unwrap_err();
    assert_eq!((refused.code, refused.reason.as_str()), (Code::NotFound, "CLASSIFICATION_NOT_FOUND"));
    assert!(house.decisions("", 100).await.is_empty());
}

#[tokio::test]
async fn doubtful_places_are_in_the_review_list_in_the_order_of_their_ids() {
    for mut house in every_backend().await {
        house.register("rules", shipped("pudong-housing").unwrap().toml).await.unwrap();
        let natures = ["", "商品房", "商品房、商品房住宅、动迁房", MIXED, "办公"];
        let places = (0..250).map(|index| estate(&format!("P{index:04}"), natures[index % natures.len()]));
        house.ingestion.seal(places.collect());
        let made = house.create("c1", "pudong-housing", 2021).await.unwrap();
        let doubtful = (0..250).filter(|index| index % natures.len() != 1);
        let expected: Vec<String> = doubtful.map(|index| format!("P{index:04}")).collect();
        for page_size in [7, 1_000] {
            assert_eq!(ids(&house.review(&made.id, page_size).await), expected, "{page_size} a page");
        }
    }
}
