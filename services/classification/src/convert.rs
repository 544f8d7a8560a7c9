//! Contracts to domain and back. All faults of a request are collected before the answer.

mod deciding;

use std::collections::HashMap;

use jiff::Timestamp;
use prost::Message;
use xiuhua_contracts::classification::v1 as wire;
use xiuhua_contracts::ingestion::v1 as ingestion;
use xiuhua_contracts::measure::v1 as measure;
use xiuhua_service_kit::page::{self, Page};
use xiuhua_service_kit::request_id::{RequestId, fingerprint};
use xiuhua_service_kit::status::{InvalidRequest, Violation, Violations};

pub(crate) use self::deciding::{
    decided, decision_page, decision_request, decisions, instant_asked, review, review_page,
};
use crate::domain::{Classification, ClassificationId, Evidence, Named, Place, PlaceClass, Text};
use crate::store::{Mutation, RuleSetCursor, RuleSetRecord, Run};

/// Rows of a page where the request does not say.
const DEFAULT_PAGE: u32 = 100;
/// Most rows of a page.
const LARGEST_PAGE: u32 = 1_000;
/// Bytes of a page or of a message of a stream, well below the smallest limit of a client. Ordinary rows stay far
/// below; a page of extraordinary ones ends early.
const ANSWER_BYTES: usize = 2 * 1024 * 1024;
/// Years that can be referred to.
const REFERENCE_YEARS: std::ops::RangeInclusive<i32> = 1800..=2999;
/// Tells the pages of rule sets from those of any other list.
const RULE_SET_PAGES: &str = "rule_sets";
/// Tells the pages of classifications from those of any other list.
const CLASSIFICATION_PAGES: &str = "classifications";

/// What a request for a classification asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClassificationRequest {
    pub(crate) mutation: Mutation,
    pub(crate) rule_set_id: String,
    /// `None` for the newest registered.
    pub(crate) rule_set_version: Option<String>,
    /// `None` for now.
    pub(crate) as_of_position: Option<u64>,
    pub(crate) reference_year: i32,
    /// `None` for those taken while the position, or an earlier one, was the newest.
    pub(crate) decision_number: Option<u64>,
}

/// A page of a list whose key is `C`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageOf<C> {
    pub(crate) page: Page,
    pub(crate) after: Option<C>,
}

/// A place as ingestion sends it.
pub(crate) fn place(place: ingestion::Place) -> Place {
    Place {
        id: place.id,
        name: place.name,
        town_code: place.town_code,
        town_name: place.town_name,
        committee: place.committee,
        district_code: place.district_code,
        district_name: place.district_name,
        housing_nature: place.housing_nature,
        households: place.households,
        population: place.population,
        attributes: place.attributes,
    }
}

/// The mutation and the text of a registration.
pub(crate) fn registration(
    request: wire::RegisterRuleSetRequest,
) -> Result<(Mutation, String), InvalidRequest> {
    let mut faults = Violations::new();
    let mutation = mutation(&request.request_id, &request, &mut faults);
    faults.required_text("toml", &request.toml);
    faults.into_result()?;
    Ok((present(mutation)?, request.toml))
}

/// What a request for a classification asks.
pub(crate) fn classification_request(
    request: wire::CreateClassificationRequest,
) -> Result<ClassificationRequest, InvalidRequest> {
    let mut faults = Violations::new();
    let mutation = mutation(&request.request_id, &request, &mut faults);
    faults.required_text("rule_set_id", &request.rule_set_id);
    faults.check(
        REFERENCE_YEARS.contains(&request.reference_year),
        "reference_year",
        format!("须为 {} 至 {} 的年份", REFERENCE_YEARS.start(), REFERENCE_YEARS.end()),
        format!("must be a year from {} to {}", REFERENCE_YEARS.start(), REFERENCE_YEARS.end()),
    );
    faults.into_result()?;
    Ok(ClassificationRequest {
        mutation: present(mutation)?,
        rule_set_id: request.rule_set_id,
        rule_set_version: Some(request.rule_set_version).filter(|version| !version.is_empty()),
        as_of_position: request.as_of_position,
        reference_year: request.reference_year,
        decision_number: request.decision_number,
    })
}

/// A name that a request must give.
pub(crate) fn required(field: &str, text: &str) -> Result<String, InvalidRequest> {
    let mut faults = Violations::new();
    faults.required_text(field, text);
    faults.into_result()?;
    Ok(text.to_owned())
}

/// The names of a classification and of a place in it.
pub(crate) fn place_in_classification(
    request: wire::GetPlaceClassRequest,
) -> Result<(ClassificationId, String), InvalidRequest> {
    let mut faults = Violations::new();
    faults.required_text("classification_id", &request.classification_id);
    faults.required_text("place_id", &request.place_id);
    faults.into_result()?;
    Ok((ClassificationId(request.classification_id), request.place_id))
}

/// A page of rule sets.
pub(crate) fn rule_set_page(request: &wire::ListRuleSetsRequest) -> Result<PageOf<RuleSetCursor>, Violation> {
    let page = any_page(request.page_size, &request.page_token, RULE_SET_PAGES)?;
    let after = page.after.as_deref().map(|key| {
        let (registration, id) = key.split_once('/').ok_or_else(not_a_token)?;
        let registration = registration.parse().map_err(|_| not_a_token())?;
        Ok(RuleSetCursor { id: id.to_owned(), registration })
    });
    let after = after.transpose()?;
    Ok(PageOf { page, after })
}

/// A page of rule sets from rows read with one to spare.
pub(crate) fn rule_sets(mut records: Vec<RuleSetRecord>, page: &Page) -> wire::ListRuleSetsResponse {
    let key = |record: &RuleSetRecord| format!("{}/{}", record.registration, record.id);
    let keys: Vec<String> = records.iter().map(key).collect();
    let mut next_page_token = page::cut(&mut records, page, RULE_SET_PAGES, key);
    let mut rule_sets = records.into_iter().map(rule_set).collect();
    if let Some(last) = leave_out_what_does_not_fit(&mut rule_sets) {
        next_page_token = page::next_token(&keys[last], RULE_SET_PAGES);
    }
    wire::ListRuleSetsResponse { rule_sets, next_page_token }
}

/// A page of classifications.
pub(crate) fn classification_page(
    request: &wire::ListClassificationsRequest,
) -> Result<PageOf<Run>, Violation> {
    let page = any_page(request.page_size, &request.page_token, CLASSIFICATION_PAGES)?;
    let before = page.after.as_deref().map(|key| key.parse().map(Run).map_err(|_| not_a_token()));
    let after = before.transpose()?;
    Ok(PageOf { page, after })
}

/// A page of classifications from rows read with one to spare.
pub(crate) fn classifications(
    mut rows: Vec<(Run, Classification)>,
    page: &Page,
) -> wire::ListClassificationsResponse {
    let next_page_token = page::cut(&mut rows, page, CLASSIFICATION_PAGES, |(run, _)| run.0.to_string());
    let classifications = rows.into_iter().map(|(_, row)| classification(row)).collect();
    wire::ListClassificationsResponse { classifications, next_page_token }
}

/// A page of the places of a classification.
pub(crate) fn place_page(request: &wire::ListPlaceClassesRequest) -> Result<Page, InvalidRequest> {
    let mut faults = Violations::new();
    faults.required_text("classification_id", &request.classification_id);
    let page = any_page(request.page_size, &request.page_token, &place_pages(request));
    let page = faults.keep(page);
    faults.into_result()?;
    present(page)
}

/// A page of places from rows read with one to spare.
pub(crate) fn place_classes(
    mut classes: Vec<PlaceClass>,
    page: &Page,
    request: &wire::ListPlaceClassesRequest,
) -> wire::ListPlaceClassesResponse {
    let binding = place_pages(request);
    let mut next_page_token = page::cut(&mut classes, page, &binding, |last| last.place_id.clone());
    let mut place_classes: Vec<wire::PlaceClass> = classes.into_iter().map(place_class).collect();
    if let Some(last) = leave_out_what_does_not_fit(&mut place_classes) {
        next_page_token = page::next_token(&place_classes[last].place_id, &binding);
    }
    wire::ListPlaceClassesResponse { place_classes, next_page_token }
}

/// The type that a list is narrowed to; `None` for any.
pub(crate) fn type_filter<'r>(
    request: &'r wire::ListPlaceClassesRequest,
    classification: &Classification,
) -> Result<Option<&'r str>, Violation> {
    if request.r#type.is_empty() {
        return Ok(None);
    }
    let known: Vec<&str> = classification.counts.iter().map(|count| count.type_id.as_str()).collect();
    if known.contains(&request.r#type.as_str()) {
        return Ok(Some(&request.r#type));
    }
    let known = known.join(", ");
    Err(Violation::new(
        "type",
        format!("该分类结果只有：{known}"),
        format!("this classification has only {known}"),
    ))
}

/// A registered rule set as readers get it.
pub(crate) fn rule_set(record: RuleSetRecord) -> wire::RuleSet {
    wire::RuleSet {
        id: record.id,
        version: record.version,
        title: Some(text(record.title)),
        hash: record.hash,
        types: record.types.into_iter().map(place_type).collect(),
        labels: record.labels.into_iter().map(label).collect(),
        registered_time: Some(instant(record.registered_at)),
    }
}

/// A classification as readers get it.
pub(crate) fn classification(classification: Classification) -> wire::Classification {
    let counts = classification.counts.into_iter();
    wire::Classification {
        id: classification.id.0,
        rule_set_id: classification.rule_set.id,
        rule_set_version: classification.rule_set.version,
        rule_set_hash: classification.rule_set.hash,
        as_of_position: classification.as_of_position,
        reference_year: classification.reference_year,
        counts: counts.map(|count| wire::TypeCount { r#type: count.type_id, places: count.places }).collect(),
        created_time: Some(instant(classification.created_at)),
        decision_number: classification.decision_number,
    }
}

/// A place with its evidence as readers get it.
pub(crate) fn place_class(class: PlaceClass) -> wire::PlaceClass {
    let reasons = class.reasons.into_iter().map(|reason| wire::Reason {
        reason: reason.code.as_str().to_owned(),
        message: Some(text(reason.message)),
    });
    let (decision, decision_state) = deciding::met(class.decision);
    let labels = class.labels.into_iter();
    let type_degrees = class.type_degrees.into_iter();
    wire::PlaceClass {
        place_id: class.place_id,
        r#type: class.type_id,
        reasons: reasons.collect(),
        evidence: class.evidence.into_iter().map(evidence).collect(),
        labels: labels
            .map(|label| wire::LabelDegree { label: label.label_id, degree: label.degree })
            .collect(),
        type_degrees: type_degrees
            .map(|supported| wire::TypeDegree { r#type: supported.type_id, degree: supported.degree })
            .collect(),
        decision,
        decision_state: decision_state.into(),
    }
}

fn evidence(fact: Evidence) -> wire::Evidence {
    wire::Evidence { feature: fact.feature, value: fact.value, r#type: fact.type_id.unwrap_or_default() }
}

/// How many of these places, from the first, one message of a stream takes; at least one.
pub(crate) fn places_of_a_message(places: &[(String, String)]) -> usize {
    let mut bytes = 0;
    let fits = |(place_id, _): &&(String, String)| {
        // The id with its tag and length, and a position of the type.
        bytes += place_id.len() + 8;
        bytes <= ANSWER_BYTES
    };
    places.iter().take_while(fits).count().max(1)
}

/// A batch of places and their types, the types by position in a dictionary.
pub(crate) fn place_types(places: Vec<(String, String)>) -> wire::ReadPlaceTypesResponse {
    let mut positions: HashMap<String, u32> = HashMap::new();
    let mut column = measure::TextColumn::default();
    let mut place_ids = Vec::with_capacity(places.len());
    // The number of the next new type; types are few, so this never nears its end.
    let mut next = 0;
    for (place_id, type_id) in places {
        place_ids.push(place_id);
        let position = *positions.entry(type_id).or_insert_with_key(|type_id| {
            column.dictionary.push(type_id.clone());
            next += 1;
            next - 1
        });
        column.index.push(position);
    }
    wire::ReadPlaceTypesResponse { place_ids, r#type: Some(column) }
}

/// The mutation of a request; its faults are noted.
fn mutation(request_id: &str, body: &impl Message, faults: &mut Violations) -> Option<Mutation> {
    let request_id = faults.keep(RequestId::parse(request_id))?;
    Some(Mutation { request_id, fingerprint: fingerprint(body) })
}

/// A part of a request that is only absent where its fault was noted, and so the request refused, before.
fn present<T>(part: Option<T>) -> Result<T, InvalidRequest> {
    part.ok_or_else(|| InvalidRequest::from(Violation::new("", "缺少内容", "is incomplete")))
}

fn any_page(size: u32, token: &str, binding: &str) -> Result<Page, Violation> {
    page::parse(size, token, binding, DEFAULT_PAGE, LARGEST_PAGE)
}

/// Cuts the messages of a page to what one answer holds, at least one; the position of the last if some were left out.
fn leave_out_what_does_not_fit(messages: &mut Vec<impl Message>) -> Option<usize> {
    let mut bytes = 0;
    let fits = |message: &&_| {
        bytes += Message::encoded_len(*message);
        bytes <= ANSWER_BYTES
    };
    let fitting = messages.iter().take_while(fits).count().max(1);
    let some_left_out = fitting < messages.len();
    messages.truncate(fitting);
    some_left_out.then(|| fitting - 1)
}

fn place_pages(request: &wire::ListPlaceClassesRequest) -> String {
    format!("place_classes/{}/{}", request.classification_id, request.r#type)
}

fn not_a_token() -> Violation {
    Violation::new("page_token", "不是本查询的翻页标记", "is not a page token of this query")
}

fn place_type(named: Named) -> wire::PlaceType {
    wire::PlaceType { id: named.id, name: Some(text(named.name)) }
}

fn label(named: Named) -> wire::Label {
    wire::Label { id: named.id, name: Some(text(named.name)) }
}

fn text(text: Text) -> measure::Text {
    measure::Text { zh: text.zh, en: text.en }
}

fn instant(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}
