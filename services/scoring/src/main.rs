//! The scoring service as a program of its own. Its one argument is a configuration file, and may be left out.

use std::path::PathBuf;

use xiuhua_contracts::FILE_DESCRIPTOR_SET;
use xiuhua_scoring::{Config, Upstream, assemble};
use xiuhua_service_kit::clock::SystemClock;
use xiuhua_service_kit::{channel, server, shutdown, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let file = std::env::args_os().nth(1).map(PathBuf::from);
    let config = Config::load(file.as_deref())?;
    let _telemetry = telemetry::init("scoring", &config.log)?;
    let shutdown = shutdown::on_signals()?;

    let calls = &config.upstream;
    let ingestion = channel::connect(&calls.ingestion, &calls.channel)?;
    let classification = channel::connect(&calls.classification, &calls.channel)?;
    let normalization = channel::connect(&calls.normalization, &calls.channel)?;
    let upstream = Upstream { ingestion, classification, normalization };
    let part = assemble(&config, upstream, SystemClock::shared()).await?;

    let reflection = config.server.reflected(FILE_DESCRIPTOR_SET);
    server::serve_tcp(config.server.listen, vec![part], &config.limits, reflection, shutdown).await?;
    Ok(())
}
