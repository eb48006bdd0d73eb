//! A PAC as a state machine: what its stream says of gateway, graph, work, composite, review and closing.
//!
//! Pure: `next` decides and applies in one step, or refuses and changes nothing; it is the same for live appends, replay and verification.
//! Not here: cryptography of tokens, clocks, randomness: what they yield is in events that follow (`Due`). Invariant: a closed PAC never
//! changes; an open one can always be abandoned. Source: DOMAIN.md §§3-8.

mod closing;
mod composite;
pub mod dispatch;
mod flow;
pub mod gateway;
pub mod graph;
mod open;
mod packet;
pub mod plan;
pub mod review;
mod reviews;
mod scope;
pub mod sub_pac;
pub mod work;
mod yields;

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::event::body::Digest;
use crate::event::body::pac::PacOrder;
use crate::event::body::work::TokenId;
use crate::names::{PacId, Session, fold};
use crate::rules::Occurrence;
use crate::rules::registry::Registry;
use crate::rules::trust::{self, Witnessed};
use crate::time::Timestamp;
pub use composite::{Composite, CompositeState};
pub use dispatch::Terms;
pub use flow::Sent;
use gateway::{Gateway, RecordedViolation};
use graph::Graph;
pub use open::OpenItem;
use petgraph::graph::NodeIndex;
pub use plan::Channel;
use review::Reviews;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// An entry and when it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Position in the log.
    pub sequence: u64,
    /// When.
    pub time: Timestamp,
}

impl Moment {
    pub(in crate::rules) const fn of(o: &Occurrence<'_>) -> Self {
        Self { sequence: o.sequence, time: o.time }
    }
}

/// How a PAC ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closure {
    /// With its WRAP.
    Wrapped {
        /// Id of the WRAP.
        wrap_id: String,
        /// When.
        at: Moment,
    },
    /// Without one.
    Abandoned {
        /// Why.
        reason: String,
        /// When.
        at: Moment,
    },
}

/// What the last event of a PAC owes.
pub type Due = super::due::Due<DueKind>;

/// What can be owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueKind {
    /// The token of a dispatch: for this session, if it named one, and so many seconds.
    Token(NodeIndex, Option<Session>, u32),
    /// The token that was shown; spent by it or not.
    Usage(NodeIndex, bool),
    /// A challenge for this reviewer.
    Challenge(String),
    /// The latency of this reviewer's answer.
    Passed(String),
    /// The proof of a sealing.
    Proof,
    /// The final hash.
    Finality,
    /// What the WRAP is bound to.
    Binding,
}

/// Where an orchestration is, derived from everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    /// Issued; no graph yet.
    Issued,
    /// The graph is declared, and nothing dispatched.
    Planned,
    /// Work goes on.
    Executing,
    /// Every node is done; the composite is due.
    Aggregating,
    /// The composite waits for its review.
    Sealed,
    /// The composite is final; the WRAP is due.
    Final,
    /// The WRAP was emitted.
    Complete,
    /// Ended without a WRAP.
    Abandoned,
}

impl Phase {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 8] = [
        Self::Issued,
        Self::Planned,
        Self::Executing,
        Self::Aggregating,
        Self::Sealed,
        Self::Final,
        Self::Complete,
        Self::Abandoned,
    ];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "ISSUED",
            Self::Planned => "PLANNED",
            Self::Executing => "EXECUTING",
            Self::Aggregating => "AGGREGATING",
            Self::Sealed => "SEALED",
            Self::Final => "FINAL",
            Self::Complete => "COMPLETE",
            Self::Abandoned => "ABANDONED",
        }
    }
}

/// One PAC.
#[derive(Clone, Debug)]
pub struct Pac {
    /// Id.
    pub id: PacId,
    /// The order.
    pub order: PacOrder,
    /// Who ordered it.
    pub requester: String,
    /// When it was issued.
    pub issued: Moment,
    /// The last event.
    pub last: Moment,
    /// Its gate.
    pub gateway: Gateway,
    /// Violations that were recorded in its stream.
    pub violations: Vec<RecordedViolation>,
    /// The graph, once it was declared.
    pub graph: Option<Graph>,
    /// Channels, by id without case.
    pub channels: BTreeMap<String, Channel>,
    /// Agents that may act, and since when.
    pub activations: BTreeMap<String, Moment>,
    /// Messages that were sent.
    pub messages: Vec<Sent>,
    /// Composites, the present one last.
    pub composites: Vec<Composite>,
    /// Reviews.
    pub reviews: Reviews,
    /// How it ended.
    pub closure: Option<Closure>,
    /// What must follow at once.
    due: Option<Due>,
    /// Ids that were used, without case.
    ids: BTreeSet<String>,
    /// Sub-PACs by id without case.
    sub_pacs: BTreeMap<String, NodeIndex>,
    /// BERs by id without case.
    bers: BTreeMap<String, NodeIndex>,
    /// Tokens that were given, by the id of their authority block.
    tokens: BTreeMap<TokenId, NodeIndex>,
    /// Token ids that are good no more.
    revoked: BTreeSet<TokenId>,
    /// Paths that present attempts wrote, without case.
    outputs: BTreeMap<String, BTreeSet<NodeIndex>>,
    /// Who was told what.
    delivered: BTreeSet<(String, Digest)>,
    /// Who filed a BER.
    signers: BTreeSet<String>,
    /// Audit anchors of its work.
    pub anchors: Witnessed,
}

/// Whether this may happen to the PAC of its stream now; applies it, or changes nothing.
///
/// # Errors
/// The code of the rule that is broken; `LG_150` when there is no such PAC, `LG_151` when there is one already.
pub fn next(pac: &mut Option<Pac>, registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
    match (&mut *pac, o.event) {
        (None, Event::PacIssued(order)) => {
            *pac = Some(Pac::issue(registry, o, order)?);
            Ok(())
        }
        (None, event) => {
            let id = event.pac_id().map(ToString::to_string).unwrap_or_default();
            refuse(Code::PacUnknown, format!("there is no {id}"))
        }
        (Some(pac), _) => pac.next(registry, o),
    }
}

impl Pac {
    fn issue(registry: &Registry, o: &Occurrence<'_>, order: &PacOrder) -> Result<Self> {
        gateway::check_order(registry, o, order)?;
        let asks = matches!(
            gateway::kind(registry, o.actor),
            Some(super::registry::ActorKind::Human | super::registry::ActorKind::Service)
        );
        // A human's or service's order is itself the explicit request.
        let request = asks.then(|| (o.sequence, o.actor.to_owned()));
        Ok(Self {
            id: order.pac_id.clone(),
            order: order.clone(),
            requester: o.actor.to_owned(),
            issued: Moment::of(o),
            last: Moment::of(o),
            gateway: Gateway { request, ..Gateway::default() },
            violations: Vec::new(),
            graph: None,
            channels: BTreeMap::new(),
            activations: BTreeMap::new(),
            messages: Vec::new(),
            composites: Vec::new(),
            reviews: Reviews::default(),
            closure: None,
            due: None,
            ids: BTreeSet::new(),
            sub_pacs: BTreeMap::new(),
            bers: BTreeMap::new(),
            tokens: BTreeMap::new(),
            revoked: BTreeSet::new(),
            outputs: BTreeMap::new(),
            delivered: BTreeSet::new(),
            signers: BTreeSet::new(),
            anchors: Witnessed::new(),
        })
    }

    /// Whether this may happen to it now; applies it, or changes nothing.
    ///
    /// # Errors
    /// The code of the rule that is broken; `LG_151` for its own order once more.
    pub fn next(&mut self, registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
        if matches!(o.event, Event::PacIssued(_)) {
            let why = format!("{} was issued in entry {}", self.id, self.issued.sequence);
            return refuse(Code::PacExists, why);
        }
        self.step(registry, o)?;
        self.last = Moment::of(o);
        Ok(())
    }

    fn step(&mut self, registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
        if let Some(due) = self.due.clone() {
            self.follow(registry, o, &due)?;
            self.due = None;
            return Ok(());
        }
        if o.event.kind().row().follows.is_some() {
            return refuse(
                Code::InvalidIntent,
                format!("{} follows from nothing here", o.event.kind().row().event_type),
            );
        }
        self.still_open()?;
        match o.event {
            Event::ViolationRecorded(e) => self.violated(registry, o, e),
            Event::ExecutionRequested(e) => self.request(registry, o, e),
            Event::GatewayOpened(_) => self.open(registry, o),
            Event::GatewayResolved(e) => self.resolve(registry, o, e),
            Event::GraphDeclared(e) => self.declare_graph(registry, o, e),
            Event::ChannelDeclared(e) => self.declare_channel(registry, o, e),
            Event::SubPacIssued(e) => self.issue_sub_pac(registry, o, e),
            Event::AgentActivated(e) => self.activate(registry, o, e),
            Event::DispatchAuthorized(e) => self.dispatch(registry, o, e),
            Event::DispatchReissued(e) => self.reissue(registry, o, e),
            Event::TokenRevoked(e) => self.revoke_token(registry, o, e),
            Event::SubPacRetried(e) => self.retry(registry, o, e),
            Event::SubPacWaived(e) => self.waive(registry, o, e),
            Event::ExecutionStarted(e) => self.start(registry, o, e),
            Event::MessageSent(e) => self.message(registry, o, e),
            Event::BerSubmitted(e) => self.submit_ber(registry, o, e),
            Event::BerAccepted(e) => self.accept_ber(registry, o, e),
            Event::BerRejected(e) => self.reject_ber(registry, o, e),
            Event::PdoRecorded(e) => self.record_pdo(registry, o, e),
            Event::SubPacFailed(e) => self.fail(registry, o, e),
            Event::OpdoComposed(e) => self.compose(registry, o, e),
            Event::OpdoSealed(e) => self.seal(registry, o, e),
            Event::OpdoVoided(e) => self.void_opdo(registry, o, e),
            Event::ReviewOpened(e) => self.open_review(registry, o, e),
            Event::ReviewChallenged(e) => self.draw_challenge(registry, o, e),
            Event::ReviewAnswered(e) => self.answer_challenge(registry, o, e),
            Event::ReviewVerdict(e) => self.give_verdict(registry, o, e),
            Event::ReviewUnlocked(e) => self.unlock_review(registry, o, e),
            Event::OpdoFinalized(e) => self.finalize(registry, o, e),
            Event::WrapEmitted(e) => self.wrap(registry, o, e),
            Event::PacAbandoned(e) => self.abandon(registry, o, e),
            // Whether its grant is one, the tree knows: `rules::trust::witness`.
            Event::AnchorRecorded(e) => trust::join(&mut self.anchors, o, e),
            _ => refuse(
                Code::InvalidIntent,
                format!("{} is no step of a PAC", o.event.kind().row().event_type),
            ),
        }
    }

    /// Takes the event that the last one owes.
    fn follow(&mut self, registry: &Registry, o: &Occurrence<'_>, due: &Due) -> Result<()> {
        let follows = due.is_met_by(o);
        match (&due.what, o.event) {
            (DueKind::Token(at, session, seconds), Event::TokenIssued(e)) if follows => {
                self.token_issued(*at, session.as_ref(), *seconds, o, e)
            }
            (DueKind::Usage(at, spend), Event::TokenUsed(e)) if follows => self.token_used(*at, *spend, o, e),
            (DueKind::Challenge(reviewer), Event::ChallengeDrawnRecorded(e)) if follows => {
                self.challenge_drawn(reviewer, o, e)
            }
            (DueKind::Passed(reviewer), Event::ChallengePassedRecorded(e)) if follows => {
                self.challenge_passed(registry, reviewer, o, e)
            }
            (DueKind::Proof, Event::ProofRecorded(e)) if follows => self.proof_recorded(e),
            (DueKind::Finality, Event::FinalityRecorded(e)) if follows => self.finality_recorded(e),
            (DueKind::Binding, Event::WrapBound(e)) if follows => self.wrap_bound(e),
            (_, event) => refuse(
                Code::InvalidIntent,
                format!(
                    "entry {} owes what follows from it at once and in the same name, and {} came",
                    due.cause,
                    event.kind().row().event_type
                ),
            ),
        }
    }

    /// What must follow the last event at once.
    #[must_use]
    pub const fn due(&self) -> Option<&Due> {
        self.due.as_ref()
    }

    /// Nothing is added behind the end.
    fn still_open(&self) -> Result<()> {
        match &self.closure {
            None => Ok(()),
            Some(Closure::Wrapped { wrap_id, at }) => {
                refuse(Code::PacWrapped, format!("{wrap_id} closed {} in entry {}", self.id, at.sequence))
            }
            Some(Closure::Abandoned { at, .. }) => {
                refuse(Code::PacClosed, format!("{} was abandoned in entry {}", self.id, at.sequence))
            }
        }
    }

    /// The id without `PAC-`, as other ids hold it.
    #[must_use]
    pub fn short(&self) -> &str {
        let id = self.id.as_str();
        id.strip_prefix("PAC-").unwrap_or(id)
    }

    /// Where the orchestration is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match (&self.closure, self.composites.last().map(Composite::state)) {
            (Some(Closure::Wrapped { .. }), _) => return Phase::Complete,
            (Some(Closure::Abandoned { .. }), _) => return Phase::Abandoned,
            (None, Some(CompositeState::Final)) => return Phase::Final,
            (None, Some(CompositeState::Sealed)) => return Phase::Sealed,
            _ => {}
        }
        let Some(graph) = &self.graph else { return Phase::Issued };
        if graph.places().all(graph::Place::is_done) {
            return Phase::Aggregating;
        }
        let begun = |p: &graph::Place| {
            p.sub_pac.as_ref().is_some_and(|s| s.state != sub_pac::SubPacState::Issued || s.attempt > 1)
        };
        if graph.places().any(begun) { Phase::Executing } else { Phase::Planned }
    }

    /// A Sub-PAC by its id.
    #[must_use]
    pub fn sub_pac(&self, id: &str) -> Option<&sub_pac::SubPac> {
        let at = self.sub_pacs.get(&fold(id))?;
        self.graph.as_ref()?.at(*at)?.sub_pac.as_ref()
    }

    /// Who is named by the token ids that are good no more.
    #[must_use]
    pub fn is_revoked(&self, id: &TokenId) -> bool {
        self.revoked.contains(id)
    }
}

fn refuse<T>(code: Code, why: impl Into<String>) -> Result<T> {
    Err(Error::new(code, why))
}

fn not_in_pac<T>(pac: &PacId, what: &str, name: &str) -> Result<T> {
    refuse(Code::NotInPac, format!("{pac} has no {what} {name}"))
}
