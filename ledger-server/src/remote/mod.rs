//! A ledger behind its server, in the words of one that is at hand: entries are read, intents are appended.
//!
//! `store` reads it as any store is read, `export` as a whole. State machines are replayed here, from the entries: the server gives bytes, not opinions. Invariant: what cannot be had this way is
//! an error, never a guess.

mod export;
mod store;

use crate::client::{Address, Client, error_of};
use crate::socket::SOCKET;
pub use export::Export;
use ledger_core::intent::{Intent, LogName};
use ledger_core::names::Origin;
use ledger_core::sequencer::{Answer, Receipt, Request};
use ledger_core::view::StatusView;
use ledger_core::{Code, Error, Result};
use ledger_proofs::Hash;
use serde_json::Value;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::Tiles;

/// The ledger that a server serves.
pub struct Remote {
    client: Client,
    /// As of the last look.
    status: Mutex<StatusView>,
    tiles: Mutex<Tiles>,
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
        Self::over(client).map(Some)
    }

    /// The ledger that the server of this address serves.
    ///
    /// # Errors
    /// `LG_106` for an address that is none, or would get the token in clear text; `LG_105` without certificates; and as the server says.
    pub fn at(address: &Address) -> Result<Self> {
        Self::over(Client::to(address)?)
    }

    fn over(client: Client) -> Result<Self> {
        let status = Mutex::new(look(&client)?);
        Ok(Self { client, status, tiles: Mutex::default() })
    }

    /// RFC 6962 leaf hash of the genesis entry, as the server says.
    ///
    /// # Errors
    /// `LG_208` when it names no log.
    pub fn log_id(&self) -> Result<Hash> {
        Hash::from_hex(&self.status().logid).map_err(|e| strange(&e.to_string()))
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

    /// Looks again how far the log is.
    ///
    /// # Errors
    /// As the server says.
    pub fn refresh(&self) -> Result<()> {
        *self.status() = look(&self.client)?;
        Ok(())
    }

    fn status(&self) -> MutexGuard<'_, StatusView> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a batch, and looks how far the log is then.
    fn append(&self, expect: Option<u64>, intents: &[Intent], atomic: bool) -> Result<Vec<Result<Receipt>>> {
        let answer = self.client.post("/v1/append/batch", expect, batch(intents, atomic));
        self.refresh()?;
        results(&answer?)
    }

    /// What signatures are bound to.
    ///
    /// # Errors
    /// `LG_208` when the server names no log.
    pub fn log(&self) -> Result<LogName> {
        let log_id = self.log_id()?;
        Ok(LogName { origin: Origin::new(self.status().origin.clone())?, log_id: Some(log_id) })
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
