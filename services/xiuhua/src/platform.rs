//! The platform a command works on: the embedded one (all services in this process, talking over a pipe) or a remote
//! one. To the commands they look alike.

use std::fs::{File, TryLockError};
use std::path::Path;

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
use xiuhua_contracts::scoring::v1::scoring_service_client::ScoringServiceClient;
use xiuhua_service_kit::channel::{ChannelConfig, Line, connect, line};
use xiuhua_service_kit::clock::SystemClock;
use xiuhua_service_kit::limits::Limits;
use xiuhua_service_kit::server::{Part, ServeError, serve_listener, serve_pipe};
use xiuhua_service_kit::status::Language;
use xiuhua_service_kit::{CancellationToken, ids, pipe, shutdown};

use crate::cli::{Globals, Tongue};
use crate::screen::tongue;

/// Where the embedded platform is unless told otherwise.
const DATA_DIR: &str = "xiuhua-data";

/// The file of a data folder that a process locks while it has it open.
const LOCK: &str = "lock";

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
    /// Held while the data folder is open.
    _lock: File,
    /// Removed when the platform is closed; none if the folder is the user's.
    _temporary: Option<TempDir>,
}

/// A new name for a mutation.
pub(crate) fn request_id() -> String {
    ids::new_id("cli")
}

impl Platform {
    /// The platform that the options ask for.
    ///
    /// # Errors
    /// As [`Platform::embedded`], or an address that is no URL.
    pub(crate) async fn open(globals: &Globals) -> Result<Self> {
        let Some(url) = &globals.server else { return Self::embedded(globals).await };
        let config = ChannelConfig::default();
        let channel = connect(url, &config).with_context(|| format!("not a URL / 不是网址: {url}"))?;
        Ok(Self { channel: speaking(channel, globals), embedded: None })
    }

    /// The embedded platform in the data folder, made and migrated as needed.
    ///
    /// # Errors
    /// If the folder cannot be used, another process has it open, or a newer version has written it.
    pub(crate) async fn embedded(globals: &Globals) -> Result<Self> {
        if globals.server.is_some() {
            bail!(
                "this command opens the embedded platform and takes no --server / 该命令使用内置平台，不能指定 --server"
            );
        }
        let folder = globals.data_dir.as_deref().unwrap_or(Path::new(DATA_DIR));
        Self::in_folder(folder, None, globals).await
    }

    /// An embedded platform in a temporary folder that goes with it.
    ///
    /// # Errors
    /// If the machine has no room for one.
    pub(crate) async fn temporary(globals: &Globals) -> Result<Self> {
        let folder = tempfile::tempdir().context("no room for a temporary folder / 无法创建临时目录")?;
        let path = folder.path().to_owned();
        Self::in_folder(&path, Some(folder), globals).await
    }

    async fn in_folder(folder: &Path, temporary: Option<TempDir>, globals: &Globals) -> Result<Self> {
        let lock = lock(folder)?;
        let (channel, acceptor) = pipe::pair();
        let parts = assemble(folder, &channel).await?;
        let doors = parts.iter().map(Part::second_door).collect();
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let server = tokio::spawn(async move { serve_pipe(acceptor, parts, &Limits::default(), stop).await });
        let embedded = Embedded { parts: doors, server, shutdown, _lock: lock, _temporary: temporary };
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
}

/// All services on databases in one folder; they call each other through `channel`, which will be served to them.
async fn assemble(folder: &Path, channel: &Channel) -> Result<Vec<Part>> {
    let url = |name: &str| format!("sqlite:{}", folder.join(name).display());
    let clock = SystemClock::shared;
    let ingestion = xiuhua_ingestion::Config::embedded(&url("ingestion.db"))?;
    let ingestion = xiuhua_ingestion::assemble(&ingestion, clock()).await?;

    let classification = xiuhua_classification::Config::embedded(&url("classification.db"))?;
    let upstream = xiuhua_classification::Upstream { ingestion: channel.clone() };
    let classification = xiuhua_classification::assemble(&classification, upstream, clock()).await?;

    let normalization = xiuhua_normalization::Config::embedded(&url("normalization.db"))?;
    let upstream =
        xiuhua_normalization::Upstream { ingestion: channel.clone(), classification: channel.clone() };
    let normalization = xiuhua_normalization::assemble(&normalization, upstream, clock()).await?;

    let scoring = xiuhua_scoring::Config::embedded(&url("scoring.db"))?;
    let upstream = xiuhua_scoring::Upstream {
        ingestion: channel.clone(),
        classification: channel.clone(),
        normalization: channel.clone(),
    };
    let scoring = xiuhua_scoring::assemble(&scoring, upstream, clock()).await?;
    Ok(vec![ingestion, classification, normalization, scoring])
}

/// Makes the folder and takes its lock, which ends with the process whatever happens.
fn lock(folder: &Path) -> Result<File> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make / 无法创建 {}", folder.display()))?;
    let path = folder.join(LOCK);
    let file = File::create(&path).with_context(|| format!("cannot write / 无法写入 {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another process has {} open; end it, or talk to it with --server / 数据目录正被另一进程使用，请先结束它，或用 --server 访问",
            folder.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

fn speaking(channel: Channel, globals: &Globals) -> Speaking {
    let language = if tongue(globals) == Tongue::Zh { Language::Zh } else { Language::En };
    InterceptedService::new(line(channel, &ChannelConfig::default(), FILE_DESCRIPTOR_SET), Speaks(language))
}
