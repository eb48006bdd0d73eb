//! `ledger pac`: a piece of work from its order to its WRAP, as verbs and as pictures.
//!
//! One file a group of verbs; `verb` has what they share. Invariant: every verb is one intent (`activate`: one an agent) that `append` takes
//! too; there is no second path to the log. Source: DOMAIN.md §8.

mod closing;
mod graph;
mod list;
mod order;
mod plan;
pub mod read;
mod report;
pub mod show;
mod timeline;
pub mod verb;
mod work;

use crate::context::Context;

/// What to do with PACs.
#[derive(clap::Subcommand, Debug)]
#[command(
    after_help = "The verbs in their order: issue, request, open, graph, channel, sub, activate, dispatch, start, message, ber, accept, pdo,\n\
    compose, seal, a review (`ledger append open_review` and so on), finalize, wrap.\n\
    SUB|NODE is a Sub-PAC by its id or by its node.\n\n\
    Who acts, unless --actor or $LEDGER_ACTOR says otherwise: the ledger's only human for issue, request, waive; the Sub-PAC's agent for\n\
    start, ber, pdo, fail; whoever --from names for message; a human for accept and reject where the policy says so, and for resolve\n\
    where the orchestrator caused the violation; the orchestrator for everything else.\n\n\
    Example:\n  ledger pac issue PAC-7 --objective \"a faster search\" --lane EXECUTION --path src/search\n  ledger pac open PAC-7\n  \
    ledger pac graph new --pattern linear --agent GID-01,GID-02 | ledger pac graph PAC-7 --file -\n  \
    ledger pac sub PAC-7 A1\n  ledger pac activate PAC-7 --all\n  ledger pac dispatch PAC-7 A1\n  ledger pac show PAC-7"
)]
pub enum PacCommand {
    /// List all PACs
    List(list::ListArgs),
    /// Show one PAC whole: order, gateway, nodes, O-PDO, reviews, what is due
    Show(show::ShowArgs),
    /// Show the graph of a PAC, declare it, or make a common one
    Graph(graph::GraphArgs),
    /// Show what happened when
    Timeline(timeline::TimelineArgs),
    /// Issue a PAC: the order for a piece of work
    Issue(order::IssueArgs),
    /// Request the execution of a PAC that an agent issued (by a human or service)
    #[command(after_help = "Example:\n  ledger pac request PAC-ATLAS-P1-SEARCH-01")]
    Request(order::GateArgs),
    /// Open the gateway of a PAC
    #[command(after_help = "Example:\n  ledger pac open PAC-ATLAS-P1-SEARCH-01")]
    Open(order::GateArgs),
    /// Resolve the violations that block the gateway
    #[command(
        after_help = "Example:\n  ledger pac resolve PAC-ATLAS-P1-SEARCH-01 --reason \"the channel was declared\""
    )]
    Resolve(order::ResolveArgs),
    /// Declare a channel between agents
    Channel(plan::ChannelArgs),
    /// Issue the Sub-PAC of a node
    Sub(plan::SubArgs),
    /// Activate agents
    Activate(plan::ActivateArgs),
    /// Dispatch a Sub-PAC: gives its agent's token
    Dispatch(work::DispatchArgs),
    /// Revoke the token of an attempt and give a new one
    Reissue(work::ReissueArgs),
    /// Open a further attempt of a FAILED Sub-PAC
    #[command(
        after_help = "Example:\n  ledger pac retry PAC-ATLAS-P1-SEARCH-01 A1 --reason \"with the tests this time\""
    )]
    Retry(work::RetryArgs),
    /// Waive an optional node (by a human, signed)
    Waive(plan::WaiveArgs),
    /// Revoke a token
    Revoke(work::RevokeArgs),
    /// Start the work, with the token
    Start(work::StartArgs),
    /// Send a message to other agents
    Message(work::MessageArgs),
    /// File the BER, with the token, which it spends
    Ber(report::BerArgs),
    /// Accept a BER
    #[command(after_help = "Example:\n  ledger pac accept PAC-ATLAS-P1-SEARCH-01 A1")]
    Accept(report::AcceptArgs),
    /// Reject a BER: its Sub-PAC fails
    #[command(
        after_help = "Example:\n  ledger pac reject PAC-ATLAS-P1-SEARCH-01 A1 --reason \"no test was run\""
    )]
    Reject(report::RejectArgs),
    /// File the PDO of accepted work
    Pdo(report::PdoArgs),
    /// Give a Sub-PAC up (by its agent, or by the orchestrator with --actor)
    #[command(
        after_help = "Example:\n  ledger pac fail PAC-ATLAS-P1-SEARCH-01 A1 --reason \"the build machine is gone\""
    )]
    Fail(work::FailArgs),
    /// Compose the O-PDO
    #[command(after_help = "Example:\n  ledger pac compose PAC-ATLAS-P1-SEARCH-01")]
    Compose(closing::ComposeArgs),
    /// Seal the O-PDO: the proof is made, and nothing changes any more
    #[command(after_help = "Example:\n  ledger pac seal PAC-ATLAS-P1-SEARCH-01")]
    Seal(closing::SealArgs),
    /// Give the O-PDO up
    #[command(
        after_help = "Example:\n  ledger pac void PAC-ATLAS-P1-SEARCH-01 --reason \"a report was wrong\""
    )]
    Void(order::ReasonArgs),
    /// Make the O-PDO final, irreversibly
    #[command(after_help = "Example:\n  ledger pac finalize PAC-ATLAS-P1-SEARCH-01")]
    Finalize(closing::FinalizeArgs),
    /// Emit the WRAP
    #[command(
        after_help = "Example:\n  ledger pac wrap PAC-ATLAS-P1-SEARCH-01 --summary \"the search is faster\""
    )]
    Wrap(closing::WrapArgs),
    /// End a PAC without a WRAP
    #[command(
        after_help = "Example:\n  ledger pac abandon PAC-ATLAS-P1-SEARCH-01 --reason \"the product was withdrawn\""
    )]
    Abandon(order::ReasonArgs),
}

/// Runs the subcommand.
pub fn run(command: &PacCommand, ctx: &Context) -> anyhow::Result<u8> {
    match command {
        PacCommand::List(args) => list::run(args, ctx),
        PacCommand::Show(args) => show::run(&args.which, ctx),
        PacCommand::Graph(args) => graph::run(args, ctx),
        PacCommand::Timeline(args) => timeline::run(args, ctx),
        PacCommand::Issue(args) => order::issue(args, ctx),
        PacCommand::Request(args) => order::request(args, ctx),
        PacCommand::Open(args) => order::open(args, ctx),
        PacCommand::Resolve(args) => order::resolve(args, ctx),
        PacCommand::Channel(args) => plan::channel(args, ctx),
        PacCommand::Sub(args) => plan::sub(args, ctx),
        PacCommand::Activate(args) => plan::activate(args, ctx),
        PacCommand::Dispatch(args) => work::dispatch(args, ctx),
        PacCommand::Reissue(args) => work::reissue(args, ctx),
        PacCommand::Retry(args) => work::retry(args, ctx),
        PacCommand::Waive(args) => plan::waive(args, ctx),
        PacCommand::Revoke(args) => work::revoke(args, ctx),
        PacCommand::Start(args) => work::start(args, ctx),
        PacCommand::Message(args) => work::message(args, ctx),
        PacCommand::Ber(args) => report::ber(args, ctx),
        PacCommand::Accept(args) => report::accept(args, ctx),
        PacCommand::Reject(args) => report::reject(args, ctx),
        PacCommand::Pdo(args) => report::pdo(args, ctx),
        PacCommand::Fail(args) => work::fail(args, ctx),
        PacCommand::Compose(args) => closing::compose(args, ctx),
        PacCommand::Seal(args) => closing::seal(args, ctx),
        PacCommand::Void(args) => closing::void(args, ctx),
        PacCommand::Finalize(args) => closing::finalize(args, ctx),
        PacCommand::Wrap(args) => closing::wrap(args, ctx),
        PacCommand::Abandon(args) => order::abandon(args, ctx),
    }
}
