//! What a message will take once it is unpacked, from its bytes and its descriptor, without unpacking it.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost::Message as _;
use prost::encoding::{WireType, decode_key, decode_varint};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

use crate::descriptor::FILE_DESCRIPTOR_SET;

/// A `String` or a `Vec`.
const LIST: u64 = 24;
/// A `HashMap`.
const MAP: u64 = 48;
/// The largest number, and what an allocation costs beside its content.
const WORD: u64 = 8;
const ALLOCATION: u64 = 16;
/// A growing list has room for as much again.
const GROWTH: u64 = 2;

/// Messages in messages: prost refuses more.
const DEEPEST: usize = 100;

/// A type of messages.
#[derive(Debug, Default)]
struct Shape {
    /// The struct itself, without what it points to.
    bytes: u64,
    /// By their numbers, which are small in our contracts.
    fields: Vec<Field>,
}

/// All of them.
#[derive(Debug)]
struct Shapes {
    by_name: HashMap<String, usize>,
    all: Vec<Shape>,
}

#[derive(Debug)]
enum Field {
    /// A message within the struct: the place of its type.
    One(usize),
    /// Messages in a list or map: the place of their type.
    Many(usize),
    /// A text or bytes; `many` in a list.
    Text { many: bool },
    /// Numbers in a list: what a byte of them may become.
    Numbers { unpacked: u64 },
    /// A number within the struct, or nothing of ours.
    Number,
}

static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("descriptors are generated");
    let mut messages = Vec::new();
    for file in &set.file {
        file.message_type.iter().for_each(|message| collect(file.package(), message, &mut messages));
    }
    let by_name = messages.iter().enumerate().map(|(at, (name, _))| (name.clone(), at)).collect();
    let all = messages.iter().map(|(_, message)| shape(message, &by_name, &messages)).collect();
    Shapes { by_name, all }
});

fn collect<'a>(scope: &str, message: &'a DescriptorProto, messages: &mut Vec<(String, &'a DescriptorProto)>) {
    let name = format!("{scope}.{}", message.name());
    message.nested_type.iter().for_each(|nested| collect(&name, nested, messages));
    messages.push((name, message));
}

type Messages<'a> = [(String, &'a DescriptorProto)];

fn shape(message: &DescriptorProto, by_name: &HashMap<String, usize>, messages: &Messages<'_>) -> Shape {
    let mut fields = Vec::new();
    for field in &message.field {
        let number = usize::try_from(field.number()).expect("field numbers are positive");
        fields.resize_with(fields.len().max(number + 1), || Field::Number);
        fields[number] = kind(field, by_name);
    }
    Shape { bytes: struct_bytes(message, by_name, messages, 0), fields }
}

fn kind(field: &FieldDescriptorProto, by_name: &HashMap<String, usize>) -> Field {
    let many = field.label() == Label::Repeated;
    match field.r#type() {
        Type::Message | Type::Group => {
            let at = by_name.get(field.type_name().trim_start_matches('.'));
            let at = *at.expect("a descriptor set holds what its messages are made of");
            if many { Field::Many(at) } else { Field::One(at) }
        }
        Type::String | Type::Bytes => Field::Text { many },
        _ if !many => Field::Number,
        // On the wire of one size, as in memory.
        Type::Double
        | Type::Fixed64
        | Type::Sfixed64
        | Type::Float
        | Type::Fixed32
        | Type::Sfixed32
        | Type::Bool => Field::Numbers { unpacked: 1 },
        Type::Int32 | Type::Uint32 | Type::Sint32 | Type::Enum => Field::Numbers { unpacked: 4 },
        _ => Field::Numbers { unpacked: 8 },
    }
}

/// The size of a struct, or more: numbers count as the largest, the choices of a `oneof` as if all were there.
fn struct_bytes(
    message: &DescriptorProto,
    by_name: &HashMap<String, usize>,
    messages: &Messages<'_>,
    depth: usize,
) -> u64 {
    // prost puts what contains itself in a box.
    if depth > 16 {
        return WORD;
    }
    let field = |field: &FieldDescriptorProto| match kind(field, by_name) {
        Field::One(at) => struct_bytes(messages[at].1, by_name, messages, depth + 1) + WORD,
        Field::Many(_) => MAP,
        Field::Text { .. } | Field::Numbers { .. } => LIST,
        Field::Number => 2 * WORD,
    };
    message.field.iter().map(field).sum()
}

/// About how many bytes a message of this type takes once it is unpacked; rather too many than too few. What cannot be
/// read is not counted: prost stops there too.
pub(super) fn held_by(name: &str, message: &[u8]) -> u64 {
    let shape = SHAPES.by_name.get(name).map(|at| &SHAPES.all[*at]);
    shape.map_or(0, |shape| shape.bytes + pointed_to(shape, message, 0))
}

/// What the fields of a struct point to.
fn pointed_to(shape: &Shape, mut rest: &[u8], depth: usize) -> u64 {
    let mut held = 0_u64;
    if depth > DEEPEST {
        return held;
    }
    while !rest.is_empty() {
        let Ok((number, wire)) = decode_key(&mut rest) else { break };
        let field = usize::try_from(number).ok().and_then(|number| shape.fields.get(number));
        let skipped = match wire {
            WireType::Varint => decode_varint(&mut rest).is_ok().then_some(0),
            WireType::SixtyFourBit => Some(8),
            WireType::ThirtyTwoBit => Some(4),
            // Groups are unknown fields here. Their content counts as if it were ours: rather too much.
            WireType::StartGroup | WireType::EndGroup => continue,
            WireType::LengthDelimited => {
                decode_varint(&mut rest).ok().and_then(|it| usize::try_from(it).ok())
            }
        };
        let Some((content, after)) = skipped.and_then(|length| rest.split_at_checked(length)) else { break };
        rest = after;
        let length = content.len() as u64;
        held += match field {
            None | Some(Field::Number) => 0,
            Some(Field::Text { many }) => length + ALLOCATION + if *many { GROWTH * LIST } else { 0 },
            Some(Field::Numbers { unpacked }) if wire == WireType::LengthDelimited => {
                GROWTH * unpacked * length
            }
            Some(Field::Numbers { .. }) => GROWTH * WORD,
            Some(Field::One(at)) => pointed_to(&SHAPES.all[*at], content, depth + 1),
            Some(Field::Many(at)) => {
                let shape = &SHAPES.all[*at];
                GROWTH * (shape.bytes + ALLOCATION) + pointed_to(shape, content, depth + 1)
            }
        };
    }
    held
}

#[cfg(all(test, feature = "ingestion"))]
mod tests {
    use prost::Name;

    use super::*;
    use crate::codec::MOST_HELD_BYTES;
    use crate::ingestion::v1::{
        ImportPlacesRequest, Measure, Place, PlaceChunk, PlaceRow, RegisterMeasuresRequest,
        import_places_request,
    };

    fn held<M: Name>(message: &M) -> u64 {
        held_by(&M::full_name(), &message.encode_to_vec())
    }

    /// Rows as an honest client sends them, up to about 4 MiB.
    fn places(attributes: usize) -> ImportPlacesRequest {
        let attribute = |number| (format!("column {number}"), "a value".to_owned());
        let place = |number: u64| Place {
            id: format!("310115004000-{number}"),
            name: "梅园一村".to_owned(),
            attributes: (0..attributes).map(attribute).collect(),
            ..Place::default()
        };
        let row = |row| PlaceRow { row, place: Some(place(row)), ..PlaceRow::default() };
        let one = row(1).encoded_len() + 4;
        let rows = (0..(4 * 1024 * 1024 / one).min(5_000) as u64).map(row).collect();
        let chunk = PlaceChunk { sequence: 1, rows, faults: Vec::new() };
        ImportPlacesRequest { part: Some(import_places_request::Part::Chunk(chunk)) }
    }

    #[test]
    fn a_list_of_nothing_weighs_what_its_structs_do() {
        let measures = vec![Measure::default(); 100_000];
        let structs = 100_000 * size_of::<Measure>() as u64;
        let message = RegisterMeasuresRequest { request_id: String::new(), measures };
        let held = held(&message);
        assert!((structs..4 * structs).contains(&held), "{held} for {structs}");
    }

    #[test]
    fn what_honest_clients_send_is_far_from_the_limit() {
        for attributes in [0, 8, 64] {
            let message = places(attributes);
            let (bytes, held) = (message.encoded_len() as u64, held(&message));
            assert!(held > bytes / 2 && held < MOST_HELD_BYTES * 3 / 4, "{attributes}: {held} for {bytes}");
        }
    }

    #[test]
    fn nothing_hides_behind_what_is_unknown_and_torn_bytes_end_the_count() {
        let measures = vec![Measure::default(); 1_000];
        let honest = RegisterMeasuresRequest { request_id: String::new(), measures }.encode_to_vec();
        let name = RegisterMeasuresRequest::full_name();
        // A group of field 100, never ended; then an unknown text.
        let hidden = [&[0xa3, 0x06, 0xaa, 0x06, 0x02, 1, 2][..], &honest].concat();
        assert_eq!(held_by(&name, &hidden), held_by(&name, &honest));
        let torn = [&honest[..], &[0x12, 0x7f, 0x0a]].concat();
        assert_eq!(held_by(&name, &torn), held_by(&name, &honest));
    }
}
