//! Typed access to the keys of one TOML table, reporting what is unknown, missing or of the wrong kind.

use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::given::{Given, Placed};
use crate::catalog::Text;
use crate::catalog::fault::{FaultList, Reason};

/// Any TOML value with its place.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// One table of the text.
pub(super) struct Fields<'t> {
    table: &'t DeTable<'t>,
    /// Where the table is opened: the place of what is missing in it.
    pub(super) at: usize,
    /// How faults name the table; empty for the whole file.
    pub(super) path: String,
}

impl<'t> Fields<'t> {
    /// Opens a table and reports every key outside `known`.
    pub(super) fn open(
        table: &'t DeTable<'t>,
        at: usize,
        path: String,
        known: &[&str],
        faults: &mut FaultList<'_>,
    ) -> Self {
        let fields = Self { table, at, path };
        for key in table.keys() {
            let word: &str = key.get_ref();
            if !known.contains(&word) {
                let (hint_zh, hint_en) = faults.hint(word, known.iter().copied());
                faults.add(
                    key.span().start,
                    Reason::UnknownKey,
                    fields.sub(word),
                    format!("未知的键 `{word}`{hint_zh}"),
                    format!("unknown key `{word}`{hint_en}"),
                );
            }
        }
        fields
    }

    /// Opens a value that must be a table; `None` if it is something else, which is reported.
    pub(super) fn open_value(
        value: &'t Value<'t>,
        path: String,
        known: &[&str],
        faults: &mut FaultList<'_>,
    ) -> Option<Self> {
        let at = value.span().start;
        match value.get_ref() {
            DeValue::Table(table) => Some(Self::open(table, at, path, known, faults)),
            other => wrong_kind(at, &path, ("表", "a table"), other, faults),
        }
    }

    /// The path of a key of this table.
    pub(super) fn sub(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn value(&self, key: &str) -> Given<&'t Value<'t>> {
        match self.table.get(key) {
            Some(value) => Given::Is(Placed { value, at: value.span().start }),
            None => Given::Absent,
        }
    }

    /// Reports a key that must be there and is not.
    pub(super) fn required<T>(&self, key: &str, given: Given<T>, faults: &mut FaultList<'_>) -> Given<T> {
        if !given.is_absent() {
            return given;
        }
        faults.add(
            self.at,
            Reason::MissingKey,
            self.sub(key),
            format!("缺少键 `{key}`"),
            format!("key `{key}` is missing"),
        );
        Given::Faulty
    }

    pub(super) fn text(&self, key: &str, faults: &mut FaultList<'_>) -> Given<&'t str> {
        self.value(key).then(|placed| text_of(placed.value, &self.sub(key), faults))
    }

    /// A text that says something, on one line.
    pub(super) fn line(&self, key: &str, faults: &mut FaultList<'_>) -> Given<&'t str> {
        self.text(key, faults).then(|placed| {
            if placed.value.trim().is_empty() {
                faults.add(
                    placed.at,
                    Reason::EmptyText,
                    self.sub(key),
                    "不能为空".to_owned(),
                    "must not be empty".to_owned(),
                );
                return None;
            }
            if placed.value.chars().any(char::is_control) {
                faults.add(
                    placed.at,
                    Reason::BadText,
                    self.sub(key),
                    "含有换行或控制字符".to_owned(),
                    "contains line breaks or control characters".to_owned(),
                );
                return None;
            }
            Some(placed.value)
        })
    }

    /// A required text in both languages; what is missing is reported and left empty.
    pub(super) fn bilingual(&self, key: &str, faults: &mut FaultList<'_>) -> Text {
        let nothing = Text { zh: String::new(), en: String::new() };
        let Some(placed) = self.required(key, self.value(key), faults).readable() else { return nothing };
        let Some(both) = Self::open_value(placed.value, self.sub(key), &["zh", "en"], faults) else {
            return nothing;
        };
        let mut read = |key: &str| {
            let line = both.line(key, faults);
            both.required(key, line, faults).or("").to_owned()
        };
        Text { zh: read("zh"), en: read("en") }
    }

    /// A finite number, written as an integer or with a point.
    pub(super) fn number(&self, key: &str, faults: &mut FaultList<'_>) -> Given<f64> {
        self.value(key).then(|placed| number_of(placed.value, &self.sub(key), faults))
    }

    /// A whole number within a range.
    pub(super) fn whole(
        &self,
        key: &str,
        range: RangeInclusive<u32>,
        faults: &mut FaultList<'_>,
    ) -> Given<u32> {
        self.value(key).then(|placed| {
            let DeValue::Integer(digits) = placed.value.get_ref() else {
                let due = ("整数", "a whole number");
                return wrong_kind(placed.at, &self.sub(key), due, placed.value.get_ref(), faults);
            };
            let value = u32::from_str_radix(digits.as_str(), digits.radix()).ok();
            let inside = value.filter(|value| range.contains(value));
            if inside.is_none() {
                let (low, high) = (range.start(), range.end());
                let (zh, en) = (format!("{low} 至 {high}"), format!("{low} to {high}"));
                out_of_range(placed.at, self.sub(key), &zh, &en, faults);
            }
            inside
        })
    }

    pub(super) fn flag(&self, key: &str, faults: &mut FaultList<'_>) -> Given<bool> {
        self.value(key).then(|placed| match placed.value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            other => wrong_kind(placed.at, &self.sub(key), ("true 或 false", "true or false"), other, faults),
        })
    }

    pub(super) fn list(&self, key: &str, faults: &mut FaultList<'_>) -> &'t [Value<'t>] {
        let nothing: &[Value<'t>] = &[];
        let Some(placed) = self.value(key).readable() else { return nothing };
        match placed.value.get_ref() {
            DeValue::Array(values) => values.as_ref(),
            other => {
                wrong_kind(placed.at, &self.sub(key), ("数组", "an array"), other, faults).unwrap_or(nothing)
            }
        }
    }

    /// One word of a list, as the thing it stands for.
    pub(super) fn word<T: Copy>(
        &self,
        key: &str,
        words: &[(&str, T)],
        faults: &mut FaultList<'_>,
    ) -> Given<T> {
        self.text(key, faults).then(|placed| word_of(placed, &self.sub(key), words, faults))
    }
}

/// Looks a word up in a list; reports it if it is not there.
pub(super) fn word_of<T: Copy>(
    placed: Placed<&str>,
    path: &str,
    words: &[(&str, T)],
    faults: &mut FaultList<'_>,
) -> Option<T> {
    let found = words.iter().find(|(word, _)| *word == placed.value).map(|(_, thing)| *thing);
    if found.is_none() {
        let list = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        faults.add(
            placed.at,
            Reason::UnknownValue,
            path,
            format!("未知的取值 `{}`，可选：{list}", placed.value),
            format!("unknown value `{}`; one of: {list}", placed.value),
        );
    }
    found
}

pub(super) fn text_of<'t>(value: &'t Value<'t>, path: &str, faults: &mut FaultList<'_>) -> Option<&'t str> {
    match value.get_ref() {
        DeValue::String(text) => Some(text),
        other => wrong_kind(value.span().start, path, ("字符串", "a string"), other, faults),
    }
}

pub(super) fn number_of(value: &Value<'_>, path: &str, faults: &mut FaultList<'_>) -> Option<f64> {
    let at = value.span().start;
    let number = match value.get_ref() {
        // Decimal digits parse to the nearest f64; other radixes have no place in a catalog.
        DeValue::Integer(digits) if digits.radix() == 10 => digits.as_str().parse::<f64>().ok(),
        DeValue::Float(digits) => digits.as_str().parse::<f64>().ok(),
        other => return wrong_kind(at, path, ("数", "a number"), other, faults),
    };
    // NaN passes every comparison with a sum, so it is refused here, by name.
    let finite = number.filter(|number| number.is_finite());
    if finite.is_none() {
        faults.add(
            at,
            Reason::NotFinite,
            path,
            "必须是有限的数（不能是 NaN 或无穷）".to_owned(),
            "must be a finite number (not NaN or an infinity)".to_owned(),
        );
    }
    finite
}

pub(super) fn out_of_range(at: usize, path: String, zh: &str, en: &str, faults: &mut FaultList<'_>) {
    faults.add(
        at,
        Reason::OutOfRange,
        path,
        format!("超出范围，应为 {zh}"),
        format!("out of range; expected {en}"),
    );
}

/// Reports a value of the wrong kind; always `None`.
pub(super) fn wrong_kind<T>(
    at: usize,
    path: &str,
    (due_zh, due_en): (&str, &str),
    found: &DeValue<'_>,
    faults: &mut FaultList<'_>,
) -> Option<T> {
    let (zh, en) = match found {
        DeValue::String(_) => ("字符串", "a string"),
        DeValue::Integer(_) => ("整数", "an integer"),
        DeValue::Float(_) => ("小数", "a float"),
        DeValue::Boolean(_) => ("布尔值", "a boolean"),
        DeValue::Datetime(_) => ("日期时间", "a date-time"),
        DeValue::Array(_) => ("数组", "an array"),
        DeValue::Table(_) => ("表", "a table"),
    };
    faults.add(
        at,
        Reason::WrongKind,
        path,
        format!("应为{due_zh}，实为{zh}"),
        format!("expected {due_en}, found {en}"),
    );
    None
}
