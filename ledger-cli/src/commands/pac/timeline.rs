//! `ledger pac timeline`: what happened when.

use super::read::{AsOf, PacAt, write};
use crate::commands::DONE;
use crate::context::Context;
use crate::output::{picture_width, say_json, say_picture};
use ledger_core::view::TimelineView;
use std::path::PathBuf;

/// Arguments of `pac timeline`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger pac timeline PAC-ATLAS-P1-SEARCH-01\n  \
    ledger pac timeline PAC-ATLAS-P1-SEARCH-01 --svg timeline.svg")]
pub struct TimelineArgs {
    /// Which PAC, as of when
    #[command(flatten)]
    pub which: PacAt,
    /// Draw it as SVG into this file; - for standard output
    #[arg(long, value_name = "FILE|-")]
    pub svg: Option<PathBuf>,
}

/// Shows it.
pub fn run(args: &TimelineArgs, ctx: &Context) -> anyhow::Result<u8> {
    let (found, steps) = args.which.history(ctx)?;
    let view = TimelineView::of(&found.pac, steps, &found.registry);
    if ctx.json {
        say_json(&AsOf { at: found.at, view })?;
        return Ok(DONE);
    }
    let title = format!("{} {}", found.pac.id, found.pac.phase().as_str());
    let picture = view.picture(&title);
    match &args.svg {
        Some(file) => write(file, &picture.svg())?,
        None => say_picture(&picture.text(picture_width()))?,
    }
    Ok(DONE)
}
