//! The record against a slow, obvious model, over random deliveries and withdrawals.

use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use xiuhua_ingestion::domain::batch::{AsOf, Batch, BatchKind};
use xiuhua_ingestion::domain::measure::Bounds;
use xiuhua_ingestion::domain::observation::DeliveredObservation;
use xiuhua_ingestion::store::{NewCommit, Store};

use crate::delivering::*;
use crate::model::{Model, PLACES, Row, SOURCES};

#[derive(Clone, Debug)]
enum Step {
    Deliver(Vec<Row>),
    /// One of the deliveries before, once more.
    DeliverAgain(Index),
    /// One of the batches before.
    Withdraw(Index),
    Put(usize, u32),
    /// Staged, looked at, and then committed or discarded.
    Stage(Vec<Row>, bool),
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
        6 => rows().prop_map(Step::Deliver),
        2 => any::<Index>().prop_map(Step::DeliverAgain),
        3 => (rows(), any::<bool>()).prop_map(|(rows, is_kept)| Step::Stage(rows, is_kept)),
        3 => any::<Index>().prop_map(Step::Withdraw),
        1 => (0..SOURCES.len(), select(vec![1, 50, 100, 200])).prop_map(|(source, value)| Step::Put(source, value)),
    ];
    prop::collection::vec(step, 1..10)
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

async fn furnished() -> Arc<dyn Store> {
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

async fn agrees(store: &dyn Store, model: &Model, as_of: AsOf) {
    assert_eq!(bits(&effective(store, as_of).await), bits(&model.effective(as_of)), "{as_of:?}");
    for (place, id) in PLACES.iter().enumerate() {
        let shown = revisions_as_of(store, id, as_of).await;
        assert_eq!(shown.len(), model.revisions(place, as_of.position.0), "{id} {as_of:?}");
        let in_force = shown.first().filter(|first| first.effective).map(|first| first.value);
        assert_eq!(in_force, value(store, id, as_of).await, "{id} {as_of:?}");
    }
}

/// A preview tells what a commit then does, and a batch that is discarded did nothing.
async fn staged_delivery(
    store: &dyn Store,
    model: &mut Model,
    time: i64,
    rows: &[Row],
    is_kept: bool,
) -> Option<Batch> {
    let staged = deliver_as(store, staged(BatchKind::Observations, time), delivered(rows)).await;
    let told = preview(store, time, &staged).await;
    if !is_kept {
        store.discard(decision("DiscardBatch", time, &staged.id, "王芳")).await.unwrap();
        return None;
    }
    let before = effective(store, now(store).await).await;
    let asked = NewCommit { second_person_above: None, expected: Some(told.counts), ..commit(time, &staged) };
    let sealed = store.commit(asked).await.unwrap();
    assert_eq!(sealed.seal.unwrap().counts, model.deliver(time, rows));
    assert_eq!(rejected(store, &sealed.id).await, told.rejected);
    let after: HashMap<String, f64> = effective(store, now(store).await).await.into_iter().collect();
    let changes = before.iter().map(|(place, value)| (after[place] - value).abs());
    let moved = changes.clone().filter(|change| *change > 0.0).count();
    let ratio = changes.sum::<f64>() / before.iter().map(|(_, value)| value.abs()).sum::<f64>();
    let told = told.movements.first().map(|told| (told.places_moved, told.places_before, told.moved_ratio));
    match told {
        None => assert_eq!(moved, 0),
        Some((places_moved, places_before, told)) => {
            assert_eq!((places_moved, places_before), (moved as u64, before.len() as u64));
            assert!((told.unwrap() - ratio).abs() < 1e-9, "{told:?} {ratio}");
        }
    }
    Some(sealed)
}

async fn the_record_is_what_the_model_says(store: &dyn Store, steps: &[Step]) {
    furnish(store).await;
    let mut model = Model::furnished();
    let (mut delivered_before, mut standing): (Vec<&[Row]>, Vec<Batch>) = (Vec::new(), Vec::new());
    let mut past_reads = Vec::new();
    for (nth, step) in (1..).zip(steps) {
        let time = nth * 1_000;
        let rows = match step {
            Step::Deliver(rows) => Some(&rows[..]),
            Step::DeliverAgain(which) if !delivered_before.is_empty() => Some(*which.get(&delivered_before)),
            Step::Withdraw(which) if !standing.is_empty() => {
                let batch = standing.swap_remove(which.index(standing.len()));
                withdraw(store, time, &batch).await;
                model.withdraw(time, batch.seal.unwrap().position.0);
                None
            }
            Step::Put(source, precedence) => {
                put_precedence(store, SOURCES[*source], *precedence).await;
                model.put(*source, *precedence);
                None
            }
            Step::Stage(rows, is_kept) => {
                standing.extend(staged_delivery(store, &mut model, time, rows, *is_kept).await);
                None
            }
            Step::DeliverAgain(_) | Step::Withdraw(_) => None,
        };
        if let Some(rows) = rows {
            let batch = deliver(store, time, delivered(rows)).await;
            let counts = batch.seal.unwrap().counts;
            assert!(counts.add_up());
            assert_eq!(counts, model.deliver(time, rows));
            delivered_before.push(rows);
            standing.push(batch);
        }
        agrees(store, &model, now(store).await).await;
        past_reads.push(past(store.position().await.unwrap().0));
    }
    // What was true as of a position is still, after everything that came later.
    for as_of in past_reads {
        agrees(store, &model, as_of).await;
    }
}

/// Dated rows of which each says what its key and time say: no delivery of them can contradict another.
fn dated_rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0..PLACES.len(), 0..SOURCES.len(), 0_i64..4).prop_map(|(place, source, day)| {
        let value = [1.0, 2.0, 3.0][(place + 2 * source + usize::try_from(day * day).unwrap()) % 3];
        (place, source, value, Some(day * 700 + 500))
    });
    prop::collection::vec(row, 1..12)
}

/// The rows in any order, each one to three times, cut into deliveries anywhere.
fn disturbed(rows: Vec<Row>) -> impl Strategy<Value = Vec<Vec<Row>>> {
    let times = prop::collection::vec(1..4_usize, rows.len());
    let repeated = times.prop_map(move |times| {
        let repeated = rows.iter().zip(times).flat_map(|(row, times)| std::iter::repeat_n(*row, times));
        repeated.collect::<Vec<_>>()
    });
    (repeated.prop_shuffle(), 1..5_usize)
        .prop_map(|(rows, size)| rows.chunks(size).map(<[Row]>::to_vec).collect())
}

/// What a place's revisions say, without who is shown for them.
async fn told(store: &dyn Store, place: &str) -> Vec<(String, u64, Option<jiff::Timestamp>, bool)> {
    let shown = revisions(store, place).await.into_iter();
    let told =
        shown.map(|said| (said.source_id.to_string(), said.value.to_bits(), said.revised_at, said.effective));
    told.collect()
}

async fn any_order_ends_in_the_same_state(
    sorted: &dyn Store,
    other: &dyn Store,
    mut rows: Vec<Row>,
    deliveries: Vec<Vec<Row>>,
) {
    furnish(sorted).await;
    furnish(other).await;
    rows.sort_by_key(|row| row.3);
    deliver(sorted, 1_000, delivered(&rows)).await;
    for (nth, rows) in (1..).zip(&deliveries) {
        // Late, too: each comes after all the times that rows name.
        deliver(other, nth * 10_000, delivered(rows)).await;
    }
    let read = (effective(sorted, now(sorted).await).await, effective(other, now(other).await).await);
    assert_eq!(bits(&read.0), bits(&read.1));
    for place in PLACES {
        assert_eq!(told(sorted, place).await, told(other, place).await, "{place}");
    }
}

/// Deliveries without times of their own, of which some are withdrawn on the way.
async fn withdrawn_is_as_if_never_delivered(
    store: &dyn Store,
    without: &dyn Store,
    deliveries: &[(Vec<Row>, bool)],
) {
    for (store, skips) in [(store, false), (without, true)] {
        furnish(store).await;
        // Which of equal sources is newer does depend on who repeated whom.
        for (source, precedence) in SOURCES.iter().zip(1..) {
            put_precedence(store, source, precedence).await;
        }
        let mut gone = None;
        for (nth, (rows, withdrawn)) in (1..).zip(deliveries) {
            if skips && *withdrawn {
                continue;
            }
            let undated: Vec<Row> = rows.iter().map(|row| (row.0, row.1, row.2, None)).collect();
            let batch = deliver(store, nth * 1_000, delivered(&undated)).await;
            // Withdrawn one delivery later, so that one is judged beside it.
            if let Some(before) = gone.take() {
                withdraw(store, nth * 1_000 + 1, &before).await;
            }
            gone = withdrawn.then_some(batch);
        }
        if let Some(last) = gone {
            withdraw(store, 1_000_000, &last).await;
        }
    }
    let read = (effective(store, now(store).await).await, effective(without, now(without).await).await);
    assert_eq!(bits(&read.0), bits(&read.1));
}

async fn values_come_back(store: &dyn Store, values: Vec<u64>) {
    let anything = measure("visits", "1", Bounds::default());
    store.register_measures(mutation("RegisterMeasures", 0), vec![anything]).await.unwrap();
    let finite = values.into_iter().map(f64::from_bits).filter(|value| value.is_finite());
    let expected: Vec<(String, f64)> =
        finite.enumerate().map(|(nth, value)| (format!("P{nth:03}"), value + 0.0)).collect();
    let places = expected.iter().zip(2..).map(|((id, _), row)| describe(row, id, id)).collect();
    deliver_places(store, 1, places).await;
    let rows = expected.iter().zip(2..).map(|((id, value), row)| say(row, id, *value)).collect();
    deliver(store, 2, rows).await;
    assert_eq!(bits(&effective(store, now(store).await).await), bits(&expected));
}

proptest! {
    // A database of its own for each case: a few have to do where that takes a while.
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn on_postgres_too_the_record_is_what_a_slow_model_says(steps in steps()) {
        run(async { the_record_is_what_the_model_says(&*on_postgres().await, &steps).await });
    }

    #[test]
    fn on_postgres_too_every_finite_value_comes_back_bit_for_bit(
        values in prop::collection::vec(any::<u64>(), 1..200),
    ) {
        run(async { values_come_back(&*on_postgres().await, values).await });
    }

    #[test]
    fn on_postgres_too_any_order_ends_in_the_same_state(
        (rows, deliveries) in dated_rows().prop_flat_map(|rows| (Just(rows.clone()), disturbed(rows))),
    ) {
        run(async {
            let (sorted, other) = (in_memory().await, on_postgres().await);
            any_order_ends_in_the_same_state(&*sorted, &*other, rows, deliveries).await;
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_record_is_what_a_slow_model_says_as_of_every_position(steps in steps()) {
        run(async { the_record_is_what_the_model_says(&*in_memory().await, &steps).await });
    }

    #[test]
    fn shuffled_doubled_split_and_late_deliveries_end_in_the_same_state(
        (rows, deliveries) in dated_rows().prop_flat_map(|rows| (Just(rows.clone()), disturbed(rows))),
    ) {
        run(async {
            let (sorted, other) = (in_memory().await, in_memory().await);
            any_order_ends_in_the_same_state(&*sorted, &*other, rows, deliveries).await;
        });
    }

    #[test]
    fn after_a_withdrawal_values_are_as_if_the_batch_had_never_been_delivered(
        deliveries in prop::collection::vec((rows(), any::<bool>()), 1..7),
    ) {
        run(async {
            let (store, without) = (in_memory().await, in_memory().await);
            withdrawn_is_as_if_never_delivered(&*store, &*without, &deliveries).await;
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
        run(async { values_come_back(&*in_memory().await, values).await });
    }
}
