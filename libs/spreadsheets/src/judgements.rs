//! Judgements of experts in a file: one row a pair of indicators under one parent, and how many times the first matters as
//! much as the second.
//!
//! A row names its indicators by code, with or without the name behind it. Whether the catalog has them is not known
//! here; every row says what could not be understood of it.

use std::path::Path;

use crate::cell::text;
use crate::table::{Cell, Limits, Opening, Row, Table, Text, UnusableFile, normal};

/// A field of a judgement and the headers that name it, the template's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The parent whose children are compared.
    Parent,
    /// The indicator.
    Item,
    /// The indicator it is compared with.
    Other,
    /// How many times it matters as much.
    Ratio,
    /// Who judges; a file need not have it.
    Expert,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JudgementRow {
    /// Number in the file, from 1.
    pub row: u64,
    /// Code of the parent.
    pub parent: String,
    /// Code of the indicator.
    pub item: String,
    /// Code of the one it is compared with.
    pub other: String,
    /// The judgement; `None` if it could not be read.
    pub ratio: Option<f64>,
    /// The expert; `None` where the file does not say.
    pub expert: Option<String>,
}

/// Something that could not be understood.
#[derive(Clone, Debug, PartialEq)]
pub struct RowFault {
    /// Number of the row in the file, from 1.
    pub row: u64,
    /// Header of the column.
    pub column: String,
    /// Stable word: MISSING, NOT_A_RATIO, IS_A_DATE.
    pub rule: &'static str,
    /// What is wrong.
    pub message: Text,
}

/// A file of judgements, read whole: it holds some hundred rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JudgementFile {
    /// Its rows, in their order.
    pub rows: Vec<JudgementRow>,
    /// Everything that could not be understood, by row.
    pub faults: Vec<RowFault>,
    /// Headers of the columns found, by field.
    pub headers: Vec<(Field, String)>,
}

impl Field {
    const ALL: [Self; 5] = [Self::Parent, Self::Item, Self::Other, Self::Ratio, Self::Expert];

    /// Headers that name it, the template's first.
    #[must_use]
    pub fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Parent => &["上级指标", "上级", "parent"],
            Self::Item => &["指标", "指标甲", "item"],
            Self::Other => &["比较指标", "指标乙", "other"],
            Self::Ratio => &["重要程度", "判断", "ratio", "judgement"],
            Self::Expert => &["专家", "专家姓名", "expert"],
        }
    }

    fn of_header(header: &str) -> Option<Self> {
        let header = normal(header);
        Self::ALL.into_iter().find(|field| field.headers().iter().any(|known| normal(known) == header))
    }
}

/// Reads a file of any kind that [`Table`] reads.
///
/// # Errors
/// [`UnusableFile`] if it is no table, or lacks a column that is needed.
pub fn read(path: &Path) -> Result<JudgementFile, UnusableFile> {
    let known = |header: &str| Field::of_header(header).is_some();
    let expected = ["上级指标", "指标", "比较指标", "重要程度"];
    let opening =
        Opening { enough: 3, expected: &expected, limits: Limits::default(), ..Opening::new(&known) };
    let mut table = Table::open(path, &opening)?;
    let mut columns: [Option<usize>; 5] = [None; 5];
    let mut file = JudgementFile::default();
    let mut faults = Vec::new();
    for (at, header) in table.headers().iter().enumerate() {
        let Some(field) = Field::of_header(header) else { continue };
        if columns[field as usize].replace(at).is_some() {
            faults.push(Text::new(format!("列“{header}”重复"), format!("the column `{header}` comes twice")));
        }
        file.headers.push((field, header.clone()));
    }
    for field in &Field::ALL[..4] {
        if columns[*field as usize].is_none() {
            let header = field.headers()[0];
            faults.push(Text::new(format!("缺少列“{header}”"), format!("the column `{header}` is missing")));
        }
    }
    if !faults.is_empty() {
        return Err(UnusableFile { path: path.to_owned(), faults });
    }
    while let Some(row) = table.next_row()? {
        let found = read_row(&row, &columns, &mut file);
        file.rows.push(found);
    }
    Ok(file)
}

fn read_row(row: &Row<'_>, columns: &[Option<usize>; 5], file: &mut JudgementFile) -> JudgementRow {
    let cell = |field: Field| columns[field as usize].map_or(Cell::Empty, |at| row.cell(at));
    let mut found = JudgementRow { row: row.number, ..JudgementRow::default() };
    for field in [Field::Parent, Field::Item, Field::Other] {
        let said = text(cell(field)).unwrap_or_default();
        // A code, and perhaps the name behind it.
        let code = said.split_whitespace().next().unwrap_or_default().to_owned();
        if code.is_empty() {
            file.fault(row.number, field, "MISSING", Text::new("未填写", "is empty"));
        }
        match field {
            Field::Parent => found.parent = code,
            Field::Item => found.item = code,
            _ => found.other = code,
        }
    }
    match ratio(cell(Field::Ratio)) {
        Ok(Some(ratio)) => found.ratio = Some(ratio),
        Ok(None) => file.fault(row.number, Field::Ratio, "MISSING", Text::new("未填写", "is empty")),
        Err((rule, message)) => file.fault(row.number, Field::Ratio, rule, message),
    }
    let expert = text(cell(Field::Expert)).unwrap_or_default();
    found.expert = Some(expert.trim().to_owned()).filter(|name| !name.is_empty());
    found
}

impl JudgementFile {
    /// Header of a field's column; the template's where the file has none.
    #[must_use]
    pub fn header(&self, field: Field) -> &str {
        let found = self.headers.iter().find(|(known, _)| *known == field);
        found.map_or(field.headers()[0], |(_, header)| header)
    }

    fn fault(&mut self, row: u64, field: Field, rule: &'static str, message: Text) {
        let column = self.header(field).to_owned();
        self.faults.push(RowFault { row, column, rule, message });
    }
}

/// `3`, `1/3`, `0.333`; `None` for an empty cell.
fn ratio(cell: Cell<'_>) -> Result<Option<f64>, (&'static str, Text)> {
    if let Cell::Moment(_) = cell {
        // What spreadsheets make of 1/3 where the column is not text.
        let zh = "被表格程序当作日期，请把该列设为文本后重填";
        return Err((
            "IS_A_DATE",
            Text::new(zh, "was taken for a date; make the column text and fill it in again"),
        ));
    }
    let shown = text(cell).map_err(|fault| ("NOT_A_RATIO", fault.message))?;
    let said = shown.trim().replace('／', "/");
    if said.is_empty() {
        return Ok(None);
    }
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let found = match said.split_once('/') {
        Some((upper, lower)) => number(upper).zip(number(lower)).map(|(upper, lower)| upper / lower),
        None => number(&said),
    };
    let no_ratio = || {
        let zh = format!("“{said}”不是 1/9 至 9 的比值");
        ("NOT_A_RATIO", Text::new(zh, format!("`{said}` is not a ratio such as 3 or 1/3")))
    };
    found.filter(|ratio| ratio.is_finite()).map(Some).ok_or_else(no_ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<JudgementFile, UnusableFile> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path())
    }

    #[test]
    fn ratios_are_read_as_people_write_them() {
        let found = file(
            "上级指标,指标,比较指标,重要程度,专家\nA1 服务精准指数,A1.1 三会制度,A1.2,3,王芳\nA1,A1.1,A1.3,1/5,\nA1,A1.2,A1.3,１／3,\n",
        )
        .unwrap();
        let first = &found.rows[0];
        assert_eq!((first.row, first.parent.as_str(), first.item.as_str()), (2, "A1", "A1.1"));
        assert_eq!((first.ratio, first.expert.as_deref()), (Some(3.0), Some("王芳")));
        assert_eq!((found.rows[1].ratio, &found.rows[1].expert), (Some(0.2), &None));
        // A full-width digit is no number here: it is said, with its row and column.
        assert_eq!(found.faults.len(), 1);
        assert_eq!((found.faults[0].row, found.faults[0].rule), (4, "NOT_A_RATIO"));
    }

    #[test]
    fn every_fault_of_every_row_is_told_with_its_column() {
        let found = file("parent,item,other,ratio\n,A1.1,,x\nA1,A1.1,A1.2,\nA1,A1.1,A1.2,1/0\n").unwrap();
        let faults: Vec<_> =
            found.faults.iter().map(|fault| (fault.row, fault.column.as_str(), fault.rule)).collect();
        assert_eq!(
            faults,
            [
                (2, "parent", "MISSING"),
                (2, "other", "MISSING"),
                (2, "ratio", "NOT_A_RATIO"),
                (3, "ratio", "MISSING"),
                (4, "ratio", "NOT_A_RATIO"),
            ]
        );
    }

    #[test]
    fn a_file_without_a_column_that_is_needed_is_unusable() {
        let refused = file("parent,item,other\nA1,A1.1,A1.2\n").unwrap_err();
        assert!(refused.faults.iter().any(|fault| fault.en.contains("重要程度")), "{refused}");
    }
}
