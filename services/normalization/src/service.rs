//! The gRPC door: decode, the steps of one call, encode.

mod catalogs;
mod drawing;
mod reading;
mod rolling;
mod series;

use std::sync::Arc;

use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use tonic::{Request, Response, Status};
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_contracts::normalization::v1::normalization_service_server::NormalizationService;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::request_id::{KeyReused, RequestId, Verdict, compare};
use xiuhua_service_kit::status::{Language, refuse, to_status};

use crate::convert::{self, Mutation, PageOf};
use crate::domain::catalog::RegisteredCatalog;
use crate::domain::id::ThresholdSetId;
use crate::error::Error;
use crate::store::{Kept, SharedStore};
use crate::upstream::Lines;

/// The service over its rooms.
#[derive(Clone, Debug)]
pub(crate) struct Normalization {
    rooms: Arc<Rooms>,
}

/// What the service works with.
#[derive(Debug)]
struct Rooms {
    store: SharedStore,
    upstream: Lines,
    clock: SharedClock,
}

impl Normalization {
    /// The service over a store and the services upstream.
    pub(crate) fn new(store: SharedStore, upstream: Lines, clock: SharedClock) -> Self {
        Self { rooms: Arc::new(Rooms { store, upstream, clock }) }
    }
}

impl Rooms {
    /// The answer given before to the same mutation.
    async fn replay<T: prost::Message + Default>(&self, mutation: &Mutation) -> Result<Option<T>, Error> {
        let remembered = self.store.recall(&mutation.request_id).await?;
        answered(compare(remembered, &mutation.fingerprint), &mutation.request_id)
    }

    async fn found_set(&self, id: &ThresholdSetId) -> Result<Kept, Error> {
        self.store.threshold_set(id).await?.ok_or_else(|| Error::NoThresholdSet(id.clone()))
    }

    async fn found_catalog(&self, id: &str, version: Option<&str>) -> Result<RegisteredCatalog, Error> {
        let missing = || Error::NoCatalog { id: id.to_owned(), version: version.map(str::to_owned) };
        self.store.catalog(id, version).await?.ok_or_else(missing)
    }

    async fn threshold_set(
        &self,
        request: wire::GetThresholdSetRequest,
    ) -> Result<wire::GetThresholdSetResponse, Error> {
        let kept = self.found_set(&convert::set_id("id", &request.id)?).await?;
        Ok(wire::GetThresholdSetResponse { threshold_set: Some(convert::threshold_set(&kept.set)) })
    }

    async fn threshold_sets(
        &self,
        request: wire::ListThresholdSetsRequest,
    ) -> Result<wire::ListThresholdSetsResponse, Error> {
        let PageOf { page, after } = convert::set_page(&request)?;
        let mut rows = self.store.threshold_sets(after, page.limit_and_one()).await?;
        let next_page_token = convert::next_sets(&mut rows, &page);
        let threshold_sets = rows.iter().map(|kept| convert::threshold_set(&kept.set)).collect();
        Ok(wire::ListThresholdSetsResponse { threshold_sets, next_page_token })
    }

    async fn thresholds(
        &self,
        request: wire::ListThresholdsRequest,
    ) -> Result<wire::ListThresholdsResponse, Error> {
        let id = convert::set_id("threshold_set_id", &request.threshold_set_id)?;
        let PageOf { page, after } = convert::threshold_page(&request)?;
        let kept = self.found_set(&id).await?;
        let mut rows = self.store.thresholds(kept.number, after, page.limit_and_one()).await?;
        let next_page_token = convert::next_thresholds(&mut rows, &page, &id);
        let thresholds = rows.into_iter().map(|row| convert::threshold(&kept.set, row)).collect();
        Ok(wire::ListThresholdsResponse { thresholds, next_page_token })
    }

    async fn sample_members(
        &self,
        request: wire::ListSampleMembersRequest,
    ) -> Result<wire::ListSampleMembersResponse, Error> {
        let id = convert::set_id("threshold_set_id", &request.threshold_set_id)?;
        let PageOf { page, after } = convert::member_page(&request)?;
        let kept = self.found_set(&id).await?;
        let mut rows = self.store.sample_members(kept.number, after, page.limit_and_one()).await?;
        let next_page_token = convert::next_members(&mut rows, &page, &id);
        let members = rows.into_iter().map(|row| convert::sample_member(&kept.set, row)).collect();
        Ok(wire::ListSampleMembersResponse { members, next_page_token })
    }
}

/// Reads a registered catalog again, off the async threads: a text may have megabytes.
async fn parsed(registered: RegisteredCatalog) -> Result<Catalog, Error> {
    let catalog = tokio::task::spawn_blocking(move || registered.parse()).await?;
    catalog.map_err(Error::CatalogUnreadable)
}

/// The remembered answer, if a mutation was done before.
fn answered<T: prost::Message + Default>(
    verdict: Verdict,
    request_id: &RequestId,
) -> Result<Option<T>, Error> {
    let response = verdict.into_replay(request_id).map_err(|reused: KeyReused| Error::from(reused))?;
    Ok(response.map(|bytes| T::decode(bytes.as_slice())).transpose()?)
}

#[tonic::async_trait]
impl NormalizationService for Normalization {
    async fn validate_catalog(
        &self,
        request: Request<wire::ValidateCatalogRequest>,
    ) -> Result<Response<wire::ValidateCatalogResponse>, Status> {
        self.rooms.validate_catalog(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn register_catalog(
        &self,
        request: Request<wire::RegisterCatalogRequest>,
    ) -> Result<Response<wire::RegisterCatalogResponse>, Status> {
        self.rooms.register_catalog(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_catalog(
        &self,
        request: Request<wire::GetCatalogRequest>,
    ) -> Result<Response<wire::GetCatalogResponse>, Status> {
        self.rooms.catalog(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_catalogs(
        &self,
        request: Request<wire::ListCatalogsRequest>,
    ) -> Result<Response<wire::ListCatalogsResponse>, Status> {
        self.rooms.catalogs(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn draw_threshold_set(
        &self,
        request: Request<wire::DrawThresholdSetRequest>,
    ) -> Result<Response<wire::DrawThresholdSetResponse>, Status> {
        self.rooms.draw_threshold_set(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_threshold_set(
        &self,
        request: Request<wire::GetThresholdSetRequest>,
    ) -> Result<Response<wire::GetThresholdSetResponse>, Status> {
        self.rooms.threshold_set(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_threshold_sets(
        &self,
        request: Request<wire::ListThresholdSetsRequest>,
    ) -> Result<Response<wire::ListThresholdSetsResponse>, Status> {
        self.rooms.threshold_sets(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_thresholds(
        &self,
        request: Request<wire::ListThresholdsRequest>,
    ) -> Result<Response<wire::ListThresholdsResponse>, Status> {
        self.rooms.thresholds(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_sample_members(
        &self,
        request: Request<wire::ListSampleMembersRequest>,
    ) -> Result<Response<wire::ListSampleMembersResponse>, Status> {
        self.rooms.sample_members(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    type ReadValuesStream = BoxStream<'static, Result<wire::ReadValuesResponse, Status>>;

    async fn read_values(
        &self,
        request: Request<wire::ReadValuesRequest>,
    ) -> Result<Response<Self::ReadValuesStream>, Status> {
        // The stream outlives this call, and with it what "the caller's language" refers to.
        let language = Language::current();
        let messages =
            reading::values(Arc::clone(&self.rooms), request.into_inner()).await.map_err(refuse)?;
        Ok(Response::new(messages.map_err(move |error| to_status(&error, language)).boxed()))
    }
}
