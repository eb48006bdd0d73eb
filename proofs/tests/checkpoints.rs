//! Checkpoints and proof files: against `tlog_tiles` and `signed_note`, and against everything that is none.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]

use ledger_proofs::{
    Checkpoint, CheckpointError, Frontier, Hash, HashError, MAX_TLOG_PROOF_BYTES, Note, NoteError,
    ProofError, SignerKey, TlogProof, TlogProofError, empty_root, inclusion, leaf_hash, tree,
};
use proptest::prelude::*;
use proptest::sample::Index;

const ORIGIN: &str = "ledger.example/acme";
const SIZE: u64 = 11;

fn key(name: &str) -> SignerKey {
    SignerKey::from_seed(name, &[3; 32]).unwrap()
}

fn leaf(index: u64) -> Hash {
    leaf_hash(&index.to_be_bytes())
}

fn fetch(node: tree::NodeId) -> Result<Hash, ProofError> {
    let mut frontier = Frontier::new();
    for index in (node.index << node.level)..((node.index + 1) << node.level) {
        frontier.push(leaf(index))?;
    }
    Ok(frontier.root())
}

fn checkpoint() -> Checkpoint {
    Checkpoint::new(ORIGIN, SIZE, tree::root(SIZE, fetch).unwrap()).unwrap()
}

fn proof() -> TlogProof {
    let proof = inclusion::prove(4, SIZE, fetch).unwrap();
    TlogProof::new(proof, checkpoint().sign(&key(ORIGIN)).unwrap()).unwrap()
}

/// The three lines of the specification's example; the key that signed it is not published.
#[test]
fn the_text_of_the_specification() {
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let parsed = Checkpoint::parse_text(text).unwrap();
    assert_eq!((parsed.origin(), parsed.size()), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(parsed.root().to_base64(), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
    assert_eq!((parsed.to_text().as_str(), parsed.extensions()), (text, [].as_slice()));
}

#[test]
fn texts_that_are_no_checkpoint() {
    let root = leaf(0).to_base64();
    let text = |origin: &str, size: &str, root: &str, rest: &str| format!("{origin}\n{size}\n{root}\n{rest}");
    let cases = [
        (String::new(), CheckpointError::Lines),
        ("a\n1\n".into(), CheckpointError::Lines),
        (text("a", "1", &root, "extension"), CheckpointError::Lines),
        (text("", "1", &root, ""), CheckpointError::Origin),
        (text("a\u{7}", "1", &root, ""), CheckpointError::Origin),
        (text("a", "", &root, ""), CheckpointError::Size),
        (text("a", "01", &root, ""), CheckpointError::Size),
        (text("a", "00", &root, ""), CheckpointError::Size),
        (text("a", "+1", &root, ""), CheckpointError::Size),
        (text("a", "-1", &root, ""), CheckpointError::Size),
        (text("a", "1 ", &root, ""), CheckpointError::Size),
        (text("a", "0x1", &root, ""), CheckpointError::Size),
        (text("a", "18446744073709551616", &root, ""), CheckpointError::Size),
        (text("a", "\u{661}", &root, ""), CheckpointError::Size),
        (text("a", "1", "", ""), CheckpointError::Root(HashError::Base64)),
        (text("a", "1", root.trim_end_matches('='), ""), CheckpointError::Root(HashError::Base64)),
        (text("a", "1", &leaf(0).to_hex(), ""), CheckpointError::Root(HashError::Base64)),
        (text("a", "1", &format!("{root} "), ""), CheckpointError::Root(HashError::Base64)),
        (text("a", "0", &root, ""), CheckpointError::EmptyTreeRoot),
        (text("a", "1", &root, "\n"), CheckpointError::Extension { line: 1 }),
        (text("a", "1", &root, "b\n\n"), CheckpointError::Extension { line: 2 }),
        (text("a", "1", &root, "b\r\n"), CheckpointError::Extension { line: 1 }),
    ];
    for (text, expected) in cases {
        assert_eq!(Checkpoint::parse_text(&text), Err(expected), "{text:?}");
    }
    assert!(Checkpoint::parse_text(&text("a", "0", &empty_root().to_base64(), "")).is_ok());
    assert!(Checkpoint::parse_text(&text("a", "18446744073709551615", &root, "b\nc\n")).is_ok());
    let two_lines = Checkpoint::with_extensions("a", 1, leaf(0), vec!["b".into(), "c\nd".into()]);
    assert_eq!(two_lines, Err(CheckpointError::Extension { line: 2 }));
}

#[test]
fn opened_only_with_the_key_of_its_origin() {
    let (log, other) = (key(ORIGIN), key("ledger.example/other"));
    let checkpoint = checkpoint();
    let note = checkpoint.sign(&log).unwrap();
    let written = note.to_string();
    assert_eq!(Checkpoint::open(written.as_bytes(), log.verifier()), Ok(checkpoint.clone()));
    let unknown = NoteError::NotSigned { name: other.verifier().name().into(), id: other.verifier().id() };
    assert_eq!(Checkpoint::open(written.as_bytes(), other.verifier()), Err(unknown.into()));
    let mismatch =
        CheckpointError::OriginMismatch { origin: ORIGIN.into(), key: "ledger.example/other".into() };
    assert_eq!(checkpoint.sign(&other), Err(mismatch.clone()));
    // Another log can sign the text as a note; that does not make it that log's checkpoint.
    let foreign = Note::sign(&checkpoint.to_text(), &other).unwrap();
    assert_eq!(Checkpoint::from_note(&foreign, other.verifier()), Err(mismatch));
    let no_checkpoint = Note::sign("just a note\n", &log).unwrap();
    assert_eq!(Checkpoint::from_note(&no_checkpoint, log.verifier()), Err(CheckpointError::Lines));
    let stretched = written.replacen("\n11\n", "\n12\n", 1);
    let altered = NoteError::BadSignature { name: ORIGIN.into(), id: log.verifier().id() };
    assert_eq!(Checkpoint::open(stretched.as_bytes(), log.verifier()), Err(altered.into()));

    let list = signed_note::VerifierList::new(vec![Box::new(
        signed_note::StandardVerifier::new(&log.verifier().to_string()).unwrap(),
    )]);
    let theirs = signed_note::Note::from_bytes(written.as_bytes()).unwrap();
    theirs.verify(&list).unwrap();
    let theirs = tlog_tiles::Checkpoint::from_bytes(theirs.text()).unwrap();
    assert_eq!((theirs.origin(), theirs.size()), (ORIGIN, SIZE));
    assert_eq!(theirs.hash().0, *checkpoint.root().as_bytes());
}

#[test]
fn a_proof_file_line_by_line() {
    let log = key(ORIGIN);
    let (bare, with_extra) = (proof(), proof().with_extra(b"leaf".to_vec()).unwrap());
    let written = with_extra.to_string();
    let lines: Vec<_> = written.lines().collect();
    assert_eq!(lines[..3], ["c2sp.org/tlog-proof@v1", "extra bGVhZg==", "index 4"]);
    let hashes: Vec<_> = bare.hashes().iter().map(Hash::to_base64).collect();
    assert_eq!(lines[3..3 + hashes.len()], hashes);
    assert_eq!(lines[3 + hashes.len()], "");
    assert!(written.ends_with(&bare.checkpoint().to_string()), "the checkpoint, verbatim");
    for proof in [bare, with_extra] {
        let read = TlogProof::parse(proof.to_string().as_bytes());
        assert_eq!(read.as_ref(), Ok(&proof));
        assert_eq!(proof.verify(&leaf(4), log.verifier()), Ok(checkpoint()));
        assert_eq!(proof.verify(&leaf(5), log.verifier()), Err(ProofError::RootMismatch.into()));
        let stranger = key("ledger.example/other");
        let refused = proof.verify(&leaf(4), stranger.verifier());
        assert!(matches!(
            refused,
            Err(TlogProofError::Checkpoint(CheckpointError::Note(NoteError::NotSigned { .. })))
        ));
    }
    // The proof of the only leaf of a tree has no hash at all.
    let head = Checkpoint::new(ORIGIN, 1, leaf(0)).unwrap().sign(&log).unwrap();
    let only = TlogProof::new(inclusion::prove(0, 1, fetch).unwrap(), head).unwrap();
    assert_eq!(
        TlogProof::parse(only.to_string().as_bytes())
            .unwrap()
            .verify(&leaf(0), log.verifier())
            .unwrap()
            .size(),
        1
    );

    let other_size = inclusion::prove(4, SIZE - 1, fetch).unwrap();
    let mismatch = TlogProofError::SizeMismatch { proof: SIZE - 1, checkpoint: SIZE };
    assert_eq!(TlogProof::new(other_size, checkpoint().sign(&log).unwrap()), Err(mismatch));
    assert_eq!(proof().with_extra(vec![]), Err(TlogProofError::Extra));
    assert_eq!(proof().with_extra(vec![0; MAX_TLOG_PROOF_BYTES]), Err(TlogProofError::TooLong));
    assert!(proof().with_extra(vec![0; 1 << 20]).is_ok());
}

#[test]
fn files_that_are_no_proof() {
    let good = proof().to_string();
    let hash = leaf(0).to_base64();
    let edit = |from: &str, to: &str| {
        assert!(good.contains(from));
        good.replacen(from, to, 1)
    };
    let bad_hash = |line| TlogProofError::Hash { line, error: HashError::Base64 };
    let no_note = |error| TlogProofError::Checkpoint(CheckpointError::Note(error));
    let cases = [
        (String::new(), TlogProofError::Header),
        ("c2sp.org/tlog-proof@v1".into(), TlogProofError::Header),
        (edit("@v1", "@v2"), TlogProofError::Header),
        (edit("@v1\n", "@v1 \n"), TlogProofError::Header),
        (edit("@v1\n", "@v1\r\n"), TlogProofError::Header),
        (edit("index 4\n", ""), TlogProofError::Index),
        (edit("index 4", "index 04"), TlogProofError::Index),
        (edit("index 4", "index  4"), TlogProofError::Index),
        (edit("index 4", "index -4"), TlogProofError::Index),
        (edit("index 4", "index"), TlogProofError::Index),
        (edit("index 4", "Index 4"), TlogProofError::Index),
        (edit("index 4", "index 18446744073709551616"), TlogProofError::Index),
        (edit("index 4", "index 4\nindex 4"), bad_hash(1)),
        (edit("index 4", "extra \nindex 4"), TlogProofError::Extra),
        (edit("index 4", "extra AA\nindex 4"), TlogProofError::Extra),
        (edit("index 4", "extra AB==\nindex 4"), TlogProofError::Extra),
        (edit("index 4", "extra AA==\nextra AA==\nindex 4"), TlogProofError::Index),
        (edit("index 4", "index 4\nextra AA=="), bad_hash(1)),
        (edit("index 4\n", &format!("index 4\n{hash} \n")), bad_hash(1)),
        (
            edit("index 4\n", &format!("index 4\n{}\n", format!("{hash}\n").repeat(61).trim_end())),
            TlogProofError::TooManyHashes,
        ),
        // Everything after the first empty line is taken for the checkpoint.
        (edit("index 4\n", "index 4\n\n"), CheckpointError::Size.into()),
        (edit("=\n\nledger", "=\nledger"), bad_hash(5)),
        (format!("{good}\n"), no_note(NoteError::NoSignatures)),
        (good.trim_end().into(), no_note(NoteError::NoSignatures)),
        ("c2sp.org/tlog-proof@v1\nindex 0\n".into(), TlogProofError::NoCheckpoint),
        ("c2sp.org/tlog-proof@v1\nindex 0\n\n".into(), no_note(NoteError::NoSignatures)),
        (edit("\n11\n", "\n011\n"), CheckpointError::Size.into()),
    ];
    for (text, expected) in cases {
        let error = TlogProof::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error, expected, "{text}");
    }
    assert_eq!(TlogProof::parse(b"c2sp.org/tlog-proof@v1\n\xff"), Err(TlogProofError::NotUtf8));
    assert_eq!(TlogProof::parse(&vec![b'c'; MAX_TLOG_PROOF_BYTES + 1]), Err(TlogProofError::TooLong));
}

#[test]
fn hashes_have_one_spelling() {
    let hash = leaf(0);
    assert_eq!(Hash::from_hex(&hash.to_hex()), Ok(hash));
    assert_eq!(format!("{hash} {hash:?}"), format!("{0} {0}", hash.to_hex()));
    assert_eq!(Hash::from_base64(&hash.to_base64()), Ok(hash));
    assert_eq!(Hash::from_slice(hash.as_ref()), Ok(hash));
    assert_eq!(Hash::from_slice(&[0; 31]), Err(HashError::Length { got: 31 }));
    let hex = hash.to_hex();
    for wrong in
        ["", &hex[1..], &format!("{hex}0"), &format!("0x{hex}"), &hex.to_uppercase(), &hex.replace('a', "g")]
    {
        assert_eq!(Hash::from_hex(wrong), Err(HashError::Hex), "{wrong}");
    }
    // 32 bytes leave two bits of the last character unused: they must be zero.
    let stray = empty_root().to_base64().replace("FU=", "FV=");
    for wrong in ["", "AAAA", &stray, &hash.to_base64()[..43], &format!("{}\n", hash.to_base64())] {
        assert_eq!(Hash::from_base64(wrong), Err(HashError::Base64), "{wrong}");
    }
    assert_ne!(stray, empty_root().to_base64());
}

/// Texts that are checkpoints or nearly so.
fn near_text() -> impl Strategy<Value = String> {
    let root =
        prop_oneof![Just(leaf(0).to_base64()), Just(empty_root().to_base64()), "[A-Za-z0-9+/]{42,44}=?"];
    let more = prop_oneof![3 => Just(String::new()), 1 => "([a-z ]{0,3}\n){0,3}", 1 => "\n?[a-z]{0,2}"];
    ("[a-z./ ]{0,9}", "[0-9]{0,21}|0|[1-9][0-9]{0,18}", root, more)
        .prop_map(|(origin, size, root, more)| format!("{origin}\n{size}\n{root}\n{more}"))
}

proptest! {
    #[test]
    fn checkpoints_agree_with_the_oracle(text in near_text()) {
        let (ours, theirs) = (Checkpoint::parse_text(&text), tlog_tiles::Checkpoint::from_bytes(text.as_bytes()));
        match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => {
                prop_assert_eq!((ours.origin(), ours.size()), (theirs.origin(), theirs.size()));
                prop_assert_eq!(ours.root(), Hash::from_bytes(theirs.hash().0));
                let extension: String = ours.extensions().iter().map(|line| format!("{line}\n")).collect();
                prop_assert_eq!(extension, theirs.extension());
                prop_assert_eq!(ours.to_text(), text);
            }
            // The oracle lets an empty tree have any root.
            (Err(CheckpointError::EmptyTreeRoot), Ok(theirs)) => prop_assert_eq!(theirs.size(), 0),
            _ => prop_assert!(ours.is_err() && theirs.is_err(), "{:?} {:?}", ours, theirs),
        }
    }

    #[test]
    fn no_changed_bit_of_a_proof_file_goes_unnoticed(at in any::<Index>(), bit in 0..8_u8, cut in any::<Index>()) {
        // Without extra data: nothing authenticates that.
        let good = proof().to_string().into_bytes();
        let mut changed = good.clone();
        changed[at.index(good.len())] ^= 1 << bit;
        let log = key(ORIGIN);
        let accepted = TlogProof::parse(&changed).and_then(|proof| proof.verify(&leaf(4), log.verifier()));
        prop_assert!(accepted.is_err(), "{:?}", String::from_utf8_lossy(&changed));
        prop_assert!(TlogProof::parse(&good[..cut.index(good.len())]).is_err());
    }

    #[test]
    fn a_parsed_proof_file_is_written_alike(
        extra in prop_oneof![Just(String::new()), "extra [A-Za-z0-9]{0,6}={0,2}\n"],
        index in "index [0-9]{0,4}\n",
        hashes in prop::collection::vec(prop_oneof![9 => Just(leaf(1).to_base64()), 1 => "[A-Za-z0-9=]{0,44}"], 0..4),
        more in prop_oneof![3 => Just(String::new()), 1 => ".{0,3}"],
    ) {
        let hashes: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
        let note = checkpoint().sign(&key(ORIGIN)).unwrap();
        let text = format!("c2sp.org/tlog-proof@v1\n{extra}{index}{hashes}\n{note}{more}");
        if let Ok(proof) = TlogProof::parse(text.as_bytes()) {
            prop_assert_eq!(proof.to_string(), text);
        }
    }

    #[test]
    fn arbitrary_input_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "(.|\n)*") {
        let _ = TlogProof::parse(&[b"c2sp.org/tlog-proof@v1\n", bytes.as_slice()].concat());
        let _ = Checkpoint::parse_text(&text);
        prop_assert!(Hash::from_base64(&text).is_err() && Hash::from_hex(&text).is_err());
        prop_assert!(Checkpoint::open(&bytes, key(ORIGIN).verifier()).is_err());
    }
}
