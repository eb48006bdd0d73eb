//! What each event of a PAC says, in one plain sentence that begins with its actor.
//!
//! Invariant: every event type has its words; the text may hold what callers wrote, and is made harmless where it is shown.
//! Source: DOMAIN.md §8.

use crate::event::Event;
use crate::event::body::closing::QuestionType;
use crate::event::body::pac::{GraphDeclaration, Mode, NodeType, PacOrder};
use crate::event::body::trust::ActionResult;
use crate::event::body::work::{BerSubmission, Outcome, TokenId};
use crate::names::{Gid, Lane, Prose};
use crate::rules::pac::Pac;
use crate::rules::pac::sub_pac::SubPac;
use crate::time::Timestamp;

/// Longest piece of somebody's own words, in characters.
const MOST: usize = 160;

/// What the actor does, without the actor; the PAC as it is afterwards.
pub(super) fn sentence(event: &Event, pac: &Pac) -> String {
    planned(event, pac).or_else(|| worked(event, pac)).or_else(|| closed(event, pac)).unwrap_or_else(|| {
        let row = event.kind().row();
        format!("records {}", row.event_type)
    })
}

fn planned(event: &Event, pac: &Pac) -> Option<String> {
    Some(match event {
        Event::PacIssued(e) => issued(e),
        Event::ExecutionRequested(e) => format!("requests the execution{}", because(e.reason.as_ref())),
        Event::GatewayOpened(e) => format!("opens the gateway{}", because(e.reason.as_ref())),
        Event::GatewayResolved(e) => {
            let entries: Vec<String> = e.violations.iter().map(u64::to_string).collect();
            let which = if entries.len() == 1 { "violation in entry" } else { "violations in entries" };
            format!("resolves the {which} {}: {}", entries.join(", "), short(e.reason.as_str()))
        }
        Event::GraphDeclared(e) => graph(e),
        Event::ChannelDeclared(e) => format!(
            "declares channel {} for {}: {}",
            e.channel_id,
            gids(&e.members),
            short(e.purpose.as_str())
        ),
        Event::SubPacIssued(e) => {
            let sub = pac.graph.as_ref().and_then(|g| g.at(g.find(e.node_id.as_str())?)?.sub_pac.as_ref());
            let what = sub.map(|s| format!("{} for {} in lane {}", s.id, who(s), s.lane));
            format!("issues {}", what.unwrap_or_else(|| format!("the Sub-PAC of node {}", e.node_id)))
        }
        Event::AgentActivated(e) => {
            format!("activates {}", e.agent_gid.as_ref().map_or("nobody", Gid::as_str))
        }
        Event::SubPacWaived(e) => {
            format!("waives node {}: {}", e.node_id, short(e.reason.as_str()))
        }
        Event::ViolationRecorded(e) => {
            let times = if e.count > 1 { format!(" ({} times)", e.count) } else { String::new() };
            format!("is refused {}{times} by {} {}: {}", e.kind, e.code, name_of(&e.code), short(&e.message))
        }
        Event::AnchorRecorded(e) => {
            let result = match e.result {
                ActionResult::Success => "done",
                ActionResult::Failure => "failed",
                ActionResult::Denied => "denied",
            };
            format!("witnesses that {} by {} under {} was {result}", e.action, e.agent_gid, e.grant_id)
        }
        Event::PacAbandoned(e) => format!("abandons the PAC: {}", short(e.reason.as_str())),
        _ => return None,
    })
}

fn worked(event: &Event, pac: &Pac) -> Option<String> {
    let of =
        |sub: &str| pac.sub_pac(sub).map_or_else(|| sub.to_owned(), |s| format!("{} of {}", s.id, who(s)));
    Some(match event {
        Event::DispatchAuthorized(e) => {
            let sub = pac.sub_pac(e.sub_pac_id.as_str());
            let to = sub.map(|s| format!(" to {}, attempt {}", who(s), s.attempt)).unwrap_or_default();
            format!("dispatches {}{to}", e.sub_pac_id)
        }
        Event::DispatchReissued(e) => {
            format!("gives a new token for {}: {}", of(e.sub_pac_id.as_str()), short(e.reason.as_str()))
        }
        Event::TokenIssued(e) => format!(
            "hands out token {} for {}, bound to session {}, good until {}",
            token(&e.token_id),
            e.sub_pac_id,
            e.session,
            Timestamp::from_millis(e.expires_at).map(|t| t.to_string()).unwrap_or_default()
        ),
        Event::TokenUsed(e) => {
            let spent =
                pac.sub_pac(e.sub_pac_id.as_str()).and_then(|s| s.grant.as_ref()).is_some_and(|g| g.spent);
            let how = if spent { ", which is spent by it" } else { "" };
            format!("shows token {}{how}", e.token_ids.first().map(token).unwrap_or_default())
        }
        Event::TokenRevoked(e) => {
            format!("revokes token {}: {}", token(&e.token_id), short(e.reason.as_str()))
        }
        Event::SubPacRetried(e) => {
            let attempt = pac.sub_pac(e.sub_pac_id.as_str()).map_or(0, |s| s.attempt);
            format!("opens attempt {attempt} of {}{}", of(e.sub_pac_id.as_str()), because(e.reason.as_ref()))
        }
        Event::ExecutionStarted(e) => format!("starts to work on {}", e.sub_pac_id),
        Event::MessageSent(e) => {
            let way = e.channel_id.as_ref().map_or_else(
                || " over a DATA_FLOW edge".to_owned(),
                |channel| format!(" on channel {channel}"),
            );
            let about = e.about.as_ref().map(|a| format!(": {}", short(a.as_str()))).unwrap_or_default();
            format!("sends a message to {}{way}{about}", gids(&e.to))
        }
        Event::BerSubmitted(e) => report(e, pac),
        Event::BerAccepted(e) => {
            let remarks = e.remarks.as_ref().map(|r| format!(": {}", short(r.as_str()))).unwrap_or_default();
            format!("accepts {}{remarks}", e.ber_id)
        }
        Event::BerRejected(e) => {
            format!("rejects {}{}", e.ber_id, because(e.reason.as_ref()))
        }
        Event::PdoRecorded(e) => {
            let pdo = pac.sub_pac(e.sub_pac_id.as_str()).and_then(|s| s.pdo.as_ref());
            format!("files {} for {}", pdo.map_or("the PDO", |p| p.id.as_str()), e.sub_pac_id)
        }
        Event::SubPacFailed(e) => {
            format!("gives up {}: {}", of(e.sub_pac_id.as_str()), short(e.reason.as_str()))
        }
        _ => return None,
    })
}

fn closed(event: &Event, pac: &Pac) -> Option<String> {
    let opdo = || pac.composites.last().map_or("the O-PDO", |c| c.id());
    Some(match event {
        Event::OpdoComposed(_) => {
            let children = pac.composites.last().map_or(0, |c| c.document.child_pdos.len());
            format!("composes {} of {}", opdo(), count(children, "PDO"))
        }
        Event::OpdoSealed(_) => format!("seals {}", opdo()),
        Event::ProofRecorded(e) => format!(
            "proves its {} with root {}",
            count(e.leaf_hashes.len(), "child").replace("childs", "children"),
            hash(&hex::encode(e.merkle_root.0))
        ),
        Event::OpdoVoided(e) => format!("voids {}: {}", opdo(), short(e.reason.as_str())),
        Event::ReviewOpened(_) => format!("opens the review of {}", opdo()),
        Event::ReviewChallenged(_) => "asks for a challenge".to_owned(),
        Event::ChallengeDrawnRecorded(e) => {
            let types: Vec<String> = e.question_types.iter().map(question).collect();
            format!("is asked {}: {}", count(types.len(), "question"), types.join(", "))
        }
        Event::ReviewAnswered(_) => "answers the challenge".to_owned(),
        Event::ChallengePassedRecorded(e) => format!("has answered rightly, after {} ms", e.latency_ms),
        Event::ReviewVerdict(e) => {
            use crate::event::body::closing::Verdict;
            let verdict = match e.verdict {
                Verdict::Approve => "approves",
                Verdict::ApproveWithRemarks => "approves, with remarks,",
                Verdict::Reject => "rejects",
            };
            format!("{verdict} {}{}", e.opdo_id, because(e.remarks.as_ref()))
        }
        Event::ReviewUnlocked(e) => {
            format!("lets {} review again: {}", e.reviewer, short(e.reason.as_str()))
        }
        Event::OpdoFinalized(_) => format!("makes {} final", opdo()),
        Event::FinalityRecorded(e) => format!(
            "records its final hash {}, by review {}",
            hash(&hex::encode(e.final_hash.0)),
            e.human_review_ber_id
        ),
        Event::WrapEmitted(e) => {
            let summary = e.summary.as_ref().map(|s| format!(": {}", short(s.as_str()))).unwrap_or_default();
            format!("emits the WRAP{summary}")
        }
        Event::WrapBound(e) => format!(
            "binds {} to {}, {} and review {}",
            e.wrap_id,
            e.opdo_id,
            count(usize::try_from(e.child_pdo_count).unwrap_or(usize::MAX), "PDO"),
            e.human_review_ber
        ),
        _ => return None,
    })
}

fn issued(order: &PacOrder) -> String {
    let lanes: Vec<&str> = order.lanes.iter().map(Lane::as_str).collect();
    let mode = match order.mode {
        Mode::Executable => "orders",
        Mode::Advisory => "asks for advice on",
    };
    format!("{mode} {}: {} (lanes {})", order.pac_id, short(order.objective.as_str()), lanes.join(", "))
}

fn graph(declared: &GraphDeclaration) -> String {
    let agents = declared.nodes.iter().filter(|n| n.node_type == NodeType::AgentNode).count();
    let barriers: usize = declared.sync_points.iter().map(|s| s.predecessors.len()).sum();
    let edges = declared.edges.len().saturating_add(barriers);
    format!(
        "declares a graph of {} and {}, {agents} of them for agents",
        count(edges, "edge"),
        count(declared.nodes.len(), "node")
    )
}

fn report(ber: &BerSubmission, pac: &Pac) -> String {
    let sub = pac.sub_pac(ber.sub_pac_id.as_str());
    let id = sub.and_then(|s| s.ber.as_ref()).map_or("a BER", |b| b.id.as_str());
    let status = if ber.status == Outcome::Pass { "PASS" } else { "FAIL" };
    format!(
        "reports {status} with score {} and {} in {id} for {}",
        ber.quality_score.value(),
        count(ber.outputs.len(), "output"),
        ber.sub_pac_id
    )
}

fn who(sub: &SubPac) -> String {
    if sub.agent_name.is_empty() { sub.agent.clone() } else { format!("{} ({})", sub.agent_name, sub.agent) }
}

fn gids(all: &[Gid]) -> String {
    let mut shown: Vec<&str> = all.iter().take(6).map(Gid::as_str).collect();
    if all.len() > shown.len() {
        shown.push("…");
    }
    shown.join(", ")
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn because(reason: Option<&Prose>) -> String {
    reason.filter(|r| !r.is_blank()).map(|r| format!(": {}", short(r.as_str()))).unwrap_or_default()
}

/// Somebody's words on one line, shortened.
fn short(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = line.chars().take(MOST).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    shown
}

fn hash(hex: &str) -> String {
    hex.chars().take(16).chain(std::iter::once('…')).collect()
}

fn token(id: &TokenId) -> String {
    hash(id.as_str())
}

fn name_of(code: &str) -> &'static str {
    crate::Code::find(code).map_or("", |c| c.row().name)
}

fn question(kind: &QuestionType) -> String {
    serde_json::to_value(kind).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}
