//! A ledger behind its server, in the words of one that is at hand: entries are read, intents are appended.
//!
//! State machines are replayed here, from the entries: the server gives bytes, not opinions. Invariant: what cannot be had this way is
//! an error, never a guess.

use crate::client::{Client, error_of};
use crate::socket::SOCKET;
use ledger_core::entry::{Entry, event_json};
use ledger_core::intent::{Intent, LogName};
use ledger_core::json;
use ledger_core::names::Origin;
use ledger_core::sequencer::{Answer, Receipt, Request};
use ledger_core::store::{Batch, Head, Store};
use ledger_core::time::{Reading, Timestamp};
use ledger_core::view::StatusView;
use ledger_core::{Code, Error, Result};
use ledger_proofs::{Hash, NodeId};
use serde_json::Value;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Entries that are asked for at once.
const PAGE: usize = 1_000;

/// The ledger that a server serves.
pub struct Remote {
    client: Client,
    /// As of the last look.
    status: Mutex<StatusView>,
}

fn strange(what: &str) -> Error {
    Error::new(Code::ReadFailed, format!("the server's answer is not understood: {what}"))
}

impl Remote {
    /// The ledger of this directory, if a server serves it now.
    ///
    /// # Errors
    /// As the server says.
    pub fn of_directory(dir: &Path) -> Result<Option<Self>> {
        let Some(client) = Client::find(&dir.join(SOCKET))? else { return Ok(None) };
        let status = Mutex::new(look(&client)?);
        Ok(Some(Self { client, status }))
    }

    fn status(&self) -> MutexGuard<'_, StatusView> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a batch, and looks how far the log is then.
    fn append(&self, expect: Option<u64>, intents: &[Intent], atomic: bool) -> Result<Vec<Result<Receipt>>> {
        let answer = self.client.post("/v1/append/batch", expect, batch(intents, atomic));
        *self.status() = look(&self.client)?;
        results(&answer?)
    }

    /// What signatures are bound to.
    ///
    /// # Errors
    /// `LG_208` when the server names no log.
    pub fn log(&self) -> Result<LogName> {
        let status = self.status();
        let log_id = Hash::from_hex(&status.logid).map_err(|e| strange(&e.to_string()))?;
        Ok(LogName { origin: Origin::new(status.origin.clone())?, log_id: Some(log_id) })
    }

    /// Appends intents together or not at all.
    ///
    /// # Errors
    /// The code of whatever refused it.
    pub fn submit(&self, request: &Request) -> Answer {
        self.append(request.expect, &request.intents, true)?.into_iter().collect()
    }

    /// Appends many, each for itself.
    pub fn submit_all(&self, requests: &[Request]) -> Vec<Answer> {
        let single: Option<Vec<Intent>> = requests
            .iter()
            .map(|r| r.intents.first().filter(|_| r.intents.len() == 1 && r.expect.is_none()).cloned())
            .collect();
        let Some(intents) = single else { return requests.iter().map(|r| self.submit(r)).collect() };
        match self.append(None, &intents, false) {
            Ok(results) => results.into_iter().map(|r| r.map(|receipt| vec![receipt])).collect(),
            Err(e) => requests.iter().map(|_| Err(e.clone())).collect(),
        }
    }

    fn page(&self, path: &str, from: u64, limit: usize) -> Result<(Vec<Entry>, Option<u64>)> {
        let body = self.client.get(&format!("{path}?from={from}&limit={}", limit.clamp(1, PAGE)))?;
        let value = json::parse(&body).map_err(|e| strange(&e.describe(&body)))?;
        let list =
            value.get("entries").and_then(json::Value::as_array).ok_or_else(|| strange("no entries"))?;
        let entries = list.iter().map(|e| event_json::read(e.source(&body))).collect::<Result<_>>()?;
        Ok((entries, value.get("next").and_then(json::Value::as_u64)))
    }

    fn pages(&self, path: &str, from: u64, limit: usize) -> Result<Vec<Entry>> {
        let (mut all, mut next) = (Vec::new(), Some(from));
        while let Some(from) = next
            && all.len() < limit
        {
            let (entries, following) = self.page(path, from, limit.saturating_sub(all.len()))?;
            all.extend(entries);
            next = following;
        }
        Ok(all)
    }
}

fn look(client: &Client) -> Result<StatusView> {
    serde_json::from_slice(&client.get("/v1/status")?).map_err(|e| strange(&e.to_string()))
}

/// The body of a batch.
fn batch(intents: &[Intent], atomic: bool) -> Vec<u8> {
    let mut body = b"{\"intents\":[".to_vec();
    for (n, intent) in intents.iter().enumerate() {
        if n > 0 {
            body.push(b',');
        }
        intent.write_json(&mut body);
    }
    body.extend_from_slice(if atomic { b"],\"atomic\":true}" } else { b"],\"atomic\":false}" });
    body
}

/// Receipts and errors of a batch.
fn results(body: &[u8]) -> Result<Vec<Result<Receipt>>> {
    let mut answer: Value = serde_json::from_slice(body).map_err(|e| strange(&e.to_string()))?;
    let results = answer.get_mut("results").and_then(Value::as_array_mut).map(std::mem::take);
    let read = |result: Value| match result.get("error") {
        Some(error) => Ok(Err(error_of(error))),
        None => Receipt::from_json(result).map(Ok),
    };
    results.ok_or_else(|| strange("no results"))?.into_iter().map(read).collect()
}

impl Store for Remote {
    fn head(&self) -> Head {
        let hash = |hex: &str| Hash::from_hex(hex).unwrap_or_else(|_| ledger_proofs::empty_root());
        let status = self.status();
        Head {
            size: status.size,
            root: hash(&status.root),
            chain: *hash(&status.head).as_bytes(),
            time: status.time.as_deref().and_then(Timestamp::parse),
        }
    }

    fn entries(&self, from: u64, limit: usize) -> Result<Vec<Entry>> {
        if limit == 0 { Ok(Vec::new()) } else { self.pages("/v1/entries", from, limit) }
    }

    fn stream_len(&self, name: &str) -> Result<u64> {
        Ok(self.stream(name, 0, usize::MAX)?.len() as u64)
    }

    fn stream(&self, name: &str, from: u64, limit: usize) -> Result<Vec<u64>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        match self.pages(&format!("/v1/streams/{name}"), from, limit) {
            Ok(entries) => entries.iter().map(|e| e.parse().map(|leaf| leaf.sequence)).collect(),
            Err(e) if e.code == Code::NoSuchEntry => Ok(Vec::new()),
            Err(e) => Err(e),
        }
    }

    fn find(&self, _: &str) -> Result<Option<u64>> {
        Err(unserved())
    }

    fn nodes(&self, _: &[NodeId]) -> Result<Vec<Hash>> {
        Err(unserved())
    }

    fn append_batch(&mut self, _: &Head, _: &Batch) -> Result<Head> {
        Err(unserved())
    }

    fn publish(&mut self, _: &str, _: Reading) -> Result<()> {
        Err(unserved())
    }

    fn checkpoint(&self) -> Option<String> {
        Some(self.status().checkpoint.clone())
    }

    fn last_reading(&self) -> Option<Reading> {
        None
    }
}

/// What a server does not give away is asked of it by its own routes.
fn unserved() -> Error {
    Error::new(Code::ReadFailed, "a server gives entries and proofs, not the rows behind them")
}
