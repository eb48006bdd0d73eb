//! `ledger plan`: a plan read, checked whole, drawn.
//!
//! TOML is read here, and is JSON from then on. No rule of its own. Source: DOMAIN.md §9.

use super::pac::read::write;
use super::trust::read::forest;
use super::{DONE, NO};
use crate::context::{Context, now, read_input};
use crate::output::{
    BAD, DIM, GOOD, picture_width, say, say_json, say_pairs, say_picture, say_table, styled, table,
};
use ledger_core::plan::{Finding, Plan, check};
use ledger_core::time::Timestamp;
use ledger_core::trust::Forest;
use ledger_core::{Code, Error, Result};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Largest plan, in bytes.
const MOST: u64 = 1 << 20;

/// What to do with a plan.
#[derive(clap::Subcommand, Debug)]
pub enum PlanCommand {
    /// Check a plan whole, before anything runs: everything that is wrong with it, at once
    #[command(
        after_help = "Examples:\n  ledger plan check plan.toml\n  ledger plan check plan.toml --form --json\n\n\
        With a ledger: also whether agents, keys, lanes, grants, depth, expiry and constraints allow it now. Exit code 2 when\n\
        something is wrong."
    )]
    Check {
        /// The plan, TOML or JSON; - for standard input
        #[arg(value_name = "PLAN")]
        file: PathBuf,
        /// Its form alone, without a ledger
        #[arg(long)]
        form: bool,
    },
    /// Draw a plan
    #[command(
        after_help = "Examples:\n  ledger plan graph plan.toml\n  ledger plan graph plan.toml --svg plan.svg"
    )]
    Graph {
        /// The plan, TOML or JSON; - for standard input
        #[arg(value_name = "PLAN")]
        file: PathBuf,
        /// Draw it as SVG into this file; - for standard output
        #[arg(long, value_name = "FILE|-", conflicts_with_all = ["mermaid", "dot"])]
        svg: Option<PathBuf>,
        /// Print it as a Mermaid flowchart
        #[arg(long, conflicts_with = "dot")]
        mermaid: bool,
        /// Print it as a Graphviz digraph
        #[arg(long)]
        dot: bool,
    },
    /// Print a plan as JSON, with the digest that a PAC names it by
    #[command(after_help = "Example:\n  ledger plan show plan.toml --json")]
    Show {
        /// The plan, TOML or JSON; - for standard input
        #[arg(value_name = "PLAN")]
        file: PathBuf,
    },
}

/// Reads a plan: JSON when it begins like an object, else TOML.
pub fn read(file: &Path) -> Result<Plan> {
    let bytes = read_input(file, MOST)?;
    let begins = bytes.iter().copied().find(|b| !b.is_ascii_whitespace());
    if begins == Some(b'{') {
        return Plan::from_json(&bytes);
    }
    let malformed = |e: &dyn std::fmt::Display| {
        let text = format!("{} is no TOML: {}", file.display(), e.to_string().trim());
        Error::new(Code::PlanInvalid, text.replace('\n', " "))
    };
    let text = std::str::from_utf8(&bytes).map_err(|e| malformed(&e))?;
    let value: serde_json::Value = toml::from_str(text).map_err(|e| malformed(&e))?;
    Plan::from_json(value.to_string().as_bytes())
}

/// Runs the subcommand.
pub fn run(command: &PlanCommand, ctx: &Context) -> anyhow::Result<u8> {
    match command {
        PlanCommand::Check { file, form } => checked(&read(file)?, *form, ctx),
        PlanCommand::Graph { file, svg, mermaid, dot } => {
            let picture = read(file)?.picture()?;
            let standard_output = Path::new("-");
            match svg {
                Some(file) => write(file, &picture.svg())?,
                None if *mermaid => write(standard_output, &picture.mermaid())?,
                None if *dot => write(standard_output, &picture.dot())?,
                None => say_picture(&picture.text(picture_width()))?,
            }
            Ok(DONE)
        }
        PlanCommand::Show { file } => {
            let plan = read(file)?;
            let digest = plan.digest()?;
            if ctx.json {
                say_json(&json!({ "digest": digest, "plan": plan }))?;
                return Ok(DONE);
            }
            say_pairs(&[
                ("plan", plan.name.to_string()),
                ("objective", plan.objective.to_string()),
                ("pattern", plan.pattern.clone()),
                ("initiator", format!("{} by {}", plan.initiator.gid, plan.initiator.grant)),
                ("digest", digest.as_str().to_owned()),
            ])?;
            let mut table = table(&["step", "agent", "role", "capability", "task"]);
            for step in &plan.steps {
                let gid = plan.agent(step).map(|a| a.gid.to_string()).unwrap_or_default();
                let role = serde_json::to_value(step.role)?;
                table.add_row([
                    step.id.to_string(),
                    format!("{gid} ({})", step.agent),
                    role.as_str().unwrap_or_default().to_owned(),
                    step.capability.to_string(),
                    step.task.as_ref().map(ToString::to_string).unwrap_or_default(),
                ]);
            }
            say_table(&table)?;
            Ok(DONE)
        }
    }
}

/// All trees, unless there is no ledger at all.
fn ledger(form: bool, ctx: &Context) -> Result<Option<Forest>> {
    if form {
        return Ok(None);
    }
    forest(ctx, None).map(Some)
}

fn checked(plan: &Plan, form: bool, ctx: &Context) -> anyhow::Result<u8> {
    let forest = ledger(form, ctx)?;
    let time = |f: &Forest| f.time().map_or(0, Timestamp::millis).max(now());
    let findings: Vec<Finding> = check(plan, forest.as_ref().map(|f| (f, time(f))));
    let digest = plan.digest()?;
    let ok = findings.is_empty();
    if ctx.json {
        say_json(&json!({ "ok": ok, "digest": digest, "findings": findings, "ledger": forest.is_some() }))?;
        return Ok(if ok { DONE } else { NO });
    }
    for finding in &findings {
        let rule = serde_json::to_value(finding.rule)?;
        let rule = rule.as_str().unwrap_or_default();
        say(format!("{} {}: {}", styled(BAD, rule), finding.place, finding.message))?;
    }
    if ok {
        let against = if forest.is_some() { "" } else { ", by its form alone" };
        say(format!(
            "{} {} in the pattern {}, {} steps{against}",
            styled(GOOD, "can run:"),
            plan.name,
            plan.pattern,
            plan.steps.len()
        ))?;
        say(styled(DIM, digest.as_str()))?;
    }
    Ok(if ok { DONE } else { NO })
}
