//! What every command has: where the ledger is, who acts, and how to answer.
//!
//! No decisions. Invariant: environment variables are read here and nowhere else in this crate. Source: DESIGN.md §6.

use crate::progress;
use crate::reading::{Opened, Reader};
use crate::trace::Level;
use crate::writer::Writer;
use ledger_core::intent::{Bearer, Intent};
use ledger_core::key::SecretKey;
use ledger_core::ledger::{Ledger, Location};
use ledger_core::names::Gid;
use ledger_core::rules::Registry;
use ledger_core::store::disk::RealDisk;
use ledger_core::store::local::JournalReader;
use ledger_core::time::{Clock as _, SystemClock, Timestamp};
use ledger_core::{Code, Error, Result};
use ledger_server::{Address, Remote};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Shared by all commands.
pub struct Context {
    /// Where the ledger is.
    pub location: Location,
    /// A server on the network, which is written through instead.
    pub server: Option<Address>,
    /// Whether to answer in JSON.
    pub json: bool,
}

/// Who acts and how they sign.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct ActorArgs {
    /// Who acts [default: $LEDGER_ACTOR, else whom the command is for: the only human, the orchestrator or the agent]
    #[arg(long, value_name = "GID")]
    pub actor: Option<String>,
    /// Secret key file to sign with [default: keys/GID.key in the ledger, if it is there]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Do not sign, even if the actor's key file is there
    #[arg(long, conflicts_with = "key")]
    pub unsigned: bool,
}

impl Context {
    /// The ledger in `--data`, else `$LEDGER_DATA`, else `./ledger-data`.
    #[must_use]
    pub fn new(data: Option<PathBuf>, server: Option<String>, json: bool) -> Self {
        let dir = data
            .or_else(|| std::env::var_os("LEDGER_DATA").filter(|v| !v.is_empty()).map(PathBuf::from))
            .unwrap_or_else(|| PathBuf::from("ledger-data"));
        let mut location = Location::new(&dir);
        location.options.progress = progress::shared();
        let server = server.or_else(|| environment("LEDGER_SERVER")).map(address);
        Self { location, server, json }
    }

    /// How much a server says of its work, as `$LEDGER_LOG` has it; a line for each request where it is not set.
    ///
    /// # Errors
    /// `LG_106` when it is no level.
    pub fn log_level(&self) -> Result<Level> {
        let set = std::env::var("LEDGER_LOG").ok().filter(|v| !v.is_empty());
        set.map_or(Ok(Level::Info), |text| Level::read(&text))
    }

    /// Where a supervisor wants to be told how far the service is.
    #[must_use]
    pub fn notify_socket(&self) -> Option<std::ffi::OsString> {
        std::env::var_os("NOTIFY_SOCKET")
    }

    /// The way to the log: its server, if one has it open, else the ledger itself.
    pub fn writer(&self) -> Result<Writer> {
        Writer::open(&self.location, self.server.as_ref())
    }

    /// The server that is running.
    ///
    /// # Errors
    /// `LG_600` when there is none.
    pub fn server(&self) -> Result<Remote> {
        let found = match &self.server {
            Some(address) => Some(Remote::at(address)?),
            None => Remote::of_directory(&self.location.dir)?,
        };
        found.ok_or_else(|| {
            Error::new(Code::CannotListen, format!("no server serves {}", self.location.dir.display()))
                .hint("start one with `ledger serve`")
        })
    }

    /// The server of a URL, or the one that is named for every command when there is no other target.
    pub fn server_named(&self, target: Option<&Path>) -> Option<Address> {
        let Some(target) = target else { return self.server.clone() };
        let url = target.to_str().filter(|t| t.starts_with("http://") || t.starts_with("https://"));
        url.map(|url| address(url.to_owned()))
    }

    /// Opens for writing by this process alone.
    pub fn ledger(&self) -> Result<Ledger> {
        if let Some(address) = &self.server {
            let why = format!("this command needs the ledger's directory; {} is elsewhere", address.url);
            return Err(Error::new(Code::Usage, why).hint("leave --server and $LEDGER_SERVER away"));
        }
        Ledger::open(&self.location)
    }

    /// Opens for questions: the ledger itself, or through the server that is named.
    pub fn store(&self) -> Result<Opened> {
        if let Some(address) = &self.server {
            return Remote::at(address).and_then(Opened::served);
        }
        let mut location = self.location.clone();
        if ledger_server::is_served(&self.location.dir) {
            // It will not be free in a moment: what the journal holds is read at once.
            location.options.wait = std::time::Duration::ZERO;
        }
        ledger_core::ledger::open_for_reading(&location).map(Opened::own)
    }

    /// Opens for reading in the order of the log, beside any writer, or from the server that is named.
    pub fn reader(&self) -> Result<Reader> {
        if let Some(address) = &self.server {
            return Ok(Reader::Served(Box::new(Remote::at(address)?)));
        }
        JournalReader::open(Arc::new(RealDisk::new(&self.location.dir, false)))
            .map(|journal| Reader::Journal(Box::new(journal)))
            .map_err(|e| self.location.naming(e))
    }
}

impl ActorArgs {
    /// The actor of this command.
    pub fn resolve(&self, registry: &Registry) -> Result<Gid> {
        self.resolve_or(|| ledger_core::ledger::default_actor(registry))
    }

    /// The actor that is named, else the only admin: for what is an admin's most often.
    pub fn resolve_admin(&self, registry: &Registry) -> Result<Gid> {
        self.resolve_or(|| {
            let mut admins = registry.actors().filter(|(_, a)| a.admin && !a.retired).map(|(gid, _)| gid);
            match (admins.next(), admins.next()) {
                (Some(gid), None) => Gid::new(gid),
                _ => ledger_core::ledger::default_actor(registry),
            }
        })
    }

    /// The actor that is named, here or in the environment, else this one.
    pub fn resolve_or(&self, default: impl FnOnce() -> Result<Gid>) -> Result<Gid> {
        match self.actor.clone().or_else(|| environment("LEDGER_ACTOR")) {
            Some(gid) => Gid::new(gid),
            None => default(),
        }
    }

    /// The key that signs for this actor: the one named, else the one in the ledger's keys directory.
    pub fn secret(&self, writer: &Writer, actor: &Gid) -> Result<Option<SecretKey>> {
        if self.unsigned {
            return Ok(None);
        }
        if let Some(path) = &self.key {
            return SecretKey::read(path).map(Some);
        }
        let path = writer.location().key_file(actor.as_str());
        if path.exists() { SecretKey::read(&path).map(Some) } else { Ok(None) }
    }

    /// Signs an intent when there is a key for it.
    pub fn sign(&self, writer: &Writer, intent: &mut Intent) -> Result<()> {
        if intent.signed.is_some() {
            return Ok(());
        }
        match self.secret(writer, &intent.actor)? {
            Some(secret) => writer.sign(intent, &secret),
            None => Ok(()),
        }
    }
}

/// A server with the token and the authority of the environment.
fn address(url: String) -> Address {
    let token = environment("LEDGER_ACCESS_TOKEN").map(Bearer::new);
    Address { url, token, ca: environment("LEDGER_CA").map(PathBuf::from) }
}

/// A variable that says something.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

/// What the system's clock says, milliseconds since 1970.
#[must_use]
pub fn now() -> i64 {
    SystemClock.read().wall
}

/// The same, as the log writes it.
pub fn timestamp() -> Result<Timestamp> {
    Timestamp::from_millis(now())
        .ok_or_else(|| Error::new(Code::ClockStep, "the clock is beyond the year 9999"))
}

/// The dispatch token of the environment.
#[must_use]
pub fn environment_token() -> Option<String> {
    environment("LEDGER_TOKEN")
}

/// The session of the environment.
#[must_use]
pub fn environment_session() -> Option<String> {
    environment("LEDGER_SESSION")
}

/// Reads a whole file of 1 to `limit` bytes; `-` is standard input.
pub fn read_input(path: &Path, limit: u64) -> Result<Vec<u8>> {
    use std::io::Read as _;
    let shown =
        if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() };
    let failed = |e: std::io::Error| Error::new(Code::InputUnreadable, format!("{shown}: {e}"));
    let mut bytes = Vec::new();
    let most = limit.saturating_add(1);
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        std::fs::File::open(path).map_err(failed)?.take(most).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > limit {
        return Err(Error::new(Code::TooLarge, format!("{shown} has more than {limit} bytes")));
    }
    if bytes.is_empty() {
        return Err(Error::new(Code::InputUnreadable, format!("{shown} is empty")));
    }
    Ok(bytes)
}
