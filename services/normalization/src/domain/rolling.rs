//! Values of twelve months (滚动十二个月), made of months or days where the year itself was not delivered.
//!
//! The arithmetic is `xiuhua_indicators::rolling`; here is which periods are read for it, in bounded portions, and what
//! of the record goes first.
//!
//! Source: specification page 1, section 1.7.

use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::rolling::{Gathered, Roll, Step, Take, closed_year, window, year_behind};

use super::observed::Observed;
use super::period::Period;

/// The leaves of a catalog whose measure rolls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RollingLeaves {
    leaves: Vec<(usize, Roll)>,
}

/// One period's values on their way from months or days.
#[derive(Clone, Debug)]
pub(crate) struct Rolling<'a> {
    leaves: &'a RollingLeaves,
    period: Period,
    /// `[leaf of the list][place]`.
    gathered: Vec<Vec<Gathered>>,
    /// Delivered for the year that ends with the period.
    delivered: Vec<Vec<Option<f64>>>,
    on_record: bool,
}

/// Periods that are read at once: those of months or those of days, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Portion {
    /// What they are.
    pub(crate) step: Step,
    /// The periods; a year stands behind its December.
    pub(crate) periods: Vec<Period>,
}

/// What the values of one leaf in one period are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RolledLeaf {
    /// Position of the leaf.
    pub(crate) leaf: usize,
    /// Months or days of the window.
    pub(crate) window: u32,
    /// Of these on record, a place; 0 where the value was delivered as it is.
    pub(crate) on_record: Vec<u32>,
}

impl RollingLeaves {
    /// The leaves that roll, in catalog order.
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let outline = Outline::of(catalog);
        let roll = |leaf| Some((leaf, catalog.measure_of(outline.leaf_index(leaf))?.roll?));
        Self { leaves: (0..outline.leaf_count()).filter_map(roll).collect() }
    }

    /// Their positions and how they roll.
    pub(crate) fn each(&self) -> &[(usize, Roll)] {
        &self.leaves
    }

    /// Whether any comes in these steps.
    pub(crate) fn come_by(&self, step: Step) -> bool {
        self.leaves.iter().any(|(_, roll)| roll.from == step)
    }
}

impl<'a> Rolling<'a> {
    /// Nothing gathered yet for `period` and `places`.
    pub(crate) fn new(leaves: &'a RollingLeaves, period: Period, places: usize) -> Self {
        let count = leaves.leaves.len();
        Self {
            leaves,
            period,
            gathered: vec![vec![Gathered::default(); places]; count],
            delivered: vec![vec![None; places]; count],
            on_record: false,
        }
    }

    /// What is to be read, oldest first: twelve months at once, days a month at once. Nothing for a day.
    pub(crate) fn portions(&self) -> Vec<Portion> {
        let mut portions = Vec::new();
        let with_year = |periods: Vec<Period>| {
            let behind = |period: Period| {
                let year = year_behind(&period);
                std::iter::once(period).chain(year)
            };
            periods.into_iter().flat_map(behind).collect::<Vec<_>>()
        };
        let months = window(&self.period, Step::Month);
        if self.leaves.come_by(Step::Month) && !months.is_empty() {
            portions.push(Portion { step: Step::Month, periods: with_year(months.clone()) });
        }
        if self.leaves.come_by(Step::Day) {
            let of_month = |month: &Period| Portion { step: Step::Day, periods: with_year(month.days()) };
            portions.extend(months.iter().map(of_month));
        }
        portions
    }

    /// Takes what was read of a portion, portions in their order.
    pub(crate) fn take(&mut self, step: Step, read: &Observed) {
        let closing = closed_year(&self.period);
        self.on_record |= !read.periods_on_record().is_empty();
        for (at, (leaf, roll)) in
            self.leaves.leaves.iter().enumerate().filter(|(_, (_, roll))| roll.from == step)
        {
            for (period_at, (period, table)) in read.periods().iter().zip(read.tables()).enumerate() {
                for (place, value) in table.column(*leaf).iter().enumerate() {
                    let Some(value) = value else { continue };
                    if period.is_year() && Some(period) == closing.as_ref() {
                        self.delivered[at][place] = Some(value);
                    }
                    let gathered = &mut self.gathered[at][place];
                    if !period.is_year() {
                        gathered.add(value);
                    } else if roll.take == Take::Latest {
                        // The state of a year is its state at the end: of the month or day it stands behind, which is on
                        // record once, whichever of the two said so.
                        let behind = period_at.checked_sub(1).map(|before| &read.tables()[before]);
                        if behind.is_some_and(|before| before.column(*leaf).get(place).is_some()) {
                            gathered.replace_latest(value);
                        } else {
                            gathered.add(value);
                        }
                    }
                }
            }
        }
    }

    /// Puts the values into `observed`, whose `period_at`-th period this is. A value delivered for the year that ends with
    /// the period stays.
    pub(crate) fn finish(self, observed: &mut Observed, period_at: usize) -> Vec<RolledLeaf> {
        if self.on_record {
            observed.note_on_record(period_at);
        }
        let of_leaf = |(at, (leaf, roll)): (usize, &(usize, Roll))| {
            let asked = window(&self.period, roll.from).len();
            let mut on_record = vec![0; observed.places()];
            for (place, months) in on_record.iter_mut().enumerate() {
                let rolled = match self.delivered[at][place] {
                    Some(value) => {
                        observed.put(period_at, *leaf, place, Some(value));
                        continue;
                    }
                    None => self.gathered[at][place].rolled(roll.take, asked),
                };
                observed.put(period_at, *leaf, place, rolled.map(|rolled| rolled.value));
                *months = rolled.map_or(0, |rolled| u32::try_from(rolled.on_record).unwrap_or(u32::MAX));
            }
            RolledLeaf { leaf: *leaf, window: u32::try_from(asked).unwrap_or(u32::MAX), on_record }
        };
        self.leaves.leaves.iter().enumerate().map(of_leaf).collect()
    }
}

/// The values of one month: those of the month itself, or made of its days.
pub(crate) fn month_column(read: &Observed, leaf: usize, roll: Roll) -> Vec<Option<f64>> {
    let mut gathered = vec![Gathered::default(); read.places()];
    for table in read.tables() {
        for (place, value) in table.column(leaf).iter().enumerate() {
            if let Some(value) = value {
                gathered[place].add(value);
            }
        }
    }
    let steps = read.periods().len();
    gathered.into_iter().map(|place| Some(place.rolled(roll.take, steps)?.value)).collect()
}
