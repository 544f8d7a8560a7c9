//! The seal's SQL against a slow, obvious model, over random deliveries.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use proptest::sample::select;
use xiuhua_ingestion::domain::batch::{AsOf, RowCounts};
use xiuhua_ingestion::domain::measure::Bounds;
use xiuhua_ingestion::domain::observation::DeliveredObservation;
use xiuhua_ingestion::store::Store;

use crate::delivering::*;

const PLACES: [&str; 3] = ["A", "B", "C"];
const SOURCES: [&str; 3] = ["x", "y", "z"];

/// A sound row: place, source, value, the source's own revision time.
type Row = (usize, usize, f64, Option<i64>);

/// What a row says of its key: value, and the source's own revision time.
type Said = (f64, Option<i64>);

#[derive(Clone, Debug)]
enum Step {
    Deliver(Vec<Row>),
    Put(usize, u32),
}

#[derive(Clone, Copy, Debug)]
struct Recorded {
    instant: i64,
    position: u64,
    value: f64,
}

/// What ingestion should remember, kept without any care for speed.
#[derive(Default)]
struct Model {
    position: u64,
    arrival: i64,
    statements: HashMap<(usize, usize), Vec<Recorded>>,
    /// By source: from which position, which precedence.
    precedences: HashMap<usize, Vec<(u64, u32)>>,
}

impl Model {
    fn deliver(&mut self, now: i64, rows: &[Row]) -> RowCounts {
        self.position += 1;
        self.arrival = now.max(self.arrival + 1);
        let mut counts = RowCounts { read: rows.len() as u64, ..RowCounts::default() };
        let mut by_key: BTreeMap<(usize, usize), Vec<Said>> = BTreeMap::new();
        for &(place, source, value, revised) in rows {
            by_key.entry((place, source)).or_default().push((value, revised));
        }
        for (key, rows) in by_key {
            let contradict = |a: &Said, b: &Said| {
                a.0.to_bits() != b.0.to_bits() && (a.1 == b.1 || a.1.is_none() || b.1.is_none())
            };
            if rows.iter().any(|a| rows.iter().any(|b| contradict(a, b))) {
                counts.rejected += rows.len() as u64;
                continue;
            }
            self.take(key, &rows, &mut counts);
        }
        counts
    }

    fn take(&mut self, key: (usize, usize), rows: &[Said], counts: &mut RowCounts) {
        let on_record = self.statements.get(&key).cloned().unwrap_or_default();
        let newest = on_record.iter().max_by_key(|said| (said.instant, said.position)).copied();
        let undated = newest.map_or(self.arrival, |newest| self.arrival.max(newest.instant + 1));
        let mut fresh: Vec<(i64, bool, f64)> = Vec::new();
        for &(value, revised) in rows {
            let statement = (revised.unwrap_or(undated), revised.is_some(), value);
            if fresh.contains(&statement) {
                counts.duplicate += 1;
            } else {
                fresh.push(statement);
            }
        }
        fresh.sort_by_key(|said| (said.0, !said.1));
        let mut kept = on_record.clone();
        for (nth, &(instant, given, value)) in fresh.iter().enumerate() {
            let recorded_before = on_record.iter().filter(|said| said.instant <= instant);
            let recorded_before = recorded_before.max_by_key(|said| (said.instant, said.position));
            let fresh_before = nth.checked_sub(1).map(|before| fresh[before]);
            let before = match (recorded_before, fresh_before) {
                (Some(recorded), Some(fresh)) if fresh.0 < recorded.instant => {
                    Some((recorded.instant, recorded.value))
                }
                (_, Some(fresh)) => Some((fresh.0, fresh.2)),
                (Some(recorded), None) => Some((recorded.instant, recorded.value)),
                (None, None) => None,
            };
            let same = |other: f64| other.to_bits() == value.to_bits();
            let repeats = before.is_some_and(|(_, before)| same(before));
            let tells_old_news = newest.is_some_and(|newest| instant < newest.instant && same(newest.value));
            let is_new = !repeats && !tells_old_news;
            if !is_new {
                counts.duplicate += 1;
            } else if before.is_none() && newest.is_none() {
                counts.accepted += 1;
            } else {
                counts.corrected += 1;
            }
            let said_before = before.is_some_and(|(before, value)| before == instant && same(value));
            let confirms = given && !said_before;
            if is_new || confirms {
                kept.push(Recorded { instant, position: self.position, value });
            }
        }
        self.statements.insert(key, kept);
    }

    fn put(&mut self, source: usize, precedence: u32) {
        self.precedences.entry(source).or_default().push((self.position + 1, precedence));
    }

    fn effective(&self, as_of: AsOf) -> Vec<(String, f64)> {
        let precedence = |source: usize| {
            let mut changes = self.precedences.get(&source).into_iter().flatten();
            let in_force = changes.rfind(|(from, _)| *from <= as_of.precedence_position.0);
            in_force.map_or(100, |(_, value)| *value)
        };
        let mut values = Vec::new();
        for (place, id) in PLACES.iter().enumerate() {
            let newest_of_each = (0..SOURCES.len()).filter_map(|source| {
                let said = self.statements.get(&(place, source)).into_iter().flatten();
                let said = said.filter(|said| said.position <= as_of.position.0);
                said.max_by_key(|said| (said.instant, said.position)).map(|newest| (source, *newest))
            });
            let best =
                newest_of_each.min_by_key(|(source, said)| (precedence(*source), -said.instant, *source));
            values.extend(best.map(|(_, said)| ((*id).to_owned(), said.value)));
        }
        values
    }
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    // Few values and times, so that repeats, conflicts and ties are common; one time is before, some are between and
    // one is at the arrivals (1,000 apart), one is after them all.
    let revised =
        select(vec![None, None, None, Some(500), Some(1_500), Some(2_000), Some(2_500), Some(1_000_000)]);
    let row = (0..PLACES.len(), 0..SOURCES.len(), select(vec![1.0, 2.0, 0.1 + 0.2]), revised);
    prop::collection::vec(row, 0..9)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => rows().prop_map(Step::Deliver),
        1 => (0..SOURCES.len(), select(vec![1, 50, 100, 200])).prop_map(|(source, value)| Step::Put(source, value)),
    ];
    prop::collection::vec(step, 1..7)
}

fn delivered(rows: &[Row]) -> Vec<DeliveredObservation> {
    let told = (2..).zip(rows).map(|(row, &(place, source, value, revised))| DeliveredObservation {
        revised_at_us: revised,
        ..say(row, PLACES[place], value).of(SOURCES[source])
    });
    told.collect()
}

fn run(case: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(case);
}

async fn furnished() -> std::sync::Arc<dyn Store> {
    let store = in_memory().await;
    furnish(&*store).await;
    store
}

async fn effective(store: &dyn Store, as_of: AsOf) -> Vec<(String, f64)> {
    column(store, "visits", "2021", as_of).await
}

fn bits(values: &[(String, f64)]) -> Vec<(&str, u64)> {
    values.iter().map(|(id, value)| (id.as_str(), value.to_bits())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_record_is_what_a_slow_model_says_as_of_every_position(steps in steps()) {
        run(async {
            let store = furnished().await;
            // The places were position 1, sealed at 1 microsecond.
            let mut model = Model { position: 1, arrival: 1, ..Model::default() };
            let mut past_reads = Vec::new();
            for (nth, step) in (1..).zip(&steps) {
                match step {
                    Step::Put(source, precedence) => {
                        put_precedence(&*store, SOURCES[*source], *precedence).await;
                        model.put(*source, *precedence);
                    }
                    Step::Deliver(rows) => {
                        let batch = deliver(&*store, nth * 1_000, delivered(rows)).await;
                        let counts = batch.seal.unwrap().counts;
                        assert!(counts.add_up());
                        assert_eq!(counts, model.deliver(nth * 1_000, rows));
                        past_reads.push(past(batch.seal.unwrap().position.0));
                    }
                }
                let now = now(&*store).await;
                assert_eq!(bits(&effective(&*store, now).await), bits(&model.effective(now)));
            }
            // What was true as of a position is still, after everything that came later.
            for as_of in past_reads {
                assert_eq!(bits(&effective(&*store, as_of).await), bits(&model.effective(as_of)));
            }
        });
    }

    #[test]
    fn the_order_and_the_repetition_of_rows_never_matter(
        first in rows(),
        (second, shuffled) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        run(async {
            let (plain, disturbed) = (furnished().await, furnished().await);
            for store in [&plain, &disturbed] {
                deliver(&**store, 1_000, delivered(&first)).await;
            }
            let doubled: Vec<Row> = shuffled.iter().chain(&second).copied().collect();
            let once = deliver(&*plain, 2_000, delivered(&second)).await.seal.unwrap().counts;
            let twice = deliver(&*disturbed, 2_000, delivered(&doubled)).await.seal.unwrap().counts;
            assert_eq!((twice.accepted, twice.corrected), (once.accepted, once.corrected));
            assert_eq!((twice.read, twice.rejected), (once.read * 2, once.rejected * 2));
            let now = now(&*plain).await;
            assert_eq!(bits(&effective(&*disturbed, now).await), bits(&effective(&*plain, now).await));
            // And the same delivery again changes nothing.
            let again = deliver(&*plain, 3_000, delivered(&second)).await.seal.unwrap().counts;
            assert_eq!((again.accepted, again.corrected, again.rejected), (0, 0, once.rejected));
        });
    }

    #[test]
    fn every_finite_value_comes_back_bit_for_bit(values in prop::collection::vec(any::<u64>(), 1..40)) {
        run(async {
            let store = in_memory().await;
            let anything = measure("visits", "1", Bounds::default());
            store.register_measures(mutation("RegisterMeasures", 0), vec![anything]).await.unwrap();
            let finite = values.into_iter().map(f64::from_bits).filter(|value| value.is_finite());
            let expected: Vec<(String, f64)> =
                finite.enumerate().map(|(nth, value)| (format!("P{nth:02}"), value + 0.0)).collect();
            let places = expected.iter().zip(2..).map(|((id, _), row)| describe(row, id, id)).collect();
            deliver_places(&*store, 1, places).await;
            let rows = expected.iter().zip(2..).map(|((id, value), row)| say(row, id, *value)).collect();
            deliver(&*store, 2, rows).await;
            assert_eq!(bits(&effective(&*store, now(&*store).await).await), bits(&expected));
        });
    }
}
