//! A disk that loses its power: what was synced stays, of the rest a random part.
//!
//! Contents survive by sectors of 512 bytes, each on its own; changes of names survive in their order up to some point; a synced file
//! keeps its contents, and its name only if its directory was synced too.

use crate::trace::{FileId, NameOp, Op};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

const SECTOR: usize = 512;

/// What is taken for durable.
#[derive(Clone, Copy)]
pub struct Model {
    /// Whether `sync_file_range` is believed.
    pub ranges_are_durable: bool,
}

/// xorshift64*: the same cuts in every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let n = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(n).unwrap() % bound
    }

    /// True in so many of 100 cases.
    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }
}

/// What the disk holds after the cut.
pub struct Image {
    directories: Vec<PathBuf>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// What callers had been told before the cut.
    pub acknowledged: Vec<String>,
}

impl Image {
    /// Puts it into a real directory, as it looks after a restart of the machine: where a file says which boot wrote it, another one.
    pub fn write_to(&self, root: &Path) {
        for dir in &self.directories {
            fs::create_dir_all(root.join(dir)).unwrap();
        }
        for (path, bytes) in &self.files {
            let mut bytes = bytes.clone();
            match path.file_name().unwrap().to_str().unwrap() {
                "database.ok" => another_boot(&mut bytes, 0, 25),
                "head" => another_boot(&mut bytes, 72, 1020),
                _ => {}
            }
            let mut options = fs::OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(root.join(path)).unwrap();
            std::io::Write::write_all(&mut file, &bytes).unwrap();
        }
    }
}

/// Changes the boot id at `at` in a frame with its checksum at `crc_at`; a torn frame stays torn.
fn another_boot(bytes: &mut [u8], at: usize, crc_at: usize) {
    let Some((body, crc)) = bytes.split_at_mut_checked(crc_at).filter(|(_, crc)| crc.len() == 4) else {
        return;
    };
    if crc != crc32c::crc32c(body).to_le_bytes() {
        return;
    }
    body[at] ^= 0xff;
    crc.copy_from_slice(&crc32c::crc32c(body).to_le_bytes());
}

#[derive(Clone, Copy)]
enum Node {
    Directory,
    File(FileId),
}

type Names = BTreeMap<PathBuf, Node>;

/// A change of a file's contents that is not durable yet.
enum Change<'a> {
    Write(usize, &'a [u8]),
    Length(usize),
}

#[derive(Default)]
struct File<'a> {
    durable: Vec<u8>,
    pending: Vec<(usize, Change<'a>)>,
}

impl File<'_> {
    /// Makes everything durable that was done before operation `began`.
    fn sync(&mut self, began: usize) {
        let later = self.pending.iter().position(|(n, _)| *n >= began).unwrap_or(self.pending.len());
        for (_, change) in self.pending.drain(..later) {
            match change {
                Change::Length(len) => self.durable.resize(len, 0),
                Change::Write(offset, data) => put(&mut self.durable, offset, data),
            }
        }
    }

    /// The contents after the cut.
    fn survivors(&self, random: &mut Random, chance: usize) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for (_, change) in &self.pending {
            match change {
                Change::Length(len) if random.percent(chance) => bytes.resize(*len, 0),
                Change::Length(_) => {}
                Change::Write(offset, data) => {
                    let (mut at, mut rest) = (*offset, *data);
                    while !rest.is_empty() {
                        let (sector, more) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
                        if random.percent(chance) {
                            put(&mut bytes, at, sector);
                        }
                        at += sector.len();
                        rest = more;
                    }
                }
            }
        }
        bytes
    }
}

fn put(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(data);
}

fn rename(names: &mut Names, op: &NameOp) {
    match op {
        NameOp::Directory(path) => drop(names.insert(path.clone(), Node::Directory)),
        NameOp::File(path, file) => drop(names.insert(path.clone(), Node::File(*file))),
        NameOp::Remove(path) => drop(names.remove(path)),
        NameOp::Rename(from, to) => {
            if let Some(node) = names.remove(from) {
                names.insert(to.clone(), node);
            }
        }
    }
}

fn is_in(op: &NameOp, dir: &Path) -> bool {
    match op {
        NameOp::Directory(path) | NameOp::File(path, _) | NameOp::Remove(path) | NameOp::Rename(path, _) => {
            path.parent() == Some(dir)
        }
    }
}

/// The disk after the power failed when `at` operations were complete; the next one may have got halfway.
pub fn cut(ops: &[Op], at: usize, model: Model, random: &mut Random) -> Image {
    let mut files: BTreeMap<FileId, File<'_>> = BTreeMap::new();
    let (mut names, mut unsynced, mut acknowledged) = (Names::new(), Vec::new(), Vec::new());
    let halfway = matches!(ops.get(at), Some(Op::Write { .. } | Op::Length { .. } | Op::Name(_)));
    for (n, op) in ops.iter().enumerate().take(at + usize::from(halfway)) {
        match op {
            Op::Name(op) => unsynced.push(op),
            Op::Write { file, offset, data } => {
                files.entry(*file).or_default().pending.push((n, Change::Write(*offset, data)));
            }
            Op::Length { file, len } => {
                files.entry(*file).or_default().pending.push((n, Change::Length(*len)));
            }
            Op::Sync { file, began } => files.entry(*file).or_default().sync(*began),
            Op::SyncRange { file, began } if model.ranges_are_durable => {
                files.entry(*file).or_default().sync(*began);
            }
            Op::SyncRange { .. } => {}
            Op::SyncDirectory { dir } => unsynced.retain(|op| {
                let synced = is_in(op, dir);
                if synced {
                    rename(&mut names, op);
                }
                !synced
            }),
            Op::Acknowledge(text) => acknowledged.push(text.clone()),
        }
    }
    let survive = [0, unsynced.len(), random.below(unsynced.len() + 1)][random.below(3)];
    for op in &unsynced[..survive] {
        rename(&mut names, op);
    }
    let random_chance = random.below(101);
    let chance = [0, 100, 50, random_chance][random.below(4)];
    let exists = |path: &Path| {
        path.ancestors()
            .skip(1)
            .all(|a| a.as_os_str().is_empty() || matches!(names.get(a), Some(Node::Directory)))
    };
    let mut image = Image { directories: Vec::new(), files: BTreeMap::new(), acknowledged };
    for (path, node) in names.iter().filter(|(path, _)| exists(path)) {
        match node {
            Node::Directory => image.directories.push(path.clone()),
            Node::File(file) => {
                let bytes = files.get(file).map_or_else(Vec::new, |f| f.survivors(random, chance));
                image.files.insert(path.clone(), bytes);
            }
        }
    }
    image
}
