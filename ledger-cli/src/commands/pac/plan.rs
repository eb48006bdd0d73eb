//! `ledger pac channel|sub|activate|waive`: who does what, and who may talk to whom.
//!
//! Source: DOMAIN.md §§3, 4, 8.

use super::verb::{Bench, Body, By, ScopeArgs, agent_named, places};
use crate::context::Context;
use ledger_core::names::{ChannelId, Gid, Lane, NodeId, PacId, SubPacId};
use ledger_core::rules::pac::Pac;
use ledger_core::{Code, Error, Result};

/// Arguments of `pac channel`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  ledger pac channel PAC-7 design --member A2 --member A3 --purpose \"the interface of the index\""
)]
pub struct ChannelArgs {
    /// Which PAC
    pub pac: PacId,
    /// New id
    pub channel: ChannelId,
    /// An agent that may exchange messages, by GID or node (two or more)
    #[arg(long = "member", value_name = "GID|NODE", required = true)]
    pub members: Vec<String>,
    /// What about
    #[arg(long, value_name = "TEXT")]
    pub purpose: String,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac sub`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  ledger pac sub PAC-ATLAS-P1-SEARCH-01 A1 --path src/search/index --task \"build the index\""
)]
pub struct SubArgs {
    /// Which PAC
    pub pac: PacId,
    /// Which node
    pub node: NodeId,
    /// Lane of the work [default: the node's, else the PAC's when it has only one]
    #[arg(long, value_name = "LANE")]
    pub lane: Option<Lane>,
    /// What is to be reached
    #[arg(long, value_name = "TEXT")]
    pub objective: Option<String>,
    /// What is to be done (may be repeated) [default: the node's task]
    #[arg(long = "task", value_name = "TEXT")]
    pub tasks: Vec<String>,
    /// Id of the Sub-PAC [default: made of PAC and node]
    #[arg(long, value_name = "SUB-PAC-ID")]
    pub sub_pac_id: Option<SubPacId>,
    /// What may be done, and where: inside the PAC's
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac activate`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger pac activate PAC-ATLAS-P1-SEARCH-01 GID-01 GID-02\n  \
    ledger pac activate PAC-ATLAS-P1-SEARCH-01 --all\n\nSeveral are activated in one commit, or none.")]
pub struct ActivateArgs {
    /// Which PAC
    pub pac: PacId,
    /// Agents, by GID or node
    #[arg(value_name = "GID|NODE", required_unless_present = "all", conflicts_with = "all")]
    pub agents: Vec<String>,
    /// Every agent that holds a node and was not activated yet
    #[arg(long, conflicts_with = "id")]
    pub all: bool,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac waive`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  ledger pac waive PAC-ATLAS-P1-SEARCH-01 A3 --reason \"the other branch was enough\""
)]
pub struct WaiveArgs {
    /// Which PAC
    pub pac: PacId,
    /// Which node: one that was declared optional
    pub node: NodeId,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Declares a channel.
pub fn channel(args: &ChannelArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let pac = bench.pac(&args.pac)?;
    let members = args.members.iter().map(|m| agent_named(&pac, m)).collect::<Result<Vec<_>>>()?;
    let body = Body::of(&args.pac)
        .with("channel_id", &args.channel)
        .with("members", members)
        .with("purpose", &args.purpose);
    bench.submit("declare_channel", &body.json(), &bench.orchestrator(&args.by)?, &args.by)
}

/// Issues a Sub-PAC.
pub fn sub(args: &SubArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let pac = bench.pac(&args.pac)?;
    let lane = args.lane.clone().or_else(|| only_lane(&pac, &args.node));
    let body = Body::of(&args.pac)
        .with("node_id", &args.node)
        .maybe("lane", lane)
        .maybe("objective", args.objective.as_ref())
        .maybe("scope", args.scope.json())
        .maybe("sub_pac_id", args.sub_pac_id.as_ref())
        .list("tasks", &args.tasks);
    bench.submit("issue_sub_pac", &body.json(), &bench.orchestrator(&args.by)?, &args.by)
}

/// The PAC's lane, where it has only one and the node says none.
fn only_lane(pac: &Pac, node: &NodeId) -> Option<Lane> {
    let graph = pac.graph.as_ref()?;
    let planned = graph.at(graph.find(node.as_str())?)?.node.lane.as_ref();
    match (planned, pac.order.lanes.as_slice()) {
        (None, [only]) => Some(only.clone()),
        _ => None,
    }
}

/// Activates agents.
pub fn activate(args: &ActivateArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let pac = bench.pac(&args.pac)?;
    let agents: Vec<Gid> = if args.all {
        let waits = |gid: &&Gid| !pac.activations.contains_key(gid.as_str());
        places(&pac).filter_map(|p| p.node.agent_gid.as_ref()).filter(waits).cloned().collect()
    } else {
        args.agents.iter().map(|a| agent_named(&pac, a)).collect::<Result<_>>()?
    };
    if agents.is_empty() {
        let why = format!("every agent that holds a node of {} is activated, or there is none", pac.id);
        return Err(Error::new(Code::WrongState, why).into());
    }
    if agents.len() > 1 && args.by.id.is_some() {
        return Err(Error::new(Code::Usage, "--id names one intent, and several agents are named").into());
    }
    let actor = bench.orchestrator(&args.by)?;
    let intents = agents.iter().map(|gid| {
        let body =
            Body::of(&args.pac).with("activated_by", bench.registry().orchestrator()).with("agent_gid", gid);
        bench.intent("activate", &body.json(), &actor, &args.by)
    });
    bench.send(intents.collect::<Result<Vec<_>>>()?)
}

/// Waives an optional node.
pub fn waive(args: &WaiveArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let body = Body::of(&args.pac).with("node_id", &args.node).with("reason", &args.reason);
    bench.submit("waive", &body.json(), &bench.human(&args.by)?, &args.by)
}
