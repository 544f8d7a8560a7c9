//! The platform a command works on: the embedded one (all services in this process, talking over a pipe) or a remote
//! one. To the commands they look alike. Where the embedded one keeps its records is `records.rs`.

use std::fs::File;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};
use xiuhua_contracts::FILE_DESCRIPTOR_SET;
use xiuhua_contracts::classification::v1::classification_service_client::ClassificationServiceClient;
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::normalization::v1::normalization_service_client::NormalizationServiceClient;
use xiuhua_contracts::scoring::v1::learning_service_client::LearningServiceClient;
use xiuhua_contracts::scoring::v1::scoring_service_client::ScoringServiceClient;
use xiuhua_contracts::scoring::v1::structure_service_client::StructureServiceClient;
use xiuhua_contracts::scoring::v1::uncertainty_service_client::UncertaintyServiceClient;
use xiuhua_contracts::scoring::v1::warning_service_client::WarningServiceClient;
use xiuhua_contracts::scoring::v1::weight_service_client::WeightServiceClient;
use xiuhua_service_kit::channel::{ChannelConfig, Line, connect, line};
use xiuhua_service_kit::clock::SystemClock;
use xiuhua_service_kit::limits::Limits;
use xiuhua_service_kit::server::{Part, ServeError, serve_listener, serve_pipe};
use xiuhua_service_kit::status::Language;
use xiuhua_service_kit::{CancellationToken, ids, pipe, shutdown};

use crate::cli::{Globals, Tongue};
use crate::locking::lock;
use crate::method::UnusableInput;
use crate::records::Records;
use crate::screen::{told, tongue};

/// A channel on which every call has a deadline and names the user's language.
pub(crate) type Speaking = InterceptedService<Line, Speaks>;

/// Names the user's language on every call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speaks(Language);

impl Interceptor for Speaks {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("accept-language", MetadataValue::from_static(self.0.tag()));
        Ok(request)
    }
}

/// An open platform. [`Platform::close`] drains an embedded one.
pub(crate) struct Platform {
    channel: Speaking,
    embedded: Option<Embedded>,
}

/// The services in this process.
struct Embedded {
    /// The answering half of each, for a further door.
    parts: Vec<Part>,
    server: JoinHandle<Result<(), ServeError>>,
    shutdown: CancellationToken,
    /// Held while SQLite files are open.
    _locks: Vec<File>,
    /// Removed when the platform is closed; none if the folder is the user's.
    _temporary: Option<TempDir>,
}

/// Whether an embedded platform does what it does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workers {
    /// Assessments that wait are computed: for commands that serve, or wait for the end of one.
    Run,
    /// What waits goes on waiting: a command that ends at once would begin an assessment and give it back.
    Rest,
}

/// A new name for a mutation.
pub(crate) fn request_id() -> String {
    ids::new_id("cli")
}

impl Platform {
    /// The platform that the options ask for.
    ///
    /// # Errors
    /// As [`Platform::embedded`], or an address that is no URL, or databases beside a server.
    pub(crate) async fn open(globals: &Globals, workers: Workers) -> Result<Self> {
        let Some(url) = &globals.server else { return Self::embedded(globals, workers).await };
        if globals.databases.any() {
            bail!(UnusableInput(vec![
                "--server and --*-db (or XIUHUA_*_DB): a running platform has its own databases / \
                 不能同时指定 --server 和 --*-db（或 XIUHUA_*_DB）：运行中的平台使用自己的数据库"
                    .to_owned()
            ]));
        }
        let config = ChannelConfig::default();
        let channel =
            connect(url, &config).with_context(|| format!("{}: {url}", told("不是网址", "not a URL")))?;
        Ok(Self { channel: speaking(channel, globals), embedded: None })
    }

    /// The embedded platform on the records that the options name, made and migrated as needed.
    ///
    /// # Errors
    /// If a database cannot be opened, another process has a SQLite file of theirs open, or a newer version has written one.
    pub(crate) async fn embedded(globals: &Globals, workers: Workers) -> Result<Self> {
        refuse_server(globals)?;
        let records = Records::of(globals)?;
        let locks = lock(&records)?;
        Self::on(&records, workers, locks, None, globals).await
    }

    /// An embedded platform in a temporary folder that goes with it.
    ///
    /// # Errors
    /// If the machine has no room for one.
    pub(crate) async fn temporary(globals: &Globals) -> Result<Self> {
        let folder = tempfile::tempdir()
            .with_context(|| told("无法创建临时目录", "no room for a temporary folder"))?;
        let records = Records::in_temporary_folder(folder.path());
        Self::on(&records, Workers::Run, Vec::new(), Some(folder), globals).await
    }

    /// An embedded platform on these records that answers and begins nothing by itself: what waits in them goes on
    /// waiting.
    ///
    /// # Errors
    /// As [`Platform::embedded`].
    pub(crate) async fn at_rest(records: &Records, globals: &Globals) -> Result<Self> {
        let locks = lock(records)?;
        Self::on(records, Workers::Rest, locks, None, globals).await
    }

    async fn on(
        records: &Records,
        workers: Workers,
        locks: Vec<File>,
        temporary: Option<TempDir>,
        globals: &Globals,
    ) -> Result<Self> {
        let (channel, acceptor) = pipe::pair();
        // Boxed: the four open side by side, and what waits for that would carry all of it along.
        let parts = Box::pin(assemble(records, &channel)).await?;
        let doors: Vec<_> = parts.iter().map(Part::second_door).collect();
        let (served, parts) = match workers {
            Workers::Run => (parts, doors),
            Workers::Rest => (doors, Vec::new()),
        };
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let server =
            tokio::spawn(async move { serve_pipe(acceptor, served, &Limits::default(), stop).await });
        let embedded = Embedded { parts, server, shutdown, _locks: locks, _temporary: temporary };
        Ok(Self { channel: speaking(channel, globals), embedded: Some(embedded) })
    }

    /// Serves the embedded platform on a listener until SIGTERM or SIGINT, then drains it.
    ///
    /// # Errors
    /// If serving fails.
    pub(crate) async fn serve(mut self, listener: TcpListener, reflection: bool) -> Result<()> {
        let Some(embedded) = &mut self.embedded else { bail!("a remote platform is served elsewhere") };
        let parts = std::mem::take(&mut embedded.parts);
        let reflection = reflection.then_some(FILE_DESCRIPTOR_SET);
        let stop = shutdown::on_signals()?;
        serve_listener(listener, parts, &Limits::default(), reflection, stop).await?;
        self.close().await
    }

    /// Drains an embedded platform; nothing for a remote one.
    ///
    /// # Errors
    /// If the server had failed.
    pub(crate) async fn close(self) -> Result<()> {
        if let Some(embedded) = self.embedded {
            embedded.shutdown.cancel();
            // The last connection ends with the last channel.
            drop(self.channel);
            embedded.server.await.context("the embedded platform was cut")??;
        }
        Ok(())
    }

    /// A client of the ingestion service.
    pub(crate) fn ingestion(&self) -> IngestionServiceClient<Speaking> {
        IngestionServiceClient::new(self.channel.clone())
    }

    /// A client of the classification service.
    pub(crate) fn classification(&self) -> ClassificationServiceClient<Speaking> {
        ClassificationServiceClient::new(self.channel.clone())
    }

    /// A client of the normalization service.
    pub(crate) fn normalization(&self) -> NormalizationServiceClient<Speaking> {
        NormalizationServiceClient::new(self.channel.clone())
    }

    /// A client of the scoring service.
    pub(crate) fn scoring(&self) -> ScoringServiceClient<Speaking> {
        ScoringServiceClient::new(self.channel.clone())
    }

    /// A client of scoring's weight schemes.
    pub(crate) fn weights(&self) -> WeightServiceClient<Speaking> {
        WeightServiceClient::new(self.channel.clone())
    }

    /// A client of scoring's analyses of uncertainty.
    pub(crate) fn uncertainty(&self) -> UncertaintyServiceClient<Speaking> {
        UncertaintyServiceClient::new(self.channel.clone())
    }

    /// A client of scoring's second service: what a place can do about its score.
    pub(crate) fn learning(&self) -> LearningServiceClient<Speaking> {
        LearningServiceClient::new(self.channel.clone())
    }

    /// A client of scoring's third service: whether an index measures what its tree says.
    pub(crate) fn structure(&self) -> StructureServiceClient<Speaking> {
        StructureServiceClient::new(self.channel.clone())
    }

    /// A client of scoring's warnings.
    pub(crate) fn warnings(&self) -> WarningServiceClient<Speaking> {
        WarningServiceClient::new(self.channel.clone())
    }
}

/// All services on their databases, opened side by side; they call each other through `channel`, which will be served to
/// them.
async fn assemble(records: &Records, channel: &Channel) -> Result<Vec<Part>> {
    let clock = SystemClock::shared;
    let ingestion = async {
        let mut config = xiuhua_ingestion::Config::embedded(records.url("ingestion"))?;
        let share = records.second_person_above_ratio();
        config.review.second_person_above_ratio = share.unwrap_or(config.review.second_person_above_ratio);
        anyhow::Ok(xiuhua_ingestion::assemble(&config, clock()).await?)
    };
    let classification = async {
        let config = xiuhua_classification::Config::embedded(records.url("classification"))?;
        let upstream = xiuhua_classification::Upstream { ingestion: channel.clone() };
        anyhow::Ok(xiuhua_classification::assemble(&config, upstream, clock()).await?)
    };
    let normalization = async {
        let config = xiuhua_normalization::Config::embedded(records.url("normalization"))?;
        let upstream =
            xiuhua_normalization::Upstream { ingestion: channel.clone(), classification: channel.clone() };
        anyhow::Ok(xiuhua_normalization::assemble(&config, upstream, clock()).await?)
    };
    let scoring = async {
        let config = xiuhua_scoring::Config::embedded(records.url("scoring"))?;
        let upstream = xiuhua_scoring::Upstream {
            ingestion: channel.clone(),
            classification: channel.clone(),
            normalization: channel.clone(),
        };
        anyhow::Ok(xiuhua_scoring::assemble(&config, upstream, clock()).await?)
    };
    // The first that fails, in the order of the line, is the one that is told.
    let (ingestion, classification, normalization, scoring) =
        tokio::join!(ingestion, classification, normalization, scoring);
    Ok(vec![ingestion?, classification?, normalization?, scoring?])
}

/// Refuses a server to a command that works on the embedded platform alone.
///
/// # Errors
/// There is one.
pub(crate) fn refuse_server(globals: &Globals) -> Result<()> {
    if globals.server.is_some() {
        bail!(told(
            "该命令使用内置平台，不能指定 --server",
            "this command opens the embedded platform and takes no --server",
        ));
    }
    Ok(())
}

fn speaking(channel: Channel, globals: &Globals) -> Speaking {
    let language = if tongue(globals) == Tongue::Zh { Language::Zh } else { Language::En };
    InterceptedService::new(line(channel, &ChannelConfig::default(), FILE_DESCRIPTOR_SET), Speaks(language))
}
