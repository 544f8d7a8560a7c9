//! Rows about uncertainty that are more than a table's: an analysis with its assessment, an interval with its analysis.

use serde::{Deserialize, Serialize};

use super::rows::{count, instant, list, position};
use super::uncertain_tables::IntervalRow;
use super::uncertainty::{AnalysisKey, StoredAnalysis};
use super::{Run, StoreError};
use crate::domain::id::{AssessmentId, PlaceId};
use crate::domain::uncertainty::{Analysis, Beside, Counts, FactorUse};

/// A row of `uncertainty_analyses` with the id of its assessment.
#[derive(sqlx::FromRow)]
pub(super) struct AnalysisRow {
    analysis: i64,
    run: i64,
    id: String,
    seed: String,
    draws: i64,
    sobol_rows: i64,
    factors: String,
    left_out_factors: String,
    digest: String,
    code_version: String,
    created_us: i64,
    assessment_id: String,
}

/// An interval and the analysis it comes from.
#[derive(sqlx::FromRow)]
pub(super) struct BesideRow {
    #[sqlx(flatten)]
    interval: IntervalRow,
    analysis_id: String,
    draws: i64,
}

/// A factor as it stands in `factors`: the runs are three counts.
#[derive(Serialize, Deserialize)]
struct FactorJson {
    factor: String,
    alone: [u64; 3],
    drawn: [u64; 3],
}

impl AnalysisRow {
    pub(super) fn read(self) -> Result<StoredAnalysis, StoreError> {
        let number = |value: i64, what| u32::try_from(value).map_err(|_| StoreError::Corrupt(what));
        let factors: Vec<FactorJson> = serde_json::from_str(&self.factors)
            .map_err(|_| StoreError::Corrupt("uncertainty_analyses.factors"))?;
        let counts = |[runs, differed, ranks_changed]: [u64; 3]| Counts { runs, differed, ranks_changed };
        Ok(StoredAnalysis {
            key: AnalysisKey { run: Run(self.run), number: self.analysis },
            analysis: Analysis {
                id: self.id,
                assessment: AssessmentId::new(self.assessment_id),
                seed: self.seed.parse().map_err(|_| StoreError::Corrupt("uncertainty_analyses.seed"))?,
                draws: number(self.draws, "uncertainty_analyses.draws")?,
                sobol_rows: number(self.sobol_rows, "uncertainty_analyses.sobol_rows")?,
                factors: factors
                    .into_iter()
                    .map(|FactorJson { factor, alone, drawn }| FactorUse {
                        factor,
                        alone: counts(alone),
                        drawn: counts(drawn),
                    })
                    .collect(),
                left_out: list(&self.left_out_factors)?,
                digest: self.digest,
                created: instant(self.created_us)?,
                code_version: self.code_version,
            },
        })
    }
}

impl BesideRow {
    pub(super) fn read(self) -> Result<(usize, PlaceId, Beside), StoreError> {
        let node_at = position(self.interval.node_at)?;
        let found = self.interval.read()?;
        let beside = Beside {
            analysis: self.analysis_id,
            draws: count(self.draws)?,
            interval: found.interval,
            tier: found.tier,
        };
        Ok((node_at, found.place, beside))
    }
}

/// Factors as they are stored.
pub(super) fn factors_json(factors: &[FactorUse]) -> Result<String, StoreError> {
    let counts = |counts: Counts| [counts.runs, counts.differed, counts.ranks_changed];
    let rows: Vec<FactorJson> = factors
        .iter()
        .map(|used| FactorJson {
            factor: used.factor.clone(),
            alone: counts(used.alone),
            drawn: counts(used.drawn),
        })
        .collect();
    serde_json::to_string(&rows).map_err(|_| StoreError::Corrupt("uncertainty_analyses.factors"))
}
