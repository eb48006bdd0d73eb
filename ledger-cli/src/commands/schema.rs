//! `ledger schema`: the JSON schema of what each kind of intent takes, and of every event's data.
//!
//! Generated from the types that parse; nothing is written by hand. Source: DOMAIN.md §8.

use super::DONE;
use crate::context::Context;
use crate::output::{json_for_people, say, say_json};
use ledger_core::Result;
use ledger_core::event::EventKind;
use serde_json::{Map, Value, json};

/// Arguments of `schema`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger schema submit_ber\n  ledger schema ber.submitted\n  ledger schema --json > kinds.json\n  ledger schema --events --json\n\n\
    JSON Schema, draft 2020-12, generated from the parser's own types. Lengths and characters of names are told in words where the\n\
    schema language cannot say them; the parser decides. Without KIND: one object, {kind: schema}."
)]
pub struct SchemaArgs {
    /// Kind of intent, its short name, or a type of event [default: all kinds]
    pub kind: Option<String>,
    /// All types of events, those included that only follow from others: {type: schema}
    #[arg(long, conflicts_with = "kind")]
    pub events: bool,
}

/// Prints the schema, or all.
pub fn run(args: &SchemaArgs, ctx: &Context) -> anyhow::Result<u8> {
    let value = match &args.kind {
        Some(name) => schema(named(name)?),
        None => Value::Object(all(args.events)),
    };
    if ctx.json {
        say_json(&value)?;
    } else {
        say(json_for_people(&value)?)?;
    }
    Ok(DONE)
}

fn named(name: &str) -> Result<EventKind> {
    EventKind::of_type(name).map_or_else(|| EventKind::of_intent(name), Ok)
}

fn all(events: bool) -> Map<String, Value> {
    let name = |kind: &EventKind| if events { Some(kind.row().event_type) } else { kind.row().kind };
    let one = |kind: &EventKind| name(kind).map(|name| (name.to_owned(), schema(*kind)));
    EventKind::ALL.iter().filter_map(one).collect()
}

/// The schema of an event's data, with what the catalogue says of it.
fn schema(kind: EventKind) -> Value {
    let row = kind.row();
    let mut schema = kind.schema().to_value();
    if let Some(members) = schema.as_object_mut() {
        members.insert("title".to_owned(), json!(row.kind.unwrap_or(row.event_type)));
        members.insert(
            "x-ledger".to_owned(),
            json!({
                "kind": row.kind, "alias": row.alias, "event": row.event_type, "version": row.version, "auth": row.auth.as_str(),
                "follows": row.follows, "example": row.example,
            }),
        );
    }
    schema
}
