//! Speed and size: printed, never judged.
use crate::shell::{Result, cargo, ok};

/// Builds for release and runs the bench program.
pub fn bench() -> Result<bool> {
    ok(cargo().args(["run", "--quiet", "--locked", "--release", "--package", "ligature-rehearsal", "--bin", "bench"]))
}
