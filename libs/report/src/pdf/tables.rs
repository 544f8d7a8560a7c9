//! Tables become an item a row, their header repeated where a page begins.

use std::rc::Rc;

use crate::colour::{INK, MUTED, RULE};
use crate::document::{Align, Cell, Table};
use crate::drawing::{Anchor, Mark};
use crate::pdf::composing::{Composer, Item, Piece, Role, Style};

/// Room left and right of a cell's text.
const PAD: f64 = 4.5;
/// Room for the number behind a bar.
const NUMBER: f64 = 33.0;
const HEADER: Style = Style { size: 7.5, leading: 11.0, bold: false, colour: MUTED };
const CELL: Style = Style { size: 8.3, leading: 11.4, bold: false, colour: INK };

impl Composer<'_> {
    /// A table as wide as `width`.
    pub(super) fn table(&mut self, table: &Table, width: f64) -> Vec<Item> {
        let id = self.tables;
        self.tables += 1;
        let summary: Rc<str> = table.summary.as_str().into();
        let weights: f64 = table.columns.iter().map(|column| column.weight).sum();
        let mut left = 0.0;
        let columns: Vec<(f64, f64, Align)> = table
            .columns
            .iter()
            .map(|column| {
                let wide = width * column.weight / weights;
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
        let marks = header.pieces.iter().flat_map(|piece| piece.marks.clone()).collect();
        let repeated = Rc::new((header.height, marks));
        let mut items = vec![header];
        for (number, cells) in (1..).zip(&table.rows) {
            items.push(Item { header: Some(repeated.clone()), ..row(number, cells.clone(), CELL) });
        }
        items
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
                    width: length.max(0.6),
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
