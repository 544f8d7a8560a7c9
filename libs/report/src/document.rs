//! A report as blocks in reading order: the one thing that `html` and `pdf` are both made of.

use crate::drawing::Drawing;

/// Language of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl Language {
    /// One of two texts.
    pub(crate) fn choose<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        if self == Self::Zh { zh } else { en }
    }

    /// As BCP 47 names it.
    pub(crate) fn tag(self) -> &'static str {
        self.choose("zh-CN", "en")
    }
}

/// A report before it is a page.
#[derive(Clone, Debug)]
pub struct Document {
    /// Of every text in it.
    pub(crate) language: Language,
    /// Title of the whole.
    pub(crate) title: String,
    /// Line under the title.
    pub(crate) subtitle: String,
    /// At the foot of every page, beside its number.
    pub(crate) running: String,
    /// What follows the title.
    pub(crate) blocks: Vec<Block>,
}

/// A stretch of a report.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// A section begins; `true` begins a new page with it.
    Section(String, bool),
    /// A heading within a section.
    Heading(String),
    /// What to remember: larger, in a box.
    Lead(Vec<String>),
    /// Plain text.
    Text(String),
    /// Small print: how to read what stands above.
    Note(String),
    /// A command to type, as it is typed.
    Command(String),
    /// Labels and what stands behind them.
    Pairs(Vec<(String, String)>),
    /// Numbers to see first.
    Figures(Vec<Figure>),
    /// A chart.
    Chart(Drawing),
    /// A table.
    Table(Table),
    /// Side by side, of equal width; together on a page where one holds them.
    Columns(Vec<Vec<Block>>),
}

/// A number to see first.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// The number as it is printed.
    pub(crate) value: String,
    /// What it counts.
    pub(crate) label: String,
    /// What to compare it with.
    pub(crate) remark: String,
}

/// Rows under headers.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// What it holds, for those who cannot see it.
    pub(crate) summary: String,
    /// Its columns.
    pub(crate) columns: Vec<Column>,
    /// Its rows, one cell a column.
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Its header.
    pub(crate) header: String,
    /// Where its cells stand.
    pub(crate) align: Align,
    /// Its share of the width, against the other columns.
    pub(crate) weight: f64,
}

/// Where a cell's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Texts.
    Left,
    /// Numbers.
    Right,
}

/// A cell of a table.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    /// A text or a number as it is printed.
    Text(String),
    /// The same, to stand out.
    Strong(String),
    /// A bar from the left, then the number it shows.
    Bar {
        /// Length, 0..=1 of the room there is.
        share: f64,
        /// The number as it is printed.
        text: String,
        /// Its colour.
        tone: Tone,
    },
}

/// What a bar says; words beside it say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// A level.
    Plain,
    /// A gain.
    Good,
    /// A loss.
    Bad,
}

/// A column of texts.
pub(crate) fn words(header: &str, weight: f64) -> Column {
    Column { header: header.to_owned(), align: Align::Left, weight }
}

/// A column of numbers.
pub(crate) fn numbers(header: &str, weight: f64) -> Column {
    Column { header: header.to_owned(), align: Align::Right, weight }
}

/// A cell with a text.
pub(crate) fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

impl Table {
    /// Without the columns that hold nothing but dashes.
    pub(crate) fn told(mut self) -> Self {
        let says = |i: usize| self.rows.iter().any(|row| row.get(i).is_some_and(|cell| cell.text() != "–"));
        let kept: Vec<bool> = (0..self.columns.len()).map(says).collect();
        let keep = |i: usize| kept.get(i).copied().unwrap_or(true);
        retain(&mut self.columns, keep);
        self.rows.iter_mut().for_each(|row| retain(row, keep));
        self
    }
}

fn retain<T>(all: &mut Vec<T>, keep: impl Fn(usize) -> bool) {
    let mut i = 0;
    all.retain(|_| {
        i += 1;
        keep(i - 1)
    });
}

impl Cell {
    /// What is printed in it.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Strong(text) | Self::Bar { text, .. } => text,
        }
    }
}

impl Document {
    /// Every text in it, of charts too: the characters that its fonts must have.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let mut texts = vec![self.title.as_str(), &self.subtitle, &self.running];
        gather(&self.blocks, &mut texts);
        texts
    }
}

fn gather<'a>(blocks: &'a [Block], texts: &mut Vec<&'a str>) {
    for block in blocks {
        match block {
            Block::Section(text, _)
            | Block::Heading(text)
            | Block::Text(text)
            | Block::Note(text)
            | Block::Command(text) => texts.push(text),
            Block::Lead(lines) => texts.extend(lines.iter().map(String::as_str)),
            Block::Pairs(pairs) => texts.extend(pairs.iter().flat_map(|(a, b)| [a.as_str(), b])),
            Block::Figures(figures) => {
                texts.extend(figures.iter().flat_map(|f| [f.value.as_str(), &f.label, &f.remark]));
            }
            Block::Chart(drawing) => texts.extend(drawing.texts()),
            Block::Table(table) => {
                texts.extend(table.columns.iter().map(|column| column.header.as_str()));
                texts.extend(table.rows.iter().flatten().map(Cell::text));
            }
            Block::Columns(columns) => columns.iter().for_each(|column| gather(column, texts)),
        }
    }
}
