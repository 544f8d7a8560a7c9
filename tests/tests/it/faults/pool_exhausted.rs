//! F08: every connection of the service to its database is held. New calls are told so in time and cost nothing more;
//! once released, the service serves at once.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tokio::task::JoinSet;
use tonic::Code;

use super::{Ingestion, assert_passes, measures, source};

/// More writers than the service has connections to write with.
const WRITERS: u32 = 24;
/// What the kit waits for a connection, and time for a busy machine.
const IN_TIME: Duration = Duration::from_secs(5 + 4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_pool_refuses_in_time_and_recovers_when_released() {
    let ingestion = Ingestion::start(8).await;
    let client = ingestion.client();
    let mut session = ingestion.session().await;
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
            .fetch_all(&mut session)
            .await
            .unwrap();
    let mut held = session.begin().await.unwrap();
    let lock = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", tables.join(", "));
    held.execute(AssertSqlSafe(lock)).await.unwrap();

    let mut writers = JoinSet::new();
    for nth in 0..WRITERS {
        let mut client = client.clone();
        writers.spawn(async move {
            let begun = Instant::now();
            // Not sources: what gives out positions waits for its turn and holds no connection.
            let mut request = tonic::Request::new(measures(&format!("measures-{nth}")));
            request.set_timeout(Duration::from_secs(30));
            (client.register_measures(request).await, begun.elapsed())
        });
    }
    // Those that hold a connection wait for the lock; the others are told that there is none.
    let mut refused = 0;
    while let Ok(Some(answer)) = tokio::time::timeout(IN_TIME, writers.join_next()).await {
        let (answer, took) = answer.unwrap();
        assert_passes(&answer.expect_err("every table is locked"), Code::ResourceExhausted);
        assert!(took < IN_TIME, "refused after {took:?}");
        refused += 1;
        if refused == WRITERS - 8 {
            break;
        }
    }
    assert_eq!(refused, WRITERS - 8, "the kit has 8 connections to write with");

    held.rollback().await.unwrap();
    let released = Instant::now();
    client.clone().put_source(super::asking(source("after", "after", 1))).await.unwrap();
    assert!(released.elapsed() < Duration::from_secs(2), "served {:?} after the release", released.elapsed());
    // The writers that waited for the lock were not told anything wrong: they are done.
    for (answer, _) in writers.join_all().await {
        answer.unwrap();
    }
}
