//! The streaming verifier: reads a log from its first byte to its last and says everything that is wrong with it.
//!
//! Not a repair, and not a writer: it opens neither database nor lock, works on read-only media and beside a busy writer, and trusts
//! nothing but what it is given (a verifier key, remembered checkpoints). Invariant: a log that an honest ledger wrote gives no finding;
//! a changed, missing, added or moved byte gives at least one, as long as a checkpoint covers it; the report is the same for any number
//! of threads. Source: DESIGN.md §5 (`verify`), docs/format.md.
//!
//! One thread reads batches of whole records (`journal`, `lines`); any thread checks the entries of a batch for themselves (`examine`);
//! one puts them in order (`order`, with `judge`, `pacs`, `tree`, `links`, `streams`); any thread checks the signatures and rules that this
//! leaves (`settle`). Memory: some megabytes of batches, and about 20 to 70 bytes per entry for ids, streams and signers.

mod batch;
mod examine;
mod fingerprint;
mod followed;
mod head;
mod journal;
mod judge;
mod lines;
mod links;
mod order;
mod pacs;
mod pool;
mod report;
mod salvage;
mod settle;
mod streams;
mod tree;
mod trees;

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::store::disk::{Disk, RealDisk};
use crate::store::local::frame::HeadFile;
use batch::{Batch, Checked};
use fingerprint::Keying;
use head::Stated;
use ledger_proofs::VerifierKey;
use order::Order;
pub use pacs::{Completeness, OpenPac};
use pool::{Pool, with_pool};
use report::Findings;
pub use report::{Finding, MAX_FINDINGS, Report};
use settle::Settling;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;
use tree::Tree;

/// How far a verification is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Entries that were put in order.
    pub entries: u64,
    /// Entries that the log's head speaks of; 0 when unknown.
    pub size: u64,
    /// Bytes that were checked.
    pub bytes: u64,
    /// Bytes that there are; 0 when unknown.
    pub total: u64,
}

/// Told how far it is; gives whether to go on.
pub type Progress = Arc<dyn Fn(Step) -> bool + Send + Sync>;

/// How to verify.
#[derive(Clone, Default)]
pub struct Options {
    /// Threads to use, the calling one included; 0 is one per core.
    pub threads: usize,
    /// Signed checkpoints (C2SP notes) that someone remembered: the log must hold what they say.
    pub checkpoints: Vec<String>,
    /// The log's verifier key, known from elsewhere; the genesis entry must name the same.
    pub vkey: Option<String>,
    /// A PAC that must be whole.
    pub complete: Option<String>,
    /// Whom to tell how far it is, and who may end it.
    pub progress: Option<Progress>,
}

/// Where batches come from.
trait Source {
    /// The next entries; `None` at the end.
    fn next(&mut self) -> Result<Option<Batch>>;
    /// Bytes that there are; 0 when unknown.
    fn total(&self) -> u64;
}

/// Verifies the ledger in a directory, as far as its head.
///
/// # Errors
/// `LG_200` when there is none, `LG_202` when it is of a newer format, `LG_208` when it cannot be read, `LG_106` for a verifier key
/// that is none, `LG_620` when whoever is told of its progress ends it. Everything else that is wrong is a finding.
pub fn verify_directory(dir: &Path, options: &Options) -> Result<Report> {
    verify_disk(Arc::new(RealDisk::new(dir, false)), options).map_err(|e| match e.code {
        Code::NotALedger => Error::new(e.code, format!("{} holds no ledger ({})", dir.display(), e.message)),
        _ => e,
    })
}

/// The same for a ledger on any disk.
///
/// # Errors
/// As [`verify_directory`].
pub fn verify_disk(disk: Arc<dyn Disk>, options: &Options) -> Result<Report> {
    let mut findings = Findings::default();
    let head = head::read(&*disk, &mut findings)?;
    let ids = head::segments(Arc::clone(&disk), head.as_ref())?;
    let mut source = journal::JournalSource::new(disk, &ids, head.as_ref().map(|h| h.end))?;
    let report = Run::new(options, head, findings)?.verify(&mut source)?;
    report.ok_or_else(|| Error::new(Code::NotALedger, "there are neither entries nor a head"))
}

/// Verifies an exported log: one event JSON per line, as `log --json` writes it. An export carries no checkpoint of its own: that
/// nothing is missing at its end, or changed in its last leaf, only a remembered one can tell.
///
/// # Errors
/// `LG_105` when it cannot be read or holds nothing; `LG_202`, `LG_106` as [`verify_directory`].
pub fn verify_export(reader: impl BufRead, options: &Options) -> Result<Report> {
    let run = Run::new(options, None, Findings::default())?;
    let report = run.verify(&mut lines::Lines::new(reader))?;
    report.ok_or_else(|| Error::new(Code::InputUnreadable, "the export holds no line"))
}

/// What can be done by any thread.
enum Job {
    Examine(u64, Batch),
    Settle(Arc<Checked>, Settling),
}

/// What comes of it.
enum Done {
    Examined(u64, Box<Checked>),
    Settled(Vec<Finding>),
}

/// One verification.
struct Run<'o> {
    options: &'o Options,
    keying: Keying,
    threads: usize,
    head: Option<HeadFile>,
    /// Given by the user.
    vkey: Option<VerifierKey>,
    order: Order,
}

impl<'o> Run<'o> {
    fn new(options: &'o Options, head: Option<HeadFile>, mut findings: Findings) -> Result<Self> {
        let vkey = options.vkey.as_deref().map(|text| {
            let parsed: Result<VerifierKey, _> = text.trim().parse();
            parsed.map_err(|e| Error::new(Code::Usage, format!("the verifier key is none: {e}")))
        });
        let vkey = vkey.transpose()?;
        let remembered = (1..)
            .zip(&options.checkpoints)
            .map(|(n, note)| (format!("remembered checkpoint {n}"), note.clone()));
        let published = head.iter().map(|h| ("the head's checkpoint".to_owned(), h.checkpoint.clone()));
        let tree = Tree::new(remembered.chain(published), &mut findings);
        let keying = Keying::default();
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = if options.threads == 0 { cores() } else { options.threads };
        let order = Order::new(tree, findings);
        Ok(Self { options, keying, threads, head, vkey, order })
    }

    /// The report; `None` when there was nothing at all.
    fn verify(mut self, source: &mut impl Source) -> Result<Option<Report>> {
        let keying = self.keying.clone();
        let work = move |job| match job {
            Job::Examine(number, batch) => Done::Examined(number, Box::new(examine::examine(batch, &keying))),
            Job::Settle(batch, settling) => Done::Settled(settle::settle(&batch, &settling)),
        };
        with_pool(self.threads, &work, |pool| self.drive(source, pool))?;
        let nothing = self.head.is_none() && self.order.saw_nothing();
        Ok(if nothing { None } else { Some(self.finish()) })
    }

    /// Feeds the pool, and takes what it gives in the order of the log.
    fn drive(&mut self, source: &mut impl Source, pool: &Pool<'_, Job, Done>) -> Result<()> {
        let most = if self.threads == 1 { 1 } else { self.threads.saturating_mul(4) };
        let (mut sent, mut taken, mut flying, mut ended) = (0_u64, 0_u64, 0_usize, false);
        let mut waiting: BTreeMap<u64, Box<Checked>> = BTreeMap::new();
        loop {
            while !ended && flying < most {
                match source.next()? {
                    Some(batch) => {
                        pool.submit(Job::Examine(sent, batch));
                        (sent, flying) = (sent.saturating_add(1), flying.saturating_add(1));
                    }
                    None => ended = true,
                }
            }
            match pool.take() {
                Some(Done::Examined(number, batch)) => {
                    waiting.insert(number, batch);
                }
                Some(Done::Settled(findings)) => {
                    flying = flying.saturating_sub(1);
                    findings.into_iter().for_each(|f| self.order.findings.push(f));
                }
                None => return Ok(()),
            }
            while let Some(batch) = waiting.remove(&taken) {
                (taken, flying) = (taken.saturating_add(1), flying.saturating_sub(1));
                let batch = Arc::new(*batch);
                for piece in self.order.take(&batch)?.split() {
                    pool.submit(Job::Settle(Arc::clone(&batch), piece));
                    flying = flying.saturating_add(1);
                }
                self.tell(batch.read, source.total())?;
            }
        }
    }

    fn tell(&self, bytes: u64, total: u64) -> Result<()> {
        let size = self.head.as_ref().map_or(0, |h| h.size);
        let step = Step { entries: self.order.size(), size, bytes, total };
        if self.options.progress.as_ref().is_none_or(|goes_on| goes_on(step)) {
            return Ok(());
        }
        Err(Error::new(Code::Cancelled, "the verification was ended before its end"))
    }

    /// What can be said only at the end.
    fn finish(self) -> Report {
        let Self { mut order, head, vkey, options, .. } = self;
        order.finish(head.as_ref().map(|h| h.chain));
        order.judge.finish(&mut order.findings);
        let size = order.size();
        let stated = Stated::of(&order.judge, vkey, &mut order.findings);
        let told = head::check_end(head.as_ref(), size, order.lost.as_ref(), &mut order.findings);
        head::check_log_ids(&order.log_ids, order.judge.log_id(), &mut order.findings);
        let checkpoints = order.tree.finish(size, told, stated.key.as_ref(), &mut order.findings);
        let (ok, findings, findings_omitted) = order.findings.finish();
        let pacs = order.judge.pacs();
        let whole = options.complete.as_deref().map(|pac_id| pacs.is_whole(pac_id));
        Report {
            ok,
            whole,
            pacs: pacs.finish(),
            size,
            root: order.tree.root().map(|root| root.to_hex()),
            head: order.chain.map(hex::encode),
            origin: stated.origin,
            logid: order.judge.log_id().map(|id| id.to_hex()),
            vkey: stated.vkey,
            signed_entries: order.judge.signed_entries(),
            checkpoints,
            findings,
            findings_omitted,
        }
    }
}
