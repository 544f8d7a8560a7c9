//! `[[evidence]]`: words of a feature and the type they speak for.

use std::collections::HashSet;

use xiuhua_checked_toml::{Fields, Placed};

use super::super::evidence::{FeatureRules, Reading, Speaks};
use super::super::fault::{FaultList, FaultReason};
use super::super::feature::{Feature, FeatureKind};
use super::super::rule_set::Named;
use super::super::terms::{fold, is_separator};
use super::{rows, type_index};

/// Most evidence rules of a rule set.
const RULES: usize = 1_000;
/// Most words of one rule.
const WORDS: usize = 1_000;

const KEYS: &[&str] = &["feature", "terms", "contains", "equals", "type", "not_residential"];

const READINGS: [(&str, Reading); 3] =
    [("terms", Reading::Terms), ("contains", Reading::Contains), ("equals", Reading::Equals)];

/// The rules of one feature while the text is being read.
struct Gathered {
    feature: Feature,
    reading: Reading,
    words: Vec<(String, Speaks)>,
    known: HashSet<String>,
}

/// The rules by feature, in the order in which the text first names each; `None` if one is at fault.
pub(super) fn read(
    root: &Fields<'_>,
    types: Option<&[Placed<Named>]>,
    faults: &mut FaultList<'_>,
) -> Option<Vec<FeatureRules>> {
    root.need("evidence", faults).value().readable()?;
    let mut gathered: Vec<Gathered> = Vec::new();
    let mut spoken_for = HashSet::new();
    let mut is_complete = true;
    for table in &rows(root, "evidence", RULES, KEYS, faults) {
        let feature = read_feature(table, faults);
        let words = read_words(table, faults);
        let speaks = read_speaks(table, types, faults);
        if let Some(Speaks::For(index)) = speaks {
            spoken_for.insert(index.0);
        }
        // Without a readable type the words are still checked against each other.
        let (Some(feature), Some((reading, words))) = (feature, words) else {
            is_complete = false;
            continue;
        };
        is_complete &= speaks.is_some();
        let rules = rules_of(&mut gathered, feature, reading, table, faults);
        add_words(rules, words, speaks.unwrap_or(Speaks::NotResidential), table, faults);
    }
    if is_complete {
        refuse_silent_types(types.unwrap_or_default(), &spoken_for, faults);
    }
    let rules =
        gathered.into_iter().map(|rules| FeatureRules::new(rules.feature, rules.reading, rules.words));
    is_complete.then(|| rules.collect())
}

fn read_feature(table: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<Feature> {
    let name = table.need("feature", faults).line(faults).readable()?;
    let feature = Feature::named(name.value);
    if feature.kind() == FeatureKind::Number {
        let zh = format!("`{}` 是数，不能按词读取", name.value);
        let en = format!("`{}` is a number and has no words", name.value);
        faults.add(name.at, FaultReason::WrongFeature, table.sub("feature"), zh, en);
        return None;
    }
    Some(feature)
}

/// The one list of words of a rule and how it is read.
fn read_words<'t>(table: &Fields<'t>, faults: &mut FaultList<'_>) -> Option<(Reading, Vec<Placed<&'t str>>)> {
    let mut given = READINGS.into_iter().filter(|(key, _)| table.has(key));
    let Some((key, reading)) = given.next() else {
        let (zh, en) = ("缺少 `terms`、`contains` 或 `equals`", "`terms`, `contains` or `equals` is missing");
        faults.add(table.at(), FaultReason::MissingKey, table.path(), zh, en);
        return None;
    };
    for (rival, _) in given {
        let (zh, en) = (format!("已有 `{key}`，不得再写 `{rival}`"), format!("`{key}` excludes `{rival}`"));
        let at = table.at_key(rival).unwrap_or(table.at());
        faults.add(at, FaultReason::Contradiction, table.sub(rival), zh, en);
    }
    Some((reading, table.get(key).lines(WORDS, faults).value()?))
}

fn read_speaks(
    table: &Fields<'_>,
    types: Option<&[Placed<Named>]>,
    faults: &mut FaultList<'_>,
) -> Option<Speaks> {
    if let Some(at) = table.at_key("not_residential") {
        let flag = table.get("not_residential");
        if !flag.flag(faults).value()? {
            return flag.wrong_kind(("`true`，或不写", "`true`, or absent"), faults);
        }
        if table.has("type") {
            let (zh, en) =
                ("`type` 与 `not_residential` 只能有一个", "`type` and `not_residential` exclude each other");
            faults.add(at, FaultReason::Contradiction, table.path(), zh, en);
            return None;
        }
        return Some(Speaks::NotResidential);
    }
    let id = table.need("type", faults).line(faults).readable()?;
    type_index(id, types, &table.sub("type"), faults).map(Speaks::For)
}

fn rules_of<'g>(
    gathered: &'g mut Vec<Gathered>,
    feature: Feature,
    reading: Reading,
    table: &Fields<'_>,
    faults: &mut FaultList<'_>,
) -> &'g mut Gathered {
    if let Some(position) = gathered.iter().position(|rules| rules.feature == feature) {
        let rules = &mut gathered[position];
        if rules.reading != reading {
            let name = feature.name();
            let zh = format!("`{name}` 在前面的规则中以另一种方式读取");
            let en = format!("`{name}` is read in another way by a rule above");
            faults.add(table.at(), FaultReason::ReadTwoWays, table.path(), zh, en);
        }
        return rules;
    }
    gathered.push(Gathered { feature, reading, words: Vec::new(), known: HashSet::new() });
    let last = gathered.len() - 1;
    &mut gathered[last]
}

fn add_words(
    rules: &mut Gathered,
    words: Vec<Placed<&str>>,
    speaks: Speaks,
    table: &Fields<'_>,
    faults: &mut FaultList<'_>,
) {
    for word in words {
        let folded = fold(word.value);
        if rules.reading != Reading::Equals && folded.contains(is_separator) {
            let zh = format!("“{}”含有分隔符，永远不会被识别", word.value);
            let en = format!("\"{}\" holds a separator and could never be found", word.value);
            faults.add(word.at, FaultReason::SeparatorInTerm, table.path(), zh, en);
        } else if rules.known.insert(folded.clone()) {
            rules.words.push((folded, speaks));
        } else {
            let zh = format!("“{}”对同一特征列了两次", word.value);
            let en = format!("\"{}\" is listed twice for one feature", word.value);
            faults.add(word.at, FaultReason::DuplicateTerm, table.path(), zh, en);
        }
    }
}

fn refuse_silent_types(types: &[Placed<Named>], spoken_for: &HashSet<usize>, faults: &mut FaultList<'_>) {
    for (_, placed) in types.iter().enumerate().filter(|(index, _)| !spoken_for.contains(index)) {
        let id = &placed.value.id;
        let (zh, en) =
            (format!("没有任何依据指向类型 `{id}`"), format!("no evidence speaks for the type `{id}`"));
        faults.add(placed.at, FaultReason::TypeWithoutEvidence, format!("type[{id}]"), zh, en);
    }
}
