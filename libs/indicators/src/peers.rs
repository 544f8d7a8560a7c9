//! Peers (可比小区): the places of one type that are nearest in what they are, and those of them that do better.
//!
//! Nearness looks at the endowment (体征) alone, features and labels, never at a score: one learns from a place that had
//! the same to work with. The distance is Gower's: each feature compared on a scale of its own and the parts averaged,
//! so that households and square metres weigh the same, and a feature that one of the two lacks is left out of the
//! comparison of these two and of no other. Labels are compared as fuzzy sets (Jaccard's distance in Ružička's form):
//! what neither place has makes them no more alike. Both halves count the same where both are known.
//!
//! Source: J. C. Gower, "A general coefficient of similarity and some of its properties" (Biometrics 27, 1971);
//! specification page 1, sections 1.2 and 1.8, reading 4.

use crate::spread::Sorted;
use crate::table::{ShapeError, check_index, check_length};

/// Least share of the features of a place that another must have too, to be compared with it.
const LEAST_COMPARED: f64 = 0.5;

/// What a place is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Features, each in a unit of its own, in one order for all places; `None` where nobody recorded it.
    pub features: Vec<Option<f64>>,
    /// Memberships of labels, 0..=1, in one order for all places; 0 where a label does not apply.
    pub labels: Vec<f64>,
}

/// What the features of a type are measured on.
#[derive(Clone, Debug, PartialEq)]
pub struct Yardstick {
    /// By feature: the difference that counts as entirely different, in the feature's unit; `None` where the places do
    /// not differ or fewer than two have it, so that it cannot tell anyone apart.
    pub scales: Vec<Option<f64>>,
}

/// How near two places are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearness {
    /// 0 for alike in everything compared, 1 for alike in nothing.
    pub distance: f64,
    /// Features that both have.
    pub features_compared: usize,
}

/// A place near another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peer {
    /// Its index in the list of profiles.
    pub place: usize,
    /// How near.
    pub nearness: Nearness,
}

/// The peers of a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbourhood {
    /// Nearest first, then by index.
    pub peers: Vec<Peer>,
    /// Others that could be compared with the place, the peers among them.
    pub comparable: usize,
}

/// A peer that does better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Better {
    /// Its place among the peers.
    pub peer: usize,
    /// What it has, in whatever unit was asked about.
    pub value: f64,
    /// By how much that is more than the place has.
    pub advantage: f64,
}

impl Yardstick {
    /// Fits the scales to the places of one type: the middle half of its values, else their range.
    ///
    /// # Errors
    /// [`ShapeError::Length`] if the profiles differ in length.
    pub fn of(profiles: &[Profile]) -> Result<Self, ShapeError> {
        let Some(first) = profiles.first() else { return Ok(Self { scales: Vec::new() }) };
        for profile in profiles {
            check_length("features of a place", first.features.len(), profile.features.len())?;
            check_length("labels of a place", first.labels.len(), profile.labels.len())?;
        }
        let scale = |feature: usize| {
            let known = Sorted::of(profiles.iter().filter_map(|profile| profile.features[feature]));
            let middle = known.interquartile_range().filter(|width| *width > 0.0);
            middle.or_else(|| known.range().filter(|width| *width > 0.0)).filter(|width| width.is_finite())
        };
        Ok(Self { scales: (0..first.features.len()).map(scale).collect() })
    }

    /// How near two places are; `None` where they have too little in common to say: fewer than half of the features
    /// that either has are known of both. Labels alone decide only where neither has a feature.
    #[must_use]
    pub fn nearness(&self, left: &Profile, right: &Profile) -> Option<Nearness> {
        let (mut sum, mut compared, mut known) = (0.0, 0_usize, 0_usize);
        for ((scale, left), right) in self.scales.iter().zip(&left.features).zip(&right.features) {
            let Some(scale) = scale else { continue };
            known += usize::from(left.is_some() || right.is_some());
            let Some((left, right)) = left.zip(*right) else { continue };
            sum += ((left - right).abs() / scale).min(1.0);
            compared += 1;
        }
        let is_enough = compared > 0 && compared as f64 >= LEAST_COMPARED * known as f64;
        let features = is_enough.then(|| sum / compared as f64);
        let distance = match (features, label_distance(&left.labels, &right.labels)) {
            (Some(features), Some(labels)) => f64::midpoint(features, labels),
            (Some(only), None) => only,
            // Labels follow from features: they say enough only where no feature contradicts.
            (None, Some(only)) if known == 0 => only,
            (None, _) => return None,
        };
        Some(Nearness { distance, features_compared: compared })
    }
}

/// `1 - Σ min / Σ max` of two fuzzy sets; `None` where both are empty.
fn label_distance(left: &[f64], right: &[f64]) -> Option<f64> {
    let (mut common, mut either) = (0.0, 0.0);
    for (left, right) in left.iter().zip(right) {
        common += left.min(*right);
        either += left.max(*right);
    }
    (either > 0.0).then(|| 1.0 - common / either)
}

/// The nearest places to one of a type, at most `count`.
///
/// # Errors
/// [`ShapeError`] if the profiles differ in length or `from` is none of them.
pub fn nearest(profiles: &[Profile], from: usize, count: usize) -> Result<Neighbourhood, ShapeError> {
    check_index("place among profiles", from, profiles.len())?;
    let yardstick = Yardstick::of(profiles)?;
    let peer = |(place, profile): (usize, &Profile)| {
        let nearness = yardstick.nearness(&profiles[from], profile)?;
        (place != from).then_some(Peer { place, nearness })
    };
    let mut peers: Vec<Peer> = profiles.iter().enumerate().filter_map(peer).collect();
    let comparable = peers.len();
    peers.sort_by(|left, right| {
        let by_distance = left.nearness.distance.total_cmp(&right.nearness.distance);
        by_distance.then(left.place.cmp(&right.place))
    });
    peers.truncate(count);
    Ok(Neighbourhood { peers, comparable })
}

/// The peers that do well where a place is weak, best first, then nearest: those that have more than the place *and* at
/// least what the middle of the type has. More is better here; `own`, `median` and `values` (by peer) are in one unit.
#[must_use]
pub fn doing_better(own: f64, median: f64, values: &[Option<f64>]) -> Vec<Better> {
    let better = |(peer, value): (usize, &Option<f64>)| {
        let value = (*value)?;
        (value > own && value >= median).then_some(Better { peer, value, advantage: value - own })
    };
    let mut found: Vec<Better> = values.iter().enumerate().filter_map(better).collect();
    // The sort is stable: peers come nearest first.
    found.sort_by(|left, right| right.advantage.total_cmp(&left.advantage));
    found
}
