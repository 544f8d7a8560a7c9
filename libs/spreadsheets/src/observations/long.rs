//! One row a value.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{INDICATOR, Observation, PERIOD, REVISED_AT, Reading, SOURCE, VALUE, derived, note_unread};
use crate::cell::{self, CellFault, Said};
use crate::layout::{Columns, Meaning, Notices, Origin, Vocabulary, is_note};
use crate::places::unshared;
use crate::table::{Text, normal};

/// Different spellings of indicators that are remembered.
const REMEMBERED: usize = 10_000;
/// Longest name that can be one of an indicator, in bytes.
const NAME_BYTES: usize = 1_000;

/// Headers of a column that names the unit of each row, in normal form.
const UNITS: [&str; 5] = ["单位", "计量单位", "指标单位", "数据单位", "unit"];

/// How a long file is read.
pub(super) struct Long {
    value: usize,
    /// By measure: what the unit of the values column comes to; `None` where it does not agree.
    exponents: Vec<Option<i32>>,
    /// Whether the header or the mapping names that unit.
    says_unit: bool,
    /// The column that names the unit of each row.
    unit: Option<usize>,
    /// Spellings that are no code or id, as they were met.
    remembered: HashMap<String, Option<Meaning>>,
}

impl Long {
    pub(super) fn new(
        columns: &mut Columns,
        vocabulary: &Vocabulary,
        notices: &mut Notices,
        faults: &mut Vec<Text>,
    ) -> Self {
        let value = match columns.fields[VALUE] {
            Origin::Column(column) => column,
            Origin::Constant(_) => {
                faults.push(crate::layout::text(
                    "映射不能给出 `value` 的固定值",
                    "a mapping cannot give `value` a constant",
                ));
                0
            }
            // Reported as missing.
            Origin::Made | Origin::Absent => 0,
        };
        for (name, column) in &columns.named {
            let header = &columns.headers[*column];
            faults.push(crate::layout::text(
                format!("映射把列 `{header}` 称为 `{name}`，但按行填报的观测文件没有这一列"),
                format!("the mapping calls column `{header}` `{name}`, which a long file of observations does not have"),
            ));
        }
        let has_value = matches!(columns.fields[VALUE], Origin::Column(_));
        let units: Vec<&str> = vocabulary.measures().iter().map(|measure| measure.unit.as_str()).collect();
        // What stands above the header is the unit of the only column of numbers, unless that names its own.
        let above = has_value && !columns.above.is_empty() && columns.names_no_unit(value);
        let exponent = |unit: &&str| match (has_value, above) {
            (false, _) => None,
            (true, true) => columns.above.exponent(unit),
            (true, false) => columns.exponent(value, unit).ok(),
        };
        let exponents = units.iter().map(exponent).collect();
        let says_unit = above || (has_value && columns.says_unit(value));
        if above {
            columns.above.check(&units, true, notices, faults);
        }
        let names_units =
            |column: &usize| !columns.taken[*column] && UNITS.contains(&columns.normal[*column].as_str());
        let unit = (0..columns.headers.len()).find(names_units);
        if let Some(column) = unit {
            columns.taken[column] = true;
        }
        note_unread(columns, notices);
        Self { value, exponents, says_unit, unit, remembered: HashMap::new() }
    }

    pub(super) fn read(&mut self, reading: &mut Reading<'_>, mut each: impl FnMut(Observation<'_>)) {
        let place_id = reading.place_id();
        let named = reading.text(INDICATOR);
        let vocabulary = reading.vocabulary;
        let meaning = self.meaning(&named, vocabulary);
        let measures = vocabulary.measures();
        let (measure_id, unit, exponent) = match meaning {
            Some(Meaning::Measure(at)) => {
                let unit = &*measures[at].unit;
                (&*measures[at].id, unit, self.exponent(reading, unit, self.exponents[at]))
            }
            _ => (&*named, "", Ok(0)),
        };
        match meaning {
            Some(Meaning::Derived) => reading.fault(derived(&named), INDICATOR),
            Some(Meaning::Ambiguous) => {
                let fault = CellFault::new(
                    "AMBIGUOUS_INDICATOR",
                    format!("“{named}”可以是多个指标，请改用指标代码"),
                    format!("`{named}` means several indicators; use the code of one"),
                );
                reading.fault(fault, INDICATOR);
            }
            Some(Meaning::Measure(_)) | None => {}
        }
        let period = if reading.columns.fields[PERIOD] == Origin::Absent {
            Cow::Borrowed("")
        } else {
            reading.period()
        };
        let value = self.value(reading, unit, exponent);
        if unit == "%"
            && let (Some(Meaning::Measure(at)), Some(value)) = (meaning, value)
        {
            reading.fractions.see(at, measure_id, reading.row.number, value);
        }
        let source = if reading.columns.fields[SOURCE] == Origin::Absent {
            Cow::Borrowed("")
        } else {
            reading.source()
        };
        let revised_at_us =
            if reading.columns.fields[REVISED_AT] == Origin::Absent { None } else { reading.revised_at_us() };
        each(Observation {
            row: reading.row.number,
            column: self.value,
            closes_row: reading.row.closes_row,
            place_id: &place_id,
            measure_id,
            period: &period,
            source: &source,
            value: value.unwrap_or(0.0),
            revised_at_us,
            original: reading.row.original(),
            faults: reading.faults,
        });
    }

    /// What the indicator of a row means: codes and ids at once, other names by their normal form, once each.
    fn meaning(&mut self, named: &str, vocabulary: &Vocabulary) -> Option<Meaning> {
        if let Some(meaning) = vocabulary.exact(named) {
            return Some(meaning);
        }
        if named.len() > NAME_BYTES {
            return None;
        }
        if let Some(meaning) = self.remembered.get(named) {
            return *meaning;
        }
        let meaning = vocabulary.normal(&normal(named));
        if self.remembered.len() < REMEMBERED {
            self.remembered.insert(named.to_owned(), meaning);
        }
        meaning
    }

    /// The power of ten of a row: by the unit that the row names, else by that of the column; where both are named, they
    /// have to agree.
    fn exponent(&self, reading: &Reading<'_>, unit: &str, column: Option<i32>) -> Result<i32, CellFault> {
        if let Some(at) = self.unit {
            let header = &reading.columns.headers[at];
            let told = cell::text(reading.cell(at)).map_err(|fault| fault.of(header, ""))?;
            if !cell::is_nothing(&told) && !told.is_empty() {
                let own = if *told == *unit || (unit == "yes/no" && is_note(&normal(&told))) {
                    Some(0)
                } else {
                    cell::shift(&told, unit).ok()
                };
                return own.filter(|own| !self.says_unit || column == Some(*own)).ok_or_else(|| {
                    let Text { zh, en } = reading.columns.unit_differs(at, unit);
                    CellFault::new("UNIT_DIFFERS", zh, en).of(header, "")
                });
            }
        }
        column.ok_or_else(|| {
            let Text { zh, en } = reading.columns.unit_differs(self.value, unit);
            CellFault::new("UNIT_DIFFERS", zh, en).of(&reading.columns.headers[self.value], "value")
        })
    }

    fn value(&self, reading: &mut Reading<'_>, unit: &str, exponent: Result<i32, CellFault>) -> Option<f64> {
        let exponent = match exponent {
            Ok(exponent) => exponent,
            Err(fault) => {
                reading.faults.push(fault);
                return None;
            }
        };
        let read = cell::value(reading.cell(self.value), unit, exponent);
        match unshared(reading.row, self.value, read) {
            Ok(Said::Value(value)) => Some(value),
            Ok(Said::Nothing | Said::NothingInWords) => {
                let fault = CellFault::new(
                    "VALUE_MISSING",
                    "缺少数值；没有数据就不要填报该行",
                    "the value is empty; what is missing is not delivered",
                );
                reading.fault(fault, VALUE);
                None
            }
            Err(fault) => {
                reading.fault(fault, VALUE);
                None
            }
        }
    }
}
