//! Weighing the facts of a place: how far each type is supported, and whether that justifies one.
//!
//! The degree of a type is the share of distinct facts that speak for it among all distinct facts, an
//! unlisted remainder and a non-residential term counting as facts that speak for none.

use super::evidence::{Fact, Speaks, TypeIndex};
use super::feature::Feature;
use super::place_class::{Reason, ReasonCode};
use super::rule_set::Named;
use super::text::Text;

/// Facts that one sentence names; the rest are counted.
const NAMED_FACTS: usize = 5;
/// Letters of a fact that a sentence shows.
const SHOWN_LETTERS: usize = 40;
/// Slack for a minimum such as 2/3 that has no exact `f64`.
const TOLERANCE: f64 = 1e-9;

/// What the facts come to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    /// The one type that is supported enough.
    pub(super) given: Option<TypeIndex>,
    /// Degrees above 0, in rule-set order; they add up to at most 1.
    pub(super) degrees: Vec<(TypeIndex, f64)>,
    /// Why no type is given; empty if one is.
    pub(super) reasons: Vec<Reason>,
}

/// Weighs the facts of a place.
///
/// `minimum_degree` lies above 0.5, so that at most one type can reach it. `features` are those that
/// evidence is read from, for the sentence about a place without any.
pub(super) fn weigh<'f>(
    facts: &[Fact<'_>],
    types: &[Named],
    minimum_degree: f64,
    features: impl Iterator<Item = &'f Feature>,
) -> Verdict {
    let degrees = degrees(facts, types.len());
    let given = degrees.iter().find(|(_, degree)| suffices(*degree, minimum_degree)).map(|(index, _)| *index);
    let reasons = if given.is_some() { Vec::new() } else { reasons(facts, types, &degrees, features) };
    Verdict { given, degrees, reasons }
}

/// Whether a degree justifies its type.
pub(super) fn suffices(degree: f64, minimum_degree: f64) -> bool {
    degree >= minimum_degree - TOLERANCE
}

fn degrees(facts: &[Fact<'_>], types: usize) -> Vec<(TypeIndex, f64)> {
    let mut supporting = vec![0_usize; types];
    for fact in facts {
        if let Some(Speaks::For(TypeIndex(index))) = fact.speaks {
            supporting[index] += 1;
        }
    }
    let supported = supporting.into_iter().enumerate().filter(|(_, count)| *count > 0);
    supported.map(|(index, count)| (TypeIndex(index), count as f64 / facts.len() as f64)).collect()
}

fn reasons<'f>(
    facts: &[Fact<'_>],
    types: &[Named],
    degrees: &[(TypeIndex, f64)],
    features: impl Iterator<Item = &'f Feature>,
) -> Vec<Reason> {
    if facts.is_empty() {
        return vec![missing(features)];
    }
    let listed: Vec<&Fact<'_>> = facts.iter().filter(|fact| fact.speaks.is_some()).collect();
    let unlisted: Vec<&Fact<'_>> = facts.iter().filter(|fact| fact.speaks.is_none()).collect();
    let non_residential: Vec<&Fact<'_>> =
        listed.iter().copied().filter(|fact| fact.speaks == Some(Speaks::NotResidential)).collect();

    let voices = degrees.len() + usize::from(!non_residential.is_empty());
    let mut reasons = Vec::new();
    if voices > 1 {
        reasons.push(contradictory(&listed, types));
    }
    if !unlisted.is_empty() {
        reasons.push(naming(
            ReasonCode::NatureUnlisted,
            "规则集未列出",
            "not listed by the rule set",
            &unlisted,
        ));
    }
    if degrees.is_empty() && !non_residential.is_empty() {
        reasons.push(naming(ReasonCode::NotResidential, "非居住用途", "not residential", &non_residential));
    }
    reasons
}

fn missing<'f>(features: impl Iterator<Item = &'f Feature>) -> Reason {
    let (zh, en): (Vec<String>, Vec<String>) =
        features.map(Feature::title).map(|title| (title.zh, title.en)).unzip();
    let message = Text::new(
        format!("缺少分类依据：没有可用的{}", zh.join("、")),
        format!("nothing to classify by: no usable {}", en.join(", ")),
    );
    Reason { code: ReasonCode::EvidenceMissing, message }
}

fn contradictory(listed: &[&Fact<'_>], types: &[Named]) -> Reason {
    let voice = |fact: &Fact<'_>| {
        let value = shown(&fact.value);
        match fact.speaks {
            Some(Speaks::For(TypeIndex(index))) => {
                let Named { id, name } = &types[index];
                Text::new(format!("“{value}”指向{}（{id}）", name.zh), format!("\"{value}\" speaks for {id}"))
            }
            _ => Text::new(format!("“{value}”属非居住用途"), format!("\"{value}\" is not residential")),
        }
    };
    let message = sentence("分类依据相互矛盾", "the evidence contradicts itself", listed, voice);
    Reason { code: ReasonCode::EvidenceContradictory, message }
}

fn naming(code: ReasonCode, zh: &str, en: &str, facts: &[&Fact<'_>]) -> Reason {
    let quote = |fact: &Fact<'_>| {
        let value = shown(&fact.value);
        Text::new(format!("“{value}”"), format!("\"{value}\""))
    };
    Reason { code, message: sentence(zh, en, facts, quote) }
}

/// `zh` and `en` with the facts after a colon, as far as a sentence should go.
fn sentence(zh: &str, en: &str, facts: &[&Fact<'_>], say: impl Fn(&Fact<'_>) -> Text) -> Text {
    let said = facts.iter().take(NAMED_FACTS).map(|fact| say(fact));
    let (zh_facts, en_facts): (Vec<String>, Vec<String>) = said.map(|said| (said.zh, said.en)).unzip();
    let (mut zh, mut en) =
        (format!("{zh}：{}", zh_facts.join("，")), format!("{en}: {}", en_facts.join(", ")));
    let more = facts.len().saturating_sub(NAMED_FACTS);
    if more > 0 {
        zh.push_str(&format!("，另有 {more} 项"));
        en.push_str(&format!(", and {more} more"));
    }
    Text::new(zh, en)
}

fn shown(value: &str) -> String {
    match value.char_indices().nth(SHOWN_LETTERS) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
