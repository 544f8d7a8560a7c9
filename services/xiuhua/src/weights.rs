//! `xiuhua weights`: judgements asked for and looked at, schemes made, shown, compared, adopted.

mod asking;
mod comparing;
mod judging;
mod making;
mod showing;

use anyhow::{Context, Result};
use serde_json::json;
use xiuhua_contracts::scoring::v1::{
    AdoptWeightSchemeRequest, ListWeightSchemesRequest, WeightScheme, WithdrawAdoptionRequest,
};

pub(crate) use self::asking::template;
pub(crate) use self::judging::judge;
use crate::cli::{DecisionArgs, ListSchemesArgs, SchemeDecisionArgs, WeightsCommand};
use crate::platform::{Platform, request_id};
use crate::screen::{Screen, marks, words};

/// The service answers every call about a scheme with it.
const NO_SCHEME: &str = "the service answered without a weight scheme";

/// Runs a command that needs a platform.
///
/// # Errors
/// If the service refuses, or a file of judgements cannot be used.
pub(crate) async fn run(platform: &Platform, command: &WeightsCommand, screen: &mut Screen) -> Result<()> {
    match command {
        WeightsCommand::Create(arguments) => making::create(platform, arguments, screen).await,
        WeightsCommand::List(arguments) => list(platform, arguments, screen).await,
        WeightsCommand::Show(arguments) => showing::show(platform, arguments, screen).await,
        WeightsCommand::Compare(arguments) => comparing::compare(platform, arguments, screen).await,
        WeightsCommand::Adopt(arguments) => adopt(platform, arguments, screen).await,
        WeightsCommand::Withdraw(arguments) => withdraw(platform, arguments, screen).await,
        WeightsCommand::Template(_) | WeightsCommand::Judge(_) => unreachable!("needs no platform"),
    }
}

async fn list(platform: &Platform, arguments: &ListSchemesArgs, screen: &mut Screen) -> Result<()> {
    let request = ListWeightSchemesRequest {
        catalog_id: arguments.catalog.clone(),
        page_size: arguments.top.clamp(1, 1000),
        page_token: String::new(),
    };
    let schemes = platform.weights().list_weight_schemes(request).await?.into_inner().schemes;
    table(&schemes, screen)?;
    screen.json(&json!({ "schemes": schemes.iter().map(showing::as_json).collect::<Vec<_>>() }))
}

async fn adopt(platform: &Platform, arguments: &SchemeDecisionArgs, screen: &mut Screen) -> Result<()> {
    let DecisionArgs { author, reason } = &arguments.decision;
    let request = AdoptWeightSchemeRequest {
        request_id: request_id(),
        scheme: arguments.scheme.clone(),
        author: author.clone(),
        reason: reason.clone(),
    };
    let answer = platform.weights().adopt_weight_scheme(request).await?.into_inner();
    decided(&answer.scheme.context(NO_SCHEME)?, screen)
}

async fn withdraw(platform: &Platform, arguments: &SchemeDecisionArgs, screen: &mut Screen) -> Result<()> {
    let DecisionArgs { author, reason } = &arguments.decision;
    let request = WithdrawAdoptionRequest {
        request_id: request_id(),
        scheme: arguments.scheme.clone(),
        author: author.clone(),
        reason: reason.clone(),
    };
    let answer = platform.weights().withdraw_adoption(request).await?.into_inner();
    decided(&answer.scheme.context(NO_SCHEME)?, screen)
}

fn decided(scheme: &WeightScheme, screen: &mut Screen) -> Result<()> {
    table(std::slice::from_ref(scheme), screen)?;
    screen.json(&showing::as_json(scheme))
}

/// Schemes, a line each.
pub(in crate::weights) fn table(schemes: &[WeightScheme], screen: &mut Screen) -> Result<()> {
    let columns = [
        marks("方案", "scheme"),
        words("目录", "catalog"),
        words("方法", "method"),
        words("状态", "state"),
        words("制定", "made by").spare(2),
        marks("摘要", "hash").spare(1),
    ];
    let row = |scheme: &WeightScheme| {
        let standing = scheme.adoptions.iter().any(|adoption| adoption.withdrawn.is_none());
        let state = match (scheme.in_force, standing) {
            (true, _) => screen.choose("使用中", "in force"),
            (false, true) => screen.choose("已被替代", "superseded"),
            (false, false) if scheme.adoptions.is_empty() => screen.choose("未采用", "not adopted"),
            (false, false) => screen.choose("已撤回", "withdrawn"),
        };
        vec![
            showing::name(scheme),
            format!("{}@{}", scheme.catalog_id, scheme.catalog_version),
            showing::method(scheme, screen),
            state.to_owned(),
            format!("{}: {}", scheme.author, scheme.reason),
            scheme.hash.chars().take(16).collect(),
        ]
    };
    let rows = schemes.iter().map(row).collect();
    screen.table(&columns, rows)
}
