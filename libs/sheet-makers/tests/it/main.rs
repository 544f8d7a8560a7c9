//! The makers of spreadsheets write what others can read: what goes in comes out of every format, and each hostile file
//! is as harmful as it says.

use std::io::Cursor;

use calamine::{Data, Reader, open_workbook_auto_from_rs};
use xiuhua_sheet_makers::{Book, Sheet, Value, hostile};

fn book() -> Book {
    let rows = vec![
        vec!["小区编号".into(), "户数".into(), "收缴率".into(), "日期".into(), "是否".into(), "错误".into()],
        vec![
            "㛃𠮷𬜯".into(),
            1234.5.into(),
            Value::Share(0.85),
            Value::Day(46_082),
            Value::Truth(true),
            Value::Failure,
        ],
        vec!["街镇".into(), Value::Blank, 3.0.into()],
        vec![Value::Blank, 7.0.into()],
    ];
    let seen = Sheet::new("数据", rows).merged(&[(2, 0, 3, 0)]);
    Book { sheets: vec![seen, Sheet::of_texts("备用", "a|b").hidden()] }
}

#[test]
fn what_goes_into_a_workbook_comes_out_of_every_format() {
    let book = book();
    let formats = [("xlsx", book.xlsx()), ("xls", book.xls()), ("xlsb", book.xlsb()), ("ods", book.ods())];
    for (format, bytes) in formats {
        let mut read =
            open_workbook_auto_from_rs(Cursor::new(bytes)).unwrap_or_else(|e| panic!("{format}: {e}"));
        let looks: Vec<_> =
            read.sheets_metadata().iter().map(|sheet| (sheet.name.clone(), sheet.visible)).collect();
        assert_eq!(looks.len(), 2, "{format}");
        assert_eq!(looks[0].0, "数据", "{format}");
        assert_ne!(looks[0].1, looks[1].1, "{format}: one is hidden");
        let range = read.worksheet_range("数据").unwrap_or_else(|e| panic!("{format}: {e}"));
        let cell = |row, column| range.get_value((row, column)).cloned().unwrap_or_default();
        assert_eq!(cell(0, 0), Data::String("小区编号".to_owned()), "{format}");
        assert_eq!(cell(1, 0), Data::String("㛃𠮷𬜯".to_owned()), "{format}");
        assert_eq!(cell(1, 1), Data::Float(1234.5), "{format}");
        assert_eq!(cell(1, 2), Data::Float(0.85), "{format}");
        let day = match cell(1, 3) {
            Data::DateTime(date) => date.as_f64().to_string(),
            Data::DateTimeIso(text) => text,
            other => panic!("{format}: {other:?} is no date"),
        };
        assert!(["46082", "2026-03-01"].contains(&day.as_str()), "{format}: {day}");
        assert_eq!(cell(1, 4), Data::Bool(true), "{format}");
        assert!(["#DIV/0!", ""].contains(&cell(1, 5).to_string().as_str()), "{format}: {:?}", cell(1, 5));
        assert_eq!((cell(2, 0), cell(3, 0)), (Data::String("街镇".to_owned()), Data::Empty), "{format}");
        assert_eq!(cell(3, 1), Data::Float(7.0), "{format}");
    }
}

#[test]
fn a_bomb_is_small_and_unpacks_to_much() {
    for bytes in [hostile::bomb(), hostile::bomb_that_lies()] {
        assert!(bytes.len() < 100_000, "{} bytes", bytes.len());
    }
    assert_ne!(hostile::bomb(), hostile::bomb_that_lies());
    assert!(hostile::million_columns().len() > 5_000_000);
}
