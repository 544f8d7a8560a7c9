//! What an assessment measured with: thresholds and weights.

use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_service_kit::page;

use super::Scoring;
use crate::convert;
use crate::error::Error;

impl Scoring {
    pub(super) async fn thresholds(
        &self,
        request: proto::ListThresholdsUsedRequest,
    ) -> Result<proto::ListThresholdsUsedResponse, Error> {
        let opened = self.open(&request.assessment_id).await?;
        let binding = format!("thresholds {}", opened.assessment.id);
        let page = page::parse(request.page_size, &request.page_token, &binding, 1_000, 1_000)?;
        let after = page.after.as_deref().map(read_key).transpose()?;
        let mut rows = self.store.thresholds(opened.run, after, page.limit_and_one()).await?;
        let next_page_token =
            page::cut(&mut rows, &page, &binding, |row| format!("{}/{}", row.type_at, row.leaf_at));
        let outline = opened.outline();
        let thresholds =
            rows.iter().map(|row| convert::threshold_used(opened.plan(), &outline, row)).collect();
        Ok(proto::ListThresholdsUsedResponse { thresholds, next_page_token })
    }

    pub(super) async fn weights(
        &self,
        request: proto::ListWeightsRequest,
    ) -> Result<proto::ListWeightsResponse, Error> {
        let opened = self.open(&request.assessment_id).await?;
        let type_at = match request.r#type.as_str() {
            "" => None,
            name => Some(opened.type_at(name)?),
        };
        let binding = format!("weights {} {type_at:?}", opened.assessment.id);
        let page = page::parse(request.page_size, &request.page_token, &binding, 1_000, 1_000)?;
        let after = page.after.as_deref().map(read_key).transpose()?;
        let mut rows = self.store.weights(opened.run, type_at, after, page.limit_and_one()).await?;
        let next_page_token =
            page::cut(&mut rows, &page, &binding, |row| format!("{}/{}", row.type_at, row.item_at));
        let weights = rows.iter().map(|row| convert::weight(opened.plan(), &opened.catalog, row)).collect();
        Ok(proto::ListWeightsResponse { weights, next_page_token })
    }
}

pub(super) fn read_key(key: &str) -> Result<(usize, usize), Error> {
    let (type_at, position) = key.split_once('/').ok_or_else(convert::bad_key)?;
    let number = |digits: &str| digits.parse().map_err(|_| convert::bad_key());
    Ok((number(type_at)?, number(position)?))
}
