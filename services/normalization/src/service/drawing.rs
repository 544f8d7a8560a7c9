//! Drawing a threshold set: samples, base values, thresholds, all kept at once.
//!
//! Source: specification page 1, section 1.4.

use std::sync::Arc;

use prost::Message;
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_service_kit::ids::new_id;
use xiuhua_service_kit::request_id::Remembered;

use super::{Rooms, answered, parsed};
use crate::convert::{self, DrawRequest};
use crate::domain::catalog::CatalogKey;
use crate::domain::gaps::{self, Neighbours};
use crate::domain::id::{PlaceId, ThresholdSetId};
use crate::domain::observed::Observed;
use crate::domain::period::Period;
use crate::domain::place_types::PlaceTypes;
use crate::domain::threshold_set::{Drawing, FixedThreshold, ThresholdSet, TypeSample, fix};
use crate::error::Error;

/// What the thresholds rest on.
struct Base {
    periods: Vec<Period>,
    thresholds: Vec<FixedThreshold>,
}

impl Rooms {
    pub(super) async fn draw_threshold_set(
        &self,
        request: wire::DrawThresholdSetRequest,
    ) -> Result<wire::DrawThresholdSetResponse, Error> {
        let request = convert::draw_request(request)?;
        // A repeat is answered as it was then, whatever is newest by now.
        if let Some(answer) = self.replay(&request.mutation).await? {
            return Ok(answer);
        }
        let drawing = self.draw(&request).await?;
        let answer =
            wire::DrawThresholdSetResponse { threshold_set: Some(convert::threshold_set(&drawing.set)) };
        let remembered = Remembered {
            request_id: request.mutation.request_id.clone(),
            fingerprint: request.mutation.fingerprint,
            response: answer.encode_to_vec(),
        };
        let verdict = self.store.add_threshold_set(drawing, remembered).await?;
        Ok(answered(verdict, &request.mutation.request_id)?.unwrap_or(answer))
    }

    async fn draw(&self, request: &DrawRequest) -> Result<Drawing, Error> {
        let registered = self.found_catalog(&request.catalog_id, request.catalog_version.as_deref()).await?;
        let catalog = Arc::new(parsed(registered).await?);
        let places = self.upstream.place_types(&request.classification).await?;
        let as_of_position = self.upstream.position(request.as_of_position).await?;

        let samples = request.sample.choose(&places).map_err(Error::BadMembers)?;
        let base = self.base(&catalog, &request.period, &places, &samples, as_of_position).await?;
        let set = ThresholdSet {
            id: ThresholdSetId::new(new_id("threshold-set")),
            catalog: CatalogKey { id: catalog.id.clone(), version: catalog.version.clone() },
            catalog_hash: catalog.hash.clone(),
            classification: request.classification.clone(),
            period: request.period.clone(),
            base_periods: base.periods,
            as_of_position,
            sample: request.sample.kind(),
            types: sizes(&places, &samples),
            created_at: self.clock.now(),
        };
        Ok(Drawing { set, members: members(&places, &samples), thresholds: base.thresholds })
    }

    /// Reads the base periods of the sampled places and fixes the thresholds.
    ///
    /// Where no place at all has a value in the window before `period`, the base is `period` itself. Then one period is
    /// all that can be asked for, and no base value counts as short.
    async fn base(
        &self,
        catalog: &Arc<Catalog>,
        period: &Period,
        places: &PlaceTypes,
        samples: &[Vec<usize>],
        as_of_position: u64,
    ) -> Result<Base, Error> {
        // A median is that of all places of a type, so all are looked at where one is asked for.
        let (axis, samples, members) = if gaps::asks_for_medians(catalog) {
            (places.places().to_vec(), samples.to_vec(), places.frames())
        } else {
            let (axis, samples) = sampled_axis(places, samples);
            (axis, samples, Vec::new())
        };
        let window = period.window_before(catalog.base_periods);
        let mut observed = Observed::new(catalog, axis.clone(), window);
        self.observations(catalog, &mut observed, as_of_position).await?;
        let mut periods = observed.periods_on_record();
        let mut asked_periods = usize::try_from(catalog.base_periods).unwrap_or(usize::MAX);
        if periods.is_empty() {
            observed = Observed::new(catalog, axis, vec![period.clone()]);
            self.observations(catalog, &mut observed, as_of_position).await?;
            periods = vec![period.clone()];
            asked_periods = 1;
        }
        let mut neighbours = Neighbours::of(catalog, observed.axis(), &periods);
        self.upstream.observations(neighbours.observed(), as_of_position).await?;
        let catalog = Arc::clone(catalog);
        let base_periods = periods.clone();
        let work = move || {
            let filled = observed.filled(&catalog, &members, &base_periods, &neighbours)?;
            fix(&catalog, &filled, &samples, asked_periods)
        };
        let thresholds = tokio::task::spawn_blocking(work).await??;
        Ok(Base { periods, thresholds })
    }
}

/// An axis of the sampled places alone, and the samples on it: base values of other places are never looked at.
fn sampled_axis(places: &PlaceTypes, samples: &[Vec<usize>]) -> (Vec<PlaceId>, Vec<Vec<usize>>) {
    // A place has one type, so no position appears twice.
    let mut sampled: Vec<usize> = samples.iter().flatten().copied().collect();
    sampled.sort_unstable();
    let moved = |sample: &Vec<usize>| sample.iter().filter_map(|at| sampled.binary_search(at).ok()).collect();
    let moved = samples.iter().map(moved).collect();
    (sampled.into_iter().map(|at| places.places()[at].clone()).collect(), moved)
}

fn sizes(places: &PlaceTypes, samples: &[Vec<usize>]) -> Vec<TypeSample> {
    let of_type = |((type_id, frame), sample): ((&String, Vec<usize>), &Vec<usize>)| TypeSample {
        type_id: type_id.clone(),
        frame: frame.len() as u64,
        members: sample.len() as u64,
    };
    places.types().iter().zip(places.frames()).zip(samples).map(of_type).collect()
}

fn members(places: &PlaceTypes, samples: &[Vec<usize>]) -> Vec<Vec<PlaceId>> {
    let of_type = |sample: &Vec<usize>| sample.iter().map(|&at| places.places()[at].clone()).collect();
    samples.iter().map(of_type).collect()
}
