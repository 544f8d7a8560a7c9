//! `xiuhua backup` and `xiuhua restore`: the record of the embedded platform as a folder of four database files and a
//! manifest.
//!
//! A backup is taken without stopping anybody: each file is copied as it is at one moment. The moments differ, so the
//! files are copied against the direction of data, scoring first and ingestion last. Whatever a record names was there
//! before it was named, and nothing is ever removed; so the copy of an earlier stage, being younger, holds everything
//! that the copy of a later stage names.

mod manifest;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use xiuhua_contracts::scoring::v1::{Assessment, ListAssessmentsRequest};
use xiuhua_service_kit::clock::SystemClock;
use xiuhua_service_kit::database::Backend;
use xiuhua_service_kit::sqlite;

pub(crate) use self::manifest::fingerprint;
use self::manifest::{Computed, FORMAT, newer};
pub(crate) use self::manifest::{CopiedFile, Manifest};
use crate::assessing::position;
use crate::cli::{BackupArgs, Globals, RestoreArgs};
use crate::deciding::has_results;
use crate::method::UnusableInput;
use crate::platform::{Platform, refuse_server};
use crate::records::{Records, SERVICES, file_name};
use crate::screen::{Screen, marks, numbers, told};

/// `xiuhua backup`.
///
/// # Errors
/// If something is there already, a service keeps its record on a server, or a file cannot be copied; then nothing is
/// there afterwards.
pub(crate) async fn backup(arguments: &BackupArgs, globals: &Globals, screen: &mut Screen) -> Result<()> {
    refuse_server(globals)?;
    let records = Records::of(globals)?;
    let elsewhere = records.each().filter(|(_, url)| Backend::of(url).is_ok_and(|it| it != Backend::Sqlite));
    let mut faults: Vec<_> = elsewhere
        .map(|(service, _)| {
            format!(
                "{service} keeps its record on a database server: copy it with pg_dump, see docs/operations.md / \
                 {service} 的数据在数据库服务器上，请用 pg_dump 备份，见 docs/operations.md"
            )
        })
        .collect();
    if arguments.out.exists() {
        faults.push(format!("{}: {}", arguments.out.display(), told("已存在", "is there already")));
    }
    if !faults.is_empty() {
        bail!(UnusableInput(faults));
    }
    let partial = beside(&arguments.out)?;
    let made_time = SystemClock::shared().now().to_string();
    let mut files = Vec::new();
    for (service, url) in records.each().rev() {
        let (name, path) = (file_name(service), partial.path().join(file_name(service)));
        let migration = sqlite::copy_to(url, &path).await?;
        File::open(&path)?.sync_all()?;
        let (bytes, sha256) = fingerprint(&path)?;
        files.push(CopiedFile { name, bytes, sha256, migration });
    }
    let (position, assessments) = read(partial.path(), globals).await?;
    let manifest = Manifest {
        format: FORMAT,
        platform_version: env!("CARGO_PKG_VERSION").to_owned(),
        made_time,
        position,
        files,
        assessments,
    };
    manifest.write(partial.path())?;
    put(&partial, &arguments.out)?;
    show(&manifest, &arguments.out, screen)
}

/// `xiuhua restore`.
///
/// # Errors
/// [`UnusableInput`] naming every file that is not the one that was copied, or was written by a newer version, or if
/// the data folder is not empty; then nothing is there afterwards.
pub(crate) async fn restore(arguments: &RestoreArgs, globals: &Globals, screen: &mut Screen) -> Result<()> {
    refuse_server(globals)?;
    let records = Records::of(globals)?;
    let folder = match records.folder() {
        Some(folder) if SERVICES.iter().all(|it| records.folder_of(it).is_some()) => folder,
        _ => bail!(UnusableInput(vec![
            "restore makes a data folder and takes no databases / restore 只恢复数据目录，不能指定数据库"
                .to_owned()
        ])),
    };
    let holds_something = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if holds_something || folder.is_file() {
        bail!(UnusableInput(vec![format!("{}: {}", folder.display(), told("不是空目录", "is not empty"))]));
    }
    let manifest = Manifest::read(&arguments.from)?;
    let known = known_migrations(globals).await?;
    let is_newer = |file: &&CopiedFile| {
        known.iter().any(|(service, newest)| file_name(service) == file.name && *newest < file.migration)
    };
    let mut faults: Vec<_> = manifest
        .files
        .iter()
        .filter(is_newer)
        .map(|file| format!("{}: {}", file.name, newer(&manifest.platform_version)))
        .collect();
    let partial = beside(folder)?;
    faults.extend(copied(&manifest, &arguments.from, partial.path())?);
    if !faults.is_empty() {
        bail!(UnusableInput(faults));
    }
    put(&partial, folder)?;
    show(&manifest, folder, screen)
}

/// Copies the files of a backup into a folder, and gives what is wrong with each: what counts is the bytes that arrived.
///
/// # Errors
/// If they cannot be written.
pub(crate) fn copied(manifest: &Manifest, backup: &Path, into: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for service in SERVICES {
        let name = file_name(service);
        let (from, to) = (backup.join(&name), into.join(&name));
        let fault = match manifest.files.iter().find(|file| file.name == name) {
            None => Some(told("清单中没有该文件", "is not in the manifest")),
            Some(_) if !from.is_file() => Some(told("缺少该文件", "is missing")),
            Some(file) => {
                fs::copy(&from, &to)
                    .with_context(|| format!("{} {}", told("无法复制", "cannot copy"), from.display()))?;
                File::open(&to)?.sync_all()?;
                file.difference(into)
            }
        };
        faults.extend(fault.map(|fault| format!("{}: {fault}", from.display())));
    }
    Ok(faults)
}

/// Every assessment with results, newest first.
///
/// # Errors
/// If they cannot be read.
pub(crate) async fn with_results(platform: &Platform) -> Result<Vec<Assessment>> {
    let mut runs = Vec::new();
    let mut request = ListAssessmentsRequest { page_size: 1000, ..ListAssessmentsRequest::default() };
    loop {
        let page = platform.scoring().list_assessments(request.clone()).await?.into_inner();
        runs.extend(page.assessments.into_iter().filter(|run| has_results(run.state())));
        if page.next_page_token.is_empty() {
            return Ok(runs);
        }
        request.page_token = page.next_page_token;
    }
}

/// What a platform opened on copied files has on record. It is opened on copies of theirs: opening writes to a file.
async fn read(copies: &Path, globals: &Globals) -> Result<(u64, Vec<Computed>)> {
    let opened = beside(copies)?;
    for service in SERVICES {
        fs::copy(copies.join(file_name(service)), opened.path().join(file_name(service)))?;
    }
    let platform = Platform::at_rest(&Records::in_folder(opened.path()), globals).await?;
    let runs = with_results(&platform).await?.into_iter().map(|run| Computed {
        id: run.id,
        catalog_id: run.catalog_id,
        period: run.period,
        digest: run.digest,
    });
    let position = position(&platform, None).await?;
    platform.close().await?;
    Ok((position, runs.collect()))
}

/// The newest migration of each service that this version knows: the one of a record that it makes.
///
/// # Errors
/// If the machine has no room for one.
pub(crate) async fn known_migrations(globals: &Globals) -> Result<Vec<(&'static str, i64)>> {
    let folder = tempfile::tempdir()?;
    let records = Records::in_folder(folder.path());
    Platform::at_rest(&records, globals).await?.close().await?;
    let mut known = Vec::new();
    for (service, url) in records.each() {
        known.push((service, sqlite::newest_migration(url).await?));
    }
    Ok(known)
}

/// A temporary folder beside a path, on the same disk, so that it can take its place. It is its owner's alone: a copy of
/// a record is as private as the record.
fn beside(path: &Path) -> Result<TempDir> {
    let parent = parent(path);
    let mut folder = tempfile::Builder::new();
    folder.prefix(".xiuhua-").permissions(fs::Permissions::from_mode(0o700));
    fs::create_dir_all(&parent)
        .and_then(|()| folder.tempdir_in(&parent))
        .with_context(|| format!("{} {}", told("无法写入", "cannot write"), parent.display()))
}

/// Puts a complete folder into its place: all of it is there, or nothing.
fn put(complete: &TempDir, place: &Path) -> Result<()> {
    let durable = |folder: &Path| -> io::Result<()> { File::open(folder)?.sync_all() };
    durable(complete.path())
        // A folder that is there by now and not empty is left alone.
        .and_then(|()| fs::rename(complete.path(), place))
        .and_then(|()| durable(&parent(place)))
        .with_context(|| format!("{} {}", told("无法写入", "cannot write"), place.display()))
}

fn parent(path: &Path) -> PathBuf {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn show(manifest: &Manifest, place: &Path, screen: &mut Screen) -> Result<()> {
    let columns = [
        marks("文件", "file"),
        numbers("字节", "bytes"),
        numbers("迁移", "migration"),
        marks("SHA-256", "SHA-256").spare(1),
    ];
    let row = |file: &CopiedFile| {
        vec![file.name.clone(), file.bytes.to_string(), file.migration.to_string(), file.sha256.clone()]
    };
    screen.table(&columns, manifest.files.iter().map(row).collect())?;
    let (place, runs, position) = (place.display(), manifest.assessments.len(), manifest.position);
    screen.say(
        &format!("{place}：数据位置 {position}，有结果的测评 {runs} 个"),
        &format!("{place}: position {position}, {runs} assessments with results"),
    )?;
    screen.json(manifest)
}
