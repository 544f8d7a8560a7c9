//! Warnings between the contract and scoring's own.

use xiuhua_contracts::measure::v1 as measure;
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::detection::{Detector, Level};
use xiuhua_service_kit::request_id::RequestId;
use xiuhua_service_kit::status::{InvalidRequest, Violation, Violations};

use super::{given, no_fault_found, timestamp};
use crate::domain::period::Period;
use crate::domain::warning::{Crossing, Forecast, State, Statement, Tally, Warning};

/// False alarms of a scan where none are asked for.
const FALSE_ALARMS: f64 = 5.0;
/// What may be asked for.
const FALSE_ALARMS_ASKED: std::ops::RangeInclusive<f64> = 0.01..=1_000.0;

/// What a scan is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ScanAsked {
    /// The request.
    pub(crate) request_id: RequestId,
    /// Whose catalog, types and thresholds.
    pub(crate) assessment_id: String,
    /// The month.
    pub(crate) month: Period,
    /// False alarms that may be expected.
    pub(crate) expected_false_alarms: f64,
    /// `None` for now.
    pub(crate) as_of_position: Option<u64>,
}

/// Reads a request to scan.
pub(crate) fn scan_asked(request: &proto::ScanWarningsRequest) -> Result<ScanAsked, InvalidRequest> {
    let mut faults = Violations::new();
    let request_id = faults.keep(RequestId::parse(&request.request_id));
    let assessment = faults.required_text("assessment_id", &request.assessment_id).map(str::to_owned);
    let month = faults.keep(month("month", &request.month));
    let alarms = request.expected_false_alarms.unwrap_or(FALSE_ALARMS);
    faults.check(
        FALSE_ALARMS_ASKED.contains(&alarms),
        "expected_false_alarms",
        "须为 0.01 至 1000",
        "must be 0.01 to 1000",
    );
    match (request_id, assessment, month) {
        (Some(request_id), Some(assessment_id), Some(month)) if faults.is_empty() => Ok(ScanAsked {
            request_id,
            assessment_id,
            month,
            expected_false_alarms: alarms,
            as_of_position: request.as_of_position,
        }),
        _ => Err(faults.into_result().err().unwrap_or_else(no_fault_found)),
    }
}

/// A month such as `2026-10`.
pub(crate) fn month(field: &str, text: &str) -> Result<Period, Violation> {
    let month = Period::parse(text).ok().filter(Period::is_month);
    month.ok_or_else(|| Violation::new(field, "应为月，如 2026-10", "must be a month such as 2026-10"))
}

/// A warning as it is shown.
pub(crate) fn warning(warning: &Warning) -> proto::Warning {
    let (found, shown) = (&warning.found, &warning.found.shown);
    proto::Warning {
        id: warning.id.clone(),
        place_id: found.place.to_string(),
        place_name: shown.place_name.clone(),
        town_code: shown.town_code.clone(),
        town_name: shown.town_name.clone(),
        r#type: shown.type_name.clone(),
        leaf: found.leaf.clone(),
        leaf_name: Some(both(&shown.leaf_name)),
        unit: shown.unit.clone(),
        month: found.month.to_string(),
        level: level(found.level).into(),
        detector: detector(found.detector).into(),
        reason: Some(both(&shown.reason)),
        false_alarm_ratio: found.false_alarm_ratio,
        observed: shown.observed,
        expected: shown.expected,
        expected_months: shown.expected_months,
        limit: found.limit,
        forecast: shown.forecast.as_ref().map(forecast),
        observations: shown.statements.iter().map(|it| statement(&shown.measure_id, it)).collect(),
        state: state(warning.state).into(),
        decisions: warning
            .decisions
            .iter()
            .map(|(became, decision)| proto::WarningDecision {
                state: state(*became).into(),
                author: decision.author.clone(),
                reason: decision.reason.clone(),
                time: Some(timestamp(decision.time)),
            })
            .collect(),
        outcome: match warning.outcome {
            None => proto::WarningOutcome::Unspecified,
            Some(outcome) if outcome.hit => proto::WarningOutcome::Hit,
            Some(_) => proto::WarningOutcome::Miss,
        }
        .into(),
        outcome_value: warning.outcome.map(|outcome| outcome.value),
        catalog_id: warning.catalog.id.clone(),
        catalog_version: warning.catalog.version.clone(),
        assessment_id: warning.assessment.to_string(),
        as_of_position: warning.as_of_position,
        created_time: Some(timestamp(warning.created)),
    }
}

/// What became of warnings of one detector about one leaf.
pub(crate) fn tally(by: Detector, leaf: &str, tally: &Tally) -> proto::WarningTally {
    proto::WarningTally {
        detector: detector(by).into(),
        leaf: leaf.to_owned(),
        warnings: tally.warnings,
        hits: tally.hits,
        misses: tally.misses,
        open: tally.open,
        decided_false_alarms: tally.decided_false_alarms,
        precision_ratio: tally.precision(),
    }
}

/// The state asked for; `None` for any.
pub(crate) fn state_asked(number: i32) -> Result<Option<State>, Violation> {
    match proto::WarningState::try_from(number) {
        Ok(proto::WarningState::Unspecified) => Ok(None),
        Ok(proto::WarningState::New) => Ok(Some(State::New)),
        Ok(proto::WarningState::Acknowledged) => Ok(Some(State::Acknowledged)),
        Ok(proto::WarningState::Handled) => Ok(Some(State::Handled)),
        Ok(proto::WarningState::FalseAlarm) => Ok(Some(State::FalseAlarm)),
        Err(_) => Err(Violation::new("state", "没有这一状态", "is not a state")),
    }
}

/// The level asked for; `None` for any.
pub(crate) fn warning_level_asked(number: i32) -> Result<Option<Level>, Violation> {
    match proto::WarningLevel::try_from(number) {
        Ok(proto::WarningLevel::Unspecified) => Ok(None),
        Ok(proto::WarningLevel::Watch) => Ok(Some(Level::Watch)),
        Ok(proto::WarningLevel::Warn) => Ok(Some(Level::Warn)),
        Err(_) => Err(Violation::new("level", "没有这一级别", "is not a level")),
    }
}

/// What a request to list asks for, as it is bound to a page token.
pub(crate) fn listing(request: &proto::ListWarningsRequest) -> [Option<String>; 5] {
    [&request.catalog_id, &request.month, &request.place_id, &request.town_code, &request.leaf]
        .map(|text| given(text))
}

fn both((zh, en): &(String, String)) -> measure::Text {
    measure::Text { zh: zh.clone(), en: en.clone() }
}

fn level(level: Level) -> proto::WarningLevel {
    match level {
        Level::Watch => proto::WarningLevel::Watch,
        Level::Warn => proto::WarningLevel::Warn,
    }
}

fn detector(detector: Detector) -> proto::WarningDetector {
    match detector {
        Detector::Poisson => proto::WarningDetector::Poisson,
        Detector::Cusum => proto::WarningDetector::Cusum,
        Detector::Ewma => proto::WarningDetector::Ewma,
    }
}

fn state(state: State) -> proto::WarningState {
    match state {
        State::New => proto::WarningState::New,
        State::Acknowledged => proto::WarningState::Acknowledged,
        State::Handled => proto::WarningState::Handled,
        State::FalseAlarm => proto::WarningState::FalseAlarm,
    }
}

fn forecast(forecast: &Forecast) -> proto::WarningForecast {
    let month = |(month, mean, low, high): &(String, f64, f64, f64)| proto::ForecastMonth {
        month: month.clone(),
        mean: *mean,
        low: *low,
        high: *high,
    };
    proto::WarningForecast {
        months: forecast.months.iter().map(month).collect(),
        year_end: forecast.year_end.map(|(mean, ..)| mean),
        year_end_low: forecast.year_end.map(|(_, low, _)| low),
        year_end_high: forecast.year_end.map(|(.., high)| high),
        crossing: match forecast.crossing {
            None => proto::WarningCrossing::Unspecified,
            Some(Crossing::None) => proto::WarningCrossing::None,
            Some(Crossing::Median) => proto::WarningCrossing::Median,
            Some(Crossing::WorstThreshold) => proto::WarningCrossing::WorstThreshold,
        }
        .into(),
        seasonal: forecast.seasonal,
    }
}

fn statement(measure_id: &str, statement: &Statement) -> proto::WarningObservation {
    proto::WarningObservation {
        measure_id: measure_id.to_owned(),
        period: statement.period.clone(),
        value: statement.value,
        source_id: statement.source_id.clone(),
        batch_id: statement.batch_id.clone(),
        file_name: statement.file_name.clone(),
        row: statement.row,
    }
}
