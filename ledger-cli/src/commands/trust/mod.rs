//! `ledger trust`: who vouches for whom, what was passed on, what was done by it, and whether somebody may do something.
//!
//! No rule of its own: a verb builds the intent that `append` would take. Source: DOMAIN.md §9.

mod act;
mod ask;
mod authority;
mod grant;
pub mod limits;
pub mod read;

use crate::context::Context;

/// What to do with trust.
#[derive(clap::Subcommand, Debug)]
pub enum TrustCommand {
    /// Declare, withdraw and list authorities: who may vouch for agents
    #[command(subcommand)]
    Authority(authority::AuthorityCommand),
    /// Say how much an agent may do of itself: pseudo, tool, supervised, delegating, autonomous
    Posture(authority::PostureArgs),
    /// Vouch for an agent as an authority: plants a grant tree
    Establish(grant::EstablishArgs),
    /// Attest further capabilities to an agent that you established
    Attest(grant::AttestArgs),
    /// Pass some of a grant on, within what it holds
    Delegate(grant::DelegateArgs),
    /// Hand a grant over to another agent, and keep nothing of it
    Transfer(grant::TransferArgs),
    /// Limit further what rests on a grant
    Constrain(grant::ConstrainArgs),
    /// End a grant and everything that rests on it: now, at a time, or until it is resumed
    Revoke(grant::RevokeArgs),
    /// Make a suspended grant good again
    Resume(grant::ResumeArgs),
    /// Carry a grant as a token, which whoever holds it can narrow offline; it is printed once
    Token(act::TokenArgs),
    /// Revoke a grant token, and all that was narrowed from it
    RevokeToken(act::RevokeTokenArgs),
    /// Record that an action is about to be taken by a grant; refused if it must not be
    Exercise(act::ExerciseArgs),
    /// Record what was done by a grant: an audit anchor
    Audit(act::AuditArgs),
    /// Say whether an agent may do something, by which chain, and every reason why not
    Verify(ask::VerifyArgs),
    /// Say who is trusted with what
    Status(ask::StatusArgs),
    /// Show a grant whole
    Show(ask::ShowArgs),
    /// Draw who gave what to whom
    Graph(ask::GraphArgs),
}

/// Runs the subcommand.
pub fn run(command: &TrustCommand, ctx: &Context) -> anyhow::Result<u8> {
    match command {
        TrustCommand::Authority(command) => authority::run(command, ctx),
        TrustCommand::Posture(args) => authority::posture(args, ctx),
        TrustCommand::Establish(args) => grant::establish(args, ctx),
        TrustCommand::Attest(args) => grant::attest(args, ctx),
        TrustCommand::Delegate(args) => grant::delegate(args, ctx),
        TrustCommand::Transfer(args) => grant::transfer(args, ctx),
        TrustCommand::Constrain(args) => grant::constrain(args, ctx),
        TrustCommand::Revoke(args) => grant::revoke(args, ctx),
        TrustCommand::Resume(args) => grant::resume(args, ctx),
        TrustCommand::Token(args) => act::token(args, ctx),
        TrustCommand::RevokeToken(args) => act::revoke_token(args, ctx),
        TrustCommand::Exercise(args) => act::exercise(args, ctx),
        TrustCommand::Audit(args) => act::audit(args, ctx),
        TrustCommand::Verify(args) => ask::verify(args, ctx),
        TrustCommand::Status(args) => ask::status(args, ctx),
        TrustCommand::Show(args) => ask::show(args, ctx),
        TrustCommand::Graph(args) => ask::graph(args, ctx),
    }
}

pub use ask::{FindArgs, find};
