//! Expressions while others sign in (EX-02).
use std::time::Duration;

use domain::policy::Document;
use serde_json::json;
use upstream::Assertion;

use crate::{Arrival, Fault, Ligature, held::Held};

use super::product::Product;

/// Arrives by a provider with a subject; bounded, so that who waits for somebody else fails.
async fn arrives(ligature: &Ligature, provider: usize, subject: &str) -> Result<Arrival, Fault> {
    let held = Product::held((provider, 0), None, false);
    let held = Held { assertion: Assertion { subject: subject.into(), ..held.assertion.clone() }, ..held };
    let visitor = Product::visitor(None);
    let start = Product::start(ligature, &visitor, &held);
    tokio::time::timeout(Duration::from_secs(60), ligature.arrive(&visitor, held, start)).await.expect("nobody waits for an expression of somebody else")
}

async fn filters(ligature: &Ligature, filter: &str) {
    let document = Document::parse(&json!({"choices": {"claim_filter": filter}}).to_string()).unwrap();
    ligature.use_document("provider:trusted", document).await.unwrap();
}

/// One expression is held back; SQLite lets one write at a time, so whoever evaluated with the lock in hand would stop all.
/// Then the policy changes under it: what it gave is not believed, and the new one is asked.
#[test]
fn ex_02_others_sign_in_while_an_expression_runs_and_what_it_gave_counts_only_for_what_it_saw() {
    let product = Product::new();
    let ligature = product.ligature.clone();
    // Who is let in has a page or a session; who is not is refused.
    let signed_in = |result: &Result<Arrival, Fault>| matches!(result, Ok(Arrival::SignedIn { .. } | Arrival::Page { .. }));
    product.runtime.block_on(async {
        use crate::values::gate;
        filters(&ligature, "provider.key == 'trusted'").await;
        assert!(signed_in(&arrives(&ligature, 0, "free").await), "the same way with nobody at the gate");
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
        assert!(matches!(late.await.unwrap(), Err(Fault::Refused { .. })), "the filter of now keeps it out");
    });
}
