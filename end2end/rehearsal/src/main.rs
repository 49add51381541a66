//! The demo's surroundings: three providers, a directory, a mailbox, an application; all on loopback.
use std::{io::Write, net::SocketAddr};

use rehearsal::{
    application, directory,
    mailbox::Mailbox,
    provider::{Person, Provider},
};
use serde_json::json;

/// Places behind the first port: 8090 in the demo.
const VERIFYING: u16 = 1;
const CARELESS: u16 = 2;
const NAMELESS: u16 = 3;
const SMTP: u16 = 4;
const MAIL: u16 = 5;
const APPLICATION: u16 = 6;
const DIRECTORY: u16 = 7;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let issuer = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:8090".into());
    let first: u16 = std::env::args().nth(2).and_then(|p| p.parse().ok()).unwrap_or(8090);
    let person = |sub: &str, claims| Person { sub: sub.into(), claims };
    let anna = json!({"name": "Anna Berg", "email": "anna@example.test", "email_verified": true});
    Provider::serve(
        first + VERIFYING,
        "Meridian",
        vec![
            person("m-anna", anna),
            person(
                "m-ben",
                json!({"name": "Ben Okafor", "email": "ben@example.test", "email_verified": true}),
            ),
        ],
    )
    .await?;
    Provider::serve(
        first + CARELESS,
        "Pigeon",
        vec![
            person(
                "p-anna",
                json!({"name": "Anna", "email": "anna@example.test", "email_verified": false}),
            ),
            person("p-cleo", json!({"name": "Cleo", "email": "cleo@example.test"})),
        ],
    )
    .await?;
    Provider::serve(
        first + NAMELESS,
        "Harbour",
        vec![person("h-1", json!({"name": "周小明"})), person("h-2", json!({}))],
    )
    .await?;
    directory::Directory::serve(first + DIRECTORY, directory::sample()).await?;
    let mailbox = Mailbox::serve(first + SMTP).await?;
    // The inbox's page takes texts too.
    let pages =
        tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], first + MAIL))).await?;
    let router = mailbox.router();
    tokio::spawn(async move { axum::serve(pages, router).await });
    application::serve(
        first + APPLICATION,
        application::Registration {
            issuer,
            client_id: "photos".into(),
            secret: "photos-demo-secret".into(),
        },
    )
    .await?;
    writeln!(std::io::stdout(), "rehearsal ready")?;
    std::io::stdout().flush()?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}
