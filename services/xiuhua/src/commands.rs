//! Each command of the command line, in the order of its help.

use anyhow::Result;
use clap::CommandFactory;
use serde_json::json;
use xiuhua_contracts::classification::v1::{ListPlaceClassesRequest, RegisterRuleSetRequest};

use crate::assessing;
use crate::cli::{AssessArgs, ClassifyArgs, Cli, Command, Globals, IndexCommand, WeightsCommand};
use crate::method::{self, Method};
use crate::names::{Names, UNCLASSIFIED};
use crate::platform::{Platform, Workers, request_id};
use crate::progress::Progress;
use crate::screen::{Outcome, Screen, marks, numbers, words};
use crate::{
    backup, catalogs, comparing, compute, deciding, demo, exporting, importing, json, learning, quality,
    quarantine, reading, reporting, reviewing, sample_files, serving, sources, structure, templates, trend,
    uncertainty, verifying, warnings, weights,
};

/// Runs one command.
///
/// # Errors
/// [`method::UnusableInput`] or [`crate::intake::UnusableFile`] for input that cannot be used (exit code 2); anything
/// else is exit code 1.
pub(crate) async fn run(cli: Cli, screen: &mut Screen) -> Result<Outcome> {
    let globals = cli.globals;
    match cli.command {
        Command::Demo(arguments) => return demo::run(&arguments, &globals, screen).await,
        Command::Serve(arguments) => {
            let platform = Platform::embedded(&globals, Workers::Run).await?;
            let program = serving::this_program();
            let call = format!("{program} --server http://{{address}} rank --type COMMODITY --top 10");
            return serving::serve(platform, &arguments, screen, &call).await;
        }
        Command::Sample(arguments) => sample_files::write(&arguments, screen)?,
        Command::Index(IndexCommand::Compute(arguments)) => {
            return compute::run(&arguments, &globals, screen).await;
        }
        Command::Catalog(command) => return catalogs::run(&command, screen),
        Command::Backup(arguments) => backup::backup(&arguments, &globals, screen).await?,
        Command::Restore(arguments) => backup::restore(&arguments, &globals, screen).await?,
        Command::Verify(arguments) => return verifying::verify(&arguments, &globals, screen).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "xiuhua", &mut script);
            screen.raw(&String::from_utf8(script)?)?;
        }
        Command::Import(arguments) if arguments.propose => importing::propose(&arguments, screen)?,
        Command::Template(arguments) => templates::run(&arguments, &globals, screen).await?,
        Command::Weights(WeightsCommand::Template(arguments)) => weights::template(&arguments, screen)?,
        Command::Weights(WeightsCommand::Judge(arguments)) => weights::judge(&arguments, screen)?,
        command => {
            let workers = if let Command::Assess(_) = command { Workers::Run } else { Workers::Rest };
            let platform = Platform::open(&globals, workers).await?;
            let outcome = on_platform(command, &platform, &globals, screen).await?;
            platform.close().await?;
            return Ok(outcome);
        }
    }
    Ok(Outcome::Done)
}

async fn on_platform(
    command: Command,
    platform: &Platform,
    globals: &Globals,
    screen: &mut Screen,
) -> Result<Outcome> {
    let done = match command {
        Command::Import(arguments) => return importing::run(platform, &arguments, globals, screen).await,
        Command::Quarantine(command) => return quarantine::run(platform, &command, globals, screen).await,
        Command::Preview(arguments) => importing::look_at(platform, &arguments, screen).await,
        Command::Commit(arguments) => importing::commit(platform, &arguments, screen).await,
        Command::Approve(arguments) => importing::approve(platform, &arguments, globals, screen).await,
        Command::Discard(arguments) => importing::discard(platform, &arguments, screen).await,
        Command::Source(command) => sources::run(platform, &command, screen).await,
        Command::Assess(arguments) => assess(platform, &arguments, globals, screen).await,
        Command::Classify(arguments) => classify(platform, &arguments, screen).await,
        Command::Review(command) => reviewing::run(platform, &command, screen).await,
        Command::Weights(command) => weights::run(platform, &command, screen).await,
        Command::Warnings(command) => warnings::run(platform, &command, screen).await,
        Command::Rank(arguments) => reading::rank(platform, &arguments, screen).await,
        Command::Show(arguments) => reading::show(platform, &arguments, screen).await,
        Command::Explain(arguments) => reading::explain(platform, &arguments, screen).await,
        Command::Compare(arguments) => comparing::compare(platform, &arguments, screen).await,
        Command::Diff(arguments) => comparing::diff(platform, &arguments, screen).await,
        Command::Changes(arguments) => learning::changes(platform, &arguments, screen).await,
        Command::Diagnose(arguments) => learning::diagnose(platform, &arguments, screen).await,
        Command::Peers(arguments) => learning::peers(platform, &arguments, screen).await,
        Command::Structure(arguments) => structure::structure(platform, &arguments, screen).await,
        Command::Trend(arguments) => trend::trend(platform, &arguments, screen).await,
        Command::Uncertainty(arguments) => uncertainty::uncertainty(platform, &arguments, screen).await,
        Command::Sensitivity(arguments) => uncertainty::sensitivity(platform, &arguments, screen).await,
        Command::Quality(arguments) => quality::quality(platform, &arguments, screen).await,
        Command::Export(arguments) => exporting::export(platform, &arguments, screen).await,
        Command::Report(arguments) => reporting::run(platform, &arguments, globals, screen).await,
        Command::Batches(arguments) => deciding::batches(platform, &arguments, screen).await,
        Command::Withdraw(arguments) => deciding::withdraw(platform, &arguments, screen).await,
        Command::Runs(arguments) => deciding::runs(platform, &arguments, screen).await,
        Command::Publish(arguments) => deciding::publish(platform, &arguments, screen).await,
        Command::Unpublish(arguments) => deciding::unpublish(platform, &arguments, screen).await,
        Command::Cancel(arguments) => deciding::cancel(platform, &arguments, screen).await,
        other => unreachable!("{other:?} needs no open platform"),
    };
    done.map(|()| Outcome::Done)
}

async fn assess(
    platform: &Platform,
    arguments: &AssessArgs,
    globals: &Globals,
    screen: &mut Screen,
) -> Result<()> {
    let method = Method::read(&arguments.method)?;
    let as_of = assessing::position(platform, arguments.as_of).await?;
    let rule_set = assessing::register(platform, &method).await?;
    let heeded = assessing::decision_number(platform, arguments.as_of).await?;
    let classification =
        assessing::classify(platform, &rule_set, method.period.year(), as_of, heeded).await?;
    let threshold_set = match &arguments.thresholds {
        Some(id) => id.clone(),
        None => {
            let (catalog, period, sample) = (&method.catalog, method.period.as_str(), &method.sample);
            assessing::draw_thresholds(platform, catalog, &classification, period, sample, as_of).await?.id
        }
    };
    let progress = Progress::new("assessment %", globals.quiet);
    let (classification, period) = (&classification.id, method.period.as_str());
    let asked = assessing::Asked {
        threshold_set_id: &threshold_set,
        classification_id: classification,
        period,
        as_of,
    };
    let run = assessing::assess(platform, asked, &arguments.weights, &progress).await?;
    drop(progress);
    screen.assessment(&run, &Names::read(platform, &run).await?)?;
    if !arguments.no_uncertainty {
        uncertainty::after_assessing(platform, &run, screen).await?;
    }
    screen.json(&json::assessment(&run))
}

async fn classify(platform: &Platform, arguments: &ClassifyArgs, screen: &mut Screen) -> Result<()> {
    let toml = method::rules(&arguments.rules)?;
    let request = RegisterRuleSetRequest { request_id: request_id(), toml };
    let rule_set = platform.classification().register_rule_set(request).await?.into_inner().rule_set;
    let (rule_set, as_of) = (rule_set.unwrap_or_default(), assessing::position(platform, None).await?);
    let found = assessing::classify(platform, &rule_set, arguments.year, as_of, None).await?;
    let request = ListPlaceClassesRequest {
        classification_id: found.id.clone(),
        r#type: UNCLASSIFIED.to_owned(),
        page_size: arguments.top.clamp(1, 1000),
        page_token: String::new(),
    };
    let review = platform.classification().list_place_classes(request).await?.into_inner().place_classes;
    let columns = [words("类型", "type"), numbers("小区", "places")];
    let kind = |id: &str| match rule_set.types.iter().find(|known| known.id == id) {
        Some(known) => screen.text(known.name.as_ref()),
        None if id == UNCLASSIFIED => screen.choose("未分类", "unclassified").to_owned(),
        None => id.to_owned(),
    };
    let rows = found.counts.iter().map(|c| vec![kind(&c.r#type), c.places.to_string()]);
    let rows = rows.collect();
    screen.table(&columns, rows)?;
    let reasons = |place: &xiuhua_contracts::classification::v1::PlaceClass, screen: &Screen| {
        place.reasons.iter().map(|r| screen.text(r.message.as_ref())).collect::<Vec<_>>().join("; ")
    };
    let rows: Vec<_> = review.iter().map(|p| vec![p.place_id.clone(), reasons(p, screen)]).collect();
    if !rows.is_empty() {
        screen.table(&[marks("待复核", "to review"), words("原因", "reasons")], rows)?;
    }
    let review: Vec<_> = review
        .iter()
        .map(|place| {
            json!({
                "place_id": place.place_id,
                "reasons": place.reasons.iter().map(|r| &r.reason).collect::<Vec<_>>(),
                "type_degrees": place.type_degrees.iter()
                    .map(|d| (d.r#type.clone(), d.degree)).collect::<std::collections::BTreeMap<_, _>>(),
            })
        })
        .collect();
    let counts: std::collections::BTreeMap<_, _> =
        found.counts.iter().map(|c| (c.r#type.clone(), c.places)).collect();
    screen.json(&json!({ "classification_id": found.id, "counts": counts, "review": review }))
}
