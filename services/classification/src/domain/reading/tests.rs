//! Faults of a rule set's text: each where it stands, all at once.

use super::super::fault::FaultReason as R;
use super::*;

const SOUND: &str = r#"
id = "x"
version = "1"
title = { zh = "甲", en = "A" }
minimum_degree = 1.0

[[type]]
id = "A"
name = { zh = "甲", en = "A" }

[[evidence]]
feature = "housing_nature"
terms = ["商品房"]
type = "A"

[[label]]
id = "old"
name = { zh = "老", en = "Old" }
feature = "age_years"
function = { kind = "rising", from = 20, to = 40 }
"#;

/// Reason, line, column and path of every fault.
fn faults(text: &str) -> Vec<(R, u32, u32, String)> {
    let faults = read(text).expect_err("the text is at fault");
    faults.faults().iter().map(|fault| (fault.reason, fault.line, fault.column, fault.path.clone())).collect()
}

/// The faults of the sound text with one part of it replaced.
fn faults_with(part: &str, replacement: &str) -> Vec<(R, u32, u32, String)> {
    assert_eq!(SOUND.matches(part).count(), 1, "`{part}` is one place of the text");
    faults(&SOUND.replace(part, replacement))
}

fn fault(reason: R, line: u32, column: u32, path: &str) -> (R, u32, u32, String) {
    (reason, line, column, path.to_owned())
}

#[test]
fn a_sound_text_reads_as_it_stands() {
    let rule_set = read(SOUND).unwrap();
    assert_eq!((rule_set.id(), rule_set.version(), rule_set.title().zh.as_str()), ("x", "1", "甲"));
    assert_eq!(rule_set.labels().map(|named| named.id.as_str()).collect::<Vec<_>>(), ["old"]);
    assert_eq!(rule_set.hash().len(), 64);
    assert_ne!(
        rule_set.hash(),
        read(&format!("{SOUND}\n# remark")).unwrap().hash(),
        "the hash is that of the text"
    );
}

#[test]
fn every_fault_of_a_text_is_reported_at_once_in_its_order() {
    let text = r#"id = "Bad Id"
version = 1
title = { zh = "甲" }
minimum_degree = 0.5
colour = "red"
[[type]]
id = "A"
name = { zh = "甲", en = "A" }
[[type]]
id = "A"
name = { zh = "乙", en = " " }
[[evidence]]
feature = "households"
terms = ["商品房", "商品房"]
type = "B"
[[label]]
id = "old"
name = { zh = "老", en = "Old" }
feature = "age_years"
function = { kind = "rising", from = 40, to = 20 }
"#;
    assert_eq!(
        faults(text),
        [
            fault(R::BadId, 1, 6, "id"),
            fault(R::WrongKind, 2, 11, "version"),
            fault(R::MissingKey, 3, 9, "title.en"),
            fault(R::OutOfRange, 4, 18, "minimum_degree"),
            fault(R::UnknownKey, 5, 1, "colour"),
            fault(R::DuplicateId, 10, 6, "type[A].id"),
            fault(R::BadText, 11, 25, "type[A].name.en"),
            fault(R::WrongFeature, 13, 11, "evidence[0].feature"),
            fault(R::CornersDescend, 20, 38, "label[old].function"),
        ]
    );
}

#[test]
fn a_text_that_is_not_toml_says_where() {
    let found = faults("id = \"x\"\n甲 = 1\ntitle = {\n");
    assert!(found.iter().all(|(reason, ..)| *reason == R::Syntax));
    assert_eq!((found[0].1, found[0].2), (2, 1));
}

#[test]
fn an_empty_text_lacks_everything_that_is_required() {
    let keys: Vec<String> =
        faults("").into_iter().map(|(reason, _, _, path)| format!("{} {path}", reason.as_str())).collect();
    let expected = ["id", "version", "title", "type", "minimum_degree", "evidence"];
    assert_eq!(keys, expected.map(|key| format!("MISSING_KEY {key}")));
}

#[test]
fn a_text_without_end_is_refused_unread() {
    assert_eq!(faults(&"#".repeat(LIMITS.bytes + 1)), [fault(R::TooLarge, 1, 1, "")]);
}

#[test]
fn types_are_unique_unreserved_and_spoken_for() {
    let second = |id: &str| {
        let text = format!("[[type]]\nid = \"{id}\"\nname = {{ zh = \"乙\", en = \"B\" }}\n\n[[evidence]]");
        faults_with("[[evidence]]", &text)
    };
    assert_eq!(second("A")[0], fault(R::DuplicateId, 12, 6, "type[A].id"));
    assert_eq!(second("UNCLASSIFIED")[0], fault(R::BadId, 12, 6, "type[UNCLASSIFIED].id"));
    assert_eq!(second("ALL")[0], fault(R::BadId, 12, 6, "type[ALL].id"));
    assert_eq!(second("b"), [fault(R::BadId, 12, 6, "type[b].id")]);
    assert_eq!(second("B"), [fault(R::TypeWithoutEvidence, 12, 6, "type[B]")]);
}

#[test]
fn evidence_names_one_list_one_voice_and_a_declared_type() {
    let path = "evidence[0]";
    assert_eq!(
        faults_with("type = \"A\"", "type = \"B\""),
        [fault(R::UnknownValue, 14, 8, "evidence[0].type")]
    );
    assert_eq!(faults_with("type = \"A\"", ""), [fault(R::MissingKey, 11, 1, "evidence[0].type")]);
    assert_eq!(
        faults_with("type = \"A\"", "type = \"A\"\nnot_residential = true"),
        [fault(R::Contradiction, 15, 1, path)]
    );
    assert_eq!(
        faults_with("type = \"A\"", "not_residential = false"),
        [fault(R::WrongKind, 14, 19, "evidence[0].not_residential")]
    );
    assert_eq!(faults_with("terms = [\"商品房\"]", ""), [fault(R::MissingKey, 11, 1, path)]);
    assert_eq!(faults_with("[\"商品房\"]", "[]"), [fault(R::WrongKind, 13, 9, "evidence[0].terms")]);
    assert_eq!(
        faults_with("type = \"A\"", "type = \"A\"\nequals = [\"住宅\"]"),
        [fault(R::Contradiction, 15, 1, "evidence[0].equals")]
    );
}

#[test]
fn a_word_is_listed_once_a_feature_and_can_be_found() {
    assert_eq!(
        faults_with("[\"商品房\"]", "[\"商品房\", \"商 品房\", \"甲、乙\"]"),
        [fault(R::DuplicateTerm, 13, 17, "evidence[0]"), fault(R::SeparatorInTerm, 13, 25, "evidence[0]")]
    );
    let other_way =
        "type = \"A\"\n[[evidence]]\nfeature = \"housing_nature\"\nequals = [\"商品房\"]\ntype = \"A\"";
    assert_eq!(
        faults_with("type = \"A\"", other_way),
        [fault(R::ReadTwoWays, 15, 1, "evidence[1]"), fault(R::DuplicateTerm, 17, 11, "evidence[1]")]
    );
}

#[test]
fn a_label_reads_what_its_function_can_take() {
    let text_under_numbers = faults_with("\"age_years\"", "\"committee\"");
    assert_eq!(text_under_numbers, [fault(R::WrongFeature, 19, 11, "label[old].feature")]);
    let number_under_texts =
        faults_with("kind = \"rising\", from = 20, to = 40", "kind = \"member\", of = [\"1\"]");
    assert_eq!(number_under_texts, [fault(R::WrongFeature, 19, 11, "label[old].feature")]);
    let one_sided = faults_with("\"age_years\"", "{ ratio = [\"parking_spaces\"] }");
    assert_eq!(one_sided, [fault(R::WrongKind, 19, 21, "label[old].feature.ratio")]);
    let ratio_of_text = faults_with("\"age_years\"", "{ ratio = [\"parking_spaces\", \"town\"] }");
    assert_eq!(ratio_of_text, [fault(R::WrongFeature, 19, 11, "label[old].feature")]);
    assert_eq!(faults_with("\"age_years\"", "7"), [fault(R::WrongKind, 19, 11, "label[old].feature")]);
}

#[test]
fn a_function_is_known_complete_and_rising_in_its_corners() {
    let function = "kind = \"rising\", from = 20, to = 40";
    let with = |other: &str| faults_with(function, other);
    assert_eq!(with("kind = \"sigmoid\""), [fault(R::UnknownValue, 20, 21, "label[old].function.kind")]);
    assert_eq!(
        with("kind = \"rising\", from = 20"),
        [fault(R::MissingKey, 20, 12, "label[old].function.to")]
    );
    assert_eq!(
        with("kind = \"rising\", from = 20, to = inf"),
        [fault(R::OutOfRange, 20, 47, "label[old].function.to")]
    );
    assert_eq!(
        with("kind = \"triangle\", corners = [1, 2]"),
        [fault(R::WrongKind, 20, 43, "label[old].function.corners")]
    );
    for descending in [
        "kind = \"rising\", from = 20, to = 20",
        "kind = \"falling\", from = 20, to = 10",
        "kind = \"trapezoid\", corners = [1, 3, 2, 4]",
        "kind = \"triangle\", corners = [1, 1, 1]",
    ] {
        let found = with(descending);
        assert_eq!((found.len(), found[0].0), (1, R::CornersDescend), "{descending}");
    }
    assert_eq!(
        with("kind = \"equals\", value = 3, to = 4"),
        [fault(R::UnknownKey, 20, 42, "label[old].function.to")]
    );
}

#[test]
fn every_place_leaves_no_room_for_evidence() {
    let found = faults_with("minimum_degree = 1.0", "minimum_degree = 1.0\nevery_place = \"A\"");
    assert_eq!(
        found,
        [fault(R::Contradiction, 5, 1, "minimum_degree"), fault(R::Contradiction, 12, 3, "evidence")]
    );
    let nowhere = "id = \"x\"\nversion = \"1\"\ntitle = { zh = \"甲\", en = \"A\" }\nevery_place = \"Z\"\n";
    let unknown = faults(&format!("{nowhere}[[type]]\nid = \"A\"\nname = {{ zh = \"甲\", en = \"A\" }}\n"));
    assert_eq!(unknown, [fault(R::UnknownValue, 4, 15, "every_place")]);
}

#[test]
fn a_fault_speaks_both_languages_and_names_the_thing() {
    let faults = read(&SOUND.replace("type = \"A\"", "type = \"B\"")).unwrap_err();
    let fault = &faults.faults()[0];
    assert_eq!(fault.zh, "未声明类型 `B`；已声明：A");
    assert_eq!(
        fault.to_string(),
        "line 14, column 8: UNKNOWN_VALUE evidence[0].type: 未声明类型 `B`；已声明：A / no type `B` is declared; \
         declared are A"
    );
}
