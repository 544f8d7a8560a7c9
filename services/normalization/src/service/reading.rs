//! Reading values and dimensionless values: a stream of one period after another.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::threshold::Threshold;

use super::{Rooms, parsed};
use crate::convert;
use crate::domain::gaps::{Neighbours, fill};
use crate::domain::observed::Observed;
use crate::domain::period::Period;
use crate::domain::place_types::PlaceTypes;
use crate::domain::rolling::RolledLeaf;
use crate::domain::threshold_set::lay_out;
use crate::domain::values::{Column, rescale};
use crate::error::Error;

/// The stream of a reading.
pub(super) type Messages = BoxStream<'static, Result<wire::ReadValuesResponse, Error>>;

/// What every period of one reading shares.
struct Measuring {
    catalog: Catalog,
    places: PlaceTypes,
    thresholds: Vec<Vec<Threshold>>,
    as_of_position: u64,
}

/// Reads values period by period. A period is fetched when the one before it has been taken, so one is all that is
/// ever held.
pub(super) async fn values(rooms: Arc<Rooms>, request: wire::ReadValuesRequest) -> Result<Messages, Error> {
    let request = convert::values_request(&request)?;
    let kept = rooms.found_set(&request.set).await?;
    let key = &kept.set.catalog;
    let catalog = parsed(rooms.found_catalog(&key.id, Some(&key.version)).await?).await?;
    let classification = request.classification.as_ref().unwrap_or(&kept.set.classification);
    let places = rooms.upstream.place_types(classification).await?;
    let as_of_position = rooms.upstream.position(request.as_of_position).await?;
    let fixed = rooms.store.thresholds(kept.number, None, i64::MAX).await?;
    let leaf_count = Outline::of(&catalog).leaf_count();
    let thresholds = lay_out(&kept.set, &fixed, places.types(), leaf_count);

    let axis = stream::iter(convert::place_messages(&places)).map(Ok);
    let measuring = Arc::new(Measuring { catalog, places, thresholds, as_of_position });
    let periods = stream::iter(request.periods).then(move |period| {
        let (rooms, measuring) = (Arc::clone(&rooms), Arc::clone(&measuring));
        async move {
            let (columns, rolled) = columns(&rooms, &measuring, &period).await?;
            Ok::<_, Error>(messages(columns, rolled, period))
        }
    });
    Ok(axis.chain(periods.try_flatten()).boxed())
}

/// The columns of a period, and what rolled ones are made of.
async fn columns(
    rooms: &Rooms,
    measuring: &Arc<Measuring>,
    period: &Period,
) -> Result<(Vec<Column>, HashMap<String, RolledLeaf>), Error> {
    let axis = measuring.places.places().to_vec();
    let mut observed = Observed::new(&measuring.catalog, axis, vec![period.clone()]);
    let rolled = rooms.observations(&measuring.catalog, &mut observed, measuring.as_of_position).await?;
    let outline = Outline::of(&measuring.catalog);
    let by_code = |rolled: RolledLeaf| (outline.leaf_item(rolled.leaf).code.clone(), rolled);
    // One period was asked for.
    let rolled = rolled.into_iter().flat_map(HashMap::into_values).map(by_code).collect();
    let period = period.clone();
    let mut neighbours = Neighbours::of(&measuring.catalog, observed.axis(), std::slice::from_ref(&period));
    rooms.upstream.observations(neighbours.observed(), measuring.as_of_position).await?;
    let measuring = Arc::clone(measuring);
    let work = move || {
        let Measuring { catalog, places, thresholds, .. } = &*measuring;
        let filled = fill(catalog, &places.frames(), &period, observed.into_first(), &neighbours)?;
        rescale(catalog, places, thresholds, &filled)
    };
    Ok((tokio::task::spawn_blocking(work).await??, rolled))
}

/// Encodes columns when they are taken.
fn messages(columns: Vec<Column>, rolled: HashMap<String, RolledLeaf>, period: Period) -> Messages {
    let encoded = columns
        .into_iter()
        .flat_map(move |column| convert::column_messages(&period, &column, rolled.get(&column.leaf)));
    stream::iter(encoded).map(Ok).boxed()
}
