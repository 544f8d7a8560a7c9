//! Endowment (体征): what the places of a type have to work with, as features that can be compared and labels.
//!
//! A register's columns are a city's own, so nothing here knows their names: a feature is any column of plain numbers
//! that enough of the type's places have. Texts are no features; what they say reaches the comparison as labels.

use std::collections::{BTreeMap, BTreeSet};

use xiuhua_indicators::peers::Profile;

use super::id::PlaceId;

/// Endings of columns that hold names made of digits, which it means nothing to subtract.
const NAMES: [&str; 5] = ["_id", "_code", "_no", "编号", "代码"];
/// The column of the year of completion, and the years that can be meant: registers write 0, 1 or 9999 for "unknown".
const YEAR_BUILT: (&str, std::ops::RangeInclusive<f64>) = ("year_built", 1800.0..=2999.0);

/// What the register and the classification say of one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Portrait {
    /// Columns with plain numbers, by name.
    pub(crate) numbers: BTreeMap<String, f64>,
    /// Labels with a degree above 0, by id.
    pub(crate) labels: BTreeMap<String, f64>,
}

/// The endowment of the places of one type, in their order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Endowment {
    /// The places, by id.
    pub(crate) places: Vec<PlaceId>,
    /// Columns that are compared, in the order of their names.
    pub(crate) features: Vec<String>,
    /// Labels that any place has, in the order of their ids.
    pub(crate) labels: Vec<String>,
    /// One a place.
    pub(crate) profiles: Vec<Profile>,
}

impl Portrait {
    /// Takes a column in, if it is a plain number: `约300` or `57个` is nothing to count with.
    pub(crate) fn add(&mut self, column: &str, text: &str) {
        let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
        let is_meant = |number: &f64| column != YEAR_BUILT.0 || YEAR_BUILT.1.contains(number);
        if let Some(number) = number.filter(is_meant) {
            self.numbers.insert(column.to_owned(), number);
        }
    }
}

impl Endowment {
    /// Puts portraits side by side: by the columns asked for, else by every column of numbers that half of the places have
    /// and that is no name made of digits.
    pub(crate) fn of(portraits: &BTreeMap<PlaceId, Portrait>, asked: &[String]) -> Self {
        let features: Vec<String> = if asked.is_empty() {
            usual_features(portraits)
        } else {
            asked.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect()
        };
        let labels: BTreeSet<&String> =
            portraits.values().flat_map(|portrait| portrait.labels.keys()).collect();
        let profile = |portrait: &Portrait| Profile {
            features: features.iter().map(|column| portrait.numbers.get(column).copied()).collect(),
            labels: labels.iter().map(|&label| portrait.labels.get(label).copied().unwrap_or(0.0)).collect(),
        };
        Self {
            places: portraits.keys().cloned().collect(),
            profiles: portraits.values().map(profile).collect(),
            labels: labels.into_iter().cloned().collect(),
            features,
        }
    }

    /// Where a place stands among them.
    pub(crate) fn position(&self, place: &PlaceId) -> Option<usize> {
        self.places.binary_search(place).ok()
    }
}

fn usual_features(portraits: &BTreeMap<PlaceId, Portrait>) -> Vec<String> {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for column in portraits.values().flat_map(|portrait| portrait.numbers.keys()) {
        *known.entry(column).or_default() += 1;
    }
    let is_name = |column: &str| NAMES.iter().any(|ending| column.ends_with(ending));
    let is_usual = |(column, count): &(&str, usize)| 2 * *count >= portraits.len() && !is_name(column);
    known.into_iter().filter(is_usual).map(|(column, _)| column.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portraits(rows: &[&[(&str, &str)]]) -> BTreeMap<PlaceId, Portrait> {
        let portrait = |(at, columns): (usize, &&[(&str, &str)])| {
            let mut portrait = Portrait::default();
            columns.iter().for_each(|(column, text)| portrait.add(column, text));
            (PlaceId::new(format!("p{at}")), portrait)
        };
        rows.iter().enumerate().map(portrait).collect()
    }

    #[test]
    fn a_feature_is_a_column_of_numbers_that_half_of_the_places_have() {
        let found = Endowment::of(
            &portraits(&[
                &[
                    ("households", "100"),
                    ("year_built", "1991"),
                    ("postal_code", "200120"),
                    ("location", "centre"),
                ],
                &[("households", " 250 "), ("year_built", "9999"), ("postal_code", "200121"), ("pools", "1")],
                &[("households", "约300"), ("year_built", "2003"), ("postal_code", "200122")],
            ]),
            &[],
        );
        assert_eq!(found.features, ["households", "year_built"]);
        let years: Vec<Option<f64>> = found.profiles.iter().map(|profile| profile.features[1]).collect();
        assert_eq!(years, [Some(1991.0), None, Some(2003.0)]);
        assert_eq!(found.profiles[2].features[0], None);
    }

    #[test]
    fn what_is_asked_for_is_compared_whoever_has_it() {
        let found = Endowment::of(&portraits(&[&[("pools", "1")], &[], &[]]), &["pools".to_owned()]);
        assert_eq!(found.features, ["pools"]);
        assert_eq!(found.position(&PlaceId::new("p1")), Some(1));
        assert_eq!(found.position(&PlaceId::new("q")), None);
    }
}
