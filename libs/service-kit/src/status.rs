//! Errors to google.rpc details, in one place.
//!
//! A service has one error enum and implements [`Failure`] for it: the code is chosen by the error
//! and never where it happens. [`refuse`] (in a handler) and [`to_status`] turn it into a status
//! with `ErrorInfo` (domain `xiuhua`), `BadRequest`, `RetryInfo`, `RequestInfo` and
//! `LocalizedMessage`; [`explain()`] reads them back on the client's side. What a service upstream
//! failed with becomes an [`UpstreamError`], which says what that means for the caller further down.
//!
//! The status message is English; `LocalizedMessage` is in the caller's language. `INTERNAL` says
//! nothing of its cause: the chain is logged once here, under the id that the caller gets.

mod explain;
mod language;
mod upstream;
mod violations;

use std::error::Error;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, LocalizedMessage, StatusExt};

pub use self::explain::{Explained, ExplainedViolation, explain};
pub use self::language::{Bilingual, Language};
pub use self::upstream::UpstreamError;
pub use self::violations::{InvalidRequest, Violation, Violations};
use crate::call::CallContext;

/// The domain of every `ErrorInfo`.
pub const DOMAIN: &str = "xiuhua";

/// The metadata key under which gRPC's own clients look for the wait before a repeat, in ms (gRFC A6).
pub(crate) const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// Most violations that one status carries; the rest are counted.
pub const MAX_VIOLATIONS: usize = 50;

/// Key in the metadata of `ErrorInfo`: how many violations were left out.
pub const VIOLATIONS_LEFT_OUT: &str = "violations_left_out";

/// Bytes that violations may take in one status. Some gRPC clients drop headers beyond 8 KiB and
/// the details travel there in base64, so this leaves room for the other details.
const VIOLATION_BYTES: usize = 4 * 1024;

/// Longest text of one message or violation, in characters.
const TEXT_CHARS: usize = 240;

/// What kind of failure: decides the gRPC code, and so what a caller may do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request is wrong whatever the state of the system.
    InvalidArgument,
    /// The named resource does not exist.
    NotFound,
    /// The resource, or the request id, is already taken by something else.
    AlreadyExists,
    /// The request is right and the state is not: wait for another state, do not just repeat.
    FailedPrecondition,
    /// Another change came between; read again, then repeat.
    Aborted,
    /// Beyond the last row, page or period.
    OutOfRange,
    /// A limit is reached; repeat later.
    ResourceExhausted,
    /// Something needed is away for now; repeat later.
    Unavailable,
    /// Time ran out.
    DeadlineExceeded,
    /// The caller gave up, or someone cancelled the work.
    Cancelled,
    /// Not known who calls.
    Unauthenticated,
    /// Known, and not allowed.
    PermissionDenied,
    /// Not offered here.
    Unimplemented,
    /// What was kept can no longer be read.
    DataLoss,
    /// A mistake of ours.
    Internal,
}

impl Kind {
    /// The gRPC code of this kind.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            Self::InvalidArgument => Code::InvalidArgument,
            Self::NotFound => Code::NotFound,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::FailedPrecondition => Code::FailedPrecondition,
            Self::Aborted => Code::Aborted,
            Self::OutOfRange => Code::OutOfRange,
            Self::ResourceExhausted => Code::ResourceExhausted,
            Self::Unavailable => Code::Unavailable,
            Self::DeadlineExceeded => Code::DeadlineExceeded,
            Self::Cancelled => Code::Cancelled,
            Self::Unauthenticated => Code::Unauthenticated,
            Self::PermissionDenied => Code::PermissionDenied,
            Self::Unimplemented => Code::Unimplemented,
            Self::DataLoss => Code::DataLoss,
            Self::Internal => Code::Internal,
        }
    }
}

/// What a service's error says to a caller.
pub trait Failure: Error {
    /// The kind, and with it the gRPC code.
    fn kind(&self) -> Kind;
    /// `ErrorInfo.reason`: stable, `UPPER_SNAKE_CASE`, one for each thing a program may handle.
    fn reason(&self) -> &'static str;
    /// One sentence for a person. Not shown for [`Kind::Internal`].
    fn message(&self) -> Bilingual;
    /// The faults of single fields, for [`Kind::InvalidArgument`].
    fn violations(&self) -> Vec<Violation> {
        Vec::new()
    }
    /// When it makes sense to try again.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
    /// Values that a program needs beside the reason (the name that was not found, the limit).
    fn metadata(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// The status of a failure in the language and under the id of the current call: the one line at
/// the end of a handler, `.map_err(status::refuse)`.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub fn refuse<F: Failure>(failure: F) -> Status {
    to_status(&failure, Language::current())
}

/// The status of a failure, with its google.rpc details, in `language`.
///
/// Logs [`Kind::Internal`] and [`Kind::DataLoss`] with their causes; every other failure is the
/// caller's to know and is not logged.
#[must_use]
pub fn to_status(failure: &dyn Failure, language: Language) -> Status {
    let kind = failure.kind();
    if kind == Kind::Internal {
        let call_id = CallContext::current_or_new().id;
        tracing::error!(%call_id, error = %chain_of(failure), "internal error");
        return opaque(&call_id, language);
    }
    if kind == Kind::DataLoss {
        tracing::error!(error = %chain_of(failure), "data loss");
    }
    detailed(failure, language)
}

/// `INTERNAL` for a caller: where to find the cause, and nothing of the cause itself.
pub(crate) fn opaque(call_id: &str, language: Language) -> Status {
    let message = Bilingual::new(
        format!("内部错误，请向运维人员提供编号 {call_id}"),
        format!("internal error; quote the id {call_id} to the operators"),
    );
    let mut details = ErrorDetails::with_error_info("INTERNAL", DOMAIN, []);
    details.set_request_info(call_id, "");
    details.set_localized_message(language.tag(), message.text(language));
    Status::with_error_details(Code::Internal, message.en, details)
}

/// The text of an error and of all its sources, on one line.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    join_sources(error.to_string(), error.source())
}

fn chain_of(failure: &dyn Failure) -> String {
    join_sources(failure.to_string(), failure.source())
}

fn join_sources(mut text: String, mut source: Option<&(dyn Error + 'static)>) -> String {
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

fn detailed(failure: &dyn Failure, language: Language) -> Status {
    let message = failure.message();
    let violations = failure.violations();
    let fitting = count_fitting(&violations, language);

    let mut details = ErrorDetails::new();
    let mut metadata: Vec<(String, String)> =
        failure.metadata().into_iter().map(|(key, value)| (key.to_owned(), shorten(&value))).collect();
    if fitting < violations.len() {
        metadata.push((VIOLATIONS_LEFT_OUT.to_owned(), (violations.len() - fitting).to_string()));
    }
    details.set_error_info(
        failure.reason(),
        DOMAIN,
        metadata.into_iter().collect::<std::collections::HashMap<_, _>>(),
    );
    if !violations.is_empty() {
        let fields: Vec<FieldViolation> =
            violations[..fitting].iter().map(|violation| field_violation(violation, language)).collect();
        details.set_bad_request(fields);
    }
    let retry_after = failure.retry_after();
    if let Some(delay) = retry_after {
        details.set_retry_info(Some(delay));
    }
    if let Some(call) = CallContext::current() {
        details.set_request_info(call.id.as_ref(), "");
    }
    details.set_localized_message(language.tag(), shorten(message.text(language)));
    let mut status = Status::with_error_details(failure.kind().code(), shorten(&message.en), details);
    if let Some(delay) = retry_after {
        // A6 reads a signed 32-bit number.
        let ms = i32::try_from(delay.as_millis()).unwrap_or(i32::MAX);
        status.metadata_mut().insert(PUSHBACK, ms.into());
    }
    status
}

/// How many violations, from the first, stay within the number and the bytes of one status.
fn count_fitting(violations: &[Violation], language: Language) -> usize {
    let mut bytes = 0;
    violations
        .iter()
        .take(MAX_VIOLATIONS)
        .take_while(|violation| {
            let field = field_violation(violation, language);
            let localized =
                field.localized_message.map_or(0, |text| text.message.len() + text.locale.len() + 8);
            bytes += field.field.len() + field.description.len() + localized + 8;
            bytes <= VIOLATION_BYTES
        })
        .count()
}

fn field_violation(violation: &Violation, language: Language) -> FieldViolation {
    let mut field = FieldViolation::new(shorten(&violation.field), shorten(&violation.text.en));
    // English is already the description; a second copy would only cost header bytes.
    if language != Language::En {
        field.localized_message =
            Some(LocalizedMessage::new(language.tag(), shorten(violation.text.text(language))));
    }
    field
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
