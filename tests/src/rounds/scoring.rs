//! Scoring under fire: an assessment runs while it is killed. It must finish with the digest of an undisturbed run, be
//! readable only as a whole, and be one however often it was asked for.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tonic::transport::Channel;
use tonic::{Code, Status};
use xiuhua_contracts::scoring::v1::scoring_service_client::ScoringServiceClient;
use xiuhua_contracts::scoring::v1::{
    Assessment, AssessmentState, CreateAssessmentRequest, GetAssessmentRequest,
    GetPublishedAssessmentRequest, ListAssessmentsRequest, PlaceLeafValues, PlaceScores,
    PublishAssessmentRequest, ReadLeafValuesRequest, ReadScoresRequest, VerifyAssessmentRequest,
};

use crate::chance::Chance;
use crate::district::{Drawn, PERIOD};
use crate::findings::{Breach, Findings};
use crate::patience::{asking, passes, until_answered};
use crate::processes::{LEASE, Process};

/// Runs in a round, one after the other.
const RUNS: u64 = 3;
/// Kills a round at most: fewer than the attempts that a run has.
const KILLS: u64 = 4;
/// Pause between two looks at a run.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Longest wait for the end of a run. A limit against hanging.
const LIMIT: Duration = Duration::from_secs(60);

type Client = ScoringServiceClient<Channel>;

/// What an undisturbed run gives.
#[derive(Debug)]
pub(super) struct Clean {
    digest: String,
    results: Results,
    /// From the wish to the end.
    took: Duration,
}

#[derive(Debug, PartialEq)]
struct Results {
    scores: Vec<PlaceScores>,
    values: Vec<PlaceLeafValues>,
}

impl Clean {
    /// Runs an assessment that nobody disturbs.
    pub(super) async fn computed(scoring: &Process, drawn: &Drawn) -> Result<Self> {
        let client = ScoringServiceClient::new(scoring.channel());
        let begun = Instant::now();
        let mut findings = Findings::default();
        let run = run(&client, drawn, "undisturbed", None, &mut findings).await?;
        let took = begun.elapsed();
        ensure!(run.state() == AssessmentState::Succeeded, "the undisturbed run failed: {run:?}");
        Ok(Self { digest: run.digest, results: results(client, &run.id).await?, took })
    }
}

/// One round.
pub(super) async fn round(
    scoring: &Process,
    drawn: &Drawn,
    clean: &Clean,
    round: u64,
    chance: &mut Chance,
) -> Result<Findings> {
    let client = ScoringServiceClient::new(scoring.channel());
    let before = assessments(client.clone()).await?;
    let mut findings = Findings::default();
    let work = async {
        let mut runs = Vec::new();
        for nth in 0..RUNS {
            let request_id = format!("round-{round}-{nth}");
            let run = run(&client, drawn, &request_id, Some(clean), &mut findings).await?;
            let published = publish(&client, &request_id, &run.id).await?;
            runs.push((request_id, run, published));
        }
        anyhow::Ok(runs)
    };
    // Every other kill is to strike a run, the one after it while the run waits for the lease of the dead to be over.
    let longest = |kills: u64| clean.took + if kills.is_multiple_of(2) { Duration::ZERO } else { LEASE };
    let (runs, kills) = super::under_fire(scoring, chance, KILLS, longest, work).await?;
    findings.kills = kills;
    findings.acknowledged += RUNS * 2;
    let mut attempts = 0;
    for (request_id, run, published) in &runs {
        attempts += u64::from(run.attempts);
        judge(&client, clean, run, &mut findings).await?;
        let again = publish(&client, request_id, &run.id).await?;
        if again.published != published.published {
            findings.breach(Breach::Doubled, format!("{published:?} was published, then {again:?}"));
        }
    }
    findings.resumed = attempts.saturating_sub(RUNS);
    if !(RUNS..=RUNS + kills).contains(&attempts) {
        findings.breach(Breach::Doubled, format!("{attempts} attempts at {RUNS} runs after {kills} kills"));
    }
    let request = GetPublishedAssessmentRequest { catalog_id: "little".into(), period: PERIOD.into() };
    let in_force = client.clone().get_published_assessment(asking(request)).await?.into_inner().assessment;
    if in_force.as_ref().map(|it| &it.id) != runs.last().map(|(_, run, _)| &run.id) {
        findings.breach(Breach::Lost, format!("{in_force:?} is in force and not the one published last"));
    }
    let made = assessments(client).await? - before;
    if made != runs.len() {
        findings.breach(Breach::Doubled, format!("{RUNS} wishes made {made} assessments"));
    }
    Ok(findings)
}

/// Asks for an assessment, however often it has to be said, and looks at it until it is over. Given a clean run, every
/// look also tries to read results before they are ready.
async fn run(
    client: &Client,
    drawn: &Drawn,
    request_id: &str,
    clean: Option<&Clean>,
    findings: &mut Findings,
) -> Result<Assessment> {
    let request = CreateAssessmentRequest {
        request_id: request_id.to_owned(),
        threshold_set_id: drawn.threshold_set_id.clone(),
        as_of_position: Some(2),
        ..Default::default()
    };
    let created = until_answered("CreateAssessment", async || {
        client.clone().create_assessment(asking(request.clone())).await
    });
    let id = created.await?.into_inner().assessment.unwrap_or_default().id;
    let begun = Instant::now();
    loop {
        if let Some(clean) = clean {
            peek(client, clean, &id, findings).await?;
        }
        let look = GetAssessmentRequest { id: id.clone() };
        let look = until_answered("GetAssessment", async || {
            client.clone().get_assessment(asking(look.clone())).await
        });
        let seen = look.await?.into_inner().assessment.unwrap_or_default();
        if !matches!(seen.state(), AssessmentState::Pending | AssessmentState::Running) {
            return Ok(seen);
        }
        ensure!(begun.elapsed() < LIMIT, "the run does not end: {seen:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Reads results whether they are there or not: what can be read must be whole.
async fn peek(client: &Client, clean: &Clean, id: &str, findings: &mut Findings) -> Result<()> {
    match results(client.clone(), id).await {
        Ok(found) if found == clean.results => {}
        Ok(found) => {
            let words = format!("{id}: {} of {} places", found.scores.len(), clean.results.scores.len());
            findings.breach(Breach::Torn, words);
        }
        Err(status) => {
            let not_ready = status.code() == Code::FailedPrecondition;
            ensure!(not_ready || passes(&status), "reading results too early: {status:?}");
        }
    }
    Ok(())
}

async fn judge(client: &Client, clean: &Clean, run: &Assessment, findings: &mut Findings) -> Result<()> {
    let id = &run.id;
    if run.state() != AssessmentState::Succeeded {
        findings.breach(Breach::Lost, format!("{id} ended {:?}: {:?}", run.state(), run.failure));
        return Ok(());
    }
    if run.digest != clean.digest {
        findings.breach(Breach::Torn, format!("{id}: digest {} instead of {}", run.digest, clean.digest));
    }
    if results(client.clone(), id).await? != clean.results {
        findings.breach(Breach::Torn, format!("{id}: rows differ from a clean run's"));
    }
    let verify = VerifyAssessmentRequest { id: id.clone() };
    let verified = client.clone().verify_assessment(asking(verify)).await?.into_inner();
    if !verified.intact {
        findings.breach(Breach::Torn, format!("{id}: {:?}", verified.differences));
    }
    Ok(())
}

async fn publish(client: &Client, request_id: &str, id: &str) -> Result<Assessment> {
    let request = PublishAssessmentRequest {
        request_id: format!("publish-{request_id}"),
        id: id.to_owned(),
        author: "chaos".into(),
        reason: "under fire".into(),
    };
    let answer = until_answered("PublishAssessment", async || {
        client.clone().publish_assessment(asking(request.clone())).await
    });
    Ok(answer.await?.into_inner().assessment.unwrap_or_default())
}

/// How many assessments are on record.
async fn assessments(mut client: Client) -> Result<usize, Status> {
    let (mut count, mut page_token) = (0, String::new());
    loop {
        let request = ListAssessmentsRequest { page_size: 1000, page_token, ..Default::default() };
        let page = client.list_assessments(asking(request)).await?.into_inner();
        count += page.assessments.len();
        if page.next_page_token.is_empty() {
            return Ok(count);
        }
        page_token = page.next_page_token;
    }
}

async fn results(mut client: Client, id: &str) -> Result<Results, Status> {
    let request = ReadScoresRequest { assessment_id: id.to_owned() };
    let mut messages = client.read_scores(asking(request)).await?.into_inner();
    let mut scores = Vec::new();
    while let Some(message) = messages.message().await? {
        scores.extend(message.places);
    }
    let request = ReadLeafValuesRequest { assessment_id: id.to_owned() };
    let mut messages = client.read_leaf_values(asking(request)).await?.into_inner();
    let mut values = Vec::new();
    while let Some(message) = messages.message().await? {
        values.extend(message.places);
    }
    Ok(Results { scores, values })
}
