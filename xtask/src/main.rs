//! `cargo xtask …`: set-up, demo, tests, bench. No dependencies, so that it starts at once.
//!
//! [`setup`] installs what is missing, [`demo`] starts everything on loopback, [`mod@test`] runs every check. [`checks`] are
//! those of the source itself: who imports whom, licences, generated tables. [`postgres`] is a private server for the tests.
mod bench;
mod chaos;
mod checks;
#[cfg(test)]
mod dashboard;
mod demo;
mod fuzz;
mod package;
mod postgres;
mod sbom;
mod setup;
mod shell;
mod test;

use std::process::ExitCode;

use test::Extent;

const HELP: &str = "cargo xtask COMMAND

  demo     set up, build and start everything on loopback
  test     set up and run the checks that a change is judged by
  verify   the same, and every test that takes longer; writes docs/reference/verified.md
  chaos    kill processes and cut databases off while people sign in; writes docs/reference/chaos.md
  setup    only install what is missing
  site     only build the browser bundle
  bench    print speed and size
  fuzz     feed made-up answers of providers to what reads them, ten minutes for each kind
           (fuzz TARGET… --seconds=N: some of them, or for another time)
  package  make an archive, a Debian package and an OCI image, with checksums
           (--debug: of a build for tests; --binary=FILE: of a program that is built already;
           --check: install, upgrade, purge and start them, as root)
  sbom     print what the program is built of (CycloneDX)
  tables   write the generated pages of docs/

  --yes    install without asking";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let yes = arguments.iter().any(|a| a == "--yes") || std::env::var_os("CI").is_some();
    let has = |name: &str| arguments.iter().any(|a| a == name);
    let result = match arguments.iter().find(|a| !a.starts_with('-')).map(String::as_str) {
        Some("demo") => demo::demo(yes),
        Some("test") => test::test(Extent::Test, yes),
        Some("verify") => test::test(Extent::Verify, yes),
        Some("chaos") => chaos::chaos(yes),
        Some("setup") => setup::all(yes).map(|_| true),
        Some("site") => setup::site(yes),
        Some("bench") => bench::bench(),
        Some("fuzz") => {
            let named: Vec<String> =
                arguments.iter().filter(|a| !a.starts_with('-') && *a != "fuzz").cloned().collect();
            let seconds = arguments.iter().find_map(|a| a.strip_prefix("--seconds="));
            fuzz::fuzz(&named, seconds.and_then(|n| n.parse().ok()))
        }
        Some("package") => {
            let given = arguments.iter().find_map(|a| a.strip_prefix("--binary="));
            package::package(yes, has("--debug"), has("--check"), given)
        }
        Some("sbom") => package::print_sbom(),
        Some("tables") => checks::tables(true),
        _ => {
            eprintln!("{HELP}");
            return ExitCode::FAILURE;
        }
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
