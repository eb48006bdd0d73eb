//! Who may come in: every request is let through, or refused, before a handler sees it.
//!
//! Not here: what a role may append, which the sequencer judges at the entry's time. Invariant: over the network nothing of the log is
//! given without a token that is good at that moment; over the Unix socket its owner needs none. Source: DESIGN.md §9.

mod audit;
mod door;
mod keyring;
mod limit;
pub mod session;

pub use door::{Door, Names};

use crate::problem::Problem;
use crate::state::Service;
use audit::Audit;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use keyring::Keyring;
use ledger_core::event::body::access::AccessOutcome;
use ledger_core::intent::Intent;
use ledger_core::token::{Admission, Deed};
use ledger_core::{Code, Error, Result};
use limit::Limiter;
use session::Codes;
use std::sync::{Arc, OnceLock};

/// Everything that is asked before a request is let in.
pub struct Gate {
    service: Arc<Service>,
    keyring: Keyring,
    limiter: Limiter,
    codes: Codes,
    audit: Audit,
    address: OnceLock<String>,
}

/// Who makes a request.
#[derive(Clone, Debug)]
pub enum Caller {
    /// The owner of the Unix socket, who may act as anyone whose key they can read.
    Owner,
    /// Whoever holds this token.
    Holder(Arc<Admission>),
}

impl Caller {
    /// Puts the token behind the intent, so that the sequencer judges both.
    #[must_use]
    pub fn vouch(&self, mut intent: Intent) -> Intent {
        if let Self::Holder(admission) = self {
            intent.access = Some(Arc::clone(admission));
        }
        intent
    }
}

impl Gate {
    /// Guards this service; `rate` is how many requests a second one token is good for, 0 for any number.
    ///
    /// # Errors
    /// `LG_126`, `LG_127` without the log's key.
    pub fn new(service: Arc<Service>, rate: u32) -> Result<Arc<Self>> {
        let keyring = Keyring::new(service.ledger())?;
        let audit = Audit::start(Arc::clone(&service));
        let (limiter, codes, address) = (Limiter::new(rate), Codes::default(), OnceLock::new());
        Ok(Arc::new(Self { service, keyring, limiter, codes, audit, address }))
    }

    /// Says where browsers find the server: `http://127.0.0.1:7420`. The first that is said stays.
    pub fn found_at(&self, address: String) {
        let _ = self.address.set(address);
    }

    /// The link that a browser opens a session with; `None` when the server is not on the network.
    #[must_use]
    pub fn link(&self, code: &str) -> Option<String> {
        // What is behind # is sent to no server and stands in no log of one.
        self.address.get().map(|address| format!("{address}/#code={code}"))
    }

    /// A code that is exchanged once, within minutes, for a session with this token.
    ///
    /// # Errors
    /// `LG_610` when the token is none of this ledger, `LG_208` without randomness.
    pub fn code_for(&self, token: &str) -> Result<String> {
        self.keyring.admit(token)?;
        self.codes.make(token, self.now(), &self.service.naming().secret()?)
    }

    /// Milliseconds since 1970.
    fn now(&self) -> i64 {
        self.service.naming().now().wall
    }

    fn admit(&self, request: &Request, door: &Door) -> Result<Arc<Admission>> {
        let (token, by_cookie) = session::token_of(request, door)?;
        if by_cookie {
            door.is_own_page(request)?;
        }
        let admission = self.keyring.admit(&token)?;
        self.service.registry().access().admit(admission.holder(), self.now())?;
        Ok(admission)
    }

    /// Whoever reads needs a token that is good for reading, and for this stream where it was narrowed to some.
    fn may_read(&self, admission: &Admission, path: &str) -> Result<()> {
        admission.permits(&Deed {
            operation: "read",
            stream: &stream_of(path),
            time: self.now(),
            ..Deed::default()
        })
    }
}

/// The stream that a path is about, where it is one alone.
fn stream_of(path: &str) -> String {
    let named = |rest: &str| rest.split('/').next().map(|id| format!("pac/{id}"));
    match (path.strip_prefix("/v1/streams/"), path.strip_prefix("/v1/pacs/")) {
        (Some(stream), _) => stream.to_owned(),
        (_, Some(rest)) => named(rest).unwrap_or_default(),
        _ => String::new(),
    }
}

/// Refuses, whatever is asked, what a page of another origin or a made-up host name may have caused.
pub async fn at_the_door(request: Request, next: Next) -> Response {
    let door = request.extensions().get::<Arc<Door>>().cloned();
    match door.map_or_else(|| Err(Door::missing()), |door| door.check(&request)) {
        Ok(()) => next.run(request).await,
        Err(e) => Problem::from(e).into_response(),
    }
}

/// Lets whoever has a good token in, within the rate; what the policy wants recorded is recorded before the answer.
pub async fn inside(
    State(gate): State<Arc<Gate>>,
    route: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(door) = request.extensions().get::<Arc<Door>>().cloned() else {
        return Problem::from(Door::missing()).into_response();
    };
    if door.is_owners() {
        request.extensions_mut().insert(Caller::Owner);
        return next.run(request).await;
    }
    let deed = audit::Deed {
        method: request.method().clone(),
        route: route.as_ref().map_or("", MatchedPath::as_str).to_owned(),
    };
    match gate.let_in(&mut request, &door, &deed).await {
        Ok(admission) => {
            let response = next.run(request).await;
            if let Some(code) = response.extensions().get::<Code>().copied().filter(|c| is_of_access(*c)) {
                gate.audit.refused(&deed, Some(admission.holder()), code);
            }
            response
        }
        Err(e) => Problem::from(e).into_response(),
    }
}

/// Whether a refusal is about who asks.
const fn is_of_access(code: Code) -> bool {
    matches!(code, Code::Unauthenticated | Code::AccessEnded | Code::AccessDenied | Code::NotAuthorized)
}

impl Gate {
    async fn let_in(&self, request: &mut Request, door: &Door, deed: &audit::Deed) -> Result<Arc<Admission>> {
        let admission = match self.admit(request, door) {
            Ok(admission) => admission,
            Err(e) => {
                self.limiter.failed(door.peer())?;
                self.audit.refused(deed, None, e.code);
                return Err(e);
            }
        };
        let appends = request.method() == Method::POST && request.uri().path().starts_with("/v1/append");
        self.limiter.take(admission.holder())?;
        if !appends && let Err(e) = self.may_read(&admission, request.uri().path()) {
            self.audit.refused(deed, Some(admission.holder()), e.code);
            return Err(e);
        }
        if *request.method() == Method::GET {
            self.audit.record(deed, admission.holder(), AccessOutcome::Read).await?;
        }
        request.extensions_mut().insert(Caller::Holder(Arc::clone(&admission)));
        // Nothing behind this point needs the secret.
        request.headers_mut().remove(header::AUTHORIZATION);
        request.headers_mut().remove(header::COOKIE);
        Ok(admission)
    }
}

/// Nobody that is known asks.
fn unauthenticated(why: impl Into<String>) -> Error {
    Error::new(Code::Unauthenticated, why)
}
