//! What the record promises about analyses of uncertainty.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use xiuhua_indicators::uncertainty::intervals::RankInterval;
use xiuhua_service_kit::request_id::{Remembered, Verdict};

use super::{Readable, Run, StoreError};
use crate::domain::id::PlaceId;
use crate::domain::uncertainty::{Analysis, Beside, Findings};

/// Analyses of uncertainty: kept whole, never changed.
#[async_trait]
pub(crate) trait UncertaintyStore: Send + Sync + std::fmt::Debug {
    /// Keeps an analysis, all it found and the answer given, in one transaction. With a request id already used nothing
    /// is kept and the verdict says so.
    async fn keep_analysis(&self, new: NewAnalysis) -> Result<Verdict, StoreError>;

    /// An analysis by id.
    async fn analysis(&self, id: &str) -> Result<Option<StoredAnalysis>, StoreError>;

    /// The number of the newest analysis of an assessment; `None` without one, or without the assessment.
    async fn newest_analysis(&self, assessment: &str) -> Result<Option<i64>, StoreError>;

    /// Analyses of a run newest first, before (older than) one.
    async fn analyses(
        &self,
        run: Readable,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<StoredAnalysis>, StoreError>;

    /// A page of rank intervals of one node within one type, by rank and place.
    async fn rank_intervals(
        &self,
        of: AnalysisKey,
        query: &IntervalQuery,
    ) -> Result<Vec<StoredInterval>, StoreError>;

    /// A page of the groups of one node within one type, best first, behind one.
    async fn tiers(
        &self,
        of: AnalysisKey,
        at: (usize, usize),
        after: u64,
        limit: i64,
    ) -> Result<Vec<Tier>, StoreError>;

    /// The Sobol indices, by type and factor.
    async fn sensitivity(&self, of: AnalysisKey) -> Result<Vec<SensitivityUsed>, StoreError>;

    /// A page of leave-one-out in one type, in catalog order, behind an item.
    async fn left_out(
        &self,
        of: AnalysisKey,
        type_at: usize,
        after: Option<usize>,
        limit: i64,
    ) -> Result<Vec<LeftOutShift>, StoreError>;

    /// What the newest analysis of a run says of some places at one node; nothing without an analysis.
    async fn beside_places(
        &self,
        run: Readable,
        node_at: usize,
        places: &[PlaceId],
    ) -> Result<HashMap<PlaceId, Beside>, StoreError>;

    /// What the newest analysis of a run says of one place, by node; nothing without an analysis.
    async fn beside_place(&self, run: Readable, place: &PlaceId) -> Result<Vec<(usize, Beside)>, StoreError>;
}

/// Names an analysis inside a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AnalysisKey {
    /// The run it is of.
    pub(crate) run: Run,
    /// Its number: rises with every new one.
    pub(crate) number: i64,
}

/// An analysis with its key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredAnalysis {
    /// Its key.
    pub(crate) key: AnalysisKey,
    /// The analysis.
    pub(crate) analysis: Analysis,
}

/// An analysis to be kept, with the answer its caller gets.
#[derive(Clone, Debug)]
pub(crate) struct NewAnalysis {
    /// The run it is of.
    pub(crate) run: Readable,
    /// The analysis.
    pub(crate) analysis: Analysis,
    /// What it found.
    pub(crate) findings: Arc<Findings>,
    /// The request and the answer to it.
    pub(crate) answer: Remembered,
}

/// Which intervals to read.
#[derive(Clone, Debug)]
pub(crate) struct IntervalQuery {
    /// Type and node.
    pub(crate) at: (usize, usize),
    /// Only behind this rank (0 without one) and place.
    pub(crate) after: Option<(u64, PlaceId)>,
    /// At most this many.
    pub(crate) limit: i64,
}

/// The interval of a place at a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredInterval {
    /// Node position.
    pub(crate) node_at: usize,
    /// Rank in the assessment.
    pub(crate) rank: Option<u64>,
    /// Place.
    pub(crate) place: PlaceId,
    /// Its interval.
    pub(crate) interval: RankInterval,
    /// Its group.
    pub(crate) tier: Option<u64>,
}

/// A group of places that cannot be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tier {
    /// From 1 for the best.
    pub(crate) tier: u64,
    /// Rank of its first place.
    pub(crate) first_rank: u64,
    /// Rank of its last place.
    pub(crate) last_rank: u64,
    /// How many places.
    pub(crate) places: u64,
}

/// The Sobol indices of a factor in a type: value, low and high of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SensitivityUsed {
    /// Position of the type; one beyond the last means all types together.
    pub(crate) type_at: usize,
    /// Position of the factor among those of the analysis.
    pub(crate) factor_at: usize,
    /// Mean of the shift.
    pub(crate) mean_shift: f64,
    /// Its variance.
    pub(crate) variance: f64,
    /// First order.
    pub(crate) first: [f64; 3],
    /// Total.
    pub(crate) total: [f64; 3],
}

/// What an item left out does to the ranks of a type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LeftOutShift {
    /// Item position.
    pub(crate) item_at: usize,
    /// Mean absolute shift.
    pub(crate) mean_shift: f64,
    /// Greatest.
    pub(crate) greatest_shift: u64,
    /// A place that shifts most.
    pub(crate) place: Option<PlaceId>,
    /// Places compared.
    pub(crate) compared: u64,
    /// Places without a score then.
    pub(crate) lost: u64,
}
