//! F01, F02: services killed at random instants. A short round; `cargo xtask chaos` runs as many as one likes.

use tempfile::TempDir;
use xiuhua_service_kit::testing::temporary_postgres;
use xiuhua_tests::findings::Findings;
use xiuhua_tests::rounds::Rounds;

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
