//! Deliveries and assessments as people decide about them: listed, withdrawn, published, cancelled.

use anyhow::{Context, Result};
use serde_json::json;
use xiuhua_contracts::ingestion::v1::{
    Batch, BatchDecision, BatchState, ListBatchesRequest, WithdrawBatchRequest,
};
use xiuhua_contracts::scoring::v1::{
    Assessment, AssessmentState, CancelAssessmentRequest, Decision, ListAssessmentsRequest,
    PublishAssessmentRequest, WithdrawAssessmentRequest,
};

use crate::cli::{BatchesArgs, CancelArgs, DecisionArgs, PublishArgs, RunsArgs, UnpublishArgs, WithdrawArgs};
use crate::json;
use crate::platform::{Platform, request_id};
use crate::reading::newest_run;
use crate::screen::{ABSENT, Screen, count, marks, numbers, words};
use crate::uncertainty::warn_without;

/// The service answers every mutation with what became of its object.
const NO_BATCH: &str = "the service answered without a batch";
const NO_RUN: &str = "the service answered without an assessment";

/// `xiuhua batches`.
///
/// # Errors
/// If the deliveries cannot be read.
pub(crate) async fn batches(platform: &Platform, arguments: &BatchesArgs, screen: &mut Screen) -> Result<()> {
    let request = ListBatchesRequest { page_size: arguments.top.clamp(1, 1000), page_token: String::new() };
    let batches = platform.ingestion().list_batches(request).await?.into_inner().batches;
    show_batches(&batches, screen)?;
    screen.json(&json!({ "batches": batches.iter().map(json::batch).collect::<Vec<_>>() }))
}

/// `xiuhua withdraw`.
///
/// # Errors
/// If the service refuses.
pub(crate) async fn withdraw(
    platform: &Platform,
    arguments: &WithdrawArgs,
    screen: &mut Screen,
) -> Result<()> {
    let (author, reason) = decision(&arguments.decision);
    let request =
        WithdrawBatchRequest { request_id: request_id(), batch_id: arguments.batch.clone(), author, reason };
    let batch = platform.ingestion().withdraw_batch(request).await?.into_inner().batch.context(NO_BATCH)?;
    show_batches(std::slice::from_ref(&batch), screen)?;
    screen.json(&json::batch(&batch))
}

/// `xiuhua runs`.
///
/// # Errors
/// If the assessments cannot be read.
pub(crate) async fn runs(platform: &Platform, arguments: &RunsArgs, screen: &mut Screen) -> Result<()> {
    let request = ListAssessmentsRequest {
        period: arguments.period.clone(),
        catalog_id: arguments.catalog.clone(),
        page_size: arguments.top.clamp(1, 1000),
        page_token: String::new(),
    };
    let runs = platform.scoring().list_assessments(request).await?.into_inner().assessments;
    show_runs(&runs, screen)?;
    screen.json(&json!({ "assessments": runs.iter().map(json::assessment).collect::<Vec<_>>() }))
}

/// `xiuhua publish`.
///
/// # Errors
/// If there is nothing to publish or the service refuses.
pub(crate) async fn publish(platform: &Platform, arguments: &PublishArgs, screen: &mut Screen) -> Result<()> {
    let id = match &arguments.run {
        Some(id) => id.clone(),
        // A newest that is published or withdrawn already is refused by the service: an older one is never meant.
        None => newest_run(platform, ListAssessmentsRequest::default(), has_results).await?.id,
    };
    let (author, reason) = decision(&arguments.decision);
    let request = PublishAssessmentRequest { request_id: request_id(), id, author, reason };
    let answer = platform.scoring().publish_assessment(request).await?.into_inner();
    let run = answer.assessment.context(NO_RUN)?;
    warn_without(platform, &run, screen).await?;
    show_run(&run, screen)
}

/// `xiuhua unpublish`.
///
/// # Errors
/// If the service refuses.
pub(crate) async fn unpublish(
    platform: &Platform,
    arguments: &UnpublishArgs,
    screen: &mut Screen,
) -> Result<()> {
    let (author, reason) = decision(&arguments.decision);
    let request =
        WithdrawAssessmentRequest { request_id: request_id(), id: arguments.run.clone(), author, reason };
    let answer = platform.scoring().withdraw_assessment(request).await?.into_inner();
    show_run(&answer.assessment.context(NO_RUN)?, screen)
}

/// `xiuhua cancel`.
///
/// # Errors
/// If the service refuses.
pub(crate) async fn cancel(platform: &Platform, arguments: &CancelArgs, screen: &mut Screen) -> Result<()> {
    let (author, reason) = decision(&arguments.decision);
    let request =
        CancelAssessmentRequest { request_id: request_id(), id: arguments.run.clone(), author, reason };
    let answer = platform.scoring().cancel_assessment(request).await?.into_inner();
    show_run(&answer.assessment.context(NO_RUN)?, screen)
}

/// Whether an assessment has results to read: it succeeded, whatever was decided about it since.
pub(crate) fn has_results(state: AssessmentState) -> bool {
    use AssessmentState::{Published, Succeeded, Withdrawn};
    matches!(state, Succeeded | Published | Withdrawn)
}

fn decision(arguments: &DecisionArgs) -> (String, String) {
    (arguments.author.clone(), arguments.reason.clone())
}

/// The state of a delivery in words (zh, en).
pub(crate) fn state_words(state: BatchState) -> (&'static str, &'static str) {
    match state {
        BatchState::Unspecified => ("–", "–"),
        BatchState::Open => ("传输中", "arriving"),
        BatchState::Staged => ("待提交", "staged"),
        BatchState::AwaitingApproval => ("待复核", "awaits approval"),
        BatchState::Sealed => ("已生效", "in force"),
        BatchState::Withdrawn => ("已撤回", "withdrawn"),
        BatchState::Discarded => ("已放弃", "discarded"),
    }
}

pub(crate) fn show_batches(batches: &[Batch], screen: &mut Screen) -> Result<()> {
    let columns = [
        marks("批次", "batch"),
        words("文件", "file"),
        words("状态", "state"),
        numbers("位置", "position").spare(5),
        numbers("读取", "read").spare(6),
        numbers("接受", "accepted").spare(3),
        numbers("更正", "corrected").spare(2),
        numbers("重复", "duplicate").spare(1),
        numbers("拒绝", "rejected"),
        numbers("待处理", "open"),
        words("决定", "decided").spare(4),
    ];
    let row = |batch: &Batch| {
        let decided = |decision: &BatchDecision| format!("{}: {}", decision.author, decision.reason);
        let decided = match (&batch.withdrawal, &batch.discarded, &batch.approved, &batch.committed) {
            (Some(w), ..) => format!("@{} {}: {}", w.position, w.author, w.reason),
            (None, Some(decision), ..) | (None, None, Some(decision), _) => decided(decision),
            (None, None, None, Some(decision)) => decision.author.clone(),
            _ => String::new(),
        };
        let (zh, en) = state_words(batch.state());
        let mut row = vec![
            batch.id.clone(),
            batch.file_name.clone(),
            screen.choose(zh, en).to_owned(),
            count(batch.position),
        ];
        // What does not count yet is not counted yet either.
        let is_counted = matches!(batch.state(), BatchState::Sealed | BatchState::Withdrawn);
        row.extend(match batch.counts.filter(|_| is_counted) {
            Some(c) => {
                [c.read, c.accepted, c.corrected, c.duplicate, c.rejected].map(|rows| rows.to_string())
            }
            None => [(); 5].map(|()| ABSENT.to_owned()),
        });
        row.push(count(batch.quarantine.map(|quarantine| quarantine.open)));
        row.push(decided);
        row
    };
    let rows = batches.iter().map(row).collect();
    screen.table(&columns, rows)
}

/// The state of an assessment in words (zh, en).
fn run_state_words(state: AssessmentState) -> (&'static str, &'static str) {
    match state {
        AssessmentState::Unspecified => (ABSENT, ABSENT),
        AssessmentState::Pending => ("排队中", "queued"),
        AssessmentState::Running => ("计算中", "running"),
        AssessmentState::Succeeded => ("未发布", "not published"),
        AssessmentState::Failed => ("失败", "failed"),
        AssessmentState::Cancelled => ("已取消", "cancelled"),
        AssessmentState::Published => ("已发布", "published"),
        AssessmentState::Withdrawn => ("已撤回", "withdrawn"),
    }
}

fn show_runs(runs: &[Assessment], screen: &mut Screen) -> Result<()> {
    let columns = [
        marks("测评", "assessment"),
        words("目录", "catalog"),
        marks("期次", "period"),
        numbers("数据位置", "as of").spare(2),
        words("状态", "state"),
        words("决定", "decided").spare(3),
        marks("摘要", "digest").spare(1),
    ];
    let row = |run: &Assessment| {
        let decided = [&run.cancelled, &run.withdrawn, &run.published].into_iter().flatten().next();
        let (zh, en) = run_state_words(run.state());
        vec![
            run.id.clone(),
            format!("{}@{}", run.catalog_id, run.catalog_version),
            run.period.clone(),
            run.as_of_position.to_string(),
            screen.choose(zh, en).to_owned(),
            decided.map(|Decision { author, reason, .. }| format!("{author}: {reason}")).unwrap_or_default(),
            run.digest.chars().take(16).collect(),
        ]
    };
    let rows = runs.iter().map(row).collect();
    screen.table(&columns, rows)
}

fn show_run(run: &Assessment, screen: &mut Screen) -> Result<()> {
    show_runs(std::slice::from_ref(run), screen)?;
    screen.json(&json::assessment(run))
}
