//! `xiuhua demo`: a whole district from nothing — generated, imported, assessed, printed, explained, served.

use std::path::Path;

use anyhow::{Context, Result};
use xiuhua_contracts::scoring::v1::{GroupLevel, ListRankingRequest};

use crate::assessing::{assess, classify, draw_thresholds, register};
use crate::cli::{DemoArgs, Globals, MethodArgs};
use crate::delivery::{deliver_observations, deliver_places};
use crate::intake::observations::{Indicators, ObservationFile};
use crate::intake::places::PlaceFile;
use crate::intake::{Document, Mapping, observations, places};
use crate::method::Method;
use crate::platform::Platform;
use crate::progress::Progress;
use crate::reading::{explain_place, group_scores, show_groups};
use crate::sample;
use crate::screen::{Outcome, Screen, numbers, score, value, words};
use crate::serving::serve;

/// The catalog and period the sample district is assessed by.
const CATALOG: &str = "pudong-2021";
const PERIOD: &str = "2021";

/// Runs the demo.
///
/// # Errors
/// If a stage fails.
pub(crate) async fn run(arguments: &DemoArgs, globals: &Globals, screen: &mut Screen) -> Result<Outcome> {
    let method = Method::read(&MethodArgs {
        catalog: CATALOG.to_owned(),
        period: PERIOD.to_owned(),
        rules: None,
        sample: None,
        seed: arguments.seed,
    })?;
    let platform = Platform::embedded(globals).await?;
    let progress = |heading| Progress::new(heading, globals.quiet || globals.json);

    let district = tempfile::tempdir()?;
    let written = sample::write(district.path(), arguments.seed)?;
    let rule_set = register(&platform, &method).await?;
    let file = |path: &Path, required| Document::open(path, &Mapping::default(), required);
    let places = PlaceFile::new(file(&written.places, &places::REQUIRED)?);
    let places = deliver_places(&platform, places, &progress("places")).await?;
    let observed = file(&written.observations, &observations::REQUIRED)?;
    let observed = ObservationFile::new(observed, Indicators::of(&method.catalog));
    let observed = deliver_observations(&platform, observed, &progress("observations")).await?;
    screen.counts(&[&places, &observed])?;

    let classification = classify(&platform, &rule_set, method.year).await?;
    let drawn = draw_thresholds(&platform, &method.catalog, &classification, PERIOD, &method.sample).await?;
    let run = assess(&platform, &drawn.id, "", PERIOD, &progress("assessment %")).await?;
    screen.assessment(&run)?;

    let root = method.catalog.items[0].code.as_str();
    let district = group_scores(&platform, &run, GroupLevel::District, "").await?;
    show_groups(&run, &district, screen)?;
    let mut towns = group_scores(&platform, &run, GroupLevel::Town, "").await?;
    towns.retain(|town| town.node == root);
    show_groups(&run, &towns, screen)?;

    let first = run.types.first().context("the classification has types")?;
    let request = ListRankingRequest {
        assessment_id: run.id.clone(),
        r#type: first.r#type.clone(),
        page_size: 10,
        ..ListRankingRequest::default()
    };
    let estates = platform.scoring().list_ranking(request).await?.into_inner().places;
    let columns = [
        numbers("名次", "rank"),
        words("编号", "place"),
        words("小区", "name"),
        words("街镇", "town"),
        words("类型", "type"),
        numbers("得分", "score"),
        numbers("百分位", "percentile"),
    ];
    let rows = estates.iter().map(|estate| {
        let node = estate.score.clone().unwrap_or_default();
        vec![
            node.rank.unwrap_or_default().to_string(),
            estate.place_id.clone(),
            estate.place_name.clone(),
            estate.town_name.clone(),
            estate.r#type.clone(),
            score(node.score),
            value(node.percentile),
        ]
    });
    screen.table(&columns, rows.collect())?;
    let best = estates.first().context("the ranking has places")?;
    explain_place(&platform, &run, &best.place_id, "", screen).await?;

    if arguments.no_serve {
        platform.close().await?;
        return Ok(Outcome::Done);
    }
    let call = format!(
        "xiuhua --server http://{{address}} rank --type {} --top 10\n\
         grpcurl -plaintext -d '{{\"assessment_id\":\"{}\",\"type\":\"{}\",\"page_size\":10}}' {{address}} \
         xiuhua.scoring.v1.ScoringService/ListRanking",
        first.r#type, run.id, first.r#type
    );
    serve(platform, &arguments.serve, screen, &call).await
}
