//! Verifying: the inputs of a run are read again, the run is computed again, and everything on record is compared.

use std::sync::Arc;

use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::outline::Outline;

use super::weights::weights_of_plan;
use super::{Opened, Scoring};
use crate::domain::assessment::{Plan, Success, TypeSummary, Version};
use crate::domain::digest::level_word;
use crate::domain::groups::group_type_name;
use crate::domain::results::Results;
use crate::domain::run;
use crate::error::Error;
use crate::store::{Comparison, KeyValue, RowDifference, level_of};

impl Scoring {
    pub(super) async fn verify(
        &self,
        request: proto::VerifyAssessmentRequest,
    ) -> Result<proto::VerifyAssessmentResponse, Error> {
        let opened = self.open(&request.id).await?;
        let Some(recorded) = opened.assessment.success().cloned() else {
            return Err(Error::NotReady(opened.assessment.id));
        };
        // Taken until the answer. Nobody queues for it: those who wait would use up the calls in flight and shut the
        // door to readers.
        let seat = self.verifying.free_seat().ok_or(Error::Verifying)?;
        // As it stands on record now, and not as it was when somebody last used it.
        let catalog = self.shelf.read(&opened.plan().catalog.hash).await?;
        let rule_set = self.upstream.rule_set(&opened.plan().classification_id).await?;
        let mut inputs = self.upstream.read_inputs(opened.plan(), &catalog).await?;
        let scheme = weights_of_plan(&self.store, opened.plan(), &catalog).await?;
        let scheme_hash = scheme.as_ref().map(|(_, hash)| hash.clone()).unwrap_or_default();
        inputs.scheme_weights = scheme.map(|(weights, _)| weights);
        let computed_with = Arc::clone(&catalog);
        let (recomputed, _seat) = seat.compute(move || run::run(&computed_with, inputs)).await?;
        let recomputed = Arc::new(recomputed?);

        let mut head = plan_differences(opened.plan(), &catalog, &rule_set, &scheme_hash);
        head.extend(result_differences(&recorded, &recomputed));
        let rows = self.store.compare(opened.run, Arc::clone(&recomputed)).await?;
        let total = head.len() as u64 + rows.total;
        if total > 0 {
            tracing::error!(assessment = %opened.assessment.id, differences = total, "an assessment is not intact");
        }
        let row = format!("assessments {}", opened.assessment.id);
        let head = head.into_iter().map(|(recorded, recomputed)| proto::Difference {
            row: row.clone(),
            recorded,
            recomputed,
        });
        let described = rows.differences.into_iter().map(|row| difference(&opened, row));
        Ok(proto::VerifyAssessmentResponse {
            intact: total == 0,
            digest: recorded.digest,
            recomputed_digest: recomputed.digest.clone(),
            differences: head.chain(described).take(Comparison::DESCRIBED).collect(),
            differences_total: total,
        })
    }
}

/// Where the plan on record is not what the catalog on record and the classification say. What else is in a plan decides
/// what is read, and so shows in the results.
fn plan_differences(
    plan: &Plan,
    catalog: &Catalog,
    rule_set: &Version,
    scheme_hash: &str,
) -> Vec<(String, String)> {
    let used = plan.weight_scheme.as_ref().map(|scheme| scheme.hash.clone()).unwrap_or_default();
    let facts = [
        ("catalog_id", &plan.catalog.id, &catalog.id),
        ("catalog_version", &plan.catalog.version, &catalog.version),
        ("catalog_hash", &plan.catalog.hash, &catalog.hash),
        ("scale", &plan.scale.to_string(), &catalog.scale.to_string()),
        ("rule_set_id", &plan.rule_set.id, &rule_set.id),
        ("rule_set_version", &plan.rule_set.version, &rule_set.version),
        ("rule_set_hash", &plan.rule_set.hash, &rule_set.hash),
        ("weight_scheme_hash", &used, &scheme_hash.to_owned()),
    ];
    let unlike = facts.into_iter().filter(|(_, recorded, found)| recorded != found);
    unlike
        .map(|(name, recorded, found)| (format!("{name} = {recorded}"), format!("{name} = {found}")))
        .collect()
}

/// Where the digest and the counts on record are not those computed again.
fn result_differences(recorded: &Success, recomputed: &Results) -> Vec<(String, String)> {
    let counts = |types: &[TypeSummary], without: u64| {
        let types: Vec<String> = types
            .iter()
            .map(|summary| format!("{} {}/{}", summary.name, summary.scored, summary.places))
            .collect();
        format!("{}; without households {without}", types.join(", "))
    };
    let pairs = [
        (format!("digest = {}", recorded.digest), format!("digest = {}", recomputed.digest)),
        (
            counts(&recorded.types, recorded.places_without_households),
            counts(&recomputed.summaries, recomputed.places_without_households),
        ),
    ];
    pairs.into_iter().filter(|(recorded, recomputed)| recorded != recomputed).collect()
}

fn difference(opened: &Opened, found: RowDifference) -> proto::Difference {
    let values = found.key.iter().map(|(column, value)| name(opened, found.table, column, value));
    let key = values.collect::<Vec<_>>().join(" ");
    let absent = || "no such row".to_owned();
    proto::Difference {
        row: format!("{} {key}", found.table),
        recorded: found.recorded.unwrap_or_else(absent),
        recomputed: found.recomputed.unwrap_or_else(absent),
    }
}

/// A value of a key as readers know it: a code instead of a position.
fn name(opened: &Opened, table: &str, column: &str, value: &KeyValue) -> String {
    let number = match value {
        KeyValue::Text(text) => return text.clone(),
        KeyValue::Integer(number) => *number,
    };
    let (plan, outline) = (opened.plan(), opened.outline());
    let known = usize::try_from(number).ok().and_then(|at| match column {
        "type_at" if table == "group_scores" => Some(group_type_name(plan, at).to_owned()),
        "type_at" => Some(plan.type_name(at).to_owned()),
        "node_at" => node_code(&outline, at),
        "leaf_at" => leaf_code(&outline, at),
        "item_at" => opened.catalog.items.get(at).map(|item| item.code.clone()),
        "level" => level_of(number).map(|level| level_word(level).to_owned()),
        _ => None,
    });
    // What the catalog does not have is what makes the row differ.
    known.unwrap_or_else(|| number.to_string())
}

fn node_code(outline: &Outline<'_>, at: usize) -> Option<String> {
    (at < outline.node_count()).then(|| outline.node_item(at).code.clone())
}

fn leaf_code(outline: &Outline<'_>, at: usize) -> Option<String> {
    (at < outline.leaf_count()).then(|| outline.leaf_item(at).code.clone())
}
