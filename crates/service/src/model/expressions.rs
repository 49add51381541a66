//! Expressions while others sign in (EX-02).
use std::{sync::Arc, time::Duration};

use domain::{Policy, policy::Document};
use serde_json::json;
use upstream::Assertion;

use crate::{
    Error, Ligature, LoginOutcome, policy::expression_values::ExpressionContext,
    sign_in::upstream_identity::UpstreamIdentity, transaction::Transactions as _,
};

use super::product::Product;

/// Arrives by a provider with a subject; bounded, so that who waits for somebody else fails.
async fn arrives(
    ligature: &Ligature,
    provider: usize,
    subject: &str,
) -> Result<LoginOutcome, Error> {
    let held = Product::identity((provider, 0), None, false);
    let held = UpstreamIdentity {
        assertion: Assertion { subject: subject.into(), ..held.assertion.clone() },
        ..held
    };
    let ctx = Product::ctx(None);
    let start = Product::start(ligature, &ctx, &held);
    tokio::time::timeout(
        Duration::from_secs(60),
        ligature.sign_in().complete_login(&ctx, held, start),
    )
    .await
    .expect("nobody waits for an expression of somebody else")
}

async fn filters(ligature: &Ligature, filter: &str) {
    let document =
        Document::parse(&json!({"choices": {"claim_filter": filter}}).to_string()).unwrap();
    ligature.policy_admin().use_document("provider:trusted", document).await.unwrap();
}

/// One expression is held back; SQLite lets one write at a time, so whoever evaluated with the lock in hand would stop all.
/// Then the policy changes under it: what it gave is not believed, and the new one is asked.
#[test]
fn ex_02_others_sign_in_while_an_expression_runs_and_what_it_gave_counts_only_for_what_it_saw() {
    let product = Product::new();
    let ligature = product.ligature.clone();
    // Who is let in has a page or a session; who is not is refused.
    let signed_in = |result: &Result<LoginOutcome, Error>| {
        matches!(result, Ok(LoginOutcome::SignedIn { .. } | LoginOutcome::Page { .. }))
    };
    product.runtime.block_on(async {
        use crate::policy::expressions::gate;
        filters(&ligature, "provider.key == 'trusted'").await;
        assert!(
            signed_in(&arrives(&ligature, 0, "free").await),
            "the same way with nobody at the gate"
        );
        gate::hold("slow");
        let waiting = ligature.clone();
        let slow = tokio::spawn(async move { arrives(&waiting, 0, "slow").await });
        tokio::task::spawn_blocking(gate::reached).await.unwrap();
        for n in 0..50 {
            assert!(signed_in(&arrives(&ligature, 1, &format!("other-{n}")).await), "{n}");
        }
        assert!(!slow.is_finished());
        gate::open();
        assert!(signed_in(&slow.await.unwrap()));

        gate::hold("late");
        let waiting = ligature.clone();
        let late = tokio::spawn(async move { arrives(&waiting, 0, "late").await });
        tokio::task::spawn_blocking(gate::reached).await.unwrap();
        filters(&ligature, "provider.key == 'another'").await;
        gate::open();
        assert!(
            matches!(late.await.unwrap(), Err(Error::Refused { .. })),
            "the filter of now keeps it out"
        );
    });
}

/// What expressions gave is known by everything that they saw: the identity's claims, the policy, the application that the
/// person is on the way to. Of two that differ in one of these, neither stands for the other.
#[test]
fn ex_02_what_an_expression_gave_stands_for_no_other_identity_policy_or_application() {
    let product = Product::new();
    let ligature = &product.ligature;
    let policy = |filter: &str| {
        Arc::new(Policy::merge(
            1,
            &[&Document::parse(&json!({"choices": {"claim_filter": filter}}).to_string()).unwrap()],
        ))
    };
    let held = |kind: &str| {
        let held = Product::identity((0, 0), None, false);
        let claims = serde_json::Map::from_iter([("kind".to_owned(), json!(kind))]);
        UpstreamIdentity { assertion: Assertion { claims, ..held.assertion.clone() }, ..held }
    };
    let around = |client: &str| ExpressionContext {
        client: Some(client.into()),
        ..ExpressionContext::default()
    };
    let (by_kind, by_place) =
        (policy("claims.kind == 'staff'"), policy("application.client_id == 'mail'"));
    // The filter's word on each, in this order, all in one visit.
    let filters = async |asked: &[(UpstreamIdentity, Arc<Policy>, ExpressionContext)]| {
        let work = |this: Ligature| {
            let words: Result<Vec<_>, Error> = asked
                .iter()
                .map(|(held, policy, around)| Ok(this.values(held, policy, around)?.filter))
                .collect();
            std::future::ready(words)
        };
        ligature.with_expressions(work).await.unwrap()
    };
    product.runtime.block_on(async {
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(filters(&[(held("staff"), by_kind.clone(), around("mail"))]).await, [yes]);
        assert_eq!(
            filters(&[
                (held("staff"), by_kind.clone(), around("mail")),
                (held("guest"), by_kind.clone(), around("mail"))
            ])
            .await,
            [yes, no],
            "another identity"
        );
        assert_eq!(
            filters(&[
                (held("staff"), by_place.clone(), around("mail")),
                (held("staff"), by_place.clone(), around("wiki"))
            ])
            .await,
            [yes, no],
            "another application"
        );
        assert_eq!(
            filters(&[
                (held("guest"), by_place.clone(), around("mail")),
                (held("guest"), by_kind.clone(), around("mail"))
            ])
            .await,
            [yes, no],
            "another policy"
        );
    });
}
