//! The log as static files, read by an independent implementation of tiled logs while the log grows.

use super::{note, served};
use ledger_tests::http::{Answer, Served};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::HashMap;
use tlog_tiles::{Checkpoint, Hash, Tile, TileHashReader, TileReader};

/// Tiles of a server, each fetched once: they do not change.
struct Tiles<'a> {
    server: &'a Served,
    known: RefCell<HashMap<String, Vec<u8>>>,
}

/// The path of a tile or bundle, as the specification has it now.
fn path(kind: &str, index: u64, width: u32) -> String {
    let (above, last) = (index / 1000, index % 1000);
    let index = if above == 0 { format!("{last:03}") } else { format!("x{above:03}/{last:03}") };
    if width == 256 {
        format!("/log/tile/{kind}/{index}")
    } else {
        format!("/log/tile/{kind}/{index}.p/{width}")
    }
}

impl Tiles<'_> {
    fn get(&self, path: String) -> Vec<u8> {
        if let Some(bytes) = self.known.borrow().get(&path) {
            return bytes.clone();
        }
        let answer = self.server.get(&path);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("application/octet-stream")),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), Some("max-age=31536000, immutable"), "{path}");
        self.known.borrow_mut().insert(path, answer.body.clone());
        answer.body
    }
}

impl TileReader for Tiles<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        Ok(tiles.iter().map(|t| self.get(path(&t.level().to_string(), t.level_index(), t.width()))).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// The checkpoint, its signature checked by another independent implementation.
fn checkpoint(server: &Served, vkey: &str) -> Checkpoint {
    let answer = server.send("GET", "/log/checkpoint", &[("accept-encoding", "gzip")], b"");
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(
        (answer.header("cache-control"), answer.header("content-encoding")),
        (Some("max-age=1"), None)
    );
    let verifier = signed_note::StandardVerifier::new(vkey).unwrap();
    let note = signed_note::Note::from_bytes(&answer.body).unwrap();
    let (signed, _) = note.verify(&signed_note::VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!(signed.len(), 1);
    Checkpoint::from_bytes(note.text()).unwrap()
}

/// Leaves of the first `size` entries.
fn leaves(tiles: &Tiles<'_>, size: u64) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while (all.len() as u64) < size {
        let width = u32::try_from((size - all.len() as u64).min(256)).unwrap();
        let bundle = tiles.get(path("entries", all.len() as u64 / 256, width));
        let mut rest = &bundle[..];
        for _ in 0..width {
            let (length, after) = rest.split_at(2);
            let (leaf, after) = after.split_at(u16::from_be_bytes(length.try_into().unwrap()).into());
            all.push(leaf.to_vec());
            rest = after;
        }
        assert!(rest.is_empty(), "a bundle ends with its last entry");
    }
    all
}

#[test]
fn an_independent_client_proves_every_entry_of_a_growing_log() {
    let (place, server) = served();
    let vkey = place.json(["status"])["vkey"].as_str().unwrap().to_owned();
    let tiles = Tiles { server: &server, known: RefCell::default() };
    let mut earlier: Option<(u64, Hash)> = None;
    for (round, count) in [1, 242, 1, 255, 90].into_iter().enumerate() {
        let intents: Vec<Value> = (0..count).map(|n| note(&format!("r{round}-{n}"), "x")).collect();
        assert_eq!(server.post("/v1/append/batch", &json!({ "intents": intents })).status, 200);
        let head = checkpoint(&server, &vkey);
        let (size, root) = (head.size(), *head.hash());
        // Tiles are believed only as far as they hash to the root.
        let reader = TileHashReader::new(size, root, &tiles);
        assert_eq!(tlog_tiles::tree_hash(size, &reader).unwrap(), root);
        for (n, leaf) in (0..).zip(leaves(&tiles, size)) {
            let proof = tlog_tiles::prove_record(size, n, &reader).unwrap();
            tlog_tiles::check_record(&proof, size, root, n, tlog_tiles::record_hash(&leaf)).unwrap();
        }
        if let Some((before, old)) = earlier {
            let proof = tlog_tiles::prove_tree(size, before, &reader).unwrap();
            tlog_tiles::check_tree(&proof, size, root, before, old).unwrap();
        }
        earlier = Some((size, root));
    }
    let size = earlier.unwrap().0;
    assert_eq!(size, 13 + 589);
    // A leaf is what event JSON is without its data.
    let entry = server.get("/v1/entries/300").json();
    let leaf: Value = serde_json::from_slice(&leaves(&tiles, size)[300]).unwrap();
    assert!(
        leaf.as_object().unwrap().iter().all(|(name, value)| entry[name] == *value)
            && leaf.get("data").is_none()
    );
}

#[test]
fn what_the_checkpoint_does_not_cover_is_not_there() {
    let (_place, server) = served();
    let intents: Vec<Value> = (0..250).map(|n| note(&format!("n{n}"), "x")).collect();
    assert_eq!(server.post("/v1/append/batch", &json!({ "intents": intents })).status, 200);
    // 263 entries: a full tile, one of 7, and one of 1 above them.
    for there in
        ["0/000", "0/000.p/13", "0/001.p/7", "0/001.p/1", "1/000.p/1", "entries/000", "entries/001.p/7"]
    {
        assert_eq!(server.get(&format!("/log/tile/{there}")).status, 200, "{there}");
    }
    for absent in [
        "0/001",
        "0/001.p/8",
        "0/002.p/1",
        "1/000",
        "1/000.p/2",
        "2/000.p/1",
        "63/000.p/1",
        "entries/001",
        "entries/001.p/8",
        "64/000",
        "00/000",
        "0/000.p/0",
        "0/000.p/256",
        "0/0",
        "0/x000/000",
        "entries",
        "x/000",
        "0/x018/x446/x744/x073/x709/551",
        "0/..",
        "data/000",
    ] {
        let answer = server.get(&format!("/log/tile/{absent}"));
        assert_eq!((answer.status, answer.problem().as_str()), (404, "LG_601"), "{absent}");
    }
    // Bundles are compressed for whom that is worth it; hashes do not get shorter.
    let zipped = |path: &str| -> Answer { server.send("GET", path, &[("accept-encoding", "gzip")], b"") };
    let (bundle, tile) = (zipped("/log/tile/entries/000"), zipped("/log/tile/0/000"));
    assert_eq!((bundle.header("content-encoding"), tile.header("content-encoding")), (Some("gzip"), None));
    assert_eq!(tile.body.len(), 8192);
}
