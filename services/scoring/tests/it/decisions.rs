//! Publishing, withdrawing, cancelling; what is in force.

use tonic::Code;
use xiuhua_contracts::scoring::v1 as wire;

use crate::district::little_district;
use crate::house::{Backend, Build, House, Refusal, asking, cancelling, on_both, publishing, withdrawing};

async fn in_force(house: &mut House, period: &str) -> Result<wire::Assessment, Refusal> {
    let request =
        wire::GetPublishedAssessmentRequest { catalog_id: "little".to_owned(), period: period.to_owned() };
    let answer = house.client.get_published_assessment(request).await?;
    Ok(answer.into_inner().assessment.unwrap())
}

async fn publish(house: &mut House, request_id: &str, id: &str) -> Result<wire::Assessment, Refusal> {
    let answer = house.client.publish_assessment(publishing(request_id, id)).await?;
    Ok(answer.into_inner().assessment.unwrap())
}

async fn withdraw(house: &mut House, request_id: &str, id: &str) -> Result<wire::Assessment, Refusal> {
    let answer = house.client.withdraw_assessment(withdrawing(request_id, id)).await?;
    Ok(answer.into_inner().assessment.unwrap())
}

async fn the_last_published_is_in_force_and_the_one_before_after_its_withdrawal(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let first = house.assess(asking("r1")).await.id;
    let second = house.assess(asking("r2")).await.id;
    let earlier = wire::CreateAssessmentRequest { period: "2020".to_owned(), ..asking("r3") };
    let earlier = house.assess(earlier).await.id;
    let none = in_force(&mut house, "2021").await.unwrap_err();
    assert_eq!((none.code, none.reason.as_str()), (Code::NotFound, "ASSESSMENT_NOT_FOUND"));

    // The later run is published first: what counts is when it was published.
    publish(&mut house, "p2", &second).await.unwrap();
    let published = publish(&mut house, "p1", &first).await.unwrap();
    assert_eq!(published.state(), wire::AssessmentState::Published);
    assert_eq!(published.published.as_ref().unwrap().author, "李明");
    assert_eq!(in_force(&mut house, "2021").await.unwrap(), published);
    // Another period is another matter.
    assert!(in_force(&mut house, "2020").await.is_err());
    publish(&mut house, "p3", &earlier).await.unwrap();
    assert_eq!(in_force(&mut house, "2020").await.unwrap().id, earlier);

    let withdrawn = withdraw(&mut house, "w1", &first).await.unwrap();
    assert_eq!(withdrawn.state(), wire::AssessmentState::Withdrawn);
    assert_eq!(withdrawn.published, published.published);
    assert_eq!(withdrawn.withdrawn.as_ref().unwrap().reason, "数据有误");
    assert_eq!(in_force(&mut house, "2021").await.unwrap().id, second);
    withdraw(&mut house, "w2", &second).await.unwrap();
    assert!(in_force(&mut house, "2021").await.is_err());
    // Withdrawn results stay readable by their id.
    assert_eq!(house.scores(&first, "a").await, house.scores(&second, "a").await);
    assert_eq!(house.get(&first).await, withdrawn);
}

async fn a_decision_sent_again_gets_the_first_answer_and_decides_nothing(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess(asking("r1")).await.id;
    let published = publish(&mut house, "p1", &id).await.unwrap();
    house.clock_forward();
    assert_eq!(publish(&mut house, "p1", &id).await.unwrap(), published);
    withdraw(&mut house, "w1", &id).await.unwrap();
    // Not even now, when it could no longer be done.
    assert_eq!(publish(&mut house, "p1", &id).await.unwrap(), published);
    assert_eq!(house.get(&id).await.state(), wire::AssessmentState::Withdrawn);
    let other = wire::PublishAssessmentRequest { reason: "别的".to_owned(), ..publishing("p1", &id) };
    let refusal = Refusal::from(house.client.publish_assessment(other).await.unwrap_err());
    assert_eq!(refusal.reason, "KEY_REUSED_WITH_DIFFERENT_BODY");
}

async fn a_request_id_stands_for_one_method(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess(asking("r1")).await.id;
    publish(&mut house, "x", &id).await.unwrap();
    // Alike to the byte: what differs is what is asked for.
    let wire::PublishAssessmentRequest { request_id, id, author, reason } = publishing("x", &id);
    let withdrawing = wire::WithdrawAssessmentRequest {
        request_id: request_id.clone(),
        id: id.clone(),
        author: author.clone(),
        reason: reason.clone(),
    };
    let cancelling = wire::CancelAssessmentRequest { request_id, id: id.clone(), author, reason };
    let reused = [
        house.client.withdraw_assessment(withdrawing).await.map(drop),
        house.client.cancel_assessment(cancelling).await.map(drop),
        house.client.create_assessment(asking("x")).await.map(drop),
        house.client.publish_assessment(publishing("r1", &id)).await.map(drop),
    ];
    for refused in reused {
        assert_eq!(Refusal::from(refused.unwrap_err()).reason, "KEY_REUSED_WITH_DIFFERENT_BODY");
    }
    withdraw(&mut house, "w", &id).await.unwrap();
    assert_eq!(house.get(&id).await.state(), wire::AssessmentState::Withdrawn);
}

async fn one_decision_sent_many_times_at_once_is_taken_once(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess(asking("r1")).await.id;
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (mut client, request) = (house.client.clone(), publishing("p1", &id));
            tokio::spawn(async move { client.publish_assessment(request).await })
        })
        .collect();
    for call in calls {
        let answer = call.await.unwrap().unwrap().into_inner().assessment.unwrap();
        assert_eq!(answer, house.get(&id).await);
    }
}

async fn many_published_at_once_come_one_after_another(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(house.assess(asking(&format!("r{number}"))).await.id);
    }
    let calls: Vec<_> = ids
        .iter()
        .map(|id| {
            let (mut client, request) = (house.client.clone(), publishing(&format!("p-{id}"), id));
            tokio::spawn(async move { client.publish_assessment(request).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    // Each is in force until it is withdrawn, and none twice.
    for number in 0..6 {
        let id = in_force(&mut house, "2021").await.unwrap().id;
        withdraw(&mut house, &format!("w{number}"), &id).await.unwrap();
    }
    assert!(in_force(&mut house, "2021").await.is_err());
}

async fn decisions_out_of_turn_are_refused(on: Backend) {
    let build = Build::on(on, little_district()).await.without_worker();
    let mut house = build.open().await;
    let id = house.create(asking("r1")).await.unwrap().id;
    for (code, reason, refusal) in [
        (Code::FailedPrecondition, "ASSESSMENT_NOT_READY", publish(&mut house, "p", &id).await),
        (Code::FailedPrecondition, "ASSESSMENT_NOT_PUBLISHED", withdraw(&mut house, "w", &id).await),
        (Code::NotFound, "ASSESSMENT_NOT_FOUND", publish(&mut house, "n", "nowhere").await),
    ] {
        let refusal = refusal.unwrap_err();
        assert_eq!((refusal.code, refusal.reason.as_str()), (code, reason));
    }
    house.client.cancel_assessment(cancelling("c1", &id)).await.unwrap();
    let again = Refusal::from(house.client.cancel_assessment(cancelling("c2", &id)).await.unwrap_err());
    assert_eq!((again.code, again.reason.as_str()), (Code::FailedPrecondition, "ASSESSMENT_OVER"));
    // What was refused did not use its request id up.
    let mut house = house.restarted().await;
    let done = house.assess(asking("r2")).await.id;
    publish(&mut house, "p", &done).await.unwrap();
    assert_eq!(publish(&mut house, "p9", &done).await.unwrap_err().reason, "ASSESSMENT_NOT_READY");
    let late = Refusal::from(house.client.cancel_assessment(cancelling("c3", &done)).await.unwrap_err());
    assert_eq!(late.reason, "ASSESSMENT_OVER");
}

async fn all_faults_of_a_decision_are_named_at_once(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let request = wire::PublishAssessmentRequest {
        author: "长".repeat(101),
        reason: " ".to_owned(),
        ..Default::default()
    };
    let refusal = Refusal::from(house.client.publish_assessment(request).await.unwrap_err());
    assert_eq!(refusal.reason, "INVALID_REQUEST");
    assert_eq!(refusal.fields, ["request_id", "id", "author", "reason"]);
}

/// PostgreSQL keeps no U+0000, SQLite does: neither makes an internal error of it, and no decision holds one.
async fn a_text_with_nul_is_the_callers_fault_or_simply_not_there(on: Backend) {
    let mut house = House::on(on, little_district()).await;
    let id = house.assess_default().await.id;
    let request = wire::PublishAssessmentRequest {
        author: "李\0明".to_owned(),
        reason: "a\0".to_owned(),
        ..publishing("p", &id)
    };
    let refusal = Refusal::from(house.client.publish_assessment(request).await.unwrap_err());
    assert_eq!(
        (refusal.code, refusal.fields.as_slice()),
        (Code::InvalidArgument, ["author".to_owned(), "reason".to_owned()].as_slice())
    );
    let unknown = [
        house.client.get_assessment(wire::GetAssessmentRequest { id: "a\0b".to_owned() }).await.map(drop),
        house.client.publish_assessment(publishing("p", "a\0b")).await.map(drop),
    ];
    let expected = match on {
        Backend::Sqlite => (Code::NotFound, "ASSESSMENT_NOT_FOUND"),
        Backend::Postgres => (Code::InvalidArgument, "TEXT_WITH_NUL"),
    };
    for refused in unknown {
        let refusal = Refusal::from(refused.unwrap_err());
        assert_eq!((refusal.code, refusal.reason.as_str()), expected);
    }
}

on_both!(
    the_last_published_is_in_force_and_the_one_before_after_its_withdrawal,
    a_decision_sent_again_gets_the_first_answer_and_decides_nothing,
    a_request_id_stands_for_one_method,
    one_decision_sent_many_times_at_once_is_taken_once,
    many_published_at_once_come_one_after_another,
    decisions_out_of_turn_are_refused,
    all_faults_of_a_decision_are_named_at_once,
    a_text_with_nul_is_the_callers_fault_or_simply_not_there,
);
