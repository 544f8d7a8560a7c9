//! Values from quality: the cells of the file, the cells nobody delivered, and the spot checks.

use super::draws::{Stream, log_odds, logistic, rounded};
use super::estates::Estate;
use super::governance::{Governance, YEARS};
use super::indicators::{Condition, Dimension, LEAVES, Leaf, Shape, Source};

/// The source of a second reading, taken on the spot.
pub const SPOT_CHECK: &str = "spot-check";

/// How many observations the file holds that are accepted: as many as there are cells, because the
/// spot checks are as many as the missing cells.
pub const OBSERVATIONS: usize = 357_120;

/// The share of single values that were never delivered.
const LOST: f64 = 0.012;
/// The share of estates and years with a survey of residents.
const SURVEYED: f64 = 0.9;
/// Overdispersion of cases: a rate varies by 1/√2.5 from year to year around its mean.
const CASE_SHAPE: f64 = 2.5;
/// Overdispersion of meetings, drills and honours.
const COUNT_SHAPE: f64 = 12.0;

/// One observation as the file states it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Index of the estate in [`District::estates`](super::District::estates).
    pub estate: usize,
    /// Code of an observed leaf of the catalog `pudong-2021`.
    pub indicator: &'static str,
    /// The year.
    pub year: u16,
    /// In the indicator's own unit, already rounded to `decimals`.
    pub value: f64,
    /// Decimals the file prints.
    pub decimals: u8,
    /// The system it comes from, or [`SPOT_CHECK`].
    pub source: &'static str,
}

/// A cell of the file: an estate, an indicator and a year.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    pub(super) estate: usize,
    pub(super) leaf: &'static Leaf,
    pub(super) year: u16,
}

/// What the registers deliver, and the cells they leave empty, both in the order of the estates.
pub(super) struct Delivery {
    pub(super) observations: Vec<Observation>,
    pub(super) missing: Vec<Cell>,
}

/// Observes every estate in every year.
pub(super) fn observe(seed: u64, estates: &[Estate], governances: &[Governance]) -> Delivery {
    let mut delivery = Delivery { observations: Vec::with_capacity(OBSERVATIONS), missing: Vec::new() };
    for (at, (estate, governance)) in estates.iter().zip(governances).enumerate() {
        let mut stream = Stream::named(seed, &format!("observations/{}", estate.place_id));
        let history = History::draw(&mut stream, estate, governance);
        for (year_at, &year) in YEARS.iter().enumerate() {
            for (leaf_at, leaf) in LEAVES.iter().enumerate() {
                let is_lost = stream.chance(LOST) || governance.is_undelivered(leaf.source, year_at);
                match history.values[year_at][leaf_at].filter(|_| !is_lost) {
                    Some(value) => delivery.observations.push(Observation {
                        estate: at,
                        indicator: leaf.code,
                        year,
                        value,
                        decimals: leaf.decimals,
                        source: leaf.source.as_str(),
                    }),
                    None => delivery.missing.push(Cell { estate: at, leaf, year }),
                }
            }
        }
    }
    delivery
}

/// Second readings of `wanted` delivered states, a whole estate and year at a time.
///
/// They confirm the first reading: a check that disagreed was settled before delivery. So no value
/// depends on which source takes precedence.
pub(super) fn spot_checks(seed: u64, delivered: &[Observation], wanted: usize) -> Vec<Observation> {
    let is_state = |row: &Observation| {
        LEAVES.iter().any(|leaf| leaf.code == row.indicator && matches!(leaf.shape, Shape::Steps(_)))
    };
    let same_visit =
        |one: &Observation, other: &Observation| (one.estate, one.year) == (other.estate, other.year);
    let mut visits: Vec<&[Observation]> = delivered.chunk_by(same_visit).collect();
    Stream::named(seed, "spot checks").shuffle(&mut visits);
    let states = visits.into_iter().flatten().filter(|row| is_state(row));
    let mut checks: Vec<Observation> =
        states.take(wanted).map(|row| Observation { source: SPOT_CHECK, ..*row }).collect();
    checks.sort_by_key(|row| (row.estate, row.year));
    checks
}

/// All values of one estate before any is lost; `None` where no survey was held.
struct History {
    values: [[Option<f64>; LEAVES.len()]; YEARS.len()],
}

impl History {
    fn draw(stream: &mut Stream, estate: &Estate, governance: &Governance) -> Self {
        let lasting: [f64; LEAVES.len()] = std::array::from_fn(|at| LEAVES[at].lasting * stream.normal());
        let mut earlier_satisfaction = earlier_survey(stream, estate, governance, &lasting);
        let mut values = [[None; LEAVES.len()]; YEARS.len()];
        for (year_at, year_values) in values.iter_mut().enumerate() {
            let drawn: [f64; LEAVES.len()] = std::array::from_fn(|at| {
                let leaf = &LEAVES[at];
                let quality = governance.quality(leaf.dimension, year_at);
                draw_value(
                    stream,
                    leaf,
                    estate,
                    Drive { quality, lasting: lasting[at], year: leaf.years[year_at] },
                )
            });
            let is_surveyed = stream.chance(SURVEYED);
            let satisfaction = is_surveyed.then(|| mean_satisfaction(&drawn));
            let change = satisfaction.zip(earlier_satisfaction).map(|(now, before)| now - before);
            earlier_satisfaction = satisfaction;

            // The conditions come after the draws, because the party branch (B1.1) stands before the
            // owners' committee (B2.1) it needs.
            let has_owners = !estate.is_wholly_let();
            let is_formed = |(leaf, value): (&Leaf, &f64)| leaf.code == "B2.1" && *value > 0.0;
            let has_owners_committee = has_owners && LEAVES.iter().zip(&drawn).any(is_formed);
            for ((value, leaf), drawn) in year_values.iter_mut().zip(&LEAVES).zip(drawn) {
                let is_possible = match leaf.condition {
                    Condition::Nothing => true,
                    Condition::Owners => has_owners,
                    Condition::OwnersCommittee => has_owners_committee,
                };
                *value = match (leaf.shape, leaf.source) {
                    (Shape::SurveyChange, _) => change.map(|points| rounded(points, leaf.decimals)),
                    (_, Source::Survey) => is_surveyed.then_some(drawn),
                    _ => Some(if is_possible { drawn } else { 0.0 }),
                };
            }
        }
        Self { values }
    }
}

/// The mean satisfaction of the survey before the first year of the file, if it was held.
fn earlier_survey(
    stream: &mut Stream,
    estate: &Estate,
    governance: &Governance,
    lasting: &[f64; LEAVES.len()],
) -> Option<f64> {
    let is_surveyed = stream.chance(SURVEYED);
    let quality = governance.earlier_quality(Dimension::Satisfaction);
    let drawn = std::array::from_fn(|at| {
        draw_value(stream, &LEAVES[at], estate, Drive { quality, lasting: lasting[at], year: 0.0 })
    });
    is_surveyed.then(|| mean_satisfaction(&drawn))
}

/// The mean of the shares of satisfied residents that a survey finds, %.
fn mean_satisfaction(drawn: &[f64; LEAVES.len()]) -> f64 {
    let is_asked = |leaf: &Leaf| leaf.source == Source::Survey && leaf.shape == Shape::Share;
    let asked = LEAVES.iter().zip(drawn).filter(|(leaf, _)| is_asked(leaf));
    let (sum, count) = asked.fold((0.0, 0.0), |(sum, count), (_, share)| (sum + share, count + 1.0));
    sum / count
}

/// What moves a value away from the level of its type.
#[derive(Clone, Copy)]
struct Drive {
    quality: f64,
    lasting: f64,
    year: f64,
}

fn draw_value(stream: &mut Stream, leaf: &Leaf, estate: &Estate, drive: Drive) -> f64 {
    let level = estate.housing.pick(leaf.level);
    let better = leaf.load * drive.quality;
    let other = drive.lasting + drive.year + leaf.passing * stream.normal();
    let homes = f64::from(estate.households);
    let value = match leaf.shape {
        Shape::Steps(cuts) => cuts.iter().filter(|&&cut| level + better + other > cut).map(|_| 1.0).sum(),
        Shape::Share => 100.0 * logistic(log_odds(level / 100.0) + better + other),
        Shape::Amount => level * libm::exp(better + other),
        Shape::Count => f64::from(stream.overdispersed_count(level * libm::exp(better + other), COUNT_SHAPE)),
        Shape::Cases => {
            // Better quality means fewer cases. Tenants bring the fluctuation that case rates follow.
            let tenancy = 0.006 * (estate.tenant_share_pct.unwrap_or(25.0) - 25.0);
            let rate = level * libm::exp(other - better + tenancy);
            let cases = stream.overdispersed_count(rate * homes / 100.0, CASE_SHAPE);
            f64::from(cases) * 100.0 / homes
        }
        // Made of two surveys by the caller; quality alone changes nothing.
        Shape::SurveyChange => 0.0,
    };
    rounded(value, leaf.decimals)
}
