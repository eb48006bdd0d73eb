//! Verifying everything, against the same bytes through the same hashes and signatures and nothing else.

use crate::context::Context;
use crate::harness::{Durability, Race, Sample};
use crate::report::{Row, Target};
use crate::scene::{Scene, pour};
use crate::workload::{intent_line, note};
use ed25519_dalek::{Signature, VerifyingKey};
use ledger_core::entry::{Entry, Part, data_hash, private_hash, signature};
use ledger_core::intent::Intent;
use ledger_core::names::Gid;
use ledger_core::sequencer::Request;
use ledger_core::verify::{Options, verify_directory};
use ledger_proofs::Frontier;
use std::hint::black_box;
use std::ops::ControlFlow;

/// Measures.
pub fn run(context: &Context) -> Vec<Row> {
    let (plain, ledger) = Scene::create(&context.fresh("verify").join("scene"));
    let count = context.size(100_000, 500);
    pour(&ledger, (0..count).map(|n| intent_line(n, 10)));
    drop(ledger);
    let (signed, ledger) = Scene::create(&context.fresh("verify-signed").join("scene"));
    let key = signed.human_key();
    let requests: Vec<Request> = (0..context.size(20_000, 100))
        .map(|n| {
            let actor = Gid::new("GID-H01").expect("actor");
            let mut intent = Intent::new("note", note(n).as_bytes(), None, actor, None).expect("intent");
            ledger.sign(&mut intent, &key).expect("signed");
            Request::new(vec![intent]).without_proofs()
        })
        .collect();
    ledger.submit_all(&requests).into_iter().for_each(|answer| drop(answer.expect("appended")));
    drop(ledger);
    vec![row(context, "unsigned", &plain, 0.45), row(context, "signed", &signed, 0.8)]
}

/// An entry with what is needed to verify its signature.
struct Material {
    entry: Entry,
    signed: Option<(Vec<u8>, Signature)>,
}

fn material(scene: &Scene) -> Vec<Material> {
    let mut all = Vec::new();
    let each = |_, record: &ledger_core::entry::Record<'_>| {
        let entry = Entry::from_record(record);
        let leaf = entry.parse()?;
        let signed = leaf.signature.zip(leaf.key_id).map(|(signature, key)| {
            (signature::signed_bytes(&leaf, &key), Signature::from_bytes(&signature))
        });
        all.push(Material { entry: entry.clone(), signed });
        Ok(ControlFlow::Continue(()))
    };
    scene.journal().each(0, each).expect("journal");
    all
}

/// Each byte through the checksum, each leaf through both hashes and the tree, each part through its commitment, each signature.
fn hash_all(entries: &[Material], key: &VerifyingKey) {
    let mut tree = Frontier::new();
    for Material { entry, signed } in entries {
        let part = |p: &Part| crc32c::crc32c_append(crc32c::crc32c(&p.salt), &p.bytes);
        black_box((crc32c::crc32c(&entry.leaf), part(&entry.data), entry.private.as_ref().map(part)));
        black_box(data_hash(&entry.data.salt, &entry.data.bytes));
        black_box(entry.private.as_ref().map(|p| private_hash(&p.salt, &p.bytes)));
        black_box(entry.chain_hash());
        tree.push(entry.leaf_hash()).expect("tree");
        if let Some((message, signature)) = signed {
            key.verify_strict(message, signature).expect("all are the first human's");
        }
    }
    black_box(tree.root());
}

fn row(context: &Context, what: &str, scene: &Scene, target: f64) -> Row {
    let public = scene.human_key().public().expect("key").to_bytes();
    let (entries, key) = (material(scene), VerifyingKey::from_bytes(&public).expect("key"));
    let size = entries.len() as u64;
    let verify = |threads: usize| {
        let options = Options { threads, ..Options::default() };
        move || {
            Sample::timed(size, || {
                let report = verify_directory(&scene.data(), &options).expect("verify");
                assert!(report.ok && report.size == size, "an honest log must verify");
            })
        }
    };
    let (entries, key) = (&entries, &key);
    let floor = |threads: usize| {
        move || {
            Sample::timed(size, || {
                std::thread::scope(|scope| {
                    let pieces = entries.chunks(entries.len().div_ceil(threads));
                    let others: Vec<_> = pieces.map(|piece| scope.spawn(|| hash_all(piece, key))).collect();
                    others.into_iter().for_each(|t| t.join().expect("thread"));
                });
            })
        }
    };
    let lanes = Race::new()
        .enter("verify, 1 thread", Durability::None, verify(1))
        .enter("hashes, 1 thread", Durability::None, floor(1))
        .enter("verify, 2 threads", Durability::None, verify(2))
        .enter("hashes, 2 threads", Durability::None, floor(2))
        .run(context.rounds);
    Row::new("verify", format!("verify {size} entries, {what}"), "entries", lanes)
        .rate("verify, 1 thread", "hashes, 1 thread", Target::AtLeast(target))
        .rate("verify, 2 threads", "hashes, 2 threads", Target::AtLeast(target))
        .rate("verify, 2 threads", "verify, 1 thread", Target::AtLeast(1.7))
        .rate("hashes, 2 threads", "hashes, 1 thread", Target::None)
        .note("hashes: CRC-32C, BLAKE3 and SHA-256 of each leaf, commitments, tree, and strict Ed25519 where signed, of entries in memory; verify reads the files")
        .note("hashes of 2 threads to 1 says how much of a second core there was while this ran")
}
