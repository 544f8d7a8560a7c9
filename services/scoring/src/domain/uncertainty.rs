//! An uncertainty analysis (不确定性分析): an assessment run again and again under other choices that were as good.
//!
//! Every figure is a function of `xiuhua_indicators::uncertainty`; here is what it reads of a run's inputs, the check that
//! without any change it gives the assessment's own ranks, and what of it is kept. Thresholds of derived leaves are fixed
//! again in every draw, by the same two passes as in the run.
//!
//! Source: specification page 1, section 1.9.

mod digest;

use std::num::NonZeroUsize;

use jiff::Timestamp;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::{ShapeError, Table};
use xiuhua_indicators::uncertainty::draws::{DrawPlan, Drawn, draw};
use xiuhua_indicators::uncertainty::factors::Factor;
use xiuhua_indicators::uncertainty::intervals::RankInterval;
use xiuhua_indicators::uncertainty::leave_one_out::{LeftOut, leave_one_out};
use xiuhua_indicators::uncertainty::model::{Model as _, Outcome, Reach, Reassessment, Study};
use xiuhua_indicators::uncertainty::proof::{FactorRecord, UncertaintyError, prove_one};
use xiuhua_indicators::uncertainty::sensitivity::{Sensitivity, SensitivityPlan, analyse};
use xiuhua_indicators::uncertainty::settings::Settings;

use self::digest::analysis_digest;
use super::id::{AssessmentId, PlaceId};
use super::inputs::Inputs;
use super::results::Results;
use super::run;
use super::two_passes::{consecutive_tables, samples_on};

/// Ranks kept at once while drawing: places × nodes × draws, two bytes each, or four where a type has more than 65,535
/// places. More would not fit beside a run.
const MOST_RANKS: usize = 120_000_000;

/// What is asked of an analysis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    /// Decides every draw.
    pub(crate) seed: u64,
    /// How many draws.
    pub(crate) draws: u32,
    /// What is varied; `None` means the default set, without what the assessment has no use for.
    pub(crate) factors: Option<Vec<Factor>>,
    /// Binary logarithm of the rows of the Sobol design; `None` means no indices.
    pub(crate) sobol_log2: Option<u32>,
}

/// An analysis as it is listed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Analysis {
    /// Its name.
    pub(crate) id: String,
    /// Of this assessment.
    pub(crate) assessment: AssessmentId,
    /// Decided every draw.
    pub(crate) seed: u64,
    /// Draws.
    pub(crate) draws: u32,
    /// Rows of the Sobol design; 0 without indices.
    pub(crate) sobol_rows: u32,
    /// What was varied.
    pub(crate) factors: Vec<FactorUse>,
    /// Factors of the default set that the assessment has no use for.
    pub(crate) left_out: Vec<String>,
    /// SHA-256 over what was asked and found.
    pub(crate) digest: String,
    /// When it was made.
    pub(crate) created: Timestamp,
    /// By this version of the code.
    pub(crate) code_version: String,
}

/// A factor, and the proof that it was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FactorUse {
    /// As text.
    pub(crate) factor: String,
    /// Tried alone.
    pub(crate) alone: Counts,
    /// In the draws.
    pub(crate) drawn: Counts,
}

/// In how many runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// It was resolved.
    pub(crate) runs: u64,
    /// What it governs was other than in the assessment.
    pub(crate) differed: u64,
    /// And a rank was.
    pub(crate) ranks_changed: u64,
}

/// What an analysis found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Findings {
    /// What was varied.
    pub(crate) factors: Vec<FactorUse>,
    /// What of the default set was not.
    pub(crate) left_out_factors: Vec<String>,
    /// Intervals and groups.
    pub(crate) drawn: Drawn,
    /// Sobol indices, if they were asked for.
    pub(crate) sensitivity: Option<Sensitivity>,
    /// Leave-one-out.
    pub(crate) left_out: Vec<LeftOut>,
    /// The ranks of the assessment, `[node][place]`.
    pub(crate) ranks: Vec<Vec<Option<u32>>>,
    /// The places, by id.
    pub(crate) places: Vec<(PlaceId, Option<usize>)>,
    /// How many types there are.
    pub(crate) type_count: usize,
    /// SHA-256 over what was asked and found.
    pub(crate) digest: String,
}

/// An interval as it stands beside a rank.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Beside {
    /// The analysis.
    pub(crate) analysis: String,
    /// Draws of the analysis.
    pub(crate) draws: u64,
    /// The interval.
    pub(crate) interval: RankInterval,
    /// The group of places that cannot be told apart.
    pub(crate) tier: Option<u64>,
}

/// Why there is no analysis.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The inputs read again do not give what is on record.
    #[error("what is read again does not give the results on record")]
    NotReproduced,
    /// So many ranks cannot be held.
    #[error("{draws} draws are too many for the places and nodes of this assessment: at most {most}")]
    TooManyDraws {
        /// Draws asked for.
        draws: u32,
        /// Draws that would fit.
        most: usize,
    },
    /// The library refused.
    #[error(transparent)]
    Library(#[from] UncertaintyError),
}

impl From<ShapeError> for Refusal {
    fn from(error: ShapeError) -> Self {
        Self::Library(error.into())
    }
}

/// Analyses a run; `recorded_digest` is that of the results on record.
///
/// # Errors
/// [`Refusal`] before the first draw where the inputs do not give the results on record or a factor cannot be applied.
pub(crate) fn analyse_run(
    catalog: &Catalog,
    inputs: &Inputs,
    recorded_digest: &str,
    asked: &Asked,
    threads: NonZeroUsize,
) -> Result<Findings, Refusal> {
    let outline = Outline::of(catalog);
    let results = run::run(catalog, inputs.clone())?;
    if results.digest != recorded_digest {
        return Err(Refusal::NotReproduced);
    }
    let most = MOST_RANKS / (inputs.places.len() * outline.node_count()).max(1);
    if asked.draws as usize > most {
        return Err(Refusal::TooManyDraws { draws: asked.draws, most });
    }
    let type_count = inputs.plan.types.len();
    let types: Vec<Option<usize>> = inputs.places.iter().map(|place| place.type_at).collect();
    let gap = Table::missing(outline.leaf_count(), inputs.base.axis.len());
    let base = consecutive_tables(&inputs.base, &gap, |read| &read.values);
    let base: Vec<Table> = base.into_iter().cloned().collect();
    let samples = samples_on(&inputs.base.axis, &inputs.samples);
    let weights = inputs.declared_weights(catalog);
    let model = Reassessment::new(
        Study {
            outline: &outline,
            declared_weights: &weights,
            types: &types,
            current: &inputs.assessed.values,
            previous: inputs.previous.as_ref().map(|previous| &previous.values),
            base_types: &inputs.base.types,
            one_axis: inputs.places.iter().map(|place| &place.id).eq(&inputs.base.axis),
            base: &base,
            samples: &samples,
        },
        asked.seed,
    )?;
    let nominal = model.run(&Settings::default(), Reach::AllNodes)?;
    if !has_ranks_of(&nominal, &results) {
        return Err(Refusal::NotReproduced);
    }
    let (factors, left_out_factors) = choose_factors(&model, &nominal, asked)?;
    let drawn = draw(
        &model,
        &nominal,
        &DrawPlan {
            factors: &factors,
            seed: asked.seed,
            draws: asked.draws,
            types: &types,
            type_count,
            threads,
        },
    )?;
    let sensitivity = asked.sobol_log2.map(|log2| {
        let plan =
            SensitivityPlan { factors: &factors, seed: asked.seed, log2, types: &types, type_count, threads };
        analyse(&model, &nominal, &plan)
    });
    let mut findings = Findings {
        factors: factor_uses(&factors, &drawn),
        left_out_factors,
        drawn,
        sensitivity: sensitivity.transpose()?,
        left_out: leave_one_out(&model)?,
        ranks: nominal
            .ranks
            .iter()
            .map(|ranks| ranks.iter().map(|rank| rank.map(u32::from)).collect())
            .collect(),
        places: inputs.places.iter().map(|place| (place.id.clone(), place.type_at)).collect(),
        type_count,
        digest: String::new(),
    };
    findings.digest = analysis_digest(&outline, &inputs.plan, recorded_digest, asked, &findings);
    Ok(findings)
}

/// Whether a run without settings ranks as the assessment does, at every node.
fn has_ranks_of(nominal: &Outcome, results: &Results) -> bool {
    nominal.ranks.len() == results.scores.len()
        && nominal.ranks.iter().zip(&results.scores).all(|(ranks, scores)| {
            ranks.len() == scores.len()
                && ranks.iter().zip(scores).all(|(rank, score)| {
                    let recorded = score.standing.map(|standing| standing.rank as u64);
                    rank.map(|rank| u64::from(rank.get())) == recorded
                })
        })
}

/// The factors to vary: those asked for, or those of the default set that act, and the names of the others.
fn choose_factors(
    model: &Reassessment<'_>,
    nominal: &Outcome,
    asked: &Asked,
) -> Result<(Vec<Factor>, Vec<String>), UncertaintyError> {
    if let Some(factors) = &asked.factors {
        return Ok((factors.clone(), Vec::new()));
    }
    let (mut acting, mut idle) = (Vec::new(), Vec::new());
    for factor in Factor::defaults() {
        match prove_one(model, nominal, &factor) {
            Ok(_) => acting.push(factor),
            Err(UncertaintyError::NotApplicable(_)) => idle.push(factor.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok((acting, idle))
}

fn factor_uses(factors: &[Factor], drawn: &Drawn) -> Vec<FactorUse> {
    let counts = |record: &FactorRecord| Counts {
        runs: record.runs,
        differed: record.differed,
        ranks_changed: record.ranks_changed,
    };
    let pairs = factors.iter().zip(drawn.proofs.iter().zip(&drawn.records));
    pairs
        .map(|(factor, (alone, drawn))| FactorUse {
            factor: factor.to_string(),
            alone: counts(alone),
            drawn: counts(drawn),
        })
        .collect()
}
