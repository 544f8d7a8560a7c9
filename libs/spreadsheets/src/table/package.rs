//! Parts of an Office package (ECMA-376 part 2) that calamine keeps to itself: which part holds which sheet.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::Text;
use super::archive::{damaged, usual};

/// Reads a part; empty if there is none. It was looked at, and is within the limits.
///
/// # Errors
/// If it is damaged.
pub(super) fn part(archive: &[u8], name: &str) -> Result<Vec<u8>, Text> {
    let mut zip = ZipArchive::new(Cursor::new(archive)).map_err(|error| damaged(&error))?;
    let mut bytes = Vec::new();
    let wanted = usual(name);
    let same = |known: &str| usual(known) == wanted;
    let place = (0..zip.len())
        .find(|at| zip.by_index_raw(*at).is_ok_and(|part| part.name().is_ok_and(|known| same(&known))));
    if let Some(place) = place {
        let mut file = zip.by_index(place).map_err(|error| damaged(&error))?;
        file.read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
    }
    Ok(bytes)
}

/// Targets of the relationships of a workbook, by id, as names of parts.
///
/// # Errors
/// If they are damaged.
pub(super) fn relationships(archive: &[u8], workbook: &str) -> Result<BTreeMap<String, String>, Text> {
    let bytes = part(archive, &format!("xl/_rels/{workbook}.rels"))?;
    let mut targets = BTreeMap::new();
    for_each_element(&bytes, |element| {
        let is_relationship = element.local_name().as_ref() == "Relationship";
        if let (true, Some(id), Some(target)) =
            (is_relationship, attribute(element, "Id"), attribute(element, "Target"))
        {
            let part = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
            targets.insert(id, part);
        }
    })?;
    Ok(targets)
}

/// The part of every sheet of an .xlsx, by the name of the sheet.
///
/// # Errors
/// If the workbook is damaged.
pub(super) fn sheet_parts(archive: &[u8]) -> Result<BTreeMap<String, String>, Text> {
    let targets = relationships(archive, "workbook.xml")?;
    let bytes = part(archive, "xl/workbook.xml")?;
    let mut parts = BTreeMap::new();
    for_each_element(&bytes, |element| {
        if element.local_name().as_ref() == "sheet" {
            let target = attribute(element, "r:id").and_then(|id| targets.get(&id).cloned());
            if let (Some(name), Some(target)) = (attribute(element, "name"), target) {
                parts.insert(name, target);
            }
        }
    })?;
    Ok(parts)
}

/// The value of an attribute.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0).ok().map(|value| value.into_owned())
}

fn for_each_element(bytes: &[u8], mut see: impl FnMut(&BytesStart<'_>)) -> Result<(), Text> {
    let mut reader = Reader::from_reader(bytes);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|error| damaged(&error))? {
            Event::Start(element) | Event::Empty(element) => see(&element),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}
