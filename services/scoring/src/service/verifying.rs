//! Verifying: the inputs of a run are read again, the run is computed again, and everything on record is compared.

use std::sync::Arc;

use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::outline::Outline;

use super::{Opened, Scoring};
use crate::domain::assessment::{Success, TypeSummary};
use crate::domain::digest::level_word;
use crate::domain::groups::group_type_name;
use crate::domain::results::Results;
use crate::domain::run;
use crate::error::Error;
use crate::store::{Comparison, KeyValue, RowDifference, StoreError, level_of};

impl Scoring {
    pub(super) async fn verify(
        &self,
        request: proto::VerifyAssessmentRequest,
    ) -> Result<proto::VerifyAssessmentResponse, Error> {
        let opened = self.open(&request.id).await?;
        let Some(recorded) = opened.assessment.success().cloned() else {
            return Err(Error::NotReady(opened.assessment.id));
        };
        // Held until the answer: what is in memory at once is one run.
        let permit = Arc::clone(&self.verifying).acquire_owned().await.expect("it is never closed");
        // As it stands on record now, and not as it was when somebody last used it.
        let catalog = Arc::new(self.recorded_catalog(&opened).await?);
        let catalog_hash = catalog.hash.clone();
        let inputs = self.upstream.read_inputs(opened.plan(), &catalog).await?;
        // The permit goes along: a caller who leaves does not stop the computation.
        let computing = tokio::task::spawn_blocking(move || (run::run(&catalog, inputs), permit));
        let (recomputed, _permit) = computing.await?;
        let recomputed = Arc::new(recomputed?);

        let head = head_differences(&opened, &catalog_hash, &recorded, &recomputed);
        let rows = self.store.compare(opened.run, Arc::clone(&recomputed)).await?;
        let total = head.len() as u64 + rows.total;
        if total > 0 {
            tracing::error!(assessment = %opened.assessment.id, differences = total, "an assessment is not intact");
        }
        let described = rows.differences.into_iter().map(|row| difference(&opened, row));
        Ok(proto::VerifyAssessmentResponse {
            intact: total == 0,
            digest: recorded.digest,
            recomputed_digest: recomputed.digest.clone(),
            differences: head.into_iter().chain(described).take(Comparison::DESCRIBED).collect(),
            differences_total: total,
        })
    }

    async fn recorded_catalog(&self, opened: &Opened) -> Result<Catalog, Error> {
        let toml = self.store.catalog(&opened.plan().catalog.hash).await?;
        let toml = toml.ok_or(Error::Store(StoreError::Corrupt("an assessment without its catalog")))?;
        Catalog::parse(&toml).map_err(Error::Catalog)
    }
}

/// What stands beside the rows: the catalog, the digest and the counts.
fn head_differences(
    opened: &Opened,
    catalog_hash: &str,
    recorded: &Success,
    recomputed: &Results,
) -> Vec<proto::Difference> {
    let counts = |types: &[TypeSummary], without: u64| {
        let types: Vec<String> = types
            .iter()
            .map(|summary| format!("{} {}/{}", summary.name, summary.scored, summary.places))
            .collect();
        format!("{}; without households {without}", types.join(", "))
    };
    let planned = &opened.plan().catalog.hash;
    let pairs = [
        (format!("catalog_hash = {planned}"), format!("catalog_hash = {catalog_hash}")),
        (format!("digest = {}", recorded.digest), format!("digest = {}", recomputed.digest)),
        (
            counts(&recorded.types, recorded.places_without_households),
            counts(&recomputed.summaries, recomputed.places_without_households),
        ),
    ];
    let unlike = pairs.into_iter().filter(|(recorded, recomputed)| recorded != recomputed);
    let row = format!("assessments {}", opened.assessment.id);
    unlike
        .map(|(recorded, recomputed)| proto::Difference { row: row.clone(), recorded, recomputed })
        .collect()
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
