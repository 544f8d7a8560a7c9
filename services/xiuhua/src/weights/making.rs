//! Making a scheme: choices of the command line and files of judgements become one request.

use anyhow::{Context, Result};
use xiuhua_contracts::normalization::v1::GetCatalogRequest;
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::catalog::Catalog;

use super::{NO_SCHEME, judging, showing};
use crate::cli::{Combine, CreateSchemeArgs, Objective, Subjective};
use crate::platform::{Platform, request_id};
use crate::reading::find_run;
use crate::screen::Screen;

/// `xiuhua weights create`.
///
/// # Errors
/// [`UnusableInput`](crate::method::UnusableInput) for files of judgements; else if the service refuses.
pub(super) async fn create(
    platform: &Platform,
    arguments: &CreateSchemeArgs,
    screen: &mut Screen,
) -> Result<()> {
    let run = find_run(platform, &arguments.run).await?;
    let mut experts = Vec::new();
    if !arguments.judgements.is_empty() {
        let request = GetCatalogRequest { id: run.catalog_id.clone(), version: run.catalog_version.clone() };
        let toml = platform.normalization().get_catalog(request).await?.into_inner().toml;
        let catalog = Catalog::parse(&toml).context("the catalog on record cannot be read")?;
        let found = judging::experts(&catalog, &arguments.judgements, arguments.expert.as_deref())?;
        experts = found.into_iter().map(expert).collect();
    }
    let request = proto::CreateWeightSchemeRequest {
        request_id: request_id(),
        id: arguments.id.clone(),
        source_assessment_id: run.id,
        choices: Some(choices(arguments)),
        experts,
        author: arguments.decision.author.clone(),
        reason: arguments.decision.reason.clone(),
    };
    let answer = platform.weights().create_weight_scheme(request).await?.into_inner();
    let scheme = answer.scheme.context(NO_SCHEME)?;
    showing::all_of(platform, &scheme, "", screen).await
}

fn expert(judged: judging::Judged) -> proto::ExpertJudgements {
    let judgements = judged.judgements.into_iter().map(|judgement| proto::Judgement {
        parent: judgement.parent,
        item: judgement.item,
        other: judgement.other,
        ratio: judgement.ratio,
    });
    proto::ExpertJudgements { judgements: judgements.collect(), expert: judged.name, weight: None }
}

fn choices(arguments: &CreateSchemeArgs) -> proto::WeightChoices {
    let subjective = match arguments.subjective {
        None => proto::SubjectiveWeights::Unspecified,
        Some(Subjective::None) => proto::SubjectiveWeights::None,
        Some(Subjective::Catalog) => proto::SubjectiveWeights::Catalog,
        Some(Subjective::Equal) => proto::SubjectiveWeights::Equal,
        Some(Subjective::Ahp) => proto::SubjectiveWeights::Ahp,
    };
    let objective = |method: &Objective| match method {
        Objective::Entropy => proto::ObjectiveMethod::Entropy,
        Objective::Critic => proto::ObjectiveMethod::Critic,
        Objective::CriticSpearman => proto::ObjectiveMethod::CriticSpearman,
        Objective::Variation => proto::ObjectiveMethod::Variation,
        Objective::Pca => proto::ObjectiveMethod::Pca,
        Objective::PcaFirst => proto::ObjectiveMethod::PcaFirst,
    };
    let combination = match arguments.combine {
        Combine::Mean => proto::WeightCombination::Mean,
        Combine::Product => proto::WeightCombination::Product,
        Combine::SquareRoot => proto::WeightCombination::SquareRoot,
        Combine::GameTheory => proto::WeightCombination::GameTheory,
    };
    let methods = arguments.objective.iter().filter(|_| !arguments.no_objective);
    proto::WeightChoices {
        subjective: subjective.into(),
        objective: methods.map(|method| objective(method).into()).collect(),
        combination: combination.into(),
        subjective_share: Some(arguments.share),
        all_leaves: arguments.all_leaves,
        pooled: arguments.pooled,
        lower_cap: arguments.caps.map(|caps| caps.lower),
        upper_cap: arguments.caps.map(|caps| caps.upper),
        shrinkage_ratio: arguments.shrink,
        random_index: judging::table(arguments.random_index).name().to_owned(),
    }
}
