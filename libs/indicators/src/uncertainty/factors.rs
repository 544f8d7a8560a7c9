//! The factors (不确定因素): what is varied, and how far.
//!
//! A factor has a form in text, `kind=choices`, which is what people ask for, what is kept and what is shown:
//! `sample=redraw`, `weights=uniform:0.25`, `extension=0,0.05,0.1,0.15`, `aggregation=declared,geometric:0.01`,
//! `missing=1/2,2/3,3/4`.

use std::fmt;
use std::str::FromStr;

/// The kinds of factor, in the order they are listed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactorKind {
    /// Which places set the thresholds.
    Sample,
    /// How much each indicator counts.
    Weights,
    /// How far the sampled extremes are extended (顺延).
    Extension,
    /// Which mean composes a node.
    Aggregation,
    /// How much must be observed for a score.
    Missing,
}

/// A factor and the choices it is drawn from.
#[derive(Clone, Debug, PartialEq)]
pub enum Factor {
    /// Other samples.
    Sample(Resampling),
    /// Other weights.
    Weights(Perturbation),
    /// Shares to extend by, each as likely as the others: instead of the share that a catalog declares, by value or by
    /// range as it declares.
    Extension(Vec<f64>),
    /// Means, each as likely as the others.
    Aggregation(Vec<Aggregation>),
    /// Minimum coverages of every node, each as likely as the others, in 0..=1.
    Missing(Vec<f64>),
}

/// How another sample is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resampling {
    /// Another simple random sample of the same size from the frame, which is what drawing again would have given.
    Redraw,
    /// As many members as there are, drawn from the sample with replacement. The greatest of them never exceeds the
    /// sample's, so the spread of thresholds is understated: for where the frame is not to be trusted.
    Bootstrap,
}

/// How other weights are had.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Perturbation {
    /// Each weight times a number uniform in 1 ± share, the share in (0, 1].
    Uniform(f64),
    /// The weights under one parent from a Dirichlet distribution with parameters `concentration · share of weight`; the
    /// larger the concentration, the nearer to the declared weights. Above 0.
    Dirichlet(f64),
}

/// How nodes are composed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aggregation {
    /// As the catalog declares.
    Declared,
    /// Every node by an arithmetic mean.
    Arithmetic,
    /// Every node by a geometric mean, values below the floor raised to it; the floor in (0, 1).
    Geometric(f64),
}

/// A text that is no factor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no factor: {reason}")]
pub struct FactorFault {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: FactorReason,
}

/// What is wrong with a factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactorReason {
    /// There is no such kind.
    #[error("its kind is none of sample, weights, extension, aggregation, missing")]
    Kind,
    /// The kind does not have the choice.
    #[error("the kind has no such choice")]
    Choice,
    /// A number is none, or outside its range.
    #[error("a number is not a number or outside its range")]
    Number,
    /// The kind appears twice.
    #[error("its kind appears twice")]
    Twice,
}

impl FactorKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Sample, Self::Weights, Self::Extension, Self::Aggregation, Self::Missing];

    /// Its word: `sample`, `weights`, `extension`, `aggregation`, `missing`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sample => "sample",
            Self::Weights => "weights",
            Self::Extension => "extension",
            Self::Aggregation => "aggregation",
            Self::Missing => "missing",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl Factor {
    /// What is varied unless somebody asks for something else: another sample from the frame, weights within ±25 %,
    /// extensions of 0, 5, 10 and 15 %, the declared mean or a geometric one with a floor of 0.01, and a minimum coverage
    /// of 1/2, 2/3 or 3/4.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        vec![
            Self::Sample(Resampling::Redraw),
            Self::Weights(Perturbation::Uniform(0.25)),
            Self::Extension(vec![0.0, 0.05, 0.1, 0.15]),
            Self::Aggregation(vec![Aggregation::Declared, Aggregation::Geometric(0.01)]),
            Self::Missing(vec![1.0 / 2.0, 2.0 / 3.0, 3.0 / 4.0]),
        ]
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> FactorKind {
        match self {
            Self::Sample(_) => FactorKind::Sample,
            Self::Weights(_) => FactorKind::Weights,
            Self::Extension(_) => FactorKind::Extension,
            Self::Aggregation(_) => FactorKind::Aggregation,
            Self::Missing(_) => FactorKind::Missing,
        }
    }

    /// Reads factors, each of another kind, and sets them in the order of their kinds.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn parse_all<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Vec<Self>, Vec<FactorFault>> {
        let (mut factors, mut faults): (Vec<Self>, Vec<FactorFault>) = (Vec::new(), Vec::new());
        for text in texts {
            match text.parse::<Self>() {
                Ok(factor) if factors.iter().any(|known| known.kind() == factor.kind()) => {
                    faults.push(FactorFault { text: text.to_owned(), reason: FactorReason::Twice });
                }
                Ok(factor) => factors.push(factor),
                Err(fault) => faults.push(fault),
            }
        }
        factors.sort_by_key(Self::kind);
        if faults.is_empty() { Ok(factors) } else { Err(faults) }
    }
}

impl FromStr for Factor {
    type Err = FactorFault;

    fn from_str(text: &str) -> Result<Self, FactorFault> {
        read(text.trim()).map_err(|reason| FactorFault { text: text.to_owned(), reason })
    }
}

fn read(text: &str) -> Result<Factor, FactorReason> {
    let (kind, choices) = text.split_once('=').unwrap_or((text, ""));
    let kind = FactorKind::of_word(kind.trim()).ok_or(FactorReason::Kind)?;
    let choices: Vec<&str> = choices.split(',').map(str::trim).filter(|choice| !choice.is_empty()).collect();
    if choices.is_empty() {
        // The kind alone means its default.
        let default = Factor::defaults().into_iter().find(|factor| factor.kind() == kind);
        return default.ok_or(FactorReason::Kind);
    }
    let numbers = |low: f64, high: f64| {
        choices.iter().map(|choice| number(choice, low..=high)).collect::<Result<Vec<f64>, _>>()
    };
    match (kind, choices.as_slice()) {
        (FactorKind::Sample, ["redraw"]) => Ok(Factor::Sample(Resampling::Redraw)),
        (FactorKind::Sample, ["bootstrap"]) => Ok(Factor::Sample(Resampling::Bootstrap)),
        (FactorKind::Weights, [choice]) => Ok(Factor::Weights(perturbation(choice)?)),
        (FactorKind::Extension, _) => Ok(Factor::Extension(numbers(0.0, 10.0)?)),
        (FactorKind::Missing, _) => Ok(Factor::Missing(numbers(0.0, 1.0)?)),
        (FactorKind::Aggregation, choices) => {
            let choices = choices.iter().map(|choice| aggregation(choice));
            Ok(Factor::Aggregation(choices.collect::<Result<_, _>>()?))
        }
        (FactorKind::Sample | FactorKind::Weights, _) => Err(FactorReason::Choice),
    }
}

fn perturbation(text: &str) -> Result<Perturbation, FactorReason> {
    match text.split_once(':') {
        Some(("uniform", share)) => Ok(Perturbation::Uniform(number(share, f64::MIN_POSITIVE..=1.0)?)),
        Some(("dirichlet", concentration)) => {
            Ok(Perturbation::Dirichlet(number(concentration, f64::MIN_POSITIVE..=1e9)?))
        }
        _ => Err(FactorReason::Choice),
    }
}

fn aggregation(text: &str) -> Result<Aggregation, FactorReason> {
    match (text, text.split_once(':')) {
        ("declared", _) => Ok(Aggregation::Declared),
        ("arithmetic", _) => Ok(Aggregation::Arithmetic),
        (_, Some(("geometric", floor))) => {
            let floor = number(floor, f64::MIN_POSITIVE..=1.0)?;
            if floor < 1.0 { Ok(Aggregation::Geometric(floor)) } else { Err(FactorReason::Number) }
        }
        _ => Err(FactorReason::Choice),
    }
}

/// A decimal number or a fraction `a/b`, within its range.
fn number(text: &str, range: std::ops::RangeInclusive<f64>) -> Result<f64, FactorReason> {
    let decimal = |text: &str| text.trim().parse::<f64>().map_err(|_| FactorReason::Number);
    let found = match text.split_once('/') {
        Some((above, below)) => decimal(above)? / decimal(below)?,
        None => decimal(text)?,
    };
    // NaN lies in no range.
    if range.contains(&found) { Ok(found) } else { Err(FactorReason::Number) }
}

impl fmt::Display for Factor {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(text, "{}=", self.kind().as_str())?;
        match self {
            Self::Sample(resampling) => write!(text, "{resampling}"),
            Self::Weights(perturbation) => write!(text, "{perturbation}"),
            Self::Extension(shares) | Self::Missing(shares) => list(text, shares),
            Self::Aggregation(means) => list(text, means),
        }
    }
}

fn list<T: fmt::Display>(text: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        write!(text, "{comma}{item}")?;
    }
    Ok(())
}

impl fmt::Display for Resampling {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str(match self {
            Self::Redraw => "redraw",
            Self::Bootstrap => "bootstrap",
        })
    }
}

impl fmt::Display for Perturbation {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uniform(share) => write!(text, "uniform:{share}"),
            Self::Dirichlet(concentration) => write!(text, "dirichlet:{concentration}"),
        }
    }
}

impl fmt::Display for Aggregation {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declared => text.write_str("declared"),
            Self::Arithmetic => text.write_str("arithmetic"),
            Self::Geometric(floor) => write!(text, "geometric:{floor}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let others = ["sample=bootstrap", "weights=dirichlet:80", "aggregation=arithmetic,geometric:0.05"];
        let others = others.map(|text| text.parse().unwrap());
        for factor in Factor::defaults().into_iter().chain(others) {
            assert_eq!(factor.to_string().parse(), Ok(factor));
        }
        assert_eq!("missing=1/2, 2/3".parse(), Ok(Factor::Missing(vec![0.5, 2.0 / 3.0])));
        assert_eq!("weights".parse(), Ok(Factor::Weights(Perturbation::Uniform(0.25))));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let texts = [
            "colour=red",
            "sample=census",
            "weights=uniform:2",
            "weights=uniform:nan",
            "missing=1/0",
            "aggregation=geometric:1",
            "extension=-0.1",
            "extension=0",
            "extension=0.1",
        ];
        let faults = Factor::parse_all(texts).unwrap_err();
        let reasons: Vec<FactorReason> = faults.into_iter().map(|fault| fault.reason).collect();
        use FactorReason::{Choice, Kind, Number, Twice};
        assert_eq!(reasons, [Kind, Choice, Number, Number, Number, Number, Number, Twice]);
    }
}
