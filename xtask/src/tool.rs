//! The real tools behind the tasks: found, or installed under the target folder, so that nothing is left in the source
//! tree. Debian's packages are installed only where a tool is absent and we are root.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use xiuhua_private_postgres::{Durability, PACKAGE, PrivatePostgres, programs};

/// A command that runs in the root of the repository.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(xtask::repository_root());
    command
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    let mut cargo = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    xtask::forget_package(&mut cargo);
    cargo
}

/// Runs a command to its end, its output going where ours goes.
///
/// # Errors
/// It cannot be started or ends with another status than 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.status().with_context(|| format!("cannot start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words: Vec<_> =
        std::iter::once(program).chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    words.join(" ")
}

/// Where cargo puts what it builds: two folders above this program.
///
/// # Errors
/// The program was moved out of it.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let program = env::current_exe()?;
    program.ancestors().nth(2).map(Path::to_owned).context("xtask does not run from a target folder")
}

/// `buf`, of the version that `proto/package-lock.json` fixes.
///
/// # Errors
/// npm is absent and cannot be installed, or the package cannot be fetched.
pub(crate) fn buf() -> Result<PathBuf> {
    let folder = target_folder()?.join("tools/buf");
    let program = folder.join("node_modules/.bin/buf");
    if unpack(&folder, "proto/package-lock.json")? && program.exists() {
        return Ok(program);
    }
    if !answers("npm", "--version") {
        apt_install("npm")?;
    }
    fs::copy(xtask::repository_root().join("proto/package.json"), folder.join("package.json"))?;
    // `install` and not `ci`: buf is a package a platform, not every registry has them all, and `ci` wants every one
    // locked. What is locked is still checked by its hash, and `--no-save` leaves the lock as it is.
    let install = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
    run(command("npm").args(install).current_dir(&folder))?;
    Ok(program)
}

/// A Python with the packages of `tests/python/requirements.txt`.
///
/// # Errors
/// Python is absent and cannot be installed, or a package cannot be fetched.
pub(crate) fn python() -> Result<PathBuf> {
    python_with("python", "tests/python/requirements.txt")
}

/// A Python with numpy, of the version that `tests/python/bench-requirements.txt` fixes.
///
/// # Errors
/// Python is absent and cannot be installed, or numpy cannot be fetched.
pub(crate) fn numpy() -> Result<PathBuf> {
    python_with("numpy", "tests/python/bench-requirements.txt")
}

fn python_with(name: &str, list: &str) -> Result<PathBuf> {
    let folder = target_folder()?.join("tools").join(name);
    let program = folder.join("venv/bin/python");
    let same = unpack(&folder, list)?;
    let list = Path::new(list).file_name().context("a list of packages is a file")?;
    if same && folder.join("complete").exists() {
        return Ok(program);
    }
    let venv = || run(command("python3").args(["-m", "venv", "--clear", "venv"]).current_dir(&folder));
    // Debian ships python3 without the part that makes virtual environments.
    venv().or_else(|_| apt_install("python3-venv").and_then(|()| venv()))?;
    let packages = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(command(&program).args(packages).arg(list).current_dir(&folder))?;
    fs::write(folder.join("complete"), "")?;
    Ok(program)
}

/// Fonts that a report needs, and poppler that looks at its pages.
///
/// # Errors
/// They are absent and cannot be installed.
pub(crate) fn fonts_and_poppler() -> Result<()> {
    if !answers("pdftotext", "-v") {
        apt_install("poppler-utils")?;
    }
    if !Path::new("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").exists() {
        apt_install("fonts-noto-cjk")?;
    }
    Ok(())
}

/// A PostgreSQL server of this run's own, on a free port; it ends with the value. Debian's package may start a server of
/// its own beside it, which is left alone.
///
/// # Errors
/// PostgreSQL is absent and cannot be installed, or does not start.
pub(crate) fn postgres() -> Result<PrivatePostgres> {
    if programs().is_err() {
        apt_install(PACKAGE)?;
    }
    PrivatePostgres::start(Durability::ProcessOnly).context("the tests need a PostgreSQL server")
}

/// The address of a server for those who make databases there.
pub(crate) fn postgres_url(server: &PrivatePostgres) -> String {
    server.url("postgres", "postgres")
}

/// Copies a list of packages into the folder of its tool; `true` if the same list was there already.
fn unpack(folder: &Path, list: &str) -> Result<bool> {
    let list = xtask::repository_root().join(list);
    let copy = folder.join(list.file_name().context("a list of packages is a file")?);
    let wanted = fs::read(&list).with_context(|| format!("reading {}", list.display()))?;
    if fs::read(&copy).is_ok_and(|present| present == wanted) {
        return Ok(true);
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    fs::write(copy, wanted)?;
    Ok(false)
}

fn answers(program: &str, question: &str) -> bool {
    let quiet = Command::new(program).arg(question).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

fn apt_install(package: &str) -> Result<()> {
    eprintln!("installing Debian's package {package}");
    let install = || run(command("apt-get").args(["install", "--yes", "--no-install-recommends", package]));
    // The package lists may be absent on a fresh machine.
    run(command("apt-get").arg("update"))
        .and_then(|()| install())
        .with_context(|| format!("{package} is needed; install it by hand"))
}
