//! Workbooks as offices send them, read as tables. Those of other programs than Excel are made by the scenarios.

use std::io::{Cursor, Write as _};

use rust_xlsxwriter::{ExcelDateTime, Format as Style, Formula, Workbook as Writer, Worksheet};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::tests::{fault, file, open, opening, reasons, rows};
use super::*;

/// A workbook whose first sheet is filled by `fill`.
fn xlsx(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut writer = Writer::new();
    fill(writer.add_worksheet());
    writer.save_to_buffer().unwrap()
}

fn write_rows(sheet: &mut Worksheet, rows: &[&[&str]]) {
    for (row, cells) in rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            sheet.write(u32::try_from(row).unwrap(), u16::try_from(column).unwrap(), *cell).unwrap();
        }
    }
}

fn open_sheet(bytes: &[u8], sheet: &str) -> Result<Table, UnusableFile> {
    Table::open(file(bytes).path(), &Opening { sheet: Some(sheet), ..opening() })
}

fn only_row(table: &mut Table) -> Vec<Cell<'_>> {
    let columns = table.headers().len();
    let row = table.next_row().unwrap().unwrap();
    (0..columns).map(|column| row.cell(column)).collect()
}

#[test]
fn cells_keep_their_kind_and_percentages_are_told() {
    let bytes = xlsx(|sheet| {
        write_rows(sheet, &[&["小区编号", "率", "日期", "时间", "是否", "错误", "空", "数", "引号"]]);
        sheet.write(1, 0, "310115004001").unwrap();
        sheet.write_with_format(1, 1, 0.07, &Style::new().set_num_format("0.0%")).unwrap();
        let day = ExcelDateTime::from_ymd(2026, 3, 1).unwrap();
        sheet
            .write_with_format(1, 2, &day, &Style::new().set_num_format("yyyy\"年\"m\"月\"d\"日\""))
            .unwrap();
        let noon = ExcelDateTime::from_ymd(2026, 3, 1).unwrap().and_hms(12, 30, 0).unwrap();
        sheet.write_with_format(1, 3, &noon, &Style::new().set_num_format("yyyy-mm-dd hh:mm")).unwrap();
        sheet.write(1, 4, true).unwrap();
        sheet.write(1, 5, Formula::new("1/0").set_result("#DIV/0!")).unwrap();
        sheet.write(1, 6, "　 ").unwrap();
        sheet.write_with_format(1, 7, 1234.5, &Style::new().set_num_format("#,##0.00\"%\"")).unwrap();
        sheet.write(1, 8, " a\"b,c ").unwrap();
    });
    let mut table = open(&bytes).unwrap();
    let moment = |text: &str| Cell::Moment(text.parse().unwrap());
    assert_eq!(
        only_row(&mut table),
        [
            Cell::Text("310115004001"),
            Cell::Percent(7.0),
            moment("2026-03-01T00:00:00"),
            moment("2026-03-01T12:30:00"),
            Cell::Truth(true),
            Cell::Failure("#DIV/0!"),
            Cell::Empty,
            Cell::Number(1234.5),
            Cell::Text("a\"b,c"),
        ]
    );
    table.rewind().unwrap();
    let row = table.next_row().unwrap().unwrap();
    assert_eq!(row.number, 2);
    assert_eq!(
        row.original(),
        "310115004001,7%,2026-03-01,2026-03-01T12:30:00,TRUE,#DIV/0!,,1234.5,\"a\"\"b,c\""
    );
    let about = table.about();
    assert_eq!((about.format, about.sheet.as_deref(), about.header_row), (Format::Xlsx, Some("Sheet1"), 1));
    assert!(about.percents_known && table.is_still(&table.sha256().unwrap()).is_ok());
}

#[test]
fn a_day_is_kept_as_far_as_it_is_shown() {
    let formats = ["yyyy\"年\"m\"月\"", "mmm-yy", "yyyy", "yyyy/m/d"];
    let bytes = xlsx(|sheet| {
        write_rows(sheet, &[&["小区编号", "月", "月2", "年", "日", "1905"], &["一"]]);
        let day = ExcelDateTime::from_ymd(2021, 3, 1).unwrap();
        for (column, format) in (1..).zip(formats) {
            sheet.write_with_format(1, column, &day, &Style::new().set_num_format(format)).unwrap();
        }
        sheet.write_with_format(1, 5, 2021, &Style::new().set_num_format("yyyy-mm")).unwrap();
    });
    let mut table = open(&bytes).unwrap();
    let row = table.next_row().unwrap().unwrap();
    assert_eq!(row.original(), "一,2021-03,2021-03,2021,2021-03-01,1905-07-13");
    assert_eq!(row.cell(1), Cell::Text("2021-03"));
}

#[test]
fn merged_cells_are_filled_down_and_titles_totals_and_notes_passed_over() {
    let bytes = xlsx(|sheet| {
        let plain = Style::new();
        sheet.merge_range(0, 0, 0, 2, "浦东新区小区一览", &plain).unwrap();
        write_rows(sheet, &[&[], &[], &["街镇", "小区名称", "户数"]]);
        sheet.merge_range(3, 0, 5, 0, "张江镇", &plain).unwrap();
        for (row, name) in [(3, "甲苑"), (4, "乙苑"), (5, "小计"), (7, "丙苑")] {
            sheet.write(row, 1, name).unwrap();
            sheet.write(row, 2, 10).unwrap();
        }
        sheet.write(7, 0, "花木街道").unwrap();
        sheet.write(8, 0, "合计").unwrap();
        sheet.write(8, 2, 30).unwrap();
        sheet.merge_range(10, 0, 10, 2, "注：户数为2026年3月数据", &plain).unwrap();
    });
    let mut table = open(&bytes).unwrap();
    assert_eq!(table.headers(), ["街镇", "小区名称", "户数"]);
    let found = rows(&mut table);
    let towns: Vec<(u64, &str, &str)> =
        found.iter().map(|(number, cells)| (*number, cells[0].as_str(), cells[1].as_str())).collect();
    assert_eq!(towns, [(4, "张江镇", "甲苑"), (5, "张江镇", "乙苑"), (8, "花木街道", "丙苑")]);
    assert_eq!(
        reasons(&table),
        [
            (Some(1), "TITLE_ROW"),
            (Some(6), "TOTAL_ROW"),
            (Some(9), "TOTAL_ROW"),
            (Some(11), "NOTE_ROW"),
            (None, "BLANK_ROWS"),
        ]
    );
    table.rewind().unwrap();
    assert_eq!(rows(&mut table), found);
}

#[test]
fn a_number_that_is_merged_over_rows_is_told_apart_from_one_of_its_own() {
    let bytes = xlsx(|sheet| {
        let plain = Style::new();
        write_rows(sheet, &[&["小区编号", "户数"], &["1"], &["2"], &["3"], &["4"]]);
        sheet.merge_range(1, 1, 2, 1, "", &plain).unwrap().write(1, 1, 900).unwrap();
        sheet.write(3, 1, 5).unwrap();
        // Its second row holds nothing.
        sheet.merge_range(4, 1, 5, 1, "", &plain).unwrap().write(4, 1, 7).unwrap();
    });
    let mut table = open(&bytes).unwrap();
    let mut found = Vec::new();
    while let Some(row) = table.next_row().unwrap() {
        found.push((row.number, format!("{:?}", row.cell(1)), row.is_merged(1)));
    }
    let number = |number: f64| format!("{:?}", Cell::Number(number));
    assert_eq!(
        found,
        [
            (2, number(900.0), true),
            (3, number(900.0), true),
            (4, number(5.0), false),
            (5, number(7.0), false)
        ]
    );
}

#[test]
fn the_cells_of_all_sheets_share_one_limit() {
    let mut writer = Writer::new();
    for name in ["数据", "第二", "第三"] {
        let rows = [&["小区编号", "小区名称", "户数"][..], &["1", "x", "2"], &["2", "y", "3"]];
        write_rows(writer.add_worksheet().set_name(name).unwrap(), &rows);
    }
    let bytes = writer.save_to_buffer().unwrap();
    let at_most = |cells: u64| {
        let limits = Limits { cells, ..Limits::default() };
        Table::open(file(&bytes).path(), &Opening { limits, ..opening() }).err().unwrap().faults.remove(0).en
    };
    assert!(at_most(26).contains("more than 26 cells"), "{}", at_most(26));
    assert!(at_most(27).contains("数据, 第二, 第三"), "{}", at_most(27));
}

#[test]
fn a_column_of_the_senders_own_is_not_taken_for_the_number_of_the_row() {
    let mut writer = Writer::new();
    let rows =
        [&["原行号", "小区编号", "原行号", "校验结果", "校验结果"][..], &["7", "1", "42", "自查", "不对"]];
    write_rows(writer.add_worksheet().set_name("待修改").unwrap(), &rows);
    let mark = writer.add_worksheet().set_name("xiuhua").unwrap().set_very_hidden(true);
    let lines = ["xiuhua-returned", "1", "b", "places", "小区编号", "原行号", "校验结果"];
    lines.iter().zip(0..).for_each(|(line, row)| {
        mark.write(row, 0, *line).unwrap();
    });
    let mut table = open(&writer.save_to_buffer().unwrap()).unwrap();
    assert_eq!(table.headers(), ["小区编号", "原行号", "校验结果"]);
    let row = table.next_row().unwrap().unwrap();
    assert_eq!((row.closes_row, row.original()), (Some(7), "1,42,自查"));
}

#[test]
fn a_character_that_was_lost_before_is_garbled_in_a_workbook_too() {
    let bytes = xlsx(|sheet| write_rows(sheet, &[&["小区编号", "户数"], &["1", "东方\u{FFFD}"]]));
    let mut table = open(&bytes).unwrap();
    let row = table.next_row().unwrap().unwrap();
    assert_eq!((row.cell(1), row.original()), (Cell::Garbled, "1,东方\u{FFFD}"));
}

#[test]
fn a_header_of_two_rows_is_joined_where_its_group_tells_columns_apart() {
    let bytes = xlsx(|sheet| {
        let plain = Style::new();
        sheet.merge_range(0, 0, 0, 5, "指标表", &plain).unwrap();
        sheet.merge_range(1, 0, 2, 0, "小区编号", &plain).unwrap();
        sheet.merge_range(1, 1, 2, 1, "小区名称", &plain).unwrap();
        sheet.merge_range(1, 2, 1, 3, "2021年", &plain).unwrap();
        sheet.merge_range(1, 4, 1, 5, "2022年", &plain).unwrap();
        for (column, code) in [(2, "A1.1"), (3, "A1.2"), (4, "A1.1"), (5, "A1.3")] {
            sheet.write(2, column, code).unwrap();
        }
        sheet.write(3, 0, "310115004001").unwrap();
        sheet.write(3, 2, 1).unwrap();
    });
    let mut table = open(&bytes).unwrap();
    assert_eq!(table.headers(), ["小区编号", "小区名称", "2021年 A1.1", "A1.2", "2022年 A1.1", "A1.3"]);
    assert_eq!((table.about().header_row, rows(&mut table).len()), (3, 1));
    assert_eq!(reasons(&table)[0], (Some(1), "TITLE_ROW"));
}

#[test]
fn the_sheet_with_the_header_is_chosen_and_several_need_a_name() {
    let book = |second: &[&str]| {
        let mut writer = Writer::new();
        write_rows(writer.add_worksheet().set_name("封面").unwrap(), &[&["浦东新区"]]);
        write_rows(
            writer.add_worksheet().set_name("数据").unwrap(),
            &[&["小区编号", "小区名称", "户数"], &["1", "x", "2"]],
        );
        write_rows(writer.add_worksheet().set_name("第二").unwrap(), &[second, &["2", "y", "3"]]);
        let hidden = writer.add_worksheet().set_name("旧").unwrap();
        write_rows(hidden.set_hidden(true), &[&["小区编号", "户数"], &["3", "z"]]);
        writer.save_to_buffer().unwrap()
    };
    let table = open(&book(&["小区编号", "x"])).unwrap();
    assert_eq!(table.about().sheet.as_deref(), Some("数据"));
    assert_eq!(reasons(&table), [(None, "HIDDEN_SHEET")]);
    let several = book(&["小区编号", "小区名称", "街镇"]);
    let Text { zh, en } = fault(&several);
    assert!(zh.contains("数据, 第二") && en.contains("--sheet"), "{zh}");
    let mut named = open_sheet(&several, " 第二 ").unwrap();
    assert_eq!(rows(&mut named)[0].1[0], "2");
    let missing = open_sheet(&several, "第三").err().unwrap().faults.remove(0).zh;
    assert!(missing.contains("没有名为“第三”") && missing.contains("封面, 数据, 第二, 旧"), "{missing}");
    let none =
        open(&xlsx(|sheet| write_rows(sheet, &[&["地址", "物业"], &["某路", "某公司"]]))).err().unwrap();
    assert!(none.faults[0].zh.contains("第 1 行"), "{none}");
}

#[test]
fn a_returned_sheet_says_what_it_returns_and_which_rows_it_closes() {
    let mut writer = Writer::new();
    write_rows(
        writer.add_worksheet().set_name("待修改").unwrap(),
        &[&["原行号", "小区编号", "户数", "校验结果"], &["7", "1", "x", "不是数字"], &["", "2", "3", ""]],
    );
    writer.worksheet_from_index(0).unwrap().write(3, 0, 12).unwrap().write(3, 1, "3").unwrap();
    writer.worksheet_from_index(0).unwrap().write(4, 0, 13).unwrap().write(4, 3, "已删除").unwrap();
    write_rows(writer.add_worksheet().set_name("汇总").unwrap(), &[&["小区编号", "户数"]]);
    let mark = writer.add_worksheet().set_name("xiuhua").unwrap().set_very_hidden(true);
    let lines = ["xiuhua-returned", "1", "0190-batch", "places", "小区编号", "户数"];
    lines.iter().zip(0..).for_each(|(line, row)| {
        mark.write(row, 0, *line).unwrap();
    });
    let mut table = open(&writer.save_to_buffer().unwrap()).unwrap();
    assert_eq!(table.headers(), ["小区编号", "户数"]);
    assert_eq!(
        table.returned(),
        Some(&ReturnedOf {
            batch_id: "0190-batch".into(),
            kind: "places".into(),
            columns: vec!["小区编号".into(), "户数".into()],
        })
    );
    let mut closes = Vec::new();
    while let Some(row) = table.next_row().unwrap() {
        closes.push((row.number, row.closes_row, row.original().to_owned()));
    }
    assert_eq!(
        closes,
        [(2, Some(7), "1,x".to_owned()), (3, None, "2,3".to_owned()), (4, Some(12), "3,".to_owned())],
        "a row of which only our own columns are left is blank"
    );
    assert!(reasons(&table).is_empty() || reasons(&table) == [(None, "BLANK_ROWS")]);
}

#[test]
fn a_filled_template_says_what_it_is_and_its_sample_row_is_passed_over() {
    let mut writer = Writer::new();
    write_rows(
        writer.add_worksheet().set_name("小区").unwrap(),
        &[
            &["小区编号", "户数", "说明"],
            &["310115004001", "1200", "示例（请删除本行）"],
            &["示范-01", "800", ""],
        ],
    );
    let mark = writer.add_worksheet().set_name("xiuhua").unwrap().set_very_hidden(true);
    ["xiuhua-template", "1", "places", "pudong-2021 1"].iter().zip(0..).for_each(|(line, row)| {
        mark.write(row, 0, *line).unwrap();
    });
    let mut table = open(&writer.save_to_buffer().unwrap()).unwrap();
    let template = TemplateOf { kind: "places".into(), catalog: "pudong-2021 1".into() };
    assert_eq!(table.template(), Some(&template));
    assert_eq!(table.headers(), ["小区编号", "户数"]);
    assert_eq!(rows(&mut table).len(), 1);
    assert_eq!(reasons(&table), [(Some(2), "SAMPLE_ROW")]);
}

#[test]
fn hidden_rows_and_formulas_without_values_are_told() {
    let bytes = xlsx(|sheet| {
        write_rows(sheet, &[&["小区编号", "户数"], &["1", "2"], &["2", "3"]]);
        sheet.set_row_hidden(1).unwrap();
        sheet.write(3, 0, "3").unwrap();
    });
    let mut table = open(&bytes).unwrap();
    assert_eq!((rows(&mut table).len(), reasons(&table)), (3, vec![(None, "HIDDEN_ROWS")]));
    let bytes = again(&bytes, |name, content| {
        let formula = "<c r=\"B4\"><f>1+1</f></c></row>";
        if !name.ends_with("sheet1.xml") {
            return content;
        }
        String::from_utf8(content)
            .unwrap()
            .replacen("</row></sheetData>", &format!("{formula}</sheetData>"), 1)
            .into()
    });
    let table = open(&bytes).unwrap();
    assert_eq!(reasons(&table), [(None, "HIDDEN_ROWS"), (None, "FORMULAS_WITHOUT_VALUES")]);
}

#[test]
fn a_file_is_what_it_holds_whatever_its_name_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xls");
    std::fs::write(&path, xlsx(|sheet| write_rows(sheet, &[&["小区编号"], &["1"]]))).unwrap();
    let table = Table::open(&path, &opening()).unwrap();
    assert_eq!((table.about().format, reasons(&table)), (Format::Xlsx, vec![(None, "NAME_DIFFERS")]));
}

#[test]
fn a_workbook_whose_parts_are_named_in_capitals_and_with_backslashes_is_read() {
    let honest = xlsx(|sheet| {
        write_rows(sheet, &[&["小区编号"], &["1"]]);
        sheet.set_row_hidden(1).unwrap();
    });
    let mut parts = Vec::new();
    let _ = again(&honest, |name, content| {
        parts.push((name.replace('/', "\\").to_ascii_uppercase(), content.clone()));
        content
    });
    let parts: Vec<(&str, &[u8])> =
        parts.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    let mut table = open(&zipped(&parts)).unwrap();
    assert_eq!((rows(&mut table).len(), reasons(&table)), (1, vec![(None, "HIDDEN_ROWS")]));
}

#[test]
fn what_is_no_table_is_refused_with_what_to_do() {
    for (bytes, en) in [
        (&b"%PDF-1.7 ..."[..], "PDF"),
        (b"\x89PNG\r\n", "picture"),
        (b"\xFF\xD8\xFF\xE0", "picture"),
        (b"Rar!\x1A", "RAR"),
        (b"<html><table><tr><td>a</td></tr></table></html>", "HTML"),
        (b"\xEF\xBB\xBF  <!DOCTYPE HTML>", "HTML"),
        (
            b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
            "XML Spreadsheet 2003",
        ),
        (b"<?xml version=\"1.0\"?><a/>", "XML file"),
        (b"PK\x03\x04 broken", "damaged"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 broken", "damaged"),
    ] {
        let fault = fault(bytes);
        assert!(fault.en.contains(en), "{fault:?}");
    }
    assert!(fault(&zipped(&[("a.txt", b"a")])).en.contains("without a workbook"));
    assert!(
        fault(&zipped(&[("[Content_Types].xml", b"<a/>"), ("word/document.xml", b"<a/>")]))
            .en
            .contains("Word")
    );
    let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    container.create_stream("/EncryptedPackage").unwrap().write_all(b"secret").unwrap();
    assert!(fault(container.into_inner().get_ref()).zh.contains("取消密码"));
    let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    container.create_stream("/WordDocument").unwrap().write_all(b"text").unwrap();
    assert!(fault(container.into_inner().get_ref()).zh.contains(".et"));
}

/// An archive of these parts.
pub(super) fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
            .unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook with some of its parts changed.
fn again(bytes: &[u8], mut change: impl FnMut(&str, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts = Vec::new();
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).unwrap();
        let (name, mut content) = (part.name().unwrap().into_owned(), Vec::new());
        part.read_to_end(&mut content).unwrap();
        content = change(&name, content);
        parts.push((name, content));
    }
    let parts: Vec<(&str, &[u8])> =
        parts.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    zipped(&parts)
}

#[test]
fn workbooks_made_to_exhaust_a_reader_are_refused() {
    let honest = xlsx(|sheet| write_rows(sheet, &[&["小区编号", "户数"], &["1", "2"]]));
    let with = |part: &'static str, change: &dyn Fn(String) -> String| {
        again(&honest, |name, content| {
            if name.ends_with(part) { change(String::from_utf8(content).unwrap()).into() } else { content }
        })
    };
    let sheet = |rows: String| {
        with("sheet1.xml", &|text| text.replacen("</sheetData>", &format!("{rows}</sheetData>"), 1))
    };
    for (bytes, en) in [
        (sheet("<row/>".repeat(1_500_000)), "packed more than 100 times"),
        (sheet(format!("<row><c t=\"str\"><v>{}</v></c></row>", "x".repeat(40_000))), "32767 characters"),
        (sheet("<a>".repeat(1000)), "nested too deep"),
        (sheet("<row r=\"3000000\"><c r=\"A3000000\"><v>1</v></c></row>".into()), "1048576 rows"),
        (sheet("<row r=\"9\"><c r=\"ZZZ9\"><v>1</v></c></row>".into()), "1000 columns"),
        (
            with("sharedStrings.xml", &|text| {
                text.replacen("uniqueCount=\"4\"", "uniqueCount=\"4000000000\"", 1)
            }),
            "shared strings",
        ),
        (
            with("sharedStrings.xml", &|text| {
                text.replacen("<sst", "<!DOCTYPE sst [<!ENTITY a \"b\">]><sst", 1)
            }),
            "document type",
        ),
        (with("sheet1.xml", &|text| text[..text.len() - 40].to_owned()), "does not end"),
        (with("sheet1.xml", &|text| text.replacen("t=\"s\"><v>0<", "t=\"s\"><v>99<", 1)), "damaged"),
        (honest[..honest.len() / 2].to_vec(), "damaged"),
        (sheet("<mergeCell/>".repeat(300_000)), "merged areas, which is the limit"),
        (
            with("styles.xml", &|text| {
                text.replacen("</cellXfs>", &("<xf/>".repeat(400_000) + "</cellXfs>"), 1)
            }),
            "styles or names",
        ),
    ] {
        let fault = fault(&bytes);
        assert!(fault.en.contains(en), "{en}: {}", fault.en);
    }
}

#[test]
fn a_workbook_cut_or_flipped_anywhere_is_read_or_refused() {
    let honest = xlsx(|sheet| write_rows(sheet, &[&["小区编号", "户数"], &["1", "2"]]));
    for at in (0..honest.len()).step_by(97) {
        let _ = open(&honest[..at]);
        let mut flipped = honest.clone();
        flipped[at] ^= 0x10;
        let _ = open(&flipped);
    }
}
