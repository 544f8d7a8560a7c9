//! A returned sheet (退回表): the rows of a delivery that were rejected, in the sender's own columns, with what is wrong
//! with each. Mended and sent again, it names the rows that it closes.
//!
//! | sheet | holds |
//! |---|---|
//! | `待修改` | `原行号`, the columns of the file, `校验结果`; cells at fault are red and carry a note |
//! | `汇总` | counts, reasons, remarks, and how to go on |
//! | `xiuhua` (very hidden) | mark, version, batch, kind, the columns |
//!
//! Rows are pushed one after another and lie on disk, so that a hundred thousand of them take no more memory than one.

use std::collections::BTreeMap;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use crate::book::{Book, Look, Sheet, UnwritableBook, Value, cut};
use crate::table::Text;

mod corrections;
mod positions;

pub use corrections::{Correction, Corrections};
pub use positions::Positions;

/// Name of the very hidden sheet.
pub const MARK_SHEET: &str = "xiuhua";
/// Its first cell in a returned sheet.
pub const MARK: &str = "xiuhua-returned";
/// Its second cell: the version of this layout.
pub const VERSION: &str = "1";
/// Header of the first column: the number of the row in the file that was sent.
pub const ROW_HEADER: &str = "原行号";
/// Header of the last column: what is wrong.
pub const VERDICT_HEADER: &str = "校验结果";

/// Notes a sheet carries: programs open sheets with tens of thousands of them slowly. Every row says everything in its
/// last column all the same.
const NOTES: u32 = 2_000;
/// Characters of everything that is wrong with a row, of the cell's 32,767.
const VERDICT_CHARACTERS: usize = 4_000;
/// Reasons that the summary tells apart.
const REASONS: usize = 500;

/// The delivery whose rows go back.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// Id of its batch.
    pub batch_id: &'a str,
    /// `places` or `observations`.
    pub kind: &'a str,
    /// Name of the file.
    pub file_name: &'a str,
    /// Header cells as the file spells them.
    pub columns: &'a [String],
    /// What stands between the cells of an original text.
    pub delimiter: u8,
}

/// A row that was rejected.
#[derive(Clone, Debug, Default)]
pub struct RejectedRow {
    /// Its number in the file.
    pub row: u64,
    /// Its cells as one text, separated by the delimiter.
    pub original: String,
    /// Everything wrong with it.
    pub faults: Vec<Fault>,
}

/// What is wrong with a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// Positions of the cells at fault; none where it is the row as a whole.
    pub cells: Vec<usize>,
    /// Name of the column, for the reader; empty where it is the row as a whole.
    pub column: String,
    /// Stable reason, such as `NOT_A_NUMBER`.
    pub reason: String,
    /// A sentence for the reader.
    pub message: Text,
}

/// What the second sheet says beside the reasons.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Statements read, accepted, corrected, duplicate, rejected.
    pub counts: [u64; 5],
    /// What was skipped or noticed in the file.
    pub remarks: Vec<Text>,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows on the first sheet.
    pub rows: u64,
    /// Rows that a sheet had no room for; they can be written once the others are closed.
    pub left_out: u64,
}

/// A returned sheet in the making.
pub struct Returned {
    book: Book,
    sheet: Sheet,
    batch_id: String,
    kind: String,
    file_name: String,
    columns: Vec<String>,
    delimiter: u8,
    /// The row that further faults may belong to.
    pending: Option<RejectedRow>,
    written: Written,
    notes: u32,
    /// By reason and column: how often, and what was said first.
    reasons: BTreeMap<(String, String), (u64, Text)>,
}

impl Returned {
    /// A sheet without rows.
    ///
    /// # Errors
    /// If no temporary file can be made.
    pub fn begin(delivery: &Delivery<'_>) -> Result<Self, UnwritableBook> {
        let mut book = Book::new();
        let mut sheet = book.sheet("待修改")?;
        let headers = delivery.columns.iter().map(|header| (header.as_str(), Look::Head));
        let first = [(ROW_HEADER, Look::Head)].into_iter();
        sheet.head(first.chain(headers).chain([(VERDICT_HEADER, Look::Head)]))?;
        let verdict = u16::try_from(delivery.columns.len() + 1).unwrap_or(u16::MAX);
        sheet.prepare_column(verdict, 60.0, Look::Verdict)?;
        Ok(Self {
            book,
            sheet,
            batch_id: delivery.batch_id.to_owned(),
            kind: delivery.kind.to_owned(),
            file_name: delivery.file_name.to_owned(),
            columns: delivery.columns.to_vec(),
            delimiter: delivery.delimiter,
            pending: None,
            written: Written::default(),
            notes: 0,
            reasons: BTreeMap::new(),
        })
    }

    /// Adds a rejected row, or further faults of the row before: several statements of one row are one row here.
    ///
    /// # Errors
    /// If its temporary file cannot be written.
    pub fn push(&mut self, mut row: RejectedRow) -> Result<(), UnwritableBook> {
        for fault in &row.faults {
            self.count(fault);
        }
        match &mut self.pending {
            Some(pending) if pending.row == row.row && pending.original == row.original => {
                row.faults.retain(|fault| !pending.faults.contains(fault));
                pending.faults.append(&mut row.faults);
                Ok(())
            }
            _ => {
                let before = self.pending.replace(row);
                before.map_or(Ok(()), |before| self.write(&before))
            }
        }
    }

    /// Writes the book.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self, summary: &Summary, path: &Path) -> Result<Written, UnwritableBook> {
        if let Some(last) = self.pending.take() {
            self.write(&last)?;
        }
        self.sheet.trust_texts(u16::try_from(self.columns.len() + 1).unwrap_or(u16::MAX))?;
        let overview = self.overview(summary)?;
        let Self { mut book, sheet, batch_id, kind, columns, written, .. } = self;
        book.add(sheet)?;
        book.add(overview)?;
        let mark = [MARK, VERSION, batch_id.as_str(), kind.as_str()];
        book.add_very_hidden(MARK_SHEET, mark.into_iter().chain(columns.iter().map(String::as_str)))?;
        book.save(path)?;
        Ok(written)
    }

    fn count(&mut self, fault: &Fault) {
        let key = (fault.reason.clone(), fault.column.clone());
        if self.reasons.len() < REASONS || self.reasons.contains_key(&key) {
            self.reasons.entry(key).or_insert_with(|| (0, fault.message.clone())).0 += 1;
        }
    }

    fn write(&mut self, row: &RejectedRow) -> Result<(), UnwritableBook> {
        if self.sheet.rows_left() == 0 {
            self.written.left_out += 1;
            return Ok(());
        }
        let cells = cells(&row.original, self.delimiter);
        self.sheet.put(Value::Whole(row.row), Look::Plain)?;
        for column in 0..self.columns.len() {
            let at_fault = row.faults.iter().filter(|fault| fault.cells.contains(&column));
            let said: Vec<_> = at_fault.map(|fault| fault.message.zh.as_str()).collect();
            let look = if said.is_empty() { Look::Id } else { Look::Fault };
            self.sheet.put(Value::Text(cells.get(column).unwrap_or("")), look)?;
            if !said.is_empty() && self.notes < NOTES {
                self.notes += 1;
                self.sheet.note(&said.join("\n"))?;
            }
        }
        // What has no column is in the text of the row alone.
        let original = (cells.len() > self.columns.len()).then_some(row.original.as_str());
        let verdict = verdict(&row.faults, original);
        self.sheet.put(Value::Text(&cut(&verdict, VERDICT_CHARACTERS, "…")), Look::Verdict)?;
        self.sheet.end_row();
        self.written.rows += 1;
        Ok(())
    }

    fn overview(&mut self, summary: &Summary) -> Result<Sheet, UnwritableBook> {
        let mut sheet = self.book.sheet("汇总")?;
        let kind = if self.kind == "places" { "小区 / places" } else { "指标 / observations" };
        let [read, accepted, corrected, duplicate, rejected] = summary.counts;
        title(&mut sheet, "导入结果 / Import")?;
        for (name, value) in [
            ("文件 / file", Value::Text(&self.file_name)),
            ("批次 / batch", Value::Text(&self.batch_id)),
            ("内容 / kind", Value::Text(kind)),
            ("读取 / read", Value::Whole(read)),
            ("接受 / accepted", Value::Whole(accepted)),
            ("更正 / corrected", Value::Whole(corrected)),
            ("重复 / duplicate", Value::Whole(duplicate)),
            ("拒绝 / rejected", Value::Whole(rejected)),
            ("待修改的行 / rows to mend", Value::Whole(self.written.rows)),
        ] {
            sheet.row([Value::Text(name), value])?;
        }
        if self.written.left_out > 0 {
            let name = "本表放不下的行 / rows without room";
            sheet.row([Value::Text(name), Value::Whole(self.written.left_out)])?;
        }
        sheet.row([Value::Text("读取 = 接受 + 更正 + 重复 + 拒绝")])?;
        sheet.end_row();
        title(&mut sheet, "原因 / Reasons")?;
        let headers = ["原因 / reason", "列 / column", "次数 / times", "说明", "message"];
        for header in headers {
            sheet.put(Value::Text(header), Look::Head)?;
        }
        sheet.end_row();
        for ((reason, column), (times, said)) in &self.reasons {
            let column = if column.is_empty() { "整行 / row" } else { column };
            sheet.row([
                Value::Text(reason),
                Value::Text(column),
                Value::Whole(*times),
                Value::Text(&said.zh),
                Value::Text(&said.en),
            ])?;
        }
        if !summary.remarks.is_empty() {
            sheet.end_row();
            title(&mut sheet, "备注 / Remarks")?;
            for remark in &summary.remarks {
                sheet.row([Value::Text(&format!("{} / {}", remark.zh, remark.en))])?;
            }
        }
        sheet.end_row();
        title(&mut sheet, "如何修改 / How to go on")?;
        for step in [
            "1. 在“待修改”表中改正红色单元格，错误说明见最后一列。不再需要的行可以删除：它们仍留在待处理清单中，直到被放弃。",
            "2. 不要改动“原行号”和表头，也不要把行复制到别的文件：平台据此认出更正的是哪一行。",
            "3. 保存后再次导入本文件，无需其他参数：",
            if self.kind == "places" {
                "   xiuhua import places <本文件>"
            } else {
                "   xiuhua import observations <本文件>"
            },
            "Mend the red cells of the first sheet, keep the first column and the headers, and import this file again.",
        ] {
            sheet.row([Value::Text(step)])?;
        }
        Ok(sheet)
    }
}

fn title(sheet: &mut Sheet, text: &str) -> Result<(), UnwritableBook> {
    sheet.put(Value::Text(text), Look::Title)?;
    sheet.end_row();
    Ok(())
}

/// The cells of a row as it stood in the file.
#[must_use]
pub fn cells(original: &str, delimiter: u8) -> StringRecord {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(original.as_bytes());
    let mut record = StringRecord::new();
    // Memory does not fail, and a text is valid UTF-8.
    let _ = reader.read_record(&mut record);
    record
}

/// Everything wrong with a row: in Chinese, then in English.
fn verdict(faults: &[Fault], original: Option<&str>) -> String {
    let line = |column: &str, said: &str, [open, close]: [&str; 2]| {
        if column.is_empty() { said.to_owned() } else { format!("{open}{column}{close}{said}") }
    };
    let zh = faults.iter().map(|fault| line(&fault.column, &fault.message.zh, ["【", "】"]));
    let en = faults.iter().map(|fault| line(&fault.column, &fault.message.en, ["", ": "]));
    let original = original.map(|original| format!("原文 / original: {original}"));
    zh.chain(en).chain(original).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Range, Reader, SheetVisible, Xlsx, open_workbook};

    use super::*;
    use crate::table::{Cell, Opening, Table};

    fn fault(cells: &[usize], column: &str, reason: &str, zh: &str) -> Fault {
        let message = Text { zh: zh.to_owned(), en: "is wrong".to_owned() };
        Fault { cells: cells.to_vec(), column: column.to_owned(), reason: reason.to_owned(), message }
    }

    fn row(row: u64, original: &str, faults: Vec<Fault>) -> RejectedRow {
        RejectedRow { row, original: original.to_owned(), faults }
    }

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn returned(
        delimiter: u8,
        rows: Vec<RejectedRow>,
    ) -> (Xlsx<impl std::io::Read + std::io::Seek>, Written) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.待修改.xlsx");
        let columns = columns(&["小区编号", "数值", "备注"]);
        let delivery = Delivery {
            batch_id: "b-1",
            kind: "observations",
            file_name: "a.csv",
            columns: &columns,
            delimiter,
        };
        let mut returned = Returned::begin(&delivery).unwrap();
        for row in rows {
            returned.push(row).unwrap();
        }
        let remarks =
            vec![Text { zh: "跳过第 9 行：合计".to_owned(), en: "row 9 skipped".to_owned() }];
        let summary = Summary { counts: [9, 4, 1, 1, 3], remarks };
        let written = returned.finish(&summary, &path).unwrap();
        (open_workbook(&path).unwrap(), written)
    }

    fn texts(range: &Range<Data>) -> Vec<Vec<String>> {
        range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
    }

    #[test]
    fn rejected_rows_stand_in_their_own_columns_between_their_number_and_what_is_wrong() {
        let (mut book, written) = returned(
            b';',
            vec![
                row(7, "007;八十;\"a;b\"", vec![fault(&[1], "数值", "NOT_A_NUMBER", "“八十”不是数字")]),
                row(12, "=1+1;2", vec![fault(&[], "", "WRONG_CELL_COUNT", "缺一格")]),
            ],
        );
        assert_eq!(written, Written { rows: 2, left_out: 0 });
        let sheets = book.sheets_metadata().iter().map(|s| (s.name.clone(), s.visible)).collect::<Vec<_>>();
        assert_eq!(
            sheets,
            [
                ("待修改".to_owned(), SheetVisible::Visible),
                ("汇总".to_owned(), SheetVisible::Visible),
                ("xiuhua".to_owned(), SheetVisible::VeryHidden),
            ]
        );
        let rows = texts(&book.worksheet_range("待修改").unwrap());
        assert_eq!(rows[0], ["原行号", "小区编号", "数值", "备注", "校验结果"]);
        assert_eq!(rows[1][..4], ["7", "007", "八十", "a;b"]);
        assert_eq!(rows[1][4], "【数值】“八十”不是数字\n数值: is wrong");
        assert_eq!(rows[2][..4], ["12", "=1+1", "2", ""]);
        let mark = texts(&book.worksheet_range("xiuhua").unwrap()).concat();
        assert_eq!(mark, ["xiuhua-returned", "1", "b-1", "observations", "小区编号", "数值", "备注"]);
    }

    #[test]
    fn what_is_returned_is_read_as_what_was_sent_and_says_which_rows_it_closes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.xlsx");
        let columns = columns(&["小区编号", "数值", "序号", "备注"]);
        let delivery = Delivery {
            batch_id: "b-1",
            kind: "places",
            file_name: "a.csv",
            columns: &columns,
            delimiter: b'\t',
        };
        let mut returned = Returned::begin(&delivery).unwrap();
        for (number, original) in
            [(3, "007\t1,200\t1\t=1+1"), (9, "𠮷01\t85%\t2\t合计"), (12, "3.10E+11\t\t3\t")]
        {
            returned.push(row(number, original, vec![fault(&[1], "数值", "X", "不对")])).unwrap();
        }
        returned.finish(&Summary::default(), &path).unwrap();

        let is_header = |header: &str| header == "小区编号";
        let mut table = Table::open(&path, &Opening::new(&is_header)).unwrap();
        let of = table.returned().unwrap().clone();
        assert_eq!((of.batch_id.as_str(), of.kind.as_str(), &of.columns), ("b-1", "places", &columns));
        assert_eq!(table.headers(), columns);
        let mut read = Vec::new();
        while let Some(row) = table.next_row().unwrap() {
            let cells = (0..4).map(|column| match row.cell(column) {
                Cell::Text(text) => text.to_owned(),
                Cell::Empty => String::new(),
                other => panic!("{other:?} is no text"),
            });
            read.push((row.closes_row.unwrap(), cells.collect::<Vec<_>>()));
        }
        assert_eq!(
            read,
            [
                (3, ["007", "1,200", "1", "=1+1"].map(str::to_owned).to_vec()),
                (9, ["𠮷01", "85%", "2", "合计"].map(str::to_owned).to_vec()),
                (12, ["3.10E+11", "", "3", ""].map(str::to_owned).to_vec()),
            ]
        );
    }

    #[test]
    fn several_statements_of_a_row_are_one_row_with_every_fault_once() {
        let wrong = |cell: usize, column: &str| fault(&[cell], column, "OUT_OF_BOUNDS", "超出界限");
        let (mut book, written) = returned(
            b',',
            vec![
                row(3, "A,1,2", vec![wrong(1, "数值")]),
                row(3, "A,1,2", vec![wrong(1, "数值"), wrong(2, "备注")]),
                row(4, "B,1,2", vec![wrong(2, "备注")]),
            ],
        );
        assert_eq!(written.rows, 2);
        let rows = texts(&book.worksheet_range("待修改").unwrap());
        assert_eq!(rows[1][4], "【数值】超出界限\n【备注】超出界限\n数值: is wrong\n备注: is wrong");
    }

    #[test]
    fn the_summary_counts_every_reason_and_says_how_to_go_on() {
        let (mut book, _) = returned(
            b',',
            (2..5).map(|n| row(n, "A,x,", vec![fault(&[1], "数值", "NOT_A_NUMBER", "不是数字")])).collect(),
        );
        let rows = texts(&book.worksheet_range("汇总").unwrap());
        let has = |cells: &[&str]| rows.iter().any(|row| row[..cells.len()] == *cells);
        assert!(has(&["读取 / read", "9"]) && has(&["拒绝 / rejected", "3"]), "{rows:?}");
        assert!(has(&["NOT_A_NUMBER", "数值", "3", "不是数字"]), "{rows:?}");
        assert!(has(&["跳过第 9 行：合计 / row 9 skipped"]), "{rows:?}");
        assert!(has(&["   xiuhua import observations <本文件>"]), "{rows:?}");
    }

    #[test]
    fn cells_without_a_column_are_kept_in_the_text_of_the_row() {
        let faults = vec![fault(&[], "", "WRONG_CELL_COUNT", "多一格")];
        let (mut book, _) = returned(b',', vec![row(2, "A,1,x,多出来", faults)]);
        let rows = texts(&book.worksheet_range("待修改").unwrap());
        assert!(rows[1][4].ends_with("原文 / original: A,1,x,多出来"), "{rows:?}");
    }

    #[test]
    fn notes_are_bounded_and_every_row_says_what_is_wrong_all_the_same() {
        let rows = 2..u64::from(NOTES) + 100;
        let one =
            |n| row(n, "A,\u{1b}[31m,", vec![fault(&[1], "数值", "NOT_A_NUMBER", "“\u{1b}[31m”不是数字")]);
        let (mut book, written) = returned(b',', rows.clone().map(one).collect());
        assert_eq!(written.rows, rows.count() as u64);
        let rows = texts(&book.worksheet_range("待修改").unwrap());
        assert!(rows[1..].iter().all(|row| row[4].contains("不是数字")));
    }
}
