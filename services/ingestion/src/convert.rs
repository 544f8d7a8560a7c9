//! Contract messages to the nouns of this service and back; all faults of a request are collected.

mod chunks;
mod deciding;

use jiff::Timestamp;
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::measure::v1 as values;
use xiuhua_service_kit::request_id::{RequestId, fingerprint};
use xiuhua_service_kit::status::{InvalidRequest, Violation, Violations};

pub(crate) use self::chunks::{observation_chunk, place_chunk};
pub(crate) use self::deciding::{
    approval, batch_message, commit, discarding, giving_up, header, preview_message, preview_query,
    quarantine_filter, quarantined_row_message, source_activity_message, withdrawal,
};
use crate::domain::ids::{IdFault, MeasureId, PlaceId, SourceId};
use crate::domain::measure::{Bounds, MAX_TEXT_CHARS, Measure};
use crate::domain::observation::{Cell, ObservationRevision};
use crate::domain::period::Period;
use crate::domain::place::{Place, PlaceRevision};
use crate::domain::rejection::{Reason, RejectedRow};
use crate::domain::source::{Source, SourceEntry, first_name};
use crate::domain::text::Text;
use crate::store::Mutation;

/// Most measures of one registration.
const MAX_MEASURES: usize = 1_000;

/// Takes an id from a field, or says what is wrong with it.
pub(crate) fn id<T>(
    field: &str,
    text: &str,
    new: impl FnOnce(String) -> Result<T, IdFault>,
) -> Result<T, Violation> {
    new(text.to_owned()).map_err(|fault| {
        let message = fault.message(text);
        Violation::new(field, message.zh, message.en)
    })
}

/// A mutation under the name that the caller gave it.
pub(crate) fn mutation(
    method: &'static str,
    request_id: &str,
    body: &impl prost::Message,
) -> Result<Mutation, Violation> {
    Ok(Mutation { request_id: RequestId::parse(request_id)?, method, fingerprint: fingerprint(body) })
}

/// An instant to the microsecond, which is what the record knows; what is finer is cut off.
pub(crate) fn instant(field: &str, time: &prost_types::Timestamp) -> Result<Timestamp, Violation> {
    let bad = || Violation::new(field, "不是有效的时间", "is no instant of the calendar");
    if !(0..1_000_000_000).contains(&time.nanos) {
        return Err(bad());
    }
    let micros = time
        .seconds
        .checked_mul(1_000_000)
        .map(|micros| micros.saturating_add(i64::from(time.nanos / 1_000)));
    micros.and_then(|micros| Timestamp::from_microsecond(micros).ok()).ok_or_else(bad)
}

/// Checks a text for people: its length, and that it holds no NUL, which no database keeps.
pub(crate) fn text_of(field: impl Into<String>, text: &str, most_chars: usize) -> Result<(), Violation> {
    if text.chars().count() > most_chars {
        return Err(Violation::new(
            field,
            format!("超过 {most_chars} 个字符"),
            format!("is longer than {most_chars} characters"),
        ));
    }
    if text.contains('\0') {
        return Err(Violation::new(field, "含有空字符（NUL）", "holds a NUL character"));
    }
    Ok(())
}

pub(crate) fn measures(measures: Vec<pb::Measure>) -> Result<Vec<Measure>, InvalidRequest> {
    if measures.len() > MAX_MEASURES {
        return Err(Violation::new(
            "measures",
            format!("一次最多登记 {MAX_MEASURES} 个计量"),
            format!("at most {MAX_MEASURES} measures at once"),
        )
        .into());
    }
    let mut faults = Violations::new();
    let mut known: Vec<Measure> = Vec::with_capacity(measures.len());
    for (index, measure) in measures.into_iter().enumerate() {
        let path = format!("measures[{index}]");
        let mut found = Violations::new();
        let measure = self::measure(measure, &mut found);
        if let Some(measure) = &measure
            && known.iter().any(|other| other.id == measure.id && other != measure)
        {
            let zh = format!("计量 {} 在请求中有两种定义", measure.id);
            found.check(false, "id", zh, format!("{} has two definitions in this request", measure.id));
        }
        known.extend(measure);
        faults.nest(&path, found);
    }
    faults.into_result()?;
    Ok(known)
}

fn measure(measure: pb::Measure, faults: &mut Violations) -> Option<Measure> {
    let id = faults.keep(id("id", &measure.id, MeasureId::new));
    let name = text(measure.name);
    faults.check(!name.zh.is_empty() || !name.en.is_empty(), "name", "必须填写名称", "needs a name");
    faults.check(!measure.unit.trim().is_empty(), "unit", "必须填写单位", "needs a unit");
    let texts = [
        ("name.zh", &name.zh),
        ("name.en", &name.en),
        ("unit", &measure.unit),
        ("source_system", &measure.source_system),
        ("derivation", &measure.derivation),
    ];
    for (field, text) in texts {
        faults.keep(text_of(field, text, MAX_TEXT_CHARS));
    }
    let values::Bounds { lower, upper, lower_open, upper_open } = measure.bounds.unwrap_or_default();
    let bounds = faults.keep(
        Bounds::new(lower, upper, lower_open, upper_open)
            .map_err(|fault| Violation::new("bounds", "不是有效的界限", fault.to_string())),
    );
    Some(Measure {
        id: id?,
        name,
        unit: measure.unit,
        bounds: bounds?,
        source_system: measure.source_system,
        derivation: measure.derivation,
    })
}

pub(crate) fn source(source: Option<pb::Source>) -> Result<SourceEntry, InvalidRequest> {
    let mut faults = Violations::new();
    let source = faults.required("source", source).unwrap_or_default();
    let id = faults.keep(id("source.id", &source.id, SourceId::new));
    let mut name = text(source.name);
    for (field, text) in [("source.name.zh", &name.zh), ("source.name.en", &name.en)] {
        faults.keep(text_of(field, text, MAX_TEXT_CHARS));
    }
    faults.into_result()?;
    let id = id.expect("an id that is no id is a fault, and there is none");
    if name == Text::default() {
        name = first_name(id.as_str());
    }
    Ok(SourceEntry { id, name, precedence: source.precedence })
}

/// The cell that a request asks about.
pub(crate) fn cell(request: &pb::ListObservationRevisionsRequest) -> Result<Cell, InvalidRequest> {
    let mut faults = Violations::new();
    let place_id = faults.keep(id("place_id", &request.place_id, PlaceId::new));
    let measure_id = faults.keep(id("measure_id", &request.measure_id, MeasureId::new));
    let period = faults.keep(period("period", &request.period));
    faults.into_result()?;
    let sound = "a part that is none is a fault, and there is none";
    Ok(Cell {
        place_id: place_id.expect(sound),
        measure_id: measure_id.expect(sound),
        period: period.expect(sound),
    })
}

pub(crate) fn period(field: &str, text: &str) -> Result<Period, Violation> {
    Period::parse(text).map_err(|_| {
        let message = Reason::bad_period(text).message;
        Violation::new(field, message.zh, message.en)
    })
}

fn text(text: Option<values::Text>) -> Text {
    text.map(|text| Text { zh: text.zh, en: text.en }).unwrap_or_default()
}

pub(crate) fn measure_message(measure: Measure) -> pb::Measure {
    let bounds = measure.bounds;
    pb::Measure {
        id: measure.id.to_string(),
        name: Some(text_message(measure.name)),
        unit: measure.unit,
        bounds: Some(values::Bounds {
            lower: bounds.lower(),
            upper: bounds.upper(),
            lower_open: bounds.lower_open(),
            upper_open: bounds.upper_open(),
        }),
        source_system: measure.source_system,
        derivation: measure.derivation,
    }
}

pub(crate) fn source_message(source: Source) -> pb::Source {
    pb::Source {
        id: source.id.to_string(),
        name: Some(text_message(source.name)),
        precedence: Some(source.precedence),
    }
}

pub(crate) fn rejected_row_message(row: RejectedRow) -> pb::RejectedRow {
    let columns = row.columns().into_iter().map(str::to_owned).collect();
    let reasons = row.reasons.into_iter().map(|reason| pb::RejectionReason {
        column: reason.column,
        reason: reason.code,
        message: Some(text_message(reason.message)),
    });
    pb::RejectedRow { row: row.row, columns, reasons: reasons.collect(), original: row.original }
}

pub(crate) fn place_message(place: Place) -> pb::Place {
    let said = place.description;
    let (district_code, district_name) = said.district();
    pb::Place {
        id: place.id.to_string(),
        district_code: district_code.to_owned(),
        district_name: district_name.to_owned(),
        name: said.name,
        town_code: said.town_code,
        town_name: said.town_name,
        committee: said.committee,
        housing_nature: said.housing_nature,
        households: said.households,
        population: said.population,
        attributes: said.attributes.into_iter().collect(),
    }
}

pub(crate) fn place_revision_message(revision: PlaceRevision) -> pb::PlaceRevision {
    pb::PlaceRevision {
        place: Some(place_message(revision.place)),
        batch_id: revision.batch_id.to_string(),
        position: revision.position.0,
        row: revision.row,
    }
}

pub(crate) fn observation_revision_message(
    cell: &Cell,
    said: ObservationRevision,
) -> pb::ObservationRevision {
    pb::ObservationRevision {
        place_id: cell.place_id.to_string(),
        measure_id: cell.measure_id.to_string(),
        period: cell.period.to_string(),
        source_id: said.source_id.to_string(),
        value: said.value,
        revised_time: said.revised_at.map(time_message),
        received_time: Some(time_message(said.received_at)),
        batch_id: said.batch_id.to_string(),
        position: said.position.0,
        row: said.row,
        effective: said.effective,
        file_name: said.file_name,
    }
}

fn text_message(text: Text) -> values::Text {
    values::Text { zh: text.zh, en: text.en }
}

/// An instant as the wire has it: nanoseconds count upward from the second, before 1970 too.
fn time_message(instant: Timestamp) -> prost_types::Timestamp {
    let (mut seconds, mut nanos) = (instant.as_second(), instant.subsec_nanosecond());
    if nanos < 0 {
        seconds -= 1;
        nanos += 1_000_000_000;
    }
    prost_types::Timestamp { seconds, nanos }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_before_1970_has_nanoseconds_that_count_upward() {
        let instant = Timestamp::from_microsecond(-1_500_000).unwrap();
        assert_eq!(time_message(instant), prost_types::Timestamp { seconds: -2, nanos: 500_000_000 });
    }

    #[test]
    fn an_instant_of_the_wire_is_cut_to_the_microsecond_and_refused_outside_of_the_calendar() {
        let time = |seconds, nanos| instant("t", &prost_types::Timestamp { seconds, nanos });
        assert_eq!(time(-2, 500_000_999).unwrap(), Timestamp::from_microsecond(-1_500_000).unwrap());
        for (seconds, nanos) in [(0, -1), (0, 1_000_000_000), (i64::MAX, 0), (i64::MIN, 0), (1 << 50, 0)] {
            assert!(time(seconds, nanos).is_err(), "{seconds} {nanos}");
        }
    }

    #[test]
    fn all_faults_of_a_registration_are_found_at_once() {
        let bounds = values::Bounds { lower: Some(f64::NAN), ..values::Bounds::default() };
        let bad = pb::Measure { bounds: Some(bounds), ..pb::Measure::default() };
        let fields: Vec<String> = {
            use xiuhua_service_kit::status::Failure;
            measures(vec![bad]).unwrap_err().violations().into_iter().map(|fault| fault.field).collect()
        };
        assert_eq!(fields, ["measures[0].id", "measures[0].name", "measures[0].unit", "measures[0].bounds"]);
    }
}
