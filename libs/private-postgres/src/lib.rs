//! A PostgreSQL server of one's own: made in a temporary folder, on a free port of this machine, started again when it
//! is killed, and gone with the process that asked for it, however that ends.
//!
//! For the tests alone. It talks to the programs of Debian's package `postgresql`; databases and roles are made by who
//! uses it.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Debian's package of the server.
pub const PACKAGE: &str = "postgresql";

/// Longest wait for a server to accept connections. A limit against hanging, not a measure of speed.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How often is looked whether it does.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Options of a server of tests: many small databases at once, on one machine that nobody else talks to.
const OPTIONS: &[&str] = &["listen_addresses=127.0.0.1", "max_connections=400", "shared_buffers=64MB"];
/// What makes it fast where only a crash of the machine could tell the difference.
const FORGETFUL: &[&str] = &["fsync=off", "full_page_writes=off"];

/// A running server; it ends with this value, and with the process.
#[derive(Debug)]
pub struct PrivatePostgres {
    folder: PathBuf,
    port: u16,
    supervisor: Child,
    /// The thread whose death ends the server: it must live as long as this does.
    _keeper: SyncSender<()>,
}

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// As in production: a commit is on disk.
    Full,
    /// A killed server loses nothing, a killed machine may.
    ProcessOnly,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No `postgres` program in the places where distributions put it.
    #[error("no PostgreSQL server is installed; Debian's package is `{PACKAGE}`")]
    Absent,
    /// A step failed.
    #[error("PostgreSQL cannot be started: {0}")]
    Failed(String),
    /// A file or a process could not be made.
    #[error("PostgreSQL cannot be started")]
    Io(#[from] io::Error),
}

/// The folder of the newest installed server's programs.
///
/// # Errors
/// [`StartError::Absent`].
pub fn programs() -> Result<PathBuf, StartError> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    // Debian keeps a folder a major version.
    for entry in fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten() {
        let version = entry.file_name().to_str().and_then(|name| name.parse().ok());
        found.extend(version.map(|version| (version, entry.path().join("bin"))));
    }
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    found.extend(std::env::split_paths(&on_path).map(|folder| (0, folder)));
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let complete = |folder: &Path| folder.join("postgres").exists() && folder.join("initdb").exists();
    found.into_iter().map(|(_, folder)| folder).find(|folder| complete(folder)).ok_or(StartError::Absent)
}

impl PrivatePostgres {
    /// Makes a cluster in a new temporary folder and starts it. PostgreSQL refuses to run as root, so root runs it as
    /// the user `postgres`.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(durability: Durability) -> Result<Self, StartError> {
        let programs = programs()?;
        let folder = new_folder()?;
        let started = Self::start_in(&folder, &programs, durability);
        if started.is_err() {
            // Nothing runs in it; what cannot be removed is the system's to clean.
            let _ = fs::remove_dir_all(&folder);
        }
        started
    }

    fn start_in(folder: &Path, programs: &Path, durability: Durability) -> Result<Self, StartError> {
        let data = folder.join("data");
        let mut initdb = as_server(&[]);
        initdb.arg(programs.join("initdb")).arg("--pgdata").arg(&data);
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        let made = initdb.current_dir(folder).output()?;
        if !made.status.success() {
            return Err(StartError::Failed(String::from_utf8_lossy(&made.stderr).into_owned()));
        }
        let port = free_port()?;
        let mut supervisor = as_server(&["--pdeathsig", "TERM"]);
        supervisor.args(["sh", "-c", include_str!("supervisor.sh"), "private-postgres"]);
        supervisor.arg(folder).arg(programs.join("postgres")).arg("-D").arg(&data);
        supervisor.arg("-p").arg(port.to_string()).arg("-k").arg(folder);
        let forgetful = if durability == Durability::ProcessOnly { FORGETFUL } else { &[] };
        OPTIONS.iter().chain(forgetful).for_each(|option| {
            supervisor.args(["-c", option]);
        });
        supervisor.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let (keeper, supervisor) = keep(supervisor)?;
        let server = Self { folder: folder.to_owned(), port, supervisor, _keeper: keeper };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Where it listens on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of a database for a role; no password is asked for.
    #[must_use]
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// Kills the server as a crash would, SIGKILL to its first process. It is started again at once and recovers.
    ///
    /// # Errors
    /// There is no server process at this moment.
    pub fn kill(&self) -> Result<(), StartError> {
        let running = fs::read_to_string(self.folder.join("data/postmaster.pid"))?;
        let id = running.lines().next().unwrap_or_default();
        let killed = Command::new("kill").args(["-KILL", id]).status()?;
        if killed.success() { Ok(()) } else { Err(StartError::Failed(format!("no process {id}"))) }
    }

    /// Waits until it accepts connections.
    ///
    /// # Errors
    /// It does not within a minute; the message holds the end of its log.
    pub fn wait_until_ready(&self) -> Result<(), StartError> {
        let asked = Instant::now();
        let programs = programs()?;
        loop {
            if is_ready(&programs, &self.folder, self.port)? {
                return Ok(());
            }
            if asked.elapsed() > START_LIMIT {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                let tail: Vec<_> = log.lines().rev().take(10).collect();
                return Err(StartError::Failed(tail.join("\n")));
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "it polls for a state of another process, in no runtime"
            )]
            thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = Command::new("kill").args(["-TERM", &self.supervisor.id().to_string()]).status();
        let _ = self.supervisor.wait();
    }
}

/// Whether the server of a folder accepts connections; one that recovers refuses them. Asked by the socket in the
/// folder: somebody else may have taken the port in the meantime, and then this server does not start.
fn is_ready(programs: &Path, folder: &Path, port: u16) -> io::Result<bool> {
    let mut ask = Command::new(programs.join("pg_isready"));
    ask.arg("-q").arg("-h").arg(folder).arg("-p").arg(port.to_string());
    Ok(ask.status()?.success())
}

/// Starts a process from a thread that lives as long as the sender: the signal at a parent's death comes with the death
/// of the thread that started it, and threads of tests are short-lived.
fn keep(mut command: Command) -> Result<(SyncSender<()>, Child), StartError> {
    let (started, child) = sync_channel(1);
    let (keeper, released) = sync_channel(1);
    thread::Builder::new().name("private-postgres".to_owned()).spawn(move || {
        let _ = started.send(command.spawn());
        // Ends when the sender is dropped.
        let _ = released.recv();
    })?;
    let child = child.recv().map_err(|_| StartError::Failed("the keeper ended".to_owned()))??;
    Ok((keeper, child))
}

/// A command that runs what follows as the user that may run a server, under `setpriv` with further options.
fn as_server(options: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.args(options).arg("--");
    command
}

fn is_root() -> bool {
    user_id("").is_some_and(|id| id == 0)
}

fn user_id(user: &str) -> Option<u32> {
    let mut id = Command::new("id");
    id.arg("-u").args((!user.is_empty()).then_some(user));
    String::from_utf8(id.output().ok()?.stdout).ok()?.trim().parse().ok()
}

fn new_folder() -> Result<PathBuf, StartError> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("private-postgres-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    fs::create_dir(&folder)?;
    if is_root() {
        chown(&folder, user_id("postgres"), None)?;
    }
    Ok(folder)
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16, StartError> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_server_comes_back_and_a_dropped_one_leaves_nothing() {
        let server = PrivatePostgres::start(Durability::ProcessOnly).unwrap();
        let folder = server.folder.clone();
        let psql = |sql: &str| {
            let url = server.url("postgres", "postgres");
            Command::new("psql")
                .args(["-qtAX", "-v", "ON_ERROR_STOP=1", "-c", sql])
                .arg(url)
                .output()
                .unwrap()
        };
        assert!(psql("create table kept as select 7 as n").status.success());
        server.kill().unwrap();
        let asked = Instant::now();
        loop {
            server.wait_until_ready().unwrap();
            if psql("select n from kept").stdout.starts_with(b"7") {
                break;
            }
            assert!(asked.elapsed() < START_LIMIT, "what was committed is there after a kill");
        }
        drop(server);
        assert!(!folder.exists());
    }

    #[test]
    fn a_server_of_somebody_else_on_the_port_does_not_count() {
        let server = PrivatePostgres::start(Durability::ProcessOnly).unwrap();
        let programs = programs().unwrap();
        assert!(is_ready(&programs, &server.folder, server.port).unwrap());
        assert!(!is_ready(&programs, &std::env::temp_dir(), server.port).unwrap());
    }

    /// The worst moment to ask: while the server is being started. Its own first deed is to ask here.
    #[test]
    fn a_supervisor_that_is_asked_to_end_while_it_starts_a_server_ends() {
        for _ in 0..10 {
            let folder = new_folder().unwrap();
            let mut supervisor = Command::new("sh");
            supervisor.args(["-c", include_str!("supervisor.sh"), "private-postgres"]).arg(&folder);
            supervisor.args(["sh", "-c", "kill -TERM $PPID; exec sleep 600"]);
            let mut supervisor = supervisor.spawn().unwrap();
            let asked = Instant::now();
            while supervisor.try_wait().unwrap().is_none() {
                assert!(asked.elapsed() < START_LIMIT, "it waits for a server that nobody has told to end");
                thread::yield_now();
            }
            assert!(!folder.exists());
        }
    }
}
