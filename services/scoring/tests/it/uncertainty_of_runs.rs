//! Whatever a run weighs with, treats, fills or is assessed for, its uncertainty analysis begins at its own ranks.

use std::collections::BTreeMap;

use xiuhua_contracts::normalization::v1 as normalization;
use xiuhua_contracts::scoring::v1 as wire;
use xiuhua_indicators::assess::members_by_type;
use xiuhua_indicators::base::base_table;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::imputation::{FillingSource, impute_periods};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::Table;
use xiuhua_indicators::threshold::{Threshold, fix_thresholds};

use crate::district::CATALOG;
use crate::fakes::{Estate, Fixed, World};
use crate::house::{Backend, House, asking, on_both};
use crate::uncertainty::{analyse, analysing, intervals, sampled_district};

const PERIODS: [&str; 3] = ["2019", "2020", "2021"];
const KINDS: [&str; 2] = ["X", "Y"];

/// P1 has outliers that are treated, gaps of P2 take the median of the type, gaps of G1 the value of the year before. Where
/// G1 is missing twice over, only the first year is filled: what was filled fills nothing else.
fn treated_and_filled_district() -> World {
    let toml = CATALOG
        .replace("measure = \"visits\"", "measure = \"visits\"\ntreat = { share = 0.2, log = false }")
        .replace("measure = \"complaints\"", "measure = \"complaints\"\nimpute = \"group_median\"")
        .replace("measure = \"drills\"", "measure = \"drills\"\nimpute = { method = \"last\", reach = 1 }");
    let world = World::new(&toml, &KINDS, "2021", &PERIODS[..2]);
    let catalog = Catalog::parse(&toml).unwrap();
    let outline = Outline::of(&catalog);
    let ids: Vec<String> = (0..48).map(|at| format!("e{at:02}")).collect();
    let types: Vec<Option<usize>> = (0..48).map(|at| Some(usize::from(at % 3 == 2))).collect();
    let members = members_by_type(&types, KINDS.len()).unwrap();
    let samples: Vec<Vec<usize>> =
        members.iter().map(|of| of.iter().copied().filter(|at| at % 4 < 2).collect()).collect();

    let chance = |what: usize| (what as f64 * 0.618_033_988_749_895).fract();
    let mut observed = vec![Table::missing(outline.leaf_count(), ids.len()); PERIODS.len()];
    for (year, table) in observed.iter_mut().enumerate() {
        for (nth, code) in ["P1", "P2", "G1"].into_iter().enumerate() {
            let leaf = outline.leaf_of_code(code).unwrap();
            for at in 0..ids.len() {
                let usual =
                    20.0 + 60.0 * chance(at * 37 + nth * 101) + 20.0 * chance(at * 41 + nth + 3 * year);
                let value = match code {
                    "P1" if at % 32 == 0 => Some(usual * 40.0),
                    "P2" if (at + year) % 7 == 0 => None,
                    "G1" if at % 5 == 0 && year > 0 => None,
                    _ => Some(usual),
                };
                table.column_mut(leaf).set(at, value);
            }
        }
    }
    let filled = impute_periods(&outline, &members, &observed.iter().collect::<Vec<_>>()).unwrap();
    for (at, id) in ids.iter().enumerate() {
        world.estate(Estate {
            id: id.clone(),
            kind: KINDS[types[at].unwrap()].to_owned(),
            ..Estate::default()
        });
    }
    for (year, period) in PERIODS.into_iter().enumerate() {
        for leaf in (0..outline.leaf_count()).filter(|&leaf| outline.changing_node(leaf).is_none()) {
            let code = &outline.leaf_item(leaf).code;
            let fillings = &filled[year].fillings[leaf];
            let made: BTreeMap<usize, FillingSource> =
                fillings.iter().map(|filling| (filling.place, filling.source)).collect();
            for (at, value) in filled[year].values.column(leaf).iter().enumerate() {
                match (value, made.get(&at)) {
                    (None, _) => {}
                    (Some(value), None) => world.value(&ids[at], code, period, value),
                    (Some(value), Some(&of)) => {
                        world.imputed(&ids[at], code, period, value, made_of(year, of))
                    }
                }
            }
        }
    }
    let base: Vec<&Table> = filled[..2].iter().map(|period| &period.values).collect();
    let base = base_table(outline.leaf_count(), ids.len(), &base).unwrap();
    for (kind, sample) in samples.iter().enumerate() {
        for (leaf, found) in fix_thresholds(&outline, &base, sample, 2).unwrap().iter().enumerate() {
            if let Threshold::Ok(goalposts) = found.threshold {
                world.threshold(KINDS[kind], &outline.leaf_item(leaf).code, Fixed::Of(goalposts));
            }
        }
        world.sample(KINDS[kind], &sample.iter().map(|&at| ids[at].as_str()).collect::<Vec<_>>());
    }
    world
}

fn made_of(year: usize, source: FillingSource) -> normalization::Imputation {
    let mut found = normalization::Imputation::default();
    match source {
        FillingSource::GroupMedian { places } => {
            found.set_method(normalization::ImputationMethod::GroupMedian);
            found.places = places as u64;
        }
        FillingSource::Last(before) => {
            found.set_method(normalization::ImputationMethod::Last);
            found.earlier_period = PERIODS[year - 1].to_owned();
            found.earlier_value = Some(before.value);
        }
        FillingSource::Linear { .. } => unreachable!("no leaf is filled so"),
    }
    found
}

async fn ranks(house: &mut House, assessment: &str, kind: &str) -> BTreeMap<String, Option<u32>> {
    let request = wire::ListRankingRequest {
        assessment_id: assessment.to_owned(),
        r#type: kind.to_owned(),
        ..Default::default()
    };
    let ranked = house.ranking(request).await;
    ranked.into_iter().map(|place| (place.place_id, place.score.unwrap().rank)).collect()
}

/// Analyses a run and holds the ranks that the analysis began at against those of the run.
async fn is_analysed(
    house: &mut House,
    request: wire::AnalyseUncertaintyRequest,
) -> Vec<wire::RankedInterval> {
    let made = analyse(house, request.clone()).await.unwrap();
    let mut found = Vec::new();
    for kind in KINDS {
        let listed = intervals(house, &made.id, kind, 0).await;
        let of_run = ranks(house, &request.assessment_id, kind).await;
        let ranked: BTreeMap<String, Option<u32>> =
            listed.iter().map(|row| (row.place_id.clone(), row.rank)).collect();
        assert_eq!(ranked, of_run);
        assert!(ranked.len() > 9);
        found.extend(listed);
    }
    found
}

async fn a_run_under_a_weight_scheme_is_analysed_around_the_weights_of_the_scheme(on: Backend) {
    let mut house = House::on(on, sampled_district()).await;
    let own = house.assess_default().await.id;
    let judged = |parent: &str, item: &str, other: &str| wire::Judgement {
        parent: parent.to_owned(),
        item: item.to_owned(),
        other: other.to_owned(),
        ratio: 9.0,
    };
    let request = wire::CreateWeightSchemeRequest {
        request_id: "s1".to_owned(),
        id: "expert".to_owned(),
        source_assessment_id: own.clone(),
        choices: Some(wire::WeightChoices::default()),
        experts: vec![wire::ExpertJudgements {
            expert: "王芳".to_owned(),
            weight: None,
            judgements: vec![judged("P", "P1", "P2"), judged("G", "G1", "G2")],
        }],
        author: "王芳".to_owned(),
        reason: "专家会".to_owned(),
    };
    house.weights().create_weight_scheme(request).await.unwrap();
    let request = wire::CreateAssessmentRequest { weight_scheme_id: "expert".to_owned(), ..asking("r2") };
    let run = house.assess(request).await;
    assert_eq!(run.state(), wire::AssessmentState::Succeeded, "{:?}", run.failure);
    assert_ne!(ranks(&mut house, &run.id, "X").await, ranks(&mut house, &own, "X").await);
    is_analysed(&mut house, analysing("u1", &run.id)).await;

    // Weights that hardly move leave every rank beside itself: they are perturbed around the scheme's own.
    let near = wire::AnalyseUncertaintyRequest {
        factors: vec!["weights=uniform:0.02".to_owned()],
        sobol_rows: 0,
        ..analysing("u2", &run.id)
    };
    for row in is_analysed(&mut house, near).await {
        let (interval, rank) = (row.interval.unwrap(), f64::from(row.rank.unwrap()));
        assert!(interval.low <= rank && rank <= interval.high, "{} is {rank} in {interval:?}", row.place_id);
        assert!(interval.high - interval.low <= 3.0, "{interval:?}");
    }
    is_analysed(&mut house, analysing("u3", &own)).await;
}

async fn a_run_with_treated_outliers_and_filled_gaps_is_analysed(on: Backend) {
    let mut house = House::on(on, treated_and_filled_district()).await;
    let assessment = house.assess_default().await.id;
    // What is meant to be in use is in use: G1 of e05 was filled in 2020 and is missing in 2021, P1 of e00 is an outlier.
    let leaves = async |house: &mut House, place: &str, node: &str| {
        let explained = house.explain(&assessment, place, node).await;
        let leaves = explained.leaves.into_iter();
        leaves.map(|leaf| (leaf.leaf.clone(), leaf)).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(leaves(&mut house, "e05", "G").await["G1"].value, None);
    let process = leaves(&mut house, "e00", "P").await;
    assert!(process["P1"].treatment.is_some() && process["P1"].treated_value.is_some());
    assert_eq!(
        leaves(&mut house, "e05", "P").await["P2"].imputation.as_ref().unwrap().method,
        "GROUP_MEDIAN"
    );
    let found = is_analysed(&mut house, analysing("u1", &assessment)).await;
    assert!(
        found.iter().any(|row| row.interval.as_ref().is_some_and(|interval| interval.high > interval.low))
    );

    // A sample alone drawn anew: treatments are found anew with it, and ranks move.
    let resampled = wire::AnalyseUncertaintyRequest {
        factors: vec!["sample=bootstrap".to_owned()],
        sobol_rows: 0,
        ..analysing("u2", &assessment)
    };
    let found = is_analysed(&mut house, resampled).await;
    assert!(
        found.iter().any(|row| row.interval.as_ref().is_some_and(|interval| interval.high > interval.low))
    );
}

async fn a_run_before_the_close_of_the_year_is_analysed_against_a_year_before(on: Backend) {
    let world = sampled_district();
    for at in 0..36_usize {
        for (nth, leaf) in ["P1", "P2", "G1"].into_iter().enumerate() {
            let of =
                |what: usize| 30.0 + 50.0 * (((at + 5) * 53 + what) as f64 * 0.618_033_988_749_895).fract();
            for (month, what) in [("2020-06", 7 * nth), ("2021-05", 7 * nth + 2), ("2021-06", 7 * nth + 3)] {
                world.value(&format!("e{at:02}"), leaf, month, of(what));
            }
        }
    }
    let mut house = House::on(on, world).await;
    let request = wire::CreateAssessmentRequest { period: "2021-06".to_owned(), ..asking("r1") };
    let run = house.assess(request).await;
    assert_eq!(run.state(), wire::AssessmentState::Succeeded, "{:?}", run.failure);
    is_analysed(&mut house, analysing("u1", &run.id)).await;
}

on_both!(
    a_run_under_a_weight_scheme_is_analysed_around_the_weights_of_the_scheme,
    a_run_with_treated_outliers_and_filled_gaps_is_analysed,
    a_run_before_the_close_of_the_year_is_analysed_against_a_year_before,
);
