//! Places (地点): the register's rows, their faults, and the district that follows from a town code.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::batch::Position;
use super::ids::{BatchId, MAX_ID_CHARS, PlaceId};
use super::rejection::Reason;
use super::text::{Text, without_nul};

/// Most attributes of a place.
pub const MAX_ATTRIBUTES: usize = 64;
/// Longest value of an attribute, and longest name of anything but a committee, in characters.
pub const MAX_TEXT_CHARS: usize = 1_000;
/// Longest name of an attribute, in characters.
pub const MAX_ATTRIBUTE_NAME_CHARS: usize = 128;

/// Columns of a file of places (specification page 5, section 5.2).
pub(crate) const COLUMNS: &[&str] =
    &[ID_COLUMN, "name", "town_code", "town", "committee", "housing_nature", "households", "population"];
pub(crate) const ID_COLUMN: &str = "place_id";

const DISTRICT_CODE: &str = "district_code";
const DISTRICT_NAME: &str = "district_name";

/// A place as it is described. Absent means unknown, never zero; an empty text means not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Stable id within the platform.
    pub id: PlaceId,
    /// What is said of it.
    pub description: Description,
}

/// What a delivery says of a place. Texts are without blanks at the ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Description {
    /// Name.
    pub name: String,
    /// Code of the sub-district or town (街镇); at most [`MAX_ID_CHARS`] characters.
    pub town_code: String,
    /// Name of the sub-district or town.
    pub town_name: String,
    /// Neighbourhood committee (居委会), identified by (town code, committee); at most [`MAX_ID_CHARS`] characters.
    pub committee: String,
    /// Legal nature of the housing (房屋性质), as delivered.
    pub housing_nature: String,
    /// Households (户).
    pub households: Option<u64>,
    /// Actual residents (人).
    pub population: Option<u64>,
    /// Any further column of the delivery, by its header.
    pub attributes: BTreeMap<String, String>,
}

impl Description {
    /// Code and name of the district: the attributes `district_code` and `district_name` where given, else the first
    /// six digits of a twelve-digit town code (GB/T 2260 inside GB/T 10114); empty where neither says.
    #[must_use]
    pub fn district(&self) -> (&str, &str) {
        let given = |name: &str| self.attributes.get(name).map_or("", String::as_str);
        let is_town_code =
            self.town_code.len() == 12 && self.town_code.bytes().all(|byte| byte.is_ascii_digit());
        let code = match given(DISTRICT_CODE) {
            "" if is_town_code => &self.town_code[..6],
            code => code,
        };
        (code, given(DISTRICT_NAME))
    }

    /// SHA-256 of everything described: equal for equal content, so that a store compares 32 bytes.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        // Fields in their order and a sorted map: one description has one text.
        let text = serde_json::to_vec(self).expect("texts, numbers and a map of texts have a JSON form");
        Sha256::digest(text).into()
    }
}

/// The fields of a row as they were delivered, before any check.
#[derive(Clone, Debug, Default)]
pub struct DeliveredPlace {
    /// Row in the file; the header is row 1.
    pub row: u64,
    /// Id.
    pub id: String,
    /// What is said of it.
    pub description: Description,
    /// Number of the rejected row, in the batch that its delivery corrects, which it brings again.
    pub closes_row: Option<u64>,
    /// The row as it stood in the file.
    pub original: String,
    /// What the reader of the file found.
    pub faults: Vec<Reason>,
}

/// A row as it waits for the seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceRow {
    /// Row in the file.
    pub row: u64,
    /// The place, or every fault of the row.
    pub place: Result<Place, Vec<Reason>>,
    /// Number of the rejected row that it brings again, not yet looked up.
    pub closes_row: Option<u64>,
    /// The row as it stood in the file.
    pub original: String,
}

impl PlaceRow {
    /// Adds a fault: what the row says of a place is no longer looked at.
    pub(crate) fn refuse(&mut self, fault: Reason) {
        match &mut self.place {
            Ok(_) => self.place = Err(vec![fault]),
            Err(faults) => faults.push(fault),
        }
    }
}

impl DeliveredPlace {
    /// Checks everything that a row shows by itself, and takes blanks off the ends of texts (not of the id: another
    /// delivery would not find it).
    ///
    /// A column in which the reader already found a fault gets no second one, and a row that could not be read at all
    /// (a fault without a column) none.
    #[must_use]
    pub fn checked(self) -> PlaceRow {
        let (description, repeated) = self.description.trimmed();
        let mut faults = self.faults;
        let unreadable = faults.iter().any(|fault| fault.column.is_empty());
        let mut found = Vec::new();
        let id = PlaceId::new(self.id.as_str());
        if let Err(fault) = id {
            found.push(Reason::bad_id(ID_COLUMN, "MISSING_PLACE_ID", "BAD_PLACE_ID", fault, &self.id));
        }
        description.note_faults(&repeated, &mut found);
        if !unreadable {
            found.retain(|fault| faults.iter().all(|reported| reported.column != fault.column));
            faults.append(&mut found);
        }
        let place = match id {
            Ok(id) if faults.is_empty() => Ok(Place { id, description }),
            _ => Err(faults),
        };
        PlaceRow { row: self.row, place, closes_row: self.closes_row, original: without_nul(self.original) }
    }
}

impl Description {
    /// Without blanks at the ends of texts, and the attribute names that more than one column then has.
    fn trimmed(self) -> (Self, BTreeSet<String>) {
        let trim = |text: String| if text.trim().len() == text.len() { text } else { text.trim().to_owned() };
        let (mut attributes, mut repeated) = (BTreeMap::new(), BTreeSet::new());
        for (name, value) in self.attributes {
            let (name, value) = (trim(name), trim(value));
            // An empty cell says as much as a missing column: nothing.
            if value.is_empty() {
                continue;
            }
            match attributes.entry(name) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                Entry::Occupied(entry) => {
                    repeated.insert(entry.key().clone());
                }
            }
        }
        let description = Self {
            name: trim(self.name),
            town_code: trim(self.town_code),
            town_name: trim(self.town_name),
            committee: trim(self.committee),
            housing_nature: trim(self.housing_nature),
            households: self.households,
            population: self.population,
            attributes,
        };
        (description, repeated)
    }

    fn note_faults(&self, repeated: &BTreeSet<String>, faults: &mut Vec<Reason>) {
        // Places are looked up by town and committee: those are as long as an id at most, as is every key of an index,
        // and nothing invisible may hide in them.
        let texts = [
            (&self.name, MAX_TEXT_CHARS, is_nul as fn(char) -> bool),
            (&self.town_code, MAX_ID_CHARS, char::is_control),
            (&self.town_name, MAX_TEXT_CHARS, is_nul),
            (&self.committee, MAX_ID_CHARS, char::is_control),
            (&self.housing_nature, MAX_TEXT_CHARS, is_nul),
        ];
        for (column, (text, most, refused)) in COLUMNS[1..].iter().zip(texts) {
            faults.extend(text_fault(column, text, most, refused));
        }
        for (column, count) in [("households", self.households), ("population", self.population)] {
            if count.is_some_and(|count| i64::try_from(count).is_err()) {
                let message = Text::new("数量过大", "the number is too large");
                faults.push(Reason::new(column, "OUT_OF_BOUNDS", message));
            }
        }
        let count = self.attributes.len();
        if count > MAX_ATTRIBUTES {
            let message = Text::new(
                format!("附加列有 {count} 个，最多 {MAX_ATTRIBUTES} 个"),
                format!("{count} further columns; at most {MAX_ATTRIBUTES}"),
            );
            // Of the row as a whole and alone: the columns past the limit are not looked into.
            faults.push(Reason::new("", "TOO_MANY_ATTRIBUTES", message));
            return;
        }
        for (name, value) in &self.attributes {
            if name.is_empty()
                || name.chars().count() > MAX_ATTRIBUTE_NAME_CHARS
                || name.chars().any(char::is_control)
            {
                let message = Text::new(
                    format!("附加列名须为 1 至 {MAX_ATTRIBUTE_NAME_CHARS} 个字符，不含控制字符"),
                    format!(
                        "a column name has 1 to {MAX_ATTRIBUTE_NAME_CHARS} characters, none a control character"
                    ),
                );
                faults.push(Reason::new("", "BAD_ATTRIBUTE_NAME", message));
                continue;
            }
            if repeated.contains(name) {
                let message = Text::new(
                    "去掉首尾空白后有多个同名的附加列",
                    "several further columns have this name once blanks at its ends are gone",
                );
                faults.push(Reason::new(name, "DUPLICATE_ATTRIBUTE", message));
            }
            faults.extend(text_fault(name, value, MAX_TEXT_CHARS, is_nul));
        }
    }
}

/// The one character that a text for people may not hold, as databases cannot either. Others do occur in real lists (a
/// letter misread as a control character) and are no reason to lose a place.
fn is_nul(c: char) -> bool {
    c == '\0'
}

fn text_fault(column: &str, text: &str, most: usize, refused: impl Fn(char) -> bool) -> Option<Reason> {
    // Bytes first: most texts are short and need no counting.
    if text.len() > most && text.chars().count() > most {
        let message = Text::new(format!("超过 {most} 个字符"), format!("longer than {most} characters"));
        return Some(Reason::new(column, "TEXT_TOO_LONG", message));
    }
    text.chars().any(refused).then(|| {
        Reason::new(column, "CONTROL_CHARACTER", Text::new("含有控制字符", "holds a control character"))
    })
}

/// A place as a batch left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceRevision {
    /// The place.
    pub place: Place,
    /// Its delivery.
    pub batch_id: BatchId,
    /// Position of its delivery.
    pub position: Position,
    /// Row of its delivery.
    pub row: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivered(id: &str) -> DeliveredPlace {
        DeliveredPlace { row: 2, id: id.to_owned(), ..DeliveredPlace::default() }
    }

    fn codes(row: &PlaceRow) -> Vec<&str> {
        row.place.as_ref().unwrap_err().iter().map(|fault| fault.code.as_str()).collect()
    }

    #[test]
    fn texts_lose_the_blanks_at_their_ends_and_keep_the_rest() {
        let mut row = delivered("P1");
        row.description.name = " 梅园 一村\u{3000}".to_owned();
        row.description.attributes =
            [(" 备注 ".to_owned(), " ".to_owned()), ("lng".to_owned(), "121.5 ".to_owned())].into();
        let place = row.checked().place.unwrap();
        assert_eq!(place.description.name, "梅园 一村");
        assert_eq!(place.description.attributes, [("lng".to_owned(), "121.5".to_owned())].into());
    }

    #[test]
    fn two_columns_whose_names_differ_in_blanks_alone_are_a_fault_of_the_row() {
        let described = |attributes: &[(&str, &str)]| {
            let mut row = delivered("P1");
            row.description.attributes =
                attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            row.checked()
        };
        for second in ["121.6", "121.5"] {
            let row = described(&[("lng", "121.5"), ("lng ", second), (" lng", second), ("lat", "31.2")]);
            assert_eq!(codes(&row), ["DUPLICATE_ATTRIBUTE"], "{second}");
            assert_eq!(row.place.unwrap_err()[0].column, "lng");
        }
        // A column that says nothing takes nothing from the other.
        let place = described(&[("lng", "121.5"), ("lng ", " ")]).place.unwrap();
        assert_eq!(place.description.attributes, [("lng".to_owned(), "121.5".to_owned())].into());
    }

    #[test]
    fn all_faults_of_a_row_are_found_at_once() {
        let mut row = delivered(" P1");
        row.description.name = "a\u{0}b".to_owned();
        row.description.committee = "居".repeat(129);
        row.description.households = Some(u64::MAX);
        row.description.attributes.insert("备注".to_owned(), "\u{0}".to_owned());
        let expected =
            ["BAD_PLACE_ID", "CONTROL_CHARACTER", "TEXT_TOO_LONG", "OUT_OF_BOUNDS", "CONTROL_CHARACTER"];
        assert_eq!(codes(&row.checked()), expected);
        let mut crowded = delivered("P1");
        crowded.description.attributes = (0..65).map(|n| (format!("a{n}"), "x".to_owned())).collect();
        assert_eq!(codes(&crowded.checked()), ["TOO_MANY_ATTRIBUTES"]);
    }

    #[test]
    fn a_stray_control_character_in_a_name_is_kept_and_one_in_a_code_refused() {
        let mut row = delivered("CIV");
        row.description.name = "C\u{94}te".to_owned();
        assert!(row.clone().checked().place.is_ok());
        row.description.town_code = "310115\u{94}".to_owned();
        assert_eq!(codes(&row.checked()), ["CONTROL_CHARACTER"]);
    }

    #[test]
    fn the_readers_fault_of_a_column_stands_alone_and_a_committee_needs_no_town() {
        let mut row = delivered("");
        row.faults = vec![Reason::new("households", "NOT_A_NUMBER", Text::default())];
        assert_eq!(codes(&row.checked()), ["NOT_A_NUMBER", "MISSING_PLACE_ID"]);
        let mut row = delivered("");
        row.faults = vec![Reason::new("", "WRONG_NUMBER_OF_FIELDS", Text::default())];
        assert_eq!(codes(&row.checked()), ["WRONG_NUMBER_OF_FIELDS"]);
        let mut row = delivered("P1");
        row.description.committee = "一居".to_owned();
        assert!(row.checked().place.is_ok());
    }

    #[test]
    fn the_district_is_the_attribute_or_the_head_of_a_twelve_digit_town_code() {
        let mut description = Description { town_code: "310115005000".to_owned(), ..Description::default() };
        assert_eq!(description.district(), ("310115", ""));
        description.attributes = [
            ("district_code".to_owned(), "310104".to_owned()),
            ("district_name".to_owned(), "徐汇区".to_owned()),
        ]
        .into();
        assert_eq!(description.district(), ("310104", "徐汇区"));
        for code in ["", "310115005", "31011500500A", "浦东新区"] {
            let other = Description { town_code: code.to_owned(), ..Description::default() };
            assert_eq!(other.district(), ("", ""), "{code}");
        }
    }

    #[test]
    fn the_fingerprint_follows_the_content() {
        let one = Description { households: Some(0), ..Description::default() };
        assert_eq!(one.fingerprint(), one.clone().fingerprint());
        assert_ne!(one.fingerprint(), Description::default().fingerprint());
    }
}
