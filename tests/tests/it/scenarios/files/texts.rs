//! Text files as programs save them: encodings, delimiters, line ends, what stands above and below the data.

use super::{About, Case, Content, case, observations, places};
use xiuhua_sheet_makers::text::{Encoding, encoded as text_in};

const HEADER: &str = "小区编号,小区名称,街镇代码,街镇,居委会,房屋性质,户数,常住人口";
/// Two sound rows and one with a fault, of rare characters.
const ROWS: &str = "\
小区编号,小区名称,街镇代码,街镇,居委会,房屋性质,户数,常住人口
@a,㛃𠮷𬜯一村,310115004000,潍坊新村街道,一居,售后公房,100,250
@b,㛃𠮷𬜯小区,310115004000,潍坊新村街道,二居,商品房,约300,750
@c,梅园三村,310115004000,潍坊新村街道,二居,商品房,300,750
";

fn encoded(name: &str, encoding: Encoding) -> Case {
    case(name, About::Places, "小区.csv", Content::Text(ROWS.to_owned(), encoding))
        .counts([3, 2, 0, 0, 1])
        .rejecting(&[(3, &["NOT_A_NUMBER"])])
        .returning(&["㛃𠮷𬜯小区", "约300"])
        .registering(&[
            ("@a", "name", "㛃𠮷𬜯一村"),
            ("@a", "housing_nature", "售后公房"),
            ("@a", "population", "250"),
            ("@c", "committee", "二居"),
            ("@c", "households", "300"),
        ])
}

/// Two sound rows.
fn sound(delimiter: &str, line_end: &str) -> String {
    let lines = [HEADER, "@a,甲,310115004000,潍坊新村街道,一居,商品房,100,250", "@b,乙,,,,商品房,200,"];
    lines.map(|line| line.replace(',', delimiter) + line_end).concat()
}

pub(super) fn cases() -> Vec<Case> {
    [encodings(), delimiters(), quoting(), surroundings(), headers()].concat()
}

fn encodings() -> Vec<Case> {
    let mut garbled =
        text_in("小区编号,小区名称,户数\nZ1,梅园,100\nZ2,梅?园,100\nZ3,竹园,100\n", Encoding::Gb18030);
    let question = garbled.iter().position(|byte| *byte == b'?').expect("a question mark");
    garbled[question] = 0xff;
    vec![
        encoded("UTF-8", Encoding::Utf8),
        encoded("UTF-8 with a mark, as Excel saves it", Encoding::Utf8Marked),
        encoded("GB18030, as Excel saves CSV in China", Encoding::Gb18030),
        encoded("UTF-16 of Unicode text", Encoding::Utf16Le),
        encoded("UTF-16 with the big end first", Encoding::Utf16Be),
        case("bytes that are no text in any encoding", About::Places, "小区.csv", Content::Bytes(garbled))
            .counts([3, 2, 0, 0, 1])
            .rejecting(&[(3, &["NOT_TEXT"])]),
        case(
            "a short file in GBK, whose encoding is a guess",
            About::Places,
            "小区.csv",
            Content::Text("编号,户数\n@a,1\n".to_owned(), Encoding::Gb18030),
        )
        .accepted(1)
        .remarking(&["ENCODING_GUESSED"]),
    ]
}

fn delimiters() -> Vec<Case> {
    vec![
        places("semicolons", &sound(";", "\n")).accepted(2),
        places("tabs", &sound("\t", "\n")).accepted(2).called("小区.txt"),
        places("semicolons that a first line names", &format!("sep=;\n{}", sound(";", "\n"))).accepted(2),
        places("line ends of Windows", &sound(",", "\r\n")).accepted(2),
        places("line ends of old Macs", &sound(",", "\r")).accepted(2).remarking(&["LONE_RETURNS"]),
        places("no line end after the last row", sound(",", "\n").trim_end()).accepted(2),
        places("a text file that is called a workbook", &sound(",", "\n")).accepted(2).called("小区.xlsx"),
    ]
}

fn quoting() -> Vec<Case> {
    vec![
        places(
            "quoted commas, quotes and line breaks",
            "小区编号,小区名称,户数\n@a,\"甲,\n\"\"乙\"\"\",1\n@b,丙,二\n",
        )
        .counts([2, 1, 0, 0, 1])
        .rejecting(&[(3, &["NOT_A_NUMBER"])])
        .registering(&[("@a", "name", "甲,\n\"乙\""), ("@a", "households", "1")]),
        places("a quote that never ends", "小区编号,小区名称,户数\n@a,甲,1\n@b,\"乙,1\n@c,丙,1\n")
            .refused(&["引号"]),
        places("a NUL byte", "小区编号,小区名称,地址,户数\n@a,梅\0园,潍坊路 100 弄,1\n@b,竹园,潍坊路 200 弄 1 号至 20 号,1\n@c,桂园,潍坊路 300 弄,1\n")
            .counts([3, 2, 0, 0, 1])
            .rejecting(&[(2, &["NOT_TEXT"])])
            .remarking(&["NUL_BYTES"]),
        places(
            "a cell of forty thousand characters",
            &format!("小区编号,小区名称\n@a,{}\n@b,乙\n", "长".repeat(40_000)),
        )
        .counts([2, 1, 0, 0, 1])
        .rejecting(&[(2, &["TEXT_TOO_LONG"])]),
        places(
            "rows that are too short and too long",
            "小区编号,小区名称,户数\n@a,甲\n@b,乙,1,多\n@c,丙,1\n",
        )
        .counts([3, 1, 0, 0, 2])
        .rejecting(&[(2, &["WRONG_CELL_COUNT"]), (3, &["WRONG_CELL_COUNT"])]),
        places(
            "texts that a spreadsheet would run",
            "小区编号,小区名称,户数\n@a,\"=HYPERLINK(\"\"http://x\"\")\",多\n@b,@SUM(A1),-\n@c,+1,多\n",
        )
        .counts([3, 1, 0, 0, 2])
        .rejecting(&[(2, &["NOT_A_NUMBER"]), (4, &["NOT_A_NUMBER"])])
        .returning(&["=HYPERLINK(\"http://x\")", "+1"]),
        places("texts that would steer a terminal", "小区编号,小区名称,户数\n@a,\u{1b}[2J\u{202e}甲,多\n")
            .counts([1, 0, 0, 0, 1])
            .rejecting(&[(2, &["NOT_A_NUMBER"])]),
    ]
}

fn surroundings() -> Vec<Case> {
    vec![
        places(
            "a title, a unit and a blank line above the header",
            "浦东新区小区名册,,\n单位：户,,\n,,\n小区编号,小区名称,户数\n@a,甲,1\n",
        )
        .accepted(1)
        .remarking(&["TITLE_ROW"]),
        places(
            "totals and notes below the data",
            "小区编号,小区名称,户数\n@a,甲,1\n@b,乙,2\n合计,,3\n注：截至2026年3月,,\n填表人：王芳,,\n",
        )
        .accepted(2)
        .remarking(&["TOTAL_ROW", "NOTE_ROW"]),
        places(
            "totals and signatures wherever they stand",
            "序号,街镇,小区编号,小区名称,户数\n1,潍坊新村街道,@a,甲,1\n2,潍坊新村街道,@b,乙,2\n3,潍坊新村街道,合计,,3\n盖章,,,,\n街道分管领导（签字）：,,,,\n",
        )
        .accepted(2)
        .remarking(&["TOTAL_ROW", "NOTE_ROW"])
        .registering(&[("@a", "households", "1"), ("@b", "households", "2")]),
        places("blank rows between the data", "小区编号,小区名称,户数\n@a,甲,1\n,,\n\n@b,乙,2\n")
            .accepted(2)
            .remarking(&["BLANK_ROWS"]),
        places(
            "the header again on every printed page",
            "小区编号,小区名称,户数\n@a,甲,1\n小区编号,小区名称,户数\n@b,乙,2\n",
        )
        .accepted(2)
        .remarking(&["HEADER_AGAIN"]),
        places(
            "an estate whose name begins like a total",
            "小区编号,小区名称,户数\n@a,总计苑,1\n@b,合计花园,2\n",
        )
        .accepted(2),
        places("nothing at all", "").refused(&["空"]),
        places("a byte order mark and nothing else", "\u{feff}").refused(&["没有内容"]),
        places("a header and nothing else", &format!("{HEADER}\n")).accepted(0),
        places("blank lines and nothing else", "\n\n\n").refused(&["表头"]),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        places("English headers, as our own files have them", "place_id,name,town_code,town,committee,housing_nature,households,population\n@a,甲,,,,商品房,1,2\n")
            .accepted(1),
        places("other words, blanks and full-width letters", "小区 代码 ,楼盘名称,所属街道,居民委员会,产权性质,总户数（户）,实有人口\n@a,甲,潍坊新村街道,一居,商品房,1,2\n")
            .accepted(1)
            .remarking(&["TOWN_CODE_FILLED"])
            .registering(&[
                ("@a", "name", "甲"),
                ("@a", "town", "潍坊新村街道"),
                ("@a", "town_code", "310115004000"),
                ("@a", "committee", "一居"),
                ("@a", "housing_nature", "商品房"),
                ("@a", "households", "1"),
                ("@a", "population", "2"),
            ]),
        places("a star at what is required", "*小区编号,小区名称（必填）,户数\n@a,甲,1\n").accepted(1),
        places("counts in units of the header, and one of something else", "小区编号,户数(百户),户数（空置）,常住人口（万人）\n@a,12,3,0.25\n")
            .accepted(1)
            .registering(&[("@a", "households", "1200"), ("@a", "population", "2500"), ("@a", "户数（空置）", "3")]),
        places("one header twice", "小区编号,户数,户数\n@a,1,2\n").refused(&["户数"]),
        places("two headers of one meaning", "小区编号,户数,总户数\n@a,1,2\n").refused(&["户数", "总户数"]),
        places("no column of ids", "小区名称,户数\n甲,1\n").refused(&["place_id"]),
        places("no header", "甲,100\n乙,200\n").refused(&["表头"]),
        observations("places sent as observations", &sound(",", "\n")).refused(&["指标"]),
        places("rows without an id, and one id twice", "小区编号,小区名称,户数\n,甲,1\n@b,乙,2\n@b,乙,3\n@c,丙,1\n@c,丙,1\n")
            .counts([5, 1, 0, 1, 3])
            .rejecting(&[(2, &["MISSING_PLACE_ID"]), (3, &["CONFLICT"]), (4, &["CONFLICT"])]),
    ]
}
