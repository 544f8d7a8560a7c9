//! A returned sheet as its receiver has it.

use std::path::Path;

use calamine::SheetVisible;

use super::super::desk::Workbook;

/// The first sheet of a returned sheet, row by row, and the workbook around it.
pub(super) struct ReturnedSheet {
    book: Workbook,
    pub(super) rows: Vec<ReturnedRow>,
}

/// One row that was rejected.
pub(super) struct ReturnedRow {
    /// Its number in the file that was sent.
    pub(super) number: u64,
    /// The sender's cells.
    pub(super) cells: Vec<String>,
    /// What is wrong with it.
    pub(super) verdict: String,
}

impl ReturnedSheet {
    /// Reads it.
    ///
    /// # Panics
    /// It is not laid out as a returned sheet.
    pub(super) fn read(path: &Path) -> Self {
        let book = Workbook::open(path);
        let sheets: Vec<_> = book.sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.look)).collect();
        let visible = SheetVisible::Visible;
        assert_eq!(sheets, [("待修改", visible), ("汇总", visible), ("xiuhua", SheetVisible::VeryHidden)]);
        let (header, lines) = book.sheets[0].rows.split_first().expect("a header");
        let width = header.len();
        assert_eq!((header[0].as_str(), header[width - 1].as_str()), ("原行号", "校验结果"));
        let rows = lines.iter().map(|row| ReturnedRow {
            number: row[0].parse().unwrap_or_else(|_| panic!("{} is no row number", row[0])),
            cells: row[1..width - 1].to_vec(),
            verdict: row[width - 1].clone(),
        });
        Self { rows: rows.collect(), book }
    }

    /// What the second sheet says.
    pub(super) fn summary(&self) -> String {
        self.book.sheets[1].rows.iter().map(|row| row.join(" ")).collect::<Vec<_>>().join("\n")
    }

    /// Types something over the cell of a row of the file that was sent.
    pub(super) fn mend(&mut self, row: u64, column: &str, text: &str) {
        let sheet = &mut self.book.sheets[0];
        let column = sheet.column(column);
        let line = sheet.rows.iter_mut().find(|cells| cells[0] == row.to_string());
        line.expect("the row came back")[column] = text.to_owned();
    }

    /// Saves it under another name.
    pub(super) fn save(&self, path: &Path) {
        self.book.save(path);
    }
}
