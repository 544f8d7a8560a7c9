//! A small district: two types, two dimensions and one of growth, four periods, gaps, samples of a third.

use xiuhua_indicators::catalog::{Catalog, Direction};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::Table;
use xiuhua_indicators::uncertainty::chance::{Purpose, Stream};
use xiuhua_indicators::uncertainty::model::{Reassessment, Study};

use crate::sketch::{self, LeafSketch, Sketch, group, leaf};

pub(crate) struct District {
    pub(crate) catalog: Catalog,
    pub(crate) weights: Vec<Vec<f64>>,
    pub(crate) types: Vec<Option<usize>>,
    pub(crate) samples: Vec<Vec<usize>>,
    /// The assessed period last.
    pub(crate) periods: Vec<Table>,
}

pub(crate) const TYPES: usize = 2;

impl District {
    pub(crate) fn new() -> Self {
        let inverse = LeafSketch { direction: Direction::Inverse, ..leaf("A.2", 2.0) };
        let growth = LeafSketch { change_of: Some("A".to_owned()), ..leaf("D.2", 1.0) };
        let leaves = |leaves: Vec<LeafSketch>| leaves.into_iter().map(Sketch::Leaf).collect::<Vec<_>>();
        let catalog = sketch::catalog(&sketch::NodeSketch {
            group: false,
            ..group(
                "ROOT",
                vec![
                    Sketch::Node(group("A", leaves(vec![leaf("A.1", 2.0), inverse, leaf("A.3", 1.0)]))),
                    Sketch::Node(group(
                        "B",
                        leaves(vec![leaf("B.1", 3.0), leaf("B.2", 1.0), leaf("B.3", 1.0)]),
                    )),
                    Sketch::Node(group("D", leaves(vec![leaf("D.1", 2.0), growth]))),
                ],
            )
        });
        let types: Vec<Option<usize>> =
            (0..120).map(|place| [Some(0), Some(0), Some(1), Some(0), Some(1), None][place % 6]).collect();
        let samples = (0..TYPES)
            .map(|kind| (0..120).filter(|at| types[*at] == Some(kind) && at % 4 == 0).collect())
            .collect();
        let outline = Outline::of(&catalog);
        let mut chance = Stream::of(1, Purpose::Settings, 0, 0);
        let habits: Vec<f64> = (0..120).map(|_| chance.normal()).collect();
        let periods = (0..4)
            .map(|_| {
                let mut table = Table::missing(outline.leaf_count(), 120);
                for at in (0..outline.leaf_count()).filter(|&at| outline.changing_node(at).is_none()) {
                    for (place, habit) in habits.iter().enumerate() {
                        let value = 50.0 + 8.0 * habit + 10.0 * chance.normal();
                        table.column_mut(at).set(place, (chance.unit() > 0.12).then_some(value));
                    }
                }
                table
            })
            .collect();
        let weights = vec![catalog.items.iter().map(|item| item.weight).collect(); TYPES];
        Self { catalog, weights, types, samples, periods }
    }

    pub(crate) fn with<T>(&self, seed: u64, work: impl FnOnce(&Reassessment<'_>) -> T) -> T {
        work(&Reassessment::new(self.study(&Outline::of(&self.catalog)), seed).unwrap())
    }

    pub(crate) fn study<'a>(&'a self, outline: &'a Outline<'a>) -> Study<'a> {
        let (current, earlier) = self.periods.split_last().unwrap();
        Study {
            outline,
            one_axis: true,
            declared_weights: &self.weights,
            types: &self.types,
            current,
            previous: earlier.last(),
            base_types: &self.types,
            base: earlier,
            samples: &self.samples,
        }
    }
}
