//! Sensitivity (敏感性): which factor moves the ranks.
//!
//! The result whose variance is shared out is the mean absolute shift of rank at the root against the assessment, over the
//! places that both rank: of each type, and of all types together.
//!
//! Source: specification page 1, section 1.9; the output R_S: Saisana, Saltelli and Tarantola (2005), equation 4.

use std::num::NonZeroUsize;

use super::draws::on_threads;
use super::factors::Factor;
use super::model::{Model, Outcome, Rank, Reach};
use super::proof::{FactorRecord, UncertaintyError, check, count, prove};
use super::settings::Settings;
use super::sobol_indices::{Design, Responses, SobolIndex, indices, mean_and_variance};

/// Bootstraps behind an interval.
const RESAMPLES: u32 = 1_000;

/// What is asked of a sensitivity analysis.
#[derive(Clone, Copy, Debug)]
pub struct SensitivityPlan<'a> {
    /// What is varied: at most [`Design::INPUTS`].
    pub factors: &'a [Factor],
    /// Decides the points, the realisations and the bootstrap.
    pub seed: u64,
    /// Binary logarithm of the rows of the design; with d factors there are 2^log2 · (d + 2) runs.
    pub log2: u32,
    /// Type of each place.
    pub types: &'a [Option<usize>],
    /// How many types there are.
    pub type_count: usize,
    /// Threads to use.
    pub threads: NonZeroUsize,
}

/// What a sensitivity analysis came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    /// By type, and last of all types together.
    pub outputs: Vec<Output>,
    /// Each factor in the runs.
    pub records: Vec<FactorRecord>,
}

/// The mean shift of rank in one type, and what moves it.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Mean over the runs of the mean absolute shift, in ranks.
    pub mean: f64,
    /// Its variance over the runs; where it is 0 nothing moves and the indices are 0.
    pub variance: f64,
    /// By factor, in their order.
    pub indices: Vec<SobolIndex>,
}

/// Runs the design and shares the variance out.
///
/// # Errors
/// [`UncertaintyError`] if a factor cannot be applied or was not.
pub fn analyse(
    model: &dyn Model,
    nominal: &Outcome,
    plan: &SensitivityPlan<'_>,
) -> Result<Sensitivity, UncertaintyError> {
    if plan.factors.is_empty() {
        return Err(UncertaintyError::NoFactor);
    }
    prove(model, nominal, plan.factors)?;
    let inputs = plan.factors.len().min(Design::INPUTS);
    let design = Design::scrambled(inputs, plan.log2, plan.seed);
    let rows = design.a.len();
    let one = |run: usize| -> Result<(Vec<f64>, Vec<FactorRecord>), UncertaintyError> {
        let (block, row) = (run / rows, run % rows);
        let point = match block {
            0 => design.a[row].clone(),
            1 => design.b[row].clone(),
            mixed => design.mixed(row, mixed - 2),
        };
        let settings = Settings::at(plan.factors, &point);
        let outcome = model.run(&settings, Reach::Root)?;
        check(&settings, &outcome.in_force, &nominal.in_force)?;
        let mut records: Vec<FactorRecord> =
            plan.factors.iter().map(|factor| FactorRecord::new(factor.kind())).collect();
        count(&mut records, &settings, &outcome, nominal);
        Ok((shifts(plan, &nominal.ranks[0], &outcome.ranks[0]), records))
    };
    let runs = on_threads(plan.threads, rows * (inputs + 2), one)?;

    let mut records: Vec<FactorRecord> =
        plan.factors.iter().map(|factor| FactorRecord::new(factor.kind())).collect();
    for (_, of_run) in &runs {
        records.iter_mut().zip(of_run).for_each(|(sum, record)| sum.add(record));
    }
    let output = |at: usize| {
        let mut blocks = runs.chunks(rows).map(|block| block.iter().map(|(shifts, _)| shifts[at]).collect());
        let mut next = || blocks.next().unwrap_or_default();
        let (a, b) = (next(), next());
        let responses = Responses { a, b, ab: blocks.collect() };
        let (mean, variance) = mean_and_variance(&responses);
        Output { mean, variance, indices: indices(&responses, plan.seed, RESAMPLES) }
    };
    Ok(Sensitivity { outputs: (0..=plan.type_count).map(output).collect(), records })
}

/// The mean absolute shift of rank of each type, and last of all places; 0 where nothing can be compared.
fn shifts(plan: &SensitivityPlan<'_>, nominal: &[Rank], ranks: &[Rank]) -> Vec<f64> {
    let mut sums = vec![(0_u64, 0_u64); plan.type_count + 1];
    for ((kind, nominal), rank) in plan.types.iter().zip(nominal).zip(ranks) {
        let (Some(kind), Some(nominal), Some(rank)) = (*kind, nominal, rank) else { continue };
        for at in [kind, plan.type_count] {
            sums[at].0 += u64::from(nominal.get().abs_diff(rank.get()));
            sums[at].1 += 1;
        }
    }
    sums.into_iter().map(|(sum, count)| if count == 0 { 0.0 } else { sum as f64 / count as f64 }).collect()
}
