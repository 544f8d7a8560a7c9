//! Months: the world's statements of the leaves whose measure rolls.

use futures_util::stream::{self, BoxStream, StreamExt};
use tonic::{Request, Response, Status};
use xiuhua_contracts::measure::v1::TextColumn;
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_contracts::normalization::v1::read_series_response::Part;
use xiuhua_contracts::normalization::v1::series_service_server::SeriesService;

use super::{Estate, World};

#[tonic::async_trait]
impl SeriesService for World {
    type ReadSeriesStream = BoxStream<'static, Result<wire::ReadSeriesResponse, Status>>;

    async fn read_series(
        &self,
        request: Request<wire::ReadSeriesRequest>,
    ) -> Result<Response<Self::ReadSeriesStream>, Status> {
        let asked = request.into_inner();
        let mut facts = self.facts();
        if let Some(failure) = &facts.failure {
            return Err(failure.clone());
        }
        if facts.hangs {
            facts.hung += 1;
            return Ok(Response::new(stream::pending().boxed()));
        }
        let facts = &*facts;
        let position = asked.as_of_position.unwrap_or(facts.newest);
        let places = |estates: &[Estate]| {
            let kinds: Vec<String> =
                estates.iter().map(|estate| facts.kind_of(estate, &asked.classification_id)).collect();
            Part::Places(wire::SeriesPlaces {
                ids: estates.iter().map(|estate| estate.id.clone()).collect(),
                r#type: Some(TextColumn { index: (0..).take(kinds.len()).collect(), dictionary: kinds }),
                places_total: facts.places.len() as u64,
            })
        };
        let mut parts: Vec<Part> = facts.places.chunks(3).map(places).collect();
        let rolls = |leaf: &String| {
            let index = facts.catalog.find(leaf).unwrap();
            facts.catalog.measure_of(index).unwrap().roll.is_some()
        };
        for month in &asked.months {
            for leaf in facts.observed_leaves().into_iter().filter(rolls) {
                let mut column = wire::SeriesColumn { leaf, month: month.clone(), ..Default::default() };
                for (at, estate) in (0..).zip(&facts.places) {
                    if let Some(value) = facts.effective(&estate.id, &column.leaf, month, position) {
                        column.place.push(at);
                        column.value.push(value);
                    }
                }
                parts.push(Part::Column(column));
            }
        }
        let messages = parts.into_iter().map(|part| Ok(wire::ReadSeriesResponse { part: Some(part) }));
        Ok(Response::new(stream::iter(messages.collect::<Vec<_>>()).boxed()))
    }
}
