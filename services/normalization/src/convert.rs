//! Contracts to domain and back. All faults of a request are collected before the answer.

mod catalogs;
mod columns;
mod imputations;
mod series;
mod threshold_sets;

use jiff::Timestamp;
use xiuhua_contracts::ingestion::v1 as ingestion;
use xiuhua_contracts::measure::v1 as measure;
use xiuhua_indicators::catalog::{Bounds, Measure, Text};
use xiuhua_service_kit::page::{self, Page};
use xiuhua_service_kit::request_id::{RequestId, fingerprint};
use xiuhua_service_kit::status::{Violation, Violations};

pub(crate) use catalogs::{
    Registration, catalog, catalog_entry, catalog_name, catalog_page, next_catalogs, registration,
    text_faults, toml_text,
};
pub(crate) use columns::{column_messages, place_messages, values_request};
pub(crate) use series::{series_column, series_places, series_request};
pub(crate) use threshold_sets::{
    DrawRequest, draw_request, member_page, next_members, next_sets, next_thresholds, sample_member, set_id,
    set_page, threshold, threshold_page, threshold_set,
};

/// A mutation as its caller named it.
///
/// The hash is over the body alone: the requests of two methods cannot have one body here, as a drawing names a period
/// in a field that a registration does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mutation {
    /// The caller's name of it.
    pub(crate) request_id: RequestId,
    /// Hash of the request.
    pub(crate) fingerprint: [u8; 32],
}

/// A page of a list whose key is `K`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageOf<K> {
    /// Its size.
    pub(crate) page: Page,
    /// Key of the row before it; `None` for the first page.
    pub(crate) after: Option<K>,
}

/// A measure as ingestion registers it.
pub(crate) fn measure(measure: &Measure) -> ingestion::Measure {
    ingestion::Measure {
        id: measure.id.clone(),
        name: Some(text(&measure.name)),
        unit: measure.unit.clone(),
        bounds: Some(bounds(measure.bounds)),
        source_system: measure.source_system.clone(),
        derivation: measure.derivation.clone(),
    }
}

/// The rows of a column of texts; `None` where one points outside its dictionary.
pub(crate) fn texts(column: &measure::TextColumn) -> Option<Vec<String>> {
    let entry = |&at: &u32| column.dictionary.get(usize::try_from(at).ok()?).cloned();
    column.index.iter().map(entry).collect()
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(text: &Text) -> measure::Text {
    measure::Text { zh: text.zh.clone(), en: text.en.clone() }
}

fn bounds(bounds: Bounds) -> measure::Bounds {
    let Bounds { lower, upper, lower_open, upper_open } = bounds;
    measure::Bounds { lower, upper, lower_open, upper_open }
}

fn instant(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

fn mutation(faults: &mut Violations, request_id: &str, body: &impl prost::Message) -> Option<Mutation> {
    let request_id = faults.keep(RequestId::parse(request_id))?;
    Some(Mutation { request_id, fingerprint: fingerprint(body) })
}

/// Empty means "not said" wherever the contracts say so.
fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Reads a page and its key. `list` and `of` tell the pages of one query from those of any other.
fn page_of<K>(
    (size, token): (u32, &str),
    (list, of): (&str, &str),
    (default, max): (u32, u32),
    key: impl FnOnce(&str) -> Option<K>,
) -> Result<PageOf<K>, Violation> {
    let page = page::parse(size, token, &binding(list, of), default, max)?;
    let after = match &page.after {
        None => None,
        Some(text) => Some(key(text).ok_or_else(|| {
            Violation::new("page_token", "不是本查询的翻页标记", "is not a page token of this query")
        })?),
    };
    Ok(PageOf { page, after })
}

fn binding(list: &str, of: &str) -> String {
    format!("{list}:{of}")
}

/// Reads `<number> <rest>`, the form of every key with two parts.
fn numbered<N: std::str::FromStr>(key: &str) -> Option<(N, &str)> {
    let (number, rest) = key.split_once(' ')?;
    Some((number.parse().ok()?, rest))
}
