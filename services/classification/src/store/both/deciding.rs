//! A decision about the type of a place, inside the transaction of its caller: numbered without a gap, in one row of
//! positions and times that never falls.

use super::super::{Connection, alone_with_decisions};
use super::writing::{answer_after_others, remember};
use crate::domain::{Step, TypeDecision};
use crate::error::Error;
use crate::store::rows::{TypeDecisionRow, integer, read_step, write_evidence_column};
use crate::store::statements::{DECISION, INSERT_DECISION, NEWEST_DECISION, NEWEST_TYPE_DECIDED};
use crate::store::{Mutation, NewTypeDecision};

pub(super) async fn decide(
    connection: &mut Connection,
    mutation: Mutation,
    new: NewTypeDecision,
) -> Result<TypeDecision, Error> {
    if let Some(number) = answer_after_others(connection, &mutation).await? {
        return decision(connection, number).await;
    }
    alone_with_decisions(connection).await?;
    if new.type_id.is_none() && !stands(connection, &new).await? {
        return Err(Error::NothingToRevoke { place_id: new.place_id });
    }
    let number = insert(connection, new).await?;
    remember(connection, &mutation, number).await?;
    decision(connection, number).await
}

/// Whether a decision about the place is in force that could be revoked.
async fn stands(connection: &mut Connection, new: &NewTypeDecision) -> Result<bool, Error> {
    let query = sqlx::query_scalar(NEWEST_TYPE_DECIDED).bind(&new.place_id).bind(&new.rule_set_id);
    let newest: Option<Option<String>> = query.fetch_optional(connection).await?;
    Ok(newest.flatten().is_some())
}

/// Keeps a decision as the next of all; its number.
async fn insert(connection: &mut Connection, new: NewTypeDecision) -> Result<i64, Error> {
    let last: Option<(i64, i64, i64)> =
        sqlx::query_as(NEWEST_DECISION).fetch_optional(&mut *connection).await?;
    let last = last.map(read_step).transpose()?;
    let position = new.ingestion.newest_position().await?;
    let step = Step::after(last, position, new.clock.now());
    let number = integer("number", step.number)?;
    sqlx::query(INSERT_DECISION)
        .bind(number)
        .bind(new.place_id)
        .bind(new.rule_set_id)
        .bind(new.type_id)
        .bind(write_evidence_column(new.evidence)?)
        .bind(new.author)
        .bind(new.reason)
        .bind(integer("position", step.position)?)
        .bind(step.at.as_microsecond())
        .execute(connection)
        .await?;
    Ok(number)
}

async fn decision(connection: &mut Connection, number: i64) -> Result<TypeDecision, Error> {
    let row: TypeDecisionRow = sqlx::query_as(DECISION).bind(number).fetch_one(connection).await?;
    row.read()
}
