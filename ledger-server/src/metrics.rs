//! Figures of the server, as OpenMetrics text: `GET /metrics`.
//!
//! Not a log: no label has a value that a client can choose. Invariant: labels are routes, methods, statuses, codes and results, of which there
//! are a few dozen each. Source: OpenMetrics 1.0.

use crate::problem::Problem;
use crate::process;
use crate::state::Service;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use ledger_core::sequencer::queue::Turn;
use ledger_core::time::Reading;
use ledger_core::{Code, Error};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Media type of OpenMetrics text.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Entries of a tile: as many are taken into the database at once.
const TILE: u64 = ledger_proofs::TILE_WIDTH as u64;

type Level = Gauge<u64, AtomicU64>;
type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// What an answer was to.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    route: String,
    method: &'static str,
    status: u16,
}

/// What was asked.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Asked {
    route: String,
    method: &'static str,
}

/// Which row of the table of codes.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Coded {
    code: &'static str,
}

/// What became of an intent.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Became {
    result: &'static str,
}

/// From 100 µs to some 26 s.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(1e-4, 2.0, 19))
}

/// Counters and the like, and the registry that writes them.
pub struct Metrics {
    registry: Registry,
    appends: Family<Became, Counter>,
    rejections: Family<Coded, Counter>,
    commits: Counter,
    commit_entries: Histogram,
    commit_bytes: Histogram,
    commit_seconds: Histogram,
    /// From an intent's arrival in the queue to its answer.
    pub append_seconds: Histogram,
    queue_requests: Level,
    queue_bytes: Level,
    requests: Family<Answered, Counter>,
    request_seconds: Histograms<Asked>,
    problems: Family<Coded, Counter>,
    subscribers: Level,
    /// Subscribers that did not read.
    pub subscribers_dropped: Counter,
    connections: Level,
    log_entries: Level,
    database_lag: Level,
    memory: Level,
}

impl Metrics {
    /// Nothing has happened yet; it is this late.
    pub fn new(now: Reading) -> Self {
        let mut new = Self {
            registry: Registry::default(),
            appends: Family::default(),
            rejections: Family::default(),
            commits: Counter::default(),
            commit_entries: Histogram::new(exponential_buckets(1.0, 2.0, 13)),
            commit_bytes: Histogram::new(exponential_buckets(1024.0, 4.0, 8)),
            commit_seconds: seconds(),
            append_seconds: seconds(),
            queue_requests: Level::default(),
            queue_bytes: Level::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            problems: Family::default(),
            subscribers: Level::default(),
            subscribers_dropped: Counter::default(),
            connections: Level::default(),
            log_entries: Level::default(),
            database_lag: Level::default(),
            memory: Level::default(),
        };
        for result in ["accepted", "repeated"] {
            let _ = new.appends.get_or_create(&Became { result });
        }
        new.register_log();
        new.register_service();
        let started = Gauge::<f64, AtomicU64>::default();
        started.set(Duration::from_millis(u64::try_from(now.wall).unwrap_or_default()).as_secs_f64());
        new.add("process_start_time_seconds", "When the server started, in seconds since 1970", started);
        new
    }

    /// A counter's name is written with `_total` behind it.
    fn add(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.registry.register(name, help, metric);
    }

    fn register_log(&mut self) {
        let appends = self.appends.clone();
        self.add("ledger_appends", "Intents that became entries, or were entries before", appends);
        let rejections = self.rejections.clone();
        self.add("ledger_rejections", "Requests to append that were refused, by code", rejections);
        let commits = self.commits.clone();
        self.add("ledger_commits", "Commits, each with one sync", commits);
        let entries = self.commit_entries.clone();
        self.add("ledger_commit_entries", "Entries of a commit", entries);
        let bytes = self.commit_bytes.clone();
        self.add("ledger_commit_bytes", "Bytes of a commit", bytes);
        let stored = self.commit_seconds.clone();
        self.add("ledger_commit_seconds", "Time until a commit was durable, its sync included", stored);
        let append = self.append_seconds.clone();
        self.add("ledger_append_seconds", "Time from an append's arrival in the queue to its answer", append);
        let requests = self.queue_requests.clone();
        self.add("ledger_queue_requests", "Appends that wait", requests);
        let bytes = self.queue_bytes.clone();
        self.add("ledger_queue_bytes", "Bytes of the appends that wait", bytes);
        let size = self.log_entries.clone();
        self.add("ledger_log_entries", "Entries of the log", size);
        let lag = self.database_lag.clone();
        self.add("ledger_database_lag_entries", "Entries that are not in the database yet", lag);
    }

    fn register_service(&mut self) {
        let requests = self.requests.clone();
        self.add("ledger_http_requests", "Requests answered, by route, method and status", requests);
        let took = self.request_seconds.clone();
        self.add("ledger_http_request_seconds", "Time until a request was answered, by route", took);
        let problems = self.problems.clone();
        self.add("ledger_http_problems", "Requests answered with a problem, by code", problems);
        let subscribers = self.subscribers.clone();
        self.add("ledger_subscribers", "Subscribers now", subscribers);
        let dropped = self.subscribers_dropped.clone();
        self.add("ledger_subscribers_dropped", "Subscribers that did not read and were dropped", dropped);
        let connections = self.connections.clone();
        self.add("ledger_connections", "Connections now", connections);
        let memory = self.memory.clone();
        self.add("process_resident_memory_bytes", "Memory of the process", memory);
    }

    /// Takes in what a turn of the queue did.
    pub fn count(&self, turn: &Turn) {
        for (result, count) in [("accepted", turn.accepted), ("repeated", turn.repeated)] {
            self.appends.get_or_create(&Became { result }).inc_by(count as u64);
        }
        for commit in &turn.commits {
            self.commits.inc();
            self.commit_entries.observe(float(commit.entries));
            self.commit_bytes.observe(float(commit.bytes));
            self.commit_seconds.observe(commit.stored.as_secs_f64());
        }
        turn.refused.iter().for_each(|code| self.refused(*code));
    }

    /// Takes in a refused append.
    pub fn refused(&self, code: Code) {
        self.rejections.get_or_create(&Coded { code: code.row().code }).inc();
    }

    /// Takes in an answer.
    pub fn answered(
        &self,
        route: &str,
        method: &'static str,
        status: u16,
        took: Duration,
        code: Option<Code>,
    ) {
        let route = route.to_owned();
        self.requests.get_or_create(&Answered { route: route.clone(), method, status }).inc();
        self.request_seconds.get_or_create(&Asked { route, method }).observe(took.as_secs_f64());
        if let Some(code) = code {
            self.problems.get_or_create(&Coded { code: code.row().code }).inc();
        }
    }

    /// One more subscriber.
    pub fn listening(self: &Arc<Self>) -> Listening {
        self.subscribers.inc();
        Listening(Arc::clone(self))
    }

    /// One more connection.
    pub fn connected(self: &Arc<Self>) -> Connected {
        self.connections.inc();
        Connected(Arc::clone(self))
    }
}

/// A subscriber, while it is there.
pub struct Listening(Arc<Metrics>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.subscribers.dec();
    }
}

/// A connection, while it is there.
pub struct Connected(Arc<Metrics>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.dec();
    }
}

/// Figures of a commit are far below what a double counts exactly.
fn float(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::from(u32::MAX), f64::from)
}

/// `GET /metrics`: OpenMetrics text.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "server",
    responses((status = 200, description = "Figures", content((String = "application/openmetrics-text; version=1.0.0; charset=utf-8"))))
)]
pub async fn metrics(State(service): State<Arc<Service>>) -> Result<Response, Problem> {
    let metrics = service.metrics();
    let (requests, bytes) = service.waiting();
    metrics.queue_requests.set(requests as u64);
    metrics.queue_bytes.set(bytes as u64);
    let size = *service.growth().borrow();
    metrics.log_entries.set(size);
    metrics.database_lag.set(size.rem_euclid(TILE));
    metrics.memory.set(process::memory().unwrap_or_default());
    let mut body = String::new();
    let written = text::encode(&mut body, &metrics.registry);
    written.map_err(|e| Error::new(Code::OutputFailed, e.to_string()))?;
    Ok(([(header::CONTENT_TYPE, OPENMETRICS)], body).into_response())
}
