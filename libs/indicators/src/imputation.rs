//! Imputation (插补): a value for a gap, where the catalog asks for one, and what it was made of.
//!
//! What fills a gap follows from the place, the leaf, the period and the record alone, never from which other periods
//! happened to be asked for: so the same period reads the same, whatever it is read for. Only observed values are made
//! use of; what was filled fills nothing else.
//!
//! Source: specification page 1, section 1.9; the choices are those of COINr's `Impute` and `impute_panel` (Becker et
//! al. 2022, J. Open Source Software 7(78), 4567).

use std::borrow::Cow;

use crate::catalog::Impute;
use crate::outline::Outline;
use crate::table::{ShapeError, Table, check_index};

/// A gap that was filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Filling {
    /// Place index.
    pub place: usize,
    /// The value, in the indicator's own unit.
    pub value: f64,
    /// What it was made of.
    pub source: FillingSource,
}

/// What a filled value was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FillingSource {
    /// The median of places of the type in the same period.
    GroupMedian {
        /// How many places had a value.
        places: usize,
    },
    /// The last value of the same place.
    Last(Neighbour),
    /// The straight line between two values of the same place.
    Linear {
        /// The one before.
        earlier: Neighbour,
        /// The one after.
        later: Neighbour,
    },
}

/// A value of the same place in another period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// How many periods away, at least 1.
    pub distance: u32,
    /// In the indicator's own unit.
    pub value: f64,
}

/// The values of one leaf around one period.
pub trait Surroundings {
    /// The observed value of a place in the period itself.
    fn here(&self, place: usize) -> Option<f64>;

    /// The observed value of a place so many periods before, at least 1.
    fn before(&self, place: usize, distance: u32) -> Option<f64>;

    /// The observed value of a place so many periods after, at least 1.
    fn after(&self, place: usize, distance: u32) -> Option<f64>;
}

/// Fills the gaps of one leaf in one period, by place.
///
/// There are `places` places, `members[t]` are those of type `t`. A place in no type takes no median.
///
/// # Errors
/// [`ShapeError::Index`] if a member lies beyond the places.
pub fn fill_gaps(
    impute: Impute,
    places: usize,
    members: &[Vec<usize>],
    values: &impl Surroundings,
) -> Result<Vec<Filling>, ShapeError> {
    match impute {
        Impute::None => Ok(Vec::new()),
        Impute::GroupMedian => fill_with_medians(places, members, values),
        Impute::Last { .. } | Impute::Linear { .. } => Ok((0..places)
            .filter(|&place| values.here(place).is_none())
            .filter_map(|place| fill_in_time(impute, place, values))
            .collect()),
    }
}

fn fill_with_medians(
    places: usize,
    members: &[Vec<usize>],
    values: &impl Surroundings,
) -> Result<Vec<Filling>, ShapeError> {
    let mut fillings = Vec::new();
    for members in members {
        for &place in members {
            check_index("member of a type", place, places)?;
        }
        let mut observed: Vec<f64> = members.iter().filter_map(|&place| values.here(place)).collect();
        let Some(value) = median(&mut observed) else { continue };
        let source = FillingSource::GroupMedian { places: observed.len() };
        let gaps = members.iter().filter(|&&place| values.here(place).is_none());
        fillings.extend(gaps.map(|&place| Filling { place, value, source }));
    }
    fillings.sort_unstable_by_key(|filling| filling.place);
    Ok(fillings)
}

/// The median; of an even number the middle of the two in the middle. `None` of nothing.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper + 0.0);
    }
    let lower = values[values.len() / 2 - 1];
    // Halved before they are added: the sum of two numbers can be too large where their middle is not.
    Some(if (lower + upper).is_finite() { (lower + upper) / 2.0 } else { lower / 2.0 + upper / 2.0 } + 0.0)
}

fn fill_in_time(impute: Impute, place: usize, values: &impl Surroundings) -> Option<Filling> {
    let (back, ahead) = impute.reaches();
    let nearest = |reach: u32, value_at: &dyn Fn(u32) -> Option<f64>| {
        (1..=reach).find_map(|distance| Some(Neighbour { distance, value: value_at(distance)? }))
    };
    let earlier = nearest(back, &|distance| values.before(place, distance))?;
    let later = nearest(ahead, &|distance| values.after(place, distance));
    Some(match later {
        None => Filling { place, value: earlier.value, source: FillingSource::Last(earlier) },
        Some(later) => Filling {
            place,
            value: between(earlier, later),
            source: FillingSource::Linear { earlier, later },
        },
    })
}

/// The value on the straight line between two neighbours.
fn between(earlier: Neighbour, later: Neighbour) -> f64 {
    let span = f64::from(earlier.distance) + f64::from(later.distance);
    let share = f64::from(earlier.distance) / span;
    // Weighed rather than stepped: neither a distance between huge values nor round-off leaves their interval.
    let value = earlier.value * (1.0 - share) + later.value * share;
    value.clamp(earlier.value.min(later.value), earlier.value.max(later.value)) + 0.0
}

/// Fills the gaps of every period of a run of consecutive ones, oldest first.
///
/// `members[t]` are the places of type `t`. The result has a table and the fillings by leaf position for each period
/// given; derived leaves have none. What lies outside the periods given is not there.
///
/// # Errors
/// [`ShapeError`] if a table does not fit the catalog or a member lies beyond the places.
pub fn impute_periods(
    outline: &Outline<'_>,
    members: &[Vec<usize>],
    periods: &[&Table],
) -> Result<Vec<Imputed>, ShapeError> {
    let places = periods.first().map_or(0, |table| table.places());
    for table in periods {
        table.check(outline.leaf_count(), places)?;
    }
    let mut filled: Vec<Imputed> = periods
        .iter()
        .map(|table| Imputed { values: (*table).clone(), fillings: vec![Vec::new(); outline.leaf_count()] })
        .collect();
    for (leaf_at, leaf) in outline.leaves().enumerate() {
        if leaf.impute == Impute::None || outline.changing_node(leaf_at).is_some() {
            continue;
        }
        for (at, imputed) in filled.iter_mut().enumerate() {
            let fillings = fill_gaps(leaf.impute, places, members, &Run { periods, at, leaf: leaf_at })?;
            imputed.put(leaf_at, fillings);
        }
    }
    Ok(filled)
}

/// The periods of an assessment, their gaps filled where the catalog asks for it.
#[derive(Clone, Debug)]
pub(crate) struct FilledPeriods<'a> {
    current: Cow<'a, Table>,
    earlier: Vec<Cow<'a, Table>>,
    given: &'a [Table],
    fillings: Vec<Vec<Filling>>,
}

impl<'a> FilledPeriods<'a> {
    /// Fills the assessed period and the earlier ones, which are consecutive and end just before it.
    pub(crate) fn of(
        outline: &Outline<'_>,
        members: &[Vec<usize>],
        current: &'a Table,
        earlier: &'a [Table],
    ) -> Result<Self, ShapeError> {
        if !imputes(outline) {
            return Ok(Self::as_given(outline, current, earlier));
        }
        let periods: Vec<&Table> = earlier.iter().chain([current]).collect();
        let mut filled = impute_periods(outline, members, &periods)?;
        let assessed = filled.pop().unwrap_or_else(|| Imputed::nothing(current.clone()));
        Ok(Self {
            current: Cow::Owned(assessed.values),
            earlier: filled.into_iter().map(|period| Cow::Owned(period.values)).collect(),
            given: earlier,
            fillings: assessed.fillings,
        })
    }

    /// The periods as they are.
    fn as_given(outline: &Outline<'_>, current: &'a Table, earlier: &'a [Table]) -> Self {
        Self {
            current: Cow::Borrowed(current),
            earlier: earlier.iter().map(Cow::Borrowed).collect(),
            given: earlier,
            fillings: vec![Vec::new(); outline.leaf_count()],
        }
    }

    /// The assessed period.
    pub(crate) fn current(&self) -> &Table {
        &self.current
    }

    /// What was filled in it, by leaf position.
    pub(crate) fn into_fillings(self) -> Vec<Vec<Filling>> {
        self.fillings
    }

    /// The earlier periods, oldest first.
    pub(crate) fn earlier(&self) -> impl ExactSizeIterator<Item = &Table> + DoubleEndedIterator {
        self.earlier.iter().map(Cow::as_ref)
    }

    /// An earlier period as a base: one in which nothing at all is on record gives none, however its gaps could be
    /// filled.
    pub(crate) fn base(&self, at: usize) -> &Table {
        if self.given[at].is_empty() { &self.given[at] } else { &self.earlier[at] }
    }
}

/// Whether a catalog fills any gap at all.
#[must_use]
pub fn imputes(outline: &Outline<'_>) -> bool {
    outline.leaves().any(|leaf| leaf.impute != Impute::None)
}

/// One period with its gaps filled.
#[derive(Clone, Debug, PartialEq)]
pub struct Imputed {
    /// Observed and filled values.
    pub values: Table,
    /// What was filled, by leaf position, then place.
    pub fillings: Vec<Vec<Filling>>,
}

impl Imputed {
    /// A period in which nothing is filled.
    #[must_use]
    pub fn nothing(values: Table) -> Self {
        let fillings = vec![Vec::new(); values.columns().len()];
        Self { values, fillings }
    }

    /// Puts fillings of a leaf into its column.
    ///
    /// # Panics
    /// If the leaf or a place lies outside the table.
    pub fn put(&mut self, leaf: usize, fillings: Vec<Filling>) {
        let column = self.values.column_mut(leaf);
        for filling in &fillings {
            column.set(filling.place, Some(filling.value));
        }
        self.fillings[leaf] = fillings;
    }
}

/// One leaf in one period of a run.
struct Run<'a> {
    periods: &'a [&'a Table],
    at: usize,
    leaf: usize,
}

impl Run<'_> {
    fn cell(&self, period: Option<usize>, place: usize) -> Option<f64> {
        period.and_then(|at| self.periods.get(at))?.column(self.leaf).get(place)
    }
}

impl Surroundings for Run<'_> {
    fn here(&self, place: usize) -> Option<f64> {
        self.cell(Some(self.at), place)
    }

    fn before(&self, place: usize, distance: u32) -> Option<f64> {
        self.cell(self.at.checked_sub(usize::try_from(distance).ok()?), place)
    }

    fn after(&self, place: usize, distance: u32) -> Option<f64> {
        self.cell(self.at.checked_add(usize::try_from(distance).ok()?), place)
    }
}
