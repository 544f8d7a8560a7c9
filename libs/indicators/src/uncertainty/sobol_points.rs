//! Sobol points: a sequence that fills the unit cube more evenly than chance, scrambled by a seed.
//!
//! Direction numbers are those of Joe and Kuo; the scrambling is a random lower triangular matrix a dimension and a
//! digital shift (Matoušek), which keeps the evenness: every block of 2^k points still has one point in each of 2^k equal
//! intervals of each coordinate.
//!
//! Source: Joe and Kuo (2008), *Constructing Sobol sequences with better two-dimensional projections*, file
//! `new-joe-kuo-6.21201`; Matoušek (1998), *On the L2-discrepancy for anchored boxes*.

use super::chance::{Purpose, Stream};

/// Binary digits of a coordinate; at most 2³² points.
const DIGITS: usize = 32;

/// The primitive polynomial (degree, inner coefficients) and the first direction numbers of dimensions 2 and on.
const JOE_KUO: [(usize, u32, &[u32]); 20] = [
    (1, 0, &[1]),
    (2, 1, &[1, 3]),
    (3, 1, &[1, 3, 1]),
    (3, 2, &[1, 1, 1]),
    (4, 1, &[1, 1, 3, 3]),
    (4, 4, &[1, 3, 5, 13]),
    (5, 2, &[1, 1, 5, 5, 17]),
    (5, 4, &[1, 1, 5, 5, 5]),
    (5, 7, &[1, 1, 7, 11, 19]),
    (5, 11, &[1, 1, 5, 1, 1]),
    (5, 13, &[1, 1, 1, 3, 11]),
    (5, 14, &[1, 3, 5, 5, 31]),
    (6, 1, &[1, 3, 3, 9, 7, 49]),
    (6, 13, &[1, 1, 1, 15, 21, 21]),
    (6, 16, &[1, 3, 1, 13, 27, 49]),
    (6, 19, &[1, 1, 1, 15, 7, 5]),
    (6, 22, &[1, 3, 1, 15, 13, 25]),
    (6, 25, &[1, 1, 5, 5, 19, 61]),
    (7, 1, &[1, 3, 7, 11, 23, 15, 103]),
    (7, 4, &[1, 3, 7, 13, 13, 15, 69]),
];

/// A Sobol sequence of some dimensions.
#[derive(Clone, Debug)]
pub struct SobolPoints {
    /// For each dimension what is added (in exclusive or) for each digit of a point's number, the lowest first.
    directions: Vec<[u32; DIGITS]>,
    shifts: Vec<u32>,
}

impl SobolPoints {
    /// The greatest number of dimensions.
    pub const DIMENSIONS: usize = JOE_KUO.len() + 1;

    /// The sequence as published: its first point is the origin.
    ///
    /// More than [`SobolPoints::DIMENSIONS`] dimensions are cut to that many.
    #[must_use]
    pub fn plain(dimensions: usize) -> Self {
        let dimensions = dimensions.min(Self::DIMENSIONS);
        Self { directions: (0..dimensions).map(directions).collect(), shifts: vec![0; dimensions] }
    }

    /// The sequence scrambled by a seed.
    #[must_use]
    pub fn scrambled(dimensions: usize, seed: u64) -> Self {
        let mut points = Self::plain(dimensions);
        for (at, (directions, shift)) in points.directions.iter_mut().zip(&mut points.shifts).enumerate() {
            let mut stream = Stream::of(seed, Purpose::Scrambling, at as u64, 0);
            // Row r gives digit r of the result: the digit itself and a random choice of the more significant ones.
            let rows: [u32; DIGITS] = std::array::from_fn(|row| {
                let own = 1_u32 << (DIGITS - 1 - row);
                let above = !(own | (own - 1));
                own | (word(&mut stream) & above)
            });
            for direction in directions {
                *direction =
                    rows.iter().fold(0, |digits, row| (digits << 1) | ((row & *direction).count_ones() & 1));
            }
            *shift = word(&mut stream);
        }
        points
    }

    /// How many dimensions it has.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.directions.len()
    }

    /// A point by its number, from 0: coordinates in [0, 1).
    #[must_use]
    pub fn point(&self, number: u32) -> Vec<f64> {
        let gray = number ^ (number >> 1);
        let coordinate = |(directions, shift): (&[u32; DIGITS], &u32)| {
            let chosen = directions.iter().enumerate().filter(|(digit, _)| gray >> digit & 1 == 1);
            let digits = chosen.fold(*shift, |digits, (_, direction)| digits ^ direction);
            f64::from(digits) / 4_294_967_296.0
        };
        self.directions.iter().zip(&self.shifts).map(coordinate).collect()
    }
}

fn word(stream: &mut Stream) -> u32 {
    u32::try_from(stream.bits() >> 32).unwrap_or(0)
}

/// The direction numbers of a dimension, by the recurrence of its polynomial; the first dimension is van der Corput's.
fn directions(dimension: usize) -> [u32; DIGITS] {
    let mut directions: [u32; DIGITS] = std::array::from_fn(|digit| 1 << (DIGITS - 1 - digit));
    let Some((degree, coefficients, first)) = dimension.checked_sub(1).map(|at| JOE_KUO[at]) else {
        return directions;
    };
    for (digit, number) in first.iter().enumerate() {
        directions[digit] = number << (DIGITS - 1 - digit);
    }
    for digit in degree..DIGITS {
        let oldest = directions[digit - degree];
        let mut next = oldest ^ (oldest >> degree);
        for inner in 1..degree {
            if coefficients >> (degree - 1 - inner) & 1 == 1 {
                next ^= directions[digit - inner];
            }
        }
        directions[digit] = next;
    }
    directions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_points_are_the_published_ones() {
        // The first ten points in ten dimensions of Joe and Kuo's program `sobol.cc` with their file
        // `new-joe-kuo-6.21201`, as on their page.
        let points = SobolPoints::plain(10);
        let published = [
            [0.0; 10],
            [0.5; 10],
            [0.75, 0.25, 0.25, 0.25, 0.75, 0.75, 0.25, 0.75, 0.75, 0.75],
            [0.25, 0.75, 0.75, 0.75, 0.25, 0.25, 0.75, 0.25, 0.25, 0.25],
            [0.375, 0.375, 0.625, 0.875, 0.375, 0.125, 0.375, 0.875, 0.875, 0.625],
            [0.875, 0.875, 0.125, 0.375, 0.875, 0.625, 0.875, 0.375, 0.375, 0.125],
            [0.625, 0.125, 0.875, 0.625, 0.625, 0.875, 0.125, 0.125, 0.125, 0.375],
            [0.125, 0.625, 0.375, 0.125, 0.125, 0.375, 0.625, 0.625, 0.625, 0.875],
            [0.1875, 0.3125, 0.9375, 0.4375, 0.5625, 0.3125, 0.4375, 0.9375, 0.9375, 0.3125],
            [0.6875, 0.8125, 0.4375, 0.9375, 0.0625, 0.8125, 0.9375, 0.4375, 0.4375, 0.8125],
        ];
        for (number, expected) in published.into_iter().enumerate() {
            assert_eq!(points.point(u32::try_from(number).unwrap()), expected);
        }
    }

    /// Every block of 2^k points has one point in each of 2^k equal intervals of every coordinate.
    fn is_even(points: &SobolPoints) -> bool {
        (0..=10_u32).all(|power| {
            let count = 1_u32 << power;
            let block: Vec<Vec<f64>> = (count..2 * count).map(|number| points.point(number)).collect();
            (0..points.dimensions()).all(|dimension| {
                let mut seen = vec![false; count as usize];
                block.iter().all(|point| {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "in 0..count"
                    )]
                    let interval = (point[dimension] * f64::from(count)) as usize;
                    !std::mem::replace(&mut seen[interval], true)
                })
            })
        })
    }

    #[test]
    fn plain_and_scrambled_points_lie_one_in_each_interval() {
        assert!(is_even(&SobolPoints::plain(SobolPoints::DIMENSIONS)));
        for seed in 0..3 {
            assert!(is_even(&SobolPoints::scrambled(SobolPoints::DIMENSIONS, seed)));
        }
    }

    #[test]
    fn the_seed_scrambles() {
        let first = |seed| SobolPoints::scrambled(4, seed).point(5);
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
        assert_eq!(SobolPoints::scrambled(99, 1).dimensions(), SobolPoints::DIMENSIONS);
    }
}
