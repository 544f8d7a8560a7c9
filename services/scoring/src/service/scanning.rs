//! One scan: read the months, look at every series off the async threads, ask for the statements behind what is new,
//! judge what is older, keep all of it at once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use prost::Message as _;
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::detection::HISTORY_MONTHS;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::rolling::Step;
use xiuhua_indicators::treatment::Treatment;
use xiuhua_service_kit::ids::new_id;
use xiuhua_service_kit::request_id::{RequestId, Verdict, compare, fingerprint};

use super::warnings::named;
use super::{Opened, Scoring};
use crate::convert;
use crate::domain::id::PlaceId;
use crate::domain::period::Period;
use crate::domain::scanning::{Ends, MOST_FOUND, Scan, Scanned, Series};
use crate::domain::warning::{Found, JUDGED_MONTHS, Outcome, Statement, Warning, judge};
use crate::error::Error;
use crate::store::{Kept, NewWarnings};
use crate::upstream::ValueKey;

/// Months before and after a warning in which another of the same place and leaf is the same one.
const SAME_WITHIN_MONTHS: u32 = 6;
/// Months whose statements are shown.
const MONTHS_SHOWN: usize = 3;
/// Statements shown.
const STATEMENTS_SHOWN: usize = 20;
/// Warnings in an answer.
const WARNINGS_ANSWERED: usize = 100;
/// Questions to ingestion at a time.
const QUESTIONS_AT_A_TIME: usize = 8;

impl Scoring {
    pub(super) async fn scan(
        &self,
        request: proto::ScanWarningsRequest,
    ) -> Result<proto::ScanWarningsResponse, Error> {
        let asked = convert::scan_asked(&request)?;
        let fingerprint = fingerprint(&named("scan warnings", &request));
        // Asked before anything else: a repeat gets its answer even where upstream is away by now.
        let before = compare(self.store.recall(&asked.request_id).await?, &fingerprint);
        if let Some(answer) = replay(before, &asked.request_id)? {
            return Ok(answer);
        }
        let opened = self.open(&asked.assessment_id).await?;
        let plan = opened.plan().clone();
        if !opened.catalog.measures.iter().any(|measure| measure.roll.is_some()) {
            return Err(Error::NothingRolls(plan.catalog.id));
        }
        // Nobody queues for the seat: those who wait would use up the calls in flight.
        let seat = self.scanning.free_seat().ok_or(Error::Scanning)?;
        let as_of_position = self.upstream.position(asked.as_of_position).await?;
        let mut months = asked.month.window_before(u32::try_from(HISTORY_MONTHS).unwrap_or(u32::MAX));
        months.push(asked.month.clone());
        let series = self.upstream.series(&plan, &opened.outline(), months, as_of_position).await?;
        let places = self.upstream.known_places(&series.axis, as_of_position).await?;
        let ends = self.ends(&opened).await?;
        let outcomes = self.outcomes(&plan.catalog.id, &asked.month, &series, &opened.catalog).await?;

        let catalog = Arc::clone(&opened.catalog);
        let alarms = asked.expected_false_alarms;
        let work = move || {
            let scan = Scan {
                catalog: &catalog,
                series: &series,
                places: &places,
                ends: &ends,
                expected_false_alarms: alarms,
            };
            scan.run()
        };
        let (mut scanned, _seat) = seat.compute(work).await?;
        let found_all = scanned.found.len() as u64;
        let near = near(&asked.month);
        let known = self.store.warned(&plan.catalog.id, &near.0, &near.1).await?;
        let found = std::mem::take(&mut scanned.found);
        let found = self.with_statements(&opened.catalog, found, &known, as_of_position).await?;

        let answer = move |added: &[Warning], judged: u64| {
            answer(&scanned, found_all, judged, added, as_of_position).encode_to_vec()
        };
        let new = NewWarnings {
            catalog: plan.catalog,
            assessment: opened.assessment.id,
            as_of_position,
            now: self.now(),
            found,
            near,
            outcomes,
            request_id: asked.request_id.clone(),
            fingerprint,
            answer: Box::new(answer),
        };
        match self.store.keep_warnings(new).await? {
            Kept::Now(bytes) => Ok(proto::ScanWarningsResponse::decode(bytes.as_slice())?),
            // Two calls with one id at once: the record told the second what it said to the first.
            Kept::Before(verdict) => Ok(replay(verdict, &asked.request_id)?.unwrap_or_default()),
        }
    }

    /// Thresholds and medians of the assessment, by type and leaf position.
    async fn ends(&self, opened: &Opened) -> Result<HashMap<(String, usize), Ends>, Error> {
        let rows = self.store.thresholds(opened.run, None, i64::MAX).await?;
        let end = |row: &crate::store::ThresholdUsed| {
            let goalposts = row.threshold.goalposts()?;
            // A logarithm bends what lies between the ends, so that a median cannot be led back along a line.
            let is_straight = !matches!(goalposts.treatment(), Treatment::Logarithm(_));
            let median_z = row.median_z.filter(|_| is_straight);
            let ends = Ends { lower: goalposts.lower(), upper: goalposts.upper(), median_z };
            Some(((opened.plan().type_name(row.type_at).to_owned(), row.leaf_at), ends))
        };
        Ok(rows.iter().filter_map(end).collect())
    }

    /// What the months say of warnings that have waited for them.
    async fn outcomes(
        &self,
        catalog_id: &str,
        month: &Period,
        series: &Series,
        catalog: &Catalog,
    ) -> Result<Vec<(i64, Outcome)>, Error> {
        let judged_up_to = month.window_before(JUDGED_MONTHS);
        // What is older than the series can be judged no more, and is not read for ever.
        let Some((first, last)) = series.months.first().zip(judged_up_to.first()) else {
            return Ok(Vec::new());
        };
        let outline = Outline::of(catalog);
        let waiting = self.store.unjudged(catalog_id, first, last).await?;
        let outcome = |warning: &crate::store::Unjudged| {
            let place = series.axis.binary_search(&warning.place).ok()?;
            let at = series.months.iter().position(|month| *month == warning.month)?;
            let months = series.leaves.get(&outline.leaf_of_code(&warning.leaf)?)?;
            let outcome = judge(
                warning.detector,
                (warning.expected, warning.limit),
                warning.upward,
                &months[place][at + 1..],
            )?;
            Some((warning.number, outcome))
        };
        Ok(waiting.iter().filter_map(outcome).collect())
    }

    /// What is found and not on record, with an id and the statements of the months that contributed most.
    async fn with_statements(
        &self,
        catalog: &Catalog,
        found: Vec<Found>,
        known: &HashSet<(PlaceId, String)>,
        as_of_position: u64,
    ) -> Result<Vec<(String, Found)>, Error> {
        let fresh = found
            .into_iter()
            .filter(|found| !known.contains(&(found.place.clone(), found.leaf.clone())))
            .take(MOST_FOUND);
        let ask = async |mut found: Found| -> Result<(String, Found), Error> {
            found.shown.statements = self.statements(catalog, &found, as_of_position).await?;
            Ok((new_id("warning"), found))
        };
        stream::iter(fresh).map(ask).buffered(QUESTIONS_AT_A_TIME).try_collect().await
    }

    async fn statements(
        &self,
        catalog: &Catalog,
        found: &Found,
        as_of_position: u64,
    ) -> Result<Vec<Statement>, Error> {
        let measure_id = found.shown.measure_id.as_str();
        let roll = catalog.find_measure(measure_id).and_then(|measure| measure.roll);
        let months = found.shown.months.iter().take(MONTHS_SHOWN);
        let months: Vec<Period> = months.filter_map(|month| Period::parse(month).ok()).collect();
        let by_day = roll.is_some_and(|roll| roll.from == Step::Day);
        let periods = if by_day { months.iter().flat_map(Period::days).collect() } else { months };
        let mut statements = Vec::new();
        for period in &periods {
            let key = ValueKey { place: &found.place, measure_id, period, as_of_position };
            let revisions = self.upstream.observation_revisions(key, 1).await?;
            // The one in force comes first.
            statements.extend(revisions.into_iter().filter(|it| it.effective).map(|it| Statement {
                period: it.period,
                value: it.value,
                source_id: it.source_id,
                batch_id: it.batch_id,
                file_name: it.file_name,
                row: it.row,
            }));
        }
        if by_day {
            // Days in the order of how bad they are; ties in the order of time.
            statements.sort_by(|one, other| {
                let worse_first = other.value.total_cmp(&one.value);
                if found.upward { worse_first } else { worse_first.reverse() }
            });
        }
        statements.truncate(STATEMENTS_SHOWN);
        Ok(statements)
    }
}

/// First and last month of what counts as the same.
fn near(month: &Period) -> (Period, Period) {
    let before = month.window_before(SAME_WITHIN_MONTHS - 1);
    let after = month.months_after(SAME_WITHIN_MONTHS - 1);
    let end = |periods: Option<&Period>| periods.unwrap_or(month).clone();
    (end(before.first()), end(after.last()))
}

fn answer(
    scanned: &Scanned,
    found: u64,
    judged: u64,
    added: &[Warning],
    as_of_position: u64,
) -> proto::ScanWarningsResponse {
    proto::ScanWarningsResponse {
        series: scanned.series,
        false_alarm_ratio: scanned.false_alarm_ratio,
        expected_false_alarms: scanned.expected_false_alarms,
        found,
        added: added.len() as u64,
        judged,
        warnings: added.iter().take(WARNINGS_ANSWERED).map(convert::warning).collect(),
        as_of_position,
    }
}

fn replay(verdict: Verdict, request_id: &RequestId) -> Result<Option<proto::ScanWarningsResponse>, Error> {
    let answer = verdict.into_replay(request_id)?;
    Ok(answer.map(|bytes| proto::ScanWarningsResponse::decode(bytes.as_slice())).transpose()?)
}
