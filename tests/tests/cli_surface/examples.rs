//! The examples that `--help` gives are right: none of them is wrong usage.

use ledger_tests::binary::{Place, program};
use std::process::Command;

/// All commands with help of their own.
const COMMANDS: &[&str] = &[
    "",
    "init",
    "append",
    "verify",
    "log",
    "show",
    "status",
    "replay",
    "pac",
    "pac list",
    "pac show",
    "pac graph",
    "pac graph new",
    "pac timeline",
    "pac issue",
    "pac request",
    "pac open",
    "pac resolve",
    "pac channel",
    "pac sub",
    "pac activate",
    "pac dispatch",
    "pac reissue",
    "pac retry",
    "pac waive",
    "pac revoke",
    "pac start",
    "pac message",
    "pac ber",
    "pac accept",
    "pac reject",
    "pac pdo",
    "pac fail",
    "pac compose",
    "pac seal",
    "pac void",
    "pac finalize",
    "pac wrap",
    "pac abandon",
    "prove inclusion",
    "prove consistency",
    "check",
    "opdo compose",
    "opdo seal",
    "opdo finalize",
    "opdo verify",
    "opdo prove",
    "opdo check",
    "agents register",
    "agents change",
    "agents retire",
    "key new",
    "key register",
    "key retire",
    "guard",
    "explain",
    "completions",
];

#[test]
fn no_example_is_wrong_usage() {
    let place = Place::with_ledger();
    place.file("artifact.json", format!(r#"{{"name":"a","digest":"sha256:{}"}}"#, "0".repeat(64)));
    place.file("intents.jsonl", "{\"kind\":\"note\",\"data\":{\"text\":\"a\"}}\n");
    let mut tried = 0;
    for command in COMMANDS {
        let args = command.split_whitespace().chain(["--help"]);
        for line in place
            .ok(args)
            .out
            .lines()
            .map(str::trim)
            .filter(|l| l.starts_with("ledger ") && !l.contains("[OPTIONS]"))
        {
            let mut shell = Command::new("bash");
            let template = place.command(std::iter::empty::<&str>());
            shell.args(["-c", &format!("timeout -s KILL 1 {line}")]).current_dir(place.root()).env_clear();
            shell.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))));
            shell.env(
                "PATH",
                format!("{}:{}", program().parent().unwrap().display(), std::env::var("PATH").unwrap()),
            );
            let output = shell.output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            // Placeholders like 9f3c... are no keys and no files; the grammar must hold all the same.
            assert!(!errors.contains("LG_106") && !errors.contains("panicked"), "{line}: {errors}");
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}
