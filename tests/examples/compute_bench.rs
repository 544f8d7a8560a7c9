//! `xiuhua index compute` on the sample district as a user runs it, again and again: `cargo xtask bench compute`. It says
//! how long every stage took, how much processor time all of them, and how much memory.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use xiuhua_tests::memory::watch;

/// Where a run says how long its stages took.
const SUMMARY: &str = "summary.json";
/// The system counts processor time in hundredths of a second.
const TICKS_A_SECOND: f64 = 100.0;
/// The stages of a run, in their order.
const STAGES: [&str; 6] = ["open", "import", "classify", "thresholds", "assess", "write"];

#[derive(Parser)]
#[command(about = "Computes the index of the sample district from its files")]
struct Arguments {
    /// How often.
    #[arg(long, default_value_t = 5)]
    runs: usize,
}

/// One run.
struct Run {
    seconds: BTreeMap<String, f64>,
    wall: f64,
    processor: f64,
    peak_kib: u64,
    digest: String,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // Built together with this program, and so with the same optimisation.
    let bench = std::env::current_exe()?;
    let xiuhua = bench.ancestors().nth(2).context("examples lie in a folder beside programs")?.join("xiuhua");
    let folder = tempfile::tempdir()?;
    let district = folder.path().join("district");
    let made = Command::new(&xiuhua).args(["sample", "--quiet", "--out"]).arg(&district).output()?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut runs = Vec::new();
    for _ in 0..arguments.runs.max(1) {
        let run = compute(&xiuhua, &district, &folder.path().join("out"))?;
        say(&format!(
            "{:.2} s wall, {:.2} s of processor time, {} MiB",
            run.wall,
            run.processor,
            run.peak_kib / 1024
        ))?;
        runs.push(run);
    }
    ensure!(runs.iter().all(|run| run.digest == runs[0].digest), "the digests differ");
    say(&format!("digest {}; medians of {} runs:", runs[0].digest, runs.len()))?;
    for stage in STAGES {
        say(&format!("  {stage:<12}{:>8.3} s", median(&runs, |run| run.seconds[stage])))?;
    }
    say(&format!("  {:<12}{:>8.3} s (at most 2 s)", "wall", median(&runs, |run| run.wall)))?;
    say(&format!("  {:<12}{:>8.3} s over all threads", "processor", median(&runs, |run| run.processor)))?;
    let most = runs.iter().map(|run| run.peak_kib).max().unwrap_or_default();
    say(&format!("  {:<12}{:>8} MiB in a run at most (at most 250 MiB)", "memory", most / 1024))
}

fn compute(xiuhua: &Path, district: &Path, out: &Path) -> Result<Run> {
    let mut command = Command::new(xiuhua);
    command
        .args(["index", "compute", "--quiet", "--catalog", "pudong-2021", "--period", "2021"])
        .arg("--places")
        .arg(district.join("places.csv"))
        .arg("--observations")
        .arg(district.join("observations.csv"))
        .arg("--out")
        .arg(out);
    let (before, begun) = (processor_time_of_children()?, Instant::now());
    let watched = watch(&mut command)?;
    let wall = begun.elapsed().as_secs_f64();
    let processor = processor_time_of_children()? - before;
    ensure!(watched.output.status.success(), "{}", String::from_utf8_lossy(&watched.output.stderr));
    let summary: serde_json::Value = serde_json::from_slice(&std::fs::read(out.join(SUMMARY))?)?;
    let seconds = serde_json::from_value(summary["seconds"].clone())?;
    let digest = summary["digest"].as_str().context("a run has a digest")?.to_owned();
    Ok(Run { seconds, wall, processor, peak_kib: watched.peak_kib, digest })
}

/// Seconds of processor time, user and system, of the children that have ended (proc(5), fields 16 and 17).
fn processor_time_of_children() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The second field is the program's name in brackets, which may hold anything.
    let (_, fields) = stat.rsplit_once(')').context("a name in brackets")?;
    let ticks = fields.split_whitespace().skip(13).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS_A_SECOND)
}

fn median(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    let mut all: Vec<_> = runs.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn say(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
