//! What every back end of the store must do, seen through the door.

use tonic::Code;
use xiuhua_contracts::classification::v1 as wire;
use xiuhua_service_kit::testing::{TemporaryDatabase, temporary_postgres};

use crate::house::{House, Refusal, estate, every_backend};

const OTHER_VERSION: &str = r#"
id = "pudong-housing"
version = "2"
title = { zh = "第二版", en = "Second version" }
minimum_degree = 0.6
type = [{ id = "COMMODITY", name = { zh = "商品房", en = "Commodity housing" } }]
[[evidence]]
feature = "housing_nature"
terms = ["商品房"]
type = "COMMODITY"
"#;

fn shipped(id: &str) -> &'static str {
    xiuhua_classification::shipped(id).unwrap().toml
}

#[tokio::test]
async fn a_registered_rule_set_can_be_read_back_to_the_letter() {
    for mut house in every_backend().await {
        let registered = house.register("r1", shipped("pudong-housing")).await.unwrap();
        let types: Vec<&str> = registered.types.iter().map(|place_type| place_type.id.as_str()).collect();
        assert_eq!(types, ["OLD_PUBLIC", "COMMODITY", "RELOCATION", "AFFORDABLE"]);
        assert_eq!(registered.labels.len(), 18);
        let (rule_set, toml) = house.rule_set("pudong-housing", "").await.unwrap();
        assert_eq!((rule_set, toml.as_str()), (registered, shipped("pudong-housing")));
    }
}

#[tokio::test]
async fn registering_the_same_text_again_changes_nothing() {
    for mut house in every_backend().await {
        let first = house.register("r1", shipped("all-places")).await.unwrap();
        house.clock_forward();
        assert_eq!(house.register("r1", shipped("all-places")).await.unwrap(), first, "the same request");
        assert_eq!(house.register("r2", shipped("all-places")).await.unwrap(), first, "another request");
        assert_eq!(house.all_rule_sets(100).await, ["all-places 1"]);
    }
}

#[tokio::test]
async fn another_text_under_a_known_version_is_refused() {
    for mut house in every_backend().await {
        house.register("r1", shipped("all-places")).await.unwrap();
        let other = format!("{}\n# one remark more", shipped("all-places"));
        let refusal = house.register("r2", &other).await.unwrap_err();
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::AlreadyExists, "RULE_SET_DIFFERS"));
        assert_eq!(house.rule_set("all-places", "1").await.unwrap().1, shipped("all-places"));
    }
}

#[tokio::test]
async fn a_request_id_stands_for_one_body() {
    for mut house in every_backend().await {
        house.ingestion.seal(vec![estate("A", "商品房")]);
        house.register("r1", shipped("all-places")).await.unwrap();
        let reused = |refusal: Refusal| assert_eq!(refusal.reason, "KEY_REUSED_WITH_DIFFERENT_BODY");
        reused(house.register("r1", shipped("pudong-housing")).await.unwrap_err());
        house.create("c1", "all-places", 2021).await.unwrap();
        reused(house.create("c1", "all-places", 2022).await.unwrap_err());
        reused(house.create("r1", "all-places", 2021).await.unwrap_err());
        // An answer that only found what was there is remembered too.
        house.register("r2", shipped("all-places")).await.unwrap();
        reused(house.register("r2", shipped("pudong-housing")).await.unwrap_err());
        house.create("c2", "all-places", 2021).await.unwrap();
        reused(house.create("c2", "all-places", 2022).await.unwrap_err());
        assert_eq!(house.all_rule_sets(100).await, ["all-places 1"]);
        assert_eq!(house.all_classifications(100).await.len(), 1);
    }
}

#[tokio::test]
async fn a_request_sent_twice_at_once_has_one_effect_and_one_answer() {
    for mut house in every_backend().await {
        house.ingestion.seal((0..3_000).map(|index| estate(&format!("P{index:04}"), "")).collect());
        let register = wire::RegisterRuleSetRequest {
            request_id: "r1".to_owned(),
            toml: shipped("all-places").to_owned(),
        };
        let (mut one, mut other) = (house.client.clone(), house.client.clone());
        let (one, other) =
            tokio::join!(one.register_rule_set(register.clone()), other.register_rule_set(register));
        assert_eq!(one.unwrap().into_inner(), other.unwrap().into_inner());
        assert_eq!(house.all_rule_sets(100).await, ["all-places 1"]);

        let create = wire::CreateClassificationRequest {
            request_id: "c1".to_owned(),
            rule_set_id: "all-places".to_owned(),
            reference_year: 2021,
            ..wire::CreateClassificationRequest::default()
        };
        let (mut one, mut other) = (house.client.clone(), house.client.clone());
        let (one, other) =
            tokio::join!(one.create_classification(create.clone()), other.create_classification(create));
        assert_eq!(one.unwrap().into_inner(), other.unwrap().into_inner());
        assert_eq!(house.all_classifications(100).await.len(), 1);
    }
}

#[tokio::test]
async fn rule_sets_are_listed_by_id_with_the_newest_version_first() {
    for mut house in every_backend().await {
        house.register("r1", shipped("pudong-housing")).await.unwrap();
        house.register("r2", OTHER_VERSION).await.unwrap();
        house.register("r3", shipped("all-places")).await.unwrap();
        for page_size in [1, 2, 100] {
            let listed = house.all_rule_sets(page_size).await;
            assert_eq!(
                listed,
                ["all-places 1", "pudong-housing 2", "pudong-housing 1"],
                "{page_size} a page"
            );
        }
        assert_eq!(house.rule_set("pudong-housing", "").await.unwrap().0.version, "2");
        assert_eq!(house.rule_set("pudong-housing", "1").await.unwrap().0.version, "1");
    }
}

#[tokio::test]
async fn a_classification_says_what_every_place_is_and_why() {
    for mut house in every_backend().await {
        house.register("r1", shipped("pudong-housing")).await.unwrap();
        house.ingestion.seal(vec![
            estate("A", "动迁配套房"),
            estate("B", "商品房住宅动迁配套房"),
            estate("C", ""),
            estate("D", "动迁配套房商品房住宅小产权房"),
        ]);
        let made = house.create("c1", "pudong-housing", 2021).await.unwrap();
        let counts: Vec<(&str, u64)> =
            made.counts.iter().map(|count| (count.r#type.as_str(), count.places)).collect();
        let expected =
            [("OLD_PUBLIC", 0), ("COMMODITY", 0), ("RELOCATION", 1), ("AFFORDABLE", 0), ("UNCLASSIFIED", 3)];
        assert_eq!(counts, expected);
        assert_eq!(
            (made.as_of_position, made.reference_year, made.rule_set_version.as_str()),
            (1, 2021, "1")
        );
        assert_eq!(house.classification(&made.id).await.unwrap(), made);

        let relocation = house.place_class(&made.id, "A").await.unwrap();
        assert_eq!((relocation.r#type.as_str(), relocation.reasons.len()), ("RELOCATION", 0));
        let evidence = wire::Evidence {
            feature: "housing_nature".to_owned(),
            value: "动迁配套房".to_owned(),
            r#type: "RELOCATION".to_owned(),
        };
        assert_eq!(relocation.evidence, [evidence]);
        let labels: Vec<&str> = relocation.labels.iter().map(|label| label.label.as_str()).collect();
        assert_eq!(labels, ["large_community"]);

        let mixed = house.place_class(&made.id, "D").await.unwrap();
        let reasons: Vec<&str> = mixed.reasons.iter().map(|reason| reason.reason.as_str()).collect();
        assert_eq!(reasons, ["EVIDENCE_CONTRADICTORY", "NATURE_UNLISTED"]);
        assert_eq!(mixed.reasons[1].message.as_ref().unwrap().en, "not listed by the rule set: \"小产权房\"");
        let bits: Vec<u64> = mixed.type_degrees.iter().map(|supported| supported.degree.to_bits()).collect();
        assert_eq!(bits, [(1.0_f64 / 3.0).to_bits(); 2], "a degree keeps its bits in the record");
    }
}

#[tokio::test]
async fn the_review_list_and_the_pages_of_any_list_miss_and_repeat_nothing() {
    for mut house in every_backend().await {
        house.register("r1", shipped("pudong-housing")).await.unwrap();
        let nature = |index: usize| if index.is_multiple_of(3) { "" } else { "商品房" };
        house.ingestion.seal((0..250).map(|index| estate(&format!("P{index:04}"), nature(index))).collect());
        let made = house.create("c1", "pudong-housing", 2021).await.unwrap();
        let all = house.all_places(&made.id, "", 100).await;
        let expected: Vec<String> = (0..250).map(|index| format!("P{index:04}")).collect();
        assert_eq!(all, expected);
        assert_eq!(house.all_places(&made.id, "", 1000).await, expected);
        let review = house.all_places(&made.id, "UNCLASSIFIED", 7).await;
        let waiting: Vec<String> = (0..250).step_by(3).map(|index| format!("P{index:04}")).collect();
        assert_eq!(review, waiting);
        assert!(house.all_places(&made.id, "AFFORDABLE", 7).await.is_empty());
    }
}

#[tokio::test]
async fn the_types_of_a_large_record_stream_in_the_order_of_the_ids() {
    for mut house in every_backend().await {
        house.register("r1", shipped("pudong-housing")).await.unwrap();
        let natures = ["商品房", "动迁房", "", "公租房"];
        house.ingestion.seal(
            (0..12_345)
                .map(|index| estate(&format!("小区{index:05}"), natures[index % natures.len()]))
                .collect(),
        );
        let made = house.create("c1", "pudong-housing", 2021).await.unwrap();
        let (messages, types) = house.place_types(&made.id).await.unwrap();
        assert_eq!(messages, 2, "up to 10,000 places a message");
        let expected = ["COMMODITY", "RELOCATION", "UNCLASSIFIED", "AFFORDABLE"];
        let expected: Vec<(String, String)> = (0..12_345)
            .map(|index| (format!("小区{index:05}"), expected[index % expected.len()].to_owned()))
            .collect();
        assert_eq!(types, expected);
    }
}

#[tokio::test]
async fn the_same_inputs_again_are_the_classification_already_made() {
    for mut house in every_backend().await {
        house.register("r1", shipped("all-places")).await.unwrap();
        house.ingestion.seal(vec![estate("A", "")]);
        let first = house.create("c1", "all-places", 2021).await.unwrap();
        house.clock_forward();
        assert_eq!(house.create("c2", "all-places", 2021).await.unwrap(), first);
        let other_year = house.create("c3", "all-places", 2022).await.unwrap();
        house.ingestion.seal(vec![estate("A", ""), estate("B", "")]);
        let later = house.create("c4", "all-places", 2021).await.unwrap();
        assert_eq!(later.counts[0].places, 2);
        let reads = house.ingestion.reads();
        assert_eq!(
            house.create("c1", "all-places", 2021).await.unwrap(),
            first,
            "\"now\" is the now of then"
        );
        assert_eq!(house.ingestion.reads(), reads, "a repeat reads nothing");
        for page_size in [1, 100] {
            let newest_first = [later.id.clone(), other_year.id.clone(), first.id.clone()];
            assert_eq!(house.all_classifications(page_size).await, newest_first);
        }
    }
}

#[tokio::test]
async fn an_earlier_position_is_read_as_it_was() {
    for mut house in every_backend().await {
        house.register("r1", shipped("pudong-housing")).await.unwrap();
        house.ingestion.seal(vec![estate("A", "商品房")]);
        house.ingestion.seal(vec![estate("A", "动迁房"), estate("B", "动迁房")]);
        let before = house.create_as_of("c1", "pudong-housing", 1).await.unwrap();
        let now = house.create_as_of("c2", "pudong-housing", 2).await.unwrap();
        assert_eq!(house.place_class(&before.id, "A").await.unwrap().r#type, "COMMODITY");
        assert_eq!(house.place_class(&now.id, "A").await.unwrap().r#type, "RELOCATION");
        let absent = house.place_class(&before.id, "B").await.unwrap_err();
        assert_eq!((absent.code, absent.reason.as_str()), (Code::NotFound, "PLACE_NOT_FOUND"));
    }
}

#[tokio::test]
async fn an_empty_record_has_a_classification_too() {
    for mut house in every_backend().await {
        house.register("r1", shipped("pudong-housing")).await.unwrap();
        let made = house.create("c1", "pudong-housing", 2021).await.unwrap();
        assert_eq!(made.as_of_position, 0);
        assert!(made.counts.iter().all(|count| count.places == 0));
        assert_eq!(house.place_types(&made.id).await.unwrap(), (0, Vec::new()));
    }
}

#[tokio::test]
async fn a_record_that_breaks_off_leaves_nothing_and_the_same_request_may_try_again() {
    for mut house in every_backend().await {
        house.register("r1", shipped("all-places")).await.unwrap();
        house.ingestion.seal((0..1_500).map(|index| estate(&format!("P{index:04}"), "")).collect());
        house.ingestion.break_off(true);
        let refusal = house.create("c1", "all-places", 2021).await.unwrap_err();
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unavailable, "UPSTREAM_UNAVAILABLE"));
        assert!(refusal.retry_after.is_some());
        assert!(house.all_classifications(100).await.is_empty());

        house.ingestion.break_off(false);
        let made = house.create("c1", "all-places", 2021).await.unwrap();
        assert_eq!(made.counts[0].places, 1_500);
    }
}

/// PostgreSQL keeps no U+0000, SQLite does: neither makes an internal error of it.
#[tokio::test]
async fn a_text_with_nul_is_the_callers_fault_or_simply_not_there() {
    for mut house in every_backend().await {
        let refused = house.rule_set("a\0b", "").await.unwrap_err();
        assert!(matches!(refused.code, Code::NotFound | Code::InvalidArgument), "{refused:?}");
        let titled = shipped("all-places").replacen("zh = \"", "zh = \"\\u0000", 1);
        assert_eq!(house.register("r1", &titled).await.unwrap_err().reason, "RULE_SET_FAULTY");
    }
}

#[tokio::test]
async fn equal_places_have_equal_classes_in_any_store() {
    let natures = ["商品房", "公租房、廉租房", "办公", "", "自建房"];
    let ids = ["A", "B", "C", "D", "E"];
    let mut seen: Option<Vec<wire::PlaceClass>> = None;
    for mut house in every_backend().await {
        house.register("r1", shipped("pudong-housing")).await.unwrap();
        house.ingestion.seal(ids.iter().zip(natures).map(|(id, nature)| estate(id, nature)).collect());
        let made = house.create("c1", "pudong-housing", 2021).await.unwrap();
        let mut classes = Vec::new();
        for id in ids {
            classes.push(house.place_class(&made.id, id).await.unwrap());
        }
        assert_eq!(*seen.get_or_insert_with(|| classes.clone()), classes);
    }
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let database = TemporaryDatabase::new();
    for url in [database.url(), temporary_postgres().await] {
        let made = {
            let mut house = House::over(&url).await;
            house.register("r1", shipped("all-places")).await.unwrap();
            house.ingestion.seal(vec![estate("A", "")]);
            house.create("c1", "all-places", 2021).await.unwrap()
        };
        let mut house = House::over(&url).await;
        assert_eq!(house.classification(&made.id).await.unwrap(), made);
        assert_eq!(house.create("c1", "all-places", 2021).await.unwrap(), made, "the request is remembered");
        assert_eq!(house.place_class(&made.id, "A").await.unwrap().r#type, "ALL");
    }
}
