//! Wrong commands: one error each, with the way out, and nothing is written.

use super::diamond::planned;
use super::{PAC, place};

#[test]
fn every_mistake_has_its_answer() {
    let place = place();
    planned(&place);
    place.file("other.json", r#"{"pac_id":"PAC-OTHER","nodes":[]}"#);
    place.file("broken.json", "{");
    let before = place.size();
    let ber = "ber PAC-T-1 A1 --token x --task t";
    let cases: &[(&str, &str, i32, &str)] = &[
        ("issue PAC-2 --lane EXECUTION", "LG_106", 64, "--objective"),
        ("issue PAC-2 --objective x", "LG_106", 64, "--lane"),
        ("issue pac-2 --objective x --lane EXECUTION", "LG_104", 1, "PAC id"),
        ("issue PAC-2 --objective x --lane EXECUTION --mode MAYBE", "LG_106", 64, "EXECUTABLE"),
        ("issue PAC-2 --objective x --lane EXECUTION --input abc", "LG_101", 1, "sha256sum"),
        ("issue PAC-2 --objective x --lane EXECUTION --path ../x", "LG_101", 1, "path"),
        ("issue PAC-T-1 --objective x --lane EXECUTION", "LG_151", 1, "another id"),
        ("show PAC-NONE", "LG_150", 1, "ledger pac list"),
        ("timeline PAC-NONE", "LG_150", 1, "ledger pac list"),
        ("graph PAC-NONE", "LG_150", 1, "ledger pac list"),
        ("dispatch PAC-NONE A1", "LG_150", 1, "ledger pac list"),
        ("open PAC-NONE", "LG_150", 1, "ledger pac list"),
        ("show PAC-T-1 --at 9999", "LG_209", 1, "there is no entry 9999"),
        ("list --at 9999", "LG_209", 1, "there is no entry 9999"),
        ("list --phase DONE", "LG_106", 64, "COMPLETE"),
        ("dispatch PAC-T-1", "LG_106", 64, "SUB|NODE"),
        ("dispatch PAC-T-1 A9", "LG_154", 1, "its nodes are A1, A2, A3, A4, X"),
        ("dispatch PAC-T-1 A1 --session a/b", "LG_104", 1, "session"),
        ("dispatch PAC-T-1 A1 --expires-in 0", "LG_101", 1, "604800"),
        ("reissue PAC-T-1 A1", "LG_106", 64, "--reason"),
        ("revoke PAC-T-1 A1 --reason x", "LG_154", 1, "has no token"),
        ("accept PAC-T-1 A1", "LG_154", 1, "has no BER yet"),
        ("accept PAC-T-1 BER-NONE", "LG_154", 1, "BER-NONE"),
        ("activate PAC-T-1", "LG_106", 64, "GID|NODE"),
        ("activate PAC-T-1 --all", "LG_156", 2, "is activated"),
        ("activate PAC-T-1 nobody", "LG_154", 1, "no node of an agent"),
        ("message PAC-T-1 --to A2 --text x", "LG_121", 1, "GID-01, GID-02"),
        ("message PAC-T-1 --from A1 --to A2", "LG_106", 64, "--file"),
        ("message PAC-T-1 --from A1 --to A2 --digest 12", "LG_101", 1, "sha256"),
        ("pdo PAC-T-1 A1", "LG_106", 64, "--file"),
        ("pdo PAC-T-1 A1 --file none", "LG_105", 1, "none"),
        ("pdo PAC-T-1 A1 --hash 12", "LG_101", 1, "64 lower-case hex"),
        ("resolve PAC-T-1", "LG_106", 64, "--reason"),
        ("resolve PAC-T-1 --reason x", "LG_156", 2, "OPEN"),
        ("graph", "LG_106", 64, "ledger pac graph new"),
        ("graph PAC-T-1 --svg - --mermaid", "LG_106", 64, "--mermaid"),
        ("graph PAC-T-1 --file other.json", "LG_101", 1, "PAC-OTHER"),
        ("graph PAC-T-1 --file broken.json", "LG_100", 1, "broken.json"),
        ("graph PAC-T-1 --svg nowhere/x.svg", "LG_107", 1, "nowhere/x.svg"),
        ("graph new --pattern ring --agent GID-01", "LG_106", 64, "diamond"),
        ("graph new --pattern diamond", "LG_106", 64, "--agent"),
        ("graph new --pattern diamond --agent GID-01,GID-02,GID-03", "LG_158", 1, "at least 4 agents"),
        ("graph new --pattern parallel --agent GID-01,GID-01", "LG_158", 1, "GID-01 is named twice"),
        ("graph new --pattern linear --agent sonny", "LG_104", 1, "GID"),
        ("graph new --pattern linear --agent GID-01 --edge-type LOOP", "LG_106", 64, "DATA_FLOW"),
        ("ber PAC-T-1 A1", "LG_106", 64, "--file"),
    ];
    for (line, code, exit, said_so) in cases {
        let said = place.run(["pac"].into_iter().chain(line.split_whitespace()));
        assert_eq!((said.error().as_str(), said.code()), (*code, *exit), "{line}: {said:?}");
        assert!(said.err.contains(said_so), "{line}: {said:?}");
        assert!(said.out.is_empty(), "{line}: {said:?}");
    }
    for (more, code, said_so) in [
        ("--status PASS", "LG_106", "--score"),
        ("--status DONE --score 1", "LG_106", "PASS"),
        ("--status PASS --score NaN", "LG_101", "0.0 to 1.0"),
        ("--status PASS --score inf", "LG_101", "0.0 to 1.0"),
        ("--status PASS --score 1.0000001", "LG_101", "0.0 to 1.0"),
        ("--status PASS --score 1 --output src/A1/x", "LG_106", "PATH@FILE"),
        ("--status PASS --score 1 --output src/A1/x@none", "LG_105", "none"),
        ("--status PASS --score 1 --output ../x=sha256:12", "LG_101", "path"),
        ("--status PASS --score 1 --file ber.json", "LG_106", "--file"),
    ] {
        let said =
            place.run(["pac"].into_iter().chain(ber.split_whitespace()).chain(more.split_whitespace()));
        assert_eq!(said.error(), code, "{more}: {said:?}");
        assert!(said.err.contains(said_so), "{more}: {said:?}");
    }
    for (args, code) in
        [(["replay", "--step"].as_slice(), "LG_106"), (&["replay", "PAC-NONE", "--step"], "LG_150")]
    {
        assert_eq!(place.run(args).error(), code);
    }
    assert_eq!(place.size(), before, "nothing of it was written");
    assert_eq!(place.json(["pac", "show", PAC])["violations"], serde_json::json!([]));
}
