//! The record in one SQLite file.
//!
//! A classification is written while its places arrive, inside one transaction that runs apart from the call that
//! asked for it: a caller that hangs up neither halves it nor keeps the one writer.

use async_trait::async_trait;
use futures_util::future::FutureExt;
use futures_util::stream::TryStreamExt;
use sqlx::migrate::Migrator;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqlitePool};
use xiuhua_service_kit::request_id::KeyReused;
use xiuhua_service_kit::sqlite::SqliteDatabase;

use super::rows::{ClassificationRow, PlaceClassRow, RuleSetRow, registered, write_counts, write_names};
use super::{ClassStream, Mutation, NewClassification, NewRuleSet, RuleSetCursor, RuleSetRecord, Run, Store};
use crate::domain::{Classification, ClassificationId, Inputs, PlaceClass, TypeCount};
use crate::error::Error;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/sqlite");

/// Rows of one statement. A statement costs a hand-off between threads, a row almost nothing.
const ROWS_A_STATEMENT: usize = 1_000;

/// The columns of [`RuleSetRow`], to be continued.
macro_rules! select_rule_set {
    ($rest:literal) => {
        concat!(
            "SELECT registration, id, version, hash, title_zh, title_en, types, labels, registered_us ",
            "FROM rule_sets ",
            $rest
        )
    };
}

/// The columns of [`ClassificationRow`], to be continued.
macro_rules! select_classification {
    ($rest:literal) => {
        concat!(
            "SELECT run, id, rule_set_id, rule_set_version, rule_set_hash, as_of_position, reference_year, ",
            "counts, created_us FROM classifications ",
            $rest
        )
    };
}

/// The columns of [`PlaceClassRow`], to be continued.
macro_rules! select_place_class {
    ($rest:literal) => {
        concat!("SELECT place_id, type, reasons, evidence, labels, type_degrees FROM place_classes ", $rest)
    };
}

/// The database of the classification service.
#[derive(Debug)]
pub(super) struct SqliteStore {
    database: SqliteDatabase,
}

impl SqliteStore {
    /// Opens the database and brings it to the present version.
    pub(super) async fn open(url: &str) -> Result<Self, Error> {
        let database = SqliteDatabase::open(url, &MIGRATIONS).await;
        Ok(Self { database: database.map_err(|error| Error::Database(Box::new(error)))? })
    }

    fn reader(&self) -> &SqlitePool {
        self.database.reader()
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn register_rule_set(&self, mutation: Mutation, new: NewRuleSet) -> Result<RuleSetRecord, Error> {
        self.database.write(move |connection| register_rule_set(connection, mutation, new).boxed()).await
    }

    async fn rule_set(
        &self,
        id: &str,
        version: Option<&str>,
    ) -> Result<Option<(RuleSetRecord, String)>, Error> {
        let row: Option<RuleSetRow> = sqlx::query_as(select_rule_set!(
            "WHERE id = ?1 AND (?2 IS NULL OR version = ?2) ORDER BY registration DESC LIMIT 1"
        ))
        .bind(id)
        .bind(version)
        .fetch_optional(self.reader())
        .await?;
        let Some(record) = row.map(RuleSetRow::read).transpose()? else {
            return Ok(None);
        };
        let toml = sqlx::query_scalar("SELECT toml FROM rule_sets WHERE registration = ?")
            .bind(record.registration)
            .fetch_one(self.reader())
            .await?;
        Ok(Some((record, toml)))
    }

    async fn rule_sets(
        &self,
        after: Option<&RuleSetCursor>,
        limit: i64,
    ) -> Result<Vec<RuleSetRecord>, Error> {
        let rows: Vec<RuleSetRow> = sqlx::query_as(select_rule_set!(
            "WHERE ?1 IS NULL OR id > ?1 OR (id = ?1 AND registration < ?2) ORDER BY id, registration DESC LIMIT ?3"
        ))
        .bind(after.map(|cursor| cursor.id.as_str()))
        .bind(after.map(|cursor| cursor.registration))
        .bind(limit)
        .fetch_all(self.reader())
        .await?;
        rows.into_iter().map(RuleSetRow::read).collect()
    }

    async fn answered_classification(&self, mutation: &Mutation) -> Result<Option<Classification>, Error> {
        let mut connection = self.reader().acquire().await?;
        match answer(&mut connection, mutation).await? {
            Some(run) => Ok(Some(classification_of_run(&mut connection, Run(run)).await?)),
            None => Ok(None),
        }
    }

    async fn create_classification(
        &self,
        mutation: Mutation,
        new: NewClassification,
        classes: ClassStream,
    ) -> Result<Classification, Error> {
        self.database
            .write(move |connection| create_classification(connection, mutation, new, classes).boxed())
            .await
    }

    async fn classification(&self, id: &ClassificationId) -> Result<Option<(Run, Classification)>, Error> {
        let row: Option<ClassificationRow> = sqlx::query_as(select_classification!("WHERE id = ?"))
            .bind(&id.0)
            .fetch_optional(self.reader())
            .await?;
        row.map(ClassificationRow::read).transpose()
    }

    async fn classifications(
        &self,
        before: Option<Run>,
        limit: i64,
    ) -> Result<Vec<(Run, Classification)>, Error> {
        let rows: Vec<ClassificationRow> =
            sqlx::query_as(select_classification!("WHERE ?1 IS NULL OR run < ?1 ORDER BY run DESC LIMIT ?2"))
                .bind(before.map(|run| run.0))
                .bind(limit)
                .fetch_all(self.reader())
                .await?;
        rows.into_iter().map(ClassificationRow::read).collect()
    }

    async fn place_class(&self, run: Run, place_id: &str) -> Result<Option<PlaceClass>, Error> {
        let row: Option<PlaceClassRow> =
            sqlx::query_as(select_place_class!("WHERE run = ? AND place_id = ?"))
                .bind(run.0)
                .bind(place_id)
                .fetch_optional(self.reader())
                .await?;
        row.map(PlaceClassRow::read).transpose()
    }

    async fn place_classes(
        &self,
        run: Run,
        type_id: Option<&str>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<PlaceClass>, Error> {
        // No id is empty, so every id is greater than the empty text. Two statements, because one with an optional
        // type would use neither index as a range.
        let after = after.unwrap_or_default();
        let query = match type_id {
            Some(type_id) => sqlx::query_as(select_place_class!(
                "WHERE run = ? AND type = ? AND place_id > ? ORDER BY place_id LIMIT ?"
            ))
            .bind(run.0)
            .bind(type_id),
            None => sqlx::query_as(select_place_class!(
                "WHERE run = ? AND place_id > ? ORDER BY place_id LIMIT ?"
            ))
            .bind(run.0),
        };
        let rows: Vec<PlaceClassRow> = query.bind(after).bind(limit).fetch_all(self.reader()).await?;
        rows.into_iter().map(PlaceClassRow::read).collect()
    }

    async fn place_types(
        &self,
        run: Run,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<(String, String)>, Error> {
        let statement = "SELECT place_id, type FROM place_classes WHERE run = ? AND place_id > ? \
                         ORDER BY place_id LIMIT ?";
        let query = sqlx::query_as(statement).bind(run.0).bind(after.unwrap_or_default()).bind(limit);
        Ok(query.fetch_all(self.reader()).await?)
    }
}

async fn register_rule_set(
    connection: &mut SqliteConnection,
    mutation: Mutation,
    new: NewRuleSet,
) -> Result<RuleSetRecord, Error> {
    if let Some(registration) = answer(connection, &mutation).await? {
        let row: RuleSetRow = sqlx::query_as(select_rule_set!("WHERE registration = ?"))
            .bind(registration)
            .fetch_one(connection)
            .await?;
        return row.read();
    }
    let known: Option<RuleSetRow> = sqlx::query_as(select_rule_set!("WHERE id = ? AND version = ?"))
        .bind(&new.id)
        .bind(&new.version)
        .fetch_optional(&mut *connection)
        .await?;
    let record = match known {
        Some(row) if row.hash() != new.hash => {
            return Err(Error::RuleSetDiffers { id: new.id, version: new.version });
        }
        Some(row) => row.read()?,
        None => insert_rule_set(connection, new).await?,
    };
    remember(connection, &mutation, record.registration).await?;
    Ok(record)
}

async fn insert_rule_set(connection: &mut SqliteConnection, new: NewRuleSet) -> Result<RuleSetRecord, Error> {
    let statement = "INSERT INTO rule_sets \
                     (id, version, hash, title_zh, title_en, types, labels, toml, registered_us) \
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let inserted = sqlx::query(statement)
        .bind(&new.id)
        .bind(&new.version)
        .bind(&new.hash)
        .bind(&new.title.zh)
        .bind(&new.title.en)
        .bind(write_names("types", &new.types)?)
        .bind(write_names("labels", &new.labels)?)
        .bind(&new.toml)
        .bind(new.registered_at.as_microsecond())
        .execute(connection)
        .await?;
    Ok(registered(inserted.last_insert_rowid(), new))
}

async fn create_classification(
    connection: &mut SqliteConnection,
    mutation: Mutation,
    new: NewClassification,
    mut classes: ClassStream,
) -> Result<Classification, Error> {
    // Checked again under the writer's lock: two equal requests may have passed the first check together.
    if let Some(run) = answer(connection, &mutation).await? {
        return classification_of_run(connection, Run(run)).await;
    }
    if let Some(run) = run_of_inputs(connection, &new.inputs).await? {
        remember(connection, &mutation, run.0).await?;
        return classification_of_run(connection, run).await;
    }
    // Readers see neither the row nor its unfinished counts before the end of the transaction.
    let mut tally = new.tally.clone();
    let run = insert_classification(connection, &new).await?;
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

async fn run_of_inputs(connection: &mut SqliteConnection, inputs: &Inputs) -> Result<Option<Run>, Error> {
    let statement = "SELECT run FROM classifications WHERE rule_set_id = ? AND rule_set_version = ? \
                     AND as_of_position = ? AND reference_year = ? AND code_version = ?";
    let run: Option<i64> = sqlx::query_scalar(statement)
        .bind(&inputs.rule_set.id)
        .bind(&inputs.rule_set.version)
        .bind(position(inputs)?)
        .bind(inputs.reference_year)
        .bind(inputs.code_version)
        .fetch_optional(connection)
        .await?;
    Ok(run.map(Run))
}

async fn insert_classification(
    connection: &mut SqliteConnection,
    new: &NewClassification,
) -> Result<Run, Error> {
    let inputs = &new.inputs;
    let statement = "INSERT INTO classifications \
                     (id, rule_set_id, rule_set_version, rule_set_hash, as_of_position, reference_year, \
                     code_version, counts, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, '[]', ?)";
    let inserted = sqlx::query(statement)
        .bind(&new.id.0)
        .bind(&inputs.rule_set.id)
        .bind(&inputs.rule_set.version)
        .bind(&inputs.rule_set.hash)
        .bind(position(inputs)?)
        .bind(inputs.reference_year)
        .bind(inputs.code_version)
        .bind(new.created_at.as_microsecond())
        .execute(connection)
        .await?;
    Ok(Run(inserted.last_insert_rowid()))
}

async fn insert_place_classes(
    connection: &mut SqliteConnection,
    run: Run,
    batch: Vec<PlaceClass>,
) -> Result<(), Error> {
    let rows = batch.into_iter().map(PlaceClassRow::write).collect::<Result<Vec<_>, _>>()?;
    for rows in rows.chunks(ROWS_A_STATEMENT) {
        let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO place_classes (run, place_id, type, reasons, evidence, labels, type_degrees) ",
        );
        insert.push_values(rows, |mut values, row| {
            values
                .push_bind(run.0)
                .push_bind(&row.place_id)
                .push_bind(&row.type_id)
                .push_bind(&row.reasons)
                .push_bind(&row.evidence)
                .push_bind(&row.labels)
                .push_bind(&row.type_degrees);
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn set_counts(connection: &mut SqliteConnection, run: Run, counts: &[TypeCount]) -> Result<(), Error> {
    sqlx::query("UPDATE classifications SET counts = ? WHERE run = ?")
        .bind(write_counts(counts)?)
        .bind(run.0)
        .execute(connection)
        .await?;
    Ok(())
}

async fn classification_of_run(connection: &mut SqliteConnection, run: Run) -> Result<Classification, Error> {
    let row: ClassificationRow =
        sqlx::query_as(select_classification!("WHERE run = ?")).bind(run.0).fetch_one(connection).await?;
    Ok(row.read()?.1)
}

/// What a mutation was answered with; `None` if it is new.
async fn answer(connection: &mut SqliteConnection, mutation: &Mutation) -> Result<Option<i64>, Error> {
    let known: Option<(Vec<u8>, i64)> =
        sqlx::query_as("SELECT fingerprint, answer FROM requests WHERE request_id = ?")
            .bind(mutation.request_id.as_str())
            .fetch_optional(connection)
            .await?;
    match known {
        None => Ok(None),
        Some((fingerprint, answer)) if fingerprint == mutation.fingerprint => Ok(Some(answer)),
        Some(_) => Err(KeyReused { request_id: mutation.request_id.clone() }.into()),
    }
}

async fn remember(connection: &mut SqliteConnection, mutation: &Mutation, answer: i64) -> Result<(), Error> {
    sqlx::query("INSERT INTO requests (request_id, fingerprint, answer) VALUES (?, ?, ?)")
        .bind(mutation.request_id.as_str())
        .bind(mutation.fingerprint.as_slice())
        .bind(answer)
        .execute(connection)
        .await?;
    Ok(())
}

fn position(inputs: &Inputs) -> Result<i64, Error> {
    i64::try_from(inputs.as_of_position).map_err(|_| Error::corrupt("as_of_position"))
}
