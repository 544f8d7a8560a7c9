//! `.xlsx`, by the library that everyone uses.

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, XlsxError};

use super::{Book, Look, Value};

impl Book {
    /// The workbook as .xlsx.
    ///
    /// # Panics
    /// A name or merged range that no workbook can have.
    #[must_use]
    pub fn xlsx(&self) -> Vec<u8> {
        self.written().expect("a workbook of a test can be written")
    }

    fn written(&self) -> Result<Vec<u8>, XlsxError> {
        let share = Format::new().set_num_format("0.00%");
        let day = Format::new().set_num_format("yyyy-mm-dd");
        let plain = Format::new();
        let mut book = Workbook::new();
        for sheet in &self.sheets {
            let page = book.add_worksheet().set_name(&sheet.name)?;
            if sheet.look == Look::Hidden {
                page.set_hidden(true);
            }
            for &(top, left, bottom, right) in &sheet.merged {
                page.merge_range(top.into(), left, bottom.into(), right, "", &plain)?;
            }
            for (row, column, value) in sheet.cells() {
                let row = u32::from(row);
                match value {
                    Value::Blank => continue,
                    Value::Text(text) => page.write_string(row, column, text)?,
                    Value::Number(number) => page.write_number(row, column, *number)?,
                    Value::Share(part) => page.write_number_with_format(row, column, *part, &share)?,
                    Value::Day(serial) => {
                        let date = ExcelDateTime::from_serial_datetime(f64::from(*serial))?;
                        page.write_datetime_with_format(row, column, date, &day)?
                    }
                    Value::Truth(truth) => page.write_boolean(row, column, *truth)?,
                    Value::Failure => {
                        page.write_formula(row, column, Formula::new("=1/0").set_result("#DIV/0!"))?
                    }
                };
            }
        }
        book.save_to_buffer()
    }
}
