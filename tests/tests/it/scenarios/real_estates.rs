//! Real lists of estates, towns and committees pass through import by their mapping files with every row accounted for;
//! the estates of a 2019 crawl through classification too.

use super::workbench::{Table, Workbench};

const MAPPING: &str = include_str!("../../../../services/xiuhua/mappings/estate-listing-2019.toml");

#[test]
fn all_4901_real_estates_are_accepted_and_typed_or_listed_with_a_reason() {
    let Some(file) = xtask::real_data::file("estates/ganji2019_shanghai.csv") else { return };
    let bench = Workbench::new();
    bench.write("mapping.toml", MAPPING);
    let file = file.to_string_lossy();
    let import = ["import", "places", &file, "--mapping", "mapping.toml", "--yes", "--json", "--quiet"];
    let counts = bench.run(&import).expect_success();
    let counts: serde_json::Value = serde_json::from_str(&counts.stdout()).unwrap();
    assert_eq!(counts["read"], 4901);
    assert_eq!(counts["accepted"], 4901, "{counts}");
    assert_eq!(counts["rejected"], 0);

    let classify = ["classify", "--year", "2021", "--top", "1000", "--json", "--quiet"];
    let found = bench.run(&classify).expect_success();
    let found: serde_json::Value = serde_json::from_str(&found.stdout()).unwrap();
    // Counted in the file itself by the column property_right.
    assert_eq!(found["counts"]["COMMODITY"], 4138);
    assert_eq!(found["counts"]["RELOCATION"], 402);
    assert_eq!(found["counts"]["AFFORDABLE"], 25);
    assert_eq!(found["counts"]["UNCLASSIFIED"], 336);
    let review = found["review"].as_array().unwrap();
    assert_eq!(review.len(), 336);
    assert!(review.iter().all(|place| !place["reasons"].as_array().unwrap().is_empty()));
    let mixed: Vec<_> = review
        .iter()
        .filter(|place| {
            let degrees = &place["type_degrees"];
            degrees["COMMODITY"] == 0.5 && (degrees["RELOCATION"] == 0.5 || degrees["AFFORDABLE"] == 0.5)
        })
        .collect();
    // 25 of 商品房住宅动迁配套房 and 33 of 商品房住宅经济适用房.
    assert_eq!(mixed.len(), 58);
    assert!(mixed.iter().all(|place| place["reasons"][0] == "EVIDENCE_CONTRADICTORY"));
}

/// A list in the folder of real data, its mapping, its rows, and how many of them are read and accepted.
const LISTS: [(&str, &str, usize, u64); 5] = [
    ("estates/ganji2019_pudong.csv", MAPPING, 1029, 1029),
    (
        "estates/lianjia2019_shanghai_estates_from_listings.csv",
        include_str!("../../../../services/xiuhua/mappings/second-hand-listings-2019.toml"),
        1561,
        1561,
    ),
    (
        "estates/lianjia2023_pudong_estates_from_listings.csv",
        include_str!("../../../../services/xiuhua/mappings/second-hand-listings-2023.toml"),
        750,
        750,
    ),
    // 12 sub-districts and 24 towns; the other six are farms and development zones.
    (TOWNS, include_str!("../../../../services/xiuhua/mappings/town-list-2022.toml"), 42, 36),
    // 1,140 neighbourhood and 355 village committees of these 36; each of the six has one invented committee.
    (COMMITTEES, include_str!("../../../../services/xiuhua/mappings/committee-list-2022.toml"), 1501, 1495),
];
const TOWNS: &str = "admin/pudong_towns_2022.csv";
const COMMITTEES: &str = "admin/pudong_villages_2022.csv";

#[test]
fn every_real_list_is_read_by_its_mapping_to_the_last_row() {
    for (list, mapping, rows, expected) in LISTS {
        let Some(file) = xtask::real_data::file(list) else { return };
        assert_eq!(Table::read(&file).rows().len(), rows, "{list} has changed");
        let bench = Workbench::new();
        bench.write("mapping.toml", mapping);
        let file = file.to_string_lossy();
        let import = ["import", "places", &file, "--mapping", "mapping.toml", "--yes", "--author", "王芳"];
        let batch = bench.json(&import);
        let counts = ["read", "accepted"].map(|key| batch[key].as_u64().unwrap());
        assert_eq!(counts, [expected; 2], "{list}: {batch}");
        // What was not read was left out by the mapping, and it says how often.
        let remarks = batch["file"]["remarks"].as_array().unwrap();
        let left_out = remarks.iter().find(|remark| remark["reason"] == "LEFT_OUT");
        let said = left_out.map_or("", |remark| remark["message"]["en"].as_str().unwrap());
        let missing = rows - usize::try_from(expected).unwrap();
        assert_eq!(missing > 0, left_out.is_some(), "{list}: {remarks:?}");
        assert!(missing == 0 || said.contains(&missing.to_string()), "{list}: {said}");
    }
}

/// The files themselves, counted without the platform: what the two mappings leave is the 36 and theirs.
#[test]
fn the_admin_lists_have_36_sub_districts_and_towns_and_their_committees() {
    let Some(towns) = xtask::real_data::file(TOWNS) else { return };
    let Some(committees) = xtask::real_data::file(COMMITTEES) else { return };
    let (towns, committees) = (Table::read(&towns), Table::read(&committees));
    let of_kind = |kind: &str| towns.with(&[("kind", kind)]);
    let kept = [of_kind("街道"), of_kind("镇")].concat();
    assert_eq!((of_kind("街道").len(), of_kind("镇").len(), of_kind("特殊区域").len()), (12, 24, 6));
    let mut counts = (0, 0);
    for town in kept {
        let code = town.text("town_code");
        let theirs = committees.with(&[("town_code", code)]);
        let neighbourhoods = theirs.iter().filter(|it| it.text("village_name").ends_with("居委会")).count();
        let (juwei, cunwei) = (town.number("n_juwei").unwrap(), town.number("n_cunwei").unwrap());
        assert_eq!(theirs.len().to_string(), (juwei + cunwei).to_string(), "{}", town.text("town_name"));
        assert_eq!(neighbourhoods.to_string(), juwei.to_string(), "{}", town.text("town_name"));
        counts = (counts.0 + neighbourhoods, counts.1 + theirs.len() - neighbourhoods);
    }
    assert_eq!(counts, (1140, 355));
}
