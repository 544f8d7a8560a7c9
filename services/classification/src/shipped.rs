//! The rule sets that come with the platform, as texts to register.

/// A rule set that comes with the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShippedRuleSet {
    /// Its id, the same as in the text.
    pub id: &'static str,
    /// Its text; `services/classification/rules/README.md` describes the layout.
    pub toml: &'static str,
}

/// Every rule set that comes with the platform, by id.
pub const SHIPPED: &[ShippedRuleSet] = &[
    ShippedRuleSet { id: "all-places", toml: include_str!("../rules/all-places.toml") },
    ShippedRuleSet { id: "pudong-housing", toml: include_str!("../rules/pudong-housing.toml") },
];

/// The shipped rule set with this id.
#[must_use]
pub fn shipped(id: &str) -> Option<&'static ShippedRuleSet> {
    SHIPPED.iter().find(|rule_set| rule_set.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::RuleSet;

    #[test]
    fn every_shipped_rule_set_is_valid_under_the_id_it_is_listed_by() {
        for rule_set in SHIPPED {
            let parsed =
                RuleSet::parse(rule_set.toml).unwrap_or_else(|faults| panic!("{}: {faults}", rule_set.id));
            assert_eq!(parsed.id(), rule_set.id);
        }
    }
}
