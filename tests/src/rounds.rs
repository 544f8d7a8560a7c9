//! Rounds under fire: a service is killed at random instants while clients work with it, started again, and then the
//! record is compared with what the clients saw. Each round says what it found; none of it is expected.

mod ingestion;
mod normalization;
mod scoring;

use std::pin::pin;
use std::time::Duration;

use anyhow::Result;

use crate::chance::Chance;
use crate::district::{self, Drawn};
use crate::findings::Findings;
use crate::processes::{Line, Process};

pub use self::ingestion::Storm;

/// A line with a district on record, for any number of rounds.
pub struct Rounds {
    line: Line,
    drawn: Drawn,
    clean: scoring::Clean,
    clean_set: normalization::Clean,
    chance: Chance,
    done: u64,
}

impl Rounds {
    /// Starts a line on four empty databases, sets the district up and computes what undisturbed runs give.
    ///
    /// # Errors
    /// The line does not start or a service refuses.
    pub async fn begin(databases: &[String; 4], seed: u64) -> Result<Self> {
        let line = Line::start(databases).await?;
        let drawn = district::set_up(&line).await?;
        let clean = scoring::Clean::computed(&line.scoring, &drawn).await?;
        let clean_set = normalization::Clean::read(&line.normalization, &drawn).await?;
        Ok(Self { line, drawn, clean, clean_set, chance: Chance::seeded(seed), done: 0 })
    }

    /// One round of each service. What the three of them find is kept apart.
    ///
    /// # Errors
    /// A service refuses what it must take, or does not come back.
    pub async fn round(&mut self) -> Result<[(&'static str, Findings); 3]> {
        self.done += 1;
        let (line, round) = (&self.line, self.done);
        let delivered = ingestion::round(&line.ingestion, round, &mut self.chance).await?;
        let (normalization, chance) = (&line.normalization, &mut self.chance);
        let drawn = normalization::round(normalization, &self.drawn, &self.clean_set, round, chance).await?;
        let assessed = scoring::round(&line.scoring, &self.drawn, &self.clean, round, chance).await?;
        Ok([("ingestion", delivered), ("normalization", drawn), ("scoring", assessed)])
    }
}

/// Kills `process` at random instants, at most `most` times, until `work` is done: each up to `longest` after it has come
/// back, which is told how often it was killed already. Gives what the work gave and how often was killed.
async fn under_fire<T>(
    process: &Process,
    chance: &mut Chance,
    most: u64,
    longest: impl Fn(u64) -> Duration,
    work: impl Future<Output = Result<T>>,
) -> Result<(T, u64)> {
    let mut work = pin!(work);
    let mut kills = 0;
    while kills < most {
        tokio::select! {
            done = &mut work => return Ok((done?, kills)),
            () = tokio::time::sleep(chance.within(longest(kills))) => {}
        }
        process.kill()?;
        kills += 1;
        process.start_again()?;
        tokio::select! {
            // Its last answer was on the way.
            done = &mut work => {
                process.ready().await?;
                return Ok((done?, kills));
            }
            ready = process.ready() => ready?,
        }
    }
    Ok((work.await?, kills))
}
