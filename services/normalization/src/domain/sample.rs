//! The reference sample (样本) of each type.
//!
//! Size and order of the draw are `xiuhua_indicators::sample`; here is who may be drawn.
//!
//! Source: specification page 1, section 1.4, point 1.

use xiuhua_indicators::sample::{cochran_size, draw};

use super::id::PlaceId;
use super::place_types::PlaceTypes;

/// How the sample is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SampleChoice {
    /// A simple random sample of Cochran's size in each type.
    Random {
        /// Seed of the draw.
        seed: u64,
    },
    /// The whole frame.
    Census,
    /// These places, whatever their order; a place named twice counts once.
    Members(Vec<PlaceId>),
}

/// How a sample was chosen, as a threshold set remembers it: named places are its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SampleKind {
    /// See [`SampleChoice::Random`].
    Random {
        /// Seed of the draw.
        seed: u64,
    },
    /// See [`SampleChoice::Census`].
    Census,
    /// See [`SampleChoice::Members`].
    Members,
}

/// A named place that cannot be in a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberFault {
    /// Its position among the named places.
    pub(crate) index: usize,
    /// Its id.
    pub(crate) place: PlaceId,
    /// It is on the axis and `UNCLASSIFIED`; otherwise the classification does not know it.
    pub(crate) known: bool,
}

impl SampleChoice {
    /// What a threshold set remembers of it.
    pub(crate) fn kind(&self) -> SampleKind {
        match self {
            Self::Random { seed } => SampleKind::Random { seed: *seed },
            Self::Census => SampleKind::Census,
            Self::Members(_) => SampleKind::Members,
        }
    }

    /// Chooses the sample of each type: positions on the place axis, rising, so members stand by id.
    ///
    /// # Errors
    /// Every named place that is unknown or `UNCLASSIFIED`.
    pub(crate) fn choose(&self, places: &PlaceTypes) -> Result<Vec<Vec<usize>>, Vec<MemberFault>> {
        match self {
            Self::Random { seed } => {
                Ok(places.frames().iter().map(|frame| draw_from(*seed, frame, places)).collect())
            }
            Self::Census => Ok(places.frames()),
            Self::Members(named) => choose_named(named, places),
        }
    }
}

fn draw_from(seed: u64, frame: &[usize], places: &PlaceTypes) -> Vec<usize> {
    let ids: Vec<&str> = frame.iter().map(|&place| places.places()[place].as_str()).collect();
    let drawn = draw(seed, &ids, cochran_size(frame.len()));
    let mut sample: Vec<usize> = drawn.into_iter().map(|at| frame[at]).collect();
    sample.sort_unstable();
    sample
}

fn choose_named(named: &[PlaceId], places: &PlaceTypes) -> Result<Vec<Vec<usize>>, Vec<MemberFault>> {
    let mut samples = vec![Vec::new(); places.types().len()];
    let mut faults = Vec::new();
    for (index, place) in named.iter().enumerate() {
        let position = places.position(place);
        match position.and_then(|at| places.type_at()[at].map(|type_at| (at, type_at))) {
            Some((at, type_at)) => samples[type_at].push(at),
            None => faults.push(MemberFault { index, place: place.clone(), known: position.is_some() }),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    for sample in &mut samples {
        sample.sort_unstable();
        sample.dedup();
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::super::place_types::UNCLASSIFIED;
    use super::*;

    fn two_types() -> PlaceTypes {
        let types = vec!["OLD".to_owned(), "NEW".to_owned()];
        let row = |number: usize| {
            let type_id = ["OLD", "NEW", UNCLASSIFIED][number % 3];
            (PlaceId::new(format!("p{number:03}")), type_id.to_owned())
        };
        PlaceTypes::new(types, (0..150).map(row).collect()).unwrap()
    }

    #[test]
    fn a_random_sample_has_cochrans_size_in_each_type_and_only_its_places() {
        let places = two_types();
        let samples = SampleChoice::Random { seed: 1 }.choose(&places).unwrap();
        assert_eq!(samples.iter().map(Vec::len).collect::<Vec<_>>(), [34, 34]);
        for (type_at, sample) in samples.iter().enumerate() {
            assert!(sample.is_sorted());
            assert!(sample.iter().all(|&place| places.type_at()[place] == Some(type_at)));
        }
        assert_ne!(samples, SampleChoice::Random { seed: 2 }.choose(&places).unwrap());
    }

    #[test]
    fn a_census_is_the_frame_and_named_members_count_once() {
        let places = two_types();
        assert_eq!(SampleChoice::Census.choose(&places).unwrap(), places.frames());
        let named = ["p004", "p000", "p003", "p000"].map(PlaceId::new).to_vec();
        assert_eq!(SampleChoice::Members(named).choose(&places).unwrap(), [vec![0, 3], vec![4]]);
    }

    #[test]
    fn every_named_place_without_a_type_is_reported() {
        let named = ["p000", "p002", "nobody", "p005"].map(PlaceId::new).to_vec();
        let faults = SampleChoice::Members(named).choose(&two_types()).unwrap_err();
        let found: Vec<(usize, &str, bool)> =
            faults.iter().map(|fault| (fault.index, fault.place.as_str(), fault.known)).collect();
        assert_eq!(found, [(1, "p002", true), (2, "nobody", false), (3, "p005", true)]);
    }
}
