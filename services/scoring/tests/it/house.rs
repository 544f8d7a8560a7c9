//! A scoring service with its upstream, served in memory.

use tonic::Code;
use tonic::transport::Channel;
use xiuhua_contracts::classification::v1::classification_service_server::ClassificationServiceServer;
use xiuhua_contracts::ingestion::v1::ingestion_service_server::IngestionServiceServer;
use xiuhua_contracts::normalization::v1::normalization_service_server::NormalizationServiceServer;
use xiuhua_contracts::scoring::v1 as wire;
use xiuhua_contracts::scoring::v1::scoring_service_client::ScoringServiceClient;
use xiuhua_scoring::{Config, Upstream, assemble};
use xiuhua_service_kit::clock::ManualClock;
use xiuhua_service_kit::server::Part;
use xiuhua_service_kit::status::explain;
use xiuhua_service_kit::testing::{Served, TemporaryDatabase, serve, temporary_postgres};

use crate::fakes::{SET, World};

/// A running service.
pub(crate) struct House {
    pub(crate) client: ScoringServiceClient<Channel>,
    pub(crate) world: World,
    url: String,
    clock: ManualClock,
    served: Served,
    _upstream: Served,
    _database: Option<TemporaryDatabase>,
}

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

/// A house over every back end.
pub(crate) async fn every_backend(world: impl Fn() -> World) -> Vec<House> {
    let mut houses = vec![House::over(world(), "sqlite::memory:".to_owned(), None, true).await];
    houses.extend(every_lasting_backend(world, true).await);
    houses
}

/// A house over every back end whose record outlives the process, with or without a worker.
pub(crate) async fn every_lasting_backend(world: impl Fn() -> World, worker: bool) -> Vec<House> {
    let database = TemporaryDatabase::new();
    vec![
        House::over(world(), database.url(), Some(database), worker).await,
        House::over(world(), temporary_postgres().await, None, worker).await,
    ]
}

impl House {
    /// Over a store that is gone with it.
    pub(crate) async fn in_memory(world: World) -> Self {
        Self::over(world, "sqlite::memory:".to_owned(), None, true).await
    }

    /// Over a store that outlives it, with nobody to run assessments.
    pub(crate) async fn without_worker(world: World) -> Self {
        let database = TemporaryDatabase::new();
        Self::over(world, database.url(), Some(database), false).await
    }

    /// Over a store that is gone with it, with few attempts for each run.
    pub(crate) async fn with_attempts(world: World, attempts: u32) -> Self {
        let url = "sqlite::memory:".to_owned();
        let mut config = Config::embedded(&url).unwrap();
        config.worker.max_attempts = attempts.try_into().unwrap();
        Self::with(world, url, &config, None, true).await
    }

    /// The same service started again on the same record.
    pub(crate) async fn restarted(mut self) -> Self {
        self.served.stop();
        let database = self._database.take();
        Self::over(self.world, self.url, database, true).await
    }

    /// The same service started again on the same record, with little patience for its upstream and one
    /// attempt for each run.
    pub(crate) async fn restarted_with_silence(mut self, silence_ms: u64) -> Self {
        self.served.stop();
        let database = self._database.take();
        let mut config = Config::embedded(&self.url).unwrap();
        config.upstream.silence_ms = silence_ms;
        config.worker.max_attempts = 1.try_into().unwrap();
        Self::with(self.world, self.url, &config, database, true).await
    }

    async fn over(world: World, url: String, database: Option<TemporaryDatabase>, worker: bool) -> Self {
        let config = Config::embedded(&url).unwrap();
        Self::with(world, url, &config, database, worker).await
    }

    async fn with(
        world: World,
        url: String,
        config: &Config,
        database: Option<TemporaryDatabase>,
        worker: bool,
    ) -> Self {
        let upstream = serve(vec![
            Part::new(IngestionServiceServer::new(world.clone())),
            Part::new(ClassificationServiceServer::new(world.clone())),
            Part::new(NormalizationServiceServer::new(world.clone())),
        ]);
        let channels = Upstream {
            ingestion: upstream.channel.clone(),
            classification: upstream.channel.clone(),
            normalization: upstream.channel.clone(),
        };
        let clock = ManualClock::starting_at("2022-01-15T08:00:00Z".parse().unwrap());
        let part = assemble(config, channels, clock.shared()).await.unwrap();
        let served = serve(vec![if worker { part } else { part.second_door() }]);
        Self {
            client: ScoringServiceClient::new(served.channel.clone()),
            world,
            url,
            clock,
            served,
            _upstream: upstream,
            _database: database,
        }
    }

    pub(crate) fn clock_forward(&self) {
        self.clock.advance(std::time::Duration::from_secs(3_600));
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
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
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

/// Equal but for round-off.
#[track_caller]
pub(crate) fn assert_close(found: impl Into<Option<f64>>, expected: f64) {
    let found = found.into().unwrap();
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
}
