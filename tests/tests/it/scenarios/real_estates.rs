//! Real lists of estates, towns and committees pass through import by their mapping files with every row accounted for;
//! the estates of a 2019 crawl through classification too.

use super::workbench::Workbench;

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

/// A list in the folder of real data, its mapping, and what its rows become: read, accepted.
const LISTS: [(&str, &str, u64); 5] = [
    ("estates/ganji2019_pudong.csv", MAPPING, 1029),
    (
        "estates/lianjia2019_shanghai_estates_from_listings.csv",
        include_str!("../../../../services/xiuhua/mappings/second-hand-listings-2019.toml"),
        1561,
    ),
    (
        "estates/lianjia2023_pudong_estates_from_listings.csv",
        include_str!("../../../../services/xiuhua/mappings/second-hand-listings-2023.toml"),
        750,
    ),
    (
        "admin/pudong_towns_2022.csv",
        include_str!("../../../../services/xiuhua/mappings/town-list-2022.toml"),
        36,
    ),
    (
        "admin/pudong_villages_2022.csv",
        include_str!("../../../../services/xiuhua/mappings/committee-list-2022.toml"),
        // 1,140 neighbourhood and 355 village committees.
        1495,
    ),
];

#[test]
fn every_real_list_is_read_by_its_mapping_to_the_last_row() {
    for (list, mapping, expected) in LISTS {
        let Some(file) = xtask::real_data::file(list) else { return };
        let bench = Workbench::new();
        bench.write("mapping.toml", mapping);
        let file = file.to_string_lossy();
        let import = ["import", "places", &file, "--mapping", "mapping.toml", "--yes", "--json", "--quiet"];
        let counts = bench.run(&import).expect_success();
        let counts: serde_json::Value = serde_json::from_str(&counts.stdout()).unwrap();
        let found = ["read", "accepted"].map(|key| counts[key].as_u64().unwrap());
        assert_eq!(found, [expected; 2], "{list}: {counts}");
    }
}
