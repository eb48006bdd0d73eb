//! Keys that humans enrol themselves, by a code that an admin offered.
//!
//! Not here: how a code is made. Invariant: a code enrols one key of the human that it was offered for, before it expires; the entry is
//! signed by that very key, so that nobody can enrol a key that they do not hold. Source: docs/format.md §7.2.

use super::{ActorKind, Registry};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::event::body::Digest;
use crate::event::body::enrolment::{EnrolmentOffer, EnrolmentWithdrawal, KeyEnrolment};
use crate::key::{KeyId, PublicKey};
use crate::rules::Occurrence;
use crate::time::Timestamp;

/// Milliseconds that an offer is good for at most: 7 days.
pub const MAX_OFFER_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Offers to one human that are open at once at most.
pub const MAX_OPEN_OFFERS: usize = 16;

/// An offer to enrol a key. Spent ones are kept: their codes stand in the log, and must never be good again.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Who may use it.
    pub gid: String,
    /// When it expires, milliseconds since 1970.
    pub expires_at: i64,
    /// What it is for.
    pub label: Option<String>,
    /// The entry that made it.
    pub since: u64,
    /// The entry that used or withdrew it.
    pub until: Option<u64>,
}

impl Offer {
    /// Whether its code would be taken at this time.
    #[must_use]
    pub const fn is_open(&self, now: Timestamp) -> bool {
        self.until.is_none() && now.millis() < self.expires_at
    }
}

fn refused(why: impl Into<String>) -> Error {
    Error::new(Code::EnrolmentRefused, why)
}

impl Registry {
    /// The key that a signature under this event must be of: one that the actor holds, or the one that an enrolment brings.
    #[must_use]
    pub fn signer(&self, actor: &str, id: &KeyId, event: Option<&Event>) -> Option<PublicKey> {
        match event {
            Some(Event::EnrolmentUsed(enrolment)) => {
                PublicKey::from_bytes(&enrolment.key.0).ok().filter(|key| key.id() == id)
            }
            _ => self.key(actor, id).cloned(),
        }
    }

    /// All offers by the digest of their code.
    pub fn offers(&self) -> impl Iterator<Item = (&Digest, &Offer)> {
        self.offers.iter()
    }

    pub(super) fn offer_enrolment(&mut self, o: &Occurrence<'_>, offer: &EnrolmentOffer) -> Result<()> {
        let gid = offer.gid.as_str();
        match self.actor(gid) {
            Some(a) if a.kind == ActorKind::Human && !a.retired => {}
            _ => {
                let why =
                    format!("{gid} is no registered human; agents and services get keys by register_key");
                return Err(Error::new(Code::NotRegistered, why));
            }
        }
        let ahead = offer.expires_at.saturating_sub(o.time.millis());
        if !(1..=MAX_OFFER_MS).contains(&ahead) {
            let why = format!("`expires_at` is 1 ms to 7 days after the entry, not {ahead} ms");
            return Err(Error::new(Code::InvalidIntent, why));
        }
        if self.offers.contains_key(&offer.code_digest) {
            return Err(Error::new(Code::AlreadyRegistered, "this code was offered before"));
        }
        let open = self.offers.values().filter(|f| f.gid == gid && f.is_open(o.time)).count();
        if open >= MAX_OPEN_OFFERS {
            let why = format!("{gid} has {open} open offers; withdraw one, or wait until it expires");
            return Err(refused(why));
        }
        let made = Offer {
            gid: gid.to_owned(),
            expires_at: offer.expires_at,
            label: offer.label.as_ref().map(|label| label.as_str().to_owned()),
            since: o.sequence,
            until: None,
        };
        self.offers.insert(offer.code_digest.clone(), made);
        Ok(())
    }

    pub(super) fn withdraw_enrolment(
        &mut self,
        o: &Occurrence<'_>,
        withdrawal: &EnrolmentWithdrawal,
    ) -> Result<()> {
        let offer = self.offers.get_mut(&withdrawal.code_digest);
        let offer =
            offer.ok_or_else(|| Error::new(Code::NotRegistered, "there is no offer of this digest"))?;
        if let Some(until) = offer.until {
            return Err(Error::new(
                Code::Retired,
                format!("the offer was used or withdrawn in entry {until}"),
            ));
        }
        offer.until = Some(o.sequence);
        Ok(())
    }

    pub(super) fn enrol_key(&mut self, o: &Occurrence<'_>, enrolment: &KeyEnrolment) -> Result<()> {
        let gid = enrolment.gid.as_str();
        if o.actor != gid {
            return Err(refused(format!(
                "the enrolment of {gid} is by {}; who enrols a key acts themselves",
                o.actor
            )));
        }
        let digest = enrolment.code.digest();
        let offer = self.offers.get(&digest).filter(|f| f.gid == gid);
        let offer = offer.ok_or_else(|| refused(format!("this code was not offered to {gid}")))?;
        if let Some(until) = offer.until {
            return Err(refused(format!("the code was used or withdrawn in entry {until}")));
        }
        if !offer.is_open(o.time) {
            return Err(refused("the code has expired"));
        }
        let key = self.new_key(&enrolment.key.0, o.sequence)?;
        if o.key_id != Some(key.key.id()) {
            let why = "an enrolment is signed by the key that it brings";
            return Err(Error::new(Code::SignatureInvalid, why));
        }
        let actor = self.actors.get_mut(gid).filter(|a| a.kind == ActorKind::Human && !a.retired);
        let actor =
            actor.ok_or_else(|| Error::new(Code::NotRegistered, format!("{gid} is no registered human")))?;
        self.key_holders.insert(*key.key.id(), gid.to_owned());
        actor.keys.push(key);
        if let Some(offer) = self.offers.get_mut(&digest) {
            offer.until = Some(o.sequence);
        }
        Ok(())
    }
}
