//! Files of judgements read into experts, with every fault at once; and looked at: weights, consistency, what to mend.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_indicators::catalog::{Catalog, ItemIndex};
use xiuhua_indicators::weighting::ahp::{Ahp, RandomIndex};
use xiuhua_indicators::weighting::judgements::{Judgement, JudgementFault, matrices};
use xiuhua_indicators::weighting::matrix::PairwiseMatrix;
use xiuhua_spreadsheets::judgements::{Field, JudgementFile, read};

use crate::cli::{JudgeArgs, Table};
use crate::method::{self, UnusableInput};
use crate::screen::{Screen, marks, numbers, told, words};

/// One expert's judgements, sound.
pub(super) struct Judged {
    pub(super) name: String,
    pub(super) judgements: Vec<Judgement>,
    matrices: Vec<(ItemIndex, PairwiseMatrix)>,
}

/// A judgement and the file and row it stands in.
struct Placed {
    judgement: Judgement,
    file: usize,
    row: u64,
}

/// `xiuhua weights judge`.
///
/// # Errors
/// [`UnusableInput`] with every fault of every file.
pub(crate) fn judge(arguments: &JudgeArgs, screen: &mut Screen) -> Result<()> {
    let (catalog, _) = method::catalog(&arguments.catalog)?;
    let experts = experts(&catalog, &arguments.files, arguments.expert.as_deref())?;
    let random_index = table(arguments.random_index);
    let mut rows = Vec::new();
    let mut found: Vec<Value> = Vec::new();
    for parent in catalog.nodes() {
        let own: Vec<(&str, &PairwiseMatrix)> = experts
            .iter()
            .filter_map(|expert| {
                let judged = expert.matrices.iter().find(|(at, _)| *at == parent)?;
                Some((expert.name.as_str(), &judged.1))
            })
            .collect();
        if own.is_empty() {
            continue;
        }
        let weighted: Vec<(&PairwiseMatrix, f64)> = own.iter().map(|(_, matrix)| (*matrix, 1.0)).collect();
        let joint = PairwiseMatrix::aggregate(&weighted).ok();
        let group = screen.choose("合计", "joint").to_owned();
        let joint = joint.iter().filter(|_| own.len() > 1).map(|matrix| (group.as_str(), matrix));
        for (name, matrix) in own.iter().copied().chain(joint) {
            let ahp = Ahp::inspect(matrix, random_index);
            rows.push(row(&catalog, parent, name, &ahp, screen));
            found.push(as_json(&catalog, parent, name, &ahp));
        }
    }
    let columns = [
        marks("上级指标", "parent"),
        words("专家", "expert"),
        numbers("CR", "CR"),
        words("一致性", "consistency"),
        words("最需修改", "mend first"),
        words("权重", "weights").spare(1),
    ];
    screen.table(&columns, rows)?;
    screen.say(
        &format!("随机一致性指标表：{}；CR 超过 0.10 的判断不能用作权重", random_index.name()),
        &format!(
            "random indices: {}; judgements with a CR above 0.10 cannot be weights",
            random_index.name()
        ),
    )?;
    screen.json(&json!({ "random_index": random_index.name(), "judged": found }))
}

/// The experts of files, in the order they first appear.
///
/// # Errors
/// [`UnusableInput`] with every fault, each with file, row, column and rule.
pub(super) fn experts(
    catalog: &Catalog,
    paths: &[PathBuf],
    named: Option<&str>,
) -> Result<Vec<Judged>, UnusableInput> {
    let (mut faults, mut files) = (Vec::new(), Vec::new());
    for path in paths {
        match read(path) {
            Ok(file) => files.push((path.display().to_string(), file)),
            Err(unusable) => faults.extend(UnusableInput::from(unusable).0),
        }
    }
    let mut by_expert: Vec<(String, Vec<Placed>)> = Vec::new();
    for (at, (path, file)) in files.iter().enumerate() {
        faults.extend(file.faults.iter().map(|fault| {
            let (row, column, rule) = (fault.row, &fault.column, fault.rule);
            told(
                format!("{path} 第 {row} 行“{column}”{}（{rule}）", fault.message.zh),
                format!("{path} row {row}, {column}: {} ({rule})", fault.message.en),
            )
        }));
        for found in &file.rows {
            let Some(name) = found.expert.as_deref().or(named) else {
                let (row, column) = (found.row, file.header(Field::Expert));
                faults.push(told(
                    format!("{path} 第 {row} 行“{column}”未填写，也没有 --expert（MISSING）"),
                    format!("{path} row {row}, {column}: is empty, and there is no --expert (MISSING)"),
                ));
                continue;
            };
            if found.parent.is_empty() || found.item.is_empty() || found.other.is_empty() {
                continue;
            }
            // A ratio that could not be read is told above; 1 keeps the pair from being missing too.
            let ratio = found.ratio.unwrap_or(1.0);
            let (parent, item, other) = (found.parent.clone(), found.item.clone(), found.other.clone());
            let placed =
                Placed { judgement: Judgement { parent, item, other, ratio }, file: at, row: found.row };
            match by_expert.iter_mut().find(|(known, _)| known == name) {
                Some((_, own)) => own.push(placed),
                None => by_expert.push((name.to_owned(), vec![placed])),
            }
        }
    }
    let mut experts = Vec::new();
    for (name, placed) in by_expert {
        let judgements: Vec<Judgement> = placed.iter().map(|it| it.judgement.clone()).collect();
        match matrices(catalog, &judgements) {
            Ok(matrices) => experts.push(Judged { name, judgements, matrices }),
            Err(found) => {
                faults.extend(found.iter().map(|fault| placed_fault(&files, &placed, &name, fault)))
            }
        }
    }
    if experts.is_empty() && faults.is_empty() {
        faults.push(told("没有任何判断", "there are no judgements"));
    }
    if faults.is_empty() { Ok(experts) } else { Err(UnusableInput(faults)) }
}

/// A fault with the file, row, column and rule it is about.
fn placed_fault(
    files: &[(String, JudgementFile)],
    placed: &[Placed],
    expert: &str,
    fault: &JudgementFault,
) -> String {
    let (field, rule, zh) = match fault {
        JudgementFault::UnknownParent { code, .. } => {
            (Field::Parent, "UNKNOWN_CODE", format!("指标目录中没有上级指标 {code}"))
        }
        JudgementFault::UnknownItem { is_other, parent, code, .. } => {
            let field = if *is_other { Field::Other } else { Field::Item };
            (field, "UNKNOWN_CODE", format!("{parent} 下没有指标 {code}"))
        }
        JudgementFault::Itself { item, .. } => (Field::Other, "ITSELF", format!("{item} 与自身比较")),
        JudgementFault::OffScale { ratio, .. } => {
            (Field::Ratio, "OFF_SCALE", format!("{ratio} 不在 1/9 至 9 之间"))
        }
        JudgementFault::Twice { item, other, .. } => {
            (Field::Item, "JUDGED_TWICE", format!("{item} 与 {other} 的比较重复"))
        }
        JudgementFault::Contradicts { item, other, ratio, mirror, .. } => (
            Field::Ratio,
            "CONTRADICTS",
            format!("{item} 对 {other} 为 {ratio}，反向却为 {mirror}，两者不是倒数"),
        ),
        JudgementFault::TooMany { parent, children, .. } => {
            (Field::Parent, "TOO_MANY", format!("{parent} 有 {children} 个下级指标，超过一次可比较的数目"))
        }
        JudgementFault::Missing { parent, item, other } => {
            (Field::Item, "PAIR_MISSING", format!("{parent}：缺少 {item} 与 {other} 的比较"))
        }
    };
    let Some(at) = fault.at().and_then(|at| placed.get(at)) else {
        return told(format!("{expert}：{zh}（{rule}）"), format!("{expert}: {fault} ({rule})"));
    };
    let (path, file) = &files[at.file];
    let (row, column) = (at.row, file.header(field));
    told(
        format!("{path} 第 {row} 行“{column}”{zh}（{rule}）"),
        format!("{path} row {row}, {column}: {fault} ({rule})"),
    )
}

/// The table of a name on the command line.
pub(super) fn table(table: Table) -> RandomIndex {
    match table {
        Table::Saaty1980 => RandomIndex::Saaty1980,
        Table::SaatyLater => RandomIndex::SaatyLater,
        Table::TummalaLing1998 => RandomIndex::TummalaLing1998,
        Table::AlonsoLamata2006 => RandomIndex::AlonsoLamata2006,
    }
}

fn row(catalog: &Catalog, parent: ItemIndex, name: &str, ahp: &Ahp, screen: &Screen) -> Vec<String> {
    let item = catalog.item(parent);
    let code = |at: usize| catalog.item(item.children[at]).code.as_str();
    let worst = ahp.worst.filter(|_| !ahp.is_consistent()).map_or_else(String::new, |worst| {
        format!("{}/{} {:.2} → {:.2}", code(worst.row), code(worst.column), worst.judged, worst.fitting)
    });
    let weights = ahp.weights.iter().enumerate().map(|(at, weight)| format!("{} {weight:.3}", code(at)));
    vec![
        item.code.clone(),
        name.to_owned(),
        format!("{:.4}", ahp.consistency_ratio),
        if ahp.is_consistent() {
            screen.choose("通过", "consistent")
        } else {
            screen.choose("不通过", "refused")
        }
        .to_owned(),
        worst,
        weights.collect::<Vec<_>>().join(", "),
    ]
}

fn as_json(catalog: &Catalog, parent: ItemIndex, name: &str, ahp: &Ahp) -> Value {
    let item = catalog.item(parent);
    let code = |at: usize| catalog.item(item.children[at]).code.clone();
    let weights: BTreeMap<String, f64> =
        ahp.weights.iter().enumerate().map(|(at, weight)| (code(at), *weight)).collect();
    let geometric: BTreeMap<String, f64> =
        ahp.geometric_weights.iter().enumerate().map(|(at, weight)| (code(at), *weight)).collect();
    json!({
        "parent": item.code,
        "expert": name,
        "weights": weights,
        "geometric_weights": geometric,
        "lambda_max": ahp.lambda_max,
        "consistency_index": ahp.consistency_index,
        "consistency_ratio": ahp.consistency_ratio,
        "geometric_consistency_index": ahp.geometric_consistency_index,
        "consistent": ahp.is_consistent(),
        "worst": ahp.worst.map(|worst| json!({
            "item": code(worst.row),
            "other": code(worst.column),
            "judged": worst.judged,
            "fitting": worst.fitting,
        })),
    })
}
