//! Bodies of every kind of intent, made wrong in every way that their own schema tells: missing, extra, wrong-typed, oversized, hostile.
//!
//! Nothing is listed here by kind: cases follow from `ledger schema` and the catalogue's examples, so a new kind is tried without being
//! named. Every case goes through the parser that `append` uses; one of each sort and kind also through the program itself.

use super::{Case, case, refused};
use ledger_core::event::EventKind;
use ledger_core::intent::Intent;
use ledger_core::names::{Gid, Stream};
use ledger_core::{Code, Error};
use ledger_tests::binary::Place;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Members that hold text as it comes, control characters included, and why: every front end escapes what it shows of them.
const FREE: &[(&str, &str)] = &[
    ("answer_challenge.answers[0]", "an answer that is unreadable is judged, GS_313, not refused unread"),
    ("correct_clock.reason", "free text since format 1"),
    ("import_history.format", "looked up among the formats that there are, by the rules"),
    ("import_history.original", "the old bytes, whatever they are"),
    ("import_history.verdict", "compared with the verdict that the old bytes yield, by the rules"),
    ("record_artifact.name", "a file may be called anything"),
    ("record_note.text", "notes are free text"),
    ("register_agent.name", "display names are judged by the rules, LG_104"),
    ("retire_agent.reason", "free text since format 1"),
    ("retire_key.reason", "free text since format 1"),
];

/// The catalogue's example with its placeholders filled in.
fn example(kind: EventKind) -> Value {
    let mut text = kind.row().example.to_owned();
    for (placeholder, value) in [
        ("<64 hex digits of an Ed25519 public key>", "0f".repeat(32)),
        ("<128 hex digits>", "0a".repeat(64)),
        ("<64 hex digits>", "0b".repeat(32)),
        ("<32 hex digits>", "0c".repeat(16)),
        ("<64 hex>", "0d".repeat(32)),
        ("<hex>", "0e".repeat(8)),
    ] {
        text = text.replace(placeholder, &value);
    }
    assert!(!text.contains('<'), "a placeholder that is not known here: {text}");
    serde_json::from_str(&text).unwrap()
}

/// A schema with the definitions that it refers to.
#[derive(Clone, Copy)]
struct Schema<'a> {
    root: &'a Value,
    here: &'a Value,
}

impl<'a> Schema<'a> {
    /// The schemas that a value may follow: references and alternatives resolved.
    fn alternatives(self) -> Vec<Self> {
        if let Some(name) = self.here["$ref"].as_str() {
            let here = self.root.pointer(name.trim_start_matches('#')).unwrap();
            return Self { here, ..self }.alternatives();
        }
        for many in ["anyOf", "oneOf"] {
            if let Some(list) = self.here[many].as_array() {
                return list.iter().flat_map(|here| Self { here, ..self }.alternatives()).collect();
            }
        }
        vec![self]
    }

    /// Types of JSON that are allowed here; empty when anything is.
    fn types(self) -> BTreeSet<&'a str> {
        let mut types = BTreeSet::new();
        for schema in self.alternatives() {
            match &schema.here["type"] {
                Value::String(one) => drop(types.insert(one.as_str())),
                Value::Array(many) => types.extend(many.iter().filter_map(Value::as_str)),
                _ => return BTreeSet::new(),
            }
        }
        types
    }

    fn object(self) -> Option<Self> {
        self.alternatives().into_iter().find(|s| s.here["properties"].is_object())
    }

    fn items(self) -> Option<Self> {
        let array = self.alternatives().into_iter().find(|s| s.here["items"].is_object())?;
        Some(Self { here: &array.here["items"], ..array })
    }

    fn is_text(self) -> bool {
        self.types().contains("string")
    }
}

/// A value of each type of JSON that the schema does not allow.
fn wrong_types(types: &BTreeSet<&str>) -> Vec<Value> {
    let values = [
        ("null", Value::Null),
        ("boolean", json!(true)),
        ("integer", json!(7)),
        ("number", json!(0.5)),
        ("string", json!("wrong type")),
        ("array", json!([[]])),
        ("object", json!({ "wrong": 1 })),
    ];
    let fits = |name: &str| types.contains(name) || (name == "integer" && types.contains("number"));
    values.into_iter().filter(|(name, _)| !types.is_empty() && !fits(name)).map(|(_, v)| v).collect()
}

/// One wrong body.
struct Wrong {
    sort: &'static str,
    at: String,
    body: Value,
    large: bool,
}

/// Makes bodies wrong, at every place of the example.
struct Maker<'a> {
    kind: &'a str,
    whole: &'a Value,
    found: Vec<Wrong>,
}

impl Maker<'_> {
    /// The whole body with another value at this place; `None` takes it away.
    fn with(&self, at: &[String], value: Option<Value>) -> Value {
        fn put(here: &mut Value, at: &[String], value: Option<Value>) {
            let (first, rest) = at.split_first().unwrap();
            if let Value::Array(list) = here {
                let item = &mut list[first.parse::<usize>().unwrap()];
                return if rest.is_empty() { *item = value.unwrap() } else { put(item, rest, value) };
            }
            let members = here.as_object_mut().unwrap();
            match (rest.is_empty(), value) {
                (true, None) => drop(members.remove(first)),
                (true, Some(value)) => drop(members.insert(first.clone(), value)),
                (false, value) => put(&mut members[first], rest, value),
            }
        }
        let mut body = self.whole.clone();
        if at.is_empty() {
            return value.unwrap();
        }
        put(&mut body, at, value);
        body
    }

    fn add(&mut self, sort: &'static str, at: &[String], value: Option<Value>) {
        let shown = at.iter().fold(self.kind.to_owned(), |path, step| match step.parse::<usize>() {
            Ok(_) => format!("{path}[{step}]"),
            Err(_) => format!("{path}.{step}"),
        });
        let large = sort == "oversized";
        self.found.push(Wrong { sort, at: shown, body: self.with(at, value), large });
    }

    fn walk(&mut self, schema: Schema<'_>, value: &Value, at: &[String]) {
        let below = |name: &str| [at, &[name.to_owned()]].concat();
        for wrong in wrong_types(&schema.types()) {
            self.add("wrong type", at, Some(wrong));
        }
        if schema.is_text() {
            for (sort, text) in [
                ("NUL", "PAC-\0".to_owned()),
                ("control character", "GID-01\u{1b}[31m".to_owned()),
                ("oversized", "x".repeat(1_200_000)),
            ] {
                self.add(sort, at, Some(json!(text)));
            }
        }
        if let (Some(schema), Value::Object(members)) = (schema.object(), value) {
            let open = &schema.here["additionalProperties"];
            assert_eq!(open, &json!(false), "{} is open at {at:?}", self.kind);
            self.add("extra", &below("x_unknown"), Some(json!(1)));
            for name in schema.here["required"].as_array().into_iter().flatten() {
                self.add("missing", &below(name.as_str().unwrap()), None);
            }
            for (name, property) in schema.here["properties"].as_object().unwrap() {
                let property = Schema { here: property, ..schema };
                match members.get(name) {
                    Some(value) => self.walk(property, value, &below(name)),
                    None => {
                        for wrong in wrong_types(&property.types()) {
                            self.add("wrong type", &below(name), Some(wrong));
                        }
                    }
                }
            }
        }
        if let (Some(items), Some(first)) = (schema.items(), value.get(0)) {
            self.walk(items, first, &below("0"));
        }
    }
}

fn wrongs(name: &str, schema: &Value, whole: &Value) -> Vec<Wrong> {
    let mut maker = Maker { kind: name, whole, found: Vec::new() };
    maker.walk(Schema { root: schema, here: schema }, whole, &[]);
    let free =
        |w: &Wrong| FREE.iter().any(|(at, _)| *at == w.at) && ["NUL", "control character"].contains(&w.sort);
    maker.found.retain(|w| !free(w));
    maker.found
}

fn read(name: &str, body: &Value, place: Option<&str>) -> ledger_core::Result<Intent> {
    let stream = place.map(|s| Stream::new(s).unwrap());
    Intent::new(name, body.to_string().as_bytes(), None, Gid::new("GID-H01").unwrap(), stream)
}

/// Kinds that stand in a stream which their caller names.
fn stream(name: &str) -> Option<&'static str> {
    (name == "import_history").then_some("import/x")
}

#[test]
fn the_schema_is_that_of_the_parser() {
    let schemas = Place::new().json(["schema"]);
    let schemas: &Map<String, Value> = schemas.as_object().unwrap();
    let kinds = EventKind::ALL.iter().filter_map(|k| k.row().kind.map(|name| (name, *k)));
    let kinds: BTreeMap<&str, EventKind> = kinds.collect();
    assert_eq!(
        schemas.keys().map(String::as_str).collect::<Vec<_>>(),
        kinds.keys().copied().collect::<Vec<_>>()
    );
    for (name, kind) in kinds {
        let (schema, whole) = (&schemas[name], example(kind));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(
            schema["description"].as_str().is_some_and(|d| !d.is_empty()),
            "{name} says nothing of itself"
        );
        assert_eq!(
            (&schema["title"], &schema["x-ledger"]["event"]),
            (&json!(name), &json!(kind.row().event_type))
        );
        read(name, &whole, stream(name)).unwrap_or_else(|e| panic!("the example of {name}: {e}"));
        // What is not required may be absent, one by one and all together.
        let required: BTreeSet<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut least = whole.clone();
        for member in whole.as_object().unwrap().keys().filter(|m| !required.contains(m.as_str())) {
            let mut without = whole.clone();
            without.as_object_mut().unwrap().remove(member);
            read(name, &without, stream(name)).unwrap_or_else(|e| panic!("{name} without {member}: {e}"));
            least.as_object_mut().unwrap().remove(member);
        }
        read(name, &least, stream(name))
            .unwrap_or_else(|e| panic!("{name} with what is required alone: {e}"));
    }
    // By alias and by type of event, the same; and all events have one, also those that nobody can append.
    let place = Place::new();
    let same = ["submit_ber", "ber", "ber.submitted"].map(|name| place.json(["schema", name]));
    assert!(same.iter().all(|s| *s == schemas["submit_ber"]));
    let events = place.json(["schema", "--events"]);
    assert_eq!(events.as_object().unwrap().len(), EventKind::ALL.len());
    assert_eq!(events["token.used"]["x-ledger"]["follows"], "start and submit_ber");
    for kind in EventKind::ALL {
        let body = ledger_core::json::canonicalize(example(*kind).to_string().as_bytes()).unwrap();
        kind.read(&body).unwrap_or_else(|e| panic!("the example of {}: {e}", kind.row().event_type));
    }
}

#[test]
fn every_body_is_refused_that_its_schema_does_not_allow() {
    let schemas = Place::new().json(["schema"]);
    let place = Place::with_ledger();
    let (mut tried, mut sorts, mut accepted) = (0_u32, BTreeSet::new(), Vec::new());
    for (name, schema) in schemas.as_object().unwrap() {
        let whole = example(EventKind::of_intent(name).unwrap());
        let mut shown = BTreeSet::new();
        for wrong in wrongs(name, schema, &whole) {
            let what = format!("{}: {}", wrong.at, wrong.sort);
            let Err(Error { code, .. }) = read(name, &wrong.body, stream(name)) else {
                accepted.push(what);
                continue;
            };
            let expected = if wrong.large { Code::TooLarge } else { Code::InvalidIntent };
            assert_eq!(code, expected, "{what}");
            tried += 1;
            if shown.insert(wrong.sort) {
                sorts.insert(wrong.sort);
                refused(&place, &through_the_program(name, &wrong, &what, code));
            }
        }
    }
    assert!(accepted.is_empty(), "accepted:\n{}", accepted.join("\n"));
    assert_eq!(sorts.len(), 6, "{sorts:?}");
    assert!(tried > 1000, "{tried}");
}

fn through_the_program(name: &str, wrong: &Wrong, what: &str, code: Code) -> Case {
    let mut args = vec!["append", name, "--data", "-"];
    args.extend(stream(name).iter().flat_map(|s| ["--stream", s]));
    case(what, args, code).on(wrong.body.to_string())
}
