//! `cargo xtask test`: every check of the repository, each under its heading with its time. All steps run even after
//! one failed, so that one run shows everything there is to mend.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use xtask::{TEST_POSTGRES, real_data};

use crate::tool;

/// Runs every step and sums up: steps and times, tests passed and failed, what was skipped and why.
///
/// # Errors
/// A step failed.
pub(crate) fn run() -> Result<()> {
    let mut tally = Tally::default();
    let steps = [
        step("formatting", formatting),
        step("lints", || {
            tool::run(tool::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
        }),
        // Tests turn further features of dependencies on, and so do lints that look at tests: programs are shipped without.
        step("programs", || tool::run(tool::cargo().args(["check", "--workspace", "--bins"]))),
        step("contracts", || tool::run(buf()?.arg("lint")).and_then(|()| compatibility())),
        step("documentation", || {
            tool::run(
                tool::cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
            )
        }),
        step("tests", || {
            let python = tool::python()?;
            tool::fonts_and_poppler()?;
            // Ended and removed when this step is over.
            let server = tool::postgres()?;
            let mut tests = tool::cargo();
            tests.args(["test", "--workspace", "--no-fail-fast"]).env("XIUHUA_PYTHON", python);
            tests.env(TEST_POSTGRES, tool::postgres_url(&server));
            count(&mut tests, &mut tally)
        }),
    ];

    eprintln!("\n== summary");
    for Step { name, took, outcome } in &steps {
        let verdict = if outcome.is_ok() { "passed" } else { "FAILED" };
        eprintln!("{name:<15}{verdict:>8}{:>8.1} s", took.as_secs_f64());
    }
    for (name, error) in steps.iter().filter_map(|step| Some((step.name, step.outcome.as_ref().err()?))) {
        eprintln!("{name}: {error:#}");
    }
    let absent = real_data::absent();
    if absent.is_empty() {
        eprintln!("Nothing was skipped.");
    } else {
        eprintln!(
            "Skipped: tests on real data, for {} is not on this machine; set {} to its folder.",
            absent.join(", "),
            real_data::SETTING
        );
    }
    baseline()?;
    eprintln!("{} passed, {} failed", tally.passed, tally.failed);
    if steps.iter().any(|step| step.outcome.is_err()) {
        bail!("not everything passed");
    }
    Ok(())
}

struct Step {
    name: &'static str,
    took: Duration,
    outcome: Result<()>,
}

fn step(name: &'static str, work: impl FnOnce() -> Result<()>) -> Step {
    eprintln!("\n== {name}");
    let begun = Instant::now();
    let outcome = work();
    Step { name, took: begun.elapsed(), outcome }
}

fn formatting() -> Result<()> {
    tool::run(tool::cargo().args(["fmt", "--all", "--check"]))?;
    tool::run(buf()?.args(["format", "--diff", "--exit-code"]))
}

/// `buf breaking` against the commit that `proto/BASELINE` names.
fn compatibility() -> Result<()> {
    let Some(baseline) = baseline()? else { return Ok(()) };
    tool::run(buf()?.args(["breaking", "--against", &format!("../.git#ref={baseline},subdir=proto")]))
}

/// The commit that `proto/BASELINE` names; `None`, and aloud, if this clone has no history that far back.
fn baseline() -> Result<Option<String>> {
    let baseline =
        std::fs::read_to_string(xtask::repository_root().join("proto/BASELINE"))?.trim().to_owned();
    let known = tool::command("git").args(["cat-file", "-e", &format!("{baseline}^{{commit}}")]).output();
    if known.is_ok_and(|known| known.status.success()) {
        return Ok(Some(baseline));
    }
    eprintln!(
        "SKIPPED: `buf breaking`, for this clone does not have the commit {baseline} of proto/BASELINE (`git fetch \
         --unshallow`). The list of fields in tests/golden/contract-fields.txt is still held."
    );
    Ok(None)
}

/// `buf` in the folder of the contracts.
fn buf() -> Result<Command> {
    let mut buf = tool::command(tool::buf()?);
    buf.current_dir(xtask::repository_root().join("proto"));
    Ok(buf)
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

/// Runs a test command, shows its output and adds up its `test result:` lines.
fn count(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let shown = tool::shown(command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{shown}`"))?;
    for line in BufReader::new(child.stdout.take().context("standard output is piped")?).lines() {
        let line = line?;
        writeln!(std::io::stdout(), "{line}")?;
        if let Some(result) = line.strip_prefix("test result: ") {
            tally.passed += figure(result, "passed");
            tally.failed += figure(result, "failed");
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// The figure before a word in `ok. 3 passed; 0 failed; …`; 0 if the word is not there.
fn figure(result: &str, word: &str) -> usize {
    let words: Vec<_> = result.split([' ', ';']).collect();
    let found = words.windows(2).find(|pair| pair[1] == word);
    found.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn the_harness_closing_line_is_understood() {
        let line = "FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.33s";
        assert_eq!((figure(line, "passed"), figure(line, "failed")), (12, 3));
    }
}
