//! Drafts that read as mappings and say what they rest on.

use super::*;
use crate::layout::{Mapping, open, open_unseen};
use crate::places::PlaceReader;

fn draft(text: &str, kind: Kind) -> (String, Mapping) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("unseen.csv");
    std::fs::write(&path, text).unwrap();
    let (none, vocabulary) = (Mapping::default(), Vocabulary::default());
    let mut table = open_unseen(&path, kind, &none, &vocabulary).unwrap();
    let draft = propose(&mut table, kind, &vocabulary).unwrap();
    let mapping = Mapping::parse(&draft).unwrap_or_else(|faults| panic!("{faults}\n{draft}"));
    if kind == Kind::Places && !mapping.columns.is_empty() {
        // A draft fits the file that it was made of.
        let table = open(&path, kind, &mapping, &vocabulary).unwrap();
        let fitted = PlaceReader::new(table, &path, &mapping);
        let missing = fitted.err().map_or_else(Vec::new, |unusable| unusable.faults);
        assert!(missing.iter().all(|fault| fault.en.contains("`place_id`")), "{missing:?}\n{draft}");
    }
    (draft, mapping)
}

fn mapped<'a>(mapping: &'a Mapping, name: &str) -> &'a str {
    mapping.columns.iter().find(|(known, _)| known == name).map_or("", |(_, header)| header)
}

#[test]
fn a_draft_goes_by_headers_then_by_likeness_then_by_cells() {
    let text = "Nr,estate_id,小区名称,小区总户数,镇代号,类别,建于,lng_bd,lat_bd,备注\n\
                a,P1,甲,\"1,200\",310115004000,商品房,1996,121.51,31.22,x\n\
                b,P2,乙,300,310115005000,售后公房,2001,121.52,31.23,\n";
    let (draft, mapping) = draft(text, Kind::Places);
    for (name, header) in [
        ("place_id", "estate_id"),
        ("name", "小区名称"),
        ("households", "小区总户数"),
        ("town_code", "镇代号"),
        ("housing_nature", "类别"),
        ("year_built", "建于"),
    ] {
        assert_eq!(mapped(&mapping, name), header, "{name}\n{draft}");
    }
    let points = mapping.coordinates.expect("columns that look like coordinates");
    assert_eq!((points.system, &*points.lng, &*points.lat), (System::Bd09, "lng_bd", "lat_bd"));
    assert!(draft.contains("# \"备注\" 作为附加列 / stays an attribute（1/2）"), "{draft}");
}

#[test]
fn a_draft_says_what_is_missing_and_how_ids_could_be_made() {
    let (draft, mapping) = draft("楼盘名称,板块\n甲,北\n", Kind::Places);
    assert_eq!(mapped(&mapping, "name"), "楼盘名称");
    assert!(draft.contains("# place_id = \"\"") && draft.contains("# from = [\"楼盘名称\"]"), "{draft}");
}

#[test]
fn a_hostile_header_stays_inside_its_string() {
    let (draft, mapping) = draft("place_id,\"a\"\"]\n[skip]\nx\"\n1,2\n", Kind::Places);
    assert!(mapping.skip.is_empty(), "{draft}");
}
