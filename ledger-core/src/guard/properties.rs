//! What holds for every text.

use super::readings::{VALID, codes};
use super::{Check, MAX_LISTED, MAX_TEXT, Roster, check, flow, read, scan, text};
use crate::codes::Code;
use proptest::prelude::*;

/// Pieces that artifacts, and attempts to confuse their reader, are made of.
fn piece() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "GATEWAY_CHECKS:",
        "gateway_check",
        "governance:",
        "authority: ",
        "AGENT_ACTIVATION_ACK:",
        "gid: ",
        "agent_name: ",
        "activated_by: ",
        "GID-00",
        "GID-01",
        "GID-",
        "BENSON",
        "mode: ",
        "EXECUTABLE",
        "artifact_status: ",
        "lane: ",
        "- ",
        "* ",
        "1. ",
        "**",
        "\"",
        "'",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "|",
        "|---|",
        "```",
        "```yaml",
        "~~~",
        "#",
        "## ",
        "---",
        "<!--",
        "-->",
        "> ",
        "\n",
        "\n  ",
        "\n    ",
        "\r\n",
        "\r",
        "\t",
        "\0",
        "\u{7f}",
        "\u{200b}",
        "\u{feff}",
        "é",
        "🟦",
        "— ",
        "\\",
        " #",
    ];
    prop_oneof![9 => proptest::sample::select(WORDS).prop_map(str::to_owned), 1 => any::<String>()]
}

fn texts() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..80).prop_map(|p| p.concat())
}

/// A line of prose with GIDs and names, that does not begin with a key.
fn prose() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "GID-05",
        "GID-09",
        "(GID-77)",
        "ATLAS",
        "gid",
        "agent",
        "EXECUTED",
        "lane BACKEND",
        "GATEWAY_CHECKS",
        "see",
        "and:",
        "`gid: GID-05`",
    ];
    proptest::collection::vec(proptest::sample::select(WORDS), 1..12)
        .prop_map(|w| format!("As agreed, {}.", w.join(" ")))
}

/// An artifact that declares its agent in several places.
fn declared(gid: &str, name: &str) -> Vec<String> {
    let lines = format!(
        "**Agent:** {name} ({gid})\n\n| Field | Value |\n|---|---|\n| **Executor** | {name} ({gid}) |\n\n```yaml\nGATEWAY_CHECKS:\n  governance:\n    - FAIL_CLOSED\n  \
         authority: GID-00\n```\n\nAGENT_ACTIVATION_ACK:\n  agent_name: {name}\n  gid: {gid}\n  activated_by: GID-00\n  execution_lane: EXECUTION\n\n```yaml\n\
         FINAL_STATE: {{ agent_gid: \"{gid}\", agent: {name} }}\n```\n"
    );
    lines.lines().map(str::to_owned).collect()
}

proptest! {
    #[test]
    fn every_text_has_a_report(text in texts()) {
        let report = check(&text, &Roster::built_in(), &Check::ALL);
        let order: Vec<&str> = report.errors.iter().map(|e| e.code.row().code).collect();
        prop_assert!(order.is_sorted(), "{order:?}");
        prop_assert_eq!(report.is_valid(), report.outcomes.iter().all(|o| o.passed));
        let lines = text::lines(&text).len();
        prop_assert!(report.errors.iter().filter_map(|e| e.line).all(|l| (1..=lines).contains(&l)));
        prop_assert!(report.outcomes.iter().flat_map(|o| &o.found).all(|f| (1..=lines).contains(&f.line)));
        let again = check(&text, &Roster::built_in(), &Check::ALL);
        prop_assert_eq!(report.to_json(), again.to_json());
        // Each check says the same alone.
        for one in Check::ALL {
            let alone = check(&text, &Roster::built_in(), &[one]);
            prop_assert!(alone.errors.iter().all(|e| report.errors.contains(e) || e.line.is_none()));
            prop_assert_eq!(alone.outcomes[0].passed, report.outcomes.iter().find(|o| o.check == one).unwrap().passed);
        }
    }

    #[test]
    fn nodes_stand_behind_their_parents(text in texts()) {
        let tree = scan::scan(&text);
        for (index, node) in tree.nodes.iter().enumerate() {
            prop_assert!(node.parent.is_none_or(|p| p < index));
            prop_assert!(node.record.is_none_or(|r| r <= index));
        }
    }

    #[test]
    fn flows_end_in_their_text(text in "[\\[{][a-z:,'\"\\[\\]{} #\n]{0,40}") {
        if let Some(read) = flow::read(&text, 0, text.len()) {
            let ends = text.get(..read.end).is_some_and(|t| t.ends_with(['}', ']']));
            prop_assert!(ends);
            let opened = read.parts.iter().filter(|p| matches!(p, flow::Part::Open(..))).count();
            prop_assert_eq!(opened, read.parts.iter().filter(|p| matches!(p, flow::Part::Close)).count());
        }
    }

    #[test]
    fn prose_changes_nothing(paragraphs in proptest::collection::vec((0_usize..21, prose()), 1..5)) {
        let mut lines: Vec<String> = VALID.lines().map(str::to_owned).collect();
        for (at, prose) in &paragraphs {
            lines.insert(*at, format!("\n{prose}\n"));
        }
        prop_assert_eq!(codes(&lines.join("\n")), "");
        let broken = lines.join("\n").replace("mode: EXECUTABLE", "").replace("activated_by: GID-00", "activated_by: GID-01");
        prop_assert_eq!(codes(&broken), "117 119");
    }

    #[test]
    fn another_agents_gid_is_always_found(agent in 0_usize..7, place in 0_usize..4, other in 0_usize..13) {
        const AGENTS: &[(&str, &str)] =
            &[("GID-01", "SONNY"), ("GID-02", "MAGGIE"), ("GID-04", "DAN"), ("GID-05", "ATLAS"), ("GID-09", "TINA"), ("GID-12", "RUBY"), ("GID-01", "sonny")];
        let (gid, name) = AGENTS[agent];
        let other = format!("GID-{other:02}");
        let mut lines = declared(gid, name);
        prop_assert_eq!(codes(&lines.join("\n")), "");
        let places: Vec<usize> = (0..lines.len()).filter(|l| lines[*l].contains(gid)).collect();
        prop_assert_eq!(places.len(), 4);
        lines[places[place]] = lines[places[place]].replace(gid, &other);
        let found = codes(&lines.join("\n"));
        prop_assert_eq!(found.contains("118"), other != gid, "{}", found);
    }
}

/// Long texts that make a careless reader slow: each must be read in a moment, so that this test ends.
#[test]
fn no_text_is_read_twice() {
    let nested: String = (0..1400).map(|n| format!("{}a: [\n", " ".repeat(n))).collect();
    for piece in [
        "[",
        "{",
        "- ",
        "a: [\n",
        " a: {\n",
        "\"",
        "'",
        "a: '\n",
        "x\"x\"",
        "`",
        "```\n",
        "<!--\n",
        "|",
        "> ",
        "#",
        "**a:** b | ",
        "a: |\n",
        "gid: GID-05\nagent: ATLAS\n",
        "AGENT_ACTIVATION_ACK:\n gid: GID-05\n",
        "GATEWAY_CHECKS:\n",
        "- gid: GID-77\n",
        "a:\n- gid: GID-77\n  lane: X\n",
        "gid: GID-1,",
        "gid: [GID-05, ",
        "\n",
        "\r",
        " ",
        "\t",
        "## AGENT_ACTIVATION_ACK\n",
        &nested,
    ] {
        for head in ["", "gid: ", "a: [\n", "a: {b: ", "governance: ", "```yaml\n"] {
            let text: String = format!("{head}{}", piece.repeat(MAX_TEXT / piece.len() / 4));
            let report = check(&text, &Roster::built_in(), &Check::ALL);
            assert!(report.errors.len() <= 4 * (MAX_LISTED + 1), "{piece:?}: {}", report.errors.len());
            assert!(!report.is_valid());
        }
    }
}

#[test]
fn what_is_no_text_is_refused() {
    for (bytes, code, word) in [
        (vec![b'a'; MAX_TEXT + 1], Code::TooLarge, "1048577"),
        (b"gid: GID-01\n\xff".to_vec(), Code::InputUnreadable, "line 2"),
        (vec![0xff, 0xfe, b'a', 0], Code::InputUnreadable, "byte 0"),
    ] {
        let error = read(&bytes).unwrap_err();
        assert!(error.code == code && error.message.contains(word), "{error}");
    }
    assert!(read(&vec![b'a'; MAX_TEXT]).is_ok());
    assert_eq!(codes("\0gid\0: GID-01\u{7}\n\u{1b}[31m"), codes("gid: GID-01"));
}

#[test]
fn more_violations_than_can_be_read_are_counted() {
    let text: String = (100..400).map(|n| format!("gid: GID-{n}\n")).collect();
    let report = check(&text, &Roster::built_in(), &[Check::Identity]);
    assert_eq!(report.errors.len(), MAX_LISTED + 1);
    assert_eq!(report.errors.last().unwrap().message, "200 more are not listed");
}
