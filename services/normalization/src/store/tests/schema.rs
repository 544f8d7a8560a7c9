//! The two schemas, the versions, and the plans of every read.

use xiuhua_service_kit::database::OpenError;
use xiuhua_service_kit::testing::{execute, full_scans, postgres_schema, sqlite_schema};

use super::super::{StoreError, open, statements::READS};
use super::Place;

/// A hundred samples of a whole district of 3,000 places, and so many of everything else that nobody would read it all.
const ROWS: &str = "
    INSERT INTO catalogs (id, version, title_zh, title_en, hash, scale, rule_set, registered_us, toml)
    SELECT 'catalog' || n / 10, n, '', '', '', 100, '', 0, '' FROM (
        WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 2000) SELECT n FROM series
    ) s;
    INSERT INTO threshold_sets (id, catalog_id, catalog_version, catalog_hash, classification_id, period, base_periods,
                                as_of_position, sample, created_us)
    SELECT 's' || n, 'catalog' || n / 10, n, '', '', '2021', '[]', n, 'CENSUS', 0 FROM (
        WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 2000) SELECT n FROM series
    ) s;
    INSERT INTO set_types (set_number, type_at, type_id, frame, members)
    SELECT n / 5 + 1, n % 5, 'T', 600, 600 FROM (
        WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 9999) SELECT n FROM series
    ) s;
    INSERT INTO sample_members (set_number, type_at, place_id)
    SELECT n / 3000 + 1, n % 5, 'p' || n FROM (
        WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 299999) SELECT n FROM series
    ) s;
    INSERT INTO thresholds (set_number, type_at, leaf_at, leaf, status, base_values, short_base_values)
    SELECT n / 150 + 1, n / 30 % 5, n % 30, 'L', 'NO_DATA', 0, 0 FROM (
        WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 149999) SELECT n FROM series
    ) s;
    INSERT INTO requests (request_id, fingerprint, response)
    SELECT 'r' || n, '', '' FROM (
        WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 4000) SELECT n FROM series
    ) s";

#[tokio::test]
async fn both_databases_have_schemas_that_mean_the_same() {
    let places = Place::of_each_kind().await;
    for place in &places {
        open(&place.url).await.unwrap();
    }
    let [sqlite, postgres] = &places;
    assert_eq!(postgres_schema(&postgres.url).await, sqlite_schema(&sqlite.url).await);
}

#[tokio::test]
async fn a_record_of_a_newer_version_is_refused() {
    for place in Place::of_each_kind().await {
        open(&place.url).await.unwrap();
        execute(
            &place.url,
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (999, 'newer', true, '', 0)",
        )
        .await;
        let refused = open(&place.url).await.unwrap_err();
        assert!(matches!(refused, StoreError::Open(OpenError::Newer { version: 999, .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn every_read_uses_an_index_at_a_hundred_times_a_district() {
    for place in Place::of_each_kind().await {
        open(&place.url).await.unwrap();
        execute(&place.url, ROWS).await;
        if place.on_postgres() {
            execute(&place.url, "ANALYZE").await;
        }
        for statement in READS {
            let plan = place.plan(statement).await;
            assert!(full_scans(&plan).is_empty(), "{statement}\n{plan}");
            assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{statement}\n{plan}");
        }
    }
}
