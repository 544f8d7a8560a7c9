//! One run: settings in, ranks out, with the figures that were in force.
//!
//! A run begins at the values that were observed, fixes the thresholds again from the sample it is told to use, those of
//! derived indicators too (both passes, as the assessment does), scores, and ranks. What it used is read off what the
//! computation was given, not off the settings: so a factor that got lost on the way shows.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use super::chance::{Purpose, Stream};
use super::factors::{Aggregation, Resampling};
use super::perturbation::perturbed_weights;
use super::settings::Settings;
use crate::assess::{Assessment, Base, Scored, Scoring, derived_thresholds, members_by_type, score};
use crate::base::{BaseTable, base_table};
use crate::catalog::{Catalog, Extension, ItemKind, Mean, ThresholdPolicy};
use crate::column::Column;
use crate::normalise::scale_table;
use crate::outline::Outline;
use crate::reassess::{Assessor, Configuration, Scratch};
use crate::table::{ShapeError, Table, check_index, check_length};
use crate::threshold::{Threshold, fix_thresholds};

/// A competition rank within a type, from 1; `None` without a score.
pub type Rank = Option<NonZeroU32>;

/// Everything an assessment read.
#[derive(Clone, Copy, Debug)]
pub struct Study<'a> {
    /// Positions of the catalog.
    pub outline: &'a Outline<'a>,
    /// Declared weights by type, then by item.
    pub declared_weights: &'a [Vec<f64>],
    /// Type of each place, as a position in the list of types; `None` is `UNCLASSIFIED`.
    pub types: &'a [Option<usize>],
    /// Values of the assessed period. Here and in every other period imputed ones stand among the observed, as the
    /// assessment read them: no run fills gaps again.
    pub current: &'a Table,
    /// Values of the period that changes are taken against; `None` where there is none.
    pub previous: Option<&'a Table>,
    /// Type of each place of the base periods, which have a place axis of their own: by type, the frame samples are
    /// drawn from.
    pub base_types: &'a [Option<usize>],
    /// Whether the place axis of the base periods is that of the assessed period: then a faster way may be taken.
    pub one_axis: bool,
    /// Values of the base periods: consecutive, oldest first, a period left out between two as a table of missing
    /// values.
    pub base: &'a [Table],
    /// Sample of each type: positions on the axis of the base periods.
    pub samples: &'a [Vec<usize>],
}

/// Which nodes a run ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of them.
    AllNodes,
    /// The root alone.
    Root,
}

/// What a run comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What it was computed with.
    pub in_force: InForce,
    /// `ranks[node][place]`; the root alone where no more was asked for.
    pub ranks: Vec<Vec<Rank>>,
}

/// What a run was computed with, as the computation had it.
#[derive(Clone, Debug, PartialEq)]
pub struct InForce {
    /// The sample of each type, in the order drawn.
    pub samples: Vec<Vec<usize>>,
    /// Extension by leaf; `None` where thresholds are fixed.
    pub extensions: Vec<Option<Extension>>,
    /// Thresholds by type and leaf.
    pub thresholds: Vec<Vec<Threshold>>,
    /// Weights in force by type and leaf.
    pub weights: Vec<Vec<f64>>,
    /// Mean and floor by node.
    pub means: Vec<(Mean, Option<f64>)>,
    /// Minimum coverage by node.
    pub minimum_coverages: Vec<f64>,
}

/// Something that can be run under settings.
pub trait Model: Sync {
    /// One run; the same settings give the same bits.
    ///
    /// # Errors
    /// [`ShapeError`] if what it reads does not fit together.
    fn run(&self, settings: &Settings, reach: Reach) -> Result<Outcome, ShapeError>;
}

/// Runs an assessment again under settings.
#[derive(Debug)]
pub struct Reassessment<'a> {
    study: Study<'a>,
    seed: u64,
    members: Vec<Vec<usize>>,
    frames: Vec<Vec<usize>>,
    base_values: BaseTable,
    /// An assessor a type, with the rooms its runs are made in; none where the plain way has to be taken.
    engines: Vec<Engine<'a>>,
}

/// The fast way through one type.
#[derive(Debug)]
struct Engine<'a> {
    assessor: Assessor<'a>,
    rooms: Mutex<Vec<Scratch>>,
}

/// What a run found.
struct Ranked {
    thresholds: Vec<Vec<Threshold>>,
    weights: Vec<Vec<f64>>,
    ranks: Vec<Vec<Rank>>,
}

/// One assessment again.
struct Again {
    thresholds: Vec<Vec<Threshold>>,
    scored: Scored,
}

impl<'a> Reassessment<'a> {
    /// Prepares; `seed` decides every sample and every set of weights.
    ///
    /// # Errors
    /// [`ShapeError`] if the parts do not fit the catalog or each other.
    pub fn new(study: Study<'a>, seed: u64) -> Result<Self, ShapeError> {
        let leaves = study.outline.leaf_count();
        let type_count = study.samples.len();
        check_length("declared weights by type", type_count, study.declared_weights.len())?;
        for weights in study.declared_weights {
            check_length("declared weights", study.outline.catalog().items.len(), weights.len())?;
        }
        for table in [study.current].into_iter().chain(study.previous) {
            table.check(leaves, study.types.len())?;
        }
        for &place in study.samples.iter().flatten() {
            check_index("sample member", place, study.base_types.len())?;
        }
        Ok(Self {
            study,
            seed,
            members: members_by_type(study.types, type_count)?,
            frames: members_by_type(study.base_types, type_count)?,
            base_values: base_table(leaves, study.base_types.len(), &study.base.iter().collect::<Vec<_>>())?,
            engines: engines(&study)?,
        })
    }

    /// The same without the fast way: slower, for checking one against the other.
    #[must_use]
    pub fn plain(self) -> Self {
        Self { engines: Vec::new(), ..self }
    }

    /// What is assessed again.
    #[must_use]
    pub fn study(&self) -> &Study<'a> {
        &self.study
    }

    /// The places of each type.
    #[must_use]
    pub fn members(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// One run in full: thresholds by type and leaf, scores and ranks of all nodes.
    ///
    /// # Errors
    /// [`ShapeError`] if the parts do not fit the catalog or each other.
    pub fn assess(&self, settings: &Settings) -> Result<(Vec<Vec<Threshold>>, Scored), ShapeError> {
        let catalog = resolved_catalog(self.study.outline.catalog(), settings);
        let outline = Outline::of(&catalog);
        let Again { thresholds, scored } = self.assess_by(&outline, &self.samples(settings), settings)?;
        Ok((thresholds, scored))
    }

    fn assess_by(
        &self,
        outline: &Outline<'_>,
        samples: &[Vec<usize>],
        settings: &Settings,
    ) -> Result<Again, ShapeError> {
        let study = &self.study;
        let weights = &self.weights(settings);
        let fix = |sample: &Vec<usize>| {
            let fixed = fix_thresholds(outline, &self.base_values, sample, study.base.len())?;
            Ok(fixed.into_iter().map(|leaf| leaf.threshold).collect())
        };
        let mut thresholds = samples.iter().map(fix).collect::<Result<Vec<Vec<Threshold>>, ShapeError>>()?;
        self.fix_derived(outline, weights, samples, &mut thresholds)?;
        let rescale = |table: &Table| Ok(scale_table(outline, &thresholds, &self.members, table)?.capped);
        let current = rescale(study.current)?;
        let previous = study.previous.map(rescale).transpose()?;
        let scored = score(&Scoring {
            outline,
            declared_weights: weights,
            types: study.types,
            thresholds: &thresholds,
            current: &current,
            previous: previous.as_ref(),
        })?;
        Ok(Again { thresholds, scored })
    }

    /// The thresholds of derived leaves, from the sample's places alone.
    fn fix_derived(
        &self,
        outline: &Outline<'_>,
        weights: &[Vec<f64>],
        samples: &[Vec<usize>],
        thresholds: &mut [Vec<Threshold>],
    ) -> Result<(), ShapeError> {
        if outline.derived_leaves().next().is_none() {
            return Ok(());
        }
        // A member in a type other than its sample's gives no base value, so it is left off the short axis.
        let in_type = |kind: usize, place: usize| self.study.base_types[place] == Some(kind);
        let axis: Vec<(usize, usize)> = samples
            .iter()
            .enumerate()
            .flat_map(|(kind, sample)| sample.iter().map(move |&place| (kind, place)))
            .filter(|&(kind, place)| in_type(kind, place))
            .collect();
        let types: Vec<Option<usize>> = axis.iter().map(|&(kind, _)| Some(kind)).collect();
        let members = members_by_type(&types, samples.len())?;
        let short = |table: &Table| {
            let column = |of_leaf: &Column| axis.iter().map(|&(_, place)| of_leaf.get(place)).collect();
            let short = Table::from_columns(axis.len(), table.columns().iter().map(column).collect())?;
            Ok(scale_table(outline, thresholds, &members, &short)?.capped)
        };
        let periods = self.study.base.iter().map(short).collect::<Result<Vec<Table>, ShapeError>>()?;
        let derived = derived_thresholds(&Base {
            outline,
            declared_weights: weights,
            types: &types,
            thresholds,
            samples: &members,
            periods: &periods.iter().collect::<Vec<_>>(),
        })?;
        for derived in &derived {
            for (of_type, found) in thresholds.iter_mut().zip(&derived.by_type) {
                of_type[derived.leaf] = found.threshold;
            }
        }
        Ok(())
    }

    /// Declared weights by type, as the settings have them.
    fn weights(&self, settings: &Settings) -> Vec<Vec<f64>> {
        let perturb = |declared: &Vec<f64>| match settings.weights {
            Some((perturbation, realisation)) => {
                let catalog = self.study.outline.catalog();
                perturbed_weights(catalog, declared, perturbation, self.seed, realisation)
            }
            None => declared.clone(),
        };
        self.study.declared_weights.iter().map(perturb).collect()
    }

    /// One run by the fast way: thresholds and weights in force by type, and ranks.
    fn run_fast(
        &self,
        outline: &Outline<'_>,
        samples: &[Vec<usize>],
        settings: &Settings,
        nodes: &[usize],
    ) -> Result<Ranked, ShapeError> {
        let places = self.study.types.len();
        let mut ranked = Ranked {
            thresholds: Vec::with_capacity(samples.len()),
            weights: Vec::with_capacity(samples.len()),
            ranks: vec![vec![None; places]; nodes.len()],
        };
        for ((engine, sample), declared_weights) in
            self.engines.iter().zip(samples).zip(&self.weights(settings))
        {
            let members = engine.assessor.members();
            // All of them are members: where one is not there are no engines.
            let sample: Vec<usize> =
                sample.iter().filter_map(|place| members.binary_search(place).ok()).collect();
            let free = engine.rooms.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut room = free.unwrap_or_else(|| engine.assessor.scratch());
            let run = Configuration { outline, sample: &sample, declared_weights, nodes };
            engine.assessor.reassess(&mut room, &run)?;
            ranked.thresholds.push(room.thresholds().to_vec());
            ranked.weights.push(room.weights().leaves.clone());
            for (column, &node) in ranked.ranks.iter_mut().zip(nodes) {
                for (&place, &rank) in members.iter().zip(room.ranks(node).cells()) {
                    column[place] = NonZeroU32::new(rank);
                }
            }
            engine.rooms.lock().unwrap_or_else(PoisonError::into_inner).push(room);
        }
        Ok(ranked)
    }

    /// One run by the plain way, as an assessment is made.
    fn run_plain(
        &self,
        outline: &Outline<'_>,
        samples: &[Vec<usize>],
        settings: &Settings,
        nodes: &[usize],
    ) -> Result<Ranked, ShapeError> {
        let Again { thresholds, scored } = self.assess_by(outline, samples, settings)?;
        let ranks = |&node: &usize| {
            let standings = scored.standings[node].iter();
            standings.map(|standing| standing.and_then(|standing| rank_of(standing.rank))).collect()
        };
        let ranks = nodes.iter().map(ranks).collect();
        let weights = scored.weights.into_iter().map(|weights| weights.leaves).collect();
        Ok(Ranked { thresholds, weights, ranks })
    }

    /// The sample of each type.
    fn samples(&self, settings: &Settings) -> Vec<Vec<usize>> {
        (0..self.study.samples.len()).map(|kind| self.sample(settings, kind)).collect()
    }

    /// The sample of one type: the assessment's, or one drawn anew.
    fn sample(&self, settings: &Settings, kind: usize) -> Vec<usize> {
        let own = &self.study.samples[kind];
        let Some((resampling, realisation)) = settings.sample else { return own.clone() };
        let mut stream = Stream::of(self.seed, Purpose::Sample, realisation, kind as u64);
        match resampling {
            Resampling::Bootstrap => (0..own.len()).map(|_| own[stream.below(own.len())]).collect(),
            Resampling::Redraw => {
                let mut frame = self.frames[kind].clone();
                let size = own.len().min(frame.len());
                for at in 0..size {
                    let other = at + stream.below(frame.len() - at);
                    frame.swap(at, other);
                }
                frame.truncate(size);
                frame
            }
        }
    }
}

impl Model for Reassessment<'_> {
    fn run(&self, settings: &Settings, reach: Reach) -> Result<Outcome, ShapeError> {
        let catalog = resolved_catalog(self.study.outline.catalog(), settings);
        let outline = &Outline::of(&catalog);
        let nodes: Vec<usize> = (0..if reach == Reach::Root { 1 } else { outline.node_count() }).collect();
        let samples = self.samples(settings);
        let Ranked { thresholds, weights, ranks } = if self.engines.is_empty() {
            self.run_plain(outline, &samples, settings, &nodes)?
        } else {
            self.run_fast(outline, &samples, settings, &nodes)?
        };
        let in_force = InForce {
            samples,
            extensions: outline.leaves().map(|leaf| extension_of(leaf.threshold)).collect(),
            thresholds,
            weights,
            means: outline.nodes().map(|node| (node.mean, node.floor)).collect(),
            minimum_coverages: outline.nodes().map(|node| node.minimum_coverage).collect(),
        };
        Ok(Outcome { in_force, ranks })
    }
}

/// An assessor a type where the base periods are what an assessor takes them for: the last ones on record on the one place
/// axis, up to the period before the assessed one, or that period itself where nothing earlier is on record. An assessor
/// knows the places of its type alone, so no sample may have another's.
fn engines<'a>(study: &Study<'a>) -> Result<Vec<Engine<'a>>, ShapeError> {
    let asked = usize::try_from(study.outline.catalog().base_periods).unwrap_or(usize::MAX);
    let earlier: &'a [Table] = match study.base {
        [only] if *only == *study.current && study.previous.is_none_or(Table::is_empty) => &[],
        [.., last] if Some(last) == study.previous && study.base.len() <= asked => study.base,
        _ => return Ok(Vec::new()),
    };
    let nothing = !earlier.is_empty() && earlier.iter().all(Table::is_empty);
    let astray = |(kind, sample): (usize, &Vec<usize>)| {
        sample.iter().any(|&place| study.base_types[place] != Some(kind))
    };
    let any_astray = study.samples.iter().enumerate().any(astray);
    if nothing || any_astray || !study.one_axis || study.types != study.base_types {
        return Ok(Vec::new());
    }
    let (outline, types, samples, current) = (study.outline, study.types, study.samples, study.current);
    let input = Assessment { outline, types, samples, current, earlier };
    let engine = |kind| Ok(Engine { assessor: Assessor::new(&input, kind)?, rooms: Mutex::default() });
    (0..samples.len()).map(engine).collect()
}

fn rank_of(rank: usize) -> Rank {
    NonZeroU32::new(u32::try_from(rank).unwrap_or(u32::MAX))
}

/// The catalog with the choices of a run in place of its own; itself where these are of samples and weights alone.
fn resolved_catalog<'c>(catalog: &'c Catalog, settings: &Settings) -> Cow<'c, Catalog> {
    if settings.extension.is_none() && settings.aggregation.is_none() && settings.missing.is_none() {
        return Cow::Borrowed(catalog);
    }
    let mut resolved = catalog.clone();
    for item in &mut resolved.items {
        match &mut item.kind {
            ItemKind::Leaf(leaf) => {
                if let (Some(share), ThresholdPolicy::Sampled { extension, .. }) =
                    (settings.extension, &mut leaf.threshold)
                {
                    *extension = match *extension {
                        Extension::ByRange(_) => Extension::ByRange(share),
                        Extension::ByValue(_) | Extension::None => Extension::ByValue(share),
                    };
                }
            }
            ItemKind::Node(node) => {
                (node.mean, node.floor) = match settings.aggregation {
                    None | Some(Aggregation::Declared) => (node.mean, node.floor),
                    Some(Aggregation::Arithmetic) => (Mean::Arithmetic, None),
                    Some(Aggregation::Geometric(floor)) => (Mean::Geometric, Some(floor)),
                };
                node.minimum_coverage = settings.missing.unwrap_or(node.minimum_coverage);
            }
        }
    }
    Cow::Owned(resolved)
}

fn extension_of(policy: ThresholdPolicy) -> Option<Extension> {
    match policy {
        ThresholdPolicy::Sampled { extension, .. } => Some(extension),
        ThresholdPolicy::Fixed { .. } => None,
    }
}
