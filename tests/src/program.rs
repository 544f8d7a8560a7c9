//! The program `xiuhua` as a user runs it: built from this very source, on a data folder of the test's own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

/// Longest wait for a program to serve. A limit against hanging, not a measure of speed.
const START_LIMIT: Duration = Duration::from_secs(120);

/// `xiuhua`, built once a test run with the profile of the tests. Cargo builds a program for the tests of its own
/// package only, so these build it themselves: what is tested is never older than the source.
///
/// # Panics
/// It does not build.
#[must_use]
pub fn xiuhua() -> Command {
    Command::new(built("xiuhua"))
}

/// A program of the workspace, such as `xiuhua-ingestion`, built like [`xiuhua`].
///
/// # Panics
/// It does not build.
#[must_use]
pub fn built(name: &str) -> PathBuf {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = profile_folder();
        let profile = if folder.ends_with("release") { "release" } else { "dev" };
        let mut cargo = Command::new(env!("CARGO"));
        xtask::forget_package(&mut cargo);
        let status = cargo
            .current_dir(xtask::repository_root())
            // With the examples it is the build that tests and benches came from, and next to nothing is left to do;
            // without them some features of dependencies are off, and everything is built once more.
            .args(["build", "--quiet", "--workspace", "--bins", "--examples", "--profile", profile])
            .arg("--target-dir")
            // As cargo itself writes it: with `debug/..` in it, it would be another folder to build scripts.
            .arg(folder.parent().expect("a profile's folder lies in the target folder"))
            .status();
        assert!(status.is_ok_and(|it| it.success()), "the programs do not build");
        folder
    });
    FOLDER.join(name)
}

/// A data folder with the sample district imported and assessed. It is made once a test run by `xiuhua demo`; each
/// test gets a copy, for an open platform locks its folder.
///
/// # Errors
/// The demo fails or the copy cannot be written.
pub fn demo_data() -> Result<TempDir> {
    static MADE: LazyLock<Result<PathBuf, String>> =
        LazyLock::new(|| make_demo().map_err(|error| format!("{error:#}")));
    let made = MADE.as_ref().map_err(|error| anyhow::anyhow!("{error}"))?;
    let copy = tempfile::tempdir()?;
    copy_folder(made, copy.path())?;
    Ok(copy)
}

/// A running `xiuhua serve`; ended when dropped.
pub struct Served {
    child: Child,
    /// Where it listens, such as `127.0.0.1:40721`.
    pub address: String,
}

impl Served {
    /// The id of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end (SIGTERM), as a machine that shuts down does, and waits until it has.
    ///
    /// # Errors
    /// It cannot be asked.
    pub fn stop(mut self) -> Result<ExitStatus> {
        let asked = Command::new("kill").args(["-TERM", &self.id().to_string()]).status()?;
        ensure!(asked.success(), "kill ended with {asked}");
        Ok(self.child.wait()?)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves a data folder on a free port of this machine, and returns when it is ready.
///
/// # Errors
/// It ends before it is ready, or is not ready within the limit.
pub fn serve(data: &Path) -> Result<Served> {
    let told = tempfile::tempdir()?;
    let ready = told.path().join("address");
    let child = xiuhua()
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .arg("--ready-file")
        .arg(&ready)
        .stdout(Stdio::null())
        .spawn()
        .context("cannot start xiuhua")?;
    let mut served = Served { child, address: String::new() };
    let begun = Instant::now();
    loop {
        let address = fs::read_to_string(&ready).unwrap_or_default();
        if address.trim().parse::<SocketAddr>().is_ok() {
            served.address = address.trim().to_owned();
            return Ok(served);
        }
        if let Some(status) = served.child.try_wait()? {
            bail!("xiuhua serve ended with {status} before it was ready");
        }
        ensure!(begun.elapsed() < START_LIMIT, "xiuhua serve is not ready after {START_LIMIT:?}");
        #[expect(clippy::disallowed_methods, reason = "it polls for a file another process writes")]
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Made in the target folder, where the next run replaces it: nothing drops what a static holds.
fn make_demo() -> Result<PathBuf> {
    let folder = profile_folder().join("../tmp/demo");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let output = xiuhua().args(["demo", "--no-serve", "--data-dir"]).arg(&folder).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "xiuhua demo ended with {}:\n{said}", output.status);
    Ok(folder)
}

/// `target/<profile>`: tests run from its `deps/`.
fn profile_folder() -> PathBuf {
    let tests = std::env::current_exe().expect("a test knows its own program");
    tests.ancestors().nth(2).expect("tests run from a target folder").to_owned()
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
