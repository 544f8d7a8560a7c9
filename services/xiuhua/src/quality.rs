//! `xiuhua quality`: how far the data behind an assessment can be trusted — coverage, indicators that cannot tell places
//! apart, values at a threshold, places left out, sources that are late or send too much or too little, rows that wait.

mod coverage;
mod preparing;
mod sources;

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_contracts::classification::v1::ListPlaceClassesRequest;
use xiuhua_contracts::ingestion::v1::{Batch, ListBatchesRequest, ReadPlacesRequest};
use xiuhua_contracts::measure::v1::Text;
use xiuhua_contracts::scoring::v1::{Assessment, ThresholdUsed};

use self::coverage::Coverage;
use self::preparing::Treatments;
use self::sources::Sources;
use crate::cli::{QualityArgs, RunArg};
use crate::json;
use crate::names::{Names, UNCLASSIFIED};
use crate::platform::Platform;
use crate::reading::{Standing, find_run, threshold_status};
use crate::results::each_threshold;
use crate::screen::{Screen, marks, numbers, words};

/// `xiuhua quality`.
///
/// # Errors
/// If the assessment has no results.
pub(crate) async fn quality(platform: &Platform, arguments: &QualityArgs, screen: &mut Screen) -> Result<()> {
    let run = RunArg { run: arguments.run.clone(), published: false, catalog: None, period: None };
    let run = find_run(platform, &run).await?;
    let names = Names::read(platform, &run).await?;
    let standing = Standing::read(platform, &run).await?;
    let treatments = Treatments::read(platform, &run).await?;
    let coverage = Coverage::read(platform, &run, &treatments).await?;
    let unusable = unusable(platform, &run).await?;
    let unclassified = unclassified(platform, &run).await?;
    let sources = Sources::read(platform).await?;
    let waiting = waiting(platform).await?;
    let townless = townless(platform, &run).await?;

    standing.show(&run, screen)?;
    coverage.show(run.scale, &names, screen)?;
    coverage.show_clamped(arguments.top, &names, screen)?;
    preparing::show(&coverage, &treatments, &names, screen)?;
    show_unusable(&unusable, &names, screen)?;
    let homeless = run.places_without_households;
    screen.say(
        &format!("有得分但没有户数的小区：{homeless}（不计入居委、街镇和全区的均值）\n"),
        &format!("places with scores but without households: {homeless} (they weigh nothing in groups)\n"),
    )?;
    screen.say(
        &format!("没有街镇代码的小区：{townless}（不进入居委和街镇的结果）\n"),
        &format!("places without a town code: {townless} (they are in no result of committees and towns)\n"),
    )?;
    show_unclassified(&unclassified, screen)?;
    sources.show(screen)?;
    show_waiting(&waiting, arguments.top, screen)?;
    notes(screen)?;
    let (imputed, treated) = preparing::totals(&coverage);
    screen.json(&json!({
        "assessment": json::assessment(&run),
        "as_of": standing.json(&run),
        "coverage": coverage.json(),
        "clamped": coverage.json_clamped(),
        "unusable_indicators": unusable.iter().map(|t| json!({
            "type": t.r#type, "leaf": t.leaf, "status": t.status, "sample_size": t.sample_size,
        })).collect::<Vec<_>>(),
        "places_without_households": homeless,
        "places_without_town_code": townless,
        "unclassified": unclassified.json(),
        "sources": sources.json(),
        "rejected_rows_open": waiting.iter().map(|(batch, open)| json!({
            "batch_id": batch.id, "file_name": batch.file_name, "open": open,
        })).collect::<Vec<_>>(),
        "imputed_values": imputed,
        "treated_values": treated,
        "prepared": preparing::shown_as_json(&coverage, &treatments),
    }))
}

/// How many of the places that were assessed have no town code.
async fn townless(platform: &Platform, run: &Assessment) -> Result<u64> {
    let request = ReadPlacesRequest { as_of_position: Some(run.as_of_position) };
    let mut read = platform.ingestion().read_places(request).await?.into_inner();
    let mut found = 0;
    while let Some(page) = read.message().await? {
        found += page.places.iter().map(|place| u64::from(place.town_code.is_empty())).sum::<u64>();
    }
    Ok(found)
}

/// Indicators that a type is measured without.
async fn unusable(platform: &Platform, run: &Assessment) -> Result<Vec<ThresholdUsed>> {
    let mut found = Vec::new();
    each_threshold(platform, run, |threshold| {
        if threshold.status != "OK" {
            found.push(threshold);
        }
        Ok(())
    })
    .await?;
    Ok(found)
}

fn show_unusable(unusable: &[ThresholdUsed], names: &Names, screen: &mut Screen) -> Result<()> {
    screen.heading("不参与计算的指标", "indicators left out")?;
    if unusable.is_empty() {
        return screen.say("没有。\n", "none.\n");
    }
    let columns = [
        words("类型", "type"),
        marks("指标", "leaf"),
        words("名称", "name"),
        words("原因", "because"),
        numbers("样本", "sample"),
    ];
    let row = |threshold: &ThresholdUsed| {
        vec![
            names.place_type(&threshold.r#type, screen),
            threshold.leaf.clone(),
            names.item(&threshold.leaf, screen),
            threshold_status(&threshold.status, screen),
            threshold.sample_size.to_string(),
        ]
    };
    let rows = unusable.iter().map(row).collect();
    screen.table(&columns, rows)
}

/// Places without a type.
#[derive(Default)]
struct Unclassified {
    places: u64,
    /// Places by reason, and the reason as the service words it. A place may have several.
    reasons: BTreeMap<String, (u64, Option<Text>)>,
}

impl Unclassified {
    fn json(&self) -> Value {
        let reasons: BTreeMap<_, _> =
            self.reasons.iter().map(|(reason, (places, _))| (reason, places)).collect();
        json!({ "places": self.places, "reasons": reasons })
    }
}

async fn unclassified(platform: &Platform, run: &Assessment) -> Result<Unclassified> {
    let mut found = Unclassified::default();
    if run.rule_set_id.is_empty() || run.types.iter().all(|t| t.r#type != UNCLASSIFIED || t.places == 0) {
        return Ok(found);
    }
    let mut request = ListPlaceClassesRequest {
        classification_id: run.classification_id.clone(),
        r#type: UNCLASSIFIED.to_owned(),
        page_size: 1000,
        page_token: String::new(),
    };
    loop {
        let page = platform.classification().list_place_classes(request.clone()).await?.into_inner();
        for place in page.place_classes {
            found.places += 1;
            for reason in place.reasons {
                found.reasons.entry(reason.reason).or_insert_with(|| (0, reason.message)).0 += 1;
            }
        }
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}

fn show_unclassified(unclassified: &Unclassified, screen: &mut Screen) -> Result<()> {
    let places = unclassified.places;
    screen.heading(&format!("未分类的小区：{places}"), &format!("unclassified places: {places}"))?;
    if places == 0 {
        return screen.say("", "");
    }
    let columns = [words("原因", "reason"), words("例如", "such as"), numbers("小区", "places")];
    let row = |(reason, (places, message)): (&String, &(u64, Option<Text>))| {
        vec![reason.clone(), screen.text(message.as_ref()), places.to_string()]
    };
    let rows = unclassified.reasons.iter().map(row).collect();
    screen.table(&columns, rows)
}

/// Batches with rejected rows that nobody has dealt with, most first.
async fn waiting(platform: &Platform) -> Result<Vec<(Batch, u64)>> {
    let mut found = Vec::new();
    let mut request = ListBatchesRequest { page_size: 1000, ..ListBatchesRequest::default() };
    loop {
        let page = platform.ingestion().list_batches(request.clone()).await?.into_inner();
        for batch in page.batches {
            // A platform that keeps no account of its quarantine has closed none.
            let rejected = batch.counts.unwrap_or_default().rejected;
            let open = batch.quarantine.map_or(rejected, |quarantine| quarantine.open);
            if open > 0 {
                found.push((batch, open));
            }
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    found.sort_by_key(|(_, open)| std::cmp::Reverse(*open));
    Ok(found)
}

fn show_waiting(waiting: &[(Batch, u64)], top: usize, screen: &mut Screen) -> Result<()> {
    screen.heading("未处理的拒收行", "rejected rows still open")?;
    if waiting.is_empty() {
        return screen.say("没有。\n", "none.\n");
    }
    let columns = [marks("批次", "batch"), words("文件", "file"), numbers("未处理", "open")];
    let row =
        |(batch, open): &(Batch, u64)| vec![batch.id.clone(), batch.file_name.clone(), open.to_string()];
    let rows = waiting.iter().take(top).map(row).collect();
    screen.table(&columns, rows)
}

/// The rules that the page goes by.
fn notes(screen: &mut Screen) -> Result<()> {
    screen.say(
        "说明：覆盖率 = 已观测的权重占比；分布 = 有得分的小区在满分十等分中的个数，低分在前。\n\
         触限 = 数值在阈值之外（z < 0 或 > 1），得分被截断。\n\
         迟报 = 距上次来数超过通常间隔的 2 倍；异常 = 最近一批行数达到通常的 10 倍或不足 1/10。\n\
         插补 = 无人上报、按目录填补的数值，计入覆盖率；离群处理 = 被缩到限值或取对数的数值。",
        "coverage: share of the weight that was observed; spread: places by tenths of the scale, lowest first.\n\
         clamped: values beyond a threshold (z < 0 or > 1), whose score is capped.\n\
         late: silent for more than twice its usual interval; unusual: a last batch of 10 times the usual rows or more, \
         or a tenth or less.\n\
         imputed: a gap that the catalog has filled, which counts as covered; treated: set to a limit as an outlier, or \
         taken the logarithm of.",
    )
}
