//! `.ods`: the OpenDocument spreadsheet that LibreOffice saves.

use std::fmt::Write as _;

use super::parts::zipped;
use super::{Book, Look, Sheet, Value};

const KIND: &str = "application/vnd.oasis.opendocument.spreadsheet";
const NAMES: &str = r#"xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0""#;

impl Book {
    /// The workbook as .ods.
    #[must_use]
    pub fn ods(&self) -> Vec<u8> {
        let sheets: String = self.sheets.iter().map(of_sheet).collect();
        let style = r#"<style:style style:name="hidden" style:family="table"><style:table-properties table:display="false"/></style:style>"#;
        let content = format!(
            "<office:document-content {NAMES}><office:automatic-styles>{style}</office:automatic-styles>\
             <office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body></office:document-content>"
        );
        let manifest = format!(
            r#"<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="{KIND}"/></manifest:manifest>"#
        );
        zipped(&[
            ("mimetype".to_owned(), KIND.as_bytes().to_vec()),
            ("META-INF/manifest.xml".to_owned(), manifest.into_bytes()),
            ("content.xml".to_owned(), content.into_bytes()),
        ])
    }
}

fn of_sheet(sheet: &Sheet) -> String {
    let style = if sheet.look == Look::Hidden { r#" table:style-name="hidden""# } else { "" };
    let mut out = format!(r#"<table:table table:name="{}"{style}>"#, escaped(&sheet.name));
    for (row, cells) in (0u16..).zip(&sheet.rows) {
        out.push_str("<table:table-row>");
        for (column, value) in (0u16..).zip(cells) {
            out.push_str(&of_cell(sheet, row, column, value));
        }
        out.push_str("</table:table-row>");
    }
    out.push_str("</table:table>");
    out
}

fn of_cell(sheet: &Sheet, row: u16, column: u16, value: &Value) -> String {
    let merged = sheet.merged.iter().find(|(top, left, bottom, right)| {
        (*top..=*bottom).contains(&row) && (*left..=*right).contains(&column)
    });
    let span = match merged {
        Some(&(top, left, bottom, right)) if (top, left) == (row, column) => format!(
            r#" table:number-rows-spanned="{}" table:number-columns-spanned="{}""#,
            bottom - top + 1,
            right - left + 1
        ),
        Some(_) => return "<table:covered-table-cell/>".to_owned(),
        None => String::new(),
    };
    let typed = match value {
        Value::Blank => return format!("<table:table-cell{span}/>"),
        Value::Text(_) | Value::Failure => r#"office:value-type="string""#.to_owned(),
        Value::Number(number) => format!(r#"office:value-type="float" office:value="{number}""#),
        Value::Share(part) => format!(r#"office:value-type="percentage" office:value="{part}""#),
        Value::Day(serial) => {
            let day = jiff::civil::date(1899, 12, 30) + jiff::ToSpan::days(i64::from(*serial));
            format!(r#"office:value-type="date" office:date-value="{day}""#)
        }
        Value::Truth(truth) => format!(r#"office:value-type="boolean" office:boolean-value="{truth}""#),
    };
    let mut shown = String::new();
    match value {
        Value::Text(text) => shown.push_str(&escaped(text)),
        Value::Failure => shown.push_str("#DIV/0!"),
        Value::Share(part) => write!(shown, "{}%", part * 100.0).expect("a text can be written"),
        _ => {}
    }
    format!("<table:table-cell {typed}{span}><text:p>{shown}</text:p></table:table-cell>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
