//! A file on its way in: opened, understood, delivered to be held until somebody commits it.

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_contracts::ingestion::v1::{Batch, SheetLayout};
use xiuhua_contracts::normalization::v1::RegisterCatalogRequest;
use xiuhua_spreadsheets::table::Text;

use crate::cli::{ImportArgs, ImportKind};
use crate::delivery::{Terms, send_observations, send_places};
use crate::intake::observations::{Indicators, ObservationFile};
use crate::intake::places::PlaceFile;
use crate::intake::{Document, Mapping, observations, places};
use crate::method;
use crate::platform::{Platform, request_id};
use crate::progress::Progress;
use crate::screen::Screen;
use crate::templates::CATALOG;

/// An open file.
pub(super) struct Opened {
    rows: Rows,
    layout: SheetLayout,
    corrects_batch_id: String,
}

enum Rows {
    Places(PlaceFile),
    Observations(ObservationFile),
}

/// Opens the file that the arguments name.
pub(super) async fn open(platform: &Platform, arguments: &ImportArgs) -> Result<Opened> {
    let mapping = arguments.mapping.as_deref().map(Mapping::read).transpose()?.unwrap_or_default();
    let mut layout = SheetLayout { format: "csv".to_owned(), delimiter: ",".to_owned(), header_row: 1, ..Default::default() };
    let rows = match arguments.kind {
        ImportKind::Places => {
            let document = Document::open(&arguments.file, &mapping, &places::REQUIRED)?;
            layout.columns = document.columns().map(|(_, header, _)| header.to_owned()).collect();
            Rows::Places(PlaceFile::new(document))
        }
        ImportKind::Observations => {
            let (catalog, toml) = method::catalog(arguments.catalog.as_deref().unwrap_or(CATALOG))?;
            let document = Document::open(&arguments.file, &mapping, &observations::REQUIRED)?;
            layout.columns = document.columns().map(|(_, header, _)| header.to_owned()).collect();
            let request = RegisterCatalogRequest { request_id: request_id(), toml };
            platform.normalization().register_catalog(request).await?;
            layout.catalog_id.clone_from(&catalog.id);
            layout.catalog_version.clone_from(&catalog.version);
            Rows::Observations(ObservationFile::new(document, Indicators::of(&catalog)))
        }
    };
    Ok(Opened { rows, layout, corrects_batch_id: String::new() })
}

impl Opened {
    /// Delivers it, to be held until it is committed.
    pub(super) async fn deliver(
        &mut self,
        platform: &Platform,
        request_id: String,
        progress: &Progress,
    ) -> Result<Batch> {
        let terms = Terms {
            request_id,
            stage: true,
            layout: Some(self.layout.clone()),
            corrects_batch_id: self.corrects_batch_id.clone(),
        };
        match &mut self.rows {
            Rows::Places(file) => send_places(platform, file, terms, progress).await,
            Rows::Observations(file) => send_observations(platform, file, terms, progress).await,
        }
    }

    /// Says what kind of file it is and how it is read.
    pub(super) fn show(&self, _screen: &mut Screen) -> Result<()> {
        Ok(())
    }

    /// Says what was skipped or noticed.
    pub(super) fn show_remarks(&self, _screen: &mut Screen) -> Result<()> {
        Ok(())
    }

    /// What was noticed, in words.
    pub(super) fn remark_texts(&self) -> Vec<Text> {
        Vec::new()
    }

    /// What is known of the file, as JSON.
    pub(super) fn about(&self) -> Value {
        json!({ "format": self.layout.format })
    }
}
