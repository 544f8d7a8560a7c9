//! Groups of places that cannot be told apart (不可区分组).
//!
//! The rule: two places cannot be told apart unless one stands above the other in at least 95 % of the draws that score
//! both. Down the ranking of a type the first place opens a group, and each next one joins it as long as it cannot be told
//! from the place that opened it; the first that can opens the next group.

use super::model::Rank;

/// Of a hundred draws, how many must agree on an order.
const AGREEING_PERCENT: usize = 95;

/// The group of each place at one node, from 1 within its type, by nominal rank; `ranks[place][draw]`.
pub(crate) fn tiers(
    nominal: &[Rank],
    ranks: &[&[Rank]],
    types: &[Option<usize>],
    type_count: usize,
) -> Vec<Option<usize>> {
    let mut tiers = vec![None; nominal.len()];
    for kind in 0..type_count {
        let of_type = (0..nominal.len()).filter(|&place| types[place] == Some(kind));
        let mut order: Vec<usize> = of_type.filter(|&place| nominal[place].is_some()).collect();
        order.sort_by_key(|&place| nominal[place]);
        let Some(&(mut leader)) = order.first() else { continue };
        let mut tier = 1;
        for place in order {
            if can_be_told_apart(ranks[leader], ranks[place]) {
                leader = place;
                tier += 1;
            }
            tiers[place] = Some(tier);
        }
    }
    tiers
}

/// Whether one of two places stands above the other in at least 95 % of the draws that score both.
#[must_use]
pub fn can_be_told_apart(one: &[Rank], other: &[Rank]) -> bool {
    let (mut above, mut below, mut both) = (0_usize, 0_usize, 0_usize);
    for (one, other) in one.iter().zip(other) {
        if let (Some(one), Some(other)) = (one, other) {
            both += 1;
            above += usize::from(one < other);
            below += usize::from(one > other);
        }
    }
    both > 0 && above.max(below) * 100 >= AGREEING_PERCENT * both
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn row(ranks: impl IntoIterator<Item = u32>) -> Vec<Rank> {
        ranks.into_iter().map(NonZeroU32::new).collect()
    }

    #[test]
    fn nineteen_of_twenty_draws_tell_two_places_apart_and_ties_do_not() {
        let ahead = |wins: u32| {
            let one = row((0..20).map(|draw| if draw < wins { 1 } else { 2 }));
            let other = row((0..20).map(|draw| if draw < wins { 2 } else { 1 }));
            can_be_told_apart(&one, &other)
        };
        assert_eq!([0, 1, 2, 10, 18, 19, 20].map(ahead), [true, true, false, false, false, true, true]);
        assert!(!can_be_told_apart(&row([1; 20]), &row([1; 20])));
        assert!(!can_be_told_apart(&row([1, 0]), &row([0, 1])));
    }

    #[test]
    fn a_group_reaches_as_far_as_its_first_place_cannot_be_told_from_the_next() {
        // The second cannot be told from the first, nor the third from the second; the third can from the first.
        let rows = [
            row([1; 20]),
            row((0..20).map(|draw| if draw % 2 == 0 { 1 } else { 3 })),
            row([2; 20]),
            row([0; 20]),
        ];
        let rows: Vec<&[Rank]> = rows.iter().map(Vec::as_slice).collect();
        let nominal = row([1, 2, 3, 0]);
        assert_eq!(tiers(&nominal, &rows, &[Some(0); 4], 1), [Some(1), Some(1), Some(2), None]);
    }
}
