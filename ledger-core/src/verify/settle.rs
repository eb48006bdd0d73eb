//! What is left of a batch once its order is known, and any thread can do: signatures, and rules under a registry that stays.
//!
//! Not here: which key it must be (`judge`). Invariant: nothing later in the log depends on the outcome.
//! Source: docs/format.md §4.

use super::batch::{Checked, Meaning, Outcome};
use super::judge::Placed;
use super::report::Finding;
use crate::codes::Code;
use crate::entry::{Leaf, signature};
use crate::error::Error;
use crate::key::PublicKey;
use crate::rules::{self, Registry};
use std::sync::Arc;

/// Signatures that one job checks at most, so that the work is spread evenly.
const SIGNATURES: usize = 64;

/// Work on one batch.
#[derive(Default)]
pub(super) struct Settling {
    /// Entry in the batch, its sequence, and the key that must have signed it.
    pub(super) signatures: Vec<(usize, u64, PublicKey)>,
    /// Entry in the batch, and its sequence: what the rules must permit.
    pub(super) permits: Vec<(usize, u64)>,
    /// The registry for these; `None` where rules cannot wait.
    pub(super) registry: Option<Arc<Registry>>,
}

impl Settling {
    /// The work in pieces; none when there is nothing to do.
    pub(super) fn split(mut self) -> Vec<Self> {
        let mut pieces = Vec::new();
        let permits = std::mem::take(&mut self.permits);
        if !permits.is_empty() {
            pieces.push(Self { signatures: Vec::new(), permits, registry: self.registry.clone() });
        }
        while !self.signatures.is_empty() {
            let rest = self.signatures.split_off(self.signatures.len().min(SIGNATURES));
            let signatures = std::mem::replace(&mut self.signatures, rest);
            pieces.push(Self { signatures, permits: Vec::new(), registry: None });
        }
        pieces
    }
}

/// What a rule's refusal means for a log: a history that no honest ledger would have written.
pub(super) fn refused(placed: &Placed<'_>, e: &Error) -> Finding {
    let code = match e.code {
        Code::SignatureRequired | Code::SignatureInvalid => Code::FindSignature,
        _ => Code::FindRule,
    };
    placed.finding(code, if code == Code::FindSignature { e.message.clone() } else { e.to_string() })
}

/// Does the work.
pub(super) fn settle(batch: &Checked, work: &Settling) -> Vec<Finding> {
    let mut findings = Vec::new();
    let placed = |index: usize, sequence: u64| match batch.entries.get(index) {
        Some(Outcome::Entry(facts)) => {
            facts.members.as_ref().map(|members| Placed { batch, index, facts, members, sequence })
        }
        _ => None,
    };
    for (index, sequence, key) in &work.signatures {
        let Some(placed) = placed(*index, *sequence) else { continue };
        let signed = Leaf::parse(batch.leaf(placed.facts)).is_ok_and(|leaf| signature::verifies(&leaf, key));
        if !signed {
            let why = format!("the signature is not one of {} over this entry in this log", placed.actor());
            findings.push(placed.finding(Code::FindSignature, why));
        }
    }
    for (index, sequence) in &work.permits {
        let Some(placed) = placed(*index, *sequence) else { continue };
        if let (Meaning::Known(event), Some(registry)) = (&placed.facts.meaning, &work.registry)
            && let Err(e) = rules::permit(registry, &placed.occurrence(event))
        {
            findings.push(refused(&placed, &e));
        }
    }
    findings
}
