//! The document of the routes, OpenAPI 3.1: paths and parameters from the handlers, schemas from the types that are parsed and shown.
//!
//! Nothing of a shape is written here that a type says. Invariant: every route is in it, because the router is made of the same list.

use crate::append;
use crate::problem::Details;
use crate::{opdos, overview, pacs, reviews, trust};
use ledger_core::event::EventKind;
use ledger_core::opdo::{ChildProof, OrchestratedPdo};
use ledger_core::review::report::Report;
use ledger_core::sequencer::Receipt;
use ledger_core::trust::TrustVerification;
use ledger_core::view::as_of::AsOf;
use ledger_core::view::{
    ActorDetail, ActorsView, Candidates, GraphDocument, OverviewView, PacView, PacketView, RegistryView,
    ReviewStatusView, StatusView, TimelineView, TrustStatus,
};
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

/// Where schemas are, as a reference says it.
const SCHEMAS: &str = "#/components/schemas/";
/// What schemas of the data of intents are called before their kind.
const DATA: &str = "data.";

/// What is said of the whole.
const ABOUT: &str = "Appends are intents, answers are views of the log; field names are those of the command line's `--json`, and a field \
    that has nothing to say is absent. A refusal is a problem (RFC 9457) that holds the command line's error. `at` is an entry: the answer \
    is as of then, what it did included. Pages end with `next`, the `from` of the following page, and are stable while the log grows.";

/// The document.
#[must_use]
pub fn document(routes: OpenApi) -> Value {
    let routes = serde_json::to_value(routes).unwrap_or_default();
    let paths = routes.get("paths").and_then(Value::as_object).cloned().unwrap_or_default();
    let paths: Map<String, Value> = paths.into_iter().map(|(path, item)| told(&path, item)).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ledger", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "whoever gave this document" }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": { "bearer": {
                "type": "http", "scheme": "bearer",
                "description": "A token for a caller that comes over TCP; the owner's Unix socket needs none.",
            } },
        },
    })
}

/// A path with what all operations have.
fn told(path: &str, mut item: Value) -> (String, Value) {
    // What follows a star may hold slashes, which the language of paths cannot say.
    let path = path.replace("{*", "{");
    for (method, operation) in item.as_object_mut().into_iter().flatten() {
        let Some(operation) = operation.as_object_mut() else { continue };
        let words: Vec<&str> =
            path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
        operation.insert("operationId".to_owned(), json!(format!("{method}_{}", words.join("_"))));
        // The comment of a handler begins with its route.
        if let Some(about) = operation.get("summary").and_then(Value::as_str) {
            let about = json!(about.split_once("`: ").map_or(about, |(_, about)| about));
            operation.insert("summary".to_owned(), about);
        }
        operation.insert("security".to_owned(), json!([{}, { "bearer": [] }]));
        let refused = [("4XX", "The question or the intent is refused"), ("5XX", "It could not be answered")];
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            for (status, when) in refused {
                let schema = json!({ "$ref": format!("{SCHEMAS}Problem") });
                let content = json!({ "application/problem+json": { "schema": schema } });
                responses.insert(status.to_owned(), json!({ "description": when, "content": content }));
            }
        }
    }
    (path, item)
}

fn schemas() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|s| {
        s.definitions_path = "/components/schemas".into();
        s.meta_schema = None;
    });
    let mut g = settings.for_serialize().into_generator();
    let mut named = Map::new();
    {
        let mut name =
            |name: &str, schema: schemars::Schema| named.insert(name.to_owned(), schema.to_value());
        name("Pac", as_of::<PacView<'_>>(&mut g));
        name("Graph", as_of::<GraphDocument<'_>>(&mut g));
        name("Timeline", as_of::<TimelineView>(&mut g));
        name("Actors", as_of::<ActorsView>(&mut g));
        name("Actor", as_of::<ActorDetail>(&mut g));
        name("Trusted", as_of::<TrustStatus>(&mut g));
        name("ReviewStatus", g.subschema_for::<ReviewStatusView<'_>>());
    }
    let _ = (
        g.subschema_for::<StatusView>(),
        g.subschema_for::<Receipt>(),
        g.subschema_for::<PacketView>(),
        g.subschema_for::<RegistryView>(),
        g.subschema_for::<Report>(),
        g.subschema_for::<OrchestratedPdo>(),
        g.subschema_for::<ChildProof>(),
        g.subschema_for::<OverviewView>(),
        g.subschema_for::<Details<'_>>(),
    );
    let _ = (
        g.subschema_for::<pacs::PacsPage>(),
        g.subschema_for::<reviews::ReviewsPage>(),
        g.subschema_for::<opdos::OpdosPage>(),
        g.subschema_for::<overview::ViolationsPage>(),
    );
    let _ = (
        g.subschema_for::<trust::Statuses>(),
        g.subschema_for::<trust::Authorities>(),
        g.subschema_for::<trust::Trees>(),
        g.subschema_for::<trust::TreeView>(),
        g.subschema_for::<TrustVerification>(),
        g.subschema_for::<Candidates>(),
    );
    named.extend(g.take_definitions(true));
    named.extend(written());
    named.extend(intents());
    named
}

fn as_of<T: schemars::JsonSchema>(g: &mut SchemaGenerator) -> schemars::Schema {
    g.subschema_for::<AsOf<T>>()
}

fn of(name: &str) -> Value {
    json!({ "$ref": format!("{SCHEMAS}{name}") })
}

fn hex(digits: usize) -> Value {
    json!({ "type": "string", "pattern": format!("^[0-9a-f]{{{digits}}}$") })
}

/// An object with these members, of which all but those behind `maybe` are always there.
fn object(members: &Value, maybe: &[&str]) -> Value {
    let required: Vec<String> = members
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .filter(|name| !maybe.contains(&name.as_str()))
        .cloned()
        .collect();
    json!({ "type": "object", "properties": members, "required": required })
}

/// Event JSON: docs/format.md §12.
fn entry() -> Value {
    let number = json!({ "type": "string", "pattern": "^[0-9]{16}$" });
    let text = json!({ "type": "string" });
    object(
        &json!({
            "specversion": { "const": "1.0" }, "id": text, "source": text, "type": text,
            "subject": { "type": "string", "description": "The stream" },
            "time": { "type": "string", "format": "date-time" }, "sequence": number, "subjectsequence": number,
            "actor": text, "auth": { "enum": ["asserted", "token", "signed"] }, "cause": number,
            "data": { "type": ["object", "null"], "description": "What rules read; null once erased" },
            "datahash": hex(64), "datasalt": { "type": ["string", "null"] }, "prevhash": hex(64), "dataversion": { "type": "integer" },
            "private": { "type": ["object", "null"], "description": "What no rule reads" },
            "privatehash": hex(64), "privatesalt": { "type": ["string", "null"] },
            "logid": hex(64), "keyid": hex(64), "signature": hex(128),
        }),
        &["cause", "private", "privatehash", "privatesalt", "logid", "keyid", "signature"],
    )
}

/// Shapes that are bytes here and no type.
fn written() -> Map<String, Value> {
    let count = json!({ "type": "integer", "minimum": 0 });
    let page = json!({ "entries": { "type": "array", "items": of("Entry") }, "next": count, "size": count });
    let proof = json!({
        "type": { "const": ledger_core::ledger::evidence::CONSISTENCY }, "from": count, "to": count,
        "from_root": hex(64), "to_root": hex(64), "hashes": { "type": "array", "items": hex(64) },
        "vkey": { "type": "string" }, "checkpoint": { "type": "string" },
    });
    let outcome = json!({ "oneOf": [of("Receipt"), object(&json!({ "error": of("Error") }), &[])] });
    let batch = json!({
        "type": "object", "required": ["intents"], "additionalProperties": false,
        "properties": {
            "intents": { "type": "array", "items": of("Intent"), "minItems": 1, "maxItems": append::MOST },
            "atomic": { "type": "boolean", "description": "All or none; a refusal is the answer itself" },
        },
        "example": { "intents": [{ "kind": "note", "actor": "GID-H01", "data": { "text": "hello" } }], "atomic": true },
    });
    let shapes = [
        ("Word", object(&json!({ "status": { "type": "string" } }), &[])),
        ("Entry", entry()),
        ("EntriesPage", object(&page, &["next"])),
        ("ConsistencyProof", object(&proof, &["checkpoint"])),
        ("Results", object(&json!({ "results": { "type": "array", "items": outcome } }), &[])),
        ("Batch", batch),
    ];
    shapes.into_iter().chain(served()).map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// Shapes of what is about the server itself: jobs and sessions.
fn served() -> Vec<(&'static str, Value)> {
    let of = |name: &str| json!({ "$ref": format!("{SCHEMAS}{name}") });
    let (text, count) = (json!({ "type": "string" }), json!({ "type": "integer", "minimum": 0 }));
    let object = |members: Value, required: &[&str]| json!({ "type": "object", "properties": members, "required": required });
    let strict = |members: Value, required: &[&str]| json!({ "type": "object", "properties": members, "required": required, "additionalProperties": false });
    vec![
        (
            "VerificationRequest",
            strict(
                json!({ "checkpoint": { "type": "string", "description": "A checkpoint that somebody remembered" } }),
                &[],
            ),
        ),
        (
            "Verification",
            object(
                json!({
                    "id": text, "state": { "enum": ["running", "done", "failed"] },
                    "progress": object(json!({ "entries": count, "size": count }), &["entries", "size"]),
                    "report": { "type": "object", "description": "What `ledger verify --json` gives" }, "error": of("Error"),
                }),
                &["id", "state", "progress"],
            ),
        ),
        (
            "Verifications",
            object(
                json!({ "verifications": { "type": "array", "items": of("Verification") } }),
                &["verifications"],
            ),
        ),
        ("SessionCode", strict(json!({ "code": text }), &["code"])),
        ("SessionToken", strict(json!({ "token": text }), &["token"])),
        (
            "Session",
            object(
                json!({
                    "role": { "enum": ["owner", "reader", "appender", "reviewer", "orchestrator", "admin"] },
                    "gid": text, "expires_at": { "type": "string", "format": "date-time" },
                }),
                &["role"],
            ),
        ),
        (
            "SessionLink",
            object(json!({ "code": text, "url": text, "expires_in": count }), &["code", "expires_in"]),
        ),
    ]
}

/// An intent, and the data of each kind.
fn intents() -> Map<String, Value> {
    let (mut found, mut kinds) = (Map::new(), Vec::new());
    for row in EventKind::ALL.iter().map(|kind| (*kind, kind.row())) {
        let (event, Some(name)) = (row.0, row.1.kind) else { continue };
        let mut schema = event.schema().to_value();
        let members = schema.as_object_mut().map(std::mem::take).unwrap_or_default();
        let mut own = Map::new();
        for (member, value) in members {
            match (member.as_str(), value) {
                ("$schema", _) => {}
                ("$defs", Value::Object(defs)) => {
                    found.extend(
                        defs.into_iter().map(|(def, schema)| (format!("{DATA}{def}"), moved(schema))),
                    );
                }
                (_, value) => {
                    own.insert(member, moved(value));
                }
            }
        }
        if let Ok(example) = serde_json::from_str::<Value>(row.1.example) {
            own.insert("example".to_owned(), example);
        }
        found.insert(format!("{DATA}{name}"), Value::Object(own));
        let called: Vec<&str> = row.1.alias.into_iter().chain([name]).collect();
        kinds.push(json!({
            "title": name,
            "properties": { "kind": { "enum": called }, "data": { "$ref": format!("{SCHEMAS}{DATA}{name}") } },
        }));
    }
    let text = |about: &str| json!({ "type": "string", "description": about });
    let intent = json!({
        "type": "object", "required": ["kind", "actor", "data"], "additionalProperties": false,
        "properties": {
            "kind": text("What is wanted"), "actor": text("GID of who wants it"), "data": { "type": "object" },
            "private": { "type": "object", "description": "What no rule reads" },
            "stream": text("Where it is to stand, where that is free"), "id": text("The caller's own name for it: sent again, it is there once"),
            "token": text("The dispatch token, where the kind takes one"), "signature": text("The actor's, over the bytes of docs/format.md §4, hex"),
            "keyid": text("Which key signed"), "datasalt": text("Salt of the data, hex; with a signature"),
            "privatesalt": text("Salt of the private part, hex; with a signature"),
        },
        "oneOf": kinds,
        "example": { "kind": "note", "actor": "GID-H01", "data": { "text": "hello" } },
    });
    found.insert("Intent".to_owned(), intent);
    found
}

/// A schema whose references lead to where its definitions are now.
fn moved(schema: Value) -> Value {
    match schema {
        Value::Object(members) => {
            let member = |(name, value): (String, Value)| match (name.as_str(), value.as_str()) {
                ("$ref", Some(to)) => {
                    let to = to
                        .strip_prefix("#/$defs/")
                        .map_or(to.to_owned(), |def| format!("{SCHEMAS}{DATA}{def}"));
                    (name, Value::String(to))
                }
                _ => (name, moved(value)),
            };
            Value::Object(members.into_iter().map(member).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(moved).collect()),
        other => other,
    }
}
