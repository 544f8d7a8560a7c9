//! A file on its way in: opened, understood, delivered to be held until somebody commits it.
//!
//! A returned sheet and a template say themselves what they are: kind, catalog, and the mapping that the rows were read
//! by when they first came.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::task::block_in_place;
use tonic::Code;
use xiuhua_contracts::ingestion::v1::{Batch, ReadPlacesRequest};
use xiuhua_contracts::normalization::v1::{GetCatalogRequest, RegisterCatalogRequest};
use xiuhua_indicators::catalog::Catalog;
use xiuhua_spreadsheets::layout::{self, Kind, Vocabulary};
use xiuhua_spreadsheets::returned::Corrections;
use xiuhua_spreadsheets::table::{Remark, Table, Text};

use super::get_batch;
use super::returning::corrections;
use crate::cli::{ImportArgs, ImportKind};
use crate::delivery::{Terms, send_observations, send_places};
use crate::intake::observations::ObservationFile;
use crate::intake::places::PlaceFile;
use crate::intake::{Chunked, Mapping, UnusableFile, vocabulary};
use crate::method::{self, UnusableInput};
use crate::platform::{Platform, request_id};
use crate::progress::Progress;
use crate::screen::Screen;
use crate::templates::CATALOG;

/// Remarks shown on the screen.
const REMARKS_SHOWN: usize = 20;

/// An open file.
pub(super) enum Opened {
    Places(Box<PlaceFile>),
    Observations(Box<ObservationFile>),
}

/// What a workbook of the platform's own says about itself.
#[derive(Default)]
struct Marked {
    kind: String,
    /// Id and version of the catalog it was made for.
    catalog: Option<(String, String)>,
    /// The mapping that its rows were read by.
    mapping: Option<Mapping>,
    /// The rejected rows that it brings again.
    corrections: Option<Corrections>,
}

/// Opens the file that the arguments name.
///
/// # Errors
/// [`UnusableFile`] or [`UnusableInput`] with everything that is wrong with file, mapping or catalog.
pub(super) async fn open(platform: &Platform, arguments: &ImportArgs) -> Result<Opened> {
    let marked = marked(platform, arguments).await?;
    let asked = match arguments.kind {
        ImportKind::Places => "places",
        ImportKind::Observations => "observations",
    };
    if !marked.kind.is_empty() && marked.kind != asked {
        bail!(UnusableInput(vec![format!(
            "{0}: holds {1}; import it with `xiuhua import {1}` / 该文件的内容是 {1}，请用 xiuhua import {1} 导入",
            arguments.file.display(),
            marked.kind
        )]));
    }
    let mapping = match marked.mapping {
        Some(recorded) if arguments.mapping.is_none() => laid_over(recorded, arguments)?,
        _ => mapping(arguments)?,
    };
    if arguments.kind == ImportKind::Places {
        let mut file = block_in_place(|| PlaceFile::open(&arguments.file, &mapping))?;
        if file.lacks_town_codes() {
            let mut read = platform.ingestion().read_places(ReadPlacesRequest::default()).await?.into_inner();
            while let Some(page) = read.message().await? {
                page.places.iter().for_each(|place| file.learn_town(&place.town_name, &place.town_code));
            }
        }
        return Ok(Opened::Places(Box::new(file.correcting(marked.corrections))));
    }
    let catalog = match (&arguments.catalog, &marked.catalog) {
        (Some(name), _) => method::catalog(name)?,
        (None, Some((id, version))) => match registered(platform, id, version).await? {
            Some(registered) => registered,
            None => method::catalog(id)?,
        },
        (None, None) => method::catalog(CATALOG)?,
    };
    let (catalog, toml) = catalog;
    let file = block_in_place(|| ObservationFile::open(&arguments.file, &mapping, Some(&catalog)))?;
    let request = RegisterCatalogRequest { request_id: request_id(), toml };
    platform.normalization().register_catalog(request).await?;
    Ok(Opened::Observations(Box::new(file.correcting(marked.corrections))))
}

/// Drafts a mapping for a file, and prints it.
///
/// # Errors
/// [`UnusableFile`] or [`UnusableInput`] for a file or catalog that cannot be read.
pub(crate) fn propose(arguments: &ImportArgs, screen: &mut Screen) -> Result<()> {
    let (kind, vocabulary) = match arguments.kind {
        ImportKind::Places => (Kind::Places, Vocabulary::default()),
        ImportKind::Observations => {
            let (catalog, _) = method::catalog(arguments.catalog.as_deref().unwrap_or(CATALOG))?;
            (Kind::Observations, vocabulary(&catalog))
        }
    };
    let draft = block_in_place(|| {
        let mut table = layout::open_unseen(&arguments.file, kind, &mapping(arguments)?, &vocabulary)?;
        anyhow::Ok(layout::propose(&mut table, kind, &vocabulary)?)
    })?;
    screen.raw(&draft)
}

/// A catalog as it is registered, with its text.
///
/// # Errors
/// If the service cannot be read; that there is none is `None`.
pub(super) async fn registered(
    platform: &Platform,
    id: &str,
    version: &str,
) -> Result<Option<(Catalog, String)>> {
    let request = GetCatalogRequest { id: id.to_owned(), version: version.to_owned() };
    match platform.normalization().get_catalog(request).await {
        Ok(found) => {
            let toml = found.into_inner().toml;
            let catalog = Catalog::parse(&toml).ok().context("a registered catalog was read before")?;
            Ok(Some((catalog, toml)))
        }
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(status.into()),
    }
}

/// The mapping of the arguments: that of the file, with what else they say about the layout in front of it.
fn mapping(arguments: &ImportArgs) -> Result<Mapping> {
    let Some(path) = &arguments.mapping else {
        let told = told(arguments);
        return Mapping::parse(&told).map_err(|found| {
            let faults = found.faults().iter();
            let faults = faults
                .map(|fault| format!("--{}: {}", fault.path, crate::screen::told(&*fault.zh, &*fault.en)));
            UnusableInput(faults.collect()).into()
        });
    };
    // Its faults are named by the lines of the file.
    let read = Mapping::read(path)?;
    let told = told(arguments);
    if told.is_empty() {
        return Ok(read);
    }
    Mapping::parse(&format!("{told}{}", read.toml)).map_err(|found| {
        let faults = found.faults().iter();
        let faults = faults.map(|fault| {
            Text::new(format!("{}：{}", fault.path, fault.zh), format!("{}: {}", fault.path, fault.en))
        });
        UnusableFile { path: path.clone(), faults: faults.collect() }.into()
    })
}

/// The mapping on record with what else the arguments say about the layout in its place.
fn laid_over(recorded: Mapping, arguments: &ImportArgs) -> Result<Mapping> {
    let told = mapping(arguments)?;
    if told.toml.is_empty() {
        return Ok(recorded);
    }
    let mut lines: toml::Table = recorded.toml.parse().context("a mapping on record was read before")?;
    for key in ["sheet", "header_row"] {
        lines.remove(key);
    }
    lines.extend(told.toml.parse::<toml::Table>().context("the arguments were read before")?);
    Mapping::parse(&lines.to_string()).ok().context("its parts were read before")
}

/// What the arguments say about the layout, as the first lines of a mapping.
fn told(arguments: &ImportArgs) -> String {
    let named = [("period", &arguments.period), ("sheet", &arguments.sheet)];
    let lines = named.iter().filter_map(|(key, value)| {
        Some(format!("{key} = {}\n", toml::Value::String(value.as_ref()?.clone())))
    });
    lines.collect()
}

/// What the file says about itself, if it is a workbook that the platform wrote.
async fn marked(platform: &Platform, arguments: &ImportArgs) -> Result<Marked> {
    let kind = match arguments.kind {
        ImportKind::Places => Kind::Places,
        ImportKind::Observations => Kind::Observations,
    };
    let Some(mut table) = block_in_place(|| workbook(&arguments.file, kind)) else {
        return Ok(Marked::default());
    };
    if let Some(template) = table.template() {
        let catalog = template.catalog.split_once('@');
        let catalog = catalog.map(|(id, version)| (id.to_owned(), version.to_owned()));
        return Ok(Marked { kind: template.kind.clone(), catalog, ..Marked::default() });
    }
    let Some(returned) = table.returned().cloned() else { return Ok(Marked::default()) };
    let batch = get_batch(platform, &returned.batch_id).await?;
    let corrections = corrections(platform, &batch, &mut table).await?;
    let layout = batch.layout.unwrap_or_default();
    let mapping = Mapping::parse(&layout.mapping).ok().context("a mapping on record was read before")?;
    // The rows have moved; what they mean has not.
    let mapping = Mapping { sheet: None, header_row: None, ..mapping };
    let named = !layout.catalog_id.is_empty();
    Ok(Marked {
        kind: returned.kind,
        catalog: named.then_some((layout.catalog_id, layout.catalog_version)),
        mapping: Some(mapping),
        corrections: Some(corrections),
    })
}

/// A file that begins as workbooks do, open; anything else is not even looked at, for it may be large, or a pipe.
fn workbook(path: &Path, kind: Kind) -> Option<Table> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut begin = [0; 2];
    File::open(path).ok()?.read_exact(&mut begin).ok()?;
    let begins = [*b"PK", [0xd0, 0xcf]].contains(&begin);
    // What is wrong with it is said when it is opened to be read.
    begins.then(|| layout::open_unseen(path, kind, &Mapping::default(), &Vocabulary::default()).ok())?
}

impl Opened {
    /// Delivers it, to be held until it is committed.
    ///
    /// # Errors
    /// As [`crate::delivery::deliver_places`].
    pub(super) async fn deliver(
        &mut self,
        platform: &Platform,
        request_id: String,
        progress: &Progress,
    ) -> Result<Batch> {
        let terms = Terms { request_id, stage: true };
        match self {
            Self::Places(file) => send_places(platform, file, terms, progress).await,
            Self::Observations(file) => send_observations(platform, file, terms, progress).await,
        }
    }

    /// Says what kind of file it is and how it is read.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(super) fn show(&self, screen: &mut Screen) -> Result<()> {
        let table = self.table();
        let (name, about) = (table.file_name(), table.about());
        let (format, row) = (about.format.to_string(), about.header_row);
        let (zh, en) = match (&about.sheet, about.encoding) {
            (Some(sheet), _) => (format!("工作表“{sheet}”"), format!("sheet `{sheet}`")),
            (None, encoding) => {
                let encoding = encoding.map_or_else(String::new, |encoding| encoding.to_string());
                let delimiter = match about.delimiter {
                    Some('\t') => ("制表符".to_owned(), "a tab".to_owned()),
                    other => {
                        let shown = other.map_or_else(String::new, |it| format!("“{it}”"));
                        (shown.clone(), shown)
                    }
                };
                (
                    format!("编码 {encoding}，分隔符{}", delimiter.0),
                    format!("{encoding}, delimiter {}", delimiter.1),
                )
            }
        };
        screen.say(
            &format!("{name}：{format}，{zh}，表头在第 {row} 行"),
            &format!("{name}: {format}, {en}, header in row {row}"),
        )?;
        let Some(returned) = table.returned() else { return Ok(()) };
        let id = &returned.batch_id;
        screen.say(&format!("退回表，更正批次 {id}"), &format!("a returned sheet: corrects batch {id}"))
    }

    /// Says what was skipped or noticed.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(super) fn show_remarks(&self, screen: &mut Screen) -> Result<()> {
        let remarks = self.remarks();
        for remark in remarks.iter().take(REMARKS_SHOWN) {
            let Text { zh, en } = placed(remark);
            screen.say(&format!("· {zh}"), &format!("· {en}"))?;
        }
        match remarks.len().saturating_sub(REMARKS_SHOWN) {
            0 => Ok(()),
            more => screen.say(&format!("· 另有 {more} 条备注"), &format!("· and {more} more remarks")),
        }
    }

    /// What was noticed, in words.
    pub(super) fn remark_texts(&self) -> Vec<Text> {
        self.remarks().iter().map(placed).collect()
    }

    /// What is known of the file, as JSON.
    pub(super) fn about(&self) -> Value {
        let table = self.table();
        let about = table.about();
        let remark = |remark: &Remark| {
            let Text { zh, en } = &remark.message;
            json!({ "row": remark.row, "reason": remark.reason, "message": { "zh": zh, "en": en } })
        };
        json!({
            "format": about.format.to_string(),
            "encoding": about.encoding.map(|encoding| encoding.to_string()),
            "delimiter": about.delimiter.map(String::from),
            "sheet": about.sheet,
            "header_row": about.header_row,
            "columns": table.headers(),
            "remarks": self.remarks().iter().map(remark).collect::<Vec<_>>(),
        })
    }

    /// What the file calls the columns of the contracts.
    pub(super) fn names(&self) -> HashMap<String, String> {
        let (kind, by) = match self {
            Self::Places(file) => (Kind::Places, file.reading()),
            Self::Observations(file) => (Kind::Observations, file.reading()),
        };
        let (headers, mapping) = (self.table().headers(), Mapping::parse(&by.mapping).unwrap_or_default());
        let columns = layout::columns_of(kind, headers, &mapping);
        columns.into_iter().map(|(name, column)| (name, headers[column].clone())).collect()
    }

    fn table(&self) -> &Table {
        match self {
            Self::Places(file) => file.table(),
            Self::Observations(file) => file.table(),
        }
    }

    fn remarks(&self) -> Vec<Remark> {
        match self {
            Self::Places(file) => file.remarks(),
            Self::Observations(file) => file.remarks(),
        }
    }
}

/// A remark with the number of its row.
fn placed(remark: &Remark) -> Text {
    let Text { zh, en } = &remark.message;
    match remark.row.filter(|row| *row > 0) {
        Some(row) => Text::new(format!("第 {row} 行：{zh}"), format!("row {row}: {en}")),
        None => remark.message.clone(),
    }
}
