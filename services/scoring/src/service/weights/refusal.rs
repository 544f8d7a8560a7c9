//! Why a scheme cannot be made, told to the caller: a violation a fault, types by their names.

use xiuhua_indicators::weighting::ahp::GREATEST_RATIO;
use xiuhua_indicators::weighting::scheme::{SchemeFault, SchemeFaults};
use xiuhua_service_kit::status::Violation;

use crate::error::Error;

/// The refusal that tells all faults of a scheme of these types.
pub(in crate::service) fn refused(faults: &SchemeFaults, types: &[String]) -> Error {
    Error::WeightSchemeRefused(faults.0.iter().map(|fault| violation(fault, types)).collect())
}

fn violation(fault: &SchemeFault, types: &[String]) -> Violation {
    if let SchemeFault::OfType { kind, fault } = fault {
        let name = types.get(*kind).map_or("", String::as_str);
        let inner = violation(fault, types);
        let (zh, en) = (format!("类型 {name}：{}", inner.text.zh), format!("type {name}: {}", inner.text.en));
        return Violation::new(inner.field, zh, en);
    }
    Violation::new(field(fault), zh(fault), fault.to_string())
}

/// The field of the request that the fault is about.
fn field(fault: &SchemeFault) -> &'static str {
    match fault {
        SchemeFault::NotJudged { .. }
        | SchemeFault::MatrixSize { .. }
        | SchemeFault::Matrix { .. }
        | SchemeFault::Inconsistent { .. } => "experts",
        SchemeFault::Share { .. } => "choices.subjective_share",
        SchemeFault::Limit(_) => "choices.shrinkage_ratio",
        SchemeFault::OverChildren => "choices.all_leaves",
        SchemeFault::NothingChosen => "choices.objective",
        SchemeFault::Combine { .. } => "choices.combination",
        _ => "source_assessment_id",
    }
}

fn zh(fault: &SchemeFault) -> String {
    match fault {
        SchemeFault::NotJudged { parent, experts } if experts.is_empty() => {
            format!("{parent}：其下级指标没有任何专家判断")
        }
        SchemeFault::NotJudged { parent, experts } => {
            format!("{parent}：{}没有判断其下级指标", experts.join("、"))
        }
        SchemeFault::MatrixSize { parent, expert, items, children } => {
            format!("{parent}：{expert} 的矩阵比较 {items} 个指标，目录中有 {children} 个")
        }
        SchemeFault::Matrix { parent, .. } => format!("{parent}：判断矩阵无法合并"),
        SchemeFault::Inconsistent { parent, ratio, random_index, row, column, judged, fitting } => format!(
            "{parent}：一致性比例为 {ratio:.4}（{random_index}），超过 {GREATEST_RATIO}；请先修改 {row} 对 {column} 的判断：\
             现为 {judged:.4}，{fitting:.4} 较为一致"
        ),
        SchemeFault::Share { share } => format!("主观权重的份额 {share} 不在 0 至 1 之间"),
        SchemeFault::Limit(_) => "收缩比例或上下限超出范围".to_owned(),
        SchemeFault::OverChildren => "该指标目录逐级取平均，末级指标没有共同的权重".to_owned(),
        SchemeFault::NothingChosen => "既没有选择主观权重，也没有选择客观方法".to_owned(),
        SchemeFault::Combine { parent, .. } => {
            format!("{parent}：没有任何指标在两组权重中都有权重，乘积为零")
        }
        SchemeFault::Value { item, value, negative: true, .. } => format!("{item}：无量纲值 {value} 为负"),
        SchemeFault::Value { item, value, .. } => format!("{item}：无量纲值 {value} 不是有限数"),
        _ => "测评的记录与指标目录不符".to_owned(),
    }
}
