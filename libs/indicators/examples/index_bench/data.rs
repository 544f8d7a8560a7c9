//! Made-up values of the tree of `pudong-2021`: four types, 35 leaves that are all observed, three cells in a hundred
//! missing, the same on every machine.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use xiuhua_indicators::catalog::{Catalog, ItemKind, Reads};
use xiuhua_indicators::column::Column;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::sample::cochran_size;
use xiuhua_indicators::shipped::shipped;
use xiuhua_indicators::table::Table;

use crate::Failure;

/// Shares of the types, in hundredths, one on top of the other.
const TYPES: [u64; 4] = [40, 70, 90, 100];

/// A generator of its own (`SplitMix64`).
#[derive(Clone, Debug)]
struct Dice(u64);

impl Dice {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A whole number below `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.bits() % sides
    }

    /// A number from 0 up to 1.
    fn share(&mut self) -> f64 {
        self.roll(1 << 52) as f64 / (1_u64 << 52) as f64
    }
}

/// Made-up places.
pub(crate) struct Made {
    pub(crate) catalog: Catalog,
    pub(crate) types: Vec<Option<usize>>,
    /// Places of each type.
    pub(crate) members: Vec<Vec<usize>>,
    /// Sample of each type, as positions in `members`.
    pub(crate) samples: Vec<Vec<usize>>,
    pub(crate) values: Table,
}

impl Made {
    pub(crate) fn new(places: usize) -> Self {
        let mut dice = Dice(2021);
        let catalog = observed(shipped("pudong-2021").and_then(|text| Catalog::parse(text).ok()));
        let kind = |roll: u64| TYPES.iter().position(|&below| roll < below);
        let types: Vec<Option<usize>> = (0..places).map(|_| kind(dice.roll(100))).collect();
        let of = |kind: usize| (0..places).filter(|&place| types[place] == Some(kind)).collect();
        let members: Vec<Vec<usize>> = (0..TYPES.len()).map(of).collect();
        let samples = members.iter().map(|members| sample(&mut dice, members.len())).collect();
        let leaves = Outline::of(&catalog).leaf_count();
        let mut values = Table::missing(leaves, places);
        for leaf in 0..leaves {
            *values.column_mut(leaf) = (0..places).map(|_| cell(&mut dice, leaf)).collect::<Column>();
        }
        Self { catalog, types, members, samples, values }
    }

    /// Samples of each type as place indices.
    pub(crate) fn sampled_places(&self) -> Vec<Vec<usize>> {
        let places =
            |(members, sample): (&Vec<usize>, &Vec<usize>)| sample.iter().map(|&at| members[at]).collect();
        self.members.iter().zip(&self.samples).map(places).collect()
    }

    /// Writes values, types, samples and the tree.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        fs::create_dir_all(folder)?;
        let outline = Outline::of(&self.catalog);
        let columns = self.values.columns().iter();
        write_numbers(&folder.join("values"), columns.flat_map(|column| column.iter().map(or_nan)))?;
        write_numbers(
            &folder.join("types"),
            self.types.iter().map(|kind| kind.map_or(-1.0, |kind| kind as f64)),
        )?;
        let samples: Vec<String> = self.samples.iter().map(|sample| format!("{sample:?}")).collect();
        let weights: Vec<f64> = self.catalog.leaves().map(|leaf| self.catalog.item(leaf).weight).collect();
        let inverse: Vec<bool> = outline
            .leaves()
            .map(|leaf| leaf.direction == xiuhua_indicators::catalog::Direction::Inverse)
            .collect();
        let mut nodes = String::new();
        let mut groups = String::new();
        for (at, node) in outline.nodes().enumerate() {
            let below = outline.leaves_below(at);
            write!(nodes, "{}[{}, {}]", if at > 0 { ", " } else { "" }, below.start, below.end)?;
            if node.group_points.is_some() {
                write!(
                    groups,
                    "{}[{}, {}]",
                    if groups.is_empty() { "" } else { ", " },
                    below.start,
                    below.end
                )?;
            }
        }
        let tree = format!(
            "{{\"places\": {}, \"leaves\": {}, \"nodes\": [{nodes}], \"groups\": [{groups}], \"weights\": {weights:?}, \
             \"inverse\": {inverse:?}, \"samples\": [{}], \"decimals\": {}}}",
            self.types.len(),
            outline.leaf_count(),
            samples.join(", "),
            self.catalog.rank_decimals,
        );
        fs::write(folder.join("tree.json"), tree)?;
        Ok(())
    }
}

/// A random sample of the size that the report's formula gives: positions, in order.
fn sample(dice: &mut Dice, frame: usize) -> Vec<usize> {
    let mut left: Vec<usize> = (0..frame).collect();
    let taken = (0..cochran_size(frame)).map(|_| {
        let sides = u64::try_from(left.len()).unwrap_or(1);
        left.swap_remove(usize::try_from(dice.roll(sides)).unwrap_or(0))
    });
    let mut taken: Vec<usize> = taken.collect();
    taken.sort_unstable();
    taken
}

/// The catalog with its derived leaves as observed ones, so that one pass sees all 35.
fn observed(catalog: Option<Catalog>) -> Catalog {
    let mut catalog = catalog.expect("the catalog is shipped and valid");
    for item in &mut catalog.items {
        if let ItemKind::Leaf(leaf) = &mut item.kind {
            leaf.reads = match leaf.reads {
                Reads::Measure(measure) => Reads::Measure(measure),
                Reads::ChangeOf(_) => Reads::Measure(0),
            };
        }
    }
    catalog
}

/// A yes or no, a count, a share or an amount; three in a hundred are missing.
fn cell(dice: &mut Dice, leaf: usize) -> Option<f64> {
    let missing = dice.roll(100) < 3;
    let value = match leaf % 4 {
        0 => f64::from(dice.roll(10) < 7),
        1 => (dice.roll(9) + dice.roll(9)) as f64,
        2 => 100.0 * dice.share().sqrt(),
        _ => (dice.share() + dice.share() + dice.share()) * 40.0 + leaf as f64,
    };
    (!missing).then_some(value)
}

pub(crate) fn or_nan(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}

/// Writes numbers as little-endian doubles.
pub(crate) fn write_numbers(path: &Path, numbers: impl Iterator<Item = f64>) -> Result<(), Failure> {
    let bytes: Vec<u8> = numbers.flat_map(f64::to_le_bytes).collect();
    Ok(fs::write(path, bytes)?)
}
