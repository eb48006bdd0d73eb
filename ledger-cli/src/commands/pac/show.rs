//! `ledger pac show`: one PAC whole.

use super::read::{AsOf, Found, PacAt};
use crate::commands::DONE;
use crate::context::Context;
use crate::output::{
    DIM, HEAD, printable, say, say_json, say_pairs, say_table, state, state_cell, styled, table, toned,
};
use ledger_core::event::body::pac::Scope;
use ledger_core::names::{Gid, Lane, Line, ScopePath};
use ledger_core::picture::Tone;
use ledger_core::view::{NodeView, PacView};

/// Arguments of `pac show`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger pac show PAC-ATLAS-P1-SEARCH-01\n  \
    ledger pac show PAC-ATLAS-P1-SEARCH-01 --at 40 --json")]
pub struct ShowArgs {
    /// Which PAC, as of when
    #[command(flatten)]
    pub which: PacAt,
}

/// Shows it.
pub fn run(which: &PacAt, ctx: &Context) -> anyhow::Result<u8> {
    let Found { at, pac, registry } = which.find(ctx)?;
    let view = PacView::of(&pac, &registry);
    if ctx.json {
        say_json(&AsOf { at, view })?;
        return Ok(DONE);
    }
    say_order(&view, at)?;
    say_violations(&view)?;
    say_nodes(&view)?;
    say_channels(&view)?;
    say_opdos(&view)?;
    say_reviews(&view)?;
    say_open(&view)?;
    Ok(DONE)
}

/// One line of somebody's words.
fn line(text: &str) -> String {
    let joined: Vec<&str> = text.split_whitespace().collect();
    printable(&joined.join(" "), false).into_owned()
}

fn heading(text: &str) -> std::io::Result<()> {
    say(format!("\n{}", styled(HEAD, text)))
}

fn say_order(view: &PacView<'_>, at: u64) -> std::io::Result<()> {
    let as_of = styled(DIM, format!("as of entry {at}"));
    say(format!("{} {} {as_of}", styled(HEAD, view.pac_id), state(view.phase.as_str())))?;
    let lanes: Vec<&str> = view.lanes.iter().map(Lane::as_str).collect();
    let request = match &view.gateway.request {
        Some(request) => format!("requested by {} in entry {}", request.by, request.sequence),
        None => "nobody has requested the execution".to_owned(),
    };
    let mut pairs = Vec::new();
    if let Some(title) = view.title {
        pairs.push(("title", line(title.as_str())));
    }
    pairs.push(("objective", line(view.objective.as_str())));
    let issued = &view.issued;
    pairs.push(("requester", format!("{} in entry {} at {}", view.requester, issued.sequence, issued.time)));
    pairs.push(("lanes", lanes.join(", ")));
    let mode = serde_json::to_value(view.mode).unwrap_or_default();
    pairs.push(("mode", mode.as_str().unwrap_or_default().to_owned()));
    pairs.push(("scope", scope(view.scope)));
    for input in view.inputs {
        let name = input.name.as_ref().map(|n| format!(" {}", line(n.as_str()))).unwrap_or_default();
        pairs.push(("input", format!("{}{name}", input.digest.as_str())));
    }
    pairs.push(("gateway", format!("{} {}", state(view.gateway.state.as_str()), styled(DIM, request))));
    pairs.push(("last", format!("entry {} at {}", view.last.sequence, view.last.time)));
    match &view.closure {
        Some(end) if end.wrap_id.is_some() => {
            pairs.push((
                "ended",
                format!("by {} in entry {}", end.wrap_id.unwrap_or_default(), end.at.sequence),
            ));
        }
        Some(end) => {
            let why = line(end.reason.unwrap_or_default());
            pairs.push(("ended", format!("abandoned in entry {}: {why}", end.at.sequence)));
        }
        None => {}
    }
    say_pairs(&pairs)
}

fn scope(scope: &Scope) -> String {
    let lines = |all: &[Line]| all.iter().map(|l| line(l.as_str())).collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    if let Some(paths) = &scope.paths {
        let paths: Vec<&str> = paths.iter().map(ScopePath::as_str).collect();
        parts.push(format!("paths {}", if paths.is_empty() { "none".to_owned() } else { paths.join(", ") }));
    }
    if let Some(allowed) = &scope.allowed_actions {
        parts
            .push(format!("allowed {}", if allowed.is_empty() { "none".to_owned() } else { lines(allowed) }));
    }
    if !scope.forbidden_actions.is_empty() {
        parts.push(format!("forbidden {}", lines(&scope.forbidden_actions)));
    }
    if parts.is_empty() { "not limited".to_owned() } else { parts.join("; ") }
}

fn say_violations(view: &PacView<'_>) -> std::io::Result<()> {
    if view.violations.is_empty() {
        return Ok(());
    }
    heading("violations")?;
    let mut table = table(&["entry", "code", "actor", "state", "what was wrong"]);
    for violation in view.violations {
        let shown = match (violation.blocked, violation.resolved) {
            (true, Some(entry)) => format!("resolved in {entry}"),
            (true, None) => state_cell("BLOCKED"),
            (false, _) => "refused".to_owned(),
        };
        table.add_row([
            violation.sequence.to_string(),
            violation.code.clone(),
            violation.actor.clone(),
            shown,
            line(&violation.message),
        ]);
    }
    say_table(&table)
}

fn say_nodes(view: &PacView<'_>) -> std::io::Result<()> {
    let Some(graph) = &view.graph else { return Ok(()) };
    heading(&format!("graph {}", graph.graph_id))?;
    let mut table = table(&["node", "sub-pac", "agent", "lane", "state", "attempt", "ber", "score", "pdo"]);
    for node in &graph.nodes {
        table.add_row(node_row(node));
    }
    say_table(&table)?;
    let edges: Vec<String> = graph.edges.iter().map(|e| format!("{} → {}", e.from, e.to)).collect();
    let most = 24;
    let more = edges.len().saturating_sub(most);
    let mut shown: Vec<String> = edges.into_iter().take(most).collect();
    if more > 0 {
        shown.push(format!("and {more} more (ledger pac graph {})", view.pac_id));
    }
    if !shown.is_empty() {
        say(styled(DIM, format!("edges: {}", shown.join(", "))))?;
    }
    Ok(())
}

fn node_row(node: &NodeView<'_>) -> [String; 9] {
    let text = |value: Option<&str>| value.unwrap_or("-").to_owned();
    let agent: Vec<&str> = node.agent_gid.into_iter().chain(node.agent_name).collect();
    let ber = node.ber.as_ref();
    let optional = if node.optional { " (optional)" } else { "" };
    let waits = if node.waits_for.is_empty() || node.state == "BLOCKED" || node.waived.is_some() {
        String::new()
    } else {
        toned(Tone::Skipped, format!(" after {}", node.waits_for.join(", ")))
    };
    let kind = serde_json::to_value(node.node_type).unwrap_or_default();
    let who =
        if agent.is_empty() { kind.as_str().unwrap_or_default().to_owned() } else { line(&agent.join(" ")) };
    [
        format!("{}{optional}", node.node_id),
        text(node.sub_pac_id),
        who,
        text(node.lane.map(Lane::as_str)),
        format!("{}{waits}", state_cell(node.state)),
        node.attempt.map_or_else(|| "-".to_owned(), |n| n.to_string()),
        ber.map_or_else(|| "-".to_owned(), |b| format!("{} {}", b.ber_id, verdict(b.verdict))),
        ber.map_or_else(|| "-".to_owned(), |b| b.quality_score.value().to_string()),
        text(node.pdo.as_ref().map(|p| p.pdo_id)),
    ]
}

fn verdict(word: &str) -> String {
    let tone = match word {
        "ACCEPTED" => Tone::Good,
        "REJECTED" => Tone::Bad,
        _ => Tone::Waiting,
    };
    toned(tone, word)
}

fn say_channels(view: &PacView<'_>) -> std::io::Result<()> {
    if view.channels.is_empty() && view.messages.is_empty() {
        return Ok(());
    }
    heading("channels")?;
    let mut table = table(&["channel", "members", "messages", "purpose"]);
    let sent = |channel: Option<&str>| {
        let of = |m: &&ledger_core::rules::pac::Sent| {
            m.channel_id.as_ref().map(|c| c.to_ascii_lowercase()) == channel.map(str::to_ascii_lowercase)
        };
        view.messages.iter().filter(of).count()
    };
    for channel in &view.channels {
        let members: Vec<&str> = channel.members.iter().map(Gid::as_str).collect();
        let count = sent(Some(channel.channel_id)).to_string();
        table.add_row([channel.channel_id.to_owned(), members.join(" "), count, line(channel.purpose)]);
    }
    if sent(None) > 0 {
        let over = "over DATA_FLOW edges".to_owned();
        table.add_row(["-".to_owned(), "-".to_owned(), sent(None).to_string(), over]);
    }
    say_table(&table)
}

fn say_opdos(view: &PacView<'_>) -> std::io::Result<()> {
    if view.opdos.is_empty() {
        return Ok(());
    }
    heading("O-PDO")?;
    for opdo in &view.opdos {
        let mut pairs = vec![
            ("id", opdo.opdo_id.to_owned()),
            ("state", state(opdo.state)),
            ("children", opdo.children.join(", ")),
        ];
        if let (Some(root), Some(sealed)) = (opdo.merkle_root, &opdo.sealed) {
            pairs.push(("root", format!("{root} ({})", opdo.profile)));
            pairs.push(("sealed", format!("in entry {} at {}", sealed.sequence, sealed.time)));
        }
        if let (Some(hash), Some(review)) = (opdo.final_hash, opdo.human_review_ber_id) {
            pairs.push(("final hash", hash.to_owned()));
            pairs.push(("review", review.to_owned()));
        }
        say_pairs(&pairs)?;
    }
    Ok(())
}

fn say_reviews(view: &PacView<'_>) -> std::io::Result<()> {
    let reviews = &view.reviews;
    if reviews.open.is_empty() && reviews.given.is_empty() && reviews.challenges.is_empty() {
        return Ok(());
    }
    heading("reviews")?;
    let mut table = table(&["entry", "reviewer", "o-pdo", "state", "latency", "remarks"]);
    for challenge in reviews.challenges {
        let ending = serde_json::to_value(&challenge.ending).unwrap_or_default();
        let word = ending.get("outcome").and_then(|o| o.as_str()).unwrap_or_default().to_owned();
        let code = ending.get("code").and_then(|c| c.as_str()).unwrap_or_default().to_owned();
        let latency = ending.get("latency_ms").and_then(serde_json::Value::as_u64);
        table.add_row([
            challenge.sequence.to_string(),
            challenge.reviewer.clone(),
            challenge.opdo_id.clone(),
            format!("challenge {}", state_cell(&word)),
            latency.map(|ms| format!("{ms} ms")).unwrap_or_default(),
            code,
        ]);
    }
    for review in reviews.given {
        let word = serde_json::to_value(review.verdict).unwrap_or_default();
        table.add_row([
            review.sequence.to_string(),
            review.reviewer.clone(),
            review.opdo_id.clone(),
            state_cell(word.as_str().unwrap_or_default()),
            format!("{} ms", review.latency_ms),
            [review.ber_id.clone(), review.remarks.as_deref().map(line)]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
        ]);
    }
    for (reviewer, since) in reviews.open {
        let empty = String::new;
        table.add_row([
            since.to_string(),
            reviewer.clone(),
            empty(),
            state_cell("READING"),
            empty(),
            empty(),
        ]);
    }
    say_table(&table)
}

fn say_open(view: &PacView<'_>) -> std::io::Result<()> {
    if view.open_items.is_empty() {
        return Ok(());
    }
    heading("what is due")?;
    let mut table = table(&["what", "state", "due", "since"]);
    for item in &view.open_items {
        let since = item.since.map(|entry| format!("entry {entry}")).unwrap_or_default();
        table.add_row([item.subject.clone(), state_cell(&item.state), line(&item.due), since]);
    }
    say_table(&table)
}
