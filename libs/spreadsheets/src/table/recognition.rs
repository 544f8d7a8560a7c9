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

/// How much of a file its kind is told by.
const HEAD_BYTES: usize = 4096;

/// Says what a file is.
///
/// # Errors
/// [`Stop`] if it cannot be read, or is nothing this reader can use.
pub(super) fn recognise(file: &mut File, _path: &Path) -> Result<Format, Stop> {
    file.rewind()?;
    let mut head = Vec::with_capacity(HEAD_BYTES);
    file.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    match head.as_slice() {
        [] => Err(refused("文件为空：需要一行表头", "is empty: a header row is needed")),
        [b'P', b'K', 3, 4, ..] => Ok(Format::Xlsx),
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => Ok(Format::Xls),
        _ => Ok(Format::Csv),
    }
}

fn refused(zh: &str, en: &str) -> Stop {
    Stop::Fault(Text::new(zh, en))
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
