//! What a service upstream failed with, and what that means for the caller of this one.

use std::time::Duration;

use tonic::{Code, Status};

use super::{Bilingual, Failure, Kind, explain};

/// How long to wait before asking again after a service upstream was away.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// A service upstream that did not give what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// It is away, or has no room or time, for now.
    #[error("{service} did not answer")]
    Away {
        /// The service.
        service: &'static str,
        /// What it said.
        #[source]
        status: Box<Status>,
    },
    /// It said nothing for too long.
    #[error("{service} was silent for {limit:?}")]
    Silent {
        /// The service.
        service: &'static str,
        /// How long it was waited for.
        limit: Duration,
    },
    /// It said no to what it was asked.
    #[error("{service} refused the question")]
    Refused {
        /// The service.
        service: &'static str,
        /// What it said.
        #[source]
        status: Box<Status>,
    },
    /// It broke its contract.
    #[error("{service} gave an answer that cannot be: {what}")]
    BadAnswer {
        /// The service.
        service: &'static str,
        /// What is wrong with the answer.
        what: String,
    },
}

impl UpstreamError {
    /// Away for now, or a refusal of what was asked, by the code of the status.
    #[must_use]
    pub fn of(service: &'static str, status: Status) -> Self {
        let status = Box::new(status);
        match status.code() {
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Cancelled
            | Code::Aborted => Self::Away { service, status },
            _ => Self::Refused { service, status },
        }
    }

    /// An answer that breaks the contract.
    pub fn bad_answer(service: &'static str, what: impl Into<String>) -> Self {
        Self::BadAnswer { service, what: what.into() }
    }

    fn service(&self) -> &'static str {
        match self {
            Self::Away { service, .. }
            | Self::Silent { service, .. }
            | Self::Refused { service, .. }
            | Self::BadAnswer { service, .. } => service,
        }
    }
}

impl Failure for UpstreamError {
    fn kind(&self) -> Kind {
        match self {
            Self::Away { .. } | Self::Silent { .. } => Kind::Unavailable,
            // A question that is refused should not have been asked: a mistake of ours.
            Self::Refused { .. } | Self::BadAnswer { .. } => Kind::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self.kind() {
            Kind::Unavailable => "UPSTREAM_UNAVAILABLE",
            _ => "INTERNAL",
        }
    }

    fn message(&self) -> Bilingual {
        let service = self.service();
        match self {
            Self::Away { status, .. } => Bilingual::new(
                format!("上游服务 {service} 没有应答，请稍后重试：{}", explain(status).message),
                format!("{self}, try again later: {}", status.message()),
            ),
            Self::Silent { limit, .. } => Bilingual::new(
                format!("上游服务 {service} 超过 {limit:?} 没有应答，请稍后重试"),
                format!("{self}, try again later"),
            ),
            Self::Refused { status, .. } => Bilingual::new(
                format!("上游服务 {service} 拒绝了请求：{}", explain(status).message),
                format!("{self}: {}", status.message()),
            ),
            Self::BadAnswer { what, .. } => {
                Bilingual::new(format!("上游服务 {service} 的应答有误：{what}"), self.to_string())
            }
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        (self.kind() == Kind::Unavailable).then_some(RETRY_AFTER)
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![("service", self.service().to_owned())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{Language, to_status};

    #[test]
    fn a_service_that_is_away_makes_its_caller_unavailable_and_says_when_to_come_again() {
        for code in [
            Code::Unavailable,
            Code::DeadlineExceeded,
            Code::ResourceExhausted,
            Code::Cancelled,
            Code::Aborted,
        ] {
            let error = UpstreamError::of("ingestion", Status::new(code, "the line is cut"));
            let told = explain(&to_status(&error, Language::En));
            assert_eq!(
                (told.code, told.reason.as_str()),
                (Code::Unavailable, "UPSTREAM_UNAVAILABLE"),
                "{code}"
            );
            assert_eq!(told.message, "ingestion did not answer, try again later: the line is cut");
            assert_eq!(told.retry_after, Some(RETRY_AFTER));
            assert_eq!(told.metadata["service"], "ingestion");
        }
    }

    #[test]
    fn a_refusal_is_a_mistake_of_ours_and_the_caller_learns_nothing_of_it() {
        for code in [Code::InvalidArgument, Code::NotFound, Code::FailedPrecondition, Code::Internal] {
            let error = UpstreamError::of("ingestion", Status::new(code, "the secret"));
            let told = explain(&to_status(&error, Language::En));
            assert_eq!((told.code, told.reason.as_str()), (Code::Internal, "INTERNAL"), "{code}");
            assert!(!told.message.contains("the secret") && told.retry_after.is_none(), "{}", told.message);
        }
    }
}
