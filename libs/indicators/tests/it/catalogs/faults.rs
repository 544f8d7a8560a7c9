//! Every kind of fault a catalog can have, with the exact line and column where it is reported.

use std::collections::BTreeSet;

use xiuhua_indicators::catalog::{Catalog, CatalogFault, CatalogFaults, Impute, Reason};

/// A faultless catalog with one of everything: two weight groups, one shared equally and one of fixed weights, a
/// geometric mean with a floor, a declared unit, a logarithm, a derived leaf.
const SOUND: &str = r#"id = "sound"
version = "1"
title = { zh = "完好", en = "Sound" }
scale = 100
total_points = 100
units = ["朵/户"]

[defaults]
minimum_coverage = "2/3"
direction = "positive"
threshold = { extend = "value", share = 0.1 }

[[node]]
code = "R"
name = { zh = "根", en = "Root" }

[[node]]
code = "G"
name = { zh = "均分", en = "Shared" }
parent = "R"
points = 60

[[leaf]]
code = "G.1"
name = { zh = "花", en = "Flowers" }
parent = "G"
measure = "flowers"

[[leaf]]
code = "G.2"
name = { zh = "收入", en = "Income" }
parent = "G"
measure = "income"
transform = "ln"

[[node]]
code = "H"
name = { zh = "固定", en = "Fixed" }
parent = "R"
points = 40
mean = "geometric"
floor = 0.01

[[leaf]]
code = "H.1"
name = { zh = "寿命", en = "Life" }
parent = "H"
measure = "life"
threshold = { lower = 20, upper = 85 }
weight = 10

[[leaf]]
code = "H.2"
name = { zh = "变化", en = "Change" }
parent = "H"
change_of = "G"
weight = 30

[[measure]]
id = "flowers"
name = { zh = "花", en = "Flowers" }
unit = "朵/户"
bounds = "[0, )"

[[measure]]
id = "income"
name = { zh = "收入", en = "Income" }
unit = "yuan"
bounds = "(0, )"

[[measure]]
id = "life"
name = { zh = "寿命", en = "Life" }
unit = "years"
bounds = "[0, 150]"
"#;

/// Stands in a replacement where a fault is due.
const HERE: char = '¶';

/// A change to [`SOUND`] and the faults it makes, in the order of the text: reason and path.
struct Case {
    change: &'static [(&'static str, &'static str)],
    faults: &'static [(Reason, &'static str)],
}

/// A change of one place that makes one fault.
macro_rules! case {
    ($from:literal => $to:literal, $reason:ident at $path:literal) => {
        Case { change: &[($from, $to)], faults: &[(Reason::$reason, $path)] }
    };
    ($([$from:literal => $to:literal]),+; $($reason:ident at $path:literal),+) => {
        Case { change: &[$(($from, $to)),+], faults: &[$((Reason::$reason, $path)),+] }
    };
}

#[rustfmt::skip] // a table is read by line
const CASES: &[Case] = &[
    // Text and keys
    case!("scale = 100" => "scale = ¶", Syntax at ""),
    case!("scale = 100" => "scale = 100\n¶scale = 1", Syntax at ""),
    case!("scale = 100" => "scale = 100\n¶rank_decimal = 3", UnknownKey at "rank_decimal"),
    case!("[[measure]]\nid = \"life\"" => "[[¶measures]]\nid = \"x\"\n[[measure]]\nid = \"life\"", UnknownKey at "measures"),
    case!("minimum_coverage = \"2/3\"" => "¶minimum_covrage = \"2/3\"", UnknownKey at "defaults.minimum_covrage"),
    case!("floor = 0.01" => "¶flor = 0.01", UnknownKey at "node[H].flor"),
    case!("weight = 10" => "weight = 10\n¶wieght = 10", UnknownKey at "leaf[H.1].wieght"),
    case!("bounds = \"[0, 150]\"" => "bounds = \"[0, 150]\"\n¶source = \"x\"", UnknownKey at "measure[life].source"),
    case!("en = \"Sound\" }" => "en = \"Sound\", ¶fr = \"Sain\" }", UnknownKey at "title.fr"),
    case!("lower = 20, upper = 85" => "lower = 20, upper = 85, ¶uper = 85", UnknownKey at "leaf[H.1].threshold.uper"),
    case!("id = \"sound\"\n" => "¶", MissingKey at "id"),
    case!("{ zh = \"完好\", " => "¶{ ", MissingKey at "title.zh"),
    case!("name = { zh = \"根\", en = \"Root\" }" => "name = ¶{ zh = \"根\" }", MissingKey at "node[R].name.en"),
    case!("[[leaf]]\ncode = \"G.1\"" => "¶[[leaf]]", MissingKey at "leaf[#1].code"),
    case!("[[leaf]]\ncode = \"H.2\"\nname = { zh = \"变化\", en = \"Change\" }\nparent = \"H\"\nchange_of = \"G\"" =>
          "¶[[leaf]]\ncode = \"H.2\"\nname = { zh = \"变化\", en = \"Change\" }\nparent = \"H\"", MissingKey at "leaf[H.2].measure"),
    case!(["unit = \"years\"\n" => ""], ["[[measure]]\nid = \"life\"" => "¶[[measure]]\nid = \"life\""]; MissingKey at "measure[life].unit"),
    case!("{ lower = 20, upper = 85 }" => "¶{ lower = 20 }", MissingKey at "leaf[H.1].threshold.upper"),
    case!("{ lower = 20, upper = 85 }" => "¶{ extend = \"range\" }", MissingKey at "leaf[H.1].threshold.share"),
    case!("{ lower = 20, upper = 85 }" => "¶{ share = 0.1 }", MissingKey at "leaf[H.1].threshold.extend"),
    case!("\"geometric\"" => "¶{}", MissingKey at "node[H].mean.power"),
    case!("scale = 100" => "scale = ¶\"100\"", WrongKind at "scale"),
    case!("version = \"1\"" => "version = ¶1", WrongKind at "version"),
    case!("title = { zh = \"完好\", en = \"Sound\" }" => "title = ¶\"Sound\"", WrongKind at "title"),
    case!("units = [\"朵/户\"]" => "units = [\"朵/户\", ¶7]", WrongKind at "units"),
    case!("\"geometric\"" => "¶2", WrongKind at "node[H].mean"),
    case!("scale = 100" => "scale = 100\nbase_periods = ¶3.0", WrongKind at "base_periods"),
    case!("extend = \"value\", share = 0.1" => "extend = \"value\", share = 0.1, clip = ¶\"yes\"", WrongKind at "defaults.threshold.clip"),
    case!("direction = \"positive\"" => "direction = ¶\"up\"", UnknownValue at "defaults.direction"),
    case!("\"geometric\"" => "¶\"median\"", UnknownValue at "node[H].mean"),
    case!("mean = " => "over = ¶\"leafs\"\nmean = ", UnknownValue at "node[H].over"),
    case!("\"ln\"" => "¶\"log\"", UnknownValue at "leaf[G.2].transform"),
    case!("extend = \"value\"" => "extend = ¶\"values\"", UnknownValue at "defaults.threshold.extend"),
    case!("lower = 20, upper = 85" => "lower = 20, upper = 85, clip = ¶true", Contradiction at "leaf[H.1].threshold.clip"),
    case!("lower = 20, upper = 85" => "extend = \"none\", share = ¶0.1", Contradiction at "leaf[H.1].threshold.share"),
    case!("mean = \"geometric\"\nfloor = 0.01" => "floor = ¶0.01", Contradiction at "node[H].floor"),
    case!("version = \"1\"" => "version = ¶\" \"", EmptyText at "version"),
    case!("zh = \"寿命\", en = \"Life\" }\nparent" => "zh = \"寿命\", en = ¶\"\" }\nparent", EmptyText at "leaf[H.1].name.en"),
    case!("units = [\"朵/户\"]" => "units = [\"朵/户\", ¶\"\"]", EmptyText at "units"),
    case!("zh = \"根\"" => "zh = ¶\"根\\n本\"", BadText at "node[R].name.zh"),
    case!("id = \"sound\"" => "id = ¶\"Sound\"", BadId at "id"),
    case!("scale = 100" => "scale = 100\nrule_set = ¶\"有规则\"", BadId at "rule_set"),
    case!("code = \"G.1\"" => "code = ¶\"G 1\"", BadCode at "leaf[G 1].code"),
    case!("code = \"G.1\"" => "code = ¶\"G\\u0007\"", BadCode at "leaf[G\u{7}].code"),
    case!("code = \"G.1\"" => "code = ¶\"\"", BadCode at "leaf[#1].code"),
    // Numbers
    case!("scale = 100" => "scale = ¶10", OutOfRange at "scale"),
    case!("scale = 100" => "scale = 100\nbase_periods = ¶0", OutOfRange at "base_periods"),
    case!("scale = 100" => "scale = 100\nbase_periods = ¶61", OutOfRange at "base_periods"),
    case!("scale = 100" => "scale = 100\nrank_decimals = ¶13", OutOfRange at "rank_decimals"),
    case!("scale = 100" => "scale = 100\nrank_decimals = ¶-1", OutOfRange at "rank_decimals"),
    case!("scale = 100" => "scale = 100\ncommon_cut = ¶1.5", OutOfRange at "common_cut"),
    case!("minimum_coverage = \"2/3\"" => "minimum_coverage = ¶\"3/2\"", OutOfRange at "defaults.minimum_coverage"),
    case!("minimum_coverage = \"2/3\"" => "minimum_coverage = ¶\"2/0\"", OutOfRange at "defaults.minimum_coverage"),
    case!("minimum_coverage = \"2/3\"" => "minimum_coverage = ¶66", OutOfRange at "defaults.minimum_coverage"),
    case!("\"geometric\"" => "{ power = ¶0 }", OutOfRange at "node[H].mean.power"),
    case!("floor = 0.01" => "floor = ¶0", OutOfRange at "node[H].floor"),
    case!("floor = 0.01" => "floor = ¶1", OutOfRange at "node[H].floor"),
    case!("points = 60" => "points = ¶-60", OutOfRange at "node[G].points"),
    case!("share = 0.1" => "share = ¶-0.1", OutOfRange at "defaults.threshold.share"),
    case!("weight = 10" => "weight = ¶nan", NotFinite at "leaf[H.1].weight"),
    case!("weight = 10" => "weight = ¶-inf", NotFinite at "leaf[H.1].weight"),
    case!("points = 60" => "points = ¶nan", NotFinite at "node[G].points"),
    case!("minimum_coverage = \"2/3\"" => "minimum_coverage = ¶nan", NotFinite at "defaults.minimum_coverage"),
    case!("lower = 20" => "lower = ¶1e999", NotFinite at "leaf[H.1].threshold.lower"),
    case!(["lower = 20, upper = 85" => "lower = -1.5e308, upper = ¶1.5e308"]; NotFinite at "leaf[H.1].threshold.upper"),
    case!("weight = 10" => "weight = ¶-10", NegativeWeight at "leaf[H.1].weight"),
    // Codes and the tree
    case!("code = \"G.2\"" => "code = ¶\"G.1\"", DuplicateCode at "leaf[G.1]"),
    case!("code = \"G.2\"" => "code = ¶\"R\"", DuplicateCode at "leaf[R]"),
    case!("[[measure]]\nid = \"life\"" => "[[measure]]\nid = ¶\"income\"\nname = { zh = \"收\", en = \"In\" }\nunit = \"yuan\"\nbounds = \"[0, )\"\n\n[[measure]]\nid = \"life\"",
          DuplicateMeasure at "measure[income]"),
    case!("code = \"G.1\"" => "code = ¶\"income\"", AmbiguousCode at "leaf[income].code"),
    case!(["[[node]]\ncode = \"R\"" => "[[node]]\nparent = ¶\"G\"\ncode = \"R\""], ["id = \"sound\"" => "¶id = \"sound\""], ["change_of = \"G\"" => "change_of = ¶\"G\""];
          NoRoot at "", Cycle at "node[R].parent", ChangeCycle at "leaf[H.2].change_of"),
    case!("[[measure]]\nid = \"flowers\"" => "¶[[node]]\ncode = \"S\"\nname = { zh = \"二\", en = \"S\" }\npoints = 1\n\n[[leaf]]\ncode = \"S.1\"\nname = { zh = \"二\", en = \"S\" }\nparent = \"S\"\nmeasure = \"life\"\n\n[[measure]]\nid = \"flowers\"",
          SeveralRoots at "node[S]"),
    case!("[[leaf]]\ncode = \"G.1\"\nname = { zh = \"花\", en = \"Flowers\" }\nparent = \"G\"\n" => "¶[[leaf]]\ncode = \"G.1\"\nname = { zh = \"花\", en = \"Flowers\" }\n",
          LeafWithoutParent at "leaf[G.1].parent"),
    case!("parent = \"G\"\nmeasure = \"flowers\"" => "parent = ¶\"GG\"\nmeasure = \"flowers\"", UnknownParent at "leaf[G.1].parent"),
    case!("parent = \"G\"\nmeasure = \"flowers\"" => "parent = ¶\"G.2\"\nmeasure = \"flowers\"", ParentIsLeaf at "leaf[G.1].parent"),
    case!("[[measure]]\nid = \"flowers\"" => "¶[[node]]\ncode = \"E\"\nname = { zh = \"空\", en = \"Empty\" }\nparent = \"R\"\n\n[[measure]]\nid = \"flowers\"",
          NodeWithoutChildren at "node[E]"),
    case!("[[measure]]\nid = \"flowers\"" => "[[node]]\ncode = \"X\"\nname = { zh = \"环\", en = \"X\" }\nparent = ¶\"Y\"\n\n[[node]]\ncode = \"Y\"\nname = { zh = \"环\", en = \"Y\" }\nparent = \"X\"\n\n[[measure]]\nid = \"flowers\"",
          Cycle at "node[X].parent"),
    case!("[[measure]]\nid = \"flowers\"" => "[[node]]\ncode = \"X\"\nname = { zh = \"环\", en = \"X\" }\nparent = ¶\"X\"\n\n[[measure]]\nid = \"flowers\"",
          Cycle at "node[X].parent"),
    // Weights
    case!(["points = 40" => "points = ¶40.001"], ["total_points = 100" => "total_points = 100.001"]; WeightsDoNotSum at "node[H].points"),
    case!("total_points = 100" => "total_points = ¶99", WeightsDoNotSum at "total_points"),
    case!(["weight = 30" => ""], ["points = 40" => "points = ¶40"]; MixedWeights at "node[H].points"),
    case!(["points = 60" => ""], ["[[leaf]]\ncode = \"G.1\"" => "¶[[leaf]]\ncode = \"G.1\""], ["[[leaf]]\ncode = \"G.2\"" => "¶[[leaf]]\ncode = \"G.2\""];
          LeafWithoutWeight at "leaf[G.1].weight", LeafWithoutWeight at "leaf[G.2].weight"),
    case!(["[[node]]\ncode = \"R\"" => "[[node]]\npoints = 100\ncode = \"R\""], ["points = 60" => "points = ¶60"], ["points = 40" => "points = ¶40"],
          ["weight = 10" => ""], ["weight = 30" => ""]; NestedGroup at "node[G].points", NestedGroup at "node[H].points"),
    case!("points = 60" => "points = 60\nweight = ¶3", UnusedWeight at "node[G].weight"),
    case!(["points = 40" => ""], ["weight = 10" => "weight = 0"], ["weight = 30" => "weight = 0"], ["total_points = 100" => ""],
          ["[[node]]\ncode = \"H\"" => "¶[[node]]\ncode = \"H\""]; ZeroWeights at "node[H]"),
    case!(["points = 40" => ""], ["weight = 10" => "weight = 1e308"], ["weight = 30" => "weight = 1e308"], ["total_points = 100" => ""],
          ["[[node]]\ncode = \"R\"" => "¶[[node]]\ncode = \"R\""], ["[[node]]\ncode = \"H\"" => "¶[[node]]\ncode = \"H\""];
          NotFinite at "node[R]", NotFinite at "node[H]"),
    case!(["[[node]]\ncode = \"R\"" => "¶[[node]]\nover = \"children\"\ncode = \"R\""], ["points = 40" => ""];
          MixedWeights at "node[R]"),
    // Measures and thresholds
    case!("unit = \"years\"" => "unit = ¶\"year\"", UnknownUnit at "measure[life].unit"),
    case!(["units = [\"朵/户\"]" => ""], ["unit = \"朵/户\"" => "unit = ¶\"朵/户\""]; UnknownUnit at "measure[flowers].unit"),
    case!("\"[0, 150]\"" => "¶\"0..150\"", BadBounds at "measure[life].bounds"),
    case!("\"[0, 150]\"" => "¶\"[0, nan]\"", BadBounds at "measure[life].bounds"),
    case!("\"[0, 150]\"" => "¶\"[ , 150]\"", BadBounds at "measure[life].bounds"),
    case!("\"[0, 150]\"" => "¶\"[150, 0]\"", EmptyBounds at "measure[life].bounds"),
    case!("\"[0, 150]\"" => "¶\"(7, 7]\"", EmptyBounds at "measure[life].bounds"),
    case!("lower = 20" => "lower = ¶85", GoalpostsReversed at "leaf[H.1].threshold.lower"),
    case!("{ lower = 20, upper = 85 }" => "¶{ lower = 20, upper = 151 }", GoalpostOutOfBounds at "leaf[H.1].threshold.upper"),
    case!(["\"(0, )\"" => "\"[0, )\""], ["\"ln\"" => "¶\"ln\""]; LnNotPositive at "leaf[G.2].transform"),
    case!("transform = \"ln\"" => "transform = \"ln\"\nthreshold = ¶{ lower = 0, upper = 9 }", LnNotPositive at "leaf[G.2].threshold.lower"),
    case!("transform = \"ln\"" => "transform = \"ln\"\nthreshold = ¶{ extend = \"range\", share = 0.1, clip = true }", LnNotPositive at "leaf[G.2].threshold.extend"),
    case!("transform = \"ln\"" => "transform = \"ln\"\nthreshold = ¶{ extend = \"value\", share = 1 }", LnNotPositive at "leaf[G.2].threshold.share"),
    case!("threshold = { extend = \"value\", share = 0.1 }" => "threshold = ¶{ extend = \"value\", share = 1.5 }", LnNotPositive at "leaf[G.2].threshold.share"),
    case!("transform = \"ln\"" => "transform = \"ln\"\nthreshold = ¶{ lower = 1e300, upper = 1.0000000000000002e300 }", GoalpostsReversed at "leaf[G.2].threshold.lower"),
    case!("change_of = \"G\"" => "change_of = \"G\"\ntransform = ¶\"ln\"", LnNotPositive at "leaf[H.2].transform"),
    case!(["measure = \"life\"" => "measure = ¶\"lives\""], ["[[measure]]\nid = \"life\"" => "¶[[measure]]\nid = \"life\""];
          UnknownMeasure at "leaf[H.1].measure", UnusedMeasure at "measure[life]"),
    case!(["measure = \"flowers\"" => "measure = \"income\""], ["[[measure]]\nid = \"flowers\"" => "¶[[measure]]\nid = \"flowers\""];
          UnusedMeasure at "measure[flowers]"),
    // Outliers and gaps
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = ¶\"some\"", UnknownValue at "leaf[G.1].treat"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = ¶true", WrongKind at "leaf[G.1].treat"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = { ¶skw = 2 }", UnknownKey at "leaf[G.1].treat.skw"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = { skew = ¶0 }", OutOfRange at "leaf[G.1].treat.skew"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = { kurtosis = ¶-1 }", OutOfRange at "leaf[G.1].treat.kurtosis"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = { share = ¶0.5 }", OutOfRange at "leaf[G.1].treat.share"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = { share = ¶nan }", NotFinite at "leaf[G.1].treat.share"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = { log = ¶1 }", WrongKind at "leaf[G.1].treat.log"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = { force_high = ¶1.5 }", OutOfRange at "leaf[G.1].treat.force_high"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = { force_low = ¶-1 }", OutOfRange at "leaf[G.1].treat.force_low"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = { skew = 2, ¶force_high = 1 }", Contradiction at "leaf[G.1].treat.force_high"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = { force_low = 1, ¶force_upper = 9 }", Contradiction at "leaf[G.1].treat.force_upper"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = { force_lower = ¶9, force_upper = 9 }", GoalpostsReversed at "leaf[G.1].treat.force_lower"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\ntreat = ¶{ force_lower = -1, force_upper = 9 }", OutOfRange at "leaf[G.1].treat.force_lower"),
    case!("measure = \"income\"" => "measure = \"income\"\ntreat = ¶{ share = 0.1 }", Contradiction at "leaf[G.2].treat"),
    case!("measure = \"life\"" => "measure = \"life\"\ntreat = ¶{ force_log = true }", Contradiction at "leaf[H.1].treat"),
    case!("change_of = \"G\"" => "change_of = \"G\"\ntreat = ¶{}", Contradiction at "leaf[H.2].treat"),
    case!("direction = \"positive\"" => "direction = \"positive\"\ntreat = { ¶force_high = 1 }", UnknownKey at "defaults.treat.force_high"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\nimpute = ¶\"mean\"", UnknownValue at "leaf[G.1].impute"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\nimpute = ¶{ reach = 3 }", MissingKey at "leaf[G.1].impute.method"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\nimpute = { method = \"last\", reach = ¶0 }", OutOfRange at "leaf[G.1].impute.reach"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\nimpute = { method = \"linear\", reach = ¶13 }", OutOfRange at "leaf[G.1].impute.reach"),
    case!("measure = \"flowers\"" => "measure = \"flowers\"\nimpute = { method = \"group_median\", reach = ¶2 }", Contradiction at "leaf[G.1].impute.reach"),
    case!("change_of = \"G\"" => "change_of = \"G\"\nimpute = ¶\"last\"", Contradiction at "leaf[H.2].impute"),
    case!(["measure = \"flowers\"" => "measure = \"flowers\"\nimpute = ¶\"linear\""],
          ["[[measure]]\nid = \"flowers\"" => "[[measure]]\nroll = { take = \"sum\", from = \"month\" }\nid = \"flowers\""];
          Contradiction at "leaf[G.1].impute"),
    // Derived leaves
    case!("change_of = \"G\"" => "measure = \"life\"\nchange_of = ¶\"G\"", MeasureAndChange at "leaf[H.2].change_of"),
    case!("change_of = \"G\"" => "change_of = ¶\"GG\"", UnknownNode at "leaf[H.2].change_of"),
    case!("change_of = \"G\"" => "change_of = ¶\"G.1\"", ChangeOfLeaf at "leaf[H.2].change_of"),
    case!("change_of = \"G\"" => "change_of = ¶\"H\"", ChangeCycle at "leaf[H.2].change_of"),
    case!("change_of = \"G\"" => "change_of = ¶\"R\"", ChangeCycle at "leaf[H.2].change_of"),
];

#[test]
fn a_default_that_fills_gaps_from_other_periods_does_not_hold_where_the_measure_rolls() {
    let changed = [
        ("direction = \"positive\"\n", "direction = \"positive\"\nimpute = \"linear\"\n"),
        (
            "[[measure]]\nid = \"flowers\"",
            "[[measure]]\nroll = { take = \"sum\", from = \"month\" }\nid = \"flowers\"",
        ),
    ];
    let text = changed.iter().fold(SOUND.to_owned(), |text, (from, to)| text.replacen(from, to, 1));
    let catalog = Catalog::parse(&text).unwrap();
    let fills = |code: &str| catalog.leaf(catalog.find(code).unwrap()).unwrap().impute;
    assert_eq!(fills("G.1"), Impute::None);
    assert!(matches!(fills("G.2"), Impute::Linear { .. }), "{:?}", fills("G.2"));
}

/// A catalog text and where its faults are due: line and column, both from 1.
fn changed(change: &[(&str, &str)]) -> (String, Vec<(usize, usize)>) {
    let marked = change.iter().fold(SOUND.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from:?} is not one place");
        text.replacen(from, to, 1)
    });
    let mut places = Vec::new();
    for (line, letters) in marked.lines().enumerate() {
        let marks = letters.chars().enumerate().filter(|&(_, letter)| letter == HERE);
        // A mark before this one on the line has no column of its own.
        places.extend(marks.enumerate().map(|(earlier, (column, _))| (line + 1, column - earlier + 1)));
    }
    (marked.replace(HERE, ""), places)
}

fn faults_of(text: &str) -> CatalogFaults {
    Catalog::parse(text).map(|catalog| catalog.id).expect_err("the text has faults")
}

fn place_and_reason(fault: &CatalogFault) -> String {
    format!("line {}, column {}: {} {}", fault.line, fault.column, fault.reason, fault.path)
}

/// What is off about one case; `None` if it comes out as the table says.
fn difference(case: &Case) -> Option<String> {
    let (text, places) = changed(case.change);
    assert_eq!(places.len(), case.faults.len(), "marks and faults of {:?}", case.change);
    let due = case.faults.iter().zip(&places);
    let expected: Vec<String> = due
        .map(|((reason, path), (line, column))| format!("line {line}, column {column}: {reason} {path}"))
        .collect();
    let found: Vec<String> = Catalog::parse(&text).map_or_else(
        |faults| faults.into_iter().map(place_and_reason).collect(),
        |_| vec!["a catalog".to_owned()],
    );
    (found != expected).then(|| format!("{:?}\n  expected {expected:#?}\n  found {found:#?}", case.change))
}

#[test]
fn the_catalog_that_the_cases_change_is_sound() {
    let catalog = Catalog::parse(SOUND).unwrap_or_else(|faults| panic!("{faults}"));
    let weights: Vec<String> =
        catalog.items.iter().map(|item| format!("{} {}", item.code, item.weight)).collect();
    assert_eq!(weights, ["R 100", "G 60", "G.1 30", "G.2 30", "H 40", "H.1 10", "H.2 30"]);
}

#[test]
fn every_fault_is_reported_at_its_line_and_column_and_no_other_with_it() {
    let differences: Vec<String> = CASES.iter().filter_map(difference).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_kind_of_fault_has_a_case() {
    let mut untested: BTreeSet<Reason> = Reason::ALL.iter().copied().collect();
    for (reason, _) in CASES.iter().flat_map(|case| case.faults) {
        untested.remove(reason);
    }
    // The two that take a large text are in `hostile.rs`.
    assert_eq!(untested.into_iter().collect::<Vec<_>>(), [Reason::TooLarge, Reason::TooDeep]);
}

#[test]
fn many_faults_come_together_in_the_order_of_the_text() {
    let (text, _) = changed(&[
        ("scale = 100", "scale = 10"),
        ("code = \"G.2\"", "code = \"G.1\""),
        ("parent = \"G\"\nmeasure = \"flowers\"", "parent = \"g\"\nmeasure = \"flowers\""),
        ("points = 40", "points = 41"),
        ("unit = \"years\"", "unit = \"Years\""),
        ("total_points = 100", "total_points = 101"),
        ("weight = 10", "wieght = 10\nweight = 10"),
    ]);
    let found: Vec<String> = faults_of(&text).into_iter().map(place_and_reason).collect();
    let expected = [
        "line 4, column 9: OUT_OF_RANGE scale",
        "line 26, column 10: UNKNOWN_PARENT leaf[G.1].parent",
        "line 30, column 8: DUPLICATE_CODE leaf[G.1]",
        "line 40, column 10: WEIGHTS_DO_NOT_SUM node[H].points",
        "line 50, column 1: UNKNOWN_KEY leaf[H.1].wieght",
        "line 75, column 8: UNKNOWN_UNIT measure[life].unit",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_fault_reads_in_both_languages() {
    let (text, _) = changed(&[("floor = 0.01", "flor = 0.01"), ("scale = 100", "scale = \"100\"")]);
    assert_eq!(
        faults_of(&text).to_string(),
        "line 4, column 9: WRONG_KIND scale: 应为数，实为字符串 / expected a number, found a string\n\
         line 42, column 1: UNKNOWN_KEY node[H].flor: 未知的键 `flor`；是否应为 `floor`？ / unknown key `flor`; did \
         you mean `floor`?"
    );
    let nothing = faults_of("").to_string();
    assert!(nothing.contains("line 1, column 1: NO_ROOT: 没有根节点"), "{nothing}");
}

#[test]
fn unknown_words_come_with_the_nearest_known_one() {
    let hints = [
        (("measure = \"flowers\"", "measure = \"flower\""), "`flowers`"),
        (("parent = \"G\"\nmeasure = \"income\"", "parent = \"g\"\nmeasure = \"income\""), "`G`"),
        (("change_of = \"G\"", "change_of = \"GR\""), "`G`"),
        (("unit = \"years\"", "unit = \"year\""), "`years`"),
    ];
    for (change, hint) in hints {
        let (text, _) = changed(&[change]);
        let faults = faults_of(&text);
        let fault = &faults.faults()[0];
        assert!(fault.en.ends_with(&format!("; did you mean {hint}?")), "{fault}");
        assert!(fault.zh.ends_with(&format!("；是否应为 {hint}？")), "{fault}");
    }
}

#[test]
fn columns_count_characters_as_an_editor_shows_them() {
    let (text, _) = changed(&[("en = \"Sound\" }", "en = 7 }")]);
    let place = |text: &str| {
        let faults = faults_of(text);
        (faults.faults()[0].line, faults.faults()[0].column)
    };
    // Two Chinese characters before it are two columns, though six bytes.
    assert_eq!(place(&text), (3, 27));
    assert_eq!(place(&text.replace('\n', "\r\n")), (3, 27), "with the line ends of Windows");
    assert_eq!(place(&format!("\u{feff}{text}")), (3, 27), "behind a byte-order mark");
}

#[test]
fn numbers_may_be_written_as_toml_allows() {
    let (text, _) = changed(&[
        ("scale = 100", "scale = 1e2\nbase_periods = +1_2\nrank_decimals = 0xC"),
        ("minimum_coverage = \"2/3\"", "minimum_coverage = \" 1 / 2 \""),
        ("points = 60", "points = 6_0.0"),
    ]);
    let catalog = Catalog::parse(&text).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!((catalog.base_periods, catalog.rank_decimals), (12, 12));
    assert_eq!(catalog.item(catalog.find("G").unwrap()).weight.to_string(), "60");
    assert_eq!(catalog.node(catalog.root()).unwrap().minimum_coverage.to_string(), "0.5");
}
