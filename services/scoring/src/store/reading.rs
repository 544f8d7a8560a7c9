//! Reading the results of complete runs: pages and ranges, each in a declared order.

use std::sync::Arc;

use async_trait::async_trait;
use xiuhua_indicators::threshold::Threshold;

use super::{Readable, StoreError};
use crate::domain::assessment::Place;
use crate::domain::growth::ScoredPlace;
use crate::domain::id::PlaceId;
use crate::domain::imputation::Imputation;
use crate::domain::results::{GroupScore, ItemWeight, LeafValue, Level, Results, Score};

/// The results of complete runs.
#[async_trait]
pub(crate) trait ResultStore: Send + Sync + std::fmt::Debug {
    /// A place as the run saw it.
    async fn place(&self, run: Readable, place: &PlaceId) -> Result<Option<Place>, StoreError>;

    /// All nodes of one place, in catalog order.
    async fn place_scores(&self, run: Readable, place: &PlaceId) -> Result<Vec<Score>, StoreError>;

    /// The leaves of one place of which anything is known, in catalog order.
    async fn place_leaves(
        &self,
        run: Readable,
        place: &PlaceId,
    ) -> Result<Vec<(usize, LeafValue)>, StoreError>;

    /// A page of the ranking of one node within one type.
    async fn ranking(&self, run: Readable, query: &RankingQuery) -> Result<Vec<RankedPlace>, StoreError>;

    /// The places of one type with a score at one node, by id.
    async fn scored_places(
        &self,
        run: Readable,
        type_at: usize,
        node_at: usize,
    ) -> Result<Vec<ScoredPlace>, StoreError>;

    /// A page of group scores, by level, code, type and node.
    async fn groups(&self, run: Readable, query: &GroupQuery) -> Result<Vec<GroupScore>, StoreError>;

    /// A page of thresholds used, by type and leaf.
    async fn thresholds(
        &self,
        run: Readable,
        after: Option<(usize, usize)>,
        limit: i64,
    ) -> Result<Vec<ThresholdUsed>, StoreError>;

    /// How every leaf was measured for one type, in catalog order.
    async fn type_thresholds(&self, run: Readable, type_at: usize) -> Result<Vec<ThresholdUsed>, StoreError>;

    /// A page of weights, by type and item; of one type if one is asked for.
    async fn weights(
        &self,
        run: Readable,
        type_at: Option<usize>,
        after: Option<(usize, usize)>,
        limit: i64,
    ) -> Result<Vec<WeightUsed>, StoreError>;

    /// The scores of the next places after one, by place id, then catalog order.
    async fn scores_after(
        &self,
        run: Readable,
        after: Option<&PlaceId>,
        places: i64,
    ) -> Result<Vec<PlaceRows<Score>>, StoreError>;

    /// The leaf values of the next places after one, by place id, then catalog order. A place without any appears too.
    async fn leaf_values_after(
        &self,
        run: Readable,
        after: Option<&PlaceId>,
        places: i64,
    ) -> Result<Vec<PlaceRows<LeafValue>>, StoreError>;

    /// What the leaf values that nobody delivered were made of, of a range of places with its ends, by place id (bytes),
    /// then catalog order.
    async fn imputations_between(
        &self,
        run: Readable,
        first: &PlaceId,
        last: &PlaceId,
    ) -> Result<Vec<(PlaceId, usize, Imputation)>, StoreError>;

    /// Compares every row on record of every table with what the results computed again put there, bit for bit.
    async fn compare(&self, run: Readable, recomputed: Arc<Results>) -> Result<Comparison, StoreError>;
}

/// How the rows on record differ from those computed again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// The first of them, at most [`Comparison::DESCRIBED`].
    pub(crate) differences: Vec<RowDifference>,
    /// How many there are.
    pub(crate) total: u64,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowDifference {
    /// Its table.
    pub(crate) table: &'static str,
    /// The columns of its key, with their values.
    pub(crate) key: Vec<(&'static str, KeyValue)>,
    /// The columns that differ, as they are on record; `None` where there is no such row.
    pub(crate) recorded: Option<String>,
    /// The columns that differ, as they were computed again; `None` where there should be no such row.
    pub(crate) recomputed: Option<String>,
}

/// A value in a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyValue {
    /// A position or a level's number.
    Integer(i64),
    /// A text.
    Text(String),
}

/// Which part of a ranking to read.
#[derive(Clone, Debug)]
pub(crate) struct RankingQuery {
    /// Position of the type.
    pub(crate) type_at: usize,
    /// Position of the node.
    pub(crate) node_at: usize,
    /// Only this town.
    pub(crate) town_code: Option<String>,
    /// Worst first; places without a score still last.
    pub(crate) reverse: bool,
    /// Only behind this row.
    pub(crate) after: Option<RankingKey>,
    /// At most this many.
    pub(crate) limit: i64,
}

/// Where a row stands in a ranking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RankingKey {
    /// `None` without a score.
    pub(crate) rank: Option<u64>,
    /// Place.
    pub(crate) place: PlaceId,
}

/// A row of a ranking.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RankedPlace {
    /// The place.
    pub(crate) place: Place,
    /// Its score at the node.
    pub(crate) score: Score,
}

/// Which group scores to read.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupQuery {
    /// Only this level.
    pub(crate) level: Option<Level>,
    /// Only this code.
    pub(crate) code: Option<String>,
    /// Only this type.
    pub(crate) type_at: Option<usize>,
    /// Only this node.
    pub(crate) node_at: Option<usize>,
    /// Only behind this row: level, code, type, node.
    pub(crate) after: Option<(Level, String, usize, usize)>,
    /// At most this many.
    pub(crate) limit: i64,
}

/// Thresholds of one leaf for one type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ThresholdUsed {
    /// Position of the type.
    pub(crate) type_at: usize,
    /// Position of the leaf.
    pub(crate) leaf_at: usize,
    /// Thresholds, or why there are none.
    pub(crate) threshold: Threshold,
    /// Members of the type's sample.
    pub(crate) sample_size: u64,
    /// Median of the type's dimensionless values.
    pub(crate) median_z: Option<f64>,
}

/// Weight of one item for one type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct WeightUsed {
    /// Position of the type.
    pub(crate) type_at: usize,
    /// Position of the item.
    pub(crate) item_at: usize,
    /// The weight.
    pub(crate) weight: ItemWeight,
}

/// Everything of one kind about one place, by position in the catalog.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlaceRows<T> {
    /// Place.
    pub(crate) id: PlaceId,
    /// Position of its type; `None` where unclassified.
    pub(crate) type_at: Option<usize>,
    /// Households; `None` where unknown.
    pub(crate) households: Option<u64>,
    /// Node or leaf position, and what stands there.
    pub(crate) rows: Vec<(usize, T)>,
}
