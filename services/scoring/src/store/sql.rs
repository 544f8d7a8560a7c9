//! The statements that both databases understand, in one place: code runs them, a test asks for their plans.
//!
//! `$1` names a parameter on both. Every page is a range of a key. A filter that may be absent is cast, so that
//! PostgreSQL knows its type by itself.

use super::tables::{GroupRow, ImputedRow, LeafRow, PlaceRow, TableRow, ThresholdRow, WeightRow};

/// Columns of a [`ScoreRow`](super::rows::ScoreRow).
const SCORE: &str = "s.place_id, s.node_at, s.rank, s.score, s.coverage_ratio, s.percentile, s.absence";

/// An assessment by id.
pub(super) const ASSESSMENT: &str = "SELECT * FROM assessments WHERE id = $1";

/// Assessments newest first.
pub(super) const ASSESSMENTS: &str = "SELECT * FROM assessments WHERE run < $1 AND (CAST($2 AS TEXT) IS NULL OR period = $2) \
     AND (CAST($3 AS TEXT) IS NULL OR catalog_id = $3) ORDER BY run DESC LIMIT $4";

/// The assessment in force for a catalog and period.
pub(super) const PUBLISHED: &str = "SELECT * FROM assessments WHERE catalog_id = $1 AND period = $2 \
     AND publication IS NOT NULL AND state = 'PUBLISHED' ORDER BY publication DESC LIMIT 1";

/// The newest number of a publication for a catalog and period.
pub(super) const LAST_PUBLICATION: &str =
    "SELECT max(publication) FROM assessments WHERE catalog_id = $1 AND period = $2";

/// The text of a catalog.
pub(super) const CATALOG: &str = "SELECT toml FROM catalogs WHERE hash = $1";

/// An answer given.
pub(super) const RECALL: &str = "SELECT fingerprint, response FROM requests WHERE request_id = $1";

/// A scheme by id and version, or its newest version. A version asked for is a range of one, which an index can follow
/// where it cannot follow an alternative.
pub(super) const SCHEME: &str = "SELECT * FROM weight_schemes WHERE id = $1 \
     AND version BETWEEN COALESCE(CAST($2 AS BIGINT), 0) AND COALESCE(CAST($2 AS BIGINT), 9223372036854775807) \
     ORDER BY version DESC LIMIT 1";

/// Schemes newest first.
pub(super) const SCHEMES: &str = "SELECT * FROM weight_schemes WHERE scheme < $1 \
     AND (CAST($2 AS TEXT) IS NULL OR catalog_id = $2) ORDER BY scheme DESC LIMIT $3";

/// The newest version of a scheme.
pub(super) const LAST_SCHEME_VERSION: &str = "SELECT max(version) FROM weight_schemes WHERE id = $1";

/// A page of the weights of a scheme.
pub(super) const SCHEME_WEIGHTS: &str = "SELECT type_at, item_at, weight, steps FROM scheme_weights \
     WHERE scheme = $1 AND (type_at, item_at) > ($2, $3) AND (CAST($4 AS BIGINT) IS NULL OR type_at = $4) \
     ORDER BY type_at, item_at LIMIT $5";

/// Every adoption of a scheme, newest first.
pub(super) const SCHEME_ADOPTIONS: &str =
    "SELECT * FROM scheme_adoptions WHERE scheme = $1 ORDER BY adoption DESC";

/// The number of the scheme in force for a catalog.
pub(super) const NUMBER_IN_FORCE: &str = "SELECT scheme FROM scheme_adoptions WHERE catalog_id = $1 \
     AND catalog_hash = $2 AND withdrawn_us IS NULL ORDER BY adoption DESC LIMIT 1";

/// The scheme in force for a catalog.
pub(super) fn scheme_in_force() -> String {
    format!("SELECT * FROM weight_schemes WHERE scheme = ({NUMBER_IN_FORCE})")
}

/// Takes the oldest run that may be taken; `skip_locked` passes over those that another is writing.
pub(super) fn claim(skip_locked: &str) -> String {
    let next = next_open("<", skip_locked);
    format!(
        "UPDATE assessments SET state = 'RUNNING', progress_ratio = 0, attempts = attempts + 1, worker = $3, \
         due_us = $4 WHERE run = ({next}) RETURNING *"
    )
}

/// Ends the oldest run that could be taken and was begun too often.
pub(super) fn fail_deadly(skip_locked: &str) -> String {
    let next = next_open(">=", skip_locked);
    format!(
        "UPDATE assessments SET state = 'FAILED', worker = NULL, due_us = NULL, finished_us = $1, failure_zh = $3, \
         failure_en = $4 WHERE run = ({next})"
    )
}

fn next_open(attempts: &str, skip_locked: &str) -> String {
    format!(
        "SELECT run FROM assessments WHERE state IN ('PENDING', 'RUNNING') AND due_us <= $1 AND attempts {attempts} $2 \
         ORDER BY run LIMIT 1{skip_locked}"
    )
}

/// A change of a run that its worker holds: `$4` and on are the change's.
pub(super) fn held(change: &str) -> String {
    format!(
        "UPDATE assessments SET {change} WHERE run = $1 AND worker = $2 AND attempts = $3 AND state = 'RUNNING'"
    )
}

/// Extends a lease.
pub(super) const RENEWED: &str = "due_us = $4";

/// A place as the run saw it.
pub(super) fn place() -> String {
    let columns = PlaceRow::COLUMNS.join(", ");
    format!("SELECT {columns} FROM places WHERE run = $1 AND place_id = $2")
}

/// All nodes of one place.
pub(super) fn place_scores() -> String {
    format!("SELECT {SCORE} FROM node_scores s WHERE s.run = $1 AND s.place_id = $2 ORDER BY s.node_at")
}

/// All leaves of one place.
pub(super) fn place_leaves() -> String {
    let columns = LeafRow::COLUMNS.join(", ");
    format!("SELECT {columns} FROM leaf_values WHERE run = $1 AND place_id = $2 ORDER BY leaf_at")
}

/// One of the two parts of a ranking: the scored places by rank, or those without a score by id.
///
/// Each part is a range of the primary key. A town is filtered on the way: within one type of one run the range is
/// short, and a key for it would double the largest table.
pub(super) fn ranking(backwards: bool) -> String {
    let (beyond, order) = if backwards { ("<", "DESC") } else { (">", "ASC") };
    let place: Vec<String> = PlaceRow::COLUMNS.iter().map(|column| format!("p.{column}")).collect();
    let place = place.join(", ");
    format!(
        "SELECT {place}, {SCORE} FROM node_scores s JOIN places p ON p.run = s.run AND p.place_id = s.place_id \
         WHERE s.run = $1 AND s.type_at = $2 AND s.node_at = $3 AND s.unscored = $4 \
         AND (s.rank, s.place_id) {beyond} ($5, $6) AND (CAST($7 AS TEXT) IS NULL OR p.town_code = $7) \
         ORDER BY s.rank {order}, s.place_id {order} LIMIT $8"
    )
}

/// The places of one type with a score at one node. Sorted by the caller: asked to sort, SQLite walks all nodes of all
/// places by id instead of this one range.
pub(super) const SCORED_PLACES: &str = "SELECT s.place_id, p.name, s.score FROM node_scores s \
     JOIN places p ON p.run = s.run AND p.place_id = s.place_id \
     WHERE s.run = $1 AND s.type_at = $2 AND s.node_at = $3 AND s.unscored = $4";

/// A page of group scores.
pub(super) fn groups() -> String {
    let columns = GroupRow::COLUMNS.join(", ");
    format!(
        "SELECT {columns} FROM group_scores WHERE run = $1 AND (level, code, type_at, node_at) > ($2, $3, $4, $5) \
         AND (CAST($6 AS BIGINT) IS NULL OR level = $6) AND (CAST($7 AS TEXT) IS NULL OR code = $7) \
         AND (CAST($8 AS BIGINT) IS NULL OR type_at = $8) AND (CAST($9 AS BIGINT) IS NULL OR node_at = $9) ORDER BY level, code, type_at, node_at LIMIT $10"
    )
}

/// A page of thresholds used.
pub(super) fn thresholds() -> String {
    let columns = ThresholdRow::COLUMNS.join(", ");
    format!(
        "SELECT {columns} FROM thresholds WHERE run = $1 AND (type_at, leaf_at) > ($2, $3) \
         ORDER BY type_at, leaf_at LIMIT $4"
    )
}

/// How every leaf was measured for one type.
pub(super) fn type_thresholds() -> String {
    let columns = ThresholdRow::COLUMNS.join(", ");
    format!("SELECT {columns} FROM thresholds WHERE run = $1 AND type_at = $2 ORDER BY leaf_at")
}

/// A page of weights.
pub(super) fn weights() -> String {
    let columns = WeightRow::COLUMNS.join(", ");
    format!(
        "SELECT {columns} FROM weights WHERE run = $1 AND (type_at, item_at) > ($2, $3) \
         AND (CAST($4 AS BIGINT) IS NULL OR type_at = $4) ORDER BY type_at, item_at LIMIT $5"
    )
}

/// Heads of the next places.
pub(super) const PLACES_AFTER: &str = "SELECT place_id, type_at, households FROM places \
     WHERE run = $1 AND place_id > $2 ORDER BY place_id LIMIT $3";

/// The scores of a range of places.
pub(super) fn scores_between() -> String {
    format!(
        "SELECT {SCORE} FROM node_scores s WHERE s.run = $1 AND s.place_id BETWEEN $2 AND $3 \
         ORDER BY s.place_id, s.node_at"
    )
}

/// The leaf values of a range of places.
pub(super) fn leaves_between() -> String {
    let columns = LeafRow::COLUMNS.join(", ");
    format!(
        "SELECT {columns} FROM leaf_values WHERE run = $1 AND place_id BETWEEN $2 AND $3 ORDER BY place_id, leaf_at"
    )
}

/// What the imputed values of a range of places were made of.
pub(super) fn imputed_between() -> String {
    let columns = ImputedRow::COLUMNS.join(", ");
    format!(
        "SELECT {columns} FROM imputed_values WHERE run = $1 AND place_id BETWEEN $2 AND $3 ORDER BY place_id, leaf_at"
    )
}

/// A page of one table of results, whole rows by key: from the start, or behind a key whose values are $3 and on.
pub(super) fn rows_by_key<R: TableRow>(behind: bool) -> String {
    let (columns, key) = (R::COLUMNS.join(", "), R::KEY.join(", "));
    let beyond = if behind {
        let values: Vec<String> = (0..R::KEY.len()).map(|at| format!("${}", at + 3)).collect();
        format!(" AND ({key}) > ({})", values.join(", "))
    } else {
        String::new()
    };
    format!("SELECT {columns} FROM {} WHERE run = $1{beyond} ORDER BY {key} LIMIT $2", R::TABLE)
}

/// Every statement that is run often or on a table that grows; each must use an index.
#[cfg(test)]
pub(super) fn hot(skip_locked: &str) -> Vec<String> {
    use super::tables::NodeScoreRow;
    use super::warnings::{UNJUDGED, WARNED, WARNING, WARNINGS};
    let mut statements: Vec<String> =
        [ASSESSMENT, ASSESSMENTS, PUBLISHED, LAST_PUBLICATION, CATALOG, RECALL, SCORED_PLACES, PLACES_AFTER]
            .map(str::to_owned)
            .to_vec();
    statements.extend(
        [SCHEME, SCHEMES, LAST_SCHEME_VERSION, SCHEME_WEIGHTS, SCHEME_ADOPTIONS, NUMBER_IN_FORCE]
            .map(str::to_owned),
    );
    statements.extend([scheme_in_force()]);
    statements.extend([UNJUDGED, WARNED, WARNING, WARNINGS].map(str::to_owned));
    statements.push(super::warnings::decisions(3));
    statements.extend([claim(skip_locked), fail_deadly(skip_locked), held(RENEWED)]);
    statements.extend([place(), place_scores(), place_leaves(), ranking(false), ranking(true), groups()]);
    statements.extend([thresholds(), type_thresholds(), weights(), scores_between(), leaves_between()]);
    statements.push(imputed_between());
    for behind in [false, true] {
        statements.extend([rows_by_key::<PlaceRow>(behind), rows_by_key::<NodeScoreRow>(behind)]);
        statements.extend([rows_by_key::<LeafRow>(behind), rows_by_key::<ThresholdRow>(behind)]);
        statements.push(rows_by_key::<ImputedRow>(behind));
        statements.extend([rows_by_key::<WeightRow>(behind), rows_by_key::<GroupRow>(behind)]);
    }
    statements
}
