//! What surrounds each call: deadlines, admission, panics, message limits, health and the drain.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;
use tokio_stream::StreamExt;
use tonic::body::Body;
use tonic::codec::{CompressionEncoding, EnabledCompressionEncodings};
use tonic::server::{Grpc, NamedService, ServerStreamingService, UnaryService};
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_prost::ProstCodec;
use xiuhua_service_kit::CancellationToken;
use xiuhua_service_kit::call::{CALL_ID, CallContext};
use xiuhua_service_kit::limits::Limits;
use xiuhua_service_kit::pipe;
use xiuhua_service_kit::server::{Part, serve_pipe};
use xiuhua_service_kit::status::explain;
use xiuhua_service_kit::testing::{Served, serve, serve_with};

/// A service whose behaviour the request's text asks for; messages are the health service's, which has a text.
#[derive(Clone)]
struct Obliging {
    /// Calls to `wait` answer once this is true.
    gate: watch::Receiver<bool>,
}

impl NamedService for Obliging {
    const NAME: &'static str = "test.Obliging";
}

type Codec = ProstCodec<HealthCheckResponse, HealthCheckRequest>;
type Answer<T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send>>;
/// Streams answer with what is a request elsewhere: it has a text, so a few of them fill a window.
type TextCodec = ProstCodec<HealthCheckRequest, HealthCheckRequest>;
type Answers = Pin<Box<dyn tokio_stream::Stream<Item = Result<HealthCheckRequest, Status>> + Send>>;

impl UnaryService<HealthCheckRequest> for Obliging {
    type Response = HealthCheckResponse;
    type Future = Answer<HealthCheckResponse>;

    fn call(&mut self, request: Request<HealthCheckRequest>) -> Self::Future {
        let mut gate = self.gate.clone();
        Box::pin(async move {
            match request.into_inner().service.as_str() {
                "panic" => panic!("a row that cannot be"),
                "wait" => drop(gate.wait_for(|open| *open).await),
                "id" => {
                    let id = CallContext::current().map(|call| call.id.to_string()).unwrap_or_default();
                    return Err(Status::new(Code::NotFound, id));
                }
                _ => {}
            }
            Ok(Response::new(HealthCheckResponse { status: 1 }))
        })
    }
}

impl ServerStreamingService<HealthCheckRequest> for Obliging {
    type Response = HealthCheckRequest;
    type ResponseStream = Answers;
    type Future = Answer<Answers>;

    fn call(&mut self, request: Request<HealthCheckRequest>) -> Self::Future {
        let flood = request.into_inner().service == "flood";
        let one = Ok(HealthCheckRequest { service: "x".repeat(32 * 1024) });
        let answers: Answers = if flood {
            Box::pin(tokio_stream::iter(std::iter::repeat(one)))
        } else {
            Box::pin(tokio_stream::once(one).chain(tokio_stream::pending()))
        };
        Box::pin(async move { Ok(Response::new(answers)) })
    }
}

impl tower::Service<http::Request<Body>> for Obliging {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            Ok(match request.uri().path() {
                "/test.Obliging/Stream" => {
                    Grpc::new(TextCodec::default()).server_streaming(service, request).await
                }
                path => {
                    let mut accepted = EnabledCompressionEncodings::default();
                    if path == "/test.Obliging/Compressed" {
                        accepted.enable(CompressionEncoding::Gzip);
                    }
                    let grpc = Grpc::new(Codec::default()).max_decoding_message_size(1024);
                    grpc.apply_compression_config(accepted, EnabledCompressionEncodings::default())
                        .unary(service, request)
                        .await
                }
            })
        })
    }
}

/// The same under another name.
#[derive(Clone)]
struct Second(Obliging);

impl NamedService for Second {
    const NAME: &'static str = "test.Second";
}

impl tower::Service<http::Request<Body>> for Second {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        tower::Service::<http::Request<Body>>::poll_ready(&mut self.0, context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        tower::Service::call(&mut self.0, request)
    }
}

fn obliging(limits: Limits) -> (Served, watch::Sender<bool>) {
    let (open, gate) = watch::channel(false);
    (serve_with(vec![Part::new(Obliging { gate })], limits), open)
}

type Client = tonic::client::Grpc<tonic::transport::Channel>;
type ClientCodec = ProstCodec<HealthCheckRequest, HealthCheckResponse>;

async fn ask(served: &Served, text: &str, timeout: Option<Duration>) -> Result<HealthCheckResponse, Status> {
    let mut client = Client::new(served.channel.clone());
    client.ready().await.expect("the pipe is open");
    let mut request = Request::new(HealthCheckRequest { service: text.to_owned() });
    if let Some(timeout) = timeout {
        request.set_timeout(timeout);
    }
    let path = http::uri::PathAndQuery::from_static("/test.Obliging/Unary");
    Ok(client.unary(request, path, ClientCodec::default()).await?.into_inner())
}

async fn listen(served: &Served, text: &str) -> tonic::Streaming<HealthCheckRequest> {
    let mut client = Client::new(served.channel.clone());
    client.ready().await.expect("the pipe is open");
    let request = Request::new(HealthCheckRequest { service: text.to_owned() });
    let path = http::uri::PathAndQuery::from_static("/test.Obliging/Stream");
    client.server_streaming(request, path, TextCodec::default()).await.expect("streams begin").into_inner()
}

#[tokio::test]
async fn a_caller_that_names_its_time_hears_deadline_exceeded_before_it_is_over() {
    let (served, _gate) = obliging(Limits::default());
    let late = ask(&served, "wait", Some(Duration::from_millis(500))).await.unwrap_err();
    assert_eq!((late.code(), explain(&late).reason.as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
}

#[tokio::test]
async fn an_answer_that_nobody_reads_does_not_stop_other_calls_on_the_pipe() {
    let (served, _gate) = obliging(Limits::default());
    let _unread: Vec<_> = futures_util::future::join_all((0..4).map(|_| listen(&served, "flood"))).await;
    // Time for the floods to fill whatever they can.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let other = tokio::time::timeout(Duration::from_secs(20), ask(&served, "ok", None)).await;
    assert!(other.is_ok_and(|answer| answer.is_ok()));
}

#[tokio::test]
async fn a_drain_tells_health_watchers_and_does_not_wait_for_them() {
    let (_open, gate) = watch::channel(true);
    let (channel, acceptor) = pipe::pair();
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    // The drain time is far beyond the patience of this test.
    let limits = Limits { drain_timeout_ms: 600_000, ..Limits::default() };
    let parts = vec![Part::new(Obliging { gate })];
    let serving = tokio::spawn(async move { serve_pipe(acceptor, parts, &limits, stop).await });
    // Kept: a pipe whose last client is gone closes by itself.
    let mut health = HealthClient::new(channel);
    let mut states = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(states.message().await.unwrap().unwrap().status, 1);
    shutdown.cancel();
    assert_eq!(states.message().await.unwrap().unwrap().status, 2);
    let end = tokio::time::timeout(Duration::from_secs(20), states.message()).await;
    assert_eq!(end.expect("the watch ends with the drain").unwrap_err().code(), Code::Unavailable);
    let drained = tokio::time::timeout(Duration::from_secs(20), serving).await;
    assert!(drained.is_ok_and(|served| served.is_ok_and(|served| served.is_ok())));
}

#[tokio::test]
async fn a_handler_that_takes_too_long_answers_deadline_exceeded() {
    let (served, _gate) = obliging(Limits { request_timeout_ms: 20, ..Limits::default() });
    let late = ask(&served, "wait", None).await.unwrap_err();
    assert_eq!((late.code(), explain(&late).reason.as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
}

#[tokio::test]
async fn a_stream_that_never_ends_is_ended_with_deadline_exceeded() {
    let (served, _gate) = obliging(Limits { stream_timeout_ms: 50, ..Limits::default() });
    let mut answers = listen(&served, "").await;
    assert!(answers.message().await.unwrap().is_some());
    assert_eq!(answers.message().await.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn the_call_beyond_the_limit_is_shed_with_a_time_to_come_again() {
    let (served, gate) = obliging(Limits { max_in_flight: 2, ..Limits::default() });
    let waiting = [ask(&served, "wait", None), ask(&served, "wait", None)];
    let waiting = futures_util::future::join_all(waiting);
    tokio::pin!(waiting);
    let shed = loop {
        // The two are in flight once a third is refused; until then it is simply answered.
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("the gate is closed"),
            third = ask(&served, "ok", None) => if let Err(shed) = third { break shed },
        }
    };
    assert_eq!(shed.code(), Code::ResourceExhausted);
    let wait = explain(&shed).retry_after.expect("a time to come again");
    assert!((Duration::from_secs(1)..=Duration::from_secs(2)).contains(&wait), "{wait:?}");
    // The same for gRPC's own clients, which do not read details.
    let pushback = shed.metadata().get("grpc-retry-pushback-ms").expect("in ms").to_str().unwrap();
    assert_eq!(pushback.parse(), Ok(wait.as_millis()));
    let id = shed.metadata().get(CALL_ID).expect("a shed call has an id too");
    assert_eq!(id.to_str().unwrap(), explain(&shed).call_id.expect("also in its details"));
    let mut health = HealthClient::new(served.channel.clone());
    assert_eq!(health.check(HealthCheckRequest::default()).await.unwrap().into_inner().status, 1);
    gate.send(true).unwrap();
    assert!(waiting.await.iter().all(Result::is_ok));
    assert!(ask(&served, "ok", None).await.is_ok());
}

#[tokio::test]
async fn a_panic_answers_internal_with_the_call_id_and_nothing_else() {
    let (served, _gate) = obliging(Limits::default());
    let status = ask(&served, "panic", None).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(explain(&status).call_id.is_some());
    assert!(!format!("{status:?}").contains("cannot be"));
    assert!(ask(&served, "ok", None).await.is_ok());
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused() {
    let (served, _gate) = obliging(Limits::default());
    let refused = ask(&served, &"x".repeat(2000), None).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange);
}

/// Our servers accept no compression; one that will is bounded by tonic while it unpacks, and not only after.
#[tokio::test]
async fn a_message_that_unpacks_to_more_than_the_limit_is_refused_and_without_consent_not_unpacked() {
    let (served, _gate) = obliging(Limits::default());
    let ask = async |path: &'static str, bytes: usize| {
        let mut client = Client::new(served.channel.clone()).send_compressed(CompressionEncoding::Gzip);
        client.ready().await.expect("the pipe is open");
        let request = Request::new(HealthCheckRequest { service: "x".repeat(bytes) });
        let path = http::uri::PathAndQuery::from_static(path);
        let answer: Result<Response<HealthCheckResponse>, Status> =
            client.unary(request, path, ClientCodec::default()).await;
        answer.err().map(|refused| refused.code())
    };
    assert_eq!(ask("/test.Obliging/Compressed", 1000).await, None);
    assert_eq!(ask("/test.Obliging/Compressed", 1_000_000).await, Some(Code::ResourceExhausted));
    assert_eq!(ask("/test.Obliging/Unary", 1000).await, Some(Code::Unimplemented));
}

#[tokio::test]
async fn a_handler_knows_the_id_of_its_call() {
    let (served, _gate) = obliging(Limits::default());
    let mut client = Client::new(served.channel.clone());
    client.ready().await.unwrap();
    let mut request = Request::new(HealthCheckRequest { service: "id".to_owned() });
    request.metadata_mut().insert(CALL_ID, "call-of-a-friend".parse().unwrap());
    let path = http::uri::PathAndQuery::from_static("/test.Obliging/Unary");
    let answer: Result<Response<HealthCheckResponse>, Status> =
        client.unary(request, path, ClientCodec::default()).await;
    let status = answer.unwrap_err();
    assert_eq!(status.message(), "call-of-a-friend");
    assert_eq!(status.metadata().get(CALL_ID).unwrap(), "call-of-a-friend");
}

#[tokio::test]
async fn a_drain_tells_health_and_lets_the_call_in_flight_finish() {
    let (served, gate) = obliging(Limits::default());
    let mut health = HealthClient::new(served.channel.clone());
    let service = "test.Obliging".to_owned();
    let mut states = health.watch(HealthCheckRequest { service }).await.unwrap().into_inner();
    assert_eq!(states.message().await.unwrap().unwrap().status, 1);
    let waiting = ask(&served, "wait", None);
    tokio::pin!(waiting);
    // The call is on its way before the drain begins.
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut waiting).await.is_err());
    served.stop();
    assert_eq!(states.message().await.unwrap().unwrap().status, 2);
    gate.send(true).unwrap();
    assert!(waiting.await.is_ok());
}

#[tokio::test]
async fn health_answers_for_the_whole_server_and_for_each_service() {
    let (_open, gate) = watch::channel(true);
    let second = Second(Obliging { gate: gate.clone() });
    let part = Part::new(Obliging { gate }).with_service(second);
    let served = serve(vec![part.second_door()]);
    let mut health = HealthClient::new(served.channel.clone());
    for service in ["", "test.Obliging", "test.Second"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        assert_eq!(health.check(request).await.unwrap().into_inner().status, 1);
    }
    let unknown = HealthCheckRequest { service: "test.Nobody".to_owned() };
    assert_eq!(health.check(unknown).await.unwrap_err().code(), Code::NotFound);
}
