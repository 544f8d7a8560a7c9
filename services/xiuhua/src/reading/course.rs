//! The course of a place (走势): its scores in earlier periods under the threshold set of the assessment that is read, so
//! that a change of thresholds never shows as growth.

use anyhow::Result;
use serde_json::{Value, json};
use tonic::Code;
use xiuhua_contracts::scoring::v1::{Assessment, GetPlaceScoresRequest, GetPlaceScoresResponse};

use crate::platform::Platform;

/// The scores of one place in earlier assessments, earliest first.
pub(crate) struct Courses {
    periods: Vec<Earlier>,
}

struct Earlier {
    period: String,
    run: String,
    /// `None` where the place was not there, or was of another type: the scores would stand between other thresholds.
    place: Option<GetPlaceScoresResponse>,
}

impl Courses {
    /// The course of a place of a type over these assessments.
    ///
    /// # Errors
    /// If scoring cannot be read.
    pub(crate) async fn read(
        platform: &Platform,
        earlier: &[Assessment],
        place_id: &str,
        place_type: &str,
    ) -> Result<Self> {
        let mut periods = Vec::with_capacity(earlier.len());
        for run in earlier {
            let place = place_scores(platform, &run.id, place_id).await?;
            let place = place.filter(|place| place.r#type == place_type);
            periods.push(Earlier { period: run.period.clone(), run: run.id.clone(), place });
        }
        Ok(Self { periods })
    }

    /// Scores of a node, earliest first, the present one last.
    pub(crate) fn of(&self, node: &str, now: Option<f64>) -> Vec<Option<f64>> {
        let then = |earlier: &Earlier| {
            let scores = earlier.place.iter().flat_map(|place| &place.scores);
            scores.into_iter().find(|score| score.node == node)?.score
        };
        self.periods.iter().map(then).chain([now]).collect()
    }

    /// The last of a course less the one before it, both present.
    pub(crate) fn change(course: &[Option<f64>]) -> Option<f64> {
        let [.., Some(before), Some(now)] = course else { return None };
        Some(now - before)
    }

    /// The earlier scores of a node.
    pub(crate) fn json(&self, node: &str) -> Value {
        let scores = self.of(node, None);
        let each = self.periods.iter().zip(scores);
        each.map(|(earlier, score)| json!({ "period": earlier.period, "run": earlier.run, "score": score }))
            .collect()
    }
}

/// All scores of a place; `None` where the assessment does not know it.
///
/// # Errors
/// If scoring cannot be read.
pub(crate) async fn place_scores(
    platform: &Platform,
    run_id: &str,
    place_id: &str,
) -> Result<Option<GetPlaceScoresResponse>> {
    let request = GetPlaceScoresRequest { assessment_id: run_id.to_owned(), place_id: place_id.to_owned() };
    match platform.scoring().get_place_scores(request).await {
        Ok(place) => Ok(Some(place.into_inner())),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(status.into()),
    }
}
