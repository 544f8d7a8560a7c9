//! Early warning (预警): scan, list, show, decide, record.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use xiuhua_contracts::scoring::v1::{
    DecideWarningRequest, GetWarningRecordRequest, GetWarningRequest, ListWarningsRequest,
    ScanWarningsRequest, Warning, WarningCrossing, WarningForecast, WarningLevel, WarningOutcome,
    WarningState, WarningTally,
};

use crate::assessing::position;
use crate::cli::{
    ScanArgs, WarningArg, WarningDecideArgs, WarningLevelArg, WarningRecordArgs, WarningStateArg,
    WarningsCommand, WarningsListArgs,
};
use crate::json::rfc3339;
use crate::platform::{Platform, request_id};
use crate::reading::find_run;
use crate::screen::{Screen, marks, numbers, words};

/// The service answers every read of a warning with it.
const NO_WARNING: &str = "the service answered without a warning";

/// `xiuhua warnings …`.
///
/// # Errors
/// If the service refuses.
pub(crate) async fn run(platform: &Platform, command: &WarningsCommand, screen: &mut Screen) -> Result<()> {
    match command {
        WarningsCommand::Scan(arguments) => scan(platform, arguments, screen).await,
        WarningsCommand::List(arguments) => list(platform, arguments, screen).await,
        WarningsCommand::Show(arguments) => show(platform, arguments, screen).await,
        WarningsCommand::Decide(arguments) => decide(platform, arguments, screen).await,
        WarningsCommand::Record(arguments) => record(platform, arguments, screen).await,
    }
}

async fn scan(platform: &Platform, arguments: &ScanArgs, screen: &mut Screen) -> Result<()> {
    let run = find_run(platform, &arguments.run).await?;
    let as_of_position = match arguments.as_of {
        None => None,
        as_of => Some(position(platform, as_of).await?),
    };
    let request = ScanWarningsRequest {
        request_id: request_id(),
        assessment_id: run.id,
        month: arguments.month.clone(),
        expected_false_alarms: Some(arguments.false_alarms),
        as_of_position,
    };
    let found = platform.warnings().scan_warnings(request).await?.into_inner();
    let (series, alarms) = (found.series, found.expected_false_alarms);
    let ratio = found.false_alarm_ratio;
    let (month, all, added, judged) = (&arguments.month, found.found, found.added, found.judged);
    screen.say(
        &format!(
            "{month}：已看 {series} 个月度序列，发现 {all} 处，新增预警 {added} 条；判定旧预警 {judged} 条"
        ),
        &format!("{month}: looked at {series} series; found {all}, new {added}; older ones judged {judged}"),
    )?;
    screen.say(
        &format!("若处处无变化，本次扫描预期误报 {alarms:.2} 条（每个序列每种方法每月 {ratio:.2e}）"),
        &format!(
            "where nothing has changed this scan is expected to raise {alarms:.2} false alarms\n({ratio:.2e} a series, \
             detector and month)"
        ),
    )?;
    show_warnings(&found.warnings, screen)?;
    screen.json(&json!({
        "month": arguments.month,
        "series": series,
        "false_alarm_ratio": ratio,
        "expected_false_alarms": alarms,
        "found": found.found,
        "added": found.added,
        "judged": found.judged,
        "as_of_position": found.as_of_position,
        "warnings": found.warnings.iter().map(document).collect::<Vec<_>>(),
    }))
}

async fn list(platform: &Platform, arguments: &WarningsListArgs, screen: &mut Screen) -> Result<()> {
    let request = ListWarningsRequest {
        catalog_id: arguments.catalog.clone(),
        month: arguments.month.clone(),
        place_id: arguments.place.clone(),
        town_code: arguments.town.clone(),
        leaf: arguments.leaf.clone(),
        state: arguments.state.map_or(WarningState::Unspecified, state_of).into(),
        level: match arguments.level {
            None => WarningLevel::Unspecified,
            Some(WarningLevelArg::Watch) => WarningLevel::Watch,
            Some(WarningLevelArg::Warn) => WarningLevel::Warn,
        }
        .into(),
        page_size: arguments.top.clamp(1, 1000),
        page_token: String::new(),
    };
    let warnings = platform.warnings().list_warnings(request).await?.into_inner().warnings;
    show_warnings(&warnings, screen)?;
    screen.json(&json!({ "warnings": warnings.iter().map(document).collect::<Vec<_>>() }))
}

async fn show(platform: &Platform, arguments: &WarningArg, screen: &mut Screen) -> Result<()> {
    let request = GetWarningRequest { id: arguments.id.clone() };
    let found = platform.warnings().get_warning(request).await?.into_inner().warning.context(NO_WARNING)?;
    show_one(&found, screen)?;
    screen.json(&document(&found))
}

async fn decide(platform: &Platform, arguments: &WarningDecideArgs, screen: &mut Screen) -> Result<()> {
    let request = DecideWarningRequest {
        request_id: request_id(),
        id: arguments.id.clone(),
        state: state_of(arguments.state).into(),
        author: arguments.decision.author.clone(),
        reason: arguments.decision.reason.clone(),
    };
    let found =
        platform.warnings().decide_warning(request).await?.into_inner().warning.context(NO_WARNING)?;
    show_one(&found, screen)?;
    screen.json(&document(&found))
}

async fn record(platform: &Platform, arguments: &WarningRecordArgs, screen: &mut Screen) -> Result<()> {
    let request = GetWarningRecordRequest { catalog_id: arguments.catalog.clone() };
    let tallies = platform.warnings().get_warning_record(request).await?.into_inner().tallies;
    let columns = [
        marks("方法", "detector"),
        marks("指标", "leaf"),
        numbers("预警", "warnings"),
        numbers("属实", "hits"),
        numbers("不属实", "misses"),
        numbers("未定", "open"),
        numbers("人工判误报", "called false"),
        numbers("准确率", "precision"),
    ];
    let row = |tally: &WarningTally| {
        vec![
            word(tally.detector().as_str_name(), "WARNING_DETECTOR_").to_owned(),
            tally.leaf.clone(),
            tally.warnings.to_string(),
            tally.hits.to_string(),
            tally.misses.to_string(),
            tally.open.to_string(),
            tally.decided_false_alarms.to_string(),
            tally.precision_ratio.map(|ratio| format!("{:.0} %", 100.0 * ratio)).unwrap_or_default(),
        ]
    };
    screen.table(&columns, tallies.iter().map(row).collect())?;
    let tally = |tally: &WarningTally| {
        json!({
            "detector": word(tally.detector().as_str_name(), "WARNING_DETECTOR_"),
            "leaf": tally.leaf,
            "warnings": tally.warnings,
            "hits": tally.hits,
            "misses": tally.misses,
            "open": tally.open,
            "decided_false_alarms": tally.decided_false_alarms,
            "precision_ratio": tally.precision_ratio,
        })
    };
    screen.json(&json!({ "tallies": tallies.iter().map(tally).collect::<Vec<_>>() }))
}

/// Ids and sentences are too long for cells beside each other: a warning is one cell of lines.
fn show_warnings(warnings: &[Warning], screen: &mut Screen) -> Result<()> {
    if warnings.is_empty() {
        return Ok(());
    }
    let columns = [marks("月份", "month"), marks("级别", "level"), words("预警", "warning")];
    let row = |(at, warning): (usize, &Warning)| {
        let about = [&warning.place_id, &warning.place_name, &warning.leaf];
        let about = about.map(String::as_str).into_iter().filter(|word| !word.is_empty());
        let about: Vec<&str> = about.chain([state_words(warning.state(), screen)]).collect();
        let gap = if at + 1 < warnings.len() { "\n" } else { "" };
        let reason = screen.text(warning.reason.as_ref());
        vec![
            warning.month.clone(),
            level_words(warning.level(), screen).to_owned(),
            format!("{}\n{}\n{reason}{gap}", warning.id, about.join(" · ")),
        ]
    };
    let rows = warnings.iter().enumerate().map(row).collect();
    screen.table(&columns, rows)
}

fn show_one(warning: &Warning, screen: &mut Screen) -> Result<()> {
    show_warnings(std::slice::from_ref(warning), screen)?;
    let ratio = warning.false_alarm_ratio;
    screen.say(
        &format!("界限 {:.2}，无变化时每月误报率不超过 {ratio:.2e}", warning.limit),
        &format!(
            "limit {:.2}; without a change at most {ratio:.2e} of months are so reported",
            warning.limit
        ),
    )?;
    if let Some(forecast) = &warning.forecast {
        show_forecast(forecast, screen)?;
    }
    screen.heading("依据的记录（贡献最大者在前）", "records behind it, the greatest part first")?;
    let columns = [
        marks("期次", "period"),
        numbers("数值", "value"),
        marks("来源", "source"),
        marks("批次", "batch").spare(0),
        words("文件", "file"),
        numbers("行", "row"),
    ];
    let row = |it: &xiuhua_contracts::scoring::v1::WarningObservation| {
        let value = crate::screen::value(Some(it.value));
        vec![
            it.period.clone(),
            value,
            it.source_id.clone(),
            it.batch_id.clone(),
            it.file_name.clone(),
            it.row.to_string(),
        ]
    };
    screen.table(&columns, warning.observations.iter().map(row).collect())?;
    if !warning.decisions.is_empty() {
        let columns = [marks("时间", "time"), words("状态", "state"), words("决定", "decided")];
        let row = |it: &xiuhua_contracts::scoring::v1::WarningDecision| {
            vec![
                it.time.as_ref().map(rfc3339).unwrap_or_default(),
                state_words(it.state(), screen).to_owned(),
                format!("{}: {}", it.author, it.reason),
            ]
        };
        let rows = warning.decisions.iter().map(row).collect();
        screen.table(&columns, rows)?;
    }
    match (warning.outcome(), warning.outcome_value) {
        (WarningOutcome::Hit, Some(value)) => screen.say(
            &format!("此后三个月平均 {value:.2}，达到平均的界限：属实"),
            &format!("mean of the three months after {value:.2}, at or beyond its limit: a hit"),
        ),
        (WarningOutcome::Miss, Some(value)) => screen.say(
            &format!("此后三个月平均 {value:.2}，未达到平均的界限"),
            &format!("mean of the three months after {value:.2}, short of its limit: a miss"),
        ),
        _ => Ok(()),
    }
}

fn show_forecast(forecast: &WarningForecast, screen: &mut Screen) -> Result<()> {
    screen.heading("预测（五次中有四次落在区间内）", "forecast (four times of five within the interval)")?;
    let columns = [
        marks("月份", "month"),
        numbers("预测", "expected"),
        numbers("下界", "low"),
        numbers("上界", "high"),
    ];
    let months = forecast.months.iter().map(|it| (it.month.clone(), it.mean, it.low, it.high));
    let year = forecast.year_end.zip(forecast.year_end_low.zip(forecast.year_end_high));
    let year =
        year.map(|(mean, (low, high))| (screen.choose("年末", "year's end").to_owned(), mean, low, high));
    let rows = months.chain(year).map(|(name, mean, low, high)| {
        vec![name, format!("{mean:.2}"), format!("{low:.2}"), format!("{high:.2}")]
    });
    let rows = rows.collect();
    screen.table(&columns, rows)
}

fn document(warning: &Warning) -> Value {
    let text = |text: &Option<xiuhua_contracts::measure::v1::Text>| {
        text.as_ref().map(|text| json!({ "zh": text.zh, "en": text.en }))
    };
    json!({
        "id": warning.id,
        "place_id": warning.place_id,
        "name": warning.place_name,
        "town_code": warning.town_code,
        "town": warning.town_name,
        "type": warning.r#type,
        "leaf": warning.leaf,
        "leaf_name": text(&warning.leaf_name),
        "unit": warning.unit,
        "month": warning.month,
        "level": word(warning.level().as_str_name(), "WARNING_LEVEL_"),
        "detector": word(warning.detector().as_str_name(), "WARNING_DETECTOR_"),
        "reason": text(&warning.reason),
        "false_alarm_ratio": warning.false_alarm_ratio,
        "observed": warning.observed,
        "expected": warning.expected,
        "expected_months": warning.expected_months,
        "limit": warning.limit,
        "forecast": warning.forecast.as_ref().map(|it| json!({
            "months": it.months.iter().map(|month| json!({
                "month": month.month, "mean": month.mean, "low": month.low, "high": month.high,
            })).collect::<Vec<_>>(),
            "year_end": it.year_end,
            "year_end_low": it.year_end_low,
            "year_end_high": it.year_end_high,
            "crossing": crossing(it.crossing()),
            "seasonal": it.seasonal,
        })),
        "observations": warning.observations.iter().map(|it| json!({
            "measure_id": it.measure_id,
            "period": it.period,
            "value": it.value,
            "source_id": it.source_id,
            "batch_id": it.batch_id,
            "file_name": it.file_name,
            "row": it.row,
        })).collect::<Vec<_>>(),
        "state": word(warning.state().as_str_name(), "WARNING_STATE_"),
        "decisions": warning.decisions.iter().map(|it| json!({
            "state": word(it.state().as_str_name(), "WARNING_STATE_"),
            "author": it.author,
            "reason": it.reason,
            "time": it.time.as_ref().map(rfc3339),
        })).collect::<Vec<_>>(),
        "outcome": match warning.outcome() {
            WarningOutcome::Unspecified => None,
            outcome => Some(word(outcome.as_str_name(), "WARNING_OUTCOME_")),
        },
        "outcome_value": warning.outcome_value,
        "catalog": { "id": warning.catalog_id, "version": warning.catalog_version },
        "assessment_id": warning.assessment_id,
        "as_of_position": warning.as_of_position,
    })
}

fn crossing(crossing: WarningCrossing) -> Option<&'static str> {
    match crossing {
        WarningCrossing::Unspecified => None,
        known => Some(word(known.as_str_name(), "WARNING_CROSSING_")),
    }
}

fn word(name: &'static str, prefix: &str) -> &'static str {
    name.strip_prefix(prefix).unwrap_or(name)
}

fn state_of(argument: WarningStateArg) -> WarningState {
    match argument {
        WarningStateArg::New => WarningState::New,
        WarningStateArg::Acknowledged => WarningState::Acknowledged,
        WarningStateArg::Handled => WarningState::Handled,
        WarningStateArg::FalseAlarm => WarningState::FalseAlarm,
    }
}

fn state_words(state: WarningState, screen: &Screen) -> &'static str {
    let (zh, en) = match state {
        WarningState::Unspecified => ("–", "–"),
        WarningState::New => ("新", "new"),
        WarningState::Acknowledged => ("已确认", "acknowledged"),
        WarningState::Handled => ("已处置", "handled"),
        WarningState::FalseAlarm => ("误报", "false alarm"),
    };
    screen.choose(zh, en)
}

fn level_words(level: WarningLevel, screen: &Screen) -> &'static str {
    let (zh, en) = match level {
        WarningLevel::Unspecified => ("–", "–"),
        WarningLevel::Watch => ("关注", "watch"),
        WarningLevel::Warn => ("预警", "warn"),
    };
    screen.choose(zh, en)
}
