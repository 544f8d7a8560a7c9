//! Checking, registering and reading catalogs.

use prost::Message;
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_indicators::catalog::{Catalog, CatalogFaults};
use xiuhua_service_kit::request_id::Remembered;

use super::{Rooms, answered, parsed};
use crate::convert::{self, PageOf, Registration};
use crate::domain::catalog::RegisteredCatalog;
use crate::error::Error;
use crate::store::Added;

impl Rooms {
    pub(super) async fn validate_catalog(
        &self,
        request: wire::ValidateCatalogRequest,
    ) -> Result<wire::ValidateCatalogResponse, Error> {
        let (found, _) = read(convert::toml_text(request.toml)?).await?;
        Ok(match found {
            Ok(catalog) => wire::ValidateCatalogResponse {
                faults: Vec::new(),
                catalog: Some(convert::catalog(&catalog, None)),
            },
            Err(faults) => {
                wire::ValidateCatalogResponse { faults: convert::text_faults(&faults), catalog: None }
            }
        })
    }

    /// Registers a catalog. Its measures go to ingestion first: whoever finds the catalog here can deliver for it.
    pub(super) async fn register_catalog(
        &self,
        request: wire::RegisterCatalogRequest,
    ) -> Result<wire::RegisterCatalogResponse, Error> {
        let Registration { mutation, toml } = convert::registration(request)?;
        if let Some(answer) = self.replay(&mutation).await? {
            return Ok(answer);
        }
        let (found, toml) = read(toml).await?;
        let catalog = found.map_err(Error::CatalogInvalid)?;
        let remembered = |answer: &wire::RegisterCatalogResponse| Remembered {
            request_id: mutation.request_id.clone(),
            fingerprint: mutation.fingerprint,
            response: answer.encode_to_vec(),
        };
        let new = RegisteredCatalog::new(&catalog, toml, self.clock.now());
        if self.store.catalog(&catalog.id, Some(&catalog.version)).await?.is_none() {
            self.upstream.register_measures(&catalog).await?;
            let answer = registered(&catalog, &new);
            match self.store.add_catalog(new.clone(), remembered(&answer)).await? {
                Added::Done(verdict) => return Ok(answered(verdict, &mutation.request_id)?.unwrap_or(answer)),
                // Someone else was quicker; what they registered is judged below.
                Added::Taken => {}
            }
        }
        let known = self.found_catalog(&catalog.id, Some(&catalog.version)).await?;
        if known.entry.hash != catalog.hash {
            return Err(Error::CatalogDiffers(known.entry.key));
        }
        let answer = registered(&catalog, &known);
        let verdict = self.store.remember(remembered(&answer)).await?;
        Ok(answered(verdict, &mutation.request_id)?.unwrap_or(answer))
    }

    pub(super) async fn catalog(
        &self,
        request: wire::GetCatalogRequest,
    ) -> Result<wire::GetCatalogResponse, Error> {
        let (id, version) = convert::catalog_name(&request)?;
        let registered = self.found_catalog(&id, version.as_deref()).await?;
        let (at, toml) = (registered.entry.registered_at, registered.toml.clone());
        let catalog = parsed(registered).await?;
        Ok(wire::GetCatalogResponse { catalog: Some(convert::catalog(&catalog, Some(at))), toml })
    }

    pub(super) async fn catalogs(
        &self,
        request: wire::ListCatalogsRequest,
    ) -> Result<wire::ListCatalogsResponse, Error> {
        let PageOf { page, after } = convert::catalog_page(&request)?;
        let mut rows = self.store.catalogs(after, page.limit_and_one()).await?;
        let next_page_token = convert::next_catalogs(&mut rows, &page);
        let catalogs = rows.iter().map(|(_, entry)| convert::catalog_entry(entry)).collect();
        Ok(wire::ListCatalogsResponse { catalogs, next_page_token })
    }
}

/// Reads a text off the async threads and gives it back.
async fn read(toml: String) -> Result<(Result<Catalog, CatalogFaults>, String), Error> {
    Ok(tokio::task::spawn_blocking(move || (Catalog::parse(&toml), toml)).await?)
}

fn registered(catalog: &Catalog, kept: &RegisteredCatalog) -> wire::RegisterCatalogResponse {
    let catalog = convert::catalog(catalog, Some(kept.entry.registered_at));
    wire::RegisterCatalogResponse { catalog: Some(catalog) }
}
