//! What a backup says about itself: the files with their hashes, and what a platform opened on them has on record.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::method::UnusableInput;
use crate::screen::told;

/// The manifest's file in the folder of a backup.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The layout of manifest and folder; it rises when an older version could not read it.
pub(crate) const FORMAT: u32 = 1;

/// A backup as it describes itself.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// [`FORMAT`] of the version that made it.
    pub(crate) format: u32,
    /// The platform's version.
    pub(crate) platform_version: String,
    /// When it was begun, RFC 3339.
    pub(crate) made_time: String,
    /// The newest position of ingestion.
    pub(crate) position: u64,
    /// In the order in which they were copied.
    pub(crate) files: Vec<CopiedFile>,
    /// Every assessment with results, newest first.
    pub(crate) assessments: Vec<Computed>,
}

/// One database.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CopiedFile {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// Lower-case hexadecimal.
    pub(crate) sha256: String,
    /// Version of its newest migration.
    pub(crate) migration: i64,
}

/// An assessment with results.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Computed {
    pub(crate) id: String,
    pub(crate) catalog_id: String,
    pub(crate) period: String,
    pub(crate) digest: String,
}

#[derive(Deserialize)]
struct Version {
    format: u32,
    platform_version: String,
}

impl Manifest {
    /// Reads the manifest of a backup.
    ///
    /// # Errors
    /// [`UnusableInput`] if the folder holds none, or one of a newer layout.
    pub(crate) fn read(backup: &Path) -> Result<Self, UnusableInput> {
        let path = backup.join(MANIFEST);
        let unusable = |fault: String| UnusableInput(vec![format!("{}: {fault}", path.display())]);
        let text = std::fs::read(&path)
            .map_err(|e| unusable(format!("{}: {e}", told("无法读取", "cannot be read"))))?;
        let foreign = |e| unusable(format!("{}: {e}", told("不是备份清单", "is no manifest of a backup")));
        // Of a newer layout this much can be read and no more.
        let made: Version = serde_json::from_slice(&text).map_err(foreign)?;
        if made.format > FORMAT {
            return Err(unusable(newer(&made.platform_version)));
        }
        serde_json::from_slice(&text).map_err(foreign)
    }

    /// Writes the manifest into the folder of a backup and waits for the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn write(&self, backup: &Path) -> Result<()> {
        let path = backup.join(MANIFEST);
        std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(self)?))
            .and_then(|()| File::open(&path)?.sync_all())
            .with_context(|| format!("{} {}", told("无法写入", "cannot write"), path.display()))
    }
}

impl CopiedFile {
    /// Why the file in this folder is not the one that was copied; `None` if it is.
    pub(crate) fn difference(&self, folder: &Path) -> Option<String> {
        match fingerprint(&folder.join(&self.name)) {
            Ok((bytes, _)) if bytes != self.bytes => Some(told(
                format!("大小为 {bytes} 字节，清单为 {}", self.bytes),
                format!("has {bytes} bytes instead of {}", self.bytes),
            )),
            Ok((_, sha256)) if sha256 != self.sha256 => {
                Some(told("内容与清单不符（SHA-256）", "is not the file that was copied (SHA-256)"))
            }
            Ok(_) => None,
            Err(error) => Some(format!("{}: {error}", told("无法读取", "cannot be read"))),
        }
    }
}

/// That something comes from a version after this one.
pub(crate) fn newer(version: &str) -> String {
    told(
        format!("由更新的版本 {version} 生成，请使用该版本"),
        format!("was made by a newer version, {version}; use that one"),
    )
}

/// Length and SHA-256 (lower-case hexadecimal) of a file.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn fingerprint(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => hash.update(&buffer[..n]),
        }
    }
    Ok((file.metadata()?.len(), hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}
