//! The results of the run that this process computed last, kept at hand for the streams that read all of them.
//!
//! Whoever has a run computed mostly reads it whole, at once; from the record that is a hundred thousand rows, each handed
//! from one thread to another. Results never change once they are on record, so what was saved is what stands there. Only
//! the streams read here: every other question is one small range of the record.

use std::mem::size_of;
use std::sync::{Arc, Mutex, PoisonError};

use xiuhua_indicators::compose::NodeScore;
use xiuhua_indicators::rank::Standing;

use crate::domain::assessment::Place;
use crate::domain::id::PlaceId;
use crate::domain::results::{ChangeOfScores, Dimensionless, LeafValue, Results, Score};
use crate::store::{PlaceRows, Run};

/// What the texts of a place take, roughly.
const PLACE_BYTES: usize = 512;

/// One run's results, or none.
#[derive(Debug)]
pub(crate) struct RecentResults {
    most_bytes: usize,
    kept: Mutex<Option<(Run, Arc<Results>)>>,
}

impl RecentResults {
    /// Nothing yet; keeps results of at most that many bytes, 0 keeps none.
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self { most_bytes, kept: Mutex::default() }
    }

    /// Keeps the results of a run, which are on record, in place of those before.
    pub(crate) fn put(&self, run: Run, results: Arc<Results>) {
        let kept = (weight(&results) <= self.most_bytes).then_some((run, results));
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// The results of a run, if they are those kept.
    pub(crate) fn find(&self, run: Run) -> Option<Arc<Results>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(of, _)| *of == run).map(|(_, results)| Arc::clone(results))
    }
}

/// Scores of the next places behind one, as the record gives them.
pub(crate) fn scores_after(
    results: &Results,
    after: Option<&PlaceId>,
    limit: usize,
) -> Vec<PlaceRows<Score>> {
    rows_after(results, after, limit, |at| {
        results.scores.iter().map(|column| as_kept(column[at])).enumerate().collect()
    })
}

/// Leaf values of the next places behind one, as the record gives them.
pub(crate) fn leaf_values_after(
    results: &Results,
    after: Option<&PlaceId>,
    limit: usize,
) -> Vec<PlaceRows<LeafValue>> {
    rows_after(results, after, limit, |at| {
        let leaves = results.leaf_values.iter().enumerate();
        leaves.filter_map(|(leaf_at, column)| Some((leaf_at, value_as_kept(column[at]?)))).collect()
    })
}

fn rows_after<T>(
    results: &Results,
    after: Option<&PlaceId>,
    limit: usize,
    rows: impl Fn(usize) -> Vec<(usize, T)>,
) -> Vec<PlaceRows<T>> {
    let start = after.map_or(0, |after| results.places.partition_point(|place| place.id <= *after));
    let places = results.places.iter().enumerate().skip(start).take(limit);
    let of_place = |(at, place): (usize, &Place)| PlaceRows {
        id: place.id.clone(),
        type_at: place.type_at,
        households: place.households,
        rows: rows(at),
    };
    places.map(of_place).collect()
}

/// The record keeps -0 as 0.
fn number(number: f64) -> f64 {
    number + 0.0
}

fn as_kept(Score { composed, standing }: Score) -> Score {
    let NodeScore { score, coverage } = composed;
    let standing =
        standing.map(|Standing { rank, percentile }| Standing { rank, percentile: percentile.map(number) });
    Score { composed: NodeScore { score: score.map(number), coverage: number(coverage) }, standing }
}

fn value_as_kept(LeafValue { value, z, change, rolled }: LeafValue) -> LeafValue {
    LeafValue {
        value: value.map(number),
        z: z.map(|Dimensionless { raw, capped }| Dimensionless { raw: number(raw), capped: number(capped) }),
        change: change.map(|ChangeOfScores { previous, current }| ChangeOfScores {
            previous: previous.map(number),
            current: current.map(number),
        }),
        rolled,
    }
}

/// Bytes that results take in memory, roughly.
fn weight(results: &Results) -> usize {
    let of_a_place = PLACE_BYTES
        + results.scores.len() * size_of::<Score>()
        + results.leaf_values.len() * size_of::<Option<LeafValue>>();
    results.places.len() * of_a_place
}
