//! How much of each type was observed, node by node, and which values lie beyond their thresholds: one pass over scores
//! and values side by side.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_contracts::scoring::v1::{Assessment, NodeScore};

use super::preparing::Treatments;
use crate::joining::{Scores, Values};
use crate::names::{Names, UNCLASSIFIED};
use crate::platform::Platform;
use crate::reading::nodes::{absence, coverage_cell};
use crate::screen::{Screen, Shown, marks, numbers, percent, real, share, words};

/// Parts of the scale that scores are counted in.
const TENTHS: usize = 10;

/// By (type, node) and (type, leaf), in the order of first sight: types by name, nodes and leaves in catalog order.
#[derive(Default)]
pub(super) struct Coverage {
    nodes: BTreeMap<(String, usize), Node>,
    leaves: BTreeMap<(String, String), Leaf>,
}

/// What became of a node in the places of a type.
#[derive(Default)]
struct Node {
    code: String,
    places: u64,
    scored: u64,
    coverage_sum: f64,
    tenths: [u64; TENTHS],
    absences: BTreeMap<String, u64>,
}

/// The values of an indicator in the places of a type.
#[derive(Clone, Copy, Default)]
pub(super) struct Leaf {
    pub(super) values: u64,
    below: u64,
    above: u64,
    /// Of these values, those that nobody delivered.
    pub(super) imputed: u64,
    /// Those that a treatment of outliers made others, or took the logarithm of.
    pub(super) treated: u64,
}

impl Coverage {
    /// Reads every score and value of an assessment once.
    ///
    /// # Errors
    /// If it has no results.
    pub(super) async fn read(platform: &Platform, run: &Assessment, treatments: &Treatments) -> Result<Self> {
        let mut found = Self::default();
        let mut scores = Scores::read(platform, &run.id).await?;
        let mut values = Values::read(platform, &run.id).await?;
        while let Some(place) = scores.next().await? {
            let of_place = values.of(&place.place_id).await?;
            if place.r#type == UNCLASSIFIED {
                continue;
            }
            for (at, score) in place.scores.iter().enumerate() {
                found.nodes.entry((place.r#type.clone(), at)).or_default().take(score, run.scale);
            }
            for value in of_place.into_iter().flat_map(|place| place.values) {
                let Some(z) = value.z_uncapped else { continue };
                let key = (place.r#type.clone(), value.leaf);
                let is_treated = treatments.touch(&key, value.value);
                let leaf = found.leaves.entry(key).or_default();
                leaf.imputed += u64::from(!value.imputation_method.is_empty());
                leaf.treated += u64::from(is_treated);
                leaf.values += 1;
                leaf.below += u64::from(z < 0.0);
                leaf.above += u64::from(z > 1.0);
            }
        }
        Ok(found)
    }

    /// Prints the coverage of every node.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(super) fn show(&self, scale: f64, names: &Names, screen: &mut Screen) -> Result<()> {
        let most = crate::screen::value(Some(scale));
        screen.heading("覆盖情况", "coverage")?;
        let spread = (format!("分布 0…{most}"), format!("spread 0…{most}"));
        let columns = [
            words("类型", "type"),
            marks("指标", "node"),
            words("名称", "name"),
            numbers("小区", "places"),
            numbers("有得分", "scored"),
            numbers("平均覆盖率", "mean coverage"),
            marks(&spread.0, &spread.1),
            words("无分原因", "absent because"),
        ];
        let row = |((kind, _), node): (&(String, usize), &Node)| {
            let row: Vec<Shown> = vec![
                names.place_type(kind, screen).into(),
                node.code.as_str().into(),
                names.item(&node.code, screen).into(),
                node.places.to_string().into(),
                percent(share(node.scored, node.places).unwrap_or_default()).into(),
                coverage_cell(node.mean_coverage(), screen),
                node.spread(screen).into(),
                node.absences(screen).into(),
            ];
            row
        };
        let rows = self.nodes.iter().map(row).collect();
        screen.shown(&columns, rows)
    }

    /// Prints the indicators with values beyond a threshold, greatest share first.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(super) fn show_clamped(&self, top: usize, names: &Names, screen: &mut Screen) -> Result<()> {
        screen.heading("触限的数值", "clamped values")?;
        let clamped = self.clamped();
        if clamped.is_empty() {
            return screen.say("没有。\n", "none.\n");
        }
        let columns = [
            words("类型", "type"),
            marks("指标", "leaf"),
            words("名称", "name"),
            numbers("数值", "values"),
            numbers("z < 0", "z < 0"),
            numbers("z > 1", "z > 1"),
            numbers("占比", "share"),
            marks("", "").spare(1),
        ];
        let row = |((kind, code), leaf): &(&(String, String), &Leaf)| {
            vec![
                names.place_type(kind, screen),
                code.clone(),
                names.item(code, screen),
                leaf.values.to_string(),
                leaf.below.to_string(),
                leaf.above.to_string(),
                percent(leaf.share()),
                screen.bar(leaf.share(), 10),
            ]
        };
        let rows = clamped.iter().take(top).map(row).collect();
        screen.table(&columns, rows)
    }

    /// The indicators with values that were imputed or treated, by type and code.
    pub(super) fn prepared(&self) -> impl Iterator<Item = (&(String, String), &Leaf)> {
        self.leaves.iter().filter(|(_, leaf)| leaf.imputed + leaf.treated > 0)
    }

    fn clamped(&self) -> Vec<(&(String, String), &Leaf)> {
        let mut clamped: Vec<_> =
            self.leaves.iter().filter(|(_, leaf)| leaf.below + leaf.above > 0).collect();
        clamped.sort_by(|(_, left), (_, right)| right.share().total_cmp(&left.share()));
        clamped
    }

    pub(super) fn json(&self) -> Value {
        let each = self.nodes.iter();
        each.map(|((kind, _), node)| {
            json!({
                "type": kind,
                "node": node.code,
                "places": node.places,
                "scored": node.scored,
                "mean_coverage_ratio": node.mean_coverage(),
                "scored_by_tenth_of_scale": node.tenths,
                "absence_reasons": node.absences,
            })
        })
        .collect()
    }

    pub(super) fn json_clamped(&self) -> Value {
        let each = self.clamped().into_iter();
        each.map(|((kind, code), leaf)| {
            json!({
                "type": kind,
                "leaf": code,
                "values": leaf.values,
                "below": leaf.below,
                "above": leaf.above,
                "share_ratio": leaf.share(),
            })
        })
        .collect()
    }
}

impl Node {
    fn take(&mut self, score: &NodeScore, scale: f64) {
        if self.code.is_empty() {
            self.code.clone_from(&score.node);
        }
        self.places += 1;
        self.coverage_sum += score.coverage_ratio;
        if let Some(points) = score.score {
            self.scored += 1;
            self.tenths[tenth(points / scale)] += 1;
        } else {
            *self.absences.entry(score.absence_reason.clone()).or_default() += 1;
        }
    }

    fn mean_coverage(&self) -> f64 {
        if self.places == 0 { 0.0 } else { self.coverage_sum / real(self.places) }
    }

    fn spread(&self, screen: &Screen) -> String {
        if self.scored == 0 {
            return String::new();
        }
        screen.spark(&self.tenths.map(|count| (count > 0).then(|| real(count))))
    }

    fn absences(&self, screen: &Screen) -> String {
        let each = self.absences.iter().map(|(reason, count)| format!("{} {count}", absence(reason, screen)));
        each.collect::<Vec<_>>().join(", ")
    }
}

impl Leaf {
    fn share(&self) -> f64 {
        share(self.below + self.above, self.values).unwrap_or_default()
    }
}

/// Which tenth of the scale a share of it lies in; its end belongs to the last.
fn tenth(share: f64) -> usize {
    (1..TENTHS).rev().find(|at| share * 10.0 >= f64::from(u8::try_from(*at).unwrap_or(0))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_the_scale_lie_in_its_first_and_last_tenth() {
        assert_eq!([-0.5, 0.0, 0.0999, 0.1, 0.55, 0.9, 1.0, 1.2].map(tenth), [0, 0, 0, 1, 5, 9, 9, 9]);
    }
}
