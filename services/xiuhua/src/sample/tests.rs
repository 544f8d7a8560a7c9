//! What the sample district promises, checked on the whole of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use super::governance::{Governance, govern};
use super::indicators::{Dimension, LEAVES, Shape};
use super::*;

const SEED: u64 = 1;

/// Generated once for all tests that only read it.
static DISTRICT: LazyLock<District> = LazyLock::new(|| generate(SEED));

/// The bytes of `places.csv` and `observations.csv`, written once for all tests that only read them.
static FILES: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| written(SEED));

fn of(housing: Housing) -> impl Iterator<Item = &'static Estate> {
    DISTRICT.estates.iter().filter(move |estate| estate.housing == housing)
}

fn values_of(indicator: &str, year: u16) -> HashMap<usize, f64> {
    let rows = DISTRICT.observations.iter().filter(|row| row.source != SPOT_CHECK);
    rows.filter(|row| row.indicator == indicator && row.year == year)
        .map(|row| (row.estate, row.value))
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn mean_of(indicator: &str, year: u16) -> f64 {
    mean(&values_of(indicator, year).into_values().collect::<Vec<_>>())
}

/// Pearson's correlation of pairs.
fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let (xs, ys): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (x_mean, y_mean) = (mean(&xs), mean(&ys));
    let covariance: f64 = pairs.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum();
    let spread = |values: &[f64], mean: f64| {
        values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>().sqrt()
    };
    covariance / (spread(&xs, x_mean) * spread(&ys, y_mean))
}

fn correlation_of(one: &str, other: &str, housing: Housing) -> f64 {
    let others = values_of(other, 2021);
    let ones = values_of(one, 2021);
    let at_type = |at: &&usize| DISTRICT.estates[**at].housing == housing;
    let both = ones.keys().filter(at_type).filter_map(|at| Some((ones[at], *others.get(at)?)));
    correlation(&both.collect::<Vec<_>>())
}

#[test]
fn the_totals_are_those_of_the_report() {
    let total = |count: fn(&Estate) -> u32| DISTRICT.estates.iter().map(count).sum::<u32>();
    assert_eq!(DISTRICT.estates.len(), 2_790);
    assert_eq!(total(|estate| estate.households), 1_948_000);
    assert_eq!(of(Housing::OldPublic).map(|estate| estate.floor_area_m2).sum::<u32>(), 36_690_000);
    assert_eq!(total(|estate| estate.floor_area_m2), 36_690_000 + 141_310_000);
}

#[test]
fn there_are_1200_old_estates_and_1590_of_the_other_three_types() {
    let counts = Housing::ALL.map(|housing| of(housing).count());
    assert_eq!(counts[0], 1_200);
    assert_eq!(counts[1..].iter().sum::<usize>(), 1_590);
    assert!(counts[1] > counts[2] && counts[2] > counts[3] && counts[3] > 50, "{counts:?}");
}

#[test]
fn every_nature_of_the_rule_set_occurs_in_its_own_type_only() {
    for housing in Housing::ALL {
        let listed: BTreeSet<&str> = housing.natures().iter().map(|(nature, _)| *nature).collect();
        let found: BTreeSet<&str> = of(housing).map(|estate| estate.housing_nature).collect();
        assert_eq!(found, listed);
    }
}

#[test]
fn all_36_towns_have_estates_and_place_ids_are_unique_and_ordered() {
    let towns: BTreeSet<&str> = DISTRICT.estates.iter().map(|estate| estate.town.code).collect();
    assert_eq!(towns.len(), 36);
    assert!(DISTRICT.estates.is_sorted_by(|one, other| one.place_id < other.place_id));
}

#[test]
fn names_are_unique_within_a_town() {
    let names: HashSet<(&str, &str)> =
        DISTRICT.estates.iter().map(|estate| (estate.town.code, estate.name.as_str())).collect();
    assert_eq!(names.len(), DISTRICT.estates.len());
}

#[test]
fn one_committee_often_serves_several_types_and_never_more_than_six_estates() {
    let mut committees: BTreeMap<(&str, &str), Vec<Housing>> = BTreeMap::new();
    for estate in &DISTRICT.estates {
        committees.entry((estate.town.code, &estate.committee)).or_default().push(estate.housing);
    }
    let mixed = committees.values().filter(|types| types.iter().any(|housing| *housing != types[0])).count();
    assert!(committees.values().all(|types| types.len() <= 6));
    assert!(mixed * 4 > committees.len(), "{mixed} of {}", committees.len());
}

#[test]
fn households_and_attributes_stay_believable() {
    for estate in &DISTRICT.estates {
        let per_household = f64::from(estate.population) / f64::from(estate.households);
        assert!((2.0..3.4).contains(&per_household), "{}: {per_household}", estate.place_id);
        assert!((40..12_000).contains(&estate.households), "{}: {}", estate.place_id, estate.households);
        assert!(estate.year_built.is_none_or(|year| (1952..2018).contains(&year)));
        let shares = [Some(estate.elderly_share_pct), estate.registered_share_pct, estate.tenant_share_pct];
        let others = [Some(estate.living_circle_share_pct), Some(estate.turnover_rate_pct)];
        assert!(shares.into_iter().chain(others).flatten().all(|share| (0.0..=100.0).contains(&share)));
    }
    let people: u32 = DISTRICT.estates.iter().map(|estate| estate.population).sum();
    let per_household = f64::from(people) / 1_948_000.0;
    assert!((2.4..3.0).contains(&per_household), "{per_household}");
}

#[test]
fn old_estates_are_older_greyer_and_shorter_of_parking_than_commodity_ones() {
    let mean_by =
        |housing, read: fn(&Estate) -> Option<f64>| mean(&of(housing).filter_map(read).collect::<Vec<_>>());
    let (old, commodity) = (Housing::OldPublic, Housing::Commodity);
    let built: fn(&Estate) -> Option<f64> = |estate| estate.year_built.map(f64::from);
    let parking: fn(&Estate) -> Option<f64> =
        |estate| Some(f64::from(estate.parking_spaces?) / f64::from(estate.households));
    assert!(mean_by(old, built) + 10.0 < mean_by(commodity, built));
    assert!(
        mean_by(old, |estate| Some(estate.elderly_share_pct))
            > mean_by(commodity, |estate| Some(estate.elderly_share_pct)) + 8.0
    );
    assert!(mean_by(old, parking) * 2.0 < mean_by(commodity, parking));
}

#[test]
fn there_are_exactly_357120_observations_with_keys_of_their_own() {
    let keys: HashSet<(usize, &str, u16, &str)> =
        DISTRICT.observations.iter().map(|row| (row.estate, row.indicator, row.year, row.source)).collect();
    assert_eq!(DISTRICT.observations.len(), 2_790 * 32 * 4);
    assert_eq!(keys.len(), 357_120);
}

#[test]
fn two_to_five_percent_of_the_cells_are_missing_and_as_many_are_read_twice_with_one_result() {
    let mut cells: HashMap<(usize, &str, u16), Vec<f64>> = HashMap::new();
    for row in &DISTRICT.observations {
        cells.entry((row.estate, row.indicator, row.year)).or_default().push(row.value);
    }
    let missing = 357_120 - cells.len();
    let read_twice: Vec<&Vec<f64>> = cells.values().filter(|values| values.len() == 2).collect();
    assert!((7_100..17_900).contains(&missing), "{missing} cells are missing");
    assert_eq!(read_twice.len(), missing);
    assert!(read_twice.iter().all(|values| values[0].to_bits() == values[1].to_bits()));
    assert_eq!(DISTRICT.observations.iter().filter(|row| row.source == SPOT_CHECK).count(), missing);
}

#[test]
fn every_indicator_is_observed_in_every_year_for_most_estates_of_every_type() {
    for leaf in &LEAVES {
        for year in YEARS {
            let values = values_of(leaf.code, year);
            for housing in Housing::ALL {
                let observed = values.keys().filter(|at| DISTRICT.estates[**at].housing == housing).count();
                let share = observed as f64 / f64::from(housing.estates());
                assert!((0.65..=1.0).contains(&share), "{} {year} {housing:?}: {share}", leaf.code);
            }
        }
    }
}

#[test]
fn a_survey_that_was_not_held_leaves_both_satisfactions_and_the_change_missing() {
    let service = values_of("C1.1", 2020);
    let property = values_of("C1.3", 2020);
    let change = values_of("D2.4", 2020);
    let without =
        (0..DISTRICT.estates.len()).filter(|at| !service.contains_key(at) && !property.contains_key(at));
    let without: Vec<usize> = without.collect();
    assert!(without.len() > 150, "{}", without.len());
    assert!(without.iter().filter(|at| change.contains_key(at)).count() < 5);
}

#[test]
fn every_value_lies_within_the_natural_bounds_of_its_indicator() {
    for row in &DISTRICT.observations {
        assert!(is_within_bounds(row.indicator, row.value), "{row:?}");
        assert!(YEARS.contains(&row.year));
    }
}

/// Natural bounds of specification page 1, section 1.3, typed a second time.
fn is_within_bounds(indicator: &str, value: f64) -> bool {
    match indicator {
        "A1.1" => (0.0..=3.0).contains(&value),
        "A2.8" => (0.0..=2.0).contains(&value),
        "A2.3" | "B1.1" | "B2.1" | "B2.2" | "B2.4" => {
            (0.0..=1.0).contains(&value) && value.fract().abs() < 1e-12
        }
        "A2.1" | "A2.2" | "B1.3" | "B2.5" | "C1.1" | "C1.2" | "C1.3" => (0.0..=100.0).contains(&value),
        "D2.4" => (-100.0..=100.0).contains(&value),
        _ => value >= 0.0,
    }
}

#[test]
fn every_indicator_tells_the_estates_of_every_type_apart() {
    for leaf in &LEAVES {
        let values = values_of(leaf.code, 2021);
        for housing in Housing::ALL {
            let at_type = values.iter().filter(|(at, _)| DISTRICT.estates[**at].housing == housing);
            let distinct: HashSet<u64> = at_type.map(|(_, value)| value.to_bits()).collect();
            assert!(distinct.len() > 1, "{} is constant for {housing:?}", leaf.code);
        }
    }
}

#[test]
fn quality_shows_in_every_management_indicator_in_its_own_direction() {
    let governances: Vec<Governance> = govern(SEED, &DISTRICT.estates);
    for leaf in LEAVES.iter().filter(|leaf| leaf.dimension == Dimension::Management) {
        let values = values_of(leaf.code, 2021);
        let quality = |at: usize| governances[at].quality(Dimension::Management, 3);
        let at_type = values.iter().filter(|(at, _)| DISTRICT.estates[**at].housing == Housing::Commodity);
        let r = correlation(&at_type.map(|(&at, &value)| (quality(at), value)).collect::<Vec<_>>());
        let favourable = if leaf.shape == Shape::Cases { -r } else { r };
        assert!((0.2..0.95).contains(&favourable), "{}: {r}", leaf.code);
    }
}

#[test]
fn indicators_of_one_index_move_together() {
    assert!(correlation_of("A1.2", "A2.2", Housing::Commodity) > 0.3);
    assert!(correlation_of("B1.3", "B2.5", Housing::OldPublic) > 0.3);
    assert!(correlation_of("C1.2", "C2.3", Housing::Commodity) < -0.15);
}

#[test]
fn most_estates_improve_and_some_fall_behind() {
    let governances = govern(SEED, &DISTRICT.estates);
    let gain = |governance: &Governance| {
        let at = |year_at| governance.quality(Dimension::Management, year_at);
        at(3) - at(0)
    };
    let falling = governances.iter().filter(|governance| gain(governance) < 0.0).count();
    let share = falling as f64 / governances.len() as f64;
    assert!((0.1..0.4).contains(&share), "{share}");
    assert!(mean_of("A2.1", 2021) > mean_of("A2.1", 2018));
    assert!(mean_of("B1.3", 2021) > mean_of("B1.3", 2018) + 2.0);
}

#[test]
fn the_epidemic_year_shows_in_visits_and_drills() {
    assert!(mean_of("A1.2", 2020) < mean_of("A1.2", 2019) * 0.85);
    assert!(mean_of("D1.1", 2020) < mean_of("D1.1", 2019));
    assert!(mean_of("A1.3", 2020) > mean_of("A1.3", 2019) * 1.1);
}

#[test]
fn states_persist_from_year_to_year() {
    let (before, after) = (values_of("B2.1", 2020), values_of("B2.1", 2021));
    let both: Vec<bool> =
        before.iter().filter_map(|(at, state)| Some(state.to_bits() == after.get(at)?.to_bits())).collect();
    let kept = both.iter().filter(|kept| **kept).count() as f64 / both.len() as f64;
    assert!((0.85..1.0).contains(&kept), "{kept}");
}

#[test]
fn an_owners_committee_needs_owners_and_its_party_branch_needs_the_committee() {
    for year in YEARS {
        let committees = values_of("B2.1", year);
        for (at, formed) in &committees {
            assert!(*formed < 0.5 || !DISTRICT.estates[*at].is_wholly_let());
        }
        for dependent in ["B1.1", "B2.2"] {
            let rows = values_of(dependent, year);
            assert!(
                rows.iter()
                    .all(|(at, state)| *state < 0.5 || committees.get(at).is_none_or(|formed| *formed > 0.5))
            );
        }
    }
}

#[test]
fn case_counts_vary_more_than_poisson_counts() {
    // The index of dispersion of the counts behind the rate, over estates of about one size.
    let values = values_of("C2.3", 2021);
    let alike = |at: &usize| {
        let estate = &DISTRICT.estates[*at];
        estate.housing == Housing::Commodity && (500..800).contains(&estate.households)
    };
    let counts: Vec<f64> = values
        .iter()
        .filter(|(at, _)| alike(at))
        .map(|(&at, value)| value * f64::from(DISTRICT.estates[at].households) / 100.0)
        .collect();
    let centre = mean(&counts);
    let variance = mean(&counts.iter().map(|count| (count - centre) * (count - centre)).collect::<Vec<_>>());
    assert!(variance > 3.0 * centre, "variance {variance}, mean {centre}");
}

#[test]
fn honours_are_rare() {
    let values: Vec<f64> = values_of("D2.5", 2021).into_values().collect();
    let with = values.iter().filter(|honours| **honours > 0.0).count() as f64 / values.len() as f64;
    assert!((0.03..0.3).contains(&with), "{with}");
}

fn written(seed: u64) -> (Vec<u8>, Vec<u8>) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let written = write(&dir.path().join("made/on/the/way"), seed).expect("the directory is ours");
    assert_eq!(written.expected, EXPECTED);
    let read = |path| std::fs::read(path).expect("it was just written");
    (read(written.places), read(written.observations))
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_gives_others() {
    assert!(*FILES == written(SEED));
    let other = written(SEED + 1);
    assert!(FILES.0 != other.0 && FILES.1 != other.1);
}

/// Changes on purpose only, with whoever changes the sample; a difference between two platforms is a defect.
#[test]
fn the_bytes_of_seed_1_are_these_on_every_platform() {
    let digest =
        |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(digest(&FILES.0), "40e220dc939deba422c6748213c5c3ca85130e513d8fc1bf5e8061dea29b208d");
    assert_eq!(digest(&FILES.1), "f2e24c71ff7251555bca70e711a2c5eb06b7fba1eba8bfc4fc3fbea462d29278");
}

#[test]
fn another_seed_gives_the_same_totals() {
    let other = generate(20_211_231);
    assert_eq!(other.estates.iter().map(|estate| estate.households).sum::<u32>(), 1_948_000);
    assert_eq!(other.observations.len(), OBSERVATIONS);
}

/// The rows below the header.
fn records(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    reader.records().map(|record| texts(&record.expect("a row of the width of the header"))).collect()
}

#[test]
fn the_standard_columns_come_first() {
    let (places, observations) = &*FILES;
    let standard = "place_id,name,town_code,town,committee,housing_nature,households,population,";
    assert!(places.starts_with(standard.as_bytes()));
    assert!(observations.starts_with(b"place_id,indicator,period,value,source\n"));
}

#[test]
fn a_reader_of_places_accepts_rejects_and_counts_what_is_expected() {
    let rows = records(&FILES.0);
    let mut contents: HashMap<&str, HashSet<&Vec<String>>> = HashMap::new();
    for row in rows.iter().filter(|row| !row[0].is_empty()) {
        contents.entry(&row[0]).or_default().insert(row);
    }
    let is_good = |row: &Vec<String>| {
        !row[0].is_empty() && row[6].parse::<u32>().is_ok() && contents[row[0].as_str()].len() == 1
    };
    assert_eq!(count(&rows, is_good), EXPECTED.places);
}

#[test]
fn a_reader_of_observations_accepts_rejects_and_counts_what_is_expected() {
    let (places, observations) = &*FILES;
    let known: HashSet<&str> = DISTRICT.estates.iter().map(|estate| estate.place_id.as_str()).collect();
    let place_rows = records(places);
    let delivered: HashSet<&str> = place_rows.iter().map(|row| row[0].as_str()).collect();
    assert!(known.is_subset(&delivered));

    let rows = records(observations);
    let key = |row: &Vec<String>| (row[0].clone(), row[1].clone(), row[2].clone(), row[4].clone());
    let mut values: HashMap<_, HashSet<&str>> = HashMap::new();
    for row in &rows {
        values.entry(key(row)).or_default().insert(&row[3]);
    }
    let is_good = |row: &Vec<String>| {
        known.contains(row[0].as_str())
            && LEAVES.iter().any(|leaf| leaf.code == row[1])
            && row[2].parse::<u16>().is_ok()
            && row[3].parse::<f64>().is_ok_and(|value| is_within_bounds(&row[1], value))
            && values[&key(row)].len() == 1
    };
    assert_eq!(count(&rows, is_good), EXPECTED.observations);
}

fn count(rows: &[Vec<String>], is_good: impl Fn(&Vec<String>) -> bool) -> Counts {
    let good: Vec<&Vec<String>> = rows.iter().filter(|row| is_good(row)).collect();
    let distinct: HashSet<&Vec<String>> = good.iter().copied().collect();
    Counts {
        read: rows.len(),
        accepted: distinct.len(),
        corrected: 0,
        duplicate: good.len() - distinct.len(),
        rejected: rows.len() - good.len(),
    }
}
