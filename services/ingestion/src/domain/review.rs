//! What a delivery would do, shown before it counts: samples, movements, and who has to agree.
//!
//! # A movement
//! Of one measure and period: over the places that have an effective value before the batch, the sum of what each value
//! changes by, without signs, as a share of the sum of the values before, without signs. Where all values before were 0
//! there is no such share, and any change counts as more than every share. Values that are new move nothing.

use std::cmp::Ordering;

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization;

use super::batch::{Batch, Position, RowCounts};
use super::ids::MeasureId;
use super::observation::VALUE_COLUMN;
use super::period::Period;
use super::place::{COLUMNS, Description};
use super::rejection::RejectedRow;
use super::text::excerpt;

/// Most movements that are kept of a batch or shown of it.
pub const MAX_MOVEMENTS: usize = 100;
/// Most sample rows of one verdict.
pub const MAX_SAMPLES: u32 = 100;
/// Most rejected rows of a preview.
pub const MAX_REJECTED_ROWS: u32 = 1_000;
/// Longest text shown in a sample, in characters.
const SHOWN_CHARS: usize = 200;

/// Where a complete delivery stands of which nothing is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Waits to be committed or discarded.
    Staged,
    /// Committed; waits for a second person.
    AwaitingApproval,
    /// Given up.
    Discarded,
}

/// Who decided something about a batch, when, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Who.
    pub author: String,
    /// Why; empty for a commit.
    pub reason: String,
    /// When.
    pub time: Timestamp,
}

/// Whether two names are of one person: blanks, case, the form of characters and what nobody sees make no other person.
#[must_use]
pub fn is_same_person(one: &str, other: &str) -> bool {
    shown(one) == shown(other)
}

/// What a person sees of a text, in plain letters without blanks; empty where there is nothing to see.
#[must_use]
pub fn shown(text: &str) -> String {
    let seen = text.nfkc().filter(|letter| !letter.is_whitespace() && !is_invisible(*letter));
    seen.flat_map(char::to_lowercase).nfkc().collect()
}

/// Control characters, and those that Unicode has programs ignore where they cannot show them.
///
/// Source: `Default_Ignorable_Code_Point` of the Unicode character database.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// How far a batch moves what is on record of one measure and period.
#[derive(Clone, Debug, PartialEq)]
pub struct Movement {
    /// Measure.
    pub measure_id: MeasureId,
    /// Period.
    pub period: Period,
    /// 0 or more; `None` where all values before were 0.
    pub moved_ratio: Option<f64>,
    /// Places whose value changes; at least 1.
    pub places_moved: u64,
    /// Places that had a value before.
    pub places_before: u64,
}

impl Movement {
    /// Whether it is more than a share.
    #[must_use]
    pub fn exceeds(&self, share: f64) -> bool {
        self.moved_ratio.is_none_or(|ratio| ratio > share)
    }

    /// Greatest first, then by measure and period.
    #[must_use]
    pub fn by_size(&self, other: &Self) -> Ordering {
        let ratio = |movement: &Self| movement.moved_ratio.unwrap_or(f64::INFINITY);
        let key = |movement: &Self| (movement.measure_id.to_string(), movement.period.to_string());
        ratio(other).total_cmp(&ratio(self)).then_with(|| key(self).cmp(&key(other)))
    }
}

/// Values are added up so much smaller that no sum or difference of them overflows: exactly, because it is 2^-40.
const SCALE: f64 = 1.0 / 1_099_511_627_776.0;

/// Adds up the movement of one measure and period.
#[derive(Clone, Copy, Debug, Default)]
pub struct MovementSum {
    moved: f64,
    stood: f64,
    places_moved: u64,
    places_before: u64,
}

impl MovementSum {
    /// Takes the next place that has a value before and one after.
    pub fn take(&mut self, before: f64, after: f64) {
        self.moved += (after * SCALE - before * SCALE).abs();
        self.stood += (before * SCALE).abs();
        self.places_moved += u64::from(after.to_bits() != before.to_bits());
        self.places_before += 1;
    }

    /// The movement, if anything moves.
    #[must_use]
    pub fn of(self, measure_id: MeasureId, period: Period) -> Option<Movement> {
        let Self { moved, stood, places_moved, places_before } = self;
        let moved_ratio = (stood > 0.0).then(|| (moved / stood).min(f64::MAX));
        let movement = Movement { measure_id, period, moved_ratio, places_moved, places_before };
        (places_moved > 0).then_some(movement)
    }
}

/// What a delivery makes of a row that is sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowVerdict {
    /// New to the record.
    Accepted,
    /// A further revision of something on record.
    Corrected,
    /// On record with the same content, or earlier in the same delivery.
    Duplicate,
}

/// A row and what it would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSample {
    /// Its verdict.
    pub verdict: RowVerdict,
    /// Row in the file.
    pub row: u64,
    /// Place.
    pub place_id: String,
    /// Measure; empty for a place.
    pub measure_id: String,
    /// Period; empty for a place.
    pub period: String,
    /// Source; empty for a place.
    pub source_id: String,
    /// What it says, beside what was on record; only what differs for a corrected row.
    pub changes: Vec<FieldChange>,
    /// Whether another statement would be in force all the same; never of a place.
    pub outweighed: bool,
}

impl RowSample {
    /// About how much of a message it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let ids = [&self.place_id, &self.measure_id, &self.period, &self.source_id];
        let said = self.changes.iter().flat_map(|change| [&change.column, &change.before, &change.after]);
        ids.into_iter().chain(said).map(|text| text.len() + 4).sum()
    }
}

/// A column of a row beside what the record said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// Column.
    pub column: String,
    /// Empty where the record said nothing.
    pub before: String,
    /// What the row says.
    pub after: String,
}

impl FieldChange {
    /// A value beside the one before it.
    #[must_use]
    pub fn of_value(before: Option<f64>, after: f64) -> Self {
        let before = before.map(|value| value.to_string()).unwrap_or_default();
        Self { column: VALUE_COLUMN.to_owned(), before, after: after.to_string() }
    }
}

/// A description beside the one before it; long texts are cut.
#[must_use]
pub fn changes(verdict: RowVerdict, before: Option<&Description>, after: &Description) -> Vec<FieldChange> {
    let is_shown = |before: &str, after: &str| match verdict {
        RowVerdict::Corrected => before != after,
        RowVerdict::Accepted | RowVerdict::Duplicate => !after.is_empty(),
    };
    let nothing = Description::default();
    let before = before.unwrap_or(&nothing);
    let fields = COLUMNS[1..].iter().copied().zip(fields(before).into_iter().zip(fields(after)));
    let of_either = before.attributes.keys().chain(after.attributes.keys());
    let names: std::collections::BTreeSet<&str> = of_either.map(String::as_str).collect();
    let attribute = |said: &Description, name: &str| said.attributes.get(name).cloned().unwrap_or_default();
    let attributes = names.into_iter().map(|name| (name, (attribute(before, name), attribute(after, name))));
    let differing = fields.chain(attributes).filter(|(_, (before, after))| is_shown(before, after));
    let cut = |text: &str| excerpt(text, SHOWN_CHARS);
    let change = |(column, (before, after)): (&str, (String, String))| FieldChange {
        column: column.to_owned(),
        before: cut(&before),
        after: cut(&after),
    };
    differing.map(change).collect()
}

/// Texts of a description in the order of the columns after the id.
fn fields(said: &Description) -> [String; 7] {
    let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    [
        said.name.clone(),
        said.town_code.clone(),
        said.town_name.clone(),
        said.committee.clone(),
        said.housing_nature.clone(),
        count(said.households),
        count(said.population),
    ]
}

/// What sealing a batch would do if it were done now.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The batch.
    pub batch: Batch,
    /// The newest position: what its rows were held against.
    pub position: Position,
    /// The verdicts.
    pub counts: RowCounts,
    /// First rows of each verdict but rejected, by verdict, then row.
    pub samples: Vec<RowSample>,
    /// The first rejected rows, by row.
    pub rejected: Vec<RejectedRow>,
    /// What it moves, greatest first, at most [`MAX_MOVEMENTS`].
    pub movements: Vec<Movement>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_is_one_person_however_the_name_is_written() {
        assert!(is_same_person(" Li Qiang", "LI qiang "));
        assert!(is_same_person("Ｌｉ　Ｑｉａｎｇ", "li qiang"));
        assert!(is_same_person("e\u{301}lise", "Élise"));
        assert!(is_same_person("李强", "李 强"));
        assert!(!is_same_person("李强", "王芳"));
        for unseen in ['\u{200b}', '\u{feff}', '\u{2060}', '\u{fe0f}', '\u{3164}', '\u{1b}', '\0'] {
            assert!(is_same_person("王芳", &format!("王{unseen}芳{unseen}")), "{unseen:?}");
            assert_eq!(shown(&unseen.to_string()), "", "{unseen:?}");
        }
    }

    #[test]
    fn a_change_from_nothing_but_zeros_is_more_than_every_share_and_stands_first() {
        let movement = |measure: &str, moved_ratio| Movement {
            measure_id: MeasureId::new(measure).unwrap(),
            period: Period::parse("2021").unwrap(),
            moved_ratio,
            places_moved: 1,
            places_before: 2,
        };
        let mut movements = [
            movement("b", Some(0.05)),
            movement("c", Some(0.2)),
            movement("d", None),
            movement("a", Some(0.2)),
        ];
        movements.sort_by(Movement::by_size);
        let order: Vec<_> = movements.iter().map(|movement| movement.measure_id.as_str()).collect();
        assert_eq!(order, ["d", "a", "c", "b"]);
        let waits: Vec<_> = movements.iter().map(|movement| movement.exceeds(0.05)).collect();
        assert_eq!(waits, [true, true, true, false]);
    }

    #[test]
    fn a_corrected_place_shows_what_differs_and_a_new_one_what_it_says() {
        let description = |name: &str, households, lng: &str| Description {
            name: name.to_owned(),
            households,
            attributes: [("lng".to_owned(), lng.to_owned())].into(),
            ..Description::default()
        };
        let (before, after) = (description("甲", Some(5), "121.5"), description("乙", Some(5), "121.6"));
        let told = |verdict, before| -> Vec<(String, String, String)> {
            let changes = changes(verdict, before, &after).into_iter();
            changes.map(|change| (change.column, change.before, change.after)).collect()
        };
        let change = |column: &str, before: &str, after: &str| (column.into(), before.into(), after.into());
        let differing = [change("name", "甲", "乙"), change("lng", "121.5", "121.6")];
        assert_eq!(told(RowVerdict::Corrected, Some(&before)), differing);
        let said = [change("name", "", "乙"), change("households", "", "5"), change("lng", "", "121.6")];
        assert_eq!(told(RowVerdict::Accepted, None), said);
    }
}
