//! A CSV file read row by row, each row with its number and its original text.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder};
use sha2::{Digest, Sha256};

use super::Mapping;

/// A file that cannot be used at all, with everything that is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}", path.display(), faults.join("; "))]
pub(crate) struct UnusableFile {
    /// The file.
    pub(crate) path: PathBuf,
    /// Every fault found, in words.
    pub(crate) faults: Vec<String>,
}

/// An open CSV file with its header understood.
pub(crate) struct Document {
    path: PathBuf,
    reader: csv::Reader<Kept<File>>,
    record: ByteRecord,
    /// Header texts in file order.
    headers: Vec<String>,
    /// Standard name of each column: the mapping's where it names one, else the header itself.
    standard: Vec<String>,
    row: u64,
}

/// One row, borrowed until the next is read.
pub(crate) struct Row<'a> {
    /// Number in the file; the header is row 1.
    pub(crate) number: u64,
    /// The text as it stood in the file, without the line end. Bytes that are not UTF-8 show as U+FFFD.
    pub(crate) original: String,
    record: &'a ByteRecord,
    columns: usize,
}

/// Why a cell cannot be read as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotUtf8;

impl Document {
    /// Opens a file and reads its header. What cannot be read twice, such as a pipe, is first copied to a temporary file:
    /// a delivery that is interrupted begins again.
    ///
    /// # Errors
    /// [`UnusableFile`] if it cannot be read, has no header, names a column twice, or lacks one of `required`
    /// (standard names); all of it at once.
    pub(crate) fn open(path: &Path, mapping: &Mapping, required: &[&str]) -> Result<Self, UnusableFile> {
        let unusable = |faults: Vec<String>| UnusableFile { path: path.to_owned(), faults };
        let file =
            File::open(path).map_err(|e| unusable(vec![format!("cannot be opened / 无法打开: {e}")]))?;
        let unreadable = |e: io::Error| unusable(vec![format!("cannot be read / 无法读取: {e}")]);
        let file = readable_again(file).map_err(unreadable)?;
        let mut record = ByteRecord::new();
        let (reader, found) = begin(file, &mut record).map_err(unreadable)?;
        if !found {
            return Err(unusable(vec!["is empty: a header row is needed / 文件为空，缺少表头".to_owned()]));
        }
        let mut faults = Vec::new();
        let headers: Vec<String> = record
            .iter()
            .enumerate()
            .map(|(i, cell)| match std::str::from_utf8(cell) {
                Ok(text) => text.trim().trim_start_matches('\u{feff}').to_owned(),
                Err(_) => {
                    faults.push(format!("header {} is not UTF-8 / 第 {0} 列表头不是 UTF-8 编码", i + 1));
                    String::new()
                }
            })
            .collect();
        let standard: Vec<String> = headers.iter().map(|h| mapping.standard_name(h).to_owned()).collect();
        for (i, name) in standard.iter().enumerate() {
            if !name.is_empty() && standard[..i].contains(name) {
                faults.push(format!("column `{name}` appears twice / 列 `{name}` 出现两次"));
            }
        }
        for name in required {
            if !standard.iter().any(|s| s == name) {
                faults.push(format!("column `{name}` is missing / 缺少列 `{name}`"));
            }
        }
        for header in mapping.unmatched(&headers) {
            faults
                .push(format!("column `{header}` of the mapping is missing / 映射中的列 `{header}` 不存在"));
        }
        if !faults.is_empty() {
            return Err(unusable(faults));
        }
        Ok(Self { path: path.to_owned(), reader, record, headers, standard, row: 1 })
    }

    /// Goes back to before the first row.
    ///
    /// # Errors
    /// [`UnusableFile`] if the file can no longer be read.
    pub(crate) fn rewind(&mut self) -> Result<(), UnusableFile> {
        let again = self.handle().and_then(|file| begin(file, &mut self.record));
        (self.reader, _) = again.map_err(|e| self.unreadable(&e))?;
        self.row = 1;
        Ok(())
    }

    /// SHA-256 of the whole file. [`Document::rewind`] before the next row is read: both read one file.
    ///
    /// # Errors
    /// [`UnusableFile`] if the file can no longer be read.
    pub(crate) fn sha256(&self) -> Result<Vec<u8>, UnusableFile> {
        let hashed = || {
            let mut file = self.handle()?;
            file.rewind()?;
            sha256(&mut file)
        };
        hashed().map_err(|e| self.unreadable(&e))
    }

    /// Compares what was read, now that every row is, with what [`Document::sha256`] gave before.
    ///
    /// # Errors
    /// [`UnusableFile`] if somebody has changed the file meanwhile.
    pub(crate) fn is_still(&self, sha256: &[u8]) -> Result<(), UnusableFile> {
        if *self.reader.get_ref().hash.clone().finalize() == *sha256 {
            return Ok(());
        }
        let fault = "was changed while it was being delivered, which was therefore not finished; deliver it again under \
                     another request id / 文件在导入过程中被修改，本次导入未完成；请用新的 request id 重新导入";
        Err(UnusableFile { path: self.path.clone(), faults: vec![fault.to_owned()] })
    }

    fn handle(&self) -> io::Result<File> {
        self.reader.get_ref().inner.try_clone()
    }

    fn unreadable(&self, error: &io::Error) -> UnusableFile {
        let faults = vec![format!("can no longer be read / 无法再读取: {error}")];
        UnusableFile { path: self.path.clone(), faults }
    }

    /// File name without its folders: what a batch is called.
    pub(crate) fn file_name(&self) -> String {
        self.path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
    }

    /// Position of the column with this standard name.
    pub(crate) fn column(&self, standard_name: &str) -> Option<usize> {
        self.standard.iter().position(|s| s == standard_name)
    }

    /// Columns in file order: position, header as the file spells it, standard name.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        (0..self.headers.len()).map(|i| (i, self.headers[i].as_str(), self.standard[i].as_str()))
    }

    /// The next row, `None` at the end.
    ///
    /// # Errors
    /// [`UnusableFile`] if the file can no longer be read.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row<'_>>, UnusableFile> {
        let start = self.reader.position().byte();
        let found = self.reader.read_byte_record(&mut self.record).map_err(|e| UnusableFile {
            path: self.path.clone(),
            faults: vec![format!("cannot be read after row {} / 第 {0} 行之后无法读取: {e}", self.row)],
        })?;
        if !found {
            return Ok(None);
        }
        let end = self.reader.position().byte();
        let (blank_lines, original) = self.reader.get_mut().take(end);
        self.row += 1 + blank_lines;
        debug_assert!(start < end, "a record has bytes");
        Ok(Some(Row { number: self.row, original, record: &self.record, columns: self.headers.len() }))
    }
}

impl Row<'_> {
    /// The trimmed text of a column; empty where the row is too short.
    ///
    /// # Errors
    /// [`NotUtf8`] if its bytes are not UTF-8.
    pub(crate) fn cell(&self, column: usize) -> Result<&str, NotUtf8> {
        let bytes = self.record.get(column).unwrap_or_default();
        std::str::from_utf8(bytes).map(str::trim).map_err(|_| NotUtf8)
    }

    /// How many cells the row has, if not as many as the header.
    pub(crate) fn ragged(&self) -> Option<usize> {
        (self.record.len() != self.columns).then_some(self.record.len())
    }
}

/// SHA-256 of what is left to read.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn sha256(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hash.finalize().to_vec()),
            n => hash.update(&buffer[..n]),
        }
    }
}

/// A reader of the file from its start, past the header row, which goes into `record`; and whether there is one.
fn begin(mut file: File, record: &mut ByteRecord) -> io::Result<(csv::Reader<Kept<File>>, bool)> {
    file.rewind()?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(Kept::new(file));
    let found = reader.read_byte_record(record)?;
    let end = reader.position().byte();
    reader.get_mut().take(end);
    Ok((reader, found))
}

fn readable_again(mut file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    let mut copy = tempfile::tempfile()?;
    io::copy(&mut file, &mut copy)?;
    Ok(copy)
}

/// A reader that keeps the bytes it handed out until they are taken: the original text of a row.
struct Kept<R> {
    inner: R,
    bytes: Vec<u8>,
    /// Offset in the file of the first kept byte.
    offset: u64,
    /// The last byte taken was a carriage return, whose line feed may still come.
    after_return: bool,
    /// Of every byte handed out.
    hash: Sha256,
}

impl<R> Kept<R> {
    fn new(inner: R) -> Self {
        Self { inner, bytes: Vec::new(), offset: 0, after_return: false, hash: Sha256::new() }
    }

    /// Everything kept before offset `end`: how many blank lines came first, and the text without line ends around it.
    fn take(&mut self, end: u64) -> (u64, String) {
        let length = usize::try_from(end - self.offset).expect("a row fits in memory").min(self.bytes.len());
        let taken = &self.bytes[..length];
        let feeds = taken.iter().take_while(|b| matches!(b, b'\r' | b'\n')).filter(|b| **b == b'\n').count();
        let pending = usize::from(self.after_return && taken.first() == Some(&b'\n'));
        let text = String::from_utf8_lossy(taken).trim_matches(['\r', '\n']).to_owned();
        self.after_return = taken.last() == Some(&b'\r');
        self.bytes.drain(..length);
        self.offset = end;
        ((feeds - pending) as u64, text)
    }
}

impl<R: Read> Read for Kept<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.bytes.extend_from_slice(&buffer[..n]);
        self.hash.update(&buffer[..n]);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u64, String)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        std::fs::write(&path, text).unwrap();
        let mut document = Document::open(&path, &Mapping::default(), &["a"]).unwrap();
        let mut rows = Vec::new();
        while let Some(row) = document.next_row().unwrap() {
            rows.push((row.number, row.original.clone()));
        }
        rows
    }

    #[test]
    fn a_row_keeps_its_original_text_and_blank_lines_count_as_rows() {
        let text = "\u{feff}a,b\r\n1,\"x\ny\"\r\n\r\n\r\n 2 ,\"\"\"q\"\"\"\r\n3,z";
        assert_eq!(
            rows(text),
            [(2, "1,\"x\ny\"".to_owned()), (5, " 2 ,\"\"\"q\"\"\"".to_owned()), (6, "3,z".to_owned())]
        );
    }

    #[test]
    fn a_long_file_keeps_every_original_across_buffer_borders() {
        let lines: Vec<String> = (0..50_000).map(|i| format!("{i},价值{i}")).collect();
        let found = rows(&format!("a,b\n{}\n", lines.join("\n")));
        assert_eq!(found.len(), lines.len());
        assert!(found.iter().zip(&lines).all(|((_, original), line)| original == line));
    }

    #[test]
    fn a_document_that_is_rewound_gives_the_same_rows_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        std::fs::write(&path, "a,b\n1,x\n\n2,y\n").unwrap();
        let mut document = Document::open(&path, &Mapping::default(), &["a"]).unwrap();
        let mut passes = Vec::new();
        for rows in [1, 2] {
            assert_eq!(document.sha256().unwrap().len(), 32);
            document.rewind().unwrap();
            let read: Vec<_> = (0..rows).map(|_| document.next_row().unwrap().unwrap().number).collect();
            passes.push(read);
        }
        assert_eq!(passes, [vec![2], vec![2, 4]]);
    }

    #[test]
    fn a_file_that_is_changed_between_its_hash_and_its_last_row_is_found_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        std::fs::write(&path, "a,b\n1,x\n").unwrap();
        let mut document = Document::open(&path, &Mapping::default(), &["a"]).unwrap();
        let hash = document.sha256().unwrap();
        for text in ["a,b\n1,x\n", "a,b\n1,y\n", "a,b\n1,x\n2,y\n", "a,b\n1,x\n\n", "a,b\n1,x\n"] {
            std::fs::write(&path, text).unwrap();
            document.rewind().unwrap();
            while document.next_row().unwrap().is_some() {}
            assert_eq!(document.is_still(&hash).is_ok(), text == "a,b\n1,x\n", "{text:?}");
        }
    }

    #[test]
    fn every_fault_of_a_header_is_named_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        std::fs::write(&path, "x,x\n").unwrap();
        let faults = Document::open(&path, &Mapping::default(), &["a", "b"]).err().unwrap().faults;
        assert_eq!(faults.len(), 3, "{faults:?}");
    }
}
