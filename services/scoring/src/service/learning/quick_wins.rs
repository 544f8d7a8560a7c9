//! `GetQuickWins`: what each indicator of a place would bring.

use std::sync::Arc;

use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::catalog::{Catalog, Direction};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::quick_wins::{Goal, NoStep};

use super::score_at;
use crate::convert;
use crate::domain::quick_wins::{Method, RankedWin, wins};
use crate::error::Error;
use crate::service::{Scoring, must_name};
use crate::store::StoreError;

impl Scoring {
    pub(super) async fn quick_wins(
        &self,
        request: proto::GetQuickWinsRequest,
    ) -> Result<proto::GetQuickWinsResponse, Error> {
        must_name(&[("assessment_id", &request.assessment_id), ("place_id", &request.place_id)])?;
        let opened = self.open(&request.assessment_id).await?;
        let node_at = opened.node_at(&request.node)?;
        let place = self.place(&opened, &request.place_id).await?;
        let scores = self.store.place_scores(opened.run, &place.id).await?;
        let shown =
            score_at(&scores, node_at).map(|score| convert::node_score(&opened.outline(), node_at, score));
        let shown = shown.unwrap_or_default();
        let mut answer = proto::GetQuickWinsResponse {
            r#type: convert::type_name(opened.plan(), place.type_at),
            score: shown.score,
            absence_reason: shown.absence_reason,
            rank: shown.rank,
            wins: Vec::new(),
        };
        // An unclassified place is measured by nothing.
        let Some(type_at) = place.type_at else { return Ok(answer) };
        let record = self.type_record(&opened, type_at).await?;
        let method = self.type_method(&opened, type_at).await?;
        let leaves = self.store.place_leaves(opened.run, &place.id).await?;
        let at = record.position(&place.id);
        let at = at.ok_or(StoreError::Corrupt("a place that its type does not have"))?;
        let catalog = Arc::clone(&opened.catalog);
        let computing = tokio::task::spawn_blocking(move || {
            let measured =
                Method { catalog: &catalog, thresholds: &method.thresholds, weights: &method.weights };
            let found = wins(&measured, &record, at, &leaves, node_at)?;
            let values = record.values_of(at);
            let told = |win: RankedWin| told(&catalog, values[win.win.leaf], win);
            Ok::<_, Error>(found.map(|wins| wins.into_iter().map(told).collect()).unwrap_or_default())
        });
        answer.wins = computing.await??;
        Ok(answer)
    }
}

fn told(catalog: &Catalog, value: Option<f64>, ranked: RankedWin) -> proto::QuickWin {
    let outline = Outline::of(catalog);
    let index = outline.leaf_index(ranked.win.leaf);
    let item = catalog.item(index);
    let (steps, no_step) = match ranked.win.steps {
        Ok(steps) => (steps, String::new()),
        Err(reason) => (Vec::new(), reason_word(reason).to_owned()),
    };
    let step = |(step, rank): (xiuhua_indicators::quick_wins::Step, usize)| proto::QuickWinStep {
        goal: goal_word(step.goal).to_owned(),
        target: step.target,
        change: step.change,
        score: step.score,
        gain_points: step.gain,
        gain_points_per_unit: step.gain_per_unit,
        rank: u32::try_from(rank).unwrap_or(u32::MAX),
    };
    proto::QuickWin {
        leaf: item.code.clone(),
        name: Some(convert::text(&item.name)),
        unit: catalog.measure_of(index).map(|measure| measure.unit.clone()).unwrap_or_default(),
        inverse: catalog.leaf(index).is_some_and(|leaf| leaf.direction == Direction::Inverse),
        value,
        steps: steps.into_iter().zip(ranked.ranks).map(step).collect(),
        no_step,
    }
}

fn goal_word(goal: Goal) -> &'static str {
    match goal {
        Goal::NextLevel => "NEXT_LEVEL",
        Goal::Median => "MEDIAN",
        Goal::BestQuarter => "BEST_QUARTER",
    }
}

fn reason_word(reason: NoStep) -> &'static str {
    match reason {
        NoStep::LeftOut => "LEFT_OUT",
        NoStep::Derived => "DERIVED",
        NoStep::Missing => "MISSING",
        NoStep::AtBest => "AT_BEST",
        NoStep::AheadOfType => "AHEAD_OF_TYPE",
        NoStep::NoEffect => "NO_EFFECT",
    }
}
