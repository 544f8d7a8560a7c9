//! The faults of a request, all of them collected before the answer.

use std::fmt;

use super::{Bilingual, Failure, Kind};

/// One fault of one field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Violation {
    /// Path of the field in the request: `places[3].code`.
    pub field: String,
    /// What is wrong with it.
    pub text: Bilingual,
}

impl Violation {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { field: field.into(), text: Bilingual::new(zh, en) }
    }
}

/// Collects the faults of a request.
///
/// ```
/// use xiuhua_service_kit::status::Violations;
/// let mut faults = Violations::new();
/// let name = faults.required("name", Some("浦东"));
/// faults.check(2021 <= 2022, "year", "年份超出范围", "the year is out of range");
/// assert!(faults.into_result().is_ok());
/// assert_eq!(name, Some("浦东"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations {
    found: Vec<Violation>,
}

impl Violations {
    /// No fault yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a fault of `field` unless `holds`.
    pub fn check(
        &mut self,
        holds: bool,
        field: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> &mut Self {
        if !holds {
            self.found.push(Violation::new(field, zh, en));
        }
        self
    }

    /// The value of a field that must be there; notes its absence.
    pub fn required<T>(&mut self, field: impl Into<String>, value: Option<T>) -> Option<T> {
        self.check(value.is_some(), field, "必须填写", "is required");
        value
    }

    /// The trimmed text of a field that must not be empty; notes its absence.
    pub fn required_text<'a>(&mut self, field: impl Into<String>, text: &'a str) -> Option<&'a str> {
        let trimmed = text.trim();
        self.required(field, (!trimmed.is_empty()).then_some(trimmed))
    }

    /// The value of a conversion; notes its violation.
    pub fn keep<T>(&mut self, converted: Result<T, Violation>) -> Option<T> {
        converted.map_err(|violation| self.found.push(violation)).ok()
    }

    /// Takes over the faults of a nested message, found under `path`: `code` becomes `path.code`.
    pub fn nest(&mut self, path: &str, nested: Self) -> &mut Self {
        self.found.extend(
            nested
                .found
                .into_iter()
                .map(|fault| Violation { field: format!("{path}.{}", fault.field), ..fault }),
        );
        self
    }

    /// Whether no fault was found so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The request may pass, or all its faults.
    ///
    /// # Errors
    /// [`InvalidRequest`] if any fault was noted.
    pub fn into_result(self) -> Result<(), InvalidRequest> {
        if self.found.is_empty() { Ok(()) } else { Err(InvalidRequest { violations: self.found }) }
    }
}

/// A request with at least one fault: `INVALID_ARGUMENT`, reason `INVALID_REQUEST`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRequest {
    violations: Vec<Violation>,
}

impl From<Violation> for InvalidRequest {
    fn from(violation: Violation) -> Self {
        Self { violations: vec![violation] }
    }
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message().en)
    }
}

impl std::error::Error for InvalidRequest {}

impl Failure for InvalidRequest {
    fn kind(&self) -> Kind {
        Kind::InvalidArgument
    }

    fn reason(&self) -> &'static str {
        "INVALID_REQUEST"
    }

    fn message(&self) -> Bilingual {
        let more = self.violations.len().saturating_sub(1);
        let (first_zh, first_en) = self.violations.first().map_or_else(
            || (String::new(), String::new()),
            |first| {
                (format!("{}：{}", first.field, first.text.zh), format!("{}: {}", first.field, first.text.en))
            },
        );
        if more == 0 {
            return Bilingual::new(format!("请求有误，{first_zh}"), format!("invalid request, {first_en}"));
        }
        Bilingual::new(
            format!("请求有误，{first_zh}（另有 {more} 处）"),
            format!("invalid request, {first_en} (and {more} more)"),
        )
    }

    fn violations(&self) -> Vec<Violation> {
        self.violations.clone()
    }
}
