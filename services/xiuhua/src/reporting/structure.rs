//! How the indicators go together, type by type.

use std::collections::HashMap;

use anyhow::Result;
use xiuhua_contracts::normalization::v1::Catalog;
use xiuhua_contracts::scoring::v1::{Assessment, GetStructureResponse, StructureFinding};
use xiuhua_report::facts::TypeFacts;
use xiuhua_report::structure::{Finding, Indicator, StructureFacts};

use super::name;
use crate::platform::Platform;
use crate::structure;

/// Fewest places of a type with which its structure is shown.
const FEWEST: u64 = 10;

/// The structure of every type with enough places.
pub(super) async fn read(
    platform: &Platform,
    run: &Assessment,
    catalog: &Catalog,
    types: &[TypeFacts],
) -> Result<Vec<StructureFacts>> {
    let mut found = Vec::new();
    for it in types.iter().filter(|it| it.places >= FEWEST) {
        let structure = structure::read(platform, run, &it.id).await?;
        found.push(StructureFacts { name: it.name.clone(), ..facts(&structure, catalog) });
    }
    Ok(found)
}

fn facts(found: &GetStructureResponse, catalog: &Catalog) -> StructureFacts {
    let item = |code: &str| catalog.items.iter().find(|item| item.code == code);
    let indicator = |code: &str| Indicator {
        code: code.to_owned(),
        parent: item(code).map(|item| item.parent.clone()).unwrap_or_default(),
    };
    let position: HashMap<&str, usize> =
        found.leaves.iter().enumerate().map(|(at, leaf)| (leaf.leaf.as_str(), at)).collect();
    let mut correlations: Vec<Vec<Option<f64>>> =
        (0..found.leaves.len()).map(|row| vec![None; row]).collect();
    for pair in &found.pairs {
        // Pairs of nodes are not on the map.
        let Some((&left, &right)) = position.get(pair.left.as_str()).zip(position.get(pair.right.as_str()))
        else {
            continue;
        };
        let (column, row) = (left.min(right), left.max(right));
        if let Some(cell) = correlations.get_mut(row).and_then(|row| row.get_mut(column)) {
            *cell = pair.correlation.as_ref().map(|found| found.pearson);
        }
    }
    let finding = |finding: &StructureFinding| Finding {
        code: finding.code.clone(),
        name: name(item(&finding.code).and_then(|item| item.name.as_ref())),
        flag: finding.flag.clone(),
        other: finding.other.clone(),
        figure: finding.figure,
        is_clear: finding.clear,
    };
    StructureFacts {
        name: xiuhua_report::facts::Name::default(),
        places: found.places,
        indicators: found.leaves.iter().map(|leaf| indicator(&leaf.leaf)).collect(),
        correlations,
        alphas: found.nodes.iter().map(|node| (node.node.clone(), node.alpha)).collect(),
        findings: found.findings.iter().map(finding).collect(),
    }
}
