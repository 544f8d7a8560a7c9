//! Judgements by codes, with every fault at once.

use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::shipped;
use xiuhua_indicators::weighting::judgements::{Judgement, JudgementFault, matrices};

fn catalog() -> Catalog {
    Catalog::parse(shipped::shipped("pudong-2021").unwrap()).unwrap()
}

fn judged(parent: &str, item: &str, other: &str, ratio: f64) -> Judgement {
    Judgement { parent: parent.to_owned(), item: item.to_owned(), other: other.to_owned(), ratio }
}

#[test]
fn pairs_in_any_direction_make_the_same_matrix() {
    let catalog = catalog();
    let forward = [
        judged("A1", "A1.1", "A1.2", 3.0),
        judged("A1", "A1.1", "A1.3", 5.0),
        judged("A1", "A1.2", "A1.3", 2.0),
    ];
    let found = matrices(&catalog, &forward).unwrap();
    assert_eq!((found.len(), found[0].0), (1, catalog.find("A1").unwrap()));
    let turned = [
        judged("A1", "A1.2", "A1.1", 1.0 / 3.0),
        judged("A1", "A1.3", "A1.1", 0.2),
        judged("A1", "A1.2", "A1.3", 2.0),
        // Said again the other way round, in decimals.
        judged("A1", "A1.1", "A1.2", 3.0),
        judged("A1", "A1.3", "A1.2", 0.5),
    ];
    let turned = matrices(&catalog, &turned).unwrap();
    for row in 0..3 {
        for column in 0..3 {
            assert!((turned[0].1.at(row, column) - found[0].1.at(row, column)).abs() < 1e-12);
        }
    }
}

#[test]
fn every_fault_is_told_at_once() {
    let catalog = catalog();
    let faults = matrices(
        &catalog,
        &[
            judged("A9", "A1.1", "A1.2", 3.0),
            judged("A1", "A1.1", "A1.1", 3.0),
            judged("A1", "A1.1", "B1.2", 3.0),
            judged("A1", "A1.1", "A1.2", 9.5),
            judged("A1", "A1.1", "A1.3", f64::NAN),
            judged("C1", "C1.1", "C1.2", 3.0),
            judged("C1", "C1.1", "C1.2", 3.0),
            judged("C1", "C1.2", "C1.1", 3.0),
            judged("A1.1", "A1.1", "A1.2", 3.0),
        ],
    )
    .unwrap_err();
    let missing = |item: &str, other: &str| JudgementFault::Missing {
        parent: "C1".to_owned(),
        item: item.to_owned(),
        other: other.to_owned(),
    };
    assert!(matches!(&faults[0], JudgementFault::UnknownParent { at: 0, code } if code == "A9"));
    assert!(matches!(&faults[1], JudgementFault::Itself { at: 1, .. }));
    assert!(matches!(&faults[2], JudgementFault::UnknownItem { at: 2, is_other: true, .. }));
    assert!(matches!(&faults[3], JudgementFault::OffScale { at: 3, .. }));
    assert!(matches!(&faults[4], JudgementFault::OffScale { at: 4, .. }));
    assert!(matches!(&faults[5], JudgementFault::Twice { at: 6, first: 5, .. }));
    assert!(matches!(&faults[6], JudgementFault::Contradicts { at: 7, first: 5, .. }));
    assert!(matches!(&faults[7], JudgementFault::UnknownParent { at: 8, .. }));
    assert_eq!(faults[8..], [missing("C1.1", "C1.3"), missing("C1.2", "C1.3")]);
}

#[test]
fn a_ninth_written_in_decimals_counts_in_either_direction() {
    let catalog = catalog();
    let rest = [judged("A1", "A1.1", "A1.3", 5.0), judged("A1", "A1.2", "A1.3", 2.0)];
    for (pair, strongest) in
        [(judged("A1", "A1.2", "A1.1", 0.11), 9.0), (judged("A1", "A1.1", "A1.2", 0.11), 1.0 / 9.0)]
    {
        let found = matrices(&catalog, &[&[pair], &rest[..]].concat()).unwrap();
        assert_eq!(found.len(), 1);
        assert!((found[0].1.at(0, 1) - strongest).abs() < 1e-12, "{}", found[0].1.at(0, 1));
    }
}
