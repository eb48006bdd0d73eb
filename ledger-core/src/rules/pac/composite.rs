//! The O-PDO of a PAC, from DRAFT to FINAL or VOID, and the WRAP.
//!
//! Not here: checks, proofs and hashes of a composite (`crate::opdo`). Invariant: a PAC has at most one O-PDO that is not VOID; what is
//! sealed is the PDOs of its nodes; FINAL and VOID are left by nothing. Source: DOMAIN.md §§5, 7; seed 002.

use super::plan::{id_part, not_blank};
use super::work::stamp;
use super::{Due, DueKind, Moment, Pac, gateway, not_in_pac, refuse};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::body::Hex32;
use crate::event::body::closing::{
    Composition, FinalityRecord, Finalization, ProofProfile, ProofRecord, Sealing, Voiding,
};
use crate::event::body::pac::NodeType;
use crate::names::{BerId, OpdoId, fold};
use crate::opdo::{self, ChildPdo, Number, OpdoState, OrchestratedPdo, Profile};
use crate::rules::Occurrence;
use crate::rules::registry::Registry;
use petgraph::graph::NodeIndex;

/// The states of an O-PDO.
pub type CompositeState = OpdoState;

/// An O-PDO with when its steps were.
#[derive(Clone, Debug)]
pub struct Composite {
    /// The document of seed 002 §2.1.
    pub document: OrchestratedPdo,
    /// How its proof is made.
    profile: Profile,
    sealed: Option<Moment>,
}

impl Composite {
    /// Its state.
    #[must_use]
    pub const fn state(&self) -> CompositeState {
        self.document.state
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.document.opdo_id
    }

    /// Root of its proof, hex.
    #[must_use]
    pub fn root(&self) -> Option<&str> {
        self.document.composite_proof.as_ref().map(|p| p.merkle_root.as_str())
    }

    /// How its proof is made.
    #[must_use]
    pub fn profile(&self) -> String {
        self.profile.to_string()
    }

    /// When it was sealed.
    #[must_use]
    pub const fn sealed_at(&self) -> Option<&Moment> {
        self.sealed.as_ref()
    }
}

const fn profile(asked: ProofProfile) -> Profile {
    match asked {
        ProofProfile::Rfc6962 => Profile::Rfc6962,
        ProofProfile::P69 => Profile::P69,
    }
}

pub(super) fn hex32(text: &str) -> Result<Hex32> {
    let wrong = || Error::new(Code::OpdoIntegrity, format!("{text:?} is no hash"));
    crate::key::decode_hex(text).map(Hex32).ok_or_else(wrong)
}

impl Pac {
    /// The O-PDO that is not VOID.
    #[must_use]
    pub fn composite(&self) -> Option<&Composite> {
        self.composites.last().filter(|c| c.state() != OpdoState::Void)
    }

    /// The present O-PDO, for a step that names it or not.
    fn current(&mut self, named: Option<&OpdoId>) -> Result<&mut Composite> {
        let id = self.id.clone();
        let names = |c: &Composite, named: &OpdoId| fold(c.id()) == fold(named.as_str());
        if let Some(named) = named
            && self.composites.last().is_some_and(|last| !names(last, named))
            && let Some(earlier) = self.composites.iter().find(|c| names(c, named))
        {
            return refuse(Code::OpdoTransition, format!("{} is {}", earlier.id(), earlier.state().as_str()));
        }
        match (self.composites.last_mut(), named) {
            (Some(last), Some(named)) if !names(last, named) => not_in_pac(&id, "O-PDO", named.as_str()),
            (Some(last), _) => Ok(last),
            (None, _) => refuse(Code::WrongState, format!("{id} has no O-PDO yet")),
        }
    }

    /// Whether the named O-PDO is the present one.
    pub(super) fn names_current(&self, named: Option<&OpdoId>, code: Code) -> Result<()> {
        let id = self.composite().map(Composite::id).unwrap_or_default();
        match named {
            Some(named) if fold(named.as_str()) != fold(id) => {
                refuse(code, format!("{named} is not what is sealed in {}; {id} is", self.id))
            }
            _ => Ok(()),
        }
    }

    /// The O-PDO that is sealed and waits for its review.
    pub(super) fn sealed(&self) -> Result<&Composite> {
        match self.composite() {
            Some(c) if c.state() == OpdoState::Sealed => Ok(c),
            Some(c) if c.state() == OpdoState::Final => {
                refuse(Code::OpdoFinal, format!("{} is FINAL", c.id()))
            }
            Some(c) => refuse(Code::WrongState, format!("{} is {}, not SEALED", c.id(), c.state().as_str())),
            None => refuse(Code::WrongState, format!("{} has no O-PDO that is sealed", self.id)),
        }
    }

    /// Root of what is sealed, hex.
    pub(super) fn root(&self) -> Option<String> {
        self.composite().and_then(Composite::root).map(str::to_owned)
    }

    pub(super) fn compose(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        composition: &Composition,
    ) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        self.gate()?;
        self.solicited()?;
        match self.composite() {
            Some(c) if c.state() == OpdoState::Final => {
                return refuse(Code::OpdoFinal, format!("{} is FINAL", c.id()));
            }
            Some(c) => {
                return refuse(
                    Code::WrongState,
                    format!("{} is {}; it must be VOID first", c.id(), c.state().as_str()),
                );
            }
            None => {}
        }
        let bound = self.bound();
        let children = match &composition.children {
            None => {
                self.complete(&bound)?;
                bound.iter().map(|(_, child)| child.clone()).collect()
            }
            Some(named) => {
                let of = |id: &crate::names::PdoId| {
                    let found = bound.iter().find(|(_, child)| fold(&child.pdo_id) == fold(id.as_str()));
                    let orphan =
                        || Error::new(Code::OpdoOrphan, format!("{id} belongs to no node of {}", self.id));
                    found.map(|(_, child)| child.clone()).ok_or_else(orphan)
                };
                named.iter().map(of).collect::<Result<Vec<_>>>()?
            }
        };
        let orchestrator = registry.orchestrator();
        let name = registry.actor(orchestrator).and_then(|a| a.name.clone()).unwrap_or_default();
        let derived = || format!("OPDO-{}-{}-{}", id_part(&name), stamp(o), o.sequence);
        let id = composition.opdo_id.as_ref().map_or_else(derived, |id| id.as_str().to_owned());
        let profile = profile(composition.profile);
        let composing = opdo::Composition {
            pac_orch_id: self.id.as_str().to_owned(),
            children,
            orchestrator_agent: name,
            orchestrator_gid: orchestrator.to_owned(),
            opdo_id: Some(id.clone()),
        };
        let document = opdo::compose(composing, &o.time.to_string(), profile, &self.context(registry))?;
        let named = |c: &ChildPdo| document.child_pdos.iter().any(|n| n.pdo_id == c.pdo_id);
        let named: Vec<(NodeIndex, ChildPdo)> = bound.into_iter().filter(|(_, c)| named(c)).collect();
        self.complete(&named)?;
        let key = self.untaken(&id)?;
        self.ids.insert(key);
        self.composites.push(Composite { document, profile, sealed: None });
        Ok(())
    }

    /// What the checks of a composite are told of the ledger. Which child has a node was decided when it was looked up.
    fn context<'a>(&self, registry: &'a Registry) -> opdo::Context<'a> {
        opdo::Context { orchestrator_gid: registry.orchestrator(), has_node: None }
    }

    /// The PDO of every agent node that has one, as a child of the composite.
    fn bound(&self) -> Vec<(NodeIndex, ChildPdo)> {
        let Some(graph) = &self.graph else { return Vec::new() };
        let id_of = |at: &NodeIndex| graph.at(*at)?.sub_pac.as_ref()?.pdo.as_ref().map(|p| p.id.clone());
        let waived = |at: &NodeIndex| graph.at(*at).is_some_and(|p| p.waived.is_some());
        let child = |at: NodeIndex| {
            let sub = graph.at(at).filter(|p| p.waived.is_none())?.sub_pac.as_ref()?;
            let (ber, pdo) = (sub.accepted_ber()?, sub.pdo.as_ref()?);
            let before = graph.agents_before(at, None);
            let dependencies = before.iter().filter(|at| !waived(at)).filter_map(id_of).collect();
            Some((
                at,
                ChildPdo {
                    pdo_id: pdo.id.clone(),
                    agent_name: sub.agent_name.clone(),
                    agent_gid: sub.agent.clone(),
                    sub_pac_id: sub.id.clone(),
                    ber_id: ber.id.clone(),
                    status: "VALIDATED".to_owned(),
                    pdo_hash: pdo.hash.clone(),
                    task_count: Number::integer(i64::try_from(ber.report.tasks.len()).unwrap_or(i64::MAX)),
                    quality_score: Number::float(ber.report.quality_score.value()),
                    created_at: pdo.time.to_string(),
                    dependencies,
                    fault: None,
                },
            ))
        };
        graph.indexes().filter_map(child).collect()
    }

    /// No agent node that is not waived may be missing.
    fn complete(&self, bound: &[(NodeIndex, ChildPdo)]) -> Result<()> {
        let Some(graph) = &self.graph else {
            return refuse(
                Code::OrchIncomplete,
                format!("{} has no graph, and so nothing to compose", self.id),
            );
        };
        let have: std::collections::BTreeSet<NodeIndex> = bound.iter().map(|(at, _)| *at).collect();
        let lacks = |at: &NodeIndex| {
            graph.at(*at).is_some_and(|p| p.node.node_type == NodeType::AgentNode && p.waived.is_none())
                && !have.contains(at)
        };
        let missing: Vec<&str> = graph
            .indexes()
            .filter(lacks)
            .filter_map(|at| graph.at(at))
            .map(|p| p.node.node_id.as_str())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let shown = missing.iter().take(20).copied().collect::<Vec<_>>().join(", ");
        refuse(
            Code::OrchIncomplete,
            format!("the composite of {} lacks the PDO of {} of its nodes: {shown}", self.id, missing.len()),
        )
    }

    pub(super) fn seal(&mut self, registry: &Registry, o: &Occurrence<'_>, sealing: &Sealing) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        self.gate()?;
        self.solicited()?;
        self.current(sealing.opdo_id.as_ref())?;
        if self.composite().is_some_and(|c| c.state() == OpdoState::Draft) {
            self.complete(&self.bound())?;
        }
        let nonce = hex::encode(o.prev_hash.get(..16).unwrap_or_default());
        let context = self.context(registry);
        let composite = self.current(None)?;
        let profile = composite.profile.to_string();
        composite.document =
            opdo::seal(&composite.document, &profile, &nonce, &o.time.to_string(), &context)?;
        composite.sealed = Some(Moment::of(o));
        self.due = Some(Due::of(o, DueKind::Proof));
        Ok(())
    }

    /// The proof of what was sealed.
    ///
    /// # Errors
    /// `LG_156` when nothing is sealed.
    pub fn proof(&self) -> Result<ProofRecord> {
        let sealed = self.sealed()?;
        let Some(proof) = &sealed.document.composite_proof else {
            return refuse(Code::ProofFailed, "there is no proof");
        };
        Ok(ProofRecord {
            leaf_hashes: proof.leaf_hashes.iter().map(|h| hex32(h)).collect::<Result<_>>()?,
            merkle_root: hex32(&proof.merkle_root)?,
            nonce: proof.nonce.clone(),
            opdo_id: OpdoId::new(sealed.id())?,
            pac_id: self.id.clone(),
            profile: match sealed.profile {
                Profile::Rfc6962 => ProofProfile::Rfc6962,
                Profile::P69 => ProofProfile::P69,
            },
            tree_height: u32::try_from(proof.tree_height).unwrap_or(u32::MAX),
        })
    }

    pub(super) fn proof_recorded(&self, record: &ProofRecord) -> Result<()> {
        if self.proof()? == *record {
            Ok(())
        } else {
            refuse(Code::ProofRoot, "the recorded proof is not that of the children")
        }
    }

    pub(super) fn void_opdo(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        voiding: &Voiding,
    ) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        not_blank("reason", voiding.reason.is_blank())?;
        self.current(voiding.opdo_id.as_ref())?;
        let voided = self.voided(o, voiding.reason.as_str())?;
        self.become_void(voided);
        Ok(())
    }

    /// The present O-PDO, given up: nothing is changed yet.
    pub(super) fn voided(&mut self, o: &Occurrence<'_>, reason: &str) -> Result<OrchestratedPdo> {
        opdo::void(&self.current(None)?.document, reason, &o.time.to_string(), o.actor)
    }

    pub(super) fn become_void(&mut self, voided: OrchestratedPdo) {
        if let Some(last) = self.composites.last_mut() {
            last.document = voided;
        }
        self.reviews.void();
    }

    pub(super) fn finalize(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        finalization: &Finalization,
    ) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        self.gate()?;
        self.solicited()?;
        self.current(finalization.opdo_id.as_ref())?;
        let reviewed = finalization.human_review_ber_id.as_ref();
        let approval = reviewed.and_then(|id| self.reviews.approval(id.as_str())).cloned();
        let context = self.context(registry);
        let composite = self.current(None)?;
        match approval.as_ref().filter(|_| composite.state() == OpdoState::Sealed) {
            Some(review)
                if review.opdo_id != composite.id()
                    || Some(review.merkle_root.as_str()) != composite.root() =>
            {
                let why = format!("the review is of {}, not of {}", review.opdo_id, composite.id());
                return refuse(Code::OpdoNoReview, why);
            }
            None if composite.state() == OpdoState::Sealed => {
                let named = reviewed.map_or_else(|| "none is named".to_owned(), |id| format!("{id} is none"));
                return refuse(
                    Code::OpdoNoReview,
                    format!("{} needs the approval of a genuine review, and {named}", composite.id()),
                );
            }
            _ => {}
        }
        let reviewed_at = approval.as_ref().map(|r| r.time.to_string());
        let finality = opdo::Finality {
            human_review_ber_id: reviewed.map(BerId::as_str).unwrap_or_default(),
            time: &o.time.to_string(),
            reviewer: approval.as_ref().map(|r| r.reviewer.as_str()),
            review_digest: approval.as_ref().map(|r| r.digest.as_str()),
            reviewed_at: reviewed_at.as_deref(),
        };
        composite.document = opdo::finalize(&composite.document, &finality, &context)?;
        self.due = Some(Due::of(o, DueKind::Finality));
        Ok(())
    }

    /// The final hash, for the record of it.
    ///
    /// # Errors
    /// `LG_156` when nothing is final.
    pub fn finality(&self) -> Result<FinalityRecord> {
        let last = self.composite().filter(|c| c.state() == OpdoState::Final);
        let Some(last) = last else {
            return refuse(Code::WrongState, format!("{} has no FINAL O-PDO", self.id));
        };
        Ok(FinalityRecord {
            final_hash: hex32(last.document.final_hash.as_deref().unwrap_or_default())?,
            human_review_ber_id: BerId::new(
                last.document.human_review_ber_id.as_deref().unwrap_or_default(),
            )?,
            opdo_id: OpdoId::new(last.id())?,
            pac_id: self.id.clone(),
        })
    }

    pub(super) fn finality_recorded(&self, record: &FinalityRecord) -> Result<()> {
        if self.finality()? == *record {
            Ok(())
        } else {
            refuse(Code::OpdoIntegrity, "the recorded final hash is another")
        }
    }
}
