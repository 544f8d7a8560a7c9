//! Malformed rows among sound ones: refused with their reasons, and nothing else is.

use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::measure::v1::{Text, TextColumn};
use xiuhua_service_kit::testing::temporary_postgres;

use crate::door::*;

/// A column of texts, one a row.
fn texts(cells: impl Iterator<Item = String>) -> Option<TextColumn> {
    let dictionary: Vec<String> = cells.collect();
    let index = (0..u32::try_from(dictionary.len()).unwrap()).collect();
    Some(TextColumn { dictionary, index })
}

/// What is wrong with the nth poisoned row, and how it is made.
fn poison(chunk: &mut pb::ObservationChunk, at: usize, nth: usize) -> &'static str {
    let set = |column: &mut Option<TextColumn>, text: String| {
        column.as_mut().unwrap().dictionary[at] = text;
    };
    match nth % 12 {
        0 => chunk.value[at] = f64::NAN,
        1 => chunk.value[at] = f64::NEG_INFINITY,
        2 => chunk.value[at] = 1e300,
        3 => set(&mut chunk.place_id, "nowhere".into()),
        4 => set(&mut chunk.place_id, "P".repeat(20_000)),
        5 => set(&mut chunk.place_id, "P\0 '); DROP TABLE observation; --".into()),
        6 => set(&mut chunk.measure_id, "绣".repeat(5_000)),
        7 => set(&mut chunk.period, "2021-02-29".into()),
        8 => set(&mut chunk.source_id, "\u{202e}\n".into()),
        9 => chunk.revised_at_us[at] = i64::MIN,
        10 => chunk.original[at] = format!("\0{}", "行".repeat(10_000)),
        _ => {}
    }
    if nth % 12 >= 10 {
        let message = Some(Text { zh: "\0".into(), en: "x".repeat(100_000) });
        let index = u32::try_from(at).unwrap();
        chunk.faults.push(pb::RowFault {
            index,
            column: String::new(),
            reason: "UNREADABLE".into(),
            message,
        });
    }
    [
        "NOT_FINITE",
        "NOT_FINITE",
        "OUT_OF_BOUNDS",
        "UNKNOWN_PLACE",
        "BAD_PLACE_ID",
        "BAD_PLACE_ID",
        "UNKNOWN_MEASURE",
        "BAD_PERIOD",
        "BAD_SOURCE",
        "BAD_REVISED_AT",
        "UNREADABLE",
        "UNREADABLE",
    ][nth % 12]
}

/// Rows `first..first + 1,000` of the delivery, every hundredth of them poisoned; and the faults by row.
fn chunk(sequence: u64, first: usize) -> (pb::ObservationChunk, Vec<(u64, &'static str)>) {
    let rows = first..first + 1_000;
    let mut chunk = pb::ObservationChunk {
        sequence,
        row: rows.clone().map(|row| row as u64).collect(),
        place_id: texts(rows.clone().map(|row| ["A", "B", "C"][row % 3].to_owned())),
        measure_id: texts(rows.clone().map(|_| "visits".to_owned())),
        period: texts(rows.clone().map(|row| format!("{}", 1_000 + row / 3))),
        source_id: texts(rows.clone().map(|_| String::new())),
        value: rows.clone().map(|row| f64::from(u32::try_from(row % 100).unwrap())).collect(),
        revised_at_us: vec![0; 1_000],
        original: rows.clone().map(|row| format!("row {row}")).collect(),
        faults: Vec::new(),
        ..Default::default()
    };
    let poisoned = rows.enumerate().filter(|(_, row)| row % 100 == 50);
    let faults = poisoned.map(|(at, row)| (row as u64, poison(&mut chunk, at, row / 100))).collect();
    (chunk, faults)
}

#[tokio::test]
async fn a_hundred_malformed_rows_of_ten_thousand_are_refused_with_their_reasons_and_the_rest_is_taken() {
    for url in ["sqlite::memory:".to_owned(), temporary_postgres().await] {
        let door = furnish_door(open_door_on(&url).await).await;
        let mut client = door.client.clone();
        let (chunks, faults): (Vec<_>, Vec<_>) =
            (1..=10).zip(1..).map(|(sequence, nth)| chunk(sequence, nth * 1_000)).unzip();
        let expected: Vec<_> = faults.concat();
        let (_, batch) = deliver(&mut client, "poisoned", chunks).await.unwrap();
        assert_eq!(batch.counts.unwrap(), counts(10_000, 9_900, 0, 0, 100), "{url}");
        let request = pb::ListRejectedRowsRequest {
            batch_id: batch.id,
            page_size: 1_000,
            ..pb::ListRejectedRowsRequest::default()
        };
        let rejected = client.list_rejected_rows(request).await.unwrap().into_inner().rows;
        let found: Vec<_> = rejected.iter().map(|row| (row.row, row.reasons[0].reason.as_str())).collect();
        assert_eq!(found, expected, "{url}");
        for row in &rejected {
            assert!(row.reasons.iter().all(|reason| reason.message.as_ref().unwrap().en.len() < 2_100));
            assert!(row.original == format!("row {}", row.row) || row.original.starts_with('\u{2400}'));
        }
        // The record and the service are as sound as before.
        let (_, next) = deliver(&mut client, "next", vec![values(1, &[("A", 1.0)])]).await.unwrap();
        assert_eq!(next.counts.unwrap(), counts(1, 0, 1, 0, 0), "{url}");
    }
}
