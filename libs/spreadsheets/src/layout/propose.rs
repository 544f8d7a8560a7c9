//! A draft of a mapping for a file that nobody has seen: what its columns seem to be, with the reasons beside them.

use std::fmt::Write as _;

use super::{ATTRIBUTES, Field, Kind, Vocabulary, base_of, headed};
use crate::cell;
use crate::coordinates::{Point, System};
use crate::table::{Cell, Table, UnusableFile};

/// Rows that are looked at.
const ROWS: u32 = 2_000;
/// How alike a header and a name have to be before one is proposed for the other, from 0 to 1.
const ALIKE: f64 = 0.75;

/// What was seen in one column.
#[derive(Clone, Debug, Default)]
struct Seen {
    filled: u32,
    whole: u32,
    numbers: u32,
    years: u32,
    town_codes: u32,
    natures: u32,
    /// Degrees of the longitudes and latitudes of China.
    east: u32,
    north: u32,
}

/// Drafts a mapping file from the header and the first rows of a table: what each column seems to be, the share of its
/// cells that look so, and what stays an attribute. The draft is TOML that reads as a mapping; whatever is not certain
/// stands in it as a comment.
///
/// # Errors
/// [`UnusableFile`] if the file can no longer be read.
pub fn propose(table: &mut Table, kind: Kind, vocabulary: &Vocabulary) -> Result<String, UnusableFile> {
    let headers = table.headers().to_vec();
    let mut seen = vec![Seen::default(); headers.len()];
    let mut rows = 0;
    table.rewind()?;
    while rows < ROWS {
        let Some(row) = table.next_row()? else { break };
        rows += 1;
        for (column, seen) in seen.iter_mut().enumerate() {
            seen.look(row.cell(column));
        }
    }
    table.rewind()?;
    let file = harmless(&table.file_name());
    let mut draft = Draft { kind, vocabulary, headers, seen, rows, claimed: Vec::new(), text: String::new() };
    let text = &mut draft.text;
    let _ = writeln!(text, "# 映射草稿，请逐行核对后使用 / A draft: check every line before use.");
    let _ = writeln!(text, "# {file}：看了 {rows} 行 / {rows} rows looked at.\n");
    draft.columns();
    draft.points();
    Ok(draft.text)
}

/// A draft in the making.
struct Draft<'a> {
    kind: Kind,
    vocabulary: &'a Vocabulary,
    headers: Vec<String>,
    seen: Vec<Seen>,
    rows: u32,
    /// Fields that a column has been proposed for.
    claimed: Vec<&'static str>,
    text: String,
}

impl Draft<'_> {
    fn columns(&mut self) {
        self.text.push_str("[columns]\n");
        let mut unread = Vec::new();
        for column in 0..self.headers.len() {
            let header = self.headers[column].clone();
            if header.is_empty() {
                continue;
            }
            let normal = crate::table::normal(&header);
            if self.kind == Kind::Observations && headed(&normal, self.vocabulary).is_some() {
                let _ = writeln!(
                    self.text,
                    "# {} 是指标，按表头读取 / an indicator, read by its header",
                    quoted(&header)
                );
            } else if let Some(field) = self.by_header(&normal) {
                self.propose(field, column, "表头 / header");
            } else if let Some(field) = self.by_likeness(&normal) {
                self.propose(field, column, "表头相近 / a header alike");
            } else if let Some(field) = self.by_cells(column) {
                self.propose(field, column, "内容 / cells");
            } else {
                unread.push(column);
            }
        }
        self.missing();
        for column in unread {
            let (header, filled) = (quoted(&self.headers[column]), self.seen[column].filled);
            let _ = match self.kind {
                Kind::Places => writeln!(
                    self.text,
                    "# {header} 作为附加列 / stays an attribute（{filled}/{}）",
                    self.rows
                ),
                Kind::Observations => {
                    writeln!(self.text, "# {header} 不读取 / is not read（{filled}/{}）", self.rows)
                }
            };
        }
    }

    /// What a required field without a column needs.
    fn missing(&mut self) {
        for field in self.kind.fields().iter().filter(|field| field.required) {
            if self.claimed.contains(&field.name) {
                continue;
            }
            let _ = writeln!(self.text, "# {} = \"\" # 没有找到“{}” / not found", field.name, field.zh);
        }
        if self.kind == Kind::Places && !self.claimed.contains(&"place_id") {
            let named = self
                .headers
                .iter()
                .find(|header| self.kind.fields()[1].is_called(&crate::table::normal(header)));
            let from = named.map_or_else(|| "\"\"".to_owned(), |header| quoted(header));
            let _ = writeln!(self.text, "# 没有编号时可由其他列生成 / or make ids of other columns:");
            let _ = writeln!(self.text, "# [id]\n# prefix = \"X-\"\n# from = [{from}]");
        }
    }

    fn by_header(&self, normal: &str) -> Option<&'static Field> {
        let base = base_of(normal);
        let free = |field: &&Field| !self.claimed.contains(&field.name);
        let called =
            |field: &&Field| field.is_called(normal) || field.is_called(base) || field.may_be_called(base);
        self.fields().filter(free).find(called)
    }

    fn by_likeness(&self, normal: &str) -> Option<&'static Field> {
        let base = base_of(normal);
        let likeness = |field: &Field| field.names().map(|name| likeness(base, name)).fold(0.0, f64::max);
        let free = self.fields().filter(|field| !self.claimed.contains(&field.name));
        let best =
            free.map(|field| (likeness(field), field)).max_by(|one, other| one.0.total_cmp(&other.0))?;
        (best.0 >= ALIKE).then_some(best.1)
    }

    fn by_cells(&self, column: usize) -> Option<&'static Field> {
        let seen = &self.seen[column];
        let mostly = |count: u32| seen.filled > 0 && count * 10 >= seen.filled * 9;
        let name = match self.kind {
            Kind::Places if mostly(seen.town_codes) => "town_code",
            Kind::Places if mostly(seen.natures) => "housing_nature",
            Kind::Places if mostly(seen.years) => "year_built",
            Kind::Observations if mostly(seen.years) => "period",
            _ => return None,
        };
        self.fields().find(|field| field.name == name && !self.claimed.contains(&name))
    }

    fn fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        let attributes = if self.kind == Kind::Places { ATTRIBUTES } else { &[] };
        self.kind.fields().iter().chain(attributes)
    }

    fn propose(&mut self, field: &'static Field, column: usize, why: &str) {
        let seen = &self.seen[column];
        let fits = match field.unit {
            "households" | "persons" => format!("，整数 / whole {}", share(seen.whole, seen.filled)),
            "" => String::new(),
            _ => format!("，数 / numbers {}", share(seen.numbers, seen.filled)),
        };
        let filled = share(seen.filled, self.rows);
        let _ = writeln!(
            self.text,
            "{} = {} # {}：{why}；有值 / filled {filled}{fits}",
            field.name,
            quoted(&self.headers[column]),
            field.zh
        );
        self.claimed.push(field.name);
    }

    /// Columns that look like longitudes and latitudes.
    fn points(&mut self) {
        if self.kind == Kind::Observations {
            return;
        }
        let find = |count: fn(&Seen) -> u32| {
            let mostly = |seen: &Seen| seen.filled > 0 && count(seen) * 10 >= seen.filled * 9;
            (0..self.headers.len()).find(|column| mostly(&self.seen[*column]))
        };
        let (Some(lng), Some(lat)) = (find(|seen| seen.east), find(|seen| seen.north)) else { return };
        let names = [lng, lat].map(|column| crate::table::normal(&self.headers[column]));
        let says = |word: &str| names.iter().any(|name| name.contains(word));
        let (system, why) = if says("gcj") || says("高德") || says("火星") {
            ("GCJ-02", "表头 / by the header")
        } else if says("bd") || says("百度") || says("baidu") {
            ("BD-09", "表头 / by the header")
        } else if says("wgs") || says("gps") {
            ("WGS-84", "表头 / by the header")
        } else {
            ("GCJ-02", "猜测，请核对 / a guess, check it")
        };
        let (lng, lat) = (quoted(&self.headers[lng]), quoted(&self.headers[lat]));
        let _ =
            writeln!(self.text, "\n[coordinates]\nsystem = \"{system}\" # {why}\nlng = {lng}\nlat = {lat}");
    }
}

impl Seen {
    fn look(&mut self, cell: Cell<'_>) {
        let Ok(told) = cell::text(cell) else { return };
        if told.is_empty() || cell::is_nothing(&told) {
            return;
        }
        self.filled += 1;
        let digits = told.bytes().all(|byte| byte.is_ascii_digit());
        self.town_codes += u32::from(digits && matches!(told.len(), 9 | 12) && told.starts_with("31"));
        let natures = ["商品房", "售后公房", "公房", "动迁", "经济适用", "共有产权", "公租房", "廉租房"];
        self.natures += u32::from(natures.iter().any(|nature| told.contains(nature)));
        let Ok(number) = cell::number(cell, "", 0) else { return };
        let Some(number) = number.value() else { return };
        self.numbers += 1;
        self.whole += u32::from(number >= 0.0 && number.fract().abs() < f64::MIN_POSITIVE);
        self.years += u32::from((1900.0..=2100.0).contains(&number) && digits);
        let has_point = told.contains('.');
        let lies = |lng: f64, lat: f64| Point { lng, lat }.wgs84(System::Wgs84).is_ok();
        self.east += u32::from(has_point && lies(number, 31.0));
        self.north += u32::from(has_point && lies(121.0, number) && number > 18.0);
    }
}

/// How alike a header and a name are, from 0 to 1. Chinese names end with what they are about: 小区总户数 is a 总户数.
fn likeness(header: &str, name: &str) -> f64 {
    let alike = strsim::normalized_damerau_levenshtein(header, name);
    if !name.is_ascii() && header.ends_with(name) { alike.max(ALIKE) } else { alike }
}

/// A share of a whole, in per cent.
fn share(part: u32, whole: u32) -> String {
    match (u64::from(part) * 100).checked_div(u64::from(whole)) {
        Some(percent) => format!("{percent} %"),
        None => "—".to_owned(),
    }
}

/// A header as a TOML string on one line.
fn quoted(header: &str) -> String {
    toml::Value::String(harmless(header)).to_string()
}

/// Without line ends and control characters: a header must not become a line of the draft.
fn harmless(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests;
