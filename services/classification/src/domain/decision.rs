//! A person's decision about the type of a place (人工复核), and what it does in a classification.
//!
//! A decision holds for as long as the place shows the evidence it was taken on and the rule set has its type; then it
//! gives the type. Otherwise the rules decide and a person should look again.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::place_class::{Evidence, PlaceClass, Reason, ReasonCode};
use super::rule_set::Named;
use super::text::Text;

/// What a person decided, never changed afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeDecision {
    /// 1 for the first decision of all, and so on.
    pub(crate) number: u64,
    pub(crate) place_id: String,
    pub(crate) rule_set_id: String,
    /// `None` revokes the decision before.
    pub(crate) type_id: Option<String>,
    /// What the place showed, in rule order.
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) author: String,
    pub(crate) reason: String,
    pub(crate) decided_at: Timestamp,
    /// Ingestion's newest position at the time.
    pub(crate) position: u64,
}

/// Where a decision stands among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) number: u64,
    /// Ingestion's newest position, as far as decisions know.
    pub(crate) position: u64,
    pub(crate) at: Timestamp,
}

impl Step {
    /// The step behind `last`, of a decision at a position and time. Times rise, by a microsecond at least, and
    /// positions never fall, also where the clock was set back or two decisions overtook each other on their way.
    pub(crate) fn after(last: Option<Self>, position: u64, now: Timestamp) -> Self {
        let Some(last) = last else { return Self { number: 1, position, at: now } };
        let later = last.at.saturating_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX);
        Self { number: last.number + 1, position: last.position.max(position), at: now.max(later) }
    }
}

/// What a decision did in a classification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecisionState {
    /// It gave the type.
    Applied,
    /// The place shows other evidence, or the rule set has the type no more: the rules decided.
    Outdated,
    /// It revokes the one before: the rules decided.
    Revoked,
}

impl DecisionState {
    const ALL: [Self; 3] = [Self::Applied, Self::Outdated, Self::Revoked];

    /// How the record spells it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "APPLIED",
            Self::Outdated => "OUTDATED",
            Self::Revoked => "REVOKED",
        }
    }

    /// The state with this spelling.
    pub(crate) fn named(state: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == state)
    }
}

/// A decision as a classification met it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MetDecision {
    pub(crate) decision: TypeDecision,
    pub(crate) state: DecisionState,
}

/// The newest decision about each place, among those that a classification heeds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decisions {
    of_places: HashMap<String, TypeDecision>,
}

impl Decisions {
    /// Adds a decision; it replaces an earlier one about the same place. To be called in the order of their numbers.
    pub(crate) fn add(&mut self, decision: TypeDecision) {
        self.of_places.insert(decision.place_id.clone(), decision);
    }

    /// What the rules said of a place, with the decision about it heeded.
    pub(crate) fn heed(&self, by_rules: PlaceClass, types: &[Named]) -> PlaceClass {
        match self.of_places.get(&by_rules.place_id) {
            Some(decision) => decision.meet(by_rules, types),
            None => by_rules,
        }
    }
}

impl TypeDecision {
    /// What the rules said of the place, with this decision heeded; `types` are those of the rule set.
    fn meet(&self, by_rules: PlaceClass, types: &[Named]) -> PlaceClass {
        let mut class = by_rules;
        let state = match &self.type_id {
            None => DecisionState::Revoked,
            Some(type_id) => match self.fault(type_id, &class, types) {
                None => {
                    class.type_id.clone_from(type_id);
                    class.reasons.clear();
                    DecisionState::Applied
                }
                Some(message) => {
                    class.reasons.push(Reason { code: ReasonCode::DecisionOutdated, message });
                    DecisionState::Outdated
                }
            },
        };
        class.decision = Some(MetDecision { decision: self.clone(), state });
        class
    }

    /// Why the decision does not hold any more, if it does not.
    fn fault(&self, type_id: &str, class: &PlaceClass, types: &[Named]) -> Option<Text> {
        let number = self.number;
        if !types.iter().any(|known| known.id == *type_id) {
            return Some(Text::new(
                format!("人工认定 {number}（{type_id}）的类型已不在规则集中，请重新复核"),
                format!("the rule set has the type of decision {number} ({type_id}) no more; look again"),
            ));
        }
        (!shows_the_same(&self.evidence, &class.evidence)).then(|| {
            Text::new(
                format!("人工认定 {number}（{type_id}）作出之后分类依据已变化，请重新复核"),
                format!("decision {number} ({type_id}) was taken on other evidence; look again"),
            )
        })
    }
}

/// Whether a place shows the same facts: what rules make of them is theirs, and may change from version to version.
fn shows_the_same(one: &[Evidence], other: &[Evidence]) -> bool {
    let facts = |evidence: &[Evidence]| -> BTreeSet<(String, String)> {
        evidence.iter().map(|fact| (fact.feature.clone(), fact.value.clone())).collect()
    };
    facts(one) == facts(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::place_class::UNCLASSIFIED;
    use crate::domain::{Place, RuleSet};
    use crate::shipped::shipped;

    const MIXED: &str = "商品房住宅动迁配套房";

    fn rules() -> RuleSet {
        RuleSet::parse(shipped("pudong-housing").unwrap().toml).unwrap()
    }

    fn showing(housing_nature: &str) -> PlaceClass {
        let place =
            Place { id: "P".to_owned(), housing_nature: housing_nature.to_owned(), ..Place::default() };
        rules().classify(&place, 2021)
    }

    fn decision(number: u64, type_id: Option<&str>, housing_nature: &str) -> TypeDecision {
        TypeDecision {
            number,
            place_id: "P".to_owned(),
            rule_set_id: "pudong-housing".to_owned(),
            type_id: type_id.map(str::to_owned),
            evidence: showing(housing_nature).evidence,
            author: "王芳".to_owned(),
            reason: "现场核实".to_owned(),
            decided_at: Timestamp::UNIX_EPOCH,
            position: 1,
        }
    }

    fn heeded(decisions: &[TypeDecision], housing_nature: &str) -> PlaceClass {
        let mut heeded = Decisions::default();
        decisions.iter().cloned().for_each(|decision| heeded.add(decision));
        heeded.heed(showing(housing_nature), rules().types())
    }

    fn state(class: &PlaceClass) -> Option<DecisionState> {
        class.decision.as_ref().map(|met| met.state)
    }

    #[test]
    fn a_decision_gives_the_type_and_changes_nothing_else() {
        let by_rules = showing(MIXED);
        assert_eq!(by_rules.type_id, UNCLASSIFIED);
        let class = heeded(&[decision(1, Some("RELOCATION"), MIXED)], MIXED);
        assert_eq!((class.type_id.as_str(), state(&class)), ("RELOCATION", Some(DecisionState::Applied)));
        assert!(class.reasons.is_empty());
        let restored = PlaceClass {
            type_id: by_rules.type_id.clone(),
            reasons: by_rules.reasons.clone(),
            decision: None,
            ..class
        };
        assert_eq!(restored, by_rules);
    }

    #[test]
    fn on_other_evidence_the_rules_decide_and_a_person_looks_again() {
        let class = heeded(&[decision(1, Some("RELOCATION"), MIXED)], "商品房");
        assert_eq!((class.type_id.as_str(), state(&class)), ("COMMODITY", Some(DecisionState::Outdated)));
        assert_eq!(class.reasons[0].code, ReasonCode::DecisionOutdated);
        assert!(class.reasons[0].message.zh.contains("分类依据已变化"), "{class:?}");
        assert!(class.is_for_review());
    }

    #[test]
    fn a_type_that_the_rule_set_has_no_more_outdates_a_decision() {
        let class = heeded(&[decision(1, Some("TOWN_HOUSE"), MIXED)], MIXED);
        assert_eq!((class.type_id.as_str(), state(&class)), (UNCLASSIFIED, Some(DecisionState::Outdated)));
        let why = &class.reasons.last().unwrap().message;
        assert!(why.zh.contains("类型已不在规则集中") && !why.zh.contains("依据"), "{why:?}");
        assert!(why.en.contains("no more") && !why.en.contains("evidence"), "{why:?}");
    }

    #[test]
    fn what_the_rules_make_of_the_same_facts_outdates_no_decision() {
        let mut decided = decision(1, Some("RELOCATION"), MIXED);
        for fact in &mut decided.evidence {
            fact.type_id = Some("COMMODITY".to_owned());
        }
        decided.evidence.reverse();
        assert_eq!(state(&heeded(&[decided], MIXED)), Some(DecisionState::Applied));
    }

    #[test]
    fn the_newest_decision_about_a_place_counts_and_a_revocation_gives_back_to_the_rules() {
        let first = decision(1, Some("RELOCATION"), MIXED);
        let class = heeded(&[first.clone(), decision(2, Some("COMMODITY"), MIXED)], MIXED);
        assert_eq!(class.type_id, "COMMODITY");
        let class = heeded(&[first, decision(2, None, MIXED)], MIXED);
        assert_eq!((class.type_id.as_str(), state(&class)), (UNCLASSIFIED, Some(DecisionState::Revoked)));
        assert_eq!(class.reasons, showing(MIXED).reasons);
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_decision_older_than_one_before_it() {
        let at = |microsecond| Timestamp::from_microsecond(microsecond).unwrap();
        let first = Step::after(None, 7, at(50));
        assert_eq!(first, Step { number: 1, position: 7, at: at(50) });
        let second = Step::after(Some(first), 6, at(20));
        assert_eq!(second, Step { number: 2, position: 7, at: at(51) });
    }

    #[test]
    fn what_is_plain_is_not_for_review_and_what_is_decided_on_stays_there() {
        assert!(!showing("商品房").is_for_review());
        assert!(showing(MIXED).is_for_review() && showing("").is_for_review());
        // Where two facts of three suffice, they give a type, but not without a doubt.
        let text =
            shipped("pudong-housing").unwrap().toml.replace("minimum_degree = 1.0", "minimum_degree = 0.6");
        let nature = "商品房、商品房住宅、动迁房".to_owned();
        let place = Place { id: "P".to_owned(), housing_nature: nature, ..Place::default() };
        let doubtful = RuleSet::parse(&text).unwrap().classify(&place, 2021);
        assert!(doubtful.type_id == "COMMODITY" && doubtful.is_for_review());
        assert!(heeded(&[decision(1, Some("RELOCATION"), "商品房")], "商品房").is_for_review());
        assert!(!heeded(&[decision(1, None, "商品房")], "商品房").is_for_review());
    }
}
