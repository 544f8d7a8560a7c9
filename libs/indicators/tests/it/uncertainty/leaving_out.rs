//! Leave-one-out against a catalog in which the thing left out carries no weight.

use xiuhua_indicators::catalog::{ItemKind, Reads};
use xiuhua_indicators::uncertainty::leave_one_out::leave_one_out;
use xiuhua_indicators::uncertainty::settings::Settings;

use super::district::{District, TYPES};

/// The mean of what is observed, item by item and by name, with one code left out. All means of the district are
/// arithmetic over leaves, all dimensions are weight groups.
fn scores_without(district: &District, left_out: &str) -> Vec<Option<f64>> {
    district.with(1, |model| {
        let (_, scored) = model.assess(&Settings::default()).unwrap();
        let catalog = &district.catalog;
        let mut weights = Vec::new();
        for dimension in &catalog.items[0].children {
            let dimension = &catalog.items[dimension.0];
            let points: f64 = dimension.children.iter().map(|leaf| catalog.items[leaf.0].weight).sum();
            let kept = |code: &str| code != left_out && dimension.code != left_out;
            let kept_points: f64 = dimension
                .children
                .iter()
                .map(|leaf| &catalog.items[leaf.0])
                .filter(|leaf| kept(&leaf.code))
                .map(|leaf| leaf.weight)
                .sum();
            for leaf in &dimension.children {
                let leaf = &catalog.items[leaf.0];
                weights.push(if kept(&leaf.code) { leaf.weight * points / kept_points } else { 0.0 });
            }
        }
        let total: f64 = weights.iter().sum();
        (0..district.types.len())
            .map(|place| {
                district.types[place]?;
                let (mut sum, mut observed) = (0.0, 0.0);
                for (leaf, weight) in weights.iter().enumerate() {
                    if let Some(z) = scored.z.column(leaf).get(place) {
                        sum += weight * z;
                        observed += weight;
                    }
                }
                (observed / total >= 2.0 / 3.0 - 1e-9).then(|| 100.0 * sum / observed)
            })
            .collect()
    })
}

fn ranks(district: &District, scores: &[Option<f64>], kind: usize) -> Vec<Option<usize>> {
    let of_type = |at: &usize| district.types[*at] == Some(kind);
    (0..scores.len())
        .map(|place| {
            let own = scores[place].filter(|_| of_type(&place))?;
            let better = (0..scores.len()).filter(of_type).filter_map(|at| scores[at]);
            Some(1 + better.filter(|score| *score > own + 1e-10).count())
        })
        .collect()
}

#[test]
fn each_item_left_out_moves_ranks_as_its_weight_gone_does() {
    let district = District::new();
    let found = district.with(1, |model| leave_one_out(model).unwrap());
    let codes: Vec<&str> =
        found.iter().map(|left| district.catalog.items[left.item.0].code.as_str()).collect();
    assert_eq!(codes, ["A", "A.1", "A.2", "A.3", "B", "B.1", "B.2", "B.3", "D", "D.1", "D.2"]);
    let with_all = scores_without(&district, "nothing");
    for left in &found {
        let code = &district.catalog.items[left.item.0].code;
        let without = scores_without(&district, code);
        let (mut sum, mut compared) = (0, 0);
        for kind in 0..TYPES {
            let (before, after) = (ranks(&district, &with_all, kind), ranks(&district, &without, kind));
            let moved: Vec<usize> = before
                .iter()
                .zip(&after)
                .filter_map(|(a, b)| Some(a.as_ref()?.abs_diff(*b.as_ref()?)))
                .collect();
            let shift = left.shifts[kind];
            assert_eq!(shift.compared, moved.len(), "{code}");
            assert_eq!(shift.greatest, moved.iter().copied().max().unwrap(), "{code}");
            let place = shift.place.unwrap();
            assert_eq!(before[place].unwrap().abs_diff(after[place].unwrap()), shift.greatest);
            assert!((shift.mean - moved.iter().sum::<usize>() as f64 / moved.len() as f64).abs() < 1e-12);
            let lost = before.iter().zip(&after).filter(|(a, b)| a.is_some() && b.is_none()).count();
            assert_eq!(shift.lost, lost, "{code}");
            sum += moved.iter().sum::<usize>();
            compared += moved.len();
        }
        let overall = left.shifts[TYPES];
        assert!((overall.mean - sum as f64 / compared as f64).abs() < 1e-12);
    }
    let derived = district.catalog.items.iter().filter(
        |item| matches!(&item.kind, ItemKind::Leaf(leaf) if matches!(leaf.reads, Reads::ChangeOf(_))),
    );
    assert_eq!(derived.count(), 1);
}
