//! A report as a PDF of A4 pages: tagged (PDF/UA-1), its fonts embedded as subsets, the same bytes for the same report.

mod composing;
mod lines;
mod pages;
mod painting;
mod tables;

use crate::document::Document;
use crate::fonts::{FontFault, Fonts, Measure};
use crate::pdf::composing::Composer;
use crate::pdf::pages::paginate;

/// Width of a page: A4.
const PAGE_WIDTH: f64 = 595.0;
/// Height of a page.
const PAGE_HEIGHT: f64 = 842.0;
/// What stays free left and right.
const MARGIN: f64 = 50.0;
/// Width of the text.
const TEXT_WIDTH: f64 = PAGE_WIDTH - 2.0 * MARGIN;
/// Where the text begins.
const TOP: f64 = 52.0;
/// Where the text ends at the latest.
const BOTTOM: f64 = PAGE_HEIGHT - 58.0;

/// The PDF cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PdfFault {
    /// Fonts cannot be used.
    #[error(transparent)]
    Font(#[from] FontFault),
    /// What was composed breaks a rule of PDF.
    #[error("the PDF cannot be written / 无法写出 PDF: {0}")]
    Unwritable(String),
}

/// Writes a report as PDF.
///
/// # Errors
/// [`PdfFault`] if the fonts cannot be used.
pub fn pdf(document: &Document, fonts: &Fonts) -> Result<Vec<u8>, PdfFault> {
    let regular = Measure::new(&fonts.regular)?;
    let bold = Measure::new(&fonts.bold)?;
    let mut composer = Composer { regular, bold, tables: 0, language: document.language };
    let items = composer.document(document);
    let pages = paginate(items);
    painting::paint(document, &pages, fonts, &mut composer)
}
