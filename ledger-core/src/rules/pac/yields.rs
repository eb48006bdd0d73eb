//! What a step yields beside its entry: the ids that were derived for it, and what others need to go on.
//!
//! Not here: secrets and questions, which only the writer knows. Source: DESIGN.md §6 (`append`: "and what the intent yields").

use super::{Closure, Composite, Pac};
use crate::event::Event;
use serde_json::{Map, Value};

impl Pac {
    /// What the event yielded that was the last step of this PAC.
    #[must_use]
    pub fn yields(&self, event: &Event) -> Map<String, Value> {
        let mut found = Map::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                found.insert(name.to_owned(), Value::String(value));
            }
        };
        match event {
            Event::GraphDeclared(_) => add("graph_id", self.graph.as_ref().map(|g| g.id.clone())),
            Event::SubPacIssued(e) => {
                let place = self.graph.as_ref().and_then(|g| g.at(g.find(e.node_id.as_str())?));
                add("sub_pac_id", place.and_then(|p| p.sub_pac.as_ref()).map(|s| s.id.clone()));
            }
            Event::BerSubmitted(e) => {
                let sub = self.sub_pac(e.sub_pac_id.as_str());
                add("ber_id", sub.and_then(|s| s.ber.as_ref()).map(|b| b.id.clone()));
                add("state", sub.map(|s| s.state.as_str().to_owned()));
            }
            Event::PdoRecorded(e) => {
                let sub = self.sub_pac(e.sub_pac_id.as_str());
                add("pdo_id", sub.and_then(|s| s.pdo.as_ref()).map(|p| p.id.clone()));
            }
            Event::OpdoComposed(_)
            | Event::OpdoSealed(_)
            | Event::OpdoVoided(_)
            | Event::OpdoFinalized(_) => {
                let last = self.composites.last();
                add("opdo_id", last.map(|c| c.id().to_owned()));
                add("state", last.map(|c| c.state().as_str().to_owned()));
                add("merkle_root", last.and_then(Composite::root).map(str::to_owned));
                add("final_hash", last.and_then(|c| c.document.final_hash.clone()));
            }
            Event::ReviewOpened(_) => {
                add("opdo_id", self.composite().map(|c| c.id().to_owned()));
                add("merkle_root", self.composite().and_then(Composite::root).map(str::to_owned));
                add("packet", self.packet_digest().ok().map(|d| d.as_str().to_owned()));
            }
            Event::ReviewVerdict(_) => {
                let last = self.reviews.given.last();
                add("human_review_ber_id", last.and_then(|r| r.ber_id.clone()));
                add("state", self.composites.last().map(|c| c.state().as_str().to_owned()));
            }
            Event::WrapEmitted(_) => {
                if let Some(Closure::Wrapped { wrap_id, .. }) = &self.closure {
                    add("wrap_id", Some(wrap_id.clone()));
                }
                let last = self.composites.last();
                add("opdo_id", last.map(|c| c.id().to_owned()));
                add("final_hash", last.and_then(|c| c.document.final_hash.clone()));
            }
            _ => {}
        }
        found
    }
}
