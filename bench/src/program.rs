//! The real binary as a child process: timed, watched for its memory, or killed in the middle of its work.
//!
//! Invariant: it gets the scene's own state directory, so that no guard is left behind.

use crate::machine::peak_memory;
use crate::scene::Scene;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The binary `ledger`.
#[derive(Clone)]
pub struct Program(PathBuf);

impl Program {
    /// The one that was found, if any.
    #[must_use]
    pub fn new(path: Option<&Path>) -> Option<Self> {
        path.map(|p| Self(p.to_owned()))
    }

    /// The one named, or the one beside this program.
    #[must_use]
    pub fn find(named: Option<PathBuf>) -> Option<PathBuf> {
        let beside = || std::env::current_exe().ok()?.parent().map(|dir| dir.join("ledger"));
        named.or_else(beside).filter(|p| p.is_file())
    }

    fn command(&self, scene: &Scene, args: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
        command
            .env("LEDGER_DATA", scene.data())
            .env("LEDGER_STATE", scene.state())
            .env_remove("LEDGER_ACTOR")
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// Runs it to its end; how long that took.
    #[must_use]
    pub fn run(&self, scene: &Scene, args: &[&str]) -> Duration {
        let start = Instant::now();
        let status = self.command(scene, args).status().expect("ledger");
        let elapsed = start.elapsed();
        assert!(status.success(), "ledger {args:?}: {status}");
        elapsed
    }

    /// Runs it to its end; how long that took, and the most memory that it had.
    #[must_use]
    pub fn run_watched(&self, scene: &Scene, args: &[&str]) -> (Duration, Option<u64>) {
        let start = Instant::now();
        let mut child = self.command(scene, args).spawn().expect("ledger");
        let mut peak = None;
        loop {
            peak = peak_memory(child.id()).or(peak);
            if let Some(status) = child.try_wait().expect("wait") {
                assert!(status.success(), "ledger {args:?}: {status}");
                return (start.elapsed(), peak);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Appends a batch and kills it with SIGKILL when the first receipt has come.
    pub fn kill_in_the_middle_of(&self, scene: &Scene, batch: &Path) {
        let batch = batch.to_str().expect("path");
        let mut command = self.command(scene, &["--json", "append", "--unsigned", "--batch", batch]);
        let mut child: Child = command.stdout(Stdio::piped()).spawn().expect("ledger");
        let mut line = String::new();
        let out = child.stdout.take().expect("stdout");
        BufReader::new(out).read_line(&mut line).expect("a receipt");
        assert!(line.contains("inclusion_proof"), "no receipt: {line}");
        child.kill().expect("kill");
        let _ = child.wait();
    }
}
