//! The addresses of an account, on its page: those that it has, and former ones.
use crate::{
    account::signed_in::done,
    components::Rows,
    context::asked,
    i18n::{Lang, t},
    outcome::{Code, respond},
    paths,
};
use leptos::{prelude::*, server_fn::ServerFn};
use service::account::Address;

#[component]
pub fn Addresses(
    l: Lang,
    addresses: Vec<Address>,
    former: Vec<Address>,
    manageable: bool,
) -> AnyView {
    let row = move |a| view! { <AddressRow l=l address=a manageable=manageable/> };
    view! {
        <section aria-labelledby="addresses">
            <h2 id="addresses">{t(l, "addresses-title")}</h2>
            <p class="muted">{t(l, "addresses-lead")}</p>
            {addresses.is_empty().then(|| view! { <p>{t(l, "addresses-none")}</p> })}
            <Rows>{addresses.into_iter().map(row).collect_view()}</Rows>
            {manageable.then(|| view! { <p><a class="button" href=paths::EMAIL>{t(l, "own-email-title")}</a></p> })}
        </section>
        {(!former.is_empty()).then(|| view! {
            <section aria-labelledby="former">
                <h3 id="former">{t(l, "address-former-title")}</h3>
                <p class="muted">{t(l, "address-former-lead")}</p>
                <Rows>{former.into_iter().map(row).collect_view()}</Rows>
            </section>
        })}
    }
    .into_any()
}

#[component]
fn AddressRow(l: Lang, address: Address, manageable: bool) -> AnyView {
    let a = address;
    let id = format!(
        "foreign-{}",
        a.canonical
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect::<String>()
    );
    let name = a.typed.clone();
    let tag = if a.contested {
        "address-contested"
    } else if a.former {
        "address-former"
    } else if a.proved {
        "address-proved"
    } else {
        "address-unproved"
    };
    let foreign = if a.former {
        view! { <p>{t(l, "address-foreign")}</p><input type="hidden" name="foreign" value="on"/> }
            .into_any()
    } else {
        view! { <p>{t(l, "address-remove-lead")}</p><div class="check"><input type="checkbox" id=id.clone() name="foreign" value="on"/><label for=id>{t(l, "address-foreign")}</label></div> }
            .into_any()
    };
    let act = if a.former { "address-disown" } else { "remove" };
    let keep = a.contested.then(|| {
        view! { <form method="post" action=KeepEmail::url()><input type="hidden" name="address" value=a.canonical.clone()/><button aria-label=format!("{}: {name}", t(l, "address-keep"))>{t(l, "address-keep")}</button></form> }
    });
    let remove = (manageable && a.removable).then(|| {
        view! {
            <details class="inline small"><summary>{t(l, act)}<span class="sr">": "{name.clone()}</span></summary>
                <form method="post" action=RemoveEmail::url() class="stack">
                    <input type="hidden" name="address" value=a.canonical/>
                    {foreign}
                    <button class="danger" aria-label=format!("{}: {name}", t(l, act))>{t(l, act)}</button>
                </form>
            </details>
        }
    });
    view! {
        <li>
            <span class="row-main"><strong>{a.typed}</strong>{a.contested.then(|| view! { <span class="muted">{t(l, "address-contested-lead")}</span> })}{remove}</span>
            <span class=if a.contested { "tag warn" } else { "tag" }>{t(l, tag)}</span>
            {keep}
        </li>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "account/email/remove")]
pub async fn remove_email(address: String, #[server(default)] foreign: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = context
        .ligature
        .account_settings()
        .remove_own_email(&web.ctx, &address, !foreign.is_empty())
        .await;
    let next = done(&context, &web, result, paths::ACCOUNT, "address-removed").await;
    respond(&context, &next)
}

/// An address in a field's name.
pub fn address_name(canonical: &str) -> String {
    canonical.bytes().map(|b| format!("{b:02x}")).collect()
}

pub(crate) fn address_of(name: &str) -> Option<String> {
    let digits: Vec<char> = name.chars().take(700).collect();
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).ok())
        .collect();
    String::from_utf8(bytes?).ok()
}

/// "This mailbox is still mine", of an address that is contested (I13).
#[server(prefix = "/fn", endpoint = "account/email/keep")]
pub async fn keep_email(address: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = context.ligature.account_settings().keep_email(&web.ctx, &address).await;
    let next = done(&context, &web, result, paths::ACCOUNT, "address-kept").await;
    respond(&context, &next)
}
