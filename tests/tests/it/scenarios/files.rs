//! What offices send, and what enemies would: little files, each with what must become of it. Every file goes through
//! the whole line as its sender would send it, and what is rejected comes back as a sheet.
//!
//! In texts `@` stands for what the ids of a case begin with: `@1`, `@2` and `@3` are on record, others are new. So the
//! cases can share one platform and run side by side.

mod cells;
mod closing;
mod flat_memory;
mod hostile;
mod layouts;
mod record;
mod returned_sheet;
mod texts;
mod workbooks;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value as Json;
use xiuhua_sheet_makers::text::{Encoding, encoded};
use xiuhua_sheet_makers::{Book, Value};
use xiuhua_tests::{memory, program};

use super::workbench::Workbench;
use record::{Record, Stored};
use returned_sheet::ReturnedSheet;

/// Most memory that the command may take for any little file, in MiB. Unoptimised it takes some fifty for itself.
const LARGEST_MIB: u64 = 220;
/// Cases at once.
const WORKERS: usize = 4;

/// What a file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Places,
    Observations,
}

/// How a workbook is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Xlsx,
    Xls,
    Xlsb,
    Ods,
}

impl Format {
    const ALL: [Self; 4] = [Self::Xlsx, Self::Xls, Self::Xlsb, Self::Ods];

    fn bytes(self, book: &Book) -> Vec<u8> {
        match self {
            Self::Xlsx => book.xlsx(),
            Self::Xls => book.xls(),
            Self::Xlsb => book.xlsb(),
            Self::Ods => book.ods(),
        }
    }
}

/// What a file holds.
#[derive(Clone, Debug)]
enum Content {
    Text(String, Encoding),
    Book(Book, Format),
    Bytes(Vec<u8>),
}

/// What must become of it.
#[derive(Clone, Debug)]
enum Expected {
    /// It is taken: read, accepted, corrected, duplicate, rejected; and of each rejected row the reasons, in order.
    Taken { counts: [u64; 5], rejected: Vec<(u64, Vec<&'static str>)> },
    /// It cannot be used, and these words are in what is said.
    Refused(Vec<&'static str>),
}

/// One file.
#[derive(Clone, Debug)]
struct Case {
    name: String,
    about: About,
    file: &'static str,
    content: Content,
    /// A mapping file.
    mapping: Option<&'static str>,
    options: Vec<&'static str>,
    expected: Expected,
    /// Reasons of remarks that must be made.
    remarks: Vec<&'static str>,
    /// Words that must stand in the returned sheet.
    returned: Vec<&'static str>,
    /// What must be on record then.
    stored: Stored,
}

fn case(name: impl Into<String>, about: About, file: &'static str, content: Content) -> Case {
    let expected = Expected::Taken { counts: [0; 5], rejected: Vec::new() };
    let (options, remarks, returned) = (Vec::new(), Vec::new(), Vec::new());
    let (name, mapping, stored) = (name.into(), None, Stored::default());
    Case { name, about, file, content, mapping, options, expected, remarks, returned, stored }
}

/// A file of places in UTF-8.
fn places(name: &str, text: &str) -> Case {
    case(name, About::Places, "小区.csv", Content::Text(text.to_owned(), Encoding::Utf8))
}

/// A file of observations in UTF-8.
fn observations(name: &str, text: &str) -> Case {
    case(name, About::Observations, "指标.csv", Content::Text(text.to_owned(), Encoding::Utf8))
}

impl Case {
    /// All rows are accepted.
    fn accepted(self, rows: u64) -> Self {
        self.counts([rows, rows, 0, 0, 0])
    }

    fn counts(mut self, counts: [u64; 5]) -> Self {
        self.expected = Expected::Taken { counts, rejected: Vec::new() };
        self
    }

    /// These rows are rejected for these reasons; to be said after [`Case::counts`].
    fn rejecting(mut self, rows: &[(u64, &[&'static str])]) -> Self {
        if let Expected::Taken { rejected, .. } = &mut self.expected {
            *rejected = rows.iter().map(|(row, reasons)| (*row, reasons.to_vec())).collect();
        }
        self
    }

    fn refused(mut self, words: &[&'static str]) -> Self {
        self.expected = Expected::Refused(words.to_vec());
        self
    }

    fn remarking(mut self, reasons: &[&'static str]) -> Self {
        self.remarks = reasons.to_vec();
        self
    }

    fn with(mut self, options: &[&'static str]) -> Self {
        self.options = options.to_vec();
        self
    }

    fn mapped(mut self, mapping: &'static str) -> Self {
        self.mapping = Some(mapping);
        self
    }

    fn returning(mut self, words: &[&'static str]) -> Self {
        self.returned = words.to_vec();
        self
    }

    /// These observations of its places are on record, and no others: place, code of the indicator, period, value.
    fn storing(mut self, values: &[(&'static str, &'static str, &'static str, f64)]) -> Self {
        self.stored.values = values.to_vec();
        self
    }

    /// These observations were made at these instants: place, code of the indicator, period, instant.
    fn dating(mut self, times: &[(&'static str, &'static str, &'static str, &'static str)]) -> Self {
        self.stored.times = times.to_vec();
        self
    }

    /// Fields of its places as they are on record: place, field, text.
    fn registering(mut self, fields: &[(&'static str, &'static str, &'static str)]) -> Self {
        self.stored.fields = fields.to_vec();
        self
    }

    fn called(mut self, file: &'static str) -> Self {
        self.file = file;
        self
    }

    fn bytes(&self, prefix: &str) -> Vec<u8> {
        match &self.content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::Text(text, encoding) => encoded(&text.replace('@', prefix), *encoding),
            Content::Book(book, format) => {
                let mut book = book.clone();
                let cells = book.sheets.iter_mut().flat_map(|sheet| sheet.rows.iter_mut().flatten());
                for cell in cells {
                    if let Value::Text(text) = cell {
                        *text = text.replace('@', prefix);
                    }
                }
                format.bytes(&book)
            }
        }
    }
}

#[test]
fn every_little_file_ends_as_it_must() {
    let cases: Vec<Case> =
        [texts::cases(), cells::cases(), layouts::cases(), workbooks::cases(), hostile::cases()].concat();
    assert!(cases.len() >= 80, "{} cases", cases.len());
    let bench = Workbench::new();
    let served = program::serve(&bench.path("record")).expect("a platform");
    let header = "place_id,name,town_code,town,committee,housing_nature,households,population\n";
    let known =
        (0..cases.len()).flat_map(|nth| (1..=3).map(move |place| (nth, place))).map(|(nth, place)| {
            format!("{}{place},{place} 号,310115004000,潍坊新村街道,一居,商品房,100,250\n", prefix(nth))
        });
    bench.write("known.csv", &(header.to_owned() + &known.collect::<String>()));
    let server = format!("http://{}", served.address);
    bench.json(&["--server", &server, "import", "places", "known.csv", "--yes", "--author", "王芳"]);

    let next = AtomicUsize::new(0);
    let mut failures: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut failures = Vec::new();
            while let Some((nth, case)) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|nth| Some((nth, cases.get(nth)?)))
            {
                failures.extend(
                    run(&bench, &server, case, &prefix(nth)).err().map(|why| format!("{}: {why}", case.name)),
                );
            }
            failures
        };
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker ends")).collect()
    });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut record = Record::read(server.clone(), &cases).await;
        for (nth, case) in cases.iter().enumerate() {
            let wrong = record.compare(case, &prefix(nth)).await;
            failures.extend(wrong.into_iter().map(|why| format!("{}: {why}", case.name)));
        }
    });
    assert!(
        failures.is_empty(),
        "{} faults in {} files:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

fn prefix(nth: usize) -> String {
    format!("K{nth:03}-")
}

/// Imports one file and says in what it did not end as it must.
fn run(bench: &Workbench, server: &str, case: &Case, prefix: &str) -> Result<(), String> {
    let folder = bench.path(prefix);
    std::fs::create_dir(&folder).map_err(|error| error.to_string())?;
    std::fs::write(folder.join(case.file), case.bytes(prefix)).map_err(|error| error.to_string())?;
    let kind = if case.about == About::Places { "places" } else { "observations" };
    let mut command =
        bench.command(&["--server", server, "import", kind, case.file, "--yes", "--json", "--quiet"]);
    // As offices see it.
    command.args(["--lang", "zh"]);
    command.current_dir(&folder).args(&case.options).args(["--author", "王芳"]);
    if let Some(mapping) = case.mapping {
        std::fs::write(folder.join("mapping.toml"), mapping).map_err(|error| error.to_string())?;
        command.args(["--mapping", "mapping.toml"]);
    }
    let watched = memory::watch(&mut command).map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&watched.output.stderr).into_owned();
    let is = |holds: bool, what: String| if holds { Ok(()) } else { Err(what) };
    is(!said.contains("panicked"), format!("a panic: {said}"))?;
    is(watched.peak_kib / 1024 < LARGEST_MIB, format!("{} MiB", watched.peak_kib / 1024))?;
    let code = watched.output.status.code();
    match &case.expected {
        Expected::Refused(words) => {
            is(code == Some(2), format!("ended with {code:?}: {said}"))?;
            let missing: Vec<_> = words.iter().filter(|word| !said.contains(**word)).collect();
            is(missing.is_empty(), format!("{missing:?} is not in {said}"))?;
            is(said.len() < 8_000, format!("{} bytes are said", said.len()))
        }
        Expected::Taken { counts, rejected } => {
            is(code == Some(0), format!("ended with {code:?}: {said}"))?;
            let told: Json =
                serde_json::from_slice(&watched.output.stdout).map_err(|error| error.to_string())?;
            outcome(&told, *counts, rejected)?;
            let made: Vec<_> = told["file"]["remarks"].as_array().into_iter().flatten().collect();
            let made: Vec<_> = made.iter().filter_map(|remark| remark["reason"].as_str()).collect();
            let missing: Vec<_> = case.remarks.iter().filter(|reason| !made.contains(reason)).collect();
            is(missing.is_empty(), format!("remarks {made:?} without {missing:?}"))?;
            let path = told["returned"].as_str().map(|path| folder.join(path));
            is(path.is_some() == (counts[4] > 0), format!("returned: {}", told["returned"]))?;
            path.map_or(Ok(()), |path| came_back(&ReturnedSheet::read(&path), rejected, &case.returned))
        }
    }
}

/// Compares what became of the rows.
fn outcome(told: &Json, counts: [u64; 5], rejected: &[(u64, Vec<&str>)]) -> Result<(), String> {
    let found = ["read", "accepted", "corrected", "duplicate", "rejected"]
        .map(|key| told[key].as_u64().unwrap_or(999));
    let mut reasons: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for row in told["rejected_rows"].as_array().into_iter().flatten() {
        let of_row = row["reasons"].as_array().into_iter().flatten().filter_map(Json::as_str);
        reasons.entry(row["row"].as_u64().unwrap_or(0)).or_default().extend(of_row);
    }
    let [read, rest @ ..] = found;
    if read != rest.iter().sum::<u64>() {
        return Err(format!("counts do not add up: {found:?}"));
    }
    let reasons: Vec<(u64, Vec<&str>)> = reasons.into_iter().collect();
    if found != counts || reasons != rejected {
        return Err(format!("{found:?} and {reasons:?}, not {counts:?} and {rejected:?}"));
    }
    Ok(())
}

/// Compares the returned sheet with the rows that were rejected.
fn came_back(sheet: &ReturnedSheet, rejected: &[(u64, Vec<&str>)], words: &[&str]) -> Result<(), String> {
    let rows: Vec<u64> = sheet.rows.iter().map(|row| row.number).collect();
    let expected: Vec<u64> = rejected.iter().map(|(row, _)| *row).collect();
    if rows != expected {
        return Err(format!("rows {rows:?} come back, not {expected:?}"));
    }
    if let Some(silent) = sheet.rows.iter().find(|row| row.verdict.is_empty()) {
        return Err(format!("row {} comes back without a reason", silent.number));
    }
    let text = sheet.rows.iter().flat_map(|row| row.cells.clone()).collect::<Vec<_>>().join("|");
    match words.iter().find(|word| !text.contains(**word)) {
        Some(lost) => Err(format!("{lost} is not in what comes back: {text}")),
        None => Ok(()),
    }
}
