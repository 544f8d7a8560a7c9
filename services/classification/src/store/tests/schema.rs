//! The two schemas, the versions, and the plans of every read.

use xiuhua_service_kit::database::OpenError;
use xiuhua_service_kit::testing::{execute, full_scans, postgres_schema, sqlite_schema};

use super::super::open;
use super::super::statements::{
    PLACE_CLASSES_OF_TYPE, PLACE_CLASSES_OF_TYPE_ON_SQLITE, READS, REVIEW, REVIEW_ON_SQLITE,
};
use super::Place;
use crate::error::Error;

/// A hundred times a district of 3,000 places, and so many of everything else that nobody would read it all.
const ROWS: &str = "
    INSERT INTO rule_sets (id, version, hash, title_zh, title_en, types, labels, toml, registered_us)
    SELECT 'rules' || n / 10, n, '', '', '', '[]', '[]', '', 0 FROM (
        WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 2000) SELECT n FROM series
    ) s;
    INSERT INTO classifications (id, rule_set_id, rule_set_version, rule_set_hash, as_of_position, reference_year,
                                 decision_number, code_version, counts, created_us)
    SELECT 'c' || n, 'rules' || n / 10, n, '', n, 2021, 0, '1', '[]', 0 FROM (
        WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 2000) SELECT n FROM series
    ) s;
    INSERT INTO place_classes (run, place_id, type, reasons, evidence, labels, type_degrees, in_review)
    SELECT n / 3000 + 1, 'p' || n, 'T' || n % 5, '[]', '[]', '[]', '[]',
           CASE WHEN n % 20 = 0 THEN 1 ELSE 0 END FROM (
        WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 299999) SELECT n FROM series
    ) s;
    INSERT INTO type_decisions (number, place_id, rule_set_id, type, evidence, author, reason, position, decided_us)
    SELECT n, 'p' || n % 3000, 'rules' || n % 3, 'T1', '[]', '', '', n / 10, n FROM (
        WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 30000) SELECT n FROM series
    ) s;
    INSERT INTO requests (request_id, fingerprint, answer)
    SELECT 'r' || n, '', n FROM (
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
        assert!(matches!(refused, Error::Open(OpenError::Newer { version: 999, .. })), "{refused:?}");
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
        let own = if place.on_postgres() {
            [PLACE_CLASSES_OF_TYPE, REVIEW]
        } else {
            [PLACE_CLASSES_OF_TYPE_ON_SQLITE, REVIEW_ON_SQLITE]
        };
        for statement in READS.iter().chain(&own) {
            let plan = place.plan(statement).await;
            assert!(full_scans(&plan).is_empty(), "{statement}\n{plan}");
            assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{statement}\n{plan}");
        }
        for (statement, index) in own.iter().zip(["place_classes_by_type", "place_classes_in_review"]) {
            let plan = place.plan(statement).await;
            assert!(plan.contains(index), "{plan}");
        }
    }
}
