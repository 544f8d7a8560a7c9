//! The tables of results: their columns once, for writing, reading and comparing on every back end, and the rows that
//! a run fills them with.

use std::fmt;

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::query_builder::Separated;
use sqlx::{Postgres, Sqlite};

use super::rows::{integer, level_number};
use crate::domain::results::{Results, absence_word};

/// A stored value as it is compared: numbers by their bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell<'a> {
    /// NULL.
    Absent,
    /// True or false.
    Flag(bool),
    /// A count, a position, a rank.
    Integer(i64),
    /// The bits of a number.
    Real(u64),
    /// Text, compared by bytes.
    Text(&'a str),
}

/// What a column can hold.
pub(super) trait Column {
    /// Its type in an array on PostgreSQL.
    const POSTGRES: &'static str;

    /// As it is compared.
    fn cell(&self) -> Cell<'_>;
}

/// A row of a table of results, but for its run.
pub(super) trait TableRow: Sized {
    /// The table.
    const TABLE: &'static str;
    /// Its columns.
    const COLUMNS: &'static [&'static str];
    /// Their types in arrays on PostgreSQL.
    const POSTGRES: &'static [&'static str];
    /// The columns that order the rows of one run, and name one.
    const KEY: &'static [&'static str];

    /// The values, in the order of [`TableRow::COLUMNS`].
    fn cells(&self) -> Vec<Cell<'_>>;

    /// The values of [`TableRow::KEY`].
    fn key(&self) -> Vec<Cell<'_>>;

    /// Binds the values as one of the rows of an `INSERT … VALUES`.
    fn bind_values(self, values: &mut Separated<'_, Sqlite, &'static str>);

    /// Binds many rows as one array a column.
    fn bind_arrays<'q>(
        rows: &[Self],
        query: Query<'q, Postgres, PgArguments>,
    ) -> Query<'q, Postgres, PgArguments>;
}

macro_rules! table {
    (
        $(#[$doc:meta])*
        $row:ident in $table:literal by ($($key:ident),+):
        $($column:ident: $kind:ty),+ $(,)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, sqlx::FromRow)]
        pub(super) struct $row {
            $(pub(super) $column: $kind),+
        }

        impl TableRow for $row {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),+];
            const POSTGRES: &'static [&'static str] = &[$(<$kind as Column>::POSTGRES),+];
            const KEY: &'static [&'static str] = &[$(stringify!($key)),+];

            fn cells(&self) -> Vec<Cell<'_>> {
                vec![$(self.$column.cell()),+]
            }

            fn key(&self) -> Vec<Cell<'_>> {
                vec![$(self.$key.cell()),+]
            }

            fn bind_values(self, values: &mut Separated<'_, Sqlite, &'static str>) {
                $(values.push_bind(self.$column);)+
            }

            fn bind_arrays<'q>(
                rows: &[Self],
                query: Query<'q, Postgres, PgArguments>,
            ) -> Query<'q, Postgres, PgArguments> {
                query$(.bind(rows.iter().map(|row| row.$column.clone()).collect::<Vec<$kind>>()))+
            }
        }
    };
}

pub(super) use table;

table! {
    /// A place as the run saw it.
    PlaceRow in "places" by (place_id):
    place_id: String,
    type_at: Option<i64>,
    name: String,
    town_code: String,
    town_name: String,
    committee: String,
    district_code: String,
    district_name: String,
    households: Option<i64>,
    sampled: bool,
}

table! {
    /// The score of a place at a node.
    NodeScoreRow in "node_scores" by (place_id, node_at):
    type_at: i64,
    node_at: i64,
    unscored: bool,
    rank: i64,
    place_id: String,
    score: Option<f64>,
    coverage_ratio: f64,
    percentile: Option<f64>,
    absence: Option<String>,
}

table! {
    /// The value of a place at a leaf.
    LeafRow in "leaf_values" by (place_id, leaf_at):
    place_id: String,
    leaf_at: i64,
    derived: bool,
    value: Option<f64>,
    z_uncapped: Option<f64>,
    z: Option<f64>,
    previous_score: Option<f64>,
    current_score: Option<f64>,
    rolled_on_record: Option<i64>,
    rolled_window: Option<i64>,
}

table! {
    /// How a leaf was measured for a type.
    ThresholdRow in "thresholds" by (type_at, leaf_at):
    type_at: i64,
    leaf_at: i64,
    status: String,
    lower: Option<f64>,
    upper: Option<f64>,
    sample_size: i64,
    median_z: Option<f64>,
    treatment: Option<String>,
    treated_lower: Option<f64>,
    treated_upper: Option<f64>,
    low_points: Option<i64>,
    high_points: Option<i64>,
    log_origin: Option<f64>,
}

table! {
    /// A leaf value that nobody delivered.
    ImputedRow in "imputed_values" by (place_id, leaf_at):
    place_id: String,
    leaf_at: i64,
    method: String,
    places: Option<i64>,
    earlier_period: Option<String>,
    earlier_value: Option<f64>,
    later_period: Option<String>,
    later_value: Option<f64>,
}

table! {
    /// The weight of an item for a type.
    WeightRow in "weights" by (type_at, item_at):
    type_at: i64,
    item_at: i64,
    catalog_weight: f64,
    weight: f64,
}

table! {
    /// The score of a group.
    GroupRow in "group_scores" by (level, code, type_at, node_at):
    level: i64,
    code: String,
    type_at: i64,
    node_at: i64,
    name: String,
    score: Option<f64>,
    places: i64,
    household_share_ratio: f64,
    rank: Option<i64>,
}

/// The rows of `places`, by key.
pub(super) fn place_rows(results: &Results) -> impl Iterator<Item = PlaceRow> {
    results.places.iter().map(|place| PlaceRow {
        place_id: place.id.as_str().to_owned(),
        type_at: place.type_at.map(integer),
        name: place.name.clone(),
        town_code: place.town_code.clone(),
        town_name: place.town_name.clone(),
        committee: place.committee.clone(),
        district_code: place.district_code.clone(),
        district_name: place.district_name.clone(),
        households: place.households.map(integer),
        sampled: place.sampled,
    })
}

/// The rows of `node_scores`, by key.
pub(super) fn score_rows(results: &Results) -> impl Iterator<Item = NodeScoreRow> {
    let unclassified_at = results.types.len();
    results.places.iter().enumerate().flat_map(move |(at, place)| {
        results.scores.iter().enumerate().map(move |(node_at, column)| {
            let score = &column[at];
            NodeScoreRow {
                type_at: integer(place.type_at.unwrap_or(unclassified_at)),
                node_at: integer(node_at),
                unscored: score.standing.is_none(),
                rank: score.standing.map_or(0, |standing| integer(standing.rank)),
                place_id: place.id.as_str().to_owned(),
                score: score.composed.value().map(stored),
                coverage_ratio: stored(score.composed.coverage),
                percentile: score.standing.and_then(|standing| standing.percentile).map(stored),
                absence: score.composed.score.err().map(|absence| absence_word(absence).to_owned()),
            }
        })
    })
}

/// The rows of `leaf_values`, by key.
pub(super) fn leaf_rows(results: &Results) -> impl Iterator<Item = LeafRow> {
    results.places.iter().enumerate().flat_map(move |(at, place)| {
        results.leaf_values.iter().enumerate().filter_map(move |(leaf_at, column)| {
            let leaf = column[at]?;
            Some(LeafRow {
                place_id: place.id.as_str().to_owned(),
                leaf_at: integer(leaf_at),
                derived: leaf.change.is_some(),
                value: leaf.value.map(stored),
                z_uncapped: leaf.z.map(|z| stored(z.raw)),
                z: leaf.z.map(|z| stored(z.capped)),
                previous_score: leaf.change.and_then(|change| change.previous).map(stored),
                current_score: leaf.change.and_then(|change| change.current).map(stored),
                rolled_on_record: leaf.rolled.map(|rolled| integer(rolled.on_record)),
                rolled_window: leaf.rolled.map(|rolled| integer(rolled.window)),
            })
        })
    })
}

/// The rows of `thresholds`, by key.
pub(super) fn threshold_rows(results: &Results) -> impl Iterator<Item = ThresholdRow> {
    results.types.iter().enumerate().flat_map(|(type_at, measure)| {
        measure.leaves.iter().enumerate().map(move |(leaf_at, leaf)| {
            let row = ThresholdRow {
                type_at: integer(type_at),
                leaf_at: integer(leaf_at),
                status: leaf.threshold.status().as_str().to_ascii_uppercase(),
                lower: leaf.threshold.goalposts().map(|goalposts| stored(goalposts.lower())),
                upper: leaf.threshold.goalposts().map(|goalposts| stored(goalposts.upper())),
                sample_size: integer(measure.sample_size),
                median_z: leaf.median_z.map(stored),
                treatment: None,
                treated_lower: None,
                treated_upper: None,
                low_points: None,
                high_points: None,
                log_origin: None,
            };
            row.treated(leaf.threshold)
        })
    })
}

/// The rows of `weights`, by key.
pub(super) fn weight_rows(results: &Results) -> impl Iterator<Item = WeightRow> {
    results.types.iter().enumerate().flat_map(|(type_at, measure)| {
        measure.weights.iter().enumerate().map(move |(item_at, weight)| WeightRow {
            type_at: integer(type_at),
            item_at: integer(item_at),
            catalog_weight: stored(weight.catalog),
            weight: stored(weight.in_force),
        })
    })
}

/// The rows of `group_scores`, by key: the order that groups are computed in.
pub(super) fn group_rows(results: &Results) -> impl Iterator<Item = GroupRow> {
    results.groups.iter().map(|group| GroupRow {
        level: level_number(group.level),
        code: group.code.clone(),
        type_at: integer(group.type_at),
        node_at: integer(group.node_at),
        name: group.name.clone(),
        score: group.score.map(stored),
        places: integer(group.places),
        household_share_ratio: stored(group.household_share),
        rank: group.rank.map(integer),
    })
}

/// A number as it is kept: SQLite keeps -0 as 0, so every back end does.
pub(super) fn stored(number: f64) -> f64 {
    number + 0.0
}

impl Column for bool {
    const POSTGRES: &'static str = "boolean";

    fn cell(&self) -> Cell<'_> {
        Cell::Flag(*self)
    }
}

impl Column for i64 {
    const POSTGRES: &'static str = "bigint";

    fn cell(&self) -> Cell<'_> {
        Cell::Integer(*self)
    }
}

impl Column for f64 {
    const POSTGRES: &'static str = "double precision";

    fn cell(&self) -> Cell<'_> {
        Cell::Real(self.to_bits())
    }
}

impl Column for String {
    const POSTGRES: &'static str = "text";

    fn cell(&self) -> Cell<'_> {
        Cell::Text(self)
    }
}

impl<T: Column> Column for Option<T> {
    const POSTGRES: &'static str = T::POSTGRES;

    fn cell(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Absent, T::cell)
    }
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => formatter.write_str("NULL"),
            Self::Flag(flag) => write!(formatter, "{flag}"),
            Self::Integer(integer) => write!(formatter, "{integer}"),
            // The shortest text that gives these bits again: two numbers that differ look different.
            Self::Real(bits) => write!(formatter, "{}", f64::from_bits(*bits)),
            Self::Text(text) => write!(formatter, "{text:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_tell_one_bit_apart_and_show_it() {
        let number = 70.1_f64;
        let next = f64::from_bits(number.to_bits() + 1);
        assert_ne!(number.cell(), next.cell());
        assert_ne!(number.cell().to_string(), next.cell().to_string());
        assert_eq!(stored(-0.0).to_bits(), 0.0_f64.to_bits());
    }
}
