//! Portraits: what the register and the classification of a run say of the places of one type.

use std::collections::BTreeMap;

use xiuhua_contracts::classification::v1 as classification;
use xiuhua_contracts::ingestion::v1 as ingestion;
use xiuhua_service_kit::channel::within;

use super::{CLASSIFICATION, INGESTION, Lines, bad};
use crate::domain::assessment::Plan;
use crate::domain::endowment::Portrait;
use crate::domain::id::PlaceId;
use crate::error::Error;

/// Pages of any list: a list longer than this is a service that turns in circles.
const MAX_PAGES: usize = 10_000;
/// Rows of a page.
const PAGE_SIZE: u32 = 1_000;

/// Portraits by place.
pub(crate) type Portraits = BTreeMap<PlaceId, Portrait>;

impl Lines {
    /// The places of one type, as of the run's classification and position.
    pub(crate) async fn portraits(&self, plan: &Plan, type_at: usize) -> Result<Portraits, Error> {
        let mut portraits = self.labels(plan, type_at).await?;
        let request = ingestion::ReadPlacesRequest { as_of_position: Some(plan.as_of_position) };
        let mut client = self.ingestion.clone();
        let mut stream = within(INGESTION, self.silence, client.read_places(request)).await?.into_inner();
        while let Some(batch) = within(INGESTION, self.silence, stream.message()).await? {
            for place in batch.places {
                // A classification can be newer than the run's position: such a place is known by its labels alone.
                if let Some(portrait) = portraits.get_mut(&PlaceId::new(place.id.as_str())) {
                    draw(portrait, &place);
                }
            }
        }
        Ok(portraits)
    }

    /// The places that the classification puts into the type, with their labels.
    async fn labels(&self, plan: &Plan, type_at: usize) -> Result<Portraits, Error> {
        let mut portraits = Portraits::new();
        let mut page_token = String::new();
        for _ in 0..MAX_PAGES {
            let request = classification::ListPlaceClassesRequest {
                classification_id: plan.classification_id.clone(),
                r#type: plan.type_name(type_at).to_owned(),
                page_size: PAGE_SIZE,
                page_token,
            };
            let mut client = self.classification.clone();
            let asking = client.list_place_classes(request);
            let page = within(CLASSIFICATION, self.silence, asking).await?.into_inner();
            for found in page.place_classes {
                let labels = found.labels.into_iter().filter(|label| label.degree.is_finite());
                let labels = labels.map(|label| (label.label, label.degree.clamp(0.0, 1.0))).collect();
                portraits.insert(PlaceId::new(found.place_id), Portrait { labels, ..Portrait::default() });
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(portraits);
            }
        }
        Err(bad(CLASSIFICATION, "a list of places without end"))
    }
}

/// Adds the numbers of the register.
fn draw(portrait: &mut Portrait, place: &ingestion::Place) {
    for (column, text) in &place.attributes {
        portrait.add(column, text);
    }
    for (column, count) in [("households", place.households), ("population", place.population)] {
        if let Some(count) = count {
            portrait.add(column, &count.to_string());
        }
    }
}
