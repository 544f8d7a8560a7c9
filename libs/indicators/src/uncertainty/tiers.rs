//! Groups of places that cannot be told apart (不可区分组).
//!
//! The rule: two places cannot be told apart unless one stands above the other in at least 95 % of the draws that score
//! both. Down the ranking of a type the first place opens a group, and each next one joins it as long as it cannot be told
//! from the place that opened it; the first that can opens the next group.

/// Of a hundred draws, how many must agree on an order.
const AGREEING_PERCENT: u64 = 95;

/// The groups of one type, down its ranking.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tiers {
    /// Ranks of the place that opened the group, by draw.
    leader: Vec<u32>,
    tier: usize,
}

impl Tiers {
    /// The group, from 1, of the next place, whose rank in each draw this is: 0 where it has none.
    pub(crate) fn next(&mut self, ranks: &[u32]) -> usize {
        if self.tier == 0 || can_be_told_apart(&self.leader, ranks) {
            self.leader.clear();
            self.leader.extend_from_slice(ranks);
            self.tier += 1;
        }
        self.tier
    }
}

/// Whether one of two places stands above the other in at least 95 % of the draws that score both.
fn can_be_told_apart(one: &[u32], other: &[u32]) -> bool {
    let (mut above, mut below, mut both) = (0_u32, 0_u32, 0_u32);
    for (&one, &other) in one.iter().zip(other) {
        let scored = (one > 0) & (other > 0);
        both += u32::from(scored);
        above += u32::from(scored & (one < other));
        below += u32::from(scored & (one > other));
    }
    both > 0 && u64::from(above.max(below)) * 100 >= AGREEING_PERCENT * u64::from(both)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ranks: impl IntoIterator<Item = u32>) -> Vec<u32> {
        ranks.into_iter().collect()
    }

    #[test]
    fn nineteen_of_twenty_draws_tell_two_places_apart_and_ties_do_not() {
        let ahead = |wins: u32| {
            let one = row((0..20).map(|draw| if draw < wins { 1 } else { 2 }));
            let other = row((0..20).map(|draw| if draw < wins { 2 } else { 1 }));
            can_be_told_apart(&one, &other)
        };
        assert_eq!([0, 1, 2, 10, 18, 19, 20].map(ahead), [true, true, false, false, false, true, true]);
        assert!(!can_be_told_apart(&[1; 20], &[1; 20]));
        assert!(!can_be_told_apart(&[1, 0], &[0, 1]));
    }

    #[test]
    fn a_group_reaches_as_far_as_its_first_place_cannot_be_told_from_the_next() {
        // The second cannot be told from the first, nor the third from the second; the third can from the first.
        let rows = [row([1; 20]), row((0..20).map(|draw| if draw % 2 == 0 { 1 } else { 3 })), row([2; 20])];
        let mut tiers = Tiers::default();
        assert_eq!(rows.map(|ranks| tiers.next(&ranks)), [1, 1, 2]);
    }
}
