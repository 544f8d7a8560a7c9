//! Delivering a file: chunks out, acknowledgements in, the sealed batch at the end. A delivery that is interrupted is
//! resumed: the service says which chunks it has, and the rest of the file follows.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::{mpsc, oneshot};
use tokio::task::block_in_place;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Response, Status, Streaming};
use xiuhua_contracts::ingestion::v1::{
    Batch, ImportEnd, ImportHeader, ImportObservationsRequest, ImportObservationsResponse,
    ImportPlacesRequest, ImportPlacesResponse, ListRejectedRowsRequest, RejectedRow,
    import_observations_request, import_observations_response, import_places_request, import_places_response,
};
use xiuhua_service_kit::status::explain;

use crate::intake::observations::ObservationFile;
use crate::intake::places::PlaceFile;
use crate::intake::{self, Chunked, UnusableFile};
use crate::platform::Platform;
use crate::progress::Progress;

/// Chunks read ahead of the service: enough to keep both sides busy, few enough to stay small.
const CHUNKS_AHEAD: usize = 4;
/// Interruptions one after another, without a further chunk on record, before the command gives up.
const INTERRUPTIONS: u32 = 8;
/// Wait after the first interruption; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Longest wait: with the waits before it, a service has a quarter of a minute to come back.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What is said of a delivery beside its file.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// Its name: repeated, it is the same delivery.
    pub(crate) request_id: String,
    /// Hold it until somebody commits it.
    pub(crate) stage: bool,
}

/// Delivers a file of places under a request id and gives the sealed batch.
///
/// # Errors
/// If the file breaks off, the service refuses the delivery as a whole or stays away; rejected rows are no error.
pub(crate) async fn deliver_places(
    platform: &Platform,
    mut file: PlaceFile,
    request_id: String,
    progress: &Progress,
) -> Result<Batch> {
    send_places(platform, &mut file, Terms { request_id, stage: false }, progress).await
}

/// Delivers a file of places on these terms and gives the batch, sealed or staged.
///
/// # Errors
/// As [`deliver_places`].
pub(crate) async fn send_places(
    platform: &Platform,
    file: &mut PlaceFile,
    terms: Terms,
    progress: &Progress,
) -> Result<Batch> {
    let message = |part| {
        use import_places_request::Part;
        let part = match part {
            Sent::Header(header) => Part::Header(*header),
            Sent::Chunk(chunk) => Part::Chunk(chunk),
            Sent::End(end) => Part::End(end),
        };
        ImportPlacesRequest { part: Some(part) }
    };
    let answer = |response: ImportPlacesResponse| match response.part? {
        import_places_response::Part::AcknowledgedSequence(sequence) => Some(Answer::Durable(sequence)),
        import_places_response::Part::Batch(batch) => Some(Answer::Ended(Box::new(batch))),
    };
    let call = async |requests| platform.ingestion().import_places(requests).await;
    deliver(file, terms, Line { message, call, answer }, progress).await
}

/// Delivers a file of observations under a request id and gives the sealed batch.
///
/// # Errors
/// As [`deliver_places`].
pub(crate) async fn deliver_observations(
    platform: &Platform,
    mut file: ObservationFile,
    request_id: String,
    progress: &Progress,
) -> Result<Batch> {
    send_observations(platform, &mut file, Terms { request_id, stage: false }, progress).await
}

/// Delivers a file of observations on these terms and gives the batch, sealed or staged.
///
/// # Errors
/// As [`deliver_places`].
pub(crate) async fn send_observations(
    platform: &Platform,
    file: &mut ObservationFile,
    terms: Terms,
    progress: &Progress,
) -> Result<Batch> {
    let message = |part| {
        use import_observations_request::Part;
        let part = match part {
            Sent::Header(header) => Part::Header(*header),
            Sent::Chunk(chunk) => Part::Chunk(chunk),
            Sent::End(end) => Part::End(end),
        };
        ImportObservationsRequest { part: Some(part) }
    };
    let answer = |response: ImportObservationsResponse| match response.part? {
        import_observations_response::Part::AcknowledgedSequence(sequence) => Some(Answer::Durable(sequence)),
        import_observations_response::Part::Batch(batch) => Some(Answer::Ended(Box::new(batch))),
    };
    let call = async |requests| platform.ingestion().import_observations(requests).await;
    deliver(file, terms, Line { message, call, answer }, progress).await
}

/// All rejected rows of a batch, page by page, given to `each`.
///
/// # Errors
/// If the service cannot be read, or `each` fails.
pub(crate) async fn each_rejected_row(
    platform: &Platform,
    batch: &Batch,
    mut each: impl FnMut(RejectedRow) -> Result<()>,
) -> Result<()> {
    let mut page_token = String::new();
    loop {
        let request = ListRejectedRowsRequest { batch_id: batch.id.clone(), page_size: 1000, page_token };
        let page = platform.ingestion().list_rejected_rows(request).await?.into_inner();
        page.rows.into_iter().try_for_each(&mut each)?;
        if page.next_page_token.is_empty() {
            return Ok(());
        }
        page_token = page.next_page_token;
    }
}

/// The messages of a delivery: one header, chunks until there are no more, one end that counts them.
enum Sent<Chunk> {
    Header(Box<ImportHeader>),
    Chunk(Chunk),
    End(ImportEnd),
}

enum Answer {
    /// Every chunk up to this one is on record.
    Durable(u64),
    /// Every row is on record: the batch, sealed or staged.
    Ended(Box<Batch>),
}

/// How one kind of delivery is spoken.
struct Line<Message, Call, Read> {
    message: Message,
    call: Call,
    answer: Read,
}

/// Why a delivery did not come to its end.
enum Broken {
    File(UnusableFile),
    Call(Status),
    /// The service ended it in good order and without a batch.
    Unended,
}

impl From<Status> for Broken {
    fn from(status: Status) -> Self {
        Self::Call(status)
    }
}

async fn deliver<File, Request, Reply>(
    file: &mut File,
    terms: Terms,
    line: Line<
        impl Fn(Sent<File::Chunk>) -> Request,
        impl AsyncFn(ReceiverStream<Request>) -> Result<Response<Streaming<Reply>>, Status>,
        impl Fn(Reply) -> Option<Answer>,
    >,
    progress: &Progress,
) -> Result<Batch>
where
    File: Chunked,
    Request: Send + 'static,
{
    let Terms { request_id, stage } = terms;
    let header = ImportHeader { request_id, stage, ..block_in_place(|| intake::header(file))? };
    let mut durable = 0;
    let mut interruptions = 0;
    loop {
        block_in_place(|| file.rewind())?;
        let durable_before = durable;
        let status = match attempt(file, &header, &line, &mut durable, progress).await {
            Ok(batch) => return Ok(batch),
            Err(Broken::File(fault)) => return Err(fault.into()),
            Err(Broken::Unended) => {
                return None.context("the service ended the delivery without a batch");
            }
            Err(Broken::Call(status)) => status,
        };
        let advanced = durable > durable_before;
        interruptions = if advanced { 1 } else { interruptions + 1 };
        let Some(wait) = wait(&status, interruptions, advanced) else { return Err(status.into()) };
        progress.interrupted(interruptions);
        tokio::time::sleep(wait).await;
    }
}

/// Delivers once, from the first chunk that is not on record.
async fn attempt<File, Request, Reply>(
    file: &mut File,
    header: &ImportHeader,
    line: &Line<
        impl Fn(Sent<File::Chunk>) -> Request,
        impl AsyncFn(ReceiverStream<Request>) -> Result<Response<Streaming<Reply>>, Status>,
        impl Fn(Reply) -> Option<Answer>,
    >,
    durable: &mut u64,
    progress: &Progress,
) -> Result<Batch, Broken>
where
    File: Chunked,
{
    let (requests, received) = mpsc::channel(CHUNKS_AHEAD);
    let (tell, on_record) = oneshot::channel();
    // A send fails when the service has answered for good; its answer says why.
    let sending = async move {
        if requests.send((line.message)(Sent::Header(Box::new(header.clone())))).await.is_err() {
            return Ok::<_, Broken>(());
        }
        let Ok(on_record) = on_record.await else { return Ok(()) };
        let mut chunks = 0;
        while let Some(chunk) = block_in_place(|| file.next_chunk()).map_err(Broken::File)? {
            chunks += 1;
            if chunks > on_record && requests.send((line.message)(Sent::Chunk(chunk))).await.is_err() {
                return Ok(());
            }
        }
        // A file that was edited since is not recorded as the one that it was.
        file.table().is_still(&header.content_sha256).map_err(Broken::File)?;
        // Without an end the delivery would stay open.
        let _ = requests.send((line.message)(Sent::End(ImportEnd { chunks }))).await;
        Ok(())
    };
    let receiving = async {
        let mut tell = Some(tell);
        let mut sealed = None;
        let mut answers = (line.call)(ReceiverStream::new(received)).await?.into_inner();
        while let Some(reply) = answers.message().await? {
            match (line.answer)(reply) {
                Some(Answer::Durable(sequence)) => {
                    // The first one says where to go on.
                    let _ = tell.take().map(|tell| tell.send(sequence));
                    *durable = sequence;
                    progress.set(sequence);
                }
                Some(Answer::Ended(batch)) => sealed = Some(*batch),
                None => {}
            }
        }
        sealed.ok_or(Broken::Unended)
    };
    tokio::pin!(sending, receiving);
    tokio::select! {
        biased;
        sealed = &mut receiving => return sealed,
        sent = &mut sending => sent?,
    }
    receiving.await
}

/// How long to wait before the next try, if there is to be one after so many interruptions; `advanced` if the last try
/// brought further chunks on record.
fn wait(status: &Status, interruptions: u32, advanced: bool) -> Option<Duration> {
    // A large file takes longer than one call may, and arrives in several.
    let passes = has_passing_cause(status) && (advanced || status.code() != Code::DeadlineExceeded);
    let retry_after = explain(status).retry_after.unwrap_or_default();
    let doubled = FIRST_WAIT * 2u32.pow(interruptions.saturating_sub(1).min(INTERRUPTIONS));
    (passes && interruptions < INTERRUPTIONS).then_some(doubled.min(LONGEST_WAIT).max(retry_after))
}

/// Whether a delivery that ended with this may go on later from what is on record, and is not refused.
pub(crate) fn has_passing_cause(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable | Code::Aborted | Code::DeadlineExceeded => true,
        _ => explain(status).retry_after.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_again_ever_later_and_not_for_ever() {
        let away = Status::unavailable("");
        let waits: Vec<_> =
            (1..=8).map(|times| wait(&away, times, false).map(|wait| wait.as_millis())).collect();
        let expected = [100, 200, 400, 800, 1600, 3200, 5000].map(Some);
        assert_eq!((&waits[..7], waits[7]), (&expected[..], None));
    }

    #[test]
    fn a_refusal_is_final_and_a_broken_connection_is_not() {
        for status in [Status::aborted(""), Status::unavailable("h2")] {
            assert!(wait(&status, 1, false).is_some(), "{status:?}");
        }
        for status in [Status::invalid_argument(""), Status::already_exists(""), Status::internal("")] {
            assert!(wait(&status, 1, true).is_none(), "{status:?}");
        }
    }

    #[test]
    fn a_call_that_took_too_long_is_followed_by_another_as_long_as_chunks_arrive() {
        let late = Status::deadline_exceeded("");
        assert!(wait(&late, 1, true).is_some());
        assert!(wait(&late, 1, false).is_none());
    }
}
