//! Units that every catalog may use; a catalog declares further ones in `units`.
//!
//! A closed list, because a mistyped unit is a wrong number nobody notices. The list is data: adding a term needs no
//! other change.

/// Known unit terms.
pub(super) const KNOWN: &[&str] = &[
    // Shares, scores and states
    "%",
    "percentage points",
    "points",
    "ratio",
    "score",
    "yes/no",
    "kinds",
    "level",
    // Counts and frequencies
    "count",
    "count/year",
    "drills/year",
    "events/year",
    "meetings/year",
    // Per household, resident, member
    "cases/100 households",
    "incidents/100 households",
    "participations/100 residents",
    "points/member",
    "visits/actual resident/year",
    "visits/household/year",
    "yuan/household",
    // Plain quantities
    "days",
    "households",
    "m2",
    "persons",
    "years",
    "yuan",
];
