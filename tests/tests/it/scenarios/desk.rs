//! What a person does with a workbook at a desk: opens it, types into cells, saves it. By libraries of others, which
//! know nothing of what the sheets mean: texts, numbers and what is hidden stay, colours and notes do not.

use std::path::Path;

use calamine::{Data, Reader as _, SheetVisible, Xlsx, open_workbook};
use rust_xlsxwriter::Workbook as Written;

/// A workbook on the desk.
pub(crate) struct Workbook {
    pub(crate) sheets: Vec<Sheet>,
}

/// One sheet of it.
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) look: SheetVisible,
    /// Cells as a person sees them, from A1; every row is as long as the longest.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Workbook {
    /// Opens an .xlsx.
    ///
    /// # Panics
    /// It cannot be read.
    pub(crate) fn open(path: &Path) -> Self {
        let mut book: Xlsx<_> =
            open_workbook(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let looks: Vec<_> =
            book.sheets_metadata().iter().map(|sheet| (sheet.name.clone(), sheet.visible)).collect();
        let sheets = looks.into_iter().map(|(name, look)| {
            let range = book.worksheet_range(&name).expect("the sheet can be read");
            let (last_row, last_column) = range.end().unwrap_or_default();
            let cell = |row, column| range.get_value((row, column)).map(shown).unwrap_or_default();
            let rows = (0..=last_row).map(|row| (0..=last_column).map(|column| cell(row, column)).collect());
            Sheet { rows: rows.collect(), name, look }
        });
        Self { sheets: sheets.collect() }
    }

    /// Saves it.
    ///
    /// # Panics
    /// The folder cannot be written.
    pub(crate) fn save(&self, path: &Path) {
        let mut book = Written::new();
        for sheet in &self.sheets {
            let page = book.add_worksheet().set_name(&sheet.name).expect("a name");
            match sheet.look {
                SheetVisible::Visible => {}
                SheetVisible::Hidden => drop(page.set_hidden(true)),
                SheetVisible::VeryHidden => drop(page.set_very_hidden(true)),
            }
            for (row, cells) in (0..).zip(&sheet.rows) {
                for (column, text) in (0..).zip(cells).filter(|(_, text)| !text.is_empty()) {
                    // A long number is an id, which the template keeps as text.
                    match text.parse::<f64>() {
                        Ok(number) if text.len() < 10 => {
                            page.write_number(row, column, number).expect("a cell")
                        }
                        _ => page.write_string(row, column, text).expect("a cell"),
                    };
                }
            }
        }
        book.save(path).expect("the folder is ours");
    }
}

impl Sheet {
    /// The row of the header: the first that has a cell with this text.
    ///
    /// # Panics
    /// There is none.
    pub(crate) fn header_row(&self, header: &str) -> usize {
        let is_header = |row: &Vec<String>| row.iter().any(|cell| cell == header);
        self.rows.iter().position(is_header).unwrap_or_else(|| panic!("no {header} in {:?}", self.rows))
    }

    /// The column under this header.
    ///
    /// # Panics
    /// There is none.
    pub(crate) fn column(&self, header: &str) -> usize {
        let row = &self.rows[self.header_row(header)];
        row.iter().position(|cell| cell == header).expect("found in this row")
    }
}

/// A cell as text.
fn shown(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        other => other.to_string(),
    }
}
