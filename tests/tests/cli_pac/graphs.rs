//! Graphs of PACs: pictures in every format, and the patterns.

use super::{PAC, did, place};
use ledger_tests::binary::Place;
use serde_json::json;

/// All formats of one picture say the same.
pub fn formats(place: &Place) {
    let states = ["A1", "A4", "COMPLETE", "WAIVED"];
    let svg = place.ok(["pac", "graph", PAC, "--svg", "-"]).out;
    place.ok(["pac", "graph", PAC, "--svg", "graph.svg"]);
    assert_eq!(std::fs::read_to_string(place.root().join("graph.svg")).unwrap(), svg);
    let mermaid = place.ok(["pac", "graph", PAC, "--mermaid"]).out;
    let dot = place.ok(["pac", "graph", PAC, "--dot"]).out;
    assert!(svg.starts_with("<svg") && mermaid.contains("flowchart ") && dot.starts_with("digraph"));
    for picture in [&svg, &mermaid, &dot] {
        assert!(states.iter().all(|word| picture.contains(word)), "{picture}");
    }
    let timeline = place.ok(["pac", "timeline", PAC, "--svg", "-"]).out;
    assert!(timeline.starts_with("<svg") && timeline.contains("BLOCKED"), "{timeline}");
    let graph = place.json(["pac", "graph", PAC]);
    assert_eq!(graph["graph"], place.json(["pac", "show", PAC])["graph"]);
    assert_eq!(graph["channels"][0]["members"], json!(["GID-02", "GID-04"]));
}

#[test]
fn patterns_are_ready_to_be_declared() {
    let place = place();
    did(&place, "issue", &["--objective", "x", "--lane", "EXECUTION"]);
    did(&place, "open", &[]);
    let agents = ["GID-01", "GID-02", "GID-04", "GID-05"];
    let cases: [(&str, usize, &[&str]); 4] = [
        ("linear", 3, &["A1 A2", "A2 A3"]),
        ("parallel", 3, &[]),
        ("fan-in", 3, &["A1 A3", "A2 A3"]),
        ("diamond", 4, &["A1 A2", "A2 A4", "A1 A3", "A3 A4"]),
    ];
    for (pattern, count, edges) in cases {
        let list = agents[..count].join(",");
        let new = ["pac", "graph", "new", "--pattern", pattern, "--agent", &list, "--edge-type", "barrier"];
        // As it is printed for people, by either way, and declared anew each time.
        let text = place.ok(new.iter().chain(&["--pac", PAC])).out;
        for way in [
            &["append", "graph", "--actor", "GID-00", "--data", "-"][..],
            &["pac", "graph", PAC, "--file", "-"],
        ] {
            let said = place.run_on(text.as_bytes(), way);
            assert_eq!(said.code(), 0, "{pattern} {way:?}: {said:?}");
        }
        let graph = place.json(["pac", "graph", PAC])["graph"].clone();
        let pair =
            |e: &serde_json::Value| format!("{} {}", e["from"].as_str().unwrap(), e["to"].as_str().unwrap());
        let mut found: Vec<String> = graph["edges"].as_array().unwrap().iter().map(pair).collect();
        let mut due: Vec<String> = edges.iter().map(|e| (*e).to_owned()).collect();
        found.sort();
        due.sort();
        assert_eq!(found, due, "{pattern}");
        assert!(graph["edges"].as_array().unwrap().iter().all(|e| e["type"] == "BARRIER"));
        let holders: Vec<&str> =
            graph["nodes"].as_array().unwrap().iter().map(|n| n["agent_gid"].as_str().unwrap()).collect();
        assert_eq!(holders, agents[..count]);
        assert!(
            graph["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .all(|n| n["state"] == "DECLARED" && n.get("lane").is_none())
        );
    }
    // Where neither node nor command names a lane, it is the PAC's only one.
    did(&place, "sub", &["A1"]);
    let show = place.json(["pac", "show", PAC]);
    assert_eq!(show["graph"]["nodes"][0]["lane"], "EXECUTION");
    assert_eq!(
        show["graph"]["nodes"][1]["agent_name"], "MAGGIE",
        "the registry names who has no Sub-PAC yet"
    );
}
