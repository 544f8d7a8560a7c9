//! `xiuhua verify`: whether the databases are whole, and whether every assessment is what its inputs give.

use anyhow::{Result, bail};
use serde::Serialize;
use serde_json::{Value, json};
use xiuhua_contracts::scoring::v1::{
    Assessment, GetAssessmentRequest, VerifyAssessmentRequest, VerifyAssessmentResponse,
};
use xiuhua_service_kit::database::Backend;
use xiuhua_service_kit::sqlite;

use crate::backup::{Manifest, copied, known_migrations, with_results};
use crate::cli::{Globals, VerifyArgs};
use crate::method::UnusableInput;
use crate::platform::{Platform, Workers, refuse_server};
use crate::records::Records;
use crate::screen::{Outcome, Screen, marks, told, words};

/// What was looked at, and what is wrong with it.
#[derive(Debug, Serialize)]
struct Finding {
    /// A database or an assessment.
    subject: String,
    /// Empty if it is as it should be.
    faults: Vec<String>,
    /// What else a program may want to know.
    details: Value,
}

/// `xiuhua verify`.
///
/// # Errors
/// If nothing can be verified; what differs is [`Outcome::Differs`].
pub(crate) async fn verify(
    arguments: &VerifyArgs,
    globals: &Globals,
    screen: &mut Screen,
) -> Result<Outcome> {
    let temporary = tempfile::tempdir()?;
    let mut manifest = None;
    let mut findings = Vec::new();
    let records = match &arguments.from {
        Some(backup) => {
            refuse_server(globals)?;
            let read = manifest.insert(Manifest::read(backup)?);
            let faults = copied(read, backup, temporary.path())?;
            findings.push(Finding::new(backup.display().to_string(), faults));
            Some(Records::in_folder(temporary.path()))
        }
        None if globals.server.is_some() => None,
        None => Some(Records::of(globals)?),
    };
    for (service, url) in records.iter().flat_map(Records::each) {
        if Backend::of(url)? == Backend::Sqlite {
            findings.push(Finding::new(service.to_owned(), sqlite::check(url).await?));
        }
    }
    // A damaged database is not opened: that would write to it.
    if findings.iter().all(Finding::is_intact) {
        if let Some(records) = records.as_ref().filter(|_| arguments.from.is_none()) {
            refuse_older(records, globals).await?;
        }
        let platform = match &records {
            Some(records) => Platform::at_rest(records, globals).await?,
            None => Platform::open(globals, Workers::Rest).await?,
        };
        let runs = match &arguments.run {
            Some(id) => {
                let request = GetAssessmentRequest { id: id.clone() };
                let found = platform.scoring().get_assessment(request).await?.into_inner();
                found.assessment.into_iter().collect()
            }
            None => with_results(&platform).await?,
        };
        for run in &runs {
            findings.push(recomputed(&platform, run).await);
        }
        if let Some(manifest) = manifest.filter(|_| arguments.run.is_none()) {
            findings.extend(unlisted(&manifest, &runs));
        }
        platform.close().await?;
    }
    show(&findings, screen)
}

/// Refuses what an older version has written: opening it would migrate it, and verifying changes nothing.
async fn refuse_older(records: &Records, globals: &Globals) -> Result<()> {
    let mut faults = Vec::new();
    for (service, known) in known_migrations(globals).await? {
        let url = records.url(service);
        if Backend::of(url)? == Backend::Sqlite && sqlite::newest_migration(url).await? < known {
            faults.push(told(
                format!(
                    "{service}: 由较旧的版本写入：请用该版本校验，或用 --from 校验备份，或先启动本版本完成迁移"
                ),
                format!(
                    "{service}: was written by an older version; verify with that one, or a backup with --from, or \
                     start this version first, which migrates it"
                ),
            ));
        }
    }
    if faults.is_empty() { Ok(()) } else { bail!(UnusableInput(faults)) }
}

/// Computes an assessment again.
async fn recomputed(platform: &Platform, run: &Assessment) -> Finding {
    let subject = format!("{} {} {}", run.id, run.catalog_id, run.period);
    let request = VerifyAssessmentRequest { id: run.id.clone() };
    let VerifyAssessmentResponse { intact, digest, recomputed_digest, differences, differences_total } =
        match platform.scoring().verify_assessment(request).await {
            Ok(answer) => answer.into_inner(),
            // The next one may be whole.
            Err(status) => {
                let fault = format!("{}: {}", told("无法重算", "cannot be computed again"), status.message());
                return Finding::new(subject, vec![fault]);
            }
        };
    let mut faults = Vec::new();
    if digest != recomputed_digest {
        faults.push(format!("{}: {digest} ≠ {recomputed_digest}", told("摘要", "digest")));
    }
    faults.extend(differences.iter().map(|d| format!("{}: {} ≠ {}", d.row, d.recorded, d.recomputed)));
    let shown = differences.len() as u64;
    if differences_total > shown {
        faults.push(format!("… +{}", differences_total - shown));
    }
    if !intact && faults.is_empty() {
        faults.push(told("不一致", "differs"));
    }
    let details = json!({
        "id": run.id,
        "digest": digest,
        "recomputed_digest": recomputed_digest,
        "differences_total": differences_total,
    });
    Finding { subject, faults, details }
}

/// Assessments whose digest is not the one in the manifest.
fn unlisted(manifest: &Manifest, runs: &[Assessment]) -> Vec<Finding> {
    let digest = |id: &str| runs.iter().find(|run| run.id == id).map(|run| run.digest.as_str());
    let differs = manifest.assessments.iter().filter(|listed| digest(&listed.id) != Some(&listed.digest));
    let fault = |recorded: Option<&str>, listed: &str| {
        format!("{}: {listed} ≠ {}", told("清单", "manifest"), recorded.unwrap_or("–"))
    };
    differs
        .map(|listed| Finding::new(listed.id.clone(), vec![fault(digest(&listed.id), &listed.digest)]))
        .collect()
}

fn show(findings: &[Finding], screen: &mut Screen) -> Result<Outcome> {
    let columns = [marks("对象", "subject"), words("结果", "result")];
    let intact = screen.choose("完好", "intact").to_owned();
    let row = |finding: &Finding| {
        let result = if finding.is_intact() { intact.clone() } else { finding.faults.join("\n") };
        vec![finding.subject.clone(), result]
    };
    screen.table(&columns, findings.iter().map(row).collect())?;
    let whole = findings.iter().all(Finding::is_intact);
    screen.json(&json!({ "intact": whole, "findings": findings }))?;
    Ok(if whole { Outcome::Done } else { Outcome::Differs })
}

impl Finding {
    fn new(subject: String, faults: Vec<String>) -> Self {
        Self { subject, faults, details: Value::Null }
    }

    fn is_intact(&self) -> bool {
        self.faults.is_empty()
    }
}
