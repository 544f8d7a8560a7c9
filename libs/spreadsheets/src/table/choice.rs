//! Which sheet of a workbook is the table, and where its header is.

use super::header::{self, Beginning, Header};
use super::marks::{self, Mark};
use super::remark::Remarks;
use super::sheet::{SheetRows, beginning, data_columns};
use super::workbook::{Sheet, Shown, Workbook};
use super::{Opening, ReturnedOf, TemplateOf, Text, shown};

/// The table of a workbook.
pub(super) struct Chosen {
    pub(super) sheet: String,
    pub(super) headers: Vec<String>,
    /// Number of the last header row, from 1.
    pub(super) header_row: u64,
    pub(super) rows: SheetRows,
    pub(super) returned: Option<ReturnedOf>,
    pub(super) template: Option<TemplateOf>,
}

/// A sheet that has a header.
struct Candidate {
    name: String,
    sheet: Sheet,
    beginning: Beginning,
    header: Header,
}

/// Chooses the sheet that is named, else the only one that has a header.
///
/// # Errors
/// If there is none or more than one, with their names; or a sheet is damaged or beyond the limits.
pub(super) fn choose(
    workbook: &mut Workbook,
    opening: &Opening<'_>,
    remarks: &mut Remarks,
) -> Result<Chosen, Text> {
    let mark = mark(workbook)?;
    let Candidate { name, sheet, beginning, header } = match opening.sheet {
        Some(name) => named(workbook, name, opening)?,
        None => searched(workbook, mark.is_some(), opening, remarks)?,
    };
    for (number, row) in beginning.numbers.iter().zip(&beginning.rows).take(header.top) {
        remarks.title_row(*number, row);
    }
    if sheet.hidden_rows > 0 {
        let message = Text::new(
            format!("有 {} 行被隐藏或筛选，已照常读取", sheet.hidden_rows),
            format!("{} rows are hidden or filtered out; they are read like all others", sheet.hidden_rows),
        );
        remarks.push(None, "HIDDEN_ROWS", message);
    }
    if sheet.unvalued > 0 {
        let message = Text::new(
            format!("有 {} 个公式没有保存计算结果，读作空；请用 Excel 打开后重新保存", sheet.unvalued),
            format!(
                "{} formulas were saved without their values and read as empty: open and save it in Excel",
                sheet.unvalued
            ),
        );
        remarks.push(None, "FORMULAS_WITHOUT_VALUES", message);
    }
    let (returned, template) = match mark {
        Some(Mark::Returned(returned)) => (Some(returned), None),
        Some(Mark::Template(template)) => (None, Some(template)),
        None => (None, None),
    };
    let (columns, original_row) = data_columns(&header.texts, returned.is_some(), template.is_some());
    let headers = columns.iter().map(|column| header.texts[*column].clone()).collect();
    let header_row = beginning.numbers[header.bottom];
    let from = u32::try_from(header_row - 1).unwrap_or(u32::MAX);
    let rows = SheetRows::new(sheet, from, columns, original_row, header.texts.len());
    Ok(Chosen { sheet: name, headers, header_row, rows, returned, template })
}

/// What this house wrote into the workbook about itself.
fn mark(workbook: &mut Workbook) -> Result<Option<Mark>, Text> {
    let marked =
        |sheet: &&super::workbook::SheetName| sheet.name == marks::SHEET && sheet.shown != Shown::Yes;
    if workbook.sheets.iter().find(marked).is_none() {
        return Ok(None);
    }
    Ok(marks::read(&workbook.read(marks::SHEET)?.grid))
}

fn named(workbook: &mut Workbook, name: &str, opening: &Opening<'_>) -> Result<Candidate, Text> {
    let same = |known: &str| known == name || header::normal(known) == header::normal(name);
    let Some(known) = workbook.sheets.iter().map(|sheet| sheet.name.clone()).find(|known| same(known)) else {
        let all = list(workbook.sheets.iter().map(|sheet| sheet.name.as_str()));
        let name = shown(name, 40);
        return Err(Text::new(
            format!("没有名为“{name}”的工作表；现有：{all}"),
            format!("has no sheet `{name}`; there are: {all}"),
        ));
    };
    candidate(workbook, &known, opening)?
}

/// The only sheet that is shown and has a header; of a workbook of this house the first. No more than the best so far is
/// kept in memory. Those do not count that know less than half as many headers as the best: lists of words for
/// drop-downs, explanations.
fn searched(
    workbook: &mut Workbook,
    ours: bool,
    opening: &Opening<'_>,
    remarks: &mut Remarks,
) -> Result<Candidate, Text> {
    let mut best: Option<Candidate> = None;
    let mut found: Vec<(String, usize)> = Vec::new();
    let mut faults = Vec::new();
    for sheet in workbook.sheets.clone() {
        if sheet.shown != Shown::Yes {
            if sheet.name != marks::SHEET {
                let name = shown(&sheet.name, 40);
                let message = Text::new(
                    format!("隐藏的工作表“{name}”，已跳过"),
                    format!("hidden sheet `{name}`, skipped"),
                );
                remarks.push(None, "HIDDEN_SHEET", message);
            }
            continue;
        }
        if ours && (!found.is_empty() || !faults.is_empty()) {
            break;
        }
        match candidate(workbook, &sheet.name, opening)? {
            Ok(candidate) => {
                found.push((candidate.name.clone(), candidate.header.known));
                if best.as_ref().is_none_or(|best| best.header.known < candidate.header.known) {
                    best = Some(candidate);
                }
            }
            Err(fault) => faults.push((sheet.name, fault)),
        }
    }
    if let Some(best) = best {
        found.retain(|(_, known)| known * 2 >= best.header.known);
        return if found.len() == 1 { Ok(best) } else { Err(several(&found)) };
    }
    // Empty sheets say nothing; a workbook with one sheet does not need its name.
    let is_one_of_many = faults.len() > 1;
    let fault = faults.into_iter().max_by_key(|(_, fault)| fault.zh.len());
    Err(match fault {
        Some((name, Text { zh, en })) if is_one_of_many => {
            let name = shown(&name, 40);
            Text::new(format!("工作表“{name}”：{zh}"), format!("sheet `{name}`: {en}"))
        }
        Some((_, fault)) => fault,
        None => Text::new("没有可见的工作表", "has no sheet that is shown"),
    })
}

/// Reads a sheet and looks for its header; the outer error is that it cannot be read, the inner that it has none.
fn candidate(
    workbook: &mut Workbook,
    name: &str,
    opening: &Opening<'_>,
) -> Result<Result<Candidate, Text>, Text> {
    let sheet = workbook.read(name)?;
    let beginning = beginning(&sheet, opening.header_row);
    Ok(header::find(&beginning, opening).map(|header| Candidate {
        name: name.to_owned(),
        sheet,
        beginning,
        header,
    }))
}

/// The fault of a workbook in which more than one sheet could be meant.
fn several(found: &[(String, usize)]) -> Text {
    let names = list(found.iter().map(|(name, _)| name.as_str()));
    Text::new(
        format!("有多个工作表带有表头：{names}；请用 --sheet 指定其中一个"),
        format!("has a header on several sheets: {names}; use --sheet to name one"),
    )
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.take(20).map(|name| shown(name, 40)).collect();
    names.join(", ")
}
