//! The engine's half of `cargo xtask bench index`, on one thread; the other half is `tests/python/index_bench.py`.
//!
//! It answers a line on standard input with a line on standard output. `write TASK PLACES FOLDER` writes made-up data
//! and what the engine makes of it, for the other half to read and compare; `time TASK PLACES SECONDS` repeats the task
//! for about that much of the processor's time and tells the seconds that one takes.

mod data;
mod tasks;

use std::fs;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::time::Instant;

use data::Made;
use tasks::{Draws, Kept, Pass, Runs, Task};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut answers = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match words[..] {
            ["write", task, places, folder] => {
                let made = Made::new(places.parse()?);
                prepare(task, &made)?.write(&made, Path::new(folder))?;
                "written".to_owned()
            }
            ["time", task, places, seconds] => {
                let made = Made::new(places.parse()?);
                let mut task = prepare(task, &made)?;
                format!("{:e}", seconds_of(task.as_mut(), seconds.parse()?)?)
            }
            _ => return Err(format!("not understood: {line}").into()),
        };
        writeln!(answers, "{answer}")?;
        answers.flush()?;
    }
    Ok(())
}

fn prepare<'a>(task: &str, made: &'a Made) -> Result<Box<dyn Task + 'a>, Failure> {
    match task {
        "pass" => Ok(Box::new(Pass::new(made)?)),
        "kept" => Ok(Box::new(Kept::new(made))),
        "draws" => Ok(Box::new(Draws::new(made)?)),
        "runs" => Ok(Box::new(Runs::new(made)?)),
        _ => Err(format!("no task {task}").into()),
    }
}

/// Seconds of the processor that one repetition takes.
fn seconds_of(task: &mut dyn Task, least: f64) -> Result<f64, Failure> {
    // Once beforehand, as memory and caches are cold.
    task.run()?;
    let (start, mut repeats) = (processor_seconds()?, 0_u32);
    loop {
        task.run()?;
        repeats += 1;
        let spent = processor_seconds()? - start;
        if spent >= least {
            return Ok(spent / f64::from(repeats));
        }
    }
}

/// Seconds of the processor that this process has had; real time where the kernel does not tell. The kernel brings the
/// figure up to date every few milliseconds, so only tenths of a second are worth measuring.
fn processor_seconds() -> Result<f64, Failure> {
    thread_local! {
        static BEGIN: Instant = Instant::now();
    }
    let Ok(told) = fs::read_to_string("/proc/self/schedstat") else {
        return Ok(BEGIN.with(|begin| begin.elapsed().as_secs_f64()));
    };
    let nanoseconds: f64 = told.split_whitespace().next().unwrap_or_default().parse()?;
    Ok(nanoseconds / 1e9)
}
