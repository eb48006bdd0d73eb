//! The log of a server as a store: its entries and streams by the API, its tree by the tiles of the static log.
//!
//! Invariant: nothing is appended here, and no node is trusted: whoever makes a proof of them checks it against the signed root.

use super::{Remote, strange};
use ledger_core::entry::{Entry, event_json};
use ledger_core::json;
use ledger_core::store::{Batch, Head, Store};
use ledger_core::time::{Reading, Timestamp};
use ledger_core::view::Wanted;
use ledger_core::{Code, Error, Result};
use ledger_proofs::{Hash, NodeId, TileHashes, TileId, TilePath};
use std::collections::HashMap;
use std::sync::PoisonError;

/// Entries that are asked for at once.
pub(super) const PAGE: usize = 1_000;
/// Tiles that are kept, 16 KiB each.
const CACHED: usize = 256;

/// Tiles of hashes that were fetched.
pub(super) type Tiles = HashMap<TileId, TileHashes>;

/// The query for entries that are wanted.
pub(super) fn query(wanted: &Wanted, from: u64, limit: usize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("from", &from.to_string()).append_pair("limit", &limit.clamp(1, PAGE).to_string());
    let time = |time: Option<Timestamp>| time.map(|t| t.to_string());
    for (name, value) in [
        ("id", wanted.id.clone()),
        ("stream", wanted.pac.clone().or_else(|| wanted.stream.clone())),
        ("type", wanted.event_type.clone()),
        ("actor", wanted.actor.clone()),
        ("since", time(wanted.since)),
        ("until", time(wanted.until)),
        ("text", wanted.text.clone()),
    ] {
        if let Some(value) = value {
            query.append_pair(name, &value);
        }
    }
    query.finish()
}

/// A page of entries.
pub(super) struct Page {
    pub(super) entries: Vec<Entry>,
    /// Where the following one begins.
    pub(super) next: Option<u64>,
    /// How many there are in the log, or in the stream.
    size: u64,
}

impl Remote {
    /// A page of entries.
    pub(super) fn page(&self, path: &str, query: &str) -> Result<Page> {
        let body = self.client.get(&format!("{path}?{query}"))?;
        let value = json::parse(&body).map_err(|e| strange(&e.describe(&body)))?;
        let list =
            value.get("entries").and_then(json::Value::as_array).ok_or_else(|| strange("no entries"))?;
        let entries = list.iter().map(|e| event_json::read(e.source(&body))).collect::<Result<_>>()?;
        let number = |name| value.get(name).and_then(json::Value::as_u64);
        let size = number("size").ok_or_else(|| strange("no size"))?;
        Ok(Page { entries, next: number("next"), size })
    }

    fn pages(&self, path: &str, from: u64, limit: usize) -> Result<Vec<Entry>> {
        let (mut all, mut next) = (Vec::new(), Some(from));
        while let Some(from) = next
            && all.len() < limit
        {
            let query = query(&Wanted::default(), from, limit.saturating_sub(all.len()));
            let page = self.page(path, &query)?;
            all.extend(page.entries);
            next = page.next;
        }
        Ok(all)
    }

    /// A node of the tree of this size.
    fn node(&self, node: NodeId, size: u64) -> Result<Hash> {
        let (id, missing) = (TileId::containing(node), || strange("a tile without the node"));
        let width = id.width_in(size);
        let mut tiles = self.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tile) = tiles.get(&id).filter(|tile| tile.width() >= width) {
            return tile.node(id, node).ok_or_else(missing);
        }
        let malformed = |e: ledger_proofs::TileError| strange(&e.to_string());
        let path = TilePath::hashes(id, width).map_err(malformed)?;
        let bytes = self.client.get(&format!("/log/{path}"))?;
        let tile = TileHashes::from_bytes(&bytes, width).map_err(malformed)?;
        if tiles.len() >= CACHED {
            tiles.clear();
        }
        tiles.entry(id).insert_entry(tile).get().node(id, node).ok_or_else(missing)
    }
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
        let size = self.head().size;
        let left = usize::try_from(size.saturating_sub(from)).unwrap_or(limit);
        self.pages("/v1/entries", from, limit.min(left))
    }

    fn stream_len(&self, name: &str) -> Result<u64> {
        let query = query(&Wanted::default(), 0, 1);
        match self.page(&format!("/v1/streams/{name}"), &query) {
            Ok(page) => Ok(page.size),
            Err(e) if e.code == Code::NoSuchEntry => Ok(0),
            Err(e) => Err(e),
        }
    }

    fn stream(&self, name: &str, from: u64, limit: usize) -> Result<Vec<u64>> {
        match self.pages(&format!("/v1/streams/{name}"), from, limit) {
            Ok(entries) => entries.iter().map(|e| e.parse().map(|leaf| leaf.sequence)).collect(),
            Err(e) if e.code == Code::NoSuchEntry => Ok(Vec::new()),
            Err(e) => Err(e),
        }
    }

    fn find(&self, id: &str) -> Result<Option<u64>> {
        let wanted = Wanted { id: Some(id.to_owned()), ..Wanted::default() };
        let page = self.page("/v1/entries", &query(&wanted, 0, 1))?;
        page.entries.first().map(|e| e.parse().map(|leaf| leaf.sequence)).transpose()
    }

    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>> {
        let size = self.head().size;
        ids.iter().map(|id| self.node(*id, size)).collect()
    }

    fn append_batch(&mut self, _: &Head, _: &Batch) -> Result<Head> {
        Err(not_here())
    }

    fn publish(&mut self, _: &str, _: Reading) -> Result<()> {
        Err(not_here())
    }

    fn checkpoint(&self) -> Option<String> {
        Some(self.status().checkpoint.clone())
    }

    fn last_reading(&self) -> Option<Reading> {
        None
    }
}

/// What is appended goes to the server as intents; entries are made there.
fn not_here() -> Error {
    Error::new(Code::ReadOnly, "a server takes intents, not entries")
}
