//! Gathering: everything that one run reads, on the place axis that the values come with.

use std::collections::HashMap;

use tokio::try_join;
use xiuhua_contracts::ingestion::v1 as ingestion;
use xiuhua_contracts::normalization::v1 as normalization;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::rolling::is_before_the_close;
use xiuhua_indicators::threshold::{Goalposts, Threshold};
use xiuhua_service_kit::channel::within;

use super::columns::{Reading, read_values};
use super::{INGESTION, Lines, NORMALIZATION, bad, type_at};
use crate::convert;
use crate::domain::assessment::{Place, Plan};
use crate::domain::id::PlaceId;
use crate::domain::inputs::{BaseReadings, Inputs, PeriodValues};
use crate::domain::period::Period;
use crate::error::Error;

/// Pages of any list: a list longer than this is a service that turns in circles.
const MAX_PAGES: usize = 10_000;
/// Rows of a page.
const PAGE_SIZE: u32 = 1_000;
/// Periods of one reading of values, as the contract allows them.
const PERIODS_A_READING: usize = 64;

impl Lines {
    /// Reads everything that one run reads.
    pub(crate) async fn read_inputs(&self, plan: &Plan, catalog: &Catalog) -> Result<Inputs, Error> {
        let outline = Outline::of(catalog);
        let (thresholds, samples, (run_values, base)) = try_join!(
            self.thresholds(plan, &outline),
            self.samples(plan),
            self.run_and_base(plan, &outline)
        )?;
        let places = self.places(plan, &run_values, &samples).await?;

        let mut periods = run_values.periods;
        let assessed = periods.pop().ok_or_else(|| bad(NORMALIZATION, "no values of the assessed period"))?;
        let previous: Option<PeriodValues> = periods.pop();
        let base = BaseReadings { axis: base.axis, types: base.types, periods: base.periods };
        Ok(Inputs {
            plan: plan.clone(),
            places,
            assessed,
            previous,
            base,
            thresholds,
            samples,
            // Scoring's own, put in by whoever reads the record.
            scheme_weights: None,
        })
    }

    /// Values of the assessed period and the one before it, and of the base periods.
    async fn run_and_base(&self, plan: &Plan, outline: &Outline<'_>) -> Result<(Reading, Reading), Error> {
        let before = previous(plan);
        let periods: Vec<Period> = before.iter().chain([&plan.period]).cloned().collect();
        let set = &plan.threshold_set;
        let base_periods = set.base_periods.clone();
        let further = base_periods.iter().filter(|period| !periods.contains(period));
        let all: Vec<Period> = periods.iter().chain(further).cloned().collect();
        let same_places = plan.classification_id == set.classification_id;
        let same_position = plan.as_of_position == set.as_of_position;
        if !same_places || !same_position || all.len() > PERIODS_A_READING {
            let run = self.values(plan, outline, &plan.classification_id, periods, plan.as_of_position);
            let base = self.values(plan, outline, &set.classification_id, base_periods, set.as_of_position);
            return try_join!(run, base);
        }
        // No period need be read twice.
        let mut read = self.values(plan, outline, &plan.classification_id, all, plan.as_of_position).await?;
        let found = |period: &Period| read.periods.iter().find(|found| found.period == *period).cloned();
        let of_base = base_periods.iter().filter_map(found).collect();
        let base = Reading { axis: read.axis.clone(), types: read.types.clone(), periods: of_base };
        read.periods.truncate(periods.len());
        Ok((read, base))
    }

    async fn thresholds(&self, plan: &Plan, outline: &Outline<'_>) -> Result<Vec<Vec<Threshold>>, Error> {
        let mut found = vec![vec![None; outline.leaf_count()]; plan.types.len()];
        let mut page_token = String::new();
        for _ in 0..MAX_PAGES {
            let request = normalization::ListThresholdsRequest {
                threshold_set_id: plan.threshold_set.id.clone(),
                page_size: PAGE_SIZE,
                page_token,
            };
            let mut client = self.normalization.clone();
            let page =
                within(NORMALIZATION, self.silence, client.list_thresholds(request)).await?.into_inner();
            for row in page.thresholds {
                let type_at = type_at(plan, NORMALIZATION, &row.r#type)?;
                let leaf = outline.leaf_of_code(&row.leaf).ok_or_else(|| {
                    bad(NORMALIZATION, format!("a threshold of the unknown leaf {}", row.leaf))
                })?;
                found[type_at][leaf] = Some(threshold(&row)?);
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return complete(outline, found);
            }
        }
        Err(bad(NORMALIZATION, "a list of thresholds without end"))
    }

    async fn samples(&self, plan: &Plan) -> Result<Vec<Vec<PlaceId>>, Error> {
        let mut samples = vec![Vec::new(); plan.types.len()];
        let mut page_token = String::new();
        for _ in 0..MAX_PAGES {
            let request = normalization::ListSampleMembersRequest {
                threshold_set_id: plan.threshold_set.id.clone(),
                page_size: PAGE_SIZE,
                page_token,
            };
            let mut client = self.normalization.clone();
            let page =
                within(NORMALIZATION, self.silence, client.list_sample_members(request)).await?.into_inner();
            for member in page.members {
                samples[type_at(plan, NORMALIZATION, &member.r#type)?].push(PlaceId::new(member.place_id));
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                samples.iter_mut().for_each(|members| members.sort_unstable());
                return Ok(samples);
            }
        }
        Err(bad(NORMALIZATION, "a list of sample members without end"))
    }

    async fn values(
        &self,
        plan: &Plan,
        outline: &Outline<'_>,
        classification_id: &str,
        periods: Vec<Period>,
        as_of_position: u64,
    ) -> Result<Reading, Error> {
        let request = normalization::ReadValuesRequest {
            threshold_set_id: plan.threshold_set.id.clone(),
            classification_id: classification_id.to_owned(),
            periods: periods.iter().map(|period| period.as_str().to_owned()).collect(),
            as_of_position: Some(as_of_position),
        };
        let mut client = self.normalization.clone();
        let stream = within(NORMALIZATION, self.silence, client.read_values(request)).await?.into_inner();
        read_values(plan, outline, periods, stream, self.silence).await
    }

    /// The places of a reading with what the register knew of them at the run's position.
    async fn places(
        &self,
        plan: &Plan,
        reading: &Reading,
        samples: &[Vec<PlaceId>],
    ) -> Result<Vec<Place>, Error> {
        let mut register = self.register(plan.as_of_position, reading).await?;
        let place = |(id, type_at): (&PlaceId, &Option<usize>)| {
            // A classification can be newer than the run's position: such a place is known by its id alone.
            let known = register.remove(id).unwrap_or_default();
            Place {
                name: known.name,
                town_code: known.town_code,
                town_name: known.town_name,
                committee: known.committee,
                district_code: known.district_code,
                district_name: known.district_name,
                households: known.households,
                type_at: *type_at,
                sampled: type_at.is_some_and(|at| samples[at].binary_search(id).is_ok()),
                id: id.clone(),
            }
        };
        Ok(reading.axis.iter().zip(&reading.types).map(place).collect())
    }

    async fn register(
        &self,
        as_of_position: u64,
        reading: &Reading,
    ) -> Result<HashMap<PlaceId, ingestion::Place>, Error> {
        let request = ingestion::ReadPlacesRequest { as_of_position: Some(as_of_position) };
        let mut client = self.ingestion.clone();
        let mut stream = within(INGESTION, self.silence, client.read_places(request)).await?.into_inner();
        let mut register = HashMap::with_capacity(reading.axis.len());
        while let Some(batch) = within(INGESTION, self.silence, stream.message()).await? {
            for mut place in batch.places {
                let id = PlaceId::new(std::mem::take(&mut place.id));
                if reading.axis.binary_search(&id).is_ok() {
                    // The attributes are a city's own and may be many; nothing here reads them.
                    place.attributes.clear();
                    register.insert(id, place);
                }
            }
        }
        Ok(register)
    }
}

/// The period that changes are taken against: the one before, and of a part of a year under yearly thresholds the same
/// part a year before, as a change of a year is measured by a change of a year.
fn previous(plan: &Plan) -> Option<Period> {
    if is_before_the_close(&plan.period, &plan.threshold_set.base_periods) {
        plan.period.year_before()
    } else {
        plan.period.before()
    }
}

fn threshold(row: &normalization::Threshold) -> Result<Threshold, Error> {
    match (row.status(), row.lower.zip(row.upper)) {
        (normalization::ThresholdStatus::Ok, Some((lower, upper))) => {
            let goalposts = Goalposts::new(lower, upper)
                .map_err(|fault| bad(NORMALIZATION, format!("leaf {}: {fault}", row.leaf)))?;
            let treatment = convert::read_treatment(row).ok_or_else(|| {
                bad(NORMALIZATION, format!("a treatment of leaf {} without figures", row.leaf))
            })?;
            Ok(Threshold::Ok(goalposts.with_treatment(treatment)))
        }
        (normalization::ThresholdStatus::Degenerate, _) => Ok(Threshold::Degenerate),
        (normalization::ThresholdStatus::NoData, _) => Ok(Threshold::NoData),
        _ => Err(bad(NORMALIZATION, format!("a threshold of leaf {} without status or figures", row.leaf))),
    }
}

/// Every observed leaf has a threshold in every type; derived ones come with the run.
fn complete(outline: &Outline<'_>, found: Vec<Vec<Option<Threshold>>>) -> Result<Vec<Vec<Threshold>>, Error> {
    let of_leaf = |(leaf, threshold): (usize, Option<Threshold>)| match threshold {
        Some(threshold) => Ok(threshold),
        None if outline.changing_node(leaf).is_some() => Ok(Threshold::NoData),
        None => Err(bad(NORMALIZATION, format!("no threshold of leaf {}", outline.leaf_item(leaf).code))),
    };
    found.into_iter().map(|leaves| leaves.into_iter().enumerate().map(of_leaf).collect()).collect()
}
