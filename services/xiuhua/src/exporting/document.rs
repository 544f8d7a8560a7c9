//! Result tables as one JSON document, written row by row: floats parse back to the same bits, absent is `null`.

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::NamedTempFile;

use super::account::Account;
use crate::results::{Cell, Form, Sink};

/// A document in the making; it stands beside its place until it is whole.
pub(super) struct Document {
    file: BufWriter<NamedTempFile>,
    form: Option<&'static Form>,
    is_first: bool,
}

impl Document {
    /// Begins with what it is.
    ///
    /// # Errors
    /// If the folder of `path` takes no file.
    pub(super) fn begin(path: &Path, assessment: &Value, account: &Account) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new();
        #[cfg(unix)]
        file.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = file.prefix(".xiuhua-").suffix(".json").tempfile_in(folder);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        let mut file = BufWriter::new(file);
        write!(file, "{{\n\"assessment\": {assessment},\n\"export\": {}", account.json())?;
        Ok(Self { file, form: None, is_first: true })
    }

    /// Ends the document and puts it in its place.
    ///
    /// # Errors
    /// If the place takes no file.
    pub(super) fn save(mut self, path: &Path) -> Result<()> {
        self.end()?;
        self.file.write_all(b"\n}\n")?;
        let file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if self.form.is_some() {
            self.file.write_all(b"\n]")?;
        }
        Ok(())
    }
}

impl Sink for Document {
    fn begin(&mut self, form: &'static Form) -> Result<()> {
        self.end()?;
        write!(self.file, ",\n\"{}\": [", form.name)?;
        self.form = Some(form);
        self.is_first = true;
        Ok(())
    }

    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        let form = self.form.context("a row belongs to a table")?;
        self.file.write_all(if self.is_first { b"\n{" } else { b",\n{" })?;
        self.is_first = false;
        for (at, (column, cell)) in form.columns.iter().zip(cells).enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(self.file, "{comma}\"{column}\":")?;
            match cell {
                Cell::Text(text) => serde_json::to_writer(&mut self.file, text)?,
                Cell::Real(number) => serde_json::to_writer(&mut self.file, number)?,
                Cell::Whole(number) => serde_json::to_writer(&mut self.file, number)?,
            }
        }
        self.file.write_all(b"}")?;
        Ok(())
    }
}
