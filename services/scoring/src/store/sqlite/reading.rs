//! Reading results: every page is a range of a key.

use async_trait::async_trait;
use sqlx::AssertSqlSafe;

use super::super::reading::{
    GroupQuery, PlaceRows, RankedPlace, RankingQuery, ResultStore, ThresholdUsed, WeightUsed,
};
use super::super::rows::{
    GroupRow, LeafRow, PlaceHeadRow, PlaceRow, ScoreRow, ThresholdRow, WeightRow, by_place, integer,
    level_number, position,
};
use super::super::{Readable, StoreError};
use super::SqliteStore;
use crate::domain::assessment::Place;
use crate::domain::growth::ScoredPlace;
use crate::domain::id::PlaceId;
use crate::domain::results::{GroupScore, LeafValue, Score};

/// Columns of a [`PlaceRow`].
const PLACE: &str = "p.place_id, p.type_at, p.name, p.town_code, p.town_name, p.committee, p.district_code, \
                     p.district_name, p.households, p.sampled";
/// Columns of a [`ScoreRow`].
const SCORE: &str = "s.place_id, s.node_at, s.rank, s.score, s.coverage_ratio, s.percentile, s.absence";
/// Columns of a [`LeafRow`].
const LEAF: &str = "place_id, leaf_at, derived, value, z_uncapped, z, previous_score, current_score";
/// Columns of a [`ThresholdRow`].
const THRESHOLD: &str = "type_at, leaf_at, status, lower, upper, sample_size, median_z";

/// A place and its score at one node, in one row.
#[derive(sqlx::FromRow)]
struct RankedRow {
    #[sqlx(flatten)]
    place: PlaceRow,
    #[sqlx(flatten)]
    score: ScoreRow,
}

#[async_trait]
impl ResultStore for SqliteStore {
    async fn place(&self, run: Readable, place: &PlaceId) -> Result<Option<Place>, StoreError> {
        let row: Option<PlaceRow> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT {PLACE} FROM places p WHERE p.run = ? AND p.place_id = ?"
        )))
        .bind(run.run().0)
        .bind(place.as_str())
        .fetch_optional(self.readers())
        .await?;
        row.map(PlaceRow::read).transpose()
    }

    async fn place_scores(&self, run: Readable, place: &PlaceId) -> Result<Vec<Score>, StoreError> {
        let rows: Vec<ScoreRow> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT {SCORE} FROM node_scores s WHERE s.run = ? AND s.place_id = ? ORDER BY s.node_at"
        )))
        .bind(run.run().0)
        .bind(place.as_str())
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(ScoreRow::read).collect()
    }

    async fn place_leaves(
        &self,
        run: Readable,
        place: &PlaceId,
    ) -> Result<Vec<(usize, LeafValue)>, StoreError> {
        let rows: Vec<LeafRow> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT {LEAF} FROM leaf_values WHERE run = ? AND place_id = ? ORDER BY leaf_at"
        )))
        .bind(run.run().0)
        .bind(place.as_str())
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(LeafRow::read).collect()
    }

    async fn ranking(&self, run: Readable, query: &RankingQuery) -> Result<Vec<RankedPlace>, StoreError> {
        let in_scored_part = query.after.as_ref().is_none_or(|after| after.rank.is_some());
        let mut rows = Vec::new();
        if in_scored_part {
            rows = self.ranking_part(run, query, false, query.limit).await?;
        }
        let left = query.limit - integer(rows.len());
        if left > 0 {
            rows.extend(self.ranking_part(run, query, true, left).await?);
        }
        rows.into_iter()
            .map(|row| Ok(RankedPlace { place: row.place.read()?, score: row.score.read()? }))
            .collect()
    }

    async fn scored_places(
        &self,
        run: Readable,
        type_at: usize,
        node_at: usize,
    ) -> Result<Vec<ScoredPlace>, StoreError> {
        let rows: Vec<(String, String, f64)> = sqlx::query_as(
            "SELECT s.place_id, p.name, s.score FROM node_scores s \
             JOIN places p ON p.run = s.run AND p.place_id = s.place_id \
             WHERE s.run = ? AND s.type_at = ? AND s.node_at = ? AND s.unscored = 0",
        )
        .bind(run.run().0)
        .bind(integer(type_at))
        .bind(integer(node_at))
        .fetch_all(self.readers())
        .await?;
        let read =
            |(id, name, score): (String, String, f64)| ScoredPlace { id: PlaceId::new(id), name, score };
        let mut places: Vec<ScoredPlace> = rows.into_iter().map(read).collect();
        // Sorted here: asked to sort, SQLite walks all nodes of all places by id instead of this one range.
        places.sort_unstable_by(|left, right| left.id.cmp(&right.id));
        Ok(places)
    }

    async fn groups(&self, run: Readable, query: &GroupQuery) -> Result<Vec<GroupScore>, StoreError> {
        let (level, code, type_at, node_at) = match &query.after {
            Some((level, code, type_at, node_at)) => {
                (level_number(*level), code.as_str(), integer(*type_at), integer(*node_at))
            }
            // Before the first row, or before the first of the level asked for.
            None => (query.level.map_or(0, level_number), "", -1, -1),
        };
        let rows: Vec<GroupRow> = sqlx::query_as(
            "SELECT level, code, type_at, node_at, name, score, places, household_share_ratio, rank \
             FROM group_scores WHERE run = ?1 AND (level, code, type_at, node_at) > (?2, ?3, ?4, ?5) \
             AND (?6 IS NULL OR level = ?6) AND (?7 IS NULL OR code = ?7) AND (?8 IS NULL OR type_at = ?8) \
             AND (?9 IS NULL OR node_at = ?9) ORDER BY level, code, type_at, node_at LIMIT ?10",
        )
        .bind(run.run().0)
        .bind(level)
        .bind(code)
        .bind(type_at)
        .bind(node_at)
        .bind(query.level.map(level_number))
        .bind(query.code.as_deref())
        .bind(query.type_at.map(integer))
        .bind(query.node_at.map(integer))
        .bind(query.limit)
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(GroupRow::read).collect()
    }

    async fn thresholds(
        &self,
        run: Readable,
        after: Option<(usize, usize)>,
        limit: i64,
    ) -> Result<Vec<ThresholdUsed>, StoreError> {
        let rows: Vec<ThresholdRow> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT {THRESHOLD} FROM thresholds WHERE run = ? AND (type_at, leaf_at) > (?, ?) \
             ORDER BY type_at, leaf_at LIMIT ?"
        )))
        .bind(run.run().0)
        .bind(after.map_or(-1, |(type_at, _)| integer(type_at)))
        .bind(after.map_or(-1, |(_, leaf_at)| integer(leaf_at)))
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(ThresholdRow::read).collect()
    }

    async fn type_thresholds(&self, run: Readable, type_at: usize) -> Result<Vec<ThresholdUsed>, StoreError> {
        let rows: Vec<ThresholdRow> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT {THRESHOLD} FROM thresholds WHERE run = ? AND type_at = ? ORDER BY leaf_at"
        )))
        .bind(run.run().0)
        .bind(integer(type_at))
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(ThresholdRow::read).collect()
    }

    async fn weights(
        &self,
        run: Readable,
        type_at: Option<usize>,
        after: Option<(usize, usize)>,
        limit: i64,
    ) -> Result<Vec<WeightUsed>, StoreError> {
        let rows: Vec<WeightRow> = sqlx::query_as(
            "SELECT type_at, item_at, catalog_weight, weight FROM weights \
             WHERE run = ?1 AND (type_at, item_at) > (?2, ?3) AND (?4 IS NULL OR type_at = ?4) \
             ORDER BY type_at, item_at LIMIT ?5",
        )
        .bind(run.run().0)
        .bind(after.map_or(-1, |(type_at, _)| integer(type_at)))
        .bind(after.map_or(-1, |(_, item_at)| integer(item_at)))
        .bind(type_at.map(integer))
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(WeightRow::read).collect()
    }

    async fn scores_after(
        &self,
        run: Readable,
        after: Option<&PlaceId>,
        places: i64,
    ) -> Result<Vec<PlaceRows<Score>>, StoreError> {
        let places = self.places_after(run, after, places).await?;
        let Some((first, last)) = ends(&places) else { return Ok(Vec::new()) };
        let rows: Vec<ScoreRow> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT {SCORE} FROM node_scores s WHERE s.run = ? AND s.place_id BETWEEN ? AND ? \
             ORDER BY s.place_id, s.node_at"
        )))
        .bind(run.run().0)
        .bind(first)
        .bind(last)
        .fetch_all(self.readers())
        .await?;
        let read = |row: ScoreRow| Ok((row.place_id.clone(), position(row.node_at)?, row.read()?));
        let rows = rows.into_iter().map(read).collect::<Result<Vec<_>, StoreError>>()?;
        by_place(places, rows)
    }

    async fn leaf_values_after(
        &self,
        run: Readable,
        after: Option<&PlaceId>,
        places: i64,
    ) -> Result<Vec<PlaceRows<LeafValue>>, StoreError> {
        let places = self.places_after(run, after, places).await?;
        let Some((first, last)) = ends(&places) else { return Ok(Vec::new()) };
        let rows: Vec<LeafRow> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT {LEAF} FROM leaf_values WHERE run = ? AND place_id BETWEEN ? AND ? ORDER BY place_id, leaf_at"
        )))
        .bind(run.run().0)
        .bind(first)
        .bind(last)
        .fetch_all(self.readers())
        .await?;
        let read = |row: LeafRow| {
            let place = row.place_id.clone();
            let (leaf_at, value) = row.read()?;
            Ok((place, leaf_at, value))
        };
        let rows = rows.into_iter().map(read).collect::<Result<Vec<_>, StoreError>>()?;
        by_place(places, rows)
    }
}

impl SqliteStore {
    /// One of the two parts of a ranking: the scored places by rank, or those without a score by id.
    ///
    /// Each part is a range of the primary key. A town is filtered on the way: within one type of one run the range
    /// is short, and a key for it would double the largest table.
    async fn ranking_part(
        &self,
        run: Readable,
        query: &RankingQuery,
        unscored: bool,
        limit: i64,
    ) -> Result<Vec<RankedRow>, StoreError> {
        let backwards = query.reverse && !unscored;
        let (beyond, order) = if backwards { ("<", "DESC") } else { (">", "ASC") };
        let start = if backwards { i64::MAX } else { 0 };
        // A key of the scored part says nothing about where the unscored part begins.
        let after = query.after.as_ref().filter(|after| after.rank.is_none() == unscored);
        let rows = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT {PLACE}, {SCORE} FROM node_scores s \
             JOIN places p ON p.run = s.run AND p.place_id = s.place_id \
             WHERE s.run = ?1 AND s.type_at = ?2 AND s.node_at = ?3 AND s.unscored = ?4 \
             AND (s.rank, s.place_id) {beyond} (?5, ?6) AND (?7 IS NULL OR p.town_code = ?7) \
             ORDER BY s.rank {order}, s.place_id {order} LIMIT ?8"
        )))
        .bind(run.run().0)
        .bind(integer(query.type_at))
        .bind(integer(query.node_at))
        .bind(unscored)
        .bind(after.map_or(start, |after| after.rank.map_or(0, integer)))
        .bind(after.map_or("", |after| after.place.as_str()))
        .bind(query.town_code.as_deref())
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        Ok(rows)
    }

    /// Heads of the next places, by id.
    async fn places_after(
        &self,
        run: Readable,
        after: Option<&PlaceId>,
        limit: i64,
    ) -> Result<Vec<PlaceHeadRow>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT place_id, type_at, households FROM places WHERE run = ? AND place_id > ? \
             ORDER BY place_id LIMIT ?",
        )
        .bind(run.run().0)
        .bind(after.map_or("", PlaceId::as_str))
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        Ok(rows)
    }
}

fn ends(places: &[PlaceHeadRow]) -> Option<(String, String)> {
    Some((places.first()?.place_id.clone(), places.last()?.place_id.clone()))
}
