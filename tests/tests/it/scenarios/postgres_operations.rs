//! What an operator does with a PostgreSQL server, by the files of `deploy/postgres`: make the databases, dump them,
//! restore them, verify.

use std::process::{Command, Output};

use xiuhua_private_postgres::{Durability, PrivatePostgres, programs};

use super::workbench::Workbench;

const SERVICES: [&str; 4] = ["ingestion", "classification", "normalization", "scoring"];

/// A server of its own: the roles have the names of a real one.
struct Server(PrivatePostgres);

impl Server {
    fn start() -> Self {
        Self(PrivatePostgres::start(Durability::ProcessOnly).expect("a PostgreSQL server"))
    }

    /// A program of PostgreSQL or a script, told where the server is.
    fn command(&self, program: &str) -> Command {
        let folder = programs().expect("a PostgreSQL server");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        command
            .current_dir(xtask::repository_root())
            .env("PATH", format!("{}:{path}", folder.display()))
            .envs([("PGHOST", "127.0.0.1"), ("PGUSER", "postgres"), ("PGDATABASE", "postgres")])
            .env("PGPORT", self.0.port().to_string());
        command
    }

    fn make_databases(&self) {
        let mut psql = self.command("psql");
        psql.args(["-q", "--no-psqlrc", "--file", "deploy/postgres/databases.sql"]);
        successful(&mut psql);
    }

    /// What a role answers to a statement in a service's database.
    fn answer(&self, role: &str, service: &str, statement: &str) -> Output {
        let mut psql = self.command("psql");
        psql.env("PGUSER", role).env("PGDATABASE", format!("xiuhua_{service}"));
        psql.args(["-qtAX", "-v", "ON_ERROR_STOP=1", "-c", statement]).output().expect("psql starts")
    }

    fn databases(&self) -> Vec<(&'static str, String)> {
        let url = |service| {
            let name = format!("xiuhua_{service}");
            (service, self.0.url(&name, &name))
        };
        SERVICES.into_iter().map(url).collect()
    }
}

fn successful(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn each_role_owns_one_database_and_cannot_even_connect_to_another() {
    let server = Server::start();
    server.make_databases();
    server.make_databases();
    for own in SERVICES {
        let role = format!("xiuhua_{own}");
        for other in SERVICES {
            let connected = server.answer(&role, other, "select 1").status.success();
            assert_eq!(connected, own == other, "{role} in the database of {other}");
        }
        let made = server.answer(&role, own, "create table t (n bigint); drop table t");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let asks = "select rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls \
                    from pg_roles where rolname = current_user";
        assert_eq!(server.answer(&role, own, asks).stdout, b"f\n", "{role} may do nothing else");
        let encoding = server.answer(&role, own, "show server_encoding").stdout;
        assert_eq!(encoding, b"UTF8\n");
    }
    let system =
        server.command("psql").env("PGUSER", "xiuhua_scoring").args(["-c", "create table t ()"]).output();
    assert!(!system.expect("psql starts").status.success(), "nothing else is granted");
}

#[test]
fn what_is_dumped_restores_to_the_same_bytes_and_verifies() {
    let server = Server::start();
    server.make_databases();
    let databases = server.databases();
    let bench = Workbench::on(&databases);
    let mut demo = vec!["demo".to_owned(), "--no-serve".to_owned(), "--quiet".to_owned()];
    demo.extend(databases.iter().flat_map(|(service, url)| [format!("--{service}-db"), url.clone()]));
    bench.run(&demo.iter().map(String::as_str).collect::<Vec<_>>()).expect_success();
    bench.run(&["export", "--out", "before", "--quiet"]).expect_success();
    let runs = bench.json(&["runs"]);

    let dump = bench.path("dump");
    successful(server.command("deploy/postgres/dump.sh").arg(&dump));
    let again = server.command("deploy/postgres/dump.sh").arg(&dump).output().expect("it starts");
    assert_eq!(again.status.code(), Some(2), "a dump overwrites nothing");
    for service in SERVICES {
        successful(server.command("dropdb").arg(format!("xiuhua_{service}")));
    }
    server.make_databases();

    let scoring = dump.join("scoring.dump");
    let whole = std::fs::read(&scoring).unwrap();
    std::fs::write(&scoring, &whole[..whole.len() - 1]).unwrap();
    let refused = server.command("deploy/postgres/restore.sh").arg(&dump).output().expect("it starts");
    assert!(!refused.status.success(), "a dump that is not the one that was made");
    std::fs::write(&scoring, whole).unwrap();
    successful(server.command("deploy/postgres/restore.sh").arg(&dump));

    assert_eq!(bench.json(&["runs"]), runs);
    let verified = bench.json(&["verify"]);
    assert_eq!(verified["intact"], true, "{verified}");
    bench.run(&["export", "--out", "after", "--quiet"]).expect_success();
    for entry in std::fs::read_dir(bench.path("before")).unwrap() {
        let name = entry.unwrap().file_name();
        let read = |folder: &str| std::fs::read(bench.path(folder).join(&name)).unwrap();
        assert!(read("before") == read("after"), "{} differs", name.display());
    }
    // The roles own what was restored: a platform goes on with it.
    bench.run(&["assess", "--catalog", "pudong-2021", "--period", "2021", "--quiet"]).expect_success();

    // One digit of a score, changed behind the platform's back.
    let forged = "update node_scores set score = score + 1 where ctid = (select min(ctid) from node_scores \
                  where score is not null)";
    assert!(server.answer("xiuhua_scoring", "scoring", forged).status.success());
    let found = bench.run(&["verify"]).expect_code(1).stdout();
    assert!(found.contains("≠"), "{found}");
}
