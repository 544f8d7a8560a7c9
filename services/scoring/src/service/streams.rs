//! Whole assessments as streams of bounded batches, place by place.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream;
use tonic::Status;
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::imputation::imputes;
use xiuhua_service_kit::status::{Language, to_status};

use super::{Answers, Opened, Scoring};
use crate::convert;
use crate::domain::id::PlaceId;
use crate::domain::results::Results;
use crate::error::Error;
use crate::recent;

/// Cells of one message: about 2 MiB at worst, half of what a client takes by default.
const CELLS_PER_MESSAGE: usize = 40_000;
/// Places of one message.
const PLACES_PER_MESSAGE: usize = 1_000;

/// Where a stream is.
struct Cursor {
    door: Scoring,
    opened: Opened,
    /// What is read, where it is at hand.
    recent: Option<Arc<Results>>,
    after: Option<PlaceId>,
    batch: usize,
    language: Language,
}

impl Scoring {
    pub(super) async fn stream_scores(
        &self,
        request: proto::ReadScoresRequest,
    ) -> Result<Answers<proto::ReadScoresResponse>, Error> {
        let opened = self.open(&request.assessment_id).await?;
        let cells = opened.outline().node_count();
        Ok(Box::pin(stream::try_unfold(self.cursor(opened, cells), async |mut cursor| {
            let next = cursor.next_scores().await.map_err(|error| cursor.status(&error))?;
            Ok(next.map(|batch| (batch, cursor)))
        })))
    }

    pub(super) async fn stream_leaf_values(
        &self,
        request: proto::ReadLeafValuesRequest,
    ) -> Result<Answers<proto::ReadLeafValuesResponse>, Error> {
        let opened = self.open(&request.assessment_id).await?;
        let cells = opened.outline().leaf_count();
        Ok(Box::pin(stream::try_unfold(self.cursor(opened, cells), async |mut cursor| {
            let next = cursor.next_leaf_values().await.map_err(|error| cursor.status(&error))?;
            Ok(next.map(|batch| (batch, cursor)))
        })))
    }

    fn cursor(&self, opened: Opened, cells_per_place: usize) -> Cursor {
        let batch = (CELLS_PER_MESSAGE / cells_per_place.max(1)).clamp(1, PLACES_PER_MESSAGE);
        let recent = self.recent.find(opened.run.run());
        Cursor { door: self.clone(), opened, recent, after: None, batch, language: Language::current() }
    }
}

impl Cursor {
    async fn next_scores(&mut self) -> Result<Option<proto::ReadScoresResponse>, Error> {
        let (run, after) = (self.opened.run, self.after.as_ref());
        let rows = match &self.recent {
            Some(results) => recent::scores_after(results, after, self.batch),
            None => self.door.store.scores_after(run, after, integer(self.batch)).await?,
        };
        let Some(last) = rows.last() else { return Ok(None) };
        self.after = Some(last.id.clone());
        let (plan, outline) = (self.opened.plan(), self.opened.outline());
        let places = rows.iter().map(|place| convert::streamed_scores(plan, &outline, place)).collect();
        Ok(Some(proto::ReadScoresResponse { places }))
    }

    async fn next_leaf_values(&mut self) -> Result<Option<proto::ReadLeafValuesResponse>, Error> {
        let (run, after) = (self.opened.run, self.after.as_ref());
        let rows = match &self.recent {
            Some(results) => recent::leaf_values_after(results, after, self.batch),
            None => self.door.store.leaf_values_after(run, after, integer(self.batch)).await?,
        };
        let Some((first, last)) = rows.first().zip(rows.last()) else { return Ok(None) };
        let imputed = self.imputed_between(&first.id, &last.id).await?;
        self.after = Some(last.id.clone());
        let outline = self.opened.outline();
        let none = BTreeMap::new();
        let of = |place: &PlaceId| imputed.get(place).unwrap_or(&none);
        let places =
            rows.iter().map(|place| convert::streamed_values(&outline, place, of(&place.id))).collect();
        Ok(Some(proto::ReadLeafValuesResponse { places }))
    }

    /// How those values of a range of places were made that nobody delivered, by leaf position; nothing is asked where
    /// the catalog fills no gap.
    async fn imputed_between(
        &self,
        first: &PlaceId,
        last: &PlaceId,
    ) -> Result<BTreeMap<PlaceId, BTreeMap<usize, &'static str>>, Error> {
        let mut found: BTreeMap<PlaceId, BTreeMap<usize, &'static str>> = BTreeMap::new();
        if imputes(&self.opened.outline()) {
            let rows = self.door.store.imputations_between(self.opened.run, first, last).await?;
            for (place, leaf_at, imputation) in rows {
                found.entry(place).or_default().insert(leaf_at, imputation.method());
            }
        }
        Ok(found)
    }

    fn status(&self, error: &Error) -> Status {
        to_status(error, self.language)
    }
}

/// A number of places as the record is asked for it.
fn integer(places: usize) -> i64 {
    i64::try_from(places).unwrap_or(i64::MAX)
}
