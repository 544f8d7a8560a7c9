//! Towns as an assessment saw them.

use anyhow::Result;
use xiuhua_contracts::ingestion::v1::{ListPlacesRequest, Place};
use xiuhua_contracts::scoring::v1::Assessment;

use crate::platform::Platform;

/// Every place of a town that was on record as of an assessment, page by page; an empty code means any town.
///
/// # Errors
/// If they cannot be read.
pub(crate) async fn each_place(
    platform: &Platform,
    run: &Assessment,
    town_code: &str,
    mut each: impl FnMut(Place),
) -> Result<()> {
    let mut request = ListPlacesRequest {
        town_code: town_code.to_owned(),
        as_of_position: Some(run.as_of_position),
        page_size: 1000,
        ..ListPlacesRequest::default()
    };
    loop {
        let page = platform.ingestion().list_places(request.clone()).await?.into_inner();
        page.places.into_iter().for_each(&mut each);
        if page.next_page_token.is_empty() {
            return Ok(());
        }
        request.page_token = page.next_page_token;
    }
}
