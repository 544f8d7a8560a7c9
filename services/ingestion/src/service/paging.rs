//! What the lists of this service have in common.

use prost::Message;
use xiuhua_service_kit::page::{self, Page};
use xiuhua_service_kit::status::{InvalidRequest, Violation};

/// Rows of a page that names no size, and the most of any page.
const DEFAULT_ROWS: u32 = 100;
const MAX_ROWS: u32 = 1_000;

/// Bytes after which a page or a message of a stream is closed: with the one row that goes over, and at most 1 MiB
/// long, it stays below the 4 MiB that gRPC clients accept.
const FULL_BYTES: usize = 2 * 1024 * 1024;

pub(super) fn page(size: u32, token: &str, binding: &str) -> Result<Page, InvalidRequest> {
    Ok(page::parse(size, token, binding, DEFAULT_ROWS, MAX_ROWS)?)
}

/// Cuts `rows`, read with [`Page::limit_and_one`], to the page (and to what fits in a message), and gives the token
/// of the next, empty if this is the last.
pub(super) fn cut<R, M: Message>(
    rows: Vec<R>,
    page: &Page,
    binding: &str,
    key: impl Fn(&R) -> String,
    message: impl Fn(R) -> M,
) -> (Vec<M>, String) {
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let (mut messages, mut bytes, mut last) = (Vec::new(), 0, None);
    for row in rows {
        if messages.len() == size || bytes >= FULL_BYTES {
            let token = last.map(|key: String| page::next_token(&key, binding)).unwrap_or_default();
            return (messages, token);
        }
        last = Some(key(&row));
        let message = message(row);
        bytes += message.encoded_len();
        messages.push(message);
    }
    (messages, String::new())
}

/// Rows that are read a step at a time, and no more of them than [`cut`] needs to fill a page: rows can be long. Each
/// comes with its key, after which the next step goes on.
pub(super) struct Filling<K, M> {
    /// What is read.
    pub(super) rows: Vec<(K, M)>,
    step: usize,
    left: usize,
    /// All rows but the last: a page that is full has a row after it, if there is one.
    bytes: usize,
}

impl<K, M: Message> Filling<K, M> {
    /// At most `limit` rows, `step` at a time.
    pub(super) fn new(limit: i64, step: usize) -> Self {
        Self { rows: Vec::new(), step, left: usize::try_from(limit).unwrap_or_default(), bytes: 0 }
    }

    /// How many rows to read next; `None` once there are enough.
    pub(super) fn next_step(&self) -> Option<i64> {
        let step = self.step.min(self.left);
        (step > 0 && self.bytes < FULL_BYTES).then(|| i64::try_from(step).unwrap_or(i64::MAX))
    }

    /// The key to read on after; `None` at first.
    pub(super) fn last(&self) -> Option<&K> {
        self.rows.last().map(|(key, _)| key)
    }

    /// Takes what was read; fewer rows than were asked for are the last.
    pub(super) fn take(&mut self, rows: impl Iterator<Item = (K, M)>) {
        let before = self.rows.len();
        for row in rows {
            self.bytes += self.rows.last().map_or(0, |(_, message)| message.encoded_len());
            self.rows.push(row);
        }
        let is_last = self.rows.len() - before < self.step;
        self.left = if is_last { 0 } else { self.left - self.step };
    }
}

/// Splits items into groups of at most `rows` and about [`FULL_BYTES`].
pub(super) fn groups<T>(items: Vec<T>, rows: usize, bytes_of: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let (mut groups, mut group, mut bytes) = (Vec::new(), Vec::new(), 0);
    for item in items {
        bytes += bytes_of(&item);
        group.push(item);
        if group.len() == rows || bytes >= FULL_BYTES {
            groups.push(std::mem::take(&mut group));
            bytes = 0;
        }
    }
    if !group.is_empty() {
        groups.push(group);
    }
    groups
}

/// Reads the key of a page that is made of numbers joined by `:`.
pub(super) fn numbers<const N: usize>(page: &Page) -> Result<Option<[u64; N]>, InvalidRequest> {
    let Some(after) = &page.after else { return Ok(None) };
    let numbers: Option<Vec<u64>> = after.split(':').map(|part| part.parse().ok()).collect();
    numbers.and_then(|numbers| numbers.try_into().ok()).map(Some).ok_or_else(not_ours)
}

/// A token that was made here and yet cannot be read: it was tampered with.
pub(super) fn not_ours() -> InvalidRequest {
    Violation::new("page_token", "不是本查询的翻页标记", "is not a page token of this query").into()
}

/// A token whose list is in another order by now.
pub(super) fn out_of_date() -> InvalidRequest {
    let (zh, en) =
        ("来源优先级已变，请从第一页重读", "is older than a change of precedence: begin with the first page");
    Violation::new("page_token", zh, en).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_in_steps_until_its_page_is_full_and_a_row_follows() {
        let megabyte = || "x".repeat(1024 * 1024);
        for (limit, count, expected) in [(100, 50, 4), (3, 50, 3), (100, 1, 1), (100, 4, 4), (100, 0, 0)] {
            let mut filling = Filling::new(limit, 2);
            while let Some(step) = filling.next_step() {
                let first = filling.last().map_or(0, |last| last + 1);
                let next = (first..count).take(usize::try_from(step).unwrap());
                filling.take(next.map(|key| (key, megabyte())));
            }
            let rows = filling.rows;
            let keys: Vec<_> = rows.iter().map(|(key, _)| *key).collect();
            assert_eq!(keys, (0..expected).collect::<Vec<_>>(), "{count} rows, at most {limit}");
            let page = page(0, "", "q").unwrap();
            let (kept, token) = cut(rows, &page, "q", |(key, _)| key.to_string(), |(_, message)| message);
            assert_eq!((kept.len(), token.is_empty()), (expected.min(2), expected < 3), "{count} rows");
        }
    }

    #[test]
    fn a_page_ends_early_when_its_rows_are_long_and_the_next_begins_after_them() {
        let rows = vec!["a".repeat(3 * 1024 * 1024), "b".to_owned(), "c".to_owned()];
        let page = page(0, "", "q").unwrap();
        let (first, token) = cut(rows, &page, "q", |row| row[..1].to_owned(), |row| row);
        assert_eq!(first.len(), 1);
        assert_eq!(super::page(0, &token, "q").unwrap().after.as_deref(), Some("a"));
    }

    #[test]
    fn groups_are_bounded_by_rows_and_by_bytes_and_lose_nothing() {
        let sizes = vec![1, FULL_BYTES, 1, 1, 1];
        assert_eq!(groups(sizes, 2, |size| *size), [vec![1, FULL_BYTES], vec![1, 1], vec![1]]);
    }
}
