//! What an export is (导出说明): which part of which assessment, made of what, written when and by whom.

use serde_json::{Value, json};
use xiuhua_contracts::scoring::v1::Assessment;
use xiuhua_service_kit::clock::{Clock, SystemClock};

use crate::json::run_state;
use crate::reading::{Standing, clock};
use crate::results::Part;

/// Lines of what, in Chinese and English, and its text.
pub(super) struct Account {
    lines: Vec<Line>,
    filters: Value,
}

/// One line.
pub(super) struct Line {
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) text: String,
}

impl Account {
    /// Of a part of an assessment, written now.
    pub(super) fn of(run: &Assessment, part: &Part, standing: &Standing) -> Self {
        let town = part.town.as_ref().map(|(code, _)| code.clone());
        let filters = json!({ "town": town, "type": part.place_type });
        let all = || "全部 / all".to_owned();
        let or_none = |text: &str| if text.is_empty() { "无 / none".to_owned() } else { text.to_owned() };
        // Who is signed in on this machine, as it says itself.
        let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        let line = |zh, en, text: String| Line { zh, en, text };
        let mut lines = vec![
            line("街镇", "town", town.unwrap_or_else(all)),
            line("类型", "type", part.place_type.clone().unwrap_or_else(all)),
            line("测评", "assessment", run.id.clone()),
            line("状态", "state", run_state(run).to_owned()),
            line("期次", "period", run.period.clone()),
            line("基期", "base periods", run.base_periods.join(", ")),
            line("目录", "catalog", format!("{}@{}", run.catalog_id, run.catalog_version)),
            line("目录哈希", "catalog hash", run.catalog_hash.clone()),
            line("规则集", "rule set", or_none(&rule_set(run))),
            line("规则集哈希", "rule set hash", or_none(&run.rule_set_hash)),
            line("分类", "classification", run.classification_id.clone()),
            line("阈值集", "threshold set", run.threshold_set_id.clone()),
            line("数据位置", "as of position", run.as_of_position.to_string()),
            line("数据截至", "data as of", standing.time_text()),
            line("导出时间", "written", clock(SystemClock.now())),
            line("导出人", "by", or_none(&user.unwrap_or_default())),
            line("摘要", "digest", run.digest.clone()),
            line("程序版本", "code version", run.code_version.clone()),
        ];
        lines.extend(remarks(run, standing));
        Self { lines, filters }
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// What was left out, for machines: `null` for nothing.
    pub(super) fn filters(&self) -> &Value {
        &self.filters
    }

    /// The whole for machines.
    pub(super) fn json(&self) -> Value {
        let lines = self.lines.iter();
        let lines: Vec<_> = lines
            .map(|line| json!({ "what": { "zh": line.zh, "en": line.en }, "text": line.text }))
            .collect();
        json!({ "filters": self.filters, "account": lines })
    }
}

fn rule_set(run: &Assessment) -> String {
    if run.rule_set_id.is_empty() {
        String::new()
    } else {
        format!("{}@{}", run.rule_set_id, run.rule_set_version)
    }
}

/// Units, and what to keep in mind.
fn remarks(run: &Assessment, standing: &Standing) -> Vec<Line> {
    let scale = run.scale;
    let text = |zh, en, text: String| Line { zh, en, text };
    let mut lines = vec![
        text("得分单位", "unit of scores", format!("0–{scale}，越高越好 / 0–{scale}, more is better")),
        text("覆盖率、户数占比", "coverage, household share", "0–1".to_owned()),
        text("百分位", "percentile", "0–100，同类型内 / 0–100, within the type".to_owned()),
        text("指标值单位", "unit of values", "见目录 / as the catalog says".to_owned()),
        text(
            "备注",
            "remark",
            "空白为缺失，不是 0；不插补。名次只在同一类型内有效；ALL 混合了不同类型的阈值，不参与排名。 / Empty is missing, \
             never 0; nothing is imputed. Ranks hold within a type; ALL mixes goalposts and is never ranked."
                .to_owned(),
        ),
    ];
    if standing.is_provisional {
        let provisional = "期次尚未结束，结果为暂定 / the period is not over: results are provisional";
        lines.push(text("备注", "remark", provisional.to_owned()));
    }
    lines
}
