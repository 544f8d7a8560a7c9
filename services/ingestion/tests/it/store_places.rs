//! The register of places, on every backend.

use xiuhua_ingestion::domain::batch::Position;
use xiuhua_ingestion::domain::measure::Bounds;
use xiuhua_ingestion::domain::observation::DeliveredObservation;
use xiuhua_ingestion::domain::place::{DeliveredPlace, Place};
use xiuhua_ingestion::store::{PlaceFilter, Store};

use crate::delivering::*;

fn in_town(row: u64, id: &str, town_code: &str, committee: &str) -> DeliveredPlace {
    let mut place = describe(row, id, id);
    place.description.town_code = town_code.to_owned();
    place.description.committee = committee.to_owned();
    place
}

fn ids(places: &[Place]) -> Vec<&str> {
    places.iter().map(|place| place.id.as_str()).collect()
}

async fn name(store: &dyn Store, id: &str, position: u64) -> Option<String> {
    let place = store.place(&place_id(id), Position(position)).await.unwrap();
    place.map(|place| place.description.name)
}

#[tokio::test]
async fn a_place_keeps_every_description_and_is_read_as_of_a_position() {
    for backend in backends().await {
        let store = &*backend.store;
        let first = deliver_places(store, 10, vec![describe(2, "A", "甲"), describe(3, "B", "乙")]).await;
        assert_eq!(first.seal.unwrap().counts, counts(2, 2, 0, 0, 0), "{}", backend.name);
        let second =
            deliver_places(store, 20, vec![describe(2, "A", "甲二"), describe(3, "B", " 乙 ")]).await;
        assert_eq!(second.seal.unwrap().counts, counts(2, 0, 1, 1, 0));
        let third = deliver_places(store, 30, vec![describe(2, "A", "甲")]).await;
        assert_eq!(third.seal.unwrap().counts, counts(1, 0, 1, 0, 0));
        let names = [name(store, "A", 0).await, name(store, "A", 1).await, name(store, "A", 2).await];
        assert_eq!(names, [None, Some("甲".to_owned()), Some("甲二".to_owned())]);
        let revisions = store.place_revisions(&place_id("A"), Position(3), None, 2).await.unwrap();
        assert_eq!(revisions.iter().map(|revision| revision.position.0).collect::<Vec<_>>(), [3, 2]);
        let rest = store.place_revisions(&place_id("A"), Position(3), Some(Position(2)), 2).await.unwrap();
        assert_eq!((rest.len(), &rest[0].batch_id, rest[0].row), (1, &first.id, 2));
    }
}

#[tokio::test]
async fn a_place_described_twice_in_one_delivery_is_a_duplicate_or_a_conflict() {
    for backend in backends().await {
        let store = &*backend.store;
        let rows = vec![
            describe(2, "A", "甲"),
            describe(3, "B", "乙"),
            describe(4, "A", "甲"),
            describe(5, "B", "丙"),
            describe(6, "", "丁"),
        ];
        let batch = deliver_places(store, 10, rows).await;
        assert_eq!(batch.seal.unwrap().counts, counts(5, 1, 0, 1, 3), "{}", backend.name);
        let rejected = rejected(store, &batch.id).await;
        let found: Vec<_> = rejected.iter().map(|row| (row.row, codes(row))).collect();
        assert_eq!(found, [(3, vec!["CONFLICT"]), (5, vec!["CONFLICT"]), (6, vec!["MISSING_PLACE_ID"])]);
        assert!(rejected[0].reasons[0].message.en.ends_with("rows 3, 5"));
        assert_eq!(rejected[2].original, "original of row 6");
        assert_eq!(name(store, "B", 1).await, None);
    }
}

#[tokio::test]
async fn the_first_row_of_a_repeated_place_is_the_one_on_record_whatever_the_order() {
    for backend in backends().await {
        let store = &*backend.store;
        deliver_places(
            store,
            10,
            vec![describe(9, "A", "甲"), describe(4, "A", "甲"), describe(7, "A", "甲")],
        )
        .await;
        let revisions = store.place_revisions(&place_id("A"), Position(1), None, 9).await.unwrap();
        assert_eq!(revisions[0].row, 4, "{}", backend.name);
    }
}

#[tokio::test]
async fn places_are_listed_by_the_bytes_of_their_ids_and_by_town_and_committee() {
    for backend in backends().await {
        let store = &*backend.store;
        let rows = vec![
            in_town(2, "村", "310115", "一居"),
            in_town(3, "a", "310115", "二居"),
            in_town(4, "B", "310115", "一居"),
            in_town(5, "c", "310116", "一居"),
        ];
        deliver_places(store, 10, rows).await;
        // One moves to another town: as of now it is there, as of before it was not.
        deliver_places(store, 20, vec![in_town(2, "c", "310115", "一居")]).await;
        let any = PlaceFilter::default();
        let all = store.places(&any, Position(2), None, 10).await.unwrap();
        assert_eq!(ids(&all), ["B", "a", "c", "村"], "{}", backend.name);
        assert_eq!(ids(&store.places(&any, Position(2), Some("B"), 2).await.unwrap()), ["a", "c"]);
        let town = PlaceFilter { town_code: Some("310115".to_owned()), committee: None };
        assert_eq!(ids(&store.places(&town, Position(1), None, 10).await.unwrap()), ["B", "a", "村"]);
        assert_eq!(ids(&store.places(&town, Position(2), None, 10).await.unwrap()), ["B", "a", "c", "村"]);
        let committee = PlaceFilter { committee: Some("一居".to_owned()), ..town };
        assert_eq!(ids(&store.places(&committee, Position(2), None, 10).await.unwrap()), ["B", "c", "村"]);
        let left = PlaceFilter { town_code: Some("310116".to_owned()), committee: None };
        assert_eq!(ids(&store.places(&left, Position(2), None, 10).await.unwrap()), Vec::<&str>::new());
    }
}

#[tokio::test]
async fn what_was_described_comes_back_whole() {
    for backend in backends().await {
        let store = &*backend.store;
        let mut row = describe(2, "A", "梅园\"一村\"");
        row.description.households = Some(0);
        row.description.attributes =
            [("备注".to_owned(), "第一行\n第二行".to_owned()), ("lng".to_owned(), "121.5".to_owned())].into();
        let expected = row.description.clone();
        deliver_places(store, 10, vec![row]).await;
        let place = store.place(&place_id("A"), Position(1)).await.unwrap().unwrap();
        assert_eq!(place.description, expected, "{}", backend.name);
    }
}

#[tokio::test]
async fn the_longest_keys_there_are_fit_into_every_index_and_longer_ones_are_refused() {
    for backend in backends().await {
        let store = &*backend.store;
        furnish(store).await;
        // Four bytes a character, no two alike, so that nothing is gained by packing them.
        let long = |first: u32, count| {
            (0..count).map(|nth| char::from_u32(first + nth * 7).unwrap()).collect::<String>()
        };
        let place = |row, id: &str, chars| in_town(row, id, &long(0x20000, chars), &long(0x21000, chars));
        let (id, source) = (long(0x22000, 128), long(0x23000, 128));
        let batch = deliver_places(store, 10, vec![place(2, &id, 128), place(3, "Z", 129)]).await;
        assert_eq!(batch.seal.unwrap().counts, counts(2, 1, 0, 0, 1), "{}", backend.name);
        let found = rejected(store, &batch.id).await;
        assert!(found[0].columns().ends_with(&["town_code", "committee"]), "{}: {found:?}", backend.name);
        let measure_id = long(0x24000, 128);
        let measures = vec![measure(&measure_id, "1", Bounds::default())];
        store.register_measures(mutation("RegisterMeasures", 0), measures).await.unwrap();
        let told = DeliveredObservation {
            measure_id: measure_id.as_str().into(),
            period: "2021-12-31".into(),
            ..say(2, &id, 1.0).of(&source)
        };
        let batch = deliver(store, 20, vec![told]).await;
        assert_eq!(batch.seal.unwrap().counts, counts(1, 1, 0, 0, 0), "{}", backend.name);
        let read = column(store, &measure_id, "2021-12-31", now(store).await).await;
        assert_eq!(read, [(id, 1.0)], "{}", backend.name);
    }
}
