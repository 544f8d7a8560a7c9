//! The files of the repository as a checkout has them, without what is built or installed beside them.

use std::fs;
use std::path::Path;

/// Folders that are never part of the repository; `.gitignore` says the same.
const OUTSIDE: [&str; 6] = [".git", "target", "node_modules", "__pycache__", "xiuhua-data", "xiuhua-demo"];

/// One file.
pub struct File {
    /// Relative to the root of the repository, with `/` between its parts.
    pub path: String,
    /// As it lies on disk.
    pub bytes: Vec<u8>,
}

impl File {
    /// The text; `None` if it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// Lines with their numbers, from 1; none if the file is not UTF-8.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text().unwrap_or_default().lines())
    }

    /// Written by a program from something else in the repository.
    #[must_use]
    pub fn is_generated(&self) -> bool {
        self.path.contains("/src/gen/")
            || self.path.ends_with("Cargo.lock")
            || self.path.ends_with("package-lock.json")
    }

    /// Whether the path ends so, such as `.rs`.
    #[must_use]
    pub fn ends_with(&self, end: &str) -> bool {
        self.path.ends_with(end)
    }
}

/// Every file, sorted by path. It needs no git: a source archive is a repository too.
///
/// # Panics
/// A file cannot be read.
#[must_use]
pub fn files() -> Vec<File> {
    let mut files = Vec::new();
    collect(xtask::repository_root(), "", &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// The text of one file.
///
/// # Panics
/// It is not there or is not UTF-8.
#[must_use]
pub fn text(path: &str) -> String {
    fs::read_to_string(xtask::repository_root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a folder is read to its end").path();
        let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
        if OUTSIDE.contains(&name.as_str()) {
            continue;
        }
        let relative = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{relative}/"), files);
        } else if let Ok(bytes) = fs::read(&path) {
            // A file that went away meanwhile (an editor's, a journal's) was none of the repository's.
            files.push(File { path: relative, bytes });
        }
    }
}
