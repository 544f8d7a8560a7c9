//! The door: decode, one question to the record or one computation, encode.

mod decisions;
mod door;
mod explaining;
mod learning;
mod lifecycle;
mod measures;
mod pages;
mod ranking;
mod scanning;
mod streams;
mod structure;
mod uncertainty;
mod verifying;
mod warnings;
pub(crate) mod weights;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use jiff::Timestamp;
use tonic::{Request, Response, Status};
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_contracts::scoring::v1::scoring_service_server::ScoringService;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::structure::Structure;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::status::{Violations, refuse};

pub(crate) use self::door::Door;
pub(crate) use self::pages::PageShelf;
use crate::bench::Bench;
use crate::changes::Changes;
use crate::domain::assessment::{Assessment, Place, Plan};
use crate::domain::id::{AssessmentId, PlaceId};
use crate::domain::type_record::TypeRecord;
use crate::error::Error;
use crate::lately::Lately;
use crate::recent::RecentResults;
use crate::service::learning::TypeOfRun;
use crate::shelf::CatalogShelf;
use crate::store::{Readable, SharedStore, Stored};
use crate::upstream::{Lines, Portraits};

/// Answers of a stream.
type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Scoring's door.
#[derive(Clone, Debug)]
pub(crate) struct Scoring {
    pub(crate) store: SharedStore,
    pub(crate) shelf: Arc<CatalogShelf>,
    pub(crate) recent: Arc<RecentResults>,
    pub(crate) upstream: Lines,
    pub(crate) clock: SharedClock,
    pub(crate) changes: Changes,
    /// Where assessments are verified.
    pub(crate) verifying: Bench,
    /// Where their uncertainty is analysed.
    pub(crate) analysing: Bench,
    /// Where structures are computed.
    pub(crate) studying: Bench,
    /// Where series are looked at for warnings.
    pub(crate) scanning: Bench,
    /// Where weights are made and compared.
    pub(crate) weighing: Bench,
    /// What was lately read of runs, which do not change any more.
    pub(crate) types: Arc<Lately<TypeOfRun, TypeRecord>>,
    /// Portraits by classification, type and position.
    pub(crate) portraits: Arc<Lately<(String, usize, u64), Portraits>>,
    /// Structures of types.
    pub(crate) structures: Arc<Lately<TypeOfRun, Structure>>,
}

/// A complete assessment, opened for reading.
struct Opened {
    assessment: Assessment,
    run: Readable,
    catalog: Arc<Catalog>,
}

impl Scoring {
    /// The present as the record keeps it, in whole microseconds: so an answer says what a later one will say.
    fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    async fn find(&self, id: &str) -> Result<Stored, Error> {
        let id = AssessmentId::new(id);
        self.store.assessment(&id).await?.ok_or(Error::NoAssessment(id))
    }

    /// Opens an assessment whose results are complete.
    async fn open(&self, id: &str) -> Result<Opened, Error> {
        let stored = self.find(id).await?;
        let Some(run) = stored.readable() else { return Err(Error::NotReady(stored.assessment.id)) };
        let catalog = self.shelf.get(&stored.assessment.plan.catalog.hash).await?;
        Ok(Opened { assessment: stored.assessment, run, catalog })
    }

    async fn place(&self, opened: &Opened, id: &str) -> Result<Place, Error> {
        let place = PlaceId::new(id);
        let found = self.store.place(opened.run, &place).await?;
        found.ok_or_else(|| Error::NoPlace { assessment: opened.assessment.id.clone(), place })
    }
}

/// Refuses blank names, all of them at once.
fn must_name(fields: &[(&'static str, &str)]) -> Result<(), Error> {
    let mut faults = Violations::new();
    for (field, text) in fields {
        faults.required_text(*field, text);
    }
    Ok(faults.into_result()?)
}

impl Opened {
    fn plan(&self) -> &Plan {
        &self.assessment.plan
    }

    fn outline(&self) -> Outline<'_> {
        Outline::of(&self.catalog)
    }

    /// Position of a node by its code; an empty code means the root.
    fn node_at(&self, code: &str) -> Result<usize, Error> {
        if code.is_empty() {
            return Ok(0);
        }
        self.outline()
            .node_of_code(code)
            .ok_or_else(|| Error::NoNode { catalog: self.catalog.id.clone(), node: code.to_owned() })
    }

    fn no_type(&self, name: &str) -> Error {
        Error::NoType { assessment: self.assessment.id.clone(), name: name.to_owned() }
    }

    /// Position of a type by its name, UNCLASSIFIED included.
    fn type_at(&self, name: &str) -> Result<usize, Error> {
        self.plan().type_at(name).ok_or_else(|| self.no_type(name))
    }
}

#[tonic::async_trait]
impl ScoringService for Scoring {
    type WatchAssessmentStream = Answers<proto::WatchAssessmentResponse>;
    type ReadScoresStream = Answers<proto::ReadScoresResponse>;
    type ReadLeafValuesStream = Answers<proto::ReadLeafValuesResponse>;

    async fn create_assessment(
        &self,
        request: Request<proto::CreateAssessmentRequest>,
    ) -> Result<Response<proto::CreateAssessmentResponse>, Status> {
        self.create(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_assessment(
        &self,
        request: Request<proto::GetAssessmentRequest>,
    ) -> Result<Response<proto::GetAssessmentResponse>, Status> {
        self.get(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_assessments(
        &self,
        request: Request<proto::ListAssessmentsRequest>,
    ) -> Result<Response<proto::ListAssessmentsResponse>, Status> {
        self.list(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn cancel_assessment(
        &self,
        request: Request<proto::CancelAssessmentRequest>,
    ) -> Result<Response<proto::CancelAssessmentResponse>, Status> {
        self.cancel(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn publish_assessment(
        &self,
        request: Request<proto::PublishAssessmentRequest>,
    ) -> Result<Response<proto::PublishAssessmentResponse>, Status> {
        self.publish(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn withdraw_assessment(
        &self,
        request: Request<proto::WithdrawAssessmentRequest>,
    ) -> Result<Response<proto::WithdrawAssessmentResponse>, Status> {
        self.withdraw(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_published_assessment(
        &self,
        request: Request<proto::GetPublishedAssessmentRequest>,
    ) -> Result<Response<proto::GetPublishedAssessmentResponse>, Status> {
        self.published(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn verify_assessment(
        &self,
        request: Request<proto::VerifyAssessmentRequest>,
    ) -> Result<Response<proto::VerifyAssessmentResponse>, Status> {
        self.verify(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn watch_assessment(
        &self,
        request: Request<proto::WatchAssessmentRequest>,
    ) -> Result<Response<Self::WatchAssessmentStream>, Status> {
        self.watch(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_ranking(
        &self,
        request: Request<proto::ListRankingRequest>,
    ) -> Result<Response<proto::ListRankingResponse>, Status> {
        self.ranking(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_place_scores(
        &self,
        request: Request<proto::GetPlaceScoresRequest>,
    ) -> Result<Response<proto::GetPlaceScoresResponse>, Status> {
        self.place_scores(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_group_scores(
        &self,
        request: Request<proto::ListGroupScoresRequest>,
    ) -> Result<Response<proto::ListGroupScoresResponse>, Status> {
        self.groups(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn explain_score(
        &self,
        request: Request<proto::ExplainScoreRequest>,
    ) -> Result<Response<proto::ExplainScoreResponse>, Status> {
        self.explain(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn diagnose_place(
        &self,
        request: Request<proto::DiagnosePlaceRequest>,
    ) -> Result<Response<proto::DiagnosePlaceResponse>, Status> {
        self.diagnose(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_growth(
        &self,
        request: Request<proto::ListGrowthRequest>,
    ) -> Result<Response<proto::ListGrowthResponse>, Status> {
        self.growth(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_thresholds_used(
        &self,
        request: Request<proto::ListThresholdsUsedRequest>,
    ) -> Result<Response<proto::ListThresholdsUsedResponse>, Status> {
        self.thresholds(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_weights(
        &self,
        request: Request<proto::ListWeightsRequest>,
    ) -> Result<Response<proto::ListWeightsResponse>, Status> {
        self.weights(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn read_scores(
        &self,
        request: Request<proto::ReadScoresRequest>,
    ) -> Result<Response<Self::ReadScoresStream>, Status> {
        self.stream_scores(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn read_leaf_values(
        &self,
        request: Request<proto::ReadLeafValuesRequest>,
    ) -> Result<Response<Self::ReadLeafValuesStream>, Status> {
        self.stream_leaf_values(request.into_inner()).await.map(Response::new).map_err(refuse)
    }
}
