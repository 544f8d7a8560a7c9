//! What was done to values before they were scored: how many gaps were filled, and how many values treated as outliers.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_contracts::scoring::v1::{Assessment, Treatment};

use super::coverage::Coverage;
use crate::json;
use crate::names::Names;
use crate::platform::Platform;
use crate::reading::preparing::treated;
use crate::results::each_threshold;
use crate::screen::{Screen, marks, numbers, words};

/// The treatments of an assessment by (type, leaf); only those there are.
#[derive(Default)]
pub(super) struct Treatments(BTreeMap<(String, String), Treatment>);

impl Treatments {
    /// Reads them.
    ///
    /// # Errors
    /// If the assessment has no results.
    pub(super) async fn read(platform: &Platform, run: &Assessment) -> Result<Self> {
        let mut found = Self::default();
        each_threshold(platform, run, |threshold| {
            if let Some(treatment) = threshold.treatment {
                found.0.insert((threshold.r#type, threshold.leaf), treatment);
            }
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Whether the treatment of a (type, leaf) makes another number of a value.
    pub(super) fn touch(&self, key: &(String, String), value: f64) -> bool {
        self.0.get(key).is_some_and(|treatment| {
            let beyond = treatment.lower.is_some_and(|lower| value < lower)
                || treatment.upper.is_some_and(|upper| value > upper);
            treatment.origin.is_some() || beyond
        })
    }
}

/// How many values were imputed, and how many treated.
pub(super) fn totals(coverage: &Coverage) -> (u64, u64) {
    let add =
        |(imputed, treated), leaf: &super::coverage::Leaf| (imputed + leaf.imputed, treated + leaf.treated);
    coverage.prepared().map(|(_, leaf)| leaf).fold((0, 0), add)
}

/// Prints the indicators with imputed or treated values.
///
/// # Errors
/// If standard output is gone.
pub(super) fn show(
    coverage: &Coverage,
    treatments: &Treatments,
    names: &Names,
    screen: &mut Screen,
) -> Result<()> {
    screen.heading("插补与离群值处理", "imputed and treated values")?;
    if coverage.prepared().next().is_none() {
        return screen.say(
            "不插补：缺失值保持缺失，不以 0 或均值代替；也没有数值被当作离群值处理。\n",
            "imputation: none. What is missing stays missing, and is never 0 or a mean; no value was treated as an outlier.\n",
        );
    }
    let columns = [
        words("类型", "type"),
        marks("指标", "leaf"),
        words("名称", "name"),
        numbers("数值", "values"),
        numbers("插补", "imputed"),
        numbers("离群处理", "treated"),
        words("方式", "how"),
    ];
    let row = |((kind, code), leaf): (&(String, String), &super::coverage::Leaf)| {
        let treatment = treatments.0.get(&(kind.clone(), code.clone()));
        vec![
            names.place_type(kind, screen),
            code.clone(),
            names.item(code, screen),
            leaf.values.to_string(),
            leaf.imputed.to_string(),
            leaf.treated.to_string(),
            treatment.map(|treatment| treated(treatment, screen)).unwrap_or_default(),
        ]
    };
    let rows = coverage.prepared().map(row).collect();
    screen.table(&columns, rows)
}

/// The same as JSON.
pub(super) fn shown_as_json(coverage: &Coverage, treatments: &Treatments) -> Value {
    let each = coverage.prepared();
    each.map(|((kind, code), leaf)| {
        let treatment = treatments.0.get(&(kind.clone(), code.clone()));
        json!({
            "type": kind,
            "leaf": code,
            "values": leaf.values,
            "imputed": leaf.imputed,
            "treated": leaf.treated,
            "treatment": treatment.map(json::treatment),
        })
    })
    .collect()
}
