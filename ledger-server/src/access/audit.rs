//! What the policy wants recorded of access: each reading before it is answered, each refusal soon after.
//!
//! Invariant: while the policy asks for it, no evidence is given whose reading is not in the log. Equal requests that wait for the same
//! commit are counted in one entry. Source: DESIGN.md §9, DOMAIN.md §2.

use crate::state::Service;
use axum::http::Method;
use ledger_core::event::Event;
use ledger_core::event::body::access::{AccessOutcome, AccessRecord};
use ledger_core::intent::Intent;
use ledger_core::names::{Gid, Stream};
use ledger_core::rules::access::{Holder, NOBODY};
use ledger_core::sequencer::Request;
use ledger_core::{Code, Error, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// Where records stand.
const STREAM: &str = "access";
/// Most different records that wait; readers beyond that are told to ask again, refusals are not recorded.
const MOST: usize = 4_096;
/// Refusals of so long are counted together.
const WINDOW: Duration = Duration::from_secs(1);

/// What a request asked for.
pub struct Deed {
    /// Method.
    pub method: Method,
    /// Route.
    pub route: String,
}

type Waiter = oneshot::Sender<Result<()>>;

#[derive(Default)]
struct Pending(BTreeMap<AccessRecord, (u64, Vec<Waiter>)>);

struct Shared {
    pending: Mutex<Pending>,
    arrived: Notify,
    service: Arc<Service>,
}

/// The records that wait to be written, and whoever writes them.
pub struct Audit(Arc<Shared>);

impl Audit {
    /// Starts writing; ends with the service.
    #[must_use]
    pub fn start(service: Arc<Service>) -> Self {
        let shared = Arc::new(Shared { pending: Mutex::default(), arrived: Notify::new(), service });
        tokio::spawn(write(Arc::clone(&shared)));
        Self(shared)
    }

    /// Records, if the policy asks for it, and waits until it is in the log.
    ///
    /// # Errors
    /// `LG_204` when too much waits, and what kept it from being written.
    pub async fn record(&self, deed: &Deed, holder: &Holder, outcome: AccessOutcome) -> Result<()> {
        if !self.0.service.registry().policy().audit_reads {
            return Ok(());
        }
        let (sender, receiver) = oneshot::channel();
        self.0.push(record(deed, Some(holder), outcome, None)?, Some(sender))?;
        receiver.await.map_err(|_| Error::new(Code::Stopped, "the server is stopping"))?
    }

    /// Records a refusal, if the policy asks for it.
    pub fn refused(&self, deed: &Deed, holder: Option<&Holder>, code: Code) {
        if self.0.service.registry().policy().audit_refusals
            && let Ok(record) = record(deed, holder, AccessOutcome::Refused, Some(code))
        {
            // What does not fit any more is of somebody who was refused thousands of times in this second.
            let _ = self.0.push(record, None);
        }
    }
}

fn record(
    deed: &Deed,
    holder: Option<&Holder>,
    outcome: AccessOutcome,
    code: Option<Code>,
) -> Result<AccessRecord> {
    Ok(AccessRecord {
        code: code.map(|c| c.row().code.to_owned()),
        count: 0,
        gid: Gid::new(holder.map_or(NOBODY, |h| &h.gid))?,
        method: deed.method.as_str().to_owned(),
        outcome,
        route: deed.route.clone(),
        token_id: holder.and_then(|h| h.ids.first().cloned()),
    })
}

impl Shared {
    fn push(&self, record: AccessRecord, waiter: Option<Waiter>) -> Result<()> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.0.len() >= MOST && !pending.0.contains_key(&record) {
            return Err(Error::new(Code::Busy, "too many readings wait to be recorded"));
        }
        let (count, waiters) = pending.0.entry(record).or_default();
        *count = count.saturating_add(1);
        waiters.extend(waiter);
        drop(pending);
        self.arrived.notify_one();
        Ok(())
    }

    fn take(&self) -> Pending {
        std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn anybody_waits(&self) -> bool {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.0.values().any(|(_, waiters)| !waiters.is_empty())
    }
}

/// Writes what waits, all of it in one request, until the server stops.
async fn write(shared: Arc<Shared>) {
    loop {
        tokio::select! {
            () = shared.arrived.notified() => {}
            () = shared.service.stopping() => {
                commit(&shared).await;
                return;
            }
        }
        let window = tokio::time::sleep(WINDOW);
        tokio::pin!(window);
        while !shared.anybody_waits() {
            tokio::select! {
                () = &mut window => break,
                () = shared.arrived.notified() => {}
                () = shared.service.stopping() => break,
            }
        }
        commit(&shared).await;
    }
}

async fn commit(shared: &Shared) {
    let (mut intents, mut waiting) = (Vec::new(), Vec::new());
    for (record, (count, waiters)) in shared.take().0 {
        waiting.extend(waiters);
        let actor = record.gid.clone();
        let event = Event::AccessRecorded(AccessRecord { count, ..record });
        if let Ok(intent) = Stream::new(STREAM).and_then(|stream| Intent::of_the_log(event, actor, stream)) {
            intents.push(intent);
        }
    }
    if intents.is_empty() {
        return;
    }
    let answer = shared.service.submit(Request::new(intents).without_proofs()).await.map(|_| ());
    for waiter in waiting {
        // Whoever went away reads nothing.
        let _ = waiter.send(answer.clone());
    }
}
