//! Towns as an assessment saw them.

use std::collections::HashSet;

use anyhow::Result;
use xiuhua_contracts::ingestion::v1::ListPlacesRequest;
use xiuhua_contracts::scoring::v1::Assessment;

use crate::platform::Platform;

/// Ids of the places of a town that were on record as of an assessment.
///
/// # Errors
/// If they cannot be read.
pub(crate) async fn places_of(
    platform: &Platform,
    run: &Assessment,
    town_code: &str,
) -> Result<HashSet<String>> {
    let mut found = HashSet::new();
    let mut request = ListPlacesRequest {
        town_code: town_code.to_owned(),
        as_of_position: Some(run.as_of_position),
        page_size: 1000,
        ..ListPlacesRequest::default()
    };
    loop {
        let page = platform.ingestion().list_places(request.clone()).await?.into_inner();
        found.extend(page.places.into_iter().map(|place| place.id));
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}
