//! A large CSV file imported as a user does it, beside the same rows written straight into the same table: `cargo xtask
//! bench import --rows N`. It says how fast either is and how much memory the import took.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, QueryBuilder, SqliteConnection};
use xiuhua_tests::memory::watch;

/// Estates of the district.
const ESTATES: u64 = 2790;
/// What a month's delivery says of each: leaves of the catalog that take any value from 0 to 1.
const INDICATORS: [&str; 10] =
    ["A1.2", "A1.3", "A2.1", "A2.2", "B1.2", "B1.3", "C1.1", "C1.2", "C2.2", "C2.3"];
const CATALOG: &str = "pudong-2021";
/// The first year on record.
const FIRST_YEAR: u64 = 1990;
/// Rows of one insertion; SQLite takes 32,766 parameters at once.
const ROWS_AN_INSERT: usize = 500;
/// Insertions of one transaction: as many rows as a chunk of the import has.
const INSERTS_A_COMMIT: usize = 40;

#[derive(Parser)]
#[command(about = "Imports a large CSV file and writes the same rows straight into the same table")]
struct Arguments {
    /// Rows of the file.
    #[arg(long, default_value_t = 10_000_000)]
    rows: u64,
    /// Where files and databases of the bench lie while it runs; they need about 400 bytes a row.
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// A statement of the file.
struct Statement {
    estate: u64,
    indicator: &'static str,
    year: u64,
    month: u64,
    value: f64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = match arguments.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let (file, places) = (folder.path().join("observations.csv"), folder.path().join("places.csv"));
    write(&file, &places, arguments.rows)?;
    let megabytes = std::fs::metadata(&file)?.len() / 1_000_000;
    say(&format!("{} rows in {megabytes} MB of CSV, {ESTATES} estates", arguments.rows))?;

    // Built together with this program, and so with the same optimisation.
    let bench = std::env::current_exe()?;
    let xiuhua = bench.ancestors().nth(2).context("examples lie in a folder beside programs")?.join("xiuhua");
    let data = folder.path().join("data");
    let import = |kind: &str, file: &Path, more: &[&str]| {
        let mut command = Command::new(&xiuhua);
        command
            .args(["import", kind])
            .arg(file)
            .args(["--yes", "--author", "王芳", "--quiet", "--json", "--data-dir"])
            .arg(&data);
        command.args(more).current_dir(folder.path());
        command
    };
    let places = watch(&mut import("places", &places, &[]))?;
    ensure!(places.output.status.success(), "{}", String::from_utf8_lossy(&places.output.stderr));
    let begun = Instant::now();
    let import = watch(&mut import("observations", &file, &["--catalog", CATALOG]))?;
    let took = begun.elapsed().as_secs_f64();
    ensure!(import.output.status.success(), "{}", String::from_utf8_lossy(&import.output.stderr));
    let counts: serde_json::Value = serde_json::from_slice(&import.output.stdout)?;
    let accepted = counts["accepted"].as_u64();
    ensure!(accepted == Some(arguments.rows), "{accepted:?} rows are accepted, not {}", arguments.rows);
    let imported = rate(arguments.rows, took);
    say(&format!("import: {imported:.0} rows/s ({took:.1} s), most memory {} MiB", import.peak_kib / 1024))?;

    let begun = Instant::now();
    insert(&folder.path().join("raw.db"), arguments.rows).await?;
    let took = begun.elapsed().as_secs_f64();
    let raw = rate(arguments.rows, took);
    say(&format!("raw store: {raw:.0} rows/s ({took:.1} s), {ROWS_AN_INSERT} rows an insertion"))?;
    say(&format!("the import takes {:.2} times as long as the raw store", raw / imported))
}

/// Every statement once, in the order in which months are delivered: by month, then estate, then indicator.
fn statements(rows: u64) -> impl Iterator<Item = Statement> {
    let of_a_month = ESTATES * 10;
    (0..rows).map(move |row| {
        let month = row / of_a_month;
        let within = row % of_a_month;
        let indicator = usize::try_from(within % 10).expect("below ten");
        // Any value will do; a cheap mix of the row's number has four digits and few repeats.
        let mixed = u32::try_from(row.wrapping_mul(2_654_435_761) % 10_000).expect("below ten thousand");
        Statement {
            estate: within / 10,
            indicator: INDICATORS[indicator],
            year: FIRST_YEAR + month / 12,
            month: month % 12 + 1,
            value: f64::from(mixed) / 10_000.0,
        }
    })
}

fn write(observations: &Path, places: &Path, rows: u64) -> Result<()> {
    let mut file = BufWriter::new(File::create(places)?);
    writeln!(file, "place_id,name,town_code,town,committee,housing_nature,households,population")?;
    for estate in 0..ESTATES {
        writeln!(file, "P{estate:04},{estate},310115004000,潍坊新村街道,一居,商品房,500,1200")?;
    }
    file.flush()?;
    let mut file = BufWriter::new(File::create(observations)?);
    writeln!(file, "place_id,indicator,period,value,source")?;
    for Statement { estate, indicator, year, month, value } in statements(rows) {
        writeln!(file, "P{estate:04},{indicator},{year}-{month:02},{value},register")?;
    }
    Ok(file.flush()?)
}

/// The same statements into the table of the record, with its settings and nothing else: what no import can beat.
async fn insert(database: &Path, rows: u64) -> Result<()> {
    let mut connection = SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-16384")
        .connect()
        .await?;
    let table = table()?;
    sqlx::query(sqlx::AssertSqlSafe(table)).execute(&mut connection).await?;
    let mut statements = statements(rows).enumerate().peekable();
    while statements.peek().is_some() {
        let mut transaction = connection.begin().await?;
        for _ in 0..INSERTS_A_COMMIT {
            let chunk: Vec<_> = statements.by_ref().take(ROWS_AN_INSERT).collect();
            if chunk.is_empty() {
                break;
            }
            insert_chunk(&mut transaction, chunk).await?;
        }
        transaction.commit().await?;
    }
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM observation").fetch_one(&mut connection).await?;
    ensure!(u64::try_from(kept)? == rows, "{kept} rows are kept");
    Ok(connection.close().await?)
}

async fn insert_chunk(connection: &mut SqliteConnection, chunk: Vec<(usize, Statement)>) -> Result<()> {
    let mut query = QueryBuilder::new(
        "INSERT INTO observation (measure_id, period, place_id, source_id, instant, position, value, value_bits, row_no) ",
    );
    query.push_values(chunk, |mut row, (nth, statement)| {
        let Statement { estate, indicator, year, month, value } = statement;
        row.push_bind(indicator).push_bind(format!("{year}-{month:02}")).push_bind(format!("P{estate:04}"));
        row.push_bind("register").push_bind(1_i64).push_bind(1_i64).push_bind(value);
        row.push_bind(value.to_bits().cast_signed()).push_bind(i64::try_from(nth).unwrap_or(i64::MAX));
    });
    query.build().execute(connection).await?;
    Ok(())
}

/// The table of observations as the record's own migration makes it.
fn table() -> Result<String> {
    let migration = include_str!("../../services/ingestion/migrations/sqlite/0001_ingestion.sql");
    let (_, rest) =
        migration.split_once("CREATE TABLE observation (").context("the table is in the migration")?;
    let (columns, _) = rest.split_once(") WITHOUT ROWID;").context("the table is clustered")?;
    Ok(format!("CREATE TABLE observation ({columns}) WITHOUT ROWID"))
}

#[expect(clippy::cast_precision_loss, reason = "a rate is shown without decimals")]
fn rate(rows: u64, seconds: f64) -> f64 {
    rows as f64 / seconds
}

fn say(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
