//! The ledger as handlers see it, and what it says of itself.
//!
//! Invariant: no handler holds the sequencer while it waits for a client.

use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use ledger_core::ledger::Ledger;
use ledger_core::rules::Registry;
use ledger_core::sequencer::queue::Bounds;
use ledger_core::sequencer::{Answer, Request, Sequencer};
use ledger_core::view::StatusView;
use ledger_core::{Code, Error};
use serde_json::{Value, json};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// One ledger that is served.
pub struct Service {
    ledger: Ledger,
    growth: watch::Receiver<u64>,
    registry: Arc<RwLock<Arc<Registry>>>,
    stop: CancellationToken,
}

fn gone() -> Error {
    Error::new(Code::Stopped, "the sequencer gave no answer")
}

impl Service {
    /// Serves this ledger until `stop`.
    ///
    /// # Errors
    /// `LG_204` when the system gives no thread.
    pub fn new(mut ledger: Ledger, bounds: Bounds, stop: CancellationToken) -> Result<Self, Error> {
        let (size, now) = {
            let sequencer = ledger.sequencer();
            (sequencer.store().head().size, sequencer.shared_registry())
        };
        let (grown, growth) = watch::channel(size);
        let registry = Arc::new(RwLock::new(now));
        let latest = Arc::clone(&registry);
        ledger.start_queue(
            bounds,
            Box::new(move |sequencer| {
                // Before anyone hears that a token was revoked, it is.
                *latest.write().unwrap_or_else(PoisonError::into_inner) = sequencer.shared_registry();
                grown.send_replace(sequencer.store().head().size);
            }),
        )?;
        Ok(Self { ledger, growth, registry, stop })
    }

    /// The number of entries, as it grows.
    pub fn growth(&self) -> watch::Receiver<u64> {
        self.growth.clone()
    }

    /// The registry as of the last commit, without waiting for the one that is on its way.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The ledger that is served.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Comes when the server stops.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }

    /// Appends, waiting for the commit without holding a thread.
    ///
    /// # Errors
    /// The code of whatever refused it.
    pub async fn submit(&self, request: Request) -> Answer {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        // A caller that went away has its answer in the log.
        self.ledger.submit_then(request, Box::new(move |answer| drop(sender.send(answer))))?;
        receiver.await.map_err(|_| gone())?
    }

    /// Asks the writer something, on a thread where that may take a while.
    ///
    /// # Errors
    /// As the question.
    pub async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&mut Sequencer) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let service = Arc::clone(self);
        let asked = tokio::task::spawn_blocking(move || question(&mut service.ledger.sequencer()));
        asked.await.map_err(|_| gone())?
    }
}

/// `GET /healthz`: the process answers.
pub async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// `GET /readyz`: appends would be taken.
pub async fn readyz(State(service): State<Arc<Service>>) -> Result<Json<Value>, Problem> {
    service.ask(|s| s.check_running()).await?;
    Ok(Json(json!({ "status": "ready" })))
}

/// `GET /v1/status`: what `ledger status --json` gives.
pub async fn status(State(service): State<Arc<Service>>) -> Result<Json<StatusView>, Problem> {
    Ok(Json(service.ask(|s| StatusView::of(s.store(), s.registry(), s.log().log_id)).await?))
}
