//! How far a result may be trusted, said above it: as of when (数据截至), how complete, by which assessment, and whether
//! its period is over.

use anyhow::Result;
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use xiuhua_contracts::ingestion::v1::ListBatchesRequest;
use xiuhua_contracts::scoring::v1::Assessment;

use crate::assessing::position;
use crate::json::{rfc3339, run_state};
use crate::names::UNCLASSIFIED;
use crate::platform::Platform;
use crate::screen::{ABSENT, Screen, percent, share};

/// Deliveries looked through for the one at a position, in pages of 1,000.
const PAGES: usize = 10;
/// Hours that the district's clock is before UTC.
const HOURS_EAST: i8 = 8;

/// What an assessment was computed from.
pub(crate) struct Standing {
    /// When the record reached the position it read.
    time: Option<Timestamp>,
    /// Its period was not over then.
    pub(crate) is_provisional: bool,
    /// Deliveries and withdrawals since.
    newer: u64,
    classified: u64,
    scored: u64,
}

impl Standing {
    /// How an assessment stands.
    ///
    /// # Errors
    /// If ingestion cannot be read.
    pub(crate) async fn read(platform: &Platform, run: &Assessment) -> Result<Self> {
        let time = reached(platform, run.as_of_position).await?;
        let known = time.or_else(|| instant(run.created_time.as_ref()?));
        let end = end_of(&run.period);
        let types = || run.types.iter().filter(|t| t.r#type != UNCLASSIFIED);
        let newest = position(platform, None).await?;
        Ok(Self {
            time,
            newer: newest.saturating_sub(run.as_of_position),
            is_provisional: run.provisional || known.zip(end).is_some_and(|(known, end)| known < end),
            classified: types().map(|t| t.places).sum(),
            scored: types().map(|t| t.scored).sum(),
        })
    }

    /// Prints it.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(crate) fn show(&self, run: &Assessment, screen: &mut Screen) -> Result<()> {
        let (scored, classified) = (self.scored, self.classified);
        let time = self.time_text();
        let complete = share(scored, classified).map_or_else(|| ABSENT.to_owned(), percent);
        let position = run.as_of_position;
        screen.say(
            &format!(
                "数据截至 {time}（位置 {position}），完整度 {complete}（{classified} 个已分类小区中 {scored} 个有总分）"
            ),
            &format!(
                "data as of {time} (position {position}), completeness {complete} ({scored} of {classified} classified \
                 places have a total)"
            ),
        )?;
        let (zh, en) = match run_state(run) {
            "PUBLISHED" => ("已发布", "published"),
            "WITHDRAWN" => ("已撤回", "withdrawn"),
            _ => ("未发布", "not published"),
        };
        let (id, catalog, version, period) = (&run.id, &run.catalog_id, &run.catalog_version, &run.period);
        let waits = self.is_provisional;
        let (zh_end, en_end) = if run.provisional {
            (
                "（暂定：年度未结束，为最近十二个月）",
                " (provisional: the last twelve months of a year that is not over)",
            )
        } else if waits {
            ("（暂定：期次未结束）", " (provisional: not over)")
        } else {
            ("", "")
        };
        screen.say(
            &format!("期次 {period}{zh_end}，目录 {catalog}@{version}，测评 {id}（{zh}）\n"),
            &format!("period {period}{en_end}, catalog {catalog}@{version}, assessment {id} ({en})\n"),
        )?;
        let newer = self.newer;
        if newer > 0 {
            screen.warn(
                &format!("注意：数据不是最新的，此后又有 {newer} 次入库或撤回，以下结果均未包含。\n"),
                &format!("note: the data are not the newest: {newer} deliveries or withdrawals since are not in here.\n"),
            )?;
        }
        Ok(())
    }

    /// When the record reached the position it read, by the clock of the district.
    pub(crate) fn time_text(&self) -> String {
        self.time.map_or_else(|| ABSENT.to_owned(), clock)
    }

    /// The same for machines.
    pub(crate) fn json(&self, run: &Assessment) -> Value {
        json!({
            "position": run.as_of_position,
            "time": self.time.map(|time| time.to_string()),
            "computed_time": run.finished_time.as_ref().map(rfc3339),
            "provisional": self.is_provisional,
            "newer_positions": self.newer,
            "classified": self.classified,
            "scored": self.scored,
            "completeness_ratio": share(self.scored, self.classified),
        })
    }
}

/// When the record reached a position: its batch was sealed or withdrawn then. `None` for the empty record, and where so
/// much came since that it is not worth the search.
async fn reached(platform: &Platform, position: u64) -> Result<Option<Timestamp>> {
    let mut page_token = String::new();
    for _ in 0..PAGES {
        let request = ListBatchesRequest { page_size: 1000, page_token };
        let page = platform.ingestion().list_batches(request).await?.into_inner();
        for batch in &page.batches {
            if batch.position == Some(position) {
                return Ok(batch.sealed_time.as_ref().and_then(instant));
            }
            if let Some(withdrawal) = batch.withdrawal.as_ref().filter(|w| w.position == position) {
                return Ok(withdrawal.time.as_ref().and_then(instant));
            }
        }
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    Ok(None)
}

fn instant(time: &prost_types::Timestamp) -> Option<Timestamp> {
    Timestamp::new(time.seconds, time.nanos).ok()
}

/// An instant of the contracts by the clock of the district.
pub(crate) fn moment(time: &prost_types::Timestamp) -> Option<String> {
    instant(time).map(clock)
}

/// An instant by the clock of the district.
pub(crate) fn clock(time: Timestamp) -> String {
    let offset = Offset::constant(HOURS_EAST);
    format!("{} +{HOURS_EAST:02}:00", offset.to_datetime(time).strftime("%Y-%m-%d %H:%M"))
}

/// The instant at which a period is over; `None` for what is no period.
fn end_of(period: &str) -> Option<Timestamp> {
    let number = |text: &str| text.parse::<i16>().ok();
    let mut parts = period.splitn(3, '-');
    let year = number(parts.next()?)?;
    let month = parts.next().map(|text| text.parse::<i8>());
    let day = parts.next().map(|text| text.parse::<i8>());
    let length = match (month.is_some(), day.is_some()) {
        (false, _) => 1.year(),
        (true, false) => 1.month(),
        (true, true) => 1.day(),
    };
    let first = Date::new(year, month.unwrap_or(Ok(1)).ok()?, day.unwrap_or(Ok(1)).ok()?).ok()?;
    let end = first.checked_add(length).ok()?.to_datetime(jiff::civil::Time::midnight());
    Offset::constant(HOURS_EAST).to_timestamp(end).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_over_when_the_district_wakes_to_the_next() {
        let end = |period| end_of(period).map(|end| end.to_string()).unwrap_or_default();
        assert_eq!(end("2021"), "2021-12-31T16:00:00Z");
        assert_eq!(end("2024-02"), "2024-02-29T16:00:00Z");
        assert_eq!(end("2024-02-28"), "2024-02-28T16:00:00Z");
        for wrong in ["", "2021-13", "2021-02-30", "x"] {
            assert_eq!(end(wrong), "", "{wrong}");
        }
    }

    #[test]
    fn instants_are_told_by_the_clock_of_the_district() {
        assert_eq!(clock("2026-02-28T16:05:00Z".parse().unwrap()), "2026-03-01 00:05 +08:00");
    }
}
