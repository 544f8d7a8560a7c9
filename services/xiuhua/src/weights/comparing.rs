//! Schemes side by side on one assessment.

use anyhow::Result;
use serde_json::json;
use xiuhua_contracts::scoring::v1::{CompareWeightSchemesRequest, ComparedWeight, Mover, RankShift};

use crate::cli::CompareSchemesArgs;
use crate::platform::Platform;
use crate::reading::find_run;
use crate::screen::{ABSENT, Column, Screen, marks, numbers, words};

/// `xiuhua weights compare`.
///
/// # Errors
/// If a scheme is unknown or does not fit the assessment.
pub(super) async fn compare(
    platform: &Platform,
    arguments: &CompareSchemesArgs,
    screen: &mut Screen,
) -> Result<()> {
    let run = find_run(platform, &arguments.run).await?;
    let request = CompareWeightSchemesRequest {
        assessment_id: run.id.clone(),
        schemes: arguments.schemes.clone(),
        movers: arguments.movers,
    };
    let found = platform.weights().compare_weight_schemes(request).await?.into_inner();
    weights(&found.schemes, &found.weights, screen)?;
    shifts(&found.shifts, screen)?;
    movers(&found.shifts, screen)?;
    screen.json(&json!({
        "assessment_id": run.id,
        "schemes": found.schemes,
        "weights": found.weights.iter().map(|weight| json!({
            "type": weight.r#type, "code": weight.code, "weights": weight.weights,
        })).collect::<Vec<_>>(),
        "shifts": found.shifts.iter().map(shift_json).collect::<Vec<_>>(),
    }))
}

fn weights(schemes: &[String], weights: &[ComparedWeight], screen: &mut Screen) -> Result<()> {
    let mut columns: Vec<Column> = vec![words("类型", "type"), marks("代码", "code")];
    columns.extend(schemes.iter().map(|scheme| numbers(scheme, scheme)));
    let row = |weight: &ComparedWeight| {
        let mut row = vec![weight.r#type.clone(), weight.code.clone()];
        row.extend(weight.weights.iter().map(|points| format!("{points:.4}")));
        row
    };
    screen.table(&columns, weights.iter().map(row).collect())
}

fn shifts(shifts: &[RankShift], screen: &mut Screen) -> Result<()> {
    let columns = [
        marks("方案", "scheme"),
        words("类型", "type"),
        numbers("小区", "places").spare(1),
        numbers("平均位移", "mean shift"),
        numbers("最大位移", "max shift"),
        numbers("秩相关", "Spearman").spare(2),
        numbers("进前 10%", "enter top 10%").spare(4),
        numbers("出前 10%", "leave top 10%").spare(3),
    ];
    let real = |value: Option<f64>| value.map_or_else(|| ABSENT.to_owned(), |value| format!("{value:.4}"));
    let row = |shift: &RankShift| {
        vec![
            shift.scheme.clone(),
            shift.r#type.clone(),
            shift.places.to_string(),
            real(shift.mean_shift),
            shift.max_shift.to_string(),
            real(shift.spearman),
            shift.entering_top.to_string(),
            shift.leaving_top.to_string(),
        ]
    };
    screen.table(&columns, shifts.iter().map(row).collect())
}

fn movers(shifts: &[RankShift], screen: &mut Screen) -> Result<()> {
    let columns = [
        marks("方案", "scheme"),
        words("类型", "type"),
        marks("小区", "place"),
        words("名称", "name"),
        numbers("排名", "rank"),
        numbers("总分", "score"),
    ];
    let row = |shift: &RankShift, mover: &Mover| {
        vec![
            shift.scheme.clone(),
            shift.r#type.clone(),
            mover.place_id.clone(),
            mover.place_name.clone(),
            format!("{} → {}", mover.first_rank, mover.rank),
            format!("{:.2} → {:.2}", mover.first_score, mover.score),
        ]
    };
    let rows: Vec<Vec<String>> =
        shifts.iter().flat_map(|shift| shift.movers.iter().map(move |mover| row(shift, mover))).collect();
    if rows.is_empty() { Ok(()) } else { screen.table(&columns, rows) }
}

fn shift_json(shift: &RankShift) -> serde_json::Value {
    json!({
        "scheme": shift.scheme,
        "type": shift.r#type,
        "places": shift.places,
        "mean_shift": shift.mean_shift,
        "max_shift": shift.max_shift,
        "spearman": shift.spearman,
        "entering_top": shift.entering_top,
        "leaving_top": shift.leaving_top,
        "movers": shift.movers.iter().map(|mover| json!({
            "place_id": mover.place_id,
            "name": mover.place_name,
            "first_rank": mover.first_rank,
            "rank": mover.rank,
            "first_score": mover.first_score,
            "score": mover.score,
        })).collect::<Vec<_>>(),
    })
}
