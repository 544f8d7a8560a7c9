//! A decimal number in a text: digits, separators, sign, and what is written behind it.

/// A number as it is written, before anything is computed: nothing of it is lost yet.
#[derive(Debug)]
pub(super) struct Decimal<'t> {
    /// Sign, digits and perhaps a point; parses as `f64`.
    pub(super) digits: String,
    /// Power of ten of an exponent of its own.
    pub(super) exponent: i32,
    /// The text behind it, without blanks at its ends.
    pub(super) rest: &'t str,
}

/// Why a text is no decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoDecimal {
    /// It does not begin like a number.
    NotANumber,
    /// It could mean two numbers: `1.234,5`, `1,5`.
    Ambiguous,
}

/// Reads the number at the start of a text that is folded already (see [`super::folded`]).
pub(super) fn decimal(text: &str) -> Result<Decimal<'_>, NoDecimal> {
    // Accounting writes a negative number in brackets.
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        let inner = inner.trim();
        if !inner.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return Err(NoDecimal::NotANumber);
        }
        let mut decimal = decimal(inner)?;
        decimal.digits.insert(0, '-');
        return Ok(decimal);
    }
    let (negative, rest) = match text.strip_prefix(['-', '−', '–', '—']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text).trim_start()),
    };
    let (digits, rest) = digits(rest)?;
    let (exponent, rest) = exponent(rest);
    let digits = if negative { format!("-{digits}") } else { digits };
    Ok(Decimal { digits, exponent, rest: rest.trim() })
}

/// Digits and point without separators, and what follows them.
fn digits(text: &str) -> Result<(String, &str), NoDecimal> {
    let is_inside = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.' | '\'' | ' ');
    let end = text.find(|c| !is_inside(c)).unwrap_or(text.len());
    let (body, rest) = text.split_at(end);
    // What stands before the next letter may be the end of a sentence: `85, of 100`.
    let trimmed = body.trim_end();
    let rest = if trimmed.len() < body.len() { text[trimmed.len()..].trim_start() } else { rest };
    let body = trimmed;
    if !body.contains(|c: char| c.is_ascii_digit()) {
        return Err(NoDecimal::NotANumber);
    }
    let (whole, fraction) = match body.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (body, None),
    };
    if fraction.is_some_and(|fraction| !fraction.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(NoDecimal::Ambiguous);
    }
    let mut digits = grouped(whole)?;
    if let Some(fraction) = fraction {
        digits.push('.');
        digits.push_str(fraction);
    }
    Ok((digits, rest))
}

/// A whole number without the separators between its groups of three digits.
fn grouped(whole: &str) -> Result<String, NoDecimal> {
    let separators: Vec<char> = whole.chars().filter(|c| !c.is_ascii_digit()).collect();
    let Some(first) = separators.first() else { return Ok(whole.to_owned()) };
    let mut groups = whole.split(|c: char| !c.is_ascii_digit());
    let leads = groups.next().is_some_and(|group| (1..=3).contains(&group.len()));
    if !leads || !groups.all(|group| group.len() == 3) || separators.iter().any(|other| other != first) {
        return Err(NoDecimal::Ambiguous);
    }
    Ok(whole.chars().filter(char::is_ascii_digit).collect())
}

/// An exponent such as `e-3`.
fn exponent(text: &str) -> (i32, &str) {
    let none = (0, text);
    let Some(behind) = text.strip_prefix(['e', 'E']) else { return none };
    let digits = behind.strip_prefix(['+', '-']).unwrap_or(behind);
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let end = behind.len() - digits.len() + length;
    match behind[..end].parse() {
        Ok(exponent) if length > 0 => (exponent, &behind[end..]),
        _ => none,
    }
}
