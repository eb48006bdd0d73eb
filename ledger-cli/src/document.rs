//! `docs/cli.md`, generated from the grammar and held by a test.

use clap::Command;
use std::fmt::Write as _;

/// The document.
pub fn document() -> String {
    let mut text = String::from(
        "# The command line\n\nGenerated from the program's own help (a test compares): `UPDATE_DOCS=1 cargo test -p ledger-cli`.\n\n\
         `--data DIR` may stand before or behind the command; `append`, whose own `--data` is what to append, takes it before only.\n\
         Exit codes: 0 success; 1 error; 2 the ledger works and says no; 64 wrong usage (`docs/errors.md`).\n",
    );
    let mut command = crate::args::command().term_width(110);
    command.build();
    describe(&mut command, "ledger", 2, &mut text);
    text
}

fn describe(command: &mut Command, path: &str, level: usize, text: &mut String) {
    let heading = "#".repeat(level.min(4));
    let help = command.render_long_help().to_string();
    let _ = write!(text, "\n{heading} `{path}`\n\n```text\n{}\n```\n", help.trim_end());
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    for name in names.iter().filter(|n| *n != "help") {
        if let Some(below) = command.find_subcommand_mut(name) {
            describe(below, &format!("{path} {name}"), level.saturating_add(1), text);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_document_is_true() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cli.md");
        let lines: Vec<String> = super::document().lines().map(|l| l.trim_end().to_owned()).collect();
        let document = lines.join("\n") + "\n";
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &document).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(path).unwrap_or_default(),
            document,
            "run UPDATE_DOCS=1 cargo test"
        );
    }

    #[test]
    fn the_grammar_is_sound() {
        crate::args::command().debug_assert();
    }
}
