//! What is asked: may this agent do that, by what, and how closely is it to be looked at.

use crate::constraint::{Amount, Effect, Name, Region, Request, Resource};
use crate::names::{Gid, GrantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How closely a chain is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The grant is there, unexpired and unrevoked, up to its root.
    Quick,
    /// And it holds the capability, the constraints allow it, and every record of the chain bears its author's signature.
    #[default]
    Standard,
    /// And every record of the chain is in the tree that was signed, with the anchors that speak of it.
    Full,
}

impl Level {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Quick, Self::Standard, Self::Full];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Full => "full",
        }
    }

    /// The level of this name, in any case.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.as_str().eq_ignore_ascii_case(name))
    }
}

/// A question about trust.
#[derive(Clone, Debug)]
pub struct Question {
    /// Who would act.
    pub agent: Gid,
    /// What it would do.
    pub action: Name,
    /// By this grant alone.
    pub grant_id: Option<GrantId>,
    /// By grants of this tree alone.
    pub root: Option<GrantId>,
    /// How closely to look.
    pub level: Level,
    /// That it writes, whatever its name says.
    pub effect: Option<Effect>,
    /// What it would touch.
    pub resource: Option<Resource>,
    /// What it would cost.
    pub cost: Option<Amount>,
    /// Class of the data.
    pub data_scope: Option<Name>,
    /// Whom it would tell something.
    pub target: Option<Name>,
    /// Endpoint that it would call.
    pub endpoint: Option<Name>,
    /// Where it would act.
    pub region: Option<Region>,
    /// Whether personal data would leave with it.
    pub pii: Option<bool>,
    /// Whether it would come with its reasoning.
    pub reasoning: bool,
    /// When, milliseconds since 1970.
    pub time: i64,
}

impl Question {
    /// Whether this agent may do this, at this time.
    #[must_use]
    pub const fn new(agent: Gid, action: Name, time: i64) -> Self {
        Self {
            agent,
            action,
            grant_id: None,
            root: None,
            level: Level::Standard,
            effect: None,
            resource: None,
            cost: None,
            data_scope: None,
            target: None,
            endpoint: None,
            region: None,
            pii: None,
            reasoning: false,
            time,
        }
    }

    /// The request that constraints judge.
    #[must_use]
    pub fn request(&self) -> Request {
        Request {
            action: self.action.clone(),
            effect: self.effect.unwrap_or(Effect::Read),
            resource: self.resource.clone(),
            cost: self.cost,
            data_scope: self.data_scope.clone(),
            target: self.target.clone(),
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            pii: self.pii,
            reasoning: self.reasoning,
            time: self.time,
        }
    }
}
