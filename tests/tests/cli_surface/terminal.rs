//! In a terminal and in a pipe: colour only where a person sees it, no word from a log that steers the terminal, and readers that stop.

use ledger_tests::binary::{Place, program};
use std::process::{Command, Output, Stdio};

/// Runs a line of shell in a place, `ledger` being the program.
fn shell(place: &Place, line: &str, environment: &[(&str, &str)]) -> Output {
    let template = place.command(std::iter::empty::<&str>());
    let mut command = Command::new("bash");
    command.args(["-c", line]).current_dir(place.root()).stdin(Stdio::null()).env_clear();
    command.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let path = format!("{}:{}", program().parent().unwrap().display(), std::env::var("PATH").unwrap());
    command.env("PATH", path).env("TERM", "xterm-256color").envs(environment.iter().copied());
    command.output().unwrap()
}

/// Runs a command in a terminal of its own, standard error included.
fn in_terminal(place: &Place, command: &str, environment: &[(&str, &str)]) -> String {
    let output = shell(place, &format!("script -qec '{command}' /dev/null"), environment);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn colour_only_in_a_terminal() {
    let place = Place::with_ledger();
    for command in ["ledger status", "ledger append note --data {}", "ledger show 3", "ledger explain LG_110"]
    {
        let seen = in_terminal(&place, command, &[]);
        assert!(seen.contains("\x1b["), "{command}: {seen:?}");
        for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let plain = in_terminal(&place, command, &[variable]);
            assert!(
                !plain.contains('\x1b') && plain.lines().count() == seen.lines().count(),
                "{command}: {plain:?}"
            );
        }
        let output = shell(&place, &format!("{command} 2>&1"), &[]);
        assert!(!output.stdout.contains(&0x1b), "{command}");
    }
    for command in ["ledger status --json", "ledger log --json", "ledger append note --data {} --json"] {
        let seen = in_terminal(&place, command, &[]);
        assert!(!seen.contains('\x1b'), "{command}: {seen:?}");
    }
}

#[test]
fn what_an_agent_wrote_does_not_steer_the_terminal() {
    let place = Place::with_ledger();
    // A control sequence introducer of one character, and letters that are shown in another order than they stand.
    let data = r#"{"text":"\u009b2J\u202eesrever \u007f \u001b[31m"}"#;
    place.json(["append", "note", "--data", data, "--private", data]);
    for args in [["log"].as_slice(), &["show", "13"]] {
        let said = place.ok(args).out;
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(said.contains("esrever") && !said.contains(steers), "{said:?}");
    }
    let entry = place.json(["show", "13"]);
    assert_eq!(
        entry["data"]["text"], "\u{9b}2J\u{202e}esrever \u{7f} \u{1b}[31m",
        "JSON gives what was written"
    );
}

#[test]
fn a_reader_that_stops_is_no_error() {
    let place = Place::with_ledger();
    let lines = "{\"kind\":\"note\",\"data\":{\"text\":\"a note that is long enough to fill the pipe\"}}\n"
        .repeat(3000);
    assert_eq!(place.run_on(lines.as_bytes(), ["append", "--batch", "-"]).code(), 0);
    place.file("batch", &lines);
    for command in [
        "ledger log",
        "ledger log --json",
        "ledger log --follow --json",
        "ledger show 0",
        "ledger completions bash",
        "ledger --help",
        "ledger append --batch batch --json",
    ] {
        for reader in ["head -1", "head -c 100", "true"] {
            let output = shell(&place, &format!("set -o pipefail; {command} | {reader} >/dev/null"), &[]);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success() && errors.is_empty(),
                "{command} | {reader}: {:?} {errors}",
                output.status
            );
        }
    }
}

#[test]
fn completions_for_every_shell() {
    let place = Place::new();
    for shell_name in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.ok(["completions", shell_name]).out;
        for word in ["append", "consistency", "batch"] {
            assert!(script.contains(word), "{shell_name}: {word}");
        }
        place.file(&format!("script.{shell_name}"), script);
    }
    let complete = "source script.bash; COMP_WORDS=(ledger prove in); COMP_CWORD=2; _ledger ledger in prove; echo ${COMPREPLY[@]}";
    let output = shell(&place, complete, &[]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "inclusion\n", "{output:?}");
}
