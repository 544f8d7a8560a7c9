//! Scores of places, one stream: spreads by type and node, and who is in the scope.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use xiuhua_contracts::scoring::v1::{Assessment, PlaceScores, ReadScoresRequest};
use xiuhua_report::facts::{FEWEST_HOUSEHOLDS_NAMED, Node, Spread, TypeFacts};

use crate::platform::Platform;
use crate::reporting::listing::Members;

/// What later readings ask about places.
pub(super) struct Seen {
    /// Position of its type, and whether it belongs to the scope, by place id; places without a type are not in it.
    pub(super) places: HashMap<String, (usize, bool)>,
    /// Places with too few households to be named.
    few_households: HashSet<String>,
}

impl Seen {
    /// Whether a place may be named.
    pub(super) fn may_be_named(&self, place_id: &str) -> bool {
        !self.few_households.contains(place_id)
    }
}

/// Fills counts, coverage and spreads of the types.
pub(super) async fn read(
    platform: &Platform,
    run: &Assessment,
    nodes: &[Node],
    types: &mut [TypeFacts],
    members: Option<&Members>,
) -> Result<Seen> {
    let positions: HashMap<&str, usize> = (0..).zip(nodes).map(|(i, node)| (node.code.as_str(), i)).collect();
    let mut columns = vec![vec![Vec::new(); nodes.len()]; types.len()];
    let mut seen = Seen { places: HashMap::new(), few_households: HashSet::new() };
    let request = ReadScoresRequest { assessment_id: run.id.clone() };
    let mut stream = platform.scoring().read_scores(request).await?.into_inner();
    while let Some(part) = stream.message().await? {
        for place in part.places {
            let Some(kind) = types.iter().position(|it| it.id == place.r#type) else { continue };
            let is_ours = members.is_none_or(|members| members.has(&place.place_id));
            count(&mut types[kind], &place, &mut columns[kind], &positions, is_ours, members.is_some());
            if place.households.is_some_and(|households| households < FEWEST_HOUSEHOLDS_NAMED) {
                seen.few_households.insert(place.place_id.clone());
            }
            seen.places.insert(place.place_id, (kind, is_ours));
        }
    }
    for (it, columns) in types.iter_mut().zip(columns) {
        #[expect(clippy::cast_precision_loss, reason = "a count of places")]
        let places = it.places.max(1) as f64;
        it.coverage /= places;
        it.own.sort_by(f64::total_cmp);
        for (i, mut scores) in columns.into_iter().enumerate() {
            scores.sort_by(f64::total_cmp);
            it.nodes[i].spread = Spread::of(&scores);
            if i == 0 {
                it.scores = scores;
            }
        }
    }
    Ok(seen)
}

/// Counts one place. `coverage` holds a sum until all are counted.
fn count(
    it: &mut TypeFacts,
    place: &PlaceScores,
    columns: &mut [Vec<f64>],
    positions: &HashMap<&str, usize>,
    is_ours: bool,
    keeps_own: bool,
) {
    it.places += u64::from(is_ours);
    for found in &place.scores {
        let Some(node) = positions.get(found.node.as_str()) else { continue };
        if *node == 0 && is_ours {
            it.coverage += found.coverage_ratio;
            it.scored += u64::from(found.score.is_some());
            if keeps_own {
                it.own.extend(found.score);
            }
        }
        columns[*node].extend(found.score);
    }
}
