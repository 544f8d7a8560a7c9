//! What the contracts have promised: every field, enum value and method there ever was, one a line. The list only
//! grows. A field that goes out of use is `reserved` and keeps its line, so nothing is ever promised twice.
//!
//! `cargo xtask gen` adds lines; a test of the repository (`tests/tests/it/promises.rs`) refuses a contract that broke
//! one. `buf breaking` sees more (options, the order of things), but needs a commit to compare with; this needs
//! a text file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::method_options::IdempotencyLevel;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet, MethodDescriptorProto,
    MethodOptions,
};

use crate::contracts::describe;

/// The list, relative to the root of the repository.
pub const LIST: &str = "tests/golden/contract-fields.txt";

/// What the contracts of a folder promise today.
#[derive(Debug, Default)]
pub struct Promises {
    lines: BTreeSet<String>,
    /// Fields and enum values out of use: their scope with the numbers and names that stay taken.
    reserved: BTreeMap<String, Reserved>,
}

#[derive(Debug, Default)]
struct Reserved {
    /// From and to, both included.
    numbers: Vec<(i32, i32)>,
    names: BTreeSet<String>,
}

impl Promises {
    /// Reads the contracts of a folder.
    ///
    /// # Errors
    /// A contract that does not compile.
    pub fn of(proto: &Path) -> Result<Self> {
        Ok(Self::described(&describe(proto)?))
    }

    /// The list with what is new in it.
    ///
    /// # Errors
    /// What was promised and is broken, a sentence each.
    pub fn added_to(&self, list: &str) -> Result<String, Vec<String>> {
        let promised: BTreeSet<String> = list.lines().map(str::to_owned).collect();
        let mut broken: Vec<String> = promised
            .iter()
            .filter(|line| !self.lines.contains(*line) && !self.keeps_reserved(line))
            .map(|line| format!("{line}: changed, or removed without `reserved`"))
            .collect();
        let all: BTreeSet<String> = promised.union(&self.lines).cloned().collect();
        let mut taken = BTreeMap::new();
        for line in &all {
            for slot in slots(line) {
                if let Some(other) = taken.insert(slot, line) {
                    broken.push(format!("{line}: takes the name or number of `{other}`"));
                }
            }
        }
        if broken.is_empty() { Ok(all.into_iter().map(|line| line + "\n").collect()) } else { Err(broken) }
    }

    fn keeps_reserved(&self, line: &str) -> bool {
        let Some((scope, name, number)) = parts(line) else { return false };
        self.reserved.get(scope).is_some_and(|reserved| {
            let within = |(from, to): &(i32, i32)| (*from..=*to).contains(&number);
            reserved.names.contains(name) && reserved.numbers.iter().any(within)
        })
    }

    fn described(set: &FileDescriptorSet) -> Self {
        let mut promises = Self::default();
        for file in set.file.iter().filter(|file| file.package().starts_with("xiuhua.")) {
            file.message_type.iter().for_each(|message| promises.message(file.package(), message));
            file.enum_type.iter().for_each(|values| promises.enumeration(file.package(), values));
            for service in &file.service {
                let scope = format!("{}.{}", file.package(), service.name());
                promises.lines.extend(service.method.iter().map(|method| rpc(&scope, method)));
            }
        }
        promises
    }

    fn message(&mut self, scope: &str, message: &DescriptorProto) {
        let scope = format!("{scope}.{}", message.name());
        self.lines.extend(message.field.iter().map(|field| line(&scope, message, field)));
        message.nested_type.iter().for_each(|nested| self.message(&scope, nested));
        message.enum_type.iter().for_each(|values| self.enumeration(&scope, values));
        // The end of a range is not part of it, in a message.
        let numbers = message.reserved_range.iter().map(|range| (range.start(), range.end() - 1)).collect();
        let names = message.reserved_name.iter().cloned().collect();
        self.reserved.insert(scope, Reserved { numbers, names });
    }

    fn enumeration(&mut self, scope: &str, values: &EnumDescriptorProto) {
        let scope = format!("{scope}.{}", values.name());
        let line = |name: &str, number: i32| format!("{scope}.{name} = {number} : value");
        self.lines.extend(values.value.iter().map(|value| line(value.name(), value.number())));
        let numbers = values.reserved_range.iter().map(|range| (range.start(), range.end())).collect();
        let names = values.reserved_name.iter().cloned().collect();
        self.reserved.insert(scope, Reserved { numbers, names });
    }
}

/// `package.Message.field = number : type`, with its label and the `oneof` it is one of.
fn line(scope: &str, message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let label = match field.label() {
        Label::Repeated => "repeated ",
        _ if field.proto3_optional() => "optional ",
        _ => "",
    };
    let kind = match field.r#type() {
        Type::Message | Type::Enum | Type::Group => field.type_name().trim_start_matches('.').to_owned(),
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    };
    // An `optional` field is in a `oneof` of its own, which nobody wrote.
    let choice = field.oneof_index.filter(|_| !field.proto3_optional());
    let choice = choice.and_then(|index| message.oneof_decl.get(usize::try_from(index).ok()?));
    let choice = choice.map(|choice| format!(", oneof {}", choice.name())).unwrap_or_default();
    format!("{scope}.{} = {} : {label}{kind}{choice}", field.name(), field.number())
}

/// `rpc package.Service.Method(Request) returns (Response) : whether it may be repeated`.
fn rpc(scope: &str, method: &MethodDescriptorProto) -> String {
    let side = |streams: bool, name: &str| {
        format!("{}{}", if streams { "stream " } else { "" }, name.trim_start_matches('.'))
    };
    let request = side(method.client_streaming(), method.input_type());
    let response = side(method.server_streaming(), method.output_type());
    let level = method
        .options
        .as_ref()
        .map_or(IdempotencyLevel::IdempotencyUnknown, MethodOptions::idempotency_level);
    format!("rpc {scope}.{}({request}) returns ({response}) : {}", method.name(), level.as_str_name())
}

/// Scope, name and number of a field or enum value.
fn parts(line: &str) -> Option<(&str, &str, i32)> {
    let (path, rest) = line.split_once(" = ")?;
    let (scope, name) = path.rsplit_once('.')?;
    Some((scope, name, rest.split(' ').next()?.parse().ok()?))
}

/// What a line takes for good: the name and the number in its scope; the name of a method.
fn slots(line: &str) -> Vec<String> {
    match parts(line) {
        Some((scope, name, number)) => vec![format!("{scope}.{name}"), format!("{scope}#{number}")],
        None => line.split('(').take(1).map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn promises(body: &str) -> Promises {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("syntax = \"proto3\";\npackage xiuhua.test.v1;\n{body}\n");
        fs::write(folder.path().join("test.proto"), text).unwrap();
        Promises::of(folder.path()).unwrap()
    }

    const BEFORE: &str = "message M { string a = 1; optional int64 b = 2; oneof c { bool d = 3; M e = 4; } }
        enum E { E_UNSPECIFIED = 0; E_ONE = 1; }
        service S { rpc Get(M) returns (stream M) { option idempotency_level = NO_SIDE_EFFECTS; } }";

    #[test]
    fn every_field_value_and_method_has_a_line() {
        let list = promises(BEFORE).added_to("").unwrap();
        let lines: Vec<_> = list.lines().collect();
        assert_eq!(
            lines,
            [
                "rpc xiuhua.test.v1.S.Get(xiuhua.test.v1.M) returns (stream xiuhua.test.v1.M) : NO_SIDE_EFFECTS",
                "xiuhua.test.v1.E.E_ONE = 1 : value",
                "xiuhua.test.v1.E.E_UNSPECIFIED = 0 : value",
                "xiuhua.test.v1.M.a = 1 : string",
                "xiuhua.test.v1.M.b = 2 : optional int64",
                "xiuhua.test.v1.M.d = 3 : bool, oneof c",
                "xiuhua.test.v1.M.e = 4 : xiuhua.test.v1.M, oneof c",
            ]
        );
    }

    #[test]
    fn more_is_added_and_what_is_reserved_keeps_its_line() {
        let list = promises(BEFORE).added_to("").unwrap();
        let after = BEFORE.replace("string a = 1;", "reserved 1; reserved \"a\"; bytes f = 5;");
        let grown = promises(&after).added_to(&list).unwrap();
        assert_eq!(grown.lines().count(), list.lines().count() + 1);
        assert!(grown.contains("M.a = 1 : string\n") && grown.contains("M.f = 5 : bytes\n"));
    }

    #[test]
    fn what_was_promised_is_neither_changed_nor_dropped_nor_promised_again() {
        let list = promises(BEFORE).added_to("").unwrap();
        for (what, with) in [
            ("string a = 1;", ""),
            ("string a = 1;", "bytes a = 1;"),
            ("string a = 1;", "string z = 1;"),
            ("string a = 1;", "string a = 7;"),
            ("string a = 1;", "repeated string a = 1;"),
            ("string a = 1;", "reserved 1;"),
            ("optional int64 b", "int64 b"),
            ("E_ONE = 1;", "E_TWO = 1;"),
            ("(stream M)", "(M)"),
            ("NO_SIDE_EFFECTS", "IDEMPOTENT"),
        ] {
            assert!(BEFORE.contains(what));
            let broken = promises(&BEFORE.replace(what, with)).added_to(&list);
            assert!(broken.is_err(), "`{what}` became `{with}`");
        }
        let reserved = promises(&BEFORE.replace("string a = 1;", "reserved 1; reserved \"a\";"));
        let list = reserved.added_to(&list).unwrap();
        let again = promises(&BEFORE.replace("string a = 1;", "string again = 1;")).added_to(&list);
        assert!(again.unwrap_err().iter().any(|fault| fault.contains("takes the name or number")));
    }
}
