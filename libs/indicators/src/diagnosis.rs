//! Diagnosis (诊断): where a place loses most points against its type, and whether the type shares the trouble.
//!
//! Source: specification page 1, section 1.7, last point.

use crate::compose::Composer;
use crate::table::{ShapeError, Table, check_index, check_length};

/// What one indicator costs a place against the median of its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// Leaf position.
    pub leaf: usize,
    /// `W · (median Z - Z) / ΣW observed`, on the catalog's scale; negative where the place does better.
    pub points: f64,
    /// Common to the type: its median lies below the catalog's cut. Otherwise the place's own.
    pub common: bool,
}

/// The middle value; of an even number, the mean of the two in the middle. `None` of nothing.
#[must_use]
pub fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(sorted[sorted.len() / 2 - 1], upper))
}

/// The median dimensionless value of each leaf over the places of one type, by leaf position.
///
/// # Errors
/// [`ShapeError::Index`] if a place lies outside the table.
pub fn type_medians(z: &Table, members: &[usize]) -> Result<Vec<Option<f64>>, ShapeError> {
    for &place in members {
        check_index("place of a table", place, z.places())?;
    }
    let medians =
        z.columns().iter().map(|column| median(members.iter().filter_map(|&place| column.get(place))));
    Ok(medians.collect())
}

/// The losses of one place at one node, in catalog order, observed leaves only.
///
/// `z` are the place's capped dimensionless values and `medians` those of its type, by leaf position; `composer` is
/// that of its type. Over leaves `W` is the effective weight; over children it is the leaf's share of the node.
///
/// # Errors
/// [`ShapeError`] if the node or the lengths do not fit the catalog.
pub fn diagnose(
    composer: &Composer,
    node: usize,
    z: &[Option<f64>],
    medians: &[Option<f64>],
    common_cut: f64,
) -> Result<Vec<Loss>, ShapeError> {
    check_index("node", node, composer.recipes.len())?;
    check_length("dimensionless values of a place", composer.leaf_count(), z.len())?;
    check_length("medians of a type", composer.leaf_count(), medians.len())?;
    let shares = composer.leaf_shares(node);
    let observed_share: f64 =
        shares.iter().filter(|(leaf, _)| z[*leaf].is_some()).map(|(_, share)| share).sum();
    let loss = |&(leaf, share): &(usize, f64)| {
        let (value, median) = z[leaf].zip(medians[leaf])?;
        let points = composer.scale * share * (median - value) / observed_share;
        Some(Loss { leaf, points, common: median < common_cut })
    };
    Ok(shares.iter().filter_map(loss).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), Some(2.5));
        assert_eq!(median(std::iter::empty()), None);
    }
}
