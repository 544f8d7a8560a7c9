//! Answers about uncertainty, written from scoring's own.

use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::uncertainty::intervals::RankInterval;

use crate::convert;
use crate::domain::assessment::{ALL, Plan};
use crate::domain::uncertainty::{Analysis, Beside, FactorUse};
use crate::store::{LeftOutShift, SensitivityUsed, StoredInterval, Tier};

/// An analysis.
pub(crate) fn analysis(analysis: &Analysis) -> proto::UncertaintyAnalysis {
    let factor = |used: &FactorUse| proto::UncertaintyFactor {
        factor: used.factor.clone(),
        alone_runs: used.alone.runs,
        alone_differed: used.alone.differed,
        alone_ranks_changed: used.alone.ranks_changed,
        draws: used.drawn.runs,
        draws_differed: used.drawn.differed,
        draws_ranks_changed: used.drawn.ranks_changed,
    };
    proto::UncertaintyAnalysis {
        id: analysis.id.clone(),
        assessment_id: analysis.assessment.to_string(),
        seed: analysis.seed,
        draws: analysis.draws,
        sobol_rows: analysis.sobol_rows,
        factors: analysis.factors.iter().map(factor).collect(),
        left_out_factors: analysis.left_out.clone(),
        digest: analysis.digest.clone(),
        created_time: Some(convert::timestamp(analysis.created)),
        code_version: analysis.code_version.clone(),
    }
}

/// The interval that stands beside a rank.
pub(crate) fn beside(beside: &Beside) -> proto::RankInterval {
    interval(&beside.analysis, beside.draws, &beside.interval, beside.tier)
}

/// A row of a list of intervals.
pub(crate) fn ranked_interval(analysis: &Analysis, row: &StoredInterval) -> proto::RankedInterval {
    proto::RankedInterval {
        place_id: row.place.to_string(),
        rank: row.rank.map(small),
        interval: Some(interval(&analysis.id, u64::from(analysis.draws), &row.interval, row.tier)),
    }
}

fn interval(analysis: &str, draws: u64, found: &RankInterval, tier: Option<u64>) -> proto::RankInterval {
    proto::RankInterval {
        low: found.low,
        median: found.median,
        high: found.high,
        top_tenth_ratio: found.top_tenth,
        scored_ratio: if draws == 0 { 0.0 } else { found.scored as f64 / draws as f64 },
        tier: tier.map(small),
        analysis_id: analysis.to_owned(),
    }
}

/// A group of places that cannot be told apart.
pub(crate) fn group(tier: Tier) -> proto::IndistinguishableGroup {
    proto::IndistinguishableGroup {
        tier: small(tier.tier),
        first_rank: small(tier.first_rank),
        last_rank: small(tier.last_rank),
        places: small(tier.places),
    }
}

/// Sobol indices, type by type.
pub(crate) fn sensitivity(
    plan: &Plan,
    analysis: &Analysis,
    rows: &[SensitivityUsed],
) -> Vec<proto::TypeSensitivity> {
    let estimate = |[value, low, high]: [f64; 3]| Some(proto::IndexEstimate { value, low, high });
    let factor = |row: &SensitivityUsed| {
        let used = analysis.factors.get(row.factor_at).map_or("", |used| used.factor.as_str());
        let kind = used.split_once('=').map_or(used, |(kind, _)| kind);
        proto::FactorSensitivity {
            factor: kind.to_owned(),
            first_order: estimate(row.first),
            total: estimate(row.total),
        }
    };
    let of_type = |rows: &[SensitivityUsed]| {
        let first = rows.first()?;
        Some(proto::TypeSensitivity {
            r#type: plan.types.get(first.type_at).map_or(ALL, String::as_str).to_owned(),
            mean_shift: first.mean_shift,
            variance: first.variance,
            factors: rows.iter().map(factor).collect(),
        })
    };
    rows.chunk_by(|one, other| one.type_at == other.type_at).filter_map(of_type).collect()
}

/// What an item left out does.
pub(crate) fn left_out(catalog: &Catalog, row: LeftOutShift) -> proto::LeftOut {
    proto::LeftOut {
        item: catalog.items.get(row.item_at).map(|item| item.code.clone()).unwrap_or_default(),
        mean_shift: row.mean_shift,
        greatest_shift: small(row.greatest_shift),
        greatest_place_id: row.place.map(|place| place.to_string()).unwrap_or_default(),
        compared: small(row.compared),
        lost: small(row.lost),
    }
}

fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
