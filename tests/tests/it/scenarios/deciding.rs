//! Decisions about assessments: published, withdrawn, cancelled, each with its author and reason; and what readers read.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use xiuhua_tests::program;

use super::small_district::SmallDistrict;
use super::workbench::Workbench;

const DECISION: [&str; 4] = ["--author", "王芳", "--reason", "区政府审定"];
const PUBLISHED: [&str; 5] = ["--published", "--catalog", "small", "--period", "2021"];

fn id(run: &Value) -> &str {
    run["id"].as_str().expect("an assessment has an id")
}

#[test]
fn a_published_assessment_is_what_readers_of_its_period_get_until_it_is_withdrawn() {
    let district = SmallDistrict::new();
    let bench = &district.bench;
    let first = district.assess();
    let none = bench.run(&[&["show", "S1"][..], &PUBLISHED].concat()).expect_code(2);
    assert!(!none.stderr().is_empty());

    let published = bench.json(&[&["publish"][..], &DECISION].concat());
    assert_eq!((id(&published), &published["state"]), (id(&first), &"PUBLISHED".into()));
    assert_eq!(published["published"]["author"], "王芳");
    assert_eq!(published["published"]["reason"], "区政府审定");

    district.says("register", "50");
    let second = district.assess();
    let shown =
        |options: &[&str]| bench.json(&[&["show", "S1"], options].concat())["assessment"]["id"].clone();
    assert_eq!(shown(&PUBLISHED), first["id"], "a newer run is not in force by itself");
    assert_eq!(shown(&[]), second["id"], "who asks for none in particular gets the newest");
    assert_eq!(shown(&["--run", id(&first)]), first["id"]);

    // What is over cannot be cancelled, what is published is not published again.
    let again = bench.run(&[&["publish", "--run", id(&first)][..], &DECISION].concat()).expect_code(1);
    assert!(again.stderr().contains("ASSESSMENT_NOT_READY"), "{}", again.stderr());
    let over = bench.run(&[&["cancel", id(&second)][..], &DECISION].concat()).expect_code(1);
    assert!(over.stderr().contains("ASSESSMENT_OVER"), "{}", over.stderr());

    bench.json(&[&["publish", "--run", id(&second)][..], &DECISION].concat());
    assert_eq!(shown(&PUBLISHED), second["id"], "the one published last is in force");
    let withdrawn = bench.json(&["unpublish", "--run", id(&second), "--author", "李强", "--reason", "有误"]);
    assert_eq!(
        [&withdrawn["state"], &withdrawn["withdrawn"]["author"]].map(Value::as_str),
        [Some("WITHDRAWN"), Some("李强")]
    );
    assert_eq!(shown(&PUBLISHED), first["id"]);
    assert_eq!(shown(&[]), first["id"], "a withdrawn one is read by its id alone");
    assert_eq!(shown(&["--run", id(&second)]), second["id"]);
    let not = bench.run(&[&["unpublish", "--run", id(&second)][..], &DECISION].concat()).expect_code(1);
    assert!(not.stderr().contains("ASSESSMENT_NOT_PUBLISHED"), "{}", not.stderr());

    let runs = bench.json(&["runs", "--catalog", "small", "--period", "2021"]);
    let states: Vec<_> = runs["assessments"].as_array().unwrap().iter().map(|run| &run["state"]).collect();
    assert_eq!(states, ["WITHDRAWN", "PUBLISHED"]);
    let table = bench.run(&["runs", "--lang", "zh"]).expect_success().stdout();
    assert!(table.contains("李强: 有误") && table.contains("王芳: 区政府审定"), "{table}");
}

#[test]
fn a_decision_without_author_or_reason_is_none() {
    let district = SmallDistrict::new();
    district.assess();
    district.bench.run(&["publish", "--author", "a"]).expect_code(2);
    district.bench.run(&["publish", "--author", "", "--reason", "b"]).expect_code(2);
    let runs = district.bench.json(&["runs"]);
    assert_eq!(runs["assessments"][0]["state"], "SUCCEEDED");
}

#[test]
fn a_run_that_was_cut_waits_while_others_look_at_it_and_can_be_cancelled() {
    let data = program::demo_data().expect("the demo's record");
    let bench = Workbench::new();
    let served = program::serve(data.path()).expect("it serves");
    let url = format!("http://{}", served.address);
    let assess = ["assess", "--catalog", "pudong-2021", "--period", "2021", "--quiet", "--server", &url];
    let mut assess = bench.command(&assess).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while bench.json(&["runs", "--server", &url])["assessments"][0]["state"] != "RUNNING" {
        assert!(assess.try_wait().unwrap().is_none(), "it ended before it was seen to run");
        #[expect(clippy::disallowed_methods, reason = "it polls for a state of another process")]
        std::thread::sleep(Duration::from_millis(10));
    }
    // It is killed, and the run with it.
    drop(served);
    assess.kill().and_then(|()| assess.wait()).expect("a child");

    let data_dir = data.path().to_str().expect("UTF-8");
    let newest = || bench.json(&["runs", "--data-dir", data_dir])["assessments"][0].clone();
    let cut = newest();
    assert!(!id(&cut).is_empty() && cut["state"] == "RUNNING", "{cut}");
    assert_eq!(newest(), cut, "who looks at runs begins none");
    let cancel = [&["cancel", id(&cut), "--data-dir", data_dir][..], &DECISION].concat();
    let cancelled = bench.json(&cancel);
    assert_eq!(
        (&cancelled["state"], &cancelled["cancelled"]["author"]),
        (&"CANCELLED".into(), &"王芳".into())
    );
    assert_eq!(newest(), cancelled);
}
