//! What was done to a value before it was scored, in words: gaps filled (插补), outliers treated (离群值处理).

use xiuhua_contracts::scoring::v1::{Imputation, Treatment};

use crate::screen::{Screen, value};

/// What a value that nobody delivered was made of.
pub(crate) fn imputed(imputation: &Imputation, screen: &Screen) -> String {
    let at = |period: &str, found: Option<f64>| format!("{period} = {}", value(found));
    let earlier = at(&imputation.earlier_period, imputation.earlier_value);
    match imputation.method.as_str() {
        "GROUP_MEDIAN" => screen
            .choose(
                &format!("插补：同类 {} 个小区的中位数", imputation.places),
                &format!("imputed: median of {} places of the type", imputation.places),
            )
            .to_owned(),
        "LAST" => screen
            .choose(&format!("插补：末值 {earlier}"), &format!("imputed: last value, {earlier}"))
            .to_owned(),
        _ => {
            let later = at(&imputation.later_period, imputation.later_value);
            screen
                .choose(
                    &format!("插补：{earlier} 与 {later} 之间"),
                    &format!("imputed: between {earlier} and {later}"),
                )
                .to_owned()
        }
    }
}

/// How the outliers of an indicator are treated for a type.
pub(crate) fn treated(treatment: &Treatment, screen: &Screen) -> String {
    if treatment.kind != "WINSORISED" {
        let origin = value(treatment.origin);
        let (zh, en) = if treatment.kind == "LOGARITHM" {
            (format!("取对数 ln(x - {origin})"), format!("logarithm ln(x - {origin})"))
        } else {
            (format!("取对数 -ln({origin} - x)"), format!("logarithm -ln({origin} - x)"))
        };
        return screen.choose(&zh, &en).to_owned();
    }
    let ends = [("≥", treatment.lower, treatment.low_points), ("≤", treatment.upper, treatment.high_points)];
    let each = ends.into_iter().filter(|(_, limit, _)| limit.is_some());
    let texts: Vec<String> = each
        .map(|(sign, limit, points)| {
            let limit = value(limit);
            let (zh, en) = (
                format!("缩尾 {sign} {limit}（样本中 {points} 个）"),
                format!("winsorised {sign} {limit} ({points} in the sample)"),
            );
            screen.choose(&zh, &en).to_owned()
        })
        .collect();
    texts.join(", ")
}
