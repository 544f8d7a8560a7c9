//! Normalization under fire: threshold sets are drawn and read while it is killed. A draw that is repeated with its
//! request id makes one set, and a stream that ends well is whole.

use std::time::Duration;

use anyhow::Result;
use prost::Message as _;
use tonic::transport::Channel;
use tonic::{Request, Status};
use xiuhua_contracts::normalization::v1::normalization_service_client::NormalizationServiceClient;
use xiuhua_contracts::normalization::v1::{
    DrawThresholdSetRequest, ListSampleMembersRequest, ListThresholdSetsRequest, ListThresholdsRequest,
    ReadValuesRequest,
};

use crate::chance::Chance;
use crate::district::{Drawn, PERIOD, draw_request};
use crate::findings::{Breach, Findings};
use crate::patience::{asking, until_answered};
use crate::processes::Process;

/// Sets drawn in a round.
const DRAWS: u64 = 4;
/// Kills a round at most.
const KILLS: u64 = 2;
/// Longest life of a process that is to be killed, from its readiness.
const LONGEST: Duration = Duration::from_millis(150);

type Client = NormalizationServiceClient<Channel>;

/// What an undisturbed draw gives, as its messages' bytes: absent values are NaN, which no comparison finds equal.
#[derive(Debug)]
pub(super) struct Clean {
    thresholds: Vec<Vec<u8>>,
    values: Vec<Vec<u8>>,
}

impl Clean {
    /// Reads what the district's set holds.
    pub(super) async fn read(normalization: &Process, drawn: &Drawn) -> Result<Self> {
        let client = NormalizationServiceClient::new(normalization.channel());
        let id = &drawn.threshold_set_id;
        Ok(Self { thresholds: thresholds(client.clone(), id).await?, values: values(client, id).await? })
    }
}

/// One round.
pub(super) async fn round(
    normalization: &Process,
    drawn: &Drawn,
    clean: &Clean,
    round: u64,
    chance: &mut Chance,
) -> Result<Findings> {
    let client = NormalizationServiceClient::new(normalization.channel());
    let before = sets(client.clone()).await?;
    let work = async {
        let mut ids = Vec::new();
        let mut torn = 0;
        for nth in 0..DRAWS {
            let request = draw_request(&format!("round-{round}-draw-{nth}"), &drawn.classification_id);
            ids.push(draw(&client, &request).await?);
            let read = until_answered("ReadValues", || values(client.clone(), &drawn.threshold_set_id));
            torn += u64::from(read.await? != clean.values);
        }
        Ok((ids, torn))
    };
    let ((ids, torn), kills) = super::under_fire(normalization, chance, KILLS, |_| LONGEST, work).await?;
    let mut findings = Findings::after(kills, DRAWS * 2);
    if torn > 0 {
        findings.breach(Breach::Torn, format!("{torn} reads of values ended early and well"));
    }
    for (nth, id) in (0..).zip(&ids) {
        let request = draw_request(&format!("round-{round}-draw-{nth}"), &drawn.classification_id);
        let again = draw(&client, &request).await?;
        if again != *id {
            findings.breach(Breach::Doubled, format!("{} gave {id}, then {again}", request.request_id));
        }
        if thresholds(client.clone(), id).await? != clean.thresholds {
            findings.breach(Breach::Torn, format!("{id} is not what a clean draw gives"));
        }
    }
    let after = sets(client).await?;
    for id in ids.iter().filter(|id| !after.contains(id)) {
        findings.breach(Breach::Lost, format!("{id} was promised and is not listed"));
    }
    for id in after.iter().filter(|id| !before.contains(id) && !ids.contains(id)) {
        findings.breach(Breach::Ghost, format!("{id} is listed and answers no request"));
    }
    Ok(findings)
}

/// Draws a set, however often it has to be said, and gives its id.
async fn draw(client: &Client, request: &DrawThresholdSetRequest) -> Result<String> {
    let answer = until_answered(&request.request_id, async || {
        client.clone().draw_threshold_set(asking(request.clone())).await
    });
    Ok(answer.await?.into_inner().threshold_set.unwrap_or_default().id)
}

/// The ids of all sets on record.
async fn sets(mut client: Client) -> Result<Vec<String>, Status> {
    let (mut ids, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListThresholdSetsRequest { page_size: 1000, page_token };
        let page = client.list_threshold_sets(asking(request)).await?.into_inner();
        ids.extend(page.threshold_sets.into_iter().map(|set| set.id));
        if page.next_page_token.is_empty() {
            return Ok(ids);
        }
        page_token = page.next_page_token;
    }
}

/// Thresholds and sample members of a set; the district's fit on a page each.
async fn thresholds(mut client: Client, id: &str) -> Result<Vec<Vec<u8>>, Status> {
    let threshold_set_id = id.to_owned();
    let request = ListThresholdsRequest { threshold_set_id: threshold_set_id.clone(), ..Default::default() };
    let thresholds = client.list_thresholds(asking(request)).await?.into_inner().thresholds;
    let request = ListSampleMembersRequest { threshold_set_id, ..Default::default() };
    let members = client.list_sample_members(asking(request)).await?.into_inner().members;
    let thresholds = thresholds.iter().map(prost::Message::encode_to_vec);
    Ok(thresholds.chain(members.iter().map(prost::Message::encode_to_vec)).collect())
}

/// The messages of a whole read.
async fn values(mut client: Client, id: &str) -> Result<Vec<Vec<u8>>, Status> {
    let request: Request<_> = asking(ReadValuesRequest {
        threshold_set_id: id.to_owned(),
        periods: vec![PERIOD.to_owned()],
        as_of_position: Some(2),
        ..Default::default()
    });
    let mut parts = client.read_values(request).await?.into_inner();
    let mut messages = Vec::new();
    while let Some(part) = parts.message().await? {
        messages.push(part.encode_to_vec());
    }
    Ok(messages)
}
