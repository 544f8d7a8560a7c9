//! The facts in words: which sections a report has and what stands in them. Sentences are made of facts alone.

mod changes;
mod levels;
mod method;
mod opening;
mod pains;
mod quality;
mod towns;

use crate::document::{Block, Document, Language};
use crate::facts::{Facts, Group, Name, Standing};

/// Words a report.
#[must_use]
pub fn report(facts: &Facts, language: Language) -> Document {
    let words = Words { facts, language };
    let mut blocks: Vec<Block> = Vec::new();
    blocks.extend(opening::blocks(&words));
    blocks.extend(levels::blocks(&words));
    blocks.extend(towns::blocks(&words));
    blocks.extend(pains::blocks(&words));
    blocks.extend(changes::blocks(&words));
    blocks.extend(quality::blocks(&words));
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

    /// Name of a group, its code where it has none.
    fn group(&self, group: &Group) -> String {
        if group.name.is_empty() { group.code.clone() } else { group.name.clone() }
    }
}
