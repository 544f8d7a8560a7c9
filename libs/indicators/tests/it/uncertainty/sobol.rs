//! Sobol indices of functions whose indices are known.

use std::f64::consts::{PI, TAU};

use xiuhua_indicators::uncertainty::chance::{Purpose, Stream};
use xiuhua_indicators::uncertainty::sobol_indices::{
    Design, Estimate, SobolIndex, indices, mean_and_variance,
};

fn near(found: Estimate, truth: f64, tolerance: f64) -> bool {
    (found.value - truth).abs() < tolerance
}

fn covers(found: Estimate, truth: f64) -> bool {
    (found.low..=found.high).contains(&truth)
}

/// Ishigami and Homma (1990), a = 7, b = 0.1, each input uniform in (-π, π).
fn ishigami(point: &[f64]) -> f64 {
    let x: Vec<f64> = point.iter().map(|u| -PI + TAU * u).collect();
    x[0].sin() + 7.0 * x[1].sin().powi(2) + 0.1 * x[2].powi(4) * x[0].sin()
}

#[test]
fn the_indices_of_ishigami_are_the_published_ones() {
    const V: f64 = 13.844_587_940_719_254;
    const FIRST: [f64; 3] = [0.313_905_191_147_811_46, 0.442_411_144_790_040_9, 0.0];
    const TOTAL: [f64; 3] = [0.557_588_855_209_959_2, 0.442_411_144_790_040_9, 0.243_683_664_062_147_7];
    for (log2, tolerance) in [(12, 0.02), (13, 0.015), (14, 0.01)] {
        let responses = Design::scrambled(3, log2, 1).evaluate(ishigami);
        let (_, variance) = mean_and_variance(&responses);
        assert!((variance / V - 1.0).abs() < 0.01, "{variance}");
        for (input, index) in indices(&responses, 1, 100).into_iter().enumerate() {
            assert!(near(index.first, FIRST[input], tolerance), "{log2} {input} {index:?}");
            assert!(near(index.total, TOTAL[input], tolerance), "{log2} {input} {index:?}");
            assert!(covers(index.first, FIRST[input]) && covers(index.total, TOTAL[input]), "{index:?}");
        }
    }
}

#[test]
fn the_indices_of_sobols_g_function_are_those_of_its_formula() {
    let a = [0.0, 1.0, 4.5, 9.0, 99.0];
    let g = |point: &[f64]| {
        point.iter().zip(a).map(|(x, a)| ((4.0 * x - 2.0_f64).abs() + a) / (1.0 + a)).product::<f64>()
    };
    // V_i = 1/3 / (1 + a_i)², V = ∏ (1 + V_i) - 1, S_i = V_i / V, S_Ti = V_i ∏_{j≠i} (1 + V_j) / V.
    let parts = a.map(|a: f64| 1.0 / 3.0 / (1.0 + a).powi(2));
    let product: f64 = parts.iter().map(|part| 1.0 + part).product();
    let found = indices(&Design::scrambled(5, 13, 3).evaluate(g), 3, 300);
    for (index, part) in found.into_iter().zip(parts) {
        let (first, total) = (part / (product - 1.0), part * product / (1.0 + part) / (product - 1.0));
        assert!(
            near(index.first, first, 0.015) && near(index.total, total, 0.015),
            "{index:?} {first} {total}"
        );
    }
}

#[test]
fn in_a_sum_first_order_and_total_agree_and_add_up_to_one() {
    let found = indices(&Design::scrambled(4, 11, 5).evaluate(|x| 4.0 * x[0] + 2.0 * x[1] - x[2]), 5, 100);
    let truth = [16.0 / 21.0, 4.0 / 21.0, 1.0 / 21.0, 0.0];
    for (index, truth) in found.iter().zip(truth) {
        assert!(near(index.first, truth, 0.01) && near(index.total, truth, 0.01), "{index:?} {truth}");
    }
    assert!((found.iter().map(|index| index.first.value).sum::<f64>() - 1.0).abs() < 0.01);
}

#[test]
fn where_nothing_varies_nothing_accounts_for_it() {
    let found = indices(&Design::scrambled(2, 6, 5).evaluate(|_| 3.0), 5, 50);
    let none = Estimate::default();
    assert_eq!(found, [SobolIndex { first: none, total: none }; 2]);
}

/// The definition, slowly: V(E(y | x_i)) / V and E(V(y | x_not i)) / V by plain chance, of a step function with an
/// interaction, as discrete factors are.
#[test]
fn the_definition_by_plain_chance_agrees() {
    let step = |point: &[f64]| {
        let (first, second) = ((point[0] * 3.0).floor(), (point[1] * 4.0).floor());
        first + 0.5 * second * second + if point[2] < 0.5 { first * second } else { 0.0 }
    };
    let found = indices(&Design::scrambled(3, 13, 9).evaluate(step), 9, 100);
    let mut chance = Stream::of(11, Purpose::Settings, 0, 0);
    let mut point = || [chance.unit(), chance.unit(), chance.unit()];
    let moments = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64)
    };
    let all: Vec<f64> = (0..400_000).map(|_| step(&point())).collect();
    let (_, variance) = moments(&all);
    for (input, index) in found.into_iter().enumerate() {
        let mut means = Vec::new();
        let mut variances = Vec::new();
        for _ in 0..600 {
            let fixed = point();
            let with_one_fixed: Vec<f64> = (0..600)
                .map(|_| {
                    let mut drawn = point();
                    drawn[input] = fixed[input];
                    step(&drawn)
                })
                .collect();
            means.push(moments(&with_one_fixed).0);
            let with_one_free: Vec<f64> = (0..600)
                .map(|_| {
                    let mut drawn = fixed;
                    drawn[input] = point()[input];
                    step(&drawn)
                })
                .collect();
            variances.push(moments(&with_one_free).1);
        }
        let (first, total) = (moments(&means).1 / variance, moments(&variances).0 / variance);
        assert!(
            near(index.first, first, 0.05) && near(index.total, total, 0.05),
            "{index:?} {first} {total}"
        );
    }
}
