//! The settings (设定) of one run: every factor resolved.
//!
//! Where a factor is a list of choices, a coordinate picks one: `floor(u · k)`. Where it is a random thing, a sample or a
//! set of weights, the coordinate picks one of 2³² realisations of it, each drawn by its number. So a run is a point of
//! the unit cube, whether the point is random (intervals) or from a Sobol sequence (sensitivity).

use std::fmt;

use super::chance::{Purpose, Stream};
use super::factors::{Aggregation, Factor, FactorKind, Perturbation, Resampling};

/// How many realisations a random factor has.
const REALISATIONS: f64 = 4_294_967_296.0;

/// What one run uses; `None` is what the assessment itself used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Settings {
    /// Another sample, by its number.
    pub sample: Option<(Resampling, u64)>,
    /// Other weights, by their number.
    pub weights: Option<(Perturbation, u64)>,
    /// The share to extend sampled extremes by.
    pub extension: Option<f64>,
    /// The means of all nodes.
    pub aggregation: Option<Aggregation>,
    /// The minimum coverage of all nodes.
    pub missing: Option<f64>,
}

impl Settings {
    /// The settings at a point: a coordinate in [0, 1) for each factor, in their order.
    #[must_use]
    pub fn at(factors: &[Factor], point: &[f64]) -> Self {
        let mut settings = Self::default();
        for (factor, &coordinate) in factors.iter().zip(point) {
            settings.set(factor, coordinate);
        }
        settings
    }

    /// The settings of a random run.
    #[must_use]
    pub fn of_draw(factors: &[Factor], seed: u64, draw: u64) -> Self {
        let mut stream = Stream::of(seed, Purpose::Settings, draw, 0);
        let point: Vec<f64> = factors.iter().map(|_| stream.unit()).collect();
        Self::at(factors, &point)
    }

    /// The settings of the assessment but for one factor.
    #[must_use]
    pub fn alone(factor: &Factor, coordinate: f64) -> Self {
        Self::at(std::slice::from_ref(factor), &[coordinate])
    }

    /// Whether a factor is set; what it is set to may still be what the assessment used.
    #[must_use]
    pub fn sets(&self, kind: FactorKind) -> bool {
        match kind {
            FactorKind::Sample => self.sample.is_some(),
            FactorKind::Weights => self.weights.is_some(),
            FactorKind::Extension => self.extension.is_some(),
            FactorKind::Aggregation => self.aggregation.is_some(),
            FactorKind::Missing => self.missing.is_some(),
        }
    }

    fn set(&mut self, factor: &Factor, coordinate: f64) {
        match factor {
            Factor::Sample(resampling) => self.sample = Some((*resampling, realisation(coordinate))),
            Factor::Weights(perturbation) => self.weights = Some((*perturbation, realisation(coordinate))),
            Factor::Extension(shares) => self.extension = choice(shares, coordinate),
            Factor::Aggregation(means) => self.aggregation = choice(means, coordinate),
            Factor::Missing(minima) => self.missing = choice(minima, coordinate),
        }
    }
}

/// Choices that a proof tries one by one, as coordinates: every one of a list, some of a random thing.
pub(crate) fn trials(factor: &Factor) -> Vec<f64> {
    let count = match factor {
        Factor::Sample(_) | Factor::Weights(_) => 8,
        Factor::Extension(shares) | Factor::Missing(shares) => shares.len(),
        Factor::Aggregation(means) => means.len(),
    };
    (0..count).map(|at| (at as f64 + 0.5) / count as f64).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a coordinate lies in 0..1")]
fn choice<T: Copy>(choices: &[T], coordinate: f64) -> Option<T> {
    let at = (coordinate * choices.len() as f64) as usize;
    choices.get(at).or(choices.last()).copied()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a coordinate lies in 0..1")]
fn realisation(coordinate: f64) -> u64 {
    (coordinate * REALISATIONS) as u64
}

impl fmt::Display for Settings {
    /// `sample=redraw#17 weights=uniform:0.25#4 extension=0.05 …`; nothing for what is as in the assessment.
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.sample.map(|(resampling, number)| format!("sample={resampling}#{number}")),
            self.weights.map(|(perturbation, number)| format!("weights={perturbation}#{number}")),
            self.extension.map(|share| format!("extension={share}")),
            self.aggregation.map(|mean| format!("aggregation={mean}")),
            self.missing.map(|minimum| format!("missing={minimum}")),
        ];
        text.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_picks_one_choice_of_each_factor() {
        let factors = Factor::defaults();
        let low = Settings::at(&factors, &[0.0; 5]);
        let high = Settings::at(&factors, &[0.999_999; 5]);
        assert_eq!((low.extension, high.extension), (Some(0.0), Some(0.15)));
        assert_eq!((low.missing, high.missing), (Some(0.5), Some(0.75)));
        assert_eq!(low.aggregation, Some(Aggregation::Declared));
        assert_eq!(high.aggregation, Some(Aggregation::Geometric(0.01)));
        assert_ne!(low.sample, high.sample);
        assert!(FactorKind::ALL.into_iter().all(|kind| low.sets(kind)));
        assert_eq!(
            low.to_string(),
            "sample=redraw#0 weights=uniform:0.25#0 extension=0 aggregation=declared missing=0.5"
        );
    }

    #[test]
    fn a_draw_does_not_depend_on_others() {
        let factors = Factor::defaults();
        assert_eq!(Settings::of_draw(&factors, 3, 41), Settings::of_draw(&factors, 3, 41));
        assert_ne!(Settings::of_draw(&factors, 3, 41), Settings::of_draw(&factors, 3, 42));
        assert_eq!(Settings::alone(&factors[2], 0.3).to_string(), "extension=0.05");
    }
}
