//! `ligature`: one binary, a few commands.
use std::process::ExitCode;

use clap::Parser;
use server::commands::{Cli, run};

/// Threads of a loaded server wait for each other's allocations with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
