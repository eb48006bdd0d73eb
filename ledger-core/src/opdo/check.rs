//! The checks of DOMAIN.md §5 on what is to be composed, in their order.
//!
//! Not the proof or the state. Invariant: what [`check`] refuses first is what [`examine`] reports first.
//! Source: DOMAIN.md §5; `opdo_errors.json` of the original system's vectors.

use super::dependencies::Dependencies;
use super::document::ChildPdo;
use super::{ORCHESTRATOR_GID, has_prefix, shown};
use crate::codes::Code;
use crate::error::{Error, Result};
use std::collections::HashSet;

/// Something that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule.
    pub code: Code,
    /// What was found, with the values at hand.
    pub message: String,
}

impl Finding {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<Finding> for Error {
    fn from(finding: Finding) -> Self {
        Self::new(finding.code, finding.message)
    }
}

/// What the surroundings know: a ledger, or nothing.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// GID of the orchestrator that a composite must be bound to (`GS_440`).
    pub orchestrator_gid: &'a str,
    /// Whether a child belongs to a node of the PAC's graph (`GS_412`); `None` where there is no graph.
    pub has_node: Option<&'a dyn Fn(&ChildPdo) -> bool>,
}

impl Default for Context<'_> {
    /// Outside a ledger: `GID-00`, and no graph.
    fn default() -> Self {
        Self { orchestrator_gid: ORCHESTRATOR_GID, has_node: None }
    }
}

/// What is checked.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The PAC.
    pub pac_orch_id: &'a str,
    /// The children, in their order.
    pub children: &'a [ChildPdo],
    /// The orchestrator that the composite names.
    pub orchestrator_gid: &'a str,
}

/// Checks all, and refuses with the first finding.
///
/// # Errors
/// `GS_441`, `GS_400`; per child `GS_401` to `GS_404`; then `GS_401` (an id twice), `GS_410`, `GS_411`, `GS_412`, `GS_440`.
pub fn check(subject: &Subject<'_>, context: &Context<'_>) -> Result<()> {
    match examine(subject, context).into_iter().next() {
        Some(finding) => Err(finding.into()),
        None => Ok(()),
    }
}

/// Checks all, and reports every finding in the order of the rules.
#[must_use]
pub fn examine(subject: &Subject<'_>, context: &Context<'_>) -> Vec<Finding> {
    let Subject { pac_orch_id, children, orchestrator_gid } = *subject;
    let mut findings = Vec::new();
    if agent_of(pac_orch_id).is_none() {
        let message = format!("{} names no PAC: `PAC-AGENT-...` is expected", shown(pac_orch_id));
        findings.push(Finding::new(Code::OpdoPacRef, message));
    }
    if children.is_empty() {
        findings.push(Finding::new(Code::OpdoEmpty, "there is no child PDO"));
    }
    let mut agents = HashSet::new();
    for (index, child) in children.iter().enumerate() {
        let name = named(index, child);
        if let Some(fault) = fault(child) {
            findings.push(Finding::new(Code::OpdoChild, format!("{name}: {fault}")));
        }
        if child.status != "VALIDATED" {
            let message = format!("{name} has the status {}, not VALIDATED", shown(&child.status));
            findings.push(Finding::new(Code::OpdoNotValidated, message));
        }
        if !has_prefix(&child.ber_id, "BER-") {
            let message = format!("{name} is bound to {}, which is no BER", shown(&child.ber_id));
            findings.push(Finding::new(Code::OpdoNoBer, message));
        }
        if !agents.insert(&*child.agent_gid) && !child.agent_gid.is_empty() {
            let message = format!("{name} is of agent {}, who has one already", shown(&child.agent_gid));
            findings.push(Finding::new(Code::OpdoAgentTwice, message));
        }
    }
    among(children, context, &mut findings);
    if orchestrator_gid != context.orchestrator_gid {
        let (got, wanted) = (shown(orchestrator_gid), context.orchestrator_gid);
        let message = format!("the orchestrator is {wanted}; the O-PDO is bound to {got}");
        findings.push(Finding::new(Code::OpdoOrchestrator, message));
    }
    findings
}

/// What is wrong between children, and between them and the graph.
fn among(children: &[ChildPdo], context: &Context<'_>, findings: &mut Vec<Finding>) {
    let numbered = || children.iter().enumerate();
    let mut ids = HashSet::new();
    for (index, child) in numbered() {
        if !ids.insert(&*child.pdo_id) && !child.pdo_id.is_empty() {
            let message = format!("{} has the id of an earlier child", named(index, child));
            findings.push(Finding::new(Code::OpdoChild, message));
        }
    }
    let dependencies = Dependencies::of(children);
    if let Some(cycle) = dependencies.cycle() {
        let message = format!("the dependencies go round: {}", some(&cycle, " -> "));
        findings.push(Finding::new(Code::OpdoCycle, message));
    }
    for (index, child) in numbered() {
        let missing = dependencies.missing(child);
        if !missing.is_empty() {
            let (name, missing) = (named(index, child), some(&missing, ", "));
            let message = format!("{name} depends on {missing}, and no child has that id");
            findings.push(Finding::new(Code::OpdoDependency, message));
        }
    }
    if let Some(has_node) = context.has_node {
        let orphans = numbered().filter(|(_, child)| !has_node(child));
        findings.extend(orphans.map(|(index, child)| {
            Finding::new(Code::OpdoOrphan, format!("{} belongs to no node of the graph", named(index, child)))
        }));
    }
}

/// What is wrong with the child's own form.
fn fault(child: &ChildPdo) -> Option<String> {
    if let Some(fault) = &child.fault {
        return Some(fault.clone());
    }
    if !has_prefix(&child.pdo_id, "PDO-") {
        return Some("its id is none of a PDO (`PDO-...`)".to_owned());
    }
    let texts = [
        ("agent_name", &child.agent_name),
        ("agent_gid", &child.agent_gid),
        ("sub_pac_id", &child.sub_pac_id),
        ("pdo_hash", &child.pdo_hash),
        ("created_at", &child.created_at),
    ];
    if let Some((name, _)) = texts.iter().find(|(_, text)| text.is_empty()) {
        return Some(format!("`{name}` is empty"));
    }
    let short = |text: &str| text.chars().take(40).collect::<String>();
    if !child.quality_score.is_fraction() {
        return Some(format!(
            "`quality_score` is {}, not within 0 and 1",
            short(child.quality_score.as_str())
        ));
    }
    if !child.task_count.is_count() {
        return Some(format!("`task_count` is {}, not a number of tasks", short(child.task_count.as_str())));
    }
    None
}

/// The second part of a PAC's id: the agent that the composite's id names.
pub(super) fn agent_of(pac_orch_id: &str) -> Option<&str> {
    let agent = pac_orch_id.strip_prefix("PAC-")?.split('-').next()?;
    (!agent.is_empty()).then_some(agent)
}

/// A child in a message.
pub(super) fn named(index: usize, child: &ChildPdo) -> String {
    format!("child {} ({})", index.saturating_add(1), shown(&child.pdo_id))
}

/// The first few of a list, and how many more there are.
fn some(ids: &[&str], separator: &str) -> String {
    const FEW: usize = 8;
    let mut text = ids.iter().take(FEW).map(|id| shown(id)).collect::<Vec<_>>().join(separator);
    let more = ids.len().saturating_sub(FEW);
    if more > 0 {
        text.push_str(&format!("{separator}{more} more"));
    }
    text
}
