//! A TCP proxy that does to connections what networks do: delays, silence, breaks, and the worst one, a break after the
//! request has arrived and before its answer does.
//!
//! It knows nothing of the protocol but bytes; each direction of each connection holds one buffer and no more.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::chance::Chance;

/// Bytes that a direction of a connection holds at most.
const BUFFER: usize = 16 * 1024;

/// What happens to a request that is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It never arrives.
    BeforeItArrives,
    /// It arrives and is answered; the answer never arrives.
    BeforeTheAnswer,
}

/// A proxy before one address; it ends, and cuts its connections, when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// What holds for every connection at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Weather {
    /// Longest delay of a buffer in one direction; each takes a random part of it.
    delay: Duration,
    /// Nothing passes, nothing breaks.
    silent: bool,
    /// Counts the breaks of all connections: one that sees it change ends.
    breaks: u64,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    /// Delays are drawn from it.
    chance: Mutex<Chance>,
    /// The next request to be cut. Whichever connection sees it first takes it.
    trap: Mutex<Option<Trap>>,
}

#[derive(Debug)]
struct Trap {
    pattern: Vec<u8>,
    cut: Cut,
    sprung: oneshot::Sender<()>,
}

impl Proxy {
    /// A proxy on a free port of this machine.
    ///
    /// # Errors
    /// No port is free.
    pub async fn before(upstream: SocketAddr, chance: Chance) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (weather, forecast) = watch::channel(Weather::default());
        let shared = Arc::new(Shared { upstream, chance: Mutex::new(chance), trap: Mutex::new(None) });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared), forecast));
        Ok(Self { address, weather, shared, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Delays what passes by up to `longest` a direction.
    pub fn delay(&self, longest: Duration) {
        self.weather.send_modify(|weather| weather.delay = longest);
    }

    /// Swallows what comes, or lets it pass again.
    pub fn silence(&self, silent: bool) {
        self.weather.send_modify(|weather| weather.silent = silent);
    }

    /// Breaks every connection there is; new ones are welcome.
    pub fn cut_all(&self) {
        self.weather.send_modify(|weather| weather.breaks += 1);
    }

    /// Cuts the connection of the next request whose bytes hold `pattern`, and tells when it has. An earlier trap that
    /// has caught nothing is taken up.
    pub fn cut_next(&self, pattern: &[u8], cut: Cut) -> oneshot::Receiver<()> {
        let (sprung, told) = oneshot::channel();
        let trap = Trap { pattern: pattern.to_vec(), cut, sprung };
        *self.shared.trap.lock().unwrap_or_else(PoisonError::into_inner) = Some(trap);
        told
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut_all();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, forecast: watch::Receiver<Weather>) {
    while let Ok((client, _)) = listener.accept().await {
        let (shared, forecast) = (Arc::clone(&shared), forecast.clone());
        tokio::spawn(async move {
            // A server that is away refuses the client by the end of its connection.
            let Ok(server) = TcpStream::connect(shared.upstream).await else { return };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            carry(client, server, &shared, forecast).await;
        });
    }
}

/// Carries both directions until either ends, or the weather breaks it. Both sides then see the end at once.
async fn carry(client: TcpStream, server: TcpStream, shared: &Shared, forecast: watch::Receiver<Weather>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Whom to tell when the answer that comes next has been lost.
    let caught = Mutex::new(None);
    let mut broken = forecast.clone();
    let breaks = broken.borrow().breaks;
    tokio::select! {
        () = requests(from_client, to_server, shared, forecast.clone(), &caught) => {}
        () = answers(from_server, to_client, shared, forecast, &caught) => {}
        _ = broken.wait_for(|weather| weather.breaks != breaks) => {}
    }
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    mut forecast: watch::Receiver<Weather>,
    caught: &Mutex<Option<oneshot::Sender<()>>>,
) {
    let mut buffer = vec![0; BUFFER];
    // The last bytes seen: a pattern may lie across two buffers.
    let mut seen = VecDeque::new();
    while let Some(length) = received(&mut from, &mut buffer).await {
        weathered(shared, &mut forecast).await;
        match sprung(shared, &mut seen, &buffer[..length]) {
            Some(trap) if trap.cut == Cut::BeforeItArrives => {
                // Whoever set it may not wait for it.
                let _ = trap.sprung.send(());
                return;
            }
            Some(trap) => *caught.lock().unwrap_or_else(PoisonError::into_inner) = Some(trap.sprung),
            None => {}
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    mut forecast: watch::Receiver<Weather>,
    caught: &Mutex<Option<oneshot::Sender<()>>>,
) {
    let mut buffer = vec![0; BUFFER];
    while let Some(length) = received(&mut from, &mut buffer).await {
        if let Some(sprung) = caught.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = sprung.send(());
            return;
        }
        weathered(shared, &mut forecast).await;
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

/// The bytes that came; `None` at the end.
async fn received(from: &mut OwnedReadHalf, buffer: &mut [u8]) -> Option<usize> {
    from.read(buffer).await.ok().filter(|length| *length > 0)
}

/// Waits out the silence, then the delay.
async fn weathered(shared: &Shared, forecast: &mut watch::Receiver<Weather>) {
    let delay = match forecast.wait_for(|weather| !weather.silent).await {
        Ok(weather) => weather.delay,
        Err(_) => return,
    };
    if delay > Duration::ZERO {
        let drawn = shared.chance.lock().unwrap_or_else(PoisonError::into_inner).within(delay);
        tokio::time::sleep(drawn).await;
    }
}

/// Takes the trap if its pattern has just come by.
fn sprung(shared: &Shared, seen: &mut VecDeque<u8>, bytes: &[u8]) -> Option<Trap> {
    let mut trap = shared.trap.lock().unwrap_or_else(PoisonError::into_inner);
    seen.extend(bytes);
    let length = trap.as_ref().map_or(0, |trap| trap.pattern.len());
    let window = seen.make_contiguous();
    let found = trap.as_ref().is_some_and(|trap| window.windows(length.max(1)).any(|it| it == trap.pattern));
    // One byte short of the pattern, so that none is seen twice.
    let kept = length.saturating_sub(1);
    seen.drain(..seen.len().saturating_sub(kept));
    if found { trap.take() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers every line with itself, and counts the lines that arrive.
    async fn echo() -> (SocketAddr, watch::Receiver<u32>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (count, counted) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let count = count.clone();
                tokio::spawn(async move {
                    let mut buffer = [0; 64];
                    while let Ok(length @ 1..) = client.read(&mut buffer).await {
                        count.send_modify(|count| *count += 1);
                        let _ = client.write_all(&buffer[..length]).await;
                    }
                });
            }
        });
        (address, counted)
    }

    async fn ask(connection: &mut TcpStream, line: &str) -> Option<String> {
        connection.write_all(line.as_bytes()).await.ok()?;
        let mut buffer = [0; 64];
        let length = connection.read(&mut buffer).await.ok().filter(|length| *length > 0)?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    #[tokio::test]
    async fn a_cut_request_arrives_or_not_as_asked_and_its_answer_never() {
        let (server, counted) = echo().await;
        let proxy = Proxy::before(server, Chance::seeded(1)).await.unwrap();
        for (cut, arrived) in [(Cut::BeforeItArrives, 1), (Cut::BeforeTheAnswer, 3)] {
            let mut connection = TcpStream::connect(proxy.address()).await.unwrap();
            assert_eq!(ask(&mut connection, "BEGIN").await.as_deref(), Some("BEGIN"));
            let sprung = proxy.cut_next(b"COMMIT", cut);
            assert_eq!(ask(&mut connection, "COMMIT").await, None);
            sprung.await.unwrap();
            assert_eq!(*counted.borrow(), arrived, "{cut:?}");
        }
    }

    #[tokio::test]
    async fn a_break_ends_what_is_there_and_silence_keeps_it() {
        let (server, _) = echo().await;
        let proxy = Proxy::before(server, Chance::seeded(1)).await.unwrap();
        let mut connection = TcpStream::connect(proxy.address()).await.unwrap();
        proxy.delay(Duration::from_millis(2));
        assert_eq!(ask(&mut connection, "one").await.as_deref(), Some("one"));
        proxy.silence(true);
        let unanswered = tokio::time::timeout(Duration::from_millis(50), ask(&mut connection, "two")).await;
        assert!(unanswered.is_err());
        proxy.cut_all();
        proxy.silence(false);
        let mut rest = Vec::new();
        assert_eq!(connection.read_to_end(&mut rest).await.unwrap_or(0), 0);
        let mut connection = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(ask(&mut connection, "three").await.as_deref(), Some("three"));
    }
}
