//! Speed and size: printed, never judged.
use crate::{
    postgres::{Cluster, binaries},
    shell::{Result, cargo, ok},
};

/// Builds for release and runs the bench, with a private PostgreSQL where there is one.
pub fn bench() -> Result<bool> {
    let cluster = binaries().map(|_| Cluster::start_durable()).transpose()?;
    let mut command = cargo();
    command.args([
        "bench",
        "--quiet",
        "--locked",
        "--package",
        "ligature-server",
        "--bench",
        "flow",
    ]);
    if let Some(cluster) = &cluster {
        command
            .env("LIGATURE_TEST_POSTGRES", &cluster.url)
            .env("LIGATURE_BENCH_PG_PID", cluster.pid()?);
    }
    ok(&mut command)
}
