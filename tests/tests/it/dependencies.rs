//! `Cargo.lock` against `deny.toml`: bans, oldest versions, sources. The list is in the form of cargo-deny, which also
//! checks licences; this needs no program that is not here anyway.

use xiuhua_tests::repository;

#[test]
fn nothing_banned_is_locked() {
    let rules: toml::Table = repository::text("deny.toml").parse().expect("deny.toml is TOML");
    let bans = rules["bans"]["deny"].as_array().expect("bans are a list");
    let packages = packages();
    for ban in bans {
        let spec = ban["crate"].as_str().expect("a ban names a crate");
        let reason = ban["reason"].as_str().expect("a ban has a reason");
        let (name, below) = spec.split_once(":<").unwrap_or((spec, ""));
        for package in packages.iter().filter(|package| package.name == name) {
            let banned = below.is_empty() || version(&package.version) < version(below);
            assert!(!banned, "{name} {} is banned ({spec}): {reason}", package.version);
        }
    }
}

#[test]
fn everything_comes_from_the_allowed_registry() {
    let rules: toml::Table = repository::text("deny.toml").parse().expect("deny.toml is TOML");
    let allowed = rules["sources"]["allow-registry"].as_array().expect("registries are a list");
    for package in packages() {
        let Some(source) = package.source else { continue }; // ours
        let known =
            allowed.iter().filter_map(toml::Value::as_str).any(|url| source == format!("registry+{url}"));
        assert!(known, "{} comes from {source}", package.name);
    }
}

#[test]
fn versions_stand_in_the_root_manifest_alone() {
    for file in repository::files().iter().filter(|file| file.ends_with("/Cargo.toml")) {
        let manifest: toml::Table =
            file.text().expect("a manifest is text").parse().expect("a manifest is TOML");
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in manifest.get(kind).and_then(toml::Value::as_table).into_iter().flatten() {
                let inherited = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                let itself = value.get("path").and_then(toml::Value::as_str) == Some(".");
                assert!(inherited || itself, "{}: {name} must be inherited from the workspace", file.path);
            }
        }
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{} inherits the lints", file.path);
    }
}

struct Package {
    name: String,
    version: String,
    source: Option<String>,
}

fn packages() -> Vec<Package> {
    let lock: toml::Table = repository::text("Cargo.lock").parse().expect("Cargo.lock is TOML");
    let packages = lock["package"].as_array().expect("packages are a list");
    let text = |package: &toml::Value, key: &str| package.get(key)?.as_str().map(str::to_owned);
    packages
        .iter()
        .map(|package| Package {
            name: text(package, "name").expect("a package has a name"),
            version: text(package, "version").expect("a package has a version"),
            source: text(package, "source"),
        })
        .collect()
}

/// Major, minor, patch; what follows a `-` or `+` does not matter to a ban.
fn version(text: &str) -> [u64; 3] {
    let numbers = text.split(['-', '+']).next().unwrap_or_default();
    let mut parts = numbers.split('.').map(|part| part.parse().expect("a version is made of numbers"));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}
