//! Ingestion under fire: clients deliver observations side by side and correct them; every delivery must end sealed,
//! once, with counts that add up, and every row on record once.

mod oracle;
mod plan;

use std::time::Duration;

use anyhow::{Result, ensure};

use self::plan::Plan;
use crate::chance::Chance;
use crate::deliveries::deliver;
use crate::findings::Findings;
use crate::journal::Journal;
use crate::processes::Process;

/// Clients that deliver at once.
const CLIENTS: u64 = 4;
/// Kills a round at most.
const KILLS: u64 = 3;
/// Longest life of a process that is to be killed, from its readiness.
const LONGEST: Duration = Duration::from_millis(250);

/// Clients that deliver side by side, what they were promised, and what must be on record when they are done.
#[derive(Debug)]
pub struct Storm {
    plans: Vec<Plan>,
    journal: Journal,
}

impl Storm {
    /// A storm that has not begun. Rounds of one record need numbers of their own.
    #[must_use]
    pub fn gathering(round: u64, chance: &mut Chance) -> Self {
        let plans = (0..CLIENTS).map(|client| Plan::of(round, client, &mut chance.fork()));
        Self { plans: plans.collect(), journal: Journal::default() }
    }

    /// Delivers everything, however often a stream breaks.
    ///
    /// # Errors
    /// A delivery is refused, or not taken however often it is repeated.
    pub async fn rage(&self, ingestion: &Process) -> Result<()> {
        let [one, two, three, four] = self.plans.as_slice() else { unreachable!("a plan a client") };
        let work = |plan| carry_out(plan, ingestion, &self.journal);
        tokio::try_join!(work(one), work(two), work(three), work(four))?;
        Ok(())
    }

    /// Compares the record with the plans and the promises.
    ///
    /// # Errors
    /// A delivery was never answered, or the record cannot be read.
    pub async fn aftermath(&self, ingestion: &Process, chance: &mut Chance) -> Result<Findings> {
        ensure!(
            self.journal.batches().len() == self.plans.len() * plan::DELIVERIES,
            "a delivery was never answered"
        );
        let mut findings = self.journal.findings();
        findings.add(oracle::compare(ingestion, &self.plans, &self.journal, chance).await?);
        Ok(findings)
    }
}

/// One round.
pub(super) async fn round(ingestion: &Process, round: u64, chance: &mut Chance) -> Result<Findings> {
    let storm = Storm::gathering(round, chance);
    let ((), kills) = super::under_fire(ingestion, chance, KILLS, |_| LONGEST, storm.rage(ingestion)).await?;
    let mut findings = storm.aftermath(ingestion, chance).await?;
    findings.kills += kills;
    Ok(findings)
}

/// One after the other, for the second corrects the first. The last one is delivered again once it is sealed.
async fn carry_out(plan: &Plan, ingestion: &Process, journal: &Journal) -> Result<()> {
    let channel = ingestion.channel();
    for planned in plan.deliveries.iter().chain(plan.deliveries.last()) {
        // On the heap: four of these run in one future.
        Box::pin(deliver(&channel, &planned.delivery, journal)).await?;
    }
    Ok(())
}
