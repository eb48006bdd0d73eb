//! What is shown of PACs: views with stable field names, for JSON, for terminals and for a server alike.
//!
//! Not here: terminal, HTTP, and any rule. Invariant: a view says what the state says and adds nothing; a field is never renamed, and
//! absent rather than null. Source: DESIGN.md §6, DOMAIN.md §§3-7.

pub mod actors;
pub mod as_of;
pub mod history;
mod node;
mod offer;
pub mod opdos;
mod overview;
mod pac;
pub mod projection;
mod review_report;
pub mod reviews;
mod sentence;
mod slice;
mod status;
pub mod summary;
mod throughput;
pub mod timeline;
pub mod trust;
pub mod violations;
pub mod wanted;

pub use actors::{ActorDetail, ActorView, ActorsView, KeyView, RegistryView};
pub use history::{Change, Of, Step};
pub use node::{BerView, EdgeView, GraphDocument, GraphView, NodeView, PdoView, TokenView};
pub use offer::OfferView;
pub use opdos::OpdoRow;
pub use overview::{OverviewView, SignedView};
pub use pac::{
    ActivationView, ChannelView, ClosureView, GatewayView, OpdoView, OpenViolation, PacView, RequestView,
    ReviewsView,
};
pub use projection::Projection;
pub use review_report::ReviewReport;
pub use reviews::{PacketView, ReviewRow, ReviewStatusView};
pub use slice::Slice;
pub use status::StatusView;
pub use summary::{PacList, PacSummary};
pub use timeline::TimelineView;
pub use trust::{AuthorityView, Candidates, GrantState, GrantView, TrustStatus};
pub use violations::ViolationRow;
pub use wanted::Wanted;

use crate::picture::{State, Tone};
use crate::rules::pac::Moment;
use crate::rules::pac::graph::Place;
use crate::rules::pac::sub_pac::SubPacState;
use schemars::JsonSchema;
use serde::Serialize;

/// An entry and when it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MomentView {
    /// Position in the log.
    pub sequence: u64,
    /// When, RFC 3339 with milliseconds.
    pub time: String,
}

impl From<&Moment> for MomentView {
    fn from(at: &Moment) -> Self {
        Self { sequence: at.sequence, time: at.time.to_string() }
    }
}

/// The state of a node in a word: that of its Sub-PAC; DECLARED for an agent node that has none yet, WAITING for another one that waits.
#[must_use]
pub fn node_state(place: &Place) -> &'static str {
    let none = if place.node.node_type == crate::event::body::pac::NodeType::AgentNode {
        "DECLARED"
    } else {
        "WAITING"
    };
    place.state().map_or(none, SubPacState::as_str)
}

/// How a state feels, whatever it is of: a node, a gateway, an O-PDO, a PAC, a review.
#[must_use]
pub fn tone(word: &str) -> Tone {
    match word {
        "DISPATCHED" | "EXECUTING" | "PLANNED" | "CHALLENGED" => Tone::Active,
        "BER_PENDING" | "PDO_PENDING" | "SEALED" | "AGGREGATING" | "READING" | "DRAFT" | "SUSPENDED" => {
            Tone::Waiting
        }
        "COMPLETE" | "OPEN" | "FINAL" | "PASSED" | "APPROVE" | "APPROVE_WITH_REMARKS" | "ACTIVE" => {
            Tone::Good
        }
        "FAILED" | "REJECT" | "REVOKED" => Tone::Bad,
        "BLOCKED" | "WITHDRAWN" => Tone::Stopped,
        "WAIVED" | "VOID" | "ABANDONED" | "EXPIRED" | "TRANSFERRED" => Tone::Skipped,
        _ => Tone::Idle,
    }
}

/// A state for a picture.
#[must_use]
pub fn picture_state(word: &str) -> State {
    State::Other(word.to_owned(), tone(word))
}
