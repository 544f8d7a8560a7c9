//! Every query on a hot path uses an index at a hundred times the size of a district.

use xiuhua_ingestion::store::{self, hot_queries};
use xiuhua_service_kit::database::Backend;
use xiuhua_service_kit::testing::{
    TemporaryDatabase, execute, full_scans, postgres_plan, sqlite_plan, temporary_postgres,
};

/// Tables that stay small, so that reading them whole is right: withdrawals, precedences, the register of measures.
const SMALL: [&str; 3] = ["withdrawal", "source_precedence", "measure"];

/// Queries that a seal asks once, of all that its delivery brings; every other is asked for each page of it. And what a
/// page of sources is most of.
const ASKED_OF_ALL: [(&str, &str); 5] = [
    ("gather statements", "unsettled"),
    ("weigh statements", "statement"),
    ("compare descriptions", "description"),
    // As SQLite names it, by its alias.
    ("compare descriptions", "d"),
    ("what is heard of sources", "source_delivery"),
];

fn may_be_read_whole(query: &str, table: &str) -> bool {
    SMALL.contains(&table) || ASKED_OF_ALL.contains(&(query, table))
}

/// 279,000 places in 300 towns, each told of by two measures; 2,000 batches, ten of them withdrawn, ten more of them open.
/// `$numbers(n)` stands for the numbers from 1 to n.
const RECORD: &str = "
    INSERT INTO measure
        SELECT 'm' || n, 'm', 'm', '1', NULL, NULL, FALSE, FALSE, '', '' FROM $numbers(500);
    INSERT INTO source VALUES ('file', 'file', 'file', 100), ('cloud', 'cloud', 'cloud', 50);
    INSERT INTO source_precedence VALUES ('file', 1, 100), ('cloud', 1, 50);
    INSERT INTO batch (batch_id, kind, file_name, request_id, received_at, opened_at, attempt, acknowledged_sequence,
                       staged_rows, position, sealed_at, rows_read, accepted, corrected, duplicate, rejected)
        SELECT 'b' || n, 'OBSERVATIONS', '', 'r' || n, n, n, 1, 1, 0, n, n, 0, 0, 0, 0, 0 FROM $numbers(2000);
    INSERT INTO batch (batch_id, kind, file_name, request_id, received_at, opened_at, attempt, acknowledged_sequence,
                       staged_rows)
        SELECT 'open' || n, 'OBSERVATIONS', '', 'open' || n, 9999, 9999, 1, 1, 9000 FROM $numbers(10);
    INSERT INTO batch (batch_id, kind, file_name, request_id, received_at, opened_at, attempt, acknowledged_sequence,
                       staged_rows, held)
        SELECT 'staged' || n, 'OBSERVATIONS', '', 'staged' || n, 9999, 9999, 1, 1, 0, 'STAGED' FROM $numbers(10);
    INSERT INTO batch_decision
        SELECT batch_no, act, 'a', 'r', 1 FROM batch,
               (SELECT 'COMMITTED' AS act UNION ALL SELECT 'APPROVED' UNION ALL SELECT 'DISCARDED') AS acts
        WHERE position IS NOT NULL;
    INSERT INTO withdrawal
        SELECT batch_no, position, 2000 + position, 'a', 'r', 2000 + position FROM batch WHERE position <= 10;
    INSERT INTO mutation SELECT 'r' || n, 'ImportObservations', $blob, $blob FROM $numbers(5000);
    INSERT INTO rejected_row (batch_no, row_no, ordinal, reasons, original, state)
        SELECT 1 + n % 2000, n, n, '[]', '', CASE WHEN n % 3 = 0 THEN 'OPEN' ELSE 'CLOSED' END
        FROM $numbers(50000);
    INSERT INTO correction SELECT 1 + n % 2000, n, 1 + (n + 1) % 2000, n FROM $numbers(50000);
    INSERT INTO give_up (batch_no, author, reason, given_up_at) SELECT 1 + n % 2000, 'a', 'r', n FROM $numbers(5000);
    INSERT INTO source SELECT 's' || n, 's', 's', 100 FROM $numbers(3000);
    INSERT INTO source_delivery SELECT source_id, 1 + n, 1, '2021' FROM source, $numbers(20);
    INSERT INTO place_revision
        SELECT 'P' || (1000000 + n), 20, n, 'n', 't' || (n % 300), '', 'c' || (n % 5000), '', NULL, NULL, '{}', $blob
        FROM $numbers(279000);
    INSERT INTO observation
        SELECT m, '2021', place_id, CASE WHEN row_no % 10 = 0 THEN 'cloud' ELSE 'file' END, 30, 30, 1.0, 0, NULL, row_no
        FROM place_revision, (SELECT 'm1' AS m UNION ALL SELECT 'm2') AS measures;
    INSERT INTO staged_observation
        SELECT batch_no, row_no, row_no, place_id, 'm1', '2022', 'file', 1.0, 0, NULL, NULL, '', NULL
        FROM batch, place_revision WHERE batch.position IS NULL AND held IS NULL AND row_no <= 9000;
    INSERT INTO staged_pack
        SELECT batch_no, 20000 * n, $blob FROM batch, $numbers(50)
        WHERE position IS NULL AND held IS NULL;
    INSERT INTO staged_place
        SELECT batch_no, row_no, row_no, place_id, 'n', 't', '', 'c', '', NULL, NULL, '{}', $blob, NULL, '', NULL
        FROM batch, place_revision WHERE batch.position IS NULL AND held IS NULL AND row_no <= 9000;
    ANALYZE;
";

fn record(numbers: &str, blob: &str) -> String {
    let mut text = RECORD.replace("$blob", blob);
    while let Some((before, rest)) = text.split_once("$numbers(") {
        let (count, after) = rest.split_once(')').unwrap();
        text = format!("{before}{}{after}", numbers.replace("$n", count));
    }
    text
}

/// The scratch tables of a seal as tables that every connection sees, with what one delivery brings.
fn scratch(backend: Backend) -> String {
    let mut text = String::new();
    for query in hot_queries(backend) {
        for definition in query.scratch {
            let definition = definition.replace("CREATE TEMP TABLE", "CREATE TABLE IF NOT EXISTS");
            text += &format!("{};\n", definition.replace(" ON COMMIT DROP", ""));
        }
    }
    text + "INSERT INTO unsettled (ordinal, row_no, measure_id, period, place_id, source_id, value, value_bits, original)
                SELECT row_no, row_no, 'm1', '2022', place_id, 'file', 1.0, 0, '' FROM place_revision
                WHERE row_no <= 9000;
            INSERT INTO statement
                SELECT measure_id, period, place_id, source_id, 40, FALSE, 1.0, 0, row_no, 1, 30 FROM observation
                WHERE measure_id = 'm1' AND period = '2021' AND row_no <= 1000;
            INSERT INTO conflict (measure_id, period, place_id, source_id, conflict_no, variants)
                SELECT 'm1', '2022', place_id, 'file', row_no, 2 FROM place_revision WHERE row_no <= 100000;
            INSERT INTO evidence SELECT row_no, 1, row_no, 1.0 FROM place_revision WHERE row_no <= 100000;
            INSERT INTO place_conflict SELECT place_id, 2 FROM place_revision WHERE row_no <= 100000;
            INSERT INTO description
                SELECT place_id, fingerprint, row_no, row_no, 1 FROM place_revision WHERE row_no <= 100000;
            ANALYZE;"
}

/// Names that a plan gives to what it makes itself.
fn made_up(plan: &str, name: &str) -> bool {
    ["CO-ROUTINE", "MATERIALIZE"].iter().any(|step| plan.contains(&format!("{step} {name}")))
}

fn assert_no_table_is_read_whole(name: &str, plan: &str) {
    let scans = full_scans(plan);
    let scans: Vec<_> =
        scans.iter().filter(|table| !may_be_read_whole(name, table) && !made_up(plan, table)).collect();
    assert!(scans.is_empty(), "{name} reads {scans:?} whole:\n{plan}");
}

#[tokio::test]
async fn sqlite_reads_no_growing_table_whole() {
    let file = TemporaryDatabase::new();
    store::open(&file.url()).await.unwrap();
    let numbers =
        "(WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < $n) SELECT n FROM c)";
    // Without ANALYZE: the service runs none, so the plans of every day are those without statistics.
    execute(&file.url(), &record(numbers, "zeroblob(32)").replace("ANALYZE;", "")).await;
    execute(&file.url(), &scratch(Backend::Sqlite).replace("ANALYZE;", "")).await;
    for query in hot_queries(Backend::Sqlite) {
        let plan = sqlite_plan(&file.url(), query.sql).await;
        assert_no_table_is_read_whole(query.name, &plan);
        // An index read from end to end is no better than its table.
        let whole_indexes: Vec<_> =
            plan.lines().filter(|step| step.starts_with("SCAN ") && step.contains(" USING ")).collect();
        let is_small = |step: &str| step.split(' ').any(|word| may_be_read_whole(query.name, word));
        let whole_indexes: Vec<_> = whole_indexes.iter().filter(|step| !is_small(step)).collect();
        assert!(whole_indexes.is_empty(), "{}: {whole_indexes:?} in\n{plan}", query.name);
    }
}

#[tokio::test]
async fn postgres_reads_no_growing_table_whole() {
    let url = temporary_postgres().await;
    store::open(&url).await.unwrap();
    let numbers = "(SELECT generate_series(1, $n) AS n) AS c";
    execute(&url, &record(numbers, "decode(repeat('00', 32), 'hex')")).await;
    execute(&url, &scratch(Backend::Postgres)).await;
    for query in hot_queries(Backend::Postgres) {
        let plan = postgres_plan(&url, query.sql).await;
        assert_no_table_is_read_whole(query.name, &plan);
    }
}
