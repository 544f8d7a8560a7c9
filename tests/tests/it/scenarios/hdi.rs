//! The published Human Development Index 2022 (UNDP) through `hdi-2024`: 193 values and 193 ranks.

use std::fmt::Write;

use super::workbench::{Table, Workbench};

#[test]
fn hdi_2024_gives_all_193_published_values_and_ranks() {
    let Some(file) = xtask::real_data::file("hdi/hdi_2022_all.csv") else { return };
    let published = Table::read(&file);
    assert_eq!(published.rows().len(), 193);
    let mut places = "place_id,name\n".to_owned();
    let mut observations = "place_id,indicator,period,value\n".to_owned();
    for row in published.rows() {
        let id = row.text("iso3");
        writeln!(places, "{id},\"{}\"", row.text("country")).unwrap();
        for leaf in ["LE", "EYS", "MYS", "GNI"] {
            writeln!(observations, "{id},{leaf},2022,{}", row.text(leaf)).unwrap();
        }
    }
    let bench = Workbench::new();
    bench.write("places.csv", &places);
    bench.write("observations.csv", &observations);
    bench.compute(&["--catalog", "hdi-2024", "--period", "2022"]).expect_success();

    let scores = bench.table("scores.csv");
    for row in published.rows() {
        let found = scores.only(&[("place_id", row.text("iso3")), ("node", "HDI")]);
        let score = found.number("score").expect("a score");
        let rounded = (score * 1000.0).round() / 1000.0;
        assert_eq!(format!("{rounded:.3}"), format!("{:.3}", row.number("hdi").unwrap()), "{row:?}");
        assert_eq!(found.text("rank"), row.text("rank"), "{row:?}");
        assert_eq!([found.text("type"), found.text("coverage")], ["ALL", "1"]);
    }
}
