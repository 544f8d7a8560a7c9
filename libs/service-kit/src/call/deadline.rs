//! The time of a call: as it is written on the wire, and what of it is passed on.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};

/// Most of a call's time that is kept for the way back: an answer that leaves at the caller's deadline arrives after
/// it, and tonic's client has by then said `CANCELLED` of its own.
const LONGEST_MARGIN: Duration = Duration::from_millis(20);

/// `time` without what is kept for the way back: a tenth, at most 20 ms.
pub(crate) fn less_margin(time: Duration) -> Duration {
    time - (time / 10).min(LONGEST_MARGIN)
}

/// The time that a call was given, if it was.
pub(crate) fn timeout_of(headers: &HeaderMap) -> Option<Duration> {
    timeout(headers.get("grpc-timeout")?.to_str().ok()?)
}

/// A `grpc-timeout`: at most eight digits and a unit.
pub(crate) fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(value * 3600)),
        "M" => Some(Duration::from_secs(value * 60)),
        "S" => Some(Duration::from_secs(value)),
        "m" => Some(Duration::from_millis(value)),
        "u" => Some(Duration::from_micros(value)),
        "n" => Some(Duration::from_nanos(value)),
        _ => None,
    }
}

/// `time` as a `grpc-timeout`, in the finest unit in which it has eight digits, rounded down.
pub(crate) fn grpc_timeout(time: Duration) -> HeaderValue {
    let units = [(time.as_micros(), 'u'), (time.as_millis(), 'm'), (time.as_secs().into(), 'S')];
    let fitting = units.into_iter().find(|(value, _)| *value <= 99_999_999);
    // Beyond three years it makes no difference how long.
    let (value, unit) = fitting.unwrap_or((99_999_999, 'S'));
    HeaderValue::try_from(format!("{value}{unit}")).expect("digits and a letter are a header")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grpc_timeout_is_digits_and_a_unit() {
        assert_eq!(timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(timeout("1H"), Some(Duration::from_secs(3600)));
        for nonsense in ["", "m", "1", "123456789S", "-1S", "1s", "１S"] {
            assert_eq!(timeout(nonsense), None, "{nonsense:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_time_is_written_so_that_it_reads_as_no_longer_than_it_is(ms in 0_u64..u64::MAX / 1000) {
            let time = Duration::from_micros(ms);
            let read = timeout(grpc_timeout(time).to_str().unwrap()).unwrap();
            proptest::prop_assert!(read <= time);
            // Eight digits are at least seven that count.
            let most = Duration::from_secs(99_999_999);
            proptest::prop_assert!(time > most || time - read <= time / 99_999);
        }
    }
}
