//! `xiuhua catalog`: list, show and check catalogs. Nothing here needs a platform.

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use xiuhua_indicators::catalog::{
    Catalog, Direction, Impute, ItemKind, Leaf, Reads, ThresholdPolicy, Treat, unit_in_chinese,
};
use xiuhua_indicators::shipped::SHIPPED;

use crate::cli::CatalogCommand;
use crate::method;
use crate::screen::{Outcome, Screen, marks, numbers, told, value, words};

/// Runs a catalog command.
///
/// # Errors
/// [`method::UnusableInput`] if a catalog cannot be read or has faults.
pub(crate) fn run(command: &CatalogCommand, screen: &mut Screen) -> Result<Outcome> {
    match command {
        CatalogCommand::List => list(screen)?,
        CatalogCommand::Show { catalog } => show(&method::catalog(catalog)?.0, screen)?,
        CatalogCommand::Validate { file } => validate(file, screen)?,
    }
    Ok(Outcome::Done)
}

fn list(screen: &mut Screen) -> Result<()> {
    let mut catalogs = Vec::new();
    for shipped in SHIPPED {
        catalogs.push(method::catalog(shipped.id)?.0);
    }
    let columns = [
        marks("目录", "id"),
        marks("版本", "version"),
        words("名称", "title"),
        numbers("指标", "leaves"),
        marks("SHA-256", "SHA-256").spare(1),
    ];
    let row = |catalog: &Catalog| {
        vec![
            catalog.id.clone(),
            catalog.version.clone(),
            screen.choose(&catalog.title.zh, &catalog.title.en).to_owned(),
            catalog.leaves().count().to_string(),
            catalog.hash.clone(),
        ]
    };
    let rows = catalogs.iter().map(row).collect();
    screen.table(&columns, rows)?;
    screen.json(&catalogs.iter().map(identity).collect::<Vec<_>>())
}

fn validate(file: &Path, screen: &mut Screen) -> Result<()> {
    let text = std::fs::read_to_string(file).map_err(|e| {
        method::UnusableInput(vec![format!(
            "{}: {}: {e}",
            file.display(),
            told("无法读取", "cannot be read")
        )])
    })?;
    let catalog = Catalog::parse(&text).map_err(|faults| {
        method::UnusableInput(
            faults.faults().iter().map(|fault| format!("{}: {fault}", file.display())).collect(),
        )
    })?;
    let leaves = catalog.leaves().count();
    screen.say(
        &format!("目录 {} 第 {} 版没有错误：{leaves} 个指标", catalog.id, catalog.version),
        &format!("catalog {} version {} is sound: {leaves} leaves", catalog.id, catalog.version),
    )?;
    screen.json(&identity(&catalog))
}

fn show(catalog: &Catalog, screen: &mut Screen) -> Result<()> {
    let columns = [
        marks("代码", "code"),
        words("名称", "name"),
        numbers("权重", "weight"),
        marks("方向", "direction"),
        marks("计量", "measure").spare(1),
        words("单位与界限", "unit and bounds").spare(3),
        marks("阈值", "thresholds").spare(2),
    ];
    let rows = catalog.items.iter().map(|item| {
        let mut row = vec![
            item.code.clone(),
            screen.choose(&item.name.zh, &item.name.en).to_owned(),
            value(Some(item.weight)),
        ];
        row.extend(match &item.kind {
            ItemKind::Node(_) => [(); 4].map(|()| String::new()),
            ItemKind::Leaf(leaf) => {
                let direction = if leaf.direction == Direction::Inverse { "-" } else { "+" };
                let (reads, unit) = match leaf.reads {
                    Reads::Measure(m) => {
                        let measure = &catalog.measures[m];
                        (
                            measure.id.clone(),
                            format!("{} {}", in_words(&measure.unit, screen), measure.bounds),
                        )
                    }
                    Reads::ChangeOf(node) => (format!("Δ {}", catalog.items[node.0].code), String::new()),
                };
                [direction.to_owned(), reads, unit, thresholds(leaf, screen)]
            }
        });
        row
    });
    let rows = rows.collect();
    screen.table(&columns, rows)?;
    let items = catalog.items.iter().map(|item| {
        json!({
            "code": item.code,
            "name": { "zh": item.name.zh, "en": item.name.en },
            "parent": item.parent.map(|p| &catalog.items[p.0].code),
            "weight": item.weight,
            "leaf": matches!(item.kind, ItemKind::Leaf(_)),
        })
    });
    screen.json(&json!({ "catalog": identity(catalog), "items": items.collect::<Vec<_>>() }))
}

/// A unit as people say it in the language of the screen.
fn in_words<'a>(unit: &'a str, screen: &Screen) -> &'a str {
    screen.choose(unit_in_chinese(unit), unit)
}

/// Where thresholds come from, and what is done to values before.
fn thresholds(leaf: &Leaf, screen: &Screen) -> String {
    let mut text = match leaf.threshold {
        ThresholdPolicy::Sampled { .. } => screen.choose("抽样", "sample").to_owned(),
        ThresholdPolicy::Fixed { lower, upper } => format!("{lower} .. {upper}"),
    };
    if leaf.treat != Treat::None {
        text.push_str(screen.choose("，处理离群值", ", outliers treated"));
    }
    if leaf.impute != Impute::None {
        text.push_str(screen.choose("，插补", ", gaps filled"));
    }
    text
}

fn identity(catalog: &Catalog) -> serde_json::Value {
    json!({
        "id": catalog.id,
        "version": catalog.version,
        "title": { "zh": catalog.title.zh, "en": catalog.title.en },
        "leaves": catalog.leaves().count(),
        "hash": catalog.hash,
    })
}
