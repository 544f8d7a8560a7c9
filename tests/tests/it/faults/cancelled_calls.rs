//! F10: callers give up at random instants while the database is slow. No session is left inside a transaction, whose
//! failure or locks would strike a stranger's call later (sqlx issue 4393); what a call did is whole or absent.

use std::time::{Duration, Instant};

use sqlx::PgConnection;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use xiuhua_contracts::ingestion::v1::GetPositionRequest;
use xiuhua_tests::chance::Chance;
use xiuhua_tests::deliveries::{Delivery, Row, attempt, deliver};
use xiuhua_tests::district::{deliver_places, place_id};
use xiuhua_tests::journal::Journal;
use xiuhua_tests::patience::asking;

use super::{Client, Ingestion, measures, source, sources_on_record};

/// Calls that are given up, or come through just in time.
const CALLS: u64 = 192;
/// Callers at once.
const CALLERS: u64 = 12;
/// Longest delay between the service and its database, in one direction.
const DELAY: Duration = Duration::from_millis(2);
const SEED: u64 = 4393;

/// Sessions that have been doing nothing inside a transaction for over a second.
const STALE: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
    AND state LIKE 'idle in transaction%' AND clock_timestamp() - state_change > interval '1 s'";
/// Sessions of the service that are inside a transaction.
const INSIDE: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
    AND pid <> pg_backend_pid() AND xact_start IS NOT NULL";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_given_up_at_random_leave_no_transaction_and_no_half_effect() {
    let ingestion = Ingestion::start(SEED).await;
    let mut client = ingestion.client();
    client.register_measures(asking(measures("measures"))).await.unwrap();
    deliver_places(&ingestion.process.channel()).await.unwrap();
    ingestion.proxy.delay(DELAY);
    let usual = usual(&client).await;

    let mut session = ingestion.session().await;
    let mut chance = Chance::seeded(SEED);
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (client, chance) = (client.clone(), chance.fork());
        callers.spawn(give_up_often(client, caller, usual * 2, chance));
    }
    let mut came_through = 0;
    while !callers.is_empty() {
        // Looked at all the while, not at the end alone.
        match tokio::time::timeout(Duration::from_millis(100), callers.join_next()).await {
            Ok(Some(done)) => came_through += done.unwrap(),
            Ok(None) => break,
            Err(_) => assert_eq!(counted(&mut session, STALE).await, 0, "seed {SEED}"),
        }
    }
    assert!((1..CALLS).contains(&came_through), "{came_through} of {CALLS} calls came through");

    ingestion.proxy.delay(Duration::ZERO);
    nobody_is_inside(&mut session).await;
    // Every call again, to the end: the fate of the first attempt shows in no answer and in no count.
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(finish(ingestion.process.channel(), caller));
    }
    callers.join_all().await;
    let deliveries = CALLERS * CALLS.div_ceil(CALLERS * DELIVERED);
    let expected = CALLS - deliveries;
    let sources = sources_on_record(&mut client).await;
    let named = sources.iter().filter(|source| source.id.starts_with("caller-")).count() as u64;
    assert_eq!(named, expected);
    nobody_is_inside(&mut session).await;
    assert!(!ingestion.process.log().contains("25P02"), "a call met another's failed transaction");
}

/// One call in so many is a delivery.
const DELIVERED: u64 = 10;

/// Gives every call up after a random part of `longest`; gives how many came through.
async fn give_up_often(mut client: Client, caller: u64, longest: Duration, mut chance: Chance) -> u64 {
    let mut came_through = 0;
    for nth in 0..CALLS / CALLERS {
        let patience = chance.within(longest);
        let answered = if let Some(delivery) = delivery(caller, nth) {
            // Several commits long.
            let journal = Journal::default();
            let attempt = attempt(client.clone(), &delivery, &journal);
            tokio::time::timeout(patience * 4, attempt).await.is_ok_and(|answer| answer.is_ok())
        } else {
            let put = client.put_source(asking(call(caller, nth)));
            tokio::time::timeout(patience, put).await.is_ok_and(|answer| answer.is_ok())
        };
        let read = client.get_position(asking(GetPositionRequest::default()));
        let _ = tokio::time::timeout(chance.within(longest), read).await;
        came_through += u64::from(answered);
    }
    came_through
}

async fn finish(channel: Channel, caller: u64) {
    let mut client = Client::new(channel.clone());
    for nth in 0..CALLS / CALLERS {
        if let Some(delivery) = delivery(caller, nth) {
            let batch = deliver(&channel, &delivery, &Journal::default()).await.unwrap();
            assert_eq!(batch.counts.unwrap().accepted, 20, "{batch:?}");
        } else {
            client.put_source(asking(call(caller, nth))).await.unwrap();
        }
    }
}

fn call(caller: u64, nth: u64) -> xiuhua_contracts::ingestion::v1::PutSourceRequest {
    source(&format!("call-{caller}-{nth}"), &format!("caller-{caller}-{nth}"), 3)
}

fn delivery(caller: u64, nth: u64) -> Option<Delivery> {
    if !nth.is_multiple_of(DELIVERED) {
        return None;
    }
    let row = |number| Row {
        place_id: place_id(number),
        measure_id: "visits".into(),
        period: format!("{:04}", 2000 + caller * 100 + nth),
        value: 1.0,
    };
    let rows: Vec<_> = (0..20).map(row).collect();
    Some(Delivery::of(&format!("delivery-{caller}-{nth}"), "visits.csv", "", &rows, 10))
}

/// How long a call usually takes with that many callers: the median of a few.
async fn usual(client: &Client) -> Duration {
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let mut client = client.clone();
        callers.spawn(async move {
            let mut took = Vec::new();
            for nth in 0..3 {
                let request = source(&format!("usual-{caller}-{nth}"), &format!("usual-{caller}"), 1);
                let begun = Instant::now();
                client.put_source(asking(request)).await.unwrap();
                took.push(begun.elapsed());
            }
            took
        });
    }
    let mut took = callers.join_all().await.concat();
    took.sort_unstable();
    took[took.len() / 2]
}

/// Waits until the writes that callers have left are over.
async fn nobody_is_inside(session: &mut PgConnection) {
    let begun = Instant::now();
    while counted(session, INSIDE).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(5), "a session stays inside a transaction");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn counted(session: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(session).await.unwrap()
}
