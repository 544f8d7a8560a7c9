//! Assessments themselves: create, get, list, watch.

use std::time::Duration;

use futures_util::stream;
use prost::Message as _;
use tokio::sync::watch;
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_service_kit::ids::new_id;
use xiuhua_service_kit::page;
use xiuhua_service_kit::request_id::{Remembered, RequestId, Verdict, compare, fingerprint};
use xiuhua_service_kit::status::{Language, to_status};

use super::{Answers, Scoring};
use crate::convert;
use crate::domain::assessment::{Assessment, State};
use crate::domain::id::AssessmentId;
use crate::error::Error;
use crate::store::{AssessmentFilter, NewAssessment, Run};

/// How long a watcher sleeps without a hint: another process may be the one that works.
const WATCH_PATROL: Duration = Duration::from_secs(1);

/// A stream of one assessment's changes.
struct Watching {
    door: Scoring,
    id: AssessmentId,
    hints: watch::Receiver<u64>,
    told: Option<Assessment>,
    language: Language,
}

impl Scoring {
    /// Keeps a PENDING assessment and wakes the worker.
    pub(super) async fn create(
        &self,
        request: proto::CreateAssessmentRequest,
    ) -> Result<proto::CreateAssessmentResponse, Error> {
        let (request_id, asked) = convert::asked(&request)?;
        let fingerprint = fingerprint(&request);
        // Asked before anything else: a repeat gets its answer even where upstream is away by now.
        let before = compare(self.store.recall(&request_id).await?, &fingerprint);
        if let Some(answer) = replay(before, &request_id)? {
            return Ok(answer);
        }
        let mut planned = self.upstream.plan(asked).await?;
        let scheme = self.scheme_for(&request.weight_scheme_id, &planned.plan).await?;
        planned.plan.weight_scheme = scheme.map(|scheme| scheme.as_used());
        let assessment = Assessment {
            id: AssessmentId::new(new_id("assessment")),
            plan: planned.plan,
            created: self.now(),
            attempts: 0,
            state: State::Pending,
        };
        let answer = proto::CreateAssessmentResponse { assessment: Some(convert::assessment(&assessment)) };
        let remembered =
            Remembered { request_id: request_id.clone(), fingerprint, response: answer.encode_to_vec() };
        let new = NewAssessment { assessment, catalog_toml: planned.catalog_toml, answer: remembered };
        // Two calls with one id at once: the record lets the first pass and tells the second what it said.
        let verdict = self.store.create(new).await?;
        if let Some(first_answer) = replay(verdict, &request_id)? {
            return Ok(first_answer);
        }
        self.changes.announce();
        Ok(answer)
    }

    pub(super) async fn get(
        &self,
        request: proto::GetAssessmentRequest,
    ) -> Result<proto::GetAssessmentResponse, Error> {
        let stored = self.find(&request.id).await?;
        Ok(proto::GetAssessmentResponse { assessment: Some(convert::assessment(&stored.assessment)) })
    }

    pub(super) async fn list(
        &self,
        request: proto::ListAssessmentsRequest,
    ) -> Result<proto::ListAssessmentsResponse, Error> {
        let binding = format!("assessments {:?} {:?}", request.period, request.catalog_id);
        let page = page::parse(request.page_size, &request.page_token, &binding, 100, 1_000)?;
        let before = page.after.as_deref().map(|key| key.parse().map(Run).map_err(|_| convert::bad_key()));
        let filter = AssessmentFilter {
            period: convert::given(&request.period),
            catalog_id: convert::given(&request.catalog_id),
            before: before.transpose()?,
            limit: page.limit_and_one(),
        };
        let mut rows = self.store.assessments(&filter).await?;
        let next_page_token = page::cut(&mut rows, &page, &binding, |row| row.run().0.to_string());
        let assessments = rows.iter().map(convert::listed).collect();
        Ok(proto::ListAssessmentsResponse { assessments, next_page_token })
    }

    pub(super) async fn watch(
        &self,
        request: proto::WatchAssessmentRequest,
    ) -> Result<Answers<proto::WatchAssessmentResponse>, Error> {
        let stored = self.find(&request.id).await?;
        let watching = Watching {
            door: self.clone(),
            id: stored.assessment.id,
            hints: self.changes.listen(),
            told: None,
            language: Language::current(),
        };
        Ok(Box::pin(stream::try_unfold(watching, async |mut watching| {
            let language = watching.language;
            let news = watching.next().await.map_err(|error| to_status(&error, language))?;
            Ok(news.map(|news| (news, watching)))
        })))
    }
}

impl Watching {
    /// The next thing to tell; `None` once it has been told that the run is over.
    async fn next(&mut self) -> Result<Option<proto::WatchAssessmentResponse>, Error> {
        if self.told.as_ref().is_some_and(Assessment::is_over) {
            return Ok(None);
        }
        loop {
            // Marked as heard before reading: a change while reading is heard in the next round.
            self.hints.borrow_and_update();
            let assessment = self.door.find(self.id.as_str()).await?.assessment;
            if self.told.as_ref() != Some(&assessment) {
                let answer = convert::assessment(&assessment);
                self.told = Some(assessment);
                return Ok(Some(proto::WatchAssessmentResponse { assessment: Some(answer) }));
            }
            // Either way the record is read again, so it does not matter which it was.
            let _ = tokio::time::timeout(WATCH_PATROL, self.hints.changed()).await;
        }
    }
}

fn replay(
    verdict: Verdict,
    request_id: &RequestId,
) -> Result<Option<proto::CreateAssessmentResponse>, Error> {
    let answer = verdict.into_replay(request_id)?;
    Ok(answer.map(|bytes| proto::CreateAssessmentResponse::decode(bytes.as_slice())).transpose()?)
}
