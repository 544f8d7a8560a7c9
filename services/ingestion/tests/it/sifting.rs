//! Rows that are new beyond doubt are recorded at once, others are compared first: both ways end in the same record.

use proptest::prelude::*;
use proptest::sample::select;
use xiuhua_ingestion::domain::batch::{BatchKind, RowCounts};
use xiuhua_ingestion::domain::ids::MeasureId;
use xiuhua_ingestion::domain::observation::{Cell, DeliveredObservation};
use xiuhua_ingestion::domain::period::Period;
use xiuhua_ingestion::domain::rejection::{Reason, RejectedRow};
use xiuhua_ingestion::domain::review::RowSample;
use xiuhua_ingestion::domain::text::Text;
use xiuhua_ingestion::store::{NewCommit, Store};
use xiuhua_service_kit::testing::{TemporaryDatabase, execute, temporary_postgres};

use crate::delivering::*;

const PERIODS: [&str; 2] = ["2021", "2022"];
const PLACES: [&str; 3] = ["A", "B", "C"];

/// Sound rows mostly, of few keys, among faulty ones of each kind.
fn rows() -> impl Strategy<Value = Vec<DeliveredObservation>> {
    let place = select(vec!["A", "A", "B", "B", "C", "C", "C", "Z", ""]);
    let measure = select(vec!["visits", "visits", "visits", "visits", "visits", "unheard of"]);
    let period = select(vec!["2021", "2021", "2022", "2022", "2022", "202x"]);
    let source = select(vec!["", "", "x", "y", "y", " z"]);
    let value = select(vec![1.0, 1.0, 2.0, -0.0, 0.1 + 0.2, 101.0, f64::NAN]);
    let revised = select(vec![None, None, None, Some(500), Some(40_000), Some(i64::MAX)]);
    let kept = (any::<bool>(), 0..20);
    let row = (place, measure, period, source, value, revised, kept);
    let row = row.prop_map(|(place, measure, period, source, value, revised, (is_kept, fault))| {
        let text = Text::new("不是数", "not a number");
        DeliveredObservation {
            measure_id: measure.into(),
            period: period.into(),
            source_id: source.into(),
            revised_at_us: revised,
            original: is_kept.then(|| format!("{place};{value}")),
            faults: if fault == 0 { vec![Reason::new("value", "NOT_A_NUMBER", text)] } else { Vec::new() },
            ..say(0, place, value)
        }
    });
    // Two rows may claim one number.
    prop::collection::vec((row, 2..30_u64), 0..30).prop_map(|rows| {
        rows.into_iter().map(|(row, number)| DeliveredObservation { row: number, ..row }).collect()
    })
}

/// All that a delivery leaves behind, but for the numbers of batches and positions.
#[derive(Debug, PartialEq)]
struct Left {
    told: (RowCounts, Vec<RowSample>, Vec<RejectedRow>),
    counts: RowCounts,
    rejected: Vec<RejectedRow>,
    said: Vec<(String, u64, Option<jiff::Timestamp>, u64, bool)>,
    heard: Vec<(String, u64, u64, String)>,
}

/// The places of [`furnish`], and one more of which other deliveries speak.
async fn furnished(store: &dyn Store) {
    furnish(store).await;
    deliver_places(store, 2, vec![describe(2, "M", "M")]).await;
}

/// Puts every column on record, so that no row of a later delivery is new beyond doubt.
async fn mark(store: &dyn Store) {
    let marks = PERIODS.into_iter().zip(2..);
    let marks =
        marks.map(|(period, row)| DeliveredObservation { period: period.into(), ..say(row, "M", 1.0) });
    deliver(store, 10, marks.map(|mark| mark.of("mark")).collect()).await;
}

async fn left_by(store: &dyn Store, rows: Vec<DeliveredObservation>) -> Left {
    let batch = deliver_as(store, staged(BatchKind::Observations, 1_000), rows).await;
    let told = preview(store, 1_000, &batch).await;
    let sealed =
        store.commit(NewCommit { second_person_above: None, ..commit(1_000, &batch) }).await.unwrap();
    let mut said = Vec::new();
    for (place, period) in PLACES.into_iter().flat_map(|place| PERIODS.map(|period| (place, period))) {
        let (measure_id, period) = (MeasureId::new("visits").unwrap(), Period::parse(period).unwrap());
        let cell = Cell { place_id: place_id(place), measure_id, period };
        let shown = store.observation_revisions(&cell, now(store).await, 0, 100).await.unwrap();
        said.extend(shown.into_iter().map(|said| {
            (said.source_id.to_string(), said.value.to_bits(), said.revised_at, said.row, said.effective)
        }));
    }
    let heard = store.source_activity(None, 100).await.unwrap().into_iter();
    let heard = heard
        .filter(|heard| heard.source.id.as_str() != "mark")
        .map(|heard| (heard.source.id.to_string(), heard.deliveries, heard.last_rows, heard.newest_period));
    Left {
        told: (told.counts, told.samples, told.rejected),
        counts: sealed.seal.unwrap().counts,
        rejected: rejected(store, &batch.id).await,
        said,
        heard: heard.collect(),
    }
}

async fn both_ways_leave_the_same(stores: [&dyn Store; 2], rows: Vec<DeliveredObservation>) {
    for store in stores {
        furnished(store).await;
    }
    mark(stores[1]).await;
    let at_once = left_by(stores[0], rows.clone()).await;
    assert_eq!(at_once.told.0, at_once.counts);
    assert_eq!(at_once, left_by(stores[1], rows).await);
}

fn run(case: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(case);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_recorded_at_once_is_what_would_have_been_recorded_after_comparison(rows in rows()) {
        run(async {
            let stores = [in_memory().await, in_memory().await];
            both_ways_leave_the_same([&*stores[0], &*stores[1]], rows).await;
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn on_postgres_too_both_ways_leave_the_same(rows in rows()) {
        run(async {
            let stores = [on_postgres().await, in_memory().await];
            both_ways_leave_the_same([&*stores[0], &*stores[1]], rows).await;
        });
    }
}

#[tokio::test]
async fn a_delivery_larger_than_a_look_at_the_register_is_recorded_to_the_last_row() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        let delivery = open(store, BatchKind::Observations, mutation("ImportObservations", 1), 10).await;
        // Over 5,000 rows, so that the whole register is read; two columns in turn, so that rows are sorted.
        let row = |nth: u64| {
            let period = format!("{:04}", 1_000 + nth / 6);
            let source = if nth.is_multiple_of(2) { "x" } else { "y" };
            let place = PLACES[usize::try_from(nth / 2 % 3).unwrap()];
            DeliveredObservation { period: period.into(), ..say(nth + 2, place, 1.5).of(source) }
        };
        for (sequence, first) in [(1, 0), (2, 3_000)] {
            let content = u8::try_from(sequence).unwrap();
            let rows = pack((first..first + 3_000).map(row));
            store.stage_observations(delivery, chunk(sequence, content), rows).await.unwrap();
        }
        let batch = store.seal(delivery, 2, stopped(20)).await.unwrap();
        assert_eq!(batch.seal.unwrap().counts, counts(6_000, 6_000, 0, 0, 0), "{}", backend.name);
        let last = column(store, "visits", "1999", now(store).await).await;
        assert_eq!(last, [("A", 1.5), ("B", 1.5), ("C", 1.5)].map(|(id, value)| (id.to_owned(), value)));
        let heard = store.source_activity(None, 9).await.unwrap();
        let heard: Vec<_> =
            heard.iter().map(|it| (it.source.id.as_str(), it.last_rows, it.newest_period.as_str())).collect();
        assert_eq!(heard, [("x", 3_000, "1999"), ("y", 3_000, "1999")], "{}", backend.name);
    }
}

#[tokio::test]
async fn rows_that_an_earlier_version_staged_are_sealed_with_those_that_came_since() {
    let file = TemporaryDatabase::new();
    for url in [file.url(), temporary_postgres().await] {
        let store = xiuhua_ingestion::store::open(&url).await.unwrap();
        let store = &*store;
        furnish(store).await;
        let delivery = open(store, BatchKind::Observations, mutation("ImportObservations", 1), 10).await;
        let fault = r#"[{"column":"value","code":"NOT_FINITE","message":{"zh":"不","en":"no"}}]"#;
        let number = delivery.batch_no;
        let rows = format!(
            "INSERT INTO staged_observation (batch_no, ordinal, row_no, place_id, measure_id, period, source_id, value,
                                             value_bits, revised_at, closes_row, faults, original)
             VALUES ({number}, 0, 2, 'A', 'visits', '2021', 'file', 1.5, 4609434218613702656, NULL, NULL, NULL, 'two'),
                    ({number}, 1, 3, 'Z', 'visits', '2021', 'file', NULL, NULL, NULL, NULL, '{fault}', 'three'),
                    ({number}, 2, 4, 'B', 'visits', '2021', 'x', 2.0, 4611686018427387904, 700, NULL, NULL, 'four');
             INSERT INTO staged_chunk
                 SELECT {number}, 1, fingerprint FROM mutation WHERE method = 'RegisterMeasures';
             UPDATE batch SET acknowledged_sequence = 1, staged_rows = 3 WHERE batch_no = {number};"
        );
        execute(&url, &rows).await;
        store.stage_observations(delivery, chunk(2, 2), pack([say(5, "C", 3.0)])).await.unwrap();
        let batch = store.seal(delivery, 2, stopped(20)).await.unwrap();
        assert_eq!(batch.seal.unwrap().counts, counts(4, 3, 0, 0, 1), "{url}");
        let refused = rejected(store, &batch.id).await;
        assert_eq!((refused[0].row, refused[0].ordinal, refused[0].original.as_str()), (3, 1, "three"));
        assert_eq!(codes(&refused[0]), ["NOT_FINITE", "UNKNOWN_PLACE"], "{url}");
        let expected = [("A", 1.5), ("B", 2.0), ("C", 3.0)].map(|(id, value)| (id.to_owned(), value));
        assert_eq!(column(store, "visits", "2021", now(store).await).await, expected, "{url}");
        assert_eq!(revisions(store, "B").await[0].revised_at, Some(at(700)), "{url}");
    }
}
