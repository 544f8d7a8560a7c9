//! Which cells of a sender's row are meant by a column that a fault names: a field of ours, a header of the file, or,
//! of a wide file, whichever cell says the value.

use std::collections::HashMap;

use csv::StringRecord;

use crate::cell::{self, Said, shift};
use crate::layout::{Columns, Kind, Mapping, Meaning, OBSERVATIONS, Shape, Vocabulary, columns_of, headed};
use crate::table::Cell;

/// Where the columns that faults name stand in a sender's file.
pub struct Positions {
    headers: Vec<String>,
    by_name: HashMap<String, usize>,
    /// Of a wide file: the columns that say of which place, when and from where its values are.
    keys: Option<Vec<usize>>,
    /// Of a wide file.
    indicators: Vec<Indicator>,
}

struct Indicator {
    column: usize,
    measure_id: String,
    unit: String,
    exponent: i32,
}

impl Positions {
    /// Finds the columns as the readers do. What they would refuse is left out: it was refused when the file came.
    #[must_use]
    pub fn find(kind: Kind, headers: &[String], mapping: &Mapping, vocabulary: &Vocabulary) -> Self {
        let by_name = columns_of(kind, headers, mapping);
        let has_value = by_name.contains_key("indicator") && by_name.contains_key("value");
        let shape = mapping.shape.map(|shape| shape == Shape::Wide);
        let is_wide = kind == Kind::Observations && shape.unwrap_or(!has_value);
        let columns = Columns::find(kind, headers, mapping, &mut Vec::new());
        let indicators = if is_wide { indicators(&columns, vocabulary) } else { Vec::new() };
        let made_of = mapping.id.iter().flat_map(|rule| &rule.from).map(String::as_str);
        let names = OBSERVATIONS.iter().map(|field| field.name).chain(made_of);
        let keys = is_wide.then(|| names.filter_map(|name| by_name.get(name).copied()).collect());
        Self { headers: headers.to_vec(), by_name, keys, indicators }
    }

    /// The cells of a row that a fault of `column` means: none where it is the row as a whole. `said` is the message, and
    /// `is_outside` whether a value lies outside the bounds of a measure: of a wide file, the faults of a value that are
    /// found behind the reader name no cell.
    #[must_use]
    pub fn of(
        &self,
        column: &str,
        said: &str,
        cells: &StringRecord,
        is_outside: impl Fn(&str, f64) -> bool,
    ) -> Vec<usize> {
        match self.by_name.get(column) {
            Some(position) => vec![*position],
            None if column == "value" => self.outside(said, cells, is_outside),
            None => Vec::new(),
        }
    }

    /// Of a wide file, the columns that all values of a row share; `None` of any other.
    pub(super) fn keys(&self) -> Option<Vec<usize>> {
        self.keys.clone()
    }

    /// What the sender calls these cells.
    #[must_use]
    pub fn called(&self, cells: &[usize]) -> String {
        let headers: Vec<_> = cells.iter().map(|cell| self.headers[*cell].as_str()).collect();
        headers.join("、")
    }

    fn outside(
        &self,
        said: &str,
        cells: &StringRecord,
        is_outside: impl Fn(&str, f64) -> bool,
    ) -> Vec<usize> {
        let value = |indicator: &Indicator| {
            let told = cells.get(indicator.column)?.trim();
            match cell::value(Cell::Text(told), &indicator.unit, indicator.exponent) {
                Ok(Said::Value(value)) if is_outside(&indicator.measure_id, value) => Some(value),
                _ => None,
            }
        };
        let outside: Vec<_> = self.indicators.iter().filter_map(|it| Some((it.column, value(it)?))).collect();
        // One fault speaks of one cell; its message says the value.
        let meant = outside.iter().filter(|(_, value)| said.contains(&value.to_string()));
        let meant: Vec<_> = meant.map(|(column, _)| *column).collect();
        if meant.is_empty() { outside.into_iter().map(|(column, _)| column).collect() } else { meant }
    }
}

fn indicators(columns: &Columns, vocabulary: &Vocabulary) -> Vec<Indicator> {
    let named = columns.named.iter().map(|(name, column)| (crate::table::normal(name), *column));
    let free = (0..columns.headers.len()).filter(|column| !columns.taken[*column]);
    let all = named.chain(free.map(|column| (columns.normal[column].clone(), column)));
    let indicator = |(header, column): (String, usize)| {
        let found = headed(&header, vocabulary)?;
        let Meaning::Measure(measure) = found.meaning else { return None };
        let measure = &vocabulary.measures()[measure];
        let exponent = match columns.mapped_unit(column) {
            Some(_) => columns.exponent(column, &measure.unit).ok()?,
            None => shift(&found.unit, &measure.unit).ok()?,
        };
        let (measure_id, unit) = (measure.id.clone(), measure.unit.clone());
        Some(Indicator { column, measure_id, unit, exponent })
    };
    all.filter_map(indicator).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Measure;
    use crate::table::Text;

    fn vocabulary() -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        for (id, zh) in [("p", "准确率"), ("q", "投票率")] {
            let name = Text { zh: zh.to_owned(), en: String::new() };
            let measure = Measure { id: id.to_owned(), unit: "%".to_owned(), name: name.clone() };
            let position = vocabulary.add_measure(measure);
            vocabulary.add_leaf(&id.to_uppercase(), &name, Some(position));
        }
        vocabulary
    }

    fn find(kind: Kind, headers: &[&str], mapping: &str) -> Positions {
        let headers: Vec<_> = headers.iter().map(|header| (*header).to_owned()).collect();
        Positions::find(kind, &headers, &Mapping::parse(mapping).unwrap(), &vocabulary())
    }

    fn of(positions: &Positions, column: &str, said: &str, cells: &[&str]) -> Vec<usize> {
        let is_outside = |_: &str, value: f64| !(0.0..=100.0).contains(&value);
        positions.of(column, said, &StringRecord::from(cells.to_vec()), is_outside)
    }

    #[test]
    fn a_field_is_found_under_the_name_that_the_sender_gives_it() {
        let long = find(Kind::Observations, &["编码", "指标名称", "年度", "填报值", "备注"], "");
        for (column, at) in [("place_id", 0), ("indicator", 1), ("period", 2), ("value", 3), ("备注", 4)] {
            assert_eq!(of(&long, column, "", &[]), [at], "{column}");
        }
        assert_eq!(of(&long, "revised_at", "", &[]), []);
        let mapped =
            find(Kind::Places, &["estate", "w"], "[columns]\nplace_id = \"estate\"\nhouseholds = \"w\"\n");
        assert_eq!(of(&mapped, "households", "", &[]), [1]);
        assert_eq!(mapped.called(&[0, 1]), "estate、w");
    }

    #[test]
    fn of_a_wide_row_the_cell_is_found_by_its_value() {
        let wide = find(Kind::Observations, &["小区编号", "P 准确率（%）", "Q"], "period = \"2021\"\n");
        let cells = ["S1", "１２０%", "-4"];
        assert_eq!(of(&wide, "value", "数值 120 超出界限", &cells), [1]);
        assert_eq!(of(&wide, "value", "数值 -4 超出界限", &cells), [2]);
        assert_eq!(of(&wide, "value", "互相矛盾", &["S1", "20", "30"]), []);
        assert_eq!(of(&wide, "P 准确率（%）", "不是数字", &["S1", "x", ""]), [1]);
    }
}
