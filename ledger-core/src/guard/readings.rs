//! How artifacts may be written, and what is no declaration: a valid one is changed in one place, and the codes are compared.

use super::{Check, Roster, check, read};
use crate::codes::Code;

/// A valid artifact.
pub const VALID: &str = "# ARTIFACT\n\n## GATEWAY\nGATEWAY_CHECKS:\n  governance:\n    - FAIL_CLOSED\n  assumptions:\n    - none\n  authority: GID-00\n\n\
    ## ACTIVATION\nAGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  gid: GID-01\n  activated_by: GID-00\n  execution_lane: EXECUTION\n\n\
    ## STATUS\nmode: EXECUTABLE\nartifact_status: EXECUTED\n";

const GATEWAY: &str =
    "GATEWAY_CHECKS:\n  governance:\n    - FAIL_CLOSED\n  assumptions:\n    - none\n  authority: GID-00\n";
const ACTIVATION: &str = "AGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  gid: GID-01\n  activated_by: GID-00\n  execution_lane: EXECUTION\n";
const STATUS: &str = "mode: EXECUTABLE\nartifact_status: EXECUTED\n";

/// The numbers of the codes in order, such as `116 118`.
pub fn codes(text: &str) -> String {
    let report = check(text, &Roster::built_in(), &Check::ALL);
    let codes: Vec<&str> =
        report.errors.iter().map(|e| e.code.row().code.trim_start_matches("GS_")).collect();
    codes.join(" ")
}

/// Replaces `from` by `to` in the valid artifact; the codes that it then has.
#[track_caller]
fn changed(from: &str, to: &str, expected: &str) {
    assert!(VALID.contains(from), "{from:?}");
    let text = VALID.replacen(from, to, 1);
    let report = check(&text, &Roster::built_in(), &Check::ALL);
    assert_eq!(codes(&text), expected, "{to}\n{:#?}", report.errors);
}

#[test]
fn ways_to_write_the_gateway() {
    for (to, expected) in [
        ("GATEWAY_CHECK:\n  governance: FAIL_CLOSED\n  authority: BENSON (GID-00)\n", ""),
        (
            "gateway_checks:\n  governance: [FAIL_CLOSED, BENSON_SEQUENCING]  # both\n  authority: benson\n",
            "",
        ),
        ("**GATEWAY_CHECKS:**\n  **governance:** FAIL_CLOSED\n  **authority:** GID-00\n", ""),
        ("\"GATEWAY_CHECKS\": {\"governance\": [\"FAIL_CLOSED\"], \"authority\": \"GID-00\"}\n", ""),
        (
            "```yaml\nGATEWAY_CHECKS:\n  governance:\n  - FAIL_CLOSED\n  authority: 'GID-00' # BENSON\n```\n",
            "",
        ),
        (
            "```json\n{\n  \"gateway_checks\": {\n    \"governance\": [\n      \"FAIL_CLOSED\"\n    ],\n    \"authority\": \"GID-00\"\n  }\n}\n```\n",
            "",
        ),
        ("GATEWAY_CHECKS:\ngovernance:\n- FAIL_CLOSED\nauthority: GID-00\n", ""),
        ("## GATEWAY_CHECKS\n\n- **Governance:** FAIL_CLOSED\n- **Authority:** BENSON (GID-00)\n", ""),
        (
            "## GATEWAY_CHECKS\n\n| Field | Value |\n|---|---|\n| Governance | FAIL_CLOSED |\n| **Authority** | BENSON (GID-00) |\n",
            "",
        ),
        (
            "## Block 4: GATEWAY_CHECK\n```\nGATEWAY_CHECK:\n  governance:\n    # why\n    - FAIL_CLOSED\n  authority: GID-00\n```\n",
            "",
        ),
        ("- GATEWAY_CHECKS:\n    - governance: FAIL_CLOSED\n    - authority: GID-00\n", ""),
        ("> GATEWAY_CHECKS:\n>   governance:\n>     - FAIL_CLOSED\n>   authority: GID-00\n", ""),
        ("GATEWAY_CHECKS:\n\tgovernance:\n\t\t- FAIL_CLOSED\n\tauthority: GID-00\n", ""),
        ("GATEWAY_CHECKS: {governance: [FAIL_CLOSED],\n  authority: GID-00}\n", ""),
        // The authority may stand at the head of the artifact.
        ("**Authority:** BENSON (GID-00)  \n\nGATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n", ""),
        ("authority: DELEGATED\nGATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: GID-00\n", ""),
    ] {
        changed(GATEWAY, to, expected);
    }
}

#[test]
fn what_is_no_gateway() {
    for (to, expected) in [
        // Who speaks of the block has it not.
        (
            format!(
                "## GATEWAY_CHECKS\n\n{GATEWAY}checklist:\n  gateway_checks: PRESENT\nmore:\n  gateway_check: {{ checked: true }}\n"
            ).as_str(),
            "",
        ),
        ("checklist:\n  gateway_checks: PRESENT\nauthority: GID-00\n", "116"),
        // What is missing, empty or wrong.
        (&format!("{GATEWAY}more:\n  gateway_checks:\n    governance: []\n"), "116"),
        ("", "116"),
        ("see GATEWAY_CHECKS\n  governance:\n    - FAIL_CLOSED\n  authority: GID-00\n", "116"),
        ("# GATEWAY_CHECKS:\n#  governance: FAIL_CLOSED\n#  authority: GID-00\n", "116"),
        ("<!--\nGATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: GID-00\n-->\n", "116"),
        ("```python\nGATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: GID-00\n```\n", "116"),
        ("note: |\n  GATEWAY_CHECKS:\n    governance: FAIL_CLOSED\n    authority: GID-00\n", "116"),
        ("`GATEWAY_CHECKS`:\n  governance: FAIL_CLOSED\n  authority: GID-00\n", "116"),
        ("GATEWAY_CHECKS: {}\n", "116 116"),
        ("GATEWAY_CHECKS:\n  assumptions:\n    - none\n  authority: GID-00\n", "116"),
        ("GATEWAY_CHECKS:\n  governance:\n  authority: GID-00\n", "116"),
        ("GATEWAY_CHECKS:\n  governance: []\n  authority: GID-00\n", "116"),
        ("GATEWAY_CHECKS:\n  governance: \"\"\n  authority: GID-00\n", "116"),
        ("GATEWAY_CHECKS:\n  governance:\n    # - FAIL_CLOSED\n  authority: GID-00\n", "116"),
        ("GATEWAY_CHECKS:\n  governance:\n    -\n  authority: GID-00\n", "116"),
        ("GATEWAY_CHECKS:\n  G1:\n    governance: FAIL_CLOSED\n  authority: GID-00\n", "116"),
        ("GATEWAY_CHECKS:\n  authority: GID-00\n\n## Governance\n  governance: FAIL_CLOSED\n", "116"),
        ("GATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n", "116"),
        ("GATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority:\n", "116"),
        ("GATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: GID-01\n", "116"),
        ("GATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: SONNY\n", "116"),
        ("GATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: FINAL\n", "116"),
        ("GATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: gid-00\n", "116"),
        ("GATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: GID-00, GID-01\n", "116"),
        ("GATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: SONNY (GID-00)\n", "118"),
        (
            "**Authority:** ALEX (GID-08)\n\nGATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: GID-00\n",
            "116",
        ),
        ("requester: GID-77\nGATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: GID-00\n", "116"),
        ("requester: GID-H01\nGATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: GID-00\n", ""),
        ("GATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: GID-00\n  state: BLOCKED\n", "116"),
        ("GATEWAY_CHECKS:\n  governance: FAIL_CLOSED\n  authority: GID-00\n  state: OPEN\n", ""),
    ] {
        changed(GATEWAY, to, expected);
    }
}

#[test]
fn the_activation() {
    for (to, expected) in [
        (
            "```yaml\nagent_activation_ack:\n  - agent_name: \"sonny\"\n  - gid: \"GID-01\"\n  - activated_by: \"BENSON (GID-00)\"\n```\n",
            "",
        ),
        ("AGENT_ACTIVATION_ACK: { agent: SONNY, gid: GID-01, activated_by: Benson }\n", ""),
        ("AGENT_ACTIVATION_ACK:\nagent: SONNY (GID-01)\nactivated_by: GID-00\n", ""),
        (
            "AGENT_ACTIVATION_ACK:\n  name: SONNY\n  gid: GID-01 — frontend\n  activated_by: GID-00 (BENSON)\n",
            "",
        ),
        (
            &format!(
                "## Block 1: AGENT_ACTIVATION_ACK\n\n{ACTIVATION}checklist:\n  agent_activation_ack: {{ checked: true }}\n"
            ),
            "",
        ),
        ("agent_activation_ack: PRESENT\ngid: GID-01\nagent_name: SONNY\n", "117"),
        ("", "116 117 118"),
        ("gid: GID-01\nagent_name: SONNY\n", "117"),
        ("gid: GID-00\nagent_name: BENSON\n", ""),
        ("AGENT_ACTIVATION_ACK:\n  agent_name: BENSON\n  gid: GID-00\n", ""),
        ("AGENT_ACTIVATION_ACK:\n  agent_name: BENSON\n  gid: GID-00\n  activated_by: GID-01\n", "117"),
        ("AGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  gid: GID-01\n", "117"),
        ("AGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  gid: GID-01\n  activated_by: null\n", "117"),
        ("AGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  gid: GID-01\n  activated_by: GID-01\n", "117"),
        ("AGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  gid: GID-01\n  activated_by: sonny\n", "117"),
        ("AGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  gid: GID-01\n  activated_by: GID-08\n", "117"),
        ("AGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  gid: GID-01\n  activated_by: nobody\n", "117"),
        ("AGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  activated_by: GID-00\n", "116 117 118"),
        ("AGENT_ACTIVATION_ACK:\n  gid: GID-01\n  activated_by: GID-00\n", "118"),
        (
            "AGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  gid: GID-77\n  activated_by: GID-00\n",
            "116 117 118",
        ),
        (
            "AGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  gid: gid-01\n  activated_by: GID-00\n",
            "116 117 118",
        ),
        ("AGENT_ACTIVATION_ACK:\n  agent_name: MAGGIE\n  gid: GID-01\n  activated_by: GID-00\n", "118"),
        (
            "AGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  gid: GID-01\n  activated_by: SONNY (GID-00)\n",
            "118",
        ),
    ] {
        changed(ACTIVATION, to, expected);
    }
}

#[test]
fn the_identity() {
    for (more, expected) in [
        // No declarations.
        ("see also GID-05 and GID-09\n", ""),
        ("ATLAS (GID-05) helped; agent GID-09 read it.\n", ""),
        ("> **ATLAS (GID-05)** helped\n", ""),
        ("description: \"agent: ATLAS, gid: GID-05\"\n", ""),
        ("context: |\n  gid: GID-05\n\n  agent: ATLAS\n", ""),
        ("context: \"first\n  gid: GID-05\n  last\"\n", ""),
        ("- `gid`: the GID, such as GID-05\n", ""),
        ("# gid: GID-05\n", ""),
        ("<!-- gid: GID-05 -->\n", ""),
        ("```python\ngid: str = \"GID-05\"\n```\n", ""),
        ("| GID | Agent |\n|---|---|\n| GID-05 | ATLAS |\n", ""),
        ("| Agent | GID |\n|---|---|\n| ATLAS | GID-05 |\n", ""),
        ("gid: N/A\nagent: none\n", ""),
        ("name: MAEG_DAG_VALIDATION\n", ""),
        ("executor: pytest\n", ""),
        // The same agent, and the orchestrator where it may stand.
        ("gid: GID-01\nagent: Sonny\n", ""),
        ("| Field | Value |\n|---|---|\n| **Executor** | SONNY (GID-01) — see GID-05 |\n", ""),
        (
            "**Issuer:** BENSON (GID-00)\n**Approved by:** benson\n**Reviewer:** the orchestrator (GID-00)\n",
            "",
        ),
        ("reviewed_by: GID-H02\nissuer: Human Operator\n", ""),
        ("generated_by: SONNY (GID-01)\n", ""),
        ("gid: &me GID-01\nagent: !!str SONNY\n", ""),
        // Other agents.
        ("gid: GID-05\n", "118"),
        ("gid:GID-05\n", "118"),
        ("g\u{200b}id: GID-05\n", "118"),
        ("agent_gid: \"GID-05\"\n", "118"),
        ("Agent GID: GID-05\n", "118"),
        ("agentGid: GID-05\n", "118"),
        ("- gid: GID-05\n", "118"),
        ("* **Agent:** ATLAS (GID-05)\n", "118"),
        ("1. Executor: ATLAS (GID-05)\n", "118"),
        ("executed_by: atlas\n", "118"),
        ("agent: MALLORY\n", "118"),
        ("gid: GID-05\nagent_name: ATLAS\n", "118"),
        ("gid: GID-05\nagent_name: SONNY\n", "118"),
        ("gid: GID-05\ngid: GID-09\n", "118 118"),
        ("gid: GID-00\n", "118"),
        ("gid: [GID-01, GID-05]\n", "118"),
        ("agent: GID-01 and GID-05\n", "118"),
        ("agent:\n  id: GID-05\n  name: ATLAS\n", "118"),
        ("| **Executor** | ATLAS (GID-05) |\n|---|---|\n| x | y |\n", "118"),
        ("| Field | Value |\n|---|---|\n| **Assigned Agent** | ATLAS (GID-05) |\n", "118"),
        ("```yaml\nFINAL_STATE:\n  gid: \"GID-05\"\n```\n", "118"),
        ("tasks:\n  - agent: ATLAS\n    gid: GID-05\n", "118"),
        ("agent: MAGGIE (GID-01)\n", "118"),
        ("approved_by: ATLAS (GID-05)\n", "118"),
        ("approved_by: SONNY (GID-00)\n", "118"),
        ("reviewer: ATLAS\n", "118"),
        ("approvals:\n  - approved_by: ATLAS (GID-05)\n", "118"),
        // Lanes.
        ("lane: execution\n", ""),
        ("lane: GOVERNANCE\n", "118"),
        ("| Field | Value |\n|---|---|\n| Execution Lane | SECURITY |\n", "118"),
        ("lane: [EXECUTION, BACKEND]\n", "118"),
    ] {
        let text = format!("{VALID}\n{more}");
        assert_eq!(
            codes(&text),
            expected,
            "{more}\n{:#?}",
            check(&text, &Roster::built_in(), &Check::ALL).errors
        );
    }
}

#[test]
fn the_orchestrator_may_list_agents_that_are_as_registered() {
    let own = VALID
        .replace("SONNY", "BENSON")
        .replace("GID-01", "GID-00")
        .replace("lane: EXECUTION", "lane: ORCHESTRATION");
    for (more, expected) in [
        ("", ""),
        (
            "targets:\n  - agent: ATLAS\n    gid: GID-05\n    lane: EXECUTION\n  - gid: GID-08\n    lane: GOVERNANCE\n",
            "",
        ),
        ("targets:\n- { gid: GID-05, name: ATLAS, lane: EXECUTION }\n", ""),
        ("{\"targets\": [{\"gid\": \"GID-05\", \"name\": \"ATLAS\"}]}\n", ""),
        ("targets:\n  - agent: CODY\n    gid: GID-05\n", "118"),
        ("targets:\n  - { gid: GID-05, name: CODY }\n", "118"),
        ("targets:\n  - { gid: GID-05, name: ATLAS, lane: BACKEND }\n", "118"),
        ("targets:\n  - gid: GID-77\n", "118"),
        ("gid: GID-05\nagent: ATLAS\n", "118"),
    ] {
        assert_eq!(codes(&format!("{own}\n{more}")), expected, "{more}");
    }
}

#[test]
fn the_execution() {
    for (to, expected) in [
        ("**Mode:** executable\n\n| Field | Value |\n|---|---|\n| Status | EXECUTED |\n", ""),
        ("artifact_status: \"EXECUTED\"\nexecution_mode: \"EXECUTABLE\"\n", ""),
        ("artifact_status: DRAFT\n", ""),
        ("task:\n  status: EXECUTED\n", ""),
        ("status: CLOSED\n", ""),
        ("", ""),
        ("artifact_status: EXECUTED\n", "119"),
        ("artifact_status: closed # done\n", "119"),
        ("- artifact_status: 'POSITIVE_CLOSURE'\n", "119"),
        ("FINAL_STATE:\n  artifact_status: EXECUTED\n", "119"),
        ("| Field | Value |\n|---|---|\n| **Status** | EXECUTED |\n", "119"),
        ("artifact_status: EXECUTED\nmode: ADVISORY\n", "119"),
        ("artifact_status: EXECUTED\nmode: ADVISORY\nmode: EXECUTABLE\n", "119"),
        ("artifact_status: EXECUTED\n# mode: EXECUTABLE\n", "119"),
        ("artifact_status: EXECUTED\nit was in mode: EXECUTABLE\n", "119"),
        ("artifact_status: EXECUTED\nmode: NOT_EXECUTABLE\n", "119"),
    ] {
        changed(STATUS, to, expected);
    }
}

#[test]
fn lines_are_those_of_the_text_whatever_ends_them() {
    let bad = VALID.replace("agent_name: SONNY", "agent_name: RUBY").replace("mode: EXECUTABLE\n", "");
    for ends in ["\n", "\r\n", "\r"] {
        let text = bad.replace('\n', ends);
        let report = check(&text, &Roster::built_in(), &Check::ALL);
        let found: Vec<_> = report.errors.iter().map(|e| (e.code, e.line)).collect();
        assert_eq!(
            found,
            [(Code::IdentityDrift, Some(13)), (Code::UnsolicitedExecution, Some(19))],
            "{ends:?}"
        );
    }
    let marked = format!("\u{feff}{VALID}");
    assert_eq!(codes(read(marked.as_bytes()).unwrap()), "");
}

#[test]
fn only_the_checks_that_are_asked_for_speak() {
    let everything = "agent: SONNY\nartifact_status: CLOSED\n";
    for (checks, expected) in [
        (&[Check::Gateway][..], "116 116"),
        (&[Check::Activation], "117"),
        (&[Check::Identity], "118"),
        (&[Check::Execution], "119"),
        (&[Check::Execution, Check::Activation, Check::Activation], "117 119"),
        (&Check::ALL, "116 116 117 118 119"),
    ] {
        let report = check(everything, &Roster::built_in(), checks);
        let found: Vec<&str> =
            report.errors.iter().map(|e| e.code.row().code.trim_start_matches("GS_")).collect();
        assert_eq!(found.join(" "), expected, "{checks:?}");
        let mut named: Vec<Check> = checks.to_vec();
        named.sort_unstable();
        named.dedup();
        assert_eq!(report.outcomes.iter().map(|o| o.check).collect::<Vec<_>>(), named);
    }
}
