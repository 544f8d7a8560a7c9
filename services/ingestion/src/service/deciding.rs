//! Batches that wait to be committed, and the quarantine.

use std::sync::Arc;

use xiuhua_contracts::ingestion::v1 as pb;

use super::deliveries::REJECTED_ROWS_AT_ONCE;
use super::{Door, paging};
use crate::convert;
use crate::error::Error;

impl Door {
    pub(super) async fn preview_batch(
        &self,
        request: &pb::PreviewBatchRequest,
    ) -> Result<pb::PreviewBatchResponse, Error> {
        let query = convert::preview_query(request, Arc::clone(&self.clock))?;
        let preview = self.store.preview(query).await?;
        Ok(convert::preview_message(preview, self.second_person_above))
    }

    pub(super) async fn commit_batch(
        &self,
        request: pb::CommitBatchRequest,
    ) -> Result<pb::CommitBatchResponse, Error> {
        let commit = convert::commit(request, self.second_person_above, Arc::clone(&self.clock))?;
        let batch = self.store.commit(commit).await?;
        Ok(pb::CommitBatchResponse { batch: Some(convert::batch_message(batch)) })
    }

    pub(super) async fn approve_batch(
        &self,
        request: pb::ApproveBatchRequest,
    ) -> Result<pb::ApproveBatchResponse, Error> {
        let batch = self.store.approve(convert::approval(request, Arc::clone(&self.clock))?).await?;
        Ok(pb::ApproveBatchResponse { batch: Some(convert::batch_message(batch)) })
    }

    pub(super) async fn discard_batch(
        &self,
        request: pb::DiscardBatchRequest,
    ) -> Result<pb::DiscardBatchResponse, Error> {
        let batch = self.store.discard(convert::discarding(request, Arc::clone(&self.clock))?).await?;
        Ok(pb::DiscardBatchResponse { batch: Some(convert::batch_message(batch)) })
    }

    pub(super) async fn list_quarantined_rows(
        &self,
        request: &pb::ListQuarantinedRowsRequest,
    ) -> Result<pb::ListQuarantinedRowsResponse, Error> {
        let filter = convert::quarantine_filter(request)?;
        let binding = format!("quarantined rows {filter:?}");
        let page = paging::page(request.page_size, &request.page_token, &binding)?;
        let after = paging::numbers(&page)?.map(|[batch, row, ordinal]| (batch, row, ordinal));
        let mut filling = paging::Filling::new(page.limit_and_one(), REJECTED_ROWS_AT_ONCE);
        while let Some(step) = filling.next_step() {
            let after = filling.last().copied().or(after);
            let rows = self.store.quarantined_rows(&filter, after, step).await?;
            filling.take(rows.into_iter().map(|(key, row)| (key, convert::quarantined_row_message(row))));
        }
        let (rows, next_page_token) = paging::cut(
            filling.rows,
            &page,
            &binding,
            |((batch, row, ordinal), _)| format!("{batch}:{row}:{ordinal}"),
            |(_, message)| message,
        );
        Ok(pb::ListQuarantinedRowsResponse { rows, next_page_token })
    }

    pub(super) async fn give_up_rows(
        &self,
        request: pb::GiveUpRowsRequest,
    ) -> Result<pb::GiveUpRowsResponse, Error> {
        let given_up = self.store.give_up_rows(convert::giving_up(request, self.clock.now())?).await?;
        Ok(pb::GiveUpRowsResponse { given_up })
    }
}
