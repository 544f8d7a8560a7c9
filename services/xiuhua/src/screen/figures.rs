//! Numbers as people read them; what is computed or kept is never rounded.

use xiuhua_report::figures;
pub(crate) use xiuhua_report::figures::percent;

/// What stands where there is no value.
pub(crate) const ABSENT: &str = "–";

/// A score: rounded half up to two decimals, a dash when absent.
pub(crate) fn score(value: Option<f64>) -> String {
    value.map_or_else(|| ABSENT.to_owned(), figures::score)
}

/// A difference of scores: as a score, with its sign.
pub(crate) fn points(value: Option<f64>) -> String {
    value.map_or_else(|| ABSENT.to_owned(), figures::points)
}

/// A value: at most four decimals, a dash when absent.
pub(crate) fn value(value: Option<f64>) -> String {
    let Some(value) = value else { return ABSENT.to_owned() };
    let text = format!("{:.4}", figures::half_up(value, 4));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
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
