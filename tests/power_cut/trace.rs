//! What strace wrote, as operations on files.
//!
//! Invariant: a call that could change a file in a way that is not understood here ends the test. Strings are all in hex (`-xx`), so
//! that no comma or quote in them can be mistaken.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Calls to record.
pub const CALLS: &str = "trace=open,openat,creat,close,dup,dup2,dup3,lseek,write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,\
    fallocate,fsync,fdatasync,sync,syncfs,sync_file_range,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,\
    symlink,copy_file_range,sendfile,io_uring_setup,msync";

/// A file, whatever its name is by now.
pub type FileId = usize;

/// One operation, in the order of completion.
#[derive(Debug)]
pub enum Op {
    /// A directory entry, still to be synced.
    Name(NameOp),
    /// Bytes at an offset.
    Write { file: FileId, offset: usize, data: Vec<u8> },
    /// A new length.
    Length { file: FileId, len: usize },
    /// A sync of a file that covers all operations before the one with this number.
    Sync { file: FileId, began: usize },
    /// The same by `sync_file_range`, which promises nothing for a power cut (its manual says so).
    SyncRange { file: FileId, began: usize },
    /// A sync of a directory.
    SyncDirectory { dir: PathBuf },
    /// What the workload told its caller.
    Acknowledge(String),
}

/// A change of names.
#[derive(Clone, Debug)]
pub enum NameOp {
    Directory(PathBuf),
    File(PathBuf, FileId),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
}

/// An open file or directory.
#[derive(Clone)]
enum Open {
    File { file: FileId, at: usize },
    Directory(PathBuf),
    Acknowledgements,
}

struct Reader<'a> {
    root: &'a Path,
    ops: Vec<Op>,
    open: HashMap<u32, Open>,
    names: HashMap<PathBuf, FileId>,
    files: usize,
}

/// Reads a recording; paths become relative to `root`, and everything outside it is left out. What is written to the file
/// `acknowledgements` is what the caller was told.
pub fn read(text: &str, root: &Path) -> Vec<Op> {
    let mut reader = Reader { root, ops: Vec::new(), open: HashMap::new(), names: HashMap::new(), files: 0 };
    let mut unfinished: HashMap<&str, (String, usize)> = HashMap::new();
    for line in text.lines() {
        let (thread, rest) = line.split_once(' ').unwrap();
        let rest = rest.trim_start();
        if rest.starts_with("+++") || rest.starts_with("---") {
            continue;
        }
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            unfinished.insert(thread, (begun.trim_end().to_owned(), reader.ops.len()));
            continue;
        }
        let (whole, began) = match rest.strip_prefix("<... ").and_then(|r| r.split_once("resumed>")) {
            Some((_, end)) => {
                let (begun, began) = unfinished.remove(thread).unwrap();
                (begun + end, began)
            }
            None => (rest.to_owned(), reader.ops.len()),
        };
        let (call, result) = whole.rsplit_once(" = ").unwrap_or_else(|| panic!("{line}"));
        let (name, args) = call.trim_end().trim_end_matches(')').split_once('(').unwrap();
        if !result.starts_with('-') && !result.starts_with('?') {
            reader.call(name, &args.split(", ").collect::<Vec<_>>(), result, began);
        }
    }
    reader.ops
}

/// The bytes of `"\x41\x42"` or `<\x41\x42>`.
fn bytes(text: &str) -> Vec<u8> {
    let inner = text.trim_start_matches(['"', '<']).trim_end_matches("...").trim_end_matches(['"', '>']);
    assert!(!text.ends_with("..."), "strace shortened a string");
    let digits: String = inner.split("\\x").collect();
    hex::decode(digits).unwrap_or_else(|e| panic!("{e}: {}", &text[..text.len().min(200)]))
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

fn descriptor(text: &str) -> u32 {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

impl Reader<'_> {
    /// The path below the root that an argument names; `None` outside it.
    fn path(&self, arg: &str) -> Option<PathBuf> {
        let path = PathBuf::from(String::from_utf8(bytes(arg)).unwrap());
        path.strip_prefix(self.root).ok().map(Path::to_owned)
    }

    fn call(&mut self, name: &str, args: &[&str], result: &str, began: usize) {
        match name {
            "openat" => self.opened(args[1], args[2], result),
            "open" => self.opened(args[0], args[1], result),
            "close" => drop(self.open.remove(&descriptor(args[0]))),
            "lseek" => {
                if let Some(Open::File { at, .. }) = self.open.get_mut(&descriptor(args[0])) {
                    *at = number(result);
                }
            }
            "write" => self.wrote(args, result),
            "pwrite64" => {
                if let Some(Open::File { file, .. }) = self.open.get(&descriptor(args[0])) {
                    let (file, offset) = (*file, number(args[3]));
                    self.write(file, offset, args[1], result);
                }
            }
            "ftruncate" => {
                if let Some(Open::File { file, .. }) = self.open.get(&descriptor(args[0])) {
                    self.ops.push(Op::Length { file: *file, len: number(args[1]) });
                }
            }
            "fsync" | "fdatasync" => match self.open.get(&descriptor(args[0])) {
                Some(Open::File { file, .. }) => self.ops.push(Op::Sync { file: *file, began }),
                Some(Open::Directory(dir)) => self.ops.push(Op::SyncDirectory { dir: dir.clone() }),
                Some(Open::Acknowledgements) | None => {}
            },
            "sync_file_range" => {
                if let Some(Open::File { file, .. }) = self.open.get(&descriptor(args[0])) {
                    self.ops.push(Op::SyncRange { file: *file, began });
                }
            }
            "mkdir" | "unlink" | "rmdir" | "rename" => self.renamed(name, args),
            "mkdirat" => self.renamed("mkdir", &args[1..]),
            "unlinkat" => self.renamed("unlink", &args[1..]),
            "renameat" | "renameat2" => self.renamed("rename", &[args[1], args[3]]),
            _ => {
                let ours = args
                    .iter()
                    .any(|a| a.contains('<') && self.open.contains_key(&descriptor(&format!("{a}0"))));
                assert!(!ours, "{name} is not understood here");
            }
        }
    }

    fn opened(&mut self, path: &str, flags: &str, result: &str) {
        let fd = descriptor(result);
        self.open.remove(&fd);
        let Some(path) = self.path(path) else { return };
        if path.as_os_str() == "acknowledgements" {
            self.open.insert(fd, Open::Acknowledgements);
            return;
        }
        if flags.contains("O_DIRECTORY") {
            self.open.insert(fd, Open::Directory(path));
            return;
        }
        let known = self.names.get(&path).copied();
        let file = match known {
            Some(file) => file,
            None if flags.contains("O_CREAT") => {
                self.files += 1;
                self.names.insert(path.clone(), self.files);
                self.ops.push(Op::Name(NameOp::File(path, self.files)));
                self.files
            }
            // Opened without O_DIRECTORY and never created: a directory that is to be synced.
            None => {
                self.open.insert(fd, Open::Directory(path));
                return;
            }
        };
        if flags.contains("O_TRUNC") && known.is_some() {
            self.ops.push(Op::Length { file, len: 0 });
        }
        assert!(!flags.contains("O_APPEND"), "appending is not understood here");
        self.open.insert(fd, Open::File { file, at: 0 });
    }

    fn wrote(&mut self, args: &[&str], result: &str) {
        match self.open.get_mut(&descriptor(args[0])) {
            Some(Open::File { file, at }) => {
                let (file, offset) = (*file, *at);
                *at += number(result);
                self.write(file, offset, args[1], result);
            }
            Some(Open::Acknowledgements) => {
                let text = String::from_utf8(bytes(args[1])).unwrap();
                self.ops.push(Op::Acknowledge(text));
            }
            Some(Open::Directory(_)) | None => {}
        }
    }

    fn write(&mut self, file: FileId, offset: usize, data: &str, result: &str) {
        let mut data = bytes(data);
        data.truncate(number(result));
        self.ops.push(Op::Write { file, offset, data });
    }

    fn renamed(&mut self, name: &str, args: &[&str]) {
        let Some(path) = self.path(args[0]) else { return };
        let op = match name {
            "mkdir" => NameOp::Directory(path),
            "rename" => {
                let to = self.path(args[1]).expect("a rename out of the ledger");
                if let Some(file) = self.names.remove(&path) {
                    self.names.insert(to.clone(), file);
                }
                NameOp::Rename(path, to)
            }
            _ => {
                self.names.remove(&path);
                NameOp::Remove(path)
            }
        };
        self.ops.push(Op::Name(op));
    }
}
