//! A file of places as offices write it, read and held against what it says.

use std::path::Path;

use super::*;
use crate::layout::{Vocabulary, open};

fn read_by(text: &str, mapping: &str) -> Result<(Vec<Place>, Vec<Remark>), Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("places.csv");
    std::fs::write(&path, text).unwrap();
    let mapping = Mapping::parse(mapping).unwrap();
    let reader = |path: &Path| {
        let table = open(path, Kind::Places, &mapping, &Vocabulary::default())?;
        PlaceReader::new(table, path, &mapping)
    };
    let mut reader = reader(&path)
        .map_err(|unusable| unusable.faults.into_iter().map(|fault| fault.en).collect::<Vec<_>>())?;
    let mut places = Vec::new();
    while let Some(place) = reader.next_place().unwrap() {
        places.push(place);
    }
    Ok((places, reader.remarks()))
}

fn read(text: &str) -> (Vec<Place>, Vec<Remark>) {
    read_by(text, "").unwrap()
}

fn faults(place: &Place) -> Vec<(&str, &str)> {
    place.faults.iter().map(|fault| (fault.column.as_str(), fault.reason)).collect()
}

fn attribute<'a>(place: &'a Place, name: &str) -> &'a str {
    place.attributes.iter().find(|(known, _)| known == name).map_or("", |(_, told)| told)
}

#[test]
fn a_sheet_in_the_words_of_an_office_is_read_as_one_of_our_own() {
    let ours = "place_id,name,town_code,town,committee,housing_nature,households,population,year_built,remark\n\
                P1,梅园一村,310115004000,潍坊新村街道,一居,售后公房,1200,2500,1996,好\n";
    let theirs = "小区编号,小区名称,街镇代码,所属街镇,居委,产权性质,总户数（户）,实有人口,竣工年份,remark\n\
                  P1,梅园一村,310115004000.0,潍坊新村街道,一居,售后公房,\"1,200户\",0.25万,1996,好\n";
    let (ours, theirs) = (read(ours).0, read(theirs).0);
    let original = |place: &Place| Place { original: String::new(), ..place.clone() };
    assert_eq!(original(&ours[0]), original(&theirs[0]));
    assert_eq!((ours[0].households, ours[0].population), (Some(1200), Some(2500)));
    assert_eq!(attribute(&theirs[0], "year_built"), "1996");
}

#[test]
fn every_fault_of_a_row_is_found_with_the_header_as_the_file_spells_it() {
    let (places, _) = read("编号,小区名称,总户数,常住人口（人）\n3.10115E+11,甲,约300,-5\n");
    assert_eq!(
        faults(&places[0]),
        [("编号", "LOST_DIGITS"), ("总户数", "NOT_A_NUMBER"), ("常住人口（人）", "NOT_A_WHOLE_NUMBER")]
    );
    let fields: Vec<_> = places[0].faults.iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["place_id", "households", "population"]);
    let (places, _) = read("place_id,name\nP1,甲,多\n");
    assert_eq!(faults(&places[0]), [("", "WRONG_CELL_COUNT")]);
}

#[test]
fn words_for_nothing_are_absent_and_said_once_a_column() {
    let (places, remarks) = read("place_id,committee,households\nP1,一居,-\nP2,/,暂无\nP3,无,3\n");
    assert_eq!(places.iter().map(|place| place.households).collect::<Vec<_>>(), [None, None, Some(3)]);
    assert_eq!(places.iter().map(|place| &*place.committee).collect::<Vec<_>>(), ["一居", "", "无"]);
    let said: Vec<_> = remarks.iter().map(|remark| (remark.row, remark.reason)).collect();
    assert_eq!(said, [(Some(2), "NOTHING_IN_WORDS"), (Some(3), "NOTHING_IN_WORDS")]);
    assert!(remarks[0].message.en.contains("`households`") && remarks[0].message.en.contains("2 times"));
}

#[test]
fn headers_that_fit_twice_or_not_at_all_are_faults_all_at_once() {
    let said = read_by("小区名称,楼盘名称,x,x\n甲,乙,1,2\n", "[columns]\nhouseholds = \"户\"\n").unwrap_err();
    assert_eq!(said.len(), 4, "{said:?}");
    for part in ["`户` of the mapping", "`小区名称`, `楼盘名称`", "`place_id`", "`x` appears twice"]
    {
        assert!(said.iter().any(|fault| fault.contains(part)), "{part}: {said:?}");
    }
    let said = read_by("place_id,户数（元）\nP1,3\n", "").unwrap_err();
    assert!(said[0].contains("households"), "{said:?}");
}

#[test]
fn a_header_that_says_more_than_a_field_is_an_attribute_of_its_own() {
    let (places, _) = read(
        "place_id,户数（空置）,常住人口（单位：万人）,绿地（万）,建筑面积（万平方米）\nP1,12,0.2,3.5,1.5\n",
    );
    assert_eq!((places[0].households, places[0].population), (None, Some(2000)));
    let told = ["户数（空置）", "绿地（万）", "floor_area_m2"].map(|name| attribute(&places[0], name));
    assert_eq!(told, ["12", "3.5", "15000"]);
}

#[test]
fn a_count_that_a_mapping_says_is_one_or_a_fault_of_the_mapping() {
    let (places, _) = read_by("place_id\nP1\n", "[constants]\nhouseholds = \"1,200户\"\n").unwrap();
    assert_eq!(places[0].households, Some(1200));
    for told in ["约300", "-5", "暂无"] {
        let mapping = format!("[constants]\npopulation = \"{told}\"\n");
        let said = read_by("place_id\nP1\n", &mapping).unwrap_err();
        assert!(said.len() == 1 && said[0].contains("`population`"), "{said:?}");
    }
}

#[test]
fn a_weak_name_means_a_field_only_where_nothing_better_is_there() {
    let (places, _) = read("编号,小区编号,小区名称\n7,P1,甲\n");
    assert_eq!((&*places[0].id, attribute(&places[0], "编号")), ("P1", "7"));
    let (places, remarks) = read("序号,编号,名称\n1,P1,甲\n");
    assert_eq!((&*places[0].id, &*places[0].name, places[0].attributes.len()), ("P1", "甲", 0));
    assert_eq!(remarks[0].reason, "ROW_NUMBERS");
}

#[test]
fn a_mapping_gives_constants_words_units_rows_to_leave_out_and_ids() {
    let mapping = r#"
        [columns]
        households = "规模"
        [constants]
        town_code = "310115004000"
        district_name = "浦东新区"
        [units]
        "规模" = "百户"
        [words."性质"]
        "普通住宅" = "商品房"
        [id]
        prefix = "X-"
        from = ["名称", "板块"]
        [skip]
        "类别" = ["特殊区域"]
    "#;
    let text = "名称,板块,规模,性质,类别\n甲,北,3.5,普通住宅,小区\n乙,北,2,动迁房,特殊区域\n甲,南,1,动迁房,小区\n,,1,,小区\n";
    let (places, remarks) = read_by(text, mapping).unwrap();
    assert_eq!(places.len(), 3);
    assert_eq!(remarks.iter().map(|remark| remark.reason).collect::<Vec<_>>(), ["LEFT_OUT"]);
    assert_eq!((places[0].households, &*places[0].housing_nature), (Some(350), "商品房"));
    assert_eq!((&*places[0].town_code, attribute(&places[0], "district_name")), ("310115004000", "浦东新区"));
    assert!(places[0].id.starts_with("X-") && places[0].id.len() == 14, "{}", places[0].id);
    assert_ne!(places[0].id, places[1].id);
    assert_eq!(places[2].id, "");
    let again = read_by(text, mapping).unwrap().0;
    assert_eq!(again[0].id, places[0].id);
}

#[test]
fn coordinates_are_turned_into_wgs84_and_refused_where_they_cannot_be() {
    let mapping = "[coordinates]\nsystem = \"GCJ-02\"\nlng = \"经度\"\nlat = \"纬度\"\n";
    let text =
        "place_id,经度,纬度\nP1,121.531541859215,31.17530398364597\nP2,31.2,121.5\nP3,0,0\nP4,121.5,\nP5,,\n";
    let (places, _) = read_by(text, mapping).unwrap();
    assert_eq!(attribute(&places[0], "wgs84_lng"), "121.527211");
    assert_eq!(attribute(&places[0], "wgs84_lat"), "31.177428");
    assert_eq!(faults(&places[1]), [("经度", "COORDINATES_SWAPPED")]);
    assert_eq!(faults(&places[2]), [("经度", "OUTSIDE_CHINA")]);
    assert_eq!(faults(&places[3]), [("纬度", "HALF_A_POINT")]);
    assert_eq!((faults(&places[4]).len(), places[4].attributes.len()), (0, 0));
}

#[test]
fn a_column_that_rules_do_not_know_takes_a_power_of_ten_and_no_unit() {
    let text = "place_id,绿地,维修资金（万元）,电话（天）\nP1,1.5,3.2,1234\n";
    let (places, _) = read_by(text, "[units]\n\"绿地\" = 10000\n").unwrap();
    let told = ["绿地", "repair_fund_yuan", "电话（天）"].map(|name| attribute(&places[0], name));
    assert_eq!(told, ["15000", "32000", "1234"]);
    let said = read_by(text, "[units]\n\"绿地\" = \"亩\"\n").unwrap_err();
    assert!(said.len() == 1 && said[0].contains("绿地"), "{said:?}");
}

#[test]
fn a_total_or_a_lone_word_is_no_place() {
    let (places, _) = read("小区编号,小区名称,户数\n3,平均,1\n合计,某苑,3\n王芳,,\nS1,,\n");
    let found: Vec<_> = places.iter().map(faults).collect();
    assert_eq!(
        found,
        [
            vec![("小区名称", "TOTAL_NOT_PLACE")],
            vec![("小区编号", "TOTAL_NOT_PLACE")],
            vec![("小区编号", "LONE_CELL")],
            vec![],
        ]
    );
}

#[test]
fn a_number_merged_over_several_places_is_none_of_theirs() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("places.xlsx");
    let mut writer = rust_xlsxwriter::Workbook::new();
    let sheet = writer.add_worksheet();
    for (column, header) in (0..).zip(["街镇", "小区编号", "户数"]) {
        sheet.write(0, column, header).unwrap();
    }
    let plain = rust_xlsxwriter::Format::new();
    sheet.merge_range(1, 0, 2, 0, "张江镇", &plain).unwrap();
    sheet.merge_range(1, 2, 2, 2, "", &plain).unwrap().write(1, 2, 900).unwrap();
    sheet.write(1, 1, "S1").unwrap().write(2, 1, "S2").unwrap();
    writer.save(&path).unwrap();
    let table = open(&path, Kind::Places, &Mapping::default(), &Vocabulary::default()).unwrap();
    let mut reader = PlaceReader::new(table, &path, &Mapping::default()).unwrap();
    for _ in 0..2 {
        let place = reader.next_place().unwrap().unwrap();
        assert_eq!((place.town.as_str(), place.households), ("张江镇", None));
        assert_eq!(faults(&place), [("户数", "MERGED_NUMBER")]);
    }
}

#[test]
fn attributes_are_held_to_what_the_template_lets_in() {
    let text = "小区编号,老年人口占比,户籍人口占比,停车位数,学区房,区位\n\
                P1,很多,-5,约300,可能,远郊\nP2,130,80%,57个,√,中心城区\nP3,-,50,0,无,内环\nP4,0,100,1e3,1,suburb\n";
    let (places, _) = read(text);
    let expected = [
        ("老年人口占比", "NOT_A_NUMBER"),
        ("户籍人口占比", "OUT_OF_RANGE"),
        ("停车位数", "NOT_A_NUMBER"),
        ("学区房", "NOT_YES_OR_NO"),
    ];
    assert_eq!(faults(&places[0]), expected);
    assert_eq!(faults(&places[1]), [("老年人口占比", "OUT_OF_RANGE")]);
    assert!(places[1].faults[0].message.zh.contains("0 到 100"));
    assert_eq!((faults(&places[2]).len(), faults(&places[3]).len()), (0, 0));
    let told = |name: &str| [0, 1, 2, 3].map(|place| attribute(&places[place], name));
    assert_eq!(told("school_district"), ["", "是", "否", "是"]);
    assert_eq!(told("location"), ["suburb", "centre", "内环", "suburb"]);
    assert_eq!(told("registered_share_pct"), ["", "80", "50", "100"]);
    assert_eq!(told("parking_spaces"), ["", "57", "0", "1e3"]);
}

#[test]
fn ids_and_codes_in_full_width_characters_are_the_plain_ones() {
    let (places, remarks) = read("小区编号,街镇代码\nＰ１,３１０１１５004000\nP2,31011500\n");
    assert_eq!((&*places[0].id, &*places[0].town_code), ("P1", "310115004000"));
    let said: Vec<_> = remarks.iter().map(|remark| (remark.row, remark.reason)).collect();
    assert_eq!(said, [(Some(2), "ID_NARROWED"), (Some(2), "ID_NARROWED"), (Some(3), "ODD_TOWN_CODE")]);
}

#[test]
fn a_town_without_its_code_gets_the_one_of_its_name_and_a_remark_where_there_is_none_or_are_two() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("places.csv");
    let rows = "P1,潍坊新村街道,\nP2,潍坊新村街道,310115004000\nP3,北蔡镇,\nP4,张江镇,1\nP5,张江镇,2\nP6,张江镇,\nP7,,\n";
    std::fs::write(&path, format!("小区编号,街镇,街镇代码\n{rows}")).unwrap();
    let mapping = Mapping::default();
    let table = open(&path, Kind::Places, &mapping, &Vocabulary::default()).unwrap();
    let mut reader = PlaceReader::new(table, &path, &mapping).unwrap();
    assert!(reader.survey_towns().unwrap());
    let read = |reader: &mut PlaceReader| {
        let mut codes = Vec::new();
        while let Some(place) = reader.next_place().unwrap() {
            codes.push(place.town_code);
        }
        (codes, reader.remarks().iter().map(|remark| (remark.row, remark.reason)).collect::<Vec<_>>())
    };
    let (codes, said) = read(&mut reader);
    assert_eq!(codes, ["310115004000", "310115004000", "", "1", "2", "", ""]);
    let odd = [(Some(5), "ODD_TOWN_CODE"), (Some(6), "ODD_TOWN_CODE")];
    assert_eq!(said, [&[(Some(2), "TOWN_CODE_FILLED"), (Some(4), "TOWN_CODE_MISSING")][..], &odd].concat());
    reader.rewind().unwrap();
    reader.learn_town("北蔡镇", "310115110000");
    assert_eq!(read(&mut reader).0[2], "310115110000");
}

#[test]
fn a_unit_above_the_header_is_the_unit_of_the_columns_that_it_agrees_with() {
    let text = "小区一览,,,\n单位：万户、万元,,,\n小区编号,户数,常住人口（人）,维修资金\nP1,0.12,3000,3.5\n";
    let (places, remarks) = read(text);
    assert_eq!((places[0].households, places[0].population), (Some(1200), Some(3000)));
    assert_eq!(attribute(&places[0], "repair_fund_yuan"), "35000");
    assert_eq!(remarks.iter().filter(|remark| remark.reason == "UNIT_ABOVE").count(), 2);
    let (places, remarks) = read("单位：万元,\n小区编号,户数\nP1,12\n");
    assert_eq!(places[0].households, Some(12));
    assert!(remarks.iter().any(|remark| remark.reason == "UNIT_ABOVE_UNUSED"));
    let said = read_by("单位：万,\n小区编号,户数\nP1,12\n", "").unwrap_err();
    assert!(said.len() == 1 && said[0].contains("no whole unit"), "{said:?}");
}
