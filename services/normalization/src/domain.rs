//! The pure half of normalization: no waiting, no database, no contracts (invariant 5 of ARCHITECTURE).
//!
//! The arithmetic itself lives in `xiuhua_indicators`; what is here knows which places, periods and values it is to be
//! applied to, and what is kept of it.

pub(crate) mod catalog;
pub(crate) mod gaps;
pub(crate) mod id;
pub(crate) mod observed;
pub(crate) mod place_types;
pub(crate) mod rolling;
pub(crate) mod sample;
pub(crate) mod threshold_set;
pub(crate) mod values;

pub(crate) use xiuhua_indicators::period;
