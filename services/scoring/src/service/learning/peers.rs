//! `FindPeers`: comparable places, and what they do well where a place is weak.

use std::sync::Arc;

use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::outline::{Outline, Position};
use xiuhua_indicators::peers::{Neighbourhood, Yardstick, nearest};
use xiuhua_service_kit::status::Violations;

use super::TypeMethod;
use crate::convert;
use crate::domain::assessment::Place;
use crate::domain::endowment::Endowment;
use crate::domain::lessons::{Lesson, WEAKNESSES, lesson, named};
use crate::domain::results::LeafValue;
use crate::domain::type_record::TypeRecord;
use crate::domain::walk_back::Measured;
use crate::error::Error;
use crate::service::{Opened, Scoring, must_name};

/// Peers where none are asked for.
const USUAL: u32 = 10;
/// Most peers.
const MOST: u32 = 100;
/// Most features that can be named.
const MOST_FEATURES: usize = 50;

/// A place, its type, and what it is compared by.
struct Compared {
    opened: Opened,
    place: Place,
    record: Arc<TypeRecord>,
    endowment: Endowment,
    /// Positions of the peers in the record of the type, and how near they are.
    peers: Vec<(usize, xiuhua_indicators::peers::Peer)>,
    neighbourhood: Neighbourhood,
    /// Position of the place in the endowment.
    at: usize,
}

impl Scoring {
    pub(super) async fn peers(
        &self,
        request: proto::FindPeersRequest,
    ) -> Result<proto::FindPeersResponse, Error> {
        must_name(&[("assessment_id", &request.assessment_id), ("place_id", &request.place_id)])?;
        let (count, within) = asked(&request)?;
        let opened = self.open(&request.assessment_id).await?;
        let about = match request.code.as_str() {
            "" => None,
            code => Some(named(&opened.catalog, code).ok_or_else(|| Error::NoNode {
                catalog: opened.catalog.id.clone(),
                node: code.to_owned(),
            })?),
        };
        let place = self.place(&opened, &request.place_id).await?;
        let unclassified = proto::FindPeersResponse {
            r#type: convert::type_name(opened.plan(), place.type_at),
            ..Default::default()
        };
        let Some(type_at) = place.type_at else { return Ok(unclassified) };
        let record = self.type_record(&opened, type_at).await?;
        let name = (opened.plan().classification_id.clone(), type_at, opened.plan().as_of_position);
        let portraits = self.portraits.get(name, self.upstream.portraits(opened.plan(), type_at)).await?;
        let endowment = Endowment::of(&portraits, &request.features);
        let Some(at) = endowment.position(&place.id) else { return Ok(unclassified) };

        let mut neighbourhood = nearest(&endowment.profiles, at, count)?;
        neighbourhood.peers.retain(|peer| peer.nearness.distance <= within);
        let in_record = |peer: &xiuhua_indicators::peers::Peer| {
            Some((record.position(&endowment.places[peer.place])?, *peer))
        };
        let peers = neighbourhood.peers.iter().filter_map(in_record).collect();
        let compared = Compared { opened, place, record, endowment, peers, neighbourhood, at };
        let method = self.type_method(&compared.opened, type_at).await?;
        let leaves = self.store.place_leaves(compared.opened.run, &compared.place.id).await?;
        let places = self.peer_places(&compared).await?;
        let lessons = compared.lessons(about, &method, &leaves, &places)?;
        Ok(proto::FindPeersResponse {
            r#type: unclassified.r#type,
            features: compared.features()?,
            labels: compared.labels(),
            others: (compared.endowment.places.len() as u64).saturating_sub(1),
            comparable: compared.neighbourhood.comparable as u64,
            peers: places,
            lessons,
        })
    }

    async fn peer_places(&self, compared: &Compared) -> Result<Vec<proto::PeerPlace>, Error> {
        let mut places = Vec::with_capacity(compared.peers.len());
        for (in_record, peer) in &compared.peers {
            let id = &compared.record.places[*in_record];
            let place = self.place(&compared.opened, id.as_str()).await?;
            let scores = self.store.place_scores(compared.opened.run, id).await?;
            let features = &compared.endowment.profiles[peer.place].features;
            let root = scores.first();
            places.push(proto::PeerPlace {
                place_id: place.id.to_string(),
                place_name: place.name,
                town_code: place.town_code,
                town_name: place.town_name,
                committee: place.committee,
                distance: peer.nearness.distance,
                features_compared: u32::try_from(peer.nearness.features_compared).unwrap_or(u32::MAX),
                score: root.and_then(|score| score.composed.value()),
                rank: root
                    .and_then(|score| score.standing)
                    .map(|standing| u32::try_from(standing.rank).unwrap_or(u32::MAX)),
                features: features.iter().map(|&value| proto::FeatureValue { value }).collect(),
            });
        }
        Ok(places)
    }
}

impl Compared {
    fn features(&self) -> Result<Vec<proto::FeatureCompared>, Error> {
        let yardstick = Yardstick::of(&self.endowment.profiles)?;
        let profiles = &self.endowment.profiles;
        let feature = |(at, (column, scale)): (usize, (&String, Option<f64>))| proto::FeatureCompared {
            feature: column.clone(),
            value: profiles[self.at].features[at],
            scale,
            places: profiles.iter().filter(|profile| profile.features[at].is_some()).count() as u64,
        };
        Ok(self.endowment.features.iter().zip(yardstick.scales).enumerate().map(feature).collect())
    }

    fn labels(&self) -> Vec<proto::LabelHeld> {
        let degrees = &self.endowment.profiles[self.at].labels;
        let held = self.endowment.labels.iter().zip(degrees).filter(|(_, degree)| **degree > 0.0);
        held.map(|(label, degree)| proto::LabelHeld { label: label.clone(), degree: *degree }).collect()
    }

    /// What is asked about, or the indicators that cost the place most.
    fn lessons(
        &self,
        about: Option<Position>,
        method: &TypeMethod,
        leaves: &[(usize, LeafValue)],
        places: &[proto::PeerPlace],
    ) -> Result<Vec<proto::Lesson>, Error> {
        let measured = Measured { catalog: &self.opened.catalog, weights: &method.weights, leaves };
        let losses = measured.losses(0, &method.medians)?;
        let loss_of = |leaf: usize| losses.iter().find(|loss| loss.leaf == leaf).map(|loss| loss.points);
        let costly = || {
            let weak = losses.iter().filter(|loss| loss.points > 0.0).take(WEAKNESSES);
            weak.map(|loss| Position::Leaf(loss.leaf)).collect()
        };
        let about: Vec<Position> = about.map_or_else(costly, |about| vec![about]);
        let Some(at) = self.record.position(&self.place.id) else { return Ok(Vec::new()) };
        let peers: Vec<usize> = self.peers.iter().map(|(in_record, _)| *in_record).collect();
        let told = |position: Position| {
            let loss = if let Position::Leaf(leaf) = position { loss_of(leaf) } else { None };
            self.told(lesson(&self.record, position, at, &peers), loss, places)
        };
        Ok(about.into_iter().map(told).collect())
    }

    fn told(&self, lesson: Lesson, loss_points: Option<f64>, places: &[proto::PeerPlace]) -> proto::Lesson {
        let catalog = &self.opened.catalog;
        let outline = Outline::of(catalog);
        let index = match lesson.about {
            Position::Leaf(leaf) => outline.leaf_index(leaf),
            Position::Node(node) => outline.node_index(node),
        };
        let item = catalog.item(index);
        let teacher = |taught: crate::domain::lessons::Taught| {
            let peer = places.get(taught.peer)?;
            Some(proto::Teacher {
                place_id: peer.place_id.clone(),
                place_name: peer.place_name.clone(),
                distance: peer.distance,
                value: taught.value,
                advantage: taught.advantage,
            })
        };
        proto::Lesson {
            code: item.code.clone(),
            name: Some(convert::text(&item.name)),
            unit: catalog.measure_of(index).map(|measure| measure.unit.clone()).unwrap_or_default(),
            value: lesson.own,
            median: lesson.median,
            loss_points,
            peers_known: u32::try_from(lesson.known).unwrap_or(u32::MAX),
            teachers: lesson.teachers.into_iter().filter_map(teacher).collect(),
        }
    }
}

/// How many peers, and how near.
fn asked(request: &proto::FindPeersRequest) -> Result<(usize, f64), Error> {
    let count = if request.count == 0 { USUAL } else { request.count };
    let within = request.within.unwrap_or(1.0);
    let mut faults = Violations::new();
    faults.check(count <= MOST, "count", "最多 100 个", "at most 100");
    faults.check((0.0..=1.0).contains(&within), "within", "应在 0 与 1 之间", "must lie between 0 and 1");
    faults.check(request.features.len() <= MOST_FEATURES, "features", "最多 50 个", "at most 50");
    faults.into_result()?;
    Ok((usize::try_from(count).unwrap_or(usize::MAX), within))
}
