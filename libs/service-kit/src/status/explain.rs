//! The client's side: a status with details, read back for a person or a program.

use std::collections::BTreeMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::VIOLATIONS_LEFT_OUT;

/// What a status says, taken out of its details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The gRPC code.
    pub code: Code,
    /// `ErrorInfo.reason`; empty if the status came without (a proxy, another server).
    pub reason: String,
    /// One sentence in the caller's language; the plain status message if it came without.
    pub message: String,
    /// The faults of single fields.
    pub violations: Vec<ExplainedViolation>,
    /// How many violations did not fit into the status.
    pub violations_left_out: usize,
    /// When it makes sense to try again.
    pub retry_after: Option<Duration>,
    /// The id of the call, to be quoted to the operators.
    pub call_id: Option<String>,
    /// Further values of `ErrorInfo`.
    pub metadata: BTreeMap<String, String>,
}

/// One fault of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedViolation {
    /// Path of the field in the request.
    pub field: String,
    /// What is wrong with it, in the caller's language.
    pub text: String,
}

/// Reads the details of a status. What is not there stays empty: this never fails.
#[must_use]
pub fn explain(status: &Status) -> Explained {
    let details = status.get_error_details();
    let info = details.error_info();
    let mut metadata: BTreeMap<String, String> =
        info.map(|info| info.metadata.clone().into_iter().collect()).unwrap_or_default();
    let violations_left_out =
        metadata.remove(VIOLATIONS_LEFT_OUT).and_then(|count| count.parse().ok()).unwrap_or(0);
    let violations =
        details.bad_request().map(|request| request.field_violations.as_slice()).unwrap_or_default();
    Explained {
        code: status.code(),
        reason: info.map(|info| info.reason.clone()).unwrap_or_default(),
        message: details
            .localized_message()
            .map_or_else(|| status.message().to_owned(), |localized| localized.message.clone()),
        violations: violations
            .iter()
            .map(|violation| ExplainedViolation {
                field: violation.field.clone(),
                text: violation
                    .localized_message
                    .as_ref()
                    .map_or_else(|| violation.description.clone(), |localized| localized.message.clone()),
            })
            .collect(),
        violations_left_out,
        retry_after: details.retry_info().and_then(|info| info.retry_delay),
        call_id: details.request_info().map(|info| info.request_id.clone()).filter(|id| !id.is_empty()),
        metadata,
    }
}
