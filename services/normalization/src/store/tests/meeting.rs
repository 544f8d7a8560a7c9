//! Writes that meet: the same request, or the same catalog, at once; and writes whose caller or server is gone.

use futures_util::FutureExt;
use futures_util::future::join_all;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use xiuhua_service_kit::request_id::Verdict;
use xiuhua_service_kit::status::Kind;
use xiuhua_service_kit::testing::{execute, until_idle, until_waiting};

use super::super::{Added, StoreError};
use super::{Place, answer, catalog, drawing};
use crate::domain::id::ThresholdSetId;

/// Somebody else who has what a write needs: on SQLite the file, on PostgreSQL the table of requests.
enum Other {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Other {
    async fn holding(place: &Place) -> Self {
        if place.on_postgres() {
            let mut server = PgConnection::connect(&place.url).await.unwrap();
            server.execute("BEGIN; LOCK TABLE requests").await.unwrap();
            Self::Postgres(server)
        } else {
            let mut file = SqliteConnection::connect(&place.url).await.unwrap();
            file.execute("BEGIN IMMEDIATE").await.unwrap();
            Self::Sqlite(file)
        }
    }

    async fn let_go(self) {
        match self {
            Self::Sqlite(mut file) => file.execute("COMMIT").await.map(drop).unwrap(),
            Self::Postgres(mut server) => server.execute("COMMIT").await.map(drop).unwrap(),
        }
    }
}

/// Sends writes so that they really meet: none goes on before all of them have begun.
async fn at_once<T>(place: &Place, writes: Vec<impl Future<Output = Result<T, StoreError>>>) -> Vec<T> {
    let other = Other::holding(place).await;
    let count = i64::try_from(writes.len()).unwrap();
    let all_begun = async {
        until_waiting(&place.url, count).await;
        other.let_go().await;
    };
    let (written, ()) = tokio::join!(join_all(writes), all_begun);
    written.into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn one_request_sent_many_times_at_once_has_one_effect_and_one_answer() {
    for place in Place::of_each_kind().await {
        let store = place.store().await;
        let ids = ["s1", "s2", "s3", "s4", "s5"];
        let sent = ids.map(|id| store.add_threshold_set(drawing(id), answer("d", 1)));
        let verdicts = at_once(&place, sent.into()).await;
        assert_eq!(verdicts.iter().filter(|verdict| **verdict == Verdict::First).count(), 1);
        assert_eq!(verdicts.iter().filter(|verdict| **verdict == Verdict::Replay(vec![1])).count(), 4);
        assert_eq!(store.threshold_sets(None, 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn one_request_id_for_two_bodies_at_once_is_refused_to_the_later() {
    for place in Place::of_each_kind().await {
        let store = place.store().await;
        let sent =
            [("s1", 1), ("s2", 2)].map(|(id, body)| store.add_threshold_set(drawing(id), answer("d", body)));
        let verdicts = at_once(&place, sent.into()).await;
        assert!(verdicts.contains(&Verdict::First) && verdicts.contains(&Verdict::Conflict), "{verdicts:?}");
        assert_eq!(store.threshold_sets(None, 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_catalog_registered_by_many_at_once_is_registered_once() {
    for place in Place::of_each_kind().await {
        let store = place.store().await;
        let requests = ["r1", "r1", "r2", "r3", "r3"];
        let sent = requests.map(|request_id| store.add_catalog(catalog("2", "text"), answer(request_id, 3)));
        let added = at_once(&place, sent.into()).await;
        assert_eq!(
            added.iter().filter(|added| **added == Added::Done(Verdict::First)).count(),
            1,
            "{added:?}"
        );
        let listed = store.catalogs(None, 10).await.unwrap();
        let versions: Vec<&str> = listed.iter().map(|(_, entry)| entry.key.version.as_str()).collect();
        assert_eq!(versions, ["2", "1"]);
    }
}

#[tokio::test]
async fn a_set_whose_caller_is_gone_is_kept_as_a_whole() {
    for place in Place::of_each_kind().await {
        let store = place.store().await;
        let other = Other::holding(&place).await;
        let add = store.add_threshold_set(drawing("s1"), answer("d", 1));
        assert!(add.now_or_never().is_none(), "it waits, and its caller is gone");
        until_waiting(&place.url, 1).await;
        other.let_go().await;
        // The repeat waits for it, or finds it done.
        let repeated = store.add_threshold_set(drawing("s2"), answer("d", 1)).await.unwrap();
        assert_eq!(repeated, Verdict::Replay(vec![1]));
        let kept = store.threshold_set(&ThresholdSetId::new("s1")).await.unwrap().unwrap();
        assert_eq!(store.sample_members(kept.number, None, 10).await.unwrap().len(), 3);
        assert_eq!(store.thresholds(kept.number, None, 10).await.unwrap().len(), 1);
        until_idle(&place.url).await;
    }
}

#[tokio::test]
async fn a_server_that_ends_the_connection_leaves_nothing_and_the_same_request_may_come_again() {
    let [_, place] = Place::of_each_kind().await;
    let store = place.store().await;
    let other = Other::holding(&place).await;
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.add_threshold_set(drawing("s1"), answer("d", 1)).await }
    });
    until_waiting(&place.url, 1).await;
    execute(
        &place.url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )
    .await;
    let refused = waiting.await.unwrap().unwrap_err();
    assert_eq!(refused.passing(), Some(Kind::Unavailable), "{refused:?}");
    other.let_go().await;
    assert!(store.threshold_sets(None, 10).await.unwrap().is_empty());
    let again = store.add_threshold_set(drawing("s1"), answer("d", 1)).await.unwrap();
    assert_eq!(again, Verdict::First);
}
