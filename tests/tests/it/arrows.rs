//! Who calls whom. Data flows right, knowledge flows left: a stage may call any stage before it and never names one
//! after it. A service calls an API exactly if its manifest enables that feature of `xiuhua-contracts`; the whole list
//! is `tests/golden/arrows.txt`, changed by hand and on purpose.

use std::collections::BTreeSet;

use xiuhua_tests::repository::{self, File};

/// The stages in the order data takes.
const LINE: [&str; 4] = ["ingestion", "classification", "normalization", "scoring"];
/// Features of `xiuhua-contracts` that are no API.
const NOT_AN_API: [&str; 3] = ["client", "server", "reflection"];
/// The command: every service in one process, and a client of them.
const COMMAND: &str = "xiuhua";

#[test]
fn services_call_whom_the_golden_file_says() {
    let arrows: BTreeSet<String> = services()
        .iter()
        .flat_map(|service| {
            let called = apis(service).into_iter().filter(move |api| api != service);
            called.map(move |api| format!("{service} -> {api}"))
        })
        .collect();
    let golden: BTreeSet<String> =
        repository::text("tests/golden/arrows.txt").lines().map(str::to_owned).collect();

    let new: Vec<_> = arrows.difference(&golden).collect();
    let gone: Vec<_> = golden.difference(&arrows).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "the manifests and tests/golden/arrows.txt disagree: only in the manifests {new:?}, only in the file {gone:?}"
    );
}

#[test]
fn no_arrow_points_forward() {
    for arrow in repository::text("tests/golden/arrows.txt").lines() {
        let (caller, called) = arrow.split_once(" -> ").expect("an arrow is `caller -> called`");
        let stage = |name: &str| {
            LINE.iter().position(|it| *it == name).unwrap_or_else(|| panic!("{name} is not on the line"))
        };
        if caller != COMMAND {
            assert!(stage(called) < stage(caller), "{arrow}: a stage never names one after it");
        }
    }
}

#[test]
fn only_the_command_links_services_together() {
    for service in services().iter().filter(|service| *service != COMMAND) {
        let linked: Vec<_> = dependencies(&format!("services/{service}/Cargo.toml"))
            .into_iter()
            .filter(|name| services().iter().any(|other| *name == format!("xiuhua-{other}")))
            .collect();
        assert!(linked.is_empty(), "{service} must speak to {linked:?} through contracts");
    }
}

#[test]
fn libraries_know_no_service_and_the_pure_one_knows_nothing_of_the_house() {
    for (library, allowed) in [
        ("checked-toml", &[][..]),
        ("indicators", &["xiuhua-checked-toml"]),
        ("private-postgres", &[]),
        ("report", &[]),
        // Itself, with the feature for tests, and the server that these need.
        ("service-kit", &["xiuhua-service-kit", "xiuhua-private-postgres"]),
        ("contracts", &["xtask"]), // its freshness test
    ] {
        let manifest = format!("libs/{library}/Cargo.toml");
        let ours: Vec<_> = dependencies(&manifest)
            .into_iter()
            .filter(|name| name.starts_with("xiuhua") || name == "xtask")
            .filter(|name| !allowed.contains(&name.as_str()))
            .collect();
        assert!(ours.is_empty(), "{manifest}: {ours:?}");
    }
    let waiting = ["tokio", "sqlx", "tonic", "prost", "rand", "jiff"];
    for library in ["indicators", "checked-toml", "report"] {
        let pure = dependencies(&format!("libs/{library}/Cargo.toml"));
        assert!(
            pure.iter().all(|name| !waiting.contains(&name.as_str())),
            "libs/{library} is pure: {pure:?}"
        );
    }
}

/// Features are shared across a workspace build, so the compiler alone would let a service use an API it never named.
#[test]
fn a_service_uses_only_the_apis_its_manifest_names() {
    for file in repository::files().iter().filter(|file| file.ends_with(".rs")) {
        let Some(service) = service_of(file) else { continue };
        let named = apis(service);
        for api in LINE.iter().filter(|api| !named.contains(**api)) {
            let offence = code(file).find(|(_, line)| names_api(line, api));
            assert!(offence.is_none(), "{}: {api} is not in {service}'s manifest: {offence:?}", file.path);
        }
    }
}

#[test]
fn only_the_upstream_of_a_service_calls_other_services() {
    for file in repository::files().iter().filter(|file| file.ends_with(".rs")) {
        let Some(service) = service_of(file).filter(|service| *service != COMMAND) else { continue };
        let source = file.path.trim_start_matches(&format!("services/{service}/src/")).to_owned();
        if source == file.path || source.starts_with("upstream") {
            continue; // its tests are clients of its own door
        }
        let offence = code(file).find(|(_, line)| line.contains("_service_client::"));
        assert!(offence.is_none(), "{}: calls belong in upstream.rs: {offence:?}", file.path);
    }
}

#[test]
fn contracts_import_only_shared_values_and_their_own_package() {
    for file in repository::files().iter().filter(|file| file.ends_with(".proto")) {
        let package =
            file.path.trim_start_matches("proto/").rsplit_once('/').map_or("", |(folder, _)| folder);
        for (number, line) in file.lines().filter(|(_, line)| line.starts_with("import ")) {
            let shared = line.contains("\"google/protobuf/") || line.contains("\"xiuhua/measure/");
            let own = line.contains(&format!("\"{package}/"));
            assert!(shared || own, "{}:{number}: name a foreign resource by id instead: {line}", file.path);
        }
    }
}

/// The folders under `services/`.
fn services() -> BTreeSet<String> {
    let manifests = repository::files().into_iter().filter(|file| file.ends_with("/Cargo.toml"));
    manifests.filter_map(|file| service_of(&file).map(str::to_owned)).collect()
}

fn service_of(file: &File) -> Option<&str> {
    file.path.strip_prefix("services/")?.split('/').next()
}

/// The APIs of the line that a service's manifest names, its own included.
fn apis(service: &str) -> BTreeSet<String> {
    let manifest = manifest(&format!("services/{service}/Cargo.toml"));
    let features =
        manifest["dependencies"]["xiuhua-contracts"]["features"].as_array().expect("features are a list");
    let named = features.iter().filter_map(toml::Value::as_str);
    named.filter(|name| !NOT_AN_API.contains(name)).map(str::to_owned).collect()
}

fn dependencies(path: &str) -> Vec<String> {
    let manifest = manifest(path);
    let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
    let tables = tables.into_iter().filter_map(|name| manifest.get(name)?.as_table());
    tables.flat_map(toml::Table::keys).cloned().collect()
}

fn manifest(path: &str) -> toml::Table {
    repository::text(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Lines that are not comments.
fn code(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.lines().filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whether a line names an API of the contracts crate, alone or in a list of imports.
fn names_api(line: &str, api: &str) -> bool {
    line.contains(&format!("{api}::v1")) || line.contains(&format!("{api}_service_client"))
}
