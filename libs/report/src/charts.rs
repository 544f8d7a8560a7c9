//! Charts of a report, drawn to scale on one axis a chart.

use crate::colour::{DEEP, GROUND, INK, LEVEL, MUTED, OWN, PAPER, RULE};
use crate::document::Language;
use crate::drawing::{Anchor, Drawing};
use crate::facts::{Facts, Spread, TypeFacts};
use crate::figures::{count, score};

/// Width of every chart: the text's on a page.
const WIDTH: f64 = 495.0;

/// A stretch of scores mapped to a stretch of the sheet.
struct Axis {
    from: f64,
    to: f64,
    left: f64,
    width: f64,
}

impl Axis {
    /// Wide enough for the scores, between marks a tenth of the scale apart.
    fn around(scores: impl Iterator<Item = f64> + Clone, scale: f64, left: f64, width: f64) -> Self {
        let step = scale / 10.0;
        let lowest = scores.clone().fold(scale, f64::min);
        let highest = scores.fold(0.0, f64::max);
        let from = ((lowest / step).floor() * step).clamp(0.0, scale - step);
        let to = ((highest / step).ceil() * step).clamp(from + step, scale.max(from + step));
        Self { from, to, left, width }
    }

    fn x(&self, score: f64) -> f64 {
        self.left + ((score - self.from) / (self.to - self.from)).clamp(0.0, 1.0) * self.width
    }

    /// Its marks: every tenth of the scale.
    fn marks(&self, scale: f64) -> Vec<f64> {
        (0..=10)
            .map(|i| scale * f64::from(i) / 10.0)
            .filter(|m| *m >= self.from - 1e-9 && *m <= self.to + 1e-9)
            .collect()
    }
}

/// A mark of an axis as it is printed.
fn mark(value: f64, scale: f64) -> String {
    if scale > 10.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// The size at which a text is not wider than `width`, at most `size`. A chart knows no font: it takes Latin characters
/// for 0.6 and all others for 1 em wide, which is wider than they are.
fn fitting(text: &str, width: f64, size: f64) -> f64 {
    let ems: f64 = text.chars().map(|c| if c.is_ascii() { 0.6 } else { 1.0 }).sum();
    size.min(width / ems.max(1.0))
}

/// Distribution of the total by type: a histogram, and under it median and quartiles; a town's places as dots.
pub(crate) fn distribution(facts: &Facts, language: Language) -> Drawing {
    const LEFT: f64 = 112.0;
    const ROW: f64 = 58.0;
    const BARS: f64 = 30.0;
    let shown: Vec<&TypeFacts> = facts.types.iter().filter(|it| !it.scores.is_empty()).collect();
    let rows = f64::from(u16::try_from(shown.len()).unwrap_or(u16::MAX));
    let alt = language.choose("各类型总指数的分布", "distribution of the total by type");
    let mut sheet = Drawing::new(WIDTH, ROW * rows + 16.0, alt.to_owned());
    let scale = facts.run.scale;
    let scores = shown.iter().flat_map(|it| it.scores.iter().copied());
    let axis = Axis::around(scores, scale, LEFT, WIDTH - LEFT - 12.0);
    for at in axis.marks(scale) {
        sheet.line((axis.x(at), 4.0), (axis.x(at), ROW * rows), 0.5, RULE);
        sheet.text((axis.x(at), ROW * rows + 11.0), 7.5, Anchor::Middle, MUTED, &mark(at, scale));
    }
    for (row, it) in (0u16..).zip(&shown) {
        let top = f64::from(row) * ROW;
        let ground = top + 8.0 + BARS;
        let name = language.choose(&it.name.zh, &it.name.en);
        sheet.bold((0.0, top + 16.0), fitting(name, LEFT - 8.0, 9.5), Anchor::Start, INK, name);
        let Some(spread) = Spread::of(&it.scores) else { continue };
        let median = language.choose("中位数", "median");
        sheet.text(
            (0.0, top + 28.0),
            8.0,
            Anchor::Start,
            MUTED,
            &format!("{median} {}", score(spread.median)),
        );
        let (low, high) = (score(spread.lower), score(spread.upper));
        let quartiles = language.choose("四分位", "quartiles");
        sheet.text((0.0, top + 38.5), 8.0, Anchor::Start, MUTED, &format!("{quartiles} {low}–{high}"));
        let all = format!("n = {}", count(spread.count));
        let of = Spread::of(&it.own).map_or(all.clone(), |own| {
            format!("{all}，{} {}", language.choose("本街镇", "here"), count(own.count))
        });
        sheet.text((0.0, top + 49.0), 8.0, Anchor::Start, MUTED, &of);
        bars(&mut sheet, &it.scores, &axis, ground, BARS);
        sheet.line((axis.left, ground), (axis.left + axis.width, ground), 0.6, MUTED);
        let (a, b, middle) = (axis.x(spread.lower), axis.x(spread.upper), ground + 7.0);
        let ends =
            (it.scores.first().copied().unwrap_or_default(), it.scores.last().copied().unwrap_or_default());
        sheet.line((axis.x(ends.0), middle), (axis.x(ends.1), middle), 0.8, MUTED);
        sheet.rect((a, middle - 3.5), ((b - a).max(1.0), 7.0), DEEP);
        sheet.rect((axis.x(spread.median) - 1.0, middle - 3.5), (2.0, 7.0), PAPER);
        for own in &it.own {
            sheet.dot((axis.x(*own), ground - 3.0), 2.4, OWN);
        }
    }
    sheet
}

/// A histogram that stands on `ground`, its fullest bin `height` high.
fn bars(sheet: &mut Drawing, rising: &[f64], axis: &Axis, ground: f64, height: f64) {
    const BINS: u16 = 50;
    let width = (axis.to - axis.from) / f64::from(BINS);
    let edges = (0..BINS).map(|bin| axis.from + width * f64::from(bin));
    // The last bin holds what lies on its upper edge too.
    let below = |edge: f64| rising.partition_point(|score| *score < edge);
    let counts: Vec<usize> = edges
        .clone()
        .map(|edge| {
            let upper = edge + width;
            let end = if upper >= axis.to - width / 2.0 { rising.len() } else { below(upper) };
            end.saturating_sub(below(edge))
        })
        .collect();
    let fullest = counts.iter().copied().max().unwrap_or(1).max(1);
    for (edge, n) in edges.zip(counts).filter(|(_, n)| *n > 0) {
        #[expect(clippy::cast_precision_loss, reason = "a count of places")]
        let tall = height * n as f64 / fullest as f64;
        let (x, next) = (axis.x(edge), axis.x(edge + width));
        sheet.rect((x + 0.4, ground - tall), (next - x - 0.8, tall), LEVEL);
    }
}

/// The indices below the root by type: a bar from quartile to quartile with the median in it, a row an index.
pub(crate) fn indices(facts: &Facts, language: Language) -> Drawing {
    const LEFT: f64 = 122.0;
    const ROW: f64 = 22.0;
    const HEAD: f64 = 26.0;
    const GAP: f64 = 20.0;
    let shown: Vec<_> = facts.nodes.iter().enumerate().filter(|(_, node)| node.depth > 0).collect();
    let rows = f64::from(u16::try_from(shown.len()).unwrap_or(u16::MAX));
    let kinds = f64::from(u16::try_from(facts.types.len().max(1)).unwrap_or(u16::MAX));
    let alt =
        language.choose("各级指数按类型的四分位与中位数", "quartiles and medians of the indices by type");
    let mut sheet = Drawing::new(WIDTH, HEAD + ROW * rows + 4.0, alt.to_owned());
    let width = (WIDTH - LEFT - GAP * (kinds - 1.0)) / kinds;
    let scale = facts.run.scale;
    for (row, (_, node)) in (0u16..).zip(&shown) {
        let top = HEAD + f64::from(row) * ROW;
        if node.depth == 1 {
            sheet.rect((0.0, top), (WIDTH, ROW), GROUND);
        }
        let name = format!("{} {}", node.code, language.choose(&node.name.zh, &node.name.en));
        if node.depth == 1 {
            sheet.bold((4.0, top + 14.0), fitting(&name, LEFT - 8.0, 9.0), Anchor::Start, INK, &name);
        } else {
            sheet.text((14.0, top + 14.0), fitting(&name, LEFT - 18.0, 8.5), Anchor::Start, INK, &name);
        }
    }
    for (column, it) in (0u16..).zip(&facts.types) {
        let left = LEFT + f64::from(column) * (width + GAP);
        let axis = Axis { from: 0.0, to: scale, left, width };
        let name = language.choose(&it.name.zh, &it.name.en);
        sheet.bold((left + width / 2.0, 10.0), fitting(name, width, 9.0), Anchor::Middle, INK, name);
        for (at, anchor) in [(0.0, Anchor::Start), (scale / 2.0, Anchor::Middle), (scale, Anchor::End)] {
            sheet.text((axis.x(at), 22.0), 7.0, anchor, MUTED, &mark(at, scale));
            sheet.line((axis.x(at), HEAD), (axis.x(at), HEAD + ROW * rows), 0.5, RULE);
        }
        for (row, (i, _)) in (0u16..).zip(&shown) {
            let top = HEAD + f64::from(row) * ROW;
            let Some(node) = it.nodes.get(*i) else { continue };
            let Some(spread) = node.spread else {
                let none = language.choose("无分", "no score");
                sheet.text((left + width / 2.0, top + 14.0), 8.0, Anchor::Middle, MUTED, none);
                continue;
            };
            let (a, b, m) = (axis.x(spread.lower), axis.x(spread.upper), axis.x(spread.median));
            sheet.rect((a, top + 11.5), ((b - a).max(1.5), 6.0), LEVEL);
            sheet.rect((m - 1.0, top + 10.5), (2.0, 8.0), DEEP);
            let text = score(spread.median);
            let (at, anchor) = if m < left + 14.0 {
                (left, Anchor::Start)
            } else if m > left + width - 14.0 {
                (left + width, Anchor::End)
            } else {
                (m, Anchor::Middle)
            };
            sheet.text((at, top + 8.5), 7.5, anchor, INK, &text);
            if let Some(own) = node.mean.filter(|_| facts.town().is_some()) {
                sheet.dot((axis.x(own), top + 14.5), 2.8, OWN);
            }
        }
    }
    sheet
}
