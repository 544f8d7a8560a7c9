//! The ingestion service as a process: `xiuhua-ingestion [CONFIG.toml]`.

use std::path::PathBuf;

use xiuhua_ingestion::{Config, DEFAULTS, run};
use xiuhua_service_kit::{config, shutdown, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let file = std::env::args_os().nth(1).map(PathBuf::from);
    let config: Config = config::load(config::Layers {
        defaults: DEFAULTS,
        file: file.as_deref(),
        env_prefix: "XIUHUA_INGESTION",
        env: config::environment(),
        overrides: Vec::new(),
    })?;
    let _telemetry = telemetry::init("ingestion", &config.log)?;
    let shutdown = shutdown::on_signals()?;
    run(&config, shutdown).await?;
    Ok(())
}
