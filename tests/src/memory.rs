//! How much memory a program took, asked of the system while it runs.

use std::fs::{self, File};
use std::process::{Child, Command, Output};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::tempdir;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// How a program ended, and the most it held.
pub struct Watched {
    /// Its status and what it said.
    pub output: Output,
    /// Most memory in use at once, in KiB. What it took in its last moments may be missed.
    pub peak_kib: u64,
}

/// Runs a program to its end and watches its memory (`VmHWM`).
///
/// # Errors
/// It does not start, or this system has no `/proc`.
pub fn watch(command: &mut Command) -> Result<Watched> {
    let folder = tempdir()?;
    let (out, err) = (folder.path().join("out"), folder.path().join("err"));
    // Files and not pipes: nobody reads while we watch.
    let mut child = command.stdout(File::create(&out)?).stderr(File::create(&err)?).spawn()?;
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(peak(&child).unwrap_or_default());
        if let Some(status) = child.try_wait()? {
            break status;
        }
        #[expect(clippy::disallowed_methods, reason = "it looks at another process, which tells nobody")]
        std::thread::sleep(PAUSE);
    };
    let output = Output { status, stdout: fs::read(out)?, stderr: fs::read(err)? };
    Ok(Watched { output, peak_kib })
}

/// Most memory that a running program has had in use, in KiB.
fn peak(child: &Child) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let text = line.context("the system does not say")?.trim();
    Ok(text.strip_suffix(" kB").context("another unit")?.parse()?)
}
