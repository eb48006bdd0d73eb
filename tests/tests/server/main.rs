//! `ledger serve` over its real socket: what it gives, what it refuses, and what it survives.

mod access;
mod afar;
mod answers;
mod crowd;
mod document;
mod hardship;
mod live;
mod observed;
mod pages;
mod reads;
mod search;
mod static_log;
mod through;
mod trust;
mod verifications;
mod websocket;

use ledger_tests::binary::Place;
use ledger_tests::http::Served;
use serde_json::{Value, json};

fn served() -> (Place, Served) {
    let place = Place::with_ledger();
    let served = Served::start(&place);
    (place, served)
}

fn note(id: &str, text: &str) -> Value {
    json!({ "kind": "note", "actor": "GID-H01", "id": id, "data": { "text": text } })
}
