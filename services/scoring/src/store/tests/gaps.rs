//! What was filled and treated before a run scored it: written, read and compared on every database.

use std::sync::Arc;

use xiuhua_indicators::threshold::{Goalposts, Threshold};
use xiuhua_indicators::treatment::{Limits, Logarithm, Treatment};

use super::super::{Claim, Finished, Readable, SharedStore, open};
use super::{Home, add, finished, instant};
use crate::domain::id::{AssessmentId, PlaceId};
use crate::domain::imputation::{Imputation, ImputedCell, Neighbour};
use crate::domain::period::Period;
use crate::domain::results::{LeafMeasure, Results};

/// Results of one place with a leaf of every kind of imputation and treatment.
fn results() -> Results {
    let finished = finished(1.0);
    let plain = Arc::unwrap_or_clone(finished.results);
    let neighbour = |period: &str, value| Neighbour { period: Period::parse(period).unwrap(), value };
    let imputations = [
        Imputation::GroupMedian { places: 7 },
        Imputation::Last(neighbour("2019", 0.1)),
        Imputation::Linear { earlier: neighbour("2019-12", 1e-300), later: neighbour("2020-02", -3.5) },
    ];
    let limits = Limits { lower: Some(0.3), upper: None, low_points: 2, high_points: 0 };
    let treatments = [
        Treatment::Untreated,
        Treatment::Winsorised(limits),
        Treatment::Winsorised(Limits { lower: None, upper: Some(0.9), low_points: 0, high_points: 1 }),
        Treatment::Logarithm(Logarithm { origin: 0.05, mirrored: false }),
        Treatment::Logarithm(Logarithm { origin: 1.05, mirrored: true }),
    ];
    let cell = |(leaf_at, imputation)| ImputedCell { leaf_at, place_at: 0, imputation };
    let measure = |treatment| LeafMeasure {
        threshold: Threshold::Ok(Goalposts::new(0.1, 1.0).unwrap().with_treatment(treatment)),
        median_z: None,
    };
    let mut types = plain.types;
    types[0].leaves = treatments.map(measure).to_vec();
    Results { imputed: imputations.into_iter().enumerate().map(cell).collect(), types, ..plain }
}

async fn saved(store: &SharedStore) -> Readable {
    add(store, "run").await;
    let claim = Claim { worker: "w".to_owned(), now: instant(1), until: instant(31), max_attempts: 5 };
    let claimed = store.claim(&claim).await.unwrap().unwrap();
    let finished = Finished { results: Arc::new(results()), ..finished(1.0) };
    store.save_results(&claimed.lease, finished).await.unwrap();
    let kept = store.assessment(&AssessmentId::new("run")).await.unwrap().unwrap();
    kept.readable().unwrap()
}

#[tokio::test]
async fn what_was_filled_and_treated_comes_back_bit_for_bit_and_a_difference_is_seen() {
    for home in Home::of_each_kind().await {
        let store = open(&home.url).await.unwrap();
        let run = saved(&store).await;
        let place = PlaceId::new("p");
        let found = store.imputations_between(run, &place, &place).await.unwrap();
        let found: Vec<Imputation> = found.into_iter().map(|(_, _, imputation)| imputation).collect();
        let expected: Vec<Imputation> = results().imputed.into_iter().map(|cell| cell.imputation).collect();
        assert_eq!(found, expected);
        let before = PlaceId::new("a");
        assert!(store.imputations_between(run, &before, &before).await.unwrap().is_empty());

        let thresholds = store.type_thresholds(run, 0).await.unwrap();
        let thresholds: Vec<Threshold> = thresholds.into_iter().map(|row| row.threshold).collect();
        let expected: Vec<Threshold> = results().types[0].leaves.iter().map(|leaf| leaf.threshold).collect();
        assert_eq!(thresholds, expected);

        let same = store.compare(run, Arc::new(results())).await.unwrap();
        assert_eq!(same.total, 0, "{same:?}");
        let mut other = results();
        other.imputed[0].imputation = Imputation::GroupMedian { places: 8 };
        other.types[0].leaves.swap(3, 4);
        let differences = store.compare(run, Arc::new(other)).await.unwrap();
        assert_eq!(differences.total, 3, "{differences:?}");
    }
}
