//! Committees, towns and the district: one column a type, ranks within a type only.

use anyhow::Result;
use xiuhua_contracts::scoring::v1::{Assessment, GroupLevel, GroupScore, ListGroupScoresRequest};

use crate::names::{ALL, Names};
use crate::platform::Platform;
use crate::results::{all, each_group};
use crate::screen::{Column, Screen, marks, numbers, score, words};

/// The group scores of a level, code and node; an empty code or node means any.
///
/// # Errors
/// If they cannot be read.
pub(crate) async fn group_scores(
    platform: &Platform,
    run: &Assessment,
    level: GroupLevel,
    code: &str,
    node: &str,
) -> Result<Vec<GroupScore>> {
    let request = ListGroupScoresRequest {
        assessment_id: run.id.clone(),
        level: level.into(),
        code: code.to_owned(),
        node: node.to_owned(),
        ..all()
    };
    let mut groups = Vec::new();
    each_group(platform, &request, |group| {
        groups.push(group);
        Ok(())
    })
    .await?;
    Ok(groups)
}

/// Prints one group: a row a node, a column a type, ranks behind the scores that have one.
///
/// # Errors
/// If standard output is gone.
pub(crate) fn show_group(groups: &[GroupScore], names: &Names, screen: &mut Screen) -> Result<()> {
    let Some(first) = groups.first() else { return Ok(()) };
    let heading = format!("{} {}", first.code, first.name);
    screen.say(&heading, &heading)?;
    let mut columns = vec![marks("指标", "node"), words("名称", "name")];
    columns.extend(type_columns(names, screen));
    let rows = names.nodes.iter().map(|node| {
        let mut row = vec![node.clone(), names.item(node, screen)];
        row.extend(by_type(names).map(|kind| cell(groups.iter(), node, kind)));
        row
    });
    let rows = rows.collect();
    screen.table(&columns, rows)?;
    mixed(screen)
}

/// Prints several groups at one node: a row a group, a column a type, ranks behind the scores that have one.
///
/// # Errors
/// If standard output is gone.
pub(crate) fn show_groups(
    groups: &[GroupScore],
    node: &str,
    names: &Names,
    screen: &mut Screen,
) -> Result<()> {
    let mut columns = vec![marks("代码", "code"), words("名称", "name")];
    columns.extend(type_columns(names, screen));
    let mut codes: Vec<&str> = groups.iter().map(|group| group.code.as_str()).collect();
    codes.dedup();
    let rows = codes.into_iter().map(|code| {
        let of_code = || groups.iter().filter(move |group| group.code == code);
        let name = of_code().map(|group| group.name.clone()).next().unwrap_or_default();
        let mut row = vec![code.to_owned(), name];
        row.extend(by_type(names).map(|kind| cell(of_code(), node, kind)));
        row
    });
    let rows = rows.collect();
    screen.table(&columns, rows)?;
    mixed(screen)
}

/// The types of a run, and all of them together.
fn by_type(names: &Names) -> impl Iterator<Item = &str> {
    let together = (names.types.as_slice() != [ALL]).then_some(ALL);
    names.types.iter().map(String::as_str).chain(together)
}

fn type_columns(names: &Names, screen: &Screen) -> Vec<Column> {
    let heading = |kind: &str| if kind == ALL { "ALL".to_owned() } else { names.place_type(kind, screen) };
    by_type(names).map(|kind| numbers(&heading(kind), &heading(kind))).collect()
}

fn cell<'a>(mut groups: impl Iterator<Item = &'a GroupScore>, node: &str, kind: &str) -> String {
    let found = groups.find(|group| group.node == node && group.r#type == kind);
    match found {
        Some(GroupScore { score: Some(points), rank: Some(rank), .. }) => {
            format!("{} {:>3}", score(Some(*points)), format!("#{rank}"))
        }
        Some(group) => score(group.score),
        None => String::new(),
    }
}

fn mixed(screen: &mut Screen) -> Result<()> {
    screen.say(
        "#：同类型内名次。ALL 混合了不同类型的阈值，仅供参考，不参与排名。\n",
        "#: rank within the type. ALL mixes the goalposts of several types: shown, never ranked.\n",
    )
}
