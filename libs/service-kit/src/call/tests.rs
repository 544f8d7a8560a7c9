//! The time a call is given holds whatever its body does.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service, ServiceExt, service_fn};

use super::CallLayer;
use crate::limits::Limits;

const TIME: Duration = Duration::from_secs(60);

/// A body that always has more.
struct Endless;

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"more")))))
    }
}

/// A door for two calls of at most [`TIME`], behind which every answer is endless.
fn door()
-> impl Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible, Future: Send> + Clone
{
    let time = u64::try_from(TIME.as_millis()).unwrap();
    let limits = Limits { max_in_flight: 2, stream_timeout_ms: time, ..Limits::default() };
    let endless = service_fn(async |_| Ok(http::Response::new(Body::new(Endless))));
    CallLayer::new(&limits).layer(endless)
}

async fn knock<S>(door: &S) -> http::Response<Body>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible> + Clone,
{
    let request = http::Request::post("/").header("content-type", "application/grpc").body(Body::empty());
    let Ok(answer) = door.clone().oneshot(request.unwrap()).await;
    answer
}

fn was_shed(answer: &http::Response<Body>) -> bool {
    answer.headers().get("grpc-status").is_some_and(|code| code == "8")
}

async fn next(answer: &mut http::Response<Body>) -> Frame<Bytes> {
    let frame = std::future::poll_fn(|context| Pin::new(answer.body_mut()).poll_frame(context));
    frame.await.unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_holds_its_place_until_its_time_is_over_and_no_longer() {
    let door = door();
    let stalled = [knock(&door).await, knock(&door).await];
    assert!(!stalled.iter().any(was_shed));
    tokio::time::sleep(TIME - Duration::from_secs(1)).await;
    assert!(was_shed(&knock(&door).await));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!was_shed(&knock(&door).await));
    drop(stalled);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_gives_its_place_back_at_once() {
    let door = door();
    let mut reading = vec![knock(&door).await, knock(&door).await];
    assert!(was_shed(&knock(&door).await));
    reading.pop();
    assert!(!was_shed(&knock(&door).await));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_always_has_more_is_cut_when_its_time_is_over() {
    let mut answer = knock(&door()).await;
    assert!(next(&mut answer).await.is_data());
    tokio::time::advance(TIME).await;
    let trailers = next(&mut answer).await.into_trailers().expect("the end");
    assert_eq!(trailers["grpc-status"], "4");
    assert!(answer.body().is_end_stream());
}
