//! The places of one classification with their types: the place axis of everything that is computed here.

use super::id::PlaceId;

/// Type of a place that waits for review: never in a frame, never dimensionless.
pub(crate) const UNCLASSIFIED: &str = "UNCLASSIFIED";

/// Places by id (bytes), each once, with their types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlaceTypes {
    types: Vec<String>,
    places: Vec<PlaceId>,
    type_at: Vec<Option<usize>>,
}

/// Why a classification cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadPlaceTypes {
    /// A place is of a type that the classification does not list.
    #[error("the place {place} has the type {type_id}, which the classification does not list")]
    UnknownType {
        /// The place.
        place: PlaceId,
        /// Its type.
        type_id: String,
    },
    /// A place appears twice.
    #[error("the place {0} appears twice")]
    Repeated(PlaceId),
}

impl PlaceTypes {
    /// Sorts places by id and finds their types in `types`, the rule set's list without `UNCLASSIFIED`.
    ///
    /// # Errors
    /// [`BadPlaceTypes`] if a place appears twice or has a type that is not listed.
    pub(crate) fn new(types: Vec<String>, mut rows: Vec<(PlaceId, String)>) -> Result<Self, BadPlaceTypes> {
        rows.sort_unstable();
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(BadPlaceTypes::Repeated(pair[0].0.clone()));
        }
        let mut places = Vec::with_capacity(rows.len());
        let mut type_at = Vec::with_capacity(rows.len());
        for (place, type_id) in rows {
            let at = types.iter().position(|listed| *listed == type_id);
            if at.is_none() && type_id != UNCLASSIFIED {
                return Err(BadPlaceTypes::UnknownType { place, type_id });
            }
            places.push(place);
            type_at.push(at);
        }
        Ok(Self { types, places, type_at })
    }

    /// The types in the rule set's order, without `UNCLASSIFIED`.
    pub(crate) fn types(&self) -> &[String] {
        &self.types
    }

    /// The places by id.
    pub(crate) fn places(&self) -> &[PlaceId] {
        &self.places
    }

    /// Position of each place's type in [`PlaceTypes::types`]; `None` is `UNCLASSIFIED`.
    pub(crate) fn type_at(&self) -> &[Option<usize>] {
        &self.type_at
    }

    /// Where a place stands on the axis.
    pub(crate) fn position(&self, place: &PlaceId) -> Option<usize> {
        self.places.binary_search(place).ok()
    }

    /// The places of each type, by id: the frames that samples are drawn from.
    pub(crate) fn frames(&self) -> Vec<Vec<usize>> {
        let mut frames = vec![Vec::new(); self.types.len()];
        for (place, type_at) in self.type_at.iter().enumerate() {
            if let Some(type_at) = *type_at {
                frames[type_at].push(place);
            }
        }
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(&str, &str)]) -> Vec<(PlaceId, String)> {
        rows.iter().map(|(place, type_id)| (PlaceId::new(*place), (*type_id).to_owned())).collect()
    }

    #[test]
    fn places_stand_in_byte_order_and_the_unclassified_are_in_no_frame() {
        let types = vec!["B".to_owned(), "A".to_owned()];
        let given = rows(&[("é", "A"), ("z", "B"), ("Z", "A"), ("a", UNCLASSIFIED)]);
        let places = PlaceTypes::new(types, given).unwrap();
        let order: Vec<&str> = places.places().iter().map(PlaceId::as_str).collect();
        assert_eq!(order, ["Z", "a", "z", "é"]);
        assert_eq!(places.type_at(), [Some(1), None, Some(0), Some(1)]);
        assert_eq!(places.frames(), [vec![2], vec![0, 3]]);
    }

    #[test]
    fn a_place_twice_or_of_an_unlisted_type_is_refused() {
        let types = || vec!["A".to_owned()];
        let twice = PlaceTypes::new(types(), rows(&[("p", "A"), ("p", UNCLASSIFIED)]));
        assert_eq!(twice, Err(BadPlaceTypes::Repeated(PlaceId::new("p"))));
        let unlisted = PlaceTypes::new(types(), rows(&[("p", "C")]));
        assert!(matches!(unlisted, Err(BadPlaceTypes::UnknownType { .. })));
    }
}
