//! The facts in words: which sections a report has and what stands in them. Sentences are made of facts alone.

mod changes;
mod levels;
mod method;
mod opening;
mod pains;
mod quality;
mod structure;
mod towns;
mod uncertainty;

use std::collections::{HashMap, HashSet};

use crate::document::{Block, Document, Language};
use crate::facts::{FEWEST_PLACES_LISTED, Facts, Group, Name, Standing, TypeFacts};
use crate::figures::{count, percent};

/// Words a report.
#[must_use]
pub fn report(facts: &Facts, language: Language) -> Document {
    let words = Words { facts, language, repeated: repeated(facts) };
    let mut blocks: Vec<Block> = Vec::new();
    blocks.extend(opening::blocks(&words));
    blocks.extend(levels::blocks(&words));
    blocks.extend(towns::blocks(&words));
    blocks.extend(pains::blocks(&words));
    blocks.extend(changes::blocks(&words));
    blocks.extend(uncertainty::blocks(&words));
    blocks.extend(quality::blocks(&words));
    blocks.extend(structure::blocks(&words));
    blocks.extend(method::blocks(&words));
    let run = &facts.run;
    Document {
        language,
        title: words.name(&run.catalog_title),
        subtitle: [words.scope(), words.period(), words.standing().to_owned()].join(" · "),
        running: words.say(format!("测评 {}", run.id), format!("assessment {}", run.id)),
        blocks,
    }
}

/// The facts and the language they are told in.
struct Words<'a> {
    facts: &'a Facts,
    language: Language,
    /// Names that several towns bear.
    repeated: HashSet<&'a str>,
}

/// Names that several towns bear: they are told apart by their codes.
fn repeated(facts: &Facts) -> HashSet<&str> {
    let towns = facts.types.iter().flat_map(|it| &it.towns).chain(&facts.towns_together);
    let mut codes: HashMap<&str, &str> = HashMap::new();
    let mut repeated = HashSet::new();
    for town in towns {
        if *codes.entry(&town.name).or_insert(&town.code) != town.code {
            repeated.insert(town.name.as_str());
        }
    }
    repeated
}

impl Words<'_> {
    /// One of two texts.
    fn choose<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.language.choose(zh, en)
    }

    /// One of two sentences.
    fn say(&self, zh: String, en: String) -> String {
        if self.language == Language::Zh { zh } else { en }
    }

    /// A name, the other language where it has none in this one.
    fn name(&self, name: &Name) -> String {
        let (first, second) =
            if self.language == Language::Zh { (&name.zh, &name.en) } else { (&name.en, &name.zh) };
        if first.is_empty() { second.clone() } else { first.clone() }
    }

    /// What the report is about.
    fn scope(&self) -> String {
        match &self.facts.scope {
            crate::facts::Scope::Town { name, code } if name.is_empty() => code.clone(),
            crate::facts::Scope::District { name } if name.is_empty() => {
                self.choose("全部地点", "all places").to_owned()
            }
            crate::facts::Scope::Town { name, .. } | crate::facts::Scope::District { name } => name.clone(),
        }
    }

    /// A period as people say it.
    fn period_of(&self, period: &str) -> String {
        let zh = match period.split('-').collect::<Vec<_>>()[..] {
            [year] => format!("{year} 年"),
            [year, month] => format!("{year} 年 {} 月", month.trim_start_matches('0')),
            _ => period.to_owned(),
        };
        self.say(zh, period.to_owned())
    }

    /// The assessed period.
    fn period(&self) -> String {
        let period = self.period_of(&self.facts.run.period);
        let provisional =
            if self.facts.run.provisional { ("（暂定）", " (provisional)") } else { ("", "") };
        format!("{period}{}", self.choose(provisional.0, provisional.1))
    }

    fn standing(&self) -> &'static str {
        match self.facts.run.standing {
            Standing::Draft => self.language.choose("未发布", "not published"),
            Standing::Published(_) => self.language.choose("已发布", "published"),
            Standing::Withdrawn(_) => self.language.choose("已撤下", "withdrawn"),
        }
    }

    /// Parts of a sentence, as a list is told.
    fn list(&self, parts: &[String]) -> String {
        parts.join(self.choose("；", "; "))
    }

    /// Whether places have types, rather than all the type `ALL`.
    fn is_typed(&self) -> bool {
        self.facts.types.iter().any(|it| it.id != "ALL")
    }

    /// Name of a group, its code where it has none, both where other towns have the same name.
    fn group(&self, group: &Group) -> String {
        self.town(&group.name, &group.code)
    }

    /// The same of a name and a code, which may be empty.
    fn town(&self, name: &str, code: &str) -> String {
        match (name.is_empty(), code.is_empty()) {
            (true, _) => code.to_owned(),
            (false, false) if self.repeated.contains(name) => {
                self.say(format!("{name}（{code}）"), format!("{name} ({code})"))
            }
            (false, _) => name.to_owned(),
        }
    }

    /// A type and how many of the scope's places are behind what is said.
    fn counted(&self, it: &TypeFacts, scored: u64) -> String {
        let name = self.name(&it.name);
        let many = count(scored);
        self.say(format!("{name}（{many} 个小区）"), format!("{name} ({many} estates)"))
    }

    /// The types with too few places in the scope to be listed, in one sentence.
    fn too_small(&self, types: &[&TypeFacts]) -> Option<String> {
        if types.is_empty() {
            return None;
        }
        let parts: Vec<_> = types.iter().map(|it| self.counted(it, it.places)).collect();
        let list = self.list(&parts);
        Some(self.say(
            format!("{list}：不足 {FEWEST_PLACES_LISTED} 个小区，不列表。"),
            format!("{list}: fewer than {FEWEST_PLACES_LISTED} estates, no list."),
        ))
    }

    /// Why there are no totals.
    fn without_totals(&self) -> String {
        let least = percent(self.facts.run.minimum_coverage);
        self.say(
            format!("没有小区有总分：目录要求至少 {least} 的权重有数据。凡是要用总分的图表都略去，有分的指数照列。"),
            format!(
                "No estate has a total: the catalog asks for data on at least {least} of the weight. What needs totals is \
                 left out; the indices that have scores are shown."
            ),
        )
    }
}
