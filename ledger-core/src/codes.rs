//! The table of codes: one row per thing that can be wrong, from which messages, exit codes, HTTP statuses and `docs/errors.md` come.
//!
//! Not here: the rules themselves. Invariant: a code is never renumbered or reused.
//! Source: DESIGN.md §6 (exit codes), DOMAIN.md §§3-6 for the governance families that join later.

use std::fmt;

/// How bad it is when it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The caller can mend it; nothing suspicious.
    Warning,
    /// Work must not go on until it is resolved.
    Blocking,
    /// Evidence of forgery, damage or lost history.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "WARNING",
            Self::Blocking => "BLOCKING",
            Self::Critical => "CRITICAL",
        })
    }
}

/// What the process says to its caller (DESIGN.md §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 1: input, output, not found, conflict, denied.
    Failed,
    /// 2: the ledger works and says no.
    No,
    /// 64: the command line itself was wrong.
    Usage,
}

impl Exit {
    /// The number that the process exits with.
    #[must_use]
    pub const fn status(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::No => 2,
            Self::Usage => 64,
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Stable code, `LG_110`.
    pub code: &'static str,
    /// Stable name, `ID_CONFLICT`.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// HTTP status that carries it.
    pub http: u16,
    /// Exit code of the command line.
    pub exit: Exit,
    /// When it is raised.
    pub meaning: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

macro_rules! codes {
    ($( $variant:ident = $code:literal $name:ident $severity:ident $http:literal $exit:ident
        $meaning:literal => $remedy:literal; )*) => {
        /// Every code of the ledger, in the order of their numbers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $( #[doc = concat!($code, ": ", $meaning)] $variant, )* }

        impl Code {
            /// All codes in order.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The row of this code.
            #[must_use]
            pub const fn row(self) -> Row {
                match self { $( Self::$variant => Row {
                    code: $code, name: stringify!($name), severity: Severity::$severity, http: $http,
                    exit: Exit::$exit, meaning: $meaning, remedy: $remedy,
                }, )* }
            }
        }
    };
}

codes! {
    MalformedJson = "LG_100" MALFORMED_JSON Warning 400 Failed
        "The input is not one strict JSON document: syntax, encoding, duplicate member, lone surrogate, nesting over 128 levels (127 in a part of an entry), or a number that a double cannot hold exactly."
        => "Mend the JSON at the place named; write large integers as strings.";
    InvalidIntent = "LG_101" INVALID_INTENT Warning 422 Failed
        "The JSON is well-formed, but a member is missing, unknown or of the wrong form."
        => "Compare with the example in `ledger append --help` and try again.";
    UnknownKind = "LG_102" UNKNOWN_KIND Warning 422 Failed
        "There is no intent of this kind."
        => "Choose a kind that `ledger append --help` lists.";
    TooLarge = "LG_103" TOO_LARGE Warning 413 Failed
        "A part exceeds its bound: 1 MiB of data, 65,535 bytes of leaf, 16 MiB of batch, 256 characters of stream."
        => "Store the large thing elsewhere and record its digest with `record_artifact`; split the batch.";
    InvalidName = "LG_104" INVALID_NAME Warning 422 Failed
        "A GID, stream, key, event type, lane or origin is not of its form (docs/format.md §1)."
        => "Use the characters that the message lists; no `..`, no control characters.";
    InputUnreadable = "LG_105" INPUT_UNREADABLE Warning 400 Failed
        "A file that was named cannot be read: missing, empty, a directory, not permitted."
        => "Check the path and its permissions.";
    Usage = "LG_106" WRONG_USAGE Warning 400 Usage
        "The command line is not understood."
        => "See `ledger --help`.";
    OutputFailed = "LG_107" OUTPUT_FAILED Warning 500 Failed
        "The result could not be written."
        => "Check where the output goes, and run the command again.";
    IdConflict = "LG_110" ID_CONFLICT Warning 409 Failed
        "The id is taken by an entry with other content."
        => "Use another key, or send exactly the same content to get the first receipt again.";
    HeadConflict = "LG_111" HEAD_CONFLICT Warning 409 Failed
        "The log is not at the expected position: someone else appended."
        => "Read what is new, decide again, and retry with the position that the message names.";
    ImportConflict = "LG_112" HISTORY_CHANGED Critical 409 No
        "An entry that was imported before is different in this file."
        => "Find out who changed the history; if it is another history, import it under its own name with --name.";
    ActorUnknown = "LG_120" ACTOR_UNKNOWN Warning 403 Failed
        "The actor is not registered, or was retired."
        => "Register it (`ledger agents register`), or act as one that `ledger agents` lists.";
    ActorUnclear = "LG_121" ACTOR_UNCLEAR Warning 400 Failed
        "No actor was named, and the ledger has more than one human."
        => "Name one with --actor GID or in $LEDGER_ACTOR.";
    SignatureRequired = "LG_122" SIGNATURE_REQUIRED Warning 403 Failed
        "This kind of intent must be signed by the actor's own key."
        => "Sign with --key FILE, or put the key file into the ledger's keys directory as GID.key.";
    SignatureInvalid = "LG_123" SIGNATURE_INVALID Critical 403 Failed
        "The signature does not verify for this intent in this log, or its key is not the actor's."
        => "Sign again with a registered key of the actor; a signature is good for one id in one log only.";
    KeyUnusable = "LG_124" KEY_UNUSABLE Critical 422 Failed
        "A public key is no canonical Ed25519 point, or one of small order."
        => "Make a new key with `ledger key new`.";
    NotAuthorized = "LG_125" NOT_AUTHORIZED Blocking 403 No
        "The actor may not do this: DOMAIN.md §2 says who may."
        => "Ask an admin or, for agents and services, the orchestrator.";
    KeyFileMode = "LG_126" KEY_FILE_MODE Critical 500 Failed
        "A secret key file may be read by others."
        => "chmod 600 the file; if others had access, register a new key.";
    KeyFileUnreadable = "LG_127" KEY_FILE_UNREADABLE Warning 500 Failed
        "A secret key file is missing, unreadable or not of its form."
        => "Restore it from your backup, name another with --key, or have an admin register a new one.";
    ClockBackwards = "LG_130" CLOCK_BACKWARDS Blocking 503 Failed
        "The clock is more than 5 s behind the last entry."
        => "Set the clock right; if the log's last time is the wrong one, an admin appends `correct_clock`.";
    ClockStep = "LG_131" CLOCK_STEP Blocking 503 Failed
        "The clock moved more than 5 s against the monotonic clock since the last commit on this machine."
        => "Set the clock right; if it is right now, an admin appends `correct_clock`.";
    AlreadyRegistered = "LG_140" ALREADY_REGISTERED Warning 409 No
        "The GID or key is in the registry already."
        => "Choose another GID, or change the existing one.";
    NotRegistered = "LG_141" NOT_REGISTERED Warning 404 No
        "The GID or key that the intent is about is not in the registry."
        => "See `ledger agents` and `ledger key list`.";
    Retired = "LG_142" RETIRED Warning 409 No
        "The GID or key that the intent is about was retired; that is final."
        => "Register a new one.";
    LastAdmin = "LG_143" LAST_KEY_OF_ADMIN Blocking 409 No
        "This would leave the ledger without any admin who can sign."
        => "Register another admin or another key first.";
    NotALedger = "LG_200" NOT_A_LEDGER Warning 404 Failed
        "The directory holds no ledger."
        => "Make one with `ledger init`, or name the right one with --data or $LEDGER_DATA.";
    AlreadyALedger = "LG_201" ALREADY_A_LEDGER Warning 409 Failed
        "The directory holds a ledger, or other files, already."
        => "Use it as it is, or choose another directory with --data.";
    NewerFormat = "LG_202" NEWER_FORMAT Blocking 500 Failed
        "The ledger was written in a newer format than this program knows."
        => "Use a newer `ledger`; nothing was changed.";
    Damaged = "LG_203" DAMAGED Critical 500 Failed
        "Stored bytes are not what was written; nothing is repaired silently."
        => "Run `ledger verify` for every finding, then restore the ledger from a copy.";
    Busy = "LG_204" BUSY Warning 503 Failed
        "Another process is writing, or the queue is full."
        => "Try again in a moment.";
    BehindGuard = "LG_205" LOG_BEHIND_GUARD Critical 409 Failed
        "This machine has signed a longer or a different history of this log than the directory holds: an old copy was restored, or the log was rewritten."
        => "Bring back the newer copy; the guard file that the message names holds the last checkpoint.";
    WriteFailed = "LG_206" WRITE_FAILED Critical 503 Failed
        "A write or sync failed; whether the entries are stored is known only after the next open."
        => "Free space or mend the disk, run the command again with the same --id, and compare with `ledger log`.";
    ReadOnly = "LG_207" READ_ONLY Warning 403 Failed
        "The ledger cannot be written to: read-only directory or file system, or no permission."
        => "Check the permissions; reading, proving and verifying work without them.";
    ReadFailed = "LG_208" READ_FAILED Critical 500 Failed
        "Stored bytes could not be read."
        => "Check the disk and the permissions.";
    NoSuchEntry = "LG_209" NO_SUCH_ENTRY Warning 404 Failed
        "The log has no such entry or stream."
        => "See `ledger status` for the size and `ledger log` for what there is.";
    Stopped = "LG_210" WRITER_STOPPED Critical 503 Failed
        "An earlier write failed, and the writer has stopped so that nothing false is said."
        => "Open the ledger again; what is stored is checked then.";
    WrongLogKey = "LG_211" WRONG_LOG_KEY Critical 500 Failed
        "keys/log.key is not the key that this log's checkpoints are signed with."
        => "Put the right key file back.";
    FindShape = "LG_300" ENTRY_MALFORMED Critical 500 No
        "An entry's leaf, data or private part is not of its form."
        => "The entry was not written by an honest ledger, or was damaged; compare with another copy.";
    FindSequence = "LG_301" SEQUENCE_BROKEN Critical 500 No
        "An entry does not stand at the position that its leaf says: one is missing, added or exchanged."
        => "Compare with another copy of the log.";
    FindChain = "LG_302" CHAIN_BROKEN Critical 500 No
        "An entry's prevhash is not the hash of the entry before it."
        => "The entry before it, or this one, was changed; compare with another copy.";
    FindTime = "LG_303" TIME_BACKWARDS Critical 500 No
        "An entry's time is before the entry in front of it, without a clock correction."
        => "Compare with another copy of the log.";
    FindData = "LG_304" DATA_ALTERED Critical 500 No
        "The data is not what the leaf commits to."
        => "Restore the data from another copy; the leaf proves which one is right.";
    FindPrivate = "LG_305" PRIVATE_ALTERED Critical 500 No
        "The private part is not what the leaf commits to, or is missing without an order of erasure."
        => "Restore it from another copy.";
    FindSignature = "LG_306" SIGNATURE_FORGED Critical 500 No
        "An entry's signature does not verify with a key of its actor that was registered there, or a required one is absent."
        => "Treat the entry as not authorised.";
    FindStream = "LG_307" STREAM_BROKEN Critical 500 No
        "An entry's position in its stream is not the next one."
        => "Compare with another copy of the log.";
    FindRule = "LG_308" RULE_BROKEN Critical 500 No
        "The history contains a step that no honest ledger would have taken."
        => "See the message for the rule; everything after it in the stream is doubtful.";
    FindCheckpoint = "LG_309" CHECKPOINT_MISMATCH Critical 500 No
        "The entries do not hash to the root of a checkpoint that was signed or remembered: history was rewritten."
        => "Trust the checkpoint; find the copy that matches it.";
    FindCheckpointSignature = "LG_310" CHECKPOINT_FORGED Critical 500 No
        "A checkpoint's signature, origin or form is wrong."
        => "Get a checkpoint from the log's operator or from someone who remembered one.";
    FindMissing = "LG_311" ENTRIES_MISSING Critical 500 No
        "The log is shorter than a checkpoint, its head or its guard says, or a segment is missing."
        => "Restore the missing part from another copy.";
    FindCommit = "LG_312" COMMIT_DAMAGED Critical 500 No
        "A commit in the journal fails its checksum or is not of its form."
        => "Restore the segment from another copy; entries behind it are still checked.";
    FindLogId = "LG_313" FOREIGN_ENTRY Critical 500 No
        "An entry names another log, or the genesis entry is not one."
        => "The entry was brought here from elsewhere.";
    FindUnknown = "LG_314" NOT_UNDERSTOOD Warning 200 No
        "An entry's type or version is unknown here; its bytes were verified, its meaning was not."
        => "Verify with a newer `ledger`.";
    OldLink = "LG_400" LINK_BROKEN Critical 200 No
        "An imported entry does not name the hash of the one before it."
        => "The history was edited or reordered before it came here.";
    OldDuplicate = "LG_401" SEQUENCE_DUPLICATE Blocking 200 No
        "Two imported entries have the same sequence number."
        => "Ask the owner of the history which one is right.";
    OldMissing = "LG_402" SEQUENCE_MISSING Blocking 200 No
        "An imported entry's sequence number does not follow the one before it, or is unreadable."
        => "Ask the owner of the history for the missing entries.";
    OldTime = "LG_403" TIMESTAMP_BACKWARDS Blocking 200 No
        "An imported entry is dated before the one in front of it, or its date is unreadable."
        => "Treat the order of these entries as doubtful.";
    OldState = "LG_404" STATE_MISMATCH Blocking 200 No
        "What the imported file declares of itself does not match its entries."
        => "Trust the entries; entries behind the declared end were added outside the file's own process.";
    OldHash = "LG_405" HASH_MISMATCH Critical 200 No
        "An imported entry's hash is not that of its content, or is no hash at all."
        => "The entry was changed after it was hashed.";
    OldShorter = "LG_406" HISTORY_SHORTER Critical 200 No
        "The file holds fewer entries than were imported before."
        => "An older version of the file, or entries were removed from it.";
    ProofInvalid = "LG_500" PROOF_INVALID Critical 422 No
        "The proof does not connect the entry to the signed root."
        => "Get a new proof from the log; if that fails too, the log lied or the entry is not in it.";
    ProofMalformed = "LG_501" PROOF_MALFORMED Warning 422 Failed
        "The file is no proof of a known form."
        => "Give a file that `ledger prove` wrote, whole.";
}

impl Code {
    /// The code of this text, either the code (`LG_110`) or the name (`ID_CONFLICT`).
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| {
            let row = c.row();
            row.code.eq_ignore_ascii_case(text) || row.name.eq_ignore_ascii_case(text)
        })
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().code)
    }
}

/// `docs/errors.md`, generated from the table and held by a test.
#[must_use]
pub fn document() -> String {
    use fmt::Write as _;
    let mut text = String::from(
        "# Errors and findings\n\nGenerated from `ledger-core/src/codes.rs` (a test compares). `ledger explain CODE` prints one row.\n\n\
         Every error says its code, its name, what was wrong and what to do; with `--json` as\n\
         `{\"error\":{\"code\",\"name\",\"message\",\"remedy\",\"sequence\"?}}` on standard error. Exit codes: 0 success; 1 error (input, output,\n\
         not found, conflict, denied); 2 the ledger works and says no; 64 wrong usage.\n\n\
         | code | name | severity | exit | HTTP | when | what to do |\n|---|---|---|---|---|---|---|\n",
    );
    for code in Code::ALL {
        let row = code.row();
        let (exit, meaning, remedy) = (row.exit.status(), row.meaning, row.remedy);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {exit} | {} | {meaning} | {remedy} |",
            row.code, row.name, row.severity, row.http
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_ascend() {
        for pair in Code::ALL.windows(2) {
            assert!(pair[0].row().code < pair[1].row().code, "{} {}", pair[0], pair[1]);
        }
        let mut names: Vec<_> = Code::ALL.iter().map(|c| c.row().name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn the_document_is_true() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, document()).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(path).unwrap_or_default(),
            document(),
            "run UPDATE_DOCS=1 cargo test"
        );
    }
}
