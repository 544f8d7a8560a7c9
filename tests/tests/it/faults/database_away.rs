//! F06, F07: the database server is killed under load, or takes reads only. What was acknowledged stays, callers are told
//! to come back, and the service recovers by itself and lives on meanwhile.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::task::{JoinSet, spawn_blocking};
use tonic::Code;
use xiuhua_contracts::ingestion::v1::GetPositionRequest;
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_private_postgres::{Durability, PrivatePostgres};
use xiuhua_tests::chance::Chance;
use xiuhua_tests::district::deliver_places;
use xiuhua_tests::patience::asking;
use xiuhua_tests::processes::{Process, Service};
use xiuhua_tests::rounds::Storm;

use super::{Ingestion, assert_passes, measures, source, sources_on_record};

/// Times the server is killed.
const KILLS: u64 = 3;
/// More than the service keeps connections: a dead one that is left would be met.
const READERS: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_killed_under_load_costs_waiting_and_nothing_else() {
    let server = spawn_blocking(|| PrivatePostgres::start(Durability::ProcessOnly)).await.unwrap().unwrap();
    let server = Arc::new(server);
    let administration = server.url("postgres", "postgres");
    let mut session = PgConnection::connect(&administration).await.unwrap();
    session.execute("CREATE DATABASE ingestion").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = server.url("postgres", "ingestion");
    let process = Process::start(Service::Ingestion, &database, &[], folder.path()).unwrap();
    process.ready().await.unwrap();
    let mut client = IngestionServiceClient::new(process.channel());
    client.register_measures(asking(measures("measures"))).await.unwrap();
    deliver_places(&process.channel()).await.unwrap();

    let mut chance = Chance::seeded(6);
    for round in 0..KILLS {
        let storm = Storm::gathering(round, &mut chance);
        let pause = chance.within(Duration::from_millis(300));
        let killed = async {
            tokio::time::sleep(pause).await;
            let server = Arc::clone(&server);
            spawn_blocking(move || server.kill()).await.unwrap().unwrap();
            anyhow::Ok(())
        };
        tokio::try_join!(storm.rage(&process), killed).unwrap();
        assert!(process.is_running().unwrap(), "a service outlives its database:\n{}", process.log());
        let findings = storm.aftermath(&process, &mut chance).await.unwrap();
        assert!(findings.is_clean(), "seed 6, round {round}: {findings}");
    }

    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let mut client = client.clone();
        readers.spawn(async move { client.get_position(asking(GetPositionRequest::default())).await });
    }
    for answer in readers.join_all().await {
        answer.expect("no connection is dead");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_server_acknowledges_no_write() {
    let ingestion = Ingestion::start(7).await;
    let mut client = ingestion.client();
    let before = source("before", "before", 1);
    client.put_source(asking(before)).await.unwrap();

    read_only(&ingestion, true).await;
    let request = source("meanwhile", "meanwhile", 1);
    let mut refused = None;
    // The first answer may still come from the break of the old connections.
    for _ in 0..3 {
        let told = client.put_source(asking(request.clone())).await.unwrap_err();
        assert_passes(&told, Code::Unavailable);
        refused = Some(told);
    }
    assert!(refused.is_some());
    assert_eq!(sources_on_record(&mut client).await.len(), 1, "reads go on");

    read_only(&ingestion, false).await;
    client.put_source(asking(request)).await.unwrap();
    assert_eq!(sources_on_record(&mut client).await.len(), 2);
}

/// Makes the database refuse writes in every session, or allow them again, as the change to another server would: the
/// sessions there are end.
async fn read_only(ingestion: &Ingestion, read_only: bool) {
    let mut session = ingestion.session().await;
    session.execute("SET default_transaction_read_only = off").await.unwrap();
    let database: String =
        sqlx::query_scalar("SELECT current_database()").fetch_one(&mut session).await.unwrap();
    let value = if read_only { "on" } else { "off" };
    let alter = format!("ALTER DATABASE {database} SET default_transaction_read_only = {value}");
    session.execute(sqlx::AssertSqlSafe(alter)).await.unwrap();
    session
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
        )
        .await
        .unwrap();
}
