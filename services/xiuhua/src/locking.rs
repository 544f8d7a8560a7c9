//! One process at a time has a SQLite record open: a second one's worker would take over what the first one's is doing.
//! What is on a PostgreSQL server is shared, and locks nobody out.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::records::Records;
use crate::screen::told;

/// The file of a data folder that a process locks while it has it open.
const LOCK: &str = "lock";

/// Locks the data folder, which is made if it is not there, and every SQLite file, wherever it is and however it is
/// spelt. The locks end with the process, whatever happens.
///
/// # Errors
/// If another process has one of them open, or a lock cannot be written.
pub(crate) fn lock(records: &Records) -> Result<Vec<File>> {
    let mut locks = Vec::new();
    if let Some(folder) = records.folder() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} {}", told("无法创建", "cannot make"), folder.display()))?;
        locks.push(locked(&folder.join(LOCK), folder)?);
    }
    for file in records.files() {
        // Two spellings of one path, or a link to the file, are one lock; a file that is yet to be made is no link.
        let mut beside = file.canonicalize().unwrap_or_else(|_| file.clone()).into_os_string();
        beside.push(".lock");
        locks.push(locked(Path::new(&beside), &file)?);
    }
    Ok(locks)
}

fn locked(path: &Path, what: &Path) -> Result<File> {
    let file = File::create(path)
        .with_context(|| format!("{} {}", told("无法写入", "cannot write"), path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(told(
            format!("{} 正被另一进程使用，请先结束它，或用 --server 访问", what.display()),
            format!("another process has {} open; end it, or talk to it with --server", what.display()),
        )),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} {}", told("无法锁定", "cannot lock"), path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn records(folder: &Path, database: &str) -> Records {
        let folder = folder.to_str().unwrap();
        let typed = ["xiuhua", "runs", "--data-dir", folder, "--scoring-db", database];
        Records::of(&Cli::parse_from(typed).globals).unwrap()
    }

    #[test]
    fn a_file_is_open_once_whatever_folder_it_is_in_and_however_it_is_spelt() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_str().unwrap();
        let url = |file: &str| format!("sqlite:{root}/{file}");
        std::fs::write(dir.path().join("file.db"), "").unwrap();
        std::os::unix::fs::symlink(dir.path().join("file.db"), dir.path().join("link.db")).unwrap();
        let first = lock(&records(&dir.path().join("a"), &url("file.db"))).unwrap();
        let own = dir.path().join("b");
        for spelt in
            ["file.db", "a/../file.db", "./file.db?mode=rwc", "%66ile.db", "link.db", "a/ingestion.db"]
        {
            let refused = lock(&records(&own, &url(spelt))).map(|_| ()).unwrap_err().to_string();
            assert!(refused.contains("another process"), "{spelt}: {refused}");
        }
        lock(&records(&own, &url("other.db"))).unwrap();
        lock(&records(&own, "postgres://s@h/s")).unwrap();
        drop(first);
        lock(&records(&own, &url("link.db"))).unwrap();
    }
}
