//! Serving: one or many services behind one door, TCP or in memory, with health, reflection, limits and a drain.

mod connections;

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::Stream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::RoutesBuilder;
use tonic::transport::Server;
use tonic::transport::server::Connected;
use tonic_health::ServingStatus;
use tower::Service;

use self::connections::connections;
use crate::call::CallLayer;
use crate::limits::{GOODBYE, Limits, MAX_HEADER_LIST_BYTES, STREAM_WINDOW_BYTES};
use crate::pipe::Acceptor;
use crate::worker::Worker;

/// One assembled service: what it answers and what it does by itself.
pub struct Part {
    /// Full names of its gRPC services, such as `xiuhua.scoring.v1.ScoringService`; health answers for each.
    names: Vec<&'static str>,
    add: Arc<dyn Fn(&mut RoutesBuilder) + Send + Sync>,
    worker: Option<Worker>,
}

/// Why a door could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("无法监听 / cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The descriptor set for reflection cannot be read.
    #[error("the descriptor set for reflection cannot be read")]
    Reflection(#[source] tonic_reflection::server::Error),
    /// The transport failed.
    #[error("serving failed")]
    Transport(#[source] tonic::transport::Error),
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("names", &self.names)
            .field("worker", &self.worker)
            .finish_non_exhaustive()
    }
}

impl Part {
    /// A part that answers with `service`, a generated server whose message limits are already set.
    #[must_use]
    pub fn new<S>(service: S) -> Self
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        let add = move |routes: &mut RoutesBuilder| {
            routes.add_service(service.clone());
        };
        Self { names: vec![S::NAME], add: Arc::new(add), worker: None }
    }

    /// The same part answering with a further service of the same rooms.
    #[must_use]
    pub fn with_service<S>(mut self, service: S) -> Self
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        let first = self.add;
        self.add = Arc::new(move |routes: &mut RoutesBuilder| {
            first(routes);
            routes.add_service(service.clone());
        });
        self.names.push(S::NAME);
        self
    }

    /// The same part with background work.
    #[must_use]
    pub fn with_worker(mut self, worker: Worker) -> Self {
        self.worker = Some(worker);
        self
    }

    /// The answering half again, without the worker: for a second door to the same service.
    #[must_use]
    pub fn second_door(&self) -> Self {
        Self { names: self.names.clone(), add: Arc::clone(&self.add), worker: None }
    }
}

/// Serves on an address until `shutdown` is cancelled and the drain is over.
///
/// `reflection` is an encoded descriptor set; without it reflection is not offered.
///
/// # Errors
/// [`ServeError`] if the address is taken or the transport fails.
pub async fn serve_tcp(
    address: SocketAddr,
    parts: Vec<Part>,
    limits: &Limits,
    reflection: Option<&'static [u8]>,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let listener =
        TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
    serve_listener(listener, parts, limits, reflection, shutdown).await
}

/// As [`serve_tcp`], on a listener that the caller has bound (to port 0, for example).
///
/// # Errors
/// [`ServeError`] if the transport fails.
pub async fn serve_listener(
    listener: TcpListener,
    parts: Vec<Part>,
    limits: &Limits,
    reflection: Option<&'static [u8]>,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "serving");
    }
    let listener = Arc::new(listener);
    let incoming = connections(move || {
        let listener = Arc::clone(&listener);
        async move {
            let (connection, _) = listener.accept().await?;
            // Small answers should not wait for more to send.
            let _ = connection.set_nodelay(true);
            Ok(connection)
        }
    });
    serve(incoming, parts, limits, reflection, shutdown).await
}

/// Serves the other end of a pipe until `shutdown` is cancelled and the drain is over.
///
/// # Errors
/// [`ServeError`] if the transport fails.
pub async fn serve_pipe(
    acceptor: Acceptor,
    parts: Vec<Part>,
    limits: &Limits,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let incoming = ReceiverStream::new(acceptor.connections).map(Ok::<_, std::io::Error>);
    serve(incoming, parts, limits, None, shutdown).await
}

async fn serve<C>(
    incoming: impl Stream<Item = Result<C, std::io::Error>> + Send,
    parts: Vec<Part>,
    limits: &Limits,
    reflection: Option<&'static [u8]>,
    shutdown: CancellationToken,
) -> Result<(), ServeError>
where
    C: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    let (health, health_service) = tonic_health::server::health_reporter();
    let mut routes = RoutesBuilder::default();
    routes.add_service(health_service);
    if let Some(descriptors) = reflection {
        let of = || {
            tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(descriptors)
        };
        // Both versions: clients of each are in use, and most speak only one.
        routes.add_service(of().build_v1().map_err(ServeError::Reflection)?);
        routes.add_service(of().build_v1alpha().map_err(ServeError::Reflection)?);
    }
    let mut workers = JoinSet::new();
    // The empty name is the server as a whole.
    let mut names = vec![""];
    for part in parts {
        (part.add)(&mut routes);
        names.extend(&part.names);
        if let Some(worker) = part.worker {
            workers.spawn(worker.supervise(shutdown.clone()));
        }
    }
    for name in &names {
        health.set_service_status(*name, ServingStatus::Serving).await;
    }
    let stop = shutdown.clone();
    let watchers_told = CancellationToken::new();
    let told = watchers_told.clone();
    let draining = async move {
        stop.cancelled().await;
        for name in names {
            health.set_service_status(name, ServingStatus::NotServing).await;
        }
        told.cancel();
    };
    let server = Server::builder()
        .layer(CallLayer::new(limits).until(watchers_told))
        .max_concurrent_streams(limits.max_concurrent_streams)
        .http2_max_header_list_size(MAX_HEADER_LIST_BYTES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(connection_window_bytes(limits.max_concurrent_streams))
        .http2_keepalive_interval(Some(limits.keepalive_interval()))
        .http2_keepalive_timeout(Some(limits.keepalive_timeout()))
        .add_routes(routes.routes())
        .serve_with_incoming_shutdown(incoming, draining);
    let out_of_time = async {
        shutdown.cancelled().await;
        tokio::time::sleep(limits.drain_timeout()).await;
    };
    let served = tokio::select! {
        served = server => served.map_err(ServeError::Transport),
        () = out_of_time => {
            // They run on in tasks of their own until the process ends.
            tracing::warn!("the drain time is over, calls still in flight are not waited for any longer");
            Ok(())
        }
    };
    // A server that failed takes its workers with it.
    shutdown.cancel();
    let stopped = tokio::time::timeout(GOODBYE, async { while workers.join_next().await.is_some() {} }).await;
    if stopped.is_err() {
        tracing::warn!("a worker did not stop in time and is cut");
    }
    served
}

/// Room for the window of every stream of a connection: one that nobody reads must not stop the others.
fn connection_window_bytes(streams: u32) -> u32 {
    // HTTP/2 allows at most 2^31 - 1.
    STREAM_WINDOW_BYTES.saturating_mul(streams).min(i32::MAX.unsigned_abs())
}
