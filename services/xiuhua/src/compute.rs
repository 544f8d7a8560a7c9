//! `xiuhua index compute`: files in, files out, through the same services on a temporary store.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use serde::Serialize;
use xiuhua_contracts::classification::v1::RuleSet;
use xiuhua_contracts::ingestion::v1::Batch;
use xiuhua_contracts::scoring::v1::Assessment;

use crate::assessing::{Asked, assess, classify, draw_thresholds, position, register};
use crate::cli::{ComputeArgs, Globals};
use crate::delivery::{deliver_observations, deliver_places};
use crate::exporting::CsvFolder;
use crate::intake::Mapping;
use crate::intake::observations::ObservationFile;
use crate::intake::places::PlaceFile;
use crate::method::{Method, UnusableInput};
use crate::names::Names;
use crate::platform::{Platform, request_id};
use crate::progress::Progress;
use crate::results::{Part, RESULT_FILES, each_threshold, write_rejected, write_results};
use crate::screen::{Outcome, Screen, told};
use crate::uncertainty::{after_assessing, write_rank_intervals};

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
    /// Places that have scores but no households: they weigh nothing in groups.
    places_without_households: Vec<String>,
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
    let (method, places, observations) = open_inputs(arguments)?;
    clear(&arguments.out)?;
    let mut laps = Laps::start();
    let platform = Platform::temporary(globals).await?;
    let rule_set = register(&platform, &method).await?;
    laps.lap("open");

    let progress = |heading| Progress::new(heading, globals.quiet);
    let places = deliver_places(&platform, places, request_id(), &progress("places")).await?;
    let heading = progress("observations");
    let observations = deliver_observations(&platform, observations, request_id(), &heading).await?;
    drop(heading);
    let batches = [&places, &observations];
    screen.counts(&batches)?;
    laps.lap("import");

    let mut summary = Summary::of(&method, &rule_set, &places, &observations);
    let rejected = summary.files.values().map(|counts| counts.rejected).sum::<u64>();
    if arguments.strict && rejected > 0 {
        write_rejected(&platform, &batches, &arguments.out).await?;
        summary.write(laps, &arguments.out, screen)?;
        screen.say(
            &format!("有 {rejected} 行被拒绝，未计算（--strict）；见 rejected.csv"),
            &format!("{rejected} rows were rejected, nothing was computed (--strict); see rejected.csv"),
        )?;
        return Ok(Outcome::Unusable);
    }

    let period = method.period.as_str();
    let as_of = position(&platform, None).await?;
    let classification = classify(&platform, &rule_set, method.period.year(), as_of, None).await?;
    laps.lap("classify");
    let (catalog, sample) = (&method.catalog, &method.sample);
    let drawn = draw_thresholds(&platform, catalog, &classification, period, sample, as_of).await?;
    laps.lap("thresholds");
    let asked = Asked { threshold_set_id: &drawn.id, classification_id: "", period, as_of };
    let assessment = assess(&platform, asked, "", &progress("assessment %")).await?;
    laps.lap("assess");
    write_rejected(&platform, &batches, &arguments.out).await?;
    let mut files = CsvFolder::new(&arguments.out, false)?;
    let part = Part::default();
    summary.places_without_households = write_results(&platform, &assessment, &part, &mut files).await?;
    if arguments.uncertainty {
        after_assessing(&platform, &assessment, screen).await?;
        write_rank_intervals(&platform, &assessment, &part, &mut files).await?;
        laps.lap("uncertainty");
    }
    files.finish()?;
    summary.degenerate = left_out(&platform, &assessment).await?;
    summary.base_periods.clone_from(&assessment.base_periods);
    summary.digest = Some(assessment.digest.clone());
    laps.lap("write");
    summary.write(laps, &arguments.out, screen)?;
    screen.assessment(&assessment, &Names::read(&platform, &assessment).await?)?;
    platform.close().await?;
    Ok(Outcome::Done)
}

/// Reads the method and opens the files; every fault of all of them at once.
fn open_inputs(arguments: &ComputeArgs) -> Result<(Method, PlaceFile, ObservationFile), UnusableInput> {
    let mapping = Mapping::default();
    let method = Method::read(&arguments.method);
    let places = PlaceFile::open(&arguments.places, &mapping);
    let catalog = method.as_ref().ok().map(|method| &method.catalog);
    let observations = ObservationFile::open(&arguments.observations, &mapping, catalog);
    let overwritten = overwritten(arguments);
    match (method, places, observations) {
        (Ok(method), Ok(places), Ok(observations)) if overwritten.is_empty() => {
            Ok((method, places, observations))
        }
        (method, places, observations) => {
            let mut faults = method.err().map_or_else(Vec::new, |e| e.0);
            let files = [places.err(), observations.err()];
            faults.extend(files.into_iter().flatten().flat_map(|file| UnusableInput::from(file).0));
            faults.extend(overwritten);
            Err(UnusableInput(faults))
        }
    }
}

/// Inputs that are also result files: writing the results would destroy them.
fn overwritten(arguments: &ComputeArgs) -> Vec<String> {
    let results: Vec<_> = result_files(&arguments.out).filter_map(|file| file.canonicalize().ok()).collect();
    let mut inputs = vec![arguments.places.clone(), arguments.observations.clone()];
    inputs.extend(arguments.method.sample.iter().map(PathBuf::from));
    inputs.retain(|input| input.canonicalize().is_ok_and(|input| results.contains(&input)));
    let fault = |input: &PathBuf| {
        let file = input.display();
        told(
            format!("{file}: 与 --out 的结果文件是同一个文件"),
            format!("{file}: is a result file of --out as well"),
        )
    };
    inputs.iter().map(fault).collect()
}

/// Every file that a run writes into its folder.
fn result_files(dir: &Path) -> impl Iterator<Item = PathBuf> {
    RESULT_FILES
        .iter()
        .chain(&["rank_intervals.csv", "rejected.csv", SUMMARY])
        .map(move |name| dir.join(name))
}

/// Makes the folder, and removes the results of an earlier run: half of one beside half of another would read as one.
fn clear(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir)
        .with_context(|| format!("{} {}", told("无法创建", "cannot make"), dir.display()))?;
    for file in result_files(dir) {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error)
                    .with_context(|| format!("{} {}", told("无法替换", "cannot replace"), file.display()));
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

async fn left_out(platform: &Platform, assessment: &Assessment) -> Result<Vec<LeftOut>> {
    let mut found = Vec::new();
    each_threshold(platform, assessment, |threshold| {
        if threshold.status != "OK" {
            found.push(LeftOut {
                r#type: threshold.r#type,
                indicator: threshold.leaf,
                status: threshold.status.to_lowercase(),
            });
        }
        Ok(())
    })
    .await?;
    Ok(found)
}

impl Summary {
    /// What is known before anything is computed.
    fn of(method: &Method, rule_set: &RuleSet, places: &Batch, observations: &Batch) -> Self {
        let catalog = &method.catalog;
        let identity = |id: &str, version: &str, hash: &str| Identity {
            id: id.to_owned(),
            version: version.to_owned(),
            hash: hash.to_owned(),
        };
        Self {
            period: method.period.as_str().to_owned(),
            files: [("places", counts(places)), ("observations", counts(observations))].into(),
            catalog: identity(&catalog.id, &catalog.version, &catalog.hash),
            rule_set: method.typed.then(|| identity(&rule_set.id, &rule_set.version, &rule_set.hash)),
            seed: method.sample.seed(),
            base_periods: Vec::new(),
            degenerate: Vec::new(),
            places_without_households: Vec::new(),
            digest: None,
            seconds: BTreeMap::new(),
        }
    }

    fn write(mut self, laps: Laps, dir: &Path, screen: &mut Screen) -> Result<()> {
        self.seconds = laps.finish();
        let text = serde_json::to_string_pretty(&self)?;
        fs::write(dir.join(SUMMARY), format!("{text}\n"))?;
        screen.json(&self)
    }
}

/// Seconds a stage, and in all.
struct Laps {
    started: Instant,
    last: Instant,
    seconds: BTreeMap<&'static str, f64>,
}

impl Laps {
    fn start() -> Self {
        let now = Instant::now();
        Self { started: now, last: now, seconds: BTreeMap::new() }
    }

    fn lap(&mut self, stage: &'static str) {
        self.seconds.insert(stage, self.last.elapsed().as_secs_f64());
        self.last = Instant::now();
    }

    fn finish(mut self) -> BTreeMap<&'static str, f64> {
        self.seconds.insert("total", self.started.elapsed().as_secs_f64());
        self.seconds
    }
}
