//! Catalogs between the contracts and the domain.

use jiff::Timestamp;
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_indicators::catalog::{Catalog, CatalogFaults, Direction, Item, ItemKind, Reads};
use xiuhua_service_kit::page::{self, Page};
use xiuhua_service_kit::status::{InvalidRequest, Violation, Violations};

use super::imputations::add_rules;
use super::{Mutation, PageOf, binding, given, instant, mutation, numbered, page_of, text};
use crate::domain::catalog::CatalogEntry;
use crate::store::CatalogRow;

/// Longest text of a catalog, in bytes.
const LONGEST_TOML: usize = 3 * 1024 * 1024;
/// Most faults of a text in one answer.
const MOST_FAULTS: usize = 1_000;
/// Rows of a page where the request does not say, and most rows of one: a title is short, a hundred are enough.
const PAGES: (u32, u32) = (20, 100);
/// Tells the pages of catalogs from those of any other list.
const LIST: &str = "catalogs";

/// A catalog text to be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registration {
    /// Its name.
    pub(crate) mutation: Mutation,
    /// TOML.
    pub(crate) toml: String,
}

/// Reads a request to register a catalog.
pub(crate) fn registration(request: wire::RegisterCatalogRequest) -> Result<Registration, InvalidRequest> {
    let mut faults = Violations::new();
    let mutation = mutation(&mut faults, &request.request_id, &request);
    let toml = faults.keep(toml_text(request.toml));
    faults.into_result()?;
    let (mutation, toml) = mutation.zip(toml).expect("every field that is not there was noted as a fault");
    Ok(Registration { mutation, toml })
}

/// Checks the length of a catalog text.
pub(crate) fn toml_text(toml: String) -> Result<String, Violation> {
    if toml.len() <= LONGEST_TOML {
        return Ok(toml);
    }
    Err(Violation::new(
        "toml",
        format!("超过 {LONGEST_TOML} 字节"),
        format!("is longer than {LONGEST_TOML} bytes"),
    ))
}

/// Reads the id and version asked for; no version means the newest registered.
pub(crate) fn catalog_name(
    request: &wire::GetCatalogRequest,
) -> Result<(String, Option<String>), InvalidRequest> {
    let mut faults = Violations::new();
    faults.required_text("id", &request.id);
    faults.into_result()?;
    Ok((request.id.clone(), given(&request.version)))
}

/// Reads a page of catalogs.
pub(crate) fn catalog_page(request: &wire::ListCatalogsRequest) -> Result<PageOf<CatalogRow>, Violation> {
    page_of((request.page_size, &request.page_token), (LIST, ""), PAGES, |key| {
        let (number, id) = numbered(key)?;
        Some(CatalogRow { id: id.to_owned(), number })
    })
}

/// Cuts rows to their page; the token of the next.
pub(crate) fn next_catalogs(rows: &mut Vec<(CatalogRow, CatalogEntry)>, page: &Page) -> String {
    page::cut(rows, page, &binding(LIST, ""), |(row, _)| format!("{} {}", row.number, row.id))
}

/// A catalog without its items.
pub(crate) fn catalog_entry(entry: &CatalogEntry) -> wire::Catalog {
    wire::Catalog {
        id: entry.key.id.clone(),
        version: entry.key.version.clone(),
        title: Some(text(&entry.title)),
        hash: entry.hash.clone(),
        scale: entry.scale,
        rule_set_id: entry.rule_set.clone(),
        items: Vec::new(),
        registered_time: Some(instant(entry.registered_at)),
    }
}

/// A catalog with its items; without a time it is only a text that was checked.
pub(crate) fn catalog(catalog: &Catalog, registered_at: Option<Timestamp>) -> wire::Catalog {
    wire::Catalog {
        id: catalog.id.clone(),
        version: catalog.version.clone(),
        title: Some(text(&catalog.title)),
        hash: catalog.hash.clone(),
        scale: catalog.scale,
        rule_set_id: catalog.rule_set.clone().unwrap_or_default(),
        items: catalog.items.iter().map(|found| item(catalog, found)).collect(),
        registered_time: registered_at.map(instant),
    }
}

fn item(catalog: &Catalog, item: &Item) -> wire::CatalogItem {
    let code_of = |index| catalog.item(index).code.clone();
    let mut shown = wire::CatalogItem {
        code: item.code.clone(),
        name: Some(text(&item.name)),
        parent: item.parent.map(code_of).unwrap_or_default(),
        weight: item.weight,
        ..Default::default()
    };
    if let ItemKind::Leaf(leaf) = &item.kind {
        shown.leaf = true;
        shown.inverse = leaf.direction == Direction::Inverse;
        add_rules(&mut shown, leaf);
        match leaf.reads {
            Reads::Measure(at) => {
                let measure = &catalog.measures[at];
                (shown.measure_id, shown.unit) = (measure.id.clone(), measure.unit.clone());
            }
            Reads::ChangeOf(node) => shown.change_of = code_of(node),
        }
    }
    shown
}

/// The faults of a text, up to a thousand.
pub(crate) fn text_faults(faults: &CatalogFaults) -> Vec<wire::TextFault> {
    let fault = |fault: &xiuhua_indicators::catalog::CatalogFault| wire::TextFault {
        line: fault.line,
        column: fault.column,
        reason: fault.reason.as_str().to_owned(),
        message: Some(xiuhua_contracts::measure::v1::Text {
            zh: format!("{}：{}", fault.path, fault.zh),
            en: format!("{}: {}", fault.path, fault.en),
        }),
    };
    faults.into_iter().take(MOST_FAULTS).map(fault).collect()
}
