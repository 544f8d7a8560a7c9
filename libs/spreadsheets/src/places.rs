//! A file of places as typed rows: estates with their town, committee, housing nature, households and attributes.

use std::borrow::Cow;

use crate::cell::{self, CellFault, Said};
use crate::coordinates::{BadPoint, Point, System};
use crate::layout::{Columns, Kind, Mapping, Notices, Origin, PLACE_ID, PLACES, text};
use crate::table::{Cell, Remark, Row, Table, UnusableFile, is_total_word};

mod attributes;
mod towns;

use attributes::{Attribute, attributes};
use towns::Towns;

/// Positions in [`PLACES`].
const NAME: usize = 1;
const TOWN_CODE: usize = 2;
const TOWN: usize = 3;
const COMMITTEE: usize = 4;
const HOUSING_NATURE: usize = 5;
const HOUSEHOLDS: usize = 6;
const POPULATION: usize = 7;

/// One row of a file of places, with everything that is wrong with it. Texts are empty and counts absent where the file
/// says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// Number of the row in the file.
    pub row: u64,
    /// Of a returned sheet: the number of the row in the file it was returned from.
    pub closes_row: Option<u64>,
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Code of the sub-district or town (街镇).
    pub town_code: String,
    /// Its name.
    pub town: String,
    /// Neighbourhood committee (居委会).
    pub committee: String,
    /// Legal nature of the housing (房屋性质).
    pub housing_nature: String,
    /// Households (户).
    pub households: Option<u64>,
    /// Actual residents (人).
    pub population: Option<u64>,
    /// Further columns by name, in file order; none is empty.
    pub attributes: Vec<(String, String)>,
    /// The row as it stood in the file.
    pub original: String,
    /// Everything that is wrong with it.
    pub faults: Vec<CellFault>,
}

/// Reads a table of places row by row.
pub struct PlaceReader {
    table: Table,
    columns: Columns,
    attributes: Vec<Attribute>,
    /// Attributes that a mapping says for every row.
    constants: Vec<(String, String)>,
    households_exponent: i32,
    population_exponent: i32,
    notices: Notices,
    towns: Towns,
    read_by: String,
}

impl PlaceReader {
    /// Takes a table whose header says enough.
    ///
    /// # Errors
    /// [`UnusableFile`] with everything that is wrong with the header, or with how the mapping fits it.
    pub fn new(table: Table, path: &std::path::Path, mapping: &Mapping) -> Result<Self, UnusableFile> {
        let mut faults = Vec::new();
        let mapping = &mapping.with_titles(table.titles());
        let mut columns = Columns::find(Kind::Places, table.headers(), mapping, &mut faults);
        columns.require(|field| field.required, &mut faults);
        let mut exponent = |field: usize| match &columns.fields[field] {
            &Origin::Column(column) => columns.exponent(column, PLACES[field].unit).unwrap_or_else(|fault| {
                faults.push(fault);
                0
            }),
            Origin::Constant(told) if constant_count(told, field).is_none() => {
                let name = PLACES[field].name;
                faults.push(text(
                    format!("映射给 `{name}` 的固定值“{told}”不是非负整数"),
                    format!("the constant `{told}` that the mapping gives `{name}` is not a whole number of 0 or more"),
                ));
                0
            }
            _ => 0,
        };
        let (households_exponent, population_exponent) = (exponent(HOUSEHOLDS), exponent(POPULATION));
        let mut notices = Notices::default();
        let attributes = attributes(&mut columns, &mut notices, &mut faults);
        let is_attribute = |name: &str| PLACES.iter().all(|field| field.name != name);
        let constants: Vec<_> =
            mapping.constants.iter().filter(|(name, _)| is_attribute(name)).cloned().collect();
        let units = [(HOUSEHOLDS, PLACES[HOUSEHOLDS].unit), (POPULATION, PLACES[POPULATION].unit)];
        let units = units.iter().filter(|(field, _)| matches!(columns.fields[*field], Origin::Column(_)));
        let units: Vec<&str> =
            units.map(|(_, unit)| *unit).chain(attributes.iter().map(Attribute::unit)).collect();
        columns.above.check(&units, false, &mut notices, &mut faults);
        notices.opened();
        if faults.is_empty() {
            let reader = Self {
                table,
                columns,
                attributes,
                constants,
                households_exponent,
                population_exponent,
                notices,
                towns: Towns::default(),
                read_by: mapping.toml.clone(),
            };
            Ok(reader)
        } else {
            Err(UnusableFile { path: path.to_owned(), faults })
        }
    }

    /// Text of the mapping that its rows are read by, with what stands above the header.
    #[must_use]
    pub fn read_by(&self) -> &str {
        &self.read_by
    }

    /// Reads the file once to learn which code each name of a town goes with, and goes back to before the first row; gives
    /// whether a row names a town without its code. From then on such a row gets the code that its name goes with, if
    /// there is just one.
    ///
    /// # Errors
    /// [`UnusableFile`] if the file cannot be read to its end.
    pub fn survey_towns(&mut self) -> Result<bool, UnusableFile> {
        if self.columns.fields[TOWN] == Origin::Absent {
            return Ok(false);
        }
        let mut lacking = false;
        while let Some(place) = self.read_place()? {
            lacking |= place.town_code.is_empty() && !place.town.is_empty();
            self.towns.learn(&place.town, &place.town_code);
        }
        self.rewind()?;
        Ok(lacking)
    }

    /// Learns the code of a town from elsewhere.
    pub fn learn_town(&mut self, name: &str, code: &str) {
        self.towns.learn(name, code);
    }

    /// The table behind it.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// What was noticed so far, of the table and of its cells.
    #[must_use]
    pub fn remarks(&self) -> Vec<Remark> {
        self.table.remarks().iter().cloned().chain(self.notices.remarks()).collect()
    }

    /// Goes back to before the first row.
    ///
    /// # Errors
    /// [`UnusableFile`] if the file can no longer be read.
    pub fn rewind(&mut self) -> Result<(), UnusableFile> {
        self.notices.rewind();
        self.table.rewind()
    }

    /// The next place; `None` at the end.
    ///
    /// # Errors
    /// [`UnusableFile`] if the file can no longer be read.
    pub fn next_place(&mut self) -> Result<Option<Place>, UnusableFile> {
        let mut read = self.read_place()?;
        if let Some(place) = read.as_mut() {
            self.towns.complete(place, self.columns.header(TOWN), &mut self.notices);
        }
        Ok(read)
    }

    /// The next place as the file has it.
    fn read_place(&mut self) -> Result<Option<Place>, UnusableFile> {
        while let Some(row) = self.table.next_row()? {
            if let Some(column) = self.columns.skips(&row) {
                let words = ("列的取值使该行按映射文件跳过", "marks the row to be left out by the mapping");
                self.notices.note(Some(row.number), "LEFT_OUT", &self.columns.headers[column], words);
                continue;
            }
            let mut reading =
                Reading { row: &row, columns: &self.columns, notices: &mut self.notices, faults: Vec::new() };
            if let Some(cells) = row.ragged() {
                reading.faults.push(ragged(cells));
            }
            let mut place = Place {
                row: row.number,
                closes_row: row.closes_row,
                id: reading.id(PLACE_ID),
                name: reading.text(NAME),
                town_code: reading.id(TOWN_CODE),
                town: reading.text(TOWN),
                committee: reading.text(COMMITTEE),
                housing_nature: reading.text(HOUSING_NATURE),
                households: reading.count(HOUSEHOLDS, self.households_exponent),
                population: reading.count(POPULATION, self.population_exponent),
                original: row.original().to_owned(),
                ..Place::default()
            };
            place.attributes.extend(self.constants.iter().cloned());
            for attribute in &self.attributes {
                reading.attribute(attribute, &mut place.attributes);
            }
            if let Some((system, lng, lat)) = self.columns.points {
                reading.point(system, lng, lat, &mut place.attributes);
            }
            place.faults = reading.faults;
            place.faults.extend(no_place(&self.columns, &row, &place));
            return Ok(Some(place));
        }
        Ok(None)
    }
}

/// Why a row that says what it says is no place, though nothing in front of it told so: a total, a signature.
fn no_place(columns: &Columns, row: &Row<'_>, place: &Place) -> Option<CellFault> {
    for (field, text) in [(PLACE_ID, &place.id), (NAME, &place.name)] {
        if is_total_word(text) {
            let fault = CellFault::new(
                "TOTAL_NOT_PLACE",
                format!("“{text}”是合计用语，不是小区；合计行不导入"),
                format!("`{text}` is a word for totals and no place; totals are not imported"),
            );
            return Some(fault.of(columns.header(field), PLACES[field].name));
        }
    }
    let is_lone = columns.headers.len() > 1 && row.filled() == 1;
    let is_word = !place.id.is_empty() && !place.id.contains(|c: char| c.is_ascii_alphanumeric());
    (is_lone && is_word && matches!(columns.fields[PLACE_ID], Origin::Column(_))).then(|| {
        CellFault::new(
            "LONE_CELL",
            format!("该行只有“{}”一格，不像小区编号；附注和签名不导入", place.id),
            format!(
                "`{}` stands alone in its row and looks like no id; notes and signatures are not imported",
                place.id
            ),
        )
        .of(columns.header(PLACE_ID), PLACES[PLACE_ID].name)
    })
}

/// One row on its way to be typed.
struct Reading<'a> {
    row: &'a Row<'a>,
    columns: &'a Columns,
    notices: &'a mut Notices,
    faults: Vec<CellFault>,
}

impl Reading<'_> {
    /// The cell of a column, or what the mapping says that its word stands for.
    fn cell(&self, column: usize) -> Cell<'_> {
        let cell = self.row.cell(column);
        match &self.columns.words[column] {
            Some(words) => words
                .find(cell)
                .map_or(cell, |told| if told.is_empty() { Cell::Empty } else { Cell::Text(told) }),
            None => cell,
        }
    }

    /// What a read cell says, or its fault noted.
    fn sound<T>(&mut self, read: Result<T, CellFault>, column: usize, field: &'static str) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(fault) => {
                self.faults.push(fault.of(&self.columns.headers[column], field));
                None
            }
        }
    }

    fn text(&mut self, field: usize) -> String {
        match &self.columns.fields[field] {
            Origin::Column(column) => {
                let cell = self.cell(*column);
                // A dash in place of a committee is none; 无 might be a name.
                let dash =
                    matches!(cell, Cell::Text(told) if cell::is_nothing(told) && !told.contains(['无', '#']));
                if dash {
                    self.nothing_in_words(*column);
                    return String::new();
                }
                let read = cell::text(cell).map(Cow::into_owned);
                self.sound(read, *column, PLACES[field].name).unwrap_or_default()
            }
            Origin::Constant(told) => told.clone(),
            Origin::Made | Origin::Absent => String::new(),
        }
    }

    fn id(&mut self, field: usize) -> String {
        match &self.columns.fields[field] {
            Origin::Column(column) => {
                let read = cell::id(self.cell(*column)).map(|id| {
                    let (restored, narrowed) = (id.restored, id.narrowed);
                    (id.text.into_owned(), restored, narrowed)
                });
                let Some((text, restored, narrowed)) = self.sound(read, *column, PLACES[field].name) else {
                    return String::new();
                };
                note_id(self.notices, self.row.number, &self.columns.headers[*column], restored, narrowed);
                text
            }
            Origin::Constant(told) => told.clone(),
            Origin::Made => match self.columns.made_id(self.row) {
                Ok(id) => id,
                Err(fault) => {
                    self.faults.push(fault);
                    String::new()
                }
            },
            Origin::Absent => String::new(),
        }
    }

    fn count(&mut self, field: usize, exponent: i32) -> Option<u64> {
        let (cell, column) = match &self.columns.fields[field] {
            Origin::Column(column) => (self.cell(*column), *column),
            Origin::Constant(told) => return constant_count(told, field),
            Origin::Made | Origin::Absent => return None,
        };
        let read = unshared(self.row, column, cell::count(cell, PLACES[field].unit, exponent));
        let said = self.sound(read, column, PLACES[field].name)?;
        if said == Said::NothingInWords {
            self.nothing_in_words(column);
        }
        said.value()
    }

    fn attribute(&mut self, attribute: &Attribute, found: &mut Vec<(String, String)>) {
        let cell = self.cell(attribute.column);
        if cell == Cell::Empty {
            return;
        }
        let read = attribute.read(cell).map(Cow::into_owned);
        if let Some(told) = self.sound(read, attribute.column, "").filter(|told| !told.is_empty()) {
            found.push((attribute.name.clone(), told));
        }
    }

    fn point(&mut self, system: System, lng: usize, lat: usize, found: &mut Vec<(String, String)>) {
        let mut degrees = |column: usize| {
            let read = cell::number(self.row.cell(column), "", 0);
            self.sound(read, column, "").map(Said::value)
        };
        let (Some(east), Some(north)) = (degrees(lng), degrees(lat)) else { return };
        let point = match (east, north) {
            (Some(lng), Some(lat)) => Point { lng, lat },
            (None, None) => return,
            (east, _) => {
                let column = if east.is_none() { lng } else { lat };
                let fault = CellFault::new(
                    "HALF_A_POINT",
                    "经度和纬度只填了一个",
                    "only one of longitude and latitude is given",
                );
                self.faults.push(fault.of(&self.columns.headers[column], ""));
                return;
            }
        };
        match point.wgs84(system) {
            Ok(point) => {
                // Six decimals are a tenth of a metre.
                found.push(("wgs84_lng".to_owned(), format!("{:.6}", point.lng)));
                found.push(("wgs84_lat".to_owned(), format!("{:.6}", point.lat)));
            }
            Err(why) => {
                let fault = match why {
                    BadPoint::Swapped => CellFault::new(
                        "COORDINATES_SWAPPED",
                        "经度和纬度似乎填反了",
                        "longitude and latitude seem to be exchanged",
                    ),
                    BadPoint::Outside => {
                        CellFault::new("OUTSIDE_CHINA", "坐标不在中国境内", "the point does not lie in China")
                    }
                };
                self.faults.push(fault.of(&self.columns.headers[lng], ""));
            }
        }
    }

    fn nothing_in_words(&mut self, column: usize) {
        note_nothing(self.notices, self.row.number, &self.columns.headers[column]);
    }
}

/// A count that a mapping says for every row; `None` if it is none.
fn constant_count(told: &str, field: usize) -> Option<u64> {
    cell::count(Cell::Text(told), PLACES[field].unit, 0).ok().and_then(Said::value)
}

/// What was read of a column of numbers, unless it stands in a cell that is merged over several rows.
///
/// # Errors
/// `MERGED_NUMBER`: whose it is, or how it is shared out, the file does not say. Else the fault that was read.
pub(crate) fn unshared<T>(
    row: &Row<'_>,
    column: usize,
    read: Result<Said<T>, CellFault>,
) -> Result<Said<T>, CellFault> {
    match read {
        Ok(Said::Value(_)) if row.is_merged(column) => Err(CellFault::new(
            "MERGED_NUMBER",
            "数字写在跨多行的合并单元格中，无法确定属于哪一行；请取消合并，逐行填写",
            "the number stands in a cell merged over several rows, so whose it is is not known; unmerge it and fill in \
             every row",
        )),
        read => read,
    }
}

/// The fault of a row that has more or fewer cells than the header.
pub(crate) fn ragged(cells: usize) -> CellFault {
    CellFault::new(
        "WRONG_CELL_COUNT",
        format!("该行有 {cells} 个单元格，与表头列数不一致"),
        format!("the row has {cells} cells, not as many as the header"),
    )
}

/// A word such as `-` was read as an empty cell.
pub(crate) fn note_nothing(notices: &mut Notices, row: u64, header: &str) {
    let words = ("列中的“-”“/”“暂无”等按空白处理", "holds `-`, `/`, `暂无` or their like, read as empty");
    notices.note(Some(row), "NOTHING_IN_WORDS", header, words);
}

/// An id that had become a number was turned back, or one in full-width characters made plain.
pub(crate) fn note_id(notices: &mut Notices, row: u64, header: &str, restored: bool, narrowed: bool) {
    if restored {
        let words = (
            "列的编号曾被表格软件改成数字，已还原；建议把该列设为“文本”",
            "holds ids that a spreadsheet program made numbers of; turned back, but better set the column to text",
        );
        notices.note(Some(row), "ID_RESTORED", header, words);
    }
    if narrowed {
        let words = ("列的编号含全角字符，已改为半角", "holds ids in full-width characters, made plain");
        notices.note(Some(row), "ID_NARROWED", header, words);
    }
}

#[cfg(test)]
mod tests;
