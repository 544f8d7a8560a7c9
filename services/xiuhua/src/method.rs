//! The method of an assessment as the command line names it: catalog, rule set, sample — read and checked before
//! anything is computed, every fault at once.

use std::path::Path;

use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::period::Period;

use crate::assessing::read_members;
use crate::cli::MethodArgs;
use crate::intake::UnusableFile;
use crate::screen::told;

/// A catalog, a rule set and a sample, ready to be used.
#[derive(Debug)]
pub(crate) struct Method {
    /// The catalog.
    pub(crate) catalog: Catalog,
    /// Its TOML text.
    pub(crate) catalog_text: String,
    /// TOML text of the rule set, checked.
    pub(crate) rules_text: String,
    /// Whether places get types of a rule set rather than all the type `ALL`.
    pub(crate) typed: bool,
    /// How the reference sample is chosen.
    pub(crate) sample: Sample,
    /// The assessed period; ages refer to its year.
    pub(crate) period: Period,
}

/// How the reference sample is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sample {
    /// Cochran's size in each type, seeded.
    Random(u64),
    /// Every place.
    Census,
    /// These places.
    Members(Vec<String>),
}

/// Everything wrong with the inputs of a command.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub(crate) struct UnusableInput(pub Vec<String>);

impl From<UnusableFile> for UnusableInput {
    fn from(file: UnusableFile) -> Self {
        let path = file.path.display();
        Self(file.faults.iter().map(|fault| format!("{path}: {}", told(&*fault.zh, &*fault.en))).collect())
    }
}

impl Method {
    /// Reads what the arguments name.
    ///
    /// # Errors
    /// [`UnusableInput`] with every fault of period, catalog, rule set and sample.
    pub(crate) fn read(arguments: &MethodArgs) -> Result<Self, UnusableInput> {
        let mut faults = Vec::new();
        let period = read_period(&arguments.period, &mut faults);
        let catalog = read_catalog(&arguments.catalog, &mut faults);
        let named = catalog.as_ref().map(|(c, _)| c.rule_set.as_deref().unwrap_or(EVERY_PLACE));
        let rules = match (&arguments.rules, named) {
            (Some(file), _) => read_text(file, &mut faults).map(|text| (file.display().to_string(), text)),
            (None, Some(id)) => shipped_rules(id, &mut faults),
            (None, None) => None,
        };
        let rules = rules.and_then(|(name, text)| checked_rules(&name, text, &mut faults));
        let typed = catalog.as_ref().is_none_or(|(c, _)| c.rule_set.is_some()) || arguments.rules.is_some();
        let sample = match arguments.sample.as_deref() {
            None if typed => Some(Sample::Random(arguments.seed)),
            None | Some("census") => Some(Sample::Census),
            Some("random") => Some(Sample::Random(arguments.seed)),
            Some(file) => match read_members(Path::new(file)) {
                Ok(members) => Some(Sample::Members(members)),
                Err(file) => {
                    faults.extend(UnusableInput::from(file).0);
                    None
                }
            },
        };
        match (catalog, rules, sample, period) {
            (Some((catalog, catalog_text)), Some(rules_text), Some(sample), Some(period))
                if faults.is_empty() =>
            {
                Ok(Self { catalog, catalog_text, rules_text, typed, sample, period })
            }
            _ => Err(UnusableInput(faults)),
        }
    }
}

impl Sample {
    /// The seed of a random sample.
    pub(crate) fn seed(&self) -> Option<u64> {
        if let Self::Random(seed) = self { Some(*seed) } else { None }
    }
}

/// The rule set of catalogs that name none: every place has type `ALL`.
const EVERY_PLACE: &str = "all-places";

/// Reads a catalog by shipped id or file.
///
/// # Errors
/// [`UnusableInput`] with every fault.
pub(crate) fn catalog(name: &str) -> Result<(Catalog, String), UnusableInput> {
    let mut faults = Vec::new();
    read_catalog(name, &mut faults).ok_or(UnusableInput(faults))
}

/// Reads the text of a rule set by shipped id or file, and checks it.
///
/// # Errors
/// [`UnusableInput`] with every fault.
pub(crate) fn rules(name: &str) -> Result<String, UnusableInput> {
    let mut faults = Vec::new();
    let text = match xiuhua_classification::shipped(name) {
        Some(shipped) => Some(shipped.toml.to_owned()),
        None => read_text(Path::new(name), &mut faults),
    };
    text.and_then(|text| checked_rules(name, text, &mut faults)).ok_or(UnusableInput(faults))
}

fn read_catalog(name: &str, faults: &mut Vec<String>) -> Option<(Catalog, String)> {
    let text = match xiuhua_indicators::shipped::shipped(name) {
        Some(text) => text.to_owned(),
        None => read_text(Path::new(name), faults)?,
    };
    match Catalog::parse(&text) {
        Ok(catalog) => Some((catalog, text)),
        Err(found) => {
            faults.extend(found.faults().iter().map(|fault| format!("{name}: {fault}")));
            None
        }
    }
}

fn shipped_rules(id: &str, faults: &mut Vec<String>) -> Option<(String, String)> {
    let shipped = xiuhua_classification::shipped(id);
    if shipped.is_none() {
        faults.push(told(
            format!("目录引用的规则集“{id}”不在平台内，请用 --rules 指定文件"),
            format!(
                "the catalog names the rule set `{id}`, which does not come with the platform; give its file with \
                 --rules"
            ),
        ));
    }
    shipped.map(|shipped| (id.to_owned(), shipped.toml.to_owned()))
}

fn checked_rules(name: &str, text: String, faults: &mut Vec<String>) -> Option<String> {
    match xiuhua_classification::check(&text) {
        Ok(()) => Some(text),
        Err(found) => {
            faults.extend(found.faults().iter().map(|fault| format!("{name}: {fault}")));
            None
        }
    }
}

fn read_text(path: &Path, faults: &mut Vec<String>) -> Option<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(e) => {
            faults.push(format!("{}: {}: {e}", path.display(), told("无法读取", "cannot be read")));
            None
        }
    }
}

fn read_period(text: &str, faults: &mut Vec<String>) -> Option<Period> {
    match Period::parse(text) {
        Ok(period) => Some(period),
        Err(bad) => {
            faults.push(format!("--period: {}", told(bad.zh(), bad.to_string())));
            None
        }
    }
}
