//! Sifting a delivery of observations: its packs are read twice, a pack in memory at a time. See `domain/sifting.rs`.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::{Connection, Sealing, bulk, columns, quarantine, registers};
use crate::domain::batch::Position;
use crate::domain::effective::PlaceAxis;
use crate::domain::measure::Measure;
use crate::domain::observation::DeliveredObservation;
use crate::domain::pack::ObservationPack;
use crate::domain::rejection::Reason;
use crate::domain::review::MAX_SAMPLES;
use crate::domain::sifting::{Fresh, Sieve, Sifted};
use crate::error::Error;
use crate::store::HotQuery;
use crate::store::packs::decode;
use crate::store::rows::{from_json, json, natural, value};

/// Fresh rows that are sorted and written together: 12 MiB.
const FRESH_AT_ONCE: usize = 262_144;
/// Up to so many rows the places that a delivery names are looked up; beyond, the register is read.
const FEW_ROWS: i64 = 5_000;
/// Measures that are read at once, and columns that are asked about.
const AT_ONCE: usize = 1_000;

pub(super) const HOT_QUERIES: &[HotQuery] = &[
    HotQuery::new("the next pack", PACK),
    HotQuery::new("rows staged by earlier versions", ROWS),
    HotQuery::new("places known", KNOWN),
    HotQuery::new("columns on record", ON_RECORD),
];

/// What was sifted.
pub(super) struct Outcome {
    /// The sieve, which still knows what fresh rows say.
    pub(super) sieve: Sieve,
    /// How many rows were fresh, and are recorded.
    pub(super) fresh: u64,
    /// How many rows wait to be compared.
    pub(super) unsettled: u64,
    /// The first fresh rows, by row.
    pub(super) first: Vec<Fresh>,
}

/// Sifts a delivery: faulty rows go to the quarantine, fresh ones on record, others into the table `unsettled`.
pub(super) async fn sift(
    connection: &mut Connection,
    sealing: Sealing,
    corrects: Option<i64>,
) -> Result<Outcome, Error> {
    let mut sieve = Sieve::new(Arc::new(places(connection, sealing).await?), measures(connection).await?);
    let mut packs = Packs::of(sealing);
    while let Some((_, pack)) = packs.next(connection).await? {
        sieve.note(&pack);
    }
    let on_record = on_record(connection, &sieve.touched()).await?;
    sieve.settle(&on_record);
    let mut outcome = Outcome { sieve, fresh: 0, unsettled: 0, first: Vec::new() };
    let (mut packs, mut fresh) = (Packs::of(sealing), Vec::new());
    while let Some((ordinal, pack)) = packs.next(connection).await? {
        let named = (0..pack.len()).filter_map(|row| pack.closes_row(row)).collect();
        let closable = quarantine::closable(connection, corrects, named).await?;
        if let Some(corrects) = corrects {
            let closing = closing(&pack, &closable);
            quarantine::close_rows(connection, (corrects, sealing.position), &closing).await?;
        }
        let sifted = outcome.sieve.sift(&pack, ordinal, &closable);
        outcome.take_note(&sifted);
        let Sifted { fresh: more, unsettled, rejected } = sifted;
        bulk::quarantine(connection, sealing.batch_no, &rejected).await?;
        bulk::set_aside(connection, &unsettled).await?;
        fresh.extend(more);
        if fresh.len() >= FRESH_AT_ONCE {
            record(connection, sealing, &outcome.sieve, &mut fresh).await?;
        }
    }
    record(connection, sealing, &outcome.sieve, &mut fresh).await?;
    Ok(outcome)
}

impl Outcome {
    fn take_note(&mut self, sifted: &Sifted) {
        self.fresh += sifted.fresh.len() as u64;
        self.unsettled += sifted.unsettled.len() as u64;
        let most = MAX_SAMPLES as usize;
        for fresh in &sifted.fresh {
            let is_first = |last: &Fresh| self.sieve.by_row(fresh, last).is_lt();
            if self.first.len() < most || self.first.last().is_some_and(is_first) {
                let at = self.first.partition_point(|before| self.sieve.by_row(before, fresh).is_lt());
                self.first.insert(at, *fresh);
                self.first.truncate(most);
            }
        }
    }
}

async fn record(
    connection: &mut Connection,
    sealing: Sealing,
    sieve: &Sieve,
    fresh: &mut Vec<Fresh>,
) -> Result<(), Error> {
    sieve.sort(fresh);
    bulk::record(connection, (sealing.position, sealing.arrival), sieve, fresh).await?;
    fresh.clear();
    Ok(())
}

/// Of the rejected rows that a pack brings again, the first row that does.
fn closing(pack: &ObservationPack, closable: &HashSet<u64>) -> BTreeMap<u64, u64> {
    let mut closing = BTreeMap::new();
    for (at, row) in pack.row.iter().enumerate() {
        if let Some(closes) = pack.closes_row(at).filter(|closes| closable.contains(closes)) {
            let first = closing.entry(closes).or_insert(*row);
            *first = (*first).min(*row);
        }
    }
    closing
}

const KNOWN: &str = concat!(
    "SELECT named.value FROM ",
    texts!("$1"),
    " AS named
     WHERE (SELECT 1 FROM place_revision AS p WHERE p.place_id = named.value AND p.position NOT IN ",
    withdrawn!(),
    " LIMIT 1) IS NOT NULL"
);

/// Every place that a batch in force describes; of those only the ones that are named, if the delivery is small: a
/// register may be larger.
async fn places(connection: &mut Connection, sealing: Sealing) -> Result<PlaceAxis, Error> {
    if sealing.rows > FEW_ROWS {
        return columns::place_axis(connection, Position(natural(sealing.position - 1)?)).await;
    }
    let (mut packs, mut named) = (Packs::of(sealing), BTreeSet::new());
    while let Some((_, pack)) = packs.next(connection).await? {
        // SQLite's JSON keeps no U+0000, and no id holds one.
        named.extend(pack.place_id.dictionary.into_iter().filter(|id| !id.contains('\0')));
    }
    let named: Vec<&str> = named.iter().map(|id| &**id).collect();
    let known: Vec<String> = sqlx::query_scalar(KNOWN).bind(json(&named)?).fetch_all(connection).await?;
    let mut known: Vec<Box<str>> = known.into_iter().map(String::into_boxed_str).collect();
    known.sort_unstable();
    PlaceAxis::new(known).ok_or(Error::Inconsistent("places are out of order"))
}

async fn measures(connection: &mut Connection) -> Result<Vec<Measure>, Error> {
    let mut measures: Vec<Measure> = Vec::new();
    loop {
        let after = measures.last().map(|measure| measure.id.to_string());
        let limit = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
        let page = registers::measures(connection, after.as_deref(), limit).await?;
        if page.is_empty() {
            return Ok(measures);
        }
        measures.extend(page);
    }
}

/// One look into the key a column: without an order, PostgreSQL might look through the whole record for the first row.
const ON_RECORD: &str = concat!(
    "SELECT c.measure_id, c.period FROM ",
    columns_named!("$1"),
    " AS c WHERE (SELECT 1 FROM observation AS o WHERE o.measure_id = c.measure_id AND o.period = c.period
                  ORDER BY o.place_id LIMIT 1) IS NOT NULL"
);

/// Those of the columns of which the record speaks, withdrawn batches included.
async fn on_record(
    connection: &mut Connection,
    touched: &[(&str, &str)],
) -> Result<HashSet<(String, String)>, Error> {
    let mut on_record = HashSet::new();
    for columns in touched.chunks(AT_ONCE) {
        let found: Vec<(String, String)> =
            sqlx::query_as(ON_RECORD).bind(json(&columns)?).fetch_all(&mut *connection).await?;
        on_record.extend(found);
    }
    Ok(on_record)
}

/// The packs of a delivery, one after the other: rows that an earlier version staged first.
struct Packs {
    batch_no: i64,
    /// The place of the last row that is known to have been read.
    after: i64,
    /// Rows of an earlier version may be left.
    are_rows_left: bool,
}

const PACK: &str =
    "SELECT ordinal, payload FROM staged_pack WHERE batch_no = $1 AND ordinal > $2 ORDER BY ordinal LIMIT 1";

const ROWS: &str = "
    SELECT ordinal, row_no, place_id, measure_id, period, source_id, value_bits, revised_at, closes_row, faults,
           original
    FROM staged_observation WHERE batch_no = $1 AND ordinal > $2 ORDER BY ordinal LIMIT 5000";

impl Packs {
    fn of(sealing: Sealing) -> Self {
        Self { batch_no: sealing.batch_no, after: -1, are_rows_left: true }
    }

    /// The next pack, with the place of its first row.
    async fn next(&mut self, connection: &mut Connection) -> Result<Option<(u64, ObservationPack)>, Error> {
        if self.are_rows_left {
            let rows: Vec<StagedRow> =
                sqlx::query_as(ROWS).bind(self.batch_no).bind(self.after).fetch_all(&mut *connection).await?;
            if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
                self.after = last.ordinal;
                let ordinal = natural(first.ordinal)?;
                let rows = rows.into_iter().map(StagedRow::delivered).collect::<Result<_, _>>()?;
                return Ok(Some((ordinal, rows)));
            }
            self.are_rows_left = false;
        }
        let found: Option<(i64, Vec<u8>)> =
            sqlx::query_as(PACK).bind(self.batch_no).bind(self.after).fetch_optional(connection).await?;
        let Some((ordinal, payload)) = found else { return Ok(None) };
        self.after = ordinal;
        Ok(Some((natural(ordinal)?, decode(&payload)?)))
    }
}

/// A row as earlier versions staged it: checked, a field at fault NULL.
#[derive(sqlx::FromRow)]
struct StagedRow {
    ordinal: i64,
    row_no: i64,
    place_id: Option<String>,
    measure_id: Option<String>,
    period: Option<String>,
    source_id: Option<String>,
    value_bits: Option<i64>,
    revised_at: Option<i64>,
    closes_row: Option<i64>,
    faults: Option<String>,
    original: String,
}

impl StagedRow {
    /// The row before it was checked: a field that has its fault already gets no second one.
    fn delivered(self) -> Result<DeliveredObservation, Error> {
        let mut faults: Vec<Reason> = self.faults.as_deref().map(from_json).transpose()?.unwrap_or_default();
        // Found again at the seal; as a fault of the whole row it would hide the others.
        faults.retain(|fault| fault.code != Reason::UNKNOWN_CORRECTION);
        let text = |field: Option<String>| Arc::from(field.unwrap_or_default());
        Ok(DeliveredObservation {
            row: natural(self.row_no)?,
            place_id: text(self.place_id),
            measure_id: text(self.measure_id),
            period: text(self.period),
            source_id: text(self.source_id),
            value: self.value_bits.map_or(f64::NAN, value),
            revised_at_us: self.revised_at,
            closes_row: self.closes_row.map(natural).transpose()?,
            original: Some(self.original),
            faults,
        })
    }
}
