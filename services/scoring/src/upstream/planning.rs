//! Planning: everything that decides what a run computes, settled before it is kept.

use tonic::Code;
use xiuhua_contracts::classification::v1 as classification;
use xiuhua_contracts::ingestion::v1 as ingestion;
use xiuhua_contracts::normalization::v1 as normalization;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_service_kit::channel::within;
use xiuhua_service_kit::status::UpstreamError;

use super::{CLASSIFICATION, INGESTION, Lines, NORMALIZATION, bad, period};
use crate::domain::assessment::{Plan, ThresholdSetUse, UNCLASSIFIED, Version};
use crate::domain::period::Period;
use crate::error::Error;

/// What a caller wants assessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Threshold set.
    pub(crate) threshold_set_id: String,
    /// `None` means the threshold set's own.
    pub(crate) classification_id: Option<String>,
    /// `None` means the period the threshold set was drawn for.
    pub(crate) period: Option<Period>,
    /// `None` means now.
    pub(crate) as_of_position: Option<u64>,
}

/// A plan and the text of its catalog.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    /// The plan.
    pub(crate) plan: Plan,
    /// Text of its catalog.
    pub(crate) catalog_toml: String,
}

/// What a run takes from a classification.
struct Classified {
    rule_set: Version,
    types: Vec<String>,
}

impl Lines {
    /// Settles everything that decides what a run computes.
    pub(crate) async fn plan(&self, asked: Asked) -> Result<Planned, Error> {
        let set = self.threshold_set(&asked.threshold_set_id).await?;
        let position = self.position(asked.as_of_position).await?;
        let classification_id = asked.classification_id.unwrap_or_else(|| set.classification_id.clone());
        let classified = self.classification(&classification_id).await?;
        if classification_id != set.classification_id {
            let own = self.classification(&set.classification_id).await?;
            if own.types != classified.types {
                return Err(Error::TypesDiffer { classification: classification_id, set: set.id });
            }
        }
        let (catalog, catalog_toml) = self.catalog(&set).await?;
        let plan = Plan {
            period: asked.period.map_or_else(|| period(NORMALIZATION, &set.period), Ok)?,
            as_of_position: position,
            classification_id,
            rule_set: classified.rule_set,
            types: classified.types,
            threshold_set: ThresholdSetUse {
                base_periods: set
                    .base_periods
                    .iter()
                    .map(|text| period(NORMALIZATION, text))
                    .collect::<Result<_, _>>()?,
                id: set.id,
                classification_id: set.classification_id,
                as_of_position: set.as_of_position,
            },
            catalog: Version { id: catalog.id, version: catalog.version, hash: catalog.hash },
            scale: catalog.scale,
            weight_scheme: None,
        };
        Ok(Planned { plan, catalog_toml })
    }

    /// The rule set behind the types of a classification.
    pub(crate) async fn rule_set(&self, classification_id: &str) -> Result<Version, Error> {
        Ok(self.classification(classification_id).await?.rule_set)
    }

    async fn threshold_set(&self, id: &str) -> Result<normalization::ThresholdSet, Error> {
        let request = normalization::GetThresholdSetRequest { id: id.to_owned() };
        let mut client = self.normalization.clone();
        let answer = within(NORMALIZATION, self.silence, client.get_threshold_set(request)).await;
        let missing = || Error::NoThresholdSet(id.to_owned());
        let answer = answer.map_err(|error| refused_as(error, missing))?.into_inner();
        answer.threshold_set.ok_or_else(|| bad(NORMALIZATION, "no threshold set in the answer"))
    }

    async fn classification(&self, id: &str) -> Result<Classified, Error> {
        let request = classification::GetClassificationRequest { id: id.to_owned() };
        let mut client = self.classification.clone();
        let answer = within(CLASSIFICATION, self.silence, client.get_classification(request)).await;
        let missing = || Error::NoClassification(id.to_owned());
        let answer = answer.map_err(|error| refused_as(error, missing))?.into_inner();
        let found =
            answer.classification.ok_or_else(|| bad(CLASSIFICATION, "no classification in the answer"))?;
        Ok(Classified {
            rule_set: Version {
                id: found.rule_set_id,
                version: found.rule_set_version,
                hash: found.rule_set_hash,
            },
            types: found
                .counts
                .into_iter()
                .map(|count| count.r#type)
                .filter(|name| name != UNCLASSIFIED)
                .collect(),
        })
    }

    async fn catalog(&self, set: &normalization::ThresholdSet) -> Result<(Catalog, String), Error> {
        let request = normalization::GetCatalogRequest {
            id: set.catalog_id.clone(),
            version: set.catalog_version.clone(),
        };
        let mut client = self.normalization.clone();
        let answer = within(NORMALIZATION, self.silence, client.get_catalog(request)).await?;
        let toml = answer.into_inner().toml;
        let catalog = Catalog::parse(&toml).map_err(Error::Catalog)?;
        if catalog.hash != set.catalog_hash {
            return Err(bad(NORMALIZATION, "the catalog is not the one that the threshold set names"));
        }
        Ok((catalog, toml))
    }

    /// The position to read at: the newest, or one that is not beyond it. A later one would read something else
    /// tomorrow.
    pub(crate) async fn position(&self, asked: Option<u64>) -> Result<u64, Error> {
        let mut client = self.ingestion.clone();
        let asking = client.get_position(ingestion::GetPositionRequest::default());
        let newest = within(INGESTION, self.silence, asking).await?.into_inner().position;
        match asked {
            Some(asked) if asked > newest => Err(Error::PositionNotReached { asked, newest }),
            Some(asked) => Ok(asked),
            None => Ok(newest),
        }
    }
}

/// What upstream does not have gets a name of its own.
fn refused_as(error: UpstreamError, missing: impl FnOnce() -> Error) -> Error {
    match error {
        UpstreamError::Refused { status, .. } if status.code() == Code::NotFound => missing(),
        other => other.into(),
    }
}
