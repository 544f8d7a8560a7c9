//! Walk-back and diagnosis.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::imputation::imputes;
use xiuhua_indicators::rolling::{Roll, Take, closed_year, window, year_behind};
use xiuhua_indicators::threshold::Threshold;

use super::{Opened, Scoring, must_name};
use crate::convert;
use crate::domain::assessment::Place;
use crate::domain::imputation::Imputation;
use crate::domain::period::Period;
use crate::domain::results::{ItemWeight, LeafValue};
use crate::domain::walk_back::Measured;
use crate::error::Error;
use crate::store::ThresholdUsed;
use crate::upstream::ValueKey;

/// Statements shown behind one value.
const STATEMENTS: u32 = 20;
/// Questions to ingestion at a time.
const QUESTIONS_AT_A_TIME: usize = 8;

/// A place, and how its type was measured; nothing of the latter where it is unclassified.
struct PlaceMeasured {
    place: Place,
    leaves: Vec<(usize, LeafValue)>,
    /// What the values of leaves were made of that nobody delivered.
    imputed: BTreeMap<usize, Imputation>,
    thresholds: Vec<ThresholdUsed>,
    weights: Vec<ItemWeight>,
}

impl Scoring {
    pub(super) async fn explain(
        &self,
        request: proto::ExplainScoreRequest,
    ) -> Result<proto::ExplainScoreResponse, Error> {
        must_name(&[("assessment_id", &request.assessment_id), ("place_id", &request.place_id)])?;
        let opened = self.open(&request.assessment_id).await?;
        let node_at = opened.node_at(&request.node)?;
        let measured = self.measured(&opened, &request.place_id).await?;
        let scores = self.store.place_scores(opened.run, &measured.place.id).await?;
        let observations = self.observations(&opened, &measured, node_at).await?;

        let outline = opened.outline();
        let below = outline.leaves_below(node_at);
        let contributions = measured.on(&opened).contributions(node_at)?;
        let leaves = below
            .zip(observations)
            .map(|(leaf_at, observations)| {
                let explanation = measured.leaf(&opened, leaf_at, contributions[leaf_at]);
                proto::LeafExplanation { observations, ..explanation }
            })
            .collect();
        let node = |at: usize| scores.get(at).map(|score| convert::node_score(&outline, at, score));
        Ok(proto::ExplainScoreResponse {
            assessment: Some(convert::assessment(&opened.assessment)),
            place_id: measured.place.id.to_string(),
            r#type: convert::type_name(opened.plan(), measured.place.type_at),
            place_name: measured.place.name,
            score: node(node_at),
            nodes: nodes_below(&opened, node_at).into_iter().filter_map(node).collect(),
            leaves,
        })
    }

    pub(super) async fn diagnose(
        &self,
        request: proto::DiagnosePlaceRequest,
    ) -> Result<proto::DiagnosePlaceResponse, Error> {
        must_name(&[("assessment_id", &request.assessment_id), ("place_id", &request.place_id)])?;
        let opened = self.open(&request.assessment_id).await?;
        let node_at = opened.node_at(&request.node)?;
        let measured = self.measured(&opened, &request.place_id).await?;
        let outline = opened.outline();
        let mut medians = vec![None; outline.leaf_count()];
        for threshold in &measured.thresholds {
            medians[threshold.leaf_at] = threshold.median_z;
        }
        let loss = |loss: &xiuhua_indicators::diagnosis::Loss| {
            let z = measured.value(loss.leaf).and_then(|leaf| leaf.z)?;
            let item = outline.leaf_item(loss.leaf);
            Some(proto::Loss {
                leaf: item.code.clone(),
                name: Some(convert::text(&item.name)),
                z: z.capped,
                median_z: medians[loss.leaf]?,
                loss_points: loss.points,
                common: loss.common,
            })
        };
        let losses = measured.on(&opened).losses(node_at, &medians)?;
        Ok(proto::DiagnosePlaceResponse {
            r#type: convert::type_name(opened.plan(), measured.place.type_at),
            losses: losses.iter().filter_map(loss).collect(),
        })
    }

    async fn measured(&self, opened: &Opened, place_id: &str) -> Result<PlaceMeasured, Error> {
        let place = self.place(opened, place_id).await?;
        let leaves = self.store.place_leaves(opened.run, &place.id).await?;
        let mut imputed = BTreeMap::new();
        if imputes(&opened.outline()) {
            let rows = self.store.imputations_between(opened.run, &place.id, &place.id).await?;
            imputed.extend(rows.into_iter().map(|(_, leaf_at, imputation)| (leaf_at, imputation)));
        }
        let (mut thresholds, mut weights) = (Vec::new(), Vec::new());
        match place.type_at {
            Some(type_at) => {
                thresholds = self.store.type_thresholds(opened.run, type_at).await?;
                let rows = self.store.weights(opened.run, Some(type_at), None, i64::MAX).await?;
                weights.extend(rows.into_iter().map(|row| row.weight));
            }
            // An unclassified place is measured by nothing: the catalog's weights stand, none is in force.
            None => weights.extend(
                opened.catalog.items.iter().map(|item| ItemWeight { catalog: item.weight, in_force: 0.0 }),
            ),
        }
        Ok(PlaceMeasured { place, leaves, imputed, thresholds, weights })
    }

    /// The statements behind the values of the leaves below a node, in catalog order; behind an imputed one those that
    /// it was made of, and none behind a median, which is no statement about the place.
    async fn observations(
        &self,
        opened: &Opened,
        measured: &PlaceMeasured,
        node_at: usize,
    ) -> Result<Vec<Vec<proto::ObservedValue>>, Error> {
        let outline = opened.outline();
        let plan = opened.plan();
        let questions: Vec<(&str, Vec<Period>)> = outline
            .leaves_below(node_at)
            .map(|leaf_at| {
                let found =
                    opened.catalog.measure_of(outline.leaf_index(leaf_at)).zip(measured.value(leaf_at));
                let Some((measure, value)) = found else { return ("", Vec::new()) };
                let rolled = value.rolled.and(measure.roll);
                (measure.id.as_str(), measured.periods_behind(leaf_at, &plan.period, measure.roll, rolled))
            })
            .collect();
        let ask = async |question: (&str, Vec<Period>)| -> Result<Vec<proto::ObservedValue>, Error> {
            let (measure_id, periods) = question;
            let mut statements = Vec::new();
            // Of a value made of many, less of each.
            let each = STATEMENTS / u32::try_from(periods.len().max(1)).unwrap_or(STATEMENTS);
            for period in &periods {
                let place = &measured.place.id;
                let key = ValueKey { place, measure_id, period, as_of_position: plan.as_of_position };
                let revisions = self.upstream.observation_revisions(key, each.max(1)).await?;
                statements.extend(revisions.into_iter().map(convert::observed));
            }
            Ok(statements)
        };
        stream::iter(questions).map(ask).buffered(QUESTIONS_AT_A_TIME).try_collect().await
    }
}

impl PlaceMeasured {
    fn on<'a>(&'a self, opened: &'a Opened) -> Measured<'a> {
        Measured { catalog: &opened.catalog, weights: &self.weights, leaves: &self.leaves }
    }

    fn value(&self, leaf_at: usize) -> Option<LeafValue> {
        self.leaves.iter().find(|(at, _)| *at == leaf_at).map(|(_, value)| *value)
    }

    /// The periods in which the place was observed for its value at a leaf: the assessed one, those that a gap was filled
    /// from, or what a rolled value is made of, newest first.
    fn periods_behind(
        &self,
        leaf_at: usize,
        assessed: &Period,
        roll: Option<Roll>,
        rolled: Option<Roll>,
    ) -> Vec<Period> {
        if let Some(imputation) = self.imputed.get(&leaf_at) {
            let neighbours = imputation.earlier().into_iter().chain(imputation.later());
            return neighbours.map(|neighbour| neighbour.period.clone()).collect();
        }
        if let Some(rolled) = rolled {
            // The state of a year stands for its end, where a latest state is asked for.
            let year = |period: &Period| year_behind(period).filter(|_| rolled.take == Take::Latest);
            let with_year = |period: Period| year(&period).into_iter().chain([period]);
            let newest_first = window(assessed, rolled.from).into_iter().rev().flat_map(with_year);
            return newest_first.take(usize::try_from(STATEMENTS).unwrap_or(usize::MAX)).collect();
        }
        // What was delivered for the year that a month closes.
        let closed = roll.and_then(|_| closed_year(assessed));
        vec![closed.unwrap_or_else(|| assessed.clone())]
    }

    /// Everything about one leaf but its observations.
    fn leaf(&self, opened: &Opened, leaf_at: usize, contribution: Option<f64>) -> proto::LeafExplanation {
        let outline = opened.outline();
        let index = outline.leaf_index(leaf_at);
        let item = opened.catalog.item(index);
        let value = self.value(leaf_at);
        let change = value.and_then(|value| value.change);
        let rolled = value.and_then(|value| value.rolled);
        let threshold = self
            .thresholds
            .iter()
            .find(|row| row.leaf_at == leaf_at)
            .map_or(Threshold::NoData, |row| row.threshold);
        let weight = self.weights.get(index.0);
        let inverse = opened
            .catalog
            .leaf(index)
            .is_some_and(|leaf| leaf.direction == xiuhua_indicators::catalog::Direction::Inverse);
        proto::LeafExplanation {
            leaf: item.code.clone(),
            name: Some(convert::text(&item.name)),
            unit: opened.catalog.measure_of(index).map(|measure| measure.unit.clone()).unwrap_or_default(),
            inverse,
            value: value.and_then(|value| value.value),
            lower: threshold.goalposts().map(|goalposts| goalposts.lower()),
            upper: threshold.goalposts().map(|goalposts| goalposts.upper()),
            threshold_status: convert::status_word(threshold).to_owned(),
            z_uncapped: value.and_then(|value| value.z).map(|z| z.raw),
            z: value.and_then(|value| value.z).map(|z| z.capped),
            catalog_weight: weight.map_or(item.weight, |weight| weight.catalog),
            weight: weight.map_or(0.0, |weight| weight.in_force),
            contribution,
            sampled: self.place.sampled,
            observations: Vec::new(),
            change_of: outline
                .changing_node(leaf_at)
                .map(|node| outline.node_item(node).code.clone())
                .unwrap_or_default(),
            previous_score: change.and_then(|change| change.previous),
            current_score: change.and_then(|change| change.current),
            imputation: self.imputed.get(&leaf_at).map(convert::imputation),
            treatment: convert::treatment(threshold),
            treated_value: convert::treated_value(threshold, value.and_then(|value| value.value)),
            rolled_on_record: rolled.map(|rolled| rolled.on_record),
            rolled_window: rolled.map(|rolled| rolled.window),
            rolled_short: rolled.is_some_and(|rolled| rolled.on_record < rolled.window),
        }
    }
}

/// Positions of the nodes below a node, in catalog order.
fn nodes_below(opened: &Opened, node_at: usize) -> Vec<usize> {
    let outline = opened.outline();
    let top = outline.node_index(node_at);
    let is_below = |node: &usize| {
        let mut parent = outline.node_item(*node).parent;
        while let Some(index) = parent {
            if index == top {
                return true;
            }
            parent = opened.catalog.item(index).parent;
        }
        false
    };
    (0..outline.node_count()).filter(is_below).collect()
}
