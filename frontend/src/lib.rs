//! Hydrates the islands in the browser. Built only for wasm32, and loaded only by pages that hold an island.
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by boot.js before it walks the page.
#[wasm_bindgen]
pub fn hydrate() {
    // Naming an island keeps it, and with it its export, in the bundle.
    let _ = app::islands::FilterList;
    leptos::mount::hydrate_islands();
}
