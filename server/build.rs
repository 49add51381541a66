//! The folder of the built site must exist, or nothing can be embedded; without a bundle pages work without islands.
fn main() {
    let site = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../site");
    if let Err(error) = std::fs::create_dir_all(&site) {
        println!("cargo::warning=the site folder cannot be made: {error}");
    }
    println!("cargo::rerun-if-changed=../site");
    println!("cargo::rerun-if-changed=../style/main.css");
}
