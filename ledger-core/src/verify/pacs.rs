//! The PACs of the log, replayed by the same rules as live appends, and what is open in each at the end.
//!
//! Invariant: a PAC is judged as long as every entry of its stream is there and understood; from the first that is not, nothing more is
//! said of it, because that is a finding already. Closed PACs take 17 bytes. Source: DESIGN.md §5, DOMAIN.md §§3-8.

use super::followed::Followed;
use super::judge::Placed;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::{Event, pac_of_stream};
use crate::rules::Registry;
use crate::rules::pac::{Closure, OpenItem, Pac, Phase};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What is known of all PACs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Completeness {
    /// PACs whose WRAP was emitted.
    pub complete: u64,
    /// PACs that were abandoned.
    pub abandoned: u64,
    /// PACs that could not be judged, because something of them is missing, altered or not understood.
    pub doubtful: Vec<String>,
    /// PACs that are open, at most 1,000, with what is due in each.
    pub open: Vec<OpenPac>,
    /// How many more are open.
    pub open_omitted: u64,
}

/// Most open PACs that a report lists.
pub const MOST: usize = 1_000;

/// An open PAC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenPac {
    /// Id.
    pub pac_id: String,
    /// Where it is.
    pub phase: Phase,
    /// What is due.
    pub open: Vec<OpenItem>,
}

/// All PACs while the log is read.
#[derive(Default)]
pub(super) struct Pacs {
    open: HashMap<String, Followed<Pac>>,
    /// Streams that are closed, by hash, and whether with a WRAP.
    closed: HashMap<[u8; 16], bool>,
    doubtful: HashSet<String>,
}

/// Closed streams are known by half of their BLAKE3.
fn name(stream: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(blake3::hash(stream.as_bytes()).as_bytes().first_chunk::<16>().unwrap_or(&[0; 16]));
    short
}

impl Pacs {
    /// Something of this stream cannot be relied on.
    pub(super) fn doubt(&mut self, stream: &str) {
        if pac_of_stream(stream).is_some() {
            self.open.remove(stream);
            self.doubtful.insert(stream.to_owned());
        }
    }

    /// Takes a step of a PAC.
    ///
    /// # Errors
    /// The code of the rule that it breaks; nothing more is said of the PAC then.
    pub(super) fn step(&mut self, registry: &Registry, placed: &Placed<'_>, event: &Event) -> Result<()> {
        let stream = placed.subject();
        if self.doubtful.contains(stream) {
            return Ok(());
        }
        if let Some(wrapped) = self.closed.get(&name(stream)) {
            let code = if *wrapped { Code::PacWrapped } else { Code::PacClosed };
            return Err(Error::new(code, format!("{stream} was closed before this entry")));
        }
        let followed = self.open.entry(stream.to_owned()).or_default();
        match followed.step(registry, placed, event) {
            Ok(true) => {}
            // A hole in the stream, which is a finding of its own.
            Ok(false) => {
                self.doubt(stream);
                return Ok(());
            }
            Err(e) => {
                self.doubt(stream);
                return Err(e);
            }
        }
        self.settle(stream);
        Ok(())
    }

    /// Keeps of a closed PAC only that it is.
    fn settle(&mut self, stream: &str) {
        let Some(pac) = self.open.get(stream).and_then(|f| f.machine.as_ref()) else { return };
        let wrapped = match &pac.closure {
            Some(Closure::Wrapped { .. }) if pac.due().is_none() => true,
            Some(Closure::Abandoned { .. }) => false,
            _ => return,
        };
        self.open.remove(stream);
        self.closed.insert(name(stream), wrapped);
    }

    /// Streams whose last entry owes another, and that entry.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = (&str, u64)> {
        self.open.iter().filter_map(|(stream, f)| Some((stream.as_str(), f.machine.as_ref()?.due()?.cause)))
    }

    /// What is known at the end.
    pub(super) fn finish(&self) -> Completeness {
        let sorted: BTreeMap<&String, &Pac> =
            self.open.iter().filter_map(|(stream, f)| Some((stream, f.machine.as_ref()?))).collect();
        let count = |wrapped: bool| self.closed.values().filter(|w| **w == wrapped).count() as u64;
        let mut doubtful: Vec<String> =
            self.doubtful.iter().filter_map(|s| pac_of_stream(s)).map(str::to_owned).collect();
        doubtful.sort_unstable();
        let of = |pac: &&Pac| OpenPac {
            pac_id: pac.id.as_str().to_owned(),
            phase: pac.phase(),
            open: pac.open_items(),
        };
        Completeness {
            complete: count(true),
            abandoned: count(false),
            doubtful,
            open: sorted.values().take(MOST).map(of).collect(),
            open_omitted: sorted.len().saturating_sub(MOST) as u64,
        }
    }

    /// Whether this PAC is whole; `None` when the log has no such PAC.
    pub(super) fn is_whole(&self, pac_id: &str) -> Option<bool> {
        let stream = format!("pac/{pac_id}");
        match self.closed.get(&name(&stream)) {
            Some(wrapped) => Some(*wrapped && !self.doubtful.contains(&stream)),
            None => (self.open.contains_key(&stream) || self.doubtful.contains(&stream)).then_some(false),
        }
    }
}
