//! Workbooks of .ods, .xls and .xlsb made byte by byte: what calamine does not tell, and what would exhaust it.

use std::io::{Cursor, Write as _};

use super::tests::{fault, open, reasons, rows};
use super::workbook_tests::zipped;
use super::*;

fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\"><office:body><office:spreadsheet>\
         <table:table table:name=\"数据\">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    );
    zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<manifest:manifest/>"),
        ("content.xml", content.as_bytes()),
    ])
}

fn ods_text(text: &str, attributes: &str) -> String {
    format!(
        "<table:table-cell office:value-type=\"string\" {attributes}><text:p>{text}</text:p></table:table-cell>"
    )
}

fn ods_header() -> String {
    format!("<table:table-row>{}{}</table:table-row>", ods_text("小区编号", ""), ods_text("户数", ""))
}

#[test]
fn an_ods_tells_percentages_merged_cells_repeats_and_hidden_rows() {
    let town = ods_text("一", "table:number-rows-spanned=\"2\"");
    let percent = "<table:table-cell office:value-type=\"percentage\" office:value=\"0.07\"/>";
    let day = "<table:table-cell office:value-type=\"date\" office:date-value=\"2026-03-01\"/>";
    let mut table = open(&ods(&format!(
        "{}<table:table-row>{town}{percent}</table:table-row>\
         <table:table-row table:visibility=\"collapse\"><table:covered-table-cell/>{day}</table:table-row>\
         <table:table-row table:number-rows-repeated=\"2\">{}</table:table-row>\
         <table:table-row table:number-rows-repeated=\"1048571\"><table:table-cell table:number-columns-repeated=\"16384\"/>\
         </table:table-row>",
        ods_header(),
        ods_text("二", "table:number-columns-repeated=\"2\""),
    )))
    .unwrap();
    let mut originals = Vec::new();
    while let Some(row) = table.next_row().unwrap() {
        originals.push((row.number, row.original().to_owned()));
    }
    let expected = [(2, "一,7%"), (3, "一,2026-03-01"), (4, "二,二"), (5, "二,二")];
    assert_eq!(originals, expected.map(|(number, text)| (number, text.to_owned())));
    assert_eq!(reasons(&table), [(None, "HIDDEN_ROWS")]);
}

#[test]
fn an_ods_tells_days_that_are_shown_as_months_or_years() {
    let day = |shown: &str| {
        format!(
            "<table:table-row>{}<table:table-cell office:value-type=\"date\" office:date-value=\"2021-03-01\">\
             <text:p>{shown}</text:p></table:table-cell></table:table-row>",
            ods_text("一", "")
        )
    };
    let shown =
        ["2021年3月", "2021-03", "Mar 2021", "2021", "2021-03-01", "1. März 2021", "2021年3月1日", "3月1日"];
    let mut table = open(&ods(&(ods_header() + &shown.map(day).concat()))).unwrap();
    let mut originals = Vec::new();
    while let Some(row) = table.next_row().unwrap() {
        originals.push(row.original().to_owned());
    }
    let (month, year, whole) = ("一,2021-03", "一,2021", "一,2021-03-01");
    assert_eq!(originals, [month, month, month, year, whole, whole, whole, whole]);
}

#[test]
fn an_ods_whose_repeats_would_fill_memory_is_refused() {
    let header = ods_header();
    let row = |attributes: &str, cell: String| {
        format!("{header}<table:table-row {attributes}>{cell}</table:table-row>")
    };
    let wide = "table:number-columns-repeated=\"16384\"";
    for (rows, en) in [
        (row("table:number-rows-repeated=\"1048000\"", ods_text("x", wide)), "cells, which is the limit"),
        (
            row(
                "table:number-rows-repeated=\"1000000\"",
                ods_text("", "") + &ods_text("x", "table:number-columns-repeated=\"20\""),
            ),
            "cells, which is the limit",
        ),
        (row("", ods_text("<text:s text:c=\"4000000000\"/>", "")), "characters, which is the limit"),
        (row("table:number-rows-repeated=\"900000\"", ods_text(&"长".repeat(1000), "")), "MiB when unpacked"),
        (format!("{header}<table:table-row><table:table-cell>"), "does not end"),
    ] {
        let fault = fault(&ods(&rows));
        assert!(fault.en.contains(en), "{en}: {}", fault.en);
    }
    let locked = zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<manifest:manifest><manifest:encryption-data/></manifest:manifest>"),
        ("content.xml", b"\x00\x01"),
    ]);
    assert!(fault(&locked).zh.contains("取消密码"));
}

/// A record of .xls.
fn biff(kind: u16, parts: &[&[u8]]) -> Vec<u8> {
    let bytes = parts.concat();
    let length = u16::try_from(bytes.len()).unwrap();
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), &bytes].concat()
}

/// A shared string of .xls in UTF-16.
fn biff_text(text: &str) -> Vec<u8> {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&u16::try_from(wide.len() / 2).unwrap().to_le_bytes()[..], &[1], &wide].concat()
}

/// An .xls with these shared strings and these records of its only sheet.
fn xls(strings: &[&str], cells: &[Vec<u8>]) -> Vec<u8> {
    let begin = |kind: u16| biff(0x0809, &[&[0x00, 0x06], &kind.to_le_bytes(), &[0; 12]]);
    let style = |format: u16| biff(0x00E0, &[&[0; 2], &format.to_le_bytes(), &[0; 16]]);
    let texts: Vec<u8> = strings.iter().flat_map(|text| biff_text(text)).collect();
    let globals = |sheet: u32| {
        let name: Vec<u8> = "数据".encode_utf16().flat_map(u16::to_le_bytes).collect();
        [
            begin(0x0005),
            style(0),
            style(10),
            style(57),
            biff(0x0085, &[&sheet.to_le_bytes(), &[0, 0, 2, 1], &name]),
            biff(0x00FC, &[&[0; 8], &texts]),
            biff(0x000A, &[]),
        ]
        .concat()
    };
    let at = u32::try_from(globals(0).len()).unwrap();
    let stream = [globals(at), begin(0x0010), cells.concat(), biff(0x000A, &[])].concat();
    let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    container.create_stream("/Workbook").unwrap().write_all(&stream).unwrap();
    container.into_inner().into_inner()
}

fn shared_text(row: u16, column: u16, number: u32) -> Vec<u8> {
    biff(0x00FD, &[&row.to_le_bytes(), &column.to_le_bytes(), &[0; 2], &number.to_le_bytes()])
}

fn number(row: u16, column: u16, style: u16, number: f64) -> Vec<u8> {
    biff(0x0203, &[&row.to_le_bytes(), &column.to_le_bytes(), &style.to_le_bytes(), &number.to_le_bytes()])
}

#[test]
fn an_xls_tells_percentages_and_months_and_declares_what_it_likes() {
    let strings = ["小区编号", "户数", "㛃𠮷苑"];
    let merged = biff(0x00E5, &[&[1, 0, 1, 0, 2, 0, 0, 0, 0, 0]]);
    let dimensions = biff(0x0200, &[&[0; 4], &[0xFF; 4], &[0, 0, 0xFF, 0xFF, 0, 0]]);
    let mut table = open(&xls(
        &strings,
        &[
            dimensions,
            shared_text(0, 0, 0),
            shared_text(0, 1, 1),
            shared_text(1, 0, 2),
            number(1, 1, 1, 0.07),
            number(2, 1, 0, 12.0),
            number(3, 1, 2, 44_256.0),
            merged,
        ],
    ))
    .unwrap();
    assert_eq!((table.about().format, table.about().percents_known), (Format::Xls, true));
    let found = rows(&mut table);
    let cells: Vec<[&str; 2]> =
        found.iter().map(|(_, cells)| [cells[0].as_str(), cells[1].as_str()]).collect();
    assert_eq!(cells, [["㛃𠮷苑", "Percent(7.0)"], ["㛃𠮷苑", "Number(12.0)"], ["", "2021-03"]]);
}

#[test]
fn an_xls_made_to_exhaust_memory_is_refused() {
    let far = [shared_text(0, 0, 0), number(65_535, 255, 0, 1.0)];
    assert!(fault(&xls(&["小区编号"], &far)).en.contains("cells, which is the limit"));
    let long = "长".repeat(30_000);
    let often: Vec<Vec<u8>> = (0..4_000).map(|row| shared_text(row, 0, 0)).collect();
    assert!(fault(&xls(&[&long], &often)).en.contains("MiB when unpacked"));
    let locked = biff(0x002F, &[&[1, 0]]);
    let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    container.create_stream("/Workbook").unwrap().write_all(&locked).unwrap();
    assert!(fault(container.into_inner().get_ref()).zh.contains("取消密码"));
}

#[test]
fn a_container_whose_sectors_run_in_a_circle_is_refused() {
    let mut bytes = xls(&["小区编号"], &(0..2_000).map(|row| number(row, 0, 0, 1.0)).collect::<Vec<_>>());
    // The table of sectors of this container (version 4) is its second sector: let every chain go back to its start.
    let table = 4096..8192;
    for entry in bytes[table].chunks_exact_mut(4) {
        let next = u32::from_le_bytes(entry.try_into().unwrap());
        if next < 0xFFFF_FFFA {
            entry.copy_from_slice(&(next.saturating_sub(1)).to_le_bytes());
        }
    }
    assert!(fault(&bytes).en.contains("damaged"));
}

/// A record of .xlsb, whose type is below 128 or has its second byte in the upper half.
fn record(kind: u16, parts: &[&[u8]]) -> Vec<u8> {
    let bytes = parts.concat();
    let [low, high] = kind.to_le_bytes();
    let kind = if kind < 0x80 { vec![low] } else { vec![(low & 0x7F) | 0x80, (high << 1) | (low >> 7)] };
    let length = bytes.len();
    let length = [u8::try_from(length & 0x7F).unwrap() | 0x80, u8::try_from(length >> 7).unwrap()];
    [&kind[..], &length, &bytes].concat()
}

fn wide(text: &str) -> Vec<u8> {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&u32::try_from(wide.len() / 2).unwrap().to_le_bytes()[..], &wide].concat()
}

#[test]
fn an_xlsb_tells_percentages_months_and_merged_cells() {
    let row = |number: u32| record(0x00, &[&number.to_le_bytes(), &[0; 13]]);
    let text = |column: u32, text: &str| record(0x06, &[&column.to_le_bytes(), &[0; 4], &wide(text)]);
    let real = |column: u32, style: u8, number: f64| {
        record(0x05, &[&column.to_le_bytes(), &[style, 0, 0, 0], &number.to_le_bytes()])
    };
    let area = [1_u32, 2, 0, 0].map(u32::to_le_bytes).concat();
    let sheet = [
        record(0x0094, &[&[0; 16]]),
        record(0x0091, &[]),
        row(0),
        text(0, "小区编号"),
        text(1, "户数"),
        row(1),
        text(0, "一苑"),
        real(1, 1, 0.285),
        row(2),
        real(1, 0, 3.0),
        row(3),
        real(1, 2, 44_256.0),
        record(0x0092, &[]),
        record(0x00B0, &[&area]),
    ]
    .concat();
    let styles = [
        record(0x0267, &[&1_u32.to_le_bytes()]),
        record(0x002C, &[&[164, 0], &wide("0.0%")]),
        record(0x0269, &[&3_u32.to_le_bytes()]),
        record(0x002F, &[&[0; 16]]),
        record(0x002F, &[&[0, 0, 164, 0], &[0; 12]]),
        record(0x002F, &[&[0, 0, 17, 0], &[0; 12]]),
        record(0x026A, &[]),
    ]
    .concat();
    let workbook = [
        record(0x009C, &[&[0; 4], &[1, 0, 0, 0], &wide("rId1"), &wide("数据")]),
        record(0x0090, &[]),
        record(0x009D, &[]),
    ]
    .concat();
    let relationships =
        "<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/sheet1.bin\"/></Relationships>";
    let mut table = open(&zipped(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/_rels/workbook.bin.rels", relationships.as_bytes()),
        ("xl/workbook.bin", &workbook),
        ("xl/styles.bin", &styles),
        ("xl/worksheets/sheet1.bin", &sheet),
    ]))
    .unwrap();
    assert_eq!(table.about().format, Format::Xlsb);
    let found = rows(&mut table);
    let cells: Vec<[&str; 2]> =
        found.iter().map(|(_, cells)| [cells[0].as_str(), cells[1].as_str()]).collect();
    assert_eq!(cells, [["一苑", "Percent(28.5)"], ["一苑", "Number(3.0)"], ["", "2021-03"]]);
}

#[test]
fn an_xls_of_before_1997_says_that_percentages_are_not_known() {
    let begin = |kind: u16| biff(0x0809, &[&[0x00, 0x05], &kind.to_le_bytes(), &[0; 4]]);
    let label = |column: u16, text: &[u8]| {
        let length = u16::try_from(text.len()).unwrap();
        biff(0x0204, &[&[0; 2], &column.to_le_bytes(), &[0; 2], &length.to_le_bytes(), text])
    };
    let globals = |sheet: u32| {
        [
            begin(0x0005),
            biff(0x0042, &[&936_u16.to_le_bytes()]),
            biff(0x00E0, &[&[0; 16]]),
            biff(0x0085, &[&sheet.to_le_bytes(), &[0, 0, 4], b"data"]),
            biff(0x000A, &[]),
        ]
        .concat()
    };
    let header = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    let cells = [label(0, &header("小区编号")), label(1, &header("户数")), number(1, 1, 0, 0.85)].concat();
    let at = u32::try_from(globals(0).len()).unwrap();
    let stream = [globals(at), begin(0x0010), cells, biff(0x000A, &[])].concat();
    let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    container.create_stream("/Book").unwrap().write_all(&stream).unwrap();
    let table = open(container.into_inner().get_ref()).unwrap();
    assert!(!table.about().percents_known);
    assert_eq!(reasons(&table), [(None, "PERCENTS_UNKNOWN")]);
}
