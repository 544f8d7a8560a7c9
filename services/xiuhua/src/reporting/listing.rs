//! Places by name: those of a town, and its best and worst.

use std::collections::HashSet;

use anyhow::{Result, bail};
use xiuhua_contracts::scoring::v1::{Assessment, ListRankingRequest, RankedPlace};
use xiuhua_report::facts::{Listed, TypeFacts};

use crate::method::UnusableInput;
use crate::platform::Platform;
use crate::reading::each_place;
use crate::reporting::scores::Seen;

/// How many places a list of the best or worst has.
const LISTED: usize = 8;

/// The places of a town.
pub(super) struct Members(HashSet<String>);

impl Members {
    /// Those on record as of the assessment.
    ///
    /// # Errors
    /// [`UnusableInput`] if the town has none.
    pub(super) async fn read(platform: &Platform, run: &Assessment, town_code: &str) -> Result<Self> {
        let mut members = HashSet::new();
        each_place(platform, run, town_code, |place| {
            members.insert(place.id);
        })
        .await?;
        if town_code.is_empty() || members.is_empty() {
            bail!(UnusableInput(vec![format!(
                "--town {town_code}: the assessment knows no place of this town / 该测评中没有这个街镇的小区"
            )]));
        }
        Ok(Self(members))
    }

    /// Whether a place is one of them.
    pub(super) fn has(&self, place_id: &str) -> bool {
        self.0.contains(place_id)
    }
}

/// Lists the best and worst places of a town in each type; few places are listed once.
pub(super) async fn best_and_worst(
    platform: &Platform,
    run: &Assessment,
    town_code: &str,
    types: &mut [TypeFacts],
    seen: &Seen,
) -> Result<()> {
    for it in types.iter_mut().filter(|it| !it.own.is_empty()) {
        let shown =
            |places: Vec<RankedPlace>| places.into_iter().filter_map(|place| listed(place, seen)).collect();
        it.best = shown(ranking(platform, run, town_code, &it.id, false, LISTED).await?);
        let rest = it.own.len().saturating_sub(LISTED).min(LISTED);
        if rest > 0 {
            it.worst = shown(ranking(platform, run, town_code, &it.id, true, rest).await?);
        }
    }
    Ok(())
}

async fn ranking(
    platform: &Platform,
    run: &Assessment,
    town_code: &str,
    kind: &str,
    reverse: bool,
    many: usize,
) -> Result<Vec<RankedPlace>> {
    let request = ListRankingRequest {
        assessment_id: run.id.clone(),
        r#type: kind.to_owned(),
        town_code: town_code.to_owned(),
        reverse,
        page_size: u32::try_from(many)?,
        ..ListRankingRequest::default()
    };
    Ok(platform.scoring().list_ranking(request).await?.into_inner().places)
}

fn listed(place: RankedPlace, seen: &Seen) -> Option<Listed> {
    let found = place.score?;
    let is_named = seen.may_be_named(&place.place_id);
    let name = if place.place_name.is_empty() { place.place_id } else { place.place_name };
    Some(Listed {
        name: is_named.then_some(name),
        belongs_to: if is_named { place.committee } else { String::new() },
        score: found.score?,
        rank: found.rank.unwrap_or_default(),
        ..Listed::default()
    })
}
