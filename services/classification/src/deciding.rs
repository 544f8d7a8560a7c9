//! A person's decision about the type of a place: what the door asks for when it takes more than one step.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::classifying::{Rooms, registered_rules};
use crate::domain::{Classification, Decisions, PlaceClass, TypeDecision};
use crate::error::Error;
use crate::store::{Moment, Mutation, NewTypeDecision, Run};

/// Decisions that are read at a time.
const DECISIONS_A_READ: i64 = 1_000;

/// What a person asks for, checked.
#[derive(Clone, Debug)]
pub(crate) struct AskedDecision {
    pub(crate) mutation: Mutation,
    pub(crate) place_id: String,
    /// `None` revokes the decision before.
    pub(crate) type_id: Option<String>,
    pub(crate) author: String,
    pub(crate) reason: String,
}

/// A decision with its effect on the place.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    pub(crate) decision: TypeDecision,
    /// The type in the classification that was looked at.
    pub(crate) type_before: String,
    /// The type in the next classification, if the place still shows the same.
    pub(crate) type_after: String,
}

/// Keeps a decision that was taken by looking at a classification.
pub(crate) async fn decide(
    rooms: &Rooms,
    asked: AskedDecision,
    (run, looked_at): (Run, Classification),
) -> Result<Decided, Error> {
    let AskedDecision { mutation, place_id, type_id, author, reason } = asked;
    let Some(class) = rooms.store.place_class(run, &place_id).await? else {
        return Err(Error::PlaceNotFound { classification_id: looked_at.id.0, place_id });
    };
    let type_after = match &type_id {
        Some(type_id) => type_id.clone(),
        None => type_by_rules(rooms, &looked_at, &class).await?,
    };
    let new = NewTypeDecision {
        place_id,
        rule_set_id: looked_at.rule_set.id,
        type_id,
        evidence: class.evidence,
        author,
        reason,
        ingestion: rooms.ingestion.clone(),
        clock: Arc::clone(&rooms.clock),
    };
    let decision = rooms.store.decide(mutation, new).await?;
    Ok(Decided { decision, type_before: class.type_id, type_after })
}

/// The type of a place of a classification without any decision about it.
async fn type_by_rules(
    rooms: &Rooms,
    classification: &Classification,
    class: &PlaceClass,
) -> Result<String, Error> {
    let used = &classification.rule_set;
    let rules = registered_rules(rooms, &used.id, Some(&used.version)).await?;
    Ok(rules.type_by(&class.type_degrees))
}

/// The number that a classification heeds decisions up to: the one asked for, or that of the newest decision taken
/// while its position, or an earlier one, was the newest.
pub(crate) async fn number_to_heed(
    rooms: &Rooms,
    asked: Option<u64>,
    as_of_position: u64,
) -> Result<u64, Error> {
    let Some(asked) = asked else {
        return rooms.store.decision_number(Moment::Position(as_of_position)).await;
    };
    let newest = rooms.store.decision_number(Moment::Newest).await?;
    if asked > newest {
        return Err(Error::DecisionNotReached { asked, newest });
    }
    Ok(asked)
}

/// The newest decision about each place under a rule set, among those up to a number. People take them one by one, so
/// that all of them fit into memory beside a batch of places.
pub(crate) async fn decisions(rooms: &Rooms, rule_set_id: &str, up_to: u64) -> Result<Decisions, Error> {
    let mut heeded = Decisions::default();
    let mut after = 0;
    while after < up_to {
        let read = rooms.store.decisions_under(rule_set_id, after, up_to, DECISIONS_A_READ).await?;
        let Some(last) = read.last() else { break };
        after = last.number;
        read.into_iter().for_each(|decision| heeded.add(decision));
    }
    Ok(heeded)
}

/// The number of the decision that was the newest at an instant; now where none is named.
pub(crate) async fn number_at(rooms: &Rooms, instant: Option<Timestamp>) -> Result<u64, Error> {
    let Some(instant) = instant else { return rooms.store.decision_number(Moment::Newest).await };
    let now = rooms.clock.now();
    // Until then another decision may become the newest.
    if instant > now && !has_reached(rooms, instant).await? {
        return Err(Error::TimeNotReached { asked: instant, now });
    }
    rooms.store.decision_number(Moment::Instant(instant)).await
}

/// Whether a decision was taken at an instant or later, as one may have been whose clock was set back since: the next
/// gets a later time still.
async fn has_reached(rooms: &Rooms, instant: Timestamp) -> Result<bool, Error> {
    let before = instant.saturating_sub(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MIN);
    let until_then = rooms.store.decision_number(Moment::Instant(before)).await?;
    Ok(until_then < rooms.store.decision_number(Moment::Newest).await?)
}
