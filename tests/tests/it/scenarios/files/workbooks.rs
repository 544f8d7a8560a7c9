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
    let each =
        Format::ALL.into_iter().flat_map(|format| [register(format), values(format), two_sheets(format)]);
    each.chain([merged(Format::Xlsx), merged(Format::Xls), merged_header(), chosen_sheet(), renamed()])
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
    let failure = if format == Format::Ods { "NOT_A_NUMBER" } else { "FORMULA_FAILED" };
    let hidden = Sheet::of_texts("旧表", "小区编号|户数\n@z|1").hidden();
    book("a register with a fault in two rows", About::Places, format, Book { sheets: vec![sheet, hidden] })
        .counts([3, 1, 0, 0, 2])
        .rejecting(&[(4, &["NOT_A_NUMBER"]), (5, &[failure])])
        .remarking(&["TITLE_ROW", "TOTAL_ROW", "HIDDEN_SHEET"])
        .returning(&["乙", "约300", "丙"])
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
    book("shares, truths and numbers", About::Observations, format, Book::of(sheet)).accepted(8)
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
    let sheet = |name| Sheet::of_texts(name, "小区编号|小区名称\n@a|甲");
    book(
        "the sheet that is named",
        About::Places,
        Format::Xlsx,
        Book { sheets: vec![sheet("一季度"), sheet("二季度")] },
    )
    .with(&["--sheet", "二季度"])
    .accepted(1)
}

/// Town and committee stand once for several estates.
fn merged(format: Format) -> Case {
    let sheet = Sheet::of_texts(
        "名册",
        "街镇|居委会|小区编号|小区名称\n潍坊新村街道|一居|@a|甲\n||@b|乙\n|二居|@c|丙\n||@d|丁",
    );
    let sheet = sheet.merged(&[(1, 0, 4, 0), (1, 1, 2, 1), (3, 1, 4, 1)]);
    book("cells merged downwards", About::Places, format, Book::of(sheet)).accepted(4)
}

/// A header of two rows, the first merged over the second.
fn merged_header() -> Case {
    let mut sheet = Sheet::of_texts("指标", "小区编号|2021年|\n|A1.1|C1.2\n@1\n@2");
    for row in &mut sheet.rows[2..] {
        row.extend([Value::Number(1.0), Value::Number(80.0)]);
    }
    let sheet = sheet.merged(&[(0, 0, 1, 0), (0, 1, 0, 2)]);
    book("a header of two rows", About::Observations, Format::Xlsx, Book::of(sheet)).accepted(4)
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
