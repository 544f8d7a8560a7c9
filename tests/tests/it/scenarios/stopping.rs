//! The program ends as it is asked to, whatever it is doing.

use std::time::{Duration, Instant};

use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::ingestion::v1::{GetMeasureRequest, Measure, RegisterMeasuresRequest};
use xiuhua_contracts::measure::v1::Text;
use xiuhua_tests::program;

/// Stops of the same data folder, each while calls are on their way.
const ROUNDS: usize = 10;
/// Writers at work when the signal comes.
const WRITERS: usize = 4;
/// A limit against hanging; the program gives calls in flight 25 s.
const END_LIMIT: Duration = Duration::from_secs(30);

fn measure(id: &str) -> RegisterMeasuresRequest {
    let name = Some(Text { zh: "量".to_owned(), en: "measure".to_owned() });
    let measure = Measure { id: id.to_owned(), name, unit: "1".to_owned(), ..Default::default() };
    RegisterMeasuresRequest { request_id: format!("put-{id}"), measures: vec![measure] }
}

/// F28: ten times, SIGTERM comes while writes are on their way. The program ends with 0, in time, and what it
/// acknowledged is there when it is started again.
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_while_busy_ends_with_0_and_loses_nothing_that_was_acknowledged() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let served = program::serve(data.path()).expect("it serves");
        let url = format!("http://{}", served.address);
        let client = IngestionServiceClient::connect(url).await.expect("it listens");
        let (told, mut first) = tokio::sync::mpsc::channel(1);
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (mut client, told) = (client.clone(), told.clone());
                tokio::spawn(async move {
                    let mut done = Vec::new();
                    for number in 0.. {
                        let id = format!("m_{round}_{writer}_{number}");
                        if client.register_measures(measure(&id)).await.is_err() {
                            break;
                        }
                        done.push(id);
                        let _ = told.try_send(());
                    }
                    done
                })
            })
            .collect();
        first.recv().await.expect("something is acknowledged");
        let begun = Instant::now();
        let ended = tokio::task::spawn_blocking(move || served.stop()).await.unwrap().expect("it was asked");
        assert_eq!(ended.code(), Some(0), "round {round}: {ended}");
        assert!(begun.elapsed() < END_LIMIT, "round {round} took {:?}", begun.elapsed());
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
    }
    let served = program::serve(data.path()).expect("it serves");
    let mut client = IngestionServiceClient::connect(format!("http://{}", served.address)).await.unwrap();
    for id in &acknowledged {
        let kept = client.get_measure(GetMeasureRequest { id: id.clone() }).await;
        assert!(kept.is_ok(), "{id} was acknowledged: {kept:?}");
    }
    assert!(acknowledged.len() >= ROUNDS, "{} writes", acknowledged.len());
}
