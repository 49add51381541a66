//! Turns the browser build's wasm into the bundle: `assets INPUT.wasm FOLDER`.
use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (input, folder) = (arguments.next().context("which wasm?")?, arguments.next().context("which folder?")?);
    Bindgen::new().web(true)?.input_path(input).out_name("frontend").typescript(false).omit_default_module_path(false).remove_producers_section(true).remove_name_section(true).generate(folder)
}
