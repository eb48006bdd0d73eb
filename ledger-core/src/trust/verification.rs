//! The answer: may an agent do something, by which chain, and every reason why not.
//!
//! Invariant: the grants of an agent are looked at in the order of the log, and the first that allows it is the answer; so the same log
//! gives the same answer everywhere. Source: DOMAIN.md §9 ("verification levels").

use super::records::{RecordProof, Records};
use super::{Forest, Holding, Level, Question};
use crate::codes::Code;
use crate::constraint::Constraints;
use crate::error::Result;
use crate::event::body::trust::Posture;
use crate::event::{Event, EventKind};
use crate::rules::trust::{Fit, Reason};
use crate::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// Most grants that are listed as passed over.
const MOST: usize = 100;

/// A reason, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReasonView {
    /// Its code.
    pub code: String,
    /// Name of the code.
    pub name: String,
    /// What is wrong.
    pub message: String,
    /// The grant at which it is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<String>,
}

impl From<&Reason> for ReasonView {
    fn from(reason: &Reason) -> Self {
        let row = reason.code.row();
        Self {
            code: row.code.to_owned(),
            name: row.name.to_owned(),
            message: reason.message.clone(),
            grant_id: reason.grant_id.as_ref().map(ToString::to_string),
        }
    }
}

/// One grant of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Link {
    /// The grant.
    pub grant_id: String,
    /// Who holds it.
    pub holder: String,
    /// Who gave it.
    pub author: String,
    /// How far below the root.
    pub depth: u32,
    /// The entry that gave it.
    pub entry: u64,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// A grant that did not allow it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Considered {
    /// The grant.
    pub grant_id: String,
    /// The root of its tree.
    pub root: String,
    /// Why not.
    pub reasons: Vec<ReasonView>,
}

/// The answer to a question about trust.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TrustVerification {
    /// Whether it may.
    pub valid: bool,
    /// The first reason why not.
    pub reason: Option<String>,
    /// All reasons why not, of the grant that came nearest.
    pub reasons: Vec<ReasonView>,
    /// What the constraints have against it.
    pub violations: Vec<String>,
    /// Who would act.
    pub agent: String,
    /// What it would do.
    pub action: String,
    /// How closely it was looked at.
    pub level: Level,
    /// Number of entries that count.
    pub size: u64,
    /// The time that counts.
    pub time: String,
    /// How much the agent may do of itself.
    pub posture: Posture,
    /// The grant by which it may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<String>,
    /// The root of its tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The grant and what it rests on, up to the root.
    pub chain: Vec<Link>,
    /// SHA-256 over the leaf hashes of the chain's records, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain_hash: Option<String>,
    /// Names of the constraints that hold.
    pub effective_constraints: Vec<String>,
    /// What they are.
    pub constraints: Constraints,
    /// Anchors that speak of the chain; looked at where everything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchors: Option<u64>,
    /// Proofs that the records are in the log.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<RecordProof>,
    /// Other grants of the agent, and why they do not allow it; at most 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub considered: Vec<Considered>,
}

/// What looking at one grant gave.
struct Look<'a> {
    holding: Holding<'a>,
    fit: Option<Fit>,
    reasons: Vec<Reason>,
    anchors: Option<u64>,
}

/// Answers a question.
///
/// # Errors
/// As the store says; a chain that is not good is an answer.
pub fn verify(
    forest: &Forest,
    records: &Records<'_>,
    question: &Question,
    proofs: bool,
) -> Result<TrustVerification> {
    let agent = question.agent.as_str();
    let mut looks: Vec<Look<'_>> = Vec::new();
    for holding in candidates(forest, question) {
        let look = look(forest, records, question, holding)?;
        let valid = look.reasons.is_empty();
        looks.push(look);
        if valid {
            break;
        }
    }
    let mut verification = blank(forest, question);
    // What was found last allows it, or else the one with the fewest reasons came nearest; of equal ones the last.
    let nearest =
        (0..looks.len()).rev().min_by_key(|i| looks.get(*i).map_or(usize::MAX, |l| l.reasons.len()));
    let Some(best) = nearest.map(|i| looks.remove(i)) else {
        let message = match &question.grant_id {
            Some(id) => format!("{agent} holds no grant {id}"),
            None => format!("{agent} holds no grant"),
        };
        let reason = Reason { code: Code::GrantUnknown, message, grant_id: None };
        verification.reason = Some(reason.message.clone());
        verification.reasons = vec![ReasonView::from(&reason)];
        return Ok(verification);
    };
    verification.considered = looks.iter().take(MOST).map(Look::considered).collect();
    fill(&mut verification, &best, records, proofs)?;
    Ok(verification)
}

/// The grants of the agent that are asked about, in the order of the log.
fn candidates<'a>(forest: &'a Forest, question: &'a Question) -> Box<dyn Iterator<Item = Holding<'a>> + 'a> {
    let agent = question.agent.as_str();
    let its = move |h: &Holding<'a>| h.grant.holder == agent;
    match (&question.root, &question.grant_id) {
        (Some(root), Some(id)) => Box::new(forest.placed(root, id).filter(its).into_iter()),
        (None, Some(id)) => {
            let mut named: Vec<_> = forest.named(id).filter(its).collect();
            named.sort_by_key(|h| h.grant.since.sequence);
            Box::new(named.into_iter())
        }
        (Some(root), None) => Box::new(forest.held_by(agent).filter(move |h| h.tree.root().id == *root)),
        (None, None) => Box::new(forest.held_by(agent)),
    }
}

impl Look<'_> {
    fn considered(&self) -> Considered {
        Considered {
            grant_id: self.holding.grant.id.to_string(),
            root: self.holding.tree.root().id.to_string(),
            reasons: self.reasons.iter().map(ReasonView::from).collect(),
        }
    }
}

fn blank(forest: &Forest, question: &Question) -> TrustVerification {
    let time =
        Timestamp::from_millis(question.time).map_or_else(|| question.time.to_string(), |t| t.to_string());
    TrustVerification {
        valid: false,
        reason: None,
        reasons: Vec::new(),
        violations: Vec::new(),
        agent: question.agent.to_string(),
        action: question.action.to_string(),
        level: question.level,
        size: forest.size(),
        time,
        posture: forest.registry().standing().posture(question.agent.as_str()),
        grant_id: None,
        root: None,
        chain: Vec::new(),
        chain_hash: None,
        effective_constraints: Vec::new(),
        constraints: Constraints::default(),
        anchors: None,
        proofs: Vec::new(),
        considered: Vec::new(),
    }
}

/// Looks at one grant of the agent.
fn look<'a>(
    forest: &Forest,
    records: &Records<'_>,
    question: &Question,
    holding: Holding<'a>,
) -> Result<Look<'a>> {
    let (tree, registry) = (holding.tree, forest.registry());
    let mut reasons = tree.failings(holding.at, question.time, registry);
    if let Some(entry) = forest.not_understood(&tree.root().id) {
        let message = format!("entry {entry} is a step of the tree that this program does not know");
        reasons.push(Reason { code: Code::FindUnknown, message, grant_id: None });
    }
    let fit = tree.fit(holding.at, &question.request());
    let mut anchors = None;
    if question.level >= Level::Standard {
        match &fit {
            Some((fit, request)) => reasons.extend(tree.breaches(*fit, request)),
            None => reasons.push(Reason {
                code: Code::CapabilityNotHeld,
                message: format!("{} does not hold {}", holding.grant.id, question.action),
                grant_id: Some(holding.grant.id.clone()),
            }),
        }
        for (_, grant) in tree.chain(holding.at) {
            let wrong = records.signatures(grant, registry)?;
            reasons.extend(wrong.into_iter().map(|e| Reason {
                code: e.code,
                message: e.message,
                grant_id: Some(grant.id.clone()),
            }));
        }
    }
    if question.level == Level::Full {
        anchors = Some(witnesses(forest, records, holding, &mut reasons)?);
    }
    Ok(Look { holding, fit: fit.map(|(fit, _)| fit), reasons, anchors })
}

/// Checks that the records are in the log, and the anchors that speak of the chain; gives their number.
fn witnesses(
    forest: &Forest,
    records: &Records<'_>,
    holding: Holding<'_>,
    reasons: &mut Vec<Reason>,
) -> Result<u64> {
    let mut count = 0_u64;
    let tree = holding.tree;
    for (at, grant) in tree.chain(holding.at) {
        let id = Some(grant.id.clone());
        if let Err(e) = records.proofs(grant) {
            reasons.push(Reason { code: e.code, message: e.message, grant_id: id.clone() });
        }
        let mut witnessed = std::collections::BTreeSet::new();
        for sequence in forest.anchors(&Holding { tree, at, grant }) {
            count = count.saturating_add(1);
            let found = records.signed_entry(*sequence, forest.registry()).and_then(|entry| {
                records.proof(*sequence)?;
                EventKind::AnchorRecorded.read(&entry.data.bytes)
            });
            match found {
                Ok(Event::AnchorRecorded(anchor)) => witnessed.extend(anchor.exercise),
                Ok(_) => {}
                Err(e) => reasons.push(Reason { code: e.code, message: e.message, grant_id: id.clone() }),
            }
        }
        let audited = tree.audits(at);
        let missing =
            tree.exercises().find(|(sequence, grant)| *grant == at && !witnessed.contains(sequence));
        if let (true, Some((sequence, _))) = (audited, missing) {
            let message = format!("audit_required: what entry {sequence} allowed has no anchor");
            reasons.push(Reason { code: Code::ConstraintViolated, message, grant_id: id });
        }
    }
    Ok(count)
}

fn fill(
    verification: &mut TrustVerification,
    look: &Look<'_>,
    records: &Records<'_>,
    proofs: bool,
) -> Result<()> {
    let Holding { tree, at, grant } = look.holding;
    verification.valid = look.reasons.is_empty();
    verification.reason = look.reasons.first().map(ToString::to_string);
    verification.reasons = look.reasons.iter().map(ReasonView::from).collect();
    let breach = |r: &&Reason| r.code == Code::ConstraintViolated;
    verification.violations = look.reasons.iter().filter(breach).map(|r| r.message.clone()).collect();
    verification.grant_id = Some(grant.id.to_string());
    verification.root = Some(tree.root().id.to_string());
    verification.anchors = look.anchors;
    for (_, link) in tree.chain(at) {
        verification.chain.push(Link {
            grant_id: link.id.to_string(),
            holder: link.holder.clone(),
            author: link.author.clone(),
            depth: link.depth,
            entry: link.since.sequence,
            expires_at: link.expires_at.and_then(Timestamp::from_millis).map(|t| t.to_string()),
        });
        if proofs && verification.valid {
            verification.proofs.extend(records.proofs(link)?);
        }
    }
    verification.chain_hash = records.chain_hash(tree, at)?;
    if let Some(fit) = look.fit {
        verification.constraints = tree.effective(fit.grant, fit.held)?;
        verification.effective_constraints =
            verification.constraints.kinds().into_iter().map(str::to_owned).collect();
    }
    Ok(())
}
