//! Pairwise comparisons (成对比较矩阵): how many times one item matters more than another, on Saaty's scale of 1/9 to 9.
//!
//! Source: Saaty, *The Analytic Hierarchy Process* (1980); groups: Aczél and Saaty (1983), who show that the geometric
//! mean is the one way to join judgements that keeps them reciprocal.

/// Most items of one matrix: Saaty's table of random indices is used up to 10, and nobody judges more at once.
pub const MAX_ITEMS: usize = 10;
/// Strongest preference that the scale knows; its reciprocal is the weakest.
pub const STRONGEST: f64 = 9.0;

/// How far a judgement may lie from the reciprocal of its mirror, as a share: people write 0.14 for 1/7.
pub(super) const RECIPROCITY_TOLERANCE: f64 = 0.025;
/// Round-off beyond the upper end of the scale.
const SCALE_TOLERANCE: f64 = 1e-9;

/// A reciprocal matrix of judgements: `a_ij` says how many times item `i` matters as much as item `j`.
#[derive(Clone, Debug, PartialEq)]
pub struct PairwiseMatrix {
    size: usize,
    /// Row by row; the lower triangle is the exact reciprocal of the upper one.
    cells: Vec<f64>,
}

/// Something wrong with a matrix. Positions count from 0.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum MatrixFault {
    /// No item, or more than [`MAX_ITEMS`].
    #[error("{items} items: a matrix has 1 to {MAX_ITEMS}")]
    Size {
        /// How many there are.
        items: usize,
    },
    /// A row has not one cell for each item.
    #[error("row {row} has {cells} cells instead of {expected}")]
    NotSquare {
        /// The row.
        row: usize,
        /// Its cells.
        cells: usize,
        /// The items.
        expected: usize,
    },
    /// A judgement is no finite number above 0.
    #[error("row {row}, column {column}: {value} is not a finite number above 0")]
    NotPositive {
        /// The row.
        row: usize,
        /// The column.
        column: usize,
        /// The judgement.
        value: f64,
    },
    /// A judgement lies outside 1/9..=9.
    #[error("row {row}, column {column}: {value} lies outside 1/9..9")]
    OffScale {
        /// The row.
        row: usize,
        /// The column.
        column: usize,
        /// The judgement.
        value: f64,
    },
    /// An item compared with itself is not 1.
    #[error("row {row}: an item compared with itself is {value}, not 1")]
    Diagonal {
        /// The row.
        row: usize,
        /// The judgement.
        value: f64,
    },
    /// The two halves disagree.
    #[error("row {row}, column {column}: {value} is not the reciprocal of {mirror}")]
    NotReciprocal {
        /// The row.
        row: usize,
        /// The column.
        column: usize,
        /// The judgement.
        value: f64,
        /// Its mirror.
        mirror: f64,
    },
    /// Experts' matrices compare different numbers of items.
    #[error("matrix {matrix} compares {items} items instead of {expected}")]
    SizesDiffer {
        /// The matrix.
        matrix: usize,
        /// Its items.
        items: usize,
        /// Those of the first.
        expected: usize,
    },
    /// The weight of an expert is no finite number above 0.
    #[error("the weight of expert {expert} is {weight}, not a finite number above 0")]
    ExpertWeight {
        /// Position of the expert.
        expert: usize,
        /// The weight.
        weight: f64,
    },
}

impl PairwiseMatrix {
    /// Takes a square matrix, row by row.
    ///
    /// A judgement may lie 2.5 % off the reciprocal of its mirror (people write 0.14 for 1/7); the upper triangle counts.
    ///
    /// # Errors
    /// Every [`MatrixFault`] at once: size, square, finite and above 0, diagonal of ones, reciprocal, in 1/9..=9.
    pub fn new(rows: &[Vec<f64>]) -> Result<Self, Vec<MatrixFault>> {
        let size = rows.len();
        if size == 0 || size > MAX_ITEMS {
            return Err(vec![MatrixFault::Size { items: size }]);
        }
        let mut faults: Vec<MatrixFault> = Vec::new();
        for (row, cells) in rows.iter().enumerate().filter(|(_, cells)| cells.len() != size) {
            faults.push(MatrixFault::NotSquare { row, cells: cells.len(), expected: size });
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        for (row, cells) in rows.iter().enumerate() {
            for (column, &value) in cells.iter().enumerate() {
                faults.extend(cell_fault(row, column, value));
            }
        }
        let sound = |value: f64| value.is_finite() && value > 0.0;
        for (row, cells) in rows.iter().enumerate() {
            for (column, &value) in cells.iter().enumerate().skip(row + 1) {
                let mirror = rows[column][row];
                if sound(value) && sound(mirror) && (value * mirror - 1.0).abs() > RECIPROCITY_TOLERANCE {
                    faults.push(MatrixFault::NotReciprocal { row, column, value, mirror });
                }
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self::of_upper(size, |row, column| rows[row][column]))
    }

    /// Makes a matrix of the judgements above the diagonal: `judgement(i, j)` for every `i < j`.
    ///
    /// # Errors
    /// Every [`MatrixFault`] at once.
    pub fn from_pairs(
        items: usize,
        judgement: impl Fn(usize, usize) -> f64,
    ) -> Result<Self, Vec<MatrixFault>> {
        if items == 0 || items > MAX_ITEMS {
            return Err(vec![MatrixFault::Size { items }]);
        }
        let pairs = (0..items).flat_map(|row| (row + 1..items).map(move |column| (row, column)));
        let faults: Vec<MatrixFault> =
            pairs.filter_map(|(row, column)| cell_fault(row, column, judgement(row, column))).collect();
        if faults.is_empty() { Ok(Self::of_upper(items, judgement)) } else { Err(faults) }
    }

    /// One matrix of many experts': element by element the geometric mean, weighted by the experts' weights (aggregation
    /// of individual judgements, 判断集结). The order of the experts changes nothing but the last bits.
    ///
    /// # Errors
    /// Every [`MatrixFault`] at once: no matrix at all, sizes that differ, a weight that is not above 0.
    pub fn aggregate(experts: &[(&Self, f64)]) -> Result<Self, Vec<MatrixFault>> {
        let Some((first, _)) = experts.first() else {
            return Err(vec![MatrixFault::Size { items: 0 }]);
        };
        let mut faults = Vec::new();
        for (at, (matrix, weight)) in experts.iter().enumerate() {
            if matrix.size != first.size {
                let (items, expected) = (matrix.size, first.size);
                faults.push(MatrixFault::SizesDiffer { matrix: at, items, expected });
            }
            if !(weight.is_finite() && *weight > 0.0) {
                faults.push(MatrixFault::ExpertWeight { expert: at, weight: *weight });
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        if let [(only, _)] = experts {
            return Ok((*only).clone());
        }
        let total: f64 = experts.iter().map(|(_, weight)| weight).sum();
        Ok(Self::of_upper(first.size, |row, column| {
            let terms = experts.iter().map(|(matrix, weight)| weight * libm::log(matrix.at(row, column)));
            libm::exp(terms.sum::<f64>() / total)
        }))
    }

    /// How many items it compares.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// How many times item `row` matters as much as item `column`.
    #[must_use]
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.cells[row * self.size + column]
    }

    /// One row: an item against every other.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.cells[row * self.size..(row + 1) * self.size]
    }

    fn of_upper(size: usize, judgement: impl Fn(usize, usize) -> f64) -> Self {
        let mut cells = vec![1.0; size * size];
        for row in 0..size {
            for column in row + 1..size {
                let value = judgement(row, column);
                cells[row * size + column] = value;
                cells[column * size + row] = 1.0 / value;
            }
        }
        Self { size, cells }
    }
}

fn cell_fault(row: usize, column: usize, value: f64) -> Option<MatrixFault> {
    if !(value.is_finite() && value > 0.0) {
        return Some(MatrixFault::NotPositive { row, column, value });
    }
    if row == column {
        let off = (value - 1.0).abs() > SCALE_TOLERANCE;
        return off.then_some(MatrixFault::Diagonal { row, value });
    }
    (!is_on_scale(value)).then_some(MatrixFault::OffScale { row, column, value })
}

/// Whether a judgement lies in 1/9..=9; no number does not.
pub(super) fn is_on_scale(judgement: f64) -> bool {
    // Written in decimals, 1/9 falls short of itself: 0.11.
    let weakest = (1.0 - RECIPROCITY_TOLERANCE) / STRONGEST;
    (weakest..=STRONGEST * (1.0 + SCALE_TOLERANCE)).contains(&judgement)
}
