//! Contributions (贡献): one score split over the leaves it is made of.
//!
//! A perfect place scores the full scale; what a place lacks of that is split exactly. For a mean `f⁻¹(Σ ω·f(v))` with
//! shares `ω` that sum to 1, `f(1) - f(s) = Σ ω·(f(1) - f(v))` holds term by term, so the points lost at a node are
//! shared in the proportion of these terms, and the loss of a child node in the proportion of its own, down to the
//! leaves. For the arithmetic mean this is the plain `ω·(1 - z)`; for the geometric mean it is the logarithmic mean
//! Divisia split, which unlike a first-order split leaves no residual and depends on no order.
//!
//! Source: specification page 1, section 1.8, readings 3 and 7; for the logarithmic split B. W. Ang, "The LMDI approach
//! to decomposition analysis" (Energy Policy 33, 2005).

use crate::column::Column;
use crate::compose::{Absence, Composer, NodeScore};
use crate::outline::Position;
use crate::table::{ShapeError, Table, check_index};

/// What one leaf gives to a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// Leaf position.
    pub leaf: usize,
    /// The leaf's share of the weight observed, in 0..=1; the shares sum to 1.
    pub share: f64,
    /// Points given, on the catalog's scale; they sum to the score. Under a mean that punishes imbalance a bad leaf can
    /// cost more than its share and gives less than nothing.
    pub points: f64,
    /// Points lost against a perfect value; `points + lost` is the leaf's share of the scale.
    pub lost: f64,
}

/// A part of a node that has a value, as its mean sees it.
struct Seen {
    source: Position,
    share: f64,
    /// ω·(f(1) - f(v)), not negative.
    shortfall: f64,
}

/// Splits the score of one place at one node; the leaves in catalog order, observed ones only.
///
/// `z` are the place's capped dimensionless values by leaf position.
///
/// # Errors
/// [`ShapeError`] if the node or the values do not fit the catalog. A place without a score has nothing to split: the
/// inner result is its [`Absence`].
pub fn contributions(
    composer: &Composer,
    node: usize,
    z: &[Option<f64>],
) -> Result<Result<Vec<Contribution>, Absence>, ShapeError> {
    check_index("node", node, composer.recipes.len())?;
    let row = Table::from_columns(1, z.iter().map(|&value| Column::from(vec![value])).collect())?;
    let scores: Vec<NodeScore> =
        composer.compose(&row, &[0])?.columns.iter().map(|column| column.get(0)).collect();
    Ok(scores[node].score.map(|score| {
        let split = Split { composer, z, scores: &scores };
        let mut found = Vec::new();
        split.share_out(node, 1.0, composer.scale - score, &mut found);
        found
    }))
}

struct Split<'a> {
    composer: &'a Composer,
    z: &'a [Option<f64>],
    scores: &'a [NodeScore],
}

impl Split<'_> {
    /// Hands a node's share of the scale and its lost points down to its parts.
    fn share_out(&self, node: usize, share: f64, lost: f64, found: &mut Vec<Contribution>) {
        let parts = self.seen_parts(node);
        let shortfall: f64 = parts.iter().map(|part| part.shortfall).sum();
        for part in parts {
            // A perfect node has lost nothing but round-off, which goes by weight.
            let portion = if shortfall > 0.0 { part.shortfall / shortfall } else { part.share };
            let (share, lost) = (share * part.share, lost * portion);
            match part.source {
                Position::Leaf(leaf) => {
                    let points = self.composer.scale * share - lost;
                    found.push(Contribution { leaf, share, points, lost });
                }
                Position::Node(child) => self.share_out(child, share, lost, found),
            }
        }
    }

    fn seen_parts(&self, node: usize) -> Vec<Seen> {
        let recipe = &self.composer.recipes[node];
        let mut parts = Vec::with_capacity(recipe.parts.len());
        for part in &recipe.parts {
            let value = match part.source {
                Position::Leaf(leaf) => self.z[leaf],
                Position::Node(child) => self.scores[child].value().map(|score| score / self.composer.scale),
            };
            if let Some(term) = value.and_then(|value| recipe.averaging.term(value)) {
                let shortfall = part.weight * recipe.averaging.shortfall(term).max(0.0);
                parts.push(Seen { source: part.source, share: part.weight, shortfall });
            }
        }
        let weight: f64 = parts.iter().map(|part| part.share).sum();
        parts.iter_mut().for_each(|part| part.share /= weight);
        parts
    }
}
