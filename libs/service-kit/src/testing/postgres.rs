//! Databases of a PostgreSQL server for tests: each new, with an owner of its own.

use std::sync::LazyLock;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use xiuhua_private_postgres::{Durability, PrivatePostgres};

/// The setting that names a server for the tests: the address of a database there, for a role that may make others.
/// `cargo xtask test` starts one and sets it; without it each program of tests starts one of its own.
pub const SETTING: &str = "XIUHUA_TEST_POSTGRES";

static SERVER: LazyLock<String> = LazyLock::new(|| {
    std::env::var(SETTING).unwrap_or_else(|_| {
        let server = PrivatePostgres::start(Durability::ProcessOnly).unwrap_or_else(|error| {
            panic!("tests need a PostgreSQL server ({SETTING} is not set): {error}");
        });
        let url = server.url("postgres", "postgres");
        // It ends with the process: nothing drops what a static holds.
        std::mem::forget(server);
        url
    })
});

/// A new, empty database with an owner of the same name who owns nothing else; its address.
///
/// # Panics
/// There is no server.
pub async fn temporary_postgres() -> String {
    let name = format!("t{}", uuid::Uuid::now_v7().simple());
    let mut server = PgConnection::connect(&SERVER).await.expect("the server for tests answers");
    for statement in [format!("CREATE ROLE {name} LOGIN"), format!("CREATE DATABASE {name} OWNER {name}")] {
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut server)
            .await
            .expect("the role may make databases");
    }
    let (_, place) = SERVER.rsplit_once('@').expect("the address names a role");
    let (host, _) = place.rsplit_once('/').expect("the address names a database");
    format!("postgres://{name}@{host}/{name}")
}
