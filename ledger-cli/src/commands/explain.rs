//! `ledger explain`.

use super::DONE;
use crate::context::Context;
use crate::output::{HEAD, say, say_json, say_pairs, styled};
use ledger_core::codes::RULES_VERSION;
use ledger_core::{Code, Error};

/// Arguments of `explain`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger explain GS_203\n  ledger explain GR-037\n  ledger explain CHAIN_BROKEN"
)]
pub struct ExplainArgs {
    /// Code, name or rule
    pub code: String,
}

/// Explains a code.
pub fn run(args: &ExplainArgs, ctx: &Context) -> anyhow::Result<u8> {
    let unknown = || {
        Error::new(Code::UnknownKind, format!("there is no code {:?}", args.code))
            .hint("docs/errors.md lists all codes")
    };
    let row = Code::find(&args.code).ok_or_else(unknown)?.row();
    if ctx.json {
        let mut body = serde_json::json!({
            "code": row.code, "name": row.name, "severity": row.severity.to_string(), "exit": row.exit.status(),
            "http": row.http, "meaning": row.meaning, "remedy": row.remedy,
        });
        if let (Some(source), Some(map)) = (row.source, body.as_object_mut()) {
            map.insert("source".to_owned(), source.into());
            map.insert("rule".to_owned(), row.rule.into());
            map.insert("rules_version".to_owned(), RULES_VERSION.into());
        }
        say_json(&body)?;
        return Ok(DONE);
    }
    say(styled(HEAD, format!("{} {}", row.code, row.name)))?;
    let mut pairs = vec![
        ("when", row.meaning.to_owned()),
        ("what to do", row.remedy.to_owned()),
        ("severity", row.severity.to_string()),
        ("exit code", row.exit.status().to_string()),
    ];
    if let Some(rule) = row.rule {
        pairs.push(("rule", format!("{rule}, version {RULES_VERSION}")));
    }
    if let Some(source) = row.source {
        pairs.push(("from", source.to_owned()));
    }
    say_pairs(&pairs)?;
    Ok(DONE)
}
