//! One row a place, one column an indicator.

use std::borrow::Cow;

use super::{Observation, Reading, ambiguous, derived, note_unread};
use crate::cell::{self, Said};
use crate::layout::{Columns, Meaning, Notices, Vocabulary, appears_twice, headed, text};
use crate::places::unshared;
use crate::table::{Text, normal};

/// Columns of indicators that one file may have.
const MAX_INDICATORS: usize = 1_000;

/// How a wide file is read.
pub(super) struct Wide {
    indicators: Vec<Indicator>,
}

struct Indicator {
    column: usize,
    measure: usize,
    /// The period that the header names.
    period: Option<String>,
    exponent: i32,
}

/// Whether any column is one of an indicator.
pub(super) fn has_indicators(columns: &Columns, vocabulary: &Vocabulary) -> bool {
    let is_free = |column: &usize| !columns.taken[*column];
    let by_header = (0..columns.headers.len()).filter(is_free);
    let by_mapping = columns.named.iter().any(|(name, _)| headed(&normal(name), vocabulary).is_some());
    by_mapping || by_header.into_iter().any(|column| headed(&columns.normal[column], vocabulary).is_some())
}

impl Wide {
    pub(super) fn new(
        columns: &mut Columns,
        vocabulary: &Vocabulary,
        notices: &mut Notices,
        faults: &mut Vec<Text>,
    ) -> Self {
        let mut indicators: Vec<Indicator> = Vec::new();
        let named = columns.named.clone();
        let free = (0..columns.headers.len()).filter(|column| !columns.taken[*column]);
        let all: Vec<_> =
            named.into_iter().map(|(name, column)| (column, Some(normal(&name)), name)).collect();
        let free: Vec<_> = free.map(|column| (column, None, String::new())).collect();
        for (column, mapped, name) in all.into_iter().chain(free) {
            let header = &columns.headers[column];
            let Some(found) = headed(mapped.as_ref().unwrap_or(&columns.normal[column]), vocabulary) else {
                if mapped.is_some() {
                    faults.push(text(
                        format!("映射把列 `{header}` 称为 `{name}`，这不是指标目录中的指标"),
                        format!("the mapping calls column `{header}` `{name}`, which is no indicator of the catalog"),
                    ));
                }
                continue;
            };
            let measure = match found.meaning {
                Meaning::Measure(measure) => measure,
                Meaning::Derived => {
                    let message = derived(header).message;
                    faults.push(text(format!("列 {}", message.zh), format!("column {}", message.en)));
                    continue;
                }
                Meaning::Ambiguous => {
                    faults.push(ambiguous(header));
                    continue;
                }
            };
            let unit = &vocabulary.measures()[measure].unit;
            let in_header = if columns.mapped_unit(column).is_none() { found.unit.as_str() } else { "" };
            let exponent = match cell::shift(in_header, unit) {
                Ok(exponent) if !in_header.is_empty() => Ok(exponent),
                Ok(_) if columns.mapped_unit(column).is_some() => columns.exponent(column, unit),
                Ok(_) => Ok(columns.above.exponent(unit).unwrap_or(0)),
                Err(_) => Err(columns.unit_differs(column, unit)),
            };
            let exponent = exponent.unwrap_or_else(|fault| {
                faults.push(fault);
                0
            });
            let same = |other: &Indicator| other.measure == measure && other.period == found.period;
            if let Some(other) = indicators.iter().find(|other| same(other)) {
                let (first, second) = (&columns.headers[other.column], header);
                faults.push(if first == second {
                    appears_twice(first)
                } else {
                    text(
                        format!("列 `{first}` 和 `{second}` 是同一个指标"),
                        format!("columns `{first}` and `{second}` are the same indicator"),
                    )
                });
            }
            columns.taken[column] = true;
            if indicators.len() < MAX_INDICATORS {
                indicators.push(Indicator { column, measure, period: found.period, exponent });
            }
        }
        if indicators.is_empty() && faults.is_empty() {
            faults.push(text(
                "没有一列是指标：表头应为指标代码、指标名称或计量编号",
                "no column is an indicator: headers have to be codes, names or measure ids",
            ));
        }
        indicators.sort_by_key(|indicator| indicator.column);
        let plain = indicators.iter().filter(|indicator| columns.names_no_unit(indicator.column));
        let units: Vec<&str> =
            plain.map(|indicator| vocabulary.measures()[indicator.measure].unit.as_str()).collect();
        columns.above.check(&units, true, notices, faults);
        note_unread(columns, notices);
        Self { indicators }
    }

    /// Whether no period is needed from elsewhere.
    pub(super) fn names_every_period(&self) -> bool {
        self.indicators.iter().all(|indicator| indicator.period.is_some())
    }

    pub(super) fn read(&self, reading: &mut Reading<'_>, each: &mut impl FnMut(Observation<'_>)) {
        let place_id = reading.place_id();
        // A period that is not used is not held against the row.
        let period = if self.names_every_period() { Cow::Borrowed("") } else { reading.period() };
        let source = reading.source();
        let revised_at_us = reading.revised_at_us();
        let (columns, vocabulary) = (reading.columns, reading.vocabulary);
        let common = reading.faults.len();
        let mut statements = 0_usize;
        for indicator in &self.indicators {
            let measure = &vocabulary.measures()[indicator.measure];
            let header = &columns.headers[indicator.column];
            let read = cell::value(reading.cell(indicator.column), &measure.unit, indicator.exponent);
            let value = match unshared(reading.row, indicator.column, read) {
                Ok(Said::Nothing) => continue,
                Ok(Said::NothingInWords) => {
                    reading.nothing_in_words(indicator.column);
                    continue;
                }
                Ok(Said::Value(value)) => {
                    if measure.unit == "%" {
                        reading.fractions.see(indicator.column, header, reading.row.number, value);
                    }
                    value
                }
                Err(fault) => {
                    reading.faults.push(fault.of(header, ""));
                    0.0
                }
            };
            each(Observation {
                row: reading.row.number,
                column: indicator.column,
                closes_row: reading.row.closes_row,
                place_id: &place_id,
                measure_id: &measure.id,
                period: indicator.period.as_deref().unwrap_or(&period),
                source: &source,
                value,
                revised_at_us,
                original: reading.row.original(),
                faults: reading.faults,
            });
            reading.faults.truncate(common);
            statements += 1;
        }
        if statements == 0 {
            let words =
                ("有的行没有任何指标的数值，未读取", "has rows without any value, which are not read");
            let header = columns.header(crate::layout::PLACE_ID);
            reading.notices.note(Some(reading.row.number), "NO_VALUES", header, words);
        }
    }
}
