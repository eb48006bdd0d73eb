//! Signed notes and keys, against `signed_note` in both directions, and against everything that is no note.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ledger_proofs::{
    MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES, Note, NoteError, NoteSignature, SignerKey, VerifierKey,
};
use proptest::prelude::*;
use proptest::sample::Index;
use signed_note::{Signer as _, StandardSigner, StandardVerifier, VerifierList};

const NAME: &str = "ledger.example/acme";

fn key(name: &str, seed: u8) -> SignerKey {
    SignerKey::from_seed(name, &[seed; 32]).unwrap()
}

fn note() -> Note {
    Note::sign("one\n\ntwo\n", &key(NAME, 1)).unwrap()
}

/// The oracle's encoding of the same private key.
fn their_signer(key: &SignerKey, seed: &[u8; 32]) -> StandardSigner {
    let encoded = BASE64_STANDARD.encode([&[1], seed.as_slice()].concat());
    let verifier = key.verifier();
    StandardSigner::new(&format!("PRIVATE+KEY+{}+{:08x}+{encoded}", verifier.name(), verifier.id())).unwrap()
}

fn their_verifiers(keys: &[&VerifierKey]) -> VerifierList {
    let verifier = |key: &&VerifierKey| -> Box<dyn signed_note::Verifier> {
        Box::new(StandardVerifier::new(&key.to_string()).unwrap())
    };
    VerifierList::new(keys.iter().map(verifier).collect())
}

/// The example that the Go package golang.org/x/mod/sumdb/note documents.
#[test]
fn known_answer() {
    let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let note = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n\
                \n\
                \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let key: VerifierKey = vkey.parse().unwrap();
    assert_eq!((key.name(), key.id(), key.to_string().as_str()), ("PeterNeumann", 0xc74f_20a3, vkey));
    let parsed = Note::parse(note.as_bytes()).unwrap();
    assert_eq!(parsed.verify(&key), Ok(()));
    assert_eq!(parsed.to_string(), note);
    let edited = Note::parse(note.replace("don't know", "do know").as_bytes()).unwrap();
    assert_eq!(
        edited.verify(&key),
        Err(NoteError::BadSignature { name: "PeterNeumann".into(), id: 0xc74f_20a3 })
    );
}

#[test]
fn only_signatures_of_the_known_key_count() {
    let (log, witness) = (key(NAME, 1), key("witness.example", 2));
    let renamed = key("ledger.example/other", 1);
    let text = "text\n";
    let good = log.sign(text).unwrap();
    let id = good.id();
    let bad = NoteSignature::new(NAME, id, key(NAME, 1).sign("other\n").unwrap().signature()).unwrap();
    let same_name = NoteSignature::new(NAME, id ^ 1, &[0; 5000]).unwrap();
    let same_id = NoteSignature::new("witness.example", id, &[0]).unwrap();
    let check = |signatures: &[&NoteSignature]| {
        let note =
            Note::new(text, signatures.iter().map(|signature| (*signature).clone()).collect()).unwrap();
        assert_eq!(Note::parse(note.to_string().as_bytes()).as_ref(), Ok(&note));
        note.verify(log.verifier())
    };
    let strange = [&same_name, &same_id, &witness.sign(text).unwrap(), &renamed.sign(text).unwrap()];
    let not_signed = Err(NoteError::NotSigned { name: NAME.into(), id });
    let bad_signature = Err(NoteError::BadSignature { name: NAME.into(), id });
    assert_eq!(check(&strange), not_signed);
    assert_eq!(check(&[strange.as_slice(), &[&good]].concat()), Ok(()));
    assert_eq!(check(&[&bad]), bad_signature);
    assert_eq!(check(&[&good, &bad]), bad_signature, "wherever the bad one is");
    assert_eq!(check(&[&bad, &good]), bad_signature);
    let short = NoteSignature::new(NAME, id, &good.signature()[1..]).unwrap();
    assert_eq!(check(&[&short]), bad_signature);

    let replaced = Note::new(text, vec![bad]).unwrap().with_signature(witness.sign(text).unwrap()).unwrap();
    let replaced = replaced.with_signature(good).unwrap();
    assert_eq!(replaced.signatures().len(), 2);
    assert_eq!((replaced.verify(log.verifier()), replaced.verify(witness.verifier())), (Ok(()), Ok(())));
}

/// Which error it must be, without the wording.
type Expected = fn(&NoteError) -> bool;

#[test]
fn texts_and_bytes_that_are_no_note() {
    let good = note().to_string();
    let line = good.lines().last().unwrap();
    let signed = |text: &str| format!("{text}\n{line}\n");
    let cases: Vec<(Vec<u8>, Expected)> = vec![
        (vec![], |e| *e == NoteError::NoSignatures),
        (b"text\n".to_vec(), |e| *e == NoteError::NoSignatures),
        (b"text\n\n".to_vec(), |e| *e == NoteError::NoSignatures),
        (format!("text\n{line}\n").into(), |e| *e == NoteError::NoSignatures),
        (format!("\n{line}\n").into(), |e| *e == NoteError::NoSignatures),
        (good.trim_end().into(), |e| *e == NoteError::NoSignatures),
        (format!("{good}\n").into(), |e| matches!(e, NoteError::NoSignatures)),
        (format!("{good}more\n").into(), |e| matches!(e, NoteError::SignatureLine { line: 2, .. })),
        (signed("a\tb\n").into(), |e| *e == NoteError::ControlCharacter { at: 1 }),
        (signed("a\r\n").into(), |e| *e == NoteError::ControlCharacter { at: 1 }),
        (signed("a\0\n").into(), |e| *e == NoteError::ControlCharacter { at: 1 }),
        ([b"a\xff\n", signed("").as_bytes()].concat(), |e| *e == NoteError::NotUtf8),
        (good.replace('\u{2014}', "-").into(), |e| matches!(e, NoteError::SignatureLine { line: 1, .. })),
        (good.replace("acme ", "ac+me ").into(), |e| matches!(e, NoteError::SignatureLine { .. })),
        (good.replace("acme ", "ac\u{a0}me ").into(), |e| matches!(e, NoteError::SignatureLine { .. })),
        (good.replace("acme ", "acme  ").into(), |e| matches!(e, NoteError::SignatureLine { .. })),
        (good.replace("ledger.example/acme ", " ").into(), |e| matches!(e, NoteError::SignatureLine { .. })),
        (good.replace("=\n", "\n").into(), |e| matches!(e, NoteError::SignatureLine { .. })),
        (good.replace("=\n", "==\n").into(), |e| matches!(e, NoteError::SignatureLine { .. })),
        (b"a\n\n\xe2\x80\x94 a AAAAAA==\n".to_vec(), |e| matches!(e, NoteError::SignatureLine { .. })),
        (b"a\n\n\xe2\x80\x94 a AAAAAAB=\n".to_vec(), |e| matches!(e, NoteError::SignatureLine { .. })),
        (b"a\n\n\xe2\x80\x94 a\n".to_vec(), |e| matches!(e, NoteError::SignatureLine { .. })),
        (vec![b'\n'; MAX_NOTE_BYTES + 1], |e| *e == NoteError::TooLong { got: MAX_NOTE_BYTES + 1 }),
    ];
    for (bytes, expected) in cases {
        let error = Note::parse(&bytes).unwrap_err();
        assert!(expected(&error), "{:?}: {error:?}", String::from_utf8_lossy(&bytes));
    }
    assert!(Note::parse(b"a\n\n\xe2\x80\x94 a AAAAAAA=\n").is_ok(), "one byte of signature is a signature");

    let log = key(NAME, 1);
    assert_eq!(log.sign("no newline"), Err(NoteError::TextUnterminated));
    assert_eq!(log.sign(""), Err(NoteError::TextUnterminated));
    assert_eq!(log.sign("a\u{1b}[31m\n"), Err(NoteError::ControlCharacter { at: 1 }));
    assert_eq!(Note::new("a\n", vec![]), Err(NoteError::NoSignatures));
}

#[test]
fn limits() {
    let log = key(NAME, 1);
    let one = log.sign("a\n").unwrap();
    let most = Note::new("a\n", vec![one.clone(); MAX_NOTE_SIGNATURES]).unwrap();
    assert_eq!(Note::parse(most.to_string().as_bytes()), Ok(most.clone()));
    assert_eq!(
        Note::new("a\n", vec![one.clone(); MAX_NOTE_SIGNATURES + 1]),
        Err(NoteError::TooManySignatures)
    );
    let too_many = format!("{most}{one}\n");
    assert_eq!(Note::parse(too_many.as_bytes()), Err(NoteError::TooManySignatures));

    let around = Note::sign("\n", &log).unwrap().to_string().len() - 1;
    let text = |length: usize| format!("{}\n", "x".repeat(length - 1));
    let largest = Note::sign(&text(MAX_NOTE_BYTES - around), &log).unwrap().to_string();
    assert_eq!(largest.len(), MAX_NOTE_BYTES);
    assert_eq!(Note::parse(largest.as_bytes()).unwrap().verify(log.verifier()), Ok(()));
    let larger = Note::sign(&text(MAX_NOTE_BYTES - around + 1), &log);
    assert_eq!(larger, Err(NoteError::TooLong { got: MAX_NOTE_BYTES + 1 }));
}

#[test]
fn verifier_keys_that_are_none() {
    let good = key(NAME, 1).verifier().to_string();
    let (head, encoded) = good.rsplit_once('+').unwrap();
    let (_, id) = head.rsplit_once('+').unwrap();
    let with_key = |bytes: &[u8]| format!("{head}+{}", BASE64_STANDARD.encode(bytes));
    let public = key(NAME, 1).verifier().public_key();
    let malformed = [
        String::new(),
        "+".into(),
        NAME.into(),
        head.into(),
        format!("{NAME}+{}+{encoded}", id.to_uppercase().replace(char::is_numeric, "A")),
        format!("{NAME}+{}+{encoded}", &id[1..]),
        format!("{NAME}+0{id}+{encoded}"),
        format!("{NAME}++{}+{encoded}", &id[1..]),
        good.trim_end_matches('=').to_owned() + "A",
        format!("{good}\n"),
        with_key(&[]),
        with_key(&[1]),
        with_key(&public),
        with_key(&[&[2], public.as_slice()].concat()),
        with_key(&[&[1], public.as_slice(), &[0]].concat()),
    ];
    for vkey in malformed {
        let error = vkey.parse::<VerifierKey>().unwrap_err();
        assert!(matches!(error, NoteError::VerifierKey(_)), "{vkey}: {error}");
    }
    let renamed = good.replace("acme", "acne");
    assert!(matches!(renamed.parse::<VerifierKey>(), Err(NoteError::KeyId { .. })));
    let other = key(NAME, 2).verifier().public_key();
    let exchanged = with_key(&[&[1], other.as_slice()].concat());
    assert!(matches!(exchanged.parse::<VerifierKey>(), Err(NoteError::KeyId { .. })));
    for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b", "a\u{85}b", "a\u{1}b"] {
        let error = NoteError::KeyName { name: name.into() };
        assert_eq!(SignerKey::from_seed(name, &[1; 32]).unwrap_err(), error);
        assert_eq!(NoteSignature::new(name, 0, &[1]), Err(error.clone()));
        assert!(!error.to_string().chars().any(char::is_control), "{error}");
    }
    assert!(format!("{:?}", key(NAME, 171)).find("171, 171").is_none(), "no seed in debug output");
}

#[test]
fn weak_and_non_canonical_public_keys_are_refused() {
    let at = |y: u8, sign: u8| {
        let mut bytes = [0; 32];
        (bytes[0], bytes[31]) = (y, sign << 7);
        bytes
    };
    // y = 0 and y = 1 are points of small order: signatures by them can be made without any private key.
    for weak in [at(0, 0), at(0, 1), at(1, 0)] {
        assert!(ed25519_dalek::VerifyingKey::from_bytes(&weak).is_ok(), "the library alone takes it");
        assert_eq!(VerifierKey::new(NAME, &weak), Err(NoteError::PublicKey));
    }
    // y + p for small y: a second encoding of a point that is a key like any other.
    let mut second_encodings = 0;
    for (y, sign) in (2..19).flat_map(|y| [(y, 0), (y, 1)]) {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xed + y, 0x7f | sign << 7);
        if ed25519_dalek::VerifyingKey::from_bytes(&bytes).is_ok_and(|key| !key.is_weak()) {
            second_encodings += 1;
            assert!(VerifierKey::new(NAME, &at(y, sign)).is_ok(), "the canonical encoding is fine");
        }
        assert_eq!(VerifierKey::new(NAME, &bytes), Err(NoteError::PublicKey));
    }
    assert!(second_encodings > 10, "the library alone takes those");
}

/// Names and texts as the specification allows them.
fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9./_\u{e4}\u{4e16}-]{1,30}"
}

fn text() -> impl Strategy<Value = String> {
    "([a-z \u{2014}\u{e4}=+/]{0,12}\n){1,6}"
}

proptest! {
    #[test]
    fn signed_here_verified_there_and_back(name in name(), text in text(), seed: [u8; 32], other: [u8; 32]) {
        let ours = SignerKey::from_seed(&name, &seed).unwrap();
        let witness = SignerKey::from_seed("witness.example", &other).unwrap();
        let vkey: VerifierKey = ours.verifier().to_string().parse().unwrap();
        prop_assert_eq!(&vkey, ours.verifier());
        let note = Note::sign(&text, &ours).unwrap().with_signature(witness.sign(&text).unwrap()).unwrap();
        let bytes = note.to_string().into_bytes();
        prop_assert_eq!(Note::parse(&bytes), Ok(note.clone()));

        let theirs = signed_note::Note::from_bytes(&bytes).unwrap();
        prop_assert_eq!(theirs.text(), text.as_bytes());
        let (verified, unverified) = theirs.verify(&their_verifiers(&[&vkey])).unwrap();
        prop_assert_eq!((verified.len(), unverified.len()), (1, 1));
        let both = their_verifiers(&[&vkey, witness.verifier()]);
        prop_assert_eq!(theirs.verify(&both).unwrap().0.len(), 2);

        let signers = [their_signer(&ours, &seed), their_signer(&witness, &other)];
        let mut theirs = signed_note::Note::new(text.as_bytes(), &[]).unwrap();
        theirs.add_sigs(&[&signers[0], &signers[1]]).unwrap();
        prop_assert_eq!(theirs.to_bytes(), bytes, "Ed25519 signs alike everywhere");
        prop_assert_eq!(signers[0].key_id(), vkey.id());
        prop_assert_eq!(note.verify(&vkey), Ok(()));
        prop_assert_eq!(note.verify(witness.verifier()), Ok(()));
    }

    #[test]
    fn no_changed_byte_goes_unnoticed(at in any::<Index>(), bit in 0..8_u8, cut in any::<Index>()) {
        let (note, log) = (note().to_string().into_bytes(), key(NAME, 1));
        let mut changed = note.clone();
        changed[at.index(note.len())] ^= 1 << bit;
        let accepted = Note::parse(&changed).and_then(|note| note.verify(log.verifier()));
        prop_assert!(accepted.is_err(), "{:?}", String::from_utf8_lossy(&changed));
        prop_assert!(Note::parse(&note[..cut.index(note.len())]).is_err(), "a note cut short");
    }

    #[test]
    fn what_is_parsed_is_written_alike(pieces in prop::collection::vec(prop_oneof![
        Just("\n".to_owned()), Just("\u{2014} ".to_owned()), Just("a ".to_owned()), Just("AAAAAAA=".to_owned()),
        Just(note().to_string()), Just("\u{2014} a AAAAAAA=\n".to_owned()), ".{0,3}",
    ], 0..12)) {
        let bytes = pieces.concat().into_bytes();
        let ours = Note::parse(&bytes);
        prop_assert_eq!(ours.is_ok(), signed_note::Note::from_bytes(&bytes).is_ok(), "{:?}", ours);
        if let Ok(note) = ours {
            prop_assert_eq!(note.to_string().into_bytes(), bytes);
        }
    }

    #[test]
    fn arbitrary_input_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), text in ".*") {
        prop_assert!(Note::parse(&bytes).is_err());
        if let Ok(key) = text.parse::<VerifierKey>() {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}
