//! Analyses of uncertainty, on either database: `super` is the one that this is compiled for.

use std::collections::HashMap;

use async_trait::async_trait;
use futures_util::FutureExt;
use sqlx::AssertSqlSafe;
use xiuhua_service_kit::request_id::Verdict;

use super::super::rows::{integer, list_json};
use super::super::uncertain_rows::{AnalysisRow, BesideRow, factors_json};
use super::super::uncertain_tables::{
    IntervalRow, LeftOutRow, SensitivityRow, TierRow, draw_rows, interval_rows, left_out_rows,
    sensitivity_rows, tier_rows,
};
use super::super::uncertainty::{
    AnalysisKey, IntervalQuery, LeftOutShift, NewAnalysis, SensitivityUsed, StoredAnalysis, StoredInterval,
    Tier, UncertaintyStore,
};
use super::super::{Readable, StoreError, sql_uncertainty as sql};
use super::assessments::{first_of_its_name, remember};
use super::{Connection, SqlStore, insert};
use crate::domain::id::PlaceId;
use crate::domain::uncertainty::Beside;

#[async_trait]
impl UncertaintyStore for SqlStore {
    async fn keep_analysis(&self, new: NewAnalysis) -> Result<Verdict, StoreError> {
        self.write(move |connection| async move { keep(connection, new).await }.boxed()).await
    }

    async fn analysis(&self, id: &str) -> Result<Option<StoredAnalysis>, StoreError> {
        let row: Option<AnalysisRow> =
            sqlx::query_as(sql::ANALYSIS).bind(id).fetch_optional(self.readers()).await?;
        row.map(AnalysisRow::read).transpose()
    }

    async fn newest_analysis(&self, assessment: &str) -> Result<Option<i64>, StoreError> {
        let found = sqlx::query_scalar(sql::NEWEST_ANALYSIS).bind(assessment);
        Ok(found.fetch_one(self.readers()).await?)
    }

    async fn analyses(
        &self,
        run: Readable,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<StoredAnalysis>, StoreError> {
        let rows: Vec<AnalysisRow> = sqlx::query_as(sql::ANALYSES)
            .bind(run.run().0)
            .bind(before.unwrap_or(i64::MAX))
            .bind(limit)
            .fetch_all(self.readers())
            .await?;
        rows.into_iter().map(AnalysisRow::read).collect()
    }

    async fn rank_intervals(
        &self,
        of: AnalysisKey,
        query: &IntervalQuery,
    ) -> Result<Vec<StoredInterval>, StoreError> {
        let after = query.after.as_ref();
        let rows: Vec<IntervalRow> = sqlx::query_as(AssertSqlSafe(sql::rank_intervals()))
            .bind(of.run.0)
            .bind(of.number)
            .bind(integer(query.at.0))
            .bind(integer(query.at.1))
            .bind(after.map_or(-1, |(rank, _)| integer(*rank)))
            .bind(after.map_or("", |(_, place)| place.as_str()))
            .bind(query.limit)
            .fetch_all(self.readers())
            .await?;
        rows.into_iter().map(IntervalRow::read).collect()
    }

    async fn tiers(
        &self,
        of: AnalysisKey,
        (type_at, node_at): (usize, usize),
        after: u64,
        limit: i64,
    ) -> Result<Vec<Tier>, StoreError> {
        let rows: Vec<TierRow> = sqlx::query_as(AssertSqlSafe(sql::tiers()))
            .bind(of.run.0)
            .bind(of.number)
            .bind(integer(type_at))
            .bind(integer(node_at))
            .bind(integer(after))
            .bind(limit)
            .fetch_all(self.readers())
            .await?;
        rows.into_iter().map(TierRow::read).collect()
    }

    async fn sensitivity(&self, of: AnalysisKey) -> Result<Vec<SensitivityUsed>, StoreError> {
        let rows: Vec<SensitivityRow> = sqlx::query_as(AssertSqlSafe(sql::sensitivity()))
            .bind(of.run.0)
            .bind(of.number)
            .fetch_all(self.readers())
            .await?;
        rows.into_iter().map(SensitivityRow::read).collect()
    }

    async fn left_out(
        &self,
        of: AnalysisKey,
        type_at: usize,
        after: Option<usize>,
        limit: i64,
    ) -> Result<Vec<LeftOutShift>, StoreError> {
        let rows: Vec<LeftOutRow> = sqlx::query_as(AssertSqlSafe(sql::left_out()))
            .bind(of.run.0)
            .bind(of.number)
            .bind(integer(type_at))
            .bind(after.map_or(-1, integer))
            .bind(limit)
            .fetch_all(self.readers())
            .await?;
        rows.into_iter().map(LeftOutRow::read).collect()
    }

    async fn beside_places(
        &self,
        run: Readable,
        node_at: usize,
        places: &[PlaceId],
    ) -> Result<HashMap<PlaceId, Beside>, StoreError> {
        if places.is_empty() {
            return Ok(HashMap::new());
        }
        let asked = sqlx::query_as(AssertSqlSafe(sql::beside_places(places.len())))
            .bind(run.run().0)
            .bind(integer(node_at));
        let asked = places.iter().fold(asked, |asked, place| asked.bind(place.as_str()));
        let rows: Vec<BesideRow> = asked.fetch_all(self.readers()).await?;
        rows.into_iter().map(|row| row.read().map(|(_, place, beside)| (place, beside))).collect()
    }

    async fn beside_place(&self, run: Readable, place: &PlaceId) -> Result<Vec<(usize, Beside)>, StoreError> {
        let rows: Vec<BesideRow> = sqlx::query_as(AssertSqlSafe(sql::beside_place()))
            .bind(run.run().0)
            .bind(place.as_str())
            .fetch_all(self.readers())
            .await?;
        rows.into_iter().map(|row| row.read().map(|(node_at, _, beside)| (node_at, beside))).collect()
    }
}

async fn keep(connection: &mut Connection, new: NewAnalysis) -> Result<Verdict, StoreError> {
    let verdict = first_of_its_name(connection, &new.answer.request_id, &new.answer.fingerprint).await?;
    if verdict != Verdict::First {
        return Ok(verdict);
    }
    let (run, analysis) = (new.run.run(), &new.analysis);
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO uncertainty_analyses (run, id, seed, draws, sobol_rows, factors, left_out_factors, digest, \
         code_version, created_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING analysis",
    )
    .bind(run.0)
    .bind(&analysis.id)
    .bind(analysis.seed.to_string())
    .bind(i64::from(analysis.draws))
    .bind(i64::from(analysis.sobol_rows))
    .bind(factors_json(&analysis.factors)?)
    .bind(list_json(analysis.left_out.iter().map(String::as_str))?)
    .bind(&analysis.digest)
    .bind(&analysis.code_version)
    .bind(analysis.created.as_microsecond())
    .fetch_one(&mut *connection)
    .await?;
    let found = &*new.findings;
    insert(connection, run, draw_rows(number, found)).await?;
    insert(connection, run, interval_rows(number, found)).await?;
    insert(connection, run, tier_rows(number, found)).await?;
    insert(connection, run, sensitivity_rows(number, found)).await?;
    insert(connection, run, left_out_rows(number, found)).await?;
    remember(connection, &new.answer).await?;
    Ok(Verdict::First)
}
