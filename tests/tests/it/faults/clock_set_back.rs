//! F17: the clock of a machine jumps, back too. Instants on record never go backwards with their positions, so that "as
//! of an instant" always names one state.

use jiff::{SignedDuration, Timestamp};
use tonic::transport::Channel;
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::ingestion::v1::{Batch, GetPositionRequest};
use xiuhua_ingestion::{Config, assemble};
use xiuhua_service_kit::clock::ManualClock;
use xiuhua_service_kit::testing::{TemporaryDatabase, serve, temporary_postgres};
use xiuhua_tests::deliveries::{Delivery, Row, deliver};
use xiuhua_tests::district::{deliver_places, place_id};
use xiuhua_tests::journal::Journal;
use xiuhua_tests::patience::asking;

use super::measures;

const HOUR: i64 = 60 * 60;
/// What the clock does between two deliveries, in seconds.
const JUMPS: [i64; 6] = [-5 * 60, HOUR, -HOUR, -400 * 24 * HOUR, 800 * 24 * HOUR, -1];

#[tokio::test]
async fn positions_and_their_instants_rise_together_though_the_clock_is_set_back() {
    let file = TemporaryDatabase::new();
    for database in [file.url(), temporary_postgres().await] {
        let clock = ManualClock::starting_at("2021-06-01T00:00:00Z".parse().unwrap());
        let part = assemble(&Config::embedded(&database).unwrap(), clock.shared()).await.unwrap();
        let served = serve(vec![part]);
        let mut client = IngestionServiceClient::new(served.channel.clone());
        client.register_measures(asking(measures("measures"))).await.unwrap();
        deliver_places(&served.channel).await.unwrap();
        let mut batches = vec![delivered(&served.channel, 0).await];
        for (nth, jump) in (1..).zip(JUMPS) {
            use xiuhua_service_kit::clock::Clock as _;
            clock.set(clock.now() + SignedDuration::from_secs(jump));
            batches.push(delivered(&served.channel, nth).await);
        }
        assert!(batches.is_sorted_by_key(|batch| batch.position), "{batches:?}");
        assert!(batches.is_sorted_by_key(sealed_at), "instants go backwards: {batches:?}");
        for batch in &batches {
            let request = GetPositionRequest { as_of_time: batch.sealed_time };
            let position = client.get_position(asking(request)).await.unwrap().into_inner().position;
            let same = batches.iter().filter(|other| sealed_at(other) == sealed_at(batch));
            assert_eq!(Some(position), same.filter_map(|other| other.position).max());
        }
    }
}

async fn delivered(ingestion: &Channel, nth: u32) -> Batch {
    let row = Row {
        place_id: place_id(0),
        measure_id: "visits".into(),
        period: "2021".into(),
        value: f64::from(nth),
    };
    let delivery = Delivery::of(&format!("delivery-{nth}"), "visits.csv", "", &[row], 1);
    deliver(ingestion, &delivery, &Journal::default()).await.unwrap()
}

fn sealed_at(batch: &Batch) -> Timestamp {
    let time = batch.sealed_time.expect("a sealed batch says when");
    Timestamp::new(time.seconds, time.nanos).expect("within the calendar")
}
