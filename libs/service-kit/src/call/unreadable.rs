//! A request that tonic cannot read is its sender's fault: tonic calls it INTERNAL, as if it were ours.

use http::HeaderMap;
use tonic::{Code, Status};

use super::{CallContext, Refused};
use crate::status::to_status;

/// Puts INVALID_ARGUMENT in the place of an INTERNAL that tonic has made of a message it could not read.
///
/// Ours is told from tonic's by its details: [`crate::status::opaque`] is the only maker of an INTERNAL on this side
/// and always names the call.
pub(super) fn blame_the_sender(call: &CallContext, headers: &mut HeaderMap) {
    let Some(status) = Status::from_header_map(headers) else { return };
    if status.code() != Code::Internal || !status.details().is_empty() {
        return;
    }
    let what = status.message().to_owned();
    let status = call.scope(|| to_status(&Refused::Unreadable(what), call.language));
    // What cannot be written as headers stays as tonic had it.
    let _ = status.add_header(headers);
}
