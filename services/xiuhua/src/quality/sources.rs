//! Sources that fall silent or send other amounts than usual.

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Value, json};
use tonic::Code;
use xiuhua_contracts::ingestion::v1::{ListSourceActivityRequest, SourceActivity};
use xiuhua_service_kit::clock::{Clock, SystemClock};

use crate::json::rfc3339;
use crate::platform::Platform;
use crate::reading::clock;
use crate::screen::{ABSENT, Paint, Screen, Shown, count, marks, numbers, value, words};

/// Usual intervals of silence after which a source is late.
const LATE: f64 = 2.0;
/// Times the usual rows, or parts of them, that are unusual.
const UNUSUAL: f64 = 10.0;

/// What was heard from every source; `None` where the platform does not keep it.
pub(super) struct Sources(Option<Vec<Source>>);

struct Source {
    activity: SourceActivity,
    is_late: bool,
    is_unusual: bool,
}

impl Sources {
    /// Reads what was heard from every source.
    ///
    /// # Errors
    /// If ingestion cannot be read.
    pub(super) async fn read(platform: &Platform) -> Result<Self> {
        let now = SystemClock.now();
        let mut found = Vec::new();
        let mut request = ListSourceActivityRequest { page_size: 1000, page_token: String::new() };
        loop {
            let page = match platform.ingestion().list_source_activity(request.clone()).await {
                Ok(page) => page.into_inner(),
                // An older platform than this command.
                Err(status) if status.code() == Code::Unimplemented => return Ok(Self(None)),
                Err(status) => return Err(status.into()),
            };
            found.extend(page.sources.into_iter().map(|activity| Source {
                is_late: is_late(&activity, now),
                is_unusual: is_unusual(&activity),
                activity,
            }));
            if page.next_page_token.is_empty() {
                return Ok(Self(Some(found)));
            }
            request.page_token = page.next_page_token;
        }
    }

    /// Prints them.
    ///
    /// # Errors
    /// If standard output is gone.
    pub(super) fn show(&self, screen: &mut Screen) -> Result<()> {
        screen.heading("来源", "sources")?;
        let Some(sources) = &self.0 else {
            return screen
                .say("未知：平台版本较旧，没有记录。\n", "unknown: the platform is older and keeps none.\n");
        };
        let columns = [
            marks("来源", "source"),
            words("名称", "name").spare(1),
            words("状态", "state"),
            marks("上次来数", "last heard"),
            numbers("上次行数", "last rows").spare(4),
            numbers("通常行数", "usual rows").spare(3),
            numbers("通常间隔（天）", "usual interval, days").spare(2),
            words("最新期次", "newest period"),
        ];
        let row = |source: &Source| {
            let activity = &source.activity;
            let of = activity.source.clone().unwrap_or_default();
            let last = activity.last_received_time.as_ref();
            let last = last.and_then(|time| Timestamp::new(time.seconds, time.nanos).ok());
            let days = activity.usual_interval_s.map(|seconds| seconds / 86_400.0);
            let row: Vec<Shown> = vec![
                of.id.as_str().into(),
                screen.text(of.name.as_ref()).into(),
                source.state(screen),
                last.map_or_else(|| ABSENT.to_owned(), clock).into(),
                count(Some(activity.last_rows)).into(),
                value(activity.usual_rows).into(),
                value(days).into(),
                activity.newest_period.as_str().into(),
            ];
            row
        };
        let rows = sources.iter().map(row).collect();
        screen.shown(&columns, rows)
    }

    pub(super) fn json(&self) -> Value {
        let Some(sources) = &self.0 else { return Value::Null };
        let each = sources.iter();
        each.map(|source| {
            let activity = &source.activity;
            json!({
                "source_id": activity.source.as_ref().map(|source| &source.id),
                "deliveries": activity.deliveries,
                "last_received_time": activity.last_received_time.as_ref().map(rfc3339),
                "last_rows": activity.last_rows,
                "usual_rows": activity.usual_rows,
                "usual_interval_s": activity.usual_interval_s,
                "newest_period": activity.newest_period,
                "late": source.is_late,
                "unusual": source.is_unusual,
            })
        })
        .collect()
    }
}

impl Source {
    fn state(&self, screen: &Screen) -> Shown {
        let (zh, en) = match (self.is_late, self.is_unusual) {
            (true, true) => ("迟报，行数异常", "late, unusual"),
            (true, false) => ("迟报", "late"),
            (false, true) => ("行数异常", "unusual"),
            (false, false) => return screen.choose("正常", "as usual").into(),
        };
        Shown::painted(screen.choose(zh, en), Some(Paint::Doubtful))
    }
}

/// Silent for longer than twice its usual interval; unknown intervals make nobody late.
fn is_late(activity: &SourceActivity, now: Timestamp) -> bool {
    let last = activity.last_received_time.as_ref();
    let last = last.and_then(|time| Timestamp::new(time.seconds, time.nanos).ok());
    let (Some(last), Some(usual)) = (last, activity.usual_interval_s) else { return false };
    now.duration_since(last).as_secs_f64() > LATE * usual
}

/// Ten times the usual rows or more, or a tenth or less.
fn is_unusual(activity: &SourceActivity) -> bool {
    let last = crate::screen::real(activity.last_rows);
    activity.usual_rows.is_some_and(|usual| last >= UNUSUAL * usual || last * UNUSUAL <= usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_late_after_twice_its_usual_interval() {
        let heard = |interval| SourceActivity {
            last_received_time: Some(prost_types::Timestamp { seconds: 1000, nanos: 0 }),
            usual_interval_s: interval,
            ..SourceActivity::default()
        };
        let at = |second| Timestamp::new(second, 0).unwrap();
        assert!(!is_late(&heard(Some(100.0)), at(1200)));
        assert!(is_late(&heard(Some(100.0)), at(1201)));
        assert!(!is_late(&heard(None), at(1_000_000)), "nobody knows what is usual");
        assert!(!is_late(&SourceActivity::default(), at(5)), "it never sent anything");
    }

    #[test]
    fn a_volume_is_unusual_from_ten_times_and_down_to_a_tenth() {
        let sent =
            |rows, usual| SourceActivity { last_rows: rows, usual_rows: usual, ..SourceActivity::default() };
        for (rows, usual, unusual) in
            [(1000, 100.0, true), (999, 100.0, false), (10, 100.0, true), (11, 100.0, false), (0, 5.0, true)]
        {
            assert_eq!(is_unusual(&sent(rows, Some(usual))), unusual, "{rows} of {usual}");
        }
        assert!(!is_unusual(&sent(5, None)));
    }
}
