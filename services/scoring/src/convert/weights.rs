//! Weight schemes between contract and domain: requests read with all their faults, schemes written.

use prost::Message as _;
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::weighting::ahp::RandomIndex;
use xiuhua_indicators::weighting::combine::Combination;
use xiuhua_indicators::weighting::critic::Correlation;
use xiuhua_indicators::weighting::judgements::{Judgement, JudgementFault, matrices};
use xiuhua_indicators::weighting::limits::Caps;
use xiuhua_indicators::weighting::pca::Components;
use xiuhua_indicators::weighting::scheme::{Choices, Column, Expert, Method, Pooling, Scope, Subjective};
use xiuhua_service_kit::status::{Violation, Violations};

use super::timestamp;
use crate::domain::decision::Decision;
use crate::domain::weight_scheme::{Adoption, DecidedScheme};
use crate::error::Error;

/// Experts of one scheme at most; their judgements fit one message many times over.
const MOST_EXPERTS: usize = 200;
/// Longest name of an expert, in characters.
const EXPERT_CHARS: usize = 100;

/// What is chosen for a scheme; without any, CRITIC and what the experts say.
pub(crate) fn choices(
    asked: Option<&proto::WeightChoices>,
    has_experts: bool,
    faults: &mut Violations,
) -> Choices {
    let by_default = if has_experts { Subjective::Ahp } else { Subjective::Catalog };
    let mut choices = Choices { subjective: by_default, ..Choices::default() };
    let Some(asked) = asked else { return choices };
    choices.subjective = match asked.subjective() {
        proto::SubjectiveWeights::Unspecified => by_default,
        proto::SubjectiveWeights::None => Subjective::None,
        proto::SubjectiveWeights::Catalog => Subjective::Catalog,
        proto::SubjectiveWeights::Equal => Subjective::Equal,
        proto::SubjectiveWeights::Ahp => Subjective::Ahp,
    };
    choices.objective = asked.objective().filter_map(method).collect();
    let repeats =
        (1..choices.objective.len()).any(|at| choices.objective[..at].contains(&choices.objective[at]));
    let known = choices.objective.len() == asked.objective.len();
    faults.check(
        known && !repeats,
        "choices.objective",
        "含有未知或重复的方法",
        "holds a method that is unknown or repeated",
    );
    let share = asked.subjective_share.unwrap_or(0.5);
    faults.check(
        (0.0..=1.0).contains(&share),
        "choices.subjective_share",
        "须在 0 至 1 之间",
        "must be within 0..1",
    );
    choices.combination = match asked.combination() {
        proto::WeightCombination::Unspecified | proto::WeightCombination::Mean => Combination::Mean(share),
        proto::WeightCombination::Product => Combination::Product,
        proto::WeightCombination::SquareRoot => Combination::SquareRoot,
        proto::WeightCombination::GameTheory => Combination::GameTheory,
    };
    choices.scope = if asked.all_leaves { Scope::AllLeaves } else { Scope::PerGroup };
    choices.pooling = if asked.pooled { Pooling::Pooled } else { Pooling::PerType };
    choices.caps = match (asked.lower_cap, asked.upper_cap) {
        (None, None) => None,
        (lower, upper) => {
            let caps = Caps::new(lower.unwrap_or(f64::NAN), upper.unwrap_or(f64::NAN));
            let (zh, en) =
                ("上下限须同时给出，且 0 ≤ 下限 ≤ 1 ≤ 上限", "wanted both caps, 0 <= lower <= 1 <= upper");
            faults.keep(caps.map_err(|_| Violation::new("choices.lower_cap", zh, en)))
        }
    };
    faults.check(
        (0.0..=1.0).contains(&asked.shrinkage_ratio),
        "choices.shrinkage_ratio",
        "须在 0 至 1 之间",
        "must be within 0..1",
    );
    choices.shrinkage = asked.shrinkage_ratio;
    let table = match asked.random_index.as_str() {
        "" => Some(RandomIndex::default()),
        name => RandomIndex::of_name(name),
    };
    let (zh, en) = ("没有这一随机一致性指标表", "is not a table of random indices");
    choices.random_index =
        faults.keep(table.ok_or_else(|| Violation::new("choices.random_index", zh, en))).unwrap_or_default();
    choices
}

fn method(method: proto::ObjectiveMethod) -> Option<Method> {
    Some(match method {
        proto::ObjectiveMethod::Unspecified => return None,
        proto::ObjectiveMethod::Entropy => Method::Entropy,
        proto::ObjectiveMethod::Critic => Method::Critic(Correlation::Pearson),
        proto::ObjectiveMethod::CriticSpearman => Method::Critic(Correlation::Spearman),
        proto::ObjectiveMethod::Variation => Method::Variation,
        proto::ObjectiveMethod::Pca => Method::Pca(Components::Kaiser),
        proto::ObjectiveMethod::PcaFirst => Method::Pca(Components::First),
    })
}

/// The word for a method.
pub(super) fn method_word(method: Method) -> &'static str {
    match method {
        Method::Entropy => "ENTROPY",
        Method::Critic(Correlation::Pearson) => "CRITIC",
        Method::Critic(Correlation::Spearman) => "CRITIC_SPEARMAN",
        Method::Variation => "VARIATION",
        Method::Pca(Components::Kaiser) => "PCA",
        Method::Pca(Components::First) => "PCA_FIRST",
    }
}

/// The word for a column of weights.
pub(crate) fn column_word(column: Column) -> &'static str {
    match column {
        Column::Catalog => "CATALOG",
        Column::Subjective => "SUBJECTIVE",
        Column::Of(method) => method_word(method),
        Column::Objective => "OBJECTIVE",
        Column::Combined => "COMBINED",
        Column::Final => "FINAL",
    }
}

/// The choices as they were taken, every default spelled out.
pub(crate) fn choices_taken(choices: &Choices) -> proto::WeightChoices {
    let objective = |method: &Method| match method {
        Method::Entropy => proto::ObjectiveMethod::Entropy,
        Method::Critic(Correlation::Pearson) => proto::ObjectiveMethod::Critic,
        Method::Critic(Correlation::Spearman) => proto::ObjectiveMethod::CriticSpearman,
        Method::Variation => proto::ObjectiveMethod::Variation,
        Method::Pca(Components::Kaiser) => proto::ObjectiveMethod::Pca,
        Method::Pca(Components::First) => proto::ObjectiveMethod::PcaFirst,
    };
    let (combination, share) = match choices.combination {
        Combination::Mean(share) => (proto::WeightCombination::Mean, Some(share)),
        Combination::Product => (proto::WeightCombination::Product, None),
        Combination::SquareRoot => (proto::WeightCombination::SquareRoot, None),
        Combination::GameTheory => (proto::WeightCombination::GameTheory, None),
    };
    let subjective = match choices.subjective {
        Subjective::None => proto::SubjectiveWeights::None,
        Subjective::Catalog => proto::SubjectiveWeights::Catalog,
        Subjective::Equal => proto::SubjectiveWeights::Equal,
        Subjective::Ahp => proto::SubjectiveWeights::Ahp,
    };
    proto::WeightChoices {
        subjective: subjective.into(),
        objective: choices.objective.iter().map(|method| objective(method).into()).collect(),
        combination: combination.into(),
        subjective_share: share,
        all_leaves: choices.scope == Scope::AllLeaves,
        pooled: choices.pooling == Pooling::Pooled,
        lower_cap: choices.caps.map(Caps::lower),
        upper_cap: choices.caps.map(Caps::upper),
        shrinkage_ratio: choices.shrinkage,
        random_index: choices.random_index.name().to_owned(),
    }
}

/// Experts with their matrices; every fault with its path.
pub(crate) fn experts(
    catalog: &Catalog,
    asked: &[proto::ExpertJudgements],
    faults: &mut Violations,
) -> Vec<Expert> {
    faults.check(
        asked.len() <= MOST_EXPERTS,
        "experts",
        format!("最多 {MOST_EXPERTS} 位专家"),
        format!("at most {MOST_EXPERTS} experts"),
    );
    let mut experts: Vec<Expert> = Vec::new();
    for (at, expert) in asked.iter().enumerate().take(MOST_EXPERTS) {
        let path = format!("experts[{at}]");
        let (name, weight) = (expert.expert.trim(), expert.weight.unwrap_or(1.0));
        let named = (1..=EXPERT_CHARS).contains(&name.chars().count()) && !name.contains('\0');
        faults.check(
            named && experts.iter().all(|known| known.name != name),
            format!("{path}.expert"),
            format!("须为 1 至 {EXPERT_CHARS} 个字符，且不重复"),
            format!("must be 1 to {EXPERT_CHARS} characters and unlike the others"),
        );
        faults.check(
            weight.is_finite() && weight > 0.0,
            format!("{path}.weight"),
            "须为大于 0 的数",
            "must be a number above 0",
        );
        let judgement = |judgement: &proto::Judgement| Judgement {
            parent: judgement.parent.clone(),
            item: judgement.item.clone(),
            other: judgement.other.clone(),
            ratio: judgement.ratio,
        };
        let judgements: Vec<Judgement> = expert.judgements.iter().map(judgement).collect();
        let judged = match matrices(catalog, &judgements) {
            Ok(judged) => judged,
            Err(found) => {
                for fault in found {
                    let field = match fault.at() {
                        Some(at) => format!("{path}.judgements[{at}]"),
                        None => format!("{path}.judgements"),
                    };
                    faults.check(false, field, judgement_zh(&fault), fault.to_string());
                }
                Vec::new()
            }
        };
        experts.push(Expert { name: name.to_owned(), weight, judged });
    }
    experts
}

/// What is wrong with a judgement, in Chinese.
fn judgement_zh(fault: &JudgementFault) -> String {
    match fault {
        JudgementFault::UnknownParent { code, .. } => format!("指标目录中没有上级指标 {code}"),
        JudgementFault::UnknownItem { parent, code, .. } => format!("{parent} 下没有指标 {code}"),
        JudgementFault::Itself { item, .. } => format!("{item} 与自身比较"),
        JudgementFault::OffScale { ratio, .. } => format!("{ratio} 不在 1/9 至 9 之间"),
        JudgementFault::Twice { item, other, .. } => format!("{item} 与 {other} 的比较重复"),
        JudgementFault::Contradicts { item, other, ratio, mirror, .. } => {
            format!("{item} 对 {other} 为 {ratio}，反向却为 {mirror}，两者不是倒数")
        }
        JudgementFault::Missing { parent, item, other } => format!("{parent}：缺少 {item} 与 {other} 的比较"),
        JudgementFault::TooMany { parent, children, .. } => {
            format!("{parent} 有 {children} 个下级指标，超过一次可比较的数目")
        }
    }
}

/// Choices, judgements and report as they are kept beside a scheme.
pub(crate) fn account(
    choices: &Choices,
    experts: Vec<proto::ExpertJudgements>,
    report: proto::WeightReport,
) -> Vec<u8> {
    let account = proto::WeightScheme {
        choices: Some(choices_taken(choices)),
        experts,
        report: Some(report),
        ..Default::default()
    };
    account.encode_to_vec()
}

/// The answer for a scheme, with everything kept beside it.
///
/// # Errors
/// [`Error::Remembered`] if what is kept cannot be decoded.
pub(crate) fn scheme(found: &DecidedScheme) -> Result<proto::WeightScheme, Error> {
    let account = proto::WeightScheme::decode(found.scheme.account.as_slice())?;
    let scheme = &found.scheme;
    Ok(proto::WeightScheme {
        id: scheme.id.clone(),
        version: scheme.version,
        hash: scheme.hash.clone(),
        catalog_id: scheme.catalog.id.clone(),
        catalog_version: scheme.catalog.version.clone(),
        catalog_hash: scheme.catalog.hash.clone(),
        types: scheme.types.clone(),
        source_assessment_id: scheme.source.0.clone(),
        source_digest: scheme.source.1.clone(),
        author: scheme.made.author.clone(),
        reason: scheme.made.reason.clone(),
        created_time: Some(timestamp(scheme.made.time)),
        adoptions: found.adoptions.iter().map(adoption).collect(),
        in_force: found.in_force,
        ..account
    })
}

/// The same for a list: without judgements and report.
///
/// # Errors
/// [`Error::Remembered`] if what is kept cannot be decoded.
pub(crate) fn listed_scheme(found: &DecidedScheme) -> Result<proto::WeightScheme, Error> {
    Ok(proto::WeightScheme { experts: Vec::new(), report: None, ..scheme(found)? })
}

fn adoption(adoption: &Adoption) -> proto::Adoption {
    let decision = |decision: &Decision| proto::SchemeDecision {
        author: decision.author.clone(),
        reason: decision.reason.clone(),
        time: Some(timestamp(decision.time)),
    };
    proto::Adoption {
        adopted: Some(decision(&adoption.adopted)),
        withdrawn: adoption.withdrawn.as_ref().map(decision),
    }
}
