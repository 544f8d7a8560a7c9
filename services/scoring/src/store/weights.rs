//! What the record promises about weight schemes.

use async_trait::async_trait;
use xiuhua_service_kit::request_id::{RequestId, Verdict};

use super::StoreError;
use crate::domain::decision::Decision;
use crate::domain::weight_scheme::{DecidedScheme, SchemeName, SchemeWeightRow, WeightScheme};

/// Weight schemes and their adoptions.
#[async_trait]
pub(crate) trait WeightStore: Send + Sync + std::fmt::Debug {
    /// Keeps the next version of a scheme, its weights and the answer given, in one transaction. With a request id
    /// already used nothing is kept and the verdict says so.
    async fn create_scheme(&self, new: NewScheme) -> Result<SchemeKept, StoreError>;

    /// A scheme by name, and its number.
    async fn scheme(&self, name: &SchemeName) -> Result<Option<(SchemeNumber, DecidedScheme)>, StoreError>;

    /// Schemes newest first, older than a number; of one catalog id if one is asked for.
    async fn schemes(
        &self,
        catalog_id: Option<&str>,
        before: Option<SchemeNumber>,
        limit: i64,
    ) -> Result<Vec<(SchemeNumber, DecidedScheme)>, StoreError>;

    /// A page of the weights of a scheme, by type and item; of one type if one is asked for.
    async fn scheme_weights(
        &self,
        scheme: SchemeNumber,
        type_at: Option<usize>,
        after: Option<(usize, usize)>,
        limit: i64,
    ) -> Result<Vec<SchemeWeightRow>, StoreError>;

    /// The scheme in force for a catalog: of the adoptions that stand the last.
    async fn scheme_in_force(
        &self,
        catalog_id: &str,
        catalog_hash: &str,
    ) -> Result<Option<WeightScheme>, StoreError>;

    /// Keeps an adoption or its withdrawal and the answer given, in one transaction.
    async fn decide_scheme(&self, ruling: SchemeRuling) -> Result<SchemeRuled, StoreError>;
}

/// The number of a scheme inside a store: rises with every new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SchemeNumber(pub(crate) i64);

/// A scheme to be kept. Its version is given by the record.
#[derive(Clone, Debug)]
pub(crate) struct NewScheme {
    /// The scheme; its version is not read.
    pub(crate) scheme: WeightScheme,
    /// By type and item.
    pub(crate) weights: Vec<SchemeWeightRow>,
    /// The request.
    pub(crate) request_id: RequestId,
    /// [`fingerprint`](xiuhua_service_kit::request_id::fingerprint) of the request.
    pub(crate) fingerprint: [u8; 32],
    /// Encodes the answer to it.
    pub(crate) answer: fn(&DecidedScheme) -> Vec<u8>,
}

/// What became of a new scheme.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SchemeKept {
    /// Kept; the encoded answer.
    Kept(Vec<u8>),
    /// The request id was used before.
    Before(Verdict),
}

/// What is decided about a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SchemeVerdict {
    /// It is put in force for its catalog.
    Adopt,
    /// It is taken out of force.
    Withdraw,
}

/// A decision about a scheme, to be kept.
#[derive(Clone, Debug)]
pub(crate) struct SchemeRuling {
    /// The scheme.
    pub(crate) name: SchemeName,
    /// What is decided.
    pub(crate) verdict: SchemeVerdict,
    /// By whom, why and when.
    pub(crate) decision: Decision,
    /// The request.
    pub(crate) request_id: RequestId,
    /// [`fingerprint`](xiuhua_service_kit::request_id::fingerprint) of the request.
    pub(crate) fingerprint: [u8; 32],
    /// Encodes the answer to it.
    pub(crate) answer: fn(&DecidedScheme) -> Vec<u8>,
}

/// What became of a decision about a scheme.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SchemeRuled {
    /// Kept; the encoded answer.
    Kept(Vec<u8>),
    /// The request id was used before.
    Before(Verdict),
    /// There is no such scheme.
    NoScheme,
    /// It is in force already.
    InForce,
    /// It is not adopted.
    NotAdopted,
}
