//! Normalization: one catalog, one threshold set, values by column.

use futures_util::stream::{self, BoxStream, StreamExt};
use tonic::{Request, Response, Status};
use xiuhua_contracts::measure::v1::TextColumn;
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_contracts::normalization::v1::normalization_service_server::NormalizationService;
use xiuhua_contracts::normalization::v1::read_values_response::Part;
use xiuhua_contracts::normalization::v1::treatment::Kind;
use xiuhua_indicators::treatment::Treatment;

use super::{Facts, Fixed, SET, THEN, World};

/// Implements the contract: what is listed is not offered, what is written out is.
macro_rules! normalization_offering_only {
    (not [$($method:ident($request:ty) -> $response:ty;)+] but $($offered:tt)+) => {
        #[tonic::async_trait]
        impl NormalizationService for World {
            $(
                async fn $method(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                    Err(Status::unimplemented(concat!("scoring has no business with ", stringify!($method))))
                }
            )+
            $($offered)+
        }
    };
}

normalization_offering_only! {
    not [
    validate_catalog(wire::ValidateCatalogRequest) -> wire::ValidateCatalogResponse;
    register_catalog(wire::RegisterCatalogRequest) -> wire::RegisterCatalogResponse;
    list_catalogs(wire::ListCatalogsRequest) -> wire::ListCatalogsResponse;
    draw_threshold_set(wire::DrawThresholdSetRequest) -> wire::DrawThresholdSetResponse;
    list_threshold_sets(wire::ListThresholdSetsRequest) -> wire::ListThresholdSetsResponse;

    ] but
    type ReadValuesStream = BoxStream<'static, Result<wire::ReadValuesResponse, Status>>;

    async fn get_catalog(
        &self,
        _: Request<wire::GetCatalogRequest>,
    ) -> Result<Response<wire::GetCatalogResponse>, Status> {
        Ok(Response::new(wire::GetCatalogResponse { catalog: None, toml: self.facts().toml.clone() }))
    }

    async fn get_threshold_set(
        &self,
        request: Request<wire::GetThresholdSetRequest>,
    ) -> Result<Response<wire::GetThresholdSetResponse>, Status> {
        let id = request.into_inner().id;
        // Every name that begins so is another set of the same thresholds.
        if !id.starts_with("set-") {
            return Err(Status::not_found("no such threshold set"));
        }
        let facts = self.facts();
        let threshold_set = wire::ThresholdSet {
            id,
            catalog_id: facts.catalog.id.clone(),
            catalog_version: facts.catalog.version.clone(),
            catalog_hash: facts.catalog.hash.clone(),
            classification_id: THEN.to_owned(),
            period: facts.period.clone(),
            base_periods: facts.base_periods.clone(),
            as_of_position: facts.set_position,
            ..Default::default()
        };
        Ok(Response::new(wire::GetThresholdSetResponse { threshold_set: Some(threshold_set) }))
    }

    async fn list_thresholds(
        &self,
        request: Request<wire::ListThresholdsRequest>,
    ) -> Result<Response<wire::ListThresholdsResponse>, Status> {
        let facts = self.facts();
        let mut rows = Vec::new();
        for kind in &facts.types {
            for leaf in facts.observed_leaves() {
                rows.push(threshold(&facts, kind, leaf));
            }
        }
        // Two rows a page, so that every reader turns pages.
        let from: usize = request.into_inner().page_token.parse().unwrap_or(0);
        let next = if from + 2 < rows.len() { (from + 2).to_string() } else { String::new() };
        let thresholds = rows.into_iter().skip(from).take(2).collect();
        Ok(Response::new(wire::ListThresholdsResponse { thresholds, next_page_token: next }))
    }

    async fn list_sample_members(
        &self,
        _: Request<wire::ListSampleMembersRequest>,
    ) -> Result<Response<wire::ListSampleMembersResponse>, Status> {
        let facts = self.facts();
        let member = |kind: &String, place: &String| wire::SampleMember { r#type: kind.clone(), place_id: place.clone() };
        let of_kind = |(kind, places): (&String, &Vec<String>)| -> Vec<wire::SampleMember> {
            places.iter().map(|place| member(kind, place)).collect()
        };
        let members = facts.samples.iter().flat_map(of_kind).collect();
        Ok(Response::new(wire::ListSampleMembersResponse { members, next_page_token: String::new() }))
    }

    async fn read_values(
        &self,
        request: Request<wire::ReadValuesRequest>,
    ) -> Result<Response<Self::ReadValuesStream>, Status> {
        let asked = request.into_inner();
        let mut facts = self.facts();
        if let Some(failure) = &facts.failure {
            return Err(failure.clone());
        }
        assert!(asked.threshold_set_id.starts_with(&SET[..4]));
        let position = asked.as_of_position.unwrap_or(facts.newest);
        let classification = if asked.classification_id.is_empty() { THEN } else { &asked.classification_id };
        let mut parts = places(&facts, classification);
        for period in &asked.periods {
            for leaf in facts.observed_leaves() {
                parts.push(Part::Column(column(&facts, classification, period, leaf, position)));
            }
        }
        let messages: Vec<_> =
            parts.into_iter().map(|part| Ok(wire::ReadValuesResponse { part: Some(part) })).collect();
        if facts.hangs {
            facts.hung += 1;
            let first = stream::iter(messages).take(1);
            return Ok(Response::new(first.chain(stream::pending()).boxed()));
        }
        Ok(Response::new(stream::iter(messages).boxed()))
    }
}

fn threshold(facts: &Facts, kind: &str, leaf: String) -> wire::Threshold {
    let mut row = wire::Threshold { r#type: kind.to_owned(), leaf, ..Default::default() };
    match facts.thresholds.get(&(row.r#type.clone(), row.leaf.clone())) {
        Some(Fixed::Between(lower, upper)) => {
            row.set_status(wire::ThresholdStatus::Ok);
            (row.lower, row.upper) = (Some(*lower), Some(*upper));
        }
        Some(Fixed::Of(goalposts)) => {
            row.set_status(wire::ThresholdStatus::Ok);
            (row.lower, row.upper) = (Some(goalposts.lower()), Some(goalposts.upper()));
            row.treatment = treatment(goalposts.treatment());
        }
        Some(Fixed::Degenerate) => row.set_status(wire::ThresholdStatus::Degenerate),
        None => row.set_status(wire::ThresholdStatus::NoData),
    }
    row
}

fn treatment(found: Treatment) -> Option<wire::Treatment> {
    let kind = match found {
        Treatment::Untreated => return None,
        Treatment::Winsorised(limits) => Kind::Winsorised(wire::Winsorised {
            lower: limits.lower,
            upper: limits.upper,
            low_points: limits.low_points as u64,
            high_points: limits.high_points as u64,
        }),
        Treatment::Logarithm(found) => {
            Kind::Logarithm(wire::Logarithm { origin: found.origin, mirrored: found.mirrored })
        }
    };
    Some(wire::Treatment { kind: Some(kind) })
}

/// The places, three a message.
fn places(facts: &Facts, classification: &str) -> Vec<Part> {
    let message = |estates: &[super::Estate]| {
        let kinds: Vec<String> = estates.iter().map(|estate| facts.kind_of(estate, classification)).collect();
        Part::Places(wire::TypedPlaces {
            ids: estates.iter().map(|estate| estate.id.clone()).collect(),
            r#type: Some(TextColumn { index: (0..).take(kinds.len()).collect(), dictionary: kinds }),
            places_total: facts.places.len() as u64,
        })
    };
    facts.places.chunks(3).map(message).collect()
}

fn column(
    facts: &Facts,
    classification: &str,
    period: &str,
    leaf: String,
    position: u64,
) -> wire::ValueColumn {
    let mut column = wire::ValueColumn { leaf, period: period.to_owned(), ..Default::default() };
    for (at, estate) in (0..).zip(&facts.places) {
        let Some(value) = facts.effective(&estate.id, &column.leaf, period, position) else { continue };
        let z = facts.z(&facts.kind_of(estate, classification), &column.leaf, value);
        if let Some(of) = facts.imputed.get(&(estate.id.clone(), column.leaf.clone(), period.to_owned())) {
            let entry = column.place.len().try_into().unwrap();
            column.imputed.push(wire::Imputation { entry, ..of.clone() });
        }
        column.place.push(at);
        column.value.push(value);
        column.z_uncapped.push(z);
        column.z.push(z.clamp(0.0, 1.0));
    }
    column
}
