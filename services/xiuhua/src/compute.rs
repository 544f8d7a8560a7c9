//! `xiuhua index compute`: files in, files out, through the same services on a temporary store.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use serde::Serialize;
use xiuhua_contracts::ingestion::v1::Batch;
use xiuhua_contracts::scoring::v1::Assessment;

use crate::assessing::{assess, classify, draw_thresholds, register};
use crate::cli::{ComputeArgs, Globals};
use crate::delivery::{deliver_observations, deliver_places};
use crate::intake::observations::{Indicators, ObservationFile};
use crate::intake::places::PlaceFile;
use crate::intake::{Document, Mapping, observations, places};
use crate::method::{Method, UnusableInput};
use crate::platform::Platform;
use crate::progress::Progress;
use crate::results::{RESULT_FILES, each_threshold, write_rejected, write_results};
use crate::screen::{Outcome, Screen};

/// What was read, by what, with what outcome.
const SUMMARY: &str = "summary.json";

/// What `summary.json` holds.
#[derive(Debug, Serialize)]
struct Summary {
    period: String,
    files: BTreeMap<&'static str, Counts>,
    catalog: Identity,
    /// Absent where the catalog puts every place into the type `ALL`.
    rule_set: Option<Identity>,
    /// Absent where the sample is not random.
    seed: Option<u64>,
    base_periods: Vec<String>,
    /// Leaves that cannot tell the places of a type apart, or have no base value in its sample.
    degenerate: Vec<LeftOut>,
    /// Absent where nothing was computed.
    digest: Option<String>,
    /// Seconds a stage.
    seconds: BTreeMap<&'static str, f64>,
}

#[derive(Debug, Serialize)]
struct Counts {
    file_name: String,
    read: u64,
    accepted: u64,
    corrected: u64,
    duplicate: u64,
    rejected: u64,
}

#[derive(Debug, Serialize)]
struct Identity {
    id: String,
    version: String,
    hash: String,
}

#[derive(Debug, Serialize)]
struct LeftOut {
    r#type: String,
    indicator: String,
    status: String,
}

/// Computes an index from two files.
///
/// # Errors
/// [`UnusableInput`] for input that cannot be used, before anything is computed; otherwise whatever a stage fails on.
pub(crate) async fn run(arguments: &ComputeArgs, globals: &Globals, screen: &mut Screen) -> Result<Outcome> {
    let started = Instant::now();
    let mapping = Mapping::default();
    let method = Method::read(&arguments.method);
    let places = Document::open(&arguments.places, &mapping, &places::REQUIRED);
    let observations = Document::open(&arguments.observations, &mapping, &observations::REQUIRED);
    let (method, places, observations) = match (method, places, observations) {
        (Ok(method), Ok(places), Ok(observations)) => (method, places, observations),
        (method, places, observations) => {
            let mut faults = method.err().map_or_else(Vec::new, |e| e.0);
            let files = [places.err(), observations.err()];
            faults.extend(files.into_iter().flatten().flat_map(|file| UnusableInput::from(file).0));
            return Err(UnusableInput(faults).into());
        }
    };

    clear(&arguments.out)?;
    let platform = Platform::temporary(globals).await?;
    let mut seconds = BTreeMap::new();
    let mut clock = started;
    let mut lap = |stage, seconds: &mut BTreeMap<_, _>| {
        seconds.insert(stage, clock.elapsed().as_secs_f64());
        clock = Instant::now();
    };

    let rule_set = register(&platform, &method).await?;
    lap("open", &mut seconds);
    let progress = |heading| Progress::new(heading, globals.quiet);
    let indicators = Indicators::of(&method.catalog);
    let places = deliver_places(&platform, PlaceFile::new(places), &progress("places")).await?;
    let observations = ObservationFile::new(observations, indicators);
    let observations = deliver_observations(&platform, observations, &progress("observations")).await?;
    lap("import", &mut seconds);

    let batches = [&places, &observations];
    let files = [("places", &places), ("observations", &observations)];
    let summary = |degenerate, assessment: Option<&Assessment>, seconds| Summary {
        period: method.period.as_str().to_owned(),
        files: files.iter().map(|(name, batch)| (*name, counts(batch))).collect(),
        catalog: Identity {
            id: method.catalog.id.clone(),
            version: method.catalog.version.clone(),
            hash: method.catalog.hash.clone(),
        },
        rule_set: method.typed.then(|| Identity {
            id: rule_set.id.clone(),
            version: rule_set.version.clone(),
            hash: rule_set.hash.clone(),
        }),
        seed: method.sample.seed(),
        base_periods: assessment.map_or_else(Vec::new, |a| a.base_periods.clone()),
        degenerate,
        digest: assessment.map(|a| a.digest.clone()),
        seconds,
    };
    screen.counts(&batches)?;
    let rejected = counts(&places).rejected + counts(&observations).rejected;
    if arguments.strict && rejected > 0 {
        write_rejected(&platform, &batches, &arguments.out).await?;
        write_summary(arguments, &summary(Vec::new(), None, seconds), screen)?;
        screen.say(
            &format!("有 {rejected} 行被拒绝，未计算（--strict）；见 rejected.csv"),
            &format!("{rejected} rows were rejected, nothing was computed (--strict); see rejected.csv"),
        )?;
        return Ok(Outcome::Unusable);
    }

    let classification = classify(&platform, &rule_set, method.period.year()).await?;
    lap("classify", &mut seconds);
    let drawn =
        draw_thresholds(&platform, &method.catalog, &classification, method.period.as_str(), &method.sample)
            .await?;
    lap("thresholds", &mut seconds);
    let assessment =
        assess(&platform, &drawn.id, "", method.period.as_str(), &progress("assessment")).await?;
    lap("assess", &mut seconds);
    write_rejected(&platform, &batches, &arguments.out).await?;
    write_results(&platform, &assessment, &arguments.out).await?;
    let mut degenerate = Vec::new();
    each_threshold(&platform, &assessment, |threshold| {
        if threshold.status != "OK" {
            degenerate.push(LeftOut {
                r#type: threshold.r#type,
                indicator: threshold.leaf,
                status: threshold.status.to_lowercase(),
            });
        }
        Ok(())
    })
    .await?;
    lap("write", &mut seconds);
    seconds.insert("total", started.elapsed().as_secs_f64());
    write_summary(arguments, &summary(degenerate, Some(&assessment), seconds), screen)?;
    screen.assessment(&assessment)?;
    platform.close().await?;
    Ok(Outcome::Done)
}

/// Makes the folder, and removes the results of an earlier run: half of one beside half of another would read as one.
fn clear(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make / 无法创建 {}", dir.display()))?;
    for name in RESULT_FILES.iter().chain(&["rejected.csv", SUMMARY]) {
        match fs::remove_file(dir.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error)
                    .with_context(|| format!("cannot replace / 无法替换 {}", dir.join(name).display()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn counts(batch: &Batch) -> Counts {
    let counts = batch.counts.unwrap_or_default();
    Counts {
        file_name: batch.file_name.clone(),
        read: counts.read,
        accepted: counts.accepted,
        corrected: counts.corrected,
        duplicate: counts.duplicate,
        rejected: counts.rejected,
    }
}

fn write_summary(arguments: &ComputeArgs, summary: &Summary, screen: &mut Screen) -> Result<()> {
    let text = serde_json::to_string_pretty(summary)?;
    fs::write(arguments.out.join(SUMMARY), format!("{text}\n"))?;
    screen.json(summary)
}
