//! What is measured: one pass, a thousand draws of weights, 250 runs under other choices, an assessment as it is kept.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::Path;

use xiuhua_indicators::assess::{Assessed, Assessment, assess};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::uncertainty::draws::{DrawPlan, Drawn, draw};
use xiuhua_indicators::uncertainty::factors::{Aggregation, Factor, Perturbation, Resampling};
use xiuhua_indicators::uncertainty::intervals::RankInterval;
use xiuhua_indicators::uncertainty::model::{Model as _, Outcome, Reach, Reassessment, Study};
use xiuhua_indicators::uncertainty::perturbation::perturbed_weights;
use xiuhua_indicators::uncertainty::settings::Settings;
use xiuhua_indicators::weight::declared_weights;

use crate::Failure;
use crate::data::{Made, or_nan, write_numbers};

const DRAWS: u32 = 1000;
const RUNS: u64 = 250;
const SEED: u64 = 2021;

/// Samples that passes take turns with.
const SAMPLES: u64 = 8;

/// One of them.
pub(crate) trait Task {
    /// Does it once.
    fn run(&mut self) -> Result<(), Failure>;

    /// Does it once, and writes what went in and came out.
    fn write(&mut self, made: &Made, folder: &Path) -> Result<(), Failure>;
}

/// All that an assessment keeps, in fresh memory: thresholds, dimensionless values uncapped and capped, scores, coverage,
/// ranks and percentiles of all nodes.
pub(crate) struct Kept<'a> {
    made: &'a Made,
    outline: Outline<'a>,
    samples: Vec<Vec<usize>>,
}

impl<'a> Kept<'a> {
    pub(crate) fn new(made: &'a Made) -> Self {
        Self { made, outline: Outline::of(&made.catalog), samples: made.sampled_places() }
    }

    fn assess(&self) -> Result<Assessed, Failure> {
        let Made { types, values: current, .. } = self.made;
        let (outline, samples) = (&self.outline, &self.samples);
        Ok(assess(&Assessment { outline, types, samples, current, earlier: &[] })?)
    }
}

impl Task for Kept<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        black_box(self.assess()?);
        Ok(())
    }

    fn write(&mut self, made: &Made, folder: &Path) -> Result<(), Failure> {
        made.write(folder)?;
        let assessed = self.assess()?;
        let nodes = assessed.scored.nodes.iter();
        write_numbers(
            &folder.join("scores"),
            nodes.clone().flat_map(|node| node.iter().map(|found| or_nan(found.value()))),
        )?;
        write_numbers(
            &folder.join("coverage"),
            nodes.flat_map(|node| node.iter().map(|found| found.coverage)),
        )?;
        let standings = || assessed.scored.standings.iter().flat_map(|node| node.iter());
        let ranks = standings().map(|found| found.map_or(0.0, |found| found.rank as f64));
        write_numbers(&folder.join("ranks"), ranks)?;
        let percentiles = standings().map(|found| or_nan(found.and_then(|found| found.percentile)));
        write_numbers(&folder.join("percentiles"), percentiles)
    }
}

/// An assessment that can be run again, and its own run.
struct Again<'a> {
    model: Reassessment<'a>,
    nominal: Outcome,
    declared: Vec<f64>,
}

impl<'a> Again<'a> {
    fn new(made: &'a Made) -> Result<Self, Failure> {
        let declared = declared_weights(&made.catalog);
        // These live as long as the bench does.
        let samples = Box::leak(Box::new(made.sampled_places()));
        let study = Study {
            outline: Box::leak(Box::new(Outline::of(&made.catalog))),
            declared_weights: Box::leak(vec![declared.clone(); samples.len()].into()),
            types: &made.types,
            current: &made.values,
            previous: None,
            base_types: &made.types,
            one_axis: true,
            base: std::slice::from_ref(&made.values),
            samples,
        };
        let model = Reassessment::new(study, SEED)?;
        let nominal = model.run(&Settings::default(), Reach::AllNodes)?;
        Ok(Self { model, nominal, declared })
    }

    /// The leaves' weights of a run, before anything is left out: all types declare the same.
    fn leaf_weights(&self, settings: &Settings) -> Vec<f64> {
        let outline = self.model.study().outline;
        let drawn = settings.weights.map(|(perturbation, realisation)| {
            perturbed_weights(outline.catalog(), &self.declared, perturbation, SEED, realisation)
        });
        let drawn = drawn.as_ref().unwrap_or(&self.declared);
        (0..outline.leaf_count()).map(|leaf| drawn[outline.leaf_index(leaf).0]).collect()
    }
}

/// One pass, as analyses make it time after time: from another sample to its thresholds, dimensionless values, scores and the
/// ranks in type of all nodes.
pub(crate) struct Pass<'a> {
    again: Again<'a>,
    settings: Vec<Settings>,
    next: usize,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(made: &'a Made) -> Result<Self, Failure> {
        let factors = [Factor::Sample(Resampling::Redraw)];
        let settings = (0..SAMPLES).map(|draw| Settings::of_draw(&factors, SEED, draw)).collect();
        Ok(Self { again: Again::new(made)?, settings, next: 0 })
    }
}

impl Task for Pass<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        let settings = &self.settings[self.next % self.settings.len()];
        self.next += 1;
        black_box(self.again.model.run(settings, Reach::AllNodes)?);
        Ok(())
    }

    fn write(&mut self, made: &Made, folder: &Path) -> Result<(), Failure> {
        made.write(folder)?;
        write_samples(&self.again, &self.settings, made, &folder.join("pass-samples"))?;
        let outcomes = self.settings.iter().map(|settings| self.again.model.run(settings, Reach::AllNodes));
        let outcomes = outcomes.collect::<Result<Vec<_>, _>>()?;
        let ranks = outcomes.iter().flat_map(|outcome| outcome.ranks.iter().flatten());
        let ranks = ranks.map(|rank| rank.map_or(0.0, |rank| f64::from(rank.get())));
        write_numbers(&folder.join("pass-ranks"), ranks)
    }
}

/// Writes the samples of runs, as positions among the members of their types.
fn write_samples(again: &Again<'_>, settings: &[Settings], made: &Made, file: &Path) -> Result<(), Failure> {
    let mut samples = Vec::new();
    for run in settings {
        let in_force = again.model.run(run, Reach::Root)?.in_force;
        for (members, sample) in made.members.iter().zip(&in_force.samples) {
            samples.extend(sample.iter().filter_map(|place| members.binary_search(place).ok()));
        }
    }
    write_numbers(file, samples.into_iter().map(|at| at as f64))
}

/// The rank of every place at every node under a thousand sets of weights, and how far it moves; beside it, as services ask
/// for them, the shares of best tenths, the groups that cannot be told apart, and the proofs, which numpy's half goes without.
pub(crate) struct Draws<'a>(Again<'a>);

impl<'a> Draws<'a> {
    pub(crate) fn new(made: &'a Made) -> Result<Self, Failure> {
        Ok(Self(Again::new(made)?))
    }

    fn draw(&self) -> Result<Drawn, Failure> {
        let study = self.0.model.study();
        let plan = DrawPlan {
            factors: &[Factor::Weights(Perturbation::Uniform(0.25))],
            seed: SEED,
            draws: DRAWS,
            types: study.types,
            type_count: study.samples.len(),
            threads: NonZeroUsize::MIN,
        };
        Ok(draw(&self.0.model, &self.0.nominal, &plan)?)
    }
}

impl Task for Draws<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        black_box(self.draw()?);
        Ok(())
    }

    fn write(&mut self, made: &Made, folder: &Path) -> Result<(), Failure> {
        made.write(folder)?;
        let found = self.draw()?;
        let weights = found.settings.iter().flat_map(|settings| self.0.leaf_weights(settings));
        write_numbers(&folder.join("draw-weights"), weights)?;
        let (_, scored) = self.0.model.assess(&Settings::default())?;
        let columns = scored.z.columns().iter();
        write_numbers(&folder.join("z"), columns.flat_map(|column| column.iter().map(or_nan)))?;
        let figures: [fn(&RankInterval) -> f64; 3] =
            [|found| found.low, |found| found.median, |found| found.high];
        let intervals = || found.intervals.iter().flatten();
        let figures = figures
            .into_iter()
            .flat_map(|figure| intervals().map(move |interval| or_nan(interval.as_ref().map(figure))));
        write_numbers(&folder.join("quantiles"), figures)
    }
}

/// How far ranks at the root shift in runs under other samples, weights, extensions and means.
pub(crate) struct Runs<'a> {
    again: Again<'a>,
    settings: Vec<Settings>,
}

impl<'a> Runs<'a> {
    pub(crate) fn new(made: &'a Made) -> Result<Self, Failure> {
        let factors = [
            Factor::Sample(Resampling::Redraw),
            Factor::Weights(Perturbation::Uniform(0.25)),
            Factor::Extension(vec![0.0, 0.05, 0.1, 0.15]),
            Factor::Aggregation(vec![Aggregation::Declared, Aggregation::Geometric(0.01)]),
        ];
        let settings = (0..RUNS).map(|run| Settings::of_draw(&factors, SEED, run)).collect();
        Ok(Self { again: Again::new(made)?, settings })
    }

    /// The mean shift of ranks against the assessment's own run, by run.
    fn shifts(&self) -> Result<Vec<f64>, Failure> {
        let Again { model, nominal, .. } = &self.again;
        let shift = |settings: &Settings| {
            let outcome = model.run(settings, Reach::Root)?;
            let (mut shift, mut count) = (0_u64, 0_u64);
            for (rank, usual) in outcome.ranks[0].iter().zip(&nominal.ranks[0]) {
                if let Some((rank, usual)) = rank.zip(*usual) {
                    shift += u64::from(rank.get().abs_diff(usual.get()));
                    count += 1;
                }
            }
            Ok(shift as f64 / count as f64)
        };
        self.settings.iter().map(shift).collect()
    }
}

impl Task for Runs<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        black_box(self.shifts()?);
        Ok(())
    }

    fn write(&mut self, made: &Made, folder: &Path) -> Result<(), Failure> {
        made.write(folder)?;
        let settings = self.settings.iter();
        let weights = settings.clone().flat_map(|run| self.again.leaf_weights(run));
        write_numbers(&folder.join("run-weights"), weights)?;
        let geometric = |run: &Settings| matches!(run.aggregation, Some(Aggregation::Geometric(_)));
        let choices = settings
            .clone()
            .flat_map(|run| [run.extension.unwrap_or(f64::NAN), f64::from(u8::from(geometric(run)))]);
        write_numbers(&folder.join("run-choices"), choices)?;
        write_samples(&self.again, &self.settings, made, &folder.join("run-samples"))?;
        write_numbers(&folder.join("shifts"), self.shifts()?.into_iter())
    }
}
