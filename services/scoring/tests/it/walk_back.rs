//! The way back from a score, diagnosis, thresholds and weights.

use xiuhua_contracts::scoring::v1 as wire;

use crate::district::{Z_OF_TEN, little_district};
use crate::house::{Backend, House, assert_close, on_both};

async fn contributions_of_a_node_add_up_to_its_score(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    for place in ["a", "b", "c", "d", "e"] {
        for node in ["INDEX", "P", "G"] {
            let explained = house.explain(&id, place, node).await;
            let sum: f64 = explained.leaves.iter().filter_map(|leaf| leaf.contribution).sum();
            assert_close(explained.score.unwrap().score, sum);
        }
    }
}

async fn a_score_is_walked_back_to_its_leaves_thresholds_and_statements(on: Backend) {
    let world = little_district();
    world.correction(2, "a", "P1", "2021", 9.0);
    world.facts().newest = 1;
    let mut house = House::on(on, world.clone()).await;
    let id = house.assess_default().await.id;
    // What is stated later is not behind this score.
    world.facts().newest = 2;
    let explained = house.explain(&id, "a", "").await;
    assert_eq!((explained.place_name.as_str(), explained.r#type.as_str()), ("小区 a", "X"));
    assert_eq!(explained.assessment.unwrap().id, id);
    let nodes: Vec<&str> = explained.nodes.iter().map(|node| node.node.as_str()).collect();
    assert_eq!(nodes, ["P", "G"]);
    let leaves: Vec<&str> = explained.leaves.iter().map(|leaf| leaf.leaf.as_str()).collect();
    assert_eq!(leaves, ["P1", "P2", "G1", "G2"]);

    let visits = &explained.leaves[0];
    assert_eq!((visits.value, visits.lower, visits.upper), (Some(7.0), Some(0.0), Some(10.0)));
    assert_eq!((visits.threshold_status.as_str(), visits.unit.as_str()), ("OK", "visits/household/year"));
    assert_eq!((visits.catalog_weight, visits.weight, visits.inverse), (25.0, 25.0, false));
    assert_close(visits.z, 0.7);
    assert_close(visits.contribution, 17.5);
    assert!(visits.sampled);
    let statements: Vec<(f64, &str, u64, bool)> = visits
        .observations
        .iter()
        .map(|seen| (seen.value, seen.batch_id.as_str(), seen.row, seen.effective))
        .collect();
    assert_eq!(statements, [(7.0, "batch-1", 2, true)]);
    assert!(explained.leaves[1].inverse);

    let change = &explained.leaves[3];
    assert_eq!(change.change_of, "P");
    assert_close(change.previous_score, 60.0);
    assert_close(change.current_score, 70.0);
    assert_close(change.value, 10.0);
    assert_close(change.z, Z_OF_TEN);
    assert!(change.observations.is_empty());
}

async fn what_is_missing_is_missing_in_the_walk_back_too(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let explained = house.explain(&id, "c", "G").await;
    let drills = &explained.leaves[0];
    assert_eq!((drills.value, drills.z, drills.contribution), (None, None, None));
    assert!(drills.observations.is_empty());
    assert_eq!(drills.weight, 25.0);
    // Below the lower threshold: capped at 0, the uncapped value beside it.
    assert_eq!(explained.leaves[1].z, Some(0.0));
    assert_close(explained.leaves[1].z_uncapped, -Z_OF_TEN);

    let left_out = house.explain(&id, "d", "").await;
    let complaints = &left_out.leaves[1];
    assert_eq!((complaints.threshold_status.as_str(), complaints.weight), ("DEGENERATE", 0.0));
    assert_eq!((left_out.leaves[0].weight, left_out.leaves[0].catalog_weight), (50.0, 25.0));

    let unclassified = house.explain(&id, "u", "").await;
    assert_eq!(unclassified.r#type, "UNCLASSIFIED");
    assert_eq!(unclassified.score.unwrap().absence_reason, "UNCLASSIFIED");
    assert_eq!((unclassified.leaves[0].value, unclassified.leaves[0].z), (Some(9.0), None));
}

async fn diagnosis_names_the_greatest_loss_first_and_tells_common_from_own(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let request = wire::DiagnosePlaceRequest {
        assessment_id: id.clone(),
        place_id: "c".to_owned(),
        node: String::new(),
    };
    let diagnosis = house.client.diagnose_place(request).await.unwrap().into_inner();
    assert_eq!(diagnosis.r#type, "X");
    // Medians of X: P1 0.6, P2 0.6, G2 10/22. c: 0.2, 0.2, 0; drills are missing, so each counts a third.
    let losses: Vec<(&str, bool)> =
        diagnosis.losses.iter().map(|loss| (loss.leaf.as_str(), loss.common)).collect();
    assert_eq!(losses, [("G2", true), ("P1", false), ("P2", false)]);
    assert_close(diagnosis.losses[0].loss_points, 100.0 / 3.0 * Z_OF_TEN);
    assert_close(diagnosis.losses[0].median_z, Z_OF_TEN);
    assert_close(diagnosis.losses[1].loss_points, 100.0 / 3.0 * 0.4);
    assert_close(diagnosis.losses[1].z, 0.2);

    let request =
        wire::DiagnosePlaceRequest { assessment_id: id, place_id: "u".to_owned(), node: String::new() };
    let unclassified = house.client.diagnose_place(request).await.unwrap().into_inner();
    assert_eq!((unclassified.r#type.as_str(), unclassified.losses.len()), ("UNCLASSIFIED", 0));
}

async fn weights_in_force_are_listed_by_type_in_catalog_order(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let request = wire::ListWeightsRequest { assessment_id: id, ..Default::default() };
    let mut listed = Vec::new();
    let mut page = wire::ListWeightsRequest { page_size: 5, ..request.clone() };
    loop {
        let answer = house.client.list_weights(page.clone()).await.unwrap().into_inner();
        listed.extend(answer.weights);
        if answer.next_page_token.is_empty() {
            break;
        }
        page.page_token = answer.next_page_token;
    }
    let rows: Vec<(&str, &str, f64, f64)> = listed
        .iter()
        .map(|row| (row.r#type.as_str(), row.code.as_str(), row.catalog_weight, row.weight))
        .collect();
    let x = |code, weight| ("X", code, weight, weight);
    assert_eq!(
        rows[..7],
        [
            x("INDEX", 100.0),
            x("P", 50.0),
            x("P1", 25.0),
            x("P2", 25.0),
            x("G", 50.0),
            x("G1", 25.0),
            x("G2", 25.0)
        ]
    );
    assert_eq!(rows[9], ("Y", "P1", 25.0, 50.0));
    assert_eq!(rows[10], ("Y", "P2", 25.0, 0.0));
    assert_eq!(rows[13], ("Y", "G2", 25.0, 0.0));
    let of_y = wire::ListWeightsRequest { r#type: "Y".to_owned(), ..request };
    assert_eq!(house.client.list_weights(of_y).await.unwrap().into_inner().weights, listed[7..]);
}

async fn thresholds_used_are_listed_with_those_of_the_run_itself(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let mut request =
        wire::ListThresholdsUsedRequest { assessment_id: id, page_size: 3, page_token: String::new() };
    let mut rows = Vec::new();
    loop {
        let page = house.client.list_thresholds_used(request.clone()).await.unwrap().into_inner();
        rows.extend(page.thresholds);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.r#type.as_str(),
                row.leaf.as_str(),
                row.status.as_str(),
                row.lower,
                row.upper,
                row.sample_size,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("X", "P1", "OK", Some(0.0), Some(10.0), 3),
            ("X", "P2", "OK", Some(0.0), Some(10.0), 3),
            ("X", "G1", "OK", Some(0.0), Some(10.0), 3),
            ("X", "G2", "OK", Some(0.0), Some(22.0), 3),
            ("Y", "P1", "OK", Some(0.0), Some(20.0), 1),
            ("Y", "P2", "DEGENERATE", None, None, 1),
            ("Y", "G1", "OK", Some(0.0), Some(10.0), 1),
            ("Y", "G2", "DEGENERATE", None, None, 1),
        ]
    );
}

on_both!(
    contributions_of_a_node_add_up_to_its_score,
    a_score_is_walked_back_to_its_leaves_thresholds_and_statements,
    what_is_missing_is_missing_in_the_walk_back_too,
    diagnosis_names_the_greatest_loss_first_and_tells_common_from_own,
    weights_in_force_are_listed_by_type_in_catalog_order,
    thresholds_used_are_listed_with_those_of_the_run_itself
);
