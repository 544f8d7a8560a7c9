//! Text files as offices send them, read as tables.

use std::io::Write;

use encoding_rs::GB18030;
use proptest::prelude::*;
use tempfile::NamedTempFile;

use super::*;

pub(super) fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn known(header: &str) -> bool {
    matches!(header, "a" | "b" | "小区编号" | "小区名称" | "街镇" | "户数" | "指标" | "a1.1" | "a1.2")
}

pub(super) fn opening() -> Opening<'static> {
    Opening::new(&known)
}

pub(super) fn open(bytes: &[u8]) -> Result<Table, UnusableFile> {
    Table::open(file(bytes).path(), &opening())
}

/// Number and cells of every row, as text.
pub(super) fn rows(table: &mut Table) -> Vec<(u64, Vec<String>)> {
    let columns = table.headers().len();
    let mut rows = Vec::new();
    while let Some(row) = table.next_row().unwrap() {
        let cells = (0..columns).map(|column| match row.cell(column) {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.to_owned(),
            other => format!("{other:?}"),
        });
        rows.push((row.number, cells.collect()));
    }
    rows
}

fn originals(text: &str) -> Vec<(u64, String)> {
    let mut table = open(text.as_bytes()).unwrap();
    let mut rows = Vec::new();
    while let Some(row) = table.next_row().unwrap() {
        rows.push((row.number, row.original().to_owned()));
    }
    rows
}

pub(super) fn reasons(table: &Table) -> Vec<(Option<u64>, &'static str)> {
    table.remarks().iter().map(|remark| (remark.row, remark.reason)).collect()
}

pub(super) fn fault(bytes: &[u8]) -> Text {
    let faults = match open(bytes) {
        Err(unusable) => unusable.faults,
        Ok(mut table) => loop {
            match table.next_row() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("no fault in {:?}", String::from_utf8_lossy(bytes)),
                Err(unusable) => break unusable.faults,
            }
        },
    };
    faults.into_iter().next().unwrap()
}

#[test]
fn a_row_keeps_its_original_text_and_blank_lines_count_as_rows() {
    let text = "\u{feff}a,b\r\n1,\"x\ny\"\r\n\r\n\r\n 2 ,\"\"\"q\"\"\"\r\n3,z";
    assert_eq!(
        originals(text),
        [(2, "1,\"x\ny\"".to_owned()), (5, " 2 ,\"\"\"q\"\"\"".to_owned()), (6, "3,z".to_owned())]
    );
}

#[test]
fn a_long_file_keeps_every_original_across_buffer_borders() {
    let lines: Vec<String> = (0..50_000).map(|i| format!("{i},价值{i}")).collect();
    let found = originals(&format!("a,b\n{}\n", lines.join("\n")));
    assert_eq!(found.len(), lines.len());
    assert!(found.iter().zip(&lines).all(|((_, original), line)| original == line));
}

#[test]
fn a_table_that_is_rewound_gives_the_same_rows_again() {
    let mut table = open("题目\n\na,b\n1,x\n\n2,y\n合计,3\n".as_bytes()).unwrap();
    let hash = table.sha256().unwrap();
    let first = rows(&mut table);
    let remarks = table.remarks().to_vec();
    table.is_still(&hash).unwrap();
    table.rewind().unwrap();
    assert_eq!(table.next_row().unwrap().unwrap().number, 4);
    table.rewind().unwrap();
    assert_eq!(rows(&mut table), first);
    assert_eq!(table.remarks(), remarks);
    assert_eq!(first.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [4, 6]);
    assert_eq!(reasons(&table), [(Some(1), "TITLE_ROW"), (Some(7), "TOTAL_ROW"), (None, "BLANK_ROWS")]);
}

#[test]
fn a_file_that_is_changed_between_its_hash_and_its_last_row_is_found_out() {
    let file = file(b"a,b\n1,x\n");
    let mut table = Table::open(file.path(), &opening()).unwrap();
    let hash = table.sha256().unwrap();
    for text in ["a,b\n1,x\n", "a,b\n1,y\n", "a,b\n1,x\n2,y\n", "a,b\n1,x\n\n", "a,b\n1,x\n"] {
        std::fs::write(file.path(), text).unwrap();
        table.rewind().unwrap();
        while table.next_row().unwrap().is_some() {}
        assert_eq!(table.is_still(&hash).is_ok(), text == "a,b\n1,x\n", "{text:?}");
    }
}

#[test]
fn every_usual_encoding_gives_the_same_table() {
    let text = "小区编号,小区名称,街镇\n310115004001,㛃𠮷小区,潍坊新村街道\n310115004002,繁荣昌盛,张江镇\n"
        .to_owned();
    let wide = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    let files = [
        (text.clone().into_bytes(), Encoding::Utf8),
        ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), Encoding::Utf8),
        (GB18030.encode(&text).0.into_owned(), Encoding::Gb18030),
        ([b"\xFF\xFE", &*wide(u16::to_le_bytes)].concat(), Encoding::Utf16Le),
        ([b"\xFE\xFF", &*wide(u16::to_be_bytes)].concat(), Encoding::Utf16Be),
    ];
    for (bytes, encoding) in files {
        let mut table = open(&bytes).unwrap();
        assert_eq!(table.about().encoding, Some(encoding));
        assert_eq!(table.headers(), ["小区编号", "小区名称", "街镇"]);
        let found = rows(&mut table);
        assert_eq!(found[0].1, ["310115004001", "㛃𠮷小区", "潍坊新村街道"], "{encoding}");
        assert_eq!((found.len(), table.remark_count()), (2, 0));
        table.is_still(&table.sha256().unwrap()).unwrap();
    }
}

#[test]
fn a_short_file_that_is_not_utf8_is_read_with_a_remark() {
    let table = open(&GB18030.encode("小区编号,户数\n1,2\n").0).unwrap();
    assert_eq!(table.headers(), ["小区编号", "户数"]);
    assert_eq!(reasons(&table), [(None, "ENCODING_GUESSED")]);
}

#[test]
fn delimiters_are_told_by_the_header() {
    for (text, delimiter) in [
        ("a,b\n1;2,3\n", ','),
        ("a;b\n1,5;3\n", ';'),
        ("a\tb\n1,5\t3\n", '\t'),
        ("\"a,x\";b\n1;3\n", ';'),
        ("sep=;\na;b\n1;3\n", ';'),
        ("浦东,一览\na;b\n1;3\n", ';'),
        ("a\n1\n", ','),
    ] {
        let mut table = open(text.as_bytes()).unwrap();
        assert_eq!(table.about().delimiter, Some(delimiter), "{text:?}");
        assert_eq!(rows(&mut table).len(), 1, "{text:?}");
    }
    let mut table = open(b"sep=;\r\na;b\r\n1;3\r\n").unwrap();
    assert_eq!((table.about().header_row, rows(&mut table)[0].0), (2, 3));
}

#[test]
fn the_header_is_found_below_titles_and_its_words_may_be_full_width() {
    let text = "浦东新区小区户数表,,\n（2026年3月）,,\n,,\n 小区 编号　,街镇,户数\n310115004001,张江镇,1\n";
    let table = open(text.as_bytes()).unwrap();
    assert_eq!(table.headers(), ["小区 编号", "街镇", "户数"]);
    assert_eq!(table.about().header_row, 4);
    assert_eq!(reasons(&table), [(Some(1), "TITLE_ROW"), (Some(2), "TITLE_ROW")]);
}

#[test]
fn a_long_layout_whose_rows_hold_known_words_still_begins_with_its_header() {
    let table = open("小区编号,指标,年份,值\n1,户数,2021,3\n".as_bytes()).unwrap();
    assert_eq!(table.about().header_row, 1);
}

#[test]
fn without_a_header_the_fault_shows_what_is_most_like_one() {
    let opening = Opening { enough: 2, expected: &["小区编号"], ..opening() };
    let file = file("一览\n地址,户数,物业\n某路,2,某公司\n".as_bytes());
    let faults = Table::open(file.path(), &opening).err().unwrap().faults;
    let Text { zh, en } = &faults[0];
    assert!(
        zh.contains("第 2 行") && zh.contains("认识的列：户数") && zh.contains("不认识的列：地址, 物业"),
        "{zh}"
    );
    assert!(zh.contains("需要的列：小区编号"), "{zh}");
    assert!(en.contains("row 2") && en.contains("known columns: 户数"), "{en}");
}

#[test]
fn a_file_nobody_has_seen_gives_the_row_that_looks_like_a_header() {
    let opening = Opening { is_header: &|header| header == "张江", enough: 0, ..opening() };
    let file = file("某网站小区\n名称,板块,建成年份,均价\n某苑,张江,1999,50000\n".as_bytes());
    let table = Table::open(file.path(), &opening).unwrap();
    assert_eq!(table.headers(), ["名称", "板块", "建成年份", "均价"]);
}

#[test]
fn a_header_row_that_is_named_is_taken() {
    let opening = Opening { header_row: Some(3), ..opening() };
    let file = file("a,b\n\nx,y\n1,2\n".as_bytes());
    let mut table = Table::open(file.path(), &opening).unwrap();
    assert_eq!(table.headers(), ["x", "y"]);
    assert_eq!(rows(&mut table).len(), 1);
    let blank = Table::open(file.path(), &Opening { header_row: Some(9), ..opening }).err().unwrap();
    assert!(blank.faults[0].en.contains("nothing in row 9"), "{blank}");
}

#[test]
fn totals_notes_and_repeated_headers_are_passed_over_with_a_remark_and_data_never_is() {
    let text = "小区编号,小区名称,户数\n\
                1,合计苑,3\n\
                小区编号,小区名称,户数\n\
                2,注：非小区,\n\
                小计,,3\n\
                ,,\n\
                3,平均,1\n\
                合计：,,\"1,200\"\n\
                注：数据截至2026年3月,,\n\
                填表人：王芳,,审核：李强\n\
                制表厂宿舍,制表厂宿舍,5\n\
                合计,某苑,3\n\
                张江镇 小计,,3\n\
                以上数据由各街镇提供，截至2026年3月。,,\n";
    let mut table = open(text.as_bytes()).unwrap();
    let numbers: Vec<u64> = rows(&mut table).iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [2, 4, 7, 11, 12]);
    assert_eq!(
        reasons(&table),
        [
            (Some(3), "HEADER_AGAIN"),
            (Some(5), "TOTAL_ROW"),
            (Some(8), "TOTAL_ROW"),
            (Some(9), "NOTE_ROW"),
            (Some(10), "NOTE_ROW"),
            (Some(13), "TOTAL_ROW"),
            (Some(14), "NOTE_ROW"),
            (None, "BLANK_ROWS"),
        ]
    );
}

#[test]
fn totals_and_signatures_are_told_wherever_their_word_stands() {
    let text = "序号,街镇,小区编号,小区名称,户数,备注\n\
                1,张江镇,310115004001,甲苑,3,合计\n\
                2,合计,,,1000,\n\
                ,张江镇,合计,,1534,\n\
                ,潍坊新村街道,一居,小计,1534,已核对\n\
                合计,共1个小区,,,1000,\n\
                ,合计（户）,,,1000,\n\
                ,,共1个小区,,,\n\
                ,盖章,,,,\n\
                ,街道分管领导（签字）：,,,,\n\
                9,张江镇,310115004009,平均,3,\n\
                ,张江镇,东方花园,,12,合计\n\
                ,张江镇,共康一村,共康一村,12,\n";
    let mut table = open(text.as_bytes()).unwrap();
    let numbers: Vec<u64> = rows(&mut table).iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [2, 11, 12, 13]);
    let expected = [(3..=8, "TOTAL_ROW"), (9..=10, "NOTE_ROW")];
    let expected = expected.into_iter().flat_map(|(rows, reason)| rows.map(move |row| (Some(row), reason)));
    assert_eq!(reasons(&table), expected.collect::<Vec<_>>());
}

#[test]
fn a_place_that_is_called_as_the_sample_is_no_sample() {
    let text = "小区编号,户数,说明\n示范-01,100,\n示范新村,2,示例\n";
    assert_eq!(rows(&mut open(text.as_bytes()).unwrap()).len(), 2);
}

#[test]
fn a_character_that_was_lost_before_is_garbled_too() {
    let mut table = open("a,b\n1,东方花园\u{FFFD}\n".as_bytes()).unwrap();
    let row = table.next_row().unwrap().unwrap();
    assert_eq!((row.cell(1), row.original()), (Cell::Garbled, "1,东方花园\u{FFFD}"));
}

#[test]
fn the_sample_row_of_a_template_is_passed_over() {
    let mut table =
        open("小区编号,户数,说明\n310115004001,100,示例（请删除本行）\n1,2,\n".as_bytes()).unwrap();
    assert_eq!(rows(&mut table).len(), 1);
    assert_eq!(reasons(&table), [(Some(2), "SAMPLE_ROW")]);
}

#[test]
fn ragged_rows_are_told_and_empty_cells_behind_the_last_column_are_not() {
    let mut table = open(b"a,b\n1\n1,2,,\n1,2,3\n").unwrap();
    let mut ragged = Vec::new();
    while let Some(row) = table.next_row().unwrap() {
        ragged.push(row.ragged());
    }
    assert_eq!(ragged, [Some(1), None, Some(3)]);
}

#[test]
fn what_is_no_text_is_garbled_in_its_cell_alone() {
    let mut bytes = b"a,b\n1,x\n2,\xFF\xFF\n".to_vec();
    bytes.extend("3,张\n".repeat(20).as_bytes());
    bytes.extend(b"4,a\0b\n");
    let mut table = open(&bytes).unwrap();
    let found = rows(&mut table);
    assert_eq!(
        (found[0].1[1].as_str(), found[1].1[1].as_str(), found[2].1[1].as_str()),
        ("x", "Garbled", "张")
    );
    assert_eq!(found.last().unwrap().1[1], "Garbled");
    assert_eq!(reasons(&table), [(None, "ENCODING_GUESSED"), (None, "NUL_BYTES")]);
}

#[test]
fn old_macs_end_their_lines_otherwise() {
    let mut table = open(b"a,b\r1,x\r\r2,y\r").unwrap();
    assert_eq!(rows(&mut table).iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(reasons(&table), [(None, "BLANK_ROWS"), (None, "LONE_RETURNS")]);
}

#[test]
fn hostile_text_is_refused_in_words() {
    assert!(fault(b"").en.contains("empty"));
    assert!(fault(b"\xEF\xBB\xBF").en.contains("empty"));
    assert!(fault(b"\n\n\n").en.contains("empty"));
    assert!(fault(b"a,b\n1,\"x\n2,y\n").en.contains("quotation mark of row 2"));
    assert!(fault(b"a,b\n1,\"x").en.contains("quotation mark of row 2"));
    assert!(
        fault(&[&b"a,b\n1,\""[..], &vec![b'x'; 3 << 20]].concat()).en.contains("longer than 1048576 bytes")
    );
    assert!(fault(&[&b"a,b\n"[..], &vec![b','; 2000]].concat()).en.contains("more than 1000 columns"));
    assert!(fault(&vec![b','; 2000]).en.contains("more than 1000 columns"));
    assert!(fault(&vec![0; 2000]).en.contains("neither text"));
    let small = Limits { csv_bytes: 10, ..Limits::default() };
    let file = file(b"a,b\n1,2\n3,4\n");
    let refused = Table::open(file.path(), &Opening { limits: small, ..opening() });
    assert!(refused.err().unwrap().faults[0].en.contains("the limit is"));
}

#[test]
fn remarks_are_bounded_and_counted() {
    let mut table = open(format!("a,b\n{}", "合计,1\n".repeat(1000)).as_bytes()).unwrap();
    assert!(table.next_row().unwrap().is_none());
    assert_eq!((table.remarks().len(), table.remark_count()), (100, 1000));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let file = file(&[b"a,b\n", &*bytes].concat());
        if let Ok(mut table) = Table::open(file.path(), &opening()) {
            let mut last = table.about().header_row;
            while let Ok(Some(row)) = table.next_row() {
                assert!(row.number > last);
                last = row.number;
            }
        }
    }

    #[test]
    fn rows_keep_their_originals_and_cells(rows in prop::collection::vec(
        prop::collection::vec("[0-9a-z张𠮷,;\"\n\r\t ]{0,6}", 2), 0..20,
    )) {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let lines: Vec<String> = rows.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",")).collect();
        let file = file(format!("a,b\r\n{}", lines.join("\r\n")).as_bytes());
        let mut table = Table::open(file.path(), &opening()).unwrap();
        for (cells, line) in rows.iter().zip(&lines) {
            if cells.iter().all(|cell| cell.trim().is_empty()) || cells == &["a", "b"] {
                continue;
            }
            let row = table.next_row().unwrap().unwrap();
            prop_assert_eq!(row.original(), line);
            for (column, cell) in cells.iter().enumerate() {
                let expected = if cell.trim().is_empty() { Cell::Empty } else { Cell::Text(cell.trim()) };
                prop_assert_eq!(row.cell(column), expected);
            }
        }
        prop_assert!(table.next_row().unwrap().is_none());
    }
}
