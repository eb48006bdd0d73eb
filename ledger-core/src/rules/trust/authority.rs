//! Who may vouch for agents, and how much each agent may do of itself: what trust takes from the registry.
//!
//! Not here: grants. Invariant: a posture is raised by a human alone, and lowered at once by whoever sees the need. Source: DOMAIN.md §9.

use super::refuse;
use crate::codes::Code;
use crate::error::Result;
use crate::event::body::trust::{
    AuthorityDeclaration, AuthorityWithdrawal, Permission, Posture, PostureChange,
};
use crate::rules::Occurrence;
use crate::rules::registry::{ActorKey, ActorKind, Registry};
use std::collections::BTreeMap;

/// Authorities and postures.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    authorities: BTreeMap<String, Authority>,
    postures: BTreeMap<String, (Posture, u64)>,
}

/// Someone who may vouch for agents.
#[derive(Clone, Debug)]
pub struct Authority {
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// What it stands for.
    pub purpose: Option<String>,
    /// The entry that declared it.
    pub since: u64,
    /// The entry that withdrew it.
    pub until: Option<u64>,
}

impl Standing {
    /// All that ever were one, by GID.
    pub fn authorities(&self) -> impl Iterator<Item = (&str, &Authority)> {
        self.authorities.iter().map(|(gid, a)| (gid.as_str(), a))
    }

    /// The authority, if it is one now.
    #[must_use]
    pub fn authority(&self, gid: &str) -> Option<&Authority> {
        self.authorities.get(gid).filter(|a| a.until.is_none())
    }

    /// How much an agent may do of itself.
    #[must_use]
    pub fn posture(&self, gid: &str) -> Posture {
        self.postures.get(gid).map_or_else(Posture::default, |(posture, _)| *posture)
    }

    /// The entry that changed the posture of an agent last.
    #[must_use]
    pub fn posture_since(&self, gid: &str) -> Option<u64> {
        self.postures.get(gid).map(|(_, since)| *since)
    }
}

impl Registry {
    /// An authority that may do this.
    pub(super) fn require_authority(&self, gid: &str, permission: Permission) -> Result<()> {
        let Some(authority) = self.standing().authority(gid).filter(|_| self.is_active(gid)) else {
            return refuse(Code::AuthorityUnknown, format!("{gid} is no authority"));
        };
        if authority.permissions.contains(&permission) {
            return Ok(());
        }
        refuse(
            Code::AuthorityLacks,
            format!("the authority {gid} does not have the permission {}", permission.as_str()),
        )
    }

    pub(in crate::rules) fn declare_authority(
        &mut self,
        o: &Occurrence<'_>,
        e: &AuthorityDeclaration,
    ) -> Result<()> {
        self.require_admin(o)?;
        let gid = e.gid.as_str();
        let signs = |keys: &[ActorKey]| keys.iter().any(|k| k.until.is_none());
        match self.actor(gid).filter(|a| !a.retired) {
            None => return refuse(Code::NotRegistered, format!("{gid} is not registered, or was retired")),
            Some(actor) if !signs(&actor.keys) => {
                return refuse(Code::NotRegistered, format!("{gid} has no key to sign with"));
            }
            Some(_) => {}
        }
        let mut permissions = e.permissions.clone().unwrap_or_else(|| Permission::ALL.to_vec());
        permissions.sort_unstable();
        permissions.dedup();
        let purpose = e.purpose.as_ref().map(|p| p.as_str().to_owned());
        let authority = Authority { permissions, purpose, since: o.sequence, until: None };
        self.standing_mut().authorities.insert(gid.to_owned(), authority);
        Ok(())
    }

    pub(in crate::rules) fn withdraw_authority(
        &mut self,
        o: &Occurrence<'_>,
        e: &AuthorityWithdrawal,
    ) -> Result<()> {
        let gid = e.gid.as_str();
        if o.actor != gid {
            self.require_admin(o)?;
        }
        match self.standing_mut().authorities.get_mut(gid).filter(|a| a.until.is_none()) {
            Some(authority) => {
                authority.until = Some(o.sequence);
                Ok(())
            }
            None => refuse(Code::AuthorityUnknown, format!("{gid} is no authority")),
        }
    }

    /// A human raises; the agent itself, the orchestrator, an authority and an admin lower.
    pub(in crate::rules) fn set_posture(&mut self, o: &Occurrence<'_>, e: &PostureChange) -> Result<()> {
        let gid = e.gid.as_str();
        match self.actor(gid) {
            Some(actor) if actor.retired => return refuse(Code::Retired, format!("{gid} was retired")),
            Some(actor) if actor.kind != ActorKind::Human => {}
            Some(_) => {
                return refuse(Code::NotRegistered, format!("{gid} is a human, not an agent or service"));
            }
            None => return refuse(Code::NotRegistered, format!("{gid} is not registered")),
        }
        let (from, to) = (self.standing().posture(gid), e.posture);
        let may_decide = self.standing().authority(o.actor).is_some() || self.require_admin(o).is_ok();
        if to > from {
            let human = self.actor(o.actor).is_some_and(|a| a.kind == ActorKind::Human);
            if !human || !may_decide {
                let why = format!(
                    "{gid} is {}; a human who is an admin or an authority raises it to {}, and {} is none",
                    from.as_str(),
                    to.as_str(),
                    o.actor
                );
                return refuse(Code::PostureRaise, why);
            }
        } else if o.actor != gid && o.actor != self.orchestrator() && !may_decide {
            let why = format!(
                "the posture of {gid} is lowered by itself, the orchestrator, an authority or an admin"
            );
            return refuse(Code::NotAuthorized, why);
        }
        self.standing_mut().postures.insert(gid.to_owned(), (to, o.sequence));
        Ok(())
    }
}
