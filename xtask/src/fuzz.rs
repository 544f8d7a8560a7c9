//! `cargo xtask fuzz`: the readers of hostile files under libFuzzer, which keeps what reaches new code and goes on from
//! there. It needs a C++ compiler and no other toolchain: the compiler's coverage marks work on stable.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::tool;

/// Coverage marks as libFuzzer reads them; without a sanitizer, for the code is safe Rust.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";
/// An input that takes longer is a find, in seconds.
const SLOWEST_S: u32 = 10;
/// A process that grows larger is a find, in MiB. The engine keeps its corpus in it too.
const LARGEST_MIB: u32 = 1024;
/// Longest input that the engine makes, in bytes.
const LONGEST: u32 = 64 * 1024;
const TARGETS: [&str; 3] = ["csv", "excel", "catalog"];

/// What the task takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// csv, excel or catalog; all of them one after another by default.
    #[arg(long, value_parser = TARGETS)]
    target: Option<String>,
    /// How long each is fuzzed.
    #[arg(long, default_value_t = 600)]
    seconds: u32,
}

/// Builds the fuzzers with optimisation and with every check of arithmetic, and runs them. What they learn stays under
/// `target/fuzz/corpus`, what they find under `target/fuzz/found`.
///
/// # Errors
/// A build fails or a fuzzer found something; its input is named.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = tool::target_folder()?.join("fuzz");
    let corpus = folder.join("corpus");
    let found = folder.join("found");
    fs::create_dir_all(&found)?;
    // Named, so that the marks do not reach build scripts and macros.
    let host = host()?;
    let mut build = tool::cargo();
    build.args([
        "build",
        "--package",
        "xiuhua-fuzz",
        "--features",
        "engine",
        "--bins",
        "--release",
        "--target",
    ]);
    build.args([&host, "--target-dir"]).arg(&folder).env("RUSTFLAGS", COVERAGE);
    build.env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true");
    build.env("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true");
    tool::run(&mut build)?;
    tool::run(
        tool::cargo().args(["run", "--quiet", "--package", "xiuhua-fuzz", "--example", "seeds"]).arg(&corpus),
    )?;

    let mut finds = Vec::new();
    for target in
        TARGETS.into_iter().filter(|target| arguments.target.as_deref().is_none_or(|it| it == *target))
    {
        eprintln!("\n== {target}, {} s", arguments.seconds);
        let program = folder.join(&host).join("release").join(format!("fuzz-{target}"));
        if let Err(error) = tool::run(&mut fuzzer(&program, &corpus, &found, target, arguments.seconds)) {
            finds.push(format!("{error:#}"));
        }
    }
    if !finds.is_empty() {
        bail!("{}\nsee {}", finds.join("\n"), found.display());
    }
    Ok(())
}

fn fuzzer(program: &Path, corpus: &Path, found: &Path, target: &str, seconds: u32) -> Command {
    let mut fuzzer = tool::command(program);
    fuzzer.arg(corpus.join(target));
    fuzzer.arg(format!("-dict={}", corpus.join(format!("{target}.words")).display()));
    fuzzer.arg(format!("-artifact_prefix={}/{target}-", found.display()));
    fuzzer.args([
        format!("-max_total_time={seconds}"),
        format!("-timeout={SLOWEST_S}"),
        format!("-rss_limit_mb={LARGEST_MIB}"),
        format!("-max_len={LONGEST}"),
        "-print_final_stats=1".to_owned(),
        "-verbosity=1".to_owned(),
    ]);
    fuzzer
}

/// The platform that the compiler builds for by itself.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot start rustc")?;
    let told = String::from_utf8(output.stdout)?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what it builds for")
}
