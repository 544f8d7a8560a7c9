//! What came in is never changed: corrections, disagreements and withdrawals add to it, and every past state of it can
//! be computed from again.

use serde_json::Value;
use tonic::transport::Endpoint;
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::ingestion::v1::{PutSourceRequest, Source};
use xiuhua_tests::program;

use super::small_district::{OBSERVATIONS, PLACES, SmallDistrict};
use super::workbench::Workbench;

#[test]
fn a_value_that_changes_and_changes_back_is_three_revisions() {
    let district = SmallDistrict::new();
    let first = district.assess();
    let counts =
        |batch: &Value| ["accepted", "corrected", "duplicate"].map(|key| batch[key].as_u64().unwrap());
    assert_eq!(counts(&district.says("register", "50")), [0, 1, 0]);
    let second = district.assess();
    assert_ne!(second["digest"], first["digest"]);
    assert_eq!(counts(&district.says("register", "45")), [0, 1, 0]);
    let third = district.assess();
    assert_eq!(third["digest"], first["digest"], "the values are those of the first again");
    let (value, revisions) = district.explained(&third);
    let said = |value, effective| ("register".to_owned(), value, effective);
    assert_eq!(value.to_bits(), 45f64.to_bits());
    assert_eq!(revisions, [said(45.0, true), said(50.0, false), said(45.0, false)]);
    // The same again says nothing new.
    assert_eq!(counts(&district.says("register", "45")), [0, 0, 1]);
    assert_eq!(district.explained(&district.assess()).1.len(), 3);
}

#[test]
fn of_two_sources_that_disagree_the_one_of_precedence_counts_whichever_came_last() {
    let district = SmallDistrict::new();
    put_source(&district, "survey", 10);
    district.says("survey", "52");
    district.says("register", "51");
    let (value, observations) = district.explained(&district.assess());
    assert_eq!(value.to_bits(), 52f64.to_bits());
    assert_eq!(observations[0], ("survey".to_owned(), 52.0, true));
    assert_eq!(observations.iter().filter(|(_, _, effective)| *effective).count(), 1, "{observations:?}");
}

#[test]
fn a_withdrawn_batch_disappears_from_new_runs_and_stays_in_old_ones() {
    let district = SmallDistrict::new();
    let before = district.assess();
    let wrong = district.says("register", "70");
    let with = district.assess();
    let read = |run: &Value, out: &str| {
        let run = run["id"].as_str().unwrap();
        district.bench.run(&["export", "--run", run, "--out", out, "--quiet"]).expect_success();
        std::fs::read(district.bench.path(out).join("values.csv")).unwrap()
    };
    let old = read(&with, "with");

    let withdrawn = district.withdraw(&wrong);
    let said = [&withdrawn["state"], &withdrawn["withdrawn"]["author"]].map(Value::as_str);
    assert_eq!(said, [Some("WITHDRAWN"), Some("王芳")]);
    let after = district.assess();
    assert_eq!(after["digest"], before["digest"], "as if it had never been delivered");
    assert_ne!(after["digest"], with["digest"]);
    assert_eq!(read(&with, "with-again"), old, "an old run stays what it was");
    let again = district.assess_as_of(&with["as_of_position"].to_string());
    assert_eq!(again["digest"], with["digest"], "and can be computed again");

    let listed = district.bench.json(&["batches"]);
    let states: Vec<_> = listed["batches"].as_array().unwrap().iter().map(|it| it["state"].clone()).collect();
    assert_eq!(states, ["WITHDRAWN", "SEALED", "SEALED"]);
    let batch = wrong["batch_id"].as_str().unwrap();
    let refused = district.bench.run(&["withdraw", batch, "--author", "a", "--reason", "b"]).expect_code(1);
    assert!(refused.stderr().contains("BATCH_WITHDRAWN"), "{}", refused.stderr());
}

#[test]
fn shuffled_doubled_split_and_late_deliveries_end_in_the_same_digest() {
    // The last of the year's corrections counts by the time at which its source made it.
    let corrections = "S2,P,2021,64,register,2022-02-01\nS3,Q,2021,3,register,2022-01-01\n";
    let whole = SmallDistrict::new();
    let header = OBSERVATIONS.lines().next().unwrap();
    whole.observations(&format!("{header}\nS2,P,2021,63,register,2022-01-01\n"));
    whole.observations(&format!("{header}\n{corrections}"));
    let expected = whole.assess();

    let disturbed = SmallDistrict::empty(Workbench::new());
    let rows: Vec<_> = OBSERVATIONS.lines().skip(1).collect();
    // The places of one delivery in two, the second with a row of the first once more.
    let places: Vec<_> = PLACES.lines().collect();
    disturbed.places(&format!("{}\n{}\n{}\n", places[0], places[3], places[1]));
    disturbed.places(&format!("{}\n{}\n{}\n", places[0], places[2], places[3]));
    // Backwards, in parts that overlap, every row doubled; the correction first and what it corrects long after it.
    for part in [&rows[6..], &rows[3..8], &rows[..5]] {
        let mut text = format!("{header}\n");
        for row in part.iter().rev() {
            text.push_str(&format!("{row}\n{row}\n"));
        }
        if part.len() == 5 {
            text.push_str(corrections);
        }
        disturbed.observations(&text);
    }
    disturbed.observations(&format!("{header}\nS2,P,2021,63,register,2022-01-01\n"));
    assert_eq!(disturbed.assess()["digest"], expected["digest"]);
}

#[test]
fn an_assessment_as_of_any_past_state_has_the_digest_it_had_then() {
    let district = SmallDistrict::new();
    let mut states = Vec::new();
    let mut remember = || {
        let run = district.assess();
        states.push((run["as_of_position"].to_string(), run["digest"].clone()));
    };
    remember();
    let correction = district.says("register", "50");
    remember();
    let survey = district.says("survey", "56");
    remember();
    district.withdraw(&correction);
    remember();
    put_source(&district, "survey", 10);
    district.says("register", "41");
    remember();
    district.places(
        &PLACES.replace(
            "S3,三,310115004000,潍坊新村街道,乙,商品房",
            "S3,三,310115004000,潍坊新村街道,乙,动迁房",
        ),
    );
    remember();
    district.withdraw(&survey);
    remember();
    let digests: std::collections::BTreeSet<_> =
        states.iter().map(|(_, digest)| digest.to_string()).collect();
    assert!(digests.len() >= 5, "the states differ: {states:?}");

    for (position, digest) in &states {
        let again = district.assess_as_of(position);
        assert_eq!(&again["digest"], digest, "as of position {position}");
        assert_eq!(again["as_of_position"].to_string(), *position);
    }
    // An instant is the position that was the newest then.
    for batch in district.bench.json(&["batches"])["batches"].as_array().unwrap() {
        let (instant, position) = (batch["sealed_time"].as_str().unwrap(), batch["position"].to_string());
        let again = district.assess_as_of(instant);
        assert_eq!(again["as_of_position"].to_string(), position, "as of {instant}");
        let known = states.iter().find(|(known, _)| *known == position);
        assert!(known.is_none_or(|(_, digest)| *digest == again["digest"]), "as of {instant}");
    }
    let refused =
        district.bench.run(&["assess", "--catalog", "catalog.toml", "--period", "2021", "--as-of", "99"]);
    assert_ne!(refused.0.status.code(), Some(0), "a state that is still to come");
}

/// Sets the precedence of a source, which no command does.
fn put_source(district: &SmallDistrict, id: &str, precedence: u32) {
    let served = program::serve(&district.bench.path("xiuhua-data")).expect("the district is served");
    let put = async {
        let endpoint = Endpoint::from_shared(format!("http://{}", served.address))?;
        let mut ingestion = IngestionServiceClient::new(endpoint.connect().await?);
        let source = Source { id: id.to_owned(), precedence: Some(precedence), ..Source::default() };
        let request = PutSourceRequest { request_id: format!("{id}-{precedence}"), source: Some(source) };
        anyhow::Ok(ingestion.put_source(request).await?)
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(put).expect("the source is put");
}
