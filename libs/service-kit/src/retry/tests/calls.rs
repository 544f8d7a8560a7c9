//! Whole calls, with time paused: what is sent, how often, when, and what comes back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body::Body as _;
use prost::Message as _;
use prost_types::method_options::IdempotencyLevel;
use prost_types::{
    FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, MethodOptions, ServiceDescriptorProto,
};
use tokio::time::Instant;
use tonic::Code;
use tower::service_fn;

use super::super::body::MOST_KEPT_BYTES;
use super::super::*;
use super::{EXAMPLE, ms};
use crate::status::{PUSHBACK, explain};

/// What the far end does with one attempt.
#[derive(Clone)]
enum Reply {
    Ok,
    Fail(Status),
    Break,
    Http(u16),
    Nothing,
    /// An answer that begins and goes on with this.
    Begin(Messages),
}

/// The messages of an answer that has no end.
#[derive(Clone, Copy, Debug)]
enum Messages {
    Silence,
    Flood,
}

impl http_body::Body for Messages {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Status>>> {
        match *self {
            Self::Silence => Poll::Pending,
            Self::Flood => Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(b"more"))))),
        }
    }
}

/// One attempt as it arrived.
#[derive(Debug)]
struct Arrival {
    after: Duration,
    previous: Option<String>,
    time: Option<Duration>,
    bytes: usize,
}

type Arrivals = Arc<Mutex<Vec<Arrival>>>;

/// A line whose far end replies by script, and then always as last.
fn line(
    replies: Vec<Reply>,
) -> (
    impl Service<http::Request<Body>, Response = http::Response<Body>, Error = Status, Future: Send> + Clone,
    Arrivals,
) {
    let arrivals = Arrivals::default();
    let seen = Arc::clone(&arrivals);
    let replies = Arc::new(Mutex::new(VecDeque::from(replies)));
    let begun = Instant::now();
    let far_end = service_fn(move |request: http::Request<Body>| {
        let (seen, replies) = (Arc::clone(&seen), Arc::clone(&replies));
        async move {
            let (head, body) = request.into_parts();
            let bytes = match Outgoing::read_ahead(body).await.unwrap() {
                Outgoing::Kept(bytes) => bytes.len(),
                Outgoing::Once(_) => usize::MAX,
            };
            let previous = head.headers.get(PREVIOUS_ATTEMPTS).map(|it| it.to_str().unwrap().to_owned());
            let time = timeout_of(&head.headers);
            seen.lock().unwrap().push(Arrival { after: begun.elapsed(), previous, time, bytes });
            let reply = {
                let mut replies = replies.lock().unwrap();
                if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() }
            };
            match reply.expect("a script") {
                Reply::Ok => Ok(http::Response::new(Body::empty())),
                Reply::Fail(status) => Ok(status.into_http()),
                Reply::Http(code) => Ok(http::Response::builder().status(code).body(Body::empty()).unwrap()),
                Reply::Break => Err(BoxError::from("connection reset by peer")),
                Reply::Nothing => std::future::pending().await,
                Reply::Begin(messages) => Ok(http::Response::new(Body::new(messages))),
            }
        }
    });
    let methods = Idempotent::listed_in(&descriptors()).unwrap();
    (Retry::new(far_end, EXAMPLE, Throttle::new(10 * TOKEN, TOKEN / 10), methods), arrivals)
}

/// Service `p.S` with a method of each kind.
fn descriptors() -> Vec<u8> {
    let method = |name: &str, level: Option<IdempotencyLevel>, client_streaming| MethodDescriptorProto {
        name: Some(name.to_owned()),
        client_streaming: Some(client_streaming),
        options: level
            .map(|level| MethodOptions { idempotency_level: Some(level.into()), ..MethodOptions::default() }),
        ..MethodDescriptorProto::default()
    };
    let method = vec![
        method("Read", Some(IdempotencyLevel::NoSideEffects), false),
        method("Write", Some(IdempotencyLevel::Idempotent), false),
        method("Import", Some(IdempotencyLevel::Idempotent), true),
        method("Risky", None, false),
        method("Unknown", Some(IdempotencyLevel::IdempotencyUnknown), false),
    ];
    let service = vec![ServiceDescriptorProto { name: Some("S".to_owned()), method, ..Default::default() }];
    let file = vec![FileDescriptorProto { package: Some("p".to_owned()), service, ..Default::default() }];
    FileDescriptorSet { file }.encode_to_vec()
}

fn request(method: &str, timeout: Option<&str>, bytes: usize) -> http::Request<Body> {
    let mut request = http::Request::builder().uri(format!("http://far/p.S/{method}"));
    if let Some(timeout) = timeout {
        request = request.header("grpc-timeout", timeout);
    }
    request.body(Outgoing::Kept(vec![0; bytes].into()).take()).unwrap()
}

fn code_of(answer: Result<http::Response<Body>, Status>) -> Code {
    match answer {
        Ok(answer) => Status::from_header_map(answer.headers()).map_or(Code::Ok, |status| status.code()),
        Err(status) => status.code(),
    }
}

/// Calls a method once; gives the code and how many attempts arrived.
async fn call(method: &str, replies: Vec<Reply>) -> (Code, usize) {
    let (line, arrivals) = line(replies);
    let code = code_of(line.oneshot(request(method, None, 8)).await);
    let made = arrivals.lock().unwrap().len();
    (code, made)
}

fn away() -> Reply {
    Reply::Fail(Status::unavailable("away"))
}

fn pushed(code: Code, wait: &str) -> Reply {
    let mut status = Status::new(code, "come again");
    status.metadata_mut().insert(PUSHBACK, wait.parse().unwrap());
    Reply::Fail(status)
}

#[tokio::test(start_paused = true)]
async fn what_is_harmless_to_repeat_is_repeated_until_it_succeeds_and_the_rest_is_sent_once() {
    let mends = || vec![away(), Reply::Break, Reply::Http(503), Reply::Ok];
    for method in ["Read", "Write"] {
        assert_eq!(call(method, mends()).await, (Code::Ok, 4), "{method}");
    }
    for method in ["Import", "Risky", "Unknown", "Nobody"] {
        assert_eq!(call(method, mends()).await, (Code::Unavailable, 1), "{method}");
    }
    assert_eq!(call("Read", vec![away()]).await, (Code::Unavailable, 4), "and no more than four times");
}

#[tokio::test(start_paused = true)]
async fn only_what_may_go_better_next_time_is_repeated() {
    let after = |code| call("Read", vec![Reply::Fail(Status::new(code, "no")), Reply::Ok]);
    for code in [Code::InvalidArgument, Code::Internal, Code::DeadlineExceeded, Code::Aborted, Code::Unknown]
    {
        assert_eq!(after(code).await, (code, 1));
    }
    // Exhausted for good, or for now: only the server knows.
    assert_eq!(after(Code::ResourceExhausted).await, (Code::ResourceExhausted, 1));
    let shed = pushed(Code::ResourceExhausted, "30");
    assert_eq!(call("Read", vec![shed, Reply::Ok]).await, (Code::Ok, 2));
    let forbidden = pushed(Code::Unavailable, "-1");
    assert_eq!(call("Read", vec![forbidden, Reply::Ok]).await, (Code::Unavailable, 1));
    assert_eq!(call("Read", vec![pushed(Code::Internal, "30"), Reply::Ok]).await, (Code::Internal, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_made_for_another_is_sent_once_and_its_failure_goes_back() {
    let (line, arrivals) = line(vec![away(), Reply::Ok]);
    let handled = CallContext { id: "outer".into(), language: Language::En, deadline: None };
    let answer = handled.scope(|| {
        let mut line = line.clone();
        line.call(request("Read", None, 8))
    });
    assert_eq!(code_of(answer.await), Code::Unavailable);
    assert_eq!(arrivals.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_attempt_carries_the_whole_request_its_number_and_the_time_that_is_left() {
    let (line, arrivals) =
        line(vec![pushed(Code::Unavailable, "300"), pushed(Code::Unavailable, "200"), Reply::Ok]);
    assert_eq!(code_of(line.oneshot(request("Read", Some("1S"), 1000)).await), Code::Ok);
    let arrivals = arrivals.lock().unwrap();
    let previous: Vec<_> = arrivals.iter().map(|it| it.previous.as_deref()).collect();
    assert_eq!(previous, [None, Some("1"), Some("2")]);
    assert!(arrivals.iter().all(|it| it.bytes == 1000));
    // Timers are as fine as a ms.
    for (arrival, expected) in arrivals.iter().zip([0, 300, 500]) {
        let spent = arrival.after.as_millis().abs_diff(expected);
        let left = arrival.time.unwrap().as_millis().abs_diff(1000 - expected);
        assert!(spent <= 2 && left <= 4, "{arrival:?} is not at {expected} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn no_wait_goes_beyond_the_deadline_and_a_silent_far_end_is_left_at_it() {
    let begun = Instant::now();
    let (patient, arrivals) = line(vec![pushed(Code::Unavailable, "5000")]);
    assert_eq!(code_of(patient.oneshot(request("Read", Some("1S"), 8)).await), Code::Unavailable);
    assert_eq!((begun.elapsed(), arrivals.lock().unwrap().len()), (Duration::ZERO, 1));

    let (silent, arrivals) = line(vec![pushed(Code::Unavailable, "400"), Reply::Nothing]);
    let begun = Instant::now();
    let late = silent.oneshot(request("Read", Some("1S"), 8)).await.unwrap_err();
    assert_eq!((late.code(), explain(&late).reason.as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
    assert!(begun.elapsed().as_millis().abs_diff(1000) <= 2, "{:?}", begun.elapsed());
    assert_eq!(arrivals.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_has_begun_ends_at_the_deadline_of_its_call_too() {
    for messages in [Messages::Silence, Messages::Flood] {
        let (line, _) = line(vec![Reply::Begin(messages)]);
        let begun = Instant::now();
        let mut answer = line.oneshot(request("Read", Some("1S"), 8)).await.unwrap().into_body();
        let late = loop {
            match std::future::poll_fn(|context| Pin::new(&mut answer).poll_frame(context)).await {
                // As a reader of many messages gives others their turn.
                Some(Ok(_)) => tokio::time::sleep(ms(10)).await,
                Some(Err(late)) => break late,
                None => panic!("{messages:?} has no end"),
            }
        };
        assert_eq!(late.code(), Code::DeadlineExceeded, "{messages:?}");
        assert!(begun.elapsed().as_millis().abs_diff(1000) <= 12, "{messages:?}: {:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_too_large_to_keep_arrives_whole_and_once() {
    let (line, arrivals) = line(vec![away()]);
    assert_eq!(code_of(line.oneshot(request("Read", None, MOST_KEPT_BYTES + 1)).await), Code::Unavailable);
    let arrivals = arrivals.lock().unwrap();
    assert_eq!(arrivals.iter().map(|it| it.bytes).collect::<Vec<_>>(), [usize::MAX]);
}

/// F22: a server that fails everything is not asked much more than it would be without repeats.
#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_gets_few_more_attempts_than_calls() {
    let (line, arrivals) = line(vec![away()]);
    for _ in 0..100 {
        assert_eq!(code_of(line.clone().oneshot(request("Read", None, 8)).await), Code::Unavailable);
    }
    let made = arrivals.lock().unwrap().len();
    assert!(made <= 105, "{made} attempts of 100 calls");
}
