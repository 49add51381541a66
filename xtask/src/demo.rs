//! The demo: everything on loopback, started and stopped together.
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use crate::{
    setup,
    shell::{Result, cache, cargo, ok, root, run, target},
};

const PUBLIC: &str = "http://127.0.0.1:8090";

/// Sets up, builds, starts, prints where to go; ends with Ctrl-C.
pub fn demo(yes: bool) -> Result<bool> {
    eprintln!(
        "Ligature's demo runs on this machine only. It needs a Rust compiler; for lively lists also a compiler for the browser."
    );
    eprintln!(
        "\nStep 1 of 4: the parts for the browser. The first time this takes about two minutes, later none."
    );
    setup::site(yes)?;
    eprintln!(
        "\nStep 2 of 4: the server and the providers to try it with. The first time cargo compiles some 500 packages, which takes five to ten minutes on two cores; it counts them. Later it takes seconds."
    );
    run(cargo().args([
        "build",
        "--locked",
        "--package",
        "ligature-server",
        "--package",
        "ligature-rehearsal",
    ]))?;
    eprintln!("\nStep 3 of 4: providers, a mailbox and a sample application.");
    let folder = cache().join("demo");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|e| e.to_string())?;
    }
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let mut rehearsal = Started(
        Command::new(target().join("debug/rehearsal"))
            .arg(PUBLIC)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| e.to_string())?,
    );
    wait_for(&mut rehearsal.0, "rehearsal ready")?;
    let ligature = || {
        let mut command = Command::new(target().join("debug/ligature"));
        command.current_dir(&folder);
        for (key, value) in [
            ("SERVER__PUBLIC_URL", PUBLIC),
            ("SERVER__LISTEN", "127.0.0.1:8090"),
            ("MAIL__SMTP_URL", "smtp://127.0.0.1:8094"),
            ("MAIL__FROM", "Ligature demo <login@example.test>"),
            ("SMS__WEBHOOK_URL", "http://127.0.0.1:8095/texts"),
            ("SMS__WEBHOOK_TOKEN", "rehearsal-gateway"),
            ("HTTP_CLIENT__ALLOW_PRIVATE", "true"),
            ("DEMO", "true"),
            ("LOG__LEVEL", "warn"),
        ] {
            command.env(format!("LIGATURE__{key}"), value);
        }
        command
    };
    eprintln!("Step 4 of 4: a fresh database, and the server.");
    run(ligature().arg("init").stdout(Stdio::null()))?;
    run(ligature().arg("seed").arg(root().join("end2end/demo.json")).stdout(Stdio::null()))?;
    let mut server =
        Started(ligature().arg("serve").stdout(Stdio::piped()).spawn().map_err(|e| e.to_string())?);
    let setup = wait_for(&mut server.0, "/setup?token=")?;
    for _ in 0..200 {
        if std::net::TcpStream::connect("127.0.0.1:8090").is_ok() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    eprintln!(
        "\nLigature's demo is running. It uses the GOSS preset, so that you see the three-way chooser and the code.\n
  Sample application   http://127.0.0.1:8096
  Mails and texts      http://127.0.0.1:8095
  Ligature             {PUBLIC}
  First administrator  {}\n
Try first:
  1. Open the sample application, sign in with Meridian as Anna. You are back, and the application knows you.
  2. Sign out there, open My Account at Ligature and sign out there too.
  3. Sign in again, now with Pigeon as Anna: the chooser asks. Add it to your account, take the code from the mailbox.
  4. The application sees the same subject. Meridian verifies addresses, Pigeon does not, and Harbour gives none.\n
Ctrl-C ends everything; the data are removed at the next start.",
        setup.trim()
    );
    let ended = server.0.wait().map_err(|e| e.to_string())?;
    drop(rehearsal);
    Ok(ended.success() || ok(&mut Command::new("true"))?)
}

/// A program that ends with us.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Reads its output up to a line that contains a text, and lets the rest flow away.
fn wait_for(child: &mut Child, text: &str) -> Result<String> {
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    for line in lines.by_ref() {
        let line = line.map_err(|e| e.to_string())?;
        if line.contains(text) {
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(line);
        }
    }
    Err(format!("the program ended before it said {text:?}"))
}
