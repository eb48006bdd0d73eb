//! Canonical JSON, parse included, against the general crate; every output is compared byte for byte.

use crate::context::Context;
use crate::harness::{Durability, Race, Sample};
use crate::report::{Row, Target};
use crate::workload::document;
use std::hint::black_box;

/// Measures.
pub fn run(context: &Context) -> Vec<Row> {
    vec![
        row(context, "keys in canonical order", true, Target::AtLeast(4.0)),
        row(context, "keys as people write them", false, Target::AtLeast(1.5)),
    ]
}

fn row(context: &Context, what: &str, in_order: bool, target: Target) -> Row {
    let count = context.size(20_000, 200);
    let documents: Vec<String> = (0..count).map(|n| document(n, in_order)).collect();
    let bytes: usize = documents.iter().map(String::len).sum();
    let general = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
        serde_json_canonicalizer::to_vec(&value).expect("canonical")
    };
    for text in &documents {
        let ours = ledger_core::json::canonicalize(text.as_bytes()).expect("canonical");
        assert_eq!(ours, general(text), "the two must agree byte for byte: {text}");
    }
    let lanes = Race::new()
        .enter("ledger", Durability::None, || {
            Sample::timed(count, || {
                for text in &documents {
                    black_box(ledger_core::json::canonicalize(text.as_bytes()).expect("canonical"));
                }
            })
        })
        .enter("serde_json_canonicalizer", Durability::None, || {
            Sample::timed(count, || documents.iter().for_each(|text| drop(black_box(general(text)))))
        })
        .run(context.rounds);
    Row::new("json", format!("canonical JSON of {} bytes, {what}", bytes as u64 / count), "documents", lanes)
        .rate("ledger", "serde_json_canonicalizer", target)
        .note(format!("outputs of all {count} documents are equal"))
}
