//! The door of weight schemes: what is made, read, compared, adopted. It shares the record with scoring's own door.

mod comparing;
mod deciding;
mod making;
mod refusal;

use tonic::{Request, Response, Status};
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_contracts::scoring::v1::weight_service_server::WeightService;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::weight::declared_weights;
use xiuhua_service_kit::page;
use xiuhua_service_kit::status::refuse;

pub(super) use self::refusal::refused;
use super::Scoring;
use crate::convert;
use crate::domain::assessment::Plan;
use crate::domain::weight_scheme::{CATALOG, DecidedScheme, SchemeName, WeightScheme, scheme_hash};
use crate::error::Error;
use crate::store::{SchemeNumber, SharedStore, StoreError};

/// Weight schemes' door.
#[derive(Clone, Debug)]
pub(crate) struct Weights(pub(crate) Scoring);

/// The weights of a scheme by type and item, as they are on record.
///
/// # Errors
/// [`Error`] if the record fails or does not have one weight for every type and item.
pub(crate) async fn weights_on_record(
    store: &SharedStore,
    number: SchemeNumber,
    catalog: &Catalog,
    types: usize,
) -> Result<Vec<Vec<f64>>, Error> {
    let rows = store.scheme_weights(number, None, None, i64::MAX).await?;
    let items = catalog.items.len();
    let complete = rows.len() == types * items
        && rows.iter().enumerate().all(|(at, row)| (row.type_at, row.item_at) == (at / items, at % items));
    if !complete {
        return Err(Error::Store(StoreError::Corrupt("scheme_weights")));
    }
    Ok(rows.chunks(items).map(|rows| rows.iter().map(|row| row.weight).collect()).collect())
}

/// The weights that a plan's scheme gives, with the hash of what is on record; `None` where the catalog's own are used.
///
/// # Errors
/// [`Error`] if the record fails or has no such scheme.
pub(crate) async fn weights_of_plan(
    store: &SharedStore,
    plan: &Plan,
    catalog: &Catalog,
) -> Result<Option<(Vec<Vec<f64>>, String)>, Error> {
    let Some(used) = &plan.weight_scheme else { return Ok(None) };
    let version = used.version.parse().ok();
    let name = SchemeName { id: used.id.clone(), version };
    let found = store.scheme(&name).await?;
    let (number, _) =
        found.ok_or(Error::Store(StoreError::Corrupt("an assessment without its weight scheme")))?;
    let weights = weights_on_record(store, number, catalog, plan.types.len()).await?;
    let hash = scheme_hash(catalog, &plan.types, &weights);
    Ok(Some((weights, hash)))
}

impl Scoring {
    /// A scheme by its name.
    pub(super) async fn scheme(&self, name: &str) -> Result<(SchemeNumber, DecidedScheme), Error> {
        let missing = || Error::NoWeightScheme(name.to_owned());
        let parsed = SchemeName::parse(name).ok_or_else(missing)?;
        self.store.scheme(&parsed).await?.ok_or_else(missing)
    }

    /// The scheme that a plan is to weigh with: the one named, the one adopted for its catalog, or none.
    ///
    /// # Errors
    /// [`Error::WeightSchemeDiffers`] if it weighs another catalog or other types.
    pub(super) async fn scheme_for(&self, asked: &str, plan: &Plan) -> Result<Option<WeightScheme>, Error> {
        let found = match asked {
            CATALOG => None,
            "" => self.store.scheme_in_force(&plan.catalog.id, &plan.catalog.hash).await?,
            name => Some(self.scheme(name).await?.1.scheme),
        };
        match found {
            Some(scheme) if !scheme.fits(plan) => Err(Error::WeightSchemeDiffers {
                scheme: scheme.name(),
                catalog: format!("{}@{}", plan.catalog.id, plan.catalog.version),
            }),
            found => Ok(found),
        }
    }
}

impl Weights {
    async fn get(
        &self,
        request: proto::GetWeightSchemeRequest,
    ) -> Result<proto::GetWeightSchemeResponse, Error> {
        let (_, found) = self.0.scheme(&request.scheme).await?;
        Ok(proto::GetWeightSchemeResponse { scheme: Some(convert::weights::scheme(&found)?) })
    }

    async fn list(
        &self,
        request: proto::ListWeightSchemesRequest,
    ) -> Result<proto::ListWeightSchemesResponse, Error> {
        let binding = format!("weight schemes {:?}", request.catalog_id);
        let page = page::parse(request.page_size, &request.page_token, &binding, 100, 1_000)?;
        let before =
            page.after.as_deref().map(|key| key.parse().map(SchemeNumber).map_err(|_| convert::bad_key()));
        let catalog = convert::given(&request.catalog_id);
        let store = &self.0.store;
        let mut rows = store.schemes(catalog.as_deref(), before.transpose()?, page.limit_and_one()).await?;
        let next_page_token = page::cut(&mut rows, &page, &binding, |(number, _)| number.0.to_string());
        let schemes = rows.iter().map(|(_, found)| convert::weights::listed_scheme(found));
        Ok(proto::ListWeightSchemesResponse { schemes: schemes.collect::<Result<_, _>>()?, next_page_token })
    }

    async fn weights(
        &self,
        request: proto::ListSchemeWeightsRequest,
    ) -> Result<proto::ListSchemeWeightsResponse, Error> {
        let (number, found) = self.0.scheme(&request.scheme).await?;
        let scheme = found.scheme;
        let type_at =
            match request.r#type.as_str() {
                "" => None,
                name => {
                    let known = scheme.types.iter().position(|known| known == name);
                    Some(known.ok_or_else(|| Error::NoSchemeType {
                        scheme: scheme.name(),
                        name: name.to_owned(),
                    })?)
                }
            };
        let binding = format!("scheme weights {} {type_at:?}", scheme.name());
        let page = page::parse(request.page_size, &request.page_token, &binding, 1_000, 1_000)?;
        let after = page.after.as_deref().map(super::measures::read_key).transpose()?;
        let mut rows = self.0.store.scheme_weights(number, type_at, after, page.limit_and_one()).await?;
        let next_page_token =
            page::cut(&mut rows, &page, &binding, |row| format!("{}/{}", row.type_at, row.item_at));
        let catalog = self.0.shelf.get(&scheme.catalog.hash).await?;
        let steps = || scheme.steps.iter().map(String::as_str).chain(["FINAL"]);
        let weight = |row: &crate::domain::weight_scheme::SchemeWeightRow| {
            let points = row.steps.iter().copied().chain([row.weight]);
            let column =
                |(column, weight): (&str, f64)| proto::ColumnWeight { column: column.to_owned(), weight };
            let item = catalog.items.get(row.item_at);
            proto::SchemeWeight {
                r#type: scheme.types.get(row.type_at).cloned().unwrap_or_default(),
                code: item.map(|item| item.code.clone()).unwrap_or_default(),
                name: item.map(|item| convert::text(&item.name)),
                columns: steps().zip(points).map(column).collect(),
            }
        };
        Ok(proto::ListSchemeWeightsResponse { weights: rows.iter().map(weight).collect(), next_page_token })
    }

    /// The weights that a name of a comparison stands for, by type and item, and how it was resolved.
    async fn named_weights(
        &self,
        name: &str,
        plan: &Plan,
        catalog: &Catalog,
    ) -> Result<(String, Vec<Vec<f64>>), Error> {
        if name == CATALOG {
            return Ok((CATALOG.to_owned(), vec![declared_weights(catalog); plan.types.len()]));
        }
        let (number, found) = self.0.scheme(name).await?;
        if !found.scheme.fits(plan) {
            let catalog = format!("{}@{}", plan.catalog.id, plan.catalog.version);
            return Err(Error::WeightSchemeDiffers { scheme: found.scheme.name(), catalog });
        }
        let weights = weights_on_record(&self.0.store, number, catalog, plan.types.len()).await?;
        Ok((found.scheme.name(), weights))
    }
}

#[tonic::async_trait]
impl WeightService for Weights {
    async fn create_weight_scheme(
        &self,
        request: Request<proto::CreateWeightSchemeRequest>,
    ) -> Result<Response<proto::CreateWeightSchemeResponse>, Status> {
        self.create(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_weight_scheme(
        &self,
        request: Request<proto::GetWeightSchemeRequest>,
    ) -> Result<Response<proto::GetWeightSchemeResponse>, Status> {
        self.get(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_weight_schemes(
        &self,
        request: Request<proto::ListWeightSchemesRequest>,
    ) -> Result<Response<proto::ListWeightSchemesResponse>, Status> {
        self.list(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_scheme_weights(
        &self,
        request: Request<proto::ListSchemeWeightsRequest>,
    ) -> Result<Response<proto::ListSchemeWeightsResponse>, Status> {
        self.weights(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn compare_weight_schemes(
        &self,
        request: Request<proto::CompareWeightSchemesRequest>,
    ) -> Result<Response<proto::CompareWeightSchemesResponse>, Status> {
        self.compare(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn adopt_weight_scheme(
        &self,
        request: Request<proto::AdoptWeightSchemeRequest>,
    ) -> Result<Response<proto::AdoptWeightSchemeResponse>, Status> {
        self.adopt(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn withdraw_adoption(
        &self,
        request: Request<proto::WithdrawAdoptionRequest>,
    ) -> Result<Response<proto::WithdrawAdoptionResponse>, Status> {
        self.withdraw(request.into_inner()).await.map(Response::new).map_err(refuse)
    }
}
