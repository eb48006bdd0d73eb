//! The boundaries of this code base, as tests: who may name what, how files look, which way dependencies point, that documents are true.
//!
//! Not a compiler: it reads words of source text, with comments, literals and test modules taken out. Invariant: a rule that is not
//! checked here or by clippy is not a rule. Source: ARCHITECTURE.md ("Architecture invariant"), docs/adr/.

mod source;

use source::{Source, root};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// A name, the only places where it may stand, and why.
type Boundary = (&'static str, &'static [&'static str], &'static str);

const BOUNDARIES: &[Boundary] = &[
    ("sled", &["ledger-core/src/store/local/", "tests/", "bench/"], "the database is behind `Rows`"),
    (
        "bincode",
        &["ledger-core/src/store/local/database.rs", "ledger-core/src/store/local/rows.rs"],
        "docs/adr/0005-bincode.md",
    ),
    ("axum", &["ledger-server/"], "only the server speaks HTTP"),
    ("tokio", &["ledger-server/", "ledger-cli/", "tests/", "bench/"], "the core is synchronous"),
    ("clap", &["ledger-cli/", "bench/"], "only programs know a command line"),
    ("SystemTime", &["ledger-core/src/time.rs", "tests/", "bench/"], "time is passed in"),
    (
        "Instant",
        &["ledger-core/src/store/local/open.rs", "ledger-server/", "ledger-cli/", "tests/", "bench/"],
        "time is passed in; waiting for the lock, or measuring a request, is no time of the log",
    ),
    ("clock_gettime", &["ledger-core/src/time.rs"], "time is passed in"),
    ("Timestamp::now", &["ledger-core/src/time.rs"], "time is passed in"),
    ("Zoned::now", &["ledger-core/src/time.rs"], "time is passed in"),
    (
        "SystemClock",
        &["ledger-core/src/time.rs", "ledger-core/src/ledger/", "ledger-cli/", "tests/", "bench/"],
        "the shell chooses the clock",
    ),
    (
        "SystemRandom",
        &["ledger-core/src/time.rs", "ledger-core/src/ledger/", "ledger-cli/", "tests/", "bench/"],
        "the shell chooses the randomness",
    ),
    ("getrandom", &["ledger-core/src/time.rs"], "randomness is passed in"),
];

/// Code that computes and nothing else.
const PURE: &[&str] = &[
    "proofs/src/",
    "ledger-core/src/codes",
    "ledger-core/src/entry/",
    "ledger-core/src/error.rs",
    "ledger-core/src/event/",
    "ledger-core/src/guard/",
    "ledger-core/src/import/chainbridge/",
    "ledger-core/src/import/cloudevents.rs",
    "ledger-core/src/import/format.rs",
    "ledger-core/src/intent.rs",
    "ledger-core/src/json/",
    "ledger-core/src/names/",
    "ledger-core/src/opdo/",
    "ledger-core/src/pattern.rs",
    "ledger-core/src/picture/",
    "ledger-core/src/review/",
    "ledger-core/src/rules/",
    "ledger-core/src/sequencer/clock.rs",
    "ledger-core/src/store/local/frame.rs",
    "ledger-core/src/verify/examine.rs",
    "ledger-core/src/verify/judge.rs",
    "ledger-core/src/verify/links.rs",
    "ledger-core/src/verify/order.rs",
    "ledger-core/src/verify/pacs.rs",
    "ledger-core/src/verify/report.rs",
    "ledger-core/src/verify/settle.rs",
    "ledger-core/src/verify/streams.rs",
    "ledger-core/src/verify/tree.rs",
    "ledger-core/src/view/",
];
/// What pure code cannot name.
const IMPURE: &[&str] =
    &["fs", "net", "env", "process", "thread", "File", "stdin", "stdout", "stderr", "rustix", "Disk"];

/// Crates from the bottom up, and directories: each may depend on those before it only.
const CRATES: &[(&str, &str)] = &[
    ("ledger-proofs", "proofs"),
    ("ledger-core", "ledger-core"),
    ("ledger-server", "ledger-server"),
    ("ledger-cli", "ledger-cli"),
    ("ledger-tests", "tests"),
    ("bench", "bench"),
];
/// All that someone who checks a proof must compile.
const PROOFS_NEED: &[&str] = &["base64", "ed25519-dalek", "hex", "rs_merkle", "sha2", "thiserror"];

const VAGUE: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];
const MAX_LINES: usize = 500;

fn complain(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn names_stay_where_they_belong() {
    let mut complaints = Vec::new();
    for file in source::rust_files() {
        for (name, places, why) in BOUNDARIES {
            if !places.iter().any(|p| file.path.starts_with(p)) {
                complaints.extend(
                    file.lines_naming(name)
                        .map(|n| format!("{}:{n}: `{name}` does not belong here: {why}", file.path)),
                );
            }
        }
        if PURE.iter().any(|p| file.path.starts_with(p)) {
            for name in IMPURE {
                complaints.extend(
                    file.lines_naming(name)
                        .map(|n| format!("{}:{n}: `{name}` in code that must be pure", file.path)),
                );
            }
        }
    }
    complain(&complaints);
}

#[test]
fn every_boundary_still_has_two_sides() {
    let files = source::rust_files();
    let mut complaints = Vec::new();
    for place in PURE.iter().chain(BOUNDARIES.iter().flat_map(|(_, places, _)| *places)) {
        let crate_exists = root().join(place.split('/').next().unwrap()).join("Cargo.toml").exists();
        if crate_exists && !files.iter().any(|f| f.path.starts_with(place)) {
            complaints.push(format!("a rule names {place}, where there is no source any more"));
        }
    }
    complain(&complaints);
}

#[test]
fn files_are_short_named_for_what_they_are_and_say_so() {
    let unfinished: Vec<String> =
        ["TO", "FIX"].iter().zip(["DO", "ME"]).map(|(a, b)| format!("{a}{b}")).collect();
    let mut complaints = Vec::new();
    for Source { path, text, .. } in source::rust_files() {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            complaints.push(format!("{path}: {lines} lines; what hides in it?"));
        }
        if path.split(['/', '.']).any(|part| VAGUE.contains(&part)) {
            complaints.push(format!("{path}: name it after what it does"));
        }
        if !text.starts_with("//! ") {
            complaints.push(format!("{path}: begins without saying what it is"));
        }
        complaints.extend(unfinished.iter().filter(|w| text.contains(*w)).map(|w| format!("{path}: {w}")));
    }
    complain(&complaints);
}

#[test]
fn dependencies_point_one_way() {
    let mut complaints = Vec::new();
    for (rank, (name, dir)) in CRATES.iter().enumerate() {
        let Ok(manifest) = fs::read_to_string(root().join(dir).join("Cargo.toml")) else { continue };
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{dir} is not {name}");
        let allowed: Vec<&str> = CRATES.iter().take(rank).map(|(name, _)| *name).collect();
        for (section, dependency) in source::dependencies(&manifest) {
            let ours = CRATES.iter().any(|(name, _)| *name == dependency);
            if ours && !allowed.contains(&dependency.as_str()) {
                complaints.push(format!("{name} must not depend on {dependency}"));
            }
            if *name == "ledger-proofs"
                && section == "dependencies"
                && !PROOFS_NEED.contains(&dependency.as_str())
            {
                complaints.push(format!(
                    "ledger-proofs must not need {dependency}: whoever checks a proof would have to trust it"
                ));
            }
        }
    }
    let members = source::member_directories();
    let known: BTreeSet<String> = CRATES.iter().map(|(_, dir)| (*dir).to_owned()).collect();
    complaints
        .extend(members.difference(&known).map(|dir| format!("{dir} has no place in the order of crates")));
    complain(&complaints);
}

#[test]
fn every_decision_is_recorded_whole_and_listed() {
    let dir = root().join("docs/adr");
    let index = fs::read_to_string(dir.join("README.md")).unwrap();
    let mut names: Vec<String> =
        fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|n| n != "README.md");
    // The record of dependencies has a name of its own, because every change of one leads to it; its heading has the number.
    let numbered = |name: &String| if name == "dependencies.md" { "0004-".to_owned() } else { name.clone() };
    names.sort_by_key(numbered);
    let mut complaints = Vec::new();
    for (number, name) in (1..).zip(&names) {
        let text = fs::read_to_string(dir.join(name)).unwrap();
        let heading = format!("# {number}. ");
        if !numbered(name).starts_with(&format!("{number:04}-")) || !text.starts_with(&heading) {
            complaints.push(format!("{name}: number {number:04} is missing or used twice"));
        }
        if !index.contains(&format!("]({name})")) {
            complaints.push(format!("{name} is not in docs/adr/README.md"));
        }
        for part in ["# ", "## Context", "## Decision", "## Consequence", "## What would change it"] {
            if !text.lines().any(|line| line.starts_with(part)) {
                complaints.push(format!("{name}: has no line {part:?}"));
            }
        }
    }
    complain(&complaints);
}

#[test]
fn every_dependency_has_its_reason() {
    let record = fs::read_to_string(root().join("docs/adr/dependencies.md")).unwrap();
    let manifests =
        CRATES.iter().filter_map(|(_, dir)| fs::read_to_string(root().join(dir).join("Cargo.toml")).ok());
    let mut wanted: BTreeSet<String> =
        manifests.flat_map(|m| source::dependencies(&m)).map(|(_, dependency)| dependency).collect();
    wanted.retain(|dependency| CRATES.iter().all(|(name, _)| name != dependency));
    assert!(wanted.len() > 20, "the manifests were not read");
    let row = |dependency: &String| format!("| `{dependency}` |");
    let missing = wanted.iter().filter(|d| !record.contains(&row(d)));
    complain(&missing.map(|d| format!("docs/adr/dependencies.md has no row for `{d}`")).collect::<Vec<_>>());
    let rows = record.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let stale = rows.filter(|d| !wanted.contains(*d));
    complain(
        &stale
            .map(|d| format!("docs/adr/dependencies.md has a row for `{d}`, which nothing needs"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn the_code_map_names_every_module() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut complaints = Vec::new();
    for file in source::rust_files() {
        let Some((krate, module)) = file.path.split_once("/src/") else { continue };
        let stem = module.trim_end_matches(".rs").trim_end_matches("/mod");
        let top = stem.split('/').next().unwrap();
        let is_root = matches!(stem, "lib" | "main");
        if !is_root && !file.only_for_tests && !map.contains(&format!("`{krate}/src/{top}`")) {
            complaints.push(format!("ARCHITECTURE.md says nothing of `{krate}/src/{top}`"));
        }
    }
    complaints.dedup();
    for named in map.split('`').filter(|word| word.contains("/src/")) {
        let path = root().join(named);
        if !path.is_dir() && !path.with_extension("rs").exists() {
            complaints.push(format!("ARCHITECTURE.md speaks of {named}, which is gone"));
        }
    }
    complain(&complaints);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut complaints = Vec::new();
    for (path, text) in source::documents() {
        for target in source::links(&text) {
            let file = target.split('#').next().unwrap();
            let from = root().join(&path);
            if !file.is_empty() && !from.parent().unwrap().join(file).exists() {
                complaints.push(format!("{path}: {target} leads nowhere"));
            }
        }
    }
    for file in source::rust_files() {
        for word in file.text.split(|c: char| c.is_whitespace() || "()`<>\",;".contains(c)) {
            let named = word.trim_end_matches(['.', ':']);
            if named.starts_with("docs/") && named.ends_with(".md") && !root().join(named).exists() {
                complaints.push(format!("{}: {named} does not exist", file.path));
            }
        }
    }
    complain(&complaints);
}

#[test]
fn commands_that_documents_name_exist() {
    let recipes = fs::read_to_string(root().join("justfile")).unwrap();
    let sources = source::rust_files().into_iter().map(|f| (f.path, f.text));
    let mut complaints = Vec::new();
    for (path, text) in source::documents().into_iter().chain(sources) {
        for rest in text.split("`just ").skip(1) {
            let name: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            let exists = recipes.lines().any(|l| l.split([' ', ':']).next() == Some(&name));
            if name.starts_with(|c: char| c.is_ascii_lowercase()) && !exists {
                complaints.push(format!("{path}: the justfile has no {name}"));
            }
        }
    }
    complain(&complaints);
}

#[test]
fn the_reader_of_source_sees_code_and_nothing_else() {
    let text = "//! sled here\nuse std::{fs, io}; // sled\nlet a = \"sled \\\" sled\"; let b = r#\"sled \" sled\"#; let c = '\"';\n\
        /* sled /* sled */ sled */ fn f<'sled_>(x: &'static str) { unsled(); sled::open(); }\n\
        #[cfg(test)]\nmod tests { fn g() { let x = '{'; sled(); } }\n#[cfg(test)]\nmod properties;\nfn h() { Timestamp::now(); sled_db(); }\n";
    let file = Source::new("x/src/a.rs".to_owned(), text.to_owned());
    let found: BTreeMap<&str, Vec<usize>> = ["sled", "fs", "Timestamp::now", "now", "h"]
        .into_iter()
        .map(|n| (n, file.lines_naming(n).collect()))
        .collect();
    let expected =
        [("sled", vec![4]), ("fs", vec![2]), ("Timestamp::now", vec![9]), ("now", vec![9]), ("h", vec![9])];
    assert_eq!(found, BTreeMap::from(expected));
    assert_eq!(file.test_modules, ["properties"]);
    let manifest = "[dependencies]\na.workspace = true\n# c = 1\n[dev-dependencies]\nb = { version = \"1\" }\n[lints]\nworkspace = true\n";
    let names: Vec<String> =
        source::dependencies(manifest).into_iter().map(|(s, n)| format!("{s} {n}")).collect();
    assert_eq!(names, ["dependencies a", "dev-dependencies b"]);
}
