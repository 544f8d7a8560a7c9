//! `ExplainChange`: why one place's score moved between two assessments.

use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::attribution::Effects;
use xiuhua_indicators::threshold::Threshold;

use super::score_at;
use crate::convert;
use crate::domain::assessment::Place;
use crate::domain::change_of_score::{LeafChanged, Side, Unsplit, explain, is_comparable};
use crate::domain::results::{ItemWeight, LeafValue, Score, absence_word};
use crate::error::Error;
use crate::service::{Opened, Scoring, must_name};

/// One place in one run.
struct Seen {
    place: Place,
    leaves: Vec<(usize, LeafValue)>,
    scores: Vec<Score>,
    thresholds: Vec<Threshold>,
    weights: Vec<ItemWeight>,
}

impl Seen {
    fn side<'a>(&'a self, opened: &'a Opened, node_at: usize) -> Side<'a> {
        Side {
            catalog: &opened.catalog,
            leaves: &self.leaves,
            thresholds: &self.thresholds,
            weights: &self.weights,
            score: score_at(&self.scores, node_at).and_then(|score| score.composed.value()),
        }
    }
}

impl Scoring {
    pub(super) async fn explain_change(
        &self,
        request: proto::ExplainChangeRequest,
    ) -> Result<proto::ExplainChangeResponse, Error> {
        must_name(&[
            ("assessment_id", &request.assessment_id),
            ("previous_assessment_id", &request.previous_assessment_id),
            ("place_id", &request.place_id),
        ])?;
        let after = self.open(&request.assessment_id).await?;
        let before = self.open(&request.previous_assessment_id).await?;
        if !is_comparable(&before.catalog, &after.catalog) {
            return Err(Error::CatalogsDiffer {
                assessment: after.assessment.id,
                previous: before.assessment.id,
            });
        }
        let node_at = after.node_at(&request.node)?;
        let was = self.seen(&before, &request.place_id).await?;
        let is = self.seen(&after, &request.place_id).await?;
        let found = explain(node_at, &was.side(&before, node_at), &is.side(&after, node_at))?;

        let outline = after.outline();
        let shown = |seen: &Seen| {
            let score = score_at(&seen.scores, node_at);
            score.map(|score| convert::node_score(&outline, node_at, score)).unwrap_or_default()
        };
        let (then, now) = (shown(&was), shown(&is));
        let types = [(&before, &was), (&after, &is)]
            .map(|(opened, seen)| convert::type_name(opened.plan(), seen.place.type_at));
        Ok(proto::ExplainChangeResponse {
            type_changed: types[0] != types[1],
            previous_type: types[0].clone(),
            r#type: types[1].clone(),
            node: outline.node_item(node_at).code.clone(),
            place_name: is.place.name,
            change_points: then.score.zip(now.score).map(|(then, now)| now - then),
            previous_score: then.score,
            score: now.score,
            previous_coverage_ratio: then.coverage_ratio,
            coverage_ratio: now.coverage_ratio,
            previous_absence_reason: then.absence_reason,
            absence_reason: now.absence_reason,
            total: found.total.map(effects),
            leaves: found.leaves.iter().map(|leaf| told(&after, leaf)).collect(),
            unsplit_reason: found.unsplit.map(unsplit_word).unwrap_or_default().to_owned(),
        })
    }

    async fn seen(&self, opened: &Opened, place_id: &str) -> Result<Seen, Error> {
        let place = self.place(opened, place_id).await?;
        let leaves = self.store.place_leaves(opened.run, &place.id).await?;
        let scores = self.store.place_scores(opened.run, &place.id).await?;
        let (thresholds, weights) = match place.type_at {
            Some(type_at) => {
                let method = self.type_method(opened, type_at).await?;
                (method.thresholds, method.weights)
            }
            None => (vec![Threshold::NoData; opened.outline().leaf_count()], Vec::new()),
        };
        Ok(Seen { place, leaves, scores, thresholds, weights })
    }
}

fn effects(effects: Effects) -> proto::ChangeEffects {
    proto::ChangeEffects {
        values_points: effects.values,
        thresholds_points: effects.thresholds,
        weights_points: effects.weights,
    }
}

fn told(after: &Opened, changed: &LeafChanged) -> proto::LeafChange {
    let outline = after.outline();
    let index = outline.leaf_index(changed.leaf);
    let item = after.catalog.item(index);
    proto::LeafChange {
        leaf: item.code.clone(),
        name: Some(convert::text(&item.name)),
        unit: after.catalog.measure_of(index).map(|measure| measure.unit.clone()).unwrap_or_default(),
        previous_value: changed.values[0],
        value: changed.values[1],
        change_points: changed.points,
        effects: changed.effects.map(effects),
        coverage_changed: changed.values[0].is_some() != changed.values[1].is_some(),
    }
}

fn unsplit_word(reason: Unsplit) -> &'static str {
    match reason {
        Unsplit::NoScore(absence) => absence_word(absence),
        Unsplit::NotReproduced => "NOT_REPRODUCED",
    }
}
