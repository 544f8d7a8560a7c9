//! What a file is, by its content. What cannot be read is refused with what to do about it.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use super::Text;
use super::delimited::Stop;
use super::encoding::{Encoding, Survey};
use super::remark::Remarks;

/// Kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text whose cells stand between delimiters.
    Csv,
    /// Excel since 2007, with or without macros.
    Xlsx,
    /// Excel 97-2003.
    Xls,
    /// Excel since 2007, binary.
    Xlsb,
    /// OpenDocument, as LibreOffice saves it.
    Ods,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Xlsb => "xlsb",
            Self::Ods => "ods",
        })
    }
}

/// What must be opened to say more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    /// Text.
    Text,
    /// An archive (ZIP) or a compound file (CFB), as workbooks come in.
    Workbook,
}

/// How much of a file its kind is told by.
const HEAD_BYTES: usize = 4096;

/// Files that are no table: how they begin, and what they are in both languages.
const OTHERS: [(&[u8], &str, &str); 10] = [
    (b"%PDF", "PDF 文档", "a PDF document"),
    (b"\x89PNG", "图片", "a picture"),
    (b"\xFF\xD8\xFF", "图片", "a picture"),
    (b"GIF8", "图片", "a picture"),
    (b"II*\0", "图片", "a picture"),
    (b"Rar!", "RAR 压缩包", "a RAR archive"),
    (b"7z\xBC\xAF", "7z 压缩包", "a 7z archive"),
    (b"\x1F\x8B", "gzip 压缩文件", "a file packed with gzip"),
    (b"{\\rtf", "RTF 文档", "an RTF document"),
    (b"SQLite format 3", "数据库文件", "a database"),
];

/// Says what a file is, by how it begins.
///
/// # Errors
/// [`Stop`] if it cannot be read, or is nothing this reader can use.
pub(super) fn recognise(file: &mut File) -> Result<Container, Stop> {
    file.rewind()?;
    let mut head = Vec::with_capacity(HEAD_BYTES);
    file.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let refused = |zh: &str, en: &str| {
        Err(Stop::Fault(Text::new(
            format!("{zh}；请另存为 .xlsx 或 CSV 后再导入"),
            format!("{en}; save the table as .xlsx or CSV"),
        )))
    };
    if let Some((_, zh, en)) = OTHERS.iter().find(|(begin, ..)| head.starts_with(begin)) {
        return refused(&format!("这是{zh}，不是表格"), &format!("is {en}, not a table"));
    }
    match head.as_slice() {
        [] => Err(Stop::Fault(Text::new("文件为空：需要一行表头", "is empty: a header row is needed"))),
        [b'P', b'K', 3 | 5, 4 | 6, ..] | [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => {
            Ok(Container::Workbook)
        }
        // BIFF2 to BIFF4: a stream of records without a container.
        [0x09, 0x00 | 0x02 | 0x04, 0x04 | 0x06, 0x00, ..] => {
            refused("这是 Excel 4.0 或更早版本的文件", "is a file of Excel 4.0 or before")
        }
        _ => match markup(&head) {
            Some((zh, en)) => refused(zh, en),
            None => Ok(Container::Text),
        },
    }
}

/// What many systems export as `.xls` and Excel opens with a warning.
fn markup(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let text: String = String::from_utf8_lossy(head).replace('\0', "").to_lowercase();
    let start = text.trim_start_matches(['\u{feff}', '\u{fffd}']).trim_start();
    let xml = start.starts_with("<?xml");
    if xml && text.contains("urn:schemas-microsoft-com:office:spreadsheet") {
        return Some(("这是 XML 表格 2003，不是真正的 .xls", "is an XML Spreadsheet 2003, not a real .xls"));
    }
    let html = ["<!doctype html", "<html", "<table", "<head", "<meta", "<style", "mime-version:"];
    if html.iter().any(|begin| start.starts_with(begin)) || (xml && text.contains("<html")) {
        return Some(("这是网页（HTML），不是真正的 .xls", "is a web page (HTML), not a real .xls"));
    }
    xml.then_some(("这是 XML 文件，不是表格", "is an XML file, not a table"))
}

/// Says if the name of a file promises something else than it holds; what counts is what it holds.
pub(super) fn check_name(path: &Path, format: Format, remarks: &mut Remarks) {
    let Some(ending) = path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase) else {
        return;
    };
    let promised = match ending.as_str() {
        "csv" | "txt" | "tsv" => Format::Csv,
        "xlsx" | "xlsm" => Format::Xlsx,
        "xls" => Format::Xls,
        "xlsb" => Format::Xlsb,
        "ods" => Format::Ods,
        _ => return,
    };
    if promised != format {
        let message = Text::new(
            format!("文件名以 .{ending} 结尾，内容却是 {format}，已按内容读取"),
            format!("is named .{ending} but holds {format}; read as what it holds"),
        );
        remarks.push(None, "NAME_DIFFERS", message);
    }
}

/// Says if it is not known how the numbers of a workbook are shown.
pub(super) fn check_looks(known: bool, remarks: &mut Remarks) {
    if !known {
        let message = Text::new(
            "是 1997 年以前的 Excel 格式，读不出单元格的显示格式：显示为 85% 的会读成 0.85，显示为月份的会读成日；请另存为 .xlsx 再导入",
            "is of Excel before 1997, of which it is not known how cells are shown: 85% would be read as 0.85, and a \
             month as a day; save it as .xlsx first",
        );
        remarks.push(None, "PERCENTS_UNKNOWN", message);
    }
}

/// Says what is odd about a text file.
///
/// # Errors
/// If it is no text.
pub(super) fn check_text(survey: &Survey, remarks: &mut Remarks) -> Result<(), Text> {
    if survey.nuls * 100 > survey.bytes {
        return Err(Text::new(
            "不是文本文件，也不是可识别的表格；请用 Excel 或 WPS 另存为 .xlsx 或 CSV",
            "is neither text nor a known kind of spreadsheet; save it again as .xlsx or CSV",
        ));
    }
    if survey.guessed {
        let message = match survey.encoding {
            Encoding::Utf8 => Text::new(
                "个别字节不是 UTF-8，按 UTF-8 读取；所在单元格将被退回",
                "some bytes are not UTF-8; read as UTF-8, the cells with them are rejected",
            ),
            encoding => Text::new(
                format!("文件没有说明编码，按 {encoding} 读取；请核对汉字是否正确"),
                format!("does not say its encoding; read as {encoding}: check the names"),
            ),
        };
        remarks.push(None, "ENCODING_GUESSED", message);
    }
    if survey.nuls > 0 {
        let message = Text::new(
            format!("含有 {} 个空字符（NUL）；所在单元格将被退回", survey.nuls),
            format!("holds {} NUL bytes; the cells with them are rejected", survey.nuls),
        );
        remarks.push(None, "NUL_BYTES", message);
    }
    Ok(())
}
