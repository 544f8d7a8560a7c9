//! One key of a table, read as the kind of value that is due.

use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::DeValue;

use crate::{FaultList, Fields, Given, NAME_CHARS, Placed, Reason};

/// Any TOML value with its place.
pub type Value<'t> = Spanned<DeValue<'t>>;

/// What the ids of one kind are made of.
#[derive(Clone, Copy, Debug)]
pub struct IdSyntax {
    /// Whether a text, [`NAME_CHARS`] at most, is such an id.
    pub is_valid: fn(&str) -> bool,
    /// The rule for the writer, in Chinese and in English.
    pub rule: (&'static str, &'static str),
}

/// A key, or one item of a list, with its path.
///
/// Each reader gives [`Given::Absent`] for an absent key, and reports what it cannot read.
#[derive(Clone, Debug)]
pub struct Entry<'t> {
    given: Given<&'t Value<'t>>,
    path: String,
}

impl<'t> Entry<'t> {
    pub(crate) fn new(given: Given<&'t Value<'t>>, path: String) -> Self {
        Self { given, path }
    }

    /// An item of a list.
    #[must_use]
    pub fn item(value: &'t Value<'t>, path: impl Into<String>) -> Self {
        Self::new(Given::Is(Placed { value, at: value.span().start }), path.into())
    }

    /// How faults name it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value as it stands.
    #[must_use]
    pub fn value(&self) -> Given<&'t DeValue<'t>> {
        self.given.then(|placed| Some(placed.value.get_ref()))
    }

    /// Reports that something else is `due`, in Chinese and in English; always `None`.
    pub fn wrong_kind<R: Reason, T>(
        &self,
        (due_zh, due_en): (&str, &str),
        faults: &mut FaultList<'_, R>,
    ) -> Option<T> {
        let Placed { value, at } = self.given.readable()?;
        let (zh, en) = match value.get_ref() {
            DeValue::String(_) => ("字符串", "a string"),
            DeValue::Integer(_) => ("整数", "an integer"),
            DeValue::Float(_) => ("小数", "a float"),
            DeValue::Boolean(_) => ("布尔值", "a boolean"),
            DeValue::Datetime(_) => ("日期时间", "a date-time"),
            DeValue::Array(_) => ("数组", "an array"),
            DeValue::Table(_) => ("表", "a table"),
        };
        let (zh, en) = (format!("应为{due_zh}，实为{zh}"), format!("expected {due_en}, found {en}"));
        faults.add(at, R::WRONG_KIND, &*self.path, zh, en);
        None
    }

    /// Any text, even an empty one.
    pub fn text<R: Reason>(&self, faults: &mut FaultList<'_, R>) -> Given<&'t str> {
        self.value().then(|placed| match placed.value {
            DeValue::String(text) => Some(text.as_ref()),
            _ => self.wrong_kind(("字符串", "a string"), faults),
        })
    }

    /// A text that says something, on one line of at most [`Limits::line_chars`](crate::Limits::line_chars).
    pub fn line<R: Reason>(&self, faults: &mut FaultList<'_, R>) -> Given<&'t str> {
        self.text(faults).then(|placed| {
            let most = faults.limits().line_chars;
            let line = placed.value;
            let (reason, zh, en) = if line.trim().is_empty() {
                (R::BLANK, "不能为空".to_owned(), "must not be empty".to_owned())
            } else if line.chars().any(char::is_control) {
                let en = "contains line breaks or control characters".to_owned();
                (R::BAD_TEXT, "含有换行或控制字符".to_owned(), en)
            } else if line.chars().count() > most {
                (R::TOO_LARGE, format!("最多 {most} 个字符"), format!("has at most {most} characters"))
            } else {
                return Some(line);
            };
            faults.add(placed.at, reason, &*self.path, zh, en);
            None
        })
    }

    /// An id of at most [`NAME_CHARS`].
    pub fn id<R: Reason>(&self, syntax: IdSyntax, faults: &mut FaultList<'_, R>) -> Given<&'t str> {
        self.text(faults).then(|placed| {
            let id = placed.value;
            if !id.is_empty() && id.chars().count() <= NAME_CHARS && (syntax.is_valid)(id) {
                return Some(id);
            }
            let (rule_zh, rule_en) = syntax.rule;
            let zh = format!("{rule_zh}，至多 {NAME_CHARS} 个字符");
            let en = format!("{rule_en}, at most {NAME_CHARS} characters");
            faults.add(placed.at, R::BAD_ID, &*self.path, zh, en);
            None
        })
    }

    /// One word of a list, as the thing it stands for.
    pub fn word<R: Reason, T: Copy>(&self, words: &[(&str, T)], faults: &mut FaultList<'_, R>) -> Given<T> {
        self.text(faults).then(|placed| {
            let found = words.iter().find(|(word, _)| *word == placed.value).map(|(_, thing)| *thing);
            if found.is_none() {
                let list = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
                let zh = format!("未知的取值 `{}`，可选：{list}", placed.value);
                let en = format!("unknown value `{}`; one of: {list}", placed.value);
                faults.add(placed.at, R::UNKNOWN_VALUE, &*self.path, zh, en);
            }
            found
        })
    }

    /// A table of the lines `zh` and `en`, in this order.
    pub fn bilingual<R: Reason>(&self, faults: &mut FaultList<'_, R>) -> Given<(&'t str, &'t str)> {
        self.given.then(|_| {
            let both = self.open(&["zh", "en"], faults)?;
            let zh = both.need("zh", faults).line(faults);
            let en = both.need("en", faults).line(faults);
            Some((zh.value()?, en.value()?))
        })
    }

    /// A finite number, written as an integer or with a point, of at most
    /// [`Limits::magnitude`](crate::Limits::magnitude) either way.
    pub fn number<R: Reason>(&self, faults: &mut FaultList<'_, R>) -> Given<f64> {
        self.value().then(|placed| {
            let number = match placed.value {
                // Decimal digits parse to the nearest f64, however many there are.
                DeValue::Integer(digits) if digits.radix() == 10 => digits.as_str().parse().ok(),
                DeValue::Integer(digits) => {
                    u32::from_str_radix(digits.as_str(), digits.radix()).ok().map(f64::from)
                }
                DeValue::Float(digits) => digits.as_str().parse().ok(),
                _ => return self.wrong_kind(("数", "a number"), faults),
            };
            // NaN passes every comparison with a sum, so it is refused here, by name.
            let Some(number) = number.filter(|number: &f64| number.is_finite()) else {
                let (zh, en) = (
                    "必须是有限的数（不能是 NaN 或无穷）",
                    "must be a finite number (not NaN or an infinity)",
                );
                faults.add(placed.at, R::NOT_FINITE, &*self.path, zh, en);
                return None;
            };
            let most = faults.limits().magnitude;
            if number.abs() > most {
                let due = (format!("绝对值不超过 {most:e} 的数"), format!("at most {most:e} either way"));
                return self.out_of_range((&due.0, &due.1), faults);
            }
            Some(number)
        })
    }

    /// A number that `is_due`; `due` says in Chinese and in English which ones are.
    pub fn number_where<R: Reason>(
        &self,
        is_due: impl FnOnce(f64) -> bool,
        due: (&str, &str),
        faults: &mut FaultList<'_, R>,
    ) -> Given<f64> {
        self.number(faults).then(|placed| {
            if is_due(placed.value) { Some(placed.value) } else { self.out_of_range(due, faults) }
        })
    }

    /// A whole number within a range.
    pub fn whole<R: Reason>(&self, range: RangeInclusive<u32>, faults: &mut FaultList<'_, R>) -> Given<u32> {
        self.value().then(|placed| {
            let DeValue::Integer(digits) = placed.value else {
                return self.wrong_kind(("整数", "a whole number"), faults);
            };
            let value = u32::from_str_radix(digits.as_str(), digits.radix()).ok();
            value.filter(|value| range.contains(value)).or_else(|| {
                let (low, high) = (range.start(), range.end());
                self.out_of_range((&format!("{low} 至 {high}"), &format!("{low} to {high}")), faults)
            })
        })
    }

    /// Reports a value outside its range, `due` in Chinese and in English; always `None`.
    pub fn out_of_range<R: Reason, T>(
        &self,
        (due_zh, due_en): (&str, &str),
        faults: &mut FaultList<'_, R>,
    ) -> Option<T> {
        let at = self.given.readable()?.at;
        let (zh, en) = (format!("超出范围，应为 {due_zh}"), format!("out of range; expected {due_en}"));
        faults.add(at, R::OUT_OF_RANGE, &*self.path, zh, en);
        None
    }

    /// `true` or `false`.
    pub fn flag<R: Reason>(&self, faults: &mut FaultList<'_, R>) -> Given<bool> {
        self.value().then(|placed| match placed.value {
            DeValue::Boolean(flag) => Some(*flag),
            _ => self.wrong_kind(("true 或 false", "true or false"), faults),
        })
    }

    /// The items of a list, `most` at most: what is beyond is reported and left out.
    pub fn list<R: Reason>(&self, most: usize, faults: &mut FaultList<'_, R>) -> Given<&'t [Value<'t>]> {
        self.value().then(|placed| {
            let DeValue::Array(items) = placed.value else {
                return self.wrong_kind(("数组", "an array"), faults);
            };
            let items: &'t [Value<'t>] = items.as_ref();
            if let Some(first) = items.get(most) {
                faults.too_many(first.span().start, &*self.path, most);
            }
            Some(items.get(..most).unwrap_or(items))
        })
    }

    /// A list of at least one [`line`](Entry::line); faulty ones are reported and left out.
    pub fn lines<R: Reason>(
        &self,
        most: usize,
        faults: &mut FaultList<'_, R>,
    ) -> Given<Vec<Placed<&'t str>>> {
        self.list(most, faults).then(|placed| {
            if placed.value.is_empty() {
                return self.wrong_kind(("至少一个字符串", "at least one string"), faults);
            }
            let line = |item| Entry::item(item, &*self.path).line(faults).readable();
            Some(placed.value.iter().filter_map(line).collect())
        })
    }

    /// A table with no key outside `known`; `None` if it is none, which is reported unless the key is absent.
    pub fn open<R: Reason>(&self, known: &[&str], faults: &mut FaultList<'_, R>) -> Option<Fields<'t>> {
        let table = self.table(faults)?;
        table.refuse_others(known, faults);
        Some(table)
    }

    /// A table whose keys are not looked at yet; `None` if it is none, which is reported unless the key is absent.
    pub fn table<R: Reason>(&self, faults: &mut FaultList<'_, R>) -> Option<Fields<'t>> {
        let placed = self.value().readable()?;
        match placed.value {
            DeValue::Table(table) => Some(Fields::new(table, placed.at, self.path.clone())),
            _ => self.wrong_kind(("表", "a table"), faults),
        }
    }
}
