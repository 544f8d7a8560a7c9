//! What every back end of the store must do, seen through the door.

use tonic::{Code, Status};
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_service_kit::testing::{TemporaryDatabase, temporary_postgres};

use crate::house::{EXAMPLE, House, census, drawing, every_backend, members, random};
use crate::world::World;

/// The example under another version.
fn version(version: &str) -> String {
    EXAMPLE.replace("version = \"1\"", &format!("version = \"{version}\""))
}

fn populate(world: &World) {
    let places = [("a", "T"), ("b", "T"), ("z", "U"), ("小", "U"), ("w", "UNCLASSIFIED")];
    world.classify("c1", &["U", "T"], places);
    for (place, value) in [("a", 40.0), ("b", 0.1), ("z", 1.0 / 3.0), ("小", 1e-300)] {
        world.state(place, "p_measure", "2020", value);
    }
}

#[tokio::test]
async fn the_same_catalog_again_changes_nothing() {
    for mut house in every_backend().await {
        let first = house.register("r1", EXAMPLE).await.unwrap();
        house.clock_forward();
        assert_eq!(house.register("r1", EXAMPLE).await.unwrap(), first, "the same request");
        assert_eq!(house.register("r2", EXAMPLE).await.unwrap(), first, "the same text in another request");
        assert_eq!(house.register("r2", EXAMPLE).await.unwrap(), first);
        assert_eq!(house.all_catalogs(10).await, ["example 1"]);
        assert_eq!(house.world.facts().registrations.len(), 1);
    }
}

#[tokio::test]
async fn another_text_under_a_known_version_is_refused_and_a_new_version_is_not() {
    for mut house in every_backend().await {
        house.register("r1", EXAMPLE).await.unwrap();
        let changed = EXAMPLE.replace("Example", "Changed");
        let refusal = house.register("r2", &changed).await.unwrap_err();
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::AlreadyExists, "CATALOG_DIFFERS"));
        let newer = house.register("r2", &version("0.9")).await.unwrap();
        assert_eq!(
            house.catalog("example", "").await.unwrap().catalog.unwrap(),
            newer,
            "the newest registered"
        );
        assert_eq!(house.catalog("example", "1").await.unwrap().toml, EXAMPLE, "byte for byte");
    }
}

#[tokio::test]
async fn a_request_id_stands_for_one_body() {
    for mut house in every_backend().await {
        populate(&house.world);
        house.register("r1", EXAMPLE).await.unwrap();
        let other = house.register("r1", &version("2")).await.unwrap_err();
        assert_eq!(
            (other.code, other.reason.as_str()),
            (Code::AlreadyExists, "KEY_REUSED_WITH_DIFFERENT_BODY")
        );
        house.register("r2", EXAMPLE).await.unwrap();
        let other = house.register("r2", &version("2")).await.unwrap_err();
        assert_eq!(other.reason, "KEY_REUSED_WITH_DIFFERENT_BODY", "also where it only found what was there");
        house.draw(drawing("d1")).await.unwrap();
        let other = house.draw(wire::DrawThresholdSetRequest { sample: random(1), ..drawing("d1") }).await;
        assert_eq!(other.unwrap_err().reason, "KEY_REUSED_WITH_DIFFERENT_BODY");
        let other = house.draw(drawing("r1")).await.unwrap_err();
        assert_eq!(other.reason, "KEY_REUSED_WITH_DIFFERENT_BODY", "also across methods");
        assert_eq!(house.all_sets(10).await.len(), 1);
    }
}

#[tokio::test]
async fn a_request_sent_twice_at_once_has_one_effect_and_one_answer() {
    for mut house in every_backend().await {
        populate(&house.world);
        let register = wire::RegisterCatalogRequest { request_id: "r1".to_owned(), toml: EXAMPLE.to_owned() };
        let (mut one, mut other) = (house.client.clone(), house.client.clone());
        let (one, other) =
            tokio::join!(one.register_catalog(register.clone()), other.register_catalog(register));
        assert_eq!(one.unwrap().into_inner(), other.unwrap().into_inner());
        assert_eq!(house.all_catalogs(10).await, ["example 1"]);

        let (mut one, mut other) = (house.client.clone(), house.client.clone());
        let (one, other) =
            tokio::join!(one.draw_threshold_set(drawing("d1")), other.draw_threshold_set(drawing("d1")));
        assert_eq!(one.unwrap().into_inner(), other.unwrap().into_inner());
        assert_eq!(house.all_sets(10).await.len(), 1);
    }
}

/// As if the service had been killed after ingestion had the measures and before it had the catalog.
#[tokio::test]
async fn a_registration_that_broke_off_after_its_measures_is_repeated_to_the_same_end() {
    let world = World::default();
    for _ in 0..2 {
        let mut house = House::over("sqlite::memory:", world.clone()).await;
        house.register("r1", EXAMPLE).await.unwrap();
        assert_eq!(house.all_catalogs(10).await, ["example 1"]);
    }
    let facts = world.facts();
    let [first, second] = &*facts.registrations else { panic!("{}", facts.registrations.len()) };
    assert_eq!(first, second, "the same request id with the same body");
}

#[tokio::test]
async fn catalogs_are_listed_by_id_then_newest_first_whatever_the_page() {
    for mut house in every_backend().await {
        for number in ["1", "3", "2"] {
            house.register(number, &version(number)).await.unwrap();
        }
        house.register("other", &EXAMPLE.replace("id = \"example\"", "id = \"a-first\"")).await.unwrap();
        let expected = ["a-first 1", "example 2", "example 3", "example 1"];
        for page_size in [0, 1, 2, 3, 100] {
            assert_eq!(house.all_catalogs(page_size).await, expected, "pages of {page_size}");
        }
    }
}

#[tokio::test]
async fn a_repeated_drawing_is_the_set_of_then_and_a_new_one_a_new_set() {
    for mut house in every_backend().await {
        populate(&house.world);
        house.register("r1", EXAMPLE).await.unwrap();
        let first = house.draw(drawing("d1")).await.unwrap();
        let before = house.all_thresholds(&first.id, 1_000).await;
        let reads = house.world.facts().reads;
        house.clock_forward();
        house.world.correct(2, "a", "p_measure", "2020", 99.0);
        assert_eq!(house.draw(drawing("d1")).await.unwrap(), first, "\"now\" is the now of then");
        assert_eq!(house.world.facts().reads, reads, "a repeat reads nothing");

        let second = house.draw(drawing("d2")).await.unwrap();
        assert_ne!(second.id, first.id);
        assert_eq!(house.set(&first.id).await.unwrap(), first);
        assert_eq!(house.set(&second.id).await.unwrap(), second);
        assert_eq!(house.all_thresholds(&first.id, 1_000).await, before, "never edited");
        let third =
            house.draw(wire::DrawThresholdSetRequest { sample: random(9), ..drawing("d3") }).await.unwrap();
        let newest_first = [third.id, second.id, first.id];
        for page_size in [0, 1, 2] {
            assert_eq!(house.all_sets(page_size).await, newest_first, "pages of {page_size}");
        }
    }
}

#[tokio::test]
async fn a_set_keeps_every_choice_and_every_bit() {
    for mut house in every_backend().await {
        populate(&house.world);
        house.register("r1", EXAMPLE).await.unwrap();
        for (request_id, sample) in
            [("d1", census()), ("d2", random(u64::MAX)), ("d3", members(&["小", "z"]))]
        {
            let request = wire::DrawThresholdSetRequest { sample, ..drawing(request_id) };
            let drawn = house.draw(request).await.unwrap();
            assert_eq!(house.set(&drawn.id).await.unwrap(), drawn);
            let thresholds = house.thresholds(&drawn.id).await;
            let p = &thresholds[&("U".to_owned(), "P".to_owned())];
            let base = 1.0_f64 / 3.0;
            assert_eq!(p.upper.map(f64::to_bits), Some((base + 0.1 * base).to_bits()));
            assert_eq!(p.lower.map(f64::to_bits), Some((1e-300_f64 - 0.1 * 1e-300).to_bits()));
        }
    }
}

#[tokio::test]
async fn thresholds_and_members_come_by_type_in_the_rule_sets_order_whatever_the_page() {
    for mut house in every_backend().await {
        populate(&house.world);
        house.register("r1", EXAMPLE).await.unwrap();
        let set = house.draw(drawing("d1")).await.unwrap();
        let expected = [("U", "z"), ("U", "小"), ("T", "a"), ("T", "b")]
            .map(|(name, place)| (name.to_owned(), place.to_owned()));
        for page_size in [1, 3, 0] {
            assert_eq!(house.all_members(&set.id, page_size).await, expected, "pages of {page_size}");
            let rows = house.all_thresholds(&set.id, page_size).await;
            let order: Vec<String> = rows.iter().map(|row| format!("{} {}", row.r#type, row.leaf)).collect();
            assert_eq!(order, ["U P", "U Q", "U Y", "T P", "T Q", "T Y"], "pages of {page_size}");
        }
    }
}

#[tokio::test]
async fn a_page_token_of_another_set_or_list_is_refused() {
    for mut house in every_backend().await {
        populate(&house.world);
        house.register("r1", EXAMPLE).await.unwrap();
        let one = house.draw(drawing("d1")).await.unwrap().id;
        let two = house.draw(drawing("d2")).await.unwrap().id;
        let page = |set: &str, page_token: &str| wire::ListThresholdsRequest {
            threshold_set_id: set.to_owned(),
            page_size: 1,
            page_token: page_token.to_owned(),
        };
        let token = house.client.list_thresholds(page(&one, "")).await.unwrap().into_inner().next_page_token;
        assert!(house.client.list_thresholds(page(&one, &token)).await.is_ok());
        assert_eq!(
            house.client.list_thresholds(page(&two, &token)).await.unwrap_err().code(),
            Code::InvalidArgument
        );
        let members =
            wire::ListSampleMembersRequest { threshold_set_id: one, page_size: 1, page_token: token };
        assert_eq!(
            house.client.list_sample_members(members).await.unwrap_err().code(),
            Code::InvalidArgument
        );
    }
}

/// PostgreSQL keeps no U+0000, SQLite does: neither makes an internal error of it.
#[tokio::test]
async fn a_text_with_nul_is_the_callers_fault_or_simply_not_there() {
    for mut house in every_backend().await {
        let refused = house.catalog("a\0b", "").await.unwrap_err();
        assert!(matches!(refused.code, Code::NotFound | Code::InvalidArgument), "{refused:?}");
        let titled = EXAMPLE.replace("示例", "示\\u0000例");
        assert_eq!(house.register("r1", &titled).await.unwrap_err().reason, "CATALOG_INVALID");
    }
}

#[tokio::test]
async fn a_large_sample_is_kept_whole() {
    for mut house in every_backend().await {
        house.register("r1", EXAMPLE).await.unwrap();
        let places: Vec<String> = (0..2_345).map(|number| format!("小区{number:05}")).collect();
        house.world.classify("c1", &["T"], places.iter().map(|place| (place.as_str(), "T")));
        let set = house.draw(drawing("d1")).await.unwrap();
        let listed: Vec<String> =
            house.all_members(&set.id, 0).await.into_iter().map(|(_, place)| place).collect();
        assert_eq!(listed, places);
    }
}

#[tokio::test]
async fn a_drawing_that_breaks_off_leaves_nothing_and_the_same_request_may_try_again() {
    for mut house in every_backend().await {
        populate(&house.world);
        house.register("r1", EXAMPLE).await.unwrap();
        house.world.facts().breaks_off = Some(Status::unavailable("the line is cut"));
        let refusal = house.draw(drawing("d1")).await.unwrap_err();
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unavailable, "UPSTREAM_UNAVAILABLE"));
        assert!(refusal.retry_after.is_some());
        assert!(house.all_sets(10).await.is_empty());
        house.world.facts().breaks_off = None;
        house.draw(drawing("d1")).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let database = TemporaryDatabase::new();
    for url in [database.url(), temporary_postgres().await] {
        let world = World::default();
        populate(&world);
        let (drawn, thresholds) = {
            let mut house = House::over(&url, world.clone()).await;
            house.register("r1", EXAMPLE).await.unwrap();
            let drawn = house.draw(drawing("d1")).await.unwrap();
            let thresholds = house.all_thresholds(&drawn.id, 0).await;
            (drawn, thresholds)
        };
        let mut house = House::over(&url, world).await;
        assert_eq!(house.catalog("example", "1").await.unwrap().toml, EXAMPLE);
        assert_eq!(house.set(&drawn.id).await.unwrap(), drawn);
        assert_eq!(house.all_thresholds(&drawn.id, 0).await, thresholds);
        assert_eq!(house.draw(drawing("d1")).await.unwrap(), drawn, "the request is remembered");
    }
}
