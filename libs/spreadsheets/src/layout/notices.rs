//! What a reader noticed about cells, said once a column with its first row and how often: bounded, because a file can
//! be all remarks.

use crate::table::Remark;

use super::text;

/// Different remarks that are kept.
const KEPT: usize = 100;

/// Remarks about cells, one a reason and column.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    kept: Vec<Notice>,
    /// How many there were when the file was opened: what stays when it is read again.
    opening: usize,
}

#[derive(Debug)]
struct Notice {
    reason: &'static str,
    column: String,
    /// `None` where it concerns the file as a whole.
    row: Option<u64>,
    times: u64,
    /// Rows that are named, where the first alone would not do.
    rows: Vec<u64>,
    zh: &'static str,
    en: &'static str,
}

impl Notices {
    /// Notes something about a column, in words that follow its name.
    pub(crate) fn note(
        &mut self,
        row: Option<u64>,
        reason: &'static str,
        column: &str,
        (zh, en): (&'static str, &'static str),
    ) {
        let same = |notice: &&mut Notice| notice.reason == reason && notice.column == column;
        if let Some(notice) = self.kept.iter_mut().find(same) {
            notice.times += 1;
        } else if self.kept.len() < KEPT {
            self.kept.push(Notice {
                reason,
                column: column.to_owned(),
                row,
                times: 1,
                rows: Vec::new(),
                zh,
                en,
            });
        }
    }

    /// Notes something about several rows of a column at once: the first of them, and how many there are.
    pub(crate) fn note_rows(
        &mut self,
        rows: &[u64],
        times: u64,
        reason: &'static str,
        column: &str,
        (zh, en): (&'static str, &'static str),
    ) {
        if self.kept.len() < KEPT {
            let (column, rows) = (column.to_owned(), rows.to_vec());
            self.kept.push(Notice { reason, column, row: None, times, rows, zh, en });
        }
    }

    /// Says that what follows concerns rows.
    pub(crate) fn opened(&mut self) {
        self.opening = self.kept.len();
    }

    /// Forgets what concerns rows.
    pub(crate) fn rewind(&mut self) {
        self.kept.truncate(self.opening);
    }

    /// The remarks, in the order in which they were noted.
    pub(crate) fn remarks(&self) -> impl Iterator<Item = Remark> + '_ {
        self.kept.iter().map(|notice| {
            let Notice { reason, column, row, times, rows, zh, en } = notice;
            let (mut in_zh, mut in_en) = (format!("“{column}”{zh}"), format!("`{column}` {en}"));
            if !rows.is_empty() {
                let each: Vec<String> = rows.iter().map(u64::to_string).collect();
                in_zh.push_str(&format!("（共 {times} 处，如第 {} 行）", each.join("、")));
                in_en.push_str(&format!(" ({times} times, as in rows {})", each.join(", ")));
            } else if *times > 1 {
                in_zh.push_str(&format!("（共 {times} 处）"));
                in_en.push_str(&format!(" ({times} times)"));
            }
            Remark { row: *row, reason, message: text(in_zh, in_en) }
        })
    }
}
