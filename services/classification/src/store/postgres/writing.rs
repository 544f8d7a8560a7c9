//! What a write puts into the database, inside the transaction of its caller.

use futures_util::stream::TryStreamExt;
use sqlx::PgConnection;

use super::super::rows::{
    ClassificationRow, PlaceClassRow, RuleSetRow, answered, write_counts, write_names, write_position,
};
use super::super::statements::{
    ANSWER, CLASSIFICATION_OF_RUN, INSERT_CLASSIFICATION, INSERT_RULE_SET, REMEMBER, RULE_SET,
    RULE_SET_OF_VERSION, RUN_OF_INPUTS, SET_COUNTS,
};
use super::super::{ClassStream, Mutation, NewClassification, NewRuleSet, RuleSetRecord, Run};
use crate::domain::{Classification, Inputs, PlaceClass, TypeCount};
use crate::error::Error;

/// Held to the end of the transaction.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

const INSERT_PLACE_CLASSES: &str = "\
    INSERT INTO place_classes (run, place_id, type, reasons, evidence, labels, type_degrees) \
    SELECT $1, * FROM UNNEST($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])";

pub(super) async fn register_rule_set(
    connection: &mut PgConnection,
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

async fn rule_set(connection: &mut PgConnection, registration: i64) -> Result<RuleSetRecord, Error> {
    let row: RuleSetRow = sqlx::query_as(RULE_SET).bind(registration).fetch_one(connection).await?;
    row.read()
}

/// The number of its registration; `None` where its id and version are taken.
async fn insert_rule_set(connection: &mut PgConnection, new: &NewRuleSet) -> Result<Option<i64>, Error> {
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
async fn same_rule_set(connection: &mut PgConnection, new: &NewRuleSet) -> Result<RuleSetRecord, Error> {
    let query = sqlx::query_as(RULE_SET_OF_VERSION).bind(&new.id).bind(&new.version);
    let known: RuleSetRow = query.fetch_one(connection).await?;
    known.same_as(new)
}

pub(super) async fn create_classification(
    connection: &mut PgConnection,
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
    connection: &mut PgConnection,
    new: &NewClassification,
) -> Result<Option<Run>, Error> {
    let inputs = &new.inputs;
    let run = sqlx::query_scalar(INSERT_CLASSIFICATION)
        .bind(&new.id.0)
        .bind(&inputs.rule_set.id)
        .bind(&inputs.rule_set.version)
        .bind(&inputs.rule_set.hash)
        .bind(write_position(inputs)?)
        .bind(i64::from(inputs.reference_year))
        .bind(inputs.code_version)
        .bind(new.created_at.as_microsecond())
        .fetch_optional(connection)
        .await?;
    Ok(run.map(Run))
}

async fn run_of_inputs(connection: &mut PgConnection, inputs: &Inputs) -> Result<Run, Error> {
    let run = sqlx::query_scalar(RUN_OF_INPUTS)
        .bind(&inputs.rule_set.id)
        .bind(&inputs.rule_set.version)
        .bind(write_position(inputs)?)
        .bind(i64::from(inputs.reference_year))
        .bind(inputs.code_version)
        .fetch_one(connection)
        .await?;
    Ok(Run(run))
}

/// A batch is bounded, and so is one statement.
async fn insert_place_classes(
    connection: &mut PgConnection,
    run: Run,
    batch: Vec<PlaceClass>,
) -> Result<(), Error> {
    let mut columns: [Vec<String>; 6] = std::array::from_fn(|_| Vec::with_capacity(batch.len()));
    for class in batch {
        let PlaceClassRow { place_id, type_id, reasons, evidence, labels, type_degrees } =
            PlaceClassRow::write(class)?;
        let row = [place_id, type_id, reasons, evidence, labels, type_degrees];
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    let mut insert = sqlx::query(INSERT_PLACE_CLASSES).bind(run.0);
    for column in columns {
        insert = insert.bind(column);
    }
    insert.execute(connection).await?;
    Ok(())
}

async fn set_counts(connection: &mut PgConnection, run: Run, counts: &[TypeCount]) -> Result<(), Error> {
    sqlx::query(SET_COUNTS).bind(write_counts(counts)?).bind(run.0).execute(connection).await?;
    Ok(())
}

pub(super) async fn classification_of_run(
    connection: &mut PgConnection,
    run: Run,
) -> Result<Classification, Error> {
    let row: ClassificationRow =
        sqlx::query_as(CLASSIFICATION_OF_RUN).bind(run.0).fetch_one(connection).await?;
    Ok(row.read()?.1)
}

/// What a mutation was answered with; `None` if it is new. Whoever does one of the same name is waited for.
async fn answer_after_others(
    connection: &mut PgConnection,
    mutation: &Mutation,
) -> Result<Option<i64>, Error> {
    sqlx::query(ONE_AT_A_TIME).bind(mutation.request_id.as_str()).execute(&mut *connection).await?;
    answer(connection, mutation).await
}

/// What a mutation was answered with; `None` if it is not done.
pub(super) async fn answer(connection: &mut PgConnection, mutation: &Mutation) -> Result<Option<i64>, Error> {
    let query = sqlx::query_as(ANSWER).bind(mutation.request_id.as_str());
    answered(query.fetch_optional(connection).await?, mutation)
}

async fn remember(connection: &mut PgConnection, mutation: &Mutation, answer: i64) -> Result<(), Error> {
    sqlx::query(REMEMBER)
        .bind(mutation.request_id.as_str())
        .bind(mutation.fingerprint.as_slice())
        .bind(answer)
        .execute(connection)
        .await?;
    Ok(())
}
