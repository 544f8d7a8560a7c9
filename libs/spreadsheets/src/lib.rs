//! What offices send and what they get back: spreadsheets as people make them, read into rows; and rows returned in
//! spreadsheets that people can mend.
//!
//! | room | holds |
//! |---|---|
//! | [`table`] | a file of any kind (CSV in any usual encoding, Excel, ODS) as one table: a header, rows of cells |
//! | [`cell`] | what a cell says: tolerant parsers to numbers, periods, yes and no, ids |
//! | [`layout`] | which column means what: fields and their synonyms, indicators, mapping files, a draft of one |
//! | [`judgements`] | pairwise judgements of experts, a row a pair |
//! | [`places`], [`observations`] | typed rows, each with everything that is wrong with it |
//! | [`coordinates`] | points of maps made in China, turned into WGS-84 |
//! | [`book`] | workbooks written: styles, widths, texts that are never formulas |
//! | [`returned`] | rejected rows in the sender's own columns, with what is wrong with each |
//! | [`template`] | workbooks to fill in, which refuse what cannot be right |
//!
//! Nothing here knows a service or a contract: a door turns what is read into its messages. Reading never refuses a row
//! by itself: what could not be understood is said beside the row, with its column and a sentence in both languages.

pub mod book;
pub mod cell;
pub mod coordinates;
pub mod judgements;
pub mod layout;
pub mod observations;
pub mod places;
pub mod returned;
pub mod table;
pub mod template;
