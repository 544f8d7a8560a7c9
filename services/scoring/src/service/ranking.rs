//! Rankings, the scores of a place, groups, growth.

use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_service_kit::page;

use super::{Scoring, must_name};
use crate::convert;
use crate::domain::groups::group_type_at;
use crate::domain::growth::growths;
use crate::domain::id::PlaceId;
use crate::domain::results::{GroupScore, Level};
use crate::error::Error;
use crate::store::{GroupQuery, RankedPlace, RankingKey, RankingQuery};

impl Scoring {
    pub(super) async fn ranking(
        &self,
        request: proto::ListRankingRequest,
    ) -> Result<proto::ListRankingResponse, Error> {
        must_name(&[("assessment_id", &request.assessment_id), ("type", &request.r#type)])?;
        let opened = self.open(&request.assessment_id).await?;
        let node_at = opened.node_at(&request.node)?;
        let type_at = opened.type_at(&request.r#type)?;
        let binding = format!(
            "ranking {} {node_at} {type_at} {:?} {}",
            opened.assessment.id, request.town_code, request.reverse
        );
        let page = page::parse(request.page_size, &request.page_token, &binding, 100, 1_000)?;
        let query = RankingQuery {
            type_at,
            node_at,
            town_code: convert::given(&request.town_code),
            reverse: request.reverse,
            after: page.after.as_deref().map(read_ranking_key).transpose()?,
            limit: page.limit_and_one(),
        };
        let mut rows = self.store.ranking(opened.run, &query).await?;
        let next_page_token = page::cut(&mut rows, &page, &binding, write_ranking_key);
        let outline = opened.outline();
        let mut places: Vec<_> = rows
            .into_iter()
            .map(|row| convert::ranked_place(opened.plan(), &outline, node_at, row))
            .collect();
        self.put_intervals_beside(&opened, node_at, &mut places).await?;
        Ok(proto::ListRankingResponse { places, next_page_token })
    }

    pub(super) async fn place_scores(
        &self,
        request: proto::GetPlaceScoresRequest,
    ) -> Result<proto::GetPlaceScoresResponse, Error> {
        must_name(&[("assessment_id", &request.assessment_id), ("place_id", &request.place_id)])?;
        let opened = self.open(&request.assessment_id).await?;
        let place = self.place(&opened, &request.place_id).await?;
        let scores = self.store.place_scores(opened.run, &place.id).await?;
        let place_id = place.id.clone();
        let mut answer = convert::place_scores(opened.plan(), &opened.outline(), place, &scores);
        self.put_intervals_beside_nodes(&opened, &place_id, &mut answer.scores).await?;
        Ok(answer)
    }

    pub(super) async fn groups(
        &self,
        request: proto::ListGroupScoresRequest,
    ) -> Result<proto::ListGroupScoresResponse, Error> {
        let level = convert::level_asked(request.level)?;
        let opened = self.open(&request.assessment_id).await?;
        let node_at = match request.node.as_str() {
            "" => None,
            code => Some(opened.node_at(code)?),
        };
        let type_at = match request.r#type.as_str() {
            "" => None,
            name => Some(group_type_at(opened.plan(), name).ok_or_else(|| opened.no_type(name))?),
        };
        let binding =
            format!("groups {} {level:?} {:?} {type_at:?} {node_at:?}", opened.assessment.id, request.code);
        let page = page::parse(request.page_size, &request.page_token, &binding, 1_000, 5_000)?;
        let query = GroupQuery {
            level,
            code: convert::given(&request.code),
            type_at,
            node_at,
            after: page.after.as_deref().map(read_group_key).transpose()?,
            limit: page.limit_and_one(),
        };
        let mut rows = self.store.groups(opened.run, &query).await?;
        let next_page_token = page::cut(&mut rows, &page, &binding, write_group_key);
        let outline = opened.outline();
        let groups = rows.into_iter().map(|row| convert::group(opened.plan(), &outline, row)).collect();
        Ok(proto::ListGroupScoresResponse { groups, next_page_token })
    }

    /// The whole type is compared and sorted for every page: a type is small, and both runs never change.
    pub(super) async fn growth(
        &self,
        request: proto::ListGrowthRequest,
    ) -> Result<proto::ListGrowthResponse, Error> {
        must_name(&[
            ("assessment_id", &request.assessment_id),
            ("previous_assessment_id", &request.previous_assessment_id),
            ("type", &request.r#type),
        ])?;
        let opened = self.open(&request.assessment_id).await?;
        let previous = self.open(&request.previous_assessment_id).await?;
        let (set, previous_set) = (&opened.plan().threshold_set.id, &previous.plan().threshold_set.id);
        if set != previous_set {
            return Err(Error::ThresholdSetsDiffer { set: set.clone(), previous_set: previous_set.clone() });
        }
        // Under other weights a change of weights would show as growth.
        if opened.plan().weight_scheme != previous.plan().weight_scheme {
            return Err(Error::WeightSchemesDiffer {
                scheme: opened.plan().weights_name(),
                previous_scheme: previous.plan().weights_name(),
            });
        }
        let node_at = opened.node_at(&request.node)?;
        let type_at = opened.type_at(&request.r#type)?;
        let binding =
            format!("growth {} {} {node_at} {type_at}", opened.assessment.id, previous.assessment.id);
        let page = page::parse(request.page_size, &request.page_token, &binding, 100, 1_000)?;

        let before = self.store.scored_places(previous.run, type_at, node_at).await?;
        let after = self.store.scored_places(opened.run, type_at, node_at).await?;
        let mut rows = growths(&before, after);
        if let Some(last) = &page.after {
            let at = rows.iter().position(|row| row.place.as_str() == last).ok_or_else(convert::bad_key)?;
            rows.drain(..=at);
        }
        let next_page_token = page::cut(&mut rows, &page, &binding, |row| row.place.to_string());
        let outline = opened.outline();
        let code = &outline.node_item(node_at).code;
        let growths = rows.into_iter().map(|row| convert::growth(code, row)).collect();
        Ok(proto::ListGrowthResponse { growths, next_page_token })
    }
}

/// `rank/place`, without a rank `-/place`; the place may hold any character, so it comes last.
fn write_ranking_key(row: &RankedPlace) -> String {
    let rank = row.score.standing.map_or_else(|| "-".to_owned(), |standing| standing.rank.to_string());
    format!("{rank}/{}", row.place.id)
}

fn read_ranking_key(key: &str) -> Result<RankingKey, Error> {
    let (rank, place) = key.split_once('/').ok_or_else(convert::bad_key)?;
    let rank = match rank {
        "-" => None,
        digits => Some(digits.parse().map_err(|_| convert::bad_key())?),
    };
    Ok(RankingKey { rank, place: PlaceId::new(place) })
}

/// `level/type/node/code`; the code may hold any character, so it comes last.
fn write_group_key(row: &GroupScore) -> String {
    let level = match row.level {
        Level::Committee => "committee",
        Level::Town => "town",
        Level::District => "district",
    };
    format!("{level}/{}/{}/{}", row.type_at, row.node_at, row.code)
}

fn read_group_key(key: &str) -> Result<(Level, String, usize, usize), Error> {
    let mut parts = key.splitn(4, '/');
    let mut next = || parts.next().ok_or_else(convert::bad_key);
    let level = match next()? {
        "committee" => Level::Committee,
        "town" => Level::Town,
        "district" => Level::District,
        _ => return Err(convert::bad_key().into()),
    };
    let type_at = next()?.parse().map_err(|_| convert::bad_key())?;
    let node_at = next()?.parse().map_err(|_| convert::bad_key())?;
    Ok((level, next()?.to_owned(), type_at, node_at))
}
