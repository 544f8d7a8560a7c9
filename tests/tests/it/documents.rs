//! Documents tell the truth about where things are.

use std::path::Path;

use xiuhua_tests::repository;

#[test]
fn links_between_documents_lead_somewhere() {
    let mut dead = Vec::new();
    for file in repository::files().iter().filter(|file| file.ends_with(".md")) {
        let folder = Path::new(&file.path).parent().expect("a file lies in a folder");
        for (number, line) in file.lines() {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            for (target, _) in targets.filter(|(target, _)| !target.contains("://")) {
                let path = target.split('#').next().unwrap_or_default();
                if !xtask::repository_root().join(folder).join(path).exists() {
                    dead.push(format!("{}:{number}: {target}", file.path));
                }
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

/// The table is how a newcomer finds a rule, so it may not point at what has moved.
#[test]
fn every_rule_is_in_a_file_that_exists() {
    let text = repository::text("ARCHITECTURE.md");
    let section = text.split("\n## ").find(|section| section.starts_with("Where each rule is"));
    let rows = section.expect("ARCHITECTURE has the table").lines().filter(|line| line.starts_with("| 1."));
    let mut missing = Vec::new();
    let mut named = 0;
    for row in rows {
        let files = row.rsplit(" | ").next().unwrap_or_default();
        for path in files.split('`').skip(1).step_by(2) {
            named += 1;
            let root = xtask::repository_root();
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            let found = match name.strip_prefix('*') {
                Some(_) => root.join(folder).is_dir(),
                None => root.join(path).exists() || root.join("libs/indicators/src").join(path).exists(),
            };
            if !found {
                missing.push(path.to_owned());
            }
        }
    }
    assert!(named > 20 && missing.is_empty(), "ARCHITECTURE names files that are not there: {missing:?}");
}
