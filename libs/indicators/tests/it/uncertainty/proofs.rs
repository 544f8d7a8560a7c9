//! A factor that does not reach the computation is caught, whichever and wherever it got lost.

use std::num::NonZeroUsize;

use xiuhua_indicators::catalog::{ItemKind, ThresholdPolicy};
use xiuhua_indicators::table::ShapeError;
use xiuhua_indicators::uncertainty::draws::{DrawPlan, draw};
use xiuhua_indicators::uncertainty::factors::{Factor, FactorKind};
use xiuhua_indicators::uncertainty::model::{Model, Outcome, Reach, Reassessment};
use xiuhua_indicators::uncertainty::proof::{UncertaintyError, prove};
use xiuhua_indicators::uncertainty::settings::Settings;

use super::district::{District, TYPES};

/// Loses one factor on the way to the computation, from some call on.
struct Disconnected<'a> {
    model: &'a Reassessment<'a>,
    lost: FactorKind,
    lost_in: fn(&Settings) -> bool,
}

impl Model for Disconnected<'_> {
    fn run(&self, settings: &Settings, reach: Reach) -> Result<Outcome, ShapeError> {
        let mut settings = *settings;
        if (self.lost_in)(&settings) {
            match self.lost {
                FactorKind::Sample => settings.sample = None,
                FactorKind::Weights => settings.weights = None,
                FactorKind::Extension => settings.extension = None,
                FactorKind::Aggregation => settings.aggregation = None,
                FactorKind::Missing => settings.missing = None,
            }
        }
        self.model.run(&settings, reach)
    }
}

fn draw_with(district: &District, model: &dyn Model) -> Result<(), UncertaintyError> {
    let nominal = model.run(&Settings::default(), Reach::AllNodes).unwrap();
    let factors = Factor::defaults();
    let plan = DrawPlan {
        factors: &factors,
        seed: 2,
        draws: 30,
        types: &district.types,
        type_count: TYPES,
        threads: NonZeroUsize::MIN,
    };
    draw(model, &nominal, &plan).map(|_| ())
}

#[test]
fn each_factor_is_shown_to_act_alone_and_in_the_draws() {
    let district = District::new();
    district.with(2, |model| {
        let nominal = model.run(&Settings::default(), Reach::AllNodes).unwrap();
        let proofs = prove(model, &nominal, &Factor::defaults()).unwrap();
        assert_eq!(proofs.iter().map(|proof| proof.kind).collect::<Vec<_>>(), FactorKind::ALL);
        assert!(proofs.iter().all(|proof| proof.differed > 0 && proof.ranks_changed > 0), "{proofs:?}");
        // The declared choice is among the choices: then the factor is there and nothing differs.
        let runs: Vec<(u64, u64)> = proofs.iter().map(|proof| (proof.runs, proof.differed)).collect();
        assert_eq!(runs[2..], [(4, 3), (2, 1), (3, 2)]);
        assert_eq!(draw_with(&district, model), Ok(()));
    });
}

#[test]
fn a_factor_that_is_lost_everywhere_is_refused_before_anything_is_drawn() {
    let district = District::new();
    district.with(2, |model| {
        for lost in FactorKind::ALL {
            let model = Disconnected { model, lost, lost_in: |_| true };
            let refused = draw_with(&district, &model).unwrap_err();
            let named = match refused {
                UncertaintyError::NotApplicable(kind) | UncertaintyError::NotApplied { kind, .. } => kind,
                other => panic!("{other}"),
            };
            assert_eq!(named, lost);
        }
    });
}

#[test]
fn a_choice_that_is_lost_in_some_draws_only_is_caught_in_the_first_of_them() {
    let district = District::new();
    // Tried alone all is well; with every factor set at once this one is lost.
    let lost_in = |settings: &Settings| FactorKind::ALL.into_iter().all(|kind| settings.sets(kind));
    district.with(2, |model| {
        for lost in [FactorKind::Extension, FactorKind::Aggregation, FactorKind::Missing] {
            let refused = draw_with(&district, &Disconnected { model, lost, lost_in }).unwrap_err();
            assert!(
                matches!(refused, UncertaintyError::NotApplied { kind, .. } if kind == lost),
                "{refused}"
            );
        }
    });
}

#[test]
fn what_cannot_vary_is_refused_by_its_name() {
    let refused = |district: &District, factor: &str| {
        district.with(2, |model| {
            let nominal = model.run(&Settings::default(), Reach::AllNodes).unwrap();
            prove(model, &nominal, &[factor.parse().unwrap()]).unwrap_err()
        })
    };
    let mut census = District::new();
    census.samples =
        (0..TYPES).map(|kind| (0..120).filter(|&at| census.types[at] == Some(kind)).collect()).collect();
    // The whole frame drawn again is the same sample in another order: no threshold moves.
    assert_eq!(refused(&census, "sample=redraw"), UncertaintyError::NotApplicable(FactorKind::Sample));

    let mut fixed = District::new();
    for item in &mut fixed.catalog.items {
        if let ItemKind::Leaf(leaf) = &mut item.kind {
            leaf.threshold = ThresholdPolicy::Fixed { lower: -50.0, upper: 90.0 };
        }
    }
    assert_eq!(refused(&fixed, "extension=0,0.2"), UncertaintyError::NotApplicable(FactorKind::Extension));
    assert_eq!(refused(&fixed, "sample=bootstrap"), UncertaintyError::NotApplicable(FactorKind::Sample));

    let as_declared = District::new();
    assert_eq!(
        refused(&as_declared, "extension=0.1"),
        UncertaintyError::NotApplicable(FactorKind::Extension)
    );
    assert_eq!(refused(&as_declared, "missing=2/3"), UncertaintyError::NotApplicable(FactorKind::Missing));
    assert_eq!(
        refused(&as_declared, "aggregation=declared,arithmetic"),
        UncertaintyError::NotApplicable(FactorKind::Aggregation)
    );
}
