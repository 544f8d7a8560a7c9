//! A million observations delivered over gRPC to a served ingestion, beside the same rows written straight into the same
//! table by the fastest means of each database: `cargo xtask bench ingest --rows N`. In turns, so that whatever else
//! the machine does meets both alike; wall time and processor time of all processes that take part.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, QueryBuilder, SqliteConnection};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::ingestion::v1::import_observations_request::Part;
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::measure::v1::{Text, TextColumn};
use xiuhua_private_postgres::{Durability, PrivatePostgres};

const ESTATES: u64 = 2790;
const MEASURES: [&str; 10] = ["m01", "m02", "m03", "m04", "m05", "m06", "m07", "m08", "m09", "m10"];
const SOURCE: &str = "register";
const FIRST_YEAR: u64 = 1950;
/// Rows of a chunk: as many as the contract takes.
const CHUNK_ROWS: u64 = 50_000;
/// Rows of one insertion into SQLite.
const ROWS_AN_INSERT: usize = 1_000;
/// Bytes of a COPY that are sent at once.
const COPY_BYTES: usize = 64 * 1024;
/// Chunks made ahead of the service.
const CHUNKS_AHEAD: usize = 4;
/// What every column holds, so that a row that is missing, doubled or changed is seen.
const SUMS: &str = "SELECT measure_id || ' ' || period, count(*), CAST(sum(row_no) AS BIGINT),
                           CAST(sum(value_bits % 1000003 * (row_no % 1009)) AS BIGINT)
                    FROM observation GROUP BY measure_id, period";

#[derive(Parser)]
#[command(about = "Delivers observations over gRPC and writes the same rows straight into the same table")]
struct Arguments {
    /// Rows of a delivery.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// Turns on each database.
    #[arg(long, default_value_t = 5)]
    turns: usize,
    /// One database instead of both: `postgres` or `sqlite`.
    #[arg(long)]
    database: Option<String>,
    /// Where the databases lie while it runs.
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// A row of the delivery.
struct Observation {
    estate: u64,
    measure: u64,
    month: u64,
    value: f64,
    row: u64,
}

/// What one way took.
#[derive(Clone, Copy)]
struct Taken {
    wall: f64,
    cpu: f64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = match &arguments.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let asked = |name| arguments.database.as_deref().is_none_or(|asked| asked == name);
    if asked("postgres") {
        let server = PrivatePostgres::start(Durability::Full)?;
        let mut turns = Vec::new();
        for turn in 0..arguments.turns {
            let (url, cpu) = new_database(&server, turn).await?;
            let grpc = deliver(&url, arguments.rows, folder.path(), Some(cpu)).await?;
            let raw = copy(&url, arguments.rows, cpu).await?;
            turns.push((grpc, raw));
            tell("PostgreSQL", "binary COPY", arguments.rows, &turns[turn..])?;
        }
        tell("PostgreSQL, median (ratio at least 0.35)", "binary COPY", arguments.rows, &turns)?;
    }
    if asked("sqlite") {
        let mut turns = Vec::new();
        for turn in 0..arguments.turns {
            let file = folder.path().join(format!("record-{turn}.db"));
            let grpc =
                deliver(&format!("sqlite:{}", file.display()), arguments.rows, folder.path(), None).await?;
            let raw = insert(&file, arguments.rows).await?;
            fs::remove_file(&file)?;
            turns.push((grpc, raw));
            tell("SQLite", "1,000-row inserts", arguments.rows, &turns[turn..])?;
        }
        tell("SQLite, median (ratio at least 0.25)", "1,000-row inserts", arguments.rows, &turns)?;
    }
    Ok(())
}

/// By month, then estate, then measure: as months are delivered.
fn observation(nth: u64) -> Observation {
    let (month, within) = (nth / (ESTATES * 10), nth % (ESTATES * 10));
    // Any value will do; a cheap mix of the row's number has four digits and few repeats.
    let mixed = u32::try_from(nth.wrapping_mul(2_654_435_761) % 10_000).expect("below ten thousand");
    Observation {
        estate: within / 10,
        measure: within % 10,
        month,
        value: f64::from(mixed) / 10_000.0,
        row: nth + 2,
    }
}

impl Observation {
    fn place(&self) -> String {
        format!("P{:04}", self.estate)
    }

    fn measure(&self) -> &'static str {
        MEASURES[usize::try_from(self.measure).expect("below ten")]
    }

    fn period(&self) -> String {
        period(self.month)
    }
}

fn period(month: u64) -> String {
    format!("{}-{:02}", FIRST_YEAR + month / 12, month % 12 + 1)
}

/// A chunk of the delivery; every chunk names all estates and measures.
fn chunk(sequence: u64, rows: u64) -> pb::ObservationChunk {
    let range = (sequence - 1) * CHUNK_ROWS..(sequence * CHUNK_ROWS).min(rows);
    let first_month = observation(range.start).month;
    let months = first_month..observation(range.end - 1).month + 1;
    let column = |dictionary: Vec<String>, index: &dyn Fn(&Observation) -> u64| {
        let index = range.clone().map(|nth| u32::try_from(index(&observation(nth))).expect("below 2,790"));
        Some(TextColumn { dictionary, index: index.collect() })
    };
    pb::ObservationChunk {
        sequence,
        row: range.clone().map(|nth| observation(nth).row).collect(),
        place_id: column((0..ESTATES).map(|estate| format!("P{estate:04}")).collect(), &|row| row.estate),
        measure_id: column(MEASURES.map(str::to_owned).to_vec(), &|row| row.measure),
        period: column(months.map(period).collect(), &|row| row.month - first_month),
        source_id: column(vec![SOURCE.to_owned()], &|_| 0),
        value: range.clone().map(|nth| observation(nth).value).collect(),
        ..pb::ObservationChunk::default()
    }
}

/// A served ingestion, in a process of its own; it ends with this value.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a service, furnishes it, and delivers.
async fn deliver(url: &str, rows: u64, folder: &Path, database: Option<u32>) -> Result<Taken> {
    // Built together with this program, and so with the same optimisation.
    let bench = std::env::current_exe()?;
    let program = bench.ancestors().nth(2).context("examples lie in a folder beside programs")?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let log = fs::File::options().append(true).create(true).open(folder.join("ingestion.log"))?;
    let child = Command::new(program.join("xiuhua-ingestion"))
        .env("XIUHUA_INGESTION__server__listen", format!("127.0.0.1:{port}"))
        .env("XIUHUA_INGESTION__database__url", url)
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    let served = Served(child);
    let channel = Endpoint::from_shared(format!("http://127.0.0.1:{port}"))?.connect_lazy();
    let mut client = IngestionServiceClient::new(channel);
    furnish(&mut client).await?;

    let cpu = || -> Result<f64> {
        Ok(cpu_of(std::process::id())? + cpu_of(served.0.id())? + database.map_or(Ok(0.0), cpu_of_family)?)
    };
    let (before, begun) = (cpu()?, Instant::now());
    let (outgoing, received) = mpsc::channel(CHUNKS_AHEAD);
    let sending = tokio::spawn(async move {
        let header =
            pb::ImportHeader { request_id: "bench".into(), file_name: "bench".into(), ..Default::default() };
        let chunks = rows.div_ceil(CHUNK_ROWS);
        let parts = std::iter::once(Part::Header(header))
            .chain((1..=chunks).map(|sequence| Part::Chunk(chunk(sequence, rows))))
            .chain([Part::End(pb::ImportEnd { chunks })]);
        for part in parts {
            if outgoing.send(pb::ImportObservationsRequest { part: Some(part) }).await.is_err() {
                break;
            }
        }
    });
    let mut answers = client.import_observations(ReceiverStream::new(received)).await?.into_inner();
    let mut batch = None;
    while let Some(answer) = answers.message().await? {
        if let Some(pb::import_observations_response::Part::Batch(sealed)) = answer.part {
            batch = Some(sealed);
        }
    }
    let taken = Taken { wall: begun.elapsed().as_secs_f64(), cpu: cpu()? - before };
    sending.await?;
    let counts = batch.and_then(|batch| batch.counts).context("the delivery ends with its batch")?;
    ensure!((counts.read, counts.accepted) == (rows, rows), "not every row is accepted: {counts:?}");
    drop(served);
    check(url, rows).await?;
    Ok(taken)
}

async fn furnish(client: &mut IngestionServiceClient<Channel>) -> Result<()> {
    let name = |id: &str| Some(Text { zh: id.to_owned(), en: id.to_owned() });
    let measure = |id: &str| pb::Measure {
        id: id.to_owned(),
        name: name(id),
        unit: "1".into(),
        ..pb::Measure::default()
    };
    let measures = pb::RegisterMeasuresRequest {
        request_id: "measures".into(),
        measures: MEASURES.map(measure).to_vec(),
    };
    // The process may just be starting.
    let begun = Instant::now();
    while let Err(refused) = client.register_measures(measures.clone()).await {
        ensure!(begun.elapsed() < Duration::from_secs(60), "ingestion does not serve: {refused}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let header =
        pb::ImportHeader { request_id: "places".into(), file_name: "places".into(), ..Default::default() };
    let place = |estate: u64| {
        let id = format!("P{estate:04}");
        let place = pb::Place { id: id.clone(), name: id.clone(), ..pb::Place::default() };
        pb::PlaceRow { row: estate + 2, place: Some(place), original: id, ..pb::PlaceRow::default() }
    };
    let rows = (0..ESTATES).map(place).collect();
    let chunk = pb::PlaceChunk { sequence: 1, rows, ..pb::PlaceChunk::default() };
    use pb::import_places_request::Part;
    let parts = [Part::Header(header), Part::Chunk(chunk), Part::End(pb::ImportEnd { chunks: 1 })];
    let parts = parts.map(|part| pb::ImportPlacesRequest { part: Some(part) });
    let mut answers = client.import_places(tokio_stream::iter(parts)).await?.into_inner();
    while answers.message().await?.is_some() {}
    Ok(())
}

/// A database for one turn, and the server's first process.
async fn new_database(server: &PrivatePostgres, turn: usize) -> Result<(String, u32)> {
    let mut connection = PgConnection::connect(&server.url("postgres", "postgres")).await?;
    let name = format!("bench_{turn}");
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await?;
    let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
    connection.close().await?;
    let stat = fs::read_to_string(format!("/proc/{backend}/stat"))?;
    let parent = fields(&stat)?.nth(1).context("a process has a parent")?.parse()?;
    Ok((server.url("postgres", &name), parent))
}

/// What no delivery can beat on PostgreSQL: the rows by binary COPY into a table like that of the record, in one
/// transaction, in the same order.
async fn copy(url: &str, rows: u64, database: u32) -> Result<Taken> {
    let mut connection = url.parse::<PgConnectOptions>()?.connect().await?;
    sqlx::raw_sql("ALTER TABLE observation RENAME TO delivered; CREATE TABLE observation (LIKE delivered INCLUDING ALL)")
        .execute(&mut connection)
        .await?;
    let cpu = || -> Result<f64> { Ok(cpu_of(std::process::id())? + cpu_of_family(database)?) };
    let (before, begun) = (cpu()?, Instant::now());
    let mut copy = connection
        .copy_in_raw(
            "COPY observation (measure_id, period, place_id, source_id, instant, position, value, value_bits,
                               revised_at, row_no) FROM STDIN (FORMAT binary)",
        )
        .await?;
    let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for nth in 0..rows {
        let row = observation(nth);
        bytes.extend(10_i16.to_be_bytes());
        let mut put = |field: &[u8]| {
            bytes.extend(i32::try_from(field.len()).expect("a field is short").to_be_bytes());
            bytes.extend(field);
        };
        put(row.measure().as_bytes());
        put(row.period().as_bytes());
        put(row.place().as_bytes());
        put(SOURCE.as_bytes());
        put(&1_i64.to_be_bytes());
        put(&2_i64.to_be_bytes());
        put(&row.value.to_be_bytes());
        put(&row.value.to_be_bytes());
        bytes.extend((-1_i32).to_be_bytes());
        bytes.extend(8_i32.to_be_bytes());
        bytes.extend(row.row.to_be_bytes());
        if bytes.len() >= COPY_BYTES {
            copy.send(bytes.as_slice()).await?;
            bytes.clear();
        }
    }
    bytes.extend((-1_i16).to_be_bytes());
    copy.send(bytes.as_slice()).await?;
    copy.finish().await?;
    let taken = Taken { wall: begun.elapsed().as_secs_f64(), cpu: cpu()? - before };
    connection.close().await?;
    check(url, rows).await?;
    Ok(taken)
}

/// What no delivery can beat on SQLite: a thousand rows an insertion into a table like that of the record, with the
/// settings of the record, as many rows a transaction as a chunk has, in the same order.
async fn insert(record: &Path, rows: u64) -> Result<Taken> {
    let file = record.with_extension("raw.db");
    let mut connection = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-16384")
        .connect()
        .await?;
    let mut delivered = SqliteConnectOptions::new().filename(record).connect().await?;
    let table: String = sqlx::query_scalar("SELECT sql FROM sqlite_master WHERE name = 'observation'")
        .fetch_one(&mut delivered)
        .await?;
    delivered.close().await?;
    sqlx::query(sqlx::AssertSqlSafe(table)).execute(&mut connection).await?;
    let cpu = || cpu_of(std::process::id());
    let (before, begun) = (cpu()?, Instant::now());
    let mut numbers = (0..rows).peekable();
    while numbers.peek().is_some() {
        let mut transaction = connection.begin().await?;
        for _ in 0..CHUNK_ROWS / ROWS_AN_INSERT as u64 {
            let some: Vec<_> = numbers.by_ref().take(ROWS_AN_INSERT).collect();
            if !some.is_empty() {
                insert_some(&mut transaction, some).await?;
            }
        }
        transaction.commit().await?;
    }
    let taken = Taken { wall: begun.elapsed().as_secs_f64(), cpu: cpu()? - before };
    connection.close().await?;
    check(&format!("sqlite:{}", file.display()), rows).await?;
    fs::remove_file(&file)?;
    Ok(taken)
}

async fn insert_some(connection: &mut SqliteConnection, rows: Vec<u64>) -> Result<()> {
    let mut query = QueryBuilder::new(
        "INSERT INTO observation (measure_id, period, place_id, source_id, instant, position, value, value_bits,
                                  revised_at, row_no) ",
    );
    query.push_values(rows.into_iter().map(observation), |mut columns, row| {
        columns.push_bind(row.measure()).push_bind(row.period()).push_bind(row.place()).push_bind(SOURCE);
        columns
            .push_bind(1_i64)
            .push_bind(2_i64)
            .push_bind(row.value)
            .push_bind(row.value.to_bits().cast_signed());
        columns.push_bind(None::<i64>).push_bind(i64::try_from(row.row).unwrap_or(i64::MAX));
    });
    query.build().execute(connection).await?;
    Ok(())
}

/// Holds the table `observation` against what was to be written.
async fn check(url: &str, rows: u64) -> Result<()> {
    let found: Vec<(String, i64, i64, i64)> = if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await?;
        sqlx::query_as(SUMS).fetch_all(&mut connection).await?
    } else {
        let mut connection = PgConnection::connect(url).await?;
        sqlx::query_as(SUMS).fetch_all(&mut connection).await?
    };
    let mut expected: BTreeMap<String, (i64, i64, i64)> = BTreeMap::new();
    for row in (0..rows).map(observation) {
        let sums = expected.entry(format!("{} {}", row.measure(), row.period())).or_default();
        let (number, bits) = (i64::try_from(row.row)?, row.value.to_bits().cast_signed());
        *sums = (sums.0 + 1, sums.1 + number, sums.2 + bits % 1_000_003 * (number % 1_009));
    }
    let found: BTreeMap<_, _> =
        found.into_iter().map(|(column, count, row, value)| (column, (count, row, value))).collect();
    if found != expected {
        bail!("the record does not hold exactly the rows");
    }
    Ok(())
}

/// The fields of a process's state behind its name.
fn fields(stat: &str) -> Result<std::str::SplitWhitespace<'_>> {
    let (_, rest) = stat.rsplit_once(')').context("the state of a process names it")?;
    Ok(rest.split_whitespace())
}

/// Processor time of a process so far, in seconds: of its threads, and of its children that have ended.
fn cpu_of(process: u32) -> Result<f64> {
    // A hundredth of a second, on every Linux there is.
    const TICK: f64 = 0.01;
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let ticks: Result<Vec<u32>, _> = fields(&stat)?.skip(11).take(4).map(str::parse).collect();
    Ok(ticks?.into_iter().map(f64::from).sum::<f64>() * TICK)
}

/// The same with its children that run.
fn cpu_of_family(process: u32) -> Result<f64> {
    let mut seconds = cpu_of(process)?;
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(stat) = fs::read_to_string(format!("/proc/{child}/stat")) else { continue };
        if fields(&stat)?.nth(1) == Some(&process.to_string()) {
            seconds += cpu_of(child).unwrap_or_default();
        }
    }
    Ok(seconds)
}

fn tell(database: &str, raw: &str, rows: u64, turns: &[(Taken, Taken)]) -> Result<()> {
    #[expect(clippy::cast_precision_loss, reason = "a rate is shown without decimals")]
    let rows = rows as f64;
    let median = |figure: &dyn Fn(&(Taken, Taken)) -> f64| {
        let mut figures: Vec<f64> = turns.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    let line = format!(
        "{database}: delivered {:.0} rows/s ({:.2} s, {:.2} s of processors), {raw} {:.0} rows/s ({:.2} s, {:.2} s of \
         processors); ratio {:.2}, of processor time {:.2}",
        rows / median(&|(grpc, _)| grpc.wall),
        median(&|(grpc, _)| grpc.wall),
        median(&|(grpc, _)| grpc.cpu),
        rows / median(&|(_, raw)| raw.wall),
        median(&|(_, raw)| raw.wall),
        median(&|(_, raw)| raw.cpu),
        median(&|(grpc, raw)| raw.wall / grpc.wall),
        median(&|(grpc, raw)| raw.cpu / grpc.cpu),
    );
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
