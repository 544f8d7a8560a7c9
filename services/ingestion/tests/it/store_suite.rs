//! The record of observations, on every backend.

use xiuhua_ingestion::Error;
use xiuhua_ingestion::domain::batch::BatchKind;
use xiuhua_ingestion::domain::measure::Bounds;
use xiuhua_ingestion::domain::observation::DeliveredObservation;
use xiuhua_ingestion::store::Registration;

use crate::delivering::*;

#[tokio::test]
async fn a_correction_is_a_revision_and_going_back_is_another() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let mut verdicts = Vec::new();
        for (now, value) in [(10, 1.0), (20, 1.0), (30, 2.0), (40, 1.0)] {
            let counts = deliver(store, now, vec![say(2, "A", value)]).await.seal.unwrap().counts;
            verdicts.push((counts.accepted, counts.corrected, counts.duplicate));
        }
        assert_eq!(verdicts, [(1, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 0)], "{}", backend.name);
        let said = revisions(store, "A").await;
        assert_eq!(values(&said), [1.0, 2.0, 1.0], "{}", backend.name);
        assert_eq!(said.iter().map(|said| said.effective).collect::<Vec<_>>(), [true, false, false]);
    }
}

#[tokio::test]
async fn a_read_as_of_a_position_gives_the_same_after_later_deliveries() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        deliver(store, 10, vec![say(2, "A", 1.0), say(3, "B", 5.0)]).await;
        let before = column(store, "visits", "2021", past(2)).await;
        deliver(store, 20, vec![say(2, "A", 2.0), say(3, "C", 7.0)]).await;
        assert_eq!(column(store, "visits", "2021", past(2)).await, before, "{}", backend.name);
        let newest = column(store, "visits", "2021", now(store).await).await;
        let expected = [("A", 2.0), ("B", 5.0), ("C", 7.0)].map(|(id, value)| (id.to_owned(), value));
        assert_eq!(newest, expected);
        assert_eq!(column(store, "visits", "2021", past(1)).await, []);
        assert_eq!(column(store, "visits", "2020", past(3)).await, []);
    }
}

#[tokio::test]
async fn an_older_revision_that_arrives_late_is_history_and_changes_no_value() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        deliver(store, 10, vec![say(2, "A", 2.0).revised(8)]).await;
        let late = deliver(store, 20, vec![say(2, "A", 1.0).revised(5)]).await;
        assert_eq!(late.seal.unwrap().counts, counts(1, 0, 1, 0, 0), "{}", backend.name);
        assert_eq!(value(store, "A", now(store).await).await, Some(2.0));
        assert_eq!(values(&revisions(store, "A").await), [2.0, 1.0]);
        // The same late file again changes nothing; nor does one that says of the past what holds now.
        let again = deliver(store, 30, vec![say(2, "A", 1.0).revised(5)]).await;
        assert_eq!(again.seal.unwrap().counts, counts(1, 0, 0, 1, 0));
        let same = deliver(store, 40, vec![say(2, "A", 2.0).revised(3)]).await;
        assert_eq!(same.seal.unwrap().counts, counts(1, 0, 0, 1, 0));
    }
}

#[tokio::test]
async fn a_value_that_its_source_confirmed_is_not_undone_by_a_forgotten_older_correction() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        deliver(store, 10, vec![say(2, "A", 1.0).revised(1)]).await;
        let confirmed = deliver(store, 20, vec![say(2, "A", 1.0).revised(9)]).await;
        assert_eq!(confirmed.seal.unwrap().counts, counts(1, 0, 0, 1, 0), "{}", backend.name);
        deliver(store, 30, vec![say(2, "A", 2.0).revised(5)]).await;
        assert_eq!(value(store, "A", now(store).await).await, Some(1.0));
    }
}

#[tokio::test]
async fn a_statement_without_a_time_is_newer_than_one_dated_into_the_future() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        deliver(store, 10, vec![say(2, "A", 1.0).revised(5_000)]).await;
        deliver(store, 20, vec![say(2, "A", 2.0)]).await;
        assert_eq!(value(store, "A", now(store).await).await, Some(2.0), "{}", backend.name);
        let again = deliver(store, 9_000, vec![say(2, "A", 2.0)]).await;
        assert_eq!(again.seal.unwrap().counts, counts(1, 0, 0, 1, 0));
    }
}

#[tokio::test]
async fn revisions_of_one_delivery_become_history_whatever_the_order_of_its_rows() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let rows =
            vec![say(2, "A", 3.0).revised(9), say(3, "A", 1.0).revised(1), say(4, "A", 1.0).revised(4)];
        let batch = deliver(store, 10, rows).await;
        assert_eq!(batch.seal.unwrap().counts, counts(3, 1, 1, 1, 0), "{}", backend.name);
        assert_eq!(value(store, "A", now(store).await).await, Some(3.0));
    }
}

#[tokio::test]
async fn two_values_for_one_observation_in_one_delivery_reject_all_its_rows_and_name_them() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let rows = vec![
            say(2, "A", 1.0),
            say(3, "B", 4.0),
            say(4, "A", 2.5),
            say(5, "A", 1.0),
            say(6, "C", 1.0).revised(5),
            say(7, "C", 2.0),
        ];
        let batch = deliver(store, 10, rows).await;
        assert_eq!(batch.seal.unwrap().counts, counts(6, 1, 0, 0, 5), "{}", backend.name);
        let rejected = rejected(store, &batch.id).await;
        assert_eq!(rejected.iter().map(|row| row.row).collect::<Vec<_>>(), [2, 4, 5, 6, 7]);
        assert!(rejected.iter().all(|row| codes(row) == ["CONFLICT"] && row.columns() == ["value"]));
        let message = &rejected[1].reasons[0].message;
        assert!(message.en.contains("2: 1; 4: 2.5") && message.zh.contains("2: 1; 4: 2.5"), "{message:?}");
        assert_eq!(rejected[1].original, "original of row 4");
        assert_eq!(value(store, "A", now(store).await).await, None);
    }
}

#[tokio::test]
async fn a_conflict_of_many_values_names_the_first_rows_and_counts_the_rest() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let rows = (2..12).map(|row| say(row, "A", f64::from(u32::try_from(row).unwrap()))).collect();
        let batch = deliver(store, 10, rows).await;
        let message = rejected(store, &batch.id).await[9].reasons[0].message.en.clone();
        assert!(message.contains("2: 2; 3: 3; 4: 4; 5: 5 and 6 more"), "{}: {message}", backend.name);
    }
}

#[tokio::test]
async fn what_only_the_registers_can_tell_is_added_to_the_faults_of_a_row() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let unknown = |row| DeliveredObservation {
            measure_id: "steps".into(),
            period: "21".into(),
            ..say(row, "Z", 1.0)
        };
        let rows = vec![
            unknown(2),
            say(3, "A", 100.5),
            say(4, "Z", -1.0),
            say(5, "B", 100.0),
            say(6, "B", f64::NAN),
        ];
        let batch = deliver(store, 10, rows).await;
        assert_eq!(batch.seal.unwrap().counts, counts(5, 1, 0, 0, 4), "{}", backend.name);
        let rejected = rejected(store, &batch.id).await;
        let found: Vec<Vec<&str>> = rejected.iter().map(codes).collect();
        let expected = [
            vec!["BAD_PERIOD", "UNKNOWN_PLACE", "UNKNOWN_MEASURE"],
            vec!["OUT_OF_BOUNDS"],
            vec!["UNKNOWN_PLACE", "OUT_OF_BOUNDS"],
            vec!["NOT_FINITE"],
        ];
        assert_eq!(found, expected);
        assert_eq!(rejected[0].columns(), ["place_id", "indicator", "period"]);
        let message = &rejected[1].reasons[0].message;
        assert!(
            message.en.contains("[0, 100]") && message.en.contains("visits/household/year"),
            "{message:?}"
        );
    }
}

#[tokio::test]
async fn an_open_end_of_the_bounds_rejects_the_end_itself() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let bounds = Bounds::new(Some(0.0), Some(1.0), true, true).unwrap();
        let measures = vec![measure("share", "1", bounds)];
        store.register_measures(mutation("RegisterMeasures", 0), measures).await.unwrap();
        let share = |row, value| DeliveredObservation { measure_id: "share".into(), ..say(row, "A", value) };
        let zero_and_one = DeliveredObservation { period: "2020".into(), ..share(3, 1.0) };
        let half = DeliveredObservation { period: "2019".into(), ..share(4, 0.5) };
        let batch = deliver(store, 10, vec![share(2, -0.0), zero_and_one, half]).await;
        assert_eq!(batch.seal.unwrap().counts, counts(3, 1, 0, 0, 2), "{}", backend.name);
    }
}

#[tokio::test]
async fn precedence_then_the_newest_then_the_smallest_source_decides() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        deliver(
            store,
            10,
            vec![say(2, "A", 1.0).of("y"), say(3, "A", 2.0).of("x"), say(4, "B", 3.0).of("x")],
        )
        .await;
        assert_eq!(value(store, "A", now(store).await).await, Some(2.0), "{}", backend.name);
        deliver(store, 20, vec![say(2, "A", 4.0).of("y")]).await;
        assert_eq!(value(store, "A", now(store).await).await, Some(4.0));
        assert_eq!(values(&revisions(store, "A").await), [4.0, 2.0, 1.0]);
        put_precedence(store, "x", 7).await;
        assert_eq!(value(store, "A", now(store).await).await, Some(2.0));
        let said = revisions(store, "A").await;
        assert_eq!((values(&said), said[0].effective), (vec![2.0, 4.0, 1.0], true));
    }
}

#[tokio::test]
async fn a_change_of_precedence_changes_no_read_of_the_past() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        deliver(store, 10, vec![say(2, "A", 1.0).of("x"), say(3, "A", 2.0).of("y")]).await;
        put_precedence(store, "y", 1).await;
        assert_eq!(value(store, "A", now(store).await).await, Some(2.0), "{}", backend.name);
        assert_eq!(value(store, "A", past(2)).await, Some(1.0), "as of position 2 it was not in force");
        // An empty delivery is a delivery: what was put before it is in force as of its position.
        deliver(store, 20, Vec::new()).await;
        assert_eq!(value(store, "A", past(3)).await, Some(2.0));
        assert_eq!(value(store, "A", past(2)).await, Some(1.0));
    }
}

#[tokio::test]
async fn a_source_named_first_by_a_delivery_has_the_default_precedence() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        put_precedence(store, "cloud", 5).await;
        deliver(
            store,
            10,
            vec![say(2, "A", 1.0), say(3, "B", 1.0).of("hotline"), say(4, "Z", 1.0).of("ghost")],
        )
        .await;
        let sources = store.sources(None, 10).await.unwrap();
        let found: Vec<_> = sources.iter().map(|source| (source.id.as_str(), source.precedence)).collect();
        assert_eq!(found, [("cloud", 5), ("file", 100), ("hotline", 100)], "{}", backend.name);
        let rest = store.sources(Some((100, "file".to_owned())), 10).await.unwrap();
        assert_eq!(rest.iter().map(|source| source.id.as_str()).collect::<Vec<_>>(), ["hotline"]);
    }
}

#[tokio::test]
async fn a_precedence_of_zero_is_the_strongest_and_one_that_is_absent_stays_as_it_was() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        deliver(store, 10, vec![say(2, "A", 1.0).of("x"), say(3, "A", 2.0).of("y")]).await;
        put_precedence(store, "x", 1).await;
        assert_eq!(value(store, "A", now(store).await).await, Some(1.0), "{}", backend.name);
        put_precedence(store, "y", 0).await;
        assert_eq!(value(store, "A", now(store).await).await, Some(2.0));
        let keep = mutation("PutSource", 1);
        let kept = store.put_source(keep.clone(), source("y", None)).await.unwrap();
        assert_eq!(kept.precedence, 0);
        assert_eq!(value(store, "A", now(store).await).await, Some(2.0));
        let new = store.put_source(mutation("PutSource", 2), source("new", None)).await.unwrap();
        assert_eq!(new.precedence, 100);
        let first = &store.sources(None, 1).await.unwrap()[0];
        assert_eq!((first.id.as_str(), first.precedence), ("y", 0));
        // What was answered once is answered again, whatever is on record since.
        put_precedence(store, "y", 9).await;
        assert_eq!(store.put_source(keep, source("y", None)).await.unwrap(), kept);
        assert_eq!(value(store, "A", now(store).await).await, Some(1.0));
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_no_delivery_older_than_one_before_it() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        deliver(store, 1_000, vec![say(2, "A", 1.0)]).await;
        let later = deliver(store, 500, vec![say(2, "A", 2.0)]).await;
        assert_eq!(later.seal.unwrap().sealed_at, at(1_001), "{}", backend.name);
        assert_eq!(value(store, "A", now(store).await).await, Some(2.0));
    }
}

#[tokio::test]
async fn measures_are_registered_together_or_not_at_all() {
    for backend in databases().await {
        let store = &*backend.store;
        let known = measure("a", "%", Bounds::default());
        let first = mutation("RegisterMeasures", 1);
        let created = store.register_measures(first.clone(), vec![known.clone()]).await.unwrap();
        assert_eq!(created, Registration { created: 1, updated: 0 }, "{}", backend.name);
        let mut renamed = known.clone();
        renamed.name.zh = "新名".to_owned();
        let updated = store.register_measures(mutation("RegisterMeasures", 2), vec![renamed]).await.unwrap();
        assert_eq!(updated, Registration { created: 0, updated: 1 });
        // The first request again gives the first answer and does not undo the second.
        assert_eq!(store.register_measures(first.clone(), vec![known.clone()]).await.unwrap(), created);
        assert_eq!(store.measure(&known.id).await.unwrap().unwrap().name.zh, "新名");
        let other = vec![measure("b", "%", Bounds::default()), measure("a", "‰", Bounds::default())];
        let refused = store.register_measures(mutation("RegisterMeasures", 3), other).await.unwrap_err();
        assert!(
            matches!(&refused, Error::MeasureDiffers(differences) if differences[0].index == 1),
            "{refused:?}"
        );
        assert_eq!(store.measures(None, 10).await.unwrap().len(), 1);
        let other_method = xiuhua_ingestion::store::Mutation { method: "PutSource", ..first };
        let reused = store.register_measures(other_method, vec![known]).await;
        assert!(matches!(reused, Err(Error::KeyReused(_))));
    }
}

#[tokio::test]
async fn rejected_rows_are_listed_by_row_number_even_where_two_claim_one() {
    for backend in databases().await {
        let store = &*backend.store;
        furnish(store).await;
        let batch = deliver(store, 10, [9, 4, 9, 2].map(|row| say(row, "Z", 1.0)).to_vec()).await;
        let first = store.rejected_rows(&batch.id, None, 3).await.unwrap();
        assert_eq!(first.iter().map(|row| row.row).collect::<Vec<_>>(), [2, 4, 9], "{}", backend.name);
        let last = &first[2];
        let rest = store.rejected_rows(&batch.id, Some((last.row, last.ordinal)), 3).await.unwrap();
        assert_eq!(rest.iter().map(|row| (row.row, row.ordinal)).collect::<Vec<_>>(), [(9, 2)]);
    }
}

#[tokio::test]
async fn a_delivery_of_more_rows_than_one_statement_or_page_holds_is_decided_whole() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        let delivery = open(store, BatchKind::Observations, mutation("ImportObservations", 1), 10).await;
        // Each place once soundly and once unknown, then 1,700 rows in conflict: over a page of each kind.
        let sound = [say(2, "A", 1.0), say(3, "B", 1.0)];
        let unknown = (4..1_804).map(|row| say(row, "Z", 1.0));
        let conflict = (1_804..3_504).map(|row| say(row, "C", f64::from(u32::try_from(row % 2).unwrap())));
        let rows = sound.into_iter().chain(unknown).chain(conflict).collect();
        store.stage_observations(delivery, chunk(1, 0), rows).await.unwrap();
        let batch = store.seal(delivery, 1, stopped(20)).await.unwrap();
        assert_eq!(batch.seal.unwrap().counts, counts(3_502, 2, 0, 0, 3_500), "{}", backend.name);
    }
}
