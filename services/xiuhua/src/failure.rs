//! Errors as the user reads them, and the exit code they end with.

use std::io::Write;
use std::process::ExitCode;

use tonic::{Code, Status};
use xiuhua_service_kit::status::explain;

use crate::cli::{Globals, Tongue};
use crate::intake::UnusableFile;
use crate::method::UnusableInput;
use crate::screen::{harmless, told, tongue};

/// A delivery that ended unfinished and may go on under its name.
#[derive(Debug, thiserror::Error)]
#[error("unfinished; --request-id {0}")]
pub(crate) struct Unfinished(pub(crate) String);

impl Unfinished {
    /// How to go on.
    fn in_words(&self) -> String {
        told(
            format!("加上 --request-id {} 再次运行，即可从已保存处继续", self.0),
            format!("repeat the command with --request-id {} to go on from what is on record", self.0),
        )
    }
}

/// Prints an error to standard error, every fault on a line of its own, and gives its exit code: 2 for input that
/// cannot be used, 1 for anything else.
pub(crate) fn report(error: &anyhow::Error, globals: &Globals) -> ExitCode {
    let mut lines = Vec::new();
    let mut unusable = false;
    if let Some(input) = error.downcast_ref::<UnusableInput>() {
        unusable = true;
        lines.extend(input.0.iter().cloned());
    } else if let Some(file) = error.downcast_ref::<UnusableFile>() {
        unusable = true;
        lines.extend(
            file.faults
                .iter()
                .map(|fault| format!("{}: {}", file.path.display(), told(&*fault.zh, &*fault.en))),
        );
    } else if let Some(status) = error.chain().find_map(|cause| cause.downcast_ref::<Status>()) {
        unusable = matches!(status.code(), Code::InvalidArgument | Code::NotFound);
        lines = status_lines(status);
        lines.extend(error.downcast_ref::<Unfinished>().map(Unfinished::in_words));
    } else {
        lines.push(format!("{error:#}"));
    }
    let heading = if tongue(globals) == Tongue::Zh { "错误" } else { "error" };
    let mut stderr = std::io::stderr().lock();
    for line in lines {
        // Nobody is left to tell when standard error itself is gone.
        let _ = writeln!(stderr, "{heading}: {}", harmless(&line));
    }
    if unusable { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// A refusal in words: its message, then each field at fault.
fn status_lines(status: &Status) -> Vec<String> {
    let explained = explain(status);
    if explained.reason.is_empty() {
        // No service of ours answered: the connection failed, or something in between did.
        let cannot = told("无法访问平台", "the platform cannot be reached");
        return vec![format!("{cannot}: {:?} {}", status.code(), status.message())];
    }
    let mut lines = vec![format!("{} [{}]", explained.message, explained.reason)];
    lines.extend(explained.violations.iter().map(|v| format!("{}: {}", v.field, v.text)));
    if explained.violations_left_out > 0 {
        lines.push(format!("… +{}", explained.violations_left_out));
    }
    lines
}
