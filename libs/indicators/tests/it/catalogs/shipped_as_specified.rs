//! The shipped catalogs against the tables of the specification, row by row.

use sha2::{Digest, Sha256};
use xiuhua_indicators::catalog::{
    Catalog, Direction, Extension, ItemIndex, Leaf, Mean, Measure, Over, Reads, ThresholdPolicy, Transform,
};
use xiuhua_indicators::rolling::{Roll, Step, Take};
use xiuhua_indicators::shipped::{SHIPPED, shipped};

fn catalog(id: &str) -> Catalog {
    Catalog::parse(shipped(id).unwrap()).unwrap_or_else(|faults| panic!("{id}:\n{faults}"))
}

/// Code, direction, unit, bounds, evidence; a derived leaf has the node it follows in place of unit and bounds.
type Row = (&'static str, char, &'static str, &'static str, &'static str);

#[rustfmt::skip] // a table is read by column
const SECTION_1_3: [Row; 35] = [
    ("A1.1", '+', "kinds", "[0, 3]", "n"),
    ("A1.2", '+', "visits/actual resident/year", "[0, )", "n"),
    ("A1.3", '+', "visits/household/year", "[0, )", "n"),
    ("A2.1", '+', "%", "[0, 100]", "n"),
    ("A2.2", '+', "score", "[0, 100]", "n"),
    ("A2.3", '+', "yes/no", "[0, 1]", "n"),
    ("A2.4", '-', "incidents/100 households", "[0, )", "o"),
    ("A2.5", '-', "cases/100 households", "[0, )", "o"),
    ("A2.6", '-', "cases/100 households", "[0, )", "o"),
    ("A2.7", '-', "cases/100 households", "[0, )", "o"),
    ("A2.8", '+', "level", "[0, 2]", "n"),
    ("B1.1", '+', "yes/no", "[0, 1]", "n"),
    ("B1.2", '+', "meetings/year", "[0, )", "n"),
    ("B1.3", '+', "%", "[0, 100]", "n"),
    ("B1.4", '+', "points/member", "[0, )", "n"),
    ("B2.1", '+', "yes/no", "[0, 1]", "n"),
    ("B2.2", '+', "yes/no", "[0, 1]", "n"),
    ("B2.3", '+', "yuan/household", "[0, )", "n"),
    ("B2.4", '+', "yes/no", "[0, 1]", "n"),
    ("B2.5", '+', "%", "[0, 100]", "n"),
    ("B2.6", '+', "participations/100 residents", "[0, )", "n"),
    ("C1.1", '+', "%", "[0, 100]", "o"),
    ("C1.2", '+', "%", "[0, 100]", "n"),
    ("C1.3", '+', "%", "[0, 100]", "i"),
    ("C2.1", '-', "cases/100 households", "[0, )", "n"),
    ("C2.2", '-', "cases/100 households", "[0, )", "n"),
    ("C2.3", '-', "cases/100 households", "[0, )", "n"),
    ("C2.4", '-', "cases/100 households", "[0, )", "i"),
    ("D1.1", '+', "drills/year", "[0, )", "n"),
    ("D1.2", '+', "events/year", "[0, )", "n"),
    ("D2.1", '+', "change of A", "", "n"),
    ("D2.2", '+', "change of B", "", "n"),
    ("D2.3", '+', "change of C", "", "n"),
    ("D2.4", '+', "percentage points", "( , )", "n"),
    ("D2.5", '+', "count/year", "[0, )", "n"),
];

/// What the variant column of the same table puts in their place.
#[rustfmt::skip]
const VARIANT: [Row; 8] = [
    ("A2.1", '-', "days", "[0, )", "o"),
    ("B1.4", '+', "%", "[0, 100]", "o"),
    ("B2.3", '+', "meetings/year", "[0, )", "o"),
    ("D2.1", '-', "cases/100 households", "( , )", "o"),
    ("D2.2", '-', "cases/100 households", "( , )", "o"),
    ("D2.3", '+', "visits/actual resident/year", "( , )", "o"),
    ("D2.4", '+', "visits/household/year", "( , )", "o"),
    ("D2.5", '+', "count", "[0, )", "o"),
];

const SECTION_1_3_NAMES: [&str; 35] = [
    "三会制度",
    "家门口服务站年人均服务人次",
    "居委会走访居民户年均次数",
    "人口登记准确率",
    "垃圾分类绩效",
    "是否平安小区",
    "供水供电供气异常",
    "群租现象",
    "违法搭建现象",
    "垃圾分类违规",
    "是否文明小区",
    "业委会党组织是否组建",
    "“三会一课”开展频次",
    "在职党员参与率",
    "党员志愿者积分",
    "是否成立业委会",
    "业委会是否规范化运作",
    "自治金项目使用金额",
    "是否制订业主公约",
    "居民区选举投票率",
    "社区志愿者活动人次",
    "家门口服务满意度",
    "物业费收缴率",
    "物业服务满意度",
    "物业管理纠纷",
    "110 报警",
    "12345 投诉",
    "其他渠道投诉",
    "应急演练频次",
    "宣传培训频次",
    "管理精细指数变化",
    "社群活力指数变化",
    "居民满意指数变化",
    "群众满意度变化",
    "新获区级以上荣誉",
];

/// A leaf in the form of the table.
fn row(catalog: &Catalog, at: ItemIndex) -> (String, char, String, String, String) {
    let leaf = catalog.leaf(at).unwrap();
    let direction = match leaf.direction {
        Direction::Positive => '+',
        Direction::Inverse => '-',
    };
    let (unit, bounds) = match &leaf.reads {
        Reads::Measure(_) => {
            let measure = catalog.measure_of(at).unwrap();
            (measure.unit.clone(), measure.bounds.to_string())
        }
        Reads::ChangeOf(node) => (format!("change of {}", catalog.item(*node).code), String::new()),
    };
    (catalog.item(at).code.clone(), direction, unit, bounds, leaf.evidence.clone())
}

fn assert_rows(catalog: &Catalog, expected: &[Row]) {
    let found: Vec<_> = catalog.leaves().map(|at| row(catalog, at)).collect();
    for (found, &(code, direction, unit, bounds, evidence)) in found.iter().zip(expected) {
        let expected = (code.into(), direction, unit.into(), bounds.into(), evidence.into());
        assert_eq!(*found, expected, "of {}", catalog.id);
    }
    assert_eq!(found.len(), expected.len());
}

fn codes(catalog: &Catalog, positions: impl IntoIterator<Item = ItemIndex>) -> Vec<&str> {
    positions.into_iter().map(|at| catalog.item(at).code.as_str()).collect()
}

fn weight(catalog: &Catalog, code: &str) -> f64 {
    catalog.item(catalog.find(code).unwrap()).weight
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-12 * expected.abs()
}

#[test]
fn pudong_2021_is_the_table_of_section_1_3() {
    let catalog = catalog("pudong-2021");
    assert_rows(&catalog, &SECTION_1_3);
    let names: Vec<&str> = catalog.leaves().map(|at| catalog.item(at).name.zh.as_str()).collect();
    assert_eq!(names, SECTION_1_3_NAMES);
}

#[test]
fn the_variant_differs_where_the_variant_column_says_so_and_nowhere_else() {
    let mut expected = SECTION_1_3;
    for other in VARIANT {
        *expected.iter_mut().find(|row| row.0 == other.0).unwrap() = other;
    }
    let (main, variant) = (catalog("pudong-2021"), catalog("pudong-2021-variant"));
    assert_rows(&variant, &expected);
    for at in main.leaves().filter(|&at| !VARIANT.iter().any(|row| row.0 == main.item(at).code)) {
        let code = &main.item(at).code;
        let other = variant.find(code).unwrap();
        assert_eq!(main.item(at).name, variant.item(other).name, "name of {code}");
        assert_eq!(main.measure_of(at), variant.measure_of(other), "measure of {code}");
    }
    for row in VARIANT {
        let [ours, theirs] =
            [&main, &variant].map(|catalog| catalog.item(catalog.find(row.0).unwrap()).name.zh.as_str());
        assert_ne!(ours, theirs, "{}", row.0);
    }
}

#[test]
fn a_measure_in_both_wordings_of_the_report_is_defined_the_same() {
    let (main, variant) = (catalog("pudong-2021"), catalog("pudong-2021-variant"));
    let shared: Vec<(&Measure, &Measure)> = main
        .measures
        .iter()
        .filter_map(|measure| Some((measure, variant.find_measure(&measure.id)?)))
        .collect();
    for (ours, theirs) in &shared {
        assert_eq!(ours, theirs);
    }
    // 32 observed indicators, five of them replaced: A2.1, B1.4, B2.3, D2.4, D2.5.
    assert_eq!((main.measures.len(), variant.measures.len(), shared.len()), (32, 35, 27));
}

#[test]
fn four_eight_and_thirty_five_indicators_hang_together() {
    for id in ["pudong-2021", "pudong-2021-variant"] {
        let catalog = catalog(id);
        let root = catalog.root();
        assert_eq!(catalog.item(root).code, "INDEX");
        let second = &catalog.item(root).children;
        let third: Vec<ItemIndex> = second.iter().flat_map(|&at| catalog.item(at).children.clone()).collect();
        assert_eq!(codes(&catalog, second.clone()), ["A", "B", "C", "D"]);
        assert_eq!(codes(&catalog, third.clone()), ["A1", "A2", "B1", "B2", "C1", "C2", "D1", "D2"]);
        let leaves: Vec<usize> = third.iter().map(|&at| catalog.leaves_under(at).len()).collect();
        assert_eq!(leaves, [3, 8, 4, 6, 3, 4, 2, 5]);
        assert_eq!((catalog.leaves().count(), catalog.nodes().count()), (35, 13));
        for at in catalog.leaves() {
            let code = &catalog.item(at).code;
            let above = catalog.item(at).parent.unwrap();
            assert!(code.starts_with(&format!("{}.", catalog.item(above).code)), "{code}");
        }
    }
}

#[test]
fn the_names_of_the_indices_are_those_of_the_report() {
    let catalog = catalog("pudong-2021");
    let names: Vec<&str> = catalog.nodes().map(|at| catalog.item(at).name.zh.as_str()).collect();
    assert_eq!(
        names,
        [
            "社区治理指数",
            "管理精细指数",
            "服务精准指数",
            "管理成效指数",
            "社群活力指数",
            "党建引领指数",
            "居民参与指数",
            "居民满意指数",
            "主观满意指数",
            "客观投诉指数",
            "能力进步指数",
            "社区韧性指数",
            "自我成长指数",
        ]
    );
}

#[test]
fn the_weights_are_those_of_section_1_6() {
    for id in ["pudong-2021", "pudong-2021-variant"] {
        let catalog = catalog(id);
        let expected = [
            ("INDEX", 100.0),
            ("A", 25.0),
            ("A1", 75.0 / 11.0),
            ("A1.1", 25.0 / 11.0),
            ("A2", 200.0 / 11.0),
            ("A2.8", 25.0 / 11.0),
            ("B", 25.0),
            ("B1", 10.0),
            ("B2", 15.0),
            ("B2.6", 2.5),
            ("C", 25.0),
            ("C1", 75.0 / 7.0),
            ("C2", 100.0 / 7.0),
            ("C2.4", 25.0 / 7.0),
            ("D", 25.0),
            ("D1", 50.0 / 7.0),
            ("D2", 125.0 / 7.0),
            ("D2.1", 25.0 / 7.0),
        ];
        for (code, points) in expected {
            assert!(close(weight(&catalog, code), points), "{code} of {id}: {}", weight(&catalog, code));
        }
        for at in catalog.leaves() {
            let group = catalog.weight_group_of(at).unwrap();
            assert_eq!(catalog.item(group).code, catalog.item(at).code[..1]);
        }
        assert_eq!(catalog.weight_group_of(catalog.root()), None);
    }
}

#[test]
fn the_defaults_of_the_report_are_in_force_everywhere() {
    let tenth = ThresholdPolicy::Sampled { extension: Extension::ByValue(0.1), clip: false };
    for id in ["pudong-2021", "pudong-2021-variant"] {
        let catalog = catalog(id);
        assert_eq!(catalog.rule_set.as_deref(), Some("pudong-housing"));
        assert_eq!((catalog.base_periods, catalog.rank_decimals), (3, 9));
        assert!(close(catalog.scale, 100.0) && close(catalog.common_cut, 0.5));
        for node in catalog.nodes().filter_map(|at| catalog.node(at)) {
            assert_eq!((node.mean, node.over, node.floor), (Mean::Arithmetic, Over::Leaves, None));
            assert!(close(node.minimum_coverage, 2.0 / 3.0));
        }
        for leaf in catalog.leaves().filter_map(|at| catalog.leaf(at)) {
            assert_eq!((leaf.threshold, leaf.transform), (tenth, Transform::None));
        }
        for measure in &catalog.measures {
            assert!(!measure.source_system.is_empty() && !measure.derivation.is_empty(), "{}", measure.id);
        }
    }
}

#[test]
fn only_the_changes_of_scores_are_derived() {
    let main = catalog("pudong-2021");
    assert_eq!(codes(&main, main.derived_leaves()), ["D2.1", "D2.2", "D2.3"]);
    assert!(main.derived_leaves().all(|at| main.measure_of(at).is_none()));
    assert_eq!(catalog("pudong-2021-variant").derived_leaves().count(), 0);
}

#[test]
fn the_monthly_catalog_keeps_what_the_yearly_one_says_of_its_indicators_and_reads_months() {
    let (yearly, monthly) = (catalog("pudong-2021"), catalog("pudong-monthly"));
    let leaves: Vec<ItemIndex> = monthly.leaves().collect();
    assert_eq!(codes(&monthly, leaves.iter().copied()), ["A2.2", "A2.4", "A2.7", "C2.1", "C2.2", "C2.3"]);
    let same = |at: ItemIndex| yearly.find(&monthly.item(at).code).unwrap();
    for at in monthly.nodes().chain(monthly.leaves()) {
        assert_eq!(monthly.item(at).name, yearly.item(same(at)).name, "{}", monthly.item(at).code);
    }
    for &at in &leaves {
        assert_eq!(row(&monthly, at), row(&yearly, same(at)));
        let (of_month, of_year) = (monthly.leaf(at).unwrap(), yearly.leaf(same(at)).unwrap());
        assert_eq!((of_month.threshold, of_month.transform), (of_year.threshold, of_year.transform));
        let (month, year) = (monthly.measure_of(at).unwrap(), yearly.measure_of(same(at)).unwrap());
        assert_eq!(month.id, format!("monthly_{}", year.id));
        assert_eq!(month.source_system, year.source_system);
        let take = if month.unit == "score" { Take::Mean } else { Take::Sum };
        assert_eq!(month.roll, Some(Roll { take, from: Step::Month }), "{}", month.id);
        assert_eq!(year.roll, None, "{}", year.id);
        // A record that holds both keeps them apart.
        assert!(yearly.find_measure(&month.id).is_none());
    }
    assert_eq!(monthly.rule_set, yearly.rule_set);
    assert!(["A", "C"].iter().all(|code| close(weight(&monthly, code), 25.0)));
}

#[test]
fn hdi_2024_is_what_page_5_fixes() {
    let catalog = catalog("hdi-2024");
    assert!(close(catalog.scale, 1.0));
    assert_eq!((catalog.rule_set.as_deref(), catalog.rank_decimals), (None, 3));
    assert_eq!(codes(&catalog, catalog.item(catalog.root()).children.clone()), ["LE", "EDU", "GNI"]);
    let node = |code: &str| catalog.node(catalog.find(code).unwrap()).unwrap();
    assert_eq!((node("HDI").mean, node("HDI").over), (Mean::Geometric, Over::Children));
    assert_eq!(node("EDU").mean, Mean::Arithmetic);
    assert!(["HDI", "EDU"].iter().all(|code| close(node(code).minimum_coverage, 1.0)));
    // The three dimensions weigh the same, and so do the two indicators of education.
    assert!(["LE", "EDU", "GNI"].iter().all(|code| close(weight(&catalog, code), 1.0)));
    assert!(close(weight(&catalog, "EYS"), weight(&catalog, "MYS")));

    let leaf = |code: &str| -> &Leaf { catalog.leaf(catalog.find(code).unwrap()).unwrap() };
    let expected = [
        ("LE", 20.0, 85.0, Transform::None),
        ("EYS", 0.0, 18.0, Transform::None),
        ("MYS", 0.0, 15.0, Transform::None),
        ("GNI", 100.0, 75_000.0, Transform::Ln),
    ];
    for (code, lower, upper, transform) in expected {
        assert_eq!(leaf(code).threshold, ThresholdPolicy::Fixed { lower, upper }, "{code}");
        assert_eq!((leaf(code).transform, leaf(code).direction), (transform, Direction::Positive), "{code}");
    }
    assert_eq!(catalog.leaves().count(), expected.len());
}

#[test]
fn the_hash_is_the_sha_256_of_the_text() {
    for catalog in SHIPPED {
        let found = Catalog::parse(catalog.text).unwrap().hash;
        let expected: String =
            Sha256::digest(catalog.text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, expected);
        let touched = Catalog::parse(&format!("{}# a comment\n", catalog.text)).unwrap();
        assert_ne!(found, touched.hash, "a comment changes the text, so it changes the hash");
    }
}

#[test]
fn every_shipped_catalog_is_found_under_its_own_id() {
    for catalog in SHIPPED {
        assert_eq!(Catalog::parse(catalog.text).unwrap().id, catalog.id);
        assert_eq!(shipped(catalog.id), Some(catalog.text));
    }
    assert_eq!(shipped("pudong-2022"), None);
}
