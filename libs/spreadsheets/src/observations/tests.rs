//! A file of observations as offices write it, read and held against what it says.

use super::*;
use crate::layout::{Measure, open};
use crate::table::Text;

/// What a test looks at of a statement.
type Told = (u64, String, String, String, f64, Vec<(String, &'static str)>);

fn vocabulary() -> Vocabulary {
    let mut vocabulary = Vocabulary::default();
    for (code, id, unit, name) in [
        ("A1.1", "kinds", "kinds", "三会制度"),
        ("A2.1", "accuracy", "%", "人口登记准确率"),
        ("A2.3", "safe", "yes/no", "是否平安小区"),
        ("A2.8", "civilized", "level", "是否文明小区"),
        ("B2.3", "fund", "yuan/household", "户均自治金"),
    ] {
        let name = Text::new(name, "");
        let measure =
            vocabulary.add_measure(Measure { id: id.to_owned(), unit: unit.to_owned(), name: name.clone() });
        vocabulary.add_leaf(code, &name, Some(measure));
    }
    vocabulary.add_leaf("D2.1", &Text::new("管理精细指数变化", ""), None);
    vocabulary
}

fn read_by(text: &str, mapping: &str) -> Result<(Vec<Told>, Vec<Remark>), Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("observations.csv");
    std::fs::write(&path, text).unwrap();
    let mapping = Mapping::parse(mapping).unwrap();
    let reader = open(&path, Kind::Observations, &mapping, &vocabulary())
        .and_then(|table| ObservationReader::new(table, &path, &mapping, vocabulary()));
    let mut reader =
        reader.map_err(|unusable| unusable.faults.into_iter().map(|fault| fault.en).collect::<Vec<_>>())?;
    let mut told = Vec::new();
    let keep = |it: Observation<'_>| {
        let faults = it.faults.iter().map(|fault| (fault.column.clone(), fault.reason)).collect();
        (it.row, it.place_id.to_owned(), it.measure_id.to_owned(), it.period.to_owned(), it.value, faults)
    };
    while reader.read_row(|observation| told.push(keep(observation))).unwrap() {}
    let remarks = reader.remarks();
    // Read again, it says the same.
    let mut again = Vec::new();
    reader.rewind().unwrap();
    while reader.read_row(|observation| again.push(keep(observation))).unwrap() {}
    assert_eq!((&again, reader.remarks()), (&told, remarks.clone()));
    Ok((told, remarks))
}

fn told(row: u64, place: &str, measure: &str, period: &str, value: f64) -> Told {
    (row, place.to_owned(), measure.to_owned(), period.to_owned(), value, Vec::new())
}

fn reasons(remarks: &[Remark]) -> Vec<&'static str> {
    remarks.iter().map(|remark| remark.reason).collect()
}

#[test]
fn a_long_file_names_indicators_by_code_id_or_chinese_name() {
    let text = "小区编号,指标,年度,数值\nP1,A1.1,2021,3\nP1,accuracy,2021年,85%\nP1,是否平安小区,2021年度,是\nP1,A2.8 是否文明小区,2021-3,2\nP2,fund,2021,0.35万元\n";
    let (found, remarks) = read_by(text, "").unwrap();
    let expected = [
        told(2, "P1", "kinds", "2021", 3.0),
        told(3, "P1", "accuracy", "2021", 85.0),
        told(4, "P1", "safe", "2021", 1.0),
        told(5, "P1", "civilized", "2021-03", 2.0),
        told(6, "P2", "fund", "2021", 3500.0),
    ];
    assert_eq!(found, expected);
    assert!(remarks.is_empty(), "{remarks:?}");
}

#[test]
fn every_fault_of_a_long_row_is_found_at_once() {
    let text = "place_id,indicator,period,value,revised_at\n1.2E+12,D2.1,3/4/2021,八十,昨天\nP9,nobody,2021,1,\nP9,A1.1,2021,,\n";
    let (found, _) = read_by(text, "").unwrap();
    let fault = |column: &str, reason| (column.to_owned(), reason);
    assert_eq!(
        found[0].5,
        [
            fault("place_id", "LOST_DIGITS"),
            fault("indicator", "DERIVED_INDICATOR"),
            fault("period", "BAD_PERIOD"),
            fault("value", "NOT_A_NUMBER"),
            fault("revised_at", "NOT_A_TIME"),
        ]
    );
    // What nobody knows is for the door to say.
    assert_eq!(found[1], told(3, "P9", "nobody", "2021", 1.0));
    assert_eq!(found[2].5, [fault("value", "VALUE_MISSING")]);
}

#[test]
fn a_wide_row_makes_a_statement_of_each_filled_cell() {
    let text = "街镇,小区编号,小区名称,年份,A1.1,人口登记准确率（%）,是否平安小区(是/否),户均自治金（万元）\n\
                潍坊,P1,甲,2021,3,85,是,0.35\n潍坊,P2,乙,2021,,-,否,\n潍坊,P3,丙,2021,,,,\n";
    let (found, remarks) = read_by(text, "").unwrap();
    let expected = [
        told(2, "P1", "kinds", "2021", 3.0),
        told(2, "P1", "accuracy", "2021", 85.0),
        told(2, "P1", "safe", "2021", 1.0),
        told(2, "P1", "fund", "2021", 3500.0),
        told(3, "P2", "safe", "2021", 0.0),
    ];
    assert_eq!(found, expected);
    assert_eq!(reasons(&remarks), ["NOTHING_IN_WORDS", "NO_VALUES"]);
}

#[test]
fn periods_of_a_wide_file_stand_in_its_headers_in_a_column_or_in_the_mapping() {
    let (found, _) = read_by("小区编号,2020年 A1.1,2021年 A1.1\nP1,1,2\n", "").unwrap();
    assert_eq!(found, [told(2, "P1", "kinds", "2020", 1.0), told(2, "P1", "kinds", "2021", 2.0)]);
    let (found, _) = read_by("小区编号,A1.1\nP1,1\n", "period = 2021").unwrap();
    assert_eq!(found, [told(2, "P1", "kinds", "2021", 1.0)]);
    let said = read_by("小区编号,A1.1\nP1,1\n", "").unwrap_err();
    assert!(said.len() == 1 && said[0].contains("`period`"), "{said:?}");
}

#[test]
fn a_fault_of_a_wide_cell_belongs_to_its_statement_and_one_of_the_row_to_all() {
    let text = "小区编号,年份,A1.1,A2.1\nP1,2021,很多,80\nP2,21,1,2\n";
    let (found, _) = read_by(text, "").unwrap();
    let faults: Vec<_> = found.iter().map(|it| it.5.clone()).collect();
    let fault = |column: &str, reason| (column.to_owned(), reason);
    assert_eq!(faults[0], [fault("A1.1", "NOT_A_NUMBER")]);
    assert_eq!(faults[1], []);
    assert_eq!(faults[2..], [[fault("年份", "BAD_PERIOD")], [fault("年份", "BAD_PERIOD")]]);
}

#[test]
fn headers_of_a_wide_file_that_fit_twice_or_not_are_faults_all_at_once() {
    let said = read_by("小区编号,年份,A1.1,三会制度,D2.1,A2.1（元）\nP1,2021,1,2,3,4\n", "").unwrap_err();
    assert_eq!(said.len(), 3, "{said:?}");
    for part in ["same indicator", "`D2.1` is derived", "does not agree with %"] {
        assert!(said.iter().any(|fault| fault.contains(part)), "{part}: {said:?}");
    }
    let said = read_by("甲,乙\n1,2\n", "layout = \"wide\"\nheader_row = 1").unwrap_err();
    assert!(said.iter().any(|fault| fault.contains("no column is an indicator")), "{said:?}");
}

#[test]
fn words_of_a_mapping_stand_for_values_and_rows_can_be_left_out() {
    let mapping = "period = 2021\n[columns]\n\"A2.8\" = \"文明创建\"\n[words.\"文明创建\"]\n\"市级文明小区\" = 2\n\"区级\" = 1\n\"无\" = 0\n[skip]\n\"小区编号\" = [\"合并\"]\n";
    let (found, remarks) =
        read_by("小区编号,文明创建\nP1,市级文明小区\nP2,区级\nP3,无\n合并,区级\nP4,省级\n", mapping).unwrap();
    let values: Vec<_> = found.iter().map(|it| it.4).collect();
    assert_eq!(values, [2.0, 1.0, 0.0, 0.0]);
    assert_eq!(found[3].5, [("文明创建".to_owned(), "NOT_A_NUMBER")]);
    assert_eq!(reasons(&remarks), ["LEFT_OUT"]);
}

#[test]
fn percentages_between_0_and_1_are_remarked_and_a_mapping_makes_them_per_cent() {
    let text = "place_id,indicator,period,value\nP1,A2.1,2021,0.85\nP2,A2.1,2021,0.9\nP3,A2.1,2021,1\n";
    let (found, remarks) = read_by(text, "").unwrap();
    assert_eq!((found[0].4, reasons(&remarks)), (0.85, vec!["LOOKS_LIKE_FRACTIONS"]));
    let (found, remarks) = read_by(text, "[units]\nvalue = \"小数\"\n").unwrap();
    assert_eq!((found[0].4, found[1].4, remarks.len()), (85.0, 90.0, 0));
}

#[test]
fn the_unit_in_the_header_of_the_values_counts_for_every_measure_it_agrees_with() {
    let (found, _) =
        read_by("小区编号,指标,年度,数值（万元）\nS1,B2.3,2021,3.5\nS1,A2.1,2021,85\n", "").unwrap();
    assert_eq!(found[0], told(2, "S1", "fund", "2021", 35_000.0));
    assert_eq!(found[1].5, [("数值（万元）".to_owned(), "UNIT_DIFFERS")]);
    for (header, expected) in [("数值（‰）", 0.35), ("数值（小数）", 350.0), ("数值（单位：%）（必填）", 3.5)]
    {
        let (found, _) = read_by(&format!("小区编号,指标,年度,{header}\nS1,A2.1,2021,3.5\n"), "").unwrap();
        assert_eq!(found[0], told(2, "S1", "accuracy", "2021", expected), "{header}");
    }
}

#[test]
fn a_column_of_units_counts_row_by_row_and_has_to_agree() {
    let text = "小区编号,指标,年度,数值,单位\nS1,B2.3,2021,3.5,万元\nS2,B2.3,2021,3.5,元/户\nS3,B2.3,2021,3.5,\n\
                S4,B2.3,2021,3.5,天\nS1,A2.3,2021,是,是/否\nS1,A2.1,2021,0.85,小数\n";
    let (found, remarks) = read_by(text, "").unwrap();
    let values: Vec<_> = found.iter().map(|it| it.4).collect();
    assert_eq!(values, [35_000.0, 3.5, 3.5, 0.0, 1.0, 85.0]);
    assert_eq!(found[3].5, [("单位".to_owned(), "UNIT_DIFFERS")]);
    assert!(remarks.is_empty(), "{remarks:?}");
    let text = "小区编号,指标,年度,数值（万元）,单位\nS1,B2.3,2021,3.5,万元\nS2,B2.3,2021,3.5,元\n";
    let (found, _) = read_by(text, "").unwrap();
    assert_eq!(found[0], told(2, "S1", "fund", "2021", 35_000.0));
    assert_eq!(found[1].5, [("单位".to_owned(), "UNIT_DIFFERS")]);
}

#[test]
fn a_given_period_does_not_overrule_what_a_row_says() {
    let text = "小区编号,年份,A1.1\nP1,2021,1\nP2,2020,2\nP3,,3\nP4,去年,4\n";
    let (found, remarks) = read_by(text, "period = 2021").unwrap();
    let faults: Vec<_> = found.iter().map(|it| it.5.clone()).collect();
    assert_eq!(faults, [vec![], vec![("年份".to_owned(), "PERIOD_DIFFERS")], vec![], vec![]]);
    assert!(found.iter().all(|it| it.3 == "2021"));
    assert_eq!(reasons(&remarks), ["PERIOD_NOT_READ"]);
    let (found, _) = read_by("小区编号,年,月份,A1.1\nP1,2021,3,1\n", "period = \"2021-03\"").unwrap();
    assert_eq!(found, [told(2, "P1", "kinds", "2021-03", 1.0)]);
    let (found, _) = read_by("小区编号,指标,期次,数值\nP1,A1.1,2021-03,1\n", "period = 2021").unwrap();
    assert_eq!(found[0].5, [("期次".to_owned(), "PERIOD_DIFFERS")]);
}

#[test]
fn a_header_that_says_more_than_its_indicator_is_not_read() {
    let (found, remarks) = read_by("小区编号,年份,A1.1,B2.3（目标值）\nP1,2021,1,9\n", "").unwrap();
    assert_eq!(found, [told(2, "P1", "kinds", "2021", 1.0)]);
    assert_eq!(reasons(&remarks), ["UNKNOWN_COLUMN"]);
}

#[test]
fn a_time_of_revision_that_a_mapping_says_is_one_or_a_fault() {
    let text = "小区编号,年份,A1.1\nP1,2021,1\n";
    assert!(read_by(text, "[constants]\nrevised_at = \"2021-12-31\"\n").is_ok());
    let said = read_by(text, "[constants]\nrevised_at = \"昨天\"\n").unwrap_err();
    assert!(said.len() == 1 && said[0].contains("`revised_at`"), "{said:?}");
}

#[test]
fn columns_that_tell_people_which_place_it_is_are_passed_over_without_a_word() {
    let text = "小区编号,小区名称,所属街镇,居委会,年度,A1.1,说明,联系人\nP1,甲,乙,丙,2021,3,好,丁\n";
    let (found, remarks) = read_by(text, "").unwrap();
    assert_eq!(found, [told(2, "P1", "kinds", "2021", 3.0)]);
    assert_eq!(reasons(&remarks), ["UNKNOWN_COLUMN"]);
    assert!(remarks[0].message.zh.contains("联系人"));
}

#[test]
fn some_fractions_among_percentages_are_remarked_with_their_rows() {
    let text = "小区编号,年度,人口登记准确率\nP1,2021,85\nP2,2021,0.9\nP3,2021,0\nP4,2021,0.95\n";
    let (_, remarks) = read_by(text, "").unwrap();
    assert_eq!(reasons(&remarks), ["SOME_LOOK_LIKE_FRACTIONS"]);
    assert!(remarks[0].message.zh.contains("共 2 处，如第 3、5 行"), "{}", remarks[0].message.zh);
    let text = "place_id,indicator,period,value\nP1,A2.1,2021,85\nP2,A2.1,2021,0.9\nP3,A1.1,2021,1\n";
    let (_, remarks) = read_by(text, "").unwrap();
    assert!(remarks.len() == 1 && remarks[0].message.en.contains("1 times, as in rows 3"), "{remarks:?}");
}

#[test]
fn a_unit_above_the_header_is_applied_where_it_agrees_and_refused_where_it_cannot() {
    let wide = "单位：万元,,,\n小区编号,年度,户均自治金,人口登记准确率\nP1,2021,3.5,85\n";
    let (found, remarks) = read_by(wide, "").unwrap();
    assert_eq!(found.iter().map(|it| it.4).collect::<Vec<_>>(), [35000.0, 85.0]);
    assert!(reasons(&remarks).contains(&"UNIT_ABOVE"), "{remarks:?}");
    // A header of its own comes first, and a mapping says it without a title.
    let own = "单位：万元,,,\n小区编号,年度,户均自治金（元）\nP1,2021,3.5\n";
    assert_eq!(read_by(own, "").unwrap().0, [told(3, "P1", "fund", "2021", 3.5)]);
    let (found, _) = read_by("小区编号,年度,户均自治金\nP1,2021,3.5\n", "unit = \"万元\"").unwrap();
    assert_eq!(found, [told(2, "P1", "fund", "2021", 35000.0)]);
    let said = read_by("单位：万元,,\n小区编号,年度,人口登记准确率\nP1,2021,85\n", "").unwrap_err();
    assert!(said.len() == 1 && said[0].contains("agrees with the unit of no column"), "{said:?}");
    let long = "单位：万元,,,\n小区编号,指标,年度,数值\nP1,B2.3,2021,3.5\nP1,A2.1,2021,85\n";
    let (found, _) = read_by(long, "").unwrap();
    assert_eq!(found[0], told(3, "P1", "fund", "2021", 35000.0));
    assert_eq!(found[1].5, [("数值".to_owned(), "UNIT_DIFFERS")]);
}
