//! Discipline: the gateway of a PAC, who may act, and who they say they are.
//!
//! Not here: the graph and the work. Invariant: a gateway is BLOCKED exactly while a violation that blocked it is unresolved; a stranger's
//! attempts change nothing. Source: DOMAIN.md §3, seed 001.

use super::{Pac, refuse};
use crate::codes::Code;
use crate::entry::Auth;
use crate::error::{Error, Result};
use crate::event::body::Violation;
use crate::event::body::pac::{Activation, ExecutionRequest, GatewayResolution, Mode, PacOrder};
use crate::names::{Gid, Lane, Line};
use crate::rules::registry::{ActorKind, Registry};
use crate::rules::{Occurrence, pac::Moment};
use schemars::JsonSchema;
use serde::Serialize;

/// State of the gate of one PAC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum GatewayState {
    /// No work yet.
    #[default]
    Closed,
    /// Work may go on.
    Open,
    /// No work until the violation is resolved.
    Blocked,
}

impl GatewayState {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "CLOSED",
            Self::Open => "OPEN",
            Self::Blocked => "BLOCKED",
        }
    }

    /// All of them.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Open, Self::Blocked];

    /// The state after a step, if the step is one from here.
    #[must_use]
    pub const fn after(self, step: GatewayStep) -> Option<Self> {
        match (self, step) {
            (Self::Closed, GatewayStep::Open) | (Self::Blocked, GatewayStep::Resolve) => Some(Self::Open),
            (Self::Open, GatewayStep::Block) => Some(Self::Blocked),
            // What is attempted while it is shut changes it no further.
            (Self::Closed | Self::Blocked, GatewayStep::Block) => Some(self),
            _ => None,
        }
    }
}

/// What can happen to a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayStep {
    /// It is opened on request.
    Open,
    /// A blocking violation by someone of the PAC.
    Block,
    /// All open violations are resolved.
    Resolve,
}

impl GatewayStep {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Block, Self::Resolve];
}

/// The gate of one PAC.
#[derive(Clone, Debug, Default)]
pub struct Gateway {
    /// State.
    pub state: GatewayState,
    /// The recorded explicit request, and whose it is.
    pub request: Option<(u64, String)>,
    /// Entries of the violations that block it, and whose they are.
    pub open: Vec<(u64, String)>,
}

/// A violation that was recorded in the PAC's stream.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RecordedViolation {
    /// Its entry.
    pub sequence: u64,
    /// Code of the rule.
    pub code: String,
    /// Whose.
    pub actor: String,
    /// What was wrong.
    pub message: String,
    /// Whether it blocked the gateway.
    pub blocked: bool,
    /// Entry of the resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<u64>,
}

/// Whether a violation of this code blocks the gateway of a PAC that its actor belongs to.
#[must_use]
pub const fn blocks(code: Code) -> bool {
    matches!(
        code,
        Code::GatewayBypass
            | Code::SelfActivation
            | Code::IdentityDrift
            | Code::UnsolicitedExecution
            | Code::SubPacLane
            | Code::SubPacScope
            | Code::SideChannel
    )
}

/// The order must have passed the gate of seed 001 §3.
pub(super) fn check_order(registry: &Registry, o: &Occurrence<'_>, order: &PacOrder) -> Result<()> {
    let bypass = |why: String| Err(Error::new(Code::GatewayBypass, why));
    if !registry.is_active(o.actor) {
        return bypass(format!("the requester {} is not registered, or was retired", o.actor));
    }
    let Some(checks) = &order.gateway_checks else {
        return bypass(format!("{} has no gateway_checks", order.pac_id));
    };
    if checks.governance.is_empty() {
        return bypass(format!("the gateway_checks of {} name no governance", order.pac_id));
    }
    match &checks.authority {
        Some(authority) if authority.as_str() == registry.orchestrator() => {}
        Some(authority) => {
            return bypass(format!(
                "the authority is {authority}; it must be the orchestrator, {}",
                registry.orchestrator()
            ));
        }
        None => return bypass("the gateway_checks name no authority".to_owned()),
    }
    if order.lanes.is_empty() {
        return refuse(Code::InvalidIntent, "`lanes` is empty: work needs a lane");
    }
    Ok(())
}

/// Only the orchestrator.
pub(super) fn orchestrator(registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
    if o.actor == registry.orchestrator() {
        return Ok(());
    }
    let what = o.event.kind().row().kind.unwrap_or_default();
    refuse(
        Code::NotAuthorized,
        format!("{what} is for the orchestrator, {}; {} is not", registry.orchestrator(), o.actor),
    )
}

/// Only a human.
pub(super) fn human(registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
    if kind(registry, o.actor) == Some(ActorKind::Human) {
        return Ok(());
    }
    let what = o.event.kind().row().kind.unwrap_or_default();
    refuse(Code::NotAuthorized, format!("{what} is for humans; {} is none", o.actor))
}

/// Only an agent, and not the orchestrator, who coordinates.
pub(super) fn agent(registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
    let what = o.event.kind().row().kind.unwrap_or_default();
    if o.actor == registry.orchestrator() {
        return refuse(
            Code::SubPacLane,
            format!("{what} is an agent's work; the orchestrator, {}, does none", o.actor),
        );
    }
    if kind(registry, o.actor) == Some(ActorKind::Agent) {
        return Ok(());
    }
    refuse(Code::NotAuthorized, format!("{what} is for agents; {} is none", o.actor))
}

pub(super) fn kind(registry: &Registry, gid: &str) -> Option<ActorKind> {
    registry.actor(gid).filter(|a| !a.retired).map(|a| a.kind)
}

/// Fields that declare an identity must all name this agent, as the registry knows it.
pub(super) fn identity(
    registry: &Registry,
    expected: &str,
    gid: Option<&Gid>,
    name: Option<&Line>,
) -> Result<()> {
    if let Some(gid) = gid.filter(|g| g.as_str() != expected) {
        return refuse(Code::IdentityDrift, format!("it names {gid}, and is of {expected}"));
    }
    let known = registry.actor(expected).and_then(|a| a.name.as_deref());
    match (name, known) {
        (Some(said), Some(known)) if said.as_str().to_lowercase() != known.to_lowercase() => {
            refuse(Code::IdentityDrift, format!("{expected} is {known}, not {}", said.as_str()))
        }
        (Some(said), None) => refuse(
            Code::IdentityDrift,
            format!("{expected} has no name in the registry, and is called {}", said.as_str()),
        ),
        _ => Ok(()),
    }
}

/// The lane must be one that the registry authorises the agent for.
pub(super) fn authorised(registry: &Registry, gid: &str, lane: &Lane) -> Result<()> {
    let lanes = registry.actor(gid).map(|a| a.lanes.as_slice()).unwrap_or_default();
    if lanes.contains(lane) {
        return Ok(());
    }
    let known: Vec<&str> = lanes.iter().map(Lane::as_str).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    refuse(Code::IdentityDrift, format!("{gid} is not authorised for lane {lane}; its lanes are: {known}"))
}

impl Pac {
    /// Work needs an open gateway.
    pub(super) fn gate(&self) -> Result<()> {
        match self.gateway.state {
            GatewayState::Open => Ok(()),
            GatewayState::Closed => {
                refuse(Code::GatewayBypass, format!("the gateway of {} is CLOSED", self.id))
            }
            GatewayState::Blocked => {
                let open: Vec<String> = self.gateway.open.iter().map(|(s, _)| s.to_string()).collect();
                let why = format!(
                    "the gateway of {} is BLOCKED by the violation in entry {}",
                    self.id,
                    open.join(", ")
                );
                refuse(Code::GatewayBypass, why)
            }
        }
    }

    /// An agent that holds a node acts only when it was activated.
    pub(super) fn activated(&self, o: &Occurrence<'_>) -> Result<()> {
        let holds = self.graph.as_ref().is_some_and(|g| g.of_agent(o.actor).is_some());
        if holds && !self.activations.contains_key(o.actor) {
            return refuse(Code::SelfActivation, format!("{} was not activated in {}", o.actor, self.id));
        }
        Ok(())
    }

    /// Execution and closure need an executable order and an explicit request.
    pub(super) fn solicited(&self) -> Result<()> {
        if self.order.mode == Mode::Advisory {
            return refuse(Code::UnsolicitedExecution, format!("{} is ADVISORY", self.id));
        }
        if self.gateway.request.is_none() {
            return refuse(
                Code::UnsolicitedExecution,
                format!("nobody has requested the execution of {}", self.id),
            );
        }
        Ok(())
    }

    pub(super) fn request(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        request: &ExecutionRequest,
    ) -> Result<()> {
        let asks = matches!(kind(registry, o.actor), Some(ActorKind::Human | ActorKind::Service));
        if !asks {
            let why = format!("request_execution is for humans and services; {} is neither", o.actor);
            return refuse(Code::NotAuthorized, why);
        }
        if let Some((entry, _)) = &self.gateway.request {
            return refuse(
                Code::WrongState,
                format!("the execution of {} was requested in entry {entry}", request.pac_id),
            );
        }
        self.gateway.request = Some((o.sequence, o.actor.to_owned()));
        Ok(())
    }

    pub(super) fn open(&mut self, registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
        orchestrator(registry, o)?;
        if self.gateway.request.is_none() {
            let why = format!("no human or service has requested the execution of {}", self.id);
            return refuse(Code::UnsolicitedExecution, why);
        }
        self.step_gateway(GatewayStep::Open)
    }

    fn step_gateway(&mut self, step: GatewayStep) -> Result<()> {
        let Some(state) = self.gateway.state.after(step) else {
            return refuse(
                Code::WrongState,
                format!("the gateway of {} is {}", self.id, self.gateway.state.as_str()),
            );
        };
        self.gateway.state = state;
        Ok(())
    }

    /// By the orchestrator; by a human, with their signature, where the orchestrator caused one.
    pub(super) fn resolve(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        resolution: &GatewayResolution,
    ) -> Result<()> {
        if self.gateway.state == GatewayState::Blocked
            && self.gateway.open.iter().any(|(_, by)| by == registry.orchestrator())
        {
            human(registry, o)?;
            if o.auth != Auth::Signed {
                return refuse(
                    Code::SignatureRequired,
                    format!("a human resolves with their signature; {} is only {}", o.actor, o.auth.as_str()),
                );
            }
        } else {
            orchestrator(registry, o)?;
        }
        if self.gateway.state != GatewayState::Blocked {
            return refuse(
                Code::WrongState,
                format!("the gateway of {} is {}", self.id, self.gateway.state.as_str()),
            );
        }
        if resolution.reason.is_blank() {
            return refuse(Code::InvalidIntent, "`reason` is empty");
        }
        if let Some((missing, _)) = self.gateway.open.iter().find(|(s, _)| !resolution.violations.contains(s))
        {
            return refuse(
                Code::WrongState,
                format!("the violation in entry {missing} is open too, and must be named"),
            );
        }
        let known = |s: &u64| self.violations.iter().any(|v| v.sequence == *s);
        if let Some(unknown) = resolution.violations.iter().find(|s| !known(s)) {
            return refuse(Code::NotInPac, format!("{} has no violation in entry {unknown}", self.id));
        }
        self.step_gateway(GatewayStep::Resolve)?;
        self.gateway.open.clear();
        for violation in &mut self.violations {
            if resolution.violations.contains(&violation.sequence) && violation.resolved.is_none() {
                violation.resolved = Some(o.sequence);
            }
        }
        Ok(())
    }

    pub(super) fn activate(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        activation: &Activation,
    ) -> Result<()> {
        let refuse_self = |why: String| refuse(Code::SelfActivation, why);
        if o.actor != registry.orchestrator() {
            return refuse_self(format!(
                "{} activates, and only the orchestrator, {}, may",
                o.actor,
                registry.orchestrator()
            ));
        }
        self.gate()?;
        let Some(gid) = &activation.agent_gid else { return refuse_self("it names no agent_gid".to_owned()) };
        if kind(registry, gid.as_str()) != Some(ActorKind::Agent) {
            return refuse_self(format!("{gid} is no registered agent"));
        }
        match &activation.activated_by {
            None => return refuse_self(format!("it does not say who activates {gid}")),
            Some(by) if by == gid => return refuse_self(format!("{gid} activates itself")),
            Some(by) if by.as_str() != registry.orchestrator() => {
                return refuse_self(format!("{gid} is activated by {by}, which is not the orchestrator"));
            }
            Some(_) => {}
        }
        identity(registry, gid.as_str(), None, activation.agent_name.as_ref())?;
        if let Some(lane) = &activation.lane {
            authorised(registry, gid.as_str(), lane)?;
        }
        if self.activations.contains_key(gid.as_str()) {
            return refuse(Code::TakenInPac, format!("{gid} was activated before"));
        }
        self.activations.insert(gid.as_str().to_owned(), Moment::of(o));
        Ok(())
    }

    /// Whether the actor belongs to this PAC, so that what they do wrong blocks it.
    #[must_use]
    pub fn belongs(&self, orchestrator: &str, gid: &str) -> bool {
        gid == orchestrator
            || self.activations.contains_key(gid)
            || self.graph.as_ref().is_some_and(|g| g.of_agent(gid).is_some())
    }

    /// Whether recording this violation would change anything here.
    #[must_use]
    pub fn is_changed_by(&self, orchestrator: &str, violation: &Violation) -> bool {
        let Some(code) = Code::find(&violation.code) else { return false };
        if violation.auth.is_none() || self.closure.is_some() {
            return false;
        }
        let shuts = blocks(code)
            && self.gateway.state == GatewayState::Open
            && self.belongs(orchestrator, violation.actor.as_str());
        shuts || self.reviews.is_changed_by(code, violation)
    }

    /// Takes the record of an attempt to break a rule.
    pub(super) fn violated(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        violation: &Violation,
    ) -> Result<()> {
        let Some(code) = Code::find(&violation.code) else {
            return refuse(Code::InvalidIntent, format!("{} is no code that is known here", violation.code));
        };
        let identified = violation.auth.is_some();
        let belongs = identified && self.belongs(registry.orchestrator(), violation.actor.as_str());
        let mut blocked = false;
        if blocks(code) && belongs {
            blocked = self.gateway.state == GatewayState::Open;
            self.step_gateway(GatewayStep::Block)?;
            if blocked {
                self.gateway.open.push((o.sequence, violation.actor.as_str().to_owned()));
            }
        }
        if identified {
            self.reviews.violated(code, violation);
        }
        self.violations.push(RecordedViolation {
            sequence: o.sequence,
            code: violation.code.clone(),
            actor: violation.actor.as_str().to_owned(),
            message: violation.message.clone(),
            blocked,
            resolved: None,
        });
        Ok(())
    }
}
