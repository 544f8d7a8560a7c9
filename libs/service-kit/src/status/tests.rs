//! Details there and back.

use super::*;

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("the disk said no")]
    Disk(#[source] std::io::Error),
    #[error("no such estate")]
    NoEstate,
    #[error("too much")]
    TooMuch,
}

impl Failure for Fault {
    fn kind(&self) -> Kind {
        match self {
            Self::Disk(_) => Kind::Internal,
            Self::NoEstate => Kind::NotFound,
            Self::TooMuch => Kind::ResourceExhausted,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Disk(_) => "DISK",
            Self::NoEstate => "ESTATE_NOT_FOUND",
            Self::TooMuch => "TOO_MUCH",
        }
    }

    fn message(&self) -> Bilingual {
        Bilingual::new("没有这个小区", "there is no such estate")
    }

    fn retry_after(&self) -> Option<Duration> {
        matches!(self, Self::TooMuch).then_some(Duration::from_millis(1_500))
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![("estate", "E-17".to_owned())]
    }
}

#[test]
fn a_failure_travels_with_its_reason_and_the_sentence_in_the_callers_language() {
    let chinese = explain(&to_status(&Fault::NoEstate, Language::Zh));
    assert_eq!((chinese.code, chinese.reason.as_str()), (Code::NotFound, "ESTATE_NOT_FOUND"));
    assert_eq!(chinese.message, "没有这个小区");
    assert_eq!(chinese.metadata.get("estate").map(String::as_str), Some("E-17"));

    let status = to_status(&Fault::NoEstate, Language::En);
    assert_eq!(status.message(), "there is no such estate");
    assert_eq!(status.get_error_details().error_info().unwrap().domain, DOMAIN);
    assert_eq!(explain(&status).message, "there is no such estate");
    assert_eq!(to_status(&Fault::NoEstate, Language::Zh).message(), "there is no such estate");
}

#[test]
fn a_wait_is_told_in_retry_info() {
    let explained = explain(&to_status(&Fault::TooMuch, Language::Zh));
    assert_eq!(explained.retry_after, Some(Duration::from_millis(1_500)));
}

#[test]
fn an_internal_failure_says_nothing_of_its_cause() {
    let fault = Fault::Disk(std::io::Error::other("/secret/path"));
    assert_eq!(chain(&fault), "the disk said no: /secret/path");
    let status = to_status(&fault, Language::Zh);
    let explained = explain(&status);
    assert_eq!((explained.code, explained.reason.as_str()), (Code::Internal, "INTERNAL"));
    let everything =
        format!("{} {} {explained:?}", status.message(), String::from_utf8_lossy(status.details()));
    for secret in ["disk", "secret", "DISK", "E-17"] {
        assert!(!everything.contains(secret), "{everything}");
    }
    let call_id = explained.call_id.unwrap();
    assert!(status.message().contains(&call_id) && explained.message.contains(&call_id));
}

#[test]
fn the_violations_of_all_fields_travel_in_both_languages() {
    let mut faults = Violations::new();
    let mut nested = Violations::new();
    assert_eq!(nested.required_text("code", "  "), None);
    faults.nest("places[3]", nested);
    faults.check(false, "year", "年份超出范围", "the year is out of range");
    assert_eq!(faults.keep::<()>(Err(Violation::new("unit", "未知单位", "unknown unit"))), None);
    let invalid = faults.into_result().unwrap_err();

    let explained = explain(&to_status(&invalid, Language::Zh));
    assert_eq!((explained.code, explained.reason.as_str()), (Code::InvalidArgument, "INVALID_REQUEST"));
    let seen: Vec<(&str, &str)> =
        explained.violations.iter().map(|fault| (fault.field.as_str(), fault.text.as_str())).collect();
    assert_eq!(seen, [("places[3].code", "必须填写"), ("year", "年份超出范围"), ("unit", "未知单位")]);
    assert_eq!(explained.violations_left_out, 0);

    let english = explain(&to_status(&invalid, Language::En));
    assert_eq!(english.violations[1].text, "the year is out of range");
}

#[test]
fn violations_are_bounded_in_number_and_bytes_and_the_rest_is_counted() {
    for text in ["短", &"这一行的数值不在允许的范围之内。".repeat(40)] {
        let mut faults = Violations::new();
        for row in 0..1_000 {
            faults.check(false, format!("rows[{row}].value"), text, "the value is out of range");
        }
        let status = to_status(&faults.into_result().unwrap_err(), Language::Zh);
        let explained = explain(&status);
        assert!(!explained.violations.is_empty() && explained.violations.len() <= MAX_VIOLATIONS);
        assert_eq!(explained.violations.len() + explained.violations_left_out, 1_000);
        // 8 KiB of headers in base64.
        assert!(status.details().len() < 6 * 1024, "{}", status.details().len());
    }
}

#[test]
fn a_status_without_details_is_explained_by_its_message() {
    let explained = explain(&Status::unavailable("no route"));
    assert_eq!((explained.code, explained.message.as_str()), (Code::Unavailable, "no route"));
    assert_eq!((explained.reason.as_str(), explained.call_id), ("", None));
}
