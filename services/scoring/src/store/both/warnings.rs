//! Warnings, on either database: `super` is the one that this is compiled for.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use futures_util::FutureExt;
use sqlx::AssertSqlSafe;
use xiuhua_service_kit::request_id::{Remembered, Verdict};

use super::super::StoreError;
use super::super::rows::integer;
use super::super::warnings::{
    Decided, DecisionRow, Kept, NewWarnings, TALLIES, UNJUDGED, Unjudged, WARNED, WARNING, WARNINGS,
    WarningFilter, WarningRow, WarningRuling, WarningStore, decisions as decisions_of, level_number, tallies,
    unjudged,
};
use super::assessments::{first_of_its_name, remember};
use super::{Connection, FOR_UPDATE, SqlStore, one_at_a_time};
use crate::domain::id::PlaceId;
use crate::domain::period::Period;
use crate::domain::warning::{Found, State, Tallies, Warning, detector_word};

#[async_trait]
impl WarningStore for SqlStore {
    async fn warned(
        &self,
        catalog_id: &str,
        first: &Period,
        last: &Period,
    ) -> Result<HashSet<(PlaceId, String)>, StoreError> {
        let mut connection = self.readers().acquire().await?;
        warned(&mut connection, catalog_id, first, last).await
    }

    async fn unjudged(
        &self,
        catalog_id: &str,
        first: &Period,
        last: &Period,
    ) -> Result<Vec<Unjudged>, StoreError> {
        let rows: Vec<_> = sqlx::query_as(UNJUDGED)
            .bind(catalog_id)
            .bind(first.as_str())
            .bind(last.as_str())
            .fetch_all(self.readers())
            .await?;
        rows.into_iter().map(unjudged).collect()
    }

    async fn keep_warnings(&self, new: NewWarnings) -> Result<Kept, StoreError> {
        self.write(move |connection| async move { keep(connection, new).await }.boxed()).await
    }

    async fn warnings(&self, filter: &WarningFilter) -> Result<Vec<Warning>, StoreError> {
        let mut connection = self.readers().acquire().await?;
        let rows: Vec<WarningRow> = sqlx::query_as(WARNINGS)
            .bind(filter.before.unwrap_or(i64::MAX))
            .bind(filter.catalog_id.as_deref())
            .bind(filter.month.as_deref())
            .bind(filter.place.as_deref())
            .bind(filter.town_code.as_deref())
            .bind(filter.leaf.as_deref())
            .bind(filter.state.map(State::word))
            .bind(filter.level.map(level_number))
            .bind(filter.limit)
            .fetch_all(&mut *connection)
            .await?;
        let numbers: Vec<i64> = rows.iter().map(|row| row.warning).collect();
        let mut decisions = decisions(&mut connection, &numbers).await?;
        rows.into_iter()
            .map(|row| {
                let of_row = decisions.remove(&row.warning).unwrap_or_default();
                row.read(of_row)
            })
            .collect()
    }

    async fn warning(&self, id: &str) -> Result<Option<Warning>, StoreError> {
        let mut connection = self.readers().acquire().await?;
        let row: Option<WarningRow> =
            sqlx::query_as(WARNING).bind(id).fetch_optional(&mut *connection).await?;
        let Some(row) = row else { return Ok(None) };
        let decisions = decisions(&mut connection, &[row.warning]).await?.remove(&row.warning);
        row.read(decisions.unwrap_or_default()).map(Some)
    }

    async fn decide_warning(&self, ruling: WarningRuling) -> Result<Decided, StoreError> {
        self.write(move |connection| async move { decide(connection, ruling).await }.boxed()).await
    }

    async fn tallies(&self, catalog_id: &str) -> Result<Tallies, StoreError> {
        let rows = sqlx::query_as(TALLIES).bind(catalog_id).fetch_all(self.readers()).await?;
        tallies(rows)
    }
}

async fn keep(connection: &mut Connection, new: NewWarnings) -> Result<Kept, StoreError> {
    let verdict = first_of_its_name(connection, &new.request_id, &new.fingerprint).await?;
    if verdict != Verdict::First {
        return Ok(Kept::Before(verdict));
    }
    // Two scans at once would each see nothing of the other's warnings.
    one_at_a_time(connection, &format!("warnings {}", new.catalog.id)).await?;
    let (first, last) = &new.near;
    let on_record = warned(connection, &new.catalog.id, first, last).await?;
    let fresh: Vec<&(String, Found)> = new
        .found
        .iter()
        .filter(|(_, found)| !on_record.contains(&(found.place.clone(), found.leaf.clone())))
        .collect();
    // The rarest last: read backwards it comes first.
    for (id, found) in fresh.iter().rev() {
        insert(connection, &new, id, found).await?;
    }
    let mut judged = 0;
    for (number, outcome) in &new.outcomes {
        let updated = sqlx::query(
            "UPDATE warnings SET outcome = $2, outcome_value = $3 WHERE warning = $1 AND outcome IS NULL",
        )
        .bind(number)
        .bind(if outcome.hit { "HIT" } else { "MISS" })
        .bind(outcome.value)
        .execute(&mut *connection)
        .await?;
        // Another scan may have judged it meanwhile.
        judged += updated.rows_affected();
    }
    let mut added = Vec::with_capacity(fresh.len());
    for (id, _) in fresh {
        let row: WarningRow = sqlx::query_as(WARNING).bind(id).fetch_one(&mut *connection).await?;
        added.push(row.read(Vec::new())?);
    }
    let NewWarnings { request_id, fingerprint, answer, .. } = new;
    let response = answer(&added, judged);
    remember(connection, &Remembered { request_id, fingerprint, response: response.clone() }).await?;
    Ok(Kept::Now(response))
}

async fn insert(
    connection: &mut Connection,
    new: &NewWarnings,
    id: &str,
    found: &Found,
) -> Result<(), StoreError> {
    let shown = serde_json::to_string(&found.shown).map_err(|_| StoreError::Corrupt("warnings.shown"))?;
    sqlx::query(
        "INSERT INTO warnings (id, catalog_id, catalog_version, catalog_hash, assessment_id, as_of_position, \
         created_us, place_id, leaf, detector, month, level, town_code, false_alarm_ratio, limit_value, upward, shown, \
         state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 'NEW')",
    )
    .bind(id)
    .bind(&new.catalog.id)
    .bind(&new.catalog.version)
    .bind(&new.catalog.hash)
    .bind(new.assessment.as_str())
    .bind(integer(new.as_of_position))
    .bind(new.now.as_microsecond())
    .bind(found.place.as_str())
    .bind(&found.leaf)
    .bind(detector_word(found.detector))
    .bind(found.month.as_str())
    .bind(level_number(found.level))
    .bind(&found.shown.town_code)
    // SQLite keeps -0 as 0, so every back end does.
    .bind(found.false_alarm_ratio + 0.0)
    .bind(found.limit + 0.0)
    .bind(found.upward)
    .bind(shown)
    .execute(connection)
    .await?;
    Ok(())
}

async fn decide(connection: &mut Connection, ruling: WarningRuling) -> Result<Decided, StoreError> {
    let verdict = first_of_its_name(connection, &ruling.request_id, &ruling.fingerprint).await?;
    if verdict != Verdict::First {
        return Ok(Decided::Before(verdict));
    }
    let row: Option<WarningRow> = sqlx::query_as(AssertSqlSafe(format!("{WARNING}{FOR_UPDATE}")))
        .bind(&ruling.id)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(Decided::NoWarning) };
    let before = decisions(connection, &[row.warning]).await?.remove(&row.warning);
    let mut warning = row.read(before.unwrap_or_default())?;
    if !warning.state.may_become(ruling.state) {
        return Ok(Decided::Unfit(warning.state));
    }
    let WarningRuling { state, decision, request_id, fingerprint, answer, .. } = ruling;
    sqlx::query("UPDATE warnings SET state = $2 WHERE warning = $1")
        .bind(warning.number)
        .bind(state.word())
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO warning_decisions (warning, number, state, author, reason, decided_us) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(warning.number)
    .bind(integer(warning.decisions.len() + 1))
    .bind(state.word())
    .bind(&decision.author)
    .bind(&decision.reason)
    .bind(decision.time.as_microsecond())
    .execute(&mut *connection)
    .await?;
    warning.state = state;
    warning.decisions.push((state, decision));
    let response = answer(&warning);
    remember(connection, &Remembered { request_id, fingerprint, response: response.clone() }).await?;
    Ok(Decided::Kept(response))
}

/// The decisions about some warnings, by warning; nothing of one without.
async fn decisions(
    connection: &mut Connection,
    warnings: &[i64],
) -> Result<HashMap<i64, Vec<DecisionRow>>, StoreError> {
    let mut found: HashMap<i64, Vec<DecisionRow>> = HashMap::new();
    if warnings.is_empty() {
        return Ok(found);
    }
    let statement = decisions_of(warnings.len());
    let asked = sqlx::query_as(AssertSqlSafe(statement));
    let asked = warnings.iter().fold(asked, |asked, warning| asked.bind(*warning));
    let rows: Vec<(i64, String, String, String, i64)> = asked.fetch_all(connection).await?;
    for (warning, state, author, reason, decided_us) in rows {
        found.entry(warning).or_default().push((state, author, reason, decided_us));
    }
    Ok(found)
}

async fn warned(
    connection: &mut Connection,
    catalog_id: &str,
    first: &Period,
    last: &Period,
) -> Result<HashSet<(PlaceId, String)>, StoreError> {
    let rows: Vec<(String, String)> = sqlx::query_as(WARNED)
        .bind(catalog_id)
        .bind(first.as_str())
        .bind(last.as_str())
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|(place, leaf)| (PlaceId::new(place), leaf)).collect())
}
