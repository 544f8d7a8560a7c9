//! The record of classification: rule sets, classifications and what each says of every place, and what people decided
//! about the type of one.
//!
//! A back end is one file below `store/`, and what is the same in both is in `both/`; [`open`] chooses by the address.
//! What the methods promise is written here once and proved by one suite over every back end. Nothing changes once it
//! is committed.

mod postgres;
mod rows;
mod sqlite;
mod statements;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::database::Backend;
use xiuhua_service_kit::request_id::RequestId;

use crate::domain::{
    Classification, ClassificationId, Evidence, Inputs, Named, PlaceClass, Tally, Text, TypeDecision,
};
use crate::error::Error;
use crate::upstream::Ingestion;

/// A store handed to many rooms.
pub(crate) type SharedStore = Arc<dyn Store>;

/// The results of a run while it is being made: places rise by id (bytes).
pub(crate) type ClassStream = BoxStream<'static, Result<Vec<PlaceClass>, Error>>;

/// Where rule sets and classifications are kept.
#[async_trait]
pub(crate) trait Store: Send + Sync + std::fmt::Debug {
    /// Keeps a rule set, or finds the same text already kept, and remembers the mutation with it.
    ///
    /// Another text under the same id and version is [`Error::RuleSetDiffers`], a mutation whose id was used for
    /// another body [`Error::KeyReused`]; both keep nothing.
    async fn register_rule_set(&self, mutation: Mutation, new: NewRuleSet) -> Result<RuleSetRecord, Error>;

    /// A rule set with its text; the newest registered where no version is asked for.
    async fn rule_set(
        &self,
        id: &str,
        version: Option<&str>,
    ) -> Result<Option<(RuleSetRecord, String)>, Error>;

    /// Rule sets by id (bytes), newest registration first, after a cursor.
    async fn rule_sets(&self, after: Option<&RuleSetCursor>, limit: i64)
    -> Result<Vec<RuleSetRecord>, Error>;

    /// The classification that a mutation made or found earlier; `None` if it is new.
    ///
    /// [`Error::KeyReused`] if its id was used for another body.
    async fn answered_classification(&self, mutation: &Mutation) -> Result<Option<Classification>, Error>;

    /// Keeps a whole classification in one transaction, or none of it, and remembers the mutation with it.
    ///
    /// The same inputs again are the classification already kept: then `classes` is not read. A store goes on when
    /// the caller stops waiting.
    async fn create_classification(
        &self,
        mutation: Mutation,
        new: NewClassification,
        classes: ClassStream,
    ) -> Result<Classification, Error>;

    /// A classification by id, with its number.
    async fn classification(&self, id: &ClassificationId) -> Result<Option<(Run, Classification)>, Error>;

    /// Classifications newest first, older than a run.
    async fn classifications(
        &self,
        before: Option<Run>,
        limit: i64,
    ) -> Result<Vec<(Run, Classification)>, Error>;

    /// One place of a run.
    async fn place_class(&self, run: Run, place_id: &str) -> Result<Option<PlaceClass>, Error>;

    /// Places of a run by id (bytes), after an id; only those of one type where one is named.
    async fn place_classes(
        &self,
        run: Run,
        type_id: Option<&str>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<PlaceClass>, Error>;

    /// Ids and types of the places of a run by id (bytes), after an id.
    async fn place_types(
        &self,
        run: Run,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<(String, String)>, Error>;

    /// Places of a run that want a person's eye by id (bytes), after an id.
    async fn review(&self, run: Run, after: Option<&str>, limit: i64) -> Result<Vec<PlaceClass>, Error>;

    /// Keeps a decision as the next of all, and remembers the mutation with it; the decision of an earlier mutation of
    /// the same name where there is one.
    ///
    /// [`Error::NothingToRevoke`] for one without a type where none about the place is in force.
    async fn decide(&self, mutation: Mutation, new: NewTypeDecision) -> Result<TypeDecision, Error>;

    /// Decisions newest first, older than a number; only those about one place where one is named.
    async fn decisions(
        &self,
        place_id: Option<&str>,
        before: Option<u64>,
        limit: i64,
    ) -> Result<Vec<TypeDecision>, Error>;

    /// Decisions under a rule set, of any version, by number, above `after` and up to `up_to`.
    async fn decisions_under(
        &self,
        rule_set_id: &str,
        after: u64,
        up_to: u64,
        limit: i64,
    ) -> Result<Vec<TypeDecision>, Error>;

    /// The number of the decision that was the newest then; 0 before the first.
    async fn decision_number(&self, at: Moment) -> Result<u64, Error>;
}

/// When.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Newest,
    /// While this position of ingestion, or an earlier one, was the newest.
    Position(u64),
    Instant(Timestamp),
}

/// A mutation as its caller named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mutation {
    pub(crate) request_id: RequestId,
    pub(crate) fingerprint: [u8; 32],
}

/// The number of a classification inside a store: rises with every new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run(pub(crate) i64);

/// A registered rule set, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleSetRecord {
    /// Rises with every registration.
    pub(crate) registration: i64,
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) hash: String,
    pub(crate) title: Text,
    pub(crate) types: Vec<Named>,
    pub(crate) labels: Vec<Named>,
    pub(crate) registered_at: Timestamp,
}

/// A rule set to be kept.
#[derive(Clone, Debug)]
pub(crate) struct NewRuleSet {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) hash: String,
    pub(crate) title: Text,
    pub(crate) types: Vec<Named>,
    pub(crate) labels: Vec<Named>,
    pub(crate) toml: String,
    pub(crate) registered_at: Timestamp,
}

/// Where a page of rule sets ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleSetCursor {
    pub(crate) id: String,
    pub(crate) registration: i64,
}

/// A classification to be kept.
#[derive(Clone, Debug)]
pub(crate) struct NewClassification {
    pub(crate) id: ClassificationId,
    pub(crate) inputs: Inputs,
    /// At 0 for each type; the store counts what it keeps.
    pub(crate) tally: Tally,
    pub(crate) created_at: Timestamp,
}

/// A decision to be kept; the store gives the number, and moves position and time up to those before it.
#[derive(Clone, Debug)]
pub(crate) struct NewTypeDecision {
    pub(crate) place_id: String,
    pub(crate) rule_set_id: String,
    /// `None` revokes the decision before.
    pub(crate) type_id: Option<String>,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) author: String,
    pub(crate) reason: String,
    /// Asked for its newest position when it is the decision's turn: those before it may have taken long, and what was
    /// decided while an earlier position was the newest must not change any more.
    pub(crate) ingestion: Ingestion,
    /// Tells when it is decided: asked last of all, for the same reason.
    pub(crate) clock: SharedClock,
}

/// Opens the store at an address (`sqlite:FILE`, `sqlite::memory:`, `postgres://…`) and migrates it.
///
/// # Errors
/// [`Error::Open`] for another scheme, or if it cannot be opened or is newer than this program.
pub(crate) async fn open(url: &str) -> Result<SharedStore, Error> {
    Ok(match Backend::of(url)? {
        Backend::Sqlite => Arc::new(sqlite::Record::open(url).await?),
        Backend::Postgres => Arc::new(postgres::Record::open(url).await?),
    })
}
