//! Gaps (缺失值) of what was observed, filled where the catalog asks for it, before anything is made of the values.
//!
//! What fills a gap is `xiuhua_indicators::imputation`; here is which other periods it must be told of. They depend on
//! the period with the gap alone, so a period reads the same whatever it is read for.

use std::collections::BTreeSet;

use xiuhua_indicators::catalog::{Catalog, Impute};
use xiuhua_indicators::imputation::{Imputed, Surroundings, fill_gaps};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::{ShapeError, Table};

use super::id::PlaceId;
use super::observed::Observed;
use super::period::Period;

/// What of other periods is looked at to fill the gaps of some.
#[derive(Clone, Debug)]
pub(crate) struct Neighbours {
    /// The leaves that are filled from other periods.
    leaves: Vec<usize>,
    /// Their values in every period within reach, those with the gaps included.
    observed: Observed,
}

/// Whether a catalog fills any gap with the median of a type: then the places of the type are all looked at, wherever a
/// value of one of them is wanted.
pub(crate) fn asks_for_medians(catalog: &Catalog) -> bool {
    Outline::of(catalog).leaves().any(|leaf| leaf.impute == Impute::GroupMedian)
}

impl Neighbours {
    /// What must be gathered to fill the gaps of these periods; nothing where the catalog fills none from others.
    pub(crate) fn of(catalog: &Catalog, axis: &[PlaceId], periods: &[Period]) -> Self {
        let outline = Outline::of(catalog);
        let (mut leaves, mut back, mut ahead) = (Vec::new(), 0, 0);
        for (leaf_at, leaf) in outline.leaves().enumerate() {
            let (earlier, later) = leaf.impute.reaches();
            if earlier > 0 || later > 0 {
                leaves.push(leaf_at);
            }
            (back, ahead) = (back.max(earlier), ahead.max(later));
        }
        let mut within_reach = BTreeSet::new();
        if !leaves.is_empty() {
            for period in periods {
                within_reach.extend(period.window_before(back));
                within_reach.insert(period.clone());
                within_reach.extend(period.window_after(ahead));
            }
        }
        let within_reach = within_reach.into_iter().collect();
        let observed = Observed::of_leaves(catalog, &leaves, axis.to_vec(), within_reach);
        Self { leaves, observed }
    }

    /// Where the values are gathered.
    pub(crate) fn observed(&mut self) -> &mut Observed {
        &mut self.observed
    }
}

/// Fills the gaps of one period, a column a leaf.
///
/// `members` are the places of each type on the axis of `values`, which is that of `neighbours`.
///
/// # Errors
/// [`ShapeError`] if the inputs do not fit each other.
pub(crate) fn fill(
    catalog: &Catalog,
    members: &[Vec<usize>],
    period: &Period,
    values: Table,
    neighbours: &Neighbours,
) -> Result<Imputed, ShapeError> {
    let outline = Outline::of(catalog);
    let mut fillings = Vec::new();
    for (leaf_at, leaf) in outline.leaves().enumerate() {
        if leaf.impute == Impute::None {
            continue;
        }
        let (back, ahead) = leaf.impute.reaches();
        let around = Around {
            here: &values,
            leaf: leaf_at,
            column: neighbours.leaves.iter().position(|known| *known == leaf_at).unwrap_or_default(),
            before: neighbours.tables(period.window_before(back).into_iter().rev()),
            after: neighbours.tables(period.window_after(ahead).into_iter()),
        };
        fillings.push((leaf_at, fill_gaps(leaf.impute, values.places(), members, &around)?));
    }
    let mut filled = Imputed::nothing(values);
    for (leaf_at, fillings) in fillings {
        filled.put(leaf_at, fillings);
    }
    Ok(filled)
}

impl Neighbours {
    /// The tables of periods, nearest first.
    fn tables(&self, periods: impl Iterator<Item = Period>) -> Vec<Option<&Table>> {
        let known = self.observed.periods();
        periods
            .map(|period| {
                known.iter().position(|known| *known == period).map(|at| &self.observed.tables()[at])
            })
            .collect()
    }
}

/// One leaf around one period.
struct Around<'a> {
    here: &'a Table,
    /// Its column in `here`, and in the tables of the neighbours.
    leaf: usize,
    column: usize,
    /// Nearest first; `None` for a period that was not gathered.
    before: Vec<Option<&'a Table>>,
    after: Vec<Option<&'a Table>>,
}

impl Around<'_> {
    fn cell(&self, tables: &[Option<&Table>], place: usize, distance: u32) -> Option<f64> {
        let at = usize::try_from(distance).ok()?.checked_sub(1)?;
        (*tables.get(at)?)?.column(self.column).get(place)
    }
}

impl Surroundings for Around<'_> {
    fn here(&self, place: usize) -> Option<f64> {
        self.here.column(self.leaf).get(place)
    }

    fn before(&self, place: usize, distance: u32) -> Option<f64> {
        self.cell(&self.before, place, distance)
    }

    fn after(&self, place: usize, distance: u32) -> Option<f64> {
        self.cell(&self.after, place, distance)
    }
}
