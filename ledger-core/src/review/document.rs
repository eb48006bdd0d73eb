//! Content of a BER that is a document of its own: the shapes in which the seeds' reports tell tasks, files, score and agent.
//!
//! Source: the artifacts that exist already; what is not told is left out, and asked nothing about.

use super::{Content, Part};
use serde_json::Value;

/// Reads the content of a BER document.
#[must_use]
pub fn content(ber: &Value) -> Content {
    let first =
        |names: &[&[&str]]| names.iter().find_map(|path| path.iter().try_fold(ber, |v, name| v.get(name)));
    let text =
        |names: &[&[&str]]| first(names).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned);
    let tasks = strings(first(&[&["tasks"]]));
    let files = strings(first(&[&["files_created"], &["files"]]));
    let count = |names: &[&[&str]], list: &[String]| {
        let told = first(names).and_then(Value::as_u64);
        told.or_else(|| u64::try_from(list.len()).ok().filter(|n| *n > 0))
    };
    let part = Part {
        name: String::new(),
        agent_gid: text(&[&["gid"], &["agent_gid"]]),
        agent_name: text(&[&["agent"], &["agent_name"]]),
        task_count: count(
            &[
                &["tasks_completed"],
                &["task_analysis", "total_tasks"],
                &["execution_summary", "tasks_completed"],
            ],
            &tasks,
        ),
        tasks,
        file_count: count(&[&["file_count"]], &files),
        files,
        quality_score: first(&[
            &["quality_score"],
            &["execution_summary", "quality_score"],
            &["quality_assessment", "structural_quality"],
        ])
        .and_then(Value::as_f64),
        scope: strings(first(&[&["scope", "paths"]])),
        hash: text(&[&["ber_hash"], &["content_hash"]]).filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit())),
    };
    if part == Part::default() { Content::default() } else { Content { parts: vec![part] } }
}

/// A list of texts, or of objects that say what they are.
fn strings(value: Option<&Value>) -> Vec<String> {
    let item = |v: &Value| {
        let named = || ["task", "path", "name", "description"].iter().find_map(|name| v.get(name));
        v.as_str().or_else(|| named().and_then(Value::as_str)).map(str::to_owned)
    };
    value.and_then(Value::as_array).map(|list| list.iter().filter_map(item).collect()).unwrap_or_default()
}
