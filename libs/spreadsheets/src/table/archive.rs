//! The container of .xlsx, .xlsb and .ods (ZIP), looked at before it is unpacked.
//!
//! Directories lie about sizes, so every part that will be read is unpacked once, in pieces, counted and looked at. Only
//! such parts are handed on: what the readers get is an archive written anew.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::Text;
use super::limits::{ELEMENTS, Limits, MERGED, STRINGS, at_most, ratio_too_high, unpacked_too_large};
use super::markup::{Markup, attribute, name};
use super::recognition::Format;
use super::records::Records;

/// Parts of an archive. A workbook has some dozens, with pictures hundreds.
const PARTS: usize = 10_000;

/// Below this, a ratio says nothing: a few kilobytes of blanks pack very well.
const HARMLESS_BYTES: u64 = 8 << 20;

/// The only content type of .ods.
const ODS: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";

/// An archive that is safe to read.
pub(super) struct Archive {
    pub(super) format: Format,
    /// The archive, written anew with the parts that were looked at.
    pub(super) bytes: Vec<u8>,
    /// It had macros, which are left out.
    pub(super) macros: bool,
    /// What was seen in each sheet of an .xlsx, by the name of its part as [`usual`] gives it.
    pub(super) seen: BTreeMap<String, Seen>,
}

/// What is seen in a sheet of an .xlsx while it is looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// Rows that are hidden, by hand or by a filter.
    pub(super) hidden_rows: u64,
    /// Formulas whose value was not saved.
    pub(super) unvalued: u64,
}

/// Looks at an archive.
///
/// # Errors
/// If it is damaged, encrypted, no workbook, or made to exhaust a reader.
pub(super) fn look(bytes: &[u8], limits: &Limits) -> Result<Archive, Text> {
    // Counted before the directory is read into memory.
    if memchr::memmem::find_iter(bytes, b"PK\x01\x02").take(PARTS + 1).count() > PARTS {
        return Err(Text::new(
            format!("压缩包内超过 {PARTS} 个部分"),
            format!("has more than {PARTS} parts, which is the limit"),
        ));
    }
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let mut budget = Budget { limits: *limits, packed: bytes.len() as u64, unpacked: 0 };
    let names = declared(&mut zip, budget.clone())?;
    let format = format(&mut zip, &names)?;
    let mut written = ZipWriter::new(Cursor::new(Vec::with_capacity(bytes.len())));
    let mut seen = BTreeMap::new();
    for (index, part) in names.iter().enumerate() {
        let Some(kind) = kind(format, part) else { continue };
        let mut file = zip.by_index(index).map_err(|error| damaged(&error))?;
        if kind == Kind::Sheet {
            seen.insert(usual(part), look_at_sheet(&mut file, &mut budget)?);
        } else {
            look_at(&mut file, kind, &mut budget)?;
        }
        drop(file);
        let raw = zip.by_index_raw(index).map_err(|error| damaged(&error))?;
        written.raw_copy_file(raw).map_err(|error| damaged(&error))?;
    }
    let bytes = written.finish().map_err(|error| damaged(&error))?.into_inner();
    let macros = names.iter().any(|part| part.to_ascii_lowercase().ends_with("vbaproject.bin"));
    Ok(Archive { format, bytes, macros, seen })
}

/// The names of all parts, once their declared sizes are found within the limits.
fn declared(zip: &mut ZipArchive<Cursor<&[u8]>>, mut budget: Budget) -> Result<Vec<String>, Text> {
    let mut names = Vec::with_capacity(zip.len());
    for index in 0..zip.len() {
        let part = zip.by_index_raw(index).map_err(|error| damaged(&error))?;
        if part.encrypted() {
            return Err(encrypted());
        }
        if !matches!(part.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(Text::new(
                "压缩方式不是 Excel 使用的，请重新保存",
                "is packed in a way no spreadsheet program uses: save it again",
            ));
        }
        budget.spend(part.size())?;
        names.push(part.name().map_err(|error| damaged(&error))?.into_owned());
    }
    Ok(names)
}

/// What kind of workbook the parts make.
fn format(zip: &mut ZipArchive<Cursor<&[u8]>>, names: &[String]) -> Result<Format, Text> {
    let names: Vec<String> = names.iter().map(|name| usual(name)).collect();
    let has = |part: &str| names.iter().any(|name| name == part);
    let within = |folder: &str| names.iter().any(|name| name.starts_with(folder));
    if has("xl/workbook.bin") {
        return Ok(Format::Xlsb);
    }
    if has("mimetype") {
        let mut kind = Vec::new();
        let part = zip.by_name("mimetype").map_err(|error| damaged(&error))?;
        part.take(128).read_to_end(&mut kind).map_err(|error| damaged(&error))?;
        if kind == ODS {
            // The content of a locked document is no XML: say the reason, not what follows from it.
            let mut manifest = Vec::new();
            if let Ok(part) = zip.by_name("META-INF/manifest.xml") {
                part.take(1 << 20).read_to_end(&mut manifest).map_err(|error| damaged(&error))?;
            }
            let locked = memchr::memmem::find(&manifest, b"encryption-data").is_some();
            return if locked { Err(encrypted()) } else { Ok(Format::Ods) };
        }
        return Err(no_workbook(
            "OpenDocument 文档，但不是电子表格",
            "an OpenDocument file, but no spreadsheet",
        ));
    }
    if has("[content_types].xml") && within("xl/") {
        return Ok(Format::Xlsx);
    }
    Err(match (within("word/"), within("ppt/")) {
        (true, _) => no_workbook("Word 文档", "a Word document"),
        (_, true) => no_workbook("PowerPoint 演示文稿", "a PowerPoint presentation"),
        _ => no_workbook(
            "压缩包，里面没有工作簿；请解压后导入其中的表格",
            "an archive without a workbook: unpack it",
        ),
    })
}

/// The name of a part as it is compared: some programs write capitals or backslashes, and Excel takes them.
pub(super) fn usual(name: &str) -> String {
    name.replace('\\', "/").to_ascii_lowercase()
}

/// How a part is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A sheet of an .xlsx.
    Sheet,
    /// Any other XML.
    Xml,
    /// Records of a sheet of an .xlsb.
    SheetRecords,
    /// Any other records of an .xlsb.
    Records,
    /// A word.
    Plain,
}

/// How a part is looked at; `None` if no reader needs it.
fn kind(format: Format, part: &str) -> Option<Kind> {
    let part = usual(part);
    let unneeded =
        ["media/", "drawings/", "charts/", "embeddings/", "printersettings/", "customxml/", "docprops/"];
    if unneeded.iter().any(|folder| part.contains(folder)) {
        return None;
    }
    let ends = |end: &str| part.ends_with(end);
    match format {
        Format::Ods if part == "mimetype" => Some(Kind::Plain),
        Format::Ods => matches!(part.as_str(), "content.xml" | "meta-inf/manifest.xml").then_some(Kind::Xml),
        Format::Xlsb if ends(".bin") && !ends("vbaproject.bin") && !part.contains("binaryindex") => {
            Some(if part.contains("worksheets/") { Kind::SheetRecords } else { Kind::Records })
        }
        Format::Xlsx if ends(".xml") && part.contains("worksheets/") => Some(Kind::Sheet),
        _ => (ends(".xml") || ends(".rels")).then_some(Kind::Xml),
    }
}

/// How much may still be unpacked.
#[derive(Clone)]
struct Budget {
    limits: Limits,
    packed: u64,
    unpacked: u64,
}

impl Budget {
    fn spend(&mut self, bytes: u64) -> Result<(), Text> {
        self.unpacked = self.unpacked.saturating_add(bytes);
        if self.unpacked > HARMLESS_BYTES && self.unpacked / self.packed.max(1) >= self.limits.ratio {
            return Err(ratio_too_high(self.limits.ratio));
        }
        if self.unpacked > self.limits.unpacked_bytes {
            return Err(unpacked_too_large(self.limits.unpacked_bytes));
        }
        Ok(())
    }
}

/// Unpacks a part in pieces.
fn pieces(
    file: &mut impl Read,
    budget: &mut Budget,
    mut look: impl FnMut(&[u8]) -> Result<(), Text>,
) -> Result<u64, Text> {
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let n = file.read(&mut buffer).map_err(|error| damaged(&error))?;
        if n == 0 {
            return Ok(bytes);
        }
        budget.spend(n as u64)?;
        bytes += n as u64;
        look(&buffer[..n])?;
    }
}

fn look_at<R: Read>(file: &mut ZipFile<'_, R>, kind: Kind, budget: &mut Budget) -> Result<(), Text> {
    match kind {
        Kind::Plain => pieces(file, budget, |_| Ok(())).map(|_| ()),
        Kind::Records | Kind::SheetRecords => look_at_records(file, kind, budget),
        Kind::Xml | Kind::Sheet => look_at_markup(file, budget),
    }
}

fn look_at_records<R: Read>(file: &mut ZipFile<'_, R>, kind: Kind, budget: &mut Budget) -> Result<(), Text> {
    let mut records = Records::default();
    let (mut strings, mut merged, mut others) = (0, 0, 0);
    pieces(file, budget, |piece| {
        records.look(piece, &mut |record, _| match record {
            0x13 => strings += 1,
            0xB0 => merged += 1,
            _ => others += u64::from(kind == Kind::Records),
        })?;
        few(strings, merged, others)
    })?;
    records.end()
}

fn look_at_markup<R: Read>(file: &mut ZipFile<'_, R>, budget: &mut Budget) -> Result<(), Text> {
    let mut markup = Markup::new();
    let (mut declared, mut strings, mut others) = (0_u64, 0, 0);
    // A table of strings has elements within each string, and an .ods is one document; it is looked at again.
    let mut is_table = false;
    let bytes = pieces(file, budget, |piece| {
        markup.look(piece, &mut |tag| match name(tag) {
            b"sst" => {
                is_table = true;
                declared = attribute(tag, "uniqueCount").and_then(|count| count.parse().ok()).unwrap_or(0);
            }
            b"si" => strings += 1,
            b"document-content" => is_table = true,
            tag => others += u64::from(!is_table && tag.first() != Some(&b'/')),
        })?;
        few(strings, 0, others)
    })?;
    // The reader reserves memory for as many strings as are declared; `<si/>` is the shortest.
    if declared.saturating_mul(5) > bytes {
        return Err(Text::new(
            "共享字符串的数量与内容不符，文件可能被篡改",
            "declares more shared strings than it holds: it may be made to exhaust memory",
        ));
    }
    markup.end()
}

/// Refuses parts that take little in the file and much in memory.
fn few(strings: u64, merged: u64, others: u64) -> Result<(), Text> {
    at_most(STRINGS, strings, "共享字符串", "shared strings")?;
    at_most(MERGED, merged, "合并单元格", "merged areas")?;
    at_most(ELEMENTS, others, "样式或名称", "styles or names")
}

fn look_at_sheet<R: Read>(file: &mut ZipFile<'_, R>, budget: &mut Budget) -> Result<Seen, Text> {
    let (mut markup, mut seen) = (Markup::new(), Seen::default());
    let (mut formula, mut value, mut merged) = (false, false, 0);
    pieces(file, budget, |piece| {
        markup.look(piece, &mut |tag| match name(tag) {
            b"c" => (formula, value) = (false, false),
            b"f" => formula = true,
            b"v" | b"is" => value = !tag.ends_with(b"/"),
            b"/c" => seen.unvalued += u64::from(formula && !value),
            b"row" => seen.hidden_rows += u64::from(matches!(attribute(tag, "hidden"), Some("1" | "true"))),
            b"mergeCell" => merged += 1,
            _ => {}
        })?;
        few(0, merged, 0)
    })?;
    markup.end()?;
    Ok(seen)
}

/// The fault of a file that a password locks.
pub(super) fn encrypted() -> Text {
    Text::new(
        "文件已加密；请用 Excel 或 WPS 打开，取消密码后另存，再导入",
        "is encrypted: open it in Excel or WPS, remove the password and save it again",
    )
}

fn no_workbook(zh: &str, en: &str) -> Text {
    Text::new(
        format!("这是{zh}，不是工作簿；请另存为 .xlsx 或 CSV"),
        format!("is {en}, not a workbook; save the table as .xlsx or CSV"),
    )
}

/// The fault of a file that its own program could not open.
pub(super) fn damaged(error: &impl std::fmt::Display) -> Text {
    Text::new(
        format!("文件已损坏，无法读取：{error}；请用 Excel 或 WPS 打开后重新保存"),
        format!("is damaged and cannot be read: {error}; open it in Excel or WPS and save it again"),
    )
}
