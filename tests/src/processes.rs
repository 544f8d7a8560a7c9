//! The services as they are deployed: processes of their own, built by this test run, on free ports of this machine,
//! told by their environment where their record is. They can be killed, asked to stop, and started again on the same
//! port; they end with the value that holds them, and with the test process, however that ends.

use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::program;

/// Longest wait for a process to serve or to end. A limit against hanging, not a measure of speed.
const LIMIT: Duration = Duration::from_secs(60);
/// How long a run waits for its worker before another takes it up: short, for tests.
pub const LEASE: Duration = Duration::from_secs(1);
/// How often is looked whether it does.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The services of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Keeps what came in.
    Ingestion,
    /// Says what it is.
    Classification,
    /// Makes it comparable.
    Normalization,
    /// Weighs and ranks.
    Scoring,
}

impl Service {
    /// The services in the order data takes.
    pub const LINE: [Self; 4] = [Self::Ingestion, Self::Classification, Self::Normalization, Self::Scoring];

    /// Its name, as in its program and its settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingestion => "ingestion",
            Self::Classification => "classification",
            Self::Normalization => "normalization",
            Self::Scoring => "scoring",
        }
    }

    /// The services it calls.
    fn upstream(self) -> impl Iterator<Item = Self> {
        Self::LINE.into_iter().take_while(move |other| *other != self)
    }
}

/// One service in a process of its own.
#[derive(Debug)]
pub struct Process {
    service: Service,
    port: u16,
    settings: Vec<(String, String)>,
    log: PathBuf,
    child: Mutex<Option<Child>>,
}

impl Process {
    /// Starts a service that keeps its record at `database_url`; `settings` are further keys, such as
    /// `("worker__lease_ms", "1000")`. What it logs goes to a file in `folder`.
    ///
    /// # Errors
    /// The process cannot be started. Whether it serves is told by [`Process::ready`].
    pub fn start(
        service: Service,
        database_url: &str,
        settings: &[(&str, &str)],
        folder: &Path,
    ) -> Result<Self> {
        let port = free_port()?;
        let listen = format!("127.0.0.1:{port}");
        let own = [("server__listen", &*listen), ("database__url", database_url), ("log__format", "text")];
        let prefix = format!("XIUHUA_{}__", service.name().to_uppercase());
        let settings = own.iter().chain(settings);
        let settings = settings.map(|(key, value)| (format!("{prefix}{key}"), (*value).to_owned())).collect();
        let log = folder.join(format!("{}-{port}.log", service.name()));
        let process = Self { service, port, settings, log, child: Mutex::new(None) };
        process.start_again()?;
        Ok(process)
    }

    /// Where it listens, as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A channel to it that connects when it is used, and again after a break.
    ///
    /// # Panics
    /// Never: the URL is made here.
    #[must_use]
    pub fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(self.url()).expect("an address and a port make a URL");
        endpoint.connect_timeout(Duration::from_secs(5)).connect_lazy()
    }

    /// Waits until it says that it serves.
    ///
    /// # Errors
    /// It ends before, or does not within a minute; with the end of its log.
    pub async fn ready(&self) -> Result<()> {
        let begun = Instant::now();
        // One connection for all questions: a new one each would only ask more of a busy machine.
        let mut health = HealthClient::new(self.channel());
        loop {
            let asked = HealthCheckRequest { service: String::new() };
            let answer = health.check(asked).await;
            if answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving) {
                return Ok(());
            }
            if let Some(status) = self.ended()? {
                bail!(
                    "{} ended with {status} before it was ready:\n{}",
                    self.service.name(),
                    self.log_tail()
                );
            }
            ensure!(begun.elapsed() < LIMIT, "{} is not ready:\n{}", self.service.name(), self.log_tail());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Kills it as a crash would (SIGKILL), and waits until it is gone.
    ///
    /// # Errors
    /// The system refuses.
    pub fn kill(&self) -> Result<()> {
        if let Some(mut child) = self.child().take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Asks it to stop (SIGTERM), and waits until it has ended by itself.
    ///
    /// # Errors
    /// It is not running, or does not end within a minute.
    pub async fn terminate(&self) -> Result<ExitStatus> {
        let id = self.child().as_ref().context("it is not running")?.id();
        Command::new("kill").args(["-TERM", &id.to_string()]).status()?;
        let begun = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                self.child().take();
                return Ok(status);
            }
            ensure!(begun.elapsed() < LIMIT, "{} does not end:\n{}", self.service.name(), self.log_tail());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Starts it again on the same port with the same settings.
    ///
    /// # Errors
    /// The process cannot be started.
    pub fn start_again(&self) -> Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let program = program::built(&format!("xiuhua-{}", self.service.name()));
        // Gone with whoever started it; and the settings of the person who runs the tests are none of its business.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program);
        let child = command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(self.settings.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::from(File::try_clone(&log)?))
            .stderr(Stdio::from(log))
            .spawn()
            .with_context(|| format!("cannot start {}", self.service.name()))?;
        *self.child() = Some(child);
        Ok(())
    }

    /// Whether the process is running.
    ///
    /// # Errors
    /// The system does not say.
    pub fn is_running(&self) -> Result<bool> {
        Ok(self.child().is_some() && self.ended()?.is_none())
    }

    /// Everything it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn ended(&self) -> Result<Option<ExitStatus>> {
        Ok(self.child().as_mut().map(Child::try_wait).transpose()?.flatten())
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only if it has ended already.
        let _ = self.kill();
    }
}

/// The four services, joined as deployed.
#[derive(Debug)]
pub struct Line {
    /// Keeps what came in.
    pub ingestion: Process,
    /// Says what it is.
    pub classification: Process,
    /// Makes it comparable.
    pub normalization: Process,
    /// Weighs and ranks.
    pub scoring: Process,
    _folder: TempDir,
}

impl Line {
    /// Starts the line, a database a service, and waits until all serve.
    ///
    /// # Errors
    /// A service does not start.
    pub async fn start(databases: &[String; 4]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut started: Vec<Process> = Vec::new();
        let lease_ms = LEASE.as_millis().to_string();
        for (service, database) in Service::LINE.into_iter().zip(databases) {
            let upstream: Vec<_> = service
                .upstream()
                .map(|other| (format!("upstream__{}", other.name()), started[other as usize].url()))
                .collect();
            let mut settings: Vec<_> =
                upstream.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            if service == Service::Scoring {
                settings.push(("worker__lease_ms", &lease_ms));
            }
            started.push(Process::start(service, database, &settings, folder.path())?);
        }
        for process in &started {
            process.ready().await?;
        }
        let [ingestion, classification, normalization, scoring] =
            <[Process; 4]>::try_from(started).expect("the line has four services");
        Ok(Self { ingestion, classification, normalization, scoring, _folder: folder })
    }
}

/// A port that is free and that no connection takes while its service is down: the system takes those of connections
/// from 32768 on.
fn free_port() -> Result<u16> {
    const FIRST: u16 = 10_000;
    const PORTS: u16 = 22_000;
    // Test processes that run beside each other begin in different places.
    static STEPS: AtomicU16 = AtomicU16::new(0);
    let process = u16::try_from(std::process::id() % u32::from(PORTS)).expect("below the number of ports");
    for _ in 0..PORTS {
        let step = STEPS.fetch_add(1, Ordering::Relaxed) % PORTS;
        let offset = (u32::from(process) * 97 + u32::from(step)) % u32::from(PORTS);
        let port = FIRST + u16::try_from(offset).expect("below the number of ports");
        if TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free")
}
