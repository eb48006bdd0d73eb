//! Who there is, for the guard: the built-in profile, or a registry from a file.
//!
//! Not the ledger's registry, which is replayed from events. Invariant: exactly one agent that is not retired holds ORCHESTRATION, of the built-in one
//! as a test says.
//! Source: seed 001 §§4.2, 5.3; DOMAIN.md §§1, 2.

use super::text::clip;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::json::{self, Kind, Value};
use crate::ledger::profile;
use crate::names::{is_gid, is_lane};
use crate::rules::registry::{ActorKind, ORCHESTRATION};
use std::collections::{BTreeMap, BTreeSet};

/// One actor.
#[derive(Clone, Debug)]
pub struct Member {
    /// What it is.
    pub kind: ActorKind,
    /// Name; `None` where it is private.
    pub name: Option<String>,
    /// Whether it acts no more.
    pub retired: bool,
    lanes: BTreeSet<String>,
}

/// Actors by GID, with their names and lanes.
#[derive(Clone, Debug)]
pub struct Roster {
    members: BTreeMap<String, Member>,
    orchestrator: String,
    /// Names in lower case.
    names: BTreeSet<String>,
    lanes: BTreeSet<String>,
    lists_humans: bool,
}

impl Roster {
    /// The agents of the default profile.
    #[must_use]
    pub fn built_in() -> Self {
        let agents = std::iter::once(&profile::ORCHESTRATOR).chain(profile::DEFAULT);
        let member = |agent: &profile::ProfileAgent| {
            let lanes = agent.lanes.iter().map(|l| (*l).to_owned()).collect();
            let member =
                Member { kind: ActorKind::Agent, name: Some(agent.name.to_owned()), retired: false, lanes };
            (agent.gid.to_owned(), member)
        };
        Self::with(agents.map(member).collect(), profile::ORCHESTRATOR.gid.to_owned())
    }

    /// From JSON: `{"registry": {GID: name}, "lanes": {LANE: [GID]}}`, or what `ledger agents --json` gives.
    ///
    /// # Errors
    /// `LG_100` for what is no JSON, `LG_101` with the member that is missing, unknown or wrong.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let root = json::parse(bytes)
            .map_err(|e| Error::new(Code::MalformedJson, format!("the registry: {}", e.describe(bytes))))?;
        let members = object(&root, "the registry")?;
        let actors = root.get("actors");
        let known: &[&str] = match actors {
            Some(_) => &["actors", "at", "size", "orchestrator", "policy"],
            None => &["registry", "lanes"],
        };
        if let Some((unknown, _)) = members.iter().find(|(key, _)| !known.contains(&key.as_ref())) {
            return Err(wrong(format!("the registry has a member {unknown:?}, which is not known here")));
        }
        match actors {
            Some(actors) => Self::of(actors_of(actors)?),
            None => Self::of(names_and_lanes(&root)?),
        }
    }

    fn of(members: BTreeMap<String, Member>) -> Result<Self> {
        let mut holders = members
            .iter()
            .filter(|(_, m)| m.kind == ActorKind::Agent && !m.retired && m.lanes.contains(ORCHESTRATION));
        let orchestrator = match (holders.next(), holders.next()) {
            (Some((gid, _)), None) => gid.clone(),
            (None, _) => return Err(wrong(format!("the registry has no agent that holds {ORCHESTRATION}"))),
            (Some((one, _)), Some((other, _))) => {
                return Err(wrong(format!(
                    "the registry has two agents that hold {ORCHESTRATION}, {one} and {other}"
                )));
            }
        };
        Ok(Self::with(members, orchestrator))
    }

    fn with(members: BTreeMap<String, Member>, orchestrator: String) -> Self {
        let names = members.values().filter_map(|m| Some(m.name.as_ref()?.to_lowercase())).collect();
        let lanes = members.values().flat_map(|m| m.lanes.iter().cloned()).collect();
        let lists_humans = members.values().any(|m| m.kind == ActorKind::Human);
        Self { members, orchestrator, names, lanes, lists_humans }
    }

    /// GID of the orchestrator.
    #[must_use]
    pub fn orchestrator(&self) -> &str {
        &self.orchestrator
    }

    /// An actor that is not retired.
    #[must_use]
    pub fn active(&self, gid: &str) -> Option<&Member> {
        self.members.get(gid).filter(|m| !m.retired)
    }

    /// The actor's name, where it is known.
    #[must_use]
    pub fn name(&self, gid: &str) -> Option<&str> {
        self.members.get(gid)?.name.as_deref()
    }

    /// `BENSON (GID-00)`, or the GID alone.
    #[must_use]
    pub fn title(&self, gid: &str) -> String {
        self.name(gid).map_or_else(|| clip(gid), |name| format!("{name} ({gid})"))
    }

    /// Whether somebody is registered under this name, compared without case.
    #[must_use]
    pub fn is_name(&self, name: &str) -> bool {
        self.names.contains(&name.to_lowercase())
    }

    /// Why the GID may not act; `None` when it may. Humans count by their form where the registry lists none: no file names them.
    #[must_use]
    pub fn refusal(&self, gid: &str) -> Option<&'static str> {
        match self.members.get(gid) {
            Some(member) if member.retired => Some("is retired"),
            Some(_) => None,
            None if self.is_human(gid) => None,
            None => Some("is not registered"),
        }
    }

    /// Whether the GID is a human's, as registered or, where no human is, by its form.
    #[must_use]
    pub fn is_human(&self, gid: &str) -> bool {
        let by_form = !self.lists_humans && is_gid(gid) && gid.starts_with("GID-H");
        self.members.get(gid).map_or(by_form, |m| m.kind == ActorKind::Human)
    }

    /// Whether the GID is an agent that must be activated: not the orchestrator, a human or a service.
    #[must_use]
    pub fn needs_activation(&self, gid: &str) -> bool {
        let agent = self.members.get(gid).map_or_else(|| !self.is_human(gid), |m| m.kind == ActorKind::Agent);
        agent && gid != self.orchestrator
    }

    /// Whether anyone may work in the lane.
    #[must_use]
    pub fn is_lane(&self, lane: &str) -> bool {
        self.lanes.contains(lane)
    }

    /// Whether the actor may work in the lane.
    #[must_use]
    pub fn may_work_in(&self, gid: &str, lane: &str) -> bool {
        self.active(gid).is_some_and(|m| m.lanes.contains(lane))
    }

    /// The lanes of an actor.
    pub fn lanes(&self, gid: &str) -> impl Iterator<Item = &str> {
        self.active(gid).into_iter().flat_map(|m| m.lanes.iter().map(String::as_str))
    }
}

/// Whether two names are one.
#[must_use]
pub fn same_name(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(Code::InvalidIntent, message).hint(
        "Give {\"registry\": {\"GID-00\": \"BENSON\"}, \"lanes\": {\"ORCHESTRATION\": [\"GID-00\"]}}, or what `ledger agents --json` prints.",
    )
}

fn object<'v, 'a>(value: &'v Value<'a>, what: &str) -> Result<&'v [(std::borrow::Cow<'a, str>, Value<'a>)]> {
    value.as_object().ok_or_else(|| wrong(format!("{what} is no object")))
}

fn gid(text: &str) -> Result<String> {
    if is_gid(text) { Ok(text.to_owned()) } else { Err(wrong(format!("{text:?} is no GID in the registry"))) }
}

fn names_and_lanes(root: &Value<'_>) -> Result<BTreeMap<String, Member>> {
    let part =
        |name: &str| root.get(name).ok_or_else(|| wrong(format!("the registry has no member {name:?}")));
    let mut members = BTreeMap::new();
    for (key, name) in object(part("registry")?, "`registry`")? {
        let name = name.as_str().filter(|n| !n.trim().is_empty());
        let name = name.ok_or_else(|| wrong(format!("the name of {key} is no text, or empty")))?.to_owned();
        let member =
            Member { kind: ActorKind::Agent, name: Some(name), retired: false, lanes: BTreeSet::new() };
        members.insert(gid(key)?, member);
    }
    for (lane, holders) in object(part("lanes")?, "`lanes`")? {
        if !is_lane(lane) {
            return Err(wrong(format!("{lane:?} is no lane in the registry")));
        }
        let holders = holders.as_array().ok_or_else(|| wrong(format!("lane {lane} is no list of GIDs")))?;
        for holder in holders {
            let holder = holder
                .as_str()
                .ok_or_else(|| wrong(format!("lane {lane} lists something that is no GID")))?;
            let member = members.get_mut(holder);
            let member = member
                .ok_or_else(|| wrong(format!("lane {lane} lists {holder:?}, which is not registered")))?;
            member.lanes.insert(lane.to_string());
        }
    }
    Ok(members)
}

fn actors_of(actors: &Value<'_>) -> Result<BTreeMap<String, Member>> {
    let mut members = BTreeMap::new();
    for actor in actors.as_array().ok_or_else(|| wrong("`actors` is no list"))? {
        let (gid, member) = actor_of(actor)?;
        if members.contains_key(&gid) {
            return Err(wrong(format!("the registry lists {gid} twice")));
        }
        members.insert(gid, member);
    }
    Ok(members)
}

fn actor_of(actor: &Value<'_>) -> Result<(String, Member)> {
    const KNOWN: &[&str] =
        &["gid", "name", "lanes", "kind", "retired", "primary_lane", "admin", "since", "keys"];
    let members = object(actor, "an actor")?;
    let gid = gid(actor.get("gid").and_then(Value::as_str).ok_or_else(|| wrong("an actor has no `gid`"))?)?;
    if let Some((unknown, _)) = members.iter().find(|(key, _)| !KNOWN.contains(&key.as_ref())) {
        return Err(wrong(format!("{gid} has a member {unknown:?}, which is not known here")));
    }
    let kind = match actor.get("kind").map(Value::as_str) {
        None | Some(Some("agent")) => ActorKind::Agent,
        Some(Some("human")) => ActorKind::Human,
        Some(Some("service")) => ActorKind::Service,
        Some(_) => return Err(wrong(format!("the kind of {gid} is none of agent, human and service"))),
    };
    let name = match actor.get("name").map(|n| (&n.kind, n.as_str())) {
        Some((_, Some(name))) if !name.trim().is_empty() => Some(name.to_owned()),
        None | Some((Kind::Null, _)) if kind != ActorKind::Agent => None,
        _ => return Err(wrong(format!("{gid} has no name"))),
    };
    let retired = match actor.get("retired").map(|r| &r.kind) {
        None => false,
        Some(Kind::Bool(retired)) => *retired,
        Some(_) => return Err(wrong(format!("`retired` of {gid} is neither true nor false"))),
    };
    let lanes = actor.get("lanes").map_or(Some(&[][..]), Value::as_array);
    let lanes = lanes.ok_or_else(|| wrong(format!("the lanes of {gid} are no list")))?;
    let lane = |l: &Value<'_>| l.as_str().filter(|l| is_lane(l)).map(str::to_owned);
    let lanes: Option<BTreeSet<String>> = lanes.iter().map(lane).collect();
    let lanes = lanes.ok_or_else(|| wrong(format!("{gid} lists a lane that is none")))?;
    Ok((gid, Member { kind, name, retired, lanes }))
}

#[cfg(test)]
mod tests {
    use super::{Roster, profile};
    use crate::codes::Code;

    #[test]
    fn the_built_in_one_is_the_profile_and_has_one_orchestrator() {
        let built_in = Roster::built_in();
        let checked = Roster::of(built_in.members.clone()).unwrap();
        assert_eq!((checked.orchestrator(), checked.members.len()), ("GID-00", 13));
        for agent in profile::DEFAULT {
            assert_eq!(built_in.name(agent.gid), Some(agent.name));
            assert!(agent.lanes.iter().all(|l| built_in.may_work_in(agent.gid, l)));
            assert!(
                !built_in.may_work_in(agent.gid, "ORCHESTRATION") && built_in.needs_activation(agent.gid)
            );
        }
    }

    #[test]
    fn what_is_no_registry_is_refused_with_what_is_wrong() {
        let actor = |more: &str| {
            format!(r#"{{"actors":[{{"gid":"GID-00","name":"A","lanes":["ORCHESTRATION"]}}{more}]}}"#)
        };
        for (text, code, word) in [
            ("", Code::MalformedJson, "registry"),
            ("{", Code::MalformedJson, "registry"),
            (r#"{"registry":{},"registry":{},"lanes":{}}"#, Code::MalformedJson, "registry"),
            ("[]", Code::InvalidIntent, "no object"),
            ("{}", Code::InvalidIntent, "\"registry\""),
            (r#"{"registry":{"GID-00":"A"}}"#, Code::InvalidIntent, "\"lanes\""),
            (
                r#"{"registry":{"GID-00":"A"},"lanes":{"ORCHESTRATION":["GID-00"]},"cases":[]}"#,
                Code::InvalidIntent,
                "cases",
            ),
            (r#"{"registry":{"gid-00":"A"},"lanes":{}}"#, Code::InvalidIntent, "gid-00"),
            (r#"{"registry":{"GID-00":7},"lanes":{}}"#, Code::InvalidIntent, "GID-00"),
            (r#"{"registry":{"GID-00":" "},"lanes":{}}"#, Code::InvalidIntent, "GID-00"),
            (r#"{"registry":{"GID-00":"A"},"lanes":{}}"#, Code::InvalidIntent, "no agent"),
            (
                r#"{"registry":{"GID-00":"A"},"lanes":{"ORCHESTRATION":"GID-00"}}"#,
                Code::InvalidIntent,
                "no list",
            ),
            (r#"{"registry":{"GID-00":"A"},"lanes":{"ORCHESTRATION":[0]}}"#, Code::InvalidIntent, "no GID"),
            (
                r#"{"registry":{"GID-00":"A"},"lanes":{"ORCHESTRATION":["GID-01"]}}"#,
                Code::InvalidIntent,
                "GID-01",
            ),
            (r#"{"registry":{"GID-00":"A"},"lanes":{"a lane":["GID-00"]}}"#, Code::InvalidIntent, "a lane"),
            (
                r#"{"registry":{"GID-00":"A","GID-01":"B"},"lanes":{"ORCHESTRATION":["GID-00","GID-01"]}}"#,
                Code::InvalidIntent,
                "two",
            ),
            (r#"{"actors":{}}"#, Code::InvalidIntent, "no list"),
            (r#"{"actors":[{"name":"A"}]}"#, Code::InvalidIntent, "`gid`"),
            (&actor(r#",{"gid":"GID-00","name":"A"}"#), Code::InvalidIntent, "twice"),
            (&actor(r#",{"gid":"GID-01"}"#), Code::InvalidIntent, "no name"),
            (&actor(r#",{"gid":"GID-01","name":"B","kind":"robot"}"#), Code::InvalidIntent, "kind"),
            (&actor(r#",{"gid":"GID-01","name":"B","retired":"no"}"#), Code::InvalidIntent, "retired"),
            (&actor(r#",{"gid":"GID-01","name":"B","lanes":["x"]}"#), Code::InvalidIntent, "lane"),
            (&actor(r#",{"gid":"GID-01","name":"B","colour":"red"}"#), Code::InvalidIntent, "colour"),
        ] {
            let error = Roster::from_json(text.as_bytes()).unwrap_err();
            assert!(error.code == code && error.message.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn humans_services_and_the_retired_are_told_apart() {
        let text = r#"{"actors":[{"gid":"GID-00","name":"A","lanes":["ORCHESTRATION"],"kind":"agent"},
            {"gid":"GID-01","name":"B","lanes":["EXECUTION"],"kind":"agent","retired":true},
            {"gid":"GID-02","name":"C","kind":"service"},{"gid":"GID-H01","name":null,"lanes":[],"kind":"human","admin":true}]}"#;
        let roster = Roster::from_json(text.as_bytes()).unwrap();
        for (gid, refusal, activation) in [
            ("GID-00", None, false),
            ("GID-01", Some("is retired"), true),
            ("GID-02", None, false),
            ("GID-H01", None, false),
            ("GID-H02", Some("is not registered"), true),
            ("GID-03", Some("is not registered"), true),
        ] {
            assert_eq!((roster.refusal(gid), roster.needs_activation(gid)), (refusal, activation), "{gid}");
        }
        assert!(!roster.may_work_in("GID-01", "EXECUTION"));
        assert!(roster.is_name("b") && !roster.is_name("d"));
    }
}
