//! Weight schemes through the door, on both databases: made, read, compared, adopted, and used by runs.

use sqlx::{Connection, PgConnection, SqliteConnection};
use tonic::Code;
use xiuhua_contracts::scoring::v1 as wire;
use xiuhua_indicators::catalog::Catalog;

use crate::district::{CATALOG, little_district};
use crate::house::{Backend, House, Refusal, asking, assert_close, on_both};

const ENTROPY: i32 = wire::ObjectiveMethod::Entropy as i32;

/// P1 is thrice as important as P2, G1 as important as G2.
fn expert() -> wire::ExpertJudgements {
    let judged = |parent: &str, item: &str, other: &str, ratio| wire::Judgement {
        parent: parent.to_owned(),
        item: item.to_owned(),
        other: other.to_owned(),
        ratio,
    };
    wire::ExpertJudgements {
        expert: "王芳".to_owned(),
        weight: None,
        judgements: vec![judged("P", "P1", "P2", 3.0), judged("G", "G2", "G1", 1.0)],
    }
}

fn judged_only(request_id: &str, source: &str) -> wire::CreateWeightSchemeRequest {
    wire::CreateWeightSchemeRequest {
        request_id: request_id.to_owned(),
        id: "expert".to_owned(),
        source_assessment_id: source.to_owned(),
        choices: Some(wire::WeightChoices::default()),
        experts: vec![expert()],
        author: "王芳".to_owned(),
        reason: "专家会".to_owned(),
    }
}

async fn make(
    house: &House,
    request: wire::CreateWeightSchemeRequest,
) -> Result<wire::WeightScheme, Refusal> {
    Ok(house.weights().create_weight_scheme(request).await?.into_inner().scheme.unwrap())
}

async fn adopt(house: &House, request_id: &str, scheme: &str) -> Result<wire::WeightScheme, Refusal> {
    let request = wire::AdoptWeightSchemeRequest {
        request_id: request_id.to_owned(),
        scheme: scheme.to_owned(),
        author: "李明".to_owned(),
        reason: "区政府审定".to_owned(),
    };
    Ok(house.weights().adopt_weight_scheme(request).await?.into_inner().scheme.unwrap())
}

async fn withdraw(house: &House, request_id: &str, scheme: &str) -> Result<wire::WeightScheme, Refusal> {
    let request = wire::WithdrawAdoptionRequest {
        request_id: request_id.to_owned(),
        scheme: scheme.to_owned(),
        author: "李明".to_owned(),
        reason: "重新征询".to_owned(),
    };
    Ok(house.weights().withdraw_adoption(request).await?.into_inner().scheme.unwrap())
}

async fn get(house: &House, scheme: &str) -> Result<wire::WeightScheme, Refusal> {
    let request = wire::GetWeightSchemeRequest { scheme: scheme.to_owned() };
    Ok(house.weights().get_weight_scheme(request).await?.into_inner().scheme.unwrap())
}

/// Weights of one item for one type, by column.
async fn columns(house: &House, scheme: &str, kind: &str, code: &str) -> Vec<(String, f64)> {
    let request = wire::ListSchemeWeightsRequest { scheme: scheme.to_owned(), ..Default::default() };
    let weights = house.weights().list_scheme_weights(request).await.unwrap().into_inner().weights;
    let found = weights.into_iter().find(|weight| weight.r#type == kind && weight.code == code).unwrap();
    found.columns.into_iter().map(|column| (column.column, column.weight)).collect()
}

async fn verify(house: &mut House, id: &str) -> wire::VerifyAssessmentResponse {
    let request = wire::VerifyAssessmentRequest { id: id.to_owned() };
    house.client.verify_assessment(request).await.unwrap().into_inner()
}

async fn a_run_weighs_with_the_scheme_it_names_and_says_so_everywhere(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let own = house.assess_default().await;
    let scheme = make(&house, judged_only("s1", &own.id)).await.unwrap();
    assert_eq!((scheme.version, scheme.catalog_id.as_str(), scheme.in_force), (1, "little", false));
    assert_eq!(scheme.types, ["X", "Y"]);

    let request = wire::CreateAssessmentRequest { weight_scheme_id: "expert".to_owned(), ..asking("r2") };
    let run = house.assess(request).await;
    assert_eq!(run.state(), wire::AssessmentState::Succeeded, "{:?}", run.failure);
    assert_eq!((run.weight_scheme_id.as_str(), run.weight_scheme_version), ("expert", 1));
    assert_eq!(run.weight_scheme_hash, scheme.hash);
    assert_ne!(run.digest, own.digest);

    // P of a: 0.75 · 7 + 0.25 · 7 = 7; of c: 2 and 2. Of b 6 and 6. The weights differ where P1 and P2 would.
    let explained = house.explain(&run.id, "a", "P").await;
    let leaf = |code: &str| explained.leaves.iter().find(|leaf| leaf.leaf == code).unwrap().clone();
    assert_close(leaf("P1").weight, 37.5);
    assert_close(leaf("P2").catalog_weight, 12.5);
    assert_close(leaf("P1").contribution, 70.0 * 0.75);
    // Degenerate for Y: P2 is left out there, and P1 carries all 50 points.
    let weights = wire::ListWeightsRequest { assessment_id: run.id.clone(), ..Default::default() };
    let weights = house.client.list_weights(weights).await.unwrap().into_inner().weights;
    let of = |kind: &str, code: &str| {
        let found = weights.iter().find(|weight| weight.r#type == kind && weight.code == code).unwrap();
        (found.catalog_weight, found.weight)
    };
    assert_eq!(of("X", "P1"), (37.5, 37.5));
    assert_eq!(of("Y", "P1"), (37.5, 50.0));

    for id in [&own.id, &run.id] {
        let verified = verify(&mut house, id).await;
        assert!(verified.intact, "{:?}", verified.differences);
    }
    // The catalog's own weights, by their name: the digest of the first run to the bit.
    let request = wire::CreateAssessmentRequest { weight_scheme_id: "catalog".to_owned(), ..asking("r3") };
    let again = house.assess(request).await;
    assert_eq!((again.digest, again.weight_scheme_id), (own.digest.clone(), String::new()));
    // Growth between different weights would be a growth of weights.
    let growth = wire::ListGrowthRequest {
        assessment_id: run.id.clone(),
        previous_assessment_id: own.id.clone(),
        r#type: "X".to_owned(),
        ..Default::default()
    };
    let refused = Refusal::from(house.client.list_growth(growth).await.unwrap_err());
    assert_eq!((refused.code, refused.reason.as_str()), (Code::FailedPrecondition, "WEIGHT_SCHEMES_DIFFER"));
}

async fn a_scheme_is_kept_with_every_step_and_outlives_the_process(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let own = house.assess_default().await;
    let choices = wire::WeightChoices {
        objective: vec![ENTROPY],
        lower_cap: Some(0.5),
        upper_cap: Some(1.5),
        shrinkage_ratio: 0.1,
        ..Default::default()
    };
    let request = wire::CreateWeightSchemeRequest { choices: Some(choices), ..judged_only("s1", &own.id) };
    let made = make(&house, request.clone()).await.unwrap();
    let steps = columns(&house, "expert@1", "X", "P1").await;
    let names: Vec<&str> = steps.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["CATALOG", "SUBJECTIVE", "ENTROPY", "COMBINED", "FINAL"]);
    assert_close(steps[0].1, 25.0);
    assert_close(steps[1].1, 37.5);
    // Half of both; then capped to 1.5 / 2, then a tenth of the way to equal.
    let combined = f64::midpoint(steps[1].1, steps[2].1) / 50.0;
    assert_close(steps[3].1, combined * 50.0);
    assert_close(steps[4].1, 50.0 * (0.9 * combined.clamp(0.25, 0.75) + 0.05));
    // Y: P2 has no values, keeps its share of the catalog, and the report says so.
    assert_close(columns(&house, "expert", "Y", "P2").await[4].1, 25.0);
    let report = made.report.as_ref().unwrap();
    let of_y = report.siblings.iter().find(|it| it.r#type == "Y" && it.parent == "P").unwrap();
    assert!(of_y.remarks.iter().any(|remark| remark.item == "P2" && remark.reason == "WITHOUT_DATA"));
    let judged = report.judged.iter().find(|judged| judged.parent == "P").unwrap();
    assert_eq!((judged.random_index.as_str(), judged.reports.len()), ("saaty-1980", 2));
    assert_close(judged.reports[1].weights[0], 0.75);

    // Sent again it is the same version; asked anew it is the next, and the first stays what it was.
    assert_eq!(make(&house, request.clone()).await.unwrap(), made);
    let next = wire::CreateWeightSchemeRequest { request_id: "s2".to_owned(), ..request };
    assert_eq!(make(&house, next).await.unwrap().version, 2);
    let other = wire::CreateWeightSchemeRequest { id: "other".to_owned(), ..judged_only("s1", &own.id) };
    assert_eq!(make(&house, other).await.unwrap_err().reason, "KEY_REUSED_WITH_DIFFERENT_BODY");
    let house = house.restarted().await;
    assert_eq!(get(&house, "expert@1").await.unwrap(), made);
    assert_eq!(get(&house, "expert").await.unwrap().version, 2);
    let mut request = wire::ListWeightSchemesRequest { page_size: 1, ..Default::default() };
    let mut listed = Vec::new();
    loop {
        let page = house.weights().list_weight_schemes(request.clone()).await.unwrap().into_inner();
        listed.extend(page.schemes.into_iter().map(|scheme| (scheme.version, scheme.report.is_some())));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(listed, [(2, false), (1, false)]);
    let none = wire::ListWeightSchemesRequest { catalog_id: "other".to_owned(), ..Default::default() };
    assert!(house.weights().list_weight_schemes(none).await.unwrap().into_inner().schemes.is_empty());
}

async fn the_scheme_adopted_last_is_what_runs_that_name_none_take(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let own = house.assess_default().await;
    make(&house, judged_only("s1", &own.id)).await.unwrap();
    let equal =
        wire::WeightChoices { subjective: wire::SubjectiveWeights::Equal.into(), ..Default::default() };
    let request = wire::CreateWeightSchemeRequest {
        id: "equal".to_owned(),
        choices: Some(equal),
        experts: Vec::new(),
        ..judged_only("s2", &own.id)
    };
    make(&house, request).await.unwrap();

    let not = withdraw(&house, "w0", "expert").await.unwrap_err();
    assert_eq!((not.code, not.reason.as_str()), (Code::FailedPrecondition, "WEIGHT_SCHEME_NOT_ADOPTED"));
    let adopted = adopt(&house, "a1", "expert").await.unwrap();
    assert!(adopted.in_force);
    assert_eq!(adopted.adoptions[0].adopted.as_ref().unwrap().author, "李明");
    assert_eq!(adopt(&house, "a2", "expert@1").await.unwrap_err().reason, "WEIGHT_SCHEME_IN_FORCE");
    assert_eq!(house.assess(asking("r2")).await.weight_scheme_id, "expert");

    adopt(&house, "a3", "equal").await.unwrap();
    assert!(!get(&house, "expert").await.unwrap().in_force, "the one adopted last is in force");
    assert_eq!(house.assess(asking("r3")).await.weight_scheme_id, "equal");
    let withdrawn = withdraw(&house, "w1", "equal").await.unwrap();
    assert_eq!(withdrawn.adoptions[0].withdrawn.as_ref().unwrap().reason, "重新征询");
    assert!(get(&house, "expert").await.unwrap().in_force, "the one before is again");
    withdraw(&house, "w2", "expert").await.unwrap();
    assert_eq!(house.assess(asking("r4")).await.digest, own.digest, "without one the catalog's own weights");
    // Sent again, a decision gets its first answer and decides nothing.
    house.clock_forward();
    assert_eq!(adopt(&house, "a1", "expert").await.unwrap(), adopted);
    assert!(!get(&house, "expert").await.unwrap().in_force);
    // Withdrawn schemes can be named, and adopted again.
    assert!(adopt(&house, "a4", "expert").await.unwrap().in_force);
    assert_eq!(get(&house, "expert").await.unwrap().adoptions.len(), 2);
}

async fn judgements_that_contradict_one_another_and_every_other_fault_are_refused_at_once(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let own = house.assess_default().await;
    let mut torn = judged_only("s1", &own.id);
    torn.experts[0].judgements.pop();
    let refused = make(&house, torn.clone()).await.unwrap_err();
    assert_eq!((refused.code, refused.reason.as_str()), (Code::InvalidArgument, "WEIGHT_SCHEME_REFUSED"));
    assert!(refused.message.contains("G：王芳没有判断其下级指标"), "{}", refused.message);

    torn.experts[0].judgements[0].ratio = 12.0;
    torn.experts.push(wire::ExpertJudgements { weight: Some(0.0), ..expert() });
    torn.experts[1].judgements[1].item = "P9".to_owned();
    torn.choices = Some(wire::WeightChoices {
        subjective_share: Some(2.0),
        lower_cap: Some(3.0),
        shrinkage_ratio: -1.0,
        random_index: "mine".to_owned(),
        ..Default::default()
    });
    let refused = make(&house, torn).await.unwrap_err();
    assert_eq!(
        refused.fields,
        [
            "choices.subjective_share",
            "choices.lower_cap",
            "choices.shrinkage_ratio",
            "choices.random_index",
            "experts[0].judgements[0]",
            "experts[1].expert",
            "experts[1].weight",
            "experts[1].judgements[1]",
        ]
    );
    let nameless = wire::CreateWeightSchemeRequest { id: "catalog".to_owned(), ..Default::default() };
    let refused = make(&house, nameless).await.unwrap_err();
    assert_eq!(refused.fields, ["request_id", "id", "source_assessment_id", "author", "reason"]);
    for name in ["nobody", "nobody@1", "catalog", "@"] {
        assert_eq!(get(&house, name).await.unwrap_err().reason, "WEIGHT_SCHEME_NOT_FOUND");
    }
    let request = wire::CreateAssessmentRequest { weight_scheme_id: "nobody".to_owned(), ..asking("r2") };
    assert_eq!(house.create(request).await.unwrap_err().reason, "WEIGHT_SCHEME_NOT_FOUND");
}

async fn a_scheme_of_another_catalog_is_refused_and_does_not_touch_its_adoption(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let own = house.assess_default().await;
    make(&house, judged_only("s1", &own.id)).await.unwrap();
    adopt(&house, "a1", "expert").await.unwrap();
    // The same id, another text: whatever was adopted was adopted for the other one.
    let other = CATALOG.replace("common_cut = 0.5", "common_cut = 0.4");
    house.world.facts().catalog = Catalog::parse(&other).unwrap();
    house.world.facts().toml = other;
    let run = house.assess(asking("r2")).await;
    assert_eq!((run.state(), run.weight_scheme_id.as_str()), (wire::AssessmentState::Succeeded, ""));
    let request = wire::CreateAssessmentRequest { weight_scheme_id: "expert".to_owned(), ..asking("r3") };
    let refused = house.create(request).await.unwrap_err();
    assert_eq!((refused.code, refused.reason.as_str()), (Code::FailedPrecondition, "WEIGHT_SCHEME_DIFFERS"));
    let request = wire::CompareWeightSchemesRequest {
        assessment_id: run.id,
        schemes: vec!["catalog".to_owned(), "expert".to_owned()],
        movers: 0,
    };
    let refused = Refusal::from(house.weights().compare_weight_schemes(request).await.unwrap_err());
    assert_eq!(refused.reason, "WEIGHT_SCHEME_DIFFERS");
}

async fn schemes_are_compared_by_their_weights_and_what_they_do_to_ranks(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let own = house.assess_default().await;
    // All weight of P on P2 but a tenth: then complaints decide.
    let mut request = judged_only("s1", &own.id);
    request.experts[0].judgements[0].ratio = 1.0 / 9.0;
    make(&house, request).await.unwrap();
    let request = wire::CompareWeightSchemesRequest {
        assessment_id: own.id.clone(),
        schemes: vec!["catalog".to_owned(), "expert".to_owned()],
        movers: 0,
    };
    let found = house.weights().compare_weight_schemes(request).await.unwrap().into_inner();
    assert_eq!(found.schemes, ["catalog", "expert@1"]);
    let p2 = found.weights.iter().find(|weight| weight.r#type == "X" && weight.code == "P2").unwrap();
    assert_close(p2.weights[0], 25.0);
    assert_close(p2.weights[1], 45.0);
    assert_eq!(found.shifts.len(), 2);
    let x = &found.shifts[0];
    assert_eq!((x.scheme.as_str(), x.r#type.as_str(), x.places), ("expert@1", "X", 3));
    // A run of its own ranks the same places: the two agree wherever no derived leaf moves.
    let request = wire::CreateAssessmentRequest { weight_scheme_id: "expert".to_owned(), ..asking("r2") };
    let run = house.assess(request).await;
    let mut shift = 0;
    for place in ["a", "b", "c"] {
        let before = house.score(&own.id, place, "INDEX").await.rank.unwrap();
        shift += before.abs_diff(house.score(&run.id, place, "INDEX").await.rank.unwrap());
    }
    assert_close(x.mean_shift, f64::from(shift) / 3.0);
    let too_many = wire::CompareWeightSchemesRequest { assessment_id: own.id, schemes: vec![], movers: 0 };
    let refused = Refusal::from(house.weights().compare_weight_schemes(too_many).await.unwrap_err());
    assert_eq!(refused.fields, ["schemes"]);
}

async fn a_weight_that_somebody_changed_is_found_and_no_run_takes_it(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let own = house.assess_default().await;
    make(&house, judged_only("s1", &own.id)).await.unwrap();
    let named =
        |id: &str| wire::CreateAssessmentRequest { weight_scheme_id: "expert".to_owned(), ..asking(id) };
    let run = house.assess(named("r2")).await;
    let statement = "UPDATE scheme_weights SET weight = 40 WHERE type_at = 0 AND item_at = 2";
    let changed = if house.is_on(Backend::Postgres) {
        let mut connection = PgConnection::connect(&house.url).await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap().rows_affected()
    } else {
        let mut connection = SqliteConnection::connect(&house.url).await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap().rows_affected()
    };
    assert_eq!(changed, 1);
    let verified = verify(&mut house, &run.id).await;
    assert!(!verified.intact);
    assert!(
        verified.differences.iter().any(|difference| difference.recorded.starts_with("weight_scheme_hash")),
        "{:?}",
        verified.differences
    );
    assert_eq!(house.assess(named("r3")).await.state(), wire::AssessmentState::Failed);
}

on_both!(
    a_run_weighs_with_the_scheme_it_names_and_says_so_everywhere,
    a_scheme_is_kept_with_every_step_and_outlives_the_process,
    the_scheme_adopted_last_is_what_runs_that_name_none_take,
    judgements_that_contradict_one_another_and_every_other_fault_are_refused_at_once,
    a_scheme_of_another_catalog_is_refused_and_does_not_touch_its_adoption,
    schemes_are_compared_by_their_weights_and_what_they_do_to_ranks,
    a_weight_that_somebody_changed_is_found_and_no_run_takes_it
);
