//! A template (填报模板): a workbook to fill in. Columns that have to be filled are coloured, every header carries a note,
//! cells offer what may be chosen and refuse what cannot be right, ids stay texts.
//!
//! | sheet | holds |
//! |---|---|
//! | the first | the header, a sample row, rows that are filled in already |
//! | `填写说明` | every column with its meaning, unit and bounds; what the template is for |
//! | `选项` (very hidden) | the lists behind the drop-downs |
//! | `xiuhua` (very hidden) | mark, version, kind, catalog |

use std::path::Path;

use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, DataValidationRule, Formula};

use crate::book::{Book, Look, Sheet, UnwritableBook, Value, cut};
use crate::returned::MARK_SHEET;

/// First cell of the very hidden sheet of a template.
pub const MARK: &str = "xiuhua-template";
/// Its second cell: the version of this layout.
pub const VERSION: &str = "1";
/// Header of the last column, where the sample row is marked.
pub const REMARK_HEADER: &str = "说明";
/// What marks the sample row.
pub const SAMPLE: &str = "示例（请删除本行）";

/// Rows below the filled ones that are checked while somebody types.
const ROWS_TO_FILL: u32 = 5_000;
/// Longest title and message that spreadsheets show beside a cell.
const TITLE_CHARACTERS: usize = 32;
const MESSAGE_CHARACTERS: usize = 255;
/// Furthest bound that a cell is checked by: a formula of a validation has 255 characters at most, and numbers are
/// written out in it.
const FURTHEST: f64 = 1e15;

/// What a template is made of.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// Name of the first sheet.
    pub sheet: String,
    /// `places` or `observations`.
    pub kind: String,
    /// Catalog and version, such as `pudong-2021@1`; empty where none is needed.
    pub catalog: String,
    /// Sentences of the second sheet: what the template is for, how to send it.
    pub about: Vec<String>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// One cell a column, as an example.
    pub sample: Vec<String>,
    /// Rows that are filled in already, as far as they go.
    pub rows: Vec<Vec<String>>,
}

/// A column to be filled.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// Its header.
    pub header: String,
    /// Without it a row is rejected.
    pub required: bool,
    /// What it means, a line each: definition, unit, bounds, source.
    pub notes: Vec<String>,
    /// What may stand in it.
    pub rule: Rule,
}

/// What may stand in a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Rule {
    /// A text; ids keep their zeros and digits.
    #[default]
    Text,
    /// One of a list; others are refused when `closed`, else asked about.
    Choice {
        /// What is offered, at most as many as a sheet has rows.
        options: Vec<String>,
        /// Nothing else is right.
        closed: bool,
    },
    /// A number within bounds; an open bound is let through here and refused at the door.
    Number {
        /// Least.
        lower: Option<f64>,
        /// Greatest.
        upper: Option<f64>,
    },
    /// A whole number of 0 or more.
    Count,
}

impl Template {
    /// Writes the workbook.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), UnwritableBook> {
        let mut book = Book::new();
        let mut sheet = book.sheet(&self.sheet)?;
        let mut options = book.sheet("选项")?;
        self.head(&mut sheet)?;
        self.fill(&mut sheet)?;
        let lists = self.list_options(&mut options)?;
        let filled = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let rows = (1, filled.saturating_add(ROWS_TO_FILL).min(crate::book::SHEET_ROWS - 1));
        for (at, column) in (0..).zip(&self.columns) {
            if let Some(rule) = column.validation(&lists[usize::from(at)])? {
                sheet.validate(at, rows, &rule)?;
            }
        }
        let explained = self.explained(book.sheet("填写说明")?)?;
        book.add(sheet)?;
        book.add(explained)?;
        options.hide();
        book.add(options)?;
        book.add_very_hidden(MARK_SHEET, [MARK, VERSION, &self.kind, &self.catalog])?;
        book.save(path)
    }

    fn head(&self, sheet: &mut Sheet) -> Result<(), UnwritableBook> {
        for (at, column) in (0..).zip(&self.columns) {
            let look = if column.required { Look::RequiredHead } else { Look::Head };
            sheet.put(Value::Text(&column.header), look)?;
            sheet.note(&column.note())?;
            let look = if column.is_number() { Look::Plain } else { Look::Id };
            sheet.prepare_column(at, 12.0, look)?;
        }
        sheet.put(Value::Text(REMARK_HEADER), Look::Head)?;
        sheet.freeze_row();
        Ok(())
    }

    fn fill(&self, sheet: &mut Sheet) -> Result<(), UnwritableBook> {
        for (column, text) in self.columns.iter().zip(&self.sample) {
            sheet.put(column.value(text), Look::Sample)?;
        }
        sheet.put(Value::Text(SAMPLE), Look::Sample)?;
        sheet.end_row();
        for row in &self.rows {
            for (column, text) in self.columns.iter().zip(row) {
                sheet.put(column.value(text), if column.is_number() { Look::Plain } else { Look::Id })?;
            }
            sheet.end_row();
        }
        Ok(())
    }

    /// Writes the lists side by side and gives the formula that names each, empty where a column has none.
    fn list_options(&self, sheet: &mut Sheet) -> Result<Vec<String>, UnwritableBook> {
        let lists: Vec<&[String]> = self.columns.iter().map(Column::options).collect();
        let longest = lists.iter().map(|list| list.len()).max().unwrap_or(0);
        for row in 0..longest {
            let cell = |list: &&[String]| list.get(row).map_or(String::new(), Clone::clone);
            let cells: Vec<_> = lists.iter().map(cell).collect();
            sheet.row(cells.iter().map(|text| Value::Text(text)))?;
        }
        let name = |at: u16, list: &&[String]| {
            let letters = rust_xlsxwriter::utility::column_number_to_name(at);
            if list.is_empty() {
                String::new()
            } else {
                format!("='选项'!${letters}$1:${letters}${}", list.len())
            }
        };
        Ok((0..).zip(&lists).map(|(at, list)| name(at, list)).collect())
    }

    fn explained(&self, mut sheet: Sheet) -> Result<Sheet, UnwritableBook> {
        for line in &self.about {
            sheet.row([Value::Text(line)])?;
        }
        sheet.end_row();
        for header in ["列", "必填", "填写要求"] {
            sheet.put(Value::Text(header), Look::Head)?;
        }
        sheet.end_row();
        for column in &self.columns {
            sheet.put(Value::Text(&column.header), Look::Plain)?;
            sheet.put(Value::Text(if column.required { "是" } else { "否" }), Look::Plain)?;
            sheet.put(Value::Text(&column.notes.join("\n")), Look::Verdict)?;
            sheet.end_row();
        }
        Ok(sheet)
    }
}

impl Column {
    fn note(&self) -> String {
        let required = if self.required { "必填" } else { "选填，没有数据请留空" };
        [&[required.to_owned()], &self.notes[..]].concat().join("\n")
    }

    fn is_number(&self) -> bool {
        matches!(self.rule, Rule::Number { .. } | Rule::Count)
    }

    fn options(&self) -> &[String] {
        if let Rule::Choice { options, .. } = &self.rule { options } else { &[] }
    }

    /// A number in a column of numbers, else the text.
    fn value<'a>(&self, text: &'a str) -> Value<'a> {
        match text.parse() {
            Ok(number) if self.is_number() => Value::Number(number),
            _ => Value::Text(text),
        }
    }

    fn validation(&self, list: &str) -> Result<Option<DataValidation>, UnwritableBook> {
        let rule = DataValidation::new();
        let (rule, said) = match &self.rule {
            Rule::Text => return Ok(None),
            Rule::Choice { options, .. } if options.is_empty() => return Ok(None),
            Rule::Choice { closed, .. } => {
                let rule = rule.allow_list_formula(Formula::new(list));
                if *closed {
                    (rule, "请从下拉列表中选择。".to_owned())
                } else {
                    let rule = rule.set_error_style(DataValidationErrorStyle::Warning);
                    (rule, "该内容不在下拉列表中，确定要这样填写吗？".to_owned())
                }
            }
            Rule::Number { lower, upper } => {
                use DataValidationRule::{Between, GreaterThanOrEqualTo, LessThanOrEqualTo};
                let near = |bound: &f64| bound.clamp(-FURTHEST, FURTHEST);
                let (lower, upper) = (lower.as_ref().map(near), upper.as_ref().map(near));
                let (rule, bounds) = match (lower, upper) {
                    (Some(l), Some(u)) => {
                        (rule.allow_decimal_number(Between(l, u)), format!(" {l} 到 {u} 之间的"))
                    }
                    (Some(l), None) => {
                        (rule.allow_decimal_number(GreaterThanOrEqualTo(l)), format!("不小于 {l} 的"))
                    }
                    (None, Some(u)) => {
                        (rule.allow_decimal_number(LessThanOrEqualTo(u)), format!("不大于 {u} 的"))
                    }
                    (None, None) => (rule.allow_decimal_number(Between(-FURTHEST, FURTHEST)), String::new()),
                };
                (rule, format!("请填写{bounds}数字；没有数据请留空，不要填 0。"))
            }
            Rule::Count => {
                let rule = rule.allow_whole_number(DataValidationRule::GreaterThanOrEqualTo(0));
                (rule, "请填写不小于 0 的整数；没有数据请留空。".to_owned())
            }
        };
        let title = cut(&self.header, TITLE_CHARACTERS, "…");
        let said = cut(&said, MESSAGE_CHARACTERS, "…");
        Ok(Some(rule.set_error_title(title)?.set_error_message(said)?))
    }
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, SheetVisible, Xlsx, open_workbook};

    use super::*;
    use crate::layout::{self, Kind, Mapping, Vocabulary};
    use crate::table::Cell;

    fn column(header: &str, required: bool, rule: Rule) -> Column {
        Column { header: header.to_owned(), required, notes: vec!["单位：%".to_owned()], rule }
    }

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    fn template() -> Template {
        let yes_no = Rule::Choice { options: texts(&["是", "否"]), closed: true };
        Template {
            sheet: "指标".to_owned(),
            kind: "observations".to_owned(),
            catalog: "pudong-2021@1".to_owned(),
            about: texts(&["填报 2021 年指标。"]),
            columns: vec![
                column("小区编号", true, Rule::Text),
                column("人口登记准确率", false, Rule::Number { lower: Some(0.0), upper: Some(100.0) }),
                column("是否平安小区", false, yes_no),
                column("户数", false, Rule::Count),
            ],
            sample: texts(&["310115004000-001", "97.5", "是", "1200"]),
            rows: vec![texts(&["007"])],
        }
    }

    #[test]
    fn a_template_holds_its_header_a_marked_sample_and_the_rows_that_are_filled_in() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.xlsx");
        template().write(&path).unwrap();
        let mut book: Xlsx<_> = open_workbook(&path).unwrap();
        let visible = book.sheets_metadata().iter().map(|s| (s.name.clone(), s.visible)).collect::<Vec<_>>();
        assert_eq!(
            visible,
            [
                ("指标".to_owned(), SheetVisible::Visible),
                ("填写说明".to_owned(), SheetVisible::Visible),
                ("选项".to_owned(), SheetVisible::VeryHidden),
                ("xiuhua".to_owned(), SheetVisible::VeryHidden),
            ]
        );
        let range = book.worksheet_range("指标").unwrap();
        let rows: Vec<Vec<Data>> = range.rows().map(<[Data]>::to_vec).collect();
        let text = |text: &str| Data::String(text.to_owned());
        let headers = ["小区编号", "人口登记准确率", "是否平安小区", "户数", "说明"];
        assert_eq!(rows[0], headers.map(text));
        let sample =
            [text("310115004000-001"), Data::Float(97.5), text("是"), Data::Float(1200.0), text(SAMPLE)];
        assert_eq!(rows[1], sample);
        assert_eq!(rows[2][0], text("007"));
        let mark = book.worksheet_range("xiuhua").unwrap();
        let mark: Vec<_> = mark.rows().map(|row| row[0].to_string()).collect();
        assert_eq!(mark, ["xiuhua-template", "1", "observations", "pudong-2021@1"]);
        let options = book.worksheet_range("选项").unwrap();
        assert_eq!(options.get_value((1, 2)), Some(&text("否")));
    }

    #[test]
    fn what_is_filled_in_is_read_without_the_sample_and_the_column_that_marks_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.xlsx");
        template().write(&path).unwrap();
        let mapping = Mapping::parse("").unwrap();
        let mut table = layout::open(&path, Kind::Observations, &mapping, &Vocabulary::default()).unwrap();
        let of = table.template().unwrap();
        assert_eq!((of.kind.as_str(), of.catalog.as_str()), ("observations", "pudong-2021@1"));
        assert_eq!(table.headers(), ["小区编号", "人口登记准确率", "是否平安小区", "户数"]);
        assert_eq!(table.next_row().unwrap().unwrap().cell(0), Cell::Text("007"));
        assert!(table.next_row().unwrap().is_none());
        assert!(table.remarks().iter().any(|remark| remark.reason == "SAMPLE_ROW"), "{:?}", table.remarks());
    }

    #[test]
    fn a_template_takes_every_rule_and_texts_longer_than_spreadsheets_show() {
        let dir = tempfile::tempdir().unwrap();
        let long = "很长的表头".repeat(100);
        let mut template = template();
        for rule in [
            Rule::Number { lower: None, upper: None },
            Rule::Number { lower: Some(-1.5), upper: None },
            Rule::Number { lower: None, upper: Some(2.0) },
            Rule::Choice { options: Vec::new(), closed: true },
            Rule::Choice { options: (0..3000).map(|n| format!("街道{n}")).collect(), closed: false },
        ] {
            template.columns.push(column(&long, false, rule));
        }
        template.columns.push(column(&long, false, Rule::Number { lower: Some(-1e300), upper: Some(1e300) }));
        let path = dir.path().join("t.xlsx");
        template.write(&path).unwrap();
        let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
        let sheet = archive.by_name("xl/worksheets/sheet1.xml").unwrap();
        let sheet = std::io::read_to_string(sheet).unwrap();
        let formulas: Vec<&str> = sheet
            .split("<formula")
            .skip(1)
            .map(|rest| rest.split_once('>').and_then(|(_, rest)| rest.split_once('<')).unwrap().0)
            .collect();
        assert!(formulas.len() > 5, "{formulas:?}");
        // What Excel opens.
        assert!(formulas.iter().all(|formula| formula.len() <= 255), "{formulas:?}");
    }
}
