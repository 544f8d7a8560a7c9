//! `xiuhua source`: who delivers observations, and which of them counts where they disagree.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use xiuhua_contracts::ingestion::v1::{ListSourcesRequest, PutSourceRequest, Source};
use xiuhua_contracts::measure::v1::Text;

use crate::cli::{SourceCommand, SourcePutArgs};
use crate::platform::{Platform, request_id};
use crate::screen::{Screen, count, marks, numbers, words};

/// Runs a command about sources.
///
/// # Errors
/// If the service refuses.
pub(crate) async fn run(platform: &Platform, command: &SourceCommand, screen: &mut Screen) -> Result<()> {
    let sources = match command {
        SourceCommand::Put(arguments) => vec![put(platform, arguments).await?],
        SourceCommand::List => list(platform).await?,
    };
    let columns = [
        marks("来源", "source"),
        numbers("优先级", "precedence"),
        words("中文名", "zh"),
        words("英文名", "en"),
    ];
    let name = |source: &Source| source.name.clone().unwrap_or_default();
    let row =
        |source: &Source| vec![source.id.clone(), count(source.precedence), name(source).zh, name(source).en];
    let rows = sources.iter().map(row).collect();
    screen.table(&columns, rows)?;
    let document = |source: &Source| {
        let Text { zh, en } = name(source);
        json!({ "id": source.id, "precedence": source.precedence, "name": { "zh": zh, "en": en } })
    };
    let documents: Vec<Value> = sources.iter().map(document).collect();
    screen.json(&json!({ "sources": documents }))
}

/// Names that are not given keep what is on record.
async fn put(platform: &Platform, arguments: &SourcePutArgs) -> Result<Source> {
    let known = list(platform).await?.into_iter().find(|source| source.id == arguments.id);
    let Text { zh, en } = known.and_then(|source| source.name).unwrap_or_default();
    let name =
        Text { zh: arguments.name_zh.clone().unwrap_or(zh), en: arguments.name_en.clone().unwrap_or(en) };
    let source = Source { id: arguments.id.clone(), name: Some(name), precedence: arguments.precedence };
    let request = PutSourceRequest { request_id: request_id(), source: Some(source) };
    let answer = platform.ingestion().put_source(request).await?.into_inner();
    answer.source.context("the service answered without a source")
}

async fn list(platform: &Platform) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListSourcesRequest { page_size: 1000, page_token };
        let page = platform.ingestion().list_sources(request).await?.into_inner();
        sources.extend(page.sources);
        if page.next_page_token.is_empty() {
            return Ok(sources);
        }
        page_token = page.next_page_token;
    }
}
