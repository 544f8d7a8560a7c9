//! Catalogs: a text is one that holds together, or it has faults that lie inside it.

use xiuhua_indicators::catalog::Catalog;

/// The smallest catalog that uses most of what a catalog can say.
const SEED: &str = r#"
id = "small"
version = "1"
title = { zh = "两个指标", en = "Two indicators" }
scale = 100
rule_set = "pudong-housing"
defaults.direction = "positive"

[[measure]]
id = "p"
name = { zh = "正指标", en = "Positive" }
unit = "score"
bounds = "[0, )"

[[measure]]
id = "q"
name = { zh = "逆指标", en = "Inverse" }
unit = "%"
bounds = "[0, 100]"

[[node]]
code = "INDEX"
name = { zh = "指数", en = "Index" }

[[node]]
code = "A"
parent = "INDEX"
name = { zh = "二级指数", en = "Level 2" }
points = 100

[[leaf]]
code = "P"
parent = "A"
name = { zh = "正指标", en = "Positive" }
measure = "p"
transform = "ln"

[[leaf]]
code = "Q"
parent = "A"
name = { zh = "逆指标", en = "Inverse" }
measure = "q"
direction = "inverse"

[[leaf]]
code = "D"
parent = "A"
name = { zh = "变化", en = "Change" }
change_of = "A"
"#;

pub(crate) const WORDS: &[&[u8]] = &[
    b"\"",
    b"\"\"\"",
    b"'",
    b"[",
    b"]]",
    b"{",
    b"}",
    b"=",
    b"\n",
    b"#",
    b"nan",
    b"-inf",
    b"1e999",
    b"-1",
    b"[[leaf]]\n",
    b"[[node]]\n",
    b"[[measure]]\n",
    b"parent = \"A\"\n",
    b"points = 25\n",
    b"weight = 1\n",
    b"over = \"children\"\n",
    b"mean = { power = -1 }\n",
    b"change_of = \"A\"\n",
    b"treat = { force_high = 1 }\n",
    b"impute = { method = \"last\", reach = 3 }\n",
    b"transform = \"ln\"\n",
    b"code = \"A\"\n",
    b"floor = 0\n",
    b"thresholds = { lower = 0, upper = 1 }\n",
    b"minimum_coverage = \"2/3\"\n",
    "花".as_bytes(),
];

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let shipped = xiuhua_indicators::shipped::SHIPPED.iter().map(|shipped| shipped.text);
    [SEED].into_iter().chain(shipped.filter(|text| text.len() < 8 * 1024)).map(|text| text.into()).collect()
}

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Catalog::parse(text) {
        Ok(catalog) => {
            assert!(catalog.item(catalog.root()).parent.is_none());
            for (at, item) in catalog.items.iter().enumerate() {
                assert!(item.weight.is_finite() && item.weight >= 0.0, "weight {}", item.weight);
                assert!(item.parent.is_none_or(|above| above.0 < at), "a parent stands behind its child");
            }
        }
        Err(faults) => {
            let last = text.split('\n').count();
            let mut count = 0;
            for fault in &faults {
                count += 1;
                let line = usize::try_from(fault.line).expect("32 bits");
                assert!((1..=last).contains(&line) && fault.column >= 1, "{fault} lies outside the text");
                assert!(!fault.zh.is_empty() && !fault.en.is_empty(), "{fault} says nothing");
            }
            assert!(count > 0, "refused without a reason");
        }
    }
}
