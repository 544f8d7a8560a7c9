//! What a write puts into the database, inside the transaction of its caller.

use futures_util::stream::TryStreamExt;

use super::super::{Connection, alone_with, insert_place_classes};
use crate::domain::{Classification, Inputs, TypeCount};
use crate::error::Error;
use crate::store::rows::{ClassificationRow, RuleSetRow, answered, integer, write_counts, write_names};
use crate::store::statements::{
    ANSWER, CLASSIFICATION_OF_RUN, INSERT_CLASSIFICATION, INSERT_RULE_SET, REMEMBER, RULE_SET,
    RULE_SET_OF_VERSION, RUN_OF_INPUTS, SET_COUNTS,
};
use crate::store::{ClassStream, Mutation, NewClassification, NewRuleSet, RuleSetRecord, Run};

pub(super) async fn register_rule_set(
    connection: &mut Connection,
    mutation: Mutation,
    new: NewRuleSet,
) -> Result<RuleSetRecord, Error> {
    if let Some(registration) = answer_after_others(connection, &mutation).await? {
        return rule_set(connection, registration).await;
    }
    let record = match insert_rule_set(connection, &new).await? {
        Some(registration) => rule_set(connection, registration).await?,
        None => same_rule_set(connection, &new).await?,
    };
    remember(connection, &mutation, record.registration).await?;
    Ok(record)
}

async fn rule_set(connection: &mut Connection, registration: i64) -> Result<RuleSetRecord, Error> {
    let row: RuleSetRow = sqlx::query_as(RULE_SET).bind(registration).fetch_one(connection).await?;
    row.read()
}

/// The number of its registration; `None` where its id and version are taken.
async fn insert_rule_set(connection: &mut Connection, new: &NewRuleSet) -> Result<Option<i64>, Error> {
    let query = sqlx::query_scalar(INSERT_RULE_SET)
        .bind(&new.id)
        .bind(&new.version)
        .bind(&new.hash)
        .bind(&new.title.zh)
        .bind(&new.title.en)
        .bind(write_names("types", &new.types)?)
        .bind(write_names("labels", &new.labels)?)
        .bind(&new.toml)
        .bind(new.registered_at.as_microsecond());
    Ok(query.fetch_optional(connection).await?)
}

/// The rule set already registered under the same id and version, if its text is the same.
async fn same_rule_set(connection: &mut Connection, new: &NewRuleSet) -> Result<RuleSetRecord, Error> {
    let query = sqlx::query_as(RULE_SET_OF_VERSION).bind(&new.id).bind(&new.version);
    let known: RuleSetRow = query.fetch_one(connection).await?;
    known.same_as(new)
}

pub(super) async fn create_classification(
    connection: &mut Connection,
    mutation: Mutation,
    new: NewClassification,
    mut classes: ClassStream,
) -> Result<Classification, Error> {
    // Checked again, alone: two equal requests may have passed the first check together.
    if let Some(run) = answer_after_others(connection, &mutation).await? {
        return classification_of_run(connection, Run(run)).await;
    }
    let Some(run) = insert_classification(connection, &new).await? else {
        let run = run_of_inputs(connection, &new.inputs).await?;
        remember(connection, &mutation, run.0).await?;
        return classification_of_run(connection, run).await;
    };
    // Readers see neither the row nor its unfinished counts before the end of the transaction.
    let mut tally = new.tally;
    while let Some(batch) = classes.try_next().await? {
        for class in &batch {
            tally.add(class);
        }
        insert_place_classes(connection, run, batch).await?;
    }
    set_counts(connection, run, &tally.into_counts()).await?;
    remember(connection, &mutation, run.0).await?;
    classification_of_run(connection, run).await
}

/// Its number; `None` where there is a classification of the same inputs.
async fn insert_classification(
    connection: &mut Connection,
    new: &NewClassification,
) -> Result<Option<Run>, Error> {
    let inputs = &new.inputs;
    let run = sqlx::query_scalar(INSERT_CLASSIFICATION)
        .bind(&new.id.0)
        .bind(&inputs.rule_set.id)
        .bind(&inputs.rule_set.version)
        .bind(&inputs.rule_set.hash)
        .bind(integer("as_of_position", inputs.as_of_position)?)
        .bind(i64::from(inputs.reference_year))
        .bind(integer("decision_number", inputs.decision_number)?)
        .bind(inputs.code_version)
        .bind(new.created_at.as_microsecond())
        .fetch_optional(connection)
        .await?;
    Ok(run.map(Run))
}

async fn run_of_inputs(connection: &mut Connection, inputs: &Inputs) -> Result<Run, Error> {
    let run = sqlx::query_scalar(RUN_OF_INPUTS)
        .bind(&inputs.rule_set.id)
        .bind(&inputs.rule_set.version)
        .bind(integer("as_of_position", inputs.as_of_position)?)
        .bind(i64::from(inputs.reference_year))
        .bind(integer("decision_number", inputs.decision_number)?)
        .bind(inputs.code_version)
        .fetch_one(connection)
        .await?;
    Ok(Run(run))
}

async fn set_counts(connection: &mut Connection, run: Run, counts: &[TypeCount]) -> Result<(), Error> {
    sqlx::query(SET_COUNTS).bind(write_counts(counts)?).bind(run.0).execute(connection).await?;
    Ok(())
}

pub(super) async fn classification_of_run(
    connection: &mut Connection,
    run: Run,
) -> Result<Classification, Error> {
    let row: ClassificationRow =
        sqlx::query_as(CLASSIFICATION_OF_RUN).bind(run.0).fetch_one(connection).await?;
    Ok(row.read()?.1)
}

/// What a mutation was answered with; `None` if it is new. Whoever does one of the same name is waited for.
pub(super) async fn answer_after_others(
    connection: &mut Connection,
    mutation: &Mutation,
) -> Result<Option<i64>, Error> {
    alone_with(connection, &mutation.request_id).await?;
    answer(connection, mutation).await
}

/// What a mutation was answered with; `None` if it is not done.
pub(super) async fn answer(connection: &mut Connection, mutation: &Mutation) -> Result<Option<i64>, Error> {
    let query = sqlx::query_as(ANSWER).bind(mutation.request_id.as_str());
    answered(query.fetch_optional(connection).await?, mutation)
}

pub(super) async fn remember(
    connection: &mut Connection,
    mutation: &Mutation,
    answer: i64,
) -> Result<(), Error> {
    sqlx::query(REMEMBER)
        .bind(mutation.request_id.as_str())
        .bind(mutation.fingerprint.as_slice())
        .bind(answer)
        .execute(connection)
        .await?;
    Ok(())
}
