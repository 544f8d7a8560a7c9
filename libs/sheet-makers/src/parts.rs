//! What a file of Excel or OpenDocument is made of: parts in a zip, or streams in a compound file.

use std::io::{Cursor, Read as _, Write as _};

use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, ZipArchive};

/// Name and bytes of each part.
pub type Parts = Vec<(String, Vec<u8>)>;

/// A zip of these parts. `mimetype` is kept as it is, for OpenDocument wants its kind readable without a reader.
///
/// # Panics
/// Two parts have one name.
#[must_use]
pub fn zipped(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let packed = |name: &str| {
        if name == "mimetype" { CompressionMethod::Stored } else { CompressionMethod::Deflated }
    };
    written(parts, packed)
}

/// The same without packing, for whoever makes thousands.
///
/// # Panics
/// As [`zipped`].
#[must_use]
pub fn stored(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    written(parts, |_| CompressionMethod::Stored)
}

fn written(parts: &[(String, Vec<u8>)], method: impl Fn(&str) -> CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let options = SimpleFileOptions::default().compression_method(method(name));
        zip.start_file(name.as_str(), options).expect("memory can be written");
        zip.write_all(bytes).expect("memory can be written");
    }
    zip.finish().expect("memory can be written").into_inner()
}

/// The parts of a zip.
///
/// # Panics
/// It is none.
#[must_use]
pub fn unzipped(file: &[u8]) -> Parts {
    let mut archive = ZipArchive::new(Cursor::new(file)).expect("a zip");
    let mut parts = Parts::new();
    for nth in 0..archive.len() {
        let mut part = archive.by_index(nth).expect("a part of the zip");
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).expect("an honest part");
        parts.push((part.name().expect("an honest name").into_owned(), bytes));
    }
    parts
}

/// The same file with another text in one of its parts.
///
/// # Panics
/// It is no zip or has no such part.
#[must_use]
pub fn replaced(file: &[u8], name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut parts = unzipped(file);
    let part = parts.iter_mut().find(|(of, _)| of == name).expect("the part is there");
    part.1 = bytes.to_vec();
    zipped(&parts)
}

/// A compound file with these streams, such as an .xls with its stream `Workbook`.
///
/// # Panics
/// A name that no stream can have.
#[must_use]
pub fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("memory can be written");
    for (name, bytes) in streams {
        let written = file.create_stream(name).and_then(|mut stream| stream.write_all(bytes));
        written.expect("memory can be written");
    }
    file.flush().expect("memory can be written");
    file.into_inner().into_inner()
}
