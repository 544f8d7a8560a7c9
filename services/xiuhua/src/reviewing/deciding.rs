//! Taking decisions: one of the command line, or many of a file, all checked before the first is sent.

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use tonic::Code;
use xiuhua_contracts::classification::v1::{
    Classification, CreateClassificationRequest, DecideTypeRequest, DecideTypeResponse, DecisionState,
    GetPlaceClassRequest, PlaceClass, RuleSet, TypeDecision,
};
use xiuhua_spreadsheets::cell::text;
use xiuhua_spreadsheets::table::{Opening, Table, Text, normal};

use super::effect::Frames;
use super::showing::{decision_json, type_name};
use super::{Looked, classify, look, place_class};
use crate::cli::{DecideArgs, RevokeArgs};
use crate::intake::UnusableFile;
use crate::platform::{Platform, request_id};
use crate::screen::{Screen, marks, numbers, words};

/// Longest reason, in characters.
const REASON_CHARS: usize = 1_000;

/// A decision about a place that was looked at.
struct Asked {
    class: PlaceClass,
    /// Empty to revoke.
    type_id: String,
    reason: String,
}

/// `xiuhua review decide`.
///
/// # Errors
/// If the file cannot be used, with every fault of every row, or the service refuses.
pub(super) async fn decide(platform: &Platform, arguments: &DecideArgs, screen: &mut Screen) -> Result<()> {
    let looked = look(platform, &arguments.look).await?;
    let asked = match (&arguments.file, &arguments.place, &arguments.place_type, &arguments.reason) {
        (Some(file), ..) => read(platform, &looked, file).await?,
        (None, Some(place), Some(place_type), Some(reason)) => {
            let class = place_class(platform, &looked.classification.id, place).await?;
            let type_id = type_id(&looked.rule_set, place_type).unwrap_or(place_type).to_owned();
            vec![Asked { class, type_id, reason: reason.clone() }]
        }
        _ => unreachable!("the command line asks for a file, or for place, type and reason"),
    };
    take(platform, &looked, &arguments.author, asked, screen).await
}

/// `xiuhua review revoke`.
///
/// # Errors
/// If there is nothing to revoke, or the service refuses.
pub(super) async fn revoke(platform: &Platform, arguments: &RevokeArgs, screen: &mut Screen) -> Result<()> {
    let looked = look(platform, &arguments.look).await?;
    let class = place_class(platform, &looked.classification.id, &arguments.place).await?;
    let asked = vec![Asked { class, type_id: String::new(), reason: arguments.decision.reason.clone() }];
    take(platform, &looked, &arguments.decision.author, asked, screen).await
}

/// Takes decisions one by one, then shows what the next classification says and what that does to frames and samples.
async fn take(
    platform: &Platform,
    looked: &Looked,
    author: &str,
    asked: Vec<Asked>,
    screen: &mut Screen,
) -> Result<()> {
    let before = &looked.classification;
    let mut taken = Vec::new();
    let mut standing = 0_usize;
    for Asked { class, type_id, reason } in asked {
        if stands(&class, &type_id, author, &reason) {
            standing += 1;
            continue;
        }
        let request = DecideTypeRequest {
            request_id: request_id(),
            classification_id: before.id.clone(),
            place_id: class.place_id,
            r#type: type_id,
            author: author.to_owned(),
            reason,
        };
        taken.push(platform.classification().decide_type(request).await?.into_inner());
    }
    let after = next(platform, before, &taken).await?;
    show_taken(&looked.rule_set, &taken, screen)?;
    if standing > 0 {
        screen.say(
            &format!("{standing} 项认定此前已作出，未重复记录"),
            &format!("{standing} decisions stand already and were not taken again"),
        )?;
    }
    let frames = Frames::between(before, &after);
    frames.show(&looked.rule_set, screen)?;
    let decisions = taken.iter().map(|answer| {
        json!({
            "decision": answer.decision.as_ref().map(decision_json),
            "type_before": answer.type_before,
            "type_after": answer.type_after,
        })
    });
    screen.json(&json!({
        "decided": decisions.collect::<Vec<_>>(),
        "standing": standing,
        "frames": frames.json(),
    }))
}

/// Whether the same was decided before and still holds: a file that is sent again adds nothing.
fn stands(class: &PlaceClass, type_id: &str, author: &str, reason: &str) -> bool {
    let same = |known: &TypeDecision| {
        known.r#type == type_id && known.author == author.trim() && known.reason == reason.trim()
    };
    class.decision_state() == DecisionState::Applied && class.decision.as_ref().is_some_and(same)
}

/// The classification that was looked at, made again with the decisions that were taken.
async fn next(
    platform: &Platform,
    before: &Classification,
    taken: &[DecideTypeResponse],
) -> Result<Classification> {
    let numbers = taken.iter().filter_map(|answer| Some(answer.decision.as_ref()?.number));
    let Some(number) = numbers.max() else { return Ok(before.clone()) };
    let request = CreateClassificationRequest {
        rule_set_id: before.rule_set_id.clone(),
        rule_set_version: before.rule_set_version.clone(),
        as_of_position: Some(before.as_of_position),
        reference_year: before.reference_year,
        decision_number: Some(number),
        ..CreateClassificationRequest::default()
    };
    classify(platform, request).await
}

fn show_taken(rule_set: &RuleSet, taken: &[DecideTypeResponse], screen: &mut Screen) -> Result<()> {
    if taken.is_empty() {
        return Ok(());
    }
    let columns = [
        numbers("序号", "number"),
        marks("编号", "place"),
        words("原类型", "type before"),
        words("下次分类", "next classification"),
    ];
    let rows = taken.iter().map(|answer| {
        let decision = answer.decision.clone().unwrap_or_default();
        vec![
            decision.number.to_string(),
            decision.place_id,
            type_name(rule_set, &answer.type_before, screen),
            type_name(rule_set, &answer.type_after, screen),
        ]
    });
    let rows = rows.collect();
    screen.table(&columns, rows)
}

/// The id of a type by its id or by one of its names.
fn type_id<'r>(rule_set: &'r RuleSet, called: &str) -> Option<&'r str> {
    let is_called = |known: &&xiuhua_contracts::classification::v1::PlaceType| {
        let name = known.name.as_ref();
        known.id == called || name.is_some_and(|name| name.zh == called || name.en == called)
    };
    rule_set.types.iter().find(is_called).map(|known| known.id.as_str())
}

/// The columns of a file of decisions, each with its header in both languages.
const COLUMNS: [[&str; 2]; 3] = [["place_id", "小区编号"], ["type", "类型"], ["reason", "理由"]];

/// Opens a spreadsheet of decisions and finds its columns.
fn open(path: &Path) -> Result<(Table, [usize; 3]), UnusableFile> {
    let is_header = |header: &str| COLUMNS.iter().flatten().any(|name| normal(name) == header);
    let table = Table::open(path, &Opening::new(&is_header))?;
    let column = |names: [&str; 2]| {
        let found = table.headers().iter().position(|header| names.map(normal).contains(&normal(header)));
        found.ok_or_else(|| {
            let [en, zh] = names;
            Text::new(format!("缺少列 `{en}`（{zh}）"), format!("column `{en}` is missing"))
        })
    };
    match COLUMNS.map(column) {
        [Ok(place_id), Ok(kind), Ok(reason)] => {
            let columns = [place_id, kind, reason];
            Ok((table, columns))
        }
        columns => {
            let faults = columns.into_iter().filter_map(Result::err).collect();
            Err(UnusableFile { path: path.to_owned(), faults })
        }
    }
}

/// Reads the decisions of a file, each with the place as it was looked at.
async fn read(platform: &Platform, looked: &Looked, path: &Path) -> Result<Vec<Asked>> {
    let (mut table, columns) = open(path)?;
    let mut asked: Vec<Asked> = Vec::new();
    let mut faults = Vec::new();
    while let Some(row) = table.next_row()? {
        let number = row.number;
        let mut fault = |zh: String, en: String| {
            faults.push(Text::new(format!("第 {number} 行: {zh}"), format!("row {number}: {en}")));
        };
        let [Ok(place_id), Ok(called), Ok(reason)] = columns.map(|column| text(row.cell(column))) else {
            fault("不是文本".to_owned(), "is not text".to_owned());
            continue;
        };
        let found = if place_id.is_empty() {
            fault("place_id 为空".to_owned(), "place_id is empty".to_owned());
            None
        } else {
            let found = known(platform, looked, &place_id).await?;
            if found.is_none() {
                fault(
                    format!("place_id: 没有编号为“{place_id}”的小区"),
                    format!("place_id: no place `{place_id}` on record"),
                );
            }
            found
        };
        if asked.iter().any(|earlier| earlier.class.place_id == place_id) {
            fault(
                format!("place_id: 编号“{place_id}”重复出现"),
                format!("place_id: `{place_id}` was named before"),
            );
        }
        let type_id = type_id(&looked.rule_set, &called);
        if type_id.is_none() {
            let types = looked.rule_set.types.iter().map(|known| known.id.as_str());
            let types = types.collect::<Vec<_>>().join(", ");
            fault(
                format!("type: 类型“{called}”不在 {types} 之中"),
                format!("type: `{called}` is none of {types}"),
            );
        }
        if reason.is_empty() || reason.chars().count() > REASON_CHARS {
            fault(
                format!("reason 须为 1 至 {REASON_CHARS} 个字符"),
                format!("reason must be 1 to {REASON_CHARS} characters"),
            );
        }
        if let (Some(class), Some(type_id)) = (found, type_id) {
            asked.push(Asked { class, type_id: type_id.to_owned(), reason: reason.into_owned() });
        }
    }
    if asked.is_empty() && faults.is_empty() {
        faults.push(Text::new("没有任何认定", "holds no decision"));
    }
    if faults.is_empty() { Ok(asked) } else { Err(UnusableFile { path: path.to_owned(), faults }.into()) }
}

/// What the classification that was looked at says of a place; `None` where it knows none of that id.
async fn known(platform: &Platform, looked: &Looked, place_id: &str) -> Result<Option<PlaceClass>> {
    let request = GetPlaceClassRequest {
        classification_id: looked.classification.id.clone(),
        place_id: place_id.to_owned(),
    };
    match platform.classification().get_place_class(request).await {
        Ok(answer) => Ok(answer.into_inner().place_class),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(status.into()),
    }
}
