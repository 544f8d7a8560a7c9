//! Review of types (人工复核): the places that want a person's eye, what a person decides about them, and what that does
//! to the next assessment.
//!
//! Every command looks at a classification of the record as it is now; the service decides nothing by itself.
//! `deciding` takes decisions, `effect` weighs what they change, `showing` prints them.

mod deciding;
mod effect;
mod showing;

use anyhow::{Context, Result};
use jiff::tz::Offset;
use serde_json::json;
use xiuhua_contracts::classification::v1::{
    Classification, CreateClassificationRequest, DecisionState, GetPlaceClassRequest,
    ListClassificationsRequest, ListReviewRequest, ListTypeDecisionsRequest, PlaceClass,
    RegisterRuleSetRequest, RuleSet, TypeDecision,
};
use xiuhua_contracts::ingestion::v1::{GetPlaceRequest, Place};
use xiuhua_contracts::scoring::v1::Assessment;
use xiuhua_service_kit::clock::{Clock, SystemClock};

use crate::cli::{HistoryArgs, LookArgs, ReviewCommand, ReviewListArgs, ReviewShowArgs};
use crate::method;
use crate::platform::{Platform, request_id};
use crate::screen::Screen;

pub(crate) use self::showing::{decision_json, say_decision};

/// Places of a page of the review list.
const PAGE: u32 = 200;

/// `xiuhua review …`.
///
/// # Errors
/// If the services refuse, or a file cannot be used.
pub(crate) async fn run(platform: &Platform, command: &ReviewCommand, screen: &mut Screen) -> Result<()> {
    match command {
        ReviewCommand::List(arguments) => list(platform, arguments, screen).await,
        ReviewCommand::Show(arguments) => show(platform, arguments, screen).await,
        ReviewCommand::Decide(arguments) => deciding::decide(platform, arguments, screen).await,
        ReviewCommand::Revoke(arguments) => deciding::revoke(platform, arguments, screen).await,
        ReviewCommand::History(arguments) => history(platform, arguments, screen).await,
        ReviewCommand::Effect(arguments) => effect::effect(platform, arguments, screen).await,
    }
}

/// The decision that gave a place its type in an assessment, if one did.
///
/// # Errors
/// If the classification cannot be read.
pub(crate) async fn decided_type(
    platform: &Platform,
    run: &Assessment,
    place_id: &str,
) -> Result<Option<TypeDecision>> {
    let class = place_class(platform, &run.classification_id, place_id).await?;
    let gave_the_type = class.decision_state() == DecisionState::Applied;
    Ok(class.decision.filter(|_| gave_the_type))
}

/// The record as it is now, seen through a rule set.
struct Looked {
    rule_set: RuleSet,
    classification: Classification,
}

/// Classifies the record as it is now.
async fn look(platform: &Platform, arguments: &LookArgs) -> Result<Looked> {
    let toml = method::rules(&arguments.rules)?;
    let request = RegisterRuleSetRequest { request_id: request_id(), toml };
    let registered = platform.classification().register_rule_set(request).await?.into_inner();
    let rule_set = registered.rule_set.unwrap_or_default();
    let year = match arguments.year {
        Some(year) => year,
        None => usual_year(platform, &rule_set).await?,
    };
    let request = CreateClassificationRequest {
        rule_set_id: rule_set.id.clone(),
        rule_set_version: rule_set.version.clone(),
        reference_year: year,
        ..CreateClassificationRequest::default()
    };
    let classification = classify(platform, request).await?;
    Ok(Looked { rule_set, classification })
}

async fn classify(platform: &Platform, request: CreateClassificationRequest) -> Result<Classification> {
    let request = CreateClassificationRequest { request_id: request_id(), ..request };
    let answer = platform.classification().create_classification(request).await?.into_inner();
    answer.classification.context("the service answered without a classification")
}

/// The reference year of the newest classification by a rule set, so that it is found again instead of made anew; this
/// year in Shanghai where there is none.
async fn usual_year(platform: &Platform, rule_set: &RuleSet) -> Result<i32> {
    let mut request = ListClassificationsRequest::default();
    loop {
        let page = platform.classification().list_classifications(request).await?.into_inner();
        let same = page.classifications.iter().find(|known| known.rule_set_id == rule_set.id);
        if let Some(known) = same {
            return Ok(known.reference_year);
        }
        if page.next_page_token.is_empty() {
            let shanghai = Offset::constant(8);
            return Ok(shanghai.to_datetime(SystemClock.now()).year().into());
        }
        request = ListClassificationsRequest {
            page_token: page.next_page_token,
            ..ListClassificationsRequest::default()
        };
    }
}

/// What a classification says of a place.
async fn place_class(platform: &Platform, classification_id: &str, place_id: &str) -> Result<PlaceClass> {
    let request = GetPlaceClassRequest {
        classification_id: classification_id.to_owned(),
        place_id: place_id.to_owned(),
    };
    let found = platform.classification().get_place_class(request).await?.into_inner();
    found.place_class.context("the service answered without a place")
}

/// A place as it was when it was classified.
async fn place(platform: &Platform, classification: &Classification, id: &str) -> Result<Place> {
    let as_of_position = Some(classification.as_of_position);
    let request = GetPlaceRequest { id: id.to_owned(), as_of_position };
    let found = platform.ingestion().get_place(request).await?.into_inner();
    found.place.context("the service answered without a place")
}

async fn list(platform: &Platform, arguments: &ReviewListArgs, screen: &mut Screen) -> Result<()> {
    let looked = look(platform, &arguments.look).await?;
    let is_meant = |class: &PlaceClass| match &arguments.reason {
        Some(code) => class.reasons.iter().any(|reason| reason.reason == *code),
        None => true,
    };
    let mut request = ListReviewRequest {
        classification_id: looked.classification.id.clone(),
        page_size: PAGE,
        page_token: String::new(),
    };
    // What waits for a person comes before what was decided; of each no more is kept than is shown.
    let (mut waiting, mut decided) = (Kept::default(), Kept::default());
    loop {
        let page = platform.classification().list_review(request.clone()).await?.into_inner();
        for class in page.place_classes.into_iter().filter(is_meant) {
            let kept =
                if class.decision_state() == DecisionState::Applied { &mut decided } else { &mut waiting };
            kept.add(class, arguments.top);
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let mut shown = Vec::new();
    for class in waiting.first.into_iter().chain(decided.first).take(arguments.top) {
        shown.push((place(platform, &looked.classification, &class.place_id).await?, class));
    }
    showing::review(&looked.rule_set, &shown, screen)?;
    let (waiting, decided, id) = (waiting.total, decided.total, &looked.classification.id);
    screen.say(
        &format!("待复核 {waiting} 处，已认定 {decided} 处，列出 {} 处；分类结果 {id}", shown.len()),
        &format!("{waiting} wait, {decided} are decided, {} listed; classification {id}", shown.len()),
    )?;
    let places = shown.iter().map(|(place, class)| showing::reviewed_json(place, class));
    screen.json(&json!({
        "classification": showing::classification_json(&looked.classification),
        "waiting": waiting,
        "decided": decided,
        "places": places.collect::<Vec<_>>(),
    }))
}

/// The first places of many, and how many there are.
#[derive(Default)]
struct Kept {
    first: Vec<PlaceClass>,
    total: u64,
}

impl Kept {
    fn add(&mut self, class: PlaceClass, most: usize) {
        self.total += 1;
        if self.first.len() < most {
            self.first.push(class);
        }
    }
}

async fn show(platform: &Platform, arguments: &ReviewShowArgs, screen: &mut Screen) -> Result<()> {
    let looked = look(platform, &arguments.look).await?;
    let class = place_class(platform, &looked.classification.id, &arguments.place).await?;
    let place = place(platform, &looked.classification, &arguments.place).await?;
    let decisions = decisions_about(platform, &arguments.place).await?;
    showing::reviewed(&looked.rule_set, &place, &class, screen)?;
    if !decisions.is_empty() {
        showing::decisions(&decisions, screen)?;
    }
    let mut document = showing::reviewed_json(&place, &class);
    document["classification"] = showing::classification_json(&looked.classification);
    document["history"] = decisions.iter().map(decision_json).collect();
    screen.json(&document)
}

/// Every decision about a place, newest first: people take them one by one.
async fn decisions_about(platform: &Platform, place_id: &str) -> Result<Vec<TypeDecision>> {
    let mut request = ListTypeDecisionsRequest {
        place_id: place_id.to_owned(),
        page_size: PAGE,
        page_token: String::new(),
    };
    let mut decisions = Vec::new();
    loop {
        let page = platform.classification().list_type_decisions(request.clone()).await?.into_inner();
        decisions.extend(page.decisions);
        if page.next_page_token.is_empty() {
            return Ok(decisions);
        }
        request.page_token = page.next_page_token;
    }
}

async fn history(platform: &Platform, arguments: &HistoryArgs, screen: &mut Screen) -> Result<()> {
    let request = ListTypeDecisionsRequest {
        place_id: arguments.place.clone(),
        page_size: arguments.top.clamp(1, 1000),
        page_token: String::new(),
    };
    let found = platform.classification().list_type_decisions(request).await?.into_inner().decisions;
    showing::decisions(&found, screen)?;
    screen.json(&json!({ "decisions": found.iter().map(decision_json).collect::<Vec<_>>() }))
}
