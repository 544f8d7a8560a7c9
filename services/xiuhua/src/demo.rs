//! `xiuhua demo`: a whole district from nothing — generated, imported, assessed, printed, explained, served.

use anyhow::{Context, Result, bail};
use xiuhua_contracts::classification::v1::ListClassificationsRequest;
use xiuhua_contracts::ingestion::v1::ListBatchesRequest;
use xiuhua_contracts::normalization::v1::ListThresholdSetsRequest;
use xiuhua_contracts::scoring::v1::{GroupLevel, ListAssessmentsRequest, ListRankingRequest};

use crate::assessing::{Asked, assess, classify, draw_thresholds, position, register};
use crate::cli::{DemoArgs, Globals, MethodArgs};
use crate::delivery::{deliver_observations, deliver_places};
use crate::intake::Mapping;
use crate::intake::observations::ObservationFile;
use crate::intake::places::PlaceFile;
use crate::method::Method;
use crate::names::Names;
use crate::platform::{Platform, Workers, request_id};
use crate::progress::Progress;
use crate::reading::{explain_place, group_scores, show_group, show_groups, show_ranking};
use crate::records::{Records, SERVICES};
use crate::sample;
use crate::screen::{Outcome, Screen, told};
use crate::serving::{serve, this_program};
use crate::uncertainty::after_assessing;

/// The catalog and period the sample district is assessed by.
const CATALOG: &str = "pudong-2021";
const PERIOD: &str = "2021";

/// A folder of its own: the sample bears the codes of real towns, and a record cannot be taken back.
const DATA_DIR: &str = "xiuhua-demo";
/// The file that marks a folder as the demo's.
const MARK: &str = "sample-district";

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
    let globals = &Globals {
        data_dir: Some(globals.data_dir.clone().unwrap_or_else(|| DATA_DIR.into())),
        // Its databases are where somebody works, as those of the environment are.
        config: None,
        ..globals.clone()
    };
    let platform = open(globals).await?;
    let progress = |heading| Progress::new(heading, globals.quiet || globals.json);

    let district = tempfile::tempdir()?;
    let written = sample::write(district.path(), arguments.seed)?;
    let rule_set = register(&platform, &method).await?;
    let mapping = Mapping::default();
    let places = PlaceFile::open(&written.places, &mapping)?;
    let places = deliver_places(&platform, places, request_id(), &progress("places")).await?;
    let observed = ObservationFile::open(&written.observations, &mapping, Some(&method.catalog))?;
    let heading = progress("observations");
    let observed = deliver_observations(&platform, observed, request_id(), &heading).await?;
    drop(heading);
    screen.counts(&[&places, &observed])?;

    let as_of = position(&platform, None).await?;
    let classification = classify(&platform, &rule_set, method.period.year(), as_of, None).await?;
    let (catalog, sample) = (&method.catalog, &method.sample);
    let drawn = draw_thresholds(&platform, catalog, &classification, PERIOD, sample, as_of).await?;
    let asked = Asked { threshold_set_id: &drawn.id, classification_id: "", period: PERIOD, as_of };
    let run = assess(&platform, asked, "", &progress("assessment %")).await?;
    let names = Names::read(&platform, &run).await?;
    screen.assessment(&run, &names)?;
    if !arguments.no_uncertainty {
        after_assessing(&platform, &run, screen).await?;
    }

    screen.say("全区：", "The district:")?;
    let district = group_scores(&platform, &run, GroupLevel::District, "", "").await?;
    show_group(&district, &names, screen)?;
    screen.say("各街镇总指数：", "The index of its sub-districts and towns:")?;
    let mut towns = group_scores(&platform, &run, GroupLevel::Town, "", "").await?;
    towns.retain(|town| town.node == names.root);
    show_groups(&towns, &names.root, &names, screen)?;

    let kind = names.types.first().context("the district has types")?;
    let heading = names.place_type(kind, screen);
    screen.say(&format!("{heading}：前十名"), &format!("{heading}: the first ten"))?;
    let ranking = ListRankingRequest {
        assessment_id: run.id.clone(),
        r#type: kind.clone(),
        page_size: 10,
        ..ListRankingRequest::default()
    };
    let estates = platform.scoring().list_ranking(ranking).await?.into_inner().places;
    show_ranking(&estates, run.scale, screen)?;
    let best = estates.first().context("the ranking has places")?;
    screen.say("第一名从何而来：", "Where the first one's score comes from:")?;
    explain_place(&platform, &run, &best.place_id, "", screen).await?;

    if arguments.no_serve {
        platform.close().await?;
        return Ok(Outcome::Done);
    }
    let mut call = format!("{} --server http://{{address}} rank --type {kind} --top 10", this_program());
    if arguments.serve.reflection {
        call += &format!(
            "\ngrpcurl -plaintext -d '{{\"assessment_id\":\"{}\",\"type\":\"{kind}\",\"page_size\":10}}' {{address}} \
             xiuhua.scoring.v1.ScoringService/ListRanking",
            run.id
        );
    }
    serve(platform, &arguments.serve, screen, &call).await
}

/// Opens the demo's folder, or the databases that were typed instead.
///
/// # Errors
/// If one of them holds anybody's own record.
async fn open(globals: &Globals) -> Result<Platform> {
    let records = Records::of(globals)?;
    let mark = records.folder().map(|folder| folder.join(MARK));
    let is_marked = mark.as_ref().is_some_and(|mark| mark.exists());
    // What waits in somebody's record is not begun by looking at it.
    let platform = Platform::embedded(globals, Workers::Rest).await?;
    for service in holding(&platform).await? {
        let folder = records.folder_of(service);
        if folder.is_some() && is_marked {
            continue;
        }
        let place = folder.map_or_else(|| format!("--{service}-db"), |folder| folder.display().to_string());
        bail!(told(
            format!("{place} 中已有正式数据（{service}），样例区会与之混在一起"),
            format!("{place} holds a record of its own ({service}); the sample district would mix with it"),
        ));
    }
    platform.close().await?;
    if let Some(mark) = mark {
        std::fs::write(&mark, "")?;
    }
    Platform::embedded(globals, Workers::Run).await
}

/// The services whose record holds something.
async fn holding(platform: &Platform) -> Result<Vec<&'static str>> {
    let batches = ListBatchesRequest { page_size: 1, ..Default::default() };
    let batches = platform.ingestion().list_batches(batches).await?.into_inner().batches;
    let classifications = ListClassificationsRequest { page_size: 1, ..Default::default() };
    let classifications = platform.classification().list_classifications(classifications).await?;
    let sets = ListThresholdSetsRequest { page_size: 1, ..Default::default() };
    let sets = platform.normalization().list_threshold_sets(sets).await?.into_inner().threshold_sets;
    let runs = ListAssessmentsRequest { page_size: 1, ..Default::default() };
    let runs = platform.scoring().list_assessments(runs).await?.into_inner().assessments;
    let is_empty = [
        batches.is_empty(),
        classifications.into_inner().classifications.is_empty(),
        sets.is_empty(),
        runs.is_empty(),
    ];
    let each = SERVICES.into_iter().zip(is_empty);
    Ok(each.filter(|(_, is_empty)| !is_empty).map(|(service, _)| service).collect())
}
