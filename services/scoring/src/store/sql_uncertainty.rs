//! The statements about uncertainty that both databases understand; see `sql.rs`.

use super::tables::TableRow as _;
use super::uncertain_tables::{IntervalRow, LeftOutRow, SensitivityRow, TierRow};

/// Columns of an [`AnalysisRow`](super::rows::AnalysisRow).
macro_rules! analysis {
    ($rest:literal) => {
        concat!(
            "SELECT u.*, a.id AS assessment_id FROM uncertainty_analyses u JOIN assessments a ON a.run = u.run ",
            $rest
        )
    };
}

/// An analysis by id.
pub(super) const ANALYSIS: &str = analysis!("WHERE u.id = $1");

/// Analyses of a run newest first.
pub(super) const ANALYSES: &str =
    analysis!("WHERE u.run = $1 AND u.analysis < $2 ORDER BY u.run DESC, u.analysis DESC LIMIT $3");

/// The number of the newest analysis of an assessment: two seeks in indexes, whatever is on record.
pub(super) const NEWEST_ANALYSIS: &str =
    "SELECT max(analysis) FROM uncertainty_analyses WHERE run = (SELECT run FROM assessments WHERE id = $1)";

/// A page of rank intervals.
pub(super) fn rank_intervals() -> String {
    format!(
        "SELECT {} FROM rank_intervals WHERE run = $1 AND analysis = $2 AND type_at = $3 AND node_at = $4 \
         AND (rank, place_id) > ($5, $6) ORDER BY rank, place_id LIMIT $7",
        IntervalRow::COLUMNS.join(", ")
    )
}

/// A page of groups.
pub(super) fn tiers() -> String {
    format!(
        "SELECT {} FROM rank_tiers WHERE run = $1 AND analysis = $2 AND type_at = $3 AND node_at = $4 AND tier > $5 \
         ORDER BY tier LIMIT $6",
        TierRow::COLUMNS.join(", ")
    )
}

/// All Sobol indices of an analysis.
pub(super) fn sensitivity() -> String {
    format!(
        "SELECT {} FROM sensitivities WHERE run = $1 AND analysis = $2 ORDER BY type_at, factor_at",
        SensitivityRow::COLUMNS.join(", ")
    )
}

/// A page of leave-one-out.
pub(super) fn left_out() -> String {
    format!(
        "SELECT {} FROM leave_one_out WHERE run = $1 AND analysis = $2 AND type_at = $3 AND item_at > $4 \
         ORDER BY item_at LIMIT $5",
        LeftOutRow::COLUMNS.join(", ")
    )
}

/// What the newest analysis says of so many places at one node: of them alone, for the ranks of a page may span a type.
pub(super) fn beside_places(places: usize) -> String {
    let named: Vec<String> = (0..places).map(|at| format!("${}", at + 3)).collect();
    beside(&format!("i.node_at = $2 AND i.place_id IN ({})", named.join(", ")))
}

/// What the newest analysis says of one place.
pub(super) fn beside_place() -> String {
    beside("i.place_id = $2")
}

fn beside(which: &str) -> String {
    let columns: Vec<String> = IntervalRow::COLUMNS.iter().map(|column| format!("i.{column}")).collect();
    format!(
        "SELECT {}, u.id AS analysis_id, u.draws FROM rank_intervals i \
         JOIN uncertainty_analyses u ON u.run = i.run AND u.analysis = i.analysis \
         WHERE i.run = $1 AND i.analysis = (SELECT max(n.analysis) FROM uncertainty_analyses n WHERE n.run = $1) \
         AND {which}",
        columns.join(", ")
    )
}

/// Every statement that is run often or on a table that grows; each must use an index.
#[cfg(test)]
pub(super) fn hot() -> Vec<String> {
    let mut statements =
        vec![ANALYSIS.to_owned(), ANALYSES.to_owned(), NEWEST_ANALYSIS.to_owned(), rank_intervals(), tiers()];
    statements.extend([sensitivity(), left_out(), beside_places(3), beside_place()]);
    statements
}
