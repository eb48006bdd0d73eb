//! What keys mean: which declare an identity, which name an authority, which open a block.
//!
//! Keys are given without case, separators, quotes and emphasis. Invariant: a key that is not listed here means nothing, so that prose
//! and other people's fields decide nothing. Source: seed 001 §§3 to 6.

/// A block with rules of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// `GATEWAY_CHECKS`.
    Gateway,
    /// `AGENT_ACTIVATION_ACK`.
    Activation,
}

/// The block that the key opens.
pub fn block(key: &str) -> Option<Block> {
    match key {
        "gatewaycheck" | "gatewaychecks" => Some(Block::Gateway),
        "agentactivationack" => Some(Block::Activation),
        _ => None,
    }
}

/// What a field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The GID of whose artifact it is.
    Gid,
    /// The agent's name, or name and GID: whoever stands here is an agent.
    Agent,
    /// Name and GID of who did it: an agent if it has a GID or is registered.
    Doer,
    /// `authority`.
    Authority,
    /// Who activated.
    ActivatedBy,
    /// Others who decide or attest: the orchestrator may stand here.
    Attestor,
    /// Who asks for the work.
    Requester,
    /// The lane that the agent works in.
    Lane,
    /// EXECUTABLE, ADVISORY or another.
    Mode,
    /// Status of the artifact.
    ArtifactStatus,
    /// Status of the artifact, when it stands at the top.
    Status,
    /// State of the gateway.
    GatewayState,
}

/// What a field of this key says, below this other key.
pub fn role(key: &str, parent: &str) -> Option<Role> {
    Some(match key {
        "gid" | "agentgid" | "agentid" | "executorgid" | "assignedgid" | "assignedagentgid"
        | "executinggid" | "primarygid" | "declaredgid" | "actorgid" => Role::Gid,
        "id" if speaks_of_agent(parent) => Role::Gid,
        "agent" | "agentname" | "assignedagent" | "executingagent" | "primaryagent" | "declaredagent" => {
            Role::Agent
        }
        "name" if speaks_of_agent(parent) => Role::Agent,
        "executor" | "executedby" | "executesforagent" | "assignedto" | "actor" | "identity"
        | "agentidentity" | "declaredidentity" => Role::Doer,
        "authority" | "authoritygid" => Role::Authority,
        "activatedby" => Role::ActivatedBy,
        "issuer" | "issuergid" | "issuedby" | "approver" | "approvergid" | "approvedby" | "reviewer"
        | "reviewergid" | "reviewedby" | "orchestrator" | "orchestratorgid" | "authorizedby"
        | "authorisedby" | "dispatchedby" | "assignedby" | "delegatedby" | "supervisor" | "evaluator"
        | "generator" | "generatedby" | "attestedby" | "verifiedby" | "signedby" | "closedby" | "author"
        | "createdby" | "submittedby" | "preparedby" => Role::Attestor,
        "requester" | "requestergid" | "requestedby" => Role::Requester,
        "lane" | "executionlane" | "agentlane" | "assignedlane" | "declaredlane" => Role::Lane,
        "mode" | "executionmode" | "artifactmode" | "pacmode" => Role::Mode,
        "artifactstatus" => Role::ArtifactStatus,
        "status" | "pacstatus" => Role::Status,
        "gatewaystate" | "gatewaystatus" => Role::GatewayState,
        "state" if block(parent) == Some(Block::Gateway) => Role::GatewayState,
        _ => return None,
    })
}

/// Whether a mapping below this key describes the agent.
fn speaks_of_agent(key: &str) -> bool {
    block(key) == Some(Block::Activation)
        || matches!(
            key,
            "agent" | "executor" | "identity" | "agentidentity" | "declaredidentity" | "assignedagent"
        )
}

/// Whether fields below this key speak of the artifact as a whole.
pub fn is_header(key: &str) -> bool {
    key.ends_with("header") || key.ends_with("metadata") || matches!(key, "meta" | "finalstate")
}
