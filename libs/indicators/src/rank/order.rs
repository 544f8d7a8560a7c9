//! The order of scores, best first: what ranks are read off, made without allocating once its buffers are there.
//!
//! A rounded score is a whole number. Counted from the best one and put before the number of its place, it makes one
//! word; words are sorted by their upper bits in two or three passes of counting, which no unforeseen branch holds up,
//! and the little that these bits did not tell apart is moved into place at the end. Where numbers do not fit (more
//! decimals than a word holds) or crowd together more than that is good for, a comparison sort does the work. Either
//! way the order is that of rounded score, then place.

use crate::lanes::wide;

/// Bits that one pass tells apart at most.
const MOST_DIGIT_BITS: u32 = 11;
const MOST_DIGITS: usize = 1 << MOST_DIGIT_BITS;
const MOST_PASSES: usize = 3;
/// The word of a place without a score; no other has its first bit set.
const NO_SCORE: u64 = u64::MAX;
/// Up to so many scores two passes tell nearly all of them apart.
const FEW: usize = 1 << 16;
/// Where a rounded score is below this, one is the distance between two neighbouring numbers from here to its double.
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// Buffers of an order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    gathered: Vec<f64>,
    ties: Vec<Tied>,
    rounded: Vec<f64>,
    words: Vec<u64>,
    moved: Vec<u64>,
    pairs: Vec<(f64, u32)>,
    starts: Vec<Starts>,
}

/// Places of one rounded score.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tied {
    /// How many scores are better.
    pub(crate) above: u32,
    /// How many there are; 0 where there is no score.
    pub(crate) count: u32,
}

impl Tied {
    const NONE: Self = Self { above: 0, count: 0 };
}

impl Order {
    /// Orders the scores (NaN: none) of some places, out of a column of all, rounded to `shift`-ths, halves away from
    /// zero. Gives where each stands, in the order of `places`, and the number of those that have a score. There are at
    /// most `u32::MAX` places.
    pub(crate) fn standings(&mut self, column: &[f64], places: &[usize], shift: f64) -> (&[Tied], u32) {
        let mut scores = std::mem::take(&mut self.gathered);
        scores.clear();
        scores.extend(places.iter().map(|&place| column[place]));
        let in_words = self.sort(&scores, shift);
        let len = scores.len();
        self.gathered = scores;
        let ties = &mut self.ties;
        // Told in the order of scores, but read in that of places: so what is far apart is written in a small array.
        ties.resize(len, Tied::NONE);
        if !in_words || self.words.len() < len {
            ties.fill(Tied::NONE);
        }
        let tell = |at: usize, tied| ties[at] = tied;
        let count = if in_words {
            let (bits, mask) = place_bits(len);
            tell_runs(&self.words, |one, other| one >> bits == other >> bits, |word| whole(word & mask), tell)
        } else {
            let same = |one: (f64, u32), other: (f64, u32)| one.0.total_cmp(&other.0).is_eq();
            tell_runs(&self.pairs, same, |pair| whole(u64::from(pair.1)), tell)
        };
        (&self.ties, count)
    }

    /// The same, where only ranks are wanted: written beside their scores, 0 for none.
    pub(crate) fn ranks(&mut self, scores: &[f64], shift: f64, ranks: &mut [u32]) {
        if !self.sort(scores, shift) {
            ranks.fill(0);
            let same = |one: (f64, u32), other: (f64, u32)| one.0.total_cmp(&other.0).is_eq();
            let place = |pair: (f64, u32)| whole(u64::from(pair.1));
            tell_runs(&self.pairs, same, place, |at, tied| ranks[at] = tied.above + 1);
            return;
        }
        if self.words.len() < scores.len() {
            ranks.fill(0);
        }
        let (bits, mask) = place_bits(scores.len());
        let (mut rank, mut before) = (0, u64::MAX);
        for (&word, place) in self.words.iter().zip(1..) {
            // No score is so far behind the best one, so the first word begins a run.
            rank = if word >> bits == before { rank } else { place };
            before = word >> bits;
            ranks[whole(word & mask)] = rank;
        }
    }

    /// Sorts into `words` (`true`) or, where numbers do not fit, into `pairs`.
    fn sort(&mut self, scores: &[f64], shift: f64) -> bool {
        self.rounded.resize(scores.len(), 0.0);
        let (least, greatest) = wide(Round { scores, shift, rounded: &mut self.rounded });
        if least > greatest {
            self.words.clear();
            return true;
        }
        let fits = self.sort_words(least, greatest);
        if !fits {
            self.sort_pairs();
        }
        fits
    }

    /// Sorts words; `false` if the numbers do not fit.
    fn sort_words(&mut self, least: f64, greatest: f64) -> bool {
        let reach = greatest - least;
        let (bits, _) = place_bits(self.rounded.len());
        if !(reach < WHOLE && greatest.abs() < WHOLE && least.abs() < WHOLE) {
            return false;
        }
        let reach_bits = u64::BITS - ((reach + WHOLE).to_bits() ^ WHOLE.to_bits()).leading_zeros();
        if reach_bits + bits >= u64::BITS {
            return false;
        }
        self.words.resize(self.rounded.len(), 0);
        if wide(Words { greatest, bits, rounded: &self.rounded, words: &mut self.words }) {
            self.words.retain(|&word| word != NO_SCORE);
        }
        let count = self.words.len();
        // A quarter as many digits as there are scores tell nearly all of them apart in two passes; more cost more to add
        // up than what they leave to be moved.
        let digit_bits = (usize::BITS - count.leading_zeros()).saturating_sub(2).clamp(5, MOST_DIGIT_BITS);
        let (passes, most) = if count <= FEW { (2, 2) } else { (3, MOST_PASSES) };
        let skipped = reach_bits.saturating_sub(passes * digit_bits) + bits;
        let digits = [0, 1, 2].map(|pass| Digit { begin: skipped + pass * digit_bits, digit_bits });
        let used = digits[..most].iter().filter(|digit| digit.begin < reach_bits + bits).count();
        self.starts.resize(MOST_PASSES, [0; MOST_DIGITS]);
        self.count(&digits[..used]);
        for (pass, &digit) in digits[..used].iter().enumerate() {
            self.move_by(digit, pass);
        }
        if skipped > bits && !settle(&mut self.words) {
            self.words.sort_unstable();
        }
        true
    }

    /// Finds where the words of each digit begin, for all passes at once: no pass changes how many there are.
    fn count(&mut self, digits: &[Digit]) {
        let starts = &mut self.starts[..digits.len()];
        starts.iter_mut().zip(digits).for_each(|(starts, digit)| starts[..1 << digit.digit_bits].fill(0));
        match (digits, starts) {
            ([lower, upper], [of_lower, of_upper]) => {
                for &word in &self.words {
                    of_lower[lower.of(word)] += 1;
                    of_upper[upper.of(word)] += 1;
                }
            }
            (digits, starts) => {
                for (digit, starts) in digits.iter().zip(starts) {
                    self.words.iter().for_each(|&word| starts[digit.of(word)] += 1);
                }
            }
        }
        for (starts, digit) in self.starts.iter_mut().zip(digits) {
            let mut start = 0;
            for slot in &mut starts[..1 << digit.digit_bits] {
                start += std::mem::replace(slot, start);
            }
        }
    }

    /// One pass: a stable sort by a digit.
    fn move_by(&mut self, digit: Digit, pass: usize) {
        let starts = &mut self.starts[pass];
        self.moved.resize(self.words.len(), 0);
        let moved = self.moved.as_mut_slice();
        for &word in &self.words {
            let slot = &mut starts[digit.of(word)];
            moved[whole(u64::from(*slot))] = word;
            *slot += 1;
        }
        std::mem::swap(&mut self.words, &mut self.moved);
    }

    fn sort_pairs(&mut self) {
        self.pairs.clear();
        let placed = self.rounded.iter().zip(0_u32..).filter(|(score, _)| !score.is_nan());
        self.pairs.extend(placed.map(|(&score, place)| (score, place)));
        self.pairs.sort_unstable_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    }
}

/// For each value of a digit, where the next word that has it goes.
type Starts = [u32; MOST_DIGITS];

/// Some bits of a word.
#[derive(Clone, Copy, Debug)]
struct Digit {
    begin: u32,
    digit_bits: u32,
}

impl Digit {
    #[inline(always)]
    fn of(self, word: u64) -> usize {
        whole(word >> self.begin & ((1 << self.digit_bits) - 1)) % MOST_DIGITS
    }
}

/// Rounds scores, and finds the least and the greatest; the greatest is below the least where there is none.
struct Round<'a> {
    scores: &'a [f64],
    shift: f64,
    rounded: &'a mut [f64],
}

impl crate::lanes::Work for Round<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn call(self) -> (f64, f64) {
        for (rounded, score) in self.rounded.iter_mut().zip(self.scores) {
            // Adding 0 turns -0 into 0, which the total order would otherwise tell apart.
            *rounded = (score * self.shift).round() + 0.0;
        }
        const LANES: usize = 32;
        let (mut least, mut greatest) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        let (chunks, rest) = self.rounded.as_chunks::<LANES>();
        for chunk in chunks {
            for at in 0..LANES {
                // Comparisons with NaN are false.
                least[at] = if chunk[at] < least[at] { chunk[at] } else { least[at] };
                greatest[at] = if chunk[at] > greatest[at] { chunk[at] } else { greatest[at] };
            }
        }
        let all = |start: f64, found: &[f64], pick: fn(f64, f64) -> f64| {
            found.iter().chain(rest.iter().filter(|score| !score.is_nan())).copied().fold(start, pick)
        };
        (all(f64::INFINITY, &least, f64::min), all(f64::NEG_INFINITY, &greatest, f64::max))
    }
}

/// Makes words of rounded scores; `true` if any is without one.
struct Words<'a> {
    greatest: f64,
    bits: u32,
    rounded: &'a [f64],
    words: &'a mut [u64],
}

impl crate::lanes::Work for Words<'_> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let mut without = 0_u64;
        for ((word, &score), place) in self.words.iter_mut().zip(self.rounded).zip(0_u64..) {
            // Both numbers are whole and their difference is exact; adding WHOLE shows it in the lower bits.
            let behind = (self.greatest - score + WHOLE).to_bits() ^ WHOLE.to_bits();
            *word = if score.is_nan() { NO_SCORE } else { behind << self.bits | place };
            without |= u64::from(score.is_nan());
        }
        without > 0
    }
}

/// How many bits the number of a place takes, and a mask of them.
fn place_bits(places: usize) -> (u32, u64) {
    let bits = usize::BITS - places.saturating_sub(1).leading_zeros();
    (bits, (1 << bits) - 1)
}

/// Moves words into place that are nearly there; `false` when that takes too long.
fn settle(words: &mut [u64]) -> bool {
    let mut moves = 4 * words.len();
    for at in 1..words.len() {
        let word = words[at];
        let mut to = at;
        while to > 0 && words[to - 1] > word {
            if moves == 0 {
                words[to] = word;
                return false;
            }
            words[to] = words[to - 1];
            to -= 1;
            moves -= 1;
        }
        words[to] = word;
    }
    true
}

/// Walks over runs of equal scores, best first; gives the number of all.
fn tell_runs<T: Copy>(
    sorted: &[T],
    same: impl Fn(T, T) -> bool,
    place: impl Fn(T) -> usize,
    mut tell: impl FnMut(usize, Tied),
) -> u32 {
    let mut above = 0;
    let mut rest = sorted;
    while let Some(&first) = rest.first() {
        let len = 1 + rest[1..].iter().take_while(|&&other| same(first, other)).count();
        let count = u32::try_from(len).unwrap_or(u32::MAX);
        let (run, behind) = rest.split_at(len);
        run.iter().for_each(|&one| tell(place(one), Tied { above, count }));
        above += count;
        rest = behind;
    }
    above
}

/// A number of this machine; on machines of fewer bits no list is so long.
#[inline(always)]
fn whole(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
