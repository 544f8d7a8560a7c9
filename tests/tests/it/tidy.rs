//! Rules of the repository that no compiler keeps. Each says what to do instead.

use std::path::Path;

use xiuhua_tests::repository::{self, File};

/// Files over the limit, each with its reason. An entry that is no longer needed fails too.
const LONG_FILES: &[(&str, &str)] = &[
    ("proto/xiuhua/ingestion/v1/ingestion.proto", "a message that moves to another file breaks the contract"),
    ("proto/xiuhua/scoring/v1/scoring.proto", "a message that moves to another file breaks the contract"),
];
/// Longest hand-written source file, in lines. Look for the seam from 300 on.
const LONGEST: usize = 500;
/// Longest `main.rs`: it reads like a list.
const LONGEST_MAIN: usize = 60;
/// Names that become drawers: anything fits in, nothing is found again.
const DRAWERS: [&str; 8] = ["common", "helper", "helpers", "misc", "types", "util", "utils", "shared"];
/// Largest file of data, in bytes. Tests carry vectors, not collections.
const LARGEST_DATA: usize = 64 * 1024;

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    none(sources().into_iter().filter_map(|file| {
        let lines = file.lines().count();
        let excepted = LONG_FILES.iter().any(|(path, _)| *path == file.path);
        match (lines > LONGEST, excepted) {
            (true, false) => Some(format!("{} has {lines} lines: where is the seam?", file.path)),
            (false, true) => Some(format!("{} needs no exception any more", file.path)),
            _ => None,
        }
    }));
    let gone = LONG_FILES.iter().filter(|(path, _)| !sources().iter().any(|file| file.path == *path));
    none(gone.map(|(path, _)| format!("{path} is gone and needs no exception")));
}

#[test]
fn every_main_reads_like_a_list() {
    let mains = sources().into_iter().filter(|file| file.ends_with("src/main.rs"));
    let long = mains.filter(|file| file.lines().count() > LONGEST_MAIN);
    none(long.map(|file| {
        format!("{} is over {LONGEST_MAIN} lines: what it does belongs in the library", file.path)
    }));
}

#[test]
fn no_room_is_a_drawer() {
    none(repository::files().into_iter().filter_map(|file| {
        let parts = Path::new(&file.path).iter().filter_map(|part| Path::new(part).file_stem()?.to_str());
        let drawer = parts.into_iter().any(|part| DRAWERS.contains(&part));
        drawer.then(|| format!("{}: name what is in it", file.path))
    }));
}

#[test]
fn every_rust_file_says_what_it_is_for() {
    let files = sources().into_iter().filter(|file| file.ends_with(".rs"));
    let silent = files.filter(|file| {
        let first = file.lines().map(|(_, line)| line).find(|line| !line.is_empty());
        !first.is_some_and(|line| line.starts_with("//!"))
    });
    none(silent.map(|file| format!("{} begins without `//!`", file.path)));
}

#[test]
fn nothing_is_left_unfinished_or_disarmed() {
    // Put together here, so that this file does not accuse itself.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("#[ign", "ore"),
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
        concat!("#[should_", "panic"),
    ];
    none(sources().iter().flat_map(|file| lines_with(file, &marks, "finish it or take it out")));
    let pages: Vec<_> = repository::files().into_iter().filter(|file| file.ends_with(".md")).collect();
    none(pages.iter().flat_map(|file| lines_with(file, &marks, "finish it or take it out")));
}

#[test]
fn domains_are_pure() {
    let strangers = [
        "xiuhua_contracts",
        "xiuhua_service_kit",
        "sqlx::",
        "tonic::",
        "prost::",
        "tokio::",
        "async fn",
        ".await",
    ];
    let domains: Vec<_> = sources().into_iter().filter(|file| is_domain(&file.path)).collect();
    none(
        domains
            .iter()
            .flat_map(|file| lines_with(file, &strangers, "a domain knows no door and waits for nothing")),
    );
}

#[test]
fn only_stores_speak_sql() {
    let code = sources().into_iter().filter(|file| file.ends_with(".rs") && file.path.contains("/src/"));
    let others: Vec<_> = code.filter(|file| !is_store(&file.path)).collect();
    none(others.iter().flat_map(|file| lines_with(file, &["sqlx::"], "this belongs in the store")));
}

#[test]
fn a_contract_lies_where_its_package_says() {
    let contracts: Vec<_> = sources().into_iter().filter(|file| file.ends_with(".proto")).collect();
    assert!(!contracts.is_empty());
    none(contracts.iter().filter_map(|file| {
        let package = file.lines().find_map(|(_, line)| line.strip_prefix("package ")?.strip_suffix(';'));
        let folder = format!("proto/{}/", package.unwrap_or_default().replace('.', "/"));
        (!file.path.starts_with(&folder)).then(|| format!("{} is of package {package:?}", file.path))
    }));
    none(contracts.iter().filter_map(|file| {
        let services = file.lines().filter(|(_, line)| line.starts_with("service ")).count();
        (services > 1).then(|| format!("{} has {services} services: one a file", file.path))
    }));
}

#[test]
fn every_service_says_what_it_is() {
    let files = repository::files();
    let manifests =
        files.iter().filter(|file| file.path.starts_with("services/") && file.ends_with("/Cargo.toml"));
    let readmes = manifests.map(|manifest| manifest.path.replace("Cargo.toml", "README.md"));
    none(
        readmes
            .filter(|path| !files.iter().any(|file| file.path == *path))
            .map(|path| format!("{path} is missing")),
    );
}

#[test]
fn the_repository_holds_text_and_small_data() {
    none(repository::files().into_iter().filter_map(|file| {
        let is_data = [".csv", ".json", ".jsonl", ".tsv"].iter().any(|end| file.ends_with(end));
        let large = is_data && !file.is_generated() && file.bytes.len() > LARGEST_DATA;
        if file.text().is_none() {
            Some(format!("{} is not UTF-8: binaries do not belong here", file.path))
        } else {
            large.then(|| format!("{}: {} bytes of data", file.path, file.bytes.len()))
        }
    }));
}

#[test]
fn no_file_of_the_real_data_is_here() {
    let Some(folder) = xtask::real_data::folder() else { return };
    let real = names(&folder);
    none(repository::files().into_iter().filter(|file| !file.ends_with("README.md")).filter_map(|file| {
        let name = Path::new(&file.path).file_name()?.to_str()?;
        let copied = real.iter().any(|it| it == name);
        copied.then(|| format!("{}: real data is read in place, never copied", file.path))
    }));
}

#[test]
fn nothing_names_a_place_on_one_persons_machine() {
    let places =
        [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];
    let files: Vec<_> = repository::files().into_iter().filter(|file| !file.is_generated()).collect();
    none(files.iter().flat_map(|file| {
        let named = file.lines().filter(|(_, line)| places.iter().any(|place| line.contains(place)));
        named.map(|(number, line)| format!("{}:{number}: {line}", file.path))
    }));
}

/// All offences at once, or none.
fn none(offences: impl Iterator<Item = String>) {
    let offences: Vec<_> = offences.collect();
    assert!(offences.is_empty(), "{} offences:\n{}", offences.len(), offences.join("\n"));
}

/// Lines that hold one of the marks; comments too, for a mark is meant there as well.
fn lines_with(file: &File, marks: &[&str], advice: &str) -> Vec<String> {
    let held = file.lines().filter(|(_, line)| marks.iter().any(|mark| line.contains(mark)));
    held.map(|(number, line)| format!("{}:{number}: {advice}: {}", file.path, line.trim())).collect()
}

/// Hand-written sources.
fn sources() -> Vec<File> {
    let ends = [".rs", ".proto", ".py", ".sql", ".sh"];
    let is_source = |file: &File| !file.is_generated() && ends.iter().any(|end| file.ends_with(end));
    repository::files().into_iter().filter(is_source).collect()
}

fn is_domain(path: &str) -> bool {
    path.starts_with("services/") && (path.contains("/src/domain/") || path.ends_with("/src/domain.rs"))
}

/// The store of a service, its error enum (which keeps the cause), or the kit that opens databases.
fn is_store(path: &str) -> bool {
    path.contains("/src/store")
        || path.ends_with("/src/error.rs")
        || path.starts_with("libs/service-kit/src/")
}

/// Names of all files under a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder of real data is readable");
    let paths = entries.map(|entry| entry.expect("the folder is read to its end").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                names(&path)
            } else {
                vec![path.file_name().expect("a file has a name").to_string_lossy().into_owned()]
            }
        })
        .collect()
}
