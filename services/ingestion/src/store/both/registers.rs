//! Measures, sources, and the memory of mutations.

use std::collections::HashSet;

use xiuhua_service_kit::request_id::{Remembered, Verdict, compare};

use super::{Connection, alone, alone_with, positions};
use crate::domain::batch::AsOf;
use crate::domain::effective::Precedences;
use crate::domain::ids::MeasureId;
use crate::domain::measure::Measure;
use crate::domain::source::{DEFAULT_PRECEDENCE, Source, SourceEntry};
use crate::error::{Error, MeasureDifference};
use crate::store::rows::{MeasureRecord, SourceRecord, all, from_json, integer, json, precedence_on_record};
use crate::store::{HotQuery, Matter, Mutation, Registration};

const RECALL: &str = "SELECT method, fingerprint, response FROM mutation WHERE request_id = $1";

pub(super) const HOT_QUERIES: &[HotQuery] = &[HotQuery::new("recall a mutation", RECALL)];

/// What was answered to a mutation when it was done, or `None` if it is new: then its name is held to the end of the
/// transaction, and the same mutation on another connection waits for the answer.
pub(super) async fn recall(
    connection: &mut Connection,
    mutation: &Mutation,
) -> Result<Option<Vec<u8>>, Error> {
    alone_with(connection, &mutation.request_id).await?;
    let found: Option<(String, Vec<u8>, Vec<u8>)> =
        sqlx::query_as(RECALL).bind(mutation.request_id.as_str()).fetch_optional(connection).await?;
    let Some((method, fingerprint, response)) = found else { return Ok(None) };
    let fingerprint = fingerprint
        .try_into()
        .map_err(|_| Error::Inconsistent("the fingerprint of a mutation is not of 32 bytes"))?;
    let remembered = Remembered { request_id: mutation.request_id.clone(), fingerprint, response };
    let verdict = if method == mutation.method {
        compare(Some(remembered), &mutation.fingerprint)
    } else {
        Verdict::Conflict
    };
    Ok(verdict.into_replay(&mutation.request_id)?)
}

/// Remembers the answer to a mutation, in the transaction of its effect.
pub(super) async fn remember(
    connection: &mut Connection,
    mutation: &Mutation,
    response: &[u8],
) -> Result<(), Error> {
    sqlx::query("INSERT INTO mutation (request_id, method, fingerprint, response) VALUES ($1, $2, $3, $4)")
        .bind(mutation.request_id.as_str())
        .bind(mutation.method)
        .bind(mutation.fingerprint.as_slice())
        .bind(response)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn register_measures(
    connection: &mut Connection,
    mutation: &Mutation,
    measures: &[Measure],
) -> Result<Registration, Error> {
    if let Some(answer) = recall(connection, mutation).await? {
        let (created, updated) = from_json(&String::from_utf8_lossy(&answer))?;
        return Ok(Registration { created, updated });
    }
    alone(connection, Matter::Measures).await?;
    let mut registration = Registration::default();
    let mut differences = Vec::new();
    for (index, measure) in measures.iter().enumerate() {
        match find_measure(connection, &measure.id).await? {
            None => {
                put_measure(connection, measure).await?;
                registration.created += 1;
            }
            Some(known) if !known.measures_the_same_as(measure) => {
                let said = |measure: &Measure| format!("{} {}", measure.unit, measure.bounds);
                let id = measure.id.to_string();
                differences.push(MeasureDifference {
                    index,
                    id,
                    on_record: said(&known),
                    asked: said(measure),
                });
            }
            Some(known) if known != *measure => {
                put_measure(connection, measure).await?;
                registration.updated += 1;
            }
            Some(_) => {}
        }
    }
    if !differences.is_empty() {
        // The transaction is rolled back: a catalog's measures are registered together or not at all.
        return Err(Error::MeasureDiffers(differences));
    }
    let answer = json(&(registration.created, registration.updated))?;
    remember(connection, mutation, answer.as_bytes()).await?;
    Ok(registration)
}

async fn put_measure(connection: &mut Connection, measure: &Measure) -> Result<(), Error> {
    let bounds = &measure.bounds;
    sqlx::query(
        "INSERT INTO measure (measure_id, name_zh, name_en, unit, lower_bound, upper_bound, lower_open, upper_open,
                              source_system, derivation)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (measure_id) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en,
             source_system = excluded.source_system, derivation = excluded.derivation",
    )
    .bind(measure.id.as_str())
    .bind(&measure.name.zh)
    .bind(&measure.name.en)
    .bind(&measure.unit)
    .bind(bounds.lower())
    .bind(bounds.upper())
    .bind(bounds.lower_open())
    .bind(bounds.upper_open())
    .bind(&measure.source_system)
    .bind(&measure.derivation)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn find_measure(
    connection: &mut Connection,
    id: &MeasureId,
) -> Result<Option<Measure>, Error> {
    let found: Option<MeasureRecord> = sqlx::query_as("SELECT * FROM measure WHERE measure_id = $1")
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    found.map(Measure::try_from).transpose()
}

pub(super) async fn measures(
    connection: &mut Connection,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Measure>, Error> {
    let found: Vec<MeasureRecord> =
        sqlx::query_as("SELECT * FROM measure WHERE measure_id > $1 ORDER BY measure_id LIMIT $2")
            // Every id is longer than the empty text, so it stands before the first.
            .bind(after.unwrap_or_default())
            .bind(limit)
            .fetch_all(connection)
            .await?;
    all(found)
}

pub(super) async fn unknown_measures(
    connection: &mut Connection,
    ids: &[MeasureId],
) -> Result<Vec<MeasureId>, Error> {
    let asked: Vec<&str> = ids.iter().map(MeasureId::as_str).collect();
    let known: Vec<String> =
        sqlx::query_scalar(concat!("SELECT measure_id FROM measure WHERE measure_id IN ", texts!("$1")))
            .bind(json(&asked)?)
            .fetch_all(connection)
            .await?;
    let known: HashSet<String> = known.into_iter().collect();
    Ok(ids.iter().filter(|id| !known.contains(id.as_str())).cloned().collect())
}

pub(super) async fn put_source(
    connection: &mut Connection,
    mutation: &Mutation,
    entry: SourceEntry,
) -> Result<Source, Error> {
    let SourceEntry { id, name, precedence } = entry;
    if let Some(answer) = recall(connection, mutation).await? {
        // All but the precedence is as asked for.
        let precedence = from_json(&String::from_utf8_lossy(&answer))?;
        return Ok(Source { id, name, precedence });
    }
    alone(connection, Matter::Positions).await?;
    let before: Option<i64> = sqlx::query_scalar("SELECT precedence FROM source WHERE source_id = $1")
        .bind(id.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    let before = before.map(precedence_on_record).transpose()?;
    let precedence = precedence.or(before).unwrap_or(DEFAULT_PRECEDENCE);
    let source = Source { id, name, precedence };
    sqlx::query(
        "INSERT INTO source (source_id, name_zh, name_en, precedence) VALUES ($1, $2, $3, $4)
         ON CONFLICT (source_id) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en,
             precedence = excluded.precedence",
    )
    .bind(source.id.as_str())
    .bind(&source.name.zh)
    .bind(&source.name.en)
    .bind(i64::from(source.precedence))
    .execute(&mut *connection)
    .await?;
    if before != Some(source.precedence) {
        let counts_from = AsOf::now(positions::newest(connection).await?).precedence_position;
        sqlx::query(
            "INSERT INTO source_precedence (source_id, from_position, precedence) VALUES ($1, $2, $3)
             ON CONFLICT (source_id, from_position) DO UPDATE SET precedence = excluded.precedence",
        )
        .bind(source.id.as_str())
        .bind(integer(counts_from.0))
        .bind(i64::from(source.precedence))
        .execute(&mut *connection)
        .await?;
    }
    remember(connection, mutation, json(&source.precedence)?.as_bytes()).await?;
    Ok(source)
}

pub(super) async fn sources(
    connection: &mut Connection,
    after: Option<(u32, String)>,
    limit: i64,
) -> Result<Vec<Source>, Error> {
    let (precedence, id) = after.unwrap_or_default();
    let found: Vec<SourceRecord> = sqlx::query_as(
        "SELECT * FROM source WHERE (precedence, source_id) > ($1, $2) ORDER BY precedence, source_id LIMIT $3",
    )
    .bind(i64::from(precedence))
    .bind(id)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    all(found)
}

pub(super) async fn precedences(connection: &mut Connection, as_of: AsOf) -> Result<Precedences, Error> {
    let found: Vec<(String, i64)> = sqlx::query_as(
        "SELECT source_id, precedence FROM source_precedence AS p
         WHERE from_position = (SELECT max(from_position) FROM source_precedence
                                WHERE source_id = p.source_id AND from_position <= $1)",
    )
    .bind(integer(as_of.precedence_position.0))
    .fetch_all(connection)
    .await?;
    found.into_iter().map(|(id, precedence)| Ok((id, precedence_on_record(precedence)?))).collect()
}
