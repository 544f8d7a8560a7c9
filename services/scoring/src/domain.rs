//! The pure half of scoring: no waiting, no database, no contracts (invariant 5 of ARCHITECTURE).
//!
//! The arithmetic itself lives in `xiuhua_indicators`; what is here knows what an assessment is made of, in which
//! order it is computed, and what is kept of it.

pub(crate) mod assessment;
pub(crate) mod change_of_score;
pub(crate) mod decision;
pub(crate) mod digest;
pub(crate) mod endowment;
pub(crate) mod groups;
pub(crate) mod growth;
pub(crate) mod id;
pub(crate) mod imputation;
pub(crate) mod inputs;
pub(crate) mod lessons;
pub(crate) mod quick_wins;
pub(crate) mod results;
pub(crate) mod run;
pub(crate) mod scanning;
pub(crate) mod scheme_effect;
mod two_passes;
pub(crate) mod type_record;
pub(crate) mod uncertainty;
pub(crate) mod walk_back;
pub(crate) mod warning;
pub(crate) mod weight_scheme;

pub(crate) use xiuhua_indicators::period;
