//! What becomes of rejected rows, on every backend.

use xiuhua_ingestion::domain::batch::{Batch, BatchKind};
use xiuhua_ingestion::domain::ids::BatchId;
use xiuhua_ingestion::domain::observation::DeliveredObservation;
use xiuhua_ingestion::domain::place::DeliveredPlace;
use xiuhua_ingestion::domain::quarantine::{Outcome, QuarantineCounts, QuarantineState, QuarantinedRow};
use xiuhua_ingestion::store::{NewDelivery, NewGiveUp, QuarantineFilter, Store};

use crate::delivering::*;

/// A row that brings row `closes` of the corrected batch again.
fn mend(row: u64, closes: u64, place: &str, value: f64) -> DeliveredObservation {
    DeliveredObservation { closes_row: Some(closes), ..say(row, place, value) }
}

fn settled(open: u64, closed: u64, given_up: u64) -> QuarantineCounts {
    QuarantineCounts { open, closed, given_up }
}

async fn quarantine_of(store: &dyn Store, batch: &Batch) -> QuarantineCounts {
    let batch = store.batch(&batch.id).await.unwrap().unwrap();
    let QuarantineCounts { open, closed, given_up } = batch.quarantine;
    assert_eq!(open + closed + given_up, batch.seal.unwrap().counts.rejected, "they add up");
    batch.quarantine
}

async fn list(
    store: &dyn Store,
    batch: Option<&Batch>,
    state: Option<QuarantineState>,
) -> Vec<QuarantinedRow> {
    let filter = QuarantineFilter { batch_id: batch.map(|batch| batch.id.clone()), state };
    let rows = store.quarantined_rows(&filter, None, 100).await.unwrap();
    rows.into_iter().map(|(_, row)| row).collect()
}

fn numbers(rows: &[QuarantinedRow]) -> Vec<u64> {
    rows.iter().map(|row| row.row.row).collect()
}

fn closed_by(batch: &Batch, row: u64) -> Outcome {
    Outcome::Closed { batch_id: batch.id.clone(), row }
}

fn giving_up(batch_id: &BatchId, rows: &[u64]) -> NewGiveUp {
    NewGiveUp {
        mutation: mutation("GiveUpRows", 0),
        batch_id: batch_id.clone(),
        rows: rows.to_vec(),
        author: "王芳".to_owned(),
        reason: "these houses are gone".to_owned(),
        given_up_at: at(9_000),
    }
}

/// Rows 3, 4 and 5 are rejected.
async fn with_rejected_rows(store: &dyn Store) -> Batch {
    furnish(store).await;
    let rows = vec![say(2, "A", 1.0), say(3, "X", 1.0), say(4, "B", 500.0), say(5, "Y", 1.0)];
    deliver(store, 10, rows).await
}

#[tokio::test]
async fn a_row_that_is_brought_again_is_closed_whatever_becomes_of_it_and_opens_when_that_is_withdrawn() {
    for backend in backends().await {
        let store = &*backend.store;
        let first = with_rejected_rows(store).await;
        assert_eq!(quarantine_of(store, &first).await, settled(3, 0, 0), "{}", backend.name);
        // One is mended, one is as wrong as before.
        let rows = vec![mend(2, 3, "B", 2.0), mend(3, 4, "B", 600.0).of("x")];
        let second = deliver_as(store, correcting(&first, 20), rows).await;
        assert_eq!(second.seal.unwrap().counts, counts(2, 1, 0, 0, 1), "{}", backend.name);
        assert_eq!(second.corrects.as_ref(), Some(&first.id));
        assert_eq!(quarantine_of(store, &first).await, settled(1, 2, 0), "{}", backend.name);
        assert_eq!(quarantine_of(store, &second).await, settled(1, 0, 0), "{}", backend.name);
        let told = list(store, Some(&first), None).await;
        assert_eq!(numbers(&told), [3, 4, 5]);
        let outcomes: Vec<_> = told.iter().map(|row| row.outcome.clone()).collect();
        assert_eq!(outcomes, [closed_by(&second, 2), closed_by(&second, 3), Outcome::Open]);
        let open = list(store, None, Some(QuarantineState::Open)).await;
        let of: Vec<_> = open.iter().map(|row| (&row.batch_id, row.row.row)).collect();
        assert_eq!(of, [(&first.id, 5), (&second.id, 3)], "{}", backend.name);
        assert_eq!(open[0].row.original, "original of row 5");
        // What is not in force has closed nothing.
        withdraw(store, 30, &second).await;
        assert_eq!(quarantine_of(store, &first).await, settled(3, 0, 0), "{}", backend.name);
        assert_eq!(
            numbers(&list(store, None, None).await),
            [3, 4, 5],
            "those of what is withdrawn are not asked for"
        );
        assert_eq!(numbers(&list(store, Some(&second), None).await), [3], "but where it is named");
    }
}

#[tokio::test]
async fn a_row_that_two_batches_brought_again_stays_closed_while_one_of_them_is_in_force() {
    for backend in databases().await {
        let store = &*backend.store;
        let first = with_rejected_rows(store).await;
        let second = deliver_as(store, correcting(&first, 20), vec![mend(2, 3, "B", 2.0)]).await;
        let third = deliver_as(store, correcting(&first, 30), vec![mend(7, 3, "B", 3.0)]).await;
        let outcome = async || list(store, Some(&first), None).await[0].outcome.clone();
        assert_eq!(outcome().await, closed_by(&third, 7), "{}", backend.name);
        withdraw(store, 40, &third).await;
        assert_eq!(outcome().await, closed_by(&second, 2), "{}", backend.name);
        withdraw(store, 50, &second).await;
        assert_eq!(outcome().await, Outcome::Open, "{}", backend.name);
        assert_eq!(quarantine_of(store, &first).await, settled(3, 0, 0));
    }
}

#[tokio::test]
async fn a_row_that_brings_nothing_again_is_rejected() {
    for backend in backends().await {
        let store = &*backend.store;
        let first = with_rejected_rows(store).await;
        // Row 2 was taken, row 99 there is none of.
        let rows = vec![mend(2, 2, "B", 2.0), mend(3, 99, "C", 2.0), mend(4, 5, "C", 3.0)];
        let second = deliver_as(store, correcting(&first, 20), rows).await;
        assert_eq!(second.seal.unwrap().counts, counts(3, 1, 0, 0, 2), "{}", backend.name);
        let refused = rejected(store, &second.id).await;
        assert!(refused.iter().all(|row| codes(row) == ["UNKNOWN_CORRECTION"]), "{refused:?}");
        assert_eq!(quarantine_of(store, &first).await, settled(2, 1, 0));
        // Nor does a delivery that corrects nothing.
        let third = deliver(store, 30, vec![mend(2, 3, "B", 2.0)]).await;
        assert_eq!(codes(&rejected(store, &third.id).await[0]), ["UNKNOWN_CORRECTION"], "{}", backend.name);
        assert_eq!(quarantine_of(store, &first).await, settled(2, 1, 0));
    }
}

#[tokio::test]
async fn rows_that_are_given_up_are_closed_all_the_same_when_they_come_again() {
    for backend in backends().await {
        let store = &*backend.store;
        let first = with_rejected_rows(store).await;
        let asked = giving_up(&first.id, &[3, 99]);
        assert_eq!(store.give_up_rows(asked.clone()).await.unwrap(), 1, "{}", backend.name);
        assert_eq!(store.give_up_rows(asked).await.unwrap(), 1, "the first answer again");
        assert_eq!(quarantine_of(store, &first).await, settled(2, 0, 1), "{}", backend.name);
        let given_up = list(store, Some(&first), Some(QuarantineState::GivenUp)).await;
        assert_eq!(numbers(&given_up), [3]);
        let Outcome::GivenUp(by) = &given_up[0].outcome else { panic!("{given_up:?}") };
        assert_eq!(
            (by.author.as_str(), by.reason.as_str(), by.time),
            ("王芳", "these houses are gone", at(9_000))
        );
        // It comes after all, and goes again.
        let second = deliver_as(store, correcting(&first, 9_100), vec![mend(2, 3, "B", 2.0)]).await;
        assert_eq!(quarantine_of(store, &first).await, settled(2, 1, 0), "{}", backend.name);
        withdraw(store, 9_200, &second).await;
        assert_eq!(quarantine_of(store, &first).await, settled(2, 0, 1), "{}", backend.name);
        // No number means every row that is left.
        assert_eq!(store.give_up_rows(giving_up(&first.id, &[])).await.unwrap(), 2);
        assert_eq!(store.give_up_rows(giving_up(&first.id, &[])).await.unwrap(), 0);
        assert_eq!(quarantine_of(store, &first).await, settled(0, 0, 3), "{}", backend.name);
        assert!(list(store, None, Some(QuarantineState::Open)).await.is_empty());
    }
}

#[tokio::test]
async fn a_correction_that_is_staged_closes_nothing_until_it_is_committed() {
    for backend in backends().await {
        let store = &*backend.store;
        let first = with_rejected_rows(store).await;
        let header = NewDelivery { corrects: Some(first.id.clone()), ..staged(BatchKind::Observations, 20) };
        let second = deliver_as(store, header, vec![mend(2, 3, "B", 2.0), mend(3, 5, "Z", 2.0)]).await;
        assert_eq!(preview(store, 30, &second).await.counts, counts(2, 1, 0, 0, 1), "{}", backend.name);
        assert_eq!(quarantine_of(store, &first).await, settled(3, 0, 0), "{}", backend.name);
        store.commit(commit(40, &second)).await.unwrap();
        assert_eq!(quarantine_of(store, &first).await, settled(1, 2, 0), "{}", backend.name);
    }
}

#[tokio::test]
async fn places_are_corrected_as_observations_are() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let rows = vec![describe(2, "D", "丁"), describe(3, "", "戊"), describe(4, "D", "己")];
        let first = deliver_places(store, 10, rows).await;
        assert_eq!(quarantine_of(store, &first).await, settled(3, 0, 0), "{}", backend.name);
        let mend =
            |row, closes, id: &str| DeliveredPlace { closes_row: Some(closes), ..describe(row, id, id) };
        let rows = vec![mend(2, 3, "E"), mend(3, 2, "D"), mend(4, 7, "F")];
        let second = deliver_places_as(store, correcting(&first, 20), rows).await;
        assert_eq!(second.seal.unwrap().counts, counts(3, 2, 0, 0, 1), "{}", backend.name);
        assert_eq!(codes(&rejected(store, &second.id).await[0]), ["UNKNOWN_CORRECTION"]);
        assert_eq!(quarantine_of(store, &first).await, settled(1, 2, 0), "{}", backend.name);
        assert_eq!(numbers(&list(store, Some(&first), Some(QuarantineState::Open)).await), [4]);
    }
}

#[tokio::test]
async fn the_quarantine_is_listed_page_by_page_by_batch_and_row() {
    for backend in databases().await {
        let store = &*backend.store;
        let first = with_rejected_rows(store).await;
        let second = deliver(store, 20, vec![say(9, "X", 1.0), say(2, "Y", 1.0)]).await;
        for state in [None, Some(QuarantineState::Open)] {
            let filter = QuarantineFilter { batch_id: None, state };
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = store.quarantined_rows(&filter, after, 2).await.unwrap();
                let Some((key, _)) = page.last() else { break };
                after = Some(*key);
                found.extend(page.into_iter().map(|(_, row)| (row.batch_id, row.row.row)));
            }
            let of = |batch: &Batch, row| (batch.id.clone(), row);
            let expected = [of(&first, 3), of(&first, 4), of(&first, 5), of(&second, 2), of(&second, 9)];
            assert_eq!(found, expected, "{} {state:?}", backend.name);
        }
    }
}
