//! `xiuhua peers`: the places most like one, how near they are and in what, and who of them does better.

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_contracts::scoring::v1::{FindPeersRequest, FindPeersResponse, Lesson, PeerPlace, Teacher};

use crate::cli::PeersArgs;
use crate::json;
use crate::names::Names;
use crate::platform::Platform;
use crate::reading::find_run;
use crate::screen::{Screen, count, marks, numbers, score, value, words};

/// Peers that are named for a weakness.
const NAMED: usize = 5;

/// `xiuhua peers`.
///
/// # Errors
/// If scoring cannot be read, or does not know the place or the code.
pub(crate) async fn peers(platform: &Platform, arguments: &PeersArgs, screen: &mut Screen) -> Result<()> {
    let run = find_run(platform, &arguments.run).await?;
    let names = Names::read(platform, &run).await?;
    let request = FindPeersRequest {
        assessment_id: run.id.clone(),
        place_id: arguments.place.clone(),
        code: arguments.node.clone(),
        count: arguments.count,
        within: arguments.within,
        features: arguments.features.clone(),
    };
    let found = platform.learning().find_peers(request).await?.into_inner();
    let kind = names.place_type(&found.r#type, screen);
    screen.heading(&format!("{}  {kind}", arguments.place), &format!("{}  {kind}", arguments.place))?;
    show_measures(&found, screen)?;
    show_peers(&found, screen)?;
    screen.heading("向谁学", "whom to learn from")?;
    show_lessons(&found, usize::MAX, NAMED, screen)?;
    screen.json(&json!({
        "assessment": json::assessment(&run),
        "place_id": arguments.place,
        "type": found.r#type,
        "others": found.others,
        "comparable": found.comparable,
        "features": found.features.iter().map(|feature| json!({
            "feature": feature.feature,
            "value": feature.value,
            "scale": feature.scale,
            "places": feature.places,
        })).collect::<Vec<_>>(),
        "labels": found.labels.iter().map(|label| json!({
            "label": label.label, "degree": label.degree,
        })).collect::<Vec<_>>(),
        "peers": peers_json(&found),
        "lessons": lessons_json(&found),
    }))
}

/// What places were compared by.
fn show_measures(found: &FindPeersResponse, screen: &mut Screen) -> Result<()> {
    let features = found.features.iter().map(|feature| {
        let scale = value(feature.scale);
        format!("{} {} (±{scale})", feature.feature, value(feature.value))
    });
    let features = features.collect::<Vec<_>>().join(", ");
    let labels = found.labels.iter().map(|label| format!("{} {}", label.label, value(Some(label.degree))));
    let labels = labels.collect::<Vec<_>>().join(", ");
    screen.say(&format!("体征：{features}"), &format!("features: {features}"))?;
    screen.say(&format!("标签：{labels}"), &format!("labels: {labels}"))?;
    screen.say(
        &format!(
            "同类型另有 {} 个小区，{} 个可比；距离 0 为处处相同，1 为处处不同（± 是算作完全不同的差距）。\n",
            found.others, found.comparable
        ),
        &format!(
            "{} other places of the type, {} comparable; distance 0 is alike in everything, 1 in nothing (± is the difference \
             that counts as entirely different).\n",
            found.others, found.comparable
        ),
    )
}

fn show_peers(found: &FindPeersResponse, screen: &mut Screen) -> Result<()> {
    if found.peers.is_empty() {
        return screen.say("没有可比的小区。\n", "no comparable place.\n");
    }
    let columns = [
        marks("编号", "place"),
        words("小区", "name"),
        words("街镇", "town").spare(1),
        numbers("距离", "distance"),
        numbers("共同体征", "features").spare(2),
        numbers("得分", "score"),
        numbers("名次", "rank"),
    ];
    let row = |peer: &PeerPlace| {
        vec![
            peer.place_id.clone(),
            peer.place_name.clone(),
            peer.town_name.clone(),
            score(Some(peer.distance)),
            peer.features_compared.to_string(),
            score(peer.score),
            count(peer.rank),
        ]
    };
    let rows = found.peers.iter().map(row).collect();
    screen.table(&columns, rows)
}

/// Prints weaknesses with the peers that do better there.
///
/// # Errors
/// If standard output is gone.
pub(super) fn show_lessons(
    found: &FindPeersResponse,
    top: usize,
    named: usize,
    screen: &mut Screen,
) -> Result<()> {
    if found.lessons.is_empty() {
        return screen.say("没有弱项可学。\n", "no weakness to learn about.\n");
    }
    let columns = [
        marks("指标", "code"),
        words("名称", "name"),
        numbers("本小区", "here"),
        numbers("同类中位", "median").spare(1),
        marks("相近小区", "near place"),
        words("", "").spare(2),
        numbers("距离", "distance"),
        numbers("它有", "has"),
    ];
    let mut rows = Vec::new();
    let mut alone = Vec::new();
    for lesson in found.lessons.iter().take(top) {
        if lesson.teachers.is_empty() {
            alone.push(lesson.code.as_str());
        }
        for (at, teacher) in lesson.teachers.iter().take(named).enumerate() {
            let once = |text: String| if at == 0 { text } else { String::new() };
            rows.push(vec![
                once(lesson.code.clone()),
                once(screen.text(lesson.name.as_ref())),
                once(value(lesson.value)),
                once(value(lesson.median)),
                teacher.place_id.clone(),
                teacher.place_name.clone(),
                score(Some(teacher.distance)),
                value(Some(teacher.value)),
            ]);
        }
    }
    if !rows.is_empty() {
        screen.table(&columns, rows)?;
    }
    if !alone.is_empty() {
        let alone = alone.join(", ");
        screen.say(
            &format!("相近小区中没有做得更好的：{alone}（可放宽 --count 或 --within）。\n"),
            &format!("no near place does better: {alone} (more of them: --count, --within).\n"),
        )?;
    }
    Ok(())
}

pub(super) fn peers_json(found: &FindPeersResponse) -> Vec<Value> {
    let peer = |peer: &PeerPlace| {
        json!({
            "place_id": peer.place_id,
            "name": peer.place_name,
            "town_code": peer.town_code,
            "town": peer.town_name,
            "committee": peer.committee,
            "distance": peer.distance,
            "features_compared": peer.features_compared,
            "score": peer.score,
            "rank": peer.rank,
            "features": peer.features.iter().map(|feature| feature.value).collect::<Vec<_>>(),
        })
    };
    found.peers.iter().map(peer).collect()
}

pub(super) fn lessons_json(found: &FindPeersResponse) -> Vec<Value> {
    let teacher = |teacher: &Teacher| {
        json!({
            "place_id": teacher.place_id,
            "name": teacher.place_name,
            "distance": teacher.distance,
            "value": teacher.value,
            "advantage": teacher.advantage,
        })
    };
    let lesson = |lesson: &Lesson| {
        json!({
            "code": lesson.code,
            "unit": lesson.unit,
            "value": lesson.value,
            "median": lesson.median,
            "loss_points": lesson.loss_points,
            "peers_known": lesson.peers_known,
            "teachers": lesson.teachers.iter().map(teacher).collect::<Vec<_>>(),
        })
    };
    found.lessons.iter().map(lesson).collect()
}
