//! `xiuhua sample`: the sample district as files, and which of its months are made to get worse.

use anyhow::Result;
use serde_json::json;

use crate::cli::SampleArgs;
use crate::sample;
use crate::screen::{Screen, marks, numbers};

/// Writes the files and says what they hold.
///
/// # Errors
/// If a file cannot be written.
pub(crate) fn write(arguments: &SampleArgs, screen: &mut Screen) -> Result<()> {
    let written = sample::write(&arguments.out, arguments.seed)?;
    let (places, observations) = (written.expected.places.read, written.expected.observations.read);
    let dir = arguments.out.display();
    screen.say(
        &format!("已写入 {dir}：{places} 行小区，{observations} 行观测"),
        &format!("wrote {dir}: {places} rows of places, {observations} rows of observations"),
    )?;
    if !arguments.months {
        return screen.json(&json!({ "places": places, "observations": observations }));
    }
    let written = sample::write_months(&arguments.out, arguments.seed)?;
    let (rows, steps) = (written.rows, written.steps);
    screen.say(
        &format!("{} 行月度观测；其中 {} 个序列在 2021 年变差并持续：", rows, steps.len()),
        &format!("{rows} rows of months; {} of their series get worse in 2021 and stay so:", steps.len()),
    )?;
    let columns = [
        marks("小区", "place"),
        marks("指标", "leaf"),
        marks("自", "since"),
        numbers("为原水平的倍数", "times the level before"),
    ];
    let row = |step: &sample::Step| {
        vec![step.place_id.clone(), step.leaf.to_owned(), step.month.clone(), format!("{:.1}", step.factor)]
    };
    screen.table(&columns, steps.iter().map(row).collect())?;
    let step = |step: &sample::Step| json!({ "place_id": step.place_id, "leaf": step.leaf, "month": step.month, "factor": step.factor });
    screen.json(&json!({
        "places": places,
        "observations": observations,
        "months": rows,
        "steps": steps.iter().map(step).collect::<Vec<_>>(),
    }))
}
