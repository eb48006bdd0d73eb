//! The machine that the figures are from: its cores, its disk's rate of syncs, and how much memory a process has taken.
//!
//! Linux only where `/proc` is read; elsewhere that is absent. Source: DESIGN.md §8.

use serde_json::{Value, json};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// What is said above the table.
pub struct Machine {
    cpu: String,
    cores: usize,
    load: String,
    directory: String,
    syncs: f64,
}

impl Machine {
    /// Looks at this machine and at the disk under this directory.
    #[must_use]
    pub fn look(dir: &Path) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let model = cpuinfo.lines().find(|l| l.starts_with("model name")).and_then(|l| l.split(": ").nth(1));
        let load = read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ");
        Self {
            cpu: model.unwrap_or("unknown").trim().to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            load: if load.is_empty() { "unknown".to_owned() } else { load },
            directory: dir.display().to_string(),
            syncs: syncs_per_second(dir),
        }
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "cpu": self.cpu, "cores": self.cores, "load": self.load, "directory": self.directory,
            "fdatasync_per_second": self.syncs,
        })
    }

    /// As a line of text.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { cpu, cores, load, directory, syncs } = self;
        format!("{cpu}, {cores} cores, load {load}; {directory}: {syncs:.0} fdatasync/s")
    }
}

/// How often a second 4 KiB in a preallocated file can be made durable.
#[must_use]
pub fn syncs_per_second(dir: &Path) -> f64 {
    let file = tempfile::tempfile_in(dir).expect("a file for syncing");
    preallocate(&file, 1 << 20);
    let (start, block, mut count) = (Instant::now(), [7; 4096], 0_u32);
    while start.elapsed() < Duration::from_millis(200) || count < 5 {
        file.write_all_at(&block, u64::from(count % 256) * 4096).expect("write");
        file.sync_data().expect("sync");
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// Fills a new file with zeros and syncs it, so that later writes within it need neither blocks nor a new length.
pub fn preallocate(file: &File, bytes: u64) {
    let zeros = vec![0; 1 << 20];
    let mut at = 0;
    while at < bytes {
        file.write_all_at(&zeros, at).expect("preallocate");
        at += zeros.len() as u64;
    }
    file.sync_all().expect("sync of a preallocated file");
}

/// Most memory that a process has had in use so far (`VmHWM`), bytes; `None` when it is gone, or the system does not tell.
#[must_use]
pub fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Bytes that the files below a directory occupy by their lengths.
#[must_use]
pub fn bytes_below(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    entries
        .filter_map(Result::ok)
        .map(|e| match e.metadata() {
            Ok(meta) if meta.is_dir() => bytes_below(&e.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}
