//! Delivering a file: chunks out, acknowledgements in, the sealed batch at the end.

use std::future::Future;

use anyhow::{Context, Result};
use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status, Streaming};
use xiuhua_contracts::ingestion::v1::{
    Batch, ImportEnd, ImportHeader, ImportObservationsRequest, ImportObservationsResponse,
    ImportPlacesRequest, ImportPlacesResponse, ListRejectedRowsRequest, RejectedRow,
    import_observations_request, import_observations_response, import_places_request, import_places_response,
};

use crate::intake::UnusableFile;
use crate::intake::observations::ObservationFile;
use crate::intake::places::PlaceFile;
use crate::platform::{Platform, request_id};
use crate::progress::Progress;

/// Chunks read ahead of the service: enough to keep both sides busy, few enough to stay small.
const CHUNKS_AHEAD: usize = 4;

/// Delivers a file of places and gives the sealed batch.
///
/// # Errors
/// If the file breaks off or the service refuses the delivery as a whole; rejected rows are no error.
pub(crate) async fn deliver_places(
    platform: &Platform,
    mut file: PlaceFile,
    progress: &Progress,
) -> Result<Batch> {
    use import_places_request::Part;
    let request = |part| ImportPlacesRequest { part: Some(part) };
    let parts = Parts {
        header: request(Part::Header(header(file.file_name()))),
        next_chunk: move || Ok(file.next_chunk()?.map(|chunk| request(Part::Chunk(chunk)))),
        end: move |chunks| request(Part::End(ImportEnd { chunks })),
    };
    let mut ingestion = platform.ingestion();
    let call = async move |requests| ingestion.import_places(requests).await;
    let answer = |response: ImportPlacesResponse| match response.part? {
        import_places_response::Part::AcknowledgedSequence(sequence) => Some(Answer::Durable(sequence)),
        import_places_response::Part::Batch(batch) => Some(Answer::Sealed(batch)),
    };
    deliver(parts, call, answer, progress).await
}

/// Delivers a file of observations and gives the sealed batch.
///
/// # Errors
/// As [`deliver_places`].
pub(crate) async fn deliver_observations(
    platform: &Platform,
    mut file: ObservationFile,
    progress: &Progress,
) -> Result<Batch> {
    use import_observations_request::Part;
    let request = |part| ImportObservationsRequest { part: Some(part) };
    let parts = Parts {
        header: request(Part::Header(header(file.file_name()))),
        next_chunk: move || Ok(file.next_chunk()?.map(|chunk| request(Part::Chunk(chunk)))),
        end: move |chunks| request(Part::End(ImportEnd { chunks })),
    };
    let mut ingestion = platform.ingestion();
    let call = async move |requests| ingestion.import_observations(requests).await;
    let answer = |response: ImportObservationsResponse| match response.part? {
        import_observations_response::Part::AcknowledgedSequence(sequence) => Some(Answer::Durable(sequence)),
        import_observations_response::Part::Batch(batch) => Some(Answer::Sealed(batch)),
    };
    deliver(parts, call, answer, progress).await
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

fn header(file_name: String) -> ImportHeader {
    ImportHeader { request_id: request_id(), file_name, content_sha256: Vec::new() }
}

enum Answer {
    /// Every chunk up to this one is on record.
    Durable(u64),
    Sealed(Batch),
}

/// The messages of a delivery: one header, chunks until there are no more, one end that counts them.
struct Parts<Request, Next, End> {
    header: Request,
    next_chunk: Next,
    end: End,
}

async fn deliver<Request, Reply, Next, End, Call>(
    mut parts: Parts<Request, Next, End>,
    call: impl FnOnce(ReceiverStream<Request>) -> Call,
    answer: impl Fn(Reply) -> Option<Answer>,
    progress: &Progress,
) -> Result<Batch>
where
    Request: Send + 'static,
    Next: FnMut() -> Result<Option<Request>, UnusableFile> + Send + 'static,
    End: FnOnce(u64) -> Request + Send + 'static,
    Call: Future<Output = Result<Response<Streaming<Reply>>, Status>>,
{
    let (requests, received) = mpsc::channel(CHUNKS_AHEAD);
    let (broke_off, broken) = oneshot::channel();
    // It ends without a word when the file does; fused, it may be asked again.
    let mut broken = broken.fuse();
    tokio::task::spawn_blocking(move || {
        let mut request = parts.header;
        let mut chunks = 0;
        // A send fails when the service has answered for good; its answer says why.
        while requests.blocking_send(request).is_ok() {
            match (parts.next_chunk)() {
                Ok(Some(chunk)) => (request, chunks) = (chunk, chunks + 1),
                Ok(None) => {
                    let _ = requests.blocking_send((parts.end)(chunks));
                    return;
                }
                // Without an end the delivery stays open and can be begun again.
                Err(fault) => {
                    let _ = broke_off.send(fault);
                    return;
                }
            }
        }
    });
    let mut answers = call(ReceiverStream::new(received)).await?.into_inner();
    let mut sealed = None;
    loop {
        tokio::select! {
            biased;
            Ok(fault) = &mut broken => return Err(fault.into()),
            message = answers.message() => match message?.map(&answer) {
                Some(Some(Answer::Durable(sequence))) => progress.set(sequence),
                Some(Some(Answer::Sealed(batch))) => sealed = Some(batch),
                Some(None) => {}
                None => return sealed.context("the service ended the delivery without sealing it"),
            },
        }
    }
}
