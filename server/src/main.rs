//! `ligature`: one binary, a few commands.
use std::process::ExitCode;

use clap::Parser;
use server::commands::{Cli, run};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ligature: {error:#}");
            ExitCode::FAILURE
        }
    }
}
