//! Judgements of many experts, joined parent by parent.

use super::report::{ExpertReport, JudgedParent, Unused};
use super::{Expert, Material, SchemeFault, SchemeFaults, Scope, Subjective, keeps_points};
use crate::catalog::ItemIndex;
use crate::weighting::ahp::Ahp;
use crate::weighting::matrix::PairwiseMatrix;

/// What the experts said, joined.
pub(super) struct Judgements {
    /// By parent, in catalog order.
    pub(super) judged: Vec<JudgedParent>,
    /// Parents that were judged for nothing, with why.
    pub(super) unused: Vec<(ItemIndex, Unused)>,
}

/// Joins the experts' matrices parent by parent, and refuses what is missing or contradicts itself.
pub(super) fn judge(material: &Material<'_>) -> Result<Judgements, SchemeFaults> {
    let (outline, choices) = (material.outline, material.choices);
    let catalog = outline.catalog();
    let (mut judged, mut unused, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for parent in catalog.nodes() {
        let children = &catalog.item(parent).children;
        let given: Vec<(&Expert, &PairwiseMatrix)> = material
            .experts
            .iter()
            .filter_map(|expert| {
                let own = expert.judged.iter().find(|(at, _)| *at == parent)?;
                Some((expert, &own.1))
            })
            .collect();
        let why_unused = if choices.subjective != Subjective::Ahp {
            Some(Unused::NotAsked)
        } else if children.len() < 2 {
            Some(Unused::OnlyChild)
        } else if choices.scope == Scope::PerGroup && keeps_points(catalog, parent) {
            Some(Unused::KeepsPoints)
        } else {
            None
        };
        if let Some(why) = why_unused {
            unused.extend((!given.is_empty()).then_some((parent, why)));
            continue;
        }
        if given.is_empty() && keeps_points(catalog, parent) {
            // Over all leaves, what nobody judged above the groups keeps the catalog's share.
            continue;
        }
        let missing =
            material.experts.iter().filter(|expert| !given.iter().any(|(own, _)| own.name == expert.name));
        let missing: Vec<String> = missing.map(|expert| expert.name.clone()).collect();
        if given.is_empty() || !missing.is_empty() {
            faults
                .push(SchemeFault::NotJudged { parent: catalog.item(parent).code.clone(), experts: missing });
            continue;
        }
        if let Some((expert, matrix)) = given.iter().find(|(_, matrix)| matrix.size() != children.len()) {
            faults.push(SchemeFault::MatrixSize {
                parent: catalog.item(parent).code.clone(),
                expert: expert.name.clone(),
                items: matrix.size(),
                children: children.len(),
            });
            continue;
        }
        let weighted: Vec<(&PairwiseMatrix, f64)> =
            given.iter().map(|(expert, matrix)| (*matrix, expert.weight)).collect();
        match PairwiseMatrix::aggregate(&weighted) {
            Ok(matrix) => {
                let group = Ahp::inspect(&matrix, choices.random_index);
                if let Err(inconsistent) = Ahp::accepted(&matrix, choices.random_index) {
                    faults.push(SchemeFault::inconsistent(catalog, parent, &inconsistent));
                }
                let experts = given.iter().map(|(expert, matrix)| ExpertReport {
                    name: expert.name.clone(),
                    weight: expert.weight,
                    found: Ahp::inspect(matrix, choices.random_index),
                });
                judged.push(JudgedParent { parent, group, experts: experts.collect() });
            }
            Err(found) => faults.extend(
                found
                    .into_iter()
                    .map(|fault| SchemeFault::Matrix { parent: catalog.item(parent).code.clone(), fault }),
            ),
        }
    }
    if faults.is_empty() { Ok(Judgements { judged, unused }) } else { Err(SchemeFaults(faults)) }
}
