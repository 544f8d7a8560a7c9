//! A slow, obvious second reading of the rules of treatment: values are moved one step at a time in a plain list, and
//! every figure is computed from its textbook formula.

use xiuhua_indicators::catalog::{Force, Share, Treat};
use xiuhua_indicators::treatment::Treatment;

/// What became of a sample.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Untreated,
    /// Limits as text, so that they are compared digit by digit, and how many lie beyond.
    Winsorised(String, String, usize, usize),
    /// Origin to nine digits, and whether mirrored.
    Logarithm(String, bool),
}

/// The naive finding.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) outcome: Outcome,
    limits: (f64, f64),
    origin: f64,
    /// A figure lies so near its limit that round-off decides.
    pub(crate) close_call: bool,
}

impl Finding {
    /// The number that is rescaled: the value, or its logarithm where one is taken; `None` where there is none.
    pub(crate) fn logarithm(&self, value: f64) -> Option<f64> {
        let Outcome::Logarithm(_, mirrored) = self.outcome else { return Some(value) };
        let distance = if mirrored { self.origin - value } else { value - self.origin };
        let sign = if mirrored { -1.0 } else { 1.0 };
        (distance > 0.0).then(|| sign * distance.ln())
    }

    pub(crate) fn treated(&self, value: f64) -> f64 {
        if value < self.limits.0 {
            self.limits.0
        } else if value > self.limits.1 {
            self.limits.1
        } else {
            value
        }
    }
}

/// The engine's treatment in the words of this one.
pub(crate) fn outcome(treatment: Treatment) -> Outcome {
    match treatment {
        Treatment::Untreated => Outcome::Untreated,
        Treatment::Winsorised(limits) => Outcome::Winsorised(
            format!("{:?}", limits.lower),
            format!("{:?}", limits.upper),
            limits.low_points,
            limits.high_points,
        ),
        Treatment::Logarithm(found) => Outcome::Logarithm(format!("{:.9e}", found.origin), found.mirrored),
    }
}

pub(crate) fn treatment(treat: Treat, sample: &[f64]) -> Finding {
    let untreated = Finding {
        outcome: Outcome::Untreated,
        limits: (f64::NEG_INFINITY, f64::INFINITY),
        origin: 0.0,
        close_call: false,
    };
    let distinct = distinct(sample);
    if distinct.len() < 2 {
        return untreated;
    }
    match treat {
        Treat::None => untreated,
        Treat::Forced(Force::Log) => {
            let (skew, close_call) = match sample.len() {
                0..=3 => (0.0, false),
                _ => (skew(sample), skew(sample).abs() < 1e-9),
            };
            logarithm(sample, skew < 0.0, close_call)
        }
        Treat::Forced(Force::Limits { lower, upper }) => {
            let limits = (lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY));
            let finding = Finding { limits, ..untreated.clone() };
            let moved: Vec<f64> = sample.iter().map(|&value| finding.treated(value)).collect();
            if self::distinct(&moved).len() < 2 {
                return untreated;
            }
            let below = sample.iter().filter(|&&value| value < limits.0).count();
            let above = sample.iter().filter(|&&value| value > limits.1).count();
            let outcome = Outcome::Winsorised(format!("{lower:?}"), format!("{upper:?}"), below, above);
            Finding { outcome, ..finding }
        }
        _ if sample.len() < 4 => untreated,
        Treat::Forced(Force::Ends { low, high }) => {
            let count = |share: Share| match share {
                Share::Members(members) => f64::from(members),
                Share::Part(part) => part * sample.len() as f64,
            };
            let mut values = sample.to_vec();
            while let Some(stepped) = step(&values, false) {
                if moved(sample, &stepped).0 as f64 > count(low) + 1e-9 {
                    break;
                }
                values = stepped;
            }
            while let Some(stepped) = step(&values, true) {
                if moved(sample, &stepped).1 as f64 > count(high) + 1e-9 {
                    break;
                }
                values = stepped;
            }
            Finding { ..winsorised(sample, &values) }
        }
        Treat::Tested { skew: skew_limit, kurtosis: kurtosis_limit, share, log } => {
            let mut values = sample.to_vec();
            let mut close_call = false;
            loop {
                let (skew, kurtosis) = (skew(&values), kurtosis(&values));
                close_call |=
                    (skew.abs() - skew_limit).abs() < 1e-9 || (kurtosis - kurtosis_limit).abs() < 1e-9;
                // Which end is treated hangs on the sign.
                close_call |= skew.abs() < 1e-9;
                if skew.abs() < skew_limit || kurtosis < kurtosis_limit {
                    return Finding { close_call, ..winsorised(sample, &values) };
                }
                let stepped = step(&values, skew >= 0.0).filter(|stepped| {
                    let (low, high) = moved(sample, stepped);
                    (low + high) as f64 <= share * sample.len() as f64 + 1e-9
                });
                match stepped {
                    Some(stepped) => values = stepped,
                    None if log => {
                        let original = self::skew(sample);
                        return logarithm(sample, original < 0.0, close_call || original.abs() < 1e-9);
                    }
                    None => return Finding { close_call, ..winsorised(sample, &values) },
                }
            }
        }
    }
}

fn distinct(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
}

/// All values at one end set to the next; `None` if nothing would differ any more.
fn step(values: &[f64], high: bool) -> Option<Vec<f64>> {
    let distinct = distinct(values);
    if distinct.len() < 3 {
        return None;
    }
    let (end, next) = if high {
        (distinct[distinct.len() - 1], distinct[distinct.len() - 2])
    } else {
        (distinct[0], distinct[1])
    };
    Some(values.iter().map(|&value| if value == end { next } else { value }).collect())
}

/// How many values were raised, and how many lowered.
fn moved(sample: &[f64], values: &[f64]) -> (usize, usize) {
    let raised = sample.iter().zip(values).filter(|(before, after)| after > before).count();
    let lowered = sample.iter().zip(values).filter(|(before, after)| after < before).count();
    (raised, lowered)
}

fn winsorised(sample: &[f64], values: &[f64]) -> Finding {
    let (low, high) = moved(sample, values);
    let ends = distinct(values);
    let lower = (low > 0).then_some(ends[0]);
    let upper = (high > 0).then_some(ends[ends.len() - 1]);
    let outcome = if low + high == 0 {
        Outcome::Untreated
    } else {
        Outcome::Winsorised(format!("{lower:?}"), format!("{upper:?}"), low, high)
    };
    let limits = (lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY));
    Finding { outcome, limits, origin: 0.0, close_call: false }
}

fn logarithm(sample: &[f64], mirrored: bool, close_call: bool) -> Finding {
    let ends = distinct(sample);
    let (least, greatest) = (ends[0], ends[ends.len() - 1]);
    let margin = 0.01 * (greatest - least);
    let origin = if mirrored { greatest + margin } else { least - margin };
    let outcome = Outcome::Logarithm(format!("{origin:.9e}"), mirrored);
    Finding { outcome, limits: (f64::NEG_INFINITY, f64::INFINITY), origin, close_call }
}

fn skew(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let moment = |power: i32| central_moment(values, power);
    (n * (n - 1.0)).sqrt() / (n - 2.0) * moment(3) / moment(2).powf(1.5)
}

fn kurtosis(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let g2 = central_moment(values, 4) / central_moment(values, 2).powi(2) - 3.0;
    (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * g2 + 6.0)
}

fn central_moment(values: &[f64], power: i32) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / n
}
