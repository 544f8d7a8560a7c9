//! What is read of a table by those who know what its columns mean: places, observations, and drafts of mappings.

use std::path::Path;

use xiuhua_spreadsheets::cell::CellFault;
use xiuhua_spreadsheets::layout::{self, Kind, Mapping, Measure, Vocabulary};
use xiuhua_spreadsheets::observations::ObservationReader;
use xiuhua_spreadsheets::places::PlaceReader;
use xiuhua_spreadsheets::table::{Text, UnusableFile};

/// Reads a file as everything that it may be.
pub(crate) fn check(path: &Path) {
    // That it is not of a kind, or of none, is no find; that a draft is no mapping is one.
    let _ = places(path);
    let _ = observations(path);
    let _ = draft(path);
}

fn vocabulary() -> Vocabulary {
    let mut vocabulary = Vocabulary::default();
    let measures =
        [("A1.1", "三会制度", "kinds"), ("B2.1", "是否成立业委会", "yes/no"), ("C1.2", "物业费收缴率", "%")];
    for (code, name, unit) in measures {
        let name = Text::new(name, code);
        let measure = Measure { id: format!("measure_{code}"), unit: unit.to_owned(), name: name.clone() };
        let position = vocabulary.add_measure(measure);
        vocabulary.add_leaf(code, &name, Some(position));
    }
    vocabulary
}

fn places(path: &Path) -> Result<(), UnusableFile> {
    let mapping = Mapping::default();
    let table = layout::open(path, Kind::Places, &mapping, &Vocabulary::default())?;
    let mut reader = PlaceReader::new(table, path, &mapping)?;
    let mut last = 0;
    while let Some(place) = reader.next_place()? {
        assert!(place.row > last, "row numbers do not grow");
        last = place.row;
        assert_said(&place.faults);
        assert!(place.attributes.iter().all(|(name, text)| !name.is_empty() && !text.is_empty()));
    }
    Ok(())
}

fn observations(path: &Path) -> Result<(), UnusableFile> {
    let mapping = Mapping::default();
    let vocabulary = vocabulary();
    let table = layout::open(path, Kind::Observations, &mapping, &vocabulary)?;
    let mut reader = ObservationReader::new(table, path, &mapping, vocabulary)?;
    let mut last = 0;
    loop {
        let mut row = last;
        let more = reader.read_row(|statement| {
            assert!(statement.value.is_finite(), "{} is no value", statement.value);
            assert_said(statement.faults);
            assert!(statement.row > last, "row numbers do not grow");
            row = statement.row;
        })?;
        last = row;
        if !more {
            return Ok(());
        }
    }
}

fn draft(path: &Path) -> Result<(), UnusableFile> {
    for kind in [Kind::Places, Kind::Observations] {
        let vocabulary = vocabulary();
        let mut table = layout::open(path, kind, &Mapping::default(), &vocabulary)?;
        let draft = layout::propose(&mut table, kind, &vocabulary)?;
        let faults = Mapping::parse(&draft).err();
        assert!(faults.is_none(), "a draft is no mapping: {faults:?}\n{draft}");
    }
    Ok(())
}

fn assert_said(faults: &[CellFault]) {
    for fault in faults {
        assert!(!fault.reason.is_empty() && !fault.message.zh.is_empty() && !fault.message.en.is_empty());
    }
}
