//! A client that shares nothing with us but `proto/`.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use xiuhua_tests::program;

/// The interpreter with the packages of `tests/python/requirements.txt`; the test command sets it.
const PYTHON: &str = "XIUHUA_PYTHON";

#[test]
fn a_python_client_lists_a_ranking_and_reads_the_details_of_a_refusal() -> Result<()> {
    let Some(python) = std::env::var_os(PYTHON) else {
        use std::io::Write as _;
        writeln!(std::io::stderr(), "SKIPPED: no {PYTHON}; `cargo xtask test` sets it")?;
        return Ok(());
    };
    let data = program::demo_data()?;
    let served = program::serve(data.path())?;

    let output = Command::new(python)
        .current_dir(xtask::repository_root())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["tests/python/list_ranking.py", &served.address, "proto"])
        .output()
        .context("cannot start Python")?;
    ensure!(output.status.success(), "the client failed:\n{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout)?;

    let places = answer["ranking"]["places"].as_array().context("a ranking is a list")?;
    let ranks: Vec<_> = places.iter().map(|place| place["rank"].as_u64()).collect();
    assert_eq!(places.len(), 5, "{answer}");
    assert_eq!(ranks[0], Some(1), "the best comes first: {answer}");
    assert!(ranks.is_sorted(), "ranks ascend: {answer}");
    assert_eq!(
        answer["ranking"]["more"], true,
        "the district has more than five estates of its largest type"
    );

    let refusal = &answer["refusal"];
    assert_eq!(refusal["code"], "INVALID_ARGUMENT");
    let details = refusal["details"].as_array().context("details are a list")?;
    let detail = |name: &str| {
        let kind = format!("type.googleapis.com/google.rpc.{name}");
        details
            .iter()
            .find(|detail| detail["@type"] == kind.as_str())
            .with_context(|| format!("no {name}: {refusal}"))
    };
    assert_eq!(detail("ErrorInfo")?["domain"], "xiuhua");
    assert_eq!(detail("LocalizedMessage")?["locale"], "zh-CN", "Chinese is the default");
    let violations = detail("BadRequest")?["fieldViolations"].as_array().context("violations are a list")?;
    let fields: Vec<_> = violations.iter().filter_map(|violation| violation["field"].as_str()).collect();
    assert!(fields.contains(&"assessment_id") && fields.contains(&"type"), "every fault at once: {fields:?}");
    Ok(())
}
