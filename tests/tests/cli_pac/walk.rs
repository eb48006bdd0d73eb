//! The history of a PAC: at every entry, what the steps changed is what the state is, and what the list and the timeline say.

use super::diamond::{Marks, planned};
use super::{PAC, place};
use ledger_tests::binary::Place;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::{Command, Stdio};

type States = BTreeMap<(String, String), String>;

fn texts<'a>(value: &'a Value, members: [&str; 2]) -> (&'a str, &'a str) {
    (value[members[0]].as_str().unwrap(), value[members[1]].as_str().unwrap())
}

/// All states, from the steps alone.
fn folded(steps: &Value) -> States {
    let mut states = States::new();
    for step in steps.as_array().unwrap() {
        for change in step["changes"].as_array().unwrap() {
            let (of, subject) = texts(change, ["of", "subject"]);
            let key = (of.to_owned(), subject.to_owned());
            let before = change.get("before").map(|b| b.as_str().unwrap().to_owned());
            assert_eq!(
                states.get(&key).cloned().filter(|_| of != "attempt"),
                before.filter(|_| of != "attempt"),
                "{step}"
            );
            match change["after"].as_str() {
                Some(after) => drop(states.insert(key, after.to_owned())),
                None => drop(states.remove(&key)),
            }
        }
    }
    states
}

/// The same states, as the PAC is shown.
fn shown(show: &Value) -> States {
    let mut states = States::new();
    let mut add = |of: &str, subject: &str, state: &Value| {
        states.insert((of.to_owned(), subject.to_owned()), state.as_str().unwrap().to_owned());
    };
    add("gateway", "gateway", &show["gateway"]["state"]);
    add("phase", PAC, &show["phase"]);
    for node in show["graph"]["nodes"].as_array().into_iter().flatten() {
        add("node", node["node_id"].as_str().unwrap(), &node["state"]);
    }
    for opdo in show["opdos"].as_array().unwrap() {
        add("opdo", opdo["opdo_id"].as_str().unwrap(), &opdo["state"]);
    }
    states
}

/// Compares them after every entry of the PAC.
pub fn every_moment(place: &Place, marks: &Marks) {
    let all = place.json(["replay", PAC, "--step"]);
    let steps = all["steps"].as_array().unwrap();
    assert!(steps.len() > 60, "{}", steps.len());
    let dead = ["review", "attempt"];
    for count in 1..=steps.len() {
        let at = steps[count - 1]["sequence"].to_string();
        let show = place.json(["pac", "show", PAC, "--at", &at]);
        let mut states = folded(&Value::Array(steps[..count].to_vec()));
        states.retain(|(of, _), _| !dead.contains(&of.as_str()));
        assert_eq!(states, shown(&show), "at {at}");
        let row = &place.json(["pac", "list", "--at", &at])["pacs"][0];
        let last = |v: &Value| (v["phase"].clone(), v["last"].clone(), v["gateway"].clone());
        let of_show = (show["phase"].clone(), show["last"].clone(), show["gateway"]["state"].clone());
        assert_eq!(last(row), of_show, "at {at}");
        let walked = place.json(["replay", PAC, "--step", "--at", &at]);
        assert_eq!(walked["steps"].as_array().unwrap().as_slice(), &steps[..count], "at {at}");
    }
    timeline(place, steps, marks);
}

fn timeline(place: &Place, steps: &[Value], marks: &Marks) {
    let timeline = place.json(["pac", "timeline", PAC]);
    let rows: Vec<&str> =
        timeline["rows"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(
        rows,
        [
            "gateway",
            "actor/GID-S01",
            "actor/GID-00",
            "actor/GID-H01",
            "node/A1",
            "node/A2",
            "node/A3",
            "node/A4",
            "node/X",
            "opdo"
        ]
    );
    // Every step is an event in a row that there is.
    let events = timeline["events"].as_array().unwrap();
    assert_eq!(events.len(), steps.len());
    for (event, step) in events.iter().zip(steps) {
        assert!(rows.contains(&event["row"].as_str().unwrap()), "{event}");
        assert_eq!((&event["sequence"], &event["does"]), (&step["sequence"], &step["does"]));
    }
    // Spans follow one another without a gap, and the last of each row lasts.
    let mut ends: BTreeMap<&str, Option<&Value>> = BTreeMap::new();
    for span in timeline["spans"].as_array().unwrap() {
        let row = span["row"].as_str().unwrap();
        if let Some(end) = ends.insert(row, span.get("to")) {
            assert_eq!(end.unwrap(), &span["from"], "{span}");
        }
    }
    assert!(ends.len() == 7 && ends.values().all(Option::is_none), "{ends:?}");
    let blocked = timeline["spans"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["row"] == "gateway" && s["state"] == "BLOCKED");
    let blocked = blocked.unwrap();
    assert_eq!(
        (&blocked["from"]["sequence"], &blocked["to"]["sequence"]),
        (&marks.blocked.into(), &marks.resolved.into())
    );
    // As text: every row, every event.
    let text = place.ok(["pac", "timeline", PAC]).out;
    for step in steps {
        assert!(text.contains(&format!("#{}", step["sequence"])), "{step}");
    }
    assert!(["A1 SONNY", "GID-00 BENSON", "O-PDO", "gateway"].iter().all(|row| text.contains(row)), "{text}");
}

#[test]
fn a_terminal_waits_after_every_event() {
    let place = place();
    planned(&place);
    let walked = |keys: &str| {
        let template = place.command(std::iter::empty::<&str>());
        let mut command = Command::new("bash");
        let line = format!("printf '{keys}' | script -qec 'ledger replay {PAC} --step' /dev/null");
        command.args(["-c", &line]).current_dir(place.root()).stdin(Stdio::null()).env_clear();
        command.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let program = ledger_tests::binary::program().parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let output = command.env("PATH", path).env("TERM", "xterm-256color").output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let seen = walked("\\n\\nq");
    for (event, there) in
        [("pac.issued", true), ("gateway.opened", true), ("graph.declared", true), ("sub_pac.issued", false)]
    {
        assert_eq!(seen.contains(event), there, "{event}: {seen:?}");
    }
    assert!(seen.contains("q ends") && !seen.contains("as of entry"), "{seen:?}");
    let all = place.ok(["replay", PAC, "--step"]).out;
    let count = all.lines().filter(|l| l.starts_with("entry ")).count();
    let seen = walked(&"\\n".repeat(count));
    assert!(seen.contains("as of entry") && seen.matches("agent.activated").count() == 5, "{seen:?}");
    assert!(!all.contains("q ends"), "nobody is asked in a pipe");
}

#[test]
fn what_people_wrote_does_not_steer_the_terminal() {
    let place = place();
    let objective = "a\u{202e}b \u{e0fe1}c\nsecond line";
    place.ok([
        "pac",
        "issue",
        PAC,
        "--objective",
        objective,
        "--lane",
        "EXECUTION",
        "--title",
        "t\u{e0fe4}u",
    ]);
    for args in [
        ["pac", "list"].as_slice(),
        &["pac", "show", PAC],
        &["replay", PAC, "--step"],
        &["pac", "timeline", PAC],
    ] {
        let out = place.ok(args).out;
        let steers =
            |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{e0fe1}' | '\u{e0fe4}');
        assert!(!out.contains(steers), "{args:?}: {out:?}");
    }
    assert_eq!(place.json(["pac", "show", PAC])["objective"], objective);
}
