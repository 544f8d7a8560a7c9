//! What is the same of both databases: which one an address names, why one cannot be opened, and which failures are a
//! lack of room or time and no mistake.

use std::convert::Infallible;
use std::io;

use futures_util::future::{BoxFuture, Either, select};
use sqlx::migrate::MigrateError;
use tokio::sync::oneshot;

use crate::status::Kind;

/// Result code of SQLite: another connection has the lock.
const SQLITE_BUSY: u32 = 5;
/// Result code of SQLite: a table is locked.
const SQLITE_LOCKED: u32 = 6;
/// Result code of SQLite: no room on the disk.
const SQLITE_FULL: u32 = 13;
/// Code of PostgreSQL: a text is no text there. As a Rust text is sound UTF-8, it holds U+0000.
const CHARACTER_NOT_IN_REPERTOIRE: &str = "22021";

/// A database that a record can be kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// `sqlite:PATH` or `sqlite::memory:`.
    Sqlite,
    /// `postgres://ROLE:PASSWORD@HOST:PORT/DATABASE`.
    Postgres,
}

impl Backend {
    /// The database that an address names.
    ///
    /// # Errors
    /// [`OpenError::Scheme`].
    pub fn of(url: &str) -> Result<Self, OpenError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => Ok(Self::Sqlite),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres),
            _ => Err(OpenError::Scheme { url: without_password(url) }),
        }
    }
}

/// Why a database could not be opened. Holds no password: addresses are here as they may be logged.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address names no database there is.
    #[error("`{url}` 不是 sqlite: 或 postgres: 地址 / begins neither with sqlite: nor with postgres:")]
    Scheme {
        /// The address.
        url: String,
    },
    /// The address cannot be read.
    #[error("`{url}` 不是数据库地址 / is not the address of a database: {reason}")]
    Address {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that is to last, under an address of files that need not.
    #[error(
        "`{url}`：只有临时目录中的文件才能以 ?durable=no 打开 / only a file in the temporary folder is opened with \
         ?durable=no"
    )]
    Lasting {
        /// The address.
        url: String,
    },
    /// The file or server cannot be opened.
    #[error("无法打开数据库 / cannot open the database `{url}`")]
    Open {
        /// The address.
        url: String,
        /// Why.
        source: sqlx::Error,
    },
    /// A newer version of the platform has written it.
    #[error(
        "数据库 `{url}` 由更新的版本写入（迁移 {version}），请使用该版本 / the database was written by a newer \
         version (migration {version}); use that version"
    )]
    Newer {
        /// The address.
        url: String,
        /// The migration this version does not know.
        version: i64,
    },
    /// A migration failed.
    #[error("无法迁移数据库 / cannot migrate the database `{url}`")]
    Migrate {
        /// The address.
        url: String,
        /// Why.
        source: MigrateError,
    },
}

impl OpenError {
    pub(crate) fn address(url: &str, refused: &sqlx::Error) -> Self {
        let said = refused.to_string();
        // What is quoted is a part of the address.
        let reason = if said.contains(['"', '`']) { "an option cannot be read".to_owned() } else { said };
        Self::Address { url: without_password(url), reason }
    }

    pub(crate) fn opening(url: &str, source: sqlx::Error) -> Self {
        Self::Open { url: without_password(url), source }
    }

    pub(crate) fn migrating(url: &str, source: MigrateError) -> Self {
        let url = without_password(url);
        match source {
            MigrateError::VersionMissing(version) => Self::Newer { url, version },
            source => Self::Migrate { url, source },
        }
    }
}

/// An address as it may be logged: without a password and without options, one of which may be a password. Where it
/// cannot be told what is one, only the scheme is left.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once(':') else { return "…".to_owned() };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    if scheme == "sqlite" {
        return format!("{scheme}:{}", &rest[..end]);
    }
    let Some(rest) = rest.strip_prefix("//") else { return format!("{scheme}:…") };
    let (login, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    let login_ends_options = login.contains(['?', '#']);
    let place = place.split(['?', '#']).next().unwrap_or_default();
    let host = place.split('/').next().unwrap_or_default();
    // With a `/` in it, a login may be the options or the path of an address without one; and a host whose port is no
    // number may be a login whose place was forgotten.
    let is_host = host.ends_with(']') || host.rsplit_once(':').is_none_or(|(_, port)| is_number(port));
    if login_ends_options || login.contains('/') || !is_host {
        return format!("{scheme}://…");
    }
    match login.split(':').next() {
        None | Some("") => format!("{scheme}://{place}"),
        Some(role) => format!("{scheme}://{role}@{place}"),
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a failure of the database means for a caller, where it is no mistake of ours but a lack of room or time.
/// `None`: it is a mistake.
///
/// [`Kind::Unavailable`]: the server is away, restarts, is read-only, or another transaction was in the way; also where
/// it is not known whether a commit took place, which the request id of a repeat settles. [`Kind::ResourceExhausted`]:
/// no connection became free in time (or a new one could not be made in that time: a pool does not tell the two apart),
/// or no room is left. [`Kind::DeadlineExceeded`]: the statement took longer than any may, and would the next time; not
/// to be repeated by itself.
#[must_use]
pub fn passing(error: &sqlx::Error) -> Option<Kind> {
    match error {
        sqlx::Error::PoolTimedOut => Some(Kind::ResourceExhausted),
        sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Some(Kind::Unavailable),
        sqlx::Error::Database(error) => {
            let code = error.code()?;
            if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                passing_on_postgres(&code)
            } else {
                passing_on_sqlite(&code)
            }
        }
        _ => None,
    }
}

/// What comes of `work`, unless its caller, the other end of `gone`, is dropped first: then `work` is too.
pub(crate) async fn unless_gone<T, E: From<sqlx::Error>>(
    gone: oneshot::Receiver<Infallible>,
    work: BoxFuture<'_, Result<T, E>>,
) -> Result<T, E> {
    match select(work, gone).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(sqlx::Error::Io(io::ErrorKind::Interrupted.into()).into()),
    }
}

/// Whether a failure is about a text with U+0000, which PostgreSQL cannot keep: a fault of the request that holds it.
/// SQLite keeps it, and finds nothing where it is asked for.
#[must_use]
pub fn holds_nul(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).as_deref() == Some(CHARACTER_NOT_IN_REPERTOIRE)
}

fn passing_on_sqlite(code: &str) -> Option<Kind> {
    // The low byte of an extended result code is its kind.
    match code.parse::<u32>().ok()? & 0xff {
        SQLITE_BUSY | SQLITE_LOCKED => Some(Kind::Unavailable),
        SQLITE_FULL => Some(Kind::ResourceExhausted),
        _ => None,
    }
}

/// Source: PostgreSQL's appendix of error codes.
fn passing_on_postgres(code: &str) -> Option<Kind> {
    match code {
        // Too many connections is the server's own full pool.
        "53300" => Some(Kind::ResourceExhausted),
        // The statement was cancelled for its time.
        "57014" => Some(Kind::DeadlineExceeded),
        // A read-only server: a failover has not reached us yet.
        "25006"
        // Serialization failure, deadlock, lock not available.
        | "40001" | "40P01" | "55P03"
        // Shut down by the administrator, crashed, starting, idle in a transaction for too long.
        | "57P01" | "57P02" | "57P03" | "57P05" | "25P03" => Some(Kind::Unavailable),
        // Class 08: the connection; class 53: disk and memory.
        code if code.starts_with("08") => Some(Kind::Unavailable),
        code if code.starts_with("53") => Some(Kind::ResourceExhausted),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_of_an_address_names_the_database() {
        assert_eq!(Backend::of("sqlite:ingestion.db").unwrap(), Backend::Sqlite);
        assert_eq!(Backend::of("postgres://ingestion@db/ingestion").unwrap(), Backend::Postgres);
        assert_eq!(Backend::of("postgresql://ingestion@db/ingestion").unwrap(), Backend::Postgres);
        assert!(matches!(Backend::of("mysql://db"), Err(OpenError::Scheme { .. })));
    }

    #[test]
    fn a_password_is_never_a_part_of_what_is_said() {
        let refused = Backend::of("mysql://clerk:secret@db:3306/x").unwrap_err().to_string();
        assert!(refused.contains("clerk@db:3306") && !refused.contains("secret"), "{refused}");
        for (url, said) in [
            ("sqlite:a@b:c", "sqlite:a@b:c"),
            ("sqlite:///var/a.db?mode=secret", "sqlite:///var/a.db"),
            ("postgres://clerk:secret@db:5432/x?sslmode=require", "postgres://clerk@db:5432/x"),
            ("postgres://db/x?user=clerk&password=secret", "postgres://db/x"),
            ("postgres://[::1]:5432/x#secret", "postgres://[::1]:5432/x"),
            ("postgres://[::1]/x", "postgres://[::1]/x"),
            // None of these is an address, and all of them have been typed.
            ("postgres://clerk:sec?secret@db/x", "postgres://…"),
            ("postgres://clerk:sec/secret@db/x", "postgres://…"),
            ("postgres://db/x?password=a@secret", "postgres://…"),
            ("postgres://clerk:secret", "postgres://…"),
            ("postgres://clerk:sec@secret@db/x", "postgres://clerk@db/x"),
            ("postgres:clerk:secret@db/x", "postgres:…"),
            ("secret", "…"),
        ] {
            assert_eq!(without_password(url), said, "{url}");
        }
    }

    #[tokio::test]
    async fn no_way_of_not_opening_says_the_password() {
        use std::borrow::Cow;

        use sqlx::migrate::Migrator;

        static NONE: Migrator = Migrator { migrations: Cow::Borrowed(&[]), ..Migrator::DEFAULT };
        let migrating = |source| OpenError::migrating("postgres://clerk:secret@db/x?password=secret", source);
        let mut refusals =
            vec![migrating(MigrateError::VersionMissing(2)), migrating(MigrateError::Dirty(1))];
        for url in [
            "postgres://clerk:secret@127.0.0.1:1/x?password=secret&connect_timeout=1",
            "postgres://clerk:secret@127.0.0.1:port/x",
            "postgres://clerk:secret@127.0.0.1/x?sslmode=secret",
            "postgres:secret",
        ] {
            refusals.push(crate::postgres::PostgresDatabase::open(url, &NONE).await.expect_err(url));
        }
        for url in ["sqlite:/nowhere/x.db?mode=ro", "sqlite:x?secret=1", "sqlite:x?mode=secret"] {
            refusals.push(crate::sqlite::SqliteDatabase::open(url, &NONE).await.expect_err(url));
        }
        refusals.push(Backend::of("secret").unwrap_err());
        for refused in refusals {
            let said = format!("{refused:?} {}", crate::status::chain(&refused));
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        assert_eq!(passing(&sqlx::Error::PoolTimedOut), Some(Kind::ResourceExhausted));
        assert_eq!(passing(&sqlx::Error::RowNotFound), None);
        for (code, kind) in [
            ("40001", Some(Kind::Unavailable)),
            ("40P01", Some(Kind::Unavailable)),
            ("25006", Some(Kind::Unavailable)),
            ("08006", Some(Kind::Unavailable)),
            ("55P03", Some(Kind::Unavailable)),
            ("57014", Some(Kind::DeadlineExceeded)),
            ("53100", Some(Kind::ResourceExhausted)),
            ("53300", Some(Kind::ResourceExhausted)),
            ("42P01", None),
            ("23505", None),
        ] {
            assert_eq!(passing_on_postgres(code), kind, "{code}");
        }
        assert_eq!(passing_on_sqlite("5"), Some(Kind::Unavailable));
        assert_eq!(passing_on_sqlite("517"), Some(Kind::Unavailable));
        assert_eq!(passing_on_sqlite("13"), Some(Kind::ResourceExhausted));
        assert_eq!(passing_on_sqlite("2067"), None);
    }
}
