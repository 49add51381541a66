//! Running other programs.
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

pub type Result<T> = std::result::Result<T, String>;

/// The project's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf()
}

/// Where builds go: outside the checkout, so that a fresh clone builds warm.
pub fn target() -> PathBuf {
    if let Some(set) = std::env::var_os("LIGATURE_TARGET") {
        return set.into();
    }
    cache().join("target")
}

/// The user's cache folder of this project.
pub fn cache() -> PathBuf {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".cache")))
        .unwrap_or_else(std::env::temp_dir);
    base.join("ligature")
}

/// A cargo command with our target folder.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).env("CARGO_TARGET_DIR", target());
    command
}

/// Runs and says whether it went well.
pub fn ok(command: &mut Command) -> Result<bool> {
    command
        .status()
        .map(|s| s.success())
        .map_err(|e| format!("{}: {e}", command.get_program().to_string_lossy()))
}

/// Runs, and fails unless it went well.
pub fn run(command: &mut Command) -> Result<()> {
    if ok(command)? {
        Ok(())
    } else {
        Err(format!("{} failed", command.get_program().to_string_lossy()))
    }
}

/// Runs quietly and takes what it prints.
pub fn output(command: &mut Command) -> Result<String> {
    let out = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("{}: {e}", command.get_program().to_string_lossy()))?;
    if out.status.success() {
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    } else {
        Err(format!("{} failed", command.get_program().to_string_lossy()))
    }
}

/// Whether a program can be found.
pub fn found(program: &str) -> bool {
    Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// A free loopback port.
pub fn free_port() -> Result<u16> {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .map(|a| a.port())
        .map_err(|e| e.to_string())
}
