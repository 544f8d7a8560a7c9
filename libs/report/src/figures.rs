//! Numbers as they are printed: rounded half up, never computed with afterwards. The command's screen prints by it too.

/// A score: two decimals.
#[must_use]
pub fn score(value: f64) -> String {
    format!("{:.2}", half_up(value, 2))
}

/// A score, a dash where there is none.
pub(crate) fn score_or_dash(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), score)
}

/// A difference of scores: as a score, with its sign.
#[must_use]
pub fn points(difference: f64) -> String {
    let rounded = half_up(difference.abs(), 2).copysign(difference);
    // A difference that rounds to nothing has no sign.
    if rounded.abs() < 0.005 { "0.00".to_owned() } else { format!("{rounded:+.2}") }
}

/// The same with the sign that books print.
pub(crate) fn change(difference: f64) -> String {
    points(difference).replace('-', "−")
}

/// A dimensionless value, with as many decimals as show on which side of `cut` it lies.
pub(crate) fn beside(cut: f64, value: f64) -> String {
    let decimals = (2..8).find(|decimals| (half_up(value, *decimals) < cut) == (value < cut)).unwrap_or(8);
    format!("{:.*}", usize::try_from(decimals).unwrap_or(2), half_up(value, decimals))
}

/// A share: a percentage with one decimal.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.1}%", half_up(share * 100.0, 1))
}

/// How many of how many, as a percentage; a dash of none.
pub(crate) fn percent_of(part: u64, whole: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "counts of places")]
    let share = part as f64 / whole as f64;
    if whole == 0 { "–".to_owned() } else { percent(share) }
}

/// A count, its thousands set apart.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Rounded half up: upwards from the middle, below zero too.
#[must_use]
pub fn half_up(value: f64, decimals: i32) -> f64 {
    let unit = 10f64.powi(decimals);
    (value * unit + 0.5).floor() / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_shows_on_which_side_of_the_cut_it_lies() {
        assert_eq!(beside(0.5, 0.499_6), "0.4996");
        assert_eq!(beside(0.5, 0.5), "0.50");
        assert_eq!(beside(0.5, 0.123_4), "0.12");
    }

    #[test]
    fn numbers_are_printed_as_people_read_them() {
        assert_eq!(score(66.125), "66.13");
        assert_eq!(change(-0.004), "0.00");
        assert_eq!(change(-1.25), "−1.25");
        assert_eq!(change(2.0), "+2.00");
        assert_eq!(points(-2.125), "-2.13");
        assert_eq!(percent_of(1, 3), "33.3%");
        assert_eq!(percent_of(0, 0), "–");
        assert_eq!(count(1_948_000), "1,948,000");
        assert_eq!(count(36), "36");
    }
}
