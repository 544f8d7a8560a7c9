//! Groups (汇总): committees, towns and the district, read off the places of a run.
//!
//! Source: specification page 1, section 1.7, fourth point.

use std::collections::BTreeMap;

use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::group::{Member, household_mean};
use xiuhua_indicators::rank::standings;

use super::assessment::{ALL, Place, Plan};
use super::results::{GroupScore, Level, Score};

/// The places of one group.
#[derive(Default)]
struct Group {
    name: String,
    places: Vec<usize>,
}

/// Household-weighted means of every group, type and node: by level, code, type, then catalog order.
///
/// A group appears in every type it has a place of, and in all types together; where the only type is `ALL` the two
/// are one. Towns are ranked within a type. Across types goalposts mix, so `ALL` is never ranked.
/// `scores[node][place]` are those of `places`.
pub(crate) fn group_scores(
    catalog: &Catalog,
    plan: &Plan,
    places: &[Place],
    scores: &[Vec<Score>],
) -> Vec<GroupScore> {
    let mut found = Vec::new();
    for ((level, code), group) in gather(places) {
        for (type_at, members) in by_type(plan, places, &group.places) {
            for (node_at, column) in scores.iter().enumerate() {
                found.push(mean(places, &members, column, |score, places, household_share| GroupScore {
                    level,
                    code: code.clone(),
                    name: group.name.clone(),
                    type_at,
                    node_at,
                    score,
                    places,
                    household_share,
                    rank: None,
                }));
            }
        }
    }
    rank_towns(catalog, plan, &mut found);
    found
}

/// Position of "all types together" in lists by type.
pub(crate) fn all_types_at(plan: &Plan) -> usize {
    if has_only_all(plan) { 0 } else { plan.types.len() }
}

/// Name of a group's type.
pub(crate) fn group_type_name(plan: &Plan, type_at: usize) -> &str {
    plan.types.get(type_at).map_or(ALL, String::as_str)
}

/// Position of a group's type by its name.
pub(crate) fn group_type_at(plan: &Plan, name: &str) -> Option<usize> {
    if name == ALL {
        return Some(all_types_at(plan));
    }
    plan.types.iter().position(|known| known == name)
}

fn has_only_all(plan: &Plan) -> bool {
    matches!(plan.types.as_slice(), [only] if only == ALL)
}

fn gather(places: &[Place]) -> BTreeMap<(Level, String), Group> {
    let mut groups: BTreeMap<(Level, String), Group> = BTreeMap::new();
    let mut join = |level, code: String, name: &str, at| {
        let group = groups.entry((level, code)).or_default();
        group.places.push(at);
        // The first place (by id) that knows the name gives it.
        if group.name.is_empty() {
            name.clone_into(&mut group.name);
        }
    };
    for (at, place) in places.iter().enumerate() {
        if !place.town_code.is_empty() {
            join(Level::Town, place.town_code.clone(), &place.town_name, at);
            if !place.committee.is_empty() {
                let code = format!("{}/{}", place.town_code, place.committee);
                join(Level::Committee, code, &place.committee, at);
            }
        }
        let (code, name) = match place.district_code.as_str() {
            "" => (ALL, ALL),
            code => (code, place.district_name.as_str()),
        };
        join(Level::District, code.to_owned(), name, at);
    }
    groups
}

/// The members of a group by type, in the rule set's order, all of them last.
fn by_type(plan: &Plan, places: &[Place], members: &[usize]) -> Vec<(usize, Vec<usize>)> {
    let mut lists = Vec::new();
    if !has_only_all(plan) {
        for type_at in 0..plan.types.len() {
            let of_type = |at: &usize| places[*at].type_at == Some(type_at);
            let typed: Vec<usize> = members.iter().copied().filter(of_type).collect();
            if !typed.is_empty() {
                lists.push((type_at, typed));
            }
        }
    }
    lists.push((all_types_at(plan), members.to_vec()));
    lists
}

fn mean(
    places: &[Place],
    members: &[usize],
    column: &[Score],
    build: impl FnOnce(Option<f64>, u64, f64) -> GroupScore,
) -> GroupScore {
    let members: Vec<Member<'_>> = members
        .iter()
        .map(|&at| Member {
            place_id: places[at].id.as_str(),
            households: places[at].households,
            score: column[at].composed.value(),
        })
        .collect();
    let mean = household_mean(&members);
    build(mean.score, mean.places as u64, mean.household_share.unwrap_or(0.0))
}

fn rank_towns(catalog: &Catalog, plan: &Plan, groups: &mut [GroupScore]) {
    if has_only_all(plan) {
        return;
    }
    let mut contests: BTreeMap<(usize, usize), Vec<&mut GroupScore>> = BTreeMap::new();
    let ranked = |group: &&mut GroupScore| group.level == Level::Town && group.type_at < plan.types.len();
    for town in groups.iter_mut().filter(ranked) {
        contests.entry((town.type_at, town.node_at)).or_default().push(town);
    }
    for towns in contests.into_values() {
        let scores: Vec<Option<f64>> = towns.iter().map(|town| town.score).collect();
        for (town, standing) in towns.into_iter().zip(standings(&scores, catalog.rank_decimals)) {
            town.rank = standing.map(|standing| standing.rank as u64);
        }
    }
}
