//! How a PAC ends: by its one WRAP, or abandoned.
//!
//! Invariant: a WRAP is emitted once, by the orchestrator, when the O-PDO is FINAL and every node is done; it is bound to both.
//! Source: DOMAIN.md §§4, 7; seed 002 §8.

use super::composite::{Composite, hex32};
use super::plan::{id_part, not_blank};
use super::{Closure, Due, DueKind, Moment, Pac, gateway, refuse};
use crate::codes::Code;
use crate::error::Result;
use crate::event::body::closing::{WrapBinding, WrapEmission};
use crate::event::body::pac::Abandonment;
use crate::names::{NodeId, WrapId};
use crate::opdo::OpdoState;
use crate::rules::Occurrence;
use crate::rules::registry::{ActorKind, Registry};

impl Pac {
    pub(super) fn wrap(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        wrap: &WrapEmission,
    ) -> Result<()> {
        match gateway::kind(registry, o.actor) {
            _ if o.actor == registry.orchestrator() => {}
            Some(ActorKind::Agent) => {
                return refuse(
                    Code::WrapByAgent,
                    format!("{} is not the orchestrator, {}", o.actor, registry.orchestrator()),
                );
            }
            _ => {
                return refuse(
                    Code::WrapAuthority,
                    format!("{} is no agent; the orchestrator emits the WRAP", o.actor),
                );
            }
        }
        self.gate()?;
        self.solicited()?;
        let open: Vec<&str> = self
            .graph
            .iter()
            .flat_map(super::graph::Graph::places)
            .filter(|p| !p.is_done())
            .map(|p| p.node.node_id.as_str())
            .take(20)
            .collect();
        if !open.is_empty() {
            return refuse(
                Code::WrapPartial,
                format!("{} is not whole: {} are open", self.id, open.join(", ")),
            );
        }
        match self.composite().map(Composite::state) {
            Some(OpdoState::Final) => {}
            Some(state) => {
                return refuse(
                    Code::WrapPartial,
                    format!("the O-PDO of {} is {}, not FINAL", self.id, state.as_str()),
                );
            }
            None => return refuse(Code::WrapPartial, format!("{} has no O-PDO", self.id)),
        }
        let name = registry.actor(registry.orchestrator()).and_then(|a| a.name.clone()).unwrap_or_default();
        let derived = || self.derived("WRAP-", &id_part(&name), "");
        let wrap_id = wrap.wrap_id.as_ref().map_or_else(derived, |id| id.as_str().to_owned());
        self.closure = Some(Closure::Wrapped { wrap_id, at: Moment::of(o) });
        self.due = Some(Due::of(o, DueKind::Binding));
        Ok(())
    }

    /// What the WRAP is bound to.
    ///
    /// # Errors
    /// `LG_156` when there is no WRAP.
    pub fn binding(&self) -> Result<WrapBinding> {
        let Some(Closure::Wrapped { wrap_id, .. }) = &self.closure else {
            return refuse(Code::WrongState, format!("{} has no WRAP", self.id));
        };
        let finality = self.finality()?;
        let last = self.composite();
        let waived = self.graph.iter().flat_map(super::graph::Graph::places).filter(|p| p.waived.is_some());
        Ok(WrapBinding {
            child_pdo_count: last
                .map_or(0, |c| u32::try_from(c.document.child_pdos.len()).unwrap_or(u32::MAX)),
            human_review_ber: finality.human_review_ber_id,
            merkle_root: hex32(last.and_then(Composite::root).unwrap_or_default())?,
            opdo_final_hash: finality.final_hash,
            opdo_id: finality.opdo_id,
            pac_id: self.id.clone(),
            waived: waived.map(|p| p.node.node_id.clone()).collect::<Vec<NodeId>>(),
            wrap_id: WrapId::new(wrap_id.as_str())?,
        })
    }

    pub(super) fn wrap_bound(&self, binding: &WrapBinding) -> Result<()> {
        if self.binding()? == *binding {
            Ok(())
        } else {
            refuse(Code::OpdoIntegrity, "the WRAP is bound to something else")
        }
    }

    /// By the orchestrator or the requester.
    pub(super) fn abandon(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        abandonment: &Abandonment,
    ) -> Result<()> {
        if o.actor != self.requester {
            gateway::orchestrator(registry, o)?;
        }
        not_blank("reason", abandonment.reason.is_blank())?;
        self.closure =
            Some(Closure::Abandoned { reason: abandonment.reason.as_str().to_owned(), at: Moment::of(o) });
        Ok(())
    }
}
