//! `xiuhua template`: a workbook to fill in, made of a catalog, the housing natures that the rules know, and the places on
//! record.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::json;
use xiuhua_contracts::ingestion::v1::{Place, ReadPlacesRequest};
use xiuhua_indicators::catalog::{Bounds, Catalog, Item, ItemKind, Measure, Reads, unit_in_chinese};
use xiuhua_indicators::period::Period;
use xiuhua_spreadsheets::layout::{ATTRIBUTES, Field, Kind, LOCATIONS};
use xiuhua_spreadsheets::template::{Column, Rule, Template};

use crate::cli::{Globals, ImportKind, TemplateArgs, TemplateLayout};
use crate::method::{self, UnusableInput};
use crate::platform::{Platform, Workers};
use crate::records::Records;
use crate::screen::{Screen, told};

/// The catalog whose indicators are asked for unless another is named.
pub(crate) const CATALOG: &str = "pudong-2021";
/// The rule set whose housing natures are offered.
const RULES: &str = "pudong-housing";
/// Periods offered beside the one that was asked for.
const PERIODS_BEFORE: u32 = 3;

/// What is on record of places, as far as a template needs it.
#[derive(Default)]
struct OnRecord {
    /// Names of sub-districts and towns by code.
    towns: BTreeMap<String, String>,
    /// Places of the town that was asked for, by id.
    places: Vec<Place>,
}

/// Writes a template.
///
/// # Errors
/// If catalog or period cannot be read, the platform that `--town` needs cannot be opened, or the file not be written.
pub(crate) async fn run(arguments: &TemplateArgs, globals: &Globals, screen: &mut Screen) -> Result<()> {
    let (catalog, _) = method::catalog(&arguments.catalog)?;
    let period = match arguments.period.as_deref().map(Period::parse).transpose() {
        Ok(period) => period,
        Err(bad) => {
            return Err(UnusableInput(vec![format!("--period: {}", told(bad.zh(), bad.to_string()))]).into());
        }
    };
    let record = on_record(arguments, globals).await?;
    let template = match (arguments.kind, arguments.layout) {
        (ImportKind::Places, _) => places(&record),
        (ImportKind::Observations, TemplateLayout::Wide) => wide(&catalog, period.as_ref(), &record),
        (ImportKind::Observations, TemplateLayout::Long) => long(&catalog, period.as_ref(), &record),
    };
    let replaced = arguments.out.exists();
    template.write(&arguments.out)?;
    let (out, rows) = (arguments.out.display(), template.rows.len());
    let (zh, en) =
        if replaced { ("（已替换原有文件）", " (replacing what was there)") } else { ("", "") };
    let kind = &template.kind;
    screen.say(
        &format!("模板已写入 {out}{zh}，预填 {rows} 行；填好后运行：xiuhua import {kind} {out}"),
        &format!("template written to {out}{en}, {rows} rows filled in; then: xiuhua import {kind} {out}"),
    )?;
    screen.json(&json!({
        "template": arguments.out.display().to_string(),
        "kind": kind,
        "catalog": template.catalog,
        "columns": template.columns.iter().map(|column| &column.header).collect::<Vec<_>>(),
        "rows": rows,
        "replaced": replaced,
    }))
}

/// The towns on record, and the places of the one that was asked for. Without a town a template does without a platform:
/// then it offers no list of towns.
async fn on_record(arguments: &TemplateArgs, globals: &Globals) -> Result<OnRecord> {
    let mut record = OnRecord::default();
    let there = || Records::of(globals).is_ok_and(|records| records.files().all(|file| file.exists()));
    if arguments.town.is_none() && globals.server.is_none() && !there() {
        return Ok(record);
    }
    let platform = match Platform::open(globals, Workers::Rest).await {
        Err(_) if arguments.town.is_none() => return Ok(record),
        platform => platform?,
    };
    let mut read = platform.ingestion().read_places(ReadPlacesRequest::default()).await?.into_inner();
    while let Some(page) = read.message().await? {
        for place in page.places {
            if !place.town_code.is_empty() {
                record.towns.insert(place.town_code.clone(), place.town_name.clone());
            }
            if arguments.town.as_ref() == Some(&place.town_code) {
                record.places.push(place);
            }
        }
    }
    drop(read);
    platform.close().await?;
    if let Some(town) = arguments.town.as_ref().filter(|town| !record.towns.contains_key(*town)) {
        let fault = told(
            format!("--town: 没有街镇代码为 {town} 的小区"),
            format!("--town: no place of {town} is on record"),
        );
        return Err(UnusableInput(vec![fault]).into());
    }
    Ok(record)
}

fn places(record: &OnRecord) -> Template {
    let fields = || Kind::Places.fields().iter().chain(ATTRIBUTES);
    // What is on record beside: a place that comes again replaces what was said of it.
    let known = |attribute: &&String| !fields().any(|field| field.name == attribute.as_str());
    let attributes = record.places.iter().flat_map(|place| place.attributes.keys());
    let further: BTreeSet<&String> = attributes.filter(known).collect();
    let further_columns =
        further.iter().map(|header| Column { header: (*header).clone(), ..Column::default() });
    let columns = fields().map(|field| Column {
        header: field.zh.to_owned(),
        required: field.required,
        notes: field_notes(field),
        rule: match field.name {
            "town_code" => offered(record.towns.keys()),
            "town" => offered(record.towns.values()),
            "housing_nature" => offered(housing_natures()),
            "school_district" => {
                Rule::Choice { options: ["是", "否"].map(ToOwned::to_owned).to_vec(), closed: true }
            }
            "location" => offered(LOCATIONS.iter().filter_map(|(_, words)| words.first())),
            "households" | "population" => Rule::Count,
            _ if !field.unit.is_empty() => {
                let (lower, upper) = field.bounds();
                Rule::Number { lower, upper }
            }
            _ => Rule::Text,
        },
    });
    let sample = |field: &Field| match field.name {
        "place_id" => "310115004000-001",
        "name" => "示例花园",
        "town_code" => "310115004000",
        "town" => "潍坊新村街道",
        "committee" => "示例居委会",
        "housing_nature" => "商品房",
        "households" => "1200",
        "population" => "3100",
        _ => "",
    };
    let names = || fields().map(|field| field.name).chain(further.iter().map(|name| name.as_str()));
    let row = |place: &Place| names().map(|name| place_cell(place, name)).collect();
    Template {
        sheet: "小区".to_owned(),
        kind: "places".to_owned(),
        catalog: String::new(),
        about: about("小区名录填报模板", "places"),
        columns: columns.chain(further_columns).collect(),
        sample: fields().map(|field| sample(field).to_owned()).collect(),
        rows: record.places.iter().map(row).collect(),
    }
}

/// One row a place, one column an indicator.
fn wide(catalog: &Catalog, period: Option<&Period>, record: &OnRecord) -> Template {
    let period_text = period.map_or("", Period::as_str);
    let mut columns = vec![field_column("place_id", Rule::Text)];
    let named = !record.places.is_empty();
    if named {
        columns.push(Column {
            header: "小区名称".to_owned(),
            notes: vec!["便于核对，导入时不读取。".to_owned()],
            ..Column::default()
        });
    }
    columns.push(field_column("period", periods(period)));
    let keys = columns.len();
    columns.extend(measured(catalog).map(|(leaf, measure)| Column {
        header: wide_header(leaf, measure),
        required: false,
        notes: measure_notes(measure),
        rule: rule(measure),
    }));
    let mut sample = vec!["310115004000-001".to_owned()];
    sample.extend(named.then(|| "示例花园".to_owned()));
    sample.push(if period_text.is_empty() { "2021".to_owned() } else { period_text.to_owned() });
    sample.extend(columns[keys..].iter().map(|column| example(&column.rule)));
    let row = |place: &Place| vec![place.id.clone(), place.name.clone(), period_text.to_owned()];
    Template {
        sheet: "指标".to_owned(),
        kind: "observations".to_owned(),
        catalog: format!("{}@{}", catalog.id, catalog.version),
        about: about(&format!("{}填报模板：每个小区一行，每个指标一列", catalog.title.zh), "observations"),
        columns,
        sample,
        rows: record.places.iter().map(row).collect(),
    }
}

/// One row a value.
fn long(catalog: &Catalog, period: Option<&Period>, record: &OnRecord) -> Template {
    let period_text = period.map_or("", Period::as_str);
    let leaves: Vec<String> = measured(catalog).map(|(leaf, _)| leaf_name(leaf)).collect();
    let columns = Kind::Observations.fields().iter().map(|field| {
        let rule = match field.name {
            "indicator" => Rule::Choice { options: leaves.clone(), closed: false },
            "period" => periods(period),
            "value" => Rule::Number { lower: None, upper: None },
            _ => Rule::Text,
        };
        field_column(field.name, rule)
    });
    let first = leaves.first().cloned().unwrap_or_default();
    let sample_period = if period_text.is_empty() { "2021" } else { period_text };
    let rows = record.places.iter().flat_map(|place| {
        leaves.iter().map(|leaf| vec![place.id.clone(), leaf.clone(), period_text.to_owned()])
    });
    Template {
        sheet: "指标".to_owned(),
        kind: "observations".to_owned(),
        catalog: format!("{}@{}", catalog.id, catalog.version),
        about: about(&format!("{}填报模板：每个数值一行", catalog.title.zh), "observations"),
        columns: columns.collect(),
        sample: ["310115004000-001", &first, sample_period, "1"].map(ToOwned::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

fn about(title: &str, kind: &str) -> Vec<String> {
    [
        title,
        "1. 黄色表头为必填列；把鼠标停在表头上可看到填写要求。",
        "2. 没有数据请留空，不要填 0；编号类内容按文本填写，不要丢掉开头的 0。",
        "3. 示例行只作参考，填报时请删除；忘了删除也不要紧，导入时会跳过。",
        &format!("4. 填好保存后运行：xiuhua import {kind} <本文件>。有错误的行会连同原因退回。"),
    ]
    .map(ToOwned::to_owned)
    .to_vec()
}

/// The leaves that are delivered, with what they read.
fn measured(catalog: &Catalog) -> impl Iterator<Item = (&Item, &Measure)> {
    catalog.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Leaf(leaf) => match leaf.reads {
            Reads::Measure(at) => Some((item, &catalog.measures[at])),
            Reads::ChangeOf(_) => None,
        },
        ItemKind::Node(_) => None,
    })
}

fn leaf_name(leaf: &Item) -> String {
    format!("{} {}", leaf.code, leaf.name.zh)
}

/// Code and name, with the unit where it is one that people write behind a number.
fn wide_header(leaf: &Item, measure: &Measure) -> String {
    let unit = if measure.unit == "%" { "（%）" } else { "" };
    format!("{}{unit}", leaf_name(leaf))
}

fn rule(measure: &Measure) -> Rule {
    if measure.unit == "yes/no" {
        return Rule::Choice { options: ["是", "否"].map(ToOwned::to_owned).to_vec(), closed: true };
    }
    Rule::Number { lower: measure.bounds.lower, upper: measure.bounds.upper }
}

fn example(rule: &Rule) -> String {
    match rule {
        Rule::Text => String::new(),
        Rule::Choice { options, .. } => options.first().cloned().unwrap_or_default(),
        Rule::Number { lower: Some(lower), upper: Some(upper) } => {
            (lower + (upper - lower) / 2.0).floor().to_string()
        }
        Rule::Number { .. } | Rule::Count => "1".to_owned(),
    }
}

fn offered<T: ToString>(options: impl IntoIterator<Item = T>) -> Rule {
    let options: BTreeSet<String> = options.into_iter().map(|option| option.to_string()).collect();
    let options = options.into_iter().filter(|option| !option.is_empty()).collect();
    Rule::Choice { options, closed: false }
}

fn periods(period: Option<&Period>) -> Rule {
    period.map_or(Rule::Text, |period| {
        let before = period.window_before(PERIODS_BEFORE);
        offered(before.iter().chain([period]).map(Period::as_str))
    })
}

/// What the rules know as a housing nature.
fn housing_natures() -> Vec<String> {
    let text = xiuhua_classification::shipped(RULES).map_or("", |rules| rules.toml);
    let rules: toml::Table = text.parse().unwrap_or_default();
    let evidence = rules.get("evidence").and_then(toml::Value::as_array).into_iter().flatten();
    let of_nature =
        evidence.filter(|it| it.get("feature").and_then(toml::Value::as_str) == Some("housing_nature"));
    let terms = of_nature.filter_map(|it| it.get("terms")?.as_array()).flatten();
    terms.filter_map(|term| Some(term.as_str()?.to_owned())).collect()
}

/// A field of observations as a column.
fn field_column(name: &str, rule: Rule) -> Column {
    let field = Kind::Observations.fields().iter().find(|field| field.name == name);
    let field = field.expect("the kind has the field");
    Column { header: field.zh.to_owned(), required: field.required, notes: field_notes(field), rule }
}

fn field_notes(field: &Field) -> Vec<String> {
    let said = match field.name {
        "place_id" => "小区在平台上的唯一编号，登记后不再改变；按文本填写。",
        "town_code" => {
            "统计用区划代码，12 位；按文本填写。街镇结果按代码统计：没有代码的小区不进入街镇结果，只写街镇名称的按同名街镇补上。"
        }
        "location" => "从列表中选；也可填写其他说法，但没有相应的标签。",
        "school_district" => "是或否。",
        "committee" => "居委会全称；同一街镇内相同名称视为同一居委会。",
        "housing_nature" => "房屋的产权性质，决定小区类型；列表之外的内容也可填写，但小区将等待人工归类。",
        "households" => "期末户数；没有户数的小区不参与加权汇总。",
        "population" => "期末实有人口。",
        "indicator" => "指标代码、名称或两者。",
        "period" => "数据所属的期：2021、2021-03 或 2021-03-09。",
        "value" => "指标的数值；没有数据就不要填报该行。",
        "source" => "数据来自哪个系统；不填则为默认来源。",
        "revised_at" => "来源系统修订该数值的时间；不填则按到达先后。",
        _ => "",
    };
    let mut notes = vec![said.to_owned()];
    if !field.unit.is_empty() {
        notes.push(format!("单位：{}", unit_in_chinese(field.unit)));
    }
    if let (Some(lower), Some(upper)) = field.bounds() {
        notes.push(format!("范围：{lower} 到 {upper}"));
    }
    notes.retain(|note| !note.is_empty());
    notes
}

fn measure_notes(measure: &Measure) -> Vec<String> {
    let mut notes = vec![format!("单位：{}", unit_in_chinese(&measure.unit))];
    if measure.unit != "yes/no" {
        notes.push(format!("范围：{}", bounds(&measure.bounds)));
    }
    if !measure.derivation.is_empty() {
        notes.push(format!("口径：{}", measure.derivation));
    }
    if !measure.source_system.is_empty() {
        notes.push(format!("来源系统：{}", measure.source_system));
    }
    notes
}

fn bounds(bounds: &Bounds) -> String {
    let Bounds { lower, upper, lower_open, upper_open } = *bounds;
    let lower = lower.map(|l| format!("{} {l}", if lower_open { "大于" } else { "不小于" }));
    let upper = upper.map(|u| format!("{} {u}", if upper_open { "小于" } else { "不大于" }));
    let both: Vec<_> = lower.into_iter().chain(upper).collect();
    if both.is_empty() { "不限".to_owned() } else { both.join("，") }
}

fn place_cell(place: &Place, field: &str) -> String {
    let count = |count: Option<u64>| count.map_or(String::new(), |count| count.to_string());
    match field {
        "place_id" => place.id.clone(),
        "name" => place.name.clone(),
        "town_code" => place.town_code.clone(),
        "town" => place.town_name.clone(),
        "committee" => place.committee.clone(),
        "housing_nature" => place.housing_nature.clone(),
        "households" => count(place.households),
        "population" => count(place.population),
        attribute => {
            let told = place.attributes.get(attribute).map_or("", String::as_str);
            let offered = LOCATIONS.iter().find(|(word, _)| attribute == "location" && *word == told);
            offered.and_then(|(_, words)| words.first()).map_or(told, |word| *word).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use xiuhua_indicators::catalog::known_units;
    use xiuhua_spreadsheets::cell::shift;

    use super::*;

    #[test]
    fn every_location_that_is_offered_is_one_that_the_rules_know() {
        let rules = xiuhua_classification::shipped(RULES).unwrap().toml;
        for (word, _) in LOCATIONS {
            assert!(rules.contains(&format!("value = \"{word}\"")), "{word}");
        }
    }

    /// What a template prints beside a column is what somebody writes above one of their own.
    #[test]
    fn every_unit_is_read_as_it_is_said_in_chinese() {
        // A column of yes and no has words of its own.
        for unit in known_units().filter(|unit| *unit != "yes/no") {
            let said = unit_in_chinese(unit);
            assert_eq!(shift(said, unit), Ok(0), "{said} for {unit}");
        }
    }
}
