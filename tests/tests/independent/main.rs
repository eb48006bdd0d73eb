//! A second implementation, in another language and from docs/format.md alone, agrees with the program, and notices what is wrong.
//!
//! Not a test of the program by itself: what the two agree on is that the document is precise. Invariant: the script sees files
//! only. Source: DESIGN.md §3, last paragraph.

mod enrolment;
mod example;
mod forgeries;

use ledger_core::intent::Intent;
use ledger_core::names::Gid;
use ledger_tests::binary::Place;
use serde_json::Value;
use std::cell::RefCell;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

const TESTS: &str = env!("CARGO_MANIFEST_DIR");

/// Python without what is installed beside its standard library.
fn python() -> Command {
    let mut command = Command::new("python3");
    command.args(["-S", "-E", "-B"]);
    command
}

/// A Python that runs the script again and again: most of the time of one run is Python's own beginning.
struct Session {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Session {
    fn begin() -> Self {
        const LOOP: &str = "import json, sys\n\
            sys.path.insert(0, sys.argv[1])\n\
            import verify_independently\n\
            for line in sys.stdin:\n\
            \x20   print('exit', verify_independently.main(json.loads(line)), flush=True)";
        let child = python().args(["-c", LOOP, TESTS]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("these tests need python3, 3.9 or later");
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, answers }
    }

    /// Exit code, and what the script printed.
    fn run(&mut self, args: &[&str]) -> (i32, String) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{}", Value::from(args)).unwrap();
        let mut said = String::new();
        loop {
            let before = said.len();
            assert_ne!(self.answers.read_line(&mut said).unwrap(), 0, "the script broke off: {said}");
            if let Some(code) = said[before..].strip_prefix("exit ") {
                let code = code.trim_end().parse().unwrap();
                said.truncate(before);
                return (code, said);
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

thread_local! {
    static SESSION: RefCell<Session> = RefCell::new(Session::begin());
}

/// Runs the script: whether it agrees, and what it said.
fn script<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> (bool, String) {
    let args: Vec<S> = args.into_iter().collect();
    let args: Vec<&str> = args.iter().map(|arg| arg.as_ref().to_str().unwrap()).collect();
    let (code, said) = SESSION.with_borrow_mut(|session| session.run(&args));
    assert_eq!(code, i32::from(!said.ends_with("\nagrees\n")), "{said}");
    (code == 0, said)
}

#[track_caller]
fn agrees<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> String {
    let (agrees, said) = script(args);
    assert!(agrees, "{said}");
    said
}

#[track_caller]
fn disagrees<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>, because: &str) {
    let (agrees, said) = script(args);
    let found = said.lines().any(|line| line.starts_with("WRONG ") && line.contains(because));
    assert!(!agrees && found, "expected {because:?}:\n{said}");
}

/// The place's guard file.
fn guard(place: &Place) -> PathBuf {
    fs::read_dir(place.state.join("guard")).unwrap().next().unwrap().unwrap().path()
}

/// Everything that a script can be given of a place.
fn everything(place: &Place, proofs: &[PathBuf]) -> Vec<PathBuf> {
    let export = place.file("export.jsonl", place.ok(["log", "--json"]).out);
    let mut args = vec![place.data.clone(), "--export".into(), export, "--guard".into(), guard(place)];
    for proof in proofs {
        args.extend(["--proof".into(), proof.clone()]);
    }
    args
}

#[test]
fn it_agrees_with_a_ledger_of_the_program() {
    let place = Place::with_ledger();
    let remembered = place.file("early", place.json(["status"])["checkpoint"].as_str().unwrap());
    let private = r#"{"who":"Éva \u0007 \ud83d\ude00","n":[1E-7,-0.0,0.1]}"#;
    place.ok(["append", "note", "--data", r#"{"text":"signed"}"#, "--private", private]);
    place.ok(["append", "artifact", "--unsigned", "--data", &artifact()]);
    let key = place.json(["key", "new", "agent.key"])["key"].as_str().unwrap().to_owned();
    let agent = format!(r#"{{"gid":"GID-13","name":"NOVA","lanes":["EXECUTION"],"key":"{key}"}}"#);
    place.ok(["append", "register_agent", "--actor", "GID-H01", "--data", &agent]);
    let by_agent = ["append", "note", "--actor", "GID-13", "--data", r#"{"text":"by an agent"}"#];
    place.ok(by_agent.into_iter().chain(["--key", "agent.key"]));
    let human = format!(r#"{{"gid":"GID-H02","key":"{key}"}}"#);
    assert_ne!(place.run(["append", "register_human", "--actor", "GID-H01", "--data", &human]).code(), 0);
    let refused = ["append", "register_human", "--actor", "GID-13", "--unsigned", "--data", &human];
    assert_ne!(place.run(refused).code(), 0);
    assert_eq!(place.lines(["log", "--last", "1"])[0]["type"], "violation.recorded");
    place.ok(["append", "retire_agent", "--data", r#"{"gid":"GID-13","reason":"done"}"#]);
    let mut batch = String::new();
    for n in 0..250 {
        writeln!(batch, r#"{{"kind":"note","data":{{"text":"{n}"}},"stream":"notes/{}"}}"#, n % 7).unwrap();
    }
    let batch = place.file("batch.jsonl", batch);
    place.ok([OsStr::new("append"), "--unsigned".as_ref(), "--batch".as_ref(), batch.as_ref()]);

    let status = place.json(["status"]);
    let size = status["size"].as_u64().unwrap();
    assert!(size > 256, "more than a tile: {size}");
    let mut proofs = Vec::new();
    for entry in [0, 1, 14, 255, 256, size - 1] {
        let proof = place.ok(["prove", "inclusion", &entry.to_string()]).out;
        proofs.push(place.file(&format!("inclusion-{entry}"), proof));
    }
    for (from, to) in [(0, size), (1, size), (5, 256), (256, size), (255, 256), (size, size), (13, 200)] {
        let proof = place.ok(["prove", "consistency", &from.to_string(), &to.to_string()]).out;
        proofs.push(place.file(&format!("consistency-{from}-{to}"), proof));
    }
    let mut args = everything(&place, &proofs);
    args.extend(["--checkpoint".into(), remembered, "--vkey".into(), text(&status["vkey"]).into()]);
    let said = agrees(&args);
    let command =
        python().arg(Path::new(TESTS).join("verify_independently.py")).args(&args).output().unwrap();
    assert!(command.status.success() && String::from_utf8(command.stdout).unwrap() == said, "{said}");
    for (name, fact) in [("log id", "logid"), ("root", "root"), ("BLAKE3 of the last leaf", "head")] {
        assert!(said.contains(&format!("ok       {name}: {}\n", text(&status[fact]))), "{fact}: {said}");
    }
    assert!(!said.contains("warning"), "{said}");
    // A verifier key of another log.
    *args.last_mut().unwrap() = text(&Place::with_ledger().json(["status"])["vkey"]).into();
    disagrees(&args, "genesis: the verifier key of this log is");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn artifact() -> String {
    format!(r#"{{"name":"report.pdf","digest":"sha256:{}","size":48213}}"#, "5a".repeat(32))
}

#[test]
fn it_agrees_on_canonical_numbers_strings_and_keys() {
    let place = Place::new();
    let ledger = example::ledger(&place);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let mut members = vec!["\"\":0".to_owned()];
    for n in 0..400 {
        let number = f64::from_bits(next());
        let number = if number.fract() == 0.0 || !number.is_finite() { n.into() } else { number };
        let key: String =
            (0..next() % 5).filter_map(|_| char::from_u32((next() >> 40) as u32 % 0x11_0000)).collect();
        members.push(format!("{}:{number:e}", Value::from(format!("{n}{key}"))));
        members.push(format!(
            "{}:[{},{}e{}]",
            Value::from(format!("x{key}{n}")),
            n * 3,
            next() % 1000,
            n % 12
        ));
    }
    let private = format!("{{{}}}", members.join(","));
    let gid = Gid::new("GID-H01").unwrap();
    let note = Intent::new("note", br#"{"text":"\u0000\u007f\u2028"}"#, Some(private.as_bytes()), gid, None);
    ledger.append(note.unwrap()).unwrap();
    let deepest = format!("{}{}", "{\"a\":".repeat(126) + "[", "]".to_owned() + &"}".repeat(126));
    let note = Intent::new(
        "note",
        br#"{"text":"deep"}"#,
        Some(deepest.as_bytes()),
        Gid::new("GID-H01").unwrap(),
        None,
    );
    ledger.append(note.unwrap()).unwrap();
    let size = ledger.sequencer().store().head().size;
    drop(ledger);
    let said = agrees(everything(&place, &[]));
    assert!(said.contains(&format!("export: the same {size} entries")), "{said}");
    // The program reads what it writes, the deepest part included.
    let export = place.file("export.jsonl", place.ok(["log", "--json"]).out);
    assert_eq!(place.json(["verify", export.to_str().unwrap()])["ok"], true);
}

#[test]
fn it_notices_any_changed_byte_of_journal_head_and_guard() {
    let place = Place::new();
    drop(example::ledger(&place));
    let (segment, head) = (place.data.join("journal/00000000.seg"), place.data.join("head"));
    let args = [place.data.clone(), "--guard".into(), guard(&place)];
    agrees(&args);
    let journal = fs::read(&segment).unwrap();
    let end =
        usize::try_from(u64::from_le_bytes(fs::read(&head).unwrap()[24..32].try_into().unwrap())).unwrap();
    // Every field of the segment's header and the first commit's, then its body in steps that no length divides.
    let fields = [0, 8, 12, 16, 24, 56, 60, 64, 68, 72, 80, 88, 92, 96, 100, 104, 106, 110];
    let steps = (114..end).step_by(137);
    for at in fields.into_iter().chain(steps) {
        flipped(&segment, at, || disagrees(&args, ""));
    }
    for at in (0..1024).step_by(93).chain([1023]) {
        flipped(&head, at, || disagrees(&args, "head"));
    }
    for at in [0, 8, 12, 20, 51, 52] {
        flipped(&args[2], at, || disagrees(&args, "guard"));
    }
    flipped(&args[2], 100, || assert!(agrees(&args).contains("checkpoint is torn")));
    // What stands behind the head was never acknowledged.
    flipped(&segment, end, || assert!(agrees(&args).contains("goes on behind the head")));
    fs::write(&segment, &journal[..end - 1]).unwrap();
    disagrees(&args, "longer than its segment");
    fs::write(&segment, &journal).unwrap();
    agrees(&args);
}

/// Flips one bit of a file while something runs.
fn flipped(path: &Path, at: usize, run: impl FnOnce()) {
    let bytes = fs::read(path).unwrap();
    let mut changed = bytes.clone();
    changed[at] ^= 1 << (at % 8);
    fs::write(path, changed).unwrap();
    run();
    fs::write(path, bytes).unwrap();
}

#[test]
fn it_notices_changed_proofs() {
    let place = Place::new();
    drop(example::ledger(&place));
    let inclusion = place.ok(["prove", "inclusion", "1"]).out;
    let consistency = place.ok(["prove", "consistency", "1"]).out;
    let check = |text: &str| {
        let proof = place.file("proof", text);
        script([OsStr::new("--proof"), proof.as_ref()]).0
    };
    assert!(check(&inclusion) && check(&consistency));
    let lines: Vec<&str> = inclusion.lines().collect();
    for (number, line) in lines.iter().enumerate() {
        let mut without = lines.clone();
        without.remove(number);
        assert!(!check(&(without.join("\n") + "\n")), "without line {number}: {line}");
        let mut twice = lines.clone();
        twice.insert(number, line);
        assert!(!check(&(twice.join("\n") + "\n")), "line {number} twice: {line}");
    }
    assert!(!check(&inclusion.replace("index 1\n", "index 2\n")));
    for changed in [
        ("\"from\":1", "\"from\":2"),
        ("\"to\":3", "\"to\":4"),
        ("_root\":\"", "_root\":\"0"),
        ("\\n3\\n", "\\n2\\n"),
    ] {
        assert!(consistency.contains(changed.0), "{changed:?}");
        assert!(!check(&consistency.replacen(changed.0, changed.1, 1)), "{changed:?}");
    }
    let value: Value = serde_json::from_str(&consistency).unwrap();
    for hash in value["hashes"].as_array().unwrap() {
        assert!(!check(&consistency.replace(text(hash), &"0".repeat(64))));
        assert!(!check(&consistency.replace(&format!("\"{}\"", text(hash)), &format!("{hash},{hash}"))));
    }
}
