//! Files that no honest program writes: bombs, loops, lies, and things that are called workbooks and are none.

use std::fmt::Write as _;

use super::Book;
use super::parts::{compound, replaced, unzipped, zipped};

/// Length of what a bomb unpacks to.
const UNPACKED: usize = 8 * 1024 * 1024;
/// How deep elements stand in one another.
const DEPTH: usize = 100_000;
/// Columns of a header that goes on and on.
const COLUMNS: usize = 1_000_000;

/// A workbook whose sheet is 8 MiB of blanks, some kilobytes packed.
#[must_use]
pub fn bomb() -> Vec<u8> {
    let sheet = format!(
        "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{}</sheetData></worksheet>",
        " ".repeat(UNPACKED)
    );
    workbook(&sheet, "")
}

/// The same, and its directory says that the sheet is one kilobyte.
#[must_use]
pub fn bomb_that_lies() -> Vec<u8> {
    let mut bytes = bomb();
    let sizes = |bytes: &[u8]| {
        let is_entry = |window: &[u8]| window == b"PK\x01\x02";
        let entries = bytes.windows(4).enumerate().filter(|(_, window)| is_entry(window));
        entries.map(|(at, _)| at + 24).collect::<Vec<_>>()
    };
    for at in sizes(&bytes) {
        let size = u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        if usize::try_from(size).expect("32 bits") >= UNPACKED {
            bytes[at..at + 4].copy_from_slice(&1024u32.to_le_bytes());
        }
    }
    bytes
}

/// A workbook whose sheet is a hundred thousand elements in one another.
#[must_use]
pub fn nested() -> Vec<u8> {
    // Text between them keeps the file from being refused as a bomb before it is read.
    let mut sheet = String::from(
        "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData><row r=\"1\">",
    );
    for depth in 0..DEPTH {
        write!(sheet, "<c{}>", depth.wrapping_mul(2_654_435_761)).expect("a text can be written");
    }
    workbook(&sheet, "")
}

/// A workbook whose strings are entities that stand for ten others each.
#[must_use]
pub fn billion_laughs() -> Vec<u8> {
    let mut document = String::from("<!DOCTYPE sst [<!ENTITY a0 \"lol\">");
    for nth in 1..10 {
        let ten = format!("&a{};", nth - 1).repeat(10);
        write!(document, "<!ENTITY a{nth} \"{ten}\">").expect("a text can be written");
    }
    document.push_str("]>");
    let sheet = "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>&a9;</t></is></c></row>\
                 </sheetData></worksheet>";
    workbook(sheet, &document)
}

/// A workbook that holds an entity of a file of this machine.
#[must_use]
pub fn outside_entity() -> Vec<u8> {
    let document = "<!DOCTYPE worksheet [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>";
    let sheet = "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>&x;</t></is></c></row>\
                 </sheetData></worksheet>";
    workbook(sheet, document)
}

/// A workbook with one cell in its last row and last column, and so a sheet of 17 thousand million cells.
#[must_use]
pub fn far_cell() -> Vec<u8> {
    let sheet = "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row>\
                 <row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData></worksheet>";
    workbook(sheet, "")
}

/// An OpenDocument sheet that says of one cell and one row that they repeat a million times.
#[must_use]
pub fn repeated_cells() -> Vec<u8> {
    let repeated = "<table:table-row table:number-rows-repeated=\"1048576\">\
                    <table:table-cell table:number-columns-repeated=\"16384\" ";
    let honest = Book::of_texts("a").ods();
    let content = unzipped(&honest).pop().expect("the content is the last part").1;
    let text = String::from_utf8(content).expect("the content is text");
    let text = text.replace("<table:table-row><table:table-cell ", repeated);
    replaced(&honest, "content.xml", text.as_bytes())
}

/// A compound file whose chain of sectors leads back to its own start.
#[must_use]
pub fn looping_chain() -> Vec<u8> {
    let mut bytes = Book::of_texts(&"小区|街镇\n".repeat(200)).xls();
    let word = |bytes: &[u8], at: usize| {
        usize::try_from(u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")))
            .expect("32 bits")
    };
    let sector_size = 1 << bytes[30];
    let table = (word(&bytes, 76) + 1) * sector_size;
    // Every sector that is followed by another is now followed by itself.
    for nth in 0..sector_size / 4 {
        let at = table + nth * 4;
        if word(&bytes, at) < bytes.len() / sector_size {
            let itself = u32::try_from(nth).expect("few sectors").to_le_bytes();
            bytes[at..at + 4].copy_from_slice(&itself);
        }
    }
    bytes
}

/// What Excel saves when it is given a password: a compound file with these two streams.
#[must_use]
pub fn encrypted() -> Vec<u8> {
    compound(&[("EncryptionInfo", [7; 1024].as_slice()), ("EncryptedPackage", [7; 8192].as_slice())])
}

/// A web page that many old systems save as `.xls`.
#[must_use]
pub fn web_page() -> Vec<u8> {
    "<html><head><meta charset=\"utf-8\"></head><body><table><tr><td>小区编号</td></tr><tr><td>P1</td></tr></table>\
     </body></html>"
        .into()
}

/// The XML of Excel 2003 that others save as `.xls`.
#[must_use]
pub fn xml_of_2003() -> Vec<u8> {
    "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>\
     <Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet/></Workbook>"
        .into()
}

/// A zip that holds a letter and no workbook.
#[must_use]
pub fn zip_without_workbook() -> Vec<u8> {
    zipped(&[("letter.txt".to_owned(), b"dear colleagues".to_vec())])
}

/// A header of a million columns.
#[must_use]
pub fn million_columns() -> Vec<u8> {
    let mut header = String::from("place_id");
    for nth in 1..COLUMNS {
        write!(header, ",c{nth}").expect("a text can be written");
    }
    format!("{header}\nP1\n").into_bytes()
}

/// An honest workbook with this sheet in place of its own; `document` stands before the root.
fn workbook(sheet: &str, document: &str) -> Vec<u8> {
    let honest = Book::of_texts("a").xlsx();
    replaced(&honest, "xl/worksheets/sheet1.xml", format!("{document}{sheet}").as_bytes())
}
