//! One row a value.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{INDICATOR, Observation, PERIOD, REVISED_AT, Reading, SOURCE, VALUE, derived, note_unread};
use crate::cell::{self, CellFault, Said};
use crate::layout::{Columns, Meaning, Notices, Origin, Vocabulary, exponent_of};
use crate::table::{Text, normal};

/// Different spellings of indicators that are remembered.
const REMEMBERED: usize = 10_000;
/// Longest name that can be one of an indicator, in bytes.
const NAME_BYTES: usize = 1_000;

/// How a long file is read.
pub(super) struct Long {
    value: usize,
    /// By measure: what the unit of the values column comes to; `None` where it does not agree.
    exponents: Vec<Option<i32>>,
    /// Spellings that are no code or id, as they were met.
    remembered: HashMap<String, Option<Meaning>>,
}

impl Long {
    pub(super) fn new(
        columns: &Columns,
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
        let unit = columns.headers.get(value).and_then(|_| columns.mapped_unit(value)).unwrap_or_default();
        let exponents =
            vocabulary.measures().iter().map(|measure| exponent_of(unit, &measure.unit)).collect();
        note_unread(columns, notices);
        Self { value, exponents, remembered: HashMap::new() }
    }

    pub(super) fn read(&mut self, reading: &mut Reading<'_>, mut each: impl FnMut(Observation<'_>)) {
        let place_id = reading.place_id();
        let named = reading.text(INDICATOR);
        let vocabulary = reading.vocabulary;
        let meaning = self.meaning(&named, vocabulary);
        let measures = vocabulary.measures();
        let (measure_id, unit, exponent) = match meaning {
            Some(Meaning::Measure(at)) => (&*measures[at].id, &*measures[at].unit, self.exponents[at]),
            _ => (&*named, "", Some(0)),
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
            reading.fractions.see(at, measure_id, value);
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

    fn value(&self, reading: &mut Reading<'_>, unit: &str, exponent: Option<i32>) -> Option<f64> {
        let Some(exponent) = exponent else {
            let Text { zh, en } = reading.columns.unit_differs(self.value, unit);
            reading.fault(CellFault::new("UNIT_DIFFERS", zh, en), VALUE);
            return None;
        };
        match cell::value(reading.cell(self.value), unit, exponent) {
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
