//! Growth (增长): how far places moved at one node between two assessments under one threshold set.
//!
//! Source: specification page 1, section 1.7, last point.

use xiuhua_indicators::growth::points_growth;

use super::id::PlaceId;

/// A place with its score at one node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ScoredPlace {
    /// Place.
    pub(crate) id: PlaceId,
    /// Its name.
    pub(crate) name: String,
    /// Score on the catalog's scale.
    pub(crate) score: f64,
}

/// A change in points.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Growth {
    /// Place, as the later assessment saw it.
    pub(crate) place: PlaceId,
    /// Its name.
    pub(crate) name: String,
    /// Score in the earlier assessment.
    pub(crate) previous: f64,
    /// Score in the later one.
    pub(crate) score: f64,
    /// Their difference.
    pub(crate) points: f64,
}

/// The changes of the places that have both scores, greatest rise first, then by place id.
///
/// Both lists are of one type and node, by place id. A place that was of another type then does not appear: the two
/// scores would stand between different thresholds.
pub(crate) fn growths(before: &[ScoredPlace], after: Vec<ScoredPlace>) -> Vec<Growth> {
    let previous_of =
        |id: &PlaceId| before.binary_search_by(|place| place.id.cmp(id)).ok().map(|at| before[at].score);
    let mut found: Vec<Growth> = after
        .into_iter()
        .filter_map(|place| {
            let previous = previous_of(&place.id)?;
            let points = points_growth(Some(previous), Some(place.score))?;
            Some(Growth { place: place.id, name: place.name, previous, score: place.score, points })
        })
        .collect();
    found.sort_by(|left, right| {
        right.points.total_cmp(&left.points).then_with(|| left.place.cmp(&right.place))
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(id: &str, score: f64) -> ScoredPlace {
        ScoredPlace { id: PlaceId::new(id), name: String::new(), score }
    }

    #[test]
    fn the_greatest_rise_comes_first_and_only_places_with_both_scores_count() {
        let before = [scored("a", 50.0), scored("b", 60.0), scored("c", 70.0), scored("gone", 1.0)];
        let after = vec![scored("a", 52.0), scored("b", 61.0), scored("c", 72.0), scored("new", 99.0)];
        let found: Vec<(String, f64)> = growths(&before, after)
            .into_iter()
            .map(|growth| (growth.place.to_string(), growth.points))
            .collect();
        assert_eq!(found, [("a".to_owned(), 2.0), ("c".to_owned(), 2.0), ("b".to_owned(), 1.0)]);
    }
}
