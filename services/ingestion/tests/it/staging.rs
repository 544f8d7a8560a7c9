//! Deliveries that wait until somebody commits them, on every backend.

use xiuhua_ingestion::Error;
use xiuhua_ingestion::domain::batch::{BatchKind, Position};
use xiuhua_ingestion::domain::observation::DeliveredObservation;
use xiuhua_ingestion::domain::review::{Held, Movement, RowVerdict};
use xiuhua_ingestion::store::{NewApproval, NewCommit, NewDelivery, Opened, PreviewQuery};
use xiuhua_service_kit::testing::{TemporaryDatabase, temporary_postgres};

use crate::delivering::*;
use crate::dump::{dump, staged_parts};

const OBSERVATIONS: BatchKind = BatchKind::Observations;

/// Every verdict beside the record of [`record`]: new, corrected, on record, repeated, unknown place, conflict.
fn mixture() -> Vec<DeliveredObservation> {
    vec![
        say(2, "C", 3.0),
        say(3, "A", 2.0),
        say(4, "B", 5.0),
        say(5, "C", 3.0),
        say(6, "Z", 1.0),
        say(7, "B", 1.0).of("x"),
        say(8, "B", 2.0).of("x"),
    ]
}

/// A = 1 and B = 5.
async fn record(store: &dyn xiuhua_ingestion::store::Store) {
    furnish(store).await;
    deliver(store, 10, vec![say(2, "A", 1.0), say(3, "B", 5.0)]).await;
}

#[tokio::test]
async fn a_staged_delivery_is_in_force_once_it_is_committed_and_not_before() {
    for backend in backends().await {
        let store = &*backend.store;
        record(store).await;
        let header = staged(OBSERVATIONS, 20);
        let batch = deliver_as(store, header.clone(), vec![say(2, "C", 7.0)]).await;
        assert_eq!((batch.held, batch.seal), (Some(Held::Staged), None), "{}", backend.name);
        assert_eq!(store.position().await.unwrap(), Position(2));
        assert_eq!(value(store, "C", now(store).await).await, None);
        // Its header is answered with it, and no row is read.
        let again = store.open_delivery(header.clone()).await.unwrap();
        assert!(matches!(&again, Opened::Complete(found) if **found == batch), "{again:?}");
        let sealed = store.commit(commit(30, &batch)).await.unwrap();
        assert_eq!(sealed.seal.unwrap().counts, counts(1, 1, 0, 0, 0), "{}", backend.name);
        assert_eq!((sealed.held, sealed.seal.unwrap().position), (None, Position(3)));
        assert_eq!(sealed.committed.as_ref().unwrap().author, "王芳");
        assert_eq!(value(store, "C", now(store).await).await, Some(7.0));
        let again = store.open_delivery(header).await.unwrap();
        assert!(matches!(&again, Opened::Complete(found) if **found == sealed), "{again:?}");
        assert_eq!(store.batch(&batch.id).await.unwrap().unwrap(), sealed);
    }
}

#[tokio::test]
async fn a_preview_tells_what_the_commit_does() {
    for backend in backends().await {
        let store = &*backend.store;
        record(store).await;
        let batch = deliver_as(store, staged(OBSERVATIONS, 20), mixture()).await;
        let told = preview(store, 30, &batch).await;
        assert_eq!(told.counts, counts(7, 1, 1, 2, 3), "{}", backend.name);
        assert_eq!((told.position, &told.batch), (Position(2), &batch));
        let samples: Vec<_> = told
            .samples
            .iter()
            .map(|sample| {
                let change = &sample.changes[0];
                (sample.verdict, sample.row, &*sample.place_id, &*change.before, &*change.after)
            })
            .collect();
        let expected = [
            (RowVerdict::Accepted, 2, "C", "", "3"),
            (RowVerdict::Corrected, 3, "A", "1", "2"),
            (RowVerdict::Duplicate, 4, "B", "5", "5"),
            (RowVerdict::Duplicate, 5, "C", "", "3"),
        ];
        assert_eq!(samples, expected, "{}", backend.name);
        // A moves by 1 of 6; C had no value.
        let Movement { moved_ratio, places_moved, places_before, .. } = told.movements[0].clone();
        assert_eq!((told.movements.len(), places_moved, places_before), (1, 1, 2));
        assert!((moved_ratio.unwrap() - 1.0 / 6.0).abs() < 1e-12, "{moved_ratio:?}");
        let waiting = store.commit(commit(40, &batch)).await.unwrap();
        let approval = decision("ApproveBatch", 50, &waiting.id, "李强");
        let sealed = store.approve(approval.into()).await.unwrap();
        assert_eq!(sealed.seal.unwrap().counts, told.counts, "{}", backend.name);
        assert_eq!(rejected(store, &batch.id).await, told.rejected, "{}", backend.name);
    }
}

#[tokio::test]
async fn a_preview_of_places_shows_what_differs() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let rows = vec![
            describe(2, "D", "丁"),
            describe(3, "A", "甲"),
            describe(4, "B", "B"),
            describe(5, "D", "丁"),
            describe(6, "", "无"),
            describe(7, "C", "丙"),
            describe(8, "C", "C"),
        ];
        let batch = deliver_places_as(store, staged(BatchKind::Places, 20), rows).await;
        let told = preview(store, 30, &batch).await;
        assert_eq!(told.counts, counts(7, 1, 1, 2, 3), "{}", backend.name);
        let samples: Vec<_> = told
            .samples
            .iter()
            .map(|sample| {
                let change = &sample.changes[0];
                (sample.verdict, sample.row, &*sample.place_id, &*change.before, &*change.after)
            })
            .collect();
        let expected = [
            (RowVerdict::Accepted, 2, "D", "", "丁"),
            (RowVerdict::Corrected, 3, "A", "A", "甲"),
            (RowVerdict::Duplicate, 4, "B", "B", "B"),
            (RowVerdict::Duplicate, 5, "D", "", "丁"),
        ];
        assert_eq!(samples, expected, "{}", backend.name);
        assert_eq!((told.rejected.len(), told.movements.len()), (3, 0));
        let sealed = store.commit(commit(40, &batch)).await.unwrap();
        assert_eq!(sealed.seal.unwrap().counts, told.counts, "{}", backend.name);
    }
}

#[tokio::test]
async fn a_preview_changes_nothing_on_record() {
    let file = TemporaryDatabase::new();
    for url in [file.url(), temporary_postgres().await] {
        let store = xiuhua_ingestion::store::open(&url).await.unwrap();
        let store = &*store;
        record(store).await;
        let first = deliver(store, 15, vec![say(2, "Z", 1.0), say(3, "Y", 1.0)]).await;
        let mut rows = mixture();
        rows[0].closes_row = Some(2);
        rows[4].closes_row = Some(9);
        let header = NewDelivery { corrects: Some(first.id.clone()), ..staged(OBSERVATIONS, 20) };
        let observations = deliver_as(store, header, rows).await;
        let rows = vec![describe(2, "D", "丁"), describe(3, "A", "甲"), describe(4, "", "无")];
        let places = deliver_places_as(store, staged(BatchKind::Places, 25), rows).await;
        let before = dump(&url).await;
        assert_eq!(staged_parts(&before), 3 + 3);
        for batch in [&observations, &places] {
            let told = preview(store, 30, batch).await;
            assert_eq!(preview(store, 30, batch).await, told, "{url}");
            assert_eq!(dump(&url).await, before, "{url}");
        }
    }
}

#[tokio::test]
async fn a_commit_is_of_the_file_and_the_outcome_that_were_seen() {
    for backend in databases().await {
        let store = &*backend.store;
        record(store).await;
        let batch = deliver_as(store, staged(OBSERVATIONS, 20), vec![say(2, "C", 7.0)]).await;
        let seen = preview(store, 25, &batch).await.counts;
        let other_file = NewCommit { content_sha256: [8; 32], ..commit(30, &batch) };
        let refused = store.commit(other_file).await;
        assert!(matches!(refused, Err(Error::ContentDiffers(_))), "{}: {refused:?}", backend.name);
        // Another delivery says the same meanwhile.
        deliver(store, 35, vec![say(2, "C", 7.0)]).await;
        let stale = NewCommit { expected: Some(seen), ..commit(40, &batch) };
        let refused = store.commit(stale).await;
        let found = counts(1, 0, 0, 1, 0);
        assert!(
            matches!(refused, Err(Error::OutcomeChanged { expected, found: told }) if expected == seen && told == found),
            "{}: {refused:?}",
            backend.name
        );
        assert_eq!(store.batch(&batch.id).await.unwrap().unwrap(), batch);
        assert_eq!(preview(store, 45, &batch).await.counts, found);
        let fresh = NewCommit { expected: Some(found), ..commit(50, &batch) };
        assert_eq!(store.commit(fresh).await.unwrap().seal.unwrap().counts, found);
    }
}

#[tokio::test]
async fn what_was_looked_at_on_another_record_is_neither_committed_nor_approved() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        deliver(store, 10, vec![say(2, "A", 90.0), say(3, "B", 5.0)]).await;
        let batch = deliver_as(store, staged(OBSERVATIONS, 20), vec![say(2, "A", 91.0)]).await;
        let seen = preview(store, 25, &batch).await;
        // The same counts, and the value goes down where it was seen to go up.
        deliver(store, 30, vec![say(2, "A", 93.0)]).await;
        let asked = |now, seen: &xiuhua_ingestion::domain::review::Preview| NewCommit {
            expected: Some(seen.counts),
            preview_position: Some(seen.position),
            ..commit(now, &batch)
        };
        let refused = store.commit(asked(40, &seen)).await;
        assert!(matches!(refused, Err(Error::RecordMoved { .. })), "{}: {refused:?}", backend.name);
        let fresh = preview(store, 45, &batch).await;
        assert_eq!(fresh.counts, seen.counts);
        assert!(store.commit(asked(50, &fresh)).await.unwrap().seal.is_some(), "{}", backend.name);

        let batch = deliver_as(store, staged(OBSERVATIONS, 60), vec![say(2, "B", 50.0)]).await;
        store.commit(commit(70, &batch)).await.unwrap();
        let seen = preview(store, 75, &batch).await;
        deliver(store, 80, vec![say(2, "B", 60.0)]).await;
        let approval = |now, seen: &xiuhua_ingestion::domain::review::Preview| NewApproval {
            content_sha256: Some(FILE),
            expected: Some(seen.counts),
            preview_position: Some(seen.position),
            ..decision("ApproveBatch", now, &batch.id, "李强").into()
        };
        let refused = store.approve(approval(90, &seen)).await;
        assert!(matches!(refused, Err(Error::RecordMoved { .. })), "{}: {refused:?}", backend.name);
        let fresh = preview(store, 95, &batch).await;
        let other_file = NewApproval { content_sha256: Some([8; 32]), ..approval(96, &fresh) };
        let refused = store.approve(other_file).await;
        assert!(matches!(refused, Err(Error::ContentDiffers(_))), "{}: {refused:?}", backend.name);
        let miscounted = NewApproval { expected: Some(counts(2, 2, 0, 0, 0)), ..approval(97, &fresh) };
        let refused = store.approve(miscounted).await;
        assert!(matches!(refused, Err(Error::OutcomeChanged { .. })), "{}: {refused:?}", backend.name);
        assert!(store.approve(approval(98, &fresh)).await.unwrap().seal.is_some(), "{}", backend.name);
    }
}

#[tokio::test]
async fn there_is_one_preview_at_a_time_and_one_that_nobody_waits_for_is_given_up() {
    for backend in databases().await {
        let store = &*backend.store;
        record(store).await;
        let batch = deliver_as(store, staged(OBSERVATIONS, 20), mixture()).await;
        let query =
            PreviewQuery { batch_id: batch.id.clone(), samples: 1, rejected_rows: 1, clock: stopped(30) };
        let (one, other) = tokio::join!(store.preview(query.clone()), store.preview(query.clone()));
        assert!(one.is_ok(), "{}: {one:?}", backend.name);
        assert!(matches!(other, Err(Error::PreviewUnderWay)), "{}: {other:?}", backend.name);
        for _ in 0..40 {
            let dropped = tokio::time::timeout(std::time::Duration::ZERO, store.preview(query.clone())).await;
            assert!(matches!(dropped, Err(_) | Ok(Ok(_) | Err(Error::PreviewUnderWay))), "{dropped:?}");
        }
        deliver(store, 40, vec![say(2, "C", 1.0)]).await;
        assert_eq!(preview(store, 50, &batch).await.counts.read, 7, "{}", backend.name);
    }
}

#[tokio::test]
async fn a_batch_that_moves_too_much_waits_for_a_second_person() {
    for backend in backends().await {
        let store = &*backend.store;
        record(store).await;
        let batch = deliver_as(store, staged(OBSERVATIONS, 20), vec![say(2, "A", 2.0)]).await;
        let waiting = store.commit(commit(30, &batch)).await.unwrap();
        assert_eq!(waiting.held, Some(Held::AwaitingApproval), "{}", backend.name);
        assert_eq!((waiting.seal, waiting.movements.len()), (None, 1));
        assert_eq!(store.position().await.unwrap(), Position(2));
        assert_eq!(value(store, "A", now(store).await).await, Some(1.0));
        // It can still be looked at, and the same person in other letters is no second one.
        assert_eq!(preview(store, 35, &batch).await.movements, waiting.movements);
        let same = store.approve(decision("ApproveBatch", 40, &batch.id, " 王　芳").into()).await;
        assert!(same.is_err(), "{}: {same:?}", backend.name);
        let approval = decision("ApproveBatch", 50, &batch.id, "李强");
        let sealed = store.approve(approval.clone().into()).await.unwrap();
        assert_eq!(sealed.seal.unwrap().counts, counts(1, 0, 1, 0, 0));
        let decided = [&sealed.committed, &sealed.approved].map(|by| by.as_ref().unwrap().author.as_str());
        assert_eq!((decided, &sealed.movements), (["王芳", "李强"], &waiting.movements));
        assert_eq!(value(store, "A", now(store).await).await, Some(2.0), "{}", backend.name);
        // Said again it is answered again; decided again it is refused.
        assert_eq!(store.approve(approval.into()).await.unwrap(), sealed);
        assert!(store.approve(decision("ApproveBatch", 60, &batch.id, "李强").into()).await.is_err());
    }
}

#[tokio::test]
async fn a_preview_says_which_rows_would_not_be_in_force() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        put_precedence(store, "official", 1).await;
        deliver(store, 10, vec![say(2, "A", 4.0).of("official"), say(3, "B", 4.0).revised(1_000)]).await;
        let rows = vec![
            say(2, "A", 5.0),
            say(3, "B", 6.0).revised(10),
            say(4, "C", 7.0),
            say(5, "A", 8.0).of("official"),
        ];
        let batch = deliver_as(store, staged(OBSERVATIONS, 40), rows).await;
        let samples = preview(store, 50, &batch).await.samples;
        let mut told: Vec<_> = samples.iter().map(|sample| (sample.row, sample.outweighed)).collect();
        told.sort_unstable();
        assert_eq!(told, [(2, true), (3, true), (4, false), (5, false)], "{}", backend.name);
    }
}

#[tokio::test]
async fn a_movement_is_of_what_is_in_force() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        // Ten times as much by a source that is not believed, and by a batch that is withdrawn.
        put_precedence(store, "official", 1).await;
        let rows = vec![say(2, "A", 4.0).of("official"), say(3, "A", 40.0), say(4, "B", 4.0)];
        deliver(store, 10, rows).await;
        let wrong = deliver(store, 20, vec![say(2, "B", 40.0)]).await;
        withdraw(store, 30, &wrong).await;
        let moved = async |rows| {
            let batch = deliver_as(store, staged(OBSERVATIONS, 40), rows).await;
            let movements = preview(store, 50, &batch).await.movements;
            store.discard(decision("DiscardBatch", 60, &batch.id, "王芳")).await.unwrap();
            movements
                .into_iter()
                .map(|movement| (movement.moved_ratio, movement.places_moved, movement.places_before))
                .collect::<Vec<_>>()
        };
        // Nobody believes this of A, C has no value before, and B moves by 1 of 8.
        let rows = vec![say(2, "A", 50.0), say(3, "B", 5.0), say(4, "C", 100.0)];
        assert_eq!(moved(rows).await, [(Some(0.125), 1, 2)], "{}", backend.name);
        // What is older than what is in force moves nothing.
        assert_eq!(moved(vec![say(2, "B", 50.0).revised(-5)]).await, [], "{}", backend.name);
        // A source that is believed more takes over.
        let rows = vec![say(2, "B", 6.0).of("official"), say(3, "A", 2.0).of("official")];
        assert_eq!(moved(rows).await, [(Some(0.5), 2, 2)], "{}", backend.name);
        // Another year has nothing to be moved.
        let other_year = DeliveredObservation { period: "2022".into(), ..say(2, "A", 1.0) };
        assert_eq!(moved(vec![other_year]).await, [], "{}", backend.name);
    }
}

#[tokio::test]
async fn a_change_from_zeros_alone_has_no_share_and_waits_and_the_largest_values_overflow_nothing() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        let anything = measure("any", "1", xiuhua_ingestion::domain::measure::Bounds::default());
        store.register_measures(mutation("RegisterMeasures", 0), vec![anything]).await.unwrap();
        let any =
            |row, place, value| DeliveredObservation { measure_id: "any".into(), ..say(row, place, value) };
        let rows = vec![
            say(2, "A", 0.0),
            say(3, "B", 0.0),
            any(4, "A", f64::MAX),
            any(5, "B", f64::MAX),
            any(6, "C", 5e-324),
        ];
        deliver(store, 10, rows).await;
        let rows = vec![say(2, "A", 1.0), any(3, "A", -f64::MAX), any(4, "B", -f64::MAX)];
        let batch = deliver_as(store, staged(OBSERVATIONS, 20), rows).await;
        let movements = preview(store, 30, &batch).await.movements;
        let told: Vec<_> = movements
            .iter()
            .map(|movement| (movement.measure_id.as_str(), movement.moved_ratio, movement.places_before))
            .collect();
        assert_eq!(told, [("visits", None, 2), ("any", Some(2.0), 3)], "{}", backend.name);
        let waiting = store.commit(commit(40, &batch)).await.unwrap();
        assert_eq!((waiting.held, waiting.movements), (Some(Held::AwaitingApproval), movements));
        // Where nobody has to agree, nobody does.
        let batch = deliver_as(store, staged(OBSERVATIONS, 50), vec![say(2, "A", 9.0)]).await;
        let alone = NewCommit { second_person_above: None, ..commit(60, &batch) };
        assert!(store.commit(alone).await.unwrap().seal.is_some(), "{}", backend.name);
    }
}

#[tokio::test]
async fn a_discarded_batch_stays_listed_and_its_rows_do_not() {
    for backend in backends().await {
        let store = &*backend.store;
        record(store).await;
        let header = staged(OBSERVATIONS, 20);
        let batch = deliver_as(store, header.clone(), mixture()).await;
        let discarding = decision("DiscardBatch", 30, &batch.id, "王芳");
        let discarded = store.discard(discarding.clone()).await.unwrap();
        assert_eq!(discarded.held, Some(Held::Discarded), "{}", backend.name);
        assert_eq!(discarded.discarded.as_ref().unwrap().reason, "the wrong file");
        assert_eq!(store.discard(discarding).await.unwrap(), discarded);
        assert_eq!(store.batch(&batch.id).await.unwrap().unwrap(), discarded);
        let again = store.open_delivery(header).await.unwrap();
        assert!(matches!(&again, Opened::Complete(found) if **found == discarded), "{again:?}");
        assert!(store.commit(commit(40, &batch)).await.is_err());
        assert!(store.discard(decision("DiscardBatch", 50, &batch.id, "王芳")).await.is_err());
        assert_eq!(store.position().await.unwrap(), Position(2));
    }
}

#[tokio::test]
async fn what_nobody_commits_in_time_is_discarded_and_what_waits_for_approval_is_kept() {
    for backend in databases().await {
        let store = &*backend.store;
        record(store).await;
        let forgotten = deliver_as(store, staged(OBSERVATIONS, 20), vec![say(2, "C", 1.0)]).await;
        let waiting = deliver_as(store, staged(OBSERVATIONS, 21), vec![say(2, "A", 90.0)]).await;
        store.commit(commit(22, &waiting)).await.unwrap();
        let empty = deliver_as(store, staged(OBSERVATIONS, 23), Vec::new()).await;
        let recent = deliver_as(store, staged(OBSERVATIONS, 40), vec![say(2, "C", 2.0)]).await;
        let other = NewDelivery {
            given_up_before: at(30),
            ..new_delivery(OBSERVATIONS, mutation("ImportObservations", 0), 50)
        };
        store.open_delivery(other).await.unwrap();
        let mut held = Vec::new();
        for batch in [&forgotten, &empty, &waiting, &recent] {
            held.push(store.batch(&batch.id).await.unwrap().unwrap().held.unwrap());
        }
        assert_eq!(
            held,
            [Held::Discarded, Held::Discarded, Held::AwaitingApproval, Held::Staged],
            "{}",
            backend.name
        );
        let forgotten = store.batch(&forgotten.id).await.unwrap().unwrap();
        assert_eq!(forgotten.discarded.unwrap().author, "xiuhua");
        assert_eq!(preview(store, 60, &recent).await.counts, counts(1, 1, 0, 0, 0));
    }
}

#[tokio::test]
async fn a_commit_that_is_repeated_seals_once_and_is_answered_alike() {
    for backend in backends().await {
        let store = &*backend.store;
        record(store).await;
        let batch = deliver_as(store, staged(OBSERVATIONS, 20), vec![say(2, "C", 7.0)]).await;
        let asked = commit(30, &batch);
        let first = store.commit(asked.clone()).await.unwrap();
        assert_eq!(store.commit(asked.clone()).await.unwrap(), first, "{}", backend.name);
        assert_eq!(store.position().await.unwrap(), Position(3));
        assert!(store.commit(commit(40, &batch)).await.is_err(), "another commit is refused");
    }
}

#[tokio::test]
async fn an_empty_delivery_can_be_staged_looked_at_and_committed() {
    for backend in backends().await {
        let store = &*backend.store;
        record(store).await;
        for kind in [OBSERVATIONS, BatchKind::Places] {
            let batch = match kind {
                BatchKind::Places => deliver_places_as(store, staged(kind, 20), Vec::new()).await,
                BatchKind::Observations => deliver_as(store, staged(kind, 20), Vec::new()).await,
            };
            assert_eq!(preview(store, 30, &batch).await.counts, counts(0, 0, 0, 0, 0), "{}", backend.name);
            assert!(store.commit(commit(40, &batch)).await.unwrap().seal.is_some());
        }
    }
}
