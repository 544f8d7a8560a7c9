//! Tables become an item a row, their heading and header repeated where a page begins.

use std::rc::Rc;

use crate::colour::{INK, MUTED, RULE};
use crate::document::{Align, Cell, Table};
use crate::drawing::{Anchor, Mark};
use crate::pdf::composing::{Composer, Item, Piece, Role, Style, shift};

/// Room left and right of a cell's text.
const PAD: f64 = 4.5;
/// Room for the number behind a bar.
const NUMBER: f64 = 33.0;
/// Room a bar does not give to the texts beside it.
const BAR: f64 = 34.0;
/// Rows that are not parted from the header, nor from the last row.
const TOGETHER: usize = 3;
const HEADER: Style = Style { size: 7.5, leading: 11.0, bold: false, colour: MUTED };
const CELL: Style = Style { size: 8.3, leading: 11.4, bold: false, colour: INK };

impl Composer<'_> {
    /// A table as wide as `width`, under the heading it continues on a next page.
    pub(super) fn table(&mut self, table: &Table, heading: Option<&str>, width: f64) -> Vec<Item> {
        let id = self.tables;
        self.tables += 1;
        let summary: Rc<str> = table.summary.as_str().into();
        let continued = heading.map(|text| {
            self.heading(&format!("{text}{}", self.language.choose("（续）", " (continued)")), width)
        });
        let mut left = 0.0;
        let columns: Vec<(f64, f64, Align)> = self
            .widths(table, width)
            .into_iter()
            .zip(&table.columns)
            .map(|(wide, column)| {
                left += wide;
                (left - wide, wide, column.align)
            })
            .collect();
        let mut row = |number: usize, cells: Vec<Cell>, style: Style| {
            let mut pieces = Vec::with_capacity(cells.len() + 1);
            let mut height = style.leading;
            for (cell, (x, wide, align)) in cells.iter().zip(&columns) {
                let (marks, tall) = self.cell(cell, style, *x, *wide, *align);
                let role = Role::Cell { table: id, summary: summary.clone(), row: number };
                pieces.push(Piece { role, marks });
                height = height.max(tall);
            }
            let height = height + 1.9;
            let (strong, stroke) = if number == 0 { (0.8, MUTED) } else { (0.5, RULE) };
            let rule = Mark::Line { from: (0.0, height), to: (width, height), width: strong, stroke };
            pieces.push(Piece { role: Role::Ornament, marks: vec![rule] });
            Item { height: height + 0.7, pieces, ..Item::default() }
        };
        let headers = table.columns.iter().map(|column| Cell::Text(column.header.clone())).collect();
        let header = Item { space: 3.0, sticks: true, ..row(0, headers, HEADER) };
        let mut above = continued.unwrap_or_default();
        let mut pieces = header.pieces.clone();
        shift(&mut pieces, 0.0, above.height);
        above.pieces.append(&mut pieces);
        let marks = above.pieces.into_iter().flat_map(|piece| piece.marks).collect();
        let repeated = Rc::new((above.height + header.height, marks));
        let mut items = vec![header];
        let many = table.rows.len();
        for (number, cells) in (1..).zip(&table.rows) {
            let sticks = number < many && (number < TOGETHER || number + TOGETHER > many);
            items.push(Item { header: Some(repeated.clone()), sticks, ..row(number, cells.clone(), CELL) });
        }
        items
    }

    /// Widths of the columns: by their weights, but where a text would be broken while another column has room to
    /// spare, that room goes to the text.
    fn widths(&mut self, table: &Table, width: f64) -> Vec<f64> {
        let weights: f64 = table.columns.iter().map(|column| column.weight).sum();
        let mut widths: Vec<f64> =
            table.columns.iter().map(|column| width * column.weight / weights).collect();
        let mut needs = Vec::with_capacity(widths.len());
        for (i, column) in table.columns.iter().enumerate() {
            let mut need = self.regular.width(&column.header) * HEADER.size;
            for cell in table.rows.iter().filter_map(|row| row.get(i)) {
                need = need.max(match cell {
                    Cell::Text(text) => self.regular.width(text) * CELL.size,
                    Cell::Strong(text) => self.bold.width(text) * CELL.size,
                    Cell::Bar { .. } => BAR + NUMBER,
                });
            }
            needs.push(need + 2.0 * PAD + 0.1);
        }
        let lacks = |widths: &[f64], i: usize| (needs[i] - widths[i]).max(0.0);
        let spares = |widths: &[f64], i: usize| (widths[i] - needs[i]).max(0.0);
        let lacking: f64 = (0..needs.len()).map(|i| lacks(&widths, i)).sum();
        let spare: f64 = (0..needs.len()).map(|i| spares(&widths, i)).sum();
        let moved = lacking.min(spare);
        if moved > 0.0 {
            for i in 0..widths.len() {
                let change = lacks(&widths, i) / lacking - spares(&widths, i) / spare;
                widths[i] += moved * change;
            }
        }
        widths
    }

    fn cell(&mut self, cell: &Cell, style: Style, x: f64, wide: f64, align: Align) -> (Vec<Mark>, f64) {
        let top = 1.0;
        match cell {
            Cell::Text(text) => self.aligned(text, style, (x + PAD, top), wide - 2.0 * PAD, align),
            Cell::Strong(text) => {
                self.aligned(text, Style { bold: true, ..style }, (x + PAD, top), wide - 2.0 * PAD, align)
            }
            Cell::Bar { share, text, tone } => {
                let room = (wide - 2.0 * PAD - NUMBER).max(0.0);
                let length = room * share.clamp(0.0, 1.0);
                let bar = Mark::Rect {
                    x: x + PAD,
                    y: top + 2.4,
                    // The least bar is a hair; of nothing there is none.
                    width: if text == "–" { 0.0 } else { length.max(0.6) },
                    height: style.leading - 4.4,
                    fill: tone.colour(),
                };
                let (mut marks, tall) =
                    self.aligned(text, style, (x + wide - PAD - NUMBER, top), NUMBER, Align::Right);
                marks.insert(0, bar);
                (marks, tall)
            }
        }
    }

    fn aligned(
        &mut self,
        text: &str,
        style: Style,
        at: (f64, f64),
        wide: f64,
        align: Align,
    ) -> (Vec<Mark>, f64) {
        let (mut marks, tall) = self.lines(text, style, at, wide);
        if align == Align::Right {
            for mark in &mut marks {
                if let Mark::Text { at, anchor, .. } = mark {
                    (at.0, *anchor) = (at.0 + wide, Anchor::End);
                }
            }
        }
        (marks, tall)
    }
}
