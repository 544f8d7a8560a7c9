//! The weights of one set of siblings: methods, combination, limits.

use super::faults::{LocalFault, SchemeFault};
use super::report::{Judged, MethodReport, SiblingReport};
use super::{Choices, Method, Subjective};
use crate::catalog::ItemIndex;
use crate::weighting::combine::{Combined, combine};
use crate::weighting::critic::critic;
use crate::weighting::entropy::entropy;
use crate::weighting::limits::shrink;
use crate::weighting::pca::pca;
use crate::weighting::variation::variation;
use crate::weighting::{Objective, ValueFault};

/// What is asked of one set of siblings.
pub(super) struct Local {
    /// The item they stand under.
    pub(super) parent: ItemIndex,
    /// The siblings, in catalog order.
    pub(super) items: Vec<ItemIndex>,
    /// Their shares in the catalog.
    pub(super) catalog_shares: Vec<f64>,
    /// Their judged weights, where they were judged.
    pub(super) judged: Option<Vec<f64>>,
    /// The catalog's shares stay, whatever is chosen.
    pub(super) fixed: bool,
}

/// Weighs siblings by their columns.
pub(super) fn weigh(
    asked: Local,
    columns: &[Vec<Option<f64>>],
    choices: &Choices,
) -> Result<SiblingReport, LocalFault> {
    let count = asked.items.len();
    let (parent, items) = (asked.parent, asked.items.clone());
    let fault = |fault: SchemeFault| LocalFault { parent, items: items.clone(), fault: Box::new(fault) };
    let judged = match (asked.fixed, count) {
        (true, _) => Judged::KeepsPoints,
        (_, 0 | 1) => Judged::OnlyChild,
        _ => Judged::Weighed,
    };
    let mut report = SiblingReport::of_catalog(asked.parent, asked.items, asked.catalog_shares, judged);
    if judged != Judged::Weighed {
        return Ok(report);
    }
    let subjective = match choices.subjective {
        Subjective::None => None,
        Subjective::Catalog => Some(report.catalog_shares.clone()),
        Subjective::Equal => Some(vec![1.0 / count as f64; count]),
        Subjective::Ahp => asked.judged,
    };
    report.subjective.clone_from(&subjective);
    if choices.objective.is_empty() {
        let weights = subjective.unwrap_or_else(|| report.catalog_shares.clone());
        return limited(report, &weights, choices).map_err(fault);
    }

    let has_data = |cells: &Vec<Option<f64>>| cells.iter().flatten().count() > 1;
    report.without_data = (0..count).filter(|&at| !has_data(&columns[at])).collect();
    let with_data: Vec<usize> = (0..count).filter(|&at| has_data(&columns[at])).collect();
    if with_data.is_empty() {
        // Nothing to learn here at all: everything keeps its share.
        return Ok(report);
    }
    let kept: f64 = report.without_data.iter().map(|&at| report.catalog_shares[at]).sum();
    let rest = 1.0 - kept;
    let own: Vec<Vec<Option<f64>>> = with_data.iter().map(|&at| columns[at].clone()).collect();
    // Local weights of those with data, widened to all: the others keep their shares.
    let widened = |locals: &[f64], report: &SiblingReport| -> Vec<f64> {
        let mut all = report.catalog_shares.clone();
        with_data.iter().zip(locals).for_each(|(&at, local)| all[at] = rest * local);
        all
    };
    let mut objective = vec![0.0; with_data.len()];
    for &method in &choices.objective {
        let found = run(method, &own).map_err(|found| fault(SchemeFault::value(found, &with_data)))?;
        for (sum, weight) in objective.iter_mut().zip(&found.weights) {
            *sum += weight / choices.objective.len() as f64;
        }
        let left_out = found.left_out.iter().map(|(at, why)| (with_data[*at], *why)).collect();
        let weights = widened(&found.weights, &report);
        report.methods.push(MethodReport {
            method,
            weights,
            left_out,
            equal_by_default: found.equal_by_default,
        });
    }
    report.objective = Some(widened(&objective, &report));
    let combined = match &subjective {
        Some(subjective) => {
            let own: Vec<f64> = with_data.iter().map(|&at| subjective[at]).collect();
            combine(&own, &objective, choices.combination)
                .map_err(|found| fault(SchemeFault::Combine { parent: String::new(), fault: found }))?
        }
        None => Combined { weights: objective, game: None },
    };
    report.game.clone_from(&combined.game);
    report.combined = Some(widened(&combined.weights, &report));
    let (within, capped) = limits(&combined.weights, choices).map_err(fault)?;
    report.capped = capped.into_iter().map(|(at, capped)| (with_data[at], capped)).collect();
    report.weights = widened(&within, &report);
    Ok(report)
}

/// The same where every sibling is weighed and nothing is combined.
fn limited(
    mut report: SiblingReport,
    weights: &[f64],
    choices: &Choices,
) -> Result<SiblingReport, SchemeFault> {
    report.combined = Some(weights.to_vec());
    (report.weights, report.capped) = limits(weights, choices)?;
    Ok(report)
}

type Capped = Vec<(usize, crate::weighting::limits::Capped)>;

fn limits(weights: &[f64], choices: &Choices) -> Result<(Vec<f64>, Capped), SchemeFault> {
    let (within, capped) = match choices.caps {
        Some(caps) => {
            let found = caps.apply(weights);
            (found.weights, found.capped)
        }
        None => (weights.to_vec(), Vec::new()),
    };
    Ok((shrink(&within, choices.shrinkage).map_err(SchemeFault::Limit)?, capped))
}

fn run(method: Method, columns: &[Vec<Option<f64>>]) -> Result<Objective, ValueFault> {
    match method {
        Method::Entropy => Ok(entropy(columns)?.found),
        Method::Critic(correlation) => critic(columns, correlation),
        Method::Variation => variation(columns),
        Method::Pca(components) => Ok(pca(columns, components)?.found),
    }
}
