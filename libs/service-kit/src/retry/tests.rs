//! The arithmetic against the text of A6, then whole calls on a line whose far end answers by script.

mod calls;

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::answer::{Pushback, Verdict};
use super::policy::{Attempts, MOST_ATTEMPTS, RetryPolicy};
use super::throttle::{TOKEN, Throttle};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The example of A6.
const EXAMPLE: RetryPolicy = RetryPolicy {
    max_attempts: 4,
    initial_backoff: Duration::from_millis(100),
    max_backoff: Duration::from_secs(1),
    multiplier: 2.0,
};

fn policies() -> impl Strategy<Value = RetryPolicy> {
    (1_u32..20, 1_u64..100_000, 1_u64..100_000, 1.0_f64..10.0).prop_map(
        |(max_attempts, initial, max, multiplier)| RetryPolicy {
            max_attempts,
            initial_backoff: ms(initial),
            max_backoff: ms(max),
            multiplier,
        },
    )
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        3 => Just(Verdict::Succeeded),
        3 => Just(Verdict::Retryable { pushback: None }),
        1 => (0_u64..100_000).prop_map(|wait| Verdict::Retryable { pushback: Some(ms(wait)) }),
        1 => Just(Verdict::NoMore),
        1 => Just(Verdict::Final),
    ]
}

#[test]
fn the_waits_of_the_example_of_a6_are_at_most_100_200_400_800_1000_ms() {
    let longest: Vec<_> = (1..=6).map(|n| EXAMPLE.backoff(n, 1.0)).collect();
    assert_eq!(longest, [100, 200, 400, 800, 1000, 1000].map(ms));
    assert_eq!(EXAMPLE.backoff(3, 0.25), ms(100));
    assert_eq!(EXAMPLE.backoff(u32::MAX, 1.0), ms(1000), "beyond what a float holds");
}

#[test]
fn a_wait_that_the_server_names_is_taken_and_the_next_one_begins_anew() {
    let mut attempts = Attempts::first();
    let [failed, told] = [None, Some(ms(1234))].map(|pushback| Verdict::Retryable { pushback });
    let policy = RetryPolicy { max_attempts: 5, ..EXAMPLE };
    let waits = [failed, failed, told, failed].map(|verdict| attempts.next(&policy, verdict, 1.0));
    assert_eq!(waits, [100, 200, 1234, 100].map(|wait| Some(ms(wait))));
    assert_eq!(attempts.previous(), 4);
    assert_eq!(attempts.next(&policy, told, 1.0), None, "the server cannot ask for more attempts");
}

proptest! {
    #[test]
    fn a_wait_is_within_0_and_min_of_initial_times_multiplier_to_the_n_less_1_and_max(
        policy in policies(), n in 1_u32..40, share in 0.0_f64..1.0,
    ) {
        // By repeated multiplication, as the text reads.
        let mut longest = policy.initial_backoff.as_secs_f64();
        for _ in 1..n {
            longest *= policy.multiplier;
        }
        let longest = longest.min(policy.max_backoff.as_secs_f64());
        let wait = policy.backoff(n, share).as_secs_f64();
        prop_assert!(wait <= longest * 1.000_001 + 1e-9, "{wait} > {longest}");
        prop_assert!((wait - longest * share).abs() <= longest * 1e-6 + 1e-9, "{wait} is not {share} of {longest}");
        prop_assert!(policy.backoff(n + 1, 1.0) >= policy.backoff(n, 1.0));
    }

    #[test]
    fn no_call_has_more_attempts_than_its_policy_or_five(
        policy in policies(), answers in prop::collection::vec(verdicts(), 0..20), share in 0.0_f64..1.0,
    ) {
        let mut attempts = Attempts::first();
        let mut made = 1;
        for answer in answers {
            let again = attempts.next(&policy, answer, share);
            let retryable = matches!(answer, Verdict::Retryable { .. });
            prop_assert!(again.is_none() || retryable);
            if again.is_none() {
                break;
            }
            made += 1;
            prop_assert_eq!(attempts.previous() + 1, made);
        }
        prop_assert!(made <= policy.max_attempts.min(MOST_ATTEMPTS));
    }

    /// Against the rules of A6 in whole thousandths, the token count kept by themselves.
    #[test]
    fn the_budget_follows_the_text(
        max in 1_u32..=1_000, ratio in 1_u32..=1_000, answers in prop::collection::vec(verdicts(), 0..300),
    ) {
        let (max, ratio) = (i64::from(max * TOKEN), i64::from(ratio));
        let throttle = Throttle::new(u32::try_from(max).unwrap(), u32::try_from(ratio).unwrap());
        let mut token_count = max;
        for answer in answers {
            token_count += match answer {
                Verdict::Succeeded => ratio,
                Verdict::Retryable { .. } | Verdict::NoMore => -i64::from(TOKEN),
                Verdict::Final => 0,
            };
            token_count = token_count.clamp(0, max);
            // "If token_count is less than or equal to the threshold (maxTokens / 2), RPCs will not be retried."
            prop_assert_eq!(throttle.count(answer), token_count * 2 > max, "at {} of {}", token_count, max);
        }
    }

    #[test]
    fn a_pushback_of_a_whole_number_of_ms_is_taken_and_a_negative_one_forbids(value in any::<i32>()) {
        let read = pushback(&[&value.to_string()]);
        match u64::try_from(value) {
            Ok(value) => prop_assert_eq!(read, Pushback::After(ms(value))),
            Err(_) => prop_assert_eq!(read, Pushback::Never),
        }
    }

    #[test]
    fn a_pushback_that_is_no_such_number_forbids(text in "[ -~]{0,12}") {
        let number = text.parse::<i32>().is_ok_and(|it| it >= 0 && it.to_string() == text);
        prop_assert_eq!(pushback(&[&text]) == Pushback::Never, !number);
    }
}

fn pushback(values: &[&str]) -> Pushback {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append("grpc-retry-pushback-ms", HeaderValue::from_str(value).unwrap());
    }
    Pushback::of(&headers)
}

#[test]
fn an_unclear_pushback_forbids_and_an_absent_one_says_nothing() {
    for unclear in ["", "007", "+7", "-0", "7ms", " 7", "2147483648", "-1"] {
        assert_eq!(pushback(&[unclear]), Pushback::Never, "{unclear:?}");
    }
    assert_eq!(pushback(&["7", "7"]), Pushback::Never);
    assert_eq!(pushback(&[]), Pushback::None);
    assert_eq!(pushback(&["0"]), Pushback::After(Duration::ZERO));
}

/// The throttle of A6's example: ten tokens, a tenth for a success.
#[test]
fn five_failures_stop_the_repeats_and_eleven_successes_after_a_sixth_bring_them_back() {
    let throttle = Throttle::new(10 * TOKEN, TOKEN / 10);
    let failed = Verdict::Retryable { pushback: None };
    let allowed: Vec<_> = (0..6).map(|_| throttle.count(failed)).collect();
    assert_eq!(allowed, [true, true, true, true, false, false]);
    let allowed: Vec<_> = (0..11).map(|_| throttle.count(Verdict::Succeeded)).collect();
    assert_eq!(allowed.iter().position(|allowed| *allowed), Some(10));
}
