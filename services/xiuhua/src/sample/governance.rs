//! What no file states and every indicator shows a little of: how well an estate is governed.
//!
//! Quality is a standard-normal-like figure for each of the four level-2 indices (A, B, C, D) and
//! each year. It is made of the town's and the committee's part, which estates share, of the
//! estate's own, and of a pace: most estates improve, some fall behind.

use std::collections::HashMap;

use super::draws::Stream;
use super::estates::Estate;
use super::indicators::{Dimension, Source};

/// Years of the file.
pub const YEARS: [u16; 4] = [2018, 2019, 2020, 2021];

/// How much one year adds to quality, on average.
const MEAN_PACE: f64 = 0.12;

/// The governance of one estate.
pub(super) struct Governance {
    /// By year, beginning with the one before [`YEARS`], then by [`Dimension`].
    quality: [[f64; 4]; YEARS.len() + 1],
    /// Whether a source failed to deliver a year for the whole committee: by source, by year.
    undelivered: [[bool; YEARS.len()]; Source::COUNT],
}

impl Governance {
    /// The quality in the year at `year_at` of [`YEARS`].
    pub(super) fn quality(&self, dimension: Dimension, year_at: usize) -> f64 {
        self.quality[year_at + 1][dimension as usize]
    }

    /// The quality in the year before the first of [`YEARS`].
    pub(super) fn earlier_quality(&self, dimension: Dimension) -> f64 {
        self.quality[0][dimension as usize]
    }

    /// Whether `source` delivered nothing for this committee in the year at `year_at` of [`YEARS`].
    pub(super) fn is_undelivered(&self, source: Source, year_at: usize) -> bool {
        self.undelivered[source as usize][year_at]
    }
}

/// What the estates of one committee share.
#[derive(Clone, Copy)]
struct Committee {
    quality: f64,
    pace: f64,
    undelivered: [[bool; YEARS.len()]; Source::COUNT],
}

/// The governance of each estate, in the order of `estates`.
pub(super) fn govern(seed: u64, estates: &[Estate]) -> Vec<Governance> {
    let mut committees: HashMap<(&str, &str), Committee> = HashMap::new();
    estates
        .iter()
        .map(|estate| {
            let key = (estate.town.code, estate.committee.as_str());
            let committee = *committees.entry(key).or_insert_with(|| appoint(seed, key.0, key.1));
            govern_one(seed, estate, committee)
        })
        .collect()
}

/// Draws what a committee and its town bring along.
fn appoint(seed: u64, town_code: &str, name: &str) -> Committee {
    let town_quality = 0.3 * Stream::named(seed, &format!("town quality/{town_code}")).normal();
    let mut stream = Stream::named(seed, &format!("committee/{town_code}/{name}"));
    let quality = town_quality + 0.45 * stream.normal();
    let pace = 0.06 * stream.normal();
    let mut undelivered = [[false; YEARS.len()]; Source::COUNT];
    for gap in undelivered.iter_mut().flatten() {
        *gap = stream.chance(0.008);
    }
    Committee { quality, pace, undelivered }
}

fn govern_one(seed: u64, estate: &Estate, committee: Committee) -> Governance {
    let mut stream = Stream::named(seed, &format!("governance/{}", estate.place_id));
    let general = committee.quality + 0.65 * stream.normal();
    let pace = MEAN_PACE + committee.pace + 0.1 * stream.normal();
    let own: [f64; 4] = std::array::from_fn(|_| 0.55 * stream.normal());
    let mut quality = [[0.0; 4]; YEARS.len() + 1];
    let mut elapsed = -1.0;
    for year in &mut quality {
        for (quality, own) in year.iter_mut().zip(own) {
            *quality = 0.75 * general + own + pace * elapsed + 0.15 * stream.normal();
        }
        elapsed += 1.0;
    }
    Governance { quality, undelivered: committee.undelivered }
}
