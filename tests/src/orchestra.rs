//! A PAC that is driven through the real program: each step an intent, as any front end would send it.
//!
//! No expectations here but that what should be taken is taken. Invariant: nothing is read from the program's directory.

use crate::binary::{Place, Said};
use serde_json::{Value, json};

/// The orchestrator.
pub const BENSON: &str = "GID-00";
/// The human that `init` makes.
pub const ADA: &str = "GID-H01";
/// A second human, who reviews.
pub const GRACE: &str = "GID-H02";

/// A ledger with two humans, a service, and PACs to be driven.
pub struct Orchestra {
    /// Where it is.
    pub place: Place,
}

impl Default for Orchestra {
    fn default() -> Self {
        Self::new()
    }
}

impl Orchestra {
    /// A new ledger with a second human and a service.
    #[must_use]
    pub fn new() -> Self {
        let place = Place::with_ledger();
        place.ok(["agents", "register", GRACE, "--human", "--name", "Grace", "--json"]);
        place.ok([
            "agents",
            "register",
            "GID-S01",
            "--service",
            "--name",
            "SCHEDULER",
            "--actor",
            ADA,
            "--json",
        ]);
        Self { place }
    }

    /// Sends an intent.
    pub fn send(&self, kind: &str, actor: &str, data: &Value, token: Option<&str>) -> Said {
        let data = data.to_string();
        let mut args = vec!["append", kind, "--actor", actor, "--data", &data, "--json"];
        args.extend(token.iter().flat_map(|token| ["--token", token]));
        self.place.run(args)
    }

    /// Sends an intent that must be taken; gives its receipt.
    #[track_caller]
    pub fn act(&self, kind: &str, actor: &str, data: &Value) -> Value {
        self.act_with(kind, actor, data, None)
    }

    /// The same with a token.
    #[track_caller]
    pub fn act_with(&self, kind: &str, actor: &str, data: &Value, token: Option<&str>) -> Value {
        let said = self.send(kind, actor, data, token);
        assert!(said.status.success(), "{kind} by {actor}: {said:?}");
        said.values().into_iter().next().unwrap()
    }

    /// Sends an intent that must be refused; gives the error.
    #[track_caller]
    pub fn refused(&self, kind: &str, actor: &str, data: &Value, token: Option<&str>) -> Value {
        let said = self.send(kind, actor, data, token);
        assert!(!said.status.success(), "{kind} by {actor} was taken: {said:?}");
        let error: Value = serde_json::from_str(&said.err).unwrap_or_else(|_| panic!("{said:?}"));
        error["error"].clone()
    }

    /// A PAC of this id that is open and has a graph; ordered by the service, so that both humans may review.
    pub fn open(&self, pac: &str, nodes: &Value, edges: &Value) {
        self.act("issue_pac", "GID-S01", &order(pac));
        self.act("open_gateway", BENSON, &json!({ "pac_id": pac }));
        self.act("declare_graph", BENSON, &json!({ "pac_id": pac, "nodes": nodes, "edges": edges }));
    }

    /// Issues the Sub-PAC of a node, and activates its agent; gives its id.
    pub fn assign(&self, pac: &str, node: &str, agent: &str) -> String {
        let data = json!({
            "pac_id": pac, "node_id": node, "scope": { "paths": [format!("src/{node}")] }, "tasks": [format!("build {node}")],
        });
        let issued = self.act("issue_sub_pac", BENSON, &data);
        self.act("activate", BENSON, &json!({ "pac_id": pac, "agent_gid": agent, "activated_by": BENSON }));
        issued["sub_pac_id"].as_str().unwrap().to_owned()
    }

    /// Dispatches a Sub-PAC in session `s`; gives the token.
    pub fn dispatch(&self, pac: &str, sub: &str) -> String {
        let receipt =
            self.act("dispatch", BENSON, &json!({ "pac_id": pac, "sub_pac_id": sub, "session": "s" }));
        receipt["token"].as_str().unwrap().to_owned()
    }

    /// Starts a Sub-PAC, and files its BER; gives the BER's id.
    pub fn report(&self, pac: &str, sub: &str, agent: &str, token: &str) -> String {
        let start = json!({ "pac_id": pac, "sub_pac_id": sub, "session": "s" });
        self.act_with("start", agent, &start, Some(token));
        let receipt = self.act_with("submit_ber", agent, &ber(pac, sub), Some(token));
        receipt["ber_id"].as_str().unwrap().to_owned()
    }

    /// Takes a Sub-PAC from ISSUED to COMPLETE.
    pub fn complete(&self, pac: &str, sub: &str, agent: &str) {
        let token = self.dispatch(pac, sub);
        let ber = self.report(pac, sub, agent, &token);
        self.act("accept_ber", BENSON, &json!({ "pac_id": pac, "ber_id": ber }));
        self.act(
            "record_pdo",
            agent,
            &json!({ "pac_id": pac, "sub_pac_id": sub, "pdo_hash": "7f".repeat(32) }),
        );
    }

    /// A PAC of one node that is SEALED.
    pub fn sealed(&self, pac: &str) {
        self.open(pac, &json!([node("A1", "GID-01")]), &json!([]));
        let sub = self.assign(pac, "A1", "GID-01");
        self.complete(pac, &sub, "GID-01");
        self.act("compose_opdo", BENSON, &json!({ "pac_id": pac }));
        self.act("seal", BENSON, &json!({ "pac_id": pac }));
    }
}

/// The order of a PAC that passes the gate.
#[must_use]
pub fn order(pac: &str) -> Value {
    json!({
        "pac_id": pac, "objective": "a faster search", "lanes": ["EXECUTION"], "mode": "EXECUTABLE",
        "scope": { "paths": ["src"] }, "gateway_checks": { "governance": ["FAIL_CLOSED"], "authority": BENSON },
    })
}

/// An agent node in the lane EXECUTION.
#[must_use]
pub fn node(id: &str, agent: &str) -> Value {
    json!({ "node_id": id, "agent_gid": agent, "lane": "EXECUTION" })
}

/// A BER that passes, of a Sub-PAC that [`Orchestra::assign`] issued.
#[must_use]
pub fn ber(pac: &str, sub: &str) -> Value {
    let node = sub.rsplit('-').next().unwrap();
    json!({
        "pac_id": pac, "sub_pac_id": sub, "session": "s", "status": "PASS", "quality_score": 0.95,
        "tasks": [{ "task": format!("build {node}"), "result": "PASS" }],
        "outputs": [{ "path": format!("src/{node}/mod.rs"), "digest": format!("sha256:{}", "5a".repeat(32)) }],
    })
}

/// The answers to the questions of a challenge about [`Orchestra::sealed`], looked up as a reader would.
#[must_use]
pub fn answers(challenge: &Value) -> Vec<String> {
    let questions = challenge["questions"].as_array().unwrap();
    let answer = |question: &Value| match question["question_type"].as_str().unwrap() {
        "TASK_COUNT" | "FILE_COUNT" => "1",
        "QUALITY_SCORE" => "0.95",
        "AGENT_IDENTITY" => "sonny",
        "AGENT_GID" => "GID-01",
        "TASK_RECALL" => "Build  A1",
        "FILE_RECALL" => "src/A1/mod.rs",
        "SCOPE_COMPLIANCE" => "src/A1",
        "CONTENT_HASH_PREFIX" => "7f7f7f",
        other => panic!("{other}"),
    };
    questions.iter().map(|q| answer(q).to_owned()).collect()
}
