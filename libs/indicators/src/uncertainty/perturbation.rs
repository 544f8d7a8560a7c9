//! Weights near the declared ones.
//!
//! At every parent the shares of its children are perturbed and brought back to the sum they had; a child's own children
//! then share what it came to. So dimensions move against each other and indicators within their dimension, and the
//! total stays what it was.
//!
//! Source: COINr's `get_noisy_weights` (uniform, each level, renormalised); Dirichlet weights: Greco, Ishizaka, Tasiou and
//! Torrisi (2019), *On the methodological framework of composite indices*, section 3.

use super::chance::{Purpose, Stream};
use super::factors::Perturbation;
use crate::catalog::Catalog;

/// One realisation of the weights, by item; `declared` is by item too.
///
/// Items without weight keep none.
#[must_use]
pub fn perturbed_weights(
    catalog: &Catalog,
    declared: &[f64],
    perturbation: Perturbation,
    seed: u64,
    realisation: u64,
) -> Vec<f64> {
    let mut stream = Stream::of(seed, Purpose::Weights, realisation, 0);
    // What the item's weight is multiplied by. Parents come before their children.
    let mut factors = vec![1.0; declared.len()];
    for (at, item) in catalog.items.iter().enumerate() {
        let before: Vec<f64> = item.children.iter().map(|child| declared[child.0]).collect();
        let sum: f64 = before.iter().sum();
        let moved: Vec<f64> =
            before.iter().map(|&weight| move_one(&mut stream, perturbation, weight, sum)).collect();
        let moved_sum: f64 = moved.iter().sum();
        for ((child, before), moved) in item.children.iter().zip(before).zip(moved) {
            let own =
                if before > 0.0 && moved_sum > 0.0 { (moved / before) * (sum / moved_sum) } else { 1.0 };
            factors[child.0] = factors[at] * own;
        }
    }
    declared.iter().zip(factors).map(|(weight, factor)| weight * factor).collect()
}

/// A child's weight, moved; not yet brought back to the sum of its siblings.
fn move_one(stream: &mut Stream, perturbation: Perturbation, weight: f64, sum: f64) -> f64 {
    match perturbation {
        // A number is taken for every child, whatever its weight: catalogs that differ in a zero keep their streams.
        Perturbation::Uniform(share) => weight * (1.0 + share * (2.0 * stream.unit() - 1.0)),
        Perturbation::Dirichlet(concentration) if weight > 0.0 => stream.gamma(concentration * weight / sum),
        Perturbation::Dirichlet(_) => 0.0,
    }
}
