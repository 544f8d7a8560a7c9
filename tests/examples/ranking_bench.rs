//! A page of 100 places read from the scoring service, beside a bare tonic echo: `cargo xtask bench ranking`.
//!
//! Both are processes of their own behind TCP on this machine, called in turns by the same client over as many
//! connections. The load is open: a call begins when it is due, whether or not those before it are answered, and its
//! time counts from then, so that a server which stalls is charged for everybody who waits.

use std::io::{BufRead as _, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{NamedService, UnaryService};
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use xiuhua_contracts::scoring::v1 as wire;
use xiuhua_contracts::scoring::v1::scoring_service_client::ScoringServiceClient;
use xiuhua_tests::processes::{self, Process};
use xiuhua_tests::program::demo_data;

const RANKING: PathAndQuery = PathAndQuery::from_static("/xiuhua.scoring.v1.ScoringService/ListRanking");
const ECHO: PathAndQuery = PathAndQuery::from_static("/bench.Echo/Echo");
/// What the bare echo carries.
const SMALL_BYTES: usize = 64;
/// Calls in flight: the service refuses more than 256. A call that is due then waits, and its wait counts.
const MOST_IN_FLIGHT: usize = 250;

#[derive(Parser)]
#[command(about = "Reads a page of 100 places under an open load, beside a bare tonic echo")]
struct Arguments {
    /// Calls a second, evenly paced.
    #[arg(long, default_value_t = 2_000)]
    rate: u32,
    /// Seconds of one turn.
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// Turns of each.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Connections that calls are spread over.
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Only serve the echo; what the bench starts for itself.
    #[arg(long, hide = true)]
    echo: bool,
}

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Echo(usize),
    Ranking,
}

/// Calls of one turn.
struct Turn {
    target: Target,
    p50: Duration,
    p99: Duration,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.echo {
        return serve_echo().await;
    }
    let data = demo_data()?;
    let database = format!("sqlite:{}", data.path().join("scoring.db").display());
    let scoring = Process::start(processes::Service::Scoring, &database, &[], data.path())?;
    scoring.ready().await?;
    let asked = first_page(&scoring).await?;
    let mut client = ScoringServiceClient::new(scoring.channel());
    let page = client.list_ranking(asked.clone()).await?.into_inner();
    ensure!(page.places.len() == 100, "{} places on the page", page.places.len());
    let page_bytes = page.encoded_len();

    let mut echo = EchoProcess::start()?;
    let echo_lines = connect(&echo.url()?, arguments.connections).await?;
    let ranking_lines = connect(&scoring.url(), arguments.connections).await?;
    say(&format!(
        "{} calls/s for {} s a turn, {} connections; a page is {page_bytes} bytes for {} asked",
        arguments.rate,
        arguments.seconds,
        arguments.connections,
        asked.encoded_len()
    ))?;
    let targets = [Target::Echo(SMALL_BYTES), Target::Ranking, Target::Echo(page_bytes)];
    let mut turns: Vec<Turn> = Vec::new();
    for _ in 0..arguments.rounds {
        for target in targets {
            let latencies = match target {
                Target::Echo(bytes) => {
                    let asked: Vec<u8> = vec![7; bytes];
                    load(&arguments, &echo_lines, ECHO, asked, move |said: &Vec<u8>| said.len() == bytes)
                        .await?
                }
                Target::Ranking => {
                    let whole = |said: &wire::ListRankingResponse| said.places.len() == 100;
                    load(&arguments, &ranking_lines, RANKING, asked.clone(), whole).await?
                }
            };
            let turn = Turn { target, p50: share(&latencies, 50), p99: share(&latencies, 99) };
            say(&format!("  {:<24} p50 {:>9.1?}  p99 {:>9.1?}", name(target), turn.p50, turn.p99))?;
            turns.push(turn);
        }
    }
    let middle = |target: Target, of: fn(&Turn) -> Duration| {
        let mut all: Vec<_> = turns.iter().filter(|turn| turn.target == target).map(of).collect();
        all.sort_unstable();
        all[all.len() / 2]
    };
    say("medians of the turns:")?;
    for target in targets {
        let (p50, p99) = (middle(target, |turn| turn.p50), middle(target, |turn| turn.p99));
        say(&format!("  {:<24} p50 {p50:>9.1?}  p99 {p99:>9.1?}", name(target)))?;
    }
    let ranking = middle(Target::Ranking, |turn| turn.p99).as_secs_f64();
    for target in [Target::Echo(SMALL_BYTES), Target::Echo(page_bytes)] {
        let ratio = ranking / middle(target, |turn| turn.p99).as_secs_f64();
        say(&format!("p99 of the page is {ratio:.2} times that of {} (at most 4)", name(target)))?;
    }
    Ok(())
}

fn name(target: Target) -> String {
    match target {
        Target::Echo(bytes) => format!("echo of {bytes} bytes"),
        Target::Ranking => "page of 100 places".to_owned(),
    }
}

/// The first page of the largest type of the newest assessment.
async fn first_page(scoring: &Process) -> Result<wire::ListRankingRequest> {
    let mut client = ScoringServiceClient::new(scoring.channel());
    let listed = client.list_assessments(wire::ListAssessmentsRequest::default()).await?.into_inner();
    let newest = listed.assessments.into_iter().next().context("the demo makes assessments")?;
    let largest = newest.types.iter().max_by_key(|kind| kind.scored).context("it has types")?;
    Ok(wire::ListRankingRequest {
        assessment_id: newest.id.clone(),
        r#type: largest.r#type.clone(),
        page_size: 100,
        ..wire::ListRankingRequest::default()
    })
}

async fn connect(url: &str, connections: usize) -> Result<Vec<Channel>> {
    let mut lines = Vec::new();
    for _ in 0..connections {
        lines.push(Endpoint::from_shared(url.to_owned())?.tcp_nodelay(true).connect().await?);
    }
    Ok(lines)
}

/// Calls evenly paced, and gives how long each took from when it was due, shortest first.
async fn load<Asked, Said>(
    arguments: &Arguments,
    lines: &[Channel],
    path: PathAndQuery,
    asked: Asked,
    is_whole: impl Fn(&Said) -> bool + Send + Sync + Copy + 'static,
) -> Result<Vec<Duration>>
where
    Asked: Message + Clone + 'static,
    Said: Message + Default + 'static,
{
    let calls = arguments.rate * arguments.seconds;
    let interval = Duration::from_secs(1) / arguments.rate;
    let lines: Vec<_> = lines.iter().cloned().map(Grpc::new).collect();
    // Should it fill up, calls begin late; how long they took counts from when they were due all the same.
    let (due_calls, mut pace) = tokio::sync::mpsc::channel(MOST_IN_FLIGHT);
    // A timer of the runtime counts whole milliseconds, which is two calls.
    let pacing = std::thread::spawn(move || {
        let begun = Instant::now() + Duration::from_millis(20);
        for nth in 0..calls {
            let due = begun + interval * nth;
            #[expect(clippy::disallowed_methods, reason = "a thread of its own that keeps the pace")]
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if due_calls.blocking_send((nth, due)).is_err() {
                return;
            }
        }
    });
    let in_flight = Arc::new(Semaphore::new(MOST_IN_FLIGHT));
    let mut answers = JoinSet::new();
    while let Some((nth, due)) = pace.recv().await {
        let line = usize::try_from(nth)? % lines.len();
        let (mut line, path, asked) = (lines[line].clone(), path.clone(), asked.clone());
        let permit = Arc::clone(&in_flight).acquire_owned().await?;
        answers.spawn(async move {
            line.ready().await?;
            let codec: ProstCodec<Asked, Said> = ProstCodec::default();
            let said = line.unary(Request::new(asked), path, codec).await?.into_inner();
            let took = due.elapsed();
            drop(permit);
            ensure!(is_whole(&said), "an answer that is not whole");
            Ok::<_, anyhow::Error>(took)
        });
    }
    ensure!(pacing.join().is_ok(), "the pace was lost");
    let mut latencies = Vec::new();
    while let Some(answer) = answers.join_next().await {
        latencies.push(answer??);
    }
    latencies.sort_unstable();
    Ok(latencies)
}

/// The time that a share of the calls, in percent, did not exceed.
fn share(latencies: &[Duration], percent: usize) -> Duration {
    latencies[(latencies.len() * percent / 100).min(latencies.len() - 1)]
}

/// The echo in a process of its own, gone with the value.
struct EchoProcess(Child);

impl EchoProcess {
    fn start() -> Result<Self> {
        let program = std::env::current_exe()?;
        Ok(Self(Command::new(program).arg("--echo").stdout(Stdio::piped()).spawn()?))
    }

    /// Where it listens: its first line.
    fn url(&mut self) -> Result<String> {
        let said = self.0.stdout.as_mut().context("it says where it listens")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        Ok(format!("http://{}", line.trim()))
    }
}

impl Drop for EchoProcess {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn serve_echo() -> Result<()> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    say(&listener.local_addr()?.to_string())?;
    let incoming = TcpListenerStream::new(listener);
    // The server's own setting of TCP_NODELAY does not reach connections that it does not accept itself.
    let incoming = tokio_stream::StreamExt::map(incoming, |connection| {
        connection.inspect(|connection| {
            let _ = connection.set_nodelay(true);
        })
    });
    Ok(Server::builder().add_service(Echo).serve_with_incoming(incoming).await?)
}

/// The least that tonic can do: one message in, the same out.
#[derive(Clone)]
struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = "bench.Echo";
}

impl UnaryService<Vec<u8>> for Echo {
    type Response = Vec<u8>;
    type Future = std::future::Ready<Result<Response<Vec<u8>>, Status>>;

    fn call(&mut self, request: Request<Vec<u8>>) -> Self::Future {
        std::future::ready(Ok(Response::new(request.into_inner())))
    }
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = std::convert::Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async {
            let codec: ProstCodec<Vec<u8>, Vec<u8>> = ProstCodec::default();
            Ok(tonic::server::Grpc::new(codec).unary(Echo, request).await)
        })
    }
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
