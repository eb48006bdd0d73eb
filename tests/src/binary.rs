//! The real program, as users run it: built, run in a place of its own, and what it said.
//!
//! No expectations of any command here. Invariant: no run sees this machine's own ledgers, state directory or `LEDGER_*` variables.

use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;

/// The program: `$LEDGER_BIN`, else that of the profile which these tests were built with, built when its sources are newer.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = PROGRAM.get_or_init(|| std::env::var_os("LEDGER_BIN").map(PathBuf::from).or_else(build));
    found.as_deref().expect("`cargo build -p ledger-cli` fails")
}

/// Builds the program beside the running test; `None` when that fails.
fn build() -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    let profile_dir = test.ancestors().nth(2)?;
    let profile = profile_dir.file_name()?.to_str()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // With a test, and for all packages: with the features that `cargo test` has, so that nothing is compiled a second time.
    build.args(["build", "--quiet", "--bin", "ledger", "--test", "tidy", "--profile"]);
    build.arg(if profile == "debug" { "dev" } else { profile });
    build
        .arg("--target-dir")
        .arg(profile_dir.parent()?)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    build.status().ok()?.success().then(|| profile_dir.join("ledger"))
}

/// A temporary directory with room for a ledger, a state directory, and files.
pub struct Place {
    temporary: tempfile::TempDir,
    /// Where the ledger is, or will be.
    pub data: PathBuf,
    /// Where guards are kept.
    pub state: PathBuf,
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Place {
    /// A place without a ledger; in memory where the system has room for it, so that syncs cost nothing.
    #[must_use]
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::below(memory) } else { Self::below(&std::env::temp_dir()) }
    }

    /// A place without a ledger, on the disk.
    #[must_use]
    pub fn on_disk() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// A place without a ledger, below this directory.
    #[must_use]
    pub fn below(dir: &Path) -> Self {
        let temporary = tempfile::Builder::new().prefix("ledger-test-").tempdir_in(dir).unwrap();
        let (data, state) = (temporary.path().join("data"), temporary.path().join("state"));
        Self { temporary, data, state }
    }

    /// A place with a new ledger: genesis and twelve agents.
    #[must_use]
    pub fn with_ledger() -> Self {
        Self::new().initialized()
    }

    /// The same place with a new ledger in it.
    #[must_use]
    pub fn initialized(self) -> Self {
        self.ok(["init", "--origin", "ledger.example/test", "--human", "Ada"]);
        self
    }

    /// The directory itself, in which commands run.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.temporary.path()
    }

    /// Writes a file in it; gives its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The program, about to be run here.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        self.wrapped(std::iter::empty::<&str>(), args)
    }

    /// The program, about to be run here by another program (strace, unshare), whose words come first.
    pub fn wrapped<W: AsRef<OsStr>, S: AsRef<OsStr>>(
        &self,
        wrapper: impl IntoIterator<Item = W>,
        args: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut wrapper = wrapper.into_iter();
        let mut command = match wrapper.next() {
            None => Command::new(program()),
            Some(first) => {
                let mut command = Command::new(first);
                command.args(wrapper).arg(program());
                command
            }
        };
        command.args(args).current_dir(self.root()).stdin(Stdio::null()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.root()).env("USER", "tester");
        command.env("LEDGER_DATA", &self.data).env("LEDGER_STATE", &self.state);
        command
    }

    /// Runs it.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Said {
        Said::of(self.command(args))
    }

    /// Runs it with this on standard input.
    pub fn run_on<S: AsRef<OsStr>>(&self, input: &[u8], args: impl IntoIterator<Item = S>) -> Said {
        let mut command = self.command(args);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Whoever refuses its input early closes it early.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap().into()
    }

    /// Runs it and demands success.
    #[track_caller]
    pub fn ok<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Said {
        let said = self.run(args);
        assert!(said.status.success() && said.err.is_empty(), "{said:?}");
        said
    }

    /// Runs it with `--json` and demands success and one JSON value.
    #[track_caller]
    pub fn json<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Value {
        let said = self.lines(args);
        assert_eq!(said.len(), 1, "{said:?}");
        said.into_iter().next().unwrap()
    }

    /// Runs it with `--json` and demands success; one JSON value for each line.
    #[track_caller]
    pub fn lines<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Vec<Value> {
        let mut command = self.command(args);
        command.arg("--json");
        let said = Said::of(command);
        assert!(said.status.success() && said.err.is_empty(), "{said:?}");
        said.values()
    }

    /// Appends a note.
    #[track_caller]
    pub fn note(&self, text: &str) -> Value {
        let data = serde_json::json!({ "text": text }).to_string();
        self.json(["append", "note", "--data", &data])
    }

    /// Number of entries, as `status` says.
    #[track_caller]
    pub fn size(&self) -> u64 {
        self.json(["status"])["size"].as_u64().unwrap()
    }

    /// Every byte that must be as before when nothing was written: journal, head, cut tail, keys and guards, by path.
    #[must_use]
    pub fn bytes(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        for path in
            ["journal", "head", "tail.cut", "keys"].map(|n| self.data.join(n)).iter().chain([&self.state])
        {
            collect(path, &mut found);
        }
        found.sort();
        found
    }
}

fn collect(path: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), found);
        }
    } else if let Ok(bytes) = std::fs::read(path) {
        found.push((path.to_owned(), bytes));
    }
}

/// What a run of the program said.
#[derive(Clone, Debug)]
pub struct Said {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { status: output.status, out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Said {
    /// Of this command.
    pub fn of(mut command: Command) -> Self {
        command.output().unwrap_or_else(|e| panic!("{command:?}: {e}")).into()
    }

    /// Exit code; 128 and the signal's number when one ended it.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.status.code().or_else(|| Some(128 + self.status.signal()?)).unwrap()
    }

    /// Standard output as JSON, one value a line.
    #[track_caller]
    #[must_use]
    pub fn values(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.out.lines().map(parse).collect()
    }

    /// Code of the one error that it said, as text or as JSON; asserts that there is one, of the documented form, and no panic.
    #[track_caller]
    #[must_use]
    pub fn error(&self) -> String {
        assert!(!self.err.contains("panicked"), "{self:?}");
        if let Some(line) = self.err.strip_suffix('\n').filter(|l| l.starts_with('{')) {
            let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {self:?}"));
            let error = &value["error"];
            for member in ["code", "name", "message", "remedy"] {
                assert!(error[member].as_str().is_some_and(|t| !t.is_empty()), "{member}: {self:?}");
            }
            let known = ["code", "name", "message", "remedy", "sequence"];
            assert!(error.as_object().unwrap().keys().all(|k| known.contains(&k.as_str())), "{self:?}");
            return error["code"].as_str().unwrap().to_owned();
        }
        let code = |l: &&str| l.starts_with("error LG_") || l.starts_with("error GS_");
        let mut errors = self.err.lines().filter(code);
        let (Some(first), None) = (errors.next(), errors.next()) else { panic!("not one error: {self:?}") };
        assert_eq!(self.err.lines().filter(|l| l.starts_with("  what to do: ")).count(), 1, "{self:?}");
        first["error ".len()..][..6].to_owned()
    }
}
