//! Groups (汇总): committees, towns and the district as household-weighted means of their places.
//!
//! Source: specification page 1, section 1.7, fourth point.

/// One place as a group sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member<'a> {
    /// Place id.
    pub place_id: &'a str,
    /// Households at the period's end; `None` where unknown.
    pub households: Option<u64>,
    /// The place's score at the node in question.
    pub score: Option<f64>,
}

/// A node's value for a group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupScore<'a> {
    /// Household-weighted mean over the places that have a score; `None` if none counts.
    pub score: Option<f64>,
    /// How many places it rests on.
    pub places: usize,
    /// Households of these places as a share of the households of all members, in 0..=1; `None` without households.
    pub household_share: Option<f64>,
    /// Ids of the members without households (unknown or zero), in byte order: left out, and listed for it.
    pub without_households: Vec<&'a str>,
}

/// Averages a group's members, in the byte order of their ids whatever the order given.
#[must_use]
pub fn household_mean<'a>(members: &[Member<'a>]) -> GroupScore<'a> {
    let mut ordered: Vec<&Member<'a>> = members.iter().collect();
    ordered.sort_unstable_by_key(|member| member.place_id.as_bytes());

    let mut without_households = Vec::new();
    let (mut weighted, mut counted, mut all, mut places) = (0.0, 0_u64, 0_u64, 0);
    for member in ordered {
        let Some(households) = member.households.filter(|&households| households > 0) else {
            without_households.push(member.place_id);
            continue;
        };
        all = all.saturating_add(households);
        if let Some(score) = member.score {
            weighted += households as f64 * score;
            counted = counted.saturating_add(households);
            places += 1;
        }
    }
    GroupScore {
        score: (counted > 0).then(|| weighted / counted as f64),
        places,
        household_share: (all > 0).then(|| counted as f64 / all as f64),
        without_households,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(place_id: &str, households: Option<u64>, score: Option<f64>) -> Member<'_> {
        Member { place_id, households, score }
    }

    #[test]
    fn households_weigh_and_what_lacks_a_score_lowers_the_share() {
        let members = [
            member("a", Some(100), Some(60.0)),
            member("b", Some(300), Some(80.0)),
            member("c", Some(100), None),
        ];
        let group = household_mean(&members);
        assert_eq!(group.score, Some(75.0));
        assert_eq!((group.places, group.household_share), (2, Some(0.8)));
        assert!(group.without_households.is_empty());
    }

    #[test]
    fn places_without_households_are_left_out_and_listed() {
        let members = [
            member("z", None, Some(10.0)),
            member("b", Some(3), Some(80.0)),
            member("a", Some(0), Some(20.0)),
        ];
        let group = household_mean(&members);
        assert_eq!((group.score, group.places, group.household_share), (Some(80.0), 1, Some(1.0)));
        assert_eq!(group.without_households, ["a", "z"]);
    }

    #[test]
    fn a_group_without_scores_has_none() {
        let group = household_mean(&[member("a", Some(5), None)]);
        assert_eq!((group.score, group.places, group.household_share), (None, 0, Some(0.0)));
        assert_eq!(household_mean(&[]).household_share, None);
    }

    #[test]
    fn the_order_of_members_does_not_change_a_bit() {
        let members = [
            member("a", Some(3), Some(0.1)),
            member("b", Some(7), Some(0.2)),
            member("c", Some(11), Some(0.3)),
        ];
        let mut turned = members;
        turned.reverse();
        assert_eq!(household_mean(&members), household_mean(&turned));
    }
}
