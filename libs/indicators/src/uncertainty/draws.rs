//! All runs of an analysis, on any number of threads.
//!
//! Threads share the runs out by their numbers, and each run is the same wherever it is made, so the number of threads
//! changes the time and nothing else.

use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::Range;

use super::factors::Factor;
use super::intervals::{RankCounts, RankInterval};
use super::model::{Model, Outcome, Rank, Reach};
use super::proof::{FactorRecord, UncertaintyError, check, count, prove};
use super::settings::Settings;
use super::tiers::Tiers;

/// Places whose ranks are turned at once: a line of memory of each draw.
const AT_ONCE: usize = 32;

/// Intervals and groups at one node, by place.
type Summary = (Vec<Option<RankInterval>>, Vec<Option<usize>>);

/// What is asked of the draws.
#[derive(Clone, Copy, Debug)]
pub struct DrawPlan<'a> {
    /// What is varied.
    pub factors: &'a [Factor],
    /// Decides every draw.
    pub seed: u64,
    /// How many draws.
    pub draws: u32,
    /// Type of each place.
    pub types: &'a [Option<usize>],
    /// How many types there are.
    pub type_count: usize,
    /// Threads to use.
    pub threads: NonZeroUsize,
}

/// What the draws came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Each factor tried alone, before the draws.
    pub proofs: Vec<FactorRecord>,
    /// Each factor in the draws.
    pub records: Vec<FactorRecord>,
    /// The settings of each draw.
    pub settings: Vec<Settings>,
    /// `intervals[node][place]`; `None` where no draw gave the place a score.
    pub intervals: Vec<Vec<Option<RankInterval>>>,
    /// `tiers[node][place]`, from 1 within the type; `None` for a place the assessment does not rank.
    pub tiers: Vec<Vec<Option<usize>>>,
}

/// One draw.
struct Draw {
    settings: Settings,
    /// Lower halves of the ranks at all nodes, one node after another, each in the order of its [`LineUp`]; 0 for none.
    ranks: Vec<u16>,
    /// Their upper halves; none where no type has so many places.
    upper_halves: Vec<u16>,
    /// The last rank of the best tenth, by node, then type.
    tenths: Vec<u32>,
    records: Vec<FactorRecord>,
}

/// The places that have a type in the order of their ranks in the assessment, type by type: so neighbours in a ranking
/// lie side by side in every draw, and the groups of a type are found in one walk.
struct LineUp {
    places: Vec<usize>,
    /// Of each type: its places, and how many of them the assessment ranks, which come first.
    types: Vec<(Range<usize>, usize)>,
}

/// Draws and sums up; `nominal` is the run without settings.
///
/// # Errors
/// [`UncertaintyError`] if a factor cannot be applied or was not, before or in a draw.
pub fn draw(model: &dyn Model, nominal: &Outcome, plan: &DrawPlan<'_>) -> Result<Drawn, UncertaintyError> {
    if plan.factors.is_empty() {
        return Err(UncertaintyError::NoFactor);
    }
    let proofs = prove(model, nominal, plan.factors)?;
    let line_ups: Vec<LineUp> = nominal.ranks.iter().map(|ranks| LineUp::of(ranks, plan)).collect();
    let one = |number: usize| -> Result<Draw, UncertaintyError> {
        let settings = Settings::of_draw(plan.factors, plan.seed, number as u64);
        let outcome = model.run(&settings, Reach::AllNodes)?;
        check(&settings, &outcome.in_force, &nominal.in_force)?;
        let mut records: Vec<FactorRecord> =
            plan.factors.iter().map(|factor| FactorRecord::new(factor.kind())).collect();
        count(&mut records, &settings, &outcome, nominal);
        let mut draw =
            Draw { settings, ranks: Vec::new(), upper_halves: Vec::new(), tenths: Vec::new(), records };
        draw.ranks.reserve_exact(line_ups.iter().map(|line_up| line_up.places.len()).sum());
        line_ups.iter().zip(&outcome.ranks).for_each(|(line_up, ranks)| draw.keep(line_up, ranks));
        Ok(draw)
    };
    let draws = on_threads(plan.threads, plan.draws as usize, one)?;

    let mut records: Vec<FactorRecord> =
        plan.factors.iter().map(|factor| FactorRecord::new(factor.kind())).collect();
    for draw in &draws {
        records.iter_mut().zip(&draw.records).for_each(|(sum, record)| sum.add(record));
    }
    let node = |at: usize| Ok::<_, UncertaintyError>(line_ups[at].sum_up(at, &draws, plan.types.len()));
    let (intervals, tiers) = on_threads(plan.threads, line_ups.len(), node)?.into_iter().unzip();
    let settings = draws.iter().map(|draw| draw.settings).collect();
    Ok(Drawn { proofs, records, settings, intervals, tiers })
}

impl Draw {
    /// Keeps the ranks of the next node.
    fn keep(&mut self, line_up: &LineUp, ranks: &[Rank]) {
        let rank = |&place: &usize| ranks[place].map_or(0, NonZeroU32::get);
        for (of_type, _) in &line_up.types {
            let mut scored = 0_u32;
            self.ranks.extend(line_up.places[of_type.clone()].iter().map(rank).map(|rank| {
                scored += u32::from(rank > 0);
                lower_half(rank)
            }));
            self.tenths.push(scored.div_ceil(10));
        }
        if line_up.needs_upper_halves() {
            self.upper_halves.extend(line_up.places.iter().map(rank).map(|rank| lower_half(rank >> 16)));
        }
    }
}

impl LineUp {
    fn of(nominal: &[Rank], plan: &DrawPlan<'_>) -> Self {
        let mut line_up = Self { places: Vec::with_capacity(nominal.len()), types: Vec::new() };
        for kind in 0..plan.type_count {
            let first = line_up.places.len();
            line_up.places.extend((0..nominal.len()).filter(|&place| plan.types[place] == Some(kind)));
            let places = &mut line_up.places[first..];
            places.sort_by_key(|&place| nominal[place].map_or(u32::MAX, NonZeroU32::get));
            let ranked = places.partition_point(|&place| nominal[place].is_some());
            line_up.types.push((first..line_up.places.len(), ranked));
        }
        line_up
    }

    /// Whether a rank can be too great for 16 bits.
    fn needs_upper_halves(&self) -> bool {
        self.types.iter().any(|(of_type, _)| of_type.len() > usize::from(u16::MAX))
    }

    /// Intervals and groups at a node, by place, of which there are `places`.
    fn sum_up(&self, node: usize, draws: &[Draw], places: usize) -> Summary {
        let (mut intervals, mut groups) = (vec![None; places], vec![None; places]);
        let (mut turned, mut counts) = (vec![0; AT_ONCE * draws.len()], RankCounts::default());
        for (kind, (of_type, ranked)) in self.types.iter().enumerate() {
            let tenths: Vec<u32> =
                draws.iter().map(|draw| draw.tenths[node * self.types.len() + kind]).collect();
            let mut tiers = Tiers::default();
            for first in of_type.clone().step_by(AT_ONCE) {
                let some = first..of_type.end.min(first + AT_ONCE);
                turn(draws, node * self.places.len() + first, some.len(), &mut turned);
                for (at, ranks) in some.zip(turned.chunks_exact(draws.len().max(1))) {
                    let place = self.places[at];
                    intervals[place] = counts.interval(ranks, &tenths);
                    groups[place] = (at - of_type.start < *ranked).then(|| tiers.next(ranks));
                }
            }
        }
        (intervals, groups)
    }
}

/// Turns the ranks of some places from draw by draw to place by place.
fn turn(draws: &[Draw], first: usize, places: usize, turned: &mut [u32]) {
    for (number, draw) in draws.iter().enumerate() {
        for (row, &rank) in turned.chunks_exact_mut(draws.len()).zip(&draw.ranks[first..first + places]) {
            row[number] = u32::from(rank);
        }
        if !draw.upper_halves.is_empty() {
            let upper_halves = &draw.upper_halves[first..first + places];
            for (row, &rank) in turned.chunks_exact_mut(draws.len()).zip(upper_halves) {
                row[number] |= u32::from(rank) << 16;
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the upper half is kept apart")]
fn lower_half(rank: u32) -> u16 {
    rank as u16
}

/// Does `count` pieces of work, by number, and gives what they come to in that order; of several faults that of the least
/// number.
pub(crate) fn on_threads<T: Send, E: Send>(
    threads: NonZeroUsize,
    count: usize,
    work: impl Fn(usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let threads = threads.get().min(count.max(1));
    let one = |at: usize| work(at).map_err(|fault| (at, fault));
    let share =
        |first: usize| (first..count).step_by(threads).map(one).collect::<Result<Vec<T>, (usize, E)>>();
    let shares = if threads == 1 {
        vec![share(0)]
    } else {
        std::thread::scope(|scope| {
            let handles: Vec<_> = (0..threads)
                .map(|first| {
                    scope.spawn({
                        let share = &share;
                        move || share(first)
                    })
                })
                .collect();
            let joined = handles
                .into_iter()
                .map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            joined.collect::<Vec<_>>()
        })
    };
    let (mut done, mut faults) = (Vec::with_capacity(threads), Vec::new());
    for share in shares {
        match share {
            Ok(share) => done.push(share.into_iter()),
            Err(fault) => faults.push(fault),
        }
    }
    if let Some((_, fault)) = faults.into_iter().min_by_key(|(at, _)| *at) {
        return Err(fault);
    }
    let mut shares = done;
    Ok((0..count).filter_map(|at| shares[at % threads].next()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_beyond_sixteen_bits_are_kept_and_turned() {
        let nominal: Vec<Rank> = (1..=70_000).map(NonZeroU32::new).collect();
        let (factors, types) = ([], vec![Some(0); 70_000]);
        let threads = NonZeroUsize::MIN;
        let plan = DrawPlan { factors: &factors, seed: 0, draws: 2, types: &types, type_count: 1, threads };
        let line_up = LineUp::of(&nominal, &plan);
        let turned_about: Vec<Rank> = nominal.iter().rev().copied().collect();
        let draws = [&nominal, &turned_about].map(|ranks| {
            let settings = Settings::default();
            let mut draw = Draw {
                settings,
                ranks: Vec::new(),
                upper_halves: Vec::new(),
                tenths: Vec::new(),
                records: Vec::new(),
            };
            draw.keep(&line_up, ranks);
            draw
        });
        let (intervals, tiers) = line_up.sum_up(0, &draws, 70_000);
        let last = intervals[69_999].unwrap();
        assert_eq!((last.scored, last.median.to_bits()), (2, 35_000.5_f64.to_bits()));
        assert!((last.high - (1.0 + 0.95 * 69_999.0)).abs() < 1e-6);
        assert_eq!((last.top_tenth.to_bits(), tiers[69_999]), (0.5_f64.to_bits(), Some(1)));
    }

    #[test]
    fn work_comes_back_in_order_or_its_first_fault_does_whatever_the_number_of_threads() {
        for threads in 1..=5 {
            let threads = NonZeroUsize::new(threads).unwrap();
            let squares = on_threads(threads, 7, |at| Ok::<_, ()>(at * at));
            assert_eq!(squares, Ok(vec![0, 1, 4, 9, 16, 25, 36]));
            assert_eq!(on_threads(threads, 0, Ok::<usize, ()>), Ok(vec![]));
            assert_eq!(
                on_threads(threads, 7, |at| if at == 2 || at == 3 { Err(at) } else { Ok(()) }),
                Err(2)
            );
        }
    }
}
