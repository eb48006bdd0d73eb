//! The command line: one process for one `append`, `status` or proof, on an empty ledger and on a large one.

use crate::context::Context;
use crate::harness::{Durability, Lane, Race, Sample, Spread};
use crate::machine::syncs_per_second;
use crate::program::Program;
use crate::report::{Row, Target};
use crate::scene::Scene;
use crate::workload::intent_line;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const APPEND: [&str; 5] =
    ["append", "note", "--unsigned", "--data", "{\"text\":\"deployment frozen until Monday\"}"];
const SYNCED: Durability = Durability::Synced("fdatasync before the answer");

fn once(elapsed: Duration) -> Sample {
    Sample { operations: 1, elapsed, bytes: 0 }
}

/// The database of a ledger as a writer left it that was killed after its last append.
struct Killed {
    scene: PathBuf,
    copy: PathBuf,
}

impl Killed {
    fn keep(scene: &Scene, copy: &Path) -> Self {
        let killed = Self { scene: scene.data(), copy: copy.to_owned() };
        copy_tree(&killed.scene.join("database"), &killed.copy.join("database"));
        std::fs::copy(killed.scene.join("database.ok"), killed.copy.join("database.ok")).expect("marker");
        killed
    }

    fn restore(&self) {
        std::fs::remove_dir_all(self.scene.join("database")).expect("old database");
        copy_tree(&self.copy.join("database"), &self.scene.join("database"));
        std::fs::copy(self.copy.join("database.ok"), self.scene.join("database.ok")).expect("marker");
    }
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("directory");
    let status = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status();
    assert!(status.expect("cp").success());
}

/// A batch that is long enough to be killed in.
fn long_batch(dir: &Path, entries: u64) -> PathBuf {
    let path = dir.join("batch.jsonl");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).expect("batch"));
    for n in 0..entries {
        // Ids are made by the ledger, so that the same file can be appended again.
        let line = intent_line(n, 10).replace(&format!("\"id\":\"k{n}\","), "");
        writeln!(file, "{line}").expect("batch");
    }
    file.flush().expect("batch");
    path
}

/// Measures.
pub fn run(context: &Context) -> Vec<Row> {
    let Some(program) = Program::new(context.program.as_deref()) else {
        let why = "not measured: the binary `ledger` is not there; build it, or name it with --ledger";
        return vec![Row::new("one-shot", "one-shot append", "", Vec::new()).note(why)];
    };
    let dir = context.fresh("one-shot");
    let large = context.large();
    let killed = Killed::keep(large, &dir.join("killed"));
    let (empty, ledger) = Scene::create(&dir.join("empty"));
    drop(ledger);
    let _ = program.run(large, &["status"]);
    vec![
        warm(context, &program, &empty, large),
        unclean(context, &program, large, &killed, &dir),
        prove(context, &program, large),
    ]
}

fn warm(context: &Context, program: &Program, empty: &Scene, large: &Scene) -> Row {
    let syncs = syncs_per_second(context.dir());
    let lanes = Race::new()
        .enter("large", SYNCED, || once(program.run(large, &APPEND)))
        .enter("empty", SYNCED, || once(program.run(empty, &APPEND)))
        .enter("no work", Durability::None, || once(program.run(empty, &["--version"])))
        .run(context.rounds * 8);
    let syncs = f64::midpoint(syncs, syncs_per_second(context.dir()));
    Row::new(
        "one-shot",
        format!("one-shot append, {} entries, closed in order", context.entries),
        "runs",
        lanes,
    )
    .time("large", "empty", Target::AtMost(2.0))
    .syncs(syncs)
    .note("sled's threads spin while they wait for the last of them to be started, a time slice each: hence the spread")
}

fn unclean(context: &Context, program: &Program, large: &Scene, killed: &Killed, dir: &Path) -> Row {
    let batch = long_batch(dir, context.size(20_000, 3000));
    let lanes = Race::new()
        .enter("closed in order", SYNCED, || once(program.run(large, &APPEND)))
        .enter("killed in a batch", SYNCED, || {
            program.kill_in_the_middle_of(large, &batch);
            let elapsed = program.run(large, &APPEND);
            once(elapsed)
        })
        .enter("killed after appending it all", SYNCED, || {
            killed.restore();
            once(program.run(large, &APPEND))
        })
        .enter("database not trusted", SYNCED, || {
            std::fs::remove_file(large.data().join("database.ok")).expect("marker");
            once(program.run(large, &APPEND))
        })
        .run(context.rounds);
    let tenths = |of: &Lane| {
        let extra = |(after, warm): (&f64, &f64)| (1.0 / after - 1.0 / warm) / 0.1;
        Spread::of(&of.rates.iter().zip(&lanes[0].rates).map(extra).collect::<Vec<_>>())
    };
    let (batch, all, rebuilt) = (tenths(&lanes[1]), tenths(&lanes[2]), tenths(&lanes[3]));
    Row::new("one-shot", format!("one-shot append, {} entries, after an unclean end", context.entries), "runs", lanes)
        .figure("more after kill -9 in a batch / 100 ms", batch, Target::AtMost(1.0))
        .figure("more after kill -9 of the writer of all / 100 ms", all, Target::AtMost(1.0))
        .figure("more without a trusted database / 100 ms", rebuilt, Target::None)
        .note("database not trusted: no `database.ok`, as after a power cut (an open marker of another boot); the database is made again from the journal, in proportion to the log")
}

fn prove(context: &Context, program: &Program, large: &Scene) -> Row {
    let mut n = 0;
    let lanes = Race::new()
        .enter("prove inclusion", Durability::None, || {
            n += 1;
            let entry = (crate::workload::scattered(n) % context.entries).to_string();
            once(program.run(large, &["prove", "inclusion", &entry]))
        })
        .enter("status", Durability::None, || once(program.run(large, &["status"])))
        .run(context.rounds * 3);
    Row::new("one-shot", format!("a proof by a new process, {} entries", context.entries), "runs", lanes)
        .time("prove inclusion", "status", Target::AtMost(2.0))
}
