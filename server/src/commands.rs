//! The commands of `ligature`.
use std::{
    io::{IsTerminal, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use service::{
    Authority, Ligature, MasterKey, NewPerson, Recovery, admin::organisations::OrganisationForm,
};

use crate::{
    config::Config,
    doctor::{Finding, examine},
    key_file, seed, serve, unsent,
    version::VERSION,
};

/// A sign-in server whose heart is account linking.
#[derive(Debug, Parser)]
#[command(name = "ligature", version = VERSION)]
pub struct Cli {
    /// The configuration file; by default ligature.toml in this folder, if it is there.
    #[arg(long, short, global = true, env = "LIGATURE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server. Migrates the database first.
    Serve,
    /// Make the master key's file, and a configuration file if there is none.
    Init,
    /// Bring the database's schema up to date.
    Migrate,
    /// Say what is wrong with the configuration.
    CheckConfig,
    /// Examine the data, the settings and the files; the exit code tells whether something was found.
    Doctor {
        /// For programs: `{"ok", "findings": [{"id", "level", "says"}]}`.
        #[arg(long)]
        json: bool,
    },
    /// Show the mails and texts that did not go out.
    Mails {
        #[command(subcommand)]
        what: Option<MailCommand>,
    },
    /// The audit trail.
    Audit {
        #[command(subcommand)]
        what: AuditCommand,
    },
    /// Make an owner's account; the password is read from standard input.
    CreateAdmin {
        #[arg(long)]
        email: String,
        #[arg(long, default_value = "Owner")]
        name: String,
        /// The slug of the organisation; by default the home one, whose owners run the instance.
        #[arg(long)]
        organisation: Option<String>,
    },
    /// Several organisations on this instance.
    Organisation {
        #[command(subcommand)]
        what: OrganisationCommand,
    },
    /// Copy an embedded database into a new file while it is used.
    Backup { file: PathBuf },
    /// Say that the database was restored from a backup: sessions, tokens, codes, begun sign-ins and undo links of before end. Copies
    /// that `ligature backup` or pg_dump made are noticed without it.
    Restored,
    /// Say that a standby took over: codes, begun sign-ins and undo links of before end, and sessions and tokens unless
    /// database.synchronous_standby is set. New timelines of PostgreSQL are noticed without it.
    Promoted,
    /// Let the next signing keys sign at once, and publish those after them.
    RotateSigningKeys,
    /// Make new keys for what is sealed in the database and in cookies. They come into use within minutes; nobody is signed out.
    RotateDataKeys,
    /// Change the master key.
    MasterKey {
        #[command(subcommand)]
        what: MasterKeyCommand,
    },
    /// Apply a preset, providers and applications from a JSON file.
    Seed {
        file: PathBuf,
        /// The slug of the organisation; by default the home one.
        #[arg(long)]
        organisation: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Compare every sealed event with its seal; the exit code tells whether something was changed, removed or put in.
    Verify {
        /// A seal that must be there, as an earlier run or the server's log said: shows whether the newest batches were cut off.
        #[arg(long)]
        head: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum MailCommand {
    /// Let the running server try them again at once, those that were given up too.
    Retry,
}

#[derive(Debug, Subcommand)]
enum MasterKeyCommand {
    /// Put a new key in front of the key file. Running servers take it within a minute; give each node this file.
    Add,
    /// Wrap everything with the first key of the file, and drop the others from it.
    Finish,
}

#[derive(Debug, Subcommand)]
enum OrganisationCommand {
    /// Show them all.
    List,
    /// Make one, with an address of its own.
    Add {
        /// Short name, never changed: small letters, digits, hyphens.
        slug: String,
        /// What people read.
        #[arg(long)]
        name: String,
        /// Where its people sign in, like https://acme.example.com. It must lead to this server.
        #[arg(long)]
        address: String,
    },
}

/// Runs a command.
///
/// # Errors
/// What the person at the terminal has to know.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // The file that `init` is to make need not be there.
    let file =
        cli.config.as_deref().filter(|file| file.exists() || !matches!(cli.command, Command::Init));
    let config = Config::read(file).context("the configuration cannot be read")?;
    if matches!(cli.command, Command::Init) {
        return init(&config, cli.config.as_deref());
    }
    let problems = config.problems();
    for problem in &problems {
        eprintln!("{problem}");
    }
    if !problems.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    log(&config);
    match cli.command {
        Command::CheckConfig => say("The configuration is valid.")?,
        Command::Migrate => {
            for name in serve::store(&config)?.migrate().await? {
                say(&format!("migrated: {name}"))?;
            }
            say("The schema is up to date.")?;
        }
        Command::Serve => start(&config).await?,
        Command::Doctor { json } => return doctor(&config, cli.config.as_deref(), json).await,
        Command::Mails { what: None } => {
            write!(std::io::stdout(), "{}", unsent::list(&open(&config).await?).await?)?
        }
        Command::Mails { what: Some(MailCommand::Retry) } => {
            let again = unsent::retry(&open(&config).await?).await?;
            say(&format!("{again} mails or texts are tried again at once by a running server."))?;
        }
        Command::Audit { what: AuditCommand::Verify { head } } => {
            return verify_audit(&config, head.as_deref()).await;
        }
        Command::CreateAdmin { email, name, organisation } => {
            let mut password = String::new();
            std::io::stdin().read_to_string(&mut password)?;
            let password = password.trim_end_matches(['\n', '\r']).to_owned();
            of(open(&config).await?, organisation.as_deref())
                .await?
                .setup()
                .create_owner(NewPerson { email, name, password })
                .await?;
            say("The owner's account is made.")?;
        }
        Command::Backup { file } => {
            serve::store(&config)?.backup_to(&file, serve::system_clock()()).await?;
            say(&format!("Copied to {}.", file.display()))?;
        }
        Command::Restored => {
            open(&config)
                .await?
                .maintenance()
                .recover(Recovery::Restored { taken_at: None })
                .await?;
            say(
                "Sessions, tokens, codes, begun sign-ins and undo links of before the restore are void. People sign in again. Read docs/how-to/back-up.md on what else came back.",
            )?;
        }
        Command::Promoted => {
            let synchronous = config.database.synchronous_standby;
            open(&config).await?.maintenance().recover(Recovery::Promoted { synchronous }).await?;
            say(if synchronous {
                "Codes, begun sign-ins and undo links of before the promotion are void. Sessions and tokens stay: database.synchronous_standby says that nothing is lost."
            } else {
                "Sessions, tokens, codes, begun sign-ins and undo links of before the promotion are void. People sign in again."
            })?;
        }
        Command::RotateSigningKeys => {
            open(&config).await?.key_rotation().rotate_due_keys(true).await?;
            say(
                "The next keys sign from now on. Running servers see it within a minute; the keys before stay published for two days.",
            )?;
        }
        Command::RotateDataKeys => {
            let begun = open(&config).await?.key_rotation().rotate_data_keys().await?;
            say(if begun {
                "New keys are made. A running server seals with them within minutes, and seals anew what is older."
            } else {
                "A change is under way already: a running server finishes it."
            })?;
        }
        Command::MasterKey { what } => master_key(&config, what).await?,
        Command::Organisation { what } => organisation(&open(&config).await?, what).await?,
        Command::Seed { file, organisation } => {
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("{} cannot be read", file.display()))?;
            seed::apply(
                &of(open(&config).await?, organisation.as_deref()).await?,
                serde_json::from_str(&text)?,
            )
            .await?;
            say("Applied.")?;
        }
        Command::Init => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{text}")
}

fn log(config: &Config) {
    // The library's cross-site check writes whole addresses, and secrets of links stand in them (GD-02).
    let quiet = "tower_http::csrf=off";
    let filter = tracing_subscriber::EnvFilter::try_new(format!("{},{quiet}", config.log.level))
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(format!("info,{quiet}")));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second subscriber (tests) is not an error.
    drop(if config.log.format == "json" {
        builder.json().try_init()
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).try_init()
    });
}

async fn verify_audit(config: &Config, head: Option<&str>) -> anyhow::Result<ExitCode> {
    let found = open(config).await?.maintenance().verify_audit(head).await?;
    say(&format!(
        "{} batches with {} events; {} batches were emptied by retention, {} events erased with their accounts, {} not sealed yet.",
        found.batches, found.events, found.removed, found.erased, found.unsealed
    ))?;
    for (number, damage) in &found.broken {
        say(&format!("BROKEN: batch {number}: {damage}."))?;
    }
    if found.head_missing {
        say("BROKEN: the seal that was named is not there: batches were cut off or made anew.")?;
    }
    if let Some((number, seal)) = &found.head {
        say(&format!("Newest batch: {number}, seal {seal}"))?;
    }
    Ok(if found.is_good() {
        say("OK")?;
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Makes the key file, readable by its owner only.
fn init(config: &Config, file: Option<&Path>) -> anyhow::Result<ExitCode> {
    let key = &config.keys.file;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(key);
    match made {
        Ok(mut f) => {
            f.write_all(MasterKey::generate().as_bytes())?;
            say(&format!(
                "Made the master key {}. Keep a copy in a safe place: without it the database cannot be opened.",
                key.display()
            ))?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            say(&format!("{} is there already and stays.", key.display()))?
        }
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be made", key.display()));
        }
    }
    let path = file.unwrap_or(Path::new("ligature.toml"));
    if !path.exists() {
        // Not what the environment says: secrets stay where they are (FS-01).
        let mut made = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("{} cannot be made", path.display()))?;
        made.write_all(toml::to_string_pretty(&Config::default())?.as_bytes())?;
        say(&format!("Made {} with the defaults.", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn open(config: &Config) -> anyhow::Result<Ligature> {
    let key = key_file::read_master(config)?;
    serve::store(config)?.migrate().await?;
    serve::ligature(config, &key, serve::system_clock()).await
}

async fn master_key(config: &Config, what: MasterKeyCommand) -> anyhow::Result<()> {
    let file = &config.keys.file;
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the master key {} cannot be read", file.display()))?;
    // Whoever has no key of this database changes nothing.
    let ligature = open(config).await?;
    match what {
        MasterKeyCommand::Add => {
            key_file::replace(file, &MasterKey::generate_before(&text))?;
            say(
                "A new key is in front. Copy the file to every node, wait until each has served for a minute, then run `ligature master-key finish`.",
            )?;
        }
        MasterKeyCommand::Finish => {
            let keys = ligature.key_rotation().rewrap_data_keys().await?;
            key_file::replace(file, &MasterKey::first_of(&text))?;
            say(&format!(
                "{keys} data keys are wrapped with the first master key, and the older ones are out of the file. Copy it to every node."
            ))?;
        }
    }
    Ok(())
}

/// The product for an organisation of the instance.
async fn of(home: Ligature, slug: Option<&str>) -> anyhow::Result<Ligature> {
    match slug {
        None => Ok(home),
        Some(slug) => home
            .organisation_admin()
            .organisation(slug)
            .await
            .with_context(|| format!("there is no organisation {slug}")),
    }
}

async fn organisation(home: &Ligature, what: OrganisationCommand) -> anyhow::Result<()> {
    match what {
        OrganisationCommand::List => {
            for row in
                storage::policy::organisations::list_organisations(&mut home.store.read().await?)
                    .await?
            {
                let address =
                    if row.address.is_empty() { &home.settings.public_url } else { &row.address };
                say(&format!(
                    "{}\t{}\t{address}\t{}",
                    row.slug,
                    row.name,
                    if row.active { "on" } else { "off" }
                ))?;
            }
        }
        OrganisationCommand::Add { slug, name, address } => {
            let form = OrganisationForm { slug: slug.clone(), name, address, active: true };
            if let Err((field, remedy)) = home
                .organisation_admin()
                .put_organisation(&Authority::Operator("cli"), form, true)
                .await?
            {
                bail!(
                    "the {field} cannot be used: {}",
                    if remedy == "field-taken" {
                        "it is taken"
                    } else {
                        "see `ligature organisation add --help`"
                    }
                );
            }
            let one = home.organisation_admin().organisation(&slug).await?;
            say("The organisation is made. Running servers serve it within a second.")?;
            if let Some(token) = one.setup().setup_token().await? {
                say(&format!(
                    "Its first owner is made within an hour at:\n  {}/setup?token={token}",
                    one.settings.public_url
                ))?;
            }
        }
    }
    Ok(())
}

async fn start(config: &Config) -> anyhow::Result<()> {
    let ligature = open(config).await?;
    if let Some(token) = ligature.setup().setup_token().await? {
        say(&format!(
            "There is no owner yet. Become the first one within an hour:\n  {}/setup?token={token}",
            config.server.public_url
        ))?;
    }
    serve::serve(config, ligature).await
}

async fn doctor(config: &Config, file: Option<&Path>, json: bool) -> anyhow::Result<ExitCode> {
    let found = match open(config).await {
        Ok(ligature) => examine(config, file, &ligature).await?,
        // What a program asked for is an answer, also when nothing can be examined.
        Err(error) if json => {
            vec![Finding { id: "start".into(), level: "error", says: format!("{error:#}") }]
        }
        Err(error) => return Err(error),
    };
    let ok = found.iter().all(|f| f.level == "note");
    if json {
        say(&serde_json::json!({"ok": ok, "findings": found}).to_string())?;
    } else {
        for finding in &found {
            say(&finding.line())?;
        }
        if ok {
            say("Nothing found.")?;
        }
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
