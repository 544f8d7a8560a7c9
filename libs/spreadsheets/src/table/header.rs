//! Where the header of a table is: below titles and dates, on one row or on two.

use unicode_normalization::UnicodeNormalization;

use super::{Opening, Text};

/// How many rows are searched.
pub(super) const SEARCHED_ROWS: usize = 50;

/// A header over more rows than this is no header.
const HEADER_ROWS: usize = 4;

/// A header as it is compared: compatibility forms unified (NFKC: full-width letters and brackets become plain ones),
/// without blanks, in lower case.
///
/// ```
/// assert_eq!(xiuhua_spreadsheets::table::normal(" 小区　编号（ＩＤ） "), "小区编号(id)");
/// ```
#[must_use]
pub fn normal(header: &str) -> String {
    let unwanted = |c: &char| !c.is_whitespace() && !matches!(c, '\u{feff}' | '\u{200b}');
    header.nfkc().filter(unwanted).flat_map(char::to_lowercase).collect()
}

/// Cells that are shown as one, by the places of their corners, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Merge {
    pub(super) top: usize,
    pub(super) left: usize,
    pub(super) bottom: usize,
    pub(super) right: usize,
}

impl Merge {
    fn holds(self, row: usize, column: usize) -> bool {
        (self.top..=self.bottom).contains(&row) && (self.left..=self.right).contains(&column)
    }
}

/// The first rows of a table that are not blank, trimmed, with merged cells filled.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    /// The number of each row in the file.
    pub(super) numbers: Vec<u64>,
    pub(super) rows: Vec<Vec<String>>,
    /// Merged cells, their rows as places in `rows`.
    pub(super) merges: Vec<Merge>,
}

/// A header that was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Place of its last row among the rows searched.
    pub(super) bottom: usize,
    /// Place of its first row.
    pub(super) top: usize,
    /// The texts, trimmed, without the empty ones at the end.
    pub(super) texts: Vec<String>,
    /// How many of them are known.
    pub(super) known: usize,
}

/// Finds the header among the first rows of a table, whose merged cells are filled: the first row with the most known
/// texts, joined with the rows it is merged with.
///
/// # Errors
/// If no row has as many as `opening.enough`; with the row that is most like one.
pub(super) fn find(beginning: &Beginning, opening: &Opening<'_>) -> Result<Header, Text> {
    let Beginning { rows, merges, .. } = beginning;
    let known = |row: &[String]| row.iter().filter(|text| opening.knows(text)).count();
    let counts: Vec<usize> = rows.iter().map(|row| known(row)).collect();
    let most = counts.iter().copied().max().unwrap_or(0);
    let best = if opening.header_row.is_some() {
        Some(0).filter(|_| !rows.is_empty())
    } else if most < 2 && opening.enough == 0 {
        // One known word alone may be a value.
        likely(rows)
    } else {
        counts.iter().position(|count| *count == most && *count >= opening.enough)
    };
    let Some(best) = best.filter(|row| rows[*row].iter().any(|text| !text.is_empty())) else {
        return Err(missing(beginning, &counts, opening));
    };
    // A cell merged over this row and others makes all of them the header.
    let spans = |merge: &&Merge| {
        merge.top <= best
            && best <= merge.bottom
            && merge.bottom - merge.top < HEADER_ROWS
            && merge.bottom < rows.len()
    };
    let top = merges.iter().filter(spans).map(|merge| merge.top).min().unwrap_or(best);
    let bottom = merges.iter().filter(spans).map(|merge| merge.bottom).max().unwrap_or(best);
    let mut texts: Vec<String> =
        (0..rows[bottom].len()).map(|column| joined(rows, merges, bottom, column, opening)).collect();
    while texts.last().is_some_and(String::is_empty) {
        texts.pop();
    }
    Ok(Header { bottom, top, known: known(&texts), texts })
}

/// The text of one column: what stands in the last row, with the group above it where that makes it known or distinct.
fn joined(
    rows: &[Vec<String>],
    merges: &[Merge],
    bottom: usize,
    column: usize,
    opening: &Opening<'_>,
) -> String {
    // A header over several columns is the header of the first.
    let covered = |merge: &Merge| merge.holds(bottom, column) && column > merge.left;
    if merges.iter().any(covered) {
        return String::new();
    }
    let text = &rows[bottom][column];
    let group = bottom.checked_sub(1).and_then(|above| {
        let wide = |merge: &&Merge| {
            merge.holds(above, column) && !merge.holds(bottom, column) && merge.right > merge.left
        };
        merges.iter().find(wide).and_then(|_| rows[above].get(column))
    });
    let Some(group) = group.filter(|group| !group.is_empty() && *group != text) else { return text.clone() };
    let both = if text.is_empty() { group.clone() } else { format!("{group} {text}") };
    let repeated = rows[bottom].iter().filter(|other| *other == text).count() > 1;
    if repeated || opening.knows(&both) { both } else { text.clone() }
}

/// The row most like a header where no header is known: the first that is nearly as wide as the widest and mostly words.
fn likely(rows: &[Vec<String>]) -> Option<usize> {
    let filled = |row: &[String]| row.iter().filter(|text| !text.is_empty()).count();
    let widest = rows.iter().map(|row| filled(row)).max().unwrap_or(0);
    let wide = |row: &[String]| filled(row) > 0 && filled(row) * 5 >= widest * 4;
    let words = |row: &[String]| {
        let numbers = row.iter().filter(|text| !text.is_empty() && super::footer::is_figure(text)).count();
        numbers * 2 <= filled(row)
    };
    rows.iter().position(|row| wide(row) && words(row)).or_else(|| rows.iter().position(|row| wide(row)))
}

fn missing(beginning: &Beginning, counts: &[usize], opening: &Opening<'_>) -> Text {
    let rows = &beginning.rows;
    let filled = |row: &[String]| row.iter().filter(|text| !text.is_empty()).count();
    let best = (0..rows.len()).max_by_key(|row| (counts[*row], filled(&rows[*row]), usize::MAX - row));
    let Some(best) = best.filter(|row| filled(&rows[*row]) > 0) else {
        if let Some(row) = opening.header_row {
            return Text::new(
                format!("第 {row} 行是空行，不能作表头"),
                format!("has nothing in row {row}, which is to be the header"),
            );
        }
        return Text::new("没有内容：需要一行表头", "is empty: a header row is needed");
    };
    let list = |known: bool| {
        let texts = rows[best].iter().filter(|text| !text.is_empty() && opening.knows(text) == known);
        let shown: Vec<String> = texts.take(10).map(|text| super::shown(text, 20)).collect();
        if shown.is_empty() { "—".to_owned() } else { shown.join(", ") }
    };
    let needed = if opening.expected.is_empty() {
        (String::new(), String::new())
    } else {
        let names = opening.expected.join(", ");
        (format!("；需要的列：{names}"), format!("; needed columns: {names}"))
    };
    Text::new(
        format!(
            "前 {SEARCHED_ROWS} 行中找不到表头；最像表头的是第 {} 行：认识的列：{}；不认识的列：{}{}",
            beginning.numbers[best],
            list(true),
            list(false),
            needed.0
        ),
        format!(
            "has no header row within its first {SEARCHED_ROWS} rows; row {} is most like one: known columns: {}; unknown \
             columns: {}{}",
            beginning.numbers[best],
            list(true),
            list(false),
            needed.1
        ),
    )
}
