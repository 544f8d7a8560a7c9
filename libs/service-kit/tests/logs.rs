//! What is logged for a call can be found by its id. A process of its own, because a logger is a process's.

use std::io::Write;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use http_body::{Body as _, Frame};
use sqlx::migrate::Migrator;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, ServiceExt, service_fn};
use tracing_subscriber::Layer as _;
use xiuhua_service_kit::call::{CALL_ID, CallContext, CallLayer};
use xiuhua_service_kit::limits::Limits;
use xiuhua_service_kit::sqlite::SqliteDatabase;
use xiuhua_service_kit::telemetry::{BoxedLayer, LogConfig, Telemetry, init_with};

/// What has been logged so far.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no writer panics").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Whether one logged line has all of these texts in it.
fn logged(texts: &[&str]) -> bool {
    let lines = lines().0.lock().expect("no writer panics");
    String::from_utf8_lossy(&lines).lines().any(|line| texts.iter().all(|text| line.contains(text)))
}

fn lines() -> &'static Lines {
    static STARTED: OnceLock<(Lines, Telemetry)> = OnceLock::new();
    let (lines, _) = STARTED.get_or_init(|| {
        let lines = Lines::default();
        let writer = lines.clone();
        let capture = tracing_subscriber::fmt::layer().json().with_writer(move || writer.clone());
        let layers: Vec<BoxedLayer> = vec![capture.boxed()];
        (lines, init_with("logs", &LogConfig::default(), layers).expect("the first in this process"))
    });
    lines
}

fn request(id: &str) -> http::Request<Body> {
    let request = http::Request::builder()
        .uri("/test.Logs/Any")
        .header(CALL_ID, id)
        .header("content-type", "application/grpc");
    request.body(Body::empty()).expect("a request is well formed")
}

struct Broken;

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        panic!("a row that cannot be")
    }
}

#[tokio::test]
async fn a_panic_in_the_middle_of_an_answer_is_logged_with_the_id_of_its_call() {
    lines();
    let broken = service_fn(async |_| Ok(http::Response::new(Body::new(Broken))));
    let service = CallLayer::new(&Limits::default()).layer(broken);
    let Ok(mut answer) = service.oneshot(request("call-of-a-stream")).await;
    let frame = std::future::poll_fn(|context| Pin::new(answer.body_mut()).poll_frame(context)).await;
    assert_eq!(frame.unwrap().unwrap().into_trailers().unwrap()["grpc-status"], "13");
    assert!(logged(&["a row that cannot be", "\"call_id\":\"call-of-a-stream\""]));
}

#[tokio::test]
async fn a_panic_in_a_write_is_logged_with_the_id_of_its_call_which_the_write_knows() {
    lines();
    static NONE: Migrator = Migrator::DEFAULT;
    let database = SqliteDatabase::open("sqlite::memory:", &NONE).await.unwrap();
    let writing = service_fn(move |_| {
        let database = database.clone();
        async move {
            let write = database.write::<(), sqlx::Error, _>(|_| {
                async { panic!("written for {}", CallContext::current().expect("a call").id) }.boxed()
            });
            write.await.expect("it panics");
            Ok(http::Response::new(Body::empty()))
        }
    });
    let service = CallLayer::new(&Limits::default()).layer(writing);
    let Ok(answer) = service.oneshot(request("call-of-a-write")).await;
    assert_eq!(answer.headers()["grpc-status"], "13");
    assert!(logged(&["written for call-of-a-write", "\"call_id\":\"call-of-a-write\""]));
}
