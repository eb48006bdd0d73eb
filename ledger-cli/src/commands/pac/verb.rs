//! What the verbs share: who acts, which Sub-PAC is meant, tokens and sessions, and the one way to the log.
//!
//! Invariant: a verb builds the intent that `append` would take, and submits it as `append` does. Source: DOMAIN.md §8.

use super::read::no_such;
use crate::commands::DONE;
use crate::commands::append::{read_token, say_receipt};
use crate::context::{ActorArgs, Context, environment_session, read_input};
use crate::writer::Writer;
use ledger_core::intent::{Bearer, Intent};
use ledger_core::ledger::read::pac_at;
use ledger_core::names::{Gid, Key, PacId, Session, SubPacId};
use ledger_core::rules::Registry;
use ledger_core::rules::pac::Pac;
use ledger_core::rules::pac::graph::{Graph, Place};
use ledger_core::rules::pac::sub_pac::SubPac;
use ledger_core::sequencer::{Receipt, Request};
use ledger_core::store::Store;
use ledger_core::{Code, Error, Result, token};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;

/// Largest body that is read from a file.
const MOST: u64 = 9 << 20;

/// Who acts, and how they sign.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct By {
    #[command(flatten)]
    pub actor: ActorArgs,
    /// Your own key for it: doing the same again gives the same receipt
    #[arg(long, value_name = "KEY")]
    pub id: Option<String>,
}

/// What an agent shows.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Shows {
    /// Dispatch token, or @FILE that holds it [default: $LEDGER_TOKEN]
    #[arg(long, value_name = "TOKEN|@FILE")]
    pub token: Option<String>,
    /// Session of the dispatch [default: $LEDGER_SESSION, else that of the token]
    #[arg(long, value_name = "SESSION")]
    pub session: Option<Session>,
}

impl Shows {
    /// The token with its session. What cannot be read as a token is for the ledger to refuse.
    pub fn read(&self) -> Result<(Option<String>, Option<Session>)> {
        let shown = read_token(self.token.as_deref())?;
        let bound = || token::inspect(shown.as_deref()?).ok()?.claims.session().map(str::to_owned);
        let session = match &self.session {
            Some(session) => Some(session.clone()),
            None => environment_session().or_else(bound).map(Session::new).transpose()?,
        };
        Ok((shown, session))
    }
}

/// The open ledger, and who is who in it.
pub struct Bench<'a> {
    ctx: &'a Context,
    writer: Writer,
    registry: Arc<Registry>,
}

impl<'a> Bench<'a> {
    /// Opens for writing.
    pub fn open(ctx: &'a Context) -> Result<Self> {
        let writer = ctx.writer()?;
        let registry = writer.registry()?;
        Ok(Self { ctx, writer, registry })
    }

    /// Who is who.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Whoever is named, else the orchestrator.
    pub fn orchestrator(&self, by: &By) -> Result<Gid> {
        by.actor.resolve_or(|| Gid::new(self.registry.orchestrator()))
    }

    /// Whoever is named, else the only human.
    pub fn human(&self, by: &By) -> Result<Gid> {
        by.actor.resolve(&self.registry)
    }

    /// Whoever is named, else this agent.
    pub fn agent(&self, by: &By, gid: &str) -> Result<Gid> {
        by.actor.resolve_or(|| Gid::new(gid))
    }

    /// Whoever is named, else an error that says how to name them.
    pub fn named(&self, by: &By, unclear: impl FnOnce() -> Error) -> Result<Gid> {
        by.actor.resolve_or(|| Err(unclear()))
    }

    /// Reads from what is there.
    pub fn read<T>(&self, question: impl FnOnce(&dyn Store) -> Result<T>) -> Result<T> {
        self.writer.read(question)
    }

    /// A PAC as it is now.
    pub fn pac(&self, id: &PacId) -> Result<Pac> {
        let stream = ledger_core::event::pac_stream(id)?;
        let pac = self.writer.read(|store| pac_at(store, stream.as_str(), None, &self.registry))?;
        pac.ok_or_else(|| no_such(id, None))
    }

    /// The intent of this kind, signed where there is a key.
    pub fn intent(&self, kind: &str, body: &Value, actor: &Gid, by: &By) -> Result<Intent> {
        let mut intent = Intent::new(kind, body.to_string().as_bytes(), None, actor.clone(), None)?;
        intent.key = by.id.clone().map(Key::new).transpose()?;
        by.actor.sign(&self.writer, &mut intent)?;
        Ok(intent)
    }

    /// Appends one intent and says its receipt.
    pub fn submit(&self, kind: &str, body: &Value, actor: &Gid, by: &By) -> anyhow::Result<u8> {
        self.send(vec![self.intent(kind, body, actor, by)?])
    }

    /// Appends one intent and gives its receipt.
    pub fn append(&self, kind: &str, body: &Value, actor: &Gid, by: &By) -> Result<Receipt> {
        self.writer.append(self.intent(kind, body, actor, by)?)
    }

    /// The same, with the token that the agent shows.
    pub fn submit_with(
        &self,
        kind: &str,
        body: &Value,
        actor: &Gid,
        by: &By,
        shown: Option<String>,
    ) -> anyhow::Result<u8> {
        let intent = self.intent(kind, body, actor, by)?.with_token(shown.map(Bearer::new))?;
        self.send(vec![intent])
    }

    /// Appends intents together or not at all, and says their receipts.
    pub fn send(&self, intents: Vec<Intent>) -> anyhow::Result<u8> {
        let receipts: Vec<Receipt> = self.writer.submit(Request::new(intents))?;
        for receipt in &receipts {
            say_receipt(receipt, self.ctx)?;
        }
        Ok(DONE)
    }
}

/// A Sub-PAC by its id, or by its node.
pub fn sub_pac<'a>(pac: &'a Pac, named: &str) -> Result<&'a SubPac> {
    if let Some(sub) = pac.sub_pac(named) {
        return Ok(sub);
    }
    let place = pac.graph.as_ref().and_then(|g| g.at(g.find(named)?));
    let show = || format!("see `ledger pac show {}` for what there is", pac.id);
    match place.map(|p| p.sub_pac.as_ref()) {
        Some(Some(sub)) => Ok(sub),
        Some(None) => {
            let why = format!("node {named} of {} has no Sub-PAC yet", pac.id);
            let way = format!("issue it first: ledger pac sub {} {named} --lane LANE", pac.id);
            Err(Error::new(Code::NotInPac, why).hint(way))
        }
        None => {
            let known: Vec<&str> = places(pac).map(|p| p.node.node_id.as_str()).take(12).collect();
            let known = if known.is_empty() {
                format!("{} has no graph yet", pac.id)
            } else {
                format!("its nodes are {}", known.join(", "))
            };
            let why = format!("{} has no Sub-PAC and no node {named:?}; {known}", pac.id);
            Err(Error::new(Code::NotInPac, why).hint(show()))
        }
    }
}

/// The agent of a GID, or of a node of the PAC.
pub fn agent_named(pac: &Pac, named: &str) -> Result<Gid> {
    let place = pac.graph.as_ref().and_then(|g| g.at(g.find(named)?));
    match place.and_then(|p| p.node.agent_gid.clone()) {
        Some(gid) => Ok(gid),
        None => Gid::new(named).map_err(|_| {
            Error::new(Code::NotInPac, format!("{named:?} is no GID, and no node of an agent in {}", pac.id))
                .hint(format!("see `ledger pac show {}`", pac.id))
        }),
    }
}

/// Nodes of a PAC.
pub fn places(pac: &Pac) -> impl Iterator<Item = &Place> {
    pac.graph.iter().flat_map(Graph::places)
}

/// The Sub-PAC's id as intents name it.
pub fn id_of(sub: &SubPac) -> Result<SubPacId> {
    SubPacId::new(sub.id.as_str())
}

/// A body, from members that are there or not.
#[derive(Default)]
pub struct Body(Map<String, Value>);

impl Body {
    /// A body for this PAC.
    pub fn of(pac: &PacId) -> Self {
        Self::default().with("pac_id", pac)
    }

    /// With this member.
    pub fn with(mut self, name: &str, value: impl serde::Serialize) -> Self {
        self.0.insert(name.to_owned(), json!(value));
        self
    }

    /// With this member, if there is a value.
    pub fn maybe(self, name: &str, value: Option<impl serde::Serialize>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With this member, if the list has something in it.
    pub fn list<T: serde::Serialize>(self, name: &str, values: &[T]) -> Self {
        if values.is_empty() { self } else { self.with(name, values) }
    }

    /// As JSON.
    pub fn json(self) -> Value {
        Value::Object(self.0)
    }
}

/// What may be done, and where: of a PAC or a Sub-PAC.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct ScopeArgs {
    /// File or directory that may be written, with what is below it (may be repeated) [default: no limit of its own]
    #[arg(long = "path", value_name = "PATH")]
    pub paths: Vec<String>,
    /// Action that may be taken; others may not (may be repeated) [default: no limit of its own]
    #[arg(long = "allow", value_name = "ACTION")]
    pub allowed: Vec<String>,
    /// Action that may not be taken (may be repeated)
    #[arg(long = "forbid", value_name = "ACTION")]
    pub forbidden: Vec<String>,
}

impl ScopeArgs {
    /// The scope, if it limits anything.
    pub fn json(&self) -> Option<Value> {
        let scope = Body::default()
            .list("allowed_actions", &self.allowed)
            .list("forbidden_actions", &self.forbidden)
            .list("paths", &self.paths)
            .json();
        scope.as_object().is_some_and(|s| !s.is_empty()).then_some(scope)
    }
}

/// A JSON object from a file; `-` is standard input.
pub fn read_json(file: &Path) -> Result<Value> {
    let bytes = read_input(file, MOST)?;
    let parsed = serde_json::from_slice::<Value>(&bytes);
    // The strict parser says what is wrong, and refuses what the lenient one would let pass.
    ledger_core::json::canonicalize(&bytes).map_err(|e| {
        Error::new(Code::MalformedJson, format!("{}: {}", file.display(), e.describe(&bytes)))
    })?;
    parsed.map_err(|e| Error::new(Code::MalformedJson, format!("{}: {e}", file.display())))
}

/// SHA-256 of a file, read piece by piece; `-` is standard input.
pub fn hash_file(path: &Path) -> Result<[u8; 32]> {
    use sha2::Digest as _;
    use std::io::Read as _;
    let failed = |e: std::io::Error| Error::new(Code::InputUnreadable, format!("{}: {e}", path.display()));
    let mut reader: Box<dyn std::io::Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).map_err(failed)?)
    };
    let (mut hash, mut piece) = (sha2::Sha256::new(), vec![0_u8; 1 << 16]);
    loop {
        let read = reader.read(&mut piece).map_err(failed)?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(piece.get(..read).unwrap_or_default());
    }
}
