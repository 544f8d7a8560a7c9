//! A district of three estates and two indicators, delivered to bit by bit and assessed in seconds.

use serde_json::Value;

use super::workbench::Workbench;

/// One type, one level-2 index with two indicators of equal weight.
pub(crate) const CATALOG: &str = r#"
id = "small"
version = "1"
title = { zh = "两个指标", en = "Two indicators" }
scale = 100
rule_set = "pudong-housing"

[[measure]]
id = "p"
name = { zh = "正指标", en = "Positive" }
unit = "score"
bounds = "[0, )"

[[measure]]
id = "q"
name = { zh = "逆指标", en = "Inverse" }
unit = "score"
bounds = "[0, )"

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
direction = "positive"

[[leaf]]
code = "Q"
parent = "A"
name = { zh = "逆指标", en = "Inverse" }
measure = "q"
direction = "inverse"
"#;

/// The estates.
pub(crate) const PLACES: &str = "\
place_id,name,town_code,town,committee,housing_nature,households,population
S1,一,310115004000,潍坊新村街道,甲,商品房,100,250
S2,二,310115004000,潍坊新村街道,甲,商品房,200,500
S3,三,310115004000,潍坊新村街道,乙,商品房,300,750
";

/// A first delivery: everything that an assessment of 2021 needs.
pub(crate) const OBSERVATIONS: &str = "\
place_id,indicator,period,value,source,revised_at
S1,P,2020,40,register,
S2,P,2020,60,register,
S3,P,2020,80,register,
S1,Q,2020,0,register,
S2,Q,2020,2,register,
S3,Q,2020,5,register,
S1,P,2021,45,register,
S2,P,2021,62,register,
S3,P,2021,79,register,
S1,Q,2021,1,register,
S2,Q,2021,1.1,register,
S3,Q,2021,4,register,
";

/// How the district is assessed.
const ASSESS: [&str; 7] = ["assess", "--catalog", "catalog.toml", "--period", "2021", "--sample", "census"];

/// A platform with the district, or a part of it.
pub(crate) struct SmallDistrict {
    pub(crate) bench: Workbench,
}

impl SmallDistrict {
    /// Nothing delivered yet. No import waits for a second person: three estates move much with every value.
    pub(crate) fn empty(mut bench: Workbench) -> Self {
        bench.write("catalog.toml", CATALOG);
        bench.write("alone.toml", "[review]\nsecond_person_above_ratio = 0\n");
        let config = bench.path("alone.toml").display().to_string();
        bench.set("XIUHUA_CONFIG", &config);
        Self { bench }
    }

    /// [`PLACES`] and [`OBSERVATIONS`] delivered.
    pub(crate) fn new() -> Self {
        let district = Self::empty(Workbench::new());
        district.places(PLACES);
        district.observations(OBSERVATIONS);
        district
    }

    /// Delivers places and gives the batch.
    pub(crate) fn places(&self, text: &str) -> Value {
        self.bench.write("places.csv", text);
        self.bench.json(&["import", "places", "places.csv", "--yes"])
    }

    /// Delivers observations and gives the batch.
    pub(crate) fn observations(&self, text: &str) -> Value {
        self.bench.write("observations.csv", text);
        self.bench.json(&["import", "observations", "observations.csv", "--catalog", "catalog.toml", "--yes"])
    }

    /// Delivers one statement of 2021 about S1 and P, and gives the batch.
    pub(crate) fn says(&self, source: &str, value: &str) -> Value {
        let header = OBSERVATIONS.lines().next().expect("a header");
        self.observations(&format!("{header}\nS1,P,2021,{value},{source},\n"))
    }

    /// Assesses 2021 from what is on record now.
    pub(crate) fn assess(&self) -> Value {
        self.bench.json(&ASSESS)
    }

    /// Assesses 2021 from what was on record then.
    pub(crate) fn assess_as_of(&self, as_of: &str) -> Value {
        self.bench.json(&[&ASSESS[..], &["--as-of", as_of]].concat())
    }

    /// Withdraws a batch and gives it.
    pub(crate) fn withdraw(&self, batch: &Value) -> Value {
        let batch = batch["batch_id"].as_str().expect("a batch has an id");
        self.bench.json(&["withdraw", batch, "--author", "王芳", "--reason", "街道误报"])
    }

    /// Value of S1 and P in an assessment, and the observations behind it as (source, value, effective).
    pub(crate) fn explained(&self, run: &Value) -> (f64, Vec<(String, f64, bool)>) {
        let run = run["id"].as_str().expect("an assessment has an id");
        let told = self.bench.json(&["explain", "S1", "--node", "A", "--run", run]);
        let leaves = told["explanation"]["leaves"].as_array().expect("leaves");
        let leaf = leaves.iter().find(|leaf| leaf["leaf"] == "P").expect("the leaf P");
        let observation = |observed: &Value| {
            let source = observed["source_id"].as_str().expect("a source").to_owned();
            let value = observed["value"].as_f64().expect("a value");
            (source, value, observed["effective"] == true)
        };
        let observations = leaf["observations"].as_array().expect("observations");
        (leaf["value"].as_f64().expect("a value"), observations.iter().map(observation).collect())
    }
}
