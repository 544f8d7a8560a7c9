//! The register of places.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use prost::Message;
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_service_kit::status::{InvalidRequest, Violation, Violations, refuse};

use super::{Door, Stream, paging};
use crate::convert;
use crate::domain::batch::Position;
use crate::domain::ids::PlaceId;
use crate::domain::place::{MAX_TEXT_CHARS, Place};
use crate::error::{Error, Noun};
use crate::store::PlaceFilter;

/// Places sent at once.
const PLACES_PER_MESSAGE: i64 = 1_000;
/// Places read at once: with all its attributes one may be 300 KiB long.
const PLACES_AT_ONCE: usize = 50;

impl Door {
    pub(super) async fn get_place(
        &self,
        request: &pb::GetPlaceRequest,
    ) -> Result<pb::GetPlaceResponse, Error> {
        let id = convert::id("id", &request.id, PlaceId::new).map_err(InvalidRequest::from)?;
        let as_of = self.as_of(request.as_of_position).await?;
        let place = self.store.place(&id, as_of.position).await?;
        let place = place.ok_or_else(|| Error::NotFound(Noun::Place, id.to_string()))?;
        Ok(pb::GetPlaceResponse { place: Some(convert::place_message(place)) })
    }

    pub(super) async fn list_places(
        &self,
        request: &pb::ListPlacesRequest,
    ) -> Result<pb::ListPlacesResponse, Error> {
        let filter = filter(request)?;
        let binding = format!("places {filter:?} {:?}", request.as_of_position);
        let page = paging::page(request.page_size, &request.page_token, &binding)?;
        // Later pages stay at the position of the first, so that a delivery between them shifts nothing.
        let (position, after) = match &page.after {
            None => (self.as_of(request.as_of_position).await?.position, None),
            Some(key) => {
                let (position, id) = key.split_once(':').ok_or_else(paging::not_ours)?;
                (Position(position.parse().map_err(|_| paging::not_ours())?), Some(id))
            }
        };
        let mut filling = paging::Filling::new(page.limit_and_one(), PLACES_AT_ONCE);
        while let Some(step) = filling.next_step() {
            let after = filling.last().map(String::as_str).or(after);
            let places = self.store.places(&filter, position, after, step).await?;
            filling.take(places.into_iter().map(keyed));
        }
        let (places, next_page_token) = paging::cut(
            filling.rows,
            &page,
            &binding,
            |(id, _)| format!("{}:{id}", position.0),
            |(_, place)| place,
        );
        Ok(pb::ListPlacesResponse { places, next_page_token })
    }

    pub(super) async fn list_place_revisions(
        &self,
        request: &pb::ListPlaceRevisionsRequest,
    ) -> Result<pb::ListPlaceRevisionsResponse, Error> {
        let id = convert::id("id", &request.id, PlaceId::new).map_err(InvalidRequest::from)?;
        let binding = format!("place revisions {id}");
        let page = paging::page(request.page_size, &request.page_token, &binding)?;
        // Later pages stay at the position of the first, so that a withdrawal between them shifts nothing.
        let (position, before) = match paging::numbers(&page)? {
            None => (self.as_of(None).await?.position, None),
            Some([position, before]) => (Position(position), Some(Position(before))),
        };
        let found = self.store.place_revisions(&id, position, before, page.limit_and_one()).await?;
        // Every place has a revision, so a first page without one means that there is no such place.
        if found.is_empty() && before.is_none() {
            return Err(Error::NotFound(Noun::Place, id.to_string()));
        }
        let (revisions, next_page_token) = paging::cut(
            found,
            &page,
            &binding,
            |revision| format!("{}:{}", position.0, revision.position.0),
            convert::place_revision_message,
        );
        Ok(pb::ListPlaceRevisionsResponse { revisions, next_page_token })
    }

    pub(super) async fn read_places(
        &self,
        request: &pb::ReadPlacesRequest,
    ) -> Result<Stream<pb::ReadPlacesResponse>, Error> {
        let position = self.as_of(request.as_of_position).await?.position;
        let store = Arc::clone(&self.store);
        let slices = stream::try_unfold(Some(String::new()), move |after| {
            let store = Arc::clone(&store);
            async move {
                let Some(after) = after else { return Ok::<_, Error>(None) };
                let mut filling = paging::Filling::new(PLACES_PER_MESSAGE, PLACES_AT_ONCE);
                while let Some(step) = filling.next_step() {
                    let after = filling.last().unwrap_or(&after);
                    let places = store.places(&PlaceFilter::default(), position, Some(after), step).await?;
                    filling.take(places.into_iter().map(keyed));
                }
                let places = filling.rows;
                let next = places.last().map(|(id, _)| id.clone());
                Ok(next.map(|next| (places, Some(next))))
            }
        });
        let messages = slices.map_ok(|places| {
            let places = places.into_iter().map(|(_, place)| place).collect();
            let groups = paging::groups(places, usize::MAX, pb::Place::encoded_len);
            stream::iter(groups.into_iter().map(|places| Ok::<_, Error>(pb::ReadPlacesResponse { places })))
        });
        Ok(messages.try_flatten().map_err(refuse).boxed())
    }
}

fn keyed(place: Place) -> (String, pb::Place) {
    (place.id.to_string(), convert::place_message(place))
}

fn filter(request: &pb::ListPlacesRequest) -> Result<PlaceFilter, InvalidRequest> {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut faults = Violations::new();
    for (field, text) in [("town_code", &request.town_code), ("committee", &request.committee)] {
        faults.keep(convert::text_of(field, text, MAX_TEXT_CHARS));
    }
    faults.into_result()?;
    let filter = PlaceFilter { town_code: given(&request.town_code), committee: given(&request.committee) };
    if filter.committee.is_some() && filter.town_code.is_none() {
        let (zh, en) = ("须同时给出街镇代码", "needs a town code beside it");
        return Err(Violation::new("committee", zh, en).into());
    }
    Ok(filter)
}
