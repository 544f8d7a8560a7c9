//! What is heard of a source: when last, how much, and how much is usual. A source that falls silent, or sends ten times
//! the usual, is itself a warning.

use jiff::Timestamp;

use super::source::Source;

/// Deliveries that are looked at: the last, and those before it that say what is usual.
pub const DELIVERIES_SEEN: usize = 13;

/// One batch with statements of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// When it arrived.
    pub received_at: Timestamp,
    /// Statements of the source in it.
    pub statements: u64,
}

/// What was heard of a source, over the batches that are in force.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceActivity {
    /// The source.
    pub source: Source,
    /// Batches with statements of it.
    pub deliveries: u64,
    /// When the last one arrived.
    pub last_received_at: Option<Timestamp>,
    /// Statements of the last one.
    pub last_rows: u64,
    /// Median of the at most 12 before it.
    pub usual_rows: Option<f64>,
    /// Median time between the last at most 13, in seconds; `None` for fewer than 3.
    pub usual_interval_s: Option<f64>,
    /// Greatest period that was spoken of, by its text; empty for none.
    pub newest_period: String,
}

impl SourceActivity {
    /// The activity of a source, of its last [`DELIVERIES_SEEN`] batches, newest first.
    #[must_use]
    pub fn of(source: Source, heard: &[Heard], deliveries: u64, newest_period: String) -> Self {
        let heard = &heard[..heard.len().min(DELIVERIES_SEEN)];
        let before = heard.get(1..).unwrap_or_default();
        let mut times: Vec<_> = heard.iter().map(|heard| heard.received_at.as_microsecond()).collect();
        // A delivery that began first can be sealed last.
        times.sort_unstable();
        let intervals = times.windows(2).map(|pair| (pair[1] - pair[0]).unsigned_abs()).collect();
        Self {
            source,
            deliveries,
            last_received_at: heard.first().map(|last| last.received_at),
            last_rows: heard.first().map_or(0, |last| last.statements),
            usual_rows: median(before.iter().map(|heard| heard.statements).collect()),
            usual_interval_s: median(intervals).filter(|_| times.len() >= 3).map(|median| median / 1e6),
            newest_period,
        }
    }
}

/// The middle of counts, or the mean of the two in the middle; `None` of none.
fn median(mut counts: Vec<u64>) -> Option<f64> {
    counts.sort_unstable();
    let (low, high) = (counts.len().checked_sub(1)? / 2, counts.len() / 2);
    #[allow(clippy::cast_precision_loss, reason = "counts of rows and microseconds are below 2^53")]
    let middle = counts[low] as f64 / 2.0 + counts[high] as f64 / 2.0;
    Some(middle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SourceId;
    use crate::domain::text::Text;

    fn activity(heard: &[(i64, u64)]) -> SourceActivity {
        let source = Source { id: SourceId::new("x").unwrap(), name: Text::default(), precedence: 100 };
        let heard: Vec<_> = heard
            .iter()
            .map(|&(second, statements)| Heard {
                received_at: Timestamp::from_second(second).unwrap(),
                statements,
            })
            .collect();
        SourceActivity::of(source, &heard, heard.len() as u64, String::new())
    }

    #[test]
    fn what_is_usual_is_the_median_of_what_came_before_the_last() {
        let told = activity(&[(400, 1_000), (300, 10), (200, 30), (100, 20)]);
        assert_eq!(
            (told.last_rows, told.usual_rows, told.usual_interval_s),
            (1_000, Some(20.0), Some(100.0))
        );
        assert_eq!(activity(&[(3, 5), (2, 10), (1, 21)]).usual_rows, Some(15.5));
    }

    #[test]
    fn too_few_deliveries_say_nothing_of_what_is_usual() {
        let none = activity(&[]);
        assert_eq!((none.last_received_at, none.last_rows, none.usual_rows), (None, 0, None));
        let one = activity(&[(1, 5)]);
        assert_eq!((one.last_rows, one.usual_rows, one.usual_interval_s), (5, None, None));
        let two = activity(&[(2, 5), (1, 7)]);
        assert_eq!((two.usual_rows, two.usual_interval_s), (Some(7.0), None));
    }

    #[test]
    fn deliveries_that_overtook_each_other_have_no_negative_interval() {
        assert_eq!(activity(&[(10, 1), (40, 1), (20, 1)]).usual_interval_s, Some(15.0));
    }
}
