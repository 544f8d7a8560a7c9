//! The engine beside numpy: one pass, draws of weights, runs of a sensitivity analysis; then how cost grows with places.
//!
//! Both halves work on the same made-up data, on one thread each, and must come to the same results before anything is
//! measured. Each takes its turn, so that what slows the machine slows both; what counts is the processor's time.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::tool;

/// Places of Pudong.
const PUDONG: usize = 2_790;
/// What is compared: the task, places, and the share of numpy's time that it is held against, if there is one. Printed and
/// not enforced: timing decides no run.
const COMPARED: [(&str, &str, usize, Option<f64>); 6] = [
    ("one pass", "pass", PUDONG, Some(0.3)),
    ("one pass", "pass", 100_000, Some(0.3)),
    ("1,000 draws of weights, ranks and their quantiles at all nodes", "draws", PUDONG, Some(0.8)),
    ("250 runs under other choices", "runs", PUDONG, Some(0.5)),
    ("an assessment and all that it keeps, in fresh memory", "kept", PUDONG, None),
    ("an assessment and all that it keeps, in fresh memory", "kept", 100_000, None),
];
/// Places for which one pass is measured alone.
const GROWING: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Leaves of the tree.
const LEAVES: f64 = 35.0;

/// What the bench of the engine takes.
#[derive(clap::Args)]
pub(crate) struct Index {
    /// Turns of each half; the median counts.
    #[arg(long, default_value_t = 7)]
    turns: usize,
    /// Seconds of the processor that a turn repeats its task for, at least.
    #[arg(long, default_value_t = 0.4)]
    seconds: f64,
}

impl Default for Index {
    fn default() -> Self {
        Self { turns: 7, seconds: 0.4 }
    }
}

impl Index {
    /// Builds and runs.
    ///
    /// # Errors
    /// The build fails, numpy cannot be had, or the two halves do not come to the same results.
    pub(crate) fn run(&self) -> Result<()> {
        ensure!(self.turns > 0, "at least one turn");
        let example = ["-p", "xiuhua-indicators", "--release", "--example", "index_bench"];
        tool::run(tool::cargo().arg("build").args(example))?;
        let mut engine =
            Half::start(&mut tool::command(tool::target_folder()?.join("release/examples/index_bench")))?;
        let mut numpy = tool::command(tool::numpy()?);
        let single = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"];
        numpy.arg("tests/python/index_bench.py").envs(single.map(|setting| (setting, "1")));
        let mut numpy = Half::start(&mut numpy)?;

        let mut out = std::io::stdout();
        writeln!(
            out,
            "Processor time of one thread each; both halves work in arrays that they keep, but for the last two."
        )?;
        writeln!(out)?;
        let data = tempfile::tempdir()?;
        writeln!(out, "| what | places | numpy | engine | ratio | at most |")?;
        writeln!(out, "|---|---:|---:|---:|---:|---:|")?;
        for (what, task, places, most) in COMPARED {
            let (own, other) = self.compare(task, places, data.path(), &mut engine, &mut numpy)?;
            let ratio = own / other;
            let most = most.map_or("-".to_owned(), |most| most.to_string());
            writeln!(
                out,
                "| {what} | {places} | {:.2} ms | {:.2} ms | {ratio:.2} | {most} |",
                other * 1e3,
                own * 1e3
            )?;
        }
        writeln!(out)?;
        writeln!(out, "| one pass, places | ms | ns a cell |")?;
        writeln!(out, "|---:|---:|---:|")?;
        for places in GROWING {
            let question = format!("time pass {places} {}", self.seconds);
            let turns = (0..self.turns.div_ceil(2)).map(|_| engine.seconds(&question));
            let seconds = median(turns.collect::<Result<_>>()?);
            writeln!(
                out,
                "| {places} | {:.2} | {:.1} |",
                seconds * 1e3,
                seconds * 1e9 / (LEAVES * places as f64)
            )?;
        }
        Ok(())
    }

    /// Seconds of the engine and of numpy.
    fn compare(
        &self,
        task: &str,
        places: usize,
        data: &Path,
        engine: &mut Half,
        numpy: &mut Half,
    ) -> Result<(f64, f64)> {
        let folder = data.join(format!("{task}-{places}"));
        fs::create_dir_all(&folder)?;
        let folder = folder.to_str().context("the temporary folder has a name in UTF-8")?;
        engine.ask(&format!("write {task} {places} {folder}"))?;
        numpy.ask(&format!("check {task} {folder}"))?;
        let (mut own, mut other) = (Vec::new(), Vec::new());
        for _ in 0..self.turns {
            own.push(engine.seconds(&format!("time {task} {places} {}", self.seconds))?);
            other.push(numpy.seconds(&format!("time {task} {folder} {}", self.seconds))?);
        }
        Ok((median(own), median(other)))
    }
}

/// A program that answers a line with a line.
struct Half {
    program: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Half {
    fn start(command: &mut Command) -> Result<Self> {
        let shown = tool::shown(command);
        let mut program = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{shown}`"))?;
        let questions = program.stdin.take().context("its input is a pipe")?;
        let answers = BufReader::new(program.stdout.take().context("its output is a pipe")?);
        Ok(Self { program, questions, answers })
    }

    fn ask(&mut self, question: &str) -> Result<String> {
        writeln!(self.questions, "{question}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        ensure!(!answer.is_empty(), "`{question}` was not answered: what is wrong stands above");
        Ok(answer.trim().to_owned())
    }

    fn seconds(&mut self, question: &str) -> Result<f64> {
        let answer = self.ask(question)?;
        answer.parse().with_context(|| format!("`{question}` was answered with {answer}"))
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
