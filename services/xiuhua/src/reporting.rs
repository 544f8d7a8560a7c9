//! `xiuhua report`: the facts of an assessment read from the services, worded and typeset by `xiuhua-report`.
//!
//! What is kept while reading: one number a place and node, one a place and leaf, and the names of those that are
//! listed. The rest streams by.

mod growth;
mod leaves;
mod listing;
mod record;
mod scores;
mod structure;
mod uncertainty;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;
use xiuhua_contracts::classification::v1::GetRuleSetRequest;
use xiuhua_contracts::measure::v1::Text;
use xiuhua_contracts::normalization::v1::{Catalog, CatalogItem, GetCatalogRequest};
use xiuhua_contracts::scoring::v1::{Assessment, AssessmentState, Decision, GroupLevel, GroupScore};
use xiuhua_indicators::catalog::{Catalog as Method, ItemKind};
use xiuhua_report::facts::{self, Facts, Name, Node, Run, Scope, Standing, TypeFacts};
use xiuhua_report::{Document, Fonts, Language, html, pdf, report};

use crate::cli::{Form, Globals, ReportArgs, Tongue};
use crate::json;
use crate::method::UnusableInput;
use crate::platform::Platform;
use crate::reading::{find_run, group_scores};
use crate::reporting::listing::Members;
use crate::screen::{Screen, tongue};

/// All types together, in group scores.
const ALL: &str = "ALL";

/// Runs the command.
///
/// # Errors
/// [`UnusableInput`] for a town that the assessment does not know or fonts that cannot be had; else if a service cannot be
/// read or a file not be written.
pub(crate) async fn run(
    platform: &Platform,
    arguments: &ReportArgs,
    globals: &Globals,
    screen: &mut Screen,
) -> Result<()> {
    // Fonts first: nobody waits for a report that cannot be written.
    let fonts = Fonts::find(arguments.font.as_deref());
    let fonts = fonts.map_err(|fault| UnusableInput(vec![fault.to_string()]))?;
    let run = find_run(platform, &arguments.run).await?;
    let facts = gather(platform, &run, arguments.town.as_deref()).await?;
    let language = if tongue(globals) == Tongue::Zh { Language::Zh } else { Language::En };
    let document = report(&facts, language);
    let form = arguments.format;
    let stem = stem(&run.period, arguments.town.as_deref());
    let out = arguments.out.clone();
    let files = tokio::task::spawn_blocking(move || write(&document, &fonts, form, &out, &stem)).await??;
    for file in &files {
        let file = file.display();
        screen.say(&format!("报告已写入 {file}"), &format!("report written to {file}"))?;
    }
    let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    screen.json(&json!({ "assessment": json::assessment(&run), "files": files }))
}

/// Name of the files without their ending.
fn stem(period: &str, town: Option<&str>) -> String {
    let plain = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_");
    match town {
        Some(town) => format!("report-{}-{}", plain(period), plain(town)),
        None => format!("report-{}", plain(period)),
    }
}

fn write(document: &Document, fonts: &Fonts, form: Form, dir: &Path, stem: &str) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let mut files = Vec::new();
    if form != Form::Pdf {
        files.push((dir.join(format!("{stem}.html")), html(document, fonts)?.into_bytes()));
    }
    if form != Form::Html {
        files.push((dir.join(format!("{stem}.pdf")), pdf(document, fonts)?));
    }
    let write = |(path, bytes): (PathBuf, Vec<u8>)| {
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    };
    files.into_iter().map(write).collect()
}

/// Reads all facts of a report.
async fn gather(platform: &Platform, run: &Assessment, town: Option<&str>) -> Result<Facts> {
    let (catalog, method) = catalog(platform, run).await?;
    let nodes = nodes(&catalog.items);
    let root = nodes.first().map(|node| node.code.clone()).unwrap_or_default();
    let mut types = types(platform, run, nodes.len()).await?;
    let members = match town {
        Some(code) => Some(Members::read(platform, run, code).await?),
        None => None,
    };
    let seen = scores::read(platform, run, &nodes, &mut types, members.as_ref()).await?;
    let (scope, together, towns_together) = groups(platform, run, town, &root, &nodes, &mut types).await?;
    let leaves = leaves::read(platform, run, &catalog.items, &mut types, &seen, method.common_cut).await?;
    let previous = growth::read(platform, run, &root, &mut types, &seen, members.as_ref()).await?;
    if let Some(code) = town {
        listing::best_and_worst(platform, run, code, &mut types, &seen).await?;
    }
    let (deliveries, as_of_day) = record::deliveries(platform, run.as_of_position).await?;
    let unclassified = record::unclassified(platform, run, members.as_ref()).await?;
    // Whether an index measures what its tree says is a matter of the district, not of a town.
    let structures =
        if town.is_some() { Vec::new() } else { structure::read(platform, run, &catalog, &types).await? };
    types.retain(|it| it.places > 0);
    Ok(Facts {
        scope,
        run: Run { minimum_coverage: minimum_coverage(&method), ..about(run, &catalog, as_of_day) },
        nodes,
        types,
        towns_together,
        together,
        uncertainty: uncertainty::read(platform, run).await?,
        previous,
        unclassified,
        leaves,
        deliveries,
        common_cut: method.common_cut,
        structures,
    })
}

async fn catalog(platform: &Platform, run: &Assessment) -> Result<(Catalog, Method)> {
    let request = GetCatalogRequest { id: run.catalog_id.clone(), version: run.catalog_version.clone() };
    let found = platform.normalization().get_catalog(request).await?.into_inner();
    let method = Method::parse(&found.toml).ok().context("the registered catalog cannot be read")?;
    Ok((found.catalog.unwrap_or_default(), method))
}

/// Share of the root's weight that must be observed for a total.
fn minimum_coverage(method: &Method) -> f64 {
    match method.items.first().map(|root| &root.kind) {
        Some(ItemKind::Node(node)) => node.minimum_coverage,
        _ => 0.0,
    }
}

/// The nodes above the leaves, with how deep they lie.
fn nodes(items: &[CatalogItem]) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for item in items.iter().filter(|item| !item.leaf) {
        let parent = nodes.iter().find(|node| node.code == item.parent);
        let depth = parent.map_or(0, |parent| parent.depth + 1);
        nodes.push(Node { code: item.code.clone(), name: name(item.name.as_ref()), depth });
    }
    nodes
}

/// The types that have places, by the rule set's order, still without numbers.
async fn types(platform: &Platform, run: &Assessment, nodes: usize) -> Result<Vec<TypeFacts>> {
    let request = GetRuleSetRequest { id: run.rule_set_id.clone(), version: run.rule_set_version.clone() };
    let rules = platform.classification().get_rule_set(request).await?.into_inner().rule_set;
    let named = rules.unwrap_or_default().types;
    let inhabited = run.types.iter().filter(|it| it.places > 0);
    let types = inhabited.filter_map(|it| {
        let known = named.iter().find(|named| named.id == it.r#type)?;
        let node = facts::NodeFacts::default();
        Some(TypeFacts {
            id: it.r#type.clone(),
            name: name(known.name.as_ref()),
            nodes: vec![node; nodes],
            ..TypeFacts::default()
        })
    });
    Ok(types.collect())
}

/// Scores of towns, committees and the scope itself.
async fn groups(
    platform: &Platform,
    run: &Assessment,
    town: Option<&str>,
    root: &str,
    nodes: &[Node],
    types: &mut [TypeFacts],
) -> Result<(Scope, Option<facts::Group>, Vec<facts::Group>)> {
    let mut towns_together = Vec::new();
    for found in group_scores(platform, run, GroupLevel::Town, "", root).await? {
        let target = types.iter_mut().find(|it| it.id == found.r#type && it.id != ALL);
        match target {
            Some(it) => it.towns.push(group(found)),
            None if found.r#type == ALL => towns_together.push(group(found)),
            None => {}
        }
    }
    // Without types, what is "across types" is the one ranking there is.
    if let [only] = types
        && only.id == ALL
    {
        only.towns = std::mem::take(&mut towns_together);
    }
    let level = if town.is_some() { GroupLevel::Town } else { GroupLevel::District };
    let mut own = group_scores(platform, run, level, town.unwrap_or_default(), "").await?;
    if own.iter().any(|group| group.code != own[0].code) {
        own.clear(); // several districts: none of them is the scope
    }
    let scope_name = own.first().map(|group| group.name.clone()).unwrap_or_default();
    let mut together = None;
    for found in own {
        let node = nodes.iter().position(|node| node.code == found.node);
        if let Some(it) = types.iter_mut().find(|it| it.id == found.r#type) {
            if let Some(target) = node.and_then(|node| it.nodes.get_mut(node)) {
                target.mean = found.score;
            }
            if found.node == root {
                it.mean = Some(group(found));
            }
        } else if found.r#type == ALL && found.node == root {
            together = Some(group(found));
        }
    }
    let scope = match town {
        Some(code) => Scope::Town { code: code.to_owned(), name: scope_name },
        None => Scope::District { name: scope_name },
    };
    if let Some(code) = town {
        let within = format!("{code}/");
        for found in group_scores(platform, run, GroupLevel::Committee, "", root).await? {
            if let Some(it) = types.iter_mut().find(|it| it.id == found.r#type)
                && found.code.starts_with(&within)
            {
                it.committees.push(group(found));
            }
        }
    }
    Ok((scope, together, towns_together))
}

fn group(found: GroupScore) -> facts::Group {
    facts::Group {
        code: found.code,
        name: found.name,
        score: found.score,
        rank: found.rank,
        places: found.places,
        household_share: found.household_share_ratio,
    }
}

fn about(run: &Assessment, catalog: &Catalog, as_of_day: String) -> Run {
    let decided = |decision: &Option<Decision>| {
        let Decision { author, reason, time } = decision.clone().unwrap_or_default();
        facts::Decision { author, reason, day: record::day(time.as_ref()) }
    };
    let standing = match run.state() {
        AssessmentState::Published => Standing::Published(decided(&run.published)),
        AssessmentState::Withdrawn => Standing::Withdrawn(decided(&run.withdrawn)),
        _ => Standing::Draft,
    };
    Run {
        id: run.id.clone(),
        digest: run.digest.clone(),
        period: run.period.clone(),
        provisional: run.period.contains('-'),
        catalog_id: run.catalog_id.clone(),
        catalog_version: run.catalog_version.clone(),
        catalog_title: name(catalog.title.as_ref()),
        catalog_hash: run.catalog_hash.clone(),
        rule_set: format!("{}@{}", run.rule_set_id, run.rule_set_version),
        threshold_set_id: run.threshold_set_id.clone(),
        base_periods: run.base_periods.clone(),
        as_of_position: run.as_of_position,
        as_of_day,
        standing,
        scale: run.scale,
        ..Run::default()
    }
}

/// A name of the contracts as the report has it.
fn name(text: Option<&Text>) -> Name {
    text.map(|text| Name { zh: text.zh.clone(), en: text.en.clone() }).unwrap_or_default()
}
