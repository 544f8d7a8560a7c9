//! `xiuhua export`: the result tables of an assessment as CSV files, one workbook or one JSON document, whole or a part.

mod account;
mod csv_folder;
mod document;
mod workbook;

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Result, bail};
use serde_json::json;
use xiuhua_contracts::scoring::v1::Assessment;

use self::account::Account;
pub(crate) use self::csv_folder::CsvFolder;
use self::document::Document;
use self::workbook::{Placed, Workbook};
use crate::cli::{ExportArgs, ExportFormat};
use crate::json;
use crate::method::UnusableInput;
use crate::names::Names;
use crate::platform::Platform;
use crate::reading::{Standing, each_place, find_run};
use crate::results::{Part, write_results};
use crate::screen::{Screen, told};
use crate::uncertainty::write_rank_intervals;

/// `xiuhua export`.
///
/// # Errors
/// If the assessment has no such part, or its place takes no file.
pub(crate) async fn export(platform: &Platform, arguments: &ExportArgs, screen: &mut Screen) -> Result<()> {
    let format = arguments.format.unwrap_or_else(|| format_of(&arguments.out));
    if arguments.bom && format != ExportFormat::Csv {
        bail!(UnusableInput(vec![told("--bom 只用于 CSV 文件", "--bom belongs to CSV files")]));
    }
    let run = find_run(platform, &arguments.run).await?;
    let part = part(platform, &run, arguments).await?;
    let standing = Standing::read(platform, &run).await?;
    let account = Account::of(&run, &part, &standing);
    match format {
        ExportFormat::Csv => {
            let mut files = CsvFolder::new(&arguments.out, arguments.bom)?;
            write_results(platform, &run, &part, &mut files).await?;
            write_rank_intervals(platform, &run, &part, &mut files).await?;
            files.finish()?;
        }
        ExportFormat::Json => {
            let mut document = Document::begin(&arguments.out, &json::assessment(&run), &account)?;
            write_results(platform, &run, &part, &mut document).await?;
            document.save(&arguments.out)?;
        }
        ExportFormat::Xlsx => {
            let places = places_of(platform, &run, "").await?;
            let mut book = Workbook::begin(&account, &places, screen)?;
            write_results(platform, &run, &part, &mut book).await?;
            book.save(&arguments.out)?;
        }
    }
    let out = arguments.out.display();
    screen
        .say(&format!("测评 {} 已写入 {out}", run.id), &format!("assessment {} written to {out}", run.id))?;
    let mut document = json::assessment(&run);
    document["export"] = json!({ "out": out.to_string(), "filters": account.filters() });
    screen.json(&document)
}

/// What a name ends in, else CSV files.
fn format_of(out: &Path) -> ExportFormat {
    let ending = out.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("xlsx") => ExportFormat::Xlsx,
        Some("json") => ExportFormat::Json,
        _ => ExportFormat::Csv,
    }
}

/// The part that is asked for.
async fn part(platform: &Platform, run: &Assessment, arguments: &ExportArgs) -> Result<Part> {
    let mut faults = Vec::new();
    let mut place_type = None;
    if let Some(asked) = &arguments.place_type {
        match Names::read(platform, run).await?.type_id(run, asked) {
            Ok(id) => place_type = Some(id),
            Err(UnusableInput(unknown)) => faults.extend(unknown),
        }
    }
    let mut town = None;
    if let Some(code) = &arguments.town {
        let places: HashSet<_> = places_of(platform, run, code).await?.into_keys().collect();
        if places.is_empty() {
            faults.push(told(format!("街镇 {code} 没有小区"), format!("no place in a town {code}")));
        }
        town = Some((code.clone(), places));
    }
    if faults.is_empty() {
        return Ok(Part { place_type, town });
    }
    bail!(UnusableInput(faults))
}

/// The places of a town, or of all, as the assessment saw them.
async fn places_of(platform: &Platform, run: &Assessment, town_code: &str) -> Result<Placed> {
    let mut found = Placed::new();
    each_place(platform, run, town_code, |place| {
        found.insert(place.id, [place.name, place.town_name, place.committee]);
    })
    .await?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_place_says_what_is_written() {
        let of = |name: &str| format_of(Path::new(name));
        assert_eq!(of("a/2021.XLSX"), ExportFormat::Xlsx);
        assert_eq!(of("2021.json"), ExportFormat::Json);
        assert_eq!(of("results"), ExportFormat::Csv);
        assert_eq!(of("results.2021"), ExportFormat::Csv);
    }
}
