//! The door of warnings: scan, list, get, decide, record.

use prost::Message as _;
use tonic::{Request, Response, Status};
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_contracts::scoring::v1::warning_service_server::WarningService;
use xiuhua_service_kit::page;
use xiuhua_service_kit::request_id::{RequestId, fingerprint};
use xiuhua_service_kit::status::{Violation, Violations, refuse};

use super::decisions::{AUTHOR_CHARS, REASON_CHARS, text};
use super::{Scoring, must_name};
use crate::convert;
use crate::domain::decision::Decision;
use crate::domain::warning::{State, Warning};
use crate::error::Error;
use crate::store::{Decided, WarningFilter, WarningRuling};

impl Scoring {
    async fn list_of_warnings(
        &self,
        request: proto::ListWarningsRequest,
    ) -> Result<proto::ListWarningsResponse, Error> {
        let mut faults = Violations::new();
        let state = faults.keep(convert::state_asked(request.state)).flatten();
        let level = faults.keep(convert::warning_level_asked(request.level)).flatten();
        if !request.month.is_empty() {
            faults.keep(convert::month("month", &request.month));
        }
        faults.into_result()?;
        let asked = convert::listing(&request);
        let binding = format!("warnings {asked:?} {state:?} {level:?}");
        let page = page::parse(request.page_size, &request.page_token, &binding, 100, 1_000)?;
        let before = page.after.as_deref().map(|key| key.parse().map_err(|_| convert::bad_key()));
        let [catalog_id, month, place, town_code, leaf] = asked;
        let before = before.transpose()?;
        let limit = page.limit_and_one();
        let filter = WarningFilter { catalog_id, month, place, town_code, leaf, state, level, before, limit };
        let mut rows = self.store.warnings(&filter).await?;
        let next_page_token = page::cut(&mut rows, &page, &binding, |row| row.number.to_string());
        Ok(proto::ListWarningsResponse {
            warnings: rows.iter().map(convert::warning).collect(),
            next_page_token,
        })
    }

    async fn one_warning(
        &self,
        request: proto::GetWarningRequest,
    ) -> Result<proto::GetWarningResponse, Error> {
        must_name(&[("id", &request.id)])?;
        let warning = self.store.warning(&request.id).await?.ok_or(Error::NoWarning(request.id))?;
        Ok(proto::GetWarningResponse { warning: Some(convert::warning(&warning)) })
    }

    /// Keeps a decision and its answer. A request sent again gets the first answer, whatever has happened since.
    async fn decide_about_warning(
        &self,
        request: proto::DecideWarningRequest,
    ) -> Result<proto::DecideWarningResponse, Error> {
        let mut faults = Violations::new();
        let request_id = faults.keep(RequestId::parse(&request.request_id));
        faults.required_text("id", &request.id);
        let state = faults.keep(next_state(request.state));
        let author = faults.keep(text("author", &request.author, AUTHOR_CHARS));
        let reason = faults.keep(text("reason", &request.reason, REASON_CHARS));
        let (Some(request_id), Some(state), Some(author), Some(reason)) = (request_id, state, author, reason)
        else {
            return Err(faults.into_result().err().unwrap_or_else(convert::no_fault_found).into());
        };
        faults.into_result()?;
        let answer = |warning: &Warning| {
            proto::DecideWarningResponse { warning: Some(convert::warning(warning)) }.encode_to_vec()
        };
        let ruling = WarningRuling {
            id: request.id.clone(),
            state,
            decision: Decision { author, reason, time: self.now() },
            request_id: request_id.clone(),
            fingerprint: fingerprint(&named("decide warning", &request)),
            answer,
        };
        let bytes = match self.store.decide_warning(ruling).await? {
            Decided::Kept(bytes) => bytes,
            Decided::Before(before) => before.into_replay(&request_id)?.unwrap_or_default(),
            Decided::NoWarning => return Err(Error::NoWarning(request.id)),
            Decided::Unfit(is) => {
                return Err(Error::WarningState { id: request.id, state: is.word(), next: state.word() });
            }
        };
        Ok(proto::DecideWarningResponse::decode(bytes.as_slice())?)
    }

    async fn record_of_warnings(
        &self,
        request: proto::GetWarningRecordRequest,
    ) -> Result<proto::GetWarningRecordResponse, Error> {
        must_name(&[("catalog_id", &request.catalog_id)])?;
        let tallies = self.store.tallies(&request.catalog_id).await?;
        let tallies = tallies.iter().map(|((by, leaf), tally)| convert::tally(*by, leaf, tally)).collect();
        Ok(proto::GetWarningRecordResponse { tallies })
    }
}

/// A request under the name of its method, as a request id is one for all of them.
pub(super) fn named(name: &str, request: &impl prost::Message) -> prost_types::Any {
    prost_types::Any { type_url: name.to_owned(), value: request.encode_to_vec() }
}

fn next_state(number: i32) -> Result<State, Violation> {
    let due = || {
        Violation::new(
            "state",
            "须为 ACKNOWLEDGED、HANDLED 或 FALSE_ALARM",
            "must be ACKNOWLEDGED, HANDLED or FALSE_ALARM",
        )
    };
    convert::state_asked(number)?.filter(|state| *state != State::New).ok_or_else(due)
}

#[tonic::async_trait]
impl WarningService for Scoring {
    async fn scan_warnings(
        &self,
        request: Request<proto::ScanWarningsRequest>,
    ) -> Result<Response<proto::ScanWarningsResponse>, Status> {
        self.scan(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_warnings(
        &self,
        request: Request<proto::ListWarningsRequest>,
    ) -> Result<Response<proto::ListWarningsResponse>, Status> {
        self.list_of_warnings(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_warning(
        &self,
        request: Request<proto::GetWarningRequest>,
    ) -> Result<Response<proto::GetWarningResponse>, Status> {
        self.one_warning(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn decide_warning(
        &self,
        request: Request<proto::DecideWarningRequest>,
    ) -> Result<Response<proto::DecideWarningResponse>, Status> {
        self.decide_about_warning(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_warning_record(
        &self,
        request: Request<proto::GetWarningRecordRequest>,
    ) -> Result<Response<proto::GetWarningRecordResponse>, Status> {
        self.record_of_warnings(request.into_inner()).await.map(Response::new).map_err(refuse)
    }
}
