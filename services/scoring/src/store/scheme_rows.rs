//! What stored columns of weight schemes mean: the same on every back end.

use super::StoreError;
use super::rows::{decision, instant, list, position};
use super::weights::SchemeNumber;
use crate::domain::assessment::Version;
use crate::domain::decision::Decision;
use crate::domain::weight_scheme::{Adoption, DecidedScheme, SchemeWeightRow, WeightScheme};

/// A row of `weight_schemes`.
#[derive(sqlx::FromRow)]
pub(super) struct SchemeRow {
    scheme: i64,
    id: String,
    version: i64,
    hash: String,
    catalog_id: String,
    catalog_version: String,
    catalog_hash: String,
    types: String,
    source_assessment_id: String,
    source_digest: String,
    steps: String,
    account: Vec<u8>,
    author: String,
    reason: String,
    created_us: i64,
}

/// A row of `scheme_weights`.
#[derive(sqlx::FromRow)]
pub(super) struct SchemeWeight {
    type_at: i64,
    item_at: i64,
    weight: f64,
    steps: String,
}

/// A row of `scheme_adoptions`.
#[derive(sqlx::FromRow)]
pub(super) struct AdoptionRow {
    adopted_author: String,
    adopted_reason: String,
    adopted_us: i64,
    withdrawn_author: Option<String>,
    withdrawn_reason: Option<String>,
    withdrawn_us: Option<i64>,
}

impl SchemeRow {
    pub(super) fn read(self) -> Result<(SchemeNumber, WeightScheme), StoreError> {
        let scheme = WeightScheme {
            id: self.id,
            version: u32::try_from(self.version)
                .map_err(|_| StoreError::Corrupt("weight_schemes.version"))?,
            hash: self.hash,
            catalog: Version { id: self.catalog_id, version: self.catalog_version, hash: self.catalog_hash },
            types: list(&self.types)?,
            source: (self.source_assessment_id, self.source_digest),
            steps: list(&self.steps)?,
            account: self.account,
            made: Decision { author: self.author, reason: self.reason, time: instant(self.created_us)? },
        };
        Ok((SchemeNumber(self.scheme), scheme))
    }
}

impl SchemeWeight {
    pub(super) fn read(self) -> Result<SchemeWeightRow, StoreError> {
        Ok(SchemeWeightRow {
            type_at: position(self.type_at)?,
            item_at: position(self.item_at)?,
            weight: self.weight,
            steps: serde_json::from_str(&self.steps)
                .map_err(|_| StoreError::Corrupt("scheme_weights.steps"))?,
        })
    }
}

impl AdoptionRow {
    /// Nobody has withdrawn it.
    pub(super) fn stands(&self) -> bool {
        self.withdrawn_us.is_none()
    }

    fn read(self) -> Result<Adoption, StoreError> {
        let texts = self.withdrawn_author.as_ref().zip(self.withdrawn_reason.as_ref());
        let withdrawn = match self.withdrawn_us {
            Some(_) => Some(
                decision(texts, self.withdrawn_us)
                    .ok_or(StoreError::Corrupt("scheme_adoptions.withdrawn_us"))?,
            ),
            None => None,
        };
        let adopted = Decision {
            author: self.adopted_author,
            reason: self.adopted_reason,
            time: instant(self.adopted_us)?,
        };
        Ok(Adoption { adopted, withdrawn })
    }
}

/// A scheme with its adoptions, newest first.
pub(super) fn decided(
    scheme: WeightScheme,
    adoptions: Vec<AdoptionRow>,
    in_force: bool,
) -> Result<DecidedScheme, StoreError> {
    let adoptions = adoptions.into_iter().map(AdoptionRow::read).collect::<Result<_, _>>()?;
    Ok(DecidedScheme { scheme, adoptions, in_force })
}

/// Numbers as they are stored.
pub(super) fn numbers_json(numbers: &[f64]) -> Result<String, StoreError> {
    serde_json::to_string(numbers).map_err(|_| StoreError::Corrupt("a list of numbers"))
}
