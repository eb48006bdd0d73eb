//! `ledger review`: a human reads what is sealed, answers for it, and signs a verdict.
//!
//! Comfortable verbs over the intents open_review, draw_challenge, answer_challenge, give_verdict and unlock_review: no second path to the
//! log, and no rule of its own. Source: DOMAIN.md §6, seed 002 §§3.3, 9.1.

mod desk;
mod packet;
mod practice;
mod report;
pub mod sitting;
mod status;
mod steps;
mod terminal;

use crate::context::{ActorArgs, Context};
use ledger_core::names::{Gid, PacId, SubPacId};
use ledger_core::{Code, Error, Result};

/// The whole review in a terminal, or one step of it.
#[derive(clap::Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  ledger review PAC-ATLAS-P1-SEARCH-01\n  ledger review open PAC-ATLAS-P1-SEARCH-01\n  \
    ledger review challenge PAC-ATLAS-P1-SEARCH-01\n  ledger review answer PAC-ATLAS-P1-SEARCH-01 --answer 3f9a1c\n  \
    ledger review verdict PAC-ATLAS-P1-SEARCH-01 --approve\n\n\
    With a PAC alone: shows the packet, asks the challenge, measures, takes the verdict and signs it with your key. Stop whenever\n\
    you like: the same command goes on where you were. The steps are for other front ends, and for scripts."
)]
pub struct ReviewArgs {
    /// The PAC to review, in this terminal
    #[arg(required = true)]
    pub pac: Option<PacId>,
    /// Who reviews, and how they sign
    #[command(flatten)]
    pub actor: ActorArgs,
    /// One step
    #[command(subcommand)]
    pub command: Option<ReviewCommand>,
}

/// One step of a review, or what is known of reviews.
#[derive(clap::Subcommand, Debug)]
pub enum ReviewCommand {
    /// Begin: get the packet to read, and say that you read it
    #[command(after_help = "Examples:\n  ledger review open PAC-ATLAS-P1-SEARCH-01\n  \
        ledger review open PAC-ATLAS-P1-SEARCH-01 --json > packet.json\n\n\
        There is no time limit for reading. --json gives the receipt with opdo_id, merkle_root, packet (its digest) and content.")]
    Open(StepArgs),
    /// Draw the question; the clock runs from here. One that is outstanding is given up
    #[command(after_help = "Example:\n  ledger review challenge PAC-ATLAS-P1-SEARCH-01\n\n\
        Answer after 5 seconds at the earliest (policy may say more) and 300 at the latest. Three that were wrong, unreadable, early,\n\
        late or given up lock you out of this PAC.")]
    Challenge(StepArgs),
    /// Answer the question, once
    #[command(after_help = "Examples:\n  ledger review answer PAC-ATLAS-P1-SEARCH-01 --answer 3f9a1c\n  \
        ledger review answer PAC-ATLAS-P1-SEARCH-01 --challenge 5b0c... --answer 4 --answer GID-02\n\n\
        Any outcome uses the challenge up.")]
    Answer {
        /// Which PAC, and who reviews
        #[command(flatten)]
        step: StepArgs,
        /// The challenge, 64 hex digits [default: the one that you have outstanding]
        #[arg(long, value_name = "HEX")]
        challenge: Option<String>,
        /// The answer; of two questions, both in their order
        #[arg(long = "answer", value_name = "TEXT", required = true, num_args = 1..)]
        answers: Vec<String>,
    },
    /// Give the verdict, within an hour of the answer, signed with your key
    #[command(
        after_help = "Examples:\n  ledger review verdict PAC-ATLAS-P1-SEARCH-01 --approve --packet sha256:9a41...\n  \
        ledger review verdict PAC-ATLAS-P1-SEARCH-01 --approve-with-remarks \"watch the memory of the index\"\n  \
        ledger review verdict PAC-ATLAS-P1-SEARCH-01 --reject \"no test of the empty index\" --reopen Sub-PAC-ATLAS-P1-SEARCH-01-A1\n\n\
        Challenge, latency, question types and root are filled in from the log. --packet says which packet you were shown:\n\
        if another one is sealed now, the verdict is refused."
    )]
    Verdict(VerdictArgs),
    /// Let a reviewer who was locked out try again, as an admin
    #[command(
        after_help = "Example:\n  ledger review unlock PAC-ATLAS-P1-SEARCH-01 GID-H02 --reason \"the questions were misread\""
    )]
    Unlock {
        /// Which PAC
        pac: PacId,
        /// Which reviewer
        reviewer: Gid,
        /// Why
        #[arg(long)]
        reason: String,
        /// Who acts, and how they sign
        #[command(flatten)]
        actor: ActorArgs,
    },
    /// Show the packet without beginning a review
    #[command(after_help = "Example:\n  ledger review show PAC-ATLAS-P1-SEARCH-01")]
    Show {
        /// Which PAC
        pac: PacId,
    },
    /// Say how far the reviews of a PAC are
    #[command(after_help = "Example:\n  ledger review status PAC-ATLAS-P1-SEARCH-01")]
    Status {
        /// Which PAC
        pac: PacId,
    },
    /// Report on all reviews, by reviewer and PAC, with a rubber-stamp indicator
    #[command(after_help = report::help())]
    Report(report::ReportArgs),
    /// Practise on a BER document, offline
    #[command(after_help = practice::HELP)]
    Practice(practice::PracticeArgs),
}

/// Which PAC, and who reviews.
#[derive(clap::Args, Debug)]
pub struct StepArgs {
    /// Which PAC
    pub pac: PacId,
    /// Who reviews, and how they sign
    #[command(flatten)]
    pub actor: ActorArgs,
}

/// Arguments of `review verdict`.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("verdict").required(true).args(["approve", "approve_with_remarks", "reject"]))]
pub struct VerdictArgs {
    /// Which PAC, and who reviews
    #[command(flatten)]
    pub step: StepArgs,
    /// It may become final
    #[arg(long)]
    pub approve: bool,
    /// It may become final, and this is to be remembered
    #[arg(long, value_name = "TEXT")]
    pub approve_with_remarks: Option<String>,
    /// It may not, because of this
    #[arg(long, value_name = "TEXT")]
    pub reject: Option<String>,
    /// Sub-PAC that is to be done again, with what depends on it (may be repeated)
    #[arg(long, value_name = "SUB-PAC")]
    pub reopen: Vec<SubPacId>,
    /// Digest of the packet that you were shown [default: that of what is sealed now]
    #[arg(long, value_name = "sha256:HEX")]
    pub packet: Option<String>,
}

/// Runs the whole review, or the step.
pub fn run(args: &ReviewArgs, ctx: &Context) -> anyhow::Result<u8> {
    match (&args.command, &args.pac) {
        (None, Some(pac)) => sitting::run(pac, &args.actor, ctx),
        (None, None) => Err(none_named().into()),
        (Some(command), _) => match command {
            ReviewCommand::Open(step) => steps::open(step, ctx),
            ReviewCommand::Challenge(step) => steps::challenge(step, ctx),
            ReviewCommand::Answer { step, challenge, answers } => {
                steps::answer(step, challenge.as_deref(), answers, ctx)
            }
            ReviewCommand::Verdict(args) => steps::verdict(args, ctx),
            ReviewCommand::Unlock { pac, reviewer, reason, actor } => {
                steps::unlock(pac, reviewer, reason, actor, ctx)
            }
            ReviewCommand::Show { pac } => steps::show(pac, ctx),
            ReviewCommand::Status { pac } => status::run(pac, ctx),
            ReviewCommand::Report(args) => report::run(args, ctx),
            ReviewCommand::Practice(args) => practice::run(args, ctx),
        },
    }
}

fn none_named() -> Error {
    Error::new(Code::Usage, "no PAC was named")
}

/// A digest as it is written, checked for form.
fn digest(text: &str) -> Result<&str> {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(text);
    }
    Err(Error::new(Code::Usage, format!("--packet {text:?} is no digest"))
        .hint("write sha256: and the 64 lower-case hex digits that `ledger review open` showed"))
}
