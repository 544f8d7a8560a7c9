//! Numbers as people read them; what is computed or kept is never rounded.

/// What stands where there is no value.
pub(crate) const ABSENT: &str = "–";

/// A score: rounded half up to two decimals, a dash when absent.
pub(crate) fn score(value: Option<f64>) -> String {
    value.map_or_else(|| ABSENT.to_owned(), |v| format!("{:.2}", half_up(v, 2)))
}

/// A difference of scores: as a score, with its sign.
pub(crate) fn points(value: Option<f64>) -> String {
    let Some(value) = value else { return ABSENT.to_owned() };
    // A difference that rounds to nothing has no sign.
    let rounded = half_up(value.abs(), 2).copysign(value);
    if rounded.abs() < 0.005 { "0.00".to_owned() } else { format!("{rounded:+.2}") }
}

/// A value: at most four decimals, a dash when absent.
pub(crate) fn value(value: Option<f64>) -> String {
    let Some(value) = value else { return ABSENT.to_owned() };
    let text = format!("{:.4}", half_up(value, 4));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A share as a percentage with one decimal.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}%", half_up(share * 100.0, 1))
}

/// A rank or another count, a dash when absent.
pub(crate) fn count(value: Option<impl ToString>) -> String {
    value.map_or_else(|| ABSENT.to_owned(), |v| v.to_string())
}

/// A count as a number to compute shares with; exact below 2^53.
pub(crate) fn real(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 places")]
    let real = count as f64;
    real
}

/// Part of a whole; `None` of nothing.
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| real(part) / real(whole))
}

fn half_up(value: f64, decimals: i32) -> f64 {
    let unit = 10f64.powi(decimals);
    (value * unit + 0.5).floor() / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_rounds_half_up_to_two_decimals() {
        assert_eq!(score(Some(66.125)), "66.13");
        assert_eq!(score(Some(-0.125)), "-0.12");
        assert_eq!(score(None), "–");
        assert_eq!(value(Some(1.1)), "1.1");
        assert_eq!(value(Some(0.33335)), "0.3334");
        assert_eq!(percent(0.892_857), "89.3%");
    }

    #[test]
    fn a_difference_bears_its_sign_unless_it_rounds_to_nothing() {
        assert_eq!(points(Some(2.5)), "+2.50");
        assert_eq!(points(Some(-2.125)), "-2.13");
        assert_eq!(points(Some(-0.001)), "0.00");
        assert_eq!(points(None), "–");
    }

    #[test]
    fn nothing_has_no_share() {
        assert_eq!(share(1, 4), Some(0.25));
        assert_eq!(share(0, 0), None);
    }
}
