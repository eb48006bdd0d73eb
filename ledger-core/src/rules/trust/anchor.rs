//! Audit anchors: what was done under a grant, witnessed in the stream of the work.
//!
//! An anchor is typed: its parent is an anchor, its grant is a grant. Invariant: what was taken names the use that allowed it. Where the
//! work is a PAC, its stream knows the anchors and the tree knows the grant: whoever has both asks [`witness`]. Source: DOMAIN.md §9.

use super::delegation::{reasoned, well_reasoned};
use super::{Tree, refuse};
use crate::codes::Code;
use crate::constraint::Constraints;
use crate::error::Result;
use crate::event::body::trust::{ActionResult, Anchor};
use crate::rules::Occurrence;
use crate::rules::registry::Registry;
use std::collections::BTreeMap;

/// Anchors of one piece of work: ids and their entries.
pub type Witnessed = BTreeMap<String, u64>;

/// Whether an anchor says of the tree what is so.
///
/// # Errors
/// `LG_184` when its grant is no grant of its agent or its use none of that grant, `LG_175` when the actor may not say so, `LG_183`
/// without reasons where a constraint wants them.
pub fn witness(tree: Option<&Tree>, registry: &Registry, o: &Occurrence<'_>, e: &Anchor) -> Result<()> {
    let Some(tree) = tree else {
        return refuse(Code::AnchorMistyped, format!("there is no grant tree {}", e.root));
    };
    let Some((at, grant)) = tree.find(&e.grant_id).and_then(|at| Some((at, tree.at(at)?))) else {
        return refuse(Code::AnchorMistyped, format!("the tree {} has no grant {}", e.root, e.grant_id));
    };
    let used = e.exercise.and_then(|sequence| tree.exercised(sequence));
    let bearer = used.and_then(|u| u.bearer.as_deref());
    if e.agent_gid.as_str() != bearer.unwrap_or(&grant.holder) {
        let why =
            format!("{} was used by {}, not by {}", grant.id, bearer.unwrap_or(&grant.holder), e.agent_gid);
        return refuse(Code::AnchorMistyped, why);
    }
    tree.may_record(registry, o, at)?;
    well_reasoned(e.reasoning.as_ref())?;
    match (e.result, e.exercise) {
        (ActionResult::Denied, None) => {}
        (ActionResult::Denied, Some(_)) => {
            return refuse(Code::AnchorMistyped, "what was denied was not taken: it names no use");
        }
        (_, None) => {
            let why = "what was taken names the use that allowed it, as `exercise`";
            return refuse(Code::AnchorMistyped, why);
        }
        (_, Some(sequence)) => {
            if used.is_none_or(|u| u.grant != at || u.action != e.action.as_str()) {
                let why = format!("entry {sequence} is no use of {} for {}", e.grant_id, e.action);
                return refuse(Code::AnchorMistyped, why);
            }
        }
    }
    for held in 0..grant.held.len() {
        if grant.held.get(held).is_some_and(|h| h.pattern.matches(&e.action)) {
            reasoned(&[&tree.effective(at, held)?], e.reasoning.as_ref())?;
        }
    }
    Ok(())
}

/// Whether an anchor may join those of its work: it is new, and its parent is one of them.
///
/// # Errors
/// `LG_173`, `LG_184`.
pub fn join(anchors: &mut Witnessed, o: &Occurrence<'_>, e: &Anchor) -> Result<()> {
    if let Some(earlier) = anchors.get(e.anchor_id.as_str()) {
        return refuse(Code::GrantExists, format!("{} is the anchor of entry {earlier}", e.anchor_id));
    }
    if let Some(parent) = e.parent.as_ref().filter(|p| !anchors.contains_key(p.as_str())) {
        return refuse(Code::AnchorMistyped, format!("{parent} is no anchor of this work"));
    }
    anchors.insert(e.anchor_id.as_str().to_owned(), o.sequence);
    Ok(())
}

impl Tree {
    /// Whether what is done by a grant must be witnessed.
    #[must_use]
    pub fn audits(&self, at: usize) -> bool {
        let wants = |c: &Constraints| c.audit_required == Some(true);
        self.chain(at).any(|(_, grant)| {
            grant.own.as_deref().is_some_and(wants)
                || grant.held.iter().any(|h| h.own.as_deref().is_some_and(wants))
        })
    }

    pub(super) fn record_anchor(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        e: &Anchor,
    ) -> Result<()> {
        if e.pac_id.is_some() {
            return refuse(Code::InvalidIntent, "the anchor of a PAC stands in its stream");
        }
        witness(Some(self), registry, o, e)?;
        join(&mut self.anchors, o, e)
    }
}
