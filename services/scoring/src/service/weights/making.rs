//! Making a scheme: the values of its source assessment are read from the record, weighed off the async threads, kept.

use std::sync::Arc;

use prost::Message as _;
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::Table;
use xiuhua_indicators::weighting::scheme::{Choices, Expert, Material, Scheme, make};
use xiuhua_service_kit::request_id::{RequestId, compare, fingerprint};
use xiuhua_service_kit::status::{InvalidRequest, Violations};

use super::{Weights, refused};
use crate::bench::Seat;
use crate::convert;
use crate::domain::decision::Decision;
use crate::domain::weight_scheme::{DecidedScheme, SchemeWeightRow, WeightScheme, is_scheme_id, scheme_hash};
use crate::error::Error;
use crate::service::decisions::{AUTHOR_CHARS, REASON_CHARS, named, text};
use crate::service::{Opened, Scoring};
use crate::store::{NewScheme, SchemeKept};

/// Places of a page while values are read.
const PLACES: i64 = 1_000;

/// The places of an assessment as weights see them.
#[derive(Clone, Debug)]
pub(super) struct Values {
    /// Ids, in their order.
    pub(super) places: Vec<crate::domain::id::PlaceId>,
    /// Position of each place's type; `None` where unclassified.
    pub(super) types: Vec<Option<usize>>,
    /// Capped dimensionless values, derived ones included.
    pub(super) z: Table,
}

/// What a request to create a scheme says, but for what needs the catalog.
struct Asked {
    request_id: RequestId,
    id: String,
    author: String,
    reason: String,
}

impl Weights {
    pub(super) async fn create(
        &self,
        request: proto::CreateWeightSchemeRequest,
    ) -> Result<proto::CreateWeightSchemeResponse, Error> {
        let asked = read(&request)?;
        let fingerprint = fingerprint(&named("create weight scheme", &request));
        let before = compare(self.0.store.recall(&asked.request_id).await?, &fingerprint);
        if let Some(bytes) = before.into_replay(&asked.request_id)? {
            return Ok(proto::CreateWeightSchemeResponse::decode(bytes.as_slice())?);
        }
        let opened = self.0.open(&request.source_assessment_id).await?;
        let mut faults = Violations::new();
        let choices =
            convert::weights::choices(request.choices.as_ref(), !request.experts.is_empty(), &mut faults);
        let experts = convert::weights::experts(&opened.catalog, &request.experts, &mut faults);
        faults.into_result()?;

        let seat = self.0.weighing.free_seat().ok_or(Error::Weighing)?;
        let values = self.0.values(&opened).await?;
        let made = weigh(&opened, seat, values, experts, &choices).await?;
        let types = &opened.plan().types;
        let report = convert::weight_report::report(&opened.catalog, types, &choices, &made);
        let (steps, weights) = rows(&opened.catalog, &made, &choices);
        let digest = opened.assessment.success().map(|success| success.digest.clone()).unwrap_or_default();
        let scheme = WeightScheme {
            id: asked.id,
            // The record gives the next one.
            version: 0,
            hash: scheme_hash(&opened.catalog, types, &made.weights),
            catalog: opened.plan().catalog.clone(),
            types: types.clone(),
            source: (opened.assessment.id.to_string(), digest),
            steps,
            account: convert::weights::account(&choices, request.experts.clone(), report),
            made: Decision { author: asked.author, reason: asked.reason, time: self.0.now() },
        };
        let request_id = asked.request_id.clone();
        let new = NewScheme { scheme, weights, request_id, fingerprint, answer };
        let bytes = match self.0.store.create_scheme(new).await? {
            SchemeKept::Kept(bytes) => bytes,
            SchemeKept::Before(before) => before.into_replay(&asked.request_id)?.unwrap_or_default(),
        };
        Ok(proto::CreateWeightSchemeResponse::decode(bytes.as_slice())?)
    }
}

impl Scoring {
    /// The dimensionless values of an assessment, page by page from the record.
    pub(super) async fn values(&self, opened: &Opened) -> Result<Values, Error> {
        let outline = opened.outline();
        let mut columns: Vec<Vec<Option<f64>>> = vec![Vec::new(); outline.leaf_count()];
        let (mut places, mut types) = (Vec::new(), Vec::new());
        loop {
            let page = self.store.leaf_values_after(opened.run, places.last(), PLACES).await?;
            if page.is_empty() {
                break;
            }
            for place in page {
                columns.iter_mut().for_each(|column| column.push(None));
                for (leaf_at, value) in place.rows {
                    let cell = columns.get_mut(leaf_at).and_then(|column| column.last_mut());
                    if let Some(cell) = cell {
                        *cell = value.z.map(|z| z.capped);
                    }
                }
                types.push(place.type_at);
                places.push(place.id);
            }
        }
        let columns = columns.into_iter().map(|column| column.into_iter().collect()).collect();
        Ok(Values { z: Table::from_columns(places.len(), columns)?, places, types })
    }
}

async fn weigh(
    opened: &Opened,
    seat: Seat,
    values: Values,
    experts: Vec<Expert>,
    choices: &Choices,
) -> Result<Scheme, Error> {
    let (catalog, choices, type_count) =
        (Arc::clone(&opened.catalog), choices.clone(), opened.plan().types.len());
    let work = move || {
        let outline = Outline::of(&catalog);
        let Values { z, types, .. } = &values;
        make(&Material { outline: &outline, z, types, type_count, experts: &experts, choices: &choices })
    };
    let (made, _seat) = seat.compute(work).await?;
    made.map_err(|faults| refused(&faults, &opened.plan().types))
}

/// Names of the steps before the final weights, and a row an item and type.
fn rows(catalog: &Catalog, made: &Scheme, choices: &Choices) -> (Vec<String>, Vec<SchemeWeightRow>) {
    let outline = Outline::of(catalog);
    let (mut names, mut rows) = (Vec::new(), Vec::new());
    for (type_at, weights) in made.weights.iter().enumerate() {
        let mut columns = made.columns(&outline, choices, type_at);
        // The last is the final one, which a row keeps apart.
        columns.pop();
        names = columns.iter().map(|it| convert::weights::column_word(it.column).to_owned()).collect();
        rows.extend(weights.iter().enumerate().map(|(item_at, &weight)| SchemeWeightRow {
            type_at,
            item_at,
            weight,
            steps: columns.iter().map(|column| column.points[item_at]).collect(),
        }));
    }
    (names, rows)
}

fn answer(found: &DecidedScheme) -> Vec<u8> {
    // What was just encoded decodes.
    let scheme = convert::weights::scheme(found).ok();
    proto::CreateWeightSchemeResponse { scheme }.encode_to_vec()
}

fn read(request: &proto::CreateWeightSchemeRequest) -> Result<Asked, InvalidRequest> {
    let mut faults = Violations::new();
    let request_id = faults.keep(RequestId::parse(&request.request_id));
    faults.check(
        is_scheme_id(&request.id),
        "id",
        "须为 1 至 64 个字母、数字、点、连字符或下划线，以字母或数字开头，且不是 catalog",
        "must be 1 to 64 of letters, digits, dot, hyphen and underscore, begin with a letter or digit, and not be catalog",
    );
    faults.required_text("source_assessment_id", &request.source_assessment_id);
    let author = faults.keep(text("author", &request.author, AUTHOR_CHARS));
    let reason = faults.keep(text("reason", &request.reason, REASON_CHARS));
    match (request_id, author, reason) {
        (Some(request_id), Some(author), Some(reason)) if faults.is_empty() => {
            Ok(Asked { request_id, id: request.id.clone(), author, reason })
        }
        // Nothing is missing without a fault that says so.
        _ => Err(faults.into_result().err().unwrap_or_else(convert::no_fault_found)),
    }
}
