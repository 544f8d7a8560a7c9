//! Uncertainty through the door: analyses are kept whole, answered from memory, read page by page, and stand beside ranks.

use tonic::Code;
use tonic::transport::Channel;
use xiuhua_contracts::scoring::v1 as wire;
use xiuhua_contracts::scoring::v1::uncertainty_service_client::UncertaintyServiceClient;

use crate::district::{CATALOG, little_district};
use crate::fakes::{Estate, Fixed, World};
use crate::house::{Backend, House, Refusal, asking, on_both};

/// Thirty-six estates of two types with thresholds that their samples really give, extended by 10 %.
pub(crate) fn sampled_district() -> World {
    let world = World::new(CATALOG, &["X", "Y"], "2021", &["2019", "2020"]);
    // A sequence that looks like chance: multiples of the golden ratio.
    let habit =
        |estate: usize, what: usize| ((estate * 37 + what * 101) as f64 * 0.618_033_988_749_895).fract();
    let mut samples = [Vec::new(), Vec::new()];
    let mut base: Vec<Vec<(f64, f64)>> = vec![Vec::new(); 6];
    for at in 0..36 {
        let (id, kind) = (format!("e{at:02}"), usize::from(at % 3 == 2));
        world.estate(Estate {
            id: id.clone(),
            kind: ["X", "Y"][kind].to_owned(),
            town: "T1".to_owned(),
            committee: "C1".to_owned(),
            district: "310115".to_owned(),
            households: Some(100),
            attributes: Vec::new(),
            labels: Vec::new(),
        });
        let sampled = at % 4 < 2;
        if sampled {
            samples[kind].push(id.clone());
        }
        for (leaf_at, leaf) in ["P1", "P2", "G1"].into_iter().enumerate() {
            let of =
                |year: usize| 20.0 + 60.0 * habit(at, leaf_at) + 20.0 * habit(at, 7 + 3 * year + leaf_at);
            for (year, period) in ["2019", "2020", "2021"].into_iter().enumerate() {
                world.value(&id, leaf, period, of(year));
            }
            if sampled {
                base[2 * leaf_at + kind].push((of(0), of(1)));
            }
        }
    }
    for (leaf_at, leaf) in ["P1", "P2", "G1"].into_iter().enumerate() {
        for (kind, name) in ["X", "Y"].into_iter().enumerate() {
            let means: Vec<f64> =
                base[2 * leaf_at + kind].iter().map(|(one, two)| (one + two) / 2.0).collect();
            let least = means.iter().copied().fold(f64::INFINITY, f64::min);
            let greatest = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            world.threshold(name, leaf, Fixed::Between(least - 0.1 * least, greatest + 0.1 * greatest));
        }
    }
    for (kind, name) in ["X", "Y"].into_iter().enumerate() {
        world.sample(name, &samples[kind].iter().map(String::as_str).collect::<Vec<_>>());
    }
    world
}

fn door(house: &House) -> UncertaintyServiceClient<Channel> {
    UncertaintyServiceClient::new(house.channel())
}

pub(crate) fn analysing(request_id: &str, assessment: &str) -> wire::AnalyseUncertaintyRequest {
    wire::AnalyseUncertaintyRequest {
        request_id: request_id.to_owned(),
        assessment_id: assessment.to_owned(),
        seed: 7,
        draws: Some(60),
        factors: Vec::new(),
        sobol_rows: 8,
    }
}

pub(crate) async fn analyse(
    house: &House,
    request: wire::AnalyseUncertaintyRequest,
) -> Result<wire::UncertaintyAnalysis, Refusal> {
    Ok(door(house).analyse_uncertainty(request).await?.into_inner().analysis.unwrap())
}

pub(crate) async fn intervals(
    house: &House,
    analysis: &str,
    kind: &str,
    page_size: u32,
) -> Vec<wire::RankedInterval> {
    let mut request = wire::ListRankIntervalsRequest {
        analysis_id: analysis.to_owned(),
        r#type: kind.to_owned(),
        page_size,
        ..Default::default()
    };
    let mut found = Vec::new();
    loop {
        let page = door(house).list_rank_intervals(request.clone()).await.unwrap().into_inner();
        found.extend(page.intervals);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

async fn an_analysis_stands_beside_every_rank(on: Backend) {
    let mut house = House::on(on, sampled_district()).await;
    let assessment = house.assess_default().await.id;
    let ranking = wire::ListRankingRequest {
        assessment_id: assessment.clone(),
        r#type: "X".to_owned(),
        page_size: 5,
        ..Default::default()
    };
    assert!(house.ranking(ranking.clone()).await.iter().all(|place| place.interval.is_none()));

    let made = analyse(&house, analysing("u1", &assessment)).await.unwrap();
    assert_eq!((made.draws, made.sobol_rows, made.seed), (60, 8, 7));
    let names: Vec<&str> = made.factors.iter().map(|used| used.factor.split('=').next().unwrap()).collect();
    // Nothing is missing anywhere but G2 of nobody, so every coverage passes; the factor is in force all the same.
    assert_eq!(names, ["sample", "weights", "extension", "aggregation", "missing"]);
    assert_eq!(made.left_out_factors, Vec::<String>::new());
    assert!(
        made.factors
            .iter()
            .all(|used| used.alone_differed > 0 && used.draws == 60 && used.draws_differed > 0)
    );

    let house = house.restarted().await;
    let mut house = house;
    for kind in ["X", "Y"] {
        let request = wire::ListRankingRequest { r#type: kind.to_owned(), ..ranking.clone() };
        let ranked = house.ranking(request).await;
        let listed = intervals(&house, &made.id, kind, 3).await;
        assert_eq!(ranked.len(), listed.len());
        for (place, row) in ranked.iter().zip(&listed) {
            let interval = place.interval.as_ref().unwrap();
            assert_eq!((&place.place_id, place.score.as_ref().unwrap().rank), (&row.place_id, row.rank));
            assert_eq!(interval, row.interval.as_ref().unwrap());
            assert_eq!(interval.analysis_id, made.id);
            assert!(interval.low <= interval.median && interval.median <= interval.high);
            assert!(interval.low >= 1.0 && interval.high <= ranked.len() as f64);
            let scores = house.scores(&assessment, &place.place_id).await;
            assert_eq!(scores[0].interval.as_ref(), Some(interval));
            assert!(scores.iter().all(|score| score.interval.is_some() == score.rank.is_some()));
        }
        assert!(
            listed.iter().any(|row| row.interval.as_ref().unwrap().high > row.interval.as_ref().unwrap().low)
        );

        let request = wire::ListIndistinguishableRequest {
            analysis_id: made.id.clone(),
            r#type: kind.to_owned(),
            ..Default::default()
        };
        let groups = door(&house).list_indistinguishable(request).await.unwrap().into_inner().groups;
        assert_eq!(groups.iter().map(|group| group.places as usize).sum::<usize>(), ranked.len());
        for (at, group) in groups.iter().enumerate() {
            assert_eq!(group.tier as usize, at + 1);
            let members = listed.iter().filter(|row| row.interval.as_ref().unwrap().tier == Some(group.tier));
            let ranks: Vec<u32> = members.map(|row| row.rank.unwrap()).collect();
            assert_eq!((ranks.first(), ranks.last()), (Some(&group.first_rank), Some(&group.last_rank)));
            assert_eq!(ranks.len(), group.places as usize);
        }
    }
}

async fn sensitivity_and_leave_one_out_are_read_by_type(on: Backend) {
    let mut house = House::on(on, sampled_district()).await;
    let assessment = house.assess_default().await.id;
    let made = analyse(&house, analysing("u1", &assessment)).await.unwrap();
    let request = wire::GetSensitivityRequest { analysis_id: made.id.clone() };
    let types = door(&house).get_sensitivity(request).await.unwrap().into_inner().types;
    assert_eq!(types.iter().map(|of| of.r#type.as_str()).collect::<Vec<_>>(), ["X", "Y", "ALL"]);
    for of_type in &types {
        assert!(of_type.variance > 0.0 && of_type.mean_shift > 0.0);
        let names: Vec<&str> = of_type.factors.iter().map(|factor| factor.factor.as_str()).collect();
        assert_eq!(names, ["sample", "weights", "extension", "aggregation", "missing"]);
        // No coverage falls below any minimum: what is missing decides nothing.
        let missing = of_type.factors[4].total.as_ref().unwrap();
        assert_eq!((missing.value, missing.low, missing.high), (0.0, 0.0, 0.0));
    }
    let mut items = Vec::new();
    for kind in ["", "X", "Y"] {
        let request = wire::ListLeaveOneOutRequest {
            analysis_id: made.id.clone(),
            r#type: kind.to_owned(),
            page_size: 4,
            ..Default::default()
        };
        let page = door(&house).list_leave_one_out(request.clone()).await.unwrap().into_inner();
        let next = wire::ListLeaveOneOutRequest { page_token: page.next_page_token, ..request };
        let rest = door(&house).list_leave_one_out(next).await.unwrap().into_inner();
        items.push([page.items, rest.items].concat());
    }
    for of_type in &items {
        let codes: Vec<&str> = of_type.iter().map(|item| item.item.as_str()).collect();
        assert_eq!(codes, ["P", "P1", "P2", "G", "G1", "G2"]);
        assert!(of_type.iter().all(|item| (item.greatest_shift > 0) != item.greatest_place_id.is_empty()));
    }
    let compared = |of: usize| items[of][1].compared;
    assert_eq!(compared(0), compared(1) + compared(2));
}

async fn a_repeat_is_answered_from_memory_and_the_same_request_finds_the_same(on: Backend) {
    let mut house = House::on(on, sampled_district()).await;
    let assessment = house.assess_default().await.id;
    let first = analyse(&house, analysing("u1", &assessment)).await.unwrap();
    assert_eq!(analyse(&house, analysing("u1", &assessment)).await.unwrap(), first);
    let other = wire::AnalyseUncertaintyRequest { seed: 8, ..analysing("u1", &assessment) };
    assert_eq!(analyse(&house, other).await.unwrap_err().code, Code::AlreadyExists);
    house.clock_forward();
    let again = analyse(&house, analysing("u2", &assessment)).await.unwrap();
    assert_eq!(again.digest, first.digest);
    assert_ne!(again.id, first.id);
    let reseeded = wire::AnalyseUncertaintyRequest { seed: 8, ..analysing("u3", &assessment) };
    let reseeded = analyse(&house, reseeded).await.unwrap();
    assert_ne!(reseeded.digest, first.digest);

    let list = wire::ListUncertaintyAnalysesRequest {
        assessment_id: assessment.clone(),
        page_size: 2,
        ..Default::default()
    };
    let page = door(&house).list_uncertainty_analyses(list.clone()).await.unwrap().into_inner();
    assert_eq!(page.analyses, [reseeded.clone(), again]);
    let next = wire::ListUncertaintyAnalysesRequest { page_token: page.next_page_token, ..list };
    assert_eq!(door(&house).list_uncertainty_analyses(next).await.unwrap().into_inner().analyses, [first]);
    let get = wire::GetUncertaintyAnalysisRequest { id: reseeded.id.clone() };
    let found = door(&house).get_uncertainty_analysis(get).await.unwrap().into_inner().analysis;
    assert_eq!(found, Some(reseeded.clone()));
    // The newest is what stands beside ranks.
    let place = house.scores(&assessment, "e00").await;
    assert_eq!(place[0].interval.as_ref().unwrap().analysis_id, reseeded.id);
}

async fn what_cannot_be_analysed_is_refused_with_a_reason(on: Backend) {
    let mut house = House::on(on, sampled_district()).await;
    let assessment = house.assess_default().await.id;
    let bad = wire::AnalyseUncertaintyRequest {
        request_id: String::new(),
        draws: Some(3),
        factors: vec!["weights=uniform:7".to_owned(), "colour".to_owned()],
        sobol_rows: 100,
        ..analysing("x", "")
    };
    let refused = analyse(&house, bad).await.unwrap_err();
    assert_eq!(refused.code, Code::InvalidArgument);
    assert_eq!(refused.fields, ["request_id", "assessment_id", "draws", "sobol_rows", "factors", "factors"]);

    let idle = wire::AnalyseUncertaintyRequest {
        factors: vec!["extension=0.1".to_owned()],
        ..analysing("u1", &assessment)
    };
    let refused = analyse(&house, idle).await.unwrap_err();
    assert_eq!((refused.code, refused.reason.as_str()), (Code::FailedPrecondition, "FACTOR_NOT_APPLICABLE"));
    let nobody = analyse(&house, analysing("u2", "assessment-of-nobody")).await.unwrap_err();
    assert_eq!((nobody.code, nobody.reason.as_str()), (Code::NotFound, "ASSESSMENT_NOT_FOUND"));
    let unknown = wire::GetSensitivityRequest { analysis_id: "uncertainty-0".to_owned() };
    let unknown = Refusal::from(door(&house).get_sensitivity(unknown).await.unwrap_err());
    assert_eq!((unknown.code, unknown.reason.as_str()), (Code::NotFound, "ANALYSIS_NOT_FOUND"));

    // Thresholds that somebody wrote down are not those of any sample: nothing drawn anew could be set beside them.
    let mut other = House::on(on, little_district()).await;
    let assessment = other.assess(asking("default")).await.id;
    let refused = analyse(&other, analysing("u1", &assessment)).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.reason.as_str()),
        (Code::FailedPrecondition, "ASSESSMENT_NOT_REPRODUCED")
    );
}

on_both!(
    an_analysis_stands_beside_every_rank,
    sensitivity_and_leave_one_out_are_read_by_type,
    a_repeat_is_answered_from_memory_and_the_same_request_finds_the_same,
    what_cannot_be_analysed_is_refused_with_a_reason,
);
