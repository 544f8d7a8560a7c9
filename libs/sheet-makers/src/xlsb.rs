//! `.xlsb`: the records of [MS-XLSB], each a part of a zip.

use super::parts::zipped;
use super::{Book, Look, Sheet, Value};

/// Number formats that every Excel knows, by the place of their cell format in the workbook.
const NUMBER_FORMATS: [u16; 3] = [0, 10, 14];
const GENERAL: u32 = 0;
const SHARE: u32 = 1;
const DAY: u32 = 2;

impl Book {
    /// The workbook as .xlsb. Merged cells are left out: the reader of this format does not tell them.
    #[must_use]
    pub fn xlsb(&self) -> Vec<u8> {
        let mut parts = vec![
            ("[Content_Types].xml".to_owned(), CONTENT_TYPES.as_bytes().to_vec()),
            ("_rels/.rels".to_owned(), RELATIONS.as_bytes().to_vec()),
            ("xl/workbook.bin".to_owned(), self.workbook()),
            ("xl/_rels/workbook.bin.rels".to_owned(), self.relations().into_bytes()),
            ("xl/styles.bin".to_owned(), styles()),
        ];
        for (sheet, nth) in self.sheets.iter().zip(1..) {
            parts.push((format!("xl/worksheets/sheet{nth}.bin"), of_sheet(sheet)));
        }
        zipped(&parts)
    }

    fn workbook(&self) -> Vec<u8> {
        let mut out = Vec::new();
        record(&mut out, 0x83, &[]);
        record(&mut out, 0x8f, &[]);
        for (sheet, nth) in self.sheets.iter().zip(1u32..) {
            let state = u32::from(sheet.look == Look::Hidden);
            let mut data = [state.to_le_bytes(), nth.to_le_bytes()].concat();
            data.extend(wide(&format!("rId{nth}")));
            data.extend(wide(&sheet.name));
            record(&mut out, 0x9c, &data);
        }
        record(&mut out, 0x90, &[]);
        record(&mut out, 0x84, &[]);
        out
    }

    fn relations(&self) -> String {
        let sheet = |nth: usize| {
            format!(
                r#"<Relationship Id="rId{nth}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{nth}.bin"/>"#
            )
        };
        let sheets: String = (1..=self.sheets.len()).map(sheet).collect();
        format!(r#"<Relationships xmlns="{PACKAGE}/relationships">{sheets}</Relationships>"#)
    }
}

const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const CONTENT_TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>"#;
const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.bin"/></Relationships>"#;

fn styles() -> Vec<u8> {
    let mut out = Vec::new();
    record(&mut out, 0x0116, &[]);
    record(&mut out, 0x0269, &u32::try_from(NUMBER_FORMATS.len()).expect("few").to_le_bytes());
    for number_format in NUMBER_FORMATS {
        let mut data = [0; 16];
        data[2..4].copy_from_slice(&number_format.to_le_bytes());
        record(&mut out, 0x2f, &data);
    }
    record(&mut out, 0x026a, &[]);
    record(&mut out, 0x0117, &[]);
    out
}

fn of_sheet(sheet: &Sheet) -> Vec<u8> {
    let mut out = Vec::new();
    record(&mut out, 0x81, &[]);
    let last =
        |n: usize| u32::try_from(n.saturating_sub(1)).expect("a sheet of a test is small").to_le_bytes();
    let width = sheet.rows.iter().map(Vec::len).max().unwrap_or_default();
    record(&mut out, 0x94, &[[0; 4], last(sheet.rows.len()), [0; 4], last(width)].concat());
    record(&mut out, 0x91, &[]);
    let mut current = None;
    for (row, column, value) in sheet.cells() {
        if current != Some(row) {
            current = Some(row);
            let mut data = [0; 17];
            data[..2].copy_from_slice(&row.to_le_bytes());
            record(&mut out, 0x00, &data);
        }
        let at = |format: u32| [u32::from(column).to_le_bytes(), format.to_le_bytes()].concat();
        let real = |format, number: f64| [at(format), number.to_le_bytes().to_vec()].concat();
        match value {
            Value::Blank => {}
            Value::Text(text) => record(&mut out, 0x06, &[at(GENERAL), wide(text)].concat()),
            Value::Number(number) => record(&mut out, 0x05, &real(GENERAL, *number)),
            Value::Share(part) => record(&mut out, 0x05, &real(SHARE, *part)),
            Value::Day(serial) => record(&mut out, 0x05, &real(DAY, f64::from(*serial))),
            Value::Truth(truth) => record(&mut out, 0x04, &[at(GENERAL), vec![u8::from(*truth)]].concat()),
            Value::Failure => record(&mut out, 0x03, &[at(GENERAL), vec![0x07]].concat()),
        }
    }
    record(&mut out, 0x92, &[]);
    record(&mut out, 0x82, &[]);
    out
}

/// A record: its kind in one or two bytes, its length in as many as it needs, seven bits each, then its data.
fn record(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    let [low, high] = kind.to_le_bytes();
    match kind {
        0..0x80 => out.push(low),
        _ => out.extend([low | 0x80, (high << 1) | (low >> 7)]),
    }
    let mut length = data.len();
    loop {
        let seven = u8::try_from(length % 128).expect("seven bits");
        length /= 128;
        out.push(if length > 0 { seven | 0x80 } else { seven });
        if length == 0 {
            break;
        }
    }
    out.extend(data);
}

/// A text: its length in units of UTF-16, then those.
fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let length = u32::try_from(units.len()).expect("a cell is short").to_le_bytes();
    length.into_iter().chain(units.into_iter().flat_map(u16::to_le_bytes)).collect()
}
