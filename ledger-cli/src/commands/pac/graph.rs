//! `ledger pac graph`: shows the graph of a PAC, declares it from a file, or makes a common one.

use super::read::{AsOf, PacAt, write};
use super::verb::{Bench, By, read_json};
use crate::commands::DONE;
use crate::context::Context;
use crate::output::{DIM, json_for_people, picture_width, say, say_json, say_picture, styled};
use ledger_core::event::body::pac::EdgeType;
use ledger_core::names::{Gid, Lane, PacId};
use ledger_core::pattern::Pattern;
use ledger_core::view::GraphDocument;
use ledger_core::{Code, Error, Result};
use serde_json::Value;
use std::path::PathBuf;

/// Arguments of `pac graph`.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:\n  ledger pac graph PAC-ATLAS-P1-SEARCH-01\n  \
    ledger pac graph PAC-ATLAS-P1-SEARCH-01 --svg graph.svg\n  \
    ledger pac graph new --pattern diamond --agent GID-01,GID-02,GID-04,GID-05 > graph.json\n  \
    ledger pac graph PAC-ATLAS-P1-SEARCH-01 --file graph.json\n\n\
    Declaring is the orchestrator's; it may be done anew until the first Sub-PAC is issued.")]
pub struct GraphArgs {
    /// Make the graph of a common pattern
    #[command(subcommand)]
    pub new: Option<GraphCommand>,
    /// Which PAC
    #[arg(value_name = "PAC")]
    pub pac: Option<PacId>,
    /// As of this entry, what it did included [default: the last one]
    #[arg(long, value_name = "N")]
    pub at: Option<u64>,
    /// Declare the graph of this file: the body of declare_graph; - for standard input
    #[arg(long, value_name = "GRAPH.json|-", conflicts_with_all = ["at", "svg", "mermaid", "dot"])]
    pub file: Option<PathBuf>,
    /// Draw it as SVG into this file; - for standard output
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["mermaid", "dot"])]
    pub svg: Option<PathBuf>,
    /// Print it as a Mermaid flowchart
    #[arg(long, conflicts_with = "dot")]
    pub mermaid: bool,
    /// Print it as a Graphviz digraph
    #[arg(long)]
    pub dot: bool,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Below `pac graph`.
#[derive(clap::Subcommand, Debug)]
pub enum GraphCommand {
    /// Print the graph of a common pattern, for `pac graph PAC --file -` or `append graph --data -`
    #[command(
        after_help = "Examples:\n  ledger pac graph new --pattern linear --agent GID-01 --agent GID-02\n  \
        ledger pac graph new --pattern fan-in --agent GID-01,GID-02,GID-04 --edge-type BARRIER\n\n\
        Patterns: linear, one after the other; parallel, all at once; fan-in, all but the last at once and the\n\
        last after them; diamond, the first, then all between at once, then the last. The nodes are A1, A2 and so on."
    )]
    New(NewArgs),
}

/// Arguments of `pac graph new`.
#[derive(clap::Args, Debug)]
pub struct NewArgs {
    /// Which pattern
    #[arg(long, value_name = "PATTERN", value_parser = ["linear", "parallel", "fan-in", "diamond"])]
    pub pattern: String,
    /// An agent, in the order of the nodes (may be repeated, or several with commas)
    #[arg(long = "agent", value_name = "GID", required = true, value_delimiter = ',')]
    pub agents: Vec<Gid>,
    /// Lane of all nodes [default: what their Sub-PACs say]
    #[arg(long, value_name = "LANE")]
    pub lane: Option<Lane>,
    /// Type of the edges; DATA_FLOW also carries outputs and messages
    #[arg(long, value_name = "TYPE", default_value = "DATA_FLOW", ignore_case = true,
        value_parser = ["DATA_FLOW", "DEPENDENCY", "BARRIER"])]
    pub edge_type: String,
    /// Which PAC; `pac graph PAC --file` fills it in, `append graph` needs it
    #[arg(long, value_name = "PAC")]
    pub pac: Option<PacId>,
}

/// Shows, declares or makes.
pub fn run(args: &GraphArgs, ctx: &Context) -> anyhow::Result<u8> {
    if let Some(GraphCommand::New(new)) = &args.new {
        return make(new, ctx);
    }
    let Some(pac) = &args.pac else {
        let why = "no PAC is named";
        return Err(Error::new(Code::Usage, why)
            .hint("ledger pac graph PAC, or ledger pac graph new")
            .into());
    };
    match &args.file {
        Some(file) => declare(pac, file, args, ctx),
        None => show(&PacAt { pac: pac.clone(), at: args.at }, args, ctx),
    }
}

fn make(args: &NewArgs, ctx: &Context) -> anyhow::Result<u8> {
    let Some(pattern) = Pattern::find(&args.pattern) else {
        return Err(Error::new(Code::Usage, format!("{:?} is no pattern", args.pattern)).into());
    };
    let edges = match args.edge_type.to_ascii_uppercase().as_str() {
        "DEPENDENCY" => EdgeType::Dependency,
        "BARRIER" => EdgeType::Barrier,
        _ => EdgeType::DataFlow,
    };
    let mut plan = pattern.plan(&args.agents, args.lane.as_ref(), edges)?;
    plan.pac_id.clone_from(&args.pac);
    if ctx.json {
        say_json(&plan)?;
    } else {
        say(json_for_people(&plan)?)?;
    }
    Ok(DONE)
}

fn declare(pac: &PacId, file: &std::path::Path, args: &GraphArgs, ctx: &Context) -> anyhow::Result<u8> {
    let mut body = read_json(file)?;
    fill(&mut body, "pac_id", pac.as_str())?;
    let bench = Bench::open(ctx)?;
    bench.submit("declare_graph", &body, &bench.orchestrator(&args.by)?, &args.by)
}

/// Says in a body from a file what the command line says; the file may say the same.
pub fn fill(body: &mut Value, member: &str, value: &str) -> Result<()> {
    let Some(map) = body.as_object_mut() else {
        return Err(Error::new(Code::InvalidIntent, "the file holds no JSON object"));
    };
    match map.get(member) {
        Some(said) if *said != value => {
            let why = format!("the file's `{member}` is {said}, and the command names {value:?}");
            Err(Error::new(Code::InvalidIntent, why)
                .hint("name the same in both, or leave it out of the file"))
        }
        _ => {
            map.insert(member.to_owned(), Value::String(value.to_owned()));
            Ok(())
        }
    }
}

fn show(which: &PacAt, args: &GraphArgs, ctx: &Context) -> anyhow::Result<u8> {
    let found = which.find(ctx)?;
    let pac = &found.pac;
    let view = GraphDocument::of(pac, &found.registry);
    if ctx.json {
        say_json(&AsOf { at: found.at, view })?;
        return Ok(DONE);
    }
    let Some(graph) = view.graph else {
        say(styled(
            DIM,
            format!("{} has no graph yet; `ledger pac graph new --help` shows how to make one", pac.id),
        ))?;
        return Ok(DONE);
    };
    let picture = graph.picture(pac);
    let standard_output = std::path::Path::new("-");
    match &args.svg {
        Some(file) => write(file, &picture.svg())?,
        None if args.mermaid => write(standard_output, &picture.mermaid())?,
        None if args.dot => write(standard_output, &picture.dot())?,
        None => say_picture(&picture.text(picture_width()))?,
    }
    Ok(DONE)
}
