//! The weight scheme (权重方案) as a thing on record: versioned, never edited, adopted and withdrawn.
//!
//! How its weights are found is `xiuhua_indicators::weighting::scheme`.

use std::fmt;

use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::digest::DigestBuilder;

use super::assessment::{Plan, Version};
use super::decision::Decision;

/// Longest id, in characters.
const ID_CHARS: usize = 64;
/// What stands for the catalog's own weights, where a scheme could be named.
pub(crate) const CATALOG: &str = "catalog";

/// Names a scheme: `id@version`, or `id` for its newest version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SchemeName {
    /// Id.
    pub(crate) id: String,
    /// `None` means the newest.
    pub(crate) version: Option<u32>,
}

/// A scheme but for its weights.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WeightScheme {
    /// Id.
    pub(crate) id: String,
    /// From 1.
    pub(crate) version: u32,
    /// [`scheme_hash`] of what it computes with.
    pub(crate) hash: String,
    /// The catalog whose items it weighs.
    pub(crate) catalog: Version,
    /// The types it has weights for, in the rule set's order.
    pub(crate) types: Vec<String>,
    /// The assessment whose dimensionless values it was made of, and its digest.
    pub(crate) source: (String, String),
    /// Words for the steps before the final weights, in the order of [`SchemeWeightRow::steps`].
    pub(crate) steps: Vec<String>,
    /// Choices, judgements and report as readers get them; opaque here.
    pub(crate) account: Vec<u8>,
    /// Who made it, why and when.
    pub(crate) made: Decision,
}

/// A scheme with what was decided about it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DecidedScheme {
    /// The scheme.
    pub(crate) scheme: WeightScheme,
    /// Newest first.
    pub(crate) adoptions: Vec<Adoption>,
    /// New assessments of its catalog take it.
    pub(crate) in_force: bool,
}

/// A scheme was put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Adoption {
    /// By whom, why and when.
    pub(crate) adopted: Decision,
    /// The same of its end; `None` while it stands.
    pub(crate) withdrawn: Option<Decision>,
}

/// Weight of one item for one type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SchemeWeightRow {
    /// Position of the type.
    pub(crate) type_at: usize,
    /// Position of the item.
    pub(crate) item_at: usize,
    /// In points.
    pub(crate) weight: f64,
    /// In points, at each step before the last.
    pub(crate) steps: Vec<f64>,
}

impl SchemeName {
    /// Reads a name; `None` if it cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (id, version) = match text.split_once('@') {
            Some((id, version)) => (id, Some(version.parse().ok().filter(|version| *version > 0)?)),
            None => (text, None),
        };
        is_scheme_id(id).then(|| Self { id: id.to_owned(), version })
    }
}

impl fmt::Display for SchemeName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Some(version) => write!(formatter, "{}@{version}", self.id),
            None => formatter.write_str(&self.id),
        }
    }
}

/// Whether a text can be the id of a scheme.
pub(crate) fn is_scheme_id(id: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=ID_CHARS).contains(&id.len())
        && id.bytes().all(known)
        && id.as_bytes()[0].is_ascii_alphanumeric()
        && id != CATALOG
}

impl WeightScheme {
    /// `id@version`.
    pub(crate) fn name(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// As a plan names it.
    pub(crate) fn as_used(&self) -> Version {
        Version { id: self.id.clone(), version: self.version.to_string(), hash: self.hash.clone() }
    }

    /// Whether it weighs the items of a plan's catalog for the plan's types.
    pub(crate) fn fits(&self, plan: &Plan) -> bool {
        self.catalog.hash == plan.catalog.hash && self.types == plan.types
    }
}

/// SHA-256 over what a scheme computes with: catalog, types and weights (`[type][item]`).
pub(crate) fn scheme_hash(catalog: &Catalog, types: &[String], weights: &[Vec<f64>]) -> String {
    let mut digest = DigestBuilder::new("weight scheme");
    digest.text(&catalog.hash);
    add_weights(&mut digest, catalog, types, weights);
    digest.finish()
}

/// Adds weights (`[type][item]`) by type and item.
pub(crate) fn add_weights(
    digest: &mut DigestBuilder,
    catalog: &Catalog,
    types: &[String],
    weights: &[Vec<f64>],
) {
    digest.count(types.len() as u64);
    for (name, weights) in types.iter().zip(weights) {
        digest.text(name).count(weights.len() as u64);
        for (item, weight) in catalog.items.iter().zip(weights) {
            digest.text(&item.code).number(*weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_named_with_or_without_its_version_and_never_catalog() {
        let name = |id: &str, version| Some(SchemeName { id: id.to_owned(), version });
        assert_eq!(SchemeName::parse("expert-2026"), name("expert-2026", None));
        assert_eq!(SchemeName::parse("a.b_c@12"), name("a.b_c", Some(12)));
        for wrong in ["", "catalog", "catalog@1", "@1", "a@", "a@0", "a@-1", "a@1@2", "-a", "专家", "a b"] {
            assert_eq!(SchemeName::parse(wrong), None, "{wrong}");
        }
        assert_eq!(SchemeName::parse("a@3").unwrap().to_string(), "a@3");
        assert!(is_scheme_id(&"a".repeat(64)) && !is_scheme_id(&"a".repeat(65)));
    }
}
