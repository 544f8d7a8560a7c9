//! What one client delivers in a round, and what must then be on record: worked out beforehand, so that the record is
//! compared with the plan and not with itself.

use std::collections::BTreeMap;

use xiuhua_contracts::measure::v1::RowCounts;

use crate::chance::Chance;
use crate::deliveries::{Delivery, Row};
use crate::district::{MEASURES, PLACES, place_id};

/// Deliveries of a client in a round.
pub(super) const DELIVERIES: usize = 2;
/// Chunks of a delivery, about.
const CHUNKS: usize = 10;
/// Rows of a chunk.
const CHUNK_ROWS: usize = 30;

/// Place and measure.
pub(super) type Key = (String, String);

/// One client's round. Its period is its own, so that no other client's rows meet it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) period: String,
    pub(super) deliveries: Vec<Planned>,
    /// Every value of a key, oldest first.
    pub(super) revisions: BTreeMap<Key, Vec<f64>>,
}

/// A delivery, and what must become of its rows.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) delivery: Delivery,
    pub(super) counts: RowCounts,
}

impl Plan {
    pub(super) fn of(round: u64, client: u64, chance: &mut Chance) -> Self {
        let month = round * 8 + client;
        let period = format!("{:04}-{:02}", 3000 + month / 12, month % 12 + 1);
        let mut plan = Self { period, deliveries: Vec::new(), revisions: BTreeMap::new() };
        for nth in 0..DELIVERIES {
            let (rows, counts) = plan.rows(nth, client, chance);
            let request_id = format!("round-{round}-client-{client}-delivery-{nth}");
            let source = format!("client-{client}");
            let delivery = Delivery::of(&request_id, "observations.csv", &source, &rows, CHUNK_ROWS);
            plan.deliveries.push(Planned { delivery, counts });
        }
        plan
    }

    /// The rows of the nth delivery: new keys, keys of the one before with another value or the same, repeated rows,
    /// places that nobody knows.
    fn rows(&mut self, nth: usize, client: u64, chance: &mut Chance) -> (Vec<Row>, RowCounts) {
        let mut rows: Vec<Row> = Vec::new();
        let mut counts = RowCounts::default();
        let known: Vec<_> = self.revisions.keys().cloned().collect();
        for (place, measure) in known {
            let values = self.revisions.get_mut(&(place.clone(), measure.clone())).expect("it is a key");
            let before = *values.last().expect("a key has a value");
            let value = match chance.below(3) {
                0 => continue,
                1 => {
                    counts.duplicate += 1;
                    before
                }
                _ => {
                    counts.corrected += 1;
                    // Never the value before: then it would be a duplicate.
                    values.push(before + 1.0);
                    before + 1.0
                }
            };
            rows.push(self.row(place, measure, value));
        }
        let measure = MEASURES[nth % MEASURES.len()];
        for number in 0..CHUNKS * CHUNK_ROWS - rows.len() {
            // 7 and the number of places have no divisor in common, so no key comes twice by accident.
            let place = place_id((number * 7 + usize::try_from(client).expect("a small number")) % PLACES);
            let value = chance.below(100_000) as f64 / 100.0;
            match chance.below(30) {
                0 => {
                    counts.rejected += 1;
                    rows.push(self.row("nowhere".to_owned(), measure.to_owned(), value));
                }
                1 if !rows.is_empty() && rows.last().is_some_and(|row| row.place_id != "nowhere") => {
                    counts.duplicate += 1;
                    rows.extend(rows.last().cloned());
                }
                _ => {
                    counts.accepted += 1;
                    self.revisions.insert((place.clone(), measure.to_owned()), vec![value]);
                    rows.push(self.row(place, measure.to_owned(), value));
                }
            }
        }
        counts.read = rows.len() as u64;
        (rows, counts)
    }

    fn row(&self, place_id: String, measure_id: String, value: f64) -> Row {
        Row { place_id, measure_id, period: self.period.clone(), value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_a_plan_add_up_and_its_values_are_those_of_its_rows() {
        let plan = Plan::of(3, 1, &mut Chance::seeded(5));
        let mut accepted = 0;
        for Planned { delivery, counts } in &plan.deliveries {
            let rows = delivery.chunks.iter().map(|chunk| chunk.value.len() as u64).sum::<u64>();
            assert_eq!(counts.read, rows);
            assert_eq!(counts.read, counts.accepted + counts.corrected + counts.duplicate + counts.rejected);
            assert!(counts.accepted > 0 && counts.duplicate > 0 && counts.rejected > 0, "{counts:?}");
            accepted += counts.accepted + counts.corrected;
        }
        assert_eq!(plan.revisions.values().map(|values| values.len() as u64).sum::<u64>(), accepted);
        assert!(plan.deliveries[1].counts.corrected > 0);
    }
}
