//! What is on record once the files are in, read through the platform: a count says that a value was taken, not which.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::ingestion::v1::read_observations_response::Part;
use xiuhua_contracts::ingestion::v1::{
    ListObservationRevisionsRequest, Place, ReadObservationsRequest, ReadPlacesRequest,
};

use super::Case;

type Client = IngestionServiceClient<tonic::transport::Channel>;
/// Place, measure and period.
type Key = (String, String, String);

/// What a case must leave on record. In places and ids `@` is what those of the case begin with.
#[derive(Clone, Debug, Default)]
pub(super) struct Stored {
    /// Place, code of the indicator, period, value: all the observations of the case's own places, or none stated.
    pub(super) values: Vec<(&'static str, &'static str, &'static str, f64)>,
    /// Place, code of the indicator, period, when the statement in force was made.
    pub(super) times: Vec<(&'static str, &'static str, &'static str, &'static str)>,
    /// Place, field, text; empty for what is unknown.
    pub(super) fields: Vec<(&'static str, &'static str, &'static str)>,
}

/// The record after all files.
pub(super) struct Record {
    client: Client,
    /// Measure ids by indicator code.
    measures: BTreeMap<String, String>,
    places: BTreeMap<String, Place>,
    values: BTreeMap<Key, f64>,
}

impl Record {
    /// Reads all places, and the values of all measures in the periods that cases name and in those that a wrong reading
    /// of 2020 or 2021 would give.
    pub(super) async fn read(server: String, cases: &[Case]) -> Self {
        let mut client = IngestionServiceClient::connect(server).await.expect("it listens");
        let mut places = BTreeMap::new();
        let mut read = client.read_places(ReadPlacesRequest::default()).await.expect("places").into_inner();
        while let Some(part) = read.message().await.expect("places") {
            places.extend(part.places.into_iter().map(|place| (place.id.clone(), place)));
        }
        let named = cases.iter().flat_map(|case| &case.stored.values).map(|value| value.2.to_owned());
        let near = ["2020", "2021", "2022", "1905"].map(str::to_owned);
        let months = (1..=12).map(|month| format!("2021-{month:02}"));
        let periods: BTreeSet<String> = named.chain(near).chain(months).collect();
        let measures = measures();
        let asked = ReadObservationsRequest {
            measure_ids: measures.values().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
            periods: periods.into_iter().collect(),
            as_of_position: None,
        };
        let mut read = client.read_observations(asked).await.expect("observations").into_inner();
        let (mut ids, mut values) = (Vec::new(), BTreeMap::new());
        while let Some(part) = read.message().await.expect("observations") {
            match part.part {
                Some(Part::Places(stretch)) => ids.extend(stretch.ids),
                Some(Part::Column(column)) => {
                    for (place, value) in column.place.iter().zip(column.value) {
                        let id: &String = &ids[usize::try_from(*place).expect("a place of the axis")];
                        values.insert((id.clone(), column.measure_id.clone(), column.period.clone()), value);
                    }
                }
                None => {}
            }
        }
        Self { client, measures, places, values }
    }

    /// Says what of a case is not on record as it must be.
    pub(super) async fn compare(&mut self, case: &Case, prefix: &str) -> Vec<String> {
        let mut wrong = self.fields(case, prefix);
        let key = |(place, code, period): (&str, &str, &str)| {
            let measure = self.measures.get(code).unwrap_or_else(|| panic!("no indicator {code}")).clone();
            (place.replace('@', prefix), measure, period.to_owned())
        };
        let stated = &case.stored.values;
        let expected: BTreeMap<Key, f64> =
            stated.iter().map(|&(place, code, period, value)| (key((place, code, period)), value)).collect();
        assert_eq!(expected.len(), stated.len(), "{}: a value is stated twice", case.name);
        if !expected.is_empty() {
            // In the order of all floats: what is stored is the number that was meant, not one nearby.
            let same = |a: &f64, b: &f64| a.total_cmp(b).is_eq();
            let own = self.values.iter().filter(|((place, ..), _)| place.starts_with(prefix));
            let strange = own.filter(|(key, value)| !expected.get(key).is_some_and(|it| same(it, value)));
            wrong.extend(
                strange.map(|(key, value)| format!("{key:?} is {value}, not {:?}", expected.get(key))),
            );
            let lost = expected.keys().filter(|key| !self.values.contains_key(key));
            wrong.extend(lost.map(|key| format!("{key:?} is not on record")));
        }
        let times: Vec<_> = (case.stored.times.iter())
            .map(|&(place, code, period, time)| (key((place, code, period)), time))
            .collect();
        for ((place_id, measure_id, period), time) in times {
            let name = format!("{place_id} {measure_id} {period}");
            let asked =
                ListObservationRevisionsRequest { place_id, measure_id, period, ..Default::default() };
            let listed = self.client.list_observation_revisions(asked).await.expect("revisions").into_inner();
            let found = listed.revisions.first().and_then(|it| it.revised_time);
            let found = found.and_then(|at| Timestamp::new(at.seconds, at.nanos).ok());
            if found != Some(time.parse().expect("an instant")) {
                wrong.push(format!("{name} was stated {found:?}, not {time}"));
            }
        }
        wrong
    }

    fn fields(&self, case: &Case, prefix: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        for (place, field, expected) in &case.stored.fields {
            let found = self.places.get(&place.replace('@', prefix)).map(|place| text(place, field));
            if found.as_deref() != Some(expected) {
                wrong.push(format!("{field} of {place} is {found:?}, not {expected}"));
            }
        }
        wrong
    }
}

/// A field of a place; other names are those of attributes.
fn text(place: &Place, field: &str) -> String {
    let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    match field {
        "name" => place.name.clone(),
        "town_code" => place.town_code.clone(),
        "town" => place.town_name.clone(),
        "committee" => place.committee.clone(),
        "housing_nature" => place.housing_nature.clone(),
        "households" => count(place.households),
        "population" => count(place.population),
        attribute => place.attributes.get(attribute).cloned().unwrap_or_default(),
    }
}

/// Measure ids by indicator code, of the catalog that files are read by.
fn measures() -> BTreeMap<String, String> {
    let path = xtask::repository_root().join("libs/indicators/catalogs/pudong-2021.toml");
    let catalog: toml::Table = std::fs::read_to_string(path).expect("the catalog").parse().expect("TOML");
    let leaves = catalog["leaf"].as_array().expect("leaves").iter();
    leaves
        .filter_map(|it| Some((it["code"].as_str()?.to_owned(), it.get("measure")?.as_str()?.to_owned())))
        .collect()
}
