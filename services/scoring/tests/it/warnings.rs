//! Warnings through the door, on both databases: found once, decided, judged.

use std::time::Duration;

use tonic::Code;
use xiuhua_contracts::scoring::v1 as wire;
use xiuhua_contracts::scoring::v1::{WarningDetector, WarningLevel, WarningOutcome, WarningState};

use crate::district::{CATALOG, little_district};
use crate::fakes::World;
use crate::house::{Backend, House, Refusal, asking, on_both};

/// Cases of a place in a month: eight, give or take two, in an order that repeats every seven months.
const CALM: [f64; 7] = [8.0, 6.0, 9.0, 10.0, 7.0, 8.0, 9.0];

/// The little district with complaints (P2) by the month from 2019 to October 2021, all of them calm.
fn calm_district() -> World {
    let rolling = "id = \"complaints\"\nroll = { take = \"sum\", from = \"month\" }\n";
    let world = little_district();
    {
        let mut facts = world.facts();
        facts.toml = CATALOG.replace("id = \"complaints\"\n", rolling);
        facts.catalog = xiuhua_indicators::catalog::Catalog::parse(&facts.toml).unwrap();
    }
    for (at, place) in ["a", "b", "c"].into_iter().enumerate() {
        for (month, period) in months().iter().enumerate() {
            state(&world, 1, place, period, CALM[(month + 3 * at) % 7]);
        }
    }
    world
}

/// From 2019-01 to 2021-10.
fn months() -> Vec<String> {
    let year = |year: u32| (1..=12).map(move |month| format!("{year}-{month:02}"));
    (2019..=2021).flat_map(year).take(34).collect()
}

/// States cases of a month, which are delivered per 100 households.
fn state(world: &World, position: u64, place: &str, month: &str, cases: f64) {
    let households = match place {
        "a" => 100.0,
        "b" => 300.0,
        _ => 200.0,
    };
    world.correction(position, place, "P2", month, cases * 100.0 / households);
}

fn scanning(request_id: &str, assessment: &str, month: &str) -> wire::ScanWarningsRequest {
    wire::ScanWarningsRequest {
        request_id: request_id.to_owned(),
        assessment_id: assessment.to_owned(),
        month: month.to_owned(),
        // Three series, two detectors: a share of 1/600 each.
        expected_false_alarms: Some(0.01),
        as_of_position: None,
    }
}

async fn scan(
    house: &mut House,
    request: wire::ScanWarningsRequest,
) -> Result<wire::ScanWarningsResponse, Refusal> {
    Ok(house.warnings.scan_warnings(request).await?.into_inner())
}

async fn all(house: &mut House, request: wire::ListWarningsRequest) -> Vec<wire::Warning> {
    let mut found = Vec::new();
    let mut request = request;
    loop {
        let page = house.warnings.list_warnings(request.clone()).await.unwrap().into_inner();
        found.extend(page.warnings);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

async fn decide(
    house: &mut House,
    request_id: &str,
    id: &str,
    state: WarningState,
) -> Result<wire::Warning, Refusal> {
    let request = wire::DecideWarningRequest {
        request_id: request_id.to_owned(),
        id: id.to_owned(),
        state: state.into(),
        author: "王芳".to_owned(),
        reason: "已核实".to_owned(),
    };
    Ok(house.warnings.decide_warning(request).await?.into_inner().warning.unwrap())
}

/// The district with thirty cases in `b` in October, assessed for 2021.
async fn risen(on: Backend) -> (House, String) {
    let world = calm_district();
    state(&world, 2, "b", "2021-10", 30.0);
    let mut house = House::on(on, world).await;
    let assessment = house.assess(asking("r1")).await;
    assert_eq!(assessment.state(), wire::AssessmentState::Succeeded, "{:?}", assessment.failure);
    (house, assessment.id)
}

async fn a_rise_gives_one_warning_with_its_figures_and_the_records_behind_it(on: Backend) {
    let (mut house, assessment) = risen(on).await;
    let calm = scan(&mut house, scanning("s1", &assessment, "2021-09")).await.unwrap();
    assert_eq!((calm.series, calm.found, calm.added), (3, 0, 0));
    let scanned = scan(&mut house, scanning("s2", &assessment, "2021-10")).await.unwrap();
    assert_eq!((scanned.series, scanned.found, scanned.added, scanned.as_of_position), (3, 1, 1, 2));
    assert!((scanned.false_alarm_ratio - 0.01 / 6.0).abs() < 1e-12);
    assert!((scanned.expected_false_alarms - 0.01).abs() < 1e-12);
    let found = &scanned.warnings[0];
    assert_eq!((found.place_id.as_str(), found.leaf.as_str(), found.month.as_str()), ("b", "P2", "2021-10"));
    assert_eq!((found.detector(), found.level()), (WarningDetector::Poisson, WarningLevel::Warn));
    assert_eq!(
        (found.r#type.as_str(), found.state(), found.outcome()),
        ("X", WarningState::New, WarningOutcome::Unspecified)
    );
    assert_eq!((found.observed, found.expected_months), (10.0, 24));
    assert!((2.4..3.0).contains(&found.expected) && (4.0..10.0).contains(&found.limit), "{found:?}");
    assert!(found.false_alarm_ratio <= 0.01 / 60.0 && found.false_alarm_ratio > 0.0, "{found:?}");
    let reason = found.reason.as_ref().unwrap();
    assert!(
        reason.en.contains("10.00 in 2021-10") && reason.zh.contains("升至 10.00（2021-10）"),
        "{reason:?}"
    );
    let records: Vec<(&str, f64, &str, u64)> = found
        .observations
        .iter()
        .map(|it| (it.period.as_str(), it.value, it.batch_id.as_str(), it.row))
        .collect();
    assert_eq!(records, [("2021-10", 10.0, "batch-2", 2)]);
    // Two months to come: the year ends far beyond the 10 that scores 0.
    let forecast = found.forecast.as_ref().unwrap();
    assert_eq!(forecast.crossing(), wire::WarningCrossing::WorstThreshold);
    assert_eq!((forecast.months.len(), forecast.months[0].month.as_str()), (6, "2021-11"));
    let (low, mean, high) =
        (forecast.year_end_low.unwrap(), forecast.year_end.unwrap(), forecast.year_end_high.unwrap());
    assert!(low < mean && mean < high && low > 10.0, "{low} {mean} {high}");
    let request = wire::GetWarningRequest { id: found.id.clone() };
    let got = house.warnings.get_warning(request).await.unwrap().into_inner().warning.unwrap();
    assert_eq!(&got, found);
}

async fn the_same_scan_again_adds_nothing_and_a_request_is_answered_once(on: Backend) {
    let (mut house, assessment) = risen(on).await;
    let first = scan(&mut house, scanning("s1", &assessment, "2021-10")).await.unwrap();
    assert_eq!(scan(&mut house, scanning("s1", &assessment, "2021-10")).await.unwrap(), first);
    let again = scan(&mut house, scanning("s2", &assessment, "2021-10")).await.unwrap();
    assert_eq!((again.found, again.added), (1, 0));
    // Next month it is still as high: the same matter.
    state(&house.world, 3, "b", "2021-11", 33.0);
    let next = scan(&mut house, scanning("s3", &assessment, "2021-11")).await.unwrap();
    assert_eq!((next.found, next.added), (1, 0));
    assert_eq!(all(&mut house, wire::ListWarningsRequest::default()).await.len(), 1);
    let other = scan(&mut house, scanning("s1", &assessment, "2021-11")).await.unwrap_err();
    assert_eq!(other.reason, "KEY_REUSED_WITH_DIFFERENT_BODY");
}

async fn what_came_late_is_not_seen_at_an_earlier_position(on: Backend) {
    let (mut house, assessment) = risen(on).await;
    let then =
        wire::ScanWarningsRequest { as_of_position: Some(1), ..scanning("s1", &assessment, "2021-10") };
    let then = scan(&mut house, then).await.unwrap();
    assert_eq!((then.series, then.found, then.as_of_position), (3, 0, 1));
    let beyond =
        wire::ScanWarningsRequest { as_of_position: Some(9), ..scanning("s2", &assessment, "2021-10") };
    assert_eq!(scan(&mut house, beyond).await.unwrap_err().reason, "POSITION_NOT_REACHED");
}

async fn a_warning_is_decided_forward_with_author_and_reason_and_its_history_stays(on: Backend) {
    let (mut house, assessment) = risen(on).await;
    let id = scan(&mut house, scanning("s1", &assessment, "2021-10")).await.unwrap().warnings[0].id.clone();
    let seen = decide(&mut house, "d1", &id, WarningState::Acknowledged).await.unwrap();
    assert_eq!((seen.state(), seen.decisions.len()), (WarningState::Acknowledged, 1));
    let back = decide(&mut house, "d2", &id, WarningState::New).await.unwrap_err();
    assert_eq!((back.code, back.fields), (Code::InvalidArgument, vec!["state".to_owned()]));
    house.clock_forward();
    let handled = decide(&mut house, "d3", &id, WarningState::Handled).await.unwrap();
    let states: Vec<WarningState> = handled.decisions.iter().map(wire::WarningDecision::state).collect();
    assert_eq!(states, [WarningState::Acknowledged, WarningState::Handled]);
    assert!(handled.decisions.iter().all(|it| it.author == "王芳" && it.reason == "已核实"));
    // Sent again it is answered as it was, whatever has happened since.
    assert_eq!(decide(&mut house, "d1", &id, WarningState::Acknowledged).await.unwrap(), seen);
    let over = decide(&mut house, "d4", &id, WarningState::FalseAlarm).await.unwrap_err();
    assert_eq!((over.code, over.reason.as_str()), (Code::FailedPrecondition, "WARNING_STATE"));
    let none = decide(&mut house, "d5", "warning-none", WarningState::Handled).await.unwrap_err();
    assert_eq!((none.code, none.reason.as_str()), (Code::NotFound, "WARNING_NOT_FOUND"));
}

async fn the_months_after_judge_a_warning_and_its_record_says_how_good_it_was(on: Backend) {
    let (mut house, assessment) = risen(on).await;
    let world = house.world.clone();
    state(&world, 2, "c", "2021-10", 30.0);
    let added = scan(&mut house, scanning("s1", &assessment, "2021-10")).await.unwrap().warnings;
    assert_eq!(added.len(), 2);
    // In b it stays high, in c it was one bad month.
    for month in ["2021-11", "2021-12", "2022-01"] {
        state(&world, 3, "b", month, 28.0);
        state(&world, 3, "c", month, 8.0);
    }
    let early = scan(&mut house, scanning("s2", &assessment, "2021-12")).await.unwrap();
    assert_eq!(early.judged, 0);
    let later = scan(&mut house, scanning("s3", &assessment, "2022-01")).await.unwrap();
    assert_eq!(later.judged, 2);
    let outcomes: Vec<(String, WarningOutcome, f64)> = all(&mut house, wire::ListWarningsRequest::default())
        .await
        .into_iter()
        .map(|it| (it.place_id.clone(), it.outcome(), it.outcome_value.unwrap().round()))
        .collect();
    assert!(outcomes.contains(&("b".to_owned(), WarningOutcome::Hit, 9.0)), "{outcomes:?}");
    assert!(outcomes.contains(&("c".to_owned(), WarningOutcome::Miss, 4.0)), "{outcomes:?}");
    let record = record(&mut house).await;
    assert_eq!(record.len(), 1);
    let tally = &record[0];
    assert_eq!((tally.detector(), tally.leaf.as_str()), (WarningDetector::Poisson, "P2"));
    assert_eq!((tally.warnings, tally.hits, tally.misses, tally.open), (2, 1, 1, 0));
    assert_eq!(tally.precision_ratio, Some(0.5));
    // A person's word goes before the figures.
    let of_c = added.iter().find(|it| it.place_id == "c").unwrap();
    decide(&mut house, "d1", &of_c.id, WarningState::Handled).await.unwrap();
    let of_b = added.iter().find(|it| it.place_id == "b").unwrap();
    decide(&mut house, "d2", &of_b.id, WarningState::FalseAlarm).await.unwrap();
    let tally = self::record(&mut house).await.remove(0);
    assert_eq!((tally.hits, tally.misses, tally.decided_false_alarms), (1, 1, 1));
}

async fn record(house: &mut House) -> Vec<wire::WarningTally> {
    let request = wire::GetWarningRecordRequest { catalog_id: "little".to_owned() };
    house.warnings.get_warning_record(request).await.unwrap().into_inner().tallies
}

async fn warnings_are_listed_in_pages_by_what_is_asked_for(on: Backend) {
    let (mut house, assessment) = risen(on).await;
    let world = house.world.clone();
    for place in ["a", "c"] {
        state(&world, 2, place, "2021-10", 26.0);
    }
    assert_eq!(scan(&mut house, scanning("s1", &assessment, "2021-10")).await.unwrap().added, 3);
    let whole = all(&mut house, wire::ListWarningsRequest::default()).await;
    let paged = all(&mut house, wire::ListWarningsRequest { page_size: 1, ..Default::default() }).await;
    assert_eq!((whole.len(), &paged), (3, &whole));
    assert_eq!(whole[0].place_id, "b", "the rarest by chance comes first");
    let count = async |house: &mut House, request| all(house, request).await.len();
    let any = wire::ListWarningsRequest::default();
    let request = wire::ListWarningsRequest { place_id: "a".to_owned(), ..any.clone() };
    assert_eq!(count(&mut house, request).await, 1);
    let request = wire::ListWarningsRequest { town_code: "T1".to_owned(), ..any.clone() };
    assert_eq!(count(&mut house, request).await, 2);
    let request = wire::ListWarningsRequest { month: "2021-09".to_owned(), ..any.clone() };
    assert_eq!(count(&mut house, request).await, 0);
    let request = wire::ListWarningsRequest { state: WarningState::Handled.into(), ..any.clone() };
    assert_eq!(count(&mut house, request).await, 0);
    let request =
        wire::ListWarningsRequest { level: WarningLevel::Warn.into(), leaf: "P2".to_owned(), ..any.clone() };
    assert_eq!(count(&mut house, request).await, 3);
    let wrong = wire::ListWarningsRequest { state: 9, level: 9, month: "2021".to_owned(), ..any };
    let refusal = Refusal::from(house.warnings.list_warnings(wrong).await.unwrap_err());
    assert_eq!(refusal.fields, ["state", "level", "month"]);
}

async fn the_decisions_of_a_page_stand_each_with_its_own_warning(on: Backend) {
    let (mut house, assessment) = risen(on).await;
    for place in ["a", "c"] {
        state(&house.world, 2, place, "2021-10", 26.0);
    }
    let added = scan(&mut house, scanning("s1", &assessment, "2021-10")).await.unwrap().warnings;
    decide(&mut house, "d1", &added[0].id, WarningState::Acknowledged).await.unwrap();
    decide(&mut house, "d2", &added[2].id, WarningState::Acknowledged).await.unwrap();
    decide(&mut house, "d3", &added[0].id, WarningState::Handled).await.unwrap();
    let listed = all(&mut house, wire::ListWarningsRequest::default()).await;
    let states = |id: &str| -> Vec<WarningState> {
        let warning = listed.iter().find(|warning| warning.id == id).unwrap();
        warning.decisions.iter().map(wire::WarningDecision::state).collect()
    };
    assert_eq!(states(&added[0].id), [WarningState::Acknowledged, WarningState::Handled]);
    assert_eq!(states(&added[1].id), []);
    assert_eq!(states(&added[2].id), [WarningState::Acknowledged]);
}

async fn one_scan_is_made_at_a_time_and_nobody_queues(on: Backend) {
    let (mut house, assessment) = risen(on).await;
    let world = house.world.clone();
    world.facts().hangs = true;
    let mut first = house.warnings.clone();
    let request = scanning("s1", &assessment, "2021-10");
    let first = tokio::spawn(async move { first.scan_warnings(request).await });
    while world.facts().hung == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let refused = scan(&mut house, scanning("s2", &assessment, "2021-10")).await.unwrap_err();
    assert_eq!((refused.code, refused.reason.as_str()), (Code::ResourceExhausted, "SCANNING_ANOTHER"));
    // Whoever leaves makes room.
    first.abort();
    world.facts().hangs = false;
    let mut next = scan(&mut house, scanning("s2", &assessment, "2021-10")).await;
    while next.as_ref().is_err_and(|refusal| refusal.code == Code::ResourceExhausted) {
        tokio::time::sleep(Duration::from_millis(5)).await;
        next = scan(&mut house, scanning("s2", &assessment, "2021-10")).await;
    }
    assert_eq!(next.unwrap().added, 1);
}

async fn a_catalog_without_months_and_a_request_with_faults_are_refused(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let assessment = house.assess(asking("r1")).await.id;
    let nothing = scan(&mut house, scanning("s1", &assessment, "2021-10")).await.unwrap_err();
    assert_eq!((nothing.code, nothing.reason.as_str()), (Code::FailedPrecondition, "NOTHING_ROLLS"));
    let faulty = wire::ScanWarningsRequest { expected_false_alarms: Some(f64::NAN), ..Default::default() };
    let refusal = scan(&mut house, faulty).await.unwrap_err();
    assert_eq!(refusal.fields, ["request_id", "assessment_id", "month", "expected_false_alarms"]);
    let unknown = scan(&mut house, scanning("s2", "assessment-none", "2021-10")).await.unwrap_err();
    assert_eq!(unknown.code, Code::NotFound);
}

async fn an_assessment_of_a_month_is_provisional_and_one_of_a_year_is_not(on: Backend) {
    let mut house = House::on(on, calm_district()).await;
    let year = house.assess(asking("r1")).await;
    let month =
        house.assess(wire::CreateAssessmentRequest { period: "2021-06".to_owned(), ..asking("r2") }).await;
    assert_eq!((year.provisional, month.provisional), (false, true));
    assert_eq!(month.state(), wire::AssessmentState::Succeeded, "{:?}", month.failure);
}

on_both! {
    a_rise_gives_one_warning_with_its_figures_and_the_records_behind_it,
    the_same_scan_again_adds_nothing_and_a_request_is_answered_once,
    what_came_late_is_not_seen_at_an_earlier_position,
    a_warning_is_decided_forward_with_author_and_reason_and_its_history_stays,
    the_months_after_judge_a_warning_and_its_record_says_how_good_it_was,
    warnings_are_listed_in_pages_by_what_is_asked_for,
    the_decisions_of_a_page_stand_each_with_its_own_warning,
    one_scan_is_made_at_a_time_and_nobody_queues,
    a_catalog_without_months_and_a_request_with_faults_are_refused,
    an_assessment_of_a_month_is_provisional_and_one_of_a_year_is_not,
}
