//! What ingestion should remember, kept without any care for speed: the rules of the record, said in another way.

use std::collections::{BTreeMap, HashMap};

use xiuhua_ingestion::domain::batch::{AsOf, RowCounts};

pub(crate) const PLACES: [&str; 3] = ["A", "B", "C"];
pub(crate) const SOURCES: [&str; 3] = ["x", "y", "z"];

/// A sound row: place, source, value, the source's own revision time.
pub(crate) type Row = (usize, usize, f64, Option<i64>);

/// What a row says of its key: value, and the source's own revision time.
type Said = (f64, Option<i64>);

#[derive(Clone, Copy, Debug)]
struct Recorded {
    instant: i64,
    position: u64,
    value: f64,
}

/// The record.
#[derive(Default)]
pub(crate) struct Model {
    position: u64,
    arrival: i64,
    statements: HashMap<(usize, usize), Vec<Recorded>>,
    /// By position of the batch: the position of its withdrawal.
    withdrawn: HashMap<u64, u64>,
    /// By source: from which position, which precedence.
    precedences: HashMap<usize, Vec<(u64, u32)>>,
}

impl Model {
    /// A record that knows the places: position 1, sealed at 1 microsecond.
    pub(crate) fn furnished() -> Self {
        Self { position: 1, arrival: 1, ..Self::default() }
    }

    fn step(&mut self, now: i64) {
        self.position += 1;
        self.arrival = now.max(self.arrival + 1);
    }

    fn sees(&self, batch: u64, position: u64) -> bool {
        batch <= position && self.withdrawn.get(&batch).is_none_or(|withdrawn| *withdrawn > position)
    }

    fn seen(&self, key: (usize, usize), position: u64) -> Vec<Recorded> {
        let said = self.statements.get(&key).into_iter().flatten();
        said.filter(|said| self.sees(said.position, position)).copied().collect()
    }

    pub(crate) fn withdraw(&mut self, now: i64, batch: u64) {
        self.step(now);
        self.withdrawn.insert(batch, self.position);
    }

    pub(crate) fn deliver(&mut self, now: i64, rows: &[Row]) -> RowCounts {
        self.step(now);
        let mut counts = RowCounts { read: rows.len() as u64, ..RowCounts::default() };
        let mut by_key: BTreeMap<(usize, usize), Vec<Said>> = BTreeMap::new();
        for &(place, source, value, revised) in rows {
            by_key.entry((place, source)).or_default().push((value, revised));
        }
        for (key, rows) in by_key {
            let contradict = |a: &Said, b: &Said| {
                a.0.to_bits() != b.0.to_bits() && (a.1 == b.1 || a.1.is_none() || b.1.is_none())
            };
            if rows.iter().any(|a| rows.iter().any(|b| contradict(a, b))) {
                counts.rejected += rows.len() as u64;
                continue;
            }
            self.take(key, &rows, &mut counts);
        }
        counts
    }

    fn take(&mut self, key: (usize, usize), rows: &[Said], counts: &mut RowCounts) {
        let on_record = self.seen(key, self.position);
        let newest = on_record.iter().max_by_key(|said| (said.instant, said.position)).copied();
        let undated = newest.map_or(self.arrival, |newest| self.arrival.max(newest.instant + 1));
        let mut fresh: Vec<(i64, bool, f64)> = Vec::new();
        for &(value, revised) in rows {
            let statement = (revised.unwrap_or(undated), revised.is_some(), value);
            if fresh.contains(&statement) {
                counts.duplicate += 1;
            } else {
                fresh.push(statement);
            }
        }
        fresh.sort_by_key(|said| (said.0, !said.1));
        let mut kept: Vec<Recorded> = Vec::new();
        for (nth, &(instant, given, value)) in fresh.iter().enumerate() {
            let recorded_before = on_record.iter().filter(|said| said.instant <= instant);
            let recorded_before = recorded_before.max_by_key(|said| (said.instant, said.position));
            let fresh_before = nth.checked_sub(1).map(|before| fresh[before]);
            let before = match (recorded_before, fresh_before) {
                (Some(recorded), Some(fresh)) if fresh.0 < recorded.instant => {
                    Some((recorded.instant, recorded.value))
                }
                (_, Some(fresh)) => Some((fresh.0, fresh.2)),
                (Some(recorded), None) => Some((recorded.instant, recorded.value)),
                (None, None) => None,
            };
            let same = |other: f64| other.to_bits() == value.to_bits();
            let repeats = before.is_some_and(|(_, before)| same(before));
            let tells_old_news = newest.is_some_and(|newest| instant < newest.instant && same(newest.value));
            let is_new = !repeats && !tells_old_news;
            if !is_new {
                counts.duplicate += 1;
            } else if before.is_none() && newest.is_none() {
                counts.accepted += 1;
            } else {
                counts.corrected += 1;
            }
            // What its source has not dated stands where the statement stands that it repeats.
            let stands_at =
                if is_new || given { instant } else { before.map_or(instant, |(before, _)| before) };
            kept.push(Recorded { instant: stands_at, position: self.position, value });
        }
        kept.dedup_by_key(|said| said.instant);
        self.statements.entry(key).or_default().extend(kept);
    }

    pub(crate) fn put(&mut self, source: usize, precedence: u32) {
        self.precedences.entry(source).or_default().push((self.position + 1, precedence));
    }

    pub(crate) fn effective(&self, as_of: AsOf) -> Vec<(String, f64)> {
        let precedence = |source: usize| {
            let mut changes = self.precedences.get(&source).into_iter().flatten();
            let in_force = changes.rfind(|(from, _)| *from <= as_of.precedence_position.0);
            in_force.map_or(100, |(_, value)| *value)
        };
        let mut values = Vec::new();
        for (place, id) in PLACES.iter().enumerate() {
            let newest_of_each = (0..SOURCES.len()).filter_map(|source| {
                let said = self.seen((place, source), as_of.position.0).into_iter();
                said.max_by_key(|said| (said.instant, said.position)).map(|newest| (source, newest))
            });
            let best =
                newest_of_each.min_by_key(|(source, said)| (precedence(*source), -said.instant, *source));
            values.extend(best.map(|(_, said)| ((*id).to_owned(), said.value)));
        }
        values
    }

    /// How many revisions of a place are shown as of a position.
    pub(crate) fn revisions(&self, place: usize, position: u64) -> usize {
        let of_source = |source| {
            let mut said = self.seen((place, source), position);
            said.sort_by_key(|said| (said.instant, said.position));
            said.dedup_by_key(|said| (said.instant, said.value.to_bits()));
            said.len()
        };
        (0..SOURCES.len()).map(of_source).sum()
    }
}
