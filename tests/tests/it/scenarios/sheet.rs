//! A workbook as a script handles it: read whole, cells changed, written again with everything that was in it.

use std::path::Path;

use calamine::{Data, Reader, SheetVisible, Xlsx, open_workbook};
use rust_xlsxwriter::Workbook;

/// The texts of a workbook's sheets, in their order.
pub(crate) struct Sheets(Vec<(String, SheetVisible, Vec<Vec<Data>>)>);

impl Sheets {
    /// Reads a workbook.
    pub(crate) fn read(path: &Path) -> Self {
        let mut book: Xlsx<_> = open_workbook(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let sheets = book.sheets_metadata().to_vec();
        let sheets = sheets.into_iter().map(|sheet| {
            let range = book.worksheet_range(&sheet.name).expect("the sheet is there");
            (sheet.name, sheet.visible, range.rows().map(<[Data]>::to_vec).collect())
        });
        Self(sheets.collect())
    }

    /// Writes it again.
    pub(crate) fn write(&self, path: &Path) {
        let mut book = Workbook::new();
        for (name, visible, rows) in &self.0 {
            let sheet = book.add_worksheet().set_name(name).expect("a name");
            for (row, cells) in (0..).zip(rows) {
                for (column, cell) in (0..).zip(cells) {
                    match cell {
                        Data::Empty => {}
                        Data::Float(number) => {
                            sheet.write_number(row, column, *number).expect("a number");
                        }
                        other => {
                            sheet.write_string(row, column, other.to_string()).expect("a text");
                        }
                    }
                }
            }
            if *visible == SheetVisible::VeryHidden {
                sheet.set_very_hidden(true);
            }
        }
        book.save(path).expect("the folder is ours");
    }

    /// Names of the sheets that a person sees.
    pub(crate) fn visible(&self) -> Vec<&str> {
        let visible = self.0.iter().filter(|(_, visible, _)| *visible == SheetVisible::Visible);
        visible.map(|(name, ..)| name.as_str()).collect()
    }

    /// The rows of a sheet.
    pub(crate) fn rows(&mut self, name: &str) -> &mut Vec<Vec<Data>> {
        let found = self.0.iter_mut().find(|(sheet, ..)| sheet == name);
        &mut found.unwrap_or_else(|| panic!("no sheet {name}")).2
    }

    /// The texts of a sheet, with its header.
    pub(crate) fn texts(&mut self, name: &str) -> Vec<Vec<String>> {
        self.rows(name).iter().map(|row| row.iter().map(ToString::to_string).collect()).collect()
    }

    /// Puts a text into the cell of a row (from 1, the header is 0) under a header.
    pub(crate) fn set(&mut self, name: &str, row: usize, header: &str, text: &str) {
        let rows = self.rows(name);
        let column = rows[0].iter().position(|cell| *cell == *header);
        let column = column.unwrap_or_else(|| panic!("no column {header} in {:?}", rows[0]));
        let width = rows[0].len();
        if rows.len() <= row {
            rows.resize(row + 1, vec![Data::Empty; width]);
        }
        rows[row].resize(width, Data::Empty);
        rows[row][column] = Data::String(text.to_owned());
    }
}
