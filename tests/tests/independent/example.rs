//! The worked example of docs/format.md §13: a small ledger, made by the program, laid out field by field.
//!
//! Not a second description of the format. Invariant: the same bytes in every run and on every machine; what is not (the boot id in
//! the head) is left out. Source: docs/format.md.

use super::{everything, guard};
use ledger_core::entry::{Entry, Leaf, Part, signature};
use ledger_core::intent::Intent;
use ledger_core::key::SecretKey;
use ledger_core::ledger::{InitOptions, Ledger, Location, init};
use ledger_core::names::{Gid, Key, Origin};
use ledger_core::sequencer::Sources;
use ledger_core::store::local::LocalOptions;
use ledger_core::time::{Clock, Random, Reading};
use ledger_proofs::{leaf_hash, node_hash};
use ledger_tests::binary::Place;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The clock stands at the beginning of 2026.
struct Standing;

impl Clock for Standing {
    fn read(&mut self) -> Reading {
        Reading { wall: 1_767_225_600_000, monotonic: 60_000 }
    }
}

/// Bytes that count upwards, for ever.
struct Counting(u8);

impl Random for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> ledger_core::Result<()> {
        for byte in bytes {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

/// Genesis, a signed note with a private part, and a note that nobody signed; a commit each.
pub fn ledger(place: &Place) -> Ledger {
    let (dir, state) = (place.data.clone(), Some(place.state.clone()));
    let location = Location { dir, state, options: LocalOptions::default() };
    let origin = Some(Origin::new("ledger.example/worked").unwrap());
    let options = InitOptions { origin, human: "Ada Lovelace".to_owned(), profile: "empty".to_owned() };
    let sources = Sources { clock: Box::new(Standing), random: Box::new(Counting(0)) };
    let ledger = init(&location, &options, sources).unwrap().ledger;
    let admin = SecretKey::read(&location.key_file("GID-H01")).unwrap();
    let note = |key: &str, text: &[u8], private| {
        let mut intent = Intent::new("note", text, private, Gid::new("GID-H01").unwrap(), None).unwrap();
        intent.key = Some(Key::new(key).unwrap());
        intent
    };
    let mut first = note("first", br#"{"text":"hello"}"#, Some(br#"{"to":"Grace Hopper"}"#.as_slice()));
    ledger.sign(&mut first, &admin).unwrap();
    ledger.append(first).unwrap();
    ledger.append(note("second", br#"{"text":"and again"}"#, None)).unwrap();
    ledger
}

/// Lines of a fenced block, each a name and what it holds.
struct Block(String);

impl Block {
    fn new(title: &str) -> Self {
        Self(format!("{title}\n\n```\n"))
    }

    fn row(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        writeln!(self.0, "{name:<18} {value}").unwrap();
        self
    }

    fn hex(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.row(name, hex::encode(bytes))
    }

    /// Bytes cut into fields; a name that begins with `-` is passed over.
    fn fields(mut self, bytes: &[u8], fields: &[(&str, usize)]) -> Self {
        let mut at = 0;
        for (name, len) in fields {
            if !name.starts_with('-') {
                writeln!(self.0, "{at:>4} {len:>3}  {name:<24} {}", hex::encode(&bytes[at..at + len]))
                    .unwrap();
            }
            at += len;
        }
        self
    }

    fn text(mut self, text: &str) -> Self {
        self.0.push_str(text);
        if !text.ends_with('\n') {
            self.0.push('\n');
        }
        self
    }

    fn end(self) -> String {
        self.0 + "```\n\n"
    }
}

fn keys(place: &Place) -> String {
    let mut block = Block::new("Seed, public key and key id of each key:");
    for name in ["log", "GID-H01", "GID-00"] {
        let secret = SecretKey::read(&place.data.join("keys").join(format!("{name}.key"))).unwrap();
        let public = secret.public().unwrap();
        block = block
            .hex(&format!("{name} seed"), secret.seed())
            .hex(&format!("{name} key"), public.to_bytes())
            .hex(&format!("{name} keyid"), public.id());
    }
    block.end()
}

fn commitment(block: Block, name: &str, part: &Part) -> Block {
    let input = [format!("ledger/{name}/v1\0").as_bytes(), &part.salt, &part.bytes].concat();
    let hash = if name == "data" {
        ledger_core::entry::data_hash(&part.salt, &part.bytes)
    } else {
        ledger_core::entry::private_hash(&part.salt, &part.bytes)
    };
    block
        .row(name, String::from_utf8_lossy(&part.bytes))
        .hex(&format!("{name} salt"), part.salt)
        .hex("H256 of", &input)
        .hex(&format!("{name}hash"), hash)
}

fn entry(title: &str, entry: &Entry) -> String {
    let leaf: Leaf<'_> = entry.parse().unwrap();
    let mut block = commitment(Block::new(title), "data", &entry.data);
    if let Some(private) = &entry.private {
        block = commitment(block, "private", private);
    }
    if let (Some(id), Some(made)) = (leaf.key_id, leaf.signature) {
        let input = signature::signed_bytes(&leaf, &id);
        let (context, members) = std::str::from_utf8(&input).unwrap().split_once('\n').unwrap();
        block = block.row("signed", format!("{context} 0A {members}")).hex("signature", made);
    }
    block
        .row("leaf", std::str::from_utf8(&entry.leaf).unwrap())
        .row("bytes of the leaf", entry.leaf.len())
        .hex("leaf hash", entry.leaf_hash().as_bytes())
        .hex("BLAKE3", entry.chain_hash())
        .end()
}

fn tree(entries: &[Entry]) -> String {
    let [a, b, c] = [0, 1, 2].map(|i| leaf_hash(&entries[i].leaf));
    let ab = node_hash(&a, &b);
    let rows = Block::new("Leaf hashes a, b, c as above; the tree of three entries:");
    rows.hex("01 || a || b", [&[1], &a.as_bytes()[..], b.as_bytes()].concat())
        .hex("node ab", ab.as_bytes())
        .hex("01 || ab || c", [&[1], &ab.as_bytes()[..], c.as_bytes()].concat())
        .hex("root", node_hash(&ab, &c).as_bytes())
        .end()
}

const SEGMENT: &[(&str, usize)] = &[
    ("magic", 8),
    ("format", 4),
    ("segment id", 4),
    ("first sequence", 8),
    ("log id", 32),
    ("zeros", 4),
    ("CRC-32C", 4),
];
const COMMIT: &[(&str, usize)] = &[
    ("magic", 4),
    ("segment id", 4),
    ("offset", 8),
    ("first sequence", 8),
    ("entries", 4),
    ("length of the body", 4),
    ("zeros", 4),
    ("CRC-32C", 4),
];
const LENGTHS: &[(&str, usize)] =
    &[("length of the leaf", 2), ("length of the data", 4), ("length of the private part", 4)];
const HEAD: &[(&str, usize)] = &[
    ("magic", 8),
    ("format", 4),
    ("segment id", 4),
    ("size", 8),
    ("end of the last commit", 8),
    ("its header", 8),
    ("BLAKE3 of the last leaf", 32),
    ("-boot id", 16),
    ("milliseconds since boot", 8),
    ("wall clock", 8),
    ("length of the checkpoint", 4),
];
const GUARD: &[(&str, usize)] = &[
    ("magic", 8),
    ("format", 4),
    ("size", 8),
    ("root", 32),
    ("CRC-32C", 4),
    ("length of the checkpoint", 4),
    ("-checkpoint and zeros", 960),
    ("CRC-32C", 4),
];

fn files(place: &Place) -> String {
    let journal = fs::read(place.data.join("journal/00000000.seg")).unwrap();
    let head = fs::read(place.data.join("head")).unwrap();
    let offset =
        |at: usize| usize::try_from(u64::from_le_bytes(head[at..at + 8].try_into().unwrap())).unwrap();
    let (last, second) =
        (offset(32), 64 + 40 + u32::from_le_bytes(journal[92..96].try_into().unwrap()) as usize);
    let mut out = Block::new("`journal/00000000.seg`, its header:").fields(&journal, SEGMENT).end();
    for (title, at) in [("first", 64), ("second", second), ("third", last)] {
        let title = format!("The {title} commit, at offset {at}, and the lengths of its entry:");
        out += &Block::new(&title).fields(&journal[at..], COMMIT).fields(&journal[at + 40..], LENGTHS).end();
    }
    out += &Block::new("`head`, before the checkpoint (boot id and CRC-32C are the machine's):")
        .fields(&head, HEAD)
        .end();
    out + &Block::new("The guard, named after the log id; the checkpoint in it is the same:")
        .fields(&fs::read(guard(place)).unwrap(), GUARD)
        .end()
}

fn proofs(place: &Place, vkey: &str, checkpoint: &str) -> String {
    let said = |args: [&str; 3]| place.ok(args).out;
    Block::new("The verifier key, and the checkpoint:").text(vkey).text("").text(checkpoint).end()
        + &Block::new("`ledger prove inclusion 1`:").text(&said(["prove", "inclusion", "1"])).end()
        + &Block::new("`ledger prove consistency 1`:").text(&said(["prove", "consistency", "1"])).end()
        + &Block::new("`ledger log --json`, its last line:")
            .text(said(["log", "--json", "--last=1"]).trim_end())
            .end()
}

fn block(place: &Place) -> String {
    let ledger = ledger(place);
    let vkey = ledger.sequencer().vkey();
    let entries = ledger.sequencer().store().entries(0, 10).unwrap();
    let checkpoint = ledger.sequencer().store().checkpoint().unwrap().to_owned();
    drop(ledger);
    let titles = [
        "Entry 0, genesis; its leaf hash is the log id:",
        "Entry 1, a signed note with a private part:",
        "Entry 2, a note that nobody signed:",
    ];
    let mut out = keys(place);
    for (title, one) in titles.iter().zip(&entries) {
        out += &entry(title, one);
    }
    out + &tree(&entries) + &proofs(place, &vkey, &checkpoint) + &files(place)
}

#[test]
fn the_worked_example_of_the_document_is_what_the_program_writes() {
    const BEGIN: &str = "<!-- example:begin -->\n\n";
    const END: &str = "<!-- example:end -->";
    let place = Place::new();
    let example = block(&place);
    super::agrees(everything(&place, &[]));
    let path = Path::new(super::TESTS).join("../docs/format.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, [before, BEGIN, &example, END, after].concat()).unwrap();
    } else {
        assert!(
            written == example,
            "run UPDATE_DOCS=1 cargo test -p ledger-tests --test independent\n{example}"
        );
    }
}
