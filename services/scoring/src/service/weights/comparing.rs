//! Schemes side by side: their weights, and what they do to the ranks of one assessment.

use std::sync::Arc;

use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::threshold::ThresholdStatus;
use xiuhua_service_kit::status::Violation;

use super::Weights;
use super::making::Values;
use crate::domain::id::PlaceId;
use crate::domain::scheme_effect::{Effect, Moved, Weighable, compare};
use crate::error::Error;
use crate::service::{Opened, Scoring, must_name};

/// Schemes compared at once.
const MOST_SCHEMES: usize = 8;
/// Movers named per scheme and type, and at most.
const MOVERS: u32 = 10;
const MOST_MOVERS: u32 = 100;

impl Weights {
    pub(super) async fn compare(
        &self,
        request: proto::CompareWeightSchemesRequest,
    ) -> Result<proto::CompareWeightSchemesResponse, Error> {
        must_name(&[("assessment_id", &request.assessment_id)])?;
        if !(1..=MOST_SCHEMES).contains(&request.schemes.len()) {
            let (zh, en) =
                (format!("须为 1 至 {MOST_SCHEMES} 个方案"), format!("must be 1 to {MOST_SCHEMES} schemes"));
            return Err(Violation::new("schemes", zh, en).into());
        }
        let movers = if request.movers == 0 { MOVERS } else { request.movers.min(MOST_MOVERS) };
        let opened = self.0.open(&request.assessment_id).await?;
        let (mut names, mut weights) = (Vec::new(), Vec::new());
        for name in &request.schemes {
            let (name, found) = self.named_weights(name, opened.plan(), &opened.catalog).await?;
            names.push(name);
            weights.push(found);
        }
        let seat = self.0.weighing.free_seat().ok_or(Error::Weighing)?;
        let Values { places, types, z } = self.0.values(&opened).await?;
        let statuses = self.0.statuses(&opened).await?;
        let catalog = Arc::clone(&opened.catalog);
        let compared = compared_weights(&opened, &weights);
        let work = move || {
            let record = Weighable { types, z, statuses };
            compare(&catalog, &record, &weights, movers as usize)
        };
        let (effects, _seat) = seat.compute(work).await?;
        let effects = effects?;
        let mut shifts = Vec::new();
        for (name, effects) in names.iter().skip(1).zip(effects) {
            for effect in effects {
                shifts.push(self.shift(&opened, &places, name, &effect).await?);
            }
        }
        Ok(proto::CompareWeightSchemesResponse { schemes: names, weights: compared, shifts })
    }

    async fn shift(
        &self,
        opened: &Opened,
        places: &[PlaceId],
        scheme: &str,
        effect: &Effect,
    ) -> Result<proto::RankShift, Error> {
        let mut movers = Vec::with_capacity(effect.movers.len());
        for moved in &effect.movers {
            movers.push(self.mover(opened, &places[moved.place], moved).await?);
        }
        let shift = &effect.shift;
        Ok(proto::RankShift {
            scheme: scheme.to_owned(),
            r#type: opened.plan().type_name(effect.type_at).to_owned(),
            places: shift.places as u64,
            mean_shift: shift.mean,
            max_shift: shift.greatest as u64,
            spearman: shift.spearman,
            entering_top: shift.entering as u64,
            leaving_top: shift.leaving as u64,
            movers,
        })
    }

    async fn mover(&self, opened: &Opened, place: &PlaceId, moved: &Moved) -> Result<proto::Mover, Error> {
        let name = self.0.store.place(opened.run, place).await?.map(|place| place.name);
        Ok(proto::Mover {
            place_id: place.to_string(),
            place_name: name.unwrap_or_default(),
            first_rank: moved.first.0 as u64,
            rank: moved.second.0 as u64,
            first_score: moved.first.1,
            score: moved.second.1,
        })
    }
}

impl Scoring {
    /// Statuses of thresholds by type and leaf position.
    async fn statuses(&self, opened: &Opened) -> Result<Vec<Vec<ThresholdStatus>>, Error> {
        let leaves = opened.outline().leaf_count();
        let mut statuses = vec![vec![ThresholdStatus::NoData; leaves]; opened.plan().types.len()];
        for row in self.store.thresholds(opened.run, None, i64::MAX).await? {
            let cell = statuses.get_mut(row.type_at).and_then(|leaves| leaves.get_mut(row.leaf_at));
            if let Some(cell) = cell {
                *cell = row.threshold.status();
            }
        }
        Ok(statuses)
    }
}

fn compared_weights(opened: &Opened, weights: &[Vec<Vec<f64>>]) -> Vec<proto::ComparedWeight> {
    let mut compared = Vec::new();
    for (type_at, name) in opened.plan().types.iter().enumerate() {
        for (item_at, item) in opened.catalog.items.iter().enumerate() {
            compared.push(proto::ComparedWeight {
                r#type: name.clone(),
                code: item.code.clone(),
                weights: weights.iter().map(|scheme| scheme[type_at][item_at]).collect(),
            });
        }
    }
    compared
}
