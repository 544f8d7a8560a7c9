//! A panel: the values of some places, laid side by side as vectors read them.

use crate::table::Table;

/// Places whose sums are kept in registers at once.
pub(crate) const LANES: usize = 32;

/// The values of one leaf for places side by side, NaN where missing and behind the last place.
pub(crate) type Lanes = [f64; LANES];

/// Values of some places: for every [`LANES`] of them, all leaves, one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Panel {
    leaves: usize,
    places: usize,
    cells: Vec<Lanes>,
}

/// The values of places that stand one after another in a panel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch<'a> {
    leaves: usize,
    places: usize,
    cells: &'a [Lanes],
}

impl<'a> Stretch<'a> {
    /// How many places are in it.
    pub(crate) fn places(self) -> usize {
        self.places
    }

    /// The strips of [`LANES`] places: `strip[leaf][lane]`.
    pub(crate) fn strips(self) -> impl ExactSizeIterator<Item = &'a [Lanes]> {
        self.cells.chunks_exact(self.leaves.max(1))
    }

    /// The values of one leaf, place by place.
    pub(crate) fn leaf(self, leaf: usize) -> impl Iterator<Item = f64> + 'a {
        self.strips().flat_map(move |strip| strip[leaf]).take(self.places)
    }
}

impl Panel {
    /// Without places.
    pub(crate) fn new(leaves: usize) -> Self {
        Self { leaves, places: 0, cells: Vec::new() }
    }

    /// The values of some places of a table, which lie inside it.
    pub(crate) fn of(table: &Table, places: &[usize]) -> Self {
        let mut panel = Self::new(table.columns().len());
        panel.gather(table, places);
        panel
    }

    /// How many places are in it.
    pub(crate) fn places(&self) -> usize {
        self.places
    }

    /// Makes room for so many places; values are undefined until they are set.
    pub(crate) fn resize(&mut self, places: usize) {
        self.places = places;
        self.cells.resize(self.leaves * places.div_ceil(LANES), [f64::NAN; LANES]);
    }

    /// Makes it as large as another; values are undefined until they are set.
    pub(crate) fn fit(&mut self, other: &Self) {
        self.leaves = other.leaves;
        self.resize(other.places);
    }

    /// Takes the values of some places of a table, which lie inside it.
    pub(crate) fn gather(&mut self, table: &Table, places: &[usize]) {
        self.resize(places.len());
        for (strip, places) in self.cells.chunks_exact_mut(self.leaves.max(1)).zip(places.chunks(LANES)) {
            for (lanes, column) in strip.iter_mut().zip(table.columns()) {
                let column = column.cells();
                for (cell, &place) in lanes.iter_mut().zip(places) {
                    *cell = column[place];
                }
                lanes[places.len()..].fill(f64::NAN);
            }
        }
    }

    /// The strips of [`LANES`] places: `strip[leaf][lane]`.
    pub(crate) fn strips(&self) -> impl ExactSizeIterator<Item = &[Lanes]> {
        self.cells.chunks_exact(self.leaves.max(1))
    }

    /// All of its places.
    pub(crate) fn all(&self) -> Stretch<'_> {
        self.stretch(0, self.places)
    }

    /// So many of its places from the one on that begins a strip.
    pub(crate) fn stretch(&self, first: usize, places: usize) -> Stretch<'_> {
        let (start, strips) = (first / LANES * self.leaves, places.div_ceil(LANES));
        Stretch { leaves: self.leaves, places, cells: &self.cells[start..start + strips * self.leaves] }
    }

    /// The same, to be filled.
    pub(crate) fn strips_mut(&mut self) -> impl ExactSizeIterator<Item = &mut [Lanes]> {
        self.cells.chunks_exact_mut(self.leaves.max(1))
    }

    /// The value of one place, NaN where missing.
    pub(crate) fn get(&self, leaf: usize, place: usize) -> f64 {
        self.cells[place / LANES * self.leaves + leaf][place % LANES]
    }

    /// Maps every value of one leaf that is there; NaN takes it away.
    pub(crate) fn map_leaf(&mut self, leaf: usize, map: impl Fn(f64) -> f64) {
        for strip in self.strips_mut() {
            for cell in strip[leaf].iter_mut().filter(|cell| !cell.is_nan()) {
                *cell = map(*cell);
            }
        }
    }

    /// Takes away the values of one leaf.
    pub(crate) fn clear_leaf(&mut self, leaf: usize) {
        self.strips_mut().for_each(|strip| strip[leaf].fill(f64::NAN));
    }

    /// Puts the values of one leaf, a value a place, NaN where missing.
    pub(crate) fn set_leaf(&mut self, leaf: usize, values: &[f64]) {
        for (strip, values) in self.strips_mut().zip(values.chunks(LANES)) {
            strip[leaf][..values.len()].copy_from_slice(values);
        }
    }
}
