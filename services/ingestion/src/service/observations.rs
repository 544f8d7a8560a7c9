//! Effective values by column, and the statements behind one value.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::ingestion::v1::read_observations_response::Part;
use xiuhua_service_kit::status::{Violations, refuse};

use super::{Door, Stream, paging};
use crate::convert;
use crate::domain::batch::{AsOf, Position};
use crate::domain::effective::{ColumnStretch, PlaceAxis};
use crate::domain::ids::MeasureId;
use crate::domain::period::Period;
use crate::error::{Error, Noun};
use crate::store::ColumnQuery;

const MAX_MEASURES: usize = 1_000;
const MAX_PERIODS: usize = 64;
/// Place ids of one message.
const PLACES_PER_MESSAGE: usize = 10_000;
/// Values of one message: about 1 MiB.
const VALUES_PER_MESSAGE: usize = 100_000;
/// Columns whose beginnings are read at a time.
const COLUMNS_AHEAD: usize = 2;
/// Unknown measures that an error names.
const UNKNOWN_NAMED: usize = 5;

impl Door {
    pub(super) async fn read_observations(
        &self,
        request: &pb::ReadObservationsRequest,
    ) -> Result<Stream<pb::ReadObservationsResponse>, Error> {
        let (measures, periods) = columns_asked(request)?;
        let unknown = self.store.unknown_measures(&measures).await?;
        if !unknown.is_empty() {
            let named: Vec<&str> = unknown.iter().take(UNKNOWN_NAMED).map(MeasureId::as_str).collect();
            return Err(Error::NotFound(Noun::Measure, named.join(", ")));
        }
        let as_of = self.as_of(request.as_of_position).await?;
        let axis = Arc::new(self.store.place_axis(as_of.position).await?);
        let precedences = Arc::new(self.store.precedences(as_of).await?);
        let query = ColumnQuery { position: as_of.position, axis: Arc::clone(&axis), precedences };
        let places = stream::iter(place_messages(&axis).into_iter().map(Ok));
        Ok(places.chain(self.columns(&measures, &periods, query)).boxed())
    }

    /// Column after column, a stretch at a time: what is not asked for yet is not read, but for the beginning of the column
    /// that comes next, so that a reader need not wait for the record between two columns.
    fn columns(
        &self,
        measures: &[MeasureId],
        periods: &[Period],
        query: ColumnQuery,
    ) -> Stream<pb::ReadObservationsResponse> {
        let store = Arc::clone(&self.store);
        let columns: Vec<(MeasureId, Period)> = measures
            .iter()
            .flat_map(|measure| periods.iter().map(|period| (measure.clone(), period.clone())))
            .collect();
        let read = move |(measure, period): (MeasureId, Period), start| {
            let (store, query) = (Arc::clone(&store), query.clone());
            async move {
                let stretch = store.column(&measure, &period, &query, start, VALUES_PER_MESSAGE).await?;
                let next = stretch.next;
                Ok::<_, Error>((column_message(&measure, &period, stretch), (measure, period), next))
            }
        };
        let first = read.clone();
        let columns = stream::iter(columns).map(move |column| first(column, 0)).buffered(COLUMNS_AHEAD);
        let stretches = columns.map_ok(move |(message, column, next)| {
            let read = read.clone();
            let rest = stream::try_unfold(next, move |start| {
                let further = start.map(|start| read(column.clone(), start));
                async move {
                    let Some(further) = further else { return Ok::<_, Error>(None) };
                    let (message, _, next) = further.await?;
                    Ok(Some((message, next)))
                }
            });
            stream::once(async move { Ok(message) }).chain(rest)
        });
        stretches.try_flatten().map_err(refuse).boxed()
    }

    pub(super) async fn list_observation_revisions(
        &self,
        request: &pb::ListObservationRevisionsRequest,
    ) -> Result<pb::ListObservationRevisionsResponse, Error> {
        let cell = convert::cell(request)?;
        let binding = format!("observation revisions {cell:?} {:?}", request.as_of_position);
        let page = paging::page(request.page_size, &request.page_token, &binding)?;
        // The order depends on what is in force, so later pages read as of what the first page read.
        let (as_of, offset, ordered_by) = match paging::numbers(&page)? {
            None => (self.as_of(request.as_of_position).await?, 0, None),
            Some([position, precedence_position, offset, ordered_by]) => {
                let precedence_position = Position(precedence_position);
                (AsOf { position: Position(position), precedence_position }, offset, Some(ordered_by))
            }
        };
        let precedences = self.store.precedences(as_of).await?.fingerprint();
        // A precedence that is set between two pages of a reading of now puts the rows in another order.
        if ordered_by.is_some_and(|ordered_by| ordered_by != precedences) {
            return Err(paging::out_of_date().into());
        }
        let first = i64::try_from(offset).map_err(|_| paging::not_ours())?;
        let found = self.store.observation_revisions(&cell, as_of, first, page.limit_and_one()).await?;
        let numbered = found.into_iter().zip(offset + 1..).collect();
        let (revisions, next_page_token) = paging::cut(
            numbered,
            &page,
            &binding,
            |(_, next)| {
                let AsOf { position, precedence_position } = as_of;
                format!("{}:{}:{next}:{precedences}", position.0, precedence_position.0)
            },
            |(revision, _)| convert::observation_revision_message(&cell, revision),
        );
        Ok(pb::ListObservationRevisionsResponse { revisions, next_page_token })
    }
}

fn columns_asked(request: &pb::ReadObservationsRequest) -> Result<(Vec<MeasureId>, Vec<Period>), Error> {
    let mut faults = Violations::new();
    let (measures, periods) = (request.measure_ids.len(), request.periods.len());
    faults.check(
        measures <= MAX_MEASURES,
        "measure_ids",
        format!("最多 {MAX_MEASURES} 个计量"),
        format!("at most {MAX_MEASURES} measures"),
    );
    faults.check(
        periods <= MAX_PERIODS,
        "periods",
        format!("最多 {MAX_PERIODS} 个期"),
        format!("at most {MAX_PERIODS} periods"),
    );
    let ids = request.measure_ids.iter().enumerate().take(MAX_MEASURES);
    let ids = ids
        .filter_map(|(nth, id)| faults.keep(convert::id(&format!("measure_ids[{nth}]"), id, MeasureId::new)))
        .collect();
    let periods = request.periods.iter().enumerate().take(MAX_PERIODS);
    let periods = periods
        .filter_map(|(nth, period)| faults.keep(convert::period(&format!("periods[{nth}]"), period)))
        .collect();
    faults.into_result()?;
    Ok((ids, periods))
}

fn place_messages(axis: &PlaceAxis) -> Vec<pb::ReadObservationsResponse> {
    let places_total = axis.ids().len() as u64;
    let ids = axis.ids().iter().map(|id| id.to_string()).collect();
    let mut groups = paging::groups(ids, PLACES_PER_MESSAGE, String::len);
    if groups.is_empty() {
        // No place is an answer too.
        groups.push(Vec::new());
    }
    let part = |ids| Part::Places(pb::PlaceIds { ids, places_total });
    groups.into_iter().map(|ids| pb::ReadObservationsResponse { part: Some(part(ids)) }).collect()
}

fn column_message(
    measure: &MeasureId,
    period: &Period,
    stretch: ColumnStretch,
) -> pb::ReadObservationsResponse {
    let column = pb::ObservationColumn {
        measure_id: measure.to_string(),
        period: period.to_string(),
        place: stretch.place,
        value: stretch.value,
    };
    pb::ReadObservationsResponse { part: Some(Part::Column(column)) }
}
