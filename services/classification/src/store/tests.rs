//! What only shows from inside: two schemas that mean the same, plans that use an index, and writes that meet each other
//! or lose their caller. What the store promises its service is in `tests/it/store_suite.rs`.

mod meeting;
mod schema;
mod upgrade;

use futures_util::stream::{self, StreamExt};
use tokio::sync::oneshot;
use xiuhua_service_kit::request_id::RequestId;
use xiuhua_service_kit::testing::{TemporaryDatabase, postgres_plan, sqlite_plan, temporary_postgres};

use super::{ClassStream, Mutation, NewClassification, NewRuleSet, SharedStore, open};
use crate::domain::{ClassificationId, Inputs, PlaceClass, RuleSetUsed, Tally, Text};
use crate::error::Error;

/// One item of a [`ClassStream`].
type Batch = Result<Vec<PlaceClass>, Error>;

/// A database of either kind; the file goes with it.
struct Place {
    url: String,
    _file: Option<TemporaryDatabase>,
}

impl Place {
    async fn of_each_kind() -> [Self; 2] {
        let file = TemporaryDatabase::new();
        [Self { url: file.url(), _file: Some(file) }, Self { url: temporary_postgres().await, _file: None }]
    }

    fn on_postgres(&self) -> bool {
        self.url.starts_with("postgres:")
    }

    async fn plan(&self, statement: &str) -> String {
        if self.on_postgres() {
            postgres_plan(&self.url, statement).await
        } else {
            sqlite_plan(&self.url, statement).await
        }
    }

    /// A store there, with the rule set that [`new`] uses.
    async fn store(&self) -> SharedStore {
        let store = open(&self.url).await.unwrap();
        store.register_rule_set(mutation("rules", 0), rule_set("1", "text")).await.unwrap();
        store
    }
}

fn mutation(request_id: &str, body: u8) -> Mutation {
    Mutation { request_id: RequestId::parse(request_id).unwrap(), fingerprint: [body; 32] }
}

fn rule_set(version: &str, text: &str) -> NewRuleSet {
    NewRuleSet {
        id: "rules".to_owned(),
        version: version.to_owned(),
        hash: format!("hash of {text}"),
        title: Text::new("规则", "Rules"),
        types: Vec::new(),
        labels: Vec::new(),
        toml: text.to_owned(),
        registered_at: "2022-01-01T00:00:00Z".parse().unwrap(),
    }
}

/// A classification by name, as of a position.
fn new(id: &str, as_of_position: u64) -> NewClassification {
    let rule_set = RuleSetUsed { id: "rules".to_owned(), version: "1".to_owned(), hash: String::new() };
    NewClassification {
        id: ClassificationId(id.to_owned()),
        inputs: Inputs {
            rule_set,
            as_of_position,
            reference_year: 2021,
            decision_number: 0,
            code_version: "test",
        },
        tally: Tally::new(&[]),
        created_at: "2022-01-01T00:00:00Z".parse().unwrap(),
    }
}

fn classes(ids: &[&str]) -> Vec<PlaceClass> {
    let class = |id: &&str| PlaceClass {
        place_id: (*id).to_owned(),
        type_id: "UNCLASSIFIED".to_owned(),
        reasons: Vec::new(),
        evidence: Vec::new(),
        labels: Vec::new(),
        type_degrees: Vec::new(),
        decision: None,
    };
    ids.iter().map(class).collect()
}

fn at_once(ids: &[&str]) -> ClassStream {
    stream::iter([Ok(classes(ids))]).boxed()
}

/// Classes that must not be read.
fn untouched() -> ClassStream {
    stream::once(async { panic!("somebody else has made this classification") }).boxed()
}

/// Classes in two halves: the first is there at once, and being asked for the second is told; the second, or the end,
/// comes when it is given.
fn halves() -> (ClassStream, oneshot::Receiver<()>, oneshot::Sender<Batch>) {
    let (asked, was_asked) = oneshot::channel();
    let (give, given) = oneshot::channel();
    let second = stream::once(async move {
        asked.send(()).expect("the test waits for it");
        given.await.expect("the test gives it")
    });
    let first = stream::iter([Ok(classes(&["A", "B"]))]);
    (first.chain(second).boxed(), was_asked, give)
}
