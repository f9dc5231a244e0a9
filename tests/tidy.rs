//! The architecture, as far as a machine can check it: rooms, arrows, purity, sizes, paths, words.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a check fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{spanned::Spanned as _, visit::Visit};

const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 400;
const SERVICES: [&str; 6] = ["calendar", "people", "notifier", "attendance", "ranking", "gateway"];
const ROOMS: [&str; 7] =
    ["contract", "values", "deciders", "processes", "projections", "routes", "adapters"];
const BESIDE_ROOMS: [&str; 7] =
    ["Cargo.toml", "README.md", "src", "tests", "locales", "templates", "assets"];
const PURE: [&str; 3] = ["deciders", "processes", "values"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below `folder` that end in `.ending`, by their path from the root.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if path.is_dir() && !hidden && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn rust_files() -> Vec<PathBuf> {
    let folders = ["src", "almanac", "platform", "proto", "services", "tests", "benches"];
    folders.iter().flat_map(|folder| files(folder, "rs")).collect()
}

fn text(path: &Path) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A path's parts as text.
fn parts(path: &Path) -> Vec<String> {
    path.iter().map(|part| part.to_string_lossy().into_owned()).collect()
}

fn is_test(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    name == "tests" || parts(path).iter().any(|part| part == "tests")
}

#[track_caller]
fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

#[test]
fn the_rooms_of_a_service_bear_their_names() {
    let mut strange = Vec::new();
    for service in SERVICES {
        let home = root().join("services").join(service);
        for entry in fs::read_dir(&home).unwrap().map(|e| e.unwrap().file_name()) {
            if !BESIDE_ROOMS.contains(&&*entry.to_string_lossy()) {
                strange.push(format!("services/{service}/{}", entry.display()));
            }
        }
        for entry in fs::read_dir(home.join("src")).unwrap().map(|e| e.unwrap().file_name()) {
            let name = entry.to_string_lossy();
            let room = name.strip_suffix(".rs").unwrap_or(&name);
            if !ROOMS.contains(&room) && !["lib", "tests"].contains(&room) {
                strange.push(format!("services/{service}/src/{name}"));
            }
        }
    }
    none(&strange, "not a room; see the rooms of a service in ARCHITECTURE.md");
}

#[test]
fn dependencies_point_downward() {
    let mut allowed: BTreeMap<String, BTreeSet<&str>> = BTreeMap::from([
        ("almanac".into(), BTreeSet::new()),
        ("proto".into(), BTreeSet::new()),
        ("platform".into(), BTreeSet::from(["linli-proto"])),
    ]);
    for service in SERVICES {
        let below = BTreeSet::from(["linli-platform", "linli-almanac", "linli-proto"]);
        allowed.insert(format!("services/{service}"), below);
    }
    allowed.get_mut("services/gateway").unwrap().extend([
        "linli-calendar",
        "linli-people",
        "linli-notifier",
        "linli-attendance",
        "linli-ranking",
    ]);
    let mut upward = Vec::new();
    for (home, allowed) in allowed {
        let manifest = Path::new(&home).join("Cargo.toml");
        let manifest: toml::Table = text(&manifest).parse().unwrap();
        // Dev-dependencies count as well: a test that needs a neighbour belongs into tests/.
        for section in ["dependencies", "dev-dependencies"] {
            let named = manifest.get(section).and_then(toml::Value::as_table);
            for name in named.into_iter().flat_map(|table| table.keys()) {
                if name.starts_with("linli") && !allowed.contains(name.as_str()) {
                    upward.push(format!("{home} depends on {name}"));
                }
            }
        }
    }
    none(&upward, "dependencies point downward only: src, gateway, services, platform, proto");
}

#[test]
fn deciders_processes_values_and_the_almanac_are_pure() {
    let forbidden = [
        "async ",
        "tokio",
        "rusqlite",
        "SystemTime",
        "Instant::now",
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "Entropy",
    ];
    let mut impure = Vec::new();
    for path in rust_files() {
        let parts = parts(&path);
        let pure_room = parts[0] == "services"
            && PURE
                .iter()
                .any(|room| parts[3] == *room || parts[3].strip_suffix(".rs") == Some(room));
        if is_test(&path) || !(pure_room || (parts[0] == "almanac" && parts[1] == "src")) {
            continue;
        }
        let code = text(&path);
        let code = code.split("#[cfg(test)]").next().unwrap();
        for (n, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap();
            if let Some(word) = forbidden.iter().find(|word| line.contains(*word)) {
                impure.push(format!("{}:{}: {word}", path.display(), n + 1));
            }
        }
    }
    none(&impure, "pure rooms do no I/O and take the time as an argument");
}

struct Functions {
    path: PathBuf,
    long: Vec<String>,
}

impl Functions {
    fn check(&mut self, name: &syn::Ident, span: proc_macro2::Span) {
        let lines = span.end().line - span.start().line + 1;
        if lines > FUNCTION_LINES_MAX {
            self.long.push(format!("{}: {name} has {lines} lines", self.path.display()));
        }
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.check(&function.sig.ident, function.block.span());
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.check(&function.sig.ident, function.block.span());
        syn::visit::visit_impl_item_fn(self, function);
    }
}

#[test]
fn functions_fit_on_a_screen_and_files_in_one_sitting() {
    let mut long = Vec::new();
    for path in rust_files() {
        let code = text(&path);
        let lines = code.lines().count();
        if lines > FILE_LINES_MAX {
            long.push(format!("{} has {lines} lines", path.display()));
        }
        let file = syn::parse_file(&code).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut functions = Functions { path, long: Vec::new() };
        functions.visit_file(&file);
        long.extend(functions.long);
    }
    none(&long, "a function has at most 70 lines, a file 400");
}

#[test]
fn time_and_routes_have_one_door_each() {
    let mut found = Vec::new();
    for path in rust_files() {
        if is_test(&path) {
            continue;
        }
        let code = text(&path);
        let at = path.to_string_lossy().into_owned();
        if code.contains("Utc::now(") && at != "platform/src/clock.rs" {
            found.push(format!("{at}: the time comes from platform::clock"));
        }
        let routes = at.starts_with("services/") && at.contains("/src/routes");
        if routes && (code.contains("routing::post") || code.contains("routing::any")) {
            found.push(format!("{at}: a writing route names its need: Routes::post"));
        }
    }
    none(&found, "one door each");
}

#[test]
fn pages_keep_their_words_in_both_languages() {
    let chinese = |c: char| ('\u{3400}'..='\u{9fff}').contains(&c);
    let mut found = Vec::new();
    for path in files("services", "html") {
        for (n, line) in text(&path).lines().enumerate() {
            if line.chars().any(chinese) {
                found.push(format!("{}:{}: Chinese in a template", path.display(), n + 1));
            }
            if line.contains("style=\"") || line.contains("<script>") || line.contains("onclick") {
                found.push(format!("{}:{}: inline style or script", path.display(), n + 1));
            }
        }
    }
    for service in SERVICES {
        let read = |language: &str| -> BTreeMap<String, toml::Value> {
            let path = format!("services/{service}/locales/{language}.toml");
            toml::from_str(&text(Path::new(&path))).unwrap_or_else(|e| panic!("{path}: {e}"))
        };
        if !root().join(format!("services/{service}/locales")).exists() {
            continue;
        }
        let (zh, en) = (read("zh"), read("en"));
        for key in zh.keys().filter(|key| !en.contains_key(*key)) {
            found.push(format!("services/{service}/locales/en.toml lacks {key}"));
        }
        for key in en.keys().filter(|key| !zh.contains_key(*key)) {
            found.push(format!("services/{service}/locales/zh.toml lacks {key}"));
        }
    }
    none(&found, "words stand in locales/, in both languages");
}

/// The paths that a document names in backticks.
fn named_paths(document: &str) -> Vec<String> {
    let text = text(Path::new(document));
    let quoted = text.split('`').skip(1).step_by(2);
    let is_path = |word: &&str| {
        let first = word.split('/').next().unwrap_or_default();
        word.contains('/')
            && !word.contains([' ', '<', '{', '*', ':'])
            && ["src", "almanac", "platform", "proto", "services", "tests", "benches", "docs"]
                .iter()
                .chain(&["seeds", "deploy", ".ci"])
                .any(|known| first == *known)
    };
    quoted.filter(is_path).map(str::to_owned).collect()
}

#[test]
fn documents_name_paths_that_exist() {
    let mut gone = Vec::new();
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/glossary.md"] {
        let paths = named_paths(document);
        gone.extend(
            paths
                .iter()
                .filter(|path| !root().join(path).exists())
                .map(|path| format!("{document}: {path}")),
        );
    }
    assert!(named_paths("ARCHITECTURE.md").len() > 20, "ARCHITECTURE.md is the map");
    none(&gone, "a document names a path that does not exist");
}
