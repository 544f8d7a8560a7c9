//! Result tables as one workbook: first what it is, then a sheet a table — or several, where a table has more rows than
//! a sheet holds.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use xiuhua_spreadsheets::book::{Book, Look, Sheet, Value};

use super::account::Account;
use crate::results::{Cell, Form, Sink};
use crate::screen::Screen;

/// Name, sub-district or town, and committee of each place, by its id.
pub(super) type Placed = HashMap<String, [String; 3]>;

/// A workbook in the making.
pub(super) struct Workbook<'a> {
    book: Book,
    sheet: Option<(&'static Form, Sheet)>,
    places: &'a Placed,
    is_zh: bool,
}

impl<'a> Workbook<'a> {
    /// Begins with the sheet that says what it is; headers are in the language of the screen.
    ///
    /// # Errors
    /// If there is no room for temporary files.
    pub(super) fn begin(account: &Account, places: &'a Placed, screen: &Screen) -> Result<Self> {
        let mut book = Book::new();
        let mut sheet = book.sheet("导出说明")?;
        for line in account.lines() {
            sheet.put(Value::Text(&format!("{} / {}", line.zh, line.en)), Look::Title)?;
            sheet.put(Value::Text(&line.text), Look::Plain)?;
            sheet.end_row();
        }
        book.add(sheet)?;
        Ok(Self { book, sheet: None, places, is_zh: screen.choose("zh", "") == "zh" })
    }

    /// Writes the book.
    ///
    /// # Errors
    /// If its place takes no file.
    pub(super) fn save(mut self, path: &Path) -> Result<()> {
        self.end()?;
        self.book.save(path)?;
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if let Some((_, sheet)) = self.sheet.take() {
            self.book.add(sheet)?;
        }
        Ok(())
    }
}

impl Sink for Workbook<'_> {
    fn begin(&mut self, form: &'static Form) -> Result<()> {
        self.end()?;
        let mut sheet = self.book.sheet(form.zh)?;
        let mut heads = Vec::with_capacity(form.columns.len() + PLACED.len());
        for column in form.columns {
            heads.push((if self.is_zh { in_chinese(column) } else { column }, Look::Head));
            if *column == PLACE {
                heads.extend(PLACED.map(|(zh, en)| (if self.is_zh { zh } else { en }, Look::Head)));
            }
        }
        sheet.head(heads)?;
        self.sheet = Some((form, sheet));
        Ok(())
    }

    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        if let Some((form, sheet)) = &self.sheet
            && sheet.rows_left() == 0
        {
            self.begin(form)?;
        }
        let (form, sheet) = self.sheet.as_mut().context("a row belongs to a table")?;
        for (column, cell) in form.columns.iter().zip(cells) {
            let (value, look) = match *cell {
                Cell::Text(text) => (Value::Text(text), Look::Id),
                Cell::Real(number) => (number.map_or(Value::Empty, Value::Number), Look::Plain),
                Cell::Whole(number) => (number.map_or(Value::Empty, Value::Whole), Look::Plain),
            };
            sheet.put(value, look)?;
            if let (&PLACE, Cell::Text(id)) = (column, cell) {
                for at in 0..PLACED.len() {
                    let text = self.places.get(*id).map_or("", |place| place[at].as_str());
                    sheet.put(Value::Text(text), Look::Plain)?;
                }
            }
        }
        sheet.end_row();
        Ok(())
    }
}

/// The column that what people call a place stands behind.
const PLACE: &str = "place_id";
/// What stands there (zh, en).
const PLACED: [(&str, &str); 3] = [("小区", "name"), ("街镇", "town"), ("居委会", "committee")];

/// A column of the result tables as offices call it; one that has no such name as it is.
fn in_chinese(column: &'static str) -> &'static str {
    match column {
        "place_id" => "小区编号",
        "type" => "类型",
        "period" => "期次",
        "node" => "节点",
        "score" => "得分",
        "coverage" => "覆盖率",
        "rank" => "名次",
        "percentile" => "百分位",
        "level" => "层级",
        "code" => "代码",
        "name" => "名称",
        "places" => "小区数",
        "household_share" => "户数占比",
        "indicator" => "指标",
        "value" => "数值",
        "z_uncapped" => "Z（未截断）",
        "z" => "Z",
        "lower" => "下限",
        "upper" => "上限",
        "status" => "状态",
        "sample_size" => "样本数",
        other => other,
    }
}
