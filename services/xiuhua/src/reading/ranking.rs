//! `xiuhua rank`: the best of a type, its last ten, and who rose and fell most since an earlier period.

use std::collections::VecDeque;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use xiuhua_contracts::scoring::v1::{Assessment, Growth, ListGrowthRequest, ListRankingRequest, RankedPlace};

use super::course::Courses;
use super::nodes::{bar_cells, change_cell, coverage_cell, legend, quarter_cell};
use super::standing::Standing;
use super::{find_run, history};
use crate::cli::RankArgs;
use crate::json;
use crate::names::Names;
use crate::platform::Platform;
use crate::screen::{Screen, Shown, count, marks, numbers, score, told, words};
use crate::uncertainty::{interval_cell, top_tenth_cell};

/// Last places, and greatest falls, that a ranking shows of itself.
const LAST: u32 = 10;
/// Places whose course over earlier periods is read: one call a place and period.
const COURSES: usize = 40;

/// `xiuhua rank`.
///
/// # Errors
/// If the ranking cannot be read, or changes are asked for and nothing earlier can be compared with.
pub(crate) async fn rank(platform: &Platform, arguments: &RankArgs, screen: &mut Screen) -> Result<()> {
    let run = find_run(platform, &arguments.run).await?;
    let earlier = match &arguments.since {
        Some(id) => vec![history::by_id(platform, id).await?],
        None => history::before(platform, &run).await?,
    };
    let names = Names::read(platform, &run).await?;
    let standing = Standing::read(platform, &run).await?;
    // Everything that may fail comes before the first line.
    let (kind, node) = (&names.type_id(&run, &arguments.place_type)?, names.node_code(&arguments.node)?);
    let moved = moved(platform, &run, earlier.last(), (&node, kind), arguments).await?;
    let (places, scored) =
        run.types.iter().find(|t| &t.r#type == kind).map_or((0, 0), |t| (t.places, t.scored));
    let ranked = if node == names.root { scored } else { ranked(platform, &run, &node, kind).await? };
    let (type_name, node_name) = (names.place_type(kind, screen), names.item(&node, screen));
    standing.show(&run, screen)?;
    screen.heading(
        &format!("{type_name} · {node} {node_name}：{places} 个小区，{ranked} 个参与排名"),
        &format!("{type_name} · {node} {node_name}: {places} places, {ranked} of them ranked"),
    )?;
    let mut document = json!({
        "assessment": json::assessment(&run),
        "as_of": standing.json(&run),
        "node": node,
        "type": kind,
        "previous_run": earlier.last().map(|previous| &previous.id),
    });
    if arguments.falls || arguments.rises {
        if let Some(moved) = &moved {
            if arguments.rises {
                moved.show_rises(screen)?;
                document["rises"] = growths(moved.rises.iter());
            } else {
                moved.show_falls(screen)?;
                document["falls"] = growths(moved.falls());
            }
        }
        return screen.json(&document);
    }

    let list = async |reverse, page_size| -> Result<Vec<RankedPlace>> {
        let request = ListRankingRequest {
            assessment_id: run.id.clone(),
            node: node.clone(),
            r#type: kind.clone(),
            town_code: arguments.town.clone(),
            reverse,
            page_size,
            page_token: String::new(),
        };
        Ok(platform.scoring().list_ranking(request).await?.into_inner().places)
    };
    let found = list(arguments.reverse, arguments.top.clamp(1, 1000)).await?;
    let found = with_courses(platform, &earlier, found).await?;
    show_places(&found, &node, run.scale, screen)?;
    document["places"] = found.iter().map(|ranked| ranked.json(&node)).collect();
    if !arguments.reverse {
        let mut last = list(true, LAST.min(arguments.top.max(1))).await?;
        last.retain(|place| found.iter().all(|ranked| ranked.place.place_id != place.place_id));
        let last = with_courses(platform, &earlier, last).await?;
        if !last.is_empty() {
            screen.heading("末位（最低在前）", "the last, worst first")?;
            show_places(&last, &node, run.scale, screen)?;
        }
        document["last"] = last.iter().map(|ranked| ranked.json(&node)).collect();
        if let Some(moved) = moved {
            moved.show_falls(screen)?;
            document["falls"] = growths(moved.falls());
        }
    }
    legend(screen)?;
    screen.json(&document)
}

/// Who moved most, where it is asked for or shown beside a ranking.
///
/// # Errors
/// If it is asked for and there is nothing earlier to compare with.
async fn moved(
    platform: &Platform,
    run: &Assessment,
    previous: Option<&Assessment>,
    (node, place_type): (&str, &str),
    arguments: &RankArgs,
) -> Result<Option<Moved>> {
    let is_asked = arguments.falls || arguments.rises;
    let top = if is_asked { arguments.top.clamp(1, 1000) } else { LAST.min(arguments.top.max(1)) };
    match previous {
        Some(previous) if is_asked || (!arguments.reverse && arguments.town.is_empty()) => {
            Ok(Some(Moved::read(platform, run, previous, node, place_type, top as usize).await?))
        }
        None if is_asked => bail!(told(
            format!("没有使用阈值集 {0} 的更早期次，请先用 --thresholds {0} 测评", run.threshold_set_id),
            format!(
                "no earlier period is assessed under threshold set {0}: assess one with --thresholds {0}",
                run.threshold_set_id
            ),
        )),
        _ => Ok(None),
    }
}

/// How many places of a type are ranked at a node; of the root an assessment says it itself.
async fn ranked(platform: &Platform, run: &Assessment, node: &str, place_type: &str) -> Result<u64> {
    let mut request = ListRankingRequest {
        assessment_id: run.id.clone(),
        node: node.to_owned(),
        r#type: place_type.to_owned(),
        page_size: 1000,
        ..ListRankingRequest::default()
    };
    let mut found = 0;
    loop {
        let page = platform.scoring().list_ranking(request.clone()).await?.into_inner();
        found += page.places.len() as u64;
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}

/// A place of a ranking and its course, where it was read.
struct Ranked {
    place: RankedPlace,
    courses: Option<Courses>,
}

impl Ranked {
    fn json(&self, node: &str) -> Value {
        let mut place = json::ranked(&self.place);
        if let Some(courses) = &self.courses {
            let now = self.place.score.as_ref().and_then(|score| score.score);
            place["change_points"] = json!(Courses::change(&courses.of(node, now)));
            place["course"] = courses.json(node);
        }
        place
    }
}

async fn with_courses(
    platform: &Platform,
    earlier: &[Assessment],
    places: Vec<RankedPlace>,
) -> Result<Vec<Ranked>> {
    let is_read = !earlier.is_empty() && places.len() <= COURSES;
    let mut found = Vec::with_capacity(places.len());
    for place in places {
        let courses = if is_read {
            Some(Courses::read(platform, earlier, &place.place_id, &place.r#type).await?)
        } else {
            None
        };
        found.push(Ranked { place, courses });
    }
    Ok(found)
}

/// Prints places of a ranking.
///
/// # Errors
/// If standard output is gone.
pub(crate) fn show_ranking(places: &[RankedPlace], scale: f64, screen: &mut Screen) -> Result<()> {
    let places: Vec<_> = places.iter().map(|place| Ranked { place: place.clone(), courses: None }).collect();
    show_places(&places, "", scale, screen)
}

fn show_places(places: &[Ranked], node: &str, scale: f64, screen: &mut Screen) -> Result<()> {
    let mut columns = vec![
        numbers("名次", "rank"),
        marks("编号", "place"),
        words("小区", "name"),
        words("街镇", "town").spare(4),
        numbers("得分", "score"),
        marks("", "").spare(2),
        numbers("百分位", "percentile").spare(1),
        marks("位段", "quarter").spare(6),
        numbers("覆盖率", "coverage"),
    ];
    let has_intervals = places.iter().any(|ranked| ranked.place.interval.is_some());
    if has_intervals {
        columns.insert(1, numbers("九成区间", "9 in 10"));
        columns.push(numbers("前十分之一", "top tenth").spare(5));
    }
    let has_courses = places.iter().any(|ranked| ranked.courses.is_some());
    if has_courses {
        columns.extend([numbers("较上期", "change"), marks("走势", "course").spare(3)]);
    }
    let cells = bar_cells(screen);
    let row = |ranked: &Ranked| {
        let place = &ranked.place;
        let found = place.score.clone().unwrap_or_default();
        let bar = found.score.map(|score| screen.bar(score / scale, cells)).unwrap_or_default();
        let mut row: Vec<Shown> = vec![
            count(found.rank).into(),
            place.place_id.as_str().into(),
            place.place_name.as_str().into(),
            place.town_name.as_str().into(),
            score(found.score).into(),
            bar.into(),
            score(found.percentile).into(),
            quarter_cell(found.percentile, screen),
            coverage_cell(found.coverage_ratio, screen),
        ];
        if has_intervals {
            // What has no rank has none to doubt, though some draws rank it.
            let interval = found.rank.and(place.interval.as_ref());
            row.insert(1, interval_cell(interval, screen).into());
            row.push(top_tenth_cell(interval).into());
        }
        if let Some(courses) = &ranked.courses {
            let course = courses.of(node, found.score);
            row.extend([change_cell(Courses::change(&course)), screen.spark(&course).into()]);
        }
        row
    };
    let rows = places.iter().map(row).collect();
    screen.shown(&columns, rows)
}

/// Who moved most between two assessments under one threshold set.
struct Moved {
    previous: Assessment,
    /// Greatest rise first.
    rises: Vec<Growth>,
    /// Greatest fall last.
    falls: VecDeque<Growth>,
}

impl Moved {
    /// Reads the `top` greatest rises and falls of a type at a node; rises only rise and falls only fall.
    async fn read(
        platform: &Platform,
        run: &Assessment,
        previous: &Assessment,
        node: &str,
        place_type: &str,
        top: usize,
    ) -> Result<Self> {
        if previous.id == run.id {
            bail!(told("测评与自身没有变化", "an assessment does not differ from itself"));
        }
        let (mut rises, mut falls) = (Vec::new(), VecDeque::new());
        let mut request = ListGrowthRequest {
            assessment_id: run.id.clone(),
            previous_assessment_id: previous.id.clone(),
            node: node.to_owned(),
            r#type: place_type.to_owned(),
            page_size: 1000,
            page_token: String::new(),
        };
        loop {
            let page = platform.scoring().list_growth(request.clone()).await?.into_inner();
            for growth in page.growths {
                if growth.growth_points < 0.0 {
                    if falls.len() == top {
                        falls.pop_front();
                    }
                    falls.push_back(growth);
                } else if growth.growth_points > 0.0 && rises.len() < top {
                    rises.push(growth);
                }
            }
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        Ok(Self { previous: previous.clone(), rises, falls })
    }

    fn falls(&self) -> impl Iterator<Item = &Growth> {
        self.falls.iter().rev()
    }

    fn show_falls(&self, screen: &mut Screen) -> Result<()> {
        let period = &self.previous.period;
        screen.heading(&format!("降幅最大（较 {period}）"), &format!("greatest falls since {period}"))?;
        show_growths(self.falls(), screen)
    }

    fn show_rises(&self, screen: &mut Screen) -> Result<()> {
        let period = &self.previous.period;
        screen.heading(&format!("升幅最大（较 {period}）"), &format!("greatest rises since {period}"))?;
        show_growths(self.rises.iter(), screen)
    }
}

fn show_growths<'a>(growths: impl Iterator<Item = &'a Growth>, screen: &mut Screen) -> Result<()> {
    let columns = [
        marks("编号", "place"),
        words("小区", "name"),
        numbers("上期", "before"),
        numbers("本期", "now"),
        numbers("变化", "change"),
    ];
    let row = |growth: &Growth| {
        vec![
            growth.place_id.as_str().into(),
            growth.place_name.as_str().into(),
            score(Some(growth.previous_score)).into(),
            score(Some(growth.score)).into(),
            change_cell(Some(growth.growth_points)),
        ]
    };
    let rows: Vec<_> = growths.map(row).collect();
    if rows.is_empty() {
        return screen.say("没有。\n", "none.\n");
    }
    screen.shown(&columns, rows)
}

fn growths<'a>(growths: impl Iterator<Item = &'a Growth>) -> Value {
    growths
        .map(|growth| {
            json!({
                "place_id": growth.place_id,
                "name": growth.place_name,
                "node": growth.node,
                "previous_score": growth.previous_score,
                "score": growth.score,
                "growth_points": growth.growth_points,
            })
        })
        .collect()
}
