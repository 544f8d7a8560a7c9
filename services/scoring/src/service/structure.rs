//! The door of `StructureService`: whether an index measures what its tree says, for one type.

use std::sync::Arc;

use tonic::{Request, Response, Status};
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_contracts::scoring::v1::structure_service_server::StructureService;
use xiuhua_indicators::compose::Composer;
use xiuhua_indicators::outline::{Outline, Position};
use xiuhua_indicators::structure::{Correlation, Finding, Flag, Link, Measurements, Pair, Structure};
use xiuhua_indicators::weight::Weights;
use xiuhua_service_kit::status::refuse;

use super::{Opened, Scoring, must_name};
use crate::convert;
use crate::domain::assessment::UNCLASSIFIED;
use crate::domain::results::ItemWeight;
use crate::error::Error;

#[tonic::async_trait]
impl StructureService for Scoring {
    async fn get_structure(
        &self,
        request: Request<proto::GetStructureRequest>,
    ) -> Result<Response<proto::GetStructureResponse>, Status> {
        self.structure(request.into_inner()).await.map(Response::new).map_err(refuse)
    }
}

impl Scoring {
    async fn structure(
        &self,
        request: proto::GetStructureRequest,
    ) -> Result<proto::GetStructureResponse, Error> {
        must_name(&[("assessment_id", &request.assessment_id), ("type", &request.r#type)])?;
        let opened = self.open(&request.assessment_id).await?;
        if request.r#type == UNCLASSIFIED {
            // Its places are measured by nothing.
            return Err(opened.no_type(UNCLASSIFIED));
        }
        let type_at = opened.type_at(&request.r#type)?;
        let record = self.type_record(&opened, type_at).await?;
        let places = record.places.len() as u64;
        let name = (opened.run.run(), type_at);
        let study = async {
            let rows = self.store.weights(opened.run, Some(type_at), None, i64::MAX).await?;
            let weights: Vec<ItemWeight> = rows.into_iter().map(|row| row.weight).collect();
            let catalog = Arc::clone(&opened.catalog);
            let seat = self.studying.seat().await;
            let work = move || {
                let outline = Outline::of(&catalog);
                let composer = Composer::new(&outline, &in_force(&outline, &weights))?;
                let measured =
                    Measurements { z: &record.z, uncapped: &record.uncapped, scores: &record.scores };
                Structure::of(&outline, &composer, &measured)
            };
            let (found, _seat) = seat.compute(work).await?;
            Ok::<_, Error>(found?)
        };
        let structure = self.structures.get(name, study).await?;
        Ok(told(&opened, &structure, request.r#type, places))
    }
}

fn in_force(outline: &Outline<'_>, weights: &[ItemWeight]) -> Weights {
    let of_leaf =
        |leaf| weights.get(outline.leaf_index(leaf).0).map_or(0.0, |weight: &ItemWeight| weight.in_force);
    Weights {
        leaves: (0..outline.leaf_count()).map(of_leaf).collect(),
        declared: weights.iter().map(|weight| weight.catalog).collect(),
    }
}

fn told(opened: &Opened, found: &Structure, kind: String, places: u64) -> proto::GetStructureResponse {
    let outline = opened.outline();
    let leaf = |leaf: &xiuhua_indicators::structure::LeafStructure| {
        let item = outline.leaf_item(leaf.leaf);
        proto::LeafStructure {
            leaf: item.code.clone(),
            name: Some(convert::text(&item.name)),
            places: leaf.places as u64,
            distinct: leaf.distinct as u64,
            below: leaf.below as u64,
            above: leaf.above as u64,
            standard_deviation: leaf.deviation,
        }
    };
    let node = |node: &xiuhua_indicators::structure::NodeStructure| {
        let item = outline.node_item(node.node);
        let reliability = node.reliability;
        proto::NodeStructure {
            node: item.code.clone(),
            name: Some(convert::text(&item.name)),
            places: node.places as u64,
            alpha: reliability.map(|found| found.alpha),
            alpha_items: reliability.map_or(0, |found| u32::try_from(found.items).unwrap_or(u32::MAX)),
            alpha_places: reliability.map_or(0, |found| found.places as u64),
        }
    };
    proto::GetStructureResponse {
        r#type: kind,
        places,
        leaves: found.leaves.iter().map(leaf).collect(),
        nodes: found.nodes.iter().map(node).collect(),
        links: found.links.iter().map(|it| link(&outline, it)).collect(),
        pairs: found.pairs.iter().map(|it| pair(&outline, it)).collect(),
        findings: found.findings.iter().map(|it| finding(&outline, it)).collect(),
    }
}

fn link(outline: &Outline<'_>, link: &Link) -> proto::StructureLink {
    proto::StructureLink {
        code: code(outline, link.item),
        node: code(outline, Position::Node(link.node)),
        parent: link.is_parent,
        correlation: link.correlation.map(correlation),
        linear_ratio: link.influence.map(|influence| influence.linear),
        any_curve_ratio: link.influence.map(|influence| influence.any_curve),
        nominal_share_ratio: link.nominal_share,
        effective_share_ratio: link.effective_share,
    }
}

fn pair(outline: &Outline<'_>, pair: &Pair) -> proto::StructurePair {
    proto::StructurePair {
        left: code(outline, pair.left),
        right: code(outline, pair.right),
        within: code(outline, Position::Node(pair.within)),
        correlation: pair.correlation.map(correlation),
    }
}

fn finding(outline: &Outline<'_>, finding: &Finding) -> proto::StructureFinding {
    proto::StructureFinding {
        flag: flag_word(finding.flag).to_owned(),
        code: code(outline, finding.item),
        other: finding.other.map(|other| code(outline, other)).unwrap_or_default(),
        figure: finding.figure,
        places: finding.places as u64,
        clear: finding.is_clear,
    }
}

fn correlation(found: Correlation) -> proto::StructureCorrelation {
    proto::StructureCorrelation {
        pearson: found.pearson,
        spearman: found.spearman,
        places: found.places as u64,
    }
}

fn code(outline: &Outline<'_>, item: Position) -> String {
    match item {
        Position::Leaf(leaf) => outline.leaf_item(leaf).code.clone(),
        Position::Node(node) => outline.node_item(node).code.clone(),
    }
}

fn flag_word(flag: Flag) -> &'static str {
    match flag {
        Flag::ContradictsParent => "CONTRADICTS_PARENT",
        Flag::Redundant => "REDUNDANT",
        Flag::StaleThresholds => "STALE_THRESHOLDS",
        Flag::FewValues => "FEW_VALUES",
        Flag::HardlyCounts => "HARDLY_COUNTS",
        Flag::Dominates => "DOMINATES",
    }
}
