//! What the door itself says: refusals with their details, in the caller's language.

use tonic::Code;
use xiuhua_contracts::classification::v1 as wire;

use crate::house::{House, estate};

#[tokio::test]
async fn a_faulty_rule_set_is_answered_with_every_fault_and_its_place() {
    let mut house = House::in_memory().await;
    let text = "id = \"x\"\nversion = \"1\"\ntitle = { zh = \"甲\" }\nminimum_degree = 0.5\ncolour = 1\n";
    let refusal = house.register("r1", text).await.unwrap_err();
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "RULE_SET_FAULTY"));
    assert_eq!(refusal.message, "规则集有 5 处错误，首处在第 1 行第 1 列：缺少键 `type`");
    let fields: Vec<&str> = refusal.violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "toml:1:1 type",
            "toml:1:1 evidence",
            "toml:3:9 title.en",
            "toml:4:18 minimum_degree",
            "toml:5:1 colour"
        ]
    );
    assert_eq!(refusal.violations[2].text, "缺少键 `en`");
}

#[tokio::test]
async fn all_faults_of_a_request_are_named_at_once() {
    let mut house = House::in_memory().await;
    let refusal = house.create("", "", 0).await.unwrap_err();
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "INVALID_REQUEST"));
    let fields: Vec<&str> = refusal.violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["request_id", "rule_set_id", "reference_year"]);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_by_a_stable_reason() {
    let mut house = House::in_memory().await;
    house.register("r1", xiuhua_classification::shipped("all-places").unwrap().toml).await.unwrap();
    let reasons = [
        house.rule_set("nowhere", "").await.unwrap_err(),
        house.rule_set("all-places", "2").await.unwrap_err(),
        house.create("c1", "nowhere", 2021).await.unwrap_err(),
        house.classification("nowhere").await.unwrap_err(),
        house.place_class("nowhere", "A").await.unwrap_err(),
        house.place_types("nowhere").await.unwrap_err(),
    ]
    .map(|refusal| (refusal.code, refusal.reason));
    let expected = [
        "RULE_SET_NOT_FOUND",
        "RULE_SET_NOT_FOUND",
        "RULE_SET_NOT_FOUND",
        "CLASSIFICATION_NOT_FOUND",
        "CLASSIFICATION_NOT_FOUND",
        "CLASSIFICATION_NOT_FOUND",
    ];
    assert_eq!(reasons, expected.map(|reason| (Code::NotFound, reason.to_owned())));
}

#[tokio::test]
async fn a_position_that_is_not_reached_yet_is_out_of_range() {
    let mut house = House::in_memory().await;
    house.register("r1", xiuhua_classification::shipped("all-places").unwrap().toml).await.unwrap();
    house.ingestion.seal(vec![estate("A", "")]);
    let refusal = house.create_as_of("c1", "all-places", 2).await.unwrap_err();
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::OutOfRange, "POSITION_NOT_REACHED"));
    assert_eq!(refusal.message, "位置 2 尚未到达，最新位置为 1");
}

#[tokio::test]
async fn a_list_takes_neither_a_foreign_page_token_nor_an_unknown_type() {
    let mut house = House::in_memory().await;
    house.register("r1", xiuhua_classification::shipped("all-places").unwrap().toml).await.unwrap();
    house.ingestion.seal(vec![estate("A", ""), estate("B", "")]);
    let made = house.create("c1", "all-places", 2021).await.unwrap();
    let mut request = wire::ListPlaceClassesRequest {
        classification_id: made.id,
        r#type: "ALL".to_owned(),
        page_size: 1,
        page_token: String::new(),
    };
    request.page_token = house.list_places(request.clone()).await.unwrap().next_page_token;
    request.r#type = String::new();
    let foreign = house.list_places(request.clone()).await.unwrap_err();
    assert_eq!(foreign.violations[0].field, "page_token");

    request.page_token = String::new();
    request.r#type = "COMMODITY".to_owned();
    let unknown = house.list_places(request).await.unwrap_err();
    assert_eq!(unknown.violations[0].field, "type");
    assert_eq!(unknown.violations[0].text, "该分类结果只有：ALL, UNCLASSIFIED");
}

#[tokio::test]
async fn extraordinary_rows_end_a_page_and_a_message_early_and_none_is_lost() {
    let mut house = House::in_memory().await;
    house.register("r1", xiuhua_classification::shipped("pudong-housing").unwrap().toml).await.unwrap();
    let nature: String = ('一'..).take(500).flat_map(|letter| [letter, '、']).collect();
    let id = |index: usize| format!("{index:05}{}", "区".repeat(100));
    let nature_of = |index: usize| if index < 1_000 { nature.as_str() } else { "商品房" };
    house.ingestion.seal((0..10_000).map(|index| estate(&id(index), nature_of(index))).collect());
    let made = house.create("c1", "pudong-housing", 2021).await.unwrap();

    let expected: Vec<String> = (0..10_000).map(id).collect();
    assert_eq!(house.all_places(&made.id, "", 1_000).await, expected);
    let (messages, types) = house.place_types(&made.id).await.unwrap();
    assert_eq!(messages, 2, "3 MB of ids");
    assert_eq!(types.into_iter().map(|(place_id, _)| place_id).collect::<Vec<_>>(), expected);
}
