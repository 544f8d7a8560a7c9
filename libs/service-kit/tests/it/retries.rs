//! Lines over real connections: a server that is away for a moment, one that is gone for good.

use std::time::Duration;

use prost::Message as _;
use prost_types::method_options::IdempotencyLevel;
use prost_types::{
    FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, MethodOptions, ServiceDescriptorProto,
};
use tokio::net::TcpListener;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use xiuhua_service_kit::CancellationToken;
use xiuhua_service_kit::channel::{ChannelConfig, Line, connect, line};
use xiuhua_service_kit::limits::Limits;
use xiuhua_service_kit::server::serve_listener;

/// The health service's contract, as it would be if it said that its one question may be repeated.
fn descriptors() -> Vec<u8> {
    let level = Some(IdempotencyLevel::NoSideEffects.into());
    let options = Some(MethodOptions { idempotency_level: level, ..MethodOptions::default() });
    let check =
        MethodDescriptorProto { name: Some("Check".to_owned()), options, ..MethodDescriptorProto::default() };
    let name = Some("Health".to_owned());
    let service = vec![ServiceDescriptorProto { name, method: vec![check], ..Default::default() }];
    let package = Some("grpc.health.v1".to_owned());
    let file = vec![FileDescriptorProto { package, service, ..Default::default() }];
    FileDescriptorSet { file }.encode_to_vec()
}

async fn listen() -> (TcpListener, HealthClient<Line>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let config = ChannelConfig { retry_initial_backoff_ms: 10, ..ChannelConfig::default() };
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let channel = connect(&url, &config).expect("a URL");
    (listener, HealthClient::new(line(channel, &config, &descriptors())))
}

#[tokio::test]
async fn connections_that_break_before_they_answer_cost_attempts_and_not_the_call() {
    let (listener, mut health) = listen().await;
    let call = tokio::spawn(async move { health.check(HealthCheckRequest::default()).await });
    for _ in 0..2 {
        drop(listener.accept().await.unwrap());
    }
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let serving =
        tokio::spawn(async move { serve_listener(listener, vec![], &Limits::default(), None, stop).await });
    let answer = tokio::time::timeout(Duration::from_secs(20), call).await.unwrap().unwrap();
    assert_eq!(answer.expect("the third attempt at the latest is answered").into_inner().status, 1);
    shutdown.cancel();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_is_gone_is_unavailable_after_the_last_attempt() {
    let (listener, mut health) = listen().await;
    drop(listener);
    let answer = tokio::time::timeout(Duration::from_secs(20), health.check(HealthCheckRequest::default()));
    assert_eq!(answer.await.unwrap().unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_is_a_service_that_is_away() {
    let (listener, mut health) = listen().await;
    let call = tokio::spawn(async move { health.watch(HealthCheckRequest::default()).await });
    // Not in the contract, so sent once. The peer leaves without a word of HTTP.
    drop(listener.accept().await.unwrap());
    let answer = tokio::time::timeout(Duration::from_secs(20), call).await.unwrap().unwrap();
    assert_eq!(answer.unwrap_err().code(), Code::Unavailable);
}

/// A far end whose machine is gone without a word: nothing comes, and nothing says that nothing will.
#[tokio::test(start_paused = true)]
async fn a_connection_that_falls_silent_is_given_up_long_before_the_time_of_its_call() {
    let (listener, mut health) = listen().await;
    let begun = tokio::time::Instant::now();
    let call = tokio::spawn(async move { health.watch(HealthCheckRequest::default()).await });
    let _held = listener.accept().await.unwrap();
    let given_up = call.await.unwrap().unwrap_err();
    assert_eq!(given_up.code(), Code::Unavailable, "{given_up:?}");
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}
