//! F01, F02: services killed at random instants. A short round; `cargo xtask chaos` runs as many as one likes.

use sqlx::{AssertSqlSafe, Executor as _};
use tempfile::TempDir;
use xiuhua_service_kit::testing::temporary_postgres;
use xiuhua_tests::chance::Chance;
use xiuhua_tests::district::deliver_places;
use xiuhua_tests::findings::{Breach, Findings};
use xiuhua_tests::patience::asking;
use xiuhua_tests::rounds::{Rounds, Storm};

use super::{Ingestion, measures};

/// Rounds of each service; about three kills each.
const ROUNDS: u64 = 2;
const SEED: u64 = 20_210_309;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_killed_on_postgres_lose_double_and_tear_nothing() {
    let mut databases: [String; 4] = Default::default();
    for database in &mut databases {
        *database = temporary_postgres().await;
    }
    survive(&databases, ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_killed_on_sqlite_lose_double_and_tear_nothing() {
    let folder = TempDir::new().unwrap();
    let file = |name| format!("sqlite:{}", folder.path().join(name).display());
    survive(&["ingestion.db", "classification.db", "normalization.db", "scoring.db"].map(file), 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_from_the_record_or_slipped_into_it_is_found() {
    let ingestion = Ingestion::start(SEED).await;
    let mut client = ingestion.client();
    client.register_measures(asking(measures("measures"))).await.unwrap();
    deliver_places(&ingestion.process.channel()).await.unwrap();
    let mut chance = Chance::seeded(SEED);
    let storm = Storm::gathering(1, &mut chance);
    storm.rage(&ingestion.process).await.unwrap();
    let found = storm.aftermath(&ingestion.process, &mut chance).await.unwrap();
    assert!(found.is_clean(), "{found}");

    let mut session = ingestion.session().await;
    // Places came first, then eight deliveries: of the last one every row is in force.
    let one = "(SELECT min(ctid) FROM observation WHERE position = 9)";
    for (tamper, breach) in [
        (format!("UPDATE observation SET value = value + 7 WHERE ctid = {one}"), Breach::Torn),
        (format!("DELETE FROM observation WHERE ctid = {one}"), Breach::Lost),
        ("UPDATE batch SET request_id = request_id || '-other' WHERE position = 2".into(), Breach::Lost),
    ] {
        let before = storm.aftermath(&ingestion.process, &mut chance).await.unwrap().count(breach);
        session.execute(AssertSqlSafe(tamper)).await.unwrap();
        let after = storm.aftermath(&ingestion.process, &mut chance).await.unwrap();
        assert!(after.count(breach) > before, "{breach:?} is not found: {after}");
    }
}

async fn survive(databases: &[String; 4], rounds: u64) {
    let mut line = Rounds::begin(databases, SEED).await.unwrap();
    let mut found = Findings::default();
    for round in 1..=rounds {
        let services =
            line.round().await.unwrap_or_else(|error| panic!("round {round}, seed {SEED}: {error:#}"));
        services.into_iter().for_each(|(_, findings)| found.add(findings));
    }
    assert!(found.kills > 0, "nothing was killed: {found}");
    assert!(found.is_clean(), "seed {SEED}, `cargo xtask chaos --seed {SEED}`: {found}");
}
