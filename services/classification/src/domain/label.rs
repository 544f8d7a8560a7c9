//! Labels (二级标签): fuzzy sets over features. They describe the endowment of a place, serve to find
//! comparable places, and never touch a score.
//!
//! Source: specification page 1, section 1.2.

use super::feature::Feature;
use super::membership::Membership;
use super::place::Place;
use super::rule_set::Named;

/// A label rule: what it reads and how far that belongs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label {
    pub(crate) named: Named,
    pub(crate) reads: LabelReads,
    pub(crate) membership: Membership,
}

/// What a label rule reads.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LabelReads {
    Feature(Feature),
    /// The first number divided by the second.
    Ratio(Feature, Feature),
}

impl LabelReads {
    /// The number; `None` if a part is missing, or the divisor is not above 0.
    fn number(&self, place: &Place, reference_year: i32) -> Option<f64> {
        match self {
            Self::Feature(feature) => feature.number(place, reference_year),
            Self::Ratio(dividend, divisor) => {
                let divisor = divisor.number(place, reference_year).filter(|number| *number > 0.0)?;
                let ratio = dividend.number(place, reference_year)? / divisor;
                ratio.is_finite().then_some(ratio)
            }
        }
    }

    fn text<'p>(&self, place: &'p Place) -> Option<&'p str> {
        match self {
            Self::Feature(feature) => feature.text(place),
            Self::Ratio(..) => None,
        }
    }
}

impl Label {
    /// How far the place belongs, in `0..=1`; `None` where the feature is missing: the label does not
    /// apply, which is not the same as a degree of 0.
    pub(crate) fn degree(&self, place: &Place, reference_year: i32) -> Option<f64> {
        match &self.membership {
            Membership::OfNumber(function) => {
                self.reads.number(place, reference_year).map(|number| function.degree(number))
            }
            Membership::OfText(members) => {
                self.reads.text(place).map(|text| if members.contains(text) { 1.0 } else { 0.0 })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::membership::Trapezoid;
    use super::super::text::Text;
    use super::*;

    fn parking_short() -> Label {
        Label {
            named: Named { id: "parking_short".to_owned(), name: Text::new("停车难", "Parking short") },
            reads: LabelReads::Ratio(Feature::named("parking_spaces"), Feature::Households),
            membership: Membership::OfNumber(Trapezoid::falling(0.0, 1.0).unwrap()),
        }
    }

    fn estate(households: Option<u64>, parking: Option<&str>) -> Place {
        let attributes = parking.map(|value| ("parking_spaces".to_owned(), value.to_owned()));
        Place { households, attributes: attributes.into_iter().collect(), ..Place::default() }
    }

    #[test]
    fn a_ratio_needs_both_its_numbers_and_a_divisor_above_zero() {
        let degree = |households, parking| parking_short().degree(&estate(households, parking), 2021);
        assert_eq!(degree(Some(100), Some("25")), Some(0.75));
        assert_eq!(degree(Some(100), Some("0")), Some(1.0), "no spaces is a number");
        assert_eq!(degree(Some(100), None), None);
        assert_eq!(degree(None, Some("25")), None);
        assert_eq!(degree(Some(0), Some("25")), None);
    }
}
