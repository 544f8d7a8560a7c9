//! The tables of uncertainty analyses: their columns once, and the rows that an analysis fills them with.

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::query_builder::Separated;
use sqlx::{Postgres, Sqlite};
use xiuhua_indicators::uncertainty::intervals::RankInterval;

use super::StoreError;
use super::rows::{count, integer, position};
use super::tables::{Cell, Column, TableRow, stored, table};
use super::uncertainty::{LeftOutShift, SensitivityUsed, StoredInterval, Tier};
use crate::domain::id::PlaceId;
use crate::domain::uncertainty::Findings;

table! {
    /// The settings of a draw.
    DrawRow in "uncertainty_draws" by (analysis, draw):
    analysis: i64,
    draw: i64,
    settings: String,
}

table! {
    /// The interval of a place at a node.
    IntervalRow in "rank_intervals" by (analysis, type_at, node_at, rank, place_id):
    analysis: i64,
    type_at: i64,
    node_at: i64,
    rank: i64,
    place_id: String,
    low: f64,
    median: f64,
    high: f64,
    top_tenth_ratio: f64,
    scored: i64,
    tier: Option<i64>,
}

table! {
    /// A group of places that cannot be told apart.
    TierRow in "rank_tiers" by (analysis, type_at, node_at, tier):
    analysis: i64,
    type_at: i64,
    node_at: i64,
    tier: i64,
    first_rank: i64,
    last_rank: i64,
    places: i64,
}

table! {
    /// The Sobol indices of a factor in a type.
    SensitivityRow in "sensitivities" by (analysis, type_at, factor_at):
    analysis: i64,
    type_at: i64,
    factor_at: i64,
    mean_shift: f64,
    variance: f64,
    first_order: f64,
    first_order_low: f64,
    first_order_high: f64,
    total: f64,
    total_low: f64,
    total_high: f64,
}

table! {
    /// What an item left out does to a type.
    LeftOutRow in "leave_one_out" by (analysis, type_at, item_at):
    analysis: i64,
    type_at: i64,
    item_at: i64,
    mean_shift: f64,
    greatest_shift: i64,
    place_id: Option<String>,
    compared: i64,
    lost: i64,
}

/// The rows of `uncertainty_draws`, by key.
pub(super) fn draw_rows(analysis: i64, found: &Findings) -> impl Iterator<Item = DrawRow> {
    found.drawn.settings.iter().enumerate().map(move |(draw, settings)| DrawRow {
        analysis,
        draw: integer(draw),
        settings: settings.to_string(),
    })
}

/// The rows of `rank_intervals`, node by node.
pub(super) fn interval_rows(analysis: i64, found: &Findings) -> impl Iterator<Item = IntervalRow> {
    found.drawn.intervals.iter().enumerate().flat_map(move |(node_at, column)| {
        column.iter().enumerate().filter_map(move |(place, interval)| {
            let (interval, (place_id, type_at)) = ((*interval)?, &found.places[place]);
            Some(IntervalRow {
                analysis,
                type_at: integer((*type_at)?),
                node_at: integer(node_at),
                rank: found.ranks[node_at][place].map_or(0, integer),
                place_id: place_id.as_str().to_owned(),
                low: stored(interval.low),
                median: stored(interval.median),
                high: stored(interval.high),
                top_tenth_ratio: stored(interval.top_tenth),
                scored: integer(interval.scored),
                tier: found.drawn.tiers[node_at][place].map(integer),
            })
        })
    })
}

/// The rows of `rank_tiers`, by type, node and tier.
pub(super) fn tier_rows(analysis: i64, found: &Findings) -> impl Iterator<Item = TierRow> {
    let nodes = found.drawn.tiers.len();
    let keys =
        (0..found.type_count).flat_map(move |type_at| (0..nodes).map(move |node_at| (type_at, node_at)));
    keys.flat_map(move |(type_at, node_at)| {
        let mut tiers: Vec<TierRow> = Vec::new();
        let mut ranked: Vec<(usize, i64)> = (0..found.places.len())
            .filter(|&place| found.places[place].1 == Some(type_at))
            .filter_map(|place| {
                let tier = found.drawn.tiers[node_at][place]?;
                Some((tier, integer(found.ranks[node_at][place]?)))
            })
            .collect();
        ranked.sort_unstable();
        for (tier, rank) in ranked {
            match tiers.last_mut().filter(|last| last.tier == integer(tier)) {
                Some(last) => {
                    last.last_rank = rank;
                    last.places += 1;
                }
                None => tiers.push(TierRow {
                    analysis,
                    type_at: integer(type_at),
                    node_at: integer(node_at),
                    tier: integer(tier),
                    first_rank: rank,
                    last_rank: rank,
                    places: 1,
                }),
            }
        }
        tiers
    })
}

/// The rows of `sensitivities`, by key.
pub(super) fn sensitivity_rows(analysis: i64, found: &Findings) -> impl Iterator<Item = SensitivityRow> {
    let outputs = found.sensitivity.iter().flat_map(|sensitivity| &sensitivity.outputs);
    outputs.enumerate().flat_map(move |(type_at, output)| {
        output.indices.iter().enumerate().map(move |(factor_at, index)| SensitivityRow {
            analysis,
            type_at: integer(type_at),
            factor_at: integer(factor_at),
            mean_shift: stored(output.mean),
            variance: stored(output.variance),
            first_order: stored(index.first.value),
            first_order_low: stored(index.first.low),
            first_order_high: stored(index.first.high),
            total: stored(index.total.value),
            total_low: stored(index.total.low),
            total_high: stored(index.total.high),
        })
    })
}

/// The rows of `leave_one_out`, item by item.
pub(super) fn left_out_rows(analysis: i64, found: &Findings) -> impl Iterator<Item = LeftOutRow> {
    found.left_out.iter().flat_map(move |left| {
        left.shifts.iter().enumerate().map(move |(type_at, shift)| LeftOutRow {
            analysis,
            type_at: integer(type_at),
            item_at: integer(left.item.0),
            mean_shift: stored(shift.mean),
            greatest_shift: integer(shift.greatest),
            place_id: shift.place.map(|place| found.places[place].0.as_str().to_owned()),
            compared: integer(shift.compared),
            lost: integer(shift.lost),
        })
    })
}

impl IntervalRow {
    pub(super) fn read(self) -> Result<StoredInterval, StoreError> {
        Ok(StoredInterval {
            node_at: position(self.node_at)?,
            rank: Some(count(self.rank)?).filter(|&rank| rank > 0),
            place: PlaceId::new(self.place_id),
            interval: RankInterval {
                scored: position(self.scored)?,
                low: self.low,
                median: self.median,
                high: self.high,
                top_tenth: self.top_tenth_ratio,
            },
            tier: self.tier.map(count).transpose()?,
        })
    }
}

impl TierRow {
    pub(super) fn read(self) -> Result<Tier, StoreError> {
        Ok(Tier {
            tier: count(self.tier)?,
            first_rank: count(self.first_rank)?,
            last_rank: count(self.last_rank)?,
            places: count(self.places)?,
        })
    }
}

impl SensitivityRow {
    pub(super) fn read(self) -> Result<SensitivityUsed, StoreError> {
        Ok(SensitivityUsed {
            type_at: position(self.type_at)?,
            factor_at: position(self.factor_at)?,
            mean_shift: self.mean_shift,
            variance: self.variance,
            first: [self.first_order, self.first_order_low, self.first_order_high],
            total: [self.total, self.total_low, self.total_high],
        })
    }
}

impl LeftOutRow {
    pub(super) fn read(self) -> Result<LeftOutShift, StoreError> {
        Ok(LeftOutShift {
            item_at: position(self.item_at)?,
            mean_shift: self.mean_shift,
            greatest_shift: count(self.greatest_shift)?,
            place: self.place_id.map(PlaceId::new),
            compared: count(self.compared)?,
            lost: count(self.lost)?,
        })
    }
}
