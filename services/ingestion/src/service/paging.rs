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

#[cfg(test)]
mod tests {
    use super::*;

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
