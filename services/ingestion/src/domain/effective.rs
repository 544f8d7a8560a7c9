//! Which statement is in force: the smallest precedence of its source, then the newest, then the smallest source id.
//!
//! Source: invariant 10 of ARCHITECTURE; specification page 1, section 1.8 (trust).

use std::cmp::Reverse;
use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::source::DEFAULT_PRECEDENCE;

/// Precedences of the sources that have one other than [`DEFAULT_PRECEDENCE`], as of a position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Precedences(HashMap<String, u32>);

impl Precedences {
    /// The precedence of a source; the smaller is believed first.
    #[must_use]
    pub fn of(&self, source_id: &str) -> u32 {
        self.0.get(source_id).copied().unwrap_or(DEFAULT_PRECEDENCE)
    }

    /// Tells these precedences from others: the first eight bytes of a SHA-256.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut pairs: Vec<_> = self.0.iter().collect();
        pairs.sort_unstable();
        let mut hash = Sha256::new();
        for (source_id, precedence) in pairs {
            hash.update(precedence.to_le_bytes());
            hash.update((source_id.len() as u64).to_le_bytes());
            hash.update(source_id);
        }
        let hash: [u8; 32] = hash.finalize().into();
        hash[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

impl FromIterator<(String, u32)> for Precedences {
    fn from_iter<T: IntoIterator<Item = (String, u32)>>(pairs: T) -> Self {
        Self(pairs.into_iter().filter(|(_, precedence)| *precedence != DEFAULT_PRECEDENCE).collect())
    }
}

/// The place axis of one reading: every place on record, by id (bytes).
///
/// Held in memory while a reading lasts, about 40 bytes a place, because every column points into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceAxis(Vec<Box<str>>);

impl PlaceAxis {
    /// An axis over ids that rise by bytes, each once; `None` if they do not.
    #[must_use]
    pub fn new(ids: Vec<Box<str>>) -> Option<Self> {
        ids.is_sorted_by(|before, after| before < after).then_some(Self(ids))
    }

    /// The ids.
    #[must_use]
    pub fn ids(&self) -> &[Box<str>] {
        &self.0
    }
}

/// A stretch of a column: `value[i]` belongs to the place at `place[i]` of the axis, `place` rising.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnStretch {
    /// Positions on the axis.
    pub place: Vec<u32>,
    /// Effective values.
    pub value: Vec<f64>,
    /// Where the column goes on: the first position on the axis not looked at; `None` at its end.
    pub next: Option<usize>,
}

/// One statement about one place, as the store reads it.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// Place.
    pub place_id: &'a str,
    /// Source.
    pub source_id: &'a str,
    /// What newer and older mean (see [`super::observation`]); microseconds.
    pub instant: i64,
    /// Value.
    pub value: f64,
}

/// Takes the statements of one measure and period and keeps those in force.
///
/// Statements come by (place, source, instant, position), rising: the order of the table, so nothing is sorted here
/// and one candidate at a time is held.
#[derive(Debug)]
pub struct ColumnReading<'a> {
    axis: &'a PlaceAxis,
    precedences: &'a Precedences,
    at: usize,
    limit: usize,
    stretch: ColumnStretch,
    best: Option<Candidate>,
}

#[derive(Debug)]
struct Candidate {
    source_id: String,
    precedence: u32,
    instant: i64,
    value: f64,
}

impl<'a> ColumnReading<'a> {
    /// A reading of at most `limit` values from position `start` of the axis.
    #[must_use]
    pub fn new(axis: &'a PlaceAxis, precedences: &'a Precedences, start: usize, limit: usize) -> Self {
        Self { axis, precedences, at: start, limit, stretch: ColumnStretch::default(), best: None }
    }

    /// Takes the next statement; `false` once the stretch is full, and then nothing was taken.
    pub fn take(&mut self, statement: Statement<'_>) -> bool {
        if self.best.is_none() || &*self.axis.0[self.at] != statement.place_id {
            self.settle();
            if self.stretch.place.len() == self.limit {
                return false;
            }
            let rest = &self.axis.0[self.at..];
            let ahead = rest.iter().position(|id| **id >= *statement.place_id).unwrap_or(rest.len());
            self.at += ahead;
            // Not on the axis: what was said of a place whose own batch is withdrawn.
            if rest.get(ahead).is_none_or(|id| **id != *statement.place_id) {
                return true;
            }
        }
        self.weigh(statement);
        true
    }

    /// The stretch, once the store has no more statements or [`Self::take`] refused one.
    #[must_use]
    pub fn finish(mut self, exhausted: bool) -> ColumnStretch {
        self.settle();
        self.stretch.next = (!exhausted && self.at < self.axis.0.len()).then_some(self.at);
        self.stretch
    }

    fn weigh(&mut self, statement: Statement<'_>) {
        let precedence = self.precedences.of(statement.source_id);
        let wins = match &self.best {
            None => true,
            Some(best) if best.source_id == statement.source_id => true,
            Some(best) => (precedence, Reverse(statement.instant)) < (best.precedence, Reverse(best.instant)),
        };
        if !wins {
            return;
        }
        let Statement { instant, value, .. } = statement;
        match &mut self.best {
            Some(best) if best.source_id == statement.source_id => {
                best.instant = instant;
                best.value = value;
            }
            best => {
                *best =
                    Some(Candidate { source_id: statement.source_id.to_owned(), precedence, instant, value })
            }
        }
    }

    fn settle(&mut self) {
        if let Some(best) = self.best.take() {
            // The axis is bounded by the places of a platform; the contract counts them in 32 bits.
            self.stretch.place.push(u32::try_from(self.at).unwrap_or(u32::MAX));
            self.stretch.value.push(best.value);
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(ids: &[&str]) -> PlaceAxis {
        PlaceAxis::new(ids.iter().map(|id| Box::from(*id)).collect()).unwrap()
    }

    fn read(
        statements: &[(&str, &str, i64, f64)],
        precedences: &[(&str, u32)],
        start: usize,
        limit: usize,
    ) -> ColumnStretch {
        let axis = axis(&["a", "b", "c", "d"]);
        let precedences = precedences.iter().map(|(id, p)| ((*id).to_owned(), *p)).collect();
        let mut reading = ColumnReading::new(&axis, &precedences, start, limit);
        for &(place_id, source_id, instant, value) in statements {
            if !reading.take(Statement { place_id, source_id, instant, value }) {
                return reading.finish(false);
            }
        }
        reading.finish(true)
    }

    #[test]
    fn precedence_decides_then_the_newest_then_the_smallest_source_id() {
        let said = [
            ("a", "x", 1, 1.0),
            ("a", "x", 5, 2.0),
            ("a", "y", 4, 3.0),
            ("c", "x", 9, 4.0),
            ("c", "y", 9, 5.0),
        ];
        let stretch = read(&said, &[], 0, 10);
        assert_eq!((stretch.place, stretch.value), (vec![0, 2], vec![2.0, 4.0]));
        let stretch = read(&said, &[("y", 1)], 0, 10);
        assert_eq!(stretch.value, [3.0, 5.0]);
        let stretch = read(&said, &[("x", 200)], 0, 10);
        assert_eq!(stretch.value, [3.0, 5.0]);
    }

    #[test]
    fn a_full_stretch_says_where_the_next_begins_and_loses_no_place() {
        let said = [("a", "x", 1, 1.0), ("a", "y", 2, 1.5), ("c", "x", 1, 2.0), ("d", "x", 1, 3.0)];
        let first = read(&said, &[], 0, 2);
        assert_eq!((&first.place, &first.value, first.next), (&vec![0, 2], &vec![1.5, 2.0], Some(3)));
        let rest = read(&said[3..], &[], 3, 2);
        assert_eq!((rest.place, rest.value, rest.next), (vec![3], vec![3.0], None));
        assert_eq!(read(&[], &[], 0, 2), ColumnStretch::default());
    }

    #[test]
    fn what_is_said_of_a_place_that_is_not_on_the_axis_does_not_appear() {
        let said = [
            ("0", "x", 1, 9.0),
            ("a", "x", 1, 1.0),
            ("aa", "x", 1, 9.0),
            ("c", "x", 1, 2.0),
            ("e", "x", 1, 9.0),
        ];
        let stretch = read(&said, &[], 0, 10);
        assert_eq!((stretch.place, stretch.value, stretch.next), (vec![0, 2], vec![1.0, 2.0], None));
        let first = read(&said, &[], 0, 1);
        assert_eq!((first.place, first.value, first.next), (vec![0], vec![1.0], Some(1)));
        let rest = read(&said[2..], &[], 1, 1);
        assert_eq!((rest.place, rest.value, rest.next), (vec![2], vec![2.0], Some(3)));
    }
}
