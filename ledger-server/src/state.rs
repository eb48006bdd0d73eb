//! The ledger as handlers see it, and what it says of itself.
//!
//! Invariant: no handler holds the sequencer while it waits for a client.

use crate::follow::Tail;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::projection::Followed;
use crate::reader::Reader;
use crate::verifications::Jobs;
use axum::Json;
use axum::extract::State;
use ledger_core::ledger::{Ledger, Naming};
use ledger_core::rules::Registry;
use ledger_core::sequencer::queue::{Bounds, Delivery, deliver};
use ledger_core::sequencer::{Answer, Request, Sequencer};
use ledger_core::trust::Good;
use ledger_core::view::StatusView;
use ledger_core::{Code, Error};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, MutexGuard, PoisonError, RwLock};
use std::time::Instant;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// Long readings that run at a time; more wait for their turn.
const READINGS: usize = 4;

/// One ledger that is served.
pub struct Service {
    ledger: Ledger,
    growth: watch::Receiver<u64>,
    registry: Arc<RwLock<Arc<Registry>>>,
    stop: CancellationToken,
    metrics: Arc<Metrics>,
    naming: Naming,
    jobs: Jobs,
    tail: Tail,
    readings: Arc<Semaphore>,
    followed: Followed,
    good: Good,
}

/// Callers are woken by one task where they run: to wake each of them from the sequencer's thread would be a system call each.
fn delivery() -> Delivery {
    let runtime = Handle::try_current().ok();
    Box::new(move |answers| match &runtime {
        Some(runtime) => drop(runtime.spawn(async { deliver(answers) })),
        None => deliver(answers),
    })
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
        let naming = Naming::default();
        let metrics = Arc::new(Metrics::new(naming.now()));
        let counted = Arc::clone(&metrics);
        ledger.start_queue(
            bounds,
            Box::new(move |turn| {
                // Before anyone hears that a token was revoked, it is.
                *latest.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&turn.registry);
                counted.count(turn);
                grown.send_replace(turn.size);
            }),
            delivery(),
        )?;
        Ok(Self {
            ledger,
            growth,
            registry,
            stop,
            metrics,
            naming,
            jobs: Jobs::default(),
            tail: Tail::default(),
            readings: Arc::new(Semaphore::new(READINGS)),
            followed: Followed::default(),
            good: Good::default(),
        })
    }

    /// Figures of what it does.
    pub const fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Fresh names for requests and jobs.
    pub const fn naming(&self) -> &Naming {
        &self.naming
    }

    /// Verifications that run or have run.
    pub const fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// The entries that came last, for all who follow the log.
    pub const fn tail(&self) -> &Tail {
        &self.tail
    }

    /// How much waits to be appended: requests, and bytes.
    pub fn waiting(&self) -> (usize, usize) {
        self.ledger.waiting()
    }

    /// Where the ledger is.
    pub fn directory(&self) -> &Path {
        &self.ledger.location().dir
    }

    /// The writer; whoever waits for it waits for a commit at most.
    pub(crate) fn sequencer(&self) -> MutexGuard<'_, Sequencer> {
        self.ledger.sequencer()
    }

    /// What the log comes to, as far as it was followed.
    pub(crate) const fn followed(&self) -> &Followed {
        &self.followed
    }

    /// Records whose signatures were found good.
    pub(crate) const fn good(&self) -> &Good {
        &self.good
    }

    /// Cancelled when the server stops.
    pub(crate) const fn stop(&self) -> &CancellationToken {
        &self.stop
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

    /// Whether the server stops.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Appends, waiting for the commit without holding a thread.
    ///
    /// # Errors
    /// The code of whatever refused it.
    pub async fn submit(&self, request: Request) -> Answer {
        let begun = Instant::now();
        let (sender, receiver) = tokio::sync::oneshot::channel();
        // A caller that went away has its answer in the log.
        self.ledger
            .submit_then(request, Box::new(move |answer| drop(sender.send(answer))))
            .inspect_err(|e| self.metrics.refused(e.code))?;
        let answer = receiver.await.map_err(|_| gone())?;
        self.metrics.append_seconds.observe(begun.elapsed().as_secs_f64());
        answer
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

impl Service {
    /// Looks at the log as it is now, an entry or a page of it, without holding the writer meanwhile.
    ///
    /// # Errors
    /// As the question; `LG_210` when nobody waits for the answer any more.
    pub async fn look<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Reader) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        // Dropped with this future: a reading that nobody waits for ends at its next look into the log.
        let waited_for = CancellationToken::new();
        let ends = waited_for.clone().drop_guard();
        let service = Arc::clone(self);
        let asked = tokio::task::spawn_blocking(move || question(&Reader::new(service, waited_for)));
        let answer = asked.await.map_err(|_| gone())?;
        drop(ends);
        answer
    }

    /// Reads at length; few at a time, the others wait for their turn.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Reader) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = Arc::clone(&self.readings).acquire_owned().await.map_err(|_| gone())?;
        self.look(move |reader| {
            let answer = question(reader);
            drop(turn);
            answer
        })
        .await
    }
}

/// `GET /healthz`: the process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "server",
    responses((status = 200, description = "The process answers", body = ref("#/components/schemas/Word")))
)]
pub async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// `GET /readyz`: appends would be taken.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "server",
    responses((status = 200, description = "Appends would be taken", body = ref("#/components/schemas/Word")))
)]
pub async fn readyz(State(service): State<Arc<Service>>) -> Result<Json<Value>, Problem> {
    service.ask(|s| s.check_running()).await?;
    Ok(Json(json!({ "status": "ready" })))
}

/// `GET /v1/status`: what `ledger status --json` gives.
#[utoipa::path(
    get,
    path = "/v1/status",
    tag = "log",
    responses((status = 200, description = "What the ledger is and how far it goes", body = ref("#/components/schemas/StatusView")))
)]
pub async fn status(State(service): State<Arc<Service>>) -> Result<Json<StatusView>, Problem> {
    Ok(Json(service.ask(|s| StatusView::of(s.store(), s.registry(), s.log().log_id)).await?))
}
