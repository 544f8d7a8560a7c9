//! Delimited text, and everything that is opened as a table.

use std::path::Path;
use std::sync::LazyLock;

use tempfile::TempDir;
use xiuhua_sheet_makers::text::{Encoding, encoded};
use xiuhua_spreadsheets::table::{Opening, Table, UnusableFile};

use crate::typed;

const PLACES: &str = "\
浦东新区小区名册,,,,
小区编号,小区名称,街镇,户数,房屋性质
P1,梅园一村,潍坊新村街道,\"1,234\",售后公房
P2,\"梅园
二村\",,约300,商品房

合计,,,1534,
注：截至2026年3月,,,,
";

pub(crate) const WORDS: &[&[u8]] = &[
    b"\"",
    b"\"\"",
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"sep=;\n",
    b"\x81\x30\x81\x30",
    b"\xfe\x59",
    b"\x84\x31\xa4\x37",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"PK\x03\x04",
    b"<html>",
    b"=1+1",
    b"1e308",
    b"-0",
    "合计".as_bytes(),
    "注：".as_bytes(),
    "，".as_bytes(),
    "\u{3000}".as_bytes(),
    "\u{e81e}".as_bytes(),
    "𠮷".as_bytes(),
];

/// One file, written again and again.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().expect("a temporary folder"));

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let encodings =
        [Encoding::Utf8, Encoding::Utf8Marked, Encoding::Gb18030, Encoding::Utf16Le, Encoding::Utf16Be];
    let encodings = encodings.map(|encoding| encoded(PLACES, encoding));
    let delimited = [';', '\t'].map(|it| PLACES.replace(',', &it.to_string()).into_bytes());
    let canonical =
        "place_id,indicator,period,value,source,revised_at\nP1,C2.3,2021,1.5,hotline,2022-01-01\n";
    encodings.into_iter().chain(delimited).chain([canonical.into()]).collect()
}

/// What is read of a table: a row's number, its cells as text, its original.
type Read = Vec<(u64, String, String)>;

pub(crate) fn check(input: &[u8]) {
    let thread = std::thread::current();
    let path = FOLDER.path().join(format!("{:?}", thread.id()));
    std::fs::write(&path, input).expect("the folder is ours");
    match read(&path, input.len()) {
        Ok(()) => typed::check(&path),
        Err(unusable) => {
            assert!(!unusable.faults.is_empty(), "refused without a reason");
            for fault in &unusable.faults {
                assert!(!fault.zh.is_empty() && !fault.en.is_empty(), "a fault says nothing");
                assert!(fault.zh.len() + fault.en.len() < 16 * 1024, "a fault without end");
            }
        }
    }
}

fn read(path: &Path, length: usize) -> Result<(), UnusableFile> {
    let is_header = |header: &str| ["小区编号", "小区名称", "户数", "place_id", "value"].contains(&header);
    let mut table = Table::open(path, &Opening::new(&is_header))?;
    let sha256 = table.sha256()?;
    table.rewind()?;
    let first = rows(&mut table, length)?;
    table.is_still(&sha256)?;
    table.rewind()?;
    assert_eq!(rows(&mut table, length)?, first, "a second reading differs");
    assert!(table.remarks().len() <= 101, "remarks without end");
    Ok(())
}

fn rows(table: &mut Table, length: usize) -> Result<Read, UnusableFile> {
    let columns = table.headers().len();
    let mut read: Read = Vec::new();
    while let Some(row) = table.next_row()? {
        assert!(read.last().is_none_or(|(number, ..)| *number < row.number), "row numbers do not grow");
        let cells =
            (0..=columns).map(|column| format!("{:?}", row.cell(column))).collect::<Vec<_>>().join("|");
        read.push((row.number, cells, row.original().to_owned()));
        // A packed row of a workbook takes a byte at least, repeated rows of OpenDocument none.
        assert!(read.len() <= 2_000_000 + length, "rows without end");
    }
    Ok(read)
}
