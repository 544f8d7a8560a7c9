//! Decisions (决定) about a run: it is cancelled, put in force, taken out of force; by whom, when and why.

use jiff::Timestamp;

use super::assessment::State;

/// Who decided something, when, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    /// Who.
    pub(crate) author: String,
    /// Why.
    pub(crate) reason: String,
    /// When.
    pub(crate) time: Timestamp,
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The run ends without results.
    Cancel,
    /// Its results are in force for its catalog and period.
    Publish,
    /// They are no longer.
    Withdraw,
}

/// Why a run is in no state for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is over already.
    Over,
    /// It has no results, or they were published before.
    NotReady,
    /// It is not published.
    NotPublished,
}

impl State {
    /// The state after a decision.
    ///
    /// # Errors
    /// [`Unfit`] if there is no way from here.
    pub(crate) fn decide(self, verdict: Verdict, decision: Decision) -> Result<Self, Unfit> {
        match (verdict, self) {
            (Verdict::Cancel, Self::Pending | Self::Running(_)) => Ok(Self::Cancelled(decision)),
            (Verdict::Cancel, _) => Err(Unfit::Over),
            (Verdict::Publish, Self::Succeeded(success)) => {
                Ok(Self::Published { success, published: decision })
            }
            (Verdict::Publish, _) => Err(Unfit::NotReady),
            (Verdict::Withdraw, Self::Published { success, published }) => {
                Ok(Self::Withdrawn { success, published, withdrawn: decision })
            }
            (Verdict::Withdraw, _) => Err(Unfit::NotPublished),
        }
    }
}
