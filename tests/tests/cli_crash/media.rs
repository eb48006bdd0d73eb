//! Media that cannot be written to: read-only, someone else's, full.

use super::{Acknowledged, skip, verifies};
use ledger_tests::binary::{Place, Said, program};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Every command that only reads.
const READING: &[&[&str]] = &[
    &["log"],
    &["log", "--json"],
    &["show", "3"],
    &["show", "registry/profile-GID-03"],
    &["status"],
    &["replay"],
    &["agents"],
    &["key", "list"],
    &["prove", "inclusion", "3"],
    &["prove", "consistency", "3"],
    &["verify"],
];
const APPEND: &[&str] = &["append", "note", "--data", r#"{"text":"a"}"#, "--id", "k"];

/// Words that run a program with this directory mounted read-only, seen by nobody else.
fn read_only(dir: &Path) -> Vec<OsString> {
    let dir = dir.display();
    let script = format!("mount --bind {dir} {dir} && mount -o remount,bind,ro {dir} && exec \"$@\"");
    ["unshare", "--mount", "sh", "-c", &script, "sh"].map(OsString::from).to_vec()
}

#[test]
fn a_read_only_ledger_is_read_and_not_written() {
    let place = Place::with_ledger();
    place.note("before");
    let run = |args: &[&str]| Said::of(place.wrapped(read_only(&place.data), args));
    let probe = run(&["--version"]);
    if !probe.status.success() {
        return skip("a directory cannot be mounted read-only", &probe);
    }
    for state in ["there", "gone"] {
        for args in READING {
            let (said, usual) = (run(args), place.run(*args));
            assert_eq!((said.code(), said.err.as_str()), (0, ""), "{args:?}: {said:?}");
            assert_eq!(said.out, usual.out, "{args:?} with its guard {state}");
        }
        let before = place.bytes();
        let said = run(APPEND);
        assert_eq!((said.error().as_str(), said.code()), ("LG_207", 1), "{said:?}");
        assert!(place.bytes() == before);
        fs::remove_dir_all(&place.state).unwrap();
    }
    assert_eq!(place.run(APPEND).code(), 0);
}

#[test]
fn a_read_only_state_directory_stops_writing_before_it_begins() {
    let place = Place::with_ledger();
    let run = |args: &[&str]| Said::of(place.wrapped(read_only(&place.state), args));
    let probe = run(&["--version"]);
    if !probe.status.success() {
        return skip("a directory cannot be mounted read-only", &probe);
    }
    let before = place.bytes();
    let said = run(APPEND);
    assert_eq!((said.error().as_str(), said.code()), ("LG_207", 1), "{said:?}");
    assert!(place.bytes() == before, "written, though the guard cannot be");
    for args in READING {
        assert_eq!(run(args).code(), 0, "{args:?}");
    }
    place.note("after");
}

#[test]
fn someone_elses_ledger_is_read_as_far_as_they_allow() {
    let place = Place::with_ledger();
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    fs::set_permissions(place.root(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = place.root().join("ledger");
    fs::copy(program(), &copy).unwrap();
    let run = |args: &[&str]| {
        let template = place.command(std::iter::empty::<&str>());
        let mut command = std::process::Command::new(nobody[0]);
        command.args(&nobody[1..]).arg(&copy).args(args).env_clear().current_dir(place.root());
        command.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Said::of(command)
    };
    let probe = run(&["--version"]);
    if !probe.status.success() {
        return skip("setpriv cannot change the user", &probe);
    }
    // As the ledger made its files: for their owner alone.
    for args in [&["log"], &["status"], APPEND] {
        let said = run(args);
        assert_eq!((said.code(), said.out.as_str()), (1, ""), "{args:?}: {said:?}");
        assert!(["LG_207", "LG_208"].contains(&said.error().as_str()), "{said:?}");
    }
    for file in ["head", "journal/00000000.seg"] {
        fs::set_permissions(place.data.join(file), fs::Permissions::from_mode(0o644)).unwrap();
    }
    for args in READING {
        let said = run(args);
        assert_eq!((said.code(), said.err.as_str()), (0, ""), "{args:?}: {said:?}");
    }
    let said = run(APPEND);
    assert_eq!((said.error().as_str(), said.code()), ("LG_207", 1), "{said:?}");
}

/// Fills a disk of 3 MiB with notes until one is refused, reads it, frees some space, and goes on.
const FILL: &str = r#"
mount -t tmpfs -o size=3m tmpfs "$LEDGER_DATA" || exit 99
head -c 400000 /dev/zero > "$LEDGER_DATA/filler"
"$1" init > init.out || exit 98
n=0
code=0
while [ $code = 0 ]; do
    n=$((n + 1))
    "$1" append note --data @note.json --id "n-$n" --json >> acknowledged 2> refused
    code=$?
done
echo $code > refused.code
"$1" append --batch batch.jsonl --json >> acknowledged 2> refused.batch
echo $? > refused.batch.code
for command in "log --json" status "prove inclusion 3" "show 3" verify; do
    "$1" $command > "full.${command%% *}" || exit 97
done
rm "$LEDGER_DATA/filler"
"$1" append note --data @note.json --id "n-$n" --json >> acknowledged || exit 96
"$1" verify || exit 95
cp -r "$LEDGER_DATA" copy
"#;

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    let place = Place::new();
    fs::create_dir(&place.data).unwrap();
    place.file("note.json", format!("{{\"text\":\"{}\"}}", "x".repeat(40_000)));
    let lines: String = (0..50)
        .map(|n| {
            format!(
                "{{\"kind\":\"note\",\"data\":{{\"text\":\"{}\"}},\"id\":\"b-{n}\"}}\n",
                "y".repeat(60_000)
            )
        })
        .collect();
    place.file("batch.jsonl", lines);
    let said =
        Said::of(place.wrapped(["unshare", "--mount", "sh", "-c", FILL, "sh"], std::iter::empty::<&str>()));
    if said.code() == 99 || said.err.contains("unshare:") {
        return skip("no small file system can be mounted", &said);
    }
    assert_eq!(said.code(), 0, "{said:?}");
    let read = |name: &str| fs::read_to_string(place.root().join(name)).unwrap();
    for (error, code) in [("refused", "refused.code"), ("refused.batch", "refused.batch.code")] {
        assert_eq!(read(code), "1\n");
        let refused = Said { err: read(error), ..said.clone() };
        assert_eq!(refused.error(), "LG_206", "{refused:?}");
    }
    let mut acknowledged = Acknowledged::default();
    acknowledged.read(read("acknowledged").as_bytes());
    assert!(acknowledged.0.len() > 10, "{}", acknowledged.0.len());
    // What readers saw on the full disk holds all that was acknowledged by then.
    let seen = read("full.log");
    let missing: Vec<&String> = acknowledged.0.keys().filter(|id| !seen.contains(id.as_str())).collect();
    assert!(missing.len() <= 1, "only the one from after may be missing: {missing:?}");
    // On a larger disk, with what the small one held.
    fs::remove_dir(&place.data).unwrap();
    fs::rename(place.root().join("copy"), &place.data).unwrap();
    acknowledged.survives(&place, "a full disk");
    verifies(&place, "a full disk");
}
