//! Rejected rows back to their sender: the open rows of a batch in a workbook of the sender's own layout.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tokio::task::block_in_place;
use xiuhua_contracts::ingestion::v1::{
    Batch, BatchKind, QuarantineState, RejectedRow as Rejected, RejectionReason, SheetLayout,
};
use xiuhua_indicators::catalog::Bounds;
use xiuhua_spreadsheets::layout::Kind;
use xiuhua_spreadsheets::returned::{
    self, Corrections, Delivery, Fault, Positions, RejectedRow, Returned, Summary, Written,
};
use xiuhua_spreadsheets::table::{Table, Text};

use super::opening::registered;
use crate::intake::{Mapping, vocabulary};
use crate::method::UnusableInput;
use crate::platform::Platform;
use crate::quarantine::each_row;
use crate::results::file_column;
use crate::screen::told;

/// What stands between the name of a file and that of its returned sheet.
const MARK: &str = "待修改";

/// Writes the open rows of a batch as a returned sheet.
///
/// # Errors
/// If the batch was delivered without saying how its file is laid out, the service cannot be read, or the workbook
/// cannot be written.
pub(crate) async fn write_open_rows(
    platform: &Platform,
    batch: &Batch,
    remarks: Vec<Text>,
    path: &Path,
) -> Result<Written> {
    let Some(layout) = batch.layout.as_ref().filter(|layout| !layout.columns.is_empty()) else {
        bail!(UnusableInput(vec![told(
            format!("批次 {} 没有记录文件版式，无法写回", batch.id),
            format!(
                "batch {} does not say how its file is laid out, so its rows cannot be written back",
                batch.id
            ),
        )]));
    };
    let delimiter = layout.delimiter.bytes().next().unwrap_or(b',');
    let delivery = Delivery {
        batch_id: &batch.id,
        kind: if batch.kind() == BatchKind::Places { "places" } else { "observations" },
        file_name: &batch.file_name,
        columns: &layout.columns,
        delimiter,
    };
    let columns = Columns::of(platform, layout, batch.kind(), delimiter).await?;
    let mut returned = Returned::begin(&delivery)?;
    each_row(platform, &batch.id, QuarantineState::Open, |row| {
        let row = row.row.context("the service answered without a row")?;
        Ok(block_in_place(|| returned.push(columns.resolve(row, Called::BySender)))?)
    })
    .await?;
    let counts = batch.counts.unwrap_or_default();
    let counts = [counts.read, counts.accepted, counts.corrected, counts.duplicate, counts.rejected];
    Ok(block_in_place(|| returned.finish(&Summary { counts, remarks }, path))?)
}

/// The rejected rows that a returned sheet brings again, with what was wrong with them. The table is left at its end.
///
/// # Errors
/// If the sheet or the service cannot be read.
pub(super) async fn corrections(
    platform: &Platform,
    batch: &Batch,
    table: &mut Table,
) -> Result<Corrections> {
    let mut brought = HashSet::new();
    block_in_place(|| {
        while let Some(row) = table.next_row()? {
            brought.extend(row.closes_row);
        }
        anyhow::Ok(())
    })?;
    let layout = batch.layout.clone().unwrap_or_default();
    let delimiter = layout.delimiter.bytes().next().unwrap_or(b',');
    let columns = Columns::of(platform, &layout, batch.kind(), delimiter).await?;
    let mut corrections = Corrections::new(&layout.columns, delimiter, table.headers(), &columns.positions);
    each_row(platform, &batch.id, QuarantineState::Unspecified, |row| {
        let row = row.row.context("the service answered without a row")?;
        if brought.contains(&row.row) {
            corrections.push(columns.resolve(row, Called::OnRecord));
        }
        Ok(())
    })
    .await?;
    Ok(corrections)
}

/// By what name a fault calls its column.
#[derive(Clone, Copy)]
enum Called {
    /// As the file spells it.
    BySender,
    /// As the service keeps it.
    OnRecord,
}

/// What is needed to find the cells at fault in a sender's rows.
pub(crate) struct Columns {
    positions: Positions,
    /// Natural bounds by measure id.
    bounds: HashMap<String, Bounds>,
    delimiter: u8,
}

impl Columns {
    /// Of the file that a batch came from; `None` where the batch does not say how that is laid out.
    ///
    /// # Errors
    /// If its catalog cannot be read.
    pub(crate) async fn of_batch(platform: &Platform, batch: &Batch) -> Result<Option<Self>> {
        let Some(layout) = batch.layout.as_ref().filter(|layout| !layout.columns.is_empty()) else {
            return Ok(None);
        };
        let delimiter = layout.delimiter.bytes().next().unwrap_or(b',');
        Ok(Some(Self::of(platform, layout, batch.kind(), delimiter).await?))
    }

    /// The columns at fault in a row, as its sheet calls them.
    pub(crate) fn at_fault(&self, rejected: &Rejected) -> Vec<String> {
        let mut columns = Vec::new();
        for fault in self.resolve(rejected.clone(), Called::BySender).faults {
            if !columns.contains(&fault.column) {
                columns.push(fault.column);
            }
        }
        columns
    }

    async fn of(platform: &Platform, layout: &SheetLayout, kind: BatchKind, delimiter: u8) -> Result<Self> {
        // What it was read by was read once; what cannot be found again leaves the cells of a row unmarked.
        let mapping = Mapping::parse(&layout.mapping).unwrap_or_default();
        let catalog = match layout.catalog_id.as_str() {
            "" => None,
            id => registered(platform, id, &layout.catalog_version).await?,
        };
        let vocabulary = catalog.as_ref().map(|(catalog, _)| vocabulary(catalog)).unwrap_or_default();
        let measures = catalog.into_iter().flat_map(|(catalog, _)| catalog.measures);
        let kind = if kind == BatchKind::Places { Kind::Places } else { Kind::Observations };
        Ok(Self {
            positions: Positions::find(kind, &layout.columns, &mapping, &vocabulary),
            bounds: measures.map(|measure| (measure.id, measure.bounds)).collect(),
            delimiter,
        })
    }

    fn resolve(&self, rejected: Rejected, names: Called) -> RejectedRow {
        let cells = returned::cells(&rejected.original, self.delimiter);
        let is_outside = |measure: &str, value: f64| {
            self.bounds.get(measure).is_some_and(|bounds| !bounds.contains(value))
        };
        let fault = |reason: RejectionReason| {
            let message = reason.message.unwrap_or_default();
            let column = file_column(&reason.column);
            let found = self.positions.of(column, &message.zh, &cells, is_outside);
            let called = self.positions.called(&found);
            Fault {
                column: match names {
                    Called::OnRecord => reason.column.clone(),
                    Called::BySender if called.is_empty() => column.to_owned(),
                    Called::BySender => called,
                },
                cells: found,
                reason: reason.reason,
                message: Text::new(message.zh, message.en),
            }
        };
        let faults = rejected.reasons.into_iter().map(fault).collect();
        RejectedRow { row: rejected.row, faults, original: rejected.original }
    }
}

/// Where a file's rejected rows go if nobody says: beside it, under a name that is still free. `None` where there is no
/// place beside it, as for a pipe.
pub(super) fn free_path(file: &Path) -> Option<PathBuf> {
    if file.metadata().is_ok_and(|metadata| metadata.is_file()) { free_beside(file) } else { None }
}

/// A free name beside a file, which need not be there itself.
pub(crate) fn free_beside(file: &Path) -> Option<PathBuf> {
    let stem = file.file_stem()?.to_string_lossy().into_owned();
    (1..1000).map(|number| file.with_file_name(name(&stem, number))).find(|path| !path.exists())
}

/// The file name of a batch's returned sheet.
pub(crate) fn file_name_of(batch: &Batch) -> String {
    let stem = Path::new(&batch.file_name).file_stem().unwrap_or_default();
    name(&stem.to_string_lossy(), 1)
}

/// `a.待修改.xlsx`, `a.待修改-2.xlsx`…; of a returned sheet itself as of the file it came from.
fn name(stem: &str, number: u32) -> String {
    let (stem, _) = stem.split_once(&format!(".{MARK}")).unwrap_or((stem, ""));
    if number == 1 { format!("{stem}.{MARK}.xlsx") } else { format!("{stem}.{MARK}-{number}.xlsx") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_returned_sheet_stands_beside_its_file_and_overwrites_none() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("小区.csv");
        assert_eq!(free_path(&file), None);
        std::fs::write(&file, "").unwrap();
        let first = free_path(&file).unwrap();
        assert_eq!(first, dir.path().join("小区.待修改.xlsx"));
        std::fs::write(&first, "").unwrap();
        let second = dir.path().join("小区.待修改-2.xlsx");
        assert_eq!(free_path(&first), Some(second.clone()));
        std::fs::write(&second, "").unwrap();
        assert_eq!(free_path(&second), Some(dir.path().join("小区.待修改-3.xlsx")));
    }
}
