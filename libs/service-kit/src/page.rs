//! Pages of a list: a size with a bound, and a token that says where the last page ended.
//!
//! A token is opaque to callers and belongs to one query: it carries a mark over the query and
//! the place, so a token of another filter, or half a token, is refused instead of giving rows
//! that fit nothing. It is no secret and grants nothing.

use sha2::{Digest, Sha256};

use crate::status::Violation;

const MARK_BYTES: usize = 8;

/// The page that a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Rows of this page, at least 1.
    pub size: u32,
    /// Key of the last row of the page before; `None` for the first page.
    pub after: Option<String>,
}

impl Page {
    /// Rows of this page as SQL takes a limit, and one more: its presence tells that there is a
    /// next page.
    #[must_use]
    pub fn limit_and_one(&self) -> i64 {
        i64::from(self.size) + 1
    }
}

/// Reads `page_size` and `page_token` of a request.
///
/// A size of 0 means `default`; one above `max` becomes `max`. `binding` is any text that is the
/// same for every page of one query and differs between queries (the filter, written out).
///
/// # Errors
/// A violation of `page_token` if it is not a token of this query.
pub fn parse(
    page_size: u32,
    page_token: &str,
    binding: &str,
    default: u32,
    max: u32,
) -> Result<Page, Violation> {
    let size = if page_size == 0 { default } else { page_size }.min(max);
    if page_token.is_empty() {
        return Ok(Page { size, after: None });
    }
    let after = read_token(page_token, binding).ok_or_else(|| {
        Violation::new("page_token", "不是本查询的翻页标记", "is not a page token of this query")
    })?;
    Ok(Page { size, after: Some(after) })
}

/// The token of the page that follows the row with key `last_key`.
#[must_use]
pub fn next_token(last_key: &str, binding: &str) -> String {
    let mut bytes = mark(last_key, binding).to_vec();
    bytes.extend_from_slice(last_key.as_bytes());
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Cuts `rows`, read with [`Page::limit_and_one`], to the page, and gives the token of the next
/// page, empty if this is the last.
pub fn cut<T>(rows: &mut Vec<T>, page: &Page, binding: &str, key: impl FnOnce(&T) -> String) -> String {
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    if rows.len() <= size {
        return String::new();
    }
    rows.truncate(size);
    rows.last().map(|row| next_token(&key(row), binding)).unwrap_or_default()
}

fn read_token(token: &str, binding: &str) -> Option<String> {
    let bytes = hexadecimal(token)?;
    let (found, key) = bytes.split_at_checked(MARK_BYTES)?;
    let key = std::str::from_utf8(key).ok()?;
    (found == mark(key, binding)).then(|| key.to_owned())
}

fn hexadecimal(token: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        token.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn mark(key: &str, binding: &str) -> [u8; MARK_BYTES] {
    let mut hash = Sha256::new();
    // The length keeps ("ab", "c") apart from ("a", "bc").
    hash.update((binding.len() as u64).to_be_bytes());
    hash.update(binding);
    hash.update(key);
    let digest = hash.finalize();
    std::array::from_fn(|index| digest[index])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_size_of_zero_is_the_default_and_a_large_one_the_maximum() {
        assert_eq!(parse(0, "", "q", 50, 1_000).unwrap(), Page { size: 50, after: None });
        assert_eq!(parse(7, "", "q", 50, 1_000).unwrap().size, 7);
        assert_eq!(parse(u32::MAX, "", "q", 50, 1_000).unwrap().size, 1_000);
    }

    #[test]
    fn a_token_of_another_query_or_half_a_token_is_refused() {
        let token = next_token("小区-000017", "type=OLD");
        assert_eq!(parse(0, &token, "type=OLD", 50, 100).unwrap().after.as_deref(), Some("小区-000017"));
        for (token, binding) in [
            (token.as_str(), "type=NEW"),
            (&token[..token.len() - 2], "type=OLD"),
            (&token[..5], "type=OLD"),
            ("not a token", "type=OLD"),
            ("é", "type=OLD"),
        ] {
            assert_eq!(parse(0, token, binding, 50, 100).unwrap_err().field, "page_token", "{token}");
        }
    }

    #[test]
    fn the_last_page_has_no_token() {
        let page = Page { size: 2, after: None };
        let mut rows = vec!["a", "b", "c"];
        assert_eq!(cut(&mut rows, &page, "q", ToString::to_string), next_token("b", "q"));
        assert_eq!(rows, ["a", "b"]);
        assert_eq!(cut(&mut rows, &page, "q", ToString::to_string), "");
        assert_eq!(page.limit_and_one(), 3);
    }

    proptest! {
        #[test]
        fn any_key_comes_back_for_its_own_query(key in ".*", binding in ".*") {
            let page = parse(0, &next_token(&key, &binding), &binding, 1, 1).unwrap();
            prop_assert_eq!(page.after, Some(key));
        }

        #[test]
        fn no_text_makes_the_reader_panic(token in ".*") {
            let _ = parse(0, &token, "q", 1, 1);
        }
    }
}
