//! What a reader noticed and a sender should know, without being a fault: bounded, because a file can be all remarks.

use super::{Text, shown};

/// Remarks that are kept in words; what comes after is only counted.
const KEPT: usize = 100;
/// Characters of a title that are kept.
const TITLE_CHARS: usize = 1_000;

/// Something noticed in a file that makes no row wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Row in the file, from 1; `None` if it concerns the whole file.
    pub row: Option<u64>,
    /// Stable name, such as `TOTAL_ROW`.
    pub reason: &'static str,
    /// In words.
    pub message: Text,
}

/// The first remarks, and how many there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Remarks {
    kept: Vec<Remark>,
    count: u64,
    /// Kept and counted when the file was opened: what stays when it is read again.
    opening: (usize, u64),
    /// What stands above the header, a line each.
    titles: Vec<String>,
}

impl Remarks {
    pub(super) fn push(&mut self, row: Option<u64>, reason: &'static str, message: Text) {
        self.count += 1;
        if self.kept.len() < KEPT {
            self.kept.push(Remark { row, reason, message });
        }
    }

    /// Notes a row above the header.
    pub(super) fn title_row(&mut self, number: u64, texts: &[String]) {
        let title =
            texts.iter().find(|text| !text.is_empty()).map(|text| shown(text, 40)).unwrap_or_default();
        let mut cells: Vec<&str> = texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        // A merged cell fills several.
        cells.dedup();
        self.titles.push(cells.join(" ").chars().take(TITLE_CHARS).collect());
        let message =
            Text::new(format!("表头之前的“{title}”，已跳过"), format!("`{title}` above the header, skipped"));
        self.push(Some(number), "TITLE_ROW", message);
    }

    /// Says that what follows concerns rows.
    pub(super) fn opened(&mut self) {
        self.opening = (self.kept.len(), self.count);
    }

    /// Forgets what concerns rows.
    pub(super) fn rewind(&mut self) {
        self.kept.truncate(self.opening.0);
        self.count = self.opening.1;
    }

    /// What stands above the header, a line a row.
    pub(super) fn titles(&self) -> &[String] {
        &self.titles
    }

    pub(super) fn kept(&self) -> &[Remark] {
        &self.kept
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }
}
