//! Directories that hold no ledger, one of a newer format, or one with wrong keys.

use super::{case, refused};
use ledger_core::Code;
use ledger_tests::binary::Place;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

const APPEND: &[&str] = &["append", "note", "--data", r#"{"text":"a"}"#];
/// Every command that needs a ledger.
const ALL: &[&[&str]] = &[
    APPEND,
    &["log"],
    &["show", "0"],
    &["show", "registry/genesis"],
    &["status"],
    &["replay"],
    &["agents"],
    &["key"],
    &["prove", "inclusion", "0"],
];

#[test]
fn what_is_no_ledger_is_left_alone() {
    let place = Place::new();
    place.file("file", "text");
    fs::create_dir(place.root().join("empty")).unwrap();
    fs::create_dir_all(place.root().join("half/journal")).unwrap();
    let names = |place: &Place| {
        let mut names: Vec<PathBuf> = walk(place.root());
        names.retain(|path| !path.starts_with(&place.state));
        names.sort();
        names
    };
    let before = names(&place);
    for dir in ["missing", "missing/below", "file", "file/below", "empty", "half", "empty/.."] {
        for args in ALL {
            let mut command = args.to_vec();
            command.splice(0..0, ["--data", dir]);
            refused(&place, &case(format!("{dir:?} {args:?}"), command, Code::NotALedger));
        }
    }
    for (dir, code) in
        [("file", Code::AlreadyALedger), ("half", Code::AlreadyALedger), ("file/below", Code::WriteFailed)]
    {
        refused(&place, &case(format!("init in {dir}"), ["init", "--data", dir], code));
    }
    assert_eq!(names(&place), before);
    let ledger = Place::with_ledger();
    refused(&ledger, &case("init twice", ["init"], Code::AlreadyALedger));
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    entries.flat_map(|p| if p.is_dir() { [vec![p.clone()], walk(&p)].concat() } else { vec![p] }).collect()
}

/// Writes another format into a frame, and the checksum that makes it valid.
fn make_newer(path: &Path, crc_at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[8..12].copy_from_slice(&2_u32.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..crc_at]);
    bytes[crc_at..crc_at + 4].copy_from_slice(&crc.to_le_bytes());
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_ledger_of_a_newer_format_is_refused_whole() {
    for (file, crc_at) in [("journal/00000000.seg", 60), ("head", 1020)] {
        let place = Place::with_ledger();
        make_newer(&place.data.join(file), crc_at);
        for args in ALL {
            // What needs no segment header still reads an older head, and says what it finds there.
            let reads_on = file != "head" && (matches!(args[0], "log") || args == &["show", "0"]);
            if !reads_on {
                refused(&place, &case(format!("{file} {args:?}"), args.iter().copied(), Code::NewerFormat));
            }
        }
    }
    let place = Place::with_ledger();
    let guard = fs::read_dir(place.state.join("guard")).unwrap().next().unwrap().unwrap().path();
    make_newer(&guard, 52);
    refused(&place, &case("guard", APPEND.iter().copied(), Code::NewerFormat));
}

/// Replaces a key file.
fn put(place: &Place, name: &str, content: &[u8], mode: u32) {
    let path = place.data.join("keys").join(name);
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn key_files_that_are_wrong_are_refused() {
    let (place, other) = (Place::with_ledger(), Place::with_ledger());
    let read = |place: &Place, name: &str| fs::read(place.data.join("keys").join(name)).unwrap();
    let foreign = read(&other, "log.key");
    for name in ["log.key", "GID-H01.key"] {
        let good = read(&place, name);
        let text = String::from_utf8(good.clone()).unwrap();
        let seed = text.lines().last().unwrap();
        let cases: [(&str, Vec<u8>, u32, Code); 8] = [
            ("readable by all", good.clone(), 0o644, Code::KeyFileMode),
            ("readable by the group", good.clone(), 0o640, Code::KeyFileMode),
            ("empty", Vec::new(), 0o600, Code::KeyFileUnreadable),
            ("garbage", vec![0xff; 40], 0o600, Code::KeyFileUnreadable),
            ("a digit short", seed.as_bytes()[1..].to_vec(), 0o600, Code::KeyFileUnreadable),
            ("upper case", "AB".repeat(32).into_bytes(), 0o600, Code::KeyFileUnreadable),
            ("two seeds", [good.as_slice(), &good].concat(), 0o600, Code::KeyFileUnreadable),
            ("a large file", b"#".repeat(5000), 0o600, Code::KeyFileUnreadable),
        ];
        for (what, content, mode, code) in cases {
            put(&place, name, &content, mode);
            let case = case(format!("{name}: {what}"), APPEND.iter().copied(), code);
            refused(&place, &case);
            let said = place.run(APPEND);
            assert!(!said.err.contains(seed), "a secret in an error");
        }
        put(&place, name, &good, 0o600);
    }
    let good = read(&place, "log.key");
    put(&place, "log.key", &foreign, 0o600);
    refused(&place, &case("another log's key", APPEND.iter().copied(), Code::WrongLogKey));
    fs::remove_file(place.data.join("keys/log.key")).unwrap();
    refused(&place, &case("no log key", APPEND.iter().copied(), Code::KeyFileUnreadable));
    // Reading needs no key.
    place.ok(["log"]);
    place.ok(["prove", "inclusion", "3"]);
    put(&place, "log.key", &good, 0o600);
    place.note("all is well again");
}
