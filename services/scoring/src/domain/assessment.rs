//! The assessment (测评): what is to be run, and what became of it.

use std::time::Duration;

use jiff::Timestamp;

use super::decision::Decision;
use super::id::{AssessmentId, PlaceId};
use super::period::Period;

/// The type of a place that no rule could place; it has no scores.
pub(crate) const UNCLASSIFIED: &str = "UNCLASSIFIED";

/// All types together, and the only type of a catalog without a rule set.
pub(crate) const ALL: &str = "ALL";

/// One immutable run of the index.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assessment {
    /// Its name.
    pub(crate) id: AssessmentId,
    /// What it computes, fixed when it was asked for.
    pub(crate) plan: Plan,
    /// When it was asked for.
    pub(crate) created: Timestamp,
    /// How often a worker has begun it, without those that were given back in order.
    pub(crate) attempts: u32,
    /// How far it is.
    pub(crate) state: State,
}

/// Everything that decides what a run computes: the same plan gives the same digest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// The assessed period.
    pub(crate) period: Period,
    /// Ingestion position its values are read at.
    pub(crate) as_of_position: u64,
    /// Types of the places, from the classification of the run.
    pub(crate) classification_id: String,
    /// The rule set behind the types.
    pub(crate) rule_set: Version,
    /// Types in the rule set's order, without UNCLASSIFIED.
    pub(crate) types: Vec<String>,
    /// The thresholds it measures with.
    pub(crate) threshold_set: ThresholdSetUse,
    /// The catalog, which is the threshold set's.
    pub(crate) catalog: Version,
    /// Score of a perfect node: 100 or 1.
    pub(crate) scale: f64,
    /// The weight scheme it weighs with; `None`: the catalog's own weights.
    pub(crate) weight_scheme: Option<Version>,
}

/// A version of something kept as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// Stable id.
    pub(crate) id: String,
    /// Version.
    pub(crate) version: String,
    /// SHA-256 of the text, lower-case hexadecimal.
    pub(crate) hash: String,
}

/// What a run takes from a threshold set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ThresholdSetUse {
    /// Its id.
    pub(crate) id: String,
    /// The classification its samples were drawn from.
    pub(crate) classification_id: String,
    /// The periods its base values come from, earliest first.
    pub(crate) base_periods: Vec<Period>,
    /// Ingestion position its base values were read at.
    pub(crate) as_of_position: u64,
}

/// The life of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    /// Waits for a worker.
    Pending,
    /// A worker is at it; the share of the work done, 0..=1.
    Running(f64),
    /// Complete; its results can be read.
    Succeeded(Box<Success>),
    /// Ended without results.
    Failed(Failure),
    /// Ended on request, without results.
    Cancelled(Decision),
    /// Complete and in force.
    Published {
        /// What stands beside its results.
        success: Box<Success>,
        /// Who put it in force.
        published: Decision,
    },
    /// Complete, was in force and is no longer.
    Withdrawn {
        /// What stands beside its results.
        success: Box<Success>,
        /// Who put it in force.
        published: Decision,
        /// Who took it out of force.
        withdrawn: Decision,
    },
}

/// What stands beside the results of a complete run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Success {
    /// SHA-256 over the canonical form of inputs and results, lower-case hexadecimal.
    pub(crate) digest: String,
    /// Version of the code that computed it.
    pub(crate) code_version: String,
    /// When it ended.
    pub(crate) finished: Timestamp,
    /// Places by type in the rule set's order, UNCLASSIFIED last.
    pub(crate) types: Vec<TypeSummary>,
    /// Places with scores that weigh nothing in groups for want of households.
    pub(crate) places_without_households: u64,
}

/// Places of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeSummary {
    /// The type, or [`UNCLASSIFIED`].
    pub(crate) name: String,
    /// Places of it.
    pub(crate) places: u64,
    /// Of these, places with a score at the root.
    pub(crate) scored: u64,
}

/// Why a run has no results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// In Chinese.
    pub(crate) zh: String,
    /// In English.
    pub(crate) en: String,
    /// When it ended.
    pub(crate) finished: Timestamp,
}

/// A place as the run saw it: kept, as the register moves on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Id.
    pub(crate) id: PlaceId,
    /// Name.
    pub(crate) name: String,
    /// Sub-district or town (街镇); empty where unknown.
    pub(crate) town_code: String,
    /// Its name.
    pub(crate) town_name: String,
    /// Neighbourhood committee (居委会); empty where unknown.
    pub(crate) committee: String,
    /// District; empty where unknown.
    pub(crate) district_code: String,
    /// Its name.
    pub(crate) district_name: String,
    /// Households; `None` where unknown.
    pub(crate) households: Option<u64>,
    /// Position of its type in [`Plan::types`]; `None` where unclassified.
    pub(crate) type_at: Option<usize>,
    /// It is in the sample of its type.
    pub(crate) sampled: bool,
}

impl Assessment {
    /// Whether its run is over, well or badly.
    pub(crate) fn is_over(&self) -> bool {
        !matches!(self.state, State::Pending | State::Running(_))
    }

    /// What stands beside its results; `None` where it has none.
    pub(crate) fn success(&self) -> Option<&Success> {
        match &self.state {
            State::Succeeded(success)
            | State::Published { success, .. }
            | State::Withdrawn { success, .. } => Some(success),
            State::Pending | State::Running(_) | State::Failed(_) | State::Cancelled(_) => None,
        }
    }
}

impl Failure {
    /// What is said of an assessment whose record is damaged, in Chinese and English.
    pub(crate) const UNREADABLE: (&str, &str) = (
        "此测评的记录已损坏，无法读取；请向运维人员查询日志",
        "the record of this assessment is damaged and cannot be read; ask the operators for the log",
    );

    /// Of a run that passing failures kept from its end, with what the last of them said.
    pub(crate) fn of_worn_out(attempts: u32, (zh, en): (&str, &str), finished: Timestamp) -> Self {
        Self {
            zh: format!("第 {attempts} 次尝试后放弃：{zh}"),
            en: format!("given up after attempt {attempts}: {en}"),
            finished,
        }
    }

    /// Of a run whose record is damaged.
    pub(crate) fn of_unreadable(finished: Timestamp) -> Self {
        let (zh, en) = Self::UNREADABLE;
        Self { zh: zh.to_owned(), en: en.to_owned(), finished }
    }

    /// Of a run whose workers ended before it did.
    pub(crate) fn of_deadly(attempts: u32, finished: Timestamp) -> Self {
        Self {
            zh: format!("运行中的进程已 {attempts} 次中断，不再重试；请向运维人员查询日志"),
            en: format!(
                "the process that ran it ended {attempts} times before the run did, given up; ask the operators \
                 for the log"
            ),
            finished,
        }
    }
}

/// How long a run waits after its `attempts`-th begin met a passing failure: 1 s, doubled each time, 60 s at most.
pub(crate) fn wait_after(attempts: u32) -> Duration {
    const LONGEST_S: u64 = 60;
    let doublings = attempts.saturating_sub(1).min(6);
    Duration::from_secs((1 << doublings).min(LONGEST_S))
}

impl Plan {
    /// What its weights are called: `id@version` of a scheme, or `catalog`.
    pub(crate) fn weights_name(&self) -> String {
        let own = || super::weight_scheme::CATALOG.to_owned();
        self.weight_scheme.as_ref().map_or_else(own, |scheme| format!("{}@{}", scheme.id, scheme.version))
    }

    /// Position of UNCLASSIFIED in lists by type: after the last type.
    pub(crate) fn unclassified_at(&self) -> usize {
        self.types.len()
    }

    /// Position of a type in lists by type, UNCLASSIFIED included.
    pub(crate) fn type_at(&self, name: &str) -> Option<usize> {
        if name == UNCLASSIFIED {
            return Some(self.unclassified_at());
        }
        self.types.iter().position(|known| known == name)
    }

    /// Name of the type at a position of lists by type.
    pub(crate) fn type_name(&self, at: usize) -> &str {
        self.types.get(at).map_or(UNCLASSIFIED, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_one_second_to_a_minute() {
        let waits: Vec<u64> = (1..=9).map(|attempts| wait_after(attempts).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(wait_after(u32::MAX).as_secs(), 60);
    }
}
