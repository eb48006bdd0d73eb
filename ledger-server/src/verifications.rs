//! Verification as a job: started, watched, ended; it reads the ledger's files as `ledger verify` does, beside the writer.
//!
//! Not a second verifier, and nothing that the log remembers. Invariant: at most two run at a time, the last sixteen are kept, and none outlives
//! the server.

use crate::append::whole;
use crate::problem::{Body, Problem};
use crate::state::Service;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger_core::names::Key;
use ledger_core::verify::{self, Options};
use ledger_core::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Jobs that run at a time.
const AT_ONCE: usize = 2;
/// Jobs that are remembered.
const KEPT: usize = 16;
/// Bytes of a remembered checkpoint.
const CHECKPOINT: usize = 1 << 20;

/// What a verification is to be told.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// A checkpoint that somebody remembered: the log must agree with it.
    checkpoint: Option<String>,
}

/// One verification.
struct Job {
    id: Key,
    cancel: CancellationToken,
    entries: AtomicU64,
    size: AtomicU64,
    state: Mutex<Outcome>,
}

/// What became of it so far.
enum Outcome {
    Running,
    /// Its report.
    Done(Value),
    /// It could not be carried out.
    Failed(Value),
}

#[derive(Serialize)]
struct Progress {
    entries: u64,
    size: u64,
}

/// A job as it is shown.
#[derive(Serialize)]
struct View {
    id: Key,
    state: &'static str,
    progress: Progress,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Job {
    fn is_running(&self) -> bool {
        matches!(*lock(&self.state), Outcome::Running)
    }

    /// As it is shown; a report may be long, and is left out of lists.
    fn view(&self, whole: bool) -> View {
        let (state, report, error) = match &*lock(&self.state) {
            Outcome::Running => ("running", None, None),
            Outcome::Done(report) => ("done", whole.then(|| report.clone()), None),
            Outcome::Failed(error) => ("failed", None, Some(error.clone())),
        };
        let progress = Progress {
            entries: self.entries.load(Ordering::Relaxed),
            size: self.size.load(Ordering::Relaxed),
        };
        View { id: self.id.clone(), state, progress, report, error }
    }

    /// Verifies, on a thread that may be held.
    fn run(self: &Arc<Self>, service: &Service, wanted: Wanted, _running: &OwnedSemaphorePermit) {
        let told = Arc::clone(self);
        let options = Options {
            // The server's other work goes on beside it.
            threads: 1,
            checkpoints: wanted.checkpoint.into_iter().collect(),
            progress: Some(Arc::new(move |step| {
                told.entries.store(step.entries, Ordering::Relaxed);
                told.size.store(step.size, Ordering::Relaxed);
                !told.cancel.is_cancelled()
            })),
            ..Options::default()
        };
        let report = verify::verify_directory(service.directory(), &options).and_then(|report| {
            self.entries.store(report.size, Ordering::Relaxed);
            serde_json::to_value(report).map_err(|e| Error::new(Code::OutputFailed, e.to_string()))
        });
        let (entries, code) =
            (self.entries.load(Ordering::Relaxed), report.as_ref().err().map(|e| e.code.row().code));
        tracing::info!(job = self.id.as_str(), entries, code, "a verification ended");
        let failed = |e: &Error| serde_json::to_value(Body::of(e)).unwrap_or_default();
        *lock(&self.state) = report.map_or_else(|e| Outcome::Failed(failed(&e)), Outcome::Done);
    }
}

/// The last jobs, the newest behind.
pub struct Jobs {
    kept: Mutex<VecDeque<Arc<Job>>>,
    running: Arc<Semaphore>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { kept: Mutex::default(), running: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Jobs {
    fn keep(&self, job: &Arc<Job>) {
        let mut kept = lock(&self.kept);
        // Fewer run than are kept: there is one that has ended.
        if kept.len() >= KEPT
            && let Some(at) = kept.iter().position(|j| !j.is_running())
        {
            kept.remove(at);
        }
        kept.push_back(Arc::clone(job));
    }

    fn find(&self, id: &str) -> Result<Arc<Job>, Error> {
        let kept = lock(&self.kept);
        kept.iter().find(|j| j.id.as_str() == id).cloned().ok_or_else(|| unknown(id))
    }

    fn remove(&self, id: &str) -> Result<Arc<Job>, Error> {
        let mut kept = lock(&self.kept);
        let at = kept.iter().position(|j| j.id.as_str() == id);
        at.and_then(|at| kept.remove(at)).ok_or_else(|| unknown(id))
    }
}

fn unknown(id: &str) -> Error {
    let shown: String = id.chars().take(80).collect();
    Error::new(Code::NoSuchJob, format!("there is no verification {shown:?}"))
}

fn read(body: &[u8]) -> Result<Wanted, Error> {
    if body.is_empty() {
        return Ok(Wanted::default());
    }
    let wanted: Wanted =
        serde_json::from_slice(body).map_err(|e| Error::new(Code::MalformedJson, e.to_string()))?;
    if wanted.checkpoint.as_ref().is_some_and(|c| c.len() > CHECKPOINT) {
        return Err(Error::new(Code::TooLarge, format!("a checkpoint has at most {CHECKPOINT} bytes")));
    }
    Ok(wanted)
}

/// `POST /v1/verifications`: `{"checkpoint"?: text}`; 202, the job and its `Location`.
#[utoipa::path(
    post,
    path = "/v1/verifications",
    tag = "proofs",
    request_body(content = ref("#/components/schemas/VerificationRequest"), content_type = "application/json"),
    responses((status = 202, description = "It runs", body = ref("#/components/schemas/Verification")))
)]
pub async fn start(
    State(service): State<Arc<Service>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let wanted = read(&whole(body)?)?;
    let jobs = service.jobs();
    let busy = |_| Error::new(Code::Busy, format!("{AT_ONCE} verifications are running"));
    let running = Arc::clone(&jobs.running).try_acquire_owned().map_err(busy)?;
    let job = Arc::new(Job {
        id: service.naming().key()?,
        cancel: service.stop().child_token(),
        entries: AtomicU64::new(0),
        size: AtomicU64::new(*service.growth().borrow()),
        state: Mutex::new(Outcome::Running),
    });
    jobs.keep(&job);
    tracing::info!(job = job.id.as_str(), "a verification begins");
    let response = (StatusCode::ACCEPTED, Json(job.view(true))).into_response();
    let place = HeaderValue::try_from(format!("/v1/verifications/{}", job.id));
    tokio::task::spawn_blocking(move || job.run(&Arc::clone(&service), wanted, &running));
    let mut response = response;
    if let Ok(place) = place {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// `GET /v1/verifications`: those that are remembered, without their reports.
#[utoipa::path(
    get,
    path = "/v1/verifications",
    tag = "proofs",
    responses((status = 200, description = "The last 16", body = ref("#/components/schemas/Verifications")))
)]
pub async fn list(State(service): State<Arc<Service>>) -> Json<Value> {
    let jobs: Vec<View> = lock(&service.jobs().kept).iter().map(|j| j.view(false)).collect();
    Json(serde_json::json!({ "verifications": jobs }))
}

/// `GET /v1/verifications/{id}`: how far it is, and what it found.
#[utoipa::path(
    get,
    path = "/v1/verifications/{id}",
    tag = "proofs",
    params(("id" = String, Path, description = "Name of the job")),
    responses((status = 200, description = "How far it is", body = ref("#/components/schemas/Verification")))
)]
pub async fn one(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = path?;
    Ok(Json(service.jobs().find(&id)?.view(true)).into_response())
}

/// `DELETE /v1/verifications/{id}`: ends it if it runs, and forgets it.
#[utoipa::path(
    delete,
    path = "/v1/verifications/{id}",
    tag = "proofs",
    params(("id" = String, Path, description = "Name of the job")),
    responses((status = 204, description = "It is forgotten"))
)]
pub async fn end(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(id) = path?;
    service.jobs().remove(&id)?.cancel.cancel();
    Ok(StatusCode::NO_CONTENT)
}
