//! The 36 sub-districts and towns of Pudong by their real names and codes, and how many estates of
//! each type the sample puts into each.

use super::draws::apportion;
use super::estates::Housing;

/// Where a town lies, as the fuzzy labels read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// The urbanised centre.
    Centre,
    /// The urban fringe.
    Fringe,
    /// The far suburb.
    Suburb,
}

impl Location {
    /// The value of the attribute `location`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Centre => "centre",
            Self::Fringe => "fringe",
            Self::Suburb => "suburb",
        }
    }
}

/// A sub-district (街道) or a town (镇).
#[derive(Debug)]
pub struct Town {
    /// The official twelve-digit code.
    pub code: &'static str,
    /// The official name.
    pub name: &'static str,
    /// Where it lies.
    pub location: Location,
    /// How much housing it has beside the others; invented, no unit.
    size: f64,
}

impl Town {
    /// Whether this is a sub-district (街道) rather than a town (镇).
    #[must_use]
    pub fn is_subdistrict(&self) -> bool {
        self.name.ends_with("街道")
    }

    /// The name without 街道 or 镇, which committee names begin with; 唐镇 stays whole, because
    /// nobody calls it 唐.
    pub(super) fn stem(&self) -> &'static str {
        let stem = self.name.strip_suffix("街道").or_else(|| self.name.strip_suffix('镇'));
        stem.filter(|stem| stem.chars().count() > 1).unwrap_or(self.name)
    }
}

const fn town(code: &'static str, name: &'static str, location: Location, size: f64) -> Town {
    Town { code, name, location, size }
}

/// All 36, ordered by code.
pub const TOWNS: [Town; 36] = [
    town("310115004000", "潍坊新村街道", Location::Centre, 3.0),
    town("310115005000", "陆家嘴街道", Location::Centre, 3.2),
    town("310115007000", "周家渡街道", Location::Centre, 3.0),
    town("310115008000", "塘桥街道", Location::Centre, 2.4),
    town("310115009000", "上钢新村街道", Location::Centre, 2.4),
    town("310115010000", "南码头路街道", Location::Centre, 2.6),
    town("310115011000", "沪东新村街道", Location::Centre, 2.6),
    town("310115012000", "金杨新村街道", Location::Centre, 3.8),
    town("310115013000", "洋泾街道", Location::Centre, 3.6),
    town("310115014000", "浦兴路街道", Location::Centre, 3.2),
    town("310115015000", "东明路街道", Location::Centre, 2.8),
    town("310115016000", "花木街道", Location::Centre, 4.6),
    town("310115103000", "川沙新镇", Location::Fringe, 4.4),
    town("310115104000", "高桥镇", Location::Fringe, 3.0),
    town("310115105000", "北蔡镇", Location::Fringe, 4.8),
    town("310115110000", "合庆镇", Location::Suburb, 1.2),
    town("310115114000", "唐镇", Location::Fringe, 2.4),
    town("310115117000", "曹路镇", Location::Fringe, 2.8),
    town("310115120000", "金桥镇", Location::Fringe, 1.8),
    town("310115121000", "高行镇", Location::Fringe, 2.8),
    town("310115123000", "高东镇", Location::Fringe, 1.6),
    town("310115125000", "张江镇", Location::Fringe, 3.2),
    town("310115130000", "三林镇", Location::Fringe, 5.2),
    town("310115131000", "惠南镇", Location::Suburb, 4.2),
    town("310115132000", "周浦镇", Location::Fringe, 3.8),
    town("310115133000", "新场镇", Location::Suburb, 1.6),
    town("310115134000", "大团镇", Location::Suburb, 0.9),
    town("310115136000", "康桥镇", Location::Fringe, 4.0),
    town("310115137000", "航头镇", Location::Suburb, 2.8),
    town("310115139000", "祝桥镇", Location::Suburb, 2.8),
    town("310115140000", "泥城镇", Location::Suburb, 1.4),
    town("310115141000", "宣桥镇", Location::Suburb, 1.3),
    town("310115142000", "书院镇", Location::Suburb, 1.0),
    town("310115143000", "万祥镇", Location::Suburb, 0.8),
    town("310115144000", "老港镇", Location::Suburb, 0.7),
    town("310115145000", "南汇新城镇", Location::Suburb, 2.6),
];

/// How many estates of `housing` stand in each of [`TOWNS`], in that order.
///
/// The pull of a place follows the report's last chapter: more old public housing in the
/// sub-districts, large relocation and affordable estates nearly all in the towns, more commodity
/// housing in the towns than in the sub-districts.
pub(super) fn estates_by_town(housing: Housing) -> Vec<u32> {
    let pull = |town: &Town| match (housing, town.is_subdistrict(), town.location) {
        (Housing::OldPublic, true, _) => 1.0,
        (Housing::OldPublic, false, Location::Suburb) => 0.25,
        (Housing::OldPublic, false, _) => 0.35,
        (Housing::Commodity, true, _) => 0.9,
        (Housing::Commodity, false, Location::Suburb) => 0.5,
        (Housing::Commodity, false, _) => 0.85,
        (Housing::Relocation, true, _) => 0.08,
        (Housing::Relocation, false, Location::Suburb) => 1.2,
        (Housing::Relocation, false, _) => 1.0,
        (Housing::Affordable, true, _) => 0.15,
        (Housing::Affordable, false, Location::Suburb) => 0.8,
        (Housing::Affordable, false, _) => 1.0,
    };
    let weights: Vec<f64> = TOWNS.iter().map(|town| town.size * pull(town)).collect();
    apportion(housing.estates(), &weights, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_12_sub_districts_and_24_towns_in_order_of_their_codes() {
        assert_eq!(TOWNS.iter().filter(|town| town.is_subdistrict()).count(), 12);
        assert_eq!(TOWNS.len(), 36);
        assert!(TOWNS.is_sorted_by(|one, other| one.code < other.code));
        assert!(TOWNS.iter().all(|town| town.code.len() == 12 && town.code.starts_with("310115")));
    }

    #[test]
    fn old_housing_leans_to_the_sub_districts_and_the_other_types_to_the_towns() {
        let in_subdistricts = |housing| -> u32 {
            let counts = estates_by_town(housing);
            TOWNS.iter().zip(counts).filter(|(town, _)| town.is_subdistrict()).map(|(_, count)| count).sum()
        };
        assert!(in_subdistricts(Housing::OldPublic) * 2 > Housing::OldPublic.estates());
        assert!(in_subdistricts(Housing::Commodity) * 2 < Housing::Commodity.estates());
        assert!(in_subdistricts(Housing::Relocation) * 10 < Housing::Relocation.estates());
        assert!(in_subdistricts(Housing::Affordable) * 5 < Housing::Affordable.estates());
    }

    #[test]
    fn every_town_has_estates_of_both_the_old_and_the_commodity_type() {
        for housing in [Housing::OldPublic, Housing::Commodity] {
            assert!(estates_by_town(housing).iter().all(|&count| count > 0));
        }
    }
}
