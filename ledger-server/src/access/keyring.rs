//! Tokens that were verified before: a signature is checked once, whatever is asked with it afterwards.
//!
//! Not here: whether a token is still good, which is asked of the registry each time. Invariant: what is kept is found by the hash of the
//! whole token; the token itself is not kept. Source: DESIGN.md §8 ("cache verified tokens").

use ledger_core::Result;
use ledger_core::ledger::Ledger;
use ledger_core::token::{Admission, TokenKey};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Most tokens that are remembered; beyond it all are forgotten and verified again.
const MOST: usize = 4_096;

/// The key that tokens are verified with, and what it verified.
pub struct Keyring {
    key: TokenKey,
    log_id: String,
    known: Mutex<HashMap<[u8; 32], Arc<Admission>>>,
}

impl Keyring {
    /// That of this ledger.
    ///
    /// # Errors
    /// `LG_126`, `LG_127` without the log's key.
    pub fn new(ledger: &Ledger) -> Result<Self> {
        let log_id = ledger.sequencer().log().log_id.map(|id| id.to_hex()).unwrap_or_default();
        Ok(Self { key: ledger.token_key()?, log_id, known: Mutex::default() })
    }

    /// Checks the signatures of a token, or remembers that they hold.
    ///
    /// # Errors
    /// `LG_610` when it is none of this ledger.
    pub fn admit(&self, token: &str) -> Result<Arc<Admission>> {
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(admission) = lock().get(&hash) {
            return Ok(Arc::clone(admission));
        }
        let admission = Arc::new(self.key.admit(token, &self.log_id)?);
        let mut known = lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(hash, Arc::clone(&admission));
        Ok(admission)
    }
}
