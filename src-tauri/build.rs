//! Makes every command a permission of its own: a window can call only what its capability names.

use std::path::Path;

fn main() {
    // One list of commands, read by this build script and by the test that compares it with the program.
    println!("cargo:rerun-if-changed=commands.txt");
    let names = std::fs::read_to_string("commands.txt").unwrap_or_default();
    let names: Vec<&'static str> = names.lines().map(|name| &*name.to_owned().leak()).collect();
    let pages = Path::new("../ui/dist/index.html");
    println!("cargo:rerun-if-changed={}", pages.display());
    assert!(
        pages.is_file(),
        "the pages of the window are not built yet: run `cargo xtask ui` (or `npm ci && npm run build` in ui/) first"
    );
    let manifest = tauri_build::AppManifest::new().commands(names.leak());
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        panic!("the window's settings cannot be used: {error:#}");
    }
}
