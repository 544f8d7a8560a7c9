//! All runs of an analysis, on any number of threads.
//!
//! Threads share the runs out by their numbers, and each run is the same wherever it is made, so the number of threads
//! changes the time and nothing else.

use std::num::NonZeroUsize;

use super::factors::Factor;
use super::intervals::{RankInterval, intervals};
use super::model::{Model, Outcome, Rank, Reach};
use super::proof::{FactorRecord, UncertaintyError, check, count, prove};
use super::settings::Settings;
use super::tiers::tiers;

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

/// One draw: ranks of all nodes, one node after another.
struct Draw {
    settings: Settings,
    ranks: Vec<Rank>,
    records: Vec<FactorRecord>,
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
    let one = |number: usize| -> Result<Draw, UncertaintyError> {
        let settings = Settings::of_draw(plan.factors, plan.seed, number as u64);
        let outcome = model.run(&settings, Reach::AllNodes)?;
        check(&settings, &outcome.in_force, &nominal.in_force)?;
        let mut records: Vec<FactorRecord> =
            plan.factors.iter().map(|factor| FactorRecord::new(factor.kind())).collect();
        count(&mut records, &settings, &outcome, nominal);
        Ok(Draw { settings, ranks: outcome.ranks.concat(), records })
    };
    let draws = on_threads(plan.threads, plan.draws as usize, one)?;

    let mut records: Vec<FactorRecord> =
        plan.factors.iter().map(|factor| FactorRecord::new(factor.kind())).collect();
    for draw in &draws {
        records.iter_mut().zip(&draw.records).for_each(|(sum, record)| sum.add(record));
    }
    let places = plan.types.len();
    let node = |at: usize| -> Result<_, UncertaintyError> {
        let of_places = by_place(&draws, at * places, places);
        let of_places: Vec<&[Rank]> = of_places.chunks_exact(draws.len().max(1)).collect();
        let found = intervals(&of_places, plan.types, plan.type_count);
        Ok((found, tiers(&nominal.ranks[at], &of_places, plan.types, plan.type_count)))
    };
    let (intervals, tiers) = on_threads(plan.threads, nominal.ranks.len(), node)?.into_iter().unzip();
    let settings = draws.iter().map(|draw| draw.settings).collect();
    Ok(Drawn { proofs, records, settings, intervals, tiers })
}

/// Does `count` pieces of work, by number, and gives what they come to in that order.
pub(crate) fn on_threads<T: Send, E: Send>(
    threads: NonZeroUsize,
    count: usize,
    work: impl Fn(usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let threads = threads.get().min(count.max(1));
    let share = |first: usize| (first..count).step_by(threads).map(&work).collect::<Result<Vec<T>, E>>();
    let mut shares = if threads == 1 {
        vec![share(0)?.into_iter()]
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
            let joined = handles.into_iter().map(|handle| {
                handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).map(Vec::into_iter)
            });
            joined.collect::<Result<Vec<_>, E>>()
        })?
    };
    Ok((0..count).filter_map(|at| shares[at % threads].next()).collect())
}

/// The ranks of one node turned from draw by draw to place by place, some places at a time for the cache's sake.
fn by_place(draws: &[Draw], first: usize, places: usize) -> Vec<Rank> {
    const AT_ONCE: usize = 16;
    let mut turned = vec![None; draws.len() * places];
    for start in (0..places).step_by(AT_ONCE) {
        let end = places.min(start + AT_ONCE);
        for (number, draw) in draws.iter().enumerate() {
            for (place, &rank) in (start..end).zip(&draw.ranks[first + start..first + end]) {
                turned[place * draws.len() + number] = rank;
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_comes_back_in_order_and_its_first_fault_ends_it() {
        for threads in 1..=5 {
            let threads = NonZeroUsize::new(threads).unwrap();
            let squares = on_threads(threads, 7, |at| Ok::<_, ()>(at * at));
            assert_eq!(squares, Ok(vec![0, 1, 4, 9, 16, 25, 36]));
            assert_eq!(on_threads(threads, 0, Ok::<usize, ()>), Ok(vec![]));
            assert_eq!(on_threads(threads, 7, |at| if at == 4 { Err(at) } else { Ok(()) }), Err(4));
        }
    }
}
