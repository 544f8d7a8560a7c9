//! One table of the text, key by key.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{Entry, FaultList, Given, NAME_CHARS, Placed, Reason, Value};

/// A table with its place and its path, such as `leaf[A1.1]`.
#[derive(Clone, Debug)]
pub struct Fields<'t> {
    table: &'t DeTable<'t>,
    at: usize,
    path: String,
}

impl<'t> Fields<'t> {
    pub(crate) fn root(table: &'t DeTable<'t>) -> Self {
        Self::new(table, 0, String::new())
    }

    pub(crate) fn new(table: &'t DeTable<'t>, at: usize, path: String) -> Self {
        Self { table, at, path }
    }

    /// Where the table is opened, as a byte offset: the place of what is missing in it.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// How faults name the table; empty for the whole text.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path of a key of this table.
    #[must_use]
    pub fn sub(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Whether the key is there.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Where a key itself stands, not its value.
    #[must_use]
    pub fn at_key(&self, key: &str) -> Option<usize> {
        self.table.get_key_value(key).map(|(key, _)| key.span().start)
    }

    /// Reports every key outside `known`, with the nearest known one.
    pub fn refuse_others<R: Reason>(&self, known: &[&str], faults: &mut FaultList<'_, R>) {
        for key in self.table.keys() {
            let word: &str = key.get_ref();
            if known.contains(&word) {
                continue;
            }
            let (hint_zh, hint_en) = faults.hint(word, known.iter().copied());
            let zh = format!("未知的键 `{word}`{hint_zh}");
            faults.add(
                key.span().start,
                R::UNKNOWN_KEY,
                self.sub(word),
                zh,
                format!("unknown key `{word}`{hint_en}"),
            );
        }
    }

    /// A key that may be there.
    #[must_use]
    pub fn get(&self, key: &str) -> Entry<'t> {
        let given = match self.table.get(key) {
            Some(value) => Given::Is(Placed { value, at: value.span().start }),
            None => Given::Absent,
        };
        Entry::new(given, self.sub(key))
    }

    /// A key that must be there; reported if it is not.
    pub fn need<R: Reason>(&self, key: &str, faults: &mut FaultList<'_, R>) -> Entry<'t> {
        if self.has(key) {
            return self.get(key);
        }
        let (zh, en) = (format!("缺少键 `{key}`"), format!("key `{key}` is missing"));
        faults.add(self.at, R::MISSING_KEY, self.sub(key), zh, en);
        Entry::new(Given::Faulty, self.sub(key))
    }
}

/// What a row calls itself under `key`, if that is short enough to stand in paths such as `leaf[A1.1]`.
#[must_use]
pub fn row_name<'t>(row: &'t Value<'t>, key: &str) -> Option<&'t str> {
    let name = row.get_ref().get(key).map(Spanned::get_ref).and_then(DeValue::as_str)?;
    (1..=NAME_CHARS).contains(&name.chars().count()).then_some(name)
}
