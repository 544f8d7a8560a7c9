//! Workbooks in every format: merged cells, numbers that are ids, shares, dates, hidden sheets.

use xiuhua_sheet_makers::{Book, Sheet, Value};

use super::{About, Case, Content, Format, case};

fn file(format: Format) -> &'static str {
    match format {
        Format::Xlsx => "小区.xlsx",
        Format::Xls => "小区.xls",
        Format::Xlsb => "小区.xlsb",
        Format::Ods => "小区.ods",
    }
}

fn book(name: &str, about: About, format: Format, book: Book) -> Case {
    case(format!("{name} ({format:?})"), about, file(format), Content::Book(book, format))
}

pub(super) fn cases() -> Vec<Case> {
    let each = Format::ALL.into_iter().flat_map(|format| {
        [register(format), values(format), dates(format), numbered(format), two_sheets(format)]
    });
    each.chain([
        merged(Format::Xlsx),
        merged(Format::Xls),
        merged_number(Format::Xlsx),
        merged_header(),
        chosen_sheet(),
        renamed(),
    ])
    .collect()
}

/// A register as a town sends it: title, header, data with a fault, total, a hidden sheet behind.
fn register(format: Format) -> Case {
    let mut sheet = Sheet::of_texts(
        "名册",
        "浦东新区小区名册\n小区编号|小区名称|街镇代码|户数\n@a|甲㛃𠮷\n@b|乙||约300\n@c|丙\n合计",
    );
    sheet.rows[2].extend([Value::Number(310_115_004_000.0), Value::Number(1234.0)]);
    sheet.rows[4].extend([Value::Number(310_115_004_000.0), Value::Failure]);
    sheet.rows[5].extend([Value::Blank, Value::Blank, Value::Number(1234.0)]);
    let hidden = Sheet::of_texts("旧表", "小区编号|户数\n@z|1").hidden();
    book("a register with a fault in two rows", About::Places, format, Book { sheets: vec![sheet, hidden] })
        .counts([3, 1, 0, 0, 2])
        .rejecting(&[(4, &["NOT_A_NUMBER"]), (5, &["FORMULA_FAILED"])])
        .remarking(&["TITLE_ROW", "TOTAL_ROW", "HIDDEN_SHEET"])
        .returning(&["乙", "约300", "丙"])
        .registering(&[
            ("@a", "name", "甲㛃𠮷"),
            ("@a", "town_code", "310115004000"),
            ("@a", "households", "1234"),
        ])
}

/// Values as a workbook keeps them: shares with their format, a date, true and false.
fn values(format: Format) -> Case {
    let mut sheet = Sheet::of_texts("指标", "小区编号|年度|C1.2|B2.1|A1.1\n@1\n@2\n@3");
    for (row, cells) in sheet.rows.iter_mut().skip(1).zip([
        [Value::Number(2021.0), Value::Share(0.85), Value::Truth(true), Value::Number(3.0)],
        [Value::Number(2021.0), Value::Number(90.0), Value::Truth(false), Value::Blank],
        [Value::from("2021年"), Value::from("88%"), Value::from("是"), Value::from("２")],
    ]) {
        row.extend(cells);
    }
    book("shares, truths and numbers", About::Observations, format, Book::of(sheet)).accepted(8).storing(&[
        ("@1", "C1.2", "2021", 85.0),
        ("@1", "B2.1", "2021", 1.0),
        ("@1", "A1.1", "2021", 3.0),
        ("@2", "C1.2", "2021", 90.0),
        ("@2", "B2.1", "2021", 0.0),
        ("@3", "C1.2", "2021", 88.0),
        ("@3", "B2.1", "2021", 1.0),
        ("@3", "A1.1", "2021", 2.0),
    ])
}

/// Periods and times as a workbook keeps them: 44256 is 2021-03-01.
fn dates(format: Format) -> Case {
    let mut sheet = Sheet::of_texts("指标", "小区编号|期次|更新时间|A1.1\n@1\n@2\n@3\n@1\n@2");
    for (row, period) in sheet.rows.iter_mut().skip(1).zip([
        Value::Day(44256),
        Value::from("2021年3月"),
        Value::Number(44256.0),
        Value::Number(2021.1),
        Value::Number(202_104.0),
    ]) {
        row.extend([period, Value::Day(46082), Value::Number(2.0)]);
    }
    book("dates of several kinds", About::Observations, format, Book::of(sheet))
        .counts([5, 3, 0, 0, 2])
        .rejecting(&[(4, &["BAD_PERIOD"]), (5, &["BAD_PERIOD"])])
        .storing(&[
            ("@1", "A1.1", "2021-03-01", 2.0),
            ("@2", "A1.1", "2021-03", 2.0),
            ("@2", "A1.1", "2021-04", 2.0),
        ])
        .dating(&[("@1", "A1.1", "2021-03-01", "2026-03-01T00:00:00+08:00")])
}

/// Ids that are numbers: whole ones as their digits, those beyond what a float holds not at all.
fn numbered(format: Format) -> Case {
    let id = match format {
        Format::Xlsx => "310115004101",
        Format::Xls => "310115004102",
        Format::Xlsb => "310115004103",
        Format::Ods => "310115004104",
    };
    let mut sheet = Sheet::of_texts("名册", "小区编号|小区名称|户数\n|甲|\n|乙|");
    for (row, number) in
        sheet.rows[1..].iter_mut().zip([id.parse().expect("digits"), 12_345_678_901_234_567_890.0])
    {
        row[0] = Value::Number(number);
        row[2] = Value::Number(7.0);
    }
    book("ids that are numbers", About::Places, format, Book::of(sheet))
        .counts([2, 1, 0, 0, 1])
        .rejecting(&[(3, &["LOST_DIGITS"])])
        .registering(&[(id, "name", "甲"), (id, "households", "7")])
}

fn two_sheets(format: Format) -> Case {
    let sheet = |name| Sheet::of_texts(name, "小区编号|小区名称\n@a|甲");
    book(
        "two sheets that could be meant",
        About::Places,
        format,
        Book { sheets: vec![sheet("一季度"), sheet("二季度")] },
    )
    .refused(&["一季度", "二季度", "--sheet"])
}

fn chosen_sheet() -> Case {
    let sheet = |name| Sheet::of_texts(name, &format!("小区编号|小区名称\n@a|{name}的甲"));
    book(
        "the sheet that is named",
        About::Places,
        Format::Xlsx,
        Book { sheets: vec![sheet("一季度"), sheet("二季度")] },
    )
    .with(&["--sheet", "二季度"])
    .accepted(1)
    .registering(&[("@a", "name", "二季度的甲")])
}

/// Town and committee stand once for several estates.
fn merged(format: Format) -> Case {
    let sheet = Sheet::of_texts(
        "名册",
        "街镇|居委会|小区编号|小区名称\n潍坊新村街道|一居|@a|甲\n||@b|乙\n|二居|@c|丙\n||@d|丁",
    );
    let sheet = sheet.merged(&[(1, 0, 4, 0), (1, 1, 2, 1), (3, 1, 4, 1)]);
    book("cells merged downwards", About::Places, format, Book::of(sheet)).accepted(4).registering(&[
        ("@a", "committee", "一居"),
        ("@b", "town", "潍坊新村街道"),
        ("@b", "committee", "一居"),
        ("@c", "committee", "二居"),
        ("@d", "town", "潍坊新村街道"),
        ("@d", "committee", "二居"),
        ("@d", "name", "丁"),
    ])
}

/// One number over two estates is neither's.
fn merged_number(format: Format) -> Case {
    let mut sheet = Sheet::of_texts("名册", "小区编号|小区名称|户数\n@a|甲|\n@b|乙|\n@c|丙|");
    sheet.rows[1][2] = Value::Number(900.0);
    sheet.rows[3][2] = Value::Number(300.0);
    book("a number merged downwards", About::Places, format, Book::of(sheet.merged(&[(1, 2, 2, 2)])))
        .counts([3, 1, 0, 0, 2])
        .rejecting(&[(2, &["MERGED_NUMBER"]), (3, &["MERGED_NUMBER"])])
        .registering(&[("@c", "households", "300")])
}

/// A header of two rows, the first merged over the second.
fn merged_header() -> Case {
    let mut sheet = Sheet::of_texts("指标", "小区编号|2021年|\n|A1.1|C1.2\n@1\n@2");
    for row in &mut sheet.rows[2..] {
        row.extend([Value::Number(1.0), Value::Number(80.0)]);
    }
    let sheet = sheet.merged(&[(0, 0, 1, 0), (0, 1, 0, 2)]);
    book("a header of two rows", About::Observations, Format::Xlsx, Book::of(sheet)).accepted(4).storing(&[
        ("@1", "A1.1", "2021", 1.0),
        ("@1", "C1.2", "2021", 80.0),
        ("@2", "A1.1", "2021", 1.0),
        ("@2", "C1.2", "2021", 80.0),
    ])
}

fn renamed() -> Case {
    let sheet = Sheet::of_texts("名册", "小区编号|小区名称\n@a|甲");
    case(
        "an old workbook under a new name",
        About::Places,
        "小区.xlsx",
        Content::Book(Book::of(sheet), Format::Xls),
    )
    .accepted(1)
}
