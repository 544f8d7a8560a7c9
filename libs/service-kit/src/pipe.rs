//! The in-memory door: the same gRPC over pipes inside one process.
//!
//! The channel exists before the services do, because services that are assembled together call each other through
//! it; connecting waits until [`crate::server::serve_pipe`] takes the other end.

use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tonic::transport::{Channel, Endpoint};

/// Connections waiting to be taken by the server.
const WAITING: usize = 16;
/// Bytes that one direction of a pipe holds.
const PIPE_BYTES: usize = 1024 * 1024;
/// Flow-control windows as wide as a pipe: in memory there is no round trip to hide.
const WINDOW_BYTES: u32 = 1024 * 1024;
/// Answers that may wait unread while others still arrive. The services of a process share one connection and call each
/// other in the middle of a stream: with one window for all, the inner call would wait for the outer one for ever.
const UNREAD_ANSWERS: u32 = 1024;

/// The server's end of a pipe.
#[derive(Debug)]
pub struct Acceptor {
    pub(crate) connections: mpsc::Receiver<DuplexStream>,
}

/// A channel and the end for the server that will answer it.
#[must_use]
pub fn pair() -> (Channel, Acceptor) {
    let (offer, connections) = mpsc::channel(WAITING);
    let connector = tower::service_fn(move |_: http::Uri| {
        let offer = offer.clone();
        async move {
            let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
            let gone = |_| std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "the server has ended");
            offer.send(theirs).await.map_err(gone)?;
            Ok::<_, std::io::Error>(TokioIo::new(ours))
        }
    });
    let endpoint = Endpoint::from_static("http://pipe")
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES * UNREAD_ANSWERS);
    (endpoint.connect_with_connector_lazy(connector), Acceptor { connections })
}
