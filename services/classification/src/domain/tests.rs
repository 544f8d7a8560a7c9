//! The shipped rule sets on places: the table of natures, mixed texts, labels, laws.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::place_class::UNCLASSIFIED;
use super::*;
use crate::shipped::shipped;

/// Specification page 5, section 5.3, word for word.
const NATURES: &[(&str, &str)] = &[
    ("售后公房", "OLD_PUBLIC"),
    ("系统公房", "OLD_PUBLIC"),
    ("直管公房", "OLD_PUBLIC"),
    ("老公房", "OLD_PUBLIC"),
    ("房改公房", "OLD_PUBLIC"),
    ("商品房", "COMMODITY"),
    ("商品房住宅", "COMMODITY"),
    ("动迁安置房", "RELOCATION"),
    ("动迁房", "RELOCATION"),
    ("动迁配套房", "RELOCATION"),
    ("经济适用房", "AFFORDABLE"),
    ("共有产权房", "AFFORDABLE"),
    ("公租房", "AFFORDABLE"),
    ("廉租房", "AFFORDABLE"),
];

fn rules(id: &str) -> RuleSet {
    RuleSet::parse(shipped(id).unwrap().toml).unwrap()
}

fn estate(housing_nature: &str) -> Place {
    Place { id: "P1".to_owned(), housing_nature: housing_nature.to_owned(), ..Place::default() }
}

fn classified(housing_nature: &str) -> PlaceClass {
    rules("pudong-housing").classify(&estate(housing_nature), 2021)
}

fn degrees(class: &PlaceClass) -> Vec<(&str, f64)> {
    class.type_degrees.iter().map(|supported| (supported.type_id.as_str(), supported.degree)).collect()
}

fn reason_codes(class: &PlaceClass) -> Vec<&'static str> {
    class.reasons.iter().map(|reason| reason.code.as_str()).collect()
}

#[test]
fn every_listed_nature_gives_its_type() {
    for (nature, type_id) in NATURES {
        let class = classified(nature);
        assert_eq!(class.type_id, *type_id, "{nature}");
        assert_eq!(degrees(&class), [(*type_id, 1.0)], "{nature}");
        assert!(class.reasons.is_empty(), "{nature}");
        let fact = Evidence {
            feature: "housing_nature".to_owned(),
            value: (*nature).to_owned(),
            type_id: Some((*type_id).to_owned()),
        };
        assert_eq!(class.evidence, [fact], "{nature}");
    }
}

#[test]
fn the_types_stand_in_the_order_of_the_specification() {
    let rule_set = rules("pudong-housing");
    let ids: Vec<&str> = rule_set.types().iter().map(|named| named.id.as_str()).collect();
    assert_eq!(ids, ["OLD_PUBLIC", "COMMODITY", "RELOCATION", "AFFORDABLE"]);
}

#[test]
fn two_types_in_one_text_are_a_contradiction_with_a_degree_in_each() {
    let class = classified("商品房住宅动迁配套房");
    assert_eq!(class.type_id, UNCLASSIFIED);
    assert_eq!(degrees(&class), [("COMMODITY", 0.5), ("RELOCATION", 0.5)]);
    assert_eq!(reason_codes(&class), ["EVIDENCE_CONTRADICTORY"]);
    let message = &class.reasons[0].message;
    assert_eq!(
        message.zh,
        "分类依据相互矛盾：“商品房住宅”指向商品房（COMMODITY），“动迁配套房”指向动迁房（RELOCATION）"
    );
    assert_eq!(
        message.en,
        "the evidence contradicts itself: \"商品房住宅\" speaks for COMMODITY, \"动迁配套房\" speaks for RELOCATION"
    );
}

#[test]
fn an_unlisted_remainder_halves_the_support_and_is_named() {
    let class = classified("商品房住宅小产权房");
    assert_eq!(class.type_id, UNCLASSIFIED);
    assert_eq!(degrees(&class), [("COMMODITY", 0.5)]);
    assert_eq!(reason_codes(&class), ["NATURE_UNLISTED"]);
    assert_eq!(class.reasons[0].message.zh, "规则集未列出：“小产权房”");
    assert_eq!(class.reasons[0].message.en, "not listed by the rule set: \"小产权房\"");
    let unlisted = &class.evidence[1];
    assert_eq!((unlisted.value.as_str(), &unlisted.type_id), ("小产权房", &None));
}

#[test]
fn a_sentence_stays_readable_whatever_the_register_holds() {
    let letters: Vec<String> = ('a'..='z').map(String::from).collect();
    let class = classified(&format!("{}、{}", letters.join("、"), "很".repeat(500)));
    let message = &class.reasons[0].message;
    assert_eq!(message.zh, "规则集未列出：“a”，“b”，“c”，“d”，“e”，另有 22 项");
    assert_eq!(class.evidence.len(), 27, "the evidence is kept whole");
    let long = &classified(&"很".repeat(500)).reasons[0].message;
    assert_eq!(long.en, format!("not listed by the rule set: \"{}…\"", "很".repeat(40)));
}

#[test]
fn several_terms_of_one_type_give_that_type() {
    let class = classified("售后公房、系统公房");
    assert_eq!((class.type_id.as_str(), degrees(&class)), ("OLD_PUBLIC", vec![("OLD_PUBLIC", 1.0)]));
    assert_eq!(class.evidence.len(), 2);
}

#[test]
fn a_term_said_twice_is_one_fact() {
    let class = classified("商品房住宅商品房住宅小产权房");
    assert_eq!(degrees(&class), [("COMMODITY", 0.5)]);
    assert_eq!(class.evidence.len(), 2);
}

#[test]
fn three_kinds_of_evidence_share_the_degree_and_give_every_reason_that_applies() {
    let class = classified("动迁配套房商品房住宅小产权房");
    assert_eq!(degrees(&class), [("COMMODITY", 1.0 / 3.0), ("RELOCATION", 1.0 / 3.0)]);
    assert_eq!(reason_codes(&class), ["EVIDENCE_CONTRADICTORY", "NATURE_UNLISTED"]);
}

#[test]
fn a_place_without_a_nature_waits_for_one() {
    for nothing in ["", "  ", "　、，"] {
        let class = classified(nothing);
        assert_eq!((class.type_id.as_str(), reason_codes(&class)), (UNCLASSIFIED, vec!["EVIDENCE_MISSING"]));
        assert_eq!(class.reasons[0].message.zh, "缺少分类依据：没有可用的房屋性质");
        assert!(class.evidence.is_empty() && class.type_degrees.is_empty());
    }
}

#[test]
fn what_is_not_housing_is_said_to_be_so() {
    for nature in ["办公", "商业", "酒店", "商业、办公"] {
        let class = classified(nature);
        assert_eq!((class.type_id.as_str(), reason_codes(&class)), (UNCLASSIFIED, vec!["NOT_RESIDENTIAL"]));
        assert!(class.type_degrees.is_empty(), "{nature}");
        assert!(class.evidence.iter().all(|fact| fact.type_id.is_none()));
    }
    let mixed = classified("商品房住宅办公");
    assert_eq!(reason_codes(&mixed), ["EVIDENCE_CONTRADICTORY"]);
    assert_eq!(degrees(&mixed), [("COMMODITY", 0.5)]);
}

#[test]
fn a_nature_nobody_listed_is_never_guessed() {
    for nature in ["单位集体自建房", "小产权房", "动迁", "公房"] {
        let class = classified(nature);
        assert_eq!(
            (class.type_id.as_str(), reason_codes(&class)),
            (UNCLASSIFIED, vec!["NATURE_UNLISTED"]),
            "{nature}"
        );
    }
}

#[test]
fn every_place_has_the_one_type_of_all_places() {
    for nature in ["", "商品房住宅动迁配套房", "办公"] {
        let class = rules("all-places").classify(&estate(nature), 2021);
        assert_eq!((class.type_id.as_str(), degrees(&class)), ("ALL", vec![("ALL", 1.0)]));
        assert!(class.reasons.is_empty() && class.evidence.is_empty() && class.labels.is_empty());
    }
}

#[test]
fn labels_describe_what_is_on_record_and_are_silent_about_the_rest() {
    let attributes = [
        ("location", "suburb"),
        ("year_built", "1991"),
        ("elderly_share_pct", "25"),
        ("parking_spaces", "0"),
        ("repair_fund_yuan", "not recorded"),
        ("floor_area_m2", "1000"),
        ("school_district", "0"),
    ];
    let place = Place {
        households: Some(2000),
        attributes: attributes.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        ..estate("")
    };
    let labels = rules("pudong-housing").classify(&place, 2021).labels;
    let labels: Vec<(&str, f64)> =
        labels.iter().map(|label| (label.label_id.as_str(), label.degree)).collect();
    let expected = [
        ("far_suburb", 1.0),
        ("ageing", 0.25),
        ("large_community", 0.5),
        ("old_houses", 0.5),
        ("parking_short", 1.0),
    ];
    assert_eq!(labels, expected, "a place without a type has its labels all the same");
}

#[test]
fn other_columns_can_speak_for_a_type_too() {
    let rule_set = RuleSet::parse(
        r#"
        id = "by-columns"
        version = "1"
        title = { zh = "甲", en = "A" }
        minimum_degree = 0.6
        type = [{ id = "A", name = { zh = "甲", en = "A" } }, { id = "B", name = { zh = "乙", en = "B" } }]
        [[evidence]]
        feature = "owner"
        equals = ["国有", "集体"]
        type = "A"
        [[evidence]]
        feature = "name"
        contains = ["新村", "公寓"]
        type = "A"
        [[evidence]]
        feature = "housing_nature"
        terms = ["商品房"]
        type = "B"
        "#,
    )
    .unwrap();
    let classify = |owner: &str, name: &str, nature: &str| {
        let attributes = [("owner".to_owned(), owner.to_owned())].into();
        rule_set.classify(&Place { name: name.to_owned(), attributes, ..estate(nature) }, 2021)
    };
    let unanimous = classify("国有", "繁荣新村", "");
    assert_eq!((unanimous.type_id.as_str(), unanimous.evidence.len()), ("A", 2));
    let by_majority = classify(" 国 有 ", "繁荣新村", "商品房");
    assert_eq!(by_majority.type_id, "A", "2/3 reaches 0.6");
    assert!(by_majority.reasons.is_empty());
    let undecided = classify("国有", "繁荣苑", "商品房");
    assert_eq!(
        (undecided.type_id.as_str(), reason_codes(&undecided)),
        (UNCLASSIFIED, vec!["EVIDENCE_CONTRADICTORY"])
    );
    let silent = classify("国有企业", "繁荣苑", "");
    assert_eq!(
        reason_codes(&silent),
        ["EVIDENCE_MISSING"],
        "another value of an `equals` feature says nothing"
    );
    assert_eq!(silent.reasons[0].message.zh, "缺少分类依据：没有可用的owner、name、房屋性质");
}

#[test]
fn counts_go_by_type_with_the_unclassified_last() {
    let rule_set = rules("pudong-housing");
    let mut tally = Tally::new(rule_set.types());
    for nature in ["商品房", "动迁房", "商品房住宅", "办公"] {
        tally.add(&rule_set.classify(&estate(nature), 2021));
    }
    let counts: Vec<(String, u64)> =
        tally.into_counts().into_iter().map(|count| (count.type_id, count.places)).collect();
    let expected =
        [("OLD_PUBLIC", 0), ("COMMODITY", 2), ("RELOCATION", 1), ("AFFORDABLE", 0), (UNCLASSIFIED, 1)];
    assert_eq!(counts, expected.map(|(id, places)| (id.to_owned(), places)));
}

fn any_nature() -> impl Strategy<Value = String> {
    let listed: Vec<&str> =
        NATURES.iter().map(|(nature, _)| *nature).chain(["办公", "小产权房", "、", " "]).collect();
    prop_oneof![any::<String>(), prop::collection::vec(select(listed), 0..6).prop_map(|parts| parts.concat())]
}

proptest! {
    #[test]
    fn any_text_has_one_type_or_a_reason_and_degrees_of_at_most_one_in_all(nature in any_nature()) {
        let class = classified(&nature);
        let total: f64 = class.type_degrees.iter().map(|supported| supported.degree).sum();
        prop_assert!(total <= 1.0 + 1e-9);
        prop_assert!(class.type_degrees.iter().all(|supported| supported.degree > 0.0));
        prop_assert_eq!(class.type_id == UNCLASSIFIED, !class.reasons.is_empty());
        prop_assert_eq!(&class, &classified(&nature));
    }

    #[test]
    fn neither_the_order_of_terms_nor_what_parts_them_matters(
        terms in subsequence(NATURES, 1..=6).prop_shuffle(),
        separators in prop::collection::vec(select(vec!["", " ", "、", "，", "；", "/", "｜", " + ", "　"]), 6),
    ) {
        let joined: String =
            terms.iter().zip(&separators).flat_map(|((nature, _), separator)| [*nature, *separator]).collect();
        let mut sorted: Vec<&str> = terms.iter().map(|(nature, _)| *nature).collect();
        sorted.sort_unstable();
        prop_assert_eq!(classified(&joined), classified(&sorted.join("、")));
    }
}
