//! Proof that every factor is applied.
//!
//! An analysis in which a factor never reached the computation looks like one in which it does not matter; COINr once
//! published such a thing (its issue 60). So before anything is drawn each factor is tried alone, and one that changes
//! nothing the computation is given is refused; and every run is compared with its settings and with the assessment.

use super::factors::{Aggregation, Factor, FactorKind};
use super::model::{InForce, Model, Outcome, Reach};
use super::settings::{Settings, trials};
use crate::catalog::{Extension, Mean};
use crate::table::ShapeError;

/// Why there is no analysis.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum UncertaintyError {
    /// What is read does not fit together.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Tried alone, the factor changes nothing the computation is given.
    #[error("the factor {} cannot be applied: nothing that the computation reads changes with it", .0.as_str())]
    NotApplicable(FactorKind),
    /// A run was computed with something other than its settings say.
    #[error("the factor {} was not applied in the run {settings}", kind.as_str())]
    NotApplied {
        /// The factor.
        kind: FactorKind,
        /// The settings of the run.
        settings: String,
    },
    /// Nothing is left to vary.
    #[error("there is no factor to vary")]
    NoFactor,
}

/// In how many runs a factor was other than in the assessment, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactorRecord {
    /// The factor.
    pub kind: FactorKind,
    /// Runs that resolved it.
    pub runs: u64,
    /// Of these, runs in which what it governs was in force otherwise than in the assessment.
    pub differed: u64,
    /// Of those, runs in which a rank was otherwise too.
    pub ranks_changed: u64,
}

impl FactorRecord {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(kind: FactorKind) -> Self {
        Self { kind, runs: 0, differed: 0, ranks_changed: 0 }
    }

    /// Both counted together.
    pub fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.differed += other.differed;
        self.ranks_changed += other.ranks_changed;
    }
}

/// Whether what a factor governs differs between two runs.
#[must_use]
pub fn differs(kind: FactorKind, one: &InForce, other: &InForce) -> bool {
    match kind {
        // The same members in another order are the same sample; one drawn twice counts twice.
        FactorKind::Sample => sorted(&one.samples) != sorted(&other.samples),
        FactorKind::Weights => one.weights != other.weights,
        FactorKind::Extension => one.extensions != other.extensions,
        FactorKind::Aggregation => one.means != other.means,
        FactorKind::Missing => one.minimum_coverages != other.minimum_coverages,
    }
}

fn sorted(samples: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut samples = samples.to_vec();
    samples.iter_mut().for_each(|members| members.sort_unstable());
    samples
}

/// Whether the figures that a factor acts through differ between two runs, which are otherwise alike.
fn figures_differ(kind: FactorKind, one: &InForce, other: &InForce) -> bool {
    match kind {
        FactorKind::Sample | FactorKind::Extension => one.thresholds != other.thresholds,
        FactorKind::Weights | FactorKind::Aggregation | FactorKind::Missing => differs(kind, one, other),
    }
}

/// Tries each factor alone; the records say in how many of its trials it differed and a rank changed.
///
/// # Errors
/// [`UncertaintyError::NotApplicable`] for the first factor that changes nothing, and as [`check`].
pub fn prove(
    model: &dyn Model,
    nominal: &Outcome,
    factors: &[Factor],
) -> Result<Vec<FactorRecord>, UncertaintyError> {
    factors.iter().map(|factor| prove_one(model, nominal, factor)).collect()
}

/// Tries one factor alone.
///
/// # Errors
/// As [`prove`].
pub fn prove_one(
    model: &dyn Model,
    nominal: &Outcome,
    factor: &Factor,
) -> Result<FactorRecord, UncertaintyError> {
    let kind = factor.kind();
    let mut record = FactorRecord::new(kind);
    let mut acts = false;
    for coordinate in trials(factor) {
        let settings = Settings::alone(factor, coordinate);
        let outcome = model.run(&settings, Reach::AllNodes)?;
        check(&settings, &outcome.in_force, &nominal.in_force)?;
        acts |= differs(kind, &outcome.in_force, &nominal.in_force)
            && figures_differ(kind, &outcome.in_force, &nominal.in_force);
        count(std::slice::from_mut(&mut record), &settings, &outcome, nominal);
    }
    if acts { Ok(record) } else { Err(UncertaintyError::NotApplicable(kind)) }
}

/// Counts a run.
pub fn count(records: &mut [FactorRecord], settings: &Settings, outcome: &Outcome, nominal: &Outcome) {
    let reached = outcome.ranks.len();
    let ranks_changed = outcome.ranks != nominal.ranks[..reached.min(nominal.ranks.len())];
    for record in records.iter_mut().filter(|record| settings.sets(record.kind)) {
        let differed = differs(record.kind, &outcome.in_force, &nominal.in_force);
        record.runs += 1;
        record.differed += u64::from(differed);
        record.ranks_changed += u64::from(differed && ranks_changed);
    }
}

/// Checks that a run was computed with what its settings say, and with what the assessment had where they say nothing.
///
/// # Errors
/// [`UncertaintyError::NotApplied`] with the first factor that was not.
pub fn check(settings: &Settings, used: &InForce, nominal: &InForce) -> Result<(), UncertaintyError> {
    let wrong = FactorKind::ALL.into_iter().find(|&kind| !is_applied(kind, settings, used, nominal));
    match wrong {
        Some(kind) => Err(UncertaintyError::NotApplied { kind, settings: settings.to_string() }),
        None => Ok(()),
    }
}

fn is_applied(kind: FactorKind, settings: &Settings, used: &InForce, nominal: &InForce) -> bool {
    match kind {
        FactorKind::Sample if settings.sample.is_some() => {
            used.samples.iter().zip(&nominal.samples).all(|(used, nominal)| used.len() == nominal.len())
        }
        // Weights in force follow the thresholds too: an indicator that cannot tell places apart is left out.
        FactorKind::Weights if settings.weights.is_none() => {
            used.thresholds != nominal.thresholds || used.weights == nominal.weights
        }
        FactorKind::Weights => true,
        FactorKind::Extension => match settings.extension {
            Some(share) => used.extensions.iter().flatten().all(|&extension| extends_by(extension, share)),
            None => !differs(kind, used, nominal),
        },
        FactorKind::Aggregation => match settings.aggregation {
            None | Some(Aggregation::Declared) => !differs(kind, used, nominal),
            Some(Aggregation::Arithmetic) => used.means.iter().all(|&mean| mean == (Mean::Arithmetic, None)),
            Some(Aggregation::Geometric(floor)) => {
                used.means.iter().all(|&mean| mean == (Mean::Geometric, Some(floor)))
            }
        },
        FactorKind::Missing => match settings.missing {
            Some(minimum) => used.minimum_coverages.iter().all(|used| used.to_bits() == minimum.to_bits()),
            None => !differs(kind, used, nominal),
        },
        FactorKind::Sample => !differs(kind, used, nominal),
    }
}

fn extends_by(extension: Extension, share: f64) -> bool {
    match extension {
        Extension::ByValue(used) | Extension::ByRange(used) => used.to_bits() == share.to_bits(),
        Extension::None => false,
    }
}
