//! A record of version 1, from before there were decisions, is brought along with every row.

use std::borrow::Cow;

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use xiuhua_service_kit::testing::execute;

use super::super::{Run, open};
use super::{Place, at_once, mutation, new, untouched};

static SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");

/// One classification of three places.
const ROWS_OF_VERSION_1: &str = "
    INSERT INTO rule_sets (id, version, hash, title_zh, title_en, types, labels, toml, registered_us)
    VALUES ('rules', '1', 'hash of text', '规则', 'Rules', '[]', '[]', 'text', 0);
    INSERT INTO classifications (id, rule_set_id, rule_set_version, rule_set_hash, as_of_position, reference_year,
        code_version, counts, created_us)
    VALUES ('old', 'rules', '1', '', 7, 2021, 'test', '[[\"X\",2],[\"UNCLASSIFIED\",1]]', 5);
    INSERT INTO place_classes (run, place_id, type, reasons, evidence, labels, type_degrees) VALUES
        (1, 'A', 'X', '[]', '[]', '[]', '[[\"X\",1.0]]'),
        (1, 'B', 'X', '[]', '[]', '[]', '[[\"X\",0.75],[\"Y\",0.25]]'),
        (1, 'C', 'UNCLASSIFIED', '[]', '[]', '[]', '[]')";

async fn of_version_1() -> [Place; 2] {
    let places = Place::of_each_kind().await;
    for place in &places {
        if place.on_postgres() {
            let mut connection = PgConnection::connect(&place.url).await.unwrap();
            first(&POSTGRES).run(&mut connection).await.unwrap();
        } else {
            let options: SqliteConnectOptions = place.url.parse().unwrap();
            let mut connection = options.create_if_missing(true).connect().await.unwrap();
            first(&SQLITE).run(&mut connection).await.unwrap();
        }
        execute(&place.url, ROWS_OF_VERSION_1).await;
    }
    places
}

fn first(all: &Migrator) -> Migrator {
    let first = all.migrations.iter().take(1).cloned().collect();
    Migrator { migrations: Cow::Owned(first), ..Migrator::DEFAULT }
}

#[tokio::test]
async fn a_record_of_version_1_keeps_every_row_and_goes_on() {
    for place in of_version_1().await {
        let store = open(&place.url).await.unwrap();
        let listed = store.classifications(None, 10).await.unwrap();
        let [(run, old)] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!((run, old.id.0.as_str(), old.decision_number), (&Run(1), "old", 0));
        assert_eq!(old.counts.iter().map(|count| count.places).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(store.place_classes(*run, None, None, 10).await.unwrap().len(), 3);
        // What was there is on the review list as if it had been classified today.
        let review = store.review(*run, None, 10).await.unwrap();
        assert_eq!(review.iter().map(|class| class.place_id.as_str()).collect::<Vec<_>>(), ["B", "C"]);

        // The same inputs are still the same classification, and new numbers go on behind the old.
        let same = store.create_classification(mutation("c1", 1), new("same", 7), untouched()).await;
        assert_eq!(same.unwrap(), *old);
        let later = store.create_classification(mutation("c2", 2), new("later", 8), at_once(&["A"])).await;
        let (run, _) = store.classification(&later.unwrap().id).await.unwrap().unwrap();
        assert!(run > Run(1));
    }
}
