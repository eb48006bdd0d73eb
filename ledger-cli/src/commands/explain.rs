//! `ledger explain`.

use super::DONE;
use crate::context::Context;
use crate::output::{HEAD, say, say_json, say_pairs, styled};
use ledger_core::{Code, Error};

/// Arguments of `explain`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger explain LG_302\n  ledger explain CHAIN_BROKEN")]
pub struct ExplainArgs {
    /// Code or name
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
        say_json(&serde_json::json!({
            "code": row.code, "name": row.name, "severity": row.severity.to_string(), "exit": row.exit.status(),
            "http": row.http, "meaning": row.meaning, "remedy": row.remedy,
        }))?;
        return Ok(DONE);
    }
    say(styled(HEAD, format!("{} {}", row.code, row.name)))?;
    say_pairs(&[
        ("when", row.meaning.to_owned()),
        ("what to do", row.remedy.to_owned()),
        ("severity", row.severity.to_string()),
        ("exit code", row.exit.status().to_string()),
    ])?;
    Ok(DONE)
}
