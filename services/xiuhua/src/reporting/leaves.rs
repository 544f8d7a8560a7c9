//! Values of leaves, one stream: what they cost, and what their data is worth.

use std::collections::HashMap;

use anyhow::Result;
use xiuhua_contracts::normalization::v1::CatalogItem;
use xiuhua_contracts::scoring::v1::{Assessment, LeafValue, ListWeightsRequest, ReadLeafValuesRequest};
use xiuhua_report::facts::{LeafQuality, Loss, Spread, TypeFacts};

use crate::platform::Platform;
use crate::reporting::name;
use crate::reporting::scores::Seen;
use crate::results::each_threshold;

/// How many indicators a list of losses has.
const LISTED: usize = 8;

/// One leaf within one type.
#[derive(Clone, Default)]
struct Column {
    /// Weight in force.
    weight: f64,
    /// Dimensionless values of all places of the type.
    z: Vec<f64>,
    /// Over the scope's places: how many have a dimensionless value,
    places: u64,
    /// the sum of the leaf's share of the weight observed,
    share: f64,
    /// and of that share times the dimensionless value.
    reached: f64,
}

/// Fills the losses of the types and gives what the data of each leaf is worth.
pub(super) async fn read(
    platform: &Platform,
    run: &Assessment,
    items: &[CatalogItem],
    types: &mut [TypeFacts],
    seen: &Seen,
    common_cut: f64,
) -> Result<Vec<LeafQuality>> {
    let leaves: Vec<&CatalogItem> = items.iter().filter(|item| item.leaf).collect();
    let positions: HashMap<&str, usize> =
        (0..).zip(&leaves).map(|(i, leaf)| (leaf.code.as_str(), i)).collect();
    let places = types.iter().map(|it| it.places).sum();
    let quality = |leaf: &&CatalogItem| LeafQuality {
        code: leaf.code.clone(),
        name: name(leaf.name.as_ref()),
        places,
        ..LeafQuality::default()
    };
    let mut qualities: Vec<LeafQuality> = leaves.iter().map(quality).collect();
    let mut columns = vec![vec![Column::default(); leaves.len()]; types.len()];
    weigh(platform, run, types, &positions, &mut columns).await?;
    let request = ReadLeafValuesRequest { assessment_id: run.id.clone() };
    let mut stream = platform.scoring().read_leaf_values(request).await?.into_inner();
    while let Some(part) = stream.message().await? {
        for place in part.places {
            let Some((kind, is_ours)) = seen.places.get(&place.place_id) else { continue };
            count(&place.values, &positions, &mut columns[*kind], *is_ours, &mut qualities);
        }
    }
    each_threshold(platform, run, |threshold| {
        let Some(leaf) = positions.get(threshold.leaf.as_str()) else { return Ok(()) };
        // What a type without a place in the scope cannot do does not matter to the scope.
        if types.iter().any(|it| it.id == threshold.r#type && it.places > 0) {
            match threshold.status.as_str() {
                "DEGENERATE" => qualities[*leaf].degenerate.push(threshold.r#type),
                "NO_DATA" => qualities[*leaf].without_data.push(threshold.r#type),
                _ => {}
            }
        }
        Ok(())
    })
    .await?;
    for (it, columns) in types.iter_mut().zip(columns) {
        lose(it, columns, &leaves, run.scale, common_cut);
    }
    Ok(qualities)
}

async fn weigh(
    platform: &Platform,
    run: &Assessment,
    types: &[TypeFacts],
    positions: &HashMap<&str, usize>,
    columns: &mut [Vec<Column>],
) -> Result<()> {
    let mut request = ListWeightsRequest {
        assessment_id: run.id.clone(),
        page_size: 1000,
        ..ListWeightsRequest::default()
    };
    loop {
        let page = platform.scoring().list_weights(request.clone()).await?.into_inner();
        for weight in page.weights {
            let kind = types.iter().position(|it| it.id == weight.r#type);
            if let (Some(kind), Some(leaf)) = (kind, positions.get(weight.code.as_str())) {
                columns[kind][*leaf].weight = weight.weight;
            }
        }
        if page.next_page_token.is_empty() {
            return Ok(());
        }
        request.page_token = page.next_page_token;
    }
}

/// Counts the values of one place.
fn count(
    values: &[LeafValue],
    positions: &HashMap<&str, usize>,
    columns: &mut [Column],
    is_ours: bool,
    qualities: &mut [LeafQuality],
) {
    let position = |value: &LeafValue| positions.get(value.leaf.as_str()).copied();
    let comparable = |value: &LeafValue| Some((position(value)?, value.z?));
    let observed: f64 = values.iter().filter_map(comparable).map(|(leaf, _)| columns[leaf].weight).sum();
    for value in values {
        let Some(leaf) = position(value) else { continue };
        if is_ours {
            let quality = &mut qualities[leaf];
            quality.observed += 1;
            quality.comparable += u64::from(value.z.is_some());
            quality.raised += u64::from(value.z_uncapped.is_some_and(|z| z < 0.0));
            quality.lowered += u64::from(value.z_uncapped.is_some_and(|z| z > 1.0));
        }
        let Some(z) = value.z else { continue };
        let column = &mut columns[leaf];
        column.z.push(z);
        if is_ours && observed > 0.0 {
            column.places += 1;
            column.share += column.weight / observed;
            column.reached += column.weight / observed * z;
        }
    }
}

/// Lists what costs most.
fn lose(it: &mut TypeFacts, columns: Vec<Column>, leaves: &[&CatalogItem], scale: f64, common_cut: f64) {
    for (leaf, mut column) in leaves.iter().zip(columns) {
        column.z.sort_by(f64::total_cmp);
        let Some(spread) = Spread::of(&column.z).filter(|_| column.places > 0 && column.weight > 0.0) else {
            continue;
        };
        #[expect(clippy::cast_precision_loss, reason = "a count of places")]
        let places = column.places as f64;
        let points = |from: f64| scale * (from * column.share - column.reached) / places;
        let loss = |points: f64| Loss {
            code: leaf.code.clone(),
            name: name(leaf.name.as_ref()),
            points,
            median_z: spread.median,
            common: spread.median < common_cut,
        };
        it.losses.push(loss(points(1.0)));
        if !it.own.is_empty() && points(spread.median) > 0.0 {
            it.own_losses.push(loss(points(spread.median)));
        }
    }
    for losses in [&mut it.losses, &mut it.own_losses] {
        losses.sort_by(|a, b| b.points.total_cmp(&a.points));
        losses.truncate(LISTED);
    }
}
