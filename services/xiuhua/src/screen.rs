//! The one place that prints results: tables that align Chinese text, sentences in the user's language, or one JSON
//! document instead.

use std::io::{self, Write};

use anyhow::Result;
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use serde::Serialize;
use xiuhua_contracts::ingestion::v1::Batch;
use xiuhua_contracts::measure::v1::Text;
use xiuhua_contracts::scoring::v1::Assessment;

use crate::cli::{Globals, Tongue};

/// How a command ended, if not with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Exit code 0.
    Done,
    /// Exit code 2: the input cannot be used as asked.
    Unusable,
    /// Exit code 1: what is on record is not what it should be.
    Differs,
}

/// Standard output, in one language and one form.
pub(crate) struct Screen {
    out: Box<dyn Write + Send>,
    tongue: Tongue,
    json: bool,
}

/// A column's heading (zh, en) and whether it holds numbers.
pub(crate) struct Column(String, String, bool);

/// A column of texts.
pub(crate) fn words(zh: &str, en: &str) -> Column {
    Column(zh.to_owned(), en.to_owned(), false)
}

/// A column of numbers, aligned to the right.
pub(crate) fn numbers(zh: &str, en: &str) -> Column {
    Column(zh.to_owned(), en.to_owned(), true)
}

/// One line under the heading and none beside: what a narrow terminal holds.
const STYLE: TableStyle = NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));

impl Screen {
    /// Standard output as the options ask for it.
    pub(crate) fn new(globals: &Globals) -> Self {
        Self { out: Box::new(io::stdout()), tongue: tongue(globals), json: globals.json }
    }

    /// One of two texts, by language.
    pub(crate) fn choose<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.tongue == Tongue::Zh { zh } else { en }
    }

    /// The text in the user's language, the other where it is empty.
    pub(crate) fn text(&self, text: Option<&Text>) -> String {
        let Some(Text { zh, en }) = text else { return String::new() };
        let (first, second) = if self.tongue == Tongue::Zh { (zh, en) } else { (en, zh) };
        if first.is_empty() { second.clone() } else { first.clone() }
    }

    /// Prints a line; nothing in JSON form.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(crate) fn say(&mut self, zh: &str, en: &str) -> Result<()> {
        if !self.json {
            let line = harmless(self.choose(zh, en));
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// Prints a text as it is, in either form.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(crate) fn raw(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes())?;
        Ok(())
    }

    /// Prints a table; nothing in JSON form.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(crate) fn table(&mut self, columns: &[Column], rows: Vec<Vec<String>>) -> Result<()> {
        if self.json {
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(STYLE);
        table.set_header(columns.iter().map(|c| self.choose(&c.0, &c.1)));
        for row in rows {
            table.add_row(row.iter().map(|cell| harmless(cell)));
        }
        for (i, column) in columns.iter().enumerate() {
            if let Some(found) = table.column_mut(i).filter(|_| column.2) {
                found.set_cell_alignment(CellAlignment::Right);
            }
        }
        writeln!(self.out, "{table}\n")?;
        Ok(())
    }

    /// Prints a JSON document; nothing in the other form.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(crate) fn json(&mut self, document: &impl Serialize) -> Result<()> {
        if self.json {
            writeln!(self.out, "{}", serde_json::to_string_pretty(document)?)?;
        }
        Ok(())
    }

    /// The counts of some batches.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(crate) fn counts(&mut self, batches: &[&Batch]) -> Result<()> {
        let columns = [
            words("文件", "file"),
            numbers("读取", "read"),
            numbers("接受", "accepted"),
            numbers("更正", "corrected"),
            numbers("重复", "duplicate"),
            numbers("拒绝", "rejected"),
        ];
        let row = |batch: &&Batch| {
            let c = batch.counts.unwrap_or_default();
            let counts = [c.read, c.accepted, c.corrected, c.duplicate, c.rejected];
            let mut row = vec![batch.file_name.clone()];
            row.extend(counts.iter().map(u64::to_string));
            row
        };
        self.table(&columns, batches.iter().map(row).collect())
    }

    /// What an assessment is, in a few lines.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(crate) fn assessment(&mut self, run: &Assessment) -> Result<()> {
        let base = run.base_periods.join(", ");
        self.say(
            &format!(
                "测评 {}：{}@{}，期次 {}，基期 {base}",
                run.id, run.catalog_id, run.catalog_version, run.period
            ),
            &format!(
                "assessment {}: {}@{}, period {}, base periods {base}",
                run.id, run.catalog_id, run.catalog_version, run.period
            ),
        )?;
        let columns = [words("类型", "type"), numbers("小区", "places"), numbers("有总分", "scored")];
        let rows = run.types.iter();
        let rows = rows.map(|t| vec![t.r#type.clone(), t.places.to_string(), t.scored.to_string()]);
        self.table(&columns, rows.collect())?;
        self.say(&format!("摘要 {}", run.digest), &format!("digest {}", run.digest))
    }
}

/// The language asked for, else that of the locale: Chinese where it begins with `zh`, English otherwise.
pub(crate) fn tongue(globals: &Globals) -> Tongue {
    let locale = || {
        let names = ["LC_ALL", "LC_MESSAGES", "LANG"].iter();
        names.filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty()).unwrap_or_default()
    };
    globals.lang.unwrap_or_else(|| if locale().starts_with("zh") { Tongue::Zh } else { Tongue::En })
}

/// A score as people read it: rounded half up to two decimals, a dash when absent.
pub(crate) fn score(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{:.2}", half_up(v, 2)))
}

/// A value as people read it: at most four decimals, a dash when absent.
pub(crate) fn value(value: Option<f64>) -> String {
    let Some(value) = value else { return "–".to_owned() };
    let text = format!("{:.4}", half_up(value, 4));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A share as a percentage with one decimal.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}%", half_up(share * 100.0, 1))
}

/// A rank or another count, a dash when absent.
pub(crate) fn count(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| v.to_string())
}

/// A text without what would steer a terminal: control characters but line ends, and those that turn the direction of
/// writing. Texts come from other people's files.
pub(crate) fn harmless(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(steers, "\u{fffd}")
}

fn half_up(value: f64, decimals: i32) -> f64 {
    let unit = 10f64.powi(decimals);
    (value * unit + 0.5).floor() / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_a_file_does_not_steer_the_terminal() {
        assert_eq!(harmless("\u{1b}[31m红\u{202e}\n"), "\u{fffd}[31m红\u{fffd}\n");
    }

    #[test]
    fn display_rounds_half_up_to_two_decimals() {
        assert_eq!(score(Some(66.125)), "66.13");
        assert_eq!(score(Some(-0.125)), "-0.12");
        assert_eq!(score(None), "–");
        assert_eq!(value(Some(1.1)), "1.1");
        assert_eq!(value(Some(0.33335)), "0.3334");
        assert_eq!(percent(0.892_857), "89.3%");
    }
}
