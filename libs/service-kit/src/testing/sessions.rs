//! What the sessions of a PostgreSQL database are at, so that a test can wait for a state instead of a time.
//!
//! SQLite has no such window and lets one writer in at a time; there these functions return at once.

use std::time::Duration;

use sqlx::{Connection, PgConnection};

use crate::database::Backend;

/// Longest wait for a state. A limit against hanging, not a measure of speed.
const LIMIT: Duration = Duration::from_secs(60);
/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(5);

const OTHERS: &str = "\
    SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'), count(*) FILTER (WHERE xact_start IS NOT NULL) \
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// Returns when so many sessions wait for another's lock.
///
/// # Panics
/// There is no such database, or it does not come to that within a minute.
pub async fn until_waiting(url: &str, sessions: i64) {
    until(url, |waiting, _| waiting == sessions).await;
}

/// Returns when no session is inside a transaction: none was forgotten.
///
/// # Panics
/// There is no such database, or it does not come to that within a minute.
pub async fn until_idle(url: &str) {
    until(url, |_, inside| inside == 0).await;
}

async fn until(url: &str, reached: impl Fn(i64, i64) -> bool) {
    if Backend::of(url).expect("the address names a database") == Backend::Sqlite {
        return;
    }
    let mut server = PgConnection::connect(url).await.expect("the database opens");
    let looking = async {
        loop {
            let (waiting, inside) =
                sqlx::query_as(OTHERS).fetch_one(&mut server).await.expect("PostgreSQL shows its sessions");
            if reached(waiting, inside) {
                return;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(LIMIT, looking).await.expect("the sessions come to that state");
}
