//! Workbooks. Bytes of a packed file are mostly a checksum's; so the first byte of an input says which part of an honest
//! workbook the rest replaces, unpacked.

use std::sync::LazyLock;

use xiuhua_sheet_makers::parts::{Parts, compound, stored, unzipped};
use xiuhua_sheet_makers::{Book, Sheet, Value};

use crate::table;

/// The parts that are replaced; 0 is the whole file.
const PARTS: [(Format, &str); 9] = [
    (Format::Xlsx, "xl/worksheets/sheet1.xml"),
    (Format::Xlsx, "xl/workbook.xml"),
    (Format::Xlsx, "xl/styles.xml"),
    (Format::Xlsx, "xl/sharedStrings.xml"),
    (Format::Xlsb, "xl/worksheets/sheet1.bin"),
    (Format::Xlsb, "xl/workbook.bin"),
    (Format::Xlsb, "xl/styles.bin"),
    (Format::Ods, "content.xml"),
    (Format::Xls, "Workbook"),
];

pub(crate) const WORDS: &[&[u8]] = &[
    b"<c r=\"A1\" t=\"s\"><v>0</v></c>",
    b"<c r=\"XFD1048576\"><v>1</v></c>",
    b"<row r=\"4294967295\">",
    b"</row>",
    b"<mergeCell ref=\"A1:B9\"/>",
    b"<!DOCTYPE a [<!ENTITY b \"c\">]>",
    b"&b;",
    b"&#0;",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"table:number-columns-repeated=\"16384\"",
    b"table:number-rows-repeated=\"1048576\"",
    b"office:value=\"1e999\"",
    b"t=\"inlineStr\"",
    b"t=\"e\"",
    b"state=\"veryHidden\"",
    b"date1904=\"1\"",
    b"numFmtId=\"9\"",
    b"\x09\x08\x10\0",
    b"\x0a\0\0\0",
    b"\xfc\0",
    b"\xe5\0",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\x00\x02\x0e\0",
];

#[derive(Clone, Copy)]
enum Format {
    Xlsx,
    Xls,
    Xlsb,
    Ods,
}

fn honest(format: Format) -> &'static [u8] {
    static XLSX: LazyLock<Vec<u8>> = LazyLock::new(|| book().xlsx());
    static XLSB: LazyLock<Vec<u8>> = LazyLock::new(|| book().xlsb());
    static ODS: LazyLock<Vec<u8>> = LazyLock::new(|| book().ods());
    static XLS: LazyLock<Vec<u8>> = LazyLock::new(|| book().xls());
    match format {
        Format::Xlsx => &XLSX,
        Format::Xlsb => &XLSB,
        Format::Ods => &ODS,
        Format::Xls => &XLS,
    }
}

/// The parts of an honest workbook; the one of .xls has none.
fn parts_of(format: Format) -> &'static Parts {
    static PARTS: LazyLock<[Parts; 3]> =
        LazyLock::new(|| [Format::Xlsx, Format::Xlsb, Format::Ods].map(|format| unzipped(honest(format))));
    let [xlsx, xlsb, ods] = &*PARTS;
    match format {
        Format::Xlsx => xlsx,
        Format::Xlsb => xlsb,
        Format::Ods | Format::Xls => ods,
    }
}

/// A register of estates with everything a sheet may hold.
fn book() -> Book {
    let mut sheet = Sheet::of_texts(
        "数据",
        "浦东新区小区名册\n小区编号|小区名称|街镇|户数|房屋性质\nP1|梅园一村|潍坊新村街道|100|售后公房\nP2|梅园二村||约300|商品房\n\
         合计|||400",
    );
    sheet.rows[2].push(Value::Share(0.85));
    sheet.rows[2].push(Value::Day(46_082));
    sheet.rows[3].push(Value::Number(12.5));
    sheet.rows[3].push(Value::Truth(true));
    sheet.rows[3].push(Value::Failure);
    let hidden = Sheet::of_texts("备用", "a|b").hidden();
    Book { sheets: vec![sheet.merged(&[(0, 0, 0, 4), (2, 2, 3, 2)]), hidden] }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let formats = [Format::Xlsx, Format::Xlsb, Format::Ods, Format::Xls];
    let whole = formats.map(|format| [&[0], honest(format)].concat());
    let parts = (1u8..).zip(PARTS).map(|(nth, (format, name))| {
        let part = match format {
            Format::Xls => book().stream_of_xls(),
            _ => {
                let mut parts = parts_of(format).iter();
                parts.find(|(of, _)| of == name).expect("an honest workbook has the part").1.clone()
            }
        };
        [vec![nth], part].concat()
    });
    whole.into_iter().chain(parts).collect()
}

pub(crate) fn check(input: &[u8]) {
    let Some((first, rest)) = input.split_first() else { return };
    let part = usize::from(*first).checked_sub(1).and_then(|nth| PARTS.get(nth));
    match part {
        None => table::check(rest),
        Some((Format::Xls, name)) => table::check(&compound(&[(name, rest)])),
        Some((format, name)) => {
            let mut parts = parts_of(*format).clone();
            let part = parts.iter_mut().find(|(of, _)| of == name).expect("an honest workbook has the part");
            part.1 = rest.to_vec();
            table::check(&stored(&parts));
        }
    }
}
