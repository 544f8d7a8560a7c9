//! The naive reading of gaps: every cell is looked up by name, one year after the other.

use std::collections::HashMap;

use xiuhua_indicators::catalog::{Impute, ItemKind};

use super::{World, is_derived};

impl World<'_> {
    /// Every value on record, and those that fill gaps.
    pub(super) fn fill(&self) -> HashMap<(String, String, i32), f64> {
        let mut filled = self.values.clone();
        for leaf in self.codes(|item| matches!(&item.kind, ItemKind::Leaf(leaf) if !is_derived(leaf))) {
            for place in &self.places {
                for year in self.year - 12..=self.year {
                    let key = (place.clone(), leaf.clone(), year);
                    if !self.values.contains_key(&key)
                        && let Some(value) = self.filling(place, &leaf, year)
                    {
                        filled.insert(key, value);
                    }
                }
            }
        }
        filled
    }

    fn filling(&self, place: &str, leaf: &str, year: i32) -> Option<f64> {
        let observed =
            |place: &str, year| self.values.get(&(place.to_owned(), leaf.to_owned(), year)).copied();
        let nearest = |step: i32, reach: u32| {
            let years = (1..=i32::try_from(reach).unwrap()).map(|distance| year + step * distance);
            years.filter(|year| *year <= self.year).find_map(|year| Some((year, observed(place, year)?)))
        };
        match self.leaf(leaf).impute {
            Impute::None => None,
            Impute::GroupMedian => {
                let kind = self.types.get(place)?;
                let of_kind = self.places.iter().filter(|other| self.types.get(*other) == Some(kind));
                let mut values: Vec<f64> = of_kind.filter_map(|other| observed(other, year)).collect();
                values.sort_by(f64::total_cmp);
                let middle = values.len() / 2;
                match values.len() {
                    0 => None,
                    count if count % 2 == 1 => Some(values[middle]),
                    _ => Some((values[middle - 1] + values[middle]) / 2.0),
                }
            }
            Impute::Last { reach } => nearest(-1, reach).map(|(_, value)| value),
            Impute::Linear { reach } => {
                let (before, earlier) = nearest(-1, reach)?;
                let Some((after, later)) = nearest(1, reach) else { return Some(earlier) };
                let share = f64::from(year - before) / f64::from(after - before);
                // Not a step of the difference: two readings that round apart would see ties apart.
                Some(earlier * (1.0 - share) + later * share)
            }
        }
    }
}
