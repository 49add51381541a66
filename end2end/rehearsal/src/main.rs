//! The demo's surroundings: three providers, a mailbox, an application; all on loopback.
use std::{io::Write, net::SocketAddr};

use rehearsal::{
    application,
    mailbox::Mailbox,
    provider::{Person, Provider},
};
use serde_json::json;

/// Ports of the demo.
const VERIFYING: u16 = 8091;
const CARELESS: u16 = 8092;
const NAMELESS: u16 = 8093;
const SMTP: u16 = 8094;
const MAIL: u16 = 8095;
const APPLICATION: u16 = 8096;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let issuer = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:8090".into());
    let person = |sub: &str, claims| Person { sub: sub.into(), claims };
    let anna = json!({"name": "Anna Berg", "email": "anna@example.test", "email_verified": true});
    Provider::serve(VERIFYING, "Meridian", vec![person("m-anna", anna), person("m-ben", json!({"name": "Ben Okafor", "email": "ben@example.test", "email_verified": true}))]).await?;
    Provider::serve(
        CARELESS,
        "Pigeon",
        vec![person("p-anna", json!({"name": "Anna", "email": "anna@example.test", "email_verified": false})), person("p-cleo", json!({"name": "Cleo", "email": "cleo@example.test"}))],
    )
    .await?;
    Provider::serve(NAMELESS, "Harbour", vec![person("h-1", json!({"name": "周小明"})), person("h-2", json!({}))]).await?;
    let mailbox = Mailbox::serve(SMTP).await?;
    let pages = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], MAIL))).await?;
    let router = mailbox.router();
    tokio::spawn(async move { axum::serve(pages, router).await });
    application::serve(APPLICATION, application::Registration { issuer, client_id: "photos".into(), secret: "photos-demo-secret".into() }).await?;
    writeln!(std::io::stdout(), "rehearsal ready")?;
    std::io::stdout().flush()?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}
