//! Documents from JSON text.
//!
//! Strict where no rule speaks: unknown members, wrong types, duplicates and excess are one error. What a GS rule judges is optional here,
//! so that the rule answers and not the parser; whatever is wrong with the form of a child becomes its fault, which `GS_401` answers.
//! Invariant: integers and floats stay apart, and doubles are read exactly. Source: DOMAIN.md §§3, 5.

use super::document::{ChildPdo, CompositeProof, OpdoState, OrchestratedPdo, StateTransition};
use super::number::Number;
use super::operations::Composition;
use super::{MAX_CHILDREN, MAX_DOCUMENT, ORCHESTRATOR_AGENT, ORCHESTRATOR_GID, shown};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::json::{Kind, Value, parse};

const CHILD: &[&str] = &[
    "pdo_id",
    "agent_name",
    "agent_gid",
    "sub_pac_id",
    "ber_id",
    "status",
    "pdo_hash",
    "task_count",
    "quality_score",
    "created_at",
    "dependencies",
];
const PROOF: &[&str] = &["merkle_root", "leaf_hashes", "tree_height", "proof_timestamp", "nonce", "profile"];
const TRANSITION: &[&str] = &["from_state", "to_state", "timestamp", "trigger", "actor"];
const COMPOSITION: &[&str] =
    &["pac_orch_id", "children", "child_pdos", "orchestrator_agent", "orchestrator_gid", "opdo_id"];
const DOCUMENT: &[&str] = &[
    "opdo_id",
    "pac_orch_id",
    "orchestrator_agent",
    "orchestrator_gid",
    "state",
    "child_pdos",
    "composite_proof",
    "state_history",
    "created_at",
    "sealed_at",
    "finalized_at",
    "human_review_ber_id",
    "human_review_timestamp",
    "reviewer",
    "review_digest",
    "final_hash",
    "voided_at",
    "void_reason",
];

/// What is wrong with the form of something.
type Read<T> = std::result::Result<T, String>;

/// Reads what `compose` takes: `{"pac_orch_id", "children": [...]}`, and, where they are not the usual, `orchestrator_agent`,
/// `orchestrator_gid` and `opdo_id`. `child_pdos` is another name of `children`.
///
/// # Errors
/// `LG_103` when it is too large, `LG_100` when it is no strict JSON, `LG_101` when it has another form.
pub fn read_composition(bytes: &[u8]) -> Result<Composition> {
    read_bytes(bytes, "a composition", |value| {
        let members = Members::of(value, COMPOSITION)?;
        let children = match (members.get("children"), members.get("child_pdos")) {
            (Some(_), Some(_)) => {
                return Err("`children` and `child_pdos` are two names of one member".into());
            }
            (children, others) => children.or(others),
        };
        Ok(Composition {
            pac_orch_id: members.text("pac_orch_id")?.unwrap_or_default(),
            children: read_children(children)?,
            orchestrator_agent: members.orchestrator("orchestrator_agent", ORCHESTRATOR_AGENT)?,
            orchestrator_gid: members.orchestrator("orchestrator_gid", ORCHESTRATOR_GID)?,
            opdo_id: members.text("opdo_id")?,
        })
    })
}

/// Reads an O-PDO.
///
/// # Errors
/// As [`read_composition`].
pub fn read_document(bytes: &[u8]) -> Result<OrchestratedPdo> {
    read_bytes(bytes, "an O-PDO", |value| {
        let members = Members::of(value, DOCUMENT)?;
        let text = |key| Ok::<_, String>(members.text(key)?.unwrap_or_default());
        Ok(OrchestratedPdo {
            opdo_id: text("opdo_id")?,
            pac_orch_id: text("pac_orch_id")?,
            orchestrator_agent: members.orchestrator("orchestrator_agent", ORCHESTRATOR_AGENT)?,
            orchestrator_gid: members.orchestrator("orchestrator_gid", ORCHESTRATOR_GID)?,
            state: read_state(&members)?,
            child_pdos: read_children(members.get("child_pdos"))?,
            composite_proof: members.given("composite_proof").map(read_proof).transpose()?,
            state_history: members.list("state_history")?.iter().map(read_transition).collect::<Read<_>>()?,
            created_at: text("created_at")?,
            sealed_at: members.text("sealed_at")?,
            finalized_at: members.text("finalized_at")?,
            human_review_ber_id: members.text("human_review_ber_id")?,
            human_review_timestamp: members.text("human_review_timestamp")?,
            reviewer: members.text("reviewer")?,
            review_digest: members.text("review_digest")?,
            final_hash: members.text("final_hash")?,
            voided_at: members.text("voided_at")?,
            void_reason: members.text("void_reason")?,
        })
    })
}

/// Bounds, strict JSON, and the form that `read` wants.
pub(super) fn read_bytes<T>(bytes: &[u8], what: &str, read: impl FnOnce(&Value<'_>) -> Read<T>) -> Result<T> {
    if bytes.len() > MAX_DOCUMENT {
        let message = format!("{what} of {} bytes; at most {MAX_DOCUMENT} are read", bytes.len());
        return Err(Error::new(Code::TooLarge, message).hint("split the work into several PACs"));
    }
    let value = parse(bytes).map_err(|e| Error::new(Code::MalformedJson, e.describe(bytes)))?;
    let children = value.get("children").or_else(|| value.get("child_pdos")).and_then(Value::as_array);
    if let Some(children) = children.filter(|c| c.len() > MAX_CHILDREN) {
        let message = format!("{} children; a composite has at most {MAX_CHILDREN}", children.len());
        return Err(Error::new(Code::TooLarge, message).hint("split the work into several PACs"));
    }
    read(&value).map_err(|fault| {
        Error::new(Code::InvalidIntent, format!("not {what}: {fault}"))
            .hint("compare with docs/format.md §14, which lists all members")
    })
}

fn read_state(members: &Members<'_, '_>) -> Read<OpdoState> {
    let name = members.text("state")?.ok_or("the member `state` is missing")?;
    let unknown = || format!("`state` is {}, not one of DRAFT, SEALED, FINAL and VOID", shown(&name));
    OpdoState::ALL.into_iter().find(|state| state.as_str() == name).ok_or_else(unknown)
}

fn read_children(value: Option<&Value<'_>>) -> Read<Vec<ChildPdo>> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(Vec::new()) };
    let children = value.as_array().ok_or_else(|| wrong("the children", "an array", value))?;
    Ok(children.iter().map(read_child).collect())
}

/// Reads a child; never fails, since its faults are judged in their turn.
pub(super) fn read_child(value: &Value<'_>) -> ChildPdo {
    let mut child = ChildPdo::default();
    let members = match Members::of(value, CHILD) {
        Ok(members) => members,
        Err(fault) => {
            // What is known is read all the same, so that messages can name the child.
            let Some(object) = value.as_object() else {
                return ChildPdo { fault: Some(fault), ..child };
            };
            child.fault = Some(fault);
            Members { object }
        }
    };
    let mut faults = Vec::new();
    let mut keep = |read: Read<String>| read.map_err(|fault| faults.push(fault)).unwrap_or_default();
    child.pdo_id = keep(members.required("pdo_id"));
    child.agent_name = keep(members.required("agent_name"));
    child.agent_gid = keep(members.required("agent_gid"));
    child.sub_pac_id = keep(members.required("sub_pac_id"));
    // These two have rules of their own: 403 and 402.
    child.ber_id = keep(members.text("ber_id").map(Option::unwrap_or_default));
    child.status = keep(members.text("status").map(Option::unwrap_or_default));
    child.pdo_hash = keep(members.required("pdo_hash"));
    child.created_at = keep(members.required("created_at"));
    let mut number = |key| members.number(key).map_err(|fault| faults.push(fault)).unwrap_or_default();
    child.task_count = number("task_count");
    child.quality_score = number("quality_score");
    match members.texts("dependencies") {
        Ok(dependencies) => child.dependencies = dependencies,
        Err(fault) => faults.push(fault),
    }
    child.fault = child.fault.or_else(|| faults.into_iter().next());
    child
}

fn read_proof(value: &Value<'_>) -> Read<CompositeProof> {
    let inside = |fault: String| format!("`composite_proof`: {fault}");
    let read = || {
        let members = Members::of(value, PROOF)?;
        let text = |key| Ok::<_, String>(members.text(key)?.unwrap_or_default());
        Ok(CompositeProof {
            merkle_root: text("merkle_root")?,
            leaf_hashes: members.texts("leaf_hashes")?,
            tree_height: members.natural("tree_height")?,
            proof_timestamp: text("proof_timestamp")?,
            nonce: text("nonce")?,
            profile: members.text("profile")?,
        })
    };
    read().map_err(inside)
}

fn read_transition(value: &Value<'_>) -> Read<StateTransition> {
    let read = || {
        let members = Members::of(value, TRANSITION)?;
        let text = |key| Ok::<_, String>(members.text(key)?.unwrap_or_default());
        Ok(StateTransition {
            from_state: text("from_state")?,
            to_state: text("to_state")?,
            timestamp: text("timestamp")?,
            trigger: text("trigger")?,
            actor: text("actor")?,
        })
    };
    read().map_err(|fault: String| format!("`state_history`: {fault}"))
}

/// The members of an object, of which all are known.
#[derive(Clone, Copy)]
pub(super) struct Members<'v, 'a> {
    object: &'v [(std::borrow::Cow<'a, str>, Value<'a>)],
}

impl<'v, 'a> Members<'v, 'a> {
    /// Of an object without other members than these.
    pub(super) fn of(value: &'v Value<'a>, known: &[&str]) -> Read<Self> {
        let object =
            value.as_object().ok_or_else(|| format!("an object is expected, not {}", kind(value)))?;
        match object.iter().find(|(key, _)| !known.contains(&&**key)) {
            Some((key, _)) => Err(format!("the member {} is unknown", shown(key))),
            None => Ok(Self { object }),
        }
    }

    pub(super) fn get(self, key: &str) -> Option<&'v Value<'a>> {
        self.object.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The member, unless it is absent or `null`.
    pub(super) fn given(self, key: &str) -> Option<&'v Value<'a>> {
        self.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn text(self, key: &str) -> Read<Option<String>> {
        let Some(value) = self.given(key) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| wrong(&format!("`{key}`"), "a string", value))?;
        Ok(Some(text.to_owned()))
    }

    pub(super) fn required(self, key: &str) -> Read<String> {
        self.text(key)?.ok_or_else(|| format!("`{key}` is missing"))
    }

    /// Absent means the usual orchestrator; `null` and empty mean that there is none.
    fn orchestrator(self, key: &str, usual: &str) -> Read<String> {
        if self.get(key).is_none() { Ok(usual.to_owned()) } else { Ok(self.text(key)?.unwrap_or_default()) }
    }

    fn number(self, key: &str) -> Read<Number> {
        let value = self.given(key).ok_or_else(|| format!("`{key}` is missing"))?;
        let text = value.as_number().ok_or_else(|| wrong(&format!("`{key}`"), "a number", value))?;
        Ok(Number::of_json(text))
    }

    /// A number of things; 0 when absent.
    pub(super) fn natural(self, key: &str) -> Read<u64> {
        let Some(value) = self.given(key) else { return Ok(0) };
        value.as_u64().ok_or_else(|| wrong(&format!("`{key}`"), "a natural number", value))
    }

    fn list(self, key: &str) -> Read<&'v [Value<'a>]> {
        let Some(value) = self.given(key) else { return Ok(&[]) };
        value.as_array().ok_or_else(|| wrong(&format!("`{key}`"), "an array", value))
    }

    pub(super) fn texts(self, key: &str) -> Read<Vec<String>> {
        let text = |value: &Value<'_>| {
            value.as_str().map(str::to_owned).ok_or_else(|| wrong(&format!("`{key}`"), "strings only", value))
        };
        self.list(key)?.iter().map(text).collect()
    }
}

fn wrong(what: &str, expected: &str, value: &Value<'_>) -> String {
    format!("{what} must be {expected}, not {}", kind(value))
}

/// The kind of a value, with the value where it is short by nature.
fn kind(value: &Value<'_>) -> String {
    match &value.kind {
        Kind::Number(text) => {
            let short: String = text.chars().take(30).collect();
            format!("the number {short}")
        }
        Kind::Bool(value) => value.to_string(),
        Kind::Null => "null".to_owned(),
        Kind::String(_) | Kind::Array(_) | Kind::Object(_) => {
            format!("an {}", value.kind_name()).replace("an string", "a string")
        }
    }
}
