//! Blocks become items with a height, and items become pages.

use std::rc::Rc;

use crate::colour::{Colour, DEEP, GROUND, INK, MUTED, RULE};
use crate::document::{Block, Document, Figure, Language};
use crate::drawing::{Anchor, Drawing, Mark};
use crate::fonts::Measure;
use crate::pdf::lines::broken;
use crate::pdf::{BOTTOM, TEXT_WIDTH, TOP};

/// Marks that mean one thing to those who read the page by its tags.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// What it is.
    pub(super) role: Role,
    /// What is drawn.
    pub(super) marks: Vec<Mark>,
}

impl Piece {
    /// Where its first text stands, 0 without one.
    pub(super) fn top(&self) -> f64 {
        let text = |mark: &Mark| if let Mark::Text { at, .. } = mark { Some(at.1) } else { None };
        self.marks.iter().find_map(text).unwrap_or_default()
    }
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing to be read: rules, grounds, headers that a page repeats.
    Ornament,
    /// A heading of a level from 1.
    Heading(u16, String),
    /// A paragraph.
    Paragraph,
    /// A chart, and what it shows.
    Chart(String),
    /// A cell of a table.
    Cell {
        /// Which table of the document.
        table: usize,
        /// What the table holds.
        summary: Rc<str>,
        /// Which row of it; 0 is the header.
        row: usize,
    },
}

/// What is not broken over pages. Its marks lie between 0 and `height`.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    /// Room above, but not at the top of a page.
    pub(super) space: f64,
    /// Room it takes.
    pub(super) height: f64,
    /// What is drawn.
    pub(super) pieces: Vec<Piece>,
    /// It stays on the page of the next item.
    pub(super) sticks: bool,
    /// It begins a page.
    pub(super) begins_page: bool,
    /// What is drawn above it where it comes first on a page: the header of its table, and its height.
    pub(super) header: Option<Rc<(f64, Vec<Mark>)>>,
}

/// Composes with two measured faces.
pub(super) struct Composer<'a> {
    /// For text.
    pub(super) regular: Measure<'a>,
    /// For headings.
    pub(super) bold: Measure<'a>,
    /// Tables so far.
    pub(super) tables: usize,
    /// Of the report.
    pub(super) language: Language,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) size: f64,
    pub(super) leading: f64,
    pub(super) bold: bool,
    pub(super) colour: Colour,
}

const BODY: Style = Style { size: 9.5, leading: 15.5, bold: false, colour: INK };
const LEAD: Style = Style { size: 10.5, leading: 17.5, bold: false, colour: INK };
const NOTE: Style = Style { size: 8.0, leading: 12.5, bold: false, colour: MUTED };
const HEADING: Style = Style { size: 10.5, leading: 16.0, bold: true, colour: INK };
const SECTION: Style = Style { size: 15.0, leading: 22.0, bold: true, colour: DEEP };
const TITLE: Style = Style { size: 23.0, leading: 32.0, bold: true, colour: DEEP };
const SUBTITLE: Style = Style { size: 11.0, leading: 17.0, bold: false, colour: MUTED };

impl Composer<'_> {
    /// A whole report.
    pub(super) fn document(&mut self, document: &Document) -> Vec<Item> {
        let mut title = self.paragraph(&document.title, TITLE, 0.0, TEXT_WIDTH);
        title.pieces[0].role = Role::Heading(1, document.title.clone());
        let rule = Mark::Rect { x: 0.0, y: 0.0, width: 42.0, height: 4.0, fill: DEEP };
        shift(&mut title.pieces, 0.0, 12.0);
        title.height += 12.0;
        title.pieces.insert(0, Piece { role: Role::Ornament, marks: vec![rule] });
        let mut items = vec![title, self.paragraph(&document.subtitle, SUBTITLE, 2.0, TEXT_WIDTH)];
        items.extend(self.blocks(&document.blocks, TEXT_WIDTH));
        items
    }

    fn blocks(&mut self, blocks: &[Block], width: f64) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let mut heading = None;
        for block in blocks {
            let explains = matches!(block, Block::Note(_)) && items.last().is_some_and(|item| item.sticks);
            let from = items.len();
            match block {
                Block::Table(table) => items.extend(self.table(table, heading, width)),
                other => items.extend(self.block(other, width)),
            }
            heading = if let Block::Heading(text) = block { Some(text.as_str()) } else { None };
            // What explains a heading stays with it, and both with what they speak of.
            items[from..].iter_mut().for_each(|item| item.sticks |= explains);
        }
        items
    }

    fn block(&mut self, block: &Block, width: f64) -> Vec<Item> {
        match block {
            Block::Section(text, begins_page) => vec![self.section(text, *begins_page, width)],
            Block::Heading(text) => vec![self.heading(text, width)],
            Block::Lead(lines) => vec![self.lead(lines, width)],
            Block::Text(text) => vec![self.paragraph(text, BODY, 6.0, width)],
            Block::Note(text) => vec![self.paragraph(text, NOTE, 6.0, width)],
            Block::Command(text) => vec![self.command(text, width)],
            Block::Pairs(pairs) => self.pairs(pairs, width),
            Block::Figures(figures) => vec![self.figures(figures, width)],
            Block::Chart(drawing) => vec![chart(drawing)],
            Block::Table(table) => self.table(table, None, width),
            Block::Columns(columns) => self.columns(columns, width),
        }
    }

    /// Lines of a text, their marks from (`x`, `y`) on.
    pub(super) fn lines(
        &mut self,
        text: &str,
        style: Style,
        (x, y): (f64, f64),
        width: f64,
    ) -> (Vec<Mark>, f64) {
        let font = if style.bold { &mut self.bold } else { &mut self.regular };
        let lines = broken(text, width / style.size, font);
        let mut marks = Vec::with_capacity(lines.len());
        let mut baseline = y + (style.leading + style.size) / 2.0 - style.size * 0.14;
        let mut height = 0.0;
        for line in lines {
            marks.push(Mark::Text {
                at: (x, baseline),
                size: style.size,
                bold: style.bold,
                anchor: Anchor::Start,
                fill: style.colour,
                text: line,
            });
            baseline += style.leading;
            height += style.leading;
        }
        (marks, height)
    }

    fn paragraph(&mut self, text: &str, style: Style, space: f64, width: f64) -> Item {
        let (marks, height) = self.lines(text, style, (0.0, 0.0), width);
        Item { space, height, pieces: vec![Piece { role: Role::Paragraph, marks }], ..Item::default() }
    }

    /// A heading within a section.
    pub(super) fn heading(&mut self, text: &str, width: f64) -> Item {
        let mut item = self.paragraph(text, HEADING, 12.0, width);
        item.pieces[0].role = Role::Heading(3, text.to_owned());
        Item { sticks: true, height: item.height + 2.0, ..item }
    }

    fn section(&mut self, text: &str, begins_page: bool, width: f64) -> Item {
        let (marks, height) = self.lines(text, SECTION, (0.0, 0.0), width);
        let rule =
            Mark::Line { from: (0.0, height + 3.0), to: (width, height + 3.0), width: 0.8, stroke: DEEP };
        let pieces = vec![
            Piece { role: Role::Heading(2, text.to_owned()), marks },
            Piece { role: Role::Ornament, marks: vec![rule] },
        ];
        Item { space: 20.0, height: height + 7.0, pieces, sticks: true, begins_page, header: None }
    }

    /// Sentences in a box with a bar at its left.
    fn lead(&mut self, lines: &[String], width: f64) -> Item {
        const PAD: f64 = 12.0;
        let mut pieces = Vec::new();
        let mut y = PAD - 3.0;
        for line in lines {
            let (marks, height) = self.lines(line, LEAD, (PAD + 3.0, y), width - 2.0 * PAD - 3.0);
            pieces.push(Piece { role: Role::Paragraph, marks });
            y += height + 5.0;
        }
        let height = y + PAD - 8.0;
        let ground = [
            Mark::Rect { x: 0.0, y: 0.0, width, height, fill: GROUND },
            Mark::Rect { x: 0.0, y: 0.0, width: 3.0, height, fill: DEEP },
        ];
        pieces.insert(0, Piece { role: Role::Ornament, marks: ground.into() });
        Item { space: 14.0, height, pieces, ..Item::default() }
    }

    fn command(&mut self, text: &str, width: f64) -> Item {
        let style = Style { size: 8.5, leading: 13.0, bold: false, colour: INK };
        let (marks, height) = self.lines(text, style, (8.0, 5.0), width - 16.0);
        let ground = Mark::Rect { x: 0.0, y: 0.0, width, height: height + 10.0, fill: GROUND };
        let pieces =
            vec![Piece { role: Role::Ornament, marks: vec![ground] }, Piece { role: Role::Paragraph, marks }];
        Item { space: 6.0, height: height + 10.0, pieces, ..Item::default() }
    }

    fn pairs(&mut self, pairs: &[(String, String)], width: f64) -> Vec<Item> {
        const LABEL: f64 = 92.0;
        let label = Style { size: 8.5, leading: 14.5, bold: false, colour: MUTED };
        let value = Style { colour: INK, ..label };
        let items = pairs.iter().enumerate().map(|(i, (name, text))| {
            let (mut marks, _) = self.lines(name, label, (0.0, 0.0), LABEL - 8.0);
            let (values, height) = self.lines(text, value, (LABEL, 0.0), width - LABEL);
            marks.extend(values);
            let height = height.max(label.leading);
            let pieces = vec![
                Piece { role: Role::Paragraph, marks },
                ornament_line((0.0, height + 0.5), (width, height + 0.5)),
            ];
            Item { space: if i == 0 { 12.0 } else { 1.5 }, height: height + 1.0, pieces, ..Item::default() }
        });
        items.collect()
    }

    /// Numbers in boxes of equal width.
    fn figures(&mut self, figures: &[Figure], width: f64) -> Item {
        const GAP: f64 = 8.0;
        const PAD: f64 = 9.0;
        let many = f64::from(u16::try_from(figures.len().max(1)).unwrap_or(u16::MAX));
        let wide = (width - GAP * (many - 1.0)) / many;
        let value = Style { size: 17.0, leading: 23.0, bold: true, colour: DEEP };
        let label = Style { size: 8.5, leading: 13.0, bold: false, colour: INK };
        let remark = Style { size: 7.5, leading: 11.0, bold: false, colour: MUTED };
        let mut pieces = Vec::new();
        let mut height = 0.0f64;
        for (i, figure) in (0u16..).zip(figures) {
            let x = f64::from(i) * (wide + GAP) + PAD;
            let inside = wide - 2.0 * PAD;
            let mut y = PAD - 2.0;
            let mut all = Vec::new();
            for (text, style) in [(&figure.label, label), (&figure.value, value), (&figure.remark, remark)] {
                let (marks, tall) = self.lines(text, style, (x, y), inside);
                all.extend(marks);
                y += tall;
            }
            height = height.max(y + PAD - 2.0);
            pieces.push(Piece { role: Role::Paragraph, marks: all });
        }
        let ground = (0u16..).zip(figures).flat_map(|(i, _)| {
            let x = f64::from(i) * (wide + GAP);
            [
                Mark::Rect { x, y: 0.0, width: wide, height, fill: GROUND },
                Mark::Rect { x, y: 0.0, width: wide, height: 1.5, fill: DEEP },
            ]
        });
        pieces.insert(0, Piece { role: Role::Ornament, marks: ground.collect() });
        Item { space: 12.0, height, pieces, ..Item::default() }
    }

    /// Blocks side by side as one item; one below the other where names are so long that a page does not hold them.
    fn columns(&mut self, columns: &[Vec<Block>], width: f64) -> Vec<Item> {
        // What may stand above on the same page: a section and what explains it.
        const ABOVE: f64 = 80.0;
        const GAP: f64 = 23.0;
        let many = f64::from(u16::try_from(columns.len().max(1)).unwrap_or(u16::MAX));
        let wide = (width - GAP * (many - 1.0)) / many;
        let mut whole = Item { space: 10.0, ..Item::default() };
        for (i, column) in (0u16..).zip(columns) {
            let mut y = 0.0;
            for mut item in self.blocks(column, wide) {
                if y > 0.0 {
                    y += item.space;
                }
                shift(&mut item.pieces, f64::from(i) * (wide + GAP), y);
                y += item.height;
                whole.pieces.append(&mut item.pieces);
            }
            whole.height = whole.height.max(y);
        }
        if whole.height > BOTTOM - TOP - ABOVE {
            return columns.iter().flat_map(|column| self.blocks(column, width)).collect();
        }
        vec![whole]
    }
}

fn chart(drawing: &Drawing) -> Item {
    let pieces = vec![Piece { role: Role::Chart(drawing.alt.clone()), marks: drawing.marks.clone() }];
    Item { space: 10.0, height: drawing.height, pieces, ..Item::default() }
}

/// A thin rule.
pub(super) fn ornament_line(from: (f64, f64), to: (f64, f64)) -> Piece {
    Piece { role: Role::Ornament, marks: vec![Mark::Line { from, to, width: 0.5, stroke: RULE }] }
}

/// Moves pieces.
pub(super) fn shift(pieces: &mut [Piece], right: f64, down: f64) {
    pieces.iter_mut().flat_map(|piece| &mut piece.marks).for_each(|mark| shift_mark(mark, right, down));
}

fn shift_mark(mark: &mut Mark, right: f64, down: f64) {
    match mark {
        Mark::Rect { x, y, .. } => (*x, *y) = (*x + right, *y + down),
        Mark::Dot { at, .. } | Mark::Text { at, .. } => *at = (at.0 + right, at.1 + down),
        Mark::Line { from, to, .. } => {
            *from = (from.0 + right, from.1 + down);
            *to = (to.0 + right, to.1 + down);
        }
    }
}
