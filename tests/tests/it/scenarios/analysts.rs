//! What analysts see at a terminal: rankings, courses, places and assessments side by side, the quality of the data — in
//! both languages, in colours or without, wide or narrow, and the same for machines.

use std::process::Stdio;

use serde_json::Value;

use super::small_district::{OBSERVATIONS, SmallDistrict};
use super::workbench::{Ended, Workbench};

/// Estates of two types, one without households, one that is none; a long name, and one that would be a formula.
pub(crate) const PLACES: &str = "\
place_id,name,town_code,town,committee,housing_nature,households,population
310115004000-001,一,310115004000,潍坊新村街道,=1+1,商品房,100,250
310115004000-002,潍坊新村街道第二个名字特别长的商品房小区,310115004000,潍坊新村街道,=1+1,商品房,200,500
310115004000-003,三,310115004000,潍坊新村街道,乙,商品房,300,750
310115008000-004,四,310115008000,塘桥街道,丙,商品房,,
310115008000-005,五,310115008000,塘桥街道,丙,售后公房,100,200
310115008000-006,六,310115008000,塘桥街道,丙,售后公房,100,200
310115008000-007,七,310115008000,塘桥街道,丙,办公,100,200
";

/// Place, then P and Q of 2020 and of 2021; an empty one was never measured.
const VALUES: [(&str, [&str; 4]); 6] = [
    ("310115004000-001", ["40", "0", "45", "1"]),
    ("310115004000-002", ["60", "2", "62", "1.1"]),
    ("310115004000-003", ["80", "5", "79", "4"]),
    ("310115008000-004", ["50", "3", "95", "3"]),
    ("310115008000-005", ["10", "1", "12", "1"]),
    ("310115008000-006", ["20", "2", "30", ""]),
];

const ASSESS: [&str; 5] = ["assess", "--catalog", "catalog.toml", "--sample", "census"];
const FIRST: &str = "310115004000-001";

fn observations() -> String {
    let mut text = OBSERVATIONS.lines().next().expect("a header").to_owned() + "\n";
    let columns = [("P", "2020"), ("Q", "2020"), ("P", "2021"), ("Q", "2021")];
    for (place, values) in VALUES {
        for ((indicator, period), value) in columns.iter().zip(values).filter(|(_, value)| !value.is_empty())
        {
            text += &format!("{place},{indicator},{period},{value},register,\n");
        }
    }
    text + "nobody,P,2021,1,register,\n"
}

/// A district assessed for 2021, and for 2020 under the same thresholds.
pub(crate) struct Assessed {
    pub(crate) bench: Workbench,
    /// Of 2021.
    pub(crate) run: String,
    /// Of 2020.
    pub(crate) earlier: String,
}

impl Assessed {
    pub(crate) fn new() -> Self {
        let district = SmallDistrict::empty(Workbench::new());
        district.places(PLACES);
        district.observations(&observations());
        let bench = district.bench;
        let run = bench.json(&[&ASSESS[..], &["--period", "2021"]].concat());
        let set = run["threshold_set_id"].as_str().expect("a threshold set");
        let earlier =
            bench.json(&["assess", "--catalog", "catalog.toml", "--period", "2020", "--thresholds", set]);
        Self { bench, run: id(&run), earlier: id(&earlier) }
    }

    /// Corrects one value of 2021, assesses it again and gives the run.
    pub(crate) fn correct(&self, place: &str, indicator: &str, period: &str, value: &str) -> String {
        let header = OBSERVATIONS.lines().next().expect("a header");
        self.bench
            .write("correction.csv", &format!("{header}\n{place},{indicator},{period},{value},register,\n"));
        self.bench.json(&["import", "observations", "correction.csv", "--catalog", "catalog.toml", "--yes"]);
        id(&self.bench.json(&[&ASSESS[..], &["--period", "2021"]].concat()))
    }

    fn told(&self, arguments: &[&str]) -> String {
        self.bench.run(&[arguments, &["--quiet"]].concat()).expect_success().stdout()
    }
}

fn id(run: &Value) -> String {
    run["id"].as_str().expect("an assessment has an id").to_owned()
}

/// The cells of every line that names `place`, without the blanks between them.
fn cells<'a>(told: &'a str, place: &str) -> Vec<Vec<&'a str>> {
    let lines = told.lines().filter(|line| line.contains(place));
    lines.map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn a_ranking_says_how_it_stands_who_leads_who_is_last_and_who_fell() {
    let assessed = Assessed::new();
    let rank = ["rank", "--type", "COMMODITY", "--period", "2021", "--top", "2"];
    let zh = assessed.told(&[&rank[..], &["--lang", "zh"]].concat());
    for line in [
        "（位置 2），完整度 83.3%（6 个已分类小区中 5 个有总分）",
        &format!("期次 2021，目录 small@1，测评 {}（未发布）", assessed.run),
        "商品房 · INDEX 指数：4 个小区，4 个参与排名",
        "末位（最低在前）",
        "降幅最大（较 2020）",
        "≥75 前四分之一",
    ] {
        assert!(zh.contains(line), "{line} is missing in\n{zh}");
    }
    let leader = cells(&zh, "310115008000-004").remove(0);
    assert_eq!(
        leader,
        [
            "1",
            "1–2",
            "310115008000-004",
            "四",
            "塘桥街道",
            "72.73",
            "███████▎",
            "100.00",
            "前四分之一",
            "100.0%",
            "80.7%",
            "+36.54",
            "▁█"
        ]
    );
    let last = cells(&zh, FIRST);
    assert_eq!((last[0][0], last[0][8], last[0][11]), ("4", "后四分之一", "-4.28"), "{zh}");
    assert_eq!(last[1], [FIRST, "一", "53.85", "49.56", "-4.28"]);

    let en = assessed.told(&[&rank[..], &["--lang", "en"]].concat());
    for line in [
        "completeness 83.3% (5 of 6 classified places have a total)",
        "Commodity housing · INDEX Index: 4 places, 4 of them ranked",
        "top quarter",
        "the last, worst first",
        "greatest falls since 2020",
    ] {
        assert!(en.contains(line), "{line} is missing in\n{en}");
    }

    let told = assessed.bench.json(&rank);
    assert_eq!(told["as_of"]["position"], 2);
    assert_eq!(told["as_of"]["provisional"], false);
    assert_eq!(told["previous_run"], assessed.earlier.as_str());
    assert_eq!(told["places"][0]["score"]["quarter"], "top");
    assert_eq!(told["places"][0]["course"][0]["period"], "2020");
    assert_eq!(told["last"][0]["place_id"], FIRST);
    assert_eq!(told["falls"].as_array().unwrap().len(), 1, "falls alone fall");
    let (change, fall) = (&told["last"][0]["change_points"], &told["falls"][0]["growth_points"]);
    assert_eq!(change, fall);
}

#[test]
fn rises_and_falls_are_counted_from_an_earlier_period_under_the_same_thresholds() {
    let assessed = Assessed::new();
    let rank = ["rank", "--type", "COMMODITY", "--period", "2021"];
    let rises = assessed.bench.json(&[&rank[..], &["--rises", "--top", "2"]].concat());
    let places: Vec<_> =
        rises["rises"].as_array().unwrap().iter().map(|rise| rise["place_id"].as_str().unwrap()).collect();
    assert_eq!(places, ["310115008000-004", "310115004000-002"]);
    let falls = assessed.told(&[&rank[..], &["--falls", "--lang", "zh"]].concat());
    assert!(falls.contains("降幅最大（较 2020）") && falls.contains(FIRST), "{falls}");

    let newer = assessed.correct(FIRST, "P", "2021", "50");
    let none =
        assessed.bench.run(&["rank", "--type", "COMMODITY", "--run", &newer, "--falls"]).expect_code(1);
    assert!(none.stderr().contains("--thresholds"), "{}", none.stderr());
    let since = ["rank", "--type", "COMMODITY", "--run", &newer, "--falls", "--since", &assessed.earlier];
    let refused = assessed.bench.run(&since).expect_code(1);
    assert!(refused.stderr().contains("THRESHOLD_SETS_DIFFER"), "{}", refused.stderr());
}

#[test]
fn a_type_is_named_as_people_call_it_and_a_wrong_one_is_refused_before_anything_is_printed() {
    let assessed = Assessed::new();
    let by_id = assessed.bench.json(&["rank", "--type", "COMMODITY"]);
    assert_eq!(assessed.bench.json(&["rank", "--type", "商品房"])["places"], by_id["places"]);
    assessed.bench.run(&["export", "--type", "商品房", "--out", "out"]).expect_success();
    for wrong in [
        &["rank", "--type", "VILLA"][..],
        &["rank", "--type", "COMMODITY", "--node", "Z"],
        &["rank", "--type", "COMMODITY", "--period", "2020", "--falls"],
    ] {
        let refused = assessed.bench.run(&[wrong, &["--lang", "zh"]].concat());
        assert_ne!(refused.0.status.code(), Some(0), "{wrong:?}");
        assert_eq!(refused.stdout(), "", "{wrong:?}");
        let told = refused.stderr();
        assert!(!told.contains(" / ") && told.contains("没有"), "{told}");
    }
    let refused = assessed.bench.run(&["rank", "--type", "VILLA", "--lang", "zh"]).expect_code(2);
    assert!(refused.stderr().contains("OLD_PUBLIC 老旧公房"), "{}", refused.stderr());

    // As many of the last as are asked for of the first; states in words.
    let one = assessed.bench.json(&["rank", "--type", "COMMODITY", "--period", "2021", "--top", "1"]);
    assert_eq!(one["last"].as_array().unwrap().len(), 1);
    let runs = assessed.told(&["runs", "--lang", "zh"]);
    assert!(runs.contains("未发布") && !runs.contains("SUCCEEDED"), "{runs}");
}

#[test]
fn a_delivery_that_does_not_count_yet_has_no_counts() {
    let assessed = Assessed::new();
    let header = OBSERVATIONS.lines().next().expect("a header");
    assessed.bench.write("staged.csv", &format!("{header}\n{FIRST},P,2021,46,register,\n"));
    assessed.told(&["import", "observations", "staged.csv", "--catalog", "catalog.toml"]);
    let batches = assessed.told(&["batches", "--lang", "zh"]);
    let staged = cells(&batches, "staged.csv").remove(0);
    assert_eq!(&staged[2..9], ["待提交", "–", "–", "–", "–", "–", "–"], "{batches}");
}

#[test]
fn a_place_is_shown_with_its_course_and_why_it_has_no_score() {
    let assessed = Assessed::new();
    let show = ["show", "310115008000-006", "--period", "2021"];
    let zh = assessed.told(&[&show[..], &["--lang", "zh"]].concat());
    let index = cells(&zh, "INDEX").remove(0);
    assert_eq!(index, ["INDEX", "指数", "–", "–", "–", "低", "50.0%", "–", "▅·", "数据覆盖不足"], "{zh}");
    let en = assessed.told(&[&show[..], &["--lang", "en"]].concat());
    assert!(en.contains("low 50.0%") && en.contains("too little observed"), "{en}");
    let told = assessed.bench.json(&show);
    let score = &told["place"]["scores"][0];
    assert_eq!((&score["absence_reason"], &score["score"]), (&"LOW_COVERAGE".into(), &Value::Null));
    assert_eq!(score["course"][0]["run"], assessed.earlier.as_str());

    let explained = assessed.told(&["explain", FIRST, "--period", "2021", "--lang", "zh"]);
    let leaf = explained.lines().find(|line| line.contains("正指标 (+)")).expect("the leaf");
    assert!(leaf.contains("█▊") && leaf.contains("register · observations.csv:4"), "{explained}");
}

#[test]
fn no_table_is_broken_by_a_narrow_terminal_and_no_id_either() {
    let assessed = Assessed::new();
    let (run, earlier) = (assessed.run.as_str(), assessed.earlier.as_str());
    let other = "310115008000-005";
    let third = "310115004000-002";
    for command in [
        &["rank", "--type", "COMMODITY", "--run", run][..],
        &["show", FIRST, "--run", run],
        &["show", "310115004000", "--run", run],
        &["explain", FIRST, "--run", run],
        &["compare", FIRST, other, third, "310115004000-003", "--run", run],
        &["diff", earlier, run],
        &["trend", FIRST],
        &["quality", run],
        &["runs"],
        &["batches"],
        &["quarantine", "list"],
        &["catalog", "list"],
        &["catalog", "show", "pudong-2021"],
    ] {
        for language in ["zh", "en"] {
            let arguments = [command, &["--quiet", "--lang", language]].concat();
            let output = assessed.bench.command(&arguments).env("COLUMNS", "80").output().expect("it runs");
            let told = Ended(output).expect_success().stdout();
            for rule in told.lines().filter(|line| line.starts_with('─')) {
                assert!(rule.chars().count() <= 80, "{command:?} {language}\n{told}");
            }
            // A table is as wide as its rule, whatever it holds.
            for table in told.split("\n\n").filter(|table| table.contains('─')) {
                let lines = table.lines().skip_while(|line| !line.starts_with('─'));
                for line in lines.take_while(|line| line.starts_with([' ', '─'])) {
                    assert!(width(line) <= 80, "{} {line}\n{told}", width(line));
                }
            }
            let whole = |id: &str| command.iter().all(|word| *word != id) || told.contains(id);
            assert!([FIRST, other, third].into_iter().all(whole), "{command:?} {language}\n{told}");
            match command {
                ["runs"] => assert!(told.contains(run) && told.contains(earlier), "{told}"),
                ["batches"] | ["quarantine", "list"] => {
                    let listed = assessed.bench.json(command);
                    let id = listed["batches"][0]["batch_id"].as_str().expect("a batch");
                    assert!(told.contains(id), "{id} is broken in\n{told}");
                }
                _ => {}
            }
        }
    }
}

/// Cells of a terminal that a text takes: two for a Chinese character or a full-width mark.
pub(crate) fn width(text: &str) -> usize {
    let wide = |c: char| matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ff01}'..='\u{ff60}');
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

#[test]
fn colours_are_asked_for_and_every_colour_has_a_word_beside_it() {
    let assessed = Assessed::new();
    let rank = ["rank", "--type", "COMMODITY", "--period", "2021", "--lang", "zh"];
    let plain = assessed.told(&rank);
    assert!(!plain.contains('\u{1b}'), "a pipe gets none");
    let coloured = assessed.told(&[&rank[..], &["--color", "always"]].concat());
    assert!(coloured.contains("\u{1b}[31m后四分之一\u{1b}[0m"), "{coloured}");
    let mut without = coloured;
    for code in ["[0m", "[1m", "[31m", "[32m", "[33m"] {
        without = without.replace(&format!("\u{1b}{code}"), "");
    }
    // What is left are the same words; only blanks at the ends of lines may differ.
    assert_eq!(without.split_whitespace().collect::<Vec<_>>(), plain.split_whitespace().collect::<Vec<_>>());
    let mut command = assessed.bench.command(&[&rank[..], &["--quiet"]].concat());
    let output = command.env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1").output().expect("it runs");
    assert!(!Ended(output).expect_success().stdout().contains('\u{1b}'), "NO_COLOR comes first");
}

#[test]
fn a_locale_without_unicode_gets_bars_of_ascii() {
    let assessed = Assessed::new();
    let rank = ["rank", "--type", "COMMODITY", "--period", "2021"];
    let asked = assessed.told(&[&rank[..], &["--ascii"]].concat());
    let named = assessed.bench.command(&rank).env("LC_ALL", "C").output().expect("it runs");
    assert_eq!(Ended(named).expect_success().stdout(), asked);
    let leader = cells(&asked, "310115008000-004").remove(0);
    assert!(leader.contains(&"#######") && leader.contains(&"_#"), "{asked}");
    let glyph = |c: char| ('\u{2500}'..='\u{259f}').contains(&c) || c == '–' || c == '·';
    assert!(!asked.contains(glyph), "{asked}");
}

#[test]
fn places_side_by_side_show_what_sets_them_apart_and_types_are_not_ranked() {
    let assessed = Assessed::new();
    let (second, other) = ("310115004000-002", "310115008000-005");
    let compare = ["compare", FIRST, second, "--period", "2021"];
    let zh = assessed.told(&[&compare[..], &["--lang", "zh"]].concat());
    let index = cells(&zh, "INDEX").remove(0);
    assert_eq!(index, ["INDEX", "指数", "49.56", "█████", "65.00", "██████▌", "+15.44"], "{zh}");
    assert!(zh.contains("差别最大的指标") && zh.contains("（数值 · Z）") && !zh.contains("类型不同"), "{zh}");
    assert!(zh.contains("短板"), "{zh}");
    let told = assessed.bench.json(&compare);
    assert_eq!(told["same_type"], true);
    let spread = told["apart"][0]["spread_points"].as_f64().unwrap();
    let points: Vec<_> =
        told["apart"][0]["places"].as_array().unwrap().iter().map(|leaf| &leaf["contribution"]).collect();
    let difference = points[1].as_f64().unwrap() - points[0].as_f64().unwrap();
    assert!((difference.abs() - spread).abs() < 1e-9, "{told}");
    assert!(!told["places"][0]["losses"].as_array().unwrap().is_empty(), "{told}");

    let mixed = ["compare", FIRST, other, "--period", "2021"];
    assert!(assessed.told(&[&mixed[..], &["--lang", "en"]].concat()).contains("never to be ranked"));
    assert_eq!(assessed.bench.json(&mixed)["same_type"], false);

    let twice = assessed.bench.run(&["compare", FIRST, FIRST]).expect_code(2);
    assert!(twice.stderr().contains("named twice"), "{}", twice.stderr());
    assessed.bench.run(&["compare", FIRST]).expect_code(2);
    assessed.bench.run(&["compare", FIRST, "nobody", "--period", "2021"]).expect_code(2);
}

#[test]
fn two_assessments_are_equal_by_digest_or_differ_for_reasons_that_add_up() {
    let assessed = Assessed::new();
    let again = id(&assessed.bench.json(&[&ASSESS[..], &["--period", "2021"]].concat()));
    let equal = assessed.told(&["diff", &assessed.run, &again, "--lang", "zh"]);
    assert!(equal.starts_with("摘要相同"), "{equal}");
    assert_eq!(assessed.bench.json(&["diff", &assessed.run, &again])["equal"], true);

    // A value of the assessed period, then one of the base period, which moves thresholds.
    let value = assessed.correct(FIRST, "P", "2021", "50");
    let diff = ["diff", assessed.run.as_str(), value.as_str()];
    let zh = assessed.told(&[&diff[..], &["--lang", "zh"]].concat());
    assert!(zh.contains("正指标 45 → 50") && zh.contains("数值 +4.81"), "{zh}");
    let told = assessed.bench.json(&diff);
    let moved = &told["moves"][0];
    assert_eq!((&moved["place_id"], told["moves"].as_array().unwrap().len()), (&FIRST.into(), 1));
    assert!(
        (moved["causes"]["value"].as_f64().unwrap() - moved["change_points"].as_f64().unwrap()).abs() < 1e-9
    );
    assert_eq!(told["places"]["score_changed"], 1);
    assert_eq!(told["places"]["before"], 7);
    assert_eq!(told["thresholds"], Value::Array(Vec::new()));
    let input = |name: &str, told: &Value| {
        let inputs = told["inputs"].as_array().unwrap();
        inputs.iter().find(|input| input["input"] == name).expect("the input")["same"].clone()
    };
    assert_eq!(input("catalog hash", &told), true);
    assert_eq!(input("as of position", &told), false);

    let threshold = assessed.correct("310115004000-003", "P", "2020", "100");
    let diff = ["diff", value.as_str(), threshold.as_str()];
    let en = assessed.told(&[&diff[..], &["--lang", "en"]].concat());
    assert!(
        en.contains("thresholds that differ: 1") && en.contains("36 … 88") && en.contains("36 … 110"),
        "{en}"
    );
    let told = assessed.bench.json(&diff);
    for moved in told["moves"].as_array().unwrap() {
        let causes = moved["causes"].as_object().unwrap();
        assert_eq!(causes.keys().collect::<Vec<_>>(), ["threshold"], "{moved}");
        let sum: f64 = causes.values().filter_map(Value::as_f64).sum();
        assert!((sum - moved["change_points"].as_f64().unwrap()).abs() < 1e-9, "{moved}");
    }

    let years = assessed.bench.json(&["diff", &assessed.earlier, &assessed.run]);
    assert_eq!(years["places"]["score_lost"], 1);
    let counted: u64 =
        years["places"]["changes"].as_array().unwrap().iter().filter_map(|bin| bin["places"].as_u64()).sum();
    assert_eq!(counted, 5, "every place with both scores is counted once");
}

#[test]
fn a_trend_counts_changes_under_one_threshold_set_only() {
    let assessed = Assessed::new();
    let zh = assessed.told(&["trend", FIRST, "--lang", "zh"]);
    let now = cells(&zh, "2021").remove(0);
    assert_eq!((now[0], now[2], now[4], now[5]), ("2021", "49.56", "-4.28", "4"), "{zh}");
    assert!(zh.contains("█▁") && !zh.contains("不可比"), "{zh}");
    let told = assessed.bench.json(&["trend", FIRST, "--node", "A"]);
    let periods: Vec<_> = told["periods"].as_array().unwrap().iter().map(|point| &point["period"]).collect();
    assert_eq!(periods, ["2020", "2021"]);
    assert_eq!(told["periods"][1]["comparable"], true);

    assessed.correct(FIRST, "P", "2021", "50");
    let en = assessed.told(&["trend", FIRST, "--lang", "en"]);
    assert!(en.contains("are not comparable") && en.contains("[2] threshold-set-"), "{en}");
    let told = assessed.bench.json(&["trend", FIRST]);
    assert_eq!(
        (&told["periods"][1]["comparable"], &told["periods"][1]["change_points"]),
        (&false.into(), &Value::Null)
    );

    assessed.bench.run(&["trend", "nobody"]).expect_code(2);
    assessed.bench.run(&["trend", FIRST, "--node", "Z"]).expect_code(2);
}

#[test]
fn the_quality_of_an_assessment_is_told_with_its_rules() {
    let assessed = Assessed::new();
    let zh = assessed.told(&["quality", &assessed.run, "--lang", "zh"]);
    for line in [
        "覆盖情况",
        "数据覆盖不足 1",
        "触限的数值",
        "有得分但没有户数的小区：1",
        "未分类的小区：1",
        "NOT_RESIDENTIAL",
        "未处理的拒收行",
        "observations.csv",
        "2 倍",
        "不插补",
    ] {
        assert!(zh.contains(line), "{line} is missing in\n{zh}");
    }
    let told = assessed.bench.json(&["quality", &assessed.run]);
    let coverage = told["coverage"].as_array().unwrap();
    let old = coverage.iter().find(|row| row["type"] == "OLD_PUBLIC" && row["node"] == "INDEX").unwrap();
    assert_eq!((&old["places"], &old["scored"]), (&2.into(), &1.into()));
    assert_eq!(old["mean_coverage_ratio"], 0.75);
    assert_eq!(old["absence_reasons"]["LOW_COVERAGE"], 1);
    let clamped = &told["clamped"][0];
    assert_eq!((&clamped["leaf"], &clamped["above"], &clamped["below"]), (&"P".into(), &1.into(), &0.into()));
    assert_eq!(clamped["share_ratio"], 0.5);
    assert_eq!(told["unclassified"]["reasons"]["NOT_RESIDENTIAL"], 1);
    assert_eq!(told["places_without_households"], 1);
    assert_eq!(told["rejected_rows_open"][0]["open"], 1);
    assert_eq!(told["places_without_town_code"], 0);
    assert_eq!(told["imputed_values"], 0);
    let en = assessed.told(&["quality", &assessed.run, "--lang", "en"]);
    assert!(en.contains("too little observed 1") && en.contains("imputation: none"), "{en}");

    // One row where two dozen are usual.
    let source = |told: &Value| {
        let sources = told["sources"].as_array().expect("sources").iter();
        sources.clone().find(|source| source["source_id"] == "register").expect("the source").clone()
    };
    assert_eq!((&source(&told)["last_rows"], &source(&told)["unusual"]), (&23.into(), &false.into()));
    let run = assessed.correct(FIRST, "P", "2021", "50");
    let told = assessed.bench.json(&["quality", &run]);
    assert_eq!((&source(&told)["last_rows"], &source(&told)["unusual"]), (&1.into(), &true.into()));
    assert_eq!(source(&told)["late"], false, "of two deliveries no interval is usual");
    assert!(assessed.told(&["quality", &run, "--lang", "zh"]).contains("行数异常"));

    // The older assessment does not know of it, and says so.
    let stale = assessed.told(&["quality", &assessed.run, "--lang", "zh"]);
    assert!(stale.contains("数据不是最新的，此后又有 1 次"), "{stale}");
    assert_eq!(assessed.bench.json(&["show", FIRST, "--run", &assessed.run])["as_of"]["newer_positions"], 1);
    assert_eq!(told["as_of"]["newer_positions"], 0);
}

#[test]
fn who_has_read_enough_is_no_fault() {
    let assessed = Assessed::new();
    let mut command = assessed.bench.command(&["rank", "--type", "COMMODITY", "--quiet"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    let ended = Ended(child.wait_with_output().expect("a child")).expect_success();
    assert_eq!(ended.stderr(), "");
}
