//! A folder to work in and the `xiuhua` command to work with: files in, `index compute`, files out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A temporary folder in which commands run.
pub(crate) struct Workbench {
    dir: tempfile::TempDir,
    /// Settings of every command, by the name of their variable.
    settings: Vec<(String, String)>,
}

/// How a command ended.
pub(crate) struct Ended(pub(crate) Output);

/// A result file.
pub(crate) struct Table {
    name: String,
    rows: Vec<Row>,
}

/// A row by column name.
#[derive(Clone, Debug)]
pub(crate) struct Row(BTreeMap<String, String>);

impl Workbench {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder"), settings: Vec::new() }
    }

    /// The same, with some services on databases of their own.
    pub(crate) fn on(databases: &[(&str, String)]) -> Self {
        let setting =
            |(service, url): &(&str, String)| (format!("XIUHUA_{}_DB", service.to_uppercase()), url.clone());
        Self { settings: databases.iter().map(setting).collect(), ..Self::new() }
    }

    /// Sets a variable for every command from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("the folder is ours");
    }

    /// Runs `xiuhua` with these arguments in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended(self.command(arguments).output().expect("the command starts"))
    }

    /// `xiuhua` with these arguments in the folder, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = xiuhua();
        command.current_dir(self.dir.path()).envs(self.settings.iter().cloned()).args(arguments);
        command
    }

    /// Runs `xiuhua` with these arguments in the folder and gives its JSON document.
    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let ended = self.run(&[arguments, &["--json", "--quiet"]].concat()).expect_success();
        serde_json::from_str(&ended.stdout()).expect("JSON")
    }

    /// `index compute` of `places.csv` and `observations.csv` into `out`.
    pub(crate) fn compute(&self, arguments: &[&str]) -> Ended {
        let files = ["--places", "places.csv", "--observations", "observations.csv", "--out", "out"];
        self.run(&[&["index", "compute", "--quiet"][..], &files, arguments].concat())
    }

    /// A result file.
    pub(crate) fn table(&self, name: &str) -> Table {
        Table::read(&self.path("out").join(name))
    }

    /// The bytes of a result file.
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path("out").join(name)).expect("the result file")
    }

    pub(crate) fn summary(&self) -> serde_json::Value {
        serde_json::from_slice(&self.bytes("summary.json")).expect("JSON")
    }
}

impl Ended {
    pub(crate) fn expect_success(self) -> Self {
        self.expect_code(0)
    }

    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.0.status.code(), Some(code), "{}", self.stderr());
        self
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }
}

impl Table {
    pub(crate) fn read(path: &Path) -> Self {
        let mut reader = csv::Reader::from_path(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let rows = reader.deserialize().map(|row| Row(row.expect("a row"))).collect();
        Self { name: path.display().to_string(), rows }
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows with these cells.
    pub(crate) fn with<'a>(&'a self, cells: &[(&str, &str)]) -> Vec<&'a Row> {
        self.rows.iter().filter(|row| cells.iter().all(|(column, text)| row.text(column) == *text)).collect()
    }

    /// The one row with these cells.
    pub(crate) fn only(&self, cells: &[(&str, &str)]) -> Row {
        match self.with(cells)[..] {
            [row] => row.clone(),
            ref rows => panic!("{} has {} rows with {cells:?}", self.name, rows.len()),
        }
    }
}

impl Row {
    pub(crate) fn text(&self, column: &str) -> &str {
        self.0.get(column).unwrap_or_else(|| panic!("no column {column} in {self:?}"))
    }

    /// The number in a column, `None` where the cell is empty.
    pub(crate) fn number(&self, column: &str) -> Option<f64> {
        let text = self.text(column);
        (!text.is_empty()).then(|| text.parse().unwrap_or_else(|e| panic!("{column} {text}: {e}")))
    }
}

/// The command in a neutral environment.
fn xiuhua() -> Command {
    let mut command = xiuhua_tests::program::xiuhua();
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("XIUHUA_") {
            command.env_remove(name.as_ref());
        }
    }
    command.env("LC_ALL", "C.UTF-8").env("XIUHUA_AUTHOR", "王芳");
    command
}
