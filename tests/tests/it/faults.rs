//! What the platform does when something breaks: real processes, a real PostgreSQL, scaled to seconds. One file a fault,
//! its tests sentences; `docs/reliability.md` says which promise each of them tests.

mod cancelled_calls;
mod clock_set_back;
mod commit_unknown;
mod crossing_writers;
mod database_away;
mod killed_services;
mod pool_exhausted;
mod stopped_while_busy;

use std::net::SocketAddr;

use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::ingestion::v1::{
    ListMeasuresRequest, ListSourcesRequest, Measure, PutSourceRequest, RegisterMeasuresRequest, Source,
};
use xiuhua_contracts::measure::v1::Text;
use xiuhua_service_kit::testing::temporary_postgres;
use xiuhua_tests::chance::Chance;
use xiuhua_tests::district::MEASURES;
use xiuhua_tests::patience::asking;
use xiuhua_tests::processes::{Process, Service};
use xiuhua_tests::proxy::Proxy;
use xiuhua_tests::repository;

type Client = IngestionServiceClient<Channel>;

#[test]
fn the_test_command_names_the_server_as_the_kit_reads_it() {
    assert_eq!(xtask::TEST_POSTGRES, xiuhua_service_kit::testing::POSTGRES_SETTING);
}

/// Ingestion on PostgreSQL, with a proxy between the two and a way around it.
struct Ingestion {
    proxy: Proxy,
    process: Process,
    /// The database's address, not through the proxy, as its owner.
    database: String,
    _folder: TempDir,
}

impl Ingestion {
    async fn start(seed: u64) -> Self {
        let database = temporary_postgres().await;
        let (login, place) = database.split_once('@').expect("the address names a role");
        let (server, name) = place.split_once('/').expect("the address names a database");
        let server: SocketAddr = server.parse().expect("the server is on this machine");
        let proxy = Proxy::before(server, Chance::seeded(seed)).await.unwrap();
        let behind = format!("{login}@{}/{name}", proxy.address());
        let folder = tempfile::tempdir().unwrap();
        let process = Process::start(Service::Ingestion, &behind, &[], folder.path()).unwrap();
        process.ready().await.unwrap();
        Self { proxy, process, database, _folder: folder }
    }

    fn client(&self) -> Client {
        IngestionServiceClient::new(self.process.channel())
    }

    /// A session of the database's owner, past the proxy.
    async fn session(&self) -> PgConnection {
        PgConnection::connect(&self.database).await.unwrap()
    }
}

/// The measures of the district, as a register of their own.
fn measures(request_id: &str) -> RegisterMeasuresRequest {
    let measures = MEASURES.map(|id| Measure {
        id: id.to_owned(),
        name: Some(Text { zh: id.to_owned(), en: id.to_owned() }),
        unit: "1".into(),
        ..Default::default()
    });
    RegisterMeasuresRequest { request_id: request_id.to_owned(), measures: measures.to_vec() }
}

fn source(request_id: &str, id: &str, precedence: u32) -> PutSourceRequest {
    let name = Some(Text { zh: id.to_owned(), en: id.to_owned() });
    let source = Some(Source { id: id.to_owned(), name, precedence: Some(precedence) });
    PutSourceRequest { request_id: request_id.to_owned(), source }
}

async fn measures_on_record(client: &mut Client) -> Vec<Measure> {
    let request = ListMeasuresRequest { page_size: 1000, ..Default::default() };
    client.list_measures(asking(request)).await.unwrap().into_inner().measures
}

async fn sources_on_record(client: &mut Client) -> Vec<Source> {
    let request = ListSourcesRequest { page_size: 1000, ..Default::default() };
    client.list_sources(asking(request)).await.unwrap().into_inner().sources
}

/// The call may be repeated, and after how long.
fn assert_passes(status: &Status, code: Code) {
    assert_eq!(status.code(), code, "{status:?}");
    assert!(status.get_error_details().retry_info().is_some(), "no RetryInfo: {status:?}");
}

#[test]
fn the_page_on_reliability_names_tests_that_exist() {
    let page = repository::text("docs/reliability.md");
    let rows = page.lines().filter(|line| line.starts_with('|'));
    let words = rows.flat_map(|line| line.split('`').skip(1).step_by(2));
    let sentences: Vec<_> = words.filter(|word| word.matches('_').count() > 3).collect();
    assert!(sentences.len() > 10, "{sentences:?}");
    let sources: Vec<_> = repository::files().into_iter().filter(|file| file.ends_with(".rs")).collect();
    let exists = |name: &str| {
        let head = format!("fn {name}(");
        sources.iter().any(|file| file.text().is_some_and(|text| text.contains(&head)))
    };
    let gone: Vec<_> = sentences.into_iter().filter(|name| !exists(name)).collect();
    assert!(gone.is_empty(), "docs/reliability.md names tests that are not there: {gone:?}");
}
