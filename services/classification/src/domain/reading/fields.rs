//! Keys of one table of the text: each reader reports what is wrong and where.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::fault::{FaultList, FaultReason};
use super::super::text::Text;

/// Longest id, in characters.
const ID_CHARS: usize = 64;
/// Longest other text, in characters.
const TEXT_CHARS: usize = 200;
/// Larger parameters mean nothing and would lose their digits.
const LARGEST: f64 = 1e15;

/// A value and where it stands, as a byte offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// A table with its place and its path, such as `label[far_suburb]`.
pub(super) struct Fields<'t> {
    table: &'t DeTable<'t>,
    at: usize,
    path: String,
}

impl<'t> Fields<'t> {
    pub(super) fn root(table: &'t DeTable<'t>) -> Self {
        Self { table, at: 0, path: String::new() }
    }

    /// The table by the value of a key of its own, as `kind[value]`, where it has one.
    pub(super) fn called(self, kind: &str, key: &str) -> Self {
        match self.table.get(key).map(Spanned::get_ref) {
            Some(DeValue::String(name)) if name.chars().count() <= ID_CHARS => {
                Self { path: format!("{kind}[{name}]"), ..self }
            }
            _ => self,
        }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Where a key stands.
    pub(super) fn at_key(&self, key: &str) -> Option<usize> {
        self.table.get_key_value(key).map(|(key, _)| key.span().start)
    }

    /// Reports every key that is not among `known`.
    pub(super) fn refuse_others(&self, known: &[&str], faults: &mut FaultList<'_>) {
        for key in self.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref();
            let list = known.join(", ");
            let (zh, en) = (
                format!("未知的键 `{name}`；可用：{list}"),
                format!("unknown key `{name}`; known are {list}"),
            );
            faults.add(key.span().start, FaultReason::UnknownKey, self.path_of(name), zh, en);
        }
    }

    /// Reports that a key is missing.
    pub(super) fn missing(&self, key: &str, faults: &mut FaultList<'_>) {
        let (zh, en) = (format!("缺少 `{key}`"), format!("`{key}` is missing"));
        faults.add(self.at, FaultReason::MissingKey, self.path_of(key), zh, en);
    }

    /// Reports that an item above has the same id.
    pub(super) fn duplicate(&self, id: Placed<&str>, faults: &mut FaultList<'_>) {
        let (zh, en) = (format!("`{}` 已经用过", id.value), format!("`{}` is used above", id.value));
        faults.add(id.at, FaultReason::DuplicateId, self.path_of("id"), zh, en);
    }

    /// A text that says something.
    pub(super) fn text(&self, key: &str, faults: &mut FaultList<'_>) -> Option<Placed<&'t str>> {
        let value = self.required(key, faults)?;
        checked_text(value, &self.path_of(key), faults)
    }

    /// A text made of the characters that `is_valid` accepts; `allowed` lists them for the message.
    pub(super) fn id(
        &self,
        key: &str,
        is_valid: fn(&str) -> bool,
        allowed: &str,
        faults: &mut FaultList<'_>,
    ) -> Option<Placed<&'t str>> {
        let id = self.text(key, faults)?;
        if is_valid(id.value) && id.value.len() <= ID_CHARS {
            return Some(id);
        }
        let zh = format!(
            "`{}` 不是有效的标识；只用 {allowed}，首字符须为字母（version 除外），最多 {ID_CHARS} 个",
            id.value
        );
        let en = format!(
            "`{}` is no valid id: use {allowed}, a letter first (but in a version), at most {ID_CHARS}",
            id.value
        );
        faults.add(id.at, FaultReason::BadId, self.path_of(key), zh, en);
        None
    }

    /// A table of `zh` and `en`.
    pub(super) fn bilingual(&self, key: &str, faults: &mut FaultList<'_>) -> Option<Text> {
        let both = self.table(key, faults)?;
        both.refuse_others(&["zh", "en"], faults);
        let (zh, en) = (both.text("zh", faults), both.text("en", faults));
        Some(Text::new(zh?.value, en?.value))
    }

    /// A finite number of at most [`LARGEST`] either way.
    pub(super) fn number(&self, key: &str, faults: &mut FaultList<'_>) -> Option<Placed<f64>> {
        let value = self.required(key, faults)?;
        checked_number(value, &self.path_of(key), faults)
    }

    /// Exactly `N` numbers.
    pub(super) fn numbers<const N: usize>(
        &self,
        key: &str,
        faults: &mut FaultList<'_>,
    ) -> Option<Placed<[f64; N]>> {
        let path = self.path_of(key);
        let value = self.required(key, faults)?;
        let at = value.span().start;
        let DeValue::Array(items) = value.get_ref() else {
            wrong_kind(value, &path, &format!("{N} 个数的数组"), &format!("an array of {N} numbers"), faults);
            return None;
        };
        let numbers: Vec<Option<f64>> =
            items.iter().map(|item| checked_number(item, &path, faults).map(|placed| placed.value)).collect();
        let Ok(numbers) = <[Option<f64>; N]>::try_from(numbers) else {
            wrong_kind(value, &path, &format!("{N} 个数的数组"), &format!("an array of {N} numbers"), faults);
            return None;
        };
        let mut all = [0.0; N];
        for (slot, number) in all.iter_mut().zip(numbers) {
            *slot = number?;
        }
        Some(Placed { value: all, at })
    }

    /// A list of at least one text; faulty ones are reported and left out.
    pub(super) fn texts(
        &self,
        key: &str,
        most: usize,
        faults: &mut FaultList<'_>,
    ) -> Option<Vec<Placed<&'t str>>> {
        let path = self.path_of(key);
        let value = self.required(key, faults)?;
        let DeValue::Array(items) = value.get_ref() else {
            wrong_kind(value, &path, "字符串数组", "an array of strings", faults);
            return None;
        };
        if items.is_empty() {
            wrong_kind(value, &path, "至少一个字符串", "at least one string", faults);
            return None;
        }
        if items.len() > most {
            too_many(value.span().start, &path, most, faults);
            return None;
        }
        Some(items.iter().filter_map(|item| checked_text(item, &path, faults)).collect())
    }

    /// The value of a key as it stands, required.
    pub(super) fn required(&self, key: &str, faults: &mut FaultList<'_>) -> Option<&'t Spanned<DeValue<'t>>> {
        let value = self.table.get(key);
        if value.is_none() {
            self.missing(key, faults);
        }
        value
    }

    /// A table below a key, required.
    pub(super) fn table(&self, key: &str, faults: &mut FaultList<'_>) -> Option<Fields<'t>> {
        let value = self.required(key, faults)?;
        let DeValue::Table(table) = value.get_ref() else {
            wrong_kind(value, &self.path_of(key), "表", "a table", faults);
            return None;
        };
        Some(Fields { table, at: value.span().start, path: self.path_of(key) })
    }

    /// The tables of a list such as `[[label]]`, each with the path `label[0]`; none if the key is absent.
    pub(super) fn tables(&self, key: &str, most: usize, faults: &mut FaultList<'_>) -> Vec<Fields<'t>> {
        let Some(value) = self.table.get(key) else {
            return Vec::new();
        };
        let path = self.path_of(key);
        let DeValue::Array(items) = value.get_ref() else {
            wrong_kind(value, &path, &format!("`[[{key}]]`"), &format!("`[[{key}]]`"), faults);
            return Vec::new();
        };
        if items.len() > most {
            too_many(value.span().start, &path, most, faults);
            return Vec::new();
        }
        let mut tables = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = format!("{path}[{index}]");
            if let DeValue::Table(table) = item.get_ref() {
                tables.push(Fields { table, at: item.span().start, path });
            } else {
                wrong_kind(item, &path, "表", "a table", faults);
            }
        }
        tables
    }
}

fn checked_text<'t>(
    value: &'t Spanned<DeValue<'t>>,
    path: &str,
    faults: &mut FaultList<'_>,
) -> Option<Placed<&'t str>> {
    let at = value.span().start;
    let DeValue::String(text) = value.get_ref() else {
        wrong_kind(value, path, "字符串", "a string", faults);
        return None;
    };
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        let (zh, en) = ("不得为空白，不得含控制字符", "must say something, without control characters");
        faults.add(at, FaultReason::BadText, path, zh.to_owned(), en.to_owned());
        return None;
    }
    if text.chars().count() > TEXT_CHARS {
        let (zh, en) = (format!("最多 {TEXT_CHARS} 个字符"), format!("has at most {TEXT_CHARS} characters"));
        faults.add(at, FaultReason::TooLarge, path, zh, en);
        return None;
    }
    Some(Placed { value: text.as_ref(), at })
}

fn checked_number(
    value: &Spanned<DeValue<'_>>,
    path: &str,
    faults: &mut FaultList<'_>,
) -> Option<Placed<f64>> {
    let at = value.span().start;
    let number = match value.get_ref() {
        DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
        // Within the range below every integer has an f64 of its own.
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number as f64)
        }
        _ => {
            wrong_kind(value, path, "数", "a number", faults);
            return None;
        }
    };
    let number = number.filter(|number| number.abs() <= LARGEST);
    if number.is_none() {
        let (zh, en) = (
            format!("必须是绝对值不超过 {LARGEST:e} 的数"),
            format!("is a number up to {LARGEST:e} either way"),
        );
        faults.add(at, FaultReason::OutOfRange, path, zh, en);
    }
    number.map(|value| Placed { value, at })
}

/// Reports a value that is something else than `zh` and `en` say.
pub(super) fn wrong_kind(
    value: &Spanned<DeValue<'_>>,
    path: &str,
    zh: &str,
    en: &str,
    faults: &mut FaultList<'_>,
) {
    let (zh, en) = (format!("应为{zh}"), format!("must be {en}"));
    faults.add(value.span().start, FaultReason::WrongKind, path, zh, en);
}

fn too_many(at: usize, path: &str, most: usize, faults: &mut FaultList<'_>) {
    faults.add(
        at,
        FaultReason::TooLarge,
        path,
        format!("最多 {most} 项"),
        format!("has at most {most} items"),
    );
}
