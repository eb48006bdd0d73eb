//! Making a new ledger: keys, genesis, and the profile's agents, in one commit.
//!
//! Invariant: either the whole ledger is there afterwards or none of it counts: a directory without a published head is no ledger.
//! Source: DOMAIN.md §2, docs/format.md §7.

use super::profile::{self, ORCHESTRATOR, ProfileAgent};
use super::{KEYS, LOG_KEY, Ledger, Location};
use crate::codes::Code;
use crate::entry::{Entry, Leaf};
use crate::error::{Error, Result};
use crate::event::body::{AgentRegistration, Genesis, Hex32, KeyHolder, Orchestrator, Policy, WorkerKind};
use crate::event::{Event, EventKind};
use crate::intent::{Intent, LogName, canonical_part};
use crate::key::SecretKey;
use crate::names::{Gid, Key, Lane, Origin, Stream};
use crate::rules::{self, Occurrence, Registry};
use crate::sequencer::{Sources, build, clock};
use crate::store::Store as _;
use crate::store::local;
use crate::time::Random;
use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::PathBuf;

/// What a new ledger is to be.
#[derive(Clone, Debug)]
pub struct InitOptions {
    /// Name of the log; made up when absent.
    pub origin: Option<Origin>,
    /// Name of the first human.
    pub human: String,
    /// `default` or `empty`.
    pub profile: String,
}

/// What was made.
pub struct Initialized {
    /// The open ledger.
    pub ledger: Ledger,
    /// GID of the first human.
    pub human: Gid,
    /// Key files that were written.
    pub keys: Vec<PathBuf>,
}

/// The first human's GID.
const FIRST_HUMAN: &str = "GID-H01";

/// Makes a new ledger.
///
/// # Errors
/// `LG_201` when there is one already; `LG_104`, `LG_206`, `LG_207`, `LG_127`.
pub fn init(location: &Location, options: &InitOptions, mut sources: Sources) -> Result<Initialized> {
    let agents = profile::agents(&options.profile).ok_or_else(|| {
        Error::new(Code::InvalidName, format!("there is no profile {:?}", options.profile))
            .hint("the profiles are default and empty")
    })?;
    crate::names::check_display_name(&options.human)?;
    prepare_directory(location)?;
    let random = &mut *sources.random;
    let (log_key, human_key, orchestrator_key) = (new_key(random)?, new_key(random)?, new_key(random)?);
    let origin = match &options.origin {
        Some(origin) => origin.clone(),
        None => Origin::new(format!("ledger.local/{}", hex::encode(fill::<4>(random)?)))?,
    };
    let genesis = Genesis {
        admin: KeyHolder { gid: Gid::new(FIRST_HUMAN)?, key: Hex32(human_key.public()?.to_bytes()) },
        format: local::frame::FORMAT,
        log_key: Hex32(log_key.public()?.to_bytes()),
        nonce: Hex32(fill(random)?),
        orchestrator: Orchestrator {
            gid: Gid::new(ORCHESTRATOR.gid)?,
            key: Hex32(orchestrator_key.public()?.to_bytes()),
            lanes: lanes(&ORCHESTRATOR)?,
            name: ORCHESTRATOR.name.to_owned(),
        },
        origin: origin.clone(),
        policy: Policy { version: 1, ..Policy::default() },
        profile: options.profile.clone(),
    };
    let entries = first_entries(&genesis, &options.human, agents, &human_key, &mut sources)?;
    let keys = [
        (LOG_KEY.to_owned(), &log_key, format!("the log {origin}")),
        (format!("{FIRST_HUMAN}.key"), &human_key, FIRST_HUMAN.to_owned()),
        (format!("{}.key", ORCHESTRATOR.gid), &orchestrator_key, ORCHESTRATOR.gid.to_owned()),
    ];
    let mut written = Vec::new();
    for (name, key, whose) in keys {
        let path = location.dir.join(KEYS).join(name);
        key.write(&path, &whose)?;
        written.push(path);
    }
    let log_id = entries.first().map_or_else(ledger_proofs::empty_root, Entry::leaf_hash);
    let mut store = local::create(&location.backing(true), log_id, &location.options)?;
    let head = store.head();
    store.append(&head, &entries)?;
    let ledger = Ledger::over(store, location, &log_key, sources)?;
    Ok(Initialized { ledger, human: Gid::new(FIRST_HUMAN)?, keys: written })
}

fn fill<const N: usize>(random: &mut dyn Random) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    random.fill(&mut bytes)?;
    Ok(bytes)
}

fn new_key(random: &mut dyn Random) -> Result<SecretKey> {
    Ok(SecretKey::from_seed(&zeroize::Zeroizing::new(fill(random)?)))
}

fn lanes(agent: &ProfileAgent) -> Result<Vec<Lane>> {
    agent.lanes.iter().map(|l| Lane::new(*l)).collect()
}

/// Makes the directories; refuses those of a ledger.
fn prepare_directory(location: &Location) -> Result<()> {
    let dir = &location.dir;
    let shown = dir.display();
    let failed = |e: std::io::Error| local::journal::write_failed(&shown.to_string(), &e);
    if dir.exists() && !dir.is_dir() {
        return Err(Error::new(Code::AlreadyALedger, format!("{shown} is a file")));
    }
    if let Some(taken) = ["journal", local::HEAD, KEYS].iter().find(|name| dir.join(name).exists()) {
        return Err(Error::new(Code::AlreadyALedger, format!("{} exists", dir.join(taken).display())));
    }
    fs::create_dir_all(dir).map_err(failed)?;
    fs::create_dir(dir.join(local::journal::DIR)).map_err(failed)?;
    fs::DirBuilder::new().mode(0o700).create(dir.join(KEYS)).map_err(failed)?;
    fs::set_permissions(dir.join(KEYS), fs::Permissions::from_mode(0o700)).map_err(failed)?;
    // Keys come before the log that they sign: not even a power cut may leave a journal without them.
    fs::File::open(dir).and_then(|d| d.sync_all()).map_err(failed)
}

/// Genesis and one registration for each agent, all signed by the first human.
fn first_entries(
    genesis: &Genesis,
    human: &str,
    agents: &[ProfileAgent],
    key: &SecretKey,
    sources: &mut Sources,
) -> Result<Vec<Entry>> {
    let time = clock::corrected(sources.clock.read())?;
    let json = |value: serde_json::Result<Vec<u8>>| {
        value.map_err(|e| Error::new(Code::InvalidIntent, e.to_string()))
    };
    let mut log = LogName { origin: genesis.origin.clone(), log_id: None };
    let mut registry = Registry::default();
    let mut entries: Vec<Entry> = Vec::new();
    let mut push = |event: Event, data: &[u8], private: Option<Vec<u8>>, name: &str| -> Result<()> {
        let mut intent = Intent {
            event,
            data: canonical_part("data", data)?,
            private,
            actor: genesis.admin.gid.clone(),
            stream: Stream::new("registry")?,
            key: Some(Key::new(name)?),
            signed: None,
            token: None,
            access: None,
        };
        let salts = (fill(&mut *sources.random)?, fill(&mut *sources.random)?);
        intent.sign(key, &log, salts.0, salts.1)?;
        let sequence = entries.len() as u64;
        let chain = entries.last().map_or([0; 32], Entry::chain_hash);
        let id = intent.id().unwrap_or_default();
        let private_salt = intent.private.is_some().then_some(salts.1);
        let entry = build(&intent, &log, &id, (salts.0, private_salt), |leaf| {
            leaf.sequence = sequence;
            leaf.subject_sequence = sequence;
            leaf.prev_hash = chain;
            leaf.time = time;
        });
        rules::next(
            &mut registry,
            &Occurrence::new(
                &Leaf::parse(&entry.leaf).unwrap_or(intent.leaf(&id, &log, &salts.0, None)),
                &intent.event,
            ),
        )?;
        log.log_id.get_or_insert(entry.leaf_hash());
        entries.push(entry);
        Ok(())
    };
    let name = json(serde_json::to_vec(&serde_json::json!({ "name": human })))?;
    push(
        Event::LogCreated(genesis.clone()),
        &json(serde_json::to_vec(genesis))?,
        Some(canonical_part("name", &name)?),
        "genesis",
    )?;
    for agent in agents {
        let body = AgentRegistration {
            gid: Gid::new(agent.gid)?,
            key: None,
            kind: WorkerKind::Agent,
            lanes: lanes(agent)?,
            name: agent.name.to_owned(),
            primary_lane: Some(Lane::new(agent.primary_lane)?),
        };
        let data = json(serde_json::to_vec(&body))?;
        push(EventKind::AgentRegistered.read(&data)?, &data, None, &format!("profile-{}", agent.gid))?;
    }
    Ok(entries)
}
