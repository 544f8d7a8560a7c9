//! Rows and their JSON columns, the same in every back end.

mod decisions;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xiuhua_service_kit::request_id::KeyReused;

pub(super) use self::decisions::{TypeDecisionRow, read_step};
use super::{Mutation, NewRuleSet, RuleSetRecord, Run};
use crate::domain::{
    Classification, ClassificationId, Evidence, LabelDegree, Named, PlaceClass, Reason, ReasonCode,
    RuleSetUsed, Text, TypeCount, TypeDegree,
};
use crate::error::Error;

/// `{"id":…,"zh":…,"en":…}`: a type or a label.
#[derive(Serialize, Deserialize)]
struct NamedJson {
    id: String,
    zh: String,
    en: String,
}

/// `{"code":…,"zh":…,"en":…}`
#[derive(Serialize, Deserialize)]
struct ReasonJson {
    code: String,
    zh: String,
    en: String,
}

/// `[feature, value, type or null]`
#[derive(Serialize, Deserialize)]
struct EvidenceJson(String, String, Option<String>);

/// `[label or type, degree]`
#[derive(Serialize, Deserialize)]
struct DegreeJson(String, f64);

/// `[type, places]`
#[derive(Serialize, Deserialize)]
struct CountJson(String, u64);

/// A row of `rule_sets` without its text.
#[derive(sqlx::FromRow)]
pub(super) struct RuleSetRow {
    registration: i64,
    id: String,
    version: String,
    hash: String,
    title_zh: String,
    title_en: String,
    types: String,
    labels: String,
    registered_us: i64,
}

impl RuleSetRow {
    /// The rule set of a row under the id and version of `new`, if it is the same text.
    pub(super) fn same_as(self, new: &NewRuleSet) -> Result<RuleSetRecord, Error> {
        if self.hash != new.hash {
            return Err(Error::RuleSetDiffers { id: self.id, version: self.version });
        }
        self.read()
    }

    pub(super) fn read(self) -> Result<RuleSetRecord, Error> {
        Ok(RuleSetRecord {
            registration: self.registration,
            id: self.id,
            version: self.version,
            hash: self.hash,
            title: Text::new(self.title_zh, self.title_en),
            types: read_names("types", &self.types)?,
            labels: read_names("labels", &self.labels)?,
            registered_at: read_instant("registered_us", self.registered_us)?,
        })
    }
}

/// A row of `classifications`.
#[derive(sqlx::FromRow)]
pub(super) struct ClassificationRow {
    run: i64,
    id: String,
    rule_set_id: String,
    rule_set_version: String,
    rule_set_hash: String,
    as_of_position: i64,
    reference_year: i64,
    decision_number: i64,
    counts: String,
    created_us: i64,
}

impl ClassificationRow {
    pub(super) fn read(self) -> Result<(Run, Classification), Error> {
        let counts: Vec<CountJson> = read_json("counts", &self.counts)?;
        let classification = Classification {
            id: ClassificationId(self.id),
            rule_set: RuleSetUsed {
                id: self.rule_set_id,
                version: self.rule_set_version,
                hash: self.rule_set_hash,
            },
            as_of_position: read_natural("as_of_position", self.as_of_position)?,
            reference_year: i32::try_from(self.reference_year)
                .map_err(|_| Error::corrupt("reference_year"))?,
            decision_number: read_natural("decision_number", self.decision_number)?,
            counts: counts
                .into_iter()
                .map(|CountJson(type_id, places)| TypeCount { type_id, places })
                .collect(),
            created_at: read_instant("created_us", self.created_us)?,
        };
        Ok((Run(self.run), classification))
    }
}

/// A row of `place_classes`.
#[derive(sqlx::FromRow)]
pub(super) struct PlaceClassRow {
    pub(super) place_id: String,
    #[sqlx(rename = "type")]
    pub(super) type_id: String,
    pub(super) reasons: String,
    pub(super) evidence: String,
    pub(super) labels: String,
    pub(super) type_degrees: String,
    pub(super) decision: Option<String>,
    /// Follows from the rest, so that it is written and never read.
    #[sqlx(skip)]
    pub(super) in_review: i64,
}

impl PlaceClassRow {
    pub(super) fn write(class: PlaceClass) -> Result<Self, Error> {
        let in_review = i64::from(class.is_for_review());
        let reasons: Vec<ReasonJson> = class.reasons.into_iter().map(write_reason).collect();
        let labels = class.labels.into_iter();
        let labels: Vec<DegreeJson> = labels.map(|label| DegreeJson(label.label_id, label.degree)).collect();
        let degrees = class.type_degrees.into_iter();
        let type_degrees: Vec<DegreeJson> =
            degrees.map(|supported| DegreeJson(supported.type_id, supported.degree)).collect();
        Ok(Self {
            place_id: class.place_id,
            type_id: class.type_id,
            reasons: write_json("reasons", &reasons)?,
            evidence: write_evidence_column(class.evidence)?,
            labels: write_json("labels", &labels)?,
            type_degrees: write_json("type_degrees", &type_degrees)?,
            decision: class.decision.map(decisions::write_met).transpose()?,
            in_review,
        })
    }

    pub(super) fn read(self) -> Result<PlaceClass, Error> {
        let reasons: Vec<ReasonJson> = read_json("reasons", &self.reasons)?;
        let labels: Vec<DegreeJson> = read_json("labels", &self.labels)?;
        let type_degrees: Vec<DegreeJson> = read_json("type_degrees", &self.type_degrees)?;
        let decision = self.decision.map(|json| decisions::read_met(&self.place_id, &json)).transpose()?;
        let labels = labels.into_iter();
        let type_degrees = type_degrees.into_iter();
        Ok(PlaceClass {
            place_id: self.place_id,
            type_id: self.type_id,
            reasons: reasons.into_iter().map(read_reason).collect::<Result<_, _>>()?,
            evidence: read_evidence(read_json("evidence", &self.evidence)?),
            labels: labels.map(|DegreeJson(label_id, degree)| LabelDegree { label_id, degree }).collect(),
            type_degrees: type_degrees
                .map(|DegreeJson(type_id, degree)| TypeDegree { type_id, degree })
                .collect(),
            decision,
        })
    }
}

/// The answer to a mutation, of the row of its request id; `None` if there is none.
pub(super) fn answered(row: Option<(Vec<u8>, i64)>, mutation: &Mutation) -> Result<Option<i64>, Error> {
    match row {
        None => Ok(None),
        Some((fingerprint, answer)) if fingerprint == mutation.fingerprint => Ok(Some(answer)),
        Some(_) => Err(KeyReused { request_id: mutation.request_id.clone() }.into()),
    }
}

/// A number from 0 as a column holds it.
pub(super) fn integer(column: &'static str, number: u64) -> Result<i64, Error> {
    i64::try_from(number).map_err(|_| Error::corrupt(column))
}

pub(super) fn write_evidence_column(evidence: Vec<Evidence>) -> Result<String, Error> {
    write_json("evidence", &write_evidence(evidence))
}

fn write_evidence(evidence: Vec<Evidence>) -> Vec<EvidenceJson> {
    evidence.into_iter().map(|fact| EvidenceJson(fact.feature, fact.value, fact.type_id)).collect()
}

fn read_evidence(evidence: Vec<EvidenceJson>) -> Vec<Evidence> {
    let evidence = evidence.into_iter();
    evidence.map(|EvidenceJson(feature, value, type_id)| Evidence { feature, value, type_id }).collect()
}

pub(super) fn write_names(column: &'static str, names: &[Named]) -> Result<String, Error> {
    let names = names.iter().cloned();
    let names: Vec<NamedJson> =
        names.map(|named| NamedJson { id: named.id, zh: named.name.zh, en: named.name.en }).collect();
    write_json(column, &names)
}

pub(super) fn write_counts(counts: &[TypeCount]) -> Result<String, Error> {
    let counts: Vec<CountJson> =
        counts.iter().map(|count| CountJson(count.type_id.clone(), count.places)).collect();
    write_json("counts", &counts)
}

fn read_names(column: &'static str, json: &str) -> Result<Vec<Named>, Error> {
    let names: Vec<NamedJson> = read_json(column, json)?;
    Ok(names.into_iter().map(|NamedJson { id, zh, en }| Named { id, name: Text::new(zh, en) }).collect())
}

fn write_reason(reason: Reason) -> ReasonJson {
    ReasonJson { code: reason.code.as_str().to_owned(), zh: reason.message.zh, en: reason.message.en }
}

fn read_reason(ReasonJson { code, zh, en }: ReasonJson) -> Result<Reason, Error> {
    let code = ReasonCode::named(&code).ok_or_else(|| Error::corrupt("reasons"))?;
    Ok(Reason { code, message: Text::new(zh, en) })
}

pub(super) fn read_natural(column: &'static str, number: i64) -> Result<u64, Error> {
    u64::try_from(number).map_err(|_| Error::corrupt(column))
}

fn read_instant(column: &'static str, microseconds: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(microseconds)
        .map_err(|cause| Error::Corrupt { column, cause: Some(Box::new(cause)) })
}

fn write_json(column: &'static str, value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|cause| Error::Corrupt { column, cause: Some(Box::new(cause)) })
}

fn read_json<T: DeserializeOwned>(column: &'static str, json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|cause| Error::Corrupt { column, cause: Some(Box::new(cause)) })
}
