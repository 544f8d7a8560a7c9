//! The structure of an index, through the door.

use xiuhua_contracts::scoring::v1 as wire;

use crate::district::{CATALOG, little_district};
use crate::fakes::{Estate, Fixed, World};
use crate::house::{Backend, House, Refusal, assert_close, on_both};

async fn structure(
    house: &House,
    assessment: &str,
    kind: &str,
) -> Result<wire::GetStructureResponse, Refusal> {
    let request = wire::GetStructureRequest { assessment_id: assessment.to_owned(), r#type: kind.to_owned() };
    Ok(house.structure().get_structure(request).await?.into_inner())
}

/// P1 and P2 have the same dimensionless values in every place: 0.7, 0.6, 0.2.
async fn the_structure_of_the_little_district_is_what_its_values_say(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let found = structure(&house, &id, "X").await.unwrap();
    assert_eq!((found.places, found.leaves.len(), found.nodes.len()), (3, 4, 3));
    let pair =
        found.pairs.iter().find(|pair| (pair.left.as_str(), pair.right.as_str()) == ("P1", "P2")).unwrap();
    assert_eq!(pair.within, "P");
    let correlation = pair.correlation.unwrap();
    assert_close(correlation.pearson, 1.0);
    assert_close(correlation.spearman, 1.0);
    assert_eq!(correlation.places, 3);
    let of_p = found.nodes.iter().find(|node| node.node == "P").unwrap();
    assert_close(of_p.alpha, 1.0);
    assert_eq!((of_p.alpha_items, of_p.alpha_places), (2, 3));
    // Two places have drills: too few for anything to be said of them.
    let drills = found.links.iter().find(|link| link.code == "G1" && link.parent).unwrap();
    assert_eq!((drills.correlation, drills.any_curve_ratio), (None, None));
    let up: Vec<(&str, f64)> = found
        .links
        .iter()
        .filter(|link| link.code == "P1")
        .map(|link| (link.node.as_str(), link.nominal_share_ratio))
        .collect();
    assert_eq!(up, [("P", 0.5), ("INDEX", 0.25)]);
    assert_eq!(found.findings, []);
    assert_eq!(structure(&house, &id, "X").await.unwrap(), found);

    let of_y = structure(&house, &id, "Y").await.unwrap();
    let leaves: Vec<&str> = of_y.leaves.iter().map(|leaf| leaf.leaf.as_str()).collect();
    assert_eq!(leaves, ["P1", "G1"]);
    for unknown in ["Z", "UNCLASSIFIED"] {
        assert_eq!(structure(&house, &id, unknown).await.unwrap_err().reason, "TYPE_NOT_FOUND");
    }
    assert_eq!(structure(&house, &id, "").await.unwrap_err().fields, ["type"]);
}

async fn what_an_owner_should_look_at_is_found(on: Backend) {
    let world = World::new(CATALOG, &["X"], "2021", &["2020"]);
    for at in 0..12_u8 {
        let id = format!("p{at:02}");
        world.estate(Estate {
            id: id.clone(),
            kind: "X".to_owned(),
            households: Some(1),
            ..Default::default()
        });
        let step = f64::from(at);
        // P2 is inverse: both rise together. Drills fall as everything rises, and lie beyond their threshold once.
        for (leaf, value) in [("P1", 0.8 * step), ("P2", 10.0 - 0.7 * step), ("G1", 11.0 - step)] {
            world.value(&id, leaf, "2021", value);
        }
    }
    for leaf in ["P1", "P2", "G1"] {
        world.threshold("X", leaf, Fixed::Between(0.0, 10.0));
    }
    world.sample("X", &["p00", "p11"]);
    let mut house = House::on(on, world).await;
    let id = house.assess_default().await.id;
    let found = structure(&house, &id, "X").await.unwrap();
    let told: Vec<(&str, &str, &str)> =
        found.findings.iter().map(|it| (it.flag.as_str(), it.code.as_str(), it.other.as_str())).collect();
    assert!(told.contains(&("REDUNDANT", "P1", "P2")), "{told:?}");
    assert!(told.contains(&("REDUNDANT", "P1", "G1")), "{told:?}");
    assert!(told.contains(&("STALE_THRESHOLDS", "G1", "")), "{told:?}");
    assert!(told.contains(&("CONTRADICTS_PARENT", "G", "INDEX")), "{told:?}");
    let stale = found.findings.iter().find(|it| it.flag == "STALE_THRESHOLDS").unwrap();
    assert_close(stale.figure, 1.0 / 12.0);
    assert!(found.findings.iter().all(|it| it.places == 12 && it.clear));
}

on_both!(the_structure_of_the_little_district_is_what_its_values_say, what_an_owner_should_look_at_is_found);
