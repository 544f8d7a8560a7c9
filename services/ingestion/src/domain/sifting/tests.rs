//! Which rows are fresh, and that no room for telling so makes none wrong.

use super::*;
use crate::domain::ids::MeasureId;
use crate::domain::measure::Bounds;
use crate::domain::observation::DeliveredObservation;
use crate::domain::text::Text;

fn sieve() -> Sieve {
    let axis = PlaceAxis::new(["A", "B", "C"].map(Box::from).into()).unwrap();
    let measure = |id: &str| Measure {
        id: MeasureId::new(id).unwrap(),
        name: Text::default(),
        unit: "1".into(),
        bounds: Bounds::new(Some(0.0), Some(10.0), false, false).unwrap(),
        source_system: String::new(),
        derivation: String::new(),
    };
    Sieve::new(Arc::new(axis), vec![measure("m"), measure("n")])
}

fn say(row: u64, place: &str, measure: &str, value: f64) -> DeliveredObservation {
    DeliveredObservation {
        row,
        place_id: place.into(),
        measure_id: measure.into(),
        period: "2021".into(),
        source_id: "".into(),
        value,
        revised_at_us: None,
        closes_row: None,
        original: None,
        faults: Vec::new(),
    }
}

fn packs() -> [ObservationPack; 2] {
    let first =
        [say(2, "C", "m", 1.0), say(3, "A", "n", -0.0), say(4, "Z", "m", 1.0), say(5, "B", "m", 11.0)];
    let second = [say(6, "C", "m", 2.0), say(7, "A", "m", 3.0), say(8, "B", "m", 4.0), say(9, "B", "n", 5.0)];
    [first.into_iter().collect(), second.into_iter().collect()]
}

fn sifted(sieve: &mut Sieve, on_record: &[(&str, &str)]) -> [Vec<u64>; 3] {
    packs().iter().for_each(|pack| sieve.note(pack));
    assert!(sieve.touched().len() <= 2);
    sieve.settle(&on_record.iter().map(|(id, period)| ((*id).into(), (*period).into())).collect());
    let mut rows = [const { Vec::new() }; 3];
    for (pack, ordinal) in packs().iter().zip([0, 4]) {
        let sifted = sieve.sift(pack, ordinal, &HashSet::new());
        rows[0].extend(sifted.fresh.iter().map(|fresh| sieve.said(fresh).row));
        rows[1].extend(sifted.unsettled.iter().map(|row| row.row));
        rows[2].extend(sifted.rejected.iter().map(|row| row.row));
        assert!(sifted.unsettled.iter().all(|row| row.ordinal == row.row - 2));
    }
    rows
}

#[test]
fn a_row_is_fresh_if_no_other_of_its_delivery_and_nothing_on_record_may_speak_of_the_same() {
    // A faulty row counts as one that speaks: B in m is looked at twice.
    let mut sieve = sieve();
    assert_eq!(sifted(&mut sieve, &[]), [vec![3, 7, 9], vec![2, 6, 8], vec![4, 5]]);
    assert_eq!(sieve.fresh_by_source(), [("file", 3, "2021")]);
}

#[test]
fn what_the_record_speaks_of_is_compared() {
    assert_eq!(sifted(&mut sieve(), &[("m", "2021")]), [vec![3, 9], vec![2, 6, 7, 8], vec![4, 5]]);
}

#[test]
fn without_room_everything_sound_is_compared() {
    let mut sieve = sieve().with_room(0);
    assert_eq!(sifted(&mut sieve, &[]), [vec![], vec![2, 3, 6, 7, 8, 9], vec![4, 5]]);
}

#[test]
fn fresh_rows_are_sorted_as_the_record_is_and_say_what_was_delivered() {
    let mut sieve = sieve();
    let pack: ObservationPack =
        [say(2, "C", "n", -0.0), say(3, "B", "m", 1.0), say(4, "A", "n", 2.0)].into_iter().collect();
    sieve.note(&pack);
    sieve.settle(&HashSet::new());
    let mut fresh = sieve.sift(&pack, 0, &HashSet::new()).fresh;
    sieve.sort(&mut fresh);
    let said: Vec<_> = fresh.iter().map(|fresh| sieve.said(fresh)).collect();
    let told: Vec<_> =
        said.iter().map(|said| (said.measure_id, said.place_id, said.value.to_bits())).collect();
    let expected = [("m", "B", 1.0), ("n", "A", 2.0), ("n", "C", 0.0)];
    assert_eq!(told, expected.map(|(measure, place, value): (_, _, f64)| (measure, place, value.to_bits())));
    assert_eq!((said[0].source_id, said[0].period, said[0].row), ("file", "2021", 3));
}
