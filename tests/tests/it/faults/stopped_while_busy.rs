//! F28: a service that is asked to stop while it is busy ends by itself, well, and keeps what it acknowledged.

use std::time::Duration;

use xiuhua_service_kit::testing::temporary_postgres;
use xiuhua_tests::chance::Chance;
use xiuhua_tests::district::deliver_places;
use xiuhua_tests::patience::asking;
use xiuhua_tests::processes::{Process, Service};
use xiuhua_tests::rounds::Storm;

use super::{IngestionServiceClient, measures};

const STOPS: u64 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_stopped_while_busy_ends_well_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let database = temporary_postgres().await;
    let process = Process::start(Service::Ingestion, &database, &[], folder.path()).unwrap();
    process.ready().await.unwrap();
    let mut client = IngestionServiceClient::new(process.channel());
    client.register_measures(asking(measures("measures"))).await.unwrap();
    deliver_places(&process.channel()).await.unwrap();

    let mut chance = Chance::seeded(28);
    for round in 0..STOPS {
        let storm = Storm::gathering(round, &mut chance);
        let pause = chance.within(Duration::from_millis(300));
        let stopped = async {
            tokio::time::sleep(pause).await;
            let status = process.terminate().await?;
            process.start_again()?;
            process.ready().await?;
            anyhow::Ok(status)
        };
        let ((), status) = tokio::try_join!(storm.rage(&process), stopped).unwrap();
        assert!(status.success(), "it ended with {status}:\n{}", process.log());
        let findings = storm.aftermath(&process, &mut chance).await.unwrap();
        assert!(findings.is_clean(), "seed 28, round {round}: {findings}");
    }
}
