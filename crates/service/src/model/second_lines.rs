//! What stands behind another line: as long as the first one holds, no request reaches it, so it is reached from inside.
use domain::{Refusal, linking::facts::AccountState};
use storage::sign_in::sessions::end_session;

use crate::{
    Error, RequestContext, SessionInfo, sign_in::sessions::Opening, transaction::Transactions as _,
};

use super::product::Product;

/// Two sessions of a new account.
async fn two_sessions(product: &Product) -> [SessionInfo; 2] {
    let (ligature, account) = (&product.ligature, domain::AccountId([5; 16]));
    let org = ligature.org;
    ligature
        .store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                Ok(storage::accounts::add_account(
                    c,
                    org,
                    account,
                    AccountState::Active,
                    "Vera",
                    "en",
                    "vera",
                    1,
                )
                .await?)
            })
        })
        .await
        .unwrap();
    [
        Product::session_of(ligature, account).await.unwrap(),
        Product::session_of(ligature, account).await.unwrap(),
    ]
}

/// Goes on under a new session, as every act does that rotates it; `first`: whose session ends in the same transaction
/// before that.
async fn rotate(
    product: &Product,
    session: &SessionInfo,
    first: Option<&SessionInfo>,
) -> Result<String, Error> {
    let (ctx, first) = (Product::ctx(Some(session.clone())), first.map(|c| c.hash.clone()));
    product
        .ligature
        .retry_transaction(&ctx, async move |this, c, acting| {
            if let Some(hash) = first {
                assert_eq!(end_session(c, &hash).await?, 1);
            }
            let config = this.configuration().policy_context(c, None).await?;
            let opening = Opening::unchanged(acting.session()?);
            this.sessions().open_session(c, &acting, &config, &opening, None).await
        })
        .await
}

async fn alive(product: &Product, session: &SessionInfo) -> bool {
    let (ligature, now) = (&product.ligature, product.ligature.now());
    storage::sign_in::sessions::find_session(
        &mut ligature.store.read().await.unwrap(),
        ligature.org,
        &session.hash,
        now,
        0,
    )
    .await
    .unwrap()
    .is_some()
}

/// Shows SF-02: nothing follows a session that is gone, although the transaction found it alive when it began.
#[test]
fn sf_02_no_session_is_opened_after_one_that_is_gone() {
    let product = Product::new();
    product.runtime.block_on(async {
        let [one, other] = two_sessions(&product).await;
        // The same way, while another session ends.
        let fresh = rotate(&product, &one, Some(&other)).await.unwrap();
        let fresh = product.ligature.sessions().session(&fresh).await.unwrap().expect("it goes on");
        assert!(!alive(&product, &one).await && !alive(&product, &other).await);
        assert_eq!(
            rotate(&product, &fresh, Some(&fresh)).await.map_err(|f| f.refusal()),
            Err(Refusal::SessionEnded)
        );
        assert!(alive(&product, &fresh).await, "nothing of the transaction stays");
    });
}

/// Shows SF-01, I14: an act of one's own account does not begin without a live session, whatever it would look at itself.
#[test]
fn sf_01_an_act_begins_with_a_live_session_or_not_at_all() {
    let product = Product::new();
    product.runtime.block_on(async {
        let [one, other] = two_sessions(&product).await;
        let act = async |ctx: RequestContext| {
            product.ligature.act(&ctx, async move |_, _, _| Ok(())).await.map_err(|f| f.refusal())
        };
        assert_eq!(act(Product::ctx(Some(one.clone()))).await, Ok(()));
        rotate(&product, &other, Some(&one)).await.unwrap();
        assert_eq!(
            act(Product::ctx(Some(one))).await,
            Err(Refusal::SessionEnded),
            "it was there when the page was made"
        );
        assert_eq!(act(Product::ctx(None)).await, Err(Refusal::SessionEnded));
    });
}
