//! The two schemas, and the plans of every statement that is run often.

use xiuhua_service_kit::testing::{
    execute, full_scans, postgres_plan, postgres_schema, sqlite_plan, sqlite_schema,
};

use super::super::{open, postgres, sql, sql_uncertainty, sqlite};
use super::Home;

/// A hundred runs of a whole district of 3,000 places, and so many of everything else that nobody would read it all.
/// Of node scores and leaf values there is one a place: enough to tell a range from the whole.
const ROWS: &str = "
    INSERT INTO catalogs (hash, toml)
    WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 2000)
    SELECT 'h' || n, '' FROM series;
    INSERT INTO assessments (id, state, created_us, due_us, period, as_of_position, classification_id, rule_set_id,
        rule_set_version, rule_set_hash, types, threshold_set_id, threshold_set_classification_id, base_periods,
        threshold_set_position, catalog_id, catalog_version, catalog_hash, scale, digest, publication,
        published_author, published_reason, published_us)
    WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 6000)
    SELECT 'a' || n, CASE WHEN n % 100 = 0 THEN 'PENDING' WHEN n % 3 = 0 THEN 'PUBLISHED' ELSE 'SUCCEEDED' END, n,
        CASE WHEN n % 100 = 0 THEN n END, 'p' || (n % 40), n, '', '', '', '', '[]', '', '', '[]', n, 'c' || (n % 10), '',
        'h1', 100, CASE WHEN n % 100 <> 0 THEN '' END, CASE WHEN n % 100 <> 0 AND n % 3 = 0 THEN n END, '', '',
        CASE WHEN n % 100 <> 0 AND n % 3 = 0 THEN n END
    FROM series;
    INSERT INTO requests (request_id, fingerprint, response)
    WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 6000)
    SELECT 'r' || n, '', '' FROM series;
    INSERT INTO places (run, place_id, type_at, name, town_code, town_name, committee, district_code, district_name,
        sampled)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 299999)
    SELECT n / 3000 + 1, 'place-' || (n % 3000), n % 5, '', 't' || (n % 36), '', '', '', '', true FROM series;
    INSERT INTO node_scores (run, type_at, node_at, unscored, rank, place_id, score, coverage_ratio)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 299999)
    SELECT n / 3000 + 1, n % 5, n % 30, n % 10 = 0, n % 600, 'place-' || (n % 3000), 1, 1 FROM series;
    INSERT INTO leaf_values (run, place_id, leaf_at, derived, value)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 299999)
    SELECT n / 3000 + 1, 'place-' || (n % 3000), n % 30, false, 1 FROM series;
    INSERT INTO imputed_values (run, place_id, leaf_at, method, places)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 99999)
    SELECT n / 1000 + 1, 'place-' || (n % 1000), n % 30, 'GROUP_MEDIAN', 5 FROM series;
    INSERT INTO thresholds (run, type_at, leaf_at, status, sample_size)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 14999)
    SELECT n / 150 + 1, n / 30 % 5, n % 30, 'NO_DATA', 1 FROM series;
    INSERT INTO weights (run, type_at, item_at, catalog_weight, weight)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 19999)
    SELECT n / 200 + 1, n / 40 % 5, n % 40, 1, 1 FROM series;
    INSERT INTO warnings (id, catalog_id, catalog_version, catalog_hash, assessment_id, as_of_position, created_us,
        place_id, leaf, detector, month, level, town_code, false_alarm_ratio, limit_value, upward, shown, state, outcome,
        outcome_value)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 99999)
    SELECT 'w' || n, 'c' || (n % 10), '', '', '', 1, 1, 'place-' || (n % 3000), 'l' || (n / 3000), 'CUSUM',
        '20' || (10 + n % 90) || '-01', 1, 't' || (n % 36), 0.001, 1, true, '{}', 'NEW',
        CASE WHEN n % 20 <> 0 THEN 'HIT' END, CASE WHEN n % 20 <> 0 THEN 1 END FROM series;
    INSERT INTO warning_decisions (warning, number, state, author, reason, decided_us)
    WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 20000)
    SELECT n, 1, 'HANDLED', '', '', 1 FROM series;
    INSERT INTO group_scores (run, level, code, type_at, node_at, name, places, household_share_ratio)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 199999)
    SELECT n / 2000 + 1, 1 + n % 3, 'g' || (n % 2000), n % 6, n % 10, '', 1, 1 FROM series;
    INSERT INTO weight_schemes (id, version, hash, catalog_id, catalog_version, catalog_hash, types,
        source_assessment_id, source_digest, steps, account, author, reason, created_us)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 5999)
    SELECT 's' || (n / 3), 1 + n % 3, '', 'c' || (n % 10), '', 'h1', '[]', '', '', '[]', '', '', '', n FROM series;
    INSERT INTO scheme_weights (scheme, type_at, item_at, weight, steps)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 59999)
    SELECT n / 200 + 1, n / 40 % 5, n % 40, 1, '[]' FROM series;
    INSERT INTO scheme_adoptions (scheme, catalog_id, catalog_hash, adopted_author, adopted_reason, adopted_us,
        withdrawn_author, withdrawn_reason, withdrawn_us)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 5999)
    SELECT n + 1, 'c' || (n % 10), 'h' || (n % 100), '', '', n, CASE WHEN n % 2 = 0 THEN '' END,
        CASE WHEN n % 2 = 0 THEN '' END, CASE WHEN n % 2 = 0 THEN n END
    FROM series;
    INSERT INTO uncertainty_analyses (run, id, seed, draws, sobol_rows, factors, left_out_factors, digest, code_version,
        created_us)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 1999)
    SELECT n / 4 + 1, 'u' || n, '1', 1000, 0, '[]', '[]', '', '', n FROM series;
    INSERT INTO rank_intervals (run, analysis, type_at, node_at, rank, place_id, low, median, high, top_tenth_ratio, scored)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 299999)
    SELECT n / 3000 / 4 + 1, n / 3000 + 1, n % 5, n % 30, n % 600, 'place-' || (n % 3000), 1, 1, 1, 0, 1 FROM series;
    INSERT INTO rank_tiers (run, analysis, type_at, node_at, tier, first_rank, last_rank, places)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 29999)
    SELECT n / 300 / 4 + 1, n / 300 + 1, n % 5, n % 30, n % 300, 1, 1, 1 FROM series;
    INSERT INTO sensitivities (run, analysis, type_at, factor_at, mean_shift, variance, first_order, first_order_low,
        first_order_high, total, total_low, total_high)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 29999)
    SELECT n / 30 / 4 + 1, n / 30 + 1, n / 5 % 6, n % 5, 0, 0, 0, 0, 0, 0, 0, 0 FROM series;
    INSERT INTO leave_one_out (run, analysis, type_at, item_at, mean_shift, greatest_shift, compared, lost)
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < 29999)
    SELECT n / 300 / 4 + 1, n / 300 + 1, n / 50 % 6, n % 50, 0, 0, 0, 0 FROM series";

#[tokio::test]
async fn both_databases_have_schemas_that_mean_the_same() {
    let homes = Home::of_each_kind().await;
    for home in &homes {
        open(&home.url).await.unwrap();
    }
    let [on_sqlite, on_postgres] = &homes;
    assert_eq!(postgres_schema(&on_postgres.url).await, sqlite_schema(&on_sqlite.url).await);
}

#[tokio::test]
async fn every_hot_statement_uses_an_index_at_a_hundred_times_a_district() {
    for home in Home::of_each_kind().await {
        open(&home.url).await.unwrap();
        execute(&home.url, ROWS).await;
        let statements = if home.on_postgres() {
            execute(&home.url, "VACUUM ANALYZE").await;
            sql::hot(postgres::SKIP_LOCKED)
        } else {
            sql::hot(sqlite::SKIP_LOCKED)
        };
        for statement in statements.into_iter().chain(sql_uncertainty::hot()) {
            let plan = if home.on_postgres() {
                postgres_plan(&home.url, &statement).await
            } else {
                sqlite_plan(&home.url, &statement).await
            };
            assert!(full_scans(&plan).is_empty(), "{statement}\n{plan}");
            assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{statement}\n{plan}");
            // Not the key from its beginning, past everything that is over.
            let of_queue = statement.contains("state IN ('PENDING', 'RUNNING')");
            assert!(!of_queue || plan.contains("assessments_open"), "{statement}\n{plan}");
        }
    }
}
