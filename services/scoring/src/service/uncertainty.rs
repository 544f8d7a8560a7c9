//! Uncertainty: analyses are made within the call, one at a time, and read by their id.

use std::num::NonZeroUsize;
use std::sync::Arc;

use prost::Message as _;
use tonic::{Request, Response, Status};
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_contracts::scoring::v1::uncertainty_service_server::UncertaintyService;
use xiuhua_indicators::uncertainty::factors::{Factor, FactorFault, FactorReason};
use xiuhua_service_kit::ids::new_id;
use xiuhua_service_kit::page;
use xiuhua_service_kit::request_id::{Remembered, RequestId, Verdict, compare, fingerprint};
use xiuhua_service_kit::status::{InvalidRequest, Violation, Violations, refuse};

use super::weights::weights_of_plan;
use super::{Opened, Scoring, must_name};
use crate::convert;
use crate::convert_uncertainty as encode;
use crate::domain::assessment::UNCLASSIFIED;
use crate::domain::id::PlaceId;
use crate::domain::uncertainty::{Analysis, Asked, Findings, Refusal, analyse_run};
use crate::error::Error;
use crate::store::{IntervalQuery, NewAnalysis, StoredAnalysis};

/// Draws where a request says nothing.
const DRAWS: u32 = 1_000;
/// Fewer draws have no twentieth.
const FEWEST_DRAWS: u32 = 20;
const MOST_DRAWS: u32 = 10_000;
/// Most rows of a Sobol design.
const MOST_SOBOL_ROWS: u32 = 16_384;

impl Scoring {
    async fn analyse(
        &self,
        request: proto::AnalyseUncertaintyRequest,
    ) -> Result<proto::AnalyseUncertaintyResponse, Error> {
        let (request_id, asked) = read_asked(&request)?;
        let fingerprint = fingerprint(&named(&request));
        let before = compare(self.store.recall(&request_id).await?, &fingerprint);
        if let Some(answer) = replay(before, &request_id)? {
            return Ok(answer);
        }
        let opened = self.open(&request.assessment_id).await?;
        let Some(recorded) = opened.assessment.success() else {
            return Err(Error::NotReady(opened.assessment.id));
        };
        // Nobody queues for the seat: those who wait would use up the calls in flight.
        let seat = self.analysing.free_seat().ok_or(Error::Analysing)?;
        let mut inputs = self.upstream.read_inputs(opened.plan(), &opened.catalog).await?;
        // A scheme that is not the one planned any more gives another digest than the one on record.
        let scheme = weights_of_plan(&self.store, opened.plan(), &opened.catalog).await?;
        inputs.scheme_weights = scheme.map(|(weights, _)| weights);
        let (catalog, digest, work) = (Arc::clone(&opened.catalog), recorded.digest.clone(), asked.clone());
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let computed = seat.compute(move || analyse_run(&catalog, &inputs, &digest, &work, threads));
        let (found, _seat) = computed.await?;
        let findings = Arc::new(found.map_err(|refusal| refused(refusal, &opened))?);
        let analysis = self.analysis_of(&opened, &asked, &findings);
        let answer = proto::AnalyseUncertaintyResponse { analysis: Some(encode::analysis(&analysis)) };
        let answer_bytes = answer.encode_to_vec();
        let remembered = Remembered { request_id: request_id.clone(), fingerprint, response: answer_bytes };
        let new = NewAnalysis { run: opened.run, analysis, findings, answer: remembered };
        let verdict = self.store.keep_analysis(new).await?;
        Ok(replay(verdict, &request_id)?.unwrap_or(answer))
    }

    fn analysis_of(&self, opened: &Opened, asked: &Asked, findings: &Findings) -> Analysis {
        Analysis {
            id: new_id("uncertainty"),
            assessment: opened.assessment.id.clone(),
            seed: asked.seed,
            draws: asked.draws,
            sobol_rows: asked.sobol_log2.map_or(0, |log2| 1 << log2),
            factors: findings.factors.clone(),
            left_out: findings.left_out_factors.clone(),
            digest: findings.digest.clone(),
            created: self.now(),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// An analysis and its assessment, opened for reading.
    async fn open_analysis(&self, id: &str) -> Result<(StoredAnalysis, Opened), Error> {
        must_name(&[("analysis_id", id)])?;
        let found = self.store.analysis(id).await?.ok_or_else(|| Error::NoAnalysis(id.to_owned()))?;
        let opened = self.open(found.analysis.assessment.as_str()).await?;
        Ok((found, opened))
    }

    /// The number of the newest analysis of an assessment, whoever made it.
    pub(super) async fn newest_analysis(&self, assessment: &str) -> Result<Option<i64>, Error> {
        Ok(self.store.newest_analysis(assessment).await?)
    }

    async fn get_analysis(
        &self,
        request: proto::GetUncertaintyAnalysisRequest,
    ) -> Result<proto::GetUncertaintyAnalysisResponse, Error> {
        must_name(&[("id", &request.id)])?;
        let found = self.store.analysis(&request.id).await?.ok_or(Error::NoAnalysis(request.id))?;
        Ok(proto::GetUncertaintyAnalysisResponse { analysis: Some(encode::analysis(&found.analysis)) })
    }

    async fn list_analyses(
        &self,
        request: proto::ListUncertaintyAnalysesRequest,
    ) -> Result<proto::ListUncertaintyAnalysesResponse, Error> {
        must_name(&[("assessment_id", &request.assessment_id)])?;
        let opened = self.open(&request.assessment_id).await?;
        let binding = format!("analyses {}", opened.assessment.id);
        let page = page::parse(request.page_size, &request.page_token, &binding, 100, 1_000)?;
        let before = page.after.as_deref().map(number).transpose()?;
        let mut rows = self.store.analyses(opened.run, before, page.limit_and_one()).await?;
        let next_page_token = page::cut(&mut rows, &page, &binding, |row| row.key.number.to_string());
        let analyses = rows.iter().map(|row| encode::analysis(&row.analysis)).collect();
        Ok(proto::ListUncertaintyAnalysesResponse { analyses, next_page_token })
    }

    async fn list_intervals(
        &self,
        request: proto::ListRankIntervalsRequest,
    ) -> Result<proto::ListRankIntervalsResponse, Error> {
        must_name(&[("analysis_id", &request.analysis_id), ("type", &request.r#type)])?;
        let (found, opened) = self.open_analysis(&request.analysis_id).await?;
        let at = (opened.type_at(&request.r#type)?, opened.node_at(&request.node)?);
        let binding = format!("rank intervals {} {at:?}", found.analysis.id);
        let page = page::parse(request.page_size, &request.page_token, &binding, 100, 1_000)?;
        let after = page.after.as_deref().map(interval_key).transpose()?;
        let query = IntervalQuery { at, after, limit: page.limit_and_one() };
        let mut rows = self.store.rank_intervals(found.key, &query).await?;
        let next_page_token =
            page::cut(&mut rows, &page, &binding, |row| format!("{}/{}", row.rank.unwrap_or(0), row.place));
        let intervals = rows.iter().map(|row| encode::ranked_interval(&found.analysis, row)).collect();
        Ok(proto::ListRankIntervalsResponse { intervals, next_page_token })
    }

    async fn list_groups_alike(
        &self,
        request: proto::ListIndistinguishableRequest,
    ) -> Result<proto::ListIndistinguishableResponse, Error> {
        must_name(&[("analysis_id", &request.analysis_id), ("type", &request.r#type)])?;
        let (found, opened) = self.open_analysis(&request.analysis_id).await?;
        let at = (opened.type_at(&request.r#type)?, opened.node_at(&request.node)?);
        let binding = format!("indistinguishable {} {at:?}", found.analysis.id);
        let page = page::parse(request.page_size, &request.page_token, &binding, 100, 1_000)?;
        let after: u64 = page.after.as_deref().map(number).transpose()?.unwrap_or(0);
        let mut rows = self.store.tiers(found.key, at, after, page.limit_and_one()).await?;
        let next_page_token = page::cut(&mut rows, &page, &binding, |row| row.tier.to_string());
        let groups = rows.into_iter().map(encode::group).collect();
        Ok(proto::ListIndistinguishableResponse { groups, next_page_token })
    }

    async fn sensitivity_of(
        &self,
        request: proto::GetSensitivityRequest,
    ) -> Result<proto::GetSensitivityResponse, Error> {
        let (found, opened) = self.open_analysis(&request.analysis_id).await?;
        let rows = self.store.sensitivity(found.key).await?;
        Ok(proto::GetSensitivityResponse {
            types: encode::sensitivity(opened.plan(), &found.analysis, &rows),
        })
    }

    async fn list_left_out(
        &self,
        request: proto::ListLeaveOneOutRequest,
    ) -> Result<proto::ListLeaveOneOutResponse, Error> {
        let (found, opened) = self.open_analysis(&request.analysis_id).await?;
        let types = &opened.plan().types;
        let type_at = match request.r#type.as_str() {
            // A catalog without a rule set has one type of this name; then all together are the same.
            "" | "ALL" => types.len(),
            UNCLASSIFIED => return Err(opened.no_type(UNCLASSIFIED)),
            name => opened.type_at(name)?,
        };
        let binding = format!("leave one out {} {type_at}", found.analysis.id);
        let page = page::parse(request.page_size, &request.page_token, &binding, 1_000, 1_000)?;
        let after = page.after.as_deref().map(number).transpose()?;
        let mut rows = self.store.left_out(found.key, type_at, after, page.limit_and_one()).await?;
        let next_page_token = page::cut(&mut rows, &page, &binding, |row| row.item_at.to_string());
        let items = rows.into_iter().map(|row| encode::left_out(&opened.catalog, row)).collect();
        Ok(proto::ListLeaveOneOutResponse { items, next_page_token })
    }

    /// Puts what the newest analysis says beside the places of a page of one ranking that have a rank.
    pub(super) async fn put_intervals_beside(
        &self,
        opened: &Opened,
        node_at: usize,
        places: &mut [proto::RankedPlace],
    ) -> Result<(), Error> {
        let is_ranked = |place: &proto::RankedPlace| place.score.as_ref().is_some_and(|it| it.rank.is_some());
        let id = |place: &proto::RankedPlace| PlaceId::new(place.place_id.as_str());
        let ranked: Vec<PlaceId> = places.iter().filter(|place| is_ranked(place)).map(id).collect();
        let found = self.store.beside_places(opened.run, node_at, &ranked).await?;
        for place in places {
            place.interval = found.get(&id(place)).map(encode::beside);
        }
        Ok(())
    }

    /// The same beside the nodes of one place.
    pub(super) async fn put_intervals_beside_nodes(
        &self,
        opened: &Opened,
        place: &PlaceId,
        scores: &mut [proto::NodeScore],
    ) -> Result<(), Error> {
        for (node_at, beside) in self.store.beside_place(opened.run, place).await? {
            if let Some(score) = scores.get_mut(node_at) {
                score.interval = Some(encode::beside(&beside));
            }
        }
        Ok(())
    }
}

/// The request under the name of its method; see `decisions.rs`.
fn named(request: &proto::AnalyseUncertaintyRequest) -> prost_types::Any {
    prost_types::Any { type_url: "analyse uncertainty".to_owned(), value: request.encode_to_vec() }
}

fn read_asked(request: &proto::AnalyseUncertaintyRequest) -> Result<(RequestId, Asked), InvalidRequest> {
    let mut faults = Violations::new();
    let request_id = faults.keep(RequestId::parse(&request.request_id));
    faults.required_text("assessment_id", &request.assessment_id);
    let draws = request.draws.unwrap_or(DRAWS);
    if !(FEWEST_DRAWS..=MOST_DRAWS).contains(&draws) {
        faults.keep::<()>(Err(Violation::new(
            "draws",
            format!("须为 {FEWEST_DRAWS} 至 {MOST_DRAWS}"),
            format!("must be {FEWEST_DRAWS} to {MOST_DRAWS}"),
        )));
    }
    let rows = request.sobol_rows;
    if rows != 0 && !(rows.is_power_of_two() && rows <= MOST_SOBOL_ROWS) {
        faults.keep::<()>(Err(Violation::new(
            "sobol_rows",
            format!("须为 0 或不超过 {MOST_SOBOL_ROWS} 的 2 的幂"),
            format!("must be 0 or a power of two up to {MOST_SOBOL_ROWS}"),
        )));
    }
    let factors = match Factor::parse_all(request.factors.iter().map(String::as_str)) {
        Ok(factors) => (!factors.is_empty()).then_some(factors),
        Err(wrong) => {
            for fault in wrong {
                faults.keep::<()>(Err(factor_violation(&fault)));
            }
            None
        }
    };
    match request_id {
        Some(request_id) if faults.is_empty() => {
            let sobol_log2 = (rows != 0).then(|| rows.trailing_zeros());
            Ok((request_id, Asked { seed: request.seed, draws, factors, sobol_log2 }))
        }
        _ => Err(faults.into_result().err().unwrap_or_else(convert::no_fault_found)),
    }
}

fn factor_violation(fault: &FactorFault) -> Violation {
    let zh = match fault.reason {
        FactorReason::Kind => "因素须为 sample、weights、extension、aggregation、missing 之一",
        FactorReason::Choice => "该因素没有这个选项",
        FactorReason::Number => "不是数，或超出范围",
        FactorReason::Twice => "同一因素出现两次",
    };
    Violation::new("factors", format!("“{}”：{zh}", fault.text), fault.to_string())
}

fn refused(refusal: Refusal, opened: &Opened) -> Error {
    match refusal {
        Refusal::NotReproduced => Error::NotReproduced(opened.assessment.id.clone()),
        Refusal::TooManyDraws { most, .. } => Violation::new(
            "draws",
            format!("地点和节点太多，此测评至多 {most} 次"),
            format!("has too many places and nodes for so many: at most {most} for this assessment"),
        )
        .into(),
        Refusal::Library(error) => Error::Uncertainty(error),
    }
}

fn replay(
    verdict: Verdict,
    request_id: &RequestId,
) -> Result<Option<proto::AnalyseUncertaintyResponse>, Error> {
    let answer = verdict.into_replay(request_id)?;
    Ok(answer.map(|bytes| proto::AnalyseUncertaintyResponse::decode(bytes.as_slice())).transpose()?)
}

fn number<T: std::str::FromStr>(key: &str) -> Result<T, Violation> {
    key.parse().map_err(|_| convert::bad_key())
}

/// `rank/place`; the place may hold any character, so it comes last.
fn interval_key(key: &str) -> Result<(u64, PlaceId), Violation> {
    let (rank, place) = key.split_once('/').ok_or_else(convert::bad_key)?;
    Ok((number(rank)?, PlaceId::new(place)))
}

#[tonic::async_trait]
impl UncertaintyService for Scoring {
    async fn analyse_uncertainty(
        &self,
        request: Request<proto::AnalyseUncertaintyRequest>,
    ) -> Result<Response<proto::AnalyseUncertaintyResponse>, Status> {
        self.analyse(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_uncertainty_analysis(
        &self,
        request: Request<proto::GetUncertaintyAnalysisRequest>,
    ) -> Result<Response<proto::GetUncertaintyAnalysisResponse>, Status> {
        self.get_analysis(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_uncertainty_analyses(
        &self,
        request: Request<proto::ListUncertaintyAnalysesRequest>,
    ) -> Result<Response<proto::ListUncertaintyAnalysesResponse>, Status> {
        self.list_analyses(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_rank_intervals(
        &self,
        request: Request<proto::ListRankIntervalsRequest>,
    ) -> Result<Response<proto::ListRankIntervalsResponse>, Status> {
        self.list_intervals(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_indistinguishable(
        &self,
        request: Request<proto::ListIndistinguishableRequest>,
    ) -> Result<Response<proto::ListIndistinguishableResponse>, Status> {
        self.list_groups_alike(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_sensitivity(
        &self,
        request: Request<proto::GetSensitivityRequest>,
    ) -> Result<Response<proto::GetSensitivityResponse>, Status> {
        self.sensitivity_of(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_leave_one_out(
        &self,
        request: Request<proto::ListLeaveOneOutRequest>,
    ) -> Result<Response<proto::ListLeaveOneOutResponse>, Status> {
        self.list_left_out(request.into_inner()).await.map(Response::new).map_err(refuse)
    }
}
