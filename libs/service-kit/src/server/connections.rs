//! The connections of a listener: a failure to take one does not end it, and does not make it spin.

use std::io::{Error, ErrorKind};
use std::time::Duration;

use futures_util::{Stream, stream};

/// First wait after a failure that is not one connection's alone; each further one in a row doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// Longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What `accept` yields, without end.
///
/// A connection that broke before it was taken is its peer's matter. Any other error (no file descriptors or memory
/// left) would come again at once: it is logged, and the next attempt waits.
pub(super) fn connections<C, A, F>(accept: A) -> impl Stream<Item = Result<C, Error>> + Send
where
    C: Send,
    A: FnMut() -> F + Send,
    F: Future<Output = Result<C, Error>> + Send,
{
    stream::unfold(accept, async |mut accept| {
        let connection = next(&mut accept).await;
        Some((Ok(connection), accept))
    })
}

async fn next<C, F>(accept: &mut impl FnMut() -> F) -> C
where
    F: Future<Output = Result<C, Error>>,
{
    let mut wait = FIRST_WAIT;
    loop {
        match accept().await {
            Ok(connection) => return connection,
            Err(error)
                if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Err(error) => {
                // Once until a connection is taken again: the log should not fill as well.
                if wait == FIRST_WAIT {
                    tracing::warn!(%error, "connections cannot be accepted, trying again");
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::pin::pin;

    use tokio::time::Instant;
    use tokio_stream::StreamExt;

    use super::*;

    /// The time until the one connection after these failures is taken.
    async fn time_until_taken(failures: impl IntoIterator<Item = ErrorKind>) -> Duration {
        let began = Instant::now();
        let mut answers: VecDeque<Result<(), Error>> =
            failures.into_iter().map(|kind| Err(Error::from(kind))).collect();
        answers.push_back(Ok(()));
        let accept = || std::future::ready(answers.pop_front().expect("one connection is asked for"));
        assert!(pin!(connections(accept)).next().await.is_some_and(|taken| taken.is_ok()));
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_machine_out_of_descriptors_is_asked_again_with_growing_waits() {
        let out = ErrorKind::Other;
        assert_eq!(time_until_taken([out; 3]).await, FIRST_WAIT * 7);
        let many = time_until_taken([out; 10]).await;
        assert_eq!(many, FIRST_WAIT * 31 + LONGEST_WAIT * 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_broke_before_it_was_taken_costs_no_wait() {
        let broken = [ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset];
        assert_eq!(time_until_taken(broken).await, Duration::ZERO);
    }
}
