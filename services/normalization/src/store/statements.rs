//! The statements that both databases read alike; `$1` is a parameter in either. What only one of them knows stands
//! with it.
//!
//! No id is empty and no number below 1, so the first page of a list is the one after "" or before the greatest number:
//! a condition that may be absent would keep a planner from using an index as a range.

pub(super) const CATALOG_OF_VERSION: &str = "SELECT * FROM catalogs WHERE id = $1 AND version = $2";
pub(super) const NEWEST_CATALOG: &str = "SELECT * FROM catalogs WHERE id = $1 ORDER BY number DESC LIMIT 1";
pub(super) const CATALOGS: &str = "\
    SELECT number, id, version, title_zh, title_en, hash, scale, rule_set, registered_us FROM catalogs \
    WHERE id >= $1 AND (id > $1 OR number < $2) ORDER BY id, number DESC LIMIT $3";

pub(super) const SET: &str = "SELECT * FROM threshold_sets WHERE id = $1";
pub(super) const SETS: &str = "SELECT * FROM threshold_sets WHERE number < $1 ORDER BY number DESC LIMIT $2";
pub(super) const TYPES: &str = "\
    SELECT set_number, type_id, frame, members FROM set_types WHERE set_number BETWEEN $1 AND $2 \
    ORDER BY set_number, type_at";
pub(super) const THRESHOLDS: &str = "\
    SELECT type_at, leaf_at, leaf, status, lower, upper, base_values, short_base_values, treatment, treated_lower, \
    treated_upper, low_points, high_points, log_origin FROM thresholds \
    WHERE set_number = $1 AND (type_at, leaf_at) > ($2, $3) ORDER BY type_at, leaf_at LIMIT $4";
pub(super) const MEMBERS: &str = "\
    SELECT type_at, place_id FROM sample_members WHERE set_number = $1 AND (type_at, place_id) > ($2, $3) \
    ORDER BY type_at, place_id LIMIT $4";

pub(super) const REMEMBERED: &str = "SELECT fingerprint, response FROM requests WHERE request_id = $1";

/// Every read; each must use an index.
#[cfg(test)]
pub(super) const READS: &[&str] =
    &[CATALOG_OF_VERSION, NEWEST_CATALOG, CATALOGS, SET, SETS, TYPES, THRESHOLDS, MEMBERS, REMEMBERED];

/// Gives no row where the id and version are taken; on PostgreSQL after whoever takes them at this moment is done.
pub(super) const INSERT_CATALOG: &str = "\
    INSERT INTO catalogs (id, version, title_zh, title_en, hash, scale, rule_set, registered_us, toml) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id, version) DO NOTHING RETURNING number";

pub(super) const INSERT_SET: &str = "\
    INSERT INTO threshold_sets (id, catalog_id, catalog_version, catalog_hash, classification_id, period, \
    base_periods, as_of_position, sample, seed, created_us) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING number";

pub(super) const REMEMBER: &str =
    "INSERT INTO requests (request_id, fingerprint, response) VALUES ($1, $2, $3)";
