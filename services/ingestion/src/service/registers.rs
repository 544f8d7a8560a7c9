//! Measures and sources.

use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_service_kit::status::InvalidRequest;

use super::{Door, paging};
use crate::convert;
use crate::domain::ids::MeasureId;
use crate::error::{Error, Noun};

impl Door {
    pub(super) async fn register_measures(
        &self,
        request: pb::RegisterMeasuresRequest,
    ) -> Result<pb::RegisterMeasuresResponse, Error> {
        let mutation = convert::mutation("RegisterMeasures", &request.request_id, &request)
            .map_err(InvalidRequest::from)?;
        let measures = convert::measures(request.measures)?;
        let registration = self.store.register_measures(mutation, measures).await?;
        Ok(pb::RegisterMeasuresResponse { created: registration.created, updated: registration.updated })
    }

    pub(super) async fn get_measure(
        &self,
        request: &pb::GetMeasureRequest,
    ) -> Result<pb::GetMeasureResponse, Error> {
        let id = convert::id("id", &request.id, MeasureId::new).map_err(InvalidRequest::from)?;
        let measure =
            self.store.measure(&id).await?.ok_or_else(|| Error::NotFound(Noun::Measure, id.to_string()))?;
        Ok(pb::GetMeasureResponse { measure: Some(convert::measure_message(measure)) })
    }

    pub(super) async fn list_measures(
        &self,
        request: &pb::ListMeasuresRequest,
    ) -> Result<pb::ListMeasuresResponse, Error> {
        const BINDING: &str = "measures";
        let page = paging::page(request.page_size, &request.page_token, BINDING)?;
        let found = self.store.measures(page.after.as_deref(), page.limit_and_one()).await?;
        let (measures, next_page_token) =
            paging::cut(found, &page, BINDING, |measure| measure.id.to_string(), convert::measure_message);
        Ok(pb::ListMeasuresResponse { measures, next_page_token })
    }

    pub(super) async fn put_source(
        &self,
        request: pb::PutSourceRequest,
    ) -> Result<pb::PutSourceResponse, Error> {
        let mutation =
            convert::mutation("PutSource", &request.request_id, &request).map_err(InvalidRequest::from)?;
        let source = self.store.put_source(mutation, convert::source(request.source)?).await?;
        Ok(pb::PutSourceResponse { source: Some(convert::source_message(source)) })
    }

    pub(super) async fn list_sources(
        &self,
        request: &pb::ListSourcesRequest,
    ) -> Result<pb::ListSourcesResponse, Error> {
        const BINDING: &str = "sources";
        let page = paging::page(request.page_size, &request.page_token, BINDING)?;
        let after = match &page.after {
            None => None,
            Some(key) => {
                let (precedence, id) = key.split_once(':').ok_or_else(paging::not_ours)?;
                Some((precedence.parse().map_err(|_| paging::not_ours())?, id.to_owned()))
            }
        };
        let found = self.store.sources(after, page.limit_and_one()).await?;
        let key = |source: &crate::domain::source::Source| format!("{}:{}", source.precedence, source.id);
        let (sources, next_page_token) = paging::cut(found, &page, BINDING, key, convert::source_message);
        Ok(pb::ListSourcesResponse { sources, next_page_token })
    }

    pub(super) async fn list_source_activity(
        &self,
        request: &pb::ListSourceActivityRequest,
    ) -> Result<pb::ListSourceActivityResponse, Error> {
        const BINDING: &str = "source activity";
        let page = paging::page(request.page_size, &request.page_token, BINDING)?;
        let found = self.store.source_activity(page.after.as_deref(), page.limit_and_one()).await?;
        let (sources, next_page_token) = paging::cut(
            found,
            &page,
            BINDING,
            |activity| activity.source.id.to_string(),
            convert::source_activity_message,
        );
        Ok(pb::ListSourceActivityResponse { sources, next_page_token })
    }
}
