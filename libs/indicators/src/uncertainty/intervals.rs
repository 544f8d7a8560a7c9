//! Rank intervals (排名区间): where a place stands in nine of ten draws.

use super::model::Rank;

/// Where a place stands in the draws that gave it a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankInterval {
    /// Draws with a score, at least 1.
    pub scored: usize,
    /// The 5 % quantile of its ranks: nineteen of twenty draws are no better.
    pub low: f64,
    /// The median of its ranks.
    pub median: f64,
    /// The 95 % quantile of its ranks.
    pub high: f64,
    /// The share of all draws, 0..=1, in which it stands among the best tenth of the scored places of its type, the tenth
    /// rounded up.
    pub top_tenth: f64,
}

/// The intervals of all places at one node; `ranks[place][draw]`.
pub(crate) fn intervals(
    ranks: &[&[Rank]],
    types: &[Option<usize>],
    type_count: usize,
) -> Vec<Option<RankInterval>> {
    let draws = ranks.first().map_or(0, |ranks| ranks.len());
    let mut scored = vec![vec![0_u32; draws]; type_count];
    for (ranks, kind) in ranks.iter().zip(types) {
        if let Some(counts) = kind.and_then(|kind| scored.get_mut(kind)) {
            counts.iter_mut().zip(*ranks).for_each(|(count, rank)| *count += u32::from(rank.is_some()));
        }
    }
    let mut present = Vec::with_capacity(draws);
    let mut of_place = |(ranks, kind): (&&[Rank], &Option<usize>)| {
        let counts = scored.get((*kind)?)?;
        present.clear();
        let mut top = 0_usize;
        for (rank, count) in ranks.iter().zip(counts) {
            if let Some(rank) = rank {
                present.push(rank.get());
                top += usize::from(rank.get() <= count.div_ceil(10));
            }
        }
        if present.is_empty() {
            return None;
        }
        present.sort_unstable();
        let at = |share| quantile(&present, share);
        Some(RankInterval {
            scored: present.len(),
            low: at(0.05),
            median: at(0.5),
            high: at(0.95),
            top_tenth: top as f64 / draws as f64,
        })
    };
    ranks.iter().zip(types).map(&mut of_place).collect()
}

/// The quantile of sorted ranks: `(n - 1) · share` steps from the first, straight between two.
///
/// Source: Hyndman and Fan (1996), *Sample quantiles in statistical packages*, type 7.
fn quantile(sorted: &[u32], share: f64) -> f64 {
    interpolated(sorted.len(), share, |at| f64::from(sorted[at]))
}

/// The same of sorted numbers; 0 where there is none.
pub(crate) fn quantile_of(sorted: &[f64], share: f64) -> f64 {
    interpolated(sorted.len(), share, |at| sorted[at])
}

fn interpolated(len: usize, share: f64, value: impl Fn(usize) -> f64) -> f64 {
    let Some(last) = len.checked_sub(1) else { return 0.0 };
    let steps = last as f64 * share;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the last position"
    )]
    let below = (steps.floor() as usize).min(last);
    let above = (below + 1).min(last);
    value(below) + (steps - below as f64) * (value(above) - value(below))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn quantiles_are_those_of_type_7() {
        // R: quantile(c(1,2,4,8,16), c(.05,.5,.95), type = 7)
        let sorted = [1, 2, 4, 8, 16];
        let found = [0.05, 0.5, 0.95].map(|share| quantile(&sorted, share));
        let expected = [1.2, 4.0, 14.4];
        assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12));
        assert!((quantile(&[7], 0.05) - 7.0).abs() < 1e-12);
    }

    #[test]
    fn the_best_tenth_is_rounded_up_and_counted_over_all_draws() {
        let row = |ranks: &[u32]| ranks.iter().map(|&rank| NonZeroU32::new(rank)).collect::<Vec<Rank>>();
        // Eleven places would make two the best tenth; here are two, so it is one.
        let rows = [row(&[1, 1, 2, 0]), row(&[2, 0, 1, 0]), row(&[1, 1, 1, 1])];
        let rows: Vec<&[Rank]> = rows.iter().map(Vec::as_slice).collect();
        let found = intervals(&rows, &[Some(0), Some(0), None], 1);
        let first = found[0].unwrap();
        assert_eq!((first.scored, first.top_tenth.to_bits()), (3, 0.5_f64.to_bits()));
        assert_eq!(found[1].unwrap().scored, 2);
        assert_eq!(found[2], None);
    }
}
