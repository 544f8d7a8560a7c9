//! The door of `LearningService`: quick wins, peers to learn from, changes explained.

mod changes;
mod peers;
mod quick_wins;

use std::sync::Arc;

use tonic::{Request, Response, Status};
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_contracts::scoring::v1::learning_service_server::LearningService;
use xiuhua_indicators::threshold::Threshold;
use xiuhua_service_kit::status::refuse;

use super::{Opened, Scoring};
use crate::domain::results::{ItemWeight, Score};
use crate::domain::type_record::TypeRecord;
use crate::error::Error;
use crate::store::Run;

/// Places of a page while the record of a type is read.
const PLACES: i64 = 1_000;

/// A type of a run: what names its record.
pub(crate) type TypeOfRun = (Run, usize);

/// How one type was measured, by position.
struct TypeMethod {
    thresholds: Vec<Threshold>,
    /// Median dimensionless values.
    medians: Vec<Option<f64>>,
    weights: Vec<ItemWeight>,
}

impl Scoring {
    /// The record of one type of a run, from the record or from memory.
    pub(super) async fn type_record(
        &self,
        opened: &Opened,
        type_at: usize,
    ) -> Result<Arc<TypeRecord>, Error> {
        self.types.get((opened.run.run(), type_at), self.read_type(opened, type_at)).await
    }

    async fn read_type(&self, opened: &Opened, type_at: usize) -> Result<TypeRecord, Error> {
        let outline = opened.outline();
        let mut record = TypeRecord::new(outline.leaf_count(), outline.node_count());
        let mut after = None;
        loop {
            let scores = self.store.scores_after(opened.run, after.as_ref(), PLACES).await?;
            let leaves = self.store.leaf_values_after(opened.run, after.as_ref(), PLACES).await?;
            let Some(last) = scores.last() else { return Ok(record) };
            after = Some(last.id.clone());
            // Both come by the same places.
            for (scores, leaves) in scores.into_iter().zip(leaves) {
                if scores.type_at == Some(type_at) {
                    record.add(scores.id, leaves.rows, scores.rows);
                }
            }
        }
    }

    /// How a type was measured.
    async fn type_method(&self, opened: &Opened, type_at: usize) -> Result<TypeMethod, Error> {
        let leaves = opened.outline().leaf_count();
        let (mut thresholds, mut medians) = (vec![Threshold::NoData; leaves], vec![None; leaves]);
        for row in self.store.type_thresholds(opened.run, type_at).await? {
            if let Some((threshold, median)) =
                thresholds.get_mut(row.leaf_at).zip(medians.get_mut(row.leaf_at))
            {
                (*threshold, *median) = (row.threshold, row.median_z);
            }
        }
        let rows = self.store.weights(opened.run, Some(type_at), None, i64::MAX).await?;
        Ok(TypeMethod { thresholds, medians, weights: rows.into_iter().map(|row| row.weight).collect() })
    }
}

/// The score of a place at a node; `None` where the run kept none.
fn score_at(scores: &[Score], node_at: usize) -> Option<&Score> {
    scores.get(node_at)
}

#[tonic::async_trait]
impl LearningService for Scoring {
    async fn get_quick_wins(
        &self,
        request: Request<proto::GetQuickWinsRequest>,
    ) -> Result<Response<proto::GetQuickWinsResponse>, Status> {
        self.quick_wins(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn find_peers(
        &self,
        request: Request<proto::FindPeersRequest>,
    ) -> Result<Response<proto::FindPeersResponse>, Status> {
        self.peers(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn explain_change(
        &self,
        request: Request<proto::ExplainChangeRequest>,
    ) -> Result<Response<proto::ExplainChangeResponse>, Status> {
        self.explain_change(request.into_inner()).await.map(Response::new).map_err(refuse)
    }
}
