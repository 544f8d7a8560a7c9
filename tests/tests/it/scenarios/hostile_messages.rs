//! What no honest client sends, to the real program over raw HTTP/2: each gets a status that says what is wrong with
//! it, costs no more memory than a message may, and leaves the program serving.

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use flate2::{Compress, Compression, FlushCompress};
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use tokio::net::TcpStream;
use tonic::{Code, Status};
use xiuhua_contracts::ingestion::v1 as ingestion;
use xiuhua_contracts::measure::v1::{Bounds, Text, TextColumn};
use xiuhua_contracts::scoring::v1 as scoring;
use xiuhua_service_kit::status::explain;
use xiuhua_tests::program::{self, Served};

const MIB: usize = 1024 * 1024;
/// The largest message of a server, as its documentation has it.
const LIMIT: usize = 4 * MIB;
/// What the program may grow by while it is attacked: the message, and a margin for everything else.
const GROWTH: usize = LIMIT + 64 * MIB;

const INGESTION: &str = "/xiuhua.ingestion.v1.IngestionService";
const SCORING: &str = "/xiuhua.scoring.v1.ScoringService";

/// A request as it goes on the wire.
struct Attack {
    path: String,
    content_type: &'static str,
    encoding: Option<&'static str>,
    body: Bytes,
}

impl Attack {
    /// Messages to a method, each framed as gRPC wants it.
    fn messages(path: String, messages: &[Vec<u8>]) -> Self {
        let mut body = BytesMut::new();
        for message in messages {
            body.extend_from_slice(&frame(0, message.len(), message));
        }
        Self { path, content_type: "application/grpc", encoding: None, body: body.freeze() }
    }

    fn message(path: String, message: Vec<u8>) -> Self {
        Self::messages(path, &[message])
    }

    fn framed(path: String, body: Bytes) -> Self {
        Self { path, content_type: "application/grpc", encoding: None, body }
    }
}

/// A message behind gRPC's prefix: whether it is compressed, and its length or what is said to be.
fn frame(compressed: u8, said: usize, message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(message.len() + 5);
    framed.put_u8(compressed);
    framed.put_u32(u32::try_from(said).expect("a length of 32 bits"));
    framed.extend_from_slice(message);
    framed.freeze()
}

/// `xiuhua serve` on a new data folder, with what it takes to look at it.
struct Victim {
    served: Served,
    _data: tempfile::TempDir,
}

impl Victim {
    fn new() -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        Self { served: program::serve(data.path()).expect("it serves"), _data: data }
    }

    /// The most memory it has had, in bytes.
    fn peak(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.served.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux says so");
        let kib = line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number of KiB");
        kib * 1024
    }

    /// Sends one request on a connection of its own; gives the status.
    async fn suffers(&self, attack: &Attack) -> Status {
        tokio::time::timeout(Duration::from_secs(60), self.send(attack)).await.expect("it answers")
    }

    async fn send(&self, attack: &Attack) -> Status {
        let tcp = TcpStream::connect(&self.served.address).await.expect("it listens");
        let (mut http, connection) = h2::client::handshake(tcp).await.expect("it speaks HTTP/2");
        let connection = tokio::spawn(connection);
        let mut request = http::Request::post(format!("http://{}{}", self.served.address, attack.path))
            .header("content-type", attack.content_type)
            .header("accept-language", "en")
            .header("te", "trailers");
        if let Some(encoding) = attack.encoding {
            request = request.header("grpc-encoding", encoding);
        }
        let request = request.body(()).expect("a request");
        let (answer, mut body) = http.send_request(request, false).expect("the connection is open");
        // A server may answer and stop listening before it has everything.
        let mut rest = attack.body.clone();
        let sending = tokio::spawn(async move {
            while !rest.is_empty() {
                body.reserve_capacity(rest.len());
                let Some(Ok(room)) = std::future::poll_fn(|context| body.poll_capacity(context)).await else {
                    return;
                };
                let part = rest.split_to(room.min(rest.len()));
                if body.send_data(part, false).is_err() {
                    return;
                }
            }
            let _ = body.send_data(Bytes::new(), true);
        });
        let answer = answer.await.expect("an answer");
        let mut headers = answer.headers().clone();
        let mut body = answer.into_body();
        while let Some(Ok(data)) = body.data().await {
            let _ = body.flow_control().release_capacity(data.len());
        }
        if let Ok(Some(trailers)) = body.trailers().await {
            headers.extend(trailers);
        }
        sending.abort();
        connection.abort();
        Status::from_header_map(&headers).expect("a gRPC status")
    }

    /// The code of an answer, after which an honest call still succeeds.
    async fn survives(&self, attack: &Attack) -> Code {
        let code = self.suffers(attack).await.code();
        let honest = Attack::message(format!("{INGESTION}/GetPosition"), Vec::new());
        assert_eq!(self.suffers(&honest).await.code(), Code::Ok);
        code
    }
}

fn register(measure: ingestion::Measure) -> Vec<u8> {
    let request_id = "hostile".to_owned();
    ingestion::RegisterMeasuresRequest { request_id, measures: vec![measure] }.encode_to_vec()
}

/// A length-delimited field.
fn field(number: u32, content: &[u8]) -> Vec<u8> {
    let mut field = Vec::new();
    encode_key(number, WireType::LengthDelimited, &mut field);
    encode_varint(content.len() as u64, &mut field);
    field.extend_from_slice(content);
    field
}

#[tokio::test]
async fn messages_that_are_too_large_or_cut_short_are_refused_by_their_length() {
    let victim = Victim::new();
    let before = victim.peak();
    let path = || format!("{INGESTION}/RegisterMeasures");
    let large = ingestion::Measure { derivation: "x".repeat(LIMIT), ..Default::default() };
    let over = register(large);
    assert!(over.len() > LIMIT);
    let oversized = Attack::message(path(), over);
    assert_eq!(victim.survives(&oversized).await, Code::OutOfRange, "more than 4 MiB");
    let promised = Attack::framed(path(), frame(0, 1024 * MIB, b"very little"));
    assert_eq!(victim.survives(&promised).await, Code::OutOfRange, "a prefix of 1 GiB");
    let cut = Attack::framed(path(), frame(0, 1000, b"less than a thousand bytes"));
    assert_eq!(victim.survives(&cut).await, Code::InvalidArgument, "a message cut short");
    let cut = Attack::framed(path(), Bytes::from_static(&[0, 0, 0]));
    assert_eq!(victim.survives(&cut).await, Code::InvalidArgument, "a prefix cut short");
    let torn = Attack::message(path(), field(2, b"").iter().copied().chain([0x12, 0x7f, 0x0a]).collect());
    assert_eq!(victim.survives(&torn).await, Code::InvalidArgument, "a field cut short");
    assert!(victim.peak() - before <= GROWTH, "grew by {} MiB", (victim.peak() - before) / MIB);
}

#[tokio::test]
async fn messages_that_cannot_be_read_are_their_senders_fault_and_the_answer_says_what_is_wrong() {
    let victim = Victim::new();
    let path = || format!("{INGESTION}/RegisterMeasures");
    // Groups in groups in an unknown field: nothing of ours is deep, so this is how depth comes in.
    let mut deep = Vec::new();
    for _ in 0..101 {
        encode_key(100, WireType::StartGroup, &mut deep);
    }
    for _ in 0..101 {
        encode_key(100, WireType::EndGroup, &mut deep);
    }
    for (what, message) in [
        ("UTF-8", field(1, b"\xff\xfe not a text")),
        ("UTF-8", field(2, &field(1, b"\xc3\x28"))),
        ("recursion", deep),
        ("varint", vec![0xff; 11]),
        ("wire type", vec![0x0f, 0x00]),
    ] {
        let status = victim.suffers(&Attack::message(path(), message)).await;
        assert_eq!(status.code(), Code::InvalidArgument, "{what}");
        assert_eq!(explain(&status).reason, "UNREADABLE_REQUEST");
        assert!(status.message().contains(what), "{what} is not in: {}", status.message());
    }
    let stream = Attack::message(format!("{INGESTION}/ImportPlaces"), field(1, b"\xff"));
    assert_eq!(victim.survives(&stream).await, Code::InvalidArgument, "the same in a stream");
    let flag = Attack::framed(path(), frame(7, 0, b""));
    assert_eq!(victim.survives(&flag).await, Code::InvalidArgument, "a compression flag that is none");
    let empty = Attack::framed(path(), Bytes::new());
    assert_eq!(victim.survives(&empty).await, Code::InvalidArgument, "no message at all");
}

#[tokio::test]
async fn numbers_that_are_none_and_names_that_nobody_knows_are_refused_and_unknown_fields_ignored() {
    let victim = Victim::new();
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let bounds = Bounds { lower: Some(number), ..Default::default() };
        let name = Some(Text { zh: "量".to_owned(), en: "measure".to_owned() });
        let measure = ingestion::Measure {
            id: "m".into(),
            name,
            unit: "1".into(),
            bounds: Some(bounds),
            ..Default::default()
        };
        let attack = Attack::message(format!("{INGESTION}/RegisterMeasures"), register(measure));
        assert_eq!(victim.survives(&attack).await, Code::InvalidArgument, "a bound of {number}");
        let observed = Attack::messages(format!("{INGESTION}/ImportObservations"), &observations(number));
        assert_eq!(
            victim.survives(&observed).await,
            Code::Ok,
            "{number} is a rejected row, not a refused delivery"
        );
    }
    let unknown_enum = scoring::ListGroupScoresRequest { level: 4711, ..Default::default() };
    let attack = Attack::message(format!("{SCORING}/ListGroupScores"), unknown_enum.encode_to_vec());
    assert_eq!(victim.survives(&attack).await, Code::InvalidArgument, "an unknown enum");
    let unknown_field = Attack::message(format!("{INGESTION}/ListBatches"), field(4711, &[0xff; 1000]));
    assert_eq!(victim.survives(&unknown_field).await, Code::Ok, "an unknown field");
    let unknown_method = Attack::message(format!("{INGESTION}/DropEverything"), Vec::new());
    assert_eq!(victim.survives(&unknown_method).await, Code::Unimplemented);
    let unknown_service = Attack::message("/xiuhua.nobody.v1.NobodyService/Get".to_owned(), Vec::new());
    assert_eq!(victim.survives(&unknown_service).await, Code::Unimplemented);
}

/// A delivery of one observation.
fn observations(value: f64) -> [Vec<u8>; 3] {
    use ingestion::import_observations_request::Part;
    let column = |text: &str| Some(TextColumn { dictionary: vec![text.to_owned()], index: vec![0] });
    let header = ingestion::ImportHeader {
        request_id: format!("delivery-{value}"),
        file_name: "file".into(),
        ..Default::default()
    };
    let chunk = ingestion::ObservationChunk {
        sequence: 1,
        row: vec![1],
        place_id: column("P1"),
        measure_id: column("m"),
        period: column("2021"),
        source_id: column("s"),
        value: vec![value],
        revised_at_us: vec![0],
        original: vec!["a row".to_owned()],
        ..Default::default()
    };
    [Part::Header(header), Part::Chunk(chunk), Part::End(ingestion::ImportEnd { chunks: 1 })]
        .map(|part| ingestion::ImportObservationsRequest { part: Some(part) }.encode_to_vec())
}

#[tokio::test]
async fn what_is_not_grpc_is_turned_away_before_it_is_read() {
    let victim = Victim::new();
    let mut attack = Attack::message(format!("{INGESTION}/GetPosition"), Vec::new());
    attack.content_type = "text/html";
    let status = victim.suffers(&attack).await;
    assert_eq!((status.code(), explain(&status).reason.as_str()), (Code::InvalidArgument, "NOT_GRPC"));
}

#[tokio::test]
async fn neither_bombs_nor_a_million_parts_are_unpacked() {
    let victim = Victim::new();
    let before = victim.peak();
    let path = || format!("{INGESTION}/RegisterMeasures");
    let bomb = gigabyte_of_zeros();
    assert!(bomb.len() < 2 * MIB);
    for encoding in [Some("gzip"), Some("br"), None] {
        let body = frame(1, bomb.len(), &bomb);
        let attack = Attack { path: path(), content_type: "application/grpc", encoding, body };
        let code = victim.survives(&attack).await;
        let expected = if encoding.is_some() { Code::Unimplemented } else { Code::InvalidArgument };
        assert_eq!(code, expected, "{encoding:?}");
    }
    let growth = victim.peak() - before;
    assert!(growth <= GROWTH, "bombs: grew by {} MiB", growth / MIB);

    let million = [field(1, b"million"), field(2, b"").repeat(1_000_000)].concat();
    let million = Attack::message(path(), million);
    assert_eq!(victim.survives(&million).await, Code::OutOfRange, "a million parts");
    let growth = victim.peak() - before;
    assert!(growth <= GROWTH, "a million parts: grew by {} MiB", growth / MIB);
}

/// 1 GiB of zeros as gzip, of about 1 MiB: the same block over and over, since it refers to nothing before it.
fn gigabyte_of_zeros() -> Vec<u8> {
    let zeros = vec![0; MIB];
    let mut block = Vec::with_capacity(64 * 1024);
    let mut deflate = Compress::new(Compression::best(), false);
    deflate.compress_vec(&zeros, &mut block, FlushCompress::Full).expect("zeros compress");
    assert_eq!(deflate.total_in(), MIB as u64, "the block holds all of it");
    // Magic, deflate, no flags, no time, no extra flags, unknown system.
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    for _ in 0..1024 {
        gzip.write_all(&block).expect("memory takes it");
    }
    // An empty last block. The checksum that would follow is never reached.
    gzip.extend_from_slice(&[0x03, 0x00]);
    gzip
}
