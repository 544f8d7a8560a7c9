//! The door as it is served: rankings that were read before are answered from the shelf, in the bytes in which they were
//! first encoded, once the record has said which analysis of uncertainty is the newest; everything else goes to the generated server behind.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use prost::Message as _;
use prost::bytes::{BufMut as _, Bytes};
use tonic::body::Body;
use tonic::codec::{EncodeBuf, Encoder};
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};
use xiuhua_contracts::codec::Codec;
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_contracts::scoring::v1::scoring_service_server::ScoringServiceServer;
use xiuhua_service_kit::status::refuse;

use super::Scoring;
use super::pages::{Asked, PageShelf};

/// The one method that is answered here.
const LIST_RANKING: &str = "/xiuhua.scoring.v1.ScoringService/ListRanking";

/// Scoring's door with a shelf of pages before it.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    behind: ScoringServiceServer<Scoring>,
    scoring: Scoring,
    pages: Arc<PageShelf>,
    max_message_bytes: usize,
}

impl Door {
    /// A door whose messages, in either direction, are at most this large.
    pub(crate) fn new(scoring: Scoring, pages: PageShelf, max_message_bytes: usize) -> Self {
        let behind = ScoringServiceServer::new(scoring.clone())
            .max_decoding_message_size(max_message_bytes)
            .max_encoding_message_size(max_message_bytes);
        Self { behind, scoring, pages: Arc::new(pages), max_message_bytes }
    }
}

impl NamedService for Door {
    const NAME: &'static str = <ScoringServiceServer<Scoring> as NamedService>::NAME;
}

impl Service<http::Request<Body>> for Door {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if request.uri().path() != LIST_RANKING {
            return self.behind.call(request);
        }
        let (ranking, most) =
            (Ranking(self.scoring.clone(), Arc::clone(&self.pages)), self.max_message_bytes);
        Box::pin(async move {
            let mut grpc = Grpc::new(PageCodec).apply_max_message_size_config(Some(most), Some(most));
            Ok(grpc.unary(ranking, request).await)
        })
    }
}

/// ListRanking, from the shelf or from the record.
struct Ranking(Scoring, Arc<PageShelf>);

impl UnaryService<proto::ListRankingRequest> for Ranking {
    type Response = Bytes;
    type Future = BoxFuture<Response<Bytes>, Status>;

    fn call(&mut self, request: Request<proto::ListRankingRequest>) -> Self::Future {
        let Self(scoring, pages) = self;
        let (scoring, pages) = (scoring.clone(), Arc::clone(pages));
        Box::pin(async move {
            let request = request.into_inner();
            // Before the page is read: a page may be newer than its name says, and never older.
            let analysis = scoring.newest_analysis(&request.assessment_id).await.map_err(refuse)?;
            let asked = Asked { request, analysis };
            if let Some(page) = pages.find(&asked) {
                return Ok(Response::new(page));
            }
            let read = scoring.ranking(asked.request.clone()).await.map_err(refuse)?;
            let page = Bytes::from(read.encode_to_vec());
            pages.put(asked, page.clone());
            Ok(Response::new(page))
        })
    }
}

/// The house's codec with answers that are encoded already.
struct PageCodec;

/// Passes bytes on.
struct AsTheyAre;

type Decoding = Codec<proto::ListRankingResponse, proto::ListRankingRequest>;

impl tonic::codec::Codec for PageCodec {
    type Encode = Bytes;
    type Decode = proto::ListRankingRequest;
    type Encoder = AsTheyAre;
    type Decoder = <Decoding as tonic::codec::Codec>::Decoder;

    fn encoder(&mut self) -> AsTheyAre {
        AsTheyAre
    }

    fn decoder(&mut self) -> Self::Decoder {
        Decoding::default().decoder()
    }
}

impl Encoder for AsTheyAre {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, page: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.reserve(page.len());
        buffer.put(page);
        Ok(())
    }
}
