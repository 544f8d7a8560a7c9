//! Verifying: everything on record is what the computation gives, and one bit that is not is found and named.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tonic::Code;
use xiuhua_contracts::scoring::v1 as wire;
use xiuhua_service_kit::status::explain;

use crate::district::little_district;
use crate::house::{Backend, Build, House, Refusal, asking, on_both};

async fn verify(house: &mut House, id: &str) -> wire::VerifyAssessmentResponse {
    let request = wire::VerifyAssessmentRequest { id: id.to_owned() };
    house.client.verify_assessment(request).await.unwrap().into_inner()
}

/// Runs a statement behind the service's back.
async fn tamper(house: &House, statement: &str) {
    let statement = AssertSqlSafe(statement.to_owned());
    let changed = if house.is_on(Backend::Postgres) {
        let mut connection = PgConnection::connect(&house.url).await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap().rows_affected()
    } else {
        let mut connection = SqliteConnection::connect(&house.url).await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap().rows_affected()
    };
    assert_eq!(changed, 1);
}

/// Turns the last bit of one number.
async fn turn_one_bit(house: &House, table: &str, column: &str, row: &str) -> (f64, f64) {
    let read = AssertSqlSafe(format!("SELECT {column} FROM {table} WHERE {row}"));
    let write = AssertSqlSafe(format!("UPDATE {table} SET {column} = $1 WHERE {row}"));
    let turned = |number: f64| f64::from_bits(number.to_bits() ^ 1);
    let (number, changed) = if house.is_on(Backend::Postgres) {
        let mut connection = PgConnection::connect(&house.url).await.unwrap();
        let number: f64 = sqlx::query_scalar(read).fetch_one(&mut connection).await.unwrap();
        (
            number,
            sqlx::query(write).bind(turned(number)).execute(&mut connection).await.unwrap().rows_affected(),
        )
    } else {
        let mut connection = SqliteConnection::connect(&house.url).await.unwrap();
        let number: f64 = sqlx::query_scalar(read).fetch_one(&mut connection).await.unwrap();
        (
            number,
            sqlx::query(write).bind(turned(number)).execute(&mut connection).await.unwrap().rows_affected(),
        )
    };
    assert_eq!(changed, 1);
    (number, turned(number))
}

async fn what_nobody_touched_is_intact_in_every_state_that_has_results(on: Backend) {
    let world = little_district();
    let mut house = House::on(on, world.clone()).await;
    let made = house.assess_default().await;
    // What upstream learns later is not read: the inputs are those of the run's positions.
    world.correction(2, "a", "P1", "2021", 9.0);
    for _ in 0..2 {
        let found = verify(&mut house, &made.id).await;
        assert!(found.intact, "{found:?}");
        assert_eq!((&found.digest, &found.recomputed_digest), (&made.digest, &made.digest));
        assert_eq!((found.differences.len(), found.differences_total), (0, 0));
        house.client.publish_assessment(crate::house::publishing("p1", &made.id)).await.unwrap();
    }
}

async fn one_bit_turned_in_any_table_is_found_and_named(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let cases = [
        ("node_scores", "score", "place_id = 'b' AND node_at = 1", "node_scores b P"),
        ("node_scores", "percentile", "place_id = 'b' AND node_at = 0", "node_scores b INDEX"),
        ("leaf_values", "z_uncapped", "place_id = 'd' AND leaf_at = 0", "leaf_values d P1"),
        ("thresholds", "upper", "type_at = 0 AND leaf_at = 3", "thresholds X G2"),
        ("thresholds", "median_z", "type_at = 1 AND leaf_at = 0", "thresholds Y P1"),
        ("weights", "weight", "type_at = 1 AND item_at = 1", "weights Y P"),
        (
            "group_scores",
            "household_share_ratio",
            "level = 2 AND code = 'T2' AND type_at = 2 AND node_at = 2",
            "group_scores TOWN T2 ALL G",
        ),
    ];
    let mut named = Vec::new();
    for (table, column, row, name) in cases {
        let (number, turned) = turn_one_bit(&house, table, column, row).await;
        let found = verify(&mut house, &id).await;
        named.push(name);
        assert!(!found.intact);
        assert_eq!(found.differences_total, named.len() as u64);
        let told = found.differences.iter().find(|difference| difference.row == name).unwrap();
        assert_eq!(told.recorded, format!("{column} = {turned}"));
        assert_eq!(told.recomputed, format!("{column} = {number}"));
        // The digest covers inputs and results; what was kept of it is untouched.
        assert_eq!(found.digest, found.recomputed_digest);
    }
}

async fn a_changed_word_a_lost_row_and_another_digest_are_found(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    tamper(&house, "UPDATE places SET town_name = '街道 T9' WHERE place_id = 'c'").await;
    tamper(&house, "UPDATE node_scores SET absence = 'LOW_COVERAGE' WHERE place_id = 'u' AND node_at = 2")
        .await;
    tamper(&house, "DELETE FROM leaf_values WHERE place_id = 'e' AND leaf_at = 2").await;
    tamper(
        &house,
        "INSERT INTO weights (run, type_at, item_at, catalog_weight, weight) VALUES (1, 0, 99, 1, 1)",
    )
    .await;
    tamper(
        &house,
        &format!("UPDATE assessments SET digest = 'beef', places_without_households = 7 WHERE id = '{id}'"),
    )
    .await;
    let found = verify(&mut house, &id).await;
    let told: Vec<(&str, &str, &str)> = found
        .differences
        .iter()
        .map(|told| (told.row.as_str(), told.recorded.as_str(), told.recomputed.as_str()))
        .collect();
    let head = format!("assessments {id}");
    let recomputed = format!("digest = {}", found.recomputed_digest);
    let counts = "X 3/3, Y 2/2, UNCLASSIFIED 0/1; without households";
    assert_eq!(
        told,
        [
            (head.as_str(), "digest = beef", recomputed.as_str()),
            (head.as_str(), format!("{counts} 7").as_str(), format!("{counts} 1").as_str()),
            ("places c", "town_name = \"街道 T9\"", "town_name = \"街道 T2\""),
            ("node_scores u G", "absence = \"LOW_COVERAGE\"", "absence = \"UNCLASSIFIED\""),
            ("leaf_values e G1", "no such row", told[4].2),
            ("weights X 99", "type_at = 0, item_at = 99, catalog_weight = 1, weight = 1", "no such row"),
        ]
    );
    assert!(
        told[4].2.starts_with("place_id = \"e\", leaf_at = 2, derived = false, value = 5"),
        "{}",
        told[4].2
    );
    assert_eq!((found.intact, found.differences_total, found.digest.as_str()), (false, 6, "beef"));
}

async fn a_changed_catalog_is_found(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    assert!(verify(&mut house, &id).await.intact);
    // A comment: it changes no score.
    tamper(&house, "UPDATE catalogs SET toml = toml || '# x'").await;
    let found = verify(&mut house, &id).await;
    assert_eq!((found.intact, found.differences_total), (false, 1));
    assert!(found.differences[0].recorded.starts_with("catalog_hash = "), "{:?}", found.differences);
}

async fn a_forged_plan_is_found(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let forged = [
        ("catalog_id", "'large'"),
        ("catalog_version", "'9'"),
        ("scale", "1.0"),
        ("rule_set_id", "'other'"),
        ("rule_set_version", "'9'"),
        ("rule_set_hash", "'beef'"),
    ];
    for (column, value) in forged {
        tamper(&house, &format!("UPDATE assessments SET {column} = {value}")).await;
        let found = verify(&mut house, &id).await;
        assert!(!found.intact);
        let told = found.differences.iter().find(|told| told.recorded.starts_with(&format!("{column} = ")));
        assert!(told.is_some(), "{column}: {:?}", found.differences);
    }
}

async fn an_assessment_that_cannot_be_read_is_listed_as_such_and_hides_no_other(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let damaged = house.assess_default().await;
    let whole = house.assess(asking("r2")).await;
    let id = damaged.id;
    tamper(&house, &format!("UPDATE assessments SET base_periods = 'x' WHERE id = '{id}'")).await;
    let listed = house.client.list_assessments(wire::ListAssessmentsRequest::default()).await.unwrap();
    let listed = listed.into_inner().assessments;
    assert_eq!((listed.len(), &listed[0]), (2, &whole));
    // Still among those with results, so that whoever verifies them all comes upon it.
    assert_eq!((&listed[1].id, listed[1].state()), (&id, wire::AssessmentState::Succeeded));
    assert_eq!(listed[1].digest, damaged.digest);
    assert!(listed[1].failure.as_ref().unwrap().en.contains("cannot be read"));
    let request = wire::VerifyAssessmentRequest { id };
    let refusal = Refusal::from(house.client.verify_assessment(request).await.unwrap_err());
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::DataLoss, "ROW_CORRUPT"));
    assert!(verify(&mut house, &whole.id).await.intact);
}

async fn many_differences_are_counted_and_the_first_described(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    for place in ["a", "b", "c", "d", "e", "u"] {
        for node_at in 0..3 {
            let row = format!("place_id = '{place}' AND node_at = {node_at}");
            turn_one_bit(&house, "node_scores", "coverage_ratio", &row).await;
        }
        tamper(&house, &format!("UPDATE places SET name = 'x' WHERE place_id = '{place}'")).await;
    }
    let found = verify(&mut house, &id).await;
    assert_eq!((found.differences.len(), found.differences_total), (20, 24));
}

async fn one_is_verified_at_a_time_and_nobody_queues(on: Backend) {
    let world = little_district();
    let mut house = House::on(on, world.clone()).await;
    let id = house.assess_default().await.id;
    let request = wire::VerifyAssessmentRequest { id: id.clone() };
    world.facts().hangs = true;
    let (mut first, asked) = (house.client.clone(), request.clone());
    let first = tokio::spawn(async move { first.verify_assessment(asked).await });
    while world.facts().hung == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let refused = explain(&house.client.verify_assessment(request.clone()).await.unwrap_err());
    assert_eq!((refused.code, refused.reason.as_str()), (Code::ResourceExhausted, "VERIFYING_ANOTHER"));
    assert!(refused.retry_after.is_some());
    // Whoever leaves makes room.
    first.abort();
    world.facts().hangs = false;
    let mut next = house.client.verify_assessment(request.clone()).await;
    while next.as_ref().is_err_and(|status| status.code() == Code::ResourceExhausted) {
        tokio::time::sleep(Duration::from_millis(5)).await;
        next = house.client.verify_assessment(request.clone()).await;
    }
    assert!(next.unwrap().into_inner().intact);
}

async fn what_is_not_complete_cannot_be_verified(on: Backend) {
    let mut house = Build::on(on, little_district()).await.without_worker().open().await;
    let id = house.create(asking("r1")).await.unwrap().id;
    let request = wire::VerifyAssessmentRequest { id };
    let refusal = Refusal::from(house.client.verify_assessment(request).await.unwrap_err());
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::FailedPrecondition, "ASSESSMENT_NOT_READY"));
}

on_both!(
    what_nobody_touched_is_intact_in_every_state_that_has_results,
    one_bit_turned_in_any_table_is_found_and_named,
    a_changed_word_a_lost_row_and_another_digest_are_found,
    a_changed_catalog_is_found,
    a_forged_plan_is_found,
    an_assessment_that_cannot_be_read_is_listed_as_such_and_hides_no_other,
    many_differences_are_counted_and_the_first_described,
    one_is_verified_at_a_time_and_nobody_queues,
    what_is_not_complete_cannot_be_verified,
);
