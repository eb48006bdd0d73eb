//! Memory of the real process while it goes through a large log.

use crate::context::Context;
use crate::harness::Spread;
use crate::program::Program;
use crate::report::{Row, Target};
use crate::scene::Scene;
use crate::workload::{event_line, intent_line};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Bytes that it may take.
const BOUND: f64 = 128.0 * 1_048_576.0;

fn file_of(path: PathBuf, lines: impl Iterator<Item = String>) -> PathBuf {
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).expect("file"));
    for line in lines {
        writeln!(file, "{line}").expect("line");
    }
    file.flush().expect("file");
    path
}

/// Measures: once each, the work being long and memory not a matter of chance.
pub fn run(context: &Context) -> Vec<Row> {
    let Some(program) = Program::new(context.program.as_deref()) else {
        let why = "not measured: the binary `ledger` is not there; build it, or name it with --ledger";
        return vec![Row::new("memory", "memory", "", Vec::new()).note(why)];
    };
    let dir = context.fresh("memory");
    let text = |path: &Path| path.to_str().expect("path").to_owned();
    let scene = |name: &str| Scene::create(&dir.join(name)).0;
    let mut row =
        Row::new("memory", format!("most memory of a process, {} entries", context.entries), "", Vec::new());
    let measure = |what: &str, scene: &Scene, args: &[&str], row: Row| {
        let (elapsed, peak) = program.run_watched(scene, args);
        let Some(peak) = peak else { return row.note(format!("{what}: the system does not tell")) };
        let ratio = peak as f64 / BOUND;
        row.figure(
            format!("{what} / 128 MiB"),
            Spread { median: ratio, low: ratio, high: ratio },
            Target::AtMost(1.0),
        )
        .note(format!(
            "{what}: {:.0} MiB, {:.1} s",
            peak as f64 / 1_048_576.0,
            elapsed.as_secs_f64()
        ))
    };
    let events = file_of(dir.join("events.jsonl"), (0..context.entries).map(event_line));
    row = measure("import", &scene("import"), &["import", &text(&events)], row);
    let batch = file_of(dir.join("batch.jsonl"), (0..context.entries).map(|n| intent_line(n, 10)));
    row =
        measure("append --batch", &scene("batch"), &["append", "--unsigned", "--batch", &text(&batch)], row);
    row = measure("verify", context.large(), &["verify"], row);
    row = measure(
        "append",
        context.large(),
        &["append", "note", "--unsigned", "--data", "{\"text\":\"one more\"}"],
        row,
    );
    vec![row]
}
