//! What is measured: one pass, a thousand draws of weights, 250 runs of a sensitivity analysis.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::Path;

use xiuhua_indicators::assess::{Assessed, Assessment, assess_into};
use xiuhua_indicators::catalog::{Catalog, Extension, ItemKind, ThresholdPolicy};
use xiuhua_indicators::draws::{self, RankSummary, rank_draws};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::reassess::{Assessor, Configuration, Scratch};
use xiuhua_indicators::table::Table;
use xiuhua_indicators::threshold::{LeafThreshold, ThresholdStatus};
use xiuhua_indicators::weight::{Weights, declared_weights, effective_weights};

use crate::Failure;
use crate::data::{Dice, Made, or_nan, sample, write_numbers};

const DRAWS: usize = 1000;
const RUNS: usize = 250;

/// One of the three.
pub(crate) trait Task {
    /// Does it once.
    fn run(&mut self) -> Result<(), Failure>;

    /// Does it once, and writes what went in and came out.
    fn write(&mut self, made: &Made, folder: &Path) -> Result<(), Failure>;
}

/// Thresholds, dimensionless values, scores, coverage, ranks and percentiles of all nodes.
pub(crate) struct Pass<'a> {
    made: &'a Made,
    outline: Outline<'a>,
    samples: Vec<Vec<usize>>,
    /// What the last one came to, whose memory is used again.
    assessed: Assessed,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(made: &'a Made) -> Self {
        let (outline, samples) = (Outline::of(&made.catalog), made.sampled_places());
        Self { made, outline, samples, assessed: Assessed::default() }
    }

    fn assess(&mut self) -> Result<&Assessed, Failure> {
        let Made { types, values: current, .. } = self.made;
        let (outline, samples) = (&self.outline, &self.samples);
        let input = Assessment { outline, types, samples, current, earlier: &[] };
        assess_into(&input, &mut self.assessed)?;
        Ok(&self.assessed)
    }
}

impl Task for Pass<'_> {
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

/// The rank of every place at the root under a thousand sets of weights, and how far it moves.
pub(crate) struct Draws<'a> {
    made: &'a Made,
    outline: Outline<'a>,
    z: Table,
    /// Factors of each leaf's weight, by draw.
    factors: Vec<Vec<f64>>,
    statuses: Vec<Vec<ThresholdStatus>>,
}

impl<'a> Draws<'a> {
    pub(crate) fn new(made: &'a Made) -> Result<Self, Failure> {
        let mut pass = Pass::new(made);
        let assessed = pass.assess()?.clone();
        let outline = Outline::of(&made.catalog);
        let mut dice = Dice(1000);
        let factors =
            (0..DRAWS).map(|_| (0..outline.leaf_count()).map(|_| 0.5 + dice.share()).collect()).collect();
        let status =
            |leaves: &Vec<_>| leaves.iter().map(|leaf: &LeafThreshold| leaf.threshold.status()).collect();
        let statuses = assessed.thresholds.iter().map(status).collect();
        Ok(Self { made, outline, z: assessed.scored.z, factors, statuses })
    }

    /// By type, by member.
    fn draw(&self) -> Result<Vec<Vec<Option<RankSummary>>>, Failure> {
        let declared = declared_weights(&self.made.catalog);
        let mut found = Vec::with_capacity(self.made.members.len());
        for (members, statuses) in self.made.members.iter().zip(&self.statuses) {
            let weigh = |factors: &Vec<f64>| {
                let mut drawn = declared.clone();
                for (leaf, factor) in factors.iter().enumerate() {
                    drawn[self.outline.leaf_index(leaf).0] *= factor;
                }
                effective_weights(&self.outline, &drawn, statuses)
            };
            let weights: Vec<Weights> = self.factors.iter().map(weigh).collect::<Result<_, _>>()?;
            let (outline, z, threads) = (&self.outline, &self.z, NonZeroUsize::MIN);
            let draws = draws::Draws { outline, z, members, weights: &weights, nodes: &[0], threads };
            found.push(rank_draws(&draws)?.swap_remove(0));
        }
        Ok(found)
    }
}

impl Task for Draws<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        black_box(self.draw()?);
        Ok(())
    }

    fn write(&mut self, made: &Made, folder: &Path) -> Result<(), Failure> {
        made.write(folder)?;
        write_numbers(&folder.join("factors"), self.factors.iter().flatten().copied())?;
        let columns = self.z.columns().iter();
        write_numbers(&folder.join("z"), columns.flat_map(|column| column.iter().map(or_nan)))?;
        let found = self.draw()?;
        let figure = |pick: fn(&RankSummary) -> f64| {
            let mut places = vec![f64::NAN; made.types.len()];
            for (members, found) in made.members.iter().zip(&found) {
                members
                    .iter()
                    .zip(found)
                    .for_each(|(&place, found)| places[place] = or_nan(found.as_ref().map(pick)));
            }
            places
        };
        let figures: [fn(&RankSummary) -> f64; 3] =
            [|found| found.lower, |found| found.median, |found| found.upper];
        write_numbers(&folder.join("quantiles"), figures.into_iter().flat_map(figure))
    }
}

/// How far ranks at the root shift in runs under other samples, weights, extensions and means.
pub(crate) struct Runs<'a> {
    assessors: Vec<(Assessor<'a>, Scratch)>,
    /// `[mean][extension]`.
    variants: Vec<Vec<Outline<'a>>>,
    settings: Vec<Setting>,
    /// Ranks of the catalog's own run, by type.
    usual: Vec<Vec<Option<usize>>>,
}

/// What differs in a run.
struct Setting {
    samples: Vec<Vec<usize>>,
    weights: Vec<f64>,
    factors: Vec<f64>,
    extension: usize,
    geometric: usize,
}

const EXTENSIONS: [Extension; 3] = [Extension::ByValue(0.1), Extension::ByRange(0.1), Extension::None];

impl<'a> Runs<'a> {
    pub(crate) fn new(made: &'a Made) -> Result<Self, Failure> {
        let outline: &'a Outline<'a> = Box::leak(Box::new(Outline::of(&made.catalog)));
        let samples: &'a [Vec<usize>] = Box::leak(Box::new(made.sampled_places()));
        let input = Assessment { outline, types: &made.types, samples, current: &made.values, earlier: &[] };
        let prepare = |kind: usize| {
            let assessor = Assessor::new(&input, kind)?;
            let scratch = assessor.scratch();
            Ok((assessor, scratch))
        };
        let assessors = (0..samples.len()).map(prepare).collect::<Result<Vec<_>, Failure>>()?;
        let variants = [&made.catalog, &made.geometric]
            .map(|catalog| EXTENSIONS.map(|found| extended(catalog, found)).into());
        let declared = declared_weights(&made.catalog);
        let mut dice = Dice(250);
        let settings = (0..RUNS).map(|_| setting(&mut dice, made, outline, &declared)).collect();
        let mut runs = Self { assessors, variants: variants.into(), settings, usual: Vec::new() };
        let usual = Setting {
            samples: made.samples.clone(),
            weights: declared,
            factors: Vec::new(),
            extension: 0,
            geometric: 0,
        };
        for kind in 0..runs.assessors.len() {
            let scratch = runs.reassess(kind, &usual)?;
            let ranks = scratch.ranks(0).iter().collect();
            runs.usual.push(ranks);
        }
        Ok(runs)
    }

    fn reassess(&mut self, kind: usize, setting: &Setting) -> Result<&Scratch, Failure> {
        let (assessor, scratch) = &mut self.assessors[kind];
        let outline = &self.variants[setting.geometric][setting.extension];
        let (sample, declared_weights) = (&setting.samples[kind], &setting.weights);
        assessor.reassess(scratch, &Configuration { outline, sample, declared_weights, nodes: &[0] })?;
        Ok(scratch)
    }

    /// The mean shift of ranks against the catalog's own run, by run.
    fn shifts(&mut self) -> Result<Vec<f64>, Failure> {
        let settings = std::mem::take(&mut self.settings);
        let mut shifts = Vec::with_capacity(settings.len());
        for setting in &settings {
            let (mut shift, mut count) = (0.0, 0.0);
            for kind in 0..self.assessors.len() {
                self.reassess(kind, setting)?;
                let ranks = self.assessors[kind].1.ranks(0).iter();
                for (rank, usual) in ranks.zip(&self.usual[kind]).filter_map(|(rank, usual)| rank.zip(*usual))
                {
                    shift += rank.abs_diff(usual) as f64;
                    count += 1.0;
                }
            }
            shifts.push(shift / count);
        }
        self.settings = settings;
        Ok(shifts)
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
        write_numbers(
            &folder.join("run-factors"),
            settings.clone().flat_map(|run| run.factors.iter().copied()),
        )?;
        let choices = settings.clone().flat_map(|run| [run.extension as f64, run.geometric as f64]);
        write_numbers(&folder.join("run-choices"), choices)?;
        let samples = settings.flat_map(|run| run.samples.iter().flatten().map(|&at| at as f64));
        write_numbers(&folder.join("run-samples"), samples)?;
        write_numbers(&folder.join("shifts"), self.shifts()?.into_iter())
    }
}

fn setting(dice: &mut Dice, made: &Made, outline: &Outline<'_>, declared: &[f64]) -> Setting {
    let factors: Vec<f64> = (0..outline.leaf_count()).map(|_| 0.5 + dice.share()).collect();
    let mut weights = declared.to_vec();
    for (leaf, factor) in factors.iter().enumerate() {
        weights[outline.leaf_index(leaf).0] *= factor;
    }
    Setting {
        samples: made.members.iter().map(|members| sample(dice, members.len())).collect(),
        weights,
        factors,
        extension: usize::try_from(dice.roll(3)).unwrap_or(0),
        geometric: usize::try_from(dice.roll(2)).unwrap_or(0),
    }
}

/// The outline of a variant that lives as long as the bench does.
fn extended<'a>(catalog: &Catalog, extension: Extension) -> Outline<'a> {
    let mut catalog = catalog.clone();
    for item in &mut catalog.items {
        if let ItemKind::Leaf(leaf) = &mut item.kind {
            leaf.threshold = ThresholdPolicy::Sampled { extension, clip: false };
        }
    }
    Outline::of(Box::leak(Box::new(catalog)))
}
