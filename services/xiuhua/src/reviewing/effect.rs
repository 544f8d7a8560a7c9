//! What the types of now would do to the next assessment: places that change type, the frames of the types, and the
//! random samples that are drawn from them.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use xiuhua_contracts::classification::v1::{
    Classification, CreateClassificationRequest, GetClassificationRequest, GetRuleSetRequest,
    ReadPlaceTypesRequest, ReadPlaceTypesResponse, RuleSet,
};
use xiuhua_indicators::sample::cochran_size;

use super::showing::{classification_json, type_name};
use super::{classify, place};
use crate::cli::EffectArgs;
use crate::platform::Platform;
use crate::reading::find_run;
use crate::screen::{Screen, marks, numbers, words};

/// Of each type how many places there were and will be.
pub(super) struct Frames(Vec<Frame>);

struct Frame {
    type_id: String,
    /// Places of the type before and after.
    places: [u64; 2],
}

impl Frames {
    /// The types of two classifications, in the order of the later one's rule set.
    pub(super) fn between(before: &Classification, after: &Classification) -> Self {
        let places = |of: &Classification, type_id: &str| {
            of.counts.iter().find(|count| count.r#type == type_id).map_or(0, |count| count.places)
        };
        let gone = before.counts.iter().filter(|old| after.counts.iter().all(|new| new.r#type != old.r#type));
        let types = after.counts.iter().chain(gone).map(|count| count.r#type.clone());
        let frame =
            |type_id: String| Frame { places: [places(before, &type_id), places(after, &type_id)], type_id };
        Self(types.map(frame).collect())
    }

    /// Prints them.
    pub(super) fn show(&self, rule_set: &RuleSet, screen: &mut Screen) -> Result<()> {
        let columns = [
            words("类型", "type"),
            numbers("原小区数", "places before"),
            numbers("新小区数", "places after"),
            numbers("原随机样本", "random sample before"),
            numbers("新随机样本", "random sample after"),
        ];
        let rows = self.0.iter().map(|frame| {
            let samples = frame.samples().map(|size| size.map_or_else(|| "–".to_owned(), |n| n.to_string()));
            let mut row = vec![type_name(rule_set, &frame.type_id, screen)];
            row.extend(frame.places.iter().map(u64::to_string));
            row.extend(samples);
            row
        });
        let rows = rows.collect();
        screen.table(&columns, rows)
    }

    /// As JSON.
    pub(super) fn json(&self) -> Value {
        let frame = |frame: &Frame| {
            let ([places_before, places_after], [sample_before, sample_after]) =
                (frame.places, frame.samples());
            json!({
                "type": frame.type_id,
                "places_before": places_before,
                "places_after": places_after,
                "sample_before": sample_before,
                "sample_after": sample_after,
            })
        };
        self.0.iter().map(frame).collect()
    }
}

impl Frame {
    /// Sizes of the random sample before and after; nothing is drawn from what has no type.
    fn samples(&self) -> [Option<usize>; 2] {
        let is_type = self.type_id != "UNCLASSIFIED";
        self.places.map(|places| is_type.then(|| usize::try_from(places).map_or(usize::MAX, cochran_size)))
    }
}

/// `xiuhua review effect`.
///
/// # Errors
/// If there is no assessment to compare with, or a service cannot be read.
pub(super) async fn effect(platform: &Platform, arguments: &EffectArgs, screen: &mut Screen) -> Result<()> {
    let run = find_run(platform, &arguments.run).await?;
    let request = GetClassificationRequest { id: run.classification_id.clone() };
    let found = platform.classification().get_classification(request).await?.into_inner();
    let before = found.classification.unwrap_or_default();
    let request = GetRuleSetRequest { id: before.rule_set_id.clone(), version: String::new() };
    let rule_set = platform.classification().get_rule_set(request).await?.into_inner().rule_set;
    let rule_set = rule_set.unwrap_or_default();
    let request = CreateClassificationRequest {
        rule_set_id: rule_set.id.clone(),
        rule_set_version: rule_set.version.clone(),
        reference_year: before.reference_year,
        ..CreateClassificationRequest::default()
    };
    let after = classify(platform, request).await?;
    let Changes { by_types, places } = changes(platform, &before, &after, arguments.top).await?;
    let changed: u64 = by_types.values().sum();

    screen.say(
        &format!("与测评 {} 的分类相比，现在测评将有 {changed} 处小区类型变化：", run.id),
        &format!("against assessment {}, {changed} places would change type in one made now:", run.id),
    )?;
    let mut shown = Vec::new();
    for change in places {
        // A place that is gone is known by what it was.
        let known_to = if change.types[1].is_some() { &after } else { &before };
        let place = place(platform, known_to, &change.place_id).await?;
        shown.push((place, change));
    }
    if !shown.is_empty() {
        let columns = [
            marks("编号", "place"),
            words("小区", "name"),
            words("街镇", "town"),
            words("原类型", "type before"),
            words("新类型", "type after"),
        ];
        let rows = shown.iter().map(|(place, change)| {
            let mut row = vec![place.id.clone(), place.name.clone(), place.town_name.clone()];
            let name = |id: &Option<String>| match id {
                Some(id) => type_name(&rule_set, id, screen),
                None => "–".to_owned(),
            };
            row.extend(change.types.iter().map(name));
            row
        });
        let rows = rows.collect();
        screen.table(&columns, rows)?;
    }
    let frames = Frames::between(&before, &after);
    frames.show(&rule_set, screen)?;
    let places = shown.iter().map(|(place, change)| {
        let [type_before, type_after] = &change.types;
        json!({
            "place_id": place.id,
            "name": place.name,
            "town": place.town_name,
            "type_before": type_before,
            "type_after": type_after,
        })
    });
    let by_types = by_types.into_iter().map(|([type_before, type_after], places)| {
        json!({ "type_before": type_before, "type_after": type_after, "places": places })
    });
    screen.json(&json!({
        "assessment_id": run.id,
        "before": classification_json(&before),
        "after": classification_json(&after),
        "changed": changed,
        "changes": by_types.collect::<Vec<_>>(),
        "places": places.collect::<Vec<_>>(),
        "frames": frames.json(),
    }))
}

/// Types before and after; `None` where the place was not there.
type Types = [Option<String>; 2];

/// A place whose type changes.
struct Change {
    place_id: String,
    types: Types,
}

/// The places whose type changes between two classifications.
struct Changes {
    /// How many, by their types.
    by_types: BTreeMap<Types, u64>,
    /// The first of them, by id.
    places: Vec<Change>,
}

/// Walks through two classifications side by side, in the order of their ids; `top` places are kept.
async fn changes(
    platform: &Platform,
    before: &Classification,
    after: &Classification,
    top: usize,
) -> Result<Changes> {
    let mut sides = [Walk::begin(platform, before).await?, Walk::begin(platform, after).await?];
    let mut changes = Changes { by_types: BTreeMap::new(), places: Vec::new() };
    loop {
        let [left, right] = &mut sides;
        let (place_id, types) = match (&left.next, &right.next) {
            (None, None) => return Ok(changes),
            (Some((old, _)), Some((new, _))) if old == new => {
                let place_id = old.clone();
                (place_id, [left.take().await?, right.take().await?])
            }
            (Some((old, _)), new) if new.as_ref().is_none_or(|(new, _)| old < new) => {
                let place_id = old.clone();
                (place_id, [left.take().await?, None])
            }
            (_, Some((new, _))) => {
                let place_id = new.clone();
                (place_id, [None, right.take().await?])
            }
            (Some(_), None) => unreachable!("the case before takes what is left alone"),
        };
        if types[0] == types[1] {
            continue;
        }
        *changes.by_types.entry(types.clone()).or_default() += 1;
        if changes.places.len() < top {
            changes.places.push(Change { place_id, types });
        }
    }
}

/// The places of a classification with their types, one after the other.
struct Walk {
    messages: tonic::Streaming<ReadPlaceTypesResponse>,
    /// What is left of the last message, backwards.
    batch: Vec<(String, String)>,
    next: Option<(String, String)>,
}

impl Walk {
    async fn begin(platform: &Platform, classification: &Classification) -> Result<Self> {
        let request = ReadPlaceTypesRequest { classification_id: classification.id.clone() };
        let messages = platform.classification().read_place_types(request).await?.into_inner();
        let mut walk = Self { messages, batch: Vec::new(), next: None };
        walk.advance().await?;
        Ok(walk)
    }

    /// The type of the next place, which is thereby passed.
    async fn take(&mut self) -> Result<Option<String>> {
        let passed = self.next.take().map(|(_, type_id)| type_id);
        self.advance().await?;
        Ok(passed)
    }

    async fn advance(&mut self) -> Result<()> {
        while self.batch.is_empty() {
            let Some(message) = self.messages.message().await? else { return Ok(()) };
            let column = message.r#type.unwrap_or_default();
            for (place_id, index) in message.place_ids.into_iter().zip(column.index).rev() {
                let known = usize::try_from(index).ok().and_then(|index| column.dictionary.get(index));
                let Some(type_id) = known else { bail!("the service answered with a type out of its range") };
                self.batch.push((place_id, type_id.clone()));
            }
        }
        self.next = self.batch.pop();
        Ok(())
    }
}
