//! The text of a mapping file, key by key.

use toml::de::DeValue;
use xiuhua_checked_toml::{Entry, FaultList, Faults, Fields, Limits};

use super::{Coordinates, IdRule, MAX_BYTES, Mapping, MappingReason, Shape};
use crate::cell;
use crate::coordinates::System;
use crate::table::Cell;

/// Entries of one table, and words of one column.
const MAX_ENTRIES: usize = 1_000;

type Found<'t> = FaultList<'t, MappingReason>;

/// Reads the text of a mapping file.
///
/// # Errors
/// Every fault, with line and column.
pub(super) fn read(toml: &str) -> Result<Mapping, Faults<MappingReason>> {
    let limits = Limits { bytes: MAX_BYTES, faults: 100, line_chars: 1_000, magnitude: 1e15 };
    xiuhua_checked_toml::read(toml, limits, |root, faults| {
        let tables = ["columns", "constants", "units", "words", "coordinates", "id", "skip"];
        let keys = ["layout", "sheet", "header_row", "period", "unit"];
        root.refuse_others(&[&tables[..], &keys[..]].concat(), faults);
        Some(Mapping {
            toml: toml.to_owned(),
            shape: root.get("layout").word(&[("long", Shape::Long), ("wide", Shape::Wide)], faults).value(),
            sheet: root.get("sheet").line(faults).value().map(str::to_owned),
            header_row: root.get("header_row").whole(1..=1_048_576, faults).value(),
            period: period(&root.get("period"), faults),
            unit: root.get("unit").line(faults).value().map(|line| line.trim().to_owned()),
            columns: texts(&root.get("columns"), faults),
            constants: texts(&root.get("constants"), faults),
            units: units(&root.get("units"), faults),
            words: words(&root.get("words"), faults),
            coordinates: coordinates(&root.get("coordinates"), faults),
            id: id(&root.get("id"), faults),
            skip: skip(&root.get("skip"), faults),
        })
    })
}

fn period(entry: &Entry<'_>, faults: &mut Found<'_>) -> Option<String> {
    let given = if let Some(DeValue::Integer(_)) = entry.value().value() {
        entry.whole(1000..=9999, faults).then(|placed| Some(placed.value.to_string()))
    } else {
        entry.line(faults).then(|placed| Some(placed.value.to_owned()))
    };
    let placed = given.readable()?;
    match cell::period(Cell::Text(placed.value.trim())) {
        Ok(said) => said.value().map(std::borrow::Cow::into_owned),
        Err(fault) => {
            faults.add(placed.at, MappingReason::BadPeriod, entry.path(), fault.message.zh, fault.message.en);
            None
        }
    }
}

/// A table of any keys, each a line, with its value and place in the text.
fn entries<'t>(entry: &Entry<'t>, faults: &mut Found<'_>) -> Vec<(String, Entry<'t>)> {
    let Some(fields) = entry.table(faults) else { return Vec::new() };
    let Some(DeValue::Table(table)) = entry.value().value() else { return Vec::new() };
    if table.len() > MAX_ENTRIES {
        faults.too_many(fields.at(), fields.path(), MAX_ENTRIES);
    }
    let mut found = Vec::new();
    for (key, _) in table.iter().take(MAX_ENTRIES) {
        let name: &str = key.get_ref();
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            let (zh, en) = ("名称为空或含控制字符", "is blank or has control characters");
            faults.add(key.span().start, MappingReason::BadText, fields.sub(name), zh, en);
        } else {
            found.push((name.trim().to_owned(), fields.get(name)));
        }
    }
    found
}

fn texts(entry: &Entry<'_>, faults: &mut Found<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in entries(entry, faults) {
        if let Some(line) = value.line(faults).value() {
            found.push((name, line.trim().to_owned()));
        }
    }
    found
}

/// Units in words, or factors that are powers of ten, which become an exponent such as `e4`.
fn units(entry: &Entry<'_>, faults: &mut Found<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in entries(entry, faults) {
        if let Some(DeValue::String(_)) = value.value().value() {
            found.extend(value.line(faults).value().map(|line| (name, line.trim().to_owned())));
            continue;
        }
        let Some(placed) = value.number(faults).readable() else { continue };
        let power = (-9..=12).find(|power| format!("1e{power}").parse() == Ok(placed.value));
        match power {
            Some(power) => found.push((name, format!("e{power}"))),
            None => {
                let (zh, en) = ("系数须为 10 的整数次幂", "a factor has to be a power of ten");
                faults.add(placed.at, MappingReason::BadFactor, value.path(), zh, en);
            }
        }
    }
    found
}

fn words(entry: &Entry<'_>, faults: &mut Found<'_>) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    for (header, column) in entries(entry, faults) {
        let mut list = Vec::new();
        for (word, value) in entries(&column, faults) {
            let meaning = if let Some(DeValue::String(_)) = value.value().value() {
                value.text(faults).value().map(|text| text.trim().to_owned())
            } else {
                // An f64 displays as the shortest decimal that parses back to it.
                value.number(faults).value().map(|number| number.to_string())
            };
            list.extend(meaning.map(|meaning| (word, meaning)));
        }
        found.push((header, list));
    }
    found
}

fn coordinates(entry: &Entry<'_>, faults: &mut Found<'_>) -> Option<Coordinates> {
    let fields: Fields<'_> = entry.open(&["system", "lng", "lat"], faults)?;
    let systems = [("WGS-84", System::Wgs84), ("GCJ-02", System::Gcj02), ("BD-09", System::Bd09)];
    let system = fields.need("system", faults).word(&systems, faults).value();
    let lng = fields.need("lng", faults).line(faults).value();
    let lat = fields.need("lat", faults).line(faults).value();
    Some(Coordinates { system: system?, lng: lng?.trim().to_owned(), lat: lat?.trim().to_owned() })
}

fn id(entry: &Entry<'_>, faults: &mut Found<'_>) -> Option<IdRule> {
    let fields: Fields<'_> = entry.open(&["prefix", "from"], faults)?;
    let prefix = fields.need("prefix", faults).line(faults).value();
    let from = fields.need("from", faults).lines(16, faults).value();
    Some(IdRule {
        prefix: prefix?.trim().to_owned(),
        from: from?.into_iter().map(|line| line.value.trim().to_owned()).collect(),
    })
}

fn skip(entry: &Entry<'_>, faults: &mut Found<'_>) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (header, value) in entries(entry, faults) {
        if let Some(words) = value.lines(MAX_ENTRIES, faults).value() {
            found.push((header, words.into_iter().map(|word| word.value.trim().to_owned()).collect()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_a_mapping_can_say_is_read() {
        let mapping = Mapping::parse(
            r#"
            layout = "wide"
            sheet = "汇总"
            header_row = 3
            period = 2021
            [columns]
            place_id = "estate_id"
            [constants]
            district_name = "浦东新区"
            [units]
            "自治金" = "万元"
            "面积" = 10000
            [words."文明小区"]
            "市级文明小区" = 2
            "无" = 0
            [words.property_right]
            "普通住宅" = "商品房"
            [coordinates]
            system = "GCJ-02"
            lng = "经度"
            lat = "纬度"
            [id]
            prefix = "LJ-"
            from = ["name", "block"]
            [skip]
            kind = ["特殊区域"]
            "#,
        )
        .unwrap();
        assert_eq!((mapping.shape, mapping.header_row), (Some(Shape::Wide), Some(3)));
        assert_eq!((mapping.sheet.as_deref(), mapping.period.as_deref()), (Some("汇总"), Some("2021")));
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(mapping.columns, [pair("place_id", "estate_id")]);
        assert!(
            mapping.units.contains(&pair("自治金", "万元")) && mapping.units.contains(&pair("面积", "e4"))
        );
        let civilized = &mapping.words.iter().find(|(header, _)| header == "文明小区").unwrap().1;
        assert!(civilized.contains(&pair("市级文明小区", "2")));
        assert_eq!(mapping.coordinates.as_ref().unwrap().system, System::Gcj02);
        assert_eq!(mapping.id.as_ref().unwrap().from, ["name", "block"]);
        assert_eq!(mapping.skip, [("kind".to_owned(), vec!["特殊区域".to_owned()])]);
        assert_eq!(mapping.headers().count(), 1 + 2 + 2 + 1 + 2 + 2);
    }

    #[test]
    fn every_fault_of_a_mapping_is_named_at_once_with_its_place() {
        let text = "layout = \"tall\"\nperiod = \"21\"\ncolour = 1\n[columns]\nplace_id = 3\n[units]\na = 7\n\
                    [coordinates]\nsystem = \"GPS\"\nlng = \"x\"\n[id]\nfrom = []\n";
        let faults = Mapping::parse(text).unwrap_err();
        let found: Vec<_> = faults.faults().iter().map(|fault| (fault.line, fault.reason.as_str())).collect();
        let expected = [
            (1, "UNKNOWN_VALUE"),
            (2, "BAD_PERIOD"),
            (3, "UNKNOWN_KEY"),
            (5, "WRONG_KIND"),
            (7, "BAD_FACTOR"),
            (8, "MISSING_KEY"),
            (9, "UNKNOWN_VALUE"),
            (11, "MISSING_KEY"),
            (12, "WRONG_KIND"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn an_old_mapping_of_columns_alone_is_read_as_before() {
        let mapping = Mapping::parse("[columns]\nplace_id = \"estate_id\"").unwrap();
        assert_eq!(mapping.columns.len(), 1);
        assert!(mapping.constants.is_empty() && mapping.id.is_none());
    }
}
