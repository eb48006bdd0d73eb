//! `ledger pac compose|seal|void|finalize|wrap`: the O-PDO and the WRAP.
//!
//! Source: DOMAIN.md §§5, 7, 8.

use super::order::ReasonArgs;
use super::verb::{Bench, Body, By};
use crate::context::Context;
use ledger_core::names::{BerId, OpdoId, PacId, PdoId, WrapId};
use ledger_core::rules::pac::Composite;

/// Arguments of `pac compose`.
#[derive(clap::Args, Debug)]
pub struct ComposeArgs {
    /// Which PAC
    pub pac: PacId,
    /// PDO to bind (may be repeated) [default: those of all agent nodes]
    #[arg(long = "child", value_name = "PDO-ID")]
    pub children: Vec<PdoId>,
    /// How the proof is made: rfc6962, or p69 for the original's bytes
    #[arg(long, value_name = "PROFILE", value_parser = ["rfc6962", "p69"])]
    pub profile: Option<String>,
    /// Id of the O-PDO [default: made of orchestrator, time and entry]
    #[arg(long, value_name = "OPDO-ID")]
    pub opdo_id: Option<OpdoId>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac seal`.
#[derive(clap::Args, Debug)]
pub struct SealArgs {
    /// Which PAC
    pub pac: PacId,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac finalize`.
#[derive(clap::Args, Debug)]
pub struct FinalizeArgs {
    /// Which PAC
    pub pac: PacId,
    /// The approving review [default: the latest of what is sealed]
    #[arg(long, value_name = "BER-HUMAN-...")]
    pub review: Option<BerId>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac wrap`.
#[derive(clap::Args, Debug)]
pub struct WrapArgs {
    /// Which PAC
    pub pac: PacId,
    /// What was reached, in words
    #[arg(long, value_name = "TEXT")]
    pub summary: Option<String>,
    /// Id of the WRAP [default: made of orchestrator and PAC]
    #[arg(long, value_name = "WRAP-ID")]
    pub wrap_id: Option<WrapId>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Composes.
pub fn compose(args: &ComposeArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let body = Body::of(&args.pac)
        .list("children", &args.children)
        .maybe("opdo_id", args.opdo_id.as_ref())
        .maybe("profile", args.profile.as_ref());
    bench.submit("compose_opdo", &body.json(), &bench.orchestrator(&args.by)?, &args.by)
}

/// Seals.
pub fn seal(args: &SealArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    bench.submit("seal", &Body::of(&args.pac).json(), &bench.orchestrator(&args.by)?, &args.by)
}

/// Voids.
pub fn void(args: &ReasonArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let body = Body::of(&args.pac).with("reason", &args.reason);
    bench.submit("void_opdo", &body.json(), &bench.orchestrator(&args.by)?, &args.by)
}

/// Finalizes. Without any approval the ledger says what is missing.
pub fn finalize(args: &FinalizeArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let pac = bench.pac(&args.pac)?;
    let latest = || {
        let sealed = pac.composite().map(Composite::id)?;
        pac.reviews.given.iter().rev().filter(|r| r.opdo_id == sealed).find_map(|r| r.ber_id.clone())
    };
    let review = args.review.as_ref().map(|r| r.as_str().to_owned()).or_else(latest);
    let body = Body::of(&args.pac).maybe("human_review_ber_id", review);
    bench.submit("finalize", &body.json(), &bench.orchestrator(&args.by)?, &args.by)
}

/// Emits the WRAP.
pub fn wrap(args: &WrapArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let body =
        Body::of(&args.pac).maybe("summary", args.summary.as_ref()).maybe("wrap_id", args.wrap_id.as_ref());
    bench.submit("emit_wrap", &body.json(), &bench.orchestrator(&args.by)?, &args.by)
}
