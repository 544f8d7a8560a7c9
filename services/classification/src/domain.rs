//! The pure half: what a rule set says, and what it makes of a place. No waiting, no contracts, no store.
//!
//! [`RuleSet::parse`] reads a rule set from its text and [`RuleSet::classify`] applies it to one
//! [`Place`]; the same text and the same place give the same [`PlaceClass`], always.

mod classification;
mod decision;
mod evidence;
mod fault;
mod feature;
mod label;
mod membership;
mod place;
mod place_class;
mod reading;
mod rule_set;
mod tally;
mod terms;
mod text;
mod weighing;

pub use fault::{FaultReason, RuleFault, RuleFaults};

pub(crate) use classification::{Classification, ClassificationId, Inputs, RuleSetUsed};
pub(crate) use decision::{DecisionState, Decisions, MetDecision, Step, TypeDecision};
pub(crate) use place::Place;
pub(crate) use place_class::{
    Evidence, LabelDegree, PlaceClass, Reason, ReasonCode, TypeDegree, UNCLASSIFIED,
};
pub(crate) use rule_set::{Named, RuleSet};
pub(crate) use tally::{Tally, TypeCount};
pub(crate) use text::Text;

#[cfg(test)]
mod tests;
