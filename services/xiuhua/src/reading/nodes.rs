//! Scores of nodes as tables: bars, ranks, quarters of the type (位段), coverage, the course over earlier periods.

use anyhow::Result;
use xiuhua_contracts::scoring::v1::NodeScore;

use super::course::Courses;
use crate::names::Names;
use crate::screen::{Paint, Screen, Shown, count, marks, numbers, percent, points, score, words};
use crate::uncertainty::interval_cell;

/// Coverage below which a score is marked.
pub(crate) const LOW_COVERAGE: f64 = 0.8;

/// A quarter of a type by percentile: `top`, `middle` or `bottom`.
pub(crate) fn quarter(percentile: Option<f64>) -> Option<&'static str> {
    percentile.map(|percentile| match percentile {
        p if p >= 75.0 => "top",
        p if p < 25.0 => "bottom",
        _ => "middle",
    })
}

/// A quarter in words and its colour.
pub(crate) fn quarter_cell(percentile: Option<f64>, screen: &Screen) -> Shown {
    let (zh, en, paint) = match quarter(percentile) {
        Some("top") => ("前四分之一", "top quarter", Some(Paint::Good)),
        Some("bottom") => ("后四分之一", "bottom quarter", Some(Paint::Bad)),
        Some(_) => ("中间", "middle", None),
        None => ("", "", None),
    };
    Shown::painted(screen.choose(zh, en), paint)
}

/// A coverage, marked where it is low.
pub(crate) fn coverage_cell(ratio: f64, screen: &Screen) -> Shown {
    if ratio < LOW_COVERAGE {
        let text = format!("{} {}", screen.choose("低", "low"), percent(ratio));
        return Shown::painted(text, Some(Paint::Doubtful));
    }
    percent(ratio).into()
}

/// A change, coloured by its sign.
pub(crate) fn change_cell(change: Option<f64>) -> Shown {
    let paint = match change {
        Some(change) if change >= 0.005 => Some(Paint::Good),
        Some(change) if change <= -0.005 => Some(Paint::Bad),
        _ => None,
    };
    Shown::painted(points(change), paint)
}

/// Cells of a bar: fewer where the terminal is narrow.
pub(crate) fn bar_cells(screen: &Screen) -> u32 {
    if screen.is_narrow() { 5 } else { 10 }
}

/// What the words of the tables mean.
///
/// # Errors
/// If standard output is gone.
pub(crate) fn legend(screen: &mut Screen) -> Result<()> {
    let low = percent(LOW_COVERAGE);
    screen.say(
        &format!("位段按同类型百分位：≥75 前四分之一，<25 后四分之一。覆盖率低于 {low} 标“低”。\n"),
        &format!(
            "quarter: percentile within the type, from 75 top, below 25 bottom. Coverage below {low} is marked low.\n"
        ),
    )
}

/// Prints the nodes of one place; with changes and courses where there are earlier assessments to compare with.
///
/// # Errors
/// If standard output is gone.
pub(crate) fn show_nodes<'a>(
    nodes: impl Iterator<Item = &'a NodeScore>,
    scale: f64,
    courses: Option<&Courses>,
    names: &Names,
    screen: &mut Screen,
) -> Result<()> {
    let mut columns = vec![
        marks("指标", "node"),
        words("名称", "name"),
        numbers("得分", "score"),
        marks("", "").spare(3),
        numbers("名次", "rank"),
        numbers("百分位", "percentile").spare(1),
        marks("位段", "quarter").spare(3),
        numbers("覆盖率", "coverage"),
    ];
    let nodes: Vec<_> = nodes.collect();
    let has_intervals = nodes.iter().any(|node| node.interval.is_some());
    if has_intervals {
        columns.insert(5, numbers("九成区间", "9 in 10"));
    }
    if courses.is_some() {
        columns.extend([numbers("较上期", "change"), marks("走势", "course").spare(2)]);
    }
    let any_absent = nodes.iter().any(|node| !node.absence_reason.is_empty());
    if any_absent {
        columns.push(words("无分原因", "absent because"));
    }
    let cells = bar_cells(screen);
    let row = |node: &NodeScore| {
        let bar = node.score.map(|score| screen.bar(score / scale, cells));
        let mut row = vec![
            node.node.clone().into(),
            names.item(&node.node, screen).into(),
            score(node.score).into(),
            bar.unwrap_or_default().into(),
            count(node.rank).into(),
            score(node.percentile).into(),
            quarter_cell(node.percentile, screen),
            coverage_cell(node.coverage_ratio, screen),
        ];
        if has_intervals {
            // What has no rank has none to doubt, though some draws rank it.
            row.insert(5, interval_cell(node.rank.and(node.interval.as_ref()), screen).into());
        }
        if let Some(courses) = courses {
            let course = courses.of(&node.node, node.score);
            row.extend([change_cell(Courses::change(&course)), screen.spark(&course).into()]);
        }
        if any_absent {
            row.push(absence(&node.absence_reason, screen).into());
        }
        row
    };
    let rows = nodes.into_iter().map(row).collect();
    screen.shown(&columns, rows)
}

/// Why there is no score, in words.
pub(crate) fn absence(reason: &str, screen: &Screen) -> String {
    let (zh, en) = match reason {
        "" => ("", ""),
        "LOW_COVERAGE" => ("数据覆盖不足", "too little observed"),
        "ZERO_REFUSED" => ("均值不接受零值", "the mean refuses a zero"),
        "NOTHING_IN_USE" => ("没有可用指标", "no indicator in use"),
        "UNCLASSIFIED" => ("未分类", "unclassified"),
        other => (other, other),
    };
    screen.choose(zh, en).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_of_the_percentile_alone() {
        let quarters = [100.0, 75.0, 74.9, 25.0, 24.9, 0.0].map(|p| quarter(Some(p)).unwrap());
        assert_eq!(quarters, ["top", "top", "middle", "middle", "bottom", "bottom"]);
        assert_eq!(quarter(None), None);
    }
}
