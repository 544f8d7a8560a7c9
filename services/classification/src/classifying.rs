//! Registering rules and applying them to every place: what the door asks for when it takes more than one step.

use std::sync::Arc;

use futures_util::stream::{StreamExt, TryStreamExt};
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::ids::new_id;

use crate::convert::ClassificationRequest;
use crate::deciding;
use crate::domain::{
    Classification, ClassificationId, Decisions, Inputs, Place, PlaceClass, RuleSet, RuleSetUsed, Tally,
};
use crate::error::Error;
use crate::store::{ClassStream, Mutation, NewClassification, NewRuleSet, RuleSetRecord, SharedStore};
use crate::upstream::{Ingestion, PlaceStream};

/// Version of the code that applies the rules.
const CODE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the service works with.
#[derive(Debug)]
pub(crate) struct Rooms {
    pub(crate) store: SharedStore,
    pub(crate) ingestion: Ingestion,
    pub(crate) clock: SharedClock,
}

/// Registers the text of a rule set.
pub(crate) async fn register(
    rooms: &Rooms,
    mutation: Mutation,
    toml: String,
) -> Result<RuleSetRecord, Error> {
    // A text may have a megabyte: too much for a thread that others wait for.
    let (parsed, toml) = tokio::task::spawn_blocking(move || (RuleSet::parse(&toml), toml)).await?;
    let rules = parsed.map_err(Error::RuleSetFaulty)?;
    let new = NewRuleSet {
        id: rules.id().to_owned(),
        version: rules.version().to_owned(),
        hash: rules.hash().to_owned(),
        title: rules.title().clone(),
        types: rules.types().to_vec(),
        labels: rules.labels().cloned().collect(),
        toml,
        registered_at: rooms.clock.now(),
    };
    rooms.store.register_rule_set(mutation, new).await
}

/// Classifies every place as of a position.
///
/// Places pass in batches from ingestion through the rules into the store; nothing but a batch is held.
pub(crate) async fn create(rooms: &Rooms, request: ClassificationRequest) -> Result<Classification, Error> {
    // A repeat is answered as it was then, whatever is newest by now.
    if let Some(classification) = rooms.store.answered_classification(&request.mutation).await? {
        return Ok(classification);
    }
    let version = request.rule_set_version.as_deref();
    let rules = registered_rules(rooms, &request.rule_set_id, version).await?;
    let newest = rooms.ingestion.newest_position().await?;
    let as_of_position = request.as_of_position.unwrap_or(newest);
    if as_of_position > newest {
        return Err(Error::PositionNotReached { asked: as_of_position, newest });
    }
    let decision_number = deciding::number_to_heed(rooms, request.decision_number, as_of_position).await?;
    let decisions = deciding::decisions(rooms, rules.id(), decision_number).await?;
    let rule_set = RuleSetUsed {
        id: rules.id().to_owned(),
        version: rules.version().to_owned(),
        hash: rules.hash().to_owned(),
    };
    let reference_year = request.reference_year;
    let new = NewClassification {
        id: ClassificationId(new_id("classification")),
        inputs: Inputs {
            rule_set,
            as_of_position,
            reference_year,
            decision_number,
            code_version: CODE_VERSION,
        },
        tally: Tally::new(rules.types()),
        created_at: rooms.clock.now(),
    };
    let places = rooms.ingestion.places(as_of_position).await?;
    let classes = classify(places, Arc::new((rules, decisions)), reference_year);
    rooms.store.create_classification(request.mutation, new, classes).await
}

/// A registered rule set, read from its text; the newest registered where no version is named.
pub(crate) async fn registered_rules(
    rooms: &Rooms,
    id: &str,
    version: Option<&str>,
) -> Result<RuleSet, Error> {
    let found = rooms.store.rule_set(id, version).await?;
    let (record, toml) = found
        .ok_or_else(|| Error::RuleSetNotFound { id: id.to_owned(), version: version.map(str::to_owned) })?;
    let parsed = tokio::task::spawn_blocking(move || RuleSet::parse(&toml)).await?;
    parsed.map_err(|faults| Error::RuleSetUnreadable { id: record.id, version: record.version, faults })
}

fn classify(places: PlaceStream, how: Arc<(RuleSet, Decisions)>, reference_year: i32) -> ClassStream {
    let classified = places.and_then(move |batch: Vec<Place>| {
        let how = Arc::clone(&how);
        async move {
            let work = move || -> Vec<PlaceClass> {
                let (rules, decisions) = &*how;
                let by_rules = batch.iter().map(|place| rules.classify(place, reference_year));
                by_rules.map(|class| decisions.heed(class, rules.types())).collect()
            };
            Ok(tokio::task::spawn_blocking(work).await?)
        }
    });
    classified.boxed()
}
