//! Percentages that look like fractions: all of them between 0 and 1, or some among others that are not.

use crate::layout::Notices;

/// Values it takes before anything is said of all of them: a few may be small.
const ENOUGH: u64 = 3;
/// Rows that are named.
const NAMED: usize = 5;

/// What was seen of each column or measure in per cent, by its name.
#[derive(Debug, Default)]
pub(super) struct Fractions {
    seen: Vec<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    name: String,
    values: u64,
    /// Of them above 1.
    above: u64,
    /// Of them below 0.
    below: u64,
    /// Of them above 0 and at most 1.
    small: u64,
    /// The first rows of these.
    rows: Vec<u64>,
}

impl Fractions {
    /// Takes a value in per cent of a row, of the `at`th column or measure.
    pub(super) fn see(&mut self, at: usize, name: &str, row: u64, value: f64) {
        while self.seen.len() <= at {
            self.seen.push(Seen::default());
        }
        let seen = &mut self.seen[at];
        if seen.values == 0 {
            name.clone_into(&mut seen.name);
        }
        seen.values += 1;
        seen.above += u64::from(value > 1.0);
        seen.below += u64::from(value < 0.0);
        if value > 0.0 && value <= 1.0 {
            seen.small += 1;
            if seen.rows.len() < NAMED {
                seen.rows.push(row);
            }
        }
    }

    /// Says which of them look like fractions.
    pub(super) fn finish(&mut self, notices: &mut Notices) {
        for seen in self.seen.drain(..).filter(|seen| seen.small > 0) {
            if seen.above > 0 {
                let words = (
                    "有大于 1 的百分数，也有这些在 0 到 1 之间，可能填成了小数（0.85 应为 85），请核对",
                    "has percentages above 1, but these between 0 and 1, which look like fractions (0.85 for 85); check \
                     them",
                );
                notices.note_rows(&seen.rows, seen.small, "SOME_LOOK_LIKE_FRACTIONS", &seen.name, words);
            } else if seen.values >= ENOUGH && seen.below == 0 {
                let words = (
                    "的百分数都在 0 到 1 之间，可能填成了小数；如是，请在映射文件的 [units] 中写“小数”",
                    "has percentages between 0 and 1 only, which look like fractions; if they are, say \"小数\" under \
                     [units] of a mapping file",
                );
                notices.note(None, "LOOKS_LIKE_FRACTIONS", &seen.name, words);
            }
        }
    }
}
