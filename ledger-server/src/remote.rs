//! A ledger behind its server, in the words of one that is at hand: entries are read, intents are appended.
//!
//! State machines are replayed here, from the entries: the server gives bytes, not opinions. Invariant: what cannot be had this way is
//! an error, never a guess.

use crate::client::{Address, Client, error_of};
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
use std::io::{Cursor, Read};
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

    /// The ledger that the server of this address serves.
    ///
    /// # Errors
    /// `LG_106` for an address that is none, or would get the token in clear text; `LG_105` without certificates; and as the server says.
    pub fn at(address: &Address) -> Result<Self> {
        let client = Client::to(address)?;
        let status = Mutex::new(look(&client)?);
        Ok(Self { client, status })
    }

    /// A link that opens a session of the holder of this token in a browser, once.
    ///
    /// # Errors
    /// `LG_600` when the server is not on the network, and as the server says.
    pub fn link(&self, token: &str) -> Result<String> {
        let body = serde_json::json!({ "token": token }).to_string();
        let answer = self.client.post("/v1/session/codes", None, body)?;
        let answer: Value = serde_json::from_slice(&answer).map_err(|e| strange(&e.to_string()))?;
        let url = answer.get("url").and_then(Value::as_str).map(str::to_owned);
        url.ok_or_else(|| {
            Error::new(Code::CannotListen, "the server has no address on the network for a browser")
                .hint("start it with `ledger serve --listen 127.0.0.1:7420`")
        })
    }

    /// The log as lines of event JSON, as far as it went at the last look, read from the server as they are taken.
    pub fn export(&self) -> Export<'_> {
        Export { remote: self, next: 0, size: self.status().size, lines: Cursor::default() }
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

/// The log as lines.
pub struct Export<'a> {
    remote: &'a Remote,
    next: u64,
    size: u64,
    lines: Cursor<Vec<u8>>,
}

impl Export<'_> {
    /// The next page, as lines.
    fn turn(&mut self) -> Result<()> {
        let limit = usize::try_from(self.size.saturating_sub(self.next)).unwrap_or(PAGE).min(PAGE);
        let body = self.remote.client.get(&format!("/v1/entries?from={}&limit={limit}", self.next))?;
        let value = json::parse(&body).map_err(|e| strange(&e.describe(&body)))?;
        let list = value.get("entries").and_then(json::Value::as_array).filter(|l| !l.is_empty());
        let mut lines = Vec::with_capacity(body.len());
        for entry in list.ok_or_else(|| strange("a page without entries"))? {
            lines.extend_from_slice(entry.source(&body));
            lines.push(b'\n');
            self.next = self.next.saturating_add(1);
        }
        self.lines = Cursor::new(lines);
        Ok(())
    }
}

impl Read for Export<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.lines.read(into)?;
        if count > 0 || self.next >= self.size {
            return Ok(count);
        }
        self.turn().map_err(std::io::Error::other)?;
        self.lines.read(into)
    }
}
