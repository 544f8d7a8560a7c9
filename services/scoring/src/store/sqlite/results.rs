//! Writing the results of a run: all tables of it, inside the transaction of the caller.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::super::rows::{absence_of, integer, level_number};
use super::super::{Run, StoreError};
use crate::domain::results::Results;

/// Rows of one statement. Twelve columns at most, so that the 32,766 variables of a statement hold.
const ROWS_PER_STATEMENT: usize = 1_000;

/// Writes everything that a run leaves behind.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    run: Run,
    results: &Results,
) -> Result<(), StoreError> {
    write_places(connection, run, results).await?;
    write_scores(connection, run, results).await?;
    write_leaf_values(connection, run, results).await?;
    write_types(connection, run, results).await?;
    write_groups(connection, run, results).await
}

async fn write_places(
    connection: &mut SqliteConnection,
    run: Run,
    results: &Results,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO places (run, place_id, type_at, name, town_code, town_name, committee, \
                          district_code, district_name, households, sampled) ";
    insert(connection, INSERT, &results.places, |row, place| {
        row.push_bind(run.0)
            .push_bind(place.id.as_str())
            .push_bind(place.type_at.map(integer))
            .push_bind(place.name.as_str())
            .push_bind(place.town_code.as_str())
            .push_bind(place.town_name.as_str())
            .push_bind(place.committee.as_str())
            .push_bind(place.district_code.as_str())
            .push_bind(place.district_name.as_str())
            .push_bind(place.households.map(integer))
            .push_bind(place.sampled);
    })
    .await
}

async fn write_scores(
    connection: &mut SqliteConnection,
    run: Run,
    results: &Results,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO node_scores (run, type_at, node_at, unscored, rank, place_id, score, \
                          coverage_ratio, percentile, absence) ";
    let unclassified_at = results.types.len();
    for (node_at, column) in results.scores.iter().enumerate() {
        let rows: Vec<_> = results.places.iter().zip(column).collect();
        insert(connection, INSERT, &rows, |row, (place, score)| {
            row.push_bind(run.0)
                .push_bind(integer(place.type_at.unwrap_or(unclassified_at)))
                .push_bind(integer(node_at))
                .push_bind(score.standing.is_none())
                .push_bind(score.standing.map_or(0, |standing| integer(standing.rank)))
                .push_bind(place.id.as_str())
                .push_bind(score.composed.value())
                .push_bind(score.composed.coverage)
                .push_bind(score.standing.and_then(|standing| standing.percentile))
                .push_bind(absence_of(&score.composed));
        })
        .await?;
    }
    Ok(())
}

async fn write_leaf_values(
    connection: &mut SqliteConnection,
    run: Run,
    results: &Results,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO leaf_values (run, place_id, leaf_at, derived, value, z_uncapped, z, \
                          previous_score, current_score) ";
    for (leaf_at, column) in results.leaf_values.iter().enumerate() {
        let cells = results.places.iter().zip(column);
        let rows: Vec<_> = cells.filter_map(|(place, leaf)| Some((place, (*leaf)?))).collect();
        insert(connection, INSERT, &rows, |row, (place, leaf)| {
            row.push_bind(run.0)
                .push_bind(place.id.as_str())
                .push_bind(integer(leaf_at))
                .push_bind(leaf.change.is_some())
                .push_bind(leaf.value)
                .push_bind(leaf.z.map(|z| z.raw))
                .push_bind(leaf.z.map(|z| z.capped))
                .push_bind(leaf.change.and_then(|change| change.previous))
                .push_bind(leaf.change.and_then(|change| change.current));
        })
        .await?;
    }
    Ok(())
}

async fn write_types(
    connection: &mut SqliteConnection,
    run: Run,
    results: &Results,
) -> Result<(), StoreError> {
    const THRESHOLDS: &str =
        "INSERT INTO thresholds (run, type_at, leaf_at, status, lower, upper, sample_size, median_z) ";
    const WEIGHTS: &str = "INSERT INTO weights (run, type_at, item_at, catalog_weight, weight) ";
    for (type_at, measure) in results.types.iter().enumerate() {
        let leaves: Vec<_> = measure.leaves.iter().enumerate().collect();
        insert(connection, THRESHOLDS, &leaves, |row, (leaf_at, leaf)| {
            row.push_bind(run.0)
                .push_bind(integer(type_at))
                .push_bind(integer(*leaf_at))
                .push_bind(leaf.threshold.status().as_str().to_ascii_uppercase())
                .push_bind(leaf.threshold.goalposts().map(|goalposts| goalposts.lower()))
                .push_bind(leaf.threshold.goalposts().map(|goalposts| goalposts.upper()))
                .push_bind(integer(measure.sample_size))
                .push_bind(leaf.median_z);
        })
        .await?;
        let weights: Vec<_> = measure.weights.iter().enumerate().collect();
        insert(connection, WEIGHTS, &weights, |row, (item_at, weight)| {
            row.push_bind(run.0)
                .push_bind(integer(type_at))
                .push_bind(integer(*item_at))
                .push_bind(weight.catalog)
                .push_bind(weight.in_force);
        })
        .await?;
    }
    Ok(())
}

async fn write_groups(
    connection: &mut SqliteConnection,
    run: Run,
    results: &Results,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO group_scores (run, level, code, type_at, node_at, name, score, places, \
                          household_share_ratio, rank) ";
    insert(connection, INSERT, &results.groups, |row, group| {
        row.push_bind(run.0)
            .push_bind(level_number(group.level))
            .push_bind(group.code.as_str())
            .push_bind(integer(group.type_at))
            .push_bind(integer(group.node_at))
            .push_bind(group.name.as_str())
            .push_bind(group.score)
            .push_bind(integer(group.places))
            .push_bind(group.household_share)
            .push_bind(group.rank.map(integer));
    })
    .await
}

/// Inserts rows in statements of [`ROWS_PER_STATEMENT`]: all but the last have one text, prepared once.
async fn insert<'a, T>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: &'a [T],
    bind: impl Fn(&mut sqlx::query_builder::Separated<'_, Sqlite, &'static str>, &'a T),
) -> Result<(), StoreError> {
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        let mut query = QueryBuilder::<Sqlite>::new(statement);
        query.push_values(chunk, |mut row, value| bind(&mut row, value));
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}
