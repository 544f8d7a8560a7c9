//! Progress of long work on standard error; silent where nobody looks.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// One line of progress, gone when dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A counter of chunks or steps under a heading. Nothing is drawn when `quiet`, or when standard error is no
    /// terminal.
    pub(crate) fn new(heading: &str, quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        let style = ProgressStyle::with_template("{spinner} {msg} {prefix}{pos} {elapsed}");
        bar.set_style(style.expect("the template is valid"));
        bar.set_message(heading.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Says beside the heading that the work was interrupted and goes on; `times` without getting any further.
    pub(crate) fn interrupted(&self, times: u32) {
        self.0.set_prefix(format!("(↻ {times}) "));
    }

    /// How far the work is.
    pub(crate) fn set(&self, position: u64) {
        self.0.set_position(position);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
