//! The records that a chain rests on, read again: are they what was signed, by whom, and are they in the log.
//!
//! Invariant: a record that was found good is not looked at again, because an entry never changes; whether a grant was revoked is no part of
//! that, and is asked each time. Source: docs/format.md §§4, 9; DOMAIN.md §9.

use crate::codes::Code;
use crate::entry::{Entry, commitment, signature};
use crate::error::{Error, Result};
use crate::key::PublicKey;
use crate::ledger::read;
use crate::rules::Registry;
use crate::rules::registry::{Actor, ActorKey};
use crate::rules::trust::{Grant, Tree};
use crate::store::Store;
use ledger_proofs::Hash;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

/// What stands before the leaf hashes of a chain when they are hashed.
const CHAIN: &[u8] = b"ledger/trust-chain/v1\0";
/// Most leaf hashes that are kept for a moment.
const MOST_READ: usize = 1_024;
/// Most records that are remembered as good.
const MOST: usize = 1 << 20;

/// Where records are read, and which were found good before.
pub struct Records<'a> {
    store: &'a dyn Store,
    /// Leaf hashes of what was read a moment ago: the chain's hash is asked for next.
    read: RefCell<BTreeMap<u64, Hash>>,
    good: Option<&'a Good>,
}

/// Records that were found good, with their leaf hashes; bounded.
#[derive(Debug, Default)]
pub struct Good(Mutex<HashMap<u64, Hash>>);

/// Proof that a record is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordProof {
    /// The entry.
    pub sequence: u64,
    /// Its RFC 6962 leaf hash, hex.
    pub leaf_hash: String,
    /// Size of the tree.
    pub size: u64,
    /// Hashes from the leaf to the root, hex.
    pub inclusion_proof: Vec<String>,
}

impl<'a> Records<'a> {
    /// Reads from this store, and remembers nothing.
    #[must_use]
    pub fn new(store: &'a dyn Store) -> Self {
        Self { store, read: RefCell::default(), good: None }
    }

    /// The same, remembering which records were found good.
    #[must_use]
    pub fn remembering(store: &'a dyn Store, good: &'a Good) -> Self {
        Self { store, read: RefCell::default(), good: Some(good) }
    }

    /// Why a grant's records are not what their authors signed; empty when they are.
    ///
    /// # Errors
    /// As the store says.
    pub fn signatures(&self, grant: &Grant, registry: &Registry) -> Result<Vec<Error>> {
        let mut wrong = Vec::new();
        for sequence in records_of(grant) {
            if self.known(sequence).is_some() {
                continue;
            }
            match self.store.entries(sequence, 1)?.pop() {
                Some(entry) => match signed(sequence, &entry, registry) {
                    Ok(()) => self.remember(sequence, &entry),
                    Err(e) => wrong.push(e.at(sequence)),
                },
                None => wrong
                    .push(Error::new(Code::FindMissing, format!("entry {sequence} is missing")).at(sequence)),
            }
        }
        Ok(wrong)
    }

    /// Proof that each record of a grant is in the log that was signed.
    ///
    /// # Errors
    /// `LG_203` when one is not; as the store says.
    pub fn proofs(&self, grant: &Grant) -> Result<Vec<RecordProof>> {
        records_of(grant).map(|sequence| self.proof(sequence)).collect()
    }

    /// Proof that an entry is in the log that was signed.
    ///
    /// # Errors
    /// As [`proofs`](Self::proofs).
    pub fn proof(&self, sequence: u64) -> Result<RecordProof> {
        let (entry, proof, _) = read::prove_inclusion(self.store, sequence)?;
        Ok(RecordProof {
            sequence,
            leaf_hash: entry.leaf_hash().to_hex(),
            size: proof.size,
            inclusion_proof: proof.hashes.iter().map(Hash::to_hex).collect(),
        })
    }

    /// An entry, whose signature holds.
    ///
    /// # Errors
    /// `LG_306`, `LG_304`; as the store says.
    pub fn signed_entry(&self, sequence: u64, registry: &Registry) -> Result<Entry> {
        let entry = read::entry(self.store, sequence)?;
        signed(sequence, &entry, registry).map_err(|e| e.at(sequence))?;
        Ok(entry)
    }

    /// SHA-256 over the leaf hashes of the records of a grant and all that it rests on, hex; `None` when one is missing.
    ///
    /// # Errors
    /// As the store says.
    pub fn chain_hash(&self, tree: &Tree, at: usize) -> Result<Option<String>> {
        let mut hash = Sha256::new_with_prefix(CHAIN);
        for (_, grant) in tree.chain(at) {
            for sequence in records_of(grant) {
                let read = self.read.borrow().get(&sequence).copied();
                let leaf = match read.or_else(|| self.known(sequence)) {
                    Some(leaf) => leaf,
                    None => match self.store.entries(sequence, 1)?.pop() {
                        Some(entry) => entry.leaf_hash(),
                        None => return Ok(None),
                    },
                };
                hash.update(leaf.as_bytes());
            }
        }
        Ok(Some(hex::encode(hash.finalize())))
    }

    fn known(&self, sequence: u64) -> Option<Hash> {
        let good = self.good.and_then(|good| good.0.lock().ok())?;
        good.get(&sequence).copied()
    }

    fn remember(&self, sequence: u64, entry: &Entry) {
        let leaf = entry.leaf_hash();
        let mut read = self.read.borrow_mut();
        if read.len() >= MOST_READ {
            read.clear();
        }
        read.insert(sequence, leaf);
        if let Some(mut good) = self.good.and_then(|good| good.0.lock().ok()) {
            if good.len() >= MOST {
                good.clear();
            }
            good.insert(sequence, leaf);
        }
    }
}

/// Entries that say what a grant is.
pub fn records_of(grant: &Grant) -> impl Iterator<Item = u64> {
    std::iter::once(grant.since.sequence).chain(grant.amended.iter().copied())
}

/// Whether an entry is what its actor signed, by a key that was theirs at its place.
fn signed(sequence: u64, entry: &Entry, registry: &Registry) -> Result<()> {
    let leaf = entry.parse()?;
    let forged =
        |why: &str| Error::new(Code::FindSignature, format!("entry {sequence}, by {}: {why}", leaf.actor));
    if leaf.sequence != sequence {
        return Err(Error::new(
            Code::FindSequence,
            format!("entry {sequence} says that it is {}", leaf.sequence),
        ));
    }
    if commitment::data_hash(&entry.data.salt, &entry.data.bytes) != leaf.data_hash {
        return Err(Error::new(
            Code::FindData,
            format!("the data of entry {sequence} is not what was signed"),
        ));
    }
    let Some(id) = leaf.key_id else { return Err(forged("it is not signed")) };
    let key = registry.actor(leaf.actor).and_then(|actor| key_at(actor, &id, sequence));
    let key = key.ok_or_else(|| forged("the key was not theirs there"))?;
    if signature::verifies(&leaf, key) { Ok(()) } else { Err(forged("the signature does not verify")) }
}

/// The key that an actor signed with at a place of the log.
fn key_at<'a>(actor: &'a Actor, id: &[u8; 32], sequence: u64) -> Option<&'a PublicKey> {
    let held = |k: &&ActorKey| {
        k.key.id() == id && k.since <= sequence && k.until.is_none_or(|until| sequence < until)
    };
    actor.keys.iter().find(held).map(|k| &k.key)
}
