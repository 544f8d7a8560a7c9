//! The report (报告) that a leader reads: facts of an assessment in, one HTML page and a PDF of a few pages out.
//!
//! Pure: it knows no service and no clock, and the same facts and fonts give the same bytes. The facts are worded once,
//! as a [`Document`] of blocks; the page and the PDF are both made of that.
//!
//! | file | holds |
//! |---|---|
//! | `facts` | what a report says, as numbers and names |
//! | `sections` | the facts in words, section by section |
//! | `structure` | how the indicators go together, and what to look at, in words |
//! | `document`, `drawing`, `charts`, `heat_map` | blocks; a chart as marks; the charts |
//! | `fonts` | fonts found, measured and cut down |
//! | `html`, `pdf` | the page; the pages |
//! | `colour`, `figures` | the few colours; numbers as they are printed |

mod charts;
mod colour;
mod document;
mod drawing;
pub mod facts;
pub mod figures;
mod fonts;
mod heat_map;
mod html;
mod pdf;
mod sections;
pub mod structure;

pub use crate::document::{Document, Language};
pub use crate::fonts::{FontFault, Fonts};
pub use crate::html::html;
pub use crate::pdf::{PdfFault, pdf};
pub use crate::sections::report;
