//! Rankings, groups, growth, streams, and what their readers are refused.

use tonic::Code;
use xiuhua_contracts::scoring::v1 as wire;

use crate::district::{Z_OF_TEN, little_district};
use crate::house::{Backend, House, Refusal, asking, assert_close, on_both};

fn ranking(id: &str, kind: &str) -> wire::ListRankingRequest {
    wire::ListRankingRequest { assessment_id: id.to_owned(), r#type: kind.to_owned(), ..Default::default() }
}

fn ids(places: &[wire::RankedPlace]) -> Vec<&str> {
    places.iter().map(|place| place.place_id.as_str()).collect()
}

async fn a_ranking_comes_in_pages_of_any_size_with_the_scoreless_last(on: Backend) {
    let world = little_district();
    // Two more of type X: one ties with b in the index, one has nothing at all.
    for (id, values) in [("b2", [5.0, 5.0, 6.0, 4.0, 6.0]), ("z", [f64::NAN; 5])] {
        world.estate(crate::fakes::Estate { id: id.to_owned(), kind: "X".to_owned(), ..Default::default() });
        for ((leaf, period), value) in
            [("P1", "2020"), ("P2", "2020"), ("P1", "2021"), ("P2", "2021"), ("G1", "2021")]
                .into_iter()
                .zip(values)
        {
            if !value.is_nan() {
                world.value(id, leaf, period, value);
            }
        }
    }
    let mut house = House::on(on, world).await;
    let id = house.assess_default().await.id;
    for page_size in [0, 1, 2, 3, 4, 1_000] {
        let request = wire::ListRankingRequest { page_size, ..ranking(&id, "X") };
        let places = house.ranking(request.clone()).await;
        assert_eq!(ids(&places), ["a", "b", "b2", "c", "z"], "page size {page_size}");
        let ranks: Vec<Option<u32>> = places.iter().map(|place| place.score.as_ref().unwrap().rank).collect();
        assert_eq!(ranks, [Some(1), Some(2), Some(2), Some(4), None]);
        let reversed = house.ranking(wire::ListRankingRequest { reverse: true, ..request }).await;
        assert_eq!(ids(&reversed), ["c", "b2", "b", "a", "z"], "page size {page_size}");
    }
}

async fn a_ranking_can_be_of_a_node_a_type_and_a_town(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let in_town = |town: &str| wire::ListRankingRequest {
        town_code: town.to_owned(),
        page_size: 1,
        ..ranking(&id, "X")
    };
    let requests =
        [in_town("T1"), in_town("T2"), in_town("T3"), ranking(&id, "Y"), ranking(&id, "UNCLASSIFIED")];
    let expected: [&[&str]; 5] = [&["a", "b"], &["c"], &[], &["d", "e"], &["u"]];
    for (request, expected) in requests.into_iter().zip(expected) {
        assert_eq!(ids(&house.ranking(request).await), expected);
    }
    let growth = house.ranking(wire::ListRankingRequest { node: "G".to_owned(), ..ranking(&id, "X") }).await;
    assert_eq!(growth[0].score.as_ref().unwrap().node, "G");
    assert_close(growth[0].score.as_ref().unwrap().score, 50.0 * (0.8 + Z_OF_TEN));
    assert_eq!((growth[0].place_name.as_str(), growth[0].town_name.as_str()), ("小区 a", "街道 T1"));
}

async fn groups_weigh_by_households_and_rank_towns_within_a_type_alone(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let (a, b, c) = (25.0 * (1.4 + 0.8 + Z_OF_TEN), 25.0 * (1.2 + 0.6 + Z_OF_TEN), 100.0 * 0.4 / 3.0);

    let of_x = house.groups(&id, "X", "INDEX").await;
    let codes: Vec<(wire::GroupLevel, &str)> =
        of_x.iter().map(|group| (group.level(), group.code.as_str())).collect();
    assert_eq!(
        codes,
        [
            (wire::GroupLevel::Committee, "T1/C1"),
            (wire::GroupLevel::Committee, "T2/C1"),
            (wire::GroupLevel::Town, "T1"),
            (wire::GroupLevel::Town, "T2"),
            (wire::GroupLevel::District, "310115"),
        ]
    );
    let town = &of_x[2];
    assert_close(town.score, (100.0 * a + 300.0 * b) / 400.0);
    assert_eq!((town.name.as_str(), town.places, town.household_share_ratio), ("街道 T1", 2, 1.0));
    let ranks: Vec<Option<u32>> = of_x.iter().map(|group| group.rank).collect();
    assert_eq!(ranks, [None, None, Some(1), Some(2), None]);
    assert_close(of_x[4].score, (100.0 * a + 300.0 * b + 200.0 * c) / 600.0);

    // e scores but has no households: its town has nothing to weigh with and no rank.
    let of_y = house.groups(&id, "Y", "INDEX").await;
    let town = of_y.iter().find(|group| group.code == "T2").unwrap();
    assert_eq!((town.score, town.places, town.household_share_ratio, town.rank), (None, 0, 0.0, None));

    // Over all types the unclassified estate's 50 households have no score behind them.
    let all = house.groups(&id, "ALL", "INDEX").await;
    let town = all.iter().find(|group| group.code == "T2").unwrap();
    assert_close(town.score, c);
    assert_eq!((town.places, town.household_share_ratio), (1, 0.8));
    assert!(all.iter().all(|group| group.rank.is_none()));
    assert_eq!(all.iter().find(|group| group.code == "310115").unwrap().name, "浦东新区");
}

async fn groups_come_in_pages_of_any_size(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let mut listed: Vec<Vec<wire::GroupScore>> = Vec::new();
    for page_size in [0, 1, 7] {
        let mut request =
            wire::ListGroupScoresRequest { assessment_id: id.clone(), page_size, ..Default::default() };
        let mut groups = Vec::new();
        loop {
            let page = house.client.list_group_scores(request.clone()).await.unwrap().into_inner();
            groups.extend(page.groups);
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        listed.push(groups);
    }
    // T1/C1 X ALL, T1/C2 Y ALL, T2/C1 X Y ALL, T1 X Y ALL, T2 X Y ALL, district X Y ALL; three nodes each.
    assert_eq!(listed[0].len(), (2 + 2 + 3 + 3 + 3 + 3) * 3);
    assert_eq!(listed[0], listed[1]);
    assert_eq!(listed[0], listed[2]);
}

async fn where_all_places_are_of_one_kind_all_appears_once_and_unranked(on: Backend) {
    let world = little_district();
    {
        let mut facts = world.facts();
        facts.types = vec!["ALL".to_owned()];
        facts.places.iter_mut().for_each(|place| place.kind = "ALL".to_owned());
        facts.samples = [("ALL".to_owned(), vec!["a".to_owned(), "b".to_owned(), "c".to_owned()])].into();
    }
    for leaf in ["P1", "P2", "G1"] {
        world.threshold("ALL", leaf, crate::fakes::Fixed::Between(0.0, 10.0));
    }
    let mut house = House::on(on, world).await;
    let id = house.assess_default().await.id;
    let groups = house.groups(&id, "", "INDEX").await;
    assert_eq!(groups.len(), 6);
    assert!(groups.iter().all(|group| group.r#type == "ALL" && group.rank.is_none()));
    assert_eq!(house.groups(&id, "ALL", "INDEX").await, groups);
}

async fn growth_compares_two_periods_under_one_threshold_set(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let now = house.assess_default().await.id;
    let before =
        house.assess(wire::CreateAssessmentRequest { period: "2020".to_owned(), ..asking("2020") }).await.id;
    let mut request = wire::ListGrowthRequest {
        assessment_id: now.clone(),
        previous_assessment_id: before.clone(),
        node: "P".to_owned(),
        r#type: "X".to_owned(),
        page_size: 1,
        page_token: String::new(),
    };
    let mut growths = Vec::new();
    loop {
        let page = house.client.list_growth(request.clone()).await.unwrap().into_inner();
        growths.extend(page.growths);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    // P: a 60 → 70, b 50 → 60, c 30 → 20.
    let mut by_place: Vec<(&str, f64)> =
        growths.iter().map(|row| (row.place_id.as_str(), row.growth_points.round())).collect();
    assert_eq!(by_place.pop(), Some(("c", -10.0)));
    by_place.sort_by_key(|(place, _)| *place);
    assert_eq!(by_place, [("a", 10.0), ("b", 10.0)]);
    assert!(growths.iter().all(|row| row.growth_points == row.score - row.previous_score));

    let other_set = wire::CreateAssessmentRequest { threshold_set_id: "set-2".to_owned(), ..asking("other") };
    let other = house.assess(other_set).await.id;
    let request =
        wire::ListGrowthRequest { previous_assessment_id: other, page_token: String::new(), ..request };
    let refusal = Refusal::from(house.client.list_growth(request).await.unwrap_err());
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::FailedPrecondition, "THRESHOLD_SETS_DIFFER"));
}

async fn streams_hold_every_place_in_the_order_of_ids(on: Backend) {
    let world = little_district();
    world.facts().places[0].households = None;
    let mut house = House::on(on, world).await;
    let id = house.assess_default().await.id;
    let request = wire::ReadScoresRequest { assessment_id: id.clone() };
    let mut stream = house.client.read_scores(request).await.unwrap().into_inner();
    let mut places = Vec::new();
    while let Some(batch) = stream.message().await.unwrap() {
        places.extend(batch.places);
    }
    let ids: Vec<&str> = places.iter().map(|place| place.place_id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c", "d", "e", "u"]);
    for place in &places {
        assert_eq!(place.scores, house.scores(&id, &place.place_id).await);
    }
    assert_eq!(places[5].r#type, "UNCLASSIFIED");
    let households: Vec<Option<u64>> = places.iter().map(|place| place.households).collect();
    // 0 households and unknown households are two things.
    assert_eq!(households, [None, Some(300), Some(200), Some(100), Some(0), Some(50)]);

    let request = wire::ReadLeafValuesRequest { assessment_id: id };
    let mut stream = house.client.read_leaf_values(request).await.unwrap().into_inner();
    let mut places = Vec::new();
    while let Some(batch) = stream.message().await.unwrap() {
        places.extend(batch.places);
    }
    let leaves = |at: usize| -> Vec<(&str, f64)> {
        places[at].values.iter().map(|value| (value.leaf.as_str(), value.value)).collect()
    };
    assert_eq!(leaves(0)[..3], [("P1", 7.0), ("P2", 3.0), ("G1", 8.0)]);
    assert_eq!(leaves(0)[3].0, "G2");
    assert_close(leaves(0)[3].1, 10.0);
    // c has no drills; u has a value and no z.
    assert_eq!(leaves(2).iter().map(|(leaf, _)| *leaf).collect::<Vec<_>>(), ["P1", "P2", "G2"]);
    assert_eq!(leaves(5), [("P1", 9.0)]);
    assert_eq!(places[5].values[0].z, None);
}

async fn what_is_not_there_is_not_found_by_a_stable_reason(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let mut refusals: Vec<Refusal> = Vec::new();
    let place = |assessment: &str, place: &str| wire::GetPlaceScoresRequest {
        assessment_id: assessment.to_owned(),
        place_id: place.to_owned(),
    };
    refusals.push(house.client.get_place_scores(place("nowhere", "a")).await.unwrap_err().into());
    refusals.push(house.client.get_place_scores(place(&id, "nowhere")).await.unwrap_err().into());
    refusals.push(house.client.list_ranking(ranking(&id, "Z")).await.unwrap_err().into());
    let node = wire::ListRankingRequest { node: "P1".to_owned(), ..ranking(&id, "X") };
    refusals.push(house.client.list_ranking(node).await.unwrap_err().into());
    let watch = wire::WatchAssessmentRequest { id: "nowhere".to_owned() };
    refusals.push(house.client.watch_assessment(watch).await.unwrap_err().into());
    assert!(refusals.iter().all(|refusal| refusal.code == Code::NotFound));
    let reasons: Vec<&str> = refusals.iter().map(|refusal| refusal.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "ASSESSMENT_NOT_FOUND",
            "PLACE_NOT_FOUND",
            "TYPE_NOT_FOUND",
            "NODE_NOT_FOUND",
            "ASSESSMENT_NOT_FOUND"
        ]
    );
    assert_eq!(refusals[0].message, "没有测评 nowhere");
}

async fn a_ranking_without_a_type_and_a_foreign_page_token_are_refused(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let refusal = Refusal::from(house.client.list_ranking(ranking(&id, "")).await.unwrap_err());
    assert_eq!((refusal.code, refusal.fields), (Code::InvalidArgument, vec!["type".to_owned()]));
    let first = wire::ListRankingRequest { page_size: 1, ..ranking(&id, "X") };
    let token = house.client.list_ranking(first).await.unwrap().into_inner().next_page_token;
    let foreign = wire::ListRankingRequest { page_token: token, reverse: true, ..ranking(&id, "X") };
    let refusal = Refusal::from(house.client.list_ranking(foreign).await.unwrap_err());
    assert_eq!((refusal.code, refusal.fields), (Code::InvalidArgument, vec!["page_token".to_owned()]));
}

on_both!(
    a_ranking_comes_in_pages_of_any_size_with_the_scoreless_last,
    a_ranking_can_be_of_a_node_a_type_and_a_town,
    groups_weigh_by_households_and_rank_towns_within_a_type_alone,
    groups_come_in_pages_of_any_size,
    where_all_places_are_of_one_kind_all_appears_once_and_unranked,
    growth_compares_two_periods_under_one_threshold_set,
    streams_hold_every_place_in_the_order_of_ids,
    what_is_not_there_is_not_found_by_a_stable_reason,
    a_ranking_without_a_type_and_a_foreign_page_token_are_refused
);
