//! The digest of an analysis: what was asked and found, under the digest of its assessment. No ids, no instants.

use xiuhua_indicators::digest::DigestBuilder;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::uncertainty::sobol_indices::Estimate;

use super::{Asked, Findings};
use crate::domain::assessment::Plan;

/// The digest of an analysis of the assessment with `recorded_digest`.
pub(super) fn analysis_digest(
    outline: &Outline<'_>,
    plan: &Plan,
    recorded_digest: &str,
    asked: &Asked,
    found: &Findings,
) -> String {
    let mut digest = DigestBuilder::new("uncertainty");
    digest.text(recorded_digest).text(&asked.seed.to_string()).count(u64::from(asked.draws));
    digest.text("factors").count(found.factors.len() as u64);
    for used in &found.factors {
        digest.text(&used.factor);
        for counts in [used.alone, used.drawn] {
            digest.count(counts.runs).count(counts.differed).count(counts.ranks_changed);
        }
    }
    digest.text("draws").count(found.drawn.settings.len() as u64);
    found.drawn.settings.iter().for_each(|settings| {
        digest.text(&settings.to_string());
    });

    digest.text("intervals");
    for (node, (intervals, tiers)) in found.drawn.intervals.iter().zip(&found.drawn.tiers).enumerate() {
        digest.text(&outline.node_item(node).code).count(intervals.len() as u64);
        for (place, (interval, tier)) in intervals.iter().zip(tiers).enumerate() {
            let Some(interval) = interval else { continue };
            digest.text(found.places[place].0.as_str()).count(interval.scored as u64);
            digest
                .number(interval.low)
                .number(interval.median)
                .number(interval.high)
                .number(interval.top_tenth);
            digest.count(tier.map_or(0, |tier| tier as u64));
        }
    }

    digest.text("sensitivity");
    if let Some(sensitivity) = &found.sensitivity {
        for (kind, output) in sensitivity.outputs.iter().enumerate() {
            digest.text(plan.types.get(kind).map_or("ALL", String::as_str));
            digest.number(output.mean).number(output.variance);
            for index in &output.indices {
                add_estimate(&mut digest, index.first);
                add_estimate(&mut digest, index.total);
            }
        }
    }

    digest.text("left out").count(found.left_out.len() as u64);
    for left in &found.left_out {
        digest.text(&outline.catalog().items[left.item.0].code);
        for shift in &left.shifts {
            digest.number(shift.mean).count(shift.greatest as u64);
            digest.count(shift.compared as u64).count(shift.lost as u64);
        }
    }
    digest.finish()
}

fn add_estimate(digest: &mut DigestBuilder, estimate: Estimate) {
    digest.number(estimate.value).number(estimate.low).number(estimate.high);
}
