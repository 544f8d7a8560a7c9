//! Months one after another: a stream of one month after the other, so one is all that is ever held.

use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use tonic::{Request, Response, Status};
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_contracts::normalization::v1::series_service_server::SeriesService;
use xiuhua_indicators::catalog::{Catalog, Measure};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::rolling::Step;
use xiuhua_service_kit::status::{Language, refuse, to_status};

use super::{Normalization, Rooms, parsed};
use crate::convert;
use crate::domain::observed::Observed;
use crate::domain::period::Period;
use crate::domain::place_types::PlaceTypes;
use crate::domain::rolling::{RollingLeaves, month_column};
use crate::error::Error;

type Messages = BoxStream<'static, Result<wire::ReadSeriesResponse, Error>>;

/// What every month of one reading shares.
struct Following {
    catalog: Catalog,
    leaves: RollingLeaves,
    places: PlaceTypes,
    as_of_position: u64,
}

async fn series(rooms: Arc<Rooms>, request: wire::ReadSeriesRequest) -> Result<Messages, Error> {
    let request = convert::series_request(&request)?;
    let version = request.catalog_version.as_deref();
    let catalog = parsed(rooms.found_catalog(&request.catalog_id, version).await?).await?;
    let places = rooms.upstream.place_types(&request.classification).await?;
    let as_of_position = rooms.upstream.position(request.as_of_position).await?;
    let leaves = RollingLeaves::of(&catalog);
    let axis = stream::iter(convert::series_places(&places)).map(Ok);
    let following = Arc::new(Following { catalog, leaves, places, as_of_position });
    let months = stream::iter(request.months).then(move |month| {
        let (rooms, following) = (Arc::clone(&rooms), Arc::clone(&following));
        async move {
            let columns = month_columns(&rooms, &following, &month).await?;
            Ok::<_, Error>(stream::iter(columns.into_iter().map(Ok)).boxed())
        }
    });
    Ok(axis.chain(months.try_flatten()).boxed())
}

async fn month_columns(
    rooms: &Rooms,
    following: &Following,
    month: &Period,
) -> Result<Vec<wire::ReadSeriesResponse>, Error> {
    let mut read = Vec::new();
    for (step, periods) in [(Step::Month, vec![month.clone()]), (Step::Day, month.days())] {
        if following.leaves.come_by(step) {
            let comes_so = |measure: &Measure| measure.roll.is_some_and(|roll| roll.from == step);
            let axis = following.places.places().to_vec();
            let mut observed = Observed::of_measures(&following.catalog, axis, periods, comes_so);
            rooms.upstream.observations(&mut observed, following.as_of_position).await?;
            read.push((step, observed));
        }
    }
    let outline = Outline::of(&following.catalog);
    let mut messages = Vec::new();
    for &(leaf, roll) in following.leaves.each() {
        let observed = read.iter().find(|(step, _)| *step == roll.from).map(|(_, observed)| observed);
        let values = observed.map(|observed| month_column(observed, leaf, roll)).unwrap_or_default();
        messages.extend(convert::series_column(month, &outline.leaf_item(leaf).code, &values));
    }
    Ok(messages)
}

#[tonic::async_trait]
impl SeriesService for Normalization {
    type ReadSeriesStream = BoxStream<'static, Result<wire::ReadSeriesResponse, Status>>;

    async fn read_series(
        &self,
        request: Request<wire::ReadSeriesRequest>,
    ) -> Result<Response<Self::ReadSeriesStream>, Status> {
        // The stream outlives this call, and with it what "the caller's language" refers to.
        let language = Language::current();
        let messages = series(Arc::clone(&self.rooms), request.into_inner()).await.map_err(refuse)?;
        Ok(Response::new(messages.map_err(move |error| to_status(&error, language)).boxed()))
    }
}
