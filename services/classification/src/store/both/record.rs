//! The record in one database. This room and `writing.rs` beside it are written once and compiled twice, in `sqlite.rs`
//! and in `postgres.rs`: their statements mean the same to both databases. What does not is in those two files.
//!
//! A classification is written while its places arrive, inside one transaction that runs apart from the call that
//! asked for it: a caller that hangs up neither halves it nor leaves it open.

mod deciding;
mod writing;

use async_trait::async_trait;
use futures_util::future::FutureExt;

use super::{Database, MIGRATOR, PLACE_CLASSES_OF_TYPE, Pool, REVIEW};
use crate::domain::{Classification, ClassificationId, PlaceClass, TypeDecision};
use crate::error::Error;
use crate::store::rows::{
    ClassificationRow, PlaceClassRow, RuleSetRow, TypeDecisionRow, integer, read_natural, read_step,
};
use crate::store::statements::{
    CLASSIFICATION, CLASSIFICATIONS, DECISION_NUMBER_AT_INSTANT, DECISION_NUMBER_AT_POSITION, DECISIONS,
    DECISIONS_ABOUT_PLACE, DECISIONS_UNDER_RULE_SET, NEWEST_DECISION, NEWEST_RULE_SET, PLACE_CLASS,
    PLACE_CLASSES, PLACE_TYPES, RULE_SET_OF_VERSION, RULE_SET_TEXT, RULE_SETS,
};
use crate::store::{
    ClassStream, Moment, Mutation, NewClassification, NewRuleSet, NewTypeDecision, RuleSetCursor,
    RuleSetRecord, Run, Store,
};

/// The database of the classification service.
#[derive(Debug)]
pub(in crate::store) struct Record {
    database: Database,
}

impl Record {
    /// Opens the database and brings it to the present version.
    pub(in crate::store) async fn open(url: &str) -> Result<Self, Error> {
        Ok(Self { database: Database::open(url, &MIGRATOR).await? })
    }

    fn reader(&self) -> &Pool {
        self.database.reader()
    }
}

#[async_trait]
impl Store for Record {
    async fn register_rule_set(&self, mutation: Mutation, new: NewRuleSet) -> Result<RuleSetRecord, Error> {
        self.database
            .write(move |connection| writing::register_rule_set(connection, mutation, new).boxed())
            .await
    }

    async fn rule_set(
        &self,
        id: &str,
        version: Option<&str>,
    ) -> Result<Option<(RuleSetRecord, String)>, Error> {
        let query = match version {
            Some(version) => sqlx::query_as(RULE_SET_OF_VERSION).bind(id).bind(version),
            None => sqlx::query_as(NEWEST_RULE_SET).bind(id),
        };
        let row: Option<RuleSetRow> = query.fetch_optional(self.reader()).await?;
        let Some(record) = row.map(RuleSetRow::read).transpose()? else {
            return Ok(None);
        };
        let toml =
            sqlx::query_scalar(RULE_SET_TEXT).bind(record.registration).fetch_one(self.reader()).await?;
        Ok(Some((record, toml)))
    }

    async fn rule_sets(
        &self,
        after: Option<&RuleSetCursor>,
        limit: i64,
    ) -> Result<Vec<RuleSetRecord>, Error> {
        let (id, registration) =
            after.map_or(("", i64::MAX), |cursor| (cursor.id.as_str(), cursor.registration));
        let query = sqlx::query_as(RULE_SETS).bind(id).bind(registration).bind(limit);
        let rows: Vec<RuleSetRow> = query.fetch_all(self.reader()).await?;
        rows.into_iter().map(RuleSetRow::read).collect()
    }

    async fn answered_classification(&self, mutation: &Mutation) -> Result<Option<Classification>, Error> {
        let mut connection = self.reader().acquire().await?;
        match writing::answer(&mut connection, mutation).await? {
            Some(run) => Ok(Some(writing::classification_of_run(&mut connection, Run(run)).await?)),
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
            .write(move |connection| {
                writing::create_classification(connection, mutation, new, classes).boxed()
            })
            .await
    }

    async fn classification(&self, id: &ClassificationId) -> Result<Option<(Run, Classification)>, Error> {
        let row: Option<ClassificationRow> =
            sqlx::query_as(CLASSIFICATION).bind(&id.0).fetch_optional(self.reader()).await?;
        row.map(ClassificationRow::read).transpose()
    }

    async fn classifications(
        &self,
        before: Option<Run>,
        limit: i64,
    ) -> Result<Vec<(Run, Classification)>, Error> {
        let query = sqlx::query_as(CLASSIFICATIONS).bind(before.map_or(i64::MAX, |run| run.0)).bind(limit);
        let rows: Vec<ClassificationRow> = query.fetch_all(self.reader()).await?;
        rows.into_iter().map(ClassificationRow::read).collect()
    }

    async fn place_class(&self, run: Run, place_id: &str) -> Result<Option<PlaceClass>, Error> {
        let query = sqlx::query_as(PLACE_CLASS).bind(run.0).bind(place_id);
        let row: Option<PlaceClassRow> = query.fetch_optional(self.reader()).await?;
        row.map(PlaceClassRow::read).transpose()
    }

    async fn place_classes(
        &self,
        run: Run,
        type_id: Option<&str>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<PlaceClass>, Error> {
        let query = match type_id {
            Some(type_id) => sqlx::query_as(PLACE_CLASSES_OF_TYPE).bind(run.0).bind(type_id),
            None => sqlx::query_as(PLACE_CLASSES).bind(run.0),
        };
        let query = query.bind(after.unwrap_or_default()).bind(limit);
        let rows: Vec<PlaceClassRow> = query.fetch_all(self.reader()).await?;
        rows.into_iter().map(PlaceClassRow::read).collect()
    }

    async fn place_types(
        &self,
        run: Run,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<(String, String)>, Error> {
        let query = sqlx::query_as(PLACE_TYPES).bind(run.0).bind(after.unwrap_or_default()).bind(limit);
        Ok(query.fetch_all(self.reader()).await?)
    }

    async fn review(&self, run: Run, after: Option<&str>, limit: i64) -> Result<Vec<PlaceClass>, Error> {
        let query = sqlx::query_as(REVIEW).bind(run.0).bind(after.unwrap_or_default()).bind(limit);
        let rows: Vec<PlaceClassRow> = query.fetch_all(self.reader()).await?;
        rows.into_iter().map(PlaceClassRow::read).collect()
    }

    async fn decide(&self, mutation: Mutation, new: NewTypeDecision) -> Result<TypeDecision, Error> {
        self.database
            .write_in_turn(move |connection| deciding::decide(connection, mutation, new).boxed())
            .await
    }

    async fn decisions(
        &self,
        place_id: Option<&str>,
        before: Option<u64>,
        limit: i64,
    ) -> Result<Vec<TypeDecision>, Error> {
        let before = before.map_or(Ok(i64::MAX), |number| integer("number", number))?;
        let query = match place_id {
            Some(place_id) => sqlx::query_as(DECISIONS_ABOUT_PLACE).bind(place_id),
            None => sqlx::query_as(DECISIONS),
        };
        let rows: Vec<TypeDecisionRow> = query.bind(before).bind(limit).fetch_all(self.reader()).await?;
        rows.into_iter().map(TypeDecisionRow::read).collect()
    }

    async fn decisions_under(
        &self,
        rule_set_id: &str,
        after: u64,
        up_to: u64,
        limit: i64,
    ) -> Result<Vec<TypeDecision>, Error> {
        let query = sqlx::query_as(DECISIONS_UNDER_RULE_SET)
            .bind(rule_set_id)
            .bind(integer("number", after)?)
            .bind(integer("number", up_to)?)
            .bind(limit);
        let rows: Vec<TypeDecisionRow> = query.fetch_all(self.reader()).await?;
        rows.into_iter().map(TypeDecisionRow::read).collect()
    }

    async fn decision_number(&self, at: Moment) -> Result<u64, Error> {
        let number: Option<i64> = match at {
            Moment::Newest => {
                let newest: Option<(i64, i64, i64)> =
                    sqlx::query_as(NEWEST_DECISION).fetch_optional(self.reader()).await?;
                return Ok(newest.map(read_step).transpose()?.map_or(0, |step| step.number));
            }
            Moment::Position(position) => {
                let query = sqlx::query_scalar(DECISION_NUMBER_AT_POSITION);
                query.bind(integer("position", position)?).fetch_optional(self.reader()).await?
            }
            Moment::Instant(instant) => {
                let query = sqlx::query_scalar(DECISION_NUMBER_AT_INSTANT);
                query.bind(instant.as_microsecond()).fetch_optional(self.reader()).await?
            }
        };
        number.map_or(Ok(0), |number| read_natural("number", number))
    }
}
