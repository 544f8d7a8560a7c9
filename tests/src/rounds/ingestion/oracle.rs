//! The record of ingestion against the plans, through the service's own reads.

use std::collections::BTreeMap;

use anyhow::Result;
use tonic::Status;
use tonic::transport::Channel;
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::ingestion::v1::read_observations_response::Part;
use xiuhua_contracts::ingestion::v1::{
    Batch, BatchState, ListBatchesRequest, ListObservationRevisionsRequest, ReadObservationsRequest,
};

use super::plan::{Key, Plan};
use crate::chance::Chance;
use crate::district::MEASURES;
use crate::findings::{Breach, Findings};
use crate::journal::Journal;
use crate::patience::asking;
use crate::processes::Process;

/// Keys of a plan whose every revision is read; the effective values and the counts of all are compared anyway.
const SAMPLED: u64 = 25;
/// Batches on a page: more than a round makes, and the newest come first.
const PAGE: u32 = 100;

type Client = IngestionServiceClient<Channel>;

/// Compares everything that a round's plans have to do with.
pub(super) async fn compare(
    ingestion: &Process,
    plans: &[Plan],
    journal: &Journal,
    chance: &mut Chance,
) -> Result<Findings> {
    let mut client = IngestionServiceClient::new(ingestion.channel());
    let mut findings = Findings::default();
    let request = ListBatchesRequest { page_size: PAGE, ..Default::default() };
    let listed = client.list_batches(asking(request)).await?.into_inner().batches;
    batches(&listed, plans, journal, &mut findings);
    for plan in plans {
        values(&mut client, plan, &mut findings).await?;
        revisions(&mut client, plan, chance, &mut findings).await?;
    }
    Ok(findings)
}

fn batches(listed: &[Batch], plans: &[Plan], journal: &Journal, findings: &mut Findings) {
    let promised = journal.batches();
    for planned in plans.iter().flat_map(|plan| &plan.deliveries) {
        let id = &planned.delivery.request_id;
        let found: Vec<_> = listed.iter().filter(|batch| batch.request_id == *id).collect();
        match *found {
            [] => findings.breach(Breach::Lost, format!("{id}: no batch")),
            [batch] => {
                if batch.counts != Some(planned.counts) {
                    let words = format!("{id}: {:?} instead of {:?}", batch.counts, planned.counts);
                    findings.breach(Breach::Torn, words);
                }
                if promised.get(id) != Some(batch) || batch.state() != BatchState::Sealed {
                    let words = format!("{id}: {batch:?} instead of {:?}", promised.get(id));
                    findings.breach(Breach::Lost, words);
                }
            }
            _ => findings.breach(Breach::Doubled, format!("{id}: {} batches", found.len())),
        }
    }
    let mut positions: Vec<_> = listed.iter().filter_map(|batch| batch.position).collect();
    positions.sort_unstable();
    if positions.windows(2).any(|pair| pair[0] == pair[1]) {
        findings.breach(Breach::Doubled, format!("two batches have one position: {positions:?}"));
    }
}

/// The effective values of the plan's period: all of them, and no others.
async fn values(client: &mut Client, plan: &Plan, findings: &mut Findings) -> Result<()> {
    let found = effective(client, &plan.period).await?;
    for (key, values) in &plan.revisions {
        let expected = values.last().copied();
        match found.get(key).copied() {
            None => findings.breach(Breach::Lost, format!("{} {key:?}: no value", plan.period)),
            value if value == expected => {}
            value => findings
                .breach(Breach::Torn, format!("{} {key:?}: {value:?} instead of {expected:?}", plan.period)),
        }
    }
    for key in found.keys().filter(|key| !plan.revisions.contains_key(*key)) {
        findings.breach(Breach::Ghost, format!("{} {key:?}: nobody delivered it", plan.period));
    }
    Ok(())
}

async fn effective(client: &mut Client, period: &str) -> Result<BTreeMap<Key, f64>, Status> {
    let request = ReadObservationsRequest {
        measure_ids: MEASURES.map(str::to_owned).to_vec(),
        periods: vec![period.to_owned()],
        as_of_position: None,
    };
    let mut parts = client.read_observations(asking(request)).await?.into_inner();
    let (mut places, mut found) = (Vec::new(), BTreeMap::new());
    while let Some(part) = parts.message().await? {
        match part.part {
            Some(Part::Places(stretch)) => places.extend(stretch.ids),
            Some(Part::Column(column)) => {
                for (place, value) in column.place.iter().zip(&column.value) {
                    found.insert((places[*place as usize].clone(), column.measure_id.clone()), *value);
                }
            }
            None => {}
        }
    }
    Ok(found)
}

/// Every revision of some keys: as many as were delivered, each once.
async fn revisions(
    client: &mut Client,
    plan: &Plan,
    chance: &mut Chance,
    findings: &mut Findings,
) -> Result<()> {
    let every = plan.revisions.len() as u64 / SAMPLED + 1;
    for ((place, measure), expected) in plan.revisions.iter().filter(|_| chance.once_in(every)) {
        let request = ListObservationRevisionsRequest {
            place_id: place.clone(),
            measure_id: measure.clone(),
            period: plan.period.clone(),
            ..Default::default()
        };
        let listed = client.list_observation_revisions(asking(request)).await?.into_inner().revisions;
        let mut found: Vec<_> = listed.iter().map(|it| (it.position, it.value)).collect();
        found.sort_by_key(|(position, _)| *position);
        let found: Vec<_> = found.into_iter().map(|(_, value)| value).collect();
        if found != *expected {
            let breach = if found.len() > expected.len() { Breach::Doubled } else { Breach::Lost };
            let words = format!("{} {place} {measure}: {found:?} instead of {expected:?}", plan.period);
            findings.breach(breach, words);
        }
    }
    Ok(())
}
