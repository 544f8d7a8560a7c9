//! Percentages that look like fractions: all of them between 0 and 1.

use crate::layout::Notices;

/// Values it takes before anything is said: a few may be small.
const ENOUGH: u64 = 3;

/// What was seen of each column or measure in per cent, by its name.
#[derive(Debug, Default)]
pub(super) struct Fractions {
    seen: Vec<Seen>,
}

#[derive(Debug)]
struct Seen {
    name: String,
    values: u64,
    greatest: f64,
    least: f64,
}

impl Fractions {
    /// Takes a value in per cent, of the `at`th column or measure.
    pub(super) fn see(&mut self, at: usize, name: &str, value: f64) {
        while self.seen.len() <= at {
            self.seen.push(Seen { name: String::new(), values: 0, greatest: f64::MIN, least: f64::MAX });
        }
        let seen = &mut self.seen[at];
        if seen.values == 0 {
            name.clone_into(&mut seen.name);
        }
        seen.values += 1;
        seen.greatest = seen.greatest.max(value);
        seen.least = seen.least.min(value);
    }

    /// Says which of them look like fractions.
    pub(super) fn finish(&mut self, notices: &mut Notices) {
        for seen in self.seen.drain(..) {
            if seen.values >= ENOUGH && seen.greatest > 0.0 && seen.greatest <= 1.0 && seen.least >= 0.0 {
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
