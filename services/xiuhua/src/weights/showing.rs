//! A scheme on the screen: what it is, its weights step by step, its judgements, what was left out or capped.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use xiuhua_contracts::scoring::v1::{
    GetWeightSchemeRequest, JudgementReport, ListSchemeWeightsRequest, SchemeDecision, SchemeWeight,
    WeightScheme,
};

use super::NO_SCHEME;
use crate::cli::ShowSchemeArgs;
use crate::json::rfc3339;
use crate::platform::Platform;
use crate::screen::{Column, Screen, marks, numbers, words};

/// `xiuhua weights show`.
///
/// # Errors
/// If there is no such scheme or type.
pub(super) async fn show(platform: &Platform, arguments: &ShowSchemeArgs, screen: &mut Screen) -> Result<()> {
    let request = GetWeightSchemeRequest { scheme: arguments.scheme.clone() };
    let found = platform.weights().get_weight_scheme(request).await?.into_inner();
    all_of(platform, &found.scheme.context(NO_SCHEME)?, &arguments.place_type, screen).await
}

/// Everything about a scheme, for one type or all.
///
/// # Errors
/// If its weights cannot be read.
pub(super) async fn all_of(
    platform: &Platform,
    scheme: &WeightScheme,
    place_type: &str,
    screen: &mut Screen,
) -> Result<()> {
    let weights = weights(platform, scheme, place_type).await?;
    super::table(std::slice::from_ref(scheme), screen)?;
    judgements(scheme, screen)?;
    for kind in &scheme.types {
        let own: Vec<&SchemeWeight> = weights.iter().filter(|weight| weight.r#type == *kind).collect();
        if let Some(first) = own.first() {
            screen.heading(kind, kind)?;
            let mut columns: Vec<Column> = vec![marks("代码", "code"), words("名称", "name")];
            let last = first.columns.len().saturating_sub(1);
            columns.extend((0..).zip(&first.columns).map(|(at, column)| {
                let (zh, en) = column_words(&column.column);
                let column = numbers(zh, en);
                // The catalog's weights and the final ones tell most; what lies between goes from the left.
                if at == 0 || at == last { column } else { column.spare(u8::try_from(at).unwrap_or(u8::MAX)) }
            }));
            let row = |weight: &&SchemeWeight| {
                let mut row = vec![weight.code.clone(), screen.text(weight.name.as_ref())];
                row.extend(weight.columns.iter().map(|column| format!("{:.4}", column.weight)));
                row
            };
            let rows = own.iter().map(row).collect();
            screen.table(&columns, rows)?;
        }
    }
    remarks(scheme, place_type, screen)?;
    let document = json!({
        "scheme": as_json(scheme),
        "weights": weights.iter().map(weight_json).collect::<Vec<_>>(),
    });
    screen.json(&document)
}

async fn weights(platform: &Platform, scheme: &WeightScheme, place_type: &str) -> Result<Vec<SchemeWeight>> {
    let mut request = ListSchemeWeightsRequest {
        scheme: name(scheme),
        r#type: place_type.to_owned(),
        ..ListSchemeWeightsRequest::default()
    };
    let mut weights = Vec::new();
    loop {
        let page = platform.weights().list_scheme_weights(request.clone()).await?.into_inner();
        weights.extend(page.weights);
        if page.next_page_token.is_empty() {
            return Ok(weights);
        }
        request.page_token = page.next_page_token;
    }
}

fn judgements(scheme: &WeightScheme, screen: &mut Screen) -> Result<()> {
    let judged = scheme.report.iter().flat_map(|report| &report.judged);
    let mut rows = Vec::new();
    for parent in judged {
        // With one expert the joint matrix is the expert's own.
        let skip = usize::from(parent.reports.len() == 2);
        for report in parent.reports.iter().skip(skip) {
            let expert =
                if report.expert.is_empty() { screen.choose("合计", "joint") } else { &report.expert };
            let worst = report.worst.as_ref().map(|worst| {
                let (judged, fitting) = (worst.ratio, report.worst_fitting_ratio);
                format!("{}/{} {judged:.2} → {fitting:.2}", worst.item, worst.other)
            });
            rows.push(vec![
                parent.parent.clone(),
                expert.to_owned(),
                format!("{:.4}", report.consistency_ratio),
                worst.unwrap_or_default(),
                parent.random_index.clone(),
            ]);
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let columns = [
        marks("上级指标", "parent"),
        words("专家", "expert"),
        numbers("CR", "CR"),
        words("最不一致的判断", "worst judgement"),
        words("指标表", "table").spare(1),
    ];
    screen.table(&columns, rows)
}

fn remarks(scheme: &WeightScheme, place_type: &str, screen: &mut Screen) -> Result<()> {
    let Some(report) = &scheme.report else { return Ok(()) };
    let mut rows = Vec::new();
    let of_siblings = report.siblings.iter().flat_map(|siblings| {
        siblings
            .remarks
            .iter()
            .map(move |remark| (siblings.r#type.as_str(), siblings.parent.as_str(), remark))
    });
    let of_scheme = report.remarks.iter().map(|remark| ("", "", remark));
    for (kind, parent, remark) in of_scheme.chain(of_siblings) {
        if !place_type.is_empty() && kind != place_type && !kind.is_empty() {
            continue;
        }
        let item = if remark.item.is_empty() { parent } else { &remark.item };
        rows.push(vec![kind.to_owned(), item.to_owned(), screen.text(remark.message.as_ref())]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    screen.table(&[words("类型", "type"), marks("指标", "item"), words("说明", "remark")], rows)
}

/// `id@version`.
pub(super) fn name(scheme: &WeightScheme) -> String {
    format!("{}@{}", scheme.id, scheme.version)
}

/// The choices of a scheme in a few words.
pub(super) fn method(scheme: &WeightScheme, screen: &Screen) -> String {
    let choices = scheme.choices.clone().unwrap_or_default();
    let strip = |text: &str, prefix: &str| text.trim_start_matches(prefix).to_owned();
    let subjective = strip(choices.subjective().as_str_name(), "SUBJECTIVE_WEIGHTS_");
    let mut parts = vec![subjective];
    parts.extend(choices.objective().map(|method| strip(method.as_str_name(), "OBJECTIVE_METHOD_")));
    let parts: Vec<String> = parts
        .iter()
        .filter(|part| *part != "NONE")
        .map(|part| {
            let (zh, en) = column_words(if part == "AHP" { "SUBJECTIVE_AHP" } else { part });
            screen.choose(zh, en).to_owned()
        })
        .collect();
    parts.join(" + ")
}

/// A column of weights in words (zh, en).
fn column_words(column: &str) -> (&str, &str) {
    match column {
        "CATALOG" => ("目录", "catalog"),
        "SUBJECTIVE" => ("主观", "subjective"),
        "SUBJECTIVE_AHP" => ("层次分析", "AHP"),
        "EQUAL" => ("等权", "equal"),
        "ENTROPY" => ("熵权", "entropy"),
        "CRITIC" => ("CRITIC", "CRITIC"),
        "CRITIC_SPEARMAN" => ("CRITIC（秩）", "CRITIC (ranks)"),
        "VARIATION" => ("变异系数", "variation"),
        "PCA" => ("主成分", "PCA"),
        "PCA_FIRST" => ("第一主成分", "PCA (first)"),
        "OBJECTIVE" => ("客观", "objective"),
        "COMBINED" => ("组合", "combined"),
        "FINAL" => ("最终", "final"),
        other => (other, other),
    }
}

/// A scheme as JSON.
pub(super) fn as_json(scheme: &WeightScheme) -> Value {
    let choices = scheme.choices.clone().unwrap_or_default();
    let decision = |decision: &SchemeDecision| {
        json!({
            "author": decision.author,
            "reason": decision.reason,
            "time": decision.time.as_ref().map(rfc3339),
        })
    };
    let judged = scheme.report.iter().flat_map(|report| &report.judged).map(|judged| {
        json!({
            "parent": judged.parent,
            "items": judged.items,
            "random_index": judged.random_index,
            "reports": judged.reports.iter().map(judgement_json).collect::<Vec<_>>(),
        })
    });
    let siblings = scheme.report.iter().flat_map(|report| &report.siblings);
    let remarks = siblings.flat_map(|siblings| {
        siblings.remarks.iter().map(move |remark| {
            json!({
                "type": siblings.r#type,
                "parent": siblings.parent,
                "item": remark.item,
                "reason": remark.reason,
            })
        })
    });
    json!({
        "id": scheme.id,
        "version": scheme.version,
        "hash": scheme.hash,
        "catalog": {
            "id": scheme.catalog_id, "version": scheme.catalog_version, "hash": scheme.catalog_hash,
        },
        "types": scheme.types,
        "source_assessment_id": scheme.source_assessment_id,
        "source_digest": scheme.source_digest,
        "choices": {
            "subjective": choices.subjective().as_str_name().trim_start_matches("SUBJECTIVE_WEIGHTS_"),
            "objective": choices.objective()
                .map(|it| it.as_str_name().trim_start_matches("OBJECTIVE_METHOD_").to_owned())
                .collect::<Vec<_>>(),
            "combination": choices.combination().as_str_name().trim_start_matches("WEIGHT_COMBINATION_"),
            "subjective_share": choices.subjective_share,
            "all_leaves": choices.all_leaves,
            "pooled": choices.pooled,
            "lower_cap": choices.lower_cap,
            "upper_cap": choices.upper_cap,
            "shrinkage_ratio": choices.shrinkage_ratio,
            "random_index": choices.random_index,
        },
        "author": scheme.author,
        "reason": scheme.reason,
        "created_time": scheme.created_time.as_ref().map(rfc3339),
        "in_force": scheme.in_force,
        "adoptions": scheme.adoptions.iter().map(|adoption| json!({
            "adopted": adoption.adopted.as_ref().map(decision),
            "withdrawn": adoption.withdrawn.as_ref().map(decision),
        })).collect::<Vec<_>>(),
        "judged": judged.collect::<Vec<_>>(),
        "remarks": remarks.collect::<Vec<_>>(),
    })
}

fn judgement_json(report: &JudgementReport) -> Value {
    json!({
        "expert": report.expert,
        "weights": report.weights,
        "geometric_weights": report.geometric_weights,
        "lambda_max": report.lambda_max,
        "consistency_index": report.consistency_index,
        "consistency_ratio": report.consistency_ratio,
        "geometric_consistency_index": report.geometric_consistency_index,
        "consistent": report.consistent,
        "worst": report.worst.as_ref().map(|worst| json!({
            "item": worst.item,
            "other": worst.other,
            "judged": worst.ratio,
            "fitting": report.worst_fitting_ratio,
        })),
    })
}

fn weight_json(weight: &SchemeWeight) -> Value {
    let columns: BTreeMap<&str, f64> =
        weight.columns.iter().map(|column| (column.column.as_str(), column.weight)).collect();
    json!({ "type": weight.r#type, "code": weight.code, "columns": columns })
}
