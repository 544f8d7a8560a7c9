//! The report of a weight scheme, written for readers: codes for positions, sentences in both languages.

use xiuhua_contracts::measure::v1 as measure;
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::catalog::{Catalog, ItemIndex};
use xiuhua_indicators::weighting::LeftOut;
use xiuhua_indicators::weighting::ahp::Ahp;
use xiuhua_indicators::weighting::combine::{Game, GameFailure};
use xiuhua_indicators::weighting::limits::Capped;
use xiuhua_indicators::weighting::scheme::{
    Choices, Column, Judged, JudgedParent, Scheme, SiblingReport, Unused,
};

use super::weights::{column_word, method_word};

/// The whole report of a scheme of these types.
pub(crate) fn report(
    catalog: &Catalog,
    types: &[String],
    choices: &Choices,
    scheme: &Scheme,
) -> proto::WeightReport {
    let of_type = |(name, kind): (&String, &xiuhua_indicators::weighting::scheme::TypeReport)| {
        kind.siblings.iter().map(|found| siblings(catalog, name, choices, found)).collect::<Vec<_>>()
    };
    proto::WeightReport {
        judged: scheme.judged.iter().map(|found| judged(catalog, choices, found)).collect(),
        siblings: types.iter().zip(&scheme.types).flat_map(of_type).collect(),
        remarks: scheme.unused.iter().map(|(parent, why)| unused(catalog, *parent, *why)).collect(),
    }
}

fn code(catalog: &Catalog, index: ItemIndex) -> String {
    catalog.item(index).code.clone()
}

fn judged(catalog: &Catalog, choices: &Choices, found: &JudgedParent) -> proto::JudgedParent {
    let children = &catalog.item(found.parent).children;
    let total: f64 = found.experts.iter().map(|expert| expert.weight).sum();
    let parent = code(catalog, found.parent);
    let items: Vec<String> = children.iter().map(|child| code(catalog, *child)).collect();
    let of_expert = |expert: &xiuhua_indicators::weighting::scheme::ExpertReport| {
        judgements(&parent, &items, &expert.name, expert.weight / total, &expert.found)
    };
    let joint = judgements(&parent, &items, "", 1.0, &found.group);
    proto::JudgedParent {
        reports: std::iter::once(joint).chain(found.experts.iter().map(of_expert)).collect(),
        parent: parent.clone(),
        items: items.clone(),
        random_index: choices.random_index.name().to_owned(),
    }
}

fn judgements(
    parent: &str,
    items: &[String],
    expert: &str,
    share: f64,
    found: &Ahp,
) -> proto::JudgementReport {
    proto::JudgementReport {
        expert: expert.to_owned(),
        expert_share_ratio: share,
        weights: found.weights.clone(),
        geometric_weights: found.geometric_weights.clone(),
        lambda_max: found.lambda_max,
        consistency_index: found.consistency_index,
        consistency_ratio: found.consistency_ratio,
        geometric_consistency_index: found.geometric_consistency_index,
        consistent: found.is_consistent(),
        worst: found.worst.map(|worst| proto::Judgement {
            parent: parent.to_owned(),
            item: items[worst.row].clone(),
            other: items[worst.column].clone(),
            ratio: worst.judged,
        }),
        worst_fitting_ratio: found.worst.map_or(0.0, |worst| worst.fitting),
    }
}

fn siblings(catalog: &Catalog, kind: &str, choices: &Choices, found: &SiblingReport) -> proto::SiblingReport {
    let item = |at: usize| code(catalog, found.items[at]);
    let column = |column: Column| {
        let weights = found.column(&column)?.clone();
        Some(proto::LocalWeights { column: column_word(column).to_owned(), weights })
    };
    let mut remarks: Vec<proto::WeightRemark> = Vec::new();
    for at in &found.without_data {
        remarks.push(remark(
            item(*at),
            "WITHOUT_DATA",
            "该类型中数值不足两个，保留目录中的份额",
            "has fewer than two values in this type and keeps its share of the catalog",
        ));
    }
    for method in &found.methods {
        let word = method_word(method.method);
        for (at, why) in &method.left_out {
            let (reason, zh, en) = match why {
                LeftOut::TooFew => ("TOO_FEW", "数值不足两个", "has fewer than two values"),
                LeftOut::Constant => ("CONSTANT", "所有数值相同", "has the same value everywhere"),
                LeftOut::AllZero => ("ALL_ZERO", "所有数值为 0", "is 0 everywhere"),
            };
            let (zh, en) = (format!("{word}：{zh}，权重为 0"), format!("{word}: {en} and weighs 0"));
            remarks.push(remark(item(*at), reason, &zh, &en));
        }
        if method.equal_by_default {
            let (zh, en) = (
                format!("{word}：无法区分各指标，取等权"),
                format!("{word}: tells none apart, so all weigh the same"),
            );
            remarks.push(remark(String::new(), "EQUAL_BY_DEFAULT", &zh, &en));
        }
    }
    remarks.extend(found.game.iter().flat_map(game));
    for (at, capped) in &found.capped {
        remarks.push(match capped {
            Capped::Raised => remark(item(*at), "RAISED", "提高到下限", "raised to the lower cap"),
            Capped::Lowered => remark(item(*at), "LOWERED", "降低到上限", "lowered to the upper cap"),
        });
    }
    let columns = std::iter::once(Column::Catalog).chain(Column::all(choices));
    proto::SiblingReport {
        r#type: kind.to_owned(),
        parent: code(catalog, found.parent),
        items: (0..found.items.len()).map(item).collect(),
        status: match found.judged {
            Judged::Weighed => "WEIGHED",
            Judged::OnlyChild => "ONLY_CHILD",
            Judged::KeepsPoints => "KEEPS_POINTS",
        }
        .to_owned(),
        columns: columns.filter_map(column).collect(),
        remarks,
    }
}

fn game(game: &Game) -> Vec<proto::WeightRemark> {
    let (left, right) = game.used;
    let solved = game.raw.map_or_else(|| "–".to_owned(), |(left, right)| format!("{left:.4}, {right:.4}"));
    let zh = format!("博弈论组合：解得 α = ({solved})，采用 ({left:.4}, {right:.4})");
    let en = format!("game theory: solved α = ({solved}), used ({left:.4}, {right:.4})");
    let mut remarks = vec![remark(String::new(), "GAME_ALPHAS", &zh, &en)];
    remarks.extend(game.failure.map(|failure| {
        let (reason, zh, en) = match failure {
            GameFailure::Singular => (
                "GAME_SINGULAR",
                "两组权重相同，方程组奇异，各取一半",
                "both sets are the same, the system is singular; half each",
            ),
            GameFailure::SubjectiveIgnored => (
                "GAME_SUBJECTIVE_IGNORED",
                "主观权重为等权，被完全忽略",
                "the subjective weights are equal and are thrown away entirely",
            ),
            GameFailure::ObjectiveIgnored => (
                "GAME_OBJECTIVE_IGNORED",
                "客观权重为等权，被完全忽略",
                "the objective weights are equal and are thrown away entirely",
            ),
            GameFailure::NegativeClamped => {
                ("GAME_NEGATIVE_CLAMPED", "解出负的 α，已取 0", "a negative α was set to 0")
            }
        };
        remark(String::new(), reason, zh, en)
    }));
    remarks
}

fn unused(catalog: &Catalog, parent: ItemIndex, why: Unused) -> proto::WeightRemark {
    let (zh, en) = match why {
        Unused::NotAsked => (
            "判断未使用：主观权重另有来源",
            "its judgements are not used: the subjective weights come from elsewhere",
        ),
        Unused::OnlyChild => {
            ("判断未使用：只有一个下级指标", "its judgements are not used: it has one child")
        }
        Unused::KeepsPoints => {
            ("判断未使用：各权重组保留其分值", "its judgements are not used: weight groups keep their points")
        }
    };
    remark(code(catalog, parent), "JUDGEMENTS_UNUSED", zh, en)
}

fn remark(item: String, reason: &str, zh: &str, en: &str) -> proto::WeightRemark {
    let message = measure::Text { zh: zh.to_owned(), en: en.to_owned() };
    proto::WeightRemark { item, reason: reason.to_owned(), message: Some(message) }
}
