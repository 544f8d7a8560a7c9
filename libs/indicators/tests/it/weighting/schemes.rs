//! Schemes down the tree of a catalog.

use xiuhua_indicators::catalog::{Catalog, ItemIndex};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::shipped;
use xiuhua_indicators::table::Table;
use xiuhua_indicators::weighting::ahp::{Ahp, RandomIndex};
use xiuhua_indicators::weighting::combine::Combination;
use xiuhua_indicators::weighting::critic::{Correlation, critic};
use xiuhua_indicators::weighting::limits::Caps;
use xiuhua_indicators::weighting::matrix::PairwiseMatrix;
use xiuhua_indicators::weighting::scheme::{
    Choices, Column, Expert, Judged, Material, Method, Pooling, Scheme, SchemeFault, SchemeFaults, Scope,
    Subjective, Unused, keeps_points, make,
};

use super::assert_close;

const PLACES: usize = 40;

fn catalog() -> Catalog {
    Catalog::parse(shipped::shipped("pudong-2021").unwrap()).unwrap()
}

/// Values that no two leaves share, from a congruence, in two types; derived leaves have none.
fn values(outline: &Outline<'_>) -> Table {
    let derived: Vec<usize> = outline.derived_leaves().collect();
    let column = |leaf: usize| {
        let cell = |place: usize| {
            let mixed = (place * 7919 + leaf * 104_729 + place * place * (leaf + 3)) % 1000;
            // A gap now and then.
            (!mixed.is_multiple_of(13) && !derived.contains(&leaf)).then_some(mixed as f64 / 1000.0)
        };
        (0..PLACES).map(cell).collect()
    };
    Table::from_columns(PLACES, (0..outline.leaf_count()).map(column).collect()).unwrap()
}

fn types() -> Vec<Option<usize>> {
    (0..PLACES).map(|place| (place > 0).then_some(place % 2)).collect()
}

/// An expert who finds each child somewhat more important than the next, under every parent that has something to judge.
fn expert(catalog: &Catalog, name: &str, step: f64) -> Expert {
    let parents = catalog.nodes().filter(|parent| catalog.item(*parent).children.len() > 1);
    let judged = parents.filter(|parent| !keeps_points(catalog, *parent)).map(|parent| {
        let children = catalog.item(parent).children.len();
        let matrix = PairwiseMatrix::from_pairs(children, |row, column| (column - row) as f64 * step + 1.0);
        (parent, matrix.unwrap())
    });
    Expert { name: name.to_owned(), weight: 1.0, judged: judged.collect() }
}

fn scheme(catalog: &Catalog, experts: &[Expert], choices: &Choices) -> Result<Scheme, SchemeFaults> {
    let outline = Outline::of(catalog);
    let z = values(&outline);
    make(&Material { outline: &outline, z: &z, types: &types(), type_count: 2, experts, choices })
}

fn objective_only(method: Method) -> Choices {
    Choices { subjective: Subjective::None, objective: vec![method], ..Choices::default() }
}

fn at(catalog: &Catalog, code: &str) -> ItemIndex {
    catalog.find(code).unwrap()
}

#[test]
fn the_points_of_weight_groups_stay_and_every_parent_is_the_sum_of_its_children() {
    let catalog = catalog();
    let experts = [expert(&catalog, "王", 0.3), expert(&catalog, "李", 0.1)];
    for objective in [Method::Critic(Correlation::Pearson), Method::Entropy, Method::Variation] {
        let choices = Choices { objective: vec![objective], ..Choices::default() };
        let found = scheme(&catalog, &experts, &choices).unwrap();
        assert_eq!(found.weights.len(), 2);
        assert_ne!(found.weights[0], found.weights[1], "each type has weights of its own");
        for weights in &found.weights {
            for code in ["A", "B", "C", "D"] {
                assert_close(&[weights[at(&catalog, code).0]], &[25.0], 1e-9);
            }
            for parent in catalog.nodes() {
                let children: f64 = catalog.item(parent).children.iter().map(|child| weights[child.0]).sum();
                assert_close(&[weights[parent.0]], &[children], 1e-9);
            }
            assert!(weights.iter().all(|weight| *weight >= 0.0));
        }
    }
}

#[test]
fn catalog_shares_alone_are_the_catalog() {
    let catalog = catalog();
    let choices = Choices { subjective: Subjective::Catalog, objective: vec![], ..Choices::default() };
    let found = scheme(&catalog, &[], &choices).unwrap();
    let declared: Vec<f64> = catalog.items.iter().map(|item| item.weight).collect();
    for weights in &found.weights {
        assert_close(weights, &declared, 1e-12);
    }
}

#[test]
fn judged_weights_are_the_products_down_the_tree() {
    let catalog = catalog();
    let choices = Choices { objective: vec![], ..Choices::default() };
    let own = expert(&catalog, "王", 0.3);
    let found = scheme(&catalog, std::slice::from_ref(&own), &choices).unwrap();
    let local = |code: &str, child: usize| {
        let parent = at(&catalog, code);
        let matrix = &own.judged.iter().find(|(judged, _)| *judged == parent).unwrap().1;
        Ahp::inspect(matrix, RandomIndex::Saaty1980).weights[child]
    };
    let expected = 25.0 * local("A", 1) * local("A2", 2);
    let leaf = at(&catalog, "A2.3");
    assert_close(&[found.weights[0][leaf.0], found.weights[1][leaf.0]], &[expected; 2], 1e-12);
    assert!(found.judged.iter().all(|judged| judged.experts.len() == 1 && judged.group.is_consistent()));
}

#[test]
fn local_weights_are_those_of_the_method_over_the_children() {
    let catalog = catalog();
    let outline = Outline::of(&catalog);
    let z = values(&outline);
    let found = scheme(&catalog, &[], &objective_only(Method::Critic(Correlation::Pearson))).unwrap();
    // The oracle: the columns of one parent's leaves for one type, weighed on their own.
    let places: Vec<usize> = (1..PLACES).filter(|place| place % 2 == 1).collect();
    let columns: Vec<Vec<Option<f64>>> = catalog
        .item(at(&catalog, "C2"))
        .children
        .iter()
        .map(|child| {
            let leaf = (0..outline.leaf_count()).find(|leaf| outline.leaf_index(*leaf) == *child).unwrap();
            places.iter().map(|place| z.column(leaf).get(*place)).collect()
        })
        .collect();
    let expected = critic(&columns, Correlation::Pearson).unwrap().weights;
    let weights = &found.weights[1];
    let total = weights[at(&catalog, "C2").0];
    let locals: Vec<f64> =
        catalog.item(at(&catalog, "C2")).children.iter().map(|child| weights[child.0] / total).collect();
    assert_close(&locals, &expected, 1e-12);
}

#[test]
fn a_leaf_without_data_keeps_its_catalog_share_and_is_reported() {
    let catalog = catalog();
    let choices = Choices {
        caps: Some(Caps::new(0.5, 2.0).unwrap()),
        shrinkage: 0.1,
        ..objective_only(Method::Entropy)
    };
    let found = scheme(&catalog, &[], &choices).unwrap();
    let parent = at(&catalog, "D2");
    let siblings = found.types[0].siblings.iter().find(|it| it.parent == parent).unwrap();
    // D2.1 to D2.3 are derived and have nothing in a first period.
    assert_eq!(siblings.without_data, [0, 1, 2]);
    assert_close(&siblings.weights[..3], &[0.2; 3], 1e-12);
    assert_close(&[siblings.weights.iter().sum()], &[1.0], 1e-12);
    assert_eq!(siblings.judged, Judged::Weighed);
}

#[test]
fn pooled_weights_are_the_same_for_every_type() {
    let catalog = catalog();
    let choices = Choices { pooling: Pooling::Pooled, ..objective_only(Method::Entropy) };
    let found = scheme(&catalog, &[], &choices).unwrap();
    assert_eq!(found.weights[0], found.weights[1]);
    let own = scheme(&catalog, &[], &objective_only(Method::Entropy)).unwrap();
    assert_ne!(found.weights[0], own.weights[0]);
}

#[test]
fn over_all_leaves_groups_lose_their_points_and_parents_are_still_sums() {
    let catalog = catalog();
    let choices = Choices { scope: Scope::AllLeaves, ..objective_only(Method::Entropy) };
    let found = scheme(&catalog, &[], &choices).unwrap();
    let weights = &found.weights[0];
    assert_close(&[weights[0]], &[100.0], 1e-9);
    assert!((weights[at(&catalog, "A").0] - 25.0).abs() > 1e-3);
    for parent in catalog.nodes() {
        let children: f64 = catalog.item(parent).children.iter().map(|child| weights[child.0]).sum();
        assert_close(&[weights[parent.0]], &[children], 1e-9);
    }
    let hdi = Catalog::parse(shipped::shipped("hdi-2024").unwrap()).unwrap();
    let outline = Outline::of(&hdi);
    let z = Table::missing(outline.leaf_count(), 0);
    let material =
        Material { outline: &outline, z: &z, types: &[], type_count: 1, experts: &[], choices: &choices };
    assert_eq!(make(&material), Err(SchemeFaults(vec![SchemeFault::OverChildren])));
}

#[test]
fn weights_of_a_mean_over_children_keep_their_own_sums() {
    let hdi = Catalog::parse(shipped::shipped("hdi-2024").unwrap()).unwrap();
    let outline = Outline::of(&hdi);
    let column = |leaf: usize| (0..9).map(|place| Some(((place * (leaf + 2)) % 7) as f64 / 7.0)).collect();
    let z = Table::from_columns(9, (0..outline.leaf_count()).map(column).collect()).unwrap();
    let choices = objective_only(Method::Variation);
    let types = vec![Some(0); 9];
    let material =
        Material { outline: &outline, z: &z, types: &types, type_count: 1, experts: &[], choices: &choices };
    let found = make(&material).unwrap();
    let sum_of = |parent: &str, weights: &[f64]| -> f64 {
        hdi.item(at(&hdi, parent)).children.iter().map(|child| weights[child.0]).sum()
    };
    let declared: Vec<f64> = hdi.items.iter().map(|item| item.weight).collect();
    assert_close(&[sum_of("HDI", &found.weights[0])], &[sum_of("HDI", &declared)], 1e-12);
}

#[test]
fn columns_show_each_step_in_points() {
    let catalog = catalog();
    let outline = Outline::of(&catalog);
    let choices = Choices {
        objective: vec![Method::Entropy, Method::Critic(Correlation::Spearman)],
        combination: Combination::SquareRoot,
        ..Choices::default()
    };
    let found = scheme(&catalog, &[expert(&catalog, "王", 0.2)], &choices).unwrap();
    let columns = found.columns(&outline, &choices, 0);
    let names: Vec<Column> = columns.iter().map(|column| column.column).collect();
    assert_eq!(
        names,
        [
            Column::Catalog,
            Column::Subjective,
            Column::Of(Method::Entropy),
            Column::Of(Method::Critic(Correlation::Spearman)),
            Column::Objective,
            Column::Combined,
            Column::Final,
        ]
    );
    assert_eq!(columns[6].points, found.weights[0]);
    for column in &columns {
        assert_close(&[column.points[at(&catalog, "B").0]], &[25.0], 1e-9);
    }
}

#[test]
fn every_fault_of_the_judgements_is_told_at_once_with_the_judgement_to_mend() {
    let catalog = catalog();
    let mut own = expert(&catalog, "王", 0.2);
    // A circle: each beats the next ninefold, and the last beats the first.
    let circle =
        PairwiseMatrix::from_pairs(3, |row, column| if column == row + 1 { 9.0 } else { 1.0 / 9.0 }).unwrap();
    let a1 = at(&catalog, "A1");
    own.judged.iter_mut().find(|(parent, _)| *parent == a1).unwrap().1 = circle;
    own.judged.retain(|(parent, _)| *parent != at(&catalog, "C2"));
    let faults = scheme(&catalog, &[own, expert(&catalog, "李", 0.2)], &Choices::default()).unwrap_err().0;
    assert!(
        faults.contains(&SchemeFault::NotJudged { parent: "C2".to_owned(), experts: vec!["王".to_owned()] })
    );
    let inconsistent = faults.iter().find_map(|fault| match fault {
        SchemeFault::Inconsistent { parent, ratio, random_index, .. } => {
            Some((parent, *ratio, *random_index))
        }
        _ => None,
    });
    let (parent, ratio, table) = inconsistent.unwrap();
    assert_eq!((parent.as_str(), table), ("A1", "saaty-1980"));
    assert!(ratio > 0.1);
    let faults = scheme(&catalog, &[], &Choices::default()).unwrap_err().0;
    assert!(faults.iter().all(|fault| matches!(fault, SchemeFault::NotJudged { .. })), "{faults:?}");
    let wild = Choices {
        shrinkage: 2.0,
        combination: Combination::Mean(-1.0),
        subjective: Subjective::None,
        objective: vec![],
        ..Choices::default()
    };
    assert_eq!(scheme(&catalog, &[], &wild).unwrap_err().0.len(), 3);
}

#[test]
fn judgements_that_nothing_asks_for_are_named() {
    let catalog = catalog();
    let mut own = expert(&catalog, "王", 0.2);
    let root = PairwiseMatrix::from_pairs(4, |_, _| 1.0).unwrap();
    own.judged.push((catalog.root(), root));
    let found = scheme(&catalog, std::slice::from_ref(&own), &Choices::default()).unwrap();
    assert_eq!(found.unused, [(catalog.root(), Unused::KeepsPoints)]);
    let found = scheme(&catalog, &[own], &objective_only(Method::Entropy)).unwrap();
    assert!(found.unused.iter().all(|(_, why)| *why == Unused::NotAsked));
}

#[test]
fn a_negative_value_is_an_error_that_names_the_item() {
    let catalog = catalog();
    let outline = Outline::of(&catalog);
    let mut z = values(&outline);
    let leaf = outline.leaf_of_code("C2.2").unwrap();
    z.column_mut(leaf).set(1, Some(-0.5));
    let choices = objective_only(Method::Entropy);
    let types = types();
    let material =
        Material { outline: &outline, z: &z, types: &types, type_count: 2, experts: &[], choices: &choices };
    let faults = make(&material).unwrap_err().0;
    let SchemeFault::OfType { kind: 1, fault } = &faults[0] else { panic!("{faults:?}") };
    assert!(
        matches!(&**fault, SchemeFault::Value { item, negative: true, .. } if item == "C2.2"),
        "{fault:?}"
    );
}
