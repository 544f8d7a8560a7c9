//! A place as the rules see it: what the register of places says about it, unchanged.

use std::collections::HashMap;

/// What is on record about a place. An empty text and `None` both mean unknown, never zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) town_code: String,
    pub(crate) town_name: String,
    pub(crate) committee: String,
    pub(crate) district_code: String,
    pub(crate) district_name: String,
    /// Legal nature of the housing (房屋性质), as delivered.
    pub(crate) housing_nature: String,
    /// Households (户).
    pub(crate) households: Option<u64>,
    /// Actual residents (人).
    pub(crate) population: Option<u64>,
    /// Any further column of the delivery, by its header.
    pub(crate) attributes: HashMap<String, String>,
}
