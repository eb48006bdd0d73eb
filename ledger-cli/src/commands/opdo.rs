//! `ledger opdo`: the document operations of seed 002 on its JSON, without any ledger.
//!
//! No rule of its own: the library composes, seals, finalizes and verifies. Invariant: with `--nonce` and `--time` given, the same input
//! gives the same bytes. Source: seed 002; DOMAIN.md §5; docs/format.md §14.

use super::{DONE, NO};
use crate::context::{Context, read_input, timestamp};
use crate::output::{BAD, GOOD, WARN, json_for_people, printable, say, say_json, say_pairs, styled, table};
use ledger_core::names::Gid;
use ledger_core::opdo::{
    self, ChildProof, Composition, Finality, Finding, MAX_DOCUMENT, Moment, OrchestratedPdo, compose,
    finalize, read_composition, read_document, seal,
};
use ledger_core::time::{Random as _, SystemRandom};
use ledger_core::{Code, Error, Result};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What to do with O-PDOs.
#[derive(clap::Subcommand, Debug)]
pub enum OpdoCommand {
    /// Compose child PDOs into a DRAFT: reads {"pac_orch_id", "children": [...]}
    #[command(after_help = "Examples:\n  ledger opdo compose children.json > draft.json\n  \
        ledger opdo compose c.json | ledger opdo seal - | ledger opdo finalize - --review BER-HUMAN-1\n\n\
        The input may also name orchestrator_agent, orchestrator_gid and opdo_id.")]
    Compose {
        /// What to compose; - for standard input
        file: PathBuf,
        /// Form of the derived id: p69 is the original's, rfc6962 adds eight digits of a hash of the content
        #[arg(long, value_name = "PROFILE", default_value = "rfc6962")]
        profile: String,
        /// Id of the O-PDO [default: derived from PAC, time and content]
        #[arg(long, value_name = "OPDO-ID")]
        opdo_id: Option<String>,
        /// When
        #[command(flatten)]
        when: When,
    },
    /// Seal a DRAFT: check all children again, make the composite proof, freeze
    #[command(after_help = "Examples:\n  ledger opdo seal draft.json > sealed.json\n  \
        ledger opdo seal draft.json --nonce 9e3f156324d42f0ea4b6f4fce81d56fb --time 2025-12-26T06:01:00Z")]
    Seal {
        /// The DRAFT; - for standard input
        file: PathBuf,
        /// How the proof is made: rfc6962, or p69 for the original's bytes
        #[arg(long, value_name = "PROFILE", default_value = "rfc6962")]
        profile: String,
        /// Nonce of the proof, 32 hex digits [default: random]
        #[arg(long, value_name = "HEX")]
        nonce: Option<String>,
        /// When
        #[command(flatten)]
        when: When,
    },
    /// Make a SEALED O-PDO final, irreversibly, with a human's review
    #[command(
        after_help = "Example:\n  ledger opdo finalize sealed.json --review BER-HUMAN-1 --reviewer GID-H01 > final.json\n\n\
        Whether the review was genuine is for a ledger to know; a document only names it."
    )]
    Finalize {
        /// The SEALED O-PDO; - for standard input
        file: PathBuf,
        /// The human's report, BER-HUMAN-...; there is no finality without one
        #[arg(long, value_name = "BER-ID")]
        review: Option<String>,
        /// Who reviewed; nobody who took part
        #[arg(long, value_name = "GID")]
        reviewer: Option<Gid>,
        /// When
        #[command(flatten)]
        when: When,
    },
    /// Verify an O-PDO in any state, and list every finding
    #[command(after_help = "Example:\n  ledger opdo verify final.json")]
    Verify {
        /// The O-PDO; - for standard input
        file: PathBuf,
    },
    /// Prove that one child is in a sealed or final O-PDO
    #[command(
        after_help = "Example:\n  ledger opdo prove final.json --child PDO-CODY-P67R-20251226 > cody.json\n  ledger opdo check cody.json"
    )]
    Prove {
        /// The O-PDO; - for standard input
        file: PathBuf,
        /// Id of the child
        #[arg(long, value_name = "PDO-ID")]
        child: String,
    },
    /// Check the proof of one child, without the other children
    #[command(after_help = "Examples:\n  ledger opdo check cody.json --final-hash 4a674f51...\n  \
        ledger opdo check cody.json\n\nWithout --final-hash, or --root and --leaves, compare what is shown with what you know.")]
    Check {
        /// The proof; - for standard input
        file: PathBuf,
        /// Final hash of the O-PDO, from a source that you trust
        #[arg(long, value_name = "HEX")]
        final_hash: Option<String>,
        /// Merkle root of the O-PDO, from a source that you trust
        #[arg(long, value_name = "HEX", requires = "leaves")]
        root: Option<String>,
        /// Number of children of the O-PDO, from the same source: no root shows it
        #[arg(long, value_name = "N", requires = "root")]
        leaves: Option<u64>,
    },
}

/// When it is done.
#[derive(clap::Args, Debug)]
pub struct When {
    /// The time, in UTC, as 2025-12-26T06:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    time: Option<String>,
}

fn parse_time(text: &str) -> Result<String> {
    let none = || Error::new(Code::Usage, format!("--time {text:?} is no instant in UTC"));
    Moment::parse(text).ok_or_else(|| none().hint("write it as 2025-12-26T06:00:00Z"))?;
    Ok(text.to_owned())
}

impl When {
    /// The time given, else that of the clock.
    fn text(&self) -> Result<String> {
        if let Some(time) = &self.time {
            return Ok(time.clone());
        }
        Ok(timestamp()?.to_string())
    }
}

/// Runs the subcommand.
pub fn run(command: &OpdoCommand, ctx: &Context) -> anyhow::Result<u8> {
    let outside = opdo::Context::default();
    match command {
        OpdoCommand::Compose { file, profile, opdo_id, when } => {
            let input = read_composition(&read(file)?)?;
            let opdo_id = opdo_id.clone().or_else(|| input.opdo_id.clone());
            let profile = opdo::profile(profile)?;
            give(&compose(Composition { opdo_id, ..input }, &when.text()?, profile, &outside)?, ctx)
        }
        OpdoCommand::Seal { file, profile, nonce, when } => {
            let document = read_document(&read(file)?)?;
            let nonce = nonce.clone().map_or_else(random_nonce, Ok)?;
            give(&seal(&document, profile, &nonce, &when.text()?, &outside)?, ctx)
        }
        OpdoCommand::Finalize { file, review, reviewer, when } => {
            let document = read_document(&read(file)?)?;
            let finality = Finality {
                human_review_ber_id: review.as_deref().unwrap_or_default(),
                time: &when.text()?,
                reviewer: reviewer.as_ref().map(Gid::as_str),
                ..Finality::default()
            };
            give(&finalize(&document, &finality, &outside)?, ctx)
        }
        OpdoCommand::Verify { file } => {
            let document = read_document(&read(file)?)?;
            let findings = opdo::verify(&document, &outside);
            say_verified(&document, &findings, ctx)?;
            Ok(if findings.is_empty() { DONE } else { NO })
        }
        OpdoCommand::Prove { file, child } => {
            give(&opdo::prove(&read_document(&read(file)?)?, child, &outside)?, ctx)
        }
        OpdoCommand::Check { file, final_hash, root, leaves } => {
            let proof = ChildProof::read(&read(file)?)?;
            let known = Known { final_hash: final_hash.as_deref(), root: root.as_deref().zip(*leaves) };
            check(&proof, &known, ctx)
        }
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    read_input(file, MAX_DOCUMENT as u64)
}

fn random_nonce() -> Result<String> {
    let mut bytes = [0; 16];
    SystemRandom.fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// A document: on one line with `--json`, else one that people can read.
fn give(document: &impl serde::Serialize, ctx: &Context) -> anyhow::Result<u8> {
    if ctx.json {
        say_json(document)?;
    } else {
        say(json_for_people(document)?)?;
    }
    Ok(DONE)
}

fn say_verified(document: &OrchestratedPdo, findings: &[Finding], ctx: &Context) -> anyhow::Result<()> {
    let proof = document.composite_proof.as_ref();
    // Absent means the original's.
    let profile = proof.map(|proof| proof.profile.as_deref().unwrap_or("p69"));
    let root = proof.map(|proof| &*proof.merkle_root);
    if ctx.json {
        let rows = findings.iter().map(|finding| {
            let row = finding.code.row();
            json!({ "code": row.code, "name": row.name, "message": finding.message })
        });
        let rows: Vec<_> = rows.collect();
        return say_json(&json!({
            "ok": findings.is_empty(), "state": document.state, "findings": rows, "opdo_id": document.opdo_id,
            "pac_orch_id": document.pac_orch_id, "children": document.child_pdos.len(), "profile": profile,
            "merkle_root": root, "final_hash": document.final_hash,
        }));
    }
    say(match findings.len() {
        0 => styled(GOOD, format!("verified: {}, nothing wrong", document.state)),
        n => styled(
            BAD,
            format!(
                "not verified: {n} finding{} in a document that says {}",
                if n == 1 { "" } else { "s" },
                document.state
            ),
        ),
    })?;
    let known = [
        ("O-PDO", Some(&*document.opdo_id)),
        ("PAC", Some(&*document.pac_orch_id)),
        ("profile", profile),
        ("merkle root", root),
        ("final hash", document.final_hash.as_deref()),
    ];
    let mut pairs: Vec<(&str, String)> = known
        .into_iter()
        .filter_map(|(name, text)| Some((name, printable(text?, false).into_owned())))
        .collect();
    pairs.push(("children", document.child_pdos.len().to_string()));
    say_pairs(&pairs)?;
    if !findings.is_empty() {
        let mut table = table(&["code", "name", "finding"]);
        for finding in findings {
            let row = finding.code.row();
            table.add_row([row.code, row.name, &printable(&finding.message, false)]);
        }
        say(table.trim_fmt())?;
    }
    Ok(())
}

/// What the reader knows of an O-PDO from elsewhere.
struct Known<'a> {
    final_hash: Option<&'a str>,
    /// Root and number of leaves.
    root: Option<(&'a str, u64)>,
}

impl Known<'_> {
    fn is_that_of(&self, proof: &ChildProof) -> Result<(), String> {
        if self.root.is_some_and(|root| root != (&*proof.merkle_root, proof.leaf_count)) {
            return Err("it leads to another root or number of leaves than those given".to_owned());
        }
        if self.final_hash.is_some_and(|hash| proof.final_hash.as_deref() != Some(hash)) {
            return Err("it leads to another final hash than the one given".to_owned());
        }
        Ok(())
    }
}

/// Checks a proof, and what it leads to against what the reader knows.
fn check(proof: &ChildProof, known: &Known<'_>, ctx: &Context) -> anyhow::Result<u8> {
    let outcome = proof.check().and_then(|()| known.is_that_of(proof));
    let trusted = known.final_hash.is_some() || known.root.is_some();
    if ctx.json {
        say_json(&json!({
            "ok": outcome.is_ok(), "kind": "opdo-child", "message": outcome.as_ref().err(), "pdo_id": proof.child.pdo_id,
            "profile": proof.profile, "index": proof.index, "leaf_count": proof.leaf_count,
            "merkle_root": proof.merkle_root, "final_hash": proof.final_hash, "trusted": trusted,
        }))?;
        return Ok(if outcome.is_ok() { DONE } else { NO });
    }
    say(match &outcome {
        Ok(()) => styled(GOOD, "the child is in the O-PDO"),
        Err(why) => styled(BAD, format!("the proof does not hold: {}", printable(why, false))),
    })?;
    let pairs = [
        ("child", Some(proof.child.pdo_id.clone())),
        ("O-PDO", proof.statement.as_ref().map(|statement| statement.opdo_id.clone())),
        ("profile", Some(proof.profile.clone())),
        ("leaf", Some(format!("{} of {}", proof.index.saturating_add(1), proof.leaf_count))),
        ("merkle root", Some(proof.merkle_root.clone())),
        ("final hash", proof.final_hash.clone()),
    ];
    let pairs: Vec<(&str, String)> = pairs
        .into_iter()
        .filter_map(|(name, text)| Some((name, printable(&text?, false).into_owned())))
        .collect();
    say_pairs(&pairs)?;
    if outcome.is_ok() && !trusted {
        let what =
            if proof.final_hash.is_some() { "final hash" } else { "merkle root and the number of leaves" };
        say(styled(WARN, format!("all of it came with the proof: compare the {what} with what you know")))?;
    }
    Ok(if outcome.is_ok() { DONE } else { NO })
}
