//! A ledger in memory whose agents have keys, and short ways to grant, use and ask.

pub use crate::world::{ADMIN, AGENTS, ORCHESTRATOR, World, birth, code};
use ledger_core::Result;
use ledger_core::constraint::Name;
use ledger_core::names::{Gid, GrantId};
use ledger_core::replay::machine_at;
use ledger_core::rules::trust::Tree;
use ledger_core::sequencer::Receipt;
use ledger_core::store::Store;
use ledger_core::trust::{Forest, Level, Question, Records, TrustVerification, verify};
use serde_json::{Value, json};
use std::sync::Arc;

/// The ledger, with an authority.
pub struct Grove {
    pub world: World,
}

impl Grove {
    pub fn new() -> Self {
        let mut world = World::new();
        for gid in AGENTS {
            let key = birth().keys[gid].public().unwrap().to_hex();
            world.ok("register_key", ADMIN, json!({"gid": gid, "key": key}));
        }
        world.ok("declare_authority", ADMIN, json!({"gid": ADMIN}));
        Self { world }
    }

    pub fn now(&self) -> i64 {
        self.world.clock.wall()
    }

    /// The admin vouches for an agent.
    pub fn establish(
        &mut self,
        root: &str,
        gid: &str,
        capabilities: Value,
        constraints: Value,
    ) -> Result<Receipt> {
        let capabilities: Vec<Value> = capabilities
            .as_array()
            .unwrap()
            .iter()
            .map(|c| if c.is_string() { json!({"capability": c}) } else { c.clone() })
            .collect();
        let body = json!({"agent_gid": gid, "grant_id": root, "capabilities": capabilities, "constraints": constraints});
        self.world.act("establish", ADMIN, body)
    }

    /// The holder of a grant passes some of it on.
    pub fn delegate(
        &mut self,
        (root, parent, id): (&str, &str, &str),
        to: &str,
        capabilities: Value,
        constraints: Value,
    ) -> Result<Receipt> {
        let body = self.delegation((root, parent, id), to, capabilities, constraints);
        let holder = self.holder(root, parent);
        self.world.act("delegate", &holder, body)
    }

    pub fn delegation(
        &self,
        (root, parent, id): (&str, &str, &str),
        to: &str,
        capabilities: Value,
        constraints: Value,
    ) -> Value {
        let depth =
            self.tree(root).and_then(|t| t.at(t.find(&grant(parent))?).map(|g| g.depth + 1)).unwrap_or(1);
        json!({
            "root": root, "parent": parent, "grant_id": id, "agent_gid": to, "capabilities": capabilities,
            "constraints": constraints, "depth": depth,
        })
    }

    pub fn holder(&self, root: &str, id: &str) -> String {
        let tree = self.tree(root);
        let found = tree.as_ref().and_then(|t| t.at(t.find(&grant(id))?));
        found.map_or_else(|| "GID-01".to_owned(), |g| g.holder.clone())
    }

    /// An action is about to be taken; recorded by the orchestrator.
    pub fn exercise(&mut self, root: &str, id: &str, action: &str, more: Value) -> Result<Receipt> {
        let mut body = json!({"root": root, "grant_id": id, "action": action});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.world.act("exercise", ORCHESTRATOR, body)
    }

    pub fn revoke(&mut self, root: &str, id: &str) -> Result<Receipt> {
        let body = json!({"root": root, "grant_id": id, "reason": "enough"});
        self.world.act("revoke_grant", ADMIN, body)
    }

    /// The tree as a replay of its stream gives it.
    pub fn tree(&self, root: &str) -> Option<Tree> {
        let registry = Arc::new(self.world.seq.registry().clone());
        machine_at(self.world.seq.store(), &format!("trust/{root}"), None, &registry).unwrap()
    }

    /// All trees as the log had them when it held so many entries.
    pub fn forest(&self, size: u64) -> Forest {
        let mut forest = Forest::default();
        for (sequence, entry) in (0..size).zip(self.world.entries()) {
            forest.take_entry(sequence, &entry).unwrap();
        }
        forest
    }

    pub fn ask(&self, gid: &str, action: &str, level: Level) -> TrustVerification {
        self.ask_of(self.world.seq.store(), &question(gid, action, level, self.now()))
    }

    pub fn ask_of(&self, store: &dyn Store, question: &Question) -> TrustVerification {
        let forest = self.forest(self.world.size());
        verify(&forest, &Records::new(store), question, false).unwrap()
    }

    /// The same at every level.
    #[track_caller]
    pub fn all_levels(&self, gid: &str, action: &str, valid: bool) {
        for level in Level::ALL {
            let verdict = self.ask(gid, action, level);
            assert_eq!(verdict.valid, valid, "{level:?}: {:?}", verdict.reasons);
        }
    }
}

pub fn grant(id: &str) -> GrantId {
    GrantId::new(id).unwrap()
}

pub fn question(gid: &str, action: &str, level: Level, time: i64) -> Question {
    let mut question = Question::new(Gid::new(gid).unwrap(), Name::new(action).unwrap(), time);
    question.level = level;
    question
}
