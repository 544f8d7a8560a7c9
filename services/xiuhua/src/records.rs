//! Where each service of the embedded platform keeps its record: a SQLite file of the data folder unless an option, the
//! environment or the configuration file names another database.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use xiuhua_service_kit::database::Backend;
use xiuhua_service_kit::sqlite::FLEETING;

use crate::cli::{Databases, Globals};
use crate::method::UnusableInput;
use crate::screen::told;

/// Where the embedded platform is unless told otherwise.
const DATA_DIR: &str = "xiuhua-data";

/// The four services in the order of the line.
pub(crate) const SERVICES: [&str; 4] = ["ingestion", "classification", "normalization", "scoring"];

/// The address of each service's database.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Records {
    /// In the order of [`SERVICES`].
    urls: [String; 4],
    /// The data folder.
    folder: PathBuf,
    /// The share of a measure above which an import waits for a second person, where it is set.
    second_person_above_ratio: Option<f64>,
}

/// What the configuration file may say; options and the environment come before it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Configured {
    data_dir: Option<PathBuf>,
    #[serde(default)]
    databases: ConfiguredDatabases,
    #[serde(default)]
    review: ConfiguredReview,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfiguredDatabases {
    ingestion: Option<String>,
    classification: Option<String>,
    normalization: Option<String>,
    scoring: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfiguredReview {
    second_person_above_ratio: Option<f64>,
}

impl Records {
    /// The records that the options name.
    ///
    /// # Errors
    /// [`UnusableInput`]: a configuration file that cannot be read, every address that is of no database there is.
    pub(crate) fn of(globals: &Globals) -> Result<Self, UnusableInput> {
        let configured = globals.config.as_deref().map(Configured::read).transpose()?.unwrap_or_default();
        let Databases { ingestion_db, classification_db, normalization_db, scoring_db } =
            globals.databases.clone();
        let file = configured.databases;
        let named = [
            ingestion_db.or(file.ingestion),
            classification_db.or(file.classification),
            normalization_db.or(file.normalization),
            scoring_db.or(file.scoring),
        ];
        let schemes = named.iter().flatten().filter_map(|url| Backend::of(url).err());
        let faults: Vec<_> = schemes.map(|fault| fault.to_string()).collect();
        if !faults.is_empty() {
            return Err(UnusableInput(faults));
        }
        let folder = globals.data_dir.clone().or(configured.data_dir).unwrap_or_else(|| DATA_DIR.into());
        let mut records = Self::in_folder(&folder);
        for (url, named) in records.urls.iter_mut().zip(named) {
            *url = named.unwrap_or(std::mem::take(url));
        }
        records.second_person_above_ratio = configured.review.second_person_above_ratio;
        Ok(records)
    }

    /// Four SQLite files in one folder.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let url = |service| sqlite_url(&folder.join(file_name(service)));
        Self { urls: SERVICES.map(url), folder: folder.to_owned(), second_person_above_ratio: None }
    }

    /// Four SQLite files in a folder that goes with this process: what is in them need not outlive it.
    pub(crate) fn in_temporary_folder(folder: &Path) -> Self {
        let records = Self::in_folder(folder);
        Self { urls: records.urls.map(|url| url + FLEETING), ..records }
    }

    /// The share of a measure above which an import waits for a second person; 0 for never, `None` where it is not set.
    pub(crate) fn second_person_above_ratio(&self) -> Option<f64> {
        self.second_person_above_ratio
    }

    /// The address of a service's database.
    ///
    /// # Panics
    /// If there is no such service.
    pub(crate) fn url(&self, service: &str) -> &str {
        let at = SERVICES.iter().position(|it| *it == service).expect("it is one of the four");
        &self.urls[at]
    }

    /// Services and the addresses of their databases, in the order of the line.
    pub(crate) fn each(&self) -> impl DoubleEndedIterator<Item = (&'static str, &str)> {
        SERVICES.into_iter().zip(self.urls.iter().map(String::as_str))
    }

    /// The records that are SQLite files.
    pub(crate) fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.urls.iter().filter_map(|url| sqlite_path(url))
    }

    /// The data folder, if this service's record is a file in it.
    pub(crate) fn folder_of(&self, service: &str) -> Option<&Path> {
        let own = Self::in_folder(&self.folder);
        (own.url(service) == self.url(service)).then_some(self.folder.as_path())
    }

    /// The data folder, if any record is a file in it.
    pub(crate) fn folder(&self) -> Option<&Path> {
        SERVICES.iter().find_map(|service| self.folder_of(service))
    }
}

impl Configured {
    fn read(path: &Path) -> Result<Self, UnusableInput> {
        let unusable = |fault: String| UnusableInput(vec![format!("{}: {fault}", path.display())]);
        let text = std::fs::read_to_string(path)
            .map_err(|error| unusable(format!("{}: {error}", told("无法读取", "cannot be read"))))?;
        toml::from_str(&text).map_err(|error| unusable(without_values(&error, &text)))
    }
}

/// A fault of the configuration file by its line: the error's own text shows what stands there, which may be a password.
fn without_values(error: &toml::de::Error, text: &str) -> String {
    // A value of the wrong type is quoted in the message too.
    let shown = Some(error.message()).filter(|message| !message.contains(['"', '@']));
    let message = shown.map_or_else(|| told("内容不合要求", "not what belongs there"), str::to_owned);
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => {
            let line = before.matches('\n').count() + 1;
            told(format!("第 {line} 行：{message}"), format!("line {line}: {message}"))
        }
        None => message,
    }
}

/// The address of a file; [`sqlite_path`] is its inverse.
fn sqlite_url(file: &Path) -> String {
    // Without doubled slashes: two at the start would be a part of the scheme.
    let file: PathBuf = file.components().collect();
    let file = file.display().to_string();
    format!("sqlite:{}", file.replace('%', "%25").replace('?', "%3F").replace(':', "%3A"))
}

/// The file that an address names, read as sqlx reads it; `None` of a server and of memory.
fn sqlite_path(url: &str) -> Option<PathBuf> {
    let place = url.strip_prefix("sqlite:")?;
    let place = place.strip_prefix("//").unwrap_or(place);
    let place = place.split_once('?').map_or(place, |(place, _)| place);
    (place != ":memory:").then(|| decoded(place).into())
}

/// A text whose `%` with two hexadecimal digits each stand for a byte.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        let digits =
            others.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &others[2..] } else { others };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The file of a service's record in a data folder and in a backup.
pub(crate) fn file_name(service: &str) -> String {
    format!("{service}.db")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn records(arguments: &[&str]) -> Result<Records, UnusableInput> {
        let typed = [&["xiuhua", "runs"][..], arguments].concat();
        Records::of(&Cli::parse_from(typed).globals)
    }

    #[test]
    fn records_are_files_of_the_data_folder_unless_a_database_is_named() {
        let records = records(&["--data-dir", "d", "--scoring-db", "postgres://s@h/s"]).unwrap();
        assert_eq!(records.url("ingestion"), "sqlite:d/ingestion.db");
        assert_eq!(records.url("scoring"), "postgres://s@h/s");
        assert_eq!(records.folder_of("scoring"), None);
        assert_eq!(records.folder(), Some(Path::new("d")));
    }

    #[test]
    fn a_data_folder_may_have_any_name() {
        for folder in ["a%41", "what?mode=memory", "/50%/x", ":memory:", "sqlite:x", "数据 #1"] {
            let records = records(&["--data-dir", folder]).unwrap();
            assert_eq!(records.folder(), Some(Path::new(folder)));
            let files: Vec<_> = records.files().collect();
            assert_eq!(files, SERVICES.map(|service| Path::new(folder).join(file_name(service))), "{folder}");
        }
        let doubled = records(&["--data-dir", "//tmp//d"]).unwrap();
        assert_eq!(doubled.url("scoring"), "sqlite:/tmp/d/scoring.db");
    }

    #[test]
    fn with_four_databases_there_is_no_folder_and_an_option_comes_before_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("xiuhua.toml");
        let text = "[databases]\ningestion = 'postgres://a@h/a'\nclassification = 'postgres://b@h/b'\n\
                    normalization = 'postgres://c@h/c'\nscoring = 'postgres://d@h/d'\n";
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let found = records(&["--config", file, "--scoring-db", "postgres://e@h/e"]).unwrap();
        let urls: Vec<_> = found.each().map(|(_, url)| url).collect();
        assert_eq!(urls, ["postgres://a@h/a", "postgres://b@h/b", "postgres://c@h/c", "postgres://e@h/e"]);
        assert_eq!(found.folder(), None);
    }

    #[test]
    fn the_share_that_needs_a_second_person_stands_in_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("xiuhua.toml");
        std::fs::write(&file, "[review]\nsecond_person_above_ratio = 0.25\n").unwrap();
        let records = records(&["--config", file.to_str().unwrap()]).unwrap();
        assert_eq!(records.second_person_above_ratio(), Some(0.25));
    }

    #[test]
    fn every_address_of_no_database_there_is_is_named_and_no_password_with_it() {
        let wrong = ["--ingestion-db", "mysql://a:secret@h/a", "--scoring-db", "b"];
        let UnusableInput(faults) = records(&wrong).unwrap_err();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(!faults.concat().contains("secret"), "{faults:?}");
        let UnusableInput(faults) = records(&["--config", "/nowhere"]).unwrap_err();
        assert!(faults[0].contains("/nowhere"), "{faults:?}");
    }

    #[test]
    fn a_fault_of_the_file_is_named_by_its_line_and_shows_no_password() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("xiuhua.toml");
        for wrong in [
            "[databases]\nscoring = 'postgres://s:secret@h/s\n",
            "[databases]\nscorin = 'postgres://s:secret@h/s'\n",
            "\ndatabases = 'postgres://s:secret@h/s'\n",
            "[databases]\n'postgres://s:secret@h/s' = 1\n",
            "[databases]\nscoring = ['postgres://s:secret@h/s']\n",
        ] {
            std::fs::write(&file, wrong).unwrap();
            let UnusableInput(faults) = records(&["--config", file.to_str().unwrap()]).unwrap_err();
            let said = faults.concat();
            assert!(said.contains("line 2") && !said.contains("secret"), "{wrong}: {said}");
        }
    }
}
