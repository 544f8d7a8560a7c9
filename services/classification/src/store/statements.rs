//! The statements that both databases read alike; `$1` is a parameter in either. What only one of them knows stands
//! with it.
//!
//! No id is empty and no number below 1, so the first page of a list is the one after "" or before the greatest number:
//! a condition that may be absent would keep a planner from using an index as a range.

/// The columns of a rule set without its text, to be continued.
macro_rules! select_rule_set {
    ($rest:literal) => {
        concat!(
            "SELECT registration, id, version, hash, title_zh, title_en, types, labels, registered_us ",
            "FROM rule_sets ",
            $rest
        )
    };
}

/// The columns of a classification, to be continued.
macro_rules! select_classification {
    ($rest:literal) => {
        concat!(
            "SELECT run, id, rule_set_id, rule_set_version, rule_set_hash, as_of_position, reference_year, ",
            "decision_number, counts, created_us FROM classifications ",
            $rest
        )
    };
}

/// The columns of what a classification says of a place, to be continued.
macro_rules! select_place_class {
    ($rest:literal) => {
        concat!(
            "SELECT place_id, type, reasons, evidence, labels, type_degrees, decision FROM place_classes ",
            $rest
        )
    };
}

/// The columns of a decision, to be continued.
macro_rules! select_decision {
    ($rest:literal) => {
        concat!(
            "SELECT number, place_id, rule_set_id, type, evidence, author, reason, position, decided_us ",
            "FROM type_decisions ",
            $rest
        )
    };
}

pub(super) const RULE_SET: &str = select_rule_set!("WHERE registration = $1");
pub(super) const RULE_SET_OF_VERSION: &str = select_rule_set!("WHERE id = $1 AND version = $2");
pub(super) const NEWEST_RULE_SET: &str = select_rule_set!("WHERE id = $1 ORDER BY registration DESC LIMIT 1");
pub(super) const RULE_SETS: &str = select_rule_set!(
    "WHERE id >= $1 AND (id > $1 OR registration < $2) ORDER BY id, registration DESC LIMIT $3"
);
pub(super) const RULE_SET_TEXT: &str = "SELECT toml FROM rule_sets WHERE registration = $1";

pub(super) const CLASSIFICATION_OF_RUN: &str = select_classification!("WHERE run = $1");
pub(super) const CLASSIFICATION: &str = select_classification!("WHERE id = $1");
pub(super) const CLASSIFICATIONS: &str = select_classification!("WHERE run < $1 ORDER BY run DESC LIMIT $2");
pub(super) const RUN_OF_INPUTS: &str = "\
    SELECT run FROM classifications WHERE rule_set_id = $1 AND rule_set_version = $2 \
    AND as_of_position = $3 AND reference_year = $4 AND decision_number = $5 AND code_version = $6";

pub(super) const PLACE_CLASS: &str = select_place_class!("WHERE run = $1 AND place_id = $2");
pub(super) const PLACE_CLASSES: &str =
    select_place_class!("WHERE run = $1 AND place_id > $2 ORDER BY place_id LIMIT $3");
pub(super) const PLACE_CLASSES_OF_TYPE: &str =
    select_place_class!("WHERE run = $1 AND type = $2 AND place_id > $3 ORDER BY place_id LIMIT $4");
/// Left alone, SQLite walks through all places of the run, because they lie in the order asked for.
pub(super) const PLACE_CLASSES_OF_TYPE_ON_SQLITE: &str = select_place_class!(
    "INDEXED BY place_classes_by_type \
     WHERE run = $1 AND type = $2 AND place_id > $3 ORDER BY place_id LIMIT $4"
);
pub(super) const REVIEW: &str =
    select_place_class!("WHERE run = $1 AND in_review = 1 AND place_id > $2 ORDER BY place_id LIMIT $3");
/// As with [`PLACE_CLASSES_OF_TYPE_ON_SQLITE`].
pub(super) const REVIEW_ON_SQLITE: &str = select_place_class!(
    "INDEXED BY place_classes_in_review \
     WHERE run = $1 AND in_review = 1 AND place_id > $2 ORDER BY place_id LIMIT $3"
);
pub(super) const PLACE_TYPES: &str =
    "SELECT place_id, type FROM place_classes WHERE run = $1 AND place_id > $2 ORDER BY place_id LIMIT $3";

pub(super) const DECISION: &str = select_decision!("WHERE number = $1");
pub(super) const DECISIONS: &str = select_decision!("WHERE number < $1 ORDER BY number DESC LIMIT $2");
pub(super) const DECISIONS_ABOUT_PLACE: &str =
    select_decision!("WHERE place_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3");
pub(super) const DECISIONS_UNDER_RULE_SET: &str =
    select_decision!("WHERE rule_set_id = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4");
pub(super) const NEWEST_DECISION: &str =
    "SELECT number, position, decided_us FROM type_decisions WHERE number > 0 ORDER BY number DESC LIMIT 1";
pub(super) const NEWEST_TYPE_DECIDED: &str = "\
    SELECT type FROM type_decisions WHERE place_id = $1 AND rule_set_id = $2 ORDER BY number DESC LIMIT 1";
pub(super) const DECISION_NUMBER_AT_POSITION: &str = "\
    SELECT number FROM type_decisions WHERE position <= $1 ORDER BY position DESC, number DESC LIMIT 1";
pub(super) const DECISION_NUMBER_AT_INSTANT: &str =
    "SELECT number FROM type_decisions WHERE decided_us <= $1 ORDER BY decided_us DESC LIMIT 1";

pub(super) const ANSWER: &str = "SELECT fingerprint, answer FROM requests WHERE request_id = $1";

/// Every read that both databases share; each must use an index.
#[cfg(test)]
pub(super) const READS: &[&str] = &[
    RULE_SET,
    RULE_SET_OF_VERSION,
    NEWEST_RULE_SET,
    RULE_SETS,
    RULE_SET_TEXT,
    CLASSIFICATION_OF_RUN,
    CLASSIFICATION,
    CLASSIFICATIONS,
    RUN_OF_INPUTS,
    PLACE_CLASS,
    PLACE_CLASSES,
    PLACE_TYPES,
    DECISION,
    DECISIONS,
    DECISIONS_ABOUT_PLACE,
    DECISIONS_UNDER_RULE_SET,
    NEWEST_DECISION,
    NEWEST_TYPE_DECIDED,
    DECISION_NUMBER_AT_POSITION,
    DECISION_NUMBER_AT_INSTANT,
    ANSWER,
];

/// Gives no row where the id and version are taken; on PostgreSQL after whoever takes them at this moment is done.
pub(super) const INSERT_RULE_SET: &str = "\
    INSERT INTO rule_sets (id, version, hash, title_zh, title_en, types, labels, toml, registered_us) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id, version) DO NOTHING RETURNING registration";

/// Gives no row where there is a classification of these inputs; on PostgreSQL after whoever makes it at this moment is
/// done.
pub(super) const INSERT_CLASSIFICATION: &str = "\
    INSERT INTO classifications (id, rule_set_id, rule_set_version, rule_set_hash, as_of_position, reference_year, \
    decision_number, code_version, counts, created_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '[]', $9) \
    ON CONFLICT (rule_set_id, rule_set_version, as_of_position, reference_year, decision_number, code_version) \
    DO NOTHING RETURNING run";

pub(super) const INSERT_DECISION: &str = "\
    INSERT INTO type_decisions (number, place_id, rule_set_id, type, evidence, author, reason, position, decided_us) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

pub(super) const SET_COUNTS: &str = "UPDATE classifications SET counts = $1 WHERE run = $2";

pub(super) const REMEMBER: &str =
    "INSERT INTO requests (request_id, fingerprint, answer) VALUES ($1, $2, $3)";
