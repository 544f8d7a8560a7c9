//! The human development index as a catalog: nine published rows of 2022, and the note of 2020.

use xiuhua_indicators::assess::{Assessed, Assessment, assess};
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::rank::standings;
use xiuhua_indicators::shipped::shipped;
use xiuhua_indicators::table::Table;

/// A published row.
struct Row {
    iso: &'static str,
    /// LE, EYS, MYS, GNI per head.
    inputs: [f64; 4],
    /// Dimension indices: LE, EYS, MYS, education, GNI.
    indices: [f64; 5],
    /// The index to nine decimals, and as published to three.
    index: [f64; 2],
}

#[rustfmt::skip] // a table is read by column
const ROWS: [Row; 9] = [
    Row { iso: "CHE", inputs: [84.255, 16.5837307, 13.90406622, 69432.78669], indices: [0.988538462, 0.921318372, 0.926937748, 0.924128060, 0.988349234], index: [0.966522687, 0.967] },
    Row { iso: "NOR", inputs: [83.393, 18.63846016, 13.06234279, 69189.76165], indices: [0.975276923, 1.0, 0.870822853, 0.935411426, 0.987819589], index: [0.965908714, 0.966] },
    Row { iso: "SGP", inputs: [84.133, 16.90273094, 11.92488003, 88761.14559], indices: [0.986661538, 0.939040608, 0.794992002, 0.867016305, 1.0], index: [0.949289086, 0.949] },
    Row { iso: "LIE", inputs: [84.656, 15.46640015, 12.351169, 146673.2415], indices: [0.994707692, 0.859244453, 0.823411267, 0.841327860, 1.0], index: [0.942367389, 0.942] },
    Row { iso: "CHN", inputs: [78.587, 15.21793605, 8.106910446, 18024.88747], indices: [0.901338462, 0.845440892, 0.540460696, 0.692950794, 0.784634606], index: [0.788410839, 0.788] },
    Row { iso: "BRA", inputs: [73.425, 15.5788002, 8.278307638, 14615.89235], indices: [0.821923077, 0.865488900, 0.551887176, 0.708688038, 0.752966680], index: [0.759779104, 0.760] },
    Row { iso: "IND", inputs: [67.744, 12.58370972, 6.570700169, 6950.526798], indices: [0.734523077, 0.699094984, 0.438046678, 0.568570831, 0.640688164], index: [0.644385225, 0.644] },
    Row { iso: "NER", inputs: [62.08, 7.186131428, 1.341352433, 1283.309235], indices: [0.647384615, 0.399229524, 0.089423496, 0.244326510, 0.385498331], index: [0.393597039, 0.394] },
    Row { iso: "SOM", inputs: [56.107, 7.647232333, 1.900300026, 1072.201461], indices: [0.555492308, 0.424846241, 0.126686668, 0.275766455, 0.358349371], index: [0.380051144, 0.380] },
];

fn hdi() -> Catalog {
    Catalog::parse(shipped("hdi-2024").unwrap()).unwrap()
}

fn assess_rows(catalog: &Catalog, rows: &[[Option<f64>; 4]]) -> Assessed {
    let outline = Outline::of(catalog);
    let mut current = Table::missing(4, rows.len());
    for (input, code) in ["LE", "EYS", "MYS", "GNI"].iter().enumerate() {
        let column = current.column_mut(outline.leaf_of_code(code).unwrap());
        rows.iter().enumerate().for_each(|(place, row)| column.set(place, row[input]));
    }
    let types = vec![Some(0); rows.len()];
    let samples = [(0..rows.len()).collect()];
    assess(&Assessment {
        outline: &outline,
        types: &types,
        samples: &samples,
        current: &current,
        earlier: &[],
    })
    .unwrap()
}

fn nearly(found: f64, expected: f64) -> bool {
    // The published figures carry nine decimals.
    (found - expected).abs() < 6e-10
}

#[test]
fn nine_published_rows_come_out_with_all_their_steps() {
    let catalog = hdi();
    let outline = Outline::of(&catalog);
    let assessed = assess_rows(&catalog, &ROWS.each_ref().map(|row| row.inputs.map(Some)));
    for (place, row) in ROWS.iter().enumerate() {
        let z = |code: &str| {
            assessed.scaled.capped.column(outline.leaf_of_code(code).unwrap()).get(place).unwrap()
        };
        let education =
            assessed.scored.nodes[outline.node_of_code("EDU").unwrap()].get(place).value().unwrap();
        let found = [z("LE"), z("EYS"), z("MYS"), education, z("GNI")];
        for (found, expected) in found.into_iter().zip(row.indices) {
            assert!(nearly(found, expected), "{}: {found} is not {expected}", row.iso);
        }
        let index = assessed.scored.nodes[0].get(place).value().unwrap();
        assert!(nearly(index, row.index[0]), "{}: {index}", row.iso);
        assert!(((index * 1000.0).round() - row.index[1] * 1000.0).abs() < 1e-9, "{}: {index}", row.iso);
    }
}

#[test]
fn ranks_run_over_three_decimals() {
    let catalog = hdi();
    assert_eq!(catalog.rank_decimals, 3);
    let ranks: Vec<usize> = standings(&[0.9424, 0.9421, 0.9416, 0.9414].map(Some), catalog.rank_decimals)
        .into_iter()
        .map(|standing| standing.unwrap().rank)
        .collect();
    assert_eq!(ranks, [1, 1, 1, 4]);
}

#[test]
fn the_technical_note_of_2020_comes_out() {
    let catalog = hdi();
    let outline = Outline::of(&catalog);
    // Life expectancy and schooling chosen so that their indices are the published .6971 and .3447.
    let row = [20.0 + 65.0 * 0.6971, 18.0 * 0.3447, 15.0 * 0.3447, 3829.0].map(Some);
    let assessed = assess_rows(&catalog, &[row]);
    let income = assessed.scaled.capped.column(outline.leaf_of_code("GNI").unwrap()).get(0).unwrap();
    assert!((income - 0.5506).abs() < 5e-5);
    assert!((assessed.scored.nodes[0].get(0).value().unwrap() - 0.510).abs() < 5e-4);
}

#[test]
fn a_country_that_lacks_a_component_is_not_ranked() {
    let assessed = assess_rows(
        &hdi(),
        &[[Some(70.0), None, Some(8.0), Some(9000.0)], [70.0, 9.0, 8.0, 9000.0].map(Some)],
    );
    assert_eq!(assessed.scored.nodes[0].get(0).value(), None);
    assert_eq!(assessed.scored.standings[0].get(0), None);
    assert_eq!(assessed.scored.standings[0].get(1).map(|standing| standing.rank), Some(1));
}
