//! What people call the codes of a run: the nodes of its catalog and the types of its rule set.

use std::collections::HashMap;

use anyhow::Result;
use xiuhua_contracts::classification::v1::GetRuleSetRequest;
use xiuhua_contracts::measure::v1::Text;
use xiuhua_contracts::normalization::v1::GetCatalogRequest;
use xiuhua_contracts::scoring::v1::Assessment;

use crate::method::UnusableInput;
use crate::platform::Platform;
use crate::screen::{Screen, told};

/// All types together, in group scores.
pub(crate) const ALL: &str = "ALL";
/// The type of places without one.
pub(crate) const UNCLASSIFIED: &str = "UNCLASSIFIED";

/// Names by code.
pub(crate) struct Names {
    /// Code of the root.
    pub(crate) root: String,
    /// Codes of the nodes above the leaves, in catalog order.
    pub(crate) nodes: Vec<String>,
    /// Types that have places, in the rule set's order.
    pub(crate) types: Vec<String>,
    items: HashMap<String, Text>,
    type_names: HashMap<String, Text>,
}

impl Names {
    /// The names of an assessment's catalog and rule set.
    ///
    /// # Errors
    /// If a service cannot be read.
    pub(crate) async fn read(platform: &Platform, run: &Assessment) -> Result<Self> {
        let request = GetCatalogRequest { id: run.catalog_id.clone(), version: run.catalog_version.clone() };
        let catalog = platform.normalization().get_catalog(request).await?.into_inner().catalog;
        let items = catalog.unwrap_or_default().items;
        let request =
            GetRuleSetRequest { id: run.rule_set_id.clone(), version: run.rule_set_version.clone() };
        let rules = platform.classification().get_rule_set(request).await?.into_inner().rule_set;
        let types = rules.unwrap_or_default().types;
        let inhabited = run.types.iter().filter(|t| t.places > 0).map(|t| t.r#type.clone());
        let nodes: Vec<_> = items.iter().filter(|item| !item.leaf).map(|item| item.code.clone()).collect();
        Ok(Self {
            root: nodes.first().cloned().unwrap_or_default(),
            nodes,
            types: inhabited.filter(|id| types.iter().any(|t| &t.id == id)).collect(),
            items: items.into_iter().filter_map(|item| Some((item.code, item.name?))).collect(),
            type_names: types.into_iter().filter_map(|t| Some((t.id, t.name?))).collect(),
        })
    }

    /// A node or leaf as people call it.
    pub(crate) fn item(&self, code: &str, screen: &Screen) -> String {
        screen.text(self.items.get(code))
    }

    /// The id of a type that was typed by its id or by one of its names.
    ///
    /// # Errors
    /// [`UnusableInput`] with the types that there are.
    pub(crate) fn type_id(&self, run: &Assessment, asked: &str) -> Result<String, UnusableInput> {
        let is_meant = |id: &str| id.eq_ignore_ascii_case(asked) || is_called(self.type_names.get(id), asked);
        let ids = || run.types.iter().map(|t| t.r#type.as_str()).filter(|id| *id != UNCLASSIFIED);
        if let Some(id) = ids().find(|id| is_meant(id)) {
            return Ok(id.to_owned());
        }
        Err(UnusableInput(vec![told(
            format!("没有类型 {asked}，只有 {}", listed(ids(), &self.type_names, |name| &name.zh)),
            format!("no type {asked}, only {}", listed(ids(), &self.type_names, |name| &name.en)),
        )]))
    }

    /// The code of a node above the leaves that was typed by its code or by one of its names; the root of nothing.
    ///
    /// # Errors
    /// [`UnusableInput`] with the nodes that there are.
    pub(crate) fn node_code(&self, asked: &str) -> Result<String, UnusableInput> {
        if asked.is_empty() {
            return Ok(self.root.clone());
        }
        let is_meant =
            |code: &&String| code.eq_ignore_ascii_case(asked) || is_called(self.items.get(*code), asked);
        if let Some(code) = self.nodes.iter().find(is_meant) {
            return Ok(code.clone());
        }
        let codes = || self.nodes.iter().map(String::as_str);
        Err(UnusableInput(vec![told(
            format!("没有节点 {asked}，只有 {}", listed(codes(), &self.items, |name| &name.zh)),
            format!("no node {asked}, only {}", listed(codes(), &self.items, |name| &name.en)),
        )]))
    }

    /// A type as people call it; its id where it has no name.
    pub(crate) fn place_type(&self, id: &str, screen: &Screen) -> String {
        if id == UNCLASSIFIED {
            return screen.choose("未分类", "unclassified").to_owned();
        }
        self.type_names.get(id).map_or_else(|| id.to_owned(), |name| screen.text(Some(name)))
    }
}

fn is_called(name: Option<&Text>, asked: &str) -> bool {
    name.is_some_and(|name| name.zh == asked || name.en.eq_ignore_ascii_case(asked))
}

/// Codes with their names in one language, as an error lists them.
fn listed<'a>(
    codes: impl Iterator<Item = &'a str>,
    names: &HashMap<String, Text>,
    name: impl Fn(&Text) -> &String,
) -> String {
    let each =
        codes.map(|code| names.get(code).map_or_else(|| code.to_owned(), |t| format!("{code} {}", name(t))));
    each.collect::<Vec<_>>().join(", ")
}
