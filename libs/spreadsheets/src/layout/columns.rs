//! The columns of an open file: which field each is, by a mapping first and by its header second, and what the mapping
//! says about its cells.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::above::Above;
use super::{Field, Kind, Mapping, header, text};
use crate::cell::{self, CellFault, shift};
use crate::coordinates::System;
use crate::table::{Cell, Row, Text, normal};

/// Position of the field `place_id` in the fields of either kind.
pub(crate) const PLACE_ID: usize = 0;
/// Bytes of the hash in an id that is made, as twice as many hexadecimal digits.
const ID_BYTES: usize = 6;

/// Where the cells of a field come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A column of the file.
    Column(usize),
    /// A mapping says it for every row.
    Constant(String),
    /// Made from other columns: ids alone.
    Made,
    /// Nothing says it.
    Absent,
}

/// What the words of one column stand for, by their normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words(HashMap<String, String>);

impl Words {
    /// What a cell stands for, if it is one of the words.
    pub(crate) fn find(&self, cell: Cell<'_>) -> Option<&str> {
        let told = cell::text(cell).ok()?;
        self.0.get(&normal(&told)).map(String::as_str)
    }
}

/// The columns of a file and where the cells of each field come from.
#[derive(Debug)]
pub(crate) struct Columns {
    kind: Kind,
    /// As the file spells them.
    pub(crate) headers: Vec<String>,
    /// In normal form.
    pub(crate) normal: Vec<String>,
    /// By field of the kind.
    pub(crate) fields: Vec<Origin>,
    /// Columns that are something already.
    pub(crate) taken: Vec<bool>,
    /// Our names of columns that are no field: attributes, or codes of indicators.
    pub(crate) named: Vec<(String, usize)>,
    /// By column.
    pub(crate) words: Vec<Option<Words>>,
    /// Where coordinates stand, and in which system: longitude, latitude.
    pub(crate) points: Option<(System, usize, usize)>,
    /// Columns that look like the period although the mapping says it for every row: they must not say another.
    pub(crate) periods_beside: Vec<usize>,
    /// The unit that the mapping says a column is in, by column.
    units: Vec<Option<String>>,
    /// What stands above the header.
    pub(crate) above: Above,
    made: Option<(String, Vec<usize>)>,
    skip: Vec<(usize, HashSet<String>)>,
}

impl Columns {
    /// Finds the fields of a kind among the headers of a file; what is wrong is added to `faults`.
    pub(crate) fn find(kind: Kind, headers: &[String], mapping: &Mapping, faults: &mut Vec<Text>) -> Self {
        let count = headers.len();
        let mut columns = Self {
            kind,
            headers: headers.to_vec(),
            normal: headers.iter().map(|header| normal(header)).collect(),
            fields: vec![Origin::Absent; kind.fields().len()],
            taken: vec![false; count],
            named: Vec::new(),
            words: vec![None; count],
            points: None,
            periods_beside: Vec::new(),
            units: vec![None; count],
            above: mapping.unit.as_deref().map(Above::of_words).unwrap_or_default(),
            made: None,
            skip: Vec::new(),
        };
        columns.apply(mapping, faults);
        columns.recognise(faults);
        columns
    }

    /// What the mapping says.
    fn apply(&mut self, mapping: &Mapping, faults: &mut Vec<Text>) {
        for (name, header) in &mapping.columns {
            let Some(column) = self.locate(header, faults) else { continue };
            self.taken[column] = true;
            match self.field(name) {
                Some(field) => self.fields[field] = Origin::Column(column),
                None => self.named.push((name.clone(), column)),
            }
        }
        let period = mapping.period.iter().map(|period| ("period", period));
        for (name, constant) in mapping.constants.iter().map(|(name, it)| (name.as_str(), it)).chain(period) {
            let Some(field) = self.field(name) else { continue };
            if self.fields[field] == Origin::Absent {
                self.fields[field] = Origin::Constant(constant.clone());
            } else {
                faults.push(text(
                    format!("映射既给出列 `{name}` 的表头，又给出固定值"),
                    format!("the mapping gives `{name}` both a column and a constant"),
                ));
            }
        }
        for (header, unit) in &mapping.units {
            if let Some(column) = self.locate(header, faults) {
                self.units[column] = Some(unit.clone());
            }
        }
        for (header, words) in &mapping.words {
            if let Some(column) = self.locate(header, faults) {
                let words = words.iter().map(|(word, meaning)| (normal(word), meaning.clone()));
                self.words[column] = Some(Words(words.collect()));
            }
        }
        for (header, words) in &mapping.skip {
            if let Some(column) = self.locate(header, faults) {
                self.skip.push((column, words.iter().map(|word| normal(word)).collect()));
            }
        }
        if let Some(points) = &mapping.coordinates {
            let (lng, lat) = (self.locate(&points.lng, faults), self.locate(&points.lat, faults));
            if let (Some(lng), Some(lat)) = (lng, lat) {
                (self.taken[lng], self.taken[lat]) = (true, true);
                self.points = Some((points.system, lng, lat));
            }
        }
        if let Some(rule) = &mapping.id {
            let from: Vec<_> = rule.from.iter().filter_map(|header| self.locate(header, faults)).collect();
            if self.fields[PLACE_ID] == Origin::Absent {
                self.fields[PLACE_ID] = Origin::Made;
                self.made = Some((rule.prefix.clone(), from));
            } else {
                faults.push(text(
                    "映射既给出列 `place_id`，又给出 [id] 规则",
                    "the mapping gives `place_id` both a column and a rule under [id]",
                ));
            }
        }
    }

    /// Fields by their headers: the sure names of all first, then the weak ones.
    fn recognise(&mut self, faults: &mut Vec<Text>) {
        for sure in [true, false] {
            for (position, field) in self.kind.fields().iter().enumerate() {
                let beside = field.name == "period" && matches!(self.fields[position], Origin::Constant(_));
                if self.fields[position] != Origin::Absent && !beside {
                    continue;
                }
                let called = |header: &String| {
                    let base = header::base(header);
                    if sure {
                        field.is_called(header) || field.is_called(base)
                    } else {
                        field.may_be_called(base)
                    }
                };
                let free = (0..self.headers.len()).filter(|column| !self.taken[*column]);
                let found: Vec<usize> = free.filter(|column| called(&self.normal[*column])).collect();
                let Some(first) = found.first().copied() else { continue };
                if beside {
                    found.iter().for_each(|column| self.taken[*column] = true);
                    self.periods_beside.extend(found);
                    continue;
                }
                if found.len() > 1 {
                    let spelled: Vec<_> =
                        found.iter().map(|column| format!("`{}`", self.headers[*column])).collect();
                    let same = found.iter().all(|column| self.normal[*column] == self.normal[first]);
                    faults.push(twice(&spelled, field, same));
                }
                self.fields[position] = Origin::Column(first);
                for column in found {
                    self.taken[column] = true;
                }
            }
        }
    }

    /// Adds a fault for each required field that nothing says.
    pub(crate) fn require(&self, needed: impl Fn(&Field) -> bool, faults: &mut Vec<Text>) {
        for (field, origin) in self.kind.fields().iter().zip(&self.fields) {
            if *origin == Origin::Absent && needed(field) {
                let Field { name, zh, en, .. } = field;
                faults.push(text(
                    format!("缺少列 `{name}`（{zh}）"),
                    format!("column `{name}` ({}) is missing", en.to_lowercase()),
                ));
            }
        }
    }

    /// The column of a header that a mapping names.
    fn locate(&self, header: &str, faults: &mut Vec<Text>) -> Option<usize> {
        let spelled: Vec<usize> = (0..self.headers.len()).filter(|it| self.headers[*it] == header).collect();
        let wanted = normal(header);
        let alike = || (0..self.headers.len()).filter(|it| self.normal[*it] == wanted).collect();
        let found = if spelled.is_empty() { alike() } else { spelled };
        match found[..] {
            [column] => Some(column),
            [] => {
                faults.push(text(
                    format!("映射中的列 `{header}` 不存在"),
                    format!("column `{header}` of the mapping is missing"),
                ));
                None
            }
            _ => {
                faults.push(appears_twice(header));
                None
            }
        }
    }

    fn field(&self, name: &str) -> Option<usize> {
        self.kind.fields().iter().position(|field| field.name == name)
    }

    /// The header of a field as the file spells it; the field's own name where the file has no column for it.
    pub(crate) fn header(&self, field: usize) -> &str {
        match self.fields[field] {
            Origin::Column(column) => &self.headers[column],
            _ => self.kind.fields()[field].name,
        }
    }

    /// Whether neither the mapping nor its header says what unit a column is in.
    pub(crate) fn names_no_unit(&self, column: usize) -> bool {
        // No unit agrees with none.
        self.units[column].is_none() && header::unit_of(&self.normal[column], "") == Some(0)
    }

    /// The power of ten that the numbers of a column are to be multiplied by, to be in `unit`: as the mapping says, else
    /// as the header says, else as what stands above it says where it agrees.
    ///
    /// # Errors
    /// The fault of a unit that does not agree.
    pub(crate) fn exponent(&self, column: usize, unit: &str) -> Result<i32, Text> {
        let found = match &self.units[column] {
            Some(written) => exponent_of(written, unit),
            None if self.names_no_unit(column) => Some(self.above.exponent(unit).unwrap_or(0)),
            None => header::unit_of(&self.normal[column], unit),
        };
        found.ok_or_else(|| self.unit_differs(column, unit))
    }

    /// The unit that the mapping says a column is in, if it does.
    pub(crate) fn mapped_unit(&self, column: usize) -> Option<&str> {
        self.units[column].as_deref()
    }

    /// Whether the mapping or the header names the unit of a column.
    pub(crate) fn says_unit(&self, column: usize) -> bool {
        self.units[column].is_some() || header::names_unit(&self.normal[column])
    }

    /// The fault of a column whose unit is another than its values have.
    pub(crate) fn unit_differs(&self, column: usize, unit: &str) -> Text {
        let header = &self.headers[column];
        text(
            format!("列 `{header}` 的单位与 {unit} 不符"),
            format!("the unit of column `{header}` does not agree with {unit}"),
        )
    }

    /// Whether the mapping leaves a row out.
    pub(crate) fn skips(&self, row: &Row<'_>) -> Option<usize> {
        let marked = |(column, words): &&(usize, HashSet<String>)| {
            cell::text(row.cell(*column)).is_ok_and(|told| words.contains(&normal(&told)))
        };
        self.skip.iter().find(marked).map(|(column, _)| *column)
    }

    /// The id of a row that is made from its columns; empty where all of these are.
    ///
    /// # Errors
    /// Of a cell that is no text.
    pub(crate) fn made_id(&self, row: &Row<'_>) -> Result<String, CellFault> {
        let Some((prefix, from)) = &self.made else { return Ok(String::new()) };
        let (mut hash, mut empty) = (Sha256::new(), true);
        for column in from {
            let told = cell::text(row.cell(*column))
                .map_err(|fault| fault.of(&self.headers[*column], "place_id"))?;
            empty &= told.is_empty();
            let composed: String = told.nfc().collect();
            hash.update(composed.as_bytes());
            hash.update([0x1f]);
        }
        if empty {
            return Ok(String::new());
        }
        let digits = hash.finalize()[..ID_BYTES].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Ok(format!("{prefix}{digits}"))
    }
}

/// The power of ten of a unit in words, or of a factor that a mapping gave as `e4`.
pub(crate) fn exponent_of(written: &str, unit: &str) -> Option<i32> {
    match written.strip_prefix('e').and_then(|power| power.parse().ok()) {
        Some(power) => Some(power),
        None => shift(written, unit).ok(),
    }
}

/// The fault of a header that appears twice.
pub(crate) fn appears_twice(header: &str) -> Text {
    text(format!("列 `{header}` 出现两次"), format!("column `{header}` appears twice"))
}

fn twice(spelled: &[String], field: &Field, same: bool) -> Text {
    if same {
        return appears_twice(spelled[0].trim_matches('`'));
    }
    let (list_zh, list_en) = (spelled.join("、"), spelled.join(", "));
    text(
        format!("列 {list_zh} 都可以是“{}”，请用映射文件指明或删去多余的列", field.zh),
        format!(
            "columns {list_en} all mean `{}`; say in a mapping file which one does, or take the others out",
            field.name
        ),
    )
}
