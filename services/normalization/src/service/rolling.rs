//! Reading values with those that roll: the period itself, then the months or days that it is made of.
//!
//! Twelve months are read at once, or the days of one: so much is held, whatever is asked.

use std::collections::HashMap;

use xiuhua_indicators::catalog::Catalog;

use super::Rooms;
use crate::domain::observed::Observed;
use crate::domain::rolling::{RolledLeaf, Rolling, RollingLeaves};
use crate::error::Error;

/// What rolled values are made of, by period as asked and leaf.
pub(super) type RolledCells = Vec<HashMap<usize, RolledLeaf>>;

impl Rooms {
    /// Gathers the values that `observed` asks for, as of a position; those of measures that roll are made of months or
    /// days where they were not delivered.
    pub(super) async fn observations(
        &self,
        catalog: &Catalog,
        observed: &mut Observed,
        as_of_position: u64,
    ) -> Result<RolledCells, Error> {
        self.upstream.observations(observed, as_of_position).await?;
        let leaves = RollingLeaves::of(catalog);
        let mut cells = vec![HashMap::new(); observed.periods().len()];
        if leaves.each().is_empty() {
            return Ok(cells);
        }
        for (at, cells) in cells.iter_mut().enumerate() {
            let mut rolling = Rolling::new(&leaves, observed.periods()[at].clone(), observed.places());
            let portions = rolling.portions();
            if portions.is_empty() {
                continue;
            }
            for portion in portions {
                let comes_so = |measure: &xiuhua_indicators::catalog::Measure| {
                    measure.roll.is_some_and(|roll| roll.from == portion.step)
                };
                let axis = observed.axis().to_vec();
                let mut read = Observed::of_measures(catalog, axis, portion.periods.clone(), comes_so);
                self.upstream.observations(&mut read, as_of_position).await?;
                rolling.take(portion.step, &read);
            }
            cells.extend(rolling.finish(observed, at).into_iter().map(|rolled| (rolled.leaf, rolled)));
        }
        Ok(cells)
    }
}
