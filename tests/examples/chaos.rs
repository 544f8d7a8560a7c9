//! As many rounds under fire as one likes: `cargo xtask chaos --rounds N --seed S`. The tests of every run do a few.

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};
use tempfile::TempDir;
use xiuhua_service_kit::testing::temporary_postgres;
use xiuhua_tests::findings::Findings;
use xiuhua_tests::rounds::Rounds;

#[derive(Parser)]
#[command(
    about = "Kills services at random instants and compares the record with what clients were promised"
)]
struct Arguments {
    /// Rounds of each service; a round has up to four kills of each.
    #[arg(long, default_value_t = 20)]
    rounds: u64,
    /// Fixes who is killed, after how long, and what is delivered.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the services keep their records.
    #[arg(long, value_enum, default_value_t = Database::Postgres)]
    database: Database,
}

#[derive(Clone, Copy, ValueEnum)]
enum Database {
    Postgres,
    Sqlite,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = TempDir::new()?;
    let mut databases: [String; 4] = Default::default();
    for (nth, database) in databases.iter_mut().enumerate() {
        *database = match arguments.database {
            Database::Postgres => temporary_postgres().await,
            Database::Sqlite => format!("sqlite:{}", folder.path().join(format!("{nth}.db")).display()),
        };
    }
    let mut line = Rounds::begin(&databases, arguments.seed).await?;
    let mut sums: [(&str, Findings); 3] = Default::default();
    for round in 1..=arguments.rounds {
        for (sum, (service, findings)) in sums.iter_mut().zip(line.round().await?) {
            sum.0 = service;
            sum.1.add(findings);
        }
        let kills = sums.iter().map(|(_, findings)| findings.kills).sum::<u64>();
        let clean = sums.iter().all(|(_, findings)| findings.is_clean());
        eprintln!(
            "round {round} of {}: {kills} kills, {}",
            arguments.rounds,
            if clean { "clean" } else { "HARM" }
        );
    }
    let mut all = Findings::default();
    for (service, findings) in sums {
        eprintln!("{service}: {findings}");
        all.add(findings);
    }
    eprintln!("seed {}, all: {all}", arguments.seed);
    ensure!(all.is_clean(), "promises were broken; the same seed kills in the same order");
    Ok(())
}
