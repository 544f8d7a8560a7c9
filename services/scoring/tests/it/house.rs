//! A scoring service with its upstream, served in memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tonic::Code;
use tonic::transport::Channel;
use xiuhua_contracts::classification::v1::classification_service_server::ClassificationServiceServer;
use xiuhua_contracts::ingestion::v1::ingestion_service_server::IngestionServiceServer;
use xiuhua_contracts::normalization::v1::normalization_service_server::NormalizationServiceServer;
use xiuhua_contracts::normalization::v1::series_service_server::SeriesServiceServer;
use xiuhua_contracts::scoring::v1 as wire;
use xiuhua_contracts::scoring::v1::learning_service_client::LearningServiceClient;
use xiuhua_contracts::scoring::v1::scoring_service_client::ScoringServiceClient;
use xiuhua_contracts::scoring::v1::structure_service_client::StructureServiceClient;
use xiuhua_contracts::scoring::v1::warning_service_client::WarningServiceClient;
use xiuhua_contracts::scoring::v1::weight_service_client::WeightServiceClient;
use xiuhua_scoring::{Config, Upstream, assemble};
use xiuhua_service_kit::clock::{ManualClock, SharedClock};
use xiuhua_service_kit::server::Part;
use xiuhua_service_kit::status::explain;
use xiuhua_service_kit::testing::{Served, TemporaryDatabase, serve, temporary_postgres};

use crate::fakes::{SET, World};

/// Where a house keeps its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// A running service.
pub(crate) struct House {
    pub(crate) client: ScoringServiceClient<Channel>,
    pub(crate) warnings: WarningServiceClient<Channel>,
    pub(crate) world: World,
    pub(crate) url: String,
    clock: ManualClock,
    served: Served,
    /// What it runs on, where that can be killed.
    machine: Option<Runtime>,
    _upstream: Served,
    database: Option<Arc<TemporaryDatabase>>,
}

/// How a house is built.
#[derive(Clone)]
pub(crate) struct Build {
    world: World,
    url: String,
    database: Option<Arc<TemporaryDatabase>>,
    clock: ManualClock,
    config: Config,
    worker: bool,
    mortal: bool,
}

/// Makes two tests of each function: `sqlite` and `postgres`.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::house::Backend::Sqlite).await;
            })+
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::house::Backend::Postgres).await;
            })+
        }
    };
}
pub(crate) use on_both;

/// What a caller is told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) fields: Vec<String>,
}

impl From<tonic::Status> for Refusal {
    fn from(status: tonic::Status) -> Self {
        let explained = explain(&status);
        Self {
            code: explained.code,
            reason: explained.reason,
            message: explained.message,
            fields: explained.violations.into_iter().map(|violation| violation.field).collect(),
        }
    }
}

impl Build {
    /// Over a new record, with a worker.
    pub(crate) async fn on(backend: Backend, world: World) -> Self {
        let (url, database) = match backend {
            Backend::Sqlite => {
                let database = TemporaryDatabase::new();
                (database.url(), Some(Arc::new(database)))
            }
            Backend::Postgres => (temporary_postgres().await, None),
        };
        let clock = ManualClock::starting_at("2022-01-15T08:00:00Z".parse().unwrap());
        let config = Config::embedded(&url).unwrap();
        Self { world, url, database, clock, config, worker: true, mortal: false }
    }

    /// With nobody to run assessments.
    pub(crate) fn without_worker(self) -> Self {
        Self { worker: false, ..self }
    }

    /// On a machine of its own that can be killed.
    pub(crate) fn mortal(self) -> Self {
        Self { mortal: true, ..self }
    }

    /// A run is begun so often.
    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.config.worker.max_attempts = attempts.try_into().unwrap();
        self
    }

    /// How long a worker holds a run that it does not renew.
    pub(crate) fn with_lease(mut self, lease_ms: u64) -> Self {
        self.config.worker.lease_ms = lease_ms.try_into().unwrap();
        self
    }

    /// The longest wait for upstream.
    pub(crate) fn with_silence(mut self, silence_ms: u64) -> Self {
        self.config.upstream.silence_ms = silence_ms;
        self
    }

    pub(crate) async fn open(self) -> House {
        let upstream = serve(vec![
            Part::new(IngestionServiceServer::new(self.world.clone())),
            Part::new(ClassificationServiceServer::new(self.world.clone())),
            Part::new(NormalizationServiceServer::new(self.world.clone())),
            Part::new(SeriesServiceServer::new(self.world.clone())),
        ]);
        let channels = Upstream {
            ingestion: upstream.channel.clone(),
            classification: upstream.channel.clone(),
            normalization: upstream.channel.clone(),
        };
        let Self { world, url, database, clock, config, worker, mortal } = self;
        let time = clock.shared();
        let machine = mortal.then(|| Runtime::new().unwrap());
        let served = match &machine {
            Some(machine) => {
                let machine = machine.handle().clone();
                let opening = move || machine.block_on(open(config, channels, time, worker));
                tokio::task::spawn_blocking(opening).await.unwrap()
            }
            None => open(config, channels, time, worker).await,
        };
        let client = ScoringServiceClient::new(served.channel.clone());
        let warnings = WarningServiceClient::new(served.channel.clone());
        House { client, warnings, world, url, clock, served, machine, _upstream: upstream, database }
    }
}

async fn open(config: Config, upstream: Upstream, clock: SharedClock, worker: bool) -> Served {
    let part = assemble(&config, upstream, clock).await.unwrap();
    serve(vec![if worker { part } else { part.second_door() }])
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(machine) = self.machine.take() {
            machine.shutdown_background();
        }
    }
}

impl House {
    pub(crate) async fn on(backend: Backend, world: World) -> Self {
        Build::on(backend, world).await.open().await
    }

    /// Another service on the same record, at the same time of day.
    pub(crate) fn neighbour(&self) -> Build {
        Build {
            world: self.world.clone(),
            url: self.url.clone(),
            database: self.database.clone(),
            clock: self.clock.clone(),
            config: Config::embedded(&self.url).unwrap(),
            worker: true,
            mortal: false,
        }
    }

    /// The same service started again on the same record.
    pub(crate) async fn restarted(self) -> Self {
        self.served.stop();
        self.neighbour().open().await
    }

    /// The same service started again on the same record, with room for so many bytes of rankings.
    pub(crate) async fn restarted_with(self, ranking_pages_bytes: usize) -> Self {
        self.served.stop();
        let mut next = self.neighbour();
        next.config.reading.ranking_pages_bytes = ranking_pages_bytes;
        next.open().await
    }

    /// The same service after its machine was cut off from one moment to the next.
    pub(crate) fn killed(mut self) -> Build {
        let next = self.neighbour();
        self.machine.take().unwrap().shutdown_background();
        next
    }

    /// A client of the weight schemes.
    pub(crate) fn weights(&self) -> WeightServiceClient<Channel> {
        WeightServiceClient::new(self.served.channel.clone())
    }

    /// A channel to its door.
    pub(crate) fn channel(&self) -> Channel {
        self.served.channel.clone()
    }

    /// A client of the second service at the door.
    pub(crate) fn learning(&self) -> LearningServiceClient<Channel> {
        LearningServiceClient::new(self.served.channel.clone())
    }

    /// A client of the third.
    pub(crate) fn structure(&self) -> StructureServiceClient<Channel> {
        StructureServiceClient::new(self.served.channel.clone())
    }

    pub(crate) fn is_on(&self, backend: Backend) -> bool {
        self.url.starts_with("postgres:") == (backend == Backend::Postgres)
    }

    /// Until a worker is at it for the so-manieth time and hangs, as the world wants it.
    pub(crate) async fn until_hanging(&mut self, id: &str, attempts: u32) {
        let wanted = (wire::AssessmentState::Running, attempts);
        let mut found = self.get(id).await;
        while (found.state(), found.attempts) != wanted || self.world.facts().hung < attempts {
            tokio::time::sleep(Duration::from_millis(5)).await;
            found = self.get(id).await;
        }
    }

    pub(crate) fn clock_forward(&self) {
        self.clock_forward_by(Duration::from_secs(3_600));
    }

    pub(crate) fn clock_forward_by(&self, step: Duration) {
        self.clock.advance(step);
    }

    /// Asks for an assessment; it may still be PENDING.
    pub(crate) async fn create(
        &mut self,
        request: wire::CreateAssessmentRequest,
    ) -> Result<wire::Assessment, Refusal> {
        Ok(self.client.create_assessment(request).await?.into_inner().assessment.unwrap())
    }

    /// Runs an assessment to its end.
    pub(crate) async fn assess(&mut self, request: wire::CreateAssessmentRequest) -> wire::Assessment {
        let created = self.create(request).await.unwrap();
        self.until_over(&created.id).await
    }

    /// Runs the assessment that the threshold set was drawn for.
    pub(crate) async fn assess_default(&mut self) -> wire::Assessment {
        let assessment = self.assess(asking("default")).await;
        assert_eq!(assessment.state(), wire::AssessmentState::Succeeded, "{:?}", assessment.failure);
        assessment
    }

    /// The final state of an assessment.
    pub(crate) async fn until_over(&mut self, id: &str) -> wire::Assessment {
        self.watch(id).await.pop().unwrap()
    }

    /// The final state of an assessment that waits for times to come.
    pub(crate) async fn until_over_in_time(&mut self, id: &str) -> wire::Assessment {
        loop {
            let found = self.get(id).await;
            if found.finished_time.is_some() {
                return found;
            }
            self.clock_forward();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Everything that a watcher is told.
    pub(crate) async fn watch(&mut self, id: &str) -> Vec<wire::Assessment> {
        let request = wire::WatchAssessmentRequest { id: id.to_owned() };
        let mut stream = self.client.watch_assessment(request).await.unwrap().into_inner();
        let mut told = Vec::new();
        while let Some(news) = stream.message().await.unwrap() {
            told.push(news.assessment.unwrap());
        }
        told
    }

    pub(crate) async fn get(&mut self, id: &str) -> wire::Assessment {
        let request = wire::GetAssessmentRequest { id: id.to_owned() };
        self.client.get_assessment(request).await.unwrap().into_inner().assessment.unwrap()
    }

    /// Scores of one place, by node.
    pub(crate) async fn scores(&mut self, assessment: &str, place: &str) -> Vec<wire::NodeScore> {
        let request =
            wire::GetPlaceScoresRequest { assessment_id: assessment.to_owned(), place_id: place.to_owned() };
        self.client.get_place_scores(request).await.unwrap().into_inner().scores
    }

    /// Score of one place at one node.
    pub(crate) async fn score(&mut self, assessment: &str, place: &str, node: &str) -> wire::NodeScore {
        let scores = self.scores(assessment, place).await;
        scores.into_iter().find(|score| score.node == node).unwrap()
    }

    pub(crate) async fn explain(
        &mut self,
        assessment: &str,
        place: &str,
        node: &str,
    ) -> wire::ExplainScoreResponse {
        let request = wire::ExplainScoreRequest {
            assessment_id: assessment.to_owned(),
            place_id: place.to_owned(),
            node: node.to_owned(),
        };
        self.client.explain_score(request).await.unwrap().into_inner()
    }

    /// Every group score of a type and node.
    pub(crate) async fn groups(&mut self, assessment: &str, kind: &str, node: &str) -> Vec<wire::GroupScore> {
        let request = wire::ListGroupScoresRequest {
            assessment_id: assessment.to_owned(),
            r#type: kind.to_owned(),
            node: node.to_owned(),
            ..Default::default()
        };
        self.client.list_group_scores(request).await.unwrap().into_inner().groups
    }

    /// A ranking, page by page.
    pub(crate) async fn ranking(&mut self, mut request: wire::ListRankingRequest) -> Vec<wire::RankedPlace> {
        let mut places = Vec::new();
        loop {
            let page = self.client.list_ranking(request.clone()).await.unwrap().into_inner();
            assert!(
                page.places.len() <= usize::try_from(request.page_size.max(1)).unwrap()
                    || request.page_size == 0
            );
            places.extend(page.places);
            if page.next_page_token.is_empty() {
                return places;
            }
            request.page_token = page.next_page_token;
        }
    }
}

/// A request for the assessment that the threshold set was drawn for.
pub(crate) fn asking(request_id: &str) -> wire::CreateAssessmentRequest {
    wire::CreateAssessmentRequest {
        request_id: request_id.to_owned(),
        threshold_set_id: SET.to_owned(),
        ..Default::default()
    }
}

/// A request to cancel.
pub(crate) fn cancelling(request_id: &str, id: &str) -> wire::CancelAssessmentRequest {
    wire::CancelAssessmentRequest {
        request_id: request_id.to_owned(),
        id: id.to_owned(),
        author: "王芳".to_owned(),
        reason: "选错了期间".to_owned(),
    }
}

/// A request to publish.
pub(crate) fn publishing(request_id: &str, id: &str) -> wire::PublishAssessmentRequest {
    wire::PublishAssessmentRequest {
        request_id: request_id.to_owned(),
        id: id.to_owned(),
        author: "李明".to_owned(),
        reason: "年度结果".to_owned(),
    }
}

/// A request to withdraw.
pub(crate) fn withdrawing(request_id: &str, id: &str) -> wire::WithdrawAssessmentRequest {
    wire::WithdrawAssessmentRequest {
        request_id: request_id.to_owned(),
        id: id.to_owned(),
        author: "李明".to_owned(),
        reason: "数据有误".to_owned(),
    }
}

/// Equal but for round-off.
#[track_caller]
pub(crate) fn assert_close(found: impl Into<Option<f64>>, expected: f64) {
    let found = found.into().unwrap();
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
}
