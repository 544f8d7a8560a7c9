//! The one place that prints results: tables that align Chinese text, sentences in the user's language, or one JSON
//! document instead.

mod figures;
mod glyphs;
mod paint;

use std::io::{self, Write};
use std::sync::OnceLock;

use anyhow::Result;
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle};
use serde::Serialize;
use xiuhua_contracts::ingestion::v1::Batch;
use xiuhua_contracts::measure::v1::Text;
use xiuhua_contracts::scoring::v1::Assessment;

pub(crate) use self::figures::{ABSENT, count, percent, points, real, score, share, value};
use self::glyphs::Glyphs;
pub(crate) use self::paint::{Paint, Shown};
use crate::cli::{Globals, Tongue};
use crate::names::Names;

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
    glyphs: Glyphs,
    is_coloured: bool,
    /// Cells of a line; `None` where there is no terminal to be narrow.
    width: Option<u16>,
}

/// A column of a table.
pub(crate) struct Column {
    zh: String,
    en: String,
    holds: Holds,
    /// Columns that a narrow terminal goes without, the lowest number first.
    spare: Option<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// Texts that wrap.
    Words,
    /// Numbers, to the right; they do not wrap.
    Numbers,
    /// Ids, bars and single words; they do not wrap.
    Marks,
}

impl Column {
    fn new(zh: &str, en: &str, holds: Holds) -> Self {
        Self { zh: zh.to_owned(), en: en.to_owned(), holds, spare: None }
    }

    /// A terminal too narrow for all goes without it, those of the lowest number first.
    pub(crate) fn spare(mut self, order: u8) -> Self {
        self.spare = Some(order);
        self
    }
}

/// A column of texts, which wrap where the terminal is narrow.
pub(crate) fn words(zh: &str, en: &str) -> Column {
    Column::new(zh, en, Holds::Words)
}

/// A column of numbers, aligned to the right.
pub(crate) fn numbers(zh: &str, en: &str) -> Column {
    Column::new(zh, en, Holds::Numbers)
}

/// A column of what is never broken: ids, bars, single words.
pub(crate) fn marks(zh: &str, en: &str) -> Column {
    Column::new(zh, en, Holds::Marks)
}

/// Cells that a column of texts gets at least before others are left out.
const LEAST_WORDS: u16 = 16;
/// Cells beside the content of a column: a space on either side, and one before the next.
const PADDING: u16 = 3;

/// One line under the heading and none beside: what a narrow terminal holds.
const STYLE: TableStyle = NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));

/// Cells of a line from which on tables need not be sparing.
const WIDE: u16 = 110;

impl Screen {
    /// Standard output as the options ask for it.
    pub(crate) fn new(globals: &Globals) -> Self {
        let locale = locale(&["LC_ALL", "LC_CTYPE", "LANG"]);
        TONGUE.get_or_init(|| tongue(globals));
        Self {
            out: Box::new(io::stdout()),
            tongue: tongue(globals),
            json: globals.json,
            glyphs: if globals.ascii { Glyphs::Ascii } else { Glyphs::of_locale(&locale) },
            is_coloured: paint::is_wanted(globals.color),
            width: width(),
        }
    }

    /// A bar for a share of 0..=1 of `cells` cells.
    pub(crate) fn bar(&self, share: f64, cells: u32) -> String {
        self.glyphs.bar(share, cells)
    }

    /// A course of values as a sparkline.
    pub(crate) fn spark(&self, values: &[Option<f64>]) -> String {
        self.glyphs.spark(values)
    }

    /// Cells of a line; `None` where nothing limits them.
    pub(crate) fn width(&self) -> Option<usize> {
        self.width.map(usize::from)
    }

    /// Whether tables have to be sparing.
    pub(crate) fn is_narrow(&self) -> bool {
        self.width.is_some_and(|width| width < WIDE)
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
            let line = self.plain(&harmless(self.choose(zh, en)));
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

    /// Prints a heading; nothing in JSON form.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(crate) fn heading(&mut self, zh: &str, en: &str) -> Result<()> {
        self.painted(self.choose(zh, en).to_owned(), Paint::Strong)
    }

    /// Prints what a reader must not overlook; nothing in JSON form.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(crate) fn warn(&mut self, zh: &str, en: &str) -> Result<()> {
        self.painted(self.choose(zh, en).to_owned(), Paint::Doubtful)
    }

    fn painted(&mut self, text: String, paint: Paint) -> Result<()> {
        if !self.json {
            let shown = Shown::painted(text, Some(paint)).marked();
            let line = paint::colour(&self.plain(&shown), self.is_coloured);
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// Prints a table; nothing in JSON form.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(crate) fn table(&mut self, columns: &[Column], rows: Vec<Vec<String>>) -> Result<()> {
        let shown = |row: Vec<String>| row.into_iter().map(Shown::from).collect();
        self.shown(columns, rows.into_iter().map(shown).collect())
    }

    /// Prints a table with painted cells; nothing in JSON form. Texts wrap where the terminal is narrow, numbers do not.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(crate) fn shown(&mut self, columns: &[Column], rows: Vec<Vec<Shown>>) -> Result<()> {
        if self.json {
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(STYLE);
        if let Some(width) = self.width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        table.set_header(columns.iter().map(|c| self.choose(&c.zh, &c.en)));
        for row in rows {
            table.add_row(row.iter().map(Shown::marked));
        }
        let hidden = self.hidden(columns, &table.column_max_content_widths());
        for (i, column) in columns.iter().enumerate() {
            let Some(found) = table.column_mut(i) else { continue };
            if column.holds == Holds::Numbers {
                found.set_cell_alignment(CellAlignment::Right);
            }
            if hidden.contains(&i) {
                found.set_constraint(ColumnConstraint::Hidden);
            } else if column.holds != Holds::Words {
                found.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        let table = paint::colour(&self.plain(&table.to_string()), self.is_coloured);
        for line in table.lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        writeln!(self.out)?;
        Ok(())
    }

    /// The columns that the terminal is too narrow for.
    fn hidden(&self, columns: &[Column], widths: &[u16]) -> Vec<usize> {
        let needs = |at: usize| {
            let width = widths.get(at).copied().unwrap_or_default();
            let least = if columns[at].holds == Holds::Words { width.min(LEAST_WORDS) } else { width };
            least.saturating_add(PADDING)
        };
        let mut spare: Vec<usize> = (0..columns.len()).filter(|at| columns[*at].spare.is_some()).collect();
        spare.sort_by_key(|at| columns[*at].spare);
        let room = self.width.unwrap_or(u16::MAX);
        let mut needed = (0..columns.len()).map(needs).fold(0, u16::saturating_add);
        let mut hidden = Vec::new();
        for at in spare {
            if needed <= room {
                break;
            }
            needed = needed.saturating_sub(needs(at));
            hidden.push(at);
        }
        hidden
    }

    fn plain(&self, text: &str) -> String {
        text.chars().map(|c| self.glyphs.plain(c)).collect()
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
    pub(crate) fn assessment(&mut self, run: &Assessment, names: &Names) -> Result<()> {
        let base = run.base_periods.join(", ");
        let (zh_end, en_end) = if run.provisional {
            ("（暂定：最近十二个月）", " (provisional: the last twelve months)")
        } else {
            ("", "")
        };
        self.say(
            &format!(
                "测评 {}：{}@{}，期次 {}{zh_end}，基期 {base}",
                run.id, run.catalog_id, run.catalog_version, run.period
            ),
            &format!(
                "assessment {}: {}@{}, period {}{en_end}, base periods {base}",
                run.id, run.catalog_id, run.catalog_version, run.period
            ),
        )?;
        if !run.weight_scheme_id.is_empty() {
            let scheme = format!("{}@{}", run.weight_scheme_id, run.weight_scheme_version);
            self.say(&format!("权重方案 {scheme}"), &format!("weight scheme {scheme}"))?;
        }
        let columns = [words("类型", "type"), numbers("小区", "places"), numbers("有总分", "scored")];
        let rows = run.types.iter();
        let kind = |id: &str| names.place_type(id, self);
        let rows = rows.map(|t| vec![kind(&t.r#type), t.places.to_string(), t.scored.to_string()]);
        let rows = rows.collect();
        self.table(&columns, rows)?;
        self.say(&format!("摘要 {}", run.digest), &format!("digest {}", run.digest))
    }
}

/// Whether an error is that nobody reads standard output any more, as `head` does when it has enough.
pub(crate) fn is_gone(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The language asked for, else that of the locale: Chinese where it begins with `zh`, English otherwise.
pub(crate) fn tongue(globals: &Globals) -> Tongue {
    let locale = || locale(&["LC_ALL", "LC_MESSAGES", "LANG"]);
    globals.lang.unwrap_or_else(|| if locale().starts_with("zh") { Tongue::Zh } else { Tongue::En })
}

/// The language of this process, once it is known.
static TONGUE: OnceLock<Tongue> = OnceLock::new();

/// One of two texts in the language of this process: for errors, which are made far from any screen.
pub(crate) fn told(zh: impl Into<String>, en: impl Into<String>) -> String {
    match TONGUE.get() {
        Some(Tongue::Zh) => zh.into(),
        Some(Tongue::En) | None => en.into(),
    }
}

/// The first of these settings that is there; empty for none.
fn locale(names: &[&str]) -> String {
    let set = names.iter().filter_map(|name| std::env::var(name).ok());
    set.into_iter().find(|value| !value.is_empty()).unwrap_or_default()
}

/// Cells of a line: what `COLUMNS` says, else what the terminal has.
fn width() -> Option<u16> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    said.filter(|columns| *columns > 0).or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0))
}

/// A text without what would steer a terminal: control characters but line ends, and those that turn the direction of
/// writing. Texts come from other people's files.
pub(crate) fn harmless(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(steers, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_a_file_does_not_steer_the_terminal() {
        assert_eq!(harmless("\u{1b}[31m红\u{202e}\n"), "\u{fffd}[31m红\u{fffd}\n");
    }
}
