//! Reading results, on either database: `super` is the one that this is compiled for.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, FromRow};

use super::super::comparison::Recomputed;
use super::super::gaps::imputed_rows;
use super::super::reading::{
    Comparison, GroupQuery, PlaceRows, RankedPlace, RankingQuery, ResultStore, ThresholdUsed, WeightUsed,
};
use super::super::rows::{
    PlaceHeadRow, RankedRow, ScoreRow, by_place, ends, integer, level_number, position,
};
use super::super::tables::{
    Cell, GroupRow, ImputedRow, LeafRow, PlaceRow, TableRow, ThresholdRow, WeightRow, group_rows, leaf_rows,
    place_rows, score_rows, threshold_rows, weight_rows,
};
use super::super::{Readable, StoreError, sql};
use super::{Db, SqlStore};
use crate::domain::assessment::Place;
use crate::domain::growth::ScoredPlace;
use crate::domain::id::PlaceId;
use crate::domain::imputation::Imputation;
use crate::domain::results::{GroupScore, LeafValue, Results, Score};

/// Rows of a page while comparing.
const PAGE: i64 = 5_000;

#[async_trait]
impl ResultStore for SqlStore {
    async fn place(&self, run: Readable, place: &PlaceId) -> Result<Option<Place>, StoreError> {
        let row: Option<PlaceRow> = sqlx::query_as(AssertSqlSafe(sql::place()))
            .bind(run.run().0)
            .bind(place.as_str())
            .fetch_optional(self.readers())
            .await?;
        row.map(PlaceRow::read).transpose()
    }

    async fn place_scores(&self, run: Readable, place: &PlaceId) -> Result<Vec<Score>, StoreError> {
        let rows: Vec<ScoreRow> = sqlx::query_as(AssertSqlSafe(sql::place_scores()))
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
        let rows: Vec<LeafRow> = sqlx::query_as(AssertSqlSafe(sql::place_leaves()))
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
        let rows: Vec<(String, String, f64)> = sqlx::query_as(sql::SCORED_PLACES)
            .bind(run.run().0)
            .bind(integer(type_at))
            .bind(integer(node_at))
            .bind(false)
            .fetch_all(self.readers())
            .await?;
        let read =
            |(id, name, score): (String, String, f64)| ScoredPlace { id: PlaceId::new(id), name, score };
        let mut places: Vec<ScoredPlace> = rows.into_iter().map(read).collect();
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
        let rows: Vec<GroupRow> = sqlx::query_as(AssertSqlSafe(sql::groups()))
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
        let rows: Vec<ThresholdRow> = sqlx::query_as(AssertSqlSafe(sql::thresholds()))
            .bind(run.run().0)
            .bind(after.map_or(-1, |(type_at, _)| integer(type_at)))
            .bind(after.map_or(-1, |(_, leaf_at)| integer(leaf_at)))
            .bind(limit)
            .fetch_all(self.readers())
            .await?;
        rows.into_iter().map(ThresholdRow::read).collect()
    }

    async fn type_thresholds(&self, run: Readable, type_at: usize) -> Result<Vec<ThresholdUsed>, StoreError> {
        let rows: Vec<ThresholdRow> = sqlx::query_as(AssertSqlSafe(sql::type_thresholds()))
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
        let rows: Vec<WeightRow> = sqlx::query_as(AssertSqlSafe(sql::weights()))
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
        let rows: Vec<ScoreRow> = sqlx::query_as(AssertSqlSafe(sql::scores_between()))
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
        let rows: Vec<LeafRow> = sqlx::query_as(AssertSqlSafe(sql::leaves_between()))
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

    async fn imputations_between(
        &self,
        run: Readable,
        first: &PlaceId,
        last: &PlaceId,
    ) -> Result<Vec<(PlaceId, usize, Imputation)>, StoreError> {
        let rows: Vec<ImputedRow> = sqlx::query_as(AssertSqlSafe(sql::imputed_between()))
            .bind(run.run().0)
            .bind(first.as_str())
            .bind(last.as_str())
            .fetch_all(self.readers())
            .await?;
        rows.into_iter().map(ImputedRow::read).collect()
    }

    async fn compare(&self, run: Readable, recomputed: Arc<Results>) -> Result<Comparison, StoreError> {
        let mut found = Comparison::default();
        self.compare_table(run, place_rows(&recomputed), &mut found).await?;
        self.compare_table(run, score_rows(&recomputed), &mut found).await?;
        self.compare_table(run, leaf_rows(&recomputed), &mut found).await?;
        self.compare_table(run, imputed_rows(&recomputed), &mut found).await?;
        self.compare_table(run, threshold_rows(&recomputed), &mut found).await?;
        self.compare_table(run, weight_rows(&recomputed), &mut found).await?;
        self.compare_table(run, group_rows(&recomputed), &mut found).await?;
        Ok(found)
    }
}

impl SqlStore {
    async fn ranking_part(
        &self,
        run: Readable,
        query: &RankingQuery,
        unscored: bool,
        limit: i64,
    ) -> Result<Vec<RankedRow>, StoreError> {
        let backwards = query.reverse && !unscored;
        let start = if backwards { i64::MAX } else { 0 };
        // A key of the scored part says nothing about where the unscored part begins.
        let after = query.after.as_ref().filter(|after| after.rank.is_none() == unscored);
        let rows = sqlx::query_as(AssertSqlSafe(sql::ranking(backwards)))
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
        let rows = sqlx::query_as(sql::PLACES_AFTER)
            .bind(run.run().0)
            .bind(after.map_or("", PlaceId::as_str))
            .bind(limit)
            .fetch_all(self.readers())
            .await?;
        Ok(rows)
    }

    /// Compares one table of a run, page by page.
    async fn compare_table<R>(
        &self,
        run: Readable,
        recomputed: impl Iterator<Item = R> + Send,
        found: &mut Comparison,
    ) -> Result<(), StoreError>
    where
        R: TableRow + for<'r> FromRow<'r, <Db as sqlx::Database>::Row> + Send + Sync + Unpin,
    {
        let mut recomputed = Recomputed::new(recomputed);
        let mut page: Vec<R> = self.rows_behind(run, None).await?;
        while let Some(last) = page.last() {
            page.iter().for_each(|row| recomputed.meet(row, found));
            page = self.rows_behind(run, Some(last)).await?;
        }
        recomputed.end(found);
        Ok(())
    }

    async fn rows_behind<R>(&self, run: Readable, last: Option<&R>) -> Result<Vec<R>, StoreError>
    where
        R: TableRow + for<'r> FromRow<'r, <Db as sqlx::Database>::Row> + Send + Sync + Unpin,
    {
        let statement = AssertSqlSafe(sql::rows_by_key::<R>(last.is_some()));
        let mut query = sqlx::query_as(statement).bind(run.run().0).bind(PAGE);
        for cell in last.map(TableRow::key).into_iter().flatten() {
            query = match cell {
                Cell::Integer(integer) => query.bind(integer),
                Cell::Text(text) => query.bind(text.to_owned()),
                Cell::Flag(flag) => query.bind(flag),
                Cell::Absent | Cell::Real(_) => return Err(StoreError::Corrupt("a key that is no key")),
            };
        }
        Ok(query.fetch_all(self.readers()).await?)
    }
}
