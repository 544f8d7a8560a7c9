//! What weight schemes do to the ranks of an assessment: the values on record, weighed anew.
//!
//! Derived indicators stay as the assessment has them: another scheme would also change the scores they are changes of,
//! which only a run of its own shows.

use xiuhua_indicators::assess::members_by_type;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::compose::Composer;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::rank::standings;
use xiuhua_indicators::table::{ShapeError, Table};
use xiuhua_indicators::threshold::ThresholdStatus;
use xiuhua_indicators::weight::effective_weights;
use xiuhua_indicators::weighting::effect::{RankShift, rank_shift};

/// The record of an assessment, as far as other weights need it.
#[derive(Clone, Debug)]
pub(crate) struct Weighable {
    /// Place ids and names are the caller's; here is the type of each.
    pub(crate) types: Vec<Option<usize>>,
    /// Capped dimensionless values, derived ones included.
    pub(crate) z: Table,
    /// Statuses of thresholds by type and leaf position.
    pub(crate) statuses: Vec<Vec<ThresholdStatus>>,
}

/// What a scheme does to one type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Effect {
    /// Position of the type.
    pub(crate) type_at: usize,
    /// The ranks together.
    pub(crate) shift: RankShift,
    /// The places that move most, greatest shift first, then in place order.
    pub(crate) movers: Vec<Moved>,
}

/// A place that moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moved {
    /// Position of the place.
    pub(crate) place: usize,
    /// Rank and score under the first scheme.
    pub(crate) first: (usize, f64),
    /// Rank and score under the other.
    pub(crate) second: (usize, f64),
}

/// Rank and score at the root, by place; `None` without a score.
type Ranking = Vec<Option<(usize, f64)>>;

/// Ranks the places of each type at the root under each scheme (`schemes[scheme][type][item]`) and compares the others
/// with the first: by scheme, then by type.
///
/// # Errors
/// [`ShapeError`] if something does not fit the catalog.
pub(crate) fn compare(
    catalog: &Catalog,
    record: &Weighable,
    schemes: &[Vec<Vec<f64>>],
    movers: usize,
) -> Result<Vec<Vec<Effect>>, ShapeError> {
    let outline = Outline::of(catalog);
    let members = members_by_type(&record.types, record.statuses.len())?;
    let ranked = |weights: &Vec<Vec<f64>>| {
        let of_type = |(type_at, places): (usize, &Vec<usize>)| {
            rank(&outline, record, &weights[type_at], &record.statuses[type_at], places)
        };
        members.iter().enumerate().map(of_type).collect::<Result<Vec<Ranking>, ShapeError>>()
    };
    let rankings = schemes.iter().map(ranked).collect::<Result<Vec<_>, _>>()?;
    let Some((first, others)) = rankings.split_first() else { return Ok(Vec::new()) };
    let effects = |other: &Vec<Ranking>| {
        let of_type = |(type_at, places): (usize, &Vec<usize>)| Effect {
            type_at,
            shift: rank_shift(&ranks(&first[type_at]), &ranks(&other[type_at])),
            movers: most_moved(places, &first[type_at], &other[type_at], movers),
        };
        members.iter().enumerate().map(of_type).collect()
    };
    Ok(others.iter().map(effects).collect())
}

/// Rank and score of the places of one type, in their order.
fn rank(
    outline: &Outline<'_>,
    record: &Weighable,
    declared: &[f64],
    statuses: &[ThresholdStatus],
    places: &[usize],
) -> Result<Ranking, ShapeError> {
    let weights = effective_weights(outline, declared, statuses)?;
    let scores = Composer::new(outline, &weights)?.compose(&record.z, places)?;
    // The root is the first node.
    let scores: Vec<Option<f64>> = scores.columns[0].iter().map(|score| score.value()).collect();
    let standings = standings(&scores, outline.catalog().rank_decimals);
    let both = |(score, standing): (Option<f64>, Option<xiuhua_indicators::rank::Standing>)| {
        Some((standing?.rank, score?))
    };
    Ok(scores.into_iter().zip(standings).map(both).collect())
}

fn ranks(ranking: &Ranking) -> Vec<Option<usize>> {
    ranking.iter().map(|place| place.map(|(rank, _)| rank)).collect()
}

fn most_moved(places: &[usize], first: &Ranking, second: &Ranking, limit: usize) -> Vec<Moved> {
    let standings = first.iter().zip(second).map(|(first, second)| (*first).zip(*second));
    let moved = |(&place, standings): (&usize, Option<_>)| {
        let (first, second): ((usize, f64), (usize, f64)) = standings?;
        (first.0 != second.0).then_some(Moved { place, first, second })
    };
    let mut found: Vec<Moved> = places.iter().zip(standings).filter_map(moved).collect();
    // The sort is stable: equals stay in place order.
    found.sort_by_key(|moved| std::cmp::Reverse(moved.first.0.abs_diff(moved.second.0)));
    found.truncate(limit);
    found
}
